//! Minus twice the log-likelihood of a model for repeated measures, with two derivatives.
//!
//! ```text
//! d(θ) = Σ_p n_p ln |V_p| + (y − Xγ)'V⁻¹(y − Xγ) + ln |X'V⁻¹X|        (the last under REML alone)
//! γ = C X'V⁻¹y,  C = (X'V⁻¹X)⁻¹,  v = (γ, −1),  Ω = C ⊕ 0 + vv'  (ML: vv'),  E_p = Σ_i Z_iΩZ_i',  Z = [X y]
//! N_p = n_p V_p⁻¹ − V_p⁻¹E_pV_p⁻¹,  D_k = V⁻¹V_kV⁻¹,  M_k = −Σ_p Z'D_kZ = ∂(Z'V⁻¹Z)/∂θ_k,  V_k = ∂V/∂θ_k
//! ∂d/∂θ_k      = Σ_p ⟨N_p, V_k⟩
//! ∂²d/∂θ_k∂θ_l = Σ_p ⟨2 V⁻¹E D_k − n D_k, V_l⟩ + ⟨N_p, V_kl⟩ − 2 u_k'C u_l − tr(C P_k C P_l)
//!                u_k = M_k v (rows of X),  P_k = M_k (rows and columns of X; the last term under REML alone)
//! ```
//! The third term is what the estimated γ gives back. N is summed over patterns before it meets V_k.

use super::data::{Data, packed};
use super::structure::Factors;
use crate::linalg::symmetric_eigen;
use crate::optimise::{Curvature, Objective};
use crate::random::block;
use ndarray::{Array1, Array2};

/// A conditional variance that falls to this share of its variance is none.
const SINGULAR: f64 = 1e-13;

/// The criterion as a function of θ, with all it writes into.
#[derive(Debug, Clone)]
pub(super) struct Criterion<'a> {
    data: &'a Data,
    reml: bool,
    c: usize,
    /// The parameters of one covariance, and of all.
    own: usize,
    pub parameters: usize,
    /// By source: factors, Σ, ∂Σ/∂θ and the sum of N.
    factors: Vec<Factors>,
    sigma: Vec<Vec<f64>>,
    slopes: Vec<Vec<f64>>,
    n: Vec<Vec<f64>>,
    /// V⁻¹ of each pattern.
    inverse: Vec<Vec<f64>>,
    work: Work,
    pub at: Place,
}

/// What an evaluation leaves behind.
#[derive(Debug, Clone, Default)]
pub(super) struct Place {
    /// γ
    pub gamma: Vec<f64>,
    /// C, r × r.
    pub c: Vec<f64>,
    /// P_k, one after the other, r × r each.
    pub p: Vec<f64>,
}

#[derive(Debug, Clone)]
struct Work {
    /// [X y]'V⁻¹[X y], packed; then M_k, one after the other.
    cross: Vec<f64>,
    m: Vec<f64>,
    root: Vec<f64>,
    rhs: Vec<f64>,
    omega: Vec<f64>,
    u: Vec<f64>,
    cu: Vec<f64>,
    cp: Vec<f64>,
    /// q × q
    v: Vec<f64>,
    e: Vec<f64>,
    ve: Vec<f64>,
    d: Vec<f64>,
    half: Vec<f64>,
    /// V_k of a pattern, one after the other.
    slopes: Vec<f64>,
    z: Vec<f64>,
}

impl<'a> Criterion<'a> {
    pub fn new(data: &'a Data, reml: bool) -> Self {
        let (c, own) = (data.c(), data.parameters());
        let parameters = own * data.blocks.len();
        let r = c - 1;
        let q = data.patterns.iter().map(|p| p.places.len()).max();
        let q = q.unwrap_or(0);
        let squares = |times: usize| -> Vec<Vec<f64>> {
            let sources = data.sources.iter();
            sources
                .map(|s| vec![0.0; data.tables[s.table].size.pow(2) * times])
                .collect()
        };
        let square = || vec![0.0; q * q];
        Self {
            data,
            reml,
            c,
            own,
            parameters,
            factors: vec![Factors::default(); data.sources.len()],
            sigma: squares(1),
            slopes: squares(own),
            n: squares(1),
            inverse: data
                .patterns
                .iter()
                .map(|p| vec![0.0; p.places.len().pow(2)])
                .collect(),
            work: Work {
                cross: vec![0.0; packed(c)],
                m: vec![0.0; packed(c) * parameters],
                root: vec![0.0; r * r],
                rhs: vec![0.0; r],
                omega: vec![0.0; packed(c)],
                u: vec![0.0; parameters * r],
                cu: vec![0.0; parameters * r],
                cp: vec![0.0; parameters * r * r],
                v: square(),
                e: square(),
                ve: square(),
                d: square(),
                half: square(),
                slopes: vec![0.0; q * q * own],
                z: vec![0.0; q * c],
            },
            at: Place {
                gamma: vec![0.0; r],
                c: vec![0.0; r * r],
                p: vec![0.0; parameters * r * r],
            },
        }
    }

    /// Σ of a source, row by row.
    pub fn sigma(&self, source: usize) -> &[f64] {
        &self.sigma[source]
    }

    /// d where these are the covariances of the sources; NaN where one is none.
    pub fn value_of(&mut self, sigma: &[Array2<f64>]) -> f64 {
        for (own, given) in self.sigma.iter_mut().zip(sigma) {
            own.iter_mut().zip(given).for_each(|(own, v)| *own = *v);
        }
        self.evaluate().unwrap_or(f64::NAN)
    }

    /// d at the covariances that stand in `sigma`.
    fn evaluate(&mut self) -> Option<f64> {
        let (c, r) = (self.c, self.c - 1);
        let work = &mut self.work;
        work.cross.fill(0.0);
        let mut total = 0.0;
        for (pattern, inverse) in self.data.patterns.iter().zip(&mut self.inverse) {
            let q = pattern.places.len();
            let m = self.data.tables[self.data.sources[pattern.source].table].size;
            select(&self.sigma[pattern.source], m, &pattern.places, inverse);
            let variance = |i: usize| self.sigma[pattern.source][pattern.places[i] * (m + 1)];
            let ln = block::cholesky(q, inverse)?;
            let lost = |i: usize| inverse[i * (q + 1)].powi(2) <= SINGULAR * variance(i);
            if (0..q).any(lost) {
                return None;
            }
            total += pattern.families * ln;
            invert(q, inverse, &mut work.v);
            pattern.add(c, inverse, 1.0, &mut work.z, &mut work.cross);
        }
        for i in 0..r {
            for j in 0..=i {
                work.root[i * r + j] = work.cross[i * (i + 1) / 2 + j];
            }
        }
        let last = &work.cross[packed(r)..];
        work.rhs.copy_from_slice(&last[..r]);
        let ln = block::cholesky(r, &mut work.root)?;
        block::forward(r, &work.root, &mut work.rhs);
        let left = last[r] - block::dot(&work.rhs, &work.rhs);
        block::backward(r, &work.root, &mut work.rhs);
        self.at.gamma.copy_from_slice(&work.rhs);
        if self.reml {
            total += ln;
        }
        Some(total + left)
    }

    /// Ω, packed and doubled, and C.
    fn omega(&mut self) {
        let r = self.c - 1;
        let work = &mut self.work;
        self.at.c.copy_from_slice(&work.root);
        invert(r, &mut self.at.c, &mut work.cp);
        let v = |i: usize| self.at.gamma.get(i).copied().unwrap_or(-1.0);
        let mut place = 0;
        for i in 0..self.c {
            for j in 0..=i {
                let own = if self.reml && i < r {
                    self.at.c[i * r + j]
                } else {
                    0.0
                };
                let twice = if i == j { 1.0 } else { 2.0 };
                work.omega[place] = twice * (own + v(i) * v(j));
                place += 1;
            }
        }
    }

    /// ⟨D_k, ·⟩ of each pattern: the Hessian's own terms, and M_k.
    fn of_patterns(&mut self, hessian: &mut [f64]) {
        let (c, own, h) = (self.c, self.own, packed(self.c));
        let work = &mut self.work;
        work.m.fill(0.0);
        for n in &mut self.n {
            n.fill(0.0);
        }
        for (pattern, inverse) in self.data.patterns.iter().zip(&self.inverse) {
            let q = pattern.places.len();
            let qq = q * q;
            let source = self.data.sources[pattern.source];
            let m = self.data.tables[source.table].size;
            pattern.project(c, &work.omega, &mut work.z, &mut work.e);
            block::multiply(q, q, q, inverse, &work.e, &mut work.ve);
            block::multiply(q, q, q, &work.ve, inverse, &mut work.v);
            let n = &mut self.n[pattern.source];
            for (i, &a) in pattern.places.iter().enumerate() {
                for (j, &b) in pattern.places.iter().enumerate() {
                    n[a * m + b] += pattern.families * inverse[i * q + j] - work.v[i * q + j];
                }
            }
            let slopes = &self.slopes[pattern.source];
            for (all, part) in slopes
                .chunks_exact(m * m)
                .zip(work.slopes.chunks_exact_mut(qq))
            {
                select(all, m, &pattern.places, part);
            }
            let first = source.block * own;
            for k in 0..own {
                let v_k = &work.slopes[k * qq..(k + 1) * qq];
                // A wave that is not there: its parameters do not bear on this pattern.
                if v_k.iter().all(|&x| x == 0.0) {
                    continue;
                }
                block::multiply(q, q, q, inverse, v_k, &mut work.half);
                block::multiply(q, q, q, &work.half, inverse, &mut work.d);
                let m_k = &mut work.m[(first + k) * h..(first + k + 1) * h];
                pattern.add(c, &work.d, -1.0, &mut work.z, m_k);
                block::multiply(q, q, q, &work.ve, &work.d, &mut work.half);
                for (g, d) in work.half[..qq].iter_mut().zip(&work.d) {
                    *g = 2.0 * *g - pattern.families * d;
                }
                let row = (first + k) * self.parameters + first;
                for (l, v_l) in work.slopes.chunks_exact(qq).take(k + 1).enumerate() {
                    hessian[row + l] += crate::linalg::dot(&work.half[..qq], v_l);
                }
            }
        }
    }

    /// What the estimated γ, and under REML its own certainty, give back.
    fn of_coefficients(&mut self, hessian: &mut [f64]) {
        let (c, r, h, all) = (self.c, self.c - 1, packed(self.c), self.parameters);
        let work = &mut self.work;
        for k in 0..all {
            let m_k = &work.m[k * h..(k + 1) * h];
            let p = &mut self.at.p[k * r * r..(k + 1) * r * r];
            for i in 0..r {
                for j in 0..=i {
                    let x = m_k[i * (i + 1) / 2 + j];
                    p[i * r + j] = x;
                    p[j * r + i] = x;
                }
            }
            let u = &mut work.u[k * r..(k + 1) * r];
            for (i, u) in u.iter_mut().enumerate() {
                *u = block::dot(&p[i * r..(i + 1) * r], &self.at.gamma) - m_k[packed(c - 1) + i];
            }
            let cu = &mut work.cu[k * r..(k + 1) * r];
            for (i, cu) in cu.iter_mut().enumerate() {
                *cu = block::dot(&self.at.c[i * r..(i + 1) * r], u);
            }
            let cp = &mut work.cp[k * r * r..(k + 1) * r * r];
            block::multiply(r, r, r, &self.at.c, p, cp);
        }
        // tr(C P_k C P_l) = ⟨C P_k, (C P_l)'⟩: one of the two turned.
        for k in 0..all {
            if self.reml {
                for i in 0..r {
                    for j in 0..r {
                        work.root[j * r + i] = work.cp[k * r * r + i * r + j];
                    }
                }
            }
            for l in 0..=k {
                let mut back =
                    2.0 * block::dot(&work.u[k * r..(k + 1) * r], &work.cu[l * r..(l + 1) * r]);
                if self.reml {
                    back += crate::linalg::dot(&work.root, &work.cp[l * r * r..(l + 1) * r * r]);
                }
                hessian[k * all + l] -= back;
            }
        }
    }

    /// Σ_p Z'V⁻¹ (Σ_kl w_kl (V_k V⁻¹ V_l − b V_kl)) V⁻¹Z, of the rows and columns of X: what Kenward and
    /// Roger's covariance adds, with the second derivatives (b = ¼) or without (b = 0).
    pub fn added(&mut self, w: &Array2<f64>, b: f64) -> Array2<f64> {
        let (c, r, own) = (self.c, self.c - 1, self.own);
        let bends: Vec<Vec<f64>> = self
            .data
            .sources
            .iter()
            .zip(&self.factors)
            .map(|(source, factors)| {
                let first = source.block * own;
                let table = &self.data.tables[source.table];
                table.bend(factors, |k, l| b * w[[first + k, first + l]])
            })
            .collect();
        let work = &mut self.work;
        let mut sum = vec![0.0; packed(c)];
        for (pattern, inverse) in self.data.patterns.iter().zip(&self.inverse) {
            let q = pattern.places.len();
            let qq = q * q;
            let source = self.data.sources[pattern.source];
            let m = self.data.tables[source.table].size;
            let slopes = &self.slopes[pattern.source];
            for (all, part) in slopes
                .chunks_exact(m * m)
                .zip(work.slopes.chunks_exact_mut(qq))
            {
                select(all, m, &pattern.places, part);
            }
            select(&bends[pattern.source], m, &pattern.places, &mut work.e);
            work.e[..qq].iter_mut().for_each(|e| *e = -*e);
            let first = source.block * own;
            for k in 0..own {
                work.v.fill(0.0);
                for (l, v_l) in work.slopes.chunks_exact(qq).take(own).enumerate() {
                    let w = w[[first + k, first + l]];
                    for (v, x) in work.v.iter_mut().zip(v_l) {
                        *v += w * x;
                    }
                }
                let v_k = &work.slopes[k * qq..(k + 1) * qq];
                block::multiply(q, q, q, v_k, inverse, &mut work.half);
                block::multiply(q, q, q, &work.half, &work.v, &mut work.d);
                for (e, d) in work.e[..qq].iter_mut().zip(&work.d) {
                    *e += d;
                }
            }
            block::multiply(q, q, q, inverse, &work.e, &mut work.half);
            block::multiply(q, q, q, &work.half, inverse, &mut work.d);
            pattern.add(c, &work.d, 1.0, &mut work.z, &mut sum);
        }
        Array2::from_shape_fn((r, r), |(i, j)| {
            let (i, j) = (i.max(j), i.min(j));
            sum[i * (i + 1) / 2 + j]
        })
    }
}

impl Objective for Criterion<'_> {
    fn value(&mut self, theta: &[f64]) -> f64 {
        for (at, source) in self.data.sources.iter().enumerate() {
            let table = &self.data.tables[source.table];
            let own = &theta[source.block * self.own..(source.block + 1) * self.own];
            table.factors(own, &mut self.factors[at]);
            table.fill(&self.factors[at], &mut self.sigma[at], &mut self.slopes[at]);
        }
        self.evaluate().unwrap_or(f64::INFINITY)
    }

    fn derivatives(&mut self, gradient: &mut [f64], hessian: &mut [f64]) -> Curvature {
        hessian.fill(0.0);
        gradient.fill(0.0);
        self.omega();
        self.of_patterns(hessian);
        for (at, source) in self.data.sources.iter().enumerate() {
            let table = &self.data.tables[source.table];
            let first = source.block * self.own;
            let mm = table.size.pow(2);
            for (g, slope) in gradient[first..first + self.own]
                .iter_mut()
                .zip(self.slopes[at].chunks_exact(mm))
            {
                *g += crate::linalg::dot(&self.n[at], slope);
            }
            table.curve(
                &self.factors[at],
                &self.n[at],
                first,
                self.parameters,
                hessian,
            );
        }
        self.of_coefficients(hessian);
        for k in 0..self.parameters {
            for l in 0..k {
                hessian[l * self.parameters + k] = hessian[k * self.parameters + l];
            }
        }
        Curvature::Exact
    }
}

/// The rows and columns of a pattern of an m × m matrix.
fn select(all: &[f64], m: usize, places: &[usize], part: &mut [f64]) {
    let mut part = part.iter_mut();
    for &a in places {
        let row = &all[a * m..(a + 1) * m];
        for (&b, part) in places.iter().zip(&mut part) {
            *part = row[b];
        }
    }
}

/// Overwrites the Cholesky root of a q × q block with the inverse of the block.
fn invert(q: usize, root: &mut [f64], work: &mut [f64]) {
    block::invert_lower(q, root);
    for i in 0..q {
        for j in 0..=i {
            let sum: f64 = (i..q).map(|k| root[k * q + i] * root[k * q + j]).sum();
            work[i * q + j] = sum;
        }
    }
    for i in 0..q {
        for j in 0..=i {
            root[i * q + j] = work[i * q + j];
            root[j * q + i] = work[i * q + j];
        }
    }
}

/// The lowest eigenvalue of the correlations of a covariance.
pub(super) fn edge(sigma: &Array2<f64>) -> f64 {
    let sd: Array1<f64> = sigma.diag().mapv(f64::sqrt);
    let correlations = Array2::from_shape_fn(sigma.dim(), |(i, j)| sigma[[i, j]] / (sd[i] * sd[j]));
    let values = symmetric_eigen(&correlations).values;
    values.into_iter().fold(f64::INFINITY, f64::min).max(0.0)
}
