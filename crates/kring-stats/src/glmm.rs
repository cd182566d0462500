//! Generalised linear mixed models: counts, shares, positive numbers and ordered levels measured again and again.
//!
//! ```text
//! model      Y_i | u ~ f(μ_i, shape),  g(μ_i) = η_i = x_i'β + offset + z_i'Λ(θ)u,  u ~ N(0, I)
//!            of counts perhaps with excess zeros or a hurdle (ζ_i = z-formula'γ), or no zeros at all; the
//!            shape perhaps with a formula of its own (τ_i = d_i'δ on the log scale)
//!            the zeros' formula perhaps with random effects too, independent of those of the mean
//!            of ordered levels P(Y_i ≤ j) = F(α_j − η_i), with thresholds α for a shape
//! likelihood L = Σ_blocks ln ∫ exp(Σ w_i ℓ_i(η_i) − ½ u'u) (2π)^(−q/2) du, by block of rows that share effects
//!   Laplace     h(û) − ½ ln |H|, h the exponent, û its mode, H = I − Σ w_i ℓ''_i a_i a_i', a_i = Λ'z_i
//!   quadrature  Gauss and Hermite's nodes around û, scaled by H^(−½): adaptive, as lme4's nAGQ
//! estimator  (β, γ, δ or α, θ) maximise L jointly, with its exact gradient            (glmm/blocks.rs)
//! errors     the inverse of −∂²L of all parameters; z and χ²
//! ```
//! β speaks of one family: exp(β) of a logistic model is the odds ratio for a family whose effects do not
//! change. The ratio of the averages over families is another number: see [`GlmmFit::marginal`].
//!
//! Thresholds hold the constant of ordered levels, so that a column `(Intercept)` is not estimated; a positive β
//! means higher levels, as in `ordinal`.
//!
//! By default one random effect a family with at most [`SMALL_CLUSTER`] rows on average is integrated with
//! nine nodes, because Laplace's approximation is biased there; anything else is Laplace. The method says
//! which it was.
//!
//! Breslow NE, Clayton DG (1993), JASA 88:9–25, doi 10.1080/01621459.1993.10594284; Pinheiro JC, Bates DM
//! (1995), J Computational and Graphical Statistics 4:12–35, doi 10.1080/10618600.1995.10474663; Skaug HJ,
//! Fournier DA (2006), Computational Statistics & Data Analysis 51:699–709, doi 10.1016/j.csda.2006.03.005;
//! Brooks ME et al (2017), The R Journal 9:378–400, doi 10.32614/RJ-2017-066; Hedeker D, Gibbons RD (1994),
//! Biometrics 50:933–944, doi 10.2307/2533433 (ordered levels).
//!
//! Differences from R. H has the observed second derivatives, as glmmTMB's; lme4's has the expected ones,
//! which differ where the link is not the canonical one. Errors come from the curvature of L by all
//! parameters, as glmmTMB's; lme4 differentiates the deviance twice by numbers and falls back on a curvature
//! at fixed Λ. L has all constants, also with nodes. Where a variance is zero, or a shape at its edge, the
//! others' errors are those of the model without it. A likelihood without a maximum is an error that names the
//! columns.

mod blocks;
mod bootstrap;
mod compare;
mod data;
mod density;
mod influence;
mod marginal;
mod predict;
mod profile;
pub(crate) mod quadrature;
mod results;
mod search;
mod simulate;

use std::sync::Arc;

use kring_core::{Component, Design, Estimate, Reference, WeightKind};
use ndarray::{Array1, Array2, ArrayView1, ArrayView2};
use serde::{Deserialize, Serialize};

pub use compare::likelihood_ratio;
pub use marginal::Marginal;
pub use predict::{LevelPrediction, Scale};
pub use results::{Latent, Parameters};
pub use simulate::{SimulatedResidual, SimulatedResiduals, SimulatedTest};

pub use crate::certificate::{Certificate, Edge};
use crate::criteria::Criteria;
use crate::family::{Family, Link};
use crate::fit::{Coefficients, Fit, JointReference, Provenance};
use crate::likelihood::PartFit;
use crate::lmm::{Modes, RandomCovariance};
use crate::{Error, dist};
use data::Data;
use density::{Density, Zeros};
use quadrature::Node;
use search::Found;

pub(crate) const METHOD: &str = "a generalised linear mixed model";

/// The options of a generalised linear mixed model.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Glmm {
    /// The distribution of the response: Poisson, either negative binomial, binomial, beta-binomial, gamma or
    /// cumulative.
    pub family: Family,
    /// How the mean hangs together with the columns; absent for the family's usual link.
    pub link: Option<Link>,
    /// What becomes of the zeros of counts.
    pub zeros: ZeroCounts,
    /// How the random effects are integrated out.
    pub integration: Integration,
    /// The level of intervals.
    pub level: f64,
}

/// What becomes of the zeros of counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ZeroCounts {
    /// Some rows are always zero if the design has a model of the zeros; otherwise zeros are counts like
    /// others.
    #[default]
    Inflated,
    /// The model of the zeros says whether a count is above zero, the mean how large it is then.
    Hurdle,
    /// Zeros cannot be seen, and there are none.
    Truncated,
}

/// How the random effects are integrated out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Integration {
    /// Nine nodes where a family has one effect and few rows, else Laplace.
    #[default]
    Automatic,
    /// Laplace's approximation, as `glmmTMB` and as lme4's `nAGQ = 1`.
    Laplace,
    /// Adaptive Gauss–Hermite quadrature, for one or two effects of one factor, as lme4's `nAGQ`.
    Quadrature {
        /// How many nodes in each direction; one is Laplace.
        points: usize,
    },
}

/// Up to so many rows a family on average, one effect a family is integrated with nodes by default.
pub const SMALL_CLUSTER: f64 = 20.0;
/// With how many.
const NODES: usize = 9;
/// The most nodes in one direction.
const MOST_NODES: usize = 100;

impl Default for Glmm {
    fn default() -> Self {
        Self {
            family: Family::Poisson,
            link: None,
            zeros: ZeroCounts::Inflated,
            integration: Integration::Automatic,
            level: 0.95,
        }
    }
}

/// A fitted generalised linear mixed model. As a [`Fit`] it speaks of the mean.
#[derive(Debug, Clone)]
pub struct GlmmFit {
    mean: PartFit,
    zero: Option<PartFit>,
    dispersion: Option<PartFit>,
    thresholds: Option<PartFit>,
    /// The family that was asked for.
    pub family: Family,
    /// The link of the mean.
    pub link: Link,
    /// How the random effects were integrated out: the number of nodes in each direction, one for Laplace.
    pub nodes: usize,
    /// The parameter of shape with its error, where one serves all rows: θ of NB2, φ of NB1 and gamma, ρ of
    /// the beta-binomial.
    pub shape: Option<Estimate>,
    /// The marginal log-likelihood with all constants, AIC and BIC.
    pub criteria: Criteria,
    /// The covariance of the random effects, term by term in the order of the formula.
    pub random: Vec<RandomCovariance>,
    /// That of the random effects on the zeros.
    pub zero_random: Vec<RandomCovariance>,
    /// Both as standard deviations and correlations; the labels of those on the zeros begin with `zero: `.
    pub components: Vec<Component>,
    /// Shares and ordered levels: the variances on the scale of the link and the intraclass correlation there.
    pub latent: Option<Latent>,
    /// The evidence that the search ended at a maximum.
    pub certificate: Certificate,
    /// The predicted random effects, term by term in the order of the formula.
    pub modes: Vec<Modes>,
    /// Those on the zeros.
    pub zero_modes: Vec<Modes>,
    /// Ordered levels only: their names, lowest first.
    pub levels: Vec<String>,
    /// Ordered levels only: the probability of each given the predicted random effects, a row a row of the
    /// design.
    pub probabilities: Option<Array2<f64>>,
    /// η with the predicted random effects, a row a row of the design.
    pub linear_predictor: Array1<f64>,
    /// E Y given the predicted random effects, zeros counted: of proportions the share, of ordered levels the
    /// level, numbered from one.
    pub fitted: Array1<f64>,
    /// The response (of proportions the share) less the fitted values.
    pub residuals: Array1<f64>,
    /// The residuals over the standard deviation of Y given the random effects.
    pub pearson_residuals: Array1<f64>,
    data: Arc<Data>,
    found: Arc<Found>,
    rule: Arc<Vec<Node>>,
}

impl Glmm {
    /// Fits the model. The design needs random terms in its mean or in its model of the zeros.
    ///
    /// ```
    /// use kring_core::{Design, DesignParts, Grouping, Groups, Part, RandomStructure, RandomTerm, Response};
    /// use kring_stats::{Fit, family::Family, glmm::{Glmm, Integration}};
    /// use ndarray::{Array2, array};
    /// // Eight families, two waves each: so many problems.
    /// let y = array![1., 2., 0., 1., 5., 6., 2., 3., 0., 0., 9., 7., 4., 2., 1., 3.];
    /// let names: Vec<String> = (1..=8).map(|i| i.to_string()).collect();
    /// let mut mean = Part::fixed(Array2::ones((16, 1)), vec!["(Intercept)".into()]);
    /// mean.random = vec![RandomTerm {
    ///     grouping: Grouping::new("family", names, (0..16).map(|i| i / 2).collect()),
    ///     z: Array2::ones((16, 1)),
    ///     columns: vec!["(Intercept)".into()],
    ///     structure: RandomStructure::Unstructured,
    /// }];
    /// let design = Design::new(DesignParts {
    ///     response: Response::Count(y),
    ///     response_name: "problems".into(),
    ///     mean, zero: None, dispersion: None, groups: Groups::default(), time: None, weights: None,
    ///     source_rows: (0..16).collect(), omitted: vec![],
    /// })?;
    /// let laplace = Glmm { family: Family::Poisson, integration: Integration::Laplace, ..Glmm::default() };
    /// let fit = laplace.fit(&design)?;
    /// // lme4 1.1.31: glmer(y ~ 1 + (1 | family), poisson): 0.73339, standard deviation 0.84040.
    /// assert!((fit.coefficients().value("(Intercept)").unwrap() - 0.73339).abs() < 1e-4);
    /// assert!((fit.components[0].value - 0.84040).abs() < 1e-4);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn fit(&self, design: &Design) -> Result<GlmmFit, Error> {
        dist::check_level(self.level)?;
        let density = self.density(design)?;
        let data = Data::new(self, design, density)?;
        let rule = self.rule(&data)?;
        let found = search::search(&data, &rule, design);
        if density.has_dispersion() && density.family != Family::Gamma {
            let near = match &found {
                Ok(found) => search::edge_of(self, &data, &found.phi).is_some(),
                Err(_) => data.has_one_shape(),
            };
            let edge = Density {
                family: density.family.at_the_edge(),
                ..density
            };
            if near
                && let Ok(there) = Data::new(self, design, edge)
                && let Ok(at_edge) = search::search(&there, &rule, design)
                && found.as_ref().map_or(true, |found| {
                    at_edge.log_likelihood >= found.log_likelihood - 1e-6
                })
            {
                return self.finish(design, there, at_edge, rule);
            }
        }
        self.finish(design, data, found?, rule)
    }

    /// The distribution of a row, once everything that the model cannot use is refused.
    fn density(&self, design: &Design) -> Result<Density, Error> {
        let unsupported = |what: String, hint: &str| {
            Err(Error::Unsupported {
                what,
                hint: hint.to_owned(),
            })
        };
        let parts = [Some(design.mean()), design.zero()];
        if parts.iter().flatten().all(|part| part.random.is_empty()) {
            return Err(Error::Missing {
                option: METHOD.to_owned(),
                needed: "a random term",
                hint: "add one, such as `(1 | family)`, or fit a generalised linear model",
            });
        }
        let family = self.family;
        if family.is_quasi() || family == Family::Gaussian {
            return unsupported(
                format!("the {} family in {METHOD}", family.name()),
                "take a negative binomial or beta-binomial for what varies more, or the linear mixed model \
                 for what is measured",
            );
        }
        let link = self.link.unwrap_or_else(|| family.default_link());
        if !family.links().contains(&link) {
            let names: Vec<&str> = family.links().iter().map(|link| link.name()).collect();
            return unsupported(
                format!("the {} link of the {} family", link.name(), family.name()),
                &format!("it may have {}", names.join(", ")),
            );
        }
        let zeros = match (self.zeros, design.zero().is_some()) {
            (ZeroCounts::Inflated, false) => Zeros::AsCounted,
            (ZeroCounts::Inflated, true) => Zeros::Inflated,
            (ZeroCounts::Hurdle, true) => Zeros::Hurdle,
            (ZeroCounts::Hurdle, false) => {
                return Err(Error::Missing {
                    option: "a hurdle model".to_owned(),
                    needed: "a model of the zeros",
                    hint: "give one, `~ 1` where all rows are alike",
                });
            }
            (ZeroCounts::Truncated, false) => Zeros::Truncated,
            (ZeroCounts::Truncated, true) => {
                return unsupported(
                    "a model of the zeros of counts that have none".to_owned(),
                    "take it out of the formula, or fit a hurdle model",
                );
            }
        };
        if zeros != Zeros::AsCounted && !family.is_count() {
            return unsupported(
                format!("a model of the zeros in the {} family", family.name()),
                "only counts have one",
            );
        }
        let density = Density {
            family,
            link,
            zeros,
        };
        let dispersion = design.dispersion();
        if dispersion.is_some_and(|part| !part.random.is_empty()) {
            return unsupported(
                "a random term in the model of the dispersion".to_owned(),
                "give only the mean and the zeros random terms",
            );
        }
        if design.dispersion().is_some() && !density.has_dispersion() {
            return unsupported(
                format!("a model of the dispersion in the {} family", family.name()),
                "take it out of the formula, or choose a family with a shape",
            );
        }
        if design.groups().stratum.is_some() {
            return unsupported(
                format!("strata in {METHOD}"),
                "take them out of the formula, or fit another model",
            );
        }
        if design
            .weights()
            .is_some_and(|w| w.kind == WeightKind::Sampling)
        {
            return unsupported(
                format!("sampling weights in {METHOD}"),
                "use precision or frequency weights, or a model with cluster-robust errors",
            );
        }
        Ok(density)
    }

    /// The nodes that are taken.
    fn rule(&self, data: &Data) -> Result<Vec<Node>, Error> {
        let effects = match data.factors.as_slice() {
            [one] if !data.has_effects_on_zeros() => one.q,
            _ => 0,
        };
        let points = match self.integration {
            Integration::Laplace => 1,
            Integration::Automatic => {
                let size = data.seen.len() as f64 / data.blocks.len() as f64;
                if effects == 1 && size <= SMALL_CLUSTER {
                    NODES
                } else {
                    1
                }
            }
            Integration::Quadrature { points } => points,
        };
        if !(1..=MOST_NODES).contains(&points) {
            return Err(Error::Argument {
                what: "the number of nodes".to_owned(),
                expected: "1 to 100",
                found: points.to_string(),
            });
        }
        if points > 1 && !(1..=2).contains(&effects) {
            return Err(Error::Unsupported {
                what: "quadrature over more than two random effects, those of several factors, or those on \
                       the zeros,"
                    .to_owned(),
                hint: "use Laplace's approximation".to_owned(),
            });
        }
        Ok(quadrature::nodes(
            points,
            if points > 1 { effects } else { 0 },
        ))
    }
}

impl Fit for GlmmFit {
    fn coefficients(&self) -> &Coefficients {
        self.mean.coefficients()
    }

    fn reference(&self, _contrast: ArrayView1<'_, f64>) -> Option<Reference> {
        Some(Reference::Normal)
    }

    fn joint_reference(&self, contrasts: ArrayView2<'_, f64>) -> Result<JointReference, Error> {
        self.mean.joint_reference(contrasts)
    }

    fn provenance(&self) -> &Provenance {
        self.mean.provenance()
    }
}

impl GlmmFit {
    /// The mean: log ratios of rates, log odds ratios, for a given family.
    pub fn mean(&self) -> &PartFit {
        &self.mean
    }

    /// The model of the zeros, log odds: of being always zero where zeros are inflated, of **not** being
    /// zero in a hurdle model.
    pub fn zero(&self) -> Option<&PartFit> {
        self.zero.as_ref()
    }

    /// The dispersion on its log scale: ln θ of NB2, ln φ of NB1 and gamma, ln((1 − ρ)/ρ) of the
    /// beta-binomial. Absent in families without one, and at the edge.
    pub fn dispersion(&self) -> Option<&PartFit> {
        self.dispersion.as_ref()
    }

    /// Of ordered levels the thresholds α on the scale of the link, each named by the levels it parts:
    /// `mild|severe`.
    pub fn thresholds(&self) -> Option<&PartFit> {
        self.thresholds.as_ref()
    }

    /// The covariance of all coefficients of the mean and, behind them, of the parameters of Λ.
    fn joint(&self) -> Array2<f64> {
        let [mean, zero, dispersion, theta] = self.data.sizes();
        let back = self.data.predictors[0].to_coefficients();
        let behind = mean + zero + dispersion;
        let mut turn = Array2::zeros((mean + theta, self.found.phi.len()));
        turn.slice_mut(ndarray::s![..mean, ..mean]).assign(&back);
        for k in 0..theta {
            turn[[mean + k, behind + k]] = 1.0;
        }
        turn.dot(&self.found.covariance).dot(&turn.t())
    }
}
