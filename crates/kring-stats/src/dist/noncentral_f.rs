//! The noncentral F distribution and the noncentrality that makes a tail what it should be.
//!
//! ```text
//! F = (χ²(d₁, λ)/d₁) / (χ²(d₂)/d₂),  a Poisson mixture of central ones:
//! P(F ≤ f) = Σ_j w_j I_x(d₁/2 + j, d₂/2),  w_j = e^(−λ/2) (λ/2)^j / j!,  x = d₁f / (d₁f + d₂)
//! P(F > f) = Σ_j w_j I_(1−x)(d₂/2, d₁/2 + j)
//! ```
//! Both tails are sums of positive terms. Where the weights spread over more than a few hundred
//! j, every h-th is taken, h a sixteenth of their standard deviation √(λ/2): a trapezoid rule of a
//! smooth function, whose error is below 1e-15. So a tail costs some three hundred incomplete beta
//! functions at most, whatever λ. R's `pf` with `ncp` computes the upper tail as one minus the lower.
//!
//! Johnson NL, Kotz S, Balakrishnan N (1995), Continuous Univariate Distributions, vol. 2, ch. 30.

use cdflib::special::beta_inc;

use super::special::ln_factorial;
use crate::root;

/// Both tails at a point.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Tails {
    /// P(F ≤ f).
    pub lower: f64,
    /// P(F > f).
    pub upper: f64,
}

/// An F statistic with its degrees of freedom, which need not be whole.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct FStatistic {
    /// The statistic, zero or more.
    pub f: f64,
    /// Degrees of freedom of the numerator, above zero.
    pub d1: f64,
    /// Degrees of freedom of the denominator, above zero.
    pub d2: f64,
}

impl FStatistic {
    /// The tails if the noncentrality is `lambda`.
    pub(crate) fn tails(self, lambda: f64) -> Tails {
        let Self { f, d1, d2 } = self;
        let (x, y) = (d1 * f / (d1 * f + d2), d2 / (d1 * f + d2));
        let (mean, sd) = (lambda / 2.0, (lambda / 2.0).sqrt());
        let h = (sd / 16.0).floor().max(1.0);
        // Nine standard deviations, and thirty more for the skewness of few.
        let first = (mean - 9.0 * sd - 30.0).max(0.0).floor();
        let last = mean + 9.0 * sd + 30.0;
        let mut tails = Tails {
            lower: 0.0,
            upper: 0.0,
        };
        let mut j = first;
        while j <= last {
            let weight = h * ln_poisson(j, mean).exp();
            if weight > 0.0 {
                let (below, above) = beta_inc(d1 / 2.0 + j, d2 / 2.0, x, y);
                tails.lower += weight * below;
                tails.upper += weight * above;
            }
            j += h;
        }
        tails
    }

    /// The noncentrality at which P(F > f) is `tail`: the lower limit of an interval. Zero if that
    /// tail is larger without any noncentrality.
    pub(crate) fn lower_limit(self, tail: f64) -> f64 {
        self.limit(|lambda| (self.tails(lambda).upper / tail).ln())
    }

    /// The noncentrality at which P(F ≤ f) is `tail`: the upper limit of an interval.
    pub(crate) fn upper_limit(self, tail: f64) -> f64 {
        self.limit(|lambda| -(self.tails(lambda).lower / tail).ln())
    }

    /// The zero of an increasing function of λ, or zero.
    fn limit(self, g: impl Fn(f64) -> f64) -> f64 {
        if g(0.0) >= 0.0 {
            return 0.0;
        }
        let mut high = (2.0 * self.d1 * self.f).max(1.0);
        while g(high) < 0.0 && high < 1e300 {
            high *= 2.0;
        }
        root::root(0.0, high, g)
    }
}

/// ln of the Poisson probability of `j`; for large j by Loader's form, in which nothing cancels:
/// j ln(j/μ) + μ − j = j (e − ln(1 + e)) with e = (μ − j)/j, and Stirling's series.
fn ln_poisson(j: f64, mean: f64) -> f64 {
    if mean == 0.0 {
        return if j == 0.0 { 0.0 } else { f64::NEG_INFINITY };
    }
    if j < 20.0 {
        return j * mean.ln() - mean - ln_factorial(j);
    }
    let stirling = (1.0 / 12.0 - (1.0 / 360.0 - 1.0 / (1260.0 * j * j)) / (j * j)) / j;
    -j * less_ln_1p((mean - j) / j) - 0.5 * (std::f64::consts::TAU * j).ln() - stirling
}

/// e − ln(1 + e), near zero by its series e²/2 − e³/3 + … so that nothing cancels.
fn less_ln_1p(e: f64) -> f64 {
    if e.abs() > 0.1 {
        return e - e.ln_1p();
    }
    // Σ (−e)^i / i from the last term that counts, i = 18, to the first, i = 2.
    let series = (2..=18)
        .rev()
        .fold(0.0, |sum, i| 1.0 / f64::from(i) - e * sum);
    e * e * series
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(ours: f64, truth: f64, relative: f64) {
        assert!(
            (ours / truth - 1.0).abs() < relative,
            "{ours} is not {truth}"
        );
    }

    /// Truth from mpmath with 40 digits (reference/scripts/noncentral_f.py).
    #[test]
    fn tails_and_limits_are_right() {
        let cases = [
            (
                2.0,
                3.0,
                10.0,
                4.0,
                0.466_364_216_048_080_102,
                0.533_635_783_951_919_898,
            ),
            (
                0.1,
                2.0,
                20.0,
                30.0,
                6.038_214_440_040_359e-8,
                0.999_999_939_617_855_6,
            ),
            (
                30.0,
                2.0,
                20.0,
                5.0,
                0.999_757_343_142_085_7,
                0.000_242_656_857_914_253_1,
            ),
            (
                3.0,
                4.0,
                42.668,
                100.0,
                1.317_335_075_930_879e-10,
                0.999_999_999_868_266_5,
            ),
            // Every second weight only.
            (
                900.0,
                3.6,
                25.0,
                4000.0,
                0.194_650_780_833_103_7,
                0.805_349_219_166_896_3,
            ),
        ];
        for (f, d1, d2, lambda, lower, upper) in cases {
            let tails = FStatistic { f, d1, d2 }.tails(lambda);
            close(tails.lower, lower, 2e-12);
            close(tails.upper, upper, 2e-12);
        }
        let f = FStatistic {
            f: 5.0,
            d1: 3.0,
            d2: 30.0,
        };
        close(f.lower_limit(0.025), 1.343_008_981_812_798_8, 1e-12);
        close(f.upper_limit(0.025), 34.050_785_164_876_4, 1e-12);
    }

    #[test]
    fn a_limit_is_zero_where_the_tail_is_too_large() {
        let small = FStatistic {
            f: 0.01,
            d1: 2.0,
            d2: 20.0,
        };
        assert_eq!(
            (small.lower_limit(0.025), small.upper_limit(0.025)),
            (0.0, 0.0)
        );
        let none = FStatistic {
            f: 0.0,
            d1: 2.0,
            d2: 20.0,
        };
        assert_eq!(
            (none.lower_limit(0.025), none.upper_limit(0.025)),
            (0.0, 0.0)
        );
        // An enormous F still has limits that enclose it.
        let huge = FStatistic {
            f: 1e12,
            d1: 2.0,
            d2: 200.0,
        };
        let (low, high) = (huge.lower_limit(0.025), huge.upper_limit(0.025));
        assert!(
            low > 1e12 && low < 2e12 && high > 2e12 && high < 3e12,
            "{low} {high}"
        );
    }
}
