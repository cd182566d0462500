//! Whether Student's t rejects, for very many tests at one level.
//!
//! ```text
//! reject     p ≤ α, that is t ≥ c(ν), c the critical value of ν degrees of freedom, which falls with ν
//! bracket    2ʲ ≤ ν < 2ʲ⁺¹: t above c(2ʲ) is rejected, t below c(2ʲ⁺¹) is not; between them, and within
//!            1e-9 of an end, p is computed
//! ```
//! So a test in a hundred needs its p-value, and each decision is the one that the p-value makes.

use std::sync::OnceLock;

use kring_core::{Alternative, Reference};

use crate::{Error, dist};

/// Up to 2²⁴ degrees of freedom there is a bracket; beyond, the p-value is computed.
const BRACKETS: usize = 25;

/// Decides tests with Student's t at one level.
#[derive(Debug, Clone)]
pub struct StudentTest {
    alpha: f64,
    alternative: Alternative,
    /// The critical values of 2⁰, 2¹, … degrees of freedom, as they are needed.
    critical: [OnceLock<f64>; BRACKETS],
}

impl StudentTest {
    /// Of a level and an alternative.
    ///
    /// ```
    /// use kring_core::Alternative;
    /// use kring_stats::dist::StudentTest;
    /// let test = StudentTest::new(0.05, Alternative::TwoSided)?;
    /// // The critical value of 10 degrees of freedom is 2.2281.
    /// assert!(test.rejects(-2.229, 10.0)? && !test.rejects(2.228, 10.0)?);
    /// # Ok::<(), kring_stats::Error>(())
    /// ```
    pub fn new(alpha: f64, alternative: Alternative) -> Result<Self, Error> {
        dist::check_tail(alpha)?;
        Ok(Self {
            alpha,
            alternative,
            critical: [const { OnceLock::new() }; BRACKETS],
        })
    }

    /// Whether a statistic is rejected: whether its p-value is at most α.
    pub fn rejects(&self, t: f64, df: f64) -> Result<bool, Error> {
        if let Some(decided) = self.bracket(t, df)? {
            return Ok(decided);
        }
        let reference = Reference::StudentT { df };
        Ok(dist::p_value(t, reference, self.alternative)? <= self.alpha)
    }

    /// What the bracket decides.
    fn bracket(&self, t: f64, df: f64) -> Result<Option<bool>, Error> {
        let (t, tail) = match self.alternative {
            Alternative::TwoSided => (t.abs(), self.alpha / 2.0),
            Alternative::Greater => (t, self.alpha),
            Alternative::Less => (-t, self.alpha),
        };
        // Critical values below zero would rise with the degrees of freedom.
        if !(t.is_finite() && df >= 1.0) || tail >= 0.5 {
            return Ok(None);
        }
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "the degrees of freedom are at least 1, and too large ones have no bracket"
        )]
        let place = (df as u64).ilog2() as usize;
        if place + 1 >= BRACKETS {
            return Ok(None);
        }
        let (high, low) = (self.critical(place, tail)?, self.critical(place + 1, tail)?);
        Ok(if t > high * (1.0 + 1e-9) {
            Some(true)
        } else if t < low * (1.0 - 1e-9) {
            Some(false)
        } else {
            None
        })
    }

    fn critical(&self, place: usize, tail: f64) -> Result<f64, Error> {
        if let Some(known) = self.critical[place].get() {
            return Ok(*known);
        }
        let df = (1_u64 << place) as f64;
        let value = dist::upper_quantile(tail, Reference::StudentT { df })?;
        Ok(*self.critical[place].get_or_init(|| value))
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    reason = "a test may stop at what it did not expect"
)]
mod tests {
    use super::*;

    #[test]
    fn decisions_are_those_of_the_p_value() {
        for alternative in [
            Alternative::TwoSided,
            Alternative::Less,
            Alternative::Greater,
        ] {
            for alpha in [0.001, 0.05, 0.5, 0.9] {
                let test = StudentTest::new(alpha, alternative).unwrap();
                for df in [0.3, 1.0, 1.9, 2.0, 58.7, 64.0, 1e4, 1e9] {
                    let reference = Reference::StudentT { df };
                    let tail = match alternative {
                        Alternative::TwoSided => alpha / 2.0,
                        _ => alpha,
                    };
                    let edge = dist::upper_quantile(tail, reference).unwrap();
                    for off in [-1.0, -0.01, -1e-6, 1e-6, 0.01, 1.0] {
                        for sign in [-1.0, 1.0] {
                            let t = sign * (edge + off);
                            let p = dist::p_value(t, reference, alternative).unwrap();
                            let decided = test.rejects(t, df).unwrap();
                            assert_eq!(decided, p <= alpha, "{alternative:?} {alpha} {df} {t}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn what_cannot_be_decided_is_refused() {
        let test = StudentTest::new(0.05, Alternative::TwoSided).unwrap();
        assert!(test.rejects(f64::NAN, 5.0).is_err());
        assert!(test.rejects(1.0, 0.0).is_err());
        assert!(test.rejects(1.0, f64::NAN).is_err());
        assert!(StudentTest::new(0.0, Alternative::TwoSided).is_err());
        assert!(StudentTest::new(f64::NAN, Alternative::Less).is_err());
    }
}
