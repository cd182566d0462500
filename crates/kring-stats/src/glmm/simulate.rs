//! Residuals by simulation: whether the data look like draws from the fitted model, new families included.
//!
//! ```text
//! replicate   y*_r, r = 1 … m: random effects from N(0, G), then every row from its distribution, from stream r
//! residual    u_i uniform on the part of (0, 1) that y_i has among its own replicates: below it those that are
//!             smaller, above it those that are larger, each 1/(m + 1);  r_i = Φ⁻¹(u_i)
//! uniformity  Kolmogorov and Smirnov's distance of the u_i
//! dispersion  Σ (y_i − ȳ_i)² with ȳ_i the mean of y_i and its replicates
//! zeros       how many zeros there are
//! outliers    in how many rows y_i is below or above all its replicates
//! p-value     the rank of the data among the replicates, each treated as the data were: exact if the model and its
//!             parameters are right, whatever rows of a family have in common
//! ```
//! The tests take the fitted parameters as known, so that p-values are on the large side. That of uniformity
//! alone takes rows as independent: where families differ much, its p-values are too small.
//!
//! Besag J, Clifford P (1989), Biometrika 76:633–642, doi 10.1093/biomet/76.4.633; Dunn PK, Smyth GK (1996),
//! J Computational and Graphical Statistics 5:236–244, doi 10.1080/10618600.1996.10474708. Differences from R:
//! DHARMa compares with replicates that the data are not one of, and its test of outliers is binomial.

use kring_core::{JointTest, Reference};
use serde::{Deserialize, Serialize};

use super::GlmmFit;
use super::data::Data;
use super::density::{Zeros, logistic};
use crate::draw::{beta, binomial, gamma, poisson};
use crate::family::Family;
use crate::fit::Fit;
use crate::predictive::Position;
use crate::quantile_residual::{QuantileResidual, QuantileResiduals};
use crate::resampling::over_pieces;
use crate::seed::{Seed, Stream};
use crate::{Error, resampling};

/// The options of simulated residuals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SimulatedResidual {
    /// How many times the data are drawn anew.
    pub replicates: usize,
    /// Where drawing begins; it must be given.
    pub seed: Option<u64>,
}

impl Default for SimulatedResidual {
    fn default() -> Self {
        Self {
            replicates: 250,
            seed: None,
        }
    }
}

/// Residuals by simulation, and what they say of the model.
#[derive(Debug, Clone, PartialEq)]
pub struct SimulatedResiduals {
    /// Standard normal and uniform under the model, a residual a row that was fitted.
    pub residuals: QuantileResiduals,
    /// The row of the design of each residual.
    pub rows: Vec<usize>,
    /// Whether they are uniform.
    pub uniformity: JointTest,
    /// Whether the data vary as much as the model says; two-sided.
    pub dispersion: SimulatedTest,
    /// Whether there are as many zeros as the model says; two-sided. Of counts only.
    pub zeros: Option<SimulatedTest>,
    /// Whether more values lie beyond all their replicates than the model says.
    pub outliers: SimulatedTest,
}

/// A figure of the data beside the same figure of the replicates.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SimulatedTest {
    /// That of the data.
    pub observed: f64,
    /// The mean of the replicates.
    pub expected: f64,
    /// The test; its statistic is that of the data.
    pub test: JointTest,
}

/// Replicates that one thread draws at once.
const AT_ONCE: usize = 25;

/// What is kept of the values of each row.
#[derive(Debug, Clone)]
struct Row {
    below: u32,
    equal: u32,
    sum: f64,
    least: Extreme,
    most: Extreme,
}

/// The end of the values of a row, and how many share it.
#[derive(Debug, Clone, Copy)]
struct Extreme {
    value: f64,
    times: u32,
}

impl Extreme {
    fn meet(&mut self, value: f64, times: u32, further: bool) {
        if further {
            *self = Self { value, times };
        } else if value == self.value {
            self.times += times;
        }
    }
}

/// Three figures of the data or of a replicate.
#[derive(Debug, Clone, Copy, Default)]
struct Figures {
    dispersion: f64,
    zeros: f64,
    outliers: f64,
}

/// Figures of the data, and of each replicate.
struct Compared {
    own: Figures,
    each: Vec<Figures>,
}

impl GlmmFit {
    /// Draws the data anew from the fitted model and compares.
    ///
    /// ```
    /// use kring_core::{Design, DesignParts, Grouping, Groups, Part, RandomStructure, RandomTerm, Response};
    /// use kring_stats::glmm::{Glmm, SimulatedResidual};
    /// # use ndarray::{Array2, array};
    /// # let y = array![1., 2., 0., 1., 5., 6., 2., 3., 0., 0., 9., 7., 4., 2., 1., 3.];
    /// # let names: Vec<String> = (1..=8).map(|i| i.to_string()).collect();
    /// # let mut mean = Part::fixed(Array2::ones((16, 1)), vec!["(Intercept)".into()]);
    /// # mean.random = vec![RandomTerm {
    /// #     grouping: Grouping::new("family", names, (0..16).map(|i| i / 2).collect()),
    /// #     z: Array2::ones((16, 1)),
    /// #     columns: vec!["(Intercept)".into()],
    /// #     structure: RandomStructure::Unstructured,
    /// # }];
    /// # let design = Design::new(DesignParts {
    /// #     response: Response::Count(y),
    /// #     response_name: "problems".into(),
    /// #     mean, zero: None, dispersion: None, groups: Groups::default(), time: None, weights: None,
    /// #     source_rows: (0..16).collect(), omitted: vec![],
    /// # })?;
    /// // Eight families, two waves each, as in the example of `Glmm::fit`: three counts are zero.
    /// let fit = Glmm::default().fit(&design)?;
    /// let options = SimulatedResidual { seed: Some(2011), ..SimulatedResidual::default() };
    /// let found = fit.simulated_residuals(&options)?;
    /// let zeros = found.zeros.unwrap();
    /// assert_eq!(zeros.observed, 3.0);
    /// assert!(zeros.test.p_value.unwrap() > 0.2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn simulated_residuals(
        &self,
        options: &SimulatedResidual,
    ) -> Result<SimulatedResiduals, Error> {
        let seed = resampling::explicit(options.seed)?;
        let m = options.replicates;
        if m < 19 {
            return Err(Error::TooFew {
                method: "a simulated residual",
                what: "replicates".to_owned(),
                needed: 19,
                found: m,
            });
        }
        let data = &*self.data;
        if data.observations > data.seen.len() as f64 {
            return Err(Error::Unsupported {
                what: "simulated residuals of rows that stand for several".to_owned(),
                hint: "give each observation a row of its own".to_owned(),
            });
        }
        let simulator = Simulator::new(self, Seed::new(seed).child("simulated residual", 0));
        let observed: Vec<f64> = data.seen.iter().map(|seen| seen.y).collect();
        let rows = simulator.rows(m, &observed);
        let Compared { own, each } = simulator.figures(m, &observed, &rows);
        let positions: Vec<Position> = rows
            .iter()
            .map(|row| {
                let all = m as f64 + 1.0;
                let (below, equal) = (f64::from(row.below), f64::from(row.equal));
                Position {
                    below: below / all,
                    at: (equal + 1.0) / all,
                    above: (all - 1.0 - below - equal) / all,
                }
            })
            .collect();
        let residuals = QuantileResidual { seed }.of(&positions)?;
        let sample = &self.provenance().sample;
        let ranked = |label: &str, of: fn(&Figures) -> f64, two_sided: bool| {
            let all = m as f64 + 1.0;
            let own = of(&own);
            let share = |beyond: &dyn Fn(f64) -> bool| {
                (1.0 + each.iter().filter(|one| beyond(of(one))).count() as f64) / all
            };
            let more = share(&|x| x >= own);
            let p = if two_sided {
                (2.0 * more.min(share(&|x| x <= own))).min(1.0)
            } else {
                more
            };
            SimulatedTest {
                observed: own,
                expected: each.iter().map(of).sum::<f64>() / m as f64,
                test: JointTest {
                    label: label.to_owned(),
                    statistic: Some(own),
                    reference: Reference::Resampled {
                        n: m,
                        mcse: (p * (1.0 - p).max(0.0) / m as f64).sqrt(),
                    },
                    p_value: Some(p),
                    sample: sample.clone(),
                    method: format!("rank among {m} simulated data sets, seed {seed}"),
                    cautions: Vec::new(),
                },
            }
        };
        Ok(SimulatedResiduals {
            uniformity: residuals.uniformity()?,
            residuals,
            rows: data.source.clone(),
            dispersion: ranked("dispersion", |one| one.dispersion, true),
            zeros: (self.family.is_count() && data.density.zeros != Zeros::Truncated)
                .then(|| ranked("number of zeros", |one| one.zeros, true)),
            outliers: ranked("number of outliers", |one| one.outliers, false),
        })
    }
}

/// The fitted model, ready to be drawn from.
pub(super) struct Simulator<'a> {
    data: &'a Data,
    seed: Seed,
    eta: Vec<f64>,
    zeta: Vec<f64>,
    tau: Vec<f64>,
    /// The thresholds of ordered levels.
    cuts: &'a [f64],
    /// Λ'z of each row, r numbers.
    a: Vec<f64>,
    /// The place of each of these effects among all.
    places: Vec<usize>,
    pub effects: usize,
}

impl<'a> Simulator<'a> {
    pub fn new(fit: &'a GlmmFit, seed: Seed) -> Self {
        let data = &*fit.data;
        let [mean, zero, dispersion, _] = data.sizes();
        let (of_mean, rest) = fit.found.phi.split_at(mean);
        let (beside, mut theta) = rest.split_at(zero + dispersion);
        let n = data.seen.len();
        let mut lambdas = Vec::with_capacity(data.factors.len());
        for factor in &data.factors {
            let (own, others) = theta.split_at(factor.parameters());
            theta = others;
            let mut lambda = vec![0.0; factor.q * factor.q];
            factor.root(own, &mut lambda);
            lambdas.push(lambda);
        }
        let mut a = Vec::with_capacity(n * data.r);
        for z in data.z.chunks_exact(data.r) {
            let mut first = 0;
            for (factor, lambda) in data.factors.iter().zip(&lambdas) {
                let q = factor.q;
                a.extend((0..q).map(|j| {
                    (0..q)
                        .map(|i| lambda[i * q + j] * z[first + i])
                        .sum::<f64>()
                }));
                first += q;
            }
        }
        let mut places = Vec::with_capacity(n * data.r);
        for block in &data.blocks {
            let own = block.rows.start * data.r..block.rows.end * data.r;
            places.extend(data.place[own].iter().map(|&s| block.first + s as usize));
        }
        let (zeta, tau) = (0..n)
            .map(|row| data.beside(row, beside))
            .map(|[zeta, tau]| (zeta, tau))
            .unzip();
        Self {
            eta: (0..n).map(|row| data.mean.line(row, of_mean)).collect(),
            zeta,
            tau,
            cuts: &beside[beside.len() - data.cuts..],
            effects: data.blocks.iter().map(|block| block.q).sum(),
            data,
            seed,
            a,
            places,
        }
    }

    /// Draws a replicate.
    pub fn draw(&self, number: usize, u: &mut [f64], y: &mut [f64]) {
        let mut stream = self.seed.stream(number as u64);
        for u in u.iter_mut() {
            *u = stream.normal();
        }
        let r = self.data.r;
        for (row, y) in y.iter_mut().enumerate() {
            // By the mean's effects, and by those of the zeros.
            let moved = |own: std::ops::Range<usize>| {
                let places = &self.places[own.clone()];
                let each = self.a[own].iter().zip(places);
                each.map(|(a, &place)| a * u[place]).sum::<f64>()
            };
            let (first, middle) = (row * r, row * r + self.data.r_mean);
            let eta = self.eta[row] + moved(first..middle);
            let zeta = self.zeta[row] + moved(middle..first + r);
            *y = self.value(row, eta, zeta, &mut stream);
        }
    }

    fn value(&self, row: usize, eta: f64, zeta: f64, stream: &mut Stream) -> f64 {
        // A truncated count of a tiny mean is one.
        const PATIENCE: usize = 1000;
        let density = self.data.density;
        if density.family == Family::Cumulative {
            let (uniform, link) = (stream.uniform(), density.ordinal_link());
            let up_to = |cut: &&f64| link.level(Some(*cut - eta), None).value.exp() < uniform;
            return self.cuts.iter().filter(up_to).count() as f64;
        }
        let mu = density.link.mean(eta).mu;
        let above_zero = match density.zeros {
            Zeros::Inflated if stream.uniform() < logistic(zeta) => return 0.0,
            Zeros::Hurdle if stream.uniform() >= logistic(zeta) => return 0.0,
            Zeros::Hurdle | Zeros::Truncated => true,
            _ => false,
        };
        let tau = self.tau[row];
        let trials = self.data.seen[row].trials;
        let mut one = || match density.family {
            Family::NegativeBinomial2 => {
                let size = tau.exp();
                poisson(mu * gamma(size, stream) / size, stream)
            }
            Family::NegativeBinomial1 => {
                let phi = tau.exp();
                poisson(phi * gamma(mu / phi, stream), stream)
            }
            Family::Binomial => binomial(trials, mu, stream),
            Family::BetaBinomial => {
                let precision = tau.exp();
                let share = beta(mu * precision, (1.0 - mu) * precision, stream);
                binomial(trials, share, stream)
            }
            Family::Gamma => {
                let shape = (-tau).exp();
                mu * gamma(shape, stream) / shape
            }
            _ => poisson(mu, stream),
        };
        if !above_zero {
            return one();
        }
        (0..PATIENCE)
            .map(|_| one())
            .find(|y| *y > 0.0)
            .unwrap_or(1.0)
    }

    /// Goes through all replicates, some of them a thread.
    fn each<T: Send>(
        &self,
        m: usize,
        empty: impl Fn() -> T + Sync,
        tell: impl Fn(&mut T, &[f64]) + Sync,
    ) -> Vec<T> {
        let mut pieces: Vec<usize> = (0..m.div_ceil(AT_ONCE)).collect();
        over_pieces(&mut pieces, 1, |_, piece| {
            let mut to = empty();
            let (mut u, mut y) = (vec![0.0; self.effects], vec![0.0; self.eta.len()]);
            for &piece in piece.iter() {
                for number in piece * AT_ONCE..m.min((piece + 1) * AT_ONCE) {
                    self.draw(number, &mut u, &mut y);
                    tell(&mut to, &y);
                }
            }
            to
        })
    }

    fn rows(&self, m: usize, observed: &[f64]) -> Vec<Row> {
        let empty = || -> Vec<Row> {
            let of = |&y: &f64| Row {
                below: 0,
                equal: 0,
                sum: 0.0,
                least: Extreme { value: y, times: 0 },
                most: Extreme { value: y, times: 0 },
            };
            observed.iter().map(of).collect()
        };
        let parts = self.each(m, empty, |rows, y| {
            for ((row, y), own) in rows.iter_mut().zip(y).zip(observed) {
                row.below += u32::from(y < own);
                row.equal += u32::from(y == own);
                row.sum += y;
                row.least.meet(*y, 1, *y < row.least.value);
                row.most.meet(*y, 1, *y > row.most.value);
            }
        });
        let mut all = empty();
        for part in &parts {
            for (to, row) in all.iter_mut().zip(part) {
                to.below += row.below;
                to.equal += row.equal;
                to.sum += row.sum;
                let (least, most) = (row.least, row.most);
                to.least
                    .meet(least.value, least.times, least.value < to.least.value);
                to.most
                    .meet(most.value, most.times, most.value > to.most.value);
            }
        }
        // The data are one more.
        for (row, y) in all.iter_mut().zip(observed) {
            row.sum += y;
            row.least.meet(*y, 1, *y < row.least.value);
            row.most.meet(*y, 1, *y > row.most.value);
        }
        all
    }

    /// Those of the data, and those of each replicate.
    fn figures(&self, m: usize, observed: &[f64], rows: &[Row]) -> Compared {
        let all = m as f64 + 1.0;
        let of = |y: &[f64]| {
            let mut found = Figures::default();
            for (y, row) in y.iter().zip(rows) {
                let alone = |end: &Extreme| end.times == 1 && end.value == *y;
                found.dispersion += (y - row.sum / all).powi(2);
                found.zeros += f64::from(u8::from(*y == 0.0));
                found.outliers += f64::from(u8::from(alone(&row.least) || alone(&row.most)));
            }
            found
        };
        let each = self.each(m, Vec::new, |found: &mut Vec<Figures>, y| found.push(of(y)));
        Compared {
            own: of(observed),
            each: each.into_iter().flatten().collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ends_count_who_shares_them() {
        let mut end = Extreme {
            value: 2.0,
            times: 0,
        };
        for y in [3.0, 2.0, 1.0, 1.0] {
            end.meet(y, 1, y < end.value);
        }
        assert_eq!((end.value, end.times), (1.0, 2));
    }
}
