//! One effect in the units of another, with its variance, for a meta-analysis of unlike studies.
//!
//! ```text
//! d → ln OR   √3⁻¹ π d,          V π²/3               the outcome is a logistic variable cut in two
//! d → r       d / √(d² + a),     V a² / (d² + a)³     a = (n_1 + n_2)² / n_1 n_2, 4 for equal groups
//! r → d       2r / √(1 − r²),    4V / (1 − r²)³       groups of equal size
//! r ↔ z       atanh r,           V / (1 − r²)²        Fisher
//! ```
//! Variances by the delta method. A conversion adds an assumption; set converted and unconverted
//! studies beside each other before they are pooled.
//!
//! Borenstein M, Hedges LV, Higgins JPT, Rothstein HR (2009), Introduction to Meta-Analysis, chapter 7,
//! doi 10.1002/9780470743386; Chinn S (2000), Stat Med 19:3127–3131,
//! doi 10.1002/1097-0258(20001130)19:22<3127::AID-SIM784>3.0.CO;2-M.

use std::f64::consts::PI;

use kring_core::{Estimate, Measure};
use serde::{Deserialize, Serialize};

use crate::Error;

/// A difference of means in standard deviations.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EffectD {
    /// d or g.
    pub d: f64,
    /// Its variance.
    pub variance: f64,
}

/// The log of an odds ratio.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EffectLogOdds {
    /// ln OR.
    pub log_odds_ratio: f64,
    /// Its variance.
    pub variance: f64,
}

/// A correlation.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EffectR {
    /// r.
    pub r: f64,
    /// Its variance.
    pub variance: f64,
}

/// A correlation on Fisher's scale.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EffectFisherZ {
    /// atanh r.
    pub z: f64,
    /// Its variance, 1 / (n − 3) for n pairs.
    pub variance: f64,
}

impl EffectD {
    /// A difference with its variance.
    ///
    /// ```
    /// use kring_stats::effect_size::EffectD;
    /// // Borenstein et al. (2009), page 47: d = 0.5 with variance 0.0205 is ln OR 0.9069, variance 0.0676.
    /// let odds = EffectD::new(0.5, 0.0205)?.log_odds();
    /// assert!((odds.log_odds_ratio - 0.9069).abs() < 5e-5);
    /// assert!((odds.variance - 0.0676).abs() < 2e-4);
    /// # Ok::<(), kring_stats::Error>(())
    /// ```
    pub fn new(d: f64, variance: f64) -> Result<Self, Error> {
        let (d, variance) = checked("d", d, variance)?;
        Ok(Self { d, variance })
    }

    /// An estimate of a standardised difference that has an error.
    pub fn of(estimate: &Estimate) -> Result<Self, Error> {
        let (d, variance) = taken(estimate, &Measure::StandardizedMeanDifference)?;
        Self::new(d, variance)
    }

    /// From Student's t of two groups: t √(1/n_x + 1/n_y), V = 1/n_x + 1/n_y + d² / 2(n_x + n_y).
    pub fn of_t(t: f64, n_x: usize, n_y: usize) -> Result<Self, Error> {
        let (n_x, n_y) = sizes(n_x, n_y)?;
        let q = 1.0 / n_x + 1.0 / n_y;
        let d = t * q.sqrt();
        Self::new(d, q + d * d / (2.0 * (n_x + n_y)))
    }

    /// As the log of an odds ratio.
    pub fn log_odds(self) -> EffectLogOdds {
        EffectLogOdds {
            log_odds_ratio: self.d * PI / 3.0_f64.sqrt(),
            variance: self.variance * PI * PI / 3.0,
        }
    }

    /// As a correlation of group and outcome, for groups of these sizes.
    pub fn r(self, n_x: usize, n_y: usize) -> Result<EffectR, Error> {
        let (n_x, n_y) = sizes(n_x, n_y)?;
        let a = (n_x + n_y) * ((n_x + n_y) / n_x / n_y);
        let sum = self.d * self.d + a;
        EffectR::new(
            self.d / sum.sqrt(),
            self.variance * a * a / (sum * sum * sum),
        )
    }
}

impl EffectLogOdds {
    /// The log of an odds ratio with its variance.
    pub fn new(log_odds_ratio: f64, variance: f64) -> Result<Self, Error> {
        let (log_odds_ratio, variance) = checked("the log odds ratio", log_odds_ratio, variance)?;
        Ok(Self {
            log_odds_ratio,
            variance,
        })
    }

    /// An estimate of a log odds ratio that has an error.
    pub fn of(estimate: &Estimate) -> Result<Self, Error> {
        let (log_odds_ratio, variance) = taken(estimate, &Measure::LogOddsRatio)?;
        Self::new(log_odds_ratio, variance)
    }

    /// As a difference in standard deviations.
    pub fn d(self) -> EffectD {
        EffectD {
            d: self.log_odds_ratio * 3.0_f64.sqrt() / PI,
            variance: self.variance * 3.0 / (PI * PI),
        }
    }
}

impl EffectR {
    /// A correlation with its variance.
    pub fn new(r: f64, variance: f64) -> Result<Self, Error> {
        let (r, variance) = checked("r", r, variance)?;
        if r.abs() >= 1.0 {
            return Err(Error::Argument {
                what: "r".to_owned(),
                expected: "a number strictly between −1 and 1",
                found: r.to_string(),
            });
        }
        Ok(Self { r, variance })
    }

    /// The correlation of n pairs: V = (1 − r²)² / (n − 1).
    pub fn of_pairs(r: f64, n: usize) -> Result<Self, Error> {
        if n < 2 {
            return Err(Error::TooFew {
                method: "a correlation",
                what: "pairs".to_owned(),
                needed: 2,
                found: n,
            });
        }
        let rest = 1.0 - r * r;
        Self::new(r, rest * rest / (n as f64 - 1.0))
    }

    /// As a difference in standard deviations, of groups of equal size.
    pub fn d(self) -> EffectD {
        let rest = (1.0 - self.r) * (1.0 + self.r);
        EffectD {
            d: 2.0 * self.r / rest.sqrt(),
            variance: 4.0 * self.variance / (rest * rest * rest),
        }
    }

    /// On Fisher's scale.
    pub fn fisher_z(self) -> EffectFisherZ {
        let rest = (1.0 - self.r) * (1.0 + self.r);
        EffectFisherZ {
            z: self.r.atanh(),
            variance: self.variance / (rest * rest),
        }
    }
}

impl EffectFisherZ {
    /// Fisher's z with its variance.
    pub fn new(z: f64, variance: f64) -> Result<Self, Error> {
        let (z, variance) = checked("Fisher's z", z, variance)?;
        Ok(Self { z, variance })
    }

    /// The correlation of n pairs: V = 1 / (n − 3).
    pub fn of_pairs(r: f64, n: usize) -> Result<Self, Error> {
        if n < 4 {
            return Err(Error::TooFew {
                method: "Fisher's z",
                what: "pairs".to_owned(),
                needed: 4,
                found: n,
            });
        }
        let r = EffectR::new(r, 0.0)?.r;
        Self::new(r.atanh(), 1.0 / (n as f64 - 3.0))
    }

    /// As a correlation.
    pub fn r(self) -> Result<EffectR, Error> {
        let r = self.z.tanh();
        // 1 − tanh² = 1/cosh², which keeps its digits far out.
        let rest = self.z.cosh().powi(-2);
        EffectR::new(r, self.variance * rest * rest)
    }
}

fn checked(what: &str, value: f64, variance: f64) -> Result<(f64, f64), Error> {
    if !value.is_finite() {
        return Err(Error::Argument {
            what: what.to_owned(),
            expected: "a finite number",
            found: value.to_string(),
        });
    }
    if !(variance.is_finite() && variance >= 0.0) {
        return Err(Error::Argument {
            what: format!("the variance of {what}"),
            expected: "a number of zero or more",
            found: variance.to_string(),
        });
    }
    Ok((value, variance))
}

fn taken(estimate: &Estimate, measure: &Measure) -> Result<(f64, f64), Error> {
    match (estimate.value.finite(), estimate.std_error) {
        (Some(value), Some(se)) if estimate.measure == *measure => Ok((value, se * se)),
        _ => Err(Error::Unsupported {
            what: format!(
                "converting `{}`, a {} {}",
                estimate.label,
                estimate.measure.name(),
                if estimate.std_error.is_some() {
                    "with a standard error"
                } else {
                    "without a standard error"
                }
            ),
            hint: format!("give a {} with its error", measure.name()),
        }),
    }
}

fn sizes(n_x: usize, n_y: usize) -> Result<(f64, f64), Error> {
    if n_x > 0 && n_y > 0 {
        return Ok((n_x as f64, n_y as f64));
    }
    Err(Error::TooFew {
        method: "a conversion",
        what: "subjects in each group".to_owned(),
        needed: 1,
        found: 0,
    })
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    reason = "a test may stop at what it did not expect"
)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn by_hand() {
        // d = 2 with equal groups: r = 2/√8, V_r = V 16/512; back: 2r/√(1 − r²) = 2.
        let r = EffectD::new(2.0, 0.32).unwrap().r(10, 10).unwrap();
        assert!((r.r - 0.5_f64.sqrt()).abs() < 1e-15 && (r.variance - 0.01).abs() < 1e-15);
        let d = r.d();
        assert!((d.d - 2.0).abs() < 1e-14 && (d.variance - 0.32).abs() < 1e-14);
        // z = atanh 0.6 = ln 2; V_r of 5 pairs (0.64)²/4, so V_z = 1/4 by way of r and 1/2 by Fisher.
        let r = EffectR::of_pairs(0.6, 5).unwrap();
        let z = r.fisher_z();
        assert!((z.z - 2.0_f64.ln()).abs() < 1e-15 && (z.variance - 0.25).abs() < 1e-15);
        assert_eq!(EffectFisherZ::of_pairs(0.6, 5).unwrap().variance, 0.5);
        // t = 3 of 4 and 12: q = 1/3, d² = 3, V = 1/3 + 3/32.
        let d = EffectD::of_t(3.0, 4, 12).unwrap();
        assert!((d.d - 3.0_f64.sqrt()).abs() < 1e-15);
        assert!((d.variance - (1.0 / 3.0 + 3.0 / 32.0)).abs() < 1e-15);
    }

    #[test]
    fn what_cannot_be_is_refused() {
        assert!(EffectR::new(1.0, 0.1).is_err());
        assert!(EffectD::new(f64::NAN, 0.1).is_err());
        assert!(EffectD::new(1.0, -0.1).is_err());
        assert!(EffectD::new(1.0, 0.1).unwrap().r(0, 4).is_err());
        assert!(EffectR::of_pairs(0.5, 1).is_err());
        assert!(EffectFisherZ::of_pairs(0.5, 3).is_err());
        assert!(EffectFisherZ::new(40.0, 0.1).unwrap().r().is_err());
    }

    proptest! {
        #[test]
        fn there_and_back(value in -3.0..3.0f64, variance in 0.0..2.0f64) {
            let d = EffectD::new(value, variance).unwrap();
            let by_odds = d.log_odds().d();
            prop_assert!((by_odds.d - value).abs() < 1e-13 && (by_odds.variance - variance).abs() < 1e-13);
            let by_r = d.r(7, 7).unwrap().d();
            prop_assert!((by_r.d - value).abs() < 1e-12 && (by_r.variance - variance).abs() < 1e-12);
            let z = EffectFisherZ::new(value, variance).unwrap();
            let by_r = z.r().unwrap().fisher_z();
            prop_assert!((by_r.z - value).abs() < 1e-10 && (by_r.variance - variance).abs() < 1e-9);
        }
    }
}
