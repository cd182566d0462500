//! What a generator's numbers must come to.
//!
//! ```text
//! mixture    over all combinations of categories with their shares; in each of them η is normal
//! margin     E Y, SD, shares of an arm at a wave: families as they are in that arm
//! without    E Y of the same families, had the arm done nothing: the difference is the effect on them
//! within     correlations of a family's values; of two families of one unit (ICC)
//! missing    completely at random: exact.  At the second wave with one thing that it depends on: by
//!            quadrature.  Else from a large simulation, with its error and marked as such
//! ```

use serde::{Deserialize, Serialize};

use kring_core::seed::Seed;

use crate::Error;
use crate::draw::Draw;
use crate::generator::{CovariateValues, Distribution, MissingPattern};
use crate::moments::product;
use crate::parameter::Parameter;
use crate::plan::{DependsPlan, MissingPlan, Plan, dot};
use crate::quadrature::{Pair, expect};
use crate::sampler::logistic;

/// What a generator's numbers must come to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Truth {
    /// The conditional parameters: those of the generator.
    pub parameters: Vec<ParameterValue>,
    /// The marginal ones, by arm.
    pub arms: Vec<ArmTruth>,
}

/// A parameter with its value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ParameterValue {
    /// Which parameter.
    pub parameter: Parameter,
    /// Its value.
    pub value: f64,
}

/// What the numbers of an arm must come to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ArmTruth {
    /// The arm.
    pub arm: String,
    /// How many families it has.
    pub families: usize,
    /// Outcome by outcome, wave by wave.
    pub margins: Vec<MarginTruth>,
    /// Of two values of one family. Pairs of which one does not vary are left out.
    pub correlations: Vec<CorrelationTruth>,
    /// Of two families in one unit of a cluster.
    pub clusters: Vec<ClusterTruth>,
    /// The covariates, which differ between arms where they tell of severity.
    pub covariates: Vec<CovariateTruth>,
    /// The shares that are missing after the first wave.
    pub missing: Vec<MissingTruth>,
    /// The shares with an event.
    pub events: Vec<EventTruth>,
}

/// An outcome at a wave, of all families of an arm.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MarginTruth {
    /// The outcome.
    pub outcome: String,
    /// The wave.
    pub wave: String,
    /// The mean.
    pub mean: f64,
    /// The standard deviation.
    pub sd: f64,
    /// The mean that the same families would have had without what the arm does.
    pub mean_without: f64,
    /// The shares of a count's 0, of a binary outcome's 1, of each ordinal level.
    pub shares: Vec<LevelShare>,
    /// How mean and SD are known. Shares are known by quadrature.
    pub origin: Origin,
}

/// The share of families with a value.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LevelShare {
    /// The value.
    pub value: f64,
    /// The share.
    pub share: f64,
}

/// The correlation of two values of one family.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CorrelationTruth {
    /// The two outcomes.
    pub outcomes: [String; 2],
    /// Their waves.
    pub waves: [String; 2],
    /// The correlation.
    pub value: f64,
    /// How it is known.
    pub origin: Origin,
}

/// The correlation of an outcome of two families in one unit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClusterTruth {
    /// The cluster. Units around it count as well: whoever shares the inner shares the outer.
    pub cluster: String,
    /// The outcome.
    pub outcome: String,
    /// The wave.
    pub wave: String,
    /// The correlation.
    pub icc: f64,
    /// How it is known.
    pub origin: Origin,
}

/// A covariate in an arm, by closed form.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum CovariateTruth {
    /// A number.
    Numeric {
        /// The covariate.
        covariate: String,
        /// The mean.
        mean: f64,
        /// The standard deviation.
        sd: f64,
    },
    /// A category.
    Categorical {
        /// The covariate.
        covariate: String,
        /// The levels.
        levels: Vec<String>,
        /// Their shares.
        shares: Vec<f64>,
    },
}

/// The share of families whose value is missing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MissingTruth {
    /// The outcome.
    pub outcome: String,
    /// The wave.
    pub wave: String,
    /// The share.
    pub share: f64,
    /// How it is known.
    pub origin: Origin,
}

/// The share of families that had an event by the end of observation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventTruth {
    /// The event.
    pub event: String,
    /// The share.
    pub share: f64,
    /// How it is known.
    pub origin: Origin,
}

/// A true value, and how it is known.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Known {
    /// The value.
    pub value: f64,
    /// How it is known.
    pub origin: Origin,
}

/// How a true value is known.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// By a closed form.
    Closed,
    /// By numerical integration, to twelve digits or so.
    Quadrature,
    /// From a large simulation: it is not exact.
    Simulated {
        /// The families that were drawn.
        families: usize,
        /// The Monte Carlo standard error.
        mcse: f64,
    },
}

/// How much is simulated where there is no other way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TruthOptions {
    /// Families of each arm, at least.
    pub families: usize,
    /// The seed.
    pub seed: u64,
}

impl Default for TruthOptions {
    fn default() -> Self {
        Self {
            families: 200_000,
            seed: 1,
        }
    }
}

/// One outcome of one arm at one wave: mean and variance of η in each combination of categories.
pub(crate) struct Margin<'a> {
    distribution: &'a Distribution,
    parts: Vec<Part>,
    variance: f64,
}

/// A combination of categories: its share, and the mean of η in it.
struct Part {
    share: f64,
    mean: f64,
}

impl Margin<'_> {
    fn over(&self, f: impl Fn(f64) -> f64) -> f64 {
        self.parts.iter().map(|p| p.share * f(p.mean)).sum()
    }

    pub(crate) fn mean(&self) -> Known {
        let mean = self.over(|m| self.distribution.mean(m, self.variance));
        Known::closed(mean, self.distribution.is_closed())
    }

    pub(crate) fn sd(&self) -> Known {
        Known::closed(self.spread().sqrt(), self.distribution.is_closed())
    }

    fn spread(&self) -> f64 {
        let mean = self.mean().value;
        (self.over(|m| self.distribution.square(m, self.variance)) - mean * mean).max(0.0)
    }

    pub(crate) fn share(&self, value: f64) -> Known {
        let share = self.over(|m| self.distribution.share(m, self.variance, value));
        Known::closed(share, false)
    }

    fn average(&self, g: impl Fn(f64) -> f64) -> f64 {
        self.over(|m| self.distribution.average(m, self.variance, &g))
    }
}

impl Plan {
    /// What the numbers must come to, with the default of [`TruthOptions`].
    pub fn truth(&self) -> Result<Truth, Error> {
        self.truth_with(&TruthOptions::default())
    }

    /// What the numbers must come to. Nothing is simulated unless dropout needs it.
    pub fn truth_with(&self, options: &TruthOptions) -> Result<Truth, Error> {
        let simulated = self.simulated_missing(options);
        let arms = 0..self.generator().arms.len();
        let truth = Truth {
            parameters: Parameter::all(self.generator())
                .into_iter()
                .map(|parameter| {
                    let value = parameter.get(self.generator())?;
                    Ok(ParameterValue { parameter, value })
                })
                .collect::<Result<_, Error>>()?,
            arms: arms.map(|arm| self.arm_truth(arm, &simulated)).collect(),
        };
        for arm in &truth.arms {
            let finite = arm.margins.iter().find(|margin| {
                !(margin.mean.is_finite()
                    && margin.sd.is_finite()
                    && margin.mean_without.is_finite())
            });
            if let Some(margin) = finite {
                return Err(Error::Overflow {
                    what: format!("the SD of `{}` in arm `{}`", margin.outcome, arm.arm),
                });
            }
        }
        Ok(truth)
    }

    fn arm_truth(&self, arm: usize, simulated: &[Vec<Known>]) -> ArmTruth {
        let generator = self.generator();
        let (outcomes, waves) = (generator.outcomes.len(), self.waves());
        let cells = move || (0..outcomes).flat_map(move |k| (0..waves).map(move |j| (k, j)));
        let name = |k: usize, j: usize| {
            let wave = generator.waves[j].name.clone();
            (generator.outcomes[k].name.clone(), wave)
        };
        let mut correlations = Vec::new();
        for (at, one) in cells().enumerate() {
            for other in cells().skip(at + 1) {
                if let Some(known) = self.correlation(arm, one, other) {
                    let (first, second) = (name(one.0, one.1), name(other.0, other.1));
                    correlations.push(CorrelationTruth {
                        outcomes: [first.0, second.0],
                        waves: [first.1, second.1],
                        value: known.value,
                        origin: known.origin,
                    });
                }
            }
        }
        let mut clusters = Vec::new();
        for level in 0..self.clusters.len() {
            for (k, j) in cells() {
                let (outcome, wave) = name(k, j);
                if let Some(known) = self.icc(arm, level, k, j) {
                    clusters.push(ClusterTruth {
                        cluster: generator.clusters[level].name.clone(),
                        outcome,
                        wave,
                        icc: known.value,
                        origin: known.origin,
                    });
                }
            }
        }
        let mut missing = Vec::new();
        if !self.missing.is_empty() {
            for (k, j) in cells().filter(|&(_, j)| j > 0) {
                let (outcome, wave) = name(k, j);
                let known = self
                    .missing_share(arm, k, j)
                    .unwrap_or_else(|| simulated[arm][k * waves + j]);
                missing.push(MissingTruth {
                    outcome,
                    wave,
                    share: known.value,
                    origin: known.origin,
                });
            }
        }
        ArmTruth {
            arm: generator.arms[arm].name.clone(),
            families: generator.arms[arm].families,
            margins: cells().map(|(k, j)| self.margin_truth(arm, k, j)).collect(),
            correlations,
            clusters,
            covariates: self.covariate_truth(arm),
            missing,
            events: (0..self.events.len())
                .map(|event| {
                    let known = self.event_share(arm, event);
                    EventTruth {
                        event: generator.events[event].name.clone(),
                        share: known.value,
                        origin: known.origin,
                    }
                })
                .collect(),
        }
    }

    fn covariate_truth(&self, arm: usize) -> Vec<CovariateTruth> {
        let (mut numeric, mut categorical) = (self.numeric.iter(), self.categories.iter());
        let each = self.generator().covariates.iter();
        each.filter_map(|covariate| {
            let name = covariate.name.clone();
            Some(match &covariate.values {
                CovariateValues::Numeric { .. } => {
                    let plan = numeric.next()?;
                    CovariateTruth::Numeric {
                        covariate: name,
                        mean: plan.mean[arm],
                        sd: dot(&plan.scales, &plan.scales).sqrt(),
                    }
                }
                CovariateValues::Categorical { levels, .. } => CovariateTruth::Categorical {
                    covariate: name,
                    levels: levels.clone(),
                    shares: categorical.next()?.shares.clone(),
                },
            })
        })
        .collect()
    }

    fn margin_truth(&self, arm: usize, k: usize, j: usize) -> MarginTruth {
        let margin = self.margin(arm, k, j);
        let levels = margin.distribution.levels();
        let without = self.parts(k, self.eta_without(arm, k, j));
        MarginTruth {
            outcome: self.generator().outcomes[k].name.clone(),
            wave: self.generator().waves[j].name.clone(),
            mean: margin.mean().value,
            sd: margin.sd().value,
            mean_without: without
                .iter()
                .map(|p| p.share * margin.distribution.mean(p.mean, margin.variance))
                .sum(),
            shares: levels
                .into_iter()
                .map(|value| LevelShare {
                    value,
                    share: margin.share(value).value,
                })
                .collect(),
            origin: margin.mean().origin,
        }
    }

    /// An outcome of an arm at a wave.
    pub(crate) fn margin(&self, arm: usize, k: usize, j: usize) -> Margin<'_> {
        Margin {
            distribution: &self.generator().outcomes[k].distribution,
            parts: self.parts(k, self.eta(arm, k, j)),
            variance: self.covariance((k, j), (k, j)),
        }
    }

    /// The combinations of categories, for an outcome or, behind them, an event.
    fn parts(&self, on: usize, mean: f64) -> Vec<Part> {
        let mut parts = vec![Part { share: 1.0, mean }];
        for category in self
            .categories
            .iter()
            .filter(|c| c.adds[on].iter().any(|&x| x != 0.0))
        {
            let levels = || category.shares.iter().zip(&category.adds[on]);
            parts = parts
                .iter()
                .flat_map(|part| {
                    levels().map(|(share, add)| Part {
                        share: part.share * share,
                        mean: part.mean + add,
                    })
                })
                .collect();
        }
        parts
    }

    /// The correlation of two values of a family; `None` where one does not vary.
    pub(crate) fn correlation(
        &self,
        arm: usize,
        one: (usize, usize),
        other: (usize, usize),
    ) -> Option<Known> {
        if one == other {
            return Some(Known::closed(1.0, true));
        }
        let covariance = self.covariance(one, other);
        self.correlation_of(arm, one, other, covariance, Shared::Categories)
    }

    /// The correlation of an outcome of two families that share a unit of a cluster.
    fn icc(&self, arm: usize, level: usize, k: usize, j: usize) -> Option<Known> {
        let inner = &self.clusters[level];
        let shared = |other: &usize| {
            // Whoever shares a unit shares all units around it.
            *other == level || (self.clusters[*other].by == inner.by && self.around(*other, level))
        };
        let covariance = (0..self.clusters.len())
            .filter(shared)
            .map(|other| self.clusters[other].covariance(k, k))
            .sum();
        self.correlation_of(arm, (k, j), (k, j), covariance, Shared::Nothing)
    }

    /// Whether a cluster lies around another.
    fn around(&self, outer: usize, inner: usize) -> bool {
        let clusters = &self.generator().clusters;
        let mut at = inner;
        for _ in 0..clusters.len() {
            let Some(name) = &clusters[at].within else {
                return false;
            };
            match clusters.iter().position(|c| c.name == *name) {
                Some(next) if next == outer => return true,
                Some(next) => at = next,
                None => return false,
            }
        }
        false
    }

    fn correlation_of(
        &self,
        arm: usize,
        one: (usize, usize),
        other: (usize, usize),
        covariance: f64,
        shared: Shared,
    ) -> Option<Known> {
        let margins = [
            self.margin(arm, one.0, one.1),
            self.margin(arm, other.0, other.1),
        ];
        let [first, second] = &margins;
        let of = |m1: f64, m2: f64| {
            let pair = Pair {
                mean: [m1, m2],
                variance: [first.variance, second.variance],
                covariance,
            };
            product(first.distribution, second.distribution, pair)
        };
        let together: f64 = match shared {
            Shared::Categories => self
                .joint_parts(arm, one, other)
                .iter()
                .map(|(share, m1, m2)| share * of(*m1, *m2))
                .sum(),
            Shared::Nothing => first
                .parts
                .iter()
                .map(|p| p.share * second.over(|m2| of(p.mean, m2)))
                .sum(),
        };
        let scale = first.sd().value * second.sd().value;
        let value = (together - first.mean().value * second.mean().value) / scale;
        let closed = first.distribution.is_closed() && second.distribution.is_closed();
        (scale > 0.0 && value.is_finite()).then(|| Known::closed(value.clamp(-1.0, 1.0), closed))
    }

    /// Combinations of categories with the means of two η in each.
    fn joint_parts(
        &self,
        arm: usize,
        one: (usize, usize),
        other: (usize, usize),
    ) -> Vec<(f64, f64, f64)> {
        let mut parts = vec![(
            1.0,
            self.eta(arm, one.0, one.1),
            self.eta(arm, other.0, other.1),
        )];
        for category in &self.categories {
            let adds = || category.adds[one.0].iter().zip(&category.adds[other.0]);
            if adds().all(|(x, y)| *x == 0.0 && *y == 0.0) {
                continue;
            }
            parts = parts
                .iter()
                .flat_map(|(share, m1, m2)| {
                    let levels = category.shares.iter().zip(adds());
                    levels.map(move |(p, (x, y))| (share * p, m1 + x, m2 + y))
                })
                .collect();
        }
        parts
    }

    /// The share with an event by the end.
    pub(crate) fn event_share(&self, arm: usize, event: usize) -> Known {
        let plan = &self.events[event];
        let variance = dot(&plan.scales, &plan.scales);
        let hazard = (plan.until / plan.scale).powf(plan.shape);
        let parts = self.parts(self.generator().outcomes.len() + event, plan.mean[arm]);
        let share = parts.iter().map(|part| {
            let had = |eta: f64| -(-hazard * eta.exp()).exp_m1();
            part.share * expect(part.mean, variance, had)
        });
        Known::closed(share.sum(), variance == 0.0)
    }

    /// The share that is missing, where it is known without noise.
    pub(crate) fn missing_share(&self, arm: usize, k: usize, j: usize) -> Option<Known> {
        let mut seen = 1.0;
        let mut closed = true;
        let processes = self.missing.iter().filter(|m| m.outcomes.contains(&k));
        let mut dependent = 0;
        for process in processes {
            if process.depends.is_empty() {
                seen *= 1.0 - process.at_random(arm, j, self.waves());
                continue;
            }
            // Two that depend on the family are not independent of one another.
            dependent += 1;
            let ([on], 1, 1) = (process.depends.as_slice(), j, dependent) else {
                return (j == 0).then_some(Known::closed(0.0, true));
            };
            closed = false;
            seen *= 1.0 - self.dependent(process, on, arm);
        }
        Some(Known::closed(1.0 - seen, closed))
    }

    /// The share missing at the second wave, of a process that depends on one thing.
    fn dependent(&self, process: &MissingPlan, on: &DependsPlan, arm: usize) -> f64 {
        let logit = process.logit[arm * self.waves() + 1];
        let value = |k: usize, j: usize, slope: f64, centre: f64| {
            let margin = self.margin(arm, k, j);
            margin.average(|y| logistic(logit + slope * (y - centre)))
        };
        match on {
            DependsPlan::Seen {
                outcome,
                slope,
                centre,
            } => value(*outcome, 0, *slope, *centre),
            DependsPlan::Unseen {
                outcome,
                slope,
                centre,
            } => value(*outcome, 1, *slope, *centre),
            DependsPlan::Latent { mean, scales } => {
                expect(logit + mean[arm], dot(scales, scales), logistic)
            }
        }
    }

    /// The shares that no formula gives, by arm, outcome and wave; empty where every one has its own.
    fn simulated_missing(&self, options: &TruthOptions) -> Vec<Vec<Known>> {
        let (outcomes, waves) = (self.generator().outcomes.len(), self.waves());
        let arms = self.generator().arms.len();
        let known = |arm: usize| {
            (0..outcomes).all(|k| (0..waves).all(|j| self.missing_share(arm, k, j).is_some()))
        };
        if (0..arms).all(known) {
            return Vec::new();
        }
        let seed = Seed::new(options.seed).child("truth", 0);
        let mut draw = Draw::default();
        let smallest = self.generator().arms.iter().map(|a| a.families).min();
        let replicates = options.families.div_ceil(smallest.unwrap_or(1)).max(2);
        // Sums over replicates of the share missing, and of its square: clusters and all.
        let mut sums = vec![vec![[0.0; 2]; outcomes * waves]; arms];
        for replicate in 0..replicates {
            self.draw(&seed, replicate as u64, &mut draw);
            for (arm, sums) in sums.iter_mut().enumerate() {
                let families = self.families_of(arm);
                for (cell, sums) in sums.iter_mut().enumerate() {
                    let seen = &draw.seen(cell / waves, cell % waves)[families.clone()];
                    let missing = seen.iter().filter(|&&seen| !seen).count();
                    let share = missing as f64 / families.len() as f64;
                    sums[0] += share;
                    sums[1] += share * share;
                }
            }
        }
        let n = replicates as f64;
        let known = |arm: usize, [sum, squares]: [f64; 2]| {
            let value = sum / n;
            let variance = ((squares - n * value * value) / (n - 1.0)).max(0.0);
            Known {
                value,
                origin: Origin::Simulated {
                    families: replicates * self.generator().arms[arm].families,
                    mcse: (variance / n).sqrt(),
                },
            }
        };
        sums.iter()
            .enumerate()
            .map(|(arm, sums)| sums.iter().map(|&sums| known(arm, sums)).collect())
            .collect()
    }
}

/// What two values have in common beside the covariance of their η.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shared {
    /// They are of one family.
    Categories,
    /// They are of two families.
    Nothing,
}

impl MissingPlan {
    /// The share missing at wave j where nothing is depended on.
    fn at_random(&self, arm: usize, j: usize, waves: usize) -> f64 {
        let share = |j: usize| self.share[arm * waves + j];
        match self.pattern {
            MissingPattern::Intermittent => share(j),
            MissingPattern::Monotone => 1.0 - (0..=j).map(|j| 1.0 - share(j)).product::<f64>(),
        }
    }
}
