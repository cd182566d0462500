//! The mixed model for repeated measures (MMRM): means by wave, and a covariance over the waves.
//!
//! ```text
//! model      y_i = X_i β + offset + ε_i,  ε_i ~ N(0, W_i^(−½) Σ_i W_i^(−½)) of family i,
//!            Σ_i the rows and columns of Σ(θ) of the waves that i was seen in; one Σ, or one an arm
//! criterion  d(θ): minus twice the restricted (REML) or the whole log-likelihood (ML), β profiled out
//! search     trust region with the exact Hessian, families grouped by their waves (see `data`, `criterion`)
//! errors     C = (X'V⁻¹X)⁻¹, Kenward and Roger's, or by the residuals of whole families (CR0, CR2, CR3)
//! reference  t and F: Satterthwaite, Kenward–Roger, between–within, n − r; or the normal
//! ```
//! It has no random effects: what a family has in common is in Σ. Waves that are missing at random given
//! those that were seen do no harm. AIC and BIC count the parameters of Σ alone, over families, as mmrm;
//! under either likelihood they compare structures, not means.
//!
//! Mallinckrodt CH, Lane PW, Schnell D, Peng Y, Mancuso JP (2008), Drug Information Journal 42:303–319, doi
//! 10.1177/009286150804200402; Sabanés Bové D et al., mmrm, doi 10.32614/CRAN.package.mmrm; Jennrich RI,
//! Schluchter MD (1986), Biometrics 42:805–820, doi 10.2307/2530695.
//! Differences from R: the Hessian is written out instead of differentiated by a program; a wave with one
//! family, waves never seen together, fewer families than parameters of Σ, and a singular Σ are refused;
//! joint tests with CR errors are Hotelling's (HTZ), as of the linear model.

mod criterion;
mod data;
mod inference;
mod search;
mod structure;

use std::sync::{Arc, OnceLock};

use kring_core::{Caution, Component, ComponentKind, Design, Measure, Reference, Sample};
use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Axis};
use serde::{Deserialize, Serialize};

pub use crate::certificate::{Certificate, Edge};
pub use crate::lmm::Estimation;
pub use structure::Structure;

use crate::criteria::Criteria;
use crate::fit::{Coefficients, Fit, JointReference, Provenance};
use crate::linalg::forward_substitute;
use crate::lmm::inference::{KenwardRoger, Satterthwaite};
use crate::regression::{complete_cases, refuse_other_parts};
use crate::sandwich::ClusterCorrection;
use crate::{Error, dist, narrow};
use criterion::Criterion;
use data::Data;
use inference::{Empirical, Whitened};
use search::Found;

const METHOD: &str = "a model for repeated measures";

/// The options of a mixed model for repeated measures.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Mmrm {
    /// How the residuals of a family are related over its waves.
    pub structure: Structure,
    /// Whether all families have one covariance, or those of each arm their own.
    pub shared: Shared,
    /// What is made as large as possible.
    pub estimation: Estimation,
    /// How degrees of freedom are found.
    pub dof: Dof,
    /// How the errors of the coefficients are estimated.
    pub errors: Errors,
    /// The level of intervals.
    pub level: f64,
}

/// Who has a covariance in common.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shared {
    /// All families.
    #[default]
    Everyone,
    /// The families of an arm: each arm has parameters of its own, in the same structure.
    EachArm,
}

/// How the degrees of freedom of a contrast are found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dof {
    /// From how certain the variance of the contrast is (Satterthwaite).
    #[default]
    Satterthwaite,
    /// Kenward and Roger's, with their larger errors and the second derivatives of Σ; needs REML.
    KenwardRoger,
    /// The same without the second derivatives, as SAS does for an unstructured covariance.
    KenwardRogerLinear,
    /// Families for what varies between them, rows for what varies within.
    BetweenWithin,
    /// Rows less coefficients.
    Residual,
    /// None: the normal distribution and χ².
    Normal,
}

/// How the errors of the coefficients are estimated.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Errors {
    /// By the covariance over the waves that the model has.
    #[default]
    Model,
    /// By the residuals of whole families; too small with few families. mmrm's `Empirical`.
    Cr0,
    /// The same, adjusted to be unbiased if the model's covariance holds. mmrm's `Empirical-Bias-Reduced`.
    Cr2,
    /// The same, adjusted as by leaving each family out. mmrm's `Empirical-Jackknife`.
    Cr3,
}

/// The covariance of the residuals over the waves.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WaveCovariance {
    /// The arm whose it is; none where it is everyone's.
    pub arm: Option<String>,
    /// The waves; where times tell rows apart, two times that are one unit apart.
    pub waves: Vec<String>,
    /// Σ, on the scale of the data, of rows of weight one.
    pub covariance: Array2<f64>,
}

/// A fitted mixed model for repeated measures.
#[derive(Debug, Clone)]
pub struct MmrmFit {
    options: Mmrm,
    coefficients: Coefficients,
    provenance: Provenance,
    /// The log-likelihood (restricted under REML), and AIC and BIC of the parameters of Σ over families.
    pub criteria: Criteria,
    /// Σ: one, or one an arm.
    pub covariances: Vec<WaveCovariance>,
    /// The same as standard deviations and correlations.
    pub components: Vec<Component>,
    /// The evidence that the search ended at a maximum.
    pub certificate: Certificate,
    /// X β + offset, a row a row.
    pub fitted: Array1<f64>,
    /// Response less fitted values.
    pub residuals: Array1<f64>,
    data: Arc<Data>,
    found: Arc<Found>,
    satterthwaite: OnceLock<Satterthwaite>,
    kenward_roger: Option<KenwardRoger>,
    empirical: Option<Empirical>,
    between_within: Vec<f64>,
}

impl Default for Mmrm {
    fn default() -> Self {
        Self {
            structure: Structure::Unstructured,
            shared: Shared::Everyone,
            estimation: Estimation::Reml,
            dof: Dof::Satterthwaite,
            errors: Errors::Model,
            level: 0.95,
        }
    }
}

impl Errors {
    /// What the errors are called.
    pub fn name(self) -> &'static str {
        match self {
            Self::Model => "errors by the model",
            Self::Cr0 => "CR0 errors by family",
            Self::Cr2 => "CR2 errors by family",
            Self::Cr3 => "CR3 errors by family",
        }
    }

    fn correction(self) -> Option<ClusterCorrection> {
        match self {
            Self::Model => None,
            Self::Cr0 => Some(ClusterCorrection::Cr0),
            Self::Cr2 => Some(ClusterCorrection::Cr2),
            Self::Cr3 => Some(ClusterCorrection::Cr3),
        }
    }
}

impl Dof {
    /// What they are called.
    pub fn name(self) -> &'static str {
        match self {
            Self::Satterthwaite => "Satterthwaite's degrees of freedom",
            Self::KenwardRoger => "Kenward and Roger's errors and degrees of freedom",
            Self::KenwardRogerLinear => {
                "Kenward and Roger's errors without second derivatives, and their degrees of freedom"
            }
            Self::BetweenWithin => "between–within degrees of freedom",
            Self::Residual => "residual degrees of freedom",
            Self::Normal => "normal reference",
        }
    }

    /// Kenward and Roger's, and whether without second derivatives.
    fn kenward_roger(self) -> Option<bool> {
        match self {
            Self::KenwardRoger => Some(false),
            Self::KenwardRogerLinear => Some(true),
            _ => None,
        }
    }
}

impl Mmrm {
    /// Fits the model. The design needs a family (`subject`, or one clustering) and a wave (`time`).
    ///
    /// ```
    /// use kring_core::{Design, DesignParts, Grouping, Groups, Part, Response, Time};
    /// use kring_stats::{Fit, mmrm::{Mmrm, Structure}};
    /// use ndarray::{Array2, array};
    /// // Three families, two waves each, in balance: Σ follows from the mean squares.
    /// let families = ["a", "b", "c"].map(str::to_owned).to_vec();
    /// let design = Design::new(DesignParts {
    ///     response: Response::Continuous(array![1.0, 3.0, 6.0, 8.0, 8.0, 10.0]),
    ///     response_name: "problems".into(),
    ///     mean: Part::fixed(Array2::ones((6, 1)), vec!["(Intercept)".into()]),
    ///     groups: Groups {
    ///         subject: Some(Grouping::new("family", families, vec![0, 0, 1, 1, 2, 2])),
    ///         ..Groups::default()
    ///     },
    ///     time: Some(Time {
    ///         levels: vec!["start".into(), "6 months".into()],
    ///         index: vec![0, 1, 0, 1, 0, 1],
    ///         value: array![0.0, 6.0, 0.0, 6.0, 0.0, 6.0],
    ///     }),
    ///     zero: None, dispersion: None, weights: None,
    ///     source_rows: (0..6).collect(), omitted: vec![],
    /// })?;
    /// let model = Mmrm { structure: Structure::CompoundSymmetric, ..Mmrm::default() };
    /// let fit = model.fit(&design)?;
    /// // Within families 6/3 = 2; between them 2·13, so that the covariance is (26 − 2)/2 = 12.
    /// assert!((fit.covariances[0].covariance[[0, 0]] - 14.0).abs() < 1e-6);
    /// assert!((fit.covariances[0].covariance[[0, 1]] - 12.0).abs() < 1e-6);
    /// // One mean of three families has two degrees of freedom.
    /// assert!((fit.estimates()?[0].reference.df().unwrap() - 2.0).abs() < 1e-5);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn fit(&self, design: &Design) -> Result<MmrmFit, Error> {
        dist::check_level(self.level)?;
        refuse_other_parts(design, METHOD)?;
        self.check()?;
        let data = Data::new(self, design)?;
        let (found, mut criterion) = search::search(&data, self.structure, self.estimation)?;
        let linear = self.dof.kenward_roger();
        let kenward_roger =
            linear.map(|linear| inference::kenward_roger(&found, &mut criterion, linear));
        let empirical = match self.errors.correction() {
            None => None,
            Some(correction) => {
                Some(Empirical::new(&data, &found, correction).ok_or_else(|| overflow(design))?)
            }
        };
        self.finish(design, data, found, kenward_roger, empirical)
    }

    /// Refuses options that do not go together.
    fn check(&self) -> Result<(), Error> {
        if self.dof.kenward_roger().is_none() {
            return Ok(());
        }
        let (what, hint) = if self.estimation == Estimation::Ml {
            ("maximum likelihood", "use REML")
        } else if self.errors != Errors::Model {
            (self.errors.name(), "use the errors of the model")
        } else {
            return Ok(());
        };
        Err(Error::Unsupported {
            what: format!("Kenward and Roger's method with {what}"),
            hint: format!("{hint}, or Satterthwaite's degrees of freedom"),
        })
    }

    fn finish(
        &self,
        design: &Design,
        data: Data,
        found: Found,
        kenward_roger: Option<KenwardRoger>,
        empirical: Option<Empirical>,
    ) -> Result<MmrmFit, Error> {
        let fixed = &data.fixed;
        let of_gamma = match (&kenward_roger, &empirical) {
            (Some(adjusted), _) => adjusted.covariance.clone(),
            (None, Some(empirical)) => empirical.covariance.clone(),
            (None, None) => inference::unadjusted(&found),
        };
        let gamma = ArrayView1::from(&found.place.gamma);
        let coefficients = Coefficients {
            columns: design.mean().columns.clone(),
            estimated: fixed.estimated.clone(),
            values: &fixed.shift + &fixed.back.dot(&gamma),
            covariance: Some(fixed.back.dot(&of_gamma).dot(&fixed.back.t())),
            aliases: fixed.aliases.clone(),
        };
        let covariances = self.covariances(&data, &found);
        let errors = coefficients.covariance.iter().flatten();
        let entries = covariances.iter().flat_map(|one| one.covariance.iter());
        let mut numbers = coefficients.values.iter().chain(errors).chain(entries);
        if !(numbers.all(|x| x.is_finite()) && found.log_likelihood.is_finite()) {
            return Err(overflow(design));
        }
        let families = data.families.len();
        let name = match self.estimation {
            Estimation::Reml => "REML",
            Estimation::Ml => "maximum likelihood",
        };
        let by_arm = match self.shared {
            Shared::Everyone => "",
            Shared::EachArm => " of each arm",
        };
        let method = format!(
            "model for repeated measures by {name}, {}{by_arm}, {}, {}",
            self.structure.name(),
            self.errors.name(),
            self.dof.name()
        );
        let provenance = Provenance {
            method,
            measure: Measure::Coefficient { unit: None },
            sample: Sample {
                rows: data.rows.len(),
                omitted: design.omitted().len() + (design.rows() - data.rows.len()),
                subjects: Some(families),
                clusters: empirical.as_ref().map(|_| families),
                groups: Vec::new(),
            },
            cautions: self.cautions(design, &coefficients, &found, families),
            level: self.level,
            approximate_df: !matches!(self.dof, Dof::Residual | Dof::BetweenWithin | Dof::Normal),
        };
        let between_within = match self.dof {
            Dof::BetweenWithin => inference::between_within(design, &data),
            _ => Vec::new(),
        };
        let (fitted, residuals) = predicted(design, &coefficients);
        Ok(MmrmFit {
            options: *self,
            criteria: Criteria::new(found.log_likelihood, found.theta.len(), families as f64),
            components: components(&covariances),
            covariances,
            certificate: found.certificate.clone(),
            fitted,
            residuals,
            coefficients,
            provenance,
            data: Arc::new(data),
            found: Arc::new(found),
            satterthwaite: OnceLock::new(),
            kenward_roger,
            empirical,
            between_within,
        })
    }

    fn cautions(
        &self,
        design: &Design,
        coefficients: &Coefficients,
        found: &Found,
        families: usize,
    ) -> Vec<Caution> {
        /// Below this many families CR0 is known to be too small, and the normal too narrow.
        const FEW: usize = 40;
        let mut cautions: Vec<Caution> =
            complete_cases(design, design.rows()).into_iter().collect();
        let columns = coefficients.aliased();
        if !columns.is_empty() {
            cautions.push(Caution::Aliased { columns });
        }
        if self.errors == Errors::Cr0 && families < FEW {
            cautions.push(Caution::FewClusters { clusters: families });
        }
        if self.dof == Dof::Normal && families < FEW {
            cautions.push(Caution::Note(format!(
                "Only {families} families: the normal distribution makes intervals too short. Take \
                 Satterthwaite's or Kenward and Roger's degrees of freedom."
            )));
        }
        let parameters = found.theta.len();
        let few = families < 3 * parameters;
        cautions.extend(match self.dof {
            Dof::Satterthwaite => narrow::MMRM_OF_FEW.when(few),
            Dof::KenwardRoger | Dof::KenwardRogerLinear => {
                narrow::MMRM_KENWARD_ROGER_OF_FEW.when(few)
            }
            Dof::BetweenWithin | Dof::Residual | Dof::Normal => {
                narrow::MMRM_BY_COUNT.when(families < 5 * parameters)
            }
        });
        cautions.extend(found.certificate.doubt().map(Caution::Note));
        cautions
    }

    /// Σ of each block; of times the covariance of two that are one unit apart.
    fn covariances(&self, data: &Data, found: &Found) -> Vec<WaveCovariance> {
        let own = data.parameters();
        let each = data.blocks.iter().zip(found.theta.chunks_exact(own));
        each.map(|(arm, theta)| {
            let (table, waves) = if self.structure.goes_by_time() {
                let table = self.structure.table(2, &[0.0, 1.0]);
                (table, vec!["0".to_owned(), "1".to_owned()])
            } else {
                (data.tables[0].clone(), data.waves.clone())
            };
            WaveCovariance {
                arm: arm.clone(),
                covariance: table.covariance(theta),
                waves,
            }
        })
        .collect()
    }
}

impl Fit for MmrmFit {
    fn coefficients(&self) -> &Coefficients {
        &self.coefficients
    }

    fn reference(&self, contrast: ArrayView1<'_, f64>) -> Option<Reference> {
        let c = || self.data.fixed.back.t().dot(&contrast);
        let df = match (self.options.dof, &self.kenward_roger, &self.empirical) {
            (Dof::Normal, ..) => return Some(Reference::Normal),
            (Dof::Residual, ..) => self.residual_df(),
            (Dof::BetweenWithin, ..) => self.least_df(contrast.insert_axis(Axis(0)))?,
            (_, Some(adjusted), _) => adjusted.joint(c().insert_axis(Axis(0)).view())?.df,
            (_, None, Some(empirical)) => {
                let gamma = forward_substitute(empirical.root.view(), c().view());
                empirical.clustered.satterthwaite(gamma.view())?
            }
            (_, None, None) => self.satterthwaite().df(c().view())?,
        };
        (df.is_finite() && df > 0.0).then_some(Reference::StudentT { df })
    }

    fn joint_reference(&self, contrasts: ArrayView2<'_, f64>) -> Result<JointReference, Error> {
        let q = contrasts.nrows() as f64;
        let c = contrasts.dot(&self.data.fixed.back);
        let (scale, df) = match (self.options.dof, &self.kenward_roger, &self.empirical) {
            (Dof::Normal, ..) => {
                return Ok(JointReference {
                    scale: 1.0,
                    reference: Reference::ChiSquared { df: q },
                });
            }
            (Dof::Residual, ..) => (1.0 / q, Some(self.residual_df())),
            (Dof::BetweenWithin, ..) => (1.0 / q, self.least_df(contrasts)),
            (_, Some(adjusted), _) => match adjusted.joint(c.view()) {
                Some(joint) => (joint.scale / q, Some(joint.df)),
                None => (1.0 / q, None),
            },
            (_, None, Some(empirical)) => {
                return empirical
                    .clustered
                    .joint_reference(empirical.root.view(), c.view());
            }
            (_, None, None) => (1.0 / q, self.satterthwaite().joint_df(c.view())),
        };
        let denominator =
            df.filter(|df| df.is_finite() && *df > 0.0)
                .ok_or_else(|| Error::Contrast {
                    label: "the joint test".to_owned(),
                    why: "its degrees of freedom cannot be found".to_owned(),
                })?;
        Ok(JointReference {
            scale,
            reference: Reference::F {
                numerator: q,
                denominator,
            },
        })
    }

    fn provenance(&self) -> &Provenance {
        &self.provenance
    }
}

impl MmrmFit {
    /// The options it was fitted with.
    pub fn options(&self) -> &Mmrm {
        &self.options
    }

    /// Minus twice the log-likelihood; the REML criterion under REML.
    pub fn deviance(&self) -> f64 {
        -2.0 * self.criteria.log_likelihood
    }

    /// Residuals over their standard deviations, a row a row; zero in rows of weight zero.
    pub fn pearson(&self) -> Array1<f64> {
        let data = &self.data;
        let mut all = Array1::zeros(self.residuals.len());
        for family in &data.families {
            let pattern = &data.patterns[family.pattern];
            let sigma = &self.found.sigma[pattern.source];
            for (at, &place) in family.rows.clone().zip(&pattern.places) {
                let row = data.rows[at] as usize;
                let root = data.roots.as_ref().map_or(1.0, |roots| roots[at]);
                all[row] = root * self.residuals[row] / sigma[[place, place]].sqrt();
            }
        }
        all
    }

    /// Residuals L⁻¹e with L L' the covariance of a family in the order of its waves: uncorrelated and of
    /// variance one if the model holds. Zero in rows of weight zero.
    pub fn normalised(&self) -> Result<Array1<f64>, Error> {
        let mut all = Array1::zeros(self.residuals.len());
        let whitened = Whitened::new(&self.data, &self.found).ok_or_else(|| Error::Overflow {
            what: "the normalised residuals".to_owned(),
        })?;
        for (&row, value) in self.data.rows.iter().zip(whitened.residuals) {
            all[row as usize] = value;
        }
        Ok(all)
    }

    /// The log-likelihood (restricted under REML) where these are the covariances, in the order of
    /// `covariances`; the coefficients are those that are best there. To compare with another program at its
    /// own estimates. Not for a covariance that goes by times.
    pub fn log_likelihood_at(&self, covariances: &[Array2<f64>]) -> Result<f64, Error> {
        let data = &self.data;
        let m = data.waves.len();
        let expected = data.blocks.len();
        if m == 0 || covariances.len() != expected || covariances.iter().any(|s| s.dim() != (m, m))
        {
            return Err(Error::Shape {
                what: "the covariances over the waves".to_owned(),
                expected: format!("{expected} of {m} × {m}"),
                found: format!("{} of other sizes", covariances.len()),
            });
        }
        let reml = self.options.estimation == Estimation::Reml;
        let value = Criterion::new(data, reml).value_of(covariances);
        if value.is_finite() {
            return Ok(search::log_likelihood(data, reml, value));
        }
        Err(Error::Argument {
            what: "a covariance over the waves".to_owned(),
            expected: "a positive definite matrix",
            found: format!("{covariances:?}"),
        })
    }

    fn satterthwaite(&self) -> &Satterthwaite {
        self.satterthwaite
            .get_or_init(|| inference::satterthwaite(&self.found))
    }

    /// n − r
    fn residual_df(&self) -> f64 {
        (self.data.rows.len() + 1 - self.data.c()) as f64
    }

    /// The least between–within degrees of freedom of the columns that contrasts (rows) name.
    fn least_df(&self, contrasts: ArrayView2<'_, f64>) -> Option<f64> {
        let named = contrasts.columns().into_iter().zip(&self.between_within);
        let dfs = named.filter(|(column, _)| column.iter().any(|&x| x != 0.0));
        dfs.map(|(_, &df)| df).reduce(f64::min)
    }
}

impl WaveCovariance {
    /// The standard deviation at each wave.
    pub fn std_deviations(&self) -> Array1<f64> {
        self.covariance.diag().mapv(f64::sqrt)
    }

    /// The correlations of the waves.
    pub fn correlations(&self) -> Array2<f64> {
        let sd = self.std_deviations();
        Array2::from_shape_fn(self.covariance.dim(), |(i, j)| {
            if i == j {
                1.0
            } else {
                self.covariance[[i, j]] / (sd[i] * sd[j])
            }
        })
    }
}

/// Standard deviations, then correlations, arm by arm.
fn components(covariances: &[WaveCovariance]) -> Vec<Component> {
    let mut all = Vec::new();
    for one in covariances {
        let mut component = |label: String, kind, value| {
            all.push(Component {
                group: one.arm.clone().unwrap_or_else(|| "residual".to_owned()),
                label,
                kind,
                value,
                at_boundary: false,
                interval: None,
                cautions: Vec::new(),
            });
        };
        for (wave, &sd) in one.waves.iter().zip(&one.std_deviations()) {
            component(wave.clone(), ComponentKind::StandardDeviation, sd);
        }
        let correlations = one.correlations();
        for (j, second) in one.waves.iter().enumerate() {
            for (i, first) in one.waves[..j].iter().enumerate() {
                let label = format!("{first}, {second}");
                component(label, ComponentKind::Correlation, correlations[[i, j]]);
            }
        }
    }
    all
}

/// X β + offset and what is left, a row a row.
fn predicted(design: &Design, coefficients: &Coefficients) -> (Array1<f64>, Array1<f64>) {
    let part = design.mean();
    let mut beta = Array1::zeros(coefficients.columns.len());
    for (&j, &value) in coefficients.estimated.iter().zip(&coefficients.values) {
        beta[j] = value;
    }
    let mut fitted = part.x().dot(&beta);
    if let Some(offset) = &part.offset {
        fitted += offset;
    }
    let residuals = match design.response().numbers() {
        Some(y) => &y - &fitted,
        None => Array1::zeros(fitted.len()),
    };
    (fitted, residuals)
}

fn overflow(design: &Design) -> Error {
    Error::Overflow {
        what: format!(
            "the model for repeated measures of `{}`",
            design.response_name()
        ),
    }
}
