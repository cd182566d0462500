//! Power of the comparison of two rates, and of two changes of rates.
//!
//! ```text
//! counts   y_j with mean μ_j = t_j λ_j: Poisson, variance μ + α μ² (nbinom2) or μ(1 + φ) (nbinom1)
//! two      θ = ln λ₁ − ln λ₂,  V = c₁/n₁ + c₂/n₂,  c_j = variance / μ_j²
//!          power Φ((|θ| − z_c √V₀) / √V):  V₀ is V with the rates of the null
//!          hypothesis: the second arm's in both, the true ones, or both pooled by exposure
//!          (methods 1, 2 and 3 of Zhu & Lakkis)
//! change   θ = ln(λ₁ₐ/λ₁ᵦ) − ln(λ₂ₐ/λ₂ᵦ), after over before:  V = Σ_j (c_jᵦ + c_jₐ − 2ρ √(c_jᵦ c_jₐ))/n_j,
//!          ρ the correlation of a subject's two counts. With a gamma frailty that both waves share
//!          (variance α), ρ √(c c) = α and V = Σ_j (1/μ_jᵦ + 1/μ_jₐ)/n_j: only the Poisson part is left
//! ```
//! Wald tests of log ratios, as of a Poisson or negative binomial regression; of changes as of a marginal
//! model with robust errors or, with the frailty, a conditional one. R has no function for them; package
//! MESS and PASS have the first.
//!
//! Zhu H, Lakkis H (2014), Stat Med 33:376–387, doi 10.1002/sim.5947.

use kring_core::{Alternative, Caution, Measure, PowerUnit};
use serde::{Deserialize, Serialize};

use super::OtherTail;
use super::form::{Form, Frame, Sizes, correlation, not_negative, positive, two};
use super::tail::Level;
use crate::Error;

/// Two rates; the effect is the log of the first over the second.
///
/// ```
/// use kring_stats::power::{ClosedForm, Dispersion, Solve, TwoRates};
/// // 4.7 problems a family, variance μ + 0.5 μ², and a third fewer in the first arm.
/// let dispersion = Dispersion::Quadratic { alpha: 0.5 };
/// let plan = TwoRates { second: 4.7, dispersion, ..TwoRates::default() };
/// let needed = plan.solve(Solve::N { effect: (2.0_f64 / 3.0).ln(), power: 0.8 })?;
/// // (1.96 + 0.8416)² (1/4.7 + 1/3.1333 + 1) / ln(2/3)² = 73.2.
/// assert_eq!(needed.n, [74, 74]);
/// # Ok::<(), kring_stats::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TwoRates {
    /// The rate of the second arm, per unit of exposure.
    pub second: f64,
    /// The mean exposure of a subject in each arm.
    pub exposure: [f64; 2],
    /// How counts spread.
    pub dispersion: Dispersion,
    /// With which rates the null hypothesis has its variance.
    pub null_rates: NullRates,
    /// The size of the second arm beside the first.
    pub allocation: f64,
    /// The error rate of the test.
    pub alpha: f64,
    /// On which side the alternative lies.
    pub alternative: Alternative,
    /// Whether a find with the wrong sign counts.
    pub other_tail: OtherTail,
}

/// How counts spread around their mean.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Dispersion {
    /// Poisson: variance μ.
    #[default]
    Poisson,
    /// Negative binomial, variance μ + α μ².
    Quadratic {
        /// α = 1/θ.
        alpha: f64,
    },
    /// Negative binomial or quasi-Poisson, variance μ(1 + φ).
    Linear {
        /// φ.
        phi: f64,
    },
}

/// With which rates the null hypothesis has its variance.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NullRates {
    /// The true ones: the Wald test of a regression. Method 2.
    #[default]
    True,
    /// The second arm's for both. Method 1.
    Reference,
    /// All events over all exposure. Method 3.
    Pooled,
}

/// The change of a rate from one wave to another in two arms; the effect is the log of the first arm's
/// rate ratio (after over before) over the second's.
///
/// ```
/// use kring_stats::power::{ClosedForm, CountCorrelation, Dispersion, RateChange, Solve};
/// // Six problems a family before; in the second arm five of six are left.
/// let plan = RateChange {
///     before: 6.0,
///     second_ratio: 5.0 / 6.0,
///     dispersion: Dispersion::Quadratic { alpha: 0.5 },
///     correlation: CountCorrelation::SharedFrailty,
///     ..RateChange::default()
/// };
/// let needed = plan.solve(Solve::N { effect: 0.75_f64.ln(), power: 0.8 })?;
/// // (1.96 + 0.8416)² (2/6 + 1/5 + 1/3.75) / ln(0.75)² = 75.9.
/// assert_eq!(needed.n, [76, 76]);
/// # Ok::<(), kring_stats::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RateChange {
    /// The rate of both arms before, per unit of exposure.
    pub before: f64,
    /// The second arm's rate after over its rate before.
    pub second_ratio: f64,
    /// The mean exposure of a subject before and after.
    pub exposure: [f64; 2],
    /// How counts spread at either wave.
    pub dispersion: Dispersion,
    /// How a subject's two counts hang together.
    pub correlation: CountCorrelation,
    /// The size of the second arm beside the first.
    pub allocation: f64,
    /// The error rate of the test.
    pub alpha: f64,
    /// On which side the alternative lies.
    pub alternative: Alternative,
    /// Whether a find with the wrong sign counts.
    pub other_tail: OtherTail,
}

/// How a subject's two counts hang together.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum CountCorrelation {
    /// By their correlation.
    Given {
        /// It.
        correlation: f64,
    },
    /// By a gamma frailty with variance α that both waves share: `quadratic` dispersion.
    SharedFrailty,
}

impl Default for TwoRates {
    fn default() -> Self {
        Self {
            second: 1.0,
            exposure: [1.0; 2],
            dispersion: Dispersion::Poisson,
            null_rates: NullRates::True,
            allocation: 1.0,
            alpha: 0.05,
            alternative: Alternative::TwoSided,
            other_tail: OtherTail::Ignored,
        }
    }
}

impl Default for RateChange {
    fn default() -> Self {
        Self {
            before: 1.0,
            second_ratio: 1.0,
            exposure: [1.0; 2],
            dispersion: Dispersion::Poisson,
            correlation: CountCorrelation::Given { correlation: 0.0 },
            allocation: 1.0,
            alpha: 0.05,
            alternative: Alternative::TwoSided,
            other_tail: OtherTail::Ignored,
        }
    }
}

impl Dispersion {
    pub(super) fn check(self) -> Result<(), Error> {
        match self {
            Self::Poisson => Ok(()),
            Self::Quadratic { alpha } => {
                not_negative("alpha of the negative binomial variance", alpha).map(|_| ())
            }
            Self::Linear { phi } => {
                not_negative("phi of the negative binomial variance", phi).map(|_| ())
            }
        }
    }

    /// c: the variance over the square of the mean.
    pub(super) fn relative(self, mu: f64) -> f64 {
        match self {
            Self::Poisson => 1.0 / mu,
            Self::Quadratic { alpha } => 1.0 / mu + alpha,
            Self::Linear { phi } => (1.0 + phi) / mu,
        }
    }
}

/// How far a log rate ratio is looked for.
const FARTHEST: f64 = 100.0;

impl TwoRates {
    fn level(&self) -> Level {
        Level {
            alpha: self.alpha,
            alternative: self.alternative,
            other_tail: self.other_tail,
        }
    }
}

impl Form for TwoRates {
    fn frame(&self) -> Result<Frame, Error> {
        self.level().check()?;
        positive("the rate of the second arm", self.second)?;
        positive("the exposure of the first arm", self.exposure[0])?;
        positive("the exposure of the second arm", self.exposure[1])?;
        positive("the allocation", self.allocation)?;
        self.dispersion.check()?;
        let null = match self.null_rates {
            NullRates::True => "the true rates",
            NullRates::Reference => "the second arm's rate",
            NullRates::Pooled => "the pooled rate",
        };
        Ok(Frame {
            name: "the test of two rates",
            method: format!("Wald test of a log rate ratio, its null variance by {null}"),
            measure: Measure::LogRateRatio,
            alpha: self.alpha,
            alternative: self.alternative,
            unit: PowerUnit::Subjects,
            allocation: vec![1.0, self.allocation],
            fewest: 1.0,
            sizes: Sizes::Real,
            centre: 0.0,
            effects: [-FARTHEST, FARTHEST],
            scale: 0.25,
        })
    }

    fn power(&self, sizes: &[f64], effect: f64) -> Result<f64, Error> {
        let n = two(sizes)?;
        let variance = |rates: [f64; 2]| -> f64 {
            let arms = rates.iter().zip(self.exposure).zip(n);
            arms.map(|((rate, t), n)| self.dispersion.relative(rate * t) / n)
                .sum()
        };
        let (second, first) = (self.second, self.second * effect.exp());
        let truth = variance([first, second]);
        let null = match self.null_rates {
            NullRates::True => truth,
            NullRates::Reference => variance([second; 2]),
            NullRates::Pooled => {
                let at_risk = [n[0] * self.exposure[0], n[1] * self.exposure[1]];
                let events = at_risk[0] * first + at_risk[1] * second;
                variance([events / (at_risk[0] + at_risk[1]); 2])
            }
        };
        self.level()
            .normal(effect / truth.sqrt(), (null / truth).sqrt())
    }

    fn cautions(&self, sizes: &[f64], effect: f64) -> Vec<Caution> {
        let n = two(sizes).unwrap_or([f64::INFINITY; 2]);
        let rates = [self.second * effect.exp(), self.second];
        let events = [0, 1].map(|j| n[j] * self.exposure[j] * rates[j]);
        few_events(events[0].min(events[1]))
    }
}

/// A Wald test of a log ratio needs events.
fn few_events(fewest: f64) -> Vec<Caution> {
    if fewest >= 10.0 {
        return Vec::new();
    }
    vec![Caution::Note(format!(
        "Only {fewest:.1} events are expected in one of the counts: the normal approximation is rough."
    ))]
}

impl RateChange {
    fn level(&self) -> Level {
        Level {
            alpha: self.alpha,
            alternative: self.alternative,
            other_tail: self.other_tail,
        }
    }

    /// The means of both waves in an arm whose rate changes by this factor.
    fn means(&self, ratio: f64) -> [f64; 2] {
        let [before, after] = self.exposure;
        [self.before * before, self.before * ratio * after]
    }

    /// The variance of one subject's part in the log rate ratio of an arm.
    fn variance(&self, [before, after]: [f64; 2]) -> f64 {
        let rho = match self.correlation {
            CountCorrelation::SharedFrailty => return 1.0 / before + 1.0 / after,
            CountCorrelation::Given { correlation } => correlation,
        };
        let (b, a) = (
            self.dispersion.relative(before),
            self.dispersion.relative(after),
        );
        let apart = b.sqrt() - a.sqrt();
        apart * apart + 2.0 * (1.0 - rho) * (b * a).sqrt()
    }
}

impl Form for RateChange {
    fn frame(&self) -> Result<Frame, Error> {
        self.level().check()?;
        positive("the rate before", self.before)?;
        positive("the second arm's ratio of rates", self.second_ratio)?;
        positive("the exposure before", self.exposure[0])?;
        positive("the exposure after", self.exposure[1])?;
        positive("the allocation", self.allocation)?;
        self.dispersion.check()?;
        match (self.correlation, self.dispersion) {
            (CountCorrelation::Given { correlation: rho }, _) => {
                correlation("the correlation of a subject's two counts", rho)?;
            }
            (CountCorrelation::SharedFrailty, Dispersion::Linear { .. }) => {
                return Err(Error::Unsupported {
                    what: "a shared frailty with linear dispersion".to_owned(),
                    hint: "a gamma frailty has quadratic dispersion; or give a correlation"
                        .to_owned(),
                });
            }
            (CountCorrelation::SharedFrailty, _) => {}
        }
        let how = match self.correlation {
            CountCorrelation::Given { .. } => "with the correlation of the waves",
            CountCorrelation::SharedFrailty => "with a frailty that both waves share",
        };
        Ok(Frame {
            name: "the test of two changes of a rate",
            method: format!("Wald test of a log ratio of two rate ratios, {how}"),
            measure: Measure::LogRateRatio,
            alpha: self.alpha,
            alternative: self.alternative,
            unit: PowerUnit::Subjects,
            allocation: vec![1.0, self.allocation],
            fewest: 1.0,
            sizes: Sizes::Real,
            centre: 0.0,
            effects: [-FARTHEST, FARTHEST],
            scale: 0.25,
        })
    }

    fn power(&self, sizes: &[f64], effect: f64) -> Result<f64, Error> {
        let [n1, n2] = two(sizes)?;
        let first = self.means(self.second_ratio * effect.exp());
        let second = self.means(self.second_ratio);
        let variance = self.variance(first) / n1 + self.variance(second) / n2;
        self.level().normal(effect / variance.sqrt(), 1.0)
    }

    fn cautions(&self, sizes: &[f64], effect: f64) -> Vec<Caution> {
        let n = two(sizes).unwrap_or([f64::INFINITY; 2]);
        let ratios = [self.second_ratio * effect.exp(), self.second_ratio];
        let arms = ratios.iter().zip(n);
        let events = arms.flat_map(|(&ratio, n)| self.means(ratio).map(|mean| mean * n));
        few_events(events.fold(f64::INFINITY, f64::min))
    }
}
