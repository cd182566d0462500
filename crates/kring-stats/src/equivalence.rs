//! Are two groups alike enough? Two one-sided tests, and non-inferiority.
//!
//! ```text
//! equivalence      H0: θ ≤ low or θ ≥ high,  low < high the margins
//!                  both one-sided tests of the estimate, (θ̂ − low)/se > and (θ̂ − high)/se <, must
//!                  reject at α; p is the larger of both. The same as: the 1 − 2α interval lies inside
//! non-inferiority  H0: θ is worse than null by `margin` or more; one one-sided test at α
//! ```
//! Of equivalence α is 0.05 and the interval 0.90 unless told otherwise (Schuirmann). Of non-inferiority α
//! is 0.025: a one-sided test at half the level of a two-sided one, whose interval is the usual one of 95%
//! (ICH E9, section 5.5; for reporting see Piaggio et al. 2012).
//!
//! The tests are those of the estimate given (Welch's, Student's, the paired t test), or any estimate
//! with a standard error: a risk difference, a log rate ratio, a coefficient. A margin in standard
//! deviations is multiplied by an estimated one, whose error the tests do not know; a margin that was
//! fixed beforehand in points needs no excuse.
//!
//! Schuirmann DJ (1987), J Pharmacokinet Biopharm 15:657–680, doi 10.1007/BF01068419; Lakens D (2017),
//! Soc Psychol Personal Sci 8:355–362, doi 10.1177/1948550617697177; Piaggio G, Elbourne DR, Pocock SJ,
//! Evans SJW, Altman DG (2012), JAMA 308:2594–2604, doi 10.1001/jama.2012.87802.

use kring_core::{Alternative, Caution, Estimate, Interval, IntervalKind, Reference};
use serde::{Deserialize, Serialize};

use crate::effect_size::{Figures, PairedFigures};
use crate::t_test::{Group, TTest, Variance};
use crate::{Error, dist};

/// The options of a test of equivalence.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Equivalence {
    /// The largest differences that do not matter.
    pub margin: Margin,
    /// Whether the variances of two groups are taken as equal.
    #[serde(default)]
    pub variance: Variance,
    /// The error rate of each one-sided test.
    #[serde(default = "usual_alpha")]
    pub alpha: f64,
}

/// The differences between which two groups are called alike.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Margin {
    /// In the unit of the estimate: points, or logs for a ratio.
    Raw {
        /// The lower one.
        low: f64,
        /// The upper one.
        high: f64,
    },
    /// In standard deviations: pooled for Student's test, the average for Welch's, that of the
    /// differences for pairs.
    Standardized {
        /// The lower one.
        low: f64,
        /// The upper one.
        high: f64,
    },
}

/// What a test of equivalence found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EquivalenceTest {
    /// The estimate, with its 1 − 2α interval and its two-sided test of no difference.
    pub estimate: Estimate,
    /// The lower margin in the unit of the estimate.
    pub low: f64,
    /// The upper margin in the unit of the estimate.
    pub high: f64,
    /// The test that the difference is greater than the lower margin.
    pub above_low: Estimate,
    /// The test that the difference is smaller than the upper margin.
    pub below_high: Estimate,
    /// The larger of both one-sided p-values.
    pub p_value: f64,
    /// What follows.
    pub conclusion: Conclusion,
}

/// What follows from a test of equivalence and one of no difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Conclusion {
    /// Alike: the interval lies within the margins, and no difference was found.
    Equivalent,
    /// A difference was found, and it lies within the margins: too small to matter.
    EquivalentThoughDifferent,
    /// A difference was found, and it may matter.
    Different,
    /// Neither alike nor different: the data cannot tell.
    Inconclusive,
}

/// The options of a test of non-inferiority.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NonInferiority {
    /// By how much the first group may be worse, in the unit of the estimate; above zero.
    pub margin: f64,
    /// Which direction is better.
    pub better: Better,
    /// Whether the variances of two groups are taken as equal.
    #[serde(default)]
    pub variance: Variance,
    /// The error rate of the one-sided test: 0.025 unless told otherwise, a two-sided interval of 95%.
    #[serde(default = "usual_alpha_of_one_side")]
    pub alpha: f64,
}

/// Which values are better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Better {
    /// Larger ones, as of well-being.
    Higher,
    /// Smaller ones, as of problems.
    Lower,
}

/// What a test of non-inferiority found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NonInferiorityTest {
    /// The estimate, with its 1 − 2α interval and its two-sided test of no difference.
    pub estimate: Estimate,
    /// The one-sided test against the margin.
    pub test: Estimate,
    /// What follows.
    pub conclusion: NonInferiorityConclusion,
}

/// What follows from a test of non-inferiority.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NonInferiorityConclusion {
    /// Better: the whole interval lies on the better side of no difference.
    Superior,
    /// Not worse by the margin or more.
    NonInferior,
    /// Worse by the margin or more: the whole interval lies beyond it.
    Inferior,
    /// The data cannot tell.
    Inconclusive,
}

fn usual_alpha() -> f64 {
    0.05
}

/// One side of the usual two-sided interval of 95%.
fn usual_alpha_of_one_side() -> f64 {
    0.025
}

impl Equivalence {
    /// Margins of `−margin` and `margin` in the unit of the estimate, with Welch's test at 0.05.
    pub fn within(margin: f64) -> Self {
        Self {
            margin: Margin::Raw {
                low: -margin,
                high: margin,
            },
            variance: Variance::Unequal,
            alpha: usual_alpha(),
        }
    }

    /// Whether the means of two groups are alike, x − y.
    ///
    /// ```
    /// use kring_stats::equivalence::{Conclusion, Equivalence};
    /// use kring_stats::t_test::Group;
    /// let x = Group { name: "EKC", values: &[6.0, 8.0, 7.0, 5.0, 7.0] };
    /// let y = Group { name: "WT", values: &[6.0, 7.0, 7.0, 6.0, 6.0] };
    /// let found = Equivalence::within(2.0).two_samples(x, y, None)?;
    /// // Difference 0.2, error √(1.3/5 + 0.3/5) = 0.5657, Welch's df 5.753.
    /// assert!((found.p_value - 0.010_079).abs() < 1e-6);
    /// assert_eq!(found.conclusion, Conclusion::Equivalent);
    /// # Ok::<(), kring_stats::Error>(())
    /// ```
    pub fn two_samples(
        &self,
        x: Group<'_>,
        y: Group<'_>,
        unit: Option<&str>,
    ) -> Result<EquivalenceTest, Error> {
        self.of_figures(Figures::of(x)?, Figures::of(y)?, unit)
    }

    /// The same from what a paper prints of both groups.
    pub fn of_figures(
        &self,
        x: Figures<'_>,
        y: Figures<'_>,
        unit: Option<&str>,
    ) -> Result<EquivalenceTest, Error> {
        let estimate = self.t_test().of_figures(x, y, unit)?;
        let (v_x, v_y) = (x.sd * x.sd, y.sd * y.sd);
        let (n_x, n_y) = (x.n as f64, y.n as f64);
        let s2 = match self.variance {
            Variance::Unequal => f64::midpoint(v_x, v_y),
            Variance::Equal => ((n_x - 1.0) * v_x + (n_y - 1.0) * v_y) / (n_x + n_y - 2.0),
        };
        self.judge(estimate, Some(s2.sqrt()))
    }

    /// Whether the mean change `after` − `before` of the same subjects is small enough.
    pub fn paired(
        &self,
        after: Group<'_>,
        before: Group<'_>,
        unit: Option<&str>,
    ) -> Result<EquivalenceTest, Error> {
        PairedFigures::of(after, before)?;
        let estimate = self.t_test().paired(after, before, unit)?;
        // The error is s / √n.
        let s = estimate
            .std_error
            .map(|error| error * (after.values.len() as f64).sqrt());
        self.judge(estimate, s)
    }

    /// Whether any estimate lies between the margins, which are in its unit: a log for a ratio.
    ///
    /// It must have a standard error, and a normal or t distribution.
    pub fn of_estimate(&self, estimate: &Estimate) -> Result<EquivalenceTest, Error> {
        self.judge(estimate.clone(), None)
    }

    fn t_test(&self) -> TTest {
        TTest {
            variance: self.variance,
            ..TTest::default()
        }
    }

    fn judge(&self, estimate: Estimate, s: Option<f64>) -> Result<EquivalenceTest, Error> {
        let (low, high, caution) = match self.margin {
            Margin::Raw { low, high } => (low, high, None),
            Margin::Standardized { low, high } => {
                let Some(s) = s else {
                    return Err(Error::Unsupported {
                        what: format!("a margin in standard deviations for `{}`", estimate.label),
                        hint: "give the margin in the unit of the estimate".to_owned(),
                    });
                };
                let text = "The margins are in standard deviations, and these were estimated from \
                            the same data.";
                (low * s, high * s, Some(Caution::Note(text.to_owned())))
            }
        };
        if !(low.is_finite() && high.is_finite() && low < high) {
            return Err(Error::Argument {
                what: "the margin of equivalence".to_owned(),
                expected: "two numbers, the lower one first",
                found: format!("{low} to {high}"),
            });
        }
        check_alpha(self.alpha)?;
        let mut estimate = against(&estimate, estimate.null, Alternative::TwoSided, self.alpha)?;
        estimate.cautions.extend(caution);
        let above_low = against(&estimate, low, Alternative::Greater, self.alpha)?;
        let below_high = against(&estimate, high, Alternative::Less, self.alpha)?;
        let p_value = larger(&above_low, &below_high);
        let different = estimate.p_value.is_some_and(|p| p <= self.alpha);
        let conclusion = match (p_value <= self.alpha, different) {
            (true, false) => Conclusion::Equivalent,
            (true, true) => Conclusion::EquivalentThoughDifferent,
            (false, true) => Conclusion::Different,
            (false, false) => Conclusion::Inconclusive,
        };
        Ok(EquivalenceTest {
            estimate,
            low,
            high,
            above_low,
            below_high,
            p_value,
            conclusion,
        })
    }
}

impl NonInferiority {
    /// Whether the first of two groups is not worse by the margin, x − y.
    ///
    /// ```
    /// use kring_stats::equivalence::{Better, NonInferiority, NonInferiorityConclusion};
    /// use kring_stats::effect_size::Figures;
    /// use kring_stats::t_test::Variance;
    /// let options = NonInferiority {
    ///     margin: 1.0, better: Better::Lower, variance: Variance::Equal, alpha: 0.05,
    /// };
    /// let x = Figures { name: "EKC", n: 50, mean: 4.1, sd: 2.0 };
    /// let y = Figures { name: "WT", n: 50, mean: 4.0, sd: 2.0 };
    /// let found = options.of_figures(x, y, None)?;
    /// // (0.1 − 1) / 0.4 = −2.25 with 98 degrees of freedom.
    /// assert!((found.test.statistic().unwrap() + 2.25).abs() < 1e-12);
    /// assert_eq!(found.conclusion, NonInferiorityConclusion::NonInferior);
    /// # Ok::<(), kring_stats::Error>(())
    /// ```
    pub fn of_figures(
        &self,
        x: Figures<'_>,
        y: Figures<'_>,
        unit: Option<&str>,
    ) -> Result<NonInferiorityTest, Error> {
        let test = TTest {
            variance: self.variance,
            ..TTest::default()
        };
        self.of_estimate(&test.of_figures(x, y, unit)?)
    }

    /// The same from the values themselves.
    pub fn two_samples(
        &self,
        x: Group<'_>,
        y: Group<'_>,
        unit: Option<&str>,
    ) -> Result<NonInferiorityTest, Error> {
        self.of_figures(Figures::of(x)?, Figures::of(y)?, unit)
    }

    /// Whether any estimate is not worse than its null value by the margin.
    pub fn of_estimate(&self, estimate: &Estimate) -> Result<NonInferiorityTest, Error> {
        if !(self.margin > 0.0 && self.margin.is_finite()) {
            return Err(Error::Argument {
                what: "the margin of non-inferiority".to_owned(),
                expected: "a number above zero",
                found: self.margin.to_string(),
            });
        }
        check_alpha(self.alpha)?;
        let null = estimate.null;
        let estimate = against(estimate, null, Alternative::TwoSided, self.alpha)?;
        let (bound, alternative) = match self.better {
            Better::Higher => (null - self.margin, Alternative::Greater),
            Better::Lower => (null + self.margin, Alternative::Less),
        };
        let test = against(&estimate, bound, alternative, self.alpha)?;
        // The end of the interval on the worse side, and that on the better side, from worse to better.
        let ends = estimate.interval.and_then(|i| Some((i.low?, i.high?)));
        let (worst, best, null, bound) = match (self.better, ends) {
            (Better::Higher, Some((low, high))) => (low, high, null, bound),
            (Better::Lower, Some((low, high))) => (-high, -low, -null, -bound),
            (_, None) => (f64::NEG_INFINITY, f64::INFINITY, null, bound),
        };
        let conclusion = if worst > null {
            NonInferiorityConclusion::Superior
        } else if worst > bound {
            NonInferiorityConclusion::NonInferior
        } else if best <= bound {
            NonInferiorityConclusion::Inferior
        } else {
            NonInferiorityConclusion::Inconclusive
        };
        Ok(NonInferiorityTest {
            estimate,
            test,
            conclusion,
        })
    }
}

/// The same estimate tested against another value: two-sided with its 1 − 2α interval, one-sided with
/// the end that belongs to the test at α.
fn against(
    estimate: &Estimate,
    null: f64,
    alternative: Alternative,
    alpha: f64,
) -> Result<Estimate, Error> {
    let known = matches!(
        estimate.reference,
        Reference::Normal | Reference::StudentT { .. }
    );
    let value = estimate.value.finite();
    let (Some(value), Some(std_error), true) = (
        value,
        estimate.std_error.filter(|&error| error > 0.0),
        known,
    ) else {
        return Err(Error::Unsupported {
            what: format!("a test of `{}` against a margin", estimate.label),
            hint: "give an estimate with a standard error and a normal or t distribution"
                .to_owned(),
        });
    };
    let width = dist::upper_quantile(alpha, estimate.reference)? * std_error;
    let statistic = (value - null) / std_error;
    let level = match alternative {
        Alternative::TwoSided => 1.0 - 2.0 * alpha,
        Alternative::Less | Alternative::Greater => 1.0 - alpha,
    };
    let tested = Estimate {
        null,
        alternative,
        interval: Some(Interval {
            low: (alternative != Alternative::Less).then_some(value - width),
            high: (alternative != Alternative::Greater).then_some(value + width),
            level,
            kind: IntervalKind::Wald,
        }),
        p_value: Some(dist::p_value(statistic, estimate.reference, alternative)?),
        ..estimate.clone()
    };
    Ok(tested.checked()?)
}

fn larger(a: &Estimate, b: &Estimate) -> f64 {
    a.p_value.unwrap_or(1.0).max(b.p_value.unwrap_or(1.0))
}

fn check_alpha(alpha: f64) -> Result<(), Error> {
    if alpha > 0.0 && alpha < 0.5 {
        return Ok(());
    }
    Err(Error::Argument {
        what: "the error rate α".to_owned(),
        expected: "a number between 0 and 0.5, such as 0.05",
        found: alpha.to_string(),
    })
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    reason = "a test may stop at what it did not expect"
)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn figures(mean: f64) -> [Figures<'static>; 2] {
        let of = |name, mean| Figures {
            name,
            n: 50,
            mean,
            sd: 2.0,
        };
        [of("EKC", mean), of("WT", 0.0)]
    }

    /// The error is √(4/50 + 4/50) = 0.4.
    fn judge(mean: f64, margin: f64) -> EquivalenceTest {
        let [x, y] = figures(mean);
        Equivalence::within(margin).of_figures(x, y, None).unwrap()
    }

    #[test]
    fn the_four_conclusions_by_hand() {
        // Half-width 1.6606 · 0.4 = 0.664 with 98 degrees of freedom.
        assert_eq!(judge(0.1, 1.0).conclusion, Conclusion::Equivalent);
        assert_eq!(
            judge(0.9, 1.6).conclusion,
            Conclusion::EquivalentThoughDifferent
        );
        assert_eq!(judge(0.9, 1.0).conclusion, Conclusion::Different);
        assert_eq!(judge(0.5, 1.0).conclusion, Conclusion::Inconclusive);
        let found = judge(0.1, 1.0);
        assert!((found.above_low.statistic().unwrap() - 2.75).abs() < 1e-12);
        assert!((found.below_high.statistic().unwrap() + 2.25).abs() < 1e-12);
        assert_eq!(found.p_value, found.below_high.p_value.unwrap());
        assert_eq!(found.estimate.interval.unwrap().level, 0.9);
    }

    #[test]
    fn a_standardised_margin_is_so_many_standard_deviations() {
        let [x, y] = figures(0.1);
        for variance in [Variance::Equal, Variance::Unequal] {
            let found = Equivalence {
                margin: Margin::Standardized {
                    low: -0.5,
                    high: 0.25,
                },
                variance,
                alpha: 0.05,
            };
            let found = found.of_figures(x, y, None).unwrap();
            assert!((found.low + 1.0).abs() < 1e-14 && (found.high - 0.5).abs() < 1e-14);
            assert_eq!(found.estimate.cautions.len(), 1);
        }
        let after = Group {
            name: "after",
            values: &[2.0, 5.0, 5.0],
        };
        let before = Group {
            name: "before",
            values: &[1.0, 2.0, 3.0],
        };
        let found = Equivalence {
            margin: Margin::Standardized {
                low: -3.0,
                high: 3.0,
            },
            ..Equivalence::within(1.0)
        };
        // The differences 1, 3, 2 have standard deviation 1.
        let found = found.paired(after, before, None).unwrap();
        assert!((found.high - 3.0).abs() < 1e-14);
        assert!((found.below_high.statistic().unwrap() + 3.0_f64.sqrt()).abs() < 1e-13);
    }

    #[test]
    fn the_four_conclusions_on_non_inferiority() {
        let judge = |mean, better| {
            let [x, y] = figures(mean);
            let options = NonInferiority {
                margin: 1.0,
                better,
                variance: Variance::Equal,
                alpha: 0.05,
            };
            options.of_figures(x, y, None).unwrap().conclusion
        };
        for (mean, conclusion) in [
            (0.7, NonInferiorityConclusion::Superior),
            (0.1, NonInferiorityConclusion::NonInferior),
            (-0.5, NonInferiorityConclusion::Inconclusive),
            (-1.7, NonInferiorityConclusion::Inferior),
        ] {
            assert_eq!(judge(mean, Better::Higher), conclusion);
            assert_eq!(judge(-mean, Better::Lower), conclusion);
        }
    }

    #[test]
    fn what_cannot_be_judged_is_refused() {
        let [x, y] = figures(0.1);
        let estimate = TTest::default().of_figures(x, y, None).unwrap();
        let refused = |options: Equivalence, estimate: &Estimate| {
            options.of_estimate(estimate).unwrap_err().to_string()
        };
        assert_eq!(
            refused(Equivalence::within(-1.0), &estimate),
            "the margin of equivalence is 1 to -1, but two numbers, the lower one first was expected"
        );
        let in_sd = Equivalence {
            margin: Margin::Standardized {
                low: -1.0,
                high: 1.0,
            },
            ..Equivalence::within(1.0)
        };
        assert_eq!(
            refused(in_sd, &estimate),
            "a margin in standard deviations for `EKC − WT` is not supported; give the margin in the unit of the estimate"
        );
        let no_error = Estimate {
            std_error: None,
            ..estimate.clone()
        };
        assert!(
            refused(Equivalence::within(1.0), &no_error)
                .starts_with("a test of `EKC − WT` against a margin")
        );
        let wild = Equivalence {
            alpha: 0.5,
            ..Equivalence::within(1.0)
        };
        assert!(wild.of_estimate(&estimate).is_err());
        let no_margin = NonInferiority {
            margin: 0.0,
            better: Better::Higher,
            variance: Variance::Equal,
            alpha: 0.05,
        };
        assert!(no_margin.of_estimate(&estimate).is_err());
    }

    #[test]
    fn options_are_read_and_unknown_ones_refused() {
        let text = r#"{"margin": {"raw": {"low": -1, "high": 2}}, "variance": "equal"}"#;
        let options: Equivalence = serde_json::from_str(text).unwrap();
        assert_eq!(
            options.margin,
            Margin::Raw {
                low: -1.0,
                high: 2.0
            }
        );
        assert_eq!(options.alpha, 0.05);
        assert!(
            serde_json::from_str::<Equivalence>(&text.replace("variance", "varianse")).is_err()
        );
    }

    proptest! {
        #[test]
        fn equivalent_is_when_the_interval_lies_inside(mean in -2.0..2.0f64, margin in 0.1..3.0f64) {
            let found = judge(mean, margin);
            let interval = found.estimate.interval.unwrap();
            let inside = interval.low.unwrap() >= -margin && interval.high.unwrap() <= margin;
            prop_assert_eq!(found.p_value <= 0.05, inside);
        }
    }
}
