//! The Cochran–Armitage test of a trend in shares over ordered groups.
//!
//! ```text
//! model      x_i ~ Binomial(n_i, p_i) in group i with score w_i;  null p_i = p
//! statistic  T = Σ x_i w_i;  z = (T − e w̄) / √(p̂(1 − p̂) Σ n_i (w_i − w̄)²),
//!            e = Σ x_i, p̂ = e / Σ n_i, w̄ = Σ n_i w_i / Σ n_i;  χ² = z² with 1 degree of freedom
//! exact      T given the n_i and e: x_i multivariate hypergeometric, summed group by group over
//!            (events, T) for whole scores; two-sided: all T as far from its mean as the one seen
//! slope      b = Σ n_i (w_i − w̄) p̂_i / Σ n_i (w_i − w̄)², its error from each group's p̂_i(1 − p̂_i)
//! ```
//! The χ² is equal to R's `prop.trend.test`. The slope is the least-squares line through the shares.
//!
//! Cochran WG (1954), Biometrics 10:417–451, doi 10.2307/3001616; Armitage P (1955), Biometrics
//! 11:375–386, doi 10.2307/3001775.

use kring_core::{Alternative, Estimate, JointTest, Measure, Reference, Sample, Value};
use serde::{Deserialize, Serialize};

use crate::dist::counts::hypergeometric;
use crate::dist::discrete::SLACK;
use crate::events::{Events, Found, rows};
use crate::interval::wald;
use crate::{Error, dist};

/// The options of the test.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Trend {
    /// The score of each group; 1, 2, 3 … where there are none.
    pub scores: Option<Vec<f64>>,
    /// How the p-value is found.
    pub method: TrendMethod,
    /// On which side the alternative lies: `greater` if shares rise with the score.
    pub alternative: Alternative,
    /// The level of the slope's interval.
    pub level: f64,
}

/// How the p-value is found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TrendMethod {
    /// From the normal distribution.
    #[default]
    Asymptotic,
    /// From the exact distribution given the margins; scores must be whole numbers.
    Exact,
}

/// The test with the slope.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrendTest {
    /// The test: χ² of 1 degree of freedom; its p-value has the side of the alternative.
    pub test: JointTest,
    /// On which side the alternative lies.
    pub alternative: Alternative,
    /// How much the share rises for one unit of the score; Wald's interval, no test of its own.
    pub slope: Estimate,
}

const NAME: &str = "the Cochran–Armitage test";
/// The most multiplications of the exact test, some seconds.
const MOST_STEPS: f64 = 1e9;

impl Default for Trend {
    fn default() -> Self {
        Self {
            scores: None,
            method: TrendMethod::Asymptotic,
            alternative: Alternative::TwoSided,
            level: 0.95,
        }
    }
}

impl Trend {
    /// Tests whether the share of events rises or falls over ordered groups.
    ///
    /// ```
    /// use kring_stats::events::Events;
    /// use kring_stats::trend::Trend;
    /// let groups = [("none", 2), ("one", 4), ("two", 6)]
    ///     .map(|(name, events)| Events { name, events, n: 10 });
    /// let trend = Trend::default().test("conferences", &groups)?;
    /// // z = (28 − 24) / √(0.4 · 0.6 · 20): χ² = 16 / 4.8.
    /// assert!((trend.test.statistic.unwrap() - 10.0 / 3.0).abs() < 1e-14);
    /// assert!((trend.slope.value.finite().unwrap() - 0.2).abs() < 1e-15);
    /// # Ok::<(), kring_stats::Error>(())
    /// ```
    pub fn test(&self, label: &str, groups: &[Events<'_>]) -> Result<TrendTest, Error> {
        let w = self.checked_scores(groups)?;
        let n: f64 = groups.iter().map(Events::size).sum();
        let e: f64 = groups.iter().map(Events::with).sum();
        let by_score = || groups.iter().zip(&w);
        let mean = by_score().map(|(g, w)| g.size() * w).sum::<f64>() / n;
        let spread: f64 = by_score().map(|(g, w)| g.size() * (w - mean).powi(2)).sum();
        for (what, constant) in [
            ("the score of all groups with subjects", spread == 0.0),
            ("the outcome", e == 0.0 || e == n),
        ] {
            if constant {
                return Err(Error::Constant {
                    method: NAME,
                    what: format!("{what} ({label})"),
                });
            }
        }
        let covariance: f64 = by_score().map(|(g, w)| g.with() * (w - mean)).sum();
        let p = e / n;
        let z = covariance / (p * (1.0 - p) * spread).sqrt();
        let (p_value, reference, method) = match self.method {
            TrendMethod::Asymptotic => (
                dist::p_value(z, Reference::Normal, self.alternative)?,
                Reference::ChiSquared { df: 1.0 },
                "Cochran–Armitage test of trend",
            ),
            TrendMethod::Exact => (
                exact(groups, &w, self.alternative)?,
                Reference::Exact,
                "exact Cochran–Armitage test of trend",
            ),
        };
        let sample = Sample {
            rows: rows(n),
            groups: groups
                .iter()
                .map(|g| (g.name.to_owned(), rows(g.size())))
                .collect(),
            ..Sample::default()
        };
        let slope = covariance / spread;
        let filled = by_score().filter(|(g, _)| g.n > 0);
        let variance: f64 = filled
            .map(|(g, w)| (w - mean).powi(2) * g.with() * g.without() / g.size())
            .sum();
        let std_error = variance.sqrt() / spread;
        let slope = Found {
            label: format!("{label}, slope"),
            measure: Measure::RiskDifference,
            value: Value::Value(slope),
            std_error: Some(std_error),
            null: 0.0,
            alternative: Alternative::TwoSided,
            reference: Reference::Normal,
            interval: Some(wald(slope, std_error, self.level, Alternative::TwoSided)?),
            p_value: None,
            sample: sample.clone(),
            method: "least squares through the shares",
            cautions: Vec::new(),
        };
        Ok(TrendTest {
            test: JointTest {
                label: label.to_owned(),
                statistic: Some(z * z),
                reference,
                p_value: Some(p_value),
                sample,
                method: method.to_owned(),
                cautions: Vec::new(),
            },
            alternative: self.alternative,
            slope: slope.estimate()?,
        })
    }

    fn checked_scores(&self, groups: &[Events<'_>]) -> Result<Vec<f64>, Error> {
        groups
            .iter()
            .try_for_each(|group| group.within().map(drop))?;
        let found = groups.iter().filter(|group| group.n > 0).count();
        if found < 2 {
            return Err(Error::TooFew {
                method: NAME,
                what: "groups with subjects".to_owned(),
                needed: 2,
                found,
            });
        }
        let Some(scores) = &self.scores else {
            return Ok((1..=groups.len()).map(|i| i as f64).collect());
        };
        if scores.len() != groups.len() {
            return Err(Error::Shape {
                what: "the scores of the groups".to_owned(),
                expected: groups.len().to_string(),
                found: scores.len().to_string(),
            });
        }
        let usable = |w: &f64| w.is_finite() && w.abs() < 1e100;
        if let Some(w) = scores.iter().find(|w| !usable(w)) {
            return Err(Error::Argument {
                what: "a score".to_owned(),
                expected: "a finite number of ordinary size",
                found: w.to_string(),
            });
        }
        Ok(scores.clone())
    }
}

/// P(T as extreme as seen), the distribution of (events so far, T so far) taken group by group.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "scores are whole and counted from the smallest, and sizes are bounded by MOST_STEPS"
)]
fn exact(groups: &[Events<'_>], w: &[f64], alternative: Alternative) -> Result<f64, Error> {
    if let Some(w) = w.iter().find(|w| w.fract() != 0.0) {
        return Err(Error::Argument {
            what: "a score of the exact test".to_owned(),
            expected: "a whole number",
            found: w.to_string(),
        });
    }
    let lowest = w.iter().copied().fold(f64::INFINITY, f64::min);
    let highest = w.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let total: f64 = groups.iter().map(Events::size).sum();
    let events: f64 = groups.iter().map(Events::with).sum();
    let span = (highest - lowest) * events;
    if (events + 1.0) * (span + 1.0) * (total + 1.0) > MOST_STEPS {
        return Err(Error::Unsupported {
            what: format!(
                "the exact trend test of {total} subjects with scores {lowest} to {highest}"
            ),
            hint: "take the asymptotic test, or scores closer together".to_owned(),
        });
    }
    let scores: Vec<usize> = w.iter().map(|w| (w - lowest) as usize).collect();
    let width = span as usize + 1;
    let (mut left, all) = (total, events as usize);
    // chance[e · width + t]: e events in the groups so far, with T = t.
    let mut chance = vec![0.0; (all + 1) * width];
    chance[0] = 1.0;
    for (group, &score) in groups.iter().zip(&scores) {
        let mut next = vec![0.0; chance.len()];
        let n = group.size();
        for e in 0..=all {
            let open = events - e as f64;
            if open > left {
                continue;
            }
            let from = &chance[e * width..(e + 1) * width];
            let most = n.min(open);
            let mut x = (open - (left - n)).max(0.0);
            while x <= most {
                let p = hypergeometric(x, n, left - n, open).exp();
                let (to, shift) = ((e + x as usize) * width, x as usize * score);
                let into = &mut next[to + shift..to + width];
                for (sum, before) in into.iter_mut().zip(from) {
                    *sum += p * before;
                }
                x += 1.0;
            }
        }
        left -= n;
        chance = next;
    }
    let by_score = || groups.iter().zip(&scores);
    let seen: f64 = by_score().map(|(g, &w)| g.with() * w as f64).sum();
    let mean = events * by_score().map(|(g, &w)| g.size() * w as f64).sum::<f64>() / total;
    let slack = SLACK * (seen - mean).abs();
    let extreme = |t: f64| match alternative {
        Alternative::TwoSided => (t - mean).abs() >= (seen - mean).abs() - slack,
        Alternative::Greater => t >= seen,
        Alternative::Less => t <= seen,
    };
    let last = chance[all * width..].iter().enumerate();
    let p: f64 = last
        .filter(|(t, _)| extreme(*t as f64))
        .map(|(_, p)| p)
        .sum();
    Ok(p.min(1.0))
}
