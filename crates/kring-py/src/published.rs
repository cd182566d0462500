//! Published figures and whether they can be.

use kring::check;
use kring::core::{self, Locale};
use pyo3::prelude::*;
use serde_json::json;

use crate::errors::{argument, refused};
use crate::values::Record;

/// A figure as somebody printed it: its digits define what agrees with it.
///
/// ``kring.published`` makes it.
///
/// Examples
/// --------
/// >>> six = kring.published("6")
/// >>> six.limits
/// (5.5, 6.5)
/// >>> six.admits(5.7)
/// True
#[pyclass(frozen, module = "kring")]
pub struct Published {
    inner: core::Published,
}

#[pymethods]
impl Published {
    /// str: The text as printed.
    #[getter]
    fn text(&self) -> &str {
        &self.inner.text
    }

    /// float or None: The number that the text says.
    #[getter]
    fn value(&self) -> Option<f64> {
        self.inner.value()
    }

    /// bool: Whether it is a percentage; then the value of ``18%`` is 18.
    #[getter]
    fn percent(&self) -> bool {
        self.inner.percent
    }

    /// tuple of (float or None, float or None): What the digits admit; None means unbounded.
    #[getter]
    fn limits(&self) -> (Option<f64>, Option<f64>) {
        self.inner.limits()
    }

    /// Whether the digits admit a number.
    ///
    /// Parameters
    /// ----------
    /// x : float
    ///
    /// Returns
    /// -------
    /// bool
    fn admits(&self, x: f64) -> bool {
        self.inner.admits(x)
    }

    fn __str__(&self) -> &str {
        &self.inner.text
    }

    fn __repr__(&self) -> String {
        format!("<kring.Published {}>", self.inner.text)
    }
}

/// Reads a figure as it was printed.
///
/// Parameters
/// ----------
/// text : str
///     The figure with the digits it was printed with: ``"4.70"``, ``"18%"``, ``"< .001"``.
/// locale : {"en", "nl"}, default "en"
///     How numbers are written: ``1,511.5`` or ``1.511,5``.
///
/// Returns
/// -------
/// Published
///
/// Raises
/// ------
/// InputError
///     If the text cannot be read as a figure.
///
/// Examples
/// --------
/// >>> kring.published("4,7", locale="nl").value
/// 4.7
#[pyfunction]
#[pyo3(signature = (text, locale="en"))]
pub fn published(text: &str, locale: &str) -> PyResult<Published> {
    let locale = match locale {
        "en" => Locale::English,
        "nl" => Locale::Dutch,
        other => {
            return Err(argument(
                "locale",
                format!("expected `en` or `nl`, found `{other}`"),
            ));
        }
    };
    let inner = core::Published::parse(text, locale).map_err(refused)?;
    Ok(Published { inner })
}

/// Checks whether a printed mean or percentage can come from so many whole numbers.
///
/// A mean of n whole numbers is a whole number divided by n, so that with small n most means
/// cannot be (Brown and Heathers 2017, doi 10.1177/1948550616673876).
///
/// Parameters
/// ----------
/// mean : str
///     The mean, or a percentage such as ``"18%"``, with the digits it was printed with.
/// n : int
///     The number of respondents.
/// items : int, default 1
///     The number of whole numbers that each of them contributes.
///
/// Returns
/// -------
/// dict
///     The ``outcome``, ``consistent`` or ``inconsistent``, with the ``arithmetic`` and what it
///     means.
///
/// Raises
/// ------
/// InputError
///     If the mean cannot be read, or `n` or `items` is zero.
///
/// Examples
/// --------
/// >>> kring.grim("5.19", 28)["outcome"]
/// 'inconsistent'
/// >>> kring.grim("5.18", 28)["outcome"]
/// 'consistent'
#[pyfunction]
#[pyo3(signature = (mean, n, items=1))]
pub fn grim<'py>(py: Python<'py>, mean: &str, n: i64, items: i64) -> PyResult<Record<'py>> {
    let count = |name, n: i64| {
        argument(
            name,
            format!("expected a whole number above zero, found {n}"),
        )
    };
    let respondents = usize::try_from(n).map_err(|_| count("n", n))?;
    let items = u32::try_from(items).map_err(|_| count("items", items))?;
    let figure = core::Published::parse(mean, Locale::English).map_err(refused)?;
    let found = check::grim(&figure, respondents, items).map_err(refused)?;
    Record::of(
        py,
        &json!({
            "kind": found.kind,
            "outcome": found.outcome,
            "arithmetic": found.arithmetic,
            "meaning": found.meaning,
        }),
    )
}
