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
//! With three arms or more there is one rule, whatever the outcome: a joint test that all arms are
//! alike, and then each pair of arms as two arms are compared, on the rows of these two alone, with
//! p-values adjusted by Holm's method for the number of pairs.
//!
//! | outcome | joint test | with a first measurement or clusters |
//! |---|---|---|
//! | continuous | Welch's F, ω² | Wald's F of the arms (HC3), by clusters HTZ (CR2) |
//! | count | likelihood ratio, negative binomial | the same, by clusters Wald |
//! | binary | Pearson's χ², Cramér's V | likelihood ratio, logistic; by clusters Wald |
//! | ordinal | Kruskal–Wallis | Wald, proportional odds |
//! | nominal | Pearson's χ², Cramér's V | – |
//!
//! The choice never looks at a p-value, nor at a test of normality or of equal variances: a method
//! chosen by a pretest has neither its level nor its power. What else might have been chosen is named
//! and not run, so that nobody picks the result that pleases. One thing in the data does count: where
//! nobody in one of two arms has any of what is counted, a regression has no finite ratio, and the
//! exact ratio of rates stands in its place and says so.

use std::fmt::Write;

use kring_cohort::Level;
use kring_core::{Caution, Column, ColumnData, Estimate, JointTest, Measure, Summary, Table};
use kring_formula::{DesignOptions, Formula, Recipe, ResponseKind};
use kring_report::Content;
use kring_stats::family::Family;
use kring_stats::glm::Glm;
use kring_stats::lm::Lm;
use kring_stats::multiplicity::Multiplicity;
use kring_stats::ordinal::Ordinal;
use kring_stats::{Covariance, Fit};
use ndarray::Array2;
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::analysis;
use crate::arms::of_arms;
use crate::describe::describe;
use crate::method::{
    Answer, Compared, CrossTable, Incidences, Marginal, Method, Modelled, Shares, counted,
    happened, with_factors,
};
use crate::repeats::repeated;
use crate::suspicious::suspicious;
use crate::words::few;

/// What is compared, and how the study was made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Compare {
    /// The column of the outcome.
    pub outcome: String,
    /// The column of the arms; the first level is the reference.
    pub arm: String,
    /// What the outcome is; by its column, unless given.
    pub scale: Option<Scale>,
    /// The level that counts, of a binary outcome; yes or ja, else the second of two, or 1, unless given.
    pub event: Option<String>,
    /// The column of the same outcome at the start.
    pub baseline: Option<String>,
    /// The column of clusters: teams, families.
    pub cluster: Option<String>,
    /// The column of the time in which a count was made.
    pub exposure: Option<String>,
    /// Whether chance decided on the arms; as a study's design says. Unless it did, every number says so.
    #[serde(default)]
    pub allocation: ByChance,
    /// The level of the intervals.
    #[serde(default = "usual_level")]
    pub level: f64,
}

fn usual_level() -> f64 {
    Compare::default().level
}

impl Default for Compare {
    fn default() -> Self {
        Self {
            outcome: String::new(),
            arm: String::new(),
            scale: None,
            event: None,
            baseline: None,
            cluster: None,
            exposure: None,
            allocation: ByChance::NotStated,
            level: 0.95,
        }
    }
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
    /// What was seen in each arm: the outcome, and before it what it was at the start.
    pub figures: Vec<Summary>,
    /// Who was left out for their arm, and what else to know of the rows.
    pub notes: Vec<String>,
    /// The numbers; of two arms the first estimate is the one that answers.
    pub answer: Answer,
}

/// A choice: what is run, in words, why, and what was passed over.
struct Choice {
    method: &'static str,
    why: String,
    steps: Vec<Step>,
    alternatives: &'static [&'static str],
}

/// What was chosen and what it gave, the methods that it took and its model.
struct Chosen {
    method: String,
    why: String,
    alternatives: &'static [&'static str],
    methods_run: usize,
    formula: Option<String>,
    answer: Answer,
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
    /// The joint test of the arms in a model of ordered levels.
    Ordered(Formula),
}

impl Step {
    fn formula(&self) -> Option<String> {
        match self {
            Self::Linear { formula, .. } | Self::Ordered(formula) => Some(formula.to_string()),
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
        let table = &self.with_plain_arms(table)?;
        let arms = table.factor(&self.arm)?.levels().len();
        let scale = match (self.scale, &self.event) {
            (Some(scale), _) => scale,
            (None, Some(_)) => Scale::Binary,
            (None, None) => scale_of(table, &self.outcome)?,
        };
        self.check(scale)?;
        let table = &self.with_event_second(table, scale)?;
        self.check_arms(table)?;
        self.check_levels(table, scale)?;
        let mut chosen = if arms > 2 {
            self.several_arms(table, scale)?
        } else {
            self.two_arms(table, scale)?
        };
        for doubt in self.doubts(table)? {
            chosen.answer.caution(&doubt);
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
            method: chosen.method,
            why: format!("The outcome is {}, {taken}. {}", scale.name(), chosen.why),
            alternatives: chosen
                .alternatives
                .iter()
                .map(|&text| text.to_owned())
                .collect(),
            methods_run: chosen.methods_run,
            formula: chosen.formula,
            figures: self.figures(table, scale)?,
            notes: Vec::new(),
            answer: chosen.answer,
        })
    }

    /// The table with its arms as a plain factor: their order is that of the question, and codes no scale.
    fn with_plain_arms(&self, table: &Table) -> Result<Table, Error> {
        let table = with_factors(table, std::slice::from_ref(&self.arm))?;
        let arms = table.factor(&self.arm)?.levels();
        match arms {
            [_, _, ..] => {
                let arms: Vec<Level> = arms.iter().map(Level::named).collect();
                Ok(of_arms(&table, &self.arm, &arms)?.table)
            }
            _ => Err(Error::Argument {
                what: format!("the arms, column `{}`", self.arm),
                why: match arms.first() {
                    None => {
                        "nobody has a value there; name the column that holds the arms".to_owned()
                    }
                    Some(only) => format!("there is `{only}` alone, and a comparison needs two"),
                },
            }),
        }
    }

    /// The table with what counts as the second of two levels, as models take it.
    fn with_event_second(&self, table: &Table, scale: Scale) -> Result<Table, Error> {
        let outcome = table.column(&self.outcome)?;
        let levels = match (outcome.data(), &self.event) {
            _ if scale != Scale::Binary => return Ok(table.clone()),
            (ColumnData::Numeric(_), None) => return Ok(table.clone()),
            (ColumnData::Numeric(_), Some(event)) => [format!("not {event}"), event.clone()],
            (ColumnData::Factor(factor), event) => {
                let all = factor.levels();
                let code = counted(all, event.as_deref()).map_err(|why| Error::Argument {
                    what: format!("column `{}`", self.outcome),
                    why,
                })?;
                let other = match all {
                    [first, second] => [second, first][code].clone(),
                    _ => format!("not {}", all[code]),
                };
                [other, all[code].clone()]
            }
        };
        let happened = happened(table, &self.outcome, self.event.as_deref())?;
        let codes = happened.into_iter().map(|event| event.map(u32::from));
        let mut turned = Column::factor(&self.outcome, levels, codes.collect())?;
        turned.label.clone_from(&outcome.label);
        let columns = table.columns().iter().map(|column| {
            if column.name == self.outcome {
                turned.clone()
            } else {
                column.clone()
            }
        });
        Ok(Table::new(columns.collect())?)
    }

    /// The outcome in each arm as it was seen, levels counted where the method counts them.
    fn figures(&self, table: &Table, scale: Scale) -> Result<Vec<Summary>, Error> {
        let start = self.baseline.as_deref();
        let measured: Vec<&str> = start.into_iter().chain([self.outcome.as_str()]).collect();
        let by = [self.arm.as_str()];
        if matches!(scale, Scale::Continuous | Scale::Count) {
            return describe(table, &measured, &by);
        }
        let names: Vec<String> = measured.iter().map(|&name| name.to_owned()).collect();
        // Of more numbers than there can be levels the figures are those of numbers.
        match with_factors(table, &names) {
            Ok(table) => describe(&table, &measured, &by),
            Err(_) => describe(table, &measured, &by),
        }
    }

    /// A column that names the rows is no outcome.
    fn check_levels(&self, table: &Table, scale: Scale) -> Result<(), Error> {
        // With fewer levels a small study is meant, and no list of names.
        const FEWEST: usize = 10;
        let ColumnData::Factor(factor) = table.column(&self.outcome)?.data() else {
            return Ok(());
        };
        let mut codes: Vec<u32> = factor.codes().iter().flatten().copied().collect();
        let rows = codes.len();
        codes.sort_unstable();
        codes.dedup();
        if scale == Scale::Binary || codes.len() < FEWEST || 2 * codes.len() <= rows {
            return Ok(());
        }
        Err(Error::Argument {
            what: format!("outcome `{}`", self.outcome),
            why: format!(
                "it has {} different values in {rows} rows: it names the rows rather than says something \
                 of them. Name the column that was measured; if it is numbers written as texts, write \
                 them as numbers",
                codes.len()
            ),
        })
    }

    /// Two arms: what the table of choices says.
    fn two_arms(&self, table: &Table, scale: Scale) -> Result<Chosen, Error> {
        let choice = match scale {
            Scale::Count if self.is_empty_in_an_arm(table)? => self.exact_ratio(table)?,
            _ => self.choose(scale)?,
        };
        let levels = table.factor(&self.arm)?.levels();
        let mut answer = Answer::default();
        for step in &choice.steps {
            answer.append(self.of_the_arms(self.take(step, table)?, step, levels));
        }
        if scale == Scale::Binary {
            for doubt in self.small_counts(table)? {
                answer.caution(&doubt);
            }
        }
        Ok(Chosen {
            method: choice.method.to_owned(),
            why: choice.why,
            alternatives: choice.alternatives,
            methods_run: choice.steps.len(),
            formula: choice.steps.iter().find_map(Step::formula),
            answer,
        })
    }

    /// Three arms or more: a joint test, then each pair as two arms, adjusted by Holm's method.
    fn several_arms(&self, table: &Table, scale: Scale) -> Result<Chosen, Error> {
        let levels = table.factor(&self.arm)?.levels().to_vec();
        let joint = self.jointly(scale)?;
        let mut answer = Answer::default();
        for step in &joint.steps {
            match self.take(step, table) {
                Ok(found) => answer.append(self.joint_tests(found, step)),
                // A pair may have an answer where the model of all arms has none.
                Err(Error::Stats(error @ kring_stats::Error::Separated { .. })) => {
                    answer = answer.note(format!("No joint test: {error}."));
                }
                Err(error) => return Err(error),
            }
        }
        let mut pairs = Vec::new();
        for (place, other) in levels.iter().enumerate() {
            for reference in &levels[..place] {
                let two = self.only(table, [reference, other])?;
                let mut pair = self.two_arms(&two, scale)?;
                for test in &mut pair.answer.tests {
                    test.label = format!("{}: {other} against {reference}", test.label);
                }
                pairs.push(pair);
            }
        }
        let each = pairs.first().map(|pair| pair.method.clone());
        let methods_run =
            joint.steps.len() + pairs.iter().map(|pair| pair.methods_run).sum::<usize>();
        let number = pairs.len();
        let mut compared = Answer::default();
        for pair in pairs {
            compared.append(pair.answer);
        }
        holm(&mut compared, number)?;
        answer.append(compared);
        Ok(Chosen {
            method: format!(
                "{}; of each pair of arms {}",
                joint.method,
                each.unwrap_or_default()
            ),
            why: format!(
                "{} A joint test asks whether all {} arms are alike; each pair is then compared as two \
                 arms are, on its own rows, with p-values adjusted by Holm's method for {number} pairs.",
                joint.why,
                levels.len()
            ),
            alternatives: joint.alternatives,
            methods_run,
            formula: joint.steps.iter().find_map(Step::formula),
            answer,
        })
    }

    fn take(&self, step: &Step, table: &Table) -> Result<Answer, Error> {
        match step {
            Step::Method(method) => method.at_level(self.level)?.run(table),
            Step::Linear { formula, options } => self.linear(table, formula, options),
            Step::Ordered(formula) => {
                let roles = DesignOptions {
                    response: ResponseKind::Ordinal,
                    ..DesignOptions::default()
                };
                let design = Recipe::new(formula, table, &roles)?.design(table)?;
                let fit = Ordinal {
                    level: self.level,
                    ..Ordinal::default()
                }
                .fit(&design)?;
                Ok(self.joint(&fit, &design)?.into())
            }
        }
    }

    /// Why one may doubt all of it: chance did not decide, rows repeat, a number looks like a code.
    fn doubts(&self, table: &Table) -> Result<Vec<Caution>, Error> {
        let mut doubts = Vec::new();
        match self.allocation {
            ByChance::Randomised => {}
            ByChance::NotRandomised => doubts.push(Caution::NotRandomised),
            ByChance::NotStated => doubts.push(Caution::Note(NOT_STATED.to_owned())),
        }
        let measured = [
            Some(&self.outcome),
            self.baseline.as_ref(),
            self.exposure.as_ref(),
        ];
        let measured: Vec<&str> = measured.into_iter().flatten().map(String::as_str).collect();
        for &name in measured.iter().chain([&self.arm.as_str()]) {
            doubts.extend(suspicious(table.column(name)?));
        }
        if self.cluster.is_none() {
            doubts.extend(repeated(table, &self.arm, &measured).map(|found| found.caution()));
        }
        Ok(doubts)
    }

    /// The rows of two arms, which alone are levels then.
    fn only(&self, table: &Table, arms: [&String; 2]) -> Result<Table, Error> {
        let factor = table.factor(&self.arm)?;
        let of = |row: &usize| {
            factor
                .label(*row)
                .is_some_and(|arm| arms.iter().any(|a| *a == arm))
        };
        let rows: Vec<usize> = (0..table.rows()).filter(of).collect();
        let codes = rows
            .iter()
            .map(|&row| Some(u32::from(factor.label(row) == Some(arms[1].as_str()))));
        let arm = Column::factor(&self.arm, arms, codes.collect())?;
        let mut columns = table.take(&rows)?.columns().to_vec();
        for column in &mut columns {
            if column.name == self.arm {
                let label = column.label.take();
                *column = arm.clone();
                column.label = label;
            }
        }
        Ok(Table::new(columns)?)
    }

    /// Whether nobody in one of the arms has any of what is counted.
    fn is_empty_in_an_arm(&self, table: &Table) -> Result<bool, Error> {
        let (numeric, factor) = (table.numeric(&self.outcome)?, table.factor(&self.arm)?);
        let mut sums = vec![0.0; factor.levels().len()];
        for row in 0..table.rows() {
            if let (Some(code), Some(count)) = (factor.code(row), numeric.get(row)) {
                sums[code as usize] += count.abs();
            }
        }
        if sums.iter().all(|&sum| sum == 0.0) {
            return Err(Error::Argument {
                what: format!("`{}`", self.outcome),
                why: "nobody in any arm has one, so there is nothing to compare".to_owned(),
            });
        }
        Ok(sums.contains(&0.0))
    }

    /// The ratio of rates that stands also where one of them is zero.
    fn exact_ratio(&self, table: &Table) -> Result<Choice, Error> {
        let title = table.column(&self.outcome)?.title();
        if self.baseline.is_some() || self.cluster.is_some() {
            return Err(Error::Argument {
                what: format!("`{}`", self.outcome),
                why:
                    "nobody in one of the arms has any, so that a regression has no finite ratio; \
                      compare without a baseline and clusters, which gives the exact ratio of rates"
                        .to_owned(),
            });
        }
        Ok(Choice {
            method: "exact ratio of two rates",
            why: format!(
                "In one arm nobody has any ({title}): a regression has no finite ratio there, but the \
                 exact ratio of two rates has an interval. It takes the counts as Poisson's."
            ),
            steps: vec![Step::Method(Method::RateRatio(Incidences {
                events: self.outcome.clone(),
                exposure: self.exposure.clone(),
                by: self.arm.clone(),
                options: kring_stats::rates::RateRatio::default(),
            }))],
            alternatives: &["the share that has any at all (as a binary outcome)"],
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
    fn choose(&self, scale: Scale) -> Result<Choice, Error> {
        let adjusted = self.baseline.is_some();
        let clustered = self.cluster.is_some();
        let formula = |start| self.formula(start);
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
                        level: self.level,
                    },
                }],
                alternatives: &[
                    "the difference of change scores (another question: docs/lords-paradox.md)",
                    "a mixed model of all waves",
                ],
            },
            Scale::Continuous => {
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
            Scale::Count => Choice {
                method: if clustered {
                    "ratio of rates by negative binomial regression, errors by cluster (CR2)"
                } else {
                    "ratio of rates by negative binomial regression"
                },
                why: self.why_model("the rate")
                    + " Counts of people as a rule vary more than Poisson's; the negative binomial lets the \
                       data say how much more (θ).",
                steps: vec![Step::Method(Method::Glm(Modelled {
                    formula: formula(
                        self.baseline
                            .as_deref()
                            .map(|start| format!("log1p({})", quoted(start))),
                    )?,
                    zero: None,
                    cluster: self.cluster.clone(),
                    weights: None,
                    means: None,
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
                    "zero-inflated or hurdle models, if some can have none at all",
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
            Scale::Binary => Choice {
                method: "risk difference (Newcombe's interval), risk ratio and odds ratio",
                why: "Two independent arms are compared in a share. The difference of risks says \
                      how many more of a hundred; its interval holds its level also near 0 and 1."
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
                steps: vec![Step::Method(Method::Ordinal(Modelled::of(
                    formula(start())?,
                    Ordinal::default(),
                )))],
                alternatives: &["the levels as numbers, if their distances mean something"],
            },
            Scale::Ordinal => {
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
            Scale::Nominal => Choice {
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

    /// The joint test of three arms or more.
    fn jointly(&self, scale: Scale) -> Result<Choice, Error> {
        let with_model = self.baseline.is_some() || self.cluster.is_some();
        let choice = |method, why: &str, steps, alternatives| Choice {
            method,
            why: why.to_owned(),
            steps,
            alternatives,
        };
        let of_model = || self.choose(scale).map(|model| (model.steps, model.why));
        let (outcome, by) = (&self.outcome, &self.arm);
        Ok(match scale {
            Scale::Continuous if with_model => {
                let (steps, why) = of_model()?;
                choice(
                    "joint F test of the arms",
                    &why,
                    steps,
                    &["a mixed model of all waves"],
                )
            }
            Scale::Continuous => choice(
                "Welch's F test of several means",
                "The arms are compared in their means, without taking their variances for equal.",
                vec![
                    Step::Method(Method::OneWay(with(outcome, by))),
                    Step::Method(Method::VarianceExplained(with(outcome, by))),
                ],
                &["Kruskal–Wallis, if the order is what counts"],
            ),
            Scale::Count => {
                let (steps, why) = of_model()?;
                choice(
                    "joint test of the arms by negative binomial regression",
                    &why,
                    steps,
                    &[
                        "zero-inflated or hurdle models, if some can have none at all",
                        "a mixed model of all waves",
                    ],
                )
            }
            Scale::Binary if with_model => {
                let (steps, why) = of_model()?;
                // The model itself has the test; its standardised risks are those of the pairs.
                let logistic = steps.into_iter().map(|step| match step {
                    Step::Method(Method::MarginalEffect(m)) => {
                        Step::Method(Method::Glm(Modelled {
                            cluster: m.cluster,
                            weights: m.weights,
                            ..Modelled::of(m.formula, m.options)
                        }))
                    }
                    other => other,
                });
                choice(
                    "joint test of the arms by logistic regression",
                    &why,
                    logistic.collect(),
                    &["a mixed logistic model of all waves"],
                )
            }
            Scale::Ordinal if with_model => choice(
                "joint test of the arms by proportional odds",
                &self.why_model("the odds of a higher level"),
                vec![Step::Ordered(
                    self.formula(self.baseline.as_deref().map(quoted))?,
                )],
                &["the levels as numbers, if their distances mean something"],
            ),
            Scale::Ordinal => choice(
                "Kruskal–Wallis",
                "The arms are compared in an order.",
                vec![Step::Method(Method::KruskalWallis(with(outcome, by)))],
                &["proportional odds"],
            ),
            Scale::Binary | Scale::Nominal => choice(
                "Pearson's χ² test, with Cramér's V",
                "The arms are compared in how often each level occurs.",
                vec![
                    Step::Method(Method::ChiSquared(self.cross_table())),
                    Step::Method(Method::CramersV(self.cross_table())),
                ],
                &["Fisher's exact test, in very small samples"],
            ),
        })
    }

    /// `outcome ~ arm`, with the first measurement and the time of counting where there are any.
    fn formula(&self, start: Option<String>) -> Result<Formula, Error> {
        let mut terms = vec![quoted(&self.arm)];
        terms.extend(start);
        terms.extend(
            self.exposure
                .as_ref()
                .map(|time| format!("offset(log({}))", quoted(time))),
        );
        Ok(format!("{} ~ {}", quoted(&self.outcome), terms.join(" + ")).parse()?)
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
    fn small_counts(&self, table: &Table) -> Result<Vec<Caution>, Error> {
        const OUTCOME: &str = "outcome";
        const ARM: &str = "arm";
        let happened = happened(table, &self.outcome, self.event.as_deref())?;
        let codes = happened.into_iter().map(|event| event.map(u32::from));
        let mut arm = table.column(&self.arm)?.clone();
        ARM.clone_into(&mut arm.name);
        let counted = Table::new(vec![
            Column::factor(OUTCOME, ["no", "yes"], codes.collect())?,
            arm,
        ])?;
        let test = Method::ChiSquared(CrossTable {
            rows: OUTCOME.to_owned(),
            columns: ARM.to_owned(),
            options: kring_stats::chi_squared::ChiSquared::default(),
        });
        let found = match test.run(&counted) {
            Ok(found) => found,
            // Where all have it or nobody has, no count was expected elsewhere.
            Err(Error::Stats(kring_stats::Error::TooFew { .. })) => Answer::default(),
            Err(error) => return Err(error),
        };
        let doubts = found.tests.into_iter().flat_map(|test| test.cautions);
        Ok(doubts
            .filter(|doubt| matches!(doubt, Caution::SmallExpectedCounts { .. }))
            .collect())
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
        let roles = DesignOptions {
            response: ResponseKind::Continuous,
            clusters: self.cluster.iter().cloned().collect(),
            ..DesignOptions::default()
        };
        let found = analysis::lm(table, formula.text(), &roles, options)?;
        let answer = Answer::of(found.estimates);
        if table.factor(&self.arm)?.levels().len() < 3 {
            return Ok(answer);
        }
        let design = Recipe::new(formula, table, &roles)?.design(table)?;
        Ok(answer.test(self.joint(&options.fit(&design)?, &design)?))
    }

    /// The test that all columns of the arm are zero.
    fn joint(&self, fit: &impl Fit, design: &kring_core::Design) -> Result<JointTest, Error> {
        let part = design.mean();
        let terms = part.terms.iter().filter(|term| self.is_the_arm(&term.name));
        let columns: Vec<usize> = terms.flat_map(|term| term.columns.clone()).collect();
        let rows = Array2::from_shape_fn((columns.len(), part.columns.len()), |(row, column)| {
            f64::from(u8::from(columns[row] == column))
        });
        Ok(fit.joint_test(&self.arm, rows.view())?)
    }

    fn is_the_arm(&self, label: &str) -> bool {
        label == self.arm || label == quoted(&self.arm)
    }

    /// Of a regression the coefficients of the arms alone, called as differences and ratios of arms are:
    /// those of the first measurement are no effects, and shown as such they invite to be read so
    /// (Westreich & Greenland 2013, Am J Epidemiol 177:292–298, doi 10.1093/aje/kws412). The spread of
    /// counts stays.
    fn of_the_arms(&self, mut answer: Answer, step: &Step, levels: &[String]) -> Answer {
        let is_regression = matches!(
            step,
            Step::Linear { .. } | Step::Method(Method::Glm(_) | Method::Ordinal(_))
        );
        let [reference, other] = levels else {
            return answer;
        };
        if is_regression {
            let names = [self.arm.clone(), quoted(&self.arm)];
            let is_arm = |label: &str| {
                names
                    .iter()
                    .any(|name| label.strip_prefix(name.as_str()) == Some(other))
            };
            let is_shape = |estimate: &Estimate| estimate.measure == Measure::Dispersion;
            answer.estimates.retain(|e| is_arm(&e.label) || is_shape(e));
            for estimate in answer.estimates.iter_mut().filter(|e| is_arm(&e.label)) {
                let is_ratio = estimate.measure.is_log();
                let sign = if is_ratio { "/" } else { "−" };
                estimate.label = format!("{other} {sign} {reference}");
                if let Measure::Coefficient { unit } = &estimate.measure {
                    estimate.measure = Measure::MeanDifference { unit: unit.clone() };
                }
            }
            for shape in answer.estimates.iter_mut().filter(|e| is_shape(e)) {
                shape.label = format!("θ ({other}, {reference})");
            }
            answer.tests.retain(|test| self.is_the_arm(&test.label));
            answer.figures.clear();
        }
        answer
    }

    /// Of a regression the joint test of the arms alone; of other methods all.
    fn joint_tests(&self, mut answer: Answer, step: &Step) -> Answer {
        if matches!(step, Step::Linear { .. } | Step::Method(Method::Glm(_))) {
            let is_shape = |estimate: &Estimate| estimate.measure == Measure::Dispersion;
            answer.estimates.retain(is_shape);
            for shape in &mut answer.estimates {
                "θ (all arms)".clone_into(&mut shape.label);
            }
            answer.tests.retain(|test| self.is_the_arm(&test.label));
            answer.figures.clear();
        }
        answer
    }
}

/// p-values of pairs adjusted by Holm's method, those of each kind of number among themselves.
fn holm(answer: &mut Answer, pairs: usize) -> Result<(), Error> {
    let adjusted_p = format!("p adjusted by Holm's method for {pairs} pairs of arms");
    let caution = Caution::Note(format!(
        "{adjusted_p}; the interval is that of its pair alone."
    ));
    let kinds: Vec<String> = answer.estimates.iter().map(kind).collect();
    for (place, of_kind) in kinds.iter().enumerate() {
        if kinds[..place].contains(of_kind) {
            continue;
        }
        let family = answer.estimates.iter_mut().filter(|e| kind(e) == *of_kind);
        let mut family: Vec<&mut Estimate> = family.filter(|e| e.p_value.is_some()).collect();
        let p: Vec<f64> = family.iter().filter_map(|e| e.p_value).collect();
        let adjusted = Multiplicity::default().adjust(&p)?;
        for (estimate, p) in family.iter_mut().zip(adjusted.p_values) {
            estimate.p_value = Some(p);
            estimate.cautions.push(caution.clone());
        }
    }
    let p: Vec<f64> = answer
        .tests
        .iter()
        .filter_map(|test| test.p_value)
        .collect();
    let adjusted = Multiplicity::default().adjust(&p)?;
    let tests = answer
        .tests
        .iter_mut()
        .filter(|test| test.p_value.is_some());
    for (test, p) in tests.zip(adjusted.p_values) {
        test.p_value = Some(p);
        test.cautions.push(Caution::Note(format!("{adjusted_p}.")));
    }
    Ok(())
}

/// What numbers of one family have in common.
fn kind(estimate: &Estimate) -> String {
    estimate.measure.name().to_owned()
}

/// The rows with one of these levels of a column, such as those of one wave of long data.
pub fn at(table: &Table, column: &str, levels: &[&str]) -> Result<Table, Error> {
    let grouped = with_factors(table, &[column.to_owned()])?;
    let factor = grouped.factor(column)?;
    for level in levels {
        if !factor.levels().iter().any(|known| known == level) {
            return Err(Error::Argument {
                what: format!("`{column}` = `{level}`"),
                why: format!(
                    "`{column}` has no such level{}",
                    kring_core::suggestion(level, factor.levels().iter().map(String::as_str))
                ),
            });
        }
    }
    let is_asked = |row: &usize| {
        factor
            .label(*row)
            .is_some_and(|level| levels.contains(&level))
    };
    let rows: Vec<usize> = (0..table.rows()).filter(is_asked).collect();
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
            why: format!("these also occur: {}", few(&strangers)),
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
pub(crate) fn quoted(name: &str) -> String {
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
    let column = table.column(outcome)?;
    if (0..table.rows()).all(|row| column.is_missing(row)) {
        return Err(Error::Argument {
            what: format!("column `{outcome}`"),
            why: "nobody has a value".to_owned(),
        });
    }
    Ok(match column.data() {
        ColumnData::Numeric(numeric) if numeric.is_count() => Scale::Count,
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
        Scale::Continuous => "a column of numbers",
        Scale::Count => "declared to be a count",
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
    /// What was chosen, and why.
    fn chosen(&self) -> String {
        let mut letters = self.method.chars();
        let first = letters.next().into_iter().flat_map(char::to_uppercase);
        let method: String = first.chain(letters).collect();
        let model = self.formula.as_ref();
        let model = model.map_or_else(String::new, |formula| format!("\n\nModel: {formula}"));
        format!("{method}\n\n{}{model}", self.why)
    }

    /// How much was run, and what was not.
    fn passed_over(&self) -> String {
        format!(
            "{} run on `{}`. Not run: {}.",
            match self.methods_run {
                1 => "1 method was".to_owned(),
                n => format!("{n} methods were"),
            },
            self.compare.outcome,
            self.alternatives.join("; ")
        )
    }

    /// The result as pieces of a report: the choice, what was seen, the numbers, and what was not run.
    pub fn content(&self) -> Vec<Content> {
        let mut content = vec![
            Content::Text(self.chosen()),
            Content::Summaries(self.figures.clone()),
        ];
        content.extend(self.answer.content());
        content.extend(self.notes.iter().cloned().map(Content::Text));
        content.push(Content::Text(self.passed_over()));
        content
    }
}

impl From<CompareResult> for Answer {
    /// The numbers, with the choice and what was not run as notes.
    fn from(found: CompareResult) -> Self {
        let ends = (found.chosen(), found.passed_over());
        let mut answer = found.answer;
        let notes = std::mem::take(&mut answer.notes);
        answer.notes = vec![ends.0];
        answer.notes.extend(notes.into_iter().chain(found.notes));
        answer.notes.push(ends.1);
        answer
    }
}
