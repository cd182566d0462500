//! Stored results, run again.

use std::path::PathBuf;

use kring::verify::{Shown, Verification as Found, VerifyOptions};
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use serde_json::json;

use crate::errors::detached;
use crate::replication::data_folder;
use crate::result::{Tables, with_tables};
use crate::tables;
use crate::values::from_python;

/// A stored result beside the same one of now.
///
/// As a frame it has one row a number.
#[pyclass(frozen, extends = Tables, module = "kring")]
pub struct Verification {
    inner: Found,
}

#[pymethods]
impl Verification {
    /// bool: Whether every number, and the files behind it, are the same.
    #[getter]
    fn came_again(&self) -> bool {
        self.inner.came_again
    }

    /// str: What was run again: a study, or a command.
    #[getter]
    fn what(&self) -> &str {
        &self.inner.what
    }

    #[pyo3(signature = () -> "tuple[object, tuple[str, bytes]]")]
    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyTuple>> {
        let tables = slf.as_super().get();
        tables.reduce(slf.py(), "Verification", json!(slf.get().inner))
    }

    #[staticmethod]
    fn _restore<'py>(py: Python<'py>, written: &[u8]) -> PyResult<Bound<'py, Self>> {
        let (tables, inner) = Tables::restore(written)?;
        let inner = from_python("written", inner)?;
        with_tables(py, tables, Self { inner })
    }

    fn __bool__(&self) -> bool {
        self.inner.came_again
    }
}

/// Runs a stored result again and says for each number whether it came out again.
///
/// A number came out again where it is the same to the last bit, or to 1e-10, as between two machines.
///
/// Parameters
/// ----------
/// results : str or os.PathLike
///     A ``results.json`` that ``kring.replicate(…, out=…)`` or the command ``kring`` wrote with
///     ``--out`` (of ``replicate``, ``test`` or ``fit``), or the folder that holds it.
/// source : str or os.PathLike, optional
///     Where the data file, or the folder of the study, is now. As the result says, if left out.
/// data_dir : str or os.PathLike, optional
///     As for ``replicate``.
///
/// Returns
/// -------
/// Verification
///     It is true where all came out again.
///
/// Raises
/// ------
/// InputError
///     If the file does not say how it was made, or that cannot be run.
///
/// Examples
/// --------
/// >>> import tempfile
/// >>> folder = tempfile.mkdtemp()
/// >>> run = kring.replicate("deroos-2011", out=folder)
/// >>> found = kring.verify(folder)
/// >>> found.came_again
/// True
/// >>> found.to_polars()["outcome"].unique().to_list()
/// ['same']
#[pyfunction]
#[pyo3(signature = (results, *, source=None, data_dir=None))]
pub fn verify(
    py: Python<'_>,
    results: PathBuf,
    source: Option<PathBuf>,
    data_dir: Option<PathBuf>,
) -> PyResult<Bound<'_, Verification>> {
    let options = VerifyOptions {
        source,
        data_dir: data_folder(py, data_dir)?,
    };
    let inner = detached(py, move || kring::verify::verify(&results, &options))?;
    let rows = vec![("numbers", tables::numbers_verified(&inner.numbers)?)];
    let content = inner.content(Shown::Different);
    let found = Tables::new("A stored result, run again", content, rows, &json!(inner))?;
    with_tables(py, found, Verification { inner })
}
