//! Residual standard deviations that differ from row to row.
//!
//! ```text
//! model      ε_i ~ N(0, σ_i²/w_i),  ln σ_i = d_i'δ, the first column of d constant
//! rows       multiplied by exp(−q_i'φ), φ the coordinates of δ beside the constant: then σ is one again
//! criterion  d(θ, φ) = that of the multiplied rows + 2 Σ f_i q_i'φ, profiled over β and σ
//!            f_i one, or how many copies a row stands for
//! slope      ∂d/∂φ_k = 2 Σ q_ik (f_i − h_i − e_i²/σ²), of the multiplied rows: a_i = Λ'z̃_i, t_i = x̃_i − Û'a_i,
//!            h_i = a_i'H⁻¹a_i + t_i'Ct_i (REML; without the second term under ML), e_i = t_i'v
//! search     BFGS in (θ, φ) from the model with one σ, then Newton's method, curvature by differences of slopes
//! errors     twice the inverse curvature; of ln σ also 1/2ν, what is not known of σ where φ is
//! ```
//! It is glmmTMB's `dispformula` of a Gaussian model, whose coefficients are those of ln σ² in some versions and
//! of ln σ in others; with a factor it is nlme's `varIdent`, with a number `varExp`. Degrees of freedom, profiles and
//! tests of the fixed effects take φ as known.
//!
//! Pinheiro JC, Bates DM (2000), Mixed-Effects Models in S and S-PLUS, Springer, section 5.2, doi
//! 10.1007/b98882; Harville DA (1977), JASA 72:320–338, doi 10.1080/01621459.1977.10480998.

use kring_core::{Design, Measure, WeightKind};
use ndarray::{Array1, Array2};

use super::criterion::{Criterion, Engine, EngineWork};
use super::data::{Data, METHOD};
use super::inference::twice_inverse;
use super::search::{Found, Model};
use super::{Error, Estimation};
use crate::likelihood::{PartFit, Predictor, Source};
use crate::linalg::symmetric_eigen;
use crate::optimise::{Curvature, Limits, Objective, minimise};
use crate::random::block;
use crate::regression::has_intercept;

/// A fit whose residual standard deviations differ.
pub(super) struct Fitted {
    /// Of the multiplied rows.
    pub model: Model,
    pub found: Found,
    pub spread: Spread,
}

/// ln σ_i.
#[derive(Debug, Clone)]
pub(super) struct Spread {
    predictor: Predictor,
    /// By the coordinates of the predictor.
    phi: Array1<f64>,
    covariance: Array2<f64>,
    /// σ of the multiplied rows over that of rows whose columns but the constant are zero.
    pub ratio: f64,
    /// The mean of σ_i² over that of the multiplied rows.
    pub mean_square: f64,
}

impl Spread {
    /// How many coefficients there are beside the constant.
    pub fn parameters(&self) -> usize {
        self.phi.len() - 1
    }

    /// The names of the columns that are estimated.
    pub fn columns(&self) -> Vec<&str> {
        let of = |&j: &usize| self.predictor.columns[j].as_str();
        self.predictor.estimated.iter().map(of).collect()
    }

    /// The coefficients of ln σ_i.
    pub fn part(&self, source: &Source) -> PartFit {
        let measure = Measure::Coefficient { unit: None };
        let (phi, covariance) = (self.phi.view(), self.covariance.view());
        source.part(&self.predictor, phi, covariance, measure)
    }
}

/// The most that a row's standard deviation may differ from the level, as a factor of e.
const FARTHEST: f64 = 15.0;

/// Fits the model of a design that has one for the dispersion.
pub(super) fn fit(design: &Design, estimation: Estimation) -> Result<Option<Fitted>, Error> {
    let Some(part) = design.dispersion() else {
        return Ok(None);
    };
    if !part.random.is_empty() || part.offset.is_some() || !has_intercept(part) {
        return Err(Error::Unsupported {
            what: format!(
                "a random term, an offset, or no intercept in the model of the dispersion of {METHOD}"
            ),
            hint: "give columns beside an intercept, such as `~ arm`".to_owned(),
        });
    }
    let base = Model::new(design)?;
    let rows: Vec<usize> = base.data.rows.iter().map(|&row| row as usize).collect();
    let n = rows.len();
    let predictor = Predictor::new(part.x.view(), &part.columns, &rows, None);
    let k = predictor.rank() - 1;
    if k == 0 {
        return Ok(None);
    }
    let copies: Vec<f64> = match design.weights() {
        Some(weights) if weights.kind == WeightKind::Frequency => {
            rows.iter().map(|&row| weights.values[row]).collect()
        }
        _ => vec![1.0; n],
    };
    let mut search = Search {
        base: &base.data,
        q: predictor
            .q
            .rows()
            .into_iter()
            .flat_map(|row| row.iter().skip(1).copied().collect::<Vec<f64>>())
            .collect(),
        k,
        copies: &copies,
        reml: estimation == Estimation::Reml,
        gradient: Vec::new(),
        by_size: Vec::new(),
        start: Vec::new(),
    };
    let x = search.minimum(&base, estimation)?;
    let (hessian, m) = (search.differences(&x)?, x.len() - k);
    let precision = search.precision(&x[m..]);
    let model = Model::reweighed(&base.data, &precision, &copies)?;
    let mut criterion = model.criterion(search.reml);
    let found = model.search_from(&mut criterion, x[..m].to_vec(), search.reml)?;
    let all = twice_inverse(&hessian);
    // ln σ moves with φ, and is uncertain by itself.
    search.value(&x);
    let by_size = Array1::from(search.by_size.clone());
    let moved = all.dot(&by_size);
    let own = 0.5 / found.nu + by_size.dot(&moved);
    let constant = predictor.q[[0, 0]];
    let mut covariance = Array2::zeros((k + 1, k + 1));
    covariance[[0, 0]] = own;
    for i in 0..k {
        let both = moved[m + i] / constant;
        covariance[[0, i + 1]] = both;
        covariance[[i + 1, 0]] = both;
        for j in 0..k {
            covariance[[i + 1, j + 1]] = all[[m + i, m + j]];
        }
    }
    let ln_sigma = 0.5 * found.sigma2().ln();
    let phi: Array1<f64> = std::iter::once(ln_sigma / constant)
        .chain(x[m..].iter().copied())
        .collect();
    let place = predictor
        .estimated
        .iter()
        .position(|&j| j == 0)
        .unwrap_or(0);
    let level = predictor.to_coefficients().dot(&phi)[place];
    let spread = Spread {
        ratio: (ln_sigma - level).exp(),
        mean_square: precision.iter().map(|p| 1.0 / p).sum::<f64>() / n as f64,
        predictor,
        phi,
        covariance,
    };
    Ok(Some(Fitted {
        model,
        found,
        spread,
    }))
}

/// −2ℓ as a function of (θ, φ).
struct Search<'a> {
    base: &'a Data,
    /// q_i, k numbers a row.
    q: Vec<f64>,
    k: usize,
    copies: &'a [f64],
    reml: bool,
    /// Where it was last evaluated.
    gradient: Vec<f64>,
    /// ∂ ln σ / ∂(θ, φ) there.
    by_size: Vec<f64>,
    /// The curvature to begin with.
    start: Vec<f64>,
}

impl Search<'_> {
    /// exp(−2 q_i'φ)
    fn precision(&self, phi: &[f64]) -> Vec<f64> {
        let of = |q: &[f64]| (-2.0 * block::dot(q, phi)).exp();
        self.q.chunks_exact(self.k).map(of).collect()
    }

    /// (θ, φ) at the least criterion.
    fn minimum(&mut self, base: &Model, estimation: Estimation) -> Result<Vec<f64>, Error> {
        // A variance of zero is no place to start from.
        const SMALLEST: f64 = 0.1;
        let mut start = base.search(estimation)?.theta;
        let columns = base.data.factors.iter().flat_map(|factor| &factor.columns);
        for (theta, column) in start.iter_mut().zip(columns) {
            if column.leads && theta.abs() < SMALLEST {
                *theta = SMALLEST;
            }
        }
        start.resize(start.len() + self.k, 0.0);
        let d = start.len();
        let curvature = self.differences(&start)?;
        let eigen = symmetric_eigen(&curvature);
        let largest = eigen.values.iter().fold(0.0, |m: f64, v| m.max(v.abs()));
        let size = |v: &f64| v.abs().max(1e-6 * largest).max(1e-8);
        let sizes: Array1<f64> = eigen.values.iter().map(size).collect();
        self.start = (&eigen.vectors * &sizes)
            .dot(&eigen.vectors.t())
            .iter()
            .copied()
            .collect();
        let limits = Limits {
            decrement: 1e-8,
            ..Limits::default()
        };
        let found = minimise(self, start, limits);
        let mut x = found.x;
        let mut distance = f64::INFINITY;
        for _ in 0..6 {
            if !found.value.is_finite() {
                break;
            }
            let step = 0.5 * twice_inverse(&self.differences(&x)?);
            self.value(&x);
            let gradient = Array1::from(self.gradient.clone());
            let step = step.dot(&gradient);
            distance = step.dot(&gradient).max(0.0);
            if distance < 1e-13 {
                return Ok(x);
            }
            for i in 0..d {
                x[i] -= step[i];
            }
        }
        if distance < 1e-8 {
            return Ok(x);
        }
        let names = (1..=d - self.k).map(|i| format!("θ{i}"));
        let names = names.chain((1..=self.k).map(|i| format!("φ{i} of the dispersion")));
        Err(Error::unfinished(
            "a linear mixed model with a model of the dispersion",
            found.iterations,
            -0.5 * found.value,
            Some(distance.sqrt()).filter(|d| d.is_finite()),
            names.zip(x.iter().copied()).collect(),
        ))
    }

    /// ∂²d by central differences of the slope.
    fn differences(&mut self, x: &[f64]) -> Result<Array2<f64>, Error> {
        const STEP: f64 = 1e-4;
        let d = x.len();
        let mut hessian = Array2::zeros((d, d));
        let mut moved = x.to_vec();
        for i in 0..d {
            let step = STEP * (1.0 + x[i].abs());
            let mut side = |by: f64| {
                moved[i] = x[i] + by;
                if self.value(&moved).is_finite() {
                    Ok(self.gradient.clone())
                } else {
                    Err(Error::Overflow {
                        what: "the criterion of the linear mixed model".to_owned(),
                    })
                }
            };
            let (up, down) = (side(step)?, side(-step)?);
            moved[i] = x[i];
            for j in 0..d {
                hessian[[i, j]] = (up[j] - down[j]) / (2.0 * step);
            }
        }
        Ok((&hessian + &hessian.t()) * 0.5)
    }

    fn evaluate(&mut self, x: &[f64]) -> Option<f64> {
        let m = x.len() - self.k;
        let (theta, phi) = x.split_at(m);
        let far = |q: &[f64]| block::dot(q, phi).abs() > FARTHEST;
        if self.q.chunks_exact(self.k).any(far) {
            return None;
        }
        let model = Model::reweighed(self.base, &self.precision(phi), self.copies).ok()?;
        let mut criterion = model.criterion(self.reml);
        let value = criterion.value(theta);
        if !value.is_finite() {
            return None;
        }
        let mut gradient = vec![0.0; m];
        criterion.derivatives(&mut gradient, &mut []);
        let (sigma2, r2) = (criterion.sigma2(), criterion.at.r2);
        let mut by_size: Vec<f64> = criterion.rho.iter().map(|rho| -0.5 * rho / r2).collect();
        let mut slope = vec![0.0; self.k];
        let mut size = vec![0.0; self.k];
        each_row(&model, &mut criterion, |row, place| {
            let q = &self.q[row * self.k..(row + 1) * self.k];
            let by = 2.0 * (self.copies[row] - place.leverage - place.residual.powi(2) / sigma2);
            for (k, q) in q.iter().enumerate() {
                slope[k] += by * q;
                size[k] -= q * place.residual.powi(2) / r2;
            }
        });
        gradient.extend(slope);
        by_size.extend(size);
        self.gradient = gradient;
        self.by_size = by_size;
        Some(value - model.data.ln_weights)
    }
}

impl Objective for Search<'_> {
    fn value(&mut self, x: &[f64]) -> f64 {
        self.evaluate(x).unwrap_or(f64::INFINITY)
    }

    fn derivatives(&mut self, gradient: &mut [f64], hessian: &mut [f64]) -> Curvature {
        gradient.copy_from_slice(&self.gradient);
        if !hessian.is_empty() {
            hessian.copy_from_slice(&self.start);
        }
        Curvature::FromStart
    }
}

/// What a fit says of one row, multiplied by the root of its weight.
#[derive(Debug, Clone, Copy)]
pub(super) struct AtRow {
    /// h_i
    pub leverage: f64,
    /// e_i, less what the random effects take: y − Xγ − Zb.
    pub residual: f64,
}

/// Goes through the rows at the θ last evaluated, of which the slopes are known.
pub(super) fn each_row(
    model: &Model,
    criterion: &mut Criterion<'_>,
    mut tell: impl FnMut(usize, AtRow),
) {
    let data = &model.data;
    let c = data.c();
    let r = c - 1;
    let v = criterion.v();
    let reml = criterion.is_reml();
    if let (Engine::Blocked(blocked), EngineWork::Blocked(work)) =
        (&model.engine, &mut criterion.work)
    {
        blocked.ready(work);
    }
    let all: usize = data.factors.iter().map(|factor| factor.q).sum();
    let most = data
        .factors
        .iter()
        .map(|factor| factor.q)
        .max()
        .unwrap_or(0);
    let mut a = vec![0.0; all];
    let mut t = vec![0.0; c];
    let mut u = vec![0.0; most * c];
    let mut pair = vec![0.0; most * most];
    for (row, x) in data.columns.chunks_exact(c).enumerate() {
        t.copy_from_slice(x);
        let mut spread = 0.0;
        match (&model.engine, &criterion.work) {
            (Engine::Families(families), EngineWork::Families(work)) => {
                let factor = &data.factors[0];
                let q = factor.q;
                let z = &factor.z[row * q..(row + 1) * q];
                let family = factor.level[row] as usize;
                let m = families.inverse(family, work);
                // M z
                block::multiply(q, q, 1, m, z, &mut a);
                spread = block::dot(&a, z);
                let b = families.products(family);
                for (a, b) in a.iter().zip(b.chunks_exact(c)) {
                    t.iter_mut().zip(b).for_each(|(t, b)| *t -= a * b);
                }
            }
            (Engine::Blocked(blocked), EngineWork::Blocked(work)) => {
                let (mut first, mut at) = (0, 0);
                for (number, factor) in data.factors.iter().enumerate() {
                    let q = factor.q;
                    let z = &factor.z[row * q..(row + 1) * q];
                    let lambda = &criterion.lambda[at..at + q * q];
                    block::transposed(q, q, 1, lambda, z, &mut a[first..first + q]);
                    let level = factor.level[row] as usize;
                    let u = &mut u[..q * c];
                    blocked.all_modes(number, level, work, u);
                    for (a, u) in a[first..first + q].iter().zip(u.chunks_exact(c)) {
                        t.iter_mut().zip(u).for_each(|(t, u)| *t -= a * u);
                    }
                    let mut second = 0;
                    for (other, of) in data.factors[..=number].iter().enumerate() {
                        let known = &mut pair[..q * of.q];
                        let ends = ((number, level), (other, of.level[row] as usize));
                        blocked.inverse_pair(ends.0, ends.1, work, known);
                        let mut sum = 0.0;
                        let theirs = &a[second..second + of.q];
                        for (a, known) in a[first..first + q].iter().zip(known.chunks_exact(of.q)) {
                            sum += a * block::dot(known, theirs);
                        }
                        spread += if other == number { sum } else { 2.0 * sum };
                        second += of.q;
                    }
                    first += q;
                    at += q * q;
                }
            }
            _ => {}
        }
        let mut leverage = spread;
        if reml {
            for i in 0..r {
                leverage += t[i] * block::dot(&criterion.at.inverse[i * r..(i + 1) * r], &t[..r]);
            }
        }
        tell(
            row,
            AtRow {
                leverage,
                residual: block::dot(&t, &v),
            },
        );
    }
}
