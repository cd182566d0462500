//! Wilcoxon's signed-rank test, and the pseudo-median with its interval.
//!
//! ```text
//! model      differences d₁ … d_n symmetric about δ
//! statistic  V = Σ r_i over d_i > δ₀, r_i the midrank of |d_i − δ₀|
//! zeros      d_i = δ₀ left out before ranking (Wilcoxon), or ranked and then left out (Pratt)
//! exact      every sign of every rank + or − with probability ½
//! normal     mean Σ r_i/2, σ² = Σ r_i²/4,  z = (V − mean − c)/σ,  c = 0, or ½ towards the mean
//! estimate   δ̂ = the median of the averages (d_i + d_j)/2, i ≤ j
//! interval   from the k-th smallest to the k-th largest average, as in `rank_interval`
//! ```
//! With Wilcoxon's zeros the differences that are zero count neither in the test nor in the estimate
//! and its interval, as in R. If there are many, the estimate then speaks of those who changed only;
//! a caution says how many, and with Pratt's zeros all count in the estimate.
//!
//! Figures are equal to R's `wilcox.test` and, with Pratt's zeros or exactly with ties, to
//! `coin::wilcoxsign_test`. R finds estimate and interval of the normal approximation with a root
//! finder, to 1e-4; here they are found exactly. R's `wilcox.test` has no exact test with ties or
//! zeros. The exact interval uses the distribution without ties (see `mann_whitney`).
//!
//! Wilcoxon F (1945), Biometrics Bulletin 1:80–83, doi 10.2307/3001968; Pratt JW (1959), JASA
//! 54:655–667, doi 10.1080/01621459.1959.10501526; Hodges JL, Lehmann EL (1963), Annals of
//! Mathematical Statistics 34:598–611, doi 10.1214/aoms/1177704172.

use kring_core::{Alternative, Caution, Estimate, Measure, Reference, Sample, Value};
use serde::{Deserialize, Serialize};

use crate::groups::{check, check_null, check_pairs};
use crate::interval::tail;
use crate::pairwise::PairwiseSums;
use crate::rank::{Chosen, RankDistribution, Ranks, near_ties, sorted, ties_of_sorted};
use crate::rank_distribution::sum_of_signs;
use crate::rank_interval::{disagreement, limits_of_exact, limits_of_normal, without_ties};
use crate::t_test::Group;
use crate::{Error, dist};

const METHOD: &str = "the signed-rank test";

/// The options of the test.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SignedRank {
    /// Which distribution the p-value and the interval come from.
    pub distribution: RankDistribution,
    /// What becomes of differences that are zero.
    pub zeros: Zeros,
    /// On which side the alternative lies.
    pub alternative: Alternative,
    /// The pseudo-median under the null hypothesis.
    pub null: f64,
    /// The level of the interval.
    pub level: f64,
}

/// What becomes of differences that are equal to the null value.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Zeros {
    /// They are left out of everything, as R's `wilcox.test` does.
    #[default]
    Wilcoxon,
    /// They are ranked but belong to neither side; the estimate and its interval rest on all.
    Pratt,
}

impl Default for SignedRank {
    fn default() -> Self {
        Self {
            distribution: RankDistribution::Auto,
            zeros: Zeros::Wilcoxon,
            alternative: Alternative::TwoSided,
            null: 0.0,
            level: 0.95,
        }
    }
}

/// The test with the pseudo-median it is of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SignedRankTest {
    /// The sum of the ranks of the differences above the null value.
    pub v: f64,
    /// The statistic in standard errors, corrected as the p-value is; an exact p-value does not come
    /// from it.
    pub z: f64,
    /// How many differences are equal to the null value.
    pub zeros: usize,
    /// The pseudo-median of the differences with its interval and p-value.
    pub pseudo_median: Estimate,
}

impl SignedRank {
    /// Whether the same subjects, in the same order, have changed from before to after.
    ///
    /// ```
    /// use kring_stats::signed_rank::SignedRank;
    /// use kring_stats::t_test::Group;
    /// let before = Group { name: "before", values: &[7.0, 9.0, 4.0, 8.0, 6.0] };
    /// let after = Group { name: "after", values: &[6.0, 5.0, 6.0, 5.0, 1.0] };
    /// // Differences −1, −4, 2, −3, −5: only the second smallest is positive.
    /// let found = SignedRank::default().paired(after, before, None)?;
    /// assert_eq!(found.v, 2.0);
    /// // Sums of ranks of 2 or less: none, 1, and 2, of 32.
    /// assert_eq!(found.pseudo_median.p_value, Some(6.0 / 32.0));
    /// assert_eq!(found.pseudo_median.value.finite(), Some(-2.5));
    /// # Ok::<(), kring_stats::Error>(())
    /// ```
    pub fn paired(
        &self,
        after: Group<'_>,
        before: Group<'_>,
        unit: Option<&str>,
    ) -> Result<SignedRankTest, Error> {
        check_pairs(METHOD, after, before, 1)?;
        let differences: Vec<f64> = after
            .values
            .iter()
            .zip(before.values)
            .map(|(after, before)| after - before)
            .collect();
        let largest = after.values.iter().chain(before.values);
        let scale = largest.fold(self.null.abs(), |s, v| s.max(v.abs()));
        let label = format!("{} − {}", after.name, before.name);
        self.estimate(label, &differences, scale, unit)
    }

    /// Whether the values of one group are symmetric about the null value.
    pub fn one_sample(&self, x: Group<'_>, unit: Option<&str>) -> Result<SignedRankTest, Error> {
        check(METHOD, &[x], 1)?;
        let scale = x.values.iter().fold(self.null.abs(), |s, v| s.max(v.abs()));
        self.estimate(x.name.to_owned(), x.values, scale, unit)
    }

    fn estimate(
        &self,
        label: String,
        d: &[f64],
        scale: f64,
        unit: Option<&str>,
    ) -> Result<SignedRankTest, Error> {
        check_null(self.null)?;
        dist::check_level(self.level)?;
        let moved: Vec<f64> = d.iter().map(|d| d - self.null).collect();
        if !d.iter().chain(&moved).all(|d| d.is_finite()) {
            return Err(Error::Overflow {
                what: format!("{METHOD} of {label}"),
            });
        }
        let signed = Signed::of(&moved, self.zeros);
        if signed.scores.is_empty() {
            return Err(Error::Constant {
                method: METHOD,
                what: format!("the difference of {label} from the null value"),
            });
        }
        let zeros = d.len() - signed.scores.len();
        let kept: Vec<f64> = match self.zeros {
            Zeros::Wilcoxon => {
                let pairs = d.iter().zip(&moved);
                pairs
                    .filter(|(_, moved)| **moved != 0.0)
                    .map(|(d, _)| *d)
                    .collect()
            }
            Zeros::Pratt => d.to_vec(),
        };
        let n = kept.len();
        let uneven = signed.tied || zeros > 0;
        let chosen = self.distribution.choose(n, uneven);
        let (v, mean, sigma) = signed.moments();
        let distance = v - mean;
        let z = (distance - chosen.correction(distance, self.alternative)) / sigma;
        let tail = tail(self.level, self.alternative)?;
        let by_size = sorted(&kept);
        let averages = PairwiseSums::averages(&by_size);
        let (p_value, limits, reference) = match chosen {
            Chosen::Exact => {
                let exact = sum_of_signs(&signed.scores)?;
                let p_value = exact.p_value(signed.positive, self.alternative);
                let limits = if uneven {
                    limits_of_exact(&sum_of_signs(&without_ties(n))?, averages.count(), tail)
                } else {
                    limits_of_exact(&exact, averages.count(), tail)
                };
                (p_value, limits, Reference::Exact)
            }
            Chosen::Normal { corrected } => {
                let variance = sum_of_squared_ranks(n) / 4.0 - ties_of_sorted(&by_size) / 48.0;
                (
                    dist::p_value(z, Reference::Normal, self.alternative)?,
                    limits_of_normal(averages.count(), variance.sqrt(), corrected, tail)?,
                    Reference::Normal,
                )
            }
        };
        let mut cautions: Vec<Caution> = chosen
            .caution(signed.scores.len(), "differences that are not zero")
            .into_iter()
            .collect();
        if zeros > 0 {
            cautions.push(Caution::Note(self.zeros.sentence(zeros, d.len())));
        }
        let sizes: Vec<f64> = moved.iter().map(|d| d.abs()).collect();
        cautions.extend(near_ties(&sorted(&sizes), scale));
        let interval = limits.interval(&averages, self.alternative, self.level, &mut cautions);
        cautions.extend(disagreement(interval, self.null, p_value));
        let pseudo_median = Estimate {
            label,
            measure: Measure::LocationShift {
                unit: unit.map(str::to_owned),
            },
            value: Value::Value(averages.median()),
            std_error: None,
            null: self.null,
            alternative: self.alternative,
            reference,
            interval: Some(interval),
            p_value: Some(p_value),
            sample: Sample::of(d.len()),
            method: format!(
                "Wilcoxon signed-rank test, {}{}",
                chosen.words(signed.tied),
                self.zeros.words(zeros),
            ),
            cautions,
        };
        Ok(SignedRankTest {
            v,
            z,
            zeros,
            pseudo_median: pseudo_median.checked()?,
        })
    }
}

impl Zeros {
    fn words(self, zeros: usize) -> &'static str {
        match self {
            _ if zeros == 0 => "",
            Self::Wilcoxon => ", zeros left out",
            Self::Pratt => ", zeros by Pratt's rule",
        }
    }

    fn sentence(self, zeros: usize, of: usize) -> String {
        match self {
            Self::Wilcoxon => format!(
                "{zeros} of {of} differences are equal to the null value and count neither in the test nor in the \
                 pseudo-median: it speaks of the others only."
            ),
            Self::Pratt => format!(
                "{zeros} of {of} differences are equal to the null value: they are ranked but count on neither \
                 side."
            ),
        }
    }
}

/// The ranks of the sizes of differences, those of zeros left out.
struct Signed {
    /// Twice the midranks of those that are not zero.
    scores: Vec<u64>,
    /// The sum of the scores of positive differences.
    positive: u64,
    /// Whether any two sizes are equal that are not zero.
    tied: bool,
}

impl Signed {
    fn of(moved: &[f64], zeros: Zeros) -> Self {
        let kept: Vec<f64> = match zeros {
            Zeros::Wilcoxon => moved.iter().copied().filter(|d| *d != 0.0).collect(),
            Zeros::Pratt => moved.to_vec(),
        };
        let sizes: Vec<f64> = kept.iter().map(|d| d.abs()).collect();
        let ranks = Ranks::of(&sizes).doubled;
        let with_sign = || kept.iter().zip(&ranks).filter(|(d, _)| **d != 0.0);
        let scores: Vec<u64> = with_sign().map(|(_, r)| *r).collect();
        let mut by_size = scores.clone();
        by_size.sort_unstable();
        Self {
            positive: with_sign().filter(|(d, _)| **d > 0.0).map(|(_, r)| r).sum(),
            tied: by_size.windows(2).any(|w| w[0] == w[1]),
            scores,
        }
    }

    /// V, its mean and its standard deviation.
    fn moments(&self) -> (f64, f64, f64) {
        let sum: u64 = self.scores.iter().sum();
        let squares: f64 = self.scores.iter().map(|&r| (r * r) as f64).sum();
        (
            self.positive as f64 / 2.0,
            sum as f64 / 4.0,
            squares.sqrt() / 4.0,
        )
    }
}

/// Σ r² for r from 1 to n.
fn sum_of_squared_ranks(n: usize) -> f64 {
    let n = n as f64;
    n * (n + 1.0) * (2.0 * n + 1.0) / 6.0
}
