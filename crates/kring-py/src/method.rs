//! Comparisons, and every method by its name.

use std::sync::Arc;
use std::time::{Duration, Instant};

use kring::advise::Advise;
use kring::analysis::MeansResult;
use kring::arms::of_arms;
use kring::compare::{ByChance, Compare, CompareResult, with_levels};
use kring::core::{Estimate, Table};
use kring::method::{Answer as Said, Field, Job, Method};
use kring::report::Content;
use polars::prelude::DataFrame;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use serde_json::{Map, Value, json};

use crate::cohort::Cohort;
use crate::errors::{argument, detached, refused, warn};
use crate::hints::{Data, Declared, Executor, Listed, Progress};
use crate::job::MethodJob;
use crate::result::{Shown, Tables, result, with_tables};
use crate::values::{Record, from_python, plain};
use crate::{input, roles, tables};

/// What a method says.
///
/// As a frame it has one row an estimate: its ``label``, the ``measure`` and its ``value``, the ``std_error``, the
/// ends of the interval (``low``, ``high``) and their ``level``, ``df``, ``p_value``, the rows ``n``, the ``method``
/// and ``cautions``. Ratios are ratios, with the ends of their intervals; their ``std_error`` is that of the log,
/// and ``std_error_scale`` says so: ``log``, or ``value`` where it is on the scale of the value.
///
/// Examples
/// --------
/// >>> answer = kring.test("mann_whitney", {"y": [1, 2, 3, 4], "arm": ["a", "a", "b", "b"]},
/// ...                     outcome="y", by="arm")
/// >>> answer.to_polars()["value"].to_list()
/// [2.0]
#[pyclass(frozen, extends = Tables, module = "kring")]
pub struct Answer {
    inner: Arc<Said>,
}

#[pymethods]
impl Answer {
    /// list of dict: The numbers with a sign, as in the frame but whole.
    #[getter]
    fn estimates<'py>(&self, py: Python<'py>) -> PyResult<Vec<Record<'py>>> {
        let estimates = self.inner.estimates.iter();
        estimates.map(|estimate| Record::of(py, estimate)).collect()
    }

    /// list of dict: The tests without a sign.
    #[getter]
    fn tests<'py>(&self, py: Python<'py>) -> PyResult<Vec<Record<'py>>> {
        let tests = self.inner.tests.iter();
        tests.map(|test| Record::of(py, test)).collect()
    }

    /// list of dict: The standard deviations and correlations of random effects, of a mixed model.
    #[getter]
    fn components<'py>(&self, py: Python<'py>) -> PyResult<Vec<Record<'py>>> {
        let components = self.inner.components.iter();
        components.map(|one| Record::of(py, one)).collect()
    }

    /// dict of str to float: The numbers beside these, such as ``U`` or ``log_likelihood``.
    #[getter]
    fn figures<'py>(&self, py: Python<'py>) -> PyResult<Record<'py>> {
        let figures = self.inner.figures.iter();
        let named: Map<String, Value> = figures
            .map(|figure| (figure.name.clone(), json!(figure.value)))
            .collect();
        Record::of(py, &named)
    }

    #[pyo3(signature = () -> "tuple[object, tuple[str, bytes]]")]
    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyTuple>> {
        let tables = slf.as_super().get();
        tables.reduce(slf.py(), "Answer", json!(*slf.get().inner))
    }

    #[staticmethod]
    fn _restore<'py>(py: Python<'py>, written: &[u8]) -> PyResult<Bound<'py, Self>> {
        let (tables, inner) = Tables::restore(written)?;
        let inner = Arc::new(from_python("written", inner)?);
        with_tables(py, tables, Self { inner })
    }

    /// list of str: What a reader must know.
    #[getter]
    fn notes(&self) -> Vec<String> {
        self.inner.notes.clone()
    }
}

/// What a method says, for Python. What stands before its tables and in the plain data is made later.
fn answer<'py>(
    py: Python<'py>,
    title: &str,
    inner: Said,
    show: impl Fn(&Said) -> (Vec<Content>, Value) + Send + Sync + 'static,
) -> PyResult<Bound<'py, Answer>> {
    let estimates = inner.estimates.iter().flat_map(|one| &one.cautions);
    let tests = inner.tests.iter().flat_map(|one| &one.cautions);
    warn(py, estimates.chain(tests))?;
    let inner = Arc::new(inner);
    let said = Arc::clone(&inner);
    let found = Tables::later(title, move || {
        let (content, record) = show(&said);
        Ok(Shown::of(content, frames(&said)?, record))
    });
    with_tables(py, found, Answer { inner })
}

/// The tables of an answer as frames.
pub fn frames(answer: &Said) -> PyResult<Vec<(&'static str, DataFrame)>> {
    let mut frames = vec![("estimates", tables::estimates(&answer.estimates)?)];
    if !answer.tests.is_empty() {
        frames.push(("tests", tables::tests(&answer.tests)?));
    }
    if let Some(means) = &answer.means {
        frames.extend(of_means(means)?);
    }
    if !answer.components.is_empty() {
        frames.push(("components", tables::components(&answer.components)?));
    }
    if !answer.by_row.is_empty() {
        frames.push(("by_row", tables::by_row(&answer.by_row)?));
    }
    for table in &answer.tables {
        frames.push((table.name.name(), tables::of_answer(table)?));
    }
    Ok(frames)
}

/// The means and their contrasts as frames.
pub fn of_means(found: &MeansResult) -> PyResult<Vec<(&'static str, DataFrame)>> {
    let means = found.means.iter().filter_map(|cell| cell.mean.estimable());
    let means: Vec<Estimate> = means.cloned().collect();
    let contrasts: Vec<Estimate> = found.estimates().skip(means.len()).cloned().collect();
    let mut frames = vec![("means", tables::estimates(&means)?)];
    if !contrasts.is_empty() {
        frames.push(("contrasts", tables::estimates(&contrasts)?));
    }
    Ok(frames)
}

/// Runs a method by its name.
///
/// Parameters
/// ----------
/// method : str
///     Its name; ``kring.methods()`` lists them.
/// data : frame, Dataset, Cohort or dict of columns
///     Rows that lack something are left out and counted.
/// on : {"subjects", "measurements", "follow_ups"}, optional
///     Which table of a cohort: one row a subject (if left out), one a subject and wave, or the same
///     after the first wave with the columns of the subjects beside.
/// executor : concurrent.futures.Executor, optional
///     Who draws the replicates of a permutation test, a bootstrap or a drawn exact test: threads,
///     processes, or a cluster (``client.get_executor(pure=False)`` of Dask). The answer has the same
///     bits with any of them. Every other method runs here.
/// progress : bool or callable, optional
///     ``True`` shows on standard error how many replicates are done; a function is called with the
///     number that is done and the number of all.
/// **fields
///     What the method takes: the columns (``outcome``, ``by``, …) and its ``options``, a dict. The
///     same names as in a study's ``[[analysis]]``.
///
/// Returns
/// -------
/// Answer
///
/// Raises
/// ------
/// InputError
///     If there is no such method, a field is missing or not known, or the data do not allow it.
///
/// Examples
/// --------
/// >>> data = {"problems": [6, 8, 3, 5, 7], "arm": ["WT", "WT", "EKC", "EKC", "EKC"]}
/// >>> answer = kring.test("mean_difference", data, outcome="problems", by="arm")
/// >>> answer.to_polars()["label"].to_list()
/// ['WT − EKC']
///
/// >>> from concurrent.futures import ThreadPoolExecutor
/// >>> with ThreadPoolExecutor(2) as pool:
/// ...     drawn = kring.test("bootstrap", data, outcome="problems", by="arm",
/// ...                        options={"seed": 2011}, executor=pool)
/// >>> here = kring.test("bootstrap", data, outcome="problems", by="arm", options={"seed": 2011})
/// >>> drawn.to_dict() == here.to_dict()
/// True
#[pyfunction]
#[pyo3(signature = (method, data, *, on: "Literal['subjects', 'measurements', 'follow_ups'] | None"=None, executor=None, progress=None, **fields: "object"))]
pub fn test<'py>(
    py: Python<'py>,
    method: &str,
    data: Data<'py>,
    on: Option<&str>,
    executor: Option<Executor<'py>>,
    progress: Option<Progress<'py>>,
    fields: Option<Bound<'py, PyDict>>,
) -> PyResult<Bound<'py, Answer>> {
    let mut given = Map::new();
    for (name, value) in fields.into_iter().flatten() {
        let name: String = name.extract()?;
        let value = plain(&name, &value)?;
        given.insert(name, value);
    }
    run(py, method, &given, &data, on, Tasks { executor, progress })
}

/// Who draws the replicates of a method, and who is told how many are done.
#[derive(Default)]
pub struct Tasks<'py> {
    pub executor: Option<Executor<'py>>,
    pub progress: Option<Progress<'py>>,
}

/// Runs the method of a name with its fields.
pub fn run<'py>(
    py: Python<'py>,
    name: &str,
    fields: &Map<String, Value>,
    data: &Data<'py>,
    on: Option<&str>,
    tasks: Tasks<'py>,
) -> PyResult<Bound<'py, Answer>> {
    let Tasks { executor, progress } = tasks;
    let method = detached(py, || Method::of_kind(name, fields))?;
    let table = table(py, data, on)?;
    let job = Job { method, table };
    if executor.is_some() || progress.is_some() {
        if let Some(job) = MethodJob::of(py, name, &job)? {
            let run = py.import("kring._ranges")?.getattr("run")?;
            let executor = executor.map(|executor| executor.0);
            let found = run.call1((job, executor, progress.map(|progress| progress.0)))?;
            return Ok(found.cast_into()?);
        }
    } else if let Some(replicates) = detached(py, || job.replicates())?
        && replicates > FEW
    {
        return said(py, name, in_pieces(py, &job, replicates)?);
    }
    said(py, name, detached(py, move || job.method.run(&job.table))?)
}

/// So many replicates are drawn in one go.
const FEW: u64 = 2_000;

/// Draws the replicates piece by piece, each of some tenths of a second, and looks between two whether
/// Ctrl-C was pressed. The bits are those of one go.
fn in_pieces(py: Python<'_>, job: &Job, replicates: u64) -> PyResult<Said> {
    const LONG: Duration = Duration::from_millis(200);
    let (mut parts, mut done, mut size) = (Vec::new(), 0, FEW / 10);
    while done < replicates {
        let high = replicates.min(done.saturating_add(size));
        let started = Instant::now();
        parts.push(detached(py, || job.run_range(done..high))?);
        if started.elapsed() < LONG {
            size = size.saturating_mul(2);
        }
        done = high;
        py.check_signals()?;
    }
    detached(py, || job.finish(&parts))
}

/// The answer of a method for Python.
pub fn said<'py>(py: Python<'py>, name: &str, inner: Said) -> PyResult<Bound<'py, Answer>> {
    let title = match name {
        "lm" => "Linear model".to_owned(),
        "glm" => "Generalised linear model".to_owned(),
        "lmm" => "Linear mixed model".to_owned(),
        "glmm" => "Generalised linear mixed model".to_owned(),
        "gee" => "Marginal model (GEE)".to_owned(),
        "mmrm" => "Mixed model for repeated measures".to_owned(),
        other => other.replace('_', " "),
    };
    answer(py, &title, inner, |said| (said.content(), json!(said)))
}

/// Lists the methods that ``kring.test`` runs, or what one of them takes.
///
/// Parameters
/// ----------
/// method : str, optional
///     The name of a method.
///
/// Returns
/// -------
/// list of str, or list of dict
///     The names of all methods; of one, its fields: each with its ``name``, what it ``holds``, whether
///     it is ``required``, its ``default``, its ``meaning``, and the ``choices`` there are.
///
/// Raises
/// ------
/// InputError
///     If there is no such method.
///
/// Examples
/// --------
/// >>> "mann_whitney" in kring.methods()
/// True
/// >>> fields = {field["name"]: field for field in kring.methods("mann_whitney")}
/// >>> fields["outcome"]["required"], fields["options.level"]["default"]
/// (True, '0.95')
/// >>> [choice["name"] for choice in fields["options.alternative"]["choices"]]
/// ['two_sided', 'less', 'greater']
#[pyfunction]
#[pyo3(signature = (method=None))]
pub fn methods<'py>(py: Python<'py>, method: Option<&str>) -> PyResult<Listed<'py>> {
    let listed = match method {
        None => json!(Method::KINDS),
        Some(name) => json!(
            Method::fields(name)
                .map_err(refused)?
                .iter()
                .map(told)
                .collect::<Vec<_>>()
        ),
    };
    crate::values::to_python(py, &listed).map(Listed)
}

/// A field with every key, also those that say nothing.
fn told(field: &Field) -> Value {
    json!({
        "name": field.name,
        "holds": field.holds.name(),
        "required": field.required,
        "default": field.default,
        "meaning": field.meaning,
        "choices": field.choices,
    })
}

/// Compares the arms in an outcome, by the method that fits what it is.
///
/// The choice follows from the scale of the outcome and the design, never from a test beforehand. The
/// answer says which method and why, and names what else might have been asked without running it.
///
/// Parameters
/// ----------
/// data : frame, Dataset, Cohort or dict of columns
///     One row a subject.
/// outcome : str
///     The column of the outcome.
/// arm : str
///     The column of the arms; the first level is the reference.
/// arms : sequence or dict, optional
///     The arms to compare in order, the reference first: names, or names with labels. Rows of others
///     are left out and counted.
/// scale : {"continuous", "count", "binary", "ordinal", "nominal"}, optional
///     What the outcome is; by its column, if left out.
/// levels : sequence of str, optional
///     The levels of an ordinal outcome of texts, from low to high.
/// event : str, optional
///     The level that counts, of a binary outcome.
/// baseline : str, optional
///     The column of the same outcome at the start.
/// cluster : str, optional
///     The column of clusters: teams, families.
/// exposure : str, optional
///     The column of the time in which a count was made.
/// randomised : bool, default False
///     Whether chance decided on the arms. Unless it did, every number says so.
/// level : float, default 0.95
///     The level of the intervals.
/// on : {"subjects", "measurements", "follow_ups"}, optional
///     Which table of a cohort: one row a subject (if left out), one a subject and wave, or the same
///     after the first wave with the columns of the subjects beside.
///
/// Returns
/// -------
/// Answer
///
/// Raises
/// ------
/// InputError
///     If a column is not there, or the data do not allow the comparison.
///
/// Examples
/// --------
/// >>> data = {"problems": [6, 8, 3, 5, 7], "arm": ["WT", "WT", "EKC", "EKC", "EKC"]}
/// >>> kring.compare(data, "problems", "arm").to_dict()["method"]
/// "Welch's t test, with Hedges' g"
#[pyfunction]
#[pyo3(signature = (data, outcome, arm, *, arms=None, scale: "Literal['continuous', 'count', 'binary', 'ordinal', 'nominal'] | None"=None, levels=None, event=None, baseline=None, cluster=None, exposure=None, randomised=false, level=0.95, on: "Literal['subjects', 'measurements', 'follow_ups'] | None"=None))]
#[allow(clippy::too_many_arguments, reason = "each is a keyword in Python")]
pub fn compare<'py>(
    py: Python<'py>,
    data: Data<'py>,
    outcome: String,
    arm: String,
    arms: Option<Declared<'py>>,
    scale: Option<&str>,
    levels: Option<Vec<String>>,
    event: Option<String>,
    baseline: Option<String>,
    cluster: Option<String>,
    exposure: Option<String>,
    randomised: bool,
    level: f64,
    on: Option<&str>,
) -> PyResult<Bound<'py, Answer>> {
    let comparison = Compare {
        outcome,
        arm,
        scale: scale
            .map(|scale| from_python("scale", json!(scale)))
            .transpose()?,
        event,
        baseline,
        cluster,
        exposure,
        allocation: if randomised {
            ByChance::Randomised
        } else {
            ByChance::NotStated
        },
        level,
    };
    let table = table(py, &data, on)?;
    let arms = roles::arms(arms)?;
    let found: CompareResult = detached(py, move || {
        let table = match levels {
            Some(levels) => {
                let levels: Vec<&str> = levels.iter().map(String::as_str).collect();
                with_levels(&table, &comparison.outcome, &levels)?
            }
            None => table,
        };
        if arms.is_empty() {
            return comparison.run(&table);
        }
        let chosen = of_arms(&table, &comparison.arm, &arms)?;
        let mut found = comparison.run(&chosen.table)?;
        found.notes.extend(chosen.left_out());
        Ok(found)
    })?;
    let inner = found.answer.clone();
    let show = move |_: &Said| (found.content(), json!(found));
    answer(py, "Comparison of the arms", inner, show)
}

/// Says which analyses fit a table, in order, what each assumes, and what not to do.
///
/// Each rule that speaks names the figures that made it speak; ``docs/choosing.md`` has all rules. Nothing
/// after the start is compared between the arms.
///
/// Parameters
/// ----------
/// data : frame, Dataset, Cohort or dict of columns
///     One row a family and wave, or one a family. Of a cohort its measurements.
/// outcome : str
///     The column of the outcome; of a share that of how many it happened to.
/// arm : str
///     The column of the arms; the first level is the reference.
/// kind : {"continuous", "count", "share", "binary", "ordinal", "nominal", "time_to_event"}, optional
///     What the outcome is; by its column, if left out.
/// subject : str, optional
///     The column of the families or persons, where each has a row a wave; a cohort knows it.
/// wave : str, optional
///     The column of the wave; a cohort knows it.
/// time : str, optional
///     The column of the time in numbers, where it is not the number of the wave.
/// baseline : str, optional
///     The column of the same outcome at the start, where a row is a family.
/// cluster : str, optional
///     The column of what families lie in, such as teams.
/// trials : str, optional
///     Of a share the column of out of how many.
/// exposure : str, optional
///     The column of the time in which a count was made.
/// levels : sequence of str, optional
///     The levels of an ordinal outcome of texts, from low to high.
/// event : str, optional
///     The level that counts, of a binary outcome.
/// variables : sequence of str, optional
///     Further columns whose balance at the start is looked at.
/// randomised : bool, default False
///     Whether chance decided on the arms.
///
/// Returns
/// -------
/// Tables
///     The analyses that fit as a frame, the first one first; ``frames["remarks"]`` has what to mind and
///     what not to do.
///
/// Raises
/// ------
/// InputError
///     If a column is not there, there is one arm or one wave, or the rows cannot be what is said of them.
///
/// Examples
/// --------
/// >>> data = {
/// ...     "family": [1, 1, 2, 2, 3, 3, 4, 4], "wave": [1, 2] * 4,
/// ...     "arm": ["WT"] * 4 + ["EKC"] * 4, "score": [6.5, 5, 7, 7.5, 6, 4, 8, 5],
/// ... }
/// >>> advice = kring.advise(data, "score", "arm", subject="family", wave="wave")
/// >>> advice.to_polars()["rule"].to_list()
/// ['mmrm', 'ancova', 'lords_paradox', 'difference_in_differences']
/// >>> advice.frames["remarks"].to_polars()["because"][2]
/// '`score` differs by −0.24 standard deviations'
#[pyfunction]
#[pyo3(signature = (data, outcome, arm, *, kind: "Literal['continuous', 'count', 'share', 'binary', 'ordinal', 'nominal', 'time_to_event'] | None"=None, subject=None, wave=None, time=None, baseline=None, cluster=None, trials=None, exposure=None, levels=None, event=None, variables=None, randomised=false))]
#[allow(clippy::too_many_arguments, reason = "each is a keyword in Python")]
pub fn advise<'py>(
    py: Python<'py>,
    data: Data<'py>,
    outcome: String,
    arm: String,
    kind: Option<&str>,
    subject: Option<String>,
    wave: Option<String>,
    time: Option<String>,
    baseline: Option<String>,
    cluster: Option<String>,
    trials: Option<String>,
    exposure: Option<String>,
    levels: Option<Vec<String>>,
    event: Option<String>,
    variables: Option<Vec<String>>,
    randomised: bool,
) -> PyResult<Bound<'py, Tables>> {
    // A cohort knows its families and waves.
    let (mut subject, mut wave) = (subject, wave);
    if let Ok(cohort) = data.0.cast::<Cohort>() {
        let cohort = &cohort.get().inner;
        subject = subject.or_else(|| Some(cohort.subject_column().to_owned()));
        wave = wave.or_else(|| cohort.wave_column().map(str::to_owned));
    }
    let asked = Advise {
        outcome,
        arm,
        kind: kind
            .map(|kind| from_python("kind", json!(kind)))
            .transpose()?,
        subject,
        wave,
        time,
        baseline,
        cluster,
        trials,
        exposure,
        levels: levels.unwrap_or_default(),
        event,
        variables: variables.unwrap_or_default(),
        allocation: if randomised {
            ByChance::Randomised
        } else {
            ByChance::NotStated
        },
    };
    let on = data.0.cast::<Cohort>().is_ok().then_some("measurements");
    let table = table(py, &data, on)?;
    let found = detached(py, move || asked.run(&table))?;
    let rows = vec![
        ("analyses", tables::analyses(&found.analyses)?),
        ("remarks", tables::remarks(&found)?),
    ];
    result(
        py,
        Tables::new("Which analysis?", found.content(), rows, &found)?,
    )
}

/// A frame as a table, or one of the tables of a cohort.
pub fn table(py: Python<'_>, data: &Data<'_>, on: Option<&str>) -> PyResult<Table> {
    if let Ok(cohort) = data.0.cast::<Cohort>() {
        let cohort = &cohort.get().inner;
        return match on {
            None | Some("subjects") => Ok(cohort.subjects().clone()),
            Some("measurements") => Ok(cohort.measurements().clone()),
            Some("follow_ups") => detached(py, || kring::follow_ups(cohort)),
            Some(other) => {
                let why =
                    format!("expected `subjects`, `measurements` or `follow_ups`, found `{other}`");
                Err(argument("on", why))
            }
        };
    }
    if on.is_some() {
        let why = "chooses a table of a cohort, but the data are a frame; leave it out";
        return Err(argument("on", why));
    }
    let dataset = input::dataset(py, &data.0)?;
    detached(py, move || Ok::<_, kring::Error>(dataset.table()?))
}
