//! Expectations over one or two normal variables by the trapezium rule.
//!
//! ```text
//! E f(m + s z)          h Σ φ(ih) f(m + s ih),  |ih| ≤ 8.5
//! E f₁(η₁) f₂(η₂)       the same over z₁, inside it over what z₁ leaves of η₂
//! h                     ¼ · min(1, 1/s), at least 1/400: beyond s = 100 fewer digits
//! ```
//! For a function that is analytic within a distance d of the real line the error falls as
//! exp(−2π d / (s h)): with the logistic function (d = π) and the steps above, below 1e-30, so that
//! what is left is rounding and the tail beyond 8.5 (2e-17).
//!
//! Trefethen LN & Weideman JAC (2014), SIAM Review 56:385–458, doi 10.1137/130932132.

/// Standard deviations that are looked at on either side.
const REACH: f64 = 8.5;

/// The points of a standard normal variable and their weights.
#[derive(Debug, Clone)]
struct Points {
    h: f64,
    n: i32,
}

impl Points {
    fn of(sd: f64) -> Self {
        let h = 0.25 * (1.0 / sd).clamp(0.01, 1.0);
        #[allow(
            clippy::cast_possible_truncation,
            reason = "at most 3400, since h is at least 1/400"
        )]
        let n = (REACH / h).ceil() as i32;
        Self { h, n }
    }

    fn sum(&self, f: impl Fn(f64) -> f64) -> f64 {
        const ROOT: f64 = 0.398_942_280_401_432_7;
        let mut total = 0.0;
        for i in -self.n..=self.n {
            let z = f64::from(i) * self.h;
            total += (-0.5 * z * z).exp() * f(z);
        }
        total * self.h * ROOT
    }
}

/// E f(η) where η is normal with this mean and variance.
pub(crate) fn expect(mean: f64, variance: f64, f: impl Fn(f64) -> f64) -> f64 {
    if variance <= 0.0 {
        return f(mean);
    }
    let sd = variance.sqrt();
    Points::of(sd).sum(|z| f(mean + sd * z))
}

/// Two normal variables: their means, their variances, their covariance.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Pair {
    pub mean: [f64; 2],
    pub variance: [f64; 2],
    pub covariance: f64,
}

/// E f₁(η₁) f₂(η₂).
pub(crate) fn expect_product(
    pair: Pair,
    first: impl Fn(f64) -> f64,
    second: impl Fn(f64) -> f64,
) -> f64 {
    let Pair {
        mean,
        variance,
        covariance,
    } = pair;
    if covariance == 0.0 || variance[0] <= 0.0 {
        return expect(mean[0], variance[0], first) * expect(mean[1], variance[1], second);
    }
    let slope = covariance / variance[0];
    let left = (variance[1] - covariance * slope).max(0.0);
    // What is negligible is rounding, and would only make the inner steps pointless.
    let left = if left < 1e-14 * variance[1] {
        0.0
    } else {
        left
    };
    // The inner expectation is a function of η₁ as well: the finer of both steps serves the outer.
    let sd = variance[0].sqrt();
    let finer = Points::of(sd.max(variance[1].sqrt()));
    finer.sum(|z| {
        let one = mean[0] + sd * z;
        first(one) * expect(mean[1] + slope * (one - mean[0]), left, &second)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn logistic(x: f64) -> f64 {
        1.0 / (1.0 + (-x).exp())
    }

    #[test]
    fn what_is_known_in_closed_form_comes_out() {
        // E exp(η) = exp(m + v/2); E η² = m² + v; E logistic at mean zero is one half.
        assert!((expect(0.3, 0.8, f64::exp) / 0.7_f64.exp() - 1.0).abs() < 1e-13);
        assert!((expect(-2.0, 9.0, |x| x * x) - 13.0).abs() < 1e-12);
        for variance in [0.01, 1.0, 25.0] {
            assert!((expect(0.0, variance, logistic) - 0.5).abs() < 1e-14);
        }
        // E exp(η₁ + η₂) = exp(m₁ + m₂ + (v₁ + v₂ + 2c)/2), also where the two are one.
        for covariance in [-0.3, 0.2, 0.6] {
            let pair = Pair {
                mean: [0.1, -0.4],
                variance: [0.6, 0.6],
                covariance,
            };
            let by_hand = (-0.3 + 0.6 + covariance).exp();
            let found = expect_product(pair, f64::exp, f64::exp);
            assert!(
                (found / by_hand - 1.0).abs() < 1e-12,
                "{covariance}: {found}"
            );
        }
    }

    /// P(both of two logistic chances): by symmetry of (η₁, η₂) → (−η₁, −η₂) at means zero,
    /// E p₁p₂ = E (1 − p₁)(1 − p₂), which is 1 − ½ − ½ + E p₁p₂: it says nothing. With η₂ = −η₁,
    /// however, p₂ = 1 − p₁, so E p₁p₂ = ½ − E p₁².
    #[test]
    fn opposite_chances_complement_one_another() {
        let pair = Pair {
            mean: [0.0, 0.0],
            variance: [2.0, 2.0],
            covariance: -2.0,
        };
        let square = expect(0.0, 2.0, |x| logistic(x) * logistic(x));
        let product = expect_product(pair, logistic, logistic);
        assert!((product - (0.5 - square)).abs() < 1e-14);
    }
}
