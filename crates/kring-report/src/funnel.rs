//! A funnel as SVG: each unit's share by its size, the common share, and the limits around it.
//!
//! Units outside a limit have another marker and their name; the others stand in the table only,
//! since a name beside each point would be read as a ranking.

use kring_core::{Caution, Funnel, FunnelLimits, Outside, Side};
use serde::Serialize;

use crate::axis::{LEADING, Scale, round_range};
use crate::chart::{Frame, WIDE};
use crate::lettering::clean;
use crate::number::{at_most, fixed, level, percentage};
use crate::svg::{
    self, Anchor, CurveStyle, LABEL, NAME, PALETTE, Palette, TICK, TITLE, Text, WARN, px,
};
use crate::{Error, Origin, template};

/// A funnel as SVG, with its title in it.
pub fn funnel_svg(funnel: &Funnel, origin: Origin) -> Result<String, Error> {
    let frame = Frame {
        id: &svg::stem(&funnel.id),
        width: WIDE,
        titled: true,
        origin,
    };
    drawn(funnel, frame)
}

pub(crate) fn drawn(funnel: &Funnel, frame: Frame) -> Result<String, Error> {
    check(funnel)?;
    template::filled("funnel.svg", &picture(funnel, frame))
}

fn check(funnel: &Funnel) -> Result<(), Error> {
    let shares = funnel.points.iter().map(|p| p.share);
    let limits = funnel.limits.iter().flat_map(|l| &l.at);
    let numbers = shares
        .chain(limits.flat_map(|at| [at.low, at.high]))
        .chain([funnel.overall]);
    match numbers.into_iter().position(|x| !x.is_finite()) {
        None => Ok(()),
        Some(point) => Err(Error::NotFinite {
            chart: funnel.id.clone(),
            curve: funnel.label.clone(),
            point,
        }),
    }
}

/// Where a unit lies, in words: `above 99.8%`.
pub(crate) fn outside(outside: Outside) -> String {
    let side = match outside.side {
        Side::Below => "below",
        Side::Above => "above",
    };
    format!("{side} {}", level(outside.level))
}

/// What the picture shows, in words.
pub(crate) fn alt(funnel: &Funnel) -> String {
    let mut text = format!(
        "{}: {} of {}, {} in all, by {}.",
        funnel.title,
        funnel.label,
        funnel.of,
        percentage(funnel.overall),
        funnel.unit
    );
    let beyond = |p: &kring_core::FunnelPoint| {
        let place = outside(p.outside?);
        Some(format!(" {} {}, {place}.", p.label, percentage(p.share)))
    };
    let said: String = funnel.points.iter().filter_map(beyond).collect();
    text.push_str(if said.is_empty() {
        " All lie within the limits."
    } else {
        &said
    });
    clean(&text)
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
    y_ticks: Vec<f64>,
    x_ticks: Vec<f64>,
    limits: Vec<Limit>,
    points: Vec<Point>,
    texts: Vec<Text>,
}

#[derive(Debug, Serialize)]
struct Limit {
    line: String,
    dash: &'static str,
}

#[derive(Debug, Serialize)]
struct Point {
    x: f64,
    y: f64,
    style: CurveStyle,
}

/// The lowest and the highest share of the picture: of the units, of all, and of the limits from the
/// smallest unit on.
fn reach(funnel: &Funnel) -> (f64, f64) {
    let smallest = funnel.points.iter().map(|p| p.total).min().unwrap_or(1);
    let limits = funnel.limits.iter().flat_map(|limits| &limits.at);
    let ends = limits
        .filter(|at| at.total >= smallest)
        .flat_map(|at| [at.low, at.high]);
    let shares = funnel.points.iter().map(|p| p.share);
    shares
        .chain(ends)
        .fold((funnel.overall, funnel.overall), |(low, high), x| {
            (low.min(x), high.max(x))
        })
}

fn picture(funnel: &Funnel, frame: Frame) -> Picture {
    let mut texts = Vec::new();
    let top = heading(funnel, frame, &mut texts);
    let bottom = top + if frame.width < 500.0 { 220.0 } else { 290.0 };
    let largest = funnel.points.iter().map(|p| p.total).max().unwrap_or(1) as f64;
    let (lowest, highest) = reach(funnel);
    let range = round_range(100.0 * lowest - 4.0, 100.0 * highest + 4.0, 5.0);
    let sizes = round_range(
        0.0,
        1.02 * largest,
        if frame.width < 500.0 { 4.0 } else { 6.0 },
    );
    let left = range
        .ticks
        .iter()
        .map(|(_, l)| TICK.width(l))
        .fold(0.0, f64::max)
        + 22.0;
    let right = frame.width - 46.0;
    let y = Scale {
        from: range.from.max(0.0),
        to: range.to.min(100.0),
        start: bottom,
        end: top,
    };
    let x = Scale {
        from: 0.0,
        to: sizes.to,
        start: left,
        end: right,
    };
    let mut y_ticks = Vec::new();
    for (tick, label) in range
        .ticks
        .iter()
        .filter(|(t, _)| (0.0..=100.0).contains(t))
    {
        y_ticks.push(px(y.at(*tick)));
        let words = format!("{label}%");
        texts.push(Text::new(
            left - 8.0,
            y.at(*tick) + 4.0,
            Anchor::End,
            TICK,
            words,
        ));
    }
    let mut x_ticks = Vec::new();
    for (tick, label) in &sizes.ticks {
        x_ticks.push(px(x.at(*tick)));
        let at = bottom + 5.0 + LEADING;
        texts.push(Text::new(x.at(*tick), at, Anchor::Middle, TICK, label));
    }
    let mut below = bottom + 5.0 + LEADING;
    let per = format!("number of {} of a {}", funnel.of, funnel.unit);
    for line in LABEL.wrap(&per, right - left) {
        below += LEADING;
        texts.push(Text::new(
            0.5 * (left + right),
            below,
            Anchor::Middle,
            LABEL,
            line,
        ));
    }
    let limits = limit_lines(funnel, x, y, &mut texts);
    let points = funnel.points.iter().map(|p| Point {
        x: px(x.at(p.total as f64)),
        y: px(y.at(100.0 * p.share)),
        style: svg::style(usize::from(p.outside.is_some())),
    });
    let points: Vec<Point> = points.collect();
    name_those_outside(funnel, &points, right, &mut texts);
    Picture {
        id: frame.id.to_owned(),
        width: frame.width,
        height: px(below + 10.0),
        title: clean(&funnel.title),
        alt: alt(funnel),
        palette: PALETTE,
        left: px(left),
        right: px(right),
        bottom: px(bottom),
        y_ticks,
        x_ticks,
        limits,
        points,
        texts,
    }
}

/// The title, the banner and the name of the vertical axis; gives the y below them.
fn heading(funnel: &Funnel, frame: Frame, texts: &mut Vec<Text>) -> f64 {
    let counted = format!("{}, share of {}", funnel.label, funnel.of);
    let simulated =
        frame.origin == Origin::Simulated || funnel.cautions.contains(&Caution::Simulated);
    let lines = [
        frame.titled.then_some((funnel.title.as_str(), TITLE)),
        simulated.then_some((crate::SIMULATED, WARN)),
        Some((counted.as_str(), LABEL)),
    ];
    let mut y = 6.0;
    for (text, face) in lines.into_iter().flatten() {
        for line in face.wrap(text, frame.width - 12.0) {
            y += LEADING;
            texts.push(Text::new(4.0, y, Anchor::Start, face, line));
        }
        y += 2.0;
    }
    y + 14.0
}

/// The lines of the limits and of the common share, with their names at their right ends.
fn limit_lines(funnel: &Funnel, x: Scale, y: Scale, texts: &mut Vec<Text>) -> Vec<Limit> {
    let inside = |percent: f64| y.at(percent.clamp(y.from, y.to));
    let overall = px(inside(100.0 * funnel.overall));
    let mut lines = vec![Limit {
        line: format!("M{} {overall}H{}", px(x.start), px(x.end)),
        dash: "",
    }];
    let mut names = vec![(inside(100.0 * funnel.overall), percentage(funnel.overall))];
    for (place, limits) in funnel.limits.iter().enumerate() {
        let dash = if place == 0 { "5 3" } else { "1.5 2.5" };
        for end in [Side::Below, Side::Above] {
            let path = path(limits, end, x, y);
            if !path.is_empty() {
                lines.push(Limit { line: path, dash });
            }
        }
        if let Some(last) = limits.at.last() {
            let name = level(limits.level);
            names.push((inside(100.0 * last.low), name.clone()));
            names.push((inside(100.0 * last.high), name));
        }
    }
    names.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut free = f64::NEG_INFINITY;
    for (at, name) in names {
        let at = f64::max(at + 4.0, free);
        free = at + 12.0;
        texts.push(Text::new(x.end + 5.0, at, Anchor::Start, TICK, name));
    }
    lines
}

/// A limit as a line, as far as it lies within the frame.
fn path(limits: &FunnelLimits, end: Side, x: Scale, y: Scale) -> String {
    let mut path = String::new();
    let mut within = false;
    for at in &limits.at {
        let share = match end {
            Side::Below => at.low,
            Side::Above => at.high,
        };
        let percent = 100.0 * share;
        let pen = if within { 'L' } else { 'M' };
        within = (y.from..=y.to).contains(&percent);
        if within {
            let (x, y) = (px(x.at(at.total as f64)), px(y.at(percent)));
            path = format!("{path}{pen}{x} {y}");
        }
    }
    path
}

/// The names of units outside the limits, beside their points and clear of each other.
fn name_those_outside(funnel: &Funnel, points: &[Point], right: f64, texts: &mut Vec<Text>) {
    const LINE: f64 = 13.0;
    let mut taken: Vec<(f64, f64, f64)> = Vec::new();
    let named = funnel.points.iter().zip(points);
    for (unit, point) in named.filter(|(unit, _)| unit.outside.is_some()) {
        let words = clean(&unit.label);
        let wide = NAME.width(&words);
        let (from, anchor, x) = if point.x + 9.0 + wide <= right {
            (point.x + 9.0, Anchor::Start, point.x + 9.0)
        } else {
            (point.x - 9.0 - wide, Anchor::End, point.x - 9.0)
        };
        let clear = |y: f64| {
            let apart = |(a, b, at): &(f64, f64, f64)| {
                *b < from || from + wide < *a || (at - y).abs() >= LINE
            };
            taken.iter().all(apart)
        };
        let shifts =
            [0.0, -1.0, 1.0, -2.0, 2.0, -3.0, 3.0].map(|lines| point.y + 4.0 + lines * LINE);
        let y = shifts
            .into_iter()
            .find(|y| clear(*y))
            .unwrap_or(point.y + 4.0);
        taken.push((from, from + wide, y));
        texts.push(Text::new(x, y, anchor, NAME, words));
    }
}

/// A size as it stands in a table.
pub(crate) fn size(total: usize) -> String {
    fixed(total as f64, 0)
}

/// A limit of a share in a table.
pub(crate) fn limit(low: f64, high: f64) -> String {
    format!(
        "{} to {}%",
        at_most(100.0 * low, 1),
        at_most(100.0 * high, 1)
    )
}
