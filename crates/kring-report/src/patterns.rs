//! Patterns of missing values as SVG: a row a pattern, a square a wave, filled where it was seen.

use kring_core::{PatternRow, Patterns};
use serde::Serialize;

use crate::lettering::clean;
use crate::svg::{
    self, Anchor, LABEL, NAME, PALETTE, Palette, STRONG, TICK, TITLE, Text, WARN, px,
};
use crate::tables::wave_name;
use crate::{Error, Origin, template};

const LEADING: f64 = 15.0;
const EDGE: f64 = 6.0;
/// From one row to the next, and the side of a square.
const ROW: f64 = 21.0;
const SQUARE: f64 = 13.0;
/// The widest name of a column.
const WIDEST: f64 = 96.0;

/// The patterns as SVG, with their title in it: a row a pattern with how many have it.
pub fn patterns_svg(patterns: &Patterns, origin: Origin) -> Result<String, Error> {
    drawn(patterns, "patterns", true, origin)
}

pub(crate) fn drawn(
    patterns: &Patterns,
    id: &str,
    titled: bool,
    origin: Origin,
) -> Result<String, Error> {
    template::filled("patterns.svg", &picture(patterns, id, titled, origin))
}

/// What the picture shows, in words.
pub(crate) fn alt(patterns: &Patterns) -> String {
    let mut text = format!(
        "{}: {} of {}.",
        patterns.caption,
        match patterns.rows.len() {
            1 => "1 pattern".to_owned(),
            n => format!("{n} patterns"),
        },
        patterns.total()
    );
    for row in &patterns.rows {
        let there: Vec<String> = patterns
            .columns
            .iter()
            .zip(&row.present)
            .filter(|(_, there)| **there)
            .map(|(column, _)| wave_name(&column.label))
            .collect();
        let there = if there.is_empty() {
            "nothing".to_owned()
        } else {
            there.join(", ")
        };
        text = format!("{text} {there}: {}.", row.total());
    }
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
    colour: &'static str,
    lines: Vec<String>,
    squares: Vec<Square>,
    texts: Vec<Text>,
}

#[derive(Debug, Serialize)]
struct Square {
    x: f64,
    y: f64,
    there: bool,
}

/// Where the columns stand.
struct Layout {
    /// From one square to the next.
    pitch: f64,
    /// The names of the columns and of the groups, in lines.
    heads: Vec<Vec<String>>,
    groups: Vec<Vec<String>>,
    /// Where the counts of each group end.
    ends: Vec<f64>,
    right: f64,
}

impl Layout {
    fn of(patterns: &Patterns) -> Self {
        let lines = |name: &str| NAME.wrap(name, WIDEST);
        let wide = |lines: &Vec<String>| lines.iter().map(|l| NAME.width(l)).fold(0.0, f64::max);
        let heads = patterns.columns.iter();
        let heads: Vec<_> = heads
            .map(|column| lines(&wave_name(&column.label)))
            .collect();
        let groups = patterns.groups.iter();
        let groups: Vec<_> = groups
            .map(|group| lines(if group.is_empty() { "n" } else { group }))
            .collect();
        let pitch = heads.iter().map(wide).fold(22.0, f64::max) + 12.0;
        let mut right = EDGE + pitch * heads.len() as f64;
        let mut ends = Vec::with_capacity(groups.len());
        for group in &groups {
            right += wide(group).max(30.0) + 16.0;
            ends.push(right);
        }
        Self {
            pitch,
            heads,
            groups,
            ends,
            right,
        }
    }

    /// The middle of a column.
    fn column(&self, place: usize) -> f64 {
        EDGE + self.pitch * (place as f64 + 0.5)
    }
}

fn picture(patterns: &Patterns, id: &str, titled: bool, origin: Origin) -> Picture {
    let layout = Layout::of(patterns);
    let mut drawing = Picture {
        id: id.to_owned(),
        width: px((layout.right + EDGE).max(300.0)),
        height: 0.0,
        title: clean(&patterns.caption),
        alt: alt(patterns),
        palette: PALETTE,
        colour: svg::style(0).colour,
        lines: Vec::new(),
        squares: Vec::new(),
        texts: Vec::new(),
    };
    let titles = [
        titled.then_some((patterns.caption.as_str(), TITLE)),
        (origin == Origin::Simulated).then_some((crate::SIMULATED, WARN)),
    ];
    let mut y = EDGE;
    for (text, face) in titles.into_iter().flatten() {
        for words in face.wrap(text, drawing.width - 2.0 * EDGE) {
            y += LEADING + 1.0;
            drawing.text(EDGE, y, Anchor::Start, face, words);
        }
        y += 4.0;
    }
    y = drawing.heads(&layout, y) + 8.0;
    for row in &patterns.rows {
        drawing.row(row, &layout, y);
        y += ROW;
    }
    drawing.foot(patterns, &layout, y);
    drawing
}

impl Picture {
    fn text(&mut self, x: f64, y: f64, anchor: Anchor, face: svg::Face, words: impl Into<String>) {
        self.height = self.height.max(px(y + EDGE + 4.0));
        self.texts.push(Text::new(x, y, anchor, face, words));
    }

    fn rule(&mut self, layout: &Layout, y: f64) {
        self.lines
            .push(format!("M{EDGE} {}H{}", px(y), px(layout.right)));
    }

    /// The names of columns and groups, their last lines on one base, which it gives.
    fn heads(&mut self, layout: &Layout, top: f64) -> f64 {
        let names = || layout.heads.iter().chain(&layout.groups);
        let base = top + LEADING * names().map(Vec::len).max().unwrap_or(1) as f64;
        let columns = (0..layout.heads.len()).map(|place| (layout.column(place), Anchor::Middle));
        let ends = layout.ends.iter().map(|&end| (end, Anchor::End));
        for (lines, (x, anchor)) in names().zip(columns.chain(ends)) {
            for (place, words) in lines.iter().rev().enumerate() {
                self.text(x, base - LEADING * place as f64, anchor, NAME, words);
            }
        }
        base
    }

    fn row(&mut self, row: &PatternRow, layout: &Layout, y: f64) {
        self.rule(layout, y);
        for (place, &there) in row.present.iter().enumerate() {
            self.squares.push(Square {
                x: px(layout.column(place) - 0.5 * SQUARE),
                y: px(y + 0.5 * (ROW - SQUARE)),
                there,
            });
        }
        for (n, &end) in row.counts.iter().zip(&layout.ends) {
            self.text(end, y + 0.5 * ROW + 4.5, Anchor::End, LABEL, n.to_string());
        }
    }

    /// How many are missing in each column.
    fn foot(&mut self, patterns: &Patterns, layout: &Layout, y: f64) {
        if patterns.rows.is_empty() {
            self.text(EDGE, y + LEADING, Anchor::Start, STRONG, "Nobody to show.");
            return;
        }
        self.rule(layout, y);
        let foot = y + LEADING + 1.0;
        for (place, column) in patterns.columns.iter().enumerate() {
            let n = column.missing.to_string();
            self.text(layout.column(place), foot, Anchor::Middle, TICK, n);
        }
        let end = layout.ends.last().copied().unwrap_or(layout.right);
        self.text(end, foot, Anchor::End, TICK, "missing");
    }
}
