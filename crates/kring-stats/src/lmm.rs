//! The linear mixed model.
//!
//! ```text
//! model      y = X β + offset + Z b + ε,  b_j ~ N(0, σ² G_f) by level j of factor f,  ε_i ~ N(0, σ²/w_i);
//!            with a model of the dispersion ln σ_i = d_i'δ in place of one σ (see `spread`)
//! criterion  d(θ): minus twice the restricted (REML) or the whole log-likelihood (ML), with β and σ
//!            profiled out; G = Λ Λ', Λ = Σ θ_k Λ_k (see `random`)
//! search     trust region with the exact Hessian (one factor) or with average information (several)
//! errors     Var β = σ² (X'V⁻¹X)⁻¹, or Kenward and Roger's
//! reference  Student's t and F with Satterthwaite's or Kenward and Roger's degrees of freedom
//! ```
//! A variance of zero and a correlation of one are solutions like others, and marked by a caution. The
//! log-likelihood has all its constants; AIC and BIC count fixed effects, θ and σ, as R's `logLik` does.
//!
//! Bates D, Mächler M, Bolker B, Walker S (2015), Journal of Statistical Software 67(1), doi
//! 10.18637/jss.v067.i01; Laird NM, Ware JH (1982), Biometrics 38:963–974, doi 10.2307/2529876.
//! Differences from R: rows of weight zero do not count at all; a random slope on a constant, one row for
//! each effect, and a response without any variance are refused; `lmer` searches without derivatives, and
//! its θ has about six digits.

mod blocked;
mod bootstrap;
pub(crate) mod compare;
pub(crate) mod components;
mod criterion;
pub(crate) mod data;
mod families;
pub(crate) mod inference;
mod influence;
pub(crate) mod modes;
mod predict;
pub(crate) mod profile;
mod search;
mod spread;

use kring_core::{Caution, Component, Design, Measure, Reference, Sample, WeightKind};
use ndarray::{Array1, Array2, ArrayView1, ArrayView2};
use serde::{Deserialize, Serialize};
use std::sync::{Arc, OnceLock};

pub use bootstrap::{BootstrapFits, BootstrapSummary, ParametricBootstrap};
pub use compare::{ExactTest, likelihood_ratio};
pub use components::{RandomCovariance, Variances};
pub use modes::Modes;
pub use profile::Profiled;

pub use crate::certificate::{Certificate, Edge};
use crate::criteria::Criteria;
use crate::fit::{Coefficients, Fit, JointReference, Provenance};
use crate::likelihood::{PartFit, Source};
use crate::random::{Factor, SINGULAR};
use crate::regression::{complete_cases, distinct};
use crate::{Error, dist, narrow};
use inference::{KenwardRoger, Satterthwaite};
use search::{Found, Model};
use spread::Spread;

/// The options of a linear mixed model.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Lmm {
    /// What is made as large as possible.
    pub estimation: Estimation,
    /// How degrees of freedom are found.
    pub dof: Dof,
    /// The level of intervals.
    pub level: f64,
}

/// Which likelihood is made as large as possible.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Estimation {
    /// The restricted one: variances allow for the fixed effects that were estimated.
    #[default]
    Reml,
    /// The whole one: for comparing models with different fixed effects.
    Ml,
}

/// How the degrees of freedom of a contrast are found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dof {
    /// From how certain the variance of the contrast is (Satterthwaite; as lmerTest).
    #[default]
    Satterthwaite,
    /// Kenward and Roger's, with their larger errors; needs REML (as pbkrtest).
    KenwardRoger,
    /// None: the normal distribution and χ².
    Normal,
}

/// A fitted linear mixed model.
#[derive(Debug, Clone)]
pub struct LmmFit {
    options: Lmm,
    coefficients: Coefficients,
    provenance: Provenance,
    /// σ, the standard deviation of the residuals; with a model of the dispersion that of rows whose columns
    /// there are zero but for the intercept.
    pub sigma: f64,
    /// The log-likelihood (restricted under REML), AIC and BIC.
    pub criteria: Criteria,
    /// The covariance of the random effects, term by term in the order of the formula.
    pub random: Vec<RandomCovariance>,
    /// The same as standard deviations and correlations, with the residual one.
    pub components: Vec<Component>,
    /// Where the variance of the response lies, the intraclass correlation and R².
    pub variances: Variances,
    /// The evidence that the search ended at a minimum.
    pub certificate: Certificate,
    /// X β + offset + Z b, a row a row.
    pub fitted: Array1<f64>,
    /// Response less fitted values.
    pub residuals: Array1<f64>,
    /// The predicted random effects, term by term in the order of the formula.
    pub modes: Vec<Modes>,
    dispersion: Option<PartFit>,
    spread: Option<Spread>,
    model: Arc<Model>,
    found: Arc<Found>,
    satterthwaite: OnceLock<Option<Satterthwaite>>,
    kenward_roger: Option<KenwardRoger>,
}

impl Default for Lmm {
    fn default() -> Self {
        Self {
            estimation: Estimation::Reml,
            dof: Dof::Satterthwaite,
            level: 0.95,
        }
    }
}

impl Lmm {
    /// Fits the model.
    ///
    /// ```
    /// use kring_core::{Design, DesignParts, Grouping, Groups, Part, RandomStructure, RandomTerm, Response};
    /// use kring_stats::{Fit, lmm::Lmm};
    /// use ndarray::{Array2, array};
    /// // Three families, two waves each, in balance: the variances follow from the mean squares.
    /// let families = ["a", "b", "c"].map(str::to_owned).to_vec();
    /// let mut mean = Part::fixed(Array2::ones((6, 1)), vec!["(Intercept)".into()]);
    /// mean.random = vec![RandomTerm {
    ///     grouping: Grouping::new("family", families, vec![0, 0, 1, 1, 2, 2]),
    ///     z: Array2::ones((6, 1)),
    ///     columns: vec!["(Intercept)".into()],
    ///     structure: RandomStructure::Unstructured,
    /// }];
    /// let design = Design::new(DesignParts {
    ///     response: Response::Continuous(array![1.0, 3.0, 6.0, 8.0, 8.0, 10.0]),
    ///     response_name: "problems".into(),
    ///     mean, zero: None, dispersion: None, groups: Groups::default(), time: None, weights: None,
    ///     source_rows: (0..6).collect(), omitted: vec![],
    /// })?;
    /// let fit = Lmm::default().fit(&design)?;
    /// // Within families 6/3 = 2; between them 2·13, so that the variance of families is (26 − 2)/2.
    /// assert!((fit.sigma.powi(2) - 2.0).abs() < 1e-9);
    /// assert!((fit.random[0].covariance[[0, 0]] - 12.0).abs() < 1e-7);
    /// // One mean of three families has two degrees of freedom.
    /// assert!((fit.estimates()?[0].reference.df().unwrap() - 2.0).abs() < 1e-6);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn fit(&self, design: &Design) -> Result<LmmFit, Error> {
        dist::check_level(self.level)?;
        refuse(design)?;
        if self.dof == Dof::KenwardRoger && self.estimation == Estimation::Ml {
            return Err(Error::Unsupported {
                what: "Kenward and Roger's method with maximum likelihood".to_owned(),
                hint: "use REML, or Satterthwaite's degrees of freedom".to_owned(),
            });
        }
        if let Some(fitted) = spread::fit(design, self.estimation)? {
            let (model, found) = (Arc::new(fitted.model), Arc::new(fitted.found));
            return self.finish(design, model, found, Some(fitted.spread));
        }
        let model = Arc::new(Model::new(design)?);
        let found = Arc::new(model.search(self.estimation)?);
        self.finish(design, model, found, None)
    }

    /// The doubt about intervals that were measured to be too narrow with few families.
    fn of_intervals(&self, levels: usize) -> Option<Caution> {
        let measured = match (self.estimation, self.dof) {
            (_, Dof::Normal) => narrow::LMM_NORMAL,
            (Estimation::Ml, _) => narrow::LMM_ML,
            _ => return None,
        };
        measured.when(levels < narrow::FEW_FAMILIES)
    }

    fn finish(
        &self,
        design: &Design,
        model: Arc<Model>,
        found: Arc<Found>,
        spread: Option<Spread>,
    ) -> Result<LmmFit, Error> {
        let fixed = &model.data.fixed;
        let r = fixed.estimated.len();
        let kenward_roger = match self.dof {
            Dof::KenwardRoger => Some(KenwardRoger::new(&model, &found)?),
            _ => None,
        };
        let sigma2 = found.sigma2();
        let inverse = match &kenward_roger {
            Some(adjusted) => adjusted.covariance.clone(),
            None => Array2::from_shape_fn((r, r), |(i, j)| found.place.inverse[i * r + j]),
        };
        let covariance = fixed.back.dot(&inverse).dot(&fixed.back.t()) * sigma2;
        let gamma = Array1::from(found.place.gamma.clone());
        let values = &fixed.shift + &fixed.back.dot(&gamma);
        let coefficients = Coefficients {
            columns: design.mean().columns.clone(),
            estimated: fixed.estimated.clone(),
            values,
            covariance: Some(covariance),
            aliases: fixed.aliases.clone(),
        };
        let log_likelihood = found.log_likelihood(&model.data, self.estimation);
        all_finite(design, &coefficients, [log_likelihood, sigma2])?;
        let parameters = r + found.theta.len() + 1 + spread.as_ref().map_or(0, Spread::parameters);
        let criteria = Criteria::new(log_likelihood, parameters, model.data.n);
        let random = components::covariances(&model.data.factors, &found.theta, sigma2);
        let modes = modes::all(&model, &found, sigma2);
        let predicted = modes::predict(design, &coefficients, &modes, &random);
        let mean_square = spread.as_ref().map_or(1.0, |spread| spread.mean_square);
        let variances = components::variances(&predicted, sigma2 * mean_square);
        let sigma = sigma2.sqrt() / spread.as_ref().map_or(1.0, |spread| spread.ratio);
        let mut components = components::components(&random, sigma * sigma);
        let levels = model.data.factors.iter().map(Factor::levels).min();
        let levels = levels.unwrap_or(usize::MAX);
        let doubts = of_components(self.estimation, levels, &random);
        components::doubt(&mut components, &doubts);
        let mut cautions = cautions(design, &coefficients, &random, &found.certificate);
        cautions.extend(self.of_intervals(levels));
        if sigma2 * model.data.n <= 1e-10 * model.data.sum_of_squares() {
            cautions.push(Caution::PerfectFit);
        }
        if spread.is_some() && self.dof != Dof::Normal {
            cautions.push(Caution::Note(
                "The degrees of freedom take the ratios of the residual variances as known."
                    .to_owned(),
            ));
        }
        let name = match self.estimation {
            Estimation::Reml => "REML",
            Estimation::Ml => "maximum likelihood",
        };
        let reference = match self.dof {
            Dof::Satterthwaite => "Satterthwaite's degrees of freedom",
            Dof::KenwardRoger => "Kenward and Roger's errors and degrees of freedom",
            Dof::Normal => "normal reference",
        };
        let differing = if spread.is_some() {
            " with residual variances that differ"
        } else {
            ""
        };
        let source = Source {
            method: format!("linear mixed model{differing} by {name}, normal reference"),
            sample: sample(design, &model),
            cautions,
            level: self.level,
            reference: Reference::Normal,
        };
        Ok(LmmFit {
            options: *self,
            provenance: Provenance {
                method: format!("linear mixed model{differing} by {name}, {reference}"),
                measure: Measure::Coefficient { unit: None },
                sample: source.sample.clone(),
                cautions: source.cautions.clone(),
                level: self.level,
                approximate_df: true,
            },
            coefficients,
            sigma,
            criteria,
            random,
            components,
            variances,
            certificate: found.certificate.clone(),
            fitted: predicted.fitted,
            residuals: predicted.residuals,
            modes,
            dispersion: spread.as_ref().map(|spread| spread.part(&source)),
            spread,
            model,
            found,
            satterthwaite: OnceLock::new(),
            kenward_roger,
        })
    }
}

impl Fit for LmmFit {
    fn coefficients(&self) -> &Coefficients {
        &self.coefficients
    }

    fn reference(&self, contrast: ArrayView1<'_, f64>) -> Option<Reference> {
        let c = self.model.data.fixed.back.t().dot(&contrast);
        let df = match (&self.kenward_roger, self.options.dof) {
            (_, Dof::Normal) => return Some(Reference::Normal),
            (Some(adjusted), _) => adjusted.joint(c.view().insert_axis(ndarray::Axis(0)))?.df,
            (None, _) => self.satterthwaite()?.df(c.view())?,
        };
        (df.is_finite() && df > 0.0).then_some(Reference::StudentT { df })
    }

    fn joint_reference(&self, contrasts: ArrayView2<'_, f64>) -> Result<JointReference, Error> {
        let q = contrasts.nrows() as f64;
        let c = contrasts.dot(&self.model.data.fixed.back);
        let refused = || Error::Contrast {
            label: "the joint test".to_owned(),
            why: "its degrees of freedom cannot be found".to_owned(),
        };
        let (scale, df) = match (&self.kenward_roger, self.options.dof) {
            (_, Dof::Normal) => {
                return Ok(JointReference {
                    scale: 1.0,
                    reference: Reference::ChiSquared { df: q },
                });
            }
            (Some(adjusted), _) => {
                let joint = adjusted.joint(c.view()).ok_or_else(refused)?;
                (joint.scale / q, joint.df)
            }
            (None, _) => {
                let df = self.satterthwaite().and_then(|s| s.joint_df(c.view()));
                (1.0 / q, df.ok_or_else(refused)?)
            }
        };
        Ok(JointReference {
            scale,
            reference: Reference::F {
                numerator: q,
                denominator: df,
            },
        })
    }

    fn provenance(&self) -> &Provenance {
        &self.provenance
    }
}

impl LmmFit {
    /// The model of the residuals' standard deviations, ln σ_i = d_i'δ, where the design has one. The
    /// exponential of a coefficient is a ratio of standard deviations.
    pub fn dispersion(&self) -> Option<&PartFit> {
        self.dispersion.as_ref()
    }

    /// Minus twice the log-likelihood; the REML criterion under REML.
    pub fn deviance(&self) -> f64 {
        -2.0 * self.criteria.log_likelihood
    }

    /// The log-likelihood (restricted under REML) where the random effects have these covariances, term by
    /// term in the order of the formula, and the residuals this standard deviation; the fixed effects are
    /// those that are best there, and a model of the dispersion keeps its ratios. To compare with another program
    /// at its own estimates.
    pub fn log_likelihood_at(&self, random: &[Array2<f64>], sigma: f64) -> Result<f64, Error> {
        let refused = |found: String| Error::Argument {
            what: "the covariance of the random effects".to_owned(),
            expected: "a positive semidefinite matrix for each term and a standard deviation above zero",
            found,
        };
        let data = &self.model.data;
        let sigma2 = (sigma * self.spread.as_ref().map_or(1.0, |spread| spread.ratio)).powi(2);
        if !(sigma > 0.0 && sigma2.is_finite()) {
            return Err(refused(format!("a residual standard deviation of {sigma}")));
        }
        let lambda = search::roots(&data.factors, random, sigma2)
            .ok_or_else(|| refused(format!("{random:?}")))?;
        let mut criterion = self.model.criterion(self.found.reml);
        let value = criterion
            .at_root(&lambda, sigma2)
            .ok_or_else(|| refused(format!("{random:?}")))?;
        let columns = if self.found.reml {
            -2.0 * data.fixed.ln_back
        } else {
            0.0
        };
        Ok(-0.5 * (value + columns - data.ln_weights))
    }

    fn satterthwaite(&self) -> Option<&Satterthwaite> {
        self.satterthwaite
            .get_or_init(|| Satterthwaite::new(&self.model, &self.found))
            .as_ref()
    }
}

/// Refuses what a linear mixed model cannot use.
fn refuse(design: &Design) -> Result<(), Error> {
    if design.mean().random.is_empty() {
        return Err(Error::Missing {
            option: "a linear mixed model".to_owned(),
            needed: "a random term",
            hint: "add one, such as `(1 | family)`, or fit a linear model",
        });
    }
    let what = if design.zero().is_some() {
        "a model of excess zeros"
    } else if design.groups().stratum.is_some() {
        "strata"
    } else {
        return Ok(());
    };
    Err(Error::Unsupported {
        what: format!("{what} in a linear mixed model"),
        hint: "take it out of the formula, or fit another model".to_owned(),
    })
}

/// The doubts about standard deviations that were measured to be off on average.
pub(crate) fn of_components(
    estimation: Estimation,
    levels: usize,
    random: &[RandomCovariance],
) -> Vec<Caution> {
    let few = levels < narrow::FEW_FAMILIES;
    let slopes = random.iter().any(|term| term.columns.len() > 1);
    let doubt = match estimation {
        Estimation::Ml => (narrow::VARIANCE_BY_ML_OF_FEW.when(few))
            .or_else(|| narrow::VARIANCE_BY_ML.when(levels < narrow::SOME_FAMILIES)),
        Estimation::Reml => narrow::SLOPES_OF_FEW.when(few && slopes),
    };
    doubt.into_iter().collect()
}

fn all_finite(design: &Design, coefficients: &Coefficients, others: [f64; 2]) -> Result<(), Error> {
    let errors = coefficients.covariance.iter().flatten();
    let mut numbers = coefficients.values.iter().chain(errors).chain(&others);
    if numbers.all(|x| x.is_finite()) {
        return Ok(());
    }
    Err(Error::Overflow {
        what: format!("the linear mixed model of `{}`", design.response_name()),
    })
}

fn sample(design: &Design, model: &Model) -> Sample {
    let used = model.data.rows.len();
    Sample {
        rows: used,
        omitted: design.omitted().len() + (design.rows() - used),
        subjects: design.groups().subject.as_ref().map(distinct),
        clusters: model.data.factors.iter().map(Factor::levels).min(),
        groups: Vec::new(),
    }
}

fn cautions(
    design: &Design,
    coefficients: &Coefficients,
    random: &[RandomCovariance],
    certificate: &Certificate,
) -> Vec<Caution> {
    let mut cautions: Vec<Caution> = complete_cases(design, design.rows()).into_iter().collect();
    let columns = coefficients.aliased();
    if !columns.is_empty() {
        cautions.push(Caution::Aliased { columns });
    }
    let at_edge: Vec<String> = random
        .iter()
        .filter(|term| term.singular)
        .map(|term| format!("`{}`", term.group))
        .collect();
    if !at_edge.is_empty() {
        cautions.push(Caution::Note(format!(
            "Singular fit: a variance of the random effects of {} is estimated as zero, or a correlation as one. \
             The data do not support so many random effects.",
            at_edge.join(" and ")
        )));
    }
    let weights = design.weights();
    if weights
        .is_some_and(|w| w.kind == WeightKind::Precision && w.values.iter().any(|&w| w != 1.0))
    {
        cautions.push(Caution::Note(
            "Rows have weights: the residual standard deviation is that of a row of weight one, and the intraclass \
             correlation and R² take it for all rows."
                .to_owned(),
        ));
    }
    // At the edge the curvature is nothing by itself.
    if certificate.edge >= SINGULAR {
        cautions.extend(certificate.doubt().map(Caution::Note));
    }
    cautions
}
