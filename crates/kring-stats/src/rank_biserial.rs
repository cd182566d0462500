//! The rank-biserial correlation of pairs: how much the ranks of gains outweigh those of losses.
//!
//! ```text
//! r  = (R⁺ − R⁻)/(R⁺ + R⁻),  R⁺ and R⁻ the sums of the midranks of |d| over positive and negative d
//!    = Σ_{i ≤ j} sign(d_i + d_j) / (n(n + 1)/2) over the n differences that are not zero
//! intervals  jackknife  artanh r ± t s/(1 − r²), s² = (n − 1)/n Σ (r₍₋ᵢ₎ − r̄)², n − 1 degrees of freedom
//!            Fisher z   artanh r ± z √((2n³ + 3n² + n)/6) / (n(n + 1)/2), the error if there is no effect
//!            bound      if all d have one sign: 2 (α/2)^(2/n) − 1 to 1 (or its mirror image)
//! ```
//! The bound: if P(D > 0) = p, all n are positive with probability pⁿ, and two of them have a positive
//! sum with probability p² at least. It is exact but wide.
//!
//! R's `effectsize` gives Fisher's z only; its error holds if there is no effect. Version 0.8.3 counts
//! in the n of that error the x that are not zero, rather than the differences that are not.
//!
//! Kerby DS (2014), Comprehensive Psychology 3:11.IT.3.1, doi 10.2466/11.IT.3.1; Efron B, Stein C
//! (1981), Annals of Statistics 9:586–596, doi 10.1214/aos/1176345462.

use kring_core::{
    Alternative, Caution, Estimate, Interval, IntervalKind, Measure, Reference, Sample, Value,
};
use serde::{Deserialize, Serialize};

use crate::groups::{at_least, check_pairs};
use crate::interval::tail;
use crate::rank::{no_effect, sorted};
use crate::summary::{mean, sum_of_squares};
use crate::t_test::Group;
use crate::{Error, dist};

const METHOD: &str = "the rank-biserial correlation";

/// The options of the correlation.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RankBiserial {
    /// How the interval is made.
    pub interval: RankBiserialInterval,
    /// Which ends the interval has.
    pub alternative: Alternative,
    /// The level of the interval.
    pub level: f64,
}

/// How the interval of a rank-biserial correlation of pairs is made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RankBiserialInterval {
    /// By the jackknife on the scale of Fisher's z.
    #[default]
    Jackknife,
    /// Fisher's z with the error of no effect, as R's `effectsize`.
    FisherZ,
}

impl Default for RankBiserial {
    fn default() -> Self {
        Self {
            interval: RankBiserialInterval::Jackknife,
            alternative: Alternative::TwoSided,
            level: 0.95,
        }
    }
}

impl RankBiserial {
    /// Of the changes of the same subjects, in the same order. It has no p-value of its own: that is
    /// the signed-rank test's.
    ///
    /// Three differences must not be zero.
    ///
    /// ```
    /// use kring_stats::rank_biserial::RankBiserial;
    /// use kring_stats::t_test::Group;
    /// let before = Group { name: "before", values: &[7.0, 9.0, 4.0, 8.0, 6.0] };
    /// let after = Group { name: "after", values: &[6.0, 5.0, 6.0, 5.0, 1.0] };
    /// // Ranks 1, 4, 3 and 5 of losses, 2 of a gain.
    /// let r = RankBiserial::default().paired(after, before)?;
    /// assert!((r.value.finite().unwrap() + 11.0 / 15.0).abs() < 1e-15);
    /// # Ok::<(), kring_stats::Error>(())
    /// ```
    pub fn paired(&self, after: Group<'_>, before: Group<'_>) -> Result<Estimate, Error> {
        check_pairs(METHOD, after, before, 1)?;
        dist::check_level(self.level)?;
        let label = format!("{} − {}", after.name, before.name);
        let d: Vec<f64> = after
            .values
            .iter()
            .zip(before.values)
            .map(|(after, before)| after - before)
            .filter(|d| *d != 0.0)
            .collect();
        at_least(
            METHOD,
            format!("differences that are not zero (of {label})"),
            3,
            d.len(),
        )?;
        if d.iter().any(|d| !d.is_finite()) {
            return Err(Error::Overflow {
                what: format!("{METHOD} of {label}"),
            });
        }
        let mut cautions = Vec::new();
        let zeros = after.values.len() - d.len();
        if zeros > 0 {
            cautions.push(Caution::Note(format!(
                "{zeros} of {} differences are zero and are left out.",
                after.values.len()
            )));
        }
        if self.interval == RankBiserialInterval::FisherZ {
            cautions.push(no_effect());
        }
        let signs = Signs::of(&d);
        let ends = signs.ends(self, &mut cautions)?;
        let estimate = Estimate {
            label,
            measure: Measure::RankBiserial,
            value: Value::Value(signs.r),
            std_error: signs.std_error(self.interval),
            null: 0.0,
            alternative: self.alternative,
            reference: ends.reference,
            interval: Some(Interval {
                low: (self.alternative != Alternative::Less).then_some(ends.low),
                high: (self.alternative != Alternative::Greater).then_some(ends.high),
                level: self.level,
                kind: ends.kind,
            }),
            p_value: None,
            sample: Sample::of(after.values.len()),
            method: format!("rank-biserial correlation of pairs, {}", ends.words),
            cautions,
        };
        Ok(estimate.checked()?)
    }
}

/// r, and r without each difference.
struct Signs {
    n: f64,
    r: f64,
    without: Vec<f64>,
}

struct Ends {
    low: f64,
    high: f64,
    reference: Reference,
    kind: IntervalKind,
    words: &'static str,
}

impl Signs {
    fn of(d: &[f64]) -> Self {
        let by_size = sorted(d);
        let n = d.len() as f64;
        // g_i = Σ_j sign(d_i + d_j), its own sign among them.
        let g: Vec<f64> = d
            .iter()
            .map(|d| {
                let less = by_size.partition_point(|e| *e < -d);
                let no_more = by_size.partition_point(|e| *e <= -d);
                (by_size.len() - no_more) as f64 - less as f64
            })
            .collect();
        // Σ_{i ≤ j} = (Σ g + Σ sign)/2; without i it is less by g_i.
        let own: f64 = d.iter().map(|d| d.signum()).sum();
        let sum = f64::midpoint(g.iter().sum::<f64>(), own);
        Self {
            n,
            r: sum / (n * (n + 1.0) / 2.0),
            without: g
                .iter()
                .map(|g| (sum - g) / (n * (n - 1.0) / 2.0))
                .collect(),
        }
    }

    fn jackknife(&self) -> f64 {
        let squares = sum_of_squares(&self.without, mean(&self.without));
        ((self.n - 1.0) / self.n * squares).sqrt()
    }

    /// The error of artanh r if there is no effect.
    fn of_no_effect(&self) -> f64 {
        let n = self.n;
        ((2.0 * n + 3.0) * n * n + n).sqrt() / 6.0_f64.sqrt() / (n * (n + 1.0) / 2.0)
    }

    fn std_error(&self, interval: RankBiserialInterval) -> Option<f64> {
        let error = self.jackknife();
        (interval == RankBiserialInterval::Jackknife && self.r.abs() < 1.0 && error > 0.0)
            .then_some(error)
    }

    fn ends(&self, options: &RankBiserial, cautions: &mut Vec<Caution>) -> Result<Ends, Error> {
        let beyond = tail(options.level, options.alternative)?;
        if self.r.abs() >= 1.0 {
            cautions.push(Caution::Note(
                "All differences have the same sign: the interval is an exact bound, which is wide."
                    .to_owned(),
            ));
            let bound = (2.0 * beyond.powf(2.0 / self.n) - 1.0).min(1.0);
            return Ok(Ends {
                low: if self.r > 0.0 { bound } else { -1.0 },
                high: if self.r > 0.0 { 1.0 } else { -bound },
                reference: Reference::Exact,
                kind: IntervalKind::Exact,
                words: "exact bound",
            });
        }
        let (error, reference, words) = match self.std_error(options.interval) {
            Some(s) => (
                s / (1.0 - self.r * self.r),
                Reference::StudentT { df: self.n - 1.0 },
                "jackknife on the scale of Fisher's z",
            ),
            None => (
                self.of_no_effect(),
                Reference::Normal,
                "Fisher's z with the error of no effect",
            ),
        };
        let width = dist::upper_quantile(beyond, reference)? * error;
        let z = self.r.atanh();
        Ok(Ends {
            low: (z - width).tanh(),
            high: (z + width).tanh(),
            reference,
            kind: IntervalKind::Wald,
            words,
        })
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    reason = "a test may stop at what it did not expect"
)]
mod tests {
    use super::*;

    fn of(d: &[f64], interval: RankBiserialInterval) -> Estimate {
        let zero = vec![0.0; d.len()];
        let (after, before) = (
            Group {
                name: "after",
                values: d,
            },
            Group {
                name: "before",
                values: &zero,
            },
        );
        let options = RankBiserial {
            interval,
            ..RankBiserial::default()
        };
        options.paired(after, before).unwrap()
    }

    #[test]
    fn by_hand() {
        // Sizes 1, 2, 2, 3 have ranks 1, 2½, 2½, 4: (1 + 2½ + 4 − 2½)/10.
        let d = [1.0, 2.0, -2.0, 3.0];
        let r = |d: &[f64]| {
            of(d, RankBiserialInterval::Jackknife)
                .value
                .finite()
                .unwrap()
        };
        assert!((r(&d) - 0.5).abs() < 1e-15);
        // The jackknife by its definition: r without each in turn.
        let without: Vec<f64> = (0..4)
            .map(|i| {
                let rest: Vec<f64> = (0..4).filter(|j| *j != i).map(|j| d[j]).collect();
                r(&rest)
            })
            .collect();
        let mean = without.iter().sum::<f64>() / 4.0;
        let squares: f64 = without.iter().map(|w| (w - mean).powi(2)).sum();
        let found = of(&d, RankBiserialInterval::Jackknife);
        assert!((found.std_error.unwrap() - (0.75 * squares).sqrt()).abs() < 1e-15);
    }

    #[test]
    fn fisher_z_by_hand() {
        // n = 4: √((128 + 48 + 4)/6)/10 = √30/10.
        let found = of(&[1.0, 2.0, -2.0, 3.0], RankBiserialInterval::FisherZ);
        let width = 1.959_963_984_540_054 * 30.0_f64.sqrt() / 10.0;
        let interval = found.interval.unwrap();
        assert!((interval.low.unwrap() - (0.5_f64.atanh() - width).tanh()).abs() < 1e-14);
        assert_eq!(found.std_error, None);
    }

    #[test]
    fn one_sign_only_is_bounded_exactly() {
        // 0.025 to the power 2/4.
        let found = of(&[-1.0, -2.0, -5.0, -3.0], RankBiserialInterval::Jackknife);
        assert_eq!(found.value, Value::Value(-1.0));
        let interval = found.interval.unwrap();
        assert_eq!(interval.low, Some(-1.0));
        assert!((interval.high.unwrap() - (1.0 - 2.0 * 0.025_f64.sqrt())).abs() < 1e-15);
    }
}
