//! Functions of time as SVG.
//!
//! Each curve has its own colour (Okabe–Ito), marker and dash, and its name stands at its end.
//! Colours are attributes, so that any program shows them, and classes, so that a page can give
//! them others in the dark.

use kring_core::{Caution, Point};
use serde::Serialize;

use crate::axis::{CountRow, LEADING, Scale, Tick, count_rows, x_axis, x_scale, y_range};
use crate::curves::{Series, end_labels, series};
use crate::lettering::clean;
use crate::number::{at_most, decimals, fixed};
use crate::svg::{self, Anchor, Face, LABEL, PALETTE, Palette, TICK, TITLE, Text, WARN, px};
use crate::{Chart, Error, Origin, template};

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
    template::filled("chart.svg", &picture(chart, frame))
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
    palette: Palette,
    left: f64,
    right: f64,
    bottom: f64,
    y_ticks: Vec<Tick>,
    x_ticks: Vec<Tick>,
    /// What stands above the plot.
    heading: Vec<Text>,
    /// What stands around it.
    texts: Vec<Text>,
    series: Vec<Series>,
    counts: Vec<CountRow>,
    empty: bool,
}

fn picture(chart: &Chart, frame: Frame) -> Picture {
    let (heading, top) = heading(chart, frame);
    let points = || chart.curves.iter().flat_map(|curve| &curve.points);
    let empty = points().next().is_none();
    let plot = match (empty, frame.width < 500.0) {
        (true, _) => 60.0,
        (false, true) => 210.0,
        (false, false) => 280.0,
    };
    let bottom = top + plot;

    let range = y_range(chart);
    let widest = |widths: &mut dyn Iterator<Item = f64>| widths.fold(0.0, f64::max);
    let ticks_wide = widest(&mut range.ticks.iter().map(|(_, label)| TICK.width(label)));
    let room_for_counts = if points().any(|p| p.n.is_some()) {
        42.0
    } else {
        0.0
    };
    let left = f64::max(ticks_wide + 14.0, room_for_counts);
    let labels: Vec<Vec<String>> = chart
        .curves
        .iter()
        .map(|curve| LABEL.wrap(&curve.label, 0.28 * frame.width))
        .collect();
    let labels_wide = widest(&mut labels.iter().flatten().map(|line| LABEL.width(line)));
    let right = frame.width - labels_wide - if labels_wide > 0.0 { 20.0 } else { 8.0 };

    let y = Scale {
        from: range.from,
        to: range.to,
        start: bottom,
        end: top,
    };
    let x = x_scale(chart, left, right);
    let mut texts: Vec<Text> = range
        .ticks
        .iter()
        .map(|(tick, label)| Text::new(left - 8.0, y.at(*tick) + 4.0, Anchor::End, TICK, label))
        .collect();
    let (x_ticks, mut below) = x_axis(chart, x, bottom, &mut texts);
    for line in LABEL.wrap(&chart.x_label, right - left) {
        below += LEADING;
        let middle = 0.5 * (left + right);
        texts.push(Text::new(middle, below, Anchor::Middle, LABEL, line));
    }
    let (counts, below) = count_rows(chart, x, left, below, &mut texts);
    let mut series = series(chart, x, y);
    let lowest = end_labels(&mut series, &labels, right, (top, bottom), &mut texts);
    Picture {
        id: frame.id.to_owned(),
        width: frame.width,
        height: px(below.max(lowest) + 10.0),
        title: clean(&chart.title),
        alt: alt(chart),
        palette: PALETTE,
        left: px(left),
        right: px(right),
        bottom: px(bottom),
        y_ticks: range
            .ticks
            .iter()
            .map(|(tick, _)| Tick {
                at: px(y.at(*tick)),
                zero: *tick == 0.0 && range.from < 0.0,
            })
            .collect(),
        x_ticks,
        heading,
        texts,
        series,
        counts,
        empty,
    }
}

/// The title, the banner and the name of the vertical axis; gives the y below them.
fn heading(chart: &Chart, frame: Frame) -> (Vec<Text>, f64) {
    let mut lines: Vec<(&str, Face, f64)> = Vec::new();
    if frame.titled {
        lines.push((&chart.title, TITLE, 0.0));
    }
    if simulated(chart, frame.origin) {
        lines.push((crate::SIMULATED, WARN, 4.0));
    }
    lines.push((&chart.y_label, LABEL, 0.0));
    let (texts, y) = stacked(&lines, 6.0, frame.width);
    (texts, y + 12.0)
}

/// Lines of text from a y on, each with what is left free below it; gives the y below them.
pub(crate) fn stacked(lines: &[(&str, Face, f64)], mut y: f64, width: f64) -> (Vec<Text>, f64) {
    let mut texts = Vec::new();
    for (text, face, after) in lines.iter().filter(|(text, ..)| !text.trim().is_empty()) {
        for line in face.wrap(text, width - 12.0) {
            y += LEADING;
            texts.push(Text::new(4.0, y, Anchor::Start, *face, line));
        }
        y += after;
    }
    (texts, y)
}
