//! Randomised quantile residuals: whether counts or grades look like draws from the fitted model.
//!
//! ```text
//! residual   r_i = Φ⁻¹(u_i),  u_i uniform on (P(Y_i < y_i), P(Y_i ≤ y_i)]
//! if the model is right  r_i are independent standard normal, whatever the distribution of Y_i
//! uniformity Kolmogorov–Smirnov: D = sup |share of u_i ≤ u − u|; exact up to 1000 rows
//! dispersion X² = Σ (y_i − μ_i)² / V_i, mean n, variance Σ (κ_i − 1) with κ_i = E(Y−μ)⁴ / V²; normal
//! zeros      the number of zeros is a sum of independent 0/1 draws with P(Y_i = 0); exact
//! ```
//! The distributions are those of the fitted model in closed form, so nothing is simulated but the
//! u_i: one draw a row, from an explicit seed. Another seed gives other residuals; look
//! at a few. For continuous distributions there is nothing to draw.
//!
//! The tests take the fitted parameters as known. Fitted to the same data, the model lies closer to
//! them than the truth does, so the p-values are on the large side: a small one is a warning, a large
//! one no proof. A model of the zeros fits their number exactly or nearly so.
//!
//! Dunn PK, Smyth GK (1996), J Computational and Graphical Statistics 5:236–244,
//! doi 10.1080/10618600.1996.10474708.
//!
//! Differences from R: DHARMa simulates the distribution of each row and its tests from it; here both
//! are computed, so that its figures are met up to its simulation error.

mod kolmogorov;

use kring_core::{
    Alternative, Estimate, Interval, IntervalKind, JointTest, Measure, Reference, Sample, Value,
};
use ndarray::Array1;
use serde::{Deserialize, Serialize};

use crate::predictive::{Position, Predictive};
use crate::seed::Seed;
use crate::{Error, dist};

/// The options: the seed of the draws, without which there are no residuals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuantileResidual {
    /// The same seed and data give the same residuals, everywhere.
    pub seed: u64,
}

/// Randomised quantile residuals.
#[derive(Debug, Clone, PartialEq)]
pub struct QuantileResiduals {
    /// Standard normal under the model, `n`.
    pub values: Array1<f64>,
    /// The same on the scale of probabilities: uniform under the model, `n`.
    pub uniform: Array1<f64>,
    /// The seed that they were drawn with.
    pub seed: u64,
}

impl QuantileResidual {
    /// Draws a residual for each row, given where its value lies in its distribution.
    ///
    /// ```
    /// use kring_stats::predictive::{CountDistribution, Predictive};
    /// use kring_stats::quantile_residual::QuantileResidual;
    /// let model = Predictive::counts(CountDistribution::Poisson { mean: 2.0 });
    /// let rows: Vec<_> = [0.0, 1.0, 3.0, 9.0].map(|y| model.position(y)).to_vec();
    /// let residuals = QuantileResidual { seed: 7 }.of(&rows)?;
    /// // Nine where two are expected lies between P(Y < 9) and P(Y ≤ 9), far out.
    /// assert!(residuals.values[3] > 3.4 && residuals.values[3] < 4.0);
    /// # Ok::<(), kring_stats::Error>(())
    /// ```
    pub fn of(&self, positions: &[Position]) -> Result<QuantileResiduals, Error> {
        if positions.is_empty() {
            return Err(Error::TooFew {
                method: "a quantile residual",
                what: "rows".to_owned(),
                needed: 1,
                found: 0,
            });
        }
        let mut draws = Seed::new(self.seed).child("quantile residual", 0).stream(0);
        let mut values = Vec::with_capacity(positions.len());
        let mut uniform = Vec::with_capacity(positions.len());
        for (row, position) in positions.iter().enumerate() {
            check(row, position)?;
            let share = draws.uniform();
            // Each tail by itself, so that residuals far out keep their digits.
            let lower = (position.below + share * position.at).clamp(TINY, 1.0);
            let upper = (position.above + (1.0 - share) * position.at).clamp(TINY, 1.0);
            values.push(if lower < upper {
                -dist::upper_quantile(lower.min(0.5), Reference::Normal)?
            } else {
                dist::upper_quantile(upper.min(0.5), Reference::Normal)?
            });
            uniform.push(if lower < upper { lower } else { 1.0 - upper });
        }
        Ok(QuantileResiduals {
            values: values.into(),
            uniform: uniform.into(),
            seed: self.seed,
        })
    }
}

/// No probability below this is told from it.
const TINY: f64 = 1e-300;

fn check(row: usize, position: &Position) -> Result<(), Error> {
    let parts = [position.below, position.at, position.above];
    let total: f64 = parts.iter().sum();
    if parts.iter().all(|p| (0.0..=1.0 + 1e-9).contains(p)) && (total - 1.0).abs() < 1e-6 {
        return Ok(());
    }
    Err(Error::Argument {
        what: format!("the position of row {}", row + 1),
        expected: "probabilities of less, of as much and of more that add up to one",
        found: format!("{}, {}, {}", position.below, position.at, position.above),
    })
}

impl QuantileResiduals {
    /// Tests whether the residuals come from the model's distribution, by Kolmogorov and Smirnov.
    pub fn uniformity(&self) -> Result<JointTest, Error> {
        let mut u = self.uniform.to_vec();
        u.sort_by(f64::total_cmp);
        let statistic = kolmogorov::distance(&u);
        let n = u.len();
        let exact = n <= kolmogorov::LARGEST;
        Ok(JointTest {
            label: "uniformity of the quantile residuals".to_owned(),
            statistic: Some(statistic),
            reference: Reference::Exact,
            p_value: Some(if exact {
                kolmogorov::exact_tail(n, statistic)
            } else {
                kolmogorov::asymptotic_tail(n, statistic)
            }),
            sample: Sample::of(n),
            method: format!(
                "Kolmogorov–Smirnov test, {} p-value, seed {}",
                if exact { "exact" } else { "asymptotic" },
                self.seed
            ),
            cautions: Vec::new(),
        })
    }
}

/// The ratio of the variance that was seen to the variance that the model expects: 1 if the model is
/// right, more with overdispersion. Its interval and p-value take the model's parameters as known.
pub fn dispersion(
    rows: &[Predictive],
    observed: &[f64],
    alternative: Alternative,
    level: f64,
) -> Result<Estimate, Error> {
    dist::check_level(level)?;
    same_rows(rows, observed)?;
    let n = rows.len() as f64;
    let (mut statistic, mut variance) = (0.0, 0.0);
    for (row, (one, y)) in rows.iter().zip(observed).enumerate() {
        one.check()?;
        let m = one.moments();
        if m.variance <= 0.0 {
            return Err(Error::Constant {
                method: "a test of the dispersion",
                what: format!("the model's count of row {}", row + 1),
            });
        }
        statistic += (y - m.mean).powi(2) / m.variance;
        variance += m.fourth / (m.variance * m.variance) - 1.0;
    }
    let (value, std_error) = (statistic / n, variance.max(0.0).sqrt() / n);
    let (p_value, interval) = if std_error > 0.0 {
        let z = (value - 1.0) / std_error;
        let tail = if alternative == Alternative::TwoSided {
            (1.0 - level) / 2.0
        } else {
            1.0 - level
        };
        let width = dist::upper_quantile(tail, Reference::Normal)? * std_error;
        let interval = Interval {
            low: (alternative != Alternative::Less).then(|| (value - width).max(0.0)),
            high: (alternative != Alternative::Greater).then_some(value + width),
            level,
            kind: IntervalKind::Wald,
        };
        (
            Some(dist::p_value(z, Reference::Normal, alternative)?),
            Some(interval),
        )
    } else {
        (None, None)
    };
    Ok(Estimate {
        label: "variance seen / variance expected".to_owned(),
        measure: Measure::Dispersion,
        value: Value::Value(value),
        std_error: Some(std_error),
        null: 1.0,
        alternative,
        reference: Reference::Normal,
        interval,
        p_value,
        sample: Sample::of(rows.len()),
        method: "Pearson's X² with the fitted model's fourth moments".to_owned(),
        cautions: Vec::new(),
    }
    .checked()?)
}

/// How many zeros there are, how many the model expects, and whether that is chance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ZeroCount {
    /// The zeros that were seen.
    pub observed: usize,
    /// The zeros that the model expects.
    pub expected: f64,
    /// The test; its statistic is the number of zeros that was seen.
    pub test: JointTest,
}

/// Tests whether there are more or fewer zeros than the model expects.
///
/// The number of zeros is a sum of independent draws, each with its own probability. Up to 5,000 rows
/// its distribution is computed exactly; beyond, by the normal with a correction for continuity.
pub fn zeros(
    rows: &[Predictive],
    observed: &[f64],
    alternative: Alternative,
) -> Result<ZeroCount, Error> {
    const LARGEST: usize = 5000;
    same_rows(rows, observed)?;
    rows.iter().try_for_each(Predictive::check)?;
    let p: Vec<f64> = rows.iter().map(|one| one.zero().min(1.0)).collect();
    let found = observed.iter().filter(|&&y| y == 0.0).count();
    let expected: f64 = p.iter().sum();
    let exact = rows.len() <= LARGEST;
    let tails = if exact {
        sum_of_draws(&p, found)
    } else {
        nearly_normal(&p, found)
    };
    let p_value = match alternative {
        Alternative::Less => tails.at_most,
        Alternative::Greater => tails.at_least,
        Alternative::TwoSided => 2.0 * tails.at_most.min(tails.at_least),
    };
    Ok(ZeroCount {
        observed: found,
        expected,
        test: JointTest {
            label: "number of zeros".to_owned(),
            statistic: Some(found as f64),
            reference: if exact {
                Reference::Exact
            } else {
                Reference::Normal
            },
            p_value: Some(p_value.min(1.0)),
            sample: Sample::of(rows.len()),
            method: format!(
                "sum of the rows' probabilities of zero, {} distribution",
                if exact { "exact" } else { "normal" }
            ),
            cautions: Vec::new(),
        },
    })
}

struct CountTails {
    at_most: f64,
    at_least: f64,
}

/// The Poisson binomial distribution by adding one draw after the other.
fn sum_of_draws(p: &[f64], found: usize) -> CountTails {
    let mut chance = vec![0.0; p.len() + 1];
    chance[0] = 1.0;
    for (drawn, &p) in p.iter().enumerate() {
        for k in (1..=drawn + 1).rev() {
            chance[k] = chance[k] * (1.0 - p) + chance[k - 1] * p;
        }
        chance[0] *= 1.0 - p;
    }
    CountTails {
        at_most: chance[..=found].iter().sum(),
        at_least: chance[found..].iter().rev().sum(),
    }
}

fn nearly_normal(p: &[f64], found: usize) -> CountTails {
    let mean: f64 = p.iter().sum();
    let sd = p
        .iter()
        .map(|p| p * (1.0 - p))
        .sum::<f64>()
        .max(f64::MIN_POSITIVE)
        .sqrt();
    let tail = |x: f64| dist::upper_tail(x, Reference::Normal).unwrap_or(1.0);
    CountTails {
        at_most: tail((mean - found as f64 - 0.5) / sd),
        at_least: tail((found as f64 - 0.5 - mean) / sd),
    }
}

fn same_rows(rows: &[Predictive], observed: &[f64]) -> Result<(), Error> {
    if rows.is_empty() || rows.len() != observed.len() {
        return Err(Error::Shape {
            what: "the counts and their distributions".to_owned(),
            expected: format!(
                "one or more rows, as many as the {} distributions",
                rows.len()
            ),
            found: format!("{} counts", observed.len()),
        });
    }
    let strange = observed
        .iter()
        .position(|y| !(*y >= 0.0 && y.fract() == 0.0));
    strange.map_or(Ok(()), |row| {
        Err(Error::Argument {
            what: format!("the count of row {}", row + 1),
            expected: "a whole number, zero or more",
            found: observed[row].to_string(),
        })
    })
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    reason = "a test may stop at what it did not expect"
)]
mod tests {
    use super::*;
    use crate::predictive::{CountDistribution, Zeros};

    fn poisson(mean: f64) -> Predictive {
        Predictive::counts(CountDistribution::Poisson { mean })
    }

    /// Counts drawn from the model by inverting its distribution.
    fn drawn(model: &Predictive, n: usize, seed: u64) -> Vec<f64> {
        let mut draws = Seed::new(seed).stream(0);
        (0..n)
            .map(|_| {
                let u = draws.uniform();
                let (mut y, mut sum) = (0.0, model.probability(0.0));
                while sum < u && y < 1e4 {
                    y += 1.0;
                    sum += model.probability(y);
                }
                y
            })
            .collect()
    }

    #[test]
    fn draws_from_the_model_look_like_it_and_others_do_not() {
        let models = [
            poisson(1.3),
            Predictive {
                counts: CountDistribution::NegativeBinomial {
                    mean: 3.0,
                    size: 0.7,
                },
                zeros: Zeros::Hurdle(0.4),
            },
            Predictive {
                counts: CountDistribution::Binomial {
                    trials: 6.0,
                    probability: 0.3,
                },
                zeros: Zeros::Excess(0.3),
            },
        ];
        for (seed, model) in (1..).zip(models) {
            let y = drawn(&model, 800, seed);
            let of = |one: &Predictive| -> Vec<_> { y.iter().map(|&y| one.position(y)).collect() };
            let residuals = QuantileResidual { seed: 99 }.of(&of(&model)).unwrap();
            assert!(residuals.uniformity().unwrap().p_value.unwrap() > 0.01);
            let mean = residuals.values.mean().unwrap();
            assert!(mean.abs() < 0.15, "{mean}");
            let rows = vec![model; y.len()];
            let right = dispersion(&rows, &y, Alternative::TwoSided, 0.95).unwrap();
            assert!(right.p_value.unwrap() > 0.01, "{right:?}");
            assert!(
                zeros(&rows, &y, Alternative::TwoSided)
                    .unwrap()
                    .test
                    .p_value
                    .unwrap()
                    > 0.01
            );
            let wrong = poisson(model.mean());
            let residuals = QuantileResidual { seed: 99 }.of(&of(&wrong)).unwrap();
            if seed > 1 {
                assert!(residuals.uniformity().unwrap().p_value.unwrap() < 0.01);
                let rows = vec![wrong; y.len()];
                let test = zeros(&rows, &y, Alternative::Greater).unwrap().test;
                assert!(test.p_value.unwrap() < 1e-6);
                let over = dispersion(&rows, &y, Alternative::Greater, 0.95).unwrap();
                assert!(over.value.finite().unwrap() > 1.1 && over.p_value.unwrap() < 1e-3);
            }
        }
    }

    /// Two rows that are zero with probability ½ and ¼: by hand 3/8, 1/2 and 1/8 for 0, 1 and 2 zeros.
    #[test]
    fn zeros_by_hand() {
        let rows = [poisson(2.0_f64.ln()), poisson(4.0_f64.ln())];
        let test =
            |y: [f64; 2], alternative| zeros(&rows, &y, alternative).unwrap().test.p_value.unwrap();
        assert!((test([1.0, 2.0], Alternative::Less) - 0.375).abs() < 1e-12);
        assert!((test([0.0, 2.0], Alternative::Greater) - 0.625).abs() < 1e-12);
        assert!((test([0.0, 0.0], Alternative::TwoSided) - 0.25).abs() < 1e-12);
        let both = zeros(&rows, &[0.0, 0.0], Alternative::TwoSided).unwrap();
        assert_eq!(both.observed, 2);
        assert!((both.expected - 0.75).abs() < 1e-12);
    }

    #[test]
    fn many_rows_are_nearly_normal() {
        let p: Vec<f64> = (0..4000).map(|i| 0.1 + 0.0001 * f64::from(i)).collect();
        let (exact, normal) = (sum_of_draws(&p, 1250), nearly_normal(&p, 1250));
        assert!((exact.at_least / normal.at_least - 1.0).abs() < 0.02);
        assert!((exact.at_most / normal.at_most - 1.0).abs() < 0.02);
    }

    /// Poisson with mean 1: X² of counts 0 and 3 is 1 + 4, its variance 2 (2 + 1) by κ = 3 + 1/μ.
    #[test]
    fn dispersion_by_hand() {
        let rows = [poisson(1.0); 2];
        let found = dispersion(&rows, &[0.0, 3.0], Alternative::TwoSided, 0.95).unwrap();
        assert!((found.value.finite().unwrap() - 2.5).abs() < 1e-12);
        assert!((found.std_error.unwrap() - 6.0_f64.sqrt() / 2.0).abs() < 1e-12);
    }

    #[test]
    fn residuals_far_out_keep_their_digits() {
        let model = poisson(1.0);
        let far = QuantileResidual { seed: 3 }
            .of(&[model.position(60.0)])
            .unwrap();
        // P(Y = 60) = e⁻¹ / 60! is 4.4e-83, so r lies near 19.2.
        assert!(
            far.values[0] > 19.0 && far.values[0] < 19.6,
            "{}",
            far.values[0]
        );
        assert_eq!(far.uniform[0], 1.0);
        let beyond = QuantileResidual { seed: 3 }
            .of(&[model.position(1e4)])
            .unwrap();
        assert!(beyond.values[0].is_finite());
    }

    #[test]
    fn the_seed_decides() {
        let rows = [poisson(1.0).position(1.0); 5];
        let of = |seed| QuantileResidual { seed }.of(&rows).unwrap();
        assert_eq!(of(1), of(1));
        assert_ne!(of(1).values, of(2).values);
    }

    #[test]
    fn what_is_no_position_is_refused() {
        let refused = |below, at, above| {
            let position = Position { below, at, above };
            QuantileResidual { seed: 1 }
                .of(&[position])
                .unwrap_err()
                .to_string()
        };
        assert!(refused(0.5, 0.6, 0.2).contains("add up to one"));
        assert!(refused(f64::NAN, 0.5, 0.5).contains("row 1"));
        assert!(refused(-0.1, 0.6, 0.5).contains("-0.1"));
        assert!(QuantileResidual { seed: 1 }.of(&[]).is_err());
        let rows = [poisson(1.0)];
        assert!(zeros(&rows, &[], Alternative::TwoSided).is_err());
        assert!(dispersion(&rows, &[0.5], Alternative::TwoSided, 0.95).is_err());
        assert!(dispersion(&rows, &[1.0], Alternative::TwoSided, 1.0).is_err());
        let nothing = [poisson(0.0)];
        let error = dispersion(&nothing, &[0.0], Alternative::TwoSided, 0.95).unwrap_err();
        assert!(error.to_string().contains("row 1 is constant"));
    }
}
