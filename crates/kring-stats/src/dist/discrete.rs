//! Exact p-values and limits from binomial and Poisson counts.
//!
//! ```text
//! tails        P(X ≥ x) and P(X ≤ x), each as a tail of its own (`counts`)
//! two-sided    Σ of all probabilities that are not above that of x, times 1 + 10⁻⁷ for rounding
//! limits       the log odds, or the log rate, at which a tail is what it should be
//! ```

use super::counts::{self, Tails};
use crate::root::root;

/// What R allows for rounding where it compares probabilities.
pub(crate) const SLACK: f64 = 1e-7;

/// The farthest that a log odds or log rate is looked for: e⁷⁰⁰ is nearly the largest number.
pub(crate) const FARTHEST: f64 = 700.0;

/// Which end of a scale.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Low,
    High,
}

/// How the probability of what was seen itself counts in a tail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Counted {
    /// Whole, as an exact test does.
    Whole,
    /// Half: mid-p.
    Half,
}

/// x events in n, each with the odds e^θ.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Binomial {
    pub n: f64,
    pub p: f64,
    /// 1 − p, given beside it to keep its digits.
    pub q: f64,
}

impl Binomial {
    pub fn of_log_odds(n: f64, theta: f64) -> Self {
        Self {
            n,
            p: 1.0 / (1.0 + (-theta).exp()),
            q: 1.0 / (1.0 + theta.exp()),
        }
    }

    pub fn new(n: f64, p: f64) -> Self {
        Self { n, p, q: 1.0 - p }
    }

    pub fn ln_pmf(&self, x: f64) -> f64 {
        counts::binomial(x, self.n, self.p, self.q)
    }

    fn tails(&self, x: f64) -> Tails {
        counts::binomial_tails(x, self.n, self.p, self.q)
    }

    /// P(X ≥ x).
    pub fn upper(&self, x: f64) -> f64 {
        some(self.tails(x - 1.0).upper)
    }

    /// P(X ≤ x).
    pub fn lower(&self, x: f64) -> f64 {
        some(self.tails(x).lower)
    }

    pub fn two_sided(&self, x: f64) -> f64 {
        let (n, mean) = (self.n, self.n * self.p);
        two_sided(
            x,
            mean,
            n,
            |x| self.ln_pmf(x),
            |x| self.lower(x),
            |x| self.upper(x),
        )
    }

    fn tail(&self, x: f64, end: End, counted: Counted) -> f64 {
        let half = || 0.5 * self.ln_pmf(x).exp();
        // Counts beyond 2⁵³ are no longer whole, and a half may be one too many.
        let tail = match (end, counted) {
            (End::Low, Counted::Whole) => self.upper(x),
            (End::Low, Counted::Half) => self.upper(x + 1.0) + half(),
            (End::High, Counted::Whole) => self.lower(x),
            (End::High, Counted::Half) => self.lower(x - 1.0) + half(),
        };
        tail.min(1.0)
    }

    /// The one-sided p-values: small where the odds are larger (`End::Low`) or smaller than the
    /// data suggest.
    pub fn p_value(&self, x: f64, end: End, counted: Counted) -> f64 {
        self.tail(x, end, counted)
    }

    /// The log odds at which x events of n or more (for the low end), or fewer (for the high one),
    /// have the probability `tail`; absent where no odds are too small or too large.
    pub fn limit(x: f64, n: f64, tail: f64, end: End, counted: Counted) -> Option<f64> {
        if (end == End::Low && x == 0.0) || (end == End::High && x == n) {
            return None;
        }
        let f = |theta| Self::of_log_odds(n, theta).tail(x, end, counted).ln() - tail.ln();
        Some(root(-FARTHEST, FARTHEST, f))
    }
}

/// Counts with mean λ.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Poisson {
    pub lambda: f64,
}

impl Poisson {
    pub fn ln_pmf(self, x: f64) -> f64 {
        counts::poisson(x, self.lambda)
    }

    /// P(X ≥ x).
    pub fn upper(self, x: f64) -> f64 {
        some(counts::poisson_tails(x - 1.0, self.lambda).upper)
    }

    /// P(X ≤ x).
    pub fn lower(self, x: f64) -> f64 {
        some(counts::poisson_tails(x, self.lambda).lower)
    }

    pub fn two_sided(self, x: f64) -> f64 {
        let lambda = self.lambda;
        two_sided(
            x,
            lambda,
            f64::INFINITY,
            |x| self.ln_pmf(x),
            |x| self.lower(x),
            |x| self.upper(x),
        )
    }

    /// The ln λ at which x or more (for the low end), or x or fewer (for the high one), have the
    /// probability `tail`; absent where no mean is too small.
    pub fn limit(x: f64, tail: f64, end: End) -> Option<f64> {
        if end == End::Low && x == 0.0 {
            return None;
        }
        let f = |ln_lambda: f64| {
            let at = Self {
                lambda: ln_lambda.exp(),
            };
            match end {
                End::Low => at.upper(x).ln() - tail.ln(),
                End::High => at.lower(x).ln() - tail.ln(),
            }
        };
        // Means beyond e^100 would overflow the series; no count is that large.
        Some(root(-FARTHEST, 100.0, f))
    }
}

/// A tail, or zero where the library of special functions gives up so far out.
fn some(tail: f64) -> f64 {
    tail.max(0.0)
}

/// The probability of x and of all that is not more probable, where probabilities fall to both
/// sides of the mean.
fn two_sided(
    x: f64,
    mean: f64,
    largest: f64,
    ln_pmf: impl Fn(f64) -> f64,
    lower: impl Fn(f64) -> f64,
    upper: impl Fn(f64) -> f64,
) -> f64 {
    if x == mean {
        return 1.0;
    }
    let threshold = ln_pmf(x) + SLACK.ln_1p();
    let rare = |y: f64| ln_pmf(y) <= threshold;
    let p = if x < mean {
        let start = mean.ceil() - 1.0;
        let steps = first(largest - start, |k| rare(start + k));
        lower(x) + upper(start + steps)
    } else {
        let start = mean.floor() + 1.0;
        let steps = first(start, |k| rare(start - k));
        upper(x) + lower(start - steps)
    };
    p.min(1.0)
}

/// The first whole number from 1 to `most` that is so; `most` + 1 if none is. All after it are so too.
fn first(most: f64, is_so: impl Fn(f64) -> bool) -> f64 {
    let (mut before, mut step) = (0.0, 1.0);
    while before + step <= most && !is_so(before + step) {
        before += step;
        step *= 2.0;
    }
    let mut found = (before + step).min(most + 1.0);
    loop {
        let middle = f64::midpoint(before, found).floor();
        // Also where whole numbers lie farther apart than one.
        if middle <= before || middle >= found {
            return found;
        }
        if is_so(middle) {
            found = middle;
        } else {
            before = middle;
        }
    }
}

#[cfg(test)]
#[allow(
    clippy::excessive_precision,
    reason = "the digits are those of the script"
)]
mod tests {
    use super::*;

    fn close(ours: f64, truth: f64, relative: f64) {
        assert!(
            (ours / truth - 1.0).abs() < relative,
            "{ours} is not {truth}"
        );
    }

    /// Truth from mpmath with 40 digits (reference/scripts/discrete.py).
    #[test]
    fn probabilities_keep_their_digits_in_the_tails() {
        close(
            Binomial::new(10.0, 0.2).ln_pmf(3.0).exp(),
            0.201_326_592,
            1e-14,
        );
        close(
            Binomial::new(1e6, 0.5).ln_pmf(5e5).exp(),
            7.978_843_613_317_500_9e-4,
            1e-14,
        );
        close(
            Binomial::new(1000.0, 0.001).upper(20.0),
            1.335_748_699_236_255_1e-19,
            1e-12,
        );
        close(
            Binomial::new(1000.0, 0.5).lower(300.0),
            8.832_839_003_975_068_6e-38,
            1e-12,
        );
        let poisson = |lambda| Poisson { lambda };
        close(
            poisson(100.0).ln_pmf(150.0).exp(),
            6.511_160_468_786_342_6e-7,
            1e-13,
        );
        close(
            poisson(10.0).upper(60.0),
            6.521_903_327_818_373_6e-27,
            1e-12,
        );
        close(poisson(40.0).lower(3.0), 4.888_864_465_181_051e-14, 1e-12);
        close(
            counts::hypergeometric(49.0, 55.0, 60.0, 60.0).exp(),
            3.588_173_122_751_162_6e-15,
            1e-13,
        );
        close(
            counts::hypergeometric(5100.0, 1e4, 9.9e5, 5e5).exp(),
            1.063_599_146_388_512_7e-3,
            1e-12,
        );
    }

    #[test]
    fn edges_are_certain_or_impossible() {
        let sure = Binomial::new(5.0, 1.0);
        assert_eq!(
            (sure.ln_pmf(5.0), sure.ln_pmf(4.0)),
            (0.0, f64::NEG_INFINITY)
        );
        let never = Binomial::new(5.0, 0.0);
        assert_eq!(
            (never.ln_pmf(0.0), never.ln_pmf(1.0)),
            (0.0, f64::NEG_INFINITY)
        );
        assert_eq!((never.upper(0.0), never.lower(5.0)), (1.0, 1.0));
        assert_eq!((never.upper(6.0), never.lower(-1.0)), (0.0, 0.0));
        assert_eq!(Poisson { lambda: 0.0 }.ln_pmf(0.0), 0.0);
        assert_eq!(counts::hypergeometric(0.0, 3.0, 4.0, 0.0), 0.0);
        assert_eq!(
            Binomial::limit(0.0, 5.0, 0.025, End::Low, Counted::Whole),
            None
        );
        assert_eq!(
            Binomial::limit(5.0, 5.0, 0.025, End::High, Counted::Whole),
            None
        );
        assert_eq!(Poisson::limit(0.0, 0.025, End::Low), None);
    }

    #[test]
    fn two_sided_by_hand() {
        // B(5, 0.4): 0.07776, 0.2592, 0.3456, 0.2304, 0.0768, 0.01024. Not above that of 4: 4 and 5;
        // of 0: 0, 4 and 5; of 3: all but 1 and 2.
        let binomial = Binomial::new(5.0, 0.4);
        close(binomial.two_sided(4.0), 0.087_04, 1e-14);
        close(binomial.two_sided(0.0), 0.164_8, 1e-14);
        close(binomial.two_sided(3.0), 0.395_2, 1e-14);
        assert_eq!(binomial.two_sided(2.0), 1.0);
        // Ties on both sides of ½ count: 1 and 4 of 5.
        close(Binomial::new(5.0, 0.5).two_sided(4.0), 12.0 / 32.0, 1e-14);
        // Poisson(2): e⁻² (1, 2, 2, 4/3, 2/3, …). Not above that of 0, e⁻²: 0 and all from 4.
        let e = (-2.0_f64).exp();
        let poisson = Poisson { lambda: 2.0 };
        close(
            poisson.two_sided(0.0),
            e + 1.0 - e * (5.0 + 4.0 / 3.0),
            1e-13,
        );
    }

    #[test]
    fn limits_by_hand() {
        // No event in n: the upper limit of p is 1 − (α/2)^{1/n}; of λ it is −ln(α/2).
        let theta = Binomial::limit(0.0, 10.0, 0.025, End::High, Counted::Whole);
        let p = 1.0 - 0.025_f64.powf(0.1);
        close(theta.unwrap_or(f64::NAN), (p / (1.0 - p)).ln(), 1e-14);
        let ln = Poisson::limit(0.0, 0.025, End::High).unwrap_or(f64::NAN);
        close(ln.exp(), -(0.025_f64.ln()), 1e-14);
    }
}
