//! The folder that a result is written to: in which formats and language, and the step to PDF.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use clap::{Args, ValueEnum};
use kring::report::{Language, Report};
use kring::{Further, ReportFormat, WriteOptions, write_report, write_results_in};

use crate::output::Fault;

/// Where a result is written to, and as what.
#[derive(Debug, Clone, Args)]
pub struct Folder {
    /// Write the report, results.json and the pictures as SVG into this folder, too
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// The formats of the report in --out: several with commas between
    #[arg(
        long,
        value_enum,
        value_name = "FORMAT",
        value_delimiter = ',',
        default_value = "html",
        requires = "out"
    )]
    pub report: Vec<Page>,
    /// The language of the report in --out
    #[arg(
        id = "report_language",
        long = "report-language",
        value_name = "LANGUAGE",
        value_enum,
        default_value_t,
        requires = "out"
    )]
    pub language: Tongue,
    /// Add to the report in --out: what was done as a paragraph, the numbers as sentences (APA), a checklist
    #[arg(long = "report-methods", requires = "out")]
    pub methods: bool,
}

/// A format of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Page {
    /// report.html: one page that needs no network
    Html,
    /// report.docx: a document of Word
    Docx,
    /// report.pdf: by Typst, which must be there as a program or as the Python package `typst`
    Pdf,
    /// report.typ: what Typst makes the PDF from
    Typst,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Tongue {
    /// English, with a decimal point
    #[default]
    #[value(name = "en", alias = "english")]
    English,
    /// Dutch, with a decimal comma
    #[value(name = "nl", alias = "dutch")]
    Dutch,
}

impl Folder {
    /// Writes a report with its plain data. Gives the line that says what was written.
    pub fn write<S: serde::Serialize>(
        &self,
        report: &Report,
        results: impl FnOnce() -> Result<S, Fault>,
    ) -> Result<Option<String>, Fault> {
        let Some(folder) = &self.out else {
            return Ok(None);
        };
        write_results_in(folder, report, &results()?, &self.options())?;
        self.finished(folder).map(Some)
    }

    /// Writes a report without its plain data, for what is shared.
    pub fn write_without_data(&self, report: &Report) -> Result<Option<String>, Fault> {
        let Some(folder) = &self.out else {
            return Ok(None);
        };
        write_report(folder, report, &self.options())?;
        let said = self.finished(folder)?;
        Ok(Some(format!(
            "{said}, without results.json, which would hold every count"
        )))
    }

    fn options(&self) -> WriteOptions {
        let mut formats = Vec::new();
        for page in &self.report {
            let format = match page {
                Page::Html => ReportFormat::Html,
                Page::Docx => ReportFormat::Docx,
                Page::Pdf | Page::Typst => ReportFormat::Typst,
            };
            if !formats.contains(&format) {
                formats.push(format);
            }
        }
        WriteOptions {
            formats,
            language: match self.language {
                Tongue::English => Language::English,
                Tongue::Dutch => Language::Dutch,
            },
            further: if self.methods {
                Further::Reporting
            } else {
                Further::Nothing
            },
        }
    }

    /// Makes the PDF where one is asked for, and says what was written.
    fn finished(&self, folder: &Path) -> Result<String, Fault> {
        if self.report.contains(&Page::Pdf) {
            let source = folder.join("report.typ");
            typeset(&source, &folder.join("report.pdf"))?;
            if !self.report.contains(&Page::Typst) {
                std::fs::remove_file(&source)
                    .map_err(|error| Fault::Write(format!("{}: {error}", source.display())))?;
            }
        }
        let mut pages: Vec<String> = Vec::new();
        for page in &self.report {
            let name = match page {
                Page::Html => "report.html",
                Page::Docx => "report.docx",
                Page::Pdf => "report.pdf",
                Page::Typst => "report.typ",
            };
            let path = folder.join(name).display().to_string();
            if !pages.contains(&path) {
                pages.push(path);
            }
        }
        Ok(format!("Written: {}", pages.join(", ")))
    }
}

/// The PDF of a Typst document: by the program, else by the Python package, which has no program.
fn typeset(source: &Path, pdf: &Path) -> Result<(), Fault> {
    let by_program = Command::new("typst")
        .arg("compile")
        .args([source, pdf])
        .output();
    let absent = |run: &std::io::Result<Output>| matches!(run, Err(error) if error.kind() == std::io::ErrorKind::NotFound);
    let run = if absent(&by_program) {
        const COMPILE: &str = "import sys
try: import typst
except ImportError: sys.exit(69)
typst.compile(sys.argv[1], output=sys.argv[2])";
        let by_python = Command::new("python3")
            .args(["-c", COMPILE])
            .args([source, pdf])
            .output();
        if absent(&by_python)
            || by_python
                .as_ref()
                .is_ok_and(|run| run.status.code() == Some(69))
        {
            return Err(Fault::Argument {
                what: "--report pdf".to_owned(),
                why: format!(
                    "a PDF is made by Typst, and there is neither a program `typst` nor its Python package \
                     (`pip install typst`). Its source was written: `typst compile {}` makes the PDF. A browser \
                     prints report.html as PDF, too",
                    source.display()
                ),
            });
        }
        by_python
    } else {
        by_program
    };
    match run {
        Ok(run) if run.status.success() => Ok(()),
        Ok(run) => Err(Fault::Write(format!(
            "{}: typst refused its source: {}",
            pdf.display(),
            String::from_utf8_lossy(&run.stderr).trim()
        ))),
        Err(error) => Err(Fault::Write(format!("typst cannot be run: {error}"))),
    }
}
