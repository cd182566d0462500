//! From the maximum to all that a fit says.

use std::sync::Arc;

use kring_core::{
    Alternative, Boundary, Caution, Component, Design, Estimate, Interval, IntervalKind, Measure,
    Part, RandomStructure, RandomTerm, Reference, Response, Sample, Value, WeightKind,
};
use ndarray::{Array1, Array2, Array3, ArrayView1, ArrayView2, s};
use serde::{Deserialize, Serialize};

use super::blocks::{Engine, Want};
use super::data::{Block, Data, response};
use super::density::{Zeros, logistic};
use super::quadrature::Node;
use super::search::Found;
use super::{Glmm, GlmmFit, METHOD};
use crate::criteria::Criteria;
use crate::family::{Family, Link};
use crate::fit::Coefficients;
use crate::glm::model::{Observed, observed};
use crate::likelihood::{PartFit, Source};
use crate::lmm::components::{components, covariances, doubt};
use crate::lmm::modes::places;
use crate::lmm::{Modes, RandomCovariance};
use crate::predictive::{CountDistribution, Predictive, Zeros as Zeroed};
use crate::random::block::{dot, multiply};
use crate::random::{Factor, Place};
use crate::regression::{complete_cases, distinct};
use crate::{Error, Fit, dist, narrow};

/// Where the variance of a share or of ordered levels lies, on the scale of its link.
///
/// ```text
/// fixed          the variance of X β over the rows
/// random         the mean of z'Gz over the rows, all terms
/// distribution   that of the link: π²/3 logit, 1 probit, π²/6 complementary log-log
/// ICC            random / (random + distribution)
/// ```
/// Nakagawa S, Johnson PCD, Schielzeth H (2017), J Royal Society Interface 14:20170213,
/// doi 10.1098/rsif.2017.0213.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Latent {
    /// Of the fixed effects.
    pub fixed: f64,
    /// Of the random effects.
    pub random: f64,
    /// Of the link's own distribution.
    pub distribution: f64,
}

impl Latent {
    /// The share of the random effects in what the fixed ones do not explain.
    pub fn icc(&self) -> f64 {
        self.random / (self.random + self.distribution)
    }

    /// The share of the fixed effects.
    pub fn marginal_r_squared(&self) -> f64 {
        self.fixed / (self.fixed + self.random + self.distribution)
    }

    /// The share of fixed and random effects.
    pub fn conditional_r_squared(&self) -> f64 {
        (self.fixed + self.random) / (self.fixed + self.random + self.distribution)
    }
}

/// Parameters at which the likelihood of a model is asked for: somebody else's estimates.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parameters {
    /// The coefficients of the mean that are estimated, in the order of the columns.
    pub mean: Vec<f64>,
    /// The covariance of the random effects, term by term in the order of the formula.
    pub random: Vec<Array2<f64>>,
    /// The coefficients of the model of the zeros.
    pub zero: Vec<f64>,
    /// The covariance of the random effects on the zeros, term by term.
    #[serde(default)]
    pub zero_random: Vec<Array2<f64>>,
    /// The coefficients of the dispersion on its log scale; one where it has no model. Of ordered levels the
    /// thresholds.
    pub dispersion: Vec<f64>,
}

impl GlmmFit {
    /// The log-likelihood, AIC and BIC of this model and these data at other parameters, by the same
    /// integration.
    pub fn criteria_at(&self, parameters: &Parameters) -> Result<Criteria, Error> {
        let data = &self.data;
        let mut phi = Vec::with_capacity(self.found.phi.len());
        let parts = [&parameters.mean, &parameters.zero, &parameters.dispersion];
        for (predictor, given) in data.predictors.iter().zip(parts) {
            if given.len() != predictor.rank() {
                return Err(Error::Shape {
                    what: "the coefficients".to_owned(),
                    expected: format!("{} in this part", predictor.rank()),
                    found: given.len().to_string(),
                });
            }
            // Columns in the order of the model matrix; the coordinates go by R's pivots.
            let mut order: Vec<usize> = (0..given.len()).collect();
            order.sort_by_key(|&place| predictor.estimated[place]);
            let mut beta = Array1::zeros(given.len());
            for (&place, &value) in order.iter().zip(given) {
                beta[place] = value;
            }
            phi.extend(predictor.r.dot(&beta));
        }
        if data.cuts > 0 {
            let b = ArrayView1::from(&phi[..data.sizes()[0]]);
            let shift = data.shift_by_coordinates().dot(&b);
            let first = phi.len() - data.cuts;
            phi[first..].iter_mut().for_each(|alpha| *alpha -= shift);
        }
        let given = [&parameters.random, &parameters.zero_random];
        let each = data.factors_by_part().into_iter().zip(given);
        for (factor, given) in each.flat_map(|(part, given)| part.iter().map(move |f| (f, given))) {
            for place in &factor.terms {
                let covariance = given.get(place.term).filter(|covariance| {
                    covariance.dim() == (place.columns.len(), place.columns.len())
                });
                let Some(covariance) = covariance else {
                    return Err(Error::Shape {
                        what: format!("the covariance of the effects of `{}`", factor.name),
                        expected: format!("{0} × {0}", place.columns.len()),
                        found: "another shape, or none".to_owned(),
                    });
                };
                phi.extend(theta_of(factor, place, covariance));
            }
        }
        let mut engine = Engine::new(data, &self.rule);
        let log_likelihood = engine.evaluate(&phi, Want::Gradient);
        if !log_likelihood.is_finite() {
            return Err(Error::Overflow {
                what: "the likelihood at these parameters".to_owned(),
            });
        }
        Ok(Criteria::new(
            log_likelihood,
            self.criteria.parameters,
            self.criteria.observations,
        ))
    }
}

/// θ of a term's covariance on the scale of the data.
fn theta_of(factor: &Factor, place: &Place, covariance: &Array2<f64>) -> Vec<f64> {
    let q = place.columns.len();
    let own = place.first..place.first + q;
    let mut all = Array2::zeros((factor.q, factor.q));
    all.slice_mut(s![own.clone(), own.clone()])
        .assign(covariance);
    let g = factor
        .relative_of(&all)
        .slice(s![own.clone(), own])
        .to_owned();
    let structure = if q == 1 {
        RandomStructure::Diagonal
    } else {
        place.structure
    };
    match structure {
        RandomStructure::Unstructured => {
            let mut l: Array2<f64> = Array2::zeros((q, q));
            for j in 0..q {
                let above: f64 = (0..j).map(|k| l[[j, k]] * l[[j, k]]).sum();
                let pivot = (g[[j, j]] - above).max(0.0).sqrt();
                l[[j, j]] = pivot;
                for i in j + 1..q {
                    let above: f64 = (0..j).map(|k| l[[i, k]] * l[[j, k]]).sum();
                    l[[i, j]] = if pivot > 0.0 {
                        (g[[i, j]] - above) / pivot
                    } else {
                        0.0
                    };
                }
            }
            (0..q)
                .flat_map(|j| (j..q).map(move |i| (i, j)))
                .map(|at| l[at])
                .collect()
        }
        RandomStructure::CompoundSymmetry => {
            let variance = g.diag().sum() / q as f64;
            let covariance = (g.sum() - g.diag().sum()) / (q * (q - 1)) as f64;
            vec![
                (variance + (q - 1) as f64 * covariance).max(0.0).sqrt(),
                (variance - covariance).max(0.0).sqrt(),
            ]
        }
        _ => g.diag().iter().map(|v| v.max(0.0).sqrt()).collect(),
    }
}

/// Of Poisson counts: the squared Pearson residuals given the predicted random effects against their number less
/// that of the parameters. Each has the variance 2 + 1/μ; random effects take up some of the spread, so that a
/// test by that is on the safe side.
fn overdispersion(data: &Data, found: &Found) -> Option<Caution> {
    const CLEARLY: f64 = 0.01;
    let [mean, zero, dispersion, _] = data.sizes();
    let mut first = mean + zero + dispersion;
    let mut effects = vec![0.0; found.modes.len()];
    for (factor, of_level) in data.factors.iter().zip(&data.effect) {
        let q = factor.q;
        let mut root = vec![0.0; q * q];
        factor.root(&found.phi[first..first + factor.parameters()], &mut root);
        first += factor.parameters();
        for &at in of_level {
            multiply(
                q,
                q,
                1,
                &root,
                &found.modes[at..at + q],
                &mut effects[at..at + q],
            );
        }
    }
    let (mut squares, mut spread) = (0.0, 0.0);
    for block in &data.blocks {
        for row in block.rows.clone() {
            let own = row * data.r..(row + 1) * data.r;
            let z = data.z[own.clone()].iter().zip(&data.place[own]);
            let eta = data.mean.line(row, &found.phi[..mean])
                + z.map(|(z, &at)| z * effects[block.first + at as usize])
                    .sum::<f64>();
            let mu = data.density.link.mean(eta).mu;
            squares += data.weight(row) * (data.seen[row].y - mu).powi(2) / mu;
            spread += data.weight(row) * (2.0 + 1.0 / mu);
        }
    }
    let df = data.observations - found.phi.len() as f64;
    let away = (squares - df) / spread.sqrt();
    let p = dist::upper_normal(away);
    (df > 0.0 && p < CLEARLY).then(|| {
        Caution::Note(format!(
            "The counts vary more than Poisson counts do, given the random effects: Pearson's X² is {squares:.1} with \
             {df:.0} degrees of freedom, {:.2} times as much (p {}). Standard errors are too small then; a negative \
             binomial model (`family = \"nbinom2\"`) allows for it.",
            squares / df,
            if p < 0.001 { "< .001".to_owned() } else { format!("= {p:.3}") }
        ))
    })
}

/// Below so many rows a family Laplace's approximation is known to make variances of the zeros too small.
const FEW_ROWS_FOR_ZEROS: f64 = 20.0;

impl Glmm {
    #[allow(clippy::too_many_lines, reason = "one part of the fit after the other")]
    pub(super) fn finish(
        &self,
        design: &Design,
        data: Data,
        found: Found,
        rule: Vec<Node>,
    ) -> Result<GlmmFit, Error> {
        let [mean, zero, dispersion, _] = data.sizes();
        let [of_mean, of_zeros] = data.factors_by_part();
        let parameters = of_mean.iter().map(Factor::parameters).sum();
        let theta = found.phi[mean + zero + dispersion..].split_at(parameters);
        let random = covariances(of_mean, theta.0, 1.0);
        let zero_random = covariances(of_zeros, theta.1, 1.0);
        let mut all_components = without_residual(&random);
        let on_zeros = without_residual(&zero_random).into_iter();
        all_components.extend(on_zeros.map(|component| Component {
            label: format!("zero: {}", component.label),
            ..component
        }));
        let laplace = self.by_laplace(&data, &rule);
        doubt(
            &mut all_components,
            &of_components(&data, laplace.is_some()),
        );
        let edge = data.density.family != self.family;
        let nodes = nodes(&rule, &data);
        let source = Source {
            method: self.method(&data, nodes),
            sample: sample(design, &data),
            cautions: self.cautions(
                design,
                &data,
                &[&random[..], &zero_random[..]].concat(),
                &found,
                &rule,
                edge,
            ),
            level: self.level,
            reference: Reference::Normal,
        };
        let part = |which: usize, first: usize, size: usize, measure: Measure| {
            let range = first..first + size;
            source.part(
                &data.predictors[which],
                ArrayView1::from(&found.phi[range.clone()]),
                square(&found.covariance, range),
                measure,
            )
        };
        let density = data.density;
        let thresholds = (data.cuts > 0).then(|| thresholds(&data, &found, &source));
        let of_mean = part(0, 0, mean, density.family.measure(density.link));
        let of_zero = density
            .has_zero_part()
            .then(|| part(1, mean, zero, Measure::LogOddsRatio));
        let of_dispersion = density.has_dispersion().then(|| {
            part(
                2,
                mean + zero,
                dispersion,
                Measure::Coefficient { unit: None },
            )
        });
        let shape = self.shape(&data, of_dispersion.as_ref(), &source)?;
        let criteria = Criteria::new(found.log_likelihood, found.phi.len(), data.observations);
        let [modes, zero_modes] = modes(&data, &found);
        let predicted = self.predict(
            design,
            &data,
            &Parts {
                mean: &of_mean,
                zero: of_zero.as_ref(),
                dispersion: of_dispersion.as_ref(),
                thresholds: thresholds.as_ref(),
                modes: &modes,
                zero_modes: &zero_modes,
                random: &random,
            },
        )?;
        let coefficients = [Some(&of_mean), thresholds.as_ref()];
        let numbers = coefficients.into_iter().flatten().flat_map(|part| {
            let c = part.coefficients();
            c.values.iter().chain(c.covariance.iter().flatten())
        });
        if !{ numbers }.chain(&predicted.fitted).all(|x| x.is_finite()) {
            return Err(Error::Overflow {
                what: format!("{METHOD} of `{}`", design.response_name()),
            });
        }
        Ok(GlmmFit {
            mean: of_mean,
            zero: of_zero,
            dispersion: of_dispersion,
            thresholds,
            family: self.family,
            link: density.link,
            nodes,
            shape,
            criteria,
            random,
            zero_random,
            components: all_components,
            latent: predicted.latent,
            certificate: found.certificate.clone(),
            modes,
            zero_modes,
            levels: match design.response() {
                Response::Ordinal { levels, .. } => levels.clone(),
                _ => Vec::new(),
            },
            probabilities: predicted.probabilities,
            linear_predictor: predicted.eta,
            fitted: predicted.fitted,
            residuals: predicted.residuals,
            pearson_residuals: predicted.pearson,
            data: Arc::new(data),
            found: Arc::new(found),
            rule: Arc::new(rule),
        })
    }

    fn method(&self, data: &Data, nodes: usize) -> String {
        let zeros = match data.density.zeros {
            Zeros::AsCounted => "",
            Zeros::Inflated => "zero-inflated ",
            Zeros::Hurdle => "hurdle ",
            Zeros::Truncated => "zero-truncated ",
        };
        let integration = if nodes > 1 {
            format!("adaptive Gauss–Hermite quadrature with {nodes} nodes an effect")
        } else {
            "Laplace's approximation".to_owned()
        };
        format!(
            "{zeros}{} mixed model with {} link by maximum likelihood, {integration}",
            self.family.name(),
            data.density.link.name()
        )
    }

    fn cautions(
        &self,
        design: &Design,
        data: &Data,
        random: &[RandomCovariance],
        found: &Found,
        rule: &[Node],
        edge: bool,
    ) -> Vec<Caution> {
        let mut cautions: Vec<Caution> =
            complete_cases(design, design.rows()).into_iter().collect();
        let singular: Vec<String> = random
            .iter()
            .filter(|term| term.singular)
            .map(|term| format!("`{}`", term.group))
            .collect();
        if !singular.is_empty() {
            cautions.push(Caution::Note(format!(
                "Singular fit: a variance of the random effects of {} is estimated as zero, or a correlation as \
                 one. The data do not support so many random effects.",
                singular.join(" and ")
            )));
        }
        if edge {
            cautions.push(Caution::Note(format!(
                "The {} model does no better than the {} one, which these are the numbers of: beside the random \
                 effects nothing is left to vary.",
                self.family.name(),
                data.density.family.name()
            )));
        }
        if let Some(trials) = self.by_laplace(data, rule) {
            let (what, of) = match self.family {
                Family::Cumulative => ("rows", "ordered levels"),
                _ => ("trials", "shares"),
            };
            cautions.push(Caution::Note(format!(
                "Laplace's approximation with {trials:.1} {what} a family on average: variances and coefficients \
                 of {of} are biased then. Quadrature is not."
            )));
        }
        let precise = { design.weights() }.is_some_and(|w| w.kind == WeightKind::Precision);
        if self.family == Family::Poisson && data.density.zeros == Zeros::AsCounted && !precise {
            cautions.extend(overdispersion(data, found));
        }
        let rows = data.seen.len() as f64 / data.blocks.len() as f64;
        if data.has_effects_on_zeros() && rows < FEW_ROWS_FOR_ZEROS {
            cautions.push(Caution::Note(format!(
                "Laplace's approximation of random effects on the zeros with {rows:.1} rows a family on average: \
                 their standard deviations come out too small. Of 1.2 in simulated data with six rows a family \
                 0.9 was left."
            )));
        }
        let families = families(data);
        cautions.extend(narrow::GLMM_OF_FEW.when(families < narrow::FEW_FAMILIES));
        let hardly_known = self.family.is_share() && trials_each(data) < FEW_TRIALS;
        cautions.extend(narrow::SHARES.when(hardly_known && families < narrow::SOME_FAMILIES));
        cautions.extend(found.certificate.doubt().map(Caution::Note));
        cautions
    }

    /// The trials a family on average, where Laplace's approximation has too few of them.
    fn by_laplace(&self, data: &Data, rule: &[Node]) -> Option<f64> {
        let each = trials_each(data);
        let coarse = self.family.is_share() || data.cuts > 0;
        (nodes(rule, data) == 1 && coarse && each < 10.0).then_some(each)
    }

    /// The shape on its own scale, where one serves all rows.
    fn shape(
        &self,
        data: &Data,
        part: Option<&PartFit>,
        source: &Source,
    ) -> Result<Option<Estimate>, Error> {
        let name = match self.family {
            Family::Gamma => "phi",
            other => match other.shape_name() {
                Some(name) => name,
                None => return Ok(None),
            },
        };
        let share = self.family == Family::BetaBinomial;
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
            sample: source.sample.clone(),
            method: format!(
                "{}; interval on the {} scale",
                source.method,
                if share { "logit" } else { "log" }
            ),
            cautions: source.cautions.clone(),
        };
        let Some(part) = part else {
            return Ok(Some(estimate));
        };
        if !data.has_one_shape() {
            return Ok(None);
        }
        let doubt = narrow::SHAPE.when(families(data) < narrow::SOME_FAMILIES);
        estimate.cautions.extend(doubt);
        let coefficients = part.coefficients();
        let tau = coefficients.values[0];
        let error = coefficients
            .covariance
            .as_ref()
            .map_or(0.0, |v| v[[0, 0]].sqrt());
        let shape = |tau: f64| if share { logistic(-tau) } else { tau.exp() };
        let value = shape(tau);
        estimate.value = Value::Value(value);
        let slope = if share { value * (1.0 - value) } else { value };
        estimate.std_error = Some(slope * error).filter(|x| x.is_finite());
        let width = dist::critical(self.level, Reference::Normal)? * error;
        let end = |tau: f64| Some(shape(tau)).filter(|x| x.is_finite());
        let ends = [end(tau - width), end(tau + width)];
        let [low, high] = if share { [ends[1], ends[0]] } else { ends };
        estimate.interval = Some(Interval {
            low,
            high,
            level: self.level,
            kind: IntervalKind::Wald,
        });
        Ok(Some(estimate.checked()?))
    }

    fn predict(&self, design: &Design, data: &Data, parts: &Parts<'_>) -> Result<Predicted, Error> {
        let part = design.mean();
        let n = design.rows();
        let mut eta = data.predictors[0].of_rows(part, parts.mean.coefficients().values.view());
        let latent = self.latent(data, part, eta.view(), parts.random);
        add_modes(&part.random, parts.modes, &mut eta);
        let of = |which: usize, fit: Option<&PartFit>, part: Option<&Part>| match (fit, part) {
            (Some(fit), Some(part)) => {
                let values = fit.coefficients().values.view();
                (Some(data.predictors[which].of_rows(part, values)), 0.0)
            }
            (Some(fit), None) => (None, fit.coefficients().values[0]),
            _ => (None, 0.0),
        };
        let at = |row: usize, (rows, all): &(Option<Array1<f64>>, f64)| {
            rows.as_ref().map_or(*all, |rows| rows[row])
        };
        let mut zeta = of(1, parts.zero, design.zero());
        if let (Some(zero), (Some(zeta), _)) = (design.zero(), &mut zeta) {
            add_modes(&zero.random, parts.zero_modes, zeta);
        }
        let tau = of(2, parts.dispersion, design.dispersion());
        let Observed { y, trials, .. } = match self.family {
            Family::Cumulative => response(self, design, data.density)?,
            family => observed(design, family)?,
        };
        let probabilities = parts.thresholds.map(|thresholds| {
            let alpha = &thresholds.coefficients().values;
            Array2::from_shape_fn((n, alpha.len() + 1), |(row, level)| {
                probability(data, eta[row], alpha.view(), level)
            })
        });
        let mut fitted = Array1::zeros(n);
        // The residuals take the place of the response.
        let (mut residuals, mut pearson) = (Array1::from(y), Array1::zeros(n));
        for row in 0..n {
            let two = match &probabilities {
                Some(all) => Two::of_levels(all.row(row)),
                None => moments(data, eta[row], at(row, &zeta), at(row, &tau), trials[row]),
            };
            fitted[row] = two.mean;
            // Levels are numbered from one.
            residuals[row] += f64::from(u8::from(probabilities.is_some())) - two.mean;
            if two.variance > 0.0 {
                pearson[row] = residuals[row] / two.variance.sqrt();
            }
        }
        Ok(Predicted {
            latent,
            eta,
            probabilities,
            fitted,
            residuals,
            pearson,
        })
    }

    /// The variances on the scale of the link, from x'β and offset of the rows.
    fn latent(
        &self,
        data: &Data,
        part: &Part,
        fixed: ArrayView1<'_, f64>,
        random: &[RandomCovariance],
    ) -> Option<Latent> {
        let distribution = match data.density.link {
            Link::Logit => std::f64::consts::PI.powi(2) / 3.0,
            Link::Probit => 1.0,
            Link::Cloglog => std::f64::consts::PI.powi(2) / 6.0,
            _ => return None,
        };
        let n = fixed.len() as f64;
        let offset = |row: usize| part.offset.as_ref().map_or(0.0, |offset| offset[row]);
        let each = || fixed.iter().enumerate().map(|(row, x)| x - offset(row));
        let level = each().sum::<f64>() / n;
        let squares: f64 = each().map(|x| (x - level).powi(2)).sum();
        let variance: f64 = part
            .random
            .iter()
            .zip(random)
            .flat_map(|(term, of)| term.z.rows().into_iter().map(move |z| (z, of)))
            .map(|(z, of)| z.dot(&of.covariance.dot(&z)))
            .sum();
        Some(Latent {
            fixed: squares / (n - 1.0).max(1.0),
            random: variance / n,
            distribution,
        })
    }
}

/// What the predictions of the rows are made of.
struct Parts<'a> {
    mean: &'a PartFit,
    zero: Option<&'a PartFit>,
    dispersion: Option<&'a PartFit>,
    thresholds: Option<&'a PartFit>,
    modes: &'a [Modes],
    zero_modes: &'a [Modes],
    random: &'a [RandomCovariance],
}

/// Standard deviations and correlations; the last of [`components`] is the residual one, which these models
/// do not have.
fn without_residual(random: &[RandomCovariance]) -> Vec<Component> {
    let mut all = components(random, 1.0);
    all.pop();
    all
}

/// Adds z'b of the rows' families to a predictor.
fn add_modes(random: &[RandomTerm], modes: &[Modes], to: &mut Array1<f64>) {
    for (term, modes) in random.iter().zip(modes) {
        let places = places(term, modes);
        for (row, to) in to.iter_mut().enumerate() {
            if let Some(level) = places[term.grouping.index[row] as usize] {
                *to += term.z.row(row).dot(&modes.values.row(level));
            }
        }
    }
}

/// The thresholds of columns as they are: α = α̃ + c'β, α̃ those beside centred columns.
fn thresholds(data: &Data, found: &Found, source: &Source) -> PartFit {
    let [mean, _, cuts, _] = data.sizes();
    let mut back = Array2::zeros((cuts, mean + cuts));
    let slope = data.shift_by_coordinates();
    for j in 0..cuts {
        back.slice_mut(s![j, ..mean]).assign(&slope);
        back[[j, mean + j]] = 1.0;
    }
    let covariance = square(&found.covariance, 0..mean + cuts);
    source.of_coefficients(
        Coefficients {
            columns: data.predictors[2].columns.clone(),
            estimated: (0..cuts).collect(),
            values: back.dot(&ArrayView1::from(&found.phi[..mean + cuts])),
            covariance: Some(back.dot(&covariance).dot(&back.t())),
            aliases: Array2::zeros((cuts, 0)),
        },
        Measure::Coefficient { unit: None },
    )
}

/// The probability of a level, counted from zero, at η and thresholds α.
pub(super) fn probability(data: &Data, eta: f64, alpha: ArrayView1<'_, f64>, level: usize) -> f64 {
    let above = alpha.get(level).map(|alpha| alpha - eta);
    let below = level.checked_sub(1).and_then(|j| alpha.get(j));
    let link = data.density.ordinal_link();
    link.level(above, below.map(|alpha| alpha - eta))
        .value
        .exp()
}

struct Predicted {
    eta: Array1<f64>,
    probabilities: Option<Array2<f64>>,
    fitted: Array1<f64>,
    residuals: Array1<f64>,
    pearson: Array1<f64>,
    latent: Option<Latent>,
}

pub(super) struct Two {
    pub mean: f64,
    pub variance: f64,
}

impl Two {
    /// Of levels numbered from one.
    fn of_levels(probabilities: ArrayView1<'_, f64>) -> Self {
        let moment = |power: i32, about: f64| -> f64 {
            let each = probabilities.iter().enumerate();
            each.map(|(j, p)| p * (j as f64 + 1.0 - about).powi(power))
                .sum()
        };
        let mean = moment(1, 0.0);
        Self {
            mean,
            variance: moment(2, mean),
        }
    }
}

/// E Y and Var Y of a row given its predictors; of proportions those of the share.
pub(super) fn moments(data: &Data, eta: f64, zeta: f64, tau: f64, trials: f64) -> Two {
    let density = data.density;
    let at = density.link.mean(eta);
    if !density.family.is_count() {
        let shape = match density.family {
            Family::BetaBinomial => logistic(-tau),
            _ => tau.exp(),
        };
        let variance = density.family.variance(&at, trials, shape);
        return Two {
            mean: at.mu,
            variance: match density.family {
                Family::Gamma => shape * variance,
                _ if trials > 0.0 => variance / trials,
                _ => 0.0,
            },
        };
    }
    let counts = match density.family {
        Family::NegativeBinomial2 => CountDistribution::NegativeBinomial {
            mean: at.mu,
            size: tau.exp(),
        },
        Family::NegativeBinomial1 => CountDistribution::NegativeBinomial {
            mean: at.mu,
            size: at.mu / tau.exp(),
        },
        _ => CountDistribution::Poisson { mean: at.mu },
    };
    let zeros = match density.zeros {
        Zeros::AsCounted => Zeroed::AsCounted,
        Zeros::Inflated => Zeroed::Excess(logistic(zeta)),
        Zeros::Hurdle => Zeroed::Hurdle(logistic(zeta)),
        Zeros::Truncated => Zeroed::Hurdle(1.0),
    };
    let predictive = Predictive { counts, zeros };
    Two {
        mean: predictive.mean(),
        variance: predictive.variance(),
    }
}

/// Trials a family on average below which their spread is hardly known.
const FEW_TRIALS: f64 = 3.0;

fn trials_each(data: &Data) -> f64 {
    let trials: f64 = data.seen.iter().map(|one| one.trials).sum();
    trials / data.blocks.len() as f64
}

/// The levels of the factor that has fewest.
fn families(data: &Data) -> usize {
    let levels = data.factors.iter().map(Factor::levels).min();
    levels.unwrap_or(usize::MAX)
}

/// The doubts about standard deviations that were measured to be too small on average.
fn of_components(data: &Data, laplace_of_shares: bool) -> Vec<Caution> {
    let levels = families(data);
    let by_ml = (narrow::SD_OF_FEW.when(levels < narrow::FEW_FAMILIES))
        .or_else(|| narrow::SD.when(levels < narrow::SOME_FAMILIES));
    let laplace = narrow::SD_BY_LAPLACE.when(laplace_of_shares);
    laplace.into_iter().chain(by_ml).collect()
}

/// The rows and columns of a part.
fn square(matrix: &Array2<f64>, range: std::ops::Range<usize>) -> ArrayView2<'_, f64> {
    matrix.slice(s![range.clone(), range])
}

/// How many nodes there are in each direction.
fn nodes(rule: &[Node], data: &Data) -> usize {
    match data.factors.as_slice() {
        [one] if one.q == 2 => rule.len().isqrt(),
        _ => rule.len(),
    }
}

fn sample(design: &Design, data: &Data) -> Sample {
    let used = data.source.len();
    Sample {
        rows: used,
        omitted: design.omitted().len() + (design.rows() - used),
        subjects: design.groups().subject.as_ref().map(distinct),
        clusters: data.factors.iter().map(Factor::levels).min(),
        groups: Vec::new(),
    }
}

/// The modes of all terms with their variances, in the order of the formula: of the mean, and of the zeros.
fn modes(data: &Data, found: &Found) -> [Vec<Modes>; 2] {
    let [mean, zero, dispersion, _] = data.sizes();
    let mut engine = Engine::new(data, &[]);
    engine.start_from(&found.modes);
    let inverses = engine.conditional(&found.phi);
    let mut terms = [Vec::new(), Vec::new()];
    let mut first = mean + zero + dispersion;
    for (which, (factor, effects)) in data.factors.iter().zip(&data.effect).enumerate() {
        let terms = &mut terms[usize::from(which >= data.of_mean)];
        let q = factor.q;
        let m = factor.parameters();
        let mut flat = vec![0.0; q * q];
        factor.root(&found.phi[first..first + m], &mut flat);
        first += m;
        // b = T⁻¹ Λ u
        let unscale: Vec<f64> = factor.unscale.iter().copied().collect();
        let mut back = vec![0.0; q * q];
        multiply(q, q, q, &unscale, &flat, &mut back);
        let mut values = vec![0.0; factor.levels() * q];
        let mut covariances = vec![0.0; factor.levels() * q * q];
        let (mut inverse, mut product) = (vec![0.0; q * q], vec![0.0; q * q]);
        let results = values
            .chunks_exact_mut(q)
            .zip(covariances.chunks_exact_mut(q * q));
        for (&effect, (values, spread)) in effects.iter().zip(results) {
            multiply(q, q, 1, &back, &found.modes[effect..effect + q], values);
            let ends = |block: &Block| block.first + block.q <= effect;
            let number = data.blocks.partition_point(ends);
            let block = &data.blocks[number];
            let own = effect - block.first;
            for (i, row) in inverse.chunks_exact_mut(q).enumerate() {
                let first = (own + i) * block.q + own;
                row.copy_from_slice(&inverses.of(number)[first..first + q]);
            }
            multiply(q, q, q, &back, &inverse, &mut product);
            for i in 0..q {
                for j in 0..q {
                    let (a, b) = (&product[i * q..(i + 1) * q], &back[j * q..(j + 1) * q]);
                    spread[i * q + j] = dot(a, b);
                }
            }
        }
        let value = |level: usize, i: usize| values[level * q + i];
        let covariance = |level: usize, i: usize, j: usize| covariances[(level * q + i) * q + j];
        for place in &factor.terms {
            let own = place.columns.len();
            let levels = factor.levels();
            terms.push((
                place.term,
                Modes {
                    group: factor.name.clone(),
                    columns: place.columns.clone(),
                    levels: factor.labels.clone(),
                    values: Array2::from_shape_fn((levels, own), |(level, i)| {
                        value(level, place.first + i)
                    }),
                    covariances: Array3::from_shape_fn((levels, own, own), |(level, i, j)| {
                        covariance(level, place.first + i, place.first + j)
                    }),
                },
            ));
        }
    }
    terms.map(|mut terms| {
        terms.sort_by_key(|(term, _)| *term);
        terms.into_iter().map(|(_, modes)| modes).collect()
    })
}
