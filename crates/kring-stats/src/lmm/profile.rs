//! Profile-likelihood intervals of fixed effects and standard deviations.
//!
//! ```text
//! interval    { t : d(t) − d̂ ≤ χ²₁ quantile },  d(t) the least −2ℓ where the quantity is t  (ML)
//! c'β = t     d(θ; t) = ln |V| + n (1 + ln 2πr_t²/n),  r_t² = r² + (t − c'γ)²/(c'Cc)
//! σ_a = t     σ² = t²/G_aa(θ):  d(θ; t) = ln |V| + n ln 2πσ² + r²/σ²
//! σ = t       the same with σ² = t²
//! ```
//! Each d(t) is a minimum over θ without constraints, by BFGS from the last one. The ends are roots of
//! ζ(t) = ± √(d(t) − d̂), which is nearly straight: secants, kept between known sides. A standard deviation
//! whose ζ at nearly nothing is still inside has zero as its lower end.
//!
//! As lme4's `profile`, the likelihood is the whole one, also for a fit by REML.
//! Venzon DJ, Moolgavkar SH (1988), Applied Statistics 37:87–94, doi 10.2307/2347496.

use kring_core::{
    Component, ComponentKind, Estimate, Interval, IntervalKind, RandomStructure, Reference, Value,
};
use ndarray::{Array1, Array2};
use serde::{Deserialize, Serialize};

use super::compare::refuse_spread;
use super::criterion::Criterion;
use super::search::{Found, Model, semidefinite_root};
use super::{Estimation, LmmFit, components, of_components};
use crate::optimise::{Curvature, Limits, Objective, minimise};
use crate::random::{Column, Factor, Place};
use crate::{Error, dist, narrow};

/// What profiles say of a fit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profiled {
    /// The fixed effects by maximum likelihood, each with its profile interval and the p-value of its
    /// likelihood ratio.
    pub fixed: Vec<Estimate>,
    /// The standard deviations by maximum likelihood, each with its profile interval; the residual one last.
    pub components: Vec<Component>,
}

impl LmmFit {
    /// Profile-likelihood intervals at the fit's level, by maximum likelihood.
    ///
    /// ```
    /// use kring_stats::lmm::Lmm;
    /// # use kring_core::{Design, DesignParts, Grouping, Groups, Part, RandomStructure, RandomTerm, Response};
    /// # use ndarray::{Array2, array};
    /// # let families = ["a", "b", "c"].map(str::to_owned).to_vec();
    /// # let mut mean = Part::fixed(Array2::ones((6, 1)), vec!["(Intercept)".into()]);
    /// # mean.random = vec![RandomTerm {
    /// #     grouping: Grouping::new("family", families, vec![0, 0, 1, 1, 2, 2]),
    /// #     z: Array2::ones((6, 1)),
    /// #     columns: vec!["(Intercept)".into()],
    /// #     structure: RandomStructure::Unstructured,
    /// # }];
    /// # let design = Design::new(DesignParts {
    /// #     response: Response::Continuous(array![1.0, 3.0, 6.0, 8.0, 8.0, 10.0]),
    /// #     response_name: "problems".into(),
    /// #     mean, zero: None, dispersion: None, groups: Groups::default(), time: None, weights: None,
    /// #     source_rows: (0..6).collect(), omitted: vec![],
    /// # })?;
    /// // Three families of two waves: 1, 3; 6, 8; 8, 10.
    /// let profiled = Lmm::default().fit(&design)?.profile()?;
    /// // In balance the interval of the mean, 6, has its middle there.
    /// let interval = profiled.fixed[0].interval.unwrap();
    /// assert!((interval.low.unwrap() + interval.high.unwrap() - 12.0).abs() < 1e-6);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn profile(&self) -> Result<Profiled, Error> {
        let model = &*self.model;
        refuse_spread(self, "a profile")?;
        let found = model.search(Estimation::Ml)?;
        let level = self.options.level;
        let z = dist::critical(level, Reference::Normal)?;
        let profiler = Profiler {
            model,
            found: &found,
            z,
        };
        let data = &model.data;
        let r = data.fixed.estimated.len();
        let gamma = Array1::from(found.place.gamma.clone());
        let beta = &data.fixed.shift + &data.fixed.back.dot(&gamma);
        let inverse = Array2::from_shape_fn((r, r), |(i, j)| found.place.inverse[i * r + j]);
        let sigma2 = found.sigma2();
        let levels = data.factors.iter().map(Factor::levels).min();
        let levels = levels.unwrap_or(usize::MAX);
        let few = levels < narrow::FEW_FAMILIES;
        let mut cautions = self.provenance.cautions.clone();
        cautions.extend(narrow::LMM_PROFILE.when(few));
        let mut fixed = Vec::with_capacity(r);
        for (place, &column) in data.fixed.estimated.iter().enumerate() {
            let c = data.fixed.back.row(place).to_owned();
            let std_error = (sigma2 * c.dot(&inverse.dot(&c))).sqrt();
            let held = |t: f64| Held::Contrast {
                c: c.to_vec(),
                value: t - data.fixed.shift[place],
            };
            let ends = profiler.ends(beta[place], std_error, &held)?;
            let null = profiler.at(&held(0.0), &found.theta)?;
            let ratio = (null.value - found.value).max(0.0);
            let estimate = Estimate {
                label: self.coefficients.columns[column].clone(),
                measure: self.provenance.measure.clone(),
                value: Value::Value(beta[place]),
                std_error: Some(std_error),
                null: 0.0,
                alternative: kring_core::Alternative::TwoSided,
                reference: Reference::ChiSquared { df: 1.0 },
                interval: Some(interval(ends, level)),
                p_value: Some(dist::upper_tail(ratio, Reference::ChiSquared { df: 1.0 })?),
                sample: self.provenance.sample.clone(),
                method: "linear mixed model by maximum likelihood, profile intervals".to_owned(),
                cautions: cautions.clone(),
            };
            fixed.push(estimate.checked()?);
        }
        let random = components::covariances(&data.factors, &found.theta, sigma2);
        let mut components = components::components(&random, sigma2);
        components.retain(|one| one.kind == ComponentKind::StandardDeviation);
        let effects = effects(&data.factors);
        for (one, effect) in components.iter_mut().zip(effects) {
            let size = one.value.max(1e-3 * sigma2.sqrt());
            one.interval = Some(interval(
                profiler.deviation(&effect, one.value, size)?,
                level,
            ));
        }
        if let Some(residual) = components.last_mut() {
            let size = residual.value / (2.0 * found.nu).sqrt();
            let ends = profiler.ends(residual.value, size, &|t| Held::Residual { sd: t })?;
            residual.interval = Some(interval(ends, level));
        }
        let mut doubts = of_components(Estimation::Ml, levels, &random);
        doubts.extend(narrow::LMM_PROFILE_SD.when(few));
        components::doubt(&mut components, &doubts);
        Ok(Profiled { fixed, components })
    }
}

pub(crate) fn interval(ends: Ends, level: f64) -> Interval {
    Interval {
        low: ends.low.is_finite().then_some(ends.low),
        high: ends.high.is_finite().then_some(ends.high),
        level,
        kind: IntervalKind::Profile,
    }
}

/// One random effect: its factor and its place there.
pub(crate) struct Effect {
    pub factor: usize,
    pub place: usize,
}

/// The effects in the order of the terms of the formula.
pub(crate) fn effects(factors: &[Factor]) -> Vec<Effect> {
    let mut all: Vec<(usize, usize, usize)> = Vec::new();
    for (number, factor) in factors.iter().enumerate() {
        for place in &factor.terms {
            all.extend((0..place.columns.len()).map(|j| (place.term, number, place.first + j)));
        }
    }
    all.sort_by_key(|&(term, _, place)| (term, place));
    all.into_iter()
        .map(|(_, factor, place)| Effect { factor, place })
        .collect()
}

/// Below this a leading number of θ is at its edge; this far inside a second search starts.
const EDGE: f64 = 1e-3;
const INSIDE: f64 = 0.1;

/// What is held while the rest is free.
enum Held {
    /// c'γ
    Contrast { c: Vec<f64>, value: f64 },
    /// The standard deviation of an effect.
    Deviation {
        factor: usize,
        place: usize,
        sd: f64,
    },
    /// σ
    Residual { sd: f64 },
}

/// The ends of an interval; infinite where there is none.
pub(crate) struct Ends {
    pub low: f64,
    pub high: f64,
}

/// Where d(t) was found.
struct At {
    value: f64,
    theta: Vec<f64>,
}

struct Profiler<'a> {
    model: &'a Model,
    found: &'a Found,
    z: f64,
}

impl Profiler<'_> {
    /// The least −2ℓ with something held, from a θ near it.
    fn at(&self, held: &Held, start: &[f64]) -> Result<At, Error> {
        let mut constrained = Constrained {
            criterion: self.model.criterion(false),
            factors: &self.model.data.factors,
            held,
        };
        let limits = Limits {
            decrement: 1e-10,
            radius: 0.3,
            iterations: 300,
        };
        let mut minimum = minimise(&mut constrained, start.to_vec(), limits);
        // Where a variance is zero the slope is nothing, whatever is held: a second search from inside.
        let columns = || self.model.data.factors.iter().flat_map(|f| &f.columns);
        let at_edge = |(theta, column): (&f64, &Column)| column.leads && theta.abs() < EDGE;
        if start.iter().zip(columns()).any(at_edge) {
            let inside = start
                .iter()
                .zip(columns())
                .map(|both| if at_edge(both) { INSIDE } else { *both.0 });
            let other = minimise(&mut constrained, inside.collect(), limits);
            if other.value < minimum.value || !minimum.value.is_finite() {
                minimum = other;
            }
        }
        if !minimum.value.is_finite() {
            return Err(Error::unfinished(
                super::data::METHOD,
                minimum.iterations,
                -0.5 * minimum.value,
                None,
                Vec::new(),
            ));
        }
        Ok(At {
            value: minimum.value,
            theta: minimum.x,
        })
    }

    /// Both ends around an estimate, from steps of its error.
    fn ends(&self, estimate: f64, size: f64, held: &dyn Fn(f64) -> Held) -> Result<Ends, Error> {
        let from = &self.found.theta;
        let side = |sign: f64| {
            let mut theta = from.clone();
            self.cross(estimate, sign * size * self.z, &mut |t| {
                let found = self.at(&held(t), &theta)?;
                theta = found.theta;
                Ok(found.value)
            })
        };
        Ok(Ends {
            low: side(-1.0)?,
            high: side(1.0)?,
        })
    }

    /// Both ends of a standard deviation; zero where nothing speaks against it.
    fn deviation(&self, effect: &Effect, estimate: f64, size: f64) -> Result<Ends, Error> {
        let factor = &self.model.data.factors[effect.factor];
        let first: usize = self.model.data.factors[..effect.factor]
            .iter()
            .map(Factor::parameters)
            .sum();
        let own = first..first + factor.parameters();
        let begin = if estimate > size * 1e-3 {
            estimate
        } else {
            1e-2 * size
        };
        let mut theta = self.found.theta.clone();
        if begin > estimate {
            // At the edge: a first place inside.
            set_deviation(
                factor,
                effect.place,
                begin / self.found.sigma2().sqrt(),
                &mut theta[own.clone()],
            );
        }
        let mut last = begin;
        let mut known = theta.clone();
        let value = |t: f64, theta: &mut Vec<f64>, last: &mut f64| -> Result<f64, Error> {
            scale_deviation(factor, effect.place, t / *last, &mut theta[own.clone()]);
            let held = Held::Deviation {
                factor: effect.factor,
                place: effect.place,
                sd: t,
            };
            let found = self.at(&held, theta)?;
            *theta = found.theta;
            *last = t;
            Ok(found.value)
        };
        let high = {
            let (theta, last) = (&mut theta, &mut last);
            self.cross(estimate, 0.5 * size * self.z, &mut |t| {
                value(t, theta, last)
            })?
        };
        if estimate <= size * 1e-3 {
            return Ok(Ends { low: 0.0, high });
        }
        // Downwards by halves until outside, or next to nothing.
        let (mut inside, mut outside) = (estimate, estimate);
        last = begin;
        std::mem::swap(&mut theta, &mut known);
        let wanted = self.found.value + self.z * self.z;
        while outside > 1e-4 * estimate {
            outside *= 0.5;
            if value(outside, &mut theta, &mut last)? > wanted {
                break;
            }
            inside = outside;
        }
        if inside <= 1e-4 * estimate {
            return Ok(Ends { low: 0.0, high });
        }
        let (theta, last) = (&mut theta, &mut last);
        let low = between(outside, inside, self.z, &mut |t| {
            Ok(self.zeta(value(t, theta, last)?))
        })?;
        Ok(Ends { low, high })
    }

    fn zeta(&self, value: f64) -> f64 {
        (value - self.found.value).max(0.0).sqrt()
    }

    /// Where ζ is z on the side that `step` points to.
    fn cross(
        &self,
        estimate: f64,
        step: f64,
        d: &mut dyn FnMut(f64) -> Result<f64, Error>,
    ) -> Result<f64, Error> {
        cross(estimate, step, self.z, &mut |t| Ok(self.zeta(d(t)?)))
    }
}

/// Where ζ is z on the side of an estimate that `step` points to; infinite where that is nowhere.
pub(crate) fn cross(
    estimate: f64,
    step: f64,
    z: f64,
    zeta: &mut dyn FnMut(f64) -> Result<f64, Error>,
) -> Result<f64, Error> {
    let mut inside = estimate;
    let mut outside = estimate + step;
    for _ in 0..40 {
        if zeta(outside)? >= z {
            return between(outside, inside, z, zeta);
        }
        inside = outside;
        outside += 0.5 * (outside - estimate);
    }
    Ok(f64::INFINITY.copysign(step))
}

/// Where ζ is z between a place outside and one inside: secants that keep both sides (Illinois).
pub(crate) fn between(
    mut outside: f64,
    mut inside: f64,
    z: f64,
    zeta: &mut dyn FnMut(f64) -> Result<f64, Error>,
) -> Result<f64, Error> {
    let mut above = zeta(outside)? - z;
    let mut below = zeta(inside)? - z;
    let mut last = 0;
    for _ in 0..60 {
        let t = (outside * below - inside * above) / (below - above);
        let found = zeta(t)? - z;
        if found.abs() < 1e-8 * z || (outside - inside).abs() < 1e-12 * outside.abs() {
            return Ok(t);
        }
        if found > 0.0 {
            (outside, above) = (t, found);
            if last == 1 {
                below *= 0.5;
            }
            last = 1;
        } else {
            (inside, below) = (t, found);
            if last == -1 {
                above *= 0.5;
            }
            last = -1;
        }
    }
    Ok(0.5 * (outside + inside))
}

/// The term of an effect.
fn term_of(factor: &Factor, effect: usize) -> Option<&Place> {
    factor
        .terms
        .iter()
        .find(|term| (term.first..term.first + term.columns.len()).contains(&effect))
}

/// Makes the standard deviation of an effect so many times as large, and leaves correlations as they are.
fn scale_deviation(factor: &Factor, effect: usize, times: f64, theta: &mut [f64]) {
    let Some(term) = term_of(factor, effect) else {
        return;
    };
    let q = factor.q;
    let of_term = |k: usize| {
        let basis = &factor.basis[k];
        (0..q * q).any(|ij| {
            basis[ij] != 0.0 && (term.first..term.first + term.columns.len()).contains(&(ij / q))
        })
    };
    let own: Vec<usize> = (0..theta.len()).filter(|&k| of_term(k)).collect();
    if term.columns.len() == 1 || term.structure == RandomStructure::CompoundSymmetry {
        for k in own {
            theta[k] *= times;
        }
        return;
    }
    if term.structure == RandomStructure::Diagonal {
        for k in own {
            if factor.basis[k][effect * q + effect] != 0.0 {
                theta[k] *= times;
            }
        }
        return;
    }
    // G = T⁻¹ΛΛ'T⁻ᵀ with the row and column scaled, and its root on the scale of the search again.
    let mut g = factor.covariance(factor.relative(theta).view());
    for j in 0..q {
        g[[effect, j]] *= times;
        g[[j, effect]] *= times;
    }
    set_covariance(factor, &g, &own, theta);
}

/// Gives an effect that has no variance one, without correlations.
fn set_deviation(factor: &Factor, effect: usize, sd: f64, theta: &mut [f64]) {
    let all: Vec<usize> = (0..theta.len()).collect();
    let mut g = factor.covariance(factor.relative(theta).view());
    for j in 0..factor.q {
        g[[effect, j]] = 0.0;
        g[[j, effect]] = 0.0;
    }
    g[[effect, effect]] = sd * sd;
    set_covariance(factor, &g, &all, theta);
}

/// θ of the parameters listed, from a covariance on the scale of the data.
fn set_covariance(factor: &Factor, g: &Array2<f64>, which: &[usize], theta: &mut [f64]) {
    let scaled = factor.relative_of(g);
    let Some(lambda) = semidefinite_root(&scaled) else {
        return;
    };
    for &k in which {
        let basis = &factor.basis[k];
        let size: f64 = basis.iter().map(|b| b * b).sum();
        theta[k] = basis.iter().zip(&lambda).map(|(b, l)| b * l).sum::<f64>() / size;
    }
}

/// −2ℓ with something held, as a function of θ.
struct Constrained<'a> {
    criterion: Criterion<'a>,
    factors: &'a [Factor],
    held: &'a Held,
}

impl Constrained<'_> {
    fn n(&self) -> f64 {
        self.criterion.nu
    }

    /// C c, c'Cc and t − c'γ
    fn gap(&self, c: &[f64], value: f64) -> Gap {
        let at = &self.criterion.at;
        let r = c.len();
        let cc: Vec<f64> = (0..r)
            .map(|i| (0..r).map(|j| at.inverse[i * r + j] * c[j]).sum())
            .collect();
        let dot = |a: &[f64]| a.iter().zip(c).map(|(a, c)| a * c).sum::<f64>();
        Gap {
            w: dot(&cc),
            e: value - dot(&at.gamma),
            cc,
        }
    }

    /// The row of T⁻¹ Λ of an effect, and G_aa, its length squared.
    fn row(&self, factor: usize, place: usize) -> Row {
        let start: usize = self.factors[..factor].iter().map(|f| f.q * f.q).sum();
        let of = &self.factors[factor];
        let q = of.q;
        let lambda = &self.criterion.lambda[start..start + q * q];
        let u: Vec<f64> = (0..q).map(|i| of.unscale[[place, i]]).collect();
        let ul: f64 = (0..q)
            .map(|j| {
                (0..q)
                    .map(|i| u[i] * lambda[i * q + j])
                    .sum::<f64>()
                    .powi(2)
            })
            .sum();
        Row { u, g: ul }
    }
}

struct Gap {
    cc: Vec<f64>,
    w: f64,
    e: f64,
}

struct Row {
    u: Vec<f64>,
    g: f64,
}

impl Objective for Constrained<'_> {
    fn value(&mut self, theta: &[f64]) -> f64 {
        if !self.criterion.value(theta).is_finite() {
            return f64::INFINITY;
        }
        let n = self.n();
        let tau = 2.0 * std::f64::consts::PI;
        let with = |sigma2: f64| {
            let at = &self.criterion.at;
            at.ln_v + n * (tau * sigma2).ln() + at.r2 / sigma2
        };
        match self.held {
            Held::Contrast { c, value } => {
                let Gap { w, e, .. } = self.gap(c, *value);
                let at = &self.criterion.at;
                at.ln_v + n * (1.0 + (tau * (at.r2 + e * e / w) / n).ln())
            }
            Held::Deviation { factor, place, sd } => {
                let g = self.row(*factor, *place).g;
                if g > 0.0 {
                    with(sd * sd / g)
                } else {
                    f64::INFINITY
                }
            }
            Held::Residual { sd } => with(sd * sd),
        }
    }

    fn derivatives(&mut self, gradient: &mut [f64], _hessian: &mut [f64]) -> Curvature {
        let n = self.n();
        let mut v = self.criterion.v();
        match self.held {
            Held::Contrast { c, value } => {
                let Gap { cc, w, e } = self.gap(c, *value);
                for (v, cc) in v.iter_mut().zip(&cc) {
                    *v -= cc * e / w;
                }
                let r2 = self.criterion.at.r2 + e * e / w;
                self.criterion.gradient_with(&v, n / r2, gradient);
            }
            Held::Residual { sd } => self.criterion.gradient_with(&v, 1.0 / (sd * sd), gradient),
            Held::Deviation { factor, place, sd } => {
                let Row { u, g } = self.row(*factor, *place);
                let sigma2 = sd * sd / g;
                self.criterion.gradient_with(&v, 1.0 / sigma2, gradient);
                let slope = n / sigma2 - self.criterion.at.r2 / (sigma2 * sigma2);
                let first: usize = self.factors[..*factor].iter().map(Factor::parameters).sum();
                let q = u.len();
                let own = first..first + self.factors[*factor].parameters();
                for (gradient, direction) in gradient[own.clone()]
                    .iter_mut()
                    .zip(&self.criterion.directions[own])
                {
                    let dg: f64 = (0..q * q)
                        .map(|ij| u[ij / q] * direction[ij] * u[ij % q])
                        .sum();
                    *gradient -= slope * sigma2 / g * dg;
                }
            }
        }
        Curvature::FromGradients
    }
}
