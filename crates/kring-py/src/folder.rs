//! A report as files: in which formats and language, and the step to PDF.

use std::path::{Path, PathBuf};

use kring::report::{Language, Report};
use kring::{Further, ReportFormat, WriteOptions, write_results_in};
use pyo3::exceptions::PyImportError;
use pyo3::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::errors::{InputError, detached};
use crate::hints::Formats;
use crate::values::from_python;

/// What is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Page {
    Html,
    Docx,
    Pdf,
    Typst,
}

impl Page {
    fn file(self) -> &'static str {
        match self {
            Self::Html => "report.html",
            Self::Docx => "report.docx",
            Self::Pdf => "report.pdf",
            Self::Typst => "report.typ",
        }
    }
}

/// The language of that name.
pub fn language(name: &str) -> PyResult<Language> {
    from_python("language", json!(name))
}

/// What is added below the analyses.
fn further(methods: bool) -> Further {
    if methods {
        Further::Reporting
    } else {
        Further::Nothing
    }
}

/// Writes a report, its plain data and its pictures into a folder. Gives the paths of the reports.
pub fn write(
    py: Python<'_>,
    folder: &Path,
    report: &Report,
    results: &(impl Serialize + Sync),
    (formats, tongue, methods): (Option<Formats<'_>>, &str, bool),
) -> PyResult<Vec<PathBuf>> {
    let formats = match formats {
        None => vec!["html".to_owned()],
        Some(formats) => match formats.0.extract::<String>() {
            Ok(format) => vec![format],
            Err(_) => formats.0.extract()?,
        },
    };
    let mut pages: Vec<Page> = from_python("formats", json!(formats))?;
    let mut seen = Vec::new();
    pages.retain(|page| {
        !seen.contains(page) && {
            seen.push(*page);
            true
        }
    });
    let mut written: Vec<ReportFormat> = Vec::new();
    for page in &pages {
        let format = match page {
            Page::Html => ReportFormat::Html,
            Page::Docx => ReportFormat::Docx,
            Page::Pdf | Page::Typst => ReportFormat::Typst,
        };
        if !written.contains(&format) {
            written.push(format);
        }
    }
    let options = WriteOptions {
        formats: written,
        language: language(tongue)?,
        further: further(methods),
    };
    detached(py, || write_results_in(folder, report, results, &options))?;
    if pages.contains(&Page::Pdf) {
        let source = folder.join(Page::Typst.file());
        typeset(py, &source, &folder.join(Page::Pdf.file()))?;
        if !pages.contains(&Page::Typst) {
            std::fs::remove_file(&source)
                .map_err(|error| InputError::new_err(format!("{}: {error}", source.display())))?;
        }
    }
    Ok(pages.iter().map(|page| folder.join(page.file())).collect())
}

/// The PDF of a Typst document, by the package `typst`.
fn typeset(py: Python<'_>, source: &Path, pdf: &Path) -> PyResult<()> {
    let typst = py.import("typst").map_err(|error| {
        if error.is_instance_of::<PyImportError>(py) {
            PyImportError::new_err(format!(
                "a PDF is made by the package typst: `pip install typst`. Its source was written: {}",
                source.display()
            ))
        } else {
            error
        }
    })?;
    typst.call_method1("compile", (source, pdf))?;
    Ok(())
}
