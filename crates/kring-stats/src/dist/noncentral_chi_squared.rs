//! The noncentral χ² distribution and its noncentrality.
//!
//! ```text
//! model   χ² of ν degrees of freedom and noncentrality λ: of ν + 2J degrees, J ~ Poisson(λ/2)
//! tails   P(X ≤ x) = Σ_j f(j; λ/2) P_j,   P_j = γ(a_j, x/2)/Γ(a_j),   a_j = ν/2 + j;  above with Q_j
//! terms   P_{j−1} = P_j + t_{j−1},  Q_{j+1} = Q_j + t_j,  t_j = (x/2)^{a_j} e^{−x/2} / Γ(a_j + 1)
//! ```
//! The lower tail is summed downwards and the upper tail upwards, where the recurrences only add:
//! each tail is as accurate as its largest terms. One incomplete gamma function and about 20 √λ
//! multiplications for a tail. R's `pchisq` loses the upper tail when λ is large.
//!
//! Johnson NL, Kotz S, Balakrishnan N (1995), Continuous Univariate Distributions 2, chapter 29.

use kring_core::Reference;

use super::discrete::{Poisson, incomplete_gamma};
use super::special::{deviance, stirling_error};
use super::upper_quantile;
use crate::root::root;

/// Above this a λ is known to more than eight digits from the normal distribution alone, and the
/// sums would be long.
const LARGE: f64 = 1e6;

/// The two tails at a point.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Tails {
    pub lower: f64,
    pub upper: f64,
}

/// P(X ≤ x) and P(X > x) of ν = `df` and λ = `ncp`.
pub(crate) fn tails(x: f64, df: f64, ncp: f64) -> Tails {
    let (half, mean) = (x / 2.0, ncp / 2.0);
    if x <= 0.0 {
        return Tails {
            lower: 0.0,
            upper: 1.0,
        };
    }
    if ncp == 0.0 {
        let central = incomplete_gamma(df / 2.0, half);
        return Tails {
            lower: central.lower,
            upper: central.upper,
        };
    }
    let poisson = Poisson { lambda: mean };
    let reach = 9.0 * mean.sqrt() + 20.0;
    let weight = |j: f64| poisson.ln_pmf(j).exp();
    let t = |j: f64| {
        // By Loader's pieces, which have no cancellation where a is large.
        let a = df / 2.0 + j;
        let size = (2.0 * std::f64::consts::PI * a).sqrt();
        (-stirling_error(a) - deviance(a, half)).exp() / size
    };
    // The next of a sequence by its ratio to the last one, or anew where the last one vanished.
    let next = |last: f64, ratio: f64, anew: &dyn Fn() -> f64| {
        if last < 1e-290 { anew() } else { last * ratio }
    };

    // Downwards from where the weights have vanished.
    let mut j = (mean + reach).ceil();
    let (mut w, mut t_j) = (weight(j), t(j - 1.0));
    let mut p = incomplete_gamma(df / 2.0 + j, half).lower;
    let mut lower = w * p;
    while j > 0.0 {
        p += t_j;
        w = next(w, j / mean, &|| weight(j - 1.0));
        j -= 1.0;
        t_j = next(t_j, (df / 2.0 + j) / half, &|| t(j - 1.0));
        lower += w * p;
        if j < mean - reach && w * p < 1e-18 * lower {
            break;
        }
    }

    // Upwards from where they begin.
    let mut j = (mean - reach).floor().max(0.0);
    let (mut w, mut t_j) = (weight(j), t(j));
    let mut q = incomplete_gamma(df / 2.0 + j, half).upper;
    let mut upper = w * q;
    loop {
        q += t_j;
        j += 1.0;
        w = next(w, mean / j, &|| weight(j));
        t_j = next(t_j, half / (df / 2.0 + j), &|| t(j));
        upper += w * q;
        if j > mean && w * q <= 1e-18 * upper {
            break;
        }
    }
    Tails {
        lower: lower.min(1.0),
        upper: upper.min(1.0),
    }
}

/// The λ at which the upper tail at x is `tail`; zero where even λ = 0 leaves more than that.
pub(crate) fn noncentrality(x: f64, df: f64, tail: f64) -> f64 {
    if x > LARGE {
        // X is (Z + √λ)² and χ² of ν − 1 degrees beside it, of which only the mean is felt.
        let z = upper_quantile(tail, Reference::Normal).unwrap_or(0.0);
        return ((x.sqrt() - z).powi(2) - (df - 1.0)).max(0.0);
    }
    // A tail above one half is met through the lower one, which then is the smaller.
    let f = |ncp: f64| {
        let at = tails(x, df, ncp);
        if tail <= 0.5 {
            at.upper.ln() - tail.ln()
        } else {
            (1.0 - tail).ln() - at.lower.ln()
        }
    };
    if f(0.0) >= 0.0 {
        return 0.0;
    }
    // λ is about x − ν, give or take the normal deviate of the tail.
    let mut high = x + 10.0 * x.sqrt() + 10.0;
    while f(high) < 0.0 {
        high *= 2.0;
    }
    root(0.0, high, f)
}

#[cfg(test)]
#[allow(
    clippy::excessive_precision,
    reason = "the digits are those of the script"
)]
mod tests {
    use super::*;

    /// Truth from mpmath with 40 digits (reference/scripts/discrete.py).
    #[test]
    fn both_tails_keep_their_digits() {
        for (x, df, ncp, lower, upper) in [
            (
                5.0,
                3.0,
                2.0,
                0.593_405_180_083_155_63,
                0.406_594_819_916_844_37,
            ),
            (
                300.0,
                2.0,
                100.0,
                0.999_999_999_999_836_71,
                1.632_914_411_635_801_6e-13,
            ),
            (
                10.0,
                4.0,
                80.0,
                7.070_528_548_035_263_1e-10,
                0.999_999_999_292_947_15,
            ),
            (
                9500.0,
                1.0,
                9000.0,
                0.995_333_561_464_985_74,
                4.666_438_535_014_259_6e-3,
            ),
            (
                0.001,
                1.0,
                1e-12,
                0.025_227_120_630_027_002,
                0.974_772_879_369_973,
            ),
            (
                57.5,
                1.0,
                30.0,
                0.982_382_611_294_043_42,
                0.017_617_388_705_956_579,
            ),
        ] {
            let found = tails(x, df, ncp);
            assert!(
                (found.lower / lower - 1.0).abs() < 1e-11,
                "{x} {df} {ncp}: {found:?}"
            );
            assert!(
                (found.upper / upper - 1.0).abs() < 1e-11,
                "{x} {df} {ncp}: {found:?}"
            );
        }
        let none = tails(0.0, 2.0, 5.0);
        assert_eq!((none.lower, none.upper), (0.0, 1.0));
        // Central: exp(−x/2) for two degrees of freedom.
        assert!((tails(3.0, 2.0, 0.0).upper - (-1.5_f64).exp()).abs() < 1e-15);
    }

    #[test]
    fn the_noncentrality_is_where_the_tail_is() {
        for (x, df, digits) in [
            (57.5, 1.0, 1e-10),
            (12.0, 6.0, 1e-10),
            (1e5, 3.0, 1e-10),
            (1e-3, 2.0, 1e-10),
            // By the normal distribution alone.
            (1.1 * LARGE, 1.0, 1e-5),
            (1.1 * LARGE, 5.0, 1e-5),
        ] {
            for tail in [0.025, 0.5, 0.975] {
                let ncp = noncentrality(x, df, tail);
                let found = tails(x, df, ncp).upper;
                if ncp == 0.0 {
                    assert!(found >= tail);
                } else {
                    assert!(
                        (found / tail - 1.0).abs() < digits,
                        "{x} {df} {tail}: {found}"
                    );
                }
            }
        }
    }
}
