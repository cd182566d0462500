//! The protocol of a study: the file `study.toml`, as plain data.
//!
//! Every name here is a name in the file. Unknown names are refused, so that a slip of the
//! keyboard never silently drops a claim.

use std::collections::BTreeMap;
use std::fmt;

use kring_core::{CheckKind, Locale, Outcome, Seen, VerdictKind};
use kring_stats::bounds::Bounds;
use kring_stats::chi_squared::ChiSquared;
use kring_stats::lm::Lm;
use serde::de::value::MapAccessDeserializer;
use serde::de::{IntoDeserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize};

use crate::attrition::Attrition;
use crate::baseline::Baseline;
pub use crate::check::PublishedTest;
use crate::check::{Categories, IntervalScale, Scale, Sides};
use crate::inventory::Inventory;
use crate::method::Method;
use crate::process::Process;

/// A whole `study.toml`. It is read from text: `text.parse::<Protocol>()`.
#[derive(Debug, Clone, PartialEq)]
pub struct Protocol {
    /// What the study is.
    pub study: StudyHead,
    /// The texts in which figures were read.
    pub sources: Vec<SourceEntry>,
    /// Arms, waves and outcomes.
    pub design: StudyDesign,
    /// The data, where there are any.
    pub data: Option<Data>,
    /// The published figures.
    pub claims: Vec<Claim>,
    /// The checks of published figures against one another.
    pub checks: Vec<CheckEntry>,
    /// The analyses.
    pub analyses: Vec<Analysis>,
    /// The figures drawn from published numbers.
    pub charts: Vec<PublishedChart>,
}

/// `[study]`: what the study is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StudyHead {
    /// The title of the study or of its main publication.
    pub title: String,
    /// Who did it.
    pub authors: String,
    /// When it was published.
    pub year: Option<i32>,
    /// The DOI of the main publication.
    pub doi: Option<String>,
    /// A few sentences: who was studied, how, and what this folder holds.
    pub summary: String,
    /// Whether it is an example without a published target.
    #[serde(default)]
    pub example: bool,
    /// What a reader must know: discrepancies of the sources, errata, what cannot be checked.
    #[serde(default)]
    pub notes: Vec<String>,
}

/// `[[source]]`: a text in which figures were read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceEntry {
    /// The name by which claims refer to it.
    pub id: String,
    /// Who wrote it.
    pub authors: String,
    /// When.
    pub year: Option<i32>,
    /// Its title.
    pub title: String,
    /// Its DOI.
    pub doi: Option<String>,
    /// Where it was read.
    pub url: Option<String>,
}

/// `[design]`: arms, waves and outcomes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StudyDesign {
    /// How people came into their arm.
    pub allocation: Allocation,
    /// The arms; the first is the reference.
    pub arms: Vec<kring_cohort::Level>,
    /// The waves in order.
    pub waves: Vec<kring_cohort::Wave>,
    /// The variables of the study and what values they may take.
    #[serde(rename = "outcome")]
    pub outcomes: Vec<kring_cohort::VariableSpec>,
}

/// How people came into their arm.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Allocation {
    /// By chance.
    Randomised,
    /// Chosen to be alike on some characteristics.
    Matched,
    /// By their own choice or somebody else's.
    SelfSelected,
    /// There is one group only.
    SingleGroup,
    /// The source does not say.
    #[default]
    NotStated,
}

/// `[data]`: the files and what their columns are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Data {
    /// Files with the same data, beside the protocol. Each is analysed, and all must agree.
    #[serde(default)]
    pub files: Vec<String>,
    /// Whether they are the data of the publication.
    pub relation: Relation,
    /// What they are.
    pub kind: DataKind,
    /// Their licence.
    pub licence: Option<String>,
    /// Where they come from.
    pub provenance: Option<String>,
    /// The column that names the subject.
    pub subject: Option<String>,
    /// The column that names the wave, in long data.
    pub wave: Option<String>,
    /// The column that names the arm.
    pub arm: Option<String>,
    /// The columns that name clusters, outermost first.
    #[serde(default)]
    pub clusters: Vec<String>,
    /// Variables that stand in one column a wave.
    #[serde(default)]
    pub wide: Vec<kring_cohort::Wide>,
}

/// How the data are related to the publication.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Relation {
    /// The data of the publication.
    Same,
    /// Other data on the same question.
    Other,
}

/// What the data are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DataKind {
    /// A row for each person or measurement.
    Microdata,
    /// Published counts and figures only.
    Published,
    /// Simulated: no evidence.
    Simulated,
}

/// `[[claim]]`: one published figure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    /// Its name.
    pub id: String,
    /// What it is a figure of.
    pub label: String,
    /// The arm or group it speaks of.
    pub group: Option<String>,
    /// The wave, year or time it speaks of.
    pub wave: Option<String>,
    /// The measured thing, where several definitions go by one word.
    pub indicator: Option<String>,
    /// The figure in digits, as printed: `"4.7"`, `"18%"`, `"< .001"`.
    pub value: Option<String>,
    /// The text as printed, where it is a word (`negen`) that `value` gives in digits.
    pub printed: Option<String>,
    /// What is claimed without a number: `"greatly decreased"`.
    pub statement: Option<String>,
    /// How its numbers are written: `en` or `nl`.
    #[serde(default)]
    pub locale: Locale,
    /// Its published interval, lower and upper end.
    pub interval: Option<[String; 2]>,
    /// The level of the interval, 0.95 unless given.
    pub level: Option<f64>,
    /// On which scale the interval is symmetric.
    pub interval_scale: Option<IntervalScale>,
    /// The value of no effect: 0, or 1 for a ratio, unless given.
    pub null: Option<f64>,
    /// Its published p-value.
    pub p_value: Option<String>,
    /// The standard deviation printed beside a mean.
    pub sd: Option<String>,
    /// The standard error printed beside a mean.
    pub std_error: Option<String>,
    /// The number it rests on, where published.
    pub sample: Option<usize>,
    /// Whether it is a count, printed whole and exact: then checks allow it no rounding.
    #[serde(default)]
    pub count: bool,
    /// The whole-numbered items that each of the sample contributes to a mean or percentage, where
    /// the source says that they are whole: then GRIM is run, and with `sd` GRIMMER or DEBIT.
    pub whole_items: Option<u32>,
    /// The lowest and the highest whole number that such an item may be.
    pub scale: Option<Scale>,
    /// The outcome that is expected of the checks that run by themselves on this claim.
    #[serde(default)]
    pub expect_finding: ExpectedFindings,
    /// The published test that `value` is the statistic of: then its p-value is recomputed.
    pub test: Option<PublishedTest>,
    /// On how many sides that test was made.
    #[serde(default)]
    pub sides: Sides,
    /// The `id` of its source.
    pub source: String,
    /// The page.
    pub page: Option<String>,
    /// The table or figure.
    pub table: Option<String>,
    /// The words around the figure, short.
    pub quote: Option<String>,
    /// How it was read.
    pub seen: Seen,
    /// Errata and doubts.
    pub note: Option<String>,
    /// Which of our results it is compared with.
    pub from: Option<Selector>,
    /// Why it cannot be reproduced, where `from` is absent.
    pub why: Option<String>,
    /// The expected verdict: `reproduced` with `from`, else `not_reproducible`, unless given.
    pub expect: Option<VerdictKind>,
}

/// Which result of ours, and which number of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Selector {
    /// The `id` of the analysis.
    pub analysis: String,
    /// The variable, where the analysis summarises several.
    pub variable: Option<String>,
    /// Which number.
    pub figure: FigureName,
    /// The arm, where the analysis has one result an arm.
    pub arm: Option<String>,
    /// The wave, where it has one a wave.
    pub wave: Option<String>,
    /// The level of a factor, where it counts levels.
    pub level: Option<String>,
    /// The coefficient, where it fits a model.
    pub term: Option<String>,
}

/// A number of a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FigureName {
    /// How many have a value (of a summary), a level, or are there (of a flow).
    N,
    /// How many have no value.
    Missing,
    /// The mean.
    Mean,
    /// The standard deviation.
    Sd,
    /// The median.
    Median,
    /// The lower quartile.
    LowerQuartile,
    /// The upper quartile.
    UpperQuartile,
    /// The smallest.
    Min,
    /// The largest.
    Max,
    /// The share of a level.
    Share,
    /// A test statistic.
    Statistic,
    /// Degrees of freedom.
    Df,
    /// A p-value.
    PValue,
    /// An estimate, with its interval and p-value where the claim prints them.
    Estimate,
    /// An estimate on the scale of the model: of a ratio its logarithm.
    Coefficient,
    /// A standard error.
    StdError,
}

/// `[[check]]`: a check of published figures against one another.
#[derive(Debug, Clone, PartialEq)]
pub struct CheckEntry {
    /// Its name, the outcome that is expected, and what the reader should know.
    pub head: CheckHead,
    /// What is checked.
    pub kind: CheckSpec,
}

/// What every check has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckHead {
    /// Its name.
    pub id: String,
    /// The outcome that is expected.
    #[serde(default)]
    pub expect: Outcome,
    /// What the reader should know about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// What is checked, by its `kind`; each name is the `id` of a claim.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum CheckSpec {
    /// The parts add up to the total (a claim, or a number in digits such as `"100%"`).
    Sum {
        /// The parts.
        parts: Vec<String>,
        /// Their total.
        total: String,
    },
    /// `from` − `minus` is the result.
    Difference {
        /// From this.
        from: String,
        /// This is taken.
        minus: String,
        /// The result.
        result: String,
    },
    /// `part` is the published share of `whole`.
    Share {
        /// The part.
        part: String,
        /// The whole.
        whole: String,
        /// The published share or percentage.
        result: String,
    },
    /// The factors multiply to the result.
    Product {
        /// The factors.
        factors: Vec<String>,
        /// The result.
        result: String,
    },
    /// The mean or percentage can come from so many whole numbers.
    Grim {
        /// The mean or percentage.
        claim: String,
        /// The number it might rest on.
        n: usize,
        /// Whole-numbered items that each of them contributes.
        #[serde(default = "one")]
        items: u32,
    },
    /// The mean and the standard deviation can come from so many whole numbers.
    Grimmer {
        /// The mean.
        mean: String,
        /// The standard deviation.
        sd: String,
        /// The number they might rest on.
        n: usize,
        /// Whole-numbered items that each of them contributes.
        #[serde(default = "one")]
        items: u32,
        /// The lowest and the highest answer to an item.
        scale: Option<Scale>,
    },
    /// The share and the standard deviation can come from so many zeros and ones.
    Debit {
        /// The share, as a mean or a percentage.
        mean: String,
        /// The standard deviation.
        sd: String,
        /// The number they might rest on.
        n: usize,
    },
    /// The percentages can be shares of one number of people.
    Shares {
        /// The percentages.
        parts: Vec<String>,
        /// Of how many people.
        n: usize,
        /// Whether they are all the categories there are.
        #[serde(default)]
        categories: Categories,
    },
    /// The mean of all follows from the means of the groups.
    WeightedMean {
        /// The means of the groups.
        parts: Vec<String>,
        /// How many are in each group, in the same order; without them only the range is checked.
        #[serde(default)]
        n: Vec<String>,
        /// The mean of all.
        result: String,
    },
    /// The p-value follows from the statistic.
    PValue {
        /// The statistic.
        statistic: String,
        /// Its test.
        test: PublishedTest,
        /// The p-value, as a figure or as the claim that is one.
        p: String,
        /// On how many sides it was tested.
        #[serde(default)]
        sides: Sides,
    },
    /// The estimate lies in the middle of its interval.
    Interval {
        /// A claim with an `interval`.
        claim: String,
        /// The scale on which it is symmetric.
        #[serde(default)]
        scale: IntervalScale,
    },
    /// The p-value follows from the interval.
    IntervalP {
        /// A claim with an `interval` and a `p_value`.
        claim: String,
        /// The scale on which the interval is symmetric.
        #[serde(default)]
        scale: IntervalScale,
        /// The value of no effect.
        null: Option<f64>,
        /// The degrees of freedom of its t distribution.
        df: Option<f64>,
    },
    /// The standard deviation, the standard error and the interval of a mean belong together.
    Spread {
        /// How many the mean rests on.
        n: usize,
        /// The standard deviation.
        sd: Option<String>,
        /// The standard error.
        std_error: Option<String>,
        /// A claim with an `interval`.
        claim: Option<String>,
    },
}

/// What is expected of the checks that run by themselves on a claim: one outcome for all, or one by
/// the name of the check.
///
/// `"inconsistent"`, or `{ grimmer = "inconsistent", p_value = "decision_error" }`; those that are
/// not named are expected to be consistent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum ExpectedFindings {
    /// The same of all.
    All(Outcome),
    /// By check.
    Each(BTreeMap<CheckKind, Outcome>),
}

impl ExpectedFindings {
    /// What is expected of a check.
    pub fn of(&self, kind: CheckKind) -> Outcome {
        match self {
            Self::All(outcome) => *outcome,
            Self::Each(outcomes) => outcomes.get(&kind).copied().unwrap_or_default(),
        }
    }
}

impl Default for ExpectedFindings {
    fn default() -> Self {
        Self::All(Outcome::Consistent)
    }
}

/// By hand, since an untagged enum cannot say what is wrong with it.
impl<'de> Deserialize<'de> for ExpectedFindings {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;

        impl<'de> Visitor<'de> for Either {
            type Value = ExpectedFindings;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an outcome, or a table with an outcome for each check")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Self::Value, E> {
                Outcome::deserialize(text.into_deserializer()).map(ExpectedFindings::All)
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                BTreeMap::deserialize(MapAccessDeserializer::new(map)).map(ExpectedFindings::Each)
            }
        }

        deserializer.deserialize_any(Either)
    }
}

fn one() -> u32 {
    1
}

/// `[[analysis]]`: one analysis.
#[derive(Debug, Clone, PartialEq)]
pub struct Analysis {
    /// Its name, title and role.
    pub head: AnalysisHead,
    /// What is computed.
    pub kind: AnalysisSpec,
}

/// What every analysis has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnalysisHead {
    /// Its name.
    pub id: String,
    /// What a reader calls it.
    pub title: String,
    /// What it was meant for before the data were seen.
    pub role: Role,
    /// What the reader should know about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// On which table a method or model is run.
    #[serde(default, skip_serializing_if = "Layout::is_subjects")]
    pub on: Layout,
}

/// What an analysis was meant for before the data were seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The question of the study.
    Primary,
    /// Asked beforehand, beside it.
    Secondary,
    /// Suggested by the data, or ours.
    Exploratory,
    /// A description: it tests nothing.
    Descriptive,
}

/// What is computed, by its `kind`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum AnalysisSpec {
    /// Counts, means and quartiles of variables, by arm and by wave as asked.
    Summary {
        /// The variables.
        variables: Vec<String>,
        /// One summary an arm.
        #[serde(default)]
        by_arm: bool,
        /// One summary a wave.
        #[serde(default)]
        by_wave: bool,
        /// Draw the means by wave and arm.
        #[serde(default)]
        chart: bool,
    },
    /// Who was there at each wave: at least one of the variables observed.
    Flow {
        /// The variables.
        variables: Vec<String>,
    },
    /// Pearson's χ² of published counts.
    ChiSquaredOfCounts {
        /// The rows of counts, one an arm.
        counts: Vec<Vec<u64>>,
        /// The names of the rows.
        rows: Vec<String>,
        /// The names of the columns.
        columns: Vec<String>,
        /// Whether continuity is corrected for.
        #[serde(default)]
        options: ChiSquared,
    },
    /// A linear model.
    Lm {
        /// Its formula.
        formula: String,
        /// Its options.
        #[serde(default)]
        options: Lm,
    },
    /// The sums of whole numbers that a published mean and n allow.
    PossibleSums {
        /// The mean, as a claim.
        claim: String,
        /// The numbers it might rest on.
        n: Vec<usize>,
    },
    /// The groups at the start side by side.
    Baseline {
        /// The variables; all of them, unless given.
        #[serde(default)]
        variables: Vec<String>,
        /// Its options.
        #[serde(default)]
        options: Baseline,
    },
    /// Who left, beside who stayed.
    Attrition {
        /// The variables as they were at the first wave; all of them, unless given.
        #[serde(default)]
        variables: Vec<String>,
        /// Its options.
        #[serde(default)]
        options: Attrition,
    },
    /// Who left by how they were at the start: a logistic regression with the joint test of its
    /// interactions with the arm.
    Dropout {
        /// The variables as they were at the first wave.
        variables: Vec<String>,
        /// Who counts as having stayed.
        #[serde(default)]
        options: Attrition,
    },
    /// The course of a programme, a row of the table a referral.
    Process {
        /// Which column is what.
        options: Box<Process>,
    },
    /// A list of problems; subject, wave and arm are those of the data.
    Inventory {
        /// Which columns are problems, and what counts as one.
        options: Box<Inventory>,
    },
    /// Who was there at which waves, as a table and a picture.
    Patterns {
        /// The variables of which one must be observed.
        variables: Vec<String>,
    },
    /// What a difference of the arms can be, whatever became of those who left.
    Bounds {
        /// The outcome.
        outcome: String,
        /// The wave at which it counts.
        wave: String,
        /// What is assumed.
        options: Bounds,
    },
    /// Any of the methods, each with its own `kind`.
    #[serde(skip_deserializing)]
    Method(Box<Method>),
}

impl AnalysisSpec {
    /// The kinds that are no methods.
    pub(super) const KINDS: [&'static str; 12] = [
        "baseline",
        "attrition",
        "dropout",
        "process",
        "inventory",
        "patterns",
        "bounds",
        "summary",
        "flow",
        "chi_squared_of_counts",
        "lm",
        "possible_sums",
    ];
}

/// On which table a model is fitted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Layout {
    /// One row a subject.
    #[default]
    Subjects,
    /// One row a subject and wave.
    Measurements,
    /// The same after the first wave, with the columns of the subjects beside.
    FollowUps,
}

impl Layout {
    #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes it so")]
    fn is_subjects(&self) -> bool {
        *self == Self::Subjects
    }
}

/// `[[chart]]`: published figures over time, drawn as points without a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublishedChart {
    /// Its name.
    pub id: String,
    /// Its title.
    pub title: String,
    /// What stands on the vertical axis.
    pub y_label: String,
    /// What stands on the horizontal axis: `year`.
    pub x_label: String,
    /// What a reader must know: gaps, definitions that differ.
    pub caption: String,
    /// Series by name: claims in order of time, each with its time: `[["2017", "claim-id"], …]`.
    pub series: BTreeMap<String, Vec<(String, String)>>,
}
