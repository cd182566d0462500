//! Points in panels side by side: residuals against what was fitted, and against what they should be.
//!
//! Points are half transparent, so that a crowd is darker; a panel has a line where they should lie. Every
//! point is somebody: a report for others leaves such pictures out.

use serde::{Deserialize, Serialize};

use crate::axis::{LEADING, Range, Scale, range_of};
use crate::chart::{Frame, SLIM, WIDE};
use crate::lettering::clean;
use crate::svg::{self, Anchor, LABEL, PALETTE, Palette, STRONG, TICK, TITLE, Text, WARN, px};
use crate::{Error, Origin, SIMULATED, template};

/// Panels of points.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scatter {
    /// Its name, also that of its file.
    pub id: String,
    /// Its title.
    pub title: String,
    /// The panels, from the left.
    pub panels: Vec<ScatterPanel>,
    /// What a reader should know beside it.
    pub caption: String,
}

/// A panel.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScatterPanel {
    /// Its title.
    pub title: String,
    /// What stands below the horizontal axis.
    pub x_label: String,
    /// What stands above the vertical axis.
    pub y_label: String,
    /// The points.
    pub points: Vec<(f64, f64)>,
    /// Where they should lie.
    pub line: ScatterLine,
}

/// Where the points of a panel should lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScatterLine {
    /// About zero.
    Zero,
    /// Where both numbers are equal.
    Equal,
}

#[derive(Debug, Serialize)]
struct Picture {
    id: String,
    width: f64,
    height: f64,
    title: String,
    alt: String,
    palette: Palette,
    colour: &'static str,
    panels: Vec<Panel>,
    texts: Vec<Text>,
}

#[derive(Debug, Serialize)]
struct Panel {
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
    x_ticks: Vec<f64>,
    y_ticks: Vec<f64>,
    line: String,
    points: String,
}

/// Panels of points as SVG.
///
/// ```
/// use kring_report::{Origin, Scatter, ScatterLine, ScatterPanel, scatter_svg};
/// let svg = scatter_svg(
///     &Scatter {
///         id: "residuals".into(),
///         title: "Residuals".into(),
///         panels: vec![ScatterPanel {
///             title: "Against what was fitted".into(),
///             x_label: "fitted".into(),
///             y_label: "residual".into(),
///             points: vec![(1.0, -0.5), (2.0, 0.5)],
///             line: ScatterLine::Zero,
///         }],
///         caption: String::new(),
///     },
///     Origin::Observed,
/// )?;
/// assert!(svg.contains("Against what was fitted, 2 points"));
/// # Ok::<(), kring_report::Error>(())
/// ```
pub fn scatter_svg(scatter: &Scatter, origin: Origin) -> Result<String, Error> {
    let frame = Frame {
        id: &scatter.id,
        width: WIDE,
        titled: true,
        origin,
    };
    drawn(scatter, frame)
}

/// In words.
pub(crate) fn alt(scatter: &Scatter) -> String {
    let panels: Vec<String> = scatter
        .panels
        .iter()
        .map(|panel| format!("{}, {} points", panel.title, panel.points.len()))
        .collect();
    format!("{}. {}.", scatter.title, panels.join("; "))
}

pub(crate) fn drawn(scatter: &Scatter, frame: Frame<'_>) -> Result<String, Error> {
    let mut texts = Vec::new();
    let mut y = 6.0;
    let warning = match frame.origin {
        Origin::Simulated => SIMULATED,
        Origin::Observed => "",
    };
    let title = if frame.titled {
        scatter.title.as_str()
    } else {
        ""
    };
    for (text, face) in [(title, TITLE), (warning, WARN)] {
        if text.is_empty() {
            continue;
        }
        for line in face.wrap(text, frame.width - 12.0) {
            y += LEADING;
            texts.push(Text::new(4.0, y, Anchor::Start, face, line));
        }
        y += 6.0;
    }
    // One below the other on a slim page.
    let across = if frame.width <= SLIM {
        1
    } else {
        scatter.panels.len().clamp(1, 2)
    };
    let room = frame.width / across as f64;
    let mut panels = Vec::new();
    let mut below = y;
    for (place, panel) in scatter.panels.iter().enumerate() {
        if place > 0 && place % across == 0 {
            y = below + 10.0;
        }
        let left = room * (place % across) as f64;
        let (made, end) = panel_at(&scatter.id, panel, left, room, y, &mut texts)?;
        below = below.max(end);
        panels.push(made);
    }
    let picture = Picture {
        id: svg::stem(frame.id),
        width: frame.width,
        height: px(below + 8.0),
        title: clean(&scatter.title),
        alt: clean(&alt(scatter)),
        palette: PALETTE,
        colour: svg::style(0).colour,
        panels,
        texts,
    };
    template::filled("scatter.svg", &picture)
}

/// A panel in its room, and the y below it.
fn panel_at(
    chart: &str,
    panel: &ScatterPanel,
    left: f64,
    room: f64,
    y: f64,
    texts: &mut Vec<Text>,
) -> Result<(Panel, f64), Error> {
    const HEIGHT: f64 = 220.0;
    if let Some(point) = panel
        .points
        .iter()
        .position(|(x, y)| !(x.is_finite() && y.is_finite()))
    {
        return Err(Error::NotFinite {
            chart: chart.to_owned(),
            curve: panel.title.clone(),
            point,
        });
    }
    let mut y = y;
    for line in STRONG.wrap(&panel.title, room - 16.0) {
        y += LEADING;
        texts.push(Text::new(left + 8.0, y, Anchor::Start, STRONG, line));
    }
    y += LEADING + 2.0;
    texts.push(Text::new(
        left + 8.0,
        y,
        Anchor::Start,
        TICK,
        clean(&panel.y_label),
    ));
    let (top, bottom) = (y + 12.0, y + 12.0 + HEIGHT);
    let y_range = range_of(
        panel.points.iter().map(|p| p.1),
        panel.line == ScatterLine::Zero,
    );
    let x_range = range_of(panel.points.iter().map(|p| p.0), false);
    let widths = y_range.ticks.iter().map(|(_, words)| TICK.width(words));
    let start = left + widths.fold(0.0, f64::max) + 16.0;
    let end = left + room - 14.0;
    let x = Scale {
        from: x_range.from,
        to: x_range.to,
        start,
        end,
    };
    let scale = Scale {
        from: y_range.from,
        to: y_range.to,
        start: bottom,
        end: top,
    };
    let ranges = [&x_range, &y_range];
    let label = labels(panel, ranges, x, scale, texts);
    let line = match panel.line {
        ScatterLine::Zero => format!("M{} {}H{}", px(start), px(scale.at(0.0)), px(end)),
        ScatterLine::Equal => {
            let low = x.from.max(scale.from);
            let high = x.to.min(scale.to);
            if low < high {
                format!(
                    "M{} {}L{} {}",
                    px(x.at(low)),
                    px(scale.at(low)),
                    px(x.at(high)),
                    px(scale.at(high))
                )
            } else {
                String::new()
            }
        }
    };
    let points: Vec<String> = panel
        .points
        .iter()
        .map(|(at, value)| format!("M{} {}h0", px(x.at(*at)), px(scale.at(*value))))
        .collect();
    let made = Panel {
        left: px(start),
        right: px(end),
        top: px(top),
        bottom: px(bottom),
        x_ticks: x_range
            .ticks
            .iter()
            .map(|(tick, _)| px(x.at(*tick)))
            .collect(),
        y_ticks: y_range
            .ticks
            .iter()
            .map(|(tick, _)| px(scale.at(*tick)))
            .collect(),
        line,
        points: points.concat(),
    };
    Ok((made, label + 6.0))
}

/// The ticks in words and what stands below them; gives its height.
fn labels(
    panel: &ScatterPanel,
    [x_range, y_range]: [&Range; 2],
    x: Scale,
    y: Scale,
    texts: &mut Vec<Text>,
) -> f64 {
    for (tick, words) in &y_range.ticks {
        let at = y.at(*tick) + 4.0;
        texts.push(Text::new(x.start - 7.0, at, Anchor::End, TICK, words));
    }
    // Labels that would touch are left out, every second one.
    let widths = x_range.ticks.iter().map(|(_, words)| TICK.width(words));
    let widest = widths.fold(0.0, f64::max);
    let each = (x.end - x.start) / (x_range.ticks.len().max(2) - 1) as f64;
    let every = if widest + 6.0 > each { 2 } else { 1 };
    for (tick, words) in x_range.ticks.iter().step_by(every) {
        let below = y.start + LEADING + 3.0;
        texts.push(Text::new(x.at(*tick), below, Anchor::Middle, TICK, words));
    }
    let label = y.start + 2.0 * LEADING + 5.0;
    let middle = 0.5 * (x.start + x.end);
    texts.push(Text::new(
        middle,
        label,
        Anchor::Middle,
        LABEL,
        clean(&panel.x_label),
    ));
    label
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    reason = "a test may stop at what it did not expect"
)]
mod tests {
    use super::*;

    fn scatter(points: Vec<(f64, f64)>, line: ScatterLine) -> Scatter {
        let panel = ScatterPanel {
            title: "Panel".to_owned(),
            x_label: "x".to_owned(),
            y_label: "y".to_owned(),
            points,
            line,
        };
        Scatter {
            id: "s".to_owned(),
            title: "Points".to_owned(),
            panels: vec![panel.clone(), panel],
            caption: String::new(),
        }
    }

    #[test]
    fn every_point_is_drawn_in_its_panel() {
        let points = vec![(1.0, -2.0), (2.0, 3.0), (5.0, 0.0)];
        let svg = scatter_svg(&scatter(points, ScatterLine::Zero), Origin::Simulated).unwrap();
        assert_eq!(svg.matches("h0").count(), 6);
        assert!(svg.contains(SIMULATED));
    }

    #[test]
    fn a_point_without_a_place_is_named() {
        let points = vec![(1.0, 1.0), (f64::NAN, 1.0)];
        let error =
            scatter_svg(&scatter(points, ScatterLine::Equal), Origin::Observed).unwrap_err();
        assert!(error.to_string().contains("point 2"));
        // Of no points, and of equal ones, there is a picture all the same.
        for points in [vec![], vec![(1.0, 1.0), (1.0, 1.0)]] {
            assert!(scatter_svg(&scatter(points, ScatterLine::Equal), Origin::Observed).is_ok());
        }
    }
}
