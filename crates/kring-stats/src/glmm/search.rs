//! From a design to the parameters with the highest marginal likelihood, and the evidence for it.
//!
//! ```text
//! start       β (and thresholds) from the model without random effects, the shape from its moments, Λ the
//!             better of two sizes; with many blocks then what every seventh of them says
//! search      trust region with the exact gradient; the curvature is Σ g_j g_j' over many blocks; over some
//!             blocks it begins so, over few as differences of the gradient, and follows the gradients (BFGS)
//! end         the curvature by differences of the exact gradient: central ones with steps of 1e-3 standard errors,
//!             over many blocks, where the likelihood is all but quadratic, to one side with 1e-4; these are symmetric
//!             to four digits, or else made anew; then Newton's method until nothing is left to gain
//! edge        a variance of next to nothing is set to nothing if that costs nothing; so is a shape that
//!             makes counts Poisson or shares binomial
//! no maximum  a direction of the coefficients on which less than a millionth of an event bears
//! ```

use std::borrow::Cow;
use std::ops::Range;

use kring_core::Design;
use ndarray::{Array1, Array2, ArrayView1, s};

use super::blocks::{Engine, Want};
use super::data::{Data, Matrix};
use super::density::{Apart, Density, Seen, Zeros};
use super::quadrature::Node;
use super::{Glmm, METHOD};
use crate::Error;
use crate::certificate::{Certificate, Edge};
use crate::family::{Family, Link};
use crate::likelihood::{Derivatives, Ending, Likelihood, Predictor, maximise};
use crate::linalg::symmetric_eigen;
use crate::optimise::{Curvature, Limits, Minimum, Objective, minimise};
use crate::ordinal::without_effects;
use crate::resampling::over_pieces;

/// With so many blocks a parameter Σ g_j g_j' serves as the curvature everywhere,
const MANY_BLOCKS: usize = 60;
/// and with so many at the start.
const ENOUGH_BLOCKS: usize = 8;
/// Every so many-th block alone gives the start,
const PART: usize = 7;
/// where so many a parameter are among them.
const PART_BLOCKS: usize = 20;

/// Where a search ended.
#[derive(Debug)]
pub(super) struct Found {
    /// Mean, zeros, dispersion, Λ.
    pub phi: Vec<f64>,
    pub log_likelihood: f64,
    /// The covariance of all parameters; zero for what lies at the edge.
    pub covariance: Array2<f64>,
    pub certificate: Certificate,
    /// û of all blocks.
    pub modes: Vec<f64>,
}

/// −L, for a search of the minimum.
struct Criterion<'e, 'd> {
    engine: &'e mut Engine<'d>,
    curvature: Known,
}

/// What is known of the curvature.
enum Known {
    /// Σ g_j g_j' everywhere, which with many blocks is as good as the curvature itself.
    Scores,
    /// Something at the start.
    Start(Vec<f64>),
}

impl Objective for Criterion<'_, '_> {
    fn value(&mut self, x: &[f64]) -> f64 {
        let want = match self.curvature {
            Known::Scores => Want::Information,
            Known::Start(_) => Want::Gradient,
        };
        -self.engine.evaluate(x, want)
    }

    fn derivatives(&mut self, gradient: &mut [f64], hessian: &mut [f64]) -> Curvature {
        for (to, g) in gradient.iter_mut().zip(&self.engine.gradient) {
            *to = -g;
        }
        match &self.curvature {
            Known::Scores => {
                hessian.copy_from_slice(&self.engine.information);
                ridge(gradient.len(), hessian);
                Curvature::Approximate
            }
            Known::Start(start) => {
                if !hessian.is_empty() {
                    hessian.copy_from_slice(start);
                }
                Curvature::FromStart
            }
        }
    }
}

/// The highest marginal likelihood.
pub(super) fn search(data: &Data, nodes: &[Node], design: &Design) -> Result<Found, Error> {
    let mut engine = Engine::new(data, nodes);
    let start = start(data, &mut engine, design)?;
    let start = of_a_part(&mut engine, start);
    let mut minimum = rounds(&mut engine, start)?;
    let k = minimum.x.len();
    to_edge(&mut engine, &mut minimum);
    let at_edge = at_edge(data, &minimum.x);
    let sizes = data.sizes();
    let fixed = k - sizes[3];
    let hessian = Array2::from_shape_fn((k, k), |(i, j)| minimum.hessian[i * k + j]);
    refuse_flat(data, &minimum, &hessian, fixed, design)?;
    let kept: Vec<usize> = (0..k).filter(|i| !at_edge.contains(i)).collect();
    let inner = Array2::from_shape_fn((kept.len(), kept.len()), |(i, j)| {
        hessian[[kept[i], kept[j]]]
    });
    let inverse = crate::linalg::Cholesky::new(inner.view()).map(|root| root.inverse());
    let gradient: Vec<f64> = kept.iter().map(|&i| minimum.gradient[i]).collect();
    let decrement = inverse.as_ref().map(|inverse| {
        let g = ArrayView1::from(&gradient);
        g.dot(&inverse.dot(&g)).max(0.0)
    });
    let unfinished = |distance| {
        Error::unfinished(
            METHOD,
            minimum.iterations,
            -minimum.value,
            distance,
            named(data, &minimum.x),
        )
    };
    let Some((inverse, decrement)) = inverse.zip(decrement) else {
        return Err(unfinished(None));
    };
    if decrement > 1e-8 {
        return Err(unfinished(Some(decrement.sqrt())));
    }
    let mut covariance = Array2::zeros((k, k));
    for (i, &to) in kept.iter().enumerate() {
        for (j, &other) in kept.iter().enumerate() {
            covariance[[to, other]] = inverse[[i, j]];
        }
    }
    let scale = inner.diag().mapv(f64::sqrt);
    let correlations =
        Array2::from_shape_fn(inner.dim(), |(i, j)| inner[[i, j]] / (scale[i] * scale[j]));
    let values = symmetric_eigen(&correlations).values;
    let largest = values.iter().copied().fold(0.0, f64::max);
    let smallest = values.iter().copied().fold(largest, f64::min);
    let mut first = fixed;
    let mut edge = f64::INFINITY;
    for factor in &data.factors {
        let m = factor.parameters();
        edge = edge.min(factor.smallest_root(&minimum.x[first..first + m]));
        first += m;
    }
    let steepest = gradient
        .iter()
        .zip(&scale)
        .fold(0.0, |m: f64, (g, scale)| m.max((g / scale).abs()));
    Ok(Found {
        certificate: Certificate {
            iterations: minimum.iterations,
            evaluations: engine.evaluations,
            gradient: steepest,
            distance: decrement.sqrt(),
            curvature: if largest > 0.0 {
                smallest.max(0.0) / largest
            } else {
                1.0
            },
            edge,
            edge_of: Edge::RandomEffects,
        },
        log_likelihood: -minimum.value,
        covariance,
        modes: engine.modes(),
        phi: minimum.x,
    })
}

/// Whether a part of the blocks is enough for a start.
fn has_a_part(data: &Data) -> bool {
    let k: usize = data.sizes().iter().sum();
    data.blocks.len() >= PART * PART_BLOCKS * k
}

/// Where a part of the blocks would have the search end: the start, if they are too few to tell.
fn of_a_part(engine: &mut Engine<'_>, start: Vec<f64>) -> Vec<f64> {
    // A variance of zero is no place to start from: there the slope along Λ is nothing.
    const SMALLEST: f64 = 0.1;
    let data = engine.data;
    if !has_a_part(data) {
        return start;
    }
    engine.step = PART;
    let limits = Limits {
        iterations: 15,
        decrement: 1e-2,
        radius: 2.0,
    };
    let curvature = Known::Scores;
    let mut found = minimise(&mut Criterion { engine, curvature }, start.clone(), limits);
    engine.step = 1;
    let [mean, zero, dispersion, _] = data.sizes();
    let columns = data.factors.iter().flat_map(|factor| &factor.columns);
    for (theta, column) in found.x[mean + zero + dispersion..].iter_mut().zip(columns) {
        if column.leads && theta.abs() < SMALLEST {
            *theta = SMALLEST;
        }
    }
    let usable = found.converged && engine.evaluate(&found.x, Want::Gradient).is_finite();
    if usable { found.x } else { start }
}

/// Search, curvature by differences, Newton's method; again, where that shows that the search ended early.
fn rounds(engine: &mut Engine<'_>, start: Vec<f64>) -> Result<Minimum, Error> {
    let k = start.len();
    let blocks = engine.data.blocks.len();
    let mut curvature = Known::Scores;
    if blocks < MANY_BLOCKS * k {
        engine.evaluate(&start, Want::Information);
        let mut scores = engine.information.clone();
        ridge(k, &mut scores);
        if blocks < ENOUGH_BLOCKS * k
            && let Some(differences) = differences(engine, &start, &scores)
        {
            scores = positive(k, &differences);
        }
        curvature = Known::Start(scores);
    }
    let (mut at, mut iterations) = (start, 0);
    loop {
        let mut criterion = Criterion { engine, curvature };
        let limits = Limits {
            // The curvature is taken where the search ends: over few blocks, where it turns quickly, errors
            // have as many digits as the search comes close.
            decrement: if blocks < MANY_BLOCKS * k {
                1e-11
            } else {
                1e-7
            },
            radius: 2.0,
            ..Limits::default()
        };
        let mut minimum = minimise(&mut criterion, at, limits);
        if !minimum.value.is_finite() {
            return Err(Error::Overflow {
                what: "the likelihood of the generalised linear mixed model".to_owned(),
            });
        }
        iterations += minimum.iterations;
        minimum.iterations = iterations;
        let scale = minimum.hessian.clone();
        let quick = if blocks >= MANY_BLOCKS * k {
            to_one_side(engine, &minimum, &scale)
        } else {
            None
        };
        let Some(found) = quick.or_else(|| differences(engine, &minimum.x, &scale)) else {
            return Ok(minimum);
        };
        minimum.hessian.copy_from_slice(&found);
        polish(engine, &mut minimum);
        if minimum.decrement <= 1e-10 || iterations > 300 {
            return Ok(minimum);
        }
        curvature = Known::Start(positive(k, &minimum.hessian));
        at = minimum.x;
    }
}

/// Newton's steps with the curvature as it is; the engine is left at the end.
fn polish(engine: &mut Engine<'_>, at: &mut Minimum) {
    let k = at.x.len();
    let hessian = Array2::from_shape_fn((k, k), |(i, j)| at.hessian[i * k + j]);
    let root = crate::linalg::Cholesky::new(hessian.view());
    at.value = -engine.evaluate(&at.x, Want::Gradient);
    at.gradient = engine.gradient.iter().map(|g| -g).collect();
    at.decrement = f64::INFINITY;
    let Some(root) = root else {
        // At the edge the curvature along Λ may be nothing.
        let size: f64 = at.gradient.iter().map(|g| g * g).sum();
        at.decrement = if size < 1e-12 { 0.0 } else { f64::INFINITY };
        return;
    };
    for _ in 0..6 {
        let step = root.solve(ArrayView1::from(&at.gradient));
        let decrement = step.dot(&ArrayView1::from(&at.gradient)).max(0.0);
        at.decrement = decrement;
        if decrement <= 1e-16 || decrement > 1.0 {
            break;
        }
        let next: Vec<f64> = at.x.iter().zip(&step).map(|(x, s)| x - s).collect();
        let value = -engine.evaluate(&next, Want::Gradient);
        let gradient: Vec<f64> = engine.gradient.iter().map(|g| -g).collect();
        let after = root.solve(ArrayView1::from(&gradient));
        let after = after.dot(&ArrayView1::from(&gradient));
        if !(value <= at.value + 1e-9 * (1.0 + at.value.abs()) && after < decrement) {
            engine.evaluate(&at.x, Want::Gradient);
            break;
        }
        at.x = next;
        at.value = value;
        at.gradient = gradient;
        at.decrement = after;
    }
}

/// −∂²L by central differences of the gradient; none where L is not defined so close by.
fn differences(engine: &mut Engine<'_>, x: &[f64], scale: &[f64]) -> Option<Vec<f64>> {
    let k = x.len();
    let mut hessian = vec![0.0; k * k];
    let modes = engine.modes();
    let mut moved = x.to_vec();
    for i in 0..k {
        let error = scale[i * k + i].abs().max(1e-4).sqrt().recip();
        let step = (1e-3 * error).clamp(1e-7, 1e-2);
        let mut side = |sign: f64| {
            moved[i] = x[i] + sign * step;
            engine.start_from(&modes);
            let value = engine.evaluate(&moved, Want::Gradient);
            value.is_finite().then(|| engine.gradient.clone())
        };
        let (up, down) = (side(1.0)?, side(-1.0)?);
        moved[i] = x[i];
        for j in 0..k {
            hessian[i * k + j] = (down[j] - up[j]) / (2.0 * step);
        }
    }
    engine.start_from(&modes);
    symmetrise(k, &mut hessian);
    Some(hessian)
}

/// −∂²L by differences to one side from the gradient at a minimum; none where the two halves of it do not
/// agree, which they do only as far as L is quadratic and free of rounding.
fn to_one_side(engine: &mut Engine<'_>, at: &Minimum, scale: &[f64]) -> Option<Vec<f64>> {
    const AGREE: f64 = 1e-4;
    let k = at.x.len();
    let mut hessian = vec![0.0; k * k];
    let mut moved = at.x.clone();
    for i in 0..k {
        let error = scale[i * k + i].abs().max(1e-4).sqrt().recip();
        let step = (1e-4 * error).clamp(1e-8, 1e-3);
        moved[i] = at.x[i] + step;
        if !engine.evaluate(&moved, Want::Gradient).is_finite() {
            return None;
        }
        moved[i] = at.x[i];
        for (h, (there, here)) in hessian[i * k..(i + 1) * k]
            .iter_mut()
            .zip(engine.gradient.iter().zip(&at.gradient))
        {
            *h = -(there + here) / step;
        }
    }
    let agree = (0..k).all(|i| {
        (0..i).all(|j| {
            let size = (hessian[i * k + i] * hessian[j * k + j]).abs().sqrt();
            (hessian[i * k + j] - hessian[j * k + i]).abs() <= AGREE * size
        })
    });
    symmetrise(k, &mut hessian);
    (k > 1 && agree).then_some(hessian)
}

fn symmetrise(k: usize, h: &mut [f64]) {
    for i in 0..k {
        for j in 0..i {
            let mean = 0.5 * (h[i * k + j] + h[j * k + i]);
            h[i * k + j] = mean;
            h[j * k + i] = mean;
        }
    }
}

/// Something for directions that no block bears on.
fn ridge(k: usize, h: &mut [f64]) {
    let largest = (0..k).map(|i| h[i * k + i]).fold(0.0, f64::max).max(1.0);
    for i in 0..k {
        h[i * k + i] += 1e-6 * largest;
    }
}

/// The matrix with the absolute values of its eigenvalues, none of them next to nothing.
fn positive(k: usize, h: &[f64]) -> Vec<f64> {
    let eigen = symmetric_eigen(&Array2::from_shape_fn((k, k), |(i, j)| h[i * k + j]));
    let largest = eigen.values.iter().fold(0.0, |m: f64, v| m.max(v.abs()));
    let values: Array1<f64> = eigen
        .values
        .iter()
        .map(|v| v.abs().max(1e-6 * largest).max(1e-8))
        .collect();
    let scaled = &eigen.vectors * &values;
    scaled.dot(&eigen.vectors.t()).iter().copied().collect()
}

/// Takes standard deviations that are next to nothing to nothing, if that costs nothing, and turns the
/// signs of Λ.
fn to_edge(engine: &mut Engine<'_>, minimum: &mut Minimum) {
    const FREE: f64 = 1e-8;
    let data = engine.data;
    let k = minimum.x.len();
    let mut first = k - data.sizes()[3];
    let mut moved = false;
    for factor in &data.factors {
        let m = factor.parameters();
        for i in first..first + m {
            let before = minimum.x[i];
            if !(factor.columns[i - first].leads && before != 0.0 && before.abs() < 2e-3) {
                continue;
            }
            let mut there = minimum.x.clone();
            there[i] = 0.0;
            let value = -engine.evaluate(&there, Want::Gradient);
            if value <= minimum.value + FREE {
                minimum.value = value;
                minimum.x = there;
            }
            moved = true;
        }
        let own = &mut minimum.x[first..first + m];
        let before = own.to_vec();
        factor.turn(own);
        for i in 0..m {
            if own[i] != before[i] {
                moved = true;
                for j in 0..k {
                    minimum.hessian[(first + i) * k + j] *= -1.0;
                    minimum.hessian[j * k + first + i] *= -1.0;
                }
            }
        }
        first += m;
    }
    if moved {
        minimum.value = -engine.evaluate(&minimum.x, Want::Gradient);
        minimum.gradient = engine.gradient.iter().map(|g| -g).collect();
    }
}

/// The parameters of columns of Λ that have vanished: they say nothing about the others.
fn at_edge(data: &Data, phi: &[f64]) -> Vec<usize> {
    let mut first = phi.len() - data.sizes()[3];
    let mut found = Vec::new();
    for factor in &data.factors {
        for (i, column) in factor.columns.iter().enumerate() {
            let same = factor.columns.iter().enumerate();
            let gone = same
                .filter(|(_, other)| other.number == column.number)
                .all(|(j, _)| phi[first + j].abs() < 1e-7);
            if gone {
                found.push(first + i);
            }
        }
        first += factor.parameters();
    }
    found
}

/// Refuses coefficients on which nothing bears, so that the likelihood rises without end.
fn refuse_flat(
    data: &Data,
    minimum: &Minimum,
    hessian: &Array2<f64>,
    fixed: usize,
    design: &Design,
) -> Result<(), Error> {
    if fixed == 0 {
        return Ok(());
    }
    let eigen = symmetric_eigen(&hessian.slice(s![..fixed, ..fixed]).to_owned());
    let Some((place, &smallest)) = eigen
        .values
        .iter()
        .enumerate()
        .min_by(|a, b| a.1.total_cmp(b.1))
    else {
        return Ok(());
    };
    let slope = minimum
        .gradient
        .iter()
        .fold(0.0, |m: f64, g| m.max(g.abs()));
    if smallest > 1e-5 || slope > 1e-2 {
        return Ok(());
    }
    let direction = eigen.vectors.column(place);
    let towards = direction
        .dot(&ArrayView1::from(&minimum.x[..fixed]))
        .signum();
    let [mean, zero, dispersion, _] = data.sizes();
    let last = if data.cuts > 0 {
        "the thresholds"
    } else {
        "the model of the dispersion"
    };
    let parts = [
        ("the model of the mean", 0, mean),
        ("the model of the zeros", mean, zero),
        (last, mean + zero, dispersion),
    ];
    let share = |first: usize, size: usize| {
        let own = direction.slice(s![first..first + size]);
        own.dot(&own)
    };
    let (number, (part, first, size)) = parts
        .into_iter()
        .enumerate()
        .max_by(|a, b| share(a.1.1, a.1.2).total_cmp(&share(b.1.1, b.1.2)))
        .unwrap_or((0, parts[0]));
    let own = direction.slice(s![first..first + size]).to_owned() * towards;
    Err(no_maximum(
        &data.predictors[number],
        own.view(),
        part,
        design,
    ))
}

fn no_maximum(
    predictor: &Predictor,
    direction: ArrayView1<'_, f64>,
    part: &'static str,
    design: &Design,
) -> Error {
    let hint = format!(
        "look at `{}` in the cells of these columns, which may be all alike; merge the cells, or take the columns out",
        design.response_name()
    );
    Error::no_maximum(METHOD, part, &predictor.moved_by(direction), &hint)
}

/// All parameters with names, for a fit that failed.
fn named(data: &Data, phi: &[f64]) -> Vec<(String, f64)> {
    let mut all = Vec::new();
    let mut first = 0;
    let mut shift = 0.0;
    for (part, predictor) in data.predictors.iter().enumerate() {
        let own = &phi[first..first + predictor.rank()];
        let mut beta = predictor.to_coefficients().dot(&ArrayView1::from(own));
        if part == 0 && data.cuts > 0 {
            shift = data.shift(beta.view());
        } else if part == 2 {
            beta += shift;
        }
        let names = predictor
            .estimated
            .iter()
            .map(|&j| predictor.columns[j].clone());
        all.extend(names.zip(beta));
        first += predictor.rank();
    }
    for (before, factors) in ["", "zero: "].into_iter().zip(data.factors_by_part()) {
        for factor in factors {
            for i in 1..=factor.parameters() {
                all.push((format!("{before}θ{i} of `{}`", factor.name), phi[first]));
                first += 1;
            }
        }
    }
    all
}

/// One linear predictor by maximum likelihood, everything else given: where the search begins.
struct WithoutEffects<'a> {
    data: &'a Data,
    density: Density,
    /// The predictor and, row by row, what stands in for the response.
    predictor: &'a Predictor,
    /// The same row by row, with its offset.
    matrix: &'a Matrix,
    seen: Cow<'a, [Seen]>,
}

impl Likelihood for WithoutEffects<'_> {
    fn derivatives(&self, b: ArrayView1<'_, f64>) -> Derivatives {
        let k = b.len();
        let b = b.to_vec();
        // In pieces, added up in their order.
        let mut pieces: Vec<Sums> = (0..self.seen.len().div_ceil(PIECE))
            .map(|piece| Sums {
                rows: piece * PIECE..self.seen.len().min((piece + 1) * PIECE),
                value: 0.0,
                gradient: vec![0.0; k],
                information: vec![0.0; k * k],
            })
            .collect();
        over_pieces(&mut pieces, 1, |_, piece| {
            for piece in piece {
                self.sum(&b, piece);
            }
        });
        let mut found = Derivatives::zero(k);
        for piece in &pieces {
            found.value += piece.value;
            for i in 0..k {
                found.gradient[i] += piece.gradient[i];
                for j in 0..k {
                    found.information[[i, j]] += piece.information[i.max(j) * k + i.min(j)];
                }
            }
        }
        if found.value.is_finite() {
            found
        } else {
            Derivatives::outside(k)
        }
    }

    fn scores(&self, _b: ArrayView1<'_, f64>) -> Array2<f64> {
        Array2::zeros((0, 0))
    }
}

/// ℓ of some rows, its gradient and the lower triangle of its information.
struct Sums {
    rows: Range<usize>,
    value: f64,
    gradient: Vec<f64>,
    information: Vec<f64>,
}

/// So many rows are a piece of work for one thread.
const PIECE: usize = 4096;

impl WithoutEffects<'_> {
    fn sum(&self, b: &[f64], to: &mut Sums) {
        let k = b.len();
        for i in to.rows.clone() {
            let x = &self.matrix.values[i * k..(i + 1) * k];
            let eta = self.matrix.line(i, b);
            let seen = &self.seen[i];
            // No family here has a shape but gamma, and its is one.
            let apart = Apart {
                value: seen.constant,
                scale: 1.0,
                ..Apart::default()
            };
            let apart = self.density.apart_of_zeros(apart, 0.0);
            let row = self.density.row(seen, apart, eta, 0.0, 0.0);
            let w = self.data.weight(i);
            to.value += w * row.value;
            let bend = -w * row.eta[1];
            for (j, &x_j) in x.iter().enumerate() {
                to.gradient[j] += w * row.eta[0] * x_j;
                for (h, &x) in to.information[j * k..=j * k + j].iter_mut().zip(x) {
                    *h += bend * x_j * x;
                }
            }
        }
    }

    /// The maximum from the closest line to values on the scale of the link.
    fn maximum(
        &self,
        eta: impl Fn(usize) -> f64,
        part: &'static str,
        design: &Design,
    ) -> Result<Array1<f64>, Error> {
        let n = self.seen.len();
        let offset = |i: usize| self.matrix.offset.as_ref().map_or(0.0, |offset| offset[i]);
        let mut start = self.matrix.closest(n, |i| eta(i) - offset(i));
        if !self.derivatives(start.view()).value.is_finite() {
            let mean = (0..n).map(&eta).sum::<f64>() / n as f64;
            start = self.matrix.closest(n, |i| mean - offset(i));
        }
        let found = maximise(self, start, 60);
        let weights = self.data.weights();
        let unit = weights.map_or(1.0, |w| w.iter().sum::<f64>() / n as f64);
        if found.ending != Ending::OutOfIterations
            && let Some(direction) = found.flat_direction(unit.min(1.0))
        {
            return Err(no_maximum(self.predictor, direction.view(), part, design));
        }
        Ok(found.theta)
    }
}

/// Standard deviations of random effects, standardised, to try first.
const SIZES: [f64; 2] = [0.3, 1.0];

/// Where the search begins.
fn start(data: &Data, engine: &mut Engine<'_>, design: &Design) -> Result<Vec<f64>, Error> {
    let Start { points, tau } = if data.cuts > 0 {
        start_of_levels(data)?
    } else {
        start_of_numbers(data, design)?
    };
    let mut best: Option<(f64, Vec<f64>)> = None;
    if has_a_part(data) {
        engine.step = PART;
    }
    // Λ that many times the identity: of the mean, and of the zeros where they have effects.
    let on_zeros: &[f64] = if data.has_effects_on_zeros() {
        &SIZES
    } else {
        &SIZES[..1]
    };
    let sizes = SIZES
        .iter()
        .flat_map(|mean| on_zeros.iter().map(move |zeros| [*mean, *zeros]));
    for ([b, zeta], sizes) in points
        .iter()
        .flat_map(|at| sizes.clone().map(move |s| (at, s)))
    {
        let parts = data.factors_by_part().into_iter().zip(sizes);
        let columns = parts.flat_map(|(factors, size)| {
            let columns = factors.iter().flat_map(|factor| &factor.columns);
            columns.map(move |column| if column.leads { size } else { 0.0 })
        });
        let fixed = b.iter().chain(zeta).chain(&tau).copied();
        let phi: Vec<f64> = fixed.chain(columns).collect();
        let value = engine.evaluate(&phi, Want::Gradient);
        if best.as_ref().is_none_or(|(known, _)| value > *known) {
            best = Some((value, phi));
        }
    }
    engine.step = 1;
    best.map(|(_, phi)| phi).ok_or_else(|| Error::Overflow {
        what: "the likelihood of the generalised linear mixed model".to_owned(),
    })
}

/// The parameters without random effects: of mean and zeros some to try.
struct Start {
    points: Vec<[Array1<f64>; 2]>,
    tau: Array1<f64>,
}

/// Ordered levels: the cumulative link model.
fn start_of_levels(data: &Data) -> Result<Start, Error> {
    let n = data.seen.len();
    let q = Array2::from_shape_fn((n, data.mean.columns), |(i, j)| {
        data.mean.values[i * data.mean.columns + j]
    });
    let theta = without_effects(
        data.density.ordinal_link(),
        &data.level,
        data.weights(),
        data.mean.offset.as_deref(),
        data.cuts,
        &data.predictors[0],
        q,
    )?;
    Ok(Start {
        points: vec![[theta.slice(s![data.cuts..]).to_owned(), Array1::zeros(0)]],
        tau: theta.slice(s![..data.cuts]).to_owned(),
    })
}

/// Counts, shares and positive numbers: the generalised linear model, the shape by moments.
fn start_of_numbers(data: &Data, design: &Design) -> Result<Start, Error> {
    let zeros = match data.density.zeros {
        Zeros::Inflated => Zeros::AsCounted,
        other => other,
    };
    let b = mean_without_effects(data, design, zeros)?;
    let tau = Moments::of(data, &b.to_vec()).tau;
    let tau = data.dispersion.closest(data.seen.len(), |_| tau);
    let of_zeros = start_of_zeros(data, design, &b)?;
    let mut points: Vec<_> = of_zeros.into_iter().map(|zeta| [b.clone(), zeta]).collect();
    // Families of zeros alone pull that mean down: also as if no zero were one of the counts.
    if data.density.zeros == Zeros::Inflated
        && data.has_effects_on_zeros()
        && let Ok(b) = mean_without_effects(data, design, Zeros::Hurdle)
        && let Ok(above) = above_zero(data, design)
    {
        points.push([b, -above]);
    }
    Ok(Start { points, tau })
}

/// The mean without random effects.
fn mean_without_effects(data: &Data, design: &Design, zeros: Zeros) -> Result<Array1<f64>, Error> {
    let density = data.density;
    let family = density.family.at_the_edge();
    let plain = Density {
        family,
        link: density.link,
        zeros,
    };
    let n = data.seen.len() as f64;
    let level = data.seen.iter().map(|one| one.y).sum::<f64>() / n;
    let eta = |i: usize| {
        let one = &data.seen[i];
        let mean = if family.is_share() {
            (one.y + 0.5) / (one.trials + 1.0)
        } else {
            0.5 * (one.y + level) + if family.is_count() { 0.1 } else { 0.0 }
        };
        density.link.eta(mean)
    };
    let mean = WithoutEffects {
        data,
        density: plain,
        predictor: &data.predictors[0],
        matrix: &data.mean,
        seen: Cow::Borrowed(&data.seen),
    };
    mean.maximum(eta, "the model of the mean", design)
}

/// The log odds of a count above zero without random effects.
fn above_zero(data: &Data, design: &Design) -> Result<Array1<f64>, Error> {
    let density = Density {
        family: Family::Binomial,
        link: Link::Logit,
        zeros: Zeros::AsCounted,
    };
    let some = |y: f64| f64::from(u8::from(y > 0.0));
    let part = WithoutEffects {
        data,
        density,
        predictor: &data.predictors[1],
        matrix: &data.zero,
        seen: { data.seen.iter() }
            .map(|one| density.seen(some(one.y), 1.0))
            .collect(),
    };
    let eta = |i: usize| some(data.seen[i].y) - 0.5;
    part.maximum(eta, "the model of the zeros", design)
}

/// Coordinates of the zero part to try first.
fn start_of_zeros(
    data: &Data,
    design: &Design,
    b: &Array1<f64>,
) -> Result<Vec<Array1<f64>>, Error> {
    let n = data.seen.len();
    match data.density.zeros {
        Zeros::Inflated => {
            let zeros = data.seen.iter().filter(|one| one.y == 0.0).count() as f64 / n as f64;
            let b = b.to_vec();
            let expected: f64 = (0..n)
                .map(|i| (-data.mean.line(i, &b).exp()).exp())
                .sum::<f64>()
                / n as f64;
            let excess = ((zeros - expected) / (1.0 - expected)).clamp(0.05, 0.9);
            let at = |share: f64| data.zero.closest(n, |_| (share / (1.0 - share)).ln());
            Ok(vec![at(excess), at(0.5 * excess), at(0.1 * excess)])
        }
        Zeros::Hurdle => Ok(vec![above_zero(data, design)?]),
        _ => Ok(vec![Array1::zeros(0)]),
    }
}

/// What the model without random effects leaves unexplained, half of it for the shape.
struct Moments {
    tau: f64,
}

impl Moments {
    fn of(data: &Data, b: &[f64]) -> Self {
        let (mut quadratic, mut linear, mut squares, mut relative) = (0.0, 0.0, 0.0, 0.0);
        for (i, seen) in data.seen.iter().enumerate() {
            let mu = data.density.link.mean(data.mean.line(i, b)).mu;
            let away = (seen.y - mu).powi(2);
            quadratic += away - mu;
            linear += away / mu.max(1e-8);
            squares += mu * mu;
            relative += (seen.y / mu - 1.0).powi(2);
        }
        let n = data.seen.len() as f64;
        let alpha = (0.5 * quadratic / squares).clamp(0.05, 5.0);
        let tau = match data.density.family {
            Family::NegativeBinomial2 => -alpha.ln(),
            Family::NegativeBinomial1 => (0.5 * (linear / n - 1.0)).clamp(0.1, 10.0).ln(),
            Family::Gamma => (0.5 * relative / n).clamp(1e-4, 5.0).ln(),
            _ => 1.5,
        };
        Self { tau }
    }
}

/// The density that a model without its shape has, where the search may have run to that edge.
pub(super) fn edge_of(options: &Glmm, data: &Data, phi: &[f64]) -> Option<Family> {
    if !data.has_one_shape() || options.family == Family::Gamma {
        return None;
    }
    let [mean, zero, ..] = data.sizes();
    let tau = phi[mean + zero] * data.dispersion.values[0];
    let near = match options.family {
        Family::NegativeBinomial1 => tau < -5.0,
        _ => tau > 5.0,
    };
    near.then(|| options.family.at_the_edge())
}
