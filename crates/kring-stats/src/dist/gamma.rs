//! The gamma distribution, of which χ² is a case.
//!
//! Tails are cdflib's, each computed as itself. A quantile is the root of ln P(eᵘ) − ln p in u, so
//! that it keeps its digits also where it is 10⁻³⁰⁰.

use super::special::ln_gamma;
use super::{check_tail, no_quantile, not_nan, positive};
use crate::Error;
use crate::root::{Tangent, newton};

/// A gamma distribution.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gamma {
    shape: f64,
    scale: f64,
}

impl Gamma {
    /// With this shape and scale; the mean is their product.
    ///
    /// ```
    /// use kring_stats::dist::Gamma;
    /// let waiting = Gamma::new(3.0, 2.0)?;
    /// assert!((waiting.upper_quantile(0.025)? - 14.449_375_3).abs() < 1e-7);
    /// # Ok::<(), kring_stats::Error>(())
    /// ```
    pub fn new(shape: f64, scale: f64) -> Result<Self, Error> {
        Ok(Self {
            shape: positive("the shape", shape)?,
            scale: positive("the scale", scale)?,
        })
    }

    /// P(X ≤ x).
    pub fn lower_tail(&self, x: f64) -> Result<f64, Error> {
        let x = not_nan("x", x)?.max(0.0) / self.scale;
        not_nan(
            "a tail of the gamma distribution",
            incomplete(self.shape, x).0,
        )
    }

    /// P(X > x).
    pub fn upper_tail(&self, x: f64) -> Result<f64, Error> {
        let x = not_nan("x", x)?.max(0.0) / self.scale;
        not_nan(
            "a tail of the gamma distribution",
            incomplete(self.shape, x).1,
        )
    }

    /// The value below which lies a share p; zero where it is too small for a number.
    pub fn lower_quantile(&self, p: f64) -> Result<f64, Error> {
        check_tail(p)?;
        let a = self.shape;
        // P(x) → xᵃ / Γ(a + 1) near zero; from the middle elsewhere.
        let near_zero = (p.ln() + ln_gamma(a + 1.0)) / a;
        if near_zero < -745.0 {
            return Ok(0.0);
        }
        let start = if near_zero < a.ln() - 1.0 {
            near_zero
        } else {
            a.ln()
        };
        let root = newton(start, |u| {
            let x = u.exp();
            let tail = incomplete(a, x).0;
            Tangent {
                value: (tail / p).ln(),
                slope: (a * u - x - ln_gamma(a)).exp() / tail,
            }
        });
        self.scaled(root, p)
    }

    /// The value above which lies a share p.
    pub fn upper_quantile(&self, p: f64) -> Result<f64, Error> {
        check_tail(p)?;
        if p > 0.5 {
            return self.lower_quantile(1.0 - p);
        }
        let a = self.shape;
        let start = (a + (2.0 * a * -p.ln()).sqrt() - p.ln()).ln();
        let root = newton(start, |u| {
            let x = u.exp();
            let tail = incomplete(a, x).1;
            Tangent {
                value: (p / tail).ln(),
                slope: (a * u - x - ln_gamma(a)).exp() / tail,
            }
        });
        self.scaled(root, p)
    }

    fn scaled(&self, root: Option<f64>, p: f64) -> Result<f64, Error> {
        let x = root.map(|u| u.exp() * self.scale);
        x.filter(|x| x.is_finite()).ok_or_else(|| no_quantile(p))
    }
}

/// The lower and the upper tail at x ≥ 0.
pub(super) fn incomplete(shape: f64, x: f64) -> (f64, f64) {
    cdflib::special::try_gamma_inc(shape, x).unwrap_or((f64::NAN, f64::NAN))
}
