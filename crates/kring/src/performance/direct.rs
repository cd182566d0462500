//! Numbers from a draw itself, without a table between.
//!
//! ```text
//! means      Welch's or Student's test of the two columns, missing values left out
//! rates      Lord's third reading, the Poisson model of two waves and two arms, in closed form
//!            (`kring_stats::two_waves`), of the families seen at both waves
//! ```
//! Where something is at its edge (a cell without events, no variation) there is no such number, and
//! the replicate goes by way of a table. Where only the decision of a test is needed, most replicates
//! need no p-value: [`StudentTest`].

use kring_core::{Alternative, Reference};
use kring_sim::draw::Draw;
use kring_sim::generator::Distribution;
use kring_sim::performance::{Ends, Found};
use kring_sim::plan::Plan;
use kring_stats::dist::{self, StudentTest};
use kring_stats::t_test::{Group, TTest};
use kring_stats::two_waves::{RatioOfRates, TwoWaves, ratio_of_rates};

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

/// The numbers of a draw that were seen, where some were not: room that is used again.
#[derive(Debug, Default)]
pub(super) struct Seen {
    columns: [Vec<f64>; 4],
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
        room: &mut Seen,
    ) -> Option<Found> {
        match self {
            Self::Tables => None,
            Self::Means { options, .. } => {
                let [x, y] = self.means(plan, draw, room)?;
                let found = options.two_samples(group(x), group(y), None);
                Some(Found::of(replicate, &found.ok()?))
            }
            Self::Rates { level, .. } => {
                let ratio = self.rates(plan, draw, room)?;
                let student = Reference::StudentT { df: ratio.df };
                let statistic = ratio.value / ratio.std_error;
                let p = dist::p_value(statistic, student, Alternative::TwoSided).ok()?;
                let half = dist::critical(*level, student).ok()? * ratio.std_error;
                Some(Found {
                    replicate,
                    value: Some(ratio.value),
                    std_error: Some(ratio.std_error),
                    interval: Some(Ends {
                        low: Some(ratio.value - half),
                        high: Some(ratio.value + half),
                    }),
                    p_value: Some(p),
                })
            }
        }
    }

    /// What decides whether it rejects at level α; nothing where numbers go by way of tables.
    pub(super) fn test(&self, alpha: f64) -> Option<StudentTest> {
        let alternative = match self {
            Self::Tables => return None,
            Self::Means { options, .. } => options.alternative,
            Self::Rates { .. } => Alternative::TwoSided,
        };
        StudentTest::new(alpha, alternative).ok()
    }

    /// Whether the test of a draw rejects; nothing where it has to go by way of a table.
    pub(super) fn rejects(
        &self,
        plan: &Plan,
        draw: &Draw,
        test: &StudentTest,
        room: &mut Seen,
    ) -> Option<bool> {
        match self {
            Self::Tables => None,
            Self::Means { options, .. } => {
                let [x, y] = self.means(plan, draw, room)?;
                options.rejects(group(x), group(y), test).ok()
            }
            Self::Rates { .. } => {
                let ratio = self.rates(plan, draw, room)?;
                test.rejects(ratio.value / ratio.std_error, ratio.df).ok()
            }
        }
    }

    /// The values of the other arm and of the reference.
    fn means<'a>(&self, plan: &Plan, draw: &'a Draw, room: &'a mut Seen) -> Option<[&'a [f64]; 2]> {
        let Self::Means { outcome, wave, .. } = self else {
            return None;
        };
        let [a, b, ..] = &mut room.columns;
        let [x] = seen(plan, draw, 1, *outcome, [*wave], [a]);
        let [y] = seen(plan, draw, 0, *outcome, [*wave], [b]);
        Some([x, y])
    }

    fn rates(&self, plan: &Plan, draw: &Draw, room: &mut Seen) -> Option<RatioOfRates> {
        let Self::Rates { outcome, waves, .. } = self else {
            return None;
        };
        let [a, b, c, d] = &mut room.columns;
        let reference = seen(plan, draw, 0, *outcome, *waves, [a, b]);
        let other = seen(plan, draw, 1, *outcome, *waves, [c, d]);
        ratio_of_rates(pairs(reference), pairs(other))
            .ok()
            .flatten()
    }
}

fn pairs([before, after]: [&[f64]; 2]) -> TwoWaves<'_> {
    TwoWaves { before, after }
}

fn group(values: &[f64]) -> Group<'_> {
    Group { name: "", values }
}

/// The values of an arm at some waves, of the families that were seen at all of them.
fn seen<'a, const N: usize>(
    plan: &Plan,
    draw: &'a Draw,
    arm: usize,
    outcome: usize,
    waves: [usize; N],
    mut room: [&'a mut Vec<f64>; N],
) -> [&'a [f64]; N] {
    let families = plan.families_of(arm);
    let values = waves.map(|wave| &draw.values(outcome, wave)[families.clone()]);
    let seen = waves.map(|wave| &draw.seen(outcome, wave)[families.clone()]);
    if plan.generator().missing.is_empty() {
        return values;
    }
    for column in &mut room {
        column.clear();
    }
    for family in 0..families.len() {
        if seen.iter().all(|seen| seen[family]) {
            for (column, values) in room.iter_mut().zip(values) {
                column.push(values[family]);
            }
        }
    }
    room.map(|column| &**column as &[f64])
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
