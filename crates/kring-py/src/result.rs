//! What kring found, as frames, as text, and as tables for a paper.

use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use kring::cohort::SIMULATED;
use kring::report::{Content, Report, figures, html_in, table_text};
use kring::{Markup, report_of, written};
use polars::prelude::DataFrame;
use pyo3::PyClass;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::errors::{InputError, detached, refused};
use crate::folder;
use crate::frame::{Tabular, frame};
use crate::hints::{Drawing, Formats};
use crate::pickle::{frame_read, frame_written, reduced, restored};
use crate::plain_style;
use crate::replication::Figure;
use crate::values::{Frames, Record};

/// What kring found: as frames, as text, and as tables for a paper.
///
/// As a frame it has the rows of its first table; ``frames`` has all of them.
///
/// Examples
/// --------
/// >>> table = kring.baseline(cohort, variables=["age"])
/// >>> print(table.to_markdown().splitlines()[2])
/// |  | E (n = 26) | C (n = 26) | All (n = 52) | SMD | 95% CI |
/// >>> table.to_polars()["mean"].round(2).to_list()
/// [10.23, 9.96, 10.1]
#[pyclass(frozen, subclass, extends = Tabular, module = "kring")]
pub struct Tables {
    title: String,
    shown: Arc<Later>,
}

/// What is shown of a result: its pieces, everything as plain data, and its frames by their names.
pub struct Shown {
    pub content: Vec<Content>,
    pub record: Value,
    pub frames: Vec<(Cow<'static, str>, DataFrame)>,
}

impl Shown {
    pub fn new(
        content: Vec<Content>,
        frames: Vec<(&'static str, DataFrame)>,
        record: &impl Serialize,
    ) -> PyResult<Self> {
        let record =
            serde_json::to_value(record).map_err(|error| InputError::new_err(error.to_string()))?;
        Ok(Self::of(content, frames, record))
    }

    /// The same, where everything is plain data already.
    pub fn of(
        content: Vec<Content>,
        frames: Vec<(&'static str, DataFrame)>,
        record: Value,
    ) -> Self {
        let frames = frames.into_iter();
        Self {
            content,
            record,
            frames: frames
                .map(|(name, rows)| (Cow::Borrowed(name), rows))
                .collect(),
        }
    }
}

/// The same, made when it is first asked for: who runs a test ten thousand times asks for a number.
pub struct Later {
    made: OnceLock<Shown>,
    make: Box<dyn Fn() -> PyResult<Shown> + Send + Sync>,
}

impl Later {
    pub fn of(make: impl Fn() -> PyResult<Shown> + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self {
            made: OnceLock::new(),
            make: Box::new(make),
        })
    }

    fn get(&self) -> PyResult<&Shown> {
        if let Some(shown) = self.made.get() {
            return Ok(shown);
        }
        let shown = (self.make)()?;
        Ok(self.made.get_or_init(|| shown))
    }

    /// The rows of the object as a frame: those of its first table.
    pub fn first(&self) -> PyResult<DataFrame> {
        let frames = &self.get()?.frames;
        Ok(frames
            .first()
            .map_or_else(DataFrame::empty, |(_, rows)| rows.clone()))
    }
}

/// Tables as a pickle holds them; what a class below them has goes along.
#[derive(Serialize, Deserialize)]
pub struct Written {
    title: String,
    content: Vec<Content>,
    record: Value,
    frames: Vec<(String, String)>,
    pub inner: Value,
}

#[pymethods]
impl Tables {
    /// dict of str to Frame: Each of its tables by its name.
    #[getter]
    fn frames<'py>(&self, py: Python<'py>) -> PyResult<Frames<'py>> {
        let frames = PyDict::new(py);
        for (name, rows) in &self.shown()?.frames {
            frames.set_item(name.as_ref(), frame(py, rows.clone())?)?;
        }
        Ok(Frames(frames))
    }

    /// Everything as plain data.
    ///
    /// Returns
    /// -------
    /// dict
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Record<'py>> {
        Record::of(py, &self.shown()?.record)
    }

    /// The tables as Markdown, with captions and notes.
    ///
    /// Returns
    /// -------
    /// str
    fn to_markdown(&self) -> PyResult<String> {
        self.marked(Markup::Markdown)
    }

    /// The tables as LaTeX, for a document that has the package ``booktabs``.
    ///
    /// Returns
    /// -------
    /// str
    fn to_latex(&self) -> PyResult<String> {
        self.marked(Markup::Latex)
    }

    /// The cells of the tables as they are shown, separated by commas.
    ///
    /// Captions and notes are left out, and an empty line stands between two tables. All digits are
    /// in the frames.
    ///
    /// Returns
    /// -------
    /// str
    fn to_csv(&self) -> PyResult<String> {
        self.marked(Markup::Csv)
    }

    /// The tables as HTML without a page around them.
    ///
    /// Returns
    /// -------
    /// str
    fn to_html(&self) -> PyResult<String> {
        self.marked(Markup::Html)
    }

    /// Writes a report, ``results.json`` and the pictures as SVG into a folder.
    ///
    /// Parameters
    /// ----------
    /// folder : str or os.PathLike
    ///     It is made where it does not exist.
    /// formats : {"html", "docx", "pdf", "typst"} or a sequence of these, optional
    ///     If left out: HTML. ``report.html`` needs no network, ``report.docx`` is for Word. ``report.pdf`` needs the package
    ///     ``typst`` (``pip install "kring[pdf]"``); ``report.typ`` is what that makes the PDF from.
    /// language : {"en", "nl"}, default "en"
    ///     English, or Dutch with decimal commas. What a user or a study wrote stays as it is.
    /// methods : bool, default False
    ///     Whether what was done stands below as a paragraph, the numbers as sentences (APA), and a
    ///     checklist (STROBE, GRoLTS).
    ///
    /// Returns
    /// -------
    /// list of pathlib.Path
    ///     The reports, as they were asked for.
    ///
    /// Raises
    /// ------
    /// ImportError
    ///     If a PDF is asked for and ``typst`` is not installed.
    ///
    /// Examples
    /// --------
    /// >>> data = {"problems": [6, 8, 3, 5, 7], "arm": ["WT", "WT", "EKC", "EKC", "EKC"]}
    /// >>> answer = kring.compare(data, "problems", "arm")
    /// >>> [path.name for path in answer.write("results/answer", formats=["html", "docx"], language="nl")]
    /// ['report.html', 'report.docx']
    #[pyo3(signature = (folder, *, formats=None, language: "Literal['en', 'nl']"="en", methods=false))]
    fn write(
        &self,
        py: Python<'_>,
        folder: PathBuf,
        formats: Option<Formats<'_>>,
        language: &str,
        methods: bool,
    ) -> PyResult<Vec<PathBuf>> {
        let how = (formats, language, methods);
        folder::write(py, &folder, &self.report()?, &self.shown()?.record, how)
    }

    /// The same as one page of HTML that needs no network.
    ///
    /// Parameters
    /// ----------
    /// language : {"en", "nl"}, default "en"
    ///
    /// Returns
    /// -------
    /// str
    #[pyo3(signature = (*, language: "Literal['en', 'nl']"="en"))]
    fn report_html(&self, py: Python<'_>, language: &str) -> PyResult<String> {
        let (language, report) = (folder::language(language)?, self.report()?);
        detached(py, || html_in(&report, language))
    }

    /// The pictures that go with the tables.
    ///
    /// Returns
    /// -------
    /// list of Figure
    ///     Empty where there is nothing to draw.
    fn pictures(&self, py: Python<'_>) -> PyResult<Vec<Figure>> {
        let report = self.report()?;
        let drawn = detached(py, || figures(&report))?;
        Ok(drawn.into_iter().map(|inner| Figure { inner }).collect())
    }

    /// The tables and what stands beside them, as text.
    ///
    /// Returns
    /// -------
    /// str
    fn summary(&self) -> PyResult<String> {
        self.text()
    }

    /// A picture: the estimates with their intervals, where the object has such.
    ///
    /// Parameters
    /// ----------
    /// library : {"altair", "matplotlib", "svg"}, optional
    ///     What draws it. If left out: altair, else matplotlib, where one of them is installed; else
    ///     kring itself.
    ///
    /// Returns
    /// -------
    /// altair.Chart, matplotlib.figure.Figure or Figure
    ///
    /// Raises
    /// ------
    /// ImportError
    ///     If the library is not installed.
    /// InputError
    ///     If there is nothing to draw.
    ///
    /// Examples
    /// --------
    /// >>> data = {"problems": [6, 8, 3, 5, 7], "arm": ["WT", "WT", "EKC", "EKC", "EKC"]}
    /// >>> picture = kring.compare(data, "problems", "arm").plot("svg")
    /// >>> picture.svg[:4]
    /// '<svg'
    #[pyo3(signature = (library: "Literal['altair', 'matplotlib', 'svg'] | None"=None))]
    fn plot<'py>(slf: Bound<'py, Self>, library: Option<&str>) -> PyResult<Drawing<'py>> {
        let draw = slf.py().import("kring._results")?.getattr("plot")?;
        draw.call1((slf, library)).map(Drawing)
    }

    fn __eq__(slf: &Bound<'_, Self>, other: &Bound<'_, Self>) -> PyResult<bool> {
        if !slf.get_type().is(other.get_type()) || slf.get().title != other.get().title {
            return Ok(false);
        }
        let (one, two) = (slf.get().shown()?, other.get().shown()?);
        let mut frames = one.frames.iter().zip(&two.frames);
        Ok(one.record == two.record
            && one.content == two.content
            && one.frames.len() == two.frames.len()
            && frames.all(|(one, two)| one.0 == two.0 && one.1.equals_missing(&two.1)))
    }

    #[pyo3(signature = () -> "tuple[object, tuple[str, bytes]]")]
    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyTuple>> {
        slf.get().reduce(slf.py(), "Tables", Value::Null)
    }

    #[staticmethod]
    fn _restore<'py>(py: Python<'py>, written: &[u8]) -> PyResult<Bound<'py, Self>> {
        result(py, Self::restore(written)?.0)
    }

    fn __repr__(&self) -> PyResult<String> {
        self.text()
    }

    fn _repr_html_(&self) -> PyResult<String> {
        self.marked(Markup::Html)
    }
}

impl Tables {
    fn shown(&self) -> PyResult<&Shown> {
        self.shown.get()
    }

    fn text(&self) -> PyResult<String> {
        let pieces = self.shown()?.content.iter();
        let texts: Vec<String> = pieces
            .map(|content| {
                table_text(content, plain_style())
                    .trim_matches('\n')
                    .to_owned()
            })
            .filter(|text| !text.is_empty())
            .collect();
        Ok(texts.join("\n\n"))
    }

    /// The tables for a pickle, with what the class below them has.
    pub fn reduce<'py>(
        &self,
        py: Python<'py>,
        class: &str,
        inner: Value,
    ) -> PyResult<Bound<'py, PyTuple>> {
        let shown = self.shown()?;
        let frames = shown.frames.iter();
        let frames = frames.map(|(name, rows)| Ok((name.to_string(), frame_written(rows)?)));
        let written = Written {
            title: self.title.clone(),
            content: shown.content.clone(),
            record: shown.record.clone(),
            frames: frames.collect::<PyResult<_>>()?,
            inner,
        };
        reduced(py, class, &written)
    }

    /// The tables of a pickle, and what the class below them had.
    pub fn restore(bytes: &[u8]) -> PyResult<(Self, Value)> {
        let written: Written = restored(bytes)?;
        let frames = written.frames.into_iter();
        let frames = frames.map(|(name, rows)| Ok((Cow::Owned(name), frame_read(&rows)?)));
        let shown = Shown {
            content: written.content,
            record: written.record,
            frames: frames.collect::<PyResult<_>>()?,
        };
        Ok((Self::made(&written.title, shown), written.inner))
    }

    /// A result with its pieces, its frames, and everything as plain data.
    pub fn new(
        title: &str,
        content: Vec<Content>,
        frames: Vec<(&'static str, DataFrame)>,
        record: &impl Serialize,
    ) -> PyResult<Self> {
        Ok(Self::made(title, Shown::new(content, frames, record)?))
    }

    fn made(title: &str, shown: Shown) -> Self {
        let empty = || Err(InputError::new_err("there is nothing to show"));
        let later = Self::later(title, empty);
        // A new cell takes what it is given.
        let _ = later.shown.made.set(shown);
        later
    }

    /// A result whose pieces, frames and plain data are made when they are asked for.
    pub fn later(title: &str, make: impl Fn() -> PyResult<Shown> + Send + Sync + 'static) -> Self {
        Self {
            title: title.to_owned(),
            shown: Later::of(make),
        }
    }

    /// The report of it, which says where it is of simulated data.
    fn report(&self) -> PyResult<Report> {
        let content = &self.shown()?.content;
        let mut report = report_of(&self.title, content.clone());
        let said =
            |piece: &Content| matches!(piece, Content::Text(text) if text.contains(SIMULATED));
        report.simulated = content.iter().any(said);
        Ok(report)
    }

    fn marked(&self, markup: Markup) -> PyResult<String> {
        written(&self.shown()?.content, markup, plain_style()).map_err(refused)
    }
}

/// A result for Python.
pub fn result(py: Python<'_>, tables: Tables) -> PyResult<Bound<'_, Tables>> {
    let rows = Tabular::later(&tables.shown);
    Bound::new(py, PyClassInitializer::from(rows).add_subclass(tables))
}

/// An object whose tables are these.
pub fn with_tables<T>(py: Python<'_>, tables: Tables, object: T) -> PyResult<Bound<'_, T>>
where
    T: PyClass<BaseType = Tables>,
{
    let rows = Tabular::later(&tables.shown);
    Bound::new(
        py,
        PyClassInitializer::from(rows)
            .add_subclass(tables)
            .add_subclass(object),
    )
}
