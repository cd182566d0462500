//! How many to start with so that enough are left.
//!
//! ```text
//! of those still there a share d_k leaves before wave k + 1:  left Π (1 − d_k),  start ⌈n / Π (1 − d_k)⌉
//! ```
//! For tests that use one measurement or complete cases. Where the waves of those who leave are used too,
//! take `RepeatedMeasures` with its retention, which needs fewer. Dropout that depends on what was not
//! seen biases an effect, whatever the number.

use kring_core::Power;
use serde::{Deserialize, Serialize};

use super::form::argument;
use super::solver::units;
use crate::Error;

/// Who leaves, wave by wave.
///
/// ```
/// use kring_stats::power::{ClosedForm, Dropout, Solve, TwoMeans};
/// let needed = TwoMeans::default().solve(Solve::N { effect: 0.5, power: 0.8 })?;
/// let dropout = Dropout { by_wave: vec![0.2, 0.1] };
/// // 64 are 72 % of 88.9.
/// assert_eq!(dropout.recruit(needed)?.recruited, Some(vec![89, 89]));
/// # Ok::<(), kring_stats::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dropout {
    /// The share of those still there that leaves before the next wave, wave by wave.
    pub by_wave: Vec<f64>,
}

impl Dropout {
    /// The share that is left at the end.
    pub fn left(&self) -> Result<f64, Error> {
        let mut left = 1.0;
        for &share in &self.by_wave {
            if !(0.0..1.0).contains(&share) {
                return Err(argument(
                    "the share that leaves",
                    "a share from 0 to below 1",
                    share,
                ));
            }
            left *= 1.0 - share;
        }
        Ok(left)
    }

    /// The same answer, with how many to start with.
    pub fn recruit(&self, power: Power) -> Result<Power, Error> {
        let left = self.left()?;
        // What the division rounds is no further subject.
        let start = |&n: &u64| units((n as f64 / left * (1.0 - 1e-12)).ceil());
        Ok(Power {
            recruited: Some(power.n.iter().map(start).collect()),
            ..power
        })
    }
}
