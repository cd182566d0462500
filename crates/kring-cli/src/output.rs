//! Standard output and standard error: colours, width, faults.

use std::io::{IsTerminal, Write};
use std::path::PathBuf;

use crate::arguments::{Form, Output, RoundTo, TableFormat};

use kring::report::{Content, Disclosure, Ink, Report, Rounding, Style, guard};
use kring::{Markup, report_of, written};
use miette::{LabeledSpan, MietteHandlerOpts, miette};

/// What stands over everything that comes from simulated data.
const SIMULATED: &str = "Simulated data: no evidence.";

/// Why a command could not be carried out.
#[derive(Debug)]
pub enum Fault {
    /// kring refused.
    Kring(kring::Error),
    /// kring refused what a file holds, and its words do not name the file.
    In { file: PathBuf, error: kring::Error },
    /// An argument that clap cannot check.
    Argument { what: String, why: String },
    /// Standard output or a file could not be written.
    Write(String),
}

impl<E: Into<kring::Error>> From<E> for Fault {
    fn from(error: E) -> Self {
        Self::Kring(error.into())
    }
}

/// How wide standard output is, and whether it takes colours: only a terminal does, and not where
/// `NO_COLOR` is set.
pub fn style() -> Style {
    let terminal = std::io::stdout().is_terminal();
    let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
        || std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    let width = terminal_size::terminal_size().map_or(100, |(width, _)| usize::from(width.0));
    Style {
        ink: if terminal && !refused {
            Ink::Colour
        } else {
            Ink::Plain
        },
        width: width.clamp(40, 140),
    }
}

/// Writes text; a reader that stops reading, as `head` does, is no fault.
pub fn print(text: &str) -> Result<(), Fault> {
    let mut out = std::io::stdout().lock();
    let written = writeln!(out, "{}", text.trim_end_matches('\n')).and_then(|()| out.flush());
    match written {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Fault::Write(format!("standard output: {error}")))
        }
        _ => Ok(()),
    }
}

/// Writes a value as JSON.
pub fn json(value: &impl serde::Serialize) -> Result<(), Fault> {
    let text =
        serde_json::to_string_pretty(value).map_err(|error| Fault::Write(error.to_string()))?;
    print(&text)
}

/// A result that can be written in every way.
pub struct Shown<'a, T> {
    /// What a page of it is called.
    pub title: &'a str,
    /// Its texts, tables and pictures.
    pub content: Vec<Content>,
    /// What a careful reader should know beside it.
    pub notes: Vec<String>,
    /// Everything, with all digits.
    pub record: &'a T,
}

/// Writes a result as it is asked for.
pub fn show<T: serde::Serialize>(
    shown: &Shown<'_, T>,
    how: &Output,
    style: Style,
) -> Result<(), Fault> {
    show_illustrated(shown, Vec::new(), how, style)
}

/// The same of a result with pictures, which only a folder can hold.
pub fn show_illustrated<T: serde::Serialize>(
    shown: &Shown<'_, T>,
    pictures: Vec<Content>,
    how: &Output,
    style: Style,
) -> Result<(), Fault> {
    show_stored(shown, pictures, || Ok(shown.record), how, style)
}

/// The same with something else stored in place of the record: the record and the run behind it.
pub fn show_stored<T: serde::Serialize, S: serde::Serialize>(
    shown: &Shown<'_, T>,
    pictures: Vec<Content>,
    stored: impl FnOnce() -> Result<S, Fault>,
    how: &Output,
    style: Style,
) -> Result<(), Fault> {
    if let Some(rules) = how.disclosure() {
        return show_guarded(shown, pictures, how, &rules, style);
    }
    let mut said = None;
    if how.folder.out.is_some() {
        let mut content = shown.content.clone();
        content.extend(pictures);
        content.extend(shown.remarks());
        let mut report = report_of(shown.title, content);
        report.simulated = shown.is_simulated();
        said = how.folder.write(&made_by(report), stored)?;
    }
    print_as(shown, said, &how.form, style)
}

/// The same for output that is shared: small counts are hidden, and no file holds them.
fn show_guarded<T: serde::Serialize>(
    shown: &Shown<'_, T>,
    pictures: Vec<Content>,
    how: &Output,
    rules: &Disclosure,
    style: Style,
) -> Result<(), Fault> {
    let Some(markup) = markup(&how.form) else {
        return Err(Fault::Argument {
            what: "--suppress".to_owned(),
            why: "JSON holds every count; choose another --format".to_owned(),
        });
    };
    let mut content = shown.content.clone();
    content.extend(pictures);
    // Notes on how the data were read, and the command itself, may name families and files.
    if !shown.notes.is_empty() {
        let n = shown.notes.len();
        content.push(Content::Text(format!(
            "{n} note(s) on how the data were read are left out."
        )));
    }
    let mut report = report_of(shown.title, content);
    report.simulated = shown.is_simulated();
    let report = guard(&report, rules);
    let said = how.folder.write_without_data(&report)?;
    let mut content: Vec<Content> = Vec::new();
    for section in &report.sections {
        content.extend(section.content.iter().cloned());
    }
    if !report.notes.is_empty() {
        content.push(Content::Text(report.notes.join("\n\n")));
    }
    let mut text = written(&content, markup, style)?;
    if let (Some(said), Markup::Text) = (said, markup) {
        text.push('\n');
        text.push_str(&said);
    }
    print(&text)
}

impl Output {
    /// What is hidden, where that is asked for.
    fn disclosure(&self) -> Option<Disclosure> {
        Some(Disclosure {
            threshold: usize::try_from(self.suppress?).unwrap_or(usize::MAX),
            rounding: match self.round {
                None => Rounding::Exact,
                Some(RoundTo::Fives) => Rounding::Fives,
                Some(RoundTo::Tens) => Rounding::Tens,
            },
            ..Disclosure::default()
        })
    }
}

/// How text is marked up; none is JSON.
fn markup(form: &Form) -> Option<Markup> {
    Some(match form.format {
        _ if form.json => return None,
        TableFormat::Json => return None,
        TableFormat::Text => Markup::Text,
        TableFormat::Markdown => Markup::Markdown,
        TableFormat::Latex => Markup::Latex,
        TableFormat::Csv => Markup::Csv,
        TableFormat::Html => Markup::Html,
    })
}

/// The report with the command that made it, but for the folder it was written to: it is the same in any.
pub fn made_by(mut report: Report) -> Report {
    report.provenance.push(("Command".to_owned(), command()));
    report
}

/// The command as it was typed, but for the folder it writes to.
pub fn command() -> String {
    let mut words = vec!["kring".to_owned()];
    let mut arguments = std::env::args().skip(1);
    while let Some(word) = arguments.next() {
        if word == "--out" {
            arguments.next();
        } else if !word.starts_with("--out=") {
            words.push(quoted(&word));
        }
    }
    words.join(" ")
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_=./,:+%@".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// Prints a result in the form that is asked for; behind it, as text, what was written where.
pub fn print_as<T: serde::Serialize>(
    shown: &Shown<'_, T>,
    said: Option<String>,
    form: &Form,
    style: Style,
) -> Result<(), Fault> {
    let Some(markup) = markup(form) else {
        return json(shown.record);
    };
    let mut content = shown.content.clone();
    content.extend(shown.remarks());
    let mut text = written(&content, markup, style)?;
    if let (Some(said), Markup::Text) = (said, markup) {
        text.push('\n');
        text.push_str(&said);
    }
    print(&text)
}

impl<T> Shown<'_, T> {
    /// Whether its texts or notes say that it is simulated: then every picture of it says so.
    fn is_simulated(&self) -> bool {
        let said = |text: &String| text.contains(SIMULATED);
        self.notes.iter().any(said)
            || self
                .content
                .iter()
                .any(|piece| matches!(piece, Content::Text(text) if said(text)))
    }

    /// The notes as a piece of content.
    fn remarks(&self) -> Option<Content> {
        (!self.notes.is_empty()).then(|| Content::Text(self.notes.join("\n\n")))
    }
}

/// Writes a fault to standard error, with a mark under the place in a formula.
///
/// Only a terminal gets its lines broken: in a file or a pipe a message stays one line.
pub fn report(fault: &Fault) {
    let on_terminal = std::io::stderr().is_terminal();
    // Before the report is made, which takes the handler with it. Nothing else sets one.
    let _ = miette::set_hook(Box::new(move |_| {
        Box::new(MietteHandlerOpts::new().wrap_lines(on_terminal).build())
    }));
    let report = match fault {
        Fault::Kring(error) => marked(error, &error.to_string()),
        Fault::In { file, error } => marked(error, &format!("{}: {error}", file.display())),
        Fault::Argument { what, why } => miette!("{what}: {why}"),
        Fault::Write(why) => miette!("{why}"),
    };
    let mut err = std::io::stderr().lock();
    // Nothing can be done where even standard error is closed.
    let _ = writeln!(err, "{report:?}");
}

/// A message, with the formula below it where the error has a place in one.
fn marked(error: &kring::Error, message: &str) -> miette::Report {
    match formula_place(error) {
        Some((text, range)) => {
            let here = LabeledSpan::at(range, "here");
            miette!(labels = vec![here], "{message}").with_source_code(text)
        }
        None => miette!("{message}"),
    }
}

/// The formula and the range of bytes of a fault that has a place in a formula.
///
/// Where something is absent at the end, the mark stands one place behind it.
fn formula_place(error: &kring::Error) -> Option<(String, std::ops::Range<usize>)> {
    let error = match error {
        kring::Error::Formula(error) => error,
        kring::Error::Analysis { source, .. } => return formula_place(source),
        _ => return None,
    };
    let place = error.place()?;
    if place.span.is_empty() && place.span.start == place.formula.len() {
        return Some((
            format!("{} ", place.formula),
            place.span.start..place.span.start + 1,
        ));
    }
    Some((place.formula.clone(), place.span.clone()))
}
