//! Power of two one-sided tests of equivalence, and of non-inferiority.
//!
//! ```text
//! equivalence      H0: d ≤ low or d ≥ high.  Both t tests reject when
//!                  low + t_α se < D < high − t_α se,  se = s √(1/n₁ + 1/n₂),  s² ~ σ² χ²_ν / ν
//! power            ∫₀^{s_max} [Φ((high − d)/σ_d − t_α s) − Φ((low − d)/σ_d + t_α s)] f_ν(s) ds,
//!                  s = √(χ²_ν / ν),  σ_d = σ √(1/n₁ + 1/n₂),  s_max = (high − low)/(2 t_α σ_d):
//!                  the difference of two of Owen's Q functions, exact
//! non-inferiority  one t test of d against the margin:  P(t_ν((d ∓ margin)/σ_d) > t_α)
//! ```
//! Student's t test of two arms (one SD), ν = n₁ + n₂ − 2. This is what R's PowerTOST computes as
//! `method = "exact"`; the difference of two noncentral t probabilities, its `nct`, is too low where the
//! study is small.
//!
//! Owen DB (1965), Biometrika 52:437–446, doi 10.1093/biomet/52.3-4.437; Phillips KF (1990),
//! J Pharmacokinet Biopharm 18:137–144, doi 10.1007/bf01063556.

use kring_core::{Alternative, Measure, PowerUnit, Reference};
use serde::{Deserialize, Serialize};

use super::OtherTail;
use super::form::{Form, Frame, Sizes, argument, positive, share, two};
use super::tail::Level;
use crate::dist::noncentral::integrate;
use crate::equivalence::Better;
use crate::{Error, dist};

/// Whether two means are alike; the effect is their true difference, the first less the second, which
/// lies within the margins.
///
/// ```
/// use kring_stats::power::{ClosedForm, EquivalentMeans, Solve};
/// let plan = EquivalentMeans { low: -0.5, high: 0.5, ..EquivalentMeans::default() };
/// let needed = plan.solve(Solve::N { effect: 0.0, power: 0.8 })?;
/// assert_eq!(needed.n, [70, 70]);
/// # Ok::<(), kring_stats::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EquivalentMeans {
    /// The lower margin.
    pub low: f64,
    /// The upper margin.
    pub high: f64,
    /// The standard deviation within an arm.
    pub sd: f64,
    /// The size of the second arm beside the first.
    pub allocation: f64,
    /// The error rate of each one-sided test.
    pub alpha: f64,
}

impl Default for EquivalentMeans {
    fn default() -> Self {
        Self {
            low: -0.5,
            high: 0.5,
            sd: 1.0,
            allocation: 1.0,
            alpha: 0.05,
        }
    }
}

impl Form for EquivalentMeans {
    fn frame(&self) -> Result<Frame, Error> {
        let Self { low, high, .. } = *self;
        if !(low < high && low.is_finite() && high.is_finite()) {
            return Err(argument(
                "the lower margin",
                "a number below the upper margin",
                low,
            ));
        }
        positive("the SD", self.sd)?;
        positive("the allocation", self.allocation)?;
        if !(self.alpha > 0.0 && self.alpha < 0.5) {
            return Err(argument(
                "alpha, the error rate of each one-sided test,",
                "a number between 0 and 0.5",
                self.alpha,
            ));
        }
        Ok(Frame {
            name: "the test of equivalence",
            method: "two one-sided t tests of two means, exact by Owen's Q".to_owned(),
            measure: if self.sd == 1.0 {
                Measure::StandardizedMeanDifference
            } else {
                Measure::MeanDifference { unit: None }
            },
            alpha: self.alpha,
            alternative: Alternative::TwoSided,
            unit: PowerUnit::Subjects,
            allocation: vec![1.0, self.allocation],
            fewest: 2.0,
            sizes: Sizes::Real,
            centre: f64::midpoint(low, high),
            effects: [low, high],
            scale: (high - low) / 2.0,
        })
    }

    fn power(&self, sizes: &[f64], effect: f64) -> Result<f64, Error> {
        let [n1, n2] = two(sizes)?;
        let nu = n1 + n2 - 2.0;
        let sigma_d = self.sd * (1.0 / n1 + 1.0 / n2).sqrt();
        let t = dist::upper_quantile(self.alpha, Reference::StudentT { df: nu })?;
        let (above, below) = (
            (self.high - effect) / sigma_d,
            (effect - self.low) / sigma_d,
        );
        // On u = ln s the density is ∝ exp(ν (u − (e^{2u} − 1)/2)), with its peak at 0; its mass ends
        // where that is e^−40.
        let last = ((above + below) / (2.0 * t)).ln();
        let ln_density = |u: f64| nu * (u - (2.0 * u).exp_m1() / 2.0);
        let end = |direction: f64| {
            let mut step = 1.0 / (2.0 * nu).sqrt();
            while ln_density(direction * step) > -40.0 {
                step *= 1.5;
            }
            direction * step
        };
        let (first, whole) = (end(-1.0), end(1.0));
        if last <= first {
            return Ok(0.0);
        }
        let density = |u: f64| ln_density(u).exp();
        let within = |u: f64| {
            let c = t * u.exp();
            // Both from the side where the tails are small.
            (dist::upper_normal(c - above) - dist::upper_normal(below - c)).max(0.0)
        };
        let over = |f: &dyn Fn(f64) -> f64, from: f64, to: f64| {
            let middle = 0.0_f64.clamp(from, to);
            integrate(
                f,
                [
                    from,
                    f64::midpoint(from, middle),
                    f64::midpoint(middle, to),
                    to,
                ],
            )
        };
        let all = over(&density, first, whole);
        let both = over(&|u| density(u) * within(u), first, last.min(whole));
        Ok((both / all).min(1.0))
    }
}

/// Whether a first mean is not much worse than a second; the effect is their true difference, the first
/// less the second.
///
/// ```
/// use kring_stats::equivalence::Better;
/// use kring_stats::power::{ClosedForm, NonInferiorMeans, Solve};
/// let plan = NonInferiorMeans { margin: 0.5, better: Better::Lower, ..NonInferiorMeans::default() };
/// // One one-sided test of half an SD at 5 %.
/// assert_eq!(plan.solve(Solve::N { effect: 0.0, power: 0.8 })?.n, [51, 51]);
/// # Ok::<(), kring_stats::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NonInferiorMeans {
    /// By how much the first arm may be worse; above zero.
    pub margin: f64,
    /// Which direction is better.
    pub better: Better,
    /// The standard deviation within an arm.
    pub sd: f64,
    /// The size of the second arm beside the first.
    pub allocation: f64,
    /// The error rate of the one-sided test.
    pub alpha: f64,
}

impl Default for NonInferiorMeans {
    fn default() -> Self {
        Self {
            margin: 0.5,
            better: Better::Higher,
            sd: 1.0,
            allocation: 1.0,
            alpha: 0.05,
        }
    }
}

impl NonInferiorMeans {
    /// The worst difference that still passes, and the side on which better ones lie.
    fn bound(&self) -> (f64, Alternative) {
        match self.better {
            Better::Higher => (-self.margin, Alternative::Greater),
            Better::Lower => (self.margin, Alternative::Less),
        }
    }
}

impl Form for NonInferiorMeans {
    fn frame(&self) -> Result<Frame, Error> {
        share("alpha, the error rate of the test,", self.alpha)?;
        positive("the margin", self.margin)?;
        positive("the SD", self.sd)?;
        positive("the allocation", self.allocation)?;
        let (worst, alternative) = self.bound();
        Ok(Frame {
            name: "the test of non-inferiority",
            method: "one-sided t test of two means against a margin, by the noncentral t"
                .to_owned(),
            measure: if self.sd == 1.0 {
                Measure::StandardizedMeanDifference
            } else {
                Measure::MeanDifference { unit: None }
            },
            alpha: self.alpha,
            alternative,
            unit: PowerUnit::Subjects,
            allocation: vec![1.0, self.allocation],
            fewest: 2.0,
            sizes: Sizes::Real,
            centre: worst,
            effects: [f64::NEG_INFINITY, f64::INFINITY],
            scale: self.margin,
        })
    }

    fn power(&self, sizes: &[f64], effect: f64) -> Result<f64, Error> {
        let [n1, n2] = two(sizes)?;
        let (worst, alternative) = self.bound();
        let level = Level {
            alpha: self.alpha,
            alternative,
            other_tail: OtherTail::Ignored,
        };
        let sigma_d = self.sd * (1.0 / n1 + 1.0 / n2).sqrt();
        level.student((effect - worst) / sigma_d, n1 + n2 - 2.0)
    }
}
