//! What a fitted model says about one count: its whole distribution, in closed form.
//!
//! ```text
//! as counted   P(Y = y) = f(y)
//! inflated     P(Y = 0) = π + (1 − π) f(0),   P(Y = y) = (1 − π) f(y)
//! hurdle       P(Y = 0) = 1 − p,              P(Y = y) = p f(y) / (1 − f(0))
//! f            Poisson, negative binomial (variance μ + μ²/k) or binomial
//! ```
//! Moments come from the factorial moments of f: μ^r, μ^r Π_{j<r} (1 + j/k), and m(m−1)…(m−r+1) p^r.

use serde::{Deserialize, Serialize};

use crate::Error;
use crate::dist::counts::{self, Tails};

/// The distribution of one count under a model.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Predictive {
    /// The counts, before anything is done to their zeros.
    pub counts: CountDistribution,
    /// What is done to their zeros.
    pub zeros: Zeros,
}

/// A distribution of counts.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CountDistribution {
    /// Events that come one by one.
    Poisson {
        /// The mean.
        mean: f64,
    },
    /// Events whose rate varies: variance mean + mean² / size.
    NegativeBinomial {
        /// The mean.
        mean: f64,
        /// The size k, or θ.
        size: f64,
    },
    /// Successes out of trials.
    Binomial {
        /// How many trials.
        trials: f64,
        /// The probability of a success.
        probability: f64,
    },
}

/// How zeros come about.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Zeros {
    /// As the counts have them.
    #[default]
    AsCounted,
    /// Some rows are always zero, with this probability; the others as counted.
    Excess(f64),
    /// A count is not zero with this probability, and then as counted given that.
    Hurdle(f64),
}

/// Where a value lies in its distribution: the probabilities of less, of as much and of more.
///
/// They add up to one, but each is computed by itself, so that small ones keep their digits.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Position {
    /// P(Y < y).
    pub below: f64,
    /// P(Y = y).
    pub at: f64,
    /// P(Y > y).
    pub above: f64,
}

/// The mean, the variance and the fourth central moment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Moments {
    pub mean: f64,
    pub variance: f64,
    pub fourth: f64,
}

impl CountDistribution {
    fn ln_pmf(self, y: f64) -> f64 {
        match self {
            Self::Poisson { mean } => counts::poisson(y, mean),
            Self::NegativeBinomial { mean, size } => counts::negative_binomial(y, mean, size),
            Self::Binomial {
                trials,
                probability: p,
            } => counts::binomial(y, trials, p, 1.0 - p),
        }
    }

    fn tails(self, y: f64) -> Tails {
        match self {
            Self::Poisson { mean } => counts::poisson_tails(y, mean),
            Self::NegativeBinomial { mean, size } => counts::negative_binomial_tails(y, mean, size),
            Self::Binomial {
                trials,
                probability: p,
            } => counts::binomial_tails(y, trials, p, 1.0 - p),
        }
    }

    /// E Y(Y−1)…(Y−r+1) for r = 1 to 4.
    fn factorial_moments(self) -> [f64; 4] {
        let mut product = 1.0;
        [0.0, 1.0, 2.0, 3.0].map(|j: f64| {
            product *= match self {
                Self::Poisson { mean } => mean,
                Self::NegativeBinomial { mean, size } => mean * (1.0 + j / size),
                Self::Binomial {
                    trials,
                    probability,
                } => (trials - j).max(0.0) * probability,
            };
            product
        })
    }

    fn check(self) -> Result<(), Error> {
        let not_negative = |what: &str, x: f64| {
            checked(
                what,
                "a finite number, zero or more",
                x,
                (0.0..f64::INFINITY).contains(&x),
            )
        };
        match self {
            Self::Poisson { mean } => not_negative("the mean of a count", mean),
            Self::NegativeBinomial { mean, size } => {
                not_negative("the mean of a count", mean)?;
                let expected = "a finite number above zero";
                checked(
                    "the size",
                    expected,
                    size,
                    size > 0.0 && size < f64::INFINITY,
                )
            }
            Self::Binomial {
                trials,
                probability,
            } => {
                not_negative("the number of trials", trials)?;
                share("the probability of a success", probability)
            }
        }
    }
}

fn checked(what: &str, expected: &'static str, x: f64, holds: bool) -> Result<(), Error> {
    if holds {
        return Ok(());
    }
    Err(Error::Argument {
        what: what.to_owned(),
        expected,
        found: x.to_string(),
    })
}

fn share(what: &str, x: f64) -> Result<(), Error> {
    checked(what, "a number from 0 to 1", x, (0.0..=1.0).contains(&x))
}

impl Predictive {
    /// Counts with zeros as they come.
    pub fn counts(counts: CountDistribution) -> Self {
        Self {
            counts,
            zeros: Zeros::AsCounted,
        }
    }

    /// Whether every parameter is in its range.
    pub fn check(&self) -> Result<(), Error> {
        self.counts.check()?;
        match self.zeros {
            Zeros::AsCounted => Ok(()),
            Zeros::Excess(p) | Zeros::Hurdle(p) => share("the probability of the zero part", p),
        }
    }

    /// E Y.
    pub fn mean(&self) -> f64 {
        let [mean, ..] = self.counts.factorial_moments();
        self.not_zeroed() * mean
    }

    /// Var Y.
    pub fn variance(&self) -> f64 {
        self.moments().variance
    }

    /// P(Y = 0).
    pub fn zero(&self) -> f64 {
        self.probability(0.0)
    }

    /// P(Y = y).
    ///
    /// ```
    /// use kring_stats::predictive::{CountDistribution, Predictive, Zeros};
    /// // Half of the families never have a problem, the others one in the mean.
    /// let inflated = Predictive {
    ///     counts: CountDistribution::Poisson { mean: 1.0 },
    ///     zeros: Zeros::Excess(0.5),
    /// };
    /// assert!((inflated.probability(0.0) - 0.6839).abs() < 5e-5);
    /// ```
    pub fn probability(&self, y: f64) -> f64 {
        if y < 0.0 || y.fract() != 0.0 {
            return 0.0;
        }
        let f = self.counts.ln_pmf(y).exp();
        match self.zeros {
            Zeros::AsCounted => f,
            Zeros::Excess(pi) if y == 0.0 => pi + (1.0 - pi) * f,
            Zeros::Excess(pi) => (1.0 - pi) * f,
            Zeros::Hurdle(p) if y == 0.0 => 1.0 - p,
            Zeros::Hurdle(p) => p * f / self.counts.tails(0.0).upper,
        }
    }

    /// Where a count lies.
    pub fn position(&self, y: f64) -> Position {
        let (less, more) = (self.counts.tails(y - 1.0), self.counts.tails(y));
        let (below, above) = match self.zeros {
            Zeros::AsCounted => (less.lower, more.upper),
            Zeros::Excess(pi) if y == 0.0 => (0.0, (1.0 - pi) * more.upper),
            Zeros::Excess(pi) => (pi + (1.0 - pi) * less.lower, (1.0 - pi) * more.upper),
            Zeros::Hurdle(p) if y == 0.0 => (0.0, p),
            Zeros::Hurdle(p) => {
                let zero = self.counts.tails(0.0);
                let passed = (less.lower - zero.lower).max(0.0) / zero.upper;
                (1.0 - p + p * passed, p * more.upper / zero.upper)
            }
        };
        Position {
            below,
            at: self.probability(y),
            above,
        }
    }

    pub(crate) fn moments(&self) -> Moments {
        let scale = self.not_zeroed();
        let [f1, f2, f3, f4] = self.counts.factorial_moments().map(|f| f * scale);
        // Raw moments from factorial ones by Stirling's numbers of the second kind.
        let (m1, m2, m3) = (f1, f2 + f1, f3 + 3.0 * f2 + f1);
        let m4 = f4 + 6.0 * f3 + 7.0 * f2 + f1;
        Moments {
            mean: m1,
            variance: m2 - m1 * m1,
            fourth: m4 - 4.0 * m1 * m3 + 6.0 * m1 * m1 * m2 - 3.0 * m1.powi(4),
        }
    }

    /// What every factorial moment of f is multiplied with.
    fn not_zeroed(&self) -> f64 {
        match self.zeros {
            Zeros::AsCounted => 1.0,
            Zeros::Excess(pi) => 1.0 - pi,
            Zeros::Hurdle(p) => p / self.counts.tails(0.0).upper,
        }
    }
}

impl Position {
    /// Where a level lies among levels with these probabilities.
    pub fn among(probabilities: &[f64], level: usize) -> Self {
        let sum = |part: &[f64]| part.iter().sum();
        Self {
            below: sum(&probabilities[..level.min(probabilities.len())]),
            at: probabilities.get(level).copied().unwrap_or(0.0),
            above: probabilities.get(level + 1..).map_or(0.0, sum),
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

    fn each() -> Vec<Predictive> {
        let counts = [
            CountDistribution::Poisson { mean: 2.2 },
            CountDistribution::NegativeBinomial {
                mean: 1.7,
                size: 0.8,
            },
            CountDistribution::Binomial {
                trials: 7.0,
                probability: 0.35,
            },
        ];
        let zeros = [Zeros::AsCounted, Zeros::Excess(0.3), Zeros::Hurdle(0.8)];
        counts
            .into_iter()
            .flat_map(|counts| zeros.map(|zeros| Predictive { counts, zeros }))
            .collect()
    }

    /// Every moment and tail is the sum that defines it.
    #[test]
    fn moments_and_tails_are_sums() {
        for one in each() {
            let y = || (0..500).map(f64::from);
            let sum = |g: &dyn Fn(f64) -> f64| y().map(|y| one.probability(y) * g(y)).sum::<f64>();
            assert!((sum(&|_| 1.0) - 1.0).abs() < 1e-12, "{one:?}");
            let mean = sum(&|y| y);
            assert!((one.mean() - mean).abs() < 1e-10, "{one:?}");
            assert!((one.variance() - sum(&|y| (y - mean).powi(2))).abs() < 1e-9);
            let fourth = sum(&|y| (y - mean).powi(4));
            assert!(
                (one.moments().fourth / fourth - 1.0).abs() < 1e-9,
                "{one:?}"
            );
            for y in [0.0, 1.0, 3.0] {
                let position = one.position(y);
                let below: f64 = (0..500)
                    .map(f64::from)
                    .filter(|&z| z < y)
                    .map(|z| one.probability(z))
                    .sum();
                assert!((position.below - below).abs() < 1e-12, "{one:?} {y}");
                assert!((position.below + position.at + position.above - 1.0).abs() < 1e-12);
            }
            assert_eq!(one.probability(-1.0), 0.0);
            assert_eq!(one.probability(0.5), 0.0);
            one.check().unwrap();
        }
    }

    #[test]
    fn parameters_out_of_range_are_refused() {
        let refused = |counts, zeros| {
            Predictive { counts, zeros }
                .check()
                .unwrap_err()
                .to_string()
        };
        let poisson = |mean| CountDistribution::Poisson { mean };
        assert_eq!(
            refused(poisson(f64::NAN), Zeros::AsCounted),
            "the mean of a count is NaN, but a finite number, zero or more was expected"
        );
        assert!(refused(poisson(1.0), Zeros::Excess(1.2)).contains("a number from 0 to 1"));
        let no_size = CountDistribution::NegativeBinomial {
            mean: 1.0,
            size: 0.0,
        };
        assert!(refused(no_size, Zeros::AsCounted).contains("above zero"));
    }

    #[test]
    fn a_level_lies_between_its_neighbours() {
        let position = Position::among(&[0.25, 0.5, 0.25], 1);
        assert_eq!(
            (position.below, position.at, position.above),
            (0.25, 0.5, 0.25)
        );
        assert_eq!(Position::among(&[0.25, 0.75], 1).above, 0.0);
    }
}
