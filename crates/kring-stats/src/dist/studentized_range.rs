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

use super::root::{Point, increasing};
use super::special::stirling_error;
use super::{check_tail, no_quantile, positive, upper_normal, upper_tail};
use crate::Error;

/// The distribution of the range of so many means in units of their estimated error.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StudentizedRange {
    groups: u32,
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
    /// assert!((three.upper_quantile(0.05)? - 3.877_676).abs() < 1e-6);
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
        Ok(Self { groups, df })
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
        let root = increasing(1.0, |u| {
            let h = 1e-4;
            Point {
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
        if self.groups == 2 && side == Side::Upper {
            let t = upper_tail(
                q / std::f64::consts::SQRT_2,
                Reference::StudentT { df: self.df },
            )?;
            return Ok(2.0 * t);
        }
        let a = self.df / 2.0;
        let constant = 2.0_f64.ln() + (a / std::f64::consts::TAU).ln() / 2.0 - stirling_error(a);
        let step = (0.5 / self.df.sqrt()).min(0.12);
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
        let k = f64::from(self.groups);
        if self.groups == 2 && side == Side::Upper {
            return 2.0 * upper_normal(w / std::f64::consts::SQRT_2);
        }
        let step = (0.6 / k).sqrt().min(0.4);
        let sum = trapezoid(w / 2.0, step, |z| {
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
                Side::Lower if z > w / 2.0 => {
                    (upper_normal(z - w) - upper_normal(z)).powf(k - 1.0)
                }
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
