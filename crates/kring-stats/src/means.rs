//! Means in the cells of a grid, and what is asked of them: one mechanism for every fit.
//!
//! ```text
//! means      m = L β + o         a row of L a cell of the grid, o its offset (scale of the link)
//!            m = μ(L β + o)      on the scale of the outcome, μ the inverse of the link
//!            m = Σ w_i μ(x_i β + o_i) / Σ w_i   averages over rows that are all set to the cell
//! gradients  G = L;   μ'(η) L;   Σ w_i μ'(η_i) x_i / Σ w_i
//! contrast   K m, of error √(K G V G' K'), V whatever covariance the fit has; its reference is the fit's
//!            own for the gradient K G (Satterthwaite's, Kenward and Roger's, by cluster)
//! estimable  a row c has one value whatever the solution if c₂ = B'c₁, where the columns that are not
//!            estimated are X₂ = X₁B; any other is told as not estimable, and not computed
//! bias       with random effects of variance σ² the mean over families is about μ(η) + ½ σ² μ''(η)
//! ```
//! Means, contrasts, ratios and slopes are all functions of the coefficients with a gradient, and
//! [`Means`] holds these. Errors on the scale of the outcome are the delta method's; the interval of a
//! back-transformed mean is that of the link, transformed. Slopes are the means of a grid of slopes.
//!
//! Searle SR, Speed FM, Milliken GA (1980), The American Statistician 34:216–221, doi
//! 10.1080/00031305.1980.10483031; Lenth RV, emmeans (figures agree with version 1.8.4); Lane PW, Nelder
//! JA (1982), Biometrics 38:613–621, doi 10.2307/2530043. Differences from R: a family of contrasts that
//! Tukey's or Dunnett's method does not fit is refused, where emmeans takes Šidák's in silence; degrees of
//! freedom are those of each contrast also after a transformation.

mod adjust;
mod contrasts;
mod families;
mod terms;

use kring_core::{Estimate, Grid, GridFactor, Interval, Measure, Reference, Value};
use ndarray::{Array1, ArrayView1, ArrayView2};
use serde::{Deserialize, Serialize};

pub use adjust::Adjust;
pub use contrasts::{ContrastFound, ContrastSet, Contrasts};
pub use families::{ContrastFamily, CustomContrast, FactorContrasts, Spacing};
pub use terms::{Term, term_tests_of_marginality, term_tests_of_means};

use crate::family::Link;
use crate::fit::Lies;
use crate::resampling::same_length;
use crate::{Error, Fit, dist};

/// Means of a fit in the cells of a grid.
#[derive(Clone)]
pub struct Means<'a> {
    fit: &'a dyn Fit,
    link: Link,
    scale: Scale,
    factors: Vec<GridFactor>,
    cells: Vec<Cell>,
    how: Option<String>,
    reference: Option<Reference>,
}

/// How the means over rows are made.
const STANDARDISED: &str = "standardised over the rows, delta method";

/// On which scale means are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scale {
    /// The linear predictor's.
    Link,
    /// The outcome's.
    Response,
    /// The log of the outcome's: differences are logs of ratios.
    LogResponse,
    /// The log odds of the outcome's: differences are logs of odds ratios.
    LogitResponse,
}

/// How means come from the scale of the link to that of the outcome.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Response {
    /// The variance of all random effects of a family on the scale of the link, where the mean over
    /// families is wanted and not that of the typical one.
    pub variance: Option<f64>,
}

/// Rows that are all set to one cell.
#[derive(Debug, Clone, Copy)]
pub struct RowsInCell<'a> {
    /// Their model matrix, all columns, `n` × `p`.
    pub x: ArrayView2<'a, f64>,
    /// What is added to their linear predictor, `n`.
    pub offset: ArrayView1<'a, f64>,
}

/// A number, or why there is none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Found<T> {
    /// The number with all that is needed to read it.
    Estimable(T),
    /// There is none.
    NotEstimable {
        /// What was asked for.
        label: String,
        /// Why the data cannot tell it.
        why: String,
    },
}

/// The mean of a cell.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CellMean {
    /// The level of each factor.
    pub levels: Vec<String>,
    /// How many rows of the data lie there.
    pub rows: f64,
    /// The mean.
    pub mean: Found<Estimate>,
}

impl<T> Found<T> {
    /// The number, if there is one.
    pub fn estimable(&self) -> Option<&T> {
        match self {
            Self::Estimable(found) => Some(found),
            Self::NotEstimable { .. } => None,
        }
    }
}

/// A cell with its function of the coefficients.
#[derive(Clone)]
struct Cell {
    label: String,
    levels: Vec<usize>,
    rows: f64,
    function: Result<Function, String>,
}

/// A function of the coefficients.
#[derive(Clone)]
struct Function {
    /// Its gradient by all columns.
    gradient: Array1<f64>,
    /// What is added to the linear combination of a mean on the scale of the link.
    offset: f64,
    /// Its value, on every scale but that of the link.
    value: Option<f64>,
}

/// A function of the coefficients that the data can tell.
pub(crate) struct Told {
    pub value: f64,
    /// Its gradient by the estimated columns.
    pub gradient: Array1<f64>,
}

/// μ and its derivatives at η, up to the third.
struct Curve {
    mu: f64,
    slopes: [f64; 3],
}

impl<'a> Means<'a> {
    /// The means on the scale of the link.
    ///
    /// ```
    /// use kring_core::{Design, DesignParts, Grid, GridCell, GridFactor, Groups, Part, Response};
    /// use kring_stats::{family::Link, lm::Lm, means::{ContrastFamily, Contrasts, Means}};
    /// use ndarray::array;
    /// let columns = vec!["(Intercept)".to_owned(), "armEKC".to_owned()];
    /// let design = Design::new(DesignParts {
    ///     response: Response::Continuous(array![6.0, 4.0, 3.0, 1.0]),
    ///     response_name: "problems".into(),
    ///     mean: Part::fixed(array![[1.0, 0.0], [1.0, 0.0], [1.0, 1.0], [1.0, 1.0]], columns.clone()),
    ///     zero: None, dispersion: None, groups: Groups::default(), time: None, weights: None,
    ///     source_rows: vec![0, 1, 2, 3], omitted: vec![],
    /// })?;
    /// let fit = Lm::default().fit(&design)?;
    /// let cell = |level: usize| GridCell {
    ///     levels: vec![level], x: array![1.0, level as f64], offset: 0.0, rows: 2.0, empty: false,
    /// };
    /// let arm = GridFactor::new("arm", ["WT", "EKC"]);
    /// let grid = Grid::new(columns, vec![arm], vec![cell(0), cell(1)], vec![])?;
    /// let means = Means::of(&fit, Link::Identity, &grid)?;
    /// let found = means.contrasts(&Contrasts::of(ContrastFamily::Pairwise))?;
    /// let difference = found[0].contrasts[0].estimable().unwrap();
    /// assert_eq!(difference.plain.label, "EKC − WT");
    /// assert!((difference.plain.value.finite().unwrap() + 3.0).abs() < 1e-12);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn of(fit: &'a dyn Fit, link: Link, grid: &Grid) -> Result<Self, Error> {
        check_columns(fit, grid)?;
        let cells = grid.cells().iter().enumerate().map(|(place, cell)| Cell {
            label: grid.label(place),
            levels: cell.levels.clone(),
            rows: cell.rows,
            function: if cell.empty {
                Err("the data have no row there to weigh by".to_owned())
            } else {
                Ok(Function {
                    gradient: cell.x.clone(),
                    offset: cell.offset,
                    value: None,
                })
            },
        });
        Ok(Self {
            fit,
            link,
            scale: Scale::Link,
            factors: grid.factors().to_vec(),
            cells: cells.collect(),
            how: None,
            reference: None,
        })
    }

    /// The same means, every one and every contrast referred to t with these degrees of freedom in place
    /// of the fit's own reference.
    pub fn with_df(mut self, df: f64) -> Result<Self, Error> {
        let reference = Reference::StudentT { df };
        dist::upper_tail(0.0, reference)?;
        self.reference = Some(reference);
        Ok(self)
    }

    /// The means of the outcome if all rows were in each of the cells: g-computation, its errors by the
    /// delta method with the mix of the rows taken as fixed.
    pub fn averaged(
        fit: &'a dyn Fit,
        link: Link,
        grid: &Grid,
        sets: &[RowsInCell<'_>],
        weights: ArrayView1<'_, f64>,
    ) -> Result<Self, Error> {
        check_columns(fit, grid)?;
        same_length("the sets of rows", sets.len(), grid.cells().len())?;
        let total = weights.sum();
        if !(total > 0.0 && total.is_finite() && weights.iter().all(|&w| w >= 0.0)) {
            return Err(Error::Argument {
                what: "the sum of the weights of the rows".to_owned(),
                expected: "a number above zero, with no weight below zero",
                found: total.to_string(),
            });
        }
        let mut cells = Vec::with_capacity(sets.len());
        for (place, (cell, set)) in grid.cells().iter().zip(sets).enumerate() {
            let label = grid.label(place);
            let function = average(fit, link, &label, set, weights, total)?;
            cells.push(Cell {
                label,
                levels: cell.levels.clone(),
                rows: cell.rows,
                function: Ok(function),
            });
        }
        Ok(Self {
            fit,
            link,
            scale: Scale::Response,
            factors: grid.factors().to_vec(),
            cells,
            how: Some(STANDARDISED.to_owned()),
            reference: None,
        })
    }

    /// The means on the scale of the outcome, by the delta method: their contrasts are differences there.
    pub fn on_response(&self, response: &Response) -> Result<Self, Error> {
        if self.scale != Scale::Link {
            return Err(Error::Unsupported {
                what: "a second transformation to the scale of the outcome".to_owned(),
                hint: "transform means on the scale of the link".to_owned(),
            });
        }
        let variance = check_variance(response)?;
        self.transformed(
            Scale::Response,
            match variance {
                0.0 => "transformed from the link, delta method",
                _ => "transformed from the link with bias adjustment, delta method",
            },
            |told| {
                let curve = Curve::at(self.link, told.value);
                let value = curve.adjusted(variance);
                let slope = curve.slopes[0] + 0.5 * variance * curve.slopes[2];
                Ok((value, slope))
            },
        )
    }

    /// The means on the scale of logs or log odds: their contrasts are logs of ratios or of odds ratios.
    pub fn on_logs(&self, scale: Scale) -> Result<Self, Error> {
        let of_odds = match scale {
            Scale::LogResponse => false,
            Scale::LogitResponse => true,
            Scale::Link | Scale::Response => {
                return Err(Error::Unsupported {
                    what: "logs on a scale without logs".to_owned(),
                    hint: "take `log_response` or `logit_response`".to_owned(),
                });
            }
        };
        if self.scale != Scale::Response {
            return Err(Error::Unsupported {
                what: "ratios of means that are not on the scale of the outcome".to_owned(),
                hint: "transform them to the outcome first".to_owned(),
            });
        }
        self.transformed(scale, "", |told| {
            let m = told.value;
            match of_odds {
                false if m > 0.0 => Ok((m.ln(), m.recip())),
                true if m > 0.0 && m < 1.0 => Ok(((m / (1.0 - m)).ln(), 1.0 / (m * (1.0 - m)))),
                false => Err(format!(
                    "its mean, {m}, is not above zero, so that it has no ratio"
                )),
                true => Err(format!("its mean, {m}, is no share between 0 and 1")),
            }
        })
    }

    /// Each cell by a function of its value, which gives value and slope.
    fn transformed(
        &self,
        scale: Scale,
        how: &str,
        by: impl Fn(&Told) -> Result<(f64, f64), String>,
    ) -> Result<Self, Error> {
        let transformed = |cell: &Cell| -> Result<Cell, Error> {
            let one = |function: &Function| -> Result<Function, String> {
                let told = self.told_of(&cell.label, &[(1.0, function)])?;
                let (value, slope) = by(&told)?;
                if !(value.is_finite() && slope.is_finite()) {
                    return Err("it is beyond all numbers on the scale of the outcome".to_owned());
                }
                Ok(Function {
                    gradient: &function.gradient * slope,
                    offset: 0.0,
                    value: Some(value),
                })
            };
            let function = match &cell.function {
                Ok(function) => one(function),
                Err(why) => Err(why.clone()),
            };
            Ok(Cell {
                function,
                ..cell.clone()
            })
        };
        let how = match (&self.how, how) {
            (Some(before), "") => Some(before.clone()),
            (None, "") => None,
            (_, how) => Some(how.to_owned()),
        };
        Ok(Self {
            scale,
            cells: self
                .cells
                .iter()
                .map(transformed)
                .collect::<Result<_, _>>()?,
            factors: self.factors.clone(),
            how,
            ..*self
        })
    }

    /// The columns in which the cells differ.
    pub fn factors(&self) -> &[GridFactor] {
        &self.factors
    }

    /// The mean of each cell on its scale.
    pub fn means(&self) -> Result<Vec<CellMean>, Error> {
        self.each(|label, told| self.within(self.estimate(label, &told, self.mean_measure())?))
    }

    /// A mean over rows, with an interval none of whose ends lies where the mean cannot.
    fn within(&self, mut mean: Estimate) -> Result<Estimate, Error> {
        let over_rows = self.scale == Scale::Response && self.how.as_deref() == Some(STANDARDISED);
        let lies = match self.kind() {
            Kind::Share => Lies::WithinOne,
            Kind::Count => Lies::AboveZero,
            Kind::Number => Lies::Anywhere,
        };
        let known = mean.interval.zip(mean.std_error).zip(mean.value.finite());
        if let (true, Some(((interval, std_error), value))) = (over_rows, known) {
            mean.interval = lies.around(value, std_error, interval.level, mean.reference)?;
            let how = format!("{STANDARDISED}{}", lies.how(value));
            mean.method = mean.method.replacen(STANDARDISED, &how, 1);
        }
        Ok(mean)
    }

    /// The means on the scale of the outcome, each with the interval of the link's scale transformed.
    pub fn back_transformed(&self, response: &Response) -> Result<Vec<CellMean>, Error> {
        let variance = check_variance(response)?;
        let on_outcome = self.on_response(response)?;
        let link = self.means()?.into_iter();
        let each = link.zip(on_outcome.means()?).map(|(on_link, mut found)| {
            let ends = on_link
                .mean
                .estimable()
                .and_then(|on_link| on_link.interval);
            if let (Found::Estimable(estimate), Some(ends)) = (&mut found.mean, ends) {
                let at = |eta: f64| Some(Curve::at(self.link, eta).adjusted(variance));
                let at = |eta: Option<f64>| at(eta?).filter(|mu| mu.is_finite());
                let (low, high) = (at(ends.low), at(ends.high));
                // An inverse link turns them round.
                let turned = low.zip(high).is_some_and(|(low, high)| low > high);
                estimate.interval = Some(Interval {
                    low: if turned { high } else { low },
                    high: if turned { low } else { high },
                    ..ends
                });
                estimate.method =
                    estimate
                        .method
                        .replacen("delta method", "interval of the link transformed", 1);
            }
            found
        });
        Ok(each.collect())
    }

    fn each(
        &self,
        of: impl Fn(&str, Told) -> Result<Estimate, Error>,
    ) -> Result<Vec<CellMean>, Error> {
        self.cells
            .iter()
            .map(|cell| {
                let told = match &cell.function {
                    Ok(function) => self.told_of(&cell.label, &[(1.0, function)]),
                    Err(why) => Err(why.clone()),
                };
                let levels = self.factors.iter().zip(&cell.levels);
                Ok(CellMean {
                    levels: levels
                        .map(|(factor, &level)| factor.levels[level].clone())
                        .collect(),
                    rows: cell.rows,
                    mean: match told {
                        Ok(told) => Found::Estimable(of(&cell.label, told)?),
                        Err(why) => Found::NotEstimable {
                            label: cell.label.clone(),
                            why,
                        },
                    },
                })
            })
            .collect()
    }

    /// A combination of cells, if the data can tell it.
    fn combined(&self, label: &str, weights: &[(usize, f64)]) -> Result<Told, String> {
        let mut parts = Vec::with_capacity(weights.len());
        for &(cell, weight) in weights {
            let cell = &self.cells[cell];
            match &cell.function {
                Ok(function) => parts.push((weight, function)),
                Err(why) => return Err(format!("{}: {why}", cell.label)),
            }
        }
        self.told_of(label, &parts)
    }

    fn told_of(&self, label: &str, parts: &[(f64, &Function)]) -> Result<Told, String> {
        let coefficients = self.fit.coefficients();
        let mut all = Array1::zeros(coefficients.columns.len());
        let (mut offset, mut known) = (0.0, Some(0.0));
        for (weight, function) in parts {
            all.scaled_add(*weight, &function.gradient);
            offset += weight * function.offset;
            known = known
                .zip(function.value)
                .map(|(sum, value)| sum + weight * value);
        }
        let gradient = coefficients
            .estimable(label, all.view())
            .map_err(|error| match error {
                Error::Contrast { why, .. } => why,
                other => other.to_string(),
            })?;
        let value = match known {
            Some(value) if !parts.is_empty() => value,
            _ => gradient.dot(&coefficients.values) + offset,
        };
        Ok(Told { value, gradient })
    }

    /// A function of the coefficients as an estimate of this fit.
    fn estimate(&self, label: &str, told: &Told, measure: Measure) -> Result<Estimate, Error> {
        let linear = self.fit.combination(label, told.gradient.view())?;
        let moved = told.value != linear.value.finite().unwrap_or(0.0);
        let mut estimate = Estimate {
            measure,
            value: Value::Value(told.value),
            ..linear
        };
        let tested = estimate.interval.zip(estimate.std_error);
        if let (Some((interval, std_error)), true) = (tested, moved || self.reference.is_some()) {
            estimate.reference = self.reference.unwrap_or(estimate.reference);
            let width = dist::critical(interval.level, estimate.reference)? * std_error;
            estimate.interval = Some(Interval {
                low: Some(told.value - width),
                high: Some(told.value + width),
                ..interval
            });
            let t = told.value / std_error;
            let p = dist::p_value(t, estimate.reference, estimate.alternative)?;
            estimate.p_value = Some(p);
        }
        if let Some(how) = &self.how {
            estimate.method = format!("{how}; {}", estimate.method);
        }
        Ok(estimate.checked()?)
    }

    /// What kind of number a mean is.
    fn mean_measure(&self) -> Measure {
        let own = &self.fit.provenance().measure;
        match (self.scale, self.kind()) {
            (Scale::Link, _) if self.link != Link::Identity => Measure::Coefficient {
                unit: Some(self.link.name().to_owned()),
            },
            (Scale::Link | Scale::Response, Kind::Share) => Measure::Proportion,
            (Scale::Link | Scale::Response, _) => Measure::Mean {
                unit: own.unit().map(str::to_owned),
            },
            (Scale::LogResponse, _) => Measure::Coefficient {
                unit: Some("log".to_owned()),
            },
            (Scale::LogitResponse, _) => Measure::Coefficient {
                unit: Some("logit".to_owned()),
            },
        }
    }

    /// What kind of number a difference of means is; `plain` if it is one and no other combination.
    fn difference_measure(&self, plain: bool) -> Measure {
        let own = &self.fit.provenance().measure;
        let unit = own.unit().map(str::to_owned);
        if !plain && (own.is_log() || self.scale != Scale::Link) {
            return Measure::Coefficient { unit: None };
        }
        match (self.scale, self.kind()) {
            (Scale::Link, _) if self.link != Link::Identity => own.clone(),
            (Scale::Link | Scale::Response, Kind::Share) => Measure::RiskDifference,
            (Scale::Link | Scale::Response, Kind::Count) => Measure::RateDifference,
            (Scale::Link | Scale::Response, Kind::Number) => Measure::MeanDifference { unit },
            (Scale::LogitResponse, _) => Measure::LogOddsRatio,
            (Scale::LogResponse, Kind::Share) => Measure::LogRiskRatio,
            (Scale::LogResponse, Kind::Count) => Measure::LogRateRatio,
            (Scale::LogResponse, Kind::Number) => Measure::LogMeanRatio,
        }
    }

    fn kind(&self) -> Kind {
        match (self.link, &self.fit.provenance().measure) {
            (Link::Logit | Link::Probit | Link::Cloglog, _)
            | (_, Measure::LogRiskRatio | Measure::RiskDifference | Measure::LogOddsRatio) => {
                Kind::Share
            }
            (_, Measure::LogRateRatio | Measure::RateDifference) => Kind::Count,
            _ => Kind::Number,
        }
    }
}

/// What the outcome is, as far as words go.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Share,
    Count,
    Number,
}

impl Curve {
    fn at(link: Link, eta: f64) -> Self {
        let mean = link.mean(eta);
        let second = link.curvature(eta, &mean);
        Self {
            mu: mean.mu,
            slopes: [mean.slope, second, link.third(eta, &mean)],
        }
    }

    /// The mean over random effects of this variance, to the second order.
    fn adjusted(&self, variance: f64) -> f64 {
        self.mu + 0.5 * variance * self.slopes[1]
    }
}

fn check_variance(response: &Response) -> Result<f64, Error> {
    match response.variance {
        None => Ok(0.0),
        Some(variance) if variance >= 0.0 && variance.is_finite() => Ok(variance),
        Some(variance) => Err(Error::Argument {
            what: "the variance of the random effects".to_owned(),
            expected: "a number of zero or more",
            found: variance.to_string(),
        }),
    }
}

/// A grid of another model has other columns.
fn check_columns(fit: &dyn Fit, grid: &Grid) -> Result<(), Error> {
    let columns = &fit.coefficients().columns;
    if columns.as_slice() == grid.columns() {
        return Ok(());
    }
    Err(Error::Shape {
        what: "the grid".to_owned(),
        expected: format!("the columns of the model: {}", columns.join(", ")),
        found: grid.columns().join(", "),
    })
}

/// The mean of the outcome over rows, with its gradient.
fn average(
    fit: &dyn Fit,
    link: Link,
    label: &str,
    set: &RowsInCell<'_>,
    weights: ArrayView1<'_, f64>,
    total: f64,
) -> Result<Function, Error> {
    let coefficients = fit.coefficients();
    let what = |what: &str| format!("{what} of {label}");
    same_length(&what("the rows"), set.x.nrows(), weights.len())?;
    same_length(&what("the offset"), set.offset.len(), weights.len())?;
    same_length(
        &what("the columns"),
        set.x.ncols(),
        coefficients.columns.len(),
    )?;
    let mut gradient = Array1::zeros(coefficients.columns.len());
    let mut mean = 0.0;
    for (i, row) in set.x.rows().into_iter().enumerate() {
        if weights[i] == 0.0 {
            continue;
        }
        let fixed = coefficients.estimated.iter().zip(&coefficients.values);
        let eta: f64 = fixed.map(|(&j, b)| row[j] * b).sum();
        let at = link.mean(eta + set.offset[i]);
        let share = weights[i] / total;
        mean += share * at.mu;
        gradient.scaled_add(share * at.slope, &row);
    }
    if !(mean.is_finite() && gradient.iter().all(|x| x.is_finite())) {
        return Err(Error::Overflow {
            what: format!("the mean of {label}"),
        });
    }
    Ok(Function {
        gradient,
        offset: 0.0,
        value: Some(mean),
    })
}
