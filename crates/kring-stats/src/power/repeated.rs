//! Power of two arms that are measured more than once.
//!
//! ```text
//! model     y_i ~ N(μ_arm, V) at times t_1 … t_m;  a share r_k of an arm is still there at wave k
//! means     information of a subject  I = Σ_k π_k E_k V_k⁻¹ E_k',  π_k = r_k − r_{k+1}, V_k the first k
//!           rows and columns of V;  Σ = I⁻¹ is the covariance of an arm's means, times n: V without
//!           dropout, else that of maximum likelihood with dropout at random
//! contrasts a  mean of the waves after, b  mean of those before;  D = Σ₁/n₁ + Σ₂/n₂
//!           mean  a'Da,   change  (a − b)'D(a − b),   ancova  a'Da − (a'Db)² / b'Db
//! slope     I = Σ_k π_k X_k'V_k⁻¹X_k, X = (1, t): the slope's entry of I₁⁻¹/n₁ + I₂⁻¹/n₂
//! power     P(t_df(δ) > t_c), δ = effect / √variance, df = n₁ + n₂ − 2 (ancova − 3); or normal
//! ```
//! Without dropout mean, change and ancova are Frison and Pocock's (who take the normal); slope with
//! compound symmetry is Liu and Liang's, with a random slope Edland's and that of R's longpower
//! (`lmmpower`), all with the normal.
//!
//! Frison L, Pocock SJ (1992), Stat Med 11:1685–1704, doi 10.1002/sim.4780111304; Liu G, Liang KY
//! (1997), Biometrics 53:937–947, doi 10.2307/2533554; Lu K, Luo X, Chen PY (2008), Int J Biostat 4:9,
//! doi 10.2202/1557-4679.1098; Ard MC, Edland SD (2011), J Alzheimers Dis 26 Suppl 3:369–377,
//! doi 10.3233/JAD-2011-0062.

use kring_core::{Alternative, Measure, PowerUnit};
use ndarray::{Array1, Array2, ArrayView1, s};
use serde::{Deserialize, Serialize};

use super::OtherTail;
use super::form::{Form, Frame, Sizes, argument, correlation, not_negative, positive, two};
use super::tail::Level;
use crate::Error;
use crate::linalg::Cholesky;

/// Two arms over waves; the effect is the first less the second.
///
/// ```
/// use kring_stats::power::{ClosedForm, RepeatedAnalysis, RepeatedMeasures, Solve};
/// // One wave before, two after, all correlated by one half: Frison and Pocock's factors are
/// // (1 + ρ)/2 = 0.75, that + 1 − 2ρ = 0.75, and 0.75 − ρ² = 0.5.
/// let n = |analysis| {
///     let plan = RepeatedMeasures { times: vec![0.0, 1.0, 2.0], analysis, ..RepeatedMeasures::default() };
///     plan.solve(Solve::N { effect: 0.5, power: 0.8 }).map(|found| found.n[0])
/// };
/// assert_eq!(n(RepeatedAnalysis::Mean)?, n(RepeatedAnalysis::Change)?);
/// assert_eq!((n(RepeatedAnalysis::Mean)?, n(RepeatedAnalysis::Ancova)?), (49, 33));
/// # Ok::<(), kring_stats::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RepeatedMeasures {
    /// When it is measured, in order.
    pub times: Vec<f64>,
    /// How many of these times are before the arms part.
    pub before: usize,
    /// How a subject's measurements hang together.
    pub structure: CorrelationStructure,
    /// What is compared.
    pub analysis: RepeatedAnalysis,
    /// How many are still there at each wave.
    pub retention: Retention,
    /// The distribution of the test.
    pub reference: RepeatedReference,
    /// The size of the second arm beside the first.
    pub allocation: f64,
    /// The error rate of the test.
    pub alpha: f64,
    /// On which side the alternative lies.
    pub alternative: Alternative,
    /// Whether a find with the wrong sign counts.
    pub other_tail: OtherTail,
}

/// How a subject's measurements hang together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum CorrelationStructure {
    /// Every two waves alike: a random intercept.
    CompoundSymmetry {
        /// The standard deviation at each wave.
        sd: f64,
        /// The correlation of any two waves.
        correlation: f64,
    },
    /// The less the farther apart: ρ^|t − t'|.
    Ar1 {
        /// The standard deviation at each wave.
        sd: f64,
        /// The correlation of two measurements that are one unit of time apart.
        correlation: f64,
    },
    /// A random intercept and slope, as a mixed model prints them.
    RandomSlope {
        /// The standard deviation of intercepts, at time zero.
        intercept_sd: f64,
        /// The standard deviation of slopes, per unit of time.
        slope_sd: f64,
        /// The correlation of both.
        correlation: f64,
        /// The standard deviation of a measurement around its own line.
        residual_sd: f64,
    },
    /// A covariance a pair of waves.
    Unstructured {
        /// The covariance matrix, row by row.
        covariance: Vec<Vec<f64>>,
    },
}

/// What is compared between the arms.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RepeatedAnalysis {
    /// The mean of the waves after, adjusted for the mean of those before.
    #[default]
    Ancova,
    /// The mean of the waves after.
    Mean,
    /// The mean of the waves after less that of those before.
    Change,
    /// The slope over all waves, per unit of time.
    Slope,
}

/// The share of an arm that is still there at each wave, the first being one.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Retention {
    /// Everybody stays.
    #[default]
    Complete,
    /// The same in both arms.
    Both {
        /// A share a wave.
        shares: Vec<f64>,
    },
    /// Each arm its own.
    Each {
        /// A share a wave of the first arm.
        first: Vec<f64>,
        /// A share a wave of the second arm.
        second: Vec<f64>,
    },
}

/// The distribution of the test.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RepeatedReference {
    /// Student's t, as of one summary a subject.
    #[default]
    StudentT,
    /// The normal, as Frison and Pocock and longpower.
    Normal,
}

impl Default for RepeatedMeasures {
    fn default() -> Self {
        Self {
            times: vec![0.0, 1.0],
            before: 1,
            structure: CorrelationStructure::CompoundSymmetry {
                sd: 1.0,
                correlation: 0.5,
            },
            analysis: RepeatedAnalysis::Ancova,
            retention: Retention::Complete,
            reference: RepeatedReference::StudentT,
            allocation: 1.0,
            alpha: 0.05,
            alternative: Alternative::TwoSided,
            other_tail: OtherTail::Ignored,
        }
    }
}

impl CorrelationStructure {
    /// V at these times.
    fn covariance(&self, times: &[f64]) -> Result<Array2<f64>, Error> {
        let m = times.len();
        let of = |entry: &dyn Fn(f64, f64) -> f64| {
            let pairs = times
                .iter()
                .flat_map(|&t| times.iter().map(move |&u| (t, u)));
            let entries: Vec<f64> = pairs.map(|(t, u)| entry(t, u)).collect();
            Array2::from_shape_vec((m, m), entries).ok()
        };
        let v = match *self {
            Self::CompoundSymmetry { sd, correlation } => {
                positive("the SD of a wave", sd)?;
                let rho = self::correlation("the correlation of the waves", correlation)?;
                of(&|t, u| sd * sd * if t == u { 1.0 } else { rho })
            }
            Self::Ar1 { sd, correlation } => {
                positive("the SD of a wave", sd)?;
                let rho = not_negative("the correlation one unit of time apart", correlation)?;
                self::correlation("the correlation one unit of time apart", rho)?;
                of(&|t, u| sd * sd * rho.powf((t - u).abs()))
            }
            Self::RandomSlope {
                intercept_sd: a,
                slope_sd: b,
                correlation,
                residual_sd: e,
            } => {
                not_negative("the SD of the intercepts", a)?;
                not_negative("the SD of the slopes", b)?;
                positive("the residual SD", e)?;
                let rho = self::correlation("the correlation of intercept and slope", correlation)?;
                of(&|t, u| {
                    let residual = if t == u { e * e } else { 0.0 };
                    a * a + rho * a * b * (t + u) + b * b * t * u + residual
                })
            }
            Self::Unstructured { ref covariance } => {
                let square = covariance.len() == m && covariance.iter().all(|row| row.len() == m);
                if !square {
                    return Err(Error::Shape {
                        what: "the covariance of the waves".to_owned(),
                        expected: format!("{m} rows of {m} numbers"),
                        found: format!("{} rows", covariance.len()),
                    });
                }
                let entries = covariance.iter().flatten().copied().collect();
                Array2::from_shape_vec((m, m), entries).ok()
            }
        };
        let refused = || Error::Argument {
            what: "the covariance of the waves".to_owned(),
            expected: "a symmetric and positive definite matrix",
            found: "none".to_owned(),
        };
        let v = v.ok_or_else(refused)?;
        let alike = |x: f64, y: f64| (x - y).abs() <= 1e-12 * (x.abs() + y.abs());
        let symmetric = v.iter().zip(v.t().iter()).all(|(&x, &y)| alike(x, y));
        if symmetric && Cholesky::new(v.view()).is_some() {
            Ok(v)
        } else {
            Err(refused())
        }
    }
}

impl Retention {
    /// The shares of both arms.
    fn shares(&self, waves: usize) -> Result<[Vec<f64>; 2], Error> {
        let everybody = || vec![1.0; waves];
        let arms = match self {
            Self::Complete => return Ok([everybody(), everybody()]),
            Self::Both { shares } => [shares.clone(), shares.clone()],
            Self::Each { first, second } => [first.clone(), second.clone()],
        };
        for shares in &arms {
            if shares.len() != waves {
                return Err(Error::Shape {
                    what: "the retention".to_owned(),
                    expected: format!("a share a wave, {waves}"),
                    found: shares.len().to_string(),
                });
            }
            let falls = shares.windows(2).all(|pair| pair[0] >= pair[1]);
            let last = shares.last().copied().unwrap_or(0.0);
            if !(falls && shares.first() == Some(&1.0) && last > 0.0) {
                return Err(Error::Argument {
                    what: "the retention".to_owned(),
                    expected: "1 at the first wave, never more than at the wave before, above zero",
                    found: format!("{shares:?}"),
                });
            }
        }
        Ok(arms)
    }
}

/// What the variance is made of.
struct Model {
    /// The covariance of each arm's figures, times its n: means of all waves, or intercept and slope.
    arms: [Array2<f64>; 2],
    /// The weights of the figure that is compared.
    after: Array1<f64>,
    /// The weights of the baseline.
    before: Array1<f64>,
}

impl RepeatedMeasures {
    fn level(&self) -> Level {
        Level {
            alpha: self.alpha,
            alternative: self.alternative,
            other_tail: self.other_tail,
        }
    }

    fn model(&self) -> Result<Model, Error> {
        let m = self.times.len();
        let v = self.structure.covariance(&self.times)?;
        let x = match self.analysis {
            RepeatedAnalysis::Slope => {
                Array2::from_shape_fn((m, 2), |(i, j)| if j == 0 { 1.0 } else { self.times[i] })
            }
            _ => Array2::eye(m),
        };
        let [first, second] = self.retention.shares(m)?;
        let arms = [subject(&x, &v, &first)?, subject(&x, &v, &second)?];
        let mean_of = |from: usize, to: usize| {
            let weight = 1.0 / (to - from) as f64;
            Array1::from_shape_fn(m, |i| if i >= from && i < to { weight } else { 0.0 })
        };
        let (after, before) = match self.analysis {
            RepeatedAnalysis::Slope => (Array1::from(vec![0.0, 1.0]), Array1::zeros(2)),
            RepeatedAnalysis::Mean => (mean_of(self.before, m), Array1::zeros(m)),
            RepeatedAnalysis::Ancova => (mean_of(self.before, m), mean_of(0, self.before)),
            RepeatedAnalysis::Change => (
                mean_of(self.before, m) - mean_of(0, self.before),
                Array1::zeros(m),
            ),
        };
        Ok(Model {
            arms,
            after,
            before,
        })
    }

    /// The variance of the effect with arms of these sizes.
    fn variance(&self, [n1, n2]: [f64; 2]) -> Result<f64, Error> {
        let Model {
            arms: [first, second],
            after,
            before,
        } = self.model()?;
        let d = first / n1 + second / n2;
        let product = |a: ArrayView1<'_, f64>, b: ArrayView1<'_, f64>| a.dot(&d.dot(&b));
        let known = product(before.view(), before.view());
        let shared = product(after.view(), before.view());
        let explained = if known > 0.0 {
            shared * shared / known
        } else {
            0.0
        };
        Ok(product(after.view(), after.view()) - explained)
    }
}

/// The inverse of one subject's information about the coefficients of X, with dropout.
fn subject(x: &Array2<f64>, v: &Array2<f64>, shares: &[f64]) -> Result<Array2<f64>, Error> {
    let m = shares.len();
    let mut information = Array2::<f64>::zeros((x.ncols(), x.ncols()));
    let refused = || Error::Argument {
        what: "the covariance of the waves".to_owned(),
        expected: "a positive definite matrix",
        found: "none".to_owned(),
    };
    for k in 1..=m {
        let next = shares.get(k).copied().unwrap_or(0.0);
        let leaving = shares[k - 1] - next;
        if leaving <= 0.0 {
            continue;
        }
        let (x_k, v_k) = (x.slice(s![..k, ..]), v.slice(s![..k, ..k]));
        let inverse = Cholesky::new(v_k).ok_or_else(refused)?.inverse();
        information = information + x_k.t().dot(&inverse).dot(&x_k) * leaving;
    }
    Ok(Cholesky::new(information.view())
        .ok_or_else(refused)?
        .inverse())
}

impl Form for RepeatedMeasures {
    fn frame(&self) -> Result<Frame, Error> {
        self.level().check()?;
        positive("the allocation", self.allocation)?;
        let m = self.times.len();
        if m < 2 {
            return Err(Error::TooFew {
                method: "the comparison over waves",
                what: "times".to_owned(),
                needed: 2,
                found: m,
            });
        }
        let rising = self.times.windows(2).all(|pair| pair[0] < pair[1]);
        if !(rising && self.times.iter().all(|t| t.is_finite())) {
            return Err(Error::Argument {
                what: "the times".to_owned(),
                expected: "finite numbers, each above the one before",
                found: format!("{:?}", self.times),
            });
        }
        let needs_before = matches!(
            self.analysis,
            RepeatedAnalysis::Ancova | RepeatedAnalysis::Change
        );
        let least = usize::from(needs_before);
        if self.analysis != RepeatedAnalysis::Slope && !(least..m).contains(&self.before) {
            return Err(argument(
                "the number of times before",
                if needs_before {
                    "at least 1, and fewer than all times"
                } else {
                    "fewer than all times"
                },
                self.before as f64,
            ));
        }
        let variance = self.variance([1.0; 2])?;
        let (what, measure) = match self.analysis {
            RepeatedAnalysis::Ancova => (
                "the mean after, adjusted for the mean before",
                Measure::MeanDifference { unit: None },
            ),
            RepeatedAnalysis::Mean => ("the mean after", Measure::MeanDifference { unit: None }),
            RepeatedAnalysis::Change => (
                "the mean after less the mean before",
                Measure::MeanDifference { unit: None },
            ),
            RepeatedAnalysis::Slope => ("the slope", Measure::Coefficient { unit: None }),
        };
        let by = match self.reference {
            RepeatedReference::StudentT => "the noncentral t",
            RepeatedReference::Normal => "normal distributions",
        };
        Ok(Frame {
            name: "the comparison over waves",
            method: format!("two arms over {m} waves, {what}, by {by}"),
            measure,
            alpha: self.alpha,
            alternative: self.alternative,
            unit: PowerUnit::Subjects,
            allocation: vec![1.0, self.allocation],
            fewest: 2.0,
            sizes: Sizes::Real,
            centre: 0.0,
            effects: [f64::NEG_INFINITY, f64::INFINITY],
            scale: positive("the variance of the effect", variance)?.sqrt(),
        })
    }

    fn power(&self, sizes: &[f64], effect: f64) -> Result<f64, Error> {
        let [n1, n2] = two(sizes)?;
        let delta = effect / self.variance([n1, n2])?.sqrt();
        let lost = match self.analysis {
            RepeatedAnalysis::Ancova => 3.0,
            _ => 2.0,
        };
        match self.reference {
            RepeatedReference::Normal => self.level().normal(delta, 1.0),
            RepeatedReference::StudentT => self.level().student(delta, n1 + n2 - lost),
        }
    }
}
