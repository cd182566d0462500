//! Whether a fit says too little about the spread of its response.
//!
//! ```text
//! Pearson           X² = Σ a (y − μ)² / V             against χ² with n − r degrees of freedom
//! Cameron–Trivedi   z_i = ((y_i − μ_i)² − y_i) / μ_i   regressed without intercept on 1 (NB1: the excess φ)
//!                                                     or on μ_i (NB2: α = 1 / θ); one-sided z test
//! zeros             Σ 1{y_i = 0} beside Σ P(y_i = 0), and for Poisson with log link van den Broek's score
//!                   S = (Σ (1{y_i = 0} / p_i − 1))² / (Σ (1 / p_i − 1) − μ'X (X'MX)⁻¹X'μ),  p_i = e^{−μ_i}
//! quantile residual  Φ⁻¹(F(y−) + u (F(y) − F(y−))),  u uniform: standard normal if the model is right
//! ```
//! S is χ² with one degree of freedom where the counts are Poisson; it is large for too few zeros too.
//! That rests on Σ 1{y_i = 0} / p_i being about normal. Under the model it has the mean n and the variance
//! Σ (1 / p_i − 1), and so varies as a count of n² / Σ (1 / p_i) expected zeros does: nP(0) where all means
//! are one, and next to nothing where a single mean is large, since 1 / p_i = e^{μ_i}. Below 5 there is a
//! caution, below 1 no p-value.
//!
//! Quantile residuals are those of `quantile_residual`; far out, where statmod's become infinite, they
//! keep their digits.
//!
//! Cameron AC, Trivedi PK (1990), J Econometrics 46:347–364, doi 10.1016/0304-4076(90)90014-K;
//! van den Broek J (1995), Biometrics 51:738–743, doi 10.2307/2532959; Dunn PK,
//! Smyth GK (1996), J Comput Graph Stat 5:236–244, doi 10.1080/10618600.1996.10474708. Differences from R: AER's
//! `dispersiontest` reports 1 + φ where its `trafo` is absent.

use kring_core::{
    Alternative, Caution, Estimate, Interval, IntervalKind, JointTest, Measure, Reference, Value,
    WeightKind,
};
use ndarray::Array1;
use serde::{Deserialize, Serialize};

use super::{GlmFit, ResidualKind};
use crate::dist::counts::beta_binomial;
use crate::dist::special::normal_tail;
use crate::family::{Family, Link};
use crate::linalg::Cholesky;
use crate::predictive::{CountDistribution, Position, Predictive};
use crate::quantile_residual::QuantileResidual;
use crate::{Error, Fit, dist};

/// What overdispersion looks like under the alternative.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OverdispersionForm {
    /// Var y = μ (1 + φ).
    Linear,
    /// Var y = μ + α μ².
    #[default]
    Quadratic,
}

/// How many zeros there are, and how many the model expects.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ZeroCheck {
    /// The rows with a count of zero.
    pub observed: f64,
    /// How many the model expects.
    pub expected: f64,
    /// The score test of an excess, for the Poisson family with log link.
    pub test: Option<JointTest>,
}

/// With fewer expected zeros their weighted sum is not about normal.
const FEW_ZEROS: f64 = 5.0;
/// With fewer nothing can be said.
const NO_ZEROS: f64 = 1.0;

impl GlmFit {
    /// Pearson's X² against its degrees of freedom, for families that say what the variance is.
    ///
    /// Rough where means are small; for 0/1 data without repeated settings it says nothing, and is
    /// refused.
    pub fn pearson_test(&self) -> Result<JointTest, Error> {
        let trials = self.model.data.trials.iter().any(|&m| m > 1.0);
        let what = if self.family.has_scale() {
            Some("its variance is estimated")
        } else if self.family.is_share() && !trials {
            Some("of single 0/1 outcomes, whose variance follows from the mean")
        } else {
            None
        };
        if let Some(why) = what {
            return Err(Error::Unsupported {
                what: format!(
                    "a test of the dispersion of the {} family: {why}",
                    self.family.name()
                ),
                hint: "it is there for counts and for successes of several trials".to_owned(),
            });
        }
        if self.residual_df <= 0.0 {
            return Err(Error::TooFew {
                method: "a test of the dispersion",
                what: "degrees of freedom".to_owned(),
                needed: 1,
                found: 0,
            });
        }
        let pearson = self.residuals(ResidualKind::Pearson)?;
        let statistic = pearson.dot(&pearson);
        let reference = Reference::ChiSquared {
            df: self.residual_df,
        };
        self.as_joint("dispersion", statistic, reference, "Pearson's X²")
    }

    /// Cameron and Trivedi's regression test of overdispersion: the excess with a one-sided test.
    ///
    /// ```
    /// use kring_core::{Design, DesignParts, Groups, Part, Response};
    /// use kring_stats::{family::Family, glm::{Glm, OverdispersionForm}};
    /// use ndarray::array;
    /// let design = Design::new(DesignParts {
    ///     response: Response::Count(array![0.0, 4.0]),
    ///     response_name: "problems".into(),
    ///     mean: Part::fixed(array![[1.0], [1.0]], vec!["(Intercept)".into()]),
    ///     zero: None, dispersion: None, groups: Groups::default(), time: None, weights: None,
    ///     source_rows: vec![0, 1], omitted: vec![],
    /// })?;
    /// let fit = Glm { family: Family::Poisson, ..Glm::default() }.fit(&design)?;
    /// // ((y − 2)² − y) / 2 is 2 and 0.
    /// let excess = fit.overdispersion(OverdispersionForm::Linear)?;
    /// assert!((excess.value.finite().unwrap() - 1.0).abs() < 1e-12);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn overdispersion(&self, form: OverdispersionForm) -> Result<Estimate, Error> {
        if !matches!(self.family, Family::Poisson) {
            return Err(Error::Unsupported {
                what: format!(
                    "Cameron and Trivedi's test of the {} family",
                    self.family.name()
                ),
                hint: "fit the Poisson family first".to_owned(),
            });
        }
        let copies = self.copies("Cameron and Trivedi's test")?;
        let (mut xz, mut xx, mut n) = (0.0, 0.0, 0.0);
        let rows = |i: usize| {
            let (y, mu) = (self.model.data.y[i], self.fitted[i]);
            let x = match form {
                OverdispersionForm::Linear => 1.0,
                OverdispersionForm::Quadratic => mu,
            };
            (x, ((y - mu).powi(2) - y) / mu)
        };
        for (i, &w) in copies.iter().enumerate() {
            let (x, z) = rows(i);
            xz += w * x * z;
            xx += w * x * x;
            n += w;
        }
        let value = xz / xx;
        let mut rss = 0.0;
        for (i, &w) in copies.iter().enumerate() {
            let (x, z) = rows(i);
            rss += w * (z - value * x).powi(2);
        }
        if n < 2.0 {
            return Err(Error::TooFew {
                method: "Cameron and Trivedi's test",
                what: "rows".to_owned(),
                needed: 2,
                found: copies.len(),
            });
        }
        let std_error = (rss / (n - 1.0) / xx).sqrt();
        let from = self.provenance();
        let alternative = Alternative::Greater;
        let (low, p_value) = if std_error > 0.0 {
            let z = dist::upper_quantile(1.0 - from.level, Reference::Normal)?;
            let p = dist::p_value(value / std_error, Reference::Normal, alternative)?;
            (Some(value - z * std_error), Some(p))
        } else {
            (None, None)
        };
        Ok(Estimate {
            label: match form {
                OverdispersionForm::Linear => "phi",
                OverdispersionForm::Quadratic => "alpha",
            }
            .to_owned(),
            measure: Measure::Dispersion,
            value: Value::Value(value),
            std_error: Some(std_error),
            null: 0.0,
            alternative,
            reference: Reference::Normal,
            interval: low.map(|low| Interval {
                low: Some(low),
                high: None,
                level: from.level,
                kind: IntervalKind::Wald,
            }),
            p_value,
            sample: from.sample.clone(),
            method: "Cameron and Trivedi's regression test of overdispersion".to_owned(),
            cautions: from.cautions.clone(),
        }
        .checked()?)
    }

    /// The zeros there are beside those that the model expects.
    ///
    /// ```
    /// use kring_core::{Design, DesignParts, Groups, Part, Response};
    /// use kring_stats::{family::Family, glm::Glm};
    /// use ndarray::array;
    /// let design = Design::new(DesignParts {
    ///     response: Response::Count(array![0.0, 4.0]),
    ///     response_name: "problems".into(),
    ///     mean: Part::fixed(array![[1.0], [1.0]], vec!["(Intercept)".into()]),
    ///     zero: None, dispersion: None, groups: Groups::default(), time: None, weights: None,
    ///     source_rows: vec![0, 1], omitted: vec![],
    /// })?;
    /// let fit = Glm { family: Family::Poisson, ..Glm::default() }.fit(&design)?;
    /// let zeros = fit.zeros()?;
    /// assert!((zeros.expected - 2.0 * (-2.0_f64).exp()).abs() < 1e-12);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn zeros(&self) -> Result<ZeroCheck, Error> {
        if !self.family.is_count() {
            return Err(Error::Unsupported {
                what: format!("a count of zeros of the {} family", self.family.name()),
                hint: "it is there for counts".to_owned(),
            });
        }
        let copies = self.copies("a count of zeros")?;
        let shape = self.shape_value();
        let data = &self.model.data;
        let (mut observed, mut expected) = (0.0, 0.0);
        let (mut score, mut variance) = (0.0, 0.0);
        let (mut rows, mut reciprocals) = (0.0, 0.0);
        for (i, &w) in copies.iter().enumerate() {
            let mean = Link::Identity.mean(self.fitted[i]);
            let p = self.model.family.log_density(0.0, &mean, 1.0, shape).exp();
            let zero = f64::from(u8::from(data.y[i] == 0.0));
            observed += w * zero;
            expected += w * p;
            score += w * (zero / p - 1.0);
            variance += w * (1.0 / p - 1.0);
            rows += w;
            reciprocals += w / p;
        }
        let mut test = None;
        if self.family == Family::Poisson && self.link == Link::Log && !self.model.penalised {
            let weighed: Vec<f64> = copies
                .iter()
                .zip(&self.fitted)
                .map(|(w, mu)| w * mu)
                .collect();
            let along: Array1<f64> = data
                .basis
                .iter()
                .map(|q| crate::linalg::dot(q, &weighed))
                .collect();
            let root = Cholesky::new(self.maximum.point.information.view());
            let known = root.map_or(f64::INFINITY, |root| along.dot(&root.solve(along.view())));
            let statistic = score * score / (variance - known);
            if statistic.is_finite() && statistic >= 0.0 {
                let reference = Reference::ChiSquared { df: 1.0 };
                let name = "van den Broek's score test of excess zeros";
                let mut found = self.as_joint("zeros", statistic, reference, name)?;
                let zeros = rows * rows / reciprocals;
                if zeros < FEW_ZEROS {
                    let p = if zeros < NO_ZEROS {
                        found.p_value = None;
                        "so that it has no p-value"
                    } else {
                        "so that p is a rough guide at best"
                    };
                    found.cautions.push(Caution::Note(format!(
                        "This test rests on about {zeros:.1} expected zeros, as rows with a large mean outweigh \
                         all others; it needs {FEW_ZEROS} or more, {p}. Compare the zeros observed \
                         ({observed}) with those expected ({expected:.1}), or look at the quantile residuals."
                    )));
                }
                test = Some(found);
            }
        }
        Ok(ZeroCheck {
            observed,
            expected,
            test,
        })
    }

    /// Randomised quantile residuals, `n`: standard normal if the model is right, also for counts and
    /// shares. The same seed gives the same residuals; rows of weight zero have zero.
    ///
    /// ```
    /// use kring_core::{Design, DesignParts, Groups, Part, Response};
    /// use kring_stats::{family::Family, glm::Glm};
    /// use ndarray::array;
    /// let design = Design::new(DesignParts {
    ///     response: Response::Count(array![0.0, 2.0, 1.0, 5.0]),
    ///     response_name: "problems".into(),
    ///     mean: Part::fixed(array![[1.0], [1.0], [1.0], [1.0]], vec!["(Intercept)".into()]),
    ///     zero: None, dispersion: None, groups: Groups::default(), time: None, weights: None,
    ///     source_rows: vec![0, 1, 2, 3], omitted: vec![],
    /// })?;
    /// let fit = Glm { family: Family::Poisson, ..Glm::default() }.fit(&design)?;
    /// let residuals = fit.quantile_residuals(1)?;
    /// // No event at a mean of 2: below Φ⁻¹(e⁻²).
    /// assert!(residuals[0] < -1.10);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn quantile_residuals(&self, seed: u64) -> Result<Array1<f64>, Error> {
        if self.family.is_quasi() {
            return Err(Error::Unsupported {
                what: format!("quantile residuals of the {} family", self.family.name()),
                hint: "it has no distribution; use Pearson residuals".to_owned(),
            });
        }
        let phi = match (self.family.has_scale(), self.dispersion) {
            (false, _) => 1.0,
            (true, Some(phi)) if phi > 0.0 => phi,
            (true, _) => {
                return Err(Error::TooFew {
                    method: "a quantile residual",
                    what: "degrees of freedom".to_owned(),
                    needed: 1,
                    found: 0,
                });
            }
        };
        let rows = 0..self.model.data.y.len();
        let positions: Vec<Position> = rows
            .map(|i| self.position(i, phi))
            .collect::<Result<_, _>>()?;
        Ok(QuantileResidual { seed }.of(&positions)?.values)
    }

    /// Where the response of a row lies in its distribution; in the middle for a row of weight zero.
    fn position(&self, i: usize, phi: f64) -> Result<Position, Error> {
        let data = &self.model.data;
        let (y, trials) = (data.y[i], data.trials[i]);
        let mean = self.link.mean(self.linear_predictor[i]);
        let precise = match self.weights {
            Some(WeightKind::Precision) => data.weight[i],
            _ => 1.0,
        };
        let continuous = |below, above| Position {
            below,
            at: 0.0,
            above,
        };
        let of_normal = |z: f64| continuous(normal_tail(-z), normal_tail(z));
        if data.prior(i) == 0.0 {
            return Ok(continuous(0.5, 0.5));
        }
        let (mu, shape) = (mean.mu, self.shape_value());
        let of_counts = |counts, y| Predictive::counts(counts).position(y);
        Ok(match self.model.family {
            Family::Gaussian => of_normal((y - mu) * (precise / phi).sqrt()),
            Family::Gamma => {
                let shape = precise / phi;
                if shape > 1e8 {
                    // Wilson and Hilferty's cube root is exact to 1 / shape here.
                    let root = (y / mu).cbrt() - (1.0 - 1.0 / (9.0 * shape));
                    return Ok(of_normal(3.0 * shape.sqrt() * root));
                }
                let gamma = dist::Gamma::new(shape, mu / shape)?;
                continuous(gamma.lower_tail(y)?, gamma.upper_tail(y)?)
            }
            Family::NegativeBinomial1 | Family::NegativeBinomial2 => {
                let size = match self.model.family {
                    Family::NegativeBinomial1 => mu / shape,
                    _ => shape,
                };
                of_counts(CountDistribution::NegativeBinomial { mean: mu, size }, y)
            }
            Family::BetaBinomial => {
                // φ = 1/ρ − 1 is the sum of the two parameters of the beta distribution.
                let sum = 1.0 / shape - 1.0;
                let ln_p = |k: f64| beta_binomial(k, trials, mu * sum, (1.0 - mu) * sum);
                let count = (y * trials).round();
                let sum = |from: f64, to: f64| -> f64 {
                    let each = std::iter::successors(Some(from), |k| Some(k + 1.0));
                    each.take_while(|&k| k < to).map(|k| ln_p(k).exp()).sum()
                };
                Position {
                    below: sum(0.0, count),
                    at: ln_p(count).exp(),
                    above: sum(count + 1.0, trials + 1.0),
                }
            }
            family if family.is_share() => {
                let binomial = CountDistribution::Binomial {
                    trials,
                    probability: mu,
                };
                of_counts(binomial, (y * trials).round())
            }
            _ => of_counts(CountDistribution::Poisson { mean: mu }, y),
        })
    }

    fn as_joint(
        &self,
        label: &str,
        statistic: f64,
        reference: Reference,
        method: &str,
    ) -> Result<JointTest, Error> {
        let from = self.provenance();
        Ok(JointTest {
            label: label.to_owned(),
            statistic: Some(statistic),
            reference,
            p_value: Some(dist::upper_tail(statistic, reference)?),
            sample: from.sample.clone(),
            method: format!("{method}, {}", from.method),
            cautions: from.cautions.clone(),
        })
    }

    /// How many rows each row stands for; weights of another kind are refused.
    fn copies(&self, what: &str) -> Result<Vec<f64>, Error> {
        match self.weights {
            None | Some(WeightKind::Frequency) => Ok(self.model.data.weight.clone()),
            Some(_) => Err(Error::Unsupported {
                what: format!("{what} with precision or sampling weights"),
                hint: "fit without weights, or with frequency weights".to_owned(),
            }),
        }
    }
}
