//! How well an estimator does on data whose truth is known.
//!
//! ```text
//! n replicates gave θ̂ᵢ with SEᵢ; θ̄ their mean, θ the truth
//! bias             θ̄ − θ                        MCSE  √(Σ(θ̂ᵢ − θ̄)² / (n(n − 1)))
//! empirical SE     √(Σ(θ̂ᵢ − θ̄)² / (n − 1))            EmpSE / √(2(n − 1))
//! mean sq. error   Σ(θ̂ᵢ − θ)² / n                     √(Σ((θ̂ᵢ − θ)² − MSE)² / (n(n − 1)))
//! model SE         √(Σ SEᵢ² / n)                      √(V / (4 n ModSE²)),  V = var(SEᵢ²)
//! relative error   100 (ModSE / EmpSE − 1)            100 ModSE/EmpSE √(V / (4 n ModSE⁴) + 1/(2(n − 1)))
//! coverage         share of intervals with θ          √(c(1 − c) / n)
//! bias-eliminated  share of intervals with θ̄          likewise
//! rejections       share with p ≤ α: type I error where θ is the null value, else power
//! precision        100 ((EmpSE_A / EmpSE_B)² − 1)     200 (EmpSE_A / EmpSE_B)² √((1 − ρ²) / (n − 1))
//! ```
//! Each over the replicates that have what it needs. Replicates are kept one by one in the order of
//! their numbers and summed in that order, so that any way of sharing them out gives the same bits.
//! A replicate that failed is counted by its error and never silently left out.
//!
//! Morris TP, White IR & Crowther MJ (2019), Statistics in Medicine 38:2074–2102, Table 6,
//! doi 10.1002/sim.8086. Differences from rsimsum: p-values are the estimator's own rather than
//! Wald's, and so are the intervals; the model SE of rsimsum's table is the same.

use std::fmt::{Debug, Display};

use kring_core::{Estimate, Value};
use serde::{Deserialize, Serialize};

use crate::Error;

/// What replicates said, one by one.
///
/// Shares of the work are done anywhere, in any order, and merged.
///
/// ```
/// use kring_sim::performance::{Found, PerformanceMeasure, PerformanceOptions, Replicates};
/// let mut replicates = Replicates::default();
/// for (replicate, value) in [(0, 0.9), (1, 1.2), (2, 1.2)] {
///     replicates.record(Found { std_error: Some(0.2), ..Found::new(replicate, value) })?;
/// }
/// let performance = replicates.performance(&PerformanceOptions::of(1.0))?;
/// let bias = performance.row(PerformanceMeasure::Bias).unwrap();
/// // The mean of 0.9, 1.2 and 1.2 is 1.1; the squares around it add up to 0.06, over 3 · 2.
/// assert!((bias.value - 0.1).abs() < 1e-12);
/// assert!((bias.mcse.unwrap() - 0.1).abs() < 1e-12);
/// # Ok::<(), kring_sim::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Sent")]
pub struct Replicates {
    /// In the order of their numbers.
    found: Vec<Found>,
    /// In the order of their numbers.
    failed: Vec<Failed>,
}

/// Replicates as they come from elsewhere, in any order.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sent {
    found: Vec<Found>,
    failed: Vec<Failed>,
}

impl TryFrom<Sent> for Replicates {
    type Error = Error;

    fn try_from(Sent { found, failed }: Sent) -> Result<Self, Error> {
        Self::default().merge(Self { found, failed })
    }
}

/// What one replicate said, on the additive scale of its measure.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Found {
    /// Which replicate.
    pub replicate: u64,
    /// The estimate; absent where it lies at the edge of its scale.
    pub value: Option<f64>,
    /// Its standard error.
    pub std_error: Option<f64>,
    /// Its interval.
    pub interval: Option<Ends>,
    /// Its p-value.
    pub p_value: Option<f64>,
}

/// The ends of an interval; one that is absent is unbounded.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ends {
    /// The lower end.
    pub low: Option<f64>,
    /// The upper end.
    pub high: Option<f64>,
}

/// A replicate that gave no estimate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Failed {
    /// Which replicate.
    pub replicate: u64,
    /// Why.
    pub failure: Failure,
}

/// Why there is no estimate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Failure {
    /// The kind of error, by which failures are counted: the variant, `NotConverged`.
    pub kind: String,
    /// What it said.
    pub message: String,
}

/// What to hold the replicates against.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PerformanceOptions {
    /// θ, on the additive scale of the estimates: the log of a ratio.
    pub truth: f64,
    /// The value that the p-values test.
    #[serde(default)]
    pub null: f64,
    /// α.
    #[serde(default = "five_percent")]
    pub alpha: f64,
    /// Whether the replicates are kept, for a zip plot.
    #[serde(default)]
    pub keep: Keep,
}

/// Whether the replicates are kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Keep {
    /// Only the figures.
    #[default]
    Figures,
    /// The figures, and every estimate with its interval.
    Replicates,
}

/// How well an estimator did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Performance {
    /// θ.
    pub truth: f64,
    /// The value that the p-values test.
    pub null: f64,
    /// α.
    pub alpha: f64,
    /// Replicates in all, failed ones included.
    pub replicates: usize,
    /// Those whose estimate lies at the edge of its scale.
    pub at_boundary: usize,
    /// Those that gave no estimate, by kind, the most frequent first.
    pub failures: Vec<FailureCount>,
    /// The figures. What is not defined (a coverage without intervals) has no row.
    pub rows: Vec<PerformanceRow>,
    /// The replicates, where they were asked for.
    pub kept: Vec<Found>,
}

/// How often a kind of error came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FailureCount {
    /// The kind.
    pub kind: String,
    /// How often.
    pub times: usize,
    /// What the first of them said.
    pub example: String,
}

/// A figure of performance.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PerformanceRow {
    /// What it is.
    pub measure: PerformanceMeasure,
    /// Its value.
    pub value: f64,
    /// Its Monte Carlo standard error.
    pub mcse: Option<f64>,
    /// The replicates it rests on.
    pub n: usize,
}

/// A measure of performance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PerformanceMeasure {
    /// The mean of the estimates less the truth.
    Bias,
    /// The standard deviation of the estimates.
    EmpiricalSe,
    /// The root of the mean squared standard error.
    ModelSe,
    /// By how many percent the model SE is larger than the empirical.
    RelativeError,
    /// The mean squared error.
    MeanSquaredError,
    /// The share of intervals that have the truth in them.
    Coverage,
    /// The share of intervals that have the mean estimate in them.
    BiasEliminatedCoverage,
    /// The share of tests that reject what is true.
    TypeIError,
    /// The share of tests that reject what is not true.
    Power,
    /// By how many percent one estimator is more precise than another.
    RelativePrecision,
}

impl PerformanceMeasure {
    /// What people call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bias => "bias",
            Self::EmpiricalSe => "empirical SE",
            Self::ModelSe => "model SE",
            Self::RelativeError => "relative error of the model SE (%)",
            Self::MeanSquaredError => "mean squared error",
            Self::Coverage => "coverage",
            Self::BiasEliminatedCoverage => "bias-eliminated coverage",
            Self::TypeIError => "type I error",
            Self::Power => "power",
            Self::RelativePrecision => "relative increase in precision (%)",
        }
    }
}

/// A line of a zip plot.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ZipLine {
    /// Which replicate.
    pub replicate: u64,
    /// Its height: the share of replicates that lie nearer to the truth, in standard errors.
    pub centile: f64,
    /// The interval.
    pub ends: Ends,
    /// Whether the truth is in it.
    pub covers: bool,
}

fn five_percent() -> f64 {
    0.05
}

impl PerformanceOptions {
    /// Against this truth; p-values test zero, at 5 %.
    pub fn of(truth: f64) -> Self {
        Self {
            truth,
            null: 0.0,
            alpha: 0.05,
            keep: Keep::Figures,
        }
    }
}

impl Failure {
    /// The kind and the message of an error: the kind is the name of its variant.
    ///
    /// ```
    /// use kring_sim::performance::Failure;
    /// let error = kring_core::Error::Empty { what: "the design".into(), why: String::new() };
    /// let failure = Failure::of(&error);
    /// assert_eq!(failure.kind, "Empty");
    /// assert_eq!(failure.message, "the design: no rows are left");
    /// ```
    pub fn of<E: Debug + Display>(error: &E) -> Self {
        let text = format!("{error:?}");
        let word = |c: char| c.is_alphanumeric() || c == '_';
        let kind: String = text.chars().take_while(|&c| word(c)).collect();
        Self {
            kind: if kind.is_empty() { text } else { kind },
            message: error.to_string(),
        }
    }
}

impl Found {
    /// An estimate with nothing around it.
    pub fn new(replicate: u64, value: f64) -> Self {
        Self {
            replicate,
            value: Some(value),
            std_error: None,
            interval: None,
            p_value: None,
        }
    }

    /// What an estimate says.
    pub fn of(replicate: u64, estimate: &Estimate) -> Self {
        Self {
            replicate,
            value: match estimate.value {
                Value::Value(x) => Some(x),
                Value::AtBoundary(_) => None,
            },
            std_error: estimate.std_error,
            interval: estimate.interval.map(|interval| Ends {
                low: interval.low,
                high: interval.high,
            }),
            p_value: estimate.p_value,
        }
    }

    fn is_finite(&self) -> bool {
        let ends = self
            .interval
            .map_or([None, None], |ends| [ends.low, ends.high]);
        let numbers = [self.value, self.std_error, self.p_value, ends[0], ends[1]];
        numbers.iter().flatten().all(|x| x.is_finite())
    }
}

impl Ends {
    /// Whether a value lies between the ends, or on one of them.
    pub fn covers(&self, x: f64) -> bool {
        self.low.is_none_or(|low| low <= x) && self.high.is_none_or(|high| x <= high)
    }
}

impl Replicates {
    /// Adds what a replicate said.
    pub fn record(&mut self, found: Found) -> Result<(), Error> {
        if !found.is_finite() {
            return Err(Error::Replicates {
                what: format!("replicate {}", found.replicate),
                why: "it holds a number that is not finite".to_owned(),
            });
        }
        self.vacant(found.replicate)?;
        let at = self
            .found
            .partition_point(|f| f.replicate < found.replicate);
        self.found.insert(at, found);
        Ok(())
    }

    /// Adds that a replicate failed.
    pub fn record_failure(&mut self, replicate: u64, failure: Failure) -> Result<(), Error> {
        self.vacant(replicate)?;
        let at = self.failed.partition_point(|f| f.replicate < replicate);
        self.failed.insert(at, Failed { replicate, failure });
        Ok(())
    }

    /// Both together; a replicate that is in both is an error.
    pub fn merge(self, other: Self) -> Result<Self, Error> {
        // Ranges mostly follow one another: appended, then sorted, which is linear there.
        let mut merged = self;
        merged.found.extend(other.found);
        merged.failed.extend(other.failed);
        merged.found.sort_by_key(|found| found.replicate);
        merged.failed.sort_by_key(|failed| failed.replicate);
        let mut all: Vec<u64> = merged.numbers().collect();
        all.sort_unstable();
        if let Some(pair) = all.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(twice(pair[0]));
        }
        Ok(merged)
    }

    /// How many there are, failed ones included.
    pub fn len(&self) -> usize {
        self.found.len() + self.failed.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What they said, in the order of their numbers.
    pub fn found(&self) -> &[Found] {
        &self.found
    }

    /// Those that failed, in the order of their numbers.
    pub fn failed(&self) -> &[Failed] {
        &self.failed
    }

    fn numbers(&self) -> impl Iterator<Item = u64> + '_ {
        let found = self.found.iter().map(|f| f.replicate);
        found.chain(self.failed.iter().map(|f| f.replicate))
    }

    fn vacant(&self, replicate: u64) -> Result<(), Error> {
        let found = self.found.binary_search_by_key(&replicate, |f| f.replicate);
        let failed = self
            .failed
            .binary_search_by_key(&replicate, |f| f.replicate);
        if found.is_ok() || failed.is_ok() {
            return Err(twice(replicate));
        }
        Ok(())
    }

    /// How well the estimator did.
    pub fn performance(&self, options: &PerformanceOptions) -> Result<Performance, Error> {
        check(options)?;
        if self.is_empty() {
            return Err(Error::Replicates {
                what: "the performance of an estimator".to_owned(),
                why: "there are no replicates".to_owned(),
            });
        }
        let mut rows = Vec::new();
        rows.extend(of_values(&self.found, options));
        rows.extend(of_intervals(&self.found, options));
        rows.extend(of_tests(&self.found, options));
        let finite =
            |row: &PerformanceRow| row.value.is_finite() && row.mcse.is_none_or(f64::is_finite);
        if let Some(row) = rows.iter().find(|row| !finite(row)) {
            return Err(Error::Overflow {
                what: format!("the {}", row.measure.name()),
            });
        }
        Ok(Performance {
            truth: options.truth,
            null: options.null,
            alpha: options.alpha,
            replicates: self.len(),
            at_boundary: self.found.iter().filter(|f| f.value.is_none()).count(),
            failures: self.failures(),
            rows,
            kept: match options.keep {
                Keep::Figures => Vec::new(),
                Keep::Replicates => self.found.clone(),
            },
        })
    }

    /// By how many percent B is more precise than A, on the same replicates.
    pub fn relative_precision(a: &Self, b: &Self) -> Result<PerformanceRow, Error> {
        let (mut x, mut y) = (Vec::new(), Vec::new());
        for found in &a.found {
            let at = b
                .found
                .binary_search_by_key(&found.replicate, |f| f.replicate);
            let other = at.ok().and_then(|at| b.found[at].value);
            if let (Some(one), Some(other)) = (found.value, other) {
                x.push(one);
                y.push(other);
            }
        }
        let what = || "the relative precision of two estimators".to_owned();
        let n = x.len();
        if n < 2 {
            return Err(Error::Replicates {
                what: what(),
                why: format!("it needs at least 2 replicates with an estimate of both, not {n}"),
            });
        }
        let (xx, yy) = (products(&x, &x), products(&y, &y));
        if xx <= 0.0 || yy <= 0.0 {
            return Err(Error::Replicates {
                what: what(),
                why: "all estimates are the same".to_owned(),
            });
        }
        let rho = products(&x, &y) / (xx * yy).sqrt();
        let ratio = xx / yy;
        let mcse = 200.0 * ratio * ((1.0 - rho * rho).max(0.0) / (n - 1) as f64).sqrt();
        if !(ratio.is_finite() && mcse.is_finite()) {
            return Err(Error::Overflow { what: what() });
        }
        Ok(PerformanceRow {
            measure: PerformanceMeasure::RelativePrecision,
            value: 100.0 * (ratio - 1.0),
            mcse: Some(mcse),
            n,
        })
    }

    fn failures(&self) -> Vec<FailureCount> {
        let mut counts: Vec<FailureCount> = Vec::new();
        for Failed { failure, .. } in &self.failed {
            match counts.iter_mut().find(|count| count.kind == failure.kind) {
                Some(count) => count.times += 1,
                None => counts.push(FailureCount {
                    kind: failure.kind.clone(),
                    times: 1,
                    example: failure.message.clone(),
                }),
            }
        }
        counts.sort_by(|a, b| b.times.cmp(&a.times).then_with(|| a.kind.cmp(&b.kind)));
        counts
    }
}

impl Performance {
    /// The row of a measure, if it is defined.
    pub fn row(&self, measure: PerformanceMeasure) -> Option<&PerformanceRow> {
        self.rows.iter().find(|row| row.measure == measure)
    }

    /// What a zip plot draws: the kept intervals, those nearest to the truth first.
    ///
    /// Replicates without a value, an interval or a standard error above zero have no place in it.
    pub fn zip(&self) -> Vec<ZipLine> {
        let mut lines: Vec<(f64, ZipLine)> = self
            .kept
            .iter()
            .filter_map(|found| {
                let std_error = found.std_error.filter(|&se| se > 0.0)?;
                let distance = (found.value? - self.truth).abs() / std_error;
                let ends = found.interval?;
                let line = ZipLine {
                    replicate: found.replicate,
                    centile: 0.0,
                    ends,
                    covers: ends.covers(self.truth),
                };
                Some((distance, line))
            })
            .collect();
        lines.sort_by(|a, b| a.0.total_cmp(&b.0));
        let n = lines.len() as f64;
        let each = lines.into_iter().enumerate();
        each.map(|(place, (_, line))| ZipLine {
            centile: place as f64 / n,
            ..line
        })
        .collect()
    }
}

fn twice(replicate: u64) -> Error {
    Error::Replicates {
        what: format!("replicate {replicate}"),
        why: "it was recorded twice; give each range of replicates to one worker only".to_owned(),
    }
}

fn check(options: &PerformanceOptions) -> Result<(), Error> {
    for (what, x) in [
        ("the truth", options.truth),
        ("the null value", options.null),
    ] {
        if !x.is_finite() {
            return Err(Error::parameter(what, "a finite number", x));
        }
    }
    if !(options.alpha > 0.0 && options.alpha < 1.0) {
        return Err(Error::parameter(
            "α",
            "a number between 0 and 1",
            options.alpha,
        ));
    }
    Ok(())
}

fn mean(x: &[f64]) -> f64 {
    x.iter().sum::<f64>() / x.len() as f64
}

/// Σ(x − x̄)(y − ȳ).
fn products(x: &[f64], y: &[f64]) -> f64 {
    let (mx, my) = (mean(x), mean(y));
    x.iter().zip(y).map(|(x, y)| (x - mx) * (y - my)).sum()
}

/// Bias, empirical SE, model SE, its relative error, and mean squared error.
fn of_values(found: &[Found], options: &PerformanceOptions) -> Vec<PerformanceRow> {
    use PerformanceMeasure::{Bias, EmpiricalSe, MeanSquaredError, ModelSe, RelativeError};
    let mut rows = Vec::new();
    let mut row = |measure, value: f64, mcse: Option<f64>, n| {
        rows.push(PerformanceRow {
            measure,
            value,
            mcse,
            n,
        });
    };
    let theta: Vec<f64> = found.iter().filter_map(|f| f.value).collect();
    let n = theta.len();
    let several = n > 1;
    let squares = if several {
        products(&theta, &theta)
    } else {
        0.0
    };
    let df = (n.max(2) - 1) as f64;
    let empirical = (squares / df).sqrt();
    if n > 0 {
        let bias = mean(&theta) - options.truth;
        let mcse = (squares / (n as f64 * df)).sqrt();
        row(Bias, bias, several.then_some(mcse), n);
    }
    if several {
        row(
            EmpiricalSe,
            empirical,
            Some(empirical / (2.0 * df).sqrt()),
            n,
        );
    }
    // Of replicates with an estimate, so that both errors speak of the same ones.
    let variances: Vec<f64> = found
        .iter()
        .filter(|f| f.value.is_some())
        .filter_map(|f| f.std_error.map(|se| se * se))
        .collect();
    let m = variances.len();
    if m > 0 {
        let model = mean(&variances).sqrt();
        let spread = products(&variances, &variances) / (m.max(2) - 1) as f64;
        let known = m > 1 && model > 0.0;
        let mcse = (spread / (4.0 * m as f64)).sqrt() / model;
        row(ModelSe, model, known.then_some(mcse), m);
        if several && empirical > 0.0 {
            let ratio = model / empirical;
            let relative = spread / (4.0 * m as f64 * model.powi(4)) + 1.0 / (2.0 * df);
            let mcse = 100.0 * ratio * relative.sqrt();
            row(
                RelativeError,
                100.0 * (ratio - 1.0),
                known.then_some(mcse),
                m,
            );
        }
    }
    if n > 0 {
        let squared: Vec<f64> = theta.iter().map(|x| (x - options.truth).powi(2)).collect();
        let mcse = (products(&squared, &squared) / (n as f64 * df)).sqrt();
        row(MeanSquaredError, mean(&squared), several.then_some(mcse), n);
    }
    rows
}

/// Coverage, and coverage of the mean estimate.
fn of_intervals(found: &[Found], options: &PerformanceOptions) -> Vec<PerformanceRow> {
    let values: Vec<f64> = found.iter().filter_map(|f| f.value).collect();
    let ends: Vec<Ends> = found.iter().filter_map(|f| f.interval).collect();
    let of = |measure, truth: f64| {
        let covering = ends.iter().filter(|ends| ends.covers(truth)).count();
        share(measure, covering, ends.len())
    };
    let mut rows = Vec::new();
    rows.extend(of(PerformanceMeasure::Coverage, options.truth));
    if !values.is_empty() {
        rows.extend(of(
            PerformanceMeasure::BiasEliminatedCoverage,
            mean(&values),
        ));
    }
    rows
}

/// Type I error or power.
fn of_tests(found: &[Found], options: &PerformanceOptions) -> Option<PerformanceRow> {
    let p: Vec<f64> = found.iter().filter_map(|f| f.p_value).collect();
    let rejected = p.iter().filter(|&&p| p <= options.alpha).count();
    let measure = if options.truth == options.null {
        PerformanceMeasure::TypeIError
    } else {
        PerformanceMeasure::Power
    };
    share(measure, rejected, p.len())
}

fn share(measure: PerformanceMeasure, part: usize, n: usize) -> Option<PerformanceRow> {
    let value = part as f64 / n as f64;
    (n > 0).then(|| PerformanceRow {
        measure,
        value,
        mcse: Some((value * (1.0 - value) / n as f64).sqrt()),
        n,
    })
}
