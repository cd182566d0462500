//! A method by ranges of its replicates, for `kring._ranges`, which sends the ranges to an executor.

use kring::method::{Job, Part};
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use crate::errors::{InputError, argument, detached};
use crate::method::{self, Answer};

/// A method with its table, whose replicates are drawn in ranges.
///
/// ``kring.test(…, executor=…)`` makes one. It is bytes to a worker: the same everywhere, and read by
/// the same version of kring alone.
#[pyclass(frozen, module = "kring._kring")]
pub struct MethodJob {
    name: String,
    inner: Job,
    replicates: u64,
}

#[derive(Deserialize)]
struct Written {
    version: String,
    name: String,
    replicates: u64,
    job: serde_json::Value,
}

impl MethodJob {
    /// The job, if the method draws replicates.
    pub fn of<'py>(py: Python<'py>, name: &str, job: &Job) -> PyResult<Option<Bound<'py, Self>>> {
        let replicates = detached(py, || job.replicates())?;
        let made = replicates.map(|replicates| {
            let (name, inner) = (name.to_owned(), job.clone());
            let job = Self {
                name,
                inner,
                replicates,
            };
            Bound::new(py, job)
        });
        made.transpose()
    }
}

#[pymethods]
impl MethodJob {
    /// str: The kind of job, by which a worker knows how to read it.
    #[getter]
    #[allow(clippy::unused_self, reason = "a property of every job in Python")]
    fn kind(&self) -> &'static str {
        "method"
    }

    /// int: How many replicates there are.
    #[getter]
    fn replicates(&self) -> u64 {
        self.replicates
    }

    /// Writes the job as bytes.
    fn to_bytes<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        let written = json!({
            "version": env!("CARGO_PKG_VERSION"),
            "name": self.name,
            "replicates": self.replicates,
            "job": self.inner,
        });
        PyBytes::new(py, written.to_string().as_bytes())
    }

    /// Reads a job from bytes.
    #[staticmethod]
    fn from_bytes(written: &[u8]) -> PyResult<Self> {
        let written: Written = read("written", written)?;
        let version = env!("CARGO_PKG_VERSION");
        if written.version != version {
            let told = format!(
                "the job comes from kring {}, but the worker has {version}, whose replicates may be \
                 others; install the same version everywhere",
                written.version
            );
            return Err(InputError::new_err(told));
        }
        Ok(Self {
            name: written.name,
            replicates: written.replicates,
            inner: serde_json::from_value(written.job)
                .map_err(|error| argument("written", error))?,
        })
    }

    /// Draws the replicates from ``low`` up to, not including, ``high``, in one thread.
    ///
    /// A task takes one place of an executor, and so one core.
    fn run_range<'py>(
        &self,
        py: Python<'py>,
        low: u64,
        high: u64,
    ) -> PyResult<Bound<'py, PyBytes>> {
        // A pool of its own also works in a process that was forked, where the common one has no threads.
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(1)
            .build()
            .map_err(|error| InputError::new_err(error.to_string()))?;
        let part = detached(py, || pool.install(|| self.inner.run_range(low..high)))?;
        Ok(PyBytes::new(py, json!(part).to_string().as_bytes()))
    }

    /// Makes the answer from the parts of all ranges, in any order.
    fn finish<'py>(&self, py: Python<'py>, parts: Vec<Vec<u8>>) -> PyResult<Bound<'py, Answer>> {
        let parts = parts.iter().map(|part| read("parts", part));
        let parts: Vec<Part> = parts.collect::<PyResult<_>>()?;
        let found = detached(py, || self.inner.finish(&parts))?;
        method::said(py, &self.name, found)
    }
}

fn read<T: DeserializeOwned>(name: &str, written: &[u8]) -> PyResult<T> {
    serde_json::from_slice(written).map_err(|error| argument(name, error))
}
