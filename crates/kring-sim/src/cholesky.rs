//! The lower triangle L with L L' = G, row by row, of a small covariance.
//!
//! Golub GH & Van Loan CF (2013), Matrix Computations, 4th edition, algorithm 4.2.1.

/// A matrix that has no such triangle: the first entry that the ones before it leave no variance.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Left {
    pub entry: usize,
    pub variance: f64,
}

/// L of a symmetric positive definite matrix of q rows.
pub(crate) fn cholesky(g: &[Vec<f64>]) -> Result<Vec<Vec<f64>>, Left> {
    let q = g.len();
    let mut l = vec![vec![0.0; q]; q];
    for i in 0..q {
        for j in 0..=i {
            let known: f64 = (0..j).map(|k| l[i][k] * l[j][k]).sum();
            let left = g[i][j] - known;
            if i != j {
                l[i][j] = left / l[j][j];
            } else if left > g[i][i] * 1e-12 && left.is_finite() {
                l[i][i] = left.sqrt();
            } else {
                return Err(Left {
                    entry: i,
                    variance: left,
                });
            }
        }
    }
    Ok(l)
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    reason = "a test may stop at what it did not expect"
)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        let l = cholesky(&[vec![4.0, 2.0], vec![2.0, 5.0]]).unwrap();
        assert_eq!(l, [[2.0, 0.0], [1.0, 2.0]]);
        let singular = [vec![1.0, 1.0], vec![1.0, 1.0]];
        assert_eq!(cholesky(&singular).unwrap_err().entry, 1);
        assert_eq!(cholesky(&[vec![0.0]]).unwrap_err().entry, 0);
    }
}
