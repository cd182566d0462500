//! How well a method does on data whose truth is known.
//!
//! ```text
//! replicate  draw the generator's numbers, run the method, keep its estimate, error, interval and p
//! range      replicates first..last, on all threads; ranges merge in any order to the same bits
//! finish     bias, errors, coverage, type I error or power, each with its Monte Carlo error
//! ```
//! A replicate on which the method fails is counted by its error and never left out in silence. Two
//! methods are computed from the drawn numbers themselves ([`Path`]): a difference of means and the
//! ratio of rates over two waves. A test shows that they give what the tables give.

mod direct;
mod show;

use std::collections::BTreeMap;
use std::ops::Range;

use kring_core::Estimate;
use kring_core::seed::Seed;
use kring_sim::draw::Draw;
use kring_sim::performance::{Failure, Found, Performance, PerformanceOptions, Replicates};
use kring_sim::plan::Plan;
use kring_stats::dist::StudentTest;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::method::{Answer, Method};
use crate::power::{Done, Stop, Watch};
pub use direct::Path;
pub use show::{Figures, content, figures, lollipop, pictures, zip};

/// Replicates that a thread takes at once, at most.
const CHUNK: u64 = 16;

/// What a thread needs for its replicates, and uses again.
#[derive(Debug, Default)]
struct Room {
    draw: Draw,
    seen: direct::Seen,
}

/// Replicates after which an experiment of which none succeeded is given up.
const TRIALS: u64 = 10;

/// A generator and a method: what is done in every replicate.
///
/// ```
/// use kring::method::Method;
/// use kring::performance::{Experiment, ExperimentOptions};
/// use kring::sim::performance::{PerformanceMeasure, PerformanceOptions};
/// use kring::simulate::Simulator;
/// let simulator: Simulator = r#"
///     title = "Scores without an effect"
///     wave = [{ name = "1", time = 0 }]
///     arm = [{ name = "WT", families = 20 }, { name = "EKC", families = 20 }]
///     [[outcome]]
///     name = "score"
///     distribution = { kind = "continuous", sd = 2.0 }
/// "#
/// .parse()?;
/// let method = Method::named("mean_difference", &[("outcome", "score_1"), ("by", "arm")])?;
/// let experiment = Experiment::new(simulator.plan(), &method, &ExperimentOptions::default())?;
/// let replicates = experiment.run_range(0..300)?.merge(experiment.run_range(300..1000)?)?;
/// let performance = replicates.performance(&PerformanceOptions::of(0.0))?;
/// let error = performance.row(PerformanceMeasure::TypeIError).unwrap();
/// assert!((error.value - 0.05).abs() < 3.0 * error.mcse.unwrap());
/// # Ok::<(), kring::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Experiment {
    plan: Plan,
    method: Method,
    options: ExperimentOptions,
    seed: Seed,
    path: Path,
    trial: Trial,
}

/// What the trial replicates showed.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Trial {
    /// The level of the intervals.
    level: Option<f64>,
    /// Whether one of them had a p-value.
    tested: bool,
}

/// How an experiment is done.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ExperimentOptions {
    /// Which number of the method is meant, by its label; needed where it gives several.
    pub term: Option<String>,
    /// Which table the method gets.
    pub rows: Rows,
    /// The seed.
    pub seed: u64,
    /// Whether numbers are taken from the draw itself where that is possible.
    pub speed: Speed,
}

/// What a row of the table is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rows {
    /// A family; an outcome has a column a wave: `problems_1`.
    #[default]
    Subjects,
    /// A family at a wave.
    Measurements,
}

/// Whether numbers are taken from the draw itself where that is possible.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Speed {
    /// They are: the same numbers, sooner.
    #[default]
    Fast,
    /// Every replicate becomes a table and goes the way that data go.
    Tables,
}

/// How often a test rejected: small, and merged in any order to the same.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tally {
    /// Replicates in all, failed ones included.
    pub replicates: u64,
    /// Those whose p-value is at most α.
    pub rejected: u64,
    /// Those without a p-value, by kind of error.
    pub failures: BTreeMap<String, Failed>,
}

/// How often a kind of error came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Failed {
    /// How often.
    pub times: u64,
    /// The first replicate of which it came.
    pub first: u64,
    /// What that said.
    pub example: String,
}

/// Replicates that were run while somebody watched.
#[derive(Debug, Clone, PartialEq)]
pub struct Watched {
    /// What they said.
    pub replicates: Replicates,
    /// Whether all were run.
    pub done: Done,
}

impl Tally {
    /// Both together.
    pub fn merge(mut self, other: Self) -> Self {
        self.replicates += other.replicates;
        self.rejected += other.rejected;
        for (kind, failed) in other.failures {
            match self.failures.entry(kind) {
                std::collections::btree_map::Entry::Vacant(place) => {
                    place.insert(failed);
                }
                std::collections::btree_map::Entry::Occupied(mut known) => {
                    let known = known.get_mut();
                    known.times += failed.times;
                    if failed.first < known.first {
                        (known.first, known.example) = (failed.first, failed.example);
                    }
                }
            }
        }
        self
    }

    /// Those that failed.
    pub fn failed(&self) -> u64 {
        self.failures.values().map(|failed| failed.times).sum()
    }

    fn of(replicate: u64, outcome: Result<Found, Failure>, alpha: f64) -> Self {
        let failure = match outcome {
            Ok(Found {
                p_value: Some(p), ..
            }) => {
                return Self {
                    replicates: 1,
                    rejected: u64::from(p <= alpha),
                    failures: BTreeMap::new(),
                };
            }
            Ok(_) => Failure {
                kind: "NoTest".to_owned(),
                message: "the number has no p-value".to_owned(),
            },
            Err(failure) => failure,
        };
        let failed = Failed {
            times: 1,
            first: replicate,
            example: failure.message,
        };
        Self {
            replicates: 1,
            rejected: 0,
            failures: BTreeMap::from([(failure.kind, failed)]),
        }
    }
}

impl Experiment {
    /// An experiment, tried on a few replicates: a column that is not there, or a number that is not
    /// named, is found here and not ten thousand times.
    pub fn new(plan: &Plan, method: &Method, options: &ExperimentOptions) -> Result<Self, Error> {
        let mut experiment = Self {
            plan: plan.clone(),
            method: method.clone(),
            options: options.clone(),
            seed: Seed::new(options.seed),
            path: Path::Tables,
            trial: Trial::default(),
        };
        let mut last = None;
        let mut answered = false;
        for replicate in 0..TRIALS {
            let mut draw = Draw::default();
            experiment.plan.draw(&experiment.seed, replicate, &mut draw);
            match experiment.answer(&draw) {
                Ok(answer) => {
                    experiment.named(&answer)?;
                    answered = true;
                    let meant = experiment.estimate(&answer);
                    let level = meant.and_then(|e| e.interval.as_ref().map(|i| i.level));
                    experiment.trial.level = experiment.trial.level.or(level);
                    let found = experiment.found(&answer, replicate);
                    if found.is_ok_and(|found| found.p_value.is_some()) {
                        experiment.trial.tested = true;
                        break;
                    }
                }
                Err(error) => last = Some(error),
            }
        }
        if let (Some(error), false) = (last, answered) {
            return Err(error);
        }
        if options.speed == Speed::Fast {
            experiment.path = Path::of(plan, method, options);
        }
        Ok(experiment)
    }

    /// The same on another plan (another size, another effect) and another seed, not tried again.
    pub(crate) fn on(&self, plan: Plan, seed: Seed) -> Self {
        let path = match self.options.speed {
            Speed::Fast => Path::of(&plan, &self.method, &self.options),
            Speed::Tables => Path::Tables,
        };
        Self {
            plan,
            seed,
            path,
            ..self.clone()
        }
    }

    /// The level of the method's intervals, where it has any.
    pub fn level(&self) -> Option<f64> {
        self.trial.level
    }

    /// Whether the number that is meant comes with a test.
    pub fn tested(&self) -> bool {
        self.trial.tested
    }

    /// The nominal level of the intervals: that of the method. Another one that was asked for is
    /// refused, since a coverage is beside the level at which intervals were made.
    pub fn nominal(&self, asked: Option<f64>) -> Result<f64, Error> {
        let refused = |why: String| Error::Argument {
            what: "the level".to_owned(),
            why,
        };
        if let Some(level) = asked
            && !(level > 0.0 && level < 1.0)
        {
            return Err(refused(format!(
                "expected a number between 0 and 1, such as 0.95, found {level}"
            )));
        }
        match (asked, self.trial.level) {
            (Some(asked), Some(level)) if (asked - level).abs() > 1e-12 => Err(refused(format!(
                "the intervals of `{}` have level {level}, not {asked}; change it in the method \
                 (its field `level`, or `level` of its options), not beside it",
                self.method.kind()
            ))),
            (_, Some(level)) => Ok(level),
            (Some(asked), None) => Ok(asked),
            (None, None) => Ok(0.95),
        }
    }

    /// The families of each arm.
    pub fn sizes(&self) -> Vec<u64> {
        let arms = self.plan.generator().arms.iter();
        arms.map(|arm| arm.families as u64).collect()
    }

    /// The way its numbers take.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The label of the number that is kept, as `named` finds it.
    fn named(&self, answer: &Answer) -> Result<(), Error> {
        let labels = || {
            let estimates = answer.all_estimates().map(|e| e.label.as_str());
            estimates.chain(answer.all_tests().map(|t| t.label.as_str()))
        };
        let listed = || labels().collect::<Vec<_>>().join(", ");
        let why = match &self.options.term {
            Some(term) if labels().any(|label| label == term) => return Ok(()),
            // One replicate may lack it; that is a failure of that replicate.
            Some(term) => format!("there is no `{term}`; there is {}", listed()),
            None => match (answer.all_estimates().count(), answer.all_tests().count()) {
                (1, _) | (0, 1) => return Ok(()),
                (0, 0) => "it gives neither a number nor a test".to_owned(),
                _ => format!("it gives several numbers; say which is meant: {}", listed()),
            },
        };
        Err(Error::Argument {
            what: format!("the term of `{}`", self.method.kind()),
            why,
        })
    }

    /// What the method says of a draw, by way of a table.
    fn answer(&self, draw: &Draw) -> Result<Answer, Error> {
        let table = match self.options.rows {
            Rows::Subjects => self.plan.wide(draw)?,
            Rows::Measurements => self.plan.long(draw)?,
        };
        self.method.run(&table)
    }

    /// What one replicate gives.
    fn run(&self, room: &mut Room, replicate: u64) -> Result<Found, Failure> {
        let Room { draw, seen } = room;
        self.plan.draw(&self.seed, replicate, draw);
        let direct = self.path.found(&self.plan, draw, replicate, seen);
        direct.map_or_else(|| self.by_table(draw, replicate), Ok)
    }

    /// Counts one replicate, whose p-value nobody asks for where a bound of it decides.
    fn count(
        &self,
        room: &mut Room,
        replicate: u64,
        alpha: f64,
        test: Option<&StudentTest>,
    ) -> Tally {
        let Room { draw, seen } = room;
        self.plan.draw(&self.seed, replicate, draw);
        let decided = test.and_then(|test| self.path.rejects(&self.plan, draw, test, seen));
        match decided {
            Some(rejected) => Tally {
                replicates: 1,
                rejected: rejected.into(),
                failures: BTreeMap::new(),
            },
            None => Tally::of(replicate, self.by_table(draw, replicate), alpha),
        }
    }

    /// What a drawn replicate gives, by way of a table.
    fn by_table(&self, draw: &Draw, replicate: u64) -> Result<Found, Failure> {
        let answer = self.answer(draw).map_err(|error| failure(&error))?;
        self.found(&answer, replicate)
    }

    fn meant(&self, label: &str) -> bool {
        let term = self.options.term.as_deref();
        term.is_none_or(|term| term == label)
    }

    /// The number that is meant.
    fn estimate<'a>(&self, answer: &'a Answer) -> Option<&'a Estimate> {
        answer.all_estimates().find(|e| self.meant(&e.label))
    }

    /// What an answer says of it. An effect size without a p-value of its own has that of the test with
    /// its label, or of the only test beside it alone.
    fn found(&self, answer: &Answer, replicate: u64) -> Result<Found, Failure> {
        if let Some(estimate) = self.estimate(answer) {
            let found = Found::of(replicate, estimate);
            let same = answer.tests.iter().find(|t| t.label == estimate.label);
            let test = same.or(
                match (answer.estimates.as_slice(), answer.tests.as_slice()) {
                    ([_], [only]) => Some(only),
                    _ => None,
                },
            );
            return Ok(Found {
                p_value: found.p_value.or_else(|| test.and_then(|t| t.p_value)),
                ..found
            });
        }
        if let Some(test) = answer.all_tests().find(|t| self.meant(&t.label)) {
            return Ok(Found {
                replicate,
                value: None,
                std_error: None,
                interval: None,
                p_value: test.p_value,
            });
        }
        let message = answer.notes.first().cloned();
        Err(Failure {
            kind: "NotThere".to_owned(),
            message: message.unwrap_or_else(|| "the method did not give this number".to_owned()),
        })
    }

    /// Runs a range of replicates on all threads. Ranges that were run anywhere are merged by
    /// [`Replicates::merge`]; [`Replicates::performance`] finishes.
    pub fn run_range(&self, range: Range<u64>) -> Result<Replicates, Error> {
        let mut replicates = Replicates::default();
        let pieces = in_pieces(&range, |room, piece| -> Vec<_> {
            piece.map(|i| (i, self.run(room, i))).collect()
        });
        for (replicate, outcome) in pieces.into_iter().flatten() {
            match outcome {
                Ok(found) => replicates.record(found)?,
                Err(failure) => replicates.record_failure(replicate, failure)?,
            }
        }
        Ok(replicates)
    }

    /// Runs a range in pieces while somebody watches; interrupted, it keeps what was done.
    pub fn run_watched(&self, range: Range<u64>, watch: &mut impl Watch) -> Result<Watched, Error> {
        let mut replicates = Replicates::default();
        let (mut next, mut piece) = (range.start, first_piece());
        while next < range.end {
            if watch.stop() == Stop::Now {
                let done = Done::Interrupted;
                return Ok(Watched { replicates, done });
            }
            let end = (next + piece).min(range.end);
            let start = std::time::Instant::now();
            replicates = replicates.merge(self.run_range(next..end)?)?;
            if start.elapsed().as_millis() < 50 {
                piece *= 2;
            }
            watch.progress(end - range.start, range.end - range.start);
            next = end;
        }
        let done = Done::Whole;
        Ok(Watched { replicates, done })
    }

    /// Runs a range and counts rejections at level α only. Ranges are merged by [`Tally::merge`].
    pub fn tally_range(&self, range: Range<u64>, alpha: f64) -> Tally {
        let test = self.path.test(alpha);
        let pieces = in_pieces(&range, |room, piece| {
            let each = piece.map(|i| self.count(room, i, alpha, test.as_ref()));
            each.fold(Tally::default(), Tally::merge)
        });
        pieces.into_iter().fold(Tally::default(), Tally::merge)
    }

    /// How well the method did in replicates of this experiment.
    pub fn finish(
        &self,
        replicates: &Replicates,
        options: &PerformanceOptions,
    ) -> Result<Performance, Error> {
        Ok(replicates.performance(options)?)
    }
}

/// The first piece of a range that is watched: a replicate a thread, so that slow ones take all threads
/// and can be stopped after each.
pub(crate) fn first_piece() -> u64 {
    rayon::current_num_threads().max(1) as u64
}

/// Runs pieces of a range on all threads; what comes back is in order.
fn in_pieces<T: Send>(
    range: &Range<u64>,
    piece: impl Fn(&mut Room, Range<u64>) -> T + Sync + Send,
) -> Vec<T> {
    let length = range.end.saturating_sub(range.start);
    let chunk = length.div_ceil(first_piece()).clamp(1, CHUNK);
    let n = length.div_ceil(chunk);
    (0..n)
        .into_par_iter()
        .map_init(Room::default, |room, place| {
            let low = range.start + place * chunk;
            piece(room, low..(low + chunk).min(range.end))
        })
        .collect()
}

/// The kind of an error of the facade is that of the crate beneath.
fn failure(error: &Error) -> Failure {
    match error {
        Error::Stats(error) => Failure::of(error),
        Error::Core(error) => Failure::of(error),
        Error::Formula(error) => Failure::of(error),
        Error::Sim(error) => Failure::of(error),
        other => Failure::of(other),
    }
}
