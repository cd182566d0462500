//! One comparison of the arms, chosen by what the outcome is and how the study was made.
//!
//! | outcome | the answer | with the first measurement | by clusters |
//! |---|---|---|---|
//! | continuous | Welch's t and Hedges' g | ANCOVA, HC3 | least squares, CR2 |
//! | count | ratio of rates, negative binomial | given the log of the first measurement | CR2 |
//! | binary | risk difference (Newcombe), risk and odds ratio | standardised logistic regression | CR2 |
//! | ordinal | probability of superiority | proportional odds | – |
//! | nominal | χ², Cramér's V | – | – |
//!
//! With three arms or more: Welch's F, regression, χ². The choice never looks at a p-value, nor at a
//! test of normality or of equal variances: a method chosen by a pretest has neither its level nor its
//! power. What else might have been chosen is named and not run, so that nobody picks the result that
//! pleases.

use std::fmt::Write;

use kring_core::{Caution, Column, ColumnData, Table};
use kring_formula::Formula;
use kring_report::Content;
use kring_stats::Covariance;
use kring_stats::family::Family;
use kring_stats::glm::Glm;
use kring_stats::lm::Lm;
use kring_stats::ordinal::Ordinal;
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::analysis;
use crate::method::{
    Answer, Compared, CrossTable, Marginal, Method, Modelled, Shares, with_factors,
};

/// What is compared, and how the study was made.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Compare {
    /// The column of the outcome.
    pub outcome: String,
    /// The column of the arms; the first level is the reference.
    pub arm: String,
    /// What the outcome is; by its column, unless given.
    pub scale: Option<Scale>,
    /// The level that counts, of a binary outcome; the second of two, or 1, unless given.
    pub event: Option<String>,
    /// The column of the same outcome at the start.
    pub baseline: Option<String>,
    /// The column of clusters: teams, families.
    pub cluster: Option<String>,
    /// The column of the time in which a count was made.
    pub exposure: Option<String>,
    /// Whether chance decided on the arms. Unless it did, every number says so.
    pub allocation: ByChance,
}

/// Whether chance decided on the arms.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ByChance {
    /// It did.
    Randomised,
    /// It did not.
    NotRandomised,
    /// Nobody says.
    #[default]
    NotStated,
}

/// What an outcome is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scale {
    /// Any number.
    Continuous,
    /// Whole numbers from zero.
    Count,
    /// Yes or no.
    Binary,
    /// Levels in order.
    Ordinal,
    /// Levels without one.
    Nominal,
}

/// What a comparison says, and why this way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CompareResult {
    /// What was compared.
    pub compare: Compare,
    /// What the outcome was taken for.
    pub scale: Scale,
    /// The method in words.
    pub method: String,
    /// Why this one.
    pub why: String,
    /// What else might be asked of these data. None of it was run.
    pub alternatives: Vec<String>,
    /// How many methods were run on this outcome.
    pub methods_run: usize,
    /// The model, where there is one.
    pub formula: Option<String>,
    /// The numbers; the first estimate is the one that answers.
    pub answer: Answer,
}

/// A choice: what is run, in words, why, and what was passed over.
struct Choice {
    method: &'static str,
    why: String,
    steps: Vec<Step>,
    alternatives: &'static [&'static str],
}

const NOT_STATED: &str = "Nobody says that the arms were allocated at random: a difference is not \
    by itself an effect.";

/// One thing to run.
#[allow(clippy::large_enum_variant, reason = "there are three at most")]
enum Step {
    Method(Method),
    /// A linear model, of which the coefficients of the arm are wanted.
    Linear {
        formula: Formula,
        options: Lm,
    },
}

impl Step {
    fn formula(&self) -> Option<String> {
        match self {
            Self::Linear { formula, .. } => Some(formula.to_string()),
            Self::Method(Method::Glm(model)) => Some(model.formula.to_string()),
            Self::Method(Method::Ordinal(model)) => Some(model.formula.to_string()),
            Self::Method(Method::MarginalEffect(model)) => Some(model.formula.to_string()),
            Self::Method(_) => None,
        }
    }
}

impl Compare {
    /// Chooses the comparison and runs it.
    ///
    /// ```
    /// use kring::compare::Compare;
    /// use kring_core::{Column, Table};
    /// let table = Table::new(vec![
    ///     Column::numeric("score", [6.0, 8.0, 3.0, 5.0, 7.0].map(Some).to_vec())?,
    ///     Column::factor("arm", ["WT", "EKC"], [0, 0, 1, 1, 1].map(Some).to_vec())?,
    /// ])?;
    /// let compare = Compare { outcome: "score".into(), arm: "arm".into(), ..Compare::default() };
    /// let found = compare.run(&table)?;
    /// assert_eq!(found.answer.estimates[0].value.finite(), Some(-2.0));
    /// assert_eq!(found.method, "Welch's t test, with Hedges' g");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn run(&self, table: &Table) -> Result<CompareResult, Error> {
        let table = &with_factors(table, std::slice::from_ref(&self.arm))?;
        let arms = table.factor(&self.arm)?.levels().len();
        let scale = match (self.scale, &self.event) {
            (Some(scale), _) => scale,
            (None, Some(_)) => Scale::Binary,
            (None, None) => scale_of(table, &self.outcome)?,
        };
        self.check(scale)?;
        self.check_arms(table)?;
        let choice = self.choose(scale, arms)?;
        let mut answer = Answer::default();
        for step in &choice.steps {
            let found = match step {
                Step::Method(method) => method.run(table)?,
                Step::Linear { formula, options } => self.linear(table, formula, options)?,
            };
            answer.append(self.about_the_arms(step, found));
        }
        match self.allocation {
            ByChance::Randomised => {}
            ByChance::NotRandomised => answer.caution(&Caution::NotRandomised),
            ByChance::NotStated => answer.caution(&Caution::Note(NOT_STATED.to_owned())),
        }
        if scale == Scale::Binary {
            self.small_counts(table, &mut answer);
        }
        let taken = match self.scale {
            Some(_) => "as declared".to_owned(),
            None => format!(
                "since `{}` is {}; declare another scale if it is",
                self.outcome,
                column_kind(scale)
            ),
        };
        Ok(CompareResult {
            compare: self.clone(),
            scale,
            method: choice.method.to_owned(),
            why: format!("The outcome is {}, {taken}. {}", scale.name(), choice.why),
            alternatives: choice
                .alternatives
                .iter()
                .map(|&text| text.to_owned())
                .collect(),
            methods_run: choice.steps.len(),
            formula: choice.steps.iter().find_map(Step::formula),
            answer,
        })
    }

    /// What says nothing for an outcome of this scale is refused: it was meant for something.
    fn check(&self, scale: Scale) -> Result<(), Error> {
        let refused = |what: &str, why: &str| {
            Err(Error::Argument {
                what: what.to_owned(),
                why: why.to_owned(),
            })
        };
        if self.outcome == self.arm {
            return refused(
                "the outcome",
                "it is the column of the arms itself; name another one",
            );
        }
        if self.event.is_some() && scale != Scale::Binary {
            return refused(
                "`event`",
                "it says what counts in a binary outcome; declare the scale binary, or leave it out",
            );
        }
        if self.exposure.is_some() && scale != Scale::Count {
            return refused(
                "`exposure`",
                "it is the time in which a count was made; declare the scale count, or leave it out",
            );
        }
        if scale == Scale::Nominal && (self.baseline.is_some() || self.cluster.is_some()) {
            return refused(
                "a nominal outcome",
                "neither `baseline` nor `cluster` can be allowed for; make it binary",
            );
        }
        if scale == Scale::Ordinal && self.cluster.is_some() {
            return refused(
                "an ordinal outcome",
                "`cluster` cannot be allowed for; take the levels as numbers (continuous), or leave the clusters out",
            );
        }
        if self.exposure.is_some() && self.baseline.is_some() {
            return refused(
                "`exposure` and `baseline`",
                "give one of the two; or fit the model by its formula, with offset(log(time))",
            );
        }
        Ok(())
    }

    #[allow(
        clippy::too_many_lines,
        reason = "one table of choices, read from top to bottom"
    )]
    fn choose(&self, scale: Scale, arms: usize) -> Result<Choice, Error> {
        let adjusted = self.baseline.is_some();
        let clustered = self.cluster.is_some();
        let formula = |start: Option<String>| -> Result<Formula, Error> {
            let mut terms = vec![quoted(&self.arm)];
            terms.extend(start);
            terms.extend(
                self.exposure
                    .as_ref()
                    .map(|time| format!("offset(log({}))", quoted(time))),
            );
            Ok(format!("{} ~ {}", quoted(&self.outcome), terms.join(" + ")).parse()?)
        };
        let start = || self.baseline.as_deref().map(quoted);
        let compared = || (self.outcome.clone(), self.arm.clone());
        Ok(match scale {
            Scale::Continuous if adjusted || clustered => Choice {
                method: match (adjusted, clustered) {
                    (true, true) => "ANCOVA with errors by cluster (CR2)",
                    (true, false) => "ANCOVA with HC3 errors",
                    _ => "difference of means with errors by cluster (CR2)",
                },
                why: self.why_model("the mean"),
                steps: vec![Step::Linear {
                    formula: formula(start())?,
                    options: Lm {
                        covariance: if clustered {
                            Covariance::Cr2
                        } else {
                            Covariance::Hc3
                        },
                        ..Lm::default()
                    },
                }],
                alternatives: &[
                    "the difference of change scores (another question: docs/lords-paradox.md)",
                    "a mixed model of all waves",
                ],
            },
            Scale::Continuous if arms == 2 => {
                let (outcome, by) = compared();
                Choice {
                    method: "Welch's t test, with Hedges' g",
                    why: "Two independent arms are compared in their means. Welch's test needs no equal \
                          variances and loses next to nothing where they are equal, so nothing is \
                          tested beforehand."
                        .to_owned(),
                    steps: vec![
                        Step::Method(Method::MeanDifference(with(&outcome, &by))),
                        Step::Method(Method::StandardizedMeanDifference(with(&outcome, &by))),
                    ],
                    alternatives: &[
                        "Mann–Whitney with the Hodges–Lehmann shift, if the order is what counts",
                        "a permutation test, if the arms are very small",
                        "ANCOVA, if there is a first measurement",
                    ],
                }
            }
            Scale::Continuous => {
                let (outcome, by) = compared();
                Choice {
                    method: "Welch's F test of several means",
                    why: "Three arms or more are compared in their means, without taking their \
                          variances for equal."
                        .to_owned(),
                    steps: vec![
                        Step::Method(Method::OneWay(with(&outcome, &by))),
                        Step::Method(Method::VarianceExplained(with(&outcome, &by))),
                    ],
                    alternatives: &[
                        "Kruskal–Wallis, if the order is what counts",
                        "comparisons of pairs, corrected for their number",
                    ],
                }
            }
            Scale::Count => Choice {
                method: if clustered {
                    "ratio of rates by negative binomial regression, errors by cluster (CR2)"
                } else {
                    "ratio of rates by negative binomial regression"
                },
                why: self.why_model("the rate")
                    + " Counts of problems as a rule vary more than Poisson's; the negative binomial lets the \
                       data say how much more.",
                steps: vec![Step::Method(Method::Glm(Modelled {
                    formula: formula(
                        self.baseline
                            .as_deref()
                            .map(|start| format!("log1p({})", quoted(start))),
                    )?,
                    zero: None,
                    cluster: self.cluster.clone(),
                    weights: None,
                    options: Glm {
                        family: Family::NegativeBinomial2,
                        covariance: if clustered {
                            Covariance::Cr2
                        } else {
                            Covariance::Classical
                        },
                        ..Glm::default()
                    },
                }))],
                alternatives: &[
                    "an exact ratio of two rates, if the events are independent (Poisson)",
                    "zero-inflated or hurdle models, if some families can have no problems at all",
                    "the difference in counts (marginal_effect)",
                    "a mixed model of all waves",
                ],
            },
            Scale::Binary if adjusted || clustered => Choice {
                method: "standardised risks from logistic regression",
                why: self.why_model("the risk")
                    + " The risks are averaged over all rows under each arm, so that their \
                       difference and ratio can be read without odds.",
                steps: vec![Step::Method(Method::MarginalEffect(Marginal {
                    formula: formula(start())?,
                    by: self.arm.clone(),
                    cluster: self.cluster.clone(),
                    weights: None,
                    strata: None,
                    bootstrap: None,
                    options: Glm {
                        family: Family::Binomial,
                        covariance: if clustered {
                            Covariance::Cr2
                        } else {
                            Covariance::Classical
                        },
                        ..Glm::default()
                    },
                }))],
                alternatives: &[
                    "McNemar within each arm",
                    "a mixed logistic model of all waves",
                ],
            },
            Scale::Binary if arms == 2 => Choice {
                method: "risk difference (Newcombe's interval), risk ratio and odds ratio",
                why: "Two independent arms are compared in a share. The difference of risks says \
                      how many more of a hundred families; its interval holds its level also \
                      near 0 and 1."
                    .to_owned(),
                steps: vec![
                    Step::Method(Method::RiskDifference(self.shares())),
                    Step::Method(Method::RiskRatio(self.shares())),
                    Step::Method(Method::OddsRatio(self.shares())),
                ],
                alternatives: &[
                    "Fisher's or Boschloo's exact test, in very small samples",
                    "the number needed to treat",
                    "logistic regression, if there is a first measurement",
                ],
            },
            Scale::Ordinal if adjusted => Choice {
                method: "proportional odds",
                why: self.why_model("the odds of a higher level"),
                steps: vec![Step::Method(Method::Ordinal(Modelled {
                    formula: formula(start())?,
                    zero: None,
                    cluster: None,
                    weights: None,
                    options: Ordinal::default(),
                }))],
                alternatives: &["the levels as numbers, if their distances mean something"],
            },
            Scale::Ordinal if arms == 2 => {
                let (outcome, by) = compared();
                Choice {
                    method: "probability of superiority",
                    why: "Levels have an order but no distances: what can be said without more is how \
                          often one of the one arm stands above one of the other."
                        .to_owned(),
                    steps: vec![Step::Method(Method::ProbabilityOfSuperiority(with(&outcome, &by)))],
                    alternatives: &["proportional odds", "the levels as numbers, if their distances mean something"],
                }
            }
            Scale::Ordinal => {
                let (outcome, by) = compared();
                Choice {
                    method: "Kruskal–Wallis",
                    why: "Three arms or more are compared in an order.".to_owned(),
                    steps: vec![Step::Method(Method::KruskalWallis(with(&outcome, &by)))],
                    alternatives: &["proportional odds"],
                }
            }
            Scale::Binary | Scale::Nominal => Choice {
                method: "Pearson's χ² test, with Cramér's V",
                why: "Levels without an order are compared in how often they occur.".to_owned(),
                steps: vec![
                    Step::Method(Method::ChiSquared(self.cross_table())),
                    Step::Method(Method::CramersV(self.cross_table())),
                ],
                alternatives: &["Fisher's exact test, in very small samples"],
            },
        })
    }

    /// Every arm has an outcome.
    fn check_arms(&self, table: &Table) -> Result<(), Error> {
        let (factor, outcome) = (table.factor(&self.arm)?, table.column(&self.outcome)?);
        for (code, level) in (0_u32..).zip(factor.levels()) {
            let mut rows = (0..table.rows()).filter(|&row| factor.code(row) == Some(code));
            if rows.all(|row| outcome.is_missing(row)) {
                return Err(Error::Argument {
                    what: format!("arm `{level}`"),
                    why: format!("nobody in it has a value of `{}`", self.outcome),
                });
            }
        }
        Ok(())
    }

    /// The doubt of the χ² test about small counts belongs to every number of two shares.
    fn small_counts(&self, table: &Table, answer: &mut Answer) {
        let test = Method::ChiSquared(self.cross_table());
        let found = test.run(table).unwrap_or_default();
        let doubts = found.tests.into_iter().flat_map(|test| test.cautions);
        for doubt in doubts.filter(|c| matches!(c, Caution::SmallExpectedCounts { .. })) {
            answer.caution(&doubt);
        }
    }

    fn shares<O: Default>(&self) -> Shares<O> {
        Shares {
            outcome: self.outcome.clone(),
            event: self.event.clone(),
            by: self.arm.clone(),
            options: O::default(),
        }
    }

    fn cross_table<O: Default>(&self) -> CrossTable<O> {
        CrossTable {
            rows: self.outcome.clone(),
            columns: self.arm.clone(),
            options: O::default(),
        }
    }

    fn why_model(&self, what: &str) -> String {
        let mut why = match &self.baseline {
            Some(start) => format!(
                "The arms are compared in {what} given `{start}`, which takes away what they differed \
                 by at the start as far as that was measured."
            ),
            None => format!("The arms are compared in {what}."),
        };
        if let Some(cluster) = &self.cluster {
            let _ = write!(
                why,
                " Rows of one `{cluster}` resemble one another, so errors are by cluster."
            );
        }
        why
    }

    fn linear(&self, table: &Table, formula: &Formula, options: &Lm) -> Result<Answer, Error> {
        let roles = kring_formula::DesignOptions {
            response: kring_formula::ResponseKind::Continuous,
            clusters: self.cluster.iter().cloned().collect(),
            ..kring_formula::DesignOptions::default()
        };
        let fit = analysis::lm(table, formula.text(), &roles, options)?;
        Ok(Answer::of(fit.estimates))
    }

    /// Of a regression the coefficients of the arms alone: those of the first measurement are no effects,
    /// and shown as such they invite to be read so (Westreich & Greenland 2013, Am J Epidemiol
    /// 177:292–298, doi 10.1093/aje/kws412).
    fn about_the_arms(&self, step: &Step, mut answer: Answer) -> Answer {
        let is_regression = matches!(
            step,
            Step::Linear { .. } | Step::Method(Method::Glm(_) | Method::Ordinal(_))
        );
        if is_regression {
            let names = [self.arm.clone(), quoted(&self.arm)];
            let is_arm = |label: &str| names.iter().any(|name| label.starts_with(name.as_str()));
            answer.estimates.retain(|estimate| is_arm(&estimate.label));
            answer.tests.retain(|test| is_arm(&test.label));
        }
        answer
    }
}

/// The rows of one wave of long data.
pub fn at(table: &Table, column: &str, wave: &str) -> Result<Table, Error> {
    let table = with_factors(table, &[column.to_owned()])?;
    let factor = table.factor(column)?;
    if !factor.levels().iter().any(|level| level == wave) {
        return Err(Error::Argument {
            what: format!("wave `{wave}`"),
            why: format!(
                "`{column}` has no such level{}",
                kring_core::suggestion(wave, factor.levels().iter().map(String::as_str))
            ),
        });
    }
    let rows: Vec<usize> = (0..table.rows())
        .filter(|&row| factor.label(row) == Some(wave))
        .collect();
    Ok(table.take(&rows)?)
}

/// The same table with the levels of a text column in their order, as an ordered factor.
pub fn with_levels(table: &Table, column: &str, levels: &[&str]) -> Result<Table, Error> {
    let table = with_factors(table, &[column.to_owned()])?;
    let factor = table.factor(column)?;
    let place = |label: &str| levels.iter().position(|level| *level == label);
    let strangers: Vec<&str> = factor
        .levels()
        .iter()
        .map(String::as_str)
        .filter(|label| place(label).is_none())
        .collect();
    if !strangers.is_empty() {
        return Err(Error::Argument {
            what: format!("the levels of `{column}`"),
            why: format!("these also occur: {}", strangers.join(", ")),
        });
    }
    let code = |row| {
        factor
            .label(row)
            .and_then(place)
            .and_then(|p| u32::try_from(p).ok())
    };
    let codes = (0..table.rows()).map(code).collect();
    let mut columns = table.columns().to_vec();
    for known in &mut columns {
        if known.name == column {
            let mut ordered = Column::factor(column, levels.iter().copied(), codes)?.ordered();
            ordered.label.clone_from(&known.label);
            *known = ordered;
            break;
        }
    }
    Ok(Table::new(columns)?)
}

/// The same table with another first level of a factor; numbers become levels first.
pub fn with_reference(table: &Table, column: &str, level: &str) -> Result<Table, Error> {
    analysis::with_reference(&with_factors(table, &[column.to_owned()])?, column, level)
}

fn with<O: Default>(outcome: &str, by: &str) -> Compared<O> {
    Compared {
        outcome: outcome.to_owned(),
        by: by.to_owned(),
        options: O::default(),
    }
}

/// A name as a formula takes it.
fn quoted(name: &str) -> String {
    let plain = name
        .chars()
        .all(|c| c.is_alphanumeric() || c == '_' || c == '.')
        && name.chars().next().is_some_and(char::is_alphabetic);
    if plain {
        name.to_owned()
    } else {
        format!("`{name}`")
    }
}

/// What an outcome is, by its column.
fn scale_of(table: &Table, outcome: &str) -> Result<Scale, Error> {
    Ok(match table.column(outcome)?.data() {
        ColumnData::Numeric(numeric) if numeric.iter().flatten().all(|x| x == 0.0 || x == 1.0) => {
            Scale::Binary
        }
        ColumnData::Numeric(_) => Scale::Continuous,
        ColumnData::Factor(factor) if factor.levels().len() == 2 => Scale::Binary,
        ColumnData::Factor(factor) if factor.is_ordered() => Scale::Ordinal,
        ColumnData::Factor(_) => Scale::Nominal,
    })
}

fn column_kind(scale: Scale) -> &'static str {
    match scale {
        Scale::Continuous | Scale::Count => "a column of numbers",
        Scale::Binary => "a factor of two levels, or zeros and ones",
        Scale::Ordinal => "a factor of ordered levels",
        Scale::Nominal => "a factor",
    }
}

impl Scale {
    /// The scale as a word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Continuous => "continuous",
            Self::Count => "a count",
            Self::Binary => "binary",
            Self::Ordinal => "ordinal",
            Self::Nominal => "nominal",
        }
    }
}

impl CompareResult {
    /// The result as pieces of a report: the choice, the numbers, and what was not run.
    pub fn content(&self) -> Vec<Content> {
        let model = self
            .formula
            .as_ref()
            .map(|formula| format!("\n\nModel: {formula}"));
        let model = model.unwrap_or_default();
        let mut content = vec![Content::Text(format!(
            "{}\n\n{}{model}",
            self.method, self.why
        ))];
        content.extend(self.answer.content());
        content.push(Content::Text(format!(
            "{} run on `{}`. Not run: {}.",
            match self.methods_run {
                1 => "1 method was".to_owned(),
                n => format!("{n} methods were"),
            },
            self.compare.outcome,
            self.alternatives.join("; ")
        )));
        content
    }
}
