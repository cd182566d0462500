//! What is predicted: the random effects of each level, and the response.
//!
//! ```text
//! b_j = Λ H⁻¹ Λ' Z_j'(y − Xβ),   Var(b_j | y) = σ² (Λ H⁻¹ Λ')_jj, given the parameters
//! ```

use kring_core::{Design, RandomTerm};
use ndarray::{Array1, Array2, Array3};
use serde::{Deserialize, Serialize};

use super::components::RandomCovariance;
use super::criterion::{Engine, EngineWork};
use super::search::{Found, Model};
use crate::Coefficients;
use crate::optimise::Objective;
use crate::random::{Factor, Place, block};

/// The predicted random effects of one term: their conditional modes, given the estimates.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Modes {
    /// The grouping: `family`.
    pub group: String,
    /// The effects: `(Intercept)`, `wave`.
    pub columns: Vec<String>,
    /// The levels that have rows.
    pub levels: Vec<String>,
    /// The modes, a row a level, a column an effect.
    pub values: Array2<f64>,
    /// Their conditional covariances, level × effect × effect.
    pub covariances: Array3<f64>,
}

impl Modes {
    /// The conditional standard deviations, a row a level, a column an effect.
    pub fn std_deviations(&self) -> Array2<f64> {
        Array2::from_shape_fn(self.values.dim(), |(level, effect)| {
            self.covariances[[level, effect, effect]].max(0.0).sqrt()
        })
    }
}

/// The modes of all terms, in the order of the formula.
pub(super) fn all(model: &Model, found: &Found, sigma2: f64) -> Vec<Modes> {
    let mut criterion = model.criterion(found.reml);
    criterion.floor = 0.0;
    criterion.value(&found.theta);
    let v = criterion.v();
    if let (Engine::Blocked(blocked), EngineWork::Blocked(work)) =
        (&model.engine, &mut criterion.work)
    {
        blocked.ready(work);
    }
    let mut lambda_at = 0;
    let mut terms = Vec::new();
    for (number, factor) in model.data.factors.iter().enumerate() {
        let q = factor.q;
        let mut terms_of: Vec<Modes> = factor
            .terms
            .iter()
            .map(|place| empty(factor, place))
            .collect();
        let unscale: Vec<f64> = factor.unscale.iter().copied().collect();
        let (mut mode, mut variance) = (vec![0.0; q], vec![0.0; q * q]);
        let (mut u, mut h, mut product) = (vec![0.0; q], vec![0.0; q * q], vec![0.0; q * q]);
        for level in 0..factor.levels() {
            match (&model.engine, &criterion.work) {
                (Engine::Families(families), EngineWork::Families(work)) => {
                    families.modes(level, &v, work, &mut mode, &mut variance);
                }
                (Engine::Blocked(blocked), EngineWork::Blocked(work)) => {
                    // b̃ = Λ û, with variance Λ (H⁻¹)_jj Λ'.
                    blocked.mode(number, level, &v, work, &mut u);
                    blocked.inverse_block(number, level, work, &mut h);
                    let lambda = &criterion.lambda[lambda_at..lambda_at + q * q];
                    block::multiply(q, q, 1, lambda, &u, &mut mode);
                    block::multiply(q, q, q, lambda, &h, &mut product);
                    for i in 0..q {
                        for j in 0..q {
                            let (a, b) =
                                (&product[i * q..(i + 1) * q], &lambda[j * q..(j + 1) * q]);
                            variance[i * q + j] = block::dot(a, b);
                        }
                    }
                }
                _ => {}
            }
            // b = T⁻¹ b̃, Var b = σ² T⁻¹ M T⁻ᵀ; T⁻¹ is an upper triangle.
            block::multiply(q, q, 1, &unscale, &mode, &mut u);
            block::multiply(q, q, q, &unscale, &variance, &mut product);
            for (place, modes) in factor.terms.iter().zip(&mut terms_of) {
                for i in 0..place.columns.len() {
                    let row = place.first + i;
                    modes.values[[level, i]] = u[row];
                    for j in 0..place.columns.len() {
                        let column = place.first + j;
                        let (a, b) = (
                            &product[row * q..(row + 1) * q],
                            &unscale[column * q..(column + 1) * q],
                        );
                        modes.covariances[[level, i, j]] = sigma2 * block::dot(a, b);
                    }
                }
            }
        }
        lambda_at += q * q;
        terms.extend(factor.terms.iter().map(|place| place.term).zip(terms_of));
    }
    terms.sort_by_key(|(term, _)| *term);
    terms.into_iter().map(|(_, modes)| modes).collect()
}

/// Room for the modes of a term.
fn empty(factor: &Factor, place: &Place) -> Modes {
    let (levels, q) = (factor.levels(), place.columns.len());
    Modes {
        group: factor.name.clone(),
        columns: place.columns.clone(),
        levels: factor.labels.clone(),
        values: Array2::zeros((levels, q)),
        covariances: Array3::zeros((levels, q, q)),
    }
}

/// What the model says of the rows.
pub(super) struct Predicted {
    pub fitted: Array1<f64>,
    pub residuals: Array1<f64>,
    pub fixed_variance: f64,
    pub random_variance: f64,
}

pub(super) fn predict(
    design: &Design,
    coefficients: &Coefficients,
    modes: &[Modes],
    random: &[RandomCovariance],
) -> Predicted {
    let part = design.mean();
    let n = design.rows();
    let mut beta = Array1::zeros(part.x.ncols());
    for (&j, &b) in coefficients.estimated.iter().zip(&coefficients.values) {
        beta[j] = b;
    }
    let fixed = part.x.dot(&beta);
    let mean = fixed.sum() / n as f64;
    let squares: f64 = fixed.iter().map(|x| (x - mean).powi(2)).sum();
    let mut fitted = match &part.offset {
        Some(offset) => &fixed + offset,
        None => fixed,
    };
    let mut random_variance = 0.0;
    for ((term, modes), covariance) in part.random.iter().zip(modes).zip(random) {
        let places = places(term, modes);
        let q = term.z.ncols();
        for row in 0..n {
            let z = term.z.row(row);
            if let Some(level) = places[term.grouping.index[row] as usize] {
                let b = modes.values.row(level);
                fitted[row] += (0..q).map(|j| z[j] * b[j]).sum::<f64>();
            }
            for i in 0..q {
                for j in 0..q {
                    random_variance += z[i] * covariance.covariance[[i, j]] * z[j];
                }
            }
        }
    }
    let residuals = match design.response().numbers() {
        Some(y) => &y - &fitted,
        None => Array1::zeros(n),
    };
    Predicted {
        fitted,
        residuals,
        fixed_variance: if n > 1 { squares / (n - 1) as f64 } else { 0.0 },
        random_variance: random_variance / n as f64,
    }
}

/// For each level of a grouping its row among the modes; levels without rows have none.
pub(crate) fn places(term: &RandomTerm, modes: &Modes) -> Vec<Option<usize>> {
    let mut next = modes.levels.iter().enumerate().peekable();
    term.grouping
        .levels
        .iter()
        .map(|level| match next.peek() {
            Some((place, known)) if *known == level => {
                let place = *place;
                next.next();
                Some(place)
            }
            _ => None,
        })
        .collect()
}
