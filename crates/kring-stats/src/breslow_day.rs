//! Breslow and Day's test: do all strata have one odds ratio?
//!
//! ```text
//! null       one odds ratio ψ in all k strata, estimated by Mantel and Haenszel
//! expected   A of the a events among m: A(N − m − k + A) / ((m − A)(k − A)) = ψ  (k events in all)
//! variance   V = 1 / (1/A + 1/(m − A) + 1/(k − A) + 1/(N − m − k + A))
//! statistic  Σ (a − A)² / V;  Tarone: less (Σ (a − A))² / Σ V, since ψ̂ is not the best estimate
//! reference  χ² with k − 1 degrees of freedom
//! ```
//! Strata with one group or one outcome only say nothing and are left out. The test has little power
//! in many small strata.
//!
//! Breslow NE, Day NE (1980), Statistical Methods in Cancer Research 1, IARC, page 142; Tarone RE
//! (1985), Biometrika 72:91–95, doi 10.1093/biomet/72.1.91.

use kring_core::{Alternative, Caution, JointTest, Reference};
use serde::{Deserialize, Serialize};

use crate::events::Stratum;
use crate::mantel_haenszel::{Cells, OddsParts, cells, odds_parts, sample};
use crate::{Error, dist};

/// The options of the test.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BreslowDay {
    /// Whether Tarone's correction is made.
    pub correction: Homogeneity,
}

/// Whether the statistic allows for the estimate of the common odds ratio.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Homogeneity {
    /// Tarone's correction, which makes the statistic truly χ² in large samples.
    #[default]
    Tarone,
    /// As Breslow and Day have it.
    Uncorrected,
}

const NAME: &str = "the Breslow–Day test";

impl BreslowDay {
    /// Tests whether all strata have one odds ratio.
    ///
    /// ```
    /// use kring_stats::breslow_day::BreslowDay;
    /// use kring_stats::events::{Events, Stratum};
    /// let site = |name, x, y| Stratum {
    ///     name,
    ///     x: Events { name: "EKC", events: x, n: 10 },
    ///     y: Events { name: "WT", events: y, n: 10 },
    /// };
    /// // Odds ratios 6 and 1/6: their common one is 1, which expects half of the events.
    /// let test = BreslowDay::default()
    ///     .test("safe × arm, by site", &[site("Rotterdam", 6, 2), site("Utrecht", 2, 6)])?;
    /// // 2 (6 − 4)² (1/4 + 1/6 + 1/4 + 1/6) = 20/3.
    /// assert!((test.statistic.unwrap() - 20.0 / 3.0).abs() < 1e-12);
    /// # Ok::<(), kring_stats::Error>(())
    /// ```
    pub fn test(&self, label: &str, strata: &[Stratum<'_>]) -> Result<JointTest, Error> {
        let cells = cells(NAME, strata)?;
        let cells: Vec<Cells> = cells.into_iter().filter(Cells::says_something).collect();
        if cells.len() < 2 {
            return Err(Error::TooFew {
                method: NAME,
                what: format!("strata with both groups and both outcomes (in {label})"),
                needed: 2,
                found: cells.len(),
            });
        }
        let OddsParts { r, s } = odds_parts(&cells);
        if r == 0.0 || s == 0.0 {
            return Err(Error::Constant {
                method: NAME,
                what: format!(
                    "one cell of every stratum of {label} (it is empty), and the odds ratio"
                ),
            });
        }
        let (mut statistic, mut distance, mut variance) = (0.0, 0.0, 0.0);
        let mut smallest = f64::INFINITY;
        for c in &cells {
            let expected = ExpectedCells::of(c, r / s);
            let off = c.a - expected.a;
            statistic += off * off / expected.variance();
            distance += off;
            variance += expected.variance();
            smallest = smallest.min(expected.smallest());
        }
        let method = match self.correction {
            Homogeneity::Tarone => {
                statistic -= distance * distance / variance;
                "Breslow–Day test of one odds ratio with Tarone's correction"
            }
            Homogeneity::Uncorrected => "Breslow–Day test of one odds ratio",
        };
        let statistic = statistic.max(0.0);
        let reference = Reference::ChiSquared {
            df: cells.len() as f64 - 1.0,
        };
        let cautions = if smallest < 1.0 {
            vec![Caution::Note(format!(
                "The smallest expected count is {smallest:.2}: the χ² approximation is rough."
            ))]
        } else {
            Vec::new()
        };
        Ok(JointTest {
            label: label.to_owned(),
            statistic: Some(statistic),
            reference,
            p_value: Some(dist::p_value(statistic, reference, Alternative::TwoSided)?),
            sample: sample(strata),
            method: method.to_owned(),
            cautions,
        })
    }
}

/// What a table with these margins expects under an odds ratio ψ.
pub(crate) struct ExpectedCells {
    pub a: f64,
    others: [f64; 3],
}

impl ExpectedCells {
    /// The root of (ψ − 1)A² − (ψ(m + k) + n − k)A + ψmk = 0 between the margins; written with
    /// w = ψ/(1 + ψ), so that no ψ is too large.
    pub fn of(cells: &Cells, psi: f64) -> Self {
        let (m, n, k) = (cells.m(), cells.n(), cells.k());
        let (w, v) = (1.0 / (1.0 + 1.0 / psi), 1.0 / (1.0 + psi));
        let half = f64::midpoint(w * (m + k), v * (n - k));
        // b² − ac of the quadratic is never negative between the margins.
        let root = (half * half - (w - v) * w * m * k).max(0.0).sqrt();
        let a = if half > 0.0 {
            w * m * k / (half + root)
        } else {
            (half - root) / (w - v)
        };
        let a = a.clamp((k - n).max(0.0), m.min(k));
        Self {
            a,
            others: [m - a, k - a, n - k + a],
        }
    }

    pub fn variance(&self) -> f64 {
        1.0 / (1.0 / self.a + self.others.iter().map(|x| 1.0 / x).sum::<f64>())
    }

    fn smallest(&self) -> f64 {
        self.others.iter().copied().fold(self.a, f64::min)
    }
}
