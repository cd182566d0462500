//! What a linear mixed model reads of a design, once: the rows that count, √w x̃ and √w ỹ.
//!
//! ```text
//! x̃ = (x − mean) / deviation beside an intercept, x / root mean square without one;  X = X̃ B⁻¹
//! ỹ = y − offset − X β₀ with β₀ by least squares, so that nothing large is left to cancel
//! ```
//! Where the columns all but contain one another, X̃ is √n Q of R's pivoted X P = Q R instead, and the
//! columns that add nothing are left out, as in R.

use kring_core::{Design, WeightKind};
use ndarray::{Array1, Array2, ArrayView2};

use crate::Error;
use crate::linalg::Qr;
use crate::random::{Factor, block};
use crate::regression::{aliases, has_intercept};

pub(super) const METHOD: &str = "a linear mixed model";

/// The rows of a design on the scale of the search.
#[derive(Debug, Clone)]
pub(super) struct Data {
    /// The rows of the design that count: those whose weight is not zero.
    pub rows: Vec<u32>,
    /// How many observations they are; a frequency weight counts as many.
    pub n: f64,
    /// √w [x̃ ỹ], a row a row, r + 1 columns.
    pub columns: Vec<f64>,
    /// Σ ln w of precision weights, which belongs to the log-likelihood.
    pub ln_weights: f64,
    pub fixed: Fixed,
    /// The factors, z̃ times √w.
    pub factors: Vec<Factor>,
}

/// The fixed effects on both scales: β = β₀ + B γ.
#[derive(Debug, Clone)]
pub(crate) struct Fixed {
    pub estimated: Vec<usize>,
    pub aliases: Array2<f64>,
    /// B, r × r.
    pub back: Array2<f64>,
    pub shift: Array1<f64>,
    /// ln |B|
    pub ln_back: f64,
}

impl Data {
    pub fn new(design: &Design) -> Result<Self, Error> {
        let Some(y) = design.response().numbers() else {
            return Err(Error::Response {
                method: "the linear mixed model",
                name: design.response_name().to_owned(),
                expected: "one number a row",
                found: "of another kind",
            });
        };
        let part = design.mean();
        let (rows, weights) = weighed(design)?;
        let n = match (&weights, design.weights().map(|w| w.kind)) {
            (Some(w), Some(WeightKind::Frequency)) => w.iter().sum(),
            _ => rows.len() as f64,
        };
        let ln_weights = match (&weights, design.weights().map(|w| w.kind)) {
            (Some(w), Some(WeightKind::Precision)) => w.iter().map(|w| w.ln()).sum(),
            _ => 0.0,
        };
        let mut factors = Factor::all(part, &rows, METHOD)?;
        let roots: Option<Vec<f64>> = weights.map(|w| w.iter().map(|w| w.sqrt()).collect());
        if let Some(roots) = &roots {
            for factor in &mut factors {
                let q = factor.q;
                for (z, root) in factor.z.chunks_exact_mut(q).zip(roots) {
                    for z in z {
                        *z *= root;
                    }
                }
            }
        }
        let x = part.x();
        let x = x.as_standard_layout();
        let offset = part.offset.as_ref();
        let response = |row: u32| {
            let row = row as usize;
            y[row] - offset.map_or(0.0, |offset| offset[row])
        };
        let intercept = has_intercept(part)
            && x.ncols() > 0
            && rows.iter().all(|&row| x[[row as usize, 0]] == 1.0);
        let outcome = Outcome {
            x: x.view(),
            y: rows.iter().map(|&row| response(row)).collect(),
            rows: &rows,
            roots: roots.as_deref(),
        };
        let (fixed, columns) = match outcome.centred(intercept) {
            Some(found) => found,
            None => outcome.orthonormal(),
        };
        let c = fixed.estimated.len() + 1;
        if n <= (c - 1) as f64 {
            return Err(Error::TooFew {
                method: METHOD,
                what: "rows".to_owned(),
                needed: c,
                found: rows.len(),
            });
        }
        let size: f64 = outcome.y.iter().map(|y| y * y).sum();
        let left: f64 = columns.chunks_exact(c).map(|row| row[c - 1].powi(2)).sum();
        if !(size.is_finite() && left.is_finite() && fixed.ln_back.is_finite()) {
            return Err(Error::Overflow {
                what: format!("the linear mixed model of `{}`", design.response_name()),
            });
        }
        if left <= 1e-26 * size || left == 0.0 {
            return Err(Error::Constant {
                method: METHOD,
                what: format!(
                    "`{}`, once the fixed effects are taken out,",
                    design.response_name()
                ),
            });
        }
        Ok(Self {
            rows,
            n,
            columns,
            ln_weights,
            fixed,
            factors,
        })
    }

    /// The same rows with other precisions; each stands for so many copies.
    pub fn reweighed(&self, precision: &[f64], copies: &[f64]) -> Self {
        let mut data = self.clone();
        let c = self.c();
        for (row, p) in data.columns.chunks_exact_mut(c).zip(precision) {
            let root = p.sqrt();
            for x in row {
                *x *= root;
            }
        }
        for factor in &mut data.factors {
            for (z, p) in factor.z.chunks_exact_mut(factor.q).zip(precision) {
                let root = p.sqrt();
                for z in z {
                    *z *= root;
                }
            }
        }
        let added = precision.iter().zip(copies).map(|(p, f)| f * p.ln());
        data.ln_weights += added.sum::<f64>();
        data
    }

    /// All but the columns, to be given others.
    pub fn without_columns(&self) -> Self {
        Self {
            rows: self.rows.clone(),
            n: self.n,
            columns: Vec::new(),
            ln_weights: self.ln_weights,
            fixed: self.fixed.clone(),
            factors: self.factors.clone(),
        }
    }

    /// Σ ỹ²: what the fixed effects leave, in least squares.
    pub fn sum_of_squares(&self) -> f64 {
        let c = self.c();
        self.columns
            .iter()
            .skip(c - 1)
            .step_by(c)
            .map(|y| y * y)
            .sum()
    }

    /// r + 1
    pub fn c(&self) -> usize {
        self.fixed.estimated.len() + 1
    }
}

/// The rows that count, and their weights where there are any.
fn weighed(design: &Design) -> Result<(Vec<u32>, Option<Vec<f64>>), Error> {
    let too_many = || Error::Unsupported {
        what: "a mixed model of more than four thousand million rows".to_owned(),
        hint: "aggregate them first".to_owned(),
    };
    let n = u32::try_from(design.rows()).map_err(|_| too_many())?;
    let Some(weights) = design.weights() else {
        return Ok(((0..n).collect(), None));
    };
    if weights.kind == WeightKind::Sampling {
        return Err(Error::Unsupported {
            what: "sampling weights in a linear mixed model".to_owned(),
            hint: "use precision or frequency weights, or a model with cluster-robust errors"
                .to_owned(),
        });
    }
    let rows: Vec<u32> = (0..n)
        .filter(|&row| weights.values[row as usize] > 0.0)
        .collect();
    if rows.is_empty() {
        return Err(Error::TooFew {
            method: METHOD,
            what: "rows whose weight is not zero".to_owned(),
            needed: 1,
            found: 0,
        });
    }
    let values = rows
        .iter()
        .map(|&row| weights.values[row as usize])
        .collect();
    Ok((rows, Some(values)))
}

/// What is explained, and by which columns.
pub(crate) struct Outcome<'a> {
    pub x: ArrayView2<'a, f64>,
    pub y: Vec<f64>,
    pub rows: &'a [u32],
    pub roots: Option<&'a [f64]>,
}

impl Outcome<'_> {
    fn row(&self, place: usize) -> &[f64] {
        let p = self.x.ncols();
        let start = self.rows[place] as usize * p;
        self.x.as_slice().map_or(&[], |all| &all[start..start + p])
    }

    fn root(&self, place: usize) -> f64 {
        self.roots.map_or(1.0, |roots| roots[place])
    }

    /// Centred and scaled columns; none where they come close to containing one another.
    pub fn centred(&self, intercept: bool) -> Option<(Fixed, Vec<f64>)> {
        let (m, p) = (self.y.len(), self.x.ncols());
        let c = p + 1;
        let mut mean = vec![0.0; c];
        if intercept {
            let mut total = 0.0;
            for place in 0..m {
                let w = self.root(place).powi(2);
                total += w;
                for (mean, x) in mean.iter_mut().zip(self.row(place)) {
                    *mean += w * x;
                }
                mean[p] += w * self.y[place];
            }
            for mean in &mut mean {
                *mean /= total;
            }
            mean[0] = 0.0;
        }
        let mut columns = vec![0.0; m * c];
        let mut gram = vec![0.0; c * c];
        for (place, out) in columns.chunks_exact_mut(c).enumerate() {
            let root = self.root(place);
            for (out, (x, mean)) in out.iter_mut().zip(self.row(place).iter().zip(&mean)) {
                *out = root * (x - mean);
            }
            out[p] = root * (self.y[place] - mean[p]);
            for i in 0..c {
                let x = out[i];
                for (g, y) in gram[i * c..=i * c + i].iter_mut().zip(&out[..=i]) {
                    *g += x * y;
                }
            }
        }
        let n = m as f64;
        let scale: Vec<f64> = (0..p).map(|j| (gram[j * c + j] / n).sqrt()).collect();
        if !scale.iter().all(|&s| s > 1e-150 && s < 1e150) {
            return None;
        }
        // A column whose deviation drowns in its mean is as good as constant.
        if (1..p).any(|j| intercept && scale[j] < 1e-6 * mean[j].abs()) {
            return None;
        }
        let mut root: Vec<f64> = (0..p * p)
            .map(|ij| {
                let (i, j) = (ij / p, ij % p);
                gram[i.max(j) * c + i.min(j)] / (n * scale[i] * scale[j])
            })
            .collect();
        block::cholesky(p, &mut root)?;
        if (0..p).any(|j| root[j * p + j].powi(2) < 1e-4) {
            return None;
        }
        let mut ols: Vec<f64> = (0..p).map(|j| gram[p * c + j] / (n * scale[j])).collect();
        block::forward(p, &root, &mut ols);
        block::backward(p, &root, &mut ols);
        let inverse: Vec<f64> = scale.iter().map(|s| 1.0 / s).collect();
        for row in columns.chunks_exact_mut(c) {
            let mut fitted = 0.0;
            for j in 0..p {
                row[j] *= inverse[j];
                fitted += row[j] * ols[j];
            }
            row[p] -= fitted;
        }
        let mut back = Array2::from_diag(&Array1::from(inverse));
        if intercept {
            for j in 1..p {
                back[[0, j]] = -mean[j] / scale[j];
            }
        }
        let mut shift = back.dot(&Array1::from(ols));
        if intercept {
            shift[0] += mean[p];
        }
        let fixed = Fixed {
            estimated: (0..p).collect(),
            aliases: Array2::zeros((p, 0)),
            ln_back: -scale.iter().map(|s| s.ln()).sum::<f64>(),
            back,
            shift,
        };
        Some((fixed, columns))
    }

    /// Orthonormal columns, with R's pivoting.
    pub fn orthonormal(&self) -> (Fixed, Vec<f64>) {
        let (m, p) = (self.y.len(), self.x.ncols());
        let x = Array2::from_shape_fn((m, p), |(i, j)| self.root(i) * self.row(i)[j]);
        let y: Array1<f64> = (0..m).map(|i| self.root(i) * self.y[i]).collect();
        let qr = Qr::new(x.view());
        let r = qr.rank;
        let size = (m as f64).sqrt();
        let effects = qr.q.t().dot(&y);
        // Twice, for what the first leaves.
        let left = &y - &qr.q.dot(&effects);
        let again = qr.q.t().dot(&left);
        let left = left - qr.q.dot(&again);
        let mut columns = vec![0.0; m * (r + 1)];
        for (i, row) in columns.chunks_exact_mut(r + 1).enumerate() {
            for (j, out) in row[..r].iter_mut().enumerate() {
                *out = qr.q[[i, j]] * size;
            }
            row[r] = left[i];
        }
        let fixed = Fixed {
            estimated: qr.pivot[..r].to_vec(),
            aliases: aliases(&qr, p),
            back: qr.r_inverse() * size,
            shift: qr.solve((&effects + &again).view()),
            ln_back: -(0..r)
                .map(|j| (qr.r[[j, j]].abs() / size).ln())
                .sum::<f64>(),
        };
        (fixed, columns)
    }
}
