//! The parametric bootstrap of a linear mixed model.
//!
//! ```text
//! replicate i   y* = X β̂ + Z b* + ε*,  b*_j ~ N(0, σ̂² Ĝ),  ε* ~ N(0, σ̂²/w), from stream i of the seed;
//!               the same model is fitted to y*
//! interval      the quantiles of the replicates
//! ```
//! Replicates are numbered, and each draws from its own stream: any range of them may be computed
//! anywhere, and ranges put together are the whole. A replicate whose search fails is counted and has no
//! values.
//!
//! Davison AC, Hinkley DV (1997), Bootstrap Methods and their Application, Cambridge, section 2.2.

use std::ops::Range;

use kring_core::{Bootstrap as Kind, Interval, IntervalKind};
use ndarray::Array1;
use serde::{Deserialize, Serialize};

use super::compare::refuse_spread;
use super::data::Data;
use super::search::{Found, Model};
use super::{LmmFit, components};
use crate::fit::Fit;
use crate::resampling::{each, explicit};
use crate::seed::{Seed, Stream};
use crate::{Error, dist};

/// The options of the parametric bootstrap.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ParametricBootstrap {
    /// Which replicates are computed.
    pub replicates: Range<u64>,
    /// Where drawing begins; it must be given.
    pub seed: Option<u64>,
}

impl Default for ParametricBootstrap {
    fn default() -> Self {
        Self {
            replicates: 0..999,
            seed: None,
        }
    }
}

/// Replicates of the fixed effects and of the standard deviations and correlations.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BootstrapFits {
    /// What the columns are: the estimated coefficients, then the components of the fit.
    pub names: Vec<String>,
    /// What the fit itself says of them.
    pub estimates: Vec<f64>,
    /// The number of each replicate.
    pub numbers: Vec<u64>,
    /// Its values; none where the search failed.
    pub values: Vec<Option<Vec<f64>>>,
}

/// What the replicates say of one quantity.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BootstrapSummary {
    /// Which quantity.
    pub name: String,
    /// What the fit says.
    pub estimate: f64,
    /// The mean of the replicates less the estimate.
    pub bias: f64,
    /// The standard deviation of the replicates.
    pub std_error: f64,
    /// The interval between their quantiles.
    pub interval: Interval,
    /// How many replicates have no value.
    pub failures: usize,
}

impl ParametricBootstrap {
    /// Draws from the fit and fits again.
    ///
    /// ```
    /// use kring_stats::lmm::{Lmm, ParametricBootstrap};
    /// # use kring_core::{Design, DesignParts, Grouping, Groups, Part, RandomStructure, RandomTerm, Response};
    /// # use ndarray::{Array2, array};
    /// # let families = ["a", "b", "c"].map(str::to_owned).to_vec();
    /// # let mut mean = Part::fixed(Array2::ones((6, 1)), vec!["(Intercept)".into()]);
    /// # mean.random = vec![RandomTerm {
    /// #     grouping: Grouping::new("family", families, vec![0, 0, 1, 1, 2, 2]),
    /// #     z: Array2::ones((6, 1)),
    /// #     columns: vec!["(Intercept)".into()],
    /// #     structure: RandomStructure::Unstructured,
    /// # }];
    /// # let design = Design::new(DesignParts {
    /// #     response: Response::Continuous(array![1.0, 3.0, 6.0, 8.0, 8.0, 10.0]),
    /// #     response_name: "problems".into(),
    /// #     mean, zero: None, dispersion: None, groups: Groups::default(), time: None, weights: None,
    /// #     source_rows: (0..6).collect(), omitted: vec![],
    /// # })?;
    /// // Three families of two waves: 1, 3; 6, 8; 8, 10.
    /// let fit = Lmm::default().fit(&design)?;
    /// let options = ParametricBootstrap { replicates: 0..200, seed: Some(2011) };
    /// let mean = &options.fits(&fit)?.summaries(0.95)?[0];
    /// // √(26 / 6), but for two digits of chance.
    /// assert!((mean.std_error / (26.0_f64 / 6.0).sqrt() - 1.0).abs() < 0.2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn fits(&self, fit: &LmmFit) -> Result<BootstrapFits, Error> {
        let seed = Seed::new(explicit(self.seed)?).child("parametric bootstrap", 0);
        let model = &*fit.model;
        refuse_spread(fit, "a parametric bootstrap")?;
        if model.data.n > model.data.rows.len() as f64 {
            return Err(Error::Unsupported {
                what: "a parametric bootstrap of rows that stand for several".to_owned(),
                hint: "give each observation a row of its own".to_owned(),
            });
        }
        let first = self.replicates.start;
        let count = usize::try_from(self.replicates.end.saturating_sub(first)).map_err(|_| {
            Error::Argument {
                what: "the range of replicates".to_owned(),
                expected: "one that fits into memory",
                found: format!("{:?}", self.replicates),
            }
        })?;
        let estimation = fit.options.estimation;
        let values = each(
            count,
            || model.data.clone(),
            |i, data| {
                simulate(model, &fit.found, &mut seed.stream(first + i), data);
                let again = Model::of(std::mem::take(&mut data.columns), model).ok()?;
                let found = again.search(estimation).ok();
                let values = found.map(|found| quantities(&again, &found));
                data.columns = again.data.columns;
                values
            },
        );
        let mut names: Vec<String> = Vec::new();
        let coefficients = fit.coefficients();
        names.extend(
            coefficients
                .estimated
                .iter()
                .map(|&j| coefficients.columns[j].clone()),
        );
        names.extend(
            fit.components
                .iter()
                .map(|one| format!("{}: {}", one.group, one.label)),
        );
        Ok(BootstrapFits {
            names,
            estimates: coefficients
                .values
                .iter()
                .copied()
                .chain(fit.components.iter().map(|one| one.value))
                .collect(),
            numbers: self.replicates.clone().collect(),
            values,
        })
    }
}

impl BootstrapFits {
    /// Two ranges of replicates of the same fit put together, in the order of their numbers.
    pub fn merge(self, other: Self) -> Result<Self, Error> {
        if self.names != other.names || self.estimates != other.estimates {
            return Err(Error::Shape {
                what: "two ranges of replicates".to_owned(),
                expected: "both of the same fit".to_owned(),
                found: "others".to_owned(),
            });
        }
        let mut all: Vec<(u64, Option<Vec<f64>>)> =
            self.numbers.into_iter().zip(self.values).collect();
        all.extend(other.numbers.into_iter().zip(other.values));
        all.sort_by_key(|(number, _)| *number);
        if let Some(twice) = all.windows(2).find(|two| two[0].0 == two[1].0) {
            return Err(Error::Shape {
                what: "two ranges of replicates".to_owned(),
                expected: "each replicate once".to_owned(),
                found: format!("replicate {} in both", twice[0].0),
            });
        }
        let (numbers, values) = all.into_iter().unzip();
        Ok(Self {
            names: self.names,
            estimates: self.estimates,
            numbers,
            values,
        })
    }

    /// Bias, standard error and percentile interval of each quantity.
    pub fn summaries(&self, level: f64) -> Result<Vec<BootstrapSummary>, Error> {
        dist::check_level(level)?;
        let found: Vec<&Vec<f64>> = self.values.iter().flatten().collect();
        if found.len() < 2 {
            return Err(Error::TooFew {
                method: "a bootstrap interval",
                what: "replicates with a value".to_owned(),
                needed: 2,
                found: found.len(),
            });
        }
        let n = found.len() as f64;
        let of = |(at, (name, &estimate)): (usize, (&String, &f64))| {
            let mut column: Vec<f64> = found.iter().map(|values| values[at]).collect();
            column.sort_by(f64::total_cmp);
            let mean = column.iter().sum::<f64>() / n;
            let squares: f64 = column.iter().map(|x| (x - mean).powi(2)).sum();
            let tail = (1.0 - level) / 2.0;
            BootstrapSummary {
                name: name.clone(),
                estimate,
                bias: mean - estimate,
                std_error: (squares / (n - 1.0)).sqrt(),
                interval: Interval {
                    low: Some(quantile(&column, tail)),
                    high: Some(quantile(&column, 1.0 - tail)),
                    level,
                    kind: IntervalKind::Bootstrap(Kind::Percentile),
                },
                failures: self.values.len() - found.len(),
            }
        };
        Ok(self
            .names
            .iter()
            .zip(&self.estimates)
            .enumerate()
            .map(of)
            .collect())
    }
}

/// The quantile of sorted values between the k-th and the next, k = p (n + 1).
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a place among the values"
)]
fn quantile(sorted: &[f64], p: f64) -> f64 {
    let n = sorted.len();
    let place = (p * (n as f64 + 1.0) - 1.0).clamp(0.0, n as f64 - 1.0);
    let low = place.floor() as usize;
    let high = (low + 1).min(n - 1);
    sorted[low] + (place - place.floor()) * (sorted[high] - sorted[low])
}

/// Writes √w ỹ* into the last column: the fixed effects are those of the fit, so that γ* = γ̂ before noise.
fn simulate(model: &Model, found: &Found, stream: &mut Stream, data: &mut Data) {
    let c = data.c();
    let sigma = found.sigma2().sqrt();
    let gamma = &found.place.gamma;
    for row in data.columns.chunks_exact_mut(c) {
        let fixed: f64 = row.iter().zip(gamma).map(|(x, g)| x * g).sum();
        row[c - 1] = fixed + sigma * stream.normal();
    }
    let mut first = 0;
    for factor in &model.data.factors {
        let (q, m) = (factor.q, factor.parameters());
        let mut lambda = vec![0.0; q * q];
        factor.root(&found.theta[first..first + m], &mut lambda);
        first += m;
        let effects: Vec<f64> = (0..factor.levels())
            .flat_map(|_| {
                let u: Vec<f64> = (0..q).map(|_| sigma * stream.normal()).collect();
                let lambda = &lambda;
                (0..q)
                    .map(|i| (0..q).map(|j| lambda[i * q + j] * u[j]).sum::<f64>())
                    .collect::<Vec<f64>>()
            })
            .collect();
        for ((row, z), &level) in data
            .columns
            .chunks_exact_mut(c)
            .zip(factor.z.chunks_exact(q))
            .zip(&factor.level)
        {
            let b = &effects[level as usize * q..(level as usize + 1) * q];
            row[c - 1] += z.iter().zip(b).map(|(z, b)| z * b).sum::<f64>();
        }
    }
}

/// The coefficients and components of a replicate.
fn quantities(model: &Model, found: &Found) -> Vec<f64> {
    let fixed = &model.data.fixed;
    let gamma = Array1::from(found.place.gamma.clone());
    let beta = &fixed.shift + &fixed.back.dot(&gamma);
    let sigma2 = found.sigma2();
    let random = components::covariances(&model.data.factors, &found.theta, sigma2);
    let all = components::components(&random, sigma2);
    beta.iter()
        .copied()
        .chain(all.into_iter().map(|one| one.value))
        .collect()
}
