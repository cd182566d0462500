//! The log density of one row with the derivatives that Laplace's method needs.
//!
//! ```text
//! predictors  η of the mean, ζ of the zeros, τ of the dispersion
//! wanted      ℓ;  ℓ_η ℓ_ηη ℓ_ηηη;  ℓ_τ ℓ_ητ ℓ_ηητ;  ℓ_ζ ℓ_ηζ ℓ_ηηζ
//! counts      λ = ln μ(η);  Poisson  yλ − μ − ln y!
//!   NB2       k = e^τ (θ), p = k/(k + μ), q = 1 − p, s = y − μ:  ln f = Σ ln(1 + j/k) − ln y! + k ln p + y(λ + ln p)
//!             λ: sp;  −μp − spq;  −μp + 2μpq − spq(p − q)      τ: a + k ln p − sp;  spq;  −μpq + spq(p − q)
//!   NB1       k = e^(λ − τ), φ = e^τ, p = 1/(1 + φ):  ln f = Σ ln(k + j) − ln y! + k ln p + y ln q
//!             λ: a + k ln p;  a − b + k ln p;  a − 3b + 2c + k ln p     τ: minus these, − kq, and once yp
//!   a, b, c   Σ_{j<y} of the first three powers of k/(k + j)
//! shares      P = ln π(η), Q = ln(1 − π(η)), s of n;  binomial  sP + (n − s)Q + ln C
//!   beta      α = e^(τ + P), β = e^(τ + Q), precision e^τ = (1 − ρ)/ρ:  ln C + R_s(α) + R_{n−s}(β) − R_n(e^τ),
//!             R_k(α) = Σ_{j<k} ln(α + j), whose derivatives by ln α are a, a − b, a − 3b + 2c
//! gamma       shape k = e^(−τ), variance e^τ μ²:  k ln k − ln Γ(k) + (k − 1) ln y − kλ − ky/μ
//! zeros       excess     y = 0: ln(1 + e^(ln f(0) − ζ)) − ln(1 + e^(−ζ));  y > 0: ln f − ln(1 + e^ζ)
//!             truncated  ln f − ln(1 − f(0));   hurdle: the same and the log odds ζ of y > 0
//!             with random effects on ζ also  ℓ_ζζ ℓ_ηζζ ℓ_ζζζ;  ℓ_ζτ ℓ_ηζτ ℓ_ζζτ
//! levels      ln(F(τ − η) − F(ζ − η)), τ the threshold above, ζ the one below, infinite at the ends
//! ```
//! A function of a function is differentiated by Faà di Bruno's rule, once, in [`Row::through`] and [`Row::of_line`].

use crate::dist::rising::Rising;
use crate::dist::special::{
    digamma, ln_choose, ln_factorial, ln_gamma, normal_density, normal_tail,
};
use crate::family::{Family, Link};
use crate::ordinal::OrdinalLink;

/// What is done to the zeros of counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Zeros {
    AsCounted,
    Inflated,
    Hurdle,
    Truncated,
}

/// A distribution with its link.
#[derive(Debug, Clone, Copy)]
pub(super) struct Density {
    pub family: Family,
    pub link: Link,
    pub zeros: Zeros,
}

/// ℓ of a row and its derivatives.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Row {
    /// ℓ
    pub value: f64,
    /// ℓ_η, ℓ_ηη, ℓ_ηηη
    pub eta: [f64; 3],
    /// ℓ_τ, ℓ_ητ, ℓ_ηητ
    pub tau: [f64; 3],
    /// ℓ_ζ, ℓ_ηζ, ℓ_ηηζ
    pub zeta: [f64; 3],
}

/// ℓ of a row with its derivatives by η and ζ where both have random effects.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Both {
    pub row: Row,
    /// ℓ_ζζ, ℓ_ηζζ, ℓ_ζζζ
    zeta: [f64; 3],
    /// ℓ_ζτ, ℓ_ηζτ, ℓ_ζζτ
    tau: [f64; 3],
}

impl Both {
    /// The slopes by η and ζ.
    pub fn slopes(&self) -> [f64; 2] {
        [self.row.eta[0], self.row.zeta[0]]
    }

    /// The second derivatives: a row each for η and ζ.
    pub fn bends(&self) -> [[f64; 2]; 2] {
        let both = self.row.zeta[1];
        [[self.row.eta[1], both], [both, self.zeta[0]]]
    }

    /// The slopes of ℓ_η and ℓ_ζ by τ.
    pub fn bends_by_tau(&self) -> [f64; 2] {
        [self.row.tau[1], self.tau[0]]
    }

    /// The slopes by η, ζ and τ of Σ s ∂²ℓ, for s of ηη, ηζ and ζζ.
    pub fn thirds(&self, [ee, ez, zz]: [f64; 3]) -> [f64; 3] {
        let [_, _, eee] = self.row.eta;
        let [_, _, eez] = self.row.zeta;
        let [_, ezz, zzz] = self.zeta;
        let [_, ezt, zzt] = self.tau;
        [
            eee * ee + 2.0 * eez * ez + ezz * zz,
            eez * ee + 2.0 * ezz * ez + zzz * zz,
            self.row.tau[2] * ee + 2.0 * ezt * ez + zzt * zz,
        ]
    }
}

/// What is seen in a row.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen {
    /// The count, the successes, the number, or the level counted from zero.
    pub y: f64,
    pub trials: f64,
    /// −ln y!, ln C(n, s) or nothing.
    pub constant: f64,
}

/// What does not depend on η, computed once for all steps to a mode.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Apart {
    /// The part of ℓ that y and τ alone determine,
    pub value: f64,
    /// and its slope by τ.
    pub slope: f64,
    /// e^τ of the negative binomials, e^−τ of gamma.
    pub scale: f64,
    /// ln(1 + e^ζ)
    pub softplus: f64,
    /// 1 / (1 + e^−ζ)
    pub share: f64,
}

/// A function of η with its first three derivatives.
type Line = [f64; 4];

impl Density {
    /// Whether ℓ depends on τ.
    pub fn has_dispersion(self) -> bool {
        matches!(
            self.family,
            Family::NegativeBinomial1
                | Family::NegativeBinomial2
                | Family::BetaBinomial
                | Family::Gamma
        )
    }

    /// The distribution that thresholds cut, of ordered levels.
    pub fn ordinal_link(self) -> OrdinalLink {
        match self.link {
            Link::Probit => OrdinalLink::Probit,
            Link::Cloglog => OrdinalLink::Cloglog,
            _ => OrdinalLink::Logit,
        }
    }

    /// Whether ℓ has a model of ζ.
    pub fn has_zero_part(self) -> bool {
        matches!(self.zeros, Zeros::Inflated | Zeros::Hurdle)
    }

    pub fn seen(self, y: f64, trials: f64) -> Seen {
        let constant = if self.family.is_count() {
            -ln_factorial(y)
        } else if self.family.is_share() {
            ln_choose(trials, y)
        } else {
            0.0
        };
        Seen {
            y,
            trials,
            constant,
        }
    }

    /// What does not depend on η; that of the zeros by [`Self::apart_of_zeros`].
    pub fn apart(self, seen: &Seen, tau: f64) -> Apart {
        match self.family {
            Family::NegativeBinomial2 => {
                let k = tau.exp();
                let sums = Rising::default().up_to(0.0, seen.y, k);
                Apart {
                    value: sums.ln + seen.constant,
                    slope: sums.a,
                    scale: k,
                    ..Apart::default()
                }
            }
            Family::NegativeBinomial1 => Apart {
                value: seen.constant,
                scale: tau.exp(),
                ..Apart::default()
            },
            Family::Gamma => {
                let (k, ln_y) = ((-tau).exp(), seen.y.ln());
                Apart {
                    value: -k * tau - ln_gamma(k) + (k - 1.0) * ln_y,
                    slope: -k * (1.0 - tau - digamma(k) + ln_y),
                    scale: k,
                    ..Apart::default()
                }
            }
            _ => Apart {
                value: seen.constant,
                ..Apart::default()
            },
        }
    }

    /// Adds what ζ determines, where it does.
    #[inline]
    pub fn apart_of_zeros(self, apart: Apart, zeta: f64) -> Apart {
        if !self.has_zero_part() {
            return apart;
        }
        Apart {
            softplus: softplus(zeta),
            share: logistic(zeta),
            ..apart
        }
    }

    /// ℓ and its derivatives; not finite where the mean is not possible.
    #[inline(always)]
    #[allow(
        clippy::inline_always,
        reason = "what a caller does not use of a row is not computed"
    )]
    pub fn row(self, seen: &Seen, apart: Apart, eta: f64, zeta: f64, tau: f64) -> Row {
        if self.family == Family::Cumulative {
            return self.between(eta, zeta, tau);
        }
        if self.zeros == Zeros::AsCounted {
            return self.plain(seen, apart, eta, tau);
        }
        self.with_zeros(seen, apart, eta, zeta, tau).row
    }

    /// The same with all that random effects on ζ need; counts with a part for the zeros only.
    pub fn both(self, seen: &Seen, apart: Apart, eta: f64, zeta: f64, tau: f64) -> Both {
        self.with_zeros(seen, self.apart_of_zeros(apart, zeta), eta, zeta, tau)
    }

    /// A level between two thresholds, which a row at the end of the order lacks on one side.
    #[inline(never)]
    fn between(self, eta: f64, below: f64, above: f64) -> Row {
        let end = |threshold: f64| threshold.is_finite().then_some(threshold - eta);
        let level = self.ordinal_link().level(end(above), end(below));
        let ([a, b], [aa, ab, bb], [aaa, aab, abb, bbb]) = (level.d, level.h, level.t);
        Row {
            value: level.value,
            eta: [
                -(a + b),
                aa + 2.0 * ab + bb,
                -(aaa + 3.0 * (aab + abb) + bbb),
            ],
            tau: [a, -(aa + ab), aaa + 2.0 * aab + abb],
            zeta: [b, -(ab + bb), aab + 2.0 * abb + bbb],
        }
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "see `row`")]
    fn plain(self, seen: &Seen, apart: Apart, eta: f64, tau: f64) -> Row {
        match self.family {
            Family::Binomial | Family::BetaBinomial => self.share(seen, eta, tau),
            _ if self.link == Link::Log => self.positive(seen, apart, eta, tau),
            _ => {
                let line = ln_mean(self.link, eta);
                self.positive(seen, apart, line[0], tau).of_line(line)
            }
        }
    }

    /// Counts and positive numbers: ln f and its derivatives by λ.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "see `row`")]
    fn positive(self, seen: &Seen, apart: Apart, lambda: f64, tau: f64) -> Row {
        let y = seen.y;
        let mu = lambda.exp();
        match self.family {
            Family::NegativeBinomial2 => {
                let k = apart.scale;
                let inverse = 1.0 / (k + mu);
                let (p, q) = (k * inverse, mu * inverse);
                // The faster logarithm where it loses nothing.
                let ln_p = if mu > 0.02 * k {
                    p.ln()
                } else {
                    -(mu / k).ln_1p()
                };
                let s = (y - mu) * p;
                let pq = p * q;
                let bend = (y - mu) * pq;
                let y_ln = if y == 0.0 { 0.0 } else { y * (lambda + ln_p) };
                Row {
                    value: apart.value + k * ln_p + y_ln,
                    eta: [s, -mu * p - bend, -mu * p + 2.0 * mu * pq - bend * (p - q)],
                    tau: [apart.slope + k * ln_p - s, bend, -mu * pq + bend * (p - q)],
                    zeta: [0.0; 3],
                }
            }
            Family::NegativeBinomial1 => {
                let (k, phi) = ((lambda - tau).exp(), apart.scale);
                let sums = Rising::default().up_to(0.0, y, k);
                let (p, q) = (1.0 / (1.0 + phi), phi / (1.0 + phi));
                // y ln k + y ln q = y (λ − ln(1 + φ))
                let ln_p = -phi.ln_1p();
                let y_ln = if y == 0.0 { 0.0 } else { y * (lambda + ln_p) };
                let first = sums.a + k * ln_p;
                let second = sums.a - sums.b + k * ln_p;
                let third = sums.a - 3.0 * sums.b + 2.0 * sums.c + k * ln_p;
                Row {
                    value: sums.ln + apart.value + k * ln_p + y_ln,
                    eta: [first, second, third],
                    tau: [-first - k * q + y * p, -second - k * q, -third - k * q],
                    zeta: [0.0; 3],
                }
            }
            Family::Gamma => {
                let k = apart.scale;
                let ratio = k * y * (-lambda).exp();
                let first = ratio - k;
                Row {
                    value: apart.value - k * lambda - ratio,
                    eta: [first, -ratio, ratio],
                    tau: [apart.slope + k * lambda + ratio, -first, ratio],
                    zeta: [0.0; 3],
                }
            }
            _ => Row {
                value: apart.value + if y == 0.0 { 0.0 } else { y * lambda } - mu,
                eta: [y - mu, -mu, -mu],
                ..Row::default()
            },
        }
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "see `row`")]
    fn share(self, seen: &Seen, eta: f64, tau: f64) -> Row {
        let (s, f) = (seen.y, seen.trials - seen.y);
        let [success, failure] = ln_share(self.link, eta);
        if self.family == Family::BetaBinomial {
            return beta_binomial(seen, success, failure, tau);
        }
        let of = |i: usize| {
            let some = if s == 0.0 { 0.0 } else { s * success[i] };
            some + if f == 0.0 { 0.0 } else { f * failure[i] }
        };
        Row {
            value: seen.constant + of(0),
            eta: [of(1), of(2), of(3)],
            ..Row::default()
        }
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "see `row`")]
    fn with_zeros(self, seen: &Seen, apart: Apart, eta: f64, zeta: f64, tau: f64) -> Both {
        let nothing = || {
            let zero = Seen {
                y: 0.0,
                trials: seen.trials,
                constant: 0.0,
            };
            let apart = Apart {
                value: 0.0,
                slope: 0.0,
                ..apart
            };
            self.plain(&zero, apart, eta, tau)
        };
        let pi = apart.share;
        // The derivatives of −ln(1 + e^ζ) beyond the first.
        let flat = -pi * (1.0 - pi);
        let mut both = Both {
            zeta: [flat, 0.0, flat * (1.0 - 2.0 * pi)],
            ..Both::default()
        };
        let row = &mut both.row;
        match (self.zeros, seen.y > 0.0) {
            (Zeros::Inflated, true) => {
                *row = self.plain(seen, apart, eta, tau);
                row.value -= apart.softplus;
                row.zeta[0] = -pi;
            }
            (Zeros::Inflated, false) => {
                // r is the chance that a zero is one of f.
                let zero = nothing();
                let x = zero.value - zeta;
                let e = (-x.abs()).exp();
                let near = 1.0 / (1.0 + e);
                let r = if x >= 0.0 { near } else { e * near };
                let bend = r * (1.0 - r);
                let third = bend * (1.0 - 2.0 * r);
                *row = zero.through([x.max(0.0) + ln_one_plus(e), r, bend, third]);
                row.value -= apart.softplus - zeta;
                let ([d, dd, _], [t, td, _]) = (zero.eta, zero.tau);
                row.zeta = [1.0 - pi - r, -bend * d, -third * d * d - bend * dd];
                both.zeta[0] += bend;
                both.zeta[1] = third * d;
                both.zeta[2] -= third;
                both.tau = [-bend * t, -third * t * d - bend * td, third * t];
            }
            (Zeros::Hurdle, false) => {
                row.value = -apart.softplus;
                row.zeta[0] = -pi;
            }
            _ => {
                let (some, zero) = (self.plain(seen, apart, eta, tau), nothing());
                // w = f(0) / (1 − f(0))
                let w = 1.0 / (-zero.value).exp_m1();
                let bend = w * (1.0 + w);
                let ln = -(-zero.value.exp_m1()).ln();
                *row = some.plus(&zero.through([ln, w, bend, bend * (1.0 + 2.0 * w)]));
                if self.zeros == Zeros::Hurdle {
                    row.value -= apart.softplus - zeta;
                    row.zeta[0] = 1.0 - pi;
                }
            }
        }
        both
    }
}

impl Row {
    /// F(ℓ) for a function F with its derivatives at ℓ.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "see `Density::row`")]
    fn through(&self, f: [f64; 4]) -> Self {
        let ([d, dd, ddd], [t, td, tdd]) = (self.eta, self.tau);
        Self {
            value: f[0],
            eta: [
                f[1] * d,
                f[2] * d * d + f[1] * dd,
                f[3] * d * d * d + 3.0 * f[2] * d * dd + f[1] * ddd,
            ],
            tau: [
                f[1] * t,
                f[2] * t * d + f[1] * td,
                f[3] * t * d * d + f[2] * (2.0 * td * d + t * dd) + f[1] * tdd,
            ],
            zeta: [0.0; 3],
        }
    }

    /// ℓ(λ(η)) from the derivatives by λ.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "see `Density::row`")]
    fn of_line(&self, [_, l, ll, lll]: Line) -> Self {
        let ([d, dd, ddd], [t, td, tdd]) = (self.eta, self.tau);
        Self {
            value: self.value,
            eta: [
                d * l,
                dd * l * l + d * ll,
                ddd * l * l * l + 3.0 * dd * l * ll + d * lll,
            ],
            tau: [t, td * l, tdd * l * l + td * ll],
            zeta: [0.0; 3],
        }
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "see `Density::row`")]
    fn plus(&self, other: &Self) -> Self {
        let add = |a: [f64; 3], b: [f64; 3]| [a[0] + b[0], a[1] + b[1], a[2] + b[2]];
        Self {
            value: self.value + other.value,
            eta: add(self.eta, other.eta),
            tau: add(self.tau, other.tau),
            zeta: add(self.zeta, other.zeta),
        }
    }
}

fn beta_binomial(seen: &Seen, success: Line, failure: Line, tau: f64) -> Row {
    let (s, n) = (seen.y, seen.trials);
    // R_k as a function of ln α.
    let rising = |k: f64, ln_alpha: f64| {
        let sums = Rising::default().up_to(0.0, k, ln_alpha.exp());
        let value = sums.ln + if k == 0.0 { 0.0 } else { k * ln_alpha };
        [
            value,
            sums.a,
            sums.a - sums.b,
            sums.a - 3.0 * sums.b + 2.0 * sums.c,
        ]
    };
    let at = |line: Line| Row {
        value: tau + line[0],
        eta: [line[1], line[2], line[3]],
        tau: [1.0, 0.0, 0.0],
        zeta: [0.0; 3],
    };
    let (alpha, beta) = (at(success), at(failure));
    let all = rising(n, tau);
    let mut row = alpha
        .through(rising(s, alpha.value))
        .plus(&beta.through(rising(n - s, beta.value)));
    row.value += seen.constant - all[0];
    row.tau[0] -= all[1];
    row
}

/// ln μ(η)
#[inline(always)]
#[allow(clippy::inline_always, reason = "see `Density::row`")]
fn ln_mean(link: Link, eta: f64) -> Line {
    let i = 1.0 / eta;
    match link {
        Link::Identity => [eta.ln(), i, -i * i, 2.0 * i * i * i],
        Link::Inverse => [-eta.ln(), -i, i * i, -2.0 * i * i * i],
        Link::Sqrt => [2.0 * eta.abs().ln(), 2.0 * i, -2.0 * i * i, 4.0 * i * i * i],
        _ => [eta, 1.0, 0.0, 0.0],
    }
}

/// ln π(η) and ln(1 − π(η))
#[inline(always)]
#[allow(clippy::inline_always, reason = "see `Density::row`")]
fn ln_share(link: Link, eta: f64) -> [Line; 2] {
    match link {
        Link::Probit => {
            // m = φ(η)/Φ(η)
            let side = |eta: f64| {
                let tail = normal_tail(-eta);
                let m = normal_density(eta) / tail;
                let second = -m * (eta + m);
                let third = -second * (eta + m) - m * (1.0 + second);
                [tail.ln(), m, second, third]
            };
            let (up, down) = (side(eta), side(-eta));
            [up, [down[0], -down[1], down[2], -down[3]]]
        }
        Link::Cloglog => {
            let h = eta.exp();
            let w = 1.0 / h.exp_m1();
            let s = h * (1.0 + w);
            let first = h * w;
            let second = first * (1.0 - s);
            let third = second * (1.0 - s) - first * s * (1.0 - first);
            [
                [(-(-h).exp_m1()).ln(), first, second, third],
                [-h, -h, -h, -h],
            ]
        }
        Link::Log => {
            let w = 1.0 / (-eta).exp_m1();
            let bend = w * (1.0 + w);
            [
                [eta, 1.0, 0.0, 0.0],
                [(-eta.exp_m1()).ln(), -w, -bend, -bend * (1.0 + 2.0 * w)],
            ]
        }
        Link::Identity => {
            let (i, j) = (1.0 / eta, 1.0 / (1.0 - eta));
            [
                [eta.ln(), i, -i * i, 2.0 * i * i * i],
                [(-eta).ln_1p(), -j, -j * j, -2.0 * j * j * j],
            ]
        }
        _ => {
            // The smaller of the two keeps its digits.
            let small = (-eta.abs()).exp();
            let near = 1.0 / (1.0 + small);
            let far = small * near;
            // To all digits beside the one that ℓ is added to.
            let ln_near = -(1.0 + small).ln();
            let (p, q) = if eta >= 0.0 { (near, far) } else { (far, near) };
            let (ln_p, ln_q) = if eta >= 0.0 {
                (ln_near, ln_near - eta)
            } else {
                (ln_near + eta, ln_near)
            };
            let bend = -near * far;
            let third = bend * (q - p);
            [[ln_p, q, bend, third], [ln_q, -p, bend, third]]
        }
    }
}

/// ln(1 + x), x ≥ 0: the faster logarithm where it loses nothing.
#[inline(always)]
#[allow(clippy::inline_always, reason = "see `Density::row`")]
fn ln_one_plus(x: f64) -> f64 {
    if x > 0.02 { (1.0 + x).ln() } else { x.ln_1p() }
}

/// ln(1 + e^x)
pub(super) fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
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

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Vec<(Density, Seen)> {
        use Family::{
            BetaBinomial, Binomial, Gamma, NegativeBinomial1, NegativeBinomial2, Poisson,
        };
        let mut all = Vec::new();
        let mut add = |family, link, zeros, y: &[f64], trials| {
            let density = Density {
                family,
                link,
                zeros,
            };
            all.extend(y.iter().map(|&y| (density, density.seen(y, trials))));
        };
        for family in [Poisson, NegativeBinomial1, NegativeBinomial2] {
            for zeros in [Zeros::AsCounted, Zeros::Inflated, Zeros::Hurdle] {
                add(family, Link::Log, zeros, &[0.0, 1.0, 5.0], 1.0);
            }
            add(family, Link::Log, Zeros::Truncated, &[1.0, 5.0], 1.0);
        }
        for link in [Link::Identity, Link::Sqrt] {
            add(Poisson, link, Zeros::AsCounted, &[0.0, 3.0], 1.0);
        }
        for link in [Link::Identity, Link::Inverse, Link::Log] {
            add(Gamma, link, Zeros::AsCounted, &[0.2, 3.0], 1.0);
        }
        for link in [Link::Logit, Link::Probit, Link::Cloglog] {
            for family in [Binomial, BetaBinomial] {
                add(family, link, Zeros::AsCounted, &[0.0, 3.0, 5.0], 5.0);
            }
        }
        add(Binomial, Link::Identity, Zeros::AsCounted, &[0.0, 3.0], 5.0);
        for link in [Link::Logit, Link::Probit, Link::Cloglog] {
            add(Family::Cumulative, link, Zeros::AsCounted, &[1.0], 1.0);
        }
        all
    }

    /// With random effects on both predictors, each second and third derivative is a slope too.
    #[test]
    fn derivatives_by_both_are_slopes() {
        let h = 1e-5;
        let zeros = [Zeros::Inflated, Zeros::Hurdle];
        let each = all().into_iter().filter(|(d, _)| zeros.contains(&d.zeros));
        for (density, seen) in each {
            let x = [0.4, -0.3, 0.2];
            let at = |eta: f64, zeta: f64, tau: f64| {
                density.both(&seen, density.apart(&seen, tau), eta, zeta, tau)
            };
            let here = at(x[0], x[1], x[2]);
            let moved = [
                (at(x[0] + h, x[1], x[2]), at(x[0] - h, x[1], x[2])),
                (at(x[0], x[1] + h, x[2]), at(x[0], x[1] - h, x[2])),
                (at(x[0], x[1], x[2] + h), at(x[0], x[1], x[2] - h)),
            ];
            let slope = |of: &dyn Fn(&Both) -> f64, way: usize| {
                (of(&moved[way].0) - of(&moved[way].1)) / (2.0 * h)
            };
            let near = |ours: f64, slope: f64, what: &str| {
                assert!(
                    (ours - slope).abs() < 1e-6 * (1.0 + slope.abs()),
                    "{density:?} {seen:?} {what}: {ours} {slope}"
                );
            };
            for i in 0..2 {
                near(here.slopes()[i], slope(&|b| b.row.value, i), "slope");
                for j in 0..2 {
                    near(here.bends()[i][j], slope(&|b| b.slopes()[i], j), "bend");
                }
                near(here.bends_by_tau()[i], slope(&|b| b.slopes()[i], 2), "by τ");
            }
            // A quadratic form with numbers of its own.
            let s = [0.7, -0.2, 1.1];
            let form = |b: &Both| {
                let [[ee, ez], [_, zz]] = b.bends();
                ee * s[0] + 2.0 * ez * s[1] + zz * s[2]
            };
            let thirds = here.thirds(s);
            for (way, third) in thirds.into_iter().enumerate() {
                near(third, slope(&form, way), "third");
            }
        }
    }

    /// Every derivative is the slope of the one before it.
    #[test]
    fn derivatives_are_slopes() {
        let h = 1e-5;
        for (density, seen) in all() {
            for x in [[0.4, -0.3, 0.2], [0.9, 1.0, -1.2]] {
                let ordered = density.family == Family::Cumulative;
                // The threshold above a level lies above the one below it.
                let x = if ordered {
                    [x[0], x[2] - 1.5, x[1] + 1.0]
                } else {
                    x
                };
                let at = |eta: f64, zeta: f64, tau: f64| {
                    let apart = density.apart_of_zeros(density.apart(&seen, tau), zeta);
                    density.row(&seen, apart, eta, zeta, tau)
                };
                let here = at(x[0], x[1], x[2]);
                let slope = |up: Row, down: Row| {
                    let of = |f: fn(&Row) -> f64| (f(&up) - f(&down)) / (2.0 * h);
                    [of(|r| r.value), of(|r| r.eta[0]), of(|r| r.eta[1])]
                };
                let slopes = [
                    slope(at(x[0] + h, x[1], x[2]), at(x[0] - h, x[1], x[2])),
                    slope(at(x[0], x[1], x[2] + h), at(x[0], x[1], x[2] - h)),
                    slope(at(x[0], x[1] + h, x[2]), at(x[0], x[1] - h, x[2])),
                ];
                for (ours, slope) in [here.eta, here.tau, here.zeta].iter().zip(slopes) {
                    for (ours, slope) in ours.iter().zip(slope) {
                        assert!(
                            (ours - slope).abs() < 1e-6 * (1.0 + slope.abs()),
                            "{density:?} {seen:?} at {x:?}: {ours} {slope}"
                        );
                    }
                }
            }
        }
    }

    /// Probabilities add up to one, also where the log link of a share is taken.
    #[test]
    fn probabilities_add_up() {
        for (density, seen) in all() {
            if matches!(density.family, Family::Gamma | Family::Cumulative) {
                continue;
            }
            let from = u32::from(density.zeros == Zeros::Truncated);
            let last = if density.family.is_share() { 5 } else { 600 };
            let total: f64 = (from..=last)
                .map(|y| {
                    let seen = density.seen(f64::from(y), seen.trials);
                    let apart = density.apart_of_zeros(density.apart(&seen, 0.3), -0.4);
                    let row = density.row(&seen, apart, 0.6, -0.4, 0.3);
                    row.value.exp()
                })
                .sum();
            assert!((total - 1.0).abs() < 1e-10, "{density:?}: {total}");
        }
        let density = Density {
            family: Family::Binomial,
            link: Link::Log,
            zeros: Zeros::AsCounted,
        };
        let of = |y: f64| {
            let seen = density.seen(y, 1.0);
            density.row(&seen, density.apart(&seen, 0.0), -0.5, 0.0, 0.0)
        };
        assert!((of(0.0).value.exp() + of(1.0).value.exp() - 1.0).abs() < 1e-14);
    }

    /// By hand: the densities of [`Family::log_density`], a second writing of the same thing.
    #[test]
    fn as_the_generalised_linear_model_has_them() {
        let each = [
            (Family::Poisson, Link::Log, 1.0, 0.0),
            (Family::NegativeBinomial2, Link::Log, 2.0, 2.0_f64.ln()),
            (Family::NegativeBinomial1, Link::Log, 0.7, 0.7_f64.ln()),
            (Family::Binomial, Link::Logit, 1.0, 0.0),
            // ρ = 0.2: precision 4.
            (Family::BetaBinomial, Link::Logit, 0.2, 4.0_f64.ln()),
        ];
        for (family, link, shape, tau) in each {
            let density = Density {
                family,
                link,
                zeros: Zeros::AsCounted,
            };
            let seen = density.seen(3.0, 7.0);
            let ours = density.row(&seen, density.apart(&seen, tau), 0.3, 0.0, tau);
            let y = if family.is_share() { 3.0 / 7.0 } else { 3.0 };
            let theirs = family.log_density(y, &link.mean(0.3), 7.0, shape);
            assert!((ours.value - theirs).abs() < 1e-12, "{family:?}");
        }
    }
}
