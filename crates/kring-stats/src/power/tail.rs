//! The level of a test, and how often a shifted normal or noncentral t passes it.
//!
//! ```text
//! greater    P(Z + δ > c_α),  less  P(Z + δ < −c_α)
//! two-sided  P(Z + |δ| > c_{α/2}), and with the other tail P(Z − |δ| > c_{α/2}) on top
//! ```

use kring_core::{Alternative, Reference};

use super::OtherTail;
use super::form::share;
use crate::dist::noncentral;
use crate::{Error, dist};

/// The level of a test and its sides.
#[derive(Debug, Clone, Copy)]
pub(super) struct Level {
    pub alpha: f64,
    pub alternative: Alternative,
    pub other_tail: OtherTail,
}

impl Level {
    pub fn check(self) -> Result<(), Error> {
        share("alpha, the error rate of the test,", self.alpha).map(|_| ())
    }

    /// The error rate of the side that counts.
    fn tail(self) -> f64 {
        match self.alternative {
            Alternative::TwoSided => self.alpha / 2.0,
            _ => self.alpha,
        }
    }

    /// The critical value.
    pub fn critical(self, reference: Reference) -> Result<f64, Error> {
        dist::upper_quantile(self.tail(), reference)
    }

    /// The power of an estimate that is `shift` of its standard errors from the null, and `inflation`
    /// times as uncertain under the null hypothesis as it is in truth.
    pub fn normal(self, shift: f64, inflation: f64) -> Result<f64, Error> {
        let c = self.critical(Reference::Normal)? * inflation;
        self.both(shift, |delta| Ok(dist::upper_normal(c - delta)))
    }

    /// The power of a t test with noncentrality δ.
    pub fn student(self, delta: f64, df: f64) -> Result<f64, Error> {
        let reference = Reference::StudentT { df };
        let c = self.critical(reference)?;
        self.both(delta, |delta| noncentral::upper_tail(c, delta, reference))
    }

    /// The power where `upper(δ)` is that of the upper side at noncentrality δ.
    pub fn both(self, delta: f64, upper: impl Fn(f64) -> Result<f64, Error>) -> Result<f64, Error> {
        match self.alternative {
            Alternative::Greater => upper(delta),
            Alternative::Less => upper(-delta),
            Alternative::TwoSided => {
                let right = upper(delta.abs())?;
                match self.other_tail {
                    OtherTail::Ignored => Ok(right),
                    OtherTail::Counted => Ok((right + upper(-delta.abs())?).min(1.0)),
                }
            }
        }
    }
}
