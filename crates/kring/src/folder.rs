//! Results as files: a page, plain data, and the pictures.

use std::fs;
use std::path::Path;

use kring_report::{Content, Report, Role, Section};
use serde::Serialize;

use crate::Error;

/// Writes `report.html`, `results.json` and each picture as SVG into a folder, which is made where it
/// does not exist.
pub fn write_results(
    folder: &Path,
    report: &Report,
    results: &impl Serialize,
) -> Result<(), Error> {
    write_report(folder, report)?;
    let json = serde_json::to_string_pretty(results).map_err(|error| fault(folder, &error))?;
    let path = folder.join("results.json");
    fs::write(&path, json).map_err(|error| fault(&path, &error))
}

/// Writes `report.html` and each picture as SVG into a folder: what a reader may see, without the plain data.
pub fn write_report(folder: &Path, report: &Report) -> Result<(), Error> {
    fs::create_dir_all(folder).map_err(|error| {
        if folder.is_file() {
            return fault(folder, &"it is a file; name a folder");
        }
        fault(folder, &error)
    })?;
    let write = |name: &str, text: &str| {
        let path = folder.join(name);
        fs::write(&path, text).map_err(|error| fault(&path, &error))
    };
    write("report.html", &kring_report::html(report)?)?;
    for figure in kring_report::figures(report)? {
        write(&format!("{}.svg", figure.name), &figure.svg)?;
    }
    Ok(())
}

/// A report of one result, which no protocol declares.
///
/// ```
/// use kring::report::{Content, html};
/// let report = kring::report_of("Who left", vec![Content::Text("Nobody did.".into())]);
/// assert!(html(&report)?.contains("Nobody did."));
/// # Ok::<(), kring::Error>(())
/// ```
pub fn report_of(title: &str, content: Vec<Content>) -> Report {
    Report {
        title: title.to_owned(),
        sections: vec![Section {
            id: "result".to_owned(),
            title: title.to_owned(),
            role: Role::Exploratory,
            method: None,
            content,
        }],
        provenance: vec![("kring".to_owned(), env!("CARGO_PKG_VERSION").to_owned())],
        ..Report::default()
    }
}

fn fault(path: &Path, error: &dyn std::fmt::Display) -> Error {
    Error::File {
        path: path.to_owned(),
        why: error.to_string(),
    }
}
