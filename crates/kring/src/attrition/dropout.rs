//! Whether leaving went with how people were at the start: a logistic regression.
//!
//! ```text
//! logit P(left) = α + γ·arm + Σ_j β_j x_j                          who left?
//!               + Σ_j δ_j arm·x_j                                  did other people leave each arm?
//! H0: all δ_j = 0                                                  likelihood ratio, χ²
//! ```
//! The odds ratios exp(γ) and exp(β_j) are those of the model without interactions; the δ_j and
//! their joint test are those of the model with them. A joint test that finds nothing is no proof:
//! few people leave a study, and interactions need many.
//!
//! Where leaving is separated, as when nobody of one level left, the estimates of maximum likelihood
//! run off to infinity. Then both models are fitted by Firth's penalised likelihood, the joint test is
//! its penalised likelihood ratio, and a note says so.
//!
//! Firth D (1993), Biometrika 80:27–38, doi 10.1093/biomet/80.1.27; Heinze G, Schemper M (2002),
//! Statistics in Medicine 21:2409–2419, doi 10.1002/sim.1047.

use kring_cohort::Cohort;
use kring_core::{Design, Table, Term};
use kring_formula::{DesignOptions, Formula, Recipe, ResponseKind};
use kring_stats::Fit;
use kring_stats::family::Family;
use kring_stats::glm::{BiasReduction, Glm, GlmFit, TermTest};

use super::{Attrition, LEFT};
use crate::Error;
use crate::method::Answer;

/// The term of all interactions of the arm, tested together.
const INTERACTIONS: &str = "every interaction with the arm";

impl Attrition {
    /// The logistic regression of who left on these variables as they were at the first wave, or on
    /// all of them if none is named, with the joint test of their interactions with the arm.
    ///
    /// Name few variables: every one of them, and with two arms its interaction, takes some ten people
    /// who left.
    pub fn regression(&self, cohort: &Cohort, variables: &[String]) -> Result<Answer, Error> {
        let start = self.start(cohort, variables)?;
        let quoted = |name: &str| {
            let escaped = name.replace('\\', "\\\\").replace('`', "\\`");
            format!("`{escaped}`")
        };
        let baseline: Vec<String> = start.names.iter().map(|name| quoted(name)).collect();
        if baseline.is_empty() {
            return Err(Error::Argument {
                what: "the regression of who left".to_owned(),
                why: "there is no variable to explain it by; name one or more".to_owned(),
            });
        }
        let sum = baseline.join(" + ");
        let arm = cohort.arm_column().filter(|_| cohort.arms().len() > 1);
        let main = match arm {
            Some(arm) => format!("{LEFT} ~ {} + {sum}", quoted(arm)),
            None => format!("{LEFT} ~ {sum}"),
        };
        let main = fit(&design(&main, &start.table)?, self.table.level)?;
        let mut answer = Answer::of(main.fit.estimates()?);
        answer.estimates.retain(|e| e.label != "(Intercept)");
        let counted = start.stayed.iter().filter(|stayed| !**stayed).count();
        answer = answer.note(format!(
            "Odds ratios of having left, each beside the others; {counted} of {} left.",
            start.stayed.len()
        ));
        if main.reduced {
            answer = answer.note(FIRTH);
        }
        if let Some(arm) = arm {
            let both = format!("{LEFT} ~ {} * ({sum})", quoted(arm));
            answer = match interactions(&both, &start.table, self.table.level) {
                Ok(found) => {
                    answer.append(found);
                    answer.note(
                        "The interactions, whose names have a colon, are of a second model that has \
                         all of them; they are ratios of odds ratios.",
                    )
                }
                Err(error) => answer.note(format!(
                    "No test of the interactions with the arm: {error}."
                )),
            };
        }
        let used = main.fit.fitted.len();
        Ok(answer.complete_cases(used, start.table.rows()))
    }
}

const FIRTH: &str = "Leaving is separated by some of these variables, so that the usual odds ratios \
    would be infinite; these are by Firth's penalised likelihood.";

/// The interactions of the arm with every variable, and their joint test.
fn interactions(formula: &str, table: &Table, level: f64) -> Result<Answer, Error> {
    let mut parts = design(formula, table)?.into_parts();
    let first = parts
        .mean
        .terms
        .iter()
        .position(|term| term.name.contains(':'));
    let (Some(first), Some(last)) = (first, parts.mean.terms.last().cloned()) else {
        return Ok(Answer::default());
    };
    // One term of all of them, so that they are tested together.
    let columns = parts
        .mean
        .terms
        .get(first)
        .map_or(0, |term| term.columns.start)..last.columns.end;
    let names: Vec<String> = parts
        .mean
        .columns
        .get(columns.clone())
        .unwrap_or_default()
        .to_vec();
    parts.mean.terms.truncate(first);
    parts.mean.terms.push(Term {
        name: INTERACTIONS.to_owned(),
        columns,
    });
    let both = fit(&Design::new(parts)?, level)?;
    let mut answer = Answer::of(both.fit.estimates()?);
    answer.estimates.retain(|e| names.contains(&e.label));
    let mut test = both
        .fit
        .term_test(INTERACTIONS, TermTest::LikelihoodRatio)?;
    test.label = format!("{LEFT}: {INTERACTIONS}");
    Ok(answer.test(test))
}

fn design(formula: &str, table: &Table) -> Result<Design, Error> {
    let options = DesignOptions {
        response: ResponseKind::Binary,
        ..DesignOptions::default()
    };
    let formula: Formula = formula.parse()?;
    Ok(Recipe::new(&formula, table, &options)?.design(table)?)
}

/// A fit, and whether Firth's penalty was needed for it.
struct Fitted {
    fit: GlmFit,
    reduced: bool,
}

fn fit(design: &Design, level: f64) -> Result<Fitted, Error> {
    let model = Glm {
        family: Family::Binomial,
        level,
        ..Glm::default()
    };
    match model.fit(design) {
        Ok(fit) => Ok(Fitted {
            fit,
            reduced: false,
        }),
        Err(kring_stats::Error::Separated { .. }) => {
            let firth = Glm {
                bias_reduction: BiasReduction::Firth,
                ..model
            };
            Ok(Fitted {
                fit: firth.fit(design)?,
                reduced: true,
            })
        }
        Err(error) => Err(error.into()),
    }
}
