//! What single families do to a mixed model: its fixed effects without each of them.

use ndarray::{Array1, Array2};
use serde::{Deserialize, Serialize};

use crate::Coefficients;
use crate::linalg::Cholesky;

/// The fixed effects without each family.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Influence {
    /// The grouping whose levels are left out.
    pub group: String,
    /// The levels.
    pub levels: Vec<String>,
    /// The estimated columns.
    pub columns: Vec<String>,
    /// The coefficients without each level, a row a level.
    pub without: Array2<f64>,
    /// Cook's distance: how far all coefficients move together, d'V⁻¹d / p with the fit's covariance V of p
    /// coefficients. A distance of one moves them to the edge of their joint 40 to 60% region.
    pub cooks_distances: Array1<f64>,
    /// Levels without which not all coefficients can be estimated.
    pub indispensable: Vec<String>,
    /// How the coefficients were found, in words.
    pub method: String,
}

/// The coefficients without a level; none where they cannot be estimated.
pub(crate) struct Without {
    pub level: String,
    pub values: Option<Array1<f64>>,
}

impl Influence {
    pub(crate) fn of(
        group: &str,
        coefficients: &Coefficients,
        each: Vec<Without>,
        method: &str,
    ) -> Self {
        let p = coefficients.values.len();
        let root = coefficients
            .covariance
            .as_ref()
            .and_then(|v| Cholesky::new(v.view()));
        let (mut levels, mut indispensable) = (Vec::new(), Vec::new());
        let (mut rows, mut distances) = (Vec::new(), Vec::new());
        for one in each {
            match (one.values, &root) {
                (Some(values), Some(root)) if values.iter().all(|x| x.is_finite()) => {
                    let moved = &values - &coefficients.values;
                    distances.push(root.solve(moved.view()).dot(&moved) / p as f64);
                    levels.push(one.level);
                    rows.push(values);
                }
                _ => indispensable.push(one.level),
            }
        }
        Self {
            group: group.to_owned(),
            columns: coefficients
                .estimated
                .iter()
                .map(|&j| coefficients.columns[j].clone())
                .collect(),
            without: Array2::from_shape_fn((rows.len(), p), |(i, j)| rows[i][j]),
            cooks_distances: distances.into(),
            levels,
            indispensable,
            method: method.to_owned(),
        }
    }
}
