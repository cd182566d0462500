//! Cohorts: people over waves.

use std::path::PathBuf;

use kring::Description as Described;
use kring::cohort::{self, Per};
use kring::core::Flow as Counted;
use kring::report::{Content, Origin, flow_svg, table_text};
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use serde_json::json;

use crate::dataset::Reading;
use crate::errors::{detached, refused};
use crate::frame::{Frame, frame};
use crate::hints::{Declared, FrameLike};
use crate::result::{Tables, with_tables};
use crate::roles::Given;
use crate::values::{Counts, Record, from_python, word};
use crate::{input, plain_style, tables};

/// People over waves: the data of a study, checked and in order.
///
/// ``Cohort.read`` and ``Cohort.from_frame`` make it. A column that is not there is refused at
/// once; what is wrong with values is listed by ``validate``, all of it, and left out of the
/// tables as each violation says.
///
/// Examples
/// --------
/// >>> cohort = kring.Cohort.read(
/// ...     study / "data/fdd.csv", subject="id", arm="trt",
/// ...     arms={"E": "EMDR", "C": "CBT"}, wide={"yc": "yc{wave}"}, waves=["1", "2", "3"],
/// ... )
/// >>> cohort
/// <kring.Cohort fdd.csv: 52 subjects, waves 1, 2, 3, arms E, C>
/// >>> cohort.validate()
/// []
#[pyclass(frozen, module = "kring")]
pub struct Cohort {
    pub inner: cohort::Cohort,
}

#[pymethods]
impl Cohort {
    /// Makes a cohort of a frame.
    ///
    /// Data are *long* when `wave` names a column: one row a subject and wave. They are *wide*
    /// when `wide` says which columns hold one variable at its waves: one row a subject. With
    /// neither there is one row a subject and one occasion.
    ///
    /// Parameters
    /// ----------
    /// frame : frame of polars, pandas or pyarrow, Dataset, or dict of columns
    /// subject : str
    ///     The column that names the subject: the family or person that is followed.
    /// wave : str, optional
    ///     The column that names the wave, in long data.
    /// arm : str, optional
    ///     The column that names the arm.
    /// clusters : sequence of str, optional
    ///     The columns that name clusters, outermost first.
    /// time : str, optional
    ///     The variable that holds the date of each measurement: it may not run backwards.
    /// wide : dict, optional
    ///     Variables that stand in one column a wave: ``{"yc": ["yc1", "yc2", "yc3"]}``, or
    ///     ``{"yc": "yc{wave}"}``.
    /// waves : sequence or dict, optional
    ///     The waves in order: names, or names with the months since the start:
    ///     ``{"1": 0, "2": 1, "3": 12}``.
    /// arms : sequence or dict, optional
    ///     The arms to compare, the reference first: names, or names with labels. People in other arms
    ///     are left out and counted.
    /// variables : dict, optional
    ///     What is known of variables: a type (``"count"``), or a dict with ``type``, ``label``,
    ///     ``unit``, ``range``, ``levels``, ``missing`` and ``per``.
    ///
    /// Returns
    /// -------
    /// Cohort
    ///
    /// Raises
    /// ------
    /// InputError
    ///     If a column is not there, or what is declared contradicts itself.
    ///
    /// Examples
    /// --------
    /// >>> cohort = kring.Cohort.from_frame(
    /// ...     {"family": [1, 1, 2, 2], "wave": [1, 2, 1, 2], "problems": [6, 2, 5, None]},
    /// ...     subject="family", wave="wave", variables={"problems": "count"},
    /// ... )
    /// >>> len(cohort.measurements())
    /// 3
    #[staticmethod]
    #[pyo3(signature = (frame, *, subject, wave=None, arm=None, clusters=None, time=None, wide=None, waves=None, arms=None, variables=None))]
    #[allow(clippy::too_many_arguments, reason = "each is a keyword in Python")]
    fn from_frame(
        py: Python<'_>,
        frame: FrameLike<'_>,
        subject: String,
        wave: Option<String>,
        arm: Option<String>,
        clusters: Option<Vec<String>>,
        time: Option<String>,
        wide: Option<Declared<'_>>,
        waves: Option<Declared<'_>>,
        arms: Option<Declared<'_>>,
        variables: Option<Declared<'_>>,
    ) -> PyResult<Self> {
        let given = Given {
            subject,
            wave,
            arm,
            clusters,
            time,
            wide,
            waves,
            arms,
            variables,
        };
        Self::made(py, input::dataset(py, &frame.0)?, given)
    }

    /// Makes a cohort of a file.
    ///
    /// Parameters
    /// ----------
    /// path : str or os.PathLike
    ///     A file, as for ``kring.read``.
    /// subject, wave, arm, clusters, time, wide, waves, arms, variables
    ///     As for ``Cohort.from_frame``.
    /// delimiter, decimal, encoding, sheet, missing, format
    ///     As for ``kring.read``.
    ///
    /// Returns
    /// -------
    /// Cohort
    ///
    /// Examples
    /// --------
    /// >>> cohort = kring.Cohort.read(study / "data/fdd.csv", subject="id")
    /// >>> len(cohort.subjects())
    /// 52
    #[staticmethod]
    #[pyo3(signature = (path, *, subject, wave=None, arm=None, clusters=None, time=None, wide=None, waves=None, arms=None, variables=None, delimiter=None, decimal=None, encoding=None, sheet=None, missing=None, format=None))]
    #[allow(clippy::too_many_arguments, reason = "each is a keyword in Python")]
    fn read(
        py: Python<'_>,
        path: PathBuf,
        subject: String,
        wave: Option<String>,
        arm: Option<String>,
        clusters: Option<Vec<String>>,
        time: Option<String>,
        wide: Option<Declared<'_>>,
        waves: Option<Declared<'_>>,
        arms: Option<Declared<'_>>,
        variables: Option<Declared<'_>>,
        delimiter: Option<String>,
        decimal: Option<String>,
        encoding: Option<String>,
        sheet: Option<String>,
        missing: Option<Vec<String>>,
        format: Option<String>,
    ) -> PyResult<Self> {
        let reading = Reading {
            delimiter,
            decimal,
            encoding,
            sheet,
            missing,
            format,
        };
        let given = Given {
            subject,
            wave,
            arm,
            clusters,
            time,
            wide,
            waves,
            arms,
            variables,
        };
        Self::made(py, reading.read(py, path)?, given)
    }

    /// Lists everything in the data that is not as declared.
    ///
    /// Returns
    /// -------
    /// list of Violation
    ///
    /// Examples
    /// --------
    /// >>> cohort = kring.Cohort.from_frame(
    /// ...     {"family": [1, 2], "problems": [6, -1]}, subject="family",
    /// ...     variables={"problems": "count"},
    /// ... )
    /// >>> print(cohort.validate()[0])
    /// row 2 (subject 2), column `problems`: expected a whole number of 0 or more, found -1
    fn validate(&self) -> Vec<Violation> {
        let violations = self.inner.validate().into_iter();
        violations.map(|inner| Violation { inner }).collect()
    }

    /// Counts who was seen at each wave, who left and who came back, by arm.
    ///
    /// Parameters
    /// ----------
    /// observed : sequence of str, optional
    ///     The variables of which at least one must be observed for a subject to count as seen;
    ///     all that have one value a wave, if left out.
    ///
    /// Returns
    /// -------
    /// Flow
    ///
    /// Examples
    /// --------
    /// >>> cohort.flow(["yc"]).to_polars().filter(wave="3")["present"].to_list()
    /// [12, 16]
    #[pyo3(signature = (observed=None))]
    fn flow<'py>(
        &self,
        py: Python<'py>,
        observed: Option<Vec<String>>,
    ) -> PyResult<Bound<'py, Flow>> {
        let all: Vec<&str> = self.inner.variables(Per::Wave).collect();
        let observed = match &observed {
            Some(names) => names.iter().map(String::as_str).collect(),
            None => all,
        };
        let inner = detached(py, || self.inner.flow(&observed))?;
        let frames = vec![("flow", tables::flow(&inner)?)];
        let content = vec![Content::Flow(inner.clone())];
        let found = Tables::new("Who was there when", content, frames, &inner)?;
        with_tables(py, found, Flow { inner })
    }

    /// Describes the variables, by arm and wave as far as there are any.
    ///
    /// Parameters
    /// ----------
    /// variables : sequence of str, optional
    ///     All of them, if left out.
    ///
    /// Returns
    /// -------
    /// Description
    ///
    /// Examples
    /// --------
    /// >>> described = cohort.describe(["age"]).to_polars()
    /// >>> described.select("trt", "n", described["mean"].round(2)).rows()[0]
    /// ('E', 26, 10.23)
    #[pyo3(signature = (variables=None))]
    fn describe<'py>(
        &self,
        py: Python<'py>,
        variables: Option<Vec<String>>,
    ) -> PyResult<Bound<'py, Description>> {
        let variables = variables.unwrap_or_default();
        let inner = detached(py, || Described::of(&self.inner, &variables))?;
        let frames = vec![("summaries", tables::summaries(&inner.summaries)?)];
        let mut content = vec![Content::Text(inner.headline())];
        content.extend(inner.content());
        let found = Tables::new("Description", content, frames, &inner)?;
        with_tables(py, found, Description { inner })
    }

    /// One row a subject: the subject, the arm, the clusters, then the variables.
    ///
    /// Returns
    /// -------
    /// Frame
    fn subjects<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, Frame>> {
        frame(
            py,
            tables::table(self.inner.subjects(), self.inner.subject_column())?,
        )
    }

    /// One row a subject and wave at which something was observed.
    ///
    /// Returns
    /// -------
    /// Frame
    fn measurements<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, Frame>> {
        frame(
            py,
            tables::table(self.inner.measurements(), self.inner.subject_column())?,
        )
    }

    /// Counts what is missing in each column of the file, and why.
    ///
    /// Returns
    /// -------
    /// Frame
    ///     One row a column. ``system`` counts empty cells, ``coded`` those that say why,
    ///     ``unusable`` those with a value that was declared impossible.
    fn missing<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, Frame>> {
        frame(py, tables::missing(self.inner.missing())?)
    }

    /// dict of str to int: How many rows were left out of the tables, by reason.
    #[getter]
    fn excluded(&self) -> Counts {
        let excluded = self.inner.missing().excluded.iter();
        Counts(
            excluded
                .map(|rows| (word(&rows.reason), rows.count))
                .collect(),
        )
    }

    /// list of str: The waves in order.
    #[getter]
    fn waves(&self) -> Vec<String> {
        self.inner
            .waves()
            .iter()
            .map(|wave| wave.name.clone())
            .collect()
    }

    /// list of str: The arms in order, the reference first.
    #[getter]
    fn arms(&self) -> Vec<String> {
        self.inner
            .arms()
            .iter()
            .map(|arm| arm.name.clone())
            .collect()
    }

    /// dict: The file, its SHA-256, and how it was read.
    #[getter]
    fn provenance<'py>(&self, py: Python<'py>) -> PyResult<Record<'py>> {
        Record::of(py, self.inner.provenance())
    }

    fn __repr__(&self) -> String {
        let cohort = &self.inner;
        let mut text = format!(
            "<kring.Cohort {}: {} subjects",
            cohort.provenance().file,
            cohort.subjects().rows()
        );
        for (what, names) in [(", waves ", self.waves()), (", arms ", self.arms())] {
            if !names.is_empty() {
                text += what;
                text += &names.join(", ");
            }
        }
        text + ">"
    }
}

impl Cohort {
    fn made(py: Python<'_>, dataset: cohort::Dataset, given: Given<'_>) -> PyResult<Self> {
        let mut roles = given.roles()?;
        if let Some(column) = &roles.arm {
            roles.arms = dataset.arms_by_label(column, roles.arms);
        }
        let inner = detached(py, move || cohort::Cohort::new(dataset, &roles))?;
        Ok(Self { inner })
    }
}

/// Something in the data that cannot be as it was declared.
#[pyclass(frozen, module = "kring")]
pub struct Violation {
    inner: cohort::Violation,
}

#[pymethods]
impl Violation {
    /// str: What kind it is, such as ``"out_of_range"``.
    #[getter]
    fn kind(&self) -> String {
        word(&self.inner.kind)
    }

    /// int or None: The row of the data, the first one being 1.
    #[getter]
    fn row(&self) -> Option<usize> {
        self.inner.row
    }

    /// str or None: The subject of the row.
    #[getter]
    fn subject(&self) -> Option<&str> {
        self.inner.subject.as_deref()
    }

    /// str or None: The wave of the row or column.
    #[getter]
    fn wave(&self) -> Option<&str> {
        self.inner.wave.as_deref()
    }

    /// str or None: The column.
    #[getter]
    fn column(&self) -> Option<&str> {
        self.inner.column.as_deref()
    }

    /// str: What was expected.
    #[getter]
    fn expected(&self) -> &str {
        &self.inner.expected
    }

    /// str: What was found.
    #[getter]
    fn found(&self) -> &str {
        &self.inner.found
    }

    fn __str__(&self) -> String {
        self.inner.to_string()
    }

    fn __repr__(&self) -> String {
        format!("<kring.Violation {}: {}>", self.kind(), self.inner)
    }
}

/// Who was there at each wave, who left and who came back.
///
/// As a frame it has one row an arm and wave.
#[pyclass(frozen, extends = Tables, module = "kring")]
pub struct Flow {
    inner: Counted,
}

#[pymethods]
impl Flow {
    /// The diagram as SVG.
    ///
    /// Returns
    /// -------
    /// str
    fn svg(&self) -> PyResult<String> {
        flow_svg(&self.inner, Origin::Observed).map_err(refused)
    }

    #[pyo3(signature = () -> "tuple[object, tuple[str, bytes]]")]
    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyTuple>> {
        let tables = slf.as_super().get();
        tables.reduce(slf.py(), "Flow", json!(slf.get().inner))
    }

    #[staticmethod]
    fn _restore<'py>(py: Python<'py>, written: &[u8]) -> PyResult<Bound<'py, Self>> {
        let (tables, inner) = Tables::restore(written)?;
        let inner = from_python("written", inner)?;
        with_tables(py, tables, Self { inner })
    }

    fn __repr__(&self) -> String {
        table_text(&Content::Flow(self.inner.clone()), plain_style())
    }

    fn _repr_html_(&self) -> PyResult<String> {
        self.svg()
    }
}

/// What there is to say about a cohort before any model.
///
/// As a frame it has one row a variable, arm and wave, and for a factor one a level.
#[pyclass(frozen, extends = Tables, module = "kring")]
pub struct Description {
    inner: Described,
}

#[pymethods]
impl Description {
    #[pyo3(signature = () -> "tuple[object, tuple[str, bytes]]")]
    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyTuple>> {
        let tables = slf.as_super().get();
        tables.reduce(slf.py(), "Description", json!(slf.get().inner))
    }

    #[staticmethod]
    fn _restore<'py>(py: Python<'py>, written: &[u8]) -> PyResult<Bound<'py, Self>> {
        let (tables, inner) = Tables::restore(written)?;
        let inner = from_python("written", inner)?;
        with_tables(py, tables, Self { inner })
    }

    /// The whole description as text: violations, what is missing, the flow, the summaries.
    ///
    /// Returns
    /// -------
    /// str
    fn summary(&self) -> String {
        let mut text = self.inner.headline();
        for content in self.inner.content() {
            text.push('\n');
            text.push_str(&table_text(&content, plain_style()));
        }
        text
    }

    fn __repr__(&self) -> String {
        self.summary()
    }
}
