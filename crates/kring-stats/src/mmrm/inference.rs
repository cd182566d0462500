//! Errors and degrees of freedom of a model for repeated measures.
//!
//! ```text
//! Satterthwaite  Φ = C, ∂Φ/∂θ_k = −C P_k C, A = 2 H⁻¹ (H of minus twice the log-likelihood)
//! Kenward–Roger  W = 2 H⁻¹,  Φ_A = Φ + 2Φ {Σ W_kl (Q_kl − P_kΦP_l − ¼R_kl)} Φ
//!                Q_kl = X'V⁻¹V_kV⁻¹V_lV⁻¹X,  R_kl = X'V⁻¹V_klV⁻¹X;  linear: without R
//! empirical      Σ_g X_g'L_g A_g L_g'e_g e_g'L_g A_g L_g'X_g between C and C, V_g⁻¹ = L_gL_g'
//!                A_g = I (CR0), (I − L_g'X_gCX_g'L_g)^(−½) (CR2), its inverse (CR3)
//! between–within df of a column that varies within families n − N − p_w, else N − p_b, the intercept counted
//!                in p_b but tested with the former; of a contrast the least of its columns
//! ```
//! R depends on how Σ is parametrised and the linear variant does not: they differ for every structure
//! whose Σ is not linear in its parameters. SAS's DDFM=KENWARDROGER takes the entries of an unstructured Σ,
//! in which it is linear, and is the linear variant there. W is the observed information, as in mmrm.
//!
//! Kenward MG, Roger JH (1997), Biometrics 53:983–997, doi 10.2307/2533558; Kenward MG, Roger JH (2009),
//! Computational Statistics and Data Analysis 53:2583–2595, doi 10.1016/j.csda.2008.12.013; Schluchter MD,
//! Elashoff JT (1990), Journal of Statistical Computation and Simulation 37:69–87, doi
//! 10.1080/00949659008811295; Bell RM, McCaffrey DF (2002), Survey Methodology 28:169–181.

use kring_core::Design;
use ndarray::{Array1, Array2, ArrayView1};

use super::criterion::Criterion;
use super::data::Data;
use super::search::Found;
use crate::linalg::{Cholesky, back_substitute};
use crate::lmm::inference::{KenwardRoger, Satterthwaite, twice_inverse};
use crate::random::block;
use crate::regression::has_intercept;
use crate::sandwich::{ClusterCorrection, Clustered, Rows};

/// C
pub(super) fn unadjusted(found: &Found) -> Array2<f64> {
    square(&found.place.c, found.place.gamma.len())
}

fn square(entries: &[f64], r: usize) -> Array2<f64> {
    Array2::from_shape_fn((r, r), |(i, j)| entries[i * r + j])
}

/// P_k
fn directions(found: &Found) -> Vec<Array2<f64>> {
    let r = found.place.gamma.len();
    let each = found.place.p.chunks_exact((r * r).max(1));
    each.map(|p| square(p, r)).collect()
}

pub(super) fn satterthwaite(found: &Found) -> Satterthwaite {
    let phi = unadjusted(found);
    let slopes = directions(found)
        .iter()
        .map(|p| -phi.dot(p).dot(&phi))
        .collect();
    Satterthwaite {
        a: twice_inverse(&found.hessian),
        slopes,
        phi,
    }
}

/// With the second derivatives of Σ, or linear.
pub(super) fn kenward_roger(
    found: &Found,
    criterion: &mut Criterion<'_>,
    linear: bool,
) -> KenwardRoger {
    let phi = unadjusted(found);
    let p = directions(found);
    let w = twice_inverse(&found.hessian);
    let mut middle = criterion.added(&w, if linear { 0.0 } else { 0.25 });
    let phi_p: Vec<Array2<f64>> = p.iter().map(|p| phi.dot(p)).collect();
    for (k, p_k) in p.iter().enumerate() {
        let mut weighed = Array2::zeros(phi.dim());
        for (l, phi_p) in phi_p.iter().enumerate() {
            weighed.scaled_add(w[[k, l]], phi_p);
        }
        middle -= &p_k.dot(&weighed);
    }
    let added = phi.dot(&middle).dot(&phi);
    let covariance = &phi + &(&added + &added.t());
    KenwardRoger {
        covariance,
        phi,
        p,
        w,
    }
}

/// The covariance by the residuals of whole families.
#[derive(Debug, Clone)]
pub(super) struct Empirical {
    /// Of γ.
    pub covariance: Array2<f64>,
    pub clustered: Clustered,
    /// The upper root of X'V⁻¹X.
    pub root: Array2<f64>,
}

impl Empirical {
    pub fn new(data: &Data, found: &Found, correction: ClusterCorrection) -> Option<Self> {
        let r = data.c() - 1;
        let c = unadjusted(found);
        let information = Cholesky::new(c.view())?.inverse();
        let root = Cholesky::new(information.view())?.root().t().to_owned();
        let inverse = upper_inverse(&root);
        let Whitened { x, residuals } = Whitened::new(data, found)?;
        let q = x.dot(&inverse);
        let index: Vec<u32> = (0..)
            .zip(&data.families)
            .flat_map(|(at, family)| std::iter::repeat_n(at, family.rows.len()))
            .collect();
        let leverage = Array1::zeros(q.nrows());
        let rows = Rows {
            q: q.view(),
            residuals: residuals.view(),
            leverage: leverage.view(),
            copies: None,
            variance: None,
            omega: None,
            n: q.nrows() as f64,
            residual_df: (q.nrows() - r) as f64,
            dispersion: None,
        };
        let (clustered, meat) = Clustered::new(&rows, &index, data.families.len(), correction);
        Some(Self {
            covariance: inverse.dot(&meat).dot(&inverse.t()),
            clustered,
            root,
        })
    }
}

/// R⁻¹ of an upper triangle.
fn upper_inverse(root: &Array2<f64>) -> Array2<f64> {
    let mut inverse = Array2::zeros(root.dim());
    for (j, mut column) in inverse.columns_mut().into_iter().enumerate() {
        let mut unit = Array1::zeros(root.nrows());
        unit[j] = 1.0;
        column.assign(&back_substitute(root.view(), unit.view()));
    }
    inverse
}

/// L'X and L'e, family by family.
pub(super) struct Whitened {
    pub x: Array2<f64>,
    pub residuals: Array1<f64>,
}

impl Whitened {
    pub fn new(data: &Data, found: &Found) -> Option<Self> {
        let c = data.c();
        let roots: Vec<Vec<f64>> = data
            .patterns
            .iter()
            .map(|pattern| {
                let q = pattern.places.len();
                let sigma = &found.sigma[pattern.source];
                let mut root: Vec<f64> = (0..q * q)
                    .map(|ij| sigma[[pattern.places[ij / q], pattern.places[ij % q]]])
                    .collect();
                block::cholesky(q, &mut root).map(|_| root)
            })
            .collect::<Option<_>>()?;
        let mut z = data.columns.clone();
        for family in &data.families {
            let root = &roots[family.pattern];
            let q = family.rows.len();
            let own = &mut z[family.rows.start * c..family.rows.end * c];
            for i in 0..q {
                let (done, rest) = own.split_at_mut(i * c);
                let row = &mut rest[..c];
                for (done, l) in done.chunks_exact(c).zip(&root[i * q..i * q + i]) {
                    row.iter_mut().zip(done).for_each(|(x, y)| *x -= l * y);
                }
                row.iter_mut().for_each(|x| *x /= root[i * q + i]);
            }
        }
        let n = data.rows.len();
        let x = Array2::from_shape_fn((n, c - 1), |(i, j)| z[i * c + j]);
        let y = Array1::from_shape_fn(n, |i| z[i * c + c - 1]);
        let residuals = y - x.dot(&ArrayView1::from(&found.place.gamma));
        Some(Self { x, residuals })
    }
}

/// The degrees of freedom of each estimated column.
pub(super) fn between_within(design: &Design, data: &Data) -> Vec<f64> {
    let part = design.mean();
    let x = part.x();
    let intercept = has_intercept(part);
    let varies = |j: usize| {
        data.families.iter().any(|family| {
            let mut values = data.rows[family.rows.clone()]
                .iter()
                .map(|&row| x[[row as usize, j]]);
            let first = values.next();
            values.any(|value| Some(value) != first)
        })
    };
    let within: Vec<bool> = data.fixed.estimated.iter().map(|&j| varies(j)).collect();
    let p_within = within.iter().filter(|&&w| w).count() as f64;
    let p_between = within.len() as f64 - p_within;
    let (n, families) = (data.rows.len() as f64, data.families.len() as f64);
    let each = data.fixed.estimated.iter().zip(within);
    each.map(|(&j, within)| {
        if within || (intercept && j == 0) {
            n - families - p_within
        } else {
            families - p_between
        }
    })
    .collect()
}
