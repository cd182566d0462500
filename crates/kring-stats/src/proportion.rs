//! One share with its interval: Wilson's or Clopper and Pearson's.
//!
//! ```text
//! model    x ~ Binomial(n, p),  p̂ = x/n
//! Wilson   all p with |p̂ − p| ≤ z √(p(1 − p)/n):
//!          (p̂ + z²/2n ± z √(p̂(1 − p̂)/n + z²/4n²)) / (1 + z²/n)
//! exact    P(X ≥ x; p_low) = α/2,  P(X ≤ x; p_high) = α/2 (Clopper and Pearson); mid-p: x counts half
//! ```
//! Wilson's interval covers the level on average, the exact one always (and so is wider). Wald's
//! p̂ ± z√(p̂(1 − p̂)/n) is not offered: it is too short where shares are small, and empty at 0 and 1.
//! Figures are equal to R's `prop.test(correct = FALSE)` and `binom.test`.
//!
//! Wilson EB (1927), JASA 22:209–212, doi 10.2307/2276774; Clopper CJ, Pearson ES (1934), Biometrika
//! 26:404–413, doi 10.1093/biomet/26.4.404; Agresti A, Coull BA (1998), American Statistician
//! 52:119–126, doi 10.2307/2685469.

use kring_core::{Alternative, Estimate, IntervalKind, Measure, Reference, Sample, Value};
use serde::{Deserialize, Serialize};

use crate::dist::discrete::{Binomial, Counted, End};
use crate::events::{Events, Found, rows};
use crate::interval::{interval, normal_quantile};
use crate::{Error, dist, narrow};

/// The options of a share.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Proportion {
    /// Which interval, and with it which test.
    pub method: ProportionMethod,
    /// The share under a null hypothesis, if one is tested.
    pub null: Option<f64>,
    /// On which side the alternative lies.
    pub alternative: Alternative,
    /// The level of the interval.
    pub level: f64,
}

/// Which interval, and with it which test.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProportionMethod {
    /// Wilson's interval and the score test: the best choice for most purposes.
    #[default]
    Wilson,
    /// Clopper and Pearson's interval and the exact binomial test: never too short.
    ClopperPearson,
    /// The same with what was seen counted half.
    MidP,
}

impl Default for Proportion {
    fn default() -> Self {
        Self {
            method: ProportionMethod::Wilson,
            null: None,
            alternative: Alternative::TwoSided,
            level: 0.95,
        }
    }
}

impl Proportion {
    /// The share of a group that had the event.
    ///
    /// ```
    /// use kring_stats::events::Events;
    /// use kring_stats::proportion::Proportion;
    /// let share = Proportion::default().estimate(Events { name: "EKC", events: 49, n: 55 })?;
    /// let interval = share.interval.unwrap();
    /// assert!((interval.low.unwrap() - 0.7817).abs() < 5e-5);
    /// assert!((interval.high.unwrap() - 0.9490).abs() < 5e-5);
    /// # Ok::<(), kring_stats::Error>(())
    /// ```
    pub fn estimate(&self, group: Events<'_>) -> Result<Estimate, Error> {
        let group = group.checked("a share")?;
        let (x, n) = (group.with(), group.size());
        let null = self.null.map(checked_share).transpose()?;
        let (kind, counted, method) = match self.method {
            ProportionMethod::Wilson => (
                IntervalKind::Score,
                Counted::Whole,
                "share with Wilson's interval",
            ),
            ProportionMethod::ClopperPearson => (
                IntervalKind::Exact,
                Counted::Whole,
                "share with Clopper and Pearson's exact interval",
            ),
            ProportionMethod::MidP => (
                IntervalKind::Exact,
                Counted::Half,
                "share with mid-p interval",
            ),
        };
        let (interval, reference) = if self.method == ProportionMethod::Wilson {
            let z = normal_quantile(self.level, self.alternative)?;
            let ends = Wilson::of(x, n, z);
            let (low, high) = (|_| Some(ends.low), |_| Some(ends.high));
            let interval = interval(self.level, self.alternative, kind, low, high)?;
            (interval, Reference::Normal)
        } else {
            // The share, also where no odds are too small or too large.
            let end = |end, edge| {
                move |tail| {
                    let theta = Binomial::limit(x, n, tail, end, counted);
                    Some(theta.map_or(edge, |theta: f64| 1.0 / (1.0 + (-theta).exp())))
                }
            };
            let (low, high) = (end(End::Low, 0.0), end(End::High, 1.0));
            let interval = interval(self.level, self.alternative, kind, low, high)?;
            (interval, Reference::Exact)
        };
        let p_value = null.map(|p| self.p_value(x, n, p, counted)).transpose()?;
        Found {
            label: group.name.to_owned(),
            measure: Measure::Proportion,
            value: Value::Value(x / n),
            std_error: None,
            null: null.unwrap_or(0.0),
            alternative: self.alternative,
            reference,
            interval: Some(interval),
            p_value,
            sample: Sample::of(rows(n)),
            method,
            cautions: narrow::WILSON
                .when(self.method == ProportionMethod::Wilson && few(x.min(n - x)))
                .into_iter()
                .collect(),
        }
        .estimate()
    }

    fn p_value(&self, x: f64, n: f64, p: f64, counted: Counted) -> Result<f64, Error> {
        if self.method == ProportionMethod::Wilson {
            let z = (x - n * p) / (n * p * (1.0 - p)).sqrt();
            return dist::p_value(z, Reference::Normal, self.alternative);
        }
        Ok(binomial_p_value(
            &Binomial::new(n, p),
            x,
            counted,
            self.alternative,
        ))
    }
}

/// The exact p-value of x events: two-sided by R's rule, with mid-p twice the smaller tail.
pub(crate) fn binomial_p_value(
    binomial: &Binomial,
    x: f64,
    counted: Counted,
    alternative: Alternative,
) -> f64 {
    let one_sided = |end| binomial.p_value(x, end, counted);
    match (alternative, counted) {
        (Alternative::Greater, _) => one_sided(End::Low),
        (Alternative::Less, _) => one_sided(End::High),
        (Alternative::TwoSided, Counted::Whole) => binomial.two_sided(x),
        (Alternative::TwoSided, Counted::Half) => {
            (2.0 * one_sided(End::Low).min(one_sided(End::High))).min(1.0)
        }
    }
}

/// Whether so many events, or non-events, are few.
fn few(smaller: f64) -> bool {
    smaller < narrow::FEW as f64
}

fn checked_share(p: f64) -> Result<f64, Error> {
    if p > 0.0 && p < 1.0 {
        return Ok(p);
    }
    Err(Error::Argument {
        what: "the share under the null hypothesis".to_owned(),
        expected: "a number between 0 and 1",
        found: p.to_string(),
    })
}

/// Wilson's interval.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wilson {
    pub low: f64,
    pub high: f64,
}

impl Wilson {
    pub fn of(x: f64, n: f64, z: f64) -> Self {
        let (p, square) = (x / n, z * z / n);
        let half = (p * (1.0 - p) / n * z * z + square * square / 4.0).sqrt();
        let (centre, whole) = (p + square / 2.0, 1.0 + square);
        // At the edges the interval ends there exactly; a one-sided level below one half turns z,
        // and the ends, around.
        Self {
            low: if x == 0.0 {
                0.0
            } else {
                (centre - half.copysign(z)) / whole
            },
            high: if x == n {
                1.0
            } else {
                (centre + half.copysign(z)) / whole
            },
        }
    }
}
