//! Draws from the distributions that generators need, from a stream of the path of seeds.
//!
//! ```text
//! exponential   −ln u
//! gamma         shape a ≥ 1: d = a − ⅓, c = 1/√(9d), v = (1 + c x)³ of a normal x, accepted where
//!               ln u < ½x² + d − dv + d ln v;  below 1: that of a + 1, times u^(1/a)
//! poisson       μ < 10: from 0 upwards until the sum of the chances passes u;
//!               else Hörmann's PTRS, transformed rejection with squeeze
//! nb1, nb2      Poisson of a gamma: of shape μ/φ and scale φ, of shape θ and scale μ/θ
//! ```
//! What is drawn is pinned by tests: a change here changes published results, as one of
//! `core::seed` does.
//!
//! Marsaglia G & Tsang WW (2000), ACM Transactions on Mathematical Software 26:363–372,
//! doi 10.1145/358407.358414; Hörmann W (1993), Insurance: Mathematics and Economics 12:39–45,
//! doi 10.1016/0167-6687(93)90997-4.

use kring_core::seed::Stream;

/// Above this mean a Poisson variable is drawn by rejection.
const MANY: f64 = 10.0;

/// Means beyond this are drawn as this: counts stay whole numbers of an `f64`.
pub const LARGEST_MEAN: f64 = 1e12;

/// From the exponential distribution with mean one.
#[inline]
pub fn exponential(stream: &mut Stream) -> f64 {
    -stream.uniform().ln()
}

/// From the gamma distribution with mean `shape` and scale one.
///
/// ```
/// use kring_core::seed::Seed;
/// let mut stream = Seed::new(1).stream(0);
/// let mean = (0..10_000).map(|_| kring_sim::sampler::gamma(2.5, &mut stream)).sum::<f64>() / 1e4;
/// assert!((mean - 2.5).abs() < 0.05);
/// ```
pub fn gamma(shape: f64, stream: &mut Stream) -> f64 {
    if shape < 1.0 {
        let u = stream.uniform();
        return large_gamma(shape + 1.0, stream) * u.powf(1.0 / shape);
    }
    large_gamma(shape, stream)
}

fn large_gamma(shape: f64, stream: &mut Stream) -> f64 {
    let d = shape - 1.0 / 3.0;
    let c = 1.0 / (9.0 * d).sqrt();
    loop {
        let x = stream.normal();
        let v = 1.0 + c * x;
        if v <= 0.0 {
            continue;
        }
        let v = v * v * v;
        let u = stream.uniform();
        // The squeeze spares the logarithms in all but one of fifty draws.
        if u < 1.0 - 0.0331 * (x * x) * (x * x) || u.ln() < 0.5 * x * x + d - d * v + d * v.ln() {
            return d * v;
        }
    }
}

/// From the Poisson distribution with mean μ; zero where μ is not above zero.
///
/// ```
/// use kring_core::seed::Seed;
/// let mut stream = Seed::new(1).stream(0);
/// let zeros = (0..10_000).filter(|_| kring_sim::sampler::poisson(1.0, &mut stream) == 0.0).count();
/// assert!((zeros as f64 / 1e4 - (-1.0_f64).exp()).abs() < 0.015);
/// ```
pub fn poisson(mu: f64, stream: &mut Stream) -> f64 {
    if mu < MANY {
        if mu > 0.0 {
            return few(mu, stream);
        }
        return 0.0;
    }
    many(mu.min(LARGEST_MEAN), stream)
}

/// By inversion: the chances from zero upwards.
#[inline]
fn few(mu: f64, stream: &mut Stream) -> f64 {
    let u = stream.uniform();
    let mut chance = (-mu).exp();
    let (mut sum, mut k) = (chance, 0.0);
    // 150 is far beyond any count with a mean below ten: rounding alone could lead there.
    while u > sum && k < 150.0 {
        k += 1.0;
        chance *= mu / k;
        sum += chance;
    }
    k
}

/// PTRS, with the constants of the paper's page 43.
fn many(mu: f64, stream: &mut Stream) -> f64 {
    let b = 0.931 + 2.53 * mu.sqrt();
    let a = -0.059 + 0.024_83 * b;
    let inverse_alpha = 1.123_9 + 1.132_8 / (b - 3.4);
    let v_r = 0.927_7 - 3.622_4 / (b - 2.0);
    let ln_mu = mu.ln();
    loop {
        let u = stream.uniform() - 0.5;
        let v = stream.uniform();
        let us = 0.5 - u.abs();
        let k = ((2.0 * a / us + b) * u + mu + 0.43).floor();
        if us >= 0.07 && v <= v_r {
            return k;
        }
        if k < 0.0 || (us < 0.013 && v > us) {
            continue;
        }
        let height = (v * inverse_alpha / (a / (us * us) + b)).ln();
        if height <= k * ln_mu - mu - ln_factorial(k) {
            return k;
        }
    }
}

/// A count with mean μ and variance μ(1 + φ).
pub fn nb1(mu: f64, phi: f64, stream: &mut Stream) -> f64 {
    let rate = phi * gamma(mu.min(LARGEST_MEAN) / phi, stream);
    poisson(rate, stream)
}

/// A count with mean μ and variance μ + μ²/θ.
pub fn nb2(mu: f64, theta: f64, stream: &mut Stream) -> f64 {
    let rate = mu.min(LARGEST_MEAN) / theta * gamma(theta, stream);
    poisson(rate, stream)
}

/// ln k! of a whole number: a table to 15, from there Stirling's series, whose error is below 1e-15.
pub(crate) fn ln_factorial(k: f64) -> f64 {
    const TABLE: [f64; 16] = [
        0.0,
        0.0,
        std::f64::consts::LN_2,
        1.791_759_469_228_055,
        3.178_053_830_347_945_8,
        4.787_491_742_782_046,
        6.579_251_212_010_101,
        8.525_161_361_065_415,
        10.604_602_902_745_25,
        12.801_827_480_081_469,
        15.104_412_573_075_516,
        17.502_307_845_873_887,
        19.987_214_495_661_885,
        22.552_163_853_123_42,
        25.191_221_182_738_68,
        27.899_271_383_840_89,
    ];
    const HALF_LN_TAU: f64 = 0.918_938_533_204_672_8;
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a whole number from 0 to 15"
    )]
    if k < 15.5 {
        return TABLE.get(k.max(0.0) as usize).copied().unwrap_or(0.0);
    }
    let r = 1.0 / k;
    let r2 = r * r;
    let series = r * (1.0 / 12.0 - r2 * (1.0 / 360.0 - r2 * (1.0 / 1260.0 - r2 / 1680.0)));
    (k + 0.5) * k.ln() - k + HALF_LN_TAU + series
}

/// 1 / (1 + exp(−η)).
#[inline]
pub(crate) fn logistic(eta: f64) -> f64 {
    1.0 / (1.0 + (-eta).exp())
}
