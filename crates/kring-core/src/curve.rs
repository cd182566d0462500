use serde::{Deserialize, Serialize};

use crate::Caution;

/// A function of time: means by wave, a survival curve, yearly figures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Curve {
    /// What it is of: the arm, the group.
    pub label: String,
    /// What stands on the vertical axis.
    pub quantity: String,
    /// What stands on the horizontal axis: `months`, `year`.
    pub time: String,
    /// Whether the values between the points mean something.
    pub kind: CurveKind,
    /// The points in order of time.
    pub points: Vec<Point>,
    /// The level of the intervals, where there are any.
    pub level: Option<f64>,
    /// How it was computed, in words.
    pub method: String,
    /// Why one may doubt it.
    pub cautions: Vec<Caution>,
}

/// How the points of a curve hang together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CurveKind {
    /// Each point stands alone: nothing is known between them.
    Points,
    /// Measurements of the same people, joined to show the direction.
    Joined,
    /// Constant until the next point.
    Step,
}

/// One point of a curve.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Point {
    /// When.
    pub at: f64,
    /// What the time is called, where it has a name: `T2`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The value.
    pub value: f64,
    /// The lower end of its interval.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub low: Option<f64>,
    /// The upper end of its interval.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub high: Option<f64>,
    /// How many it rests on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub n: Option<usize>,
}
