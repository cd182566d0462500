//! Standardised differences: how far apart two groups lie, whatever their size.
//!
//! ```text
//! numbers  d = (x̄₂ − x̄₁) / s,         pooled s² = (s₁² + s₂²)/2
//! levels   p₁, p₂ the shares of the K levels, C = p₂ − p₁, S_g = diag(p_g) − p_g p_g'
//!          d = √(C' S⁻ C),             pooled S  = (S₁ + S₂)/2, a Mahalanobis distance
//!          With m = (p₁ + p₂)/2 is S = diag(m) − m m' − C C'/4, so no matrix is inverted:
//!          q = Σ C_k² / m_k,  d² = q / (1 − q/4).  By one group's shares p: d² = Σ C_k² / p_k.
//!          Two levels: d has the sign of the second level's share; more: d ≥ 0.
//! error    se² = (n₁ + n₂)/(n₁ n₂) + d² / (2 (n₁ + n₂)),  interval d ± z se, no end below 0 if d ≥ 0
//! ```
//! A difference of this kind tells what the groups are like and does not grow with their size, as a
//! test would. Of K > 2 levels d is above zero by chance alone, by about √((K − 1)(1/n₁ + 1/n₂)): a
//! caution gives that figure.
//!
//! Yang D & Dalton JE (2012), A unified approach to measuring the effect size between two groups
//! using SAS, SAS Global Forum, paper 335-2012; Austin PC (2009), Statistics in Medicine
//! 28:3083–3107, doi 10.1002/sim.3697; Hedges LV & Olkin I (1985), Statistical Methods for
//! Meta-Analysis, chapter 5, for the error.
//!
//! Differences from R: `tableone` inverts S by a generalised inverse, and where the groups share no
//! level it leaves out the very direction in which they differ; here that distance is infinite. It
//! gives no interval and no sign.

use kring_core::{
    Alternative, Boundary, Caution, Estimate, Interval, IntervalKind, Measure, Reference, Sample,
    Value,
};
use serde::{Deserialize, Serialize};

use crate::summary::{mean, sum_of_squares};
use crate::t_test::Group;
use crate::{Error, dist, narrow};

/// The options of a standardised difference.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Balance {
    /// Whose standard deviation is the unit.
    pub denominator: Denominator,
    /// The level of the interval.
    pub level: f64,
}

/// Whose standard deviation is the unit of a difference.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Denominator {
    /// The root of the mean of both variances, whatever the sizes of the groups.
    #[default]
    Pooled,
    /// That of the first of the two groups.
    Reference,
    /// That of the second of the two groups: what matching for the effect on the treated uses.
    Treated,
}

impl Denominator {
    /// The denominator in words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Pooled => "the root of the mean of both groups' variances",
            Self::Reference => "the standard deviation of the first group",
            Self::Treated => "the standard deviation of the second group",
        }
    }
}

/// How many of a group have each level, in the same order for both groups.
#[derive(Debug, Clone, Copy)]
pub struct Counts<'a> {
    /// What the group is called.
    pub name: &'a str,
    /// How many have each level.
    pub counts: &'a [usize],
}

impl Default for Balance {
    fn default() -> Self {
        Self {
            denominator: Denominator::Pooled,
            level: 0.95,
        }
    }
}

const METHOD: &str = "the standardised difference";

impl Balance {
    /// The difference of two groups' means in standard deviations, second less first.
    ///
    /// A group whose standard deviation is used needs two values, the other one.
    ///
    /// ```
    /// use kring_stats::balance::Balance;
    /// use kring_stats::t_test::Group;
    /// let wt = Group { name: "WT", values: &[1.0, 2.0, 3.0] };
    /// let ekc = Group { name: "EKC", values: &[2.0, 4.0, 6.0] };
    /// let d = Balance::default().numbers(wt, ekc)?;
    /// assert_eq!(d.label, "EKC − WT");
    /// // Means 2 and 4, variances 1 and 4: 2 / √2.5.
    /// assert!((d.value.finite().unwrap() - 2.0 / 2.5_f64.sqrt()).abs() < 1e-15);
    /// # Ok::<(), kring_stats::Error>(())
    /// ```
    pub fn numbers(&self, first: Group<'_>, second: Group<'_>) -> Result<Estimate, Error> {
        for group in [first, second] {
            if let Some(row) = group.values.iter().position(|x| !x.is_finite()) {
                let what = format!("group {}", group.name);
                return Err(kring_core::Error::NotFinite { what, row }.into());
            }
        }
        let [one, two] = [first, second].map(|group| {
            let mean = mean(group.values);
            let n = group.values.len();
            let variance = sum_of_squares(group.values, mean) / (n as f64 - 1.0);
            (group.name, n, mean, variance)
        });
        let (needs_first, needs_second) = match self.denominator {
            Denominator::Pooled => (2, 2),
            Denominator::Reference => (2, 1),
            Denominator::Treated => (1, 2),
        };
        at_least(one.0, needs_first, one.1)?;
        at_least(two.0, needs_second, two.1)?;
        let variance = match self.denominator {
            Denominator::Pooled => f64::midpoint(one.3, two.3),
            Denominator::Reference => one.3,
            Denominator::Treated => two.3,
        };
        let label = format!("{} − {}", two.0, one.0);
        let difference = two.2 - one.2;
        let (sd, scale) = (variance.sqrt(), one.2.abs().max(two.2.abs()));
        if !(difference.is_finite() && sd.is_finite()) {
            return Err(Error::Overflow {
                what: format!("{METHOD} {label}"),
            });
        }
        // A spread this small beside the means is rounding.
        let rounding = 10.0 * f64::EPSILON * scale;
        let value = match (sd > rounding, difference.abs() > rounding) {
            (true, _) => Some(difference / sd),
            (false, true) => None,
            (false, false) => {
                return Err(Error::Constant {
                    method: METHOD,
                    what: format!("the variable in {} and {}", one.0, two.0),
                });
            }
        };
        let groups = [(one.0, one.1), (two.0, two.1)];
        let way = if difference > 0.0 { "more" } else { "less" };
        self.estimate(groups, value, Course::Signed { way })
    }

    /// How far apart the shares of the levels lie: of two levels the difference of the second's
    /// share, second group less first, in standard deviations; of more a distance.
    ///
    /// Levels that nobody has change nothing.
    ///
    /// ```
    /// use kring_stats::balance::{Balance, Counts};
    /// let wt = Counts { name: "WT", counts: &[10, 10] };
    /// let ekc = Counts { name: "EKC", counts: &[15, 5] };
    /// let d = Balance::default().levels(wt, ekc)?;
    /// // Shares 0.5 and 0.25, variances 0.25 and 0.1875: −0.25 / √0.21875.
    /// assert!((d.value.finite().unwrap() + 0.25 / 0.21875_f64.sqrt()).abs() < 1e-14);
    /// # Ok::<(), kring_stats::Error>(())
    /// ```
    pub fn levels(&self, first: Counts<'_>, second: Counts<'_>) -> Result<Estimate, Error> {
        if first.counts.len() != second.counts.len() {
            return Err(Error::Shape {
                what: format!("{METHOD} of {} and {}", first.name, second.name),
                expected: "the same levels in both groups".to_owned(),
                found: format!("{} and {} levels", first.counts.len(), second.counts.len()),
            });
        }
        let [n1, n2] = [first, second].map(|group| group.counts.iter().sum::<usize>());
        at_least(first.name, 1, n1)?;
        at_least(second.name, 1, n2)?;
        let pairs = || first.counts.iter().zip(second.counts);
        let some = pairs().filter(|(a, b)| **a + **b > 0).count();
        if some < 2 {
            return Err(Error::Constant {
                method: METHOD,
                what: format!("the variable in {} and {}", first.name, second.name),
            });
        }
        let shares = || pairs().map(|(a, b)| (*a as f64 / n1 as f64, *b as f64 / n2 as f64));
        // C_k² over what stands for the variance of the level.
        let quadratic = |unit: &dyn Fn(f64, f64) -> f64| -> f64 {
            shares()
                .filter(|(p1, p2)| p1 != p2)
                .map(|(p1, p2)| (p2 - p1) * (p2 - p1) / unit(p1, p2))
                .sum()
        };
        let squared = match self.denominator {
            Denominator::Pooled => {
                let apart = pairs().all(|(a, b)| *a == 0 || *b == 0);
                let q = quadratic(&|p1, p2| f64::midpoint(p1, p2));
                (!apart).then(|| q / (1.0 - q / 4.0))
            }
            Denominator::Reference => {
                let beyond = pairs().any(|(a, b)| *a == 0 && *b > 0);
                (!beyond).then(|| quadratic(&|p1, _| p1))
            }
            Denominator::Treated => {
                let beyond = pairs().any(|(a, b)| *b == 0 && *a > 0);
                (!beyond).then(|| quadratic(&|_, p2| p2))
            }
        };
        let groups = [(first.name, n1), (second.name, n2)];
        let value = squared.map(f64::sqrt);
        if first.counts.len() > 2 {
            return self.estimate(groups, value, Course::Distance { levels: some });
        }
        let rises = shares().next_back().is_some_and(|(p1, p2)| p2 > p1);
        let (sign, way) = if rises { (1.0, "more") } else { (-1.0, "less") };
        let value = value.map(|d| if d == 0.0 { 0.0 } else { sign * d });
        self.estimate(groups, value, Course::Signed { way })
    }

    fn estimate(
        &self,
        groups: [(&str, usize); 2],
        value: Option<f64>,
        course: Course,
    ) -> Result<Estimate, Error> {
        dist::check_level(self.level)?;
        let [(name1, n1), (name2, n2)] = groups;
        let (n1, n2) = (n1 as f64, n2 as f64);
        let mut cautions = Vec::new();
        if let Course::Distance { levels } = course {
            let chance = ((levels as f64 - 1.0) * (1.0 / n1 + 1.0 / n2)).sqrt();
            cautions.push(Caution::Note(format!(
                "A distance of {levels} levels is above zero by chance alone: by about {chance:.2} in groups of this size."
            )));
        }
        let mut std_error = None;
        let mut interval = None;
        match (value, course) {
            (Some(d), _) => {
                let se = ((n1 + n2) / (n1 * n2) + d * d / (2.0 * (n1 + n2))).sqrt();
                let width = dist::critical(self.level, Reference::Normal)? * se;
                let low = match course {
                    Course::Signed { .. } => d - width,
                    Course::Distance { .. } => (d - width).max(0.0),
                };
                let signed = matches!(course, Course::Signed { .. });
                let few = n1.min(n2) < FEW;
                cautions.extend(narrow::BALANCE.when(signed && few));
                std_error = Some(se);
                interval = Some(Interval {
                    low: Some(low),
                    high: Some(d + width),
                    level: self.level,
                    kind: IntervalKind::Wald,
                });
            }
            (None, Course::Signed { way }) => cautions.push(Caution::Note(format!(
                "{name2} has {way} than {name1}, without any spread to measure it by."
            ))),
            (None, Course::Distance { .. }) => cautions.push(Caution::Note(format!(
                "{name1} and {name2} have levels that the other, by whose spread the distance is measured, has not."
            ))),
        }
        let kind = match course {
            Course::Signed { .. } => "standardised difference",
            Course::Distance { .. } => "Mahalanobis distance of the shares of the levels",
        };
        let estimate = Estimate {
            label: format!("{name2} − {name1}"),
            measure: Measure::StandardizedMeanDifference,
            value: value.map_or(Value::AtBoundary(Boundary::Infinite), Value::Value),
            std_error,
            null: 0.0,
            alternative: Alternative::TwoSided,
            reference: Reference::Normal,
            interval,
            // It says how alike the groups are; a test would speak of their size as well.
            p_value: None,
            sample: Sample {
                rows: groups[0].1 + groups[1].1,
                groups: groups.map(|(name, n)| (name.to_owned(), n)).to_vec(),
                ..Sample::default()
            },
            method: format!("{kind}, in units of {}", self.denominator.words()),
            cautions,
        };
        Ok(estimate.checked()?)
    }
}

/// Fewer than this in a group are few.
const FEW: f64 = 10.0;

/// What a difference can be.
#[derive(Debug, Clone, Copy)]
enum Course {
    /// Of either sign.
    Signed { way: &'static str },
    /// Zero or more.
    Distance { levels: usize },
}

fn at_least(group: &str, needed: usize, found: usize) -> Result<(), Error> {
    if found >= needed {
        return Ok(());
    }
    Err(Error::TooFew {
        method: METHOD,
        what: format!("values in group {group}"),
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
    use proptest::prelude::*;

    use super::*;

    fn counts<'a>(name: &'a str, counts: &'a [usize]) -> Counts<'a> {
        Counts { name, counts }
    }

    fn by(denominator: Denominator) -> Balance {
        Balance {
            denominator,
            ..Balance::default()
        }
    }

    fn group<'a>(name: &'a str, values: &'a [f64]) -> Group<'a> {
        Group { name, values }
    }

    #[test]
    fn numbers_by_hand() {
        // Means 2 and 4, variances 1 and 4 with three values each.
        let (x, y) = (group("a", &[1.0, 2.0, 3.0]), group("b", &[2.0, 4.0, 6.0]));
        for (denominator, d) in [
            (Denominator::Pooled, 2.0 / 2.5_f64.sqrt()),
            (Denominator::Reference, 2.0),
            (Denominator::Treated, 1.0),
        ] {
            let found = by(denominator).numbers(x, y).unwrap();
            assert!((found.value.finite().unwrap() - d).abs() < 1e-15);
            // (3 + 3)/9 + d²/12.
            let se = (2.0 / 3.0 + d * d / 12.0_f64).sqrt();
            assert!((found.std_error.unwrap() - se).abs() < 1e-15);
            assert_eq!(found.p_value, None);
        }
    }

    #[test]
    fn three_levels_by_hand() {
        // Shares (½, ¼, ¼) and (¼, ½, ¼): C = (−¼, ¼, 0), m = (⅜, ⅜, ¼), q = 2 · (1/16)/(3/8) = ⅓,
        // d² = ⅓ / (1 − 1/12) = 4/11. By the first: (1/16)/(1/2) + (1/16)/(1/4) = 3/8.
        let (a, b) = (counts("a", &[4, 2, 2]), counts("b", &[2, 4, 2]));
        let d = |denominator| {
            let found = by(denominator).levels(a, b).unwrap();
            found.value.finite().unwrap()
        };
        assert!((d(Denominator::Pooled) - (4.0_f64 / 11.0).sqrt()).abs() < 1e-15);
        assert!((d(Denominator::Reference) - (3.0_f64 / 8.0).sqrt()).abs() < 1e-15);
        assert!((d(Denominator::Treated) - (3.0_f64 / 8.0).sqrt()).abs() < 1e-15);
        let found = Balance::default().levels(a, b).unwrap();
        assert_eq!(found.interval.unwrap().low, Some(0.0));
        // √(2 · (1/8 + 1/8)) = 0.71.
        assert!(found.cautions[0].sentence().contains("0.71"));
    }

    #[test]
    fn what_has_no_spread_lies_infinitely_far_apart_or_has_no_difference() {
        let (a, b) = (counts("a", &[3, 0, 0]), counts("b", &[0, 2, 1]));
        let far = Balance::default().levels(a, b).unwrap();
        assert_eq!(far.value, Value::AtBoundary(Boundary::Infinite));
        assert_eq!(far.interval, None);
        let some = by(Denominator::Treated).levels(counts("a", &[1, 1, 1]), b);
        assert_eq!(some.unwrap().value, Value::AtBoundary(Boundary::Infinite));
        let same = Balance::default().levels(counts("a", &[3, 0]), counts("b", &[5, 0]));
        assert_eq!(
            same.unwrap_err().to_string(),
            "the variable in a and b is constant, so the standardised difference has no error to measure differences by"
        );
        let far = Balance::default().numbers(group("a", &[1.0, 1.0]), group("b", &[2.0, 2.0]));
        assert_eq!(far.unwrap().value, Value::AtBoundary(Boundary::Infinite));
        let same = Balance::default().numbers(group("a", &[0.1; 3]), group("b", &[0.1; 7]));
        assert!(matches!(same, Err(Error::Constant { .. })));
        let few = Balance::default().numbers(group("a", &[1.0]), group("b", &[2.0, 3.0]));
        assert_eq!(
            few.unwrap_err().to_string(),
            "the standardised difference needs at least 2 values in group a, but there is 1"
        );
        let one = by(Denominator::Treated).numbers(group("a", &[1.0]), group("b", &[2.0, 3.0]));
        assert!(one.is_ok());
        let huge =
            Balance::default().numbers(group("a", &[1e300, -1e300]), group("b", &[0.0, 1.0]));
        assert!(matches!(huge, Err(Error::Overflow { .. })));
        let nan = Balance::default().numbers(group("a", &[1.0, f64::NAN]), group("b", &[0.0, 1.0]));
        assert!(matches!(nan, Err(Error::Core(_))));
        let other = Balance::default().levels(counts("a", &[1, 2]), counts("b", &[1, 2, 3]));
        assert!(matches!(other, Err(Error::Shape { .. })));
        let nobody = Balance::default().levels(counts("a", &[0, 0]), counts("b", &[1, 2]));
        assert!(matches!(nobody, Err(Error::TooFew { found: 0, .. })));
    }

    proptest! {
        #[test]
        fn two_levels_are_their_own_formula_and_groups_may_change_places(
            a in 0usize..30, b in 0usize..30, c in 0usize..30, d in 0usize..30,
        ) {
            prop_assume!(a + b > 0 && c + d > 0 && a + c > 0 && b + d > 0);
            let (one, two) = ([a, b], [c, d]);
            let found = Balance::default().levels(counts("a", &one), counts("b", &two)).unwrap();
            let back = Balance::default().levels(counts("b", &two), counts("a", &one)).unwrap();
            let share = |x: usize, y: usize| y as f64 / (x + y) as f64;
            let (p1, p2) = (share(a, b), share(c, d));
            let variance = f64::midpoint(p1 * (1.0 - p1), p2 * (1.0 - p2));
            match found.value.finite() {
                Some(value) => {
                    prop_assert!((value - (p2 - p1) / variance.sqrt()).abs() < 1e-9 * (1.0 + value.abs()));
                    prop_assert!((back.value.finite().unwrap() + value).abs() < 1e-12);
                }
                None => prop_assert!(variance == 0.0),
            }
        }

        #[test]
        fn an_empty_level_and_the_order_of_levels_change_nothing(
            mut one in prop::collection::vec(1usize..20, 3..6), shift in 0usize..5,
        ) {
            let mut two: Vec<usize> = one.iter().map(|n| (n * 7 + shift) % 13 + 1).collect();
            let d = |one: &[usize], two: &[usize]| {
                let found = Balance::default().levels(counts("a", one), counts("b", two));
                found.unwrap().value.finite().unwrap()
            };
            let before = d(&one, &two);
            one.insert(1, 0);
            two.insert(1, 0);
            one.reverse();
            two.reverse();
            prop_assert!((d(&one, &two) - before).abs() < 1e-12);
        }

        #[test]
        fn another_unit_changes_nothing(
            one in prop::collection::vec(-50.0..50.0f64, 3..12),
            two in prop::collection::vec(-50.0..50.0f64, 3..12),
        ) {
            let d = |one: &[f64], two: &[f64]| {
                Balance::default().numbers(group("a", one), group("b", two)).unwrap().value.finite().unwrap()
            };
            let scaled = |values: &[f64]| values.iter().map(|x| 3.0 * x - 7.0).collect::<Vec<f64>>();
            prop_assert!((d(&one, &two) - d(&scaled(&one), &scaled(&two))).abs() < 1e-9);
        }
    }
}
