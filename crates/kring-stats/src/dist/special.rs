//! The logarithm of the gamma function, its derivatives, and what counts combinations.

/// ln Γ(x), x > 0.
pub(crate) fn ln_gamma(x: f64) -> f64 {
    statrs::function::gamma::ln_gamma(x)
}

/// ψ(x), the derivative of ln Γ, x > 0.
pub(crate) fn digamma(x: f64) -> f64 {
    statrs::function::gamma::digamma(x)
}

/// ψ′(x), x > 0: the recurrence ψ′(x) = ψ′(x + 1) + x⁻² up to 12, then the asymptotic series
/// (Abramowitz & Stegun 6.4.12).
pub(crate) fn trigamma(x: f64) -> f64 {
    const BERNOULLI: [f64; 7] = [
        1.0 / 6.0,
        -1.0 / 30.0,
        1.0 / 42.0,
        -1.0 / 30.0,
        5.0 / 66.0,
        -691.0 / 2730.0,
        7.0 / 6.0,
    ];
    let (mut sum, mut x) = (0.0, x);
    while x < 12.0 {
        sum += 1.0 / (x * x);
        x += 1.0;
    }
    let inverse = 1.0 / (x * x);
    let series = BERNOULLI.iter().rev().fold(0.0, |tail, b| (tail + b) * inverse);
    sum + 1.0 / x + inverse / 2.0 + series / x
}

/// ln n!
pub(crate) fn ln_factorial(n: f64) -> f64 {
    ln_gamma(n + 1.0)
}

/// ln of n over k.
pub(crate) fn ln_choose(n: f64, k: f64) -> f64 {
    ln_factorial(n) - ln_factorial(k) - ln_factorial(n - k)
}
