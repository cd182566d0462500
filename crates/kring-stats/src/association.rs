//! How strong the association in a table is: φ and Cramér's V.
//!
//! ```text
//! estimate   V = √(X² / n(q − 1)),  q the smaller of r and c;  φ = V of a 2 × 2 table, without sign
//! corrected  Bergsma: φ̃² = max(0, X²/n − (r − 1)(c − 1)/(n − 1)),  r̃ = r − (r − 1)²/(n − 1), so c̃,
//!            Ṽ = √(φ̃² / (q̃ − 1))
//! interval   X² is about noncentral χ² with noncentrality λ = n(q − 1)V²: the λ with
//!            P(X² or more; λ) = α/2 and 1 − α/2 give the limits of V
//! p-value    Pearson's χ² test
//! ```
//! Where X² is smaller than chance alone makes it, the whole interval lies below V: V of a sample is never
//! negative, and its expectation is above zero where there is no association. A caution says so.
//!
//! X² is Pearson's, without correction. Rows and columns without any count are left out. Figures are
//! equal to effectsize's `cramers_v` and `phi` (R), which give a one-sided interval unless told
//! otherwise; here that is `alternative: greater`, whose upper end is absent.
//!
//! Cramér H (1946), Mathematical Methods of Statistics, section 21.9; Bergsma W (2013), Journal of
//! the Korean Statistical Society 42:323–328, doi 10.1016/j.jkss.2012.10.002; Smithson M (2003),
//! Confidence Intervals, Sage, chapter 4.

use kring_core::{Alternative, Caution, Estimate, IntervalKind, Measure, Reference, Value};
use ndarray::ArrayView2;
use serde::{Deserialize, Serialize};

use crate::chi_squared::{Independence, filled};
use crate::dist::noncentral::{ncp_of_lower_tail, ncp_of_upper_tail};
use crate::events::Found;
use crate::interval::{interval, tail};
use crate::{Error, narrow};

/// The options of φ and V.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CramersV {
    /// Whether the bias of small samples is taken off.
    pub bias: Bias,
    /// Which ends the interval has.
    pub alternative: Alternative,
    /// The level of the interval.
    pub level: f64,
}

/// What is done about the bias: V is never negative, and so too large where there is no association.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bias {
    /// Nothing.
    #[default]
    Kept,
    /// Bergsma's correction, of the estimate and of both ends.
    Corrected,
}

impl Default for CramersV {
    fn default() -> Self {
        Self {
            bias: Bias::Kept,
            alternative: Alternative::TwoSided,
            level: 0.95,
        }
    }
}

const BELOW: &str = "The interval lies below the estimate: χ² is smaller than chance alone makes it, and the \
    association in a sample is never negative, so that it comes out too large. The interval is that of the \
    association among all those who might have been seen.";

/// From so many on Bergsma's correction changes little.
const LARGE: f64 = 500.0;

impl CramersV {
    /// Cramér's V of a table of counts: 0 is none, 1 a perfect association.
    ///
    /// ```
    /// use kring_stats::association::CramersV;
    /// use ndarray::array;
    /// // X² = 8/3 with n = 40.
    /// let v = CramersV::default().estimate("sex × arm", array![[10, 10], [5, 15]].view())?;
    /// assert!((v.value.finite().unwrap() - (1.0_f64 / 15.0).sqrt()).abs() < 1e-14);
    /// # Ok::<(), kring_stats::Error>(())
    /// ```
    pub fn estimate(&self, label: &str, counts: ArrayView2<'_, u64>) -> Result<Estimate, Error> {
        let table = Independence::of("Cramér's V", label, counts)?;
        self.of(label, &table, Measure::CramersV)
    }

    /// φ of a table with two rows and two columns, without a sign.
    pub fn phi(&self, label: &str, counts: ArrayView2<'_, u64>) -> Result<Estimate, Error> {
        let table = Independence::of("φ", label, counts)?;
        if table.df != 1.0 {
            return Err(Error::Shape {
                what: format!("φ of {label}"),
                expected: "two rows and two columns with counts".to_owned(),
                found: format!("{} and {}", filled(&table.rows), filled(&table.columns)),
            });
        }
        self.of(label, &table, Measure::Phi)
    }

    fn of(&self, label: &str, table: &Independence, measure: Measure) -> Result<Estimate, Error> {
        let cells = table.observed.iter().zip(&table.expected);
        let cells = cells.filter(|(_, e)| **e > 0.0);
        let statistic: f64 = cells.map(|(o, e)| (o - e) * (o - e) / e).sum();
        let test = table.test(label, statistic, "")?;
        let v = |chi_squared: f64| self.of_chi_squared(table, chi_squared);
        // Zero where even λ = 0 leaves more of a tail.
        let limits = |find: fn(f64, f64, Reference) -> Result<Option<f64>, Error>| {
            let lambda = find(
                statistic,
                tail(self.level, self.alternative)?,
                test.reference,
            )?;
            Ok::<_, Error>(Some(v(lambda.unwrap_or(0.0))))
        };
        let (low, high) = (limits(ncp_of_upper_tail)?, limits(ncp_of_lower_tail)?);
        let interval = interval(
            self.level,
            self.alternative,
            IntervalKind::Noncentral,
            |_| low,
            |_| high,
        )?;
        let value = v(statistic);
        let missed = interval.high.is_some_and(|high| high < value);
        Found {
            label: label.to_owned(),
            measure,
            value: Value::Value(value),
            std_error: None,
            null: 0.0,
            alternative: self.alternative,
            reference: test.reference,
            interval: Some(interval),
            p_value: test.p_value,
            sample: test.sample,
            method: match self.bias {
                Bias::Kept => "from Pearson's χ², interval by noncentral χ²",
                Bias::Corrected => {
                    "from Pearson's χ² with Bergsma's correction, interval by noncentral χ²"
                }
            },
            cautions: {
                let shrunk = self.bias == Bias::Corrected && table.n < LARGE;
                let doubt = narrow::BERGSMA.when(shrunk);
                let missed = missed.then(|| Caution::Note(BELOW.to_owned()));
                test.cautions
                    .into_iter()
                    .chain(doubt)
                    .chain(missed)
                    .collect()
            },
        }
        .estimate()
    }

    fn of_chi_squared(&self, table: &Independence, chi_squared: f64) -> f64 {
        let [r, c] = [&table.rows, &table.columns].map(|margin| filled(margin) as f64);
        let phi_squared = chi_squared / table.n;
        let v_squared = match self.bias {
            Bias::Kept => phi_squared / (r.min(c) - 1.0),
            Bias::Corrected => {
                let n = table.n - 1.0;
                let shrunk = |k: f64| k - (k - 1.0) * (k - 1.0) / n;
                let excess = (phi_squared - table.df / n).max(0.0);
                // With as few subjects as levels nothing is left to divide by, and nothing to say.
                if excess > 0.0 {
                    excess / (shrunk(r).min(shrunk(c)) - 1.0)
                } else {
                    0.0
                }
            }
        };
        // The interval's upper end may lie beyond what a table can be.
        v_squared.sqrt().min(1.0)
    }
}
