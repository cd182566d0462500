//! Frames that come in from Python, whatever library made them.

use kring::cohort;
use polars::prelude::{Column, DataFrame, IntoColumn, PolarsError};
use pyo3::exceptions::{PyImportError, PyTypeError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyMapping};

use crate::arrow::{self, Imported, Values};
use crate::columns;
use crate::dataset::Dataset;
use crate::errors::{InputError, detached};
use crate::frame::Tabular;
use crate::values::kind;

/// What messages call a frame that has no file.
const NAME: &str = "the frame";

/// A frame, or a dict of columns, as a data set.
pub fn dataset(py: Python<'_>, object: &Bound<'_, PyAny>) -> PyResult<cohort::Dataset> {
    if let Ok(dataset) = object.cast::<Dataset>() {
        return Ok(dataset.get().inner.clone());
    }
    let Frame { frame, ordered } = frame(object)?;
    detached(py, move || {
        let mut dataset = cohort::Dataset::from_frame(frame, NAME)?;
        for variable in &mut dataset.codebook.variables {
            if ordered.contains(&variable.name) {
                variable.level = Some(cohort::MeasurementLevel::Ordinal);
            }
        }
        Ok::<_, cohort::Error>(dataset)
    })
}

/// A frame, and the columns whose categories are meant as an order.
struct Frame {
    frame: DataFrame,
    ordered: Vec<String>,
}

fn frame(object: &Bound<'_, PyAny>) -> PyResult<Frame> {
    let py = object.py();
    if let Ok(tabular) = object.cast::<Tabular>() {
        return Ok(Frame {
            frame: tabular.get().frame()?,
            ordered: Vec::new(),
        });
    }
    if let Ok(columns) = object.cast::<PyMapping>() {
        return of_columns(columns);
    }
    if object.hasattr(intern!(py, "__arrow_c_stream__"))? {
        check_names(object)?;
        check_index(object)?;
        match object.call_method0(intern!(py, "__arrow_c_stream__")) {
            Ok(capsule) => return of_stream(&capsule),
            // pandas hands over a stream only with pyarrow beside it.
            Err(error) if error.is_instance_of::<PyImportError>(py) => {}
            Err(error) => return Err(not_handed_over(py, &error)),
        }
    }
    if object.hasattr(intern!(py, "items"))? && object.hasattr(intern!(py, "columns"))? {
        check_index(object)?;
        return of_pandas(object);
    }
    let advice = if object.hasattr(intern!(py, "collect"))? {
        "; it is lazy: call `.collect()` on it first"
    } else if let Ok(text) = object.extract::<String>() {
        if text.contains('~') {
            "; the formula comes first, and then the data"
        } else {
            "; `kring.read(\"…\")` reads a file"
        }
    } else {
        ""
    };
    Err(PyTypeError::new_err(format!(
        "expected a frame of polars, pandas or pyarrow, a dict of columns, or a data set of kring, found {}{advice}",
        kind(object)
    )))
}

/// polars brings the whole process down when it hands over a name with a zero byte.
fn check_names(object: &Bound<'_, PyAny>) -> PyResult<()> {
    let Ok(names) = object
        .getattr(intern!(object.py(), "columns"))
        .and_then(|names| names.try_iter())
    else {
        return Ok(());
    };
    for name in names {
        if name?
            .extract::<String>()
            .is_ok_and(|name| name.contains('\0'))
        {
            return Err(InputError::new_err(
                "a column has a zero byte in its name; rename the column",
            ));
        }
    }
    Ok(())
}

/// pandas leaves its index behind; an index with a name holds data.
fn check_index(object: &Bound<'_, PyAny>) -> PyResult<()> {
    let names = object
        .getattr(intern!(object.py(), "index"))
        .and_then(|index| index.getattr("names"));
    let Ok(names) = names.and_then(|names| names.try_iter()) else {
        return Ok(());
    };
    for name in names {
        let name = name?;
        if !name.is_none() {
            return Err(InputError::new_err(format!(
                "the index of the frame is `{name}`, which is no column; call `.reset_index()` on the frame first"
            )));
        }
    }
    Ok(())
}

/// A frame of pandas without the Arrow stream: by pyarrow where it is installed, else column by
/// column.
fn of_pandas(object: &Bound<'_, PyAny>) -> PyResult<Frame> {
    let py = object.py();
    match py.import("pyarrow") {
        Ok(pyarrow) => {
            let table = pyarrow
                .getattr("Table")?
                .call_method1("from_pandas", (object,));
            let table = table.map_err(|error| not_handed_over(py, &error))?;
            of_stream(&table.call_method0("__arrow_c_stream__")?)
        }
        Err(error) if error.is_instance_of::<PyImportError>(py) => {
            let items = object.call_method0("items")?;
            joined(items.try_iter()?.map(|item| {
                let (name, values) = item?.extract::<(Bound<'_, PyAny>, Bound<'_, PyAny>)>()?;
                column(&name.str()?.to_string(), &values)
            }))
        }
        Err(error) => Err(error),
    }
}

fn of_columns(columns: &Bound<'_, PyMapping>) -> PyResult<Frame> {
    joined(columns.items()?.iter().map(|item| {
        let (name, values) = item.extract::<(Bound<'_, PyAny>, Bound<'_, PyAny>)>()?;
        let name = name.extract::<String>().map_err(|_| {
            InputError::new_err(format!(
                "expected texts as names of columns, found {name:?}"
            ))
        })?;
        column(&name, &values)
    }))
}

fn of_stream(capsule: &Bound<'_, PyAny>) -> PyResult<Frame> {
    match arrow::import(capsule.cast::<PyCapsule>()?)? {
        Imported::Columns(columns) => joined(
            columns
                .into_iter()
                .map(|(field, chunks)| arrow::values(&field, chunks)),
        ),
        Imported::Column(..) => Err(PyTypeError::new_err(
            "expected a frame, found a single column; give `{\"name\": column}`",
        )),
    }
}

fn column(name: &str, values: &Bound<'_, PyAny>) -> PyResult<Values> {
    let py = values.py();
    if values.hasattr(intern!(py, "__arrow_c_stream__"))? {
        match values.call_method0(intern!(py, "__arrow_c_stream__")) {
            Ok(capsule) => {
                return match arrow::import(capsule.cast::<PyCapsule>()?)? {
                    Imported::Column(mut field, chunks) => {
                        field.name = name.into();
                        arrow::values(&field, chunks)
                    }
                    Imported::Columns(_) => Err(InputError::new_err(format!(
                        "column `{name}` is a frame or holds structures; give a list, an array or a series"
                    ))),
                };
            }
            Err(error) if error.is_instance_of::<PyImportError>(py) => {}
            Err(error) => return Err(not_handed_over(py, &error)),
        }
    }
    Ok(Values {
        series: columns::series(name, values)?,
        is_ordered: false,
    })
}

fn joined(columns: impl Iterator<Item = PyResult<Values>>) -> PyResult<Frame> {
    let mut ordered = Vec::new();
    let columns: Vec<Column> = columns
        .map(|values| {
            let Values { series, is_ordered } = values?;
            if is_ordered {
                ordered.push(series.name().to_string());
            }
            Ok(series.into_column())
        })
        .collect::<PyResult<_>>()?;
    if let Some(first) = columns.first()
        && let Some(other) = columns.iter().find(|column| column.len() != first.len())
    {
        return Err(InputError::new_err(format!(
            "column `{}` has length {}, but column `{}` has length {}; give every column one value a row",
            other.name(),
            other.len(),
            first.name(),
            first.len()
        )));
    }
    for (place, column) in columns.iter().enumerate() {
        if let Some(first) = columns[..place]
            .iter()
            .position(|other| other.name() == column.name())
        {
            return Err(InputError::new_err(format!(
                "columns {} and {} are both called `{}`; rename one of them",
                first + 1,
                place + 1,
                column.name()
            )));
        }
    }
    let frame = DataFrame::new_infer_height(columns).map_err(|error: PolarsError| {
        InputError::new_err(format!("the frame cannot be used: {error}"))
    })?;
    Ok(Frame { frame, ordered })
}

/// An error of the library that the frame comes from.
fn not_handed_over(py: Python<'_>, error: &PyErr) -> PyErr {
    let refused = InputError::new_err(format!(
        "the frame cannot be handed over: {}",
        error.value(py)
    ));
    refused.set_cause(py, Some(error.clone_ref(py)));
    refused
}
