//! What all figures share: colours, faces, markers and names.

use serde::Serialize;

use crate::lettering::{clean, width_px, wrap};

/// The colours of everything that is not data, on white paper, and the letters.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Palette {
    pub paper: &'static str,
    pub head: &'static str,
    pub soft: &'static str,
    pub rule: &'static str,
    pub grid: &'static str,
    pub font: &'static str,
}

pub(crate) const PALETTE: Palette = Palette {
    paper: "#ffffff",
    head: "#f1efea",
    soft: SOFT,
    rule: "#6b6b6b",
    grid: "#e3e1dc",
    font: "Helvetica Neue, Helvetica, Arial, Liberation Sans, DejaVu Sans, sans-serif",
};
const INK: &str = "#1d1d1b";
const SOFT: &str = "#595959";

/// How text looks; the class lets a page give it another colour in the dark.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Face {
    class: &'static str,
    fill: &'static str,
    size: f64,
    weight: u16,
}

pub(crate) const TITLE: Face = Face::new("k-ink", INK, 14.5, 600);
pub(crate) const STRONG: Face = Face::new("k-ink", INK, 13.0, 600);
pub(crate) const LABEL: Face = Face::new("k-ink", INK, 13.0, 400);
pub(crate) const NAME: Face = Face::new("k-ink", INK, 12.0, 400);
pub(crate) const TICK: Face = Face::new("k-soft", SOFT, 12.0, 400);
pub(crate) const WARN: Face = Face::new("k-warn", "#8a4b00", 12.0, 600);

impl Face {
    const fn new(class: &'static str, fill: &'static str, size: f64, weight: u16) -> Self {
        Self {
            class,
            fill,
            size,
            weight,
        }
    }

    /// The same face in another size.
    pub const fn sized(face: Self, size: f64) -> Self {
        Self { size, ..face }
    }

    /// The same face in the colour of what matters.
    pub const fn inked(self) -> Self {
        Self {
            class: "k-ink",
            fill: INK,
            ..self
        }
    }

    /// The width of a line in this face.
    pub fn width(&self, line: &str) -> f64 {
        let bold = if self.weight > 500 { 1.1 } else { 1.0 };
        bold * width_px(line, self.size)
    }

    /// A text in lines that are no wider than so much.
    pub fn wrap(&self, text: &str, widest: f64) -> Vec<String> {
        wrap(&clean(text), widest, |line| self.width(line))
    }
}

/// A line of text at its place.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Text {
    x: f64,
    y: f64,
    anchor: Anchor,
    face: Face,
    words: String,
}

/// Which point of a line of text stands at its place.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Anchor {
    Start,
    Middle,
    End,
}

impl Text {
    pub fn new(x: f64, y: f64, anchor: Anchor, face: Face, words: impl Into<String>) -> Self {
        Self {
            x: px(x),
            y: px(y),
            anchor,
            face,
            words: words.into(),
        }
    }
}

/// How a curve is told apart: by colour, marker and dash at once.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct CurveStyle {
    pub place: usize,
    pub colour: &'static str,
    pub marker: &'static str,
    pub hollow: bool,
    pub dash: &'static str,
}

const CIRCLE: &str = "M-4.2 0a4.2 4.2 0 1 0 8.4 0a4.2 4.2 0 1 0-8.4 0z";
const SQUARE: &str = "M-3.9-3.9h7.8v7.8h-7.8z";
const TRIANGLE: &str = "M0-5L4.7 3.6H-4.7z";
const DIAMOND: &str = "M0-5.4L5.4 0L0 5.4L-5.4 0z";

/// Okabe and Ito's colours without yellow, which white paper swallows.
const STYLES: [(&str, &str, bool, &str); 7] = [
    ("#0072b2", CIRCLE, false, ""),
    ("#d55e00", SQUARE, true, "7 4"),
    ("#009e73", TRIANGLE, false, "2 4"),
    ("#cc79a7", DIAMOND, true, "9 4 2 4"),
    ("#1d1d1b", CIRCLE, true, "4 3"),
    ("#e69f00", SQUARE, false, "1 3"),
    ("#56b4e9", TRIANGLE, true, "12 4"),
];

/// The style of the curve at a place; after seven they begin again.
pub(crate) fn style(place: usize) -> CurveStyle {
    let place = place % STYLES.len();
    let (colour, marker, hollow, dash) = STYLES[place];
    CurveStyle {
        place,
        colour,
        marker,
        hollow,
        dash,
    }
}

/// A tenth of a pixel is fine enough.
pub(crate) fn px(x: f64) -> f64 {
    (x * 10.0).round() / 10.0
}

/// A number rounded down to a whole one; what is below zero becomes zero.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "what is cut off is what is asked to be cut off; a cast ends at the bounds of the type"
)]
pub(crate) fn whole(x: f64) -> usize {
    x.max(0.0) as usize
}

/// A name that is safe in ids and as the stem of a file.
pub(crate) fn stem(name: &str) -> String {
    let mut stem = String::new();
    for c in name.chars() {
        if c.is_ascii_alphanumeric() || c == '_' {
            stem.push(c.to_ascii_lowercase());
        } else if !stem.ends_with('-') && !stem.is_empty() {
            stem.push('-');
        }
    }
    let stem = stem.trim_end_matches('-');
    if stem.is_empty() {
        "figure".to_owned()
    } else {
        stem.to_owned()
    }
}
