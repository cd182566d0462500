//! From a design to the θ with the least criterion, and the evidence for it.

use super::blocked::Blocked;
use super::criterion::{Criterion, Engine, Place};
use super::data::{Data, METHOD};
use super::families::Families;
use super::{Design, Error, Estimation};
use crate::certificate::{Certificate, Edge};
use crate::optimise::{Limits, Minimum, Objective, minimise};
use crate::random::Factor;

/// What a search reads.
#[derive(Debug)]
pub(super) struct Model {
    pub data: Data,
    pub engine: Engine,
}

/// Where a search ended.
#[derive(Debug)]
pub(super) struct Found {
    pub theta: Vec<f64>,
    /// d(θ)
    pub value: f64,
    /// n − r or n.
    pub nu: f64,
    pub reml: bool,
    pub place: Place,
    pub certificate: Certificate,
}

impl Model {
    pub fn new(design: &Design) -> Result<Self, Error> {
        let data = Data::new(design)?;
        let engine = engine(&data)?;
        Ok(Self { data, engine })
    }

    /// The same model of other columns √w [x̃ ỹ].
    pub fn of(columns: Vec<f64>, other: &Self) -> Result<Self, Error> {
        let data = Data {
            columns,
            ..other.data.without_columns()
        };
        let engine = engine(&data)?;
        Ok(Self { data, engine })
    }

    /// The same model of rows that count otherwise.
    pub fn reweighed(data: &Data, precision: &[f64], copies: &[f64]) -> Result<Self, Error> {
        let data = data.reweighed(precision, copies);
        let engine = engine(&data)?;
        Ok(Self { data, engine })
    }

    pub fn criterion(&self, reml: bool) -> Criterion<'_> {
        Criterion::new(
            &self.engine,
            &self.data.factors,
            self.data.n,
            self.data.c(),
            reml,
        )
    }

    /// The least criterion.
    pub fn search(&self, estimation: Estimation) -> Result<Found, Error> {
        let reml = estimation == Estimation::Reml;
        let mut criterion = self.criterion(reml);
        let start = self.start(&mut criterion);
        self.search_from(&mut criterion, start, reml)
    }

    /// θ from moments; with many families that have nothing in common, what a part of them says.
    fn start(&self, criterion: &mut Criterion<'_>) -> Vec<f64> {
        const MANY: usize = 800;
        const PART: usize = 7;
        let start = self.moments();
        let Engine::Families(families) = &self.engine else {
            return start;
        };
        if families.one_by_one() < MANY {
            return start;
        }
        let factors = &self.data.factors;
        let part = Engine::Families(Families::every(PART, &factors[0], &self.data));
        let n = self.data.n / PART as f64;
        let mut rough = Criterion::new(&part, factors, n, self.data.c(), criterion.is_reml());
        let limits = Limits {
            iterations: 20,
            decrement: 1e-2,
            ..Limits::default()
        };
        let found = minimise(&mut rough, start.clone(), limits);
        if found.converged && criterion.value(&found.x).is_finite() {
            return found.x;
        }
        start
    }

    /// Each effect by itself: with v the mean of ỹ², t that of (z'ỹ)²/z'z over the levels and a that of z'z,
    /// t ≈ v − g + a g.
    fn moments(&self) -> Vec<f64> {
        let c = self.data.c();
        let response = || self.data.columns.iter().skip(c - 1).step_by(c);
        let v = response().map(|y| y * y).sum::<f64>() / self.data.n;
        let mut sizes: Vec<Vec<f64>> = Vec::with_capacity(self.data.factors.len());
        for factor in &self.data.factors {
            let q = factor.q;
            let mut sums = vec![0.0; 2 * q * factor.levels()];
            for ((z, y), &level) in factor.z.chunks_exact(q).zip(response()).zip(&factor.level) {
                let own = &mut sums[2 * q * level as usize..2 * q * (level as usize + 1)];
                for (two, z) in own.chunks_exact_mut(2).zip(z) {
                    two[0] += z * y;
                    two[1] += z * z;
                }
            }
            let of = |k: usize| {
                let (mut t, mut a, mut levels) = (0.0, 0.0, 0.0);
                for own in sums.chunks_exact(2 * q) {
                    let (zy, zz) = (own[2 * k], own[2 * k + 1]);
                    if zz > 0.0 {
                        t += zy * zy / zz;
                        a += zz;
                        levels += 1.0;
                    }
                }
                let (t, a) = (t / f64::max(levels, 1.0), a / f64::max(levels, 1.0));
                if a > 1.0 {
                    ((t - v) / (a - 1.0)).clamp(0.0, v)
                } else {
                    0.3 * v
                }
            };
            sizes.push((0..q).map(of).collect());
        }
        let random: f64 = sizes.iter().flatten().sum();
        let residual = (v - random).max(0.1 * v);
        let mut theta = Vec::new();
        for (factor, sizes) in self.data.factors.iter().zip(sizes) {
            let q = factor.q;
            // A variance of zero is no place to start from: there the slope along θ is nothing.
            let root = |k: usize| (sizes[k] / residual).sqrt().clamp(0.1, 10.0);
            for (basis, column) in factor.basis.iter().zip(&factor.columns) {
                let along: f64 = (0..q).map(|k| basis[k * q + k] * root(k)).sum();
                let length: f64 = basis.iter().map(|b| b * b).sum();
                theta.push(if column.leads { along / length } else { 0.0 });
            }
        }
        theta
    }

    pub fn search_from(
        &self,
        criterion: &mut Criterion<'_>,
        start: Vec<f64>,
        reml: bool,
    ) -> Result<Found, Error> {
        let blocked = matches!(self.engine, Engine::Blocked(_));
        let limits = Limits {
            decrement: if blocked { 1e-11 } else { 1e-13 },
            ..Limits::default()
        };
        let mut minimum = minimise(criterion, start, limits);
        if !minimum.value.is_finite() {
            return Err(Error::Overflow {
                what: "the criterion of the linear mixed model".to_owned(),
            });
        }
        self.to_edge(criterion, &mut minimum);
        if !minimum.converged {
            return Err(Error::unfinished(
                METHOD,
                minimum.iterations,
                -0.5 * minimum.value,
                Some(minimum.decrement.sqrt()).filter(|d| d.is_finite()),
                self.named(&minimum.x),
            ));
        }
        let certificate = self.certify(&minimum);
        Ok(Found {
            certificate,
            value: minimum.value,
            nu: criterion.nu,
            reml,
            place: criterion.at.clone(),
            theta: minimum.x,
        })
    }

    /// Takes standard deviations that are next to nothing to nothing, if that costs nothing, and turns
    /// the signs of Λ. The criterion is left at the end.
    fn to_edge(&self, criterion: &mut Criterion<'_>, minimum: &mut Minimum) {
        const FREE: f64 = 1e-9;
        let mut first = 0;
        let mut moved = false;
        criterion.floor = 0.0;
        for factor in &self.data.factors {
            let m = factor.parameters();
            for k in 0..m {
                let before = minimum.x[first + k];
                if !(factor.columns[k].leads && before != 0.0 && before.abs() < 1e-3) {
                    continue;
                }
                minimum.x[first + k] = 0.0;
                let value = criterion.value(&minimum.x);
                if value <= minimum.value + FREE {
                    minimum.value = value;
                } else {
                    minimum.x[first + k] = before;
                }
                moved = true;
            }
            let own = &mut minimum.x[first..first + m];
            let before = own.to_vec();
            factor.turn(own);
            moved |= before != own;
            first += m;
        }
        if moved {
            criterion.value(&minimum.x);
            criterion.derivatives(&mut minimum.gradient, &mut minimum.hessian);
        }
    }

    fn certify(&self, minimum: &Minimum) -> Certificate {
        let k = minimum.x.len();
        let hessian = ndarray::Array2::from_shape_fn((k, k), |(i, j)| minimum.hessian[i * k + j]);
        let values = crate::linalg::symmetric_eigen(&hessian).values;
        let largest = values.iter().copied().fold(0.0, f64::max);
        let smallest = values.iter().copied().fold(largest, f64::min).max(0.0);
        let mut first = 0;
        let mut edge = f64::INFINITY;
        for factor in &self.data.factors {
            let m = factor.parameters();
            edge = edge.min(factor.smallest_root(&minimum.x[first..first + m]));
            first += m;
        }
        Certificate {
            iterations: minimum.iterations,
            evaluations: minimum.evaluations,
            gradient: minimum
                .gradient
                .iter()
                .fold(0.0, |m: f64, g| m.max(g.abs())),
            distance: minimum.decrement.max(0.0).sqrt(),
            curvature: if largest > 0.0 {
                smallest / largest
            } else {
                0.0
            },
            edge,
            edge_of: Edge::RandomEffects,
        }
    }

    /// θ with names, for a fit that failed.
    fn named(&self, theta: &[f64]) -> Vec<(String, f64)> {
        let names = self.data.factors.iter().flat_map(|factor: &Factor| {
            (1..=factor.parameters()).map(|k| format!("θ{k} of `{}`", factor.name))
        });
        names.zip(theta.iter().copied()).collect()
    }
}

fn engine(data: &Data) -> Result<Engine, Error> {
    Ok(match data.factors.as_slice() {
        [one] => Engine::Families(Families::new(one, data)),
        all => Engine::Blocked(Blocked::new(all, data)?),
    })
}

impl Found {
    pub fn sigma2(&self) -> f64 {
        self.place.r2 / self.nu
    }

    /// With all constants, on the scale of the data.
    pub fn log_likelihood(&self, data: &Data, estimation: Estimation) -> f64 {
        let columns = match estimation {
            // ln |X'V⁻¹X| = ln |X̃'V⁻¹X̃| − 2 ln |B|
            Estimation::Reml => -2.0 * data.fixed.ln_back,
            Estimation::Ml => 0.0,
        };
        -0.5 * (self.value + columns - data.ln_weights)
    }
}

/// Λ of all factors, one after the other, from the covariances of the terms in the order of the formula.
pub(super) fn roots(
    factors: &[Factor],
    random: &[ndarray::Array2<f64>],
    sigma2: f64,
) -> Option<Vec<f64>> {
    let mut all = Vec::new();
    for factor in factors {
        let q = factor.q;
        let mut g = ndarray::Array2::zeros((q, q));
        for place in &factor.terms {
            let own = random.get(place.term)?;
            let size = place.columns.len();
            if own.dim() != (size, size) {
                return None;
            }
            for i in 0..size {
                for j in 0..size {
                    g[[place.first + i, place.first + j]] = own[[i, j]] / sigma2;
                }
            }
        }
        let scaled = factor.relative_of(&g);
        all.extend(semidefinite_root(&scaled)?);
    }
    Some(all)
}

/// A lower triangle L with L L' = G, for a G that may be singular.
pub(super) fn semidefinite_root(g: &ndarray::Array2<f64>) -> Option<Vec<f64>> {
    let q = g.nrows();
    let largest = g.diag().iter().copied().fold(0.0, f64::max);
    let mut l = vec![0.0; q * q];
    for j in 0..q {
        let mut d = g[[j, j]];
        for k in 0..j {
            d -= l[j * q + k] * l[j * q + k];
        }
        if d < -1e-8 * largest || !d.is_finite() {
            return None;
        }
        if d <= 1e-14 * largest {
            continue;
        }
        let root = d.sqrt();
        l[j * q + j] = root;
        for i in j + 1..q {
            let known: f64 = (0..j).map(|k| l[i * q + k] * l[j * q + k]).sum();
            l[i * q + j] = (g[[i, j]] - known) / root;
        }
    }
    Some(l)
}
