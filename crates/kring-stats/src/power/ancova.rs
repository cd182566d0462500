//! Power of the comparison of two arms after adjustment for baseline.
//!
//! ```text
//! model     y = arm + β'x + e,  e ~ N(0, σ²(1 − r²)),  x: k covariates, normal, alike in both arms,
//!           r their (multiple) correlation with y within an arm;  N = n₁ + n₂
//! given x   δ_x = δ √B,  δ = d / (σ √(1 − r²) √(1/n₁ + 1/n₂)),  df = N − 2 − k:
//!           chance imbalance of the covariates costs 1 − B of the information
//! exact     B ~ Beta((N − 1 − k)/2, k/2):  power = E_B P(t_df(δ √B) > t_c)
//! deflated  the t test of two means with the SD σ √(1 − r²) and N − 2 degrees of freedom
//! ```
//! Randomised arms are meant: a baseline difference that is more than chance costs more. R has no
//! function for it.
//!
//! Shieh G (2020), Psychometrika 85:101–120, doi 10.1007/s11336-019-09692-3; Borm GF, Fransen J,
//! Lemmens WAJG (2007), J Clin Epidemiol 60:1234–1238, doi 10.1016/j.jclinepi.2007.02.006.

use kring_core::{Alternative, Measure, PowerUnit};
use serde::{Deserialize, Serialize};

use super::OtherTail;
use super::form::{Form, Frame, Sizes, correlation, positive, two};
use super::mixture::mean_over_beta;
use super::tail::Level;
use crate::Error;

/// Two adjusted means; the effect is the first less the second.
///
/// ```
/// use kring_stats::power::{Ancova, AncovaPower, ClosedForm, Solve};
/// let exact = Ancova { correlation: 0.5, ..Ancova::default() };
/// let usual = Ancova { method: AncovaPower::Deflated, ..exact };
/// let asked = Solve::N { effect: 0.5, power: 0.8 };
/// // The t test needs 64; a correlation of ½ saves a quarter. Exactly n is 48.9, not 48.1.
/// assert_eq!((usual.solve(asked)?.n[0], exact.solve(asked)?.n[0]), (49, 49));
/// # Ok::<(), kring_stats::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Ancova {
    /// The standard deviation of the outcome within an arm, before adjustment.
    pub sd: f64,
    /// The correlation of baseline and outcome within an arm; of several covariates the multiple one.
    pub correlation: f64,
    /// How many covariates there are.
    pub covariates: u32,
    /// How the power is computed.
    pub method: AncovaPower,
    /// The size of the second arm beside the first.
    pub allocation: f64,
    /// The error rate of the test.
    pub alpha: f64,
    /// On which side the alternative lies.
    pub alternative: Alternative,
    /// Whether a find with the wrong sign counts.
    pub other_tail: OtherTail,
}

/// How the power of an analysis of covariance is computed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AncovaPower {
    /// Exactly, for normal covariates that differ between the arms by chance only.
    #[default]
    Exact,
    /// The usual approximation: a t test with the standard deviation times √(1 − r²).
    Deflated,
}

impl Default for Ancova {
    fn default() -> Self {
        Self {
            sd: 1.0,
            correlation: 0.5,
            covariates: 1,
            method: AncovaPower::Exact,
            allocation: 1.0,
            alpha: 0.05,
            alternative: Alternative::TwoSided,
            other_tail: OtherTail::Ignored,
        }
    }
}

impl Ancova {
    fn level(&self) -> Level {
        Level {
            alpha: self.alpha,
            alternative: self.alternative,
            other_tail: self.other_tail,
        }
    }
}

impl Form for Ancova {
    fn frame(&self) -> Result<Frame, Error> {
        self.level().check()?;
        positive("the SD of the outcome", self.sd)?;
        correlation("the correlation of baseline and outcome", self.correlation)?;
        positive("the number of covariates", f64::from(self.covariates))?;
        positive("the allocation", self.allocation)?;
        let k = f64::from(self.covariates);
        Ok(Frame {
            name: "the analysis of covariance",
            method: match self.method {
                AncovaPower::Exact => {
                    "analysis of covariance of two arms, exact for normal covariates"
                }
                AncovaPower::Deflated => {
                    "analysis of covariance of two arms, as a t test with the SD times √(1 − r²)"
                }
            }
            .to_owned(),
            measure: if self.sd == 1.0 {
                Measure::StandardizedMeanDifference
            } else {
                Measure::MeanDifference { unit: None }
            },
            alpha: self.alpha,
            alternative: self.alternative,
            unit: PowerUnit::Subjects,
            allocation: vec![1.0, self.allocation],
            fewest: f64::midpoint(3.0, k).max(2.0),
            sizes: Sizes::Real,
            centre: 0.0,
            effects: [f64::NEG_INFINITY, f64::INFINITY],
            scale: self.sd,
        })
    }

    fn power(&self, sizes: &[f64], effect: f64) -> Result<f64, Error> {
        let [n1, n2] = two(sizes)?;
        let level = self.level();
        let k = f64::from(self.covariates);
        let left = (1.0 - self.correlation) * (1.0 + self.correlation);
        let delta = effect / (self.sd * (left * (1.0 / n1 + 1.0 / n2)).sqrt());
        let total = n1 + n2;
        match self.method {
            AncovaPower::Deflated => level.student(delta, total - 2.0),
            AncovaPower::Exact => {
                let given = |b: f64| level.student(delta * b.sqrt(), total - 2.0 - k);
                // So near to balance the power is a straight line, to 1e-12.
                let near = 1e-6;
                let (balanced, beside) = (given(1.0)?, given(1.0 - near)?);
                mean_over_beta([(total - 1.0 - k) / 2.0, k / 2.0], |b, rest| {
                    if rest < near {
                        return Ok(balanced + (beside - balanced) * (rest / near));
                    }
                    given(b)
                })
            }
        }
    }
}
