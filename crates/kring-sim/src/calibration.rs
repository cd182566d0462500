//! Parameters with which a generator meets printed figures.
//!
//! ```text
//! find       x, one parameter for each target, each on a scale on which it may take every value:
//!            SDs and dispersions as logs, shares as logits, correlations as Fisher's z
//! such that  truth(x) = wanted, by closed form or quadrature: no noise, the same bits every time
//! by         Newton's method, its derivatives by central differences, steps halved until the
//!            largest distance (in units of 1 + |wanted|) falls
//! ```
//! A printed figure hardly ever determines a generator. The report says which parameters the targets
//! determined, which were assumed and why, and which are free: held at a value for which nobody has
//! given a reason.

use serde::{Deserialize, Serialize};

use kring_core::seed::Seed;

use crate::Error;
use crate::draw::Draw;
use crate::figure::Figure;
use crate::generator::Generator;
use crate::parameter::{Parameter, Scale};
use crate::plan::Plan;
use crate::tables::{Drawn, Simulated};
use crate::truth::{Origin, ParameterValue};

/// Steps of Newton's method, at most.
const STEPS: usize = 100;

/// How close a target is met, in units of 1 + |wanted|.
const CLOSE: f64 = 1e-10;

/// A generator to start from, the figures that it must meet, and what was assumed.
///
/// ```
/// # use kring_sim::calibration::Calibration;
/// let calibration: Calibration = toml::from_str(r#"
///     title = "A mean and an SD of counts"
///     [generator]
///     title = "Problems"
///     wave = [{ name = "1", time = 0 }]
///     arm = [{ name = "WT", families = 60 }]
///     [[generator.outcome]]
///     name = "problems"
///     distribution = { kind = "nb2", theta = 1.0 }
///     [[target]]
///     figure = { kind = "mean", outcome = "problems", arm = "WT", wave = "1" }
///     value = 4.7
///     by = { kind = "intercept", outcome = "problems" }
///     [[target]]
///     figure = { kind = "sd", outcome = "problems", arm = "WT", wave = "1" }
///     value = 2.6
///     by = { kind = "dispersion", outcome = "problems" }
/// "#).unwrap();
/// let found = calibration.calibrate()?;
/// // By hand: log 4.7, and θ from 2.6² = 4.7 + 4.7²/θ.
/// assert!((found.matched[0].parameter - 4.7_f64.ln()).abs() < 1e-9);
/// assert!((found.matched[1].parameter / (22.09 / (6.76 - 4.7)) - 1.0).abs() < 1e-8);
/// # Ok::<(), kring_sim::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calibration {
    /// What it is, in a line.
    pub title: String,
    /// The study whose figures these are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub study: Option<String>,
    /// What a reader must know.
    #[serde(default)]
    pub notes: Vec<String>,
    /// Where to start. What no target determines stays as it is here.
    pub generator: Generator,
    /// The figures to meet.
    #[serde(rename = "target")]
    pub targets: Vec<Target>,
    /// Why parameters have the value they have, where no target determines them.
    #[serde(default, rename = "assumption")]
    pub assumptions: Vec<Assumption>,
    /// The cohort to draw.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cohort: Option<Cohort>,
}

/// A figure to meet, and the parameter that is changed for it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// The figure.
    pub figure: Figure,
    /// What it must be.
    pub value: f64,
    /// The parameter that is changed.
    pub by: Parameter,
    /// Where the value is printed, or who assumed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Whether the value is printed or assumed.
    #[serde(default)]
    pub kind: TargetKind,
}

/// Whether a target is a printed figure.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TargetKind {
    /// It is printed in the source.
    #[default]
    Published,
    /// It is not printed: somebody thought it likely.
    Assumed,
}

/// Why a parameter has its value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Assumption {
    /// The parameter.
    pub parameter: Parameter,
    /// Why.
    pub why: String,
}

/// A cohort that has the printed figures, not only in expectation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cohort {
    /// The seed.
    pub seed: u64,
    /// How many replicates to look at, at most.
    #[serde(default = "many")]
    pub replicates: u64,
    /// What it must have. The first replicate that has it all is the cohort.
    #[serde(default)]
    pub figures: Vec<Wish>,
}

/// A figure that a cohort must have.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wish {
    /// The figure.
    pub figure: Figure,
    /// The lowest that serves.
    pub low: f64,
    /// The highest that serves.
    pub high: f64,
}

/// A generator that meets its targets, and an account of what that took.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calibrated {
    /// The generator.
    pub generator: Generator,
    /// The targets, met.
    pub matched: Vec<Matched>,
    /// Parameters that were assumed, with the reason.
    pub assumed: Vec<Assumed>,
    /// Parameters that nothing determines and for which no reason was given.
    pub free: Vec<ParameterValue>,
    /// Steps of Newton's method.
    pub steps: usize,
}

/// A target that was met.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Matched {
    /// The target.
    pub target: Target,
    /// What the figure now is.
    pub achieved: f64,
    /// How it is known.
    pub origin: Origin,
    /// The value of the parameter with which it is.
    pub parameter: f64,
}

/// A parameter that was assumed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Assumed {
    /// The parameter.
    pub parameter: Parameter,
    /// Its value.
    pub value: f64,
    /// Why.
    pub why: String,
}

/// A simulated companion of a study: no evidence of anything.
#[derive(Debug, Clone, PartialEq)]
pub struct Companion {
    /// How the generator came about.
    pub calibrated: Calibrated,
    /// The cohort.
    pub cohort: Simulated,
}

fn many() -> u64 {
    100_000
}

/// Unknowns and what they must achieve.
struct Problem<'a> {
    calibration: &'a Calibration,
    scales: Vec<Scale>,
}

impl Calibration {
    /// The generator that meets all targets.
    pub fn calibrate(&self) -> Result<Calibrated, Error> {
        self.generator.plan()?;
        for (at, target) in self.targets.iter().enumerate() {
            if !target.value.is_finite() {
                let what = format!("the target for {}", target.figure);
                return Err(Error::parameter(what, "a finite number", target.value));
            }
            if self.targets[..at].iter().any(|other| other.by == target.by) {
                return Err(Error::parameter(
                    format!("the parameter for {}", target.figure),
                    "one that no other target changes",
                    &target.by,
                ));
            }
        }
        let problem = Problem {
            calibration: self,
            scales: self.targets.iter().map(|t| t.by.scale()).collect(),
        };
        let solution = problem.solve()?;
        let generator = problem.generator(&solution.x)?;
        let plan = generator.plan()?;
        let matched = self.targets.iter().map(|target| {
            let known = target.figure.truth(&plan)?;
            Ok(Matched {
                target: target.clone(),
                achieved: known.value,
                origin: known.origin,
                parameter: target.by.get(&generator)?,
            })
        });
        let matched = matched.collect::<Result<_, Error>>()?;
        let assumed = self.assumptions.iter().map(|assumption| {
            Ok(Assumed {
                parameter: assumption.parameter.clone(),
                value: assumption.parameter.get(&generator)?,
                why: assumption.why.clone(),
            })
        });
        let assumed = assumed.collect::<Result<_, Error>>()?;
        let explained = |parameter: &Parameter| {
            self.targets.iter().any(|target| target.by == *parameter)
                || self.assumptions.iter().any(|a| a.parameter == *parameter)
        };
        let free = Parameter::all(&generator)
            .into_iter()
            .filter(|parameter| !explained(parameter))
            .map(|parameter| {
                let value = parameter.get(&generator)?;
                Ok(ParameterValue { parameter, value })
            });
        let free = free.collect::<Result<_, Error>>()?;
        Ok(Calibrated {
            generator,
            matched,
            assumed,
            free,
            steps: solution.steps,
        })
    }

    /// The calibrated generator and the cohort that the file asks for: the first replicate of its
    /// seed with all the figures it must have.
    pub fn companion(&self) -> Result<Companion, Error> {
        let calibrated = self.calibrate()?;
        let Some(wanted) = &self.cohort else {
            return Err(Error::parameter(
                "`cohort` of the calibration",
                "a seed",
                "nothing",
            ));
        };
        let plan = calibrated.generator.plan()?;
        let draw = plan.first_with(wanted)?;
        Ok(Companion {
            cohort: Simulated {
                long: plan.long(&draw.numbers)?,
                wide: plan.wide(&draw.numbers)?,
                provenance: Drawn {
                    generator: self.title.clone(),
                    seed: wanted.seed,
                    replicate: draw.replicate,
                },
            },
            calibrated,
        })
    }
}

/// A draw with its number.
#[derive(Debug, Clone, PartialEq)]
pub struct Chosen {
    /// Which replicate it is.
    pub replicate: u64,
    /// What was drawn.
    pub numbers: Draw,
}

impl Plan {
    /// The first replicate that has all the figures asked for: a draw given these figures.
    pub fn first_with(&self, wanted: &Cohort) -> Result<Chosen, Error> {
        for wish in &wanted.figures {
            if wish.low.is_nan() || wish.high.is_nan() || wish.low > wish.high {
                let what = format!("the range for {}", wish.figure);
                let found = format!("{} to {}", wish.low, wish.high);
                return Err(Error::parameter(what, "from low to high", found));
            }
        }
        let seed = Seed::new(wanted.seed);
        let mut draw = Draw::default();
        let mut times = vec![0_u64; wanted.figures.len()];
        for replicate in 0..wanted.replicates {
            self.draw(&seed, replicate, &mut draw);
            let mut all = true;
            for (wish, times) in wanted.figures.iter().zip(&mut times) {
                let found = wish.figure.of(self, &draw)?;
                let has = found.is_some_and(|x| (wish.low..=wish.high).contains(&x));
                *times += u64::from(has);
                all &= has;
            }
            if all {
                return Ok(Chosen {
                    replicate,
                    numbers: draw,
                });
            }
        }
        let rarest = wanted.figures.iter().zip(&times).min_by_key(|(_, n)| **n);
        Err(Error::NotFound {
            seed: wanted.seed,
            replicates: wanted.replicates,
            rarest: rarest.map_or_else(String::new, |(wish, _)| wish.figure.to_string()),
            times: rarest.map_or(0, |(_, times)| *times),
        })
    }
}

/// Where the search ended.
struct Solution {
    x: Vec<f64>,
    steps: usize,
}

impl Problem<'_> {
    fn generator(&self, x: &[f64]) -> Result<Generator, Error> {
        let mut generator = self.calibration.generator.clone();
        for ((target, scale), &x) in self.calibration.targets.iter().zip(&self.scales).zip(x) {
            generator = target.by.set(&generator, scale.back(x))?;
        }
        Ok(generator)
    }

    /// How far each figure lies from its target, in units of 1 + |wanted|.
    fn distances(&self, x: &[f64]) -> Result<Vec<f64>, Error> {
        let plan = self.generator(x)?.plan()?;
        let each = self.calibration.targets.iter().map(|target| {
            let found = target.figure.truth(&plan)?.value;
            Ok((found - target.value) / (1.0 + target.value.abs()))
        });
        each.collect()
    }

    fn solve(&self) -> Result<Solution, Error> {
        let targets = &self.calibration.targets;
        let start = targets.iter().zip(&self.scales).map(|(target, scale)| {
            let x = scale.free(target.by.get(&self.calibration.generator)?);
            if x.is_finite() {
                return Ok(x);
            }
            let what = format!("{}, where the search starts,", target.by);
            Err(Error::parameter(what, "inside its range", scale.back(x)))
        });
        let mut x: Vec<f64> = start.collect::<Result<_, Error>>()?;
        let mut r = self.distances(&x)?;
        for step in 0..STEPS {
            if largest(&r) < CLOSE {
                return Ok(Solution { x, steps: step });
            }
            let jacobian = self.jacobian(&x, &r)?;
            let Some(move_by) = gauss(jacobian, &r) else {
                return Err(self.not_reached(
                    step,
                    &x,
                    &r,
                    "the parameters do not move the targets apart from one another",
                ));
            };
            // No step longer than 2 on these scales (a factor of 7 on a log): truth is smooth there.
            let mut length = (2.0 / largest(&move_by).max(2.0)).min(1.0);
            let better = loop {
                let trial: Vec<f64> = x
                    .iter()
                    .zip(&move_by)
                    .map(|(x, d)| x - length * d)
                    .collect();
                match self.distances(&trial) {
                    Ok(found) if largest(&found) < largest(&r) => break Some((trial, found)),
                    _ => length *= 0.5,
                }
                if length < 1e-6 {
                    break None;
                }
            };
            let Some((trial, found)) = better else {
                return Err(self.not_reached(step, &x, &r, "no step from here comes closer"));
            };
            (x, r) = (trial, found);
        }
        Err(self.not_reached(STEPS, &x, &r, "they come closer without arriving"))
    }

    /// Derivatives by central differences, a row a target; one-sided where a side is not allowed.
    fn jacobian(&self, x: &[f64], r: &[f64]) -> Result<Vec<Vec<f64>>, Error> {
        const H: f64 = 1e-5;
        let n = x.len();
        let mut jacobian = vec![vec![0.0; n]; n];
        for column in 0..n {
            let moved = |by: f64| {
                let mut x = x.to_vec();
                x[column] += by;
                self.distances(&x)
            };
            let (up, down) = (moved(H), moved(-H));
            let (high, low, width) = match (up, down) {
                (Ok(up), Ok(down)) => (up, down, 2.0 * H),
                (Ok(up), Err(_)) => (up, r.to_vec(), H),
                (Err(_), Ok(down)) => (r.to_vec(), down, H),
                (Err(error), Err(_)) => return Err(error),
            };
            for (row, (high, low)) in jacobian.iter_mut().zip(high.iter().zip(&low)) {
                row[column] = (high - low) / width;
            }
        }
        Ok(jacobian)
    }

    fn not_reached(&self, iterations: usize, x: &[f64], r: &[f64], why: &str) -> Error {
        let targets = &self.calibration.targets;
        let state = targets.iter().zip(&self.scales).zip(x).zip(r);
        Error::NotReached {
            iterations,
            why: why.to_owned(),
            state: state
                .map(|(((target, scale), x), r)| {
                    let achieved = target.value + r * (1.0 + target.value.abs());
                    format!(
                        "{} at {achieved:.6} for {} with {} at {:.6}",
                        target.figure,
                        target.value,
                        target.by,
                        scale.back(*x)
                    )
                })
                .collect(),
        }
    }
}

fn largest(x: &[f64]) -> f64 {
    x.iter().fold(0.0, |most, x| {
        if x.is_nan() {
            f64::INFINITY
        } else {
            most.max(x.abs())
        }
    })
}

/// The solution of a small system by elimination with partial pivoting; `None` where it is singular.
fn gauss(mut a: Vec<Vec<f64>>, b: &[f64]) -> Option<Vec<f64>> {
    let n = b.len();
    let mut x = b.to_vec();
    for k in 0..n {
        let scale = largest(&a.iter().flatten().copied().collect::<Vec<_>>());
        let pivot = (k..n).max_by(|&i, &j| a[i][k].abs().total_cmp(&a[j][k].abs()))?;
        let size = a[pivot][k].abs();
        if size.is_nan() || size <= 1e-10 * scale {
            return None;
        }
        a.swap(k, pivot);
        x.swap(k, pivot);
        for i in k + 1..n {
            let factor = a[i][k] / a[k][k];
            let (above, below) = a.split_at_mut(i);
            for (below, above) in below[0].iter_mut().zip(&above[k]) {
                *below -= factor * above;
            }
            x[i] -= factor * x[k];
        }
    }
    for k in (0..n).rev() {
        let known: f64 = (k + 1..n).map(|j| a[k][j] * x[j]).sum();
        x[k] = (x[k] - known) / a[k][k];
    }
    Some(x)
}
