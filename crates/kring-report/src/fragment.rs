//! Pieces of a report for a page that somebody else makes, such as a notebook.

use minijinja::Value;
use serde::Serialize;

use crate::chart::{Frame, WIDE};
use crate::grid::Grid;
use crate::page::Names;
use crate::verdict::{Mark, Row, counted, counts, declared, row};
use crate::{Content, Error, Origin, Report, SIMULATED, tables, template, trajectories};

#[derive(Debug, Serialize)]
struct Fragment<'a> {
    pieces: Vec<Piece<'a>>,
}

#[derive(Debug, Default, Serialize)]
struct Piece<'a> {
    paragraphs: Vec<&'a str>,
    picture: Option<Value>,
    caption: String,
    tables: Vec<Grid>,
}

#[derive(Debug, Serialize)]
struct Verdicts<'a> {
    title: &'a str,
    simulated: Option<&'static str>,
    rows: Vec<Row>,
    figures: String,
    counts: Vec<(Mark, usize)>,
    declared: Vec<String>,
}

/// Pieces of a section as HTML without a page around them: texts, trajectories as pictures, and tables
/// for all else.
///
/// ```
/// use kring_report::{Content, fragment};
/// let html = fragment(&[Content::Text("fewer < more".into())])?;
/// assert!(html.contains("<p>fewer &lt; more</p>"));
/// # Ok::<(), kring_report::Error>(())
/// ```
pub fn fragment(content: &[Content]) -> Result<String, Error> {
    let mut names = Names::default();
    let mut pieces = Vec::new();
    for piece in content {
        pieces.push(match piece {
            Content::Text(text) => Piece {
                paragraphs: text.split("\n\n").collect(),
                ..Piece::default()
            },
            Content::Trajectories(seen) => {
                let frame = Frame {
                    id: &names.give(&seen.id),
                    width: WIDE,
                    titled: true,
                    origin: Origin::Observed,
                };
                Piece {
                    picture: Some(Value::from_safe_string(trajectories::drawn(seen, frame)?)),
                    caption: trajectories::caption(seen),
                    ..Piece::default()
                }
            }
            _ => Piece {
                tables: tables::grids(piece),
                ..Piece::default()
            },
        });
    }
    template::filled("fragment.html", &Fragment { pieces })
}

/// The verdicts of a report as one table of HTML, a row a claim, without a page around it.
///
/// ```
/// use kring_report::{Report, verdicts};
/// let html = verdicts(&Report::default())?;
/// assert!(html.contains("No published figure was compared."));
/// # Ok::<(), kring_report::Error>(())
/// ```
pub fn verdicts(report: &Report) -> Result<String, Error> {
    template::filled(
        "compact.html",
        &Verdicts {
            title: &report.title,
            simulated: report.simulated.then_some(SIMULATED),
            rows: report.comparisons.iter().map(row).collect(),
            figures: counted(report.comparisons.len(), "published figure"),
            counts: counts(&report.comparisons),
            declared: declared(report),
        },
    )
}
