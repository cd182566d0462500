//! Data sets: what was read from a file.

use std::path::PathBuf;

use kring::cohort::{self, ReadOptions};
use pyo3::prelude::*;
use serde_json::json;

use crate::errors::detached;
use crate::frame::{Frame, Tabular, frame, names};
use crate::result::{Later, Shown};
use crate::values::{Record, from_python};
use crate::{html, tables};

/// A data set: rows and columns, what the file says about them, and where they come from.
///
/// ``kring.read`` makes it. Its rows are what is meant: of a file with labels (SPSS, Stata) a labelled
/// variable has categories, and a code that was declared to mean "missing" is missing. ``codes()`` has the
/// values as they lie in the file, ``codebook`` what they mean. A cohort or a model takes either.
///
/// Examples
/// --------
/// >>> data = kring.read(study / "data/fdd.sav")
/// >>> data.shape
/// (52, 65)
/// >>> data.provenance["format"]
/// 'spss'
#[pyclass(frozen, extends = Tabular, module = "kring")]
pub struct Dataset {
    pub inner: cohort::Dataset,
}

/// A data set for Python.
pub fn hand_over(py: Python<'_>, inner: cohort::Dataset) -> PyResult<Bound<'_, Dataset>> {
    let data = inner.clone();
    let rows = Later::of(move || {
        Ok(Shown::of(
            Vec::new(),
            vec![("rows", tables::decoded(&data)?)],
            json!(null),
        ))
    });
    let rows = PyClassInitializer::from(Tabular::later(&rows));
    Bound::new(py, rows.add_subclass(Dataset { inner }))
}

#[pymethods]
impl Dataset {
    /// dict: What the file says about its variables: labels, codes, and how much is missing.
    #[getter]
    fn codebook<'py>(&self, py: Python<'py>) -> PyResult<Record<'py>> {
        Record::of(py, &self.inner.codebook)
    }

    /// dict: The file, its SHA-256, and how it was read.
    #[getter]
    fn provenance<'py>(&self, py: Python<'py>) -> PyResult<Record<'py>> {
        Record::of(py, &self.inner.provenance)
    }

    /// list of str: The names of the columns.
    #[getter]
    fn columns(&self) -> Vec<String> {
        names(&self.inner.frame)
    }

    /// tuple of (int, int): The numbers of rows and columns.
    #[getter]
    fn shape(&self) -> (usize, usize) {
        self.inner.frame.shape()
    }

    /// The values as they lie in the file: codes rather than labels, those that mean "missing" among them.
    ///
    /// Returns
    /// -------
    /// Frame
    ///
    /// Examples
    /// --------
    /// >>> kring.read(study / "data/fdd.sav").codes().shape
    /// (52, 65)
    fn codes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, Frame>> {
        frame(py, self.inner.frame.clone())
    }

    fn __len__(&self) -> usize {
        self.inner.frame.height()
    }

    fn __repr__(&self) -> String {
        let file = &self.inner.provenance.file;
        format!("<kring.Dataset {file}: {}>", html::size(&self.inner.frame))
    }

    fn _repr_html_(slf: &Bound<'_, Self>) -> PyResult<String> {
        let file = &slf.get().inner.provenance.file;
        Ok(html::rows(&slf.as_super().get().frame()?, Some(file)))
    }
}

/// Reads a file of data: CSV, SPSS, Stata, Excel, Parquet or Arrow.
///
/// What is left out is detected. A guess that may be wrong is refused: then the message says which
/// argument settles it.
///
/// Parameters
/// ----------
/// path : str or os.PathLike
///     A file: .csv .tsv .txt .sav .zsav .dta .xlsx .parquet .arrow and their like.
/// delimiter : str, optional
///     What stands between the fields of a text file, such as ``";"``.
/// decimal : {".", ","}, optional
///     The decimal mark of a text file.
/// encoding : str, optional
///     The encoding of texts, such as ``"utf-8"``, ``"windows-1252"`` or ``"cp850"``.
/// sheet : str, optional
///     The sheet of a workbook; else the first that holds something.
/// missing : sequence of str, optional
///     The texts that mean "missing" in a text file or workbook, ``NA`` and ``.`` if left out.
/// format : str, optional
///     ``delimited``, ``spss``, ``stata``, ``excel``, ``parquet`` or ``arrow``, where the ending of
///     the name does not tell.
///
/// Returns
/// -------
/// Dataset
///
/// Raises
/// ------
/// InputError
///     If the file cannot be read, or only by a guess.
///
/// Examples
/// --------
/// >>> data = kring.read(study / "data/fdd.csv")
/// >>> data
/// <kring.Dataset fdd.csv: 52 rows, 65 columns>
#[pyfunction]
#[pyo3(signature = (path, *, delimiter=None, decimal: "Literal['.', ','] | None"=None, encoding=None, sheet=None, missing=None, format=None))]
#[allow(clippy::too_many_arguments, reason = "each is a keyword in Python")]
pub fn read(
    py: Python<'_>,
    path: PathBuf,
    delimiter: Option<String>,
    decimal: Option<String>,
    encoding: Option<String>,
    sheet: Option<String>,
    missing: Option<Vec<String>>,
    format: Option<String>,
) -> PyResult<Bound<'_, Dataset>> {
    let options = Reading {
        delimiter,
        decimal,
        encoding,
        sheet,
        missing,
        format,
    };
    hand_over(py, options.read(py, path)?)
}

/// How to read a file, in the words of Python.
#[derive(Default)]
pub struct Reading {
    pub delimiter: Option<String>,
    pub decimal: Option<String>,
    pub encoding: Option<String>,
    pub sheet: Option<String>,
    pub missing: Option<Vec<String>>,
    pub format: Option<String>,
}

impl Reading {
    pub fn read(self, py: Python<'_>, path: PathBuf) -> PyResult<cohort::Dataset> {
        let decimal = self.decimal.map(|mark| match mark.as_str() {
            "." => "point".to_owned(),
            "," => "comma".to_owned(),
            _ => mark,
        });
        let options = ReadOptions {
            format: from_python("format", json!(self.format))?,
            delimiter: from_python("delimiter", json!(self.delimiter))?,
            decimal: from_python("decimal", json!(decimal))?,
            encoding: from_python("encoding", json!(self.encoding))?,
            sheet: self.sheet,
            missing: self.missing,
        };
        detached(py, move || cohort::read(&path, &options))
    }
}
