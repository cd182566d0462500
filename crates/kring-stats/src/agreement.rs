//! How far raters agree: percent agreement and Cohen's κ here, [`FleissKappa`] and
//! [`Krippendorff`]'s α beside it.
//!
//! ```text
//! p_ij         the share of subjects that the first rater puts in i and the second in j of q
//! w_ij         1 for i = j and else 0; linear 1 − |i − j|/(q − 1); quadratic 1 − (i − j)²/(q − 1)²
//! κ            (p_o − p_e) / (1 − p_e),  p_o = Σ w p,  p_e = Σ w p_i. p_.j
//! variance     {Σ p_ij [w_ij − (w̄_i. + w̄_.j)(1 − κ)]² − [κ − p_e(1 − κ)]²} / (n (1 − p_e)²),
//!              w̄_i. = Σ_j w_ij p_.j,  w̄_.j = Σ_i w_ij p_i.
//! test of 0    the same with κ = 0 and p_ij = p_i. p_.j
//! ```
//! The interval is κ ± z · error, cut at −1 and 1; the p-value comes from the error under no agreement
//! beyond chance. Figures are those of R's `psych::cohen.kappa` (its weighted κ has quadratic weights)
//! and, with linear weights, of `vcd::Kappa`.
//!
//! Cohen J (1968), Psychol Bull 70:213–220, doi 10.1037/h0026256; Fleiss JL, Cohen J, Everitt BS (1969),
//! Psychol Bull 72:323–327, doi 10.1037/h0028106.

mod fleiss;
mod krippendorff;

pub use fleiss::FleissKappa;
pub use krippendorff::{Krippendorff, Measurement};

use kring_core::{
    Alternative, Caution, Estimate, Interval, IntervalKind, Measure, Reference, Sample, Value,
};
use ndarray::{Array2, ArrayView2, Axis};
use serde::{Deserialize, Serialize};

use crate::{Error, dist, narrow};

/// The options of Cohen's κ.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Kappa {
    /// What a disagreement counts.
    pub weights: Weights,
    /// The level of the interval.
    pub level: f64,
}

/// What a disagreement counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Weights {
    /// Every disagreement the same: categories without order.
    #[default]
    Unweighted,
    /// By how many categories two raters lie apart.
    Linear,
    /// By the square of it; near the intraclass correlation ICC(2,1).
    Quadratic,
}

/// Percent agreement and κ of two raters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TwoRaters {
    /// The share of subjects on whom they agree, with Wilson's interval.
    pub agreement: Estimate,
    /// κ.
    pub kappa: Estimate,
}

impl Default for Kappa {
    fn default() -> Self {
        Self {
            weights: Weights::Unweighted,
            level: 0.95,
        }
    }
}

impl Kappa {
    /// The agreement of two raters from the table of their categories, the first in the rows.
    ///
    /// ```
    /// use kring_stats::agreement::Kappa;
    /// use ndarray::array;
    /// // p_o = 0.7, p_e = 0.5 · 0.6 + 0.5 · 0.4 = 0.5.
    /// let found = Kappa::default().of_table("coders", array![[20, 5], [10, 15]].view())?;
    /// assert!((found.kappa.value.finite().unwrap() - 0.4).abs() < 1e-15);
    /// # Ok::<(), kring_stats::Error>(())
    /// ```
    pub fn of_table(&self, label: &str, counts: ArrayView2<'_, u64>) -> Result<TwoRaters, Error> {
        dist::check_level(self.level)?;
        let (q, columns) = counts.dim();
        if q != columns || q < 2 {
            return Err(Error::Shape {
                what: format!("the table of {label}"),
                expected:
                    "as many rows as columns, two or more: the same categories for both raters"
                        .to_owned(),
                found: format!("{q} × {columns}"),
            });
        }
        let total: u64 = counts.sum();
        if total == 0 {
            return Err(Error::TooFew {
                method: "Cohen's κ",
                what: format!("subjects of {label}"),
                needed: 1,
                found: 0,
            });
        }
        let n = total as f64;
        let p = counts.mapv(|count| count as f64 / n);
        let w = self.weights.matrix(q);
        let (rows, columns) = (p.sum_axis(Axis(1)), p.sum_axis(Axis(0)));
        let chance = Array2::from_shape_fn((q, q), |(i, j)| rows[i] * columns[j]);
        let (w_row, w_column) = (w.dot(&columns), w.t().dot(&rows));
        let (p_o, p_e) = ((&w * &p).sum(), (&w * &chance).sum());
        if 1.0 - p_e <= 4.0 * f64::EPSILON {
            return Err(Error::Constant {
                method: "Cohen's κ",
                what: format!("the category of {label}, one and the same for both raters,"),
            });
        }
        let kappa = (p_o - p_e) / (1.0 - p_e);
        let variance = |of: &Array2<f64>, kappa: f64| {
            let centre = kappa - p_e * (1.0 - kappa);
            // About the centre, which is the mean of the bracket: nothing is subtracted at the end.
            let squares: f64 = of
                .indexed_iter()
                .map(|((i, j), p)| {
                    let d = w[[i, j]] - (w_row[i] + w_column[j]) * (1.0 - kappa) - centre;
                    p * d * d
                })
                .sum();
            squares / (n * (1.0 - p_e) * (1.0 - p_e))
        };
        let std_error = variance(&p, kappa).sqrt();
        let under_null = variance(&chance, 0.0).sqrt();
        let width = dist::critical(self.level, Reference::Normal)? * std_error;
        // Where one rater knows one category only, chance cannot but agree: rounding is no error.
        let p_value = if under_null > 1e-12 {
            Some(dist::p_value(
                kappa / under_null,
                Reference::Normal,
                Alternative::TwoSided,
            )?)
        } else {
            None
        };
        let method = match self.weights {
            Weights::Unweighted => "Cohen's κ",
            Weights::Linear => "Cohen's κ with linear weights",
            Weights::Quadratic => "Cohen's κ with quadratic weights",
        };
        #[allow(
            clippy::cast_possible_truncation,
            reason = "so many subjects fit no computer"
        )]
        let subjects = total as usize;
        let estimate = Estimate {
            label: label.to_owned(),
            measure: Measure::Agreement,
            value: Value::Value(kappa),
            std_error: Some(std_error),
            null: 0.0,
            alternative: Alternative::TwoSided,
            reference: Reference::Normal,
            interval: Some(Interval {
                low: Some((kappa - width).max(-1.0)),
                high: Some((kappa + width).min(1.0)),
                level: self.level,
                kind: IntervalKind::Wald,
            }),
            p_value,
            sample: Sample::of(subjects),
            method: format!("{method}, error of Fleiss, Cohen and Everitt"),
            cautions: if std_error == 0.0 {
                vec![Caution::PerfectFit]
            } else {
                let measured = narrow::KAPPA.when(subjects < MANY_SUBJECTS);
                few(subjects).or(measured).into_iter().collect()
            },
        };
        let agreed: u64 = counts.diag().sum();
        Ok(TwoRaters {
            agreement: share(label, agreed, total, self.level)?,
            kappa: estimate.checked()?,
        })
    }

    /// The same from the categories that each rater gave each subject, in the same order.
    ///
    /// `categories` are all there are, in their order; what is not among them is refused.
    pub fn of_ratings<T: PartialEq + std::fmt::Debug>(
        &self,
        label: &str,
        categories: &[T],
        first: &[T],
        second: &[T],
    ) -> Result<TwoRaters, Error> {
        if first.len() != second.len() {
            return Err(Error::Shape {
                what: format!("the ratings of {label}"),
                expected: "as many of the first rater as of the second".to_owned(),
                found: format!("{} and {}", first.len(), second.len()),
            });
        }
        let place = |value: &T| {
            categories
                .iter()
                .position(|category| category == value)
                .ok_or_else(|| Error::Argument {
                    what: format!("a rating of {label}"),
                    expected: "one of the categories",
                    found: format!("{value:?}"),
                })
        };
        let q = categories.len();
        let mut counts = Array2::<u64>::zeros((q, q));
        for (first, second) in first.iter().zip(second) {
            counts[[place(first)?, place(second)?]] += 1;
        }
        self.of_table(label, counts.view())
    }
}

impl Weights {
    /// w_ij of q categories.
    fn matrix(self, q: usize) -> Array2<f64> {
        let widest = q as f64 - 1.0;
        Array2::from_shape_fn((q, q), |(i, j)| {
            let distance = i.abs_diff(j) as f64 / widest;
            match self {
                Self::Unweighted => f64::from(u8::from(i == j)),
                Self::Linear => 1.0 - distance,
                Self::Quadratic => 1.0 - distance * distance,
            }
        })
    }
}

/// A share with Wilson's interval.
fn share(label: &str, k: u64, n: u64, level: f64) -> Result<Estimate, Error> {
    let (n_, p) = (n as f64, k as f64 / n as f64);
    let z = dist::critical(level, Reference::Normal)?;
    let z2 = z * z / n_;
    let centre = (p + z2 / 2.0) / (1.0 + z2);
    let width = z / (1.0 + z2) * (p * (1.0 - p) / n_ + z2 / (4.0 * n_)).sqrt();
    #[allow(
        clippy::cast_possible_truncation,
        reason = "so many subjects fit no computer"
    )]
    let subjects = n as usize;
    let estimate = Estimate {
        label: label.to_owned(),
        measure: Measure::Proportion,
        value: Value::Value(p),
        std_error: Some((p * (1.0 - p) / n_).sqrt()),
        null: 0.0,
        alternative: Alternative::TwoSided,
        reference: Reference::Normal,
        interval: Some(Interval {
            low: Some((centre - width).max(0.0)),
            high: Some((centre + width).min(1.0)),
            level,
            kind: IntervalKind::Score,
        }),
        p_value: None,
        sample: Sample::of(subjects),
        method: "percent agreement, Wilson's interval".to_owned(),
        cautions: Vec::new(),
    };
    Ok(estimate.checked()?)
}

/// Below this many subjects the intervals of agreement are too narrow: coverage.md in the
/// documentation has by how much.
const FEW_SUBJECTS: usize = 20;

/// Below this many those of Cohen's κ still are, a little.
const MANY_SUBJECTS: usize = 400;

/// The doubt about an interval of agreement of so many subjects.
fn few(subjects: usize) -> Option<Caution> {
    (subjects < FEW_SUBJECTS).then(|| {
        Caution::Note(format!(
            "Only {subjects} subjects: the interval of agreement rests on large samples and tends to \
            be too narrow."
        ))
    })
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    reason = "a test may stop at what it did not expect"
)]
mod tests {
    use ndarray::array;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn by_hand() {
        // Two by two: p = .4 .1 / .2 .3; margins .5 .5 and .6 .4; p_o = .7, p_e = .5, κ = .4.
        let found = Kappa::default()
            .of_table("t", array![[20, 5], [10, 15]].view())
            .unwrap();
        // Brackets w − (p_.i + p_j.)(0.6), w̄_i. = p_.i and w̄_.j = p_j.:
        // 11: 1 − 1.1 · .6 = .34; 12: −(.6 + .5) .6 … = −.66; 21: −(.4 + .5) .6 = −.54; 22: 1 − .54 = .46.
        let squares = 0.4 * 0.34_f64.powi(2)
            + 0.1 * 0.66_f64.powi(2)
            + 0.2 * 0.54_f64.powi(2)
            + 0.3 * 0.46_f64.powi(2);
        let variance = (squares - (0.4_f64 - 0.5 * 0.6).powi(2)) / (50.0 * 0.25);
        assert!((found.kappa.std_error.unwrap() - variance.sqrt()).abs() < 1e-15);
        assert_eq!(found.agreement.value, Value::Value(0.7));
        // Two categories: every weighting is the same.
        for weights in [Weights::Linear, Weights::Quadratic] {
            let weighted = Kappa {
                weights,
                level: 0.95,
            };
            let weighted = weighted
                .of_table("t", array![[20, 5], [10, 15]].view())
                .unwrap();
            assert!((weighted.kappa.value.finite().unwrap() - 0.4).abs() < 1e-15);
        }
    }

    #[test]
    fn perfect_agreement_and_one_category() {
        let perfect = Kappa::default()
            .of_table("t", array![[3, 0], [0, 4]].view())
            .unwrap();
        assert_eq!(perfect.kappa.value, Value::Value(1.0));
        assert_eq!(perfect.kappa.cautions, [Caution::PerfectFit]);
        let refused =
            |counts: Array2<u64>| Kappa::default().of_table("t", counts.view()).unwrap_err();
        assert_eq!(
            refused(array![[7, 0], [0, 0]]).to_string(),
            "the category of t, one and the same for both raters, is constant, so Cohen's κ has no error to measure differences by"
        );
        assert!(matches!(
            refused(Array2::zeros((2, 2))),
            Error::TooFew { .. }
        ));
        assert!(matches!(
            refused(Array2::zeros((2, 3))),
            Error::Shape { .. }
        ));
        // One rater who uses one category: κ is zero, and nothing can test it.
        let flat = Kappa::default()
            .of_table("t", array![[3, 4], [0, 0]].view())
            .unwrap();
        assert_eq!(flat.kappa.value.finite().unwrap(), 0.0);
        assert_eq!(flat.kappa.p_value, None);
    }

    #[test]
    fn ratings_become_their_table() {
        let found = Kappa::default()
            .of_ratings(
                "t",
                &["a", "b"],
                &["a", "a", "b", "b"],
                &["a", "b", "b", "b"],
            )
            .unwrap();
        let table = Kappa::default()
            .of_table("t", array![[1, 1], [0, 2]].view())
            .unwrap();
        assert_eq!(found, table);
        assert!(
            Kappa::default()
                .of_ratings("t", &["a"], &["c"], &["a"])
                .is_err()
        );
        assert!(
            Kappa::default()
                .of_ratings("t", &["a"], &["a"], &[])
                .is_err()
        );
    }

    proptest! {
        #[test]
        fn the_raters_may_change_places(counts in prop::collection::vec(0..30u64, 9)) {
            let counts = Array2::from_shape_vec((3, 3), counts).unwrap();
            for weights in [Weights::Unweighted, Weights::Linear, Weights::Quadratic] {
                let kappa = Kappa { weights, level: 0.95 };
                let one = kappa.of_table("t", counts.view());
                let other = kappa.of_table("t", counts.t());
                match (one, other) {
                    (Ok(one), Ok(other)) => {
                        let (a, b) = (one.kappa.value.finite().unwrap(), other.kappa.value.finite().unwrap());
                        prop_assert!((a - b).abs() < 1e-12 && (-1.0 - 1e-12..=1.0 + 1e-12).contains(&a));
                    }
                    (one, other) => prop_assert!(one.is_err() && other.is_err()),
                }
            }
        }
    }
}
