//! Marginal models by generalised estimating equations (GEE).
//!
//! ```text
//! model       E y_ij = μ_ij,  g(μ_ij) = η_ij = x_ij'β + offset,  for row j of family i;  a_ij its weight
//!             Var y_i ≈ V_i = φ A_i^½ R(α) A_i^½,  A_i = diag(v(μ_ij) / a_ij)       (families: family.rs)
//! estimator   Σ_i D_i' V_i⁻¹ (y_i − μ_i) = 0,  D_i = dμ_i/dβ: by Fisher scoring, with moments in between:
//!             φ = Σ a r² / Σ a,  α_c = Σ a_j a_k r_j r_k / (φ Σ a_j a_k) over the pairs of class c,
//!             r = (y − μ) / √v;  AR(1): least squares of r_j r_k / φ on α^|t − s|
//! errors      model-based (Σ D'V⁻¹D)⁻¹, or the sandwich with or without a correction for few families
//!             (gee/errors.rs), which holds whether or not the working correlation does
//! reference   z, t on G − r, or degrees of freedom by Satterthwaite or by Pan and Wall
//! ```
//! β says how the mean of a population differs with x, not how one family would change: under a logit link
//! it is nearer to zero than the coefficient of a mixed model. The mean must be right; the correlation need
//! not be, but the nearer it is, the smaller the errors. Rows that are missing must be missing completely
//! at random, or be weighed by the inverse of their probability of being seen.
//!
//! Liang KY, Zeger SL (1986), Biometrika 73:13–22, doi 10.1093/biomet/73.1.13; Yan J, Fine J (2004),
//! Statistics in Medicine 23:859–874, doi 10.1002/sim.1650 (moments, as geepack's). Few families:
//! Mancl LA, DeRouen TA (2001), Biometrics 57:126–134, doi 10.1111/j.0006-341X.2001.00126.x;
//! Kauermann G, Carroll RJ (2001), JASA 96:1387–1396, doi 10.1198/016214501753382309;
//! Fay MP, Graubard BI (2001), Biometrics 57:1198–1206, doi 10.1111/j.0006-341X.2001.01198.x;
//! Morel JG, Bokossa MC, Neerchal NK (2003), Biometrical Journal 45:395–409, doi 10.1002/bimj.200390021;
//! Pan W (2001), Biometrika 88:901–906, doi 10.1093/biomet/88.3.901; Wang M, Long Q (2011), Statistics in
//! Medicine 30:1278–1291, doi 10.1002/sim.4150; Pan W, Wall MM (2002), Statistics in Medicine 21:1429–1441,
//! doi 10.1002/sim.1142; Li P, Redden DT (2015), BMC Medical Research Methodology 15:38,
//! doi 10.1186/s12874-015-0026-x. Choice of a model: Pan W (2001), Biometrics 57:120–125,
//! doi 10.1111/j.0006-341X.2001.00120.x; Hin LY, Wang YG (2009), doi 10.1002/sim.3489.
//!
//! Differences from R. `geepack` stops where coefficients change by less than 1e-4, here a step must be
//! shorter than 1e-10 standard errors. It puts rows that stand apart in the table into families of their
//! own, and takes the order of the rows for their place; here rows of a family are found wherever they
//! stand, and placed by their time. It returns estimates also where R(α) is not positive definite, which is
//! an error here. Its default errors are `robust` with z; here they are corrected. Trials of shares divide
//! the variance and are no weights: each row counts once for φ and α. `geepack::QIC` leaves φ out of the
//! quasi-likelihood and takes the information under independence from another fit; here both are at this one.

mod alternating;
mod correlation;
mod errors;
mod families;
mod score;
mod solve;

use kring_core::{Caution, Component, ComponentKind, Design, Reference, Value, WeightKind};
use ndarray::{Array1, Array2, ArrayView1, ArrayView2};
use serde::{Deserialize, Serialize};

use crate::family::{Family, Link};
use crate::fit::{Coefficients, Fit, JointReference, Provenance};
use crate::glm::{Convergence, Glm, ResidualKind, Settings, Standardized, Standardizer};
use crate::linalg::back_substitute;
use crate::regression::{complete_cases, refuse_other_parts, sample};
use crate::{Covariance, Error, dist};
pub use alternating::{AlternatingLogistic, AlternatingLogisticFit, Association};
use correlation::Structure;
use errors::Scores;
use families::{Columns, Families, families};
use solve::{Model, State, Stuck, Why};

/// The options of a marginal model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Gee {
    /// The family whose variance function the response has.
    pub family: Family,
    /// How the mean hangs together with the columns; absent for the family's usual link.
    pub link: Option<Link>,
    /// How rows of a family are taken to be correlated.
    pub correlation: Correlation,
    /// What says where a row stands in its family.
    pub place: Place,
    /// The scale φ of the variance.
    pub scale: Scale,
    /// The parameter of the variance function (θ of NB2, φ of NB1, ρ of the beta-binomial); absent for
    /// that of the generalised linear model of the same rows.
    pub shape: Option<f64>,
    /// How the errors of the coefficients are estimated.
    pub covariance: GeeCovariance,
    /// What tests and intervals refer to; absent for what goes with the errors.
    pub dof: Option<Dof>,
    /// How many steps the search may take.
    pub max_iterations: usize,
    /// The level of intervals.
    pub level: f64,
}

/// How rows of a family are taken to be correlated.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Correlation {
    /// Not at all: the estimates of a generalised linear model.
    Independence,
    /// Every two rows alike.
    #[default]
    Exchangeable,
    /// α to the power of the distance in time, also where waves are missing or unevenly spaced.
    Ar1,
    /// Every two waves in their own way.
    Unstructured,
    /// By how many waves lie between, up to m; none beyond.
    MDependent(usize),
    /// A matrix that is given, a row and a column for each wave in order.
    Fixed(Vec<Vec<f64>>),
    /// Families in teams, children in families, outcomes in children: one correlation for each level of
    /// the design's clusters, outermost first.
    NestedExchangeable,
}

/// What says where a row stands in its family.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// The time of the design: waves that are missing leave a gap.
    #[default]
    Time,
    /// The order of its rows, which then matters; for data in which no wave is missing in between.
    Order,
}

/// The scale φ of the variance.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scale {
    /// One, estimated by moments, whatever the family.
    #[default]
    Estimated,
    /// One for each wave.
    ByWave,
    /// This number; with one, binomial and Poisson rows vary as their families say.
    Fixed(f64),
}

/// How the errors of marginal coefficients are estimated.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum GeeCovariance {
    /// As the working correlation and the variance function say: wrong where they are.
    ModelBased,
    /// Liang and Zeger's sandwich, as geepack's; too small with few families.
    Robust,
    /// The one-step jackknife.
    Jackknife,
    /// Residuals inflated as by leaving each family out; errs on the large side.
    #[default]
    ManclDerouen,
    /// Residuals inflated so that the variance is unbiased where the working model holds.
    KauermannCarroll,
    /// Scores inflated, coefficient by coefficient, up to a bound; it depends on the coding of the columns.
    FayGraubard,
    /// Centred scores, and a share of the model-based variance.
    MorelBokossaNeerchal,
    /// One covariance of the residuals, pooled over all families, by wave.
    Pan,
    /// Pan's with the residuals of Mancl and `DeRouen`.
    WangLong,
}

/// What an estimate over its error refers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dof {
    /// z and χ².
    Normal,
    /// t and F on the number of families less that of coefficients.
    Families,
    /// Satterthwaite's, from the working model (Bell and McCaffrey; Fay and Graubard).
    Satterthwaite,
    /// Pan and Wall's, from the spread of the families' scores.
    PanWall,
}

/// How well a marginal model and its working correlation do, after Pan.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuasiCriteria {
    /// Σ Q(y, μ) / φ, as if rows were independent.
    pub quasi_likelihood: f64,
    /// −2 Q + 2 CIC: to choose columns and correlation; smaller is better.
    pub qic: f64,
    /// −2 Q + 2 r: to choose columns.
    pub qicu: f64,
    /// The trace of the information under independence times the robust covariance: to choose the
    /// working correlation (Hin and Wang).
    pub cic: f64,
}

/// A fitted marginal model.
#[derive(Debug, Clone)]
pub struct GeeFit {
    coefficients: Coefficients,
    provenance: Provenance,
    /// The family.
    pub family: Family,
    /// The link.
    pub link: Link,
    /// The parameter of the variance function, where it has one that is finite.
    pub shape: Option<f64>,
    /// φ, one number or one a wave.
    pub scale: Vec<Component>,
    /// α.
    pub correlation: Vec<Component>,
    /// How many families there are.
    pub families: usize,
    /// How many rows the largest has.
    pub largest: usize,
    /// η, offset counted, `n`.
    pub linear_predictor: Array1<f64>,
    /// μ, `n`: of proportions the share.
    pub fitted: Array1<f64>,
    /// How the fit came to its end.
    pub convergence: Convergence,
    /// The errors that the coefficients have.
    pub covariance: GeeCovariance,
    dof: Dof,
    model: Model,
    state: State,
    scores: Scores,
    /// √a (y − μ) / √(φ v), in the order of the families.
    raw: Vec<f64>,
    /// (y − μ) / √v, the same.
    pearson: Vec<f64>,
    /// R of the basis.
    of_columns: Array2<f64>,
    /// The model in words, and its doubts whatever the errors.
    model_words: String,
    doubts: Vec<Caution>,
}

const NAME: &str = "a marginal model (GEE)";

/// Below this many families intervals by the plain sandwich were measured to be too narrow
/// (docs/coverage.md, marginal models).
const FEW: usize = 120;

/// Below this many families the χ² of a score test is rough.
const FEW_FOR_SCORES: usize = 40;

impl Default for Gee {
    fn default() -> Self {
        Self {
            family: Family::Gaussian,
            link: None,
            correlation: Correlation::Exchangeable,
            place: Place::Time,
            scale: Scale::Estimated,
            shape: None,
            covariance: GeeCovariance::ManclDerouen,
            dof: None,
            max_iterations: 100,
            level: 0.95,
        }
    }
}

impl Gee {
    /// Fits the model.
    ///
    /// The clusters of the design are the families (its subject, if it has no clusters).
    ///
    /// ```
    /// use kring_core::{Design, DesignParts, Grouping, Groups, Part, Response};
    /// use kring_stats::{Fit, gee::{Correlation, Gee}};
    /// use ndarray::array;
    /// // Three families with two rows each, and their mean.
    /// let families = (1..=3).map(|i| format!("family {i}")).collect();
    /// let design = Design::new(DesignParts {
    ///     response: Response::Continuous(array![1.0, 3.0, 4.0, 6.0, 2.0, 2.0]),
    ///     response_name: "problems".into(),
    ///     mean: Part::fixed(array![[1.0], [1.0], [1.0], [1.0], [1.0], [1.0]], vec!["(Intercept)".into()]),
    ///     zero: None, dispersion: None,
    ///     groups: Groups {
    ///         clusters: vec![Grouping::new("family", families, vec![0, 0, 1, 1, 2, 2])],
    ///         ..Groups::default()
    ///     },
    ///     time: None, weights: None, source_rows: (0..6).collect(), omitted: vec![],
    /// })?;
    /// let fit = Gee::default().fit(&design)?;
    /// // Residuals −2, 0, 1, 3, −1, −1: φ = 16/6, α = (0 + 3 + 1) / 3 / φ = 1/2.
    /// assert!((fit.coefficients().value("(Intercept)").unwrap() - 3.0).abs() < 1e-12);
    /// assert!((fit.correlation[0].value - 0.5).abs() < 1e-12);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn fit(&self, design: &Design) -> Result<GeeFit, Error> {
        dist::check_level(self.level)?;
        refuse_other_parts(design, NAME)?;
        let link = self.checked_link()?;
        let dof = checked_dof(self.covariance, self.dof)?;
        self.check_numbers()?;
        let (data, columns) = families(self, design)?;
        let (shape, edge) = self.shape_of(design)?;
        let structure = Structure::new(&self.correlation, &data, design)?;
        let model = Model {
            family: if edge.is_some() {
                self.family.at_the_edge()
            } else {
                self.family
            },
            link,
            shape: shape.unwrap_or(1.0),
            scale: self.scale,
            structure,
            max_iterations: self.max_iterations,
            families: data,
        };
        let state = match model.solve() {
            Ok(state) => state,
            Err(stuck) => return Err(diagnosis(design, &model, &columns, *stuck)),
        };
        self.finish(design, model, state, columns, dof, shape, edge)
    }

    fn checked_link(&self) -> Result<Link, Error> {
        let link = self.link.unwrap_or_else(|| self.family.default_link());
        let links = self.family.links();
        if links.contains(&link) {
            return Ok(link);
        }
        let names: Vec<&str> = links.iter().map(|link| link.name()).collect();
        Err(Error::Unsupported {
            what: format!(
                "the {} link of the {} family",
                link.name(),
                self.family.name()
            ),
            hint: format!("it may have {}", names.join(", ")),
        })
    }

    fn check_numbers(&self) -> Result<(), Error> {
        let wrong = |what: &str, expected, found: f64| {
            Err(Error::Argument {
                what: what.to_owned(),
                expected,
                found: found.to_string(),
            })
        };
        if let Scale::Fixed(phi) = self.scale
            && !(phi > 0.0 && phi.is_finite())
        {
            return wrong("the fixed scale", "a number above zero", phi);
        }
        let Some(shape) = self.shape else {
            return Ok(());
        };
        if self.family.shape_name().is_none() {
            return Err(Error::Unsupported {
                what: format!("a shape of the {} family", self.family.name()),
                hint: "leave it out, or choose a family that has one".to_owned(),
            });
        }
        let most = if self.family == Family::BetaBinomial {
            1.0
        } else {
            f64::INFINITY
        };
        if shape > 0.0 && shape < most {
            return Ok(());
        }
        wrong(
            "the shape",
            "a number above zero (of the beta-binomial below one)",
            shape,
        )
    }

    /// Whether the place of each row matters.
    fn needs_places(&self) -> bool {
        self.correlation.needs_places()
            || self.covariance.needs_places()
            || self.scale == Scale::ByWave
    }

    /// The parameter of the variance function, and the doubt where it lies at its edge.
    fn shape_of(&self, design: &Design) -> Result<(Option<f64>, Option<Caution>), Error> {
        if self.family.shape_name().is_none() || self.shape.is_some() {
            return Ok((self.shape, None));
        }
        let glm = Glm {
            family: self.family,
            link: self.link,
            covariance: Covariance::Hc0,
            ..Glm::default()
        };
        let found = glm.fit(design)?.shape.map(|shape| shape.value);
        Ok(match found.and_then(Value::finite) {
            Some(shape) => (Some(shape), None),
            None => (
                None,
                Some(Caution::Note(format!(
                    "The generalised linear model finds no more variance than the {} family has, \
                     which is taken instead.",
                    self.family.at_the_edge().name()
                ))),
            ),
        })
    }

    /// The model in words.
    fn words(&self, link: Link) -> String {
        format!(
            "{} marginal regression with {} link by generalised estimating equations, {} working correlation",
            self.family.name(),
            link.name(),
            self.correlation.name()
        )
    }

    #[allow(clippy::too_many_arguments, reason = "all that a fit is made of, once")]
    fn finish(
        &self,
        design: &Design,
        model: Model,
        state: State,
        columns: Columns,
        dof: Dof,
        shape: Option<f64>,
        edge: Option<Caution>,
    ) -> Result<GeeFit, Error> {
        let overflow = || Error::Overflow {
            what: format!("{NAME} of `{}`", design.response_name()),
        };
        let correlation = model
            .structure
            .components(&model.families, design, &state.working);
        let mut whitened = match model.whitened(&state) {
            Ok(whitened) => whitened,
            Err(why) => return Err(diagnosis(design, &model, &columns, Stuck { state, why })),
        };
        let raw = std::mem::take(&mut whitened.raw_e);
        let pearson = std::mem::take(&mut whitened.pearson);
        let Some(scores) = Scores::new(&model, whitened, &columns.r, self.covariance) else {
            let stuck = Stuck {
                state,
                why: Why::Singular,
            };
            return Err(diagnosis(design, &model, &columns, stuck));
        };
        let part = design.mean();
        let values = back_substitute(columns.r.view(), ArrayView1::from(&state.gamma));
        let x = part.x.select(ndarray::Axis(1), &columns.estimated);
        let mut linear_predictor = x.dot(&values);
        if let Some(offset) = &part.offset {
            linear_predictor += offset;
        }
        let fitted = linear_predictor.mapv(|eta| model.link.mean(eta).mu);
        let numbers = values.iter().chain(&linear_predictor).chain(&fitted);
        if !numbers.chain(&columns.aliases).all(|x| x.is_finite()) {
            return Err(overflow());
        }
        let coefficients = Coefficients {
            columns: part.columns.clone(),
            estimated: columns.estimated,
            values,
            covariance: None,
            aliases: columns.aliases,
        };
        let doubts = self.doubts(design, &model, &coefficients, &correlation, edge);
        let mut of = sample(design, true);
        of.clusters = Some(model.families.count());
        let mut fit = GeeFit {
            provenance: Provenance {
                method: String::new(),
                measure: self.family.measure(model.link),
                sample: of,
                cautions: Vec::new(),
                level: self.level,
                approximate_df: true,
            },
            coefficients,
            family: self.family,
            link: model.link,
            shape,
            scale: scale_components(&model.families, &state.phi),
            correlation,
            families: model.families.count(),
            largest: model.families.largest(),
            linear_predictor,
            fitted,
            convergence: Convergence {
                iterations: state.iterations,
                decrement: state.decrement,
            },
            covariance: self.covariance,
            dof,
            scores,
            raw,
            pearson,
            of_columns: columns.r,
            model_words: self.words(model.link),
            doubts,
            model,
            state,
        };
        fit.take_errors().ok_or_else(overflow)?;
        Ok(fit)
    }

    /// The doubts that every number of a fit carries, whatever its errors.
    fn doubts(
        &self,
        design: &Design,
        model: &Model,
        coefficients: &Coefficients,
        correlation: &[Component],
        edge: Option<Caution>,
    ) -> Vec<Caution> {
        let mut doubts: Vec<Caution> = complete_cases(design, design.rows()).into_iter().collect();
        let columns = coefficients.aliased();
        if !columns.is_empty() {
            doubts.push(Caution::Aliased { columns });
        }
        doubts.extend(edge);
        let lone = model.structure.of_one_family();
        if !lone.is_empty() {
            doubts.push(Caution::Note(format!(
                "One family alone says how some waves are correlated: {}.",
                lone.join("; ")
            )));
        }
        if correlation.iter().any(|c| c.at_boundary) {
            doubts.push(Caution::Note(
                "The working correlation lies at the edge of what it may be: choose another one."
                    .to_owned(),
            ));
        }
        let sampling = design
            .weights()
            .is_some_and(|w| w.kind == WeightKind::Sampling);
        if sampling && self.correlation != Correlation::Independence && varies(&model.families) {
            doubts.push(Caution::Note(
                "Sampling weights differ within families: the coefficients are those that were meant only \
                 with independence as working correlation."
                    .to_owned(),
            ));
        }
        doubts
    }
}

/// Why there is no fit: what the generalised linear model of the same rows says, if it has none either.
fn diagnosis(design: &Design, model: &Model, columns: &Columns, stuck: Stuck) -> Error {
    let runs_off = matches!(stuck.why, Why::Wandering | Why::Singular | Why::Outside);
    let sampling = design
        .weights()
        .is_some_and(|w| w.kind == WeightKind::Sampling);
    let glm = Glm {
        family: model.family,
        link: Some(model.link),
        covariance: if sampling {
            Covariance::Hc0
        } else {
            Covariance::Classical
        },
        ..Glm::default()
    };
    if runs_off
        && let Err(error @ (Error::Separated { .. } | Error::NoMaximum { .. })) = glm.fit(design)
    {
        return error;
    }
    let beta = back_substitute(columns.r.view(), ArrayView1::from(&stuck.state.gamma));
    let names = columns
        .estimated
        .iter()
        .map(|&j| design.mean().columns[j].clone());
    let mut reached: Vec<(String, f64)> = names.zip(beta).collect();
    reached.retain(|(_, value)| value.is_finite());
    let correlations = model
        .structure
        .components(&model.families, design, &stuck.state.working);
    model.error(stuck, reached, &correlations)
}

/// Whether weights differ within a family.
fn varies(families: &Families) -> bool {
    (0..families.count()).any(|g| {
        let weights = &families.weight[families.range(g)];
        weights.windows(2).any(|w| w[0] != w[1])
    })
}

fn scale_components(families: &Families, phi: &[f64]) -> Vec<Component> {
    let one = |label: String, value: f64| Component {
        group: families.name.clone(),
        label,
        kind: ComponentKind::Dispersion,
        value,
        at_boundary: false,
        interval: None,
        cautions: Vec::new(),
    };
    if let [phi] = phi {
        return vec![one("scale".to_owned(), *phi)];
    }
    let mut seen = vec![false; phi.len()];
    for &place in &families.place {
        seen[place as usize] = true;
    }
    let each = families.places.iter().zip(phi).zip(seen);
    each.filter(|(_, seen)| *seen)
        .map(|((place, &phi), _)| one(format!("scale at {place}"), phi))
        .collect()
}

/// The reference that goes with the errors, or the one that is asked for if it does.
fn checked_dof(covariance: GeeCovariance, dof: Option<Dof>) -> Result<Dof, Error> {
    let Some(dof) = dof else {
        return Ok(covariance.usual_dof());
    };
    let by_family = matches!(dof, Dof::Satterthwaite | Dof::PanWall);
    if by_family && !covariance.is_by_score() {
        return Err(Error::Unsupported {
            what: format!("{} with {}", dof.name(), covariance.name()),
            hint: "choose `normal` or `families`, or errors that are a sum over the families: robust, \
                   kauermann_carroll, mancl_derouen, fay_graubard"
                .to_owned(),
        });
    }
    Ok(dof)
}

impl Correlation {
    /// What the working correlation is called.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Independence => "independence",
            Self::Exchangeable => "exchangeable",
            Self::Ar1 => "AR(1)",
            Self::Unstructured => "unstructured",
            Self::MDependent(_) => "m-dependent",
            Self::Fixed(_) => "fixed",
            Self::NestedExchangeable => "nested exchangeable",
        }
    }

    fn needs_places(&self) -> bool {
        matches!(
            self,
            Self::Ar1 | Self::Unstructured | Self::MDependent(_) | Self::Fixed(_)
        )
    }
}

impl GeeCovariance {
    /// What the errors are called.
    pub fn name(self) -> &'static str {
        match self {
            Self::ModelBased => "model-based standard errors",
            Self::Robust => "robust standard errors",
            Self::Jackknife => "jackknife standard errors",
            Self::ManclDerouen => "Mancl–DeRouen standard errors",
            Self::KauermannCarroll => "Kauermann–Carroll standard errors",
            Self::FayGraubard => "Fay–Graubard standard errors",
            Self::MorelBokossaNeerchal => "Morel–Bokossa–Neerchal standard errors",
            Self::Pan => "Pan's pooled standard errors",
            Self::WangLong => "Wang–Long pooled standard errors",
        }
    }

    /// Whether the errors hold where the working correlation does not.
    pub fn is_robust(self) -> bool {
        self != Self::ModelBased
    }

    /// Whether the covariance is a sum over the families of their scores, perhaps corrected.
    fn is_by_score(self) -> bool {
        matches!(
            self,
            Self::Robust
                | Self::Jackknife
                | Self::ManclDerouen
                | Self::KauermannCarroll
                | Self::FayGraubard
        )
    }

    fn needs_places(self) -> bool {
        matches!(self, Self::Pan | Self::WangLong)
    }

    /// The reference that goes with the errors.
    pub fn usual_dof(self) -> Dof {
        match self {
            Self::ModelBased | Self::Robust => Dof::Normal,
            Self::MorelBokossaNeerchal | Self::Pan | Self::WangLong => Dof::Families,
            Self::Jackknife | Self::ManclDerouen | Self::KauermannCarroll | Self::FayGraubard => {
                Dof::Satterthwaite
            }
        }
    }
}

impl Dof {
    /// What they are called.
    pub fn name(self) -> &'static str {
        match self {
            Self::Normal => "normal reference",
            Self::Families => "degrees of freedom families less coefficients",
            Self::Satterthwaite => "Satterthwaite degrees of freedom",
            Self::PanWall => "Pan–Wall degrees of freedom",
        }
    }
}

impl Fit for GeeFit {
    fn coefficients(&self) -> &Coefficients {
        &self.coefficients
    }

    fn reference(&self, contrast: ArrayView1<'_, f64>) -> Option<Reference> {
        self.scores.reference(self.dof, contrast)
    }

    fn joint_reference(&self, contrasts: ArrayView2<'_, f64>) -> Result<JointReference, Error> {
        self.scores.joint_reference(self.dof, contrasts)
    }

    fn provenance(&self) -> &Provenance {
        &self.provenance
    }
}

impl GeeFit {
    /// The standardised means under two settings of the rows, and how they compare, as of a generalised
    /// linear model ([`crate::glm::GlmFit::standardized`]).
    pub fn standardized(&self, settings: &Settings<'_>) -> Result<Standardized, Error> {
        let means = Standardizer {
            fit: self,
            family: self.family,
            link: self.link,
        };
        means.of(settings)
    }

    /// The same fit with other errors: no step of the search is taken again.
    pub fn with_covariance(
        &self,
        covariance: GeeCovariance,
        dof: Option<Dof>,
    ) -> Result<Self, Error> {
        let dof = checked_dof(covariance, dof)?;
        if covariance.needs_places() && self.model.families.place.is_empty() {
            return Err(Error::Missing {
                option: covariance.name().to_owned(),
                needed: "the place of each row in its family",
                hint: "ask for these errors when fitting, with the time of the rows",
            });
        }
        if covariance.is_robust() && self.families <= self.scores.r {
            return Err(Error::TooFew {
                method: "a robust standard error of marginal coefficients",
                what: format!("groups of `{}`", self.model.families.name),
                needed: self.scores.r + 1,
                found: self.families,
            });
        }
        let mut other = self.clone();
        other.covariance = covariance;
        other.dof = dof;
        other.scores.correct(covariance);
        other.take_errors().ok_or_else(|| Error::Overflow {
            what: format!("{} of {NAME}", covariance.name()),
        })?;
        Ok(other)
    }

    /// Puts the covariance in its place, with what is to be said of it; none where it is not finite.
    fn take_errors(&mut self) -> Option<()> {
        let meat = errors::meat(
            self.covariance,
            &self.scores,
            &self.model,
            &self.state,
            &self.raw,
        );
        let covariance = self.scores.covariance(&meat);
        if !covariance.iter().all(|x| x.is_finite()) {
            return None;
        }
        self.coefficients.covariance = Some(covariance);
        self.provenance.method = format!(
            "{}; {}, {}",
            self.model_words,
            self.covariance.name(),
            self.dof.name()
        );
        let mut cautions = self.doubts.clone();
        if self.covariance == GeeCovariance::Robust && self.families < FEW {
            cautions.push(Caution::FewClusters {
                clusters: self.families,
            });
        }
        if self.covariance == GeeCovariance::ModelBased {
            cautions.push(Caution::Note(
                "These errors are right only if the working correlation and the variance function are."
                    .to_owned(),
            ));
        }
        if self.scores.full > 0 {
            cautions.push(Caution::FullLeverageClusters {
                clusters: self.scores.full,
            });
        }
        self.provenance.cautions = cautions;
        Some(())
    }

    /// The working correlation of the rows of the largest family (the first of them), in the order of their
    /// places.
    pub fn working_correlation(&self) -> Array2<f64> {
        let families = &self.model.families;
        let size = |g: usize| families.range(g).len();
        let largest = (0..families.count())
            .find(|&g| size(g) == self.largest)
            .unwrap_or(0);
        let n = size(largest);
        Array2::from_shape_fn((n, n), |(j, k)| {
            let structure = &self.model.structure;
            structure.correlation(families, &self.state.working, largest, j, k)
        })
    }

    /// QIC, `QICu` and CIC.
    pub fn quasi_criteria(&self) -> Result<QuasiCriteria, Error> {
        let families = &self.model.families;
        let mut quasi_likelihood = 0.0;
        for i in 0..families.rows.len() {
            let phi = match self.state.phi.as_slice() {
                [phi] => *phi,
                all => all[families.place[i] as usize],
            };
            let q = self.quasi(i) * families.weight[i] * families.trials[i] / phi;
            quasi_likelihood += q;
        }
        let mut plain = self.scores.clone();
        plain.correct(GeeCovariance::Robust);
        let cic = plain.independent.dot(&plain.meat()).diag().sum();
        let found = QuasiCriteria {
            quasi_likelihood,
            qic: -2.0 * quasi_likelihood + 2.0 * cic,
            qicu: -2.0 * quasi_likelihood + 2.0 * self.scores.r as f64,
            cic,
        };
        if found.qic.is_finite() && found.qicu.is_finite() {
            return Ok(found);
        }
        Err(Error::Overflow {
            what: "the quasi-likelihood of a marginal model".to_owned(),
        })
    }

    /// ∫ (y − u) / v(u) du up to μ, but for a constant.
    fn quasi(&self, i: usize) -> f64 {
        let model = &self.model;
        let mean = model.link.mean(model.eta(&self.state.gamma, i));
        let (y, mu, shape) = (model.families.y[i], mean.mu, model.shape);
        let times_ln = |x: f64, p: f64| if x == 0.0 { 0.0 } else { x * p.ln() };
        match model.family {
            Family::Gaussian | Family::Cumulative => -0.5 * (y - mu) * (y - mu),
            Family::Binomial | Family::QuasiBinomial => {
                times_ln(y, mu) + times_ln(1.0 - y, mean.complement)
            }
            Family::BetaBinomial => {
                let inflated = 1.0 + (model.families.trials[i] - 1.0) * shape;
                (times_ln(y, mu) + times_ln(1.0 - y, mean.complement)) / inflated
            }
            Family::Poisson | Family::QuasiPoisson => times_ln(y, mu) - mu,
            Family::NegativeBinomial1 => (times_ln(y, mu) - mu) / (1.0 + shape),
            Family::NegativeBinomial2 => times_ln(y, mu / (mu + shape)) - shape * (mu + shape).ln(),
            Family::Gamma => -y / mu - mu.ln(),
        }
    }

    /// The residuals, `n`; rows of weight zero have none and count as zero.
    pub fn residuals(&self, kind: ResidualKind) -> Result<Array1<f64>, Error> {
        let model = &self.model;
        let families = &model.families;
        let joint = matches!(
            model.family,
            Family::NegativeBinomial1 | Family::BetaBinomial
        );
        if kind == ResidualKind::Deviance && joint {
            return Err(Error::Unsupported {
                what: format!("deviance residuals of the {} family", self.family.name()),
                hint: "use Pearson residuals".to_owned(),
            });
        }
        let mut all = Array1::zeros(self.fitted.len());
        for (i, &row) in families.rows.iter().enumerate() {
            let mean = model.link.mean(self.linear_predictor[row]);
            let trials = families.trials[i];
            let v = model.family.variance(&mean, trials, model.shape) / trials;
            let residual = self.pearson[i] * v.sqrt();
            all[row] = match kind {
                ResidualKind::Response => residual,
                ResidualKind::Pearson => self.pearson[i] * families.root_weight[i],
                ResidualKind::Working => residual / mean.slope,
                ResidualKind::Deviance => {
                    let deviance = model.family.deviance(families.y[i], &mean, model.shape);
                    (families.weight[i] * trials * deviance).sqrt() * residual.signum()
                }
            };
        }
        Ok(all)
    }
}
