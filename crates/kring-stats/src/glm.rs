//! Generalised linear models.
//!
//! ```text
//! model      E y = μ,  g(μ) = η = X β + offset,  Var y = φ V(μ) / a        (families: family.rs)
//! estimator  maximum likelihood by Newton's method with Fisher's information, in a basis Q of X;
//!            families with a shape (θ, φ, ρ) jointly in β and shape, by observed information;
//!            Firth: ℓ + ½ log |X'WX|,  W = a (dμ/dη)² / V
//! errors     φ (X'WX)⁻¹ (NB1 and beta-binomial: the inverse of the joint observed information), or a
//!            sandwich by row (HC0–HC3) or by cluster (CR0, CR2, CR3) as in lm
//! reference  z and χ²; t and F on n − r where φ is estimated; by cluster t with Satterthwaite's df
//! ```
//! Columns that are contained in the ones before them are not estimated, as in R, and named in a
//! caution. A fit that does not converge is an error with its last state. Data that are separated have
//! no maximum: the error names the columns and which way they run; `bias_reduction: Firth` gives
//! finite estimates then.
//!
//! McCullagh P, Nelder JA (1989), doi 10.1007/978-1-4899-3242-6; Lawless JF (1987), Canadian J Stat
//! 15:209–225, doi 10.2307/3314912 (negative binomial); Firth D (1993), doi 10.1093/biomet/80.1.27;
//! Heinze G, Schemper M (2002), doi 10.1002/sim.1047.
//!
//! Weights: a frequency stands for that many rows; a precision divides the variance (and multiplies the
//! log-likelihood) as R's `weights`, but for shares it does not count trials, which are part of the
//! response; a sampling weight gives robust errors only, and no likelihood.
//!
//! Differences from R. A column counts as contained in others at 1e-7 of its length, as in `lm`; R's
//! `glm` says 1e-11. Fits go on until λ² = 1e-20 (R stops at a relative change of the deviance of 1e-8).
//! The likelihood of the gamma family is taken at φ = deviance / n, as R's. Errors of β of NB2 take θ as
//! known, as MASS's (β and θ are orthogonal); those of NB1 and of the beta-binomial do not, as
//! glmmTMB's. Counts no more variable than Poisson ones give the Poisson fit with θ at infinity and a
//! caution, where MASS warns of its iteration limit.

mod criterion;
mod diagnostics;
mod finish;
pub(crate) mod model;
mod nested;
mod newton;
mod resampled;
mod separation;
mod standardize;

use kring_core::{
    Alternative, Boundary, Design, Estimate, Interval, IntervalKind, Measure, Reference, Value,
    WeightKind,
};
use ndarray::{Array1, Array2, ArrayView1, ArrayView2};
use serde::{Deserialize, Serialize};

use crate::family::{Family, Link};
use crate::fit::{Coefficients, Fit, JointReference, Provenance};
use crate::linalg::{Cholesky, forward_substitute};
use crate::regression::refuse_other_parts;
use crate::sandwich::Clustered;
use crate::{Covariance, Error, dist};
use criterion::{Data, shape_of};
pub use diagnostics::{OverdispersionForm, ZeroCheck};
use finish::finish;
use model::{Model, Shape, basis, model_error, observed, with_shape};
pub use nested::{TermTest, likelihood_ratio};
use newton::Maximum;
pub use resampled::StandardizedDraws;
pub(crate) use standardize::Standardizer;
pub use standardize::{Settings, Standardized};

/// The options of a generalised linear model.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Glm {
    /// The distribution of the response.
    pub family: Family,
    /// How the mean hangs together with the columns; absent for the family's usual link.
    pub link: Option<Link>,
    /// How the errors of the coefficients are estimated.
    pub covariance: Covariance,
    /// Whether estimates are corrected for their bias in small samples.
    pub bias_reduction: BiasReduction,
    /// The level of intervals.
    pub level: f64,
}

/// Whether estimates are corrected for their bias in small samples.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BiasReduction {
    /// Maximum likelihood.
    #[default]
    None,
    /// Firth's penalised likelihood, for the logistic and the log-linear Poisson model: finite also
    /// where the data are separated.
    Firth,
}

/// How a fit came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Convergence {
    /// How many steps were taken.
    pub iterations: usize,
    /// Twice what the criterion would still rise by one step more: the square of that step in standard
    /// errors.
    pub decrement: f64,
}

/// Which residuals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResidualKind {
    /// y − μ.
    Response,
    /// (y − μ) √(a / V).
    Pearson,
    /// The signed root of a row's share of the deviance.
    Deviance,
    /// (y − μ) / (dμ/dη), on the scale of the linear predictor.
    Working,
}

/// A fitted generalised linear model.
#[derive(Debug, Clone)]
pub struct GlmFit {
    coefficients: Coefficients,
    provenance: Provenance,
    /// The family.
    pub family: Family,
    /// The link.
    pub link: Link,
    /// φ: Pearson's X² / (n − r), or one; absent where no degrees of freedom are left.
    pub dispersion: Option<f64>,
    /// The parameter of shape with its error: θ of NB2, φ of NB1, ρ of the beta-binomial.
    pub shape: Option<Estimate>,
    /// The deviance; NB1 and the beta-binomial have none.
    pub deviance: Option<f64>,
    /// The deviance of the intercept alone (with the offset).
    pub null_deviance: Option<f64>,
    /// n − r.
    pub residual_df: f64,
    /// The degrees of freedom of the null deviance.
    pub null_df: f64,
    /// The log-likelihood with all its constants; absent for quasi-families and sampling weights.
    pub log_likelihood: Option<f64>,
    /// The same with Firth's penalty, where that was asked for.
    pub penalized_log_likelihood: Option<f64>,
    /// −2 log-likelihood + 2 × the number of parameters.
    pub aic: Option<f64>,
    /// η, offset counted, `n`.
    pub linear_predictor: Array1<f64>,
    /// μ, `n`: of proportions the share.
    pub fitted: Array1<f64>,
    /// The diagonal of the hat matrix of the last weighted least squares, `n`.
    pub leverage: Array1<f64>,
    /// How the fit came to its end.
    pub convergence: Convergence,
    covariance: Covariance,
    model: Model,
    maximum: Maximum,
    weights: Option<WeightKind>,
    terms: Vec<kring_core::Term>,
    /// X in the coordinates of the basis: Q X_all = R_all, in the order of the columns.
    in_basis: Array2<f64>,
    /// R of the last weighted least squares, for the degrees of freedom by cluster.
    r: Array2<f64>,
    clustered: Option<Clustered>,
}

impl Default for Glm {
    fn default() -> Self {
        Self {
            family: Family::Gaussian,
            link: None,
            covariance: Covariance::Classical,
            bias_reduction: BiasReduction::None,
            level: 0.95,
        }
    }
}

impl Glm {
    /// Fits the model.
    ///
    /// ```
    /// use kring_core::{Design, DesignParts, Groups, Part, Response};
    /// use kring_stats::{Fit, family::Family, glm::Glm};
    /// use ndarray::array;
    /// // 3 of 10 families keep their child at home in one arm, 6 of 10 in the other.
    /// let design = Design::new(DesignParts {
    ///     response: Response::Proportion { successes: array![3.0, 6.0], trials: array![10.0, 10.0] },
    ///     response_name: "at_home".into(),
    ///     mean: Part::fixed(
    ///         array![[1.0, 0.0], [1.0, 1.0]],
    ///         vec!["(Intercept)".into(), "armEKC".into()],
    ///     ),
    ///     zero: None, dispersion: None, groups: Groups::default(), time: None, weights: None,
    ///     source_rows: vec![0, 1], omitted: vec![],
    /// })?;
    /// let fit = Glm { family: Family::Binomial, ..Glm::default() }.fit(&design)?;
    /// // The odds ratio of 6:4 against 3:7 is 3.5.
    /// assert!((fit.coefficients().value("armEKC").unwrap() - 3.5_f64.ln()).abs() < 1e-12);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn fit(&self, design: &Design) -> Result<GlmFit, Error> {
        dist::check_level(self.level)?;
        refuse_other_parts(design, NAME)?;
        let link = self.checked_link()?;
        self.check_covariance(design)?;
        let part = design.mean();
        let rows = observed(design, self.family)?;
        let basis = basis(design, &rows);
        let estimated = basis.pivot[..basis.rank].to_vec();
        let n = rows.observations(design);
        if n < 1.0 {
            return Err(Error::TooFew {
                method: NAME,
                what: "rows of a weight above zero".to_owned(),
                needed: 1,
                found: 0,
            });
        }
        let columns = basis.q.columns().into_iter();
        let data = Data {
            basis: columns.map(|q| q.to_vec()).collect(),
            offset: part.offset.as_ref().map_or_else(Vec::new, |o| o.to_vec()),
            y: rows.y,
            trials: rows.trials,
            weight: rows.weight,
            above: Vec::new(),
        };
        let mut model = Model {
            data,
            family: self.family.at_the_edge(),
            link,
            penalised: self.bias_reduction == BiasReduction::Firth,
            r: basis.r_square().to_owned(),
            residual_df: n - basis.rank as f64,
        };
        let named = |unfinished| model_error(&unfinished, design, &estimated, &model);
        let start = model.start().map_err(|u| named((u, None)))?;
        let mut maximum = model.maximise(start, None).map_err(named)?;
        let mut edge = None;
        if self.family.shape_name().is_some() {
            match with_shape(&mut model, self.family, &maximum)? {
                Shape::Inside(found) => maximum = found,
                Shape::Edge(caution) => edge = Some(caution),
                Shape::Failed(unfinished) => {
                    return Err(model_error(&(unfinished, None), design, &estimated, &model));
                }
            }
        }
        finish(self, design, model, maximum, &basis, n, edge)
    }

    fn checked_link(&self) -> Result<Link, Error> {
        let link = self.link.unwrap_or_else(|| self.family.default_link());
        let links = self.family.links();
        if !links.contains(&link) {
            let names: Vec<&str> = links.iter().map(|link| link.name()).collect();
            return Err(Error::Unsupported {
                what: format!(
                    "the {} link of the {} family",
                    link.name(),
                    self.family.name()
                ),
                hint: format!("it may have {}", names.join(", ")),
            });
        }
        let canonical = matches!(
            (self.family, link),
            (Family::Binomial, Link::Logit) | (Family::Poisson, Link::Log)
        );
        if self.bias_reduction == BiasReduction::Firth && !canonical {
            return Err(Error::Unsupported {
                what: format!(
                    "Firth's bias reduction of the {} family with {} link",
                    self.family.name(),
                    link.name()
                ),
                hint: "it is there for the binomial with logit link and the Poisson with log link"
                    .to_owned(),
            });
        }
        Ok(link)
    }

    fn check_covariance(&self, design: &Design) -> Result<(), Error> {
        let sampling = design
            .weights()
            .is_some_and(|w| w.kind == WeightKind::Sampling);
        if sampling && self.covariance == Covariance::Classical {
            return Err(Error::Unsupported {
                what: "a classical standard error with sampling weights".to_owned(),
                hint: "use hc0 to hc3, or cr0 to cr3 with clusters".to_owned(),
            });
        }
        if is_joint(self.family) && !self.covariance.is_by_score() {
            return Err(Error::Unsupported {
                what: format!(
                    "{} of the {} family",
                    self.covariance.name(),
                    self.family.name()
                ),
                hint:
                    "its shape is not orthogonal to the mean, so that there is no hat matrix; use \
                       hc0, hc1, cr0 or cr1"
                        .to_owned(),
            });
        }
        Ok(())
    }

    /// How the coefficients are estimated, in words.
    fn estimator(&self, link: Link) -> String {
        let how = match self.bias_reduction {
            BiasReduction::None if self.family.is_quasi() => "quasi-likelihood",
            BiasReduction::None => "maximum likelihood",
            BiasReduction::Firth => "Firth's penalised likelihood",
        };
        format!(
            "{} regression with {} link by {how}",
            self.family.name(),
            link.name()
        )
    }

    fn method(&self, link: Link) -> String {
        format!(
            "{}, {}",
            self.estimator(link),
            if is_joint(self.family) && self.covariance.is_clustered() {
                self.covariance.name_by_score()
            } else {
                self.covariance.name()
            }
        )
    }
}

const NAME: &str = "a generalised linear model";

/// Whether the shape is estimated jointly with the mean and not orthogonal to it.
fn is_joint(family: Family) -> bool {
    matches!(family, Family::NegativeBinomial1 | Family::BetaBinomial)
}

impl Fit for GlmFit {
    fn coefficients(&self) -> &Coefficients {
        &self.coefficients
    }

    fn reference(&self, contrast: ArrayView1<'_, f64>) -> Option<Reference> {
        if let Some(clustered) = &self.clustered {
            let gamma = forward_substitute(self.r.view(), contrast);
            let df = clustered.satterthwaite(gamma.view())?;
            return (df.is_finite() && df > 0.0).then_some(Reference::StudentT { df });
        }
        if !self.family.has_scale() {
            return Some(Reference::Normal);
        }
        let df = self.residual_df;
        (df > 0.0).then_some(Reference::StudentT { df })
    }

    fn joint_reference(&self, contrasts: ArrayView2<'_, f64>) -> Result<JointReference, Error> {
        if let Some(clustered) = &self.clustered {
            return clustered.joint_reference(self.r.view(), contrasts);
        }
        let q = contrasts.nrows() as f64;
        Ok(if self.family.has_scale() {
            JointReference {
                scale: 1.0 / q,
                reference: Reference::F {
                    numerator: q,
                    denominator: self.residual_df,
                },
            }
        } else {
            JointReference {
                scale: 1.0,
                reference: Reference::ChiSquared { df: q },
            }
        })
    }

    fn provenance(&self) -> &Provenance {
        &self.provenance
    }
}

impl GlmFit {
    /// The residuals, `n`; rows of weight zero have their response residual and else zero.
    pub fn residuals(&self, kind: ResidualKind) -> Result<Array1<f64>, Error> {
        if kind == ResidualKind::Deviance && self.deviance.is_none() {
            return Err(Error::Unsupported {
                what: format!("deviance residuals of the {} family", self.family.name()),
                hint: "use Pearson residuals".to_owned(),
            });
        }
        let shape = self.shape_value();
        let model = &self.model;
        Ok(Array1::from_shape_fn(self.fitted.len(), |i| {
            let mean = model.link.mean(self.linear_predictor[i]);
            let residual = model.residual(i, &mean);
            let (y, a) = (model.data.y[i], model.data.prior(i));
            match kind {
                ResidualKind::Response => residual,
                _ if a == 0.0 => 0.0,
                ResidualKind::Pearson => {
                    let v = model.family.variance(&mean, model.data.trials[i], shape);
                    residual * (a / v).sqrt()
                }
                ResidualKind::Deviance => {
                    (a * model.family.deviance(y, &mean, shape)).sqrt() * residual.signum()
                }
                ResidualKind::Working => residual / mean.slope,
            }
        }))
    }

    /// Cook's distance of each row; none where a row determines its own fitted value, or where no
    /// degrees of freedom are left.
    pub fn cooks_distance(&self) -> Result<Vec<Option<f64>>, Error> {
        let pearson = self.residuals(ResidualKind::Pearson)?;
        let p = self.coefficients.values.len() as f64;
        let distance = |(&e, &h): (&f64, &f64)| {
            let phi = self.dispersion.filter(|&phi| phi > 0.0)?;
            (h < 1.0 - 1e-10).then(|| (e / (1.0 - h)).powi(2) * h / (phi * p))
        };
        Ok(pearson.iter().zip(&self.leverage).map(distance).collect())
    }

    /// τ of the shape, where the fit has one inside its range.
    fn tau(&self) -> Option<f64> {
        self.maximum.psi.get(self.model.data.basis.len()).copied()
    }

    fn shape_value(&self) -> f64 {
        self.tau()
            .map_or(1.0, |tau| shape_of(self.model.family, tau))
    }

    /// The shape with its Wald interval on the scale of τ.
    fn shape_estimate(&self, at_edge: bool) -> Result<Option<Estimate>, Error> {
        let Some(name) = self.family.shape_name() else {
            return Ok(None);
        };
        let mut estimate = Estimate {
            label: name.to_owned(),
            measure: Measure::Dispersion,
            value: Value::AtBoundary(match self.family {
                Family::NegativeBinomial2 => Boundary::Infinite,
                _ => Boundary::Zero,
            }),
            std_error: None,
            null: 0.0,
            alternative: Alternative::TwoSided,
            reference: Reference::Normal,
            interval: None,
            p_value: None,
            sample: self.provenance.sample.clone(),
            method: format!(
                "{}; interval on the {} scale",
                self.provenance.method,
                if self.family == Family::BetaBinomial {
                    "logit"
                } else {
                    "log"
                }
            ),
            cautions: self.provenance.cautions.clone(),
        };
        let Some(tau) = self.tau().filter(|_| !at_edge) else {
            return Ok(Some(estimate));
        };
        let r = self.model.data.basis.len();
        let information = &self.maximum.point.information;
        // θ is orthogonal to β; φ of NB1 and ρ are not.
        let variance = if is_joint(self.family) {
            Cholesky::new(information.view()).map(|root| root.inverse()[[r, r]])
        } else {
            Some(1.0 / information[[r, r]])
        };
        let value = shape_of(self.family, tau);
        estimate.value = Value::Value(value);
        let Some(error) = variance
            .filter(|&v| v.is_finite() && v > 0.0)
            .map(f64::sqrt)
        else {
            return Ok(Some(estimate.checked()?));
        };
        let slope = match self.family {
            Family::BetaBinomial => value * (1.0 - value),
            _ => value,
        };
        let width = dist::critical(self.provenance.level, Reference::Normal)? * error;
        let end = |tau: f64| Some(shape_of(self.family, tau)).filter(|x| x.is_finite());
        estimate.std_error = Some(slope * error);
        estimate.interval = Some(Interval {
            low: end(tau - width),
            high: end(tau + width),
            level: self.provenance.level,
            kind: IntervalKind::Wald,
        });
        Ok(Some(estimate.checked()?))
    }
}
