//! Ranks, ties, and the choice of a distribution that the tests of Wilcoxon share.
//!
//! Equal values share the mean of their ranks. Twice such a midrank is a whole number, so that sums
//! of ranks are exact and are compared as whole numbers.

use kring_core::{Alternative, Caution};
use serde::{Deserialize, Serialize};

/// Which distribution the p-value and the interval of a rank test come from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RankDistribution {
    /// As R: exact if there are fewer than fifty values in each group (or fewer than fifty
    /// differences) and neither ties nor zeros, else the corrected normal approximation.
    #[default]
    Auto,
    /// Exact: every allocation of the observed ranks counts once, ties or not.
    Exact,
    /// The normal approximation, its variance corrected for ties.
    Normal,
    /// The same with the statistic moved half a step towards its mean.
    NormalCorrected,
}

/// The distribution that was chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Chosen {
    Exact,
    Normal { corrected: bool },
}

impl RankDistribution {
    /// The choice for `n` values in the larger group, with or without ties.
    pub(crate) fn choose(self, n: usize, tied: bool) -> Chosen {
        match self {
            Self::Auto if n < 50 && !tied => Chosen::Exact,
            Self::Exact => Chosen::Exact,
            Self::Normal => Chosen::Normal { corrected: false },
            Self::Auto | Self::NormalCorrected => Chosen::Normal { corrected: true },
        }
    }
}

impl Chosen {
    /// The choice in words, after the name of the test.
    pub(crate) fn words(self, tied: bool) -> String {
        let what = match self {
            Self::Exact => "exact",
            Self::Normal { corrected: false } => "normal approximation",
            Self::Normal { corrected: true } => "normal approximation with continuity correction",
        };
        let ties = match self {
            _ if !tied => "",
            Self::Exact => " given the ties",
            Self::Normal { .. } => ", corrected for ties",
        };
        format!("{what}{ties}")
    }

    /// How far the statistic is moved towards its mean, from which it is `distance` away.
    pub(crate) fn correction(self, distance: f64, alternative: Alternative) -> f64 {
        use Alternative::{Greater, Less, TwoSided};
        match (self, alternative) {
            (Self::Normal { corrected: true }, TwoSided) if distance != 0.0 => {
                0.5 * distance.signum()
            }
            (Self::Normal { corrected: true }, Greater) => 0.5,
            (Self::Normal { corrected: true }, Less) => -0.5,
            _ => 0.0,
        }
    }

    /// The doubt about a normal approximation for so few.
    pub(crate) fn caution(self, fewest: usize, what: &str) -> Option<Caution> {
        (self != Self::Exact && fewest < 10).then(|| {
            Caution::Note(format!(
                "Only {fewest} {what}: the normal approximation is rough; the exact distribution also allows for ties."
            ))
        })
    }
}

/// Values with their ranks.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Ranks {
    /// Twice the midrank of each value, in the order of the values.
    pub doubled: Vec<u64>,
    /// Σ (t³ − t) over groups of t equal values.
    pub ties: f64,
}

impl Ranks {
    /// The ranks of finite values.
    pub(crate) fn of(values: &[f64]) -> Self {
        let mut order: Vec<usize> = (0..values.len()).collect();
        order.sort_unstable_by(|&i, &j| values[i].total_cmp(&values[j]));
        let mut ranks = Self {
            doubled: vec![0; values.len()],
            ties: 0.0,
        };
        let mut first = 0;
        for group in order.chunk_by(|&i, &j| values[i] == values[j]) {
            let t = group.len();
            // Ranks first + 1 … first + t, the mean of the outer two.
            let doubled = (2 * first + t + 1) as u64;
            for &i in group {
                ranks.doubled[i] = doubled;
            }
            ranks.ties += cube_less(t);
            first += t;
        }
        ranks
    }

    /// Whether any two are equal.
    pub(crate) fn tied(&self) -> bool {
        self.ties > 0.0
    }
}

/// Σ (t³ − t) over groups of t equal values of a sorted sequence.
pub(crate) fn ties_of_sorted(sorted: &[f64]) -> f64 {
    sorted
        .chunk_by(|a, b| a == b)
        .map(|group| cube_less(group.len()))
        .sum()
}

fn cube_less(t: usize) -> f64 {
    let t = t as f64;
    t * (t * t - 1.0)
}

/// A doubt if values are nearly but not quite equal, as the differences of decimal numbers may be:
/// 0.3 − 0.1 is not 0.2 to a computer. They are not taken as ties.
///
/// `least` is the size of the numbers that may have been subtracted.
pub(crate) fn near_ties(sorted: &[f64], least: f64) -> Option<Caution> {
    let near = sorted
        .windows(2)
        .filter(|w| {
            let size = w[0].abs().max(w[1].abs()).max(least);
            w[0] != w[1] && (w[1] - w[0]).abs() <= 4.0 * f64::EPSILON * size
        })
        .count();
    (near > 0).then(|| {
        Caution::Note(format!(
            "{near} value(s) differ from another by rounding only and were not taken as ties: round \
             the data, or give them in units without decimals."
        ))
    })
}

/// A sorted copy.
pub(crate) fn sorted(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted
}

/// What must be known of Fisher's z for a rank-biserial correlation.
pub(crate) fn no_effect() -> Caution {
    Caution::Note(
        "Fisher's z takes the error that there would be without an effect: the interval of a large \
        effect is too narrow."
            .to_owned(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_share_the_mean_of_their_ranks() {
        // −1 has rank 1, the two zeros (of either sign) 2 and 3, then 4, then three of 5, 6 and 7.
        let ranks = Ranks::of(&[0.0, 5.0, -1.0, 5.0, -0.0, 3.0, 5.0]);
        assert_eq!(ranks.doubled, [5, 12, 2, 12, 5, 8, 12]);
        assert_eq!(ranks.ties, 6.0 + 24.0);
        assert_eq!(ties_of_sorted(&[-1.0, 0.0, 0.0, 3.0, 5.0, 5.0, 5.0]), 30.0);
        assert!(!Ranks::of(&[2.0, 1.0]).tied());
    }

    #[test]
    fn the_rule_of_choice() {
        use RankDistribution::{Auto, Exact, Normal};
        assert_eq!(Auto.choose(49, false), Chosen::Exact);
        assert_eq!(Auto.choose(50, false), Chosen::Normal { corrected: true });
        assert_eq!(Auto.choose(5, true), Chosen::Normal { corrected: true });
        assert_eq!(Exact.choose(5000, true), Chosen::Exact);
        assert_eq!(Normal.choose(5, false), Chosen::Normal { corrected: false });
    }

    #[test]
    fn rounding_is_told_from_ties() {
        let differences = sorted(&[0.3 - 0.1, 0.2, 0.5]);
        assert!(near_ties(&differences, 0.5).is_some());
        assert!(near_ties(&[0.2, 0.2, 0.5], 0.5).is_none());
    }
}
