//! From the maximum to all that a fit says: one weighted least squares more, errors, likelihoods.

use kring_core::{Caution, Design, Reference, WeightKind};
use ndarray::{Array1, Array2, ArrayView1, Axis};

use super::criterion::shape_of;
use super::model::{Model, model_error};
use super::newton::{Maximum, Unfinished, Why};
use super::{Convergence, Glm, GlmFit, NAME, is_joint};
use crate::family::{Family, Mean};
use crate::fit::{Coefficients, Provenance};
use crate::linalg::{Cholesky, Qr, back_substitute};
use crate::regression::{aliases, cautions, full_leverage, has_intercept, one_clustering, sample};
use crate::sandwich::{Clustered, Meat, Rows, meat};
use crate::{Covariance, Error, dist, narrow};

/// From the coefficients of the basis to all that a fit says.
pub(super) fn finish(
    options: &Glm,
    design: &Design,
    model: Model,
    maximum: Maximum,
    basis: &Qr,
    n: f64,
    edge: Option<Caution>,
) -> Result<GlmFit, Error> {
    let part = design.mean();
    let r = basis.rank;
    let estimated = basis.pivot[..r].to_vec();
    let last = Last::new(&model, &maximum, design, &estimated)?;
    if last.qr.rank < r {
        let unfinished = Unfinished {
            psi: maximum.psi,
            iterations: maximum.iterations,
            why: Why::Runaway,
        };
        return Err(model_error(&(unfinished, None), design, &estimated, &model));
    }
    let residual_df = model.residual_df;
    let chi_squared = last.residuals.dot(&last.residuals);
    let dispersion = if options.family.has_scale() {
        (residual_df > 0.0).then(|| chi_squared / residual_df)
    } else {
        Some(1.0)
    };
    let errors = errors(
        options.covariance,
        design,
        &model,
        &maximum,
        &last,
        dispersion,
        n,
    )?;
    let coefficients = Coefficients {
        columns: part.columns.clone(),
        aliases: aliases(basis, part.columns.len()),
        estimated,
        values: last.beta.clone(),
        covariance: errors.covariance,
    };
    let numbers = coefficients.covariance.iter().flatten();
    if !numbers.chain(&coefficients.aliases).all(|x| x.is_finite()) {
        return Err(overflow(design));
    }
    let intercept = has_intercept(part);
    let perfect = options.family.has_scale() && chi_squared <= 1e-30 * last.linear_size;
    let mut doubts = cautions(
        design,
        &coefficients,
        options.covariance,
        errors.clustered.as_ref(),
        full_leverage(&last.leverage),
        perfect,
    );
    doubts.extend(of_intervals(options, &model, r, n, chi_squared)?);
    let at_edge = edge.is_some();
    doubts.extend(edge);
    let deviance = (!is_joint(model.family)).then(|| model.deviance(&last.means, last.shape));
    let log_likelihood = log_likelihood(design, &model, &last, deviance, n);
    // |X'WX| is |Q'WQ| times the square of |R|.
    let of_columns: f64 = model.r.diag().iter().map(|r| r.abs().ln()).sum();
    let penalty = maximum.point.value + 0.5 * maximum.point.deviance + of_columns;
    let penalized = log_likelihood
        .filter(|_| model.penalised)
        .map(|l| l + penalty);
    let mut fit = GlmFit {
        provenance: Provenance {
            method: options.method(model.link),
            measure: options.family.measure(model.link),
            sample: sample(design, options.covariance.is_clustered()),
            cautions: doubts,
            level: options.level,
            approximate_df: errors.clustered.is_some(),
        },
        coefficients,
        family: options.family,
        link: model.link,
        dispersion,
        shape: None,
        deviance,
        null_deviance: deviance
            .and_then(|_| model.null_deviance(intercept, maximum.psi.get(r).copied())),
        residual_df,
        null_df: n - f64::from(u8::from(intercept)),
        log_likelihood,
        penalized_log_likelihood: penalized,
        aic: log_likelihood.map(|l| -2.0 * l + 2.0 * parameters(options.family, r)),
        linear_predictor: last.eta,
        fitted: last.means.iter().map(|mean| mean.mu).collect(),
        leverage: last.leverage,
        convergence: Convergence {
            iterations: maximum.iterations,
            decrement: maximum.decrement,
        },
        covariance: options.covariance,
        model,
        maximum,
        weights: design.weights().map(|w| w.kind),
        terms: part.terms.clone(),
        in_basis: in_basis(basis),
        r: last.qr.r_square().to_owned(),
        clustered: errors.clustered,
    };
    fit.shape = fit.shape_estimate(at_edge)?;
    Ok(fit)
}

/// Rows (or trials) a coefficient below which the intervals of large samples were measured to be too
/// narrow, and below which those of NB2 still were, a little.
const FEW_EACH: f64 = 10.0;
const ENOUGH_EACH: f64 = 50.0;

/// The doubts about intervals that were measured to be too narrow.
fn of_intervals(
    options: &Glm,
    model: &Model,
    r: usize,
    n: f64,
    chi_squared: f64,
) -> Result<impl Iterator<Item = Caution> + use<>, Error> {
    let few = of_large_samples(options, model, r, n);
    let varies_more = narrow::POISSON.when(rejected(options, model, chi_squared)?);
    Ok(few.into_iter().chain(varies_more))
}

/// The doubt about intervals that are right in large samples, by what this family knows itself by: r
/// coefficients of n observations.
fn of_large_samples(options: &Glm, model: &Model, r: usize, n: f64) -> Option<Caution> {
    let by_row = options.covariance.by_row().is_some();
    let data = &model.data;
    let trials = || (0..data.y.len()).map(|i| data.prior(i)).sum::<f64>();
    let (measured, known) = match options.family {
        Family::NegativeBinomial1 | Family::NegativeBinomial2 => {
            (narrow::NEGATIVE_BINOMIAL_OF_FEW, n)
        }
        Family::BetaBinomial => (narrow::BETA_BINOMIAL_OF_FEW, n),
        Family::Gamma => (narrow::GAMMA_OF_FEW, n),
        Family::Binomial if !by_row => (narrow::BINOMIAL_OF_FEW, trials()),
        Family::Gaussian => return None,
        _ if by_row => (narrow::ROBUST_OF_FEW, n),
        _ => return None,
    };
    let each = known / r.max(1) as f64;
    let theta = options.family == Family::NegativeBinomial2 && each < ENOUGH_EACH;
    let later = narrow::NEGATIVE_BINOMIAL.when(theta);
    measured.when(each < FEW_EACH).or(later)
}

/// Whether counts, or shares of several trials, vary by more than a family without a parameter for it
/// says, and classical errors do not know.
fn rejected(options: &Glm, model: &Model, chi_squared: f64) -> Result<bool, Error> {
    let free = match options.family {
        Family::Poisson => true,
        Family::Binomial => model.data.trials.iter().any(|&trials| trials > 1.0),
        _ => false,
    };
    let df = model.residual_df;
    if !free || df <= 0.0 || options.covariance != Covariance::Classical {
        return Ok(false);
    }
    Ok(dist::upper_tail(chi_squared, Reference::ChiSquared { df })? < REJECTED)
}

/// The p-value of Pearson's χ² below which a family is said not to fit.
const REJECTED: f64 = 0.1;

/// How many parameters there are: coefficients, and φ or a shape.
fn parameters(family: Family, r: usize) -> f64 {
    let more = family.shape_name().is_some() || matches!(family, Family::Gaussian | Family::Gamma);
    r as f64 + f64::from(u8::from(more))
}

fn overflow(design: &Design) -> Error {
    Error::Overflow {
        what: format!("{NAME} of `{}`", design.response_name()),
    }
}

/// R of the basis, its columns in the order of the model matrix.
fn in_basis(basis: &Qr) -> Array2<f64> {
    let mut r = Array2::zeros(basis.r.dim());
    for (place, &column) in basis.pivot.iter().enumerate() {
        r.column_mut(column).assign(&basis.r.column(place));
    }
    r
}

/// The covariance of the coefficients, with the clusters it was made of.
struct Errors {
    covariance: Option<Array2<f64>>,
    clustered: Option<Clustered>,
}

fn errors(
    covariance: Covariance,
    design: &Design,
    model: &Model,
    maximum: &Maximum,
    last: &Last,
    dispersion: Option<f64>,
    n: f64,
) -> Result<Errors, Error> {
    if is_joint(model.family) {
        let of_basis = joint_covariance(covariance, design, model, maximum, n)?;
        let root = inverse(&model.r);
        return Ok(Errors {
            covariance: Some(root.dot(&of_basis).dot(&root.t())),
            clustered: None,
        });
    }
    let rows = Rows {
        q: last.qr.q.view(),
        residuals: last.residuals.view(),
        leverage: last.leverage.view(),
        copies: weights_of(design, WeightKind::Frequency),
        variance: Some(last.variance.view()),
        omega: weights_of(design, WeightKind::Sampling),
        n,
        residual_df: model.residual_df,
        dispersion,
    };
    let Meat { matrix, clustered } = meat(design, covariance, &rows, NAME)?;
    let root = last.qr.r_inverse();
    Ok(Errors {
        covariance: matrix.map(|meat| root.dot(&meat).dot(&root.t())),
        clustered,
    })
}

/// The covariance of γ where the shape is not orthogonal to the mean: from the observed
/// information of both, or a sandwich of the rows' gradients.
fn joint_covariance(
    covariance: Covariance,
    design: &Design,
    model: &Model,
    maximum: &Maximum,
    n: f64,
) -> Result<Array2<f64>, Error> {
    let r = model.data.basis.len();
    let overflow = || Error::Overflow {
        what: format!("the covariance of {NAME} of `{}`", design.response_name()),
    };
    let inverse = Cholesky::new(maximum.point.information.view())
        .ok_or_else(overflow)?
        .inverse();
    let block = |m: &Array2<f64>| m.slice(ndarray::s![..r, ..r]).to_owned();
    if covariance == Covariance::Classical {
        return Ok(block(&inverse));
    }
    let scores = model
        .criterion()
        .scores(&maximum.psi)
        .ok_or_else(overflow)?;
    let group: Vec<usize> = if covariance.is_clustered() {
        let clusters = one_clustering(design, covariance, NAME)?;
        clusters.index.iter().map(|&g| g as usize).collect()
    } else {
        (0..design.rows()).collect()
    };
    let copies = weights_of(design, WeightKind::Frequency).filter(|_| !covariance.is_clustered());
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
    let g = sums.nrows() as f64;
    let factor = match covariance {
        Covariance::Hc1 => n / (n - r as f64),
        Covariance::Cr1 => g / (g - 1.0).max(1.0),
        _ => 1.0,
    };
    Ok(block(&(inverse.dot(&meat).dot(&inverse) * factor)))
}

/// ℓ with all its constants.
fn log_likelihood(
    design: &Design,
    model: &Model,
    last: &Last,
    deviance: Option<f64>,
    n: f64,
) -> Option<f64> {
    let shape = last.shape;
    let residual_df = model.residual_df;
    let kind = design.weights().map(|w| w.kind);
    if model.family.is_quasi() || kind == Some(WeightKind::Sampling) {
        return None;
    }
    let data = &model.data;
    let rows = (0..data.y.len()).filter(|&i| data.prior(i) > 0.0);
    let found = match model.family {
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

fn weights_of(design: &Design, kind: WeightKind) -> Option<ArrayView1<'_, f64>> {
    design
        .weights()
        .filter(|w| w.kind == kind)
        .map(|w| w.values.view())
}

/// R⁻¹
pub(super) fn inverse(r: &Array2<f64>) -> Array2<f64> {
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

/// The last weighted least squares: √W X = Q R, and what follows row by row.
struct Last {
    means: Vec<Mean>,
    qr: Qr,
    /// √W times the working residuals, which is Pearson's residual but for its sign.
    residuals: Array1<f64>,
    leverage: Array1<f64>,
    /// Φ, the variance of a row (of one copy) but for φ.
    variance: Array1<f64>,
    /// Σ W η²
    linear_size: f64,
    /// β of the estimated columns.
    beta: Array1<f64>,
    /// η, with the offset.
    eta: Array1<f64>,
    /// The parameter of shape, or one.
    shape: f64,
}

impl Last {
    fn new(
        model: &Model,
        maximum: &Maximum,
        design: &Design,
        estimated: &[usize],
    ) -> Result<Self, Error> {
        let r = estimated.len();
        let beta = back_substitute(model.r.view(), maximum.psi.slice(ndarray::s![..r]));
        let tau = maximum.psi.get(r).copied();
        let shape = tau.map_or(1.0, |tau| shape_of(model.family, tau));
        let part = design.mean();
        let x = part.x.select(Axis(1), estimated);
        let mut eta = x.dot(&beta);
        if let Some(offset) = &part.offset {
            eta += offset;
        }
        let weights = design.weights().map(|w| w.kind);
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
        let qr = Qr::new((x * root.view().insert_axis(Axis(1))).view());
        let mut leverage = Array1::<f64>::zeros(n);
        for q in qr.q.columns() {
            leverage.zip_mut_with(&q, |h, q| *h += q * q);
        }
        if weights == Some(WeightKind::Frequency) {
            for (h, &w) in leverage.iter_mut().zip(&data.weight) {
                *h = if w > 0.0 { *h / w } else { 0.0 };
            }
        }
        let last = Self {
            means,
            qr,
            residuals,
            leverage,
            variance,
            linear_size,
            beta,
            eta,
            shape,
        };
        if last.is_finite() {
            Ok(last)
        } else {
            Err(overflow(design))
        }
    }

    fn is_finite(&self) -> bool {
        let means = self.means.iter().map(|mean| mean.mu);
        let rest = self.residuals.iter().chain(&self.leverage);
        let all = means.chain(rest.chain(&self.beta).chain(&self.eta).copied());
        all.chain([self.linear_size]).all(f64::is_finite)
    }
}
