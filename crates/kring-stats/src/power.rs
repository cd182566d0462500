//! How many are needed, what can be found, and how surely: closed forms of power.
//!
//! ```text
//! test       rejects when its statistic passes the critical value c of level α
//! power      P(the statistic passes c), given the sizes n and an effect:  π(n, effect)
//! solve      one of n, effect and power from the other two:
//!            n       smallest whole n with π ≥ target; with n the root n* of π(n*) = target
//!            effect  root of π(n, ·) = target, from no effect towards the side that is tested
//! arms       n is the first arm's; arm j has a_j n, rounded up, a the allocation
//! two-sided  R's default leaves out the wrong tail: Φ(δ − c); `strict` adds Φ(−δ − c)
//! ```
//! One struct a design, with the effect in the unit of its measure, ratios as logs, always the first
//! arm less the second:
//!
//! | design | effect | its power |
//! |---|---|---|
//! | [`TwoMeans`] | difference of means | noncentral t; Welch's test exact too |
//! | [`OneMean`], [`PairedMeans`], [`ChangeScores`] | mean, mean change, difference of changes | noncentral t |
//! | [`Ancova`] | adjusted difference | exact, or the SD times √(1 − r²) |
//! | [`EquivalentMeans`], [`NonInferiorMeans`] | true difference | Owen's Q; noncentral t |
//! | [`TwoProportions`] | difference of shares | normal, arcsine, Fisher's and Boschloo's test exact |
//! | [`PairedProportions`] | difference of shares | McNemar's test: normal, exact, mid-p |
//! | [`TwoRates`], [`RateChange`] | log rate ratio, log ratio of rate ratios | Wald's test, Poisson and negative binomial |
//! | [`OneWay`], [`ChiSquaredW`], [`CorrelationR`] | Cohen's f, Cohen's w, r | noncentral F, noncentral χ², Fisher's z and exact |
//! | [`RepeatedMeasures`] | difference of means, of changes or of slopes | t or normal, with dropout |
//! | [`Clusters`] | difference of means or shares, log rate ratio | t on clusters, with the design effect |
//!
//! [`Plan`] is any of them as plain data. [`Dropout`] says how many to start with.
//!
//! **Never observed power.** Ask with an effect that somebody would not want to miss, and fix it before
//! the data are seen. The power at an effect that was estimated is a function of its p-value and says
//! nothing that the p-value does not (p = 0.05 is always "power" 0.5); an interval tells what a study
//! that is done can exclude. Nothing here takes an [`Estimate`](kring_core::Estimate).
//!
//! Hoenig JM, Heisey DM (2001), Am Stat 55:19–24, doi 10.1198/000313001300339897; Cohen J (1988),
//! Statistical Power Analysis for the Behavioral Sciences. Differences from R: effects are signed, n is
//! given rounded up with the power reached (`exact_n` is R's), arms may have any allocation, and roots
//! are found to the last digits where R's `uniroot` stops at four.

use kring_core::{Alternative, Power};
use serde::{Deserialize, Serialize};

use crate::Error;

mod ancova;
mod clusters;
mod correlation;
mod dropout;
mod equivalence;
mod exact_shares;
mod form;
mod groups;
mod means;
mod mixture;
mod paired_shares;
mod rates;
mod repeated;
mod shares;
mod solver;
mod tail;

pub use ancova::{Ancova, AncovaPower};
pub use clusters::{ClusterOutcome, Clusters};
pub use correlation::{CorrelationPower, CorrelationR};
pub use dropout::Dropout;
pub use equivalence::{EquivalentMeans, NonInferiorMeans};
pub use groups::{ChiSquaredW, OneWay};
pub use means::{ChangeScores, ChangeSpread, OneMean, PairedMeans, TwoMeans, WelchPower};
pub use paired_shares::{PairedProportions, PairedProportionsPower, PairedShares};
pub use rates::{CountCorrelation, Dispersion, NullRates, RateChange, TwoRates};
pub use repeated::{
    CorrelationStructure, RepeatedAnalysis, RepeatedMeasures, RepeatedReference, Retention,
};
pub use shares::{ProportionsPower, TwoProportions};

/// What is looked for, and what is given.
///
/// `n` is the size of the first arm; the others follow from the allocation of the design.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Solve {
    /// How often an effect is found.
    Power {
        /// The size of the first arm.
        n: u64,
        /// The effect.
        effect: f64,
    },
    /// How many are needed to find an effect so often.
    N {
        /// The effect.
        effect: f64,
        /// The power wanted, above α.
        power: f64,
    },
    /// The smallest effect that is found so often (of equivalence: the largest that is excluded so
    /// often).
    Effect {
        /// The size of the first arm.
        n: u64,
        /// The power wanted, above α.
        power: f64,
        /// To which side of no effect a two-sided test is solved; one-sided tests have their own.
        #[serde(default)]
        direction: Direction,
    },
}

/// To which side an effect goes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// The first arm has more.
    #[default]
    Increase,
    /// The first arm has less.
    Decrease,
}

/// What becomes of the tail on the wrong side of a two-sided test.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OtherTail {
    /// It is left out: a difference that is found with the wrong sign is no find. R's default.
    #[default]
    Ignored,
    /// It counts: R's `strict = TRUE`, and how the package pwr computes.
    Counted,
}

/// A design whose power has a closed form.
pub trait ClosedForm: form::Form {
    /// Solves for one of n, effect and power.
    ///
    /// ```
    /// use kring_stats::power::{ClosedForm, Solve, TwoMeans};
    /// use kring_stats::t_test::Variance;
    /// let plan = TwoMeans { variance: Variance::Equal, ..TwoMeans::default() };
    /// let needed = plan.solve(Solve::N { effect: 0.5, power: 0.8 })?;
    /// assert_eq!(needed.n, [64, 64]);
    /// assert!((needed.power - 0.801_459_6).abs() < 1e-6);
    /// # Ok::<(), kring_stats::Error>(())
    /// ```
    fn solve(&self, solve: Solve) -> Result<Power, Error>;
}

impl<F: form::Form> ClosedForm for F {
    fn solve(&self, solve: Solve) -> Result<Power, Error> {
        solver::solve(self, solve)
    }
}

/// Any design as plain data: `{ design = "two_means", sd = [4, 4] }`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "design", rename_all = "snake_case")]
#[non_exhaustive]
#[allow(
    missing_docs,
    reason = "each variant is the design of its name, documented there"
)]
pub enum Plan {
    TwoMeans(TwoMeans),
    OneMean(OneMean),
    PairedMeans(PairedMeans),
    ChangeScores(ChangeScores),
    Ancova(Ancova),
    EquivalentMeans(EquivalentMeans),
    NonInferiorMeans(NonInferiorMeans),
    TwoProportions(TwoProportions),
    PairedProportions(PairedProportions),
    TwoRates(TwoRates),
    RateChange(RateChange),
    OneWay(OneWay),
    ChiSquaredW(ChiSquaredW),
    CorrelationR(CorrelationR),
    RepeatedMeasures(RepeatedMeasures),
    Clusters(Clusters),
}

impl Plan {
    /// Solves for one of n, effect and power.
    ///
    /// ```
    /// use kring_stats::power::{Plan, Solve, TwoRates};
    /// let plan = Plan::TwoRates(TwoRates::default());
    /// let found = plan.solve(Solve::Power { n: 55, effect: 0.5_f64.ln() })?;
    /// // V = (1/0.5 + 1)/55, and Φ(0.6931/√V − 1.96) = Φ(1.008).
    /// assert!((found.power - 0.843).abs() < 1e-3);
    /// # Ok::<(), kring_stats::Error>(())
    /// ```
    pub fn solve(&self, solve: Solve) -> Result<Power, Error> {
        match self {
            Self::TwoMeans(plan) => plan.solve(solve),
            Self::OneMean(plan) => plan.solve(solve),
            Self::PairedMeans(plan) => plan.solve(solve),
            Self::ChangeScores(plan) => plan.solve(solve),
            Self::Ancova(plan) => plan.solve(solve),
            Self::EquivalentMeans(plan) => plan.solve(solve),
            Self::NonInferiorMeans(plan) => plan.solve(solve),
            Self::TwoProportions(plan) => plan.solve(solve),
            Self::PairedProportions(plan) => plan.solve(solve),
            Self::TwoRates(plan) => plan.solve(solve),
            Self::RateChange(plan) => plan.solve(solve),
            Self::OneWay(plan) => plan.solve(solve),
            Self::ChiSquaredW(plan) => plan.solve(solve),
            Self::CorrelationR(plan) => plan.solve(solve),
            Self::RepeatedMeasures(plan) => plan.solve(solve),
            Self::Clusters(plan) => plan.solve(solve),
        }
    }
}

impl Direction {
    /// The side that a test looks to.
    fn tested(self, alternative: Alternative) -> Self {
        match alternative {
            Alternative::TwoSided => self,
            Alternative::Greater => Self::Increase,
            Alternative::Less => Self::Decrease,
        }
    }
}
