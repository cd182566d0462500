//! One of n, effect and power from the other two.
//!
//! ```text
//! n        bracket n* by doubling, then the root of π(n) = target in ln n; the answer is rounded up,
//!          and lowered again while whole arms of one less still reach the target
//! exact    π goes in a zigzag: bracket and bisect over whole n, then take the smallest that reaches
//!          the target in an eighth below
//! effect   by growing steps from the centre of no effect towards the end of the scale, then the root:
//!          the first crossing, since the power of a rate or share may fall again towards the end
//! ```
//! About ten to thirty evaluations of the power; no grid.

use std::cell::RefCell;

use kring_core::{Caution, Power, PowerUnit, Solved};

use super::form::{Form, Frame, Sizes, argument};
use super::{Direction, Solve};
use crate::Error;
use crate::root::root;

/// The largest n of the first arm that is looked at.
const LARGEST: f64 = 1e9;

pub(super) fn solve(form: &(impl Form + ?Sized), solve: Solve) -> Result<Power, Error> {
    let frame = form.frame()?;
    let problem = Problem { form, frame };
    match solve {
        Solve::Power { n, effect } => {
            problem.effect(effect)?;
            let sizes = problem.given(n)?;
            problem.answer(Solved::Power, sizes, None, effect, None)
        }
        Solve::N { effect, power } => {
            problem.effect(effect)?;
            problem.target(power)?;
            let found = match problem.frame.sizes {
                Sizes::Real => problem.n(effect, power)?,
                Sizes::Whole => problem.whole_n(effect, power)?,
            };
            let sizes = problem.whole(found.n);
            problem.answer(Solved::N, sizes, found.exact, effect, Some(power))
        }
        Solve::Effect {
            n,
            power,
            direction,
        } => {
            problem.target(power)?;
            let sizes = problem.given(n)?;
            let effect = problem.solve_effect(&sizes, power, direction)?;
            problem.answer(Solved::Effect, sizes, None, effect, Some(power))
        }
    }
}

/// A design, checked.
struct Problem<'a, F: Form + ?Sized> {
    form: &'a F,
    frame: Frame,
}

/// The n that was looked for.
struct Found {
    n: f64,
    exact: Option<f64>,
}

impl<F: Form + ?Sized> Problem<'_, F> {
    // ---- what may be asked --------------------------------------------------------------------

    fn effect(&self, effect: f64) -> Result<(), Error> {
        let [low, high] = self.frame.effects;
        if effect.is_finite() && effect > low && effect < high {
            return Ok(());
        }
        let end = |x: f64| {
            if x.is_finite() {
                format!("{x:.6}")
            } else {
                "any number".to_owned()
            }
        };
        Err(Error::Unreachable {
            asked: format!("an effect of {effect} for {}", self.frame.name),
            why: format!(
                "it must lie between {} and {}, and be neither",
                end(low),
                end(high)
            ),
            hint: "correct the effect, or the figures of the design",
        })
    }

    fn target(&self, power: f64) -> Result<(), Error> {
        if power > self.frame.alpha && power < 1.0 {
            return Ok(());
        }
        Err(argument(
            "the power asked for",
            "a number above alpha and below 1, such as 0.8",
            power,
        ))
    }

    /// The sizes of a study whose first arm is given.
    fn given(&self, n: u64) -> Result<Vec<f64>, Error> {
        let sizes = self.whole(n as f64);
        let smallest = sizes.iter().copied().fold(f64::INFINITY, f64::min);
        if smallest < self.frame.fewest {
            return Err(Error::TooFew {
                method: self.frame.name,
                what: format!("{} in each arm", self.frame.unit.name()),
                needed: count(self.frame.fewest.ceil()),
                found: count(smallest),
            });
        }
        if n as f64 > LARGEST {
            return Err(argument(
                "the size of the first arm",
                "at most a thousand million",
                n as f64,
            ));
        }
        Ok(sizes)
    }

    // ---- sizes --------------------------------------------------------------------------------

    fn real(&self, n: f64) -> Vec<f64> {
        self.frame.allocation.iter().map(|a| a * n).collect()
    }

    /// Rounded up, but for what the multiplication rounded.
    fn whole(&self, n: f64) -> Vec<f64> {
        let up = |size: f64| (size * (1.0 - 1e-12)).ceil();
        self.real(n).into_iter().map(up).collect()
    }

    /// The n of the first arm below which some arm is too small.
    fn smallest(&self) -> f64 {
        let least = self.frame.allocation.iter().copied();
        self.frame.fewest / least.fold(f64::INFINITY, f64::min)
    }

    // ---- n ------------------------------------------------------------------------------------

    fn n(&self, effect: f64, target: f64) -> Result<Found, Error> {
        let lacking =
            |n: f64| -> Result<f64, Error> { Ok(self.form.power(&self.real(n), effect)? - target) };
        let mut low = self.smallest();
        let reached = lacking(low)? >= 0.0;
        let exact = if reached {
            None
        } else {
            let mut high = low;
            loop {
                if high >= LARGEST {
                    return Err(self.never(effect, target));
                }
                high = (2.0 * high).min(LARGEST);
                if lacking(high)? >= 0.0 {
                    break;
                }
                low = high;
            }
            Some(solved(low.ln(), high.ln(), |ln_n| lacking(ln_n.exp()))?.exp())
        };
        // The root has its last digit from chance: what is whole but for that is whole.
        let mut n = exact.map_or_else(|| low.ceil(), |n| (n * (1.0 - 1e-12)).ceil());
        while n - 1.0 >= self.smallest() && self.form.power(&self.whole(n - 1.0), effect)? >= target
        {
            n -= 1.0;
        }
        Ok(Found { n, exact })
    }

    fn whole_n(&self, effect: f64, target: f64) -> Result<Found, Error> {
        let enough = |n: f64| -> Result<bool, Error> {
            Ok(self.form.power(&self.whole(n), effect)? >= target)
        };
        let first = self.smallest().ceil();
        let (mut low, mut high) = (first - 1.0, first);
        while !enough(high)? {
            if high >= LARGEST {
                return Err(self.never(effect, target));
            }
            low = high;
            high *= 2.0;
        }
        while high - low > 1.0 {
            let middle = f64::midpoint(low, high).floor();
            if enough(middle)? {
                high = middle;
            } else {
                low = middle;
            }
        }
        let mut n = high;
        let mut below = high - 1.0;
        while below >= first && below >= n - (high / 8.0).max(4.0) {
            if enough(below)? {
                n = below;
            }
            below -= 1.0;
        }
        Ok(Found { n, exact: None })
    }

    fn never(&self, effect: f64, target: f64) -> Error {
        Error::Unreachable {
            asked: format!("a power of {target} for an effect of {effect}"),
            why: format!(
                "{} does not have it with up to {LARGEST:e} {} in the first arm",
                self.frame.name,
                self.frame.unit.name()
            ),
            hint: "the effect is none, too small, or on the side that is not tested",
        }
    }

    // ---- effect -------------------------------------------------------------------------------

    fn solve_effect(&self, sizes: &[f64], target: f64, direction: Direction) -> Result<f64, Error> {
        let Frame {
            centre,
            effects: [low, high],
            ..
        } = self.frame;
        let direction = direction.tested(self.frame.alternative);
        let (sign, end) = match direction {
            Direction::Increase => (1.0, high),
            Direction::Decrease => (-1.0, low),
        };
        let lacking =
            |effect: f64| -> Result<f64, Error> { Ok(self.form.power(sizes, effect)? - target) };
        let at_centre = lacking(centre)?;
        let mut far = centre;
        let mut step = self.frame.scale;
        loop {
            // Ever nearer to the end of the scale, which itself is no effect.
            let next = far + sign * step.min((end - far).abs() / 2.0);
            step *= 1.5;
            let stuck = next == end || next == far || !next.is_finite();
            if stuck || (end.is_finite() && (end - next).abs() < 1e-9 * self.frame.scale) {
                return Err(Error::Unreachable {
                    asked: format!("a power of {target}"),
                    why: format!(
                        "no effect of {} has it with {} {}",
                        self.frame.name,
                        sizes
                            .iter()
                            .map(f64::to_string)
                            .collect::<Vec<_>>()
                            .join(" and "),
                        self.frame.unit.name()
                    ),
                    hint: "take more of them, or ask for less power",
                });
            }
            let near = far;
            far = next;
            if (lacking(far)? >= 0.0) != (at_centre >= 0.0) {
                return solved(near, far, lacking);
            }
        }
    }

    // ---- the answer ---------------------------------------------------------------------------

    fn answer(
        &self,
        solved: Solved,
        sizes: Vec<f64>,
        exact_n: Option<f64>,
        effect: f64,
        target: Option<f64>,
    ) -> Result<Power, Error> {
        let frame = &self.frame;
        let power = self.form.power(&sizes, effect)?;
        let mut cautions = self.form.cautions(&sizes, effect);
        if solved == Solved::N && frame.sizes == Sizes::Whole {
            cautions.push(Caution::Note(
                "The power of an exact test grows in a zigzag: a few more may have a little less."
                    .to_owned(),
            ));
        }
        if frame.unit == PowerUnit::Clusters && sizes.iter().any(|&n| n < 10.0) {
            let clusters = sizes.iter().sum();
            // No robust standard errors here: what is doubtful is the t of so few figures.
            cautions.push(Caution::Note(format!(
                "Only {} clusters: a t test on their figures leans on their being nearly normal.",
                count(clusters)
            )));
        }
        Ok(Power {
            solved,
            n: sizes.iter().map(|&n| units(n)).collect(),
            unit: frame.unit,
            exact_n,
            recruited: None,
            measure: frame.measure.clone(),
            effect,
            power: power.clamp(0.0, 1.0),
            target,
            alpha: frame.alpha,
            alternative: frame.alternative,
            method: frame.method.clone(),
            assumed: Vec::new(),
            cautions,
        }
        .checked()?)
    }
}

/// The root of a function that may fail, between two ends of opposite sign.
fn solved(low: f64, high: f64, f: impl Fn(f64) -> Result<f64, Error>) -> Result<f64, Error> {
    let failed = RefCell::new(None);
    let x = root(low, high, |x| {
        f(x).unwrap_or_else(|error| {
            failed.borrow_mut().get_or_insert(error);
            0.0
        })
    });
    match failed.into_inner() {
        Some(error) => Err(error),
        None => Ok(x),
    }
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "whole numbers of at most a few thousand million, never below zero"
)]
pub(super) fn units(n: f64) -> u64 {
    n as u64
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "whole numbers of at most a few thousand million, never below zero"
)]
fn count(n: f64) -> usize {
    n as usize
}
