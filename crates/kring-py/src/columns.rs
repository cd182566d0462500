//! Columns that are Python lists or arrays of numpy.

use polars::prelude::{DataType, NamedFrom, Series, TimeUnit};
use pyo3::exceptions::PyTypeError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{
    PyBool, PyBytes, PyDate, PyDateTime, PyDelta, PyFloat, PyInt, PyMapping, PyString,
    PyTimeAccess, PyTzInfoAccess,
};

use crate::errors::InputError;
use crate::values::kind;

/// A value of a column.
enum Cell {
    Missing,
    Truth(bool),
    Whole(i64),
    /// A whole number beyond 64 bits: an identifier, kept as its digits.
    Digits(String),
    Number(f64),
    Text(String),
    /// Days since 1970-01-01.
    Date(i32),
    /// Microseconds since 1970-01-01.
    Time(i64),
}

/// What the cells of a column are: the first that is not missing decides.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sort {
    Missing,
    Truths,
    Wholes,
    Identifiers,
    Numbers,
    Texts,
    Dates,
    Times,
}

impl Sort {
    fn name(self) -> &'static str {
        match self {
            Self::Missing => "nothing",
            Self::Truths => "truth values",
            Self::Wholes | Self::Numbers => "numbers",
            Self::Identifiers => "whole numbers beyond 64 bits",
            Self::Texts => "texts",
            Self::Dates => "dates",
            Self::Times => "dates with a time",
        }
    }

    /// The sort that holds both, if one does.
    fn with(self, other: Self) -> Option<Self> {
        use Sort::{Identifiers, Missing, Numbers, Wholes};
        match (self, other) {
            (one, two) if one == two => Some(one),
            (Missing, sort) | (sort, Missing) => Some(sort),
            (Wholes, Numbers) | (Numbers, Wholes) => Some(Numbers),
            (Wholes, Identifiers) | (Identifiers, Wholes) => Some(Identifiers),
            _ => None,
        }
    }
}

/// A column from a list, an array or another sequence.
pub fn series(name: &str, values: &Bound<'_, PyAny>) -> PyResult<Series> {
    let mut cells = Vec::new();
    let mut sort = Sort::Missing;
    for (row, value) in listed(name, values)?.try_iter()?.enumerate() {
        let value = value?;
        let cell = cell(&value).map_err(|found| {
            InputError::new_err(format!(
                "column `{name}`: row {} holds {found}; expected a number, a text, a date, a truth value or None",
                row + 1
            ))
        })?;
        let found = cell.sort();
        sort = sort.with(found).ok_or_else(|| {
            InputError::new_err(format!(
                "column `{name}`: row {} holds {} ({value}), but the rows before it hold {}; give the column one type",
                row + 1,
                found.name(),
                sort.name()
            ))
        })?;
        cells.push(cell);
    }
    let name = name.into();
    let fault = |error: polars::prelude::PolarsError| InputError::new_err(error.to_string());
    Ok(match sort {
        Sort::Missing => Series::full_null(name, cells.len(), &DataType::Null),
        Sort::Truths => Series::new(
            name,
            each(cells, |cell| match cell {
                Cell::Truth(truth) => Some(truth),
                _ => None,
            }),
        ),
        Sort::Wholes => Series::new(
            name,
            each(cells, |cell| match cell {
                Cell::Whole(whole) => Some(whole),
                _ => None,
            }),
        ),
        Sort::Numbers => Series::new(
            name,
            each(cells, |cell| match cell {
                Cell::Number(number) => Some(number),
                Cell::Whole(whole) => Some(whole as f64),
                _ => None,
            }),
        ),
        Sort::Identifiers | Sort::Texts => Series::new(
            name,
            each(cells, |cell| match cell {
                Cell::Text(text) | Cell::Digits(text) => Some(text),
                Cell::Whole(whole) => Some(whole.to_string()),
                _ => None,
            }),
        ),
        Sort::Dates => Series::new(
            name,
            each(cells, |cell| match cell {
                Cell::Date(days) => Some(days),
                _ => None,
            }),
        )
        .cast(&DataType::Date)
        .map_err(fault)?,
        Sort::Times => Series::new(
            name,
            each(cells, |cell| match cell {
                Cell::Time(time) => Some(time),
                _ => None,
            }),
        )
        .cast(&DataType::Datetime(TimeUnit::Microseconds, None))
        .map_err(fault)?,
    })
}

fn each<T>(cells: Vec<Cell>, value: impl Fn(Cell) -> Option<T>) -> Vec<Option<T>> {
    cells.into_iter().map(value).collect()
}

/// The values as Python's own objects. numpy's dates would be numbers of nanoseconds otherwise.
fn listed<'py>(name: &str, values: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let py = values.py();
    let no_column = values.is_instance_of::<PyString>()
        || values.is_instance_of::<PyBytes>()
        || values.cast::<PyMapping>().is_ok()
        || values.try_iter().is_err();
    if no_column {
        return Err(PyTypeError::new_err(format!(
            "column `{name}`: expected a list, an array or a series, found {}",
            kind(values)
        )));
    }
    if !values.hasattr(intern!(py, "tolist"))? {
        return Ok(values.clone());
    }
    let is_numpy_date = match values.getattr(intern!(py, "dtype")) {
        Ok(dtype) => {
            dtype.hasattr("kind")? && dtype.getattr("kind")?.eq("M")? && !dtype.hasattr("tz")?
        }
        Err(_) => false,
    };
    let values = if is_numpy_date {
        values.call_method1("astype", ("datetime64[us]",))?
    } else {
        values.clone()
    };
    values.call_method0(intern!(py, "tolist"))
}

/// A value, or what was found instead.
fn cell(value: &Bound<'_, PyAny>) -> Result<Cell, String> {
    let other = || kind(value);
    if value.is_none() {
        return Ok(Cell::Missing);
    }
    if let Ok(truth) = value.cast::<PyBool>() {
        return Ok(Cell::Truth(truth.is_true()));
    }
    if let Ok(text) = value.cast::<PyString>() {
        let text = text.extract::<String>();
        return text
            .map(Cell::Text)
            .map_err(|_| "a text that is no Unicode".to_owned());
    }
    if value.is_instance_of::<PyFloat>() {
        let number = value.extract::<f64>().map_err(|_| other())?;
        return Ok(if number.is_nan() {
            Cell::Missing
        } else {
            Cell::Number(number)
        });
    }
    if value.is_instance_of::<PyInt>() {
        return Ok(match value.extract::<i64>() {
            Ok(whole) => Cell::Whole(whole),
            Err(_) => Cell::Digits(value.to_string()),
        });
    }
    // The missing values of pandas; NaT calls itself a date.
    match kind(value).as_str() {
        "pandas.NaTType" | "pandas.NAType" => return Ok(Cell::Missing),
        "numpy.bool" | "numpy.bool_" => {
            return value.is_truthy().map(Cell::Truth).map_err(|_| other());
        }
        _ => {}
    }
    if let Ok(time) = value.cast::<PyDateTime>() {
        return microseconds(time)
            .map(Cell::Time)
            .map_err(|error| error.to_string());
    }
    if let Ok(date) = value.cast::<PyDate>() {
        return days(date)
            .map(Cell::Date)
            .map_err(|error| error.to_string());
    }
    if value.is_instance_of::<PyDelta>() {
        return Err(other());
    }
    // Numbers of numpy, decimals and fractions.
    if let Ok(whole) = value.extract::<i64>() {
        return Ok(Cell::Whole(whole));
    }
    match value.extract::<f64>() {
        Ok(number) if number.is_nan() => Ok(Cell::Missing),
        Ok(number) => Ok(Cell::Number(number)),
        Err(_) => Err(other()),
    }
}

impl Cell {
    fn sort(&self) -> Sort {
        match self {
            Self::Missing => Sort::Missing,
            Self::Truth(_) => Sort::Truths,
            Self::Whole(_) => Sort::Wholes,
            Self::Digits(_) => Sort::Identifiers,
            Self::Number(_) => Sort::Numbers,
            Self::Text(_) => Sort::Texts,
            Self::Date(_) => Sort::Dates,
            Self::Time(_) => Sort::Times,
        }
    }
}

fn days(date: &Bound<'_, PyAny>) -> PyResult<i32> {
    /// The first of January 1970, counted from the first of January of the year 1.
    const EPOCH: i32 = 719_163;
    Ok(date.call_method0("toordinal")?.extract::<i32>()? - EPOCH)
}

/// A time without a zone is taken as it stands, one with a zone as the time in Greenwich.
fn microseconds(time: &Bound<'_, PyDateTime>) -> PyResult<i64> {
    if time.get_tzinfo().is_some() {
        let utc = time
            .py()
            .import("datetime")?
            .getattr("timezone")?
            .getattr("utc")?;
        let there = time.call_method1("astimezone", (utc,))?;
        let naive = [("tzinfo", time.py().None())];
        let naive = there.call_method(
            "replace",
            (),
            Some(&pyo3::types::IntoPyDict::into_py_dict(naive, time.py())?),
        )?;
        return microseconds(naive.cast::<PyDateTime>()?);
    }
    let hours = i64::from(days(time)?) * 24 + i64::from(time.get_hour());
    let seconds = (hours * 60 + i64::from(time.get_minute())) * 60 + i64::from(time.get_second());
    Ok(seconds * 1_000_000 + i64::from(time.get_microsecond()))
}
