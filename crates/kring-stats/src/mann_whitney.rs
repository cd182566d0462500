//! The test of Mann, Whitney and Wilcoxon, and the shift of Hodges and Lehmann with its interval.
//!
//! ```text
//! model      X ~ F(t − δ), Y ~ F(t);  values x of m, y of n, N = m + n
//! statistic  U = #{x_i − δ₀ > y_j} + ½ #{x_i − δ₀ = y_j}, R's W;  mean mn/2 under δ = δ₀
//! exact      all C(N, m) choices of m of the observed midranks equally likely
//! normal     σ² = mn/12 · (N + 1 − Σ(t³ − t) / (N(N − 1))) over groups of t equal values,
//!            z = (U − mn/2 − c)/σ,  c = 0, or ½ towards the mean
//! shift      δ̂ = the median of all x_i − y_j
//! interval   from the k-th smallest to the k-th largest of the x_i − y_j, where k is the smallest
//!            number that the test does not reject: P(U ≤ k) ≥ α/2, or k ≥ mn/2 − c − z_α/2 σ
//! ```
//! Between two neighbouring differences only values within a group tie, so that σ in the interval
//! counts these ties alone. The exact interval uses the distribution without ties (its normal
//! approximation, if there are too many for that); with ties its closed interval covers at least
//! as often as it says (Noether 1967).
//!
//! Figures are equal to R's `wilcox.test`, with these differences. R finds the shift and the interval
//! of the normal approximation with a root finder, to 1e-4, and takes any point between the two
//! middle differences where their number is even; here they are found exactly, and the shift is
//! their mean. R has no exact test with ties; `coin::wilcox_test` has, and has the same p-value, but
//! its exact interval with ties uses the ties at δ₀ for every shift.
//!
//! Mann HB, Whitney DR (1947), Annals of Mathematical Statistics 18:50–60, doi
//! 10.1214/aoms/1177730491; Hodges JL, Lehmann EL (1963), ibid. 34:598–611, doi
//! 10.1214/aoms/1177704172; Noether GE (1967), JASA 62:184–188, doi 10.1080/01621459.1967.10482900.

use kring_core::{Alternative, Caution, Estimate, Measure, Reference, Value};
use serde::{Deserialize, Serialize};

use crate::groups::{check, check_null, sample};
use crate::interval::tail;
use crate::pairwise::PairwiseSums;
use crate::rank::{Chosen, RankDistribution, Ranks, near_ties, sorted, ties_of_sorted};
use crate::rank_distribution::sum_of_sample;
use crate::rank_interval::{disagreement, limits_of_exact, limits_of_normal, without_ties};
use crate::t_test::Group;
use crate::{Error, dist};

const METHOD: &str = "the Mann–Whitney test";

/// The options of the test.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MannWhitney {
    /// Which distribution the p-value and the interval come from.
    pub distribution: RankDistribution,
    /// On which side the alternative lies.
    pub alternative: Alternative,
    /// The shift under the null hypothesis.
    pub null: f64,
    /// The level of the interval.
    pub level: f64,
}

impl Default for MannWhitney {
    fn default() -> Self {
        Self {
            distribution: RankDistribution::Auto,
            alternative: Alternative::TwoSided,
            null: 0.0,
            level: 0.95,
        }
    }
}

/// The test with the shift it is of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MannWhitneyTest {
    /// The pairs in which x, less the shift under the null hypothesis, is larger; equal ones count half.
    /// R calls it W.
    pub u: f64,
    /// The statistic in standard errors, corrected as the p-value is; an exact p-value does not come
    /// from it.
    pub z: f64,
    /// The shift of x against y with its interval and p-value.
    pub shift: Estimate,
}

impl MannWhitney {
    /// Whether two groups come from one distribution, and by how much x lies above y.
    ///
    /// Each group needs a value, and not all values may be equal.
    ///
    /// ```
    /// use kring_stats::mann_whitney::MannWhitney;
    /// use kring_stats::t_test::Group;
    /// let x = Group { name: "EKC", values: &[6.0, 9.0, 7.5] };
    /// let y = Group { name: "WT", values: &[4.0, 5.0, 3.0, 7.0] };
    /// let found = MannWhitney::default().test(x, y, Some("problems"))?;
    /// assert_eq!(found.u, 11.0);
    /// assert_eq!(found.shift.value.finite(), Some(2.75));
    /// // 2 of the 35 ways to choose three of seven reach 11 or more.
    /// assert!((found.shift.p_value.unwrap() - 4.0 / 35.0).abs() < 1e-15);
    /// # Ok::<(), kring_stats::Error>(())
    /// ```
    pub fn test(
        &self,
        x: Group<'_>,
        y: Group<'_>,
        unit: Option<&str>,
    ) -> Result<MannWhitneyTest, Error> {
        check(METHOD, &[x, y], 1)?;
        check_null(self.null)?;
        dist::check_level(self.level)?;
        let label = format!("{} − {}", x.name, y.name);
        let (m, n) = (x.values.len(), y.values.len());
        let (by_x, by_y) = (sorted(x.values), sorted(y.values));
        let differences = PairwiseSums::differences(&by_x, &by_y);
        let (least, most) = (
            differences.smallest(1),
            differences.smallest(differences.count()),
        );
        if !(least - self.null).is_finite() || !(most - self.null).is_finite() {
            return Err(Error::Overflow {
                what: format!("{METHOD} of {label}"),
            });
        }
        let moved: Vec<f64> = x.values.iter().map(|x| x - self.null).collect();
        let together: Vec<f64> = moved.iter().chain(y.values).copied().collect();
        let ranks = Ranks::of(&together);
        let score: u64 = ranks.doubled[..m].iter().sum();
        if together.iter().all(|v| *v == together[0]) {
            return Err(Error::Constant {
                method: METHOD,
                what: format!("the data of {label}"),
            });
        }
        let spread = Spread { m, n };
        let sigma = spread.sigma(ranks.ties);
        let u = score as f64 / 2.0 - (m * (m + 1)) as f64 / 2.0;
        let chosen = self.distribution.choose(m.max(n), ranks.tied());
        let distance = u - spread.half();
        let z = (distance - chosen.correction(distance, self.alternative)) / sigma;
        let tail = tail(self.level, self.alternative)?;
        let (p_value, limits, reference) = match chosen {
            Chosen::Exact => {
                let exact = sum_of_sample(&ranks.doubled, m)?;
                let p_value = exact.p_value(score, self.alternative);
                let limits = if ranks.tied() {
                    match sum_of_sample(&without_ties(m + n), m) {
                        Ok(exact) => limits_of_exact(&exact, spread.pairs(), tail),
                        // Of so many that the approximation without ties is as good.
                        Err(_) => limits_of_normal(spread.pairs(), spread.sigma(0.0), true, tail)?,
                    }
                } else {
                    limits_of_exact(&exact, spread.pairs(), tail)
                };
                (p_value, limits, Reference::Exact)
            }
            Chosen::Normal { corrected } => (
                dist::p_value(z, Reference::Normal, self.alternative)?,
                limits_of_normal(
                    spread.pairs(),
                    spread.sigma(ties_of_sorted(&by_x) + ties_of_sorted(&by_y)),
                    corrected,
                    tail,
                )?,
                Reference::Normal,
            ),
        };
        let mut cautions: Vec<Caution> = chosen
            .caution(m.min(n), "values in a group")
            .into_iter()
            .collect();
        cautions.extend(near_ties(&sorted(&together), self.null.abs()));
        let interval = limits.interval(&differences, self.alternative, self.level, &mut cautions);
        cautions.extend(disagreement(interval, self.null, p_value));
        let shift = Estimate {
            label,
            measure: Measure::LocationShift {
                unit: unit.map(str::to_owned),
            },
            value: Value::Value(differences.median()),
            std_error: None,
            null: self.null,
            alternative: self.alternative,
            reference,
            interval: Some(interval),
            p_value: Some(p_value),
            sample: sample(&[x, y]),
            method: format!("Mann–Whitney test, {}", chosen.words(ranks.tied())),
            cautions,
        };
        Ok(MannWhitneyTest {
            u,
            z,
            shift: shift.checked()?,
        })
    }
}

/// How U varies with m and n values.
#[derive(Debug, Clone, Copy)]
struct Spread {
    m: usize,
    n: usize,
}

impl Spread {
    /// Pairs of one of each group.
    fn pairs(self) -> usize {
        self.m * self.n
    }

    /// The mean of U under the null hypothesis.
    fn half(self) -> f64 {
        self.pairs() as f64 / 2.0
    }

    /// The standard deviation of U with Σ (t³ − t) of the ties.
    fn sigma(self, ties: f64) -> f64 {
        let total = (self.m + self.n) as f64;
        let room = total + 1.0 - ties / (total * (total - 1.0));
        (self.pairs() as f64 / 12.0 * room).sqrt()
    }
}
