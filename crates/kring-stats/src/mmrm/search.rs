//! From the rows of a design to the θ with the least criterion, and the evidence for it.
//!
//! ```text
//! start   standard deviations and correlations of the residuals of least squares, wave by wave and pair by
//!         pair, drawn towards no correlation until they are a covariance
//! search  trust region with the exact Hessian
//! end     refused where Σ has lost a direction: R = correlations, λ_min(R) all but zero
//! ```

use ndarray::Array2;

use super::criterion::{Criterion, Place, edge};
use super::data::Data;
use super::structure::Structure;
use super::{Estimation, METHOD};
use crate::Error;
use crate::certificate::{Certificate, Edge};
use crate::linalg::{Cholesky, symmetric_eigen};
use crate::optimise::{Limits, Minimum, Objective, minimise};

/// Below this the lowest eigenvalue of the correlations counts as none.
const SINGULAR: f64 = 1e-9;

/// And this where a search did not end: it was on its way there.
const LOST: f64 = 1e-6;

/// Where a search ended.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub theta: Vec<f64>,
    pub log_likelihood: f64,
    /// ∂²d/∂θ∂θ'
    pub hessian: Array2<f64>,
    pub place: Place,
    /// Σ of each source.
    pub sigma: Vec<Array2<f64>>,
    pub certificate: Certificate,
}

/// The place with the highest likelihood.
pub(super) fn search(
    data: &Data,
    structure: Structure,
    estimation: Estimation,
) -> Result<(Found, Criterion<'_>), Error> {
    let reml = estimation == Estimation::Reml;
    let mut criterion = Criterion::new(data, reml);
    let start = start(data, structure, &mut criterion)?;
    // The Hessian is exact: once the distance is small its square is nothing.
    let limits = Limits {
        decrement: 1e-18,
        ..Limits::default()
    };
    let minimum = minimise(&mut criterion, start, limits);
    if !minimum.converged {
        // What it tried last may not be where it stands.
        criterion.value(&minimum.x);
    }
    let sigma: Vec<Array2<f64>> = (0..data.sources.len())
        .map(|at| {
            square(
                criterion.sigma(at),
                data.tables[data.sources[at].table].size,
            )
        })
        .collect();
    let edge = sigma.iter().map(edge).fold(f64::INFINITY, f64::min);
    let unfinished = |why: String, hint: &'static str| Error::NotConverged {
        method: METHOD,
        iterations: minimum.iterations,
        why,
        coefficients: state(data, &sigma),
        hint,
    };
    let singular = if minimum.converged { SINGULAR } else { LOST };
    if edge.is_nan() || edge < singular {
        return Err(unfinished(
            "the covariance of the waves is singular, so that the likelihood has no maximum"
                .to_owned(),
            "look for waves that repeat one another or that hardly vary, or choose a structure with fewer \
             parameters",
        ));
    }
    if !minimum.converged {
        return Err(unfinished(
            format!(
                "the log-likelihood is {:.6}, {:.1e} standard errors from where it heads",
                log_likelihood(data, reml, minimum.value),
                minimum.decrement.sqrt()
            ),
            "choose a structure with fewer parameters",
        ));
    }
    let k = criterion.parameters;
    let found = Found {
        log_likelihood: log_likelihood(data, reml, minimum.value),
        hessian: Array2::from_shape_fn((k, k), |(i, j)| minimum.hessian[i * k + j]),
        place: criterion.at.clone(),
        certificate: certify(&minimum, edge),
        theta: minimum.x,
        sigma,
    };
    Ok((found, criterion))
}

/// ℓ with all its constants, on the scale of the data.
pub(super) fn log_likelihood(data: &Data, reml: bool, value: f64) -> f64 {
    let r = if reml { data.c() - 1 } else { 0 };
    let nu = (data.rows.len() - r) as f64;
    let columns = if reml { -2.0 * data.fixed.ln_back } else { 0.0 };
    -0.5 * (value + nu * std::f64::consts::TAU.ln() + columns - data.ln_weights)
}

fn square(sigma: &[f64], m: usize) -> Array2<f64> {
    Array2::from_shape_fn((m, m), |(i, j)| sigma[i * m + j])
}

/// The moments of the residuals of least squares in one block.
struct Moments {
    /// A standard deviation a wave; one of all where times tell rows apart.
    sd: Vec<f64>,
    /// Of all waves.
    pooled: f64,
    /// The correlations of pairs seen together, else zero.
    correlations: Array2<f64>,
}

impl Moments {
    fn new(data: &Data, block: usize) -> Self {
        let (c, m) = (data.c(), data.waves.len());
        let mut sums = Array2::<f64>::zeros((m, m));
        let mut squares = Array2::<f64>::zeros((m, m));
        let mut counts = Array2::<f64>::zeros((m, m));
        let (mut all, mut rows) = (0.0, 0.0);
        for family in &data.families {
            let pattern = &data.patterns[family.pattern];
            if data.sources[pattern.source].block != block {
                continue;
            }
            let residual = |at: usize| data.columns[(family.rows.start + at) * c + c - 1];
            for (i, &a) in pattern.places.iter().enumerate() {
                let x = residual(i);
                all += x * x;
                rows += 1.0;
                if m == 0 {
                    continue;
                }
                for (j, &b) in pattern.places[..=i].iter().enumerate() {
                    sums[[a, b]] += x * residual(j);
                    squares[[a, b]] += x * x;
                    squares[[b, a]] += residual(j) * residual(j);
                    counts[[a, b]] += 1.0;
                }
            }
        }
        let r = (c - 1) as f64;
        let n = data.rows.len() as f64;
        let freed = n / (n - r).max(1.0);
        let sd = (0..m)
            .map(|a| (freed * sums[[a, a]] / counts[[a, a]].max(1.0)).sqrt())
            .collect();
        let correlations = Array2::from_shape_fn((m, m), |(i, j)| {
            let (a, b) = (i.max(j), i.min(j));
            let size = (squares[[a, b]] * squares[[b, a]]).sqrt();
            match a == b {
                true => 1.0,
                false if counts[[a, b]] > 2.0 && size > 0.0 => sums[[a, b]] / size,
                false => 0.0,
            }
        });
        Self {
            sd,
            pooled: (freed * all / f64::max(rows, 1.0)).sqrt(),
            correlations,
        }
    }
}

/// θ from moments.
fn start(
    data: &Data,
    structure: Structure,
    criterion: &mut Criterion<'_>,
) -> Result<Vec<f64>, Error> {
    const NOTHING: f64 = 1e-12;
    let blocks: Vec<Moments> = (0..data.blocks.len())
        .map(|block| Moments::new(data, block))
        .collect();
    for moments in &blocks {
        if structure.is_by_wave()
            && let Some(wave) = moments
                .sd
                .iter()
                .position(|&sd| sd <= NOTHING * moments.pooled)
        {
            return Err(Error::Constant {
                method: "a variance of its own for each wave",
                what: format!(
                    "the response at `{}`, once the fixed effects are taken out,",
                    data.waves[wave]
                ),
            });
        }
    }
    for share in [0.95, 0.8, 0.5, 0.25] {
        let theta: Vec<f64> = blocks
            .iter()
            .flat_map(|moments| of_moments(data, structure, moments, share))
            .collect();
        if theta.iter().all(|t| t.is_finite()) && criterion.value(&theta).is_finite() {
            return Ok(theta);
        }
    }
    let plain = blocks
        .iter()
        .flat_map(|moments| of_moments(data, structure, moments, 0.0));
    Ok(plain.collect())
}

/// θ of one block, with this share of the correlations.
fn of_moments(data: &Data, structure: Structure, moments: &Moments, share: f64) -> Vec<f64> {
    let table = &data.tables[0];
    let m = data.waves.len();
    if structure.goes_by_time() {
        // So much at the mean distance between neighbours.
        let at_gap = (0.6 * share).max(0.1);
        let rho = at_gap.powf(1.0 / data.gap().max(f64::MIN_POSITIVE));
        return table.theta(&[moments.pooled.powi(2), rho.clamp(1e-12, 1.0 - 1e-12)]);
    }
    if structure.is_free() {
        let r = Array2::from_shape_fn((m, m), |(i, j)| {
            let times = if i == j { 1.0 } else { share };
            times * moments.correlations[[i, j]] * moments.sd[i] * moments.sd[j]
        });
        let Some(root) = Cholesky::new(r.view()) else {
            return vec![f64::NAN; table.parameters()];
        };
        let l = root.root();
        let tau = (0..m).flat_map(|i| (0..i).map(move |j| (i, j)));
        let values: Vec<f64> = (0..m)
            .map(|i| l[[i, i]])
            .chain(tau.map(|(i, j)| l[[i, j]] / l[[i, i]]))
            .collect();
        return table.theta(&values);
    }
    let mut values: Vec<f64> = if structure.is_by_wave() {
        moments.sd.clone()
    } else {
        vec![moments.pooled]
    };
    let first = values.len();
    values.resize(table.parameters(), 0.0);
    let mut counts = vec![0.0; table.parameters()];
    for (i, j) in (0..m).flat_map(|i| (0..i).map(move |j| (i, j))) {
        if let Some(k) = table.correlation_of(i, j) {
            counts[k] += 1.0;
            values[k] += moments.correlations[[i, j]];
        }
    }
    let least = structure.least_correlation(m);
    for (value, count) in values.iter_mut().zip(&counts).skip(first) {
        *value = (share * *value / f64::max(*count, 1.0)).clamp(0.9 * least, 0.95);
    }
    table.theta(&values)
}

fn certify(minimum: &Minimum, edge: f64) -> Certificate {
    let k = minimum.x.len();
    let size: Vec<f64> = (0..k)
        .map(|i| minimum.hessian[i * k + i].max(f64::MIN_POSITIVE).sqrt())
        .collect();
    let scaled = Array2::from_shape_fn((k, k), |(i, j)| {
        minimum.hessian[i * k + j] / (size[i] * size[j])
    });
    let values = symmetric_eigen(&scaled).values;
    let largest = values.iter().copied().fold(0.0, f64::max);
    let smallest = values.iter().copied().fold(f64::INFINITY, f64::min);
    // Of d = −2ℓ: a standard error is √(2 / d'').
    let slopes = minimum.gradient.iter().zip(&size);
    Certificate {
        iterations: minimum.iterations,
        evaluations: minimum.evaluations,
        gradient: slopes
            .map(|(g, s)| g.abs() / (s * std::f64::consts::SQRT_2))
            .fold(0.0, f64::max),
        distance: (0.5 * minimum.decrement).sqrt(),
        curvature: (smallest / largest).max(0.0),
        edge,
        edge_of: Edge::Waves,
    }
}

/// The standard deviations and correlations that a search had come to.
fn state(data: &Data, sigma: &[Array2<f64>]) -> Vec<(String, f64)> {
    let mut named = Vec::new();
    for (source, sigma) in data.sources.iter().zip(sigma) {
        let of = data.blocks[source.block]
            .as_ref()
            .map_or_else(String::new, |arm| format!(" {arm}"));
        let name = |i: usize| data.waves.get(i).map_or("", String::as_str);
        let sd = sigma.diag().mapv(f64::sqrt);
        for i in 0..sd.len() {
            named.push((format!("sd {}{of}", name(i)), sd[i]));
        }
        for (i, j) in (0..sd.len()).flat_map(|i| (0..i).map(move |j| (i, j))) {
            let label = format!("correlation {}, {}{of}", name(j), name(i));
            named.push((label, sigma[[i, j]] / (sd[i] * sd[j])));
        }
        // Where times tell rows apart there may be as many covariances as families.
        if data.waves.is_empty() {
            break;
        }
    }
    named.retain(|(_, value)| value.is_finite());
    named
}
