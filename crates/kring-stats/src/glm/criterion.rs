//! What a generalised linear model makes as large as it can, with its derivatives.
//!
//! ```text
//! η = offset + Q γ,  μ = g⁻¹(η),  d = dμ/dη;  Q an orthonormal basis of the columns of X
//! no shape      −D/2,           gradient Q'(a (y − μ) d / V),  information Q'WQ,  W = a d² / V
//! Firth         −D/2 + ½ log |Q'WQ|, gradient Q'(a (y − μ) d / V + h ½ ∂log W/∂η), h = diag Q(Q'WQ)⁻¹Q'W
//! shape τ       ℓ(γ, τ) and its own second derivatives; τ = log θ, log φ or logit ρ
//! ```
//! One pass over the rows gives all of it: p (p + 1) / 2 weighted products of columns and, where the
//! family has a shape, one product more for each column. In the basis Q the information is well
//! conditioned however the columns of X are scaled. Firth's term has this form for the canonical links.
//!
//! Negative binomials and the beta-binomial need sums such as Σ_{k<y} log(θ + k). For NB2 they are the
//! same for all rows of one count, so they are taken once for each k, with the number of rows above it.
//!
//! Firth D (1993), Biometrika 80:27–38, doi 10.1093/biomet/80.1.27.

use ndarray::{Array1, Array2, ArrayView1};

use crate::dist::special::{digamma, trigamma};
use crate::family::{Family, Link, Mean, ln_rising};
use crate::linalg::{Cholesky, dot};

/// The data of a fit: one entry a row, and the basis of the columns.
#[derive(Debug, Clone)]
pub(super) struct Data {
    /// A number, a count, or the share of successes.
    pub y: Vec<f64>,
    /// How many trials a row has; one where it has none.
    pub trials: Vec<f64>,
    /// How much a row weighs, trials not counted.
    pub weight: Vec<f64>,
    /// What is added to η; empty where nothing is.
    pub offset: Vec<f64>,
    /// The columns of Q.
    pub basis: Vec<Vec<f64>>,
    /// For each k how much the rows with a count above k weigh, where NB2 needs it.
    pub above: Vec<f64>,
}

/// What is made as large as possible.
#[derive(Debug, Clone, Copy)]
pub(super) struct Criterion<'a> {
    pub data: &'a Data,
    pub family: Family,
    pub link: Link,
    /// Firth's penalty.
    pub penalised: bool,
}

/// The criterion at one point.
#[derive(Debug, Clone)]
pub(super) struct Point {
    pub value: f64,
    /// −2 times the criterion without penalty, where the family has no shape.
    pub deviance: f64,
    pub gradient: Array1<f64>,
    /// Minus the second derivatives, or what they are expected to be.
    pub information: Array2<f64>,
}

/// Beyond this the sums over k are taken from special functions.
const TABULATED: f64 = 100_000.0;

impl Data {
    /// η of the coefficients of the basis.
    pub fn eta(&self, gamma: ArrayView1<'_, f64>) -> Vec<f64> {
        let mut eta = if self.offset.is_empty() {
            vec![0.0; self.y.len()]
        } else {
            self.offset.clone()
        };
        for (column, &g) in self.basis.iter().zip(gamma) {
            for (eta, q) in eta.iter_mut().zip(column) {
                *eta += g * q;
            }
        }
        eta
    }

    pub fn prior(&self, i: usize) -> f64 {
        self.weight[i] * self.trials[i]
    }

    /// Counts the rows above each k, if the largest count is not too large for a table.
    pub fn tabulate(&mut self) {
        let largest = self.y.iter().copied().fold(0.0, f64::max);
        if largest > TABULATED {
            return;
        }
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "counts from zero to the largest"
        )]
        let place = |y: f64| y as usize;
        let mut above = vec![0.0; place(largest)];
        for (&y, &w) in self.y.iter().zip(&self.weight) {
            if y > 0.0 {
                above[place(y) - 1] += w;
            }
        }
        for k in (1..above.len()).rev() {
            above[k - 1] += above[k];
        }
        self.above = above;
    }
}

impl Criterion<'_> {
    /// The value and its derivatives; none where a mean is impossible.
    pub fn at(&self, psi: &Array1<f64>) -> Option<Point> {
        let point = match self.family.shape_name() {
            None => self.without_shape(psi),
            Some(_) => self.with_shape(psi),
        }?;
        let numbers = point.gradient.iter().chain(&point.information);
        (point.value.is_finite() && numbers.into_iter().all(|x| x.is_finite())).then_some(point)
    }

    fn without_shape(&self, psi: &Array1<f64>) -> Option<Point> {
        let data = self.data;
        let eta = data.eta(psi.view());
        let n = eta.len();
        let (mut w, mut u) = (vec![0.0; n], vec![0.0; n]);
        let mut deviance = 0.0;
        for i in 0..n {
            let a = data.prior(i);
            if a == 0.0 {
                continue;
            }
            let (y, mean) = (data.y[i], self.link.mean(eta[i]));
            if !self.family.allows(&mean) {
                return None;
            }
            let v = self.family.variance(&mean, data.trials[i], 1.0);
            let ratio = a * mean.slope / v;
            w[i] = ratio * mean.slope;
            u[i] = ratio * residual(y, &mean);
            deviance += a * self.family.deviance(y, &mean, 1.0);
        }
        let mut information = self.information(&w);
        let mut value = -0.5 * deviance;
        if self.penalised {
            let root = Cholesky::new(information.view())?;
            value += 0.5 * root.ln_determinant();
            let leverage = self.leverage(&w, &root);
            for i in 0..n {
                if w[i] > 0.0 {
                    u[i] += 0.5 * leverage[i] * self.pull(eta[i]);
                    // The penalty is worth h more trials, half of them successes.
                    if self.link == Link::Logit {
                        w[i] *= 1.0 + leverage[i] / data.prior(i);
                    }
                }
            }
            information = self.information(&w);
        }
        Some(Point {
            value,
            deviance,
            gradient: self.gradient(&u),
            information,
        })
    }

    /// ∂ log W / ∂η of a canonical link: 1 − 2μ for the logit, 1 for the log.
    fn pull(&self, eta: f64) -> f64 {
        match self.link {
            Link::Logit => {
                let mean = self.link.mean(eta);
                mean.complement - mean.mu
            }
            Link::Log => 1.0,
            _ => 0.0,
        }
    }

    fn leverage(&self, w: &[f64], root: &Cholesky) -> Vec<f64> {
        let r = self.data.basis.len();
        let inverse = root.inverse();
        let mut leverage = vec![0.0; w.len()];
        for a in 0..r {
            for b in 0..=a {
                let twice = if a == b { 1.0 } else { 2.0 };
                let c = twice * inverse[[a, b]];
                let (qa, qb) = (&self.data.basis[a], &self.data.basis[b]);
                for (h, (x, y)) in leverage.iter_mut().zip(qa.iter().zip(qb)) {
                    *h += c * x * y;
                }
            }
        }
        leverage.iter_mut().zip(w).for_each(|(h, w)| *h *= w);
        leverage
    }

    fn gradient(&self, u: &[f64]) -> Array1<f64> {
        self.data.basis.iter().map(|q| dot(q, u)).collect()
    }

    /// Q'WQ
    fn information(&self, w: &[f64]) -> Array2<f64> {
        let basis = &self.data.basis;
        let mut information = Array2::zeros((basis.len(), basis.len()));
        let mut weighed = vec![0.0; w.len()];
        for (a, qa) in basis.iter().enumerate() {
            for (x, (q, w)) in weighed.iter_mut().zip(qa.iter().zip(w)) {
                *x = q * w;
            }
            for (b, qb) in basis.iter().enumerate().take(a + 1) {
                let sum = dot(&weighed, qb);
                information[[a, b]] = sum;
                information[[b, a]] = sum;
            }
        }
        information
    }

    fn with_shape(&self, psi: &Array1<f64>) -> Option<Point> {
        let data = self.data;
        let r = data.basis.len();
        let tau = psi[r];
        let rows = self.rows(psi)?;
        let mut sums = rows.sums;
        if self.is_tabulated() {
            let theta = tau.exp();
            let mut k = 0.0;
            let (mut s0, mut s1, mut s2) = (0.0, 0.0, 0.0);
            for &above in &data.above {
                let x = theta + k;
                s0 += above * x.ln();
                s1 += above / x;
                s2 -= above / (x * x);
                k += 1.0;
            }
            sums.value += s0;
            sums.tau += theta * s1;
            sums.tau_tau += theta * s1 + theta * theta * s2;
        }
        let mut gradient = Array1::zeros(r + 1);
        let mut information = Array2::zeros((r + 1, r + 1));
        gradient
            .slice_mut(ndarray::s![..r])
            .assign(&self.gradient(&rows.eta));
        gradient[r] = sums.tau;
        information
            .slice_mut(ndarray::s![..r, ..r])
            .assign(&self.information(&rows.curvature));
        for (a, q) in data.basis.iter().enumerate() {
            let cross = -dot(q, &rows.cross);
            information[[a, r]] = cross;
            information[[r, a]] = cross;
        }
        information[[r, r]] = -sums.tau_tau;
        Some(Point {
            value: sums.value,
            deviance: 0.0,
            gradient,
            information,
        })
    }

    fn is_tabulated(&self) -> bool {
        self.family == Family::NegativeBinomial2 && !self.data.above.is_empty()
    }

    /// The derivatives by η and τ, row by row, times the weight; the sums over k of NB2 where they
    /// are tabulated are not in `sums`.
    fn rows(&self, psi: &Array1<f64>) -> Option<ShapeRows> {
        let data = self.data;
        let tau = psi[data.basis.len()];
        let tabulated = self.is_tabulated();
        let eta = data.eta(psi.view());
        let n = eta.len();
        let mut rows = ShapeRows {
            eta: vec![0.0; n],
            curvature: vec![0.0; n],
            cross: vec![0.0; n],
            sums: Sums::default(),
        };
        let shape = shape_of(self.family, tau);
        for (i, &eta) in eta.iter().enumerate() {
            let (w, y, trials) = (data.weight[i], data.y[i], data.trials[i]);
            if w == 0.0 || trials == 0.0 {
                continue;
            }
            let mean = self.link.mean(eta);
            if !self.family.allows(&mean) {
                return None;
            }
            let row = match self.family {
                Family::NegativeBinomial2 => nb2(y, &mean, eta - tau, shape, tabulated),
                Family::NegativeBinomial1 => nb1(y, &mean, tau, shape),
                _ => {
                    let curvature = self.link.curvature(eta, &mean);
                    beta_binomial(y * trials, trials, &mean, curvature, tau)
                }
            };
            rows.eta[i] = w * row.eta;
            rows.curvature[i] = -w * row.eta_eta;
            rows.cross[i] = w * row.eta_tau;
            rows.sums.value += w * row.value;
            rows.sums.tau += w * row.tau;
            rows.sums.tau_tau += w * row.tau_tau;
        }
        Some(rows)
    }

    /// The contribution of each row to the gradient by η and by τ.
    pub fn scores(&self, psi: &Array1<f64>) -> Option<Scores> {
        let data = self.data;
        let tau = psi[data.basis.len()];
        let eta = data.eta(psi.view());
        let shape = shape_of(self.family, tau);
        let mut by_tau = vec![0.0; eta.len()];
        for (i, (by_tau, &eta)) in by_tau.iter_mut().zip(&eta).enumerate() {
            let mean = self.link.mean(eta);
            let (y, trials) = (data.y[i], data.trials[i]);
            if data.prior(i) == 0.0 {
                continue;
            }
            let row = match self.family {
                Family::NegativeBinomial2 => nb2(y, &mean, eta - tau, shape, false),
                Family::NegativeBinomial1 => nb1(y, &mean, tau, shape),
                _ => beta_binomial(y * trials, trials, &mean, 0.0, tau),
            };
            *by_tau = data.weight[i] * row.tau;
        }
        Some(Scores {
            eta: self.rows(psi)?.eta,
            tau: by_tau,
        })
    }
}

/// The contribution of each row to the gradient.
pub(super) struct Scores {
    pub eta: Vec<f64>,
    pub tau: Vec<f64>,
}

struct ShapeRows {
    eta: Vec<f64>,
    curvature: Vec<f64>,
    cross: Vec<f64>,
    sums: Sums,
}

#[derive(Default)]
struct Sums {
    value: f64,
    tau: f64,
    tau_tau: f64,
}

/// ℓ of one row, but for what depends on y alone, and its derivatives.
struct Row {
    value: f64,
    eta: f64,
    eta_eta: f64,
    tau: f64,
    eta_tau: f64,
    tau_tau: f64,
}

/// y − μ, with the digits of 1 − μ where y is one.
fn residual(y: f64, mean: &Mean) -> f64 {
    if y == 1.0 {
        mean.complement
    } else {
        y - mean.mu
    }
}

/// The parameter of shape: θ and φ on the log scale, ρ on the logit scale.
pub(super) fn shape_of(family: Family, tau: f64) -> f64 {
    match family {
        Family::BetaBinomial => Link::Logit.mean(tau).mu,
        _ => tau.exp(),
    }
}

/// Σ_{k<y} of log(x + k), 1 / (x + k) and −1 / (x + k)².
struct Rising {
    logs: f64,
    first: f64,
    second: f64,
}

fn rising(x: f64, y: f64) -> Rising {
    if y > 40.0 {
        return Rising {
            logs: ln_rising(x, y),
            first: digamma(x + y) - digamma(x),
            second: trigamma(x + y) - trigamma(x),
        };
    }
    let mut sums = Rising {
        logs: 0.0,
        first: 0.0,
        second: 0.0,
    };
    let mut k = 0.0;
    while k < y {
        let inverse = 1.0 / (x + k);
        sums.logs += (x + k).ln();
        sums.first += inverse;
        sums.second -= inverse * inverse;
        k += 1.0;
    }
    sums
}

/// ℓ = Σ_{k<y} log(θ + k) + y log(μ/θ) − (y + θ) log(1 + μ/θ), without its sum where that is tabulated.
fn nb2(y: f64, mean: &Mean, log_odds: f64, theta: f64, tabulated: bool) -> Row {
    let mu = mean.mu;
    let total = mu + theta;
    let log = (mu / theta).ln_1p();
    let share = theta / total;
    let by_theta = (mu - y) / total - log;
    let twice = 1.0 / theta - 2.0 / total + (y + theta) / (total * total);
    let mut row = Row {
        value: (if y == 0.0 { 0.0 } else { y * log_odds }) - (y + theta) * log,
        eta: (y - mu) * share,
        eta_eta: -mu * share * (theta + y) / total,
        tau: theta * by_theta,
        eta_tau: theta * (y - mu) * mu / (total * total),
        tau_tau: theta * theta * twice + theta * by_theta,
    };
    if !tabulated {
        let sums = rising(theta, y);
        row.value += sums.logs;
        row.tau += theta * sums.first;
        row.tau_tau += theta * sums.first + theta * theta * sums.second;
    }
    row
}

/// ℓ = Σ_{k<y} log(s + k) + y log φ − (y + s) log(1 + φ), s = μ/φ.
fn nb1(y: f64, mean: &Mean, tau: f64, phi: f64) -> Row {
    let s = mean.mu / phi;
    let sums = rising(s, y);
    let log = phi.ln_1p();
    let share = phi / (1.0 + phi);
    let (a, b) = (sums.first - log, sums.second);
    let both = s * s * b + s * a;
    Row {
        value: sums.logs + y * tau - (y + s) * log,
        eta: s * a,
        eta_eta: both,
        tau: y - (s + y) * share - s * a,
        eta_tau: -both - s * share,
        tau_tau: both + 2.0 * s * share - (s + y) * share / (1.0 + phi),
    }
}

/// ℓ = Σ_{k<s} log(α + k) + Σ_{k<m−s} log(β + k) − Σ_{k<m} log(α + β + k), α = μ/e^τ, β = (1 − μ)/e^τ.
fn beta_binomial(s: f64, m: f64, mean: &Mean, curvature: f64, tau: f64) -> Row {
    let phi = (-tau).exp();
    let (mu, nu) = (mean.mu, mean.complement);
    let (a, b, c) = (
        rising(mu * phi, s.round()),
        rising(nu * phi, (m - s).round()),
        rising(phi, m),
    );
    let by_mu = phi * (a.first - b.first);
    let by_mu_mu = phi * phi * (a.second + b.second);
    let by_phi = mu * a.first + nu * b.first - c.first;
    let by_phi_phi = mu * mu * a.second + nu * nu * b.second - c.second;
    let by_mu_phi = a.first - b.first + phi * (mu * a.second - nu * b.second);
    let d = mean.slope;
    Row {
        value: a.logs + b.logs - c.logs,
        eta: by_mu * d,
        eta_eta: by_mu_mu * d * d + by_mu * curvature,
        tau: -phi * by_phi,
        eta_tau: -phi * by_mu_phi * d,
        tau_tau: phi * phi * by_phi_phi + phi * by_phi,
    }
}
