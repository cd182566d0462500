//! Pieces of a report for a page that somebody else makes, such as a notebook.

use serde::Serialize;

use crate::grid::Grid;
use crate::verdict::{Mark, Row, counted, counts, declared, row};
use crate::{Content, Error, Report, SIMULATED, tables, template};

#[derive(Debug, Serialize)]
struct Fragment<'a> {
    pieces: Vec<(Vec<&'a str>, Vec<Grid>)>,
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

/// Pieces of a section as HTML without a page around them: texts, and tables for all else.
///
/// ```
/// use kring_report::{Content, fragment};
/// let html = fragment(&[Content::Text("fewer < more".into())])?;
/// assert!(html.contains("<p>fewer &lt; more</p>"));
/// # Ok::<(), kring_report::Error>(())
/// ```
pub fn fragment(content: &[Content]) -> Result<String, Error> {
    let pieces = content.iter().map(|piece| match piece {
        Content::Text(text) => (text.split("\n\n").collect(), Vec::new()),
        _ => (Vec::new(), tables::grids(piece)),
    });
    template::filled(
        "fragment.html",
        &Fragment {
            pieces: pieces.collect(),
        },
    )
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
