//! The noncentral χ² distribution and its noncentrality.
//!
//! ```text
//! model   χ² of ν degrees of freedom and noncentrality λ: of ν + 2J degrees, J ~ Poisson(λ/2)
//! tails   P(X ≤ x) = Σ_j f(j; λ/2) P_j,   P_j = γ(a_j, x/2)/Γ(a_j),   a_j = ν/2 + j;  above with Q_j
//! terms   P_{j−1} = P_j + t_{j−1},  Q_{j+1} = Q_j + t_j,  t_j = (x/2)^{a_j} e^{−x/2} / Γ(a_j + 1)
//! ```
//! The lower tail is summed downwards and the upper tail upwards, where the recurrences only add:
//! each tail is as accurate as its largest terms. One incomplete gamma function and about 20 √λ
//! multiplications for a tail. R's `pchisq` loses the upper tail when λ is large.
//!
//! Johnson NL, Kotz S, Balakrishnan N (1995), Continuous Univariate Distributions 2, chapter 29.

use super::discrete::{Poisson, incomplete_gamma};
use super::special::ln_gamma;
use crate::root::root;

/// The two tails at a point.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Tails {
    pub lower: f64,
    pub upper: f64,
}

/// P(X ≤ x) and P(X > x) of ν = `df` and λ = `ncp`.
pub(crate) fn tails(x: f64, df: f64, ncp: f64) -> Tails {
    let (half, mean) = (x / 2.0, ncp / 2.0);
    if x <= 0.0 {
        return Tails {
            lower: 0.0,
            upper: 1.0,
        };
    }
    if ncp == 0.0 {
        let central = incomplete_gamma(df / 2.0, half);
        return Tails {
            lower: central.lower,
            upper: central.upper,
        };
    }
    let poisson = Poisson { lambda: mean };
    let reach = 9.0 * mean.sqrt() + 20.0;
    let weight = |j: f64| poisson.ln_pmf(j).exp();
    let t = |j: f64| {
        let a = df / 2.0 + j;
        (a * half.ln() - half - ln_gamma(a + 1.0)).exp()
    };
    // The next of a sequence by its ratio to the last one, or anew where the last one vanished.
    let next = |last: f64, ratio: f64, anew: &dyn Fn() -> f64| {
        if last < 1e-290 { anew() } else { last * ratio }
    };

    // Downwards from where the weights have vanished.
    let mut j = (mean + reach).ceil();
    let (mut w, mut t_j) = (weight(j), t(j - 1.0));
    let mut p = incomplete_gamma(df / 2.0 + j, half).lower;
    let mut lower = w * p;
    while j > 0.0 {
        p += t_j;
        w = next(w, j / mean, &|| weight(j - 1.0));
        j -= 1.0;
        t_j = next(t_j, (df / 2.0 + j) / half, &|| t(j - 1.0));
        lower += w * p;
        if j < mean - reach && w * p < 1e-18 * lower {
            break;
        }
    }

    // Upwards from where they begin.
    let mut j = (mean - reach).floor().max(0.0);
    let (mut w, mut t_j) = (weight(j), t(j));
    let mut q = incomplete_gamma(df / 2.0 + j, half).upper;
    let mut upper = w * q;
    loop {
        q += t_j;
        j += 1.0;
        w = next(w, mean / j, &|| weight(j));
        t_j = next(t_j, half / (df / 2.0 + j), &|| t(j));
        upper += w * q;
        if j > mean && w * q <= 1e-18 * upper {
            break;
        }
    }
    Tails {
        lower: lower.min(1.0),
        upper: upper.min(1.0),
    }
}

/// The λ at which the upper tail at x is `tail`; zero where even λ = 0 leaves more than that.
pub(crate) fn noncentrality(x: f64, df: f64, tail: f64) -> f64 {
    // A tail above one half is met through the lower one, which then is the smaller.
    let f = |ncp: f64| {
        let at = tails(x, df, ncp);
        if tail <= 0.5 {
            at.upper.ln() - tail.ln()
        } else {
            (1.0 - tail).ln() - at.lower.ln()
        }
    };
    if f(0.0) >= 0.0 {
        return 0.0;
    }
    // λ is about x − ν, give or take the normal deviate of the tail.
    let mut high = x + 10.0 * x.sqrt() + 10.0;
    while f(high) < 0.0 {
        high *= 2.0;
    }
    root(0.0, high, f)
}
