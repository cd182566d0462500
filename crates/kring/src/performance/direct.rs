//! Numbers from a draw itself, without a table between.
//!
//! ```text
//! means      Welch's or Student's test of the two columns, missing values left out
//! rates      Lord's third reading. The Poisson model of two waves and two arms has a mean for each of
//!            its four cells, so with m before and after in an arm
//!              log ratio of the arm  l = log m_a − log m_b,     δ = l_other − l_reference
//!              person i              z_i = y_ia/m_a − y_ib/m_b,  Σ z_i = 0
//!            A person's two rows lie in two cells, each with leverage 1/n: CR2 multiplies by
//!            n/(n − 1), and the variance of l is s²/n with s² = Σ z_i²/(n − 1). Under the working
//!            model var z = 1/m_a + 1/m_b =: w, and Satterthwaite's degrees of freedom are
//!              (w₁/n₁ + w₀/n₀)² / ((w₁/n₁)²/(n₁ − 1) + (w₀/n₀)²/(n₀ − 1))
//! ```
//! Where something is at its edge (a cell without events, no variation) there is no such number, and
//! the replicate goes by way of a table.
//!
//! Bell RM, McCaffrey DF (2002), Survey Methodology 28:169–181.

use kring_core::{Alternative, Reference};
use kring_sim::draw::Draw;
use kring_sim::generator::Distribution;
use kring_sim::performance::{Ends, Found};
use kring_sim::plan::Plan;
use kring_stats::dist;
use kring_stats::t_test::{Group, TTest};

use super::{ExperimentOptions, Rows};
use crate::method::Method;

/// The way that numbers take from a draw to an estimate.
#[derive(Debug, Clone, PartialEq)]
pub enum Path {
    /// By way of a table, as data do.
    Tables,
    /// The difference of two means, from the columns of the draw.
    Means {
        /// The outcome.
        outcome: usize,
        /// The wave.
        wave: usize,
        /// The test.
        options: TTest,
    },
    /// The ratio of the rates of two waves in two arms.
    Rates {
        /// The outcome.
        outcome: usize,
        /// The waves.
        waves: [usize; 2],
        /// The level of the interval.
        level: f64,
    },
}

/// How much of an estimate is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// All of it.
    Everything,
    /// Its p-value: an interval costs as much as the rest.
    Test,
}

/// The name of the third reading.
const RATIO: &str = "ratio of rates";

impl Path {
    /// The way of a method.
    pub(super) fn of(plan: &Plan, method: &Method, options: &ExperimentOptions) -> Self {
        Self::direct(plan, method, options).unwrap_or(Self::Tables)
    }

    fn direct(plan: &Plan, method: &Method, options: &ExperimentOptions) -> Option<Self> {
        let arms = &plan.generator().arms;
        let two = arms.len() == 2 && arms.iter().all(|arm| arm.families > 1);
        if !two || options.rows != Rows::Subjects {
            return None;
        }
        match method {
            Method::MeanDifference(m) if m.by == "arm" && options.term.is_none() => {
                let (outcome, wave) = cell(plan, &m.outcome)?;
                let ordinal = matches!(
                    plan.generator().outcomes[outcome].distribution,
                    Distribution::Ordinal { .. }
                );
                (!ordinal).then_some(Self::Means {
                    outcome,
                    wave,
                    options: m.options,
                })
            }
            Method::LordsParadox(m) if m.by == "arm" && options.term.as_deref() == Some(RATIO) => {
                let (outcome, before) = cell(plan, &m.before)?;
                let (same, after) = cell(plan, &m.after)?;
                let counts = matches!(
                    plan.generator().outcomes[outcome].distribution,
                    Distribution::Poisson { .. }
                        | Distribution::Nb1 { .. }
                        | Distribution::Nb2 { .. }
                );
                (same == outcome && before != after && counts).then_some(Self::Rates {
                    outcome,
                    waves: [before, after],
                    level: m.level.unwrap_or(TTest::default().level),
                })
            }
            _ => None,
        }
    }

    /// What a draw gives; nothing where it has to go by way of a table.
    pub(super) fn found(
        &self,
        plan: &Plan,
        draw: &Draw,
        replicate: u64,
        keep: Keep,
    ) -> Option<Found> {
        match self {
            Self::Tables => None,
            Self::Means {
                outcome,
                wave,
                options,
            } => means(plan, draw, replicate, (*outcome, *wave), options),
            Self::Rates {
                outcome,
                waves,
                level,
            } => rates(plan, draw, replicate, *outcome, *waves, (keep, *level)),
        }
    }
}

/// `problems_1` as outcome and wave.
fn cell(plan: &Plan, column: &str) -> Option<(usize, usize)> {
    let generator = plan.generator();
    let mut found = None;
    for (k, outcome) in generator.outcomes.iter().enumerate() {
        for (j, wave) in generator.waves.iter().enumerate() {
            if column == format!("{}_{}", outcome.name, wave.name) {
                found = Some((k, j));
            }
        }
    }
    found
}

fn means(
    plan: &Plan,
    draw: &Draw,
    replicate: u64,
    (outcome, wave): (usize, usize),
    options: &TTest,
) -> Option<Found> {
    let seen = |arm: usize| -> Vec<f64> {
        let families = plan.families_of(arm);
        let values = &draw.values(outcome, wave)[families.clone()];
        let seen = &draw.seen(outcome, wave)[families];
        let each = values.iter().zip(seen);
        each.filter(|(_, seen)| **seen).map(|(x, _)| *x).collect()
    };
    let (reference, other) = (seen(0), seen(1));
    let group = |values| Group { name: "", values };
    let found = options.two_samples(group(&other), group(&reference), None);
    Some(Found::of(replicate, &found.ok()?))
}

/// The log ratio of an arm, the variance of that, and the variance under the working model.
struct ArmChange {
    log_ratio: f64,
    variance: f64,
    working: f64,
    df: f64,
}

fn change(
    plan: &Plan,
    draw: &Draw,
    arm: usize,
    outcome: usize,
    waves: [usize; 2],
) -> Option<ArmChange> {
    let families = plan.families_of(arm);
    let [b, a] = waves.map(|wave| &draw.values(outcome, wave)[families.clone()]);
    let [seen_b, seen_a] = waves.map(|wave| &draw.seen(outcome, wave)[families.clone()]);
    let each = || b.iter().zip(a).zip(seen_b.iter().zip(seen_a));
    let both = || each().filter(|(_, (b, a))| **b && **a).map(|(y, _)| y);
    let (mut n, mut sums) = (0.0, [0.0, 0.0]);
    for (b, a) in both() {
        n += 1.0;
        sums[0] += b;
        sums[1] += a;
    }
    if n < 2.0 || sums[0] <= 0.0 || sums[1] <= 0.0 {
        return None;
    }
    let [mb, ma] = sums.map(|sum| sum / n);
    let squares: f64 = both().map(|(b, a)| (a / ma - b / mb).powi(2)).sum();
    (squares > 1e-12).then_some(ArmChange {
        log_ratio: ma.ln() - mb.ln(),
        variance: squares / (n * (n - 1.0)),
        working: (1.0 / ma + 1.0 / mb) / n,
        df: n - 1.0,
    })
}

fn rates(
    plan: &Plan,
    draw: &Draw,
    replicate: u64,
    outcome: usize,
    waves: [usize; 2],
    (keep, level): (Keep, f64),
) -> Option<Found> {
    let reference = change(plan, draw, 0, outcome, waves)?;
    let other = change(plan, draw, 1, outcome, waves)?;
    let value = other.log_ratio - reference.log_ratio;
    let std_error = (other.variance + reference.variance).sqrt();
    let working = other.working + reference.working;
    let part = |arm: &ArmChange| arm.working * arm.working / arm.df;
    let df = working * working / (part(&other) + part(&reference));
    let student = Reference::StudentT { df };
    let p = dist::p_value(value / std_error, student, Alternative::TwoSided).ok()?;
    let interval = match keep {
        Keep::Test => None,
        Keep::Everything => {
            let half = dist::critical(level, student).ok()? * std_error;
            Some(Ends {
                low: Some(value - half),
                high: Some(value + half),
            })
        }
    };
    Some(Found {
        replicate,
        value: Some(value),
        std_error: Some(std_error),
        interval,
        p_value: Some(p),
    })
}
