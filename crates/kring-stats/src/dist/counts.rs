//! Probabilities of counts, to the last digits also where counts are large, and both tails.
//!
//! ```text
//! Poisson            −D(y, μ) − δ(y) − ½ ln 2πy
//! binomial           δ(n) − δ(y) − δ(n − y) − D(y, np) − D(n − y, nq) + ½ ln(n / (2π y (n − y)))
//! negative binomial  ln(θ/(θ + y)) + binomial(θ; n = θ + y, p = θ/(θ + μ)); variance μ + μ²/θ
//! beta-binomial      nb(y; a) + nb(n − y; b) − nb(n; a + b), each with the same p
//! ```
//! Tails are incomplete gamma and beta functions, each computed as itself and never as one minus another.
//! δ is what Stirling's formula lacks and D the deviance (see `special`), so that no large terms
//! cancel: the Poisson limit of θ = 10¹² and the binomial limit of a + b = 10¹² are exact.
//!
//! Loader C (2000), Fast and accurate computation of binomial probabilities, Bell Laboratories.

use std::f64::consts::TAU;

use super::special::{deviance, stirling_error};
use super::{beta, gamma};

/// ln P(y) of a Poisson variable with mean μ.
pub(crate) fn poisson(y: f64, mu: f64) -> f64 {
    if y == 0.0 {
        return -mu;
    }
    if y < 0.0 || mu == 0.0 {
        return f64::NEG_INFINITY;
    }
    -deviance(y, mu) - stirling_error(y) - (TAU * y).ln() / 2.0
}

/// ln P(y) of n trials with chance p; q = 1 − p is given too, so that it keeps its digits.
pub(crate) fn binomial(y: f64, n: f64, p: f64, q: f64) -> f64 {
    if y < 0.0 || y > n {
        return f64::NEG_INFINITY;
    }
    if n == 0.0 {
        return 0.0;
    }
    successes(y, n - y, p, q)
}

/// ln P(y) of a negative binomial variable with mean μ and size θ > 0.
pub(crate) fn negative_binomial(y: f64, mu: f64, theta: f64) -> f64 {
    if y == 0.0 {
        return -theta * (mu / theta).ln_1p();
    }
    if mu == 0.0 {
        return f64::NEG_INFINITY;
    }
    let total = theta + mu;
    successes(theta, y, theta / total, mu / total) - (y / theta).ln_1p()
}

/// ln P(y) of n trials whose chance is drawn from a beta distribution with parameters a and b.
pub(crate) fn beta_binomial(y: f64, n: f64, a: f64, b: f64) -> f64 {
    // p of the three is free: this one gives each its mean.
    let share = n / (a + b);
    negative_binomial(y, a * share, a) + negative_binomial(n - y, b * share, b)
        - negative_binomial(n, n, a + b)
}

/// ln P of x successes and y failures; neither need be whole.
fn successes(x: f64, y: f64, p: f64, q: f64) -> f64 {
    if x == 0.0 {
        return y * if p < 0.5 { (-p).ln_1p() } else { q.ln() };
    }
    if y == 0.0 {
        return x * if q < 0.5 { (-q).ln_1p() } else { p.ln() };
    }
    let n = x + y;
    stirling_error(n)
        - stirling_error(x)
        - stirling_error(y)
        - deviance(x, n * p)
        - deviance(y, n * q)
        - (TAU * x * (y / n)).ln() / 2.0
}

/// ln of the probability of x marked ones among k drawn from m marked and n others.
pub(crate) fn hypergeometric(x: f64, m: f64, n: f64, k: f64) -> f64 {
    if k == 0.0 || k == m + n {
        return 0.0;
    }
    // The p of the three binomials is free: this one gives each its mean.
    let (p, q) = (k / (m + n), 1.0 - k / (m + n));
    binomial(x, m, p, q) + binomial(k - x, n, p, q) - binomial(k, m + n, p, q)
}

/// P(Y ≤ y) and P(Y > y), each computed as itself.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Tails {
    pub lower: f64,
    pub upper: f64,
}

impl Tails {
    const NOTHING_BELOW: Self = Self {
        lower: 0.0,
        upper: 1.0,
    };
    pub const NOTHING_ABOVE: Self = Self {
        lower: 1.0,
        upper: 0.0,
    };
}

/// The tails of a Poisson variable with mean μ.
pub(crate) fn poisson_tails(y: f64, mu: f64) -> Tails {
    if y < 0.0 {
        return Tails::NOTHING_BELOW;
    }
    let (upper, lower) = gamma::incomplete(y + 1.0, mu);
    Tails { lower, upper }
}

/// The tails of a negative binomial variable with mean μ and size θ.
pub(crate) fn negative_binomial_tails(y: f64, mu: f64, theta: f64) -> Tails {
    if y < 0.0 {
        return Tails::NOTHING_BELOW;
    }
    let total = theta + mu;
    let (lower, upper) = beta::incomplete(theta, y + 1.0, theta / total, mu / total);
    Tails { lower, upper }
}

/// The tails of n trials with chance p, q = 1 − p.
pub(crate) fn binomial_tails(y: f64, n: f64, p: f64, q: f64) -> Tails {
    if y < 0.0 {
        return Tails::NOTHING_BELOW;
    }
    if y >= n {
        return Tails::NOTHING_ABOVE;
    }
    let (lower, upper) = beta::incomplete(n - y, y + 1.0, q, p);
    Tails { lower, upper }
}

#[cfg(test)]
#[allow(
    clippy::excessive_precision,
    reason = "the truth has the digits it was printed with"
)]
mod tests {
    use super::*;

    #[track_caller]
    fn close(ours: f64, truth: f64) {
        // An error of ln P is a relative error of P.
        let error = (ours - truth).abs() / truth.abs().max(1.0);
        assert!(error < 4e-15, "{ours} is not {truth}: {error:e}");
    }

    /// Truth from `reference/scripts/special.py densities`.
    #[test]
    fn small_large_and_at_the_limits() {
        close(poisson(0.0, 0.3), -0.3);
        close(poisson(3.0, 0.001), -22.516_025_306_174_466);
        close(poisson(7.0, 6.5), -1.922_546_122_754_274_3);
        close(poisson(1000.0, 1001.5), -4.374_023_382_290_405);
        close(poisson(1e6, 999_000.0), -8.327_027_479_053_643);
        close(poisson(200.0, 1e-3), -2_244.784_042_988_832_7);
        close(negative_binomial(0.0, 4.7, 0.3), -0.844_023_215_028_010_9);
        close(negative_binomial(3.0, 4.7, 0.3), -2.930_108_312_333_669_3);
        close(negative_binomial(40.0, 4.7, 8.0), -25.501_941_442_715_425);
        close(negative_binomial(3.0, 2.5, 1e12), -1.542_887_273_606_964_8);
        close(negative_binomial(5.0, 1e-4, 1e-3), -20.504_682_243_667_832);
        close(
            negative_binomial(1000.0, 900.0, 0.01),
            -11.563_349_365_029_62,
        );
        close(negative_binomial(12.0, 10.0, 1e6), -2.356_197_379_719_671_3);
        close(negative_binomial(2.0, 1e-9, 3.0), -41.851_996_783_667_653);
        close(binomial(3.0, 10.0, 0.25, 0.75), -1.385_165_847_740_092_4);
        close(
            binomial(0.0, 50.0, 1e-10, 1.0 - 1e-10),
            -5.000_000_000_250_000_2e-9,
        );
        close(binomial(500.0, 1000.0, 0.5, 0.5), -3.679_918_992_094_129_3);
        close(binomial(1e6, 1e9, 0.001, 0.999), -7.826_193_645_353_435);
        close(
            binomial(999.0, 1000.0, 0.001, 0.999),
            -6_893.940_768_924_506,
        );
        close(
            binomial(10.0, 10.0, 0.999, 0.001),
            -0.010_005_003_335_835_344,
        );
        close(beta_binomial(3.0, 10.0, 2.0, 3.0), -1.938_941_479_739_22);
        close(beta_binomial(0.0, 5.0, 0.1, 0.2), -0.584_261_734_429_482_4);
        close(
            beta_binomial(50.0, 100.0, 1e10, 1e10),
            -2.530_876_406_477_105,
        );
        close(beta_binomial(7.0, 9.0, 1e-3, 1e3), -45.131_730_720_373_28);
        close(
            beta_binomial(400.0, 1000.0, 12.5, 30.0),
            -6.328_820_635_512_988,
        );
    }

    /// Every tail is the sum of the probabilities in it.
    #[test]
    fn tails_are_sums_of_probabilities() {
        type Probability<'a> = &'a dyn Fn(f64) -> f64;
        type BothTails<'a> = &'a dyn Fn(f64) -> Tails;
        let each: [(&str, Probability<'_>, BothTails<'_>); 4] = [
            ("Poisson", &|y| poisson(y, 2.7), &|y| poisson_tails(y, 2.7)),
            (
                "negative binomial",
                &|y| negative_binomial(y, 4.0, 0.6),
                &|y| negative_binomial_tails(y, 4.0, 0.6),
            ),
            ("binomial", &|y| binomial(y, 9.0, 0.2, 0.8), &|y| {
                binomial_tails(y, 9.0, 0.2, 0.8)
            }),
            (
                "nearly Poisson",
                &|y| negative_binomial(y, 2.7, 1e12),
                &|y| poisson_tails(y, 2.7),
            ),
        ];
        for (name, ln_pmf, tails) in each {
            let mut sum = 0.0;
            for y in 0..9 {
                let y = f64::from(y);
                sum += ln_pmf(y).exp();
                let found = tails(y);
                assert!((found.lower - sum).abs() < 1e-10, "{name} at {y}");
                assert!((found.lower + found.upper - 1.0).abs() < 1e-12);
            }
            assert_eq!(tails(-1.0), Tails::NOTHING_BELOW);
        }
    }

    #[test]
    fn edges_have_their_probability() {
        assert!(poisson(0.0, 0.0).abs() < 1e-15);
        assert_eq!(poisson(1.0, 0.0), f64::NEG_INFINITY);
        assert!(binomial(3.0, 3.0, 1.0, 0.0).abs() < 1e-9);
        assert_eq!(binomial(4.0, 3.0, 0.5, 0.5), f64::NEG_INFINITY);
        assert_eq!(binomial_tails(3.0, 3.0, 0.5, 0.5).upper, 0.0);
        // By hand: size 1 is geometric, P(Y = y) = ½^(y + 1) with mean 1.
        assert!((negative_binomial(600.0, 1.0, 1.0) + 601.0 * 2.0_f64.ln()).abs() < 1e-9);
    }
}
