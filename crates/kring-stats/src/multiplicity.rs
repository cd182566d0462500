//! p-values adjusted for how many tests there were.
//!
//! ```text
//! p_(1) ≤ … ≤ p_(m), each adjusted p at most 1
//! Bonferroni  m p_(i)
//! Holm        max_{j ≤ i} (m − j + 1) p_(j)            family-wise error, whatever the dependence
//! Hochberg    min_{j ≥ i} (m − j + 1) p_(j)            family-wise error, if positively dependent
//! Hommel      max over the subsets that hold i of Simes's p = min_j k p_(j) / j    the same, never larger
//! BH          min_{j ≥ i} m p_(j) / j                  false discovery rate, if positively dependent
//! BY          BH times Σ 1/j                           false discovery rate, whatever the dependence
//! ```
//! An adjusted p-value is compared with the error rate itself. Figures are those of R's `p.adjust`.
//!
//! Hommel's by its definition costs 2^m; here it costs m log m. With b_k = min_{j ≥ 2} k p_(m−k+j) / j,
//! which falls with k, the adjusted p of (i) is the largest of min(k p_(i), b_k) for k ≤ m − i, whose
//! top is where both cross, and of min(k p_(m−k+1), b_k) for the larger k. b_k / k is the smallest
//! slope from (m − k, 0) to the points (r, p_(r)) beyond it: a tangent to their lower hull.
//!
//! Holm S (1979), Scand J Stat 6:65–70; Hochberg Y (1988), Biometrika 75:800–802,
//! doi 10.1093/biomet/75.4.800; Hommel G (1988), Biometrika 75:383–386, doi 10.1093/biomet/75.2.383;
//! Benjamini Y, Hochberg Y (1995), JRSS B 57:289–300, doi 10.1111/j.2517-6161.1995.tb02031.x;
//! Benjamini Y, Yekutieli D (2001), Ann Stat 29:1165–1188, doi 10.1214/aos/1013699998.

use serde::{Deserialize, Serialize};

use crate::Error;

/// The options of an adjustment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Multiplicity {
    /// The method.
    pub method: Adjustment,
}

/// How p-values are adjusted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Adjustment {
    /// Every p times their number. Holm's is never larger.
    Bonferroni,
    /// Step down; makes no assumption. The usual choice for a few tests.
    #[default]
    Holm,
    /// Step up; for tests that are independent or positively dependent.
    Hochberg,
    /// Simes's test of every subset; assumes what Hochberg's does, and is never larger.
    Hommel,
    /// The false discovery rate of Benjamini and Hochberg, as Hochberg's on dependence.
    BenjaminiHochberg,
    /// The false discovery rate of Benjamini and Yekutieli, for any dependence.
    BenjaminiYekutieli,
}

/// Adjusted p-values, in the order of those that were given.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdjustedPValues {
    /// How they were adjusted.
    pub method: Adjustment,
    /// The adjusted p-values.
    pub p_values: Vec<f64>,
}

impl Multiplicity {
    /// Adjusts all p-values of a family of tests.
    ///
    /// ```
    /// use kring_stats::multiplicity::Multiplicity;
    /// let holm = Multiplicity::default().adjust(&[0.01, 0.04, 0.03])?;
    /// // 3 · 0.01, then 2 · 0.03, and 0.04 may not be smaller than the one before it.
    /// assert_eq!(holm.p_values, [0.03, 0.06, 0.06]);
    /// # Ok::<(), kring_stats::Error>(())
    /// ```
    pub fn adjust(&self, p: &[f64]) -> Result<AdjustedPValues, Error> {
        if let Some(place) = p.iter().position(|p| !(0.0..=1.0).contains(p)) {
            return Err(Error::Argument {
                what: format!("p-value {}", place + 1),
                expected: "a number from 0 to 1 (leave out tests that gave none)",
                found: p[place].to_string(),
            });
        }
        let mut order: Vec<usize> = (0..p.len()).collect();
        order.sort_by(|&a, &b| p[a].total_cmp(&p[b]));
        let sorted: Vec<f64> = order.iter().map(|&i| p[i]).collect();
        let adjusted = adjusted(&sorted, self.method);
        let mut p_values = vec![0.0; p.len()];
        for (&place, adjusted) in order.iter().zip(adjusted) {
            p_values[place] = adjusted.min(1.0);
        }
        Ok(AdjustedPValues {
            method: self.method,
            p_values,
        })
    }
}

/// The adjusted values of sorted ones, which may be above 1.
fn adjusted(p: &[f64], method: Adjustment) -> Vec<f64> {
    let m = p.len() as f64;
    // i counts from zero.
    let times = |factor: fn(f64, f64) -> f64| -> Vec<f64> {
        p.iter()
            .enumerate()
            .map(|(i, p)| p * factor(m, i as f64))
            .collect()
    };
    match method {
        Adjustment::Bonferroni => times(|m, _| m),
        Adjustment::Holm => step_down(times(|m, i| m - i)),
        Adjustment::Hochberg => step_up(times(|m, i| m - i)),
        Adjustment::Hommel => hommel(p),
        Adjustment::BenjaminiHochberg => step_up(times(|m, i| m / (i + 1.0))),
        Adjustment::BenjaminiYekutieli => {
            let harmonic: f64 = (1..=p.len()).map(|i| 1.0 / i as f64).sum();
            let p = times(|m, i| m / (i + 1.0)).into_iter();
            step_up(p.map(|p| harmonic * p).collect())
        }
    }
}

/// Each at least the one before it.
fn step_down(mut p: Vec<f64>) -> Vec<f64> {
    let mut largest = 0.0_f64;
    for p in &mut p {
        largest = largest.max(*p);
        *p = largest;
    }
    p
}

/// Each at most the one after it.
fn step_up(mut p: Vec<f64>) -> Vec<f64> {
    let mut smallest = f64::INFINITY;
    for p in p.iter_mut().rev() {
        smallest = smallest.min(*p);
        *p = smallest;
    }
    p
}

fn hommel(p: &[f64]) -> Vec<f64> {
    let m = p.len();
    let b = simes_bounds(p);
    // The largest of min(k p_(m−k+1), b_k) over k and all larger ones, by k − 1.
    let mut whole: Vec<f64> = (1..=m)
        .map(|k| (k as f64 * p[m - k]).min(b[k - 1]))
        .collect();
    for k in (1..m).rev() {
        whole[k - 1] = whole[k - 1].max(whole[k]);
    }
    (0..m)
        .map(|i| {
            // Sizes k = 1 … m − i − 1 leave i below the k largest: k p_i rises with k, b_k falls.
            let sizes = m - i - 1;
            let crossing = first(sizes, |k| (k + 1) as f64 * p[i] >= b[k]);
            let before = crossing as f64 * p[i];
            let after = if crossing < sizes { b[crossing] } else { 0.0 };
            whole[sizes].max(before).max(after)
        })
        .collect()
}

/// b_k for k = 1 … m: the smallest k p_(m−k+j) / j over j ≥ 2, none for k of one.
fn simes_bounds(p: &[f64]) -> Vec<f64> {
    let m = p.len();
    // The lower hull of the points (r, p_(r)), r from 1, its leftmost point last.
    let mut hull: Vec<[f64; 2]> = Vec::with_capacity(m);
    let mut b = vec![f64::INFINITY; m];
    for k in 2..=m {
        let new = [(m - k + 2) as f64, p[m - k + 1]];
        while let [.., two, one] = hull.as_slice()
            && (one[1] - new[1]) * (two[0] - new[0]) >= (two[1] - new[1]) * (one[0] - new[0])
        {
            hull.pop();
        }
        hull.push(new);
        let origin = (m - k) as f64;
        let slope = |point: &[f64; 2]| point[1] / (point[0] - origin);
        // From the left the slopes fall to the tangent and rise after it.
        let (mut right, mut left) = (0, hull.len() - 1);
        while right < left {
            let middle = usize::midpoint(right, left);
            // hull[middle] stands to the right of hull[middle + 1].
            if slope(&hull[middle]) < slope(&hull[middle + 1]) {
                left = middle;
            } else {
                right = middle + 1;
            }
        }
        let tangent = hull[right];
        b[k - 1] = k as f64 * tangent[1] / (tangent[0] - origin);
    }
    b
}

/// The first of 0 … n − 1 at which a condition holds that holds from there on; n if none.
fn first(n: usize, holds: impl Fn(usize) -> bool) -> usize {
    let (mut low, mut high) = (0, n);
    while low < high {
        let middle = usize::midpoint(low, high);
        if holds(middle) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    low
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    reason = "a test may stop at what it did not expect"
)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ALL: [Adjustment; 6] = [
        Adjustment::Bonferroni,
        Adjustment::Holm,
        Adjustment::Hochberg,
        Adjustment::Hommel,
        Adjustment::BenjaminiHochberg,
        Adjustment::BenjaminiYekutieli,
    ];

    fn adjust(method: Adjustment, p: &[f64]) -> Vec<f64> {
        Multiplicity { method }.adjust(p).unwrap().p_values
    }

    /// Simes's test of every subset that holds i: the definition.
    fn by_all_subsets(p: &[f64]) -> Vec<f64> {
        let m = p.len();
        let simes = |set: usize| {
            let mut of: Vec<f64> = (0..m).filter(|i| set >> i & 1 == 1).map(|i| p[i]).collect();
            of.sort_by(f64::total_cmp);
            let k = of.len() as f64;
            of.iter()
                .enumerate()
                .map(|(j, p)| k * p / (j as f64 + 1.0))
                .fold(1.0, f64::min)
        };
        (0..m)
            .map(|i| {
                (1..1 << m)
                    .filter(|set| set >> i & 1 == 1)
                    .map(simes)
                    .fold(0.0, f64::max)
            })
            .collect()
    }

    #[test]
    fn by_hand() {
        let p = [0.01, 0.02, 0.9];
        assert_eq!(adjust(Adjustment::Bonferroni, &p), [0.03, 0.06, 1.0]);
        assert_eq!(adjust(Adjustment::Holm, &p), [0.03, 0.04, 0.9]);
        assert_eq!(adjust(Adjustment::BenjaminiHochberg, &p), [0.03, 0.03, 0.9]);
        let none: [f64; 0] = [];
        for method in ALL {
            assert_eq!(adjust(method, &none), none);
            assert_eq!(adjust(method, &[0.3]), [0.3]);
        }
    }

    #[test]
    fn what_is_no_p_value_is_refused() {
        for wrong in [f64::NAN, -0.1, 1.1] {
            assert_eq!(
                Multiplicity::default()
                    .adjust(&[0.5, wrong])
                    .unwrap_err()
                    .to_string(),
                format!(
                    "p-value 2 is {wrong}, but a number from 0 to 1 (leave out tests that gave none) was expected"
                )
            );
        }
    }

    /// p-values with ties, zeros and ones among them.
    fn p_values(most: usize) -> impl Strategy<Value = Vec<f64>> {
        let one = prop_oneof![
            0.0..1.0f64,
            (0..6u8).prop_map(|k| f64::from(k) / 5.0),
            0.0..0.02f64
        ];
        prop::collection::vec(one, 1..most)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn hommel_is_simes_of_every_subset(p in p_values(10)) {
            for (ours, truth) in adjust(Adjustment::Hommel, &p).iter().zip(by_all_subsets(&p)) {
                prop_assert!((ours - truth).abs() < 1e-14);
            }
        }

        #[test]
        fn the_order_of_the_methods_and_of_the_p_values(p in p_values(200)) {
            let of = |method| adjust(method, &p);
            let smaller = |a: Vec<f64>, b: Vec<f64>| a.iter().zip(&b).all(|(a, b)| *a <= b + 1e-15);
            prop_assert!(smaller(of(Adjustment::Hommel), of(Adjustment::Hochberg)));
            prop_assert!(smaller(of(Adjustment::Hochberg), of(Adjustment::Holm)));
            prop_assert!(smaller(of(Adjustment::Holm), of(Adjustment::Bonferroni)));
            prop_assert!(smaller(of(Adjustment::BenjaminiHochberg), of(Adjustment::BenjaminiYekutieli)));
            prop_assert!(smaller(of(Adjustment::BenjaminiHochberg), of(Adjustment::Hommel)));
            let backwards: Vec<f64> = p.iter().rev().copied().collect();
            for method in ALL {
                let adjusted = of(method);
                prop_assert!(smaller(p.clone(), adjusted.clone()));
                let reversed = adjust(method, &backwards);
                prop_assert!(adjusted.iter().zip(reversed.iter().rev()).all(|(a, b)| (a - b).abs() < 1e-15));
            }
        }
    }
}
