//! Pearson's χ² test of independence in an r × c table.
//!
//! ```text
//! model      n_ij independent of one another given the margins
//! expected   E_ij = row_i · column_j / n
//! statistic  X² = Σ (|n_ij − E_ij| − c)² / E_ij,  c = 0, or Yates: min(½, |n_ij − E_ij|) if 2 × 2
//! reference  χ² with (r − 1)(c − 1) degrees of freedom
//! ```
//! Rows and columns without any count carry no information and are left out, as their expected
//! counts are zero. R's `chisq.test` gives NaN there.
//!
//! Pearson K (1900), Philosophical Magazine 50:157–175, doi 10.1080/14786440009463897;
//! Yates F (1934), Supplement to the JRSS 1:217–235, doi 10.2307/2983604.

use kring_core::{Alternative, Caution, JointTest, Reference, Sample};
use ndarray::{Array1, Array2, ArrayView2, Axis};
use serde::{Deserialize, Serialize};

use crate::events::rows;
use crate::{Error, dist};

/// The options of the test.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ChiSquared {
    /// Whether 2 × 2 tables are corrected for continuity. R does so by default; kring does not.
    pub correction: Correction,
}

/// A correction for continuity.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Correction {
    /// None.
    #[default]
    None,
    /// Yates's, in 2 × 2 tables; larger ones are not corrected.
    Yates,
}

/// The test with the counts that were expected.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChiSquaredTest {
    /// The test.
    pub test: JointTest,
    /// The expected counts, in the shape of the table given; zero where a margin is empty.
    pub expected: Array2<f64>,
}

impl ChiSquared {
    /// Tests whether rows and columns of a table of counts are independent.
    ///
    /// ```
    /// use kring_stats::chi_squared::ChiSquared;
    /// use ndarray::array;
    /// // Dropout in Rotterdam: 10 of 55 and 15 of 60.
    /// let dropout = ChiSquared::default().test("dropout × arm", array![[10, 45], [15, 45]].view())?;
    /// assert!((dropout.test.statistic.unwrap() - 0.7841).abs() < 5e-5);
    /// # Ok::<(), kring_stats::Error>(())
    /// ```
    pub fn test(&self, label: &str, counts: ArrayView2<'_, u64>) -> Result<ChiSquaredTest, Error> {
        let table = Independence::of("the χ² test", label, counts)?;
        let two_by_two = table.df == 1.0;
        let corrected = self.correction == Correction::Yates && two_by_two;
        let distances = || {
            table
                .observed
                .iter()
                .zip(&table.expected)
                .filter(|(_, e)| **e > 0.0)
        };
        // One correction for all cells: the smallest of ½ and the distances, as R takes it.
        let c = if corrected {
            distances().map(|(o, e)| (o - e).abs()).fold(0.5, f64::min)
        } else {
            0.0
        };
        let statistic: f64 = distances()
            .map(|(o, e)| ((o - e).abs() - c).powi(2) / e)
            .sum();
        let method = if corrected {
            "Pearson's χ² test with Yates's continuity correction"
        } else {
            "Pearson's χ² test"
        };
        Ok(ChiSquaredTest {
            test: table.test(label, statistic, method)?,
            expected: table.expected,
        })
    }
}

/// A table beside what independence expects of it.
pub(crate) struct Independence {
    pub observed: Array2<f64>,
    /// Zero where a margin is empty.
    pub expected: Array2<f64>,
    pub rows: Array1<f64>,
    pub columns: Array1<f64>,
    pub n: f64,
    /// (r − 1)(c − 1), of the rows and columns that have counts.
    pub df: f64,
}

impl Independence {
    pub fn of(
        method: &'static str,
        label: &str,
        counts: ArrayView2<'_, u64>,
    ) -> Result<Self, Error> {
        let observed = counts.mapv(|n| n as f64);
        let rows: Array1<f64> = observed.sum_axis(Axis(1));
        let columns: Array1<f64> = observed.sum_axis(Axis(0));
        let n = observed.sum();
        for (what, margin) in [("rows", &rows), ("columns", &columns)] {
            let found = filled(margin);
            if found < 2 {
                return Err(Error::TooFew {
                    method,
                    what: format!("{what} with counts (in {label})"),
                    needed: 2,
                    found,
                });
            }
        }
        let expected = Array2::from_shape_fn(observed.dim(), |(i, j)| rows[i] * columns[j] / n);
        let df = ((filled(&rows) - 1) * (filled(&columns) - 1)) as f64;
        Ok(Self {
            observed,
            expected,
            rows,
            columns,
            n,
            df,
        })
    }

    /// A statistic that has a χ² distribution where expected counts are large.
    pub fn test(&self, label: &str, statistic: f64, method: &str) -> Result<JointTest, Error> {
        let reference = Reference::ChiSquared { df: self.df };
        let cells: Vec<f64> = self.expected.iter().copied().filter(|&e| e > 0.0).collect();
        let below_five = cells.iter().filter(|&&e| e < 5.0).count();
        let mut cautions = Vec::new();
        if below_five > 0 {
            cautions.push(Caution::SmallExpectedCounts {
                smallest: cells.iter().copied().fold(f64::INFINITY, f64::min),
                below_five,
                cells: cells.len(),
            });
        }
        Ok(JointTest {
            label: label.to_owned(),
            statistic: Some(statistic),
            reference,
            p_value: Some(dist::p_value(statistic, reference, Alternative::TwoSided)?),
            sample: Sample::of(rows(self.n)),
            method: method.to_owned(),
            cautions,
        })
    }
}

pub(crate) fn filled(margin: &Array1<f64>) -> usize {
    margin.iter().filter(|&&m| m > 0.0).count()
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    reason = "a test may stop at what it did not expect"
)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn by_hand() {
        // Margins 20 and 20, 15 and 25: expected 7.5 and 12.5; X² = 4 · 2.5² · … by cells:
        // (10 − 7.5)²/7.5 · 2 + (10 − 12.5)²/12.5 · 2 = 1.6667 + 1 = 8/3.
        let found = ChiSquared::default()
            .test("t", array![[10, 10], [5, 15]].view())
            .unwrap();
        assert!((found.test.statistic.unwrap() - 8.0 / 3.0).abs() < 1e-14);
        assert_eq!(found.expected, array![[7.5, 12.5], [7.5, 12.5]]);
        // Yates: (2.5 − 0.5)² (2/7.5 + 2/12.5) = 4 · 0.426667 = 1.706667.
        let yates = ChiSquared {
            correction: Correction::Yates,
        };
        let found = yates.test("t", array![[10, 10], [5, 15]].view()).unwrap();
        assert!((found.test.statistic.unwrap() - 128.0 / 75.0).abs() < 1e-14);
    }

    #[test]
    fn an_empty_margin_is_left_out_and_an_empty_table_refused() {
        let with = ChiSquared::default()
            .test("t", array![[10, 0, 10], [5, 0, 15]].view())
            .unwrap();
        let without = ChiSquared::default()
            .test("t", array![[10, 10], [5, 15]].view())
            .unwrap();
        assert_eq!(with.test, without.test);
        let refused = ChiSquared::default().test("sex × arm", array![[10, 0], [5, 0]].view());
        assert_eq!(
            refused.unwrap_err().to_string(),
            "the χ² test needs at least 2 columns with counts (in sex × arm), but there is 1"
        );
        assert!(
            ChiSquared::default()
                .test("t", Array2::zeros((0, 0)).view())
                .is_err()
        );
    }

    #[test]
    fn small_expected_counts_are_a_caution() {
        let found = ChiSquared::default()
            .test("t", array![[1, 4], [4, 1]].view())
            .unwrap();
        assert!(matches!(
            found.test.cautions[0],
            Caution::SmallExpectedCounts { below_five: 4, cells: 4, smallest } if smallest == 2.5
        ));
    }
}
