//! The interval of a shift or pseudo-median between two order statistics of pairwise sums.
//!
//! ```text
//! interval  from the k-th smallest to the k-th largest sum
//! exact     k the smallest with P(statistic ≤ k) ≥ tail
//! normal    k the smallest with (count/2 − k − c)/σ ≤ z_tail
//! ```
//! The statistic of a test of the shift δ is the number of sums above δ, so that k of them below
//! δ are as few as the test does not reject. Where even none are not rejected, the interval runs
//! from the smallest to the largest sum, its level is the one it has, and a caution says so.
//!
//! Bauer DF (1972), JASA 67:687–690, doi 10.1080/01621459.1972.10481279.

use kring_core::{Alternative, Caution, Interval, IntervalKind, Reference};

use crate::pairwise::PairwiseSums;
use crate::rank_distribution::Exact;
use crate::{Error, dist};

/// The doubled ranks of n different values.
pub(crate) fn without_ties(n: usize) -> Vec<u64> {
    (1..=n as u64).map(|rank| 2 * rank).collect()
}

/// Which order statistics bound the shift.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Limits {
    /// From the k-th smallest to the k-th largest.
    k: usize,
    /// The probability beyond each end, if even all of them do not reach the level.
    unreached: Option<f64>,
    kind: IntervalKind,
}

/// The smallest k ≥ 1 with P(statistic ≤ k) at least the tail, of a statistic on 0, 1, 2, …
pub(crate) fn limits_of_exact(exact: &Exact, tail: f64) -> Limits {
    let enough = tail * (1.0 - 1e-12);
    let mut beyond = 0.0;
    let mut below = 0;
    for p in exact.probabilities() {
        if beyond + p >= enough {
            break;
        }
        beyond += p;
        below += 1;
    }
    let none = exact.probabilities().first().copied().unwrap_or(1.0);
    Limits {
        k: below.max(1),
        unreached: (below == 0 && none > tail * (1.0 + 1e-12)).then_some(none),
        kind: IntervalKind::Exact,
    }
}

/// The smallest k ≥ 1 with (count/2 − k − c)/σ ≤ z.
pub(crate) fn limits_of_normal(
    count: usize,
    sigma: f64,
    corrected: bool,
    tail: f64,
) -> Result<Limits, Error> {
    let c = if corrected { 0.5 } else { 0.0 };
    let half = count as f64 / 2.0 - c;
    let k = half - dist::upper_quantile(tail, Reference::Normal)? * sigma;
    let extreme = dist::upper_tail(half / sigma, Reference::Normal)?;
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a place between 1 and the count"
    )]
    let place = k.ceil().clamp(1.0, count as f64) as usize;
    Ok(Limits {
        k: place,
        unreached: (k <= 0.0).then_some(extreme),
        kind: IntervalKind::Score,
    })
}

impl Limits {
    /// The interval that these order statistics bound.
    pub(crate) fn interval(
        self,
        sums: &PairwiseSums,
        alternative: Alternative,
        level: f64,
        cautions: &mut Vec<Caution>,
    ) -> Interval {
        let reached = match (self.unreached, alternative) {
            (None, _) => level,
            (Some(tail), Alternative::TwoSided) => (1.0 - 2.0 * tail).max(0.0),
            (Some(tail), _) => (1.0 - tail).max(0.0),
        };
        if reached < level {
            cautions.push(Caution::Note(format!(
                "So few values cannot give an interval of level {level}: this one runs to the extremes and has level {reached:.3}."
            )));
        }
        let low = || sums.smallest(self.k);
        let high = || sums.smallest(sums.count() + 1 - self.k);
        Interval {
            low: (alternative != Alternative::Less).then(low),
            high: (alternative != Alternative::Greater).then(high),
            level: reached,
            kind: self.kind,
        }
    }
}
