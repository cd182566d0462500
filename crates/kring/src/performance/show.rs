//! Performance as a table and as figures.

use kring_report::{
    Content, Covers, Figure, Lollipop, Stick, Zip, ZipBar, lollipop_svg, significant, zip_svg,
};
use kring_sim::performance::{Performance, PerformanceMeasure, PerformanceRow};

use crate::Error;
use crate::simulate::listing;

/// What is drawn of a performance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figures {
    /// The intervals, where replicates were kept and have any.
    pub zip: Option<Figure>,
    /// Figures of performance around what they should be, of those that have such a value.
    pub lollipop: Option<Figure>,
}

/// Performance as tables: every figure with its Monte Carlo standard error, failures by error.
pub fn content(performance: &Performance, what: &str) -> Vec<Content> {
    let rows = performance.rows.iter().map(|row| {
        vec![
            capitalised(row.measure.name()),
            significant(row.value),
            row.mcse.map_or_else(|| "–".to_owned(), significant),
            row.n.to_string(),
        ]
    });
    let mut notes = vec![
        format!(
            "{} replicates; the truth is {}, tests at {} of {}.",
            performance.replicates,
            significant(performance.truth),
            significant(performance.alpha),
            significant(performance.null)
        ),
        "MCSE: Monte Carlo standard error (Morris, White & Crowther 2019).".to_owned(),
    ];
    if performance.at_boundary > 0 {
        notes.push(format!(
            "In {} replicates the estimate lies at the edge of its scale and has no place in bias and errors.",
            performance.at_boundary
        ));
    }
    let mut content = vec![Content::Listing(listing(
        &format!("Performance: {what}"),
        &notes,
        &["Figure"],
        &["Value", "MCSE", "Replicates"],
        rows.collect(),
    ))];
    if !performance.failures.is_empty() {
        let rows = performance.failures.iter().map(|failure| {
            vec![
                failure.kind.clone(),
                failure.example.clone(),
                failure.times.to_string(),
            ]
        });
        content.push(Content::Listing(listing(
            "Replicates without an estimate",
            &[],
            &["Error", "The first of them"],
            &["Times"],
            rows.collect(),
        )));
    }
    content
}

/// The figures of a performance.
pub fn figures(performance: &Performance, what: &str, level: f64) -> Result<Figures, Error> {
    let zip = zip(performance, what, level);
    let lollipop = lollipop(performance, what, level);
    let mut found = Figures {
        zip: None,
        lollipop: None,
    };
    if !zip.bars.is_empty() {
        found.zip = Some(Figure {
            name: zip.id.clone(),
            svg: zip_svg(&zip)?,
            alt: zip.title.clone(),
        });
    }
    if !lollipop.sticks.is_empty() {
        found.lollipop = Some(Figure {
            name: lollipop.id.clone(),
            svg: lollipop_svg(&lollipop)?,
            alt: lollipop.title.clone(),
        });
    }
    Ok(found)
}

/// The same figures as pieces of a report.
pub fn pictures(performance: &Performance, what: &str, level: f64) -> Vec<Content> {
    let zip = zip(performance, what, level);
    let lollipop = lollipop(performance, what, level);
    let zip = (!zip.bars.is_empty()).then_some(Content::Zip(zip));
    let lollipop = (!lollipop.sticks.is_empty()).then_some(Content::Lollipop(lollipop));
    zip.into_iter().chain(lollipop).collect()
}

/// The kept intervals as a zip plot.
pub fn zip(performance: &Performance, what: &str, level: f64) -> Zip {
    let bars = performance.zip().into_iter().map(|line| ZipBar {
        centile: line.centile,
        low: line.ends.low,
        high: line.ends.high,
        verdict: if line.covers {
            Covers::Covers
        } else {
            Covers::Misses
        },
    });
    Zip {
        id: "zip".to_owned(),
        title: format!("Intervals of {} replicates: {what}", performance.kept.len()),
        label: what.to_owned(),
        truth: performance.truth,
        level,
        bars: bars.collect(),
    }
}

/// Coverage and type I error as they should be and as they are, in points of a hundred.
pub fn lollipop(performance: &Performance, what: &str, level: f64) -> Lollipop {
    use PerformanceMeasure::{BiasEliminatedCoverage, Coverage, RelativeError, TypeIError};
    let off = |row: &PerformanceRow| {
        let (nominal, scale) = match row.measure {
            Coverage | BiasEliminatedCoverage => (level, 100.0),
            TypeIError => (performance.alpha, 100.0),
            RelativeError => (0.0, 1.0),
            _ => return None,
        };
        let value = scale * (row.value - nominal);
        Some(Stick {
            label: capitalised(row.measure.name()),
            value,
            interval: row.mcse.map(|mcse| {
                let half = 1.96 * scale * mcse;
                (value - half, value + half)
            }),
        })
    };
    Lollipop {
        id: "lollipop".to_owned(),
        title: format!("How far from what they should be: {what}"),
        label: "difference in percentage points, with its Monte Carlo interval".to_owned(),
        from: 0.0,
        sticks: performance.rows.iter().filter_map(off).collect(),
    }
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|c| c.to_uppercase().to_string());
    first.unwrap_or_default() + letters.as_str()
}
