//! A generator as plain data: families over waves in arms, and all that makes their numbers.
//!
//! ```text
//! family     b ~ N(shift of its arm, G): one latent vector, on which all of its outcomes, its dropout
//!            and its events draw
//! shift      λ G c / √(c'Gc), where severity s = c'b and the arm lies λ standard deviations above
//!            the population: selection with chances that grow as exp(s), of which this is the
//!            exact result. What in s belongs to the first wave alone (`on = "first"`) is gone at
//!            the second: regression to the mean
//! η          intercept + slope · t + wave + effects of the arm + covariates + cluster intercepts
//!            + Σ loading · b · (1, t, first wave, from a wave on)
//! outcome    counts: log E = η;  binary and ordinal: logit;  continuous: E = η
//! missing    logit P(missing) = logit(share) + Σ slope · (what was seen, what was not, or b)
//! event      hazard (shape / scale)(t / scale)^(shape − 1) · exp(η), seen until the end
//! ```
//! Everything is checked by [`Generator::plan`], which says what is wrong and where.

use serde::{Deserialize, Serialize};

/// Families over waves in two or more arms, with all that makes their numbers.
///
/// In TOML every list of tables has the name in brackets of one: `[[arm]]`, `[[outcome]]`.
///
/// ```
/// # use kring_sim::generator::Generator;
/// let generator: Generator = toml::from_str(r#"
///     title = "Severity that stays, and a crisis that passes"
///     wave = [{ name = "1", time = 0 }, { name = "2", time = 1 }]
///     arm = [{ name = "WT", families = 60 }, { name = "EKC", families = 55, severity = 0.5 }]
///     severity = [{ latent = "level" }, { latent = "crisis" }]
///
///     [latent]
///     names = ["level", "crisis"]
///     covariance = [[1.0, 0.0], [0.0, 1.0]]
///
///     [[outcome]]
///     name = "score"
///     distribution = { kind = "continuous", sd = 1.0 }
///     intercept = 10.0
///     random = [{ latent = "level" }, { latent = "crisis", on = "first" }]
/// "#).unwrap();
/// let truth = generator.plan()?.truth()?;
/// // EKC is more severe by λ√2 = 0.71 at the first wave; half of it was the crisis and passes.
/// let mean = |wave: usize| truth.arms[1].margins[wave].mean;
/// assert!((mean(0) - 10.0 - 0.5 * 2.0_f64.sqrt()).abs() < 1e-12);
/// assert!((mean(1) - 10.0 - 0.5 / 2.0_f64.sqrt()).abs() < 1e-12);
/// # Ok::<(), kring_sim::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Generator {
    /// What it makes, in a line.
    pub title: String,
    /// The occasions at which families are seen, in order.
    #[serde(rename = "wave")]
    pub waves: Vec<Wave>,
    /// The arms, the reference first.
    #[serde(rename = "arm")]
    pub arms: Vec<Arm>,
    /// What outcomes, dropout and events of a family have in common.
    #[serde(default)]
    pub latent: Latent,
    /// The weights c of severity, by which arms may differ before anything is done.
    #[serde(default)]
    pub severity: Vec<Load>,
    /// What is measured at each wave.
    #[serde(rename = "outcome")]
    pub outcomes: Vec<Outcome>,
    /// What an arm does to an outcome. Without an entry it does nothing.
    #[serde(default, rename = "effect")]
    pub effects: Vec<Effect>,
    /// What is known of a family at the start.
    #[serde(default, rename = "covariate")]
    pub covariates: Vec<Covariate>,
    /// Teams, coordinators, municipalities.
    #[serde(default, rename = "cluster")]
    pub clusters: Vec<Cluster>,
    /// Why values are missing. A value is missing if any of these says so.
    #[serde(default, rename = "missing")]
    pub missing: Vec<Missing>,
    /// What happens once, at some time.
    #[serde(default, rename = "event")]
    pub events: Vec<Event>,
}

/// An occasion at which families are seen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wave {
    /// Its name.
    pub name: String,
    /// When it is, in the unit of the slopes.
    pub time: f64,
}

/// A group of families.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Arm {
    /// Its name.
    pub name: String,
    /// How many families it has.
    pub families: usize,
    /// λ: how many standard deviations its mean severity lies above the population's.
    #[serde(default)]
    pub severity: f64,
}

/// The latent vector of a family: normal, its means zero in the population.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Latent {
    /// What its entries are called.
    pub names: Vec<String>,
    /// G, row by row.
    pub covariance: Vec<Vec<f64>>,
}

/// An entry of the latent vector, times a weight.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Load {
    /// Which entry.
    pub latent: String,
    /// By how much it is multiplied.
    #[serde(default = "one")]
    pub weight: f64,
}

/// What is measured at each wave.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outcome {
    /// The name of its column.
    pub name: String,
    /// What a reader calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// The unit of its numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// How it varies around η.
    pub distribution: Distribution,
    /// η at time zero in the reference arm.
    #[serde(default)]
    pub intercept: f64,
    /// What a unit of time adds to η in every arm.
    #[serde(default)]
    pub slope: f64,
    /// What each wave adds to η in every arm; none, or one number a wave.
    #[serde(default)]
    pub by_wave: Vec<f64>,
    /// What the latent vector adds to η.
    #[serde(default)]
    pub random: Vec<Random>,
}

/// How an outcome varies around its linear predictor η.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Distribution {
    /// Counts with mean and variance μ = exp(η).
    Poisson {
        /// The share of counts that are zero whatever μ is.
        #[serde(default)]
        zeros: f64,
    },
    /// Counts with mean μ and variance μ(1 + φ).
    Nb1 {
        /// φ.
        phi: f64,
        /// The share of counts that are zero whatever μ is.
        #[serde(default)]
        zeros: f64,
    },
    /// Counts with mean μ and variance μ + μ²/θ.
    Nb2 {
        /// θ.
        theta: f64,
        /// The share of counts that are zero whatever μ is.
        #[serde(default)]
        zeros: f64,
    },
    /// Yes (1) with chance 1 / (1 + exp(−η)), else no (0).
    Binary,
    /// Normal around η.
    Continuous {
        /// The standard deviation around η.
        sd: f64,
    },
    /// Levels 1, 2, … with P(level ≤ k) = 1 / (1 + exp(η − thresholdₖ)).
    Ordinal {
        /// The thresholds, rising; one less than there are levels.
        thresholds: Vec<f64>,
        /// The names of the levels; `1`, `2`, … where there are none.
        #[serde(default)]
        levels: Vec<String>,
    },
}

/// What an entry of the latent vector adds to η.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Random {
    /// Which entry.
    pub latent: String,
    /// When it counts.
    #[serde(default)]
    pub on: On,
    /// By how much it is multiplied.
    #[serde(default = "one")]
    pub loading: f64,
}

/// When an entry of the latent vector counts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum On {
    /// At every wave: a random intercept.
    #[default]
    Level,
    /// Times the time: a random slope.
    Time,
    /// At the first wave only: a crisis that passes.
    First,
    /// From this wave on.
    From(String),
}

/// What an arm does to an outcome, on the scale of η.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Effect {
    /// The arm.
    pub arm: String,
    /// The outcome.
    pub outcome: String,
    /// What it adds at every wave.
    #[serde(default)]
    pub level: f64,
    /// What it adds to a unit of time.
    #[serde(default)]
    pub slope: f64,
    /// What it adds from a wave on.
    #[serde(default)]
    pub after: Vec<After>,
}

/// What is added from a wave on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct After {
    /// The wave.
    pub wave: String,
    /// How much.
    pub value: f64,
}

/// What is known of a family at the start; it does not change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Covariate {
    /// The name of its column.
    pub name: String,
    /// What a reader calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// The unit of its numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// What it is.
    pub values: CovariateValues,
    /// What it does to outcomes and events.
    #[serde(default)]
    pub effects: Vec<CovariateEffect>,
}

/// The values of a covariate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum CovariateValues {
    /// mean + Σ weight · b + a normal error: with weights, something that tells of the latent vector.
    Numeric {
        /// The mean in the population.
        mean: f64,
        /// The standard deviation of what does not come from the latent vector.
        sd: f64,
        /// What the latent vector adds.
        #[serde(default)]
        latent: Vec<Load>,
    },
    /// One of some levels.
    Categorical {
        /// Their names, the reference first.
        levels: Vec<String>,
        /// The share of families in each.
        shares: Vec<f64>,
    },
}

/// What a covariate does to an outcome or event, on the scale of η.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CovariateEffect {
    /// The outcome or event.
    pub on: String,
    /// Of a number one value, for each unit above its mean; of a category one value a level.
    pub values: Vec<f64>,
}

/// Units in which families live or are helped, each with intercepts of its own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cluster {
    /// What a unit is called: the name of its column.
    pub name: String,
    /// How many there are; in each arm, where arms have their own.
    pub units: usize,
    /// The larger units in which these lie.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<String>,
    /// Whether families of all arms are found in a unit.
    #[serde(default)]
    pub arms: ClusterArms,
    /// How many families each has. Larger units are as large as the smaller ones make them.
    #[serde(default)]
    pub sizes: Sizes,
    /// The spread of its intercepts.
    #[serde(default)]
    pub intercepts: Vec<Intercept>,
    /// The correlation of a unit's intercepts of different outcomes.
    #[serde(default)]
    pub correlation: f64,
}

/// Whether a unit has families of all arms.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClusterArms {
    /// Families of all arms.
    #[default]
    Shared,
    /// Families of one arm only: each arm has units of its own.
    Own,
}

/// How many families the units have.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sizes {
    /// As alike as whole numbers allow.
    #[default]
    Equal,
    /// In these proportions, one weight a unit.
    Weights(Vec<f64>),
    /// In proportions drawn anew in each replicate, with this coefficient of variation.
    Varying(f64),
}

/// The spread of the intercepts of units.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Intercept {
    /// The outcome.
    pub outcome: String,
    /// Their standard deviation on the scale of η.
    pub sd: f64,
}

/// Why values are missing after the first wave.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Missing {
    /// Whether who is missing once stays away.
    #[serde(default)]
    pub pattern: MissingPattern,
    /// The chance of being missing at a wave (of those still there, where they stay away), where
    /// all that it depends on is at its centre.
    pub share: f64,
    /// Other shares, by arm and wave. The last that fits counts.
    #[serde(default)]
    pub shares: Vec<MissingShare>,
    /// What it depends on. Nothing: completely at random.
    #[serde(default)]
    pub depends: Vec<Depends>,
    /// The outcomes that are missing; all of them where none is named.
    #[serde(default)]
    pub outcomes: Vec<String>,
}

/// Whether who is missing once stays away.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MissingPattern {
    /// Dropout.
    #[default]
    Monotone,
    /// Each wave by itself.
    Intermittent,
}

/// The share of an arm, of a wave, or of both.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MissingShare {
    /// The arm; all of them where none is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arm: Option<String>,
    /// The wave; all after the first where none is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wave: Option<String>,
    /// The share.
    pub share: f64,
}

/// What the chance of being missing depends on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "on", rename_all = "snake_case", deny_unknown_fields)]
pub enum Depends {
    /// The last value that was seen: missing at random.
    Seen {
        /// Of this outcome.
        outcome: String,
        /// What a unit above the centre adds to the logit.
        slope: f64,
        /// The value at which the share is as stated.
        #[serde(default)]
        centre: f64,
    },
    /// The value that will not be seen: missing not at random.
    Unseen {
        /// Of this outcome.
        outcome: String,
        /// What a unit above the centre adds to the logit.
        slope: f64,
        /// The value at which the share is as stated.
        #[serde(default)]
        centre: f64,
    },
    /// The latent vector: missing not at random.
    Latent {
        /// Which entry.
        latent: String,
        /// What a unit adds to the logit.
        slope: f64,
    },
}

/// What happens once, at some time, such as a placement out of home.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// Its name: the columns are `name_time` and `name_event`.
    pub name: String,
    /// What a reader calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// The time by which a share of 1 − 1/e has had it where η is zero.
    pub scale: f64,
    /// Above one the hazard rises with time, below one it falls.
    #[serde(default = "one")]
    pub shape: f64,
    /// The end of observation.
    pub until: f64,
    /// What the arms add to the log of the hazard.
    #[serde(default)]
    pub effects: Vec<EventEffect>,
    /// What the latent vector adds to it.
    #[serde(default)]
    pub random: Vec<Load>,
}

/// What an arm adds to the log of the hazard.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventEffect {
    /// The arm.
    pub arm: String,
    /// The log of the hazard ratio.
    pub value: f64,
}

fn one() -> f64 {
    1.0
}

impl Wave {
    /// A wave at a time.
    pub fn new(name: impl Into<String>, time: f64) -> Self {
        Self {
            name: name.into(),
            time,
        }
    }
}

impl Arm {
    /// An arm of so many families, as severe as the population.
    pub fn new(name: impl Into<String>, families: usize) -> Self {
        Self {
            name: name.into(),
            families,
            severity: 0.0,
        }
    }
}

impl Load {
    /// An entry times a weight.
    pub fn new(latent: impl Into<String>, weight: f64) -> Self {
        Self {
            latent: latent.into(),
            weight,
        }
    }
}

impl Outcome {
    /// An outcome with η = 0 everywhere.
    pub fn new(name: impl Into<String>, distribution: Distribution) -> Self {
        Self {
            name: name.into(),
            label: None,
            unit: None,
            distribution,
            intercept: 0.0,
            slope: 0.0,
            by_wave: Vec::new(),
            random: Vec::new(),
        }
    }
}

impl Random {
    /// A random intercept.
    pub fn level(latent: impl Into<String>) -> Self {
        Self::on(latent, On::Level)
    }

    /// An entry that counts when `on` says.
    pub fn on(latent: impl Into<String>, on: On) -> Self {
        Self {
            latent: latent.into(),
            on,
            loading: 1.0,
        }
    }
}

impl Effect {
    /// Of an arm on an outcome, nothing yet.
    pub fn none(arm: impl Into<String>, outcome: impl Into<String>) -> Self {
        Self {
            arm: arm.into(),
            outcome: outcome.into(),
            level: 0.0,
            slope: 0.0,
            after: Vec::new(),
        }
    }
}

impl Cluster {
    /// Units of equal size that all arms share, without spread.
    pub fn new(name: impl Into<String>, units: usize) -> Self {
        Self {
            name: name.into(),
            units,
            within: None,
            arms: ClusterArms::Shared,
            sizes: Sizes::Equal,
            intercepts: Vec::new(),
            correlation: 0.0,
        }
    }
}

impl Missing {
    /// This share at each wave after the first, completely at random.
    pub fn at_random(pattern: MissingPattern, share: f64) -> Self {
        Self {
            pattern,
            share,
            shares: Vec::new(),
            depends: Vec::new(),
            outcomes: Vec::new(),
        }
    }

    /// The share of an arm at a wave.
    pub fn share_of(&self, arm: &str, wave: &str) -> f64 {
        let fits = |of: &Option<String>, name: &str| of.as_ref().is_none_or(|of| of == name);
        self.shares
            .iter()
            .rev()
            .find(|other| fits(&other.arm, arm) && fits(&other.wave, wave))
            .map_or(self.share, |other| other.share)
    }
}
