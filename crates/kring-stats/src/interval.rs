//! The ends of an interval from the ends of its tails.

use kring_core::{Alternative, Interval, IntervalKind};

use crate::{Error, dist};

/// What each end leaves outside: half of 1 − level, or all of it where the alternative has one side.
pub(crate) fn tail(level: f64, alternative: Alternative) -> Result<f64, Error> {
    dist::check_level(level)?;
    Ok(match alternative {
        Alternative::TwoSided => (1.0 - level) / 2.0,
        Alternative::Less | Alternative::Greater => 1.0 - level,
    })
}

/// An interval whose ends are functions of the probability that each leaves outside. The end on the
/// open side of a one-sided alternative is absent.
pub(crate) fn interval(
    level: f64,
    alternative: Alternative,
    kind: IntervalKind,
    low: impl FnOnce(f64) -> Option<f64>,
    high: impl FnOnce(f64) -> Option<f64>,
) -> Result<Interval, Error> {
    let tail = tail(level, alternative)?;
    let finite = |x: &f64| x.is_finite();
    Ok(Interval {
        low: if alternative == Alternative::Less {
            None
        } else {
            low(tail).filter(finite)
        },
        high: if alternative == Alternative::Greater {
            None
        } else {
            high(tail).filter(finite)
        },
        level,
        kind,
    })
}

/// value ± quantile × error of the normal distribution.
pub(crate) fn wald(
    value: f64,
    std_error: f64,
    level: f64,
    alternative: Alternative,
) -> Result<Interval, Error> {
    let z = normal_quantile(level, alternative)?;
    interval(
        level,
        alternative,
        IntervalKind::Wald,
        |_| Some(value - z * std_error),
        |_| Some(value + z * std_error),
    )
}

/// The quantile of the normal distribution that a level and an alternative ask for: 1.96.
pub(crate) fn normal_quantile(level: f64, alternative: Alternative) -> Result<f64, Error> {
    dist::upper_quantile(tail(level, alternative)?, kring_core::Reference::Normal)
}
