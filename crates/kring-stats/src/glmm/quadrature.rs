//! Gauss and Hermite's nodes and weights.
//!
//! ```text
//! ∫ e^(−x²) f(x) dx ≈ Σ w_k f(x_k)
//! x_k   the eigenvalues of the Jacobi matrix, tridiagonal with √(k/2) beside a diagonal of zeros
//! w_k   1 / Σ_{j<m} p_j(x_k)² with the orthonormal polynomials p_j, which keeps all digits of small ones
//! ```
//! Golub GH, Welsch JH (1969), Mathematics of Computation 23:221–230, doi 10.1090/S0025-5718-69-99647-1.

use ndarray::Array2;

use crate::linalg::symmetric_eigen;

/// One node of a rule in q dimensions.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Node {
    /// √2 x, q numbers.
    pub x: Vec<f64>,
    /// ln w + x'x − (q/2) ln π: what the node adds to ln f.
    pub ln_weight: f64,
}

/// The product rule of m points in each of q dimensions.
pub(super) fn nodes(m: usize, q: usize) -> Vec<Node> {
    let one = rule(m);
    let mut all = vec![Node {
        x: Vec::new(),
        ln_weight: 0.0,
    }];
    for _ in 0..q {
        all = all
            .iter()
            .flat_map(|node| {
                one.iter().map(|&(x, ln_weight)| {
                    let mut all = node.x.clone();
                    all.push(x);
                    Node {
                        x: all,
                        ln_weight: node.ln_weight + ln_weight,
                    }
                })
            })
            .collect();
    }
    all
}

/// √2 x_k and ln w_k + x_k² − ½ ln π.
pub(crate) fn rule(m: usize) -> Vec<(f64, f64)> {
    let beside = |k: usize| (k as f64 / 2.0).sqrt();
    let jacobi = Array2::from_shape_fn((m, m), |(i, j)| match i.abs_diff(j) {
        1 => beside(i.max(j)),
        _ => 0.0,
    });
    let half_ln_pi = 0.5 * std::f64::consts::PI.ln();
    let mut values = symmetric_eigen(&jacobi).values;
    values.sort_by(f64::total_cmp);
    // The nodes lie in pairs around zero.
    let place = |k: usize| 0.5 * (values[k] - values[m - 1 - k]);
    (0..m)
        .map(|k| {
            let x = place(k);
            let (mut before, mut p) = (0.0, (-0.5 * half_ln_pi).exp());
            let mut sum = p * p;
            for j in 1..m {
                (before, p) = (
                    p,
                    (x * p - if j > 1 { beside(j - 1) * before } else { 0.0 }) / beside(j),
                );
                sum += p * p;
            }
            (std::f64::consts::SQRT_2 * x, x * x - sum.ln() - half_ln_pi)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Against the moments of the standard normal: E x² = 1, E x⁴ = 3, E x⁶ = 15, exact from four points on.
    #[test]
    fn moments_of_the_normal() {
        for m in [4, 9, 25] {
            let moment = |power: i32| -> f64 {
                nodes(m, 1)
                    .iter()
                    .map(|node| {
                        let x = node.x[0];
                        (node.ln_weight - 0.5 * x * x).exp() * x.powi(power)
                    })
                    .sum()
            };
            for (power, expected) in [(0, 1.0), (1, 0.0), (2, 1.0), (4, 3.0), (6, 15.0)] {
                assert!(
                    (moment(power) - expected).abs() < 1e-12 * (1.0 + expected),
                    "{m} {power}"
                );
            }
        }
        // One point is Laplace's approximation.
        assert_eq!(nodes(1, 1)[0].x, vec![0.0]);
        assert!(nodes(1, 1)[0].ln_weight.abs() < 1e-15);
        assert_eq!(nodes(3, 2).len(), 9);
    }
}
