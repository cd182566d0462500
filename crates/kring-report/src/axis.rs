//! The axes of a chart: scales, round ticks, and labels that do not overlap.

use kring_core::CurveKind;
use serde::Serialize;

use crate::Chart;
use crate::lettering::clean;
use crate::number::{at_most, fixed};
use crate::svg::{self, Anchor, CurveStyle, Face, NAME, TICK, Text, px};

/// From one line of text to the next.
pub(crate) const LEADING: f64 = 16.0;

/// A linear scale from values to pixels.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scale {
    pub from: f64,
    pub to: f64,
    pub start: f64,
    pub end: f64,
}

impl Scale {
    pub fn at(&self, value: f64) -> f64 {
        if self.to > self.from {
            self.start + (value - self.from) / (self.to - self.from) * (self.end - self.start)
        } else {
            0.5 * (self.start + self.end)
        }
    }
}

/// The vertical axis in values: its ends and its ticks with their labels.
#[derive(Debug, Clone)]
pub(crate) struct Range {
    pub from: f64,
    pub to: f64,
    pub ticks: Vec<(f64, String)>,
}

/// A tick or a line of the grid.
#[derive(Debug, Serialize)]
pub(crate) struct Tick {
    pub at: f64,
    pub zero: bool,
}

/// The marker of a row of counts below the axis.
#[derive(Debug, Serialize)]
pub(crate) struct CountRow {
    pub style: CurveStyle,
    pub x: f64,
    pub y: f64,
}

/// The vertical axis that holds all values and intervals.
pub(crate) fn y_range(chart: &Chart) -> Range {
    let points = chart.curves.iter().flat_map(|curve| &curve.points);
    let values = points.flat_map(|p| [Some(p.value), p.low, p.high]);
    range_of(values.flatten(), chart.y_from_zero)
}

/// The axis that holds all values, and zero where it must.
pub(crate) fn range_of(values: impl Iterator<Item = f64>, from_zero: bool) -> Range {
    let (mut low, mut high) = ends(values).unwrap_or((0.0, 1.0));
    if from_zero {
        low = low.min(0.0);
        high = high.max(0.0);
    }
    if high - low <= 1e-9 * high.abs().max(low.abs()) {
        let room = if high == 0.0 { 1.0 } else { 0.1 * high.abs() };
        low -= room;
        high += room;
    }
    // A mark on the axis itself is hard to see: some room, except at a zero that is meant.
    let room = |end: f64| if end == 0.0 { 0.0 } else { 0.15 };
    let step = step(high - low, 5.0);
    let from = (low / step - room(low) + 1e-9).floor() * step;
    let to = (high / step + room(high) - 1e-9).ceil() * step;
    ticked(from, to, step)
}

/// Round ends about two values, with at most so many steps between them.
pub(crate) fn round_range(low: f64, high: f64, most: f64) -> Range {
    let step = step((high - low).max(f64::MIN_POSITIVE), most);
    let from = (low / step + 1e-9).floor() * step;
    let to = (high / step - 1e-9).ceil() * step;
    ticked(from, to, step)
}

fn ticked(from: f64, to: f64, step: f64) -> Range {
    let places = places(step);
    let ticks = counting(((to - from) / step).round())
        .map(|i| {
            let at = from + i * step;
            // What is zero but for rounding is zero.
            let at = if at.abs() < 1e-9 * step { 0.0 } else { at };
            (at, fixed(at, places))
        })
        .collect();
    Range { from, to, ticks }
}

/// The horizontal axis; step functions begin at its very end.
pub(crate) fn x_scale(chart: &Chart, left: f64, right: f64) -> Scale {
    let times = || {
        chart
            .curves
            .iter()
            .flat_map(|curve| curve.points.iter().map(|p| p.at))
    };
    let (from, to) = ends(times()).unwrap_or((0.0, 1.0));
    let stepped = chart.curves.iter().all(|c| c.kind == CurveKind::Step);
    let room = if stepped { 0.0 } else { 18.0 };
    Scale {
        from,
        to,
        start: left + room,
        end: right - if stepped { 6.0 } else { 18.0 },
    }
}

/// The times of a chart with their names, each once, in order.
pub(crate) fn times(chart: &Chart) -> Vec<(f64, Option<&str>)> {
    let mut times: Vec<(f64, Option<&str>)> = Vec::new();
    for p in chart.curves.iter().flat_map(|curve| &curve.points) {
        match times.iter_mut().find(|(at, _)| *at == p.at) {
            Some((_, name)) => *name = name.or(p.name.as_deref()),
            None => times.push((p.at, p.name.as_deref())),
        }
    }
    times.sort_by(|a, b| a.0.total_cmp(&b.0));
    times
}

/// The ticks of the horizontal axis with their labels; gives the y below them.
///
/// Times with a name show it, and below it when they are, if that says more.
pub(crate) fn x_axis(
    chart: &Chart,
    x: Scale,
    bottom: f64,
    texts: &mut Vec<Text>,
) -> (Vec<Tick>, f64) {
    axis_of_times(&times(chart), x, bottom, texts)
}

/// The same of times with their names.
pub(crate) fn axis_of_times(
    times: &[(f64, Option<&str>)],
    x: Scale,
    bottom: f64,
    texts: &mut Vec<Text>,
) -> (Vec<Tick>, f64) {
    let names: Vec<(f64, String)> = times
        .iter()
        .filter_map(|(at, name)| Some((*at, clean((*name)?))))
        .collect();
    let top = bottom + 4.0;
    let (labels, below) = if names.is_empty() && !times.is_empty() {
        let labels = plain_ticks(x);
        let below = staggered(&labels, x, top, TICK, texts);
        (labels, below)
    } else {
        let below = staggered(&names, x, top, NAME, texts);
        let when: Vec<(f64, String)> = names.iter().map(|(at, _)| (*at, at_most(*at, 2))).collect();
        if when == names {
            (names, below)
        } else {
            (names, staggered(&when, x, below, TICK, texts))
        }
    };
    let ticks = labels.iter().map(|(at, _)| Tick {
        at: px(x.at(*at)),
        zero: false,
    });
    (ticks.collect(), below)
}

/// Ticks where no time has a name; years keep their four digits.
fn plain_ticks(x: Scale) -> Vec<(f64, String)> {
    if x.to <= x.from {
        return vec![(x.from, at_most(x.from, 2))];
    }
    let most = ((x.end - x.start) / 64.0).max(2.0);
    let whole = x.from.fract() == 0.0 && x.to.fract() == 0.0;
    let step = step(x.to - x.from, most);
    let step = if whole { step.max(1.0).ceil() } else { step };
    let first = (x.from / step - 1e-9).ceil();
    let last = (x.to / step + 1e-9).floor();
    counting(last - first)
        .map(|i| {
            let at = (first + i) * step;
            (at, fixed(at, places(step)))
        })
        .collect()
}

/// Labels below each other where they would overlap; gives the y of the lowest.
pub(crate) fn staggered(
    labels: &[(f64, String)],
    x: Scale,
    top: f64,
    face: Face,
    texts: &mut Vec<Text>,
) -> f64 {
    let mut ends: Vec<f64> = Vec::new();
    for (at, label) in labels {
        let middle = x.at(*at);
        let half = 0.5 * face.width(label);
        let free = ends.iter().position(|&end| end + 6.0 <= middle - half);
        let row = free.unwrap_or(ends.len());
        match ends.get_mut(row) {
            Some(end) => *end = middle + half,
            None => ends.push(middle + half),
        }
        let y = top + LEADING * (row as f64 + 1.0);
        texts.push(Text::new(middle, y, Anchor::Middle, face, label));
    }
    top + LEADING * ends.len() as f64
}

/// A row of counts for each curve, unless they would overlap; gives the y below them.
pub(crate) fn count_rows(
    chart: &Chart,
    x: Scale,
    left: f64,
    below: f64,
    texts: &mut Vec<Text>,
) -> (Vec<CountRow>, f64) {
    let rows: Vec<Vec<(f64, String)>> = chart
        .curves
        .iter()
        .map(|curve| {
            let counted = curve.points.iter().filter_map(|p| Some((p.at, p.n?)));
            counted.map(|(at, n)| (x.at(at), n.to_string())).collect()
        })
        .collect();
    let crowded = |row: &Vec<(f64, String)>| {
        row.windows(2).any(|pair| {
            let room = 0.5 * (TICK.width(&pair[0].1) + TICK.width(&pair[1].1));
            pair[1].0 - pair[0].0 < room + 6.0
        })
    };
    let mut markers = Vec::new();
    if rows.iter().any(crowded) || rows.iter().all(Vec::is_empty) {
        return (markers, below);
    }
    let mut y = below + 4.0;
    let counted = rows.into_iter().enumerate();
    for (place, row) in counted.filter(|(_, row)| !row.is_empty()) {
        markers.push(count_row(place, left, y, texts));
        y += LEADING;
        for (x, n) in row {
            texts.push(Text::new(x, y, Anchor::Middle, TICK, n));
        }
    }
    (markers, y)
}

/// What stands before a row of counts: the marker of its curve and an n.
pub(crate) fn count_row(place: usize, left: f64, above: f64, texts: &mut Vec<Text>) -> CountRow {
    let y = above + LEADING;
    texts.push(Text::new(left - 24.0, y, Anchor::Start, TICK, "n"));
    CountRow {
        style: svg::style(place),
        x: px(left - 34.0),
        y: px(y - 4.0),
    }
}

fn ends(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    values.fold(None, |ends, x| match ends {
        None => Some((x, x)),
        Some((low, high)) => Some((f64::min(low, x), f64::max(high, x))),
    })
}

/// 0, 1, …, `last`; at most a hundred.
fn counting(last: f64) -> impl Iterator<Item = f64> {
    (0..=100).map(f64::from).take_while(move |&i| i <= last)
}

/// The smallest of 1, 2, 2.5 and 5 times a power of ten that needs at most so many steps.
fn step(range: f64, most: f64) -> f64 {
    let rough = range / most;
    let power = 10f64.powf(rough.log10().floor());
    [1.0, 2.0, 2.5, 5.0, 10.0]
        .map(|multiple| multiple * power)
        .into_iter()
        .find(|step| *step >= rough * (1.0 - 1e-9))
        .unwrap_or(10.0 * power)
}

/// The decimals that the multiples of a step need.
fn places(step: f64) -> usize {
    (0..10)
        .find(|&places| {
            let scaled = step * 10f64.powi(places);
            (scaled - scaled.round()).abs() < 1e-6 * scaled.max(1.0)
        })
        .and_then(|places| usize::try_from(places).ok())
        .unwrap_or(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_numbers() {
        assert_eq!(step(9.0, 5.0), 2.0);
        assert_eq!(step(1.0, 5.0), 0.2);
        assert_eq!(step(12.0, 5.0), 2.5);
        assert_eq!(step(100.0, 5.0), 20.0);
        assert_eq!((places(0.25), places(2.5), places(20.0)), (2, 1, 0));
    }
}
