//! What a distribution comes to when its linear predictor varies: closed forms, else quadrature.
//!
//! ```text
//! η ~ N(m, v);  π the share of zeros, M = exp(m + v/2), S = exp(2m + 2v)
//! counts        E Y = (1 − π) M;  E Y² = (1 − π)(M + S), plus φM (nb1), plus S/θ (nb2)
//! two of them   E Y₁Y₂ = (1 − π₁)(1 − π₂) exp(m₁ + m₂ + ½(v₁ + v₂) + c), zeros apart
//! continuous    E Y = m;  E Y² = m² + v + σ²;  E Y₁Y₂ = m₁m₂ + c
//! mixed         count and continuous: (1 − π) M (m₂ + c)
//! others        E of what is known given η, by quadrature: given both η, the two are independent
//! ```

use crate::generator::Distribution;
use crate::quadrature::{Pair, expect, expect_product};
use crate::sampler::logistic;

/// Whether the means are a closed form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    Count,
    Linear,
    Other,
}

impl Distribution {
    /// Whether it gives counts.
    pub(crate) fn is_count(&self) -> bool {
        self.shape() == Shape::Count
    }

    /// Whether its mean and standard deviation are closed forms.
    pub(crate) fn is_closed(&self) -> bool {
        self.shape() != Shape::Other
    }

    fn shape(&self) -> Shape {
        match self {
            Self::Poisson { .. } | Self::Nb1 { .. } | Self::Nb2 { .. } => Shape::Count,
            Self::Continuous { .. } => Shape::Linear,
            Self::Binary | Self::Ordinal { .. } => Shape::Other,
        }
    }

    fn zeros(&self) -> f64 {
        match self {
            Self::Poisson { zeros } | Self::Nb1 { zeros, .. } | Self::Nb2 { zeros, .. } => *zeros,
            _ => 0.0,
        }
    }

    /// The values that it can have, where they are few.
    pub(crate) fn levels(&self) -> Vec<f64> {
        match self {
            Self::Binary => vec![1.0],
            Self::Ordinal { thresholds, .. } => {
                (0..=thresholds.len()).map(|k| 1.0 + k as f64).collect()
            }
            Self::Poisson { .. } | Self::Nb1 { .. } | Self::Nb2 { .. } => vec![0.0],
            Self::Continuous { .. } => Vec::new(),
        }
    }

    /// E Y.
    pub(crate) fn mean(&self, m: f64, v: f64) -> f64 {
        match self.shape() {
            Shape::Count => (1.0 - self.zeros()) * (m + 0.5 * v).exp(),
            Shape::Linear => m,
            Shape::Other => expect(m, v, |eta| self.mean_given(eta)),
        }
    }

    /// E Y².
    pub(crate) fn square(&self, m: f64, v: f64) -> f64 {
        let mean = (m + 0.5 * v).exp();
        let square = (2.0 * m + 2.0 * v).exp();
        match self {
            Self::Poisson { zeros } => (1.0 - zeros) * (mean + square),
            Self::Nb1 { phi, zeros } => (1.0 - zeros) * (mean * (1.0 + phi) + square),
            Self::Nb2 { theta, zeros } => (1.0 - zeros) * (mean + square * (1.0 + 1.0 / theta)),
            Self::Continuous { sd } => m * m + v + sd * sd,
            Self::Binary => self.mean(m, v),
            Self::Ordinal { .. } => expect(m, v, |eta| self.square_given(eta)),
        }
    }

    /// P(Y = value), for values of [`Distribution::levels`].
    pub(crate) fn share(&self, m: f64, v: f64, value: f64) -> f64 {
        expect(m, v, |eta| self.chance(eta, value))
    }

    /// E g(Y).
    pub(crate) fn average(&self, m: f64, v: f64, g: impl Fn(f64) -> f64) -> f64 {
        match self {
            Self::Continuous { sd } => expect(m, v + sd * sd, g),
            _ => expect(m, v, |eta| self.average_given(eta, &g)),
        }
    }

    fn mean_given(&self, eta: f64) -> f64 {
        match self {
            Self::Continuous { .. } => eta,
            Self::Binary => logistic(eta),
            // The sum of P(Y > k) over k = 0, 1, …
            Self::Ordinal { thresholds, .. } => {
                1.0 + thresholds.iter().map(|t| logistic(eta - t)).sum::<f64>()
            }
            _ => (1.0 - self.zeros()) * eta.exp(),
        }
    }

    fn square_given(&self, eta: f64) -> f64 {
        match self {
            // Σ (2k + 1) P(Y > k).
            Self::Ordinal { thresholds, .. } => {
                let each = thresholds.iter().zip(1_u32..);
                1.0 + each
                    .map(|(t, k)| f64::from(2 * k + 1) * logistic(eta - t))
                    .sum::<f64>()
            }
            _ => self.average_given(eta, |y| y * y),
        }
    }

    fn chance(&self, eta: f64, value: f64) -> f64 {
        match self {
            Self::Binary => {
                if value == 1.0 {
                    logistic(eta)
                } else {
                    logistic(-eta)
                }
            }
            Self::Ordinal { thresholds, .. } => {
                let below = |k: f64| {
                    if k < 1.0 {
                        return 0.0;
                    }
                    #[allow(
                        clippy::cast_possible_truncation,
                        clippy::cast_sign_loss,
                        reason = "a level, from 1 on"
                    )]
                    thresholds
                        .get(k as usize - 1)
                        .map_or(1.0, |t| logistic(t - eta))
                };
                below(value) - below(value - 1.0)
            }
            Self::Continuous { .. } => 0.0,
            Self::Poisson { zeros } => zeros + (1.0 - zeros) * (-eta.exp()).exp(),
            Self::Nb1 { phi, zeros } => {
                zeros + (1.0 - zeros) * (-eta.exp() / phi * phi.ln_1p()).exp()
            }
            Self::Nb2 { theta, zeros } => {
                zeros + (1.0 - zeros) * (-theta * (eta.exp() / theta).ln_1p()).exp()
            }
        }
    }

    /// E g(Y) given η, of what has whole values.
    fn average_given(&self, eta: f64, g: impl Fn(f64) -> f64) -> f64 {
        let mu = eta.exp();
        let zeros = self.zeros();
        let counts = |next: &dyn Fn(f64) -> f64| {
            zeros * g(0.0) + (1.0 - zeros) * over_counts(mu.floor(), next, &g)
        };
        match self {
            // `next(y)` is P(Y = y + 1) / P(Y = y).
            Self::Poisson { .. } => counts(&|y| mu / (y + 1.0)),
            Self::Nb1 { phi, .. } => {
                let (size, p) = (mu / phi, phi / (1.0 + phi));
                counts(&|y| (size + y) / (y + 1.0) * p)
            }
            Self::Nb2 { theta, .. } => {
                let p = mu / (theta + mu);
                counts(&|y| (theta + y) / (y + 1.0) * p)
            }
            Self::Binary => logistic(eta) * g(1.0) + logistic(-eta) * g(0.0),
            Self::Ordinal { .. } => {
                let levels = self.levels();
                levels.iter().map(|&y| self.chance(eta, y) * g(y)).sum()
            }
            Self::Continuous { .. } => g(eta),
        }
    }
}

/// Σ P(y) g(y) / Σ P(y), from a likely count upwards and downwards until nothing is left.
fn over_counts(start: f64, next: &dyn Fn(f64) -> f64, g: impl Fn(f64) -> f64) -> f64 {
    const MOST: u32 = 2_000_000;
    const NOTHING: f64 = 1e-19;
    let (mut sum, mut total) = (1.0, g(start));
    let (mut y, mut chance) = (start, 1.0);
    for _ in 0..MOST {
        chance *= next(y);
        y += 1.0;
        sum += chance;
        total += chance * g(y);
        if chance < NOTHING * sum {
            break;
        }
    }
    (y, chance) = (start, 1.0);
    while y > 0.0 {
        y -= 1.0;
        chance /= next(y);
        sum += chance;
        total += chance * g(y);
        if chance < NOTHING * sum {
            break;
        }
    }
    total / sum
}

/// E Y₁Y₂ of two values that are independent given their linear predictors.
pub(crate) fn product(first: &Distribution, second: &Distribution, pair: Pair) -> f64 {
    let Pair {
        mean: [m1, m2],
        variance: [v1, v2],
        covariance: c,
    } = pair;
    let kept = (1.0 - first.zeros()) * (1.0 - second.zeros());
    match (first.shape(), second.shape()) {
        (Shape::Count, Shape::Count) => kept * (m1 + m2 + 0.5 * (v1 + v2) + c).exp(),
        (Shape::Linear, Shape::Linear) => m1 * m2 + c,
        (Shape::Count, Shape::Linear) => kept * (m1 + 0.5 * v1).exp() * (m2 + c),
        (Shape::Linear, Shape::Count) => kept * (m2 + 0.5 * v2).exp() * (m1 + c),
        _ => expect_product(
            pair,
            |eta| first.mean_given(eta),
            |eta| second.mean_given(eta),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all_counts() -> [Distribution; 3] {
        [
            Distribution::Poisson { zeros: 0.1 },
            Distribution::Nb1 {
                phi: 0.7,
                zeros: 0.1,
            },
            Distribution::Nb2 {
                theta: 1.5,
                zeros: 0.1,
            },
        ]
    }

    /// What is summed count by count must be the closed form, mean, square and share of zeros.
    #[test]
    fn sums_over_counts_agree_with_the_closed_forms() {
        for distribution in all_counts() {
            for (m, v) in [(1.2, 0.0), (0.4, 0.5), (4.0, 0.09)] {
                let mean = distribution.average(m, v, |y| y);
                assert!((mean / distribution.mean(m, v) - 1.0).abs() < 1e-11);
                let square = distribution.average(m, v, |y| y * y);
                assert!((square / distribution.square(m, v) - 1.0).abs() < 1e-11);
                let zero = distribution.average(m, v, |y| f64::from(y == 0.0));
                assert!((zero - distribution.share(m, v, 0.0)).abs() < 1e-12);
            }
        }
    }

    /// By hand: P = e⁻² for Poisson(2); (1 + φ)^(−μ/φ) = 2⁻² with φ = 1, μ = 2; (1 + μ/θ)^(−θ) = 3⁻¹
    /// with θ = 1, μ = 2.
    #[test]
    fn shares_of_zeros_by_hand() {
        let m = 2.0_f64.ln();
        let share = |d: Distribution| d.share(m, 0.0, 0.0);
        assert!((share(Distribution::Poisson { zeros: 0.0 }) - (-2.0_f64).exp()).abs() < 1e-15);
        let nb1 = Distribution::Nb1 {
            phi: 1.0,
            zeros: 0.0,
        };
        assert!((share(nb1) - 0.25).abs() < 1e-15);
        let nb2 = Distribution::Nb2 {
            theta: 1.0,
            zeros: 0.0,
        };
        assert!((share(nb2) - 1.0 / 3.0).abs() < 1e-15);
    }

    #[test]
    fn levels_add_up_and_their_moments_are_their_sums() {
        let ordinal = Distribution::Ordinal {
            thresholds: vec![-1.0, 0.3, 2.0],
            levels: vec![],
        };
        let of = |power: i32| -> f64 {
            let levels = ordinal.levels();
            levels
                .iter()
                .map(|&y| y.powi(power) * ordinal.share(0.2, 1.3, y))
                .sum()
        };
        assert!((of(0) - 1.0).abs() < 1e-14);
        assert!((of(1) - ordinal.mean(0.2, 1.3)).abs() < 1e-13);
        assert!((of(2) - ordinal.square(0.2, 1.3)).abs() < 1e-12);
    }

    /// Quadrature over two predictors against the closed form, with a count taken as "other".
    #[test]
    fn products_agree_with_quadrature() {
        let [one, _, other] = all_counts();
        let pair = Pair {
            mean: [0.5, 1.0],
            variance: [0.4, 0.3],
            covariance: 0.2,
        };
        let by_quadrature =
            expect_product(pair, |eta| one.mean_given(eta), |eta| other.mean_given(eta));
        assert!((product(&one, &other, pair) / by_quadrature - 1.0).abs() < 1e-12);
        let score = Distribution::Continuous { sd: 2.0 };
        let by_quadrature = expect_product(pair, |eta| one.mean_given(eta), |eta| eta);
        assert!((product(&one, &score, pair) / by_quadrature - 1.0).abs() < 1e-12);
    }
}
