//! Estimates below one another with their intervals: a forest plot. Differences of groups, before and
//! after weighting or matching: a love plot. One picture, since both are marks on rows about a line.
//!
//! ```text
//! forest     a row an estimate: label, mark and interval, and both in digits at the right
//! love       a row a variable: its difference in SDs, a mark for each way of looking; lines at ±0.1
//! scale      ratios on a logarithmic axis with round ticks, all else linear; a line where there is no effect
//! ```
//! An interval that leaves the picture ends in an arrow.

use kring_core::{BaselineTable, Estimate, Value};
use serde::{Deserialize, Serialize};

use crate::axis::{LEADING, Scale, range_of};
use crate::chart::{Frame, SLIM, WIDE};
use crate::lettering::clean;
use crate::number::{at_most, fixed, level, significant};
use crate::svg::{
    self, Anchor, CurveStyle, LABEL, NAME, PALETTE, Palette, TICK, TITLE, Text, WARN, px,
};
use crate::{Error, Origin, SIMULATED, template};

/// Rows of marks about a line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Forest {
    /// Its name, also that of its file.
    pub id: String,
    /// Its title.
    pub title: String,
    /// What stands below the axis.
    pub label: String,
    /// Whether equal ratios take equal room.
    pub axis: ForestAxis,
    /// Where the line stands: no difference, a ratio of one.
    pub null: f64,
    /// Lines beside it that a reader looks for, such as ±0.1.
    pub guides: Vec<f64>,
    /// What the marks of a row are, where there is more than one.
    pub series: Vec<String>,
    /// The rows, from above.
    pub rows: Vec<ForestRow>,
    /// What a reader should know beside it.
    pub caption: String,
}

/// How values become places.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ForestAxis {
    /// Equal differences take equal room.
    Linear,
    /// Equal ratios take equal room; values are above zero.
    Ratio,
}

/// A row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ForestRow {
    /// What it is of.
    pub label: String,
    /// Its marks, one for each of the series; absent where there is no value.
    pub marks: Vec<Option<ForestMark>>,
    /// What stands at the right, as a rule the numbers.
    pub digits: String,
}

/// A value with its interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ForestMark {
    /// The value.
    pub value: f64,
    /// The lower end of its interval; absent where there is none.
    pub low: Option<f64>,
    /// The upper end.
    pub high: Option<f64>,
}

impl Forest {
    /// The estimates of one measure below one another; none where they are of several measures, or fewer
    /// than two. One at the edge of its scale has a row without a mark.
    pub fn of(id: &str, title: &str, estimates: &[Estimate]) -> Option<Self> {
        let first = estimates.first()?;
        let same = |one: &Estimate| one.measure == first.measure && one.null == first.null;
        if estimates.len() < 2 || !estimates.iter().all(same) {
            return None;
        }
        let log = first.measure.is_log();
        let rows = estimates.iter().map(|estimate| {
            let interval = estimate.natural_interval();
            let mark = match estimate.natural() {
                Value::Value(value) if value.is_finite() && (!log || value > 0.0) => {
                    Some(ForestMark {
                        value,
                        low: interval.and_then(|i| i.low).filter(|x| x.is_finite()),
                        high: interval.and_then(|i| i.high).filter(|x| x.is_finite()),
                    })
                }
                _ => None,
            };
            ForestRow {
                label: estimate.label.clone(),
                digits: mark.map_or_else(|| "–".to_owned(), digits),
                marks: vec![mark],
            }
        });
        let of_lines = first.interval.map(|interval| interval.level);
        Some(Self {
            id: id.to_owned(),
            title: title.to_owned(),
            label: first.measure.name().to_owned(),
            axis: if log {
                ForestAxis::Ratio
            } else {
                ForestAxis::Linear
            },
            null: if log { first.null.exp() } else { first.null },
            guides: Vec::new(),
            series: Vec::new(),
            rows: rows.collect(),
            caption: of_lines.map_or_else(String::new, |share| {
                format!("Lines are {} intervals.", level(share))
            }),
        })
    }

    /// The differences of a baseline table in standard deviations: a love plot. `others` are the same table
    /// by another way of looking, as after weighting, each with its name; none where there are no
    /// differences.
    pub fn love(
        id: &str,
        name: &str,
        table: &BaselineTable,
        others: &[(&str, &BaselineTable)],
    ) -> Option<Self> {
        let tables: Vec<(&str, &BaselineTable)> = [(name, table)]
            .into_iter()
            .chain(others.iter().copied())
            .collect();
        let of = |table: &BaselineTable, variable: &str| {
            let mut variables = table.variables.iter();
            let found = variables.find(|one| one.name == variable)?;
            match found.difference(table.pairs)? {
                Value::Value(value) => Some(ForestMark {
                    value: value.abs(),
                    low: None,
                    high: None,
                }),
                Value::AtBoundary(_) => None,
            }
        };
        let rows: Vec<ForestRow> = table
            .variables
            .iter()
            .map(|variable| {
                let marks: Vec<Option<ForestMark>> = tables
                    .iter()
                    .map(|(_, table)| of(table, &variable.name))
                    .collect();
                let digits: Vec<String> = marks
                    .iter()
                    .map(|mark| mark.map_or_else(|| "–".to_owned(), |mark| fixed(mark.value, 2)))
                    .collect();
                ForestRow {
                    label: variable.label.clone(),
                    digits: digits.join(" → "),
                    marks,
                }
            })
            .collect();
        rows.iter()
            .any(|row| row.marks.iter().any(Option::is_some))
            .then(|| Self {
                id: id.to_owned(),
                title: "How unlike the groups are".to_owned(),
                label: "standardised difference, without its sign".to_owned(),
                axis: ForestAxis::Linear,
                null: 0.0,
                guides: vec![0.1],
                series: if others.is_empty() {
                    Vec::new()
                } else {
                    tables.iter().map(|(name, _)| (*name).to_owned()).collect()
                },
                rows,
                caption: "The dotted line is at 0.1, a convention and no test.".to_owned(),
            })
    }
}

/// `0.72 [0.55, 0.94]`, with decimals enough to tell the ends apart.
fn digits(mark: ForestMark) -> String {
    let ends = [mark.low, mark.high].into_iter().flatten();
    let width = ends.map(|end| (end - mark.value).abs()).fold(0.0, f64::max);
    let places = match width {
        w if w <= 0.0 => return significant(mark.value),
        w if w < 0.02 => 4,
        w if w < 0.2 => 3,
        w if w < 20.0 => 2,
        w if w < 200.0 => 1,
        _ => 0,
    };
    let end = |end: Option<f64>, open: &str| end.map_or(open.to_owned(), |end| fixed(end, places));
    format!(
        "{} [{}, {}]",
        fixed(mark.value, places),
        end(mark.low, "−∞"),
        end(mark.high, "∞")
    )
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

/// A forest plot, or a love plot, as SVG.
///
/// ```
/// use kring_report::{Forest, ForestAxis, ForestMark, ForestRow, Origin, forest_svg};
/// let row = |label: &str, value, low, high| ForestRow {
///     label: label.into(),
///     marks: vec![Some(ForestMark { value, low: Some(low), high: Some(high) })],
///     digits: format!("{value} [{low}, {high}]"),
/// };
/// let svg = forest_svg(
///     &Forest {
///         id: "contrasts".into(),
///         title: "EKC against WT by wave".into(),
///         label: "rate ratio".into(),
///         axis: ForestAxis::Ratio,
///         null: 1.0,
///         guides: vec![],
///         series: vec![],
///         rows: vec![row("wave 1", 1.2, 0.9, 1.6), row("wave 2", 0.7, 0.5, 0.98)],
///         caption: String::new(),
///     },
///     Origin::Observed,
/// )?;
/// assert!(svg.contains("wave 2: 0.7 [0.5, 0.98]"));
/// # Ok::<(), kring_report::Error>(())
/// ```
pub fn forest_svg(forest: &Forest, origin: Origin) -> Result<String, Error> {
    let frame = Frame {
        id: &forest.id,
        width: WIDE,
        titled: true,
        origin,
    };
    drawn(forest, frame)
}

/// In words.
pub(crate) fn alt(forest: &Forest) -> String {
    let rows: Vec<String> = forest
        .rows
        .iter()
        .map(|row| format!("{}: {}", row.label, row.digits))
        .collect();
    format!("{}, {}. {}.", forest.title, forest.label, rows.join("; "))
}

pub(crate) fn drawn(forest: &Forest, frame: Frame<'_>) -> Result<String, Error> {
    check(forest)?;
    let mut texts = Vec::new();
    let heading = heading(forest, frame, &mut texts);
    let top = legend(forest, frame, heading, &mut texts);
    let points = legend_points(forest, frame, top);
    let top = top + 4.0;
    // The columns: labels, marks, digits. On a slim page label and digits stand above their mark.
    let widest = |of: fn(&ForestRow) -> &str| {
        let widths = forest.rows.iter().map(|row| LABEL.width(of(row)));
        widths.fold(0.0, f64::max)
    };
    let labels = widest(|row| &row.label).min(0.36 * frame.width);
    let numbers = widest(|row| &row.digits).min(0.3 * frame.width);
    let (left, right) = if frame.width <= SLIM {
        (10.0, frame.width - 10.0)
    } else {
        (labels + 20.0, frame.width - numbers - 22.0)
    };
    let (from, to, ticks) = axis(forest);
    let place = |value: f64| forest.axis.place(value);
    let x = Scale {
        from: place(from),
        to: place(to),
        start: left + 8.0,
        end: right - 8.0,
    };
    let mut rows = Rows {
        axis: forest.axis,
        width: frame.width,
        labels,
        x,
        strokes: Vec::new(),
        points,
        texts,
    };
    let mut y = top;
    for row in &forest.rows {
        y = rows.draw(row, y);
    }
    let Rows {
        strokes,
        points,
        mut texts,
        ..
    } = rows;
    let bottom = y + 4.0;
    let upright = |value: f64, dash| Rule {
        line: format!("M{} {}V{}", px(x.at(place(value))), px(top), px(bottom)),
        dash,
    };
    let mut rules = vec![upright(forest.null, "")];
    rules.extend(forest.guides.iter().map(|&guide| upright(guide, "2 4")));
    let mut x_ticks = Vec::new();
    for (tick, words) in &ticks {
        let at = x.at(place(*tick));
        x_ticks.push(px(at));
        let y = bottom + 5.0 + LEADING;
        texts.push(Text::new(at, y, Anchor::Middle, TICK, words));
    }
    let below = bottom + 5.0 + 2.0 * LEADING;
    let middle = 0.5 * (x.start + x.end);
    texts.push(Text::new(
        middle,
        below,
        Anchor::Middle,
        LABEL,
        clean(&forest.label),
    ));
    let picture = Picture {
        id: svg::stem(frame.id),
        width: frame.width,
        height: px(below + 12.0),
        title: clean(&forest.title),
        alt: clean(&alt(forest)),
        palette: PALETTE,
        left: px(left),
        right: px(right),
        top: px(top),
        bottom: px(bottom),
        x_ticks,
        strokes,
        rules,
        points,
        texts,
    };
    template::filled("performance.svg", &picture)
}

impl ForestAxis {
    fn place(self, value: f64) -> f64 {
        match self {
            Self::Linear => value,
            Self::Ratio => value.ln(),
        }
    }
}

/// The rows while they are drawn.
struct Rows {
    axis: ForestAxis,
    width: f64,
    labels: f64,
    x: Scale,
    strokes: Vec<Stroke>,
    points: Vec<Point>,
    texts: Vec<Text>,
}

impl Rows {
    /// A row from a height on; gives the height below it.
    fn draw(&mut self, row: &ForestRow, y: f64) -> f64 {
        let slim = self.width <= SLIM;
        let room = if slim {
            self.width - 24.0 - LABEL.width(&row.digits)
        } else {
            self.labels
        };
        let lines = LABEL.wrap(&row.label, room);
        let depth = LEADING * lines.len() as f64;
        let (first, middle, digits, below) = if slim {
            (y + 12.0, y + depth + 12.0, y + 12.0, y + depth + 26.0)
        } else {
            let height = depth.max(LEADING) + 12.0;
            let middle = y + 0.5 * height;
            (
                middle - 0.5 * depth + 12.0,
                middle,
                middle + 4.5,
                y + height,
            )
        };
        for (line, words) in lines.iter().enumerate() {
            let at = first + LEADING * line as f64;
            self.texts.push(if slim {
                Text::new(10.0, at, Anchor::Start, LABEL, words)
            } else {
                Text::new(self.labels + 8.0, at, Anchor::End, LABEL, words)
            });
        }
        let words = clean(&row.digits);
        self.texts.push(Text::new(
            self.width - 8.0,
            digits,
            Anchor::End,
            LABEL,
            words,
        ));
        let count = row.marks.len() as f64;
        for (series, mark) in row.marks.iter().enumerate() {
            let Some(mark) = mark else { continue };
            let at = px(middle + 7.0 * (series as f64 - 0.5 * (count - 1.0)));
            self.mark(mark, at, svg::style(series));
        }
        below
    }

    /// A mark with its interval, which ends in an arrow where it leaves the picture.
    fn mark(&mut self, mark: &ForestMark, at: f64, style: CurveStyle) {
        let x = self.x;
        if let Some((low, high)) = span(mark) {
            let [low, high] = [low, high].map(|end| end.map(|end| self.axis.place(end)));
            let start = px(x.at(low.unwrap_or(x.from).max(x.from)));
            let end = px(x.at(high.unwrap_or(x.to).min(x.to)));
            let mut line = |line: String| {
                let width = 1.8;
                self.strokes.push(Stroke { line, style, width });
            };
            let arrow = |tip: f64, back: f64| {
                let (above, below) = (px(at - 3.5), px(at + 3.5));
                format!("M{back} {above}L{tip} {at}L{back} {below}")
            };
            line(format!("M{start} {at}H{end}"));
            if low.is_none_or(|low| low < x.from) {
                line(arrow(start, px(start + 5.0)));
            }
            if high.is_none_or(|high| high > x.to) {
                line(arrow(end, px(end - 5.0)));
            }
        }
        let value = self.axis.place(mark.value).clamp(x.from, x.to);
        self.points.push(Point {
            x: px(x.at(value)),
            y: at,
            style,
        });
    }
}

/// The ends of an interval, where there is one at all.
fn span(mark: &ForestMark) -> Option<(Option<f64>, Option<f64>)> {
    (mark.low.is_some() || mark.high.is_some()).then_some((mark.low, mark.high))
}

/// The title, and that the data are simulated; gives the y below them.
fn heading(forest: &Forest, frame: Frame<'_>, texts: &mut Vec<Text>) -> f64 {
    let mut y = 6.0;
    let warning = match frame.origin {
        Origin::Simulated => SIMULATED,
        Origin::Observed => "",
    };
    let title = if frame.titled {
        forest.title.as_str()
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
        y += 4.0;
    }
    y
}

/// What the marks of the series are, in a line above the rows; gives the y below it.
fn legend(forest: &Forest, frame: Frame<'_>, y: f64, texts: &mut Vec<Text>) -> f64 {
    if forest.series.is_empty() {
        return y;
    }
    for (at, name) in legend_places(forest, frame) {
        texts.push(Text::new(
            at + 10.0,
            y + LEADING,
            Anchor::Start,
            NAME,
            clean(name),
        ));
    }
    y + LEADING + 8.0
}

fn legend_points(forest: &Forest, frame: Frame<'_>, below: f64) -> Vec<Point> {
    let places = legend_places(forest, frame).into_iter().enumerate();
    places
        .map(|(series, (at, _))| Point {
            x: px(at),
            y: px(below - 8.0 - 4.0),
            style: svg::style(series),
        })
        .collect()
}

fn legend_places<'a>(forest: &'a Forest, frame: Frame<'_>) -> Vec<(f64, &'a str)> {
    let widths = forest.series.iter().map(|name| NAME.width(name) + 34.0);
    let all: f64 = widths.clone().sum();
    let mut at = (0.5 * (frame.width - all)).max(10.0);
    let mut places = Vec::new();
    for (name, width) in forest.series.iter().zip(widths) {
        places.push((at, name.as_str()));
        at += width;
    }
    places
}

/// The ends of the axis and its ticks. An interval may leave the picture: it is four times as wide as the
/// values reach at most.
fn axis(forest: &Forest) -> (f64, f64, Vec<(f64, String)>) {
    let marks = || forest.rows.iter().flat_map(|row| &row.marks).flatten();
    let lines = || {
        [forest.null]
            .into_iter()
            .chain(forest.guides.iter().copied())
    };
    match forest.axis {
        ForestAxis::Linear => {
            let values = || marks().map(|mark| mark.value).chain(lines());
            let low = values().fold(f64::INFINITY, f64::min);
            let high = values().fold(f64::NEG_INFINITY, f64::max);
            let widths = marks().flat_map(|m| {
                [m.low, m.high]
                    .into_iter()
                    .flatten()
                    .map(|e| (e - m.value).abs())
            });
            let mut widths: Vec<f64> = widths.collect();
            widths.sort_unstable_by(f64::total_cmp);
            // The width that three quarters of the ends keep to.
            let usual = widths
                .get(3 * widths.len() / 4)
                .or(widths.last())
                .copied()
                .unwrap_or(0.0);
            let room = 4.0 * (high - low).max(usual);
            let ends = marks().flat_map(|m| [m.low, m.high]).flatten();
            let shown = ends
                .map(|end| end.clamp(low - room, high + room))
                .chain(values());
            let range = range_of(shown, false);
            (range.from, range.to, range.ticks)
        }
        ForestAxis::Ratio => {
            let values = || marks().map(|mark| mark.value).chain(lines());
            let low = values().fold(f64::INFINITY, f64::min);
            let high = values().fold(f64::NEG_INFINITY, f64::max);
            let ends = || {
                marks()
                    .flat_map(|m| [m.low, m.high])
                    .flatten()
                    .filter(|end| *end > 0.0)
            };
            // No further than a factor of ten beyond the values.
            let least = ends()
                .chain([low])
                .fold(f64::INFINITY, f64::min)
                .max(0.1 * low);
            let most = ends()
                .chain([high])
                .fold(f64::NEG_INFINITY, f64::max)
                .min(10.0 * high);
            round_ratios(least, most)
        }
    }
}

/// Round ratios about two: 0.5, 1, 2, 5, …, or powers of ten where these are too many.
fn round_ratios(low: f64, high: f64) -> (f64, f64, Vec<(f64, String)>) {
    const MOST: usize = 8;
    const FINE: [f64; 6] = [1.0, 1.5, 2.0, 3.0, 5.0, 7.0];
    let within = |factors: &[f64]| -> Vec<f64> {
        let first = low.log10().floor() - 1.0;
        let last = high.log10().ceil() + 1.0;
        let mut all = Vec::new();
        let mut power = first;
        while power <= last {
            all.extend(factors.iter().map(|factor| factor * 10_f64.powf(power)));
            power += 1.0;
        }
        let start = all.iter().rposition(|&x| x <= low * (1.0 + 1e-9));
        let end = all.iter().position(|&x| x >= high * (1.0 - 1e-9));
        let start = start.unwrap_or(0);
        let end = end.unwrap_or(all.len().saturating_sub(1)).max(start);
        all.get(start..=end).unwrap_or_default().to_vec()
    };
    let sets: [&[f64]; 3] = [&FINE, &[1.0, 2.0, 5.0], &[1.0]];
    let mut ticks = within(sets[2]);
    for set in sets {
        let found = within(set);
        if found.len() <= MOST {
            ticks = found;
            break;
        }
    }
    if ticks.len() < 2 {
        ticks = vec![0.5 * low, low, 2.0 * high];
    }
    let every = ticks.len().div_ceil(MOST);
    let named = ticks
        .iter()
        .step_by(every)
        .map(|&x| (x, at_most(x, 6)))
        .collect();
    (ticks[0], ticks[ticks.len() - 1], named)
}

fn check(forest: &Forest) -> Result<(), Error> {
    let marks = forest.rows.iter().enumerate().flat_map(|(place, row)| {
        let numbers = |mark: &ForestMark| [Some(mark.value), mark.low, mark.high];
        row.marks
            .iter()
            .flatten()
            .flat_map(numbers)
            .flatten()
            .map(move |x| (place, x))
            .collect::<Vec<_>>()
    });
    let lines = [forest.null]
        .into_iter()
        .chain(forest.guides.iter().copied())
        .map(|x| (0, x));
    for (place, x) in marks.chain(lines) {
        let of_ratio = forest.axis == ForestAxis::Ratio;
        // An end of zero is an interval that leaves the picture, and no ratio below it is one.
        if !x.is_finite() || (of_ratio && x < 0.0) {
            return Err(Error::NotFinite {
                chart: forest.id.clone(),
                curve: forest.label.clone(),
                point: place,
            });
        }
    }
    let values = forest
        .rows
        .iter()
        .flat_map(|row| row.marks.iter().flatten())
        .map(|mark| mark.value);
    let lines = [forest.null]
        .into_iter()
        .chain(forest.guides.iter().copied());
    if forest.axis == ForestAxis::Ratio && values.chain(lines).any(|x| x <= 0.0) {
        return Err(Error::NotFinite {
            chart: forest.id.clone(),
            curve: forest.label.clone(),
            point: 0,
        });
    }
    Ok(())
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    reason = "a test may stop at what it did not expect"
)]
mod tests {
    use super::*;

    fn row(value: f64, low: Option<f64>, high: Option<f64>) -> ForestRow {
        let mark = ForestMark { value, low, high };
        ForestRow {
            label: "EKC / WT".to_owned(),
            digits: digits(mark),
            marks: vec![Some(mark)],
        }
    }

    fn ratios(rows: Vec<ForestRow>) -> Forest {
        Forest {
            id: "ratios".to_owned(),
            title: "Ratios".to_owned(),
            label: "rate ratio".to_owned(),
            axis: ForestAxis::Ratio,
            null: 1.0,
            guides: Vec::new(),
            series: Vec::new(),
            rows,
            caption: String::new(),
        }
    }

    fn points(svg: &str) -> Vec<f64> {
        svg.lines()
            .filter_map(|line| {
                line.split("translate(")
                    .nth(1)?
                    .split(' ')
                    .next()?
                    .parse()
                    .ok()
            })
            .collect()
    }

    #[test]
    fn equal_ratios_take_equal_room() {
        let rows = [0.5, 1.0, 2.0].map(|x| row(x, None, None)).to_vec();
        let at = points(&forest_svg(&ratios(rows), Origin::Observed).unwrap());
        assert_eq!(at.len(), 3);
        assert!(((at[1] - at[0]) - (at[2] - at[1])).abs() < 0.2, "{at:?}");
    }

    #[test]
    fn digits_tell_the_ends_apart() {
        let of = |value, low, high| digits(ForestMark { value, low, high });
        assert_eq!(of(0.7234, Some(0.5461), Some(0.9432)), "0.72 [0.55, 0.94]");
        assert_eq!(
            of(0.7234, Some(0.7154), Some(0.7332)),
            "0.7234 [0.7154, 0.7332]"
        );
        assert_eq!(of(-12.0, Some(-80.2), None), "−12.0 [−80.2, ∞]");
        assert_eq!(of(2.5, None, None), "2.500");
    }

    #[test]
    fn an_interval_that_leaves_the_picture_ends_in_an_arrow() {
        let plain = ratios(vec![
            row(0.7, Some(0.5), Some(0.9)),
            row(1.1, Some(0.8), Some(1.4)),
        ]);
        let wide = ratios(vec![
            row(0.7, Some(0.5), None),
            row(1.1, Some(0.8), Some(1e9)),
        ]);
        let arrows = |forest: &Forest| {
            let svg = forest_svg(forest, Origin::Observed).unwrap();
            svg.lines()
                .filter(|line| line.matches('L').count() == 2)
                .count()
        };
        assert_eq!((arrows(&plain), arrows(&wide)), (0, 2));
    }

    #[test]
    fn round_ratios_hold_what_they_are_about() {
        for (low, high) in [
            (0.5, 1.1),
            (0.013, 45.0),
            (0.97, 1.02),
            (1e-8, 1e9),
            (3.0, 3.0),
        ] {
            let (from, to, ticks) = round_ratios(low, high);
            assert!(
                from <= low * 1.000_001 && to >= high * 0.999_999,
                "{low} {high}: {from} {to}"
            );
            assert!(ticks.len() <= 9 && from < to || low == high, "{ticks:?}");
        }
    }

    #[test]
    fn what_has_no_place_is_refused() {
        let rows = vec![row(0.0, None, None), row(1.0, None, None)];
        assert!(forest_svg(&ratios(rows), Origin::Observed).is_err());
        let rows = vec![row(f64::NAN, None, None)];
        assert!(forest_svg(&ratios(rows), Origin::Observed).is_err());
        let svg = forest_svg(&ratios(vec![row(1.0, None, None)]), Origin::Simulated).unwrap();
        assert!(svg.contains(SIMULATED));
    }
}
