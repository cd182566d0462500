//! Pieces of a report for a page that somebody else makes, such as a notebook.

use minijinja::Value;
use serde::Serialize;

use crate::chart::{Frame, WIDE};
use crate::grid::Grid;
use crate::page::Names;
use crate::verdict::{Mark, Row, counted, counts, declared, row};
use crate::{
    Content, Error, Origin, Report, SIMULATED, ego, network, tables, template, trajectories,
};

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

/// Pieces of a section as HTML without a page around them: texts, trajectories, circles and networks as
/// pictures, and tables for all else.
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
                let id = names.give(&seen.id);
                Piece {
                    picture: Some(Value::from_safe_string(trajectories::drawn(
                        seen,
                        framed(&id),
                    )?)),
                    caption: trajectories::caption(seen),
                    ..Piece::default()
                }
            }
            Content::Ego(seen) => {
                let id = names.give(&seen.id);
                Piece {
                    picture: Some(Value::from_safe_string(ego::drawn(seen, framed(&id))?)),
                    caption: ego::caption(seen),
                    ..Piece::default()
                }
            }
            Content::Network(seen) => {
                let id = names.give(&seen.id);
                Piece {
                    picture: Some(Value::from_safe_string(network::drawn(seen, framed(&id))?)),
                    caption: seen.caption.clone(),
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

/// The frame of a picture in a page of somebody else.
fn framed(id: &str) -> Frame<'_> {
    Frame {
        id,
        width: WIDE,
        titled: true,
        origin: Origin::Observed,
    }
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
