//! The linear model.

use std::sync::Arc;

use kring::analysis::{self, LmResult, MeansOf};
use kring::core::WeightKind;
use kring::formula::{DesignOptions, ResponseKind, WeightColumn};
use kring::report::{Content, table_text};
use kring::stats::lm::Lm;
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use serde_json::json;

use crate::cohort::Cohort;
use crate::errors::{detached, warn};
use crate::frame::{Frame, Tabular, frame};
use crate::hints::{Data, ModelFormula};
use crate::mixed::read;
use crate::result::{Shown, Tables, with_tables};
use crate::values::{Record, from_python};
use crate::{method, plain_style, tables};

/// A fitted linear model.
///
/// As a frame it has one row a coefficient.
///
/// Examples
/// --------
/// >>> fit = kring.lm("y ~ x", {"x": [0, 1, 2, 3], "y": [1, 3, 4, 8]})
/// >>> fit.to_polars()["value"].round(6).to_list()
/// [0.7, 2.2]
#[pyclass(frozen, extends = Tables, module = "kring")]
pub struct LmFit {
    inner: Arc<LmResult>,
}

#[pymethods]
impl LmFit {
    /// str: The formula.
    #[getter]
    fn formula(&self) -> &str {
        &self.inner.formula
    }

    /// str: The model and its errors in words.
    #[getter]
    fn method(&self) -> &str {
        &self.inner.method
    }

    /// Frame: The coefficients with their errors, intervals and p-values, one a row.
    #[getter]
    fn estimates<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, Frame>> {
        let rows: &Bound<'py, Tabular> = slf.as_super().as_super();
        frame(slf.py(), rows.get().frame()?)
    }

    /// dict or None: The test of all coefficients but the intercept, where the errors allow it.
    #[getter]
    fn overall<'py>(&self, py: Python<'py>) -> PyResult<Option<Record<'py>>> {
        self.inner
            .overall
            .as_ref()
            .map(|test| Record::of(py, test))
            .transpose()
    }

    /// float or None: The standard deviation of the residuals.
    #[getter]
    fn sigma(&self) -> Option<f64> {
        self.inner.sigma
    }

    /// float: Rows less estimated columns.
    #[getter]
    fn residual_df(&self) -> f64 {
        self.inner.residual_df
    }

    /// float or None: The share of the response's variance that is explained.
    #[getter]
    fn r_squared(&self) -> Option<f64> {
        self.inner.r_squared
    }

    /// float or None: The same, corrected for the number of columns.
    #[getter]
    fn adjusted_r_squared(&self) -> Option<f64> {
        self.inner.adjusted_r_squared
    }

    /// float or None: The log-likelihood at the estimates.
    #[getter]
    fn log_likelihood(&self) -> Option<f64> {
        self.inner.log_likelihood
    }

    /// int: The rows used.
    #[getter]
    fn rows(&self) -> usize {
        self.inner.rows
    }

    /// The coefficients and what stands below them, as text.
    ///
    /// Returns
    /// -------
    /// str
    fn summary(&self) -> String {
        let mut text = format!("{}\n", self.inner.formula);
        for content in self.content() {
            text.push_str(&table_text(&content, plain_style()));
        }
        text + "\n" + &self.inner.summary_line()
    }

    #[pyo3(signature = () -> "tuple[object, tuple[str, bytes]]")]
    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyTuple>> {
        let tables = slf.as_super().get();
        tables.reduce(slf.py(), "LmFit", json!(*slf.get().inner))
    }

    #[staticmethod]
    fn _restore<'py>(py: Python<'py>, written: &[u8]) -> PyResult<Bound<'py, Self>> {
        let (tables, inner) = Tables::restore(written)?;
        let inner = Arc::new(from_python("written", inner)?);
        with_tables(py, tables, Self { inner })
    }

    fn __repr__(&self) -> String {
        self.summary()
    }
}

impl LmFit {
    fn content(&self) -> Vec<Content> {
        let mut content = self.inner.content();
        content.extend(self.inner.factor_line().map(Content::Text));
        content
    }
}

/// Fits a linear model by least squares.
///
/// Parameters
/// ----------
/// formula : str
///     The model, as in R: ``"y ~ x * arm"``.
/// data : frame, Dataset, Cohort or dict of columns
///     Rows with a missing value in a column of the model are left out and counted.
/// covariance : str, default "classical"
///     How the errors are estimated: ``classical``, by row ``hc0`` to ``hc3`` (``hc3`` for small
///     samples), or by cluster ``cr0``, ``cr1``, ``cr2`` (for few clusters) and ``cr3``.
/// cluster : str, optional
///     The column that names the clusters, for ``cr0`` to ``cr3``.
/// weights : str, optional
///     The column of precision weights, as those of R's ``lm``.
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
///     Which table of a cohort: one row a subject (if left out), one a subject and wave, or the same
///     after the first wave with the columns of the subjects beside.
///
/// Returns
/// -------
/// LmFit
///
/// Raises
/// ------
/// InputError
///     If the formula cannot be read, a column is not there, or nothing can be estimated. The
///     message marks the place in the formula.
///
/// Examples
/// --------
/// >>> fit = kring.lm("yc3 ~ trt + yc1", kring.read(study / "data/fdd.csv"))
/// >>> effect = fit.to_polars().filter(label="trtE")
/// >>> round(effect["value"][0], 4), round(effect["p_value"][0], 4)
/// (-7.7095, 0.0343)
#[pyfunction]
#[pyo3(signature = (formula, data, *, covariance: "Literal['classical', 'hc0', 'hc1', 'hc2', 'hc3', 'cr0', 'cr1', 'cr2', 'cr3']"="classical", cluster=None, weights=None, means: "str | list[str] | dict[str, object] | None" = None, level=0.95, on: "Literal['subjects', 'measurements', 'follow_ups'] | None"=None))]
#[allow(clippy::too_many_arguments, reason = "each is a keyword in Python")]
pub fn lm<'py>(
    py: Python<'py>,
    formula: ModelFormula,
    data: Data<'py>,
    covariance: &str,
    cluster: Option<String>,
    weights: Option<String>,
    means: Option<Bound<'py, PyAny>>,
    level: f64,
    on: Option<&str>,
) -> PyResult<Bound<'py, LmFit>> {
    let model = Lm {
        covariance: from_python("covariance", json!(covariance))?,
        level,
    };
    let mut roles = DesignOptions {
        // Counts and grades are numbers to a linear model.
        response: ResponseKind::Continuous,
        clusters: cluster.into_iter().collect(),
        weights: weights.map(|column| WeightColumn {
            column,
            kind: WeightKind::Precision,
        }),
        ..DesignOptions::default()
    };
    if let Ok(cohort) = data.0.cast::<Cohort>() {
        roles.subject = Some(cohort.get().inner.subject_column().to_owned());
    }
    let table = method::table(py, &data, on)?;
    let means = read("means", means.as_ref())?.unwrap_or_default();
    let inner = detached(py, move || {
        let means = MeansOf::read(&means)?;
        analysis::lm_with_means(&table, &formula.0, &roles, &model, means.as_ref())
    })?;
    warn(py, inner.estimates.iter().flat_map(|one| &one.cautions))?;
    let inner = Arc::new(inner);
    let fit = LmFit {
        inner: Arc::clone(&inner),
    };
    with_tables(
        py,
        Tables::later("Linear model", move || shown(&inner)),
        fit,
    )
}

/// What is shown of a fit.
fn shown(inner: &Arc<LmResult>) -> PyResult<Shown> {
    let fit = LmFit {
        inner: Arc::clone(inner),
    };
    let mut content = vec![Content::Text(fit.inner.formula.clone())];
    content.extend(fit.content());
    content.push(Content::Text(fit.inner.summary_line()));
    let mut frames = vec![("estimates", tables::estimates(&inner.estimates)?)];
    if let Some(found) = &inner.means {
        frames.extend(method::of_means(found)?);
    }
    Shown::new(content, frames, &**inner)
}
