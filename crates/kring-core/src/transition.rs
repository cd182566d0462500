use serde::{Deserialize, Serialize};

use crate::{Estimate, Stratum};

/// What became of a problem from one wave to another.
///
/// Everybody in the stratum is in one of the five counts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Transition {
    /// The problem.
    pub problem: String,
    /// What a reader calls it.
    pub label: String,
    /// Which part of the data: `arm` = `EKC`; empty for all of it.
    pub strata: Vec<Stratum>,
    /// The earlier wave.
    pub from: String,
    /// The later wave.
    pub to: String,
    /// Did not have it, neither then nor later.
    pub never: usize,
    /// Did not have it and has it now.
    pub new: usize,
    /// Had it and does not have it any more.
    pub solved: usize,
    /// Had it and still has it.
    pub lasting: usize,
    /// Not known at one of the waves, or at both.
    pub unknown: usize,
    /// The share solved of those who had it and are known at both waves.
    pub solved_share: Option<Estimate>,
    /// The share new of those who did not have it and are known at both waves.
    pub new_share: Option<Estimate>,
}
