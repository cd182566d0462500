//! The covariance of the coefficients: model-based, robust, and corrected for few families.
//!
//! ```text
//! Q           the whitened rows B x̃ in coordinates where Σ Q_g'Q_g = I:  B x̃ = Q U,  U upper triangular
//! e           the whitened residuals;  s_g = Q_g'e_g the score of a family,  T_g = Q_g Q_g' its hat matrix
//! V           U⁻¹ M U⁻ᵀ,  G families, r coefficients, n rows
//!   model-based              M = I
//!   robust                   M = Σ s_g s_g'
//!   Mancl–DeRouen            the same of  Q_g'(I − T_g)⁻¹ e_g
//!   Kauermann–Carroll        the same of  Q_g'(I − T_g)^(−½) e_g
//!   jackknife                (G − parameters) / G  times Mancl–DeRouen
//!   Fay–Graubard             the same of  F_g s_g,  in the coordinates of β diagonal with
//!                            (1 − min(¾, [X̃_g'R⁻¹X̃_g H⁻¹]_jj))^(−½),  H = Σ X̃'R⁻¹X̃
//!   Morel–Bokossa–Neerchal   k Σ (s_g − s̄)(s_g − s̄)' + d ξ I,  k = (n − 1) / (n − r) · G / (G − 1),
//!                            d = min(½, r / (G − r)),  ξ = max(1, tr(k Σ …) / r)
//!   Pan                      Σ Q_g'B_g C_g B_g'Q_g,  C the mean of ẽ ẽ' over the families, by pairs of waves
//!   Wang–Long                the same with the residuals of Mancl–DeRouen
//! ```
//! Kauermann and Carroll's root is that of I − H_g itself, H_g = D_g H⁻¹ D_g'V_g⁻¹, which is similar to
//! I − T_g. In these coordinates the two are what CR2 and CR3 are for least squares.
//!
//! Degrees of freedom of a contrast c, γ = U⁻ᵀc. Satterthwaite (Bell and McCaffrey): if the working model
//! holds, the variance is Σ (p_g'e)² with p_g = (I − T_g)^(−½) Q_g γ (or its like); the p_g of families g and
//! h have the covariance P_gh = δ_gh p_g'p_g − L_g'L_h, L_g = Q_g'p_g, and df = (Σ P_gg)² / Σ P_gh².
//! Pan and Wall: the variance is a sum of G numbers x_g = (γ's_g)², and df = 2 (Σ x)² / (G / (G − 1) Σ (x − x̄)²).

use kring_core::Reference;
use ndarray::{Array1, Array2, ArrayView1, ArrayView2};

use super::solve::{Model, State, Whitened};
use super::{Dof, GeeCovariance};
use crate::Error;
use crate::fit::JointReference;
use crate::linalg::{Cholesky, dot, forward_substitute, inverse_square_root, symmetric_eigen};
use crate::sandwich::Clustered;

/// Families in the coordinates of Q.
#[derive(Debug, Clone)]
pub(super) struct Scores {
    pub r: usize,
    pub starts: Vec<usize>,
    /// Q, row by row.
    q: Vec<f64>,
    e: Vec<f64>,
    /// U for the estimated columns: B x̃ = Q U and γ = R β give Q (U R).
    pub upper: Array2<f64>,
    /// s_g of each family, corrected.
    scores: Vec<f64>,
    /// The information if rows were independent.
    pub independent: Array2<f64>,
    correction: Correction,
    /// Families that determine one of their own directions.
    pub full: usize,
}

/// What is done to the residuals, or the score, of a family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Correction {
    None,
    /// (I − T)^(−½)
    Root,
    /// (I − T)⁻¹
    Inverse,
    /// Diagonal in the coordinates of β.
    Diagonal,
}

/// A leverage beyond this counts as one.
const FULL: f64 = 1.0 - 1e-10;

/// The bound of Fay and Graubard.
const BOUND: f64 = 0.75;

impl Scores {
    /// Families with their scores, as a covariance corrects them; none where the information is singular.
    pub fn new(
        model: &Model,
        whitened: Whitened,
        of_columns: &Array2<f64>,
        covariance: GeeCovariance,
    ) -> Option<Self> {
        let r = model.r();
        let root = Cholesky::new(whitened.information.view())?;
        let lower = lower_root(&whitened.information, &root);
        // Q = B x̃ L⁻ᵀ, row by row: L q = x.
        let mut q = whitened.x;
        if r > 0 {
            for row in q.chunks_exact_mut(r) {
                root.forward(row);
            }
        }
        let mut scores = Self {
            r,
            starts: model.families.starts.clone(),
            q,
            e: whitened.e,
            upper: lower.t().dot(of_columns),
            scores: Vec::new(),
            independent: congruent(&root, whitened.independent),
            correction: Correction::None,
            full: 0,
        };
        scores.correct(covariance);
        Some(scores)
    }

    /// Corrects the scores anew.
    pub fn correct(&mut self, covariance: GeeCovariance) {
        self.correction = match covariance {
            GeeCovariance::ManclDerouen | GeeCovariance::Jackknife => Correction::Inverse,
            GeeCovariance::KauermannCarroll => Correction::Root,
            GeeCovariance::FayGraubard => Correction::Diagonal,
            _ => Correction::None,
        };
        let r = self.r;
        let mut all = Vec::with_capacity(self.families() * r);
        let (mut e, mut room) = (Vec::new(), Vec::new());
        self.full = 0;
        for g in 0..self.families() {
            let range = self.starts[g]..self.starts[g + 1];
            let q = &self.q[range.start * r..range.end * r];
            e.clear();
            e.extend_from_slice(&self.e[range]);
            let full = self.correction.inflate(q, r, &mut e, &mut room);
            self.full += usize::from(full);
            let first = all.len();
            all.resize(first + r, 0.0);
            add_transposed(q, &e, &mut all[first..]);
            if self.correction == Correction::Diagonal {
                let factors = self.diagonal(q);
                let corrected = self.by_diagonal(&factors, &all[first..], Side::Score);
                all[first..].copy_from_slice(&corrected);
            }
        }
        self.scores = all;
    }

    pub fn families(&self) -> usize {
        self.starts.len() - 1
    }

    /// The score of each family, r numbers.
    fn each(&self) -> impl Iterator<Item = &[f64]> {
        (0..self.families()).map(|g| &self.scores[g * self.r..(g + 1) * self.r])
    }

    /// Σ s s'
    pub fn meat(&self) -> Array2<f64> {
        let r = self.r;
        let mut meat = Array2::zeros((r, r));
        for s in self.each() {
            for (a, sa) in s.iter().enumerate() {
                for (b, sb) in s.iter().enumerate() {
                    meat[[a, b]] += sa * sb;
                }
            }
        }
        meat
    }

    /// Σ s
    pub fn total(&self) -> Array1<f64> {
        let mut total = Array1::zeros(self.r);
        for s in self.each() {
            for (t, s) in total.iter_mut().zip(s) {
                *t += s;
            }
        }
        total
    }

    /// V from M.
    pub fn covariance(&self, meat: &Array2<f64>) -> Array2<f64> {
        let root = self.inverse_upper();
        root.dot(meat).dot(&root.t())
    }

    fn inverse_upper(&self) -> Array2<f64> {
        let r = self.r;
        let mut inverse = Array2::zeros((r, r));
        for a in 0..r {
            let mut unit = Array1::zeros(r);
            unit[a] = 1.0;
            // A row of U⁻¹ is a column of U⁻ᵀ.
            inverse
                .row_mut(a)
                .assign(&forward_substitute(self.upper.view(), unit.view()));
        }
        inverse
    }

    /// Morel, Bokossa and Neerchal's M.
    fn morel(&self) -> Array2<f64> {
        let (r, g) = (self.r as f64, self.families() as f64);
        let n = self.e.len() as f64;
        let mean = self.total() / g;
        let centre = mean.view().insert_axis(ndarray::Axis(1));
        let k = (n - 1.0) / (n - r) * g / (g - 1.0);
        let meat = (self.meat() - centre.dot(&centre.t()) * g) * k;
        let xi = (meat.diag().sum() / r.max(1.0)).max(1.0);
        let d = (r / (g - r)).min(0.5);
        meat + Array2::<f64>::eye(self.r) * (d * xi)
    }

    /// The factors of Fay and Graubard for a family.
    fn diagonal(&self, q: &[f64]) -> Vec<f64> {
        // X̃'R⁻¹X̃ H⁻¹ in the coordinates of β is U'(Q'Q)U⁻ᵀ.
        let r = self.r;
        let mut own = Array2::<f64>::zeros((r, r));
        for row in q.chunks_exact(r.max(1)) {
            for (a, x) in row.iter().enumerate() {
                for (b, y) in row.iter().enumerate() {
                    own[[a, b]] += x * y;
                }
            }
        }
        let left = self.upper.t().dot(&own);
        (0..r)
            .map(|j| {
                let mut unit = Array1::zeros(r);
                unit[j] = 1.0;
                let column = forward_substitute(self.upper.view(), unit.view());
                let share = left.row(j).dot(&column);
                1.0 / (1.0 - share.min(BOUND)).sqrt()
            })
            .collect()
    }

    /// F x or F'x, where F is diagonal in the coordinates of β: F = U⁻ᵀ diag U'.
    fn by_diagonal(&self, factors: &[f64], x: &[f64], side: Side) -> Vec<f64> {
        let x = Array1::from(x.to_vec());
        let scaled = |x: Array1<f64>| x.iter().zip(factors).map(|(x, f)| x * f).collect();
        match side {
            Side::Score => {
                let of_beta: Array1<f64> = scaled(self.upper.t().dot(&x));
                forward_substitute(self.upper.view(), of_beta.view()).to_vec()
            }
            Side::Contrast => {
                let solved = crate::linalg::back_substitute(self.upper.view(), x.view());
                let of_beta: Array1<f64> = scaled(solved);
                self.upper.dot(&of_beta).to_vec()
            }
        }
    }

    /// p_g of a family, and L_g = Q_g'p_g.
    fn direction(
        &self,
        g: usize,
        gamma: &[f64],
        p: &mut Vec<f64>,
        l: &mut Vec<f64>,
        room: &mut Vec<f64>,
    ) {
        let r = self.r;
        let q = &self.q[self.starts[g] * r..self.starts[g + 1] * r];
        p.clear();
        if self.correction == Correction::Diagonal {
            let turned = self.by_diagonal(&self.diagonal(q), gamma, Side::Contrast);
            p.extend(q.chunks_exact(r).map(|row| dot(row, &turned)));
        } else {
            p.extend(q.chunks_exact(r).map(|row| dot(row, gamma)));
            self.correction.inflate(q, r, p, room);
        }
        l.clear();
        l.resize(r, 0.0);
        add_transposed(q, p, l);
    }

    /// (Σ P_gg)² / Σ P_gh²; none where every family determines the contrast by itself.
    fn satterthwaite(&self, gamma: &[f64]) -> Option<f64> {
        let r = self.r;
        let (mut p, mut l, mut room) = (Vec::new(), Vec::new(), Vec::new());
        let mut products = vec![0.0; r * r];
        let (mut expected, mut squares) = (0.0, 0.0);
        for g in 0..self.families() {
            self.direction(g, gamma, &mut p, &mut l, &mut room);
            let overlap = dot(&l, &l);
            let own = dot(&p, &p) - overlap;
            expected += own;
            squares += own * own - overlap * overlap;
            for (a, row) in l.iter().zip(products.chunks_exact_mut(r)) {
                for (sum, b) in row.iter_mut().zip(&l) {
                    *sum += a * b;
                }
            }
        }
        squares += dot(&products, &products);
        (expected > NOTHING * dot(gamma, gamma) && squares > 0.0)
            .then(|| expected * expected / squares)
    }

    /// Pan and Wall's degrees of freedom.
    fn pan_wall(&self, gamma: &[f64]) -> Option<f64> {
        let g = self.families() as f64;
        let x: Vec<f64> = self.each().map(|s| dot(s, gamma).powi(2)).collect();
        let total: f64 = x.iter().sum();
        let mean = total / g;
        let spread: f64 = x.iter().map(|x| (x - mean).powi(2)).sum();
        let variance = g / (g - 1.0) * spread;
        (variance > 0.0 && total > 0.0).then(|| 2.0 * total * total / variance)
    }

    /// The reference of one contrast of the estimated columns.
    pub fn reference(&self, df: Dof, contrast: ArrayView1<'_, f64>) -> Option<Reference> {
        let gamma = forward_substitute(self.upper.view(), contrast).to_vec();
        let df = match df {
            Dof::Normal => return Some(Reference::Normal),
            Dof::Families => (self.families() - self.r) as f64,
            Dof::Satterthwaite => self.satterthwaite(&gamma)?,
            Dof::PanWall => self.pan_wall(&gamma)?,
        };
        (df.is_finite() && df > 0.0).then_some(Reference::StudentT { df })
    }

    /// The reference of several.
    pub fn joint_reference(
        &self,
        df: Dof,
        contrasts: ArrayView2<'_, f64>,
    ) -> Result<JointReference, Error> {
        let q = contrasts.nrows() as f64;
        match df {
            Dof::Normal => Ok(JointReference {
                scale: 1.0,
                reference: Reference::ChiSquared { df: q },
            }),
            Dof::Families => Ok(JointReference {
                scale: 1.0 / q,
                reference: Reference::F {
                    numerator: q,
                    denominator: (self.families() - self.r) as f64,
                },
            }),
            Dof::Satterthwaite => self
                .clustered()
                .joint_reference(self.upper.view(), contrasts),
            Dof::PanWall => self.joint_pan_wall(contrasts),
        }
    }

    /// The families as those of a sandwich: Q_g and S_g.
    fn clustered(&self) -> Clustered {
        let r = self.r;
        let mut room = Vec::new();
        let parts = (0..self.families()).map(|g| {
            let range = self.starts[g]..self.starts[g + 1];
            let n = range.len();
            let q = &self.q[range.start * r..range.end * r];
            let rows = Array2::from_shape_fn((n, r), |(i, a)| q[i * r + a]);
            let mut s = rows.clone();
            if self.correction == Correction::Diagonal {
                let factors = self.diagonal(q);
                for (a, mut column) in s.columns_mut().into_iter().enumerate() {
                    let mut unit = vec![0.0; r];
                    unit[a] = 1.0;
                    let turned = self.by_diagonal(&factors, &unit, Side::Contrast);
                    column.assign(&rows.dot(&Array1::from(turned)));
                }
            } else {
                for mut column in s.columns_mut() {
                    let mut p = column.to_vec();
                    self.correction.inflate(q, r, &mut p, &mut room);
                    column.assign(&Array1::from(p));
                }
            }
            (rows, s)
        });
        Clustered::of_adjusted(r, parts)
    }

    /// Hotelling's T² with the degrees of freedom that match the total variance of Σ s s', seen in the data.
    fn joint_pan_wall(&self, contrasts: ArrayView2<'_, f64>) -> Result<JointReference, Error> {
        let q = contrasts.nrows();
        let mut gamma = Array2::zeros((self.r, q));
        for (k, row) in contrasts.rows().into_iter().enumerate() {
            gamma
                .column_mut(k)
                .assign(&forward_substitute(self.upper.view(), row));
        }
        let variance = gamma.t().dot(&self.meat()).dot(&gamma);
        let root = gamma.dot(&inverse_square_root(&variance, 0.0));
        let g = self.families() as f64;
        let each: Vec<Vec<f64>> = self
            .each()
            .map(|s| root.t().dot(&ArrayView1::from(s)).to_vec())
            .collect();
        let mut total = 0.0;
        for a in 0..q {
            for b in 0..q {
                let mean = if a == b { 1.0 / g } else { 0.0 };
                let spread = each.iter().map(|x| (x[a] * x[b] - mean).powi(2));
                total += g / (g - 1.0) * spread.sum::<f64>();
            }
        }
        let q = q as f64;
        let df = q * (q + 1.0) / total;
        let denominator = df - q + 1.0;
        if !(denominator.is_finite() && denominator > 0.0) {
            return Err(Error::Unsupported {
                what: format!("a joint test of {q} contrasts with {df:.1} degrees of freedom"),
                hint: "test fewer at once, or choose `families`".to_owned(),
            });
        }
        Ok(JointReference {
            scale: denominator / (df * q),
            reference: Reference::F {
                numerator: q,
                denominator,
            },
        })
    }
}

/// Below this share of its size an expected variance is zero but for rounding.
const NOTHING: f64 = 1e-12;

/// Whether the scores or a contrast is corrected.
#[derive(Clone, Copy)]
enum Side {
    Score,
    Contrast,
}

/// L of S = L L', from its root.
fn lower_root(s: &Array2<f64>, root: &Cholesky) -> Array2<f64> {
    // L⁻¹S = L'.
    let mut lower = Array2::zeros(s.dim());
    for (j, column) in s.columns().into_iter().enumerate() {
        let mut x = column.to_vec();
        root.forward(&mut x);
        for (i, x) in x.into_iter().enumerate() {
            lower[[j, i]] = if i <= j { x } else { 0.0 };
        }
    }
    lower
}

/// L⁻¹ S L⁻ᵀ of a symmetric S.
fn congruent(root: &Cholesky, mut s: Array2<f64>) -> Array2<f64> {
    for _ in 0..2 {
        for mut column in s.columns_mut() {
            let mut x = column.to_vec();
            root.forward(&mut x);
            column.assign(&Array1::from(x));
        }
        s = s.t().to_owned();
    }
    s
}

/// Adds Q'x.
fn add_transposed(q: &[f64], x: &[f64], out: &mut [f64]) {
    if out.is_empty() {
        return;
    }
    for (row, x) in q.chunks_exact(out.len()).zip(x) {
        for (o, q) in out.iter_mut().zip(row) {
            *o += q * x;
        }
    }
}

impl Correction {
    /// x ← (I − Q Q')^(−power) x; whether a direction is determined by the family alone, where the inverse
    /// is a pseudo-inverse. `room` is room for a term of the series.
    fn inflate(self, q: &[f64], r: usize, x: &mut [f64], room: &mut Vec<f64>) -> bool {
        let root = match self {
            Self::None | Self::Diagonal => return false,
            Self::Root => true,
            Self::Inverse => false,
        };
        // The trace bounds the largest eigenvalue: where it is small the series Σ c_k T^k ends soon.
        let trace = dot(q, q);
        if r == 0 || trace == 0.0 {
            return false;
        }
        if trace < SMALL {
            room.clear();
            room.extend_from_slice(x);
            room.resize(x.len() + r, 0.0);
            let (term, along) = room.split_at_mut(x.len());
            let size = dot(x, x);
            let mut k = 1.0;
            while dot(term, term) > 1e-34 * size {
                along.fill(0.0);
                add_transposed(q, term, along);
                let c = if root {
                    (2.0 * k - 1.0) / (2.0 * k)
                } else {
                    1.0
                };
                for ((t, x), row) in term.iter_mut().zip(x.iter_mut()).zip(q.chunks_exact(r)) {
                    *t = c * dot(row, along);
                    *x += *t;
                }
                k += 1.0;
            }
            return false;
        }
        by_eigen(q, r, x, root)
    }
}

/// The series is used below this trace.
const SMALL: f64 = 0.2;

/// The same by the directions of T.
fn by_eigen(q: &[f64], r: usize, x: &mut [f64], root: bool) -> bool {
    let n = x.len();
    let rows = Array2::from_shape_fn((n, r), |(i, a)| q[i * r + a]);
    let (directions, values) = if n <= r {
        let eigen = symmetric_eigen(&rows.dot(&rows.t()));
        (eigen.vectors, eigen.values)
    } else {
        let eigen = symmetric_eigen(&rows.t().dot(&rows));
        let mut directions = rows.dot(&eigen.vectors);
        for (mut column, &value) in directions.columns_mut().into_iter().zip(&eigen.values) {
            let length = value.max(0.0).sqrt();
            // What has no length is not moved.
            column.mapv_inplace(|d| if length > 1e-12 { d / length } else { 0.0 });
        }
        (directions, eigen.values)
    };
    let along = directions.t().dot(&ArrayView1::from(&*x));
    let mut full = false;
    for ((d, &value), &a) in directions.columns().into_iter().zip(&values).zip(&along) {
        let left = 1.0 - value.clamp(0.0, 1.0);
        let factor = if value >= FULL {
            full = true;
            0.0
        } else if root {
            1.0 / left.sqrt()
        } else {
            1.0 / left
        };
        for (x, d) in x.iter_mut().zip(&d) {
            *x += (factor - 1.0) * a * d;
        }
    }
    full
}

/// M of a covariance; `raw` are the standardised residuals before they were whitened.
pub(super) fn meat(
    covariance: GeeCovariance,
    scores: &Scores,
    model: &Model,
    state: &State,
    raw: &[f64],
) -> Array2<f64> {
    match covariance {
        GeeCovariance::ModelBased => Array2::eye(scores.r),
        GeeCovariance::MorelBokossaNeerchal => scores.morel(),
        GeeCovariance::Pan | GeeCovariance::WangLong => {
            pooled(covariance, scores, model, state, raw)
        }
        GeeCovariance::Jackknife => {
            let g = scores.families() as f64;
            let scale = match model.scale {
                super::Scale::Fixed(_) => 0,
                _ => state.phi.len(),
            };
            let parameters = scores.r + scale + model.structure.parameters();
            scores.meat() * ((g - parameters as f64) / g).max(0.0)
        }
        _ => scores.meat(),
    }
}

/// B_g, n_g × n_g: B_g'B_g = R_g⁻¹.
fn dense_root(model: &Model, state: &State, family: usize) -> Array2<f64> {
    let n = model.families.range(family).len();
    let mut b = vec![0.0; n * n];
    for i in 0..n {
        b[i * n + i] = 1.0;
    }
    // The rows have been whitened before, so that this cannot fail.
    model.structure.whiten(
        &model.families,
        &state.working,
        family,
        &mut b,
        n,
        &mut Vec::new(),
    );
    Array2::from_shape_fn((n, n), |(i, j)| b[i * n + j])
}

/// Pan's M, or Wang and Long's.
fn pooled(
    covariance: GeeCovariance,
    scores: &Scores,
    model: &Model,
    state: &State,
    raw: &[f64],
) -> Array2<f64> {
    let families = &model.families;
    let t = families.places.len();
    let mut sums = Array2::<f64>::zeros((t, t));
    let mut counts = Array2::<f64>::zeros((t, t));
    let mut room = Vec::new();
    let r = scores.r;
    for g in 0..families.count() {
        let range = families.range(g);
        let places = &families.place[range.clone()];
        let residual: Vec<f64> = if covariance == GeeCovariance::Pan {
            raw[range].to_vec()
        } else {
            let mut e = scores.e[range.clone()].to_vec();
            let q = &scores.q[range.start * r..range.end * r];
            Correction::Inverse.inflate(q, r, &mut e, &mut room);
            // B⁻¹ = R B'
            let back = dense_root(model, state, g).t().dot(&Array1::from(e));
            let n = back.len();
            let rho = |j, k| {
                model
                    .structure
                    .correlation(families, &state.working, g, j, k)
            };
            let row = |j: usize| (0..n).map(|k| rho(j, k) * back[k]).sum();
            (0..n).map(row).collect()
        };
        for (&j, x) in places.iter().zip(&residual) {
            for (&k, y) in places.iter().zip(&residual) {
                sums[[j as usize, k as usize]] += x * y;
                counts[[j as usize, k as usize]] += 1.0;
            }
        }
    }
    let mean = Array2::from_shape_fn((t, t), |at| {
        if counts[at] > 0.0 {
            sums[at] / counts[at]
        } else {
            0.0
        }
    });
    let mut meat = Array2::<f64>::zeros((r, r));
    for g in 0..families.count() {
        let range = families.range(g);
        let places = &families.place[range.clone()];
        let n = places.len();
        let q = Array2::from_shape_fn((n, r), |(i, a)| scores.q[(range.start + i) * r + a]);
        let c = Array2::from_shape_fn((n, n), |(j, k)| {
            mean[[places[j] as usize, places[k] as usize]]
        });
        // The residuals that are pooled stand before B: Q'B C B'Q.
        let along = dense_root(model, state, g).t().dot(&q);
        meat += &along.t().dot(&c).dot(&along);
    }
    meat
}
