//! Trajectories: the means of a model per arm and wave, over what was observed.
//!
//! Filled points on a line are means of the model with their intervals, open ones the observed means;
//! both stand aside of each other, so that none hides the other. The waves stand at their times where
//! these are known, and how many were seen stands below each. Arms differ in colour, marker and dash,
//! and have their name at the end of their line.

use kring_core::{Caution, Estimate, Interval, seed::Seed};
use serde::{Deserialize, Serialize};

use crate::axis::{
    CountRow, LEADING, Range, Scale, Tick, axis_of_times, count_row, range_of, staggered,
};
use crate::chart::{Frame, WIDE, stacked};
use crate::curves::names_at_ends;
use crate::grid::{Cell, Column, Grid, Group, Narrow, Notes, Tone};
use crate::lettering::clean;
use crate::number::{ABSENT, at_most, decimals, fixed, interval, level};
use crate::svg::{
    self, Anchor, CurveStyle, Face, LABEL, PALETTE, Palette, TICK, TITLE, Text, WARN, px,
};
use crate::tables::{capitalised, common_doubts, own_doubts};
use crate::{Error, Origin, template};

/// Means of a model per arm and wave, over what was observed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trajectories {
    /// Its name, also that of its file.
    pub id: String,
    /// Its title.
    pub title: String,
    /// What stands on the horizontal axis: `months`.
    pub x_label: String,
    /// What stands on the vertical axis: the outcome and its unit.
    pub y_label: String,
    /// The waves in order.
    pub waves: Vec<TrajectoryWave>,
    /// The arms; up to seven are told apart by colour, marker and dash.
    pub arms: Vec<TrajectoryArm>,
    /// Lines of single families behind the means, where they are wanted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub own_lines: Option<OwnLines>,
    /// Whether the vertical axis must contain zero.
    pub y_from_zero: bool,
    /// What a reader should know beside it.
    pub caption: String,
}

/// A wave.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrajectoryWave {
    /// What it is called: `T2`.
    pub name: String,
    /// When it was. The waves stand at their times where all have one, else at equal distances.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<f64>,
}

/// An arm.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrajectoryArm {
    /// What a reader calls it.
    pub label: String,
    /// A cell for each wave.
    pub cells: Vec<TrajectoryCell>,
}

/// An arm at a wave.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrajectoryCell {
    /// The mean of the model, on the scale of the axis or as its log; absent where it cannot be estimated.
    pub mean: Option<Estimate>,
    /// The mean of those seen.
    pub observed: Option<f64>,
    /// How many were seen.
    pub n: Option<usize>,
}

/// The lines of single families, each with a value for each wave, or none where it was not seen.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OwnLines {
    /// What they are of: `families`.
    pub noun: String,
    /// Those drawn.
    pub lines: Vec<Vec<Option<f64>>>,
    /// How many there are in all.
    pub of: usize,
    /// The seed with which those drawn were chosen; absent where all are drawn.
    pub seed: Option<u64>,
}

impl OwnLines {
    /// All lines where they are few; else so many of them by lot.
    ///
    /// ```
    /// use kring_report::OwnLines;
    /// let all: Vec<Vec<Option<f64>>> = (0..100).map(|i| vec![Some(f64::from(i)), None]).collect();
    /// let some = OwnLines::chosen("families", all.clone(), 40, 2011);
    /// assert_eq!((some.lines.len(), some.of, some.seed), (40, 100, Some(2011)));
    /// assert_eq!(OwnLines::chosen("families", all, 100, 2011).seed, None);
    /// ```
    pub fn chosen(noun: &str, all: Vec<Vec<Option<f64>>>, most: usize, seed: u64) -> Self {
        let of = all.len();
        let noun = noun.to_owned();
        if of <= most {
            return Self {
                noun,
                lines: all,
                of,
                seed: None,
            };
        }
        let mut order: Vec<usize> = (0..of).collect();
        Seed::new(seed)
            .child("own lines", 0)
            .stream(0)
            .shuffle(&mut order);
        let mut drawn = vec![false; of];
        for place in order.into_iter().take(most) {
            drawn[place] = true;
        }
        let kept = all.into_iter().zip(drawn).filter(|(_, drawn)| *drawn);
        Self {
            noun,
            lines: kept.map(|(line, _)| line).collect(),
            of,
            seed: Some(seed),
        }
    }

    fn words(&self) -> String {
        if self.lines.len() == self.of {
            format!("{} {}", self.of, self.noun)
        } else {
            format!("{} of {} {}", self.lines.len(), self.of, self.noun)
        }
    }
}

/// Trajectories as SVG, with their title in it.
pub fn trajectories_svg(seen: &Trajectories, origin: Origin) -> Result<String, Error> {
    let frame = Frame {
        id: &svg::stem(&seen.id),
        width: WIDE,
        titled: true,
        origin,
    };
    drawn(seen, frame)
}

pub(crate) fn drawn(seen: &Trajectories, frame: Frame) -> Result<String, Error> {
    check(seen)?;
    template::filled("trajectories.svg", &picture(seen, frame))
}

/// The caption, with how the lines behind the means were chosen.
pub(crate) fn caption(seen: &Trajectories) -> String {
    let chosen = seen.own_lines.as_ref().and_then(|own| {
        let seed = own.seed?;
        Some(format!(
            "The {} in grey were drawn by lot (seed {seed}).",
            own.words()
        ))
    });
    let said = [Some(seen.caption.clone()), chosen];
    let said: Vec<String> = said
        .into_iter()
        .flatten()
        .filter(|s| !s.is_empty())
        .collect();
    said.join(" ")
}

/// A mean of the model as it is drawn.
#[derive(Debug, Clone, Copy)]
struct Mean {
    value: f64,
    /// Absent where no interval is known; its ends are absent where it has none.
    range: Option<Interval>,
}

fn mean(cell: &TrajectoryCell) -> Option<Mean> {
    let estimate = cell.mean.as_ref()?;
    Some(Mean {
        value: estimate.natural().finite()?,
        range: estimate.natural_interval(),
    })
}

fn cells(seen: &Trajectories) -> impl Iterator<Item = &TrajectoryCell> {
    seen.arms.iter().flat_map(|arm| &arm.cells)
}

/// The level of the intervals, as the first of them says.
fn stated_level(seen: &Trajectories) -> Option<f64> {
    let mut ranges = cells(seen).filter_map(|cell| mean(cell)?.range);
    ranges.next().map(|range| range.level)
}

/// Where each wave stands: at its time, where all have one and they run forward.
fn places(seen: &Trajectories) -> Vec<f64> {
    let at: Option<Vec<f64>> = seen.waves.iter().map(|wave| wave.at).collect();
    at.unwrap_or_else(|| (0..seen.waves.len()).map(|place| place as f64).collect())
}

/// The times with their names as the axis shows them.
fn times(seen: &Trajectories) -> Vec<(f64, Option<&str>)> {
    let names = seen.waves.iter().map(|wave| Some(wave.name.as_str()));
    places(seen).into_iter().zip(names).collect()
}

fn timed(seen: &Trajectories) -> bool {
    seen.waves.iter().all(|wave| wave.at.is_some())
}

fn check(seen: &Trajectories) -> Result<(), Error> {
    let waves = seen.waves.len();
    let count = |of: &str, found: usize| {
        if found == waves {
            return Ok(());
        }
        Err(Error::Cells {
            chart: seen.id.clone(),
            of: of.to_owned(),
            found,
            waves,
        })
    };
    let finite = |of: &str, point: usize, numbers: &[Option<f64>]| {
        if numbers.iter().flatten().all(|x| x.is_finite()) {
            return Ok(());
        }
        Err(Error::NotFinite {
            chart: seen.id.clone(),
            curve: of.to_owned(),
            point,
        })
    };
    for (point, wave) in seen.waves.iter().enumerate() {
        finite("waves", point, &[wave.at])?;
    }
    if timed(seen) {
        let places = places(seen);
        if let Some(point) = places.windows(2).position(|pair| pair[1] <= pair[0]) {
            return Err(Error::Order {
                chart: seen.id.clone(),
                curve: "waves".to_owned(),
                point: point + 1,
            });
        }
    }
    for arm in &seen.arms {
        count(&arm.label, arm.cells.len())?;
        for (point, cell) in arm.cells.iter().enumerate() {
            let drawn = mean(cell);
            let ends = drawn.and_then(|mean| mean.range);
            let value = drawn.map(|mean| mean.value);
            let (low, high) = (ends.and_then(|e| e.low), ends.and_then(|e| e.high));
            finite(&arm.label, point, &[value, low, high, cell.observed])?;
        }
    }
    if let Some(own) = &seen.own_lines {
        for line in &own.lines {
            count(&own.noun, line.len())?;
            finite(&own.noun, 0, line)?;
        }
    }
    Ok(())
}

/// What the picture shows, in words.
pub(crate) fn alt(seen: &Trajectories) -> String {
    let mut text = format!("{}: {} by {}.", seen.title, seen.y_label, seen.x_label);
    if let Some(share) = stated_level(seen) {
        text = format!("{text} Means of the model with {} intervals.", level(share));
    }
    for arm in &seen.arms {
        let all = arm.cells.iter().zip(&seen.waves);
        let said = all.filter_map(|(cell, wave)| {
            let mean = mean(cell)?;
            let places = decimals(mean.value, 3);
            let range = mean.range.map_or(String::new(), |range| {
                format!(" {}", interval(&range, ENDS, |x| fixed(x, places)))
            });
            Some(format!(
                "{}{range} at {}",
                fixed(mean.value, places),
                wave.name
            ))
        });
        let said: Vec<String> = said.collect();
        let course = match said.as_slice() {
            [] => "no means of the model".to_owned(),
            [first, .., last] if said.len() > MANY => format!("{first}, …, {last}"),
            _ => said.join(", "),
        };
        text = format!("{text} {}: {course}.", arm.label);
    }
    clean(&text)
}

/// Of more waves than these the words tell the first and the last only.
const MANY: usize = 8;
/// The ends of a scale where an interval has none.
const ENDS: (&str, &str) = ("−∞", "∞");

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
    /// What the marks mean.
    key: Vec<Key>,
    /// What stands around it.
    texts: Vec<Text>,
    /// The lines of single families.
    threads: Vec<String>,
    arms: Vec<Arm>,
    counts: Vec<CountRow>,
    /// The size of the marks, as a share.
    small: f64,
    empty: bool,
}

/// A mark of the key; its words stand behind it.
#[derive(Debug, Serialize)]
struct Key {
    x: f64,
    y: f64,
    mark: Mark,
    words: String,
    face: Face,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Mark {
    Model,
    Observed,
    Thread,
    Beyond,
}

/// An arm in pixels.
#[derive(Debug, Serialize)]
struct Arm {
    style: CurveStyle,
    line: String,
    bars: Vec<Bar>,
    means: Vec<(f64, f64)>,
    observed: Vec<(f64, f64)>,
    /// From the last point to the name.
    leader: String,
}

/// An interval; what goes on beyond the picture ends in an arrow there.
#[derive(Debug, Serialize)]
struct Bar {
    x: f64,
    low: f64,
    high: f64,
    below: bool,
    above: bool,
}

fn picture(seen: &Trajectories, frame: Frame) -> Picture {
    let slim = frame.width < 500.0;
    let range = range(seen);
    let beyond = cells(seen).any(|cell| {
        let ends = mean(cell).and_then(|mean| mean.range);
        ends.is_some_and(|ends| is_below(&ends, &range) || is_above(&ends, &range))
    });
    let (heading, key, top) = head(seen, frame, beyond);
    let empty = cells(seen).all(|cell| mean(cell).is_none() && cell.observed.is_none());
    let plot = match (empty, slim) {
        (true, _) => 60.0,
        (false, true) => 230.0,
        (false, false) => 300.0,
    };
    let bottom = top + plot;
    let widest = |widths: &mut dyn Iterator<Item = f64>| widths.fold(0.0, f64::max);
    let ticks_wide = widest(&mut range.ticks.iter().map(|(_, label)| TICK.width(label)));
    let counted = cells(seen).any(|cell| cell.n.is_some());
    let left = f64::max(ticks_wide + 14.0, if counted { 42.0 } else { 0.0 });
    let labels: Vec<Vec<String>> = seen
        .arms
        .iter()
        .map(|arm| LABEL.wrap(&arm.label, 0.28 * frame.width))
        .collect();
    let labels_wide = widest(&mut labels.iter().flatten().map(|line| LABEL.width(line)));
    let right = frame.width - labels_wide - if labels_wide > 0.0 { 20.0 } else { 8.0 };

    let y = Scale {
        from: range.from,
        to: range.to,
        start: bottom,
        end: top,
    };
    let (x, pitch) = x_scale(seen, left, right);
    let mut texts: Vec<Text> = range
        .ticks
        .iter()
        .map(|(tick, label)| Text::new(left - 8.0, y.at(*tick) + 4.0, Anchor::End, TICK, label))
        .collect();
    let (x_ticks, below) = below_the_plot(seen, x, bottom, &mut texts);
    let mut below = below;
    for line in LABEL.wrap(&seen.x_label, right - left) {
        below += LEADING;
        let middle = 0.5 * (left + right);
        texts.push(Text::new(middle, below, Anchor::Middle, LABEL, line));
    }
    let (counts, below) = counts(seen, x, left, below, &mut texts);
    let (mut arms, ends) = arms(seen, x, y, pitch);
    let (leaders, lowest) = names_at_ends(&ends, &labels, right, (top, bottom), &mut texts);
    for (arm, leader) in arms.iter_mut().zip(leaders) {
        arm.leader = leader;
    }
    Picture {
        id: frame.id.to_owned(),
        width: frame.width,
        height: px(below.max(lowest) + 10.0),
        title: clean(&seen.title),
        alt: alt(seen),
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
        key,
        texts,
        threads: threads(seen, x, y),
        arms,
        counts,
        // Where arms stand close together, their marks are smaller.
        small: px((pitch / 10.0).clamp(0.6, 1.0)),
        empty,
    }
}

/// The names of the waves, and below them their times where they are known and say more.
fn below_the_plot(
    seen: &Trajectories,
    x: Scale,
    bottom: f64,
    texts: &mut Vec<Text>,
) -> (Vec<Tick>, f64) {
    let names = times(seen);
    if timed(seen) {
        return axis_of_times(&names, x, bottom, texts);
    }
    // Places that are no times are told to nobody.
    let top = bottom + 4.0;
    let labels: Vec<(f64, String)> = names
        .iter()
        .map(|(at, name)| (*at, clean(name.unwrap_or_default())))
        .collect();
    let below = staggered(&labels, x, top, svg::NAME, texts);
    let ticks = names.iter().map(|(at, _)| Tick {
        at: px(x.at(*at)),
        zero: false,
    });
    (ticks.collect(), below)
}

/// How many were seen, a row an arm; those that would touch stand below each other.
fn counts(
    seen: &Trajectories,
    x: Scale,
    left: f64,
    below: f64,
    texts: &mut Vec<Text>,
) -> (Vec<CountRow>, f64) {
    let mut rows = Vec::new();
    if cells(seen).all(|cell| cell.n.is_none()) {
        return (rows, below);
    }
    let mut y = below + 4.0;
    for (place, arm) in seen.arms.iter().enumerate() {
        let counted = arm.cells.iter().zip(places(seen));
        let counted = counted.filter_map(|(cell, at)| Some((at, cell.n?.to_string())));
        let counted: Vec<(f64, String)> = counted.collect();
        if !counted.is_empty() {
            rows.push(count_row(place, left, y, texts));
            y = staggered(&counted, x, y, TICK, texts);
        }
    }
    (rows, y)
}

fn is_below(ends: &Interval, range: &Range) -> bool {
    ends.low.is_none_or(|low| low < range.from)
}

fn is_above(ends: &Interval, range: &Range) -> bool {
    ends.high.is_none_or(|high| high > range.to)
}

/// The vertical axis. It holds every mean, and every interval but those that are many times as wide
/// as the others: they would press all else into a line.
fn range(seen: &Trajectories) -> Range {
    let means: Vec<Mean> = cells(seen).filter_map(mean).collect();
    let own = seen.own_lines.iter().flat_map(|own| &own.lines).flatten();
    let values: Vec<f64> = means
        .iter()
        .map(|mean| mean.value)
        .chain(cells(seen).filter_map(|cell| cell.observed))
        .chain(own.filter_map(|value| *value))
        .collect();
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let ends = || means.iter().filter_map(|mean| mean.range);
    let mut widths: Vec<f64> = ends()
        .filter_map(|ends| Some(ends.high? - ends.low?))
        .collect();
    widths.sort_by(f64::total_cmp);
    let usual = widths.get(widths.len().saturating_sub(1) / 2);
    let room = ROOM * usual.copied().unwrap_or(0.0).max(high - low);
    let shown = ends()
        .flat_map(|ends| [ends.low, ends.high])
        .flatten()
        .map(|end| end.clamp(low - room, high + room));
    let all: Vec<f64> = values.iter().copied().chain(shown).collect();
    range_of(all.into_iter(), seen.y_from_zero)
}

/// How far intervals may reach beyond all means, in their usual width or in the spread of the means.
const ROOM: f64 = 1.2;

/// From the first to the last wave, with room for what stands aside of them; and how far an arm
/// stands from the next at a wave.
fn x_scale(seen: &Trajectories, left: f64, right: f64) -> (Scale, f64) {
    let at = places(seen);
    let aside = |room: f64| Scale {
        from: at.first().copied().unwrap_or(0.0),
        to: at.last().copied().unwrap_or(0.0),
        start: left + room,
        end: right - room,
    };
    let arms = seen.arms.len() as f64;
    let rough = aside(20.0);
    let closest = at
        .windows(2)
        .map(|pair| rough.at(pair[1]) - rough.at(pair[0]))
        .fold(f64::INFINITY, f64::min);
    let pitch = f64::min(PITCH, closest / (arms + 0.6));
    (aside(8.0 + 0.5 * pitch * arms), pitch)
}

/// From one arm to the next at a wave, at most.
const PITCH: f64 = 19.0;

/// The arms as they are drawn, and where the line of each ends.
fn arms(
    seen: &Trajectories,
    x: Scale,
    y: Scale,
    pitch: f64,
) -> (Vec<Arm>, Vec<Option<(f64, f64)>>) {
    let at = places(seen);
    let both = cells(seen).any(|cell| cell.observed.is_some());
    // The model's point to the left of the middle, the observed one to the right.
    let half = if both { 0.25 * pitch } else { 0.0 };
    let middle = 0.5 * (seen.arms.len() as f64 - 1.0);
    let inside = |value: f64| px(y.at(value.clamp(y.from, y.to)));
    let drawn = seen.arms.iter().enumerate().map(|(place, arm)| {
        let aside = (place as f64 - middle) * pitch;
        let all = || arm.cells.iter().zip(&at);
        let modelled: Vec<Option<(f64, f64)>> = all()
            .map(|(cell, at)| {
                let mean = mean(cell)?;
                Some((px(x.at(*at) + aside - half), px(y.at(mean.value))))
            })
            .collect();
        let observed = all().filter_map(|(cell, at)| {
            let observed = cell.observed?;
            Some((px(x.at(*at) + aside + half), px(y.at(observed))))
        });
        let observed: Vec<(f64, f64)> = observed.collect();
        let bars = all().filter_map(|(cell, at)| {
            let ends = mean(cell)?.range?;
            Some(Bar {
                x: px(x.at(*at) + aside - half),
                low: inside(ends.low.unwrap_or(y.from)),
                high: inside(ends.high.unwrap_or(y.to)),
                below: ends.low.is_none_or(|low| low < y.from),
                above: ends.high.is_none_or(|high| high > y.to),
            })
        });
        let bars = bars.collect();
        let last = modelled.iter().flatten().next_back();
        let end = last.or(observed.last()).copied();
        let arm = Arm {
            style: svg::style(place),
            line: broken_line(&modelled),
            bars,
            means: modelled.into_iter().flatten().collect(),
            observed,
            leader: String::new(),
        };
        (arm, end)
    });
    drawn.unzip()
}

/// A line through the points of neighbouring waves; where one is missing it is broken.
fn broken_line(points: &[Option<(f64, f64)>]) -> String {
    let mut path = String::new();
    let mut pen = 'M';
    for point in points {
        pen = match point {
            Some((x, y)) => {
                path = format!("{path}{pen}{x} {y}");
                'L'
            }
            None => 'M',
        };
    }
    if path.contains('L') {
        path
    } else {
        String::new()
    }
}

fn threads(seen: &Trajectories, x: Scale, y: Scale) -> Vec<String> {
    let at = places(seen);
    let lines = seen.own_lines.iter().flat_map(|own| &own.lines);
    let drawn = lines.map(|line| {
        let points = line.iter().zip(&at);
        let points: Vec<Option<(f64, f64)>> = points
            .map(|(value, at)| Some((px(x.at(*at)), px(y.at((*value)?)))))
            .collect();
        broken_line(&points)
    });
    drawn.filter(|path| !path.is_empty()).collect()
}

/// The title, the banner, what the marks mean and the name of the vertical axis; gives the y of the plot.
fn head(seen: &Trajectories, frame: Frame, beyond: bool) -> (Vec<Text>, Vec<Key>, f64) {
    let mut lines: Vec<(&str, Face, f64)> = Vec::new();
    if frame.titled {
        lines.push((&seen.title, TITLE, 2.0));
    }
    if simulated(seen, frame.origin) {
        lines.push((crate::SIMULATED, WARN, 4.0));
    }
    let (mut texts, y) = stacked(&lines, 6.0, frame.width);
    let (key, y) = key(seen, beyond, y, frame.width);
    let (label, y) = stacked(&[(&seen.y_label, LABEL, 0.0)], y + 8.0, frame.width);
    texts.extend(label);
    (texts, key, y + 12.0)
}

/// What the marks mean, in as many lines as they need.
fn key(seen: &Trajectories, beyond: bool, above: f64, width: f64) -> (Vec<Key>, f64) {
    let modelled = cells(seen).any(|cell| mean(cell).is_some());
    let observed = cells(seen).any(|cell| cell.observed.is_some());
    let words = match stated_level(seen) {
        Some(share) => format!("mean of the model, {} interval", level(share)),
        None => "mean of the model".to_owned(),
    };
    let own = seen.own_lines.as_ref().filter(|own| !own.lines.is_empty());
    let marks = [
        modelled.then_some((Mark::Model, words)),
        observed.then(|| (Mark::Observed, "observed mean".to_owned())),
        own.map(|own| (Mark::Thread, clean(&own.words()))),
        beyond.then(|| (Mark::Beyond, "goes on beyond the picture".to_owned())),
    ];
    let (mut x, mut y) = (0.0, above);
    let mut key = Vec::new();
    for (mark, words) in marks.into_iter().flatten() {
        let wide = 22.0 + TICK.width(&words);
        if key.is_empty() || x + wide > width {
            x = 4.0;
            y += LEADING;
        }
        key.push(Key {
            x: px(x),
            y: px(y),
            mark,
            words,
            face: TICK,
        });
        x += wide + 14.0;
    }
    (key, y)
}

fn simulated(seen: &Trajectories, origin: Origin) -> bool {
    let mut means = cells(seen).filter_map(|cell| cell.mean.as_ref());
    origin == Origin::Simulated || means.any(|mean| mean.cautions.contains(&Caution::Simulated))
}

/// The numbers of the picture: a row a wave, a column an arm.
pub(crate) fn grid(seen: &Trajectories) -> Grid {
    let mut notes = Notes::default();
    let estimates = || cells(seen).filter_map(|cell| cell.mean.as_ref());
    match stated_level(seen) {
        Some(share) => notes.general(format!(
            "Mean of the model with its {} interval.",
            level(share)
        )),
        None => notes.general("Mean of the model."),
    }
    if cells(seen).any(|cell| cell.observed.is_some()) {
        notes.general("Below it the mean of those seen.");
    }
    for estimate in estimates() {
        let method = estimate.method.trim_end_matches('.');
        if !method.is_empty() {
            notes.general(format!("{}.", capitalised(method)));
        }
    }
    let common = common_doubts(&mut notes, estimates().map(|mean| &mean.cautions));
    let places = estimates()
        .filter_map(|mean| mean.natural().finite())
        .map(|mean| decimals(mean, 3))
        .min()
        .unwrap_or(2)
        .clamp(1, 6);
    let mut columns = vec![Column::left(&seen.x_label).theirs()];
    columns.extend(
        seen.arms
            .iter()
            .map(|arm| Column::right(&arm.label).theirs()),
    );
    let mut rows = Vec::new();
    for (wave, at) in seen.waves.iter().enumerate() {
        let when = at
            .at
            .map(|at| at_most(at, 3))
            .filter(|at| *at != seen.waves[wave].name);
        let mut row = vec![Cell::of(match when {
            Some(when) => format!("{} ({when})", at.name),
            None => at.name.clone(),
        })];
        for cell in seen.arms.iter().filter_map(|arm| arm.cells.get(wave)) {
            row.push(written(cell, places, &mut notes, &common));
        }
        rows.push(row);
    }
    if cells(seen).all(|cell| *cell == TrajectoryCell::default()) {
        rows.clear();
    }
    Grid {
        caption: seen.title.clone(),
        columns,
        groups: vec![Group { title: None, rows }],
        notes,
        narrow: Narrow::Scroll,
    }
}

fn written(cell: &TrajectoryCell, places: usize, notes: &mut Notes, common: &[Caution]) -> Cell {
    let mut shown = match mean(cell) {
        None => Cell::of(ABSENT),
        Some(mean) => {
            let cautions = cell.mean.iter().flat_map(|mean| mean.cautions.clone());
            let marks = own_doubts(notes, &cautions.collect::<Vec<_>>(), common);
            let shown = Cell::of(fixed(mean.value, places)).marked(marks);
            match mean.range {
                Some(range) => shown.line(interval(&range, ENDS, |x| fixed(x, places)), Tone::Dim),
                None => shown,
            }
        }
    };
    if let Some(observed) = cell.observed {
        let words = format!("observed {}", fixed(observed, places));
        shown = shown.line(words, Tone::Dim);
    }
    if let Some(n) = cell.n {
        shown = shown.line(format!("n = {n}"), Tone::Dim);
    }
    shown
}
