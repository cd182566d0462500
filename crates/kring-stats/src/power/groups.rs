//! Power of one-way analysis of variance and of χ² tests of tables.
//!
//! ```text
//! one-way  f = √(Σ (μ_j − μ̄)²/k) / σ over k groups of n;  λ = k n f²,  P(F_{k−1, k(n−1)}(λ) > F_α)
//! χ²       w = √(Σ (p₁ − p₀)²/p₀) over cells;             λ = n w²,    P(χ²_df(λ) > χ²_α)
//! ```
//! Equal to R's `power.anova.test` (f² = between.var (k − 1) / (k within.var)) and, in package pwr,
//! `pwr.anova.test` and `pwr.chisq.test`.
//!
//! Cohen J (1988), Statistical Power Analysis for the Behavioral Sciences, chs. 7 and 8.

use kring_core::{Alternative, Measure, PowerUnit, Reference};
use serde::{Deserialize, Serialize};

use super::form::{Form, Frame, Sizes, argument, one, share};
use crate::dist::noncentral;
use crate::{Error, dist};

/// Several means at once, in groups of equal size; the effect is Cohen's f.
///
/// ```
/// use kring_stats::power::{ClosedForm, OneWay, Solve};
/// let plan = OneWay { groups: 3, alpha: 0.05 };
/// // Cohen (1988), table 8.4.4: 52 in each of three groups for f = 0.25 at power 0.80; exactly 52.4.
/// assert_eq!(plan.solve(Solve::N { effect: 0.25, power: 0.8 })?.n, [53, 53, 53]);
/// # Ok::<(), kring_stats::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OneWay {
    /// How many groups there are.
    pub groups: u32,
    /// The error rate of the test.
    pub alpha: f64,
}

/// The χ² test of a table; the effect is Cohen's w, and n all subjects together.
///
/// ```
/// use kring_stats::power::{ChiSquaredW, ClosedForm, Solve};
/// let plan = ChiSquaredW { df: 1, alpha: 0.05 };
/// assert_eq!(plan.solve(Solve::N { effect: 0.3, power: 0.8 })?.n, [88]);
/// # Ok::<(), kring_stats::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ChiSquaredW {
    /// The degrees of freedom: (rows − 1)(columns − 1).
    pub df: u32,
    /// The error rate of the test.
    pub alpha: f64,
}

impl Default for OneWay {
    fn default() -> Self {
        Self {
            groups: 3,
            alpha: 0.05,
        }
    }
}

impl Default for ChiSquaredW {
    fn default() -> Self {
        Self { df: 1, alpha: 0.05 }
    }
}

/// How often a χ² or F of noncentrality λ passes its critical value.
fn passes(lambda: f64, alpha: f64, reference: Reference) -> Result<f64, Error> {
    let critical = dist::upper_quantile(alpha, reference)?;
    noncentral::upper_tail(critical, lambda, reference)
}

impl Form for OneWay {
    fn frame(&self) -> Result<Frame, Error> {
        share("alpha, the error rate of the test,", self.alpha)?;
        if self.groups < 2 {
            return Err(argument(
                "the number of groups",
                "at least 2",
                f64::from(self.groups),
            ));
        }
        Ok(Frame {
            name: "one-way analysis of variance",
            method: "one-way analysis of variance, by the noncentral F".to_owned(),
            measure: Measure::CohensF,
            alpha: self.alpha,
            alternative: Alternative::TwoSided,
            unit: PowerUnit::Subjects,
            allocation: (0..self.groups).map(|_| 1.0).collect(),
            fewest: 2.0,
            sizes: Sizes::Real,
            centre: 0.0,
            effects: [-f64::MIN_POSITIVE, f64::INFINITY],
            scale: 0.25,
        })
    }

    fn power(&self, sizes: &[f64], effect: f64) -> Result<f64, Error> {
        let total: f64 = sizes.iter().sum();
        let k = f64::from(self.groups);
        let reference = Reference::F {
            numerator: k - 1.0,
            denominator: total - k,
        };
        passes(total * effect * effect, self.alpha, reference)
    }
}

impl Form for ChiSquaredW {
    fn frame(&self) -> Result<Frame, Error> {
        share("alpha, the error rate of the test,", self.alpha)?;
        if self.df < 1 {
            return Err(argument(
                "the degrees of freedom",
                "at least 1",
                f64::from(self.df),
            ));
        }
        Ok(Frame {
            name: "the χ² test",
            method: "χ² test, by the noncentral χ²".to_owned(),
            measure: Measure::CohensW,
            alpha: self.alpha,
            alternative: Alternative::TwoSided,
            unit: PowerUnit::Subjects,
            allocation: vec![1.0],
            fewest: 1.0,
            sizes: Sizes::Real,
            centre: 0.0,
            effects: [-f64::MIN_POSITIVE, f64::INFINITY],
            scale: 0.25,
        })
    }

    fn power(&self, sizes: &[f64], effect: f64) -> Result<f64, Error> {
        let n = one(sizes)?;
        let df = f64::from(self.df);
        passes(
            n * effect * effect,
            self.alpha,
            Reference::ChiSquared { df },
        )
    }
}
