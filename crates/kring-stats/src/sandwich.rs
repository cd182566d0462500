//! Sandwich covariances of least squares, by row and by cluster, with their degrees of freedom.
//!
//! ```text
//! X = Q R,  e the residuals,  Q_g and e_g the rows of cluster g
//! V = R⁻¹ M R⁻ᵀ,  M = Σ_g Q_g' A_g e_g e_g' A_g Q_g
//! CR0  A_g = I      CR2  A_g = (I − Q_g Q_g')^(−½)      CR3  A_g = (I − Q_g Q_g')⁻¹
//! ```
//! Nothing n_g × n_g is needed: with the thin decomposition Q_g'Q_g = V_g Λ_g V_g' of at most
//! min(n_g, r) directions, Q_g'A_g = (I + V_g (φ(Λ_g) − 1) V_g') Q_g' with φ(λ) = 1, (1 − λ)^(−½) or
//! (1 − λ)⁻¹. A direction with λ = 1 is determined by its cluster alone; there φ = 0 (pseudo-inverse).
//!
//! Degrees of freedom (Bell & McCaffrey; Pustejovsky & Tipton), with independent errors of one
//! variance as working model. A contrast c of the coefficients is Σ_g p_g'e with
//! p_g'p_h = δ_gh D_g − W_g'W_h, where for γ = R⁻ᵀc (all contrasts side by side, r × q)
//! D_g = γ'V_g φ²λ V_g'γ and W_g = V_g λφ V_g'γ. For one contrast df = (Σ p_g'p_g)² / Σ (p_g'p_h)²;
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

/// M for independent rows; `copies` says how many equal rows each row stands for.
///
/// Rows of leverage one are fitted exactly; they add nothing.
pub(crate) fn meat_of_rows(
    q: ArrayView2<'_, f64>,
    residuals: ArrayView1<'_, f64>,
    copies: Option<ArrayView1<'_, f64>>,
    residual_df: f64,
    correction: RowCorrection,
) -> Array2<f64> {
    let r = q.ncols();
    let n = copies.map_or(q.nrows() as f64, |w| w.sum());
    let mut meat = Array2::zeros((r, r));
    for (i, row) in q.rows().into_iter().enumerate() {
        let copies = copies.map_or(1.0, |w| w[i]);
        if copies == 0.0 {
            continue;
        }
        let leverage = row.dot(&row) / copies;
        let squared = residuals[i] * residuals[i] / copies;
        let omega = match correction {
            RowCorrection::Hc0 => squared,
            RowCorrection::Hc1 => squared * n / residual_df,
            _ if leverage >= FULL => 0.0,
            RowCorrection::Hc2 => squared / (1.0 - leverage),
            RowCorrection::Hc3 => squared / (1.0 - leverage).powi(2),
        };
        for a in 0..r {
            let scaled = omega * row[a];
            for b in 0..=a {
                meat[[a, b]] += scaled * row[b];
            }
        }
    }
    mirror(meat)
}

/// The clusters of a fit, decomposed once.
#[derive(Debug, Clone)]
pub(crate) struct Clustered {
    clusters: Vec<Directions>,
    r: usize,
    /// Clusters that determine one of their own directions.
    pub full: usize,
}

/// V (r × k) with λ and φ for each of its k directions.
#[derive(Debug, Clone)]
struct Directions {
    v: Array2<f64>,
    lambda: Vec<f64>,
    phi: Vec<f64>,
}

impl Clustered {
    /// Decomposes the clusters and forms M.
    pub fn new(
        q: ArrayView2<'_, f64>,
        residuals: ArrayView1<'_, f64>,
        index: &[u32],
        clusters: usize,
        correction: ClusterCorrection,
    ) -> (Self, Array2<f64>) {
        let r = q.ncols();
        let mut meat = Array2::zeros((r, r));
        let mut all = Vec::with_capacity(clusters);
        let mut full = 0;
        for rows in rows_by_cluster(index, clusters) {
            let q_g = q.select(Axis(0), &rows);
            let directions = Directions::new(&q_g, correction);
            let score: Array1<f64> = rows
                .iter()
                .zip(q_g.rows())
                .fold(Array1::zeros(r), |s, (&i, row)| s + &(&row * residuals[i]));
            let score = directions.adjust(score);
            for a in 0..r {
                for b in 0..=a {
                    meat[[a, b]] += score[a] * score[b];
                }
            }
            full += usize::from(directions.lambda.iter().any(|&l| l >= FULL));
            all.push(directions);
        }
        let clustered = Self {
            clusters: all,
            r,
            full,
        };
        (clustered, mirror(meat))
    }

    /// Satterthwaite's degrees of freedom of one contrast, given γ = R⁻ᵀc.
    pub fn satterthwaite(&self, gamma: ArrayView1<'_, f64>) -> f64 {
        let sums = self.sums(gamma.insert_axis(Axis(1)));
        // For one contrast both terms of the sum are (p_g'p_h)².
        let trace = sums.expected[[0, 0]];
        2.0 * trace * trace / sums.squares
    }

    /// η of Hotelling's T² for several contrasts, given γ (r × q); the F is then
    /// (η − q + 1) / (η q) · T² on q and η − q + 1 degrees of freedom.
    pub fn hotelling(&self, gamma: ArrayView2<'_, f64>) -> f64 {
        let expected = self.sums(gamma).expected;
        let standardised = gamma.dot(&linalg::inverse_square_root(&expected));
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
            let vg = g.v.t().dot(&gamma);
            let scale = |weight: &dyn Fn(f64, f64) -> f64| {
                let weights: Array1<f64> = g.lambda.iter().zip(&g.phi).map(|(l, f)| weight(*l, *f)).collect();
                &vg * &weights.insert_axis(Axis(1))
            };
            let d = vg.t().dot(&scale(&|l, f| f * f * l));
            let w = g.v.dot(&scale(&|l, f| l * f));
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

impl Directions {
    fn new(q_g: &Array2<f64>, correction: ClusterCorrection) -> Self {
        let (n, r) = q_g.dim();
        let (v, lambda) = if n < r {
            // Fewer rows than columns: decompose Q_g Q_g' and carry its directions over.
            let eigen = linalg::symmetric_eigen(&q_g.dot(&q_g.t()));
            let kept: Vec<usize> = (0..n).filter(|&k| eigen.values[k] > 1e-14).collect();
            let mut v = q_g.t().dot(&eigen.vectors.select(Axis(1), &kept));
            for (place, &k) in kept.iter().enumerate() {
                v.column_mut(place).mapv_inplace(|x| x / eigen.values[k].sqrt());
            }
            (v, kept.iter().map(|&k| eigen.values[k]).collect())
        } else {
            let eigen = linalg::symmetric_eigen(&q_g.t().dot(q_g));
            (eigen.vectors, eigen.values)
        };
        let lambda: Vec<f64> = lambda.into_iter().map(|l: f64| l.clamp(0.0, 1.0)).collect();
        let phi = lambda
            .iter()
            .map(|&l| match correction {
                ClusterCorrection::Cr0 => 1.0,
                _ if l >= FULL => 0.0,
                ClusterCorrection::Cr2 => 1.0 / (1.0 - l).sqrt(),
                ClusterCorrection::Cr3 => 1.0 / (1.0 - l),
            })
            .collect();
        Self { v, lambda, phi }
    }

    /// (I + V (φ − 1) V') x
    fn adjust(&self, x: Array1<f64>) -> Array1<f64> {
        let mut along = self.v.t().dot(&x);
        along.iter_mut().zip(&self.phi).for_each(|(a, f)| *a *= f - 1.0);
        x + self.v.dot(&along)
    }
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
