//! The profiled criterion of a linear mixed model with its derivatives.
//!
//! ```text
//! d(θ) = ln |V| + ln |X'V⁻¹X| + ν (1 + ln 2πr²/ν),   V = W⁻¹ + Z G Z',  ν = n − r      (REML)
//! d(θ) = ln |V| + n (1 + ln 2πr²/n)                                                      (ML)
//! γ = (X'V⁻¹X)⁻¹X'V⁻¹y,  r² = y'V⁻¹(y − Xγ),  σ² = r²/ν,  C = (X'V⁻¹X)⁻¹,  v = (−γ, 1)
//! with F̂ = Z'V⁻¹[X y], K = Z'V⁻¹Z, Ω = C ⊕ 0 + vv'/σ² (REML; without C under ML), S_k = F̂'dG_kF̂:
//! ∂d/∂θ_k    = ⟨Σ (K − F̂ΩF̂'), dG_k⟩
//! ∂²d/∂θ_k∂θ_l = tr(K dG_k (2F̂ΩF̂' − K) dG_l) + ⟨Σ (K − F̂ΩF̂'), d²G_kl⟩
//!              − 2 s_k'C s_l/σ² − tr(C S_k C S_l) − ν ρ_kρ_l/r⁴,   s_k = S_k v (rows of X), ρ_k = v'S_kv
//! ```
//! The third and fourth terms are what the estimated γ gives back, the last what the estimated σ does;
//! the fourth belongs to REML alone. With σ held at its estimate the last term is absent.

use super::blocked::{Blocked, BlockedWork};
use super::families::{Families, Omega, Sums, Work, packed, pair};
use crate::optimise::{Curvature, Objective};
use crate::random::{Factor, block};

/// A standard deviation over the residual one that is as good as none, where a search must not divide by
/// zero.
const FLOOR: f64 = 1e-6;

/// How V is taken apart.
#[derive(Debug, Clone)]
pub(super) enum Engine {
    /// One factor: block after block.
    Families(Families),
    /// Several: a blocked Cholesky root.
    Blocked(Blocked),
}

#[derive(Debug, Clone)]
pub(super) enum EngineWork {
    Families(Work),
    Blocked(BlockedWork),
}

/// The criterion as a function of θ, with all it writes into.
#[derive(Debug, Clone)]
pub(super) struct Criterion<'a> {
    engine: &'a Engine,
    factors: &'a [Factor],
    reml: bool,
    /// n − r or n.
    pub nu: f64,
    c: usize,
    pub work: EngineWork,
    pub theta: Vec<f64>,
    /// Λ of each factor, one after the other.
    pub lambda: Vec<f64>,
    /// [X̃ ỹ]'V⁻¹[X̃ ỹ], packed.
    pub cross: Vec<f64>,
    /// Its root L, c × c; then L⁻¹ of the first r rows and columns.
    root: Vec<f64>,
    root_inverse: Vec<f64>,
    pub at: Place,
    omega: Vec<f64>,
    omega_packed: Vec<f64>,
    /// dG_k, q × q each.
    pub directions: Vec<Vec<f64>>,
    /// S_k, packed.
    pub s: Vec<Vec<f64>>,
    /// S_k v over the rows of X.
    pub sv: Vec<Vec<f64>>,
    /// L⁻¹ S_k L⁻ᵀ, r × r.
    around: Vec<Vec<f64>>,
    /// ρ_k
    pub rho: Vec<f64>,
    scratch: Vec<f64>,
    kept: Vec<f64>,
    /// Leading numbers of θ stay this far from zero, where the engine divides by them.
    pub floor: f64,
}

/// What the model is at a θ.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub ln_v: f64,
    /// ln |X̃'V⁻¹X̃|
    pub ln_x: f64,
    pub gamma: Vec<f64>,
    /// r²
    pub r2: f64,
    /// C, r × r.
    pub inverse: Vec<f64>,
}

impl<'a> Criterion<'a> {
    pub fn new(engine: &'a Engine, factors: &'a [Factor], n: f64, c: usize, reml: bool) -> Self {
        let m: usize = factors.iter().map(Factor::parameters).sum();
        let r = c - 1;
        let sizes = factors
            .iter()
            .flat_map(|f| std::iter::repeat_n(f.q * f.q, f.parameters()));
        let work = match engine {
            Engine::Families(families) => EngineWork::Families(families.work()),
            Engine::Blocked(blocked) => EngineWork::Blocked(blocked.work()),
        };
        Self {
            engine,
            factors,
            reml,
            nu: if reml { n - r as f64 } else { n },
            c,
            work,
            theta: vec![0.0; m],
            lambda: vec![0.0; factors.iter().map(|f| f.q * f.q).sum()],
            cross: vec![0.0; packed(c)],
            root: vec![0.0; c * c],
            root_inverse: vec![0.0; r * r],
            at: Place {
                ln_v: 0.0,
                ln_x: 0.0,
                gamma: vec![0.0; r],
                r2: 0.0,
                inverse: vec![0.0; r * r],
            },
            omega: vec![0.0; c * c],
            omega_packed: vec![0.0; packed(c)],
            directions: sizes.map(|size| vec![0.0; size]).collect(),
            s: vec![vec![0.0; packed(c)]; m],
            sv: vec![vec![0.0; r]; m],
            around: vec![vec![0.0; r * r]; m],
            rho: vec![0.0; m],
            scratch: vec![0.0; 2 * c * c],
            kept: vec![0.0; m],
            floor: match engine {
                Engine::Families(_) => 0.0,
                Engine::Blocked(_) => FLOOR,
            },
        }
    }

    pub fn is_reml(&self) -> bool {
        self.reml
    }

    /// σ² at the θ last evaluated.
    pub fn sigma2(&self) -> f64 {
        self.at.r2 / self.nu
    }

    /// v = (−γ, 1)
    pub fn v(&self) -> Vec<f64> {
        let mut v: Vec<f64> = self.at.gamma.iter().map(|g| -g).collect();
        v.push(1.0);
        v
    }

    /// d from the parts.
    fn criterion(&self) -> f64 {
        let x = if self.reml { self.at.ln_x } else { 0.0 };
        let tau = 2.0 * std::f64::consts::PI;
        self.at.ln_v + x + self.nu * (1.0 + (tau * self.at.r2 / self.nu).ln())
    }

    /// V⁻¹ at θ, and γ, r² and C; false where that cannot be.
    fn solve(&mut self, theta: &[f64]) -> bool {
        self.theta.copy_from_slice(theta);
        let (mut first, mut place) = (0, 0);
        for factor in self.factors {
            let m = factor.parameters();
            let qq = factor.q * factor.q;
            let own = &mut self.kept[..m];
            own.copy_from_slice(&theta[first..first + m]);
            for (theta, column) in own.iter_mut().zip(&factor.columns) {
                if column.leads && theta.abs() < self.floor {
                    *theta = self.floor.copysign(*theta);
                }
            }
            factor.root(own, &mut self.lambda[place..place + qq]);
            first += m;
            place += qq;
        }
        self.solve_root()
    }

    /// −2ℓ but for the constants of the data's scale, at any Λ of all factors and any σ².
    pub fn at_root(&mut self, lambda: &[f64], sigma2: f64) -> Option<f64> {
        self.lambda.copy_from_slice(lambda);
        if !self.solve_root() {
            return None;
        }
        let x = if self.reml { self.at.ln_x } else { 0.0 };
        let tau = 2.0 * std::f64::consts::PI;
        Some(self.at.ln_v + x + self.nu * (tau * sigma2).ln() + self.at.r2 / sigma2)
    }

    fn solve_root(&mut self) -> bool {
        let (c, r) = (self.c, self.c - 1);
        let found = match (self.engine, &mut self.work) {
            (Engine::Families(families), EngineWork::Families(work)) => {
                families.evaluate(&self.lambda, work, &mut self.cross)
            }
            (Engine::Blocked(blocked), EngineWork::Blocked(work)) => {
                blocked.evaluate(&self.lambda, work, &mut self.cross)
            }
            _ => None,
        };
        let Some(ln_v) = found else { return false };
        for i in 0..c {
            for j in 0..=i {
                self.root[i * c + j] = self.cross[pair(j, i)];
            }
        }
        if block::cholesky(c, &mut self.root).is_none() {
            return false;
        }
        let at = &mut self.at;
        at.ln_v = ln_v;
        at.ln_x = 2.0 * (0..r).map(|j| self.root[j * c + j].ln()).sum::<f64>();
        at.r2 = self.root[r * c + r].powi(2);
        for i in 0..r {
            for j in 0..=i {
                self.root_inverse[i * r + j] = self.root[i * c + j];
            }
        }
        block::invert_lower(r, &mut self.root_inverse);
        for j in 0..r {
            at.gamma[j] = (j..r)
                .map(|i| self.root_inverse[i * r + j] * self.root[r * c + i])
                .sum();
            for i in 0..=j {
                let c_ij = (j..r)
                    .map(|k| self.root_inverse[k * r + i] * self.root_inverse[k * r + j])
                    .sum();
                at.inverse[i * r + j] = c_ij;
                at.inverse[j * r + i] = c_ij;
            }
        }
        true
    }

    /// Ω at the θ last evaluated, with a factor for 1/σ² that may be held.
    pub fn set_omega(&mut self, kappa: f64) {
        let (c, r) = (self.c, self.c - 1);
        let with_c = if self.reml { 1.0 } else { 0.0 };
        let at = &self.at;
        for i in 0..c {
            for j in 0..=i {
                let (a, b) = (
                    if i < r { -at.gamma[i] } else { 1.0 },
                    if j < r { -at.gamma[j] } else { 1.0 },
                );
                let own = if i < r {
                    with_c * at.inverse[i * r + j]
                } else {
                    0.0
                };
                let x = own + kappa * a * b;
                self.omega[i * c + j] = x;
                self.omega[j * c + i] = x;
                self.omega_packed[pair(j, i)] = if i == j { x } else { 2.0 * x };
            }
        }
    }

    /// dG_k, and what the engine says along them: the gradient, S_k, s_k, ρ_k, and the first two terms of
    /// the curvature (all but the first where it is only approximate).
    fn along(&mut self, gradient: &mut [f64], hessian: &mut [f64]) -> Curvature {
        let (c, r, m) = (self.c, self.c - 1, self.theta.len());
        let (mut first, mut place) = (0, 0);
        for factor in self.factors {
            let (q, parameters) = (factor.q, factor.parameters());
            let lambda = &self.lambda[place..place + q * q];
            for (basis, direction) in factor
                .basis
                .iter()
                .zip(&mut self.directions[first..first + parameters])
            {
                symmetric_product(q, basis, lambda, direction);
            }
            first += parameters;
            place += q * q;
        }
        let kind = match (self.engine, &mut self.work) {
            (Engine::Families(families), EngineWork::Families(work)) => {
                let omega = Omega {
                    full: &self.omega,
                    packed: &self.omega_packed,
                };
                families.slopes(&omega, work);
                let q = families.q;
                for (k, e) in self.directions.iter().enumerate() {
                    gradient[k] = block::inner(&work.sums.slope, e);
                    weighted(q, c, e, &work.sums.w, &mut self.s[k]);
                }
                if !hessian.is_empty() {
                    let factor = &self.factors[0];
                    bend(factor, &self.directions, &work.sums, hessian);
                }
                Curvature::Exact
            }
            (Engine::Blocked(blocked), EngineWork::Blocked(work)) => {
                let omega = Omega {
                    full: &self.omega,
                    packed: &self.omega_packed,
                };
                let r = self.c - 1;
                let v = &mut self.scratch[..self.c];
                for (v, gamma) in v.iter_mut().zip(&self.at.gamma) {
                    *v = -gamma;
                }
                v[r] = 1.0;
                blocked.slopes(
                    self.factors,
                    &self.lambda,
                    &omega,
                    v,
                    self.nu / self.at.r2,
                    work,
                    gradient,
                    &mut self.s,
                    hessian,
                );
                Curvature::Approximate
            }
            _ => Curvature::FromGradients,
        };
        let at = &self.at;
        for k in 0..m {
            let s = &self.s[k];
            let sv = &mut self.sv[k];
            let v = |j: usize| if j < r { -at.gamma[j] } else { 1.0 };
            for (i, sv) in sv.iter_mut().enumerate() {
                *sv = (0..c).map(|j| s[pair(i, j)] * v(j)).sum();
            }
            let last: f64 = (0..c).map(|j| s[pair(r, j)] * v(j)).sum();
            self.rho[k] = last - block::dot(&at.gamma, sv);
        }
        kind
    }

    /// The Hessian of the criterion with σ held, at the θ last evaluated and differentiated.
    fn complete(&mut self, kind: Curvature, hessian: &mut [f64], profiled: bool) {
        let (r, m) = (self.c - 1, self.theta.len());
        let kappa = self.nu / self.at.r2;
        if self.reml && kind == Curvature::Exact {
            for k in 0..m {
                around(
                    r,
                    &self.root_inverse,
                    &self.s[k],
                    &mut self.scratch,
                    &mut self.around[k],
                );
            }
        }
        for k in 0..m {
            let (cs, _) = self.scratch.split_at_mut(r);
            block::multiply(r, r, 1, &self.at.inverse, &self.sv[k], cs);
            for l in 0..=k {
                let lost = block::dot(cs, &self.sv[l]);
                let mut h = hessian[k * m + l];
                match kind {
                    Curvature::Exact => {
                        h -= 2.0 * kappa * lost;
                        if self.reml {
                            h -= block::inner(&self.around[k], &self.around[l]);
                        }
                    }
                    _ => h -= kappa * lost,
                }
                if profiled {
                    h -= self.nu * self.rho[k] * self.rho[l] / (self.at.r2 * self.at.r2);
                }
                hessian[k * m + l] = h;
                hessian[l * m + k] = h;
            }
        }
    }

    /// The gradient at θ with 1/σ² held.
    pub fn gradient_at(&mut self, theta: &[f64], kappa: f64, gradient: &mut [f64]) -> bool {
        if !self.solve(theta) {
            return false;
        }
        self.set_omega(kappa);
        self.along(gradient, &mut []);
        true
    }

    /// The gradient of ln |V| + κ v'[X y]'V⁻¹[X y]v with v and κ held, at the θ last evaluated.
    pub fn gradient_with(&mut self, v: &[f64], kappa: f64, gradient: &mut [f64]) {
        let c = self.c;
        for i in 0..c {
            for j in 0..=i {
                let x = kappa * v[i] * v[j];
                self.omega[i * c + j] = x;
                self.omega[j * c + i] = x;
                self.omega_packed[pair(j, i)] = if i == j { x } else { 2.0 * x };
            }
        }
        self.along(gradient, &mut []);
    }

    /// The exact Hessian with σ held at its estimate, at the θ last evaluated.
    pub fn held_hessian(&mut self) -> Option<Vec<f64>> {
        let m = self.theta.len();
        let mut gradient = vec![0.0; m];
        let mut hessian = vec![0.0; m * m];
        let kappa = self.nu / self.at.r2;
        if matches!(self.engine, Engine::Families(_)) {
            self.set_omega(kappa);
            let kind = self.along(&mut gradient, &mut hessian);
            self.complete(kind, &mut hessian, false);
            return Some(hessian);
        }
        // Differences of the exact gradient, with their first error taken out.
        let centre = self.theta.clone();
        let mut theta = centre.clone();
        let mut sides = vec![vec![0.0; m]; 4];
        for k in 0..m {
            let step = 1e-3 * centre[k].abs().max(1e-2);
            for (side, factor) in sides.iter_mut().zip([-2.0, -1.0, 1.0, 2.0]) {
                theta[k] = centre[k] + factor * step;
                if !self.gradient_at(&theta, kappa, side) {
                    return None;
                }
            }
            theta[k] = centre[k];
            for l in 0..m {
                let wide = (sides[3][l] - sides[0][l]) / (4.0 * step);
                let narrow = (sides[2][l] - sides[1][l]) / (2.0 * step);
                hessian[k * m + l] = (4.0 * narrow - wide) / 3.0;
            }
        }
        for k in 0..m {
            for l in 0..k {
                let mean = 0.5 * (hessian[k * m + l] + hessian[l * m + k]);
                hessian[k * m + l] = mean;
                hessian[l * m + k] = mean;
            }
        }
        self.gradient_at(&centre, kappa, &mut gradient)
            .then_some(hessian)
    }
}

impl Objective for Criterion<'_> {
    fn value(&mut self, theta: &[f64]) -> f64 {
        if self.solve(theta) {
            self.criterion()
        } else {
            f64::INFINITY
        }
    }

    fn derivatives(&mut self, gradient: &mut [f64], hessian: &mut [f64]) -> Curvature {
        self.set_omega(self.nu / self.at.r2);
        let kind = self.along(gradient, hessian);
        if !hessian.is_empty() {
            self.complete(kind, hessian, true);
        }
        kind
    }
}

/// E ← A B' + B A'
pub(super) fn symmetric_product(q: usize, a: &[f64], b: &[f64], e: &mut [f64]) {
    for i in 0..q {
        for j in 0..=i {
            let x: f64 = (0..q)
                .map(|k| a[i * q + k] * b[j * q + k] + b[i * q + k] * a[j * q + k])
                .sum();
            e[i * q + j] = x;
            e[j * q + i] = x;
        }
    }
}

/// Σ_ab E_ab W_ab for packed W of each pair.
pub(super) fn weighted(q: usize, c: usize, e: &[f64], w: &[f64], out: &mut [f64]) {
    let pc = packed(c);
    out.fill(0.0);
    for b in 0..q {
        for a in 0..=b {
            let x = if a == b {
                e[a * q + a]
            } else {
                2.0 * e[a * q + b]
            };
            if x != 0.0 {
                for (o, w) in out
                    .iter_mut()
                    .zip(&w[pair(a, b) * pc..(pair(a, b) + 1) * pc])
                {
                    *o += x * w;
                }
            }
        }
    }
}

/// tr(K dG_k (2Y − K) dG_l) + ⟨slope, d²G_kl⟩ for one factor.
fn bend(factor: &Factor, directions: &[Vec<f64>], sums: &Sums, hessian: &mut [f64]) {
    let (q, m) = (factor.q, factor.parameters());
    let qq = q * q;
    for k in 0..m {
        for l in 0..=k {
            let (e, f) = (&directions[k], &directions[l]);
            let mut h = 0.0;
            for a in 0..q {
                for b in 0..q {
                    let row = &sums.bend[(a * q + b) * qq..(a * q + b + 1) * qq];
                    for s in 0..q {
                        let x = e[b * q + s];
                        if x != 0.0 {
                            for t in 0..q {
                                h += x * row[s * q + t] * f[t * q + a];
                            }
                        }
                    }
                }
            }
            // ⟨slope, Λ_kΛ_l' + Λ_lΛ_k'⟩
            let (a, b) = (&factor.basis[k], &factor.basis[l]);
            for i in 0..q {
                for j in 0..q {
                    let x: f64 = (0..q).map(|s| a[i * q + s] * b[j * q + s]).sum();
                    h += 2.0 * x * sums.slope[i * q + j];
                }
            }
            hessian[k * m + l] = h;
            hessian[l * m + k] = h;
        }
    }
}

/// L⁻¹ S L⁻ᵀ of the rows and columns of X.
fn around(r: usize, inverse: &[f64], s: &[f64], scratch: &mut [f64], out: &mut [f64]) {
    for i in 0..r {
        for j in 0..r {
            scratch[i * r + j] = (0..=i).map(|k| inverse[i * r + k] * s[pair(k, j)]).sum();
        }
    }
    for i in 0..r {
        for j in 0..r {
            out[i * r + j] = (0..=j)
                .map(|k| scratch[i * r + k] * inverse[j * r + k])
                .sum();
        }
    }
}
