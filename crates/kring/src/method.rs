//! Every method by its name: what a protocol, the command and Python ask for alike.
//!
//! A [`Method`] is plain data: which columns, and the options of an estimator of `kring-stats`.
//! [`Method::run`] takes what it needs of a table, leaves out and counts rows that lack something,
//! and gives an [`Answer`]. Groups are compared as other less reference (or divided by it): the
//! reference is the first level of the factor.

mod adjusted;
mod answer;
mod data;
mod fields;
mod lord;
mod mediation;
mod mixed;
mod model;
mod over_time;
mod ranges;
mod repeated;
mod residual;
mod scale;

use kring_core::{Caution, Column, ColumnData, Estimate, Sample, Table};
use kring_formula::{Formula, Schema};
use kring_stats::agreement::{FleissKappa, Kappa, Krippendorff};
use kring_stats::association::CramersV;
use kring_stats::bootstrap::Bootstrap;
use kring_stats::breslow_day::BreslowDay;
use kring_stats::chi_squared::ChiSquared;
use kring_stats::cochran_q::CochranQ;
use kring_stats::effect_size::{ChangeEffect, MeanEffect, PairedEffect};
use kring_stats::equivalence::{Equivalence, NonInferiority};
use kring_stats::events::{Events, Stratum};
use kring_stats::fisher::{ConditionalOddsRatio, Fisher};
use kring_stats::friedman::{Friedman, Measurement};
use kring_stats::g_test::GTest;
use kring_stats::gee::Gee;
use kring_stats::glm::Glm;
use kring_stats::hurdle::Hurdle;
use kring_stats::kruskal_wallis::KruskalWallis;
use kring_stats::levene::Levene;
use kring_stats::little::Little;
use kring_stats::mann_whitney::MannWhitney;
use kring_stats::mantel_haenszel::MantelHaenszel;
use kring_stats::mcnemar::McNemar;
use kring_stats::mmrm::Mmrm;
use kring_stats::number_needed::{
    Event, Needed, NeededInterval, NumberNeeded, NumberNeededToTreat,
};
use kring_stats::one_way::OneWay;
use kring_stats::ordinal::Ordinal;
use kring_stats::permutation::Permutation;
use kring_stats::proportion::Proportion;
use kring_stats::rank_biserial::RankBiserial;
use kring_stats::rates::{Rate, RateDifference, RateRatio};
use kring_stats::reliability::{IntraclassCorrelation, Omega, Reliability};
use kring_stats::resampling::{Stage, TwoGroups};
use kring_stats::signed_rank::SignedRank;
use kring_stats::superiority::Superiority;
use kring_stats::t_test::{Group, TTest};
use kring_stats::trend::Trend;
use kring_stats::two_proportions::{CohensH, OddsRatio, RiskDifference, RiskRatio};
use kring_stats::unconditional::Unconditional;
use kring_stats::variance_explained::{ShareInterval, VarianceExplained};
use kring_stats::zero_inflated::ZeroInflated;
use ndarray::Array2;
use serde::{Deserialize, Serialize};

pub use adjusted::PValues;
pub(crate) use answer::said_once;
pub use answer::{Answer, AnswerColumn, AnswerTable, ByRow, Cells, Named, TableName};
use data::cross_tabulate;
use data::{Counts, Exchangeable, Groups, Rates, Twice, TwoAnswers, complete, numbers};
pub(crate) use data::{counted, happened};
pub use fields::{Choice, Field, FieldType};
pub use lord::Readings;
pub use mediation::Mediate;
pub use mixed::{Cell, GeneralisedMixed, LinearMixed, MixedIntervals, Predict, Show, Values};
pub use model::{Marginal, Modelled};
pub(crate) use over_time::waves_in_order;
pub use over_time::{ByWave, Constrained, Differences, OverTime, Segmented};
use ranges::Asked;
pub use ranges::{Job, Part};
pub use repeated::Repeated;
pub use residual::{ResidualModel, Residuals};

use crate::Error;
use crate::analysis::MeansOf;
use crate::called::{called, columns_named};
use crate::compare::Compare;
use crate::lenient::{self, Fault};
use crate::words::{as_text, said};

/// A method with the columns that it takes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Method {
    /// The difference of two means, by Welch's or Student's t.
    MeanDifference(Compared<TTest>),
    /// The difference of two means in standard deviations.
    StandardizedMeanDifference(Compared<MeanEffect>),
    /// The Wilcoxon rank-sum test with the shift of Hodges and Lehmann.
    MannWhitney(Compared<MannWhitney>),
    /// The chance that one of the one group has more than one of the other; Cliff's δ.
    ProbabilityOfSuperiority(Compared<Superiority>),
    /// The rank test of several groups.
    KruskalWallis(Compared<KruskalWallis>),
    /// The test of several means, by Welch's or the classical F.
    OneWay(Compared<OneWay>),
    /// The shares of the variance between groups.
    VarianceExplained(Compared<VarianceExplained>),
    /// The test of equal variances.
    Levene(Compared<Levene>),
    /// Whether two means are alike within a margin.
    Equivalence(ComparedWith<Equivalence>),
    /// Whether one mean is not worse by more than a margin.
    NonInferiority(ComparedWith<NonInferiority>),

    /// The mean change, by the paired t.
    MeanChange(BeforeAfter<TTest>),
    /// The mean change in standard deviations.
    StandardizedMeanChange(BeforeAfter<PairedEffect>),
    /// The Wilcoxon signed-rank test with the pseudo-median.
    SignedRank(BeforeAfter<SignedRank>),
    /// The rank-biserial correlation of pairs.
    PairedRankBiserial(BeforeAfter<RankBiserial>),
    /// The difference of two arms in change, in standard deviations at the start.
    ChangeDifference(Changed<ChangeEffect>),
    /// Two measurements of two groups read in three ways: change scores, ANCOVA, ratio of rates.
    LordsParadox(Readings),
    /// The rank test of several measurements of the same rows.
    Friedman(Columns<Friedman>),

    /// The share of an event in each group.
    Proportion(Shares<Proportion>),
    /// The difference of two shares.
    RiskDifference(Shares<RiskDifference>),
    /// The ratio of two shares.
    RiskRatio(Shares<RiskRatio>),
    /// The odds ratio.
    OddsRatio(Shares<OddsRatio>),
    /// The conditional odds ratio with its exact interval.
    ConditionalOddsRatio(Shares<ConditionalOddsRatio>),
    /// The number needed to treat, with its interval through infinity where it has to.
    NumberNeededToTreat(Shares<NumberNeeded>),
    /// The difference of two shares on the arcsine scale.
    CohensH(Shares<CohensH>),
    /// Boschloo's or Barnard's exact test.
    UnconditionalExact(Shares<Unconditional>),
    /// The trend of a share over ordered groups.
    Trend(Shares<Trend>),
    /// The common odds ratio, risk ratio and risk difference over strata, with the test.
    MantelHaenszel(StratifiedShares<MantelHaenszel>),
    /// Whether the odds ratio is the same in all strata.
    BreslowDay(StratifiedShares<BreslowDay>),
    /// The test of a change between yes and no.
    #[serde(rename = "mcnemar")]
    McNemar(PairedShares<McNemar>),
    /// The difference of two shares of the same rows.
    PairedRiskDifference(PairedShares<RiskDifference>),
    /// The test of several yes-or-no measurements of the same rows.
    CochranQ(ColumnsOfEvents<CochranQ>),

    /// Pearson's χ².
    ChiSquared(CrossTable<ChiSquared>),
    /// The likelihood-ratio test of independence.
    GTest(CrossTable<GTest>),
    /// Fisher's exact test.
    FisherExact(CrossTable<Fisher>),
    /// Cramér's V.
    CramersV(CrossTable<CramersV>),

    /// The rate of events in each group.
    Rate(Incidences<Rate>),
    /// The ratio of two rates.
    RateRatio(Incidences<RateRatio>),
    /// The difference of two rates.
    RateDifference(Incidences<RateDifference>),

    /// A permutation test of two groups.
    Permutation(Resampled<Permutation>),
    /// The difference of two means with a bootstrap interval.
    Bootstrap(Resampled<Bootstrap>),

    /// Cronbach's α of a scale.
    Alpha(Columns<Reliability>),
    /// McDonald's ω of a scale.
    Omega(Columns<Omega>),
    /// The intraclass correlations of several raters, one column each.
    Icc(Columns<IntraclassCorrelation>),
    /// The agreement of two raters.
    Kappa(CrossTable<Kappa>),
    /// The agreement of several raters who give categories, one column each.
    FleissKappa(Columns<FleissKappa>),
    /// Krippendorff's α of several raters, one column each.
    Krippendorff(Columns<Krippendorff>),
    /// Little's test of whether values are missing completely at random.
    Little(Columns<Little>),

    /// A generalised linear model.
    Glm(Modelled<Glm>),
    /// Means, differences and ratios on the scale of the outcome, from a generalised linear model.
    MarginalEffect(Marginal),
    /// A model of counts with more zeros than they have by themselves.
    ZeroInflated(Modelled<ZeroInflated>),
    /// A model of whether there are any, and of how many if so.
    Hurdle(Modelled<Hurdle>),
    /// A cumulative link model of ordered levels.
    Ordinal(Modelled<Ordinal>),
    /// A linear mixed model: numbers of families that are measured again and again.
    Lmm(Box<LinearMixed>),
    /// A generalised linear mixed model: counts and shares of families that are measured again and again.
    Glmm(Box<GeneralisedMixed>),
    /// A marginal model by estimating equations (GEE): means of a population whose families are measured
    /// again and again.
    Gee(Box<Repeated<Gee>>),
    /// A mixed model for repeated measures (MMRM): means by wave, and a covariance over the waves.
    Mmrm(Box<Repeated<Mmrm>>),
    /// Counts in two parts, of families that are measured again and again: whether there are any, how many if
    /// so, and how many in all.
    AnyAndHowMany(Box<Repeated<Gee>>),
    /// Arms that are equal at the start, at all later waves: constrained longitudinal data analysis (cLDA).
    Clda(Box<ByWave<Constrained>>),
    /// Difference in differences: the changes of an arm less those of the reference, with a check of the waves
    /// before the start.
    DifferenceInDifferences(Box<ByWave<Differences>>),
    /// Lines over time that bend at knots, and may jump there: piecewise trends, interrupted series.
    Segmented(Box<Segmented>),
    /// How much of what an arm does goes through what comes after it: direct and indirect effects.
    Mediation(Box<Mediate>),
    /// Whether the rows look as a model says: randomised quantile residuals and their tests.
    QuantileResiduals(Residuals),

    /// The p-values of a family of tests, adjusted for how many they are.
    AdjustPValues(PValues),
    /// The arms compared in an outcome, by the method that fits what it is.
    Compare(Box<Compare>),
}

/// Numbers of two or more groups.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Compared<O> {
    /// The column of the numbers.
    pub outcome: String,
    /// The column of the groups; the first level is the reference.
    pub by: String,
    /// The options of the estimator.
    #[serde(default)]
    pub options: O,
}

/// The same, where the options have no usual values.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ComparedWith<O> {
    /// The column of the numbers.
    pub outcome: String,
    /// The column of the groups; the first level is the reference.
    pub by: String,
    /// The options of the estimator.
    pub options: O,
}

/// Two measurements of the same rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BeforeAfter<O> {
    /// The column of the earlier one.
    pub before: String,
    /// The column of the later one.
    pub after: String,
    /// The options of the estimator.
    #[serde(default)]
    pub options: O,
}

/// Two measurements of the rows of two groups.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Changed<O> {
    /// The column of the earlier one.
    pub before: String,
    /// The column of the later one.
    pub after: String,
    /// The column of the groups; the first level is the reference.
    pub by: String,
    /// The options of the estimator.
    #[serde(default)]
    pub options: O,
}

/// Several measurements of the same rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Columns<O> {
    /// Their columns.
    pub columns: Vec<String>,
    /// The options of the estimator.
    #[serde(default)]
    pub options: O,
}

/// Several yes-or-no measurements of the same rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ColumnsOfEvents<O> {
    /// Their columns.
    pub columns: Vec<String>,
    /// The level that counts; yes or ja, else the second of two, or 1, unless given.
    pub event: Option<String>,
    /// The options of the estimator.
    #[serde(default)]
    pub options: O,
}

/// A yes-or-no outcome of groups.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shares<O> {
    /// The column of the outcome.
    pub outcome: String,
    /// The level that counts; yes or ja, else the second of two, or 1, unless given.
    pub event: Option<String>,
    /// The column of the groups; the first level is the reference.
    pub by: String,
    /// The options of the estimator.
    #[serde(default)]
    pub options: O,
}

/// A yes-or-no outcome of two groups within strata.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StratifiedShares<O> {
    /// The column of the outcome.
    pub outcome: String,
    /// The level that counts; yes or ja, else the second of two, or 1, unless given.
    pub event: Option<String>,
    /// The column of the groups; the first level is the reference.
    pub by: String,
    /// The column of the strata.
    pub strata: String,
    /// The options of the estimator.
    #[serde(default)]
    pub options: O,
}

/// A yes-or-no outcome measured twice.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PairedShares<O> {
    /// The column of the earlier measurement.
    pub before: String,
    /// The column of the later one.
    pub after: String,
    /// The level that counts; yes or ja, else the second of two, or 1, unless given.
    pub event: Option<String>,
    /// The options of the estimator.
    #[serde(default)]
    pub options: O,
}

/// Two factors.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CrossTable<O> {
    /// The one.
    pub rows: String,
    /// The other.
    pub columns: String,
    /// The options of the estimator.
    #[serde(default)]
    pub options: O,
}

/// Numbers of two groups that are drawn or exchanged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Resampled<O> {
    /// The column of the numbers; zeros and ones for shares.
    pub outcome: String,
    /// The column of the groups; the first level is the reference.
    pub by: String,
    /// The column of what is drawn or exchanged as a whole: families.
    pub clusters: Option<String>,
    /// The column of the strata within which is drawn or exchanged.
    pub strata: Option<String>,
    /// The options of the estimator; a seed is needed where something is drawn.
    #[serde(default)]
    pub options: O,
}

/// Counts of events in groups.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Incidences<O> {
    /// The column of the counts.
    pub events: String,
    /// The column of the time in which they were counted; one unit a row, unless given.
    pub exposure: Option<String>,
    /// The column of the groups; the first level is the reference.
    pub by: String,
    /// The options of the estimator.
    #[serde(default)]
    pub options: O,
}

impl Method {
    /// The name of each, as a protocol writes it.
    pub const KINDS: &'static [&'static str] = &[
        "adjust_p_values",
        "alpha",
        "any_and_how_many",
        "bootstrap",
        "breslow_day",
        "change_difference",
        "chi_squared",
        "clda",
        "cochran_q",
        "cohens_h",
        "compare",
        "conditional_odds_ratio",
        "cramers_v",
        "difference_in_differences",
        "equivalence",
        "fisher_exact",
        "fleiss_kappa",
        "friedman",
        "g_test",
        "gee",
        "glm",
        "glmm",
        "hurdle",
        "icc",
        "kappa",
        "krippendorff",
        "kruskal_wallis",
        "levene",
        "little",
        "lmm",
        "lords_paradox",
        "mann_whitney",
        "mantel_haenszel",
        "marginal_effect",
        "mcnemar",
        "mean_change",
        "mean_difference",
        "mediation",
        "mmrm",
        "non_inferiority",
        "number_needed_to_treat",
        "odds_ratio",
        "omega",
        "one_way",
        "ordinal",
        "paired_rank_biserial",
        "paired_risk_difference",
        "permutation",
        "probability_of_superiority",
        "proportion",
        "quantile_residuals",
        "rate",
        "rate_difference",
        "rate_ratio",
        "risk_difference",
        "risk_ratio",
        "segmented",
        "signed_rank",
        "standardized_mean_change",
        "standardized_mean_difference",
        "trend",
        "unconditional_exact",
        "variance_explained",
        "zero_inflated",
    ];

    /// Runs it on a table.
    ///
    /// ```
    /// use kring::method::{Compared, Method};
    /// use kring_core::{Column, Table};
    /// let table = Table::new(vec![
    ///     Column::numeric("problems", [6.0, 8.0, 3.0, 5.0, 7.0].map(Some).to_vec())?,
    ///     Column::factor("arm", ["WT", "EKC"], [0, 0, 1, 1, 1].map(Some).to_vec())?,
    /// ])?;
    /// let method = Method::MeanDifference(Compared {
    ///     outcome: "problems".into(),
    ///     by: "arm".into(),
    ///     options: Default::default(),
    /// });
    /// let answer = method.run(&table)?;
    /// assert_eq!(answer.estimates[0].value.finite(), Some(-2.0));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn run(&self, table: &Table) -> Result<Answer, Error> {
        let table = self.grouped(table)?;
        Ok(self.in_words(self.run_on(&table)?, &table))
    }

    /// The answer with a sentence on what is counted in front, and with what a reader calls its names.
    fn in_words(&self, mut answer: Answer, table: &Table) -> Answer {
        let written = serde_json::to_value(self).unwrap_or_default();
        let fields = written.as_object().and_then(|all| all.values().next());
        // Only the names of a model's terms are made of columns and levels.
        let has = |fields: &serde_json::Value, name| fields.get(name).is_some();
        let is_model = |fields: &&serde_json::Value| {
            has(fields, "formula") || has(fields, "arm") && has(fields, "wave")
        };
        if let Some(fields) = fields.filter(is_model) {
            answer.called = called(table, &columns_named(fields, table), answer.names());
        }
        if let Some(sentence) = fields.and_then(|fields| self.what_counts(fields, table)) {
            answer.notes.insert(0, sentence);
        }
        answer
    }

    /// Which of two levels the shares, odds and risks are of: the sign of everything depends on it.
    fn what_counts(&self, fields: &serde_json::Value, table: &Table) -> Option<String> {
        // What it chooses says so itself.
        if matches!(self, Self::Compare(_)) {
            return None;
        }
        let level = |column: &str, event: Option<&str>| {
            let factor = table.factor(column).ok()?;
            let levels = factor.levels();
            let place = counted(levels, event).ok()?;
            Some(format!(
                "`{}` of {column} is what is counted.",
                levels[place]
            ))
        };
        if let Some(event) = fields.get("event") {
            return level(&self.outcome()?, event.as_str());
        }
        // A formula models the second of two levels, as in R.
        let response = match self {
            Self::Glm(m) => m.formula.response(),
            Self::MarginalEffect(m) => m.formula.response(),
            Self::Glmm(m) => m.formula.response(),
            Self::Gee(m) => m.formula.response(),
            _ => None,
        }?;
        match table.factor(&response).ok()?.levels() {
            [_, second] => level(&response, Some(second)),
            _ => None,
        }
    }

    /// The table with its groups as factors.
    fn grouped(&self, table: &Table) -> Result<Table, Error> {
        // Written once: this is most of what a small test costs.
        let written = serde_json::to_value(self).unwrap_or_default();
        let fields = written.as_object().and_then(|all| all.values().next());
        let groups: Vec<String> = ["by", "strata", "rows", "columns"]
            .into_iter()
            .filter_map(|field| fields?.get(field)?.as_str().map(str::to_owned))
            .collect();
        with_factors(table, &groups)
    }

    /// The method of a name, its fields as texts: `outcome=problems`, `options.level=0.9`. A value is
    /// read as TOML, or else as plain text.
    pub fn named(kind: &str, fields: &[(&str, &str)]) -> Result<Self, Error> {
        let value = |text: &str| {
            // `.8` is a number to people, though not to TOML.
            if let Ok(number) = text.parse::<f64>()
                && text.trim_start_matches('-').starts_with('.')
            {
                return toml::Value::Float(number);
            }
            let read: Result<toml::Table, _> = format!("value = {text}").parse();
            let read = read.ok().and_then(|mut table| table.remove("value"));
            read.unwrap_or_else(|| toml::Value::String(text.to_owned()))
        };
        let mut table = toml::Table::new();
        for (name, text) in fields {
            let (path, last) = name.rsplit_once('.').unwrap_or(("", *name));
            let mut within = path.split('.').filter(|part| !part.is_empty());
            let place = within.try_fold(&mut table, |table, part| {
                let inner = table
                    .entry(part)
                    .or_insert_with(|| toml::Table::new().into());
                inner.as_table_mut()
            });
            let before = place.map(|table| table.insert(last.to_owned(), value(text)));
            if before != Some(None) {
                return Err(Error::Argument {
                    what: format!("the field `{name}`"),
                    why: "it is given twice; give it once".to_owned(),
                });
            }
        }
        Self::of_kind(kind, &table)
    }

    /// The method of a name with its fields, as anything that serde can write.
    pub fn of_kind(kind: &str, fields: &impl Serialize) -> Result<Self, Error> {
        Self::known(kind)?;
        let refused = |why: String| Error::Argument {
            what: format!("method `{kind}`"),
            why,
        };
        let fields = serde_json::to_value(fields).map_err(|error| refused(error.to_string()))?;
        Self::read(kind, fields).map_err(|fault| {
            let Fault { field, why } = fault;
            match field {
                Some(field) if !why.contains(" field `") => refused(format!("`{field}`: {why}")),
                _ => refused(why),
            }
        })
    }

    /// The one place where fields become a method: what reads them is compiled for one format only.
    pub(crate) fn read(kind: &str, mut fields: serde_json::Value) -> Result<Self, Fault> {
        // Levels are texts, also where they look like numbers.
        for level in ["/event", "/options/start"] {
            fields.pointer_mut(level).map(as_text);
        }
        fields.pointer_mut("/means").map(MeansOf::plain);
        let named = |fields: &serde_json::Value| {
            serde_json::from_value(serde_json::json!({ kind: fields }))
        };
        let known = || Self::fields(kind).unwrap_or_default();
        lenient::read(fields, named, || {
            known().into_iter().map(|field| field.name).collect()
        })
    }

    /// Whether there is a method of this name.
    fn known(kind: &str) -> Result<(), Error> {
        if Self::KINDS.contains(&kind) {
            return Ok(());
        }
        if kind == "lm" {
            return Err(Error::Argument {
                what: "`lm`".to_owned(),
                why: "the linear model has a command and a function of its own: `kring fit lm` (`kring fit lm \
                      --help` says what it takes), in Python `kring.lm`; as a method it is `glm` with the \
                      family gaussian"
                    .to_owned(),
            });
        }
        let near = kring_core::suggestion(kind, Self::KINDS.iter().copied());
        Err(Error::Argument {
            what: format!("method `{kind}`"),
            why: format!("there is no such method{near}; `kring methods` lists them"),
        })
    }

    #[allow(clippy::too_many_lines, reason = "one line a method")]
    fn run_on(&self, table: &Table) -> Result<Answer, Error> {
        match self {
            Self::MeanDifference(m) => m.two(table, "a difference of means", |o, x, y, unit| {
                Ok(o.two_samples(x, y, unit)?.into())
            }),
            Self::StandardizedMeanDifference(m) => {
                m.two(table, "a difference of means", |o, x, y, _| {
                    Ok(o.two_samples(x, y)?.into())
                })
            }
            Self::MannWhitney(m) => {
                m.two_ranked(table, "the Mann–Whitney test", |o, x, y, unit| {
                    let found = o.test(x, y, unit)?;
                    Ok(Answer::of([found.shift]).figure("U", found.u))
                })
            }
            Self::ProbabilityOfSuperiority(m) => {
                m.two_ranked(table, "the probability of superiority", |o, x, y, _| {
                    let found = o.two_samples(x, y)?;
                    Ok(Answer::of([
                        found.probability,
                        found.cliffs_delta,
                        found.rank_biserial,
                    ]))
                })
            }
            Self::KruskalWallis(m) => m.all_ranked(table, |o, label, groups| {
                let found = o.test(label, groups)?;
                Ok(Answer::of([found.epsilon_squared]).test(found.test))
            }),
            Self::OneWay(m) => m.all(table, |o, label, groups| Ok(o.test(label, groups)?.into())),
            Self::VarianceExplained(m) => m.all(table, |o, label, groups| {
                let found = o.groups(label, groups)?;
                let shares = [
                    found.eta_squared,
                    found.omega_squared,
                    found.epsilon_squared,
                ];
                let answer = Answer::of(shares);
                Ok(match o.interval {
                    ShareInterval::Population => answer.note(OF_THE_POPULATION),
                    ShareInterval::Estimate => answer,
                })
            }),
            Self::Levene(m) => m.all(table, |o, label, groups| Ok(o.test(label, groups)?.into())),
            Self::Equivalence(m) => {
                let data = Groups::new(table, &m.outcome, &m.by)?;
                let [x, y] = data.two("an equivalence test", &m.by)?;
                let found = m.options.two_samples(x, y, data.unit.as_deref())?;
                let answer = Answer::of([found.estimate, found.above_low, found.below_high])
                    .figure("p_value", found.p_value)
                    .note(format!("Conclusion: {}.", said(&found.conclusion)));
                Ok(answer.complete_cases(data.used, data.of))
            }
            Self::NonInferiority(m) => {
                let data = Groups::new(table, &m.outcome, &m.by)?;
                let [x, y] = data.two("a non-inferiority test", &m.by)?;
                let found = m.options.two_samples(x, y, data.unit.as_deref())?;
                let answer = Answer::of([found.estimate, found.test])
                    .note(format!("Conclusion: {}.", said(&found.conclusion)));
                Ok(answer.complete_cases(data.used, data.of))
            }

            Self::MeanChange(m) => m.pairs(table, |o, data| {
                let unit = data.unit.as_deref();
                Ok(o.paired(data.after(), data.before(), unit)?.into())
            }),
            Self::StandardizedMeanChange(m) => m.pairs(table, |o, data| {
                Ok(o.paired(data.after(), data.before())?.into())
            }),
            Self::SignedRank(m) => m.pairs(table, |o, data| {
                let unit = data.unit.as_deref();
                let found = o.paired(data.after(), data.before(), unit)?;
                Ok(Answer::of([found.pseudo_median]).figure("V", found.v))
            }),
            Self::PairedRankBiserial(m) => m.pairs(table, |o, data| {
                Ok(o.paired(data.after(), data.before())?.into())
            }),
            Self::ChangeDifference(m) => change_difference(m, table),
            Self::LordsParadox(m) => lord::readings(m, table),
            Self::Friedman(m) => {
                let columns = numbers(table, &m.columns)?;
                let named = m.columns.iter().zip(&columns);
                let measured: Vec<Measurement<'_>> = named
                    .map(|(name, values)| Measurement { name, values })
                    .collect();
                let found = m.options.test(&m.columns.join(", "), &measured)?;
                Ok(Answer::of([found.kendalls_w]).test(found.test))
            }

            Self::Proportion(m) => {
                let data = m.counts(table)?;
                let shares = data
                    .all()
                    .into_iter()
                    .map(|group| m.options.estimate(group));
                let answer = Answer::of(shares.collect::<Result<Vec<_>, _>>()?);
                Ok(answer.complete_cases(data.used, data.of))
            }
            Self::RiskDifference(m) => m.two(table, |o, x, y| Ok(o.estimate(x, y)?.into())),
            Self::RiskRatio(m) => m.two(table, |o, x, y| Ok(o.estimate(x, y)?.into())),
            Self::OddsRatio(m) => m.two(table, |o, x, y| Ok(o.estimate(x, y)?.into())),
            Self::ConditionalOddsRatio(m) => m.two(table, |o, x, y| Ok(o.estimate(x, y)?.into())),
            Self::NumberNeededToTreat(m) => m.two(table, |o, x, y| {
                let found = o.of(RiskDifference::default().estimate(x, y)?)?;
                let sentence = needed(&found, o.event);
                let value = found.value.map(|needed| match needed {
                    Needed::ToBenefit(x) => ("number_needed_to_benefit", x),
                    Needed::ToHarm(x) => ("number_needed_to_harm", x),
                });
                let answer = Answer::of([found.risk_difference]).note(sentence);
                Ok(value
                    .into_iter()
                    .fold(answer, |a, (name, x)| a.figure(name, x)))
            }),
            Self::CohensH(m) => m.two(table, |o, x, y| Ok(o.estimate(x, y)?.into())),
            Self::UnconditionalExact(m) => m.two(table, |o, x, y| Ok(o.test(x, y)?.test.into())),
            Self::Trend(m) => {
                let data = m.counts(table)?;
                let label = format!("{} by {}", m.outcome, m.by);
                let groups = data.all();
                let found = m.options.test(&label, &groups)?;
                let answer = Answer::of([found.slope]).test(found.test);
                let answer = answer.complete_cases(data.used, data.of);
                Ok(answer.note(ordered(&m.by, &groups, m.options.scores.as_deref())))
            }
            Self::MantelHaenszel(m) => m.strata(table, |o, label, strata| {
                let ratios = [
                    o.odds_ratio(strata)?,
                    o.risk_ratio(strata)?,
                    o.risk_difference(strata)?,
                ];
                Ok(Answer::of(ratios).test(o.test(label, strata)?))
            }),
            Self::BreslowDay(m) => {
                m.strata(table, |o, label, strata| Ok(o.test(label, strata)?.into()))
            }
            Self::McNemar(m) => {
                let data = TwoAnswers::new(table, &m.before, &m.after, m.event.as_deref())?;
                let found = m.options.test(data.pairs())?;
                let answer = Answer::of([found.odds_ratio]).test(found.test);
                Ok(answer.complete_cases(data.used, data.of))
            }
            Self::PairedRiskDifference(m) => {
                let data = TwoAnswers::new(table, &m.before, &m.after, m.event.as_deref())?;
                let answer = Answer::from(m.options.paired(data.pairs())?);
                Ok(answer.complete_cases(data.used, data.of))
            }
            Self::CochranQ(m) => {
                let event = m.event.as_deref();
                let columns = m.columns.iter().map(|name| happened(table, name, event));
                let whole = complete(columns.collect::<Result<Vec<_>, _>>()?, table.rows());
                let events =
                    Array2::from_shape_fn((whole.used, m.columns.len()), |(row, column)| {
                        whole.columns[column][row]
                    });
                let answer = Answer::from(m.options.test(&m.columns.join(", "), events.view())?);
                Ok(answer.complete_cases(whole.used, whole.of))
            }

            Self::ChiSquared(m) => m.run(table, |o, label, counts| {
                Ok(o.test(label, counts.view())?.test.into())
            }),
            Self::GTest(m) => m.run(table, |o, label, counts| {
                Ok(o.test(label, counts.view())?.into())
            }),
            Self::CramersV(m) => m.run(table, |o, label, counts| {
                Ok(o.estimate(label, counts.view())?.into())
            }),

            Self::Rate(m) => {
                let data = m.rates(table)?;
                let rates = data
                    .all()
                    .into_iter()
                    .map(|group| m.options.estimate(group, None));
                let rates = rates.collect::<Result<Vec<_>, _>>()?;
                let answer = Answer::of(rates.into_iter().map(|rate| of_events(rate, data.used)));
                Ok(answer.complete_cases(data.used, data.of))
            }
            Self::RateRatio(m) => {
                let data = m.rates(table)?;
                let [x, y] = data.two("a ratio of rates", &m.by)?;
                Ok(
                    Answer::from(of_events(m.options.estimate(x, y)?, data.used))
                        .complete_cases(data.used, data.of),
                )
            }
            Self::Permutation(_)
            | Self::Bootstrap(_)
            | Self::FisherExact(_)
            | Self::MarginalEffect(_)
            | Self::Mediation(_) => self
                .replicated(table, &Asked::All)?
                .ok_or_else(|| self.draws_nothing())?
                .answer(),
            Self::Alpha(m) => scale::alpha(m, table),
            Self::Omega(m) => scale::omega(m, table),
            Self::Icc(m) => scale::icc(m, table),
            Self::Kappa(m) => scale::kappa(m, table),
            Self::FleissKappa(m) => scale::fleiss(m, table),
            Self::Krippendorff(m) => scale::krippendorff(m, table),
            Self::Little(m) => scale::little(m, table),
            Self::Glm(m) => model::glm(m, table),
            Self::ZeroInflated(m) => model::zero_inflated(m, table),
            Self::Hurdle(m) => model::hurdle(m, table),
            Self::Ordinal(m) => model::ordinal(m, table),
            Self::Lmm(m) => mixed::lmm(m, table, &Asked::All)?.answer(),
            Self::Glmm(m) => mixed::glmm(m, table, &Asked::All)?.answer(),
            Self::Gee(m) => repeated::gee(m, table),
            Self::Mmrm(m) => repeated::mmrm(m, table),
            Self::AnyAndHowMany(m) => over_time::any_and_how_many(m, table),
            Self::Clda(m) => over_time::clda(m, table),
            Self::DifferenceInDifferences(m) => over_time::difference_in_differences(m, table),
            Self::Segmented(m) => over_time::segmented(m, table),
            Self::QuantileResiduals(m) => residual::residuals(m, table),
            Self::AdjustPValues(m) => adjusted::adjust(m, table),
            Self::Compare(m) => Ok(m.run(table)?.into()),
            Self::RateDifference(m) => {
                let data = m.rates(table)?;
                let [x, y] = data.two("a difference of rates", &m.by)?;
                Ok(
                    Answer::from(of_events(m.options.estimate(x, y)?, data.used))
                        .complete_cases(data.used, data.of),
                )
            }
        }
    }

    /// The same with intervals of another level, where it has any.
    pub(crate) fn at_level(&self, level: f64) -> Result<Self, Error> {
        let kind = self.kind();
        let mut fields = serde_json::json!(self)[&kind].take();
        if let Some(own) = fields.pointer_mut("/options/level") {
            *own = serde_json::json!(level);
        }
        Self::of_kind(&kind, &fields)
    }

    /// The column of the groups that are compared, where there are any.
    pub fn by(&self) -> Option<String> {
        self.written("by").or_else(|| self.written("arm"))
    }

    /// Whether groups of this column are compared: named as groups, as one side of a table, or among the
    /// terms of a model.
    pub fn compares(&self, column: &str, table: &Table) -> bool {
        let named = ["by", "arm", "rows", "columns"].into_iter();
        let mut named = named.filter_map(|field| self.written(field));
        if named.any(|name| name == column) {
            return true;
        }
        let used = self
            .formula()
            .and_then(|formula| formula.columns(&Schema::of(table)).ok());
        used.is_some_and(|used| used.iter().any(|name| name == column))
    }

    /// The formula of a model.
    fn formula(&self) -> Option<&Formula> {
        match self {
            Self::Glm(m) => Some(&m.formula),
            Self::MarginalEffect(m) => Some(&m.formula),
            Self::ZeroInflated(m) => Some(&m.formula),
            Self::Hurdle(m) => Some(&m.formula),
            Self::Ordinal(m) => Some(&m.formula),
            Self::Lmm(m) => Some(&m.formula),
            Self::Glmm(m) => Some(&m.formula),
            Self::Gee(m) | Self::AnyAndHowMany(m) => Some(&m.formula),
            Self::Mmrm(m) => Some(&m.formula),
            _ => None,
        }
    }

    /// Adds a doubt about the groups of a column to the numbers that speak of them: of a model to the
    /// coefficients and tests of its terms, of any other method to all.
    pub fn doubt(&self, answer: &mut Answer, column: &str, levels: &[String], doubt: &Caution) {
        let is_regression = matches!(
            self,
            Self::Glm(_)
                | Self::ZeroInflated(_)
                | Self::Hurdle(_)
                | Self::Ordinal(_)
                | Self::Lmm(_)
                | Self::Glmm(_)
                | Self::Gee(_)
                | Self::Mmrm(_)
        );
        if !is_regression {
            answer.caution(doubt);
            return;
        }
        let quoted = format!("`{column}`");
        let speaks = |label: &str| {
            // Of a model of two parts the part stands before its coefficient.
            let terms = label.rsplit(": ").next().unwrap_or(label).split(':');
            terms.into_iter().any(|term| {
                [column, quoted.as_str()].iter().any(|name| {
                    let rest = term.strip_prefix(name);
                    // `arm`, `armEKC`, or of means `arm EKC − WT at wave 2`
                    rest.is_some_and(|rest| {
                        rest.is_empty() || rest.starts_with(' ') || levels.iter().any(|l| l == rest)
                    })
                })
            })
        };
        let estimates = answer.estimates.iter_mut().filter(|e| speaks(&e.label));
        let tests = answer.tests.iter_mut().filter(|t| speaks(&t.label));
        if let Some(means) = &mut answer.means
            && means.speaks_of(column)
        {
            means.caution(doubt);
        }
        for cautions in estimates
            .map(|e| &mut e.cautions)
            .chain(tests.map(|t| &mut t.cautions))
        {
            if !cautions.contains(doubt) {
                cautions.push(doubt.clone());
            }
        }
    }

    /// The outcome, where one column is it.
    pub fn outcome(&self) -> Option<String> {
        if let Self::Mediation(m) = self {
            return m.outcome.response();
        }
        ["outcome", "after", "events", "rows"]
            .into_iter()
            .find_map(|name| self.written(name))
    }

    /// The name by which a protocol calls it.
    pub fn kind(&self) -> String {
        let written = serde_json::to_value(self).unwrap_or_default();
        let fields = written.as_object().and_then(|fields| fields.keys().next());
        fields.cloned().unwrap_or_default()
    }

    fn written(&self, field: &str) -> Option<String> {
        let written = serde_json::to_value(self).ok()?;
        let fields = written.as_object()?.values().next()?;
        fields.get(field)?.as_str().map(str::to_owned)
    }
}

/// The table with these columns as factors: groups are often numbered.
pub fn with_factors(table: &Table, names: &[String]) -> Result<Table, Error> {
    const MOST: usize = 50;
    let mut columns = table.columns().to_vec();
    for column in &mut columns {
        let ColumnData::Numeric(numeric) = column.data() else {
            continue;
        };
        if !names.contains(&column.name) {
            continue;
        }
        let mut levels = numeric.present();
        levels.sort_by(f64::total_cmp);
        levels.dedup();
        if levels.len() > MOST {
            return Err(Error::Argument {
                what: format!("column `{}`", column.name),
                why: format!("expected groups, found {} different numbers", levels.len()),
            });
        }
        let place = |x: f64| levels.iter().zip(0_u32..).find(|(level, _)| **level == x);
        let codes = numeric.iter().map(|x| Some(place(x?)?.1)).collect();
        let names: Vec<String> = levels.iter().map(f64::to_string).collect();
        let mut factor = Column::factor(&column.name, names, codes)?;
        factor.label.clone_from(&column.label);
        *column = factor;
    }
    Ok(Table::new(columns)?)
}

impl<O> Compared<O> {
    /// Of two groups, numbers alone.
    fn two(&self, table: &Table, what: &str, estimate: OfTwo<O>) -> Result<Answer, Error> {
        self.of_two(
            &Groups::new(table, &self.outcome, &self.by)?,
            what,
            estimate,
        )
    }

    /// Of two groups, also ordered levels.
    fn two_ranked(&self, table: &Table, what: &str, estimate: OfTwo<O>) -> Result<Answer, Error> {
        self.of_two(
            &Groups::ordered(table, &self.outcome, &self.by)?,
            what,
            estimate,
        )
    }

    fn of_two(&self, data: &Groups, what: &str, estimate: OfTwo<O>) -> Result<Answer, Error> {
        let [x, y] = data.two(what, &self.by)?;
        let answer = estimate(&self.options, x, y, data.unit.as_deref())?;
        Ok(answer.complete_cases(data.used, data.of))
    }

    /// Of all groups, numbers alone.
    fn all(&self, table: &Table, test: AllGroups<O>) -> Result<Answer, Error> {
        self.of_all(&Groups::new(table, &self.outcome, &self.by)?, test)
    }

    /// Of all groups, also ordered levels.
    fn all_ranked(&self, table: &Table, test: AllGroups<O>) -> Result<Answer, Error> {
        self.of_all(&Groups::ordered(table, &self.outcome, &self.by)?, test)
    }

    fn of_all(&self, data: &Groups, test: AllGroups<O>) -> Result<Answer, Error> {
        let label = format!("{} by {}", self.outcome, self.by);
        Ok(test(&self.options, &label, &data.all())?.complete_cases(data.used, data.of))
    }
}

/// Options, the other group, the reference, and the unit of the numbers.
type OfTwo<O> = fn(&O, Group<'_>, Group<'_>, Option<&str>) -> Result<Answer, Error>;
/// Options, a label, and the groups.
type AllGroups<O> = fn(&O, &str, &[Group<'_>]) -> Result<Answer, Error>;

impl<O> Resampled<O> {
    fn two(
        &self,
        table: &Table,
        estimate: impl Fn(&O, &TwoGroups<'_>, Option<&str>) -> Result<Stage<Answer>, Error>,
    ) -> Result<Stage<Answer>, Error> {
        let data = Exchangeable::new(
            table,
            &self.outcome,
            &self.by,
            self.clusters.as_deref(),
            self.strata.as_deref(),
        )?;
        let found = estimate(&self.options, &data.groups(), data.unit.as_deref())?;
        Ok(found.map(|answer| answer.complete_cases(data.used, data.of)))
    }
}

impl<O> BeforeAfter<O> {
    fn pairs(
        &self,
        table: &Table,
        estimate: impl Fn(&O, &Twice) -> Result<Answer, Error>,
    ) -> Result<Answer, Error> {
        let data = Twice::new(table, &self.before, &self.after)?;
        Ok(estimate(&self.options, &data)?.complete_cases(data.used, data.of))
    }
}

impl<O> Shares<O> {
    fn counts(&self, table: &Table) -> Result<Counts, Error> {
        Counts::new(table, &self.outcome, self.event.as_deref(), &self.by)
    }

    fn two(
        &self,
        table: &Table,
        estimate: impl Fn(&O, Events<'_>, Events<'_>) -> Result<Answer, Error>,
    ) -> Result<Answer, Error> {
        let data = self.counts(table)?;
        let [x, y] = data.two("a comparison of two shares", &self.by)?;
        Ok(estimate(&self.options, x, y)?.complete_cases(data.used, data.of))
    }
}

impl<O> StratifiedShares<O> {
    fn strata(
        &self,
        table: &Table,
        test: impl Fn(&O, &str, &[Stratum<'_>]) -> Result<Answer, Error>,
    ) -> Result<Answer, Error> {
        let event = self.event.as_deref();
        let all = Counts::by_stratum(table, &self.outcome, event, &self.by, &self.strata)?;
        let strata = all
            .iter()
            .map(|(name, counts)| {
                let [x, y] = counts.two("a comparison of two shares", &self.by)?;
                Ok(Stratum { name, x, y })
            })
            .collect::<Result<Vec<_>, Error>>()?;
        let label = format!("{} by {} within {}", self.outcome, self.by, self.strata);
        let used = all.iter().map(|(_, counts)| counts.used).sum();
        Ok(test(&self.options, &label, &strata)?.complete_cases(used, table.rows()))
    }
}

impl<O> CrossTable<O> {
    fn run(
        &self,
        table: &Table,
        test: impl Fn(&O, &str, &Array2<u64>) -> Result<Answer, Error>,
    ) -> Result<Answer, Error> {
        let found = self.run_share(table, |o, label, counts| {
            Ok(Stage::Result(test(o, label, counts)?))
        });
        Ok(found?.result()?)
    }

    fn run_share(
        &self,
        table: &Table,
        test: impl Fn(&O, &str, &Array2<u64>) -> Result<Stage<Answer>, Error>,
    ) -> Result<Stage<Answer>, Error> {
        let counts = cross_tabulate(table, &self.rows, &self.columns)?;
        let label = format!("{} × {}", self.rows, self.columns);
        let used = usize::try_from(counts.sum()).unwrap_or(usize::MAX);
        let found = test(&self.options, &label, &counts)?;
        Ok(found.map(|answer| answer.complete_cases(used, table.rows())))
    }
}

impl<O> Incidences<O> {
    fn rates(&self, table: &Table) -> Result<Rates, Error> {
        Rates::new(table, &self.events, self.exposure.as_deref(), &self.by)
    }
}

fn change_difference(m: &Changed<ChangeEffect>, table: &Table) -> Result<Answer, Error> {
    let groups = Twice::by(table, &m.before, &m.after, &m.by)?;
    let [(reference, control), (other, treated)] = &groups[..] else {
        let levels = groups.iter().map(|(level, _)| level.as_str());
        return Err(data::not_two("a difference of changes", &m.by, levels));
    };
    let treated_arm = treated.arm(other);
    let found = m.options.arms(treated_arm, control.arm(reference))?;
    let used = control.used + treated.used;
    Ok(Answer::from(found).complete_cases(used, table.rows()))
}

const OF_THE_POPULATION: &str = "The interval is that of ω² in the population, λ/(λ + N) (Steiger 2004, \
    formula 16), which ω² and ε² estimate with little bias, and η² too large.";

/// Rates of events that are taken as independent, resting on so many rows.
fn of_events(estimate: Estimate, rows: usize) -> Estimate {
    let independent = Caution::Note(
        "Takes the events as independent of one another (Poisson). Where some have many of them \
         the interval is too narrow: a negative binomial model (glm) allows for that."
            .to_owned(),
    );
    let mut cautions = estimate.cautions;
    cautions.push(independent);
    let sample = Sample {
        rows,
        ..estimate.sample
    };
    Estimate {
        cautions,
        sample,
        ..estimate
    }
}

/// In which order the groups stand, with their scores: a trend has a meaning only along it.
fn ordered(by: &str, groups: &[Events<'_>], scores: Option<&[f64]>) -> String {
    let score = |place: usize| match scores.and_then(|scores| scores.get(place)) {
        Some(score) => score.to_string(),
        None => (place + 1).to_string(),
    };
    let levels: Vec<String> = groups
        .iter()
        .enumerate()
        .map(|(place, group)| format!("`{}` {}", group.name, score(place)))
        .collect();
    let sentence = format!(
        "The trend is along `{by}` with the scores {}",
        levels.join(", ")
    );
    match scores {
        Some(_) => format!("{sentence}."),
        None => format!("{sentence}; if that is not their order, give `options.scores`."),
    }
}

/// The number needed to treat in words.
fn needed(found: &NumberNeededToTreat, event: Event) -> String {
    let one = |x: f64| format!("{x:.1}");
    let value = match found.value {
        Some(Needed::ToBenefit(x)) => format!("{} to benefit", one(x)),
        Some(Needed::ToHarm(x)) => format!("{} to harm", one(x)),
        None => "infinite".to_owned(),
    };
    let up_to = |high: Option<f64>| high.map_or_else(|| "∞".to_owned(), one);
    let interval = match found.interval {
        NeededInterval::Benefit { low, high } => {
            format!("{} to {} to benefit", one(low), up_to(high))
        }
        NeededInterval::Harm { low, high } => format!("{} to {} to harm", one(low), up_to(high)),
        NeededInterval::ThroughInfinity { benefit, harm } => {
            format!(
                "{} to benefit, through ∞, to {} to harm",
                one(benefit),
                one(harm)
            )
        }
        NeededInterval::Infinite => "infinite".to_owned(),
    };
    let event = said(&event);
    format!("Number needed to treat, the event being {event}: {value}; interval {interval}.")
}
