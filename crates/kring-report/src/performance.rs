//! How well an estimator did, as SVG: a zip plot of intervals, and figures as lollipops.
//!
//! ```text
//! zip        an interval a replicate, those nearest to the truth (in standard errors) below: what
//!            lies above the nominal level should miss the truth, and nothing else
//! lollipop   a figure a row with its Monte Carlo interval, from the value it should have
//! ```
//! Morris TP, White IR & Crowther MJ (2019), Statistics in Medicine 38:2074–2102, doi 10.1002/sim.8086.

use std::fmt::Write;

use serde::{Deserialize, Serialize};

use crate::axis::{LEADING, Range, Scale, round_range};
use crate::chart::WIDE;
use crate::lettering::clean;
use crate::number::{percentage, significant};
use crate::svg::{self, Anchor, CurveStyle, LABEL, PALETTE, Palette, TICK, TITLE, Text, WARN, px};
use crate::{Error, SIMULATED, template};

/// What a zip plot shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Zip {
    /// Its name.
    pub id: String,
    /// Its title.
    pub title: String,
    /// What the intervals are of.
    pub label: String,
    /// The truth.
    pub truth: f64,
    /// The nominal level of the intervals.
    pub level: f64,
    /// The intervals, those nearest to the truth first.
    pub bars: Vec<ZipBar>,
}

/// An interval of a zip plot; an end that is absent is unbounded.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ZipBar {
    /// Its height, from 0 to 1.
    pub centile: f64,
    /// The lower end.
    pub low: Option<f64>,
    /// The upper end.
    pub high: Option<f64>,
    /// Whether the truth lies in it.
    pub verdict: Covers,
}

/// Whether an interval has the truth in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Covers {
    /// It has.
    Covers,
    /// It has not.
    Misses,
}

/// What a lollipop plot shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lollipop {
    /// Its name.
    pub id: String,
    /// Its title.
    pub title: String,
    /// What the numbers are.
    pub label: String,
    /// The value from which the sticks start: no bias, the nominal coverage.
    pub from: f64,
    /// The rows.
    pub sticks: Vec<Stick>,
}

/// A row of a lollipop plot.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stick {
    /// What it is.
    pub label: String,
    /// The value.
    pub value: f64,
    /// The Monte Carlo interval of the value.
    pub interval: Option<(f64, f64)>,
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
    top: f64,
    bottom: f64,
    x_ticks: Vec<f64>,
    strokes: Vec<Stroke>,
    rules: Vec<Rule>,
    points: Vec<Point>,
    texts: Vec<Text>,
}

#[derive(Debug, Serialize)]
struct Stroke {
    line: String,
    style: CurveStyle,
    width: f64,
}

#[derive(Debug, Serialize)]
struct Rule {
    line: String,
    dash: &'static str,
}

#[derive(Debug, Serialize)]
struct Point {
    x: f64,
    y: f64,
    style: CurveStyle,
}

/// A zip plot as SVG. It is of simulated data and says so.
///
/// ```
/// use kring_report::{Covers, Zip, ZipBar, zip_svg};
/// let bar = |centile, low, high, verdict| ZipBar { centile, low: Some(low), high: Some(high), verdict };
/// let svg = zip_svg(&Zip {
///     id: "zip".into(),
///     title: "Intervals of a difference".into(),
///     label: "difference".into(),
///     truth: 0.0,
///     level: 0.95,
///     bars: vec![
///         bar(0.0, -1.0, 1.0, Covers::Covers),
///         bar(0.5, 0.1, 2.1, Covers::Misses),
///     ],
/// })?;
/// assert!(svg.contains("1 of 2 intervals do not have it"));
/// # Ok::<(), kring_report::Error>(())
/// ```
pub fn zip_svg(zip: &Zip) -> Result<String, Error> {
    let ends = || {
        zip.bars
            .iter()
            .flat_map(|bar| [bar.low, bar.high])
            .flatten()
    };
    finite(&zip.id, &zip.label, ends().chain([zip.truth, zip.level]))?;
    let (mut low, mut high) = (zip.truth, zip.truth);
    for end in ends() {
        (low, high) = (low.min(end), high.max(end));
    }
    let mut texts = Vec::new();
    let heights = format!("Replicates by distance from the truth ({})", zip.label);
    let top = heading(&zip.title, &heights, &mut texts);
    let bottom = top + 360.0;
    let frame = frame(low, high, 58.0, WIDE - 24.0);
    let y = Scale {
        from: 0.0,
        to: 1.0,
        start: bottom,
        end: top,
    };
    for share in [0.0, 0.25, 0.5, 0.75, zip.level, 1.0] {
        let at = y.at(share) + 4.0;
        texts.push(Text::new(
            frame.x.start - 8.0,
            at,
            Anchor::End,
            TICK,
            percentage(share),
        ));
    }
    let mut lines = [String::new(), String::new()];
    for bar in &zip.bars {
        let height = px(y.at(bar.centile));
        let from = px(frame.x.at(bar.low.unwrap_or(frame.x.from)));
        let to = px(frame.x.at(bar.high.unwrap_or(frame.x.to)));
        let line = &mut lines[usize::from(bar.verdict == Covers::Misses)];
        let _ = write!(line, "M{from} {height}H{to}");
    }
    let width = (300.0 / zip.bars.len().max(1) as f64).clamp(0.4, 3.0);
    let strokes = lines.into_iter().enumerate().map(|(place, line)| Stroke {
        line,
        style: svg::style(place),
        width,
    });
    let at = px(frame.x.at(zip.truth));
    let nominal = px(y.at(zip.level));
    let missed = zip.bars.iter().filter(|bar| bar.verdict == Covers::Misses);
    let alt = format!(
        "{}: the truth is {}; {} of {} intervals do not have it.",
        zip.title,
        significant(zip.truth),
        missed.count(),
        zip.bars.len()
    );
    let strokes = strokes.filter(|stroke| !stroke.line.is_empty()).collect();
    let rules = vec![
        Rule {
            line: format!("M{at} {}V{}", px(top), px(bottom)),
            dash: "",
        },
        Rule {
            line: format!("M{} {nominal}H{}", px(frame.x.start), px(frame.x.end)),
            dash: "5 3",
        },
    ];
    filled(Drawn {
        id: &zip.id,
        title: &zip.title,
        alt,
        frame,
        top,
        bottom,
        label: &zip.label,
        strokes,
        rules,
        points: Vec::new(),
        texts,
    })
}

/// A lollipop plot as SVG. It is of simulated data and says so.
///
/// ```
/// use kring_report::{Lollipop, Stick, lollipop_svg};
/// let svg = lollipop_svg(&Lollipop {
///     id: "coverage".into(),
///     title: "Coverage of three intervals".into(),
///     label: "coverage".into(),
///     from: 0.95,
///     sticks: vec![Stick { label: "Wald".into(), value: 0.93, interval: Some((0.92, 0.94)) }],
/// })?;
/// assert!(svg.contains("Wald: 0.93"));
/// # Ok::<(), kring_report::Error>(())
/// ```
pub fn lollipop_svg(lollipop: &Lollipop) -> Result<String, Error> {
    const ROW: f64 = 26.0;
    let numbers = || {
        let all = lollipop.sticks.iter();
        all.flat_map(|s| {
            [
                Some(s.value),
                s.interval.map(|i| i.0),
                s.interval.map(|i| i.1),
            ]
        })
        .flatten()
        .chain([lollipop.from])
    };
    finite(&lollipop.id, &lollipop.label, numbers())?;
    let low = numbers().fold(f64::INFINITY, f64::min);
    let high = numbers().fold(f64::NEG_INFINITY, f64::max);
    let mut texts = Vec::new();
    let top = heading(&lollipop.title, "", &mut texts);
    let names = lollipop
        .sticks
        .iter()
        .map(|stick| LABEL.width(&stick.label));
    let left = names.fold(0.0, f64::max).min(0.5 * WIDE) + 18.0;
    let frame = frame(low, high, left, WIDE - 24.0);
    let bottom = top + ROW * lollipop.sticks.len().max(1) as f64 + 6.0;
    let (mut strokes, mut points) = (Vec::new(), Vec::new());
    let start = px(frame.x.at(lollipop.from));
    for (row, stick) in lollipop.sticks.iter().enumerate() {
        let y = px(top + ROW * (row as f64 + 0.5));
        let x = px(frame.x.at(stick.value));
        let mut line = |line: String, width| {
            let style = svg::style(0);
            strokes.push(Stroke { line, style, width });
        };
        line(format!("M{start} {y}H{x}"), 1.4);
        if let Some((low, high)) = stick.interval {
            let (low, high) = (px(frame.x.at(low)), px(frame.x.at(high)));
            line(format!("M{low} {y}H{high}"), 3.6);
        }
        let style = svg::style(0);
        points.push(Point { x, y, style });
        texts.push(Text::new(
            left - 10.0,
            y + 4.5,
            Anchor::End,
            LABEL,
            clean(&stick.label),
        ));
    }
    let said = lollipop.sticks.iter();
    let said: Vec<String> = said
        .map(|stick| format!("{}: {}", stick.label, significant(stick.value)))
        .collect();
    let rules = vec![Rule {
        line: format!("M{start} {}V{}", px(top), px(bottom)),
        dash: "5 3",
    }];
    filled(Drawn {
        id: &lollipop.id,
        title: &lollipop.title,
        alt: format!(
            "{}, from {}. {}.",
            lollipop.title,
            significant(lollipop.from),
            said.join("; ")
        ),
        frame,
        top,
        bottom,
        label: &lollipop.label,
        strokes,
        rules,
        points,
        texts,
    })
}

fn finite(chart: &str, curve: &str, mut numbers: impl Iterator<Item = f64>) -> Result<(), Error> {
    match numbers.position(|x| !x.is_finite()) {
        None => Ok(()),
        Some(point) => Err(Error::NotFinite {
            chart: chart.to_owned(),
            curve: curve.to_owned(),
            point,
        }),
    }
}

/// The horizontal axis.
struct Frame {
    x: Scale,
    range: Range,
}

fn frame(low: f64, high: f64, start: f64, end: f64) -> Frame {
    let room = if high > low {
        0.0
    } else {
        0.1 * low.abs().max(1.0)
    };
    let range = round_range(low - room, high + room, 7.0);
    let x = Scale {
        from: range.from,
        to: range.to,
        start,
        end,
    };
    Frame { x, range }
}

/// The title, the banner and a line below; gives the y below them.
fn heading(title: &str, below: &str, texts: &mut Vec<Text>) -> f64 {
    let mut y = 6.0;
    for (text, face) in [(title, TITLE), (SIMULATED, WARN), (below, LABEL)] {
        if text.is_empty() {
            continue;
        }
        for line in face.wrap(text, WIDE - 12.0) {
            y += LEADING;
            texts.push(Text::new(4.0, y, Anchor::Start, face, line));
        }
        y += 2.0;
    }
    y + 12.0
}

/// A figure but for its axis.
struct Drawn<'a> {
    id: &'a str,
    title: &'a str,
    alt: String,
    frame: Frame,
    top: f64,
    bottom: f64,
    label: &'a str,
    strokes: Vec<Stroke>,
    rules: Vec<Rule>,
    points: Vec<Point>,
    texts: Vec<Text>,
}

fn filled(drawn: Drawn<'_>) -> Result<String, Error> {
    let Drawn {
        frame,
        mut texts,
        bottom,
        ..
    } = drawn;
    let mut x_ticks = Vec::new();
    for (tick, label) in &frame.range.ticks {
        let at = frame.x.at(*tick);
        x_ticks.push(px(at));
        let y = bottom + 5.0 + LEADING;
        texts.push(Text::new(at, y, Anchor::Middle, TICK, label));
    }
    let middle = 0.5 * (frame.x.start + frame.x.end);
    let below = bottom + 5.0 + 2.0 * LEADING;
    texts.push(Text::new(
        middle,
        below,
        Anchor::Middle,
        LABEL,
        clean(drawn.label),
    ));
    let picture = Picture {
        id: svg::stem(drawn.id),
        width: WIDE,
        height: px(below + 12.0),
        title: clean(drawn.title),
        alt: clean(&drawn.alt),
        palette: PALETTE,
        left: px(frame.x.start),
        right: px(frame.x.end),
        top: px(drawn.top),
        bottom: px(bottom),
        x_ticks,
        strokes: drawn.strokes,
        rules: drawn.rules,
        points: drawn.points,
        texts,
    };
    template::filled("performance.svg", &picture)
}
