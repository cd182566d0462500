//! Models of families that are measured again and again, without random effects.

use pyo3::prelude::*;
use serde_json::json;

use crate::cohort::Cohort;
use crate::errors::argument;
use crate::hints::{Data, ModelFormula};
use crate::method::{self, Answer, Tasks};
use crate::mixed::{Given, read, table_of, text, weights as read_weights};

/// Which columns name the family and the wave: those that are given, else those of a cohort.
fn families(
    data: &Data<'_>,
    subject: Option<String>,
    wave: Option<String>,
) -> PyResult<(String, Option<String>)> {
    if let Ok(cohort) = data.0.cast::<Cohort>() {
        let cohort = &cohort.get().inner;
        let subject = subject.unwrap_or_else(|| cohort.subject_column().to_owned());
        let wave = wave.or_else(|| cohort.wave_column().map(str::to_owned));
        return Ok((subject, wave));
    }
    match subject {
        Some(subject) => Ok((subject, wave)),
        None => Err(argument(
            "subject",
            "give the column that names the family or person; only a cohort knows it",
        )),
    }
}

/// Fits a marginal model by estimating equations (GEE): means of a population whose families are measured
/// again and again.
///
/// The coefficients speak of the population, not of one family, and their errors hold whether or not the
/// working correlation does.
///
/// Parameters
/// ----------
/// formula : str
///     The model, as in R, without random terms: ``"problems ~ arm * factor(wave)"``.
/// data : frame, Dataset, Cohort or dict of columns
///     One row a measurement. Rows with a missing value in a column of the model are left out and
///     counted.
/// subject : str, optional
///     The column that names the family or person; of a cohort it is known.
/// wave : str, optional
///     The column of the wave, which says where a row stands in its family; of a cohort it is known.
/// time : str, optional
///     The column of the time in numbers, where it is not the number of the wave.
/// clusters : list of str, optional
///     The columns of what families lie in, outermost first, such as teams: these are independent then.
/// family : str, default "gaussian"
///     ``gaussian``, ``poisson``, ``nbinom2``, ``nbinom1``, ``binomial``, ``beta_binomial`` or ``gamma``.
/// link : str, optional
///     How the mean hangs together with the columns; the family's usual link, if left out.
/// correlation : str or dict, default "exchangeable"
///     How rows of a family are taken to be correlated: ``independence``, ``exchangeable``, ``ar1``,
///     ``unstructured``, ``nested_exchangeable``, ``{"m_dependent": 2}`` or ``{"fixed": [[…], …]}``.
/// covariance : str, default "mancl_derouen"
///     How the errors are estimated: ``robust`` is geepack's; ``mancl_derouen``, ``kauermann_carroll``,
///     ``fay_graubard``, ``morel_bokossa_neerchal``, ``pan`` and ``wang_long`` are for few families.
/// dof : {"normal", "families", "satterthwaite", "pan_wall"}, optional
///     What tests refer to; what goes with the errors, if left out.
/// weights : str or dict, optional
///     The column of precision weights, or ``{"column": …, "kind": "frequency"}``.
/// by : str, optional
///     A factor whose levels every row is set to, one after the other; the means are compared on the scale of
///     the outcome.
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
/// level : float, default 0.95
///     The level of the intervals.
/// on : {"subjects", "measurements", "follow_ups"}, optional
///     Which table of a cohort: one row a subject and wave (if left out), one a subject, or the
///     measurements after the first wave with the columns of the subjects beside.
///
/// Returns
/// -------
/// Answer
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
/// >>> data = {"y": [1, 3, 6, 8, 8, 11], "family": ["a", "a", "b", "b", "c", "c"], "wave": [1, 2, 1, 2, 1, 2]}
/// >>> fit = kring.gee("y ~ wave", data, subject="family", wave="wave", covariance="robust", dof="normal")
/// >>> slope = fit.to_polars().filter(label="wave")
/// >>> round(slope["value"][0], 4), round(slope["std_error"][0], 4)
/// (2.3333, 0.2722)
#[pyfunction]
#[pyo3(signature = (formula, data, *, subject=None, wave=None, time=None, clusters=None, family: "Literal['gaussian', 'poisson', 'nbinom2', 'nbinom1', 'binomial', 'beta_binomial', 'gamma']"="gaussian", link=None, correlation: "str | dict[str, object] | None" = None, covariance: "Literal['model_based', 'robust', 'jackknife', 'mancl_derouen', 'kauermann_carroll', 'fay_graubard', 'morel_bokossa_neerchal', 'pan', 'wang_long']"="mancl_derouen", dof: "Literal['normal', 'families', 'satterthwaite', 'pan_wall'] | None"=None, weights: "str | dict[str, object] | None" = None, by=None, within=None, means: "str | list[str] | dict[str, object] | None" = None, level=0.95, on: "Literal['subjects', 'measurements', 'follow_ups'] | None"=None))]
#[allow(clippy::too_many_arguments, reason = "each is a keyword in Python")]
pub fn gee<'py>(
    py: Python<'py>,
    formula: ModelFormula,
    data: Data<'py>,
    subject: Option<String>,
    wave: Option<String>,
    time: Option<String>,
    clusters: Option<Vec<String>>,
    family: &str,
    link: Option<String>,
    correlation: Option<Bound<'py, PyAny>>,
    covariance: &str,
    dof: Option<String>,
    weights: Option<Bound<'py, PyAny>>,
    by: Option<String>,
    within: Option<String>,
    means: Option<Bound<'py, PyAny>>,
    level: f64,
    on: Option<&str>,
) -> PyResult<Bound<'py, Answer>> {
    let (subject, wave) = families(&data, subject, wave)?;
    let given = Given::default()
        .field("formula", Some(json!(formula.0)))
        .field("subject", Some(json!(subject)))
        .field("wave", text(wave))
        .field("time", text(time))
        .field("clusters", clusters.map(|clusters| json!(clusters)))
        .field("weights", read_weights(weights.as_ref())?)
        .field("by", text(by))
        .field("within", text(within))
        .field("means", read("means", means.as_ref())?)
        .option("family", Some(json!(family)))
        .option("link", text(link))
        .option("correlation", read("correlation", correlation.as_ref())?)
        .option("covariance", Some(json!(covariance)))
        .option("dof", text(dof))
        .option("level", Some(json!(level)));
    let on = table_of(&data, on);
    method::run(py, "gee", &given.all(), &data, on, Tasks::default())
}

/// Fits a mixed model for repeated measures (MMRM): means by wave, and a covariance over the waves.
///
/// Waves that are missing at random given those that were seen do no harm.
///
/// Parameters
/// ----------
/// formula : str
///     The model, as in R, without random terms: ``"problems ~ arm * factor(wave)"``.
/// data : frame, Dataset, Cohort or dict of columns
///     One row a measurement. Rows with a missing value in a column of the model are left out and
///     counted.
/// subject : str, optional
///     The column that names the family or person; of a cohort it is known.
/// wave : str, optional
///     The column of the wave, which says where a row stands in its family; of a cohort it is known.
/// time : str, optional
///     The column of the time in numbers, where it is not the number of the wave.
/// arm : str, optional
///     The column of the arm, each of which then has a covariance of its own.
/// structure : str, default "us"
///     How residuals are related over the waves, in SAS's and mmrm's names: ``us``, ``cs``, ``csh``, ``ar1``,
///     ``ar1h``, ``toep``, ``toeph``, ``ad``, ``adh`` or ``sp_exp``.
/// estimation : {"reml", "ml"}, default "reml"
///     Which likelihood is made as large as possible.
/// dof : str, default "satterthwaite"
///     How degrees of freedom are found: ``satterthwaite``, ``kenward_roger``, ``kenward_roger_linear``,
///     ``between_within``, ``residual`` or ``normal``.
/// errors : {"model", "cr0", "cr2", "cr3"}, default "model"
///     The errors: of the model, or by the residuals of whole families.
/// weights : str or dict, optional
///     The column of precision weights, or ``{"column": …, "kind": "frequency"}``.
/// by : str, optional
///     A factor whose levels every row is set to, one after the other; the means are compared on the scale of
///     the outcome.
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
/// level : float, default 0.95
///     The level of the intervals.
/// on : {"subjects", "measurements", "follow_ups"}, optional
///     Which table of a cohort: one row a subject and wave (if left out), one a subject, or the
///     measurements after the first wave with the columns of the subjects beside.
///
/// Returns
/// -------
/// Answer
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
/// >>> data = {"y": [1, 3, 6, 8, 8, 11], "family": ["a", "a", "b", "b", "c", "c"], "wave": [1, 2, 1, 2, 1, 2]}
/// >>> fit = kring.mmrm("y ~ factor(wave)", data, subject="family", wave="wave", means={"of": ["wave"]})
/// >>> fit.frames["means"].to_polars()["value"].round(4).to_list()
/// [5.0, 7.3333]
#[pyfunction]
#[pyo3(signature = (formula, data, *, subject=None, wave=None, time=None, arm=None, structure: "Literal['us', 'cs', 'csh', 'ar1', 'ar1h', 'toep', 'toeph', 'ad', 'adh', 'sp_exp']"="us", estimation: "Literal['reml', 'ml']"="reml", dof: "Literal['satterthwaite', 'kenward_roger', 'kenward_roger_linear', 'between_within', 'residual', 'normal']"="satterthwaite", errors: "Literal['model', 'cr0', 'cr2', 'cr3']"="model", weights: "str | dict[str, object] | None" = None, by=None, within=None, means: "str | list[str] | dict[str, object] | None" = None, level=0.95, on: "Literal['subjects', 'measurements', 'follow_ups'] | None"=None))]
#[allow(clippy::too_many_arguments, reason = "each is a keyword in Python")]
pub fn mmrm<'py>(
    py: Python<'py>,
    formula: ModelFormula,
    data: Data<'py>,
    subject: Option<String>,
    wave: Option<String>,
    time: Option<String>,
    arm: Option<String>,
    structure: &str,
    estimation: &str,
    dof: &str,
    errors: &str,
    weights: Option<Bound<'py, PyAny>>,
    by: Option<String>,
    within: Option<String>,
    means: Option<Bound<'py, PyAny>>,
    level: f64,
    on: Option<&str>,
) -> PyResult<Bound<'py, Answer>> {
    let (subject, wave) = families(&data, subject, wave)?;
    let shared = if arm.is_some() {
        "each_arm"
    } else {
        "everyone"
    };
    let given = Given::default()
        .field("formula", Some(json!(formula.0)))
        .field("subject", Some(json!(subject)))
        .field("wave", text(wave))
        .field("time", text(time))
        .field("arm", text(arm))
        .field("weights", read_weights(weights.as_ref())?)
        .field("by", text(by))
        .field("within", text(within))
        .field("means", read("means", means.as_ref())?)
        .option("structure", Some(json!(structure)))
        .option("shared", Some(json!(shared)))
        .option("estimation", Some(json!(estimation)))
        .option("dof", Some(json!(dof)))
        .option("errors", Some(json!(errors)))
        .option("level", Some(json!(level)));
    let on = table_of(&data, on);
    method::run(py, "mmrm", &given.all(), &data, on, Tasks::default())
}
