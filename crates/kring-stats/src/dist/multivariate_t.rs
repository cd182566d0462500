//! The multivariate t (or normal) distribution between equal bounds on both sides.
//!
//! ```text
//! T_i = Z_i / S    Z ~ N(0, R), R a correlation matrix of m, singular or not;  ν S² ~ χ² of ν
//! R = L L'         Cholesky with the largest remaining variance first, L m × r;  Z = L y, y ~ N(0, I_r)
//! bounds of y_j    from every row i whose last entry stands in column j:
//!                  |Σ_k<j L_ik y_k + L_ij y_j| ≤ c s;  a_j and b_j, what all of them leave
//! P(all |T_i| ≤ c) = ∫ Π_j {Φ(b_j) − Φ(a_j)} du,  y_j = Φ⁻¹(Φ(a_j) + u_j {Φ(b_j) − Φ(a_j)}),  s from u_0
//! u                i ↦ |2 frac(i √p_j + Δ_j) − 1|, p_j the primes (Richtmyer's lattice), Δ random from the seed
//! error            3 standard errors of the mean over eight Δ; points are doubled until it is small enough
//! ```
//! Comparisons of k means have rank k − 1 however many they are, and the integral has no more
//! dimensions than that. The same points serve every c, so that quantiles are found on a smooth curve.
//!
//! Genz A, Bretz F (2002), Journal of Computational and Graphical Statistics 11:950–971, doi
//! 10.1198/106186002394; Genz A, Kwong K-S (2000), Journal of Statistical Computation and Simulation
//! 68:1–21, doi 10.1080/00949650008812053 (singular R). Difference from R: mvtnorm takes whole degrees of
//! freedom only.

use kring_core::seed::Seed;
use kring_core::{Alternative, Reference};
use ndarray::ArrayView2;
use serde::{Deserialize, Serialize};
use statrs::function::erf::erfc_inv;

use super::{Gamma, check_level, critical, p_value, upper_normal};
use crate::Error;
use crate::root::root;

/// How far an integral by quasi-Monte Carlo goes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuasiMonteCarlo {
    /// Where drawing begins.
    pub seed: u64,
    /// The error of a probability that is good enough.
    #[serde(default = "usual_error")]
    pub error: f64,
}

fn usual_error() -> f64 {
    1e-4
}

/// A number from an integral by quasi-Monte Carlo.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Integral {
    /// The number.
    pub value: f64,
    /// Three of its standard errors.
    pub error: f64,
}

/// The distribution of the largest of several correlated statistics.
#[derive(Debug, Clone)]
pub struct MultivariateT {
    options: QuasiMonteCarlo,
    /// m
    size: usize,
    /// r
    rank: usize,
    /// L, row by row.
    l: Vec<f64>,
    /// For each column the rows whose last entry stands there.
    ends: Vec<Vec<usize>>,
    /// √p_j
    steps: Vec<f64>,
    /// Δ, one list a shift.
    shifts: Vec<Vec<f64>>,
}

/// The random shifts by which the error is measured.
const SHIFTS: usize = 8;
/// Points of each shift, at first and at most.
const POINTS: [usize; 2] = [512, 32_768];
/// A variance that is left below this is none.
const NOTHING: f64 = 1e-12;
/// An entry of L below this binds nothing.
const BINDING: f64 = 1e-7;

impl MultivariateT {
    /// The distribution with this correlation matrix.
    ///
    /// ```
    /// use kring_core::Reference;
    /// use kring_stats::dist::{MultivariateT, QuasiMonteCarlo};
    /// use ndarray::array;
    /// let r = array![[1.0, 0.0], [0.0, 1.0]];
    /// let two = MultivariateT::new(r.view(), QuasiMonteCarlo { seed: 1, error: 1e-6 })?;
    /// // Independent normals: 1 − 0.95².
    /// let outside = two.outside(1.959_963_984_540_054, Reference::Normal)?;
    /// assert!((outside.value - 0.0975).abs() < 1e-9);
    /// # Ok::<(), kring_stats::Error>(())
    /// ```
    pub fn new(correlation: ArrayView2<'_, f64>, options: QuasiMonteCarlo) -> Result<Self, Error> {
        let size = correlation.nrows();
        let unit = |i: usize| (correlation[[i, i]] - 1.0).abs() < 1e-8;
        let bounded = correlation.iter().all(|r| r.abs() <= 1.0 + 1e-8);
        let square = correlation.ncols() == size && size > 0;
        if !(square && bounded && (0..size).all(unit)) {
            return Err(Error::Shape {
                what: "a correlation matrix".to_owned(),
                expected: "as many rows as columns, ones on the diagonal".to_owned(),
                found: format!("{size} × {}", correlation.ncols()),
            });
        }
        if !(options.error > 0.0 && options.error < 1.0) {
            return Err(Error::Argument {
                what: "the error of an integral".to_owned(),
                expected: "a number between 0 and 1, such as 0.0001",
                found: options.error.to_string(),
            });
        }
        let (l, rank) = pivoted_root(correlation);
        let mut ends = vec![Vec::new(); rank];
        for i in 0..size {
            let last = (0..rank).rev().find(|&j| l[i * rank + j].abs() > BINDING);
            if let Some(last) = last {
                ends[last].push(i);
            }
        }
        let seed = Seed::new(options.seed);
        let shift = |shift: u64| {
            let mut stream = seed.child("multivariate t", shift).stream(0);
            (0..=rank).map(|_| stream.uniform()).collect()
        };
        Ok(Self {
            options,
            size,
            rank,
            l,
            ends,
            steps: primes(rank + 1)
                .into_iter()
                .map(|p| (p as f64).sqrt())
                .collect(),
            shifts: (0..SHIFTS as u64).map(shift).collect(),
        })
    }

    /// P(some |T_i| > c), with t or normal statistics.
    pub fn outside(&self, c: f64, reference: Reference) -> Result<Integral, Error> {
        if c.is_nan() {
            return Err(Error::Argument {
                what: "a bound".to_owned(),
                expected: "a number",
                found: "not one".to_owned(),
            });
        }
        if c <= 0.0 {
            return Ok(Integral {
                value: 1.0,
                error: 0.0,
            });
        }
        let spread = Spread::of(reference)?;
        if self.rank == 1 {
            // All of them are one, up to their signs.
            return Ok(Integral {
                value: p_value(c, reference, Alternative::TwoSided)?,
                error: 0.0,
            });
        }
        Ok(self.sufficient(c, spread.as_ref()).0)
    }

    /// The c that with probability `level` no |T_i| exceeds.
    pub fn critical(&self, level: f64, reference: Reference) -> Result<Integral, Error> {
        check_level(level)?;
        let spread = Spread::of(reference)?;
        let alpha = 1.0 - level;
        let low = critical(level, reference)?;
        let high = critical(1.0 - alpha / self.size as f64, reference)?;
        if self.rank == 1 {
            return Ok(Integral {
                value: low,
                error: 0.0,
            });
        }
        let (found, points) = self.sufficient(f64::midpoint(low, high), spread.as_ref());
        let outside = |c: f64| self.mean_outside(c, spread.as_ref(), points).value;
        // Statistics that are all one leave the lower end, independent ones nearly the upper.
        let value = root(low * (1.0 - 1e-6), high * (1.0 + 1e-6), |c| {
            outside(c) - alpha
        });
        let h = 1e-3 * value;
        let slope = (outside(value - h) - outside(value + h)) / (2.0 * h);
        Ok(Integral {
            value,
            error: if slope > 0.0 {
                found.error / slope
            } else {
                0.0
            },
        })
    }

    /// With as many points as the error asks for, and how many these were.
    fn sufficient(&self, c: f64, spread: Option<&Spread>) -> (Integral, usize) {
        let [first, most] = POINTS;
        let mut sums = vec![0.0; SHIFTS];
        let (mut from, mut to) = (0, first);
        loop {
            for (sum, shift) in sums.iter_mut().zip(&self.shifts) {
                *sum += self.sum(c, spread, from..to, shift);
            }
            let found = outside_of(&sums, to);
            if found.error <= self.options.error || to >= most {
                return (found, to);
            }
            (from, to) = (to, 2 * to);
        }
    }

    fn mean_outside(&self, c: f64, spread: Option<&Spread>, points: usize) -> Integral {
        let sums: Vec<f64> = self
            .shifts
            .iter()
            .map(|shift| self.sum(c, spread, 0..points, shift))
            .collect();
        outside_of(&sums, points)
    }

    /// The sum of Π {Φ(b_j) − Φ(a_j)} over some points of a shifted lattice.
    fn sum(
        &self,
        c: f64,
        spread: Option<&Spread>,
        points: std::ops::Range<usize>,
        shift: &[f64],
    ) -> f64 {
        let r = self.rank;
        let mut y = vec![0.0; r];
        let mut sum = 0.0;
        for i in points {
            // Tents make the integrand periodic.
            let u = |j: usize| {
                let x = ((i + 1) as f64).mul_add(self.steps[j], shift[j]);
                (2.0 * (x - x.floor()) - 1.0).abs()
            };
            let bound = spread.map_or(c, |spread| c * spread.at(u(0)));
            let mut inside = 1.0;
            for j in 0..r {
                let (mut a, mut b) = (f64::NEG_INFINITY, f64::INFINITY);
                for &row in &self.ends[j] {
                    let own = &self.l[row * r..=row * r + j];
                    let known: f64 = own[..j].iter().zip(&y).map(|(l, y)| l * y).sum();
                    let centre = -known / own[j];
                    let half = bound / own[j].abs();
                    a = a.max(centre - half);
                    b = b.min(centre + half);
                }
                let (below, above) = (upper_normal(-a), upper_normal(-b));
                let width = above - below;
                if width <= 0.0 {
                    inside = 0.0;
                    break;
                }
                inside *= width;
                if j + 1 < r {
                    y[j] = normal_quantile(u(j + 1).mul_add(width, below));
                }
            }
            sum += inside;
        }
        sum
    }
}

/// One minus the mean over the shifts, and three standard errors of it.
fn outside_of(sums: &[f64], points: usize) -> Integral {
    let n = sums.len() as f64;
    let means: Vec<f64> = sums.iter().map(|sum| sum / points as f64).collect();
    let mean = means.iter().sum::<f64>() / n;
    let variance = means.iter().map(|m| (m - mean).powi(2)).sum::<f64>() / (n - 1.0);
    Integral {
        value: (1.0 - mean).clamp(0.0, 1.0),
        error: 3.0 * (variance / n).sqrt(),
    }
}

/// L with the largest remaining variance first, its columns in that order and its rows in their own.
fn pivoted_root(correlation: ArrayView2<'_, f64>) -> (Vec<f64>, usize) {
    let m = correlation.nrows();
    let mut columns: Vec<Vec<f64>> = Vec::new();
    let mut left = vec![1.0_f64; m];
    let mut open = vec![true; m];
    while columns.len() < m {
        let next = (0..m)
            .filter(|&i| open[i])
            .max_by(|&a, &b| left[a].total_cmp(&left[b]).then(b.cmp(&a)));
        let Some(pivot) = next.filter(|&i| left[i] > NOTHING) else {
            break;
        };
        let root = left[pivot].sqrt();
        let column: Vec<f64> = (0..m)
            .map(|i| {
                if !open[i] {
                    return 0.0;
                }
                if i == pivot {
                    return root;
                }
                let before: f64 = columns.iter().map(|c| c[i] * c[pivot]).sum();
                (correlation[[i, pivot]] - before) / root
            })
            .collect();
        open[pivot] = false;
        for i in (0..m).filter(|&i| open[i]) {
            left[i] = (left[i] - column[i] * column[i]).max(0.0);
        }
        columns.push(column);
    }
    let r = columns.len();
    let l = (0..m * r).map(|at| columns[at % r][at / r]).collect();
    (l, r)
}

/// S = √(χ²/ν) as a function of its probability: ln s at normal scores, cubics between.
struct Spread {
    ln_s: Vec<f64>,
}

/// The normal scores of the table lie this far apart, from −`EDGE` to `EDGE`.
const STEP: f64 = 1.0 / 16.0;
const EDGE: f64 = 8.0;

impl Spread {
    /// None of normal statistics.
    fn of(reference: Reference) -> Result<Option<Self>, Error> {
        let df = match reference {
            Reference::Normal => return Ok(None),
            Reference::StudentT { df } => df,
            _ => {
                return Err(Error::Unsupported {
                    what: "a joint distribution of statistics that are neither t nor normal"
                        .to_owned(),
                    hint: "adjust their p-values by Holm's method".to_owned(),
                });
            }
        };
        let gamma = Gamma::new(df / 2.0, 2.0 / df)?;
        let mut ln_s = Vec::new();
        let mut z = -EDGE;
        while z <= EDGE {
            let s2 = if z <= 0.0 {
                gamma.lower_quantile(upper_normal(-z))?
            } else {
                gamma.upper_quantile(upper_normal(z))?
            };
            ln_s.push(s2.max(f64::MIN_POSITIVE).ln() / 2.0);
            z += STEP;
        }
        Ok(Some(Self { ln_s }))
    }

    fn at(&self, p: f64) -> f64 {
        let z = normal_quantile(p).clamp(-EDGE, EDGE);
        let place = (z + EDGE) / STEP;
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a place in a short table, not below zero"
        )]
        let first = (place.floor() as usize)
            .saturating_sub(1)
            .min(self.ln_s.len() - 4);
        let t = place - first as f64;
        // Lagrange's cubic through the points 0, 1, 2 and 3.
        let [a, b, c, d] = [
            -(t - 1.0) * (t - 2.0) * (t - 3.0) / 6.0,
            t * (t - 2.0) * (t - 3.0) / 2.0,
            -t * (t - 1.0) * (t - 3.0) / 2.0,
            t * (t - 1.0) * (t - 2.0) / 6.0,
        ];
        let y = &self.ln_s[first..first + 4];
        (a * y[0] + b * y[1] + c * y[2] + d * y[3]).exp()
    }
}

/// Φ⁻¹(p), held within the numbers that count.
fn normal_quantile(p: f64) -> f64 {
    const FAR: f64 = 37.0;
    let z = -std::f64::consts::SQRT_2 * erfc_inv(2.0 * p);
    if z.is_nan() { 0.0 } else { z.clamp(-FAR, FAR) }
}

/// The first primes.
fn primes(count: usize) -> Vec<usize> {
    let mut primes: Vec<usize> = Vec::with_capacity(count);
    let mut next = 2_usize;
    while primes.len() < count {
        if primes.iter().all(|&p| !next.is_multiple_of(p)) {
            primes.push(next);
        }
        next += 1;
    }
    primes
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    reason = "a test may stop at what it did not expect"
)]
mod tests {
    use ndarray::{Array2, array};

    use super::super::StudentizedRange;
    use super::*;

    const CLOSE: QuasiMonteCarlo = QuasiMonteCarlo {
        seed: 3,
        error: 1e-6,
    };

    /// Correlations of all differences of k means with equal errors.
    fn pairs(k: usize) -> Array2<f64> {
        let pairs: Vec<(usize, usize)> = (0..k)
            .flat_map(|i| (i + 1..k).map(move |j| (i, j)))
            .collect();
        let sign = |x: &(usize, usize), at: usize| {
            f64::from(i8::from(x.0 == at)) - f64::from(i8::from(x.1 == at))
        };
        Array2::from_shape_fn((pairs.len(), pairs.len()), |(a, b)| {
            (0..k)
                .map(|at| sign(&pairs[a], at) * sign(&pairs[b], at))
                .sum::<f64>()
                / 2.0
        })
    }

    #[test]
    fn all_pairs_have_the_studentised_range() {
        // More than three groups take seconds: not in the everyday run.
        let often = std::env::var_os("PROPTEST_CASES").is_none();
        for (k, df) in [(3, 10.0), (4, 33.3), (6, 5.0)] {
            if often && k > 3 {
                continue;
            }
            let t = Reference::StudentT { df };
            let all = MultivariateT::new(pairs(k).view(), CLOSE).unwrap();
            assert_eq!(all.rank, k - 1);
            let range = StudentizedRange::new(u32::try_from(k).unwrap(), df).unwrap();
            for c in [0.5, 1.5, 2.5, 4.0] {
                let truth = range.upper_tail(c * std::f64::consts::SQRT_2).unwrap();
                let found = all.outside(c, t).unwrap();
                let off = (found.value - truth).abs();
                assert!(
                    off < 2e-5 && off < found.error + 1e-7,
                    "{k} {df} {c}: {found:?} {truth}"
                );
            }
            let truth = range.upper_quantile(0.05).unwrap() / std::f64::consts::SQRT_2;
            let found = all.critical(0.95, t).unwrap();
            assert!(
                (found.value - truth).abs() < found.error.max(1e-7) && found.error < 2e-3,
                "{found:?} {truth}"
            );
        }
    }

    #[test]
    fn what_can_be_known_by_hand() {
        // One statistic: the t itself; twice the same: as one.
        let t = Reference::StudentT { df: 2.5 };
        let truth = super::super::p_value(1.7, t, kring_core::Alternative::TwoSided).unwrap();
        for r in [array![[1.0]], array![[1.0, 1.0], [1.0, 1.0]]] {
            let one = MultivariateT::new(r.view(), CLOSE).unwrap();
            assert!((one.outside(1.7, t).unwrap().value - truth).abs() < 1e-6);
        }
        // Three independent normals.
        let three = MultivariateT::new(Array2::eye(3).view(), CLOSE).unwrap();
        let c = super::super::critical(0.9, Reference::Normal).unwrap();
        let found = three.outside(c, Reference::Normal).unwrap();
        assert!((found.value - (1.0 - 0.9_f64.powi(3))).abs() < 1e-12);
        assert_eq!(three.outside(0.0, Reference::Normal).unwrap().value, 1.0);
        let c = three.critical(0.9_f64.powi(3), Reference::Normal).unwrap();
        assert!((c.value - 1.644_853_626_951_472_7).abs() < 1e-9);
    }

    #[test]
    fn one_seed_gives_the_same_bits_and_wrong_input_is_refused() {
        let run = |seed| {
            let all =
                MultivariateT::new(pairs(5).view(), QuasiMonteCarlo { seed, error: 1e-4 }).unwrap();
            all.outside(2.0, Reference::Normal).unwrap().value.to_bits()
        };
        assert_eq!(run(7), run(7));
        assert_ne!(run(7), run(8));
        assert!(MultivariateT::new(array![[2.0]].view(), CLOSE).is_err());
        assert!(MultivariateT::new(array![[1.0, 0.5]].view(), CLOSE).is_err());
        let wild = QuasiMonteCarlo {
            seed: 1,
            error: 0.0,
        };
        assert!(MultivariateT::new(array![[1.0]].view(), wild).is_err());
        let one = MultivariateT::new(array![[1.0]].view(), CLOSE).unwrap();
        assert!(one.outside(f64::NAN, Reference::Normal).is_err());
        assert!(one.outside(1.0, Reference::Exact).is_err());
        assert!(one.critical(1.5, Reference::Normal).is_err());
    }
}
