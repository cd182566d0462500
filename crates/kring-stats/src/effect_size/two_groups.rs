//! The standardised difference of the means of two independent groups.
//!
//! ```text
//! d = (x̄ − ȳ) / s                     s                   df             h, v                 w
//! pooled    Cohen's d, Hedges's g     √(SS_x + SS_y)/df   n_x + n_y − 2  1/n_x + 1/n_y        1 / 2(n_x + n_y)
//! average   Bonett's d                √((s²_x + s²_y)/2)  Welch's        (s²_x/n_x + s²_y/n_y)/s²   (see below)
//! one group Glass's Δ                 s of that group     n − 1 of it    (s²_x/n_x + s²_y/n_y)/s²   1 / 2n of it
//! ```
//! Average: v = (s²_x/(n_x − 1) + s²_y/(n_y − 1)) / s², w = (s⁴_x/(n_x − 1) + s⁴_y/(n_y − 1)) / 8s⁴
//! (Bonett 2008, equation 10). Assumes independent subjects and about normal values; pooled also one
//! variance. Figures are those of R's `effectsize` (noncentral t) and `metafor::escalc` (normal:
//! SMD, SMD1H); where `escalc` corrects Bonett's d with n_x + n_y − 2, this corrects with Welch's df.
//!
//! Bonett DG (2008), Psychol Methods 13:99–109, doi 10.1037/1082-989X.13.2.99; Glass GV (1976), Educ Res
//! 5:3–8, doi 10.3102/0013189X005010003.

use kring_core::{Estimate, Sample};
use serde::{Deserialize, Serialize};

use super::{Correction, Figures, Limits, Standardized, constant, rough};
use crate::t_test::Group;
use crate::{Error, narrow};

/// The options of a standardised difference of two groups.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MeanEffect {
    /// By which standard deviation.
    pub standardizer: Standardizer,
    /// Whether the small-sample bias is taken out.
    pub correction: Correction,
    /// Where the limits come from.
    pub limits: Limits,
    /// The level of the interval.
    pub level: f64,
}

/// The standard deviation that the unit of the difference is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standardizer {
    /// That within both groups, taken as one: Cohen's d and Hedges's g.
    #[default]
    Pooled,
    /// The root of the mean of both variances: where these differ.
    Average,
    /// That of the first group: Glass's Δ where the first are the controls.
    First,
    /// That of the second group: Glass's Δ where the second are the controls.
    Second,
}

impl Default for MeanEffect {
    fn default() -> Self {
        Self {
            standardizer: Standardizer::Pooled,
            correction: Correction::Hedges,
            limits: Limits::NoncentralT,
            level: 0.95,
        }
    }
}

/// A variance that is larger than another's by more than this is no chance: 1.25 in standard deviations.
const MUCH_MORE: f64 = 1.5625;

impl MeanEffect {
    /// The standardised difference x − y of two groups.
    ///
    /// ```
    /// use kring_stats::effect_size::MeanEffect;
    /// use kring_stats::t_test::Group;
    /// let x = Group { name: "EKC", values: &[6.0, 8.0, 7.0, 5.0] };
    /// let y = Group { name: "WT", values: &[4.0, 5.0, 3.0, 6.0] };
    /// let g = MeanEffect::default().two_samples(x, y)?;
    /// // d = 2 / √(5/3), J = 0.8686 with six degrees of freedom.
    /// assert!((g.value.finite().unwrap() - 1.345_671).abs() < 1e-6);
    /// # Ok::<(), kring_stats::Error>(())
    /// ```
    pub fn two_samples(&self, x: Group<'_>, y: Group<'_>) -> Result<Estimate, Error> {
        self.of_figures(Figures::of(x)?, Figures::of(y)?)
    }

    /// The same from what a paper prints of the two groups.
    pub fn of_figures(&self, x: Figures<'_>, y: Figures<'_>) -> Result<Estimate, Error> {
        let (x, y) = (x.checked()?, y.checked()?);
        let (n_x, n_y) = (x.n(), y.n());
        let (v_x, v_y) = (x.sd * x.sd, y.sd * y.sd);
        // The variance of the difference of means, each with its own.
        let v_d = v_x / n_x + v_y / n_y;
        let (s2, df, v, w) = match self.standardizer {
            Standardizer::Pooled => {
                let df = n_x + n_y - 2.0;
                let s2 = ((n_x - 1.0) * v_x + (n_y - 1.0) * v_y) / df;
                (s2, df, 1.0 / n_x + 1.0 / n_y, 0.5 / (n_x + n_y))
            }
            Standardizer::Average => {
                let s2 = f64::midpoint(v_x, v_y);
                let (e_x, e_y) = (v_x / n_x, v_y / n_y);
                let df = v_d * v_d / (e_x * e_x / (n_x - 1.0) + e_y * e_y / (n_y - 1.0));
                let v = (v_x / (n_x - 1.0) + v_y / (n_y - 1.0)) / s2;
                let w = (v_x * v_x / (n_x - 1.0) + v_y * v_y / (n_y - 1.0)) / (8.0 * s2 * s2);
                (s2, df, v, w)
            }
            Standardizer::First => (v_x, n_x - 1.0, v_d / v_x, 0.5 / n_x),
            Standardizer::Second => (v_y, n_y - 1.0, v_d / v_y, 0.5 / n_y),
        };
        if !(s2.is_finite() && v_d.is_finite()) {
            return Err(Error::Overflow {
                what: format!("the variance of {} and {}", x.name, y.name),
            });
        }
        // An error this small beside the means is rounding, as in the t test.
        let rounding = 10.0 * f64::EPSILON * x.mean.abs().max(y.mean.abs());
        if s2 == 0.0 || s2.sqrt() <= rounding {
            return Err(constant(match self.standardizer {
                Standardizer::Pooled | Standardizer::Average => {
                    format!("each of {} and {}", x.name, y.name)
                }
                Standardizer::First => x.name.to_owned(),
                Standardizer::Second => y.name.to_owned(),
            }));
        }
        let h = match self.standardizer {
            Standardizer::Average => v_d / s2,
            _ => v,
        };
        let name = match (self.standardizer, self.correction) {
            (Standardizer::Pooled, Correction::None) => "Cohen's d".to_owned(),
            (Standardizer::Pooled, Correction::Hedges) => "Hedges's g".to_owned(),
            (Standardizer::Average, _) => "Bonett's d (average variance)".to_owned(),
            (Standardizer::First, _) => format!("Glass's Δ (by the SD of {})", x.name),
            (Standardizer::Second, _) => format!("Glass's Δ (by the SD of {})", y.name),
        };
        let corrected = match (self.standardizer, self.correction) {
            (Standardizer::Pooled, _) | (_, Correction::None) => "",
            (_, Correction::Hedges) => ", Hedges's correction",
        };
        Standardized {
            label: format!("{} − {}", x.name, y.name),
            method: format!("{name}{corrected}"),
            d: (x.mean - y.mean) / s2.sqrt(),
            h,
            df,
            v,
            w,
            sample: Sample {
                rows: x.n + y.n,
                groups: [x, y].map(|g| (g.name.to_owned(), g.n)).to_vec(),
                ..Sample::default()
            },
            cautions: {
                // By how much the variance of the other group exceeds that of the unit.
                let excess = match self.standardizer {
                    Standardizer::First => v_y / v_x,
                    Standardizer::Second => v_x / v_y,
                    Standardizer::Pooled | Standardizer::Average => 1.0,
                };
                let normal = self.limits == Limits::Normal;
                let rough = rough(self.standardizer == Standardizer::Pooled, self.limits, df);
                let doubt = narrow::GLASS_NORMAL.when(normal && excess > MUCH_MORE);
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
    use kring_core::{Alternative, IntervalKind, Reference};
    use proptest::prelude::*;

    use super::*;
    use crate::dist;

    const X: Figures<'static> = Figures {
        name: "EKC",
        n: 4,
        mean: 5.0,
        sd: 2.0,
    };
    const Y: Figures<'static> = Figures {
        name: "WT",
        n: 9,
        mean: 2.0,
        sd: 1.0,
    };

    fn of(standardizer: Standardizer) -> MeanEffect {
        MeanEffect {
            standardizer,
            correction: Correction::None,
            limits: Limits::Normal,
            level: 0.95,
        }
    }

    #[test]
    fn by_hand() {
        let found = |standardizer| {
            let estimate = of(standardizer).of_figures(X, Y).unwrap();
            [
                estimate.value.finite().unwrap(),
                estimate.std_error.unwrap().powi(2),
            ]
        };
        let close = |[a, b]: [f64; 2], c: f64, d: f64| {
            assert!((a - c).abs() < 1e-14 && (b - d).abs() < 1e-14, "{a} {b}");
        };
        // Pooled variance (3 · 4 + 8 · 1) / 11 = 20/11; V = 1/4 + 1/9 + d²/26.
        let d2 = 9.0 * 11.0 / 20.0;
        close(
            found(Standardizer::Pooled),
            f64::sqrt(d2),
            13.0 / 36.0 + d2 / 26.0,
        );
        // Average variance 5/2: d² = 18/5, v = (4/3 + 1/8) / (5/2), w = (16/3 + 1/8) / 50.
        let v = (4.0 / 3.0 + 0.125) / 2.5 + 3.6 * (16.0 / 3.0 + 0.125) / 50.0;
        close(found(Standardizer::Average), 3.6_f64.sqrt(), v);
        // Mean difference's variance 1 + 1/9; Δ = 1.5 with V = (10/9)/4 + 2.25/8, and 3 with 10/9 + 9/18.
        close(found(Standardizer::First), 1.5, 10.0 / 36.0 + 2.25 / 8.0);
        close(found(Standardizer::Second), 3.0, 10.0 / 9.0 + 0.5);
    }

    #[test]
    fn the_noncentral_interval_and_the_t_test_agree_about_zero() {
        // At the level of one less the p-value the interval touches zero. The pooled variance is 20/11,
        // so t is the difference 1.5 over √(20/11 (1/4 + 1/9)).
        let effect = MeanEffect {
            correction: Correction::None,
            ..MeanEffect::default()
        };
        let at = |mean| effect.of_figures(Figures { mean, ..X }, Y).unwrap();
        assert_eq!(at(3.5).p_value, None);
        let t = 1.5 / (20.0 / 11.0 * (0.25 + 1.0 / 9.0_f64)).sqrt();
        let of_t = Reference::StudentT { df: 11.0 };
        let p = dist::p_value(t, of_t, Alternative::TwoSided).unwrap();
        let touching = MeanEffect {
            level: 1.0 - p,
            ..effect
        };
        let touching = touching.of_figures(Figures { mean: 3.5, ..X }, Y).unwrap();
        let interval = touching.interval.unwrap();
        assert!(interval.low.unwrap().abs() < 1e-12 && interval.kind == IntervalKind::Noncentral);
    }

    #[test]
    fn a_huge_effect_has_its_interval() {
        // With a huge t the normal part vanishes and δ = t √(χ²/df): of eleven degrees of freedom the
        // printed table of χ² has 3.816 at 0.025 and 21.920 at 0.975.
        let far = Figures { mean: 1e7, ..X };
        let effect = MeanEffect {
            correction: Correction::None,
            ..MeanEffect::default()
        };
        let found = effect.of_figures(far, Y).unwrap();
        let (d, interval) = (found.value.finite().unwrap(), found.interval.unwrap());
        assert!((interval.low.unwrap() / d - (3.816_f64 / 11.0).sqrt()).abs() < 1e-4);
        assert!((interval.high.unwrap() / d - (21.920_f64 / 11.0).sqrt()).abs() < 1e-4);
        let wide = Figures { sd: 1e200, ..X };
        assert!(matches!(
            effect.of_figures(wide, Y),
            Err(Error::Overflow { .. })
        ));
    }

    #[test]
    fn what_has_no_standard_deviation_is_refused() {
        let same = Figures { sd: 0.0, ..Y };
        let says = |found: Result<Estimate, Error>, text: &str| {
            assert_eq!(found.unwrap_err().to_string(), text);
        };
        says(
            of(Standardizer::Second).of_figures(X, same),
            "WT is constant, so a standardised difference has no error to measure differences by",
        );
        assert!(of(Standardizer::First).of_figures(X, same).is_ok());
        says(
            of(Standardizer::Pooled).of_figures(Figures { sd: 0.0, ..X }, same),
            "each of EKC and WT is constant, so a standardised difference has no error to measure differences by",
        );
        says(
            of(Standardizer::Pooled).of_figures(Figures { n: 1, ..X }, Y),
            "a standardised difference needs at least 2 values in EKC, but there is 1",
        );
        assert!(
            of(Standardizer::Pooled)
                .of_figures(Figures { sd: -1.0, ..X }, Y)
                .is_err()
        );
        assert!(
            of(Standardizer::Pooled)
                .of_figures(Figures { sd: f64::NAN, ..X }, Y)
                .is_err()
        );
        let missing = Group {
            name: "EKC",
            values: &[1.0, f64::NAN],
        };
        says(
            of(Standardizer::Pooled).two_samples(missing, missing),
            "EKC holds a value that is not a finite number at row 2; mark it as missing instead",
        );
        let wild = MeanEffect {
            level: 1.0,
            ..MeanEffect::default()
        };
        assert!(wild.of_figures(X, Y).is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn another_unit_changes_nothing_and_the_other_way_round_changes_the_sign(
            a in -9.0..9.0f64, b in 0.1..5.0f64, c in 0.1..5.0f64, scale in 0.01..50.0f64,
        ) {
            let (x, y) = (Figures { mean: a, sd: b, ..X }, Figures { sd: c, ..Y });
            let scaled = |f: Figures<'static>| Figures { mean: scale * f.mean + 7.0, sd: scale * f.sd, ..f };
            for standardizer in [Standardizer::Pooled, Standardizer::Average, Standardizer::First, Standardizer::Second] {
                for limits in [Limits::NoncentralT, Limits::Normal] {
                    let effect = MeanEffect { standardizer, limits, ..MeanEffect::default() };
                    let back = match standardizer {
                        Standardizer::First => Standardizer::Second,
                        Standardizer::Second => Standardizer::First,
                        other => other,
                    };
                    let reverse = MeanEffect { standardizer: back, ..effect };
                    let one = effect.of_figures(x, y).unwrap();
                    let unit = effect.of_figures(scaled(x), scaled(y)).unwrap();
                    let other = reverse.of_figures(y, x).unwrap();
                    let ends = |e: &Estimate| [e.value.finite().unwrap(), e.interval.unwrap().low.unwrap(), e.interval.unwrap().high.unwrap()];
                    let [d, low, high] = ends(&one);
                    let near = |a: f64, b: f64| (a - b).abs() < 1e-8 * (1.0 + b.abs());
                    let [d1, low1, high1] = ends(&unit);
                    let [d2, low2, high2] = ends(&other);
                    prop_assert!(near(d1, d) && near(low1, low) && near(high1, high));
                    prop_assert!(near(-d2, d) && near(-high2, low) && near(-low2, high));
                    prop_assert!(low <= d && d <= high);
                }
            }
        }
    }
}
