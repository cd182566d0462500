//! What a study of some size can find: by closed form, and by simulation for whatever can be fitted.
//!
//! Power belongs to a study that is planned and to an effect that somebody would not want to miss. It is
//! never asked of a study that is done ("observed power"): nothing here takes an estimate.

mod closed;
mod curve;
mod probit;
mod search;
mod show;

use std::ops::Range;
use std::time::Instant;

use kring_core::seed::Seed;
use kring_sim::generator::{Distribution, Generator};
use kring_sim::parameter::Parameter;
use kring_stats::events::Events;
use kring_stats::proportion::Proportion;
use serde::{Deserialize, Serialize};

pub use closed::{
    ClosedCurve, DESIGNS, closed, closed_curve, closed_curve_named, closed_named, design_content,
};
pub use curve::PowerCurve;
pub use search::{SearchOptions, SolvedPower, Sought};
pub use show::closed_content;

use crate::Error;
use crate::method::Method;
use crate::performance::{Experiment, ExperimentOptions, Failed, Tally, first_piece};
use crate::simulate::{Simulator, only_effect};

/// Watches a long computation: is told how far it is, may stop it, and may give its replicates to
/// workers elsewhere.
pub trait Watch {
    /// So many replicates of so many are done.
    fn progress(&mut self, done: u64, of: u64);

    /// Whether to stop; what was done is kept.
    fn stop(&mut self) -> Stop;

    /// Runs a part of a power study: unless it is overridden on the threads of this machine. Where it
    /// gives fewer replicates than the part has, it was stopped.
    fn tally(&mut self, part: &Part<'_>) -> Result<Tally, Error>
    where
        Self: Sized,
    {
        Ok(part.run(self))
    }
}

/// A range of the replicates of one setting of a power study.
#[derive(Debug, Clone)]
pub struct Part<'a> {
    /// The experiment of the setting.
    pub experiment: &'a Experiment,
    /// The setting, of which the study makes the experiment.
    pub setting: Setting,
    /// The replicates.
    pub range: Range<u64>,
    /// The error rate of the test.
    pub alpha: f64,
    /// How many replicates were done before, in other settings too.
    pub before: u64,
    /// How many there are in all.
    pub of: u64,
}

impl Part<'_> {
    /// Runs it here until it is done or somebody stops it. The pieces grow until each takes about a
    /// tenth of a second: what comes out does not depend on them.
    pub fn run(&self, watch: &mut impl Watch) -> Tally {
        let mut tally = Tally::default();
        let (mut next, mut piece) = (self.range.start, first_piece());
        while next < self.range.end && watch.stop() == Stop::No {
            let end = (next + piece).min(self.range.end);
            let start = Instant::now();
            tally = tally.merge(self.experiment.tally_range(next..end, self.alpha));
            if start.elapsed().as_millis() < 50 {
                piece = (2 * piece).min(1 << 20);
            }
            watch.progress(self.before + tally.replicates, self.of);
            next = end;
        }
        tally
    }
}

/// Whether to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// Go on.
    No,
    /// Stop here.
    Now,
}

/// Nobody watches.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unwatched;

impl Watch for Unwatched {
    fn progress(&mut self, _done: u64, _of: u64) {}

    fn stop(&mut self) -> Stop {
        Stop::No
    }
}

/// Whether all that was asked for was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Done {
    /// All of it.
    Whole,
    /// It was interrupted; this is what was done until then.
    Interrupted,
}

/// Power by simulation: a generator, a method, and which of its numbers is the effect.
///
/// ```
/// use kring::method::Method;
/// use kring::performance::ExperimentOptions;
/// use kring::power::{PowerStudy, Setting, Unwatched};
/// use kring::simulate::Simulator;
/// let simulator: Simulator = r#"
///     title = "Scores"
///     wave = [{ name = "1", time = 0 }]
///     arm = [{ name = "WT", families = 64 }, { name = "EKC", families = 64 }]
///     [[outcome]]
///     name = "score"
///     distribution = { kind = "continuous", sd = 1.0 }
///     [[effect]]
///     arm = "EKC"
///     outcome = "score"
///     level = 0.5
/// "#
/// .parse()?;
/// let method = Method::named("mean_difference", &[("outcome", "score_1"), ("by", "arm")])?;
/// let study = PowerStudy::new(&simulator, &method, &ExperimentOptions::default(), 0.05, None)?;
/// let found = study.power(Setting::default(), 2000, &mut Unwatched)?;
/// // By closed form 0.801.
/// assert!((found.power - 0.801).abs() < 3.0 * found.mcse);
/// # Ok::<(), kring::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct PowerStudy {
    generator: Generator,
    experiment: Experiment,
    alpha: f64,
    effect: Option<Parameter>,
    seed: Seed,
}

/// What was asked of a simulation: with it the same numbers come again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// The generator.
    pub generator: Generator,
    /// The method with its fields.
    pub method: Method,
    /// Which number is meant, which table the method gets, and the seed.
    pub options: ExperimentOptions,
    /// The error rate of the test.
    pub alpha: f64,
}

/// A result of simulated data, beside what was asked.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Recorded<'a, T> {
    /// What it is, for whoever finds the file: no evidence of anything.
    pub origin: &'static str,
    /// What was asked.
    pub asked: &'a Asked,
    /// The result.
    #[serde(flatten)]
    pub found: &'a T,
}

impl Asked {
    /// A result beside it.
    pub fn record<'a, T>(&'a self, found: &'a T) -> Recorded<'a, T> {
        Recorded {
            origin: "simulated",
            asked: self,
            found,
        }
    }

    /// In a line.
    pub fn line(&self) -> String {
        let term = self.options.term.as_ref();
        format!(
            "Simulated data: no evidence. Generator \"{}\", method {}{}, alpha {}, seed {}.",
            self.generator.title,
            self.method.kind(),
            term.map_or_else(String::new, |term| format!(" ({term})")),
            self.alpha,
            self.options.seed
        )
    }
}

/// What differs from the generator.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Setting {
    /// The families of the first arm; the others keep their proportion to it, rounded up.
    pub n: Option<u64>,
    /// The value of the parameter that is the effect.
    pub effect: Option<f64>,
}

/// Power in one setting.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PowerPoint {
    /// The families of each arm.
    pub n: Vec<u64>,
    /// The effect, where it was asked for by value.
    pub effect: Option<f64>,
    /// The same as people read it, where the effect is the log of a ratio of rates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ratio: Option<f64>,
    /// The share of replicates in which the test rejected. One that failed found nothing.
    pub power: f64,
    /// Its Monte Carlo standard error.
    pub mcse: f64,
    /// Wilson's 95 % interval of it.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
    /// The replicates it rests on.
    pub replicates: u64,
    /// Those without a test.
    pub failures: Vec<FailureKind>,
    /// Whether all replicates were done.
    pub done: Done,
}

/// How often a kind of error came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FailureKind {
    /// The kind.
    pub kind: String,
    /// How often, and what the first of them said.
    #[serde(flatten)]
    pub failed: Failed,
}

/// The most families of an arm.
const MOST: u64 = 10_000_000;

impl PowerStudy {
    /// A study to plan. The effect is the one that the generator has, unless a parameter is named.
    pub fn new(
        simulator: &Simulator,
        method: &Method,
        options: &ExperimentOptions,
        alpha: f64,
        effect: Option<Parameter>,
    ) -> Result<Self, Error> {
        if !(alpha > 0.0 && alpha < 1.0) {
            return Err(Error::Argument {
                what: "alpha".to_owned(),
                why: format!("expected a number between 0 and 1, found {alpha}"),
            });
        }
        let generator = simulator.generator().clone();
        if let Some(parameter) = &effect {
            parameter.get(&generator)?;
        }
        let experiment = Experiment::new(simulator.plan(), method, options)?;
        if !experiment.tested() {
            return Err(Error::Argument {
                what: format!("power of `{}`", method.kind()),
                why: "no trial replicate gave a p-value, so that nothing can be found; name the \
                      number that has a test as the term, or take a method that tests"
                    .to_owned(),
            });
        }
        Ok(Self {
            experiment,
            generator,
            alpha,
            effect,
            seed: Seed::new(options.seed),
        })
    }

    /// α.
    pub fn alpha(&self) -> f64 {
        self.alpha
    }

    /// The parameter that is the effect.
    pub fn effect(&self) -> Result<Parameter, Error> {
        self.effect
            .clone()
            .map_or_else(|| only_effect(&self.generator), Ok)
    }

    /// The families of the first arm in the generator.
    pub fn first_n(&self) -> u64 {
        let first = self.generator.arms.first();
        first.map_or(0, |arm| arm.families as u64)
    }

    /// The experiment of a setting. Its replicates depend on the seed and the setting only, so any
    /// range of them can be run anywhere: [`Experiment::tally_range`].
    pub fn experiment(&self, setting: Setting) -> Result<Experiment, Error> {
        let mut generator = self.generator.clone();
        let mut seed = self.seed.child("power", 0);
        if let Some(n) = setting.n {
            if !(2..=MOST).contains(&n) {
                return Err(Error::Argument {
                    what: "n, the families of the first arm,".to_owned(),
                    why: format!("expected a whole number from 2 to {MOST}, found {n}"),
                });
            }
            let first = self.first_n().max(1) as f64;
            for arm in &mut generator.arms {
                let share = arm.families as f64 / first;
                #[allow(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "a whole number of families"
                )]
                let families = (n as f64 * share * (1.0 - 1e-12)).ceil() as usize;
                arm.families = families;
            }
            seed = seed.child("n", n);
        }
        if let Some(effect) = setting.effect {
            generator = self.effect()?.set(&generator, effect)?;
            seed = seed.child("effect", effect.to_bits());
        }
        let plan = generator.plan()?;
        Ok(self.experiment.on(plan, seed))
    }

    /// Power in a setting.
    pub fn power(
        &self,
        setting: Setting,
        replicates: u64,
        watch: &mut impl Watch,
    ) -> Result<PowerPoint, Error> {
        enough(replicates)?;
        let experiment = self.experiment(setting)?;
        let mut counted = Counted::of(replicates);
        let part = (setting, 0..replicates);
        let tally = counted.run(&experiment, part, self.alpha, watch)?;
        self.point(&experiment, setting, &tally, counted.done)
    }

    /// An effect as a ratio, where it is the log of one: those on counts are.
    pub fn ratio(&self, effect: f64) -> Option<f64> {
        let (Parameter::EffectLevel { outcome, .. }
        | Parameter::EffectSlope { outcome, .. }
        | Parameter::EffectAfter { outcome, .. }) = self.effect().ok()?
        else {
            return None;
        };
        let mut outcomes = self.generator.outcomes.iter();
        let found = outcomes.find(|known| known.name == outcome)?;
        let counts = matches!(
            found.distribution,
            Distribution::Poisson { .. } | Distribution::Nb1 { .. } | Distribution::Nb2 { .. }
        );
        let ratio = effect.exp();
        (counts && ratio.is_finite()).then_some(ratio)
    }

    /// A point of replicates that were run, here or elsewhere.
    pub fn point(
        &self,
        experiment: &Experiment,
        setting: Setting,
        tally: &Tally,
        done: Done,
    ) -> Result<PowerPoint, Error> {
        if tally.replicates == 0 {
            return Err(Error::Argument {
                what: "power".to_owned(),
                why: "it was interrupted before the first replicate".to_owned(),
            });
        }
        let share = Proportion::default().estimate(Events {
            name: "power",
            events: tally.rejected,
            n: tally.replicates,
        })?;
        let n = tally.replicates as f64;
        let power = tally.rejected as f64 / n;
        let (low, high) = share.interval.map_or((0.0, 1.0), |interval| {
            (interval.low.unwrap_or(0.0), interval.high.unwrap_or(1.0))
        });
        let failures = tally.failures.iter().map(|(kind, failed)| FailureKind {
            kind: kind.clone(),
            failed: failed.clone(),
        });
        Ok(PowerPoint {
            n: experiment.sizes(),
            effect: setting.effect,
            ratio: setting.effect.and_then(|effect| self.ratio(effect)),
            power,
            mcse: (power * (1.0 - power) / n).sqrt(),
            low,
            high,
            replicates: tally.replicates,
            failures: failures.collect(),
            done,
        })
    }
}

/// A parameter of a generator in TOML: `{kind="effect_level", arm="EKC", outcome="problems"}`.
pub fn parameter(text: &str) -> Result<Parameter, Error> {
    #[derive(Deserialize)]
    struct Named {
        parameter: Parameter,
    }
    let read: Result<Named, _> = toml::from_str(&format!("parameter = {text}"));
    read.map(|named| named.parameter)
        .map_err(|error| Error::Argument {
            what: "the parameter".to_owned(),
            why: format!(
                "{}; write it as {{kind=\"effect_level\", arm=\"EKC\", outcome=\"problems\"}}",
                error.message()
            ),
        })
}

fn enough(replicates: u64) -> Result<(), Error> {
    if (10..=100_000_000).contains(&replicates) {
        return Ok(());
    }
    Err(Error::Argument {
        what: "the number of replicates".to_owned(),
        why: format!("expected a whole number from 10 to 100,000,000, found {replicates}"),
    })
}

/// How far a computation in parts is.
struct Counted {
    so_far: u64,
    of: u64,
    done: Done,
}

impl Counted {
    fn of(of: u64) -> Self {
        Self {
            so_far: 0,
            of,
            done: Done::Whole,
        }
    }

    /// Runs a range of the replicates of a setting.
    fn run(
        &mut self,
        experiment: &Experiment,
        (setting, range): (Setting, Range<u64>),
        alpha: f64,
        watch: &mut impl Watch,
    ) -> Result<Tally, Error> {
        let wanted = range.end.saturating_sub(range.start);
        let tally = watch.tally(&Part {
            experiment,
            setting,
            range,
            alpha,
            before: self.so_far,
            of: self.of,
        })?;
        self.so_far += tally.replicates;
        if tally.replicates < wanted {
            self.done = Done::Interrupted;
        }
        Ok(tally)
    }
}
