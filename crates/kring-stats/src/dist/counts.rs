//! Distributions of counts: the probability of a count, and both tails beside it.
//!
//! Tails are computed as tails (incomplete gamma and beta functions), never as one minus a
//! probability.

use cdflib::special::{beta_inc, gamma_inc};

use super::special::{ln_choose, ln_factorial};

/// P(Y ≤ y) and P(Y > y).
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Tails {
    pub lower: f64,
    pub upper: f64,
}

/// Nothing lies below zero.
const NOTHING_BELOW: Tails = Tails {
    lower: 0.0,
    upper: 1.0,
};

/// ln P(Y = y) of a Poisson count with this mean.
pub(crate) fn poisson_ln_pmf(y: f64, mean: f64) -> f64 {
    if mean == 0.0 {
        return if y == 0.0 { 0.0 } else { f64::NEG_INFINITY };
    }
    y * mean.ln() - mean - ln_factorial(y)
}

pub(crate) fn poisson_tails(y: f64, mean: f64) -> Tails {
    if y < 0.0 {
        return NOTHING_BELOW;
    }
    let (upper, lower) = gamma_inc(y + 1.0, mean);
    Tails { lower, upper }
}

/// ln P(Y = y) of a negative binomial count: variance mean + mean² / size.
pub(crate) fn negative_binomial_ln_pmf(y: f64, mean: f64, size: f64) -> f64 {
    if mean == 0.0 {
        return if y == 0.0 { 0.0 } else { f64::NEG_INFINITY };
    }
    let ln_p = -(mean / size).ln_1p();
    Rising::default().up_to(0.0, y, size).ln - ln_factorial(y)
        + size * ln_p
        + y * (mean.ln() + ln_p)
}

/// Sums over j < y that a negative binomial count of size k brings along.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Rising {
    /// Σ ln(1 + j/k) = ln Γ(y + k) − ln Γ(k) − y ln k
    pub ln: f64,
    /// Σ k / (k + j)
    pub a: f64,
    /// Σ (k / (k + j))²
    pub b: f64,
    /// Σ (k / (k + j))³
    pub c: f64,
}

impl Rising {
    /// The sums over j < y from those over j < `from`.
    ///
    /// Long sums are the differences of Stirling's series of ln Γ, ψ and ψ′ at A = k + from and
    /// B = k + y (Abramowitz & Stegun 6.1.41, 6.3.18, 6.4.12 to 6.4.13), written so that no digits cancel when
    /// k is large.
    pub fn up_to(mut self, from: f64, y: f64, k: f64) -> Self {
        const LONGEST: f64 = 256.0;
        const FIRST: f64 = 32.0;
        let long = y - from > LONGEST;
        let stop = if long { from + FIRST } else { y };
        let mut j = from;
        while j < stop {
            let share = k / (k + j);
            self.ln += (j / k).ln_1p();
            self.a += share;
            self.b += share * share;
            self.c += share * share * share;
            j += 1.0;
        }
        if long {
            let (a, b, m) = (k + stop, k + y, y - stop);
            let less = |power: i32| b.powi(-power) - a.powi(-power);
            let ln = (m / a).ln_1p();
            self.ln += (b - 0.5) * ln + m * (stop / k).ln_1p() - m + less(1) / 12.0
                - less(3) / 360.0
                + less(5) / 1260.0;
            self.a += k * (ln - less(1) / 2.0 - less(2) / 12.0 + less(4) / 120.0 - less(6) / 252.0);
            self.b += k
                * k
                * (m / (a * b) - less(2) / 2.0 - less(3) / 6.0 + less(5) / 30.0 - less(7) / 42.0);
            // ½ (ψ″(B) − ψ″(A)); 1/A² − 1/B² = m (A + B) / (A B)²
            self.c += k.powi(3) / 2.0
                * (m / (a * b) * (a + b) / (a * b) - less(3) - less(4) / 2.0 + less(6) / 6.0
                    - less(8) / 6.0);
        }
        self
    }
}

pub(crate) fn negative_binomial_tails(y: f64, mean: f64, size: f64) -> Tails {
    if y < 0.0 {
        return NOTHING_BELOW;
    }
    let (p, q) = (size / (size + mean), mean / (size + mean));
    let (lower, upper) = beta_inc(size, y + 1.0, p, q);
    Tails { lower, upper }
}

/// ln P(Y = y) of a binomial count.
pub(crate) fn binomial_ln_pmf(y: f64, trials: f64, probability: f64) -> f64 {
    if y > trials {
        return f64::NEG_INFINITY;
    }
    let times = |count: f64, ln: f64| if count == 0.0 { 0.0 } else { count * ln };
    ln_choose(trials, y) + times(y, probability.ln()) + times(trials - y, (-probability).ln_1p())
}

pub(crate) fn binomial_tails(y: f64, trials: f64, probability: f64) -> Tails {
    if y < 0.0 {
        return NOTHING_BELOW;
    }
    if y >= trials {
        return Tails {
            lower: 1.0,
            upper: 0.0,
        };
    }
    let (upper, lower) = beta_inc(y + 1.0, trials - y, probability, 1.0 - probability);
    Tails { lower, upper }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every tail is the sum of the probabilities in it.
    #[test]
    fn tails_are_sums_of_probabilities() {
        type Probability<'a> = &'a dyn Fn(f64) -> f64;
        type BothTails<'a> = &'a dyn Fn(f64) -> Tails;
        let each: [(&str, Probability<'_>, BothTails<'_>); 4] = [
            ("Poisson", &|y| poisson_ln_pmf(y, 2.7), &|y| {
                poisson_tails(y, 2.7)
            }),
            (
                "negative binomial",
                &|y| negative_binomial_ln_pmf(y, 4.0, 0.6),
                &|y| negative_binomial_tails(y, 4.0, 0.6),
            ),
            ("binomial", &|y| binomial_ln_pmf(y, 9.0, 0.2), &|y| {
                binomial_tails(y, 9.0, 0.2)
            }),
            (
                "nearly Poisson",
                &|y| negative_binomial_ln_pmf(y, 2.7, 1e12),
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
            assert_eq!(tails(-1.0), NOTHING_BELOW);
        }
    }

    #[test]
    fn edges_have_their_probability() {
        assert!(poisson_ln_pmf(0.0, 0.0).abs() < 1e-15);
        assert_eq!(poisson_ln_pmf(1.0, 0.0), f64::NEG_INFINITY);
        assert!(binomial_ln_pmf(3.0, 3.0, 1.0).abs() < 1e-9);
        assert_eq!(binomial_ln_pmf(4.0, 3.0, 0.5), f64::NEG_INFINITY);
        assert_eq!(binomial_tails(3.0, 3.0, 0.5).upper, 0.0);
        // By hand: size 1 is geometric, P(Y = y) = ½^(y + 1) with mean 1.
        assert!((negative_binomial_ln_pmf(600.0, 1.0, 1.0) + 601.0 * 2.0_f64.ln()).abs() < 1e-9);
    }

    #[test]
    fn long_sums_are_the_sums() {
        for k in [1e-3, 0.7, 30.0, 1e5, 1e14] {
            let long = Rising::default().up_to(0.0, 9000.0, k);
            let mut short = Rising::default();
            for y in 0..9000 {
                short = short.up_to(f64::from(y), f64::from(y + 1), k);
            }
            for (long, short) in [
                (long.ln, short.ln),
                (long.a, short.a),
                (long.b, short.b),
                (long.c, short.c),
            ] {
                assert!(
                    (long - short).abs() < 1e-10 * short.abs().max(0.1),
                    "{k}: {long} {short}"
                );
            }
        }
    }
}
