//! Exponential families on consecutive whole numbers: the noncentral hypergeometric distribution,
//! and sums of such variables with one odds ratio.
//!
//! ```text
//! one table   x of m and k − x of n have an event; given k events
//!             P(x; θ) ∝ C(m, x) C(n, k − x) e^{θx},   θ the log odds ratio
//! strata      S = Σ x_i with one θ:  P(s; θ) ∝ w_s e^{θs},  w the convolution of the strata's weights
//! estimate    θ̂ with E_θ(S) = s;   limits  P(S ≥ s; θ_low) = α/2,  P(S ≤ s; θ_high) = α/2
//! ```
//! Everything is summed on the log scale, so that no tail and no ratio underflows.
//!
//! Fisher RA (1935), JRSS 98:39–82, doi 10.2307/2342435; Cornfield J (1956), A statistical problem
//! arising from retrospective studies, Proc. Third Berkeley Symposium 4:135–148.

use std::ops::Range;

use super::counts::hypergeometric;
use super::discrete::{Counted, End, FARTHEST, SLACK};
use crate::root::root;

/// ln w_s for s = low, low + 1, …
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Tilted {
    pub low: f64,
    ln_weights: Vec<f64>,
}

impl Tilted {
    /// Of one table: how many of the k events fall among the m of the first arm.
    pub fn hypergeometric(m: f64, n: f64, k: f64) -> Self {
        let (low, high) = ((k - n).max(0.0), m.min(k));
        let mut ln_weights = Vec::new();
        let mut x = low;
        while x <= high {
            ln_weights.push(hypergeometric(x, m, n, k));
            x += 1.0;
        }
        Self { low, ln_weights }
    }

    /// Of the sum of independent variables with one θ.
    ///
    /// The weights are convolved tilted by `near`, a θ near which the figures are wanted, and set
    /// back afterwards: so no weight underflows that matters there.
    pub fn sum(parts: &[Self], near: f64) -> Self {
        let low = parts.iter().map(|part| part.low).sum();
        let mut sum = vec![1.0];
        for part in parts {
            let tilted: Vec<f64> = part.terms(near).collect();
            let largest = max(tilted.iter().copied());
            let weights: Vec<f64> = tilted.iter().map(|l| (l - largest).exp()).collect();
            let mut next = vec![0.0; sum.len() + weights.len() - 1];
            for (i, a) in sum.iter().enumerate() {
                for (total, b) in next[i..].iter_mut().zip(&weights) {
                    *total += a * b;
                }
            }
            let scale = max(next.iter().copied());
            sum = next.iter().map(|w| w / scale).collect();
        }
        let ln_weights = sum.iter().enumerate();
        let ln_weights = ln_weights.map(|(i, w)| w.ln() - near * i as f64).collect();
        Self { low, ln_weights }
    }

    pub fn len(&self) -> usize {
        self.ln_weights.len()
    }

    fn high(&self) -> f64 {
        self.low + self.len() as f64 - 1.0
    }

    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a whole number between the ends of the support"
    )]
    fn place(&self, x: f64) -> usize {
        (x - self.low) as usize
    }

    /// ln w_s + θ(s − low).
    fn terms(&self, theta: f64) -> impl Iterator<Item = f64> + Clone + '_ {
        let terms = self.ln_weights.iter().enumerate();
        terms.map(move |(i, l)| l + theta * i as f64)
    }

    fn ln_sum(&self, theta: f64, range: Range<usize>) -> f64 {
        let terms = self.terms(theta).skip(range.start).take(range.len());
        let largest = max(terms.clone());
        if largest == f64::NEG_INFINITY {
            return largest;
        }
        largest + terms.map(|l| (l - largest).exp()).sum::<f64>().ln()
    }

    /// ln P(S ≥ x) (for the low end of θ) or ln P(S ≤ x).
    fn ln_tail(&self, x: f64, theta: f64, end: End) -> f64 {
        let at = self.place(x);
        let (tail, rest) = match end {
            End::Low => (at..self.len(), 0..at),
            End::High => (0..at + 1, at + 1..self.len()),
        };
        let (tail, rest) = (self.ln_sum(theta, tail), self.ln_sum(theta, rest));
        // tail / (tail + rest), whichever is the larger.
        if tail < rest {
            tail - rest - (tail - rest).exp().ln_1p()
        } else {
            -(rest - tail).exp().ln_1p()
        }
    }

    /// The one-sided p-values: small where θ is larger (`End::Low`) or smaller than the null.
    pub fn p_value(&self, x: f64, theta: f64, end: End, counted: Counted) -> f64 {
        let whole = self.ln_tail(x, theta, end).exp();
        match counted {
            Counted::Whole => whole,
            Counted::Half => whole - 0.5 * self.probability(x, theta),
        }
    }

    /// P(S = x).
    pub fn probability(&self, x: f64, theta: f64) -> f64 {
        let all = self.ln_sum(theta, 0..self.len());
        let at = self.place(x);
        (self.ln_sum(theta, at..at + 1) - all).exp()
    }

    /// The probability of x and of all that is not more probable.
    pub fn two_sided(&self, x: f64, theta: f64) -> f64 {
        let at = self.place(x);
        let threshold = self.ln_sum(theta, at..at + 1) + SLACK.ln_1p();
        let all = self.ln_sum(theta, 0..self.len());
        let rare = self.terms(theta).filter(|&l| l <= threshold);
        rare.map(|l| (l - all).exp()).sum::<f64>().min(1.0)
    }

    /// E(S) − x.
    fn excess(&self, x: f64, theta: f64) -> f64 {
        let largest = max(self.terms(theta));
        let (mut total, mut sum) = (0.0, 0.0);
        for (i, l) in self.terms(theta).enumerate() {
            let w = (l - largest).exp();
            total += w;
            sum += w * (self.low + i as f64 - x);
        }
        sum / total
    }

    /// The conditional maximum likelihood estimate of θ.
    pub fn estimate(&self, x: f64) -> Estimated {
        if self.len() == 1 {
            Estimated::Nowhere
        } else if x == self.low {
            Estimated::Below
        } else if x == self.high() {
            Estimated::Above
        } else {
            Estimated::At(root(-FARTHEST, FARTHEST, |theta| self.excess(x, theta)))
        }
    }

    /// The θ at which x or more, or x or fewer, have the probability `tail`; absent where no θ is
    /// too small or too large.
    pub fn limit(&self, x: f64, tail: f64, end: End, counted: Counted) -> Option<f64> {
        if (end == End::Low && x == self.low) || (end == End::High && x == self.high()) {
            return None;
        }
        let ln_tail = |theta| match counted {
            Counted::Whole => self.ln_tail(x, theta, end),
            Counted::Half => self.p_value(x, theta, end, counted).ln(),
        };
        let f = |theta| ln_tail(theta) - tail.ln();
        Some(root(-FARTHEST, FARTHEST, f))
    }
}

/// Where a likelihood has its maximum.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Estimated {
    At(f64),
    /// It rises towards minus infinity.
    Below,
    /// It rises towards infinity.
    Above,
    /// It is flat: the data say nothing.
    Nowhere,
}

fn max(values: impl Iterator<Item = f64>) -> f64 {
    values.fold(f64::NEG_INFINITY, f64::max)
}
