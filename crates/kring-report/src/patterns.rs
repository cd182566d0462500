//! Patterns of missing values as SVG: a row a pattern, a square a wave, filled where it was seen.

use kring_core::Patterns;
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

fn picture(patterns: &Patterns, id: &str, titled: bool, origin: Origin) -> Picture {
    let mut texts = Vec::new();
    let heads: Vec<Vec<String>> = patterns
        .columns
        .iter()
        .map(|column| NAME.wrap(&wave_name(&column.label), WIDEST))
        .collect();
    let named = |group: &str| if group.is_empty() { "n" } else { group }.to_owned();
    let groups: Vec<Vec<String>> = patterns
        .groups
        .iter()
        .map(|group| NAME.wrap(&named(group), WIDEST))
        .collect();
    let wide = |lines: &Vec<String>| lines.iter().map(|l| NAME.width(l)).fold(0.0, f64::max);
    let pitch = heads.iter().map(wide).fold(22.0, f64::max) + 12.0;
    let column = |place: usize| EDGE + pitch * (place as f64 + 0.5);
    let mut ends = Vec::with_capacity(groups.len());
    let mut right = EDGE + pitch * heads.len() as f64;
    for group in &groups {
        right += wide(group).max(30.0) + 16.0;
        ends.push(right);
    }
    // The word at the foot needs its place as well.
    let width = px((right + EDGE).max(300.0));

    let mut y = EDGE;
    let mut line = |text: &str, face: svg::Face, y: &mut f64| {
        for words in face.wrap(text, width - 2.0 * EDGE) {
            *y += LEADING + 1.0;
            texts.push(Text::new(EDGE, *y, Anchor::Start, face, words));
        }
        *y += 4.0;
    };
    if titled {
        line(&patterns.caption, TITLE, &mut y);
    }
    if origin == Origin::Simulated {
        line(crate::SIMULATED, WARN, &mut y);
    }
    let tallest = heads.iter().chain(&groups).map(Vec::len).max().unwrap_or(1) as f64;
    let base = y + LEADING * tallest;
    let mut head = |lines: &[String], x: f64, anchor: Anchor| {
        for (place, words) in lines.iter().rev().enumerate() {
            let at = base - LEADING * place as f64;
            texts.push(Text::new(x, at, anchor, NAME, words));
        }
    };
    for (place, lines) in heads.iter().enumerate() {
        head(lines, column(place), Anchor::Middle);
    }
    for (lines, &end) in groups.iter().zip(&ends) {
        head(lines, end, Anchor::End);
    }
    let mut y = base + 8.0;
    let mut squares = Vec::new();
    let mut lines = Vec::new();
    for row in &patterns.rows {
        lines.push(format!("M{EDGE} {}H{}", px(y), px(right)));
        for (place, &there) in row.present.iter().enumerate() {
            squares.push(Square {
                x: px(column(place) - 0.5 * SQUARE),
                y: px(y + 0.5 * (ROW - SQUARE)),
                there,
            });
        }
        for (n, &end) in row.counts.iter().zip(&ends) {
            let at = y + 0.5 * ROW + 4.5;
            texts.push(Text::new(end, at, Anchor::End, LABEL, n.to_string()));
        }
        y += ROW;
    }
    lines.push(format!("M{EDGE} {}H{}", px(y), px(right)));
    let foot = y + LEADING + 1.0;
    for (place, missing) in patterns.columns.iter().enumerate() {
        let n = missing.missing.to_string();
        texts.push(Text::new(column(place), foot, Anchor::Middle, TICK, n));
    }
    let end = ends.last().copied().unwrap_or(right);
    texts.push(Text::new(end, foot, Anchor::End, TICK, "missing"));
    if patterns.rows.is_empty() {
        texts.push(Text::new(
            EDGE,
            foot + LEADING,
            Anchor::Start,
            STRONG,
            "Nobody to show.",
        ));
        y += LEADING;
    }
    Picture {
        id: id.to_owned(),
        width,
        height: px(y + LEADING + 12.0),
        title: clean(&patterns.caption),
        alt: alt(patterns),
        palette: PALETTE,
        colour: svg::style(0).colour,
        lines,
        squares,
        texts,
    }
}
