//! Krippendorff's α: agreement of any raters, with ratings missing, on any level of measurement.
//!
//! ```text
//! units with m_u ≥ 2 ratings are used, their values v; n = Σ m_u of them in all
//! D_o = Σ_u 1/(m_u − 1) Σ_{i≠j in u} δ²(v_i, v_j) / n
//! D_e = Σ_{i≠j of all} δ²(v_i, v_j) / (n(n − 1))
//! α   = 1 − D_o / D_e
//! δ²    nominal: v ≠ v'   ordinal: (R − R')², R the mid-rank of a value among all used
//!       interval: (v − v')²   ratio: ((v − v')/(v + v'))², for values of zero or more
//! error jackknife over units: √((N − 1)/N Σ (α_(u) − ᾱ)²), t with N − 1 degrees of freedom
//! ```
//! Sums of squared distances come from moments, so that a fit costs as much as sorting the values; the
//! ratio metric alone looks at pairs of different values. Krippendorff gives no formula for an
//! interval and most programs bootstrap pairs as if they were independent; the jackknife leaves out
//! whole units, without drawing at random.
//!
//! Krippendorff K (2011), Computing Krippendorff's alpha-reliability, repository.upenn.edu/asc_papers/43;
//! Hayes AF, Krippendorff K (2007), Commun Methods Meas 1:77–89, doi 10.1080/19312450709336664.

use kring_core::{
    Alternative, Caution, Estimate, Interval, IntervalKind, Measure, Reference, Sample, Value,
};
use ndarray::ArrayView2;
use serde::{Deserialize, Serialize};

use crate::{Error, dist};

/// The options of Krippendorff's α.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Krippendorff {
    /// What the values mean.
    pub measurement: Measurement,
    /// The level of the interval.
    pub level: f64,
}

/// The level of measurement.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measurement {
    /// Categories without order.
    #[default]
    Nominal,
    /// Categories in an order.
    Ordinal,
    /// Numbers with a unit.
    Interval,
    /// Numbers with a unit and a zero.
    Ratio,
}

impl Default for Krippendorff {
    fn default() -> Self {
        Self {
            measurement: Measurement::Nominal,
            level: 0.95,
        }
    }
}

impl Krippendorff {
    /// α of ratings: a row a unit (a family, a text), a column a rater; absent where a rater gave none.
    ///
    /// ```
    /// use kring_stats::agreement::Krippendorff;
    /// use ndarray::array;
    /// let ratings = array![
    ///     [Some(1.0), Some(1.0)], [Some(1.0), Some(1.0)], [Some(2.0), Some(2.0)], [Some(2.0), Some(1.0)],
    /// ];
    /// // Five ones and three twos: D_o = 2/8, D_e = 2 · 5 · 3 / (8 · 7).
    /// let alpha = Krippendorff::default().of_ratings("coders", ratings.view())?;
    /// assert!((alpha.value.finite().unwrap() - (1.0 - 0.25 * 56.0 / 30.0)).abs() < 1e-15);
    /// # Ok::<(), kring_stats::Error>(())
    /// ```
    pub fn of_ratings(
        &self,
        label: &str,
        ratings: ArrayView2<'_, Option<f64>>,
    ) -> Result<Estimate, Error> {
        dist::check_level(self.level)?;
        let mut units: Vec<Vec<f64>> = Vec::with_capacity(ratings.nrows());
        let mut alone = 0;
        for (row, unit) in ratings.rows().into_iter().enumerate() {
            let values: Vec<f64> = unit.iter().flatten().copied().collect();
            if values.iter().any(|x| !x.is_finite()) {
                return Err(kring_core::Error::NotFinite {
                    what: format!("the ratings of {label}"),
                    row,
                }
                .into());
            }
            if self.measurement == Measurement::Ratio && values.iter().any(|&x| x < 0.0) {
                return Err(Error::Argument {
                    what: format!("a rating of {label} in row {}", row + 1),
                    expected: "zero or more, for values with a zero (ratio)",
                    found: "below zero".to_owned(),
                });
            }
            if values.len() >= 2 {
                units.push(values);
            } else {
                alone += 1;
            }
        }
        if units.len() < 2 {
            return Err(Error::TooFew {
                method: "Krippendorff's α",
                what: format!("units of {label} with two ratings or more"),
                needed: 2,
                found: units.len(),
            });
        }
        let ratings = Ratings::new(&units, self.measurement);
        let Some(alpha) = ratings.alpha(None) else {
            return Err(Error::Constant {
                method: "Krippendorff's α",
                what: format!("the value of {label}, the same everywhere,"),
            });
        };
        // Where all the others agree on one value, leaving a unit out leaves nothing to compare.
        let without: Option<Vec<f64>> = (0..units.len())
            .map(|unit| ratings.alpha(Some(unit)))
            .collect();
        let n = units.len() as f64;
        let std_error = without.map(|without| {
            let mean = without.iter().sum::<f64>() / n;
            let squares: f64 = without.iter().map(|a| (a - mean) * (a - mean)).sum();
            ((n - 1.0) / n * squares).sqrt()
        });
        let reference = Reference::StudentT { df: n - 1.0 };
        let width = dist::critical(self.level, reference)?;
        let mut cautions = Vec::new();
        if std_error.is_none() {
            cautions.push(Caution::Note(
                "No interval: all disagreement or all variety lies in one unit.".to_owned(),
            ));
        }
        if std_error == Some(0.0) {
            cautions.push(Caution::PerfectFit);
        } else if std_error.is_some() {
            cautions.extend(super::few(units.len()));
        }
        let name = match self.measurement {
            Measurement::Nominal => "nominal",
            Measurement::Ordinal => "ordinal",
            Measurement::Interval => "interval",
            Measurement::Ratio => "ratio",
        };
        let estimate = Estimate {
            label: label.to_owned(),
            measure: Measure::Agreement,
            value: Value::Value(alpha),
            std_error,
            null: 0.0,
            alternative: Alternative::TwoSided,
            reference,
            interval: std_error.map(|error| Interval {
                low: Some((alpha - width * error).max(-1.0)),
                high: Some((alpha + width * error).min(1.0)),
                level: self.level,
                kind: IntervalKind::Wald,
            }),
            p_value: None,
            sample: Sample {
                rows: units.len(),
                omitted: alone,
                ..Sample::default()
            },
            method: format!("Krippendorff's α ({name}), jackknife over units"),
            cautions,
        };
        Ok(estimate.checked()?)
    }
}

/// The ratings as places among the different values, in their order.
struct Ratings {
    level: Measurement,
    /// The different values in their order.
    values: Vec<f64>,
    /// How often each stands in all units.
    counts: Vec<f64>,
    /// The places of the values of each unit.
    units: Vec<Vec<usize>>,
    /// For the ratio metric: Σ_c n_c δ²(v, c) for each value v.
    distance: Vec<f64>,
}

impl Ratings {
    fn new(units: &[Vec<f64>], level: Measurement) -> Self {
        let mut values: Vec<f64> = units.iter().flatten().copied().collect();
        values.sort_unstable_by(f64::total_cmp);
        // Zeros of both signs are one value.
        values.dedup();
        let place = |x: &f64| values.partition_point(|v| v < x);
        let units: Vec<Vec<usize>> = units
            .iter()
            .map(|unit| unit.iter().map(place).collect())
            .collect();
        let mut counts = vec![0.0; values.len()];
        for &place in units.iter().flatten() {
            counts[place] += 1.0;
        }
        let distance = if level == Measurement::Ratio {
            let from = |v: &f64| {
                values
                    .iter()
                    .zip(&counts)
                    .map(|(c, n)| n * ratio(*v, *c))
                    .sum()
            };
            values.iter().map(from).collect()
        } else {
            Vec::new()
        };
        Self {
            level,
            values,
            counts,
            units,
            distance,
        }
    }

    /// How often each value stands in the units that are left.
    fn counts_without(&self, gone: &[usize]) -> Vec<f64> {
        let mut counts = self.counts.clone();
        for &place in gone {
            counts[place] -= 1.0;
        }
        counts
    }

    /// α, perhaps without one unit; absent where all values are the same.
    fn alpha(&self, without: Option<usize>) -> Option<f64> {
        let gone: &[usize] = without.map_or(&[], |unit| &self.units[unit]);
        let n = self.counts.iter().sum::<f64>() - gone.len() as f64;
        let kept = || {
            let units = self.units.iter().enumerate();
            units
                .filter(|(unit, _)| Some(*unit) != without)
                .map(|(_, places)| places)
        };
        // Σ over ordered pairs of a unit, divided by m − 1, and the same of all.
        let (observed, all) = match self.level {
            Measurement::Nominal => {
                let counts = self.counts_without(gone);
                let alike: f64 = counts.iter().map(|n| n * n).sum();
                let of_unit = |places: &Vec<usize>| -> f64 {
                    let pairs = places
                        .iter()
                        .flat_map(|a| places.iter().map(move |b| a != b));
                    pairs.filter(|&differ| differ).count() as f64 / (places.len() as f64 - 1.0)
                };
                (kept().map(of_unit).sum(), n * n - alike)
            }
            Measurement::Ordinal => {
                let counts = self.counts_without(gone);
                let mut below = 0.0;
                let ranks: Vec<f64> = counts
                    .iter()
                    .map(|n| {
                        below += n;
                        below - n / 2.0
                    })
                    .collect();
                squares(kept(), &ranks, &counts, n)
            }
            Measurement::Interval => {
                let counts = self.counts_without(gone);
                squares(kept(), &self.values, &counts, n)
            }
            Measurement::Ratio => {
                let between = |a: usize, b: usize| ratio(self.values[a], self.values[b]);
                let of_unit = |places: &[usize]| -> f64 {
                    let pairs = places
                        .iter()
                        .flat_map(|&a| places.iter().map(move |&b| (a, b)));
                    pairs.map(|(a, b)| between(a, b)).sum()
                };
                let observed = kept()
                    .map(|unit| of_unit(unit) / (unit.len() as f64 - 1.0))
                    .sum();
                // All pairs, less those with a value that is gone, which the last term counts twice.
                let all: f64 = self
                    .distance
                    .iter()
                    .zip(&self.counts)
                    .map(|(d, n)| d * n)
                    .sum();
                let lost: f64 = gone.iter().map(|&place| self.distance[place]).sum();
                (observed, all - 2.0 * lost + of_unit(gone))
            }
        };
        let first = kept().next().and_then(|unit| unit.first());
        let varies = kept().flatten().any(|place| Some(place) != first);
        varies.then(|| 1.0 - observed / (all / (n - 1.0)))
    }
}

/// Σ_u Σ_{i≠j} (x_i − x_j)² / (m_u − 1), and the same of all values without the division.
fn squares<'a>(
    units: impl Iterator<Item = &'a Vec<usize>>,
    x: &[f64],
    counts: &[f64],
    n: f64,
) -> (f64, f64) {
    // Σ_{i,j} (x_i − x_j)² = 2m Σ (x − x̄)².
    let observed = units
        .map(|places| {
            let m = places.len() as f64;
            let mean = places.iter().map(|&place| x[place]).sum::<f64>() / m;
            let squares: f64 = places.iter().map(|&place| (x[place] - mean).powi(2)).sum();
            2.0 * m * squares / (m - 1.0)
        })
        .sum();
    let mean = x.iter().zip(counts).map(|(x, n)| n * x).sum::<f64>() / n;
    let all: f64 = x
        .iter()
        .zip(counts)
        .map(|(x, n)| n * (x - mean).powi(2))
        .sum();
    (observed, 2.0 * n * all)
}

/// ((a − b)/(a + b))²; two zeros are alike.
fn ratio(a: f64, b: f64) -> f64 {
    if a == b {
        0.0
    } else {
        ((a - b) / (a + b)).powi(2)
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    reason = "a test may stop at what it did not expect"
)]
mod tests {
    use ndarray::{Array2, array};
    use proptest::prelude::*;

    use super::*;

    const LEVELS: [Measurement; 4] = [
        Measurement::Nominal,
        Measurement::Ordinal,
        Measurement::Interval,
        Measurement::Ratio,
    ];

    fn alpha(measurement: Measurement, ratings: &Array2<Option<f64>>) -> Result<Estimate, Error> {
        let options = Krippendorff {
            measurement,
            level: 0.95,
        };
        options.of_ratings("coders", ratings.view())
    }

    /// Krippendorff (2011), example C: four observers, twelve units, missing ratings; it prints
    /// nominal .743, ordinal .815, interval .849 and ratio .797.
    fn example() -> Array2<Option<f64>> {
        let observers = [
            [1, 2, 3, 3, 2, 1, 4, 1, 2, 0, 0, 0],
            [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, 0, 3],
            [0, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, 0],
            [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, 0],
        ];
        Array2::from_shape_fn((12, 4), |(unit, observer)| {
            let value = observers[observer][unit];
            (value > 0).then(|| f64::from(value))
        })
    }

    #[test]
    fn the_example_of_krippendorff() {
        for (level, printed) in LEVELS.into_iter().zip([0.743, 0.815, 0.849, 0.797]) {
            let found = alpha(level, &example()).unwrap();
            assert!(
                (found.value.finite().unwrap() - printed).abs() < 6e-4,
                "{level:?} {found:?}"
            );
            // The last unit has one rating.
            assert_eq!((found.sample.rows, found.sample.omitted), (11, 1));
        }
    }

    #[test]
    fn perfect_agreement_and_none_to_speak_of() {
        let perfect = array![
            [Some(1.0), Some(1.0)],
            [Some(2.0), Some(2.0)],
            [Some(2.0), Some(2.0)]
        ];
        for level in LEVELS {
            // Without the first unit nothing varies.
            let found = alpha(level, &perfect).unwrap();
            assert_eq!((found.value, found.interval), (Value::Value(1.0), None));
            assert!(matches!(
                alpha(
                    level,
                    &array![[Some(0.0), Some(0.0)], [Some(0.0), Some(-0.0)]]
                ),
                Err(Error::Constant { .. })
            ));
        }
        let lonely = array![[Some(1.0), None], [Some(1.0), Some(2.0)]];
        assert_eq!(
            alpha(Measurement::Nominal, &lonely)
                .unwrap_err()
                .to_string(),
            "Krippendorff's α needs at least 2 units of coders with two ratings or more, but there is 1"
        );
        let wrong = array![[Some(f64::NAN), Some(1.0)], [Some(1.0), Some(2.0)]];
        assert!(alpha(Measurement::Nominal, &wrong).is_err());
        let negative = array![[Some(-1.0), Some(1.0)], [Some(1.0), Some(2.0)]];
        assert!(
            alpha(Measurement::Ratio, &negative).is_err()
                && alpha(Measurement::Interval, &negative).is_ok()
        );
    }

    /// By its definition, over all pairs.
    fn slowly(level: Measurement, units: &[Vec<f64>]) -> f64 {
        let all: Vec<f64> = units.iter().flatten().copied().collect();
        let rank = |x: f64| {
            let below = all.iter().filter(|&&v| v < x).count() as f64;
            below + all.iter().filter(|&&v| v == x).count() as f64 / 2.0
        };
        let d = |a: f64, b: f64| match level {
            Measurement::Nominal => f64::from(u8::from(a != b)),
            Measurement::Ordinal => (rank(a) - rank(b)).powi(2),
            Measurement::Interval => (a - b).powi(2),
            Measurement::Ratio => ratio(a, b),
        };
        let pairs = |of: &[f64]| {
            of.iter()
                .map(|&a| of.iter().map(|&b| d(a, b)).sum::<f64>())
                .sum::<f64>()
        };
        let n = all.len() as f64;
        let observed: f64 = units
            .iter()
            .map(|u| pairs(u) / (u.len() as f64 - 1.0))
            .sum();
        1.0 - observed / n / (pairs(&all) / n / (n - 1.0))
    }

    proptest! {
        #[test]
        fn moments_and_the_jackknife_are_the_definition(
            values in prop::collection::vec(prop::option::weighted(0.8, 0..6u8), 24),
        ) {
            let ratings = Array2::from_shape_vec((8, 3), values).unwrap().mapv(|v| v.map(f64::from));
            let units: Vec<Vec<f64>> = ratings
                .rows()
                .into_iter()
                .map(|row| row.iter().flatten().copied().collect::<Vec<f64>>())
                .filter(|unit| unit.len() > 1)
                .collect();
            prop_assume!(units.len() > 2);
            for level in LEVELS {
                let fitted = Ratings::new(&units, level);
                if let Some(ours) = fitted.alpha(None) {
                    prop_assert!((ours - slowly(level, &units)).abs() < 1e-10);
                }
                for unit in 0..units.len() {
                    let mut left = units.clone();
                    left.remove(unit);
                    if let Some(ours) = fitted.alpha(Some(unit)) {
                        prop_assert!((ours - slowly(level, &left)).abs() < 1e-10);
                    }
                }
            }
        }
    }
}
