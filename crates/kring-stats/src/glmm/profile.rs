//! Profile-likelihood intervals of coefficients and standard deviations.
//!
//! ```text
//! interval   { t : d(t) − d̂ ≤ χ²₁ quantile },  d(t) the least −2L where the quantity is t
//! c'φ = t    φ = φ̃ + c (t − c'φ̃) / c'c
//! σ_a = t    θ = θ̃ t / |r_a(θ̃)| for those θ that r_a depends on, r_a(θ) = e_a'T⁻¹Λ(θ), σ_a = |r_a|
//! ```
//! So each d(t) is a minimum over φ̃ without constraints, by BFGS from the last one, with the curvature of the
//! fit across what is held as a start. Where t lies does not matter to the direction that is held, which gets a
//! curvature of its own so that no step is taken along it. The ends are roots of ζ(t) = ± √(d(t) − d̂), which is
//! nearly straight. A standard deviation whose ζ at nearly nothing is still inside has zero as its lower end.
//!
//! As lme4's `confint(method = "profile")`; that of glmmTMB profiles the log of a standard deviation, with the
//! same ends. Venzon DJ, Moolgavkar SH (1988), Applied Statistics 37:87–94, doi 10.2307/2347496.

use kring_core::{Alternative, ComponentKind, Estimate, Reference, Value};
use ndarray::{Array1, Array2, ArrayView1};

use super::blocks::{Engine, Want};
use super::data::Data;
use super::search::Found;
use super::{GlmmFit, METHOD};
use crate::fit::Fit;
use crate::linalg::Cholesky;
use crate::lmm::Profiled;
use crate::lmm::profile::{Effect, Ends, between, cross, effects, interval};
use crate::optimise::{Curvature, Limits, Objective, minimise};
use crate::random::Factor;
use crate::{Error, dist};

/// Below this a leading number of θ is at its edge; this far inside a second search starts.
const EDGE: f64 = 1e-3;
const INSIDE: f64 = 0.1;
/// A standard deviation next to nothing, on the scale of the link.
const NOTHING: f64 = 1e-4;

impl GlmmFit {
    /// Profile-likelihood intervals at the fit's level, of the coefficients of the mean and of the standard
    /// deviations of the random effects.
    ///
    /// ```
    /// use kring_core::{Design, DesignParts, Grouping, Groups, Part, RandomStructure, RandomTerm, Response};
    /// use kring_stats::{Fit, glmm::{Glmm, Integration}};
    /// # use ndarray::{Array2, array};
    /// # let y = array![1., 2., 0., 1., 5., 6., 2., 3., 0., 0., 9., 7., 4., 2., 1., 3.];
    /// # let names: Vec<String> = (1..=8).map(|i| i.to_string()).collect();
    /// # let mut mean = Part::fixed(Array2::ones((16, 1)), vec!["(Intercept)".into()]);
    /// # mean.random = vec![RandomTerm {
    /// #     grouping: Grouping::new("family", names, (0..16).map(|i| i / 2).collect()),
    /// #     z: Array2::ones((16, 1)),
    /// #     columns: vec!["(Intercept)".into()],
    /// #     structure: RandomStructure::Unstructured,
    /// # }];
    /// # let design = Design::new(DesignParts {
    /// #     response: Response::Count(y),
    /// #     response_name: "problems".into(),
    /// #     mean, zero: None, dispersion: None, groups: Groups::default(), time: None, weights: None,
    /// #     source_rows: (0..16).collect(), omitted: vec![],
    /// # })?;
    /// // Eight families, two waves each, as in the example of `Glmm::fit`.
    /// let fit = Glmm { integration: Integration::Laplace, ..Glmm::default() }.fit(&design)?;
    /// let profiled = fit.profile()?;
    /// let (wald, profile) = (fit.estimates()?[0].interval.unwrap(), profiled.fixed[0].interval.unwrap());
    /// // Little is known of a low mean: the interval reaches further down than up.
    /// assert!(profile.low < wald.low && profile.high.unwrap() < 1.6);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn profile(&self) -> Result<Profiled, Error> {
        let data = &*self.data;
        let from = self.provenance();
        let mut profiler = Profiler::new(self)?;
        let back = data.predictors[0].to_coefficients();
        let coefficients = self.coefficients();
        let mut fixed = Vec::with_capacity(coefficients.estimated.len());
        for (place, &column) in coefficients.estimated.iter().enumerate() {
            let mut c = vec![0.0; self.found.phi.len()];
            for (to, b) in c.iter_mut().zip(back.row(place)) {
                *to = *b;
            }
            let value = coefficients.values[place];
            let view = ArrayView1::from(&c);
            let std_error = view.dot(&self.found.covariance.dot(&view)).max(0.0).sqrt();
            let quantity = Quantity::Coefficient(c);
            let ends = Ends {
                low: profiler.end(&quantity, value, -std_error * profiler.z)?,
                high: profiler.end(&quantity, value, std_error * profiler.z)?,
            };
            let null = profiler.least(&quantity.at(0.0), &self.found.phi)?;
            let ratio = (null.value - profiler.value).max(0.0);
            let reference = Reference::ChiSquared { df: 1.0 };
            let estimate = Estimate {
                label: coefficients.columns[column].clone(),
                measure: from.measure.clone(),
                value: Value::Value(value),
                std_error: Some(std_error),
                null: 0.0,
                alternative: Alternative::TwoSided,
                reference,
                interval: Some(interval(ends, from.level)),
                p_value: Some(dist::upper_tail(ratio, reference)?),
                sample: from.sample.clone(),
                method: format!("{}, profile intervals", from.method),
                cautions: from.cautions.clone(),
            };
            fixed.push(estimate.checked()?);
        }
        let mut components = self.components.clone();
        components.retain(|one| one.kind == ComponentKind::StandardDeviation);
        // The terms of each part are counted for themselves; the factors of the zeros stand behind.
        let [of_mean, of_zeros] = data.factors_by_part();
        let on_zeros = effects(of_zeros).into_iter().map(|effect| Effect {
            factor: of_mean.len() + effect.factor,
            ..effect
        });
        let each = effects(of_mean).into_iter().chain(on_zeros);
        for (one, effect) in components.iter_mut().zip(each) {
            let ends = profiler.deviation(&Quantity::deviation(data, &effect), one.value)?;
            one.interval = Some(interval(ends, from.level));
        }
        Ok(Profiled { fixed, components })
    }
}

/// What is profiled.
enum Quantity {
    /// c'φ
    Coefficient(Vec<f64>),
    /// |r_a(θ)|: the parameters that r_a depends on, each with ∂r_a/∂θ_k.
    Deviation(Vec<Slope>),
}

struct Slope {
    /// The place among φ.
    at: usize,
    /// Whether it leads its column of Λ.
    leads: bool,
    of_row: Array1<f64>,
}

/// A quantity with the value that it is held at.
struct Held<'a> {
    quantity: &'a Quantity,
    value: f64,
}

impl Quantity {
    fn deviation(data: &Data, effect: &Effect) -> Self {
        let [mean, zero, dispersion, _] = data.sizes();
        let before = data.factors[..effect.factor].iter();
        let first = mean + zero + dispersion + before.map(Factor::parameters).sum::<usize>();
        let factor = &data.factors[effect.factor];
        let q = factor.q;
        let u = factor.unscale.row(effect.place);
        let slopes = factor.basis.iter().enumerate().map(|(k, basis)| Slope {
            at: first + k,
            leads: factor.columns[k].leads,
            of_row: (0..q)
                .map(|j| (0..q).map(|i| u[i] * basis[i * q + j]).sum::<f64>())
                .collect(),
        });
        Self::Deviation(
            slopes
                .filter(|slope| slope.of_row.iter().any(|x| *x != 0.0))
                .collect(),
        )
    }

    fn at(&self, value: f64) -> Held<'_> {
        Held {
            quantity: self,
            value,
        }
    }

    /// The direction along which φ̃ changes nothing.
    fn direction(&self, x: &[f64]) -> Array1<f64> {
        let direction: Array1<f64> = match self {
            Self::Coefficient(c) => c.iter().copied().collect(),
            Self::Deviation(slopes) => {
                let mut own = Array1::zeros(x.len());
                for slope in slopes {
                    own[slope.at] = x[slope.at];
                }
                own
            }
        };
        let length = direction.dot(&direction).sqrt();
        if length > 0.0 {
            direction / length
        } else {
            direction
        }
    }
}

/// r_a at some φ̃.
fn row(slopes: &[Slope], x: &[f64]) -> Array1<f64> {
    let width = slopes.first().map_or(0, |slope| slope.of_row.len());
    slopes.iter().fold(Array1::zeros(width), |r, slope| {
        r + &slope.of_row * x[slope.at]
    })
}

impl Held<'_> {
    /// φ from φ̃; whether there is one.
    fn place(&self, x: &[f64], phi: &mut [f64]) -> bool {
        phi.copy_from_slice(x);
        match self.quantity {
            Quantity::Coefficient(c) => {
                let size: f64 = c.iter().map(|c| c * c).sum();
                let now: f64 = c.iter().zip(x).map(|(c, x)| c * x).sum();
                for (phi, c) in phi.iter_mut().zip(c) {
                    *phi += c * (self.value - now) / size;
                }
                true
            }
            Quantity::Deviation(slopes) => {
                let r = row(slopes, x);
                let scale = self.value / r.dot(&r).sqrt();
                for slope in slopes {
                    phi[slope.at] *= scale;
                }
                scale.is_finite()
            }
        }
    }

    /// The gradient by φ̃ from that by φ.
    fn pull(&self, x: &[f64], gradient: &mut [f64]) {
        match self.quantity {
            Quantity::Coefficient(c) => {
                let size: f64 = c.iter().map(|c| c * c).sum();
                let along: f64 = c.iter().zip(&*gradient).map(|(c, g)| c * g).sum();
                for (g, c) in gradient.iter_mut().zip(c) {
                    *g -= c * along / size;
                }
            }
            Quantity::Deviation(slopes) => {
                let r = row(slopes, x);
                let square = r.dot(&r);
                let scale = self.value / square.sqrt();
                let along: f64 = slopes.iter().map(|s| gradient[s.at] * x[s.at]).sum();
                for slope in slopes {
                    let turned = along * r.dot(&slope.of_row) / square;
                    gradient[slope.at] = scale * (gradient[slope.at] - turned);
                }
            }
        }
    }
}

/// −2L with something held, as a function of φ̃.
struct Constrained<'e, 'd> {
    engine: &'e mut Engine<'d>,
    held: &'e Held<'e>,
    /// The curvature at the start, row by row.
    start: Vec<f64>,
    x: Vec<f64>,
    phi: Vec<f64>,
}

impl Objective for Constrained<'_, '_> {
    fn value(&mut self, x: &[f64]) -> f64 {
        self.x.copy_from_slice(x);
        if !self.held.place(x, &mut self.phi) {
            return f64::INFINITY;
        }
        -2.0 * self.engine.evaluate(&self.phi, Want::Gradient)
    }

    fn derivatives(&mut self, gradient: &mut [f64], hessian: &mut [f64]) -> Curvature {
        for (to, g) in gradient.iter_mut().zip(&self.engine.gradient) {
            *to = -2.0 * g;
        }
        self.held.pull(&self.x, gradient);
        if !hessian.is_empty() {
            hessian.copy_from_slice(&self.start);
        }
        Curvature::FromStart
    }
}

/// Where d(t) was found.
struct Least {
    value: f64,
    phi: Vec<f64>,
}

struct Profiler<'a> {
    data: &'a Data,
    found: &'a Found,
    engine: Engine<'a>,
    /// −2 ∂²L at the fit.
    curvature: Array2<f64>,
    /// −2L of the fit.
    value: f64,
    z: f64,
}

impl<'a> Profiler<'a> {
    fn new(fit: &'a GlmmFit) -> Result<Self, Error> {
        let (data, found) = (&*fit.data, &*fit.found);
        let k = found.phi.len();
        let kept: Vec<usize> = (0..k).filter(|&i| found.covariance[[i, i]] > 0.0).collect();
        let inner = Array2::from_shape_fn((kept.len(), kept.len()), |(i, j)| {
            found.covariance[[kept[i], kept[j]]]
        });
        let inverse = Cholesky::new(inner.view()).map(|root| root.inverse());
        let inverse = inverse.ok_or_else(|| Error::Overflow {
            what: "a profile".to_owned(),
        })?;
        let mut curvature = Array2::eye(k);
        for (i, &to) in kept.iter().enumerate() {
            for (j, &other) in kept.iter().enumerate() {
                curvature[[to, other]] = 2.0 * inverse[[i, j]];
            }
        }
        let mut engine = Engine::new(data, &fit.rule);
        engine.start_from(&found.modes);
        Ok(Self {
            data,
            found,
            engine,
            curvature,
            value: -2.0 * found.log_likelihood,
            z: dist::critical(fit.provenance().level, Reference::Normal)?,
        })
    }

    /// The least −2L with something held, from a φ near it.
    fn least(&mut self, held: &Held<'_>, start: &[f64]) -> Result<Least, Error> {
        let mut found = self.search(held, start.to_vec());
        // Where a variance is zero the slope is nothing, whatever is held: a second search from inside.
        let first = start.len() - self.data.sizes()[3];
        let columns = || self.data.factors.iter().flat_map(|factor| &factor.columns);
        let mut inside = start.to_vec();
        for (theta, column) in inside[first..].iter_mut().zip(columns()) {
            if column.leads && theta.abs() < EDGE {
                *theta = INSIDE;
            }
        }
        if inside != start {
            let other = self.search(held, inside);
            if other.value < found.value || !found.value.is_finite() {
                found = other;
            }
        }
        if found.value.is_finite() {
            return Ok(found);
        }
        Err(Error::unfinished(
            METHOD,
            0,
            -0.5 * found.value,
            None,
            Vec::new(),
        ))
    }

    fn search(&mut self, held: &Held<'_>, start: Vec<f64>) -> Least {
        let k = start.len();
        // Across what is held the curvature of the fit, along it something.
        let d = held.quantity.direction(&start);
        let across = Array2::eye(k) - outer(&d, &d);
        let along = self.curvature.diag().sum() / k as f64;
        let curvature = across.dot(&self.curvature).dot(&across) + outer(&d, &d) * along;
        let mut constrained = Constrained {
            engine: &mut self.engine,
            held,
            start: curvature.iter().copied().collect(),
            x: vec![0.0; k],
            phi: vec![0.0; k],
        };
        let limits = Limits {
            decrement: 1e-10,
            radius: 1.0,
            iterations: 300,
        };
        let minimum = minimise(&mut constrained, start, limits);
        let mut phi = minimum.x.clone();
        held.place(&minimum.x, &mut phi);
        Least {
            value: minimum.value,
            phi,
        }
    }

    fn zeta(&self, value: f64) -> f64 {
        (value - self.value).max(0.0).sqrt()
    }

    /// Where ζ is z on the side that `step` points to.
    fn end(&mut self, quantity: &Quantity, estimate: f64, step: f64) -> Result<f64, Error> {
        let mut phi = self.found.phi.clone();
        self.engine.start_from(&self.found.modes);
        let z = self.z;
        cross(estimate, step, z, &mut |t| {
            self.follow(quantity, t, &mut phi)
        })
    }

    /// ζ(t) from the last φ, which moves on.
    fn follow(&mut self, quantity: &Quantity, t: f64, phi: &mut Vec<f64>) -> Result<f64, Error> {
        let found = self.least(&quantity.at(t), phi)?;
        *phi = found.phi;
        Ok(self.zeta(found.value))
    }

    /// Both ends of a standard deviation; zero where nothing speaks against it.
    fn deviation(&mut self, quantity: &Quantity, estimate: f64) -> Result<Ends, Error> {
        let z = self.z;
        let mut phi = self.found.phi.clone();
        let at_edge = estimate <= NOTHING;
        if let (true, Quantity::Deviation(slopes)) = (at_edge, quantity) {
            for slope in slopes.iter().filter(|slope| slope.leads) {
                phi[slope.at] = INSIDE;
            }
        }
        self.engine.start_from(&self.found.modes);
        let begin = phi.clone();
        let step = 0.5 * z * estimate.max(INSIDE);
        let high = cross(estimate.max(NOTHING), step, z, &mut |t| {
            self.follow(quantity, t, &mut phi)
        })?;
        if at_edge {
            return Ok(Ends { low: 0.0, high });
        }
        // Downwards by halves until outside, or next to nothing.
        phi = begin;
        self.engine.start_from(&self.found.modes);
        let (mut inside, mut outside) = (estimate, 0.5 * estimate);
        while self.follow(quantity, outside, &mut phi)? <= z {
            if outside <= NOTHING * estimate {
                return Ok(Ends { low: 0.0, high });
            }
            inside = outside;
            outside *= 0.5;
        }
        let low = between(outside, inside, z, &mut |t| {
            self.follow(quantity, t, &mut phi)
        })?;
        Ok(Ends { low, high })
    }
}

fn outer(a: &Array1<f64>, b: &Array1<f64>) -> Array2<f64> {
    Array2::from_shape_fn((a.len(), b.len()), |(i, j)| a[i] * b[j])
}
