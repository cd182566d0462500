//! Limits of a funnel: which shares chance alone would give units of a certain size.
//!
//! ```text
//! model    R, how many of n have it, is binomial with the common share p
//! limits   low  = l/n,  l the smallest r with P(R ≤ r) > (1 − level)/2
//!          high = u/n,  u the largest r with P(R ≥ r) > (1 − level)/2
//! ```
//! A unit lies outside if a count as far out as its own comes with a probability of (1 − level)/2
//! or less. So at least the share `level` of units lies within by chance, more where n is small.
//! One unit in twenty outside 95% is what chance gives, and one in five hundred outside 99.8%.
//!
//! Assumes that a unit's cases do not depend on one another and that p is known: it comes from all
//! units together. Spiegelhalter DJ (2005), Statistics in Medicine 24:1185–1202,
//! doi 10.1002/sim.1970.
//!
//! Differences from the paper: it interpolates between counts, so that the lines are smooth. With
//! few cases such a line can fall below a share that every second unit would have; here the lines
//! have the steps that counts have.

use kring_core::Reference;
use serde::{Deserialize, Serialize};

use crate::{Error, dist};

/// The limits at one size.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// The smallest share within.
    pub low: f64,
    /// The largest share within.
    pub high: f64,
}

/// The limits for units of size `n` around the common share.
///
/// ```
/// use kring_stats::funnel::limits;
/// // Heads of five coins: none, or all of them, comes with 1/32 = 0.03125 > 0.025.
/// let five = limits(0.5, 5, 0.95)?;
/// assert_eq!((five.low, five.high), (0.0, 1.0));
/// // Of six: none with 1/64, which is less; one or none with 7/64.
/// let six = limits(0.5, 6, 0.95)?;
/// assert_eq!((six.low, six.high), (1.0 / 6.0, 5.0 / 6.0));
/// # Ok::<(), kring_stats::Error>(())
/// ```
pub fn limits(share: f64, n: usize, level: f64) -> Result<Limits, Error> {
    dist::check_level(level)?;
    if !(0.0..=1.0).contains(&share) {
        return Err(Error::Argument {
            what: "the common share".to_owned(),
            expected: "a number from 0 to 1",
            found: share.to_string(),
        });
    }
    if n == 0 {
        return Err(Error::TooFew {
            method: "a funnel",
            what: "cases in a unit".to_owned(),
            needed: 1,
            found: 0,
        });
    }
    if share == 0.0 || share == 1.0 {
        return Ok(Limits {
            low: share,
            high: share,
        });
    }
    let tail = (1.0 - level) / 2.0;
    // The smallest r with P(R ≤ r) > tail, and by the same count of those who do not have it the
    // largest with P(R ≥ r) > tail.
    let low = first_above(share, n, tail)?;
    let high = n - first_above(1.0 - share, n, tail)?;
    Ok(Limits {
        low: low as f64 / n as f64,
        high: high as f64 / n as f64,
    })
}

/// The smallest r with P(R ≤ r) > tail, by halving.
fn first_above(p: f64, n: usize, tail: f64) -> Result<usize, Error> {
    let (mut from, mut to) = (0, n);
    while from < to {
        let middle = from + (to - from) / 2;
        if at_most(middle, n, p)? > tail {
            to = middle;
        } else {
            from = middle + 1;
        }
    }
    Ok(from)
}

/// P(R ≤ r) = I₁₋ₚ(n − r, r + 1), an incomplete beta function, which is a tail of F:
/// Iₓ(a, b) = P(F > a (1 − x) / (b x)) with 2b and 2a degrees of freedom.
fn at_most(r: usize, n: usize, p: f64) -> Result<f64, Error> {
    if r >= n {
        return Ok(1.0);
    }
    let (a, b) = ((n - r) as f64, r as f64 + 1.0);
    let reference = Reference::F {
        numerator: 2.0 * b,
        denominator: 2.0 * a,
    };
    dist::upper_tail(a * p / (b * (1.0 - p)), reference)
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    reason = "a test may stop at what it did not expect"
)]
mod tests {
    use super::*;

    /// P(R ≤ r) by adding up the probabilities one by one.
    fn summed(r: usize, n: usize, p: f64) -> f64 {
        let mut probability = (1.0 - p).powi(i32::try_from(n).unwrap());
        let mut sum = probability;
        for k in 1..=r {
            probability *= (n - k + 1) as f64 / k as f64 * p / (1.0 - p);
            sum += probability;
        }
        sum
    }

    #[test]
    fn tails_are_sums_of_probabilities() {
        for n in [1, 2, 7, 40] {
            for p in [0.01, 0.3, 0.5, 0.93] {
                for r in 0..n {
                    let (ours, truth) = (at_most(r, n, p).unwrap(), summed(r, n, p));
                    assert!(
                        (ours / truth - 1.0).abs() < 1e-10,
                        "{r} of {n}, {p}: {ours}"
                    );
                }
            }
        }
    }

    #[test]
    fn limits_are_those_of_enumeration() {
        for n in [1, 2, 3, 10, 57] {
            for p in [0.02, 0.25, 0.7, 0.95] {
                for level in [0.95, 0.998] {
                    let tail = (1.0 - level) / 2.0;
                    let low = (0..=n).find(|&r| summed(r, n, p) > tail).unwrap();
                    let at_least = |r: usize| summed(n - r, n, 1.0 - p);
                    let high = (0..=n).rev().find(|&r| at_least(r) > tail).unwrap();
                    let found = limits(p, n, level).unwrap();
                    assert_eq!(found.low, low as f64 / n as f64, "{n}, {p}, {level}");
                    assert_eq!(found.high, high as f64 / n as f64, "{n}, {p}, {level}");
                }
            }
        }
    }

    #[test]
    fn the_edges_and_what_is_refused() {
        let all = limits(1.0, 9, 0.95).unwrap();
        assert_eq!((all.low, all.high), (1.0, 1.0));
        // A single case says nothing unless it is very unlikely.
        let one = limits(0.95, 1, 0.95).unwrap();
        assert_eq!((one.low, one.high), (0.0, 1.0));
        let one = limits(0.99, 1, 0.95).unwrap();
        assert_eq!((one.low, one.high), (1.0, 1.0));
        assert!(limits(0.5, 0, 0.95).is_err());
        assert!(limits(1.1, 5, 0.95).is_err());
        assert!(limits(f64::NAN, 5, 0.95).is_err());
        assert!(limits(0.5, 5, 1.0).is_err());
        let large = limits(0.7, 1_000_000, 0.998).unwrap();
        // z = 3.0902 for 0.001: 0.7 ± 3.0902 · √(0.21/10⁶).
        assert!((large.high - 0.701_416).abs() < 5e-6 && (large.low - 0.698_584).abs() < 5e-6);
    }
}
