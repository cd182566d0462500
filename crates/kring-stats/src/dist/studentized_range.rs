//! The studentised range, which Tukey's comparisons of several groups are read from.
//!
//! ```text
//! Q = W/S     W the range of k standard normals, S² an independent χ² of ν over ν
//! range       P(W > w) = k ∫ φ(z) {A^(k−1) − (A − B)^(k−1)} dz,  A = Φ(z),  B = Φ(z − w)
//!             P(W ≤ w) = k ∫ φ(z) (A − B)^(k−1) dz
//! tails       P(Q > q) = ∫ f(u) P(W > q eᵘ) du,  u = ln s,
//!             ln f(u) = ln 2 + ½ ln(ν/2) − ½ ln 2π − δ(ν/2) − (ν/2)(e²ᵘ − 1 − 2u)
//! two groups  P(Q > q) = 2 P(t > q/√2) with ν degrees of freedom
//! ```
//! Both integrands are analytic and vanish fast at both ends, so that the trapezoidal rule converges
//! geometrically (Trefethen & Weideman (2014), SIAM Review 56:385–458, doi 10.1137/130932132).
//! A − (A − B) is never formed: the difference of powers is −A^(k−1) expm1((k−1) ln(1 − B/A)), so
//! upper tails keep their digits. Right to 1e-11 (mpmath); R's `ptukey` to about 1e-9.
//!
//! Copenhaver MD & Holland B (1988), Journal of Statistical Computation and Simulation 30:1–15,
//! doi 10.1080/00949658808811082.

use kring_core::Reference;

use super::special::stirling_error;
use super::{check_tail, no_quantile, positive, upper_normal, upper_tail};
use crate::Error;
use crate::root::{Tangent, newton};

/// The distribution of the range of so many means in units of their estimated error.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StudentizedRange {
    /// Not always whole: see [`Self::between`].
    groups: f64,
    /// Infinite where the error is known.
    df: f64,
}

/// Terms that are smaller than this share of the sum change no digit of it.
const NEGLIGIBLE: f64 = 1e-18;

impl StudentizedRange {
    /// The range of this many means, two or more, with these degrees of freedom of their error.
    ///
    /// ```
    /// use kring_stats::dist::StudentizedRange;
    /// let three = StudentizedRange::new(3, 10.0)?;
    /// assert!((three.upper_quantile(0.05)? - 3.876_776_75).abs() < 1e-7);
    /// # Ok::<(), kring_stats::Error>(())
    /// ```
    pub fn new(groups: u32, df: f64) -> Result<Self, Error> {
        if groups < 2 {
            return Err(Error::TooFew {
                method: "the studentised range",
                what: "groups".to_owned(),
                needed: 2,
                found: groups as usize,
            });
        }
        let df = positive("degrees of freedom", df)?;
        Ok(Self {
            groups: f64::from(groups),
            df,
        })
    }

    /// The range of so many means of t or normal statistics. The number need not be whole: the integrals
    /// are defined between.
    pub(crate) fn between(groups: f64, reference: Reference) -> Result<Self, Error> {
        let df = match reference {
            Reference::StudentT { df } => positive("degrees of freedom", df)?,
            Reference::Normal => f64::INFINITY,
            _ => {
                return Err(Error::Unsupported {
                    what: "a range of statistics that are neither t nor normal".to_owned(),
                    hint: "adjust their p-values by Holm's method".to_owned(),
                });
            }
        };
        Ok(Self {
            groups: groups.max(2.0),
            df,
        })
    }

    /// P(Q > q), q a number.
    pub fn upper_tail(&self, q: f64) -> Result<f64, Error> {
        self.tail(q, Side::Upper)
    }

    /// P(Q ≤ q), q a number.
    pub fn lower_tail(&self, q: f64) -> Result<f64, Error> {
        self.tail(q, Side::Lower)
    }

    /// The value that the range exceeds with probability p.
    pub fn upper_quantile(&self, p: f64) -> Result<f64, Error> {
        check_tail(p)?;
        let (side, target, sign) = if p <= 0.5 {
            (Side::Upper, p, -1.0)
        } else {
            (Side::Lower, 1.0 - p, 1.0)
        };
        // ln of the tail in ln q, with the derivative by a central difference: it only steers.
        let ln_tail = |u: f64| self.tail(u.exp(), side).map_or(f64::NAN, f64::ln);
        let root = newton(1.0, |u| {
            let h = 1e-4;
            Tangent {
                value: sign * (ln_tail(u) - target.ln()),
                slope: sign * (ln_tail(u + h) - ln_tail(u - h)) / (2.0 * h),
            }
        });
        let q = root.map(f64::exp).filter(|q| q.is_finite());
        q.ok_or_else(|| no_quantile(p))
    }

    fn tail(&self, q: f64, side: Side) -> Result<f64, Error> {
        if q.is_nan() || q.is_infinite() {
            return Err(Error::Argument {
                what: "the studentised range".to_owned(),
                expected: "a finite number",
                found: q.to_string(),
            });
        }
        if q <= 0.0 {
            return Ok(if side == Side::Upper { 1.0 } else { 0.0 });
        }
        if self.df.is_infinite() {
            return Ok(self.range_tail(q, side));
        }
        if self.groups == 2.0 && side == Side::Upper {
            let t = upper_tail(
                q / std::f64::consts::SQRT_2,
                Reference::StudentT { df: self.df },
            )?;
            return Ok(2.0 * t);
        }
        let a = self.df / 2.0;
        let constant = 2.0_f64.ln() + (a / std::f64::consts::TAU).ln() / 2.0 - stirling_error(a);
        // Both factors turn more quickly the more groups and degrees of freedom there are.
        let crowd = (8.0 / self.groups).min(1.0).powf(0.25);
        let step = (0.4 / self.df.sqrt()).min(0.1) * crowd;
        // A tail of the normals falls as e^(−w²/4), which draws the mass to smaller s.
        let centre = match side {
            Side::Upper => 0.5 * (self.df / (self.df + q * q / 2.0)).ln(),
            Side::Lower => 0.0,
        };
        let sum = trapezoid(centre, step, |u| {
            let ln_density = constant - a * ((2.0 * u).exp_m1() - 2.0 * u);
            let density = ln_density.exp();
            if density == 0.0 {
                return 0.0;
            }
            density * self.range_tail(q * u.exp(), side)
        });
        Ok(sum.clamp(0.0, 1.0))
    }

    /// A tail of the range of the normals themselves at w > 0.
    fn range_tail(&self, w: f64, side: Side) -> f64 {
        let k = self.groups;
        if self.groups == 2.0 && side == Side::Upper {
            return 2.0 * upper_normal(w / std::f64::consts::SQRT_2);
        }
        let step = (0.4 / k).sqrt().min(0.35);
        // Between all pairs of values far apart, or where the largest of k lies.
        let centre = match side {
            Side::Upper => w / 2.0,
            Side::Lower => (w / 2.0).min(1.0),
        };
        let sum = trapezoid(centre, step, |z| {
            let phi = (-z * z / 2.0).exp();
            let a = upper_normal(-z);
            let inside = match side {
                Side::Upper => {
                    let share = (upper_normal(w - z) / a).min(1.0);
                    let others = if share < 1.0 {
                        -((k - 1.0) * (-share).ln_1p()).exp_m1()
                    } else {
                        1.0
                    };
                    a.powf(k - 1.0) * others
                }
                // Between z − w and z, from the side on which the two are small.
                Side::Lower if z > w / 2.0 => (upper_normal(z - w) - upper_normal(z)).powf(k - 1.0),
                Side::Lower => (a - upper_normal(w - z)).powf(k - 1.0),
            };
            phi * inside
        });
        (k * sum / std::f64::consts::TAU.sqrt()).clamp(0.0, 1.0)
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Side {
    Lower,
    Upper,
}

/// ∫ f by the trapezoidal rule, for f ≥ 0 with one peak that vanishes at both ends.
///
/// The sum starts at the peak, which is climbed from `centre`, and ends on each side where terms no
/// longer count.
fn trapezoid(centre: f64, step: f64, f: impl Fn(f64) -> f64) -> f64 {
    let at = |i: i32| f(centre + f64::from(i) * step);
    let (mut top, mut peak) = (0, at(0));
    for direction in [1, -1] {
        for _ in 0..2000 {
            let next = at(top + direction);
            if next.is_nan() || (next <= peak && peak > 0.0) || (next == 0.0 && peak == 0.0) {
                break;
            }
            (top, peak) = (top + direction, next);
        }
    }
    let mut sum = peak;
    for direction in [1, -1] {
        for i in 1..5000 {
            let term = at(top + direction * i);
            sum += term;
            if term <= NEGLIGIBLE * sum {
                break;
            }
        }
    }
    sum * step
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::excessive_precision,
    reason = "a test may stop at what it did not expect; the truth has the digits it was printed with"
)]
mod tests {
    use super::*;

    /// From `reference/scripts/special.py studentized`: q, groups, degrees of freedom, the tail.
    #[test]
    fn tails_are_right_to_eleven_digits() {
        for (q, groups, df, truth) in [
            (1.0, 2, 5.0, 0.511_084_080_430_280_64),
            (1.0, 2, 33.3, 0.484_419_419_615_523_87),
            (1.0, 2, 1000.0, 0.479_664_862_437_773_12),
            (1.0, 3, 5.0, 0.770_149_216_143_118_04),
            (1.0, 3, 33.3, 0.761_008_653_480_332_2),
            (1.0, 3, 1000.0, 0.759_345_231_127_352_75),
            (1.0, 8, 5.0, 0.992_426_022_123_789_05),
            (1.0, 8, 33.3, 0.996_198_136_636_670_67),
            (1.0, 8, 1000.0, 0.996_801_411_183_017_24),
            (3.5, 2, 5.0, 0.056_193_206_737_754_166),
            (3.5, 2, 33.3, 0.018_587_946_843_907_549),
            (3.5, 2, 1000.0, 0.013_493_215_703_312_777),
            (3.5, 3, 5.0, 0.119_272_955_466_051_34),
            (3.5, 3, 33.3, 0.047_601_143_144_187_036),
            (3.5, 3, 1000.0, 0.035_947_039_778_801_086),
            (3.5, 8, 5.0, 0.365_271_576_640_05),
            (3.5, 8, 33.3, 0.240_878_858_903_865_32),
            (3.5, 8, 1000.0, 0.207_410_973_495_157_05),
            (6.0, 2, 5.0, 0.008_148_976_340_518_627_7),
            (6.0, 2, 33.3, 0.000_165_828_813_363_721_59),
            (6.0, 2, 1000.0, 2.414_160_741_738_518_7e-5),
            (6.0, 3, 5.0, 0.018_529_241_495_120_821),
            (6.0, 3, 33.3, 0.000_475_667_980_562_414_94),
            (6.0, 3, 1000.0, 7.160_313_486_458_355_7e-5),
            (6.0, 8, 5.0, 0.071_083_882_501_951_759),
            (6.0, 8, 33.3, 0.003_697_637_111_220_623_6),
            (6.0, 8, 1000.0, 0.000_634_850_736_107_903_1),
            (20.0, 4, 10.0, 3.109_460_053_922_211_2e-7),
            (12.0, 5, 60.0, 7.289_090_690_884_368_2e-11),
            (9.0, 30, 1e6, 8.516_545_682_628_526_7e-8),
            (3.0, 50, 20.0, 0.977_300_033_336_479_41),
            (50.0, 3, 2.0, 0.001_459_446_984_746_440_3),
            (4.0, 6, 1.5, 0.387_109_875_167_230_78),
            (0.5, 4, 12.0, 0.984_106_278_908_498_11),
        ] {
            let range = StudentizedRange::new(groups, df).unwrap();
            let tail = range.upper_tail(q).unwrap();
            let error = (tail / truth - 1.0).abs();
            assert!(
                error < 1e-11,
                "{q} {groups} {df}: {tail} is not {truth}: {error:e}"
            );
            let both = tail + range.lower_tail(q).unwrap();
            assert!((both - 1.0).abs() < 1e-12, "{q} {groups} {df}: {both}");
        }
    }

    #[test]
    fn quantiles_undo_tails() {
        for (groups, df) in [(2, 3.0), (3, 10.0), (12, 2.5), (5, 1e5)] {
            let range = StudentizedRange::new(groups, df).unwrap();
            for p in [1e-12, 0.001, 0.05, 0.5, 0.9] {
                let q = range.upper_quantile(p).unwrap();
                assert!((range.upper_tail(q).unwrap() / p - 1.0).abs() < 1e-10);
            }
        }
        // Two groups: √2 times the quantile of t.
        let two = StudentizedRange::new(2, 7.0).unwrap();
        let t = super::super::upper_quantile(0.025, Reference::StudentT { df: 7.0 }).unwrap();
        let q = two.upper_quantile(0.05).unwrap();
        assert!((q / (t * std::f64::consts::SQRT_2) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn the_ends_of_the_scale() {
        let range = StudentizedRange::new(4, 9.0).unwrap();
        assert_eq!(range.upper_tail(0.0).unwrap(), 1.0);
        assert_eq!(range.lower_tail(-3.0).unwrap(), 0.0);
        assert!(range.upper_tail(1e-6).unwrap() > 1.0 - 1e-12);
        assert!(range.upper_tail(1e6).unwrap() > 0.0);
        assert!((range.lower_tail(1e6).unwrap() - 1.0).abs() < 1e-12);
    }
}
