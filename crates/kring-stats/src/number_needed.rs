//! The number needed to treat, with an interval that goes through infinity where it must.
//!
//! ```text
//! estimate   1/|RD|: to benefit (NNTB) where RD is on the wanted side, to harm (NNTH) on the other
//! interval   RD from l to u, both on one side: from 1/|farther| to 1/|nearer|
//!            l < 0 < u: NNTH 1/|l| … ∞ … NNTB 1/u: two pieces that meet at infinity
//! ```
//! An RD that is not significant has no number needed that could be read alone: the interval holds
//! no effect at all (∞), benefit, and harm. It is kept as two pieces, and no infinity is written.
//!
//! Altman DG (1998), BMJ 317:1309–1312, doi 10.1136/bmj.317.7168.1309; Newcombe RG (1999), BMJ
//! 318:1765, doi 10.1136/bmj.318.7200.1765.

use kring_core::{Estimate, Measure};
use serde::{Deserialize, Serialize};

use crate::Error;

/// The options: what the event is to the people concerned.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NumberNeeded {
    /// Whether the event is wanted.
    pub event: Event,
}

/// Whether an event is wanted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// It is: the network is involved, the child is safe.
    #[default]
    Wanted,
    /// It is not: a placement, a new report.
    Unwanted,
}

/// How many must get the first treatment rather than the second for one to be better, or worse, off.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NumberNeededToTreat {
    /// The estimate; absent where the risks are equal, since then no number is enough.
    pub value: Option<Needed>,
    /// The interval.
    pub interval: NeededInterval,
    /// The difference of risks that they come from.
    pub risk_difference: Estimate,
}

/// A number needed, with its direction.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Needed {
    /// So many for one to be better off.
    ToBenefit(f64),
    /// So many for one to be worse off.
    ToHarm(f64),
}

/// The interval of a number needed. An end that is absent is infinity.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NeededInterval {
    /// All of it is benefit.
    Benefit {
        /// The fewest.
        low: f64,
        /// The most.
        high: Option<f64>,
    },
    /// All of it is harm.
    Harm {
        /// The fewest.
        low: f64,
        /// The most.
        high: Option<f64>,
    },
    /// Both: from `benefit` up to infinity, and from infinity down to `harm`.
    ThroughInfinity {
        /// The fewest for one to be better off.
        benefit: f64,
        /// The fewest for one to be worse off.
        harm: f64,
    },
    /// No number is enough: the risks are equal without any doubt, as in groups of nobody ill.
    Infinite,
}

impl NumberNeeded {
    /// The number needed to treat of a difference of risks that has an interval with two ends.
    ///
    /// ```
    /// use kring_stats::events::Events;
    /// use kring_stats::number_needed::{Needed, NeededInterval, NumberNeeded};
    /// use kring_stats::two_proportions::RiskDifference;
    /// let (ekc, wt) = (Events { name: "EKC", events: 12, n: 40 }, Events { name: "WT", events: 8, n: 40 });
    /// let needed = NumberNeeded::default().of(RiskDifference::default().estimate(ekc, wt)?)?;
    /// assert!(matches!(needed.value, Some(Needed::ToBenefit(n)) if (n - 10.0).abs() < 1e-12));
    /// // The difference is not significant, so the interval goes through infinity.
    /// assert!(matches!(needed.interval, NeededInterval::ThroughInfinity { .. }));
    /// # Ok::<(), kring_stats::Error>(())
    /// ```
    pub fn of(&self, risk_difference: Estimate) -> Result<NumberNeededToTreat, Error> {
        let refused = |found: &str| Error::Argument {
            what: "what a number needed to treat comes from".to_owned(),
            expected: "a difference of risks with an interval that has two ends",
            found: found.to_owned(),
        };
        if risk_difference.measure != Measure::RiskDifference {
            return Err(refused(risk_difference.measure.name()));
        }
        let ends = risk_difference.interval.map(|i| (i.low, i.high));
        let (Some(value), Some((Some(low), Some(high)))) = (risk_difference.value.finite(), ends)
        else {
            return Err(refused("one without"));
        };
        // From here on, more is better.
        let (value, worst, best) = match self.event {
            Event::Wanted => (value, low, high),
            Event::Unwanted => (-value, -high, -low),
        };
        // 1/x, absent for an x so small that it is no number.
        let needed = |x: f64| Some(1.0 / x.abs()).filter(|n| n.is_finite());
        let direction = if value > 0.0 {
            Needed::ToBenefit
        } else {
            Needed::ToHarm
        };
        let interval = match (needed(worst), needed(best)) {
            (Some(harm), Some(benefit)) if worst < 0.0 && best > 0.0 => {
                NeededInterval::ThroughInfinity { benefit, harm }
            }
            (high, Some(low)) if best > 0.0 => NeededInterval::Benefit { low, high },
            (Some(low), high) if worst < 0.0 => NeededInterval::Harm { low, high },
            _ => NeededInterval::Infinite,
        };
        Ok(NumberNeededToTreat {
            value: needed(value).map(direction),
            interval,
            risk_difference,
        })
    }
}
