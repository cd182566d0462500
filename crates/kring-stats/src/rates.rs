//! Events in time at risk: one rate, the ratio of two rates, and their difference.
//!
//! ```text
//! model      x ~ Poisson(λ_x s),  y ~ Poisson(λ_y t);  s and t the time at risk
//! given      x + y: x ~ Binomial(x + y, π),  π/(1 − π) = ρ s/t,  ρ = λ_x/λ_y the ratio
//! ratio      exact: Clopper and Pearson's limits of π; mid-p: x counts half; score: Wilson's limits
//!            of π; Wald: ln ρ̂ ± z √(1/x + 1/y)
//! difference Wald: d ± z √(x/s² + y/t²);  MOVER: d − √((λ̂_x − l_x)² + (u_y − λ̂_y)²), and so above,
//!            with the score limits l, u of each rate
//! one rate   exact: P(X ≥ x; λ_low) = α/2 …;  score: (x + z²/2 ± z √(x + z²/4)) / s
//! ```
//! A test of the difference is the score test of ρ = 1. Two-sided exact p-values add all outcomes
//! that are not more probable (R's rule), mid-p ones double the smaller tail. The exact figures are
//! equal to R's `poisson.test`.
//!
//! Przyborowski J, Wilenski H (1940), Biometrika 31:313–323, doi 10.1093/biomet/31.3-4.313; Gu K et
//! al. (2008), Biometrical Journal 50:283–298, doi 10.1002/bimj.200710403; Donner A, Zou GY (2012),
//! SMMR 21:347–359, doi 10.1177/0962280210383082.

use kring_core::{
    Alternative, Boundary, Estimate, IntervalKind, Measure, Reference, Sample, Value,
};
use serde::{Deserialize, Serialize};

use crate::dist::discrete::{Binomial, Counted, End, Poisson};
use crate::events::{Found, ln_null, rows};
use crate::interval::{interval, normal_quantile, wald};
use crate::proportion::{Wilson, binomial_p_value};
use crate::{Error, dist, narrow};

/// So many events in so much time at risk.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Incidence<'a> {
    /// What the group is called.
    pub name: &'a str,
    /// The number of events.
    pub events: u64,
    /// The time at risk of all subjects together, in any unit.
    pub time: f64,
}

/// The options of one rate.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Rate {
    /// Which interval, and with it which test.
    pub method: RateMethod,
    /// The rate under a null hypothesis, if one is tested.
    pub null: Option<f64>,
    /// On which side the alternative lies.
    pub alternative: Alternative,
    /// The level of the interval.
    pub level: f64,
}

/// Which interval of one rate, and with it which test.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RateMethod {
    /// From the Poisson distribution: never too short.
    #[default]
    Exact,
    /// Where the score test would not reject.
    Score,
}

/// The options of the ratio of two rates.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RateRatio {
    /// Which interval, and with it which test.
    pub method: RateRatioMethod,
    /// On which side the alternative lies.
    pub alternative: Alternative,
    /// The ratio under the null hypothesis.
    pub null_ratio: f64,
    /// The level of the interval.
    pub level: f64,
}

/// Which interval of a ratio, and with it which test.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RateRatioMethod {
    /// From the binomial distribution given all events: never too short.
    #[default]
    Exact,
    /// The same with what was seen counted half: close to the level.
    MidP,
    /// Where the score test would not reject.
    Score,
    /// Log ratio ± quantile × error; none with a rate of zero.
    Wald,
}

/// The options of the difference of two rates.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RateDifference {
    /// Which interval.
    pub method: RateDifferenceMethod,
    /// On which side the alternative lies.
    pub alternative: Alternative,
    /// The level of the interval.
    pub level: f64,
}

/// Which interval of a difference.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RateDifferenceMethod {
    /// The variances recovered from the score limits of each rate.
    #[default]
    Mover,
    /// Difference ± quantile × error.
    Wald,
}

impl Default for Rate {
    fn default() -> Self {
        Self {
            method: RateMethod::Exact,
            null: None,
            alternative: Alternative::TwoSided,
            level: 0.95,
        }
    }
}

impl Default for RateRatio {
    fn default() -> Self {
        Self {
            method: RateRatioMethod::Exact,
            alternative: Alternative::TwoSided,
            null_ratio: 1.0,
            level: 0.95,
        }
    }
}

impl Default for RateDifference {
    fn default() -> Self {
        Self {
            method: RateDifferenceMethod::Mover,
            alternative: Alternative::TwoSided,
            level: 0.95,
        }
    }
}

impl Incidence<'_> {
    fn checked(self) -> Result<Self, Error> {
        // Beyond these the rates of any number of events would overflow.
        if self.time > 1e-100 && self.time < 1e100 {
            return Ok(self);
        }
        Err(Error::Argument {
            what: format!("the time at risk in {}", self.name),
            expected: "a number above zero, of ordinary size",
            found: self.time.to_string(),
        })
    }

    fn count(&self) -> f64 {
        self.events as f64
    }

    fn rate(&self) -> f64 {
        self.count() / self.time
    }

    /// The limits where the score test of one rate would not reject.
    fn score(&self, z: f64) -> Wilson {
        let (x, square) = (self.count(), z * z);
        let half = z * (x + square / 4.0).sqrt();
        Wilson {
            low: if x == 0.0 {
                0.0
            } else {
                (x + square / 2.0 - half) / self.time
            },
            high: (x + square / 2.0 + half) / self.time,
        }
    }
}

/// Below this many events large-sample intervals are rough.
const FEW_EVENTS: u64 = 10;

fn sample(groups: &[Incidence<'_>]) -> Sample {
    Sample::of(rows(groups.iter().map(Incidence::count).sum()))
}

impl Rate {
    /// The rate of events in a group; `unit` says of what: `events per year`.
    ///
    /// ```
    /// use kring_stats::rates::{Incidence, Rate};
    /// let wt = Incidence { name: "WT", events: 3, time: 2.0 };
    /// let rate = Rate::default().estimate(wt, Some("reports per year"))?;
    /// assert_eq!(rate.value.finite(), Some(1.5));
    /// // P(X ≥ 3; 0.61867) = P(X ≤ 3; 8.76727) = 0.025.
    /// let interval = rate.interval.unwrap();
    /// assert!((interval.low.unwrap() - 0.618_67 / 2.0).abs() < 1e-5);
    /// assert!((interval.high.unwrap() - 8.767_27 / 2.0).abs() < 1e-5);
    /// # Ok::<(), kring_stats::Error>(())
    /// ```
    pub fn estimate(&self, group: Incidence<'_>, unit: Option<&str>) -> Result<Estimate, Error> {
        let group = group.checked()?;
        let (x, s) = (group.count(), group.time);
        if let Some(rate) = self
            .null
            .filter(|&rate| !(rate > 0.0 && (rate * s).is_finite()))
        {
            return Err(Error::Argument {
                what: "the rate under the null hypothesis".to_owned(),
                expected: "a number above zero",
                found: rate.to_string(),
            });
        }
        let expected = self.null.map(|rate| rate * s);
        let (interval, reference, p_value, method) = match self.method {
            RateMethod::Exact => {
                let end = |end| {
                    move |tail| {
                        let ln = Poisson::limit(x, tail, end);
                        Some(ln.map_or(0.0, f64::exp) / s)
                    }
                };
                let (low, high) = (end(End::Low), end(End::High));
                let exact = |lambda| {
                    let poisson = Poisson { lambda };
                    match self.alternative {
                        Alternative::Greater => poisson.upper(x),
                        Alternative::Less => poisson.lower(x),
                        Alternative::TwoSided => poisson.two_sided(x),
                    }
                };
                (
                    interval(self.level, self.alternative, IntervalKind::Exact, low, high)?,
                    Reference::Exact,
                    expected.map(exact),
                    "rate with exact Poisson interval",
                )
            }
            RateMethod::Score => {
                let ends = group.score(normal_quantile(self.level, self.alternative)?);
                let (low, high) = (|_| Some(ends.low), |_| Some(ends.high));
                let z = expected.map(|lambda| (x - lambda) / lambda.sqrt());
                let p = z.map(|z| dist::p_value(z, Reference::Normal, self.alternative));
                (
                    interval(self.level, self.alternative, IntervalKind::Score, low, high)?,
                    Reference::Normal,
                    p.transpose()?,
                    "rate with score interval",
                )
            }
        };
        Found {
            label: group.name.to_owned(),
            measure: Measure::Rate {
                unit: unit.map(str::to_owned),
            },
            value: Value::Value(group.rate()),
            std_error: None,
            null: self.null.unwrap_or(0.0),
            alternative: self.alternative,
            reference,
            interval: Some(interval),
            p_value,
            sample: sample(&[group]),
            method,
            cautions: narrow::RATE_SCORE
                .when(self.method == RateMethod::Score && group.events < FEW_EVENTS)
                .into_iter()
                .collect(),
        }
        .estimate()
    }
}

impl RateRatio {
    /// The rate of x over that of y, as a log.
    ///
    /// ```
    /// use kring_stats::rates::{Incidence, RateRatio};
    /// let ekc = Incidence { name: "EKC", events: 330, time: 55.0 };
    /// let wt = Incidence { name: "WT", events: 282, time: 60.0 };
    /// let ratio = RateRatio::default().estimate(ekc, wt)?;
    /// assert!((ratio.natural().finite().unwrap() - 1.276_596).abs() < 1e-6);
    /// # Ok::<(), kring_stats::Error>(())
    /// ```
    pub fn estimate(&self, x: Incidence<'_>, y: Incidence<'_>) -> Result<Estimate, Error> {
        let (x, y) = (x.checked()?, y.checked()?);
        let null = ln_null(self.null_ratio)?;
        let n = x.count() + y.count();
        if n == 0.0 {
            return Err(Error::TooFew {
                method: "the ratio of two rates",
                what: format!("events in {} and {} together", x.name, y.name),
                needed: 1,
                found: 0,
            });
        }
        let ln_times = x.time.ln() - y.time.ln();
        let given = Binomial::of_log_odds(n, null + ln_times);
        let value = match (x.events, y.events) {
            (0, _) => Value::AtBoundary(Boundary::Zero),
            (_, 0) => Value::AtBoundary(Boundary::Infinite),
            _ => Value::Value((x.count() / y.count()).ln() - ln_times),
        };
        let seen = (x.count(), n);
        let exact = |counted| self.exact(seen, ln_times, &given, counted);
        let parts = match self.method {
            RateRatioMethod::Exact => exact(Counted::Whole)?,
            RateRatioMethod::MidP => exact(Counted::Half)?,
            RateRatioMethod::Score => self.score(seen, ln_times, &given)?,
            RateRatioMethod::Wald => self.wald(value, x.count(), y.count(), null)?,
        };
        Found {
            label: format!("{} / {}", x.name, y.name),
            measure: Measure::LogRateRatio,
            value,
            null,
            alternative: self.alternative,
            sample: sample(&[x, y]),
            cautions: [parts.cautions, vec![narrow::RATES_OF_TOTALS.caution()]].concat(),
            ..parts
        }
        .estimate()
    }

    fn exact(
        &self,
        (x, n): (f64, f64),
        ln_times: f64,
        given: &Binomial,
        counted: Counted,
    ) -> Result<Found, Error> {
        let limit = |end| move |tail| Some(Binomial::limit(x, n, tail, end, counted)? - ln_times);
        let (low, high) = (limit(End::Low), limit(End::High));
        Ok(Found {
            interval: Some(interval(
                self.level,
                self.alternative,
                IntervalKind::Exact,
                low,
                high,
            )?),
            p_value: Some(binomial_p_value(given, x, counted, self.alternative)),
            reference: Reference::Exact,
            method: match counted {
                Counted::Whole => "exact conditional test of two rates",
                Counted::Half => "mid-p conditional test of two rates",
            },
            ..blank()
        })
    }

    fn score(&self, (x, n): (f64, f64), ln_times: f64, given: &Binomial) -> Result<Found, Error> {
        let z = normal_quantile(self.level, self.alternative)?;
        // The odds from the limits of events and of non-events: neither loses digits near its edge.
        let (ends, others) = (Wilson::of(x, n, z), Wilson::of(n - x, n, z));
        let low = |_| (x > 0.0).then(|| (ends.low / others.high).ln() - ln_times);
        let high = |_| (x < n).then(|| (ends.high / others.low).ln() - ln_times);
        let z = (x - n * given.p) / (n * given.p * given.q).sqrt();
        Ok(Found {
            interval: Some(interval(
                self.level,
                self.alternative,
                IntervalKind::Score,
                low,
                high,
            )?),
            p_value: Some(dist::p_value(z, Reference::Normal, self.alternative)?),
            method: "score test of two rates",
            ..blank()
        })
    }

    fn wald(&self, value: Value, x: f64, y: f64, null: f64) -> Result<Found, Error> {
        let method = "ratio of two rates, Wald's log interval";
        let Some(ratio) = value.finite() else {
            dist::check_level(self.level)?;
            return Ok(Found {
                method,
                cautions: vec![kring_core::Caution::Note(
                    "With no events in a group there is no standard error: take the exact or the \
                    score interval."
                        .to_owned(),
                )],
                ..blank()
            });
        };
        let std_error = (1.0 / x + 1.0 / y).sqrt();
        let z = (ratio - null) / std_error;
        Ok(Found {
            std_error: Some(std_error),
            interval: Some(wald(ratio, std_error, self.level, self.alternative)?),
            p_value: Some(dist::p_value(z, Reference::Normal, self.alternative)?),
            method,
            ..blank()
        })
    }
}

/// What the caller fills in.
fn blank() -> Found {
    Found {
        label: String::new(),
        measure: Measure::LogRateRatio,
        value: Value::Value(0.0),
        std_error: None,
        null: 0.0,
        alternative: Alternative::TwoSided,
        reference: Reference::Normal,
        interval: None,
        p_value: None,
        sample: Sample::default(),
        method: "",
        cautions: Vec::new(),
    }
}

impl RateDifference {
    /// The rate of x less that of y, with the score test of their equality.
    ///
    /// ```
    /// use kring_stats::rates::{Incidence, RateDifference};
    /// let ekc = Incidence { name: "EKC", events: 6, time: 4.0 };
    /// let wt = Incidence { name: "WT", events: 2, time: 4.0 };
    /// let difference = RateDifference::default().estimate(ekc, wt)?;
    /// assert_eq!(difference.value.finite(), Some(1.0));
    /// # Ok::<(), kring_stats::Error>(())
    /// ```
    pub fn estimate(&self, x: Incidence<'_>, y: Incidence<'_>) -> Result<Estimate, Error> {
        let (x, y) = (x.checked()?, y.checked()?);
        let value = x.rate() - y.rate();
        let std_error = (x.rate() / x.time + y.rate() / y.time).sqrt();
        let pooled = (x.count() + y.count()) / (x.time + y.time);
        let score = value / (pooled * (1.0 / x.time + 1.0 / y.time)).sqrt();
        let (interval, std_error, z, method) = match self.method {
            RateDifferenceMethod::Wald => (
                wald(value, std_error, self.level, self.alternative)?,
                Some(std_error),
                value / std_error,
                "difference of two rates, Wald's interval",
            ),
            RateDifferenceMethod::Mover => {
                let z = normal_quantile(self.level, self.alternative)?;
                let ends = square_and_add(x.rate(), x.score(z), y.rate(), y.score(z), 0.0);
                let (low, high) = (|_| Some(ends.low), |_| Some(ends.high));
                (
                    interval(self.level, self.alternative, IntervalKind::Score, low, high)?,
                    None,
                    score,
                    "difference of two rates, MOVER interval from score limits",
                )
            }
        };
        // Without any event there is no error, and nothing to test.
        let p_value = if pooled > 0.0 {
            Some(dist::p_value(z, Reference::Normal, self.alternative)?)
        } else {
            None
        };
        Found {
            label: format!("{} − {}", x.name, y.name),
            measure: Measure::RateDifference,
            value: Value::Value(value),
            std_error,
            interval: Some(interval),
            p_value,
            alternative: self.alternative,
            sample: sample(&[x, y]),
            method,
            cautions: {
                let wald = self.method == RateDifferenceMethod::Wald;
                let few = x.events.min(y.events) < FEW_EVENTS;
                let rare = narrow::RATE_DIFFERENCE_WALD.when(wald && few);
                let totals = narrow::RATES_OF_TOTALS.caution();
                rare.into_iter().chain([totals]).collect()
            },
            ..blank()
        }
        .estimate()
    }
}

/// The limits of a difference from the limits of its parts, whose correlation is φ.
pub(crate) fn square_and_add(x: f64, of_x: Wilson, y: f64, of_y: Wilson, phi: f64) -> Wilson {
    let apart = |a: f64, b: f64| (a * a - 2.0 * phi * a * b + b * b).max(0.0).sqrt();
    Wilson {
        low: x - y - apart(x - of_x.low, of_y.high - y),
        high: x - y + apart(of_x.high - x, y - of_y.low),
    }
}
