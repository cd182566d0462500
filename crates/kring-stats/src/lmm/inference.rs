//! Degrees of freedom: Satterthwaite's, and Kenward and Roger's with their covariance.
//!
//! ```text
//! Satterthwaite  df = 2 (c'Φc)² / (g'Ag),  Φ = σ²C,  g = ∂ c'Φc / ∂(θ, σ),  A = 2 H⁻¹,
//!                H the Hessian of minus twice the log-likelihood in θ and σ
//!   several      c's along the eigenvectors of LΦL': E = Σ ν_i/(ν_i − 2),  df = 2E / (E − q)
//! Kenward–Roger  V = Σ ψ_k V_k (linear in the variances and covariances, and in σ²)
//!                P_k = −X'V⁻¹V_kV⁻¹X,  Q_kl = X'V⁻¹V_kV⁻¹V_lV⁻¹X,
//!                2 (W⁻¹)_kl = tr V⁻¹V_kV⁻¹V_l − 2 tr ΦQ_kl + tr ΦP_kΦP_l
//!                Φ_A = Φ + 2Φ {Σ W_kl (Q_kl − P_kΦP_l)} Φ
//!                F = (λ/q) (Lβ)'(LΦ_AL')⁻¹Lβ ~ F(q, m), λ and m from A₁, A₂ of Θ = L'(LΦL')⁻¹L
//! ```
//! V₀ = V itself stands for σ², which spans the same matrices and has the simplest products.
//!
//! Satterthwaite FE (1946), Biometrics Bulletin 2:110–114, doi 10.2307/3002019; Kuznetsova A, Brockhoff
//! PB, Christensen RHB (2017), Journal of Statistical Software 82(13), doi 10.18637/jss.v082.i13;
//! Kenward MG, Roger JH (1997), Biometrics 53:983–997, doi 10.2307/2533558; Halekoh U, Højsgaard S
//! (2014), Journal of Statistical Software 59(9), doi 10.18637/jss.v059.i09.

use ndarray::{Array1, Array2, ArrayView1, ArrayView2};

use super::blocked::Blocked;
use super::criterion::{Criterion, Engine, EngineWork, symmetric_product, weighted};
use super::families::{Pair, packed, pair};
use super::search::{Found, Model};
use crate::Error;
use crate::linalg::{Cholesky, Qr, symmetric_eigen};
use crate::optimise::Objective;
use crate::random::Factor;
use crate::random::block::dot;

/// How the variance of a contrast varies with the parameters, and how certain these are.
#[derive(Debug, Clone)]
pub(crate) struct Satterthwaite {
    /// σ² C
    pub phi: Array2<f64>,
    /// ∂Φ/∂θ_k, and ∂Φ/∂σ last.
    pub slopes: Vec<Array2<f64>>,
    /// A
    pub a: Array2<f64>,
}

impl Satterthwaite {
    /// None where the curvature is not known.
    pub(super) fn new(model: &Model, found: &Found) -> Option<Self> {
        let mut criterion = model.criterion(found.reml);
        if !criterion.value(&found.theta).is_finite() {
            return None;
        }
        let held = criterion.held_hessian()?;
        let m = found.theta.len();
        let r = model.data.c() - 1;
        let sigma2 = found.sigma2();
        let sigma = sigma2.sqrt();
        let c = Array2::from_shape_fn((r, r), |(i, j)| criterion.at.inverse[i * r + j]);
        let mut hessian = Array2::zeros((m + 1, m + 1));
        for k in 0..m {
            for l in 0..m {
                hessian[[k, l]] = held[k * m + l];
            }
            let cross = 2.0 * criterion.rho[k] / (sigma2 * sigma);
            hessian[[k, m]] = cross;
            hessian[[m, k]] = cross;
        }
        hessian[[m, m]] = 4.0 * found.nu / sigma2;
        let mut slopes: Vec<Array2<f64>> = criterion
            .s
            .iter()
            .map(|s| c.dot(&square(s, r)).dot(&c) * sigma2)
            .collect();
        slopes.push(&c * (2.0 * sigma));
        Some(Self {
            phi: c * sigma2,
            slopes,
            a: twice_inverse(&hessian),
        })
    }

    /// The degrees of freedom of one contrast of γ.
    pub fn df(&self, c: ArrayView1<'_, f64>) -> Option<f64> {
        let variance = c.dot(&self.phi.dot(&c));
        let g: Array1<f64> = self.slopes.iter().map(|s| c.dot(&s.dot(&c))).collect();
        let of_variance = g.dot(&self.a.dot(&g));
        let df = 2.0 * variance * variance / of_variance;
        (df.is_finite() && df > 0.0).then_some(df)
    }

    /// The denominator's degrees of freedom of several contrasts, a row a contrast.
    pub fn joint_df(&self, l: ArrayView2<'_, f64>) -> Option<f64> {
        const SAME: f64 = 1e-8;
        let covariance = l.dot(&self.phi).dot(&l.t());
        let eigen = symmetric_eigen(&covariance);
        let along = eigen.vectors.t().dot(&l);
        let each = along
            .rows()
            .into_iter()
            .map(|c| self.df(c))
            .collect::<Option<Vec<f64>>>()?;
        let q = each.len() as f64;
        let mean = each.iter().sum::<f64>() / q;
        if each.windows(2).all(|two| (two[0] - two[1]).abs() < SAME) {
            return Some(mean);
        }
        if each.iter().any(|&df| df <= 2.0) {
            return Some(2.0);
        }
        let e: f64 = each.iter().map(|df| df / (df - 2.0)).sum();
        Some(2.0 * e / (e - q))
    }
}

/// 2 H⁻¹ over the directions that have curvature.
pub(crate) fn twice_inverse(hessian: &Array2<f64>) -> Array2<f64> {
    // As correlations first: θ and σ are of different size.
    let size: Array1<f64> = hessian
        .diag()
        .mapv(|h| if h > 0.0 { h.sqrt() } else { 1.0 });
    let scaled = Array2::from_shape_fn(hessian.dim(), |(i, j)| {
        hessian[[i, j]] / (size[i] * size[j])
    });
    let eigen = symmetric_eigen(&scaled);
    let inverse: Array1<f64> = eigen
        .values
        .iter()
        .map(|&v| if v > 1e-8 { 2.0 / v } else { 0.0 })
        .collect();
    let full = (&eigen.vectors * &inverse).dot(&eigen.vectors.t());
    Array2::from_shape_fn(hessian.dim(), |(i, j)| full[[i, j]] / (size[i] * size[j]))
}

/// The rows and columns of X of a packed matrix.
fn square(s: &[f64], r: usize) -> Array2<f64> {
    Array2::from_shape_fn((r, r), |(i, j)| s[pair(i, j)])
}

/// Kenward and Roger's adjusted covariance, and what their tests need, all over σ².
#[derive(Debug, Clone)]
pub(crate) struct KenwardRoger {
    /// Φ_A / σ²
    pub covariance: Array2<f64>,
    /// Φ / σ²
    pub phi: Array2<f64>,
    pub p: Vec<Array2<f64>>,
    pub w: Array2<f64>,
}

/// How a quadratic form is tested: F = scale · form / q with q and `df` degrees of freedom.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Joint {
    pub scale: f64,
    pub df: f64,
}

impl KenwardRoger {
    pub(super) fn new(model: &Model, found: &Found) -> Result<Self, Error> {
        let mut criterion = model.criterion(found.reml);
        criterion.value(&found.theta);
        let r = model.data.c() - 1;
        let phi = Array2::from_shape_fn((r, r), |(i, j)| criterion.at.inverse[i * r + j]);
        let information = symmetric_inverse(&phi);
        let directions = Directions::new(model, &mut criterion)?;
        let m = directions.singles.len();
        // The directions of the random effects, and V itself last.
        let mut p: Vec<Array2<f64>> = directions
            .singles
            .iter()
            .map(|s| -square(&s.s, r))
            .collect();
        p.push(-&information);
        let q = |k: usize, l: usize| match (k.min(l), k.max(l)) {
            (a, b) if b < m => square(&directions.pairs[pair(a, b)].q, r),
            (a, _) if a < m => square(&directions.singles[a].s, r),
            _ => information.clone(),
        };
        let trace = |k: usize, l: usize| match (k.min(l), k.max(l)) {
            (a, b) if b < m => directions.pairs[pair(a, b)].trace,
            (a, _) if a < m => directions.singles[a].trace,
            _ => model.data.n,
        };
        let phi_p: Vec<Array2<f64>> = p.iter().map(|p| phi.dot(p)).collect();
        let mut information_of = Array2::zeros((m + 1, m + 1));
        for k in 0..=m {
            for l in 0..=k {
                let value = 0.5
                    * (trace(k, l) - 2.0 * trace_of_product(&phi, &q(k, l))
                        + trace_of_product(&phi_p[k], &phi_p[l]));
                information_of[[k, l]] = value;
                information_of[[l, k]] = value;
            }
        }
        let w = twice_inverse(&information_of) * 0.5;
        let mut middle = Array2::zeros((r, r));
        for k in 0..=m {
            for l in 0..=m {
                let own = q(k, l) - p[k].dot(&phi_p[l]);
                middle.scaled_add(w[[k, l]], &own);
            }
        }
        let added = phi.dot(&middle).dot(&phi);
        let covariance = &phi + &(&added + &added.t());
        Ok(Self {
            covariance,
            phi,
            p,
            w,
        })
    }

    /// λ and m for several contrasts of γ, a row a contrast.
    pub fn joint(&self, l: ArrayView2<'_, f64>) -> Option<Joint> {
        let q = l.nrows() as f64;
        let root = Cholesky::new(l.dot(&self.phi).dot(&l.t()).view())?;
        let theta = l.t().dot(&root.inverse()).dot(&l);
        let each: Vec<Array2<f64>> = self
            .p
            .iter()
            .map(|p| theta.dot(&self.phi).dot(p).dot(&self.phi))
            .collect();
        let (mut a1, mut a2) = (0.0, 0.0);
        for (k, x) in each.iter().enumerate() {
            for (l, y) in each.iter().enumerate() {
                let w = self.w[[k, l]];
                a1 += w * x.diag().sum() * y.diag().sum();
                a2 += w * trace_of_product(x, y);
            }
        }
        let b = (a1 + 6.0 * a2) / (2.0 * q);
        let g = ((q + 1.0) * a1 - (q + 4.0) * a2) / ((q + 2.0) * a2);
        let below = 3.0 * q + 2.0 * (1.0 - g);
        let (c1, c2, c3) = (g / below, (q - g) / below, (q + 2.0 - g) / below);
        let mean = 1.0 / (1.0 - a2 / q);
        let variance = 2.0 / q * (1.0 + c1 * b) / ((1.0 - c2 * b).powi(2) * (1.0 - c3 * b));
        let rho = variance / (2.0 * mean * mean);
        let df = 4.0 + (q + 2.0) / (q * rho - 1.0);
        let scale = df / (mean * (df - 2.0));
        (df.is_finite() && scale.is_finite() && df > 0.0 && scale > 0.0)
            .then_some(Joint { scale, df })
    }
}

/// tr A B
fn trace_of_product(a: &Array2<f64>, b: &Array2<f64>) -> f64 {
    a.rows()
        .into_iter()
        .zip(b.columns())
        .map(|(a, b)| a.dot(&b))
        .sum()
}

fn symmetric_inverse(a: &Array2<f64>) -> Array2<f64> {
    Cholesky::new(a.view()).map_or_else(|| a.clone(), |root| root.inverse())
}

/// tr V⁻¹V_k and F̂'E_kF̂ of one direction.
struct Single {
    trace: f64,
    s: Vec<f64>,
}

/// The products that Kenward and Roger's method needs, direction by direction.
struct Directions {
    singles: Vec<Single>,
    pairs: Vec<Pair>,
}

impl Directions {
    fn new(model: &Model, criterion: &mut Criterion<'_>) -> Result<Self, Error> {
        let c = model.data.c();
        let m = criterion.theta.len();
        let mut gradient = vec![0.0; m];
        let kappa = 1.0 / criterion.sigma2();
        let theta = criterion.theta.clone();
        criterion.gradient_at(&theta, kappa, &mut gradient);
        match (&model.engine, &criterion.work) {
            (Engine::Families(families), EngineWork::Families(work)) => {
                let factor = &model.data.factors[0];
                let linear = factor.linear();
                let single = |e: &Vec<f64>| {
                    let mut s = vec![0.0; packed(c)];
                    weighted(factor.q, c, e, &work.sums.w, &mut s);
                    Single {
                        trace: work.sums.k.iter().zip(e).map(|(k, e)| k * e).sum(),
                        s,
                    }
                };
                Ok(Self {
                    singles: linear.iter().map(single).collect(),
                    pairs: families.pairs(&linear, work),
                })
            }
            (Engine::Blocked(blocked), EngineWork::Blocked(_)) => {
                Self::of_blocked(model, blocked, criterion)
            }
            _ => Err(undefined()),
        }
    }

    /// With several factors: products by half solves, and tr V⁻¹V_kV⁻¹V_l = −∂ tr V⁻¹V_k / ∂ψ_l by
    /// differences of the exact trace. A variance of zero is taken as 1e-4 of the residual one here.
    fn of_blocked(
        model: &Model,
        blocked: &Blocked,
        criterion: &mut Criterion<'_>,
    ) -> Result<Self, Error> {
        const EDGE: f64 = 1e-2;
        let c = model.data.c();
        let factors = &model.data.factors;
        let mut theta = criterion.theta.clone();
        let columns = factors.iter().flat_map(|f| &f.columns);
        for (theta, column) in theta.iter_mut().zip(columns) {
            if column.leads && theta.abs() < EDGE {
                *theta = EDGE;
            }
        }
        criterion.floor = 0.0;
        let linear: Vec<Along> = factors
            .iter()
            .enumerate()
            .flat_map(|(factor, of)| of.linear().into_iter().map(move |e| Along { factor, e }))
            .collect();
        let m = linear.len();
        // Differences first, since the last evaluation must be at the centre.
        let mut by_theta = Array2::zeros((m, m));
        let centre = theta.clone();
        for l in 0..m {
            let step = 1e-3 * centre[l].abs().max(EDGE);
            let mut sides = Vec::with_capacity(4);
            for times in [-2.0, -1.0, 1.0, 2.0] {
                theta[l] = centre[l] + times * step;
                sides.push(traces(model, blocked, criterion, &theta, &linear)?);
            }
            theta[l] = centre[l];
            for k in 0..m {
                let wide = (sides[3][k] - sides[0][k]) / (4.0 * step);
                let narrow = (sides[2][k] - sides[1][k]) / (2.0 * step);
                by_theta[[k, l]] = -(4.0 * narrow - wide) / 3.0;
            }
        }
        let trace = traces(model, blocked, criterion, &centre, &linear)?;
        let of_pairs =
            by_covariance(factors, criterion, &linear, &by_theta).ok_or_else(undefined)?;
        let EngineWork::Blocked(work) = &mut criterion.work else {
            return Err(undefined());
        };
        let around = |one: &Along, lambda: &[f64]| blocked.around(one.factor, &one.e, lambda);
        let lambda = criterion.lambda.clone();
        let mut singles = Vec::with_capacity(m);
        let (mut whole, mut half) = (Vec::with_capacity(m), Vec::with_capacity(m));
        for (one, trace) in linear.iter().zip(trace) {
            let g = around(one, &lambda);
            let mut s = vec![0.0; packed(c)];
            blocked.sum_s(one.factor, &g, work, &mut s);
            singles.push(Single { trace, s });
            let mut columns = Vec::with_capacity(c);
            let mut solved = Vec::with_capacity(c);
            for i in 0..c {
                let mut unit = vec![0.0; c];
                unit[i] = 1.0;
                let along = blocked.along(one.factor, &g, &unit, work);
                solved.push(blocked.forward(one.factor, &along, work));
                columns.push(along);
            }
            whole.push(columns);
            half.push(solved);
        }
        let mut pairs = Vec::with_capacity(m * (m + 1) / 2);
        for k in 0..m {
            for l in 0..=k {
                let same = linear[k].factor == linear[l].factor;
                let product = |i: usize, j: usize| {
                    let all = if same {
                        dot(&whole[k][i], &whole[l][j])
                    } else {
                        0.0
                    };
                    all - dot(&half[k][i], &half[l][j])
                };
                let mut q = vec![0.0; packed(c)];
                for i in 0..c {
                    for j in 0..=i {
                        q[pair(j, i)] = 0.5 * (product(i, j) + product(j, i));
                    }
                }
                pairs.push(Pair {
                    trace: of_pairs[[k, l]],
                    q,
                });
            }
        }
        Ok(Self { singles, pairs })
    }
}

/// A direction of the covariance of one factor.
struct Along {
    factor: usize,
    e: Vec<f64>,
}

fn undefined() -> Error {
    Error::Unsupported {
        what: "Kenward and Roger's method where the criterion is not defined".to_owned(),
        hint: "use Satterthwaite's degrees of freedom".to_owned(),
    }
}

/// tr V⁻¹V_k at θ.
fn traces(
    model: &Model,
    blocked: &Blocked,
    criterion: &mut Criterion<'_>,
    theta: &[f64],
    linear: &[Along],
) -> Result<Vec<f64>, Error> {
    let mut gradient = vec![0.0; theta.len()];
    let kappa = criterion.nu / criterion.at.r2;
    if !criterion.gradient_at(theta, kappa, &mut gradient) {
        return Err(undefined());
    }
    let EngineWork::Blocked(work) = &criterion.work else {
        return Err(undefined());
    };
    let mut starts = Vec::new();
    let mut next = 0;
    for factor in &model.data.factors {
        starts.push(next);
        next += factor.q * factor.q;
    }
    Ok(linear
        .iter()
        .map(|one| {
            let g = blocked.around(one.factor, &one.e, &criterion.lambda);
            dot(&work.traces[starts[one.factor]..], &g)
        })
        .collect())
}

/// tr V⁻¹V_kV⁻¹V_l from its derivatives along θ: dG_l = Σ J_la E_a within each factor.
fn by_covariance(
    factors: &[Factor],
    criterion: &Criterion<'_>,
    linear: &[Along],
    by_theta: &Array2<f64>,
) -> Option<Array2<f64>> {
    let m = linear.len();
    let mut j = Array2::zeros((m, m));
    let mut lambda_at = 0;
    let mut first = 0;
    for factor in factors {
        let (q, own) = (factor.q, factor.parameters());
        let lambda = &criterion.lambda[lambda_at..lambda_at + q * q];
        let mut direction = vec![0.0; q * q];
        for l in 0..own {
            symmetric_product(q, &factor.basis[l], lambda, &mut direction);
            for a in 0..own {
                let e = &linear[first + a].e;
                j[[first + l, first + a]] = dot(&direction, e) / dot(e, e);
            }
        }
        lambda_at += q * q;
        first += own;
    }
    // T J' = by_theta, so that T' = J⁻¹ by_theta'.
    let qr = Qr::new(j.view());
    if qr.rank < m {
        return None;
    }
    let mut t = Array2::zeros((m, m));
    for k in 0..m {
        let solved = qr.solve(qr.q.t().dot(&by_theta.row(k)).view());
        for (place, &column) in qr.pivot.iter().enumerate() {
            t[[k, column]] = solved[place];
        }
    }
    Some((&t + &t.t()) * 0.5)
}
