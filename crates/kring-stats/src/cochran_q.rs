//! Cochran's Q: is an event as frequent at each of several occasions in the same subjects?
//!
//! ```text
//! data       x_ij = 1 if subject i has the event at occasion j of k; row sums r_i, column sums c_j
//! statistic  Q = (k − 1)(k Σ c_j² − T²) / (k T − Σ r_i²),  T = Σ r_i
//! reference  χ² with k − 1 degrees of freedom
//! ```
//! Subjects with the event always or never add nothing. With two occasions Q is McNemar's χ² without
//! correction. It is also the generalised Cochran–Mantel–Haenszel statistic with subjects as strata.
//!
//! Cochran WG (1950), Biometrika 37:256–266, doi 10.1093/biomet/37.3-4.256.

use kring_core::{Alternative, Caution, JointTest, Reference, Sample};
use ndarray::{ArrayView2, Axis};
use serde::{Deserialize, Serialize};

use crate::{Error, dist};

/// The options of the test: none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CochranQ {}

const NAME: &str = "Cochran's Q test";

impl CochranQ {
    /// Tests whether the columns (occasions) have one share of events; each row is a subject.
    ///
    /// ```
    /// use kring_stats::cochran_q::CochranQ;
    /// use ndarray::array;
    /// let seen = array![[true, true, false], [true, false, false], [true, true, true],
    ///     [true, false, false], [false, true, false]];
    /// let q = CochranQ::default().test("safe × wave", seen.view())?;
    /// // Columns 4, 3, 1; rows 2, 1, 3, 1, 1: Q = 2 (3 · 26 − 64) / (24 − 16).
    /// assert!((q.statistic.unwrap() - 3.5).abs() < 1e-14);
    /// # Ok::<(), kring_stats::Error>(())
    /// ```
    pub fn test(&self, label: &str, events: ArrayView2<'_, bool>) -> Result<JointTest, Error> {
        let (n, k) = events.dim();
        if k < 2 {
            return Err(Error::TooFew {
                method: NAME,
                what: format!("occasions (in {label})"),
                needed: 2,
                found: k,
            });
        }
        let count = |lane: ndarray::ArrayView1<'_, bool>| {
            lane.iter().filter(|&&event| event).count() as f64
        };
        let rows: Vec<f64> = events.axis_iter(Axis(0)).map(count).collect();
        let columns = events.axis_iter(Axis(1)).map(count);
        let k = k as f64;
        let total: f64 = rows.iter().sum();
        let squares: f64 = columns.map(|c| c * c).sum();
        let within = k * total - rows.iter().map(|r| r * r).sum::<f64>();
        if within == 0.0 {
            return Err(Error::Constant {
                method: NAME,
                what: format!("every subject's answer in {label}"),
            });
        }
        let statistic = (k - 1.0) * (k * squares - total * total) / within;
        let reference = Reference::ChiSquared { df: k - 1.0 };
        let changed = rows.iter().filter(|&&r| r > 0.0 && r < k).count();
        // Cochran's χ² wants some 24 answers of subjects who changed.
        let mut cautions = Vec::new();
        if (changed as f64) * k < 24.0 {
            cautions.push(Caution::Note(format!(
                "Only {changed} subjects changed: the χ² approximation of Cochran's Q is rough."
            )));
        }
        Ok(JointTest {
            label: label.to_owned(),
            statistic: Some(statistic),
            reference,
            p_value: Some(dist::p_value(statistic, reference, Alternative::TwoSided)?),
            sample: Sample {
                subjects: Some(n),
                ..Sample::of(n)
            },
            method: NAME.to_owned(),
            cautions,
        })
    }
}
