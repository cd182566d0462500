//! Frames that go out to Python.

use std::sync::Arc;

use polars::prelude::DataFrame;
use pyo3::PyClass;
use pyo3::exceptions::PyImportError;
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::hints::{Capsule, FrameLike, PandasFrame, PolarsFrame};
use crate::pickle::{frame_read, frame_written, reduced, restored};
use crate::result::Later;
use crate::{arrow, html, input};

/// Something with rows and columns.
///
/// Whatever speaks the Arrow C stream interface takes it directly: ``polars.DataFrame(x)``,
/// ``pandas.DataFrame.from_arrow(x)``, ``pyarrow.table(x)``.
#[pyclass(frozen, subclass, module = "kring")]
pub struct Tabular {
    rows: Rows,
}

enum Rows {
    Frame(DataFrame),
    /// Those of a result, which are made when they are asked for.
    Later(Arc<Later>),
}

impl Tabular {
    /// Of these rows.
    pub fn of(frame: DataFrame) -> Self {
        Self {
            rows: Rows::Frame(frame),
        }
    }

    /// Of the first rows of a result.
    pub fn later(shown: &Arc<Later>) -> Self {
        Self {
            rows: Rows::Later(Arc::clone(shown)),
        }
    }

    /// The rows; columns are shared, not copied.
    pub fn frame(&self) -> PyResult<DataFrame> {
        match &self.rows {
            Rows::Frame(frame) => Ok(frame.clone()),
            Rows::Later(shown) => shown.first(),
        }
    }
}

#[pymethods]
impl Tabular {
    /// The rows as a frame of polars.
    ///
    /// Returns
    /// -------
    /// polars.DataFrame
    ///
    /// Raises
    /// ------
    /// ImportError
    ///     If polars is not installed.
    ///
    /// Examples
    /// --------
    /// >>> data = kring.Frame({"family": [1, 2], "problems": [6, 2]})
    /// >>> data.to_polars()["problems"].sum()
    /// 8
    fn to_polars(slf: Bound<'_, Self>) -> PyResult<PolarsFrame<'_>> {
        let polars = import(slf.py(), "polars")?;
        polars.call_method1("DataFrame", (slf,)).map(PolarsFrame)
    }

    /// The rows as a frame of pandas.
    ///
    /// Levels become categories, listed in their order but not marked as ordered: a model would take an
    /// ordered category as a score, with a line and a curve. It needs pandas 3, or an older one with pyarrow.
    ///
    /// Returns
    /// -------
    /// pandas.DataFrame
    ///
    /// Raises
    /// ------
    /// ImportError
    ///     If pandas is not installed, or is older and has no pyarrow beside it.
    ///
    /// Examples
    /// --------
    /// >>> data = kring.Frame({"family": [1, 2], "problems": [6, 2]})
    /// >>> int(data.to_pandas()["problems"].sum())
    /// 8
    fn to_pandas(slf: Bound<'_, Self>) -> PyResult<PandasFrame<'_>> {
        let py = slf.py();
        let pandas = import(py, "pandas")?;
        let frame = pandas.getattr("DataFrame")?;
        let frame = if frame.hasattr("from_arrow")? {
            frame.call_method1("from_arrow", (slf,))?
        } else {
            let table = import(py, "pyarrow")?.call_method1("table", (slf,))?;
            table.call_method0("to_pandas")?
        };
        let levels = py.import("kring._results")?.getattr("as_levels")?;
        levels.call1((frame,)).map(PandasFrame)
    }

    /// The object itself: it never changes.
    fn __copy__(slf: Bound<'_, Self>) -> Bound<'_, Self> {
        slf
    }

    /// The object itself: it never changes.
    fn __deepcopy__<'py>(slf: Bound<'py, Self>, memo: Bound<'py, PyAny>) -> Bound<'py, Self> {
        drop(memo);
        slf
    }

    /// The rows as an Arrow C stream, for other libraries.
    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Capsule<'py>> {
        // A consumer may wish for other types, and must accept what it gets.
        drop(requested_schema);
        arrow::export(py, &self.frame()?).map(|capsule| Capsule(capsule.into_any()))
    }
}

fn import<'py>(py: Python<'py>, library: &str) -> PyResult<Bound<'py, PyModule>> {
    py.import(library).map_err(|error| {
        if error.is_instance_of::<PyImportError>(py) {
            return PyImportError::new_err(format!(
                "{library} is not installed; try `pip install {library}`"
            ));
        }
        error
    })
}

/// An object whose rows are these.
pub fn with_rows<T>(py: Python<'_>, frame: DataFrame, object: T) -> PyResult<Bound<'_, T>>
where
    T: PyClass<BaseType = Tabular>,
{
    Bound::new(
        py,
        PyClassInitializer::from(Tabular::of(frame)).add_subclass(object),
    )
}

/// A frame: rows and named columns.
///
/// Parameters
/// ----------
/// data : frame of polars, pandas or pyarrow, or dict of columns
///
/// Examples
/// --------
/// >>> kring.Frame({"arm": ["EKC", "WT"], "problems": [6, 2]})
/// <kring.Frame: 2 rows, 2 columns: arm, problems>
#[pyclass(frozen, extends = Tabular, module = "kring")]
pub struct Frame;

#[pymethods]
impl Frame {
    #[new]
    fn new(py: Python<'_>, data: FrameLike<'_>) -> PyResult<PyClassInitializer<Self>> {
        let frame = input::dataset(py, &data.0)?.frame;
        Ok(PyClassInitializer::from(Tabular::of(frame)).add_subclass(Self))
    }

    /// list of str: The names of the columns.
    #[getter]
    fn columns(slf: &Bound<'_, Self>) -> PyResult<Vec<String>> {
        Ok(names(&slf.as_super().get().frame()?))
    }

    /// tuple of (int, int): The numbers of rows and columns.
    #[getter]
    fn shape(slf: &Bound<'_, Self>) -> PyResult<(usize, usize)> {
        Ok(slf.as_super().get().frame()?.shape())
    }

    fn __len__(slf: &Bound<'_, Self>) -> PyResult<usize> {
        Ok(slf.as_super().get().frame()?.height())
    }

    fn __eq__(slf: &Bound<'_, Self>, other: &Bound<'_, Self>) -> PyResult<bool> {
        let (one, other) = (slf.as_super().get(), other.as_super().get());
        Ok(one.frame()?.equals_missing(&other.frame()?))
    }

    #[pyo3(signature = () -> "tuple[object, tuple[str, bytes]]")]
    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyTuple>> {
        let written = frame_written(&slf.as_super().get().frame()?)?;
        reduced(slf.py(), "Frame", &written)
    }

    #[staticmethod]
    fn _restore<'py>(py: Python<'py>, written: &[u8]) -> PyResult<Bound<'py, Self>> {
        let text: String = restored(written)?;
        frame(py, frame_read(&text)?)
    }

    fn __repr__(slf: &Bound<'_, Self>) -> PyResult<String> {
        let frame = slf.as_super().get().frame()?;
        Ok(format!(
            "<kring.Frame: {}: {}>",
            html::size(&frame),
            names(&frame).join(", ")
        ))
    }

    fn _repr_html_(slf: &Bound<'_, Self>) -> PyResult<String> {
        Ok(html::rows(&slf.as_super().get().frame()?, None))
    }
}

/// The names of the columns.
pub fn names(frame: &DataFrame) -> Vec<String> {
    frame
        .get_column_names_owned()
        .iter()
        .map(ToString::to_string)
        .collect()
}

/// A frame that is handed to Python.
pub fn frame(py: Python<'_>, rows: DataFrame) -> PyResult<Bound<'_, Frame>> {
    with_rows(py, rows, Frame)
}
