//! Power where whole clusters (teams, coordinators, municipalities) are allocated to the arms.
//!
//! ```text
//! clusters  k₁, k₂ with m subjects on average, m varying by the coefficient of variation cv
//! effect    DE = 1 + ((1 + cv²) m − 1) ICC
//! mean      variance of an arm's mean σ² DE/(k m);  share  p(1 − p) DE/(k m)
//! rate      of the log of an arm's rate ((1 + cv²)/(λ t m) + c²)/k,  c the coefficient of variation of
//!           the clusters' true rates
//! power     P(t_df(δ) > t_c), δ = effect / √(variance₁ + variance₂), df = k₁ + k₂ − 2: a t test on
//!           the clusters' figures
//! ```
//! DE with cv is for an analysis that weighs subjects alike and is somewhat too large for one that weighs
//! clusters best. R's package CRTSize has the normal form.
//!
//! Eldridge SM, Ashby D, Kerry S (2006), Int J Epidemiol 35:1292–1300, doi 10.1093/ije/dyl129; Hayes RJ,
//! Bennett S (1999), Int J Epidemiol 28:319–326, doi 10.1093/ije/28.2.319; Donner A, Klar N (2000),
//! Design and Analysis of Cluster Randomization Trials.

use kring_core::{Alternative, Measure, PowerUnit};
use serde::{Deserialize, Serialize};

use super::OtherTail;
use super::form::{Form, Frame, Sizes, argument, not_negative, positive, share, two};
use super::tail::Level;
use crate::Error;

/// Two arms of clusters; n counts clusters, and the effect is the first arm less the second (of rates
/// the log of the ratio).
///
/// ```
/// use kring_stats::power::{ClosedForm, ClusterOutcome, Clusters, Solve};
/// let outcome = ClusterOutcome::Mean { sd: 1.0, icc: 0.05 };
/// let plan = Clusters { outcome, size: 20.0, ..Clusters::default() };
/// // DE = 1.95: 64 · 1.95 / 20 = 6.2 clusters by the normal, two more for the t.
/// assert_eq!(plan.solve(Solve::N { effect: 0.5, power: 0.8 })?.n, [8, 8]);
/// # Ok::<(), kring_stats::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Clusters {
    /// What is measured.
    pub outcome: ClusterOutcome,
    /// The mean number of subjects in a cluster.
    pub size: f64,
    /// The coefficient of variation of that number; zero where all clusters are of one size.
    pub size_cv: f64,
    /// The clusters of the second arm beside those of the first.
    pub allocation: f64,
    /// The error rate of the test.
    pub alpha: f64,
    /// On which side the alternative lies.
    pub alternative: Alternative,
    /// Whether a find with the wrong sign counts.
    pub other_tail: OtherTail,
}

/// What is measured in the clusters.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum ClusterOutcome {
    /// A score.
    Mean {
        /// Its standard deviation over all subjects of an arm.
        sd: f64,
        /// The intraclass correlation.
        icc: f64,
    },
    /// An event that is there or not.
    Share {
        /// The share of the second arm.
        second: f64,
        /// The intraclass correlation.
        icc: f64,
    },
    /// A count over time.
    Rate {
        /// The rate of the second arm, per unit of exposure.
        second: f64,
        /// The mean exposure of a subject.
        exposure: f64,
        /// The coefficient of variation of the clusters' true rates within an arm.
        between: f64,
    },
}

impl Default for Clusters {
    fn default() -> Self {
        Self {
            outcome: ClusterOutcome::Mean { sd: 1.0, icc: 0.05 },
            size: 20.0,
            size_cv: 0.0,
            allocation: 1.0,
            alpha: 0.05,
            alternative: Alternative::TwoSided,
            other_tail: OtherTail::Ignored,
        }
    }
}

impl Clusters {
    fn level(&self) -> Level {
        Level {
            alpha: self.alpha,
            alternative: self.alternative,
            other_tail: self.other_tail,
        }
    }

    /// DE: how many times more subjects are needed than without clusters.
    fn design_effect(&self, icc: f64) -> f64 {
        1.0 + ((1.0 + self.size_cv * self.size_cv) * self.size - 1.0) * icc
    }
}

impl Form for Clusters {
    fn frame(&self) -> Result<Frame, Error> {
        self.level().check()?;
        if !(self.size >= 1.0 && self.size.is_finite()) {
            return Err(argument(
                "the size of a cluster",
                "a number of one or more",
                self.size,
            ));
        }
        not_negative(
            "the coefficient of variation of the clusters' sizes",
            self.size_cv,
        )?;
        positive("the allocation", self.allocation)?;
        let checked_icc = |icc: f64| {
            if (0.0..=1.0).contains(&icc) {
                return Ok(());
            }
            Err(argument(
                "the intraclass correlation",
                "a number from 0 to 1",
                icc,
            ))
        };
        let everywhere = [f64::NEG_INFINITY, f64::INFINITY];
        let (what, measure, effects, scale) = match self.outcome {
            ClusterOutcome::Mean { sd, icc } => {
                checked_icc(icc)?;
                let sd = positive("the SD", sd)?;
                let unit = None;
                ("means", Measure::MeanDifference { unit }, everywhere, sd)
            }
            ClusterOutcome::Share { second, icc } => {
                checked_icc(icc)?;
                share("the share of the second arm", second)?;
                let effects = [-second, 1.0 - second];
                ("shares", Measure::RiskDifference, effects, 0.1)
            }
            ClusterOutcome::Rate {
                second,
                exposure,
                between,
            } => {
                positive("the rate of the second arm", second)?;
                positive("the exposure", exposure)?;
                not_negative(
                    "the coefficient of variation of the clusters' rates",
                    between,
                )?;
                ("rates", Measure::LogRateRatio, [-100.0, 100.0], 0.25)
            }
        };
        Ok(Frame {
            name: "the comparison of clusters",
            method: format!("t test of {what} on clusters, with the design effect"),
            measure,
            alpha: self.alpha,
            alternative: self.alternative,
            unit: PowerUnit::Clusters,
            allocation: vec![1.0, self.allocation],
            fewest: 2.0,
            sizes: Sizes::Real,
            centre: 0.0,
            effects,
            scale,
        })
    }

    fn power(&self, sizes: &[f64], effect: f64) -> Result<f64, Error> {
        let k = two(sizes)?;
        let m = self.size;
        // Of one cluster, in either arm.
        let [first, second] = match self.outcome {
            ClusterOutcome::Mean { sd, icc } => [sd * sd * self.design_effect(icc) / m; 2],
            ClusterOutcome::Share { second, icc } => {
                [second + effect, second].map(|p| p * (1.0 - p) * self.design_effect(icc) / m)
            }
            ClusterOutcome::Rate {
                second,
                exposure,
                between,
            } => [second * effect.exp(), second].map(|rate| {
                (1.0 + self.size_cv * self.size_cv) / (rate * exposure * m) + between * between
            }),
        };
        let delta = effect / (first / k[0] + second / k[1]).sqrt();
        self.level().student(delta, k[0] + k[1] - 2.0)
    }
}
