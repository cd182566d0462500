//! Power of the t tests: two means, one mean, pairs, and the changes of two arms.
//!
//! ```text
//! Student  δ = (d − null) / (σ √(1/n₁ + 1/n₂)),  df = n₁ + n₂ − 2;  power = P(t_df(δ) > t_c)
//! Welch    T = D / √(S₁²/n₁ + S₂²/n₂) against t with v(S₁², S₂²) degrees of freedom.
//!          With N = n₁ + n₂ − 2, σ²_d = σ₁²/n₁ + σ₂²/n₂ and W ~ Beta((n₁ − 1)/2, (n₂ − 1)/2), the share
//!          of the sum of (n_j − 1) S_j²/σ_j² that is the first arm's:
//!            e₁ = σ₁² W / (n₁(n₁ − 1)),  e₂ = σ₂² (1 − W) / (n₂(n₂ − 1))
//!            v = (e₁ + e₂)² / (e₁²/(n₁ − 1) + e₂²/(n₂ − 1))
//!          power = E_W P(t_N(δ) > t_{c,v} √(N (e₁ + e₂)) / σ_d)          (exact)
//!          or P(t_v(δ) > t_{c,v}) with v at the true variances            (Satterthwaite)
//! one      δ = d √n / σ,  df = n − 1;  pairs the same with the SD of the differences
//! changes  two arms, each with the SD of its changes, √(σ_b² + σ_a² − 2 r σ_b σ_a)
//! ```
//! Student's and one sample are equal to R's `power.t.test`, which has no Welch's test and equal arms
//! only.
//!
//! Moser BK, Stevens GR, Watts CL (1989), Commun Stat Theory Methods 18:3963–3975,
//! doi 10.1080/03610928908830135; Satterthwaite FE (1946), Biometrics Bulletin 2:110–114,
//! doi 10.2307/3002019.

use kring_core::{Alternative, Measure, PowerUnit, Reference};
use serde::{Deserialize, Serialize};

use super::OtherTail;
use super::form::{Form, Frame, Sizes, correlation, one, positive, two};
use super::mixture::mean_over_beta;
use super::tail::Level;
use crate::Error;
use crate::dist::noncentral;
use crate::t_test::Variance;

/// Two means of independent subjects; the effect is the first less the second.
///
/// ```
/// use kring_stats::power::{ClosedForm, Solve, TwoMeans};
/// // 55 families with an SD of 5.5 and 60 with one of 3.9, and a difference of 2 problems.
/// let plan = TwoMeans { sd: [5.5, 3.9], allocation: 60.0 / 55.0, ..TwoMeans::default() };
/// let found = plan.solve(Solve::Power { n: 55, effect: 2.0 })?;
/// assert_eq!(found.n, [55, 60]);
/// assert!((found.power - 0.598).abs() < 1e-3);
/// # Ok::<(), kring_stats::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TwoMeans {
    /// The standard deviation in each arm; with ones the effect is Cohen's d.
    pub sd: [f64; 2],
    /// Whether Welch's or Student's test is planned; Student's takes one SD only.
    pub variance: Variance,
    /// How the power of Welch's test is computed.
    pub welch: WelchPower,
    /// The size of the second arm beside the first.
    pub allocation: f64,
    /// The error rate of the test.
    pub alpha: f64,
    /// On which side the alternative lies.
    pub alternative: Alternative,
    /// Whether a find with the wrong sign counts.
    pub other_tail: OtherTail,
}

/// How the power of Welch's test is computed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WelchPower {
    /// Exactly, with the degrees of freedom as chancy as they are.
    #[default]
    Exact,
    /// By one noncentral t, with the degrees of freedom of the true variances, as most programs do.
    Satterthwaite,
}

impl Default for TwoMeans {
    fn default() -> Self {
        Self {
            sd: [1.0; 2],
            variance: Variance::Unequal,
            welch: WelchPower::Exact,
            allocation: 1.0,
            alpha: 0.05,
            alternative: Alternative::TwoSided,
            other_tail: OtherTail::Ignored,
        }
    }
}

impl TwoMeans {
    fn level(&self) -> Level {
        Level {
            alpha: self.alpha,
            alternative: self.alternative,
            other_tail: self.other_tail,
        }
    }

    fn welch_exact(&self, [n1, n2]: [f64; 2], delta: f64, sigma_d: f64) -> Result<f64, Error> {
        let level = self.level();
        let total = n1 + n2 - 2.0;
        let reference = Reference::StudentT { df: total };
        let [v1, v2] = self.sd.map(|sd| sd * sd);
        let given = |w: f64, rest: f64| {
            let e1 = v1 * w / (n1 * (n1 - 1.0));
            let e2 = v2 * rest / (n2 * (n2 - 1.0));
            let df = satterthwaite([e1, e2], [n1, n2]);
            let c = level.critical(Reference::StudentT { df })? * (total * (e1 + e2)).sqrt();
            level.both(delta, |delta| {
                noncentral::upper_tail(c / sigma_d, delta, reference)
            })
        };
        mean_over_beta([(n1 - 1.0) / 2.0, (n2 - 1.0) / 2.0], given)
    }
}

/// The degrees of freedom of a sum of two squared errors.
pub(super) fn satterthwaite([e1, e2]: [f64; 2], [n1, n2]: [f64; 2]) -> f64 {
    let share = e1 / (e1 + e2);
    1.0 / (share * share / (n1 - 1.0) + (1.0 - share) * (1.0 - share) / (n2 - 1.0))
}

impl Form for TwoMeans {
    fn frame(&self) -> Result<Frame, Error> {
        self.level().check()?;
        let [s1, s2] = self.sd;
        positive("the SD of the first arm", s1)?;
        positive("the SD of the second arm", s2)?;
        positive("the allocation", self.allocation)?;
        let method = match (self.variance, self.welch) {
            (Variance::Equal, _) if s1 != s2 => {
                return Err(Error::Unsupported {
                    what: format!("Student's t test with the SDs {s1} and {s2}"),
                    hint: "it takes one SD for both arms; plan Welch's test".to_owned(),
                });
            }
            (Variance::Equal, _) => "Student's t test of two means, by the noncentral t",
            (Variance::Unequal, WelchPower::Exact) => "Welch's t test of two means, exact",
            (Variance::Unequal, WelchPower::Satterthwaite) => {
                "Welch's t test of two means, by the noncentral t with Satterthwaite's degrees of \
                freedom"
            }
        };
        Ok(Frame {
            name: "the t test of two means",
            method: method.to_owned(),
            measure: if self.sd == [1.0; 2] {
                Measure::StandardizedMeanDifference
            } else {
                Measure::MeanDifference { unit: None }
            },
            alpha: self.alpha,
            alternative: self.alternative,
            unit: PowerUnit::Subjects,
            allocation: vec![1.0, self.allocation],
            fewest: 2.0,
            sizes: Sizes::Real,
            centre: 0.0,
            effects: [f64::NEG_INFINITY, f64::INFINITY],
            scale: s1.max(s2),
        })
    }

    fn power(&self, sizes: &[f64], effect: f64) -> Result<f64, Error> {
        let [n1, n2] = two(sizes)?;
        let errors = [self.sd[0] * self.sd[0] / n1, self.sd[1] * self.sd[1] / n2];
        let sigma_d = (errors[0] + errors[1]).sqrt();
        let delta = effect / sigma_d;
        match (self.variance, self.welch) {
            (Variance::Equal, _) => self.level().student(delta, n1 + n2 - 2.0),
            (_, WelchPower::Satterthwaite) => {
                self.level().student(delta, satterthwaite(errors, [n1, n2]))
            }
            (_, WelchPower::Exact) => self.welch_exact([n1, n2], delta, sigma_d),
        }
    }
}

/// One mean against a fixed value; the effect is the mean less that value.
///
/// ```
/// use kring_stats::power::{ClosedForm, OneMean, Solve};
/// let needed = OneMean::default().solve(Solve::N { effect: 0.5, power: 0.8 })?;
/// assert_eq!(needed.n, [34]);
/// # Ok::<(), kring_stats::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OneMean {
    /// The standard deviation.
    pub sd: f64,
    /// The error rate of the test.
    pub alpha: f64,
    /// On which side the alternative lies.
    pub alternative: Alternative,
    /// Whether a find with the wrong sign counts.
    pub other_tail: OtherTail,
}

/// The mean change of the same subjects, or of matched pairs; the effect is after less before.
///
/// ```
/// use kring_stats::power::{ChangeSpread, ClosedForm, PairedMeans, Solve};
/// let spread = ChangeSpread::Measurements { before: 4.0, after: 4.0, correlation: 0.5 };
/// // Half the variance is shared, so that the SD of the changes is 4 too.
/// let plan = PairedMeans { spread, ..PairedMeans::default() };
/// assert_eq!(plan.solve(Solve::N { effect: 2.0, power: 0.8 })?.n, [34]);
/// # Ok::<(), kring_stats::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PairedMeans {
    /// How the changes spread.
    pub spread: ChangeSpread,
    /// The error rate of the test.
    pub alpha: f64,
    /// On which side the alternative lies.
    pub alternative: Alternative,
    /// Whether a find with the wrong sign counts.
    pub other_tail: OtherTail,
}

/// How the changes of subjects spread.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum ChangeSpread {
    /// By the standard deviation of the changes.
    Differences {
        /// That standard deviation.
        sd: f64,
    },
    /// By both measurements.
    Measurements {
        /// The standard deviation before.
        before: f64,
        /// The standard deviation after.
        after: f64,
        /// The correlation of both.
        correlation: f64,
    },
}

impl ChangeSpread {
    /// The standard deviation of the changes.
    pub(super) fn sd(self) -> Result<f64, Error> {
        match self {
            Self::Differences { sd } => positive("the SD of the changes", sd),
            Self::Measurements {
                before,
                after,
                correlation: r,
            } => {
                positive("the SD before", before)?;
                positive("the SD after", after)?;
                correlation("the correlation of before and after", r)?;
                // (a − b)² + 2ab(1 − r), without cancellation.
                let apart = after - before;
                Ok((apart * apart + 2.0 * before * after * (1.0 - r)).sqrt())
            }
        }
    }
}

impl Default for ChangeSpread {
    /// An SD of one: the effect is Cohen's d_z.
    fn default() -> Self {
        Self::Differences { sd: 1.0 }
    }
}

/// The changes of two arms against each other; the effect is the first arm's mean change less the
/// second's.
///
/// ```
/// use kring_stats::power::{Ancova, ChangeScores, ChangeSpread, ClosedForm, Solve};
/// let spread = ChangeSpread::Measurements { before: 1.0, after: 1.0, correlation: 0.3 };
/// let change = ChangeScores { spread, ..ChangeScores::default() };
/// let ancova = Ancova { correlation: 0.3, ..Ancova::default() };
/// let asked = Solve::N { effect: 0.5, power: 0.8 };
/// // Below a correlation of one half changes need more than the scores after do.
/// assert_eq!((change.solve(asked)?.n[0], ancova.solve(asked)?.n[0]), (89, 59));
/// # Ok::<(), kring_stats::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ChangeScores {
    /// How the changes spread in either arm.
    pub spread: ChangeSpread,
    /// The size of the second arm beside the first.
    pub allocation: f64,
    /// The error rate of the test.
    pub alpha: f64,
    /// On which side the alternative lies.
    pub alternative: Alternative,
    /// Whether a find with the wrong sign counts.
    pub other_tail: OtherTail,
}

impl Default for OneMean {
    fn default() -> Self {
        Self {
            sd: 1.0,
            alpha: 0.05,
            alternative: Alternative::TwoSided,
            other_tail: OtherTail::Ignored,
        }
    }
}

impl Default for PairedMeans {
    fn default() -> Self {
        Self {
            spread: ChangeSpread::default(),
            alpha: 0.05,
            alternative: Alternative::TwoSided,
            other_tail: OtherTail::Ignored,
        }
    }
}

impl Default for ChangeScores {
    fn default() -> Self {
        Self {
            spread: ChangeSpread::default(),
            allocation: 1.0,
            alpha: 0.05,
            alternative: Alternative::TwoSided,
            other_tail: OtherTail::Ignored,
        }
    }
}

impl Form for OneMean {
    fn frame(&self) -> Result<Frame, Error> {
        self.level().check()?;
        positive("the SD", self.sd)?;
        Ok(Frame {
            name: "the t test of one mean",
            method: "t test of one mean, by the noncentral t".to_owned(),
            measure: if self.sd == 1.0 {
                Measure::StandardizedMeanDifference
            } else {
                Measure::MeanDifference { unit: None }
            },
            alpha: self.alpha,
            alternative: self.alternative,
            unit: PowerUnit::Subjects,
            allocation: vec![1.0],
            fewest: 2.0,
            sizes: Sizes::Real,
            centre: 0.0,
            effects: [f64::NEG_INFINITY, f64::INFINITY],
            scale: self.sd,
        })
    }

    fn power(&self, sizes: &[f64], effect: f64) -> Result<f64, Error> {
        let n = one(sizes)?;
        self.level().student(effect / self.sd * n.sqrt(), n - 1.0)
    }
}

impl OneMean {
    fn level(&self) -> Level {
        Level {
            alpha: self.alpha,
            alternative: self.alternative,
            other_tail: self.other_tail,
        }
    }
}

impl PairedMeans {
    /// The test of one mean that it is: of the differences.
    fn of_differences(&self) -> Result<OneMean, Error> {
        Ok(OneMean {
            sd: self.spread.sd()?,
            alpha: self.alpha,
            alternative: self.alternative,
            other_tail: self.other_tail,
        })
    }
}

impl Form for PairedMeans {
    fn frame(&self) -> Result<Frame, Error> {
        Ok(Frame {
            name: "the paired t test",
            method: "paired t test, by the noncentral t".to_owned(),
            unit: PowerUnit::Pairs,
            ..self.of_differences()?.frame()?
        })
    }

    fn power(&self, sizes: &[f64], effect: f64) -> Result<f64, Error> {
        self.of_differences()?.power(sizes, effect)
    }
}

impl ChangeScores {
    /// The test of two means that it is: of the changes.
    fn of_changes(&self) -> Result<TwoMeans, Error> {
        Ok(TwoMeans {
            sd: [self.spread.sd()?; 2],
            variance: Variance::Equal,
            welch: WelchPower::Exact,
            allocation: self.allocation,
            alpha: self.alpha,
            alternative: self.alternative,
            other_tail: self.other_tail,
        })
    }
}

impl Form for ChangeScores {
    fn frame(&self) -> Result<Frame, Error> {
        Ok(Frame {
            name: "the t test of changes",
            method: "Student's t test of the changes of two arms, by the noncentral t".to_owned(),
            ..self.of_changes()?.frame()?
        })
    }

    fn power(&self, sizes: &[f64], effect: f64) -> Result<f64, Error> {
        self.of_changes()?.power(sizes, effect)
    }
}
