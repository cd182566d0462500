use serde::{Deserialize, Serialize};

use crate::Caution;

/// Shares of many units by their size, with the limits that chance draws around the common share.
///
/// Regions and coordinators differ by chance alone, the small ones most. A funnel shows which of
/// them differ by more than that, and ranks nobody.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Funnel {
    /// Its name, also that of its file.
    pub id: String,
    /// Its title.
    pub title: String,
    /// What the units are: `region`.
    pub unit: String,
    /// What is counted: `conference held`.
    pub label: String,
    /// Of what: `referrals`.
    pub of: String,
    /// The share of all units together.
    pub overall: f64,
    /// The units.
    pub points: Vec<FunnelPoint>,
    /// The limits, the narrowest first.
    pub limits: Vec<FunnelLimits>,
    /// What a reader should know beside it.
    pub caption: String,
    /// Why one may doubt it.
    pub cautions: Vec<Caution>,
}

/// A unit of a funnel.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FunnelPoint {
    /// What a reader calls it.
    pub label: String,
    /// How many have it.
    pub events: usize,
    /// Of how many.
    pub total: usize,
    /// The share.
    pub share: f64,
    /// Beyond which limits it lies, the widest of them; absent where it lies within all.
    pub outside: Option<Outside>,
}

/// Beyond which limits a unit lies.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outside {
    /// The level of the limits.
    pub level: f64,
    /// On which side.
    pub side: Side,
}

/// A side of a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// Fewer than chance would give.
    Below,
    /// More than chance would give.
    Above,
}

/// Limits at one level.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FunnelLimits {
    /// The share of units that would lie within them by chance, or a little more.
    pub level: f64,
    /// The limits at each size, the smallest first.
    pub at: Vec<FunnelLimit>,
}

/// The limits at one size.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FunnelLimit {
    /// The size of a unit.
    pub total: usize,
    /// The smallest share within the limits.
    pub low: f64,
    /// The largest share within the limits.
    pub high: f64,
}
