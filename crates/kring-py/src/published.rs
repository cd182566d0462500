//! Published figures and whether they can be.

use std::hash::{DefaultHasher, Hash, Hasher};

use kring::check::{
    self, Categories, Figures, Found, Grim, GroupMean, IntervalTest, Scale, Spread, read_test,
};
use kring::core::{self, Locale, TargetInterval};
use pyo3::exceptions::PyTypeError;
use pyo3::inspect::PyStaticExpr;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use serde_json::{Value, json};

use crate::errors::{argument, detached, refused};
use crate::hints::Numbers;
use crate::input;
use crate::pickle::{reduced, restored};
use crate::values::{Record, from_python, kind};

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

    fn __eq__(&self, other: &Self) -> bool {
        self.inner == other.inner
    }

    fn __hash__(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.inner.text.hash(&mut hasher);
        hasher.finish()
    }

    fn __copy__(slf: Bound<'_, Self>) -> Bound<'_, Self> {
        slf
    }

    fn __deepcopy__<'py>(slf: Bound<'py, Self>, memo: Bound<'py, PyAny>) -> Bound<'py, Self> {
        drop(memo);
        slf
    }

    #[pyo3(signature = () -> "tuple[object, tuple[str, bytes]]")]
    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        reduced(py, "Published", &self.inner)
    }

    #[staticmethod]
    fn _restore(written: &[u8]) -> PyResult<Self> {
        Ok(Self {
            inner: restored(written)?,
        })
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
#[pyo3(signature = (text, locale: "Literal['en', 'nl']"="en"))]
pub fn published(text: &str, locale: &str) -> PyResult<Published> {
    let locale = written(locale)?;
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
pub fn grim(py: Python<'_>, mean: Digits, n: i64, items: i64) -> PyResult<Record<'_>> {
    let respondents = count("n", n)?;
    let items = whole_items(items)?;
    let figure = core::Published::parse(&mean, Locale::English).map_err(refused)?;
    let found = check::grim(&figure, respondents, items).map_err(refused)?;
    told(py, &found)
}

/// What a check found, as `grim` gives it.
fn told<'py>(py: Python<'py>, found: &Found) -> PyResult<Record<'py>> {
    Record::of(py, &said(found))
}

fn said(found: &Found) -> Value {
    json!({
        "kind": found.kind,
        "outcome": found.outcome,
        "arithmetic": found.arithmetic,
        "meaning": found.meaning,
    })
}

fn written(locale: &str) -> PyResult<Locale> {
    match locale {
        "en" => Ok(Locale::English),
        "nl" => Ok(Locale::Dutch),
        other => Err(argument(
            "locale",
            format!("expected `en` or `nl`, found `{other}`"),
        )),
    }
}

fn count(name: &str, n: i64) -> PyResult<usize> {
    usize::try_from(n).ok().filter(|n| *n > 0).ok_or_else(|| {
        argument(
            name,
            format!("expected a whole number above zero, found {n}"),
        )
    })
}

fn whole_items(items: i64) -> PyResult<u32> {
    let found = u32::try_from(items).ok().filter(|items| *items > 0);
    found.ok_or_else(|| {
        argument(
            "items",
            format!("expected a whole number above zero, found {items}"),
        )
    })
}

/// A figure with the digits it was printed with.
pub struct Digits(String);

impl std::ops::Deref for Digits {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl<'py> FromPyObject<'_, 'py> for Digits {
    type Error = PyErr;
    const INPUT_TYPE: PyStaticExpr = <String as FromPyObject<'static, 'static>>::INPUT_TYPE;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        object.extract::<String>().map(Self).map_err(|_| {
            PyTypeError::new_err(format!(
                "expected the figure as a text with the digits it was printed with, as in \"5.19\" or \
                 \"18%\", found {}: a number has lost its trailing zeros, and checks live on them",
                kind(&object)
            ))
        })
    }
}

/// A figure as printed, or a count, which is exact.
#[derive(FromPyObject)]
pub enum Printed {
    /// As printed.
    #[pyo3(transparent)]
    Text(String),
    /// A count.
    #[pyo3(transparent)]
    Count(i64),
}

impl Printed {
    fn figure(&self, locale: Locale) -> PyResult<core::Published> {
        match self {
            Self::Text(text) => core::Published::parse(text, locale).map_err(refused),
            Self::Count(n) => core::Published::parse(&n.to_string(), Locale::English)
                .map(core::Published::counted)
                .map_err(refused),
        }
    }
}

fn figures_of(printed: &[Printed], locale: Locale) -> PyResult<Vec<core::Published>> {
    printed.iter().map(|one| one.figure(locale)).collect()
}

fn figure(text: &str, locale: Locale) -> PyResult<core::Published> {
    core::Published::parse(text, locale).map_err(refused)
}

fn optional(text: Option<&Digits>, locale: Locale) -> PyResult<Option<core::Published>> {
    text.map(|text| figure(text, locale)).transpose()
}

fn ends(low: &str, high: &str, level: f64, locale: Locale) -> PyResult<TargetInterval> {
    Ok(TargetInterval {
        low: figure(low, locale)?,
        high: figure(high, locale)?,
        level,
    })
}

/// Runs GRIM on many means at once.
///
/// Parameters
/// ----------
/// means : sequence of float
///     A list, an array of numpy, or a series of polars or pandas.
/// n : sequence of int
///     The number of respondents of each.
/// items : int, default 1
///     The number of whole numbers that each respondent contributes.
/// decimals : int, default 2
///     How many decimals the means were printed with.
/// of : {"means", "percentages"}, default "means"
///     What was printed.
///
/// Returns
/// -------
/// list of bool
///     Whether each mean can come from its n.
///
/// Raises
/// ------
/// InputError
///     If there is not one n a mean, or one of them is missing, zero or not whole.
///
/// Examples
/// --------
/// >>> kring.grim_many([5.19, 5.18, 3.45], [28, 28, 20])
/// [False, True, True]
#[pyfunction]
#[pyo3(signature = (means, n, *, items=1, decimals=2, of: "Literal['means', 'percentages']"="means"))]
pub fn grim_many<'py>(
    py: Python<'py>,
    means: Numbers<'py>,
    n: Numbers<'py>,
    items: i64,
    decimals: u32,
    of: &str,
) -> PyResult<Vec<bool>> {
    let options = Grim {
        decimals,
        items: whole_items(items)?,
        of: from_python("of", json!(of))?,
    };
    let columns = PyDict::new(py);
    columns.set_item("means", &means.0)?;
    columns.set_item("n", &n.0)?;
    let dataset = input::dataset(py, columns.as_any())?;
    let table = detached(py, move || Ok::<_, kring::Error>(dataset.table()?))?;
    let missing = |name: &str, row: usize| {
        argument(name, format!("row {} has no value; leave it out", row + 1))
    };
    let whole = |(row, n): (usize, Option<f64>)| {
        let n = n.ok_or_else(|| missing("n", row))?;
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a whole number from 1 to 2^32 - 1"
        )]
        if n.fract() == 0.0 && (1.0..=f64::from(u32::MAX)).contains(&n) {
            return Ok(n as u32);
        }
        Err(argument(
            "n",
            format!(
                "expected a whole number above zero at row {}, found {n}",
                row + 1
            ),
        ))
    };
    let read = |name: &str| -> PyResult<Vec<(usize, Option<f64>)>> {
        let column = table.numeric(name).map_err(refused)?;
        Ok(column.iter().enumerate().collect())
    };
    let n: Vec<u32> = read("n")?.into_iter().map(whole).collect::<PyResult<_>>()?;
    let means = read("means")?.into_iter();
    let means: Vec<f64> = means
        .map(|(row, mean)| mean.ok_or_else(|| missing("means", row)))
        .collect::<PyResult<_>>()?;
    let mut possible = vec![false; means.len()];
    detached(py, || options.test_many(&means, &n, &mut possible))?;
    Ok(possible)
}

/// Checks whether a printed mean and standard deviation can come from so many whole numbers (GRIMMER).
///
/// Anaya (2016, doi 10.7287/peerj.preprints.2400v1) and Allard (2018).
///
/// Parameters
/// ----------
/// mean, sd : str
///     As they were printed.
/// n : int
///     The number of respondents.
/// items : int, default 1
///     The number of whole numbers that each of them contributes.
/// scale : tuple of (int, int), optional
///     The lowest and the highest that these whole numbers may be.
/// locale : {"en", "nl"}, default "en"
///     How numbers are written: ``1,511.5`` or ``1.511,5``.
///
/// Returns
/// -------
/// dict
///     The ``kind``, the ``outcome``, the ``arithmetic`` and what it means.
///
/// Raises
/// ------
/// InputError
///     If a figure cannot be read.
///
/// Examples
/// --------
/// >>> kring.grimmer("2.0", "1.00", 3)["outcome"], kring.grimmer("2.0", "1.50", 3)["outcome"]
/// ('consistent', 'inconsistent')
#[pyfunction]
#[pyo3(signature = (mean, sd, n, items=1, *, scale=None, locale: "Literal['en', 'nl']"="en"))]
pub fn grimmer<'py>(
    py: Python<'py>,
    mean: Digits,
    sd: Digits,
    n: i64,
    items: i64,
    scale: Option<(i32, i32)>,
    locale: &str,
) -> PyResult<Record<'py>> {
    let locale = written(locale)?;
    let (mean, sd) = (figure(&mean, locale)?, figure(&sd, locale)?);
    let (n, items) = (count("n", n)?, whole_items(items)?);
    let scale = scale.map(|(low, high)| Scale { low, high });
    let found = detached(py, || check::grimmer(&mean, &sd, n, items, scale))?;
    told(py, &found)
}

/// Checks whether a printed share and standard deviation can come from so many zeros and ones (DEBIT).
///
/// Heathers and Brown (2019), https://osf.io/5vb3u.
///
/// Parameters
/// ----------
/// mean : str
///     The share, or a percentage such as ``"18%"``, as it was printed.
/// sd : str
///     The standard deviation as it was printed.
/// n : int
///     The number of respondents.
/// locale : {"en", "nl"}, default "en"
///     How numbers are written: ``1,511.5`` or ``1.511,5``.
///
/// Returns
/// -------
/// dict
///     The ``kind``, the ``outcome``, the ``arithmetic`` and what it means.
///
/// Raises
/// ------
/// InputError
///     If a figure cannot be read.
///
/// Examples
/// --------
/// >>> kring.debit("0.50", "0.51", 40)["outcome"], kring.debit("0.50", "0.60", 40)["outcome"]
/// ('consistent', 'inconsistent')
#[pyfunction]
#[pyo3(signature = (mean, sd, n, *, locale: "Literal['en', 'nl']"="en"))]
pub fn debit<'py>(
    py: Python<'py>,
    mean: Digits,
    sd: Digits,
    n: i64,
    locale: &str,
) -> PyResult<Record<'py>> {
    let locale = written(locale)?;
    let (mean, sd) = (figure(&mean, locale)?, figure(&sd, locale)?);
    told(
        py,
        &check::debit(&mean, &sd, count("n", n)?).map_err(refused)?,
    )
}

/// Checks whether a printed p-value follows from its statistic.
///
/// Parameters
/// ----------
/// statistic : str
///     As it was printed.
/// test : str
///     What it is: ``"t(28)"``, ``"F(2, 24)"``, ``"chi2(1)"``, ``"r(28)"`` or ``"z"``.
/// p_value : str
///     As it was printed: ``".06"``, ``"< .001"``.
/// sides : {"two", "one", "either"}, default "two"
///     On how many sides it was tested.
/// locale : {"en", "nl"}, default "en"
///     How numbers are written: ``1,511.5`` or ``1.511,5``.
///
/// Returns
/// -------
/// dict
///     The ``kind``, the ``outcome``, the ``arithmetic`` and what it means.
///
/// Raises
/// ------
/// InputError
///     If a figure cannot be read.
///
/// Examples
/// --------
/// >>> kring.check_p_value("2.20", "t(28)", ".06")["outcome"]
/// 'decision_error'
#[pyfunction]
#[pyo3(signature = (statistic, test, p_value, *, sides: "Literal['two', 'one', 'either']"="two", locale: "Literal['en', 'nl']"="en"))]
pub fn check_p_value<'py>(
    py: Python<'py>,
    statistic: Digits,
    test: &str,
    p_value: Digits,
    sides: &str,
    locale: &str,
) -> PyResult<Record<'py>> {
    let locale = written(locale)?;
    let sides = from_python("sides", json!(sides))?;
    let (statistic, p) = (figure(&statistic, locale)?, figure(&p_value, locale)?);
    let test = read_test(test, &statistic, locale).map_err(refused)?;
    told(
        py,
        &check::p_value(&statistic, test, &p, sides).map_err(refused)?,
    )
}

/// Checks whether percentages can all be shares of so many people.
///
/// Parameters
/// ----------
/// parts : sequence of str
///     The percentages as they were printed.
/// n : int
///     The number of people.
/// categories : {"some", "all"}, default "some"
///     Whether they are all the categories there are, each person in one.
/// locale : {"en", "nl"}, default "en"
///     How numbers are written: ``1,511.5`` or ``1.511,5``.
///
/// Returns
/// -------
/// dict
///     The ``kind``, the ``outcome``, the ``arithmetic`` and what it means.
///
/// Raises
/// ------
/// InputError
///     If a figure cannot be read.
///
/// Examples
/// --------
/// >>> kring.check_shares(["84%", "29%"], 45)["outcome"], kring.check_shares(["84%"], 60)["outcome"]
/// ('consistent', 'inconsistent')
#[pyfunction]
#[pyo3(signature = (parts, n, *, categories: "Literal['some', 'all']"="some", locale: "Literal['en', 'nl']"="en"))]
pub fn check_shares<'py>(
    py: Python<'py>,
    parts: Vec<Printed>,
    n: i64,
    categories: &str,
    locale: &str,
) -> PyResult<Record<'py>> {
    let parts = figures_of(&parts, written(locale)?)?;
    let parts: Vec<&core::Published> = parts.iter().collect();
    let categories: Categories = from_python("categories", json!(categories))?;
    let found = check::shares(&parts, count("n", n)?, categories).map_err(refused)?;
    told(py, &found)
}

/// Lists the numbers of people of which percentages can all be shares.
///
/// Parameters
/// ----------
/// parts : sequence of str
///     The percentages as they were printed.
/// up_to : int
///     The largest number that is tried.
/// categories : {"some", "all"}, default "some"
///     Whether they are all the categories there are, each person in one.
/// locale : {"en", "nl"}, default "en"
///     How numbers are written: ``1,511.5`` or ``1.511,5``.
///
/// Returns
/// -------
/// list of int
///
/// Raises
/// ------
/// InputError
///     If a percentage cannot be read.
///
/// Examples
/// --------
/// >>> kring.possible_n(["33%", "67%"], 9)
/// [3, 6, 9]
#[pyfunction]
#[pyo3(signature = (parts, up_to, *, categories: "Literal['some', 'all']"="some", locale: "Literal['en', 'nl']"="en"))]
pub fn possible_n(
    parts: Vec<Printed>,
    up_to: i64,
    categories: &str,
    locale: &str,
) -> PyResult<Vec<usize>> {
    let parts = figures_of(&parts, written(locale)?)?;
    let parts: Vec<&core::Published> = parts.iter().collect();
    let categories: Categories = from_python("categories", json!(categories))?;
    let found = check::possible_n(&parts, count("up_to", up_to)?, categories).map_err(refused)?;
    Ok(found.fits)
}

/// Says which sums of so many whole numbers would give a printed mean.
///
/// Parameters
/// ----------
/// mean : str
///     As it was printed.
/// n : int
///     How many whole numbers there are.
/// locale : {"en", "nl"}, default "en"
///     How numbers are written: ``1,511.5`` or ``1.511,5``.
///
/// Returns
/// -------
/// dict
///     ``n``, and the smallest and the largest sum, ``low`` and ``high``; None where there is none.
///
/// Raises
/// ------
/// InputError
///     If the mean cannot be read.
///
/// Examples
/// --------
/// >>> sums = kring.possible_sums("5.2", 28)
/// >>> sums["low"], sums["high"]
/// (145, 147)
#[pyfunction]
#[pyo3(signature = (mean, n, *, locale: "Literal['en', 'nl']"="en"))]
pub fn possible_sums<'py>(
    py: Python<'py>,
    mean: Digits,
    n: i64,
    locale: &str,
) -> PyResult<Record<'py>> {
    let mean = figure(&mean, written(locale)?)?;
    let found = check::possible_sums(&mean, count("n", n)?).map_err(refused)?;
    Record::of(py, &found)
}

/// Checks whether an estimate lies in the middle of its interval.
///
/// Parameters
/// ----------
/// estimate, low, high : str
///     As they were printed.
/// level : float, default 0.95
///     The level of the interval.
/// scale : {"either", "natural", "log", "free"}, default "either"
///     On which scale the interval is symmetric.
/// locale : {"en", "nl"}, default "en"
///     How numbers are written: ``1,511.5`` or ``1.511,5``.
///
/// Returns
/// -------
/// dict
///     The ``kind``, the ``outcome``, the ``arithmetic`` and what it means.
///
/// Raises
/// ------
/// InputError
///     If a figure cannot be read.
///
/// Examples
/// --------
/// >>> kring.check_interval("0.81", "0.70", "0.94")["outcome"]
/// 'consistent'
#[pyfunction]
#[pyo3(signature = (estimate, low, high, *, level=0.95, scale: "Literal['either', 'natural', 'log', 'free']"="either", locale: "Literal['en', 'nl']"="en"))]
pub fn check_interval<'py>(
    py: Python<'py>,
    estimate: Digits,
    low: Digits,
    high: Digits,
    level: f64,
    scale: &str,
    locale: &str,
) -> PyResult<Record<'py>> {
    let locale = written(locale)?;
    let interval = ends(&low, &high, level, locale)?;
    let scale = from_python("scale", json!(scale))?;
    let estimate = figure(&estimate, locale)?;
    told(
        py,
        &check::interval(&estimate, &interval, scale).map_err(refused)?,
    )
}

/// Checks whether a printed p-value follows from an estimate and its interval.
///
/// Parameters
/// ----------
/// estimate, low, high, p_value : str
///     As they were printed.
/// level : float, default 0.95
///     The level of the interval.
/// scale : {"either", "natural", "log", "free"}, default "either"
///     On which scale the interval is symmetric.
/// null : float, optional
///     The value of no effect; 0, or 1 for a ratio, if left out.
/// df : float, optional
///     The degrees of freedom of its t distribution, where they are known.
/// locale : {"en", "nl"}, default "en"
///     How numbers are written: ``1,511.5`` or ``1.511,5``.
///
/// Returns
/// -------
/// dict
///     The ``kind``, the ``outcome``, the ``arithmetic`` and what it means.
///
/// Raises
/// ------
/// InputError
///     If a figure cannot be read.
///
/// Examples
/// --------
/// >>> kring.check_interval_p_value("0.81", "0.70", "0.94", "0.005")["outcome"]
/// 'consistent'
#[pyfunction]
#[pyo3(signature = (estimate, low, high, p_value, *, level=0.95, scale: "Literal['either', 'natural', 'log', 'free']"="either", null=None, df=None, locale: "Literal['en', 'nl']"="en"))]
#[allow(clippy::too_many_arguments, reason = "each is a keyword in Python")]
pub fn check_interval_p_value<'py>(
    py: Python<'py>,
    estimate: Digits,
    low: Digits,
    high: Digits,
    p_value: Digits,
    level: f64,
    scale: &str,
    null: Option<f64>,
    df: Option<f64>,
    locale: &str,
) -> PyResult<Record<'py>> {
    let locale = written(locale)?;
    let interval = ends(&low, &high, level, locale)?;
    let options = IntervalTest {
        scale: from_python("scale", json!(scale))?,
        null,
        df,
        sample: None,
    };
    let (estimate, p) = (figure(&estimate, locale)?, figure(&p_value, locale)?);
    let found = check::interval_p_value(&estimate, &interval, &p, &options).map_err(refused)?;
    told(py, &found)
}

/// Checks whether the standard deviation, the standard error and the interval of a mean belong together.
///
/// Parameters
/// ----------
/// n : int
///     How many the mean rests on.
/// sd, std_error : str, optional
///     As they were printed.
/// interval : tuple of (str, str), optional
///     The ends of the interval as they were printed.
/// level : float, default 0.95
///     The level of the interval.
/// locale : {"en", "nl"}, default "en"
///     How numbers are written: ``1,511.5`` or ``1.511,5``.
///
/// Returns
/// -------
/// dict
///     The ``kind``, the ``outcome``, the ``arithmetic`` and what it means.
///
/// Raises
/// ------
/// InputError
///     If a figure cannot be read.
///
/// Examples
/// --------
/// >>> kring.check_spread(25, sd="5.0", std_error="1.0")["outcome"]
/// 'consistent'
#[pyfunction]
#[pyo3(signature = (n, *, sd=None, std_error=None, interval=None, level=0.95, locale: "Literal['en', 'nl']"="en"))]
pub fn check_spread<'py>(
    py: Python<'py>,
    n: i64,
    sd: Option<Digits>,
    std_error: Option<Digits>,
    interval: Option<(Digits, Digits)>,
    level: f64,
    locale: &str,
) -> PyResult<Record<'py>> {
    let locale = written(locale)?;
    let (sd, std_error) = (
        optional(sd.as_ref(), locale)?,
        optional(std_error.as_ref(), locale)?,
    );
    let interval = interval
        .map(|(low, high)| ends(&low, &high, level, locale))
        .transpose()?;
    let printed = Spread {
        n: count("n", n)?,
        sd: sd.as_ref(),
        std_error: std_error.as_ref(),
        interval: interval.as_ref(),
    };
    told(py, &check::spread(&printed).map_err(refused)?)
}

/// Checks whether the mean of all follows from the means of the groups.
///
/// Parameters
/// ----------
/// groups : sequence of str or of tuple of (str, int)
///     The mean of each group as it was printed, with how many are in it: of all groups or of none.
/// total : str
///     The mean of all as it was printed.
/// locale : {"en", "nl"}, default "en"
///     How numbers are written: ``1,511.5`` or ``1.511,5``.
///
/// Returns
/// -------
/// dict
///     The ``kind``, the ``outcome``, the ``arithmetic`` and what it means.
///
/// Raises
/// ------
/// InputError
///     If a figure cannot be read.
///
/// Examples
/// --------
/// >>> kring.check_weighted_mean([("10.0", 26), ("13.0", 13)], "11.0")["outcome"]
/// 'consistent'
#[pyfunction]
#[pyo3(signature = (groups, total, *, locale: "Literal['en', 'nl']"="en"))]
pub fn check_weighted_mean<'py>(
    py: Python<'py>,
    groups: Vec<Grouped>,
    total: Digits,
    locale: &str,
) -> PyResult<Record<'py>> {
    let locale = written(locale)?;
    let read = groups.iter().map(|group| match group {
        Grouped::Mean(mean) => Ok((figure(mean, locale)?, None)),
        Grouped::Sized(mean, n) => Ok((figure(mean, locale)?, Some(n.figure(locale)?.counted()))),
    });
    let read = read.collect::<PyResult<Vec<_>>>()?;
    let groups: Vec<GroupMean<'_>> = read
        .iter()
        .map(|(mean, n)| GroupMean {
            mean,
            n: n.as_ref(),
        })
        .collect();
    let found = check::weighted_mean(&groups, &figure(&total, locale)?).map_err(refused)?;
    told(py, &found)
}

/// The mean of a group, perhaps with how many are in it.
#[derive(FromPyObject)]
pub enum Grouped {
    /// The mean alone.
    #[pyo3(transparent)]
    Mean(String),
    /// With how many are in the group.
    Sized(String, Printed),
}

/// Checks whether parts add up to their total.
///
/// Parameters
/// ----------
/// parts : sequence of str or int
///     As they were printed; a whole number is a count, which is exact.
/// total : str or int
/// locale : {"en", "nl"}, default "en"
///     How numbers are written: ``1,511.5`` or ``1.511,5``.
///
/// Returns
/// -------
/// dict
///     The ``kind``, the ``outcome``, the ``arithmetic`` and what it means.
///
/// Raises
/// ------
/// InputError
///     If a figure cannot be read.
///
/// Examples
/// --------
/// >>> kring.check_sum(["33.3%", "33.3%", "33.4%"], "100%")["outcome"]
/// 'consistent'
#[pyfunction]
#[pyo3(signature = (parts, total, *, locale: "Literal['en', 'nl']"="en"))]
pub fn check_sum<'py>(
    py: Python<'py>,
    parts: Vec<Printed>,
    total: Printed,
    locale: &str,
) -> PyResult<Record<'py>> {
    let locale = written(locale)?;
    let parts = figures_of(&parts, locale)?;
    let parts: Vec<&core::Published> = parts.iter().collect();
    let found = check::sum(&parts, &total.figure(locale)?).map_err(refused)?;
    told(py, &found)
}

/// Checks whether one figure less another is the result.
///
/// Parameters
/// ----------
/// figure, minus, result : str or int
///     As they were printed; a whole number is a count, which is exact.
/// locale : {"en", "nl"}, default "en"
///     How numbers are written: ``1,511.5`` or ``1.511,5``.
///
/// Returns
/// -------
/// dict
///     The ``kind``, the ``outcome``, the ``arithmetic`` and what it means.
///
/// Raises
/// ------
/// InputError
///     If a figure cannot be read.
///
/// Examples
/// --------
/// >>> kring.check_difference("6.0", "4.7", "1.5")["outcome"]
/// 'inconsistent'
#[pyfunction]
#[pyo3(signature = (figure, minus, result, *, locale: "Literal['en', 'nl']"="en"))]
pub fn check_difference<'py>(
    py: Python<'py>,
    figure: Printed,
    minus: Printed,
    result: Printed,
    locale: &str,
) -> PyResult<Record<'py>> {
    let locale = written(locale)?;
    let found = check::difference(
        &figure.figure(locale)?,
        &minus.figure(locale)?,
        &result.figure(locale)?,
    );
    told(py, &found.map_err(refused)?)
}

/// Checks whether a part is the printed share of a whole.
///
/// Parameters
/// ----------
/// part, whole, result : str or int
///     As they were printed; a whole number is a count, which is exact.
/// locale : {"en", "nl"}, default "en"
///     How numbers are written: ``1,511.5`` or ``1.511,5``.
///
/// Returns
/// -------
/// dict
///     The ``kind``, the ``outcome``, the ``arithmetic`` and what it means.
///
/// Raises
/// ------
/// InputError
///     If a figure cannot be read.
///
/// Examples
/// --------
/// >>> kring.check_share(38, 45, "84%")["outcome"]
/// 'consistent'
#[pyfunction]
#[pyo3(signature = (part, whole, result, *, locale: "Literal['en', 'nl']"="en"))]
pub fn check_share<'py>(
    py: Python<'py>,
    part: Printed,
    whole: Printed,
    result: Printed,
    locale: &str,
) -> PyResult<Record<'py>> {
    let locale = written(locale)?;
    let found = check::share(
        &part.figure(locale)?,
        &whole.figure(locale)?,
        &result.figure(locale)?,
    );
    told(py, &found.map_err(refused)?)
}

/// Checks whether factors multiply to the result.
///
/// Parameters
/// ----------
/// factors : sequence of str or int
///     As they were printed; a whole number is a count, which is exact.
/// result : str or int
/// locale : {"en", "nl"}, default "en"
///     How numbers are written: ``1,511.5`` or ``1.511,5``.
///
/// Returns
/// -------
/// dict
///     The ``kind``, the ``outcome``, the ``arithmetic`` and what it means.
///
/// Raises
/// ------
/// InputError
///     If a figure cannot be read.
///
/// Examples
/// --------
/// >>> kring.check_product([12, "2.5"], 30)["outcome"]
/// 'consistent'
#[pyfunction]
#[pyo3(signature = (factors, result, *, locale: "Literal['en', 'nl']"="en"))]
pub fn check_product<'py>(
    py: Python<'py>,
    factors: Vec<Printed>,
    result: Printed,
    locale: &str,
) -> PyResult<Record<'py>> {
    let locale = written(locale)?;
    let factors = figures_of(&factors, locale)?;
    let factors: Vec<&core::Published> = factors.iter().collect();
    let found = check::product(&factors, &result.figure(locale)?).map_err(refused)?;
    told(py, &found)
}

/// Runs every check that the figures printed about one number allow.
///
/// Parameters
/// ----------
/// value : str
///     The number as it was printed: a mean, a percentage, an estimate, a statistic.
/// sample : int, optional
///     How many it rests on.
/// whole_items : int, optional
///     How many whole numbers each of them contributes, where they are whole.
/// scale : tuple of (int, int), optional
///     The lowest and the highest that these whole numbers may be.
/// sd, std_error, p_value : str, optional
///     As they were printed.
/// interval : tuple of (str, str), optional
///     The ends of the interval as they were printed.
/// level : float, default 0.95
///     The level of the interval.
/// interval_scale : {"either", "natural", "log", "free"}, optional
///     On which scale the interval is symmetric.
/// null : float, optional
///     The value of no effect; 0, or 1 for a ratio, if left out.
/// test : str, optional
///     The test that the number is the statistic of: ``"t(28)"``.
/// sides : {"two", "one", "either"}, default "two"
///     On how many sides it was tested.
/// locale : {"en", "nl"}, default "en"
///     How numbers are written: ``1,511.5`` or ``1.511,5``.
///
/// Returns
/// -------
/// list of dict
///     What each check found. A percentage of a sample is taken as a share of whole people.
///
/// Raises
/// ------
/// InputError
///     If a figure cannot be read, or no check can be made of them.
///
/// Examples
/// --------
/// >>> found = kring.check_figures("5.19", sample=28, whole_items=1, sd="1.44")
/// >>> [(one["kind"], one["outcome"]) for one in found]
/// [('grim', 'inconsistent'), ('grimmer', 'inconsistent')]
#[pyfunction]
#[pyo3(signature = (value, *, sample=None, whole_items=None, scale=None, sd=None, std_error=None, interval=None, level=0.95, interval_scale: "Literal['either', 'natural', 'log', 'free'] | None"=None, null=None, p_value=None, test=None, sides: "Literal['two', 'one', 'either']"="two", locale: "Literal['en', 'nl']"="en"))]
#[allow(clippy::too_many_arguments, reason = "each is a keyword in Python")]
pub fn check_figures<'py>(
    py: Python<'py>,
    value: Digits,
    sample: Option<i64>,
    whole_items: Option<i64>,
    scale: Option<(i32, i32)>,
    sd: Option<Digits>,
    std_error: Option<Digits>,
    interval: Option<(Digits, Digits)>,
    level: f64,
    interval_scale: Option<&str>,
    null: Option<f64>,
    p_value: Option<Digits>,
    test: Option<&str>,
    sides: &str,
    locale: &str,
) -> PyResult<Vec<Record<'py>>> {
    let locale = written(locale)?;
    let value = figure(&value, locale)?;
    let figures = Figures {
        sample: sample.map(|n| count("sample", n)).transpose()?,
        whole_items: whole_items.map(self::whole_items).transpose()?,
        scale: scale.map(|(low, high)| Scale { low, high }),
        sd: optional(sd.as_ref(), locale)?,
        std_error: optional(std_error.as_ref(), locale)?,
        interval: interval
            .map(|(low, high)| ends(&low, &high, level, locale))
            .transpose()?,
        interval_scale: interval_scale
            .map(|scale| from_python("interval_scale", json!(scale)))
            .transpose()?,
        null,
        p_value: optional(p_value.as_ref(), locale)?,
        test: test
            .map(|test| read_test(test, &value, locale))
            .transpose()
            .map_err(refused)?,
        sides: from_python("sides", json!(sides))?,
        ..Figures::of(value.clone())
    };
    let found = detached(py, || figures.check_alone())?;
    found.iter().map(|found| told(py, found)).collect()
}

/// Runs every check that the figures of a table allow, row by row.
///
/// Parameters
/// ----------
/// text : str
///     The table with a comma, a semicolon or a tab between its cells. It has a line for each number and
///     of these columns ``value`` and whatever is known: ``id``, ``value``, ``sample``,
///     ``whole_items``, ``scale_low``, ``scale_high``, ``sd``, ``std_error``, ``low``, ``high``,
///     ``level``, ``interval_scale``, ``null``, ``p_value``, ``test`` and ``sides``.
/// locale : {"en", "nl"}, default "en"
///     How numbers are written: ``1,511.5`` or ``1.511,5``.
///
/// Returns
/// -------
/// list of dict
///     For each row its ``id``, its ``findings`` and, where no check could be made, why it is
///     ``unchecked``.
///
/// Raises
/// ------
/// InputError
///     If the table or one of its figures cannot be read.
///
/// Examples
/// --------
/// >>> rows = kring.read_figures("id;value;sample;whole_items\nproblems;5,19;28;1", locale="nl")
/// >>> rows[0]["id"], rows[0]["findings"][0]["outcome"]
/// ('problems', 'inconsistent')
#[pyfunction]
#[pyo3(signature = (text, *, locale: "Literal['en', 'nl']"="en"))]
pub fn read_figures<'py>(py: Python<'py>, text: &str, locale: &str) -> PyResult<Vec<Record<'py>>> {
    let locale = written(locale)?;
    let checked = detached(py, || {
        let rows = check::check_table(text, locale)?.into_iter();
        let checked = rows.map(|row| {
            let findings: Vec<Value> = row.found.iter().map(said).collect();
            json!({ "id": row.id, "findings": findings, "unchecked": row.unchecked })
        });
        Ok::<Vec<Value>, kring::Error>(checked.collect())
    })?;
    checked.iter().map(|row| Record::of(py, row)).collect()
}
