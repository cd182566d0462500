//! p-values and intervals for a whole family of contrasts.
//!
//! ```text
//! n contrasts of k means, each with its t and its own degrees of freedom ν
//! Bonferroni   p n;                        interval at 1 − α/n
//! Šidák        1 − (1 − p)^n;              interval at (1 − α)^(1/n)
//! Holm         step down;                  interval as Bonferroni's, since Holm's has none that is simple
//! Tukey        P(Q_(k,ν) > √2 |t|)         Q the studentised range; exact for equal errors
//! Dunnett      about (n−1)/n P(Q_(k*,ν) > √2 |t|) + 1/n {1 − (1 − p)^n},  k* = (1 + √(1 + 8n))/2,
//!              the range that has n pairs, mixed with Šidák's
//! multivariate t   P(some |T_i| > |t|) with the contrasts' own correlations, by quasi-Monte Carlo
//! ```
//! The approximation for a control is emmeans's `dunnettx`; `multivariate_t` is Dunnett's own test,
//! for any errors, and serves every other family too.
//!
//! Tukey JW (1953), The Problem of Multiple Comparisons; Dunnett CW (1955), JASA 50:1096–1121, doi
//! 10.1080/01621459.1955.10501294; Hothorn T, Bretz F, Westfall P (2008), Biometrical Journal 50:346–363,
//! doi 10.1002/bimj.200810425.

use kring_core::Reference;
use ndarray::Array2;
use serde::{Deserialize, Serialize};

use super::families::ContrastFamily;
use crate::Error;
use crate::dist::{self, MultivariateT, QuasiMonteCarlo, StudentizedRange};
use crate::multiplicity::{Adjustment, Multiplicity};
use crate::root::root;

/// How a family of contrasts is adjusted for how many they are.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Adjust {
    /// Not at all.
    None,
    /// Tukey's method, for all pairs.
    Tukey,
    /// Dunnett's method for comparisons with a control, approximately.
    Dunnett,
    /// Šidák's: exact for independent contrasts, never too small.
    Sidak,
    /// Every p times their number.
    Bonferroni,
    /// Holm's p-values, with Bonferroni's intervals.
    Holm,
    /// The joint distribution of all of them, by quasi-Monte Carlo: exact up to an error that is told.
    MultivariateT(QuasiMonteCarlo),
}

/// A contrast as it is adjusted.
#[derive(Debug, Clone, Copy)]
pub(super) struct One {
    /// |t|
    pub t: f64,
    pub p: f64,
    pub reference: Reference,
}

/// What adjusting gives.
pub(super) struct Adjusted {
    pub p: Vec<f64>,
    /// The half-width of each interval in standard errors.
    pub critical: Vec<f64>,
    /// The largest error of a p-value by quasi-Monte Carlo.
    pub error: Option<f64>,
}

impl Adjust {
    /// Tukey's for all pairs, Dunnett's against a control, else none: as emmeans.
    pub(super) fn usual(family: Option<&ContrastFamily>) -> Self {
        match family {
            Some(family) if family.is_pairs() => Self::Tukey,
            Some(family) if family.is_control() => Self::Dunnett,
            _ => Self::None,
        }
    }

    /// Refuses a method that is not meant for the family; `None` is a product of several.
    pub(super) fn check(self, family: Option<&ContrastFamily>) -> Result<(), Error> {
        let (fits, what) = match self {
            Self::Tukey => (
                family.is_some_and(ContrastFamily::is_pairs),
                "Tukey's method for contrasts that are not all pairs",
            ),
            Self::Dunnett => (
                family.is_some_and(ContrastFamily::is_control),
                "Dunnett's method for contrasts that are not against one control",
            ),
            _ => (true, ""),
        };
        if fits {
            return Ok(());
        }
        Err(Error::Unsupported {
            what: what.to_owned(),
            hint: "use sidak, holm or multivariate_t".to_owned(),
        })
    }

    /// The method in words.
    pub(super) fn words(self, n: usize, means: usize) -> String {
        match self {
            Self::None => "not adjusted".to_owned(),
            Self::Tukey => format!("Tukey's adjustment for all pairs of {means} means"),
            Self::Dunnett => format!("Dunnett's adjustment for {n} comparisons, approximately"),
            Self::Sidak => format!("Šidák's adjustment for {n} contrasts"),
            Self::Bonferroni => format!("Bonferroni's adjustment for {n} contrasts"),
            Self::Holm => {
                format!("Holm's p-values and Bonferroni's intervals for {n} contrasts")
            }
            Self::MultivariateT(_) => {
                format!("adjusted for {n} contrasts by their multivariate t distribution")
            }
        }
    }

    /// Adjusts a family; the correlations are asked for only where they are needed.
    pub(super) fn apply(
        self,
        family: &[One],
        means: usize,
        level: f64,
        correlations: impl FnOnce() -> Array2<f64>,
    ) -> Result<Adjusted, Error> {
        let n = family.len() as f64;
        let alpha = 1.0 - level;
        let plain = || Adjusted {
            p: family.iter().map(|one| one.p).collect(),
            critical: Vec::new(),
            error: None,
        };
        let at = |level: f64| {
            let each = family.iter();
            each.map(|one| dist::critical(level, one.reference))
                .collect::<Result<Vec<f64>, Error>>()
        };
        if family.len() < 2 && !matches!(self, Self::Tukey) {
            return Ok(Adjusted {
                critical: at(level)?,
                ..plain()
            });
        }
        let sidak = |p: f64| -(n * (-p).ln_1p()).exp_m1();
        Ok(match self {
            Self::None => Adjusted {
                critical: at(level)?,
                ..plain()
            },
            Self::Sidak => Adjusted {
                p: family.iter().map(|one| sidak(one.p)).collect(),
                critical: at(level.powf(1.0 / n))?,
                error: None,
            },
            Self::Bonferroni | Self::Holm => {
                let method = if self == Self::Holm {
                    Adjustment::Holm
                } else {
                    Adjustment::Bonferroni
                };
                let p: Vec<f64> = family.iter().map(|one| one.p).collect();
                Adjusted {
                    p: Multiplicity { method }.adjust(&p)?.p_values,
                    critical: at(1.0 - alpha / n)?,
                    error: None,
                }
            }
            Self::Tukey => {
                let of = |one: &One| StudentizedRange::between(means as f64, one.reference);
                let p = family
                    .iter()
                    .map(|one| of(one)?.upper_tail(one.t * std::f64::consts::SQRT_2));
                let critical = by_reference(family, |one| {
                    Ok(of(one)?.upper_quantile(alpha)? / std::f64::consts::SQRT_2)
                });
                Adjusted {
                    p: p.collect::<Result<_, _>>()?,
                    critical: critical?,
                    error: None,
                }
            }
            Self::Dunnett => {
                let k = f64::midpoint(1.0, (1.0 + 8.0 * n).sqrt());
                let tail = |one: &One, t: f64, p: f64| {
                    let range = StudentizedRange::between(k, one.reference)?;
                    let range = range.upper_tail(t * std::f64::consts::SQRT_2)?;
                    Ok::<f64, Error>((n - 1.0) / n * range + sidak(p) / n)
                };
                let p = family.iter().map(|one| tail(one, one.t, one.p));
                let critical = by_reference(family, |one| {
                    let low = dist::critical(level, one.reference)?;
                    let high = dist::critical(1.0 - alpha / n, one.reference)?;
                    // Outside its range the function has no value, and the root keeps away from there.
                    Ok(root(0.9 * low, 1.1 * high, |t| {
                        let p = dist::upper_tail(t, one.reference).map(|tail| 2.0 * tail);
                        p.and_then(|p| tail(one, t, p))
                            .map_or(f64::NAN, |p| p - alpha)
                    }))
                });
                Adjusted {
                    p: p.collect::<Result<_, _>>()?,
                    critical: critical?,
                    error: None,
                }
            }
            Self::MultivariateT(options) => {
                let joint = MultivariateT::new(correlations().view(), options)?;
                let mut error = 0.0_f64;
                let mut p = Vec::with_capacity(family.len());
                for one in family {
                    let found = joint.outside(one.t, one.reference)?;
                    error = error.max(found.error);
                    // It is never below the p of one alone, nor above that of all together.
                    let all = (n * one.p).min(1.0);
                    p.push(found.value.clamp(one.p, all));
                }
                let critical = by_reference(family, |one| {
                    Ok(joint.critical(level, one.reference)?.value)
                });
                Adjusted {
                    p,
                    critical: critical?,
                    error: Some(error),
                }
            }
        })
    }
}

/// A number that depends on the reference alone, found once for each of them.
fn by_reference(
    family: &[One],
    of: impl Fn(&One) -> Result<f64, Error>,
) -> Result<Vec<f64>, Error> {
    let mut known: Vec<(Reference, f64)> = Vec::new();
    family
        .iter()
        .map(|one| {
            if let Some((_, value)) = known.iter().find(|(known, _)| same(*known, one.reference)) {
                return Ok(*value);
            }
            let value = of(one)?;
            known.push((one.reference, value));
            Ok(value)
        })
        .collect()
}

/// Degrees of freedom that differ by rounding only are the same.
fn same(a: Reference, b: Reference) -> bool {
    match (a, b) {
        (Reference::StudentT { df: a }, Reference::StudentT { df: b }) => {
            (a - b).abs() <= 1e-9 * a.abs()
        }
        _ => a == b,
    }
}
