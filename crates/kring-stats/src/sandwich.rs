//! Sandwich covariances of least squares, by row and by cluster, with their degrees of freedom.
//!
//! ```text
//! X = Q R,  e the residuals,  Q_g and e_g the rows of cluster g
//! V = R⁻¹ M R⁻ᵀ,  M = Σ_g Q_g' A_g e_g e_g' A_g Q_g
//! CR0  A_g = I      CR2  A_g = (I − Q_g Q_g')^(−½)      CR3  A_g = (I − Q_g Q_g')⁻¹
//! ```
//! With the thin decomposition Q_g'Q_g = V_g Λ_g V_g' of at most min(n_g, r) directions nothing
//! n_g × n_g is needed: S_g = A_g Q_g = Q_g (I + V_g (φ(Λ_g) − 1) V_g') with φ(λ) = 1, (1 − λ)^(−½) or
//! (1 − λ)⁻¹. A direction with λ = 1 is determined by its cluster alone; there φ = 0 (pseudo-inverse).
//!
//! Where weights w are inverse variances, Q and e are those of √w X and √w y. A root of
//! I − Q_g Q_g' is then not the only one: CR2 takes Pustejovsky and Tipton's,
//! which is symmetric for the rows before they are weighed, S_g = W⁻¹ (W⁻¹ (I − Q_g Q_g') W⁻¹)^(−½) Q_g.
//! It differs where weights differ within a cluster, and needs n_g × n_g there.
//!
//! Degrees of freedom (Bell & McCaffrey; Pustejovsky & Tipton), with independent errors of one
//! variance (after weighing) as working model. A contrast c of the coefficients is Σ_g p_g'e with
//! p_g'p_h = δ_gh D_g − W_g'W_h, where for γ = R⁻ᵀc (all contrasts side by side, r × q)
//! D_g = γ'S_g'S_g γ and W_g = Q_g'S_g γ. For one contrast df = (Σ p_g'p_g)² / Σ (p_g'p_h)²;
//! for q of them Hotelling's T² with η degrees of freedom matched to the total variance (HTZ). Both
//! double sums over clusters collapse into sums over g of (rq) × (rq) products.
//!
//! Bell RM, McCaffrey DF (2002), Survey Methodology 28:169–181; Pustejovsky JE, Tipton E (2018),
//! J Business & Economic Statistics 36:672–683, doi 10.1080/07350015.2016.1247004;
//! Tipton E, Pustejovsky JE (2015), J Educ Behav Stat 40:604–634, doi 10.3102/1076998615606099;
//! Long JS, Ervin LH (2000), The American Statistician 54:217–224, doi 10.1080/00031305.2000.10474549.

use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Axis};

use crate::linalg;

/// How residuals of single rows are inflated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RowCorrection {
    Hc0,
    Hc1,
    Hc2,
    Hc3,
}

/// How the residuals of a cluster are inflated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ClusterCorrection {
    Cr0,
    Cr2,
    Cr3,
}

/// Beyond this a leverage counts as one.
const FULL: f64 = 1.0 - 1e-10;

/// M = Q'ΩQ for independent rows; `copies` says how many equal rows each row stands for, `n` how many
/// there are in all.
///
/// Rows of leverage one are fitted exactly; they add nothing.
pub(crate) fn meat_of_rows(
    q: ArrayView2<'_, f64>,
    residuals: ArrayView1<'_, f64>,
    leverage: ArrayView1<'_, f64>,
    copies: Option<ArrayView1<'_, f64>>,
    n: f64,
    residual_df: f64,
    correction: RowCorrection,
) -> Array2<f64> {
    let omega = Array1::from_shape_fn(q.nrows(), |i| {
        let copies = copies.map_or(1.0, |w| w[i]);
        if copies == 0.0 {
            return 0.0;
        }
        let squared = residuals[i] * residuals[i] / copies;
        match correction {
            RowCorrection::Hc0 => squared,
            RowCorrection::Hc1 => squared * n / residual_df,
            _ if leverage[i] >= FULL => 0.0,
            RowCorrection::Hc2 => squared / (1.0 - leverage[i]),
            RowCorrection::Hc3 => squared / (1.0 - leverage[i]).powi(2),
        }
    });
    mirror(q.t().dot(&(&q * &omega.insert_axis(Axis(1)))))
}

/// The clusters of a fit, adjusted once.
#[derive(Debug, Clone)]
pub(crate) struct Clustered {
    clusters: Vec<Adjusted>,
    r: usize,
    /// Clusters that determine one of their own directions.
    pub full: usize,
}

/// Q_g and S_g = A_g'Q_g, n_g × r each.
#[derive(Debug, Clone)]
struct Adjusted {
    q: Array2<f64>,
    s: Array2<f64>,
    full: bool,
}

impl Clustered {
    /// Adjusts the clusters and forms M.
    ///
    /// `weights` are the inverse variances of the rows, where they are not one.
    pub fn new(
        q: ArrayView2<'_, f64>,
        residuals: ArrayView1<'_, f64>,
        weights: Option<ArrayView1<'_, f64>>,
        index: &[u32],
        clusters: usize,
        correction: ClusterCorrection,
    ) -> (Self, Array2<f64>) {
        let r = q.ncols();
        let mut meat = Array2::zeros((r, r));
        let mut all = Vec::with_capacity(clusters);
        for mut rows in rows_by_cluster(index, clusters) {
            if let Some(weights) = weights {
                rows.retain(|&i| weights[i] > 0.0);
            }
            let weights = weights.map(|w| w.select(Axis(0), &rows));
            let adjusted = Adjusted::new(q.select(Axis(0), &rows), weights.as_ref(), correction);
            let score = adjusted.s.t().dot(&residuals.select(Axis(0), &rows));
            for a in 0..r {
                for b in 0..=a {
                    meat[[a, b]] += score[a] * score[b];
                }
            }
            all.push(adjusted);
        }
        let full = all.iter().filter(|g| g.full).count();
        (
            Self {
                clusters: all,
                r,
                full,
            },
            mirror(meat),
        )
    }

    /// Satterthwaite's degrees of freedom of one contrast, given γ = R⁻ᵀc:
    /// (Σ p_g'p_g)² / Σ (p_g'p_h)²; none where the expected variance is zero but for rounding,
    /// because every cluster determines the contrast by itself.
    pub fn satterthwaite(&self, gamma: ArrayView1<'_, f64>) -> Option<f64> {
        let mut expected = 0.0;
        let mut squares = 0.0;
        let mut products: Array2<f64> = Array2::zeros((self.r, self.r));
        for g in &self.clusters {
            let s = g.s.dot(&gamma);
            let w = g.q.t().dot(&s);
            let overlap = w.dot(&w);
            let own = s.dot(&s) - overlap;
            expected += own;
            squares += own * own - overlap * overlap;
            for (i, &a) in w.iter().enumerate() {
                products.row_mut(i).scaled_add(a, &w);
            }
        }
        squares += products.iter().map(|p| p * p).sum::<f64>();
        (expected > 1e-12 * gamma.dot(&gamma)).then(|| expected * expected / squares)
    }

    /// η of Hotelling's T² for several contrasts, given γ (r × q); the F is then
    /// (η − q + 1) / (η q) · T² on q and η − q + 1 degrees of freedom.
    pub fn hotelling(&self, gamma: ArrayView2<'_, f64>) -> f64 {
        // Each contrast at length one first: η does not depend on it, but digits would be lost.
        let gamma = &gamma / &gamma.map_axis(Axis(0), |column| column.dot(&column).sqrt());
        let expected = self.sums(gamma.view()).expected;
        let standardised = gamma.dot(&linalg::inverse_square_root(&expected, 1e-12));
        let q = gamma.ncols() as f64;
        q * (q + 1.0) / self.sums(standardised.view()).squares
    }

    /// Ω = E(C V C') and Σ_gh (tr P_gh)² + tr(P_gh P_gh) of the contrasts.
    fn sums(&self, gamma: ArrayView2<'_, f64>) -> Sums {
        let (r, q) = (self.r, gamma.ncols());
        let mut expected = Array2::zeros((q, q));
        let mut squares = 0.0;
        let mut products: Array2<f64> = Array2::zeros((r * q, r * q));
        for g in &self.clusters {
            let s = g.s.dot(&gamma);
            let d = s.t().dot(&s);
            let w = g.q.t().dot(&s);
            let overlap = w.t().dot(&w);
            let own = &d - &overlap;
            expected += &own;
            squares += total_variance(&own) - total_variance(&overlap);
            let flat: Array1<f64> = w.iter().copied().collect();
            for (i, &a) in flat.iter().enumerate() {
                products.row_mut(i).scaled_add(a, &flat);
            }
        }
        // products[(a, s), (b, t)] = Σ_g w_g[a, s] w_g[b, t]: both sums over pairs of clusters.
        for a in 0..r {
            for b in 0..r {
                for s in 0..q {
                    for t in 0..q {
                        let straight = products[[a * q + s, b * q + t]];
                        let crossed = products[[a * q + t, b * q + s]];
                        squares += straight * straight + straight * crossed;
                    }
                }
            }
        }
        Sums { expected, squares }
    }
}

struct Sums {
    expected: Array2<f64>,
    squares: f64,
}

/// (tr P)² + tr(P P)
fn total_variance(p: &Array2<f64>) -> f64 {
    p.diag().sum().powi(2) + p.dot(p).diag().sum()
}

impl Adjusted {
    fn new(q: Array2<f64>, weights: Option<&Array1<f64>>, correction: ClusterCorrection) -> Self {
        let (v, lambda) = directions(&q);
        let full = lambda.iter().any(|&l| l >= FULL);
        let s = match weights {
            Some(w) if correction == ClusterCorrection::Cr2 && w.iter().any(|x| *x != w[0]) => {
                symmetric_before_weighing(&q, w)
            }
            _ => {
                let change: Array1<f64> =
                    lambda.iter().map(|&l| correction.factor(l) - 1.0).collect();
                &q + &(q.dot(&v) * change).dot(&v.t())
            }
        };
        Self { q, s, full }
    }
}

impl ClusterCorrection {
    /// φ(λ)
    fn factor(self, lambda: f64) -> f64 {
        match self {
            Self::Cr0 => 1.0,
            _ if lambda >= FULL => 0.0,
            Self::Cr2 => 1.0 / (1.0 - lambda).sqrt(),
            Self::Cr3 => 1.0 / (1.0 - lambda),
        }
    }
}

/// The directions V (r × k) of a cluster's rows, with their leverages λ.
fn directions(q: &Array2<f64>) -> (Array2<f64>, Vec<f64>) {
    let (n, r) = q.dim();
    let (v, lambda) = if n < r {
        // Fewer rows than columns: decompose Q_g Q_g' and carry its directions over.
        let eigen = linalg::symmetric_eigen(&q.dot(&q.t()));
        let kept: Vec<usize> = (0..n).filter(|&k| eigen.values[k] > 1e-14).collect();
        let mut v = q.t().dot(&eigen.vectors.select(Axis(1), &kept));
        for (place, &k) in kept.iter().enumerate() {
            v.column_mut(place)
                .mapv_inplace(|x| x / eigen.values[k].sqrt());
        }
        (v, kept.iter().map(|&k| eigen.values[k]).collect())
    } else {
        let eigen = linalg::symmetric_eigen(&q.t().dot(q));
        (eigen.vectors, eigen.values)
    };
    (
        v,
        lambda.into_iter().map(|l: f64| l.clamp(0.0, 1.0)).collect(),
    )
}

/// W⁻¹ (W⁻¹ (I − Q Q') W⁻¹)^(−½) Q
fn symmetric_before_weighing(q: &Array2<f64>, weights: &Array1<f64>) -> Array2<f64> {
    let n = q.nrows();
    let inverse = weights.mapv(f64::recip);
    let by_row = inverse.view().insert_axis(Axis(1));
    let left = Array2::eye(n) - q.dot(&q.t());
    // Weights of very different size spread the eigenvalues: only I − Q Q' tells which directions
    // have no variance. Without such a one nothing may be cut off.
    let full = linalg::symmetric_eigen(&left)
        .values
        .iter()
        .any(|&l| l <= 1.0 - FULL);
    let cut_off = if full { 1e-12 } else { 0.0 };
    linalg::inverse_square_root(&(left * by_row * &inverse), cut_off).dot(q) * by_row
}

/// The rows of each cluster that has any, in order.
fn rows_by_cluster(index: &[u32], clusters: usize) -> Vec<Vec<usize>> {
    let mut rows = vec![Vec::new(); clusters];
    for (i, &g) in index.iter().enumerate() {
        rows[g as usize].push(i);
    }
    rows.retain(|rows| !rows.is_empty());
    rows
}

/// The upper triangle as the lower one.
fn mirror(mut m: Array2<f64>) -> Array2<f64> {
    for a in 0..m.nrows() {
        for b in 0..a {
            m[[b, a]] = m[[a, b]];
        }
    }
    m
}
