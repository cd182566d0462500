//! The standardised mean change of subjects that were measured twice.
//!
//! ```text
//! c = (after − before) / s_c is d_z;   d = d_z k,  k = s_c / s,  df = n − 1,  h = k²/n
//! differences        d_z    k = 1              v = 1/n              w = 1/2n
//! repeated measures  d_rm   k = √(2(1 − r))    v = 2(1 − r)/n       w = (1 − r)/n
//! baseline           d_b    s = s_before       v = 2(1 − r)/n       w = 1/2n
//! average            d_av   s² = (s²_a + s²_b)/2   v = k²/(n − 1)   w = (s⁴_a + s⁴_b + 2r²s²_a s²_b)/(8 (n − 1) s⁴)
//! ```
//! d_z speaks of how alike the changes were; the others of how large they are beside the spread of
//! people, so that they can be set beside a difference of two groups. Noncentral limits are exact
//! for d_z; for the others they take k as known (Algina & Keselman 2003).
//!
//! Sources of v and w: d_z and baseline Becker (1988), doi 10.1111/j.2044-8317.1988.tb00901.x, as
//! `metafor::escalc`'s SMCC and SMCR; d_rm Borenstein et al. (2009), Introduction to Meta-Analysis,
//! equation 4.28; d_av Bonett (2008), doi 10.1037/1082-989X.13.2.99. Algina J, Keselman HJ (2003),
//! Educ Psychol Meas 63:537–553, doi 10.1177/0013164403256358.

use kring_core::{Estimate, Sample};
use serde::{Deserialize, Serialize};

use super::{Correction, Figures, Limits, Standardized, constant, rough};
use crate::t_test::Group;
use crate::{Error, narrow};

/// The options of a standardised mean change.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PairedEffect {
    /// By which standard deviation.
    pub standardizer: PairedStandardizer,
    /// Whether the small-sample bias is taken out, with n − 1 degrees of freedom.
    pub correction: Correction,
    /// Where the limits come from.
    pub limits: Limits,
    /// The level of the interval.
    pub level: f64,
}

/// The standard deviation that the unit of the change is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PairedStandardizer {
    /// That of the differences: d_z.
    #[default]
    Differences,
    /// The root of the mean of both variances: d_av.
    Average,
    /// That of the differences, corrected for their correlation: d_rm.
    RepeatedMeasures,
    /// That of the first measurement.
    Baseline,
}

/// What a paper prints of two measurements of the same subjects.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PairedFigures<'a> {
    /// The later measurement.
    pub after: Figures<'a>,
    /// The earlier measurement, of as many subjects.
    pub before: Figures<'a>,
    /// The correlation of the two; 0 where one of them does not vary.
    pub correlation: f64,
}

impl Default for PairedEffect {
    fn default() -> Self {
        Self {
            standardizer: PairedStandardizer::Differences,
            correction: Correction::Hedges,
            limits: Limits::NoncentralT,
            level: 0.95,
        }
    }
}

impl<'a> PairedFigures<'a> {
    /// The figures of two measurements of the same subjects, in the same order.
    pub fn of(after: Group<'a>, before: Group<'a>) -> Result<Self, Error> {
        if after.values.len() != before.values.len() {
            return Err(Error::Shape {
                what: format!("{} and {}", after.name, before.name),
                expected: "as many values after as before".to_owned(),
                found: format!("{} and {}", after.values.len(), before.values.len()),
            });
        }
        let (a, b) = (Figures::of(after)?, Figures::of(before)?);
        let products = after.values.iter().zip(before.values);
        let covariance: f64 = products
            .map(|(x, y)| (x - a.mean) * (y - b.mean))
            .sum::<f64>()
            / (a.n() - 1.0);
        // Without spread there is no correlation, and none is needed: it is multiplied by zero.
        let correlation = if a.sd > 0.0 && b.sd > 0.0 {
            (covariance / a.sd / b.sd).clamp(-1.0, 1.0)
        } else {
            0.0
        };
        Ok(Self {
            after: a,
            before: b,
            correlation,
        })
    }

    /// The same, if they can be the figures of two measurements.
    pub(super) fn checked(self) -> Result<Self, Error> {
        let (a, b, r) = (
            self.after.checked()?,
            self.before.checked()?,
            self.correlation,
        );
        if a.n != b.n {
            return Err(Error::Shape {
                what: format!("{} and {}", a.name, b.name),
                expected: "as many subjects after as before".to_owned(),
                found: format!("{} and {}", a.n, b.n),
            });
        }
        if !(-1.0..=1.0).contains(&r) {
            return Err(Error::Argument {
                what: format!("the correlation of {} and {}", a.name, b.name),
                expected: "a number from −1 to 1",
                found: r.to_string(),
            });
        }
        Ok(self)
    }

    /// The variance of the differences; zero where only rounding sets the deviations or r from one another
    /// apart, so that a change that is the same for all is known as such.
    fn variance_of_differences(&self) -> f64 {
        const ROUNDING: f64 = 1e-14;
        let (a, b) = (self.after.sd, self.before.sd);
        let unless_rounding =
            |x: f64, scale: f64| if x.abs() <= ROUNDING * scale { 0.0 } else { x };
        let apart = unless_rounding(a - b, a.max(b));
        let unlike = unless_rounding(1.0 - self.correlation, 1.0);
        // (a − b)² + 2ab(1 − r): nothing large is subtracted.
        apart * apart + 2.0 * a * b * unlike
    }
}

impl PairedEffect {
    /// The standardised change `after` − `before` of the same subjects, in the same order.
    ///
    /// ```
    /// use kring_stats::effect_size::{Correction, PairedEffect};
    /// use kring_stats::t_test::Group;
    /// let after = Group { name: "after", values: &[2.0, 5.0, 5.0] };
    /// let before = Group { name: "before", values: &[1.0, 2.0, 3.0] };
    /// let options = PairedEffect { correction: Correction::None, ..PairedEffect::default() };
    /// // Differences 1, 3, 2: mean 2, standard deviation 1.
    /// let d_z = options.paired(after, before)?;
    /// assert!((d_z.value.finite().unwrap() - 2.0).abs() < 1e-12);
    /// # Ok::<(), kring_stats::Error>(())
    /// ```
    pub fn paired(&self, after: Group<'_>, before: Group<'_>) -> Result<Estimate, Error> {
        self.of_figures(PairedFigures::of(after, before)?)
    }

    /// The same from what a paper prints.
    pub fn of_figures(&self, figures: PairedFigures<'_>) -> Result<Estimate, Error> {
        let PairedFigures {
            after: a,
            before: b,
            correlation: r,
        } = figures.checked()?;
        let (n, df) = (a.n(), a.n() - 1.0);
        let variance = figures.variance_of_differences();
        let change = a.mean - b.mean;
        let rounding = 10.0 * f64::EPSILON * a.mean.abs().max(b.mean.abs());
        if variance.sqrt() <= rounding || variance == 0.0 {
            return Err(constant(format!(
                "the change from {} to {}",
                b.name, a.name
            )));
        }
        let (v_a, v_b) = (a.sd * a.sd, b.sd * b.sd);
        if !(variance.is_finite() && (v_a * v_a + v_b * v_b).is_finite()) {
            return Err(Error::Overflow {
                what: format!("the variance of {} and {}", a.name, b.name),
            });
        }
        let average = f64::midpoint(v_a, v_b);
        let unlike = 2.0 * (1.0 - r);
        // k² for each, then v and w.
        let (k2, v, w) = match self.standardizer {
            PairedStandardizer::Differences => (1.0, 1.0 / n, 0.5 / n),
            PairedStandardizer::RepeatedMeasures => (unlike, unlike / n, unlike / (2.0 * n)),
            PairedStandardizer::Baseline => (variance / v_b, unlike / n, 0.5 / n),
            PairedStandardizer::Average => {
                let k2 = variance / average;
                let spread = v_a * v_a + v_b * v_b + 2.0 * r * r * v_a * v_b;
                (k2, k2 / df, spread / (8.0 * df * average * average))
            }
        };
        if self.standardizer == PairedStandardizer::Baseline && v_b == 0.0 {
            return Err(constant(b.name.to_owned()));
        }
        let name = match self.standardizer {
            PairedStandardizer::Differences => "d_z (by the SD of the differences)",
            PairedStandardizer::Average => "d_av (by the average SD)",
            PairedStandardizer::RepeatedMeasures => "d_rm (repeated measures)",
            PairedStandardizer::Baseline => "standardised change (by the SD before)",
        };
        let corrected = match self.correction {
            Correction::None => "",
            Correction::Hedges => ", Hedges's correction",
        };
        Standardized {
            label: format!("{} − {}", a.name, b.name),
            method: format!("{name}{corrected}"),
            d: change / variance.sqrt() * k2.sqrt(),
            h: k2 / n,
            df,
            v,
            w,
            sample: Sample::of(a.n),
            cautions: {
                let exact = self.standardizer == PairedStandardizer::Differences;
                let corrected = exact
                    && self.correction == Correction::Hedges
                    && self.limits == Limits::NoncentralT;
                let doubt = narrow::CORRECTED_DZ.when(corrected && a.n < narrow::FEW);
                let rough = rough(exact, self.limits, df);
                rough.into_iter().chain(doubt).collect()
            },
        }
        .estimate(self.correction, self.limits, self.level)
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    reason = "a test may stop at what it did not expect"
)]
mod tests {
    use super::*;

    /// Variances 4 and 1, r = 1/2: differences have variance 4 + 1 − 2 = 3; mean change 3.
    const FIGURES: PairedFigures<'static> = PairedFigures {
        after: Figures {
            name: "after",
            n: 9,
            mean: 5.0,
            sd: 2.0,
        },
        before: Figures {
            name: "before",
            n: 9,
            mean: 2.0,
            sd: 1.0,
        },
        correlation: 0.5,
    };

    fn of(standardizer: PairedStandardizer) -> PairedEffect {
        PairedEffect {
            standardizer,
            correction: Correction::None,
            limits: Limits::Normal,
            level: 0.95,
        }
    }

    #[test]
    fn by_hand() {
        let check = |standardizer, d: f64, variance: f64| {
            let found = of(standardizer).of_figures(FIGURES).unwrap();
            assert!((found.value.finite().unwrap() - d).abs() < 1e-14);
            assert!((found.std_error.unwrap().powi(2) - variance).abs() < 1e-14);
        };
        let root3 = 3.0_f64.sqrt();
        check(
            PairedStandardizer::Differences,
            root3,
            1.0 / 9.0 + 3.0 / 18.0,
        );
        // 2(1 − r) = 1: d_rm is d_z, V = (1/9 + 3/18) · 1.
        check(
            PairedStandardizer::RepeatedMeasures,
            root3,
            1.0 / 9.0 + 3.0 / 18.0,
        );
        check(PairedStandardizer::Baseline, 3.0, 1.0 / 9.0 + 9.0 / 18.0);
        // Average 5/2: d² = 9/2.5 = 3.6; V = 3/(8 · 2.5) + 3.6 (16 + 1 + 2 · ¼ · 4) / (8 · 8 · 6.25).
        check(
            PairedStandardizer::Average,
            3.6_f64.sqrt(),
            0.15 + 3.6 * 19.0 / 400.0,
        );
    }

    #[test]
    fn values_give_the_same_as_their_figures() {
        // Before 1, 2, 3 and after 2, 5, 5: covariance (−1 · −2 + 0 + 1 · 1) / 2 = 3/2.
        let after = Group {
            name: "after",
            values: &[2.0, 5.0, 5.0],
        };
        let before = Group {
            name: "before",
            values: &[1.0, 2.0, 3.0],
        };
        let figures = PairedFigures::of(after, before).unwrap();
        assert!((figures.correlation - 1.5 / 3.0_f64.sqrt()).abs() < 1e-15);
        assert!((figures.variance_of_differences() - 1.0).abs() < 1e-14);
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let effect = PairedEffect::default();
        let wrong = PairedFigures {
            correlation: 1.2,
            ..FIGURES
        };
        assert!(effect.of_figures(wrong).is_err());
        // r = 1 with equal spread: everybody changed by the same.
        let same = PairedFigures {
            after: Figures {
                sd: 1.0,
                ..FIGURES.after
            },
            correlation: 1.0,
            ..FIGURES
        };
        assert_eq!(
            effect.of_figures(same).unwrap_err().to_string(),
            "the change from before to after is constant, so a standardised difference has no error to measure differences by"
        );
        let fewer = PairedFigures {
            after: Figures {
                n: 8,
                ..FIGURES.after
            },
            ..FIGURES
        };
        assert!(matches!(effect.of_figures(fewer), Err(Error::Shape { .. })));
        let one = Group {
            name: "x",
            values: &[1.0, 2.0],
        };
        let two = Group {
            name: "y",
            values: &[1.0],
        };
        assert!(matches!(effect.paired(one, two), Err(Error::Shape { .. })));
        // A constant start: the changes vary, but its standard deviation is no unit.
        let flat = Group {
            name: "y",
            values: &[1.0, 1.0],
        };
        let of_start = of(PairedStandardizer::Baseline).paired(one, flat);
        assert!(matches!(of_start, Err(Error::Constant { .. })));
        assert!(
            of(PairedStandardizer::Differences)
                .paired(one, flat)
                .is_ok()
        );
    }

    #[test]
    fn two_subjects_have_an_effect_but_no_correction() {
        let two = PairedFigures {
            after: Figures {
                n: 2,
                ..FIGURES.after
            },
            before: Figures {
                n: 2,
                ..FIGURES.before
            },
            ..FIGURES
        };
        let plain = PairedEffect {
            correction: Correction::None,
            ..PairedEffect::default()
        };
        let found = plain.of_figures(two).unwrap();
        assert!(found.interval.unwrap().low.unwrap() < found.value.finite().unwrap());
        assert!(matches!(
            PairedEffect::default().of_figures(two),
            Err(Error::Argument { .. })
        ));
    }
}
