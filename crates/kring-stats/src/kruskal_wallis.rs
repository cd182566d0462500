//! The test of Kruskal and Wallis of several groups, and the share ε² of the ranks' variance.
//!
//! ```text
//! model      all groups have one distribution; r_ij the midranks of all N values, k groups of n_i
//! statistic  H = 12/(N(N + 1)) Σ n_i (r̄_i − (N + 1)/2)² / (1 − Σ(t³ − t)/(N³ − N))
//! reference  χ² with k − 1 degrees of freedom
//! share      ε² = H/(N − 1), the η² of the ranks;  its F = (H/(k − 1))/((N − 1 − H)/(N − k))
//! interval   of ε² as of an η² (see `variance_explained`), from the noncentral F of the ranks
//! ```
//! H and ε² are equal to R's `kruskal.test` and `effectsize::rank_epsilon_squared`, whose interval is by
//! bootstrap. Ours takes the ranks as values of a normal variable: an approximation that covered in
//! 92 to 94% of samples of 45 to 120 values (`reference/scripts/coverage_ranks.R`).
//!
//! Kruskal WH, Wallis WA (1952), JASA 47:583–621, doi 10.1080/01621459.1952.10483441; Tomczak M,
//! Tomczak E (2014), Trends in Sport Sciences 21:19–25; Conover WJ, Iman RL (1981), American
//! Statistician 35:124–129, doi 10.1080/00031305.1981.10479327.

use kring_core::{Alternative, Caution, Estimate, JointTest, Measure, Reference};
use serde::{Deserialize, Serialize};

use crate::groups::{at_least, sample};
use crate::one_way::{FRatio, check_groups};
use crate::rank::Ranks;
use crate::t_test::Group;
use crate::variance_explained::{ShareOf, VarianceExplained};
use crate::{Error, dist, narrow};

const METHOD: &str = "the Kruskal–Wallis test";

/// The options of the test.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct KruskalWallis {
    /// The level of the interval of ε².
    pub level: f64,
}

impl Default for KruskalWallis {
    fn default() -> Self {
        Self { level: 0.95 }
    }
}

/// The test with its effect size.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KruskalWallisTest {
    /// The test.
    pub test: JointTest,
    /// The share of the ranks' variance between groups, with the p-value of the test; it has no
    /// interval where nothing is left within them.
    pub epsilon_squared: Estimate,
}

impl KruskalWallis {
    /// Whether several groups come from one distribution.
    ///
    /// Each group needs a value, and not all values may be equal.
    ///
    /// ```
    /// use kring_stats::kruskal_wallis::KruskalWallis;
    /// use kring_stats::t_test::Group;
    /// let groups = [
    ///     Group { name: "EKC", values: &[1.0, 2.0, 4.0] },
    ///     Group { name: "WT", values: &[3.0, 5.0, 6.0] },
    ///     Group { name: "none", values: &[7.0, 8.0, 9.0] },
    /// ];
    /// // Mean ranks 7/3, 14/3, 8: H = 12/90 · 3 · (64 + 1 + 81)/9 = 292/45.
    /// let found = KruskalWallis::default().test("problems by arm", &groups)?;
    /// assert!((found.test.statistic.unwrap() - 292.0 / 45.0).abs() < 1e-14);
    /// # Ok::<(), kring_stats::Error>(())
    /// ```
    pub fn test(&self, label: &str, groups: &[Group<'_>]) -> Result<KruskalWallisTest, Error> {
        check_groups(METHOD, label, groups, 1)?;
        dist::check_level(self.level)?;
        let together: Vec<f64> = groups
            .iter()
            .flat_map(|group| group.values)
            .copied()
            .collect();
        at_least(
            METHOD,
            format!("values in all groups together (in {label})"),
            3,
            together.len(),
        )?;
        if together.iter().all(|y| *y == together[0]) {
            return Err(Error::Constant {
                method: METHOD,
                what: format!("the data of {label}"),
            });
        }
        let ranks = Ranks::of(&together);
        let (k, n) = (groups.len() as f64, together.len() as f64);
        let mut rest = ranks.doubled.as_slice();
        let mut between = 0.0;
        for group in groups {
            let (own, others) = rest.split_at(group.values.len());
            rest = others;
            let n_i = own.len() as f64;
            let mean = own.iter().sum::<u64>() as f64 / (2.0 * n_i);
            let distance = mean - f64::midpoint(n, 1.0);
            between += n_i * distance * distance;
        }
        let h = 12.0 / (n * (n + 1.0)) * between / (1.0 - ranks.ties / (n * n * n - n));
        let reference = Reference::ChiSquared { df: k - 1.0 };
        let p_value = dist::p_value(h, reference, Alternative::TwoSided)?;
        // Groups that are constant, or of one value each, leave nothing within.
        let within = n - 1.0 - h;
        let options = VarianceExplained {
            level: self.level,
            ..VarianceExplained::default()
        };
        let ends = if n > k && within > 1e-12 * n {
            let f = FRatio {
                f: h / (k - 1.0) / (within / (n - k)),
                numerator: k - 1.0,
                denominator: n - k,
            };
            Some(options.ends(f, n)?)
        } else {
            None
        };
        let mut epsilon_squared = options.estimate(ShareOf {
            label,
            measure: Measure::EpsilonSquared,
            value: (h / (n - 1.0)).min(1.0),
            reference,
            ends,
            sample: sample(groups),
            method: "share of the ranks' variance between groups, noncentral F of the ranks",
        })?;
        let sizes = groups.iter().map(|group| group.values.len());
        let small = sizes.min().unwrap_or_default() < narrow::FEW;
        let large = epsilon_squared.value.finite() > Some(LARGE);
        let doubt = narrow::EPSILON_OF_RANKS.when(ends.is_some() && (small || large));
        epsilon_squared.cautions.extend(doubt);
        let test = JointTest {
            label: label.to_owned(),
            statistic: Some(h),
            reference,
            p_value: Some(p_value),
            sample: sample(groups),
            method: if ranks.tied() {
                "Kruskal–Wallis test, corrected for ties".to_owned()
            } else {
                "Kruskal–Wallis test".to_owned()
            },
            cautions: few(groups),
        };
        Ok(KruskalWallisTest {
            test,
            epsilon_squared,
        })
    }
}

/// Above this share the interval of ε² may be too narrow (`reference/scripts/coverage_ranks.R`).
const LARGE: f64 = 0.2;

/// The doubt about χ² for small groups.
fn few(groups: &[Group<'_>]) -> Vec<Caution> {
    let sizes = groups.iter().map(|group| group.values.len());
    let smallest = sizes.min().filter(|&few| few < 5);
    let caution = smallest.map(|few| {
        Caution::Note(format!(
            "The smallest group has {few} value(s): below five the χ² approximation is rough."
        ))
    });
    caution.into_iter().collect()
}
