use serde::{Deserialize, Serialize};

use crate::{Caution, Interval, Reference, Sample};

/// A test of several things at once, or of independence: it has no sign and no interval.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JointTest {
    /// What is tested: `sex × arm`, `arm:wave`.
    pub label: String,
    /// The test statistic, where the test has one.
    pub statistic: Option<f64>,
    /// Its distribution under the null hypothesis.
    pub reference: Reference,
    /// The p-value.
    pub p_value: Option<f64>,
    /// What it rests on.
    pub sample: Sample,
    /// How it was computed, in words.
    pub method: String,
    /// Why one may doubt it.
    pub cautions: Vec<Caution>,
}

/// A variance, standard deviation or correlation of a model.
///
/// It has no honest Wald interval: its sampling distribution is skewed, and it may lie at the
/// edge of what is possible.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Component {
    /// The grouping it belongs to, `family`, or `residual`.
    pub group: String,
    /// The effect, or the two effects of a correlation.
    pub label: String,
    /// What kind of number it is.
    pub kind: ComponentKind,
    /// The number.
    pub value: f64,
    /// Whether it lies at the edge: a variance of zero, a correlation of ±1.
    pub at_boundary: bool,
    /// The interval, by profile or bootstrap.
    pub interval: Option<Interval>,
    /// Why one may doubt it.
    pub cautions: Vec<Caution>,
}

/// What kind of variance component a number is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ComponentKind {
    /// A variance.
    Variance,
    /// A standard deviation.
    StandardDeviation,
    /// A covariance.
    Covariance,
    /// A correlation.
    Correlation,
    /// The dispersion of a family of distributions.
    Dispersion,
}
