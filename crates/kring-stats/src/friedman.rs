//! Friedman's test of several measurements of the same subjects, and Kendall's coefficient of concordance.
//!
//! ```text
//! model      within each of n blocks (subjects) the k values come in any order equally likely
//! statistic  Q = 12 Σ_j (R_j − n(k + 1)/2)² / (nk(k + 1) − Σ(t³ − t)/(k − 1)),
//!            R_j the sum of the midranks of measurement j within the blocks, t the ties within blocks
//! reference  χ² with k − 1 degrees of freedom
//! agreement  W = Q/(n(k − 1)), 0 if the blocks order the measurements in no common way, 1 in one way
//! interval   F = (n − 1)W/(1 − W) with k − 1 − 2/n and (n − 1)(k − 1 − 2/n) degrees of freedom; the limits
//!            λ of its noncentrality give W = λ/(λ + d₂)
//! ```
//! A block with a missing value cannot be ranked with the others and is refused with all counts:
//! leave such blocks out, and say so. Q and W are equal to R's `friedman.test` and
//! `effectsize::kendalls_w`, whose interval is by bootstrap. Ours is an approximation: of twenty blocks of
//! four it covered in 94% of samples where W is 0.1, and in 89% where W is 0.45
//! (`reference/scripts/coverage_ranks.R`).
//!
//! Friedman M (1937), JASA 32:675–701, doi 10.1080/01621459.1937.10503522; Kendall MG, Babington
//! Smith B (1939), Annals of Mathematical Statistics 10:275–287, doi 10.1214/aoms/1177732186.

use kring_core::{Alternative, Caution, Estimate, JointTest, Measure, Reference, Sample};
use serde::{Deserialize, Serialize};

use crate::groups::at_least;
use crate::one_way::FRatio;
use crate::rank::Ranks;
use crate::variance_explained::{ShareOf, VarianceExplained};
use crate::{Error, dist, narrow};

const METHOD: &str = "Friedman's test";

/// The options of the test.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Friedman {
    /// The level of the interval of W.
    pub level: f64,
}

impl Default for Friedman {
    fn default() -> Self {
        Self { level: 0.95 }
    }
}

/// The values of one measurement, a place a block, all measurements in the same order of blocks.
#[derive(Debug, Clone, Copy)]
pub struct Measurement<'a> {
    /// What it is called: a wave, a condition, an item.
    pub name: &'a str,
    /// Its values, `None` where one is missing.
    pub values: &'a [Option<f64>],
}

/// The test with its effect size.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FriedmanTest {
    /// The test.
    pub test: JointTest,
    /// Kendall's W with the p-value of the test; it has no interval where all blocks agree.
    pub kendalls_w: Estimate,
    /// The sum of the ranks of each measurement.
    pub rank_sums: Vec<f64>,
}

impl Friedman {
    /// Whether the measurements of the same blocks come from one distribution.
    ///
    /// ```
    /// use kring_stats::friedman::{Friedman, Measurement};
    /// let waves = [
    ///     Measurement { name: "start", values: &[Some(9.0), Some(7.0), Some(6.0), Some(8.0)] },
    ///     Measurement { name: "half a year", values: &[Some(6.0), Some(5.0), Some(7.0), Some(4.0)] },
    ///     Measurement { name: "a year", values: &[Some(3.0), Some(4.0), Some(2.0), Some(5.0)] },
    /// ];
    /// // Ranks 3 2 1, 3 2 1, 2 3 1, 3 1 2: sums 11, 8, 5. Q = 12 · 18/(4 · 3 · 4) = 4.5.
    /// let found = Friedman::default().test("problems by wave", &waves)?;
    /// assert_eq!(found.rank_sums, [11.0, 8.0, 5.0]);
    /// assert!((found.test.statistic.unwrap() - 4.5).abs() < 1e-14);
    /// # Ok::<(), kring_stats::Error>(())
    /// ```
    pub fn test(
        &self,
        label: &str,
        measurements: &[Measurement<'_>],
    ) -> Result<FriedmanTest, Error> {
        dist::check_level(self.level)?;
        at_least(
            METHOD,
            format!("measurements (in {label})"),
            2,
            measurements.len(),
        )?;
        let blocks = complete(label, measurements)?;
        at_least(METHOD, format!("blocks (in {label})"), 2, blocks)?;
        let (k, n) = (measurements.len() as f64, blocks as f64);
        let mut doubled = vec![0_u64; measurements.len()];
        let mut ties = 0.0;
        let mut row = vec![0.0; measurements.len()];
        for block in 0..blocks {
            for (value, measurement) in row.iter_mut().zip(measurements) {
                *value = measurement.values[block].unwrap_or(0.0);
            }
            let ranks = Ranks::of(&row);
            ties += ranks.ties;
            for (sum, rank) in doubled.iter_mut().zip(ranks.doubled) {
                *sum += rank;
            }
        }
        let rank_sums: Vec<f64> = doubled.iter().map(|&sum| sum as f64 / 2.0).collect();
        let spread: f64 = rank_sums
            .iter()
            .map(|sum| (sum - n * (k + 1.0) / 2.0).powi(2))
            .sum();
        let room = n * k * (k + 1.0) - ties / (k - 1.0);
        if room <= 1e-9 * n {
            return Err(Error::Constant {
                method: METHOD,
                what: format!("every block of {label}"),
            });
        }
        let q = 12.0 * spread / room;
        let reference = Reference::ChiSquared { df: k - 1.0 };
        let sample = Sample {
            rows: blocks * measurements.len(),
            subjects: Some(blocks),
            groups: measurements
                .iter()
                .map(|measurement| (measurement.name.to_owned(), blocks))
                .collect(),
            ..Sample::default()
        };
        let p_value = dist::p_value(q, reference, Alternative::TwoSided)?;
        let mut cautions = Vec::new();
        if blocks < 10 {
            cautions.push(Caution::Note(format!(
                "Only {blocks} blocks: below ten the χ² approximation is rough."
            )));
        }
        let test = JointTest {
            label: label.to_owned(),
            statistic: Some(q),
            reference,
            p_value: Some(p_value),
            sample: sample.clone(),
            method: if ties > 0.0 {
                "Friedman's test, corrected for ties".to_owned()
            } else {
                METHOD.to_owned()
            },
            cautions,
        };
        let options = VarianceExplained {
            level: self.level,
            ..VarianceExplained::default()
        };
        let w = (q / (n * (k - 1.0))).min(1.0);
        let ends = match f_ratio(w, k, n) {
            Some(f) => Some(options.ends(f, f.denominator)?),
            None => None,
        };
        let mut kendalls_w = options.estimate(ShareOf {
            label,
            measure: Measure::Agreement,
            value: w,
            reference,
            ends,
            sample,
            method: "Kendall's W, noncentral F",
        })?;
        let rough = ends.is_some() && (blocks < narrow::FEW || w > LARGE);
        kendalls_w.cautions.extend(narrow::KENDALLS_W.when(rough));
        Ok(FriedmanTest {
            test,
            kendalls_w,
            rank_sums,
        })
    }
}

/// Above this W its interval is too narrow (`reference/scripts/coverage_ranks.R`: 94% at 0.1, 89% at 0.45).
const LARGE: f64 = 0.2;

/// The F of W, if anything is left within the blocks.
fn f_ratio(w: f64, k: f64, n: f64) -> Option<FRatio> {
    let d1 = k - 1.0 - 2.0 / n;
    (w < 1.0 - 1e-12 && d1 > 0.0).then(|| FRatio {
        f: (n - 1.0) * w / (1.0 - w),
        numerator: d1,
        denominator: (n - 1.0) * d1,
    })
}

/// How many blocks there are, if all are complete.
fn complete(label: &str, measurements: &[Measurement<'_>]) -> Result<usize, Error> {
    let blocks = measurements.first().map_or(0, |m| m.values.len());
    if let Some(other) = measurements.iter().find(|m| m.values.len() != blocks) {
        return Err(Error::Shape {
            what: format!("{METHOD} of {label}"),
            expected: format!("a place in every measurement for each of {blocks} blocks"),
            found: format!("{} in {}", other.values.len(), other.name),
        });
    }
    for measurement in measurements {
        let values = measurement.values.iter().flatten();
        if let Some(x) = values.copied().find(|x| !x.is_finite()) {
            return Err(Error::Argument {
                what: format!("a value of {}", measurement.name),
                expected: "a finite number, or none",
                found: x.to_string(),
            });
        }
    }
    let incomplete = (0..blocks)
        .filter(|&block| measurements.iter().any(|m| m.values[block].is_none()))
        .count();
    if incomplete == 0 {
        return Ok(blocks);
    }
    let missing: Vec<String> = measurements
        .iter()
        .map(|m| (m.name, m.values.iter().filter(|v| v.is_none()).count()))
        .filter(|(_, missing)| *missing > 0)
        .map(|(name, missing)| format!("{missing} in {name}"))
        .collect();
    Err(Error::Shape {
        what: format!("{METHOD} of {label}"),
        expected: "a value of every measurement for every block (leave the other blocks out)"
            .to_owned(),
        found: format!(
            "{incomplete} of {blocks} blocks with missing values ({})",
            missing.join(", ")
        ),
    })
}
