//! The distribution of Kolmogorov's distance between n uniform draws and the uniform distribution.
//!
//! ```text
//! far out    n d² ≥ 4 or d ≥ ½:  P(D ≥ d) = 2 P(D⁺ ≥ d),
//!            P(D⁺ ≥ d) = d Σ_j C(n, j) (d + j/n)^(j−1) (1 − d − j/n)^(n−j)
//! else       P(D < d) = n!/n^n times the middle entry of the n-th power of Durbin's matrix
//! many rows  P(D ≥ d) = 2 Σ_k (−1)^(k−1) exp(−2 k² n d²)
//! ```
//! The first is exact for d ≥ ½ and right to about ten digits for n d² ≥ 4.
//!
//! Durbin J (1973), Distribution Theory for Tests Based on the Sample Distribution Function,
//! doi 10.1137/1.9781611970586; Marsaglia G, Tsang WW, Wang J (2003), J Statistical Software 8(18),
//! doi 10.18637/jss.v008.i18; Miller LH (1956), JASA 51:111–121, doi 10.1080/01621459.1956.10501314;
//! Smirnov NV (1944), Uspekhi Mat Nauk 10:179–206.

use ndarray::Array2;

use crate::dist::special::ln_choose;

/// Up to so many rows the exact distribution is used.
pub(super) const LARGEST: usize = 1000;

/// D of sorted values from 0 to 1.
pub(super) fn distance(u: &[f64]) -> f64 {
    let n = u.len() as f64;
    u.iter().enumerate().fold(0.0, |d: f64, (i, &u)| {
        d.max(u - i as f64 / n).max((i + 1) as f64 / n - u)
    })
}

/// P(D ≥ d)
pub(super) fn exact_tail(n: usize, d: f64) -> f64 {
    let size = n as f64;
    if d <= 0.5 / size {
        return 1.0;
    }
    if d >= 1.0 {
        return 0.0;
    }
    if d >= 0.5 || size * d * d >= 4.0 {
        return (2.0 * one_sided_tail(size, d)).min(1.0);
    }
    1.0 - durbin(n, d)
}

/// P(D ≥ d) for many rows.
pub(super) fn asymptotic_tail(n: usize, d: f64) -> f64 {
    let x = n as f64 * d * d;
    // Below this P(D < d) is below 1e-12.
    if x < 0.04 {
        return 1.0;
    }
    let mut sum = 0.0;
    for k in 1..=100 {
        let term = (-2.0 * f64::from(k * k) * x).exp();
        sum += if k % 2 == 1 { term } else { -term };
        if term < 1e-18 {
            break;
        }
    }
    (2.0_f64 * sum).clamp(0.0, 1.0)
}

/// P(D⁺ ≥ d), whose terms are all positive.
fn one_sided_tail(n: f64, d: f64) -> f64 {
    let last = (n * (1.0 - d)).floor();
    let (mut sum, mut j) = (0.0, 0.0);
    while j <= last {
        let (above, left) = (d + j / n, 1.0 - d - j / n);
        if left > 0.0 {
            sum += (ln_choose(n, j) + (j - 1.0) * above.ln() + (n - j) * left.ln()).exp();
        }
        j += 1.0;
    }
    d * sum
}

/// P(D < d) by Durbin's matrix of m = 2k − 1 rows, where n d = k − h.
///
/// Entry (i, j) is 1 / (i − j + 1)! on and below the first diagonal above the main one; the first
/// column and the last row lose powers of h.
fn durbin(n: usize, d: f64) -> f64 {
    let size = n as f64;
    let ceiling = (size * d).floor() + 1.0;
    let h = ceiling - size * d;
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "n d is a small positive number here"
    )]
    let k = ceiling as usize;
    let m = 2 * k - 1;
    let mut inverse_factorial = vec![1.0; m + 2];
    for g in 1..m + 2 {
        inverse_factorial[g] = inverse_factorial[g - 1] / g as f64;
    }
    let power = |x: f64, power: usize| (0..power).fold(1.0, |product, _| product * x);
    let matrix = Array2::from_shape_fn((m, m), |(i, j)| {
        if i + 1 < j {
            return 0.0;
        }
        let mut entry = 1.0;
        if j == 0 {
            entry -= power(h, i + 1);
        }
        if i == m - 1 {
            entry -= power(h, m - j);
        }
        if j == 0 && i == m - 1 {
            entry += power((2.0 * h - 1.0).max(0.0), m);
        }
        entry * inverse_factorial[i + 1 - j]
    });
    let Scaled {
        matrix,
        mut exponent,
    } = nth_power(&matrix, n);
    let mut value = matrix[[k - 1, k - 1]];
    for i in 1..=n {
        value *= i as f64 / size;
        if value < 1e-140 {
            value *= 1e140;
            exponent -= 140;
        }
    }
    (value * 10.0_f64.powi(exponent)).clamp(0.0, 1.0)
}

/// A matrix times a power of ten.
struct Scaled {
    matrix: Array2<f64>,
    exponent: i32,
}

/// By repeated squaring.
fn nth_power(a: &Array2<f64>, n: usize) -> Scaled {
    if n == 1 {
        return Scaled {
            matrix: a.clone(),
            exponent: 0,
        };
    }
    let half = nth_power(a, n / 2);
    let square = half.matrix.dot(&half.matrix);
    let mut power = Scaled {
        matrix: if n.is_multiple_of(2) {
            square
        } else {
            square.dot(a)
        },
        exponent: 2 * half.exponent,
    };
    let middle = a.nrows() / 2;
    if power.matrix[[middle, middle]] > 1e140 {
        power.matrix *= 1e-140;
        power.exponent += 140;
    }
    power
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand: one draw is at least d from the step with probability 2 (1 − d) for d ≥ ½; two draws:
    /// P(D < d) = 2 (2d − ½)² for ¼ ≤ d ≤ ½.
    #[test]
    fn small_samples_by_hand() {
        assert!((exact_tail(1, 0.7) - 0.6).abs() < 1e-14);
        for d in [0.3_f64, 0.4, 0.49] {
            let by_hand = 1.0 - 2.0 * (2.0 * d - 0.5).powi(2);
            assert!((exact_tail(2, d) - by_hand).abs() < 1e-14, "{d}");
        }
        assert_eq!(exact_tail(5, 0.1), 1.0);
        assert_eq!(exact_tail(5, 1.0), 0.0);
        assert!((distance(&[0.2, 0.4]) - 0.6).abs() < 1e-15);
    }

    /// Marsaglia, Tsang and Wang's printed example: P(D < 0.274) = 0.6284796154565 for n = 10.
    #[test]
    fn the_printed_example() {
        assert!((1.0 - exact_tail(10, 0.274) - 0.628_479_615_456_5).abs() < 1e-12);
    }

    #[test]
    fn the_pieces_meet() {
        for n in [20_usize, 100, 1000] {
            let d = (4.0 / n as f64).sqrt();
            let (far, near) = (exact_tail(n, d), 1.0 - durbin(n, d));
            assert!((far - near).abs() < 1e-9, "{n}: {far} {near}");
        }
        let (exact, many) = (exact_tail(1000, 0.03), asymptotic_tail(1000, 0.03));
        assert!((exact - many).abs() < 0.01, "{exact} {many}");
        assert_eq!(asymptotic_tail(2000, 0.001), 1.0);
    }
}
