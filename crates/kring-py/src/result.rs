//! What kring found, as frames, as text, and as tables for a paper.

use kring::report::{Content, figures, table_text};
use kring::{Markup, report_of, written};
use polars::prelude::DataFrame;
use pyo3::PyClass;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use serde::Serialize;
use serde_json::Value;

use crate::errors::{InputError, detached, refused};
use crate::frame::{Tabular, frame};
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
    pub title: String,
    pub content: Vec<Content>,
    pub record: Value,
    pub frames: Vec<(&'static str, DataFrame)>,
}

#[pymethods]
impl Tables {
    /// dict of str to Frame: Each of its tables by its name.
    #[getter]
    fn frames<'py>(&self, py: Python<'py>) -> PyResult<Frames<'py>> {
        let frames = PyDict::new(py);
        for (name, rows) in &self.frames {
            frames.set_item(name, frame(py, rows.clone())?)?;
        }
        Ok(Frames(frames))
    }

    /// Everything as plain data.
    ///
    /// Returns
    /// -------
    /// dict
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Record<'py>> {
        Record::of(py, &self.record)
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

    /// The pictures that go with the tables.
    ///
    /// Returns
    /// -------
    /// list of Figure
    ///     Empty where there is nothing to draw.
    fn pictures(&self, py: Python<'_>) -> PyResult<Vec<Figure>> {
        let report = report_of(&self.title, self.content.clone());
        let drawn = detached(py, || figures(&report))?;
        Ok(drawn.into_iter().map(|inner| Figure { inner }).collect())
    }

    fn __repr__(&self) -> String {
        let pieces = self.content.iter();
        let texts: Vec<String> = pieces
            .map(|content| {
                table_text(content, plain_style())
                    .trim_matches('\n')
                    .to_owned()
            })
            .filter(|text| !text.is_empty())
            .collect();
        texts.join("\n\n")
    }

    fn _repr_html_(&self) -> PyResult<String> {
        self.marked(Markup::Html)
    }
}

impl Tables {
    /// A result with its pieces, its frames, and everything as plain data.
    pub fn new(
        title: &str,
        content: Vec<Content>,
        frames: Vec<(&'static str, DataFrame)>,
        record: &impl Serialize,
    ) -> PyResult<Self> {
        let record =
            serde_json::to_value(record).map_err(|error| InputError::new_err(error.to_string()))?;
        Ok(Self {
            title: title.to_owned(),
            content,
            record,
            frames,
        })
    }

    fn marked(&self, markup: Markup) -> PyResult<String> {
        written(&self.content, markup, plain_style()).map_err(refused)
    }

    /// The rows of the object as a frame: those of its first table.
    fn first(&self) -> DataFrame {
        self.frames
            .first()
            .map_or_else(DataFrame::empty, |(_, rows)| rows.clone())
    }
}

/// A result for Python.
pub fn result(py: Python<'_>, tables: Tables) -> PyResult<Bound<'_, Tables>> {
    let frame = tables.first();
    Bound::new(
        py,
        PyClassInitializer::from(Tabular { frame }).add_subclass(tables),
    )
}

/// An object whose tables are these.
pub fn with_tables<T>(py: Python<'_>, tables: Tables, object: T) -> PyResult<Bound<'_, T>>
where
    T: PyClass<BaseType = Tables>,
{
    let frame = tables.first();
    Bound::new(
        py,
        PyClassInitializer::from(Tabular { frame })
            .add_subclass(tables)
            .add_subclass(object),
    )
}
