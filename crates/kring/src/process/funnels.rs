//! Funnels: the shares of units by their size, with the limits that chance draws.

use std::collections::BTreeSet;

use kring_core::{Caution, Funnel, FunnelLimit, FunnelLimits, FunnelPoint, Outside, Rate, Side};
use kring_stats::funnel::limits;

use super::figures::Share;
use super::units::Units;
use super::{Figures, Process};
use crate::Error;

/// The funnel of a share, where there are two units or more.
pub(super) fn funnel(
    process: &Process,
    units: &Units,
    parts: &[Figures],
    share: &Share,
) -> Result<Option<Funnel>, Error> {
    let rates: Vec<(&str, &Rate)> = units
        .names
        .iter()
        .zip(parts)
        .filter_map(|(name, part)| Some((name.as_str(), part.rate(share.id)?)))
        .filter(|(_, rate)| rate.total > 0)
        .collect();
    if rates.len() < 2 {
        return Ok(None);
    }
    let sum = |of: fn(&Rate) -> usize| rates.iter().map(|(_, rate)| of(rate)).sum::<usize>();
    let overall = sum(|rate| rate.events) as f64 / sum(|rate| rate.total) as f64;
    let mut points = Vec::with_capacity(rates.len());
    for (name, rate) in &rates {
        points.push(FunnelPoint {
            label: (*name).to_owned(),
            events: rate.events,
            total: rate.total,
            share: rate.events as f64 / rate.total as f64,
            outside: outside(process, overall, rate)?,
        });
    }
    let sizes = sizes(&points);
    let mut lines = Vec::with_capacity(process.limits.len());
    for &level in &process.limits {
        let at = sizes.iter().map(|&total| {
            let found = limits(overall, total, level)?;
            Ok(FunnelLimit {
                total,
                low: found.low,
                high: found.high,
            })
        });
        let at = at.collect::<Result<Vec<_>, Error>>()?;
        lines.push(FunnelLimits { level, at });
    }
    let note = "The limits allow for chance alone. Where units have other families, they differ for \
        that reason too.";
    Ok(Some(Funnel {
        id: format!("{}-by-{}", share.id, units.variable),
        title: format!("{} by {}", capitalised(share.label), units.label),
        unit: units.label.clone(),
        label: share.label.to_owned(),
        of: share.of.to_owned(),
        overall,
        points,
        limits: lines,
        caption: caption(&process.limits),
        cautions: vec![Caution::Note(note.to_owned())],
    }))
}

/// What the limits mean.
fn caption(levels: &[f64]) -> String {
    let outside = levels
        .iter()
        .map(|level| format!("{:.2}", 100.0 * (1.0 - level)));
    let outside: Vec<String> = outside
        .map(|percent| {
            percent
                .trim_end_matches('0')
                .trim_end_matches('.')
                .to_owned()
        })
        .collect();
    format!(
        "Whoever lies within the limits differs from the common share by no more than chance \
         gives; there is no order among them. By chance alone at most {}% lie outside.",
        outside.join("% and ")
    )
}

/// The widest limits that a unit lies beyond.
fn outside(process: &Process, overall: f64, rate: &Rate) -> Result<Option<Outside>, Error> {
    let share = rate.events as f64 / rate.total as f64;
    let mut found: Option<Outside> = None;
    for &level in &process.limits {
        let within = limits(overall, rate.total, level)?;
        let side = match share {
            s if s < within.low => Side::Below,
            s if s > within.high => Side::Above,
            _ => continue,
        };
        if found.is_none_or(|known| known.level < level) {
            found = Some(Outside { level, side });
        }
    }
    Ok(found)
}

/// The sizes at which limits are drawn: some two hundred, and those of the units.
fn sizes(points: &[FunnelPoint]) -> BTreeSet<usize> {
    const DRAWN: usize = 200;
    let largest = points.iter().map(|point| point.total).max().unwrap_or(1);
    let step = largest.div_ceil(DRAWN);
    let grid = (1..=largest).step_by(step.max(1));
    grid.chain(points.iter().map(|point| point.total)).collect()
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}
