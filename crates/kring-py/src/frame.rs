//! Frames that come in, and frames that go out.

use kring::cohort;
use kring::core::{ColumnData, Table};
use polars::prelude::{Column, DataFrame, DataType, FrozenCategories, IntoColumn, NamedFrom, PolarsError, Series};
use pyo3::exceptions::{PyAttributeError, PyImportError, PyTypeError};
use pyo3::prelude::*;
use pyo3::pyclass::boolean_struct::False;
use pyo3::types::{PyCapsule, PyMapping};

use crate::arrow::{self, Imported};
use crate::columns;
use crate::dataset::Dataset;
use crate::errors::{InputError, refused};
use crate::hints::{Capsule, PandasFrame, PolarsFrame};
use crate::values::kind;

/// Something with rows and columns.
///
/// Every frame library that speaks the Arrow C stream interface takes it directly:
/// ``polars.DataFrame(x)``, ``pandas.DataFrame.from_arrow(x)``, ``pyarrow.table(x)``.
#[pyclass(frozen, subclass, module = "kring")]
pub struct Tabular {
    pub frame: DataFrame,
}
