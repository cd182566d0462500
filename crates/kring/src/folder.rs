//! Results as files: a page, plain data, and the pictures.

use std::fs;
use std::path::Path;

use kring_report::{Content, Language, Report, Role, Section};
use serde::{Deserialize, Serialize};

use crate::Error;

/// A format of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReportFormat {
    /// `report.html`: one page that needs no network.
    Html,
    /// `report.docx`: a document of Word.
    Docx,
    /// `report.typ`: the source of a PDF, which `typst compile report.typ` makes.
    Typst,
}

/// How results are written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WriteOptions {
    /// The formats of the report.
    pub formats: Vec<ReportFormat>,
    /// The language of the report and its pictures.
    pub language: Language,
    /// What is added below the analyses.
    pub further: Further,
}

/// What is added below the analyses of a report.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Further {
    /// Nothing.
    #[default]
    Nothing,
    /// The methods as they were carried out, the numbers as sentences of the APA, and a checklist.
    Reporting,
}

impl Default for WriteOptions {
    fn default() -> Self {
        Self {
            formats: vec![ReportFormat::Html],
            language: Language::English,
            further: Further::Nothing,
        }
    }
}

/// Writes `report.html`, `results.json` and each picture as SVG into a folder, which is made where it
/// does not exist.
pub fn write_results(
    folder: &Path,
    report: &Report,
    results: &impl Serialize,
) -> Result<(), Error> {
    write_results_in(folder, report, results, &WriteOptions::default())
}

/// Writes a report in the formats and the language asked for, `results.json` and each picture as SVG
/// into a folder, which is made where it does not exist. Numbers in `results.json` are those of no
/// language.
pub fn write_results_in(
    folder: &Path,
    report: &Report,
    results: &impl Serialize,
    options: &WriteOptions,
) -> Result<(), Error> {
    write_report(folder, report, options)?;
    let json = serde_json::to_string_pretty(results).map_err(|error| fault(folder, &error))?;
    let path = folder.join("results.json");
    fs::write(&path, json).map_err(|error| fault(&path, &error))
}

/// Writes a report and each picture as SVG into a folder: what a reader may see, without the plain data.
pub fn write_report(folder: &Path, report: &Report, options: &WriteOptions) -> Result<(), Error> {
    let ending = folder.extension().and_then(|ending| ending.to_str());
    if ending.is_some_and(|ending| ["html", "docx", "pdf", "typ", "json"].contains(&ending))
        && !folder.is_dir()
    {
        let why = "a report is written into a folder with its pictures and its plain data: name a folder; the formats are chosen apart";
        return Err(fault(folder, &why));
    }
    fs::create_dir_all(folder).map_err(|error| {
        if folder.is_file() {
            return fault(folder, &"it is a file; name a folder");
        }
        fault(folder, &error)
    })?;
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.join(name);
        fs::write(&path, bytes).map_err(|error| fault(&path, &error))
    };
    let language = options.language;
    let mut shown = report.clone();
    if options.further == Further::Reporting {
        shown
            .sections
            .extend(kring_report::reporting_sections(report, language));
    }
    for format in &options.formats {
        match format {
            ReportFormat::Html => {
                let page = kring_report::html_in(&shown, language)?;
                write("report.html", page.as_bytes())?;
            }
            ReportFormat::Docx => write("report.docx", &kring_report::docx(&shown, language)?)?,
            ReportFormat::Typst => {
                let source = kring_report::typst_source(&shown, language)?;
                write("report.typ", source.as_bytes())?;
            }
        }
    }
    for figure in kring_report::figures_in(&shown, language)? {
        write(&format!("{}.svg", figure.name), figure.svg.as_bytes())?;
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
