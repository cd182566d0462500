//! Student's, Welch's and the paired t test.
//!
//! ```text
//! Welch    d = mean x − mean y,  s²_d = s²_x/n_x + s²_y/n_y,
//!          df = s⁴_d / ((s²_x/n_x)²/(n_x − 1) + (s²_y/n_y)²/(n_y − 1))
//! Student  s²_d = s² (1/n_x + 1/n_y),  s² pooled with n_x + n_y − 2 degrees of freedom
//! paired   d = mean of the differences,  s²_d = s²_differences / n,  df = n − 1
//! ```
//! Assumes independent subjects and means that are about normal; Student's also one variance.
//! Figures are equal to R's `t.test`.
//!
//! Student (1908), Biometrika 6:1–25, doi 10.2307/2331554; Welch BL (1947), Biometrika 34:28–35,
//! doi 10.1093/biomet/34.1-2.28.

use kring_core::{
    Alternative, Caution, Estimate, Interval, IntervalKind, Measure, Reference, Sample, Value,
};
use serde::{Deserialize, Serialize};

use crate::effect_size::Figures;
use crate::summary::{mean, sum_of_squares};
use crate::{Error, dist, narrow};

/// The options of the tests.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TTest {
    /// Whether the variances of two groups are taken as equal.
    pub variance: Variance,
    /// On which side the alternative lies.
    pub alternative: Alternative,
    /// The difference under the null hypothesis.
    pub null: f64,
    /// The level of the interval.
    pub level: f64,
}

/// What is assumed of the variances of two groups.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Variance {
    /// Each its own: Welch's test.
    #[default]
    Unequal,
    /// One for both: Student's test.
    Equal,
}

/// The values of one group or measurement, with its name.
#[derive(Debug, Clone, Copy)]
pub struct Group<'a> {
    /// What it is called.
    pub name: &'a str,
    /// Its values.
    pub values: &'a [f64],
}

impl Default for TTest {
    fn default() -> Self {
        Self {
            variance: Variance::Unequal,
            alternative: Alternative::TwoSided,
            null: 0.0,
            level: 0.95,
        }
    }
}

impl TTest {
    /// The difference of the means of two groups, x − y.
    ///
    /// Each group needs two values (Student's test: one, and three together).
    ///
    /// ```
    /// use kring_stats::t_test::{Group, TTest};
    /// let x = Group { name: "EKC", values: &[6.0, 8.0, 7.0, 5.0] };
    /// let y = Group { name: "WT", values: &[4.0, 5.0, 3.0, 6.0] };
    /// let difference = TTest::default().two_samples(x, y, None)?;
    /// assert_eq!(difference.value.finite(), Some(2.0));
    /// assert!((difference.statistic().unwrap() - 2.190_890).abs() < 1e-6);
    /// # Ok::<(), kring_stats::Error>(())
    /// ```
    pub fn two_samples(
        &self,
        x: Group<'_>,
        y: Group<'_>,
        unit: Option<&str>,
    ) -> Result<Estimate, Error> {
        self.of_moments(Moments::of(x), Moments::of(y), unit)
    }

    /// The same from what a paper prints of both groups.
    ///
    /// ```
    /// use kring_stats::effect_size::Figures;
    /// use kring_stats::t_test::TTest;
    /// let x = Figures { name: "EKC", n: 16, mean: 5.0, sd: 4.0 };
    /// let y = Figures { name: "WT", n: 9, mean: 2.0, sd: 3.0 };
    /// // The squared errors are 16/16 and 9/9.
    /// let difference = TTest::default().of_figures(x, y, None)?;
    /// assert!((difference.std_error.unwrap() - 2.0_f64.sqrt()).abs() < 1e-15);
    /// # Ok::<(), kring_stats::Error>(())
    /// ```
    pub fn of_figures(
        &self,
        x: Figures<'_>,
        y: Figures<'_>,
        unit: Option<&str>,
    ) -> Result<Estimate, Error> {
        let (x, y) = (x.checked()?, y.checked()?);
        self.of_moments(Moments::printed(x), Moments::printed(y), unit)
    }

    fn of_moments(
        &self,
        x: Moments<'_>,
        y: Moments<'_>,
        unit: Option<&str>,
    ) -> Result<Estimate, Error> {
        let found = self.difference(&x, &y)?;
        let sample = Sample {
            rows: x.n + y.n,
            groups: [&x, &y].map(|g| (g.name.to_owned(), g.n)).to_vec(),
            ..Sample::default()
        };
        let caution = match self.variance {
            Variance::Unequal => {
                (found.df < FEW_DF).then_some(Caution::FewDegreesOfFreedom { df: found.df })
            }
            Variance::Equal => narrow::STUDENT.when(smaller_varies_more(&x, &y)),
        };
        self.estimate(Difference {
            label: format!("{} − {}", x.name, y.name),
            caution,
            method: self.method(),
            found,
            scale: x.mean.abs().max(y.mean.abs()),
            sample,
            unit,
        })
    }

    /// Whether a test rejects the same comparison: that of [`two_samples`](Self::two_samples) and its
    /// p-value, without the interval and the words. For simulations.
    ///
    /// ```
    /// use kring_stats::dist::StudentTest;
    /// use kring_stats::t_test::{Group, TTest};
    /// let x = Group { name: "EKC", values: &[6.0, 8.0, 7.0, 5.0] };
    /// let y = Group { name: "WT", values: &[4.0, 5.0, 3.0, 6.0] };
    /// let welch = TTest::default();
    /// // p = 0.071
    /// assert!(welch.rejects(x, y, &StudentTest::new(0.08, welch.alternative)?)?);
    /// assert!(!welch.rejects(x, y, &StudentTest::new(0.07, welch.alternative)?)?);
    /// # Ok::<(), kring_stats::Error>(())
    /// ```
    pub fn rejects(
        &self,
        x: Group<'_>,
        y: Group<'_>,
        test: &dist::StudentTest,
    ) -> Result<bool, Error> {
        let (x, y) = (Moments::of(x), Moments::of(y));
        let found = self.difference(&x, &y)?;
        let scale = x.mean.abs().max(y.mean.abs());
        let label = || format!("{} − {}", x.name, y.name);
        sound(self.method(), label, &found, scale)?;
        test.rejects((found.value - self.null) / found.std_error, found.df)
    }

    fn method(&self) -> &'static str {
        match self.variance {
            Variance::Unequal => "Welch's t test",
            Variance::Equal => "Student's t test",
        }
    }

    fn difference(&self, x: &Moments<'_>, y: &Moments<'_>) -> Result<Found, Error> {
        let method = self.method();
        let needed = match self.variance {
            Variance::Unequal => 2,
            Variance::Equal => 1,
        };
        for group in [x, y] {
            if group.n < needed {
                let what = format!("values in group {}", group.name);
                at_least(method, what, needed, group.n)?;
            }
        }
        let (n_x, n_y) = (x.n as f64, y.n as f64);
        let (variance, df) = match self.variance {
            Variance::Unequal => {
                let (v_x, v_y) = (x.ss / (n_x - 1.0) / n_x, y.ss / (n_y - 1.0) / n_y);
                let variance = v_x + v_y;
                let df = variance * variance / (v_x * v_x / (n_x - 1.0) + v_y * v_y / (n_y - 1.0));
                (variance, df)
            }
            Variance::Equal => {
                let df = n_x + n_y - 2.0;
                if x.n + y.n < 3 {
                    let what = "values in both groups together".to_owned();
                    at_least(method, what, 3, x.n + y.n)?;
                }
                ((x.ss + y.ss) / df * (1.0 / n_x + 1.0 / n_y), df)
            }
        };
        Ok(Found {
            value: x.mean - y.mean,
            std_error: variance.sqrt(),
            df,
        })
    }

    /// The mean of the differences `after` − `before` of the same subjects, in the same order.
    pub fn paired(
        &self,
        after: Group<'_>,
        before: Group<'_>,
        unit: Option<&str>,
    ) -> Result<Estimate, Error> {
        let method = "paired t test";
        if after.values.len() != before.values.len() {
            return Err(Error::Shape {
                what: format!("{method} of {} and {}", after.name, before.name),
                expected: "as many values after as before".to_owned(),
                found: format!("{} and {}", after.values.len(), before.values.len()),
            });
        }
        let n = after.values.len();
        at_least(
            method,
            format!("pairs of {} and {}", after.name, before.name),
            2,
            n,
        )?;
        let differences: Vec<f64> = after
            .values
            .iter()
            .zip(before.values)
            .map(|(a, b)| a - b)
            .collect();
        let value = mean(&differences);
        let df = n as f64 - 1.0;
        self.estimate(Difference {
            label: format!("{} − {}", after.name, before.name),
            caution: narrow::PAIRED_T.when(n < narrow::FEW),
            method,
            found: Found {
                value,
                std_error: (sum_of_squares(&differences, value) / df / n as f64).sqrt(),
                df,
            },
            scale: value.abs(),
            sample: Sample::of(n),
            unit,
        })
    }

    fn estimate(&self, d: Difference<'_>) -> Result<Estimate, Error> {
        let Found {
            value,
            std_error,
            df,
        } = d.found;
        sound(d.method, || d.label.clone(), &d.found, d.scale)?;
        let reference = Reference::StudentT { df };
        dist::check_level(self.level)?;
        let tail = match self.alternative {
            Alternative::TwoSided => (1.0 - self.level) / 2.0,
            Alternative::Less | Alternative::Greater => 1.0 - self.level,
        };
        let width = dist::upper_quantile(tail, reference)? * std_error;
        let statistic = (value - self.null) / std_error;
        let estimate = Estimate {
            label: d.label,
            measure: Measure::MeanDifference {
                unit: d.unit.map(str::to_owned),
            },
            value: Value::Value(value),
            std_error: Some(std_error),
            null: self.null,
            alternative: self.alternative,
            reference,
            interval: Some(Interval {
                low: (self.alternative != Alternative::Less).then_some(value - width),
                high: (self.alternative != Alternative::Greater).then_some(value + width),
                level: self.level,
                kind: IntervalKind::Wald,
            }),
            p_value: Some(dist::p_value(statistic, reference, self.alternative)?),
            sample: d.sample,
            method: d.method.to_owned(),
            cautions: d.caution.into_iter().collect(),
        };
        Ok(estimate.checked()?)
    }
}

/// What the test needs of a group.
struct Moments<'a> {
    name: &'a str,
    n: usize,
    mean: f64,
    /// The sum of squares about the mean.
    ss: f64,
}

impl<'a> Moments<'a> {
    fn of(group: Group<'a>) -> Self {
        let mean = mean(group.values);
        Self {
            name: group.name,
            n: group.values.len(),
            mean,
            ss: sum_of_squares(group.values, mean),
        }
    }

    fn printed(figures: Figures<'a>) -> Self {
        let Figures { name, n, mean, sd } = figures;
        let ss = sd * sd * (n as f64 - 1.0);
        Self { name, n, mean, ss }
    }
}

/// Welch's degrees of freedom are unreliable below this many.
const FEW_DF: f64 = 4.0;

/// Student's interval is too narrow where the group that is smaller by half or more has a standard
/// deviation that is larger by half or more; among equal ones that is rare.
fn smaller_varies_more(x: &Moments<'_>, y: &Moments<'_>) -> bool {
    let (small, large) = if x.n < y.n { (x, y) } else { (y, x) };
    let variance = |group: &Moments<'_>| group.ss / (group.n as f64 - 1.0);
    small.n >= 2 && 3 * small.n <= 2 * large.n && variance(small) > 2.25 * variance(large)
}

/// A difference, its standard error and its degrees of freedom.
struct Found {
    value: f64,
    std_error: f64,
    df: f64,
}

/// Whether a difference is a number with an error.
fn sound(
    method: &'static str,
    label: impl Fn() -> String,
    found: &Found,
    scale: f64,
) -> Result<(), Error> {
    if !(found.std_error.is_finite() && found.value.is_finite()) {
        return Err(Error::Overflow {
            what: format!("{method} of {}", label()),
        });
    }
    // R's rule: an error this small beside the means is rounding.
    if found.std_error <= 10.0 * f64::EPSILON * scale || found.std_error == 0.0 {
        return Err(Error::Constant {
            method,
            what: format!("the data of {}", label()),
        });
    }
    Ok(())
}

struct Difference<'a> {
    label: String,
    /// The doubt about its interval.
    caution: Option<Caution>,
    method: &'static str,
    found: Found,
    /// How large the means are, to tell an error from rounding.
    scale: f64,
    sample: Sample,
    unit: Option<&'a str>,
}

fn at_least(method: &'static str, what: String, needed: usize, found: usize) -> Result<(), Error> {
    if found >= needed {
        return Ok(());
    }
    Err(Error::TooFew {
        method,
        what,
        needed,
        found,
    })
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    reason = "a test may stop at what it did not expect"
)]
mod tests {
    use super::*;

    const X: Group<'static> = Group {
        name: "x",
        values: &[1.0, 2.0, 3.0],
    };
    const Y: Group<'static> = Group {
        name: "y",
        values: &[0.0, 2.0, 4.0, 6.0, 8.0],
    };

    #[test]
    fn welch_and_student_by_hand() {
        // Variances 1 and 10: Welch 1/3 + 10/5 = 7/3, df = (7/3)² / ((1/3)²/2 + 2²/4) = 98/19;
        // Student (2 + 40) / 6 · (1/3 + 1/5) = 7 · 8/15 with 6 degrees of freedom.
        let welch = TTest::default().two_samples(X, Y, None).unwrap();
        assert_eq!(welch.value, Value::Value(-2.0));
        assert!((welch.std_error.unwrap() - (7.0_f64 / 3.0).sqrt()).abs() < 1e-15);
        assert!((welch.reference.df().unwrap() - 98.0 / 19.0).abs() < 1e-13);
        let student = TTest {
            variance: Variance::Equal,
            ..TTest::default()
        };
        let student = student.two_samples(X, Y, None).unwrap();
        assert!((student.std_error.unwrap() - (56.0_f64 / 15.0).sqrt()).abs() < 1e-15);
        assert_eq!(student.reference, Reference::StudentT { df: 6.0 });
    }

    #[test]
    fn a_one_sided_interval_has_one_end() {
        let less = TTest {
            alternative: Alternative::Less,
            ..TTest::default()
        };
        let less = less.two_samples(X, Y, None).unwrap();
        let greater = TTest {
            alternative: Alternative::Greater,
            ..TTest::default()
        };
        let greater = greater.two_samples(X, Y, None).unwrap();
        assert!(less.interval.unwrap().low.is_none() && less.interval.unwrap().high.is_some());
        assert!((less.p_value.unwrap() + greater.p_value.unwrap() - 1.0).abs() < 1e-14);
    }

    #[test]
    fn a_paired_test_is_a_test_of_the_differences() {
        // Differences 1, 3, 2: mean 2, variance 1, error √(1/3).
        let after = Group {
            name: "after",
            values: &[2.0, 5.0, 5.0],
        };
        let before = Group {
            name: "before",
            values: &[1.0, 2.0, 3.0],
        };
        let change = TTest::default()
            .paired(after, before, Some("points"))
            .unwrap();
        assert_eq!(change.value, Value::Value(2.0));
        assert!((change.std_error.unwrap() - (1.0_f64 / 3.0).sqrt()).abs() < 1e-15);
    }

    #[test]
    fn what_cannot_be_tested_says_so() {
        let one = Group {
            name: "EKC",
            values: &[1.0],
        };
        let refused = TTest::default().two_samples(one, Y, None).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "Welch's t test needs at least 2 values in group EKC, but there is 1"
        );
        let same = Group {
            name: "WT",
            values: &[3.0, 3.0],
        };
        let refused = TTest::default().two_samples(same, same, None).unwrap_err();
        assert!(matches!(refused, Error::Constant { .. }));
        assert!(matches!(
            TTest::default().paired(X, Y, None),
            Err(Error::Shape { .. })
        ));
        let wild = TTest {
            level: 1.5,
            ..TTest::default()
        };
        assert!(matches!(
            wild.two_samples(X, Y, None),
            Err(Error::Argument { .. })
        ));
        let student = TTest {
            variance: Variance::Equal,
            ..TTest::default()
        };
        assert!(student.two_samples(one, one, None).is_err());
        assert!(student.two_samples(one, Y, None).is_ok());
    }
}
