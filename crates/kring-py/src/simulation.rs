//! Simulated cohorts, the performance of methods on them, and power.

use std::path::PathBuf;

use kring::core::Power as Answer;
use kring::method::Method;
use kring::performance::{Experiment, ExperimentOptions, Rows, Speed, Tally};
use kring::power::{
    Asked, Done, Part, PowerPoint, PowerStudy, SearchOptions, Setting, Sought, Stop, Watch, closed,
    closed_content, closed_curve,
};
use kring::report::{Chart, Content, Figure as Drawn, Origin, chart_svg, fragment, table_text};
use kring::sim::parameter::Parameter;
use kring::sim::performance::{Keep, Performance as Found, PerformanceOptions, Replicates};
use kring::simulate::Simulator;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use serde_json::{Map, Value, json};

use crate::cohort::Cohort;
use crate::errors::{argument, detached, refused};
use crate::frame::{Tabular, with_rows};
use crate::hints::{Executor, Progress};
use crate::job::{SimulationJob, Task, Wanted};
use crate::replication::Figure;
use crate::result::{Tables, result};
use crate::values::{Record, from_python, plain};
use crate::{plain_style, tables};

/// A simulated cohort with its truth: no evidence of anything.
///
/// As a frame it has one row a family.
///
/// Examples
/// --------
/// >>> made = kring.simulate({
/// ...     "title": "Problems", "wave": [{"name": "1", "time": 0}],
/// ...     "arm": [{"name": "WT", "families": 60}, {"name": "EKC", "families": 55}],
/// ...     "outcome": [{"name": "problems", "distribution": {"kind": "poisson"}, "intercept": 1.5}],
/// ... }, seed=1)
/// >>> made.to_polars().height
/// 115
#[pyclass(frozen, extends = Tabular, module = "kring")]
pub struct Simulated {
    simulator: Simulator,
    cohort: Py<Cohort>,
    content: Vec<Content>,
}

#[pymethods]
impl Simulated {
    /// Cohort: The same as a cohort, with arms, waves and outcomes declared.
    #[getter]
    fn cohort(&self, py: Python<'_>) -> Py<Cohort> {
        self.cohort.clone_ref(py)
    }

    /// Tables: What the numbers must come to, in all families of which these are a sample.
    ///
    /// As a frame it has a row an arm, outcome and wave: ``arm``, ``families``, ``outcome``, ``wave``, ``mean``,
    /// ``sd``, and ``mean_without``, the mean that the same families would have had without what the arm does.
    /// ``frames`` has this as ``means``, and where there are any: ``shares`` (of each ``value`` of a count or
    /// level), ``correlations`` (within a family), ``clusters`` (``icc``), ``missing``, ``events`` and
    /// ``parameters`` (of the generator, such as effects on the scale of the model). ``to_dict()`` has all of it,
    /// with the covariates and how each number is known.
    ///
    /// Examples
    /// --------
    /// >>> made = kring.simulate({
    /// ...     "title": "Problems", "wave": [{"name": "1", "time": 0}],
    /// ...     "arm": [{"name": "WT", "families": 60}, {"name": "EKC", "families": 55}],
    /// ...     "outcome": [{"name": "problems", "distribution": {"kind": "poisson"}, "intercept": 1.5}],
    /// ... }, seed=1)
    /// >>> made.truth.to_polars()["mean"].round(3).to_list()
    /// [4.482, 4.482]
    /// >>> made.truth.frames["parameters"].to_polars().rows()[0]
    /// ('the intercept of `problems`', 1.5)
    #[getter]
    fn truth<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, Tables>> {
        let (truth, content) = detached(py, || {
            Ok::<_, kring::Error>((self.simulator.truth()?, self.simulator.truth_content()?))
        })?;
        let frames = tables::truth(&truth)?;
        let title = "What the numbers must come to";
        result(py, Tables::new(title, content, frames, &truth)?)
    }

    /// dict or None: What a calibration matched, assumed and left free.
    #[getter]
    fn calibrated<'py>(&self, py: Python<'py>) -> PyResult<Record<'py>> {
        Record::of(py, &self.simulator.calibrated())
    }

    /// dict: The generator, with calibrated parameters.
    #[getter]
    fn generator<'py>(&self, py: Python<'py>) -> PyResult<Record<'py>> {
        Record::of(py, self.simulator.generator())
    }

    fn __repr__(&self) -> String {
        text(&self.content)
    }

    fn _repr_html_(&self) -> PyResult<String> {
        fragment(&self.content).map_err(refused)
    }
}

fn text(content: &[Content]) -> String {
    let texts = content.iter().map(|content| {
        let text = table_text(content, plain_style());
        text.trim_matches('\n').to_owned()
    });
    texts.collect::<Vec<_>>().join("\n\n")
}

/// Makes a cohort with known truth.
///
/// Parameters
/// ----------
/// generator : str, os.PathLike or dict
///     A generator, or a calibration of one to printed figures: a file in TOML, or the same as a dict.
/// seed : int, optional
///     Every number comes from it. A calibration without one gives the cohort that has its printed
///     figures.
/// replicate : int, default 0
///     Which cohort of the seed.
/// out : str or os.PathLike, optional
///     A folder to write the cohort, the generator and its truth to.
///
/// Returns
/// -------
/// Simulated
///
/// Raises
/// ------
/// InputError
///     If the generator cannot be read or contradicts itself, or has no seed.
///
/// Examples
/// --------
/// >>> companion = kring.simulate(study / "../../simulated/rotterdam-2019.toml")
/// >>> [row["target"]["value"] for row in companion.calibrated["matched"]][:2]
/// [4.7, 6.0]
#[pyfunction]
#[pyo3(signature = (generator: "object", *, seed=None, replicate=0, out=None))]
pub fn simulate<'py>(
    py: Python<'py>,
    generator: Bound<'py, PyAny>,
    seed: Option<u64>,
    replicate: u64,
    out: Option<PathBuf>,
) -> PyResult<Bound<'py, Simulated>> {
    let simulator = simulator(py, &generator)?;
    let (made, content) = detached(py, || {
        let made = match seed {
            Some(seed) => simulator.cohort(seed, replicate)?,
            None if simulator.calibration().is_some() => simulator.companion()?,
            None => return Err(no_seed()),
        };
        if let Some(folder) = &out {
            simulator.write(std::slice::from_ref(&made), folder)?;
        }
        let mut content = simulator.truth_content()?;
        content.extend(simulator.calibration_content());
        Ok::<_, kring::Error>((made, content))
    })?;
    let rows = tables::table(&made.tables.wide, "family")?;
    let inner = made.cohort;
    let cohort = Py::new(py, Cohort { inner })?;
    let object = Simulated {
        simulator,
        cohort,
        content,
    };
    with_rows(py, rows, object)
}

fn no_seed() -> kring::Error {
    kring::Error::Argument {
        what: "`seed`".to_owned(),
        why: "give one, such as seed=1: every simulated number comes from it".to_owned(),
    }
}

/// A generator from a file or a dict.
fn simulator(py: Python<'_>, generator: &Bound<'_, PyAny>) -> PyResult<Simulator> {
    if generator.cast::<PyDict>().is_ok() {
        let data = plain("generator", generator)?;
        return detached(py, || Simulator::of_data(data));
    }
    let path: PathBuf = generator
        .extract()
        .map_err(|_| argument("generator", "expected a file in TOML or a dict"))?;
    detached(py, || Simulator::read(&path))
}

/// How well a method does on data whose truth is known.
///
/// As a frame it has one row a figure, with its Monte Carlo standard error.
#[pyclass(frozen, extends = Tabular, module = "kring")]
pub struct Performance {
    inner: Found,
    what: String,
    level: f64,
    asked: Asked,
}

#[pymethods]
impl Performance {
    /// dict of str to int: How often the method failed, by kind of error.
    #[getter]
    fn failures<'py>(&self, py: Python<'py>) -> PyResult<Record<'py>> {
        let each = self.inner.failures.iter();
        let counts: Map<String, Value> = each
            .map(|failure| (failure.kind.clone(), json!(failure.times)))
            .collect();
        Record::of(py, &counts)
    }

    /// list of Figure: The zip plot and the lollipop plot, where there is something to draw.
    #[getter]
    fn figures(&self, py: Python<'_>) -> PyResult<Vec<Figure>> {
        let figures = detached(py, || {
            kring::performance::figures(&self.inner, &self.what, self.level)
        })?;
        let both = [figures.zip, figures.lollipop].into_iter().flatten();
        Ok(both.map(|inner| Figure { inner }).collect())
    }

    /// Everything as plain data.
    ///
    /// Returns
    /// -------
    /// dict
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Record<'py>> {
        Record::of(py, &self.asked.record(&self.inner))
    }

    fn __repr__(&self) -> String {
        text(&kring::performance::content(&self.inner, &self.what))
    }

    fn _repr_html_(&self) -> PyResult<String> {
        fragment(&kring::performance::content(&self.inner, &self.what)).map_err(refused)
    }
}

/// Watches a simulation: looks for signals of the interpreter between pieces of work, or hands the
/// work to an executor.
struct Watcher<'a, 'py> {
    py: Python<'py>,
    sent: Option<Sent<'a, 'py>>,
    raised: Option<PyErr>,
}

/// Where the replicates of a power study go.
struct Sent<'a, 'py> {
    /// The `Parts` of `kring._ranges`.
    parts: Bound<'py, PyAny>,
    task: &'a dyn Fn(&Part<'_>) -> Task,
}

impl Sent<'_, '_> {
    fn tally(&self, py: Python<'_>, part: &Part<'_>) -> PyResult<Tally> {
        let task = (self.task)(part);
        let job = detached(py, || SimulationJob::of(task))?;
        let finished = self
            .parts
            .call_method1("run", (job, part.before, part.of))?;
        SimulationJob::found(&finished)
    }
}

impl Watch for Watcher<'_, '_> {
    fn progress(&mut self, _done: u64, _of: u64) {}

    fn stop(&mut self) -> Stop {
        match self.py.check_signals() {
            Ok(()) => Stop::No,
            Err(error) => {
                self.raised = Some(error);
                Stop::Now
            }
        }
    }

    fn tally(&mut self, part: &Part<'_>) -> Result<Tally, kring::Error> {
        let Some(sent) = &self.sent else {
            return Ok(part.run(self));
        };
        sent.tally(self.py, part).map_err(|error| {
            let why = error.to_string();
            self.raised = Some(error);
            kring::Error::Argument {
                what: "the executor".to_owned(),
                why,
            }
        })
    }
}

/// Runs something that is watched. What Python raised meanwhile, such as `KeyboardInterrupt`, goes on.
fn watched<'py, T>(
    py: Python<'py>,
    sent: Option<Sent<'_, 'py>>,
    run: impl FnOnce(&mut Watcher<'_, 'py>) -> Result<T, kring::Error>,
) -> PyResult<T> {
    let raised = None;
    let mut watcher = Watcher { py, sent, raised };
    let found = run(&mut watcher);
    match watcher.raised {
        Some(error) => Err(error),
        None => found.map_err(refused),
    }
}

fn method_of(kind: &str, fields: Option<Bound<'_, PyDict>>) -> PyResult<Method> {
    let given = given(fields)?;
    Method::of_kind(kind, &given).map_err(refused)
}

fn given(fields: Option<Bound<'_, PyDict>>) -> PyResult<Map<String, Value>> {
    let mut given = Map::new();
    for (name, value) in fields.into_iter().flatten() {
        let name: String = name.extract()?;
        let value = plain(&name, &value)?;
        given.insert(name, value);
    }
    Ok(given)
}

fn experiment(term: Option<String>, on: &str, seed: Option<u64>) -> PyResult<ExperimentOptions> {
    Ok(ExperimentOptions {
        term,
        rows: from_python::<Rows>("on", json!(on))?,
        seed: seed.ok_or_else(|| refused(no_seed()))?,
        speed: Speed::Fast,
    })
}

/// Measures how well a method does on data whose truth is known.
///
/// Parameters
/// ----------
/// generator : str, os.PathLike or dict
///     As for ``simulate``.
/// method : str
///     Its name; ``kring.methods()`` lists them.
/// truth : float
///     What the estimate should be, on its own scale: the log of a ratio.
/// seed : int
///     Every number comes from it.
/// replicates : int, default 1000
/// term : str, optional
///     Which number of the method is meant, by its label.
/// on : {"subjects", "measurements"}, default "subjects"
///     What a row of the table is.
/// null : float, default 0
///     The value that the p-values test.
/// alpha : float, default 0.05
///     The error rate of the test.
/// level : float, optional
///     The nominal level of the intervals: that of the method, which is where another one is set.
/// executor : concurrent.futures.Executor, optional
///     Who draws the replicates, as for ``kring.test``: the figures have the same bits with any.
/// progress : bool or callable, optional
///     Whether, or to whom, progress is told, as for ``kring.test``.
/// **fields
///     What the method takes, as for ``kring.test``.
///
/// Returns
/// -------
/// Performance
///
/// Raises
/// ------
/// InputError
///     If the generator or the method cannot be used.
///
/// Examples
/// --------
/// >>> generator = {
/// ...     "title": "Scores", "wave": [{"name": "1", "time": 0}],
/// ...     "arm": [{"name": "WT", "families": 20}, {"name": "EKC", "families": 20}],
/// ...     "outcome": [{"name": "score", "distribution": {"kind": "continuous", "sd": 1}}],
/// ... }
/// >>> found = kring.performance(generator, "mean_difference", truth=0, seed=1,
/// ...                           outcome="score_1", by="arm")
/// >>> found.to_polars().filter(measure="coverage")["value"].item() > 0.92
/// True
#[pyfunction]
#[pyo3(signature = (generator: "object", method, *, truth, seed, replicates=1000, term=None, on: "Literal['subjects', 'measurements']"="subjects", null=0.0, alpha=0.05, level=None, executor=None, progress=None, **fields: "object"))]
#[allow(clippy::too_many_arguments, reason = "each is a keyword in Python")]
pub fn performance<'py>(
    py: Python<'py>,
    generator: Bound<'py, PyAny>,
    method: &str,
    truth: f64,
    seed: u64,
    replicates: u64,
    term: Option<String>,
    on: &str,
    null: f64,
    alpha: f64,
    level: Option<f64>,
    executor: Option<Executor<'py>>,
    progress: Option<Progress<'py>>,
    fields: Option<Bound<'py, PyDict>>,
) -> PyResult<Bound<'py, Performance>> {
    if !(2..=10_000_000).contains(&replicates) {
        let why = format!("expected from 2 to 10,000,000, found {replicates}");
        return Err(argument("replicates", why));
    }
    let what = term.clone().unwrap_or_else(|| method.replace('_', " "));
    let method = method_of(method, fields)?;
    let simulator = simulator(py, &generator)?;
    let options = experiment(term, on, Some(seed))?;
    let asked = PerformanceOptions {
        null,
        alpha,
        keep: Keep::Replicates,
        ..PerformanceOptions::of(truth)
    };
    let level = detached(py, || {
        Experiment::new(simulator.plan(), &method, &options)?.nominal(level)
    })?;
    let recorded = Asked {
        generator: simulator.generator().clone(),
        method: method.clone(),
        options: options.clone(),
        alpha,
    };
    let inner = if executor.is_some() || progress.is_some() {
        let task = Task {
            generator: simulator.generator().clone(),
            method,
            options,
            first: 0,
            replicates,
            wanted: Wanted::Numbers,
        };
        let job = detached(py, || SimulationJob::of(task))?;
        let run = py.import("kring._ranges")?.getattr("run")?;
        let progress = progress.map(|progress| progress.0);
        let finished = run.call1((job, executor.map(|executor| executor.0), progress))?;
        let replicates: Replicates = SimulationJob::found(&finished)?;
        replicates.performance(&asked).map_err(refused)?
    } else {
        watched(py, None, |watcher| {
            let experiment = Experiment::new(simulator.plan(), &method, &options)?;
            let watched = experiment.run_watched(0..replicates, watcher)?;
            experiment.finish(&watched.replicates, &asked)
        })?
    };
    let rows = tables::performance(&inner)?;
    let object = Performance {
        inner,
        what,
        level,
        asked: recorded,
    };
    with_rows(py, rows, object)
}

/// What a study of some size can find.
///
/// As a frame it has one row a point: one for a closed form, of a simulation one for each size and effect
/// that was run.
///
/// Examples
/// --------
/// >>> kring.power("two_means", sd=4, effect=1.2, power=0.8).n
/// [176, 176]
#[pyclass(frozen, extends = Tabular, module = "kring")]
pub struct Power {
    n: Vec<u64>,
    record: Value,
    content: Vec<Content>,
    figures: Vec<Drawn>,
}

#[pymethods]
impl Power {
    /// list of int: How many each arm has; of a curve those of its last point.
    #[getter]
    fn n(&self) -> Vec<u64> {
        self.n.clone()
    }

    /// float or None: The power; of a search the one wanted, of a curve that of its last point.
    #[getter]
    fn power(&self) -> Option<f64> {
        let last = self.record["points"].as_array().and_then(|all| all.last());
        let own = self.record["target"].as_f64().filter(|_| last.is_some());
        own.or_else(|| self.record["power"].as_f64())
            .or_else(|| last.and_then(|point| point["power"].as_f64()))
    }

    /// float or None: What a search found: the n of the first arm, or the effect.
    #[getter]
    fn value(&self) -> Option<f64> {
        self.record["value"].as_f64()
    }

    /// tuple of float or None: The 95 % Monte Carlo interval of the value of a search, or else of the
    /// power of a simulation.
    #[getter]
    fn interval(&self) -> Option<(f64, f64)> {
        let ends = &self.record["interval"];
        let of = |low: &Value, high: &Value| Some((low.as_f64()?, high.as_f64()?));
        of(&ends[0], &ends[1]).or_else(|| of(&self.record["low"], &self.record["high"]))
    }

    /// list of Figure: The power curve, where a grid was asked for.
    #[getter]
    fn figures(&self) -> Vec<Figure> {
        let figures = self.figures.iter().cloned();
        figures.map(|inner| Figure { inner }).collect()
    }

    /// Everything as plain data.
    ///
    /// Returns
    /// -------
    /// dict
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Record<'py>> {
        Record::of(py, &self.record)
    }

    fn __repr__(&self) -> String {
        text(&self.content)
    }

    fn _repr_html_(&self) -> PyResult<String> {
        let tables = fragment(&self.content).map_err(refused)?;
        let svgs: String = self.figures.iter().map(|f| f.svg.as_str()).collect();
        Ok(svgs + &tables)
    }
}

/// Solves for one of n, effect and power.
///
/// By closed form for a design of that name; by simulation from a generator for every method of
/// ``kring.test``. Power belongs to a study that is planned and to an effect that would not be missed; it
/// says nothing about a study that is done.
///
/// Parameters
/// ----------
/// design : str, os.PathLike or dict
///     The name of a design with a closed form (``kring.designs()`` lists them), or a generator as for
///     ``simulate``.
/// n : int, optional
///     How many the first arm has.
/// effect : float, optional
///     The effect: a difference, or the log of a ratio.
/// ratio : float, optional
///     The effect as a ratio.
/// power : float, optional
///     The power wanted.
/// dropout : sequence of float, optional
///     The share that leaves before each further wave, of a closed form.
/// alpha : float, default 0.05
///     The error rate of the test.
/// method : str, optional
///     The method, by simulation.
/// seed : int, optional
///     Every simulated number comes from it.
/// replicates : int, optional
///     By simulation: 10,000 for a power, 2000 for each point of a curve, 20,000 for a search in all.
/// term : str, optional
///     Which number of the method is meant, by its label.
/// on : {"subjects", "measurements"}, default "subjects"
///     What a row of the table is.
/// solve : {"n", "effect"}, default "n"
///     What to look for by simulation, given `power`.
/// parameter : dict, optional
///     Which parameter of the generator is the effect, where it has several.
/// curve : dict, optional
///     A grid: ``{"n": [20, 40]}``, ``{"effect": [-0.1, -0.2]}`` or both.
/// executor : concurrent.futures.Executor, optional
///     Who draws the replicates of a simulation, as for ``kring.test``: the same bits with any. A search
///     sends them in batches, a curve point by point.
/// progress : bool or callable, optional
///     Whether, or to whom, progress is told, as for ``kring.test``.
/// **fields
///     The fields of the design, or of the method.
///
/// Returns
/// -------
/// Power
///
/// Raises
/// ------
/// InputError
///     If there is no such design or method, or not two of the three are given.
/// KeyboardInterrupt
///     If a simulation is interrupted.
///
/// Examples
/// --------
/// >>> found = kring.power("two_means", sd=4, effect=1.2, n=55)
/// >>> round(found.to_polars()["power"].item(), 2)
/// 0.34
#[pyfunction]
#[pyo3(signature = (design: "object", *, n=None, effect=None, ratio=None, power=None, dropout=None, alpha=None, method=None, seed=None, replicates=None, term=None, on: "Literal['subjects', 'measurements']"="subjects", solve: "Literal['n', 'effect']"="n", parameter: "dict[str, object] | None" = None, curve: "dict[str, list[float]] | None" = None, executor=None, progress=None, **fields: "object"))]
#[allow(
    clippy::too_many_arguments,
    clippy::too_many_lines,
    reason = "each is a keyword in Python"
)]
pub fn power<'py>(
    py: Python<'py>,
    design: Bound<'py, PyAny>,
    n: Option<i64>,
    effect: Option<f64>,
    ratio: Option<f64>,
    power: Option<f64>,
    dropout: Option<Vec<f64>>,
    alpha: Option<f64>,
    method: Option<String>,
    seed: Option<u64>,
    replicates: Option<u64>,
    term: Option<String>,
    on: &str,
    solve: &str,
    parameter: Option<Bound<'py, PyDict>>,
    curve: Option<Bound<'py, PyDict>>,
    executor: Option<Executor<'py>>,
    progress: Option<Progress<'py>>,
    fields: Option<Bound<'py, PyDict>>,
) -> PyResult<Bound<'py, Power>> {
    let n = n.map(|n| {
        u64::try_from(n).map_err(|_| argument("n", format!("expected a whole number, found {n}")))
    });
    let n = n.transpose()?;
    for (name, value) in [("effect", effect), ("ratio", ratio), ("power", power)] {
        if let Some(value) = value.filter(|value| !value.is_finite()) {
            return Err(argument(name, format!("expected a number, found {value}")));
        }
    }
    let Some(method) = method else {
        for (name, given) in [
            ("term", term.is_some()),
            ("seed", seed.is_some()),
            ("replicates", replicates.is_some()),
            ("parameter", parameter.is_some()),
            ("on", on != "subjects"),
            ("solve", solve != "n"),
        ] {
            if given {
                let why = "it is of a simulation, and this is a closed form; leave it out, or name a \
                           method";
                return Err(argument(name, why));
            }
        }
        let name: String = design.extract().map_err(|_| {
            argument(
                "method",
                "name the method whose power is asked for of a generator",
            )
        })?;
        let mut asked = given(fields)?;
        for (field, value) in [
            ("n", json!(n)),
            ("effect", json!(effect)),
            ("ratio", json!(ratio)),
            ("power", json!(power)),
            ("dropout", json!(dropout)),
            ("alpha", json!(alpha)),
        ] {
            if !value.is_null() {
                asked.insert(field.to_owned(), value);
            }
        }
        let asked = Value::Object(asked);
        let Some(curve) = curve else {
            let found = detached(py, || closed(&name, &asked))?;
            let content = closed_content(&found);
            return of_closed(py, std::slice::from_ref(&found), &found, content, None);
        };
        let grid = grid(Setting::default(), &curve)?;
        let found = detached(py, || closed_curve(&name, &asked, &grid))?;
        let chart = found.chart(&format!("Power of {}", name.replace('_', " ")));
        let figure = drawn(&chart, Origin::Observed).map_err(refused)?;
        let content = found.content();
        return of_closed(py, &found.points, &found, content, Some(figure));
    };
    if dropout.is_some() {
        return Err(argument(
            "dropout",
            "it stands in the generator; change it there",
        ));
    }
    let method = method_of(&method, fields)?;
    let simulator = simulator(py, &design)?;
    let options = experiment(term, on, seed)?;
    let parameter = match parameter {
        None => None,
        Some(dict) => {
            let value = plain("parameter", dict.as_any())?;
            Some(from_python::<Parameter>("parameter", value)?)
        }
    };
    let effect = match (effect, ratio) {
        (Some(_), Some(_)) => return Err(argument("ratio", "give `effect` or `ratio`, not both")),
        (None, Some(ratio)) if ratio > 0.0 && ratio.is_finite() => Some(ratio.ln()),
        (None, Some(_)) => return Err(argument("ratio", "expected a number above zero")),
        (effect, None) => effect,
    };
    let setting = Setting { n, effect };
    let sought: Sought = from_python("solve", json!(solve))?;
    let grid = curve.map(|curve| grid(setting, &curve)).transpose()?;
    let title = format!("Power: {}", simulator.generator().title);
    let alpha = alpha.unwrap_or(0.05);
    let asked = Asked {
        generator: simulator.generator().clone(),
        method: method.clone(),
        options: options.clone(),
        alpha,
    };
    let task = |part: &Part<'_>| Task {
        generator: simulator.generator().clone(),
        method: method.clone(),
        options: options.clone(),
        first: part.range.start,
        replicates: part.range.end - part.range.start,
        wanted: Wanted::Rejections {
            alpha,
            effect: parameter.clone(),
            setting: part.setting,
        },
    };
    let parts = if executor.is_some() || progress.is_some() {
        let kind = py.import("kring._ranges")?.getattr("Parts")?;
        let executor = executor.map(|executor| executor.0);
        Some(kind.call1((executor, progress.map(|progress| progress.0)))?)
    } else {
        None
    };
    let sent = parts.clone().map(|parts| Sent { parts, task: &task });
    let object = watched(py, sent, |watcher| {
        let study = PowerStudy::new(&simulator, &method, &options, alpha, parameter.clone())?;
        if let Some(power) = power {
            let search = SearchOptions {
                sought,
                power,
                replicates: replicates.unwrap_or(SearchOptions::default().replicates),
                ..SearchOptions::default()
            };
            let found = study.solve(setting, &search, watcher)?;
            let (content, record) = (found.content(), json!(asked.record(&found)));
            return Ok((found.points, found.n, record, content, None));
        }
        let Some(grid) = &grid else {
            let found = study.power(setting, replicates.unwrap_or(10_000), watcher)?;
            let (content, n) = (found.content(), found.n.clone());
            let record = json!(asked.record(&found));
            return Ok((vec![found], n, record, content, None));
        };
        let found = study.curve(grid, replicates.unwrap_or(2000), watcher)?;
        let n = found.points.last().map(|point| point.n.clone());
        let figure = drawn(&found.chart(&title), Origin::Simulated)?;
        let (content, n) = (found.content(), n.unwrap_or_default());
        let record = json!(asked.record(&found));
        Ok((found.points, n, record, content, Some(figure)))
    });
    if let Some(parts) = parts {
        parts.call_method0("end")?;
    }
    let object = object?;
    let (points, n, record, content, figure) = object;
    let rows = tables::power_points(&points)?;
    let object = Power {
        n,
        record,
        content,
        figures: figure.into_iter().collect(),
    };
    with_rows(py, rows, object)
}

fn drawn(chart: &Chart, origin: Origin) -> Result<Drawn, kring::Error> {
    Ok(Drawn {
        name: chart.id.clone(),
        svg: chart_svg(chart, origin)?,
        alt: chart.title.clone(),
    })
}

fn of_closed<'py>(
    py: Python<'py>,
    points: &[Answer],
    record: &impl serde::Serialize,
    content: Vec<Content>,
    figure: Option<Drawn>,
) -> PyResult<Bound<'py, Power>> {
    let exact = points.iter().map(|found| PowerPoint {
        n: found.n.clone(),
        effect: Some(found.effect),
        ratio: None,
        power: found.power,
        mcse: 0.0,
        low: found.power,
        high: found.power,
        replicates: 0,
        failures: Vec::new(),
        done: Done::Whole,
    });
    let rows = tables::power_points(&exact.collect::<Vec<_>>())?;
    let object = Power {
        n: points
            .last()
            .map(|found| found.n.clone())
            .unwrap_or_default(),
        record: json!(record),
        content,
        figures: figure.into_iter().collect(),
    };
    with_rows(py, rows, object)
}

/// Every combination of the values of a grid.
fn grid(setting: Setting, curve: &Bound<'_, PyDict>) -> PyResult<Vec<Setting>> {
    let mut all = vec![setting];
    for (name, values) in curve {
        let name: String = name.extract()?;
        let list = values.cast::<PyList>().is_ok();
        let values: Vec<f64> = values
            .extract()
            .map_err(|_| argument("curve", format!("expected a list of numbers of `{name}`")))?;
        if values.is_empty() || !list {
            return Err(argument(
                "curve",
                format!("expected a list of numbers of `{name}`"),
            ));
        }
        let mut next = Vec::new();
        for value in values {
            for setting in &all {
                next.push(match name.as_str() {
                    "n" if value.fract() == 0.0 && value >= 0.0 => Setting {
                        #[allow(
                            clippy::cast_possible_truncation,
                            clippy::cast_sign_loss,
                            reason = "a whole number; too large a one is refused"
                        )]
                        n: Some(value as u64),
                        ..*setting
                    },
                    "n" => {
                        let why = format!("expected whole numbers of families, found {value}");
                        return Err(argument("curve", why));
                    }
                    "effect" if value.is_finite() => Setting {
                        effect: Some(value),
                        ..*setting
                    },
                    _ => {
                        let why = format!("expected numbers of `n` or `effect`, found `{name}`");
                        return Err(argument("curve", why));
                    }
                });
            }
        }
        all = next;
    }
    Ok(all)
}

/// The names of the designs whose power has a closed form.
///
/// Returns
/// -------
/// list of str
///
/// Examples
/// --------
/// >>> "two_rates" in kring.designs()
/// True
#[pyfunction]
pub fn designs() -> Vec<&'static str> {
    kring::power::DESIGNS.to_vec()
}
