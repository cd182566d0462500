//! The log-likelihood of one row of a two-part model, with all first and second derivatives.
//!
//! ```text
//! count      μ = e^η;  Poisson, or negative binomial with size k: k = e^κ,
//!            p = k / (k + μ), q = 1 − p, variance μ + μ²/k
//! NB2        κ = τ = ln θ          NB1   κ = η − τ, τ = ln φ: variance μ (1 + φ)
//! geometric  κ = 0
//! ln f(y)    Σ_{j<y} ln(1 + j/k) − ln y! + k ln p + y (η + ln p)
//!   by η     (y − μ) p                     by ηη   −p (μ + (y − μ) q)
//!   by κ     a + k ln p + p (μ − y)        by ηκ   (y − μ) p q
//!   by κκ    a − b + k ln p + k q + p q (μ − y),   a = Σ k/(k+j),  b = Σ (k/(k+j))²
//! inflated   y = 0: ln(e^ζ + f(0)) − ln(1 + e^ζ);   y > 0: ln f(y) − ln(1 + e^ζ)
//! hurdle     y = 0: −ln(1 + e^ζ);   y > 0: ln f(y) − ln(1 − f(0)) − ln(1 + e^−ζ)
//! ```
//! Sums over j are short and lose no digits when k is large, where the distribution becomes Poisson.

use super::{CountFamily, ZeroPart};
use crate::dist::rising::Rising;
use crate::dist::special::ln_factorial;

/// The places of the three linear predictors: η of the mean, ζ of the zeros, τ of the dispersion.
pub(super) const MEAN: usize = 0;
pub(super) const ZERO: usize = 1;
pub(super) const DISPERSION: usize = 2;

/// ℓ_i with its derivatives by (η, ζ, τ).
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Row {
    pub value: f64,
    pub d: [f64; 3],
    pub h: [[f64; 3]; 3],
}

/// The distinct counts of the data in increasing order, and ln y! of each.
#[derive(Debug, Clone)]
pub(super) struct Counts {
    pub distinct: Vec<f64>,
    pub ln_factorials: Vec<f64>,
    /// For each row the place of its count.
    pub place: Vec<usize>,
}

impl Counts {
    pub fn new(y: &[f64]) -> Self {
        let mut distinct = y.to_vec();
        distinct.sort_by(f64::total_cmp);
        distinct.dedup();
        Self {
            place: y
                .iter()
                .map(|y| distinct.partition_point(|d| d < y))
                .collect(),
            ln_factorials: distinct.iter().map(|&y| ln_factorial(y)).collect(),
            distinct,
        }
    }

    /// The sums of all distinct counts for one size, each continuing the one before it.
    pub fn rising(&self, k: f64) -> Vec<Rising> {
        let mut all = Vec::with_capacity(self.distinct.len());
        let mut sums = Rising::default();
        let mut from = 0.0;
        for &y in &self.distinct {
            sums = sums.up_to(from, y, k);
            from = y;
            all.push(sums);
        }
        all
    }
}

/// ln f of a count with its derivatives by (η, τ): ηη, ητ, ττ.
#[derive(Debug, Clone, Copy)]
struct Density {
    value: f64,
    d: [f64; 2],
    h: [f64; 3],
}

impl CountFamily {
    /// k, the size of the negative binomial, where the family is one.
    pub(super) fn size(self, eta: f64, tau: f64) -> Option<f64> {
        match self {
            Self::Poisson => None,
            Self::Geometric => Some(1.0),
            Self::Nbinom1 => Some((eta - tau).exp()),
            Self::Nbinom2 => Some(tau.exp()),
        }
    }

    fn density(self, y: f64, ln_factorial: f64, rising: Rising, eta: f64, tau: f64) -> Density {
        let mu = eta.exp();
        let Some(k) = self.size(eta, tau) else {
            let y_eta = if y == 0.0 { 0.0 } else { y * eta };
            return Density {
                value: y_eta - mu - ln_factorial,
                d: [y - mu, 0.0],
                h: [-mu, 0.0, 0.0],
            };
        };
        let ln_p = -(mu / k).ln_1p();
        let (p, q) = (k / (k + mu), mu / (k + mu));
        let away = (y - mu) * p;
        let y_ln = if y == 0.0 { 0.0 } else { y * (eta + ln_p) };
        let value = rising.ln - ln_factorial + k * ln_p + y_ln;
        let eta_eta = -p * mu - away * q;
        let eta_kappa = away * q;
        let kappa = rising.a + k * ln_p - away;
        let kappa_kappa = rising.a - rising.b + k * ln_p + k * q - away * q;
        match self {
            Self::Nbinom1 => Density {
                value,
                d: [away + kappa, -kappa],
                h: [
                    eta_eta + 2.0 * eta_kappa + kappa_kappa,
                    -eta_kappa - kappa_kappa,
                    kappa_kappa,
                ],
            },
            Self::Nbinom2 => Density {
                value,
                d: [away, kappa],
                h: [eta_eta, eta_kappa, kappa_kappa],
            },
            _ => Density {
                value,
                d: [away, 0.0],
                h: [eta_eta, 0.0, 0.0],
            },
        }
    }
}

/// ln(1 + e^x)
pub(super) fn softplus(x: f64) -> f64 {
    if x > 0.0 {
        x + (-x).exp().ln_1p()
    } else {
        x.exp().ln_1p()
    }
}

/// 1 / (1 + e^−x)
pub(super) fn logistic(x: f64) -> f64 {
    if x >= 0.0 {
        1.0 / (1.0 + (-x).exp())
    } else {
        let e = x.exp();
        e / (1.0 + e)
    }
}

/// The two predictors of the count part in the order of [`Density`].
const COUNT: [usize; 2] = [MEAN, DISPERSION];

/// What a row is: its count with what belongs to it, and its three predictors.
pub(super) struct At {
    pub y: f64,
    pub ln_factorial: f64,
    pub rising: Rising,
    pub eta: f64,
    pub zeta: f64,
    pub tau: f64,
}

pub(super) fn row(part: ZeroPart, family: CountFamily, at: &At) -> Row {
    let &At {
        y, eta, zeta, tau, ..
    } = at;
    let density = |y, ln_factorial, rising| family.density(y, ln_factorial, rising, eta, tau);
    let nothing = || density(0.0, 0.0, Rising::default());
    let pi = logistic(zeta);
    let bend = pi * (1.0 - pi);
    let mut row = Row::default();
    row.h[ZERO][ZERO] = -bend;
    match (part, y > 0.0) {
        (ZeroPart::Inflated, true) => {
            let f = density(y, at.ln_factorial, at.rising);
            row.value = f.value - softplus(zeta);
            row.d[ZERO] = -pi;
            row.follow(1.0, &f);
        }
        (ZeroPart::Inflated, false) => {
            // r is the chance that a zero is an excess zero.
            let f = nothing();
            let r = logistic(zeta - f.value);
            row.value = softplus(f.value - zeta) - softplus(-zeta);
            row.d[ZERO] = r - pi;
            row.h[ZERO][ZERO] += r * (1.0 - r);
            row.follow(1.0 - r, &f);
            for (a, &place) in COUNT.iter().enumerate() {
                row.h[ZERO][place] = -r * (1.0 - r) * f.d[a];
                row.h[place][ZERO] = row.h[ZERO][place];
                for (b, &other) in COUNT.iter().enumerate() {
                    row.h[place][other] += r * (1.0 - r) * f.d[a] * f.d[b];
                }
            }
        }
        (ZeroPart::Hurdle, false) => {
            row.value = -softplus(zeta);
            row.d[ZERO] = -pi;
        }
        (ZeroPart::Hurdle, true) => {
            let (f, zero) = (density(y, at.ln_factorial, at.rising), nothing());
            // w = f(0) / (1 − f(0))
            let w = 1.0 / (-zero.value).exp_m1();
            row.value = f.value - (-zero.value.exp_m1()).ln() - softplus(-zeta);
            row.d[ZERO] = 1.0 - pi;
            row.follow(1.0, &f);
            row.follow(w, &zero);
            for (a, &place) in COUNT.iter().enumerate() {
                for (b, &other) in COUNT.iter().enumerate() {
                    row.h[place][other] += w * (1.0 + w) * zero.d[a] * zero.d[b];
                }
            }
        }
    }
    row
}

impl Row {
    /// Adds a share of the derivatives of a log density.
    fn follow(&mut self, share: f64, f: &Density) {
        for (a, &place) in COUNT.iter().enumerate() {
            self.d[place] += share * f.d[a];
            for (b, &other) in COUNT.iter().enumerate() {
                self.h[place][other] += share * f.h[a + b];
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FAMILIES: [CountFamily; 4] = [
        CountFamily::Poisson,
        CountFamily::Geometric,
        CountFamily::Nbinom1,
        CountFamily::Nbinom2,
    ];

    fn at(part: ZeroPart, family: CountFamily, y: f64, x: [f64; 3]) -> Row {
        let k = family.size(x[0], x[2]).unwrap_or(1.0);
        row(
            part,
            family,
            &At {
                y,
                ln_factorial: ln_factorial(y),
                rising: Rising::default().up_to(0.0, y, k),
                eta: x[0],
                zeta: x[1],
                tau: x[2],
            },
        )
    }

    /// Probabilities add up to one, and every derivative is the slope of the one below it.
    #[test]
    fn derivatives_are_slopes() {
        for part in [ZeroPart::Inflated, ZeroPart::Hurdle] {
            for family in FAMILIES {
                for x in [[0.4, -0.3, 0.2], [-1.5, 1.0, 1.2], [1.1, -2.0, -0.7]] {
                    let total: f64 = (0..400)
                        .map(|y| at(part, family, f64::from(y), x).value.exp())
                        .sum();
                    assert!((total - 1.0).abs() < 1e-9, "{part:?} {family:?}: {total}");
                    for y in [0.0, 1.0, 2.0, 7.0] {
                        let here = at(part, family, y, x);
                        for a in 0..3 {
                            let step = 1e-5;
                            let moved = |sign: f64| {
                                let mut x = x;
                                x[a] += sign * step;
                                at(part, family, y, x)
                            };
                            let (up, down) = (moved(1.0), moved(-1.0));
                            let slope = (up.value - down.value) / (2.0 * step);
                            assert!(
                                (slope - here.d[a]).abs() < 1e-8,
                                "{part:?} {family:?} {y} {a}: {slope} {:?}",
                                here.d
                            );
                            for b in 0..3 {
                                let slope = (up.d[b] - down.d[b]) / (2.0 * step);
                                assert!(
                                    (slope - here.h[a][b]).abs() < 1e-8,
                                    "{part:?} {family:?} {y} {a}{b}: {slope} {:?}",
                                    here.h
                                );
                            }
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn a_negative_binomial_of_large_size_is_poisson() {
        for y in [0.0, 1.0, 3.0, 5000.0] {
            let eta = f64::ln(y + 0.7);
            let poisson = at(ZeroPart::Inflated, CountFamily::Poisson, y, [eta, 0.3, 0.0]);
            let nearly = at(
                ZeroPart::Inflated,
                CountFamily::Nbinom2,
                y,
                [eta, 0.3, 34.0],
            );
            assert!((poisson.value - nearly.value).abs() < 1e-7, "{y}");
            assert!((poisson.d[0] - nearly.d[0]).abs() < 1e-7);
        }
    }

    /// By hand: f(0) = f(1) = e⁻¹ with mean one, half of the zeros in excess: ½ + ½e⁻¹ and ½e⁻¹.
    #[test]
    fn by_hand() {
        let inflated = |y| at(ZeroPart::Inflated, CountFamily::Poisson, y, [0.0; 3]).value;
        let e = (-1.0_f64).exp();
        assert!((inflated(0.0) - (0.5 + 0.5 * e).ln()).abs() < 1e-15);
        assert!((inflated(1.0) - (0.5 * e).ln()).abs() < 1e-15);
        let hurdle = |y| at(ZeroPart::Hurdle, CountFamily::Poisson, y, [0.0; 3]).value;
        assert!((hurdle(0.0) - 0.5_f64.ln()).abs() < 1e-15);
        assert!((hurdle(1.0) - (0.5 * e / (1.0 - e)).ln()).abs() < 1e-15);
    }

    #[test]
    fn each_count_continues_the_sums_of_the_one_before() {
        let counts = Counts::new(&[3.0, 9.0, 3.0, 0.0]);
        assert_eq!(counts.place, vec![1, 2, 1, 0]);
        let all = counts.rising(2.5);
        assert_eq!(all[0], Rising::default());
        let alone = Rising::default().up_to(0.0, 9.0, 2.5);
        assert!((all[2].ln - alone.ln).abs() < 1e-14 && (all[2].b - alone.b).abs() < 1e-14);
    }
}
