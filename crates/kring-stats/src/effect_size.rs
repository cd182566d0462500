//! Differences of means in standard deviations, and the conversions a meta-analysis needs.
//!
//! ```text
//! d = (difference of means) / s          s: the standardiser, with df degrees of freedom
//! g = J d,  J = Γ(df/2) / (√(df/2) Γ((df − 1)/2))                        Hedges's correction
//! noncentral t   d = t √h:  the limits are √h times the δ at which t has tails (1 − level)/2
//! normal         g ± z √V,  V = v + w g²    v: of the mean difference / s²,  w: of s, both large-sample
//! ```
//! What s, df, h, v and w are depends on the design: [`MeanEffect`] for two groups, [`PairedEffect`]
//! for two measurements of the same subjects, [`ChangeEffect`] for change in one arm against another.
//! Noncentral limits are exact for normal data with one variance and √h known, that is for the
//! pooled standardiser and for d_z; elsewhere they are approximate.
//!
//! Hedges LV (1981), J Educ Stat 6:107–128, doi 10.3102/10769986006002107; Cumming G, Finch S (2001),
//! Educ Psychol Meas 61:532–574, doi 10.1177/0013164401614002; Goulet-Pelletier JC, Cousineau D
//! (2018), Quant Meth Psych 14:242–265, doi 10.20982/tqmp.14.4.p242.

mod change;
mod convert;
mod paired;
mod two_groups;

pub use change::{Arm, ChangeEffect};
pub use convert::{EffectD, EffectFisherZ, EffectLogOdds, EffectR};
pub use paired::{PairedEffect, PairedFigures, PairedStandardizer};
pub use two_groups::{MeanEffect, Standardizer};

use kring_core::{
    Alternative, Caution, Estimate, Interval, IntervalKind, Measure, Reference, Sample, Value,
};
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::dist::{self, noncentral, special::ln_gamma};
use crate::summary::{mean, sum_of_squares};
use crate::t_test::Group;

/// What a paper prints of one group: its size, mean and standard deviation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Figures<'a> {
    /// What the group is called.
    pub name: &'a str,
    /// How many have a value.
    pub n: usize,
    /// Their mean.
    pub mean: f64,
    /// Their standard deviation, with n − 1 in the denominator.
    pub sd: f64,
}

/// Whether the small-sample bias of d is taken out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Correction {
    /// d as it is, as Cohen's.
    None,
    /// Hedges's exact factor J: g.
    #[default]
    Hedges,
}

/// Where the limits of the interval come from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Limits {
    /// The noncentral t distribution. There is no p-value beside it: the test is that of the difference
    /// of means itself, and p is 1 − level where the interval touches zero.
    #[default]
    NoncentralT,
    /// The normal approximation with the large-sample variance, as meta-analyses take it.
    Normal,
}

impl<'a> Figures<'a> {
    /// The figures of some values; at least two, all of them finite.
    pub fn of(group: Group<'a>) -> Result<Self, Error> {
        let Group { name, values } = group;
        all_finite(name, values)?;
        if values.len() < 2 {
            return Err(too_few(name, 2, values.len()));
        }
        let mean = mean(values);
        Self {
            name,
            n: values.len(),
            mean,
            sd: (sum_of_squares(values, mean) / (values.len() as f64 - 1.0)).sqrt(),
        }
        .checked()
    }

    /// The same, if they can be the figures of a group.
    pub(crate) fn checked(self) -> Result<Self, Error> {
        if self.n < 2 {
            return Err(too_few(self.name, 2, self.n));
        }
        if !(self.mean.is_finite() && self.sd.is_finite()) {
            return Err(Error::Overflow {
                what: format!("the mean or standard deviation of {}", self.name),
            });
        }
        if self.sd < 0.0 {
            return Err(Error::Argument {
                what: format!("the standard deviation of {}", self.name),
                expected: "a number of zero or more",
                found: self.sd.to_string(),
            });
        }
        Ok(self)
    }

    fn n(&self) -> f64 {
        self.n as f64
    }
}

/// A difference in standard deviations with what its interval needs: the letters of the head.
struct Standardized {
    label: String,
    method: String,
    d: f64,
    h: f64,
    df: f64,
    v: f64,
    w: f64,
    sample: Sample,
    cautions: Vec<Caution>,
}

/// Below this many degrees of freedom approximate limits tend to be too narrow.
const FEW_DF: f64 = 20.0;

/// The doubt about limits in small samples. Noncentral limits are exact where √h is known, that is
/// for the pooled standardiser and d_z.
fn rough(standardizer_is_exact: bool, limits: Limits, df: f64) -> Vec<Caution> {
    let exact = standardizer_is_exact && limits == Limits::NoncentralT;
    if exact || df >= FEW_DF {
        return Vec::new();
    }
    vec![Caution::Note(format!(
        "Only {df:.0} degrees of freedom: the limits are approximate here and tend to lie too near \
        to the estimate."
    ))]
}

impl Standardized {
    fn estimate(
        self,
        correction: Correction,
        limits: Limits,
        level: f64,
    ) -> Result<Estimate, Error> {
        dist::check_level(level)?;
        let j = match correction {
            Correction::None => 1.0,
            Correction::Hedges => hedges(self.df)?,
        };
        let g = j * self.d;
        let std_error = (self.v + self.w * g * g).sqrt();
        let (reference, p_value, interval) = match limits {
            Limits::NoncentralT => {
                let reference = Reference::StudentT { df: self.df };
                let root = self.h.sqrt();
                let t = self.d / root;
                let delta = noncentral::interval(t, level, reference)?;
                let interval = Interval {
                    low: Some(j * root * delta.low),
                    high: Some(j * root * delta.high),
                    level,
                    kind: IntervalKind::Noncentral,
                };
                (reference, None, interval)
            }
            Limits::Normal => {
                let reference = Reference::Normal;
                let width = dist::critical(level, reference)? * std_error;
                let interval = Interval {
                    low: Some(g - width),
                    high: Some(g + width),
                    level,
                    kind: IntervalKind::Wald,
                };
                let p_value = dist::p_value(g / std_error, reference, Alternative::TwoSided)?;
                (reference, Some(p_value), interval)
            }
        };
        let limits = match limits {
            Limits::NoncentralT => "noncentral t interval",
            Limits::Normal => "normal interval",
        };
        let estimate = Estimate {
            label: self.label,
            measure: Measure::StandardizedMeanDifference,
            value: Value::Value(g),
            std_error: Some(std_error),
            null: 0.0,
            alternative: Alternative::TwoSided,
            reference,
            interval: Some(interval),
            p_value,
            sample: self.sample,
            method: format!("{}, {limits}", self.method),
            cautions: self.cautions,
        };
        Ok(estimate.checked()?)
    }
}

/// J = Γ(df/2) / (√(df/2) Γ((df − 1)/2)), which needs more than one degree of freedom.
fn hedges(df: f64) -> Result<f64, Error> {
    if df <= 1.0 {
        return Err(Error::Argument {
            what: "the degrees of freedom of Hedges's correction".to_owned(),
            expected: "more than one (leave the correction out, or take more subjects)",
            found: df.to_string(),
        });
    }
    // Beyond this the logarithms lose more digits than the series.
    if df > 1e4 {
        let m = 1.0 / df;
        return Ok(1.0 - m * (0.75 + m * (7.0 / 32.0)));
    }
    Ok((ln_gamma(df / 2.0) - ln_gamma((df - 1.0) / 2.0)).exp() / (df / 2.0).sqrt())
}

fn all_finite(name: &str, values: &[f64]) -> Result<(), Error> {
    match values.iter().position(|x| !x.is_finite()) {
        None => Ok(()),
        Some(row) => Err(kring_core::Error::NotFinite {
            what: name.to_owned(),
            row,
        }
        .into()),
    }
}

fn too_few(name: &str, needed: usize, found: usize) -> Error {
    Error::TooFew {
        method: "a standardised difference",
        what: format!("values in {name}"),
        needed,
        found,
    }
}

fn constant(what: String) -> Error {
    Error::Constant {
        method: "a standardised difference",
        what,
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    reason = "a test may stop at what it did not expect"
)]
mod tests {
    use super::*;

    #[test]
    fn the_correction_by_hand_and_its_series() {
        // Γ(1) / (1 · Γ(1/2)) = 1/√π with two degrees of freedom; Γ(2)/(√2 Γ(3/2)) = √(2/π) with four.
        assert!((hedges(2.0).unwrap() - 1.0 / std::f64::consts::PI.sqrt()).abs() < 1e-13);
        assert!((hedges(4.0).unwrap() - (2.0 / std::f64::consts::PI).sqrt()).abs() < 1e-13);
        // Both sides of where the series takes over.
        let exact = (ln_gamma(5000.5) - ln_gamma(5000.0)).exp() / 5000.5_f64.sqrt();
        assert!((hedges(10_001.0).unwrap() - exact).abs() < 1e-11);
        assert!(hedges(1.0).is_err());
    }
}
