//! Bounds: what a difference can be at least and at most when some outcomes are not known.
//!
//! ```text
//! data        arm g: n_g people, m_g of them without an outcome; the others have mean ȳ_g
//! worst case  the outcome lies between a and b. Nothing is assumed of those who are missing.
//!             low  = mean of x with a for each missing − mean of y with b for each missing
//!             high = mean of x with b for each missing − mean of y with a for each missing
//!             so high − low = (b − a)(m_x/n_x + m_y/n_y).  se² = s²_x/n_x + s²_y/n_y, as filled in
//! monotone    r_g = 1 − m_g/n_g. The arm makes people stay or makes them leave, not some this
//!             and others that. With r_x > r_y the share 1 − k of x's outcomes, k = r_y/r_x, is of
//!             people who would have left in y: leave out the highest (low) or the lowest (high).
//!             se² = (v + (c − μ)²(1 − k)) / (n k) + ((c − μ)/k)² Var k + s²_y / n_y
//!             μ, v mean and variance of what is kept of n outcomes, c where it is cut,
//!             Var k = k² ((1 − r_x)/(n_x r_x) + (1 − r_y)/(n_y r_y))
//! interval    low − C se_low to high + C se_high,  Φ(C + (high − low)/max se) − Φ(−C) = level
//! ```
//! The interval covers the difference itself with the given probability, not the whole range of it.
//! The monotone bounds speak of those who would have stayed in either arm, and of nobody else. Of a
//! cut that falls within one person's outcome, that person counts by the fraction that is kept.
//!
//! Horowitz JL & Manski CF (2000), JASA 95:77–84, doi 10.1080/01621459.2000.10473902; Lee DS (2009),
//! Review of Economic Studies 76:1071–1102, doi 10.1111/j.1467-937X.2009.00536.x; Imbens GW & Manski
//! CF (2004), Econometrica 72:1845–1857, doi 10.1111/j.1468-0262.2004.00555.x.
//!
//! Differences from R and Stata: `leebounds` cuts at a quantile and leaves out everybody tied with
//! it, so that with ties it keeps another share than k.

use kring_core::{
    Alternative, Caution, Estimate, Interval, IntervalKind, Measure, Reference, Sample, Value,
};
use serde::{Deserialize, Serialize};

use crate::summary::{mean, sum_of_squares};
use crate::{Error, dist, narrow};

/// The options of bounds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bounds {
    /// What is assumed of those whose outcome is not known.
    pub assumption: Assumption,
    /// The level of the interval.
    #[serde(default = "usual_level")]
    pub level: f64,
}

/// What is assumed of those whose outcome is not known.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Assumption {
    /// No more than that their outcome lies on the scale.
    WorstCase {
        /// The lowest value the scale has.
        lowest: f64,
        /// The highest value the scale has.
        highest: f64,
    },
    /// The arm works on staying in one direction only.
    Monotone,
}

/// The outcomes of an arm.
#[derive(Debug, Clone, Copy)]
pub struct Outcomes<'a> {
    /// What the arm is called.
    pub name: &'a str,
    /// The outcomes that are known.
    pub values: &'a [f64],
    /// How many are not known.
    pub missing: usize,
}

/// How many of an arm have something, as far as it is known.
#[derive(Debug, Clone, Copy)]
pub struct Shares<'a> {
    /// What the arm is called.
    pub name: &'a str,
    /// How many have it.
    pub events: usize,
    /// Of how many it is known.
    pub known: usize,
    /// Of how many it is not known.
    pub missing: usize,
}

/// What a difference can be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bounded {
    /// The least it can be; its interval has the lower end of `interval` only.
    pub low: Estimate,
    /// The most it can be; its interval has the upper end of `interval` only.
    pub high: Estimate,
    /// Covers the difference with the given probability, wherever between the bounds it lies.
    pub interval: Interval,
    /// The difference among those whose outcome is known.
    pub known: f64,
    /// Why one may doubt it.
    pub cautions: Vec<Caution>,
}

fn usual_level() -> f64 {
    0.95
}

const METHOD: &str = "the bounds";

impl Bounds {
    /// Bounds that assume nothing but the ends of the scale, at 95%.
    pub fn worst_case(lowest: f64, highest: f64) -> Self {
        Self {
            assumption: Assumption::WorstCase { lowest, highest },
            level: usual_level(),
        }
    }

    /// Bounds for those who would have stayed in either arm, at 95%.
    pub fn monotone() -> Self {
        Self {
            assumption: Assumption::Monotone,
            level: usual_level(),
        }
    }

    /// The least and the most that the difference of the means of two arms, x − y, can be.
    ///
    /// ```
    /// use kring_stats::bounds::{Bounds, Outcomes};
    /// // One of three is missing in the one arm, none in the other, on a scale from 0 to 10.
    /// let ekc = Outcomes { name: "EKC", values: &[4.0, 8.0], missing: 1 };
    /// let wt = Outcomes { name: "WT", values: &[4.0, 5.0, 6.0], missing: 0 };
    /// let found = Bounds::worst_case(0.0, 10.0).two_means(ekc, wt, Some("points"))?;
    /// assert_eq!(found.known, 1.0);
    /// assert_eq!(found.low.value.finite(), Some(-1.0)); // (4 + 8 + 0)/3 − 5
    /// assert!((found.high.value.finite().unwrap() - 7.0 / 3.0).abs() < 1e-15);
    /// # Ok::<(), kring_stats::Error>(())
    /// ```
    pub fn two_means(
        &self,
        x: Outcomes<'_>,
        y: Outcomes<'_>,
        unit: Option<&str>,
    ) -> Result<Bounded, Error> {
        let measure = Measure::MeanDifference {
            unit: unit.map(str::to_owned),
        };
        self.bounded(x, y, &measure)
    }

    /// The least and the most that the difference of two shares, x − y, can be. The scale of the
    /// worst case is 0 to 1, whatever the options say.
    pub fn two_shares(&self, x: Shares<'_>, y: Shares<'_>) -> Result<Bounded, Error> {
        if let Some(arm) = [x, y].into_iter().find(|arm| arm.events > arm.known) {
            return Err(Error::Argument {
                what: format!("the number of events in {}", arm.name),
                expected: "at most as many as are known",
                found: format!("{} of {}", arm.events, arm.known),
            });
        }
        let [x_values, y_values] = [x, y].map(|arm| {
            let mut values = vec![1.0; arm.events];
            values.resize(arm.known, 0.0);
            values
        });
        let assumption = match self.assumption {
            Assumption::WorstCase { .. } => Assumption::WorstCase {
                lowest: 0.0,
                highest: 1.0,
            },
            Assumption::Monotone => Assumption::Monotone,
        };
        let x = Outcomes {
            name: x.name,
            missing: x.missing,
            values: &x_values,
        };
        let y = Outcomes {
            name: y.name,
            missing: y.missing,
            values: &y_values,
        };
        Self {
            assumption,
            ..*self
        }
        .bounded(x, y, &Measure::RiskDifference)
    }

    fn bounded(
        &self,
        x: Outcomes<'_>,
        y: Outcomes<'_>,
        measure: &Measure,
    ) -> Result<Bounded, Error> {
        dist::check_level(self.level)?;
        for arm in [x, y] {
            check_arm(arm)?;
        }
        let label = format!("{} − {}", x.name, y.name);
        let (low, high, method, mut cautions) = match self.assumption {
            Assumption::WorstCase { lowest, highest } => {
                check_scale(lowest, highest, [x, y])?;
                (
                    filled(x, lowest)?.less(filled(y, highest)?),
                    filled(x, highest)?.less(filled(y, lowest)?),
                    format!(
                        "bounds of the worst case: every missing outcome between {lowest} and {highest}"
                    ),
                    Vec::new(),
                )
            }
            Assumption::Monotone => {
                let (low, high) = trimmed(x, y)?;
                let note = "Of those who would have stayed in either arm, if no arm made some stay and others leave.";
                (
                    low,
                    high,
                    "monotone bounds: the arm with more known outcomes trimmed".to_owned(),
                    vec![Caution::Note(note.to_owned())],
                )
            }
        };
        let fewest = x.values.len().min(y.values.len());
        cautions.extend(narrow::BOUNDS.when(fewest < narrow::FEW));
        let sample = Sample {
            rows: x.values.len() + y.values.len(),
            omitted: x.missing + y.missing,
            groups: [x, y]
                .map(|arm| (arm.name.to_owned(), arm.values.len()))
                .to_vec(),
            ..Sample::default()
        };
        let interval = covering(low, high, self.level)?;
        let half = |low, high| Interval {
            low,
            high,
            ..interval
        };
        let method = format!(
            "{method}; the ends of both intervals together cover the difference itself (Imbens & Manski)"
        );
        let estimate = |end: &str, mean: Mean, interval: Interval| -> Result<Estimate, Error> {
            if !(mean.value.is_finite() && mean.variance.is_finite()) {
                return Err(Error::Overflow {
                    what: format!("{METHOD} of {label}"),
                });
            }
            let estimate = Estimate {
                label: format!("{label}, {end}"),
                measure: measure.clone(),
                value: Value::Value(mean.value),
                std_error: Some(mean.variance.sqrt()),
                null: 0.0,
                alternative: Alternative::TwoSided,
                reference: Reference::Normal,
                interval: Some(interval),
                p_value: None,
                sample: sample.clone(),
                method: method.clone(),
                cautions: cautions.clone(),
            };
            Ok(estimate.checked()?)
        };
        Ok(Bounded {
            low: estimate("at least", low, half(interval.low, None))?,
            high: estimate("at most", high, half(None, interval.high))?,
            interval,
            known: mean(x.values) - mean(y.values),
            cautions: cautions.clone(),
        })
    }
}

/// A mean or a difference of means with its variance.
#[derive(Debug, Clone, Copy)]
struct Mean {
    value: f64,
    variance: f64,
}

impl Mean {
    fn less(self, other: Self) -> Self {
        Self {
            value: self.value - other.value,
            variance: self.variance + other.variance,
        }
    }
}

fn check_arm(arm: Outcomes<'_>) -> Result<(), Error> {
    if let Some(row) = arm.values.iter().position(|y| !y.is_finite()) {
        return Err(kring_core::Error::NotFinite {
            what: format!("arm {}", arm.name),
            row,
        }
        .into());
    }
    if arm.values.len() < 2 {
        return Err(Error::TooFew {
            method: "a bound",
            what: format!("known outcomes in arm {}", arm.name),
            needed: 2,
            found: arm.values.len(),
        });
    }
    Ok(())
}

fn check_scale(lowest: f64, highest: f64, arms: [Outcomes<'_>; 2]) -> Result<(), Error> {
    if !(lowest < highest && lowest.is_finite() && highest.is_finite()) {
        return Err(Error::Argument {
            what: "the scale of the outcome".to_owned(),
            expected: "a lowest value below a highest",
            found: format!("{lowest} to {highest}"),
        });
    }
    for arm in arms {
        if let Some(y) = arm.values.iter().find(|y| !(lowest..=highest).contains(y)) {
            return Err(Error::Argument {
                what: format!("an outcome in arm {}", arm.name),
                expected: "a value on the given scale",
                found: format!("{y}, off the scale from {lowest} to {highest}"),
            });
        }
    }
    Ok(())
}

/// The mean of an arm in which every missing outcome is `at`.
///
/// With ȳ and Σ(y − ȳ)² of the n − m that are known: mean ȳ + (m/n)(at − ȳ), and the sum of squares
/// grows by (n − m)(m/n)(at − ȳ)².
fn filled(arm: Outcomes<'_>, at: f64) -> Result<Mean, Error> {
    let known = arm.values.len() as f64;
    let n = known + arm.missing as f64;
    let (centre, share) = (mean(arm.values), arm.missing as f64 / n);
    let away = at - centre;
    let squares = sum_of_squares(arm.values, centre) + known * share * away * away;
    if !squares.is_finite() {
        return Err(Error::Overflow {
            what: format!("{METHOD} in arm {}", arm.name),
        });
    }
    Ok(Mean {
        value: centre + share * away,
        variance: squares / (n - 1.0) / n,
    })
}

/// The lower and the upper bound with the larger arm trimmed.
fn trimmed(x: Outcomes<'_>, y: Outcomes<'_>) -> Result<(Mean, Mean), Error> {
    let size = |arm: Outcomes<'_>| (arm.values.len() + arm.missing) as f64;
    let [r_x, r_y] = [x, y].map(|arm| arm.values.len() as f64 / size(arm));
    let (more, fewer, r_more, r_fewer) = if r_x >= r_y {
        (x, y, r_x, r_y)
    } else {
        (y, x, r_y, r_x)
    };
    let k = r_fewer / r_more;
    // How many outcomes are kept, k times those known; whole where it is whole.
    let total = fewer.values.len() as f64 * size(more) / size(fewer);
    if total < 1.0 {
        return Err(Error::TooFew {
            method: "a monotone bound",
            what: format!("known outcomes in arm {}", fewer.name),
            needed: fewer.values.len() + 1,
            found: fewer.values.len(),
        });
    }
    let variance_of_k = k
        * k
        * ((1.0 - r_more) / (size(more) * r_more) + (1.0 - r_fewer) / (size(fewer) * r_fewer));
    let mut sorted = more.values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let lowest = kept(&sorted, total, variance_of_k);
    sorted.reverse();
    let highest = kept(&sorted, total, variance_of_k);
    let other = Outcomes {
        missing: 0,
        ..fewer
    };
    // Nothing is filled in: the mean of those who are known.
    let other = filled(other, 0.0)?;
    if r_x >= r_y {
        Ok((lowest.less(other), highest.less(other)))
    } else {
        Ok((other.less(highest), other.less(lowest)))
    }
}

/// The mean of the first so many of sorted outcomes, the last of them by the fraction that is kept.
fn kept(sorted: &[f64], total: f64, variance_of_k: f64) -> Mean {
    let n = sorted.len() as f64;
    let k = total / n;
    if k >= 1.0 {
        let value = mean(sorted);
        return Mean {
            value,
            variance: sum_of_squares(sorted, value) / (n - 1.0) / n,
        };
    }
    let weighted = || {
        let mut left = total;
        sorted.iter().map_while(move |&y| {
            let weight = left.clamp(0.0, 1.0);
            left -= weight;
            (weight > 0.0).then_some((weight, y))
        })
    };
    let value = weighted().map(|(w, y)| w * y).sum::<f64>() / total;
    let spread = weighted()
        .map(|(w, y)| w * (y - value) * (y - value))
        .sum::<f64>()
        / total;
    let cut = weighted().last().map_or(value, |(_, y)| y);
    let away = cut - value;
    Mean {
        value,
        variance: (spread + away * away * (1.0 - k)) / total
            + (away / k) * (away / k) * variance_of_k,
    }
}

/// The interval of Imbens and Manski; its C lies between the one-sided and the two-sided quantile.
fn covering(low: Mean, high: Mean, level: f64) -> Result<Interval, Error> {
    let (se_low, se_high) = (low.variance.sqrt(), high.variance.sqrt());
    let largest = se_low.max(se_high);
    let apart = high.value - low.value;
    let mut from = dist::upper_quantile(1.0 - level, Reference::Normal)?;
    let mut to = dist::critical(level, Reference::Normal)?;
    if largest > 0.0 {
        let covered = |c: f64| -> Result<f64, Error> {
            let beyond = dist::upper_tail(c + apart / largest, Reference::Normal)?;
            Ok(1.0 - beyond - dist::upper_tail(c, Reference::Normal)?)
        };
        // Halving sixty times leaves nothing of the width of this interval.
        for _ in 0..60 {
            let middle = f64::midpoint(from, to);
            if covered(middle)? < level {
                from = middle;
            } else {
                to = middle;
            }
        }
    }
    let c = f64::midpoint(from, to);
    Ok(Interval {
        low: Some(low.value - c * se_low),
        high: Some(high.value + c * se_high),
        level,
        kind: IntervalKind::Wald,
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

    fn arm<'a>(name: &'a str, values: &'a [f64], missing: usize) -> Outcomes<'a> {
        Outcomes {
            name,
            values,
            missing,
        }
    }

    fn ends(found: &Bounded) -> [f64; 2] {
        [&found.low, &found.high].map(|end| end.value.finite().unwrap())
    }

    #[test]
    fn the_worst_case_by_hand() {
        // x = 4, 8 and one missing, y = 4, 5, 6, on 0 to 10. Filled with 0: mean 4, squares
        // 0 + 16 + 16 = 32, variance 16, 16/3 + 1/3. Filled with 10: mean 22/3, squares of
        // −10/3, 2/3, 8/3: 168/9 = 56/3, variance 28/3, 28/9 + 1/3.
        let (x, y) = (arm("x", &[4.0, 8.0], 1), arm("y", &[4.0, 5.0, 6.0], 0));
        let found = Bounds::worst_case(0.0, 10.0).two_means(x, y, None).unwrap();
        let [low, high] = ends(&found);
        assert!((low + 1.0).abs() < 1e-15 && (high - 7.0 / 3.0).abs() < 1e-15);
        assert!((found.low.std_error.unwrap() - (17.0_f64 / 3.0).sqrt()).abs() < 1e-14);
        assert!((found.high.std_error.unwrap() - (31.0_f64 / 9.0).sqrt()).abs() < 1e-14);
        let interval = found.interval;
        assert!(interval.low.unwrap() < low && interval.high.unwrap() > high);
    }

    #[test]
    fn with_nobody_missing_the_bounds_meet_in_the_usual_interval() {
        let (x, y) = (arm("x", &[4.0, 8.0, 3.0], 0), arm("y", &[4.0, 5.0, 6.0], 0));
        for bounds in [Bounds::worst_case(0.0, 10.0), Bounds::monotone()] {
            let found = bounds.two_means(x, y, None).unwrap();
            let [low, high] = ends(&found);
            assert_eq!((low, high), (0.0, 0.0));
            // Variances 7 and 1 of three values each.
            let width = 1.959_963_984_540_054_2 * (8.0_f64 / 3.0).sqrt();
            assert!((found.interval.high.unwrap() - width).abs() < 1e-12);
        }
    }

    #[test]
    fn trimming_by_hand() {
        // 4 of 4 known in x, 2 of 4 in y: half of x is left out. Low: mean of 1, 2; high: of 3, 10.
        let (x, y) = (
            arm("x", &[10.0, 1.0, 3.0, 2.0], 0),
            arm("y", &[2.0, 3.0], 2),
        );
        let found = Bounds::monotone().two_means(x, y, None).unwrap();
        assert_eq!(ends(&found), [-1.0, 4.0]);
        // Low: v = ¼, c = 2, μ = 1.5, k = ½: (¼ + ¼·½)/2 + (½/½)² Var k + ½/2,
        // Var k = ¼ · (½/(4·½)) = 1/16.
        let variance: f64 = 0.375 / 2.0 + 1.0 / 16.0 + 0.25;
        assert!((found.low.std_error.unwrap() - variance.sqrt()).abs() < 1e-15);
        let back = Bounds::monotone().two_means(y, x, None).unwrap();
        assert_eq!(ends(&back), [-4.0, 1.0]);
        // 3 of 3 and 2 of 4: 1.5 of three are kept: 1 and half of 2.
        let (x, y) = (arm("x", &[1.0, 2.0, 9.0], 0), arm("y", &[0.0, 0.0], 2));
        let found = Bounds::monotone().two_means(x, y, None).unwrap();
        let [low, high] = ends(&found);
        assert!((low - 4.0 / 3.0).abs() < 1e-15 && (high - 20.0 / 3.0).abs() < 1e-14);
    }

    #[test]
    fn a_cut_between_two_people_touches_neither() {
        // 7 of 10 and 4 of 10 known: four of seven are kept, of which 4 is the last, not 100. In
        // binary 7 · (0.4/0.7) is a little more than four.
        let (x, y) = (
            arm("x", &[1.0, 2.0, 3.0, 4.0, 100.0, 100.0, 100.0], 3),
            arm("y", &[0.0; 4], 6),
        );
        let found = Bounds::monotone().two_means(x, y, None).unwrap();
        assert_eq!(ends(&found)[0], 2.5);
        // v = 5/4, c − μ = 1.5, k = 4/7: (5/4 + 9/4 · 3/7)/4 + (21/8)² Var k,
        // Var k = (16/49)(0.3/7 + 0.6/4).
        let k: f64 = 4.0 / 7.0;
        let variance =
            (1.25 + 2.25 * (1.0 - k)) / 4.0 + (1.5 / k).powi(2) * k * k * (0.3 / 7.0 + 0.6 / 4.0);
        assert!((found.low.std_error.unwrap() - variance.sqrt()).abs() < 1e-14);
    }

    #[test]
    fn shares_have_the_scale_from_0_to_1() {
        // 3 of 8 known, 2 missing; 2 of 5 known, none missing: 3/10 − 2/5 to 5/10 − 2/5.
        let share = |name, events, known, missing| Shares {
            name,
            events,
            known,
            missing,
        };
        let found = Bounds::worst_case(-7.0, 7.0)
            .two_shares(share("x", 3, 8, 2), share("y", 2, 5, 0))
            .unwrap();
        let [low, high] = ends(&found);
        assert!((low + 0.1).abs() < 1e-15 && (high - 0.1).abs() < 1e-15);
        assert_eq!(found.low.measure, Measure::RiskDifference);
        let wrong = Bounds::monotone().two_shares(share("x", 9, 8, 2), share("y", 2, 5, 0));
        assert!(matches!(wrong, Err(Error::Argument { .. })));
    }

    #[test]
    fn what_cannot_be_bounded_says_so() {
        let y = arm("y", &[4.0, 5.0], 0);
        let on = |x, bounds: Bounds| bounds.two_means(x, y, None).unwrap_err();
        assert_eq!(
            on(arm("x", &[11.0, 2.0], 1), Bounds::worst_case(0.0, 10.0)).to_string(),
            "an outcome in arm x is 11, off the scale from 0 to 10, but a value on the given scale was expected"
        );
        assert!(matches!(
            on(arm("x", &[1.0, 2.0], 1), Bounds::worst_case(3.0, 3.0)),
            Error::Argument { .. }
        ));
        assert!(matches!(
            on(arm("x", &[1.0], 1), Bounds::monotone()),
            Error::TooFew { .. }
        ));
        assert!(matches!(
            on(arm("x", &[1.0, f64::NAN], 1), Bounds::monotone()),
            Error::Core(_)
        ));
        let level = Bounds {
            level: 1.0,
            ..Bounds::monotone()
        };
        assert!(matches!(
            on(arm("x", &[1.0, 2.0], 1), level),
            Error::Argument { .. }
        ));
    }

    proptest! {
        #[test]
        fn whatever_the_missing_are_the_truth_lies_between(
            x in prop::collection::vec(0.0..10.0f64, 4..20),
            y in prop::collection::vec(0.0..10.0f64, 4..20),
            (gone_x, gone_y) in (0usize..3, 0usize..3),
        ) {
            let truth = mean(&x) - mean(&y);
            let known = |values: &[f64], gone: usize| values[gone..].to_vec();
            let (kx, ky) = (known(&x, gone_x), known(&y, gone_y));
            let found = Bounds::worst_case(0.0, 10.0)
                .two_means(arm("x", &kx, gone_x), arm("y", &ky, gone_y), None)
                .unwrap();
            let [low, high] = ends(&found);
            prop_assert!(low <= truth + 1e-9 && truth <= high + 1e-9);
            prop_assert!(low <= found.known + 1e-9 && found.known <= high + 1e-9);
            let share = gone_x as f64 / x.len() as f64 + gone_y as f64 / y.len() as f64;
            prop_assert!((high - low - 10.0 * share).abs() < 1e-9);
            let lee = Bounds::monotone()
                .two_means(arm("x", &kx, gone_x), arm("y", &ky, gone_y), None)
                .unwrap();
            let [low, high] = ends(&lee);
            prop_assert!(low <= lee.known + 1e-9 && lee.known <= high + 1e-9);
        }
    }
}
