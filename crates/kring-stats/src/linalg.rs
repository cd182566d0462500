//! Linear algebra: a rank-revealing QR as R's, triangular solves, symmetric eigenvalues.
//!
//! Everything an estimator needs of matrices is here, and faer only here. Small symmetric
//! matrices (a family's) go to a Jacobi loop, larger ones to faer.

use std::cmp::Ordering;

use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::cholesky::llt::{factor, inverse};
use faer::linalg::matmul::matmul;
use faer::linalg::triangular_solve::{
    solve_lower_triangular_in_place, solve_upper_triangular_in_place,
};
use faer::{Accum, Mat, MatMut, MatRef, Par, Side, Spec};
use ndarray::{Array1, Array2, ArrayView1, ArrayView2, ShapeBuilder};

use crate::resampling::over_pieces;

/// X P = Q R by Householder reflections with R's limited pivoting (LINPACK `dqrdc2`).
///
/// A column whose length falls below 1e-7 of its own after the columns before it are taken out is
/// moved to the end. So the first of a set of collinear columns stays, and `rank` columns do.
pub(crate) struct Qr {
    /// For each place the column of X that stands there.
    pub pivot: Vec<usize>,
    /// How many columns are estimated.
    pub rank: usize,
    /// The orthonormal columns of Q that span them, n × rank.
    pub q: Array2<f64>,
    /// The upper triangle, rank × p in pivoted order.
    pub r: Array2<f64>,
}

const TOLERANCE: f64 = 1e-7;

impl Qr {
    pub fn new(x: ArrayView2<'_, f64>) -> Self {
        let (n, p) = x.dim();
        let mut columns = vec![0.0; n * p];
        for (i, row) in x.rows().into_iter().enumerate() {
            row.iter()
                .enumerate()
                .for_each(|(j, x)| columns[j * n + i] = *x);
        }
        Self::of_columns(n, p, columns)
    }

    /// The same of columns that stand one after the other; Q takes their place.
    pub fn of_columns(n: usize, p: usize, mut columns: Vec<f64>) -> Self {
        // When a column is done it holds R above its diagonal and the reflector on and below; the diagonal of R
        // stands apart.
        let mut diagonal = Vec::with_capacity(p.min(n));
        let mut pivot: Vec<usize> = (0..p).collect();
        let mut length: Vec<f64> = (0..p).map(|j| norm(&columns[j * n..(j + 1) * n])).collect();
        // A column of subnormal numbers has no digits; it counts as one of zeros.
        let mut original: Vec<f64> = length
            .iter()
            .map(|&l| if l < f64::MIN_POSITIVE { 1.0 } else { l })
            .collect();
        let mut candidates = p;
        let mut step = 0;
        while step < candidates.min(n) {
            if length[step] < original[step] * TOLERANCE {
                // Nothing new in this column: to the end with it, the others keep their order.
                columns[step * n..].rotate_left(n);
                pivot[step..].rotate_left(1);
                original[step..].rotate_left(1);
                length[step..].rotate_left(1);
                candidates -= 1;
                continue;
            }
            let (done, others) = columns.split_at_mut((step + 1) * n);
            let v = &mut done[step * n + step..];
            let alpha = norm(v).copysign(v[0]);
            if alpha != 0.0 {
                for vi in v.iter_mut() {
                    *vi /= alpha;
                }
                v[0] += 1.0;
                let others = others.chunks_exact_mut(n);
                for (other, length) in others.zip(&mut length[step + 1..]) {
                    reflect(v, &mut other[step..]);
                    if *length == 0.0 {
                        continue;
                    }
                    let left = (1.0 - (other[step] / *length).powi(2)).max(0.0);
                    *length = if left < 1e-6 {
                        norm(&other[step + 1..])
                    } else {
                        *length * left.sqrt()
                    };
                }
            }
            diagonal.push(-alpha);
            step += 1;
        }
        let rank = step;
        let r = Array2::from_shape_fn((rank, p), |(i, j)| match i.cmp(&j) {
            Ordering::Less => columns[j * n + i],
            Ordering::Equal => diagonal[i],
            Ordering::Greater => 0.0,
        });
        Self {
            pivot,
            rank,
            q: thin_q(n, rank, columns),
            r,
        }
    }

    /// The square, invertible part of R.
    pub fn r_square(&self) -> ArrayView2<'_, f64> {
        self.r.slice(ndarray::s![.., ..self.rank])
    }

    /// The coefficients of the estimated columns from Q'y, in pivoted order.
    pub fn solve(&self, qty: ArrayView1<'_, f64>) -> Array1<f64> {
        back_substitute(self.r_square(), qty)
    }

    /// R⁻¹ of the estimated columns.
    pub fn r_inverse(&self) -> Array2<f64> {
        let mut inverse = Array2::zeros((self.rank, self.rank));
        for j in 0..self.rank {
            let mut unit = Array1::zeros(self.rank);
            unit[j] = 1.0;
            inverse
                .column_mut(j)
                .assign(&back_substitute(self.r_square(), unit.view()));
        }
        inverse
    }
}

/// Q = H₁ … H_rank applied to the first columns of the identity, in the place of the reflectors: each column
/// is done with once those after it are Q's.
fn thin_q(n: usize, rank: usize, mut columns: Vec<f64>) -> Array2<f64> {
    columns.truncate(n * rank);
    columns.shrink_to_fit();
    for step in (0..rank).rev() {
        let (own, after) = columns.split_at_mut((step + 1) * n);
        let (above, v) = own[step * n..].split_at_mut(step);
        for other in after.chunks_exact_mut(n) {
            reflect(v, &mut other[step..]);
        }
        // H e of the unit vector there: e − v, where there is a reflector.
        let empty = v[0] == 0.0;
        above.fill(0.0);
        v.iter_mut().for_each(|v| *v = 0.0 - *v);
        v[0] += 1.0;
        if empty {
            v[1..].fill(0.0);
        }
    }
    Array2::from_shape_vec((n, rank).f(), columns).unwrap_or_else(|_| Array2::zeros((n, rank)))
}

/// x − v (v'x) / v₀: a Householder reflection scaled as LINPACK's.
fn reflect(v: &[f64], x: &mut [f64]) {
    if v[0] == 0.0 {
        return;
    }
    let t = -dot(v, x) / v[0];
    x.iter_mut().zip(v).for_each(|(x, v)| *x += t * v);
}

/// R x = b for an upper triangle with no zero on its diagonal.
pub(crate) fn back_substitute(r: ArrayView2<'_, f64>, b: ArrayView1<'_, f64>) -> Array1<f64> {
    let mut x = b.to_owned();
    for i in (0..x.len()).rev() {
        let tail: f64 = (i + 1..x.len()).map(|j| r[[i, j]] * x[j]).sum();
        x[i] = (x[i] - tail) / r[[i, i]];
    }
    x
}

/// R' x = b for an upper triangle with no zero on its diagonal.
pub(crate) fn forward_substitute(r: ArrayView2<'_, f64>, b: ArrayView1<'_, f64>) -> Array1<f64> {
    let mut x = b.to_owned();
    for i in 0..x.len() {
        let head: f64 = (0..i).map(|j| r[[j, i]] * x[j]).sum();
        x[i] = (x[i] - head) / r[[i, i]];
    }
    x
}

/// S = L L' of a symmetric positive definite matrix.
#[derive(Debug, Clone)]
pub(crate) struct Cholesky {
    l: Array2<f64>,
}

impl Cholesky {
    /// None where the matrix is not positive definite but for rounding.
    pub fn new(s: ArrayView2<'_, f64>) -> Option<Self> {
        Self::above(1e-15, s)
    }

    /// None where a matrix that comes straight from data is singular to their precision.
    pub fn of_data(s: ArrayView2<'_, f64>) -> Option<Self> {
        Self::above(1e-12, s)
    }

    /// None where a pivot falls to this share of its diagonal.
    fn above(share: f64, s: ArrayView2<'_, f64>) -> Option<Self> {
        let k = s.nrows();
        let mut l: Array2<f64> = Array2::zeros((k, k));
        for i in 0..k {
            for j in 0..=i {
                let inner: f64 = (0..j).map(|m| l[[i, m]] * l[[j, m]]).sum();
                let left = s[[i, j]] - inner;
                if i > j {
                    l[[i, j]] = left / l[[j, j]];
                } else if left > share * s[[i, i]].abs() && left.is_finite() {
                    l[[i, i]] = left.sqrt();
                } else {
                    return None;
                }
            }
        }
        Some(Self { l })
    }

    /// The root of the identity times a number above zero.
    pub fn of_identity(k: usize, times: f64) -> Self {
        Self {
            l: Array2::eye(k) * times.sqrt(),
        }
    }

    /// L
    pub fn root(&self) -> &Array2<f64> {
        &self.l
    }

    /// ln |S|
    pub fn ln_determinant(&self) -> f64 {
        2.0 * self.l.diag().iter().map(|x| x.ln()).sum::<f64>()
    }

    /// Turns b into L⁻¹b, whose squares sum to b'S⁻¹b.
    pub fn forward(&self, b: &mut [f64]) {
        for i in 0..b.len() {
            let head: f64 = (0..i).map(|j| self.l[[i, j]] * b[j]).sum();
            b[i] = (b[i] - head) / self.l[[i, i]];
        }
    }

    /// Turns b into S⁻¹b.
    pub fn solve_in_place(&self, b: &mut [f64]) {
        self.forward(b);
        for i in (0..b.len()).rev() {
            let tail: f64 = (i + 1..b.len()).map(|j| self.l[[j, i]] * b[j]).sum();
            b[i] = (b[i] - tail) / self.l[[i, i]];
        }
    }

    /// S⁻¹b
    pub fn solve(&self, b: ArrayView1<'_, f64>) -> Array1<f64> {
        let mut x = b.to_vec();
        self.solve_in_place(&mut x);
        x.into()
    }

    /// S⁻¹
    pub fn inverse(&self) -> Array2<f64> {
        let k = self.l.nrows();
        let mut inverse = Array2::zeros((k, k));
        let mut column = vec![0.0; k];
        for j in 0..k {
            column.fill(0.0);
            column[j] = 1.0;
            self.solve_in_place(&mut column);
            let entries = inverse.column_mut(j).into_iter();
            entries.zip(&column).for_each(|(entry, x)| *entry = *x);
        }
        inverse
    }
}

/// Overwrites the lower triangle of a symmetric n × n matrix, column by column, with its Cholesky root
/// and gives the logarithm of its determinant; none where the matrix is not positive definite.
pub(crate) fn cholesky_in_place(n: usize, a: &mut [f64]) -> Option<f64> {
    const SMALL: usize = 24;
    if n <= SMALL {
        for j in 0..n {
            let (before, rest) = a.split_at_mut(j * n);
            let column = &mut rest[j..n];
            for k in 0..j {
                let other = &before[k * n + j..(k + 1) * n];
                let x = other[0];
                column.iter_mut().zip(other).for_each(|(a, l)| *a -= x * l);
            }
            let d = column[0];
            if !(d > 0.0 && d < f64::MAX) {
                return None;
            }
            let root = d.sqrt();
            column[0] = root;
            column[1..].iter_mut().for_each(|a| *a /= root);
        }
    } else if n <= 2 * BLOCK {
        root_of(MatMut::from_column_major_slice_mut(a, n, n))?;
    } else {
        blocked_root(n, a)?;
    }
    let ln: f64 = (0..n).map(|j| 2.0 * a[j * n + j].ln()).sum();
    ln.is_finite().then_some(ln)
}

/// So many columns of a large matrix are a piece of work for one thread.
const BLOCK: usize = 96;

/// The lower root in place, by faer.
fn root_of(a: MatMut<'_, f64>) -> Option<()> {
    let scratch = factor::cholesky_in_place_scratch::<f64>(a.nrows(), Par::Seq, Spec::default());
    let mut memory = MemBuffer::new(scratch);
    factor::cholesky_in_place(
        a,
        factor::LltRegularization::default(),
        Par::Seq,
        MemStack::new(&mut memory),
        Spec::default(),
    )
    .ok()
    .map(|_| ())
}

/// The same in blocks of columns, of which those to the right are updated in all threads:
/// A₂₂ ← A₂₂ − L₂₁L₂₁'.
fn blocked_root(n: usize, a: &mut [f64]) -> Option<()> {
    for first in (0..n).step_by(BLOCK) {
        let size = BLOCK.min(n - first);
        let (done, rest) = a.split_at_mut((first + size) * n);
        let panel = MatMut::from_column_major_slice_mut(&mut done[first * n..], n, size);
        let (mut diagonal, mut below) = panel.subrows_mut(first, n - first).split_at_row_mut(size);
        root_of(diagonal.as_mut())?;
        solve_lower_triangular_in_place(
            diagonal.as_ref(),
            below.as_mut().transpose_mut(),
            Par::Seq,
        );
        let below = below.as_ref();
        over_pieces(rest, BLOCK * n, |piece, columns| {
            let (start, width) = (piece * BLOCK, columns.len() / n);
            let target = MatMut::from_column_major_slice_mut(columns, n, width);
            let left = below.subrows(start, below.nrows() - start);
            matmul(
                target.subrows_mut(first + size + start, left.nrows()),
                Accum::Add,
                left,
                left.subrows(0, width).transpose(),
                -1.0,
                Par::Seq,
            );
        });
    }
    Some(())
}

/// The lower triangle of (L L')⁻¹, column by column; what stands above the diagonals is not looked at.
pub(crate) fn inverse_of_root(n: usize, l: &[f64], out: &mut [f64]) {
    if n > 2 * BLOCK {
        // Column after column of the inverse by itself: L L'X = E, of which only what is on and below the
        // diagonal matters, and for that only L from there on.
        over_pieces(out, BLOCK * n, |piece, columns| {
            let (first, width) = (piece * BLOCK, columns.len() / n);
            columns.fill(0.0);
            for j in 0..width {
                columns[j * n + first + j] = 1.0;
            }
            let l = MatRef::from_column_major_slice(l, n, n);
            let l = l.submatrix(first, first, n - first, n - first);
            let x = MatMut::from_column_major_slice_mut(columns, n, width);
            let mut x = x.subrows_mut(first, n - first);
            solve_lower_triangular_in_place(l, x.as_mut(), Par::Seq);
            solve_upper_triangular_in_place(l.transpose(), x, Par::Seq);
        });
        return;
    }
    let mut memory = MemBuffer::new(inverse::inverse_scratch::<f64>(n, Par::Seq));
    inverse::inverse(
        MatMut::from_column_major_slice_mut(out, n, n),
        MatRef::from_column_major_slice(l, n, n),
        Par::Seq,
        MemStack::new(&mut memory),
    );
}

/// S = V Λ V': the eigenvalues and, as columns, the eigenvectors of a symmetric matrix.
pub(crate) struct Eigen {
    pub values: Vec<f64>,
    pub vectors: Array2<f64>,
}

/// Up to this size the Jacobi loop is faster than faer's call.
const JACOBI: usize = 10;

pub(crate) fn symmetric_eigen(s: &Array2<f64>) -> Eigen {
    if s.nrows() <= JACOBI {
        return jacobi(s.clone());
    }
    let k = s.nrows();
    let matrix = Mat::from_fn(k, k, |i, j| s[[i, j]]);
    match matrix.self_adjoint_eigen(Side::Lower) {
        Ok(eigen) => Eigen {
            values: (0..k).map(|i| eigen.S()[i]).collect(),
            vectors: Array2::from_shape_fn((k, k), |(i, j)| eigen.U()[(i, j)]),
        },
        // faer's iteration can fail to converge; Jacobi's cannot.
        Err(_) => jacobi(s.clone()),
    }
}

/// Cyclic Jacobi rotations (Golub & Van Loan, section 8.5).
fn jacobi(mut s: Array2<f64>) -> Eigen {
    const SWEEPS: usize = 60;
    let k = s.nrows();
    let mut vectors = Array2::eye(k);
    let total: f64 = s.iter().map(|x| x * x).sum();
    for _ in 0..SWEEPS {
        let off: f64 = (0..k)
            .flat_map(|i| (0..i).map(move |j| (i, j)))
            .map(|ij| s[ij] * s[ij])
            .sum();
        if off <= total * f64::EPSILON * f64::EPSILON {
            break;
        }
        for p in 0..k {
            for q in p + 1..k {
                if s[[p, q]] == 0.0 {
                    continue;
                }
                let tau = (s[[q, q]] - s[[p, p]]) / (2.0 * s[[p, q]]);
                let t = tau.signum() / (tau.abs() + (1.0 + tau * tau).sqrt());
                let t = if tau == 0.0 { 1.0 } else { t };
                let cos = 1.0 / (1.0 + t * t).sqrt();
                let sin = t * cos;
                for i in 0..k {
                    let (ip, iq) = (s[[i, p]], s[[i, q]]);
                    s[[i, p]] = cos * ip - sin * iq;
                    s[[i, q]] = sin * ip + cos * iq;
                }
                for i in 0..k {
                    let (pi, qi) = (s[[p, i]], s[[q, i]]);
                    s[[p, i]] = cos * pi - sin * qi;
                    s[[q, i]] = sin * pi + cos * qi;
                    let (ip, iq) = (vectors[[i, p]], vectors[[i, q]]);
                    vectors[[i, p]] = cos * ip - sin * iq;
                    vectors[[i, q]] = sin * ip + cos * iq;
                }
            }
        }
    }
    Eigen {
        values: s.diag().to_vec(),
        vectors,
    }
}

/// S^(−½) of a symmetric positive definite matrix; directions whose eigenvalue is at most `cut_off`
/// times the largest are left out.
pub(crate) fn inverse_square_root(s: &Array2<f64>, cut_off: f64) -> Array2<f64> {
    let eigen = symmetric_eigen(s);
    let largest = eigen.values.iter().copied().fold(0.0, f64::max);
    let scale: Array1<f64> = eigen
        .values
        .iter()
        .map(|&l| {
            if l > largest * cut_off {
                1.0 / l.sqrt()
            } else {
                0.0
            }
        })
        .collect();
    (&eigen.vectors * &scale).dot(&eigen.vectors.t())
}

/// a'b, added up in eight lanes side by side.
pub(crate) fn dot(a: &[f64], b: &[f64]) -> f64 {
    let (a8, a) = a.as_chunks::<8>();
    let (b8, b) = b.as_chunks::<8>();
    let mut lanes = [0.0; 8];
    for (a, b) in a8.iter().zip(b8) {
        for (lane, (a, b)) in lanes.iter_mut().zip(a.iter().zip(b)) {
            *lane += a * b;
        }
    }
    let rest: f64 = a.iter().zip(b).map(|(a, b)| a * b).sum();
    lanes.iter().sum::<f64>() + rest
}

/// The length of a vector, also where squares would overflow or vanish.
fn norm(x: &[f64]) -> f64 {
    let squares = dot(x, x);
    if (1e-280..1e280).contains(&squares) {
        return squares.sqrt();
    }
    let largest = x.iter().fold(0.0_f64, |m, v| m.max(v.abs()));
    if largest == 0.0 {
        return 0.0;
    }
    largest * x.iter().map(|v| (v / largest).powi(2)).sum::<f64>().sqrt()
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    reason = "a test may stop at what it did not expect"
)]
mod tests {
    use ndarray::array;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_first_of_collinear_columns_stays() {
        // The third column is the sum of the first two; the fourth is free.
        let x = array![
            [1.0, 0.0, 1.0, 2.0],
            [1.0, 1.0, 2.0, 3.0],
            [1.0, 0.0, 1.0, 5.0],
            [1.0, 1.0, 2.0, 7.0],
            [1.0, 0.0, 1.0, 1.0],
        ];
        let qr = Qr::new(x.view());
        assert_eq!((qr.rank, qr.pivot.as_slice()), (3, [0, 1, 3, 2].as_slice()));
        let wide = Qr::new(array![[1.0, 2.0, 3.0], [0.0, 1.0, 5.0]].view());
        assert_eq!(wide.rank, 2);
        let nothing = Qr::new(array![[0.0], [0.0]].view());
        assert_eq!(nothing.rank, 0);
    }

    #[test]
    fn a_root_by_hand() {
        // L = [[2, 0], [1, 3]]: S = [[4, 2], [2, 10]], |S| = 36.
        let root = Cholesky::new(array![[4.0, 2.0], [2.0, 10.0]].view()).unwrap();
        assert_eq!(root.l, array![[2.0, 0.0], [1.0, 3.0]]);
        assert!((root.ln_determinant() - 36.0_f64.ln()).abs() < 1e-15);
        let inverse = array![[10.0, -2.0], [-2.0, 4.0]] / 36.0;
        assert!((root.inverse() - &inverse).iter().all(|d| d.abs() < 1e-16));
        let solved = root.solve(array![1.0, 2.0].view()) - inverse.dot(&array![1.0, 2.0]);
        assert!(solved.iter().all(|d| d.abs() < 1e-16));
        assert_eq!(
            Cholesky::of_identity(2, 9.0).l,
            array![[3.0, 0.0], [0.0, 3.0]]
        );
        for singular in [
            array![[1.0, 1.0], [1.0, 1.0]],
            array![[1.0, 2.0], [2.0, 1.0]],
        ] {
            assert!(Cholesky::new(singular.view()).is_none());
        }
        assert!(Cholesky::new(array![[f64::NAN]].view()).is_none());
        // Singular but for 1e-13 of its diagonal.
        let nearly = array![[1.0, 1.0], [1.0, 1.0 + 1e-13]];
        assert!(Cholesky::new(nearly.view()).is_some());
        assert!(Cholesky::of_data(nearly.view()).is_none());
    }

    #[test]
    fn both_eigen_routes_agree_on_a_matrix_by_hand() {
        // [[2, 1], [1, 2]] has eigenvalues 1 and 3.
        let mut small = symmetric_eigen(&array![[2.0, 1.0], [1.0, 2.0]]).values;
        small.sort_by(f64::total_cmp);
        assert!((small[0] - 1.0).abs() < 1e-15 && (small[1] - 3.0).abs() < 1e-15);
        let large = Array2::from_shape_fn((14, 14), |(i, j)| {
            #[allow(clippy::cast_precision_loss, reason = "small numbers")]
            let distance = i.abs_diff(j) as f64;
            0.5_f64.powf(distance)
        });
        let (mut by_faer, mut by_jacobi) =
            (symmetric_eigen(&large).values, jacobi(large.clone()).values);
        by_faer.sort_by(f64::total_cmp);
        by_jacobi.sort_by(f64::total_cmp);
        let furthest = by_faer
            .iter()
            .zip(&by_jacobi)
            .map(|(a, b)| (a - b).abs())
            .fold(0.0, f64::max);
        assert!(furthest < 1e-13);
    }

    /// The least that can be written, twice: its length is no √2 of it, so it has no direction.
    #[test]
    fn a_column_without_digits_is_one_of_zeros() {
        let least = f64::from_bits(1);
        let qr = Qr::new(array![[least, 0.0], [0.0, 0.0], [least, 1.0]].view());
        assert_eq!((qr.rank, qr.pivot.as_slice()), (1, [1, 0].as_slice()));
        assert_eq!(qr.q.column(0).mapv(f64::abs), array![0.0, 0.0, 1.0]);
    }

    proptest! {
        #[test]
        fn q_r_is_x_and_q_is_orthonormal(values in prop::collection::vec(-5.0..5.0f64, 24)) {
            let x = Array2::from_shape_fn((8, 3), |(i, j)| values[3 * i + j]);
            let qr = Qr::new(x.view());
            prop_assume!(qr.rank == 3);
            let product = qr.q.dot(&qr.r);
            for (place, &column) in qr.pivot.iter().enumerate() {
                for i in 0..8 {
                    prop_assert!((product[[i, place]] - x[[i, column]]).abs() < 1e-12);
                }
            }
            let gram = qr.q.t().dot(&qr.q) - Array2::<f64>::eye(3);
            prop_assert!(gram.iter().all(|g| g.abs() < 1e-13));
        }

        #[test]
        fn the_root_undoes_the_matrix(values in prop::collection::vec(-2.0..2.0f64, 16)) {
            let a = Array2::from_shape_fn((4, 4), |(i, j)| values[4 * i + j]);
            let s = a.dot(&a.t()) + Array2::<f64>::eye(4);
            let root = inverse_square_root(&s, 1e-12);
            let identity = root.dot(&s).dot(&root) - Array2::<f64>::eye(4);
            prop_assert!(identity.iter().all(|g| g.abs() < 1e-11));
        }
    }
}
