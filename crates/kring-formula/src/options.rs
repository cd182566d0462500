use kring_core::WeightKind;
use serde::{Deserialize, Serialize};

use crate::Formula;

/// What a formula does not say about a design: kinds, roles and weights.
///
/// Every column is given by name. A row in which a column with a role is missing is left out,
/// as one in which a column of the formula is.
///
/// ```
/// use kring_formula::{DesignOptions, ResponseKind};
/// let options = DesignOptions {
///     response: ResponseKind::Count,
///     subject: Some("family".into()),
///     arm: Some("arm".into()),
///     ..DesignOptions::default()
/// };
/// assert_eq!(options.clusters, Vec::<String>::new());
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DesignOptions {
    /// What kind of response the left side is.
    pub response: ResponseKind,
    /// How ordered factors are coded.
    pub ordered: OrderedCoding,
    /// The terms of the excess zeros, such as `~ arm`.
    pub zero: Option<Formula>,
    /// The terms of the dispersion, such as `~ arm`.
    pub dispersion: Option<Formula>,
    /// How much each row counts. Rows of weight zero are left out.
    pub weights: Option<WeightColumn>,
    /// The family or person measured again and again.
    pub subject: Option<String>,
    /// The arm of the study.
    pub arm: Option<String>,
    /// Clusters for robust errors, outermost first; those of `cluster()` follow.
    pub clusters: Vec<String>,
    /// Strata with a baseline of their own, if `strata()` does not name them.
    pub stratum: Option<String>,
    /// When each row was measured.
    pub time: Option<TimeColumns>,
}

/// What the response is taken for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResponseKind {
    /// By what it is: numbers are continuous, a factor of two levels is binary with the second
    /// level as 1, an ordered factor is ordinal, `cbind(successes, failures)` is a proportion and
    /// `Surv()` a survival time.
    #[default]
    Auto,
    /// Any number. `cbind(a, b)` is several outcomes.
    Continuous,
    /// Numbers 0 and 1, or a factor of two levels. `cbind(a, b)` is several outcomes.
    Binary,
    /// Whole numbers from 0. `cbind(a, b)` is several outcomes.
    Count,
    /// The levels of a factor in their order, or numbers in theirs.
    Ordinal,
}

/// How a factor whose levels are an order is coded.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderedCoding {
    /// Linear, quadratic, cubic …, as R does.
    #[default]
    Polynomial,
    /// Each level against the first.
    Treatment,
}

/// A column of weights and what they mean.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WeightColumn {
    /// The column.
    pub column: String,
    /// What the weights mean.
    pub kind: WeightKind,
}

/// The columns that say when a row was measured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TimeColumns {
    /// The waves: a factor, or numbers.
    pub wave: String,
    /// The time in numbers. Without it: the wave's own number, and where the waves are not
    /// numbers, their place from 1.
    #[serde(default)]
    pub value: Option<String>,
}
