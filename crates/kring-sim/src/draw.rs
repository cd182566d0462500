//! Drawing: one replicate into buffers that are used again.
//!
//! ```text
//! stream     replicate i draws from stream i of the seed
//! order      clusters: sizes (where they vary), who is where, intercepts; then arm by arm the outcomes
//!            and waves whose η is the same for all families, each as a column (`chances`); then family
//!            by family: z, categories, the other outcomes wave by wave, what is missing, events
//! ```
//! Nothing is allocated after the first draw. The order is part of what a seed means: a change to it
//! changes published results.

use kring_core::seed::{Seed, Stream};

use crate::generator::{Distribution, MissingPattern, Sizes};
use crate::plan::{CategoryPlan, DependsPlan, EventPlan, MissingPlan, Plan, dot};
use crate::sampler::{LARGEST_MEAN, exponential, gamma, logistic, nb1, nb2, poisson};

/// The numbers of one replicate, and room for the next.
///
/// Families stand in the order of their arms. Values are there also where they were not seen, so
/// that what is missing can be compared with what was.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Draw {
    families: usize,
    waves: usize,
    values: Vec<f64>,
    seen: Vec<bool>,
    numeric: Vec<f64>,
    category: Vec<u32>,
    unit: Vec<u32>,
    event_time: Vec<f64>,
    event_seen: Vec<bool>,
    z: Vec<f64>,
    intercepts: Vec<f64>,
    weights: Vec<f64>,
    counts: Vec<u32>,
    order: Vec<u32>,
    halves: Vec<u16>,
}

impl Draw {
    /// The values of an outcome at a wave, family by family. Outcomes and waves that are not there
    /// have none.
    pub fn values(&self, outcome: usize, wave: usize) -> &[f64] {
        self.column(&self.values, outcome, wave)
    }

    /// Which of them were seen.
    pub fn seen(&self, outcome: usize, wave: usize) -> &[bool] {
        self.column(&self.seen, outcome, wave)
    }

    /// The values of a numeric covariate, by its place among the numeric ones.
    pub fn covariate(&self, numeric: usize) -> &[f64] {
        self.part(&self.numeric, numeric)
    }

    /// The levels of a categorical covariate, by its place among the categorical ones.
    pub fn category(&self, categorical: usize) -> &[u32] {
        self.part(&self.category, categorical)
    }

    /// The units in which the families are, by the place of the cluster.
    pub fn units(&self, cluster: usize) -> &[u32] {
        self.part(&self.unit, cluster)
    }

    /// When an event happened, or the end of observation.
    pub fn event_times(&self, event: usize) -> &[f64] {
        self.part(&self.event_time, event)
    }

    /// Whether it happened by then.
    pub fn event_seen(&self, event: usize) -> &[bool] {
        self.part(&self.event_seen, event)
    }

    fn column<'a, T>(&self, of: &'a [T], outcome: usize, wave: usize) -> &'a [T] {
        if wave >= self.waves {
            return &[];
        }
        self.part(of, outcome.saturating_mul(self.waves).saturating_add(wave))
    }

    fn part<'a, T>(&self, of: &'a [T], place: usize) -> &'a [T] {
        let start = place.saturating_mul(self.families);
        let end = start.saturating_add(self.families);
        of.get(start..end).unwrap_or(&[])
    }

    /// Whether it has the shape of a plan's draws.
    pub(crate) fn fits(&self, plan: &Plan) -> bool {
        let (n, waves) = (plan.families(), plan.waves());
        (self.families, self.waves) == (n, waves)
            && self.values.len() == n * waves * plan.generator().outcomes.len()
            && self.numeric.len() == n * plan.numeric.len()
            && self.category.len() == n * plan.categories.len()
            && self.unit.len() == n * plan.clusters.len()
            && self.event_time.len() == n * plan.events.len()
    }

    /// Room for a plan.
    fn resize(&mut self, plan: &Plan) {
        let generator = plan.generator();
        let (n, waves, k) = (plan.families(), plan.waves(), generator.outcomes.len());
        (self.families, self.waves) = (n, waves);
        self.values.resize(n * waves * k, 0.0);
        self.seen.resize(n * waves * k, true);
        self.numeric.resize(n * plan.numeric.len(), 0.0);
        self.category.resize(n * plan.categories.len(), 0);
        self.unit.resize(n * plan.clusters.len(), 0);
        self.event_time.resize(n * plan.events.len(), 0.0);
        self.event_seen.resize(n * plan.events.len(), false);
        self.z.resize(plan.width, 0.0);
        let units: usize = plan.clusters.iter().map(|c| c.all_units).sum();
        self.intercepts.resize(units * k, 0.0);
    }
}

impl Plan {
    /// Draws a replicate into buffers, which fit any plan: `Draw::default()` at first.
    ///
    /// ```
    /// use kring_core::seed::Seed;
    /// use kring_sim::draw::Draw;
    /// use kring_sim::generator::{Arm, Distribution, Generator, Outcome, Wave};
    ///
    /// let plan = Generator {
    ///     title: "A coin".into(),
    ///     waves: vec![Wave::new("1", 0.0)],
    ///     arms: vec![Arm::new("all", 1000)],
    ///     outcomes: vec![Outcome::new("heads", Distribution::Binary)],
    ///     ..Generator::default()
    /// }
    /// .plan()?;
    /// let (seed, mut draw) = (Seed::new(1), Draw::default());
    /// let mut heads = 0.0;
    /// for replicate in 0..10 {
    ///     plan.draw(&seed, replicate, &mut draw);
    ///     heads += draw.values(0, 0).iter().sum::<f64>();
    /// }
    /// assert!((heads / 10_000.0 - 0.5).abs() < 0.015);
    /// # Ok::<(), kring_sim::Error>(())
    /// ```
    pub fn draw(&self, seed: &Seed, replicate: u64, into: &mut Draw) {
        into.resize(self);
        let mut stream = seed.stream(replicate);
        self.draw_clusters(&mut stream, into);
        self.draw_columns(&mut stream, into);
        if !self.by_family() {
            return;
        }
        for arm in 0..self.generator().arms.len() {
            for family in self.families_of(arm) {
                self.draw_family(arm, family, &mut stream, into);
            }
        }
    }

    /// Outcomes and waves whose chances are the same for all families of an arm.
    fn draw_columns(&self, stream: &mut Stream, into: &mut Draw) {
        let n = into.families;
        for arm in 0..self.generator().arms.len() {
            let families = self.families_of(arm);
            for k in 0..self.generator().outcomes.len() {
                for j in 0..into.waves {
                    let Some(chances) = self.chances(arm, k, j) else {
                        continue;
                    };
                    let start = (k * into.waves + j) * n;
                    let place = start + families.start..start + families.end;
                    into.seen[place.clone()].fill(true);
                    chances.fill(stream, &mut into.halves, &mut into.values[place]);
                }
            }
        }
    }

    fn draw_family(&self, arm: usize, i: usize, stream: &mut Stream, into: &mut Draw) {
        let (n, waves) = (into.families, into.waves);
        for z in &mut into.z {
            *z = stream.normal();
        }
        for (place, covariate) in self.numeric.iter().enumerate() {
            into.numeric[place * n + i] = covariate.mean[arm] + dot(&covariate.scales, &into.z);
        }
        for (place, category) in self.categories.iter().enumerate() {
            into.category[place * n + i] = category.draw(stream);
        }
        for (k, outcome) in self.generator().outcomes.iter().enumerate() {
            let common = self.common(k, i, into);
            for j in 0..waves {
                if self.chances(arm, k, j).is_some() {
                    continue;
                }
                let eta = self.eta(arm, k, j) + dot(self.scales(k, j), &into.z) + common;
                let at = (k * waves + j) * n + i;
                into.values[at] = outcome.distribution.draw(eta, stream);
                into.seen[at] = true;
            }
        }
        for missing in &self.missing {
            missing.draw(arm, i, stream, into);
        }
        for (place, event) in self.events.iter().enumerate() {
            let adds: f64 = self.category_adds(self.generator().outcomes.len() + place, i, into);
            let eta = event.mean[arm] + dot(&event.scales, &into.z) + adds;
            let time = event.draw(eta, stream);
            into.event_time[place * n + i] = time.min(event.until);
            into.event_seen[place * n + i] = time <= event.until;
        }
    }

    /// What categories add to an outcome, or to an event behind the outcomes.
    fn category_adds(&self, on: usize, i: usize, into: &Draw) -> f64 {
        let each = self.categories.iter().enumerate();
        each.map(|(place, category)| {
            category.adds[on][into.category[place * into.families + i] as usize]
        })
        .sum()
    }

    /// What categories and clusters add to an outcome at every wave.
    fn common(&self, k: usize, i: usize, into: &Draw) -> f64 {
        let outcomes = self.generator().outcomes.len();
        let mut adds = self.category_adds(k, i, into);
        let mut before = 0;
        for (level, cluster) in self.clusters.iter().enumerate() {
            let unit = into.unit[level * into.families + i] as usize;
            adds += into.intercepts[(before + unit) * outcomes + k];
            before += cluster.all_units;
        }
        adds
    }

    /// Who is in which unit, and the intercepts of the units.
    fn draw_clusters(&self, stream: &mut Stream, into: &mut Draw) {
        let n = into.families;
        for (level, cluster) in self.clusters.iter().enumerate() {
            if cluster.by != level {
                continue;
            }
            let arms = self.generator().arms.len();
            for part in 0..if cluster.own { arms } else { 1 } {
                let families = if cluster.own {
                    self.families_of(part)
                } else {
                    0..n
                };
                self.assign(level, part, families, stream, into);
            }
        }
        // Units around others: as the smaller ones lie in them.
        for (level, cluster) in self.clusters.iter().enumerate() {
            let inner = &self.clusters[cluster.by];
            if cluster.by == level {
                continue;
            }
            for i in 0..n {
                let unit = into.unit[cluster.by * n + i] as usize;
                let (part, within) = (unit / inner.units, unit % inner.units);
                let outer = within * cluster.units / inner.units;
                let first = if cluster.own { part * cluster.units } else { 0 };
                #[allow(clippy::cast_possible_truncation, reason = "fewer units than families")]
                let outer = (first + outer) as u32;
                into.unit[level * n + i] = outer;
            }
        }
        let mut at = 0;
        for cluster in &self.clusters {
            let together = cluster.correlation.sqrt();
            let apart = (1.0 - cluster.correlation).sqrt();
            for _ in 0..cluster.all_units {
                let common = if together > 0.0 { stream.normal() } else { 0.0 };
                for &sd in &cluster.sd {
                    into.intercepts[at] = if sd > 0.0 {
                        sd * (together * common + apart * stream.normal())
                    } else {
                        0.0
                    };
                    at += 1;
                }
            }
        }
    }

    /// Puts families into the units of a part (an arm, or all), as many into each as its size says.
    fn assign(
        &self,
        level: usize,
        part: usize,
        families: std::ops::Range<usize>,
        stream: &mut Stream,
        into: &mut Draw,
    ) {
        let cluster = &self.clusters[level];
        let Draw {
            weights,
            counts,
            order,
            unit,
            families: n,
            ..
        } = into;
        weights.clear();
        match &cluster.sizes {
            Sizes::Equal => weights.resize(cluster.units, 1.0),
            Sizes::Weights(given) => weights.extend(given),
            Sizes::Varying(cv) => {
                let shape = 1.0 / (cv * cv);
                weights.extend((0..cluster.units).map(|_| gamma(shape, stream)));
            }
        }
        let start = level * *n;
        allocate(weights, families.len(), counts, order);
        let places = &mut unit[start + families.start..start + families.end];
        let mut filled = 0;
        for (u, &count) in counts.iter().enumerate() {
            #[allow(clippy::cast_possible_truncation, reason = "fewer units than families")]
            let name = (part * cluster.units + u) as u32;
            places[filled..filled + count as usize].fill(name);
            filled += count as usize;
        }
        stream.shuffle(places);
    }
}

/// n in proportion to weights: whole parts first, then one each to the largest remainders.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a share of n, which is below 2³²"
)]
fn allocate(weights: &mut [f64], n: usize, counts: &mut Vec<u32>, order: &mut Vec<u32>) {
    let total: f64 = weights.iter().sum();
    counts.clear();
    for weight in weights.iter_mut() {
        let share = if total > 0.0 {
            n as f64 * *weight / total
        } else {
            0.0
        };
        counts.push(share.floor() as u32);
        *weight = share - share.floor();
    }
    let given: usize = counts.iter().map(|&count| count as usize).sum();
    order.clear();
    order.extend(0..counts.len() as u32);
    order.sort_unstable_by(|&a, &b| {
        weights[b as usize]
            .total_cmp(&weights[a as usize])
            .then(a.cmp(&b))
    });
    for left in 0..n.saturating_sub(given) {
        counts[order[left % order.len()] as usize] += 1;
    }
}

impl CategoryPlan {
    fn draw(&self, stream: &mut Stream) -> u32 {
        let u = stream.uniform();
        let last = self.cumulative.len() - 1;
        let level = self.cumulative[..last].iter().take_while(|&&sum| u > sum);
        #[allow(clippy::cast_possible_truncation, reason = "at most 10,000 levels")]
        let level = level.count() as u32;
        level
    }
}

impl EventPlan {
    /// From S(t) = exp(−(t / scale)^shape · exp(η)).
    fn draw(&self, eta: f64, stream: &mut Stream) -> f64 {
        let time = self.scale * (exponential(stream) * (-eta).exp()).powf(1.0 / self.shape);
        if time.is_finite() { time } else { f64::MAX }
    }
}

impl MissingPlan {
    fn draw(&self, arm: usize, i: usize, stream: &mut Stream, into: &mut Draw) {
        let (n, waves) = (into.families, into.waves);
        let mut gone = false;
        for j in 1..waves {
            let u = stream.uniform();
            let stays_away = gone && self.pattern == MissingPattern::Monotone;
            gone = stays_away || u < logistic(self.eta(arm, j, i, into));
            if gone {
                for &k in &self.outcomes {
                    into.seen[(k * waves + j) * n + i] = false;
                }
            }
        }
    }

    /// The logit of being missing at wave j.
    fn eta(&self, arm: usize, j: usize, i: usize, into: &Draw) -> f64 {
        let (n, waves) = (into.families, into.waves);
        let at = |k: usize, j: usize| (k * waves + j) * n + i;
        let each = self.depends.iter().map(|depends| match depends {
            DependsPlan::Seen {
                outcome,
                slope,
                centre,
            } => {
                // The first wave is always seen.
                let last = (1..j).rev().find(|&j| into.seen[at(*outcome, j)]);
                slope * (into.values[at(*outcome, last.unwrap_or(0))] - centre)
            }
            DependsPlan::Unseen {
                outcome,
                slope,
                centre,
            } => slope * (into.values[at(*outcome, j)] - centre),
            DependsPlan::Latent { mean, scales } => mean[arm] + dot(scales, &into.z),
        });
        self.logit[arm * waves + j] + each.sum::<f64>()
    }
}

impl Distribution {
    /// A value with this linear predictor.
    fn draw(&self, eta: f64, stream: &mut Stream) -> f64 {
        match self {
            Self::Poisson { zeros } => count(*zeros, eta, stream, poisson),
            Self::Nb1 { phi, zeros } => count(*zeros, eta, stream, |mu, s| nb1(mu, *phi, s)),
            Self::Nb2 { theta, zeros } => count(*zeros, eta, stream, |mu, s| nb2(mu, *theta, s)),
            Self::Binary => f64::from(stream.uniform() < logistic(eta)),
            Self::Continuous { sd } => eta + sd * stream.normal(),
            Self::Ordinal { thresholds, .. } => {
                let u = stream.uniform();
                let passed = |threshold: &&f64| u > logistic(**threshold - eta);
                1.0 + thresholds.iter().take_while(passed).count() as f64
            }
        }
    }
}

/// Zero for a share of the families, else a count with mean exp(η).
#[inline]
fn count(zeros: f64, eta: f64, stream: &mut Stream, draw: impl Fn(f64, &mut Stream) -> f64) -> f64 {
    if zeros > 0.0 && stream.uniform() < zeros {
        return 0.0;
    }
    draw(eta.exp().min(LARGEST_MEAN), stream)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_are_shared_out_by_largest_remainders() {
        let shared = |mut weights: Vec<f64>, n| {
            let (mut counts, mut order) = (Vec::new(), Vec::new());
            allocate(&mut weights, n, &mut counts, &mut order);
            counts
        };
        assert_eq!(shared(vec![1.0; 4], 10), [3, 3, 2, 2]);
        // 7 · (½, ⅓, ⅙) = 3.5, 2.33, 1.17: the one left over goes to the first.
        assert_eq!(shared(vec![3.0, 2.0, 1.0], 7), [4, 2, 1]);
        assert_eq!(shared(vec![0.0, 0.0], 3), [2, 1]);
    }
}
