//! The numbers of a generator, each with an address: to list them, to read one, to change one.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Error;
use crate::generator::{
    After, CovariateValues, Depends, Distribution, Effect, EventEffect, Generator, MissingShare,
};
use crate::plan::place;

/// A number of a generator.
///
/// ```
/// use kring_sim::generator::{Arm, Distribution, Generator, Outcome, Wave};
/// use kring_sim::parameter::Parameter;
/// let generator = Generator {
///     title: "Problems".into(),
///     waves: vec![Wave::new("1", 0.0), Wave::new("2", 1.0)],
///     arms: vec![Arm::new("WT", 60), Arm::new("EKC", 55)],
///     outcomes: vec![Outcome::new("problems", Distribution::Nb2 { theta: 2.0, zeros: 0.0 })],
///     ..Generator::default()
/// };
/// let dispersion = Parameter::Dispersion { outcome: "problems".into() };
/// assert_eq!(dispersion.to_string(), "the dispersion of `problems`");
/// assert_eq!(dispersion.get(&generator)?, 2.0);
/// assert_eq!(dispersion.set(&generator, 4.0)?.plan()?.truth()?.arms[0].margins[0].sd, 1.25_f64.sqrt());
/// # Ok::<(), kring_sim::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Parameter {
    /// The intercept of an outcome.
    Intercept {
        /// The outcome.
        outcome: String,
    },
    /// What a unit of time adds in every arm.
    Slope {
        /// The outcome.
        outcome: String,
    },
    /// What a wave adds in every arm.
    AtWave {
        /// The outcome.
        outcome: String,
        /// The wave.
        wave: String,
    },
    /// θ, φ, or the standard deviation of a continuous outcome.
    Dispersion {
        /// The outcome.
        outcome: String,
    },
    /// The share of zeros of a count.
    Zeros {
        /// The outcome.
        outcome: String,
    },
    /// A threshold of an ordinal outcome, counted from 1.
    Threshold {
        /// The outcome.
        outcome: String,
        /// Which one.
        place: usize,
    },
    /// A loading of an outcome on the latent vector, counted from 1.
    Loading {
        /// The outcome.
        outcome: String,
        /// Which of its random terms.
        place: usize,
    },
    /// The standard deviation of a latent entry; its correlations stay.
    LatentSd {
        /// The entry.
        latent: String,
    },
    /// The correlation of two latent entries.
    LatentCorrelation {
        /// The entries.
        latent: [String; 2],
    },
    /// How many standard deviations an arm's severity lies above the population's.
    Severity {
        /// The arm.
        arm: String,
    },
    /// What an arm adds to an outcome at every wave.
    EffectLevel {
        /// The arm.
        arm: String,
        /// The outcome.
        outcome: String,
    },
    /// What an arm adds to a unit of time.
    EffectSlope {
        /// The arm.
        arm: String,
        /// The outcome.
        outcome: String,
    },
    /// What an arm adds from a wave on.
    EffectAfter {
        /// The arm.
        arm: String,
        /// The outcome.
        outcome: String,
        /// The wave.
        wave: String,
    },
    /// The mean of a numeric covariate.
    CovariateMean {
        /// The covariate.
        covariate: String,
    },
    /// Its standard deviation, the latent vector apart.
    CovariateSd {
        /// The covariate.
        covariate: String,
    },
    /// The share of a level of a categorical covariate. Changing it leaves the others in proportion.
    CovariateShare {
        /// The covariate.
        covariate: String,
        /// The level.
        level: String,
    },
    /// What a covariate does, by the place of the value, counted from 1.
    CovariateEffect {
        /// The covariate.
        covariate: String,
        /// The outcome or event.
        on: String,
        /// Which of its values.
        place: usize,
    },
    /// The standard deviation of the intercepts of a cluster.
    ClusterSd {
        /// The cluster.
        cluster: String,
        /// The outcome.
        outcome: String,
    },
    /// The share of a process by which values are missing, counted from 1; of an arm where it is named.
    MissingShare {
        /// Which process.
        process: usize,
        /// The arm.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        arm: Option<String>,
        /// The wave.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        wave: Option<String>,
    },
    /// A slope of what it depends on, counted from 1.
    MissingSlope {
        /// Which process.
        process: usize,
        /// Which of the things that it depends on.
        place: usize,
    },
    /// The time by which a share of 1 − 1/e has had an event.
    EventScale {
        /// The event.
        event: String,
    },
    /// How its hazard changes with time.
    EventShape {
        /// The event.
        event: String,
    },
    /// The log hazard ratio of an arm.
    EventEffect {
        /// The event.
        event: String,
        /// The arm.
        arm: String,
    },
}

/// The scale on which a parameter may take every value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scale {
    Plain,
    /// Above zero: its log.
    Log,
    /// A share: its logit.
    Logit,
    /// A correlation: Fisher's z.
    Fisher,
}

impl Scale {
    pub(crate) fn free(self, x: f64) -> f64 {
        match self {
            Self::Plain => x,
            Self::Log => x.ln(),
            Self::Logit => (x / (1.0 - x)).ln(),
            Self::Fisher => x.atanh(),
        }
    }

    pub(crate) fn back(self, x: f64) -> f64 {
        match self {
            Self::Plain => x,
            Self::Log => x.exp(),
            Self::Logit => 1.0 / (1.0 + (-x).exp()),
            Self::Fisher => x.tanh(),
        }
    }
}

/// Parameters are named in words: "the intercept of `problems`".
impl fmt::Display for Parameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Intercept { outcome } => write!(f, "the intercept of `{outcome}`"),
            Self::Slope { outcome } => write!(f, "the slope of `{outcome}`"),
            Self::AtWave { outcome, wave } => write!(f, "wave `{wave}` of `{outcome}`"),
            Self::Dispersion { outcome } => write!(f, "the dispersion of `{outcome}`"),
            Self::Zeros { outcome } => write!(f, "the share of zeros of `{outcome}`"),
            Self::Threshold { outcome, place } => write!(f, "threshold {place} of `{outcome}`"),
            Self::Loading { outcome, place } => {
                write!(f, "the loading of random term {place} of `{outcome}`")
            }
            Self::LatentSd { latent } => write!(f, "the SD of latent `{latent}`"),
            Self::LatentCorrelation {
                latent: [one, other],
            } => write!(f, "the correlation of latent `{one}` and `{other}`"),
            Self::Severity { arm } => write!(f, "the severity of `{arm}`"),
            Self::EffectLevel { arm, outcome } => {
                write!(f, "the effect of `{arm}` on the level of `{outcome}`")
            }
            Self::EffectSlope { arm, outcome } => {
                write!(f, "the effect of `{arm}` on the slope of `{outcome}`")
            }
            Self::EffectAfter { arm, outcome, wave } => write!(
                f,
                "the effect of `{arm}` on `{outcome}` from wave `{wave}` on"
            ),
            Self::CovariateMean { covariate } => write!(f, "the mean of `{covariate}`"),
            Self::CovariateSd { covariate } => write!(f, "the SD of `{covariate}`"),
            Self::CovariateShare { covariate, level } => {
                write!(f, "the share of `{level}` of `{covariate}`")
            }
            Self::CovariateEffect {
                covariate,
                on,
                place,
            } => write!(f, "effect {place} of `{covariate}` on `{on}`"),
            Self::ClusterSd { cluster, outcome } => {
                write!(f, "the SD of the intercepts of `{cluster}` of `{outcome}`")
            }
            Self::MissingShare { process, arm, wave } => {
                write!(f, "the share of missing {process}")?;
                if let Some(arm) = arm {
                    write!(f, " in `{arm}`")?;
                }
                match wave {
                    Some(wave) => write!(f, " at wave `{wave}`"),
                    None => Ok(()),
                }
            }
            Self::MissingSlope { process, place } => {
                write!(f, "slope {place} of missing {process}")
            }
            Self::EventScale { event } => write!(f, "the scale of `{event}`"),
            Self::EventShape { event } => write!(f, "the shape of `{event}`"),
            Self::EventEffect { event, arm } => write!(f, "the effect of `{arm}` on `{event}`"),
        }
    }
}

impl Parameter {
    /// Its value.
    pub fn get(&self, generator: &Generator) -> Result<f64, Error> {
        match self {
            Self::LatentSd { latent } => {
                let at = self.latent(generator, latent)?;
                Ok(generator.latent.covariance[at][at].sqrt())
            }
            Self::LatentCorrelation {
                latent: [one, other],
            } => {
                let (i, j) = (self.latent(generator, one)?, self.latent(generator, other)?);
                let g = &generator.latent.covariance;
                Ok(g[i][j] / (g[i][i] * g[j][j]).sqrt())
            }
            Self::MissingShare { process, arm, wave } => {
                let missing = generator
                    .missing
                    .get(process.wrapping_sub(1))
                    .ok_or_else(|| self.absent())?;
                let fits = |other: &&MissingShare| other.arm == *arm && other.wave == *wave;
                Ok(missing
                    .shares
                    .iter()
                    .rev()
                    .find(fits)
                    .map_or(missing.share, |other| other.share))
            }
            // An effect that has no entry is zero.
            _ => self.slot(&mut generator.clone()).map(|slot| *slot),
        }
    }

    /// The generator with another value of it. Whether it may have that value, `plan` says.
    pub fn set(&self, generator: &Generator, value: f64) -> Result<Generator, Error> {
        let mut changed = generator.clone();
        match self {
            Self::LatentSd { latent } => {
                let at = self.latent(generator, latent)?;
                let g = &mut changed.latent.covariance;
                let factor = value / g[at][at].sqrt();
                for other in 0..g.len() {
                    if other == at {
                        g[at][at] = value * value;
                    } else {
                        g[at][other] *= factor;
                        g[other][at] = g[at][other];
                    }
                }
            }
            Self::LatentCorrelation {
                latent: [one, other],
            } => {
                let (i, j) = (self.latent(generator, one)?, self.latent(generator, other)?);
                let g = &mut changed.latent.covariance;
                g[i][j] = value * (g[i][i] * g[j][j]).sqrt();
                g[j][i] = g[i][j];
            }
            Self::CovariateShare { covariate, level } => {
                let before = *self.slot(&mut changed)?;
                let covariate = self.covariate(&mut changed, covariate)?;
                if let CovariateValues::Categorical { levels, shares } = &mut covariate.values {
                    for (name, share) in levels.iter().zip(shares) {
                        if name == level {
                            *share = value;
                        } else {
                            *share *= (1.0 - value) / (1.0 - before);
                        }
                    }
                }
            }
            _ => *self.slot(&mut changed)? = value,
        }
        Ok(changed)
    }

    /// The scale on which it may take every value.
    pub(crate) fn scale(&self) -> Scale {
        match self {
            Self::LatentSd { .. }
            | Self::CovariateSd { .. }
            | Self::ClusterSd { .. }
            | Self::EventScale { .. }
            | Self::EventShape { .. }
            | Self::Dispersion { .. } => Scale::Log,
            Self::Zeros { .. } | Self::CovariateShare { .. } | Self::MissingShare { .. } => {
                Scale::Logit
            }
            Self::LatentCorrelation { .. } => Scale::Fisher,
            _ => Scale::Plain,
        }
    }

    /// All parameters of a generator, in the order in which it is written.
    pub fn all(generator: &Generator) -> Vec<Self> {
        let mut all = Vec::new();
        for arm in &generator.arms {
            if arm.severity != 0.0 {
                let arm = arm.name.clone();
                all.push(Self::Severity { arm });
            }
        }
        let names = &generator.latent.names;
        for (i, latent) in names.iter().enumerate() {
            let latent = latent.clone();
            all.push(Self::LatentSd { latent });
            for other in &names[..i] {
                let latent = [other.clone(), names[i].clone()];
                all.push(Self::LatentCorrelation { latent });
            }
        }
        for outcome in &generator.outcomes {
            let name = || outcome.name.clone();
            all.push(Self::Intercept { outcome: name() });
            all.push(Self::Slope { outcome: name() });
            for (wave, _) in generator.waves.iter().zip(&outcome.by_wave) {
                let (outcome, wave) = (name(), wave.name.clone());
                all.push(Self::AtWave { outcome, wave });
            }
            match &outcome.distribution {
                Distribution::Poisson { zeros } => {
                    if *zeros > 0.0 {
                        all.push(Self::Zeros { outcome: name() });
                    }
                }
                Distribution::Nb1 { zeros, .. } | Distribution::Nb2 { zeros, .. } => {
                    all.push(Self::Dispersion { outcome: name() });
                    if *zeros > 0.0 {
                        all.push(Self::Zeros { outcome: name() });
                    }
                }
                Distribution::Binary => {}
                Distribution::Continuous { .. } => all.push(Self::Dispersion { outcome: name() }),
                Distribution::Ordinal { thresholds, .. } => {
                    all.extend((1..=thresholds.len()).map(|place| Self::Threshold {
                        outcome: name(),
                        place,
                    }));
                }
            }
            all.extend((1..=outcome.random.len()).map(|place| Self::Loading {
                outcome: name(),
                place,
            }));
        }
        Self::all_effects(generator, &mut all);
        Self::all_others(generator, &mut all);
        all
    }

    fn all_effects(generator: &Generator, all: &mut Vec<Self>) {
        for effect in &generator.effects {
            let (arm, outcome) = (effect.arm.clone(), effect.outcome.clone());
            if effect.level != 0.0 {
                all.push(Self::EffectLevel {
                    arm: arm.clone(),
                    outcome: outcome.clone(),
                });
            }
            if effect.slope != 0.0 {
                all.push(Self::EffectSlope {
                    arm: arm.clone(),
                    outcome: outcome.clone(),
                });
            }
            for after in &effect.after {
                all.push(Self::EffectAfter {
                    arm: arm.clone(),
                    outcome: outcome.clone(),
                    wave: after.wave.clone(),
                });
            }
        }
    }

    fn all_others(generator: &Generator, all: &mut Vec<Self>) {
        for covariate in &generator.covariates {
            let name = || covariate.name.clone();
            match &covariate.values {
                CovariateValues::Numeric { .. } => {
                    all.push(Self::CovariateMean { covariate: name() });
                    all.push(Self::CovariateSd { covariate: name() });
                }
                CovariateValues::Categorical { levels, .. } => {
                    all.extend(levels.iter().map(|level| Self::CovariateShare {
                        covariate: name(),
                        level: level.clone(),
                    }));
                }
            }
            for effect in &covariate.effects {
                all.extend(
                    (1..=effect.values.len()).map(|place| Self::CovariateEffect {
                        covariate: name(),
                        on: effect.on.clone(),
                        place,
                    }),
                );
            }
        }
        for cluster in &generator.clusters {
            all.extend(cluster.intercepts.iter().map(|i| Self::ClusterSd {
                cluster: cluster.name.clone(),
                outcome: i.outcome.clone(),
            }));
        }
        for (at, missing) in generator.missing.iter().enumerate() {
            let process = at + 1;
            all.push(Self::MissingShare {
                process,
                arm: None,
                wave: None,
            });
            all.extend(missing.shares.iter().map(|other| Self::MissingShare {
                process,
                arm: other.arm.clone(),
                wave: other.wave.clone(),
            }));
            all.extend(
                (1..=missing.depends.len()).map(|place| Self::MissingSlope { process, place }),
            );
        }
        for event in &generator.events {
            let name = || event.name.clone();
            all.push(Self::EventScale { event: name() });
            all.push(Self::EventShape { event: name() });
            all.extend(event.effects.iter().map(|effect| Self::EventEffect {
                event: name(),
                arm: effect.arm.clone(),
            }));
        }
    }

    fn absent(&self) -> Error {
        Error::Unknown {
            place: "a parameter".to_owned(),
            what: "a number of the generator,",
            name: self.to_string(),
            suggestion: String::new(),
        }
    }

    fn latent(&self, generator: &Generator, name: &str) -> Result<usize, Error> {
        let names = generator.latent.names.iter().map(String::as_str);
        let at = place(self.to_string(), "the latent entry", name, names)?;
        let q = generator.latent.names.len();
        let g = &generator.latent.covariance;
        if g.len() == q && g.iter().all(|row| row.len() == q) {
            Ok(at)
        } else {
            Err(self.absent())
        }
    }

    fn outcome<'a>(
        &self,
        generator: &'a mut Generator,
        name: &str,
    ) -> Result<&'a mut crate::generator::Outcome, Error> {
        let names = generator.outcomes.iter().map(|o| o.name.as_str());
        let at = place(self.to_string(), "the outcome", name, names)?;
        Ok(&mut generator.outcomes[at])
    }

    fn covariate<'a>(
        &self,
        generator: &'a mut Generator,
        name: &str,
    ) -> Result<&'a mut crate::generator::Covariate, Error> {
        let names = generator.covariates.iter().map(|c| c.name.as_str());
        let at = place(self.to_string(), "the covariate", name, names)?;
        Ok(&mut generator.covariates[at])
    }

    fn event<'a>(
        &self,
        generator: &'a mut Generator,
        name: &str,
    ) -> Result<&'a mut crate::generator::Event, Error> {
        let names = generator.events.iter().map(|e| e.name.as_str());
        let at = place(self.to_string(), "the event", name, names)?;
        Ok(&mut generator.events[at])
    }

    /// The effect of an arm on an outcome, made where there is none.
    fn effect<'a>(
        &self,
        generator: &'a mut Generator,
        arm: &str,
        outcome: &str,
    ) -> Result<&'a mut Effect, Error> {
        let names = generator.arms.iter().map(|a| a.name.as_str());
        place(self.to_string(), "the arm", arm, names)?;
        self.outcome(generator, outcome)?;
        let fits = |effect: &Effect| effect.arm == arm && effect.outcome == outcome;
        let at = generator.effects.iter().position(fits);
        let at = at.unwrap_or_else(|| {
            generator.effects.push(Effect::none(arm, outcome));
            generator.effects.len() - 1
        });
        Ok(&mut generator.effects[at])
    }

    /// Where the number stands, made where an entry is missing that means zero.
    fn slot<'a>(&self, generator: &'a mut Generator) -> Result<&'a mut f64, Error> {
        match self {
            Self::Intercept { outcome } => Ok(&mut self.outcome(generator, outcome)?.intercept),
            Self::Slope { outcome } => Ok(&mut self.outcome(generator, outcome)?.slope),
            Self::AtWave { outcome, wave } => {
                let names = generator.waves.iter().map(|w| w.name.as_str());
                let at = place(self.to_string(), "the wave", wave, names)?;
                let waves = generator.waves.len();
                let by_wave = &mut self.outcome(generator, outcome)?.by_wave;
                by_wave.resize(waves, 0.0);
                Ok(&mut by_wave[at])
            }
            Self::Dispersion { outcome } => {
                match &mut self.outcome(generator, outcome)?.distribution {
                    Distribution::Nb1 { phi: x, .. }
                    | Distribution::Nb2 { theta: x, .. }
                    | Distribution::Continuous { sd: x } => Ok(x),
                    _ => Err(self.absent()),
                }
            }
            Self::Zeros { outcome } => match &mut self.outcome(generator, outcome)?.distribution {
                Distribution::Poisson { zeros }
                | Distribution::Nb1 { zeros, .. }
                | Distribution::Nb2 { zeros, .. } => Ok(zeros),
                _ => Err(self.absent()),
            },
            Self::Threshold { outcome, place } => {
                match &mut self.outcome(generator, outcome)?.distribution {
                    Distribution::Ordinal { thresholds, .. } => thresholds
                        .get_mut(place.wrapping_sub(1))
                        .ok_or_else(|| self.absent()),
                    _ => Err(self.absent()),
                }
            }
            Self::Loading { outcome, place } => self
                .outcome(generator, outcome)?
                .random
                .get_mut(place.wrapping_sub(1))
                .map(|random| &mut random.loading)
                .ok_or_else(|| self.absent()),
            Self::Severity { arm } => {
                let names = generator.arms.iter().map(|a| a.name.as_str());
                let at = place(self.to_string(), "the arm", arm, names)?;
                Ok(&mut generator.arms[at].severity)
            }
            Self::EffectLevel { arm, outcome } => {
                Ok(&mut self.effect(generator, arm, outcome)?.level)
            }
            Self::EffectSlope { arm, outcome } => {
                Ok(&mut self.effect(generator, arm, outcome)?.slope)
            }
            Self::EffectAfter { arm, outcome, wave } => {
                let after = &mut self.effect(generator, arm, outcome)?.after;
                let at = after.iter().position(|a| a.wave == *wave);
                let at = at.unwrap_or_else(|| {
                    after.push(After {
                        wave: wave.clone(),
                        value: 0.0,
                    });
                    after.len() - 1
                });
                Ok(&mut after[at].value)
            }
            _ => self.slot_of_others(generator),
        }
    }

    fn slot_of_others<'a>(&self, generator: &'a mut Generator) -> Result<&'a mut f64, Error> {
        match self {
            Self::CovariateMean { covariate } => {
                match &mut self.covariate(generator, covariate)?.values {
                    CovariateValues::Numeric { mean, .. } => Ok(mean),
                    CovariateValues::Categorical { .. } => Err(self.absent()),
                }
            }
            Self::CovariateSd { covariate } => {
                match &mut self.covariate(generator, covariate)?.values {
                    CovariateValues::Numeric { sd, .. } => Ok(sd),
                    CovariateValues::Categorical { .. } => Err(self.absent()),
                }
            }
            Self::CovariateShare { covariate, level } => {
                match &mut self.covariate(generator, covariate)?.values {
                    CovariateValues::Categorical { levels, shares } => levels
                        .iter()
                        .position(|name| name == level)
                        .and_then(|at| shares.get_mut(at))
                        .ok_or_else(|| self.absent()),
                    CovariateValues::Numeric { .. } => Err(self.absent()),
                }
            }
            Self::CovariateEffect {
                covariate,
                on,
                place,
            } => self
                .covariate(generator, covariate)?
                .effects
                .iter_mut()
                .find(|effect| effect.on == *on)
                .and_then(|effect| effect.values.get_mut(place.wrapping_sub(1)))
                .ok_or_else(|| self.absent()),
            Self::ClusterSd { cluster, outcome } => {
                let names = generator.clusters.iter().map(|c| c.name.as_str());
                let at = place(self.to_string(), "the cluster", cluster, names)?;
                let intercepts = &mut generator.clusters[at].intercepts;
                intercepts
                    .iter_mut()
                    .find(|intercept| intercept.outcome == *outcome)
                    .map(|intercept| &mut intercept.sd)
                    .ok_or_else(|| self.absent())
            }
            Self::MissingShare { process, arm, wave } => {
                let missing = generator
                    .missing
                    .get_mut(process.wrapping_sub(1))
                    .ok_or_else(|| self.absent())?;
                if arm.is_none() && wave.is_none() {
                    return Ok(&mut missing.share);
                }
                let fits = |other: &MissingShare| other.arm == *arm && other.wave == *wave;
                let at = missing.shares.iter().rposition(fits);
                let at = at.unwrap_or_else(|| {
                    missing.shares.push(MissingShare {
                        arm: arm.clone(),
                        wave: wave.clone(),
                        share: missing.share,
                    });
                    missing.shares.len() - 1
                });
                Ok(&mut missing.shares[at].share)
            }
            Self::MissingSlope { process, place } => generator
                .missing
                .get_mut(process.wrapping_sub(1))
                .and_then(|missing| missing.depends.get_mut(place.wrapping_sub(1)))
                .map(|depends| match depends {
                    Depends::Seen { slope, .. }
                    | Depends::Unseen { slope, .. }
                    | Depends::Latent { slope, .. } => slope,
                })
                .ok_or_else(|| self.absent()),
            Self::EventScale { event } => Ok(&mut self.event(generator, event)?.scale),
            Self::EventShape { event } => Ok(&mut self.event(generator, event)?.shape),
            Self::EventEffect { event, arm } => {
                let names = generator.arms.iter().map(|a| a.name.as_str());
                place(self.to_string(), "the arm", arm, names)?;
                let effects = &mut self.event(generator, event)?.effects;
                let at = effects.iter().position(|effect| effect.arm == *arm);
                let at = at.unwrap_or_else(|| {
                    effects.push(EventEffect {
                        arm: arm.clone(),
                        value: 0.0,
                    });
                    effects.len() - 1
                });
                Ok(&mut effects[at].value)
            }
            _ => Err(self.absent()),
        }
    }
}
