//! The difference of change between two arms, in standard deviations at baseline.
//!
//! ```text
//! d_ppc2 = c [(M_post,T − M_pre,T) − (M_post,C − M_pre,C)] / S_pre      c = 1 − 3 / (4(n_T + n_C − 2) − 1)
//! S²_pre = ((n_T − 1) S²_pre,T + (n_C − 1) S²_pre,C) / (n_T + n_C − 2)
//! V = 2c²(1 − ρ) q (N − 2)/(N − 4) (1 + Δ² / (2(1 − ρ) q)) − Δ²,   q = 1/n_T + 1/n_C,  N = n_T + n_C
//! ```
//! Morris's equations 8 and 25, with Δ = d_ppc2 and ρ the correlation of both waves within the arms
//! (their covariances and variances pooled). Assumes that both arms have one variance at both waves
//! and one ρ; take it where arms were not alike at the start and randomisation is doubtful, for
//! change alone does not tell what the start would have done by itself (regression to the mean).
//!
//! Morris SB (2008), Organ Res Methods 11:364–386, doi 10.1177/1094428106291059.

use kring_core::{
    Alternative, Caution, Estimate, Interval, IntervalKind, Measure, Reference, Sample, Value,
};
use serde::{Deserialize, Serialize};

use super::{PairedFigures, constant};
use crate::t_test::Group;
use crate::{Error, dist};

/// The options of a standardised difference of change.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ChangeEffect {
    /// The level of the interval, which is normal.
    pub level: f64,
}

/// One arm, measured before and after.
#[derive(Debug, Clone, Copy)]
pub struct Arm<'a> {
    /// What it is called.
    pub name: &'a str,
    /// The values before, of the same subjects in the same order as those after.
    pub before: &'a [f64],
    /// The values after.
    pub after: &'a [f64],
}

impl Default for ChangeEffect {
    fn default() -> Self {
        Self { level: 0.95 }
    }
}

impl<'a> Arm<'a> {
    fn figures(self) -> Result<PairedFigures<'a>, Error> {
        let group = |values| Group {
            name: self.name,
            values,
        };
        PairedFigures::of(group(self.after), group(self.before))
    }
}

impl ChangeEffect {
    /// How much more the first arm changed than the second.
    ///
    /// ```
    /// use kring_stats::effect_size::{Arm, ChangeEffect};
    /// let ekc = Arm { name: "EKC", before: &[1.0, 3.0, 5.0], after: &[4.0, 5.0, 9.0] };
    /// let wt = Arm { name: "WT", before: &[2.0, 4.0, 6.0], after: &[3.0, 4.0, 8.0] };
    /// // Changes 3 and 1, S_pre = 2, c = 1 − 3/15.
    /// let d = ChangeEffect::default().arms(ekc, wt)?;
    /// assert!((d.value.finite().unwrap() - 0.8).abs() < 1e-12);
    /// # Ok::<(), kring_stats::Error>(())
    /// ```
    pub fn arms(&self, treated: Arm<'_>, control: Arm<'_>) -> Result<Estimate, Error> {
        self.of_figures(treated.figures()?, control.figures()?)
    }

    /// The same from what a paper prints of both arms; each is called as its figures before.
    pub fn of_figures(
        &self,
        treated: PairedFigures<'_>,
        control: PairedFigures<'_>,
    ) -> Result<Estimate, Error> {
        let arms = [treated, control];
        for arm in arms {
            arm.checked()?;
        }
        let n = treated.before.n + control.before.n;
        if n < 5 {
            return Err(Error::TooFew {
                method: "the variance of d_ppc2",
                what: "subjects in both arms together".to_owned(),
                needed: 5,
                found: n,
            });
        }
        let df = n as f64 - 2.0;
        let pooled = |of: fn(&PairedFigures<'_>) -> f64| -> f64 {
            arms.iter()
                .map(|arm| (arm.before.n() - 1.0) * of(arm))
                .sum::<f64>()
                / df
        };
        let pre = pooled(|arm| arm.before.sd * arm.before.sd);
        let post = pooled(|arm| arm.after.sd * arm.after.sd);
        if !(pre * post).is_finite() {
            return Err(Error::Overflow {
                what: "the variance of the measurements".to_owned(),
            });
        }
        let largest = arms
            .iter()
            .map(|arm| arm.before.mean.abs())
            .fold(0.0, f64::max);
        if pre == 0.0 || pre.sqrt() <= 10.0 * f64::EPSILON * largest {
            return Err(constant("the measurement before".to_owned()));
        }
        let covariance = pooled(|arm| arm.correlation * arm.before.sd * arm.after.sd);
        let rho = if post > 0.0 {
            (covariance / (pre * post).sqrt()).clamp(-1.0, 1.0)
        } else {
            0.0
        };
        let change = |arm: PairedFigures<'_>| arm.after.mean - arm.before.mean;
        let c = 1.0 - 3.0 / (4.0 * df - 1.0);
        let d = c * (change(treated) - change(control)) / pre.sqrt();
        let q = 1.0 / treated.before.n() + 1.0 / control.before.n();
        // Morris's equation 25, multiplied out, so that ρ = 1 divides nothing.
        let shrink = c * c * df / (df - 2.0);
        let variance = shrink * (2.0 * (1.0 - rho) * q + d * d) - d * d;
        let mut cautions = vec![Caution::Note(
            "Change scores take the arms as alike but for their level at the start; regression to \
             the mean may pass for an effect."
                .to_owned(),
        )];
        let std_error = if variance > 0.0 {
            Some(variance.sqrt())
        } else {
            cautions.push(Caution::Note(
                "Morris's variance is not above zero here: no interval can be given.".to_owned(),
            ));
            None
        };
        dist::check_level(self.level)?;
        let reference = Reference::Normal;
        let width = dist::critical(self.level, reference)?;
        let p_value = std_error
            .map(|se| dist::p_value(d / se, reference, Alternative::TwoSided))
            .transpose()?;
        let estimate = Estimate {
            label: format!("{} − {}", treated.before.name, control.before.name),
            measure: Measure::StandardizedMeanDifference,
            value: Value::Value(d),
            std_error,
            null: 0.0,
            alternative: Alternative::TwoSided,
            reference,
            interval: std_error.map(|se| Interval {
                low: Some(d - width * se),
                high: Some(d + width * se),
                level: self.level,
                kind: IntervalKind::Wald,
            }),
            p_value,
            sample: Sample {
                rows: n,
                groups: arms
                    .map(|arm| (arm.before.name.to_owned(), arm.before.n))
                    .to_vec(),
                ..Sample::default()
            },
            method: "d_ppc2 of pre–post–control (Morris 2008), normal interval".to_owned(),
            cautions,
        };
        Ok(estimate.checked()?)
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    reason = "a test may stop at what it did not expect"
)]
mod tests {
    use super::super::Figures;
    use super::*;

    fn arm(name: &str, n: usize, before: f64, after: f64) -> PairedFigures<'_> {
        let figures = |mean, sd| Figures { name, n, mean, sd };
        PairedFigures {
            after: figures(after, 3.0),
            before: figures(before, 2.0),
            correlation: 0.75,
        }
    }

    #[test]
    fn by_hand() {
        // df = 10, c = 1 − 3/39 = 12/13; change 4 − 1 = 3 over 2; q = 1/4 + 1/8 = 3/8.
        let found = ChangeEffect::default()
            .of_figures(arm("EKC", 4, 1.0, 5.0), arm("WT", 8, 2.0, 3.0))
            .unwrap();
        let c: f64 = 12.0 / 13.0;
        let d = c * 1.5;
        // Equation 25 as printed: 2c²(1 − ρ) q (10/8) (1 + Δ²/(2(1 − ρ)q)) − Δ², 2(1 − ρ)q = 3/16.
        let v = c * c * 0.1875 * 1.25 * (1.0 + d * d / 0.1875) - d * d;
        assert!((found.value.finite().unwrap() - d).abs() < 1e-14);
        assert!((found.std_error.unwrap().powi(2) - v).abs() < 1e-14);
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let effect = ChangeEffect::default();
        let flat = PairedFigures {
            before: Figures {
                name: "EKC",
                n: 4,
                mean: 1.0,
                sd: 0.0,
            },
            ..arm("EKC", 4, 1.0, 5.0)
        };
        assert!(matches!(
            effect.of_figures(flat, flat),
            Err(Error::Constant { .. })
        ));
        let two = arm("EKC", 2, 1.0, 2.0);
        assert_eq!(
            effect.of_figures(two, two).unwrap_err().to_string(),
            "the variance of d_ppc2 needs at least 5 subjects in both arms together, but there are 4"
        );
        let wild = PairedFigures {
            correlation: f64::NAN,
            ..arm("EKC", 4, 1.0, 5.0)
        };
        assert!(matches!(
            effect.of_figures(wild, two),
            Err(Error::Argument { .. })
        ));
        let short = Arm {
            name: "EKC",
            before: &[1.0, 2.0],
            after: &[1.0],
        };
        assert!(matches!(
            effect.arms(short, short),
            Err(Error::Shape { .. })
        ));
    }

    #[test]
    fn no_spread_around_the_change_leaves_no_interval() {
        // ρ = 1: V = (c² df/(df − 2) − 1) d², which is below zero for so few.
        let perfect = |name, after| PairedFigures {
            correlation: 1.0,
            ..arm(name, 3, 1.0, after)
        };
        let found = ChangeEffect::default()
            .of_figures(perfect("EKC", 5.0), perfect("WT", 1.0))
            .unwrap();
        // df = 4, c = 0.8: 0.64 · 2 − 1 is above zero; with eight subjects and more it is not.
        assert!(found.std_error.is_some());
        let large = |name, after| PairedFigures {
            correlation: 1.0,
            ..arm(name, 300, 1.0, after)
        };
        let found = ChangeEffect::default()
            .of_figures(large("EKC", 1.0), large("WT", 1.0))
            .unwrap();
        assert_eq!((found.std_error, found.p_value), (None, None));
        assert_eq!(found.cautions.len(), 2);
    }
}
