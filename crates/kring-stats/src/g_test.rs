//! The G test of independence in an r × c table: the likelihood ratio.
//!
//! ```text
//! model      n_ij independent of one another given the margins
//! expected   E_ij = row_i · column_j / n
//! statistic  G = 2 Σ n_ij ln(n_ij / E_ij);  Williams: G / q,
//!            q = 1 + (n Σ 1/row_i − 1)(n Σ 1/column_j − 1) / (6n(r − 1)(c − 1))
//! reference  χ² with (r − 1)(c − 1) degrees of freedom
//! ```
//! An empty cell adds nothing. Rows and columns without any count are left out.
//!
//! Wilks SS (1938), Annals of Mathematical Statistics 9:60–62, doi 10.1214/aoms/1177732360;
//! Williams DA (1976), Biometrika 63:33–37, doi 10.1093/biomet/63.1.33.

use kring_core::JointTest;
use ndarray::{Array1, ArrayView2};
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::chi_squared::Independence;

/// The options of the test.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GTest {
    /// Whether the statistic is made smaller, so that it is closer to χ² in small samples.
    pub correction: GCorrection,
}

/// A correction for small samples.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GCorrection {
    /// None.
    #[default]
    None,
    /// Williams's.
    Williams,
}

impl GTest {
    /// Tests whether rows and columns of a table of counts are independent.
    ///
    /// ```
    /// use kring_stats::g_test::GTest;
    /// use ndarray::array;
    /// let dropout = GTest::default().test("dropout × arm", array![[10, 45], [15, 45]].view())?;
    /// assert!((dropout.statistic.unwrap() - 0.7894).abs() < 5e-5);
    /// # Ok::<(), kring_stats::Error>(())
    /// ```
    pub fn test(&self, label: &str, counts: ArrayView2<'_, u64>) -> Result<JointTest, Error> {
        let table = Independence::of("the G test", label, counts)?;
        let cells = table.observed.iter().zip(&table.expected);
        let cells = cells.filter(|(o, _)| **o > 0.0);
        // n ln(n/E) − n + E is never negative, and its last two terms cancel over the table.
        let g = 2.0 * cells.map(|(o, e)| o * (o / e).ln()).sum::<f64>();
        let (q, method) = match self.correction {
            GCorrection::None => (1.0, "G test (likelihood ratio)"),
            GCorrection::Williams => {
                let spread = |margin: &Array1<f64>| {
                    let inverse = margin.iter().filter(|&&m| m > 0.0).map(|m| table.n / m);
                    inverse.sum::<f64>() - 1.0
                };
                let q =
                    1.0 + spread(&table.rows) * spread(&table.columns) / (6.0 * table.n * table.df);
                (q, "G test (likelihood ratio) with Williams's correction")
            }
        };
        table.test(label, g.max(0.0) / q, method)
    }
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
        // Expected 2 everywhere: G = 2 (4 ln 2 + 4 ln 2) = 16 ln 2, the empty cells adding nothing.
        let found = GTest::default()
            .test("t", array![[4, 0], [0, 4]].view())
            .unwrap();
        assert!((found.statistic.unwrap() - 16.0 * 2.0_f64.ln()).abs() < 1e-13);
        // Williams: q = 1 + (8 · ½ − 1)² / 48 = 1 + 9/48.
        let williams = GTest {
            correction: GCorrection::Williams,
        };
        let found = williams.test("t", array![[4, 0], [0, 4]].view()).unwrap();
        assert!((found.statistic.unwrap() - 16.0 * 2.0_f64.ln() * 48.0 / 57.0).abs() < 1e-13);
        // An empty row changes nothing, and independence gives zero.
        let empty = williams
            .test("t", array![[4, 0], [0, 0], [0, 4]].view())
            .unwrap();
        assert_eq!(empty, found);
        let none = GTest::default().test("t", array![[1, 3], [2, 6]].view());
        assert_eq!(none.unwrap().statistic, Some(0.0));
    }

    #[test]
    fn one_row_is_refused() {
        let refused = GTest::default().test("sex × arm", array![[3, 4]].view());
        assert_eq!(
            refused.unwrap_err().to_string(),
            "the G test needs at least 2 rows with counts (in sex × arm), but there is 1"
        );
    }
}
