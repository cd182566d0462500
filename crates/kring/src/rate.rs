//! Shares of people, with Wilson's interval.
//!
//! ```text
//! p = x/n,  z the quantile of the level
//! ends  (p + z²/2n ± z √(p(1 − p)/n + z²/4n²)) / (1 + z²/n)
//! ```
//! They are the shares that a score test does not reject. They lie between 0 and 1, also where x is
//! 0 or n, and cover well from small n on.
//!
//! Wilson EB (1927), JASA 22:209–212, doi 10.1080/01621459.1927.10502953. R: `prop.test(x, n, correct
//! = FALSE)`.

use kring_core::{
    Alternative, Caution, Estimate, Interval, IntervalKind, Measure, Rate, Reference, Sample,
    Stratum, Value,
};
use kring_stats::dist;

use crate::Error;

/// What a rate is of, in words.
pub(crate) struct Counted<'a> {
    /// Its name.
    pub id: &'a str,
    /// What is counted.
    pub label: &'a str,
    /// Of what.
    pub of_what: &'a str,
    /// Which part of the data.
    pub strata: &'a [Stratum],
}

/// Counts who has it; an entry of `None` is not known.
pub(crate) fn rate(
    what: &Counted<'_>,
    has: impl IntoIterator<Item = Option<bool>>,
    level: f64,
) -> Result<Rate, Error> {
    let (mut events, mut total, mut unknown) = (0, 0, 0);
    for one in has {
        match one {
            Some(has) => {
                total += 1;
                events += usize::from(has);
            }
            None => unknown += 1,
        }
    }
    let estimate = match total {
        0 => None,
        n => Some(wilson(what.label, events, n, level)?),
    };
    Ok(Rate {
        id: what.id.to_owned(),
        label: what.label.to_owned(),
        of: what.of_what.to_owned(),
        strata: what.strata.to_vec(),
        events,
        total,
        unknown,
        estimate,
    })
}

/// The share x of n with Wilson's interval.
pub(crate) fn wilson(label: &str, x: usize, n: usize, level: f64) -> Result<Estimate, Error> {
    let share = x as f64 / n as f64;
    Ok(Estimate {
        label: label.to_owned(),
        measure: Measure::Proportion,
        value: Value::Value(share),
        std_error: None,
        null: 0.0,
        alternative: Alternative::TwoSided,
        reference: Reference::Normal,
        interval: Some(wilson_interval(share, n as f64, level)?),
        p_value: None,
        sample: Sample::of(n),
        method: "share with Wilson's interval".to_owned(),
        cautions: Vec::new(),
    })
}

/// A ratio of sums over units that depend within themselves, such as agreements within plans.
///
/// ```text
/// R = Σ a_i / Σ b_i,  v = m/(m − 1) · Σ (a_i − R b_i)² / (Σ b_i)²
/// ```
/// with Wilson's interval of the number of independent cases that would have this variance,
/// R(1 − R)/v. Where that is undefined (all or none have it), it is the number m of units.
/// Dean N & Pagano M (2015), Journal of Survey Statistics and Methodology 3:484–503,
/// doi 10.1093/jssam/smv024.
pub(crate) fn ratio(
    what: &Counted<'_>,
    parts: &[(usize, usize)],
    unknown: usize,
    unit: &str,
    level: f64,
) -> Result<Rate, Error> {
    let events: usize = parts.iter().map(|(a, _)| a).sum();
    let total: usize = parts.iter().map(|(_, b)| b).sum();
    let mut estimate = None;
    if total > 0 {
        let r = events as f64 / total as f64;
        let m = parts.iter().filter(|(_, b)| *b > 0).count() as f64;
        let squares: f64 = parts
            .iter()
            .map(|&(a, b)| (a as f64 - r * b as f64).powi(2))
            .sum();
        let variance = m / (m - 1.0) * squares / (total as f64).powi(2);
        let independent = if variance > 0.0 && variance.is_finite() {
            (r * (1.0 - r) / variance).min(total as f64)
        } else {
            m
        };
        let mut cautions = Vec::new();
        if m < 10.0 {
            let few = match unit.strip_suffix('s') {
                Some(one) if m < 1.5 => format!("Only 1 {one}"),
                _ => format!("Only {m:.0} {unit}"),
            };
            cautions.push(Caution::Note(format!(
                "{few}: how they differ among themselves is hardly known."
            )));
        }
        let mut found = wilson(what.label, events, total, level)?;
        found.interval = Some(wilson_interval(r, independent, level)?);
        found.method = format!(
            "share with Wilson's interval, allowing for what the {unit} have in common (ratio estimator)"
        );
        found.sample.clusters = Some(parts.iter().filter(|(_, b)| *b > 0).count());
        found.cautions = cautions;
        estimate = Some(found);
    }
    Ok(Rate {
        id: what.id.to_owned(),
        label: what.label.to_owned(),
        of: what.of_what.to_owned(),
        strata: what.strata.to_vec(),
        events,
        total,
        unknown,
        estimate,
    })
}

fn wilson_interval(p: f64, n: f64, level: f64) -> Result<Interval, Error> {
    let z = dist::critical(level, Reference::Normal)?;
    let z2 = z * z;
    let centre = (p + z2 / (2.0 * n)) / (1.0 + z2 / n);
    let width = z / (1.0 + z2 / n) * (p * (1.0 - p) / n + z2 / (4.0 * n * n)).sqrt();
    // At the edges the ends are exact, but for rounding.
    let low = if p == 0.0 { 0.0 } else { centre - width };
    let high = if p == 1.0 { 1.0 } else { centre + width };
    Ok(Interval {
        low: Some(low),
        high: Some(high),
        level,
        kind: IntervalKind::Score,
    })
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    reason = "a test may stop at what it did not expect"
)]
mod tests {
    use super::*;

    /// `prop.test(x, n, correct = FALSE)$conf.int` in tests/facade/groups.R.
    #[test]
    fn wilsons_interval_is_rs() {
        let cases = [
            (10, 55, 0.101_876_704_344_497, 0.303_304_596_366_376),
            (0, 7, 0.0, 0.354_330_435_066_687),
            (7, 7, 0.645_669_564_933_313, 1.0),
            (1, 1, 0.206_549_314_377_238, 1.0),
        ];
        for (x, n, low, high) in cases {
            let found = wilson("x", x, n, 0.95).unwrap().interval.unwrap();
            assert!((found.low.unwrap() - low).abs() < 1e-13, "{x} of {n}");
            assert!((found.high.unwrap() - high).abs() < 1e-13, "{x} of {n}");
        }
    }

    #[test]
    fn plans_that_agree_count_each_for_themselves() {
        let what = Counted {
            id: "x",
            label: "x",
            of_what: "agreements",
            strata: &[],
        };
        // Two plans of which one is done wholly and one not at all: R = ½, v = 2 · (5² + 5²)/20² = ¼,
        // so one independent case.
        let two = ratio(&what, &[(10, 10), (0, 10)], 0, "plans", 0.95).unwrap();
        let one = wilson_interval(0.5, 1.0, 0.95).unwrap();
        assert_eq!(two.estimate.unwrap().interval, Some(one));
        let all = ratio(&what, &[(10, 10), (4, 4)], 0, "plans", 0.95).unwrap();
        let two = wilson_interval(1.0, 2.0, 0.95).unwrap();
        assert_eq!(all.estimate.unwrap().interval, Some(two));
        let none = ratio(&what, &[(0, 0)], 3, "plans", 0.95).unwrap();
        assert_eq!((none.estimate, none.unknown), (None, 3));
    }
}
