//! Sandwich covariances of least squares, by row and by cluster, with their degrees of freedom.
//!
//! ```text
//! X = Q R,  e the residuals,  Q_g and e_g the rows of cluster g
//! V = R⁻¹ M R⁻ᵀ,  M = Σ_g Q_g' A_g e_g e_g' A_g Q_g
//! CR0  A_g = I (CR1: M times G / (G − 1))      CR2  A_g = (I − Q_g Q_g')^(−½)      CR3  A_g = (I − Q_g Q_g')⁻¹
//! ```
//! With the thin decomposition Q_g'Q_g = V_g Λ_g V_g' of at most min(n_g, r) directions nothing
//! n_g × n_g is needed: S_g = A_g Q_g = Q_g (I + V_g (φ(Λ_g) − 1) V_g') with φ(λ) = 1, (1 − λ)^(−½) or
//! (1 − λ)⁻¹. A direction with λ = 1 is determined by its cluster alone; there φ = 0 (pseudo-inverse).
//!
//! Rows are weighed by W: Q and e are those of √W X and √W y, as in weighted least squares and at the
//! end of a generalised linear model. The working model says that row i has variance Φ_i; in the
//! coordinates of Q and e that is Ω = W Φ. Where the weights are inverse variances (precision weights,
//! the weights of a generalised linear model) Ω = I; where they say how many others a row stands for
//! (sampling weights) Ω is the weight. The residuals of a cluster then have the expected covariance
//! C_g = Ω_g − Q_g Q_g'Ω_g − Ω_g Q_g Q_g' + Q_g G Q_g', G = Q'ΩQ, and its root is not the only one: CR2
//! takes Pustejovsky and Tipton's, symmetric for the rows before they are weighed,
//! S_g = T (T C_g T)^(−½) √Ω_g Q_g with T = Φ_g Ω_g^(−½). It differs from the above where Φ or Ω differ
//! within a cluster, and needs n_g × n_g there.
//!
//! Degrees of freedom (Bell & McCaffrey; Pustejovsky & Tipton), with independent errors of these
//! variances as working model. A contrast c of the coefficients is Σ_g p_g'e, where the p_g of clusters
//! g and h have the covariance P_gh = δ_gh D_g − L_g'N_h. For γ = R⁻ᵀc (all contrasts side by side,
//! r × q) D_g = γ'S_g'Ω_g S_g γ; where Ω = I, L_g = N_g = Q_g'S_g γ, else with A_g = Q_g'S_g γ and
//! B_g = Q_g'Ω_g S_g γ L_g = (A_g, B_g) and N_g = (B_g − G A_g, A_g), one above the other.
//! For one contrast df = (Σ P_gg)² / Σ P_gh²; for q of them Hotelling's T² with η degrees of freedom
//! matched to the total variance (HTZ). Both double sums over clusters collapse into sums over g of
//! (rq) × (rq) products.
//!
//! Bell RM, McCaffrey DF (2002), Survey Methodology 28:169–181; Pustejovsky JE, Tipton E (2018),
//! J Business & Economic Statistics 36:672–683, doi 10.1080/07350015.2016.1247004;
//! Tipton E, Pustejovsky JE (2015), J Educ Behav Stat 40:604–634, doi 10.3102/1076998615606099;
//! Long JS, Ervin LH (2000), The American Statistician 54:217–224, doi 10.1080/00031305.2000.10474549.

use kring_core::{Design, Reference};
use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Axis, concatenate};

use crate::fit::JointReference;
use crate::linalg::{self, forward_substitute};
use crate::regression::one_clustering;
use crate::{Covariance, Error};

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
    Cr1,
    Cr2,
    Cr3,
}

/// Beyond this a leverage counts as one.
const FULL: f64 = 1.0 - 1e-10;

/// A fit by (iterated) weighted least squares, row by row.
pub(crate) struct Rows<'a> {
    /// Q of √W X, n × r.
    pub q: ArrayView2<'a, f64>,
    /// √W times the residuals.
    pub residuals: ArrayView1<'a, f64>,
    /// The leverage of a row, or of one copy of it.
    pub leverage: ArrayView1<'a, f64>,
    /// How many equal rows each row stands for, where rows are copies.
    pub copies: Option<ArrayView1<'a, f64>>,
    /// Φ, the variance that the working model gives to a row; none where it is the same for all.
    pub variance: Option<ArrayView1<'a, f64>>,
    /// Ω = W Φ, none where that is one.
    pub omega: Option<ArrayView1<'a, f64>>,
    /// How many rows there are, copies counted.
    pub n: f64,
    /// n − r.
    pub residual_df: f64,
    /// σ² of the classical errors.
    pub dispersion: Option<f64>,
}

/// The middle of a sandwich.
pub(crate) struct Meat {
    /// M in the coordinates of Q; none where nothing is left to estimate it.
    pub matrix: Option<Array2<f64>>,
    /// The clusters, where it is by cluster.
    pub clustered: Option<Clustered>,
}

/// The middle of the covariance that is asked for; `model` is `a linear model`.
pub(crate) fn meat(
    design: &Design,
    covariance: Covariance,
    rows: &Rows<'_>,
    model: &str,
) -> Result<Meat, Error> {
    if let Some(correction) = covariance.by_cluster() {
        let clusters = one_clustering(design, covariance, model)?;
        let (clustered, matrix) =
            Clustered::new(rows, &clusters.index, clusters.levels.len(), correction);
        return Ok(Meat {
            matrix: Some(matrix),
            clustered: Some(clustered),
        });
    }
    let matrix = match covariance.by_row() {
        Some(_) if rows.residual_df <= 0.0 => None,
        Some(correction) => Some(meat_of_rows(rows, correction)),
        None => rows.dispersion.map(|d| Array2::eye(rows.q.ncols()) * d),
    };
    Ok(Meat {
        matrix,
        clustered: None,
    })
}

/// M = Q'ΩQ for independent rows.
///
/// Rows of leverage one are fitted exactly; they add nothing.
fn meat_of_rows(rows: &Rows<'_>, correction: RowCorrection) -> Array2<f64> {
    let (q, leverage) = (rows.q, rows.leverage);
    let omega = Array1::from_shape_fn(q.nrows(), |i| {
        let copies = rows.copies.map_or(1.0, |w| w[i]);
        if copies == 0.0 {
            return 0.0;
        }
        let squared = rows.residuals[i] * rows.residuals[i] / copies;
        match correction {
            RowCorrection::Hc0 => squared,
            RowCorrection::Hc1 => squared * rows.n / rows.residual_df,
            _ if leverage[i] >= FULL => 0.0,
            RowCorrection::Hc2 => squared / (1.0 - leverage[i]),
            RowCorrection::Hc3 => squared / (1.0 - leverage[i]).powi(2),
        }
    });
    mirror(q.t().dot(&(&q * &omega.insert_axis(Axis(1)))))
}

/// How many contrasts times coefficients a cluster-robust joint test takes: the sums over pairs of
/// clusters take the square of it in memory and time.
const LARGEST: usize = 1500;

/// The clusters of a fit, adjusted once.
#[derive(Debug, Clone)]
pub(crate) struct Clustered {
    clusters: Vec<Adjusted>,
    r: usize,
    /// G = Q'ΩQ, where Ω is not one.
    g: Option<Array2<f64>>,
    /// Clusters that determine one of their own directions.
    pub full: usize,
}

/// Q_g, S_g and Ω_g, n_g rows each.
#[derive(Debug, Clone)]
struct Adjusted {
    q: Array2<f64>,
    s: Array2<f64>,
    omega: Option<Array1<f64>>,
    full: bool,
}

/// The expected covariance of the p of one cluster with itself is D − L'N, with that of others −L'N.
struct Parts {
    d: Array2<f64>,
    l: Array2<f64>,
    n: Option<Array2<f64>>,
}

impl Parts {
    fn n(&self) -> &Array2<f64> {
        self.n.as_ref().unwrap_or(&self.l)
    }
}

impl Clustered {
    /// Adjusts the clusters and forms M. Rows of weight zero are no rows.
    pub fn new(
        rows: &Rows<'_>,
        index: &[u32],
        clusters: usize,
        correction: ClusterCorrection,
    ) -> (Self, Array2<f64>) {
        let r = rows.q.ncols();
        let g = rows
            .omega
            .map(|omega| mirror(rows.q.t().dot(&(&rows.q * &omega.insert_axis(Axis(1))))));
        let counts = |i: usize| {
            rows.omega.is_none_or(|w| w[i] > 0.0)
                && rows.variance.is_none_or(|v| v[i].is_finite() && v[i] > 0.0)
        };
        let mut meat = Array2::zeros((r, r));
        let mut all = Vec::with_capacity(clusters);
        for mut members in rows_by_cluster(index, clusters) {
            members.retain(|&i| counts(i));
            let of_members =
                |x: Option<ArrayView1<'_, f64>>| x.map(|x| x.select(Axis(0), &members));
            let adjusted = Adjusted::new(
                rows.q.select(Axis(0), &members),
                of_members(rows.variance),
                of_members(rows.omega),
                g.as_ref(),
                correction,
            );
            let score = adjusted
                .s
                .t()
                .dot(&rows.residuals.select(Axis(0), &members));
            for a in 0..r {
                for b in 0..=a {
                    meat[[a, b]] += score[a] * score[b];
                }
            }
            all.push(adjusted);
        }
        let full = all.iter().filter(|g| g.full).count();
        if correction == ClusterCorrection::Cr1 {
            let g = all.iter().filter(|g| g.q.nrows() > 0).count() as f64;
            meat *= g / (g - 1.0).max(1.0);
        }
        (
            Self {
                clusters: all,
                r,
                g,
                full,
            },
            mirror(meat),
        )
    }

    /// Clusters that were adjusted elsewhere: Q_g and S_g of each, where Ω = I.
    pub fn of_adjusted(r: usize, parts: impl Iterator<Item = (Array2<f64>, Array2<f64>)>) -> Self {
        let one = |(q, s)| Adjusted {
            q,
            s,
            omega: None,
            full: false,
        };
        Self {
            clusters: parts.map(one).collect(),
            r,
            g: None,
            full: 0,
        }
    }

    fn parts(&self, of: &Adjusted, gamma: ArrayView2<'_, f64>) -> Parts {
        let s = of.s.dot(&gamma);
        let a = of.q.t().dot(&s);
        let (Some(omega), Some(g)) = (&of.omega, &self.g) else {
            return Parts {
                d: s.t().dot(&s),
                l: a,
                n: None,
            };
        };
        let weighed = &s * &omega.view().insert_axis(Axis(1));
        let b = of.q.t().dot(&weighed);
        let crossed = &b - &g.dot(&a);
        let stacked = |above: &Array2<f64>, below: &Array2<f64>| {
            concatenate(Axis(0), &[above.view(), below.view()])
                .unwrap_or_else(|_| Array2::zeros((2 * self.r, gamma.ncols())))
        };
        Parts {
            d: s.t().dot(&weighed),
            l: stacked(&a, &b),
            n: Some(stacked(&crossed, &a)),
        }
    }

    /// Satterthwaite's degrees of freedom of one contrast, given γ = R⁻ᵀc:
    /// (Σ P_gg)² / Σ P_gh²; none where the expected variance is zero but for rounding,
    /// because every cluster determines the contrast by itself.
    pub fn satterthwaite(&self, gamma: ArrayView1<'_, f64>) -> Option<f64> {
        let size = gamma.dot(&gamma);
        let gamma = gamma.insert_axis(Axis(1));
        let sums = self.sums(gamma);
        let expected = sums.expected[[0, 0]];
        // Of one contrast (tr P)² and tr(P P) are the same.
        (expected > NOTHING * size * self.scale())
            .then(|| expected * expected / (sums.squares / 2.0))
    }

    /// How a joint test of several contrasts c (rows) is done, with V = R⁻¹ M R⁻ᵀ.
    pub fn joint_reference(
        &self,
        r: ArrayView2<'_, f64>,
        contrasts: ArrayView2<'_, f64>,
    ) -> Result<JointReference, Error> {
        let q = contrasts.nrows() as f64;
        if r.nrows() * contrasts.nrows() > LARGEST {
            return Err(Error::Unsupported {
                what: format!(
                    "a cluster-robust joint test of {} contrasts of {} coefficients",
                    contrasts.nrows(),
                    r.nrows()
                ),
                hint: "test fewer at once".to_owned(),
            });
        }
        let mut gamma = Array2::zeros((r.nrows(), contrasts.nrows()));
        for (k, row) in contrasts.rows().into_iter().enumerate() {
            gamma.column_mut(k).assign(&forward_substitute(r, row));
        }
        let Some(eta) = self.hotelling(gamma.view()) else {
            return Err(Error::Unsupported {
                what: "a cluster-robust joint test of contrasts that every cluster determines by itself"
                    .to_owned(),
                hint: "no error can be estimated for them; use classical or HC errors, or fewer columns"
                    .to_owned(),
            });
        };
        let denominator = eta - q + 1.0;
        if denominator.is_finite() && denominator > 0.0 {
            return Ok(JointReference {
                scale: denominator / (eta * q),
                reference: Reference::F {
                    numerator: q,
                    denominator,
                },
            });
        }
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a cast to usize is 0 for what is negative or undefined"
        )]
        let found = eta as usize;
        Err(Error::TooFew {
            method: "a cluster-robust joint test",
            what: format!("effective degrees of freedom to test {q} contrasts at once"),
            needed: contrasts.nrows(),
            found,
        })
    }

    /// η of Hotelling's T² for several contrasts, given γ (r × q); the F is then
    /// (η − q + 1) / (η q) · T² on q and η − q + 1 degrees of freedom. None where some combination
    /// of the contrasts is determined by every cluster, so that it has no expected variance.
    fn hotelling(&self, gamma: ArrayView2<'_, f64>) -> Option<f64> {
        // Orthonormal contrasts first: η does not depend on it, but digits would be lost.
        let qr = linalg::Qr::new(gamma);
        if qr.rank < gamma.ncols() {
            return None;
        }
        let gamma = qr.q;
        let expected = self.sums(gamma.view()).expected;
        let eigen = linalg::symmetric_eigen(&expected);
        let nothing = NOTHING * self.scale();
        if eigen.values.iter().any(|&l| l <= nothing) {
            return None;
        }
        let standardised = gamma.dot(&linalg::inverse_square_root(&expected, 0.0));
        let q = gamma.ncols() as f64;
        Some(q * (q + 1.0) / self.sums(standardised.view()).squares)
    }

    /// The size of a variance in the coordinates of Q: one, or the mean of Ω as the columns see it.
    fn scale(&self) -> f64 {
        match &self.g {
            Some(g) => g.diag().sum() / self.r as f64,
            None => 1.0,
        }
    }

    /// E(C V C') and Σ_gh (tr P_gh)² + tr(P_gh P_gh) of the contrasts.
    fn sums(&self, gamma: ArrayView2<'_, f64>) -> Sums {
        let q = gamma.ncols();
        let r = if self.g.is_some() { 2 * self.r } else { self.r };
        let mut expected = Array2::zeros((q, q));
        let mut squares = 0.0;
        let mut of_l: Array2<f64> = Array2::zeros((r * q, r * q));
        let mut of_n = self.g.is_some().then(|| of_l.clone());
        for g in &self.clusters {
            let parts = self.parts(g, gamma);
            let overlap = parts.l.t().dot(parts.n());
            let own = &parts.d - &overlap;
            expected += &own;
            squares += total_variance(&own) - total_variance(&overlap);
            add_products(&mut of_l, &parts.l);
            if let (Some(sum), Some(n)) = (&mut of_n, &parts.n) {
                add_products(sum, n);
            }
        }
        // of_l[(a, s), (b, t)] = Σ_g L_g[a, s] L_g[b, t]: both sums over pairs of clusters.
        let of_n = of_n.as_ref().unwrap_or(&of_l);
        for a in 0..r {
            for b in 0..r {
                for s in 0..q {
                    for t in 0..q {
                        let left = of_l[[a * q + s, b * q + t]];
                        let straight = of_n[[a * q + s, b * q + t]];
                        let crossed = of_n[[a * q + t, b * q + s]];
                        squares += left * straight + left * crossed;
                    }
                }
            }
        }
        Sums { expected, squares }
    }
}

/// Below this share of its size an expected variance is zero but for rounding.
const NOTHING: f64 = 1e-12;

fn add_products(sum: &mut Array2<f64>, x: &Array2<f64>) {
    let flat: Array1<f64> = x.iter().copied().collect();
    for (i, &a) in flat.iter().enumerate() {
        sum.row_mut(i).scaled_add(a, &flat);
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
    fn new(
        q: Array2<f64>,
        variance: Option<Array1<f64>>,
        omega: Option<Array1<f64>>,
        g: Option<&Array2<f64>>,
        correction: ClusterCorrection,
    ) -> Self {
        let (v, lambda) = directions(&q);
        let full = lambda.iter().any(|&l| l >= FULL);
        let equal = |x: &Option<Array1<f64>>| {
            x.as_ref()
                .is_none_or(|x| x.iter().all(|value| *value == x[0]))
        };
        let s = if correction == ClusterCorrection::Cr2 && !(equal(&variance) && omega.is_none()) {
            let ones = || Array1::ones(q.nrows());
            symmetric_before_weighing(
                &q,
                &variance.unwrap_or_else(ones),
                &omega.clone().unwrap_or_else(ones),
                g,
            )
        } else {
            let change: Array1<f64> = lambda.iter().map(|&l| correction.factor(l) - 1.0).collect();
            &q + &(q.dot(&v) * change).dot(&v.t())
        };
        Self { q, s, omega, full }
    }
}

impl ClusterCorrection {
    /// φ(λ)
    fn factor(self, lambda: f64) -> f64 {
        match self {
            Self::Cr0 | Self::Cr1 => 1.0,
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

/// S = T (T C T)^(−½) √Ω Q with T = Φ Ω^(−½) and C the expected covariance of the weighed residuals.
fn symmetric_before_weighing(
    q: &Array2<f64>,
    variance: &Array1<f64>,
    omega: &Array1<f64>,
    g: Option<&Array2<f64>>,
) -> Array2<f64> {
    let root = omega.mapv(f64::sqrt);
    let t = variance / &root;
    let t_rows = t.view().insert_axis(Axis(1));
    let hat = q.dot(&q.t());
    let left = Array2::eye(q.nrows()) - &hat;
    // Weights of very different size spread the eigenvalues: only I − Q Q' tells which directions
    // have no variance. Without such a one nothing may be cut off.
    let full = linalg::symmetric_eigen(&left)
        .values
        .iter()
        .any(|&l| l <= 1.0 - FULL);
    let cut_off = if full { 1e-12 } else { 0.0 };
    let expected = match g {
        None => left,
        Some(g) => {
            let by_row = &hat * &omega.view().insert_axis(Axis(1));
            Array2::from_diag(omega) - &by_row - by_row.t() + q.dot(g).dot(&q.t())
        }
    };
    let inverse_root = linalg::inverse_square_root(&(expected * t_rows * &t), cut_off);
    inverse_root.dot(&(q * &root.view().insert_axis(Axis(1)))) * t_rows
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
