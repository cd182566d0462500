//! How much of a score is not error: Cronbach's α here, [`Omega`] and [`IntraclassCorrelation`]
//! beside it.
//!
//! ```text
//! C            covariances of k items among n subjects, R their correlations
//! α            k/(k − 1) (1 − tr C / 1'C1)
//! standardised k r̄ / (1 + (k − 1) r̄),   r̄ the mean of the correlations
//! interval     1 − (1 − α) F_{1 − γ/2} and 1 − (1 − α) F_{γ/2}, F with n − 1 and (n − 1)(k − 1)
//! test         1 / (1 − α) is such an F if no item has anything in common with another
//! error        SEM = s √(1 − α),  s the standard deviation of the sum score
//! ```
//! The interval is exact for normal items with one variance and one covariance; it holds well
//! otherwise. α is reliability itself only if all items measure one thing equally well (tau-
//! equivalence) and is a lower bound if they do not. Figures are those of R's `psych::alpha` and
//! `alpha.ci`; items are not turned round (`check.keys`): turn them before.
//!
//! Cronbach LJ (1951), Psychometrika 16:297–334, doi 10.1007/BF02310555; Feldt LS, Woodruff DJ, Salih
//! FA (1987), Appl Psychol Meas 11:93–103, doi 10.1177/014662168701100107.

mod icc;
mod omega;

pub use icc::{Icc, IccForm, IntraclassCorrelation, IntraclassCorrelations, MeanSquares};
pub use omega::{Extraction, Loading, Omega, OmegaTotal};

use kring_core::{
    Alternative, Caution, Estimate, Interval, IntervalKind, Measure, Reference, Sample, Value,
};
use ndarray::{Array2, ArrayView2, Axis};
use serde::{Deserialize, Serialize};

use crate::summary::{mean, sum_of_squares};
use crate::{Error, dist};

/// The answers of subjects (rows) to items (columns), or the ratings that raters (columns) gave them.
#[derive(Debug, Clone, Copy)]
pub struct Items<'a> {
    /// What the scale is called.
    pub name: &'a str,
    /// What each item or rater is called.
    pub names: &'a [&'a str],
    /// One row a subject, complete.
    pub values: ArrayView2<'a, f64>,
}

/// The options of Cronbach's α.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Reliability {
    /// The level of the interval.
    pub level: f64,
}

/// Cronbach's α and what each item adds to it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Consistency {
    /// α of the items as they are, with its interval.
    pub alpha: Estimate,
    /// α of items of one variance. It has no interval of its own: Feldt's is of the raw α.
    pub standardized: Estimate,
    /// The mean of the correlations between items.
    pub average_r: f64,
    /// The standard error of measurement of the sum score.
    pub standard_error_of_measurement: f64,
    /// Each item.
    pub items: Vec<ItemStatistics>,
}

/// One item beside the others.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ItemStatistics {
    /// The item.
    pub item: String,
    /// Its mean.
    pub mean: f64,
    /// Its standard deviation.
    pub sd: f64,
    /// Its correlation with the sum of the others; absent where that does not vary.
    pub rest_correlation: Option<f64>,
    /// α without it; absent of two items.
    pub alpha_if_dropped: Option<f64>,
}

impl Default for Reliability {
    fn default() -> Self {
        Self { level: 0.95 }
    }
}

impl Reliability {
    /// Cronbach's α of at least two items.
    ///
    /// ```
    /// use kring_stats::reliability::{Items, Reliability};
    /// use ndarray::array;
    /// let values = array![[1.0, 2.0], [2.0, 2.0], [3.0, 4.0], [4.0, 4.0]];
    /// let items = Items { name: "circle", names: &["a", "b"], values: values.view() };
    /// // Variances 5/3 and 4/3, covariance 4/3: α = 2 (1 − 3 / (17/3)) = 16/17.
    /// let found = Reliability::default().alpha(&items)?;
    /// assert!((found.alpha.value.finite().unwrap() - 16.0 / 17.0).abs() < 1e-12);
    /// # Ok::<(), kring_stats::Error>(())
    /// ```
    pub fn alpha(&self, items: &Items<'_>) -> Result<Consistency, Error> {
        dist::check_level(self.level)?;
        items.check("Cronbach's α", 2, 2)?;
        let c = items.covariance()?;
        let (n, k) = (items.values.nrows(), items.values.ncols());
        let all: Vec<usize> = (0..k).collect();
        let total = total(&c, &all);
        let scale: f64 = c.diag().sum();
        if total <= 1e-14 * scale {
            return Err(Error::Constant {
                method: "Cronbach's α",
                what: format!("the sum score of {}", items.name),
            });
        }
        let alpha = alpha_of(&c, &all).unwrap_or_default();
        let sd: Vec<f64> = c.diag().iter().map(|v| v.sqrt()).collect();
        let pairs = (k * (k - 1) / 2) as f64;
        let sum_r: f64 = (0..k)
            .flat_map(|i| (0..i).map(move |j| (i, j)))
            .map(|(i, j)| c[[i, j]] / sd[i] / sd[j])
            .sum();
        let average_r = sum_r / pairs;
        let k_ = k as f64;
        let spread = 1.0 + (k_ - 1.0) * average_r;
        let standardized = if spread > 1e-14 {
            k_ * average_r / spread
        } else {
            return Err(Error::Constant {
                method: "the standardised α",
                what: format!("the sum of the standardised items of {}", items.name),
            });
        };
        let each = (0..k).map(|i| {
            let others: Vec<usize> = all.iter().copied().filter(|&j| j != i).collect();
            let rest: f64 = others.iter().map(|&j| c[[i, j]]).sum();
            let of_rest = self::total(&c, &others);
            ItemStatistics {
                item: items.names[i].to_owned(),
                mean: items.values.column(i).sum() / n as f64,
                sd: sd[i],
                rest_correlation: (of_rest > 1e-14 * scale)
                    .then(|| (rest / sd[i] / of_rest.sqrt()).clamp(-1.0, 1.0)),
                alpha_if_dropped: alpha_of(&c, &others),
            }
        });
        let mut cautions = Vec::new();
        if (0..k).any(|i| (0..k).filter(|&j| j != i).map(|j| c[[i, j]]).sum::<f64>() < 0.0) {
            cautions.push(Caution::Note(
                "An item goes against the sum of the others: was it to be turned round?".to_owned(),
            ));
        }
        let estimate =
            |method: &str, value: f64, cautions: &[Caution]| -> Result<Estimate, Error> {
                Ok(Estimate {
                    label: items.name.to_owned(),
                    measure: Measure::Reliability,
                    value: Value::Value(value),
                    std_error: None,
                    null: 0.0,
                    alternative: Alternative::Greater,
                    reference: Reference::F {
                        numerator: n as f64 - 1.0,
                        denominator: (n as f64 - 1.0) * (k_ - 1.0),
                    },
                    interval: None,
                    p_value: None,
                    sample: Sample::of(n),
                    method: method.to_owned(),
                    cautions: cautions.to_vec(),
                }
                .checked()?)
            };
        let mut raw = estimate("Cronbach's α, Feldt's interval", alpha, &cautions)?;
        // Without residual variance F would be infinite.
        if 1.0 - alpha > 1e-12 {
            let quantile = |tail| dist::upper_quantile(tail, raw.reference);
            let tail = (1.0 - self.level) / 2.0;
            raw.interval = Some(Interval {
                low: Some(1.0 - (1.0 - alpha) * quantile(tail)?),
                high: Some(1.0 - (1.0 - alpha) * quantile(1.0 - tail)?),
                level: self.level,
                kind: IntervalKind::Exact,
            });
            raw.p_value = Some(dist::upper_tail(1.0 / (1.0 - alpha), raw.reference)?);
        } else {
            raw.cautions.push(Caution::PerfectFit);
        }
        Ok(Consistency {
            alpha: raw.checked()?,
            standardized: estimate(
                "Cronbach's α of standardised items",
                standardized,
                &cautions,
            )?,
            average_r,
            standard_error_of_measurement: (total * (1.0 - alpha).max(0.0)).sqrt(),
            items: each.collect(),
        })
    }
}

/// k/(k − 1) (1 − tr C / 1'C1) of some items; absent of one, or if their sum does not vary.
fn alpha_of(c: &Array2<f64>, items: &[usize]) -> Option<f64> {
    let k = items.len() as f64;
    let own: f64 = items.iter().map(|&i| c[[i, i]]).sum();
    let all = total(c, items);
    // The sum of the covariances, so that nothing is subtracted from one.
    let shared: f64 = items
        .iter()
        .enumerate()
        .flat_map(|(place, &i)| items[..place].iter().map(move |&j| 2.0 * c[[i, j]]))
        .sum();
    (items.len() > 1 && all > 1e-14 * own).then(|| k / (k - 1.0) * shared / all)
}

/// The variance of the sum of some items.
fn total(c: &Array2<f64>, items: &[usize]) -> f64 {
    items
        .iter()
        .flat_map(|&i| items.iter().map(move |&j| c[[i, j]]))
        .sum()
}

impl Items<'_> {
    /// Refuses what is too small or not finite.
    fn check(&self, method: &'static str, subjects: usize, items: usize) -> Result<(), Error> {
        let (n, k) = self.values.dim();
        if self.names.len() != k {
            return Err(Error::Shape {
                what: format!("the names of the items of {}", self.name),
                expected: format!("{k}, one a column"),
                found: self.names.len().to_string(),
            });
        }
        for (what, needed, found) in [("items", items, k), ("subjects", subjects, n)] {
            if found < needed {
                return Err(Error::TooFew {
                    method,
                    what: format!("{what} of {}", self.name),
                    needed,
                    found,
                });
            }
        }
        for ((row, column), value) in self.values.indexed_iter() {
            if !value.is_finite() {
                return Err(kring_core::Error::NotFinite {
                    what: format!("{} of {}", self.names[column], self.name),
                    row,
                }
                .into());
            }
        }
        Ok(())
    }

    /// The covariances, n − 1 in the denominator; every item must vary.
    fn covariance(&self) -> Result<Array2<f64>, Error> {
        let (n, k) = self.values.dim();
        let mut centred = Array2::zeros((k, n));
        for (j, column) in self.values.axis_iter(Axis(1)).enumerate() {
            let values = column.to_vec();
            let mean = mean(&values);
            if sum_of_squares(&values, mean).sqrt()
                <= 10.0 * f64::EPSILON * mean.abs() * (n as f64).sqrt()
            {
                return Err(Error::Constant {
                    method: "reliability",
                    what: format!("item {} of {}", self.names[j], self.name),
                });
            }
            centred
                .row_mut(j)
                .iter_mut()
                .zip(values)
                .for_each(|(c, x)| *c = x - mean);
        }
        let c = centred.dot(&centred.t()) / (n as f64 - 1.0);
        if c.iter().all(|c| c.is_finite()) {
            return Ok(c);
        }
        Err(Error::Overflow {
            what: format!("the covariances of {}", self.name),
        })
    }
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

    const NAMES: [&str; 4] = ["a", "b", "c", "d"];

    fn alpha(values: &Array2<f64>) -> Result<Consistency, Error> {
        Reliability::default().alpha(&Items {
            name: "scale",
            names: &NAMES[..values.ncols()],
            values: values.view(),
        })
    }

    #[test]
    fn by_hand() {
        // Variances 5/3, 4/3, covariance 4/3; sum variance 17/3, α = 16/17.
        let found = alpha(&array![[1.0, 2.0], [2.0, 2.0], [3.0, 4.0], [4.0, 4.0]]).unwrap();
        let r = (4.0 / 3.0) / (20.0_f64 / 9.0).sqrt();
        assert!((found.average_r - r).abs() < 1e-15);
        assert!((found.standardized.value.finite().unwrap() - 2.0 * r / (1.0 + r)).abs() < 1e-15);
        assert!((found.standard_error_of_measurement.powi(2) - 1.0 / 3.0).abs() < 1e-14);
        assert_eq!(found.items[0].alpha_if_dropped, None);
        assert!((found.items[0].rest_correlation.unwrap() - r).abs() < 1e-15);
        // F of 3 and 3 exceeds 15.439 with probability 0.025 (its printed table): 1 − 15.439/17.
        let interval = found.alpha.interval.unwrap();
        assert!((interval.low.unwrap() - (1.0 - 15.439 / 17.0)).abs() < 1e-4);
        assert!((interval.high.unwrap() - (1.0 - 1.0 / 15.439 / 17.0)).abs() < 1e-5);
    }

    #[test]
    fn items_that_are_one_leave_no_error_and_items_against_one_another_no_score() {
        let found = alpha(&array![[1.0, 2.0], [2.0, 3.0], [4.0, 5.0]]).unwrap();
        assert_eq!(found.alpha.value, Value::Value(1.0));
        assert_eq!((found.alpha.interval, found.alpha.p_value), (None, None));
        assert_eq!(found.alpha.cautions, [Caution::PerfectFit]);
        let opposite = alpha(&array![[1.0, -1.0], [2.0, -2.0], [4.0, -4.0]]);
        assert!(matches!(opposite, Err(Error::Constant { .. })));
        let against = alpha(&array![[1.0, 4.0], [2.0, 4.0], [3.0, 2.0], [4.0, 1.0]]).unwrap();
        assert!(against.alpha.value.finite().unwrap() < 0.0 && against.alpha.cautions.len() == 1);
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let says = |values: Array2<f64>, text: &str| {
            assert_eq!(alpha(&values).unwrap_err().to_string(), text);
        };
        says(
            array![[1.0], [2.0]],
            "Cronbach's α needs at least 2 items of scale, but there is 1",
        );
        says(
            array![[1.0, 2.0]],
            "Cronbach's α needs at least 2 subjects of scale, but there is 1",
        );
        says(
            array![[1.0, 2.0], [f64::NAN, 1.0]],
            "a of scale holds a value that is not a finite number at row 2; mark it as missing instead",
        );
        says(
            array![[1.0, 2.0], [1.0, 3.0]],
            "item a of scale is constant, so reliability has no error to measure differences by",
        );
        let values = array![[1.0, 2.0], [2.0, 3.0]];
        let unnamed = Items {
            name: "scale",
            names: &["a"],
            values: values.view(),
        };
        assert!(matches!(
            Reliability::default().alpha(&unnamed),
            Err(Error::Shape { .. })
        ));
        assert!(alpha(&array![[1e200, 2.0], [-1e200, 3.0]]).is_err());
    }

    proptest! {
        #[test]
        fn a_new_zero_changes_nothing(
            values in prop::collection::vec(-5.0..5.0f64, 24), shift in -100.0..100.0f64, scale in 0.1..10.0f64,
        ) {
            let values = Array2::from_shape_vec((8, 3), values).unwrap();
            let moved = values.mapv(|x| scale * x + shift);
            let (a, b) = (alpha(&values), alpha(&moved));
            prop_assume!(a.is_ok());
            let (a, b) = (a.unwrap(), b.unwrap());
            let value = |c: &Consistency| c.alpha.value.finite().unwrap();
            prop_assume!(value(&a).abs() < 100.0);
            prop_assert!((value(&a) - value(&b)).abs() < 1e-8);
            prop_assert!((a.average_r - b.average_r).abs() < 1e-8);
        }
    }
}
