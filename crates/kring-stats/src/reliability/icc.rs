//! Intraclass correlations: the six of Shrout and Fleiss, by analysis of variance.
//!
//! ```text
//! n subjects each rated by k raters; mean squares B between subjects, W within, J between raters,
//! E residual
//! ICC(1,1) = (B − W) / (B + (k−1)W)                    one-way random, McGraw & Wong's ICC(1)
//! ICC(2,1) = (B − E) / (B + (k−1)E + k(J−E)/n)         two-way random, agreement: ICC(A,1)
//! ICC(3,1) = (B − E) / (B + (k−1)E)                    two-way fixed, consistency: ICC(C,1)
//! ICC(1,k), (2,k), (3,k): of the mean of k raters: (B−W)/B, (B−E)/(B + (J−E)/n), (B−E)/B
//! F        B/W with n−1 and n(k−1); B/E with n−1 and (n−1)(k−1)
//! ```
//! Intervals are exact for forms 1 and 3; that of form 2 is Satterthwaite's with the error in its
//! degrees of freedom (Shrout & Fleiss 1979, McGraw & Wong 1996 with Fleiss & Shrout 1978). Figures
//! are those of R's `psych::ICC` on complete ratings.
//!
//! Shrout PE, Fleiss JL (1979), Psychol Bull 86:420–428, doi 10.1037/0033-2909.86.2.420; McGraw KO,
//! Wong SP (1996), Psychol Methods 1:30–46, doi 10.1037/1082-989X.1.1.30 (erratum 1:390).

use kring_core::{
    Alternative, Caution, Estimate, Interval, IntervalKind, JointTest, Measure, Reference, Sample,
    Value,
};
use serde::{Deserialize, Serialize};

use super::Items;
use crate::{Error, dist, narrow};

/// The options of intraclass correlations.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct IntraclassCorrelation {
    /// The level of the intervals.
    pub level: f64,
}

/// The six forms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IccForm {
    /// One rater; each subject was rated by others.
    Icc1,
    /// One rater of many who might have rated; agreement.
    Icc2,
    /// One of these raters; consistency.
    Icc3,
    /// The mean of k raters; each subject was rated by others.
    Icc1k,
    /// The mean of k raters of many who might have rated; agreement.
    Icc2k,
    /// The mean of these k raters; consistency. It is Cronbach's α.
    Icc3k,
}

/// One form with its interval and its test.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Icc {
    /// Which form.
    pub form: IccForm,
    /// The correlation with its interval.
    pub estimate: Estimate,
    /// The test that subjects do not differ.
    pub test: JointTest,
}

/// All six forms.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IntraclassCorrelations {
    /// In the order of [`IccForm`]; a form whose denominator is not above zero is undefined and absent.
    pub forms: Vec<Icc>,
    /// The mean squares they come from.
    pub mean_squares: MeanSquares,
    /// The standard error of measurement of one rating, √W: raters' levels count as error.
    pub agreement_error: f64,
    /// The standard error of measurement of one rating, √E: raters' levels do not count.
    pub consistency_error: f64,
}

/// The mean squares of subjects by raters.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MeanSquares {
    /// Between subjects.
    pub subjects: f64,
    /// Between raters.
    pub raters: f64,
    /// What is left.
    pub residual: f64,
    /// Within subjects: raters and residual together.
    pub within: f64,
}

impl IccForm {
    /// All of them, in their order.
    pub const ALL: [Self; 6] = [
        Self::Icc1,
        Self::Icc2,
        Self::Icc3,
        Self::Icc1k,
        Self::Icc2k,
        Self::Icc3k,
    ];

    /// Its name by Shrout and Fleiss, then by McGraw and Wong.
    pub fn name(self) -> &'static str {
        match self {
            Self::Icc1 => "ICC(1,1), one-way random, one rater: ICC(1)",
            Self::Icc2 => "ICC(2,1), two-way random, agreement, one rater: ICC(A,1)",
            Self::Icc3 => "ICC(3,1), two-way mixed, consistency, one rater: ICC(C,1)",
            Self::Icc1k => "ICC(1,k), one-way random, mean of raters: ICC(k)",
            Self::Icc2k => "ICC(2,k), two-way random, agreement, mean of raters: ICC(A,k)",
            Self::Icc3k => "ICC(3,k), two-way mixed, consistency, mean of raters: ICC(C,k)",
        }
    }

    fn is_one_way(self) -> bool {
        matches!(self, Self::Icc1 | Self::Icc1k)
    }
}

impl Default for IntraclassCorrelation {
    fn default() -> Self {
        Self { level: 0.95 }
    }
}

impl IntraclassCorrelations {
    /// One of the forms.
    pub fn form(&self, form: IccForm) -> Option<&Icc> {
        self.forms.iter().find(|icc| icc.form == form)
    }
}

fn below_zero(value: f64) -> Option<Caution> {
    (value < 0.0).then(|| {
        Caution::Note(
            "Below zero: subjects differ less than chance would have them; read it as zero."
                .to_owned(),
        )
    })
}

/// Fewer raters than this say little of how raters differ.
const FEW_RATERS: f64 = 10.0;

impl IntraclassCorrelation {
    /// The six correlations of at least two subjects and two raters.
    ///
    /// ```
    /// use kring_stats::reliability::{IccForm, IntraclassCorrelation, Items};
    /// use ndarray::array;
    /// // Shrout & Fleiss (1979), table 2: ICC(2,1) is .29.
    /// let values = array![
    ///     [9.0, 2.0, 5.0, 8.0], [6.0, 1.0, 3.0, 2.0], [8.0, 4.0, 6.0, 8.0],
    ///     [7.0, 1.0, 2.0, 6.0], [10.0, 5.0, 6.0, 9.0], [6.0, 2.0, 4.0, 7.0],
    /// ];
    /// let items = Items { name: "ratings", names: &["1", "2", "3", "4"], values: values.view() };
    /// let found = IntraclassCorrelation::default().fit(&items)?;
    /// let agreement = &found.form(IccForm::Icc2).unwrap().estimate;
    /// assert!((agreement.value.finite().unwrap() - 0.29).abs() < 5e-3);
    /// # Ok::<(), kring_stats::Error>(())
    /// ```
    pub fn fit(&self, ratings: &Items<'_>) -> Result<IntraclassCorrelations, Error> {
        dist::check_level(self.level)?;
        ratings.check("an intraclass correlation", 2, 2)?;
        let squares = MeanSquares::of(ratings)?;
        let forms = IccForm::ALL
            .iter()
            .filter_map(|&form| self.icc(form, ratings, squares).transpose())
            .collect::<Result<Vec<_>, _>>()?;
        Ok(IntraclassCorrelations {
            forms,
            mean_squares: squares,
            agreement_error: squares.within.sqrt(),
            consistency_error: squares.residual.sqrt(),
        })
    }

    fn icc(
        self,
        form: IccForm,
        ratings: &Items<'_>,
        squares: MeanSquares,
    ) -> Result<Option<Icc>, Error> {
        let (n, k) = (ratings.values.nrows() as f64, ratings.values.ncols() as f64);
        let MeanSquares {
            subjects: b,
            residual: e,
            within: w,
            ..
        } = squares;
        let error = if form.is_one_way() { w } else { e };
        let numerator = n - 1.0;
        let denominator = if form.is_one_way() {
            n * (k - 1.0)
        } else {
            (n - 1.0) * (k - 1.0)
        };
        let reference = Reference::F {
            numerator,
            denominator,
        };
        let (single, average) = squares.correlations(form, ratings);
        let is_average = matches!(form, IccForm::Icc1k | IccForm::Icc2k | IccForm::Icc3k);
        let Some(value) = (if is_average { average } else { single }) else {
            return Ok(None);
        };
        let mut cautions = Vec::new();
        // Without error F would be infinite.
        let perfect = error <= 1e-14 * b;
        let (f, p_value, ends) = if perfect {
            cautions.push(Caution::PerfectFit);
            (None, None, None)
        } else {
            let f = b / error;
            let ends = match form {
                IccForm::Icc2 | IccForm::Icc2k => {
                    self.ends_of_two(squares, n, k, single.unwrap_or_default())
                }
                _ => self.ends_of_ratio(f, numerator, denominator, k)?,
            };
            let is_of_agreement = matches!(form, IccForm::Icc2 | IccForm::Icc2k);
            if is_of_agreement && ends.iter().any(|end| !end.is_finite()) {
                cautions.push(Caution::Note(
                    "No interval: its degrees of freedom come out at next to nothing.".to_owned(),
                ));
            }
            let ends = if is_average {
                // Spearman and Brown; a limit that they cannot carry over is no limit.
                ends.map(|icc| ratio(k * icc, 1.0 + (k - 1.0) * icc, 0.0).unwrap_or(f64::NAN))
            } else {
                ends
            };
            (Some(f), Some(dist::upper_tail(f, reference)?), Some(ends))
        };
        cautions.extend(below_zero(value));
        let few = matches!(form, IccForm::Icc2 | IccForm::Icc2k) && k < FEW_RATERS;
        cautions.extend(narrow::ICC_OF_AGREEMENT.when(few && !perfect));
        let kind = match form {
            IccForm::Icc2 | IccForm::Icc2k => IntervalKind::Wald,
            _ => IntervalKind::Exact,
        };
        let interval = ends
            .filter(|ends| ends.iter().all(|end| end.is_finite()))
            .map(|[low, high]| Interval {
                low: Some(low),
                high: Some(high),
                level: self.level,
                kind,
            });
        let sample = Sample::of(ratings.values.nrows());
        let estimate = Estimate {
            label: ratings.name.to_owned(),
            measure: Measure::Reliability,
            value: Value::Value(value),
            std_error: None,
            null: 0.0,
            alternative: Alternative::Greater,
            reference,
            interval,
            p_value,
            sample: sample.clone(),
            method: form.name().to_owned(),
            cautions: cautions.clone(),
        };
        Ok(Some(Icc {
            form,
            estimate: estimate.checked()?,
            test: JointTest {
                label: format!("subjects of {}", ratings.name),
                statistic: f,
                reference,
                p_value,
                sample,
                method: "analysis of variance".to_owned(),
                cautions,
            },
        }))
    }

    /// The limits of forms 1 and 3 for one rater: (F_L − 1) / (F_L + k − 1).
    fn ends_of_ratio(
        self,
        f: f64,
        numerator: f64,
        denominator: f64,
        k: f64,
    ) -> Result<[f64; 2], Error> {
        let tail = (1.0 - self.level) / 2.0;
        let quantile = |numerator, denominator| {
            dist::upper_quantile(
                tail,
                Reference::F {
                    numerator,
                    denominator,
                },
            )
        };
        let low = f / quantile(numerator, denominator)?;
        let high = f * quantile(denominator, numerator)?;
        Ok([low, high].map(|f| (f - 1.0) / (f + k - 1.0)))
    }

    /// The limits of form 2 for one rater, with Satterthwaite's degrees of freedom v.
    fn ends_of_two(self, squares: MeanSquares, n: f64, k: f64, icc: f64) -> [f64; 2] {
        let MeanSquares {
            subjects: b,
            raters: j,
            residual: e,
            ..
        } = squares;
        let f_j = j / e;
        let own = n * (1.0 + (k - 1.0) * icc) - k * icc;
        let sum = k * icc * f_j + own;
        let v = (k - 1.0) * (n - 1.0) * sum * sum
            / ((n - 1.0) * k * k * icc * icc * f_j * f_j + own * own);
        let tail = (1.0 - self.level) / 2.0;
        // With next to no degrees of freedom F has no quantile that can be written, and so no limits.
        let quantile = |numerator, denominator| {
            let reference = Reference::F {
                numerator,
                denominator,
            };
            dist::upper_quantile(tail, reference).unwrap_or(f64::NAN)
        };
        let (upper, lower) = (quantile(n - 1.0, v), quantile(v, n - 1.0));
        let spread = k * j + (k * n - k - n) * e;
        [
            n * (b - upper * e) / (upper * spread + n * b),
            n * (lower * b - e) / (spread + n * lower * b),
        ]
    }
}

/// A ratio whose denominator is above what rounding leaves of zero.
fn ratio(numerator: f64, denominator: f64, rounding: f64) -> Option<f64> {
    (denominator > rounding).then(|| numerator / denominator)
}

impl MeanSquares {
    /// The correlation of single ratings and that of their averages.
    fn correlations(self, form: IccForm, ratings: &Items<'_>) -> (Option<f64>, Option<f64>) {
        let (n, k) = (ratings.values.nrows() as f64, ratings.values.ncols() as f64);
        let (b, j, e, w) = (self.subjects, self.raters, self.residual, self.within);
        let all = b + w + j;
        let largest = ratings.values.iter().fold(0.0_f64, |m, x| m.max(x.abs()));
        let rounding = 1e-14 * (all + largest * all.sqrt());
        let of = |numerator, single, average| {
            (
                ratio(numerator, single, rounding),
                ratio(numerator, average, rounding),
            )
        };
        match form {
            IccForm::Icc1 | IccForm::Icc1k => of(b - w, b + (k - 1.0) * w, b),
            IccForm::Icc2 | IccForm::Icc2k => {
                let levels = (j - e) / n;
                of(b - e, b + (k - 1.0) * e + k * levels, b + levels)
            }
            IccForm::Icc3 | IccForm::Icc3k => of(b - e, b + (k - 1.0) * e, b),
        }
    }

    fn of(ratings: &Items<'_>) -> Result<Self, Error> {
        let (n, k) = (ratings.values.nrows() as f64, ratings.values.ncols() as f64);
        let x = ratings.values;
        let grand = x.sum() / n / k;
        let centred = x.mapv(|x| x - grand);
        let rows = centred.sum_axis(ndarray::Axis(1)) / k;
        let columns = centred.sum_axis(ndarray::Axis(0)) / n;
        let (mut within, mut residual) = (0.0, 0.0);
        for ((i, j), x) in centred.indexed_iter() {
            within += (x - rows[i]).powi(2);
            residual += (x - rows[i] - columns[j]).powi(2);
        }
        let squares = Self {
            subjects: k * rows.dot(&rows) / (n - 1.0),
            raters: n * columns.dot(&columns) / (k - 1.0),
            residual: residual / (n - 1.0) / (k - 1.0),
            within: within / n / (k - 1.0),
        };
        let all = [squares.subjects, squares.raters, squares.within];
        if !all.iter().all(|x| x.is_finite()) {
            return Err(Error::Overflow {
                what: format!("the mean squares of {}", ratings.name),
            });
        }
        let rounding = (1e-14 * grand).powi(2);
        if squares.subjects + squares.within <= rounding {
            return Err(Error::Constant {
                method: "an intraclass correlation",
                what: ratings.name.to_owned(),
            });
        }
        Ok(squares)
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    reason = "a test may stop at what it did not expect"
)]
mod tests {
    use ndarray::{Array2, array};

    use super::*;

    fn fit(values: &Array2<f64>) -> Result<IntraclassCorrelations, Error> {
        IntraclassCorrelation::default().fit(&Items {
            name: "ratings",
            names: &["1", "2", "3", "4"][..values.ncols()],
            values: values.view(),
        })
    }

    /// Shrout & Fleiss (1979), tables 2 to 4: mean squares 11.24, 6.26, 32.49 and 1.02, and the six
    /// correlations .17, .29, .71, .44, .62, .91.
    #[test]
    fn the_example_of_shrout_and_fleiss() {
        let found = fit(&array![
            [9.0, 2.0, 5.0, 8.0],
            [6.0, 1.0, 3.0, 2.0],
            [8.0, 4.0, 6.0, 8.0],
            [7.0, 1.0, 2.0, 6.0],
            [10.0, 5.0, 6.0, 9.0],
            [6.0, 2.0, 4.0, 7.0],
        ])
        .unwrap();
        let squares = found.mean_squares;
        let printed = [
            squares.subjects,
            squares.within,
            squares.raters,
            squares.residual,
        ];
        for (ours, printed) in printed.iter().zip([11.24, 6.26, 32.49, 1.02]) {
            assert!((ours - printed).abs() < 0.006);
        }
        for (icc, printed) in found.forms.iter().zip([0.17, 0.29, 0.71, 0.44, 0.62, 0.91]) {
            let value = icc.estimate.value.finite().unwrap();
            assert!((value - printed).abs() < 0.0051, "{value} {printed}");
            let interval = icc.estimate.interval.unwrap();
            assert!(interval.low.unwrap() < value && value < interval.high.unwrap());
        }
    }

    #[test]
    fn perfect_agreement_has_no_interval_and_no_agreement_at_all_is_below_zero() {
        let found = fit(&array![[1.0, 1.0], [2.0, 2.0], [4.0, 4.0]]).unwrap();
        for icc in &found.forms {
            assert_eq!(icc.estimate.value, Value::Value(1.0));
            assert_eq!((icc.estimate.interval, icc.test.p_value), (None, None));
        }
        // A rater who is one higher throughout: consistent, but not in agreement.
        let found = fit(&array![[1.0, 2.0], [2.0, 3.0], [4.0, 5.0]]).unwrap();
        let value = |form| found.form(form).unwrap().estimate.value.finite().unwrap();
        assert!((value(IccForm::Icc3) - 1.0).abs() < 1e-14 && value(IccForm::Icc2) < 0.95);
        let found = fit(&array![[1.0, 4.0], [4.0, 1.0], [2.5, 2.6]]).unwrap();
        assert!(found.forms[0].estimate.value.finite().unwrap() < 0.0);
        assert_eq!(found.forms[0].estimate.cautions.len(), 1);
    }

    /// Rows of 1 2, 2 1 and 2 1: B = 0 but for rounding, so that B is no denominator, in whatever unit.
    #[test]
    fn a_denominator_of_zero_is_zero_in_any_unit() {
        let ratings = array![[1.0, 2.0], [2.0, 1.0], [2.0, 1.0]];
        for (zero, unit) in [(0.0, 1.0), (39.7, 0.1), (-13.3, 17.0)] {
            let found = fit(&ratings.mapv(|x| zero + unit * x)).unwrap();
            assert!(found.form(IccForm::Icc1k).is_none() && found.form(IccForm::Icc3k).is_none());
            let single = found
                .form(IccForm::Icc1)
                .unwrap()
                .estimate
                .value
                .finite()
                .unwrap();
            // (B − W) / (B + W)
            assert!((single + 1.0).abs() < 1e-12);
        }
    }

    #[test]
    fn what_cannot_be_is_refused() {
        assert!(matches!(
            fit(&array![[3.0, 3.0], [3.0, 3.0]]),
            Err(Error::Constant { .. })
        ));
        assert!(matches!(
            fit(&array![[1.0], [2.0]]),
            Err(Error::TooFew { .. })
        ));
        assert!(matches!(
            fit(&array![[1.0, 2.0]]),
            Err(Error::TooFew { .. })
        ));
    }

    #[test]
    fn what_is_undefined_is_absent() {
        // Subjects with one mean: the mean of raters tells nothing of them.
        let found = fit(&array![[1.0, 3.0], [3.0, 1.0]]).unwrap();
        let forms: Vec<IccForm> = found.forms.iter().map(|icc| icc.form).collect();
        assert_eq!(forms, [IccForm::Icc1, IccForm::Icc3]);
        assert_eq!(found.forms[0].estimate.value, Value::Value(-1.0));
    }
}
