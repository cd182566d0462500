//! A = L L' of a small symmetric positive definite matrix: covariances of items and variables.

use ndarray::{Array2, ArrayView2};

/// The lower triangle L, row by row.
#[derive(Debug, Clone)]
pub(crate) struct Cholesky {
    l: Array2<f64>,
}

impl Cholesky {
    /// The factor; nothing where a pivot falls below 1e-12 of its diagonal, so that the matrix is
    /// singular to working precision.
    pub fn new(a: ArrayView2<'_, f64>) -> Option<Self> {
        const SINGULAR: f64 = 1e-12;
        let k = a.nrows();
        let mut l = Array2::zeros((k, k));
        for i in 0..k {
            for j in 0..=i {
                let before: f64 = (0..j).map(|m| l[[i, m]] * l[[j, m]]).sum();
                let left: f64 = a[[i, j]] - before;
                if i > j {
                    l[[i, j]] = left / l[[j, j]];
                } else if left > SINGULAR * a[[i, i]].abs() && left.is_finite() {
                    l[[i, i]] = left.sqrt();
                } else {
                    return None;
                }
            }
        }
        Some(Self { l })
    }

    /// ln |A|
    pub fn ln_determinant(&self) -> f64 {
        self.l.diag().iter().map(|d| 2.0 * d.ln()).sum()
    }

    /// Turns b into L⁻¹ b, whose squares sum to b' A⁻¹ b.
    pub fn forward(&self, b: &mut [f64]) {
        for i in 0..b.len() {
            let head: f64 = (0..i).map(|j| self.l[[i, j]] * b[j]).sum();
            b[i] = (b[i] - head) / self.l[[i, i]];
        }
    }

    /// Turns b into A⁻¹ b.
    pub fn solve(&self, b: &mut [f64]) {
        self.forward(b);
        for i in (0..b.len()).rev() {
            let tail: f64 = (i + 1..b.len()).map(|j| self.l[[j, i]] * b[j]).sum();
            b[i] = (b[i] - tail) / self.l[[i, i]];
        }
    }

    /// A⁻¹
    pub fn inverse(&self) -> Array2<f64> {
        let k = self.l.nrows();
        let mut inverse = Array2::zeros((k, k));
        let mut column = vec![0.0; k];
        for j in 0..k {
            column.fill(0.0);
            column[j] = 1.0;
            self.solve(&mut column);
            for (i, x) in column.iter().enumerate() {
                inverse[[i, j]] = *x;
            }
        }
        inverse
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    reason = "a test may stop at what it did not expect"
)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn by_hand() {
        // L = [[2, 0], [1, 3]]: A = [[4, 2], [2, 10]], |A| = 36.
        let root = Cholesky::new(array![[4.0, 2.0], [2.0, 10.0]].view()).unwrap();
        assert_eq!(root.l, array![[2.0, 0.0], [1.0, 3.0]]);
        assert!((root.ln_determinant() - 36.0_f64.ln()).abs() < 1e-15);
        let expected = array![[10.0, -2.0], [-2.0, 4.0]] / 36.0;
        assert!((root.inverse() - expected).iter().all(|d| d.abs() < 1e-16));
        assert!(Cholesky::new(array![[1.0, 1.0], [1.0, 1.0]].view()).is_none());
        assert!(Cholesky::new(array![[f64::NAN]].view()).is_none());
    }
}
