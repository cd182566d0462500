//! What is predicted: the random effects of each level, and the response.
//!
//! ```text
//! b_j = Λ H⁻¹ Λ' Z_j'(y − Xβ),   Var(b_j | y) = σ² (Λ H⁻¹ Λ')_jj, given the parameters
//! ```

use kring_core::{Design, RandomTerm};
use ndarray::{Array1, Array2, ArrayView1};
use serde::{Deserialize, Serialize};

use super::components::RandomCovariance;
use super::criterion::{Engine, EngineWork};
use super::search::{Found, Model};
use crate::Coefficients;
use crate::optimise::Objective;

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
    /// Their conditional covariance, level by level.
    pub covariances: Vec<Array2<f64>>,
}

impl Modes {
    /// The conditional standard deviations, a row a level, a column an effect.
    pub fn std_deviations(&self) -> Array2<f64> {
        Array2::from_shape_fn(self.values.dim(), |(level, effect)| {
            self.covariances[level][[effect, effect]].max(0.0).sqrt()
        })
    }
}

/// The modes of all terms, in the order of the formula.
pub(super) fn all(model: &Model, found: &Found, sigma2: f64) -> Vec<Modes> {
    let mut criterion = model.criterion(found.reml);
    criterion.value(&found.theta);
    let v = criterion.v();
    let mut terms = Vec::new();
    for (number, factor) in model.data.factors.iter().enumerate() {
        let (q, levels) = (factor.q, factor.levels());
        let mut values = Array2::zeros((levels, q));
        let mut covariances = vec![Array2::zeros((q, q)); levels];
        let (mut mode, mut variance) = (vec![0.0; q], vec![0.0; q * q]);
        for level in 0..levels {
            match (&model.engine, &criterion.work) {
                (Engine::Families(families), EngineWork::Families(work)) => {
                    families.modes(level, &v, work, &mut mode, &mut variance);
                }
                (Engine::Blocked(_), EngineWork::Blocked(_)) => { let _ = number; }
                _ => {}
            }
            let own = factor.unscale.dot(&ArrayView1::from(&mode));
            values.row_mut(level).assign(&own);
            let relative = Array2::from_shape_fn((q, q), |(i, j)| variance[i * q + j]);
            covariances[level] = factor.covariance(relative.view()) * sigma2;
        }
        for place in &factor.terms {
            let own = place.first..place.first + place.columns.len();
            let of = |matrix: &Array2<f64>| matrix.slice(ndarray::s![own.clone(), own.clone()]).to_owned();
            terms.push((
                place.term,
                Modes {
                    group: factor.name.clone(),
                    columns: place.columns.clone(),
                    levels: factor.labels.clone(),
                    values: values.slice(ndarray::s![.., own.clone()]).to_owned(),
                    covariances: covariances.iter().map(of).collect(),
                },
            ));
        }
    }
    terms.sort_by_key(|(term, _)| *term);
    terms.into_iter().map(|(_, modes)| modes).collect()
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
