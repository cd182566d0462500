//! The beta distribution, and with it F.
//!
//! Tails are cdflib's (AS 708), each computed as itself. A quantile is the root of ln P − ln p in the
//! logit of x, so that it keeps its digits near 0 and near 1.

use super::special::{ln_gamma, stirling_error};
use super::{check_tail, no_quantile, not_nan, positive};
use crate::Error;
use crate::root::{Tangent, newton};

/// A beta distribution.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Beta {
    a: f64,
    b: f64,
}

impl Beta {
    /// With these parameters; the mean is a/(a + b).
    ///
    /// ```
    /// use kring_stats::dist::Beta;
    /// // The lower end of Clopper and Pearson's interval for 3 of 10.
    /// assert!((Beta::new(3.0, 8.0)?.lower_quantile(0.025)? - 0.066_739_5).abs() < 1e-7);
    /// # Ok::<(), kring_stats::Error>(())
    /// ```
    pub fn new(a: f64, b: f64) -> Result<Self, Error> {
        Ok(Self {
            a: positive("the first parameter", a)?,
            b: positive("the second parameter", b)?,
        })
    }

    /// P(X ≤ x).
    pub fn lower_tail(&self, x: f64) -> Result<f64, Error> {
        let x = not_nan("x", x)?.clamp(0.0, 1.0);
        let tails = incomplete(self.a, self.b, x, 1.0 - x);
        not_nan("a tail of the beta distribution", tails.0)
    }

    /// P(X > x).
    pub fn upper_tail(&self, x: f64) -> Result<f64, Error> {
        let x = not_nan("x", x)?.clamp(0.0, 1.0);
        let tails = incomplete(self.a, self.b, x, 1.0 - x);
        not_nan("a tail of the beta distribution", tails.1)
    }

    /// The value below which lies a share p.
    pub fn lower_quantile(&self, p: f64) -> Result<f64, Error> {
        Ok(expit(self.lower_logit(p)?))
    }

    /// The value above which lies a share p.
    pub fn upper_quantile(&self, p: f64) -> Result<f64, Error> {
        Ok(expit(self.upper_logit(p)?))
    }

    /// ln(x/(1 − x)) of the lower quantile.
    pub(super) fn lower_logit(&self, p: f64) -> Result<f64, Error> {
        check_tail(p)?;
        let Self { a, b } = *self;
        let ln_beta = ln_beta(a, b);
        // P(x) → xᵃ / (a B) near zero.
        let near_zero = (p.ln() + a.ln() + ln_beta) / a;
        // The logit of a value that is no number any more counts as well as any other.
        if near_zero < -745.0 {
            return Ok(near_zero.max(-1e308));
        }
        let middle = (a / b).ln();
        let start = if near_zero < middle - 1.0 {
            near_zero
        } else {
            middle
        };
        let root = newton(start, |u| {
            let (x, y) = (expit(u), expit(-u));
            let tail = incomplete(a, b, x, y).0;
            Tangent {
                value: (tail / p).ln(),
                slope: (a * ln_expit(u) + b * ln_expit(-u) - ln_beta).exp() / tail,
            }
        });
        root.filter(|u| u.is_finite()).ok_or_else(|| no_quantile(p))
    }

    /// ln(x/(1 − x)) of the upper quantile: that of 1 − x turned round.
    pub(super) fn upper_logit(&self, p: f64) -> Result<f64, Error> {
        let turned = Self {
            a: self.b,
            b: self.a,
        };
        Ok(-turned.lower_logit(p)?)
    }
}

/// The lower and the upper tail at x, y = 1 − x.
pub(super) fn incomplete(a: f64, b: f64, x: f64, y: f64) -> (f64, f64) {
    cdflib::special::try_beta_inc(a, b, x, y).unwrap_or((f64::NAN, f64::NAN))
}

/// ln B(a, b), by Stirling's formula where the gamma functions would cancel.
fn ln_beta(a: f64, b: f64) -> f64 {
    let (small, large) = if a < b { (a, b) } else { (b, a) };
    if large < 10.0 {
        return ln_gamma(small) + ln_gamma(large) - ln_gamma(small + large);
    }
    // ln Γ(x) = (x − ½) ln x − x + ½ ln 2π + δ(x)
    let sum = small + large;
    let ratio =
        stirling_error(large) - stirling_error(sum) - (large - 0.5) * (small / large).ln_1p()
            + small
            - small * sum.ln();
    ln_gamma(small) + ratio
}

fn expit(u: f64) -> f64 {
    if u > 0.0 {
        1.0 / (1.0 + (-u).exp())
    } else {
        u.exp() / (1.0 + u.exp())
    }
}

/// ln(1/(1 + e⁻ᵘ))
fn ln_expit(u: f64) -> f64 {
    if u > 0.0 {
        -(-u).exp().ln_1p()
    } else {
        u - u.exp().ln_1p()
    }
}
