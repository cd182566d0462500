use serde::{Deserialize, Serialize};

use crate::{Estimate, Stratum};

/// How many of how many, with both said in words.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// Its name: `conference_of_started`.
    pub id: String,
    /// What is counted: `conference held`.
    pub label: String,
    /// Of what: `referrals that were started`.
    pub of: String,
    /// Which part of the data; empty for all of it.
    pub strata: Vec<Stratum>,
    /// How many have it.
    pub events: usize,
    /// Of how many.
    pub total: usize,
    /// How many more there are of whom it is not known; they are in neither count.
    pub unknown: usize,
    /// The share with its interval; absent where there is nobody to have it.
    pub estimate: Option<Estimate>,
}

impl Rate {
    /// The share, 0 to 1.
    pub fn share(&self) -> Option<f64> {
        (self.total > 0).then(|| self.events as f64 / self.total as f64)
    }
}
