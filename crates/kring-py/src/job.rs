//! Work by ranges of its replicates, for `kring._ranges`, which sends the ranges to an executor: a method
//! on a table, and a method on simulated data.

use kring::method::{Job, Method, Part};
use kring::performance::{Experiment, ExperimentOptions, Tally};
use kring::power::{PowerStudy, Setting};
use kring::sim::generator::Generator;
use kring::sim::parameter::Parameter;
use kring::sim::performance::Replicates;
use kring::simulate::Simulator;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::errors::{InputError, argument, detached, refused};
use crate::hints::JobKind;
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
    fn kind(&self) -> JobKind {
        JobKind("method")
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
        same_version(&written.version)?;
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
        let part = in_one_thread(py, || self.inner.run_range(low..high))?;
        Ok(bytes(py, &part))
    }

    /// Makes the answer from the parts of all ranges, in any order.
    fn finish<'py>(&self, py: Python<'py>, parts: Vec<Vec<u8>>) -> PyResult<Bound<'py, Answer>> {
        let parts = parts.iter().map(|part| read("parts", part));
        let parts: Vec<Part> = parts.collect::<PyResult<_>>()?;
        let found = detached(py, || self.inner.finish(&parts))?;
        method::said(py, &self.name, found)
    }
}

/// Runs something on one thread, with the interpreter free.
fn in_one_thread<T: Send>(
    py: Python<'_>,
    run: impl FnOnce() -> Result<T, kring::Error> + Send,
) -> PyResult<T> {
    // A pool of its own also works in a process that was forked, where the common one has no threads.
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(1)
        .build()
        .map_err(|error| InputError::new_err(error.to_string()))?;
    detached(py, || pool.install(run))
}

/// Refuses a job of another version.
fn same_version(written: &str) -> PyResult<()> {
    let version = env!("CARGO_PKG_VERSION");
    if written == version {
        return Ok(());
    }
    let told = format!(
        "the job comes from kring {written}, but the worker has {version}, whose replicates may be \
         others; install the same version everywhere"
    );
    Err(InputError::new_err(told))
}

fn bytes<'py>(py: Python<'py>, value: &impl Serialize) -> Bound<'py, PyBytes> {
    PyBytes::new(py, json!(value).to_string().as_bytes())
}

/// A method on simulated data, whose replicates are drawn in ranges.
///
/// ``kring.performance(…, executor=…)`` and ``kring.power(…, executor=…)`` make them. It is bytes to a
/// worker: the same everywhere, and read by the same version of kring alone.
#[pyclass(frozen, module = "kring._kring")]
pub struct SimulationJob {
    task: Task,
    experiment: Experiment,
}

/// What a worker must know of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Task {
    pub generator: Generator,
    pub method: Method,
    pub options: ExperimentOptions,
    /// The first replicate, and how many there are.
    pub first: u64,
    pub replicates: u64,
    pub wanted: Wanted,
}

/// What is kept of the replicates.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wanted {
    /// The numbers of each.
    Numbers,
    /// How often the test rejects in a setting of a power study.
    Rejections {
        alpha: f64,
        effect: Option<Parameter>,
        setting: Setting,
    },
}

#[derive(Serialize, Deserialize)]
struct WrittenTask {
    version: String,
    task: Task,
}

impl SimulationJob {
    pub fn of(task: Task) -> Result<Self, kring::Error> {
        let simulator = Simulator::of(task.generator.clone())?;
        let experiment = match &task.wanted {
            Wanted::Numbers => Experiment::new(simulator.plan(), &task.method, &task.options)?,
            Wanted::Rejections {
                alpha,
                effect,
                setting,
            } => {
                let (method, options) = (&task.method, &task.options);
                let effect = effect.clone();
                PowerStudy::new(&simulator, method, options, *alpha, effect)?
                    .experiment(*setting)?
            }
        };
        Ok(Self { task, experiment })
    }

    /// The numbers of all replicates, from the bytes that it finishes with.
    pub fn found<T: DeserializeOwned>(finished: &Bound<'_, PyAny>) -> PyResult<T> {
        read("parts", finished.cast::<PyBytes>()?.as_bytes())
    }
}

#[pymethods]
impl SimulationJob {
    /// str: The kind of job, by which a worker knows how to read it.
    #[getter]
    #[allow(clippy::unused_self, reason = "a property of every job in Python")]
    fn kind(&self) -> JobKind {
        JobKind("simulation")
    }

    /// int: How many replicates there are.
    #[getter]
    fn replicates(&self) -> u64 {
        self.task.replicates
    }

    /// Writes the job as bytes.
    fn to_bytes<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        let written = WrittenTask {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            task: self.task.clone(),
        };
        bytes(py, &written)
    }

    /// Reads a job from bytes.
    #[staticmethod]
    fn from_bytes(py: Python<'_>, written: &[u8]) -> PyResult<Self> {
        let written: WrittenTask = read("written", written)?;
        same_version(&written.version)?;
        detached(py, || Self::of(written.task))
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
        let first = self.task.first;
        if low > high || high > self.task.replicates {
            let all = self.task.replicates;
            return Err(argument("high", format!("{low}..{high} of 0..{all}")));
        }
        let range = first + low..first + high;
        match self.task.wanted {
            Wanted::Numbers => {
                let part = in_one_thread(py, || self.experiment.run_range(range))?;
                Ok(bytes(py, &part))
            }
            Wanted::Rejections { alpha, .. } => {
                let part = in_one_thread(py, || Ok(self.experiment.tally_range(range, alpha)))?;
                Ok(bytes(py, &part))
            }
        }
    }

    /// Puts the parts of all ranges together, in any order, as bytes.
    fn finish<'py>(&self, py: Python<'py>, parts: Vec<Vec<u8>>) -> PyResult<Bound<'py, PyBytes>> {
        let parts = parts.iter().map(Vec::as_slice);
        match self.task.wanted {
            Wanted::Numbers => {
                let parts = parts.map(|part| read::<Replicates>("parts", part));
                let all = parts.collect::<PyResult<Vec<_>>>()?.into_iter();
                let merged = all.map(Ok).reduce(|one, other| one?.merge(other?));
                let merged = merged.transpose().map_err(refused)?;
                Ok(bytes(py, &merged.unwrap_or_default()))
            }
            Wanted::Rejections { .. } => {
                let parts = parts.map(|part| read::<Tally>("parts", part));
                let all = parts.collect::<PyResult<Vec<_>>>()?.into_iter();
                Ok(bytes(py, &all.fold(Tally::default(), Tally::merge)))
            }
        }
    }
}

fn read<T: DeserializeOwned>(name: &str, written: &[u8]) -> PyResult<T> {
    serde_json::from_slice(written).map_err(|error| argument(name, error))
}
