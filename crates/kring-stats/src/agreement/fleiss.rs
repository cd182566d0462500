//! Fleiss's κ: how far many raters agree who give each subject one of q categories.
//!
//! ```text
//! r_ic       of r raters those who put subject i into category c;  π_c = Σ_i r_ic / nr
//! p_i        Σ_c r_ic (r_ic − 1) / (r(r − 1)),  p_o their mean,  p_e = Σ_c π²_c
//! κ          (p_o − p_e) / (1 − p_e)
//! variance   Σ (κ*_i − κ)² / (n(n − 1)),  κ*_i = κ_i − 2(1 − κ)(Σ_c π_c r_ic/r − p_e)/(1 − p_e),
//!            κ_i = (p_i − p_e)/(1 − p_e);  t with n − 1 degrees of freedom (Gwet)
//! test of 0  variance 2 / (nr(r − 1)) [(Σ π(1 − π))² − Σ π(1 − π)(1 − 2π)] / (Σ π(1 − π))²
//! ```
//! Raters need not be the same for every subject, but there must be as many; where ratings are missing
//! take Krippendorff's α. The test of no agreement is R's `irr::kappam.fleiss`; its error must not be
//! used for an interval, so that comes from the subjects.
//!
//! Fleiss JL (1971), Psychol Bull 76:378–382, doi 10.1037/h0031619; Fleiss JL, Nee JCM, Landis JR
//! (1979), Psychol Bull 86:974–977, doi 10.1037/0033-2909.86.5.974; Gwet KL (2008), Br J Math Stat
//! Psychol 61:29–48, doi 10.1348/000711006X126600.

use kring_core::{
    Alternative, Caution, Estimate, Interval, IntervalKind, Measure, Reference, Sample, Value,
};
use ndarray::ArrayView2;
use serde::{Deserialize, Serialize};

use crate::{Error, dist};

/// The options of Fleiss's κ.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FleissKappa {
    /// The level of the interval.
    pub level: f64,
}

impl Default for FleissKappa {
    fn default() -> Self {
        Self { level: 0.95 }
    }
}

impl FleissKappa {
    /// κ from the counts of raters: a row a subject, a column a category.
    ///
    /// ```
    /// use kring_stats::agreement::FleissKappa;
    /// use ndarray::array;
    /// // p_o = (1 + 1/3 + 1/3 + 1)/4 = 2/3, π = (1/2, 1/2): κ = (2/3 − 1/2)/(1/2).
    /// let counts = array![[3, 0], [2, 1], [1, 2], [0, 3]];
    /// let kappa = FleissKappa::default().of_counts("coders", counts.view())?;
    /// assert!((kappa.value.finite().unwrap() - 1.0 / 3.0).abs() < 1e-15);
    /// # Ok::<(), kring_stats::Error>(())
    /// ```
    pub fn of_counts(&self, label: &str, counts: ArrayView2<'_, u64>) -> Result<Estimate, Error> {
        dist::check_level(self.level)?;
        let subjects = counts.nrows();
        let raters = counts.rows().into_iter().next().map_or(0, |row| row.sum());
        for (what, found) in [("subjects", subjects), ("categories", counts.ncols())] {
            if found < 2 {
                return Err(too_few(label, what, found));
            }
        }
        if let Some(row) = counts
            .rows()
            .into_iter()
            .position(|row| row.sum() != raters)
        {
            return Err(Error::Shape {
                what: format!("the ratings of subject {} of {label}", row + 1),
                expected: format!("{raters}, as of the first (or take Krippendorff's α)"),
                found: counts.row(row).sum().to_string(),
            });
        }
        if raters < 2 {
            #[allow(clippy::cast_possible_truncation, reason = "none or one")]
            return Err(too_few(label, "raters", raters as usize));
        }
        let (n, r) = (subjects as f64, raters as f64);
        let x = counts.mapv(|count| count as f64);
        let pi = x.sum_axis(ndarray::Axis(0)) / (n * r);
        let p_e = pi.dot(&pi);
        // 1 − p_e is the sum of what every category leaves.
        let left: f64 = pi.iter().map(|pi| pi * (1.0 - pi)).sum();
        if left <= 4.0 * f64::EPSILON {
            return Err(Error::Constant {
                method: "Fleiss's κ",
                what: format!("the category of {label}, the same for all,"),
            });
        }
        let agreed: Vec<f64> = x
            .rows()
            .into_iter()
            .map(|row| row.iter().map(|x| x * (x - 1.0)).sum::<f64>() / (r * (r - 1.0)))
            .collect();
        let p_o = agreed.iter().sum::<f64>() / n;
        let kappa = (p_o - p_e) / left;
        let squares: f64 = x
            .rows()
            .into_iter()
            .zip(&agreed)
            .map(|(row, p)| {
                let chance = row.dot(&pi) / r;
                let own = (p - p_e) / left - 2.0 * (1.0 - kappa) * (chance - p_e) / left;
                (own - kappa) * (own - kappa)
            })
            .sum();
        let std_error = (squares / (n * (n - 1.0))).sqrt();
        let skew: f64 = pi.iter().map(|pi| pi * (1.0 - pi) * (1.0 - 2.0 * pi)).sum();
        let under_null = (2.0 * (left * left - skew) / (n * r * (r - 1.0)))
            .max(0.0)
            .sqrt()
            / left;
        let p_value = if under_null > 0.0 {
            Some(dist::p_value(
                kappa / under_null,
                Reference::Normal,
                Alternative::TwoSided,
            )?)
        } else {
            None
        };
        let reference = Reference::StudentT { df: n - 1.0 };
        let width = dist::critical(self.level, reference)? * std_error;
        let estimate = Estimate {
            label: label.to_owned(),
            measure: Measure::Agreement,
            value: Value::Value(kappa),
            std_error: Some(std_error),
            null: 0.0,
            alternative: Alternative::TwoSided,
            reference,
            interval: Some(Interval {
                low: Some((kappa - width).max(-1.0)),
                high: Some((kappa + width).min(1.0)),
                level: self.level,
                kind: IntervalKind::Wald,
            }),
            p_value,
            sample: Sample::of(subjects),
            method: format!(
                "Fleiss's κ of {raters} raters, Gwet's error, test of Fleiss, Nee and Landis"
            ),
            cautions: if std_error == 0.0 {
                vec![Caution::PerfectFit]
            } else {
                super::few(subjects).into_iter().collect()
            },
        };
        Ok(estimate.checked()?)
    }
}

fn too_few(label: &str, what: &str, found: usize) -> Error {
    Error::TooFew {
        method: "Fleiss's κ",
        what: format!("{what} of {label}"),
        needed: 2,
        found,
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
        let counts = array![[3, 0], [2, 1], [1, 2], [0, 3]];
        let found = FleissKappa::default()
            .of_counts("t", counts.view())
            .unwrap();
        // κ_i = (p_i − ½)/½ = 1, −⅓, −⅓, 1; Σ π r_ic/r = ½ = p_e, so κ* = κ_i: squares 4 · (2/3)².
        assert!((found.std_error.unwrap().powi(2) - 16.0 / 9.0 / 12.0).abs() < 1e-15);
        // Under the null: Σπ(1 − π) = ½ and no skew: variance 2 · ¼/24 / ¼ = 1/12, z = 2/√3.
        let z = 2.0 / 3.0_f64.sqrt();
        let expected = dist::p_value(z, Reference::Normal, Alternative::TwoSided).unwrap();
        assert!((found.p_value.unwrap() - expected).abs() < 1e-14);
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let refused = |counts: ndarray::Array2<u64>| {
            FleissKappa::default()
                .of_counts("coders", counts.view())
                .unwrap_err()
                .to_string()
        };
        assert_eq!(
            refused(array![[2, 1], [1, 1]]),
            "the ratings of subject 2 of coders: expected 3, as of the first (or take Krippendorff's α), found 2"
        );
        assert_eq!(
            refused(array![[1, 0], [0, 1]]),
            "Fleiss's κ needs at least 2 raters of coders, but there is 1"
        );
        assert_eq!(
            refused(array![[1, 2]]),
            "Fleiss's κ needs at least 2 subjects of coders, but there is 1"
        );
        assert!(
            refused(array![[2, 0], [2, 0]])
                .starts_with("the category of coders, the same for all, is constant")
        );
    }
}
