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
//! Differences from R. A column counts as contained in others at 1e-7 of its length, as in `lm`; R's
//! `glm` says 1e-11. Fits go on until λ² = 1e-20 (R stops at a relative change of the deviance of 1e-8).
//! The likelihood of the gamma family is taken at φ = deviance / n, as R's. Errors of β of NB2 take θ as
//! known, as MASS's (β and θ are orthogonal); those of NB1 and of the beta-binomial do not, as
//! glmmTMB's. Counts no more variable than Poisson ones give the Poisson fit with θ at infinity and a
//! caution, where MASS warns of its iteration limit.

mod criterion;
mod diagnostics;
mod nested;
mod newton;
mod separation;
mod standardize;

use kring_core::{
    Alternative, Boundary, Caution, Design, Estimate, Interval, IntervalKind, Measure, Reference,
    Response, Value, WeightKind,
};
use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Axis};
use serde::{Deserialize, Serialize};

use crate::family::{Family, Link};
use crate::fit::{Coefficients, Fit, JointReference, Provenance};
use crate::linalg::{Qr, back_substitute, forward_substitute};
use crate::regression::{aliases, cautions, one_clustering, refuse_other_parts, sample};
use crate::sandwich::{Clustered, Meat, Rows, meat};
use crate::{Covariance, Error, dist};
use criterion::{Criterion, Data, Point, shape_of};
pub use diagnostics::{OverdispersionForm, ZeroCheck};
pub use nested::{TermTest, likelihood_ratio};
use newton::{Cholesky, Constraint, Maximum, Unfinished, Why, maximise};
use separation::{Separation, separates};
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
    n: f64,
    intercept: bool,
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

/// The data with what is fitted to them.
#[derive(Debug, Clone)]
struct Model {
    data: Data,
    /// The family that is fitted: at the edge of the shape the one without.
    family: Family,
    link: Link,
    penalised: bool,
    /// R of the basis: γ = R β.
    r: Array2<f64>,
    /// n − r, for the size of φ.
    residual_df: f64,
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
        self.finish(design, model, maximum, &basis, n, edge)
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
        let by_score = matches!(
            self.covariance,
            Covariance::Classical | Covariance::Hc0 | Covariance::Hc1 | Covariance::Cr0
        );
        if is_joint(self.family) && !by_score {
            return Err(Error::Unsupported {
                what: format!(
                    "{} of the {} family",
                    self.covariance.name(),
                    self.family.name()
                ),
                hint:
                    "its shape is not orthogonal to the mean, so that there is no hat matrix; use \
                       hc0, hc1 or cr0"
                        .to_owned(),
            });
        }
        Ok(())
    }

    /// From the coefficients of the basis to all that a fit says.
    fn finish(
        &self,
        design: &Design,
        model: Model,
        maximum: Maximum,
        basis: &Qr,
        n: f64,
        edge: Option<Caution>,
    ) -> Result<GlmFit, Error> {
        let part = design.mean();
        let overflow = || Error::Overflow {
            what: format!("{NAME} of `{}`", design.response_name()),
        };
        let r = basis.rank;
        let estimated = basis.pivot[..r].to_vec();
        let gamma = maximum.psi.slice(ndarray::s![..r]);
        let beta = back_substitute(model.r.view(), gamma);
        let shape = match maximum.psi.get(r) {
            Some(&tau) => shape_of(model.family, tau),
            None => 1.0,
        };
        let x = part.x.select(Axis(1), &estimated);
        let mut eta = x.dot(&beta);
        if let Some(offset) = &part.offset {
            eta += offset;
        }
        let last = Last::new(&model, &x, &eta, shape, design.weights().map(|w| w.kind));
        if !last.is_finite() || beta.iter().any(|b| !b.is_finite()) {
            return Err(overflow());
        }
        if last.qr.rank < r {
            let unfinished = Unfinished {
                psi: maximum.psi,
                iterations: maximum.iterations,
                why: Why::Runaway,
            };
            return Err(model_error(&(unfinished, None), design, &estimated, &model));
        }
        let residual_df = n - r as f64;
        let chi_squared = last.residuals.dot(&last.residuals);
        let dispersion = if self.family.has_scale() {
            (residual_df > 0.0).then(|| chi_squared / residual_df)
        } else {
            Some(1.0)
        };
        let joint = is_joint(self.family) && edge.is_none();
        let (matrix, clustered) = if joint {
            let matrix = self.joint_covariance(design, &model, &maximum, n)?;
            let root = back_substitute_rows(&model.r);
            (Some(root.dot(&matrix).dot(&root.t())), None)
        } else {
            let rows = Rows {
                q: last.qr.q.view(),
                residuals: last.residuals.view(),
                leverage: last.leverage.view(),
                copies: weights_of(design, WeightKind::Frequency),
                variance: Some(last.variance.view()),
                omega: weights_of(design, WeightKind::Sampling),
                n,
                residual_df,
                dispersion,
            };
            let Meat { matrix, clustered } = meat(design, self.covariance, &rows, NAME)?;
            let inverse = last.qr.r_inverse();
            let covariance = matrix.map(|meat| inverse.dot(&meat).dot(&inverse.t()));
            (covariance, clustered)
        };
        let aliases = aliases(basis, part.columns.len());
        let numbers = matrix.iter().flatten().chain(&aliases);
        if !numbers.into_iter().all(|x| x.is_finite()) {
            return Err(overflow());
        }
        let coefficients = Coefficients {
            columns: part.columns.clone(),
            aliases,
            estimated,
            values: beta,
            covariance: matrix,
        };
        let intercept = part
            .terms
            .first()
            .is_some_and(|term| term.name == "(Intercept)");
        let full = last.leverage.iter().filter(|&&h| h >= 1.0 - 1e-10).count();
        let scale = last.linear_size;
        let perfect = self.family.has_scale() && chi_squared <= 1e-30 * scale;
        let mut doubts = cautions(
            design,
            &coefficients,
            self.covariance,
            clustered.as_ref(),
            full,
            perfect,
        );
        doubts.extend(edge.clone());
        let deviance = (!joint || edge.is_some()).then(|| model.deviance(&last.means, shape));
        let log_likelihood =
            self.log_likelihood(design, &model, &last, shape, deviance, n, residual_df);
        let parameters = r as f64
            + f64::from(u8::from(
                self.family.shape_name().is_some()
                    || matches!(self.family, Family::Gaussian | Family::Gamma),
            ));
        let convergence = Convergence {
            iterations: maximum.iterations,
            decrement: maximum.decrement,
        };
        let null_deviance = if joint {
            None
        } else {
            model.null_deviance(intercept, maximum.psi.get(r).copied())
        };
        let penalty = model
            .penalised
            .then(|| 0.5 * maximum.point.deviance + maximum.point.value);
        let mut in_basis = Array2::zeros((r, part.columns.len()));
        for (place, &column) in basis.pivot.iter().enumerate() {
            in_basis.column_mut(column).assign(&basis.r.column(place));
        }
        let method = self.method(model.link);
        let sample = sample(design, self.covariance.is_clustered());
        let mut fit = GlmFit {
            provenance: Provenance {
                method,
                measure: self.family.measure(model.link),
                sample,
                cautions: doubts,
                level: self.level,
                approximate_df: clustered.is_some(),
            },
            coefficients,
            family: self.family,
            link: model.link,
            dispersion,
            shape: None,
            deviance,
            null_deviance,
            residual_df,
            null_df: n - f64::from(u8::from(intercept)),
            log_likelihood,
            penalized_log_likelihood: penalty.zip(log_likelihood).map(|(p, l)| p + l),
            aic: log_likelihood.map(|l| -2.0 * l + 2.0 * parameters),
            linear_predictor: eta,
            fitted: last.means.iter().map(|mean| mean.mu).collect(),
            leverage: last.leverage,
            convergence,
            covariance: self.covariance,
            model,
            maximum,
            weights: design.weights().map(|w| w.kind),
            n,
            intercept,
            terms: part.terms.clone(),
            in_basis,
            r: last.qr.r_square().to_owned(),
            clustered,
        };
        fit.shape = fit.shape_estimate(edge.is_some())?;
        Ok(fit)
    }

    fn method(&self, link: Link) -> String {
        let how = match self.bias_reduction {
            BiasReduction::None if self.family.is_quasi() => "quasi-likelihood",
            BiasReduction::None => "maximum likelihood",
            BiasReduction::Firth => "Firth's penalised likelihood",
        };
        format!(
            "{} regression with {} link by {how}, {}",
            self.family.name(),
            link.name(),
            if is_joint(self.family) && self.covariance == Covariance::Cr0 {
                "CR0 cluster-robust standard errors"
            } else {
                self.covariance.name()
            }
        )
    }

    /// The covariance of γ where the shape is not orthogonal to the mean: from the observed
    /// information of both, or a sandwich of the rows' gradients.
    fn joint_covariance(
        &self,
        design: &Design,
        model: &Model,
        maximum: &Maximum,
        n: f64,
    ) -> Result<Array2<f64>, Error> {
        let r = model.data.basis.len();
        let overflow = || Error::Overflow {
            what: format!("the covariance of {NAME} of `{}`", design.response_name()),
        };
        let inverse = Cholesky::new(&maximum.point.information)
            .ok_or_else(overflow)?
            .inverse();
        let block = |m: &Array2<f64>| m.slice(ndarray::s![..r, ..r]).to_owned();
        if self.covariance == Covariance::Classical {
            return Ok(block(&inverse));
        }
        let scores = model
            .criterion()
            .scores(&maximum.psi)
            .ok_or_else(overflow)?;
        let group: Vec<usize> = if self.covariance.is_clustered() {
            let clusters = one_clustering(design, self.covariance, NAME)?;
            clusters.index.iter().map(|&g| g as usize).collect()
        } else {
            (0..design.rows()).collect()
        };
        let copies =
            weights_of(design, WeightKind::Frequency).filter(|_| !self.covariance.is_clustered());
        let mut sums = Array2::<f64>::zeros((group.iter().max().map_or(0, |g| g + 1), r + 1));
        for (i, &g) in group.iter().enumerate() {
            let copies = copies.map_or(1.0, |w| w[i]);
            if copies == 0.0 {
                continue;
            }
            for (a, q) in model.data.basis.iter().enumerate() {
                sums[[g, a]] += q[i] * scores.eta[i] / copies.sqrt();
            }
            sums[[g, r]] += scores.tau[i] / copies.sqrt();
        }
        let meat = sums.t().dot(&sums);
        let factor = if self.covariance == Covariance::Hc1 {
            n / (n - r as f64)
        } else {
            1.0
        };
        Ok(block(&(inverse.dot(&meat).dot(&inverse) * factor)))
    }

    #[allow(
        clippy::too_many_arguments,
        reason = "each is a number of the fit that is not yet one value"
    )]
    fn log_likelihood(
        &self,
        design: &Design,
        model: &Model,
        last: &Last,
        shape: f64,
        deviance: Option<f64>,
        n: f64,
        residual_df: f64,
    ) -> Option<f64> {
        let kind = design.weights().map(|w| w.kind);
        if self.family.is_quasi() || kind == Some(WeightKind::Sampling) {
            return None;
        }
        let data = &model.data;
        let rows = (0..data.y.len()).filter(|&i| data.prior(i) > 0.0);
        let found = match self.family {
            Family::Gaussian => {
                let deviance = deviance.filter(|&d| d > 0.0 && residual_df > 0.0)?;
                let logs: f64 = if kind == Some(WeightKind::Precision) {
                    rows.map(|i| data.weight[i].ln()).sum()
                } else {
                    0.0
                };
                let tau = 2.0 * std::f64::consts::PI;
                0.5 * (logs - n * ((tau * deviance / n).ln() + 1.0))
            }
            Family::Gamma => {
                let total: f64 = data.weight.iter().sum();
                let k = total / deviance.filter(|&d| d > 0.0 && residual_df > 0.0)?;
                let constant = k * k.ln() - dist::special::ln_gamma(k);
                rows.map(|i| {
                    let (y, mu) = (data.y[i], last.means[i].mu);
                    data.weight[i] * (constant - k * mu.ln() + (k - 1.0) * y.ln() - k * y / mu)
                })
                .sum()
            }
            _ => rows
                .map(|i| {
                    let (y, mean) = (data.y[i], &last.means[i]);
                    data.weight[i] * model.family.log_density(y, mean, data.trials[i], shape)
                })
                .sum(),
        };
        Some(found).filter(|l: &f64| l.is_finite())
    }
}

const NAME: &str = "a generalised linear model";

/// Whether the shape is estimated jointly with the mean and not orthogonal to it.
fn is_joint(family: Family) -> bool {
    matches!(family, Family::NegativeBinomial1 | Family::BetaBinomial)
}

fn weights_of(design: &Design, kind: WeightKind) -> Option<ArrayView1<'_, f64>> {
    design
        .weights()
        .filter(|w| w.kind == kind)
        .map(|w| w.values.view())
}

/// R⁻¹
fn back_substitute_rows(r: &Array2<f64>) -> Array2<f64> {
    let mut inverse = Array2::zeros(r.dim());
    let mut unit = Array1::zeros(r.nrows());
    for j in 0..r.nrows() {
        unit.fill(0.0);
        unit[j] = 1.0;
        inverse
            .column_mut(j)
            .assign(&back_substitute(r.view(), unit.view()));
    }
    inverse
}

/// The response as numbers, with trials and weights.
struct Observed {
    y: Vec<f64>,
    trials: Vec<f64>,
    weight: Vec<f64>,
}

impl Observed {
    fn observations(&self, design: &Design) -> f64 {
        let used = self
            .trials
            .iter()
            .zip(&self.weight)
            .filter(|(m, w)| **m > 0.0 && **w > 0.0);
        match design.weights().map(|w| w.kind) {
            Some(WeightKind::Frequency) => used.map(|(_, w)| w).sum(),
            _ => used.count() as f64,
        }
    }
}

fn observed(design: &Design, family: Family) -> Result<Observed, Error> {
    let n = design.rows();
    let refused = |expected, found| Error::Response {
        method: "a generalised linear model of this family",
        name: design.response_name().to_owned(),
        expected,
        found,
    };
    let ones = || vec![1.0; n];
    let (y, trials) = match design.response() {
        Response::Proportion { successes, trials } if family.is_share() => {
            let share = |(s, m): (&f64, &f64)| if *m > 0.0 { s / m } else { 0.0 };
            (
                successes.iter().zip(trials).map(share).collect(),
                trials.to_vec(),
            )
        }
        Response::Proportion { .. } => {
            return Err(refused(
                "one number a row",
                "successes of trials; choose the family binomial",
            ));
        }
        other => match other.numbers() {
            Some(y) => (y.to_vec(), ones()),
            None => return Err(refused("one number a row", "of another kind")),
        },
    };
    let all = |allowed: fn(f64) -> bool| y.iter().all(|&y| allowed(y));
    if family.is_share() && !matches!(design.response(), Response::Proportion { .. }) {
        if !all(|y| y == 0.0 || y == 1.0) {
            return Err(refused(
                "0 and 1, or successes of trials",
                "made of other numbers",
            ));
        }
    } else if family.is_count() && !all(|y| y >= 0.0 && y.fract() == 0.0) {
        return Err(refused(
            "counts, whole numbers of zero or more",
            "made of other numbers",
        ));
    } else if family == Family::QuasiPoisson && !all(|y| y >= 0.0) {
        return Err(refused("numbers of zero or more", "below zero somewhere"));
    } else if family == Family::Gamma && !all(|y| y > 0.0) {
        return Err(refused("numbers above zero", "zero or less somewhere"));
    }
    Ok(Observed {
        y,
        trials,
        weight: design.weights().map_or_else(ones, |w| w.values.to_vec()),
    })
}

/// An orthonormal basis of the columns on the rows that weigh anything.
fn basis(design: &Design, rows: &Observed) -> Qr {
    let x = design.mean().x();
    let counts = |i: usize| rows.weight[i] > 0.0 && rows.trials[i] > 0.0;
    if (0..design.rows()).all(counts) {
        return Qr::new(x);
    }
    let mut masked = x.to_owned();
    for (i, mut row) in masked.rows_mut().into_iter().enumerate() {
        if !counts(i) {
            row.fill(0.0);
        }
    }
    Qr::new(masked.view())
}

/// The last weighted least squares: √W X = Q R, and what follows row by row.
struct Last {
    means: Vec<crate::family::Mean>,
    qr: Qr,
    /// √W times the working residuals, which is Pearson's residual but for its sign.
    residuals: Array1<f64>,
    leverage: Array1<f64>,
    /// Φ, the variance of a row (of one copy) but for φ.
    variance: Array1<f64>,
    /// Σ W η²
    linear_size: f64,
}

impl Last {
    fn new(
        model: &Model,
        x: &Array2<f64>,
        eta: &Array1<f64>,
        shape: f64,
        weights: Option<WeightKind>,
    ) -> Self {
        let data = &model.data;
        let n = eta.len();
        let means: Vec<_> = eta.iter().map(|&eta| model.link.mean(eta)).collect();
        let (mut root, mut residuals) = (Array1::zeros(n), Array1::zeros(n));
        let mut variance = Array1::zeros(n);
        let mut linear_size = 0.0;
        for (i, mean) in means.iter().enumerate() {
            let a = data.prior(i);
            let v = model.family.variance(mean, data.trials[i], shape);
            variance[i] = match weights {
                Some(WeightKind::Precision) => v / a,
                _ => v / data.trials[i],
            };
            if a == 0.0 {
                continue;
            }
            let scale = (a / v).sqrt();
            root[i] = scale * mean.slope.abs();
            residuals[i] = scale * model.residual(i, mean) * mean.slope.signum();
            linear_size += (root[i] * eta[i]).powi(2);
        }
        let qr = Qr::new((x * &root.view().insert_axis(Axis(1))).view());
        let mut leverage = Array1::<f64>::zeros(n);
        for q in qr.q.columns() {
            leverage.zip_mut_with(&q, |h, q| *h += q * q);
        }
        if weights == Some(WeightKind::Frequency) {
            for (h, &w) in leverage.iter_mut().zip(&data.weight) {
                *h = if w > 0.0 { *h / w } else { 0.0 };
            }
        }
        Self {
            means,
            qr,
            residuals,
            leverage,
            variance,
            linear_size,
        }
    }

    fn is_finite(&self) -> bool {
        let means = self.means.iter().map(|mean| mean.mu);
        let rest = self.residuals.iter().chain(&self.leverage).copied();
        means.chain(rest).all(f64::is_finite) && self.linear_size.is_finite()
    }
}

impl Model {
    fn criterion(&self) -> Criterion<'_> {
        Criterion {
            data: &self.data,
            family: self.family,
            link: self.link,
            penalised: self.penalised,
        }
    }

    /// y − μ, with the digits of 1 − μ where y is one.
    fn residual(&self, i: usize, mean: &crate::family::Mean) -> f64 {
        let y = self.data.y[i];
        if y == 1.0 && self.family.is_share() {
            mean.complement
        } else {
            y - mean.mu
        }
    }

    /// φ at a point, or one where there is none.
    fn unit(&self, point: &Point) -> f64 {
        if self.family.has_scale() {
            point.deviance / self.residual_df.max(1.0)
        } else {
            1.0
        }
    }

    /// Makes the criterion as large as it can be, and looks whether it has a maximum at all.
    fn maximise(
        &self,
        start: Array1<f64>,
        constraint: Option<&Constraint>,
    ) -> Result<Maximum, (Unfinished, Option<Separation>)> {
        let criterion = self.criterion();
        let r = self.data.basis.len();
        let mut found = None;
        let watch = |iteration: usize, psi: &Array1<f64>, step: &Array1<f64>| {
            if self.family.shape_name().is_some() && psi[r].abs() > 20.0 {
                return true;
            }
            if self.penalised || iteration < 6 || iteration % 2 == 1 {
                return false;
            }
            let gamma = step.slice(ndarray::s![..r]);
            if gamma.dot(&gamma) < 1e-6 {
                return false;
            }
            found = separates(&self.data, self.family, self.link, gamma);
            found.is_some()
        };
        let unit = |point: &Point| self.unit(point);
        maximise(&criterion, start, constraint, unit, watch)
            .map_err(|unfinished| (unfinished, found))
    }

    /// γ after one step from means near the response, or from a constant mean where that fails.
    fn start(&self) -> Result<Array1<f64>, Unfinished> {
        let data = &self.data;
        let (r, n) = (data.basis.len(), data.y.len());
        let offset = |i: usize| data.offset.get(i).copied().unwrap_or(0.0);
        let near = |i: usize| {
            let (y, m) = (data.y[i], data.trials[i]);
            match self.family {
                Family::Gaussian => y,
                Family::Gamma => y,
                _ if self.family.is_share() => (m * y + 0.5) / (m + 1.0),
                _ => y + 0.1,
            }
        };
        let total: f64 = (0..n).map(|i| data.prior(i)).sum();
        let mean = (0..n).map(|i| data.prior(i) * near(i)).sum::<f64>() / total;
        let from = |mu: &dyn Fn(usize) -> f64| -> Option<Array1<f64>> {
            let mut information = Array2::<f64>::zeros((r, r));
            let mut score = Array1::<f64>::zeros(r);
            let (mut w, mut u) = (vec![0.0; n], vec![0.0; n]);
            for i in 0..n {
                let a = data.prior(i);
                if a == 0.0 {
                    continue;
                }
                let eta = self.link.eta(mu(i));
                let at = self.link.mean(eta);
                let v = self.family.variance(&at, data.trials[i], 1.0);
                w[i] = a * at.slope * at.slope / v;
                u[i] = w[i] * (eta - offset(i)) + a * at.slope * (data.y[i] - at.mu) / v;
            }
            for (a, qa) in data.basis.iter().enumerate() {
                score[a] = crate::linalg::dot(qa, &u);
                let weighed: Vec<f64> = qa.iter().zip(&w).map(|(q, w)| q * w).collect();
                for (b, qb) in data.basis.iter().enumerate().take(a + 1) {
                    information[[a, b]] = crate::linalg::dot(&weighed, qb);
                    information[[b, a]] = information[[a, b]];
                }
            }
            let gamma = Cholesky::new(&information)?.solve(score.view());
            self.criterion().at(&gamma).map(|_| gamma)
        };
        // η of a constant mean, less the offset, on the columns.
        let constant = || {
            let eta = self.link.eta(mean);
            let target: Vec<f64> = (0..n)
                .map(|i| {
                    if data.prior(i) > 0.0 {
                        eta - offset(i)
                    } else {
                        0.0
                    }
                })
                .collect();
            let gamma: Array1<f64> = data
                .basis
                .iter()
                .map(|q| crate::linalg::dot(q, &target))
                .collect();
            self.criterion().at(&gamma).map(|_| gamma)
        };
        let found = from(&near).or_else(|| from(&|_| mean)).or_else(constant);
        found.ok_or_else(|| Unfinished {
            psi: Array1::zeros(r),
            iterations: 0,
            why: Why::Start,
        })
    }

    fn deviance(&self, means: &[crate::family::Mean], shape: f64) -> f64 {
        let rows = means.iter().enumerate();
        rows.filter(|(i, _)| self.data.prior(*i) > 0.0)
            .map(|(i, mean)| self.data.prior(i) * self.family.deviance(self.data.y[i], mean, shape))
            .sum()
    }

    /// The deviance of the intercept alone, at the shape of the fit.
    fn null_deviance(&self, intercept: bool, tau: Option<f64>) -> Option<f64> {
        let data = &self.data;
        let n = data.y.len();
        let shape = tau.map_or(1.0, |tau| shape_of(self.family, tau));
        let prior: Vec<f64> = (0..n).map(|i| data.prior(i)).collect();
        let means: Vec<_> = if !intercept {
            let eta = data.eta(Array1::zeros(data.basis.len()).view());
            eta.into_iter().map(|eta| self.link.mean(eta)).collect()
        } else if data.offset.is_empty() {
            let total: f64 = prior.iter().sum();
            let mean = prior.iter().zip(&data.y).map(|(a, y)| a * y).sum::<f64>() / total;
            vec![Link::Identity.mean(mean); n]
        } else {
            let alone = Self {
                data: Data {
                    basis: vec![vec![1.0; n]],
                    ..data.clone()
                },
                penalised: false,
                r: Array2::eye(1),
                ..self.clone()
            };
            let start = Self {
                family: self.family.at_the_edge(),
                ..alone.clone()
            }
            .start()
            .ok()?;
            let (start, constraint) = match tau {
                None => (start, None),
                Some(tau) => (
                    ndarray::array![start[0], tau],
                    Some(Constraint {
                        c: ndarray::array![[0.0, 1.0]],
                        b: ndarray::array![tau],
                    }),
                ),
            };
            let maximum = alone.maximise(start, constraint.as_ref()).ok()?;
            let eta = alone.data.eta(maximum.psi.slice(ndarray::s![..1]));
            eta.into_iter().map(|eta| self.link.mean(eta)).collect()
        };
        Some(self.deviance(&means, shape)).filter(|d| d.is_finite())
    }
}

/// What became of a parameter of shape.
enum Shape {
    Inside(Maximum),
    Edge(Caution),
    Failed(Unfinished),
}

/// Fits β and the shape together, from the fit without shape.
fn with_shape(model: &mut Model, family: Family, without: &Maximum) -> Result<Shape, Error> {
    let data = &model.data;
    let eta = data.eta(without.psi.view());
    let (mut slope, mut squares, mut size) = (0.0, 0.0, 0.0);
    for (i, &eta) in eta.iter().enumerate() {
        let (w, m) = (data.weight[i], data.trials[i]);
        if w == 0.0 || m == 0.0 {
            continue;
        }
        let mean = model.link.mean(eta);
        let (y, mu) = (data.y[i], mean.mu);
        // The derivative of ℓ by the shape where it is nothing, and a start by moments.
        match family {
            Family::BetaBinomial => {
                let s = y * m;
                let f = m - s;
                slope += 0.5
                    * w
                    * (s * (s - 1.0) / mu + f * (f - 1.0) / mean.complement - m * (m - 1.0));
                squares += w * (m * (y - mu).powi(2) / (mu * mean.complement) - 1.0);
                size += w * (m - 1.0);
            }
            Family::NegativeBinomial1 => {
                slope += 0.5 * w * ((y - mu).powi(2) - y) / mu;
                squares += w * ((y - mu).powi(2) / mu - 1.0);
                size += w;
            }
            _ => {
                slope += 0.5 * w * ((y - mu).powi(2) - y);
                squares += w * ((y - mu).powi(2) - mu);
                size += w * mu * mu;
            }
        }
    }
    if size <= 0.0 {
        return Err(Error::Unsupported {
            what: format!("the {} family with one trial a row", family.name()),
            hint: "a single trial tells nothing of the correlation between trials; use binomial"
                .to_owned(),
        });
    }
    let at_edge = || {
        Shape::Edge(Caution::Note(match family {
            Family::BetaBinomial => {
                "The proportions vary no more than binomial ones: ρ is zero, and \
                                     the estimates are those of the binomial model."
                    .to_owned()
            }
            _ => {
                "The counts vary no more than Poisson ones: the estimates are those of the Poisson \
                  model, the limit of the negative binomial one."
                    .to_owned()
            }
        }))
    };
    if slope <= 0.0 {
        return Ok(at_edge());
    }
    let excess = squares / size;
    let tau = match family {
        Family::BetaBinomial => Link::Logit.eta(excess.clamp(0.01, 0.9)),
        Family::NegativeBinomial1 => excess.clamp(0.01, 1e6).ln(),
        _ => -excess.clamp(1e-4, 1e3).ln(),
    };
    model.family = family;
    if family == Family::NegativeBinomial2 {
        model.data.tabulate();
    }
    let mut start = without.psi.to_vec();
    start.push(tau);
    match model.maximise(start.into(), None) {
        Ok(maximum) => Ok(Shape::Inside(maximum)),
        Err((unfinished, _)) => {
            let last = unfinished.psi.last().copied().unwrap_or(0.0);
            let towards_edge = match family {
                Family::NegativeBinomial2 => last > 14.0,
                _ => last < -14.0,
            };
            if towards_edge {
                model.family = family.at_the_edge();
                return Ok(at_edge());
            }
            Ok(Shape::Failed(unfinished))
        }
    }
}

/// Why there is no fit, in words.
fn model_error(
    (unfinished, separation): &(Unfinished, Option<Separation>),
    design: &Design,
    estimated: &[usize],
    model: &Model,
) -> Error {
    let columns = &design.mean().columns;
    if let Some(separation) = separation {
        let beta = back_substitute(model.r.view(), separation.direction.view());
        let x = design.mean().x();
        let size: Vec<f64> = estimated
            .iter()
            .zip(&beta)
            .map(|(&j, b)| b * x.column(j).dot(&x.column(j)).sqrt())
            .collect();
        let largest = size.iter().fold(0.0_f64, |m, s| m.max(s.abs()));
        let runs = estimated
            .iter()
            .zip(&size)
            .filter(|(_, s)| s.abs() > 1e-6 * largest)
            .map(|(&j, s)| {
                let where_to = if *s > 0.0 { "+∞" } else { "−∞" };
                format!("{} → {where_to}", columns[j])
            })
            .collect();
        let canonical = matches!(
            (model.family, model.link),
            (Family::Binomial, Link::Logit) | (Family::Poisson, Link::Log)
        );
        return Error::Separated {
            name: design.response_name().to_owned(),
            rows: separation.rows,
            columns: runs,
            hint: if canonical {
                "choose the bias reduction `firth`, which gives finite estimates, or leave the columns out"
            } else {
                "leave the columns out or join levels; with the logit or the Poisson's log link the bias \
                 reduction `firth` gives finite estimates"
            },
        };
    }
    let r = model.data.basis.len();
    let last = if unfinished.psi.len() >= r {
        back_substitute(model.r.view(), unfinished.psi.slice(ndarray::s![..r])).to_vec()
    } else {
        Vec::new()
    };
    Error::NotConverged {
        method: NAME,
        iterations: unfinished.iterations,
        why: match unfinished.why {
            Why::Start => "no starting values give a possible mean in every row",
            Why::Stalled => {
                "no step leads further up, as where the best fit has a mean at its limit"
            }
            Why::Limit => "it is still climbing",
            Why::Runaway => "a parameter runs away, or some columns no longer matter",
        }
        .to_owned(),
        coefficients: estimated
            .iter()
            .map(|&j| columns[j].clone())
            .zip(last)
            .collect(),
        hint: match (model.family, model.link) {
            (Family::Binomial | Family::QuasiBinomial, Link::Log) => {
                "use the Poisson family with log link and hc3 errors (Zou 2004), or the logit link and \
                 standardised risks"
            }
            (_, Link::Identity | Link::Inverse) => {
                "use the log or logit link and standardised means"
            }
            _ => "look at the data for empty cells and extreme values, or take fewer columns",
        },
    }
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
            Cholesky::new(information).map(|root| root.inverse()[[r, r]])
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
