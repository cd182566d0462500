//! The probability of one level under a cumulative link, with its derivatives on the log scale.
//!
//! ```text
//! P = F(a) − F(b),  a the threshold above, b the one below, both less x'β
//! logit    F = 1 / (1 + e^−x):    ln P = ln F(a) + ln(1 − F(b)) + ln(1 − e^(b − a))
//! probit   F = Φ:                 ln P = ln Φ(a) + ln(1 − Φ(b) / Φ(a)), reflected where a + b > 0
//! cloglog  F = 1 − exp(−e^x):     ln P = −e^b + ln(1 − exp(−(e^a − e^b)))
//! loglog   F = exp(−e^−x):        cloglog of (−b, −a)
//! ```
//! In these forms nothing cancels in the tails. A threshold that is not there is infinite.

use serde::{Deserialize, Serialize};

use crate::dist::normal::{inverse_mills, ln_cdf, ln_density};

/// The distribution of what the ordered levels cut into pieces.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrdinalLink {
    /// Logistic: proportional odds.
    #[default]
    Logit,
    /// Normal.
    Probit,
    /// Least extreme value: proportional hazards of grouped times.
    Cloglog,
    /// Greatest extreme value.
    Loglog,
}

/// ln P by (a, b): first derivatives, second by aa, ab and bb, third by aaa, aab, abb and bbb.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Level {
    pub value: f64,
    pub d: [f64; 2],
    pub h: [f64; 3],
    pub t: [f64; 4],
}

impl OrdinalLink {
    /// f(x)
    pub(crate) fn density(self, x: f64) -> f64 {
        match self {
            Self::Logit => logistic(x) * logistic(-x),
            Self::Probit => ln_density(x).exp(),
            Self::Cloglog => (x - x.exp()).exp(),
            Self::Loglog => (-x - (-x).exp()).exp(),
        }
    }

    /// Where F is p, by Newton's method on the log odds of F: good to a few digits, as a start needs.
    pub(super) fn near_quantile(self, p: f64) -> f64 {
        let odds = |p: f64| (p / (1.0 - p)).ln();
        match self {
            Self::Logit => odds(p),
            // The logistic of the same spread.
            Self::Probit => odds(p) / 1.7,
            Self::Cloglog => (-(-p).ln_1p()).ln(),
            Self::Loglog => -(-p.ln()).ln(),
        }
    }

    /// ln P of the level between these thresholds; outside of their order it is −∞.
    pub(crate) fn level(self, a: Option<f64>, b: Option<f64>) -> Level {
        if let (Some(a), Some(b)) = (a, b)
            && a <= b
        {
            return Level {
                value: f64::NEG_INFINITY,
                ..Level::default()
            };
        }
        match self {
            Self::Logit => logit(a, b),
            Self::Probit => match (a, b) {
                (Some(x), Some(y)) if x + y > 0.0 => {
                    probit(b.map(|y| -y), a.map(|x| -x)).reflected()
                }
                (None, Some(y)) => probit(Some(-y), None).reflected(),
                _ => probit(a, b),
            },
            Self::Cloglog => cloglog(a, b),
            Self::Loglog => cloglog(b.map(|y| -y), a.map(|x| -x)).reflected(),
        }
    }
}

impl Level {
    /// The level of (a, b) from that of (−b, −a).
    fn reflected(self) -> Self {
        let ([da, db], [aa, ab, bb], [aaa, aab, abb, bbb]) = (self.d, self.h, self.t);
        Self {
            value: self.value,
            d: [-db, -da],
            h: [bb, ab, aa],
            t: [-bbb, -abb, -aab, -aaa],
        }
    }
}

fn logit(a: Option<f64>, b: Option<f64>) -> Level {
    let mut level = Level::default();
    if let Some(a) = a {
        let s = logistic(-a);
        level.value -= softplus(-a);
        level.d[0] = s;
        level.h[0] = -s * (1.0 - s);
        level.t[0] = s * (1.0 - s) * (1.0 - 2.0 * s);
    }
    if let Some(b) = b {
        let f = logistic(b);
        level.value -= softplus(b);
        level.d[1] = -f;
        level.h[2] = -f * (1.0 - f);
        level.t[3] = -f * (1.0 - f) * (1.0 - 2.0 * f);
    }
    if let (Some(a), Some(b)) = (a, b) {
        let e = 1.0 / (a - b).exp_m1();
        level.value += (-(b - a).exp_m1()).ln();
        level.d[0] += e;
        level.d[1] -= e;
        let bend = e * (1.0 + e);
        level.h[0] -= bend;
        level.h[1] += bend;
        level.h[2] -= bend;
        let third = bend * (1.0 + 2.0 * e);
        level.t[0] += third;
        level.t[1] -= third;
        level.t[2] += third;
        level.t[3] -= third;
    }
    level
}

/// The first level, or one between thresholds whose mean is not above zero.
fn probit(a: Option<f64>, b: Option<f64>) -> Level {
    let Some(a) = a else { return Level::default() };
    let Some(b) = b else {
        let m = inverse_mills(a);
        let bend = -m * (a + m);
        return Level {
            value: ln_cdf(a),
            d: [m, 0.0],
            h: [bend, 0.0, 0.0],
            t: [-m - (a + 2.0 * m) * bend, 0.0, 0.0, 0.0],
        };
    };
    let (ln_a, ln_b) = (ln_cdf(a), ln_cdf(b));
    let value = ln_a + (-(ln_b - ln_a).exp_m1()).ln();
    let (fa, fb) = ((ln_density(a) - value).exp(), (ln_density(b) - value).exp());
    let (aa, ab, bb) = (-fa * (a + fa), fa * fb, fb * (b - fb));
    Level {
        value,
        d: [fa, -fb],
        h: [aa, ab, bb],
        t: [
            -fa - (a + 2.0 * fa) * aa,
            -(a + 2.0 * fa) * ab,
            (2.0 * fb - b) * ab,
            fb + (2.0 * fb - b) * bb,
        ],
    }
}

fn cloglog(a: Option<f64>, b: Option<f64>) -> Level {
    let ea = a.map_or(f64::INFINITY, f64::exp);
    let eb = b.map_or(0.0, f64::exp);
    let mut level = Level {
        value: -eb,
        d: [0.0, -eb],
        h: [0.0, 0.0, -eb],
        t: [0.0, 0.0, 0.0, -eb],
    };
    let difference = match (a, b) {
        (Some(a), Some(b)) => eb * (a - b).exp_m1(),
        _ => ea - eb,
    };
    // Beyond this the level reaches as far as it can.
    if difference < 700.0 {
        let w = 1.0 / difference.exp_m1();
        let bend = w * (1.0 + w);
        level.value += (-(-difference).exp_m1()).ln();
        level.d[0] = ea * w;
        level.d[1] -= eb * w;
        level.h[0] = ea * w - ea * ea * bend;
        level.h[1] = ea * eb * bend;
        level.h[2] -= eb * w + eb * eb * bend;
        let third = bend * (1.0 + 2.0 * w);
        level.t[0] = ea * w - 3.0 * ea * ea * bend + ea * ea * ea * third;
        level.t[1] = ea * eb * (bend - ea * third);
        level.t[2] = ea * eb * (bend + eb * third);
        level.t[3] -= eb * w + 3.0 * eb * eb * bend + eb * eb * eb * third;
    }
    level
}

/// ln(1 + e^x)
fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

/// 1 / (1 + e^−x)
fn logistic(x: f64) -> f64 {
    let e = (-x.abs()).exp();
    if x >= 0.0 {
        1.0 / (1.0 + e)
    } else {
        e / (1.0 + e)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl OrdinalLink {
        /// F(x)
        fn cdf(self, x: f64) -> f64 {
            match self {
                Self::Logit => logistic(x),
                Self::Probit => ln_cdf(x).exp(),
                Self::Cloglog => -(-x.exp()).exp_m1(),
                Self::Loglog => (-(-x).exp()).exp(),
            }
        }
    }

    const LINKS: [OrdinalLink; 4] = [
        OrdinalLink::Logit,
        OrdinalLink::Probit,
        OrdinalLink::Cloglog,
        OrdinalLink::Loglog,
    ];

    #[test]
    fn levels_are_differences_and_derivatives_are_slopes() {
        for link in LINKS {
            let pairs = [
                (Some(0.4), Some(-0.7)),
                (Some(-1.2), Some(-2.0)),
                (Some(2.1), Some(1.9)),
                (Some(0.3), None),
                (Some(-2.5), None),
                (None, Some(0.6)),
                (None, Some(-1.8)),
            ];
            for (a, b) in pairs {
                let level = link.level(a, b);
                let p = a.map_or(1.0, |a| link.cdf(a)) - b.map_or(0.0, |b| link.cdf(b));
                assert!(
                    (level.value.exp() - p).abs() < 1e-14,
                    "{link:?} {a:?} {b:?}"
                );
                let step = 1e-5;
                let moved = |da: f64, db: f64| {
                    link.level(a.map(|a| a + da * step), b.map(|b| b + db * step))
                };
                let by_a = (moved(1.0, 0.0), moved(-1.0, 0.0));
                let by_b = (moved(0.0, 1.0), moved(0.0, -1.0));
                let slope = |up: f64, down: f64| (up - down) / (2.0 * step);
                let near = |x: f64, y: f64| (x - y).abs() < 1e-7 * (1.0 + y.abs());
                assert!(
                    near(slope(by_a.0.value, by_a.1.value), level.d[0]),
                    "{link:?}"
                );
                assert!(
                    near(slope(by_b.0.value, by_b.1.value), level.d[1]),
                    "{link:?}"
                );
                assert!(
                    near(slope(by_a.0.d[0], by_a.1.d[0]), level.h[0]),
                    "{link:?} {a:?} {b:?}"
                );
                assert!(
                    near(slope(by_a.0.d[1], by_a.1.d[1]), level.h[1]),
                    "{link:?}"
                );
                assert!(
                    near(slope(by_b.0.d[1], by_b.1.d[1]), level.h[2]),
                    "{link:?}"
                );
                let thirds = [
                    slope(by_a.0.h[0], by_a.1.h[0]),
                    slope(by_b.0.h[0], by_b.1.h[0]),
                    slope(by_a.0.h[2], by_a.1.h[2]),
                    slope(by_b.0.h[2], by_b.1.h[2]),
                ];
                for (third, ours) in thirds.into_iter().zip(level.t) {
                    assert!(near(third, ours), "{link:?} {a:?} {b:?}: {third} {ours}");
                }
            }
            let x = 0.3;
            let slope = (link.cdf(x + 1e-6) - link.cdf(x - 1e-6)) / 2e-6;
            assert!((link.density(x) - slope).abs() < 1e-9);
        }
    }

    #[test]
    fn tails_stay_finite() {
        for link in LINKS {
            for x in [-35.0, -6.0, 6.0, 35.0] {
                for level in [
                    link.level(Some(x + 0.5), Some(x)),
                    link.level(Some(x), None),
                    link.level(None, Some(x)),
                ] {
                    let numbers = [
                        level.value,
                        level.d[0],
                        level.d[1],
                        level.h[0],
                        level.h[1],
                        level.h[2],
                    ];
                    assert!(
                        numbers.iter().all(|x| !x.is_nan()),
                        "{link:?} {x}: {level:?}"
                    );
                    assert!(
                        level.h[0] <= 0.0 && level.h[2] <= 0.0,
                        "{link:?} {x}: {level:?}"
                    );
                }
            }
            assert_eq!(link.level(Some(0.0), Some(0.0)).value, f64::NEG_INFINITY);
        }
    }
}
