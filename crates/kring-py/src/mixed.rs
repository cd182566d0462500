//! Mixed models.

use pyo3::prelude::*;
use serde_json::{Map, Value, json};

use crate::cohort::Cohort;
use crate::hints::{Data, Executor, ModelFormula, Progress};
use crate::method::{self, Answer, Tasks};
use crate::values::plain;

/// The fields of a method as they are given: those that are not stay as is usual.
#[derive(Default)]
pub(crate) struct Given {
    fields: Map<String, Value>,
    options: Map<String, Value>,
}

impl Given {
    pub(crate) fn field(mut self, name: &str, value: Option<Value>) -> Self {
        self.fields
            .extend(value.map(|value| (name.to_owned(), value)));
        self
    }

    pub(crate) fn option(mut self, name: &str, value: Option<Value>) -> Self {
        self.options
            .extend(value.map(|value| (name.to_owned(), value)));
        self
    }

    pub(crate) fn all(mut self) -> Map<String, Value> {
        self.fields
            .insert("options".to_owned(), json!(self.options));
        self.fields
    }
}

/// A word or a dict.
pub(crate) fn read(name: &str, value: Option<&Bound<'_, PyAny>>) -> PyResult<Option<Value>> {
    value.map(|value| plain(name, value)).transpose()
}

/// A column of precision weights, or a column with what its weights mean.
pub(crate) fn weights(value: Option<&Bound<'_, PyAny>>) -> PyResult<Option<Value>> {
    Ok(read("weights", value)?.map(|value| match value {
        Value::String(column) => json!({ "column": column, "kind": "precision" }),
        other => other,
    }))
}

/// Of whom is predicted, or that with the scale and settings.
fn predict(value: Option<&Bound<'_, PyAny>>) -> PyResult<Option<Value>> {
    Ok(read("predict", value)?.map(|value| match value {
        Value::String(whose) => json!({ "whose": whose }),
        other => other,
    }))
}

pub(crate) fn text(value: Option<String>) -> Option<Value> {
    value.map(Value::String)
}

/// A mixed model of a cohort is one of its measurements, unless the other table is asked for.
pub(crate) fn table_of<'a>(data: &Data<'_>, on: Option<&'a str>) -> Option<&'a str> {
    let measurements = data.0.cast::<Cohort>().is_ok().then_some("measurements");
    on.or(measurements)
}

/// Fits a linear mixed model: numbers of families that are measured again and again.
///
/// Parameters
/// ----------
/// formula : str
///     The model, as in R, with a random term: ``"problems ~ arm * wave + (1 | family)"``.
/// data : frame, Dataset, Cohort or dict of columns
///     One row a measurement. Rows with a missing value in a column of the model are left out and
///     counted.
/// estimation : {"reml", "ml"}, default "reml"
///     Which likelihood is made as large as possible; ``ml`` to compare models with other fixed terms.
/// dof : {"satterthwaite", "kenward_roger", "normal"}, default "satterthwaite"
///     How degrees of freedom are found.
/// structure : {"unstructured", "diagonal", "compound_symmetry"}, optional
///     How several random effects of one group are related; as the formula says, if left out.
/// weights : str or dict, optional
///     The column of precision weights, or ``{"column": …, "kind": "frequency"}``.
/// dispersion : str, optional
///     The terms of the residuals' standard deviation, ``"~ arm"``, where it is not the same for all rows.
/// by : str, optional
///     A factor whose levels every row is set to, one after the other; the means are compared.
/// within : str, optional
///     A second column: the levels of ``by`` are compared at each of its values, such as waves.
/// means : str, list of str or dict, optional
///     Means of each combination of levels, as emmeans has them, and their contrasts, in the frames ``means`` and
///     ``contrasts``: ``"pairwise ~ arm | wave"``, which is short for
///     ``{"of": ["arm"], "by": ["wave"], "contrasts": "pairwise"}``. Further ``weights``
///     (``equal``, ``proportional``, ``outer``, ``cells``, ``flat``; ``rows`` for g-computation), ``scale`` (``link``,
///     ``ratios``, ``response``), ``slopes`` (along a column of numbers), ``at`` (``{"age": 40, "wave": [1, 3]}``),
///     ``interaction`` (products of contrasts, differences of differences:
///     ``[{"of": "arm", "family": "control"}, {"of": "wave", "family": "consecutive"}]``), ``adjust`` and
///     ``equivalence``.
/// against : str, optional
///     The formula of a smaller model, which is tested against this one on the same rows.
/// intervals : str or dict, default "wald"
///     ``"profile"``, or ``{"bootstrap": {"replicates": 999, "seed": 1}}``, in place of intervals from
///     standard errors; of coefficients, whose labels stay, and of standard deviations.
/// exact : dict, optional
///     ``{"seed": 1}`` for the exact test of the one variance between groups.
/// predict : str or dict, optional
///     What the model expects of the typical family, ``"population"``, or of the rows' own, ``"families"``:
///     row by row, also of rows without an outcome, in ``frames["by_row"]``. With settings,
///     ``{"whose": "population", "at": {"arm": ["WT", "EKC"], "wave": [1, 2]}}``, for all combinations of them,
///     in ``frames["predictions"]``.
/// show : list of str, optional
///     ``"random_effects"`` and ``"influence"``, each a frame in ``frames``; ``"residuals"``, with the fitted
///     values in ``frames["by_row"]``.
/// level : float, default 0.95
///     The level of the intervals.
/// on : {"subjects", "measurements", "follow_ups"}, optional
///     Which table of a cohort: one row a subject and wave (if left out), one a subject, or the
///     measurements after the first wave with the columns of the subjects beside.
/// executor : concurrent.futures.Executor, optional
///     Who draws the replicates of a bootstrap. The answer has the same bits with any.
/// progress : bool or callable, optional
///     ``True`` shows on standard error how many replicates are done; a function is called with the
///     number that is done and the number of all.
///
/// Returns
/// -------
/// Answer
///     With the random effects' standard deviations and correlations as its ``components``.
///
/// Raises
/// ------
/// InputError
///     If the formula cannot be read, a column is not there, or nothing can be estimated.
/// ConvergenceError
///     If the search does not come to an end.
///
/// Examples
/// --------
/// >>> data = {"y": [1, 3, 6, 8, 8, 10], "family": ["a", "a", "b", "b", "c", "c"]}
/// >>> fit = kring.lmm("y ~ 1 + (1 | family)", data)
/// >>> [(c["group"], round(c["value"] ** 2, 3)) for c in fit.components]
/// [('family', 12.0), ('residual', 2.0)]
///
/// >>> fit = kring.lmm("y ~ 1 + (1 | family)", data, show=["random_effects"])
/// >>> fit.frames["random_effects"].to_polars()["value"].round(3).to_list()
/// [-3.692, 0.923, 2.769]
#[pyfunction]
#[pyo3(signature = (formula, data, *, estimation: "Literal['reml', 'ml']"="reml", dof: "Literal['satterthwaite', 'kenward_roger', 'normal']"="satterthwaite", structure: "Literal['unstructured', 'diagonal', 'compound_symmetry'] | None"=None, weights: "str | dict[str, object] | None" = None, dispersion=None, by=None, within=None, means: "str | list[str] | dict[str, object] | None" = None, against=None, intervals: "str | dict[str, object] | None" = None, exact: "dict[str, object] | None" = None, predict: "str | dict[str, object] | None" = None, show=None, level=0.95, on: "Literal['subjects', 'measurements', 'follow_ups'] | None"=None, executor=None, progress=None))]
#[allow(clippy::too_many_arguments, reason = "each is a keyword in Python")]
pub fn lmm<'py>(
    py: Python<'py>,
    formula: ModelFormula,
    data: Data<'py>,
    estimation: &str,
    dof: &str,
    structure: Option<String>,
    weights: Option<Bound<'py, PyAny>>,
    dispersion: Option<String>,
    by: Option<String>,
    within: Option<String>,
    means: Option<Bound<'py, PyAny>>,
    against: Option<String>,
    intervals: Option<Bound<'py, PyAny>>,
    exact: Option<Bound<'py, PyAny>>,
    predict: Option<Bound<'py, PyAny>>,
    show: Option<Vec<String>>,
    level: f64,
    on: Option<&str>,
    executor: Option<Executor<'py>>,
    progress: Option<Progress<'py>>,
) -> PyResult<Bound<'py, Answer>> {
    let given = Given::default()
        .field("formula", Some(json!(formula.0)))
        .field("structure", text(structure))
        .field("weights", self::weights(weights.as_ref())?)
        .field("dispersion", text(dispersion))
        .field("by", text(by))
        .field("within", text(within))
        .field("means", read("means", means.as_ref())?)
        .field("against", text(against))
        .field("intervals", read("intervals", intervals.as_ref())?)
        .field("exact", read("exact", exact.as_ref())?)
        .field("predict", self::predict(predict.as_ref())?)
        .field("show", show.map(|show| json!(show)))
        .option("estimation", Some(json!(estimation)))
        .option("dof", Some(json!(dof)))
        .option("level", Some(json!(level)));
    let on = table_of(&data, on);
    let tasks = Tasks { executor, progress };
    method::run(py, "lmm", &given.all(), &data, on, tasks)
}

/// Fits a generalised linear mixed model: counts and shares of families that are measured again and
/// again.
///
/// Parameters
/// ----------
/// formula : str
///     The model, as in R, with a random term: ``"problems ~ arm * wave + (1 | family)"``; of s of n,
///     ``"cbind(s, n - s) ~ …"``.
/// data : frame, Dataset, Cohort or dict of columns
///     One row a measurement. Rows with a missing value in a column of the model are left out and
///     counted.
/// family : str, default "poisson"
///     ``poisson``, ``nbinom2``, ``nbinom1``, ``binomial``, ``beta_binomial`` or ``gamma``.
/// link : str, optional
///     How the mean hangs together with the columns; the family's usual link, if left out.
/// zeros : {"inflated", "hurdle", "truncated"}, default "inflated"
///     What the part ``zero`` means; ``truncated`` where there can be no zeros.
/// zero : str, optional
///     The terms of the zeros, ``"~ arm"``.
/// dispersion : str, optional
///     The terms of the dispersion, ``"~ arm"``.
/// integration : str or dict, default "automatic"
///     How the random effects are integrated out: chosen, ``"laplace"``, or
///     ``{"quadrature": {"points": 9}}``.
/// structure : {"unstructured", "diagonal", "compound_symmetry"}, optional
///     How several random effects of one group are related; as the formula says, if left out.
/// weights : str or dict, optional
///     The column of precision weights, or ``{"column": …, "kind": "frequency"}``.
/// by : str, optional
///     A factor whose levels every row is set to, one after the other: means, differences and ratios on
///     the scale of the outcome, over all families and of the typical one.
/// within : str, optional
///     A second column: the levels of ``by`` are compared at each of its values, such as waves.
/// means : str, list of str or dict, optional
///     Means of each combination of levels, as emmeans has them, and their contrasts, in the frames ``means`` and
///     ``contrasts``: ``"pairwise ~ arm | wave"``, which is short for
///     ``{"of": ["arm"], "by": ["wave"], "contrasts": "pairwise"}``. Further ``weights``
///     (``equal``, ``proportional``, ``outer``, ``cells``, ``flat``; ``rows`` for g-computation), ``scale`` (``link``,
///     ``ratios``, ``response``), ``slopes`` (along a column of numbers), ``at`` (``{"age": 40, "wave": [1, 3]}``),
///     ``interaction`` (products of contrasts, differences of differences:
///     ``[{"of": "arm", "family": "control"}, {"of": "wave", "family": "consecutive"}]``), ``adjust`` and
///     ``equivalence``.
/// against : str, optional
///     The formula of a smaller model, which is tested against this one on the same rows.
/// intervals : str or dict, default "wald"
///     ``"profile"``, or ``{"bootstrap": {"replicates": 999, "seed": 1}}``, in place of intervals from
///     standard errors; of coefficients, whose labels stay, and of standard deviations.
/// predict : str or dict, optional
///     What the model expects of the typical family, ``"population"``, or of the rows' own, ``"families"``:
///     row by row, also of rows without an outcome, in ``frames["by_row"]``. With settings and a scale,
///     ``{"whose": "population", "scale": "link", "at": {"arm": ["WT", "EKC"]}}``, for all combinations of
///     them, in ``frames["predictions"]``.
/// show : list of str, optional
///     ``"random_effects"`` and ``"influence"``, each a frame in ``frames``; ``"residuals"``, with the fitted
///     values in ``frames["by_row"]``.
/// simulated_residuals : dict, optional
///     ``{"seed": 1}`` for residuals by simulation, as DHARMa's, in ``frames["by_row"]``, with tests of
///     uniformity, dispersion, zeros and outliers.
/// level : float, default 0.95
///     The level of the intervals.
/// on : {"subjects", "measurements", "follow_ups"}, optional
///     Which table of a cohort: one row a subject and wave (if left out), one a subject, or the
///     measurements after the first wave with the columns of the subjects beside.
/// executor : concurrent.futures.Executor, optional
///     Who draws the replicates of a bootstrap. The answer has the same bits with any.
/// progress : bool or callable, optional
///     ``True`` shows on standard error how many replicates are done; a function is called with the
///     number that is done and the number of all.
///
/// Returns
/// -------
/// Answer
///     With the random effects' standard deviations and correlations as its ``components``.
///
/// Raises
/// ------
/// InputError
///     If the formula cannot be read, a column is not there, or nothing can be estimated.
/// ConvergenceError
///     If the search does not come to an end.
///
/// Examples
/// --------
/// >>> data = {"y": [1, 2, 0, 1, 5, 6, 2, 3, 0, 0, 9, 7, 4, 2, 1, 3],
/// ...         "family": [i // 2 for i in range(16)]}
/// >>> fit = kring.glmm("y ~ 1 + (1 | family)", data, integration="laplace")
/// >>> round(fit.components[0]["value"], 3)
/// 0.84
#[pyfunction]
#[pyo3(signature = (formula, data, *, family: "Literal['poisson', 'nbinom2', 'nbinom1', 'binomial', 'beta_binomial', 'gamma', 'cumulative']"="poisson", link=None, zeros: "Literal['inflated', 'hurdle', 'truncated']"="inflated", zero=None, dispersion=None, integration: "str | dict[str, object] | None" = None, structure: "Literal['unstructured', 'diagonal', 'compound_symmetry'] | None"=None, weights: "str | dict[str, object] | None" = None, by=None, within=None, means: "str | list[str] | dict[str, object] | None" = None, against=None, intervals: "str | dict[str, object] | None" = None, predict: "str | dict[str, object] | None" = None, show=None, simulated_residuals: "dict[str, object] | None" = None, level=0.95, on: "Literal['subjects', 'measurements', 'follow_ups'] | None"=None, executor=None, progress=None))]
#[allow(clippy::too_many_arguments, reason = "each is a keyword in Python")]
pub fn glmm<'py>(
    py: Python<'py>,
    formula: ModelFormula,
    data: Data<'py>,
    family: &str,
    link: Option<String>,
    zeros: &str,
    zero: Option<String>,
    dispersion: Option<String>,
    integration: Option<Bound<'py, PyAny>>,
    structure: Option<String>,
    weights: Option<Bound<'py, PyAny>>,
    by: Option<String>,
    within: Option<String>,
    means: Option<Bound<'py, PyAny>>,
    against: Option<String>,
    intervals: Option<Bound<'py, PyAny>>,
    predict: Option<Bound<'py, PyAny>>,
    show: Option<Vec<String>>,
    simulated_residuals: Option<Bound<'py, PyAny>>,
    level: f64,
    on: Option<&str>,
    executor: Option<Executor<'py>>,
    progress: Option<Progress<'py>>,
) -> PyResult<Bound<'py, Answer>> {
    let given = Given::default()
        .field("formula", Some(json!(formula.0)))
        .field("zero", text(zero))
        .field("dispersion", text(dispersion))
        .field("structure", text(structure))
        .field("weights", self::weights(weights.as_ref())?)
        .field("by", text(by))
        .field("within", text(within))
        .field("means", read("means", means.as_ref())?)
        .field("against", text(against))
        .field("intervals", read("intervals", intervals.as_ref())?)
        .field("predict", self::predict(predict.as_ref())?)
        .field("show", show.map(|show| json!(show)))
        .field(
            "simulated_residuals",
            read("simulated_residuals", simulated_residuals.as_ref())?,
        )
        .option("family", Some(json!(family)))
        .option("link", text(link))
        .option("zeros", Some(json!(zeros)))
        .option("integration", read("integration", integration.as_ref())?)
        .option("level", Some(json!(level)));
    let on = table_of(&data, on);
    let tasks = Tasks { executor, progress };
    method::run(py, "glmm", &given.all(), &data, on, tasks)
}
