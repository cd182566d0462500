//! Functions of time as SVG.
//!
//! Each curve has its own colour (Okabe–Ito), marker and dash, and its name stands at its end.
//! Colours are attributes, so that any program shows them, and classes, so that a page can give
//! them others in the dark.

use kring_core::{Caution, Curve, CurveKind, Point};
use serde::Serialize;

use crate::lettering::{clean, width_px, wrap};
use crate::number::{at_most, decimals, fixed};
use crate::svg::{self, Palette, px};
use crate::{Chart, Error, Origin};

/// The size of labels in pixels.
const SIZE: f64 = 13.0;
/// The size of ticks and small print.
const SMALL: f64 = 12.0;
/// From one line of text to the next.
const LEADING: f64 = 16.0;

/// How a chart is framed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Frame<'a> {
    /// What its ids start with.
    pub id: &'a str,
    pub width: f64,
    /// Whether the title stands in the picture.
    pub titled: bool,
    pub origin: Origin,
}

/// The frame of a figure that stands alone.
pub(crate) const WIDE: f64 = 680.0;
/// The frame of a figure on a telephone.
pub(crate) const SLIM: f64 = 340.0;

/// A chart as SVG, with its title in it.
pub fn chart_svg(chart: &Chart, origin: Origin) -> Result<String, Error> {
    let frame = Frame {
        id: &svg::stem(&chart.id),
        width: WIDE,
        titled: true,
        origin,
    };
    drawn(chart, frame)
}

pub(crate) fn drawn(chart: &Chart, frame: Frame) -> Result<String, Error> {
    check(chart)?;
    svg::render("chart.svg", &picture(chart, frame))
}

/// What a chart shows, in words.
pub(crate) fn alt(chart: &Chart) -> String {
    let mut text = format!("{}: {} by {}.", chart.title, chart.y_label, chart.x_label);
    for curve in &chart.curves {
        let said = |p: &Point| {
            let places = decimals(p.value, 3);
            let when = p.name.clone().unwrap_or_else(|| at_most(p.at, 3));
            format!("{} at {when}", fixed(p.value, places))
        };
        let course = match curve.points.as_slice() {
            [] => "no values".to_owned(),
            [only] => said(only),
            [first, .., last] => format!("{}, {}", said(first), said(last)),
        };
        text = format!("{text} {}: {course}.", curve.label);
    }
    clean(&text)
}

/// Whether the chart must say that its data are simulated.
pub(crate) fn simulated(chart: &Chart, origin: Origin) -> bool {
    origin == Origin::Simulated
        || chart
            .curves
            .iter()
            .any(|curve| curve.cautions.contains(&Caution::Simulated))
}

fn check(chart: &Chart) -> Result<(), Error> {
    for curve in &chart.curves {
        let mut before = f64::NEG_INFINITY;
        for (point, p) in curve.points.iter().enumerate() {
            let numbers = [Some(p.at), Some(p.value), p.low, p.high];
            if !numbers.into_iter().flatten().all(f64::is_finite) {
                return Err(Error::NotFinite {
                    chart: chart.id.clone(),
                    curve: curve.label.clone(),
                    point,
                });
            }
            if p.at < before {
                return Err(Error::Order {
                    chart: chart.id.clone(),
                    curve: curve.label.clone(),
                    point,
                });
            }
            before = p.at;
        }
    }
    Ok(())
}

#[derive(Debug, Serialize)]
struct Picture {
    id: String,
    width: f64,
    height: f64,
    title: String,
    alt: String,
    heading: Vec<Text>,
    banner: Option<Text>,
    palette: Palette,
    left: f64,
    right: f64,
    bottom: f64,
    y_ticks: Vec<Tick>,
    x_ticks: Vec<Tick>,
    texts: Vec<Text>,
    series: Vec<Series>,
    counts: Vec<CountRow>,
    empty: bool,
}

#[derive(Debug, Serialize)]
struct Text {
    x: f64,
    y: f64,
    anchor: &'static str,
    class: &'static str,
    words: String,
}

#[derive(Debug, Serialize)]
struct Tick {
    at: f64,
    zero: bool,
}

#[derive(Debug, Serialize)]
struct Series {
    /// Its place among the colours and markers.
    place: usize,
    colour: &'static str,
    marker: &'static str,
    hollow: bool,
    dash: &'static str,
    line: String,
    band: String,
    bars: Vec<Bar>,
    points: Vec<(f64, f64)>,
    /// From the last point to the name.
    leader: String,
}

#[derive(Debug, Serialize)]
struct Bar {
    x: f64,
    low: f64,
    high: f64,
}

/// How many each point rests on, below the axis.
#[derive(Debug, Serialize)]
struct CountRow {
    place: usize,
    colour: &'static str,
    marker: &'static str,
    hollow: bool,
    x: f64,
    y: f64,
}

/// A linear scale from values to pixels.
#[derive(Debug, Clone, Copy)]
struct Scale {
    from: f64,
    to: f64,
    start: f64,
    end: f64,
}

impl Scale {
    fn at(&self, value: f64) -> f64 {
        if self.to > self.from {
            self.start + (value - self.from) / (self.to - self.from) * (self.end - self.start)
        } else {
            0.5 * (self.start + self.end)
        }
    }
}

fn picture(chart: &Chart, frame: Frame) -> Picture {
    let mut top = 6.0;
    let mut heading = Vec::new();
    let measure = |size: f64| move |line: &str| width_px(line, size);
    let mut stack = |text: &str, class: &'static str, size: f64, top: &mut f64| {
        if text.trim().is_empty() {
            return;
        }
        for line in wrap(&clean(text), frame.width - 16.0, measure(size)) {
            *top += LEADING;
            heading.push(text_at(4.0, *top, "start", class, line));
        }
    };
    if frame.titled {
        stack(&chart.title, "title", 15.0, &mut top);
    }
    let mut banner = None;
    if simulated(chart, frame.origin) {
        top += LEADING;
        banner = Some(text_at(4.0, top, "start", "warn", crate::SIMULATED.to_owned()));
        top += 4.0;
    }
    stack(&chart.y_label, "label", SIZE, &mut top);
    top += 12.0;

    let points = || chart.curves.iter().flat_map(|curve| &curve.points);
    let empty = points().next().is_none();
    let (y_from, y_to, y_step) = y_range(chart);
    let y_places = places(y_step);
    let steps = ((y_to - y_from) / y_step).round();
    let ticks: Vec<f64> = counting(steps).map(|i| y_from + i * y_step).collect();
    let ticks_wide = ticks
        .iter()
        .map(|&y| width_px(&fixed(y, y_places), SMALL))
        .fold(0.0, f64::max);
    let counted = points().any(|p| p.n.is_some());
    let left = (ticks_wide + 14.0).max(if counted { 42.0 } else { 0.0 });
    let labels: Vec<Vec<String>> = chart
        .curves
        .iter()
        .map(|curve| wrap(&clean(&curve.label), 0.28 * frame.width, measure(SIZE)))
        .collect();
    let labels_wide = labels
        .iter()
        .flatten()
        .map(|line| width_px(line, SIZE))
        .fold(0.0, f64::max);
    let gap = if labels_wide > 0.0 { 20.0 } else { 8.0 };
    let right = frame.width - labels_wide - gap;
    let plot = if frame.width < 500.0 { 210.0 } else { 280.0 };
    let bottom = top + plot;
    let y = Scale {
        from: y_from,
        to: y_to,
        start: bottom,
        end: top,
    };
    let x = x_scale(chart, left, right);
    let mut texts: Vec<Text> = ticks
        .iter()
        .map(|&tick| {
            let label = fixed(tick, y_places);
            text_at(left - 8.0, y.at(tick) + 4.0, "end", "tick", label)
        })
        .collect();
    let (x_ticks, mut below) = x_axis(chart, x, bottom, &mut texts);
    let middle = 0.5 * (left + right);
    for line in wrap(&clean(&chart.x_label), right - left, measure(SIZE)) {
        below += LEADING;
        texts.push(text_at(middle, below, "middle", "label", line));
    }
    let mut counts = Vec::new();
    if counted {
        below = count_rows(chart, x, left, below, &mut texts, &mut counts);
    }
    let (mut series, ends) = series(chart, x, y);
    let span = (top, bottom);
    let lowest = end_labels(&mut series, &ends, &labels, right, span, &mut texts);
    Picture {
        id: frame.id.to_owned(),
        width: frame.width,
        height: px(below.max(lowest) + 10.0),
        title: clean(&chart.title),
        alt: alt(chart),
        heading,
        banner,
        palette: Palette::default(),
        left: px(left),
        right: px(right),
        bottom: px(bottom),
        y_ticks: ticks
            .iter()
            .map(|&tick| Tick {
                at: px(y.at(tick)),
                zero: tick.abs() < 1e-9 * y_step && y_from < 0.0,
            })
            .collect(),
        x_ticks,
        texts,
        series,
        counts,
        empty,
    }
}

fn text_at(x: f64, y: f64, anchor: &'static str, class: &'static str, words: String) -> Text {
    Text {
        x: px(x),
        y: px(y),
        anchor,
        class,
        words,
    }
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

/// The ends of the vertical axis and the distance of its ticks.
fn y_range(chart: &Chart) -> (f64, f64, f64) {
    let values = chart
        .curves
        .iter()
        .flat_map(|curve| &curve.points)
        .flat_map(|p| [Some(p.value), p.low, p.high])
        .flatten();
    let (mut low, mut high) = ends(values).unwrap_or((0.0, 1.0));
    if chart.y_from_zero {
        low = low.min(0.0);
        high = high.max(0.0);
    }
    if high - low <= 1e-9 * high.abs().max(low.abs()) {
        let room = if high == 0.0 { 1.0 } else { 0.1 * high.abs() };
        low -= room;
        high += room;
    }
    let step = step(high - low, 5.0);
    let from = (low / step + 1e-9).floor() * step;
    let to = (high / step - 1e-9).ceil() * step;
    (from, to, step)
}

fn ends(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    values.fold(None, |ends, x| match ends {
        None => Some((x, x)),
        Some((low, high)) => Some((f64::min(low, x), f64::max(high, x))),
    })
}

fn x_scale(chart: &Chart, left: f64, right: f64) -> Scale {
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
fn times(chart: &Chart) -> Vec<(f64, Option<&str>)> {
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

/// The ticks of the horizontal axis; gives the y below their labels.
fn x_axis(chart: &Chart, x: Scale, bottom: f64, texts: &mut Vec<Text>) -> (Vec<Tick>, f64) {
    let times = times(chart);
    let named = times.iter().any(|(_, name)| name.is_some());
    let labels: Vec<(f64, String)> = if named {
        times
            .iter()
            .filter_map(|(at, name)| Some((*at, clean((*name)?))))
            .collect()
    } else if times.is_empty() {
        Vec::new()
    } else {
        plain_ticks(x)
    };
    let ticks = labels
        .iter()
        .map(|(at, _)| Tick {
            at: px(x.at(*at)),
            zero: false,
        })
        .collect();
    let mut below = staggered(
        labels.iter().map(|(at, text)| (x.at(*at), text.clone())),
        bottom + 4.0,
        ("tick strong", "tick"),
        named,
        texts,
    );
    if named {
        let when: Vec<(f64, String)> = labels
            .iter()
            .map(|(at, _)| (x.at(*at), at_most(*at, 2)))
            .collect();
        let says_more = labels.iter().zip(&when).any(|((_, a), (_, b))| a != b);
        if says_more {
            below = staggered(when.into_iter(), below, ("tick", "tick"), false, texts);
        }
    }
    (ticks, below)
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
fn staggered(
    labels: impl Iterator<Item = (f64, String)>,
    top: f64,
    (strong, plain): (&'static str, &'static str),
    named: bool,
    texts: &mut Vec<Text>,
) -> f64 {
    let class = if named { strong } else { plain };
    let mut ends: Vec<f64> = Vec::new();
    for (x, label) in labels {
        let half = 0.5 * width_px(&label, SMALL);
        let row = ends
            .iter()
            .position(|&end| end + 6.0 <= x - half)
            .unwrap_or(ends.len());
        if row == ends.len() {
            ends.push(x + half);
        } else {
            ends[row] = x + half;
        }
        let y = top + LEADING * (row as f64 + 1.0);
        texts.push(text_at(x, y, "middle", class, label));
    }
    top + LEADING * ends.len() as f64
}

/// A row of counts for each curve, unless they would overlap; gives the y below them.
fn count_rows(
    chart: &Chart,
    x: Scale,
    left: f64,
    below: f64,
    texts: &mut Vec<Text>,
    counts: &mut Vec<CountRow>,
) -> f64 {
    let rows: Vec<Vec<(f64, String)>> = chart
        .curves
        .iter()
        .map(|curve| {
            let counted = curve.points.iter().filter_map(|p| Some((p.at, p.n?)));
            counted.map(|(at, n)| (x.at(at), n.to_string())).collect()
        })
        .collect();
    let crowded = rows.iter().any(|row| {
        row.windows(2).any(|pair| {
            let room = 0.5 * (width_px(&pair[0].1, SMALL) + width_px(&pair[1].1, SMALL));
            pair[1].0 - pair[0].0 < room + 6.0
        })
    });
    if crowded {
        return below;
    }
    let mut y = below + 4.0;
    for (place, row) in rows.into_iter().enumerate().filter(|(_, row)| !row.is_empty()) {
        y += LEADING;
        let style = svg::style(place);
        counts.push(CountRow {
            place: style.place,
            colour: style.colour,
            marker: style.marker,
            hollow: style.hollow,
            x: px(left - 34.0),
            y: px(y - 4.0),
        });
        texts.push(text_at(left - 24.0, y, "start", "tick", "n".to_owned()));
        for (x, n) in row {
            texts.push(text_at(x, y, "middle", "tick", n));
        }
    }
    y
}

/// The curves as they are drawn, and where each of them ends.
fn series(chart: &Chart, x: Scale, y: Scale) -> (Vec<Series>, Vec<Option<(f64, f64)>>) {
    let shift = shift(chart, x);
    let middle = 0.5 * (chart.curves.len() as f64 - 1.0);
    chart
        .curves
        .iter()
        .enumerate()
        .map(|(place, curve)| {
            let style = svg::style(place);
            let stepped = curve.kind == CurveKind::Step;
            let aside = if stepped { 0.0 } else { (place as f64 - middle) * shift };
            let at = |p: &Point| (px(x.at(p.at) + aside), px(y.at(p.value)));
            let points: Vec<(f64, f64)> = curve.points.iter().map(at).collect();
            let bars = curve.points.iter().filter_map(|p| {
                Some(Bar {
                    x: px(x.at(p.at) + aside),
                    low: px(y.at(p.low?)),
                    high: px(y.at(p.high?)),
                })
            });
            let end = points.last().copied();
            let series = Series {
                place: style.place,
                colour: style.colour,
                marker: style.marker,
                hollow: style.hollow,
                dash: style.dash,
                line: match curve.kind {
                    CurveKind::Joined if points.len() > 1 => joined(&points),
                    CurveKind::Joined | CurveKind::Points => String::new(),
                    CurveKind::Step => stairs(&points),
                },
                band: if stepped { band(curve, x, y) } else { String::new() },
                bars: if stepped { Vec::new() } else { bars.collect() },
                points: if stepped { Vec::new() } else { points },
                leader: String::new(),
            };
            (series, end)
        })
        .unzip()
}

/// How far curves are set aside so that their intervals do not hide each other.
fn shift(chart: &Chart, x: Scale) -> f64 {
    let barred = chart
        .curves
        .iter()
        .flat_map(|c| &c.points)
        .any(|p| p.low.is_some() || p.high.is_some());
    if !barred || chart.curves.len() < 2 {
        return 0.0;
    }
    let times = times(chart);
    let closest = times
        .windows(2)
        .map(|pair| x.at(pair[1].0) - x.at(pair[0].0))
        .fold(f64::INFINITY, f64::min);
    (closest / (chart.curves.len() as f64 + 1.0)).min(7.0)
}

fn joined(points: &[(f64, f64)]) -> String {
    let corners: Vec<String> = points.iter().map(|(x, y)| format!("{x} {y}")).collect();
    format!("M{}", corners.join("L"))
}

fn stairs(points: &[(f64, f64)]) -> String {
    let steps: Vec<String> = points.iter().map(|(x, y)| format!("H{x}V{y}")).collect();
    match points.first() {
        Some((x, y)) => format!("M{x} {y}{}", steps.concat()),
        None => String::new(),
    }
}

/// The area between the ends of the intervals of a step function, where all points have both.
fn band(curve: &Curve, x: Scale, y: Scale) -> String {
    let ends: Option<Vec<(f64, f64, f64)>> = curve
        .points
        .iter()
        .map(|p| Some((px(x.at(p.at)), px(y.at(p.low?)), px(y.at(p.high?)))))
        .collect();
    let Some(ends) = ends.filter(|ends| ends.len() > 1) else {
        return String::new();
    };
    let upper: Vec<(f64, f64)> = ends.iter().map(|end| (end.0, end.2)).collect();
    let back: Vec<String> = ends
        .windows(2)
        .rev()
        .map(|pair| format!("L{x} {low}H{before}", x = pair[1].0, low = pair[0].1, before = pair[0].0))
        .collect();
    format!("{}{}Z", stairs(&upper), back.concat())
}

/// The name of each curve beside its end, moved up or down so that none covers another; gives
/// the lowest y they may need.
fn end_labels(
    series: &mut [Series],
    ends: &[Option<(f64, f64)>],
    labels: &[Vec<String>],
    right: f64,
    (top, bottom): (f64, f64),
    texts: &mut Vec<Text>,
) -> f64 {
    let tall = |lines: &[String]| lines.len() as f64 * LEADING + 2.0;
    let mut placed: Vec<(usize, (f64, f64), f64)> = ends
        .iter()
        .enumerate()
        .filter(|(i, _)| labels[*i].iter().any(|line| !line.is_empty()))
        .filter_map(|(i, end)| Some((i, (*end)?, 0.0)))
        .collect();
    placed.sort_by(|a, b| a.1.1.total_cmp(&b.1.1));
    let mut free = top - 8.0;
    for (i, (_, y), place) in &mut placed {
        *place = (*y - 0.5 * tall(&labels[*i])).max(free);
        free = *place + tall(&labels[*i]);
    }
    let total: f64 = placed.iter().map(|(i, ..)| tall(&labels[*i])).sum();
    let lowest = (bottom + 8.0).max(top - 8.0 + total);
    let mut floor = lowest;
    for (i, _, place) in placed.iter_mut().rev() {
        *place = place.min(floor - tall(&labels[*i]));
        floor = *place;
    }
    for (i, (x, y), place) in placed {
        let middle = px(place + 0.5 * tall(&labels[i]));
        series[i].leader = format!("M{} {y}L{} {middle}", px(x + 9.0), px(right + 8.0));
        for (row, line) in labels[i].iter().enumerate() {
            let y = place + LEADING * (row as f64 + 1.0) - 3.0;
            texts.push(text_at(right + 13.0, y, "start", "label", line.clone()));
        }
    }
    lowest
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
