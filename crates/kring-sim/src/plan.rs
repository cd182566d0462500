//! A generator that was checked once, in the form in which it is drawn from.
//!
//! ```text
//! g          the latent vector b and the errors e of numeric covariates, one vector: g = shift + L z
//! η          fixed[arm, outcome, wave] + scales[outcome, wave]'z + categories + clusters
//! fixed      has the shift of the arm's severity in it; scales = L'c of the coefficients c on g
//! ```
//! So a family costs as many normal draws as g is long, and a row one short inner product. Where η is the
//! same for all families of an arm, the values of a wave are drawn as one column from a table of chances.

use std::collections::HashSet;
use std::ops::Range;

use kring_core::suggestion;

use crate::Error;
use crate::chances::Chances;
use crate::cholesky::cholesky;
use crate::generator::{
    Cluster, ClusterArms, CovariateValues, Depends, Distribution, Event, Generator, Load, Missing,
    MissingPattern, On, Outcome, Sizes,
};

/// Names that tables keep for themselves.
pub(crate) const RESERVED: [&str; 4] = ["family", "arm", "wave", "time"];

/// Combinations of categories over which truth is summed, at most.
const COMBINATIONS: usize = 10_000;

/// Numbers beyond this are refused: their squares would be too large to be summed.
const TOO_LARGE: f64 = 1e150;

/// A count whose mean may pass this is refused.
const TOO_MANY: f64 = 1e9;

/// A checked generator.
#[derive(Debug, Clone)]
pub struct Plan {
    generator: Generator,
    starts: Vec<usize>,
    /// Standard normal draws a family.
    pub(crate) width: usize,
    fixed: Vec<f64>,
    scales: Vec<f64>,
    /// What `fixed` would be without the effects of the arms.
    without: Vec<f64>,
    /// The tables of chances, and which of them is that of a cell, where its η does not vary.
    chances: Vec<Chances>,
    tabled: Vec<Option<usize>>,
    pub(crate) numeric: Vec<NumericPlan>,
    pub(crate) categories: Vec<CategoryPlan>,
    pub(crate) clusters: Vec<ClusterPlan>,
    pub(crate) missing: Vec<MissingPlan>,
    pub(crate) events: Vec<EventPlan>,
}

/// A numeric covariate: its mean by arm, and what the normal draws add.
#[derive(Debug, Clone)]
pub(crate) struct NumericPlan {
    pub mean: Vec<f64>,
    pub scales: Vec<f64>,
}

/// A categorical covariate: sums of its shares, and what its levels add to outcomes and events.
#[derive(Debug, Clone)]
pub(crate) struct CategoryPlan {
    pub shares: Vec<f64>,
    pub cumulative: Vec<f64>,
    /// By outcome, then by event; by level.
    pub adds: Vec<Vec<f64>>,
}

/// A level of clusters.
#[derive(Debug, Clone)]
pub(crate) struct ClusterPlan {
    /// In each arm, where arms have their own.
    pub units: usize,
    pub all_units: usize,
    pub own: bool,
    pub sizes: Sizes,
    /// The level that families are assigned to and that decides the unit of this one.
    pub by: usize,
    /// By outcome.
    pub sd: Vec<f64>,
    pub correlation: f64,
}

/// A process by which values are missing.
#[derive(Debug, Clone)]
pub(crate) struct MissingPlan {
    pub pattern: MissingPattern,
    /// By arm and wave.
    pub share: Vec<f64>,
    pub logit: Vec<f64>,
    pub depends: Vec<DependsPlan>,
    pub outcomes: Vec<usize>,
}

/// What the chance of being missing depends on.
#[derive(Debug, Clone)]
pub(crate) enum DependsPlan {
    Seen {
        outcome: usize,
        slope: f64,
        centre: f64,
    },
    Unseen {
        outcome: usize,
        slope: f64,
        centre: f64,
    },
    /// The slope is in both: in the mean by arm, and in what the normal draws add.
    Latent { mean: Vec<f64>, scales: Vec<f64> },
}

/// An event: the log of its hazard ratio by arm, and what the normal draws add.
#[derive(Debug, Clone)]
pub(crate) struct EventPlan {
    pub shape: f64,
    pub scale: f64,
    pub until: f64,
    pub mean: Vec<f64>,
    pub scales: Vec<f64>,
}

impl Generator {
    /// The generator, checked: everything that is wrong with it is found here.
    ///
    /// ```
    /// use kring_sim::generator::{Arm, Distribution, Generator, Outcome, Wave};
    /// let mut generator = Generator {
    ///     title: "Of nothing".into(),
    ///     waves: vec![Wave::new("1", 0.0)],
    ///     arms: vec![Arm::new("WT", 10)],
    ///     outcomes: vec![Outcome::new("network", Distribution::Binary)],
    ///     ..Generator::default()
    /// };
    /// assert_eq!(generator.plan()?.families(), 10);
    /// generator.outcomes[0].intercept = f64::NAN;
    /// assert_eq!(
    ///     generator.plan().unwrap_err().to_string(),
    ///     "the intercept of outcome `network` is NaN, but a finite number was expected"
    /// );
    /// # Ok::<(), kring_sim::Error>(())
    /// ```
    pub fn plan(&self) -> Result<Plan, Error> {
        Compiler::new(self)?.plan()
    }
}

impl Plan {
    /// The generator it is of.
    pub fn generator(&self) -> &Generator {
        &self.generator
    }

    /// How many families there are in all.
    pub fn families(&self) -> usize {
        self.starts.last().copied().unwrap_or(0)
    }

    /// How many waves there are.
    pub fn waves(&self) -> usize {
        self.generator.waves.len()
    }

    /// The families of an arm: those of the first arm come first. Of an arm that is not there, none.
    pub fn families_of(&self, arm: usize) -> Range<usize> {
        match self.starts.get(arm..arm.saturating_add(2)) {
            Some(&[start, end]) => start..end,
            _ => 0..0,
        }
    }

    /// The rows of long data: families times waves.
    pub fn rows(&self) -> usize {
        self.families() * self.waves()
    }

    /// The place of an outcome.
    pub fn outcome(&self, name: &str) -> Result<usize, Error> {
        let names = self.generator.outcomes.iter().map(|o| o.name.as_str());
        place("the request", "the outcome", name, names)
    }

    /// The place of a wave.
    pub fn wave(&self, name: &str) -> Result<usize, Error> {
        let names = self.generator.waves.iter().map(|w| w.name.as_str());
        place("the request", "the wave", name, names)
    }

    /// The place of an arm.
    pub fn arm(&self, name: &str) -> Result<usize, Error> {
        let names = self.generator.arms.iter().map(|a| a.name.as_str());
        place("the request", "the arm", name, names)
    }

    /// The place of an event.
    pub fn event(&self, name: &str) -> Result<usize, Error> {
        let names = self.generator.events.iter().map(|e| e.name.as_str());
        place("the request", "the event", name, names)
    }

    /// The arm of a family.
    pub(crate) fn arm_of(&self, family: usize) -> usize {
        self.starts.partition_point(|&start| start <= family) - 1
    }

    fn cell(&self, arm: usize, outcome: usize, wave: usize) -> usize {
        (arm * self.generator.outcomes.len() + outcome) * self.waves() + wave
    }

    /// The mean of η before categories and clusters, severity included.
    #[inline]
    pub(crate) fn eta(&self, arm: usize, outcome: usize, wave: usize) -> f64 {
        self.fixed[self.cell(arm, outcome, wave)]
    }

    /// The same without what the arm does.
    pub(crate) fn eta_without(&self, arm: usize, outcome: usize, wave: usize) -> f64 {
        self.without[self.cell(arm, outcome, wave)]
    }

    /// The table of a cell whose η is the same for all families.
    #[inline]
    pub(crate) fn chances(&self, arm: usize, outcome: usize, wave: usize) -> Option<&Chances> {
        let table = self.tabled[self.cell(arm, outcome, wave)]?;
        self.chances.get(table)
    }

    /// Whether anything is left to draw family by family, beside clusters and tables.
    pub(crate) fn by_family(&self) -> bool {
        self.width > 0
            || !(self.categories.is_empty() && self.missing.is_empty() && self.events.is_empty())
            || self.tabled.iter().any(Option::is_none)
    }

    /// What the normal draws add to η.
    #[inline]
    pub(crate) fn scales(&self, outcome: usize, wave: usize) -> &[f64] {
        let at = (outcome * self.waves() + wave) * self.width;
        &self.scales[at..at + self.width]
    }

    /// The covariance of two η of one family, the clusters' part included.
    pub(crate) fn covariance(&self, one: (usize, usize), other: (usize, usize)) -> f64 {
        let own = dot(self.scales(one.0, one.1), self.scales(other.0, other.1));
        let units = self.clusters.iter().map(|c| c.covariance(one.0, other.0));
        own + units.sum::<f64>()
    }
}

impl ClusterPlan {
    /// The covariance of two intercepts of a unit.
    pub fn covariance(&self, one: usize, other: usize) -> f64 {
        let correlation = if one == other { 1.0 } else { self.correlation };
        correlation * self.sd[one] * self.sd[other]
    }
}

pub(crate) fn dot(x: &[f64], y: &[f64]) -> f64 {
    x.iter().zip(y).map(|(x, y)| x * y).sum()
}

/// The place of a name, or an error that lists near ones.
pub(crate) fn place<'a>(
    at: impl Into<String>,
    what: &'static str,
    name: &str,
    names: impl Iterator<Item = &'a str> + Clone,
) -> Result<usize, Error> {
    names
        .clone()
        .position(|known| known == name)
        .ok_or_else(|| Error::Unknown {
            place: at.into(),
            what,
            name: name.to_owned(),
            suggestion: suggestion(name, names),
        })
}

fn finite(what: impl FnOnce() -> String, x: f64) -> Result<f64, Error> {
    if x.is_finite() {
        return Ok(x);
    }
    Err(Error::parameter(what(), "a finite number", x))
}

fn positive(what: impl FnOnce() -> String, x: f64) -> Result<f64, Error> {
    if x.is_finite() && x > 0.0 {
        return Ok(x);
    }
    Err(Error::parameter(what(), "a number above zero", x))
}

fn not_negative(what: impl FnOnce() -> String, x: f64) -> Result<f64, Error> {
    if x.is_finite() && x >= 0.0 {
        return Ok(x);
    }
    Err(Error::parameter(what(), "zero or a number above it", x))
}

/// A chance that leaves something: from 0 to below 1.
fn chance(what: impl FnOnce() -> String, x: f64) -> Result<f64, Error> {
    if (0.0..1.0).contains(&x) {
        return Ok(x);
    }
    Err(Error::parameter(what(), "a share from 0 to below 1", x))
}

fn unique<'a>(of: &str, names: impl Iterator<Item = &'a str>) -> Result<(), Error> {
    let mut seen = HashSet::new();
    for name in names {
        let why = if name.trim().is_empty() {
            "is empty"
        } else if !seen.insert(name) {
            "stands twice"
        } else {
            continue;
        };
        return Err(Error::Name {
            what: of.to_owned(),
            name: name.to_owned(),
            why,
        });
    }
    Ok(())
}

/// What checking a generator needs at hand.
struct Compiler<'a> {
    generator: &'a Generator,
    /// G's triangle.
    l: Vec<Vec<f64>>,
    /// The mean of b by arm.
    shift: Vec<Vec<f64>>,
    /// Numeric covariates: their places.
    numeric: Vec<usize>,
}

impl<'a> Compiler<'a> {
    fn new(generator: &'a Generator) -> Result<Self, Error> {
        names(generator)?;
        let l = triangle(generator)?;
        let mut compiler = Self {
            generator,
            l,
            shift: Vec::new(),
            numeric: (0..generator.covariates.len())
                .filter(|&at| {
                    matches!(
                        generator.covariates[at].values,
                        CovariateValues::Numeric { .. }
                    )
                })
                .collect(),
        };
        compiler.shift = compiler.severity()?;
        Ok(compiler)
    }

    fn q(&self) -> usize {
        self.generator.latent.names.len()
    }

    fn width(&self) -> usize {
        self.q() + self.numeric.len()
    }

    fn plan(self) -> Result<Plan, Error> {
        let generator = self.generator;
        let (arms, waves) = (generator.arms.len(), generator.waves.len());
        let effects = self.effects()?;
        let numeric = self.numeric()?;
        let categories = self.categories()?;
        let (mut fixed, mut without) = (Vec::new(), Vec::new());
        let mut scales = Vec::new();
        let mut shifted = vec![vec![Vec::new(); waves]; generator.outcomes.len()];
        for (k, outcome) in generator.outcomes.iter().enumerate() {
            check_outcome(outcome, waves)?;
            for (j, shifted) in shifted[k].iter_mut().enumerate() {
                let c = self.coefficients(outcome, j)?;
                shifted.extend((0..arms).map(|arm| dot(&c, &self.shift[arm])));
                scales.extend(self.standardized(&c));
            }
        }
        for arm in 0..arms {
            for (k, outcome) in generator.outcomes.iter().enumerate() {
                for (j, wave) in generator.waves.iter().enumerate() {
                    let common = outcome.intercept
                        + outcome.slope * wave.time
                        + outcome.by_wave.get(j).copied().unwrap_or(0.0)
                        + shifted[k][j][arm];
                    without.push(common);
                    fixed.push(common + effects[(arm * generator.outcomes.len() + k) * waves + j]);
                }
            }
        }
        let mut starts = vec![0];
        for arm in &generator.arms {
            starts.push(starts.last().copied().unwrap_or(0) + arm.families);
        }
        let mut plan = Plan {
            generator: generator.clone(),
            starts,
            width: self.width(),
            fixed,
            scales,
            without,
            chances: Vec::new(),
            tabled: Vec::new(),
            numeric,
            categories,
            clusters: self.clusters()?,
            missing: self.missing()?,
            events: self.events()?,
        };
        plan.bounded()?;
        plan.tabulate();
        Ok(plan)
    }

    /// c on g as coefficients on the standard normal draws: L'c, and the errors of covariates.
    fn standardized(&self, c: &[f64]) -> Vec<f64> {
        let q = self.q();
        let mut scales: Vec<f64> = (0..q)
            .map(|k| (k..q).map(|i| self.l[i][k] * c[i]).sum())
            .collect();
        for (place, &at) in self.numeric.iter().enumerate() {
            if let CovariateValues::Numeric { sd, .. } = self.generator.covariates[at].values {
                scales.push(c.get(q + place).copied().unwrap_or(0.0) * sd);
            }
        }
        scales
    }

    /// The place of an entry of the latent vector.
    fn latent(&self, at: impl Into<String>, name: &str) -> Result<usize, Error> {
        let names = self.generator.latent.names.iter().map(String::as_str);
        place(at, "the latent entry", name, names)
    }

    fn outcome(&self, at: impl Into<String>, name: &str) -> Result<usize, Error> {
        let names = self.generator.outcomes.iter().map(|o| o.name.as_str());
        place(at, "the outcome", name, names)
    }

    fn arm(&self, at: impl Into<String>, name: &str) -> Result<usize, Error> {
        let names = self.generator.arms.iter().map(|a| a.name.as_str());
        place(at, "the arm", name, names)
    }

    fn wave(&self, at: impl Into<String>, name: &str) -> Result<usize, Error> {
        let names = self.generator.waves.iter().map(|w| w.name.as_str());
        place(at, "the wave", name, names)
    }

    /// Weights on g.
    fn loads(&self, at: &str, loads: &[Load]) -> Result<Vec<f64>, Error> {
        let mut c = vec![0.0; self.width()];
        for load in loads {
            let entry = self.latent(at, &load.latent)?;
            c[entry] += finite(
                || format!("the weight of `{}` in {at}", load.latent),
                load.weight,
            )?;
        }
        Ok(c)
    }

    /// λ G c / √(c'Gc) of each arm.
    fn severity(&self) -> Result<Vec<Vec<f64>>, Error> {
        let c = self.loads("severity", &self.generator.severity)?;
        let q = self.q();
        let g = &self.generator.latent.covariance;
        let gc: Vec<f64> = (0..q).map(|i| dot(&g[i], &c)).collect();
        let sd = dot(&gc, &c).sqrt();
        let mut shifts = Vec::new();
        for arm in &self.generator.arms {
            let lambda = finite(
                || format!("the severity of arm `{}`", arm.name),
                arm.severity,
            )?;
            if lambda != 0.0 && sd <= 0.0 {
                return Err(Error::parameter(
                    format!("the severity of arm `{}`", arm.name),
                    "zero, since `severity` weighs no latent entry,",
                    lambda,
                ));
            }
            let factor = if lambda == 0.0 { 0.0 } else { lambda / sd };
            let mut shift: Vec<f64> = gc.iter().map(|x| factor * x).collect();
            shift.resize(self.width(), 0.0);
            shifts.push(shift);
        }
        Ok(shifts)
    }

    /// The coefficients of an outcome at a wave on g.
    fn coefficients(&self, outcome: &Outcome, j: usize) -> Result<Vec<f64>, Error> {
        let at = format!("outcome `{}`", outcome.name);
        let mut c = vec![0.0; self.width()];
        for random in &outcome.random {
            let entry = self.latent(at.as_str(), &random.latent)?;
            let when = match &random.on {
                On::Level => 1.0,
                On::Time => self.generator.waves[j].time,
                On::First => f64::from(j == 0),
                On::From(wave) => f64::from(j >= self.wave(at.as_str(), wave)?),
            };
            let what = || format!("the loading of `{}` in {at}", random.latent);
            c[entry] += when * finite(what, random.loading)?;
        }
        self.add_covariates(&outcome.name, &mut c)?;
        Ok(c)
    }

    /// What numeric covariates add to the coefficients of an outcome or event.
    fn add_covariates(&self, on: &str, c: &mut [f64]) -> Result<(), Error> {
        for (place, &at) in self.numeric.iter().enumerate() {
            let covariate = &self.generator.covariates[at];
            let CovariateValues::Numeric { latent, .. } = &covariate.values else {
                continue;
            };
            let loads = self.loads(&format!("covariate `{}`", covariate.name), latent)?;
            for effect in covariate.effects.iter().filter(|effect| effect.on == on) {
                let beta = effect.values.first().copied().unwrap_or(0.0);
                for (c, load) in c.iter_mut().zip(&loads) {
                    *c += beta * load;
                }
                c[self.q() + place] += beta;
            }
        }
        Ok(())
    }

    /// What the arms add to η, by arm, outcome and wave.
    fn effects(&self) -> Result<Vec<f64>, Error> {
        let generator = self.generator;
        let (outcomes, waves) = (generator.outcomes.len(), generator.waves.len());
        let mut adds = vec![0.0; generator.arms.len() * outcomes * waves];
        let mut seen = HashSet::new();
        for effect in &generator.effects {
            let at = format!("the effect of `{}` on `{}`", effect.arm, effect.outcome);
            let arm = self.arm(at.as_str(), &effect.arm)?;
            let outcome = self.outcome(at.as_str(), &effect.outcome)?;
            if !seen.insert((arm, outcome)) {
                return Err(Error::Name {
                    what: "an effect".to_owned(),
                    name: format!("{} on {}", effect.arm, effect.outcome),
                    why: "stands twice",
                });
            }
            finite(|| format!("the level of {at}"), effect.level)?;
            finite(|| format!("the slope of {at}"), effect.slope)?;
            let add = &mut adds[(arm * outcomes + outcome) * waves..][..waves];
            for (add, wave) in add.iter_mut().zip(&generator.waves) {
                *add += effect.level + effect.slope * wave.time;
            }
            for after in &effect.after {
                let from = self.wave(at.as_str(), &after.wave)?;
                finite(
                    || format!("{at} from wave `{}` on", after.wave),
                    after.value,
                )?;
                for add in add.iter_mut().skip(from) {
                    *add += after.value;
                }
            }
        }
        Ok(adds)
    }

    fn numeric(&self) -> Result<Vec<NumericPlan>, Error> {
        let mut plans = Vec::new();
        for (place, &at) in self.numeric.iter().enumerate() {
            let covariate = &self.generator.covariates[at];
            let of = format!("covariate `{}`", covariate.name);
            let CovariateValues::Numeric { mean, sd, latent } = &covariate.values else {
                continue;
            };
            finite(|| format!("the mean of {of}"), *mean)?;
            not_negative(|| format!("the SD of {of}"), *sd)?;
            self.check_effects(at, 1, "one value, for a unit above the mean")?;
            let mut c = self.loads(&of, latent)?;
            c[self.q() + place] = 1.0;
            let scales = self.standardized(&c);
            let means: Vec<f64> = self.shift.iter().map(|s| mean + dot(&c, s)).collect();
            let spread = dot(&scales, &scales).sqrt();
            if let Some(x) = means.iter().find(|x| x.abs() + 8.0 * spread > TOO_LARGE) {
                return Err(Error::parameter(of, "below 1e150", x));
            }
            plans.push(NumericPlan {
                mean: means,
                scales,
            });
        }
        Ok(plans)
    }

    fn categories(&self) -> Result<Vec<CategoryPlan>, Error> {
        let generator = self.generator;
        let mut plans = Vec::new();
        let mut combinations = 1_usize;
        for (at, covariate) in generator.covariates.iter().enumerate() {
            let CovariateValues::Categorical { levels, shares } = &covariate.values else {
                continue;
            };
            let of = format!("covariate `{}`", covariate.name);
            unique(
                &format!("a level of {of}"),
                levels.iter().map(String::as_str),
            )?;
            if shares.len() != levels.len() || levels.is_empty() {
                let expected = format!("one share for each of the {} levels", levels.len());
                let found = format!("{} shares", shares.len());
                return Err(Error::parameter(of, expected, found));
            }
            for (level, &share) in levels.iter().zip(shares) {
                if !(0.0..=1.0).contains(&share) {
                    let what = format!("the share of `{level}` of {of}");
                    return Err(Error::parameter(what, "a share from 0 to 1", share));
                }
            }
            let sum: f64 = shares.iter().sum();
            if (sum - 1.0).abs() > 1e-9 {
                let what = format!("the sum of the shares of {of}");
                return Err(Error::parameter(what, "1", sum));
            }
            self.check_effects(at, levels.len(), "one value a level")?;
            combinations = combinations.saturating_mul(levels.len());
            let on = generator.outcomes.iter().map(|o| o.name.as_str());
            let on = on.chain(generator.events.iter().map(|e| e.name.as_str()));
            let adds = on.map(|on| {
                let mut adds = vec![0.0; levels.len()];
                for effect in covariate.effects.iter().filter(|effect| effect.on == on) {
                    for (add, value) in adds.iter_mut().zip(&effect.values) {
                        *add += value;
                    }
                }
                adds
            });
            let mut sum = 0.0;
            plans.push(CategoryPlan {
                adds: adds.collect(),
                shares: shares.clone(),
                cumulative: shares
                    .iter()
                    .map(|share| {
                        sum += share;
                        sum
                    })
                    .collect(),
            });
        }
        if combinations > COMBINATIONS {
            return Err(Error::parameter(
                "the number of combinations of all categories",
                format!("at most {COMBINATIONS}"),
                combinations,
            ));
        }
        Ok(plans)
    }

    /// The effects of a covariate: known names, finite values, as many as there must be.
    fn check_effects(&self, at: usize, values: usize, expected: &str) -> Result<(), Error> {
        let covariate = &self.generator.covariates[at];
        let generator = self.generator;
        let names = generator.outcomes.iter().map(|o| o.name.as_str());
        let names = names.chain(generator.events.iter().map(|e| e.name.as_str()));
        for effect in &covariate.effects {
            let of = format!("the effect of covariate `{}`", covariate.name);
            place(
                of.as_str(),
                "the outcome or event",
                &effect.on,
                names.clone(),
            )?;
            let of = format!("{of} on `{}`", effect.on);
            if effect.values.len() != values {
                let found = format!("{} values", effect.values.len());
                return Err(Error::parameter(of, expected, found));
            }
            for &value in &effect.values {
                finite(|| of.clone(), value)?;
            }
        }
        Ok(())
    }

    fn clusters(&self) -> Result<Vec<ClusterPlan>, Error> {
        let clusters = &self.generator.clusters;
        let names = || clusters.iter().map(|c| c.name.as_str());
        let mut parents = Vec::new();
        for cluster in clusters {
            let of = format!("cluster `{}`", cluster.name);
            parents.push(match &cluster.within {
                Some(outer) => Some(place(of, "the cluster", outer, names())?),
                None => None,
            });
        }
        let mut plans = Vec::new();
        for (at, cluster) in clusters.iter().enumerate() {
            self.check_cluster(cluster, parents[at].map(|p| &clusters[p]))?;
            let inside: Vec<usize> = (0..clusters.len())
                .filter(|&other| parents[other] == Some(at))
                .collect();
            if let [one, other, ..] = inside.as_slice() {
                return Err(Error::Name {
                    what: "a cluster".to_owned(),
                    name: cluster.name.clone(),
                    why: if one == other {
                        "lies in itself"
                    } else {
                        "holds two kinds of smaller units, which would decide twice who belongs to it"
                    },
                });
            }
            // The way inwards ends at the units that families are assigned to.
            let mut by = at;
            for _ in 0..clusters.len() {
                by = (0..clusters.len())
                    .find(|&other| parents[other] == Some(by))
                    .unwrap_or(by);
            }
            if parents[by] == Some(by) || (0..clusters.len()).any(|c| parents[c] == Some(by)) {
                return Err(Error::Name {
                    what: "a cluster".to_owned(),
                    name: cluster.name.clone(),
                    why: "lies in itself",
                });
            }
            if by != at && cluster.sizes != Sizes::Equal {
                return Err(Error::parameter(
                    format!("the sizes of cluster `{}`", cluster.name),
                    format!("nothing, since `{}` within it decide,", clusters[by].name),
                    "given",
                ));
            }
            let own = cluster.arms == ClusterArms::Own;
            let mut sd = vec![0.0; self.generator.outcomes.len()];
            for intercept in &cluster.intercepts {
                let of = format!("cluster `{}`", cluster.name);
                let outcome = self.outcome(of, &intercept.outcome)?;
                sd[outcome] = not_negative(
                    || format!("the SD of cluster `{}`", cluster.name),
                    intercept.sd,
                )?;
            }
            let arms = if own { self.generator.arms.len() } else { 1 };
            plans.push(ClusterPlan {
                units: cluster.units,
                all_units: cluster.units * arms,
                own,
                sizes: cluster.sizes.clone(),
                by,
                sd,
                correlation: cluster.correlation,
            });
        }
        Ok(plans)
    }

    fn check_cluster(&self, cluster: &Cluster, outer: Option<&Cluster>) -> Result<(), Error> {
        let of = format!("cluster `{}`", cluster.name);
        let families: usize = self.generator.arms.iter().map(|a| a.families).sum();
        if cluster.units == 0 || cluster.units > families {
            let expected = format!("from 1 to the {families} families");
            let what = format!("the number of units of {of}");
            return Err(Error::parameter(what, expected, cluster.units));
        }
        if !(0.0..=1.0).contains(&cluster.correlation) {
            let what = format!("the correlation of the intercepts of {of}");
            return Err(Error::parameter(
                what,
                "a number from 0 to 1",
                cluster.correlation,
            ));
        }
        if let Some(outer) = outer {
            if outer.units > cluster.units {
                let what = format!("the number of units of {of}");
                let expected = format!(
                    "at least the {} of `{}` around them",
                    outer.units, outer.name
                );
                return Err(Error::parameter(what, expected, cluster.units));
            }
            if outer.arms == ClusterArms::Own && cluster.arms == ClusterArms::Shared {
                let what = format!("`arms` of {of}");
                let expected = format!("`own`, as of `{}` around them", outer.name);
                return Err(Error::parameter(what, expected, "`shared`"));
            }
        }
        match &cluster.sizes {
            Sizes::Equal => Ok(()),
            Sizes::Varying(cv) => positive(
                || format!("the coefficient of variation of the sizes of {of}"),
                *cv,
            )
            .map(|_| ()),
            Sizes::Weights(weights) => {
                if weights.len() != cluster.units {
                    let expected = format!("one weight for each of the {} units", cluster.units);
                    let found = format!("{} weights", weights.len());
                    return Err(Error::parameter(
                        format!("the sizes of {of}"),
                        expected,
                        found,
                    ));
                }
                weights.iter().try_for_each(|&weight| {
                    positive(|| format!("a weight of the sizes of {of}"), weight).map(|_| ())
                })
            }
        }
    }

    fn missing(&self) -> Result<Vec<MissingPlan>, Error> {
        let each = self.generator.missing.iter().enumerate();
        each.map(|(at, missing)| self.missing_plan(&format!("missing {}", at + 1), missing))
            .collect()
    }

    fn missing_plan(&self, of: &str, missing: &Missing) -> Result<MissingPlan, Error> {
        let generator = self.generator;
        chance(|| format!("the share of {of}"), missing.share)?;
        for other in &missing.shares {
            if let Some(arm) = &other.arm {
                self.arm(of, arm)?;
            }
            if let Some(wave) = &other.wave {
                self.wave(of, wave)?;
            }
            chance(|| format!("a share of {of}"), other.share)?;
        }
        let mut share = Vec::new();
        for arm in &generator.arms {
            for (j, wave) in generator.waves.iter().enumerate() {
                share.push(if j == 0 {
                    0.0
                } else {
                    missing.share_of(&arm.name, &wave.name)
                });
            }
        }
        let mut outcomes = Vec::new();
        for name in &missing.outcomes {
            outcomes.push(self.outcome(of, name)?);
        }
        if outcomes.is_empty() {
            outcomes.extend(0..generator.outcomes.len());
        }
        let depends = missing.depends.iter().map(|on| self.depends(of, on));
        Ok(MissingPlan {
            pattern: missing.pattern,
            logit: share.iter().map(|&p: &f64| (p / (1.0 - p)).ln()).collect(),
            share,
            depends: depends.collect::<Result<_, _>>()?,
            outcomes,
        })
    }

    fn depends(&self, of: &str, on: &Depends) -> Result<DependsPlan, Error> {
        let slope = |x: f64| finite(|| format!("a slope of {of}"), x);
        let centre = |x: f64| finite(|| format!("a centre of {of}"), x);
        Ok(match on {
            Depends::Seen {
                outcome,
                slope: by,
                centre: at,
            } => DependsPlan::Seen {
                outcome: self.outcome(of, outcome)?,
                slope: slope(*by)?,
                centre: centre(*at)?,
            },
            Depends::Unseen {
                outcome,
                slope: by,
                centre: at,
            } => DependsPlan::Unseen {
                outcome: self.outcome(of, outcome)?,
                slope: slope(*by)?,
                centre: centre(*at)?,
            },
            Depends::Latent { latent, slope: by } => {
                let c = self.loads(of, &[Load::new(latent.as_str(), slope(*by)?)])?;
                DependsPlan::Latent {
                    mean: self.shift.iter().map(|shift| dot(&c, shift)).collect(),
                    scales: self.standardized(&c),
                }
            }
        })
    }

    fn events(&self) -> Result<Vec<EventPlan>, Error> {
        self.generator
            .events
            .iter()
            .map(|e| self.event(e))
            .collect()
    }

    fn event(&self, event: &Event) -> Result<EventPlan, Error> {
        let of = format!("event `{}`", event.name);
        let mut c = self.loads(&of, &event.random)?;
        self.add_covariates(&event.name, &mut c)?;
        let mut mean: Vec<f64> = self.shift.iter().map(|shift| dot(&c, shift)).collect();
        for effect in &event.effects {
            let arm = self.arm(of.as_str(), &effect.arm)?;
            mean[arm] += finite(
                || format!("the effect of `{}` on {of}", effect.arm),
                effect.value,
            )?;
        }
        Ok(EventPlan {
            shape: positive(|| format!("the shape of {of}"), event.shape)?,
            scale: positive(|| format!("the scale of {of}"), event.scale)?,
            until: positive(|| format!("the end of observation of {of}"), event.until)?,
            mean,
            scales: self.standardized(&c),
        })
    }
}

impl Plan {
    /// Makes the tables of cells whose η does not vary; cells with the same η share one.
    fn tabulate(&mut self) {
        let mut known: Vec<(usize, u64)> = Vec::new();
        for arm in 0..self.generator.arms.len() {
            for (k, outcome) in self.generator.outcomes.iter().enumerate() {
                let varies = self.clusters.iter().any(|cluster| cluster.sd[k] != 0.0)
                    || (self.categories.iter()).any(|c| c.adds[k].iter().any(|&add| add != 0.0));
                for j in 0..self.waves() {
                    let varies = varies || self.scales(k, j).iter().any(|&scale| scale != 0.0);
                    let eta = self.eta(arm, k, j);
                    let key = (k, eta.to_bits());
                    let mut table = known.iter().position(|&other| other == key);
                    if !varies
                        && table.is_none()
                        && let Some(chances) = Chances::of(&outcome.distribution, eta)
                    {
                        table = Some(known.len());
                        known.push(key);
                        self.chances.push(chances);
                    }
                    self.tabled.push(table.filter(|_| !varies));
                }
            }
        }
    }

    /// Linear predictors are finite, and no count has a mean beyond all sense.
    fn bounded(&self) -> Result<(), Error> {
        for (k, outcome) in self.generator.outcomes.iter().enumerate() {
            let highest: f64 = self
                .categories
                .iter()
                .map(|c| c.adds[k].iter().copied().fold(f64::NEG_INFINITY, f64::max))
                .sum();
            for j in 0..self.waves() {
                let sd = self.covariance((k, j), (k, j)).sqrt();
                for arm in 0..self.generator.arms.len() {
                    let eta = self.eta(arm, k, j) + highest + 8.0 * sd;
                    let what = || {
                        format!(
                            "the linear predictor of `{}` in arm `{}` at wave `{}`, eight standard deviations up,",
                            outcome.name,
                            self.generator.arms[arm].name,
                            self.generator.waves[j].name
                        )
                    };
                    finite(what, eta)?;
                    let around = match outcome.distribution {
                        Distribution::Continuous { sd } => sd,
                        _ => 0.0,
                    };
                    let size = eta.abs() + 16.0 * sd + 8.0 * around;
                    if size > TOO_LARGE {
                        let of = format!("the size of the numbers of `{}`", outcome.name);
                        return Err(Error::parameter(of, "below 1e150", format!("{size:.1e}")));
                    }
                    if outcome.distribution.is_count() && eta > TOO_MANY.ln() {
                        let expected = "at most 20.7 (the log of a count of 1e9)";
                        return Err(Error::parameter(what(), expected, format!("{eta:.1}")));
                    }
                }
            }
        }
        Ok(())
    }
}

/// All names: there, different from one another, and not those that tables keep.
fn names(generator: &Generator) -> Result<(), Error> {
    for (what, n) in [
        ("waves", generator.waves.len()),
        ("arms", generator.arms.len()),
        ("outcomes", generator.outcomes.len()),
    ] {
        if n == 0 {
            return Err(Error::parameter(
                format!("the number of {what}"),
                "at least 1",
                0,
            ));
        }
    }
    unique("a wave", generator.waves.iter().map(|w| w.name.as_str()))?;
    unique("an arm", generator.arms.iter().map(|a| a.name.as_str()))?;
    unique(
        "a latent entry",
        generator.latent.names.iter().map(String::as_str),
    )?;
    let outcomes = generator.outcomes.iter().map(|o| o.name.as_str());
    let columns = outcomes
        .chain(generator.covariates.iter().map(|c| c.name.as_str()))
        .chain(generator.clusters.iter().map(|c| c.name.as_str()))
        .chain(generator.events.iter().map(|e| e.name.as_str()));
    if let Some(name) = columns.clone().find(|name| RESERVED.contains(name)) {
        return Err(Error::Name {
            what: "a column".to_owned(),
            name: name.to_owned(),
            why: "belongs to every simulated table",
        });
    }
    unique("a column", columns)?;
    for wave in &generator.waves {
        finite(|| format!("the time of wave `{}`", wave.name), wave.time)?;
    }
    if let Some(pair) = generator.waves.windows(2).find(|p| p[0].time >= p[1].time) {
        let what = format!("the time of wave `{}`", pair[1].name);
        let expected = format!("more than the {} of wave `{}`", pair[0].time, pair[0].name);
        return Err(Error::parameter(what, expected, pair[1].time));
    }
    let most = u32::MAX as usize;
    for arm in &generator.arms {
        if arm.families == 0 || arm.families > most {
            let what = format!("the number of families of arm `{}`", arm.name);
            return Err(Error::parameter(
                what,
                format!("from 1 to {most}"),
                arm.families,
            ));
        }
    }
    let families: usize = generator.arms.iter().map(|arm| arm.families).sum();
    let cells = families
        .saturating_mul(generator.waves.len().max(1))
        .saturating_mul(generator.outcomes.len().max(1));
    if cells > CELLS {
        return Err(Error::parameter(
            "the number of values of a cohort, families times waves times outcomes,",
            format!("at most {CELLS}: a cohort is held in memory"),
            cells,
        ));
    }
    Ok(())
}

/// The most values of a cohort, about two gigabytes of them.
const CELLS: usize = 200_000_000;

/// G's triangle, once G is a covariance of the named entries.
fn triangle(generator: &Generator) -> Result<Vec<Vec<f64>>, Error> {
    let (names, g) = (&generator.latent.names, &generator.latent.covariance);
    let q = names.len();
    if g.len() != q || g.iter().any(|row| row.len() != q) {
        let found = g
            .iter()
            .map(|row| row.len().to_string())
            .collect::<Vec<_>>();
        return Err(Error::parameter(
            "the covariance of the latent vector",
            format!("{q} rows of {q} numbers, one for each of its names,"),
            format!("{} rows (of {})", g.len(), found.join(", ")),
        ));
    }
    for i in 0..q {
        for j in 0..q {
            let what = || format!("the covariance of `{}` and `{}`", names[i], names[j]);
            finite(what, g[i][j])?;
            if g[i][j] != g[j][i] {
                let expected = format!("{} as on the other side of the diagonal", g[j][i]);
                return Err(Error::parameter(what(), expected, g[i][j]));
            }
        }
    }
    cholesky(g).map_err(|left| Error::NotPositiveDefinite {
        entry: names[left.entry].clone(),
        variance: left.variance,
    })
}

fn check_outcome(outcome: &Outcome, waves: usize) -> Result<(), Error> {
    let of = format!("outcome `{}`", outcome.name);
    finite(|| format!("the intercept of {of}"), outcome.intercept)?;
    finite(|| format!("the slope of {of}"), outcome.slope)?;
    if !outcome.by_wave.is_empty() && outcome.by_wave.len() != waves {
        let expected = format!("nothing, or one number for each of the {waves} waves,");
        let found = format!("{} numbers", outcome.by_wave.len());
        return Err(Error::parameter(
            format!("`by_wave` of {of}"),
            expected,
            found,
        ));
    }
    for &value in &outcome.by_wave {
        finite(|| format!("`by_wave` of {of}"), value)?;
    }
    let zeros = |x: f64| chance(|| format!("the share of zeros of {of}"), x).map(|_| ());
    match &outcome.distribution {
        Distribution::Poisson { zeros: share } => zeros(*share),
        Distribution::Nb1 { phi, zeros: share } => {
            positive(|| format!("φ of {of}"), *phi)?;
            zeros(*share)
        }
        Distribution::Nb2 {
            theta,
            zeros: share,
        } => {
            positive(|| format!("θ of {of}"), *theta)?;
            zeros(*share)
        }
        Distribution::Binary => Ok(()),
        Distribution::Continuous { sd } => {
            not_negative(|| format!("the SD of {of}"), *sd).map(|_| ())
        }
        Distribution::Ordinal { thresholds, levels } => {
            if thresholds.is_empty() {
                return Err(Error::parameter(
                    format!("the number of thresholds of {of}"),
                    "at least 1",
                    0,
                ));
            }
            for &threshold in thresholds {
                finite(|| format!("a threshold of {of}"), threshold)?;
            }
            if let Some(pair) = thresholds.windows(2).find(|pair| pair[0] >= pair[1]) {
                let expected = format!("more than the {} before it", pair[0]);
                return Err(Error::parameter(
                    format!("a threshold of {of}"),
                    expected,
                    pair[1],
                ));
            }
            unique(
                &format!("a level of {of}"),
                levels.iter().map(String::as_str),
            )?;
            if !levels.is_empty() && levels.len() != thresholds.len() + 1 {
                let expected = format!("{}, one more than thresholds,", thresholds.len() + 1);
                let what = format!("the number of levels of {of}");
                return Err(Error::parameter(what, expected, levels.len()));
            }
            Ok(())
        }
    }
}
