//! The one-way analysis of variance: Fisher's, and Welch's for unequal variances.
//!
//! ```text
//! model      y_ij = μ_i + e_ij, k groups of n_i, N in all
//! Fisher     F = (Σ n_i (ȳ_i − ȳ)²/(k − 1)) / (Σ (y_ij − ȳ_i)²/(N − k)),  k − 1 and N − k
//! Welch      w_i = n_i/s²_i,  ỹ = Σ w_i ȳ_i/Σ w,  A = Σ (1 − w_i/Σ w)²/(n_i − 1)/(k² − 1)
//!            F = Σ w_i (ȳ_i − ỹ)²/(k − 1) / (1 + 2(k − 2) A),  k − 1 and 1/(3A)
//! ```
//! Fisher's assumes one variance; Welch's each group its own. Both assume means that are about
//! normal. Figures are equal to R's `oneway.test`. Where R gives an F of rounding errors, since
//! values do not vary within groups, this is an error.
//!
//! Fisher RA (1925), Statistical Methods for Research Workers; Welch BL (1951), Biometrika
//! 38:330–336, doi 10.1093/biomet/38.3-4.330.

use kring_core::{Alternative, JointTest, Reference};
use serde::{Deserialize, Serialize};

use crate::groups::{at_least, check, sample};
use crate::summary::{mean, sum_of_squares};
use crate::t_test::{Group, Variance};
use crate::{Error, dist};

/// The options of the analysis.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OneWay {
    /// Whether the variances of the groups are taken as equal.
    pub variance: Variance,
}

impl OneWay {
    /// Whether several groups have one mean.
    ///
    /// Welch's test needs two values that differ in each group, Fisher's one, and one group with two.
    ///
    /// ```
    /// use kring_stats::one_way::OneWay;
    /// use kring_stats::t_test::{Group, Variance};
    /// let groups = [
    ///     Group { name: "EKC", values: &[4.0, 5.0, 6.0] },
    ///     Group { name: "WT", values: &[6.0, 7.0, 8.0] },
    ///     Group { name: "none", values: &[8.0, 9.0, 10.0] },
    /// ];
    /// // Between 3 · (2² + 0 + 2²)/2 = 12, within 6/6 = 1.
    /// let fisher = OneWay { variance: Variance::Equal };
    /// assert_eq!(fisher.test("problems by arm", &groups)?.statistic, Some(12.0));
    /// # Ok::<(), kring_stats::Error>(())
    /// ```
    pub fn test(&self, label: &str, groups: &[Group<'_>]) -> Result<JointTest, Error> {
        let method = self.method();
        let needed = match self.variance {
            Variance::Unequal => 2,
            Variance::Equal => 1,
        };
        check_groups(method, label, groups, needed)?;
        let statistic = match self.variance {
            Variance::Equal => SumsOfSquares::of(method, label, groups)?.f_statistic(),
            Variance::Unequal => welch(method, label, groups)?,
        };
        joint_test(method, label, groups, statistic)
    }

    fn method(self) -> &'static str {
        match self.variance {
            Variance::Unequal => "Welch's analysis of variance",
            Variance::Equal => "the analysis of variance",
        }
    }
}

/// An F with its degrees of freedom.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct F {
    pub f: f64,
    pub numerator: f64,
    pub denominator: f64,
}

/// At least two groups, each with values.
pub(crate) fn check_groups(
    method: &'static str,
    label: &str,
    groups: &[Group<'_>],
    needed: usize,
) -> Result<(), Error> {
    at_least(method, format!("groups (in {label})"), 2, groups.len())?;
    check(method, groups, needed)
}

/// The F as a test.
pub(crate) fn joint_test(
    method: &str,
    label: &str,
    groups: &[Group<'_>],
    F {
        f,
        numerator,
        denominator,
    }: F,
) -> Result<JointTest, Error> {
    if !(f.is_finite() && denominator.is_finite()) {
        return Err(Error::Overflow {
            what: format!("{method} of {label}"),
        });
    }
    let reference = Reference::F {
        numerator,
        denominator,
    };
    Ok(JointTest {
        label: label.to_owned(),
        statistic: Some(f),
        reference,
        p_value: Some(dist::p_value(f, reference, Alternative::TwoSided)?),
        sample: sample(groups),
        method: method.trim_start_matches("the ").to_owned(),
        cautions: Vec::new(),
    })
}

/// What lies between groups and within them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct SumsOfSquares {
    pub between: f64,
    pub within: f64,
    pub groups: f64,
    pub values: f64,
}

impl SumsOfSquares {
    /// Of groups that vary within.
    pub(crate) fn of(
        method: &'static str,
        label: &str,
        groups: &[Group<'_>],
    ) -> Result<Self, Error> {
        let (k, n) = (
            groups.len(),
            groups.iter().map(|group| group.values.len()).sum::<usize>(),
        );
        at_least(
            method,
            format!("values in {k} groups together (in {label})"),
            k + 1,
            n,
        )?;
        let means: Vec<f64> = groups.iter().map(|group| mean(group.values)).collect();
        let weighted = |of: &dyn Fn(f64) -> f64| -> f64 {
            let terms = groups.iter().zip(&means);
            terms.map(|(g, m)| g.values.len() as f64 * of(*m)).sum()
        };
        // Twice, so that the rounding of the first mean is taken off.
        let first = weighted(&|m| m) / n as f64;
        let grand = first + weighted(&|m| m - first) / n as f64;
        let sums = Self {
            between: weighted(&|m| (m - grand) * (m - grand)),
            within: groups
                .iter()
                .zip(&means)
                .map(|(group, mean)| sum_of_squares(group.values, *mean))
                .sum(),
            groups: k as f64,
            values: n as f64,
        };
        if !(sums.between.is_finite() && sums.within.is_finite()) {
            return Err(Error::Overflow {
                what: format!("{method} of {label}"),
            });
        }
        let largest = means.iter().fold(0.0_f64, |s, m| s.max(m.abs()));
        refuse_constant(method, label, sums.within / (n - k) as f64, largest)?;
        Ok(sums)
    }

    pub(crate) fn f_statistic(&self) -> F {
        let (numerator, denominator) = (self.groups - 1.0, self.values - self.groups);
        F {
            f: self.between / numerator / (self.within / denominator),
            numerator,
            denominator,
        }
    }
}

/// A variance so small beside the mean is rounding.
fn refuse_constant(
    method: &'static str,
    label: &str,
    variance: f64,
    mean: f64,
) -> Result<(), Error> {
    if variance > 0.0 && variance.sqrt() > 10.0 * f64::EPSILON * mean.abs() {
        return Ok(());
    }
    Err(Error::Constant {
        method,
        what: format!("what lies within the groups of {label}"),
    })
}

fn welch(method: &'static str, label: &str, groups: &[Group<'_>]) -> Result<F, Error> {
    let k = groups.len() as f64;
    let mut weights = Vec::with_capacity(groups.len());
    let mut means = Vec::with_capacity(groups.len());
    for group in groups {
        let n = group.values.len() as f64;
        let y = mean(group.values);
        let variance = sum_of_squares(group.values, y) / (n - 1.0);
        if !variance.is_finite() {
            return Err(Error::Overflow {
                what: format!("{method} of {label}"),
            });
        }
        if refuse_constant(method, label, variance, y).is_err() {
            return Err(Error::Constant {
                method,
                what: format!("group {} of {label}", group.name),
            });
        }
        weights.push(n / variance);
        means.push(y);
    }
    let all: f64 = weights.iter().sum();
    let centre = weights.iter().zip(&means).map(|(w, y)| w * y).sum::<f64>() / all;
    let between: f64 = weights
        .iter()
        .zip(&means)
        .map(|(w, y)| w * (y - centre) * (y - centre))
        .sum();
    let a = weights
        .iter()
        .zip(groups)
        .map(|(w, group)| (1.0 - w / all).powi(2) / (group.values.len() as f64 - 1.0))
        .sum::<f64>()
        / (k * k - 1.0);
    Ok(F {
        f: between / (k - 1.0) / (1.0 + 2.0 * (k - 2.0) * a),
        numerator: k - 1.0,
        denominator: 1.0 / (3.0 * a),
    })
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    reason = "a test may stop at what it did not expect"
)]
mod tests {
    use super::*;
    use crate::t_test::TTest;

    #[test]
    fn welch_by_hand() {
        // Three groups of two with variances 2, 8 and 2, means 1, 4 and 5: w = 1, ¼, 1, Σ w = 9/4,
        // ỹ = (1 + 1 + 5)/(9/4) = 28/9. Σ w (ȳ − ỹ)² = (361 + 64/4 + 289)/81 = 666/81.
        // A = ((5/9)² + (8/9)² + (5/9)²)/8 = 114/648; F = 333/81 / (1 + 2A) with 2 and 1/(3A).
        let groups = [
            Group {
                name: "a",
                values: &[0.0, 2.0],
            },
            Group {
                name: "b",
                values: &[2.0, 6.0],
            },
            Group {
                name: "c",
                values: &[4.0, 6.0],
            },
        ];
        let a = 114.0 / 648.0;
        let found = OneWay::default().test("y", &groups).unwrap();
        assert!((found.statistic.unwrap() - 333.0 / 81.0 / (1.0 + 2.0 * a)).abs() < 1e-13);
        assert!((found.reference.df().unwrap() - 1.0 / (3.0 * a)).abs() < 1e-13);
    }

    #[test]
    fn of_two_groups_it_is_the_square_of_t() {
        let x = Group {
            name: "x",
            values: &[3.0, 5.0, 9.0, 4.0],
        };
        let y = Group {
            name: "y",
            values: &[1.0, 8.0, 2.0],
        };
        for variance in [Variance::Equal, Variance::Unequal] {
            let t = TTest {
                variance,
                ..TTest::default()
            }
            .two_samples(x, y, None)
            .unwrap();
            let f = OneWay { variance }.test("y", &[x, y]).unwrap();
            assert!((f.statistic.unwrap() - t.statistic().unwrap().powi(2)).abs() < 1e-12);
            assert!((f.reference.df().unwrap() - t.reference.df().unwrap()).abs() < 1e-12);
            assert!((f.p_value.unwrap() - t.p_value.unwrap()).abs() < 1e-12);
        }
    }
}
