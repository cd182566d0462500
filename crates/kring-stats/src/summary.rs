//! What was seen: means, standard deviations, quartiles, counts.
//!
//! The mean and the sum of squares are found in two passes, so that the standard deviation keeps
//! its digits however far the mean lies from zero. Quantiles of sorted values x₁ … xₙ interpolate
//! between neighbours: type 7 at 1 + (n − 1)p, as R does unless told otherwise, type 6 at (n + 1)p,
//! as SPSS does.

use kring_core::{Factor, LevelCount, Numbers};
use serde::{Deserialize, Serialize};

/// Which quantiles.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Quantile {
    /// R's default.
    #[default]
    Type7,
    /// SPSS's and Minitab's.
    Type6,
}

/// The figures of some finite numbers; what is undefined for so few of them is absent.
///
/// ```
/// use kring_stats::summary::{Quantile, numbers};
/// let figures = numbers(&[1.0, 2.0, 3.0, 4.0], Quantile::Type7);
/// assert_eq!(figures.mean, Some(2.5));
/// assert_eq!(figures.lower_quartile, Some(1.75));
/// assert_eq!(numbers(&[5.0], Quantile::Type7).sd, None);
/// ```
pub fn numbers(values: &[f64], quantile: Quantile) -> Numbers {
    let n = values.len();
    if n == 0 {
        return Numbers::default();
    }
    let sum: f64 = values.iter().sum();
    let mean = mean(values);
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    // What overflows is undefined too.
    let finite = |x: f64| x.is_finite().then_some(x);
    let at = |p| finite(quantile_of_sorted(&sorted, p, quantile));
    Numbers {
        mean: finite(mean),
        sd: finite((sum_of_squares(values, mean) / (n as f64 - 1.0)).sqrt()),
        min: Some(sorted[0]),
        lower_quartile: at(0.25),
        median: at(0.5),
        upper_quartile: at(0.75),
        max: Some(sorted[n - 1]),
        sum: finite(sum),
    }
}

/// How many have each level of a factor, and the share of those who have any.
pub fn levels(factor: &Factor) -> Vec<LevelCount> {
    levels_among(factor, 0..factor.codes().len())
}

/// The same among some rows only.
pub fn levels_among(factor: &Factor, rows: impl IntoIterator<Item = usize>) -> Vec<LevelCount> {
    let mut counts = vec![0; factor.levels().len()];
    for code in rows.into_iter().filter_map(|row| factor.code(row)) {
        counts[code as usize] += 1;
    }
    let total: usize = counts.iter().sum();
    let share = |n: usize| (total > 0).then(|| n as f64 / total as f64);
    factor
        .levels()
        .iter()
        .zip(counts)
        .map(|(level, n)| LevelCount {
            level: level.clone(),
            n,
            share: share(n),
        })
        .collect()
}

/// The mean, corrected once for the rounding of the first sum as R does; 0 for no values.
pub(crate) fn mean(values: &[f64]) -> f64 {
    if values.is_empty() {
        return 0.0;
    }
    let n = values.len() as f64;
    let first = values.iter().sum::<f64>() / n;
    first + values.iter().map(|x| x - first).sum::<f64>() / n
}

/// The sum of squared distances from the mean.
pub(crate) fn sum_of_squares(values: &[f64], mean: f64) -> f64 {
    values.iter().map(|x| (x - mean) * (x - mean)).sum()
}

fn quantile_of_sorted(sorted: &[f64], p: f64, quantile: Quantile) -> f64 {
    let n = sorted.len();
    let place = match quantile {
        Quantile::Type7 => (n - 1) as f64 * p,
        Quantile::Type6 => (n + 1) as f64 * p - 1.0,
    };
    let place = place.clamp(0.0, (n - 1) as f64);
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the place lies between 0 and n - 1"
    )]
    let below = place.floor() as usize;
    let above = (below + 1).min(n - 1);
    sorted[below] + (place - below as f64) * (sorted[above] - sorted[below])
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    reason = "a test may stop at what it did not expect"
)]
mod tests {
    use kring_core::{Column, Table};
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn figures_by_hand() {
        // 2 + 4 + 4 + 4 + 5 + 5 + 7 + 9 = 40, squares about the mean sum to 32, 32 / 7.
        let figures = numbers(&[2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0], Quantile::Type7);
        assert_eq!(figures.mean, Some(5.0));
        assert_eq!(figures.sd, Some((32.0_f64 / 7.0).sqrt()));
        assert_eq!(figures.median, Some(4.5));
        // Places 1.75 and 5.25 of 0..7: 4, and 5 + 0.25 · 2.
        assert_eq!(
            (figures.lower_quartile, figures.upper_quartile),
            (Some(4.0), Some(5.5))
        );
        // Type 6: places 9 · 0.25 = 2.25th and 6.75th: 4, and 5 + 0.75 · 2.
        let spss = numbers(&[2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0], Quantile::Type6);
        assert_eq!(
            (spss.lower_quartile, spss.upper_quartile),
            (Some(4.0), Some(6.5))
        );
        assert_eq!(numbers(&[], Quantile::Type7), Numbers::default());
        let one = numbers(&[3.0], Quantile::Type6);
        assert_eq!((one.mean, one.sd, one.median), (Some(3.0), None, Some(3.0)));
    }

    #[test]
    fn a_mean_far_from_zero_keeps_the_digits_of_its_spread() {
        // The variance of 1, 2, 3 is 1 wherever they stand.
        let far = numbers(&[1e9 + 1.0, 1e9 + 2.0, 1e9 + 3.0], Quantile::Type7);
        assert_eq!(far.sd, Some(1.0));
    }

    #[test]
    fn levels_are_counted_with_their_empty_ones() {
        let arm = Column::factor(
            "arm",
            ["WT", "EKC", "none"],
            vec![Some(1), None, Some(0), Some(1)],
        )
        .unwrap();
        let table = Table::new(vec![arm]).unwrap();
        let counts = levels(table.factor("arm").unwrap());
        let found: Vec<_> = counts
            .iter()
            .map(|c| (c.level.as_str(), c.n, c.share))
            .collect();
        let third = 1.0 / 3.0;
        assert_eq!(
            found,
            [
                ("WT", 1, Some(third)),
                ("EKC", 2, Some(2.0 * third)),
                ("none", 0, Some(0.0))
            ]
        );
    }

    proptest! {
        #[test]
        fn order_does_not_matter_and_scale_carries_over(
            mut values in prop::collection::vec(-1e3..1e3f64, 2..40), shift in -10.0..10.0f64,
        ) {
            let before = numbers(&values, Quantile::Type7);
            values.reverse();
            let moved: Vec<f64> = values.iter().map(|x| 2.0 * x + shift).collect();
            let after = numbers(&moved, Quantile::Type7);
            let near = |a: Option<f64>, b: f64| (a.unwrap() - b).abs() < 1e-9;
            prop_assert!(near(after.mean, 2.0 * before.mean.unwrap() + shift));
            prop_assert!(near(after.sd, 2.0 * before.sd.unwrap()));
            prop_assert!(near(after.median, 2.0 * before.median.unwrap() + shift));
        }
    }
}
