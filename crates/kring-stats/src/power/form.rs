//! What the solver must know of a design.

use kring_core::{Alternative, Caution, Measure, PowerUnit};

use crate::Error;

/// A design, once its options are checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Frame {
    /// What it is called in messages.
    pub name: &'static str,
    /// How it is computed, in words.
    pub method: String,
    pub measure: Measure,
    pub alpha: f64,
    pub alternative: Alternative,
    pub unit: PowerUnit,
    /// The arms' sizes beside the first one's, which is 1.
    pub allocation: Vec<f64>,
    /// The fewest units an arm may have.
    pub fewest: f64,
    /// Whether n may be any number while it is looked for.
    pub sizes: Sizes,
    /// The effect from which effects are looked for: none, or the middle of two margins.
    pub centre: f64,
    /// Between which values an effect must lie; they themselves are not effects.
    pub effects: [f64; 2],
    /// A usual effect: how far the first step away from the centre goes.
    pub scale: f64,
}

/// What numbers n may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sizes {
    /// Any: the power grows smoothly.
    Real,
    /// Whole ones only: the power of an exact test grows in a zigzag.
    Whole,
}

/// A design whose power has a closed form; the verb is `ClosedForm::solve`.
pub trait Form {
    /// The design for the solver; options that no study can have are refused here.
    fn frame(&self) -> Result<Frame, Error>;

    /// The power of arms of these sizes, at an effect within the frame's range.
    fn power(&self, sizes: &[f64], effect: f64) -> Result<f64, Error>;

    /// Doubts about a study of these sizes.
    fn cautions(&self, _sizes: &[f64], _effect: f64) -> Vec<Caution> {
        Vec::new()
    }
}

/// The sizes of two arms.
pub(super) fn two(sizes: &[f64]) -> Result<[f64; 2], Error> {
    <[f64; 2]>::try_from(sizes).map_err(|_| wrong(2, sizes))
}

/// The size of the one group there is.
pub(super) fn one(sizes: &[f64]) -> Result<f64, Error> {
    <[f64; 1]>::try_from(sizes)
        .map(|[n]| n)
        .map_err(|_| wrong(1, sizes))
}

fn wrong(arms: usize, sizes: &[f64]) -> Error {
    Error::Shape {
        what: "the sizes of the arms".to_owned(),
        expected: arms.to_string(),
        found: sizes.len().to_string(),
    }
}

/// A number above zero.
pub(super) fn positive(what: &str, x: f64) -> Result<f64, Error> {
    if x > 0.0 && x.is_finite() {
        return Ok(x);
    }
    Err(argument(what, "a number above zero", x))
}

/// A number of zero or more.
pub(super) fn not_negative(what: &str, x: f64) -> Result<f64, Error> {
    if x >= 0.0 && x.is_finite() {
        return Ok(x);
    }
    Err(argument(what, "a number of zero or more", x))
}

/// A share strictly between 0 and 1.
pub(super) fn share(what: &str, x: f64) -> Result<f64, Error> {
    if x > 0.0 && x < 1.0 {
        return Ok(x);
    }
    Err(argument(what, "a share between 0 and 1", x))
}

/// A correlation strictly between −1 and 1.
pub(super) fn correlation(what: &str, x: f64) -> Result<f64, Error> {
    if x > -1.0 && x < 1.0 {
        return Ok(x);
    }
    Err(argument(what, "a correlation between -1 and 1", x))
}

pub(super) fn argument(what: &str, expected: &'static str, found: f64) -> Error {
    Error::Argument {
        what: what.to_owned(),
        expected,
        found: found.to_string(),
    }
}
