//! Distributions of counts: probabilities, and tails that are summed as tails.

use serde::{Deserialize, Serialize};

use super::counts::{self, Tails};
use super::{not_nan, positive};
use crate::Error;

/// A distribution of counts.
///
/// ```
/// use kring_stats::dist::Count;
/// // How many problems of five or more a family has, if the mean is 4.7 and the variance 4.7 + 4.7²/8.
/// let problems = Count::NegativeBinomial { mean: 4.7, size: 8.0 };
/// assert!((problems.upper_tail(4)? - 0.475_343_7).abs() < 1e-7);
/// # Ok::<(), kring_stats::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Count {
    /// Events that come one by one at a steady rate.
    Poisson {
        /// The mean.
        mean: f64,
    },
    /// A Poisson variable whose rate differs from one to the next: variance mean + mean²/size.
    NegativeBinomial {
        /// The mean.
        mean: f64,
        /// The size θ; the larger, the nearer to Poisson.
        size: f64,
    },
    /// Successes of so many trials.
    Binomial {
        /// How many trials.
        trials: u64,
        /// The chance of each, 0 to 1.
        chance: f64,
    },
    /// Successes of trials whose chance differs from one row to the next, as a beta variable.
    BetaBinomial {
        /// How many trials.
        trials: u64,
        /// The first parameter of the beta distribution.
        a: f64,
        /// The second.
        b: f64,
    },
}

impl Count {
    /// ln P(Y = y); none where y cannot be.
    pub fn ln_probability(&self, y: u64) -> Result<Option<f64>, Error> {
        self.check()?;
        let count = y as f64;
        Ok(match *self {
            Self::Poisson { mean } => Some(counts::poisson(count, mean)),
            Self::NegativeBinomial { mean, size } => {
                Some(counts::negative_binomial(count, mean, size))
            }
            Self::Binomial { trials, .. } | Self::BetaBinomial { trials, .. } if y > trials => None,
            Self::Binomial { trials, chance } => {
                let ln = counts::binomial(count, trials as f64, chance, 1.0 - chance);
                Some(ln).filter(|ln| ln.is_finite())
            }
            Self::BetaBinomial { trials, a, b } => {
                Some(counts::beta_binomial(count, trials as f64, a, b))
            }
        })
    }

    /// P(Y ≤ y).
    pub fn lower_tail(&self, y: u64) -> Result<f64, Error> {
        not_nan("a tail of counts", self.tails(y)?.lower)
    }

    /// P(Y > y).
    pub fn upper_tail(&self, y: u64) -> Result<f64, Error> {
        not_nan("a tail of counts", self.tails(y)?.upper)
    }

    fn tails(&self, y: u64) -> Result<Tails, Error> {
        self.check()?;
        let count = y as f64;
        Ok(match *self {
            Self::Poisson { mean } => counts::poisson_tails(count, mean),
            Self::NegativeBinomial { mean, size } => {
                counts::negative_binomial_tails(count, mean, size)
            }
            Self::BetaBinomial { trials, .. } if y >= trials => Tails::NOTHING_ABOVE,
            Self::Binomial { trials, chance } => {
                counts::binomial_tails(count, trials as f64, chance, 1.0 - chance)
            }
            Self::BetaBinomial { trials, a, b } => {
                let n = trials as f64;
                let term = |y: u64| counts::beta_binomial(y as f64, n, a, b).exp();
                let (lower, upper) = ((0..=y).map(term).sum(), (y + 1..=trials).map(term).sum());
                Tails { lower, upper }
            }
        })
    }

    fn check(&self) -> Result<(), Error> {
        match *self {
            Self::Poisson { mean } => positive("the mean", mean).map(|_| ()),
            Self::NegativeBinomial { mean, size } => {
                positive("the mean", mean)?;
                positive("the size", size).map(|_| ())
            }
            Self::Binomial { chance, .. } if (0.0..=1.0).contains(&chance) => Ok(()),
            Self::Binomial { chance, .. } => Err(Error::Argument {
                what: "the chance of a success".to_owned(),
                expected: "a number from 0 to 1",
                found: chance.to_string(),
            }),
            Self::BetaBinomial { a, b, .. } => {
                positive("the first parameter", a)?;
                positive("the second parameter", b).map(|_| ())
            }
        }
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
    fn by_hand() {
        // Two trials: 9/16, 6/16, 1/16 at a chance of a quarter.
        let two = Count::Binomial {
            trials: 2,
            chance: 0.25,
        };
        for (y, p) in [(0, 9.0 / 16.0), (1, 6.0 / 16.0), (2, 1.0 / 16.0)] {
            let found = two.ln_probability(y).unwrap().unwrap().exp();
            assert!((found - p).abs() < 1e-15);
        }
        assert_eq!(two.ln_probability(3).unwrap(), None);
        assert!((two.upper_tail(0).unwrap() - 7.0 / 16.0).abs() < 1e-15);
        assert_eq!(two.upper_tail(2).unwrap(), 0.0);
        // A uniform chance makes every number of successes as likely.
        let uniform = Count::BetaBinomial {
            trials: 9,
            a: 1.0,
            b: 1.0,
        };
        for y in 0..=9 {
            assert!((uniform.ln_probability(y).unwrap().unwrap() + 10.0_f64.ln()).abs() < 2e-14);
        }
        assert!((uniform.lower_tail(3).unwrap() - 0.4).abs() < 1e-14);
        // Size 1 is geometric: P(y) = p q^y, P(Y > y) = q^(y + 1).
        let geometric = Count::NegativeBinomial {
            mean: 3.0,
            size: 1.0,
        };
        let found = geometric.ln_probability(5).unwrap().unwrap();
        assert!((found - (0.25_f64.ln() + 5.0 * 0.75_f64.ln())).abs() < 1e-14);
        assert!((geometric.upper_tail(5).unwrap() / 0.75_f64.powi(6) - 1.0).abs() < 1e-13);
        let certain = Count::Binomial {
            trials: 4,
            chance: 1.0,
        };
        assert_eq!(certain.ln_probability(4).unwrap(), Some(0.0));
        assert_eq!(certain.ln_probability(3).unwrap(), None);
        assert_eq!(certain.lower_tail(3).unwrap(), 0.0);
    }

    #[test]
    fn probabilities_sum_to_the_tails() {
        for count in [
            Count::Poisson { mean: 4.7 },
            Count::NegativeBinomial {
                mean: 4.7,
                size: 0.3,
            },
            Count::Binomial {
                trials: 30,
                chance: 0.2,
            },
        ] {
            let mut sum = 0.0;
            for y in 0..25 {
                sum += count.ln_probability(y).unwrap().unwrap().exp();
                assert!((count.lower_tail(y).unwrap() - sum).abs() < 1e-13);
                assert!((count.upper_tail(y).unwrap() - (1.0 - sum)).abs() < 1e-13);
            }
        }
    }

    #[test]
    fn what_is_no_parameter_is_refused() {
        let chance = Count::Binomial {
            trials: 2,
            chance: 1.5,
        };
        assert_eq!(
            chance.lower_tail(1).unwrap_err().to_string(),
            "the chance of a success is 1.5, but a number from 0 to 1 was expected"
        );
        assert!(Count::Poisson { mean: f64::NAN }.upper_tail(1).is_err());
        let size = Count::NegativeBinomial {
            mean: 1.0,
            size: 0.0,
        };
        assert!(size.ln_probability(1).is_err());
    }
}
