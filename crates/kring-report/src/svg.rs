//! What all figures share: colours, markers, names and the way to a template.

use minijinja::value::Serde;
use serde::Serialize;

use crate::Error;
use crate::page::environment;

/// The colours of everything that is not data, on white paper.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Palette {
    pub paper: &'static str,
    pub ink: &'static str,
    pub soft: &'static str,
    pub rule: &'static str,
    pub grid: &'static str,
    pub warn: &'static str,
    pub font: &'static str,
}

impl Default for Palette {
    fn default() -> Self {
        Self {
            paper: "#ffffff",
            ink: "#1d1d1b",
            soft: "#595959",
            rule: "#6b6b6b",
            grid: "#e3e1dc",
            warn: "#8a4b00",
            font: "Helvetica Neue, Helvetica, Arial, Liberation Sans, DejaVu Sans, sans-serif",
        }
    }
}

/// How a curve is told apart: by colour, marker and dash at once.
#[derive(Debug, Clone, Copy)]
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

/// A figure from its template.
pub(crate) fn render(name: &'static str, picture: &impl Serialize) -> Result<String, Error> {
    let failed = |error: minijinja::Error| Error::Template {
        name,
        why: error.to_string(),
    };
    let environment = environment()?;
    let template = environment.get_template(name).map_err(failed)?;
    template.render(Serde(picture)).map_err(failed)
}
