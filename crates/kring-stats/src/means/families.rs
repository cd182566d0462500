//! Families of contrasts: which combinations of k means are asked for.
//!
//! ```text
//! pairs        m_i − m_j, j before i (as the arm less its reference), or the other way round
//! control      m_i − m_c for every i but the control c
//! consecutive  m_(i+1) − m_i
//! from mean    m_i − mean of all;     from others  m_i − mean of the others
//! polynomial   equal spacing: Gram's polynomials t_d(x) = Σ_k (−1)^(d+k) C(d,k) C(d+k,k) x^(k) / (n−1)^(k),
//!              x = 0 … n − 1, as the smallest whole numbers (the tables of textbooks)
//!              by numbers: p_d orthogonal on the numbers themselves, highest coefficient one; the contrast is
//!              Σ p_d m / Σ p_d², the coefficient of p_d: for d = 1 the slope per unit
//! interaction  products, a contrast of each factor: differences of differences
//! ```
//! Fisher RA, Yates F (1938), Statistical Tables, Table XXIII.

use kring_core::{GridFactor, suggestion};
use serde::{Deserialize, Serialize};

use crate::Error;

/// Which contrasts are asked for.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum ContrastFamily {
    /// Each mean less each one before it: EKC − WT where WT is the first level.
    #[default]
    Pairwise,
    /// Each mean less each one after it, as emmeans has it.
    PairwiseReversed,
    /// Each mean less that of a control.
    Control {
        /// The level of the control; the first unless given.
        #[serde(default)]
        level: Option<String>,
    },
    /// Each mean less the one before it.
    Consecutive,
    /// Each mean less the mean of all.
    FromMean,
    /// Each mean less the mean of the others.
    FromOthers,
    /// Linear, quadratic and higher trends over the levels in their order.
    Polynomial {
        /// The highest degree; all up to the sixth unless given.
        #[serde(default)]
        degree: Option<usize>,
        /// How far apart the levels are.
        #[serde(default)]
        spacing: Spacing,
    },
    /// Weights of one's own.
    Custom(Vec<CustomContrast>),
}

/// How far apart the levels of a polynomial contrast are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Spacing {
    /// Equally far: the whole numbers of textbooks.
    #[default]
    Equal,
    /// As the levels' numbers say, such as months; the linear contrast is then a slope per unit.
    Numbers,
}

/// A contrast with weights of one's own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CustomContrast {
    /// What it is called.
    pub label: String,
    /// The weight of each mean, in the order of the cells.
    pub weights: Vec<f64>,
}

/// The contrasts of one factor in a product.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FactorContrasts {
    /// The factor.
    pub of: String,
    /// Its contrasts.
    #[serde(default)]
    pub family: ContrastFamily,
}

/// Weights of means with their name.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Weighing {
    pub name: String,
    pub weights: Vec<f64>,
    /// Whether it is one mean less another, or a product of such.
    pub difference: bool,
}

/// The highest degree unless one is given.
const DEGREE: usize = 6;

impl ContrastFamily {
    /// Whether it has all pairs, for which Tukey's method is meant.
    pub(super) fn is_pairs(&self) -> bool {
        matches!(self, Self::Pairwise | Self::PairwiseReversed)
    }

    /// Whether it is against a control, for which Dunnett's method is meant.
    pub(super) fn is_control(&self) -> bool {
        matches!(self, Self::Control { .. })
    }

    /// The weights over means of these names; the numbers are those of the levels, where they have any.
    pub(super) fn weighings(
        &self,
        names: &[String],
        numbers: Option<&[f64]>,
        what: &str,
        unit: Option<&str>,
    ) -> Result<Vec<Weighing>, Error> {
        let k = names.len();
        let unit = unit.map_or_else(String::new, |unit| format!(" {unit}"));
        let between = |i: usize, j: usize| Weighing {
            name: format!("{} − {}{unit}", names[i], names[j]),
            weights: unit_vector(k, i, 1.0, Some((j, -1.0))),
            difference: true,
        };
        let beside = |name: String, weights: Vec<f64>| Weighing {
            name,
            weights,
            difference: false,
        };
        Ok(match self {
            Self::Pairwise => (0..k)
                .flat_map(|i| (0..i).map(move |j| (i, j)))
                .map(|(i, j)| between(i, j))
                .collect(),
            Self::PairwiseReversed => (0..k)
                .flat_map(|i| (i + 1..k).map(move |j| (i, j)))
                .map(|(i, j)| between(i, j))
                .collect(),
            Self::Consecutive => (1..k).map(|i| between(i, i - 1)).collect(),
            Self::Control { level } => {
                let control = match level {
                    None => 0,
                    Some(level) => {
                        names.iter().position(|name| name == level).ok_or_else(|| {
                            let near = suggestion(level, names.iter().map(String::as_str));
                            Error::Argument {
                                what: format!("the control level of {what}"),
                                expected: "one of its levels",
                                found: format!("`{level}`{near}"),
                            }
                        })?
                    }
                };
                let others = (0..k).filter(|&i| i != control);
                others.map(|i| between(i, control)).collect()
            }
            Self::FromMean => (0..k)
                .map(|i| {
                    let mut weights = vec![-1.0 / k as f64; k];
                    weights[i] += 1.0;
                    beside(format!("{}{unit} − mean", names[i]), weights)
                })
                .collect(),
            Self::FromOthers => (0..k)
                .map(|i| {
                    let mut weights = vec![-1.0 / (k as f64 - 1.0).max(1.0); k];
                    weights[i] = 1.0;
                    beside(format!("{}{unit} − others", names[i]), weights)
                })
                .filter(|_| k > 1)
                .collect(),
            Self::Polynomial { degree, spacing } => {
                let most = degree.unwrap_or(DEGREE).min(k.saturating_sub(1));
                let of_degrees = match spacing {
                    Spacing::Equal => (1..=most).map(|d| gram(k, d)).collect(),
                    Spacing::Numbers => by_numbers(numbers, most, what)?,
                };
                of_degrees
                    .into_iter()
                    .enumerate()
                    .map(|(place, weights)| beside(degree_name(place + 1), weights))
                    .collect()
            }
            Self::Custom(given) => {
                for one in given {
                    if one.weights.len() != k || one.weights.iter().any(|w| !w.is_finite()) {
                        return Err(Error::Contrast {
                            label: one.label.clone(),
                            why: format!(
                                "it has {} weights, but there are {k} means ({}); give each a finite weight",
                                one.weights.len(),
                                names.join(", ")
                            ),
                        });
                    }
                }
                let one = |one: &CustomContrast| Weighing {
                    name: one.label.clone(),
                    weights: one.weights.clone(),
                    difference: is_difference(&one.weights),
                };
                given.iter().map(one).collect()
            }
        })
    }
}

/// The products of the contrasts of several factors, over all their combinations, the first factor
/// running fastest in means and in contrasts.
pub(super) fn products(of: &[Vec<Weighing>]) -> Vec<Weighing> {
    let one = Weighing {
        name: String::new(),
        weights: vec![1.0],
        difference: true,
    };
    let several = of.len() > 1;
    let named = |name: &str| {
        if several {
            format!("({name})")
        } else {
            name.to_owned()
        }
    };
    let join = |before: &Weighing, next: &Weighing| Weighing {
        name: match before.name.as_str() {
            "" => named(&next.name),
            name => format!("{name} × {}", named(&next.name)),
        },
        weights: next
            .weights
            .iter()
            .flat_map(|b| before.weights.iter().map(move |a| a * b))
            .collect(),
        difference: before.difference && next.difference,
    };
    of.iter().fold(vec![one], |before, factor| {
        factor
            .iter()
            .flat_map(|next| before.iter().map(move |before| join(before, next)))
            .collect()
    })
}

/// The factor of a name.
pub(super) fn place_of(factors: &[GridFactor], name: &str) -> Result<usize, Error> {
    factors
        .iter()
        .position(|factor| factor.name == name)
        .ok_or_else(|| {
            let near = suggestion(name, factors.iter().map(|factor| factor.name.as_str()));
            Error::Argument {
                what: "a factor of the grid".to_owned(),
                expected: "one in which its cells differ",
                found: format!("`{name}`{near}"),
            }
        })
}

fn unit_vector(k: usize, i: usize, value: f64, second: Option<(usize, f64)>) -> Vec<f64> {
    let mut all = vec![0.0; k];
    all[i] = value;
    if let Some((j, value)) = second {
        all[j] = value;
    }
    all
}

/// Whether weights are those of one mean of means less another.
fn is_difference(weights: &[f64]) -> bool {
    let positive: f64 = weights.iter().filter(|w| **w > 0.0).sum();
    let sum: f64 = weights.iter().sum();
    (positive - 1.0).abs() < 1e-9 && sum.abs() < 1e-9
}

fn degree_name(degree: usize) -> String {
    match degree {
        1 => "linear".to_owned(),
        2 => "quadratic".to_owned(),
        3 => "cubic".to_owned(),
        4 => "quartic".to_owned(),
        more => format!("degree {more}"),
    }
}

/// Gram's polynomial of a degree on n equally spaced points, as the smallest whole numbers.
fn gram(n: usize, degree: usize) -> Vec<f64> {
    let choose =
        |n: usize, k: usize| (0..k).fold(1_i128, |c, i| c * (n - i) as i128 / (i + 1) as i128);
    let falling = |x: usize, k: usize, from: usize| {
        (from..k).fold(1_i128, |product, i| product * (x as i128 - i as i128))
    };
    let value = |x: usize| -> i128 {
        (0..=degree)
            .map(|k| {
                let sign = if (degree + k).is_multiple_of(2) {
                    1
                } else {
                    -1
                };
                // (n − 1)^(d) over (n − 1)^(k) leaves the factors from k on.
                sign * choose(degree, k)
                    * choose(degree + k, k)
                    * falling(x, k, 0)
                    * falling(n - 1, degree, k)
            })
            .sum()
    };
    let values: Vec<i128> = (0..n).map(value).collect();
    let common = values.iter().fold(0, |g, v| gcd(g, v.abs())).max(1);
    values.iter().map(|v| (v / common) as f64).collect()
}

fn gcd(a: i128, b: i128) -> i128 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// Orthogonal polynomials on the numbers themselves, so that the contrast is the coefficient.
fn by_numbers(numbers: Option<&[f64]>, most: usize, what: &str) -> Result<Vec<Vec<f64>>, Error> {
    let refused = |found: &str| Error::Argument {
        what: format!("the spacing of {what}"),
        expected: "levels that are different numbers, or equal spacing",
        found: found.to_owned(),
    };
    let x = numbers.ok_or_else(|| refused("levels that are no numbers"))?;
    let repeated = |&i: &usize| x[..i].contains(&x[i]);
    if (0..x.len()).any(|i| repeated(&i)) {
        return Err(refused("a number that stands twice"));
    }
    // Centred and scaled, so that powers stay of one size; the scale is given back at the end.
    let centre = x.iter().sum::<f64>() / x.len() as f64;
    let scale = x
        .iter()
        .fold(0.0_f64, |m, x| m.max((x - centre).abs()))
        .max(f64::MIN_POSITIVE);
    let z: Vec<f64> = x.iter().map(|x| (x - centre) / scale).collect();
    let mut basis: Vec<Vec<f64>> = vec![vec![1.0; x.len()]];
    for d in 1..=most {
        let mut p: Vec<f64> = basis[d - 1].iter().zip(&z).map(|(p, z)| p * z).collect();
        // Twice, so that rounding leaves nothing of the lower degrees.
        for _ in 0..2 {
            for before in &basis {
                let along = dot(&p, before) / dot(before, before);
                p.iter_mut().zip(before).for_each(|(p, b)| *p -= along * b);
            }
        }
        basis.push(p);
    }
    let degree = |d: usize| i32::try_from(d).unwrap_or(i32::MAX);
    Ok(basis
        .iter()
        .enumerate()
        .skip(1)
        .map(|(d, p)| {
            let size = dot(p, p) * scale.powi(degree(d));
            p.iter().map(|p| p / size).collect()
        })
        .collect())
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    reason = "a test may stop at what it did not expect"
)]
mod tests {
    use super::*;

    fn names(k: usize) -> Vec<String> {
        (0..k).map(|i| format!("{i}")).collect()
    }

    fn weights(family: &ContrastFamily, k: usize) -> Vec<Vec<f64>> {
        let found = family.weighings(&names(k), None, "wave", None).unwrap();
        found.into_iter().map(|one| one.weights).collect()
    }

    /// Fisher and Yates, Table XXIII.
    #[test]
    fn polynomials_are_those_of_the_tables() {
        let all = ContrastFamily::Polynomial {
            degree: None,
            spacing: Spacing::Equal,
        };
        assert_eq!(weights(&all, 3), [[-1.0, 0.0, 1.0], [1.0, -2.0, 1.0]]);
        assert_eq!(
            weights(&all, 4),
            [
                [-3.0, -1.0, 1.0, 3.0],
                [1.0, -1.0, -1.0, 1.0],
                [-1.0, 3.0, -3.0, 1.0]
            ]
        );
        assert_eq!(
            weights(&all, 6)[..3],
            [
                [-5.0, -3.0, -1.0, 1.0, 3.0, 5.0],
                [5.0, -1.0, -4.0, -4.0, -1.0, 5.0],
                [-5.0, 7.0, 4.0, -4.0, -7.0, 5.0]
            ]
        );
        assert_eq!(weights(&all, 9).len(), 6);
        assert!(weights(&all, 1).is_empty());
    }

    #[test]
    fn by_numbers_the_linear_contrast_is_the_slope() {
        let family = ContrastFamily::Polynomial {
            degree: Some(2),
            spacing: Spacing::Numbers,
        };
        let months = [0.0, 3.0, 12.0, 24.0];
        let found = family
            .weighings(&names(4), Some(&months), "months", None)
            .unwrap();
        let at = |f: fn(f64) -> f64, w: &[f64]| -> f64 {
            months.iter().zip(w).map(|(x, w)| w * f(*x)).sum()
        };
        assert!((at(|x| 2.0 - 0.5 * x, &found[0].weights) + 0.5).abs() < 1e-14);
        assert!((at(|x| x * (0.25 * x - 3.0), &found[1].weights) - 0.25).abs() < 1e-14);
        assert!(at(|x| 2.0 - 0.5 * x, &found[1].weights).abs() < 1e-14);
        for numbers in [None, Some(&[1.0, 1.0, 2.0, 3.0][..])] {
            assert!(family.weighings(&names(4), numbers, "wave", None).is_err());
        }
    }

    #[test]
    fn differences_by_hand() {
        assert_eq!(
            weights(&ContrastFamily::Pairwise, 3),
            [[-1.0, 1.0, 0.0], [-1.0, 0.0, 1.0], [0.0, -1.0, 1.0]]
        );
        assert_eq!(
            weights(&ContrastFamily::Consecutive, 3),
            [[-1.0, 1.0, 0.0], [0.0, -1.0, 1.0]]
        );
        let second = ContrastFamily::Control {
            level: Some("1".to_owned()),
        };
        assert_eq!(weights(&second, 3), [[1.0, -1.0, 0.0], [0.0, -1.0, 1.0]]);
        assert_eq!(
            weights(&ContrastFamily::FromOthers, 3)[0],
            [1.0, -0.5, -0.5]
        );
        let strange = ContrastFamily::Control {
            level: Some("x".to_owned()),
        };
        assert!(strange.weighings(&names(3), None, "arm", None).is_err());
    }

    #[test]
    fn products_are_differences_of_differences() {
        let arm = ContrastFamily::Pairwise
            .weighings(&["WT".into(), "EKC".into()], None, "arm", None)
            .unwrap();
        let wave = ContrastFamily::Consecutive
            .weighings(
                &["0".into(), "6".into(), "24".into()],
                None,
                "wave",
                Some("months"),
            )
            .unwrap();
        let found = products(&[arm, wave]);
        assert_eq!(found.len(), 2);
        assert_eq!(found[1].name, "(EKC − WT) × (24 − 6 months)");
        assert_eq!(found[1].weights, [0.0, 0.0, 1.0, -1.0, -1.0, 1.0]);
        assert!(found[1].difference);
    }

    #[test]
    fn custom_weights_must_fit() {
        let custom = |weights: Vec<f64>| {
            let label = "first half".to_owned();
            ContrastFamily::Custom(vec![CustomContrast { label, weights }])
        };
        let found = custom(vec![0.5, 0.5, -1.0])
            .weighings(&names(3), None, "wave", None)
            .unwrap();
        assert!(found[0].difference);
        for wrong in [vec![1.0], vec![1.0, f64::NAN, 0.0]] {
            assert!(
                custom(wrong)
                    .weighings(&names(3), None, "wave", None)
                    .is_err()
            );
        }
    }
}
