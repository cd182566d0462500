//! Curves as they are drawn, with their names at their ends.

use kring_core::{Curve, CurveKind, Point};
use serde::Serialize;

use crate::Chart;
use crate::axis::{LEADING, Scale, times};
use crate::svg::{self, Anchor, CurveStyle, LABEL, Text, px};

/// A curve in pixels.
#[derive(Debug, Serialize)]
pub(crate) struct Series {
    style: CurveStyle,
    line: String,
    band: String,
    bars: Vec<Bar>,
    points: Vec<(f64, f64)>,
    /// From the last point to the name.
    leader: String,
    #[serde(skip)]
    end: Option<(f64, f64)>,
}

/// The interval of a point.
#[derive(Debug, Serialize)]
struct Bar {
    x: f64,
    low: f64,
    high: f64,
}

/// The curves as they are drawn, still without their names.
pub(crate) fn series(chart: &Chart, x: Scale, y: Scale) -> Vec<Series> {
    let shift = shift(chart, x);
    let middle = 0.5 * (chart.curves.len() as f64 - 1.0);
    let placed = chart.curves.iter().enumerate();
    placed
        .map(|(place, curve)| {
            let aside = (place as f64 - middle) * shift;
            let style = svg::style(place);
            if curve.kind == CurveKind::Step {
                stepped(curve, style, x, y)
            } else {
                pointed(curve, style, |p| x.at(p.at) + aside, y)
            }
        })
        .collect()
}

fn stepped(curve: &Curve, style: CurveStyle, x: Scale, y: Scale) -> Series {
    let at = |p: &Point| (px(x.at(p.at)), px(y.at(p.value)));
    let points: Vec<(f64, f64)> = curve.points.iter().map(at).collect();
    Series {
        style,
        line: stairs(&points),
        band: band(curve, x, y),
        bars: Vec::new(),
        end: points.last().copied(),
        points: Vec::new(),
        leader: String::new(),
    }
}

fn pointed(curve: &Curve, style: CurveStyle, x: impl Fn(&Point) -> f64, y: Scale) -> Series {
    let points: Vec<(f64, f64)> = curve
        .points
        .iter()
        .map(|p| (px(x(p)), px(y.at(p.value))))
        .collect();
    let barred = curve
        .points
        .iter()
        .filter(|p| p.low.is_some() || p.high.is_some());
    Series {
        style,
        line: match curve.kind {
            CurveKind::Joined if points.len() > 1 => joined(&points),
            _ => String::new(),
        },
        band: String::new(),
        bars: barred
            .map(|p| Bar {
                x: px(x(p)),
                low: px(y.at(p.low.unwrap_or(p.value))),
                high: px(y.at(p.high.unwrap_or(p.value))),
            })
            .collect(),
        end: points.last().copied(),
        points,
        leader: String::new(),
    }
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
        .map(|pair| {
            format!(
                "L{x} {low}H{before}",
                x = pair[1].0,
                low = pair[0].1,
                before = pair[0].0
            )
        })
        .collect();
    format!("{}{}Z", stairs(&upper), back.concat())
}

/// The name of each curve beside its end, moved up or down so that none covers another; gives
/// the lowest y they may need.
pub(crate) fn end_labels(
    series: &mut [Series],
    labels: &[Vec<String>],
    right: f64,
    span: (f64, f64),
    texts: &mut Vec<Text>,
) -> f64 {
    let ends: Vec<Option<(f64, f64)>> = series.iter().map(|one| one.end).collect();
    let (leaders, lowest) = names_at_ends(&ends, labels, right, span, texts);
    for (one, leader) in series.iter_mut().zip(leaders) {
        one.leader = leader;
    }
    lowest
}

/// A name on its way to its place.
struct Named<'a> {
    leader: &'a mut String,
    end: (f64, f64),
    lines: &'a [String],
    top: f64,
}

impl Named<'_> {
    fn tall(&self) -> f64 {
        tall(self.lines)
    }
}

fn tall(lines: &[String]) -> f64 {
    lines.len() as f64 * LEADING + 2.0
}

/// The same of the ends alone: what leads from each to its name, and the lowest y they may need.
pub(crate) fn names_at_ends(
    ends: &[Option<(f64, f64)>],
    labels: &[Vec<String>],
    right: f64,
    (top, bottom): (f64, f64),
    texts: &mut Vec<Text>,
) -> (Vec<String>, f64) {
    let mut leaders = vec![String::new(); ends.len()];
    let placed = leaders.iter_mut().zip(ends).zip(labels);
    let mut named: Vec<Named> = placed
        .filter(|(_, lines)| lines.iter().any(|line| !line.is_empty()))
        .filter_map(|((leader, end), lines)| {
            let end = (*end)?;
            let top = end.1 - 0.5 * tall(lines);
            Some(Named {
                leader,
                end,
                lines,
                top,
            })
        })
        .collect();
    named.sort_by(|a, b| a.end.1.total_cmp(&b.end.1));
    let mut free = top - 8.0;
    for one in &mut named {
        one.top = one.top.max(free);
        free = one.top + one.tall();
    }
    let total: f64 = named.iter().map(Named::tall).sum();
    let lowest = (bottom + 8.0).max(top - 8.0 + total);
    let mut floor = lowest;
    for one in named.iter_mut().rev() {
        one.top = one.top.min(floor - one.tall());
        floor = one.top;
    }
    for one in named {
        let middle = px(one.top + 0.5 * one.tall());
        let (x, y) = one.end;
        *one.leader = format!("M{} {y}L{} {middle}", px(x + 9.0), px(right + 8.0));
        for (row, line) in one.lines.iter().enumerate() {
            let y = one.top + LEADING * (row as f64 + 1.0) - 3.0;
            texts.push(Text::new(right + 13.0, y, Anchor::Start, LABEL, line));
        }
    }
    (leaders, lowest)
}
