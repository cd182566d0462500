//! Power of the test that a correlation is zero.
//!
//! ```text
//! test      T = R √(n − 2) / √(1 − R²) against t with n − 2 degrees of freedom
//! exact     x and y bivariate normal. Given x, T is noncentral t with δ = ρ/√(1 − ρ²) √S_xx, and
//!           S_xx ~ χ²_{n−1}:  power = E P(t_{n−2}(ρ/√(1 − ρ²) χ_{n−1}) > t_c)
//! Fisher z  z_R ~ N(artanh ρ + ρ/(2(n − 1)), 1/(n − 3)),  z_c = artanh(t_c / √(t_c² + n − 2)):
//!           Φ((z_ρ − z_c) √(n − 3)).  R's package pwr (`pwr.r.test`), which counts the other tail
//! ```
//! Cohen J (1988), ch. 3 and equation 12.3.1; Fisher RA (1915), Biometrika 10:507–521,
//! doi 10.1093/biomet/10.4.507.

use kring_core::{Alternative, Measure, PowerUnit, Reference};
use serde::{Deserialize, Serialize};

use super::OtherTail;
use super::form::{Form, Frame, Sizes, one};
use super::mixture::mean_over_chi;
use super::tail::Level;
use crate::{Error, dist};

/// One correlation against zero; the effect is r.
///
/// ```
/// use kring_stats::power::{ClosedForm, CorrelationR, Solve};
/// let needed = CorrelationR::default().solve(Solve::N { effect: 0.3, power: 0.8 })?;
/// assert_eq!(needed.n, [84]);
/// # Ok::<(), kring_stats::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CorrelationR {
    /// How the power is computed.
    pub method: CorrelationPower,
    /// The error rate of the test.
    pub alpha: f64,
    /// On which side the alternative lies.
    pub alternative: Alternative,
    /// Whether a find with the wrong sign counts.
    pub other_tail: OtherTail,
}

/// How the power of a correlation is computed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CorrelationPower {
    /// Exactly, for two normal variables.
    #[default]
    Exact,
    /// By Fisher's z with its bias, as Cohen's tables and R's package pwr.
    FisherZ,
}

impl Default for CorrelationR {
    fn default() -> Self {
        Self {
            method: CorrelationPower::Exact,
            alpha: 0.05,
            alternative: Alternative::TwoSided,
            other_tail: OtherTail::Ignored,
        }
    }
}

impl CorrelationR {
    fn level(&self) -> Level {
        Level {
            alpha: self.alpha,
            alternative: self.alternative,
            other_tail: self.other_tail,
        }
    }
}

impl Form for CorrelationR {
    fn frame(&self) -> Result<Frame, Error> {
        self.level().check()?;
        Ok(Frame {
            name: "the test of a correlation",
            method: match self.method {
                CorrelationPower::Exact => "t test of a correlation, exact for normal variables",
                CorrelationPower::FisherZ => "t test of a correlation, by Fisher's z with its bias",
            }
            .to_owned(),
            measure: Measure::Correlation,
            alpha: self.alpha,
            alternative: self.alternative,
            unit: PowerUnit::Subjects,
            allocation: vec![1.0],
            fewest: match self.method {
                CorrelationPower::Exact => 3.0,
                CorrelationPower::FisherZ => 4.0,
            },
            sizes: Sizes::Real,
            centre: 0.0,
            effects: [-1.0, 1.0],
            scale: 0.5,
        })
    }

    fn power(&self, sizes: &[f64], effect: f64) -> Result<f64, Error> {
        let n = one(sizes)?;
        let level = self.level();
        match self.method {
            CorrelationPower::Exact => {
                let slope = effect / ((1.0 - effect) * (1.0 + effect)).sqrt();
                mean_over_chi(n - 1.0, |chi| level.student(slope * chi, n - 2.0))
            }
            CorrelationPower::FisherZ => {
                let t = level.critical(Reference::StudentT { df: n - 2.0 })?;
                let critical = (t / (t * t + n - 2.0).sqrt()).atanh();
                let root = (n - 3.0).sqrt();
                let z = effect.atanh() + effect / (2.0 * (n - 1.0));
                level.both(z * root, |shift| {
                    Ok(dist::upper_normal(critical * root - shift))
                })
            }
        }
    }
}
