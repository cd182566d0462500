//! McNemar's test of two shares in the same subjects, and the odds ratio of change.
//!
//! ```text
//! pairs      b with the event first only, c second only; the others say nothing about a change
//! model      b ~ Binomial(b + c, π),  odds ratio ψ = π/(1 − π);  null π = ½
//! χ²         (b − c)² / (b + c), corrected (|b − c| − 1)² / (b + c), 1 degree of freedom
//! exact      2 P(X ≤ min(b, c)), X ~ Binomial(b + c, ½); mid-p: P(X = min) counts half
//! odds       ψ̂ = b/c, with the limits of Clopper and Pearson for π, exact too
//! ```
//! Figures are equal to R's `mcnemar.test` (2 × 2) and `binom.test`. R corrects the χ² unless told
//! otherwise; kring tests exactly unless told otherwise.
//!
//! McNemar Q (1947), Psychometrika 12:153–157, doi 10.1007/bf02295996; Edwards AL (1948),
//! Psychometrika 13:185–187, doi 10.1007/bf02289261; Fagerland MW, Lydersen S, Laake P (2013), BMC
//! Medical Research Methodology 13:91, doi 10.1186/1471-2288-13-91.

use kring_core::{
    Alternative, Boundary, Estimate, IntervalKind, JointTest, Measure, Reference, Value,
};
use serde::{Deserialize, Serialize};

use crate::dist::discrete::{Binomial, Counted, End};
use crate::events::{Found, Pairs};
use crate::interval::interval;
use crate::{Error, dist};

/// The options of the test.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct McNemar {
    /// How the p-value is found.
    pub method: McNemarMethod,
    /// The level of the odds ratio's interval.
    pub level: f64,
}

/// How the p-value is found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum McNemarMethod {
    /// From the binomial distribution.
    #[default]
    Exact,
    /// The same, with the table seen counted half: close to the level, seldom above it.
    MidP,
    /// χ² as it stands: for more than about 25 pairs that changed.
    ChiSquared,
    /// χ² corrected for continuity, as R does: near the exact test.
    Corrected,
}

/// The test with the odds ratio.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct McNemarTest {
    /// The test.
    pub test: JointTest,
    /// The odds that a pair that changed had the event first only, as a log: b/c.
    pub odds_ratio: Estimate,
}

const NAME: &str = "McNemar's test";

impl Default for McNemar {
    fn default() -> Self {
        Self {
            method: McNemarMethod::Exact,
            level: 0.95,
        }
    }
}

impl McNemar {
    /// Tests whether the event is as frequent among the first of the pairs as among the second.
    ///
    /// ```
    /// use kring_stats::events::Pairs;
    /// use kring_stats::mcnemar::McNemar;
    /// let pairs = Pairs {
    ///     first: "after", second: "before",
    ///     both: 12, first_only: 9, second_only: 2, neither: 17,
    /// };
    /// let change = McNemar::default().test(pairs)?;
    /// // 2 (1 + 11 + 55) / 2¹¹.
    /// assert!((change.test.p_value.unwrap() - 134.0 / 2048.0).abs() < 1e-14);
    /// assert!((change.odds_ratio.natural().finite().unwrap() - 4.5).abs() < 1e-14);
    /// # Ok::<(), kring_stats::Error>(())
    /// ```
    pub fn test(&self, pairs: Pairs<'_>) -> Result<McNemarTest, Error> {
        let (b, c) = (pairs.first_only as f64, pairs.second_only as f64);
        let n = b + c;
        if n == 0.0 {
            return Err(Error::TooFew {
                method: NAME,
                what: format!(
                    "pairs that changed between {} and {}",
                    pairs.first, pairs.second
                ),
                needed: 1,
                found: 0,
            });
        }
        let binomial = Binomial::new(n, 0.5);
        let counted = match self.method {
            McNemarMethod::MidP => Counted::Half,
            _ => Counted::Whole,
        };
        let exact = (2.0 * binomial.p_value(b.min(c), End::High, counted)).min(1.0);
        let squared = |distance: f64| distance.max(0.0).powi(2) / n;
        let label = format!("{} × {}", pairs.first, pairs.second);
        let chi_squared = Reference::ChiSquared { df: 1.0 };
        let (statistic, reference, method) = match self.method {
            McNemarMethod::Exact => (None, Reference::Exact, "McNemar's exact test"),
            McNemarMethod::MidP => (None, Reference::Exact, "McNemar's mid-p test"),
            McNemarMethod::ChiSquared => (
                Some(squared((b - c).abs())),
                chi_squared,
                "McNemar's χ² test",
            ),
            McNemarMethod::Corrected => (
                // R does not take more than there is: b = c stays zero.
                Some(squared((b - c).abs() - 1.0)),
                chi_squared,
                "McNemar's χ² test with continuity correction",
            ),
        };
        let p_value = match statistic {
            Some(statistic) => dist::p_value(statistic, reference, Alternative::TwoSided)?,
            None => exact,
        };
        let limit = |end| move |tail| Binomial::limit(b, n, tail, end, counted);
        let odds_ratio = Found {
            label: format!("{} / {}", pairs.first, pairs.second),
            measure: Measure::LogOddsRatio,
            value: if b == 0.0 {
                Value::AtBoundary(Boundary::Zero)
            } else if c == 0.0 {
                Value::AtBoundary(Boundary::Infinite)
            } else {
                Value::Value((b / c).ln())
            },
            std_error: None,
            null: 0.0,
            alternative: Alternative::TwoSided,
            reference: Reference::Exact,
            interval: Some(interval(
                self.level,
                Alternative::TwoSided,
                IntervalKind::Exact,
                limit(End::Low),
                limit(End::High),
            )?),
            p_value: Some(exact),
            sample: pairs.sample(),
            method: match counted {
                Counted::Whole => "odds ratio of pairs that changed, exact",
                Counted::Half => "odds ratio of pairs that changed, mid-p",
            },
            cautions: Vec::new(),
        };
        Ok(McNemarTest {
            test: JointTest {
                label,
                statistic,
                reference,
                p_value: Some(p_value),
                sample: pairs.sample(),
                method: method.to_owned(),
                cautions: Vec::new(),
            },
            odds_ratio: odds_ratio.estimate()?,
        })
    }
}
