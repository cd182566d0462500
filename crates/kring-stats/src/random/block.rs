//! Blocks of a few rows and columns, stored row by row: a family's own matrices.
//!
//! Plain loops on slices. They are inlined where they are called, so that a caller that knows q at
//! compile time gets them unrolled. Nothing here allocates.

/// a' b
#[inline(always)]
#[allow(clippy::inline_always, reason = "unrolled where q is known")]
pub(crate) fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// C ← A B of an m × k and a k × n block.
#[inline(always)]
#[allow(clippy::inline_always, reason = "unrolled where q is known")]
pub(crate) fn multiply(m: usize, k: usize, n: usize, a: &[f64], b: &[f64], c: &mut [f64]) {
    for i in 0..m {
        let c = &mut c[i * n..(i + 1) * n];
        c.fill(0.0);
        for l in 0..k {
            let x = a[i * k + l];
            for (c, b) in c.iter_mut().zip(&b[l * n..(l + 1) * n]) {
                *c += x * b;
            }
        }
    }
}

/// C ← A' B of a k × m and a k × n block.
#[inline(always)]
#[allow(clippy::inline_always, reason = "unrolled where q is known")]
pub(crate) fn transposed(m: usize, k: usize, n: usize, a: &[f64], b: &[f64], c: &mut [f64]) {
    c[..m * n].fill(0.0);
    for l in 0..k {
        for i in 0..m {
            let x = a[l * m + i];
            let c = &mut c[i * n..(i + 1) * n];
            for (c, b) in c.iter_mut().zip(&b[l * n..(l + 1) * n]) {
                *c += x * b;
            }
        }
    }
}

/// Σ a_ij b_ij
#[inline(always)]
#[allow(clippy::inline_always, reason = "unrolled where q is known")]
pub(crate) fn inner(a: &[f64], b: &[f64]) -> f64 {
    dot(a, b)
}

/// Overwrites the lower triangle of a symmetric q × q block with its Cholesky root and gives the
/// logarithm of its determinant; none where the block is not positive definite.
#[inline(always)]
#[allow(clippy::inline_always, reason = "unrolled where q is known")]
pub(crate) fn cholesky(q: usize, a: &mut [f64]) -> Option<f64> {
    let mut product = 1.0;
    let mut ln = 0.0;
    for j in 0..q {
        let mut d = a[j * q + j];
        for k in 0..j {
            d -= a[j * q + k] * a[j * q + k];
        }
        if !(d > 0.0 && d < f64::MAX) {
            return None;
        }
        product *= d;
        // Few logarithms: a product of pivots as long as it stays far from the ends of the scale.
        if !(1e-100..1e100).contains(&product) {
            ln += product.ln();
            product = 1.0;
        }
        let root = d.sqrt();
        a[j * q + j] = root;
        for i in j + 1..q {
            let mut s = a[i * q + j];
            for k in 0..j {
                s -= a[i * q + k] * a[j * q + k];
            }
            a[i * q + j] = s / root;
        }
    }
    Some(ln + product.ln())
}

/// Overwrites the lower triangle of a Cholesky root L with L⁻¹.
#[inline(always)]
#[allow(clippy::inline_always, reason = "unrolled where q is known")]
pub(crate) fn invert_lower(q: usize, l: &mut [f64]) {
    for j in 0..q {
        l[j * q + j] = 1.0 / l[j * q + j];
        for i in j + 1..q {
            let mut s = 0.0;
            for k in j..i {
                s += l[i * q + k] * l[k * q + j];
            }
            l[i * q + j] = -s / l[i * q + i];
        }
    }
}

/// M ← (L⁻¹B)'(L⁻¹B) for the lower triangle L⁻¹ and a q × n block B: B' A⁻¹ B where A = L L'.
#[inline(always)]
#[allow(clippy::inline_always, reason = "unrolled where q is known")]
pub(crate) fn sandwich(
    q: usize,
    n: usize,
    inverse: &[f64],
    b: &[f64],
    scratch: &mut [f64],
    m: &mut [f64],
) {
    for i in 0..q {
        let row = &mut scratch[i * n..(i + 1) * n];
        row.fill(0.0);
        for k in 0..=i {
            let x = inverse[i * q + k];
            for (r, b) in row.iter_mut().zip(&b[k * n..(k + 1) * n]) {
                *r += x * b;
            }
        }
    }
    transposed(n, q, n, scratch, scratch, m);
}

/// L x = b, in place, for a lower triangle of which rows are `q` apart.
#[inline(always)]
#[allow(clippy::inline_always, reason = "unrolled where q is known")]
pub(crate) fn forward(q: usize, l: &[f64], b: &mut [f64]) {
    for i in 0..q {
        let mut s = b[i];
        for k in 0..i {
            s -= l[i * q + k] * b[k];
        }
        b[i] = s / l[i * q + i];
    }
}

/// L' x = b, in place.
#[inline(always)]
#[allow(clippy::inline_always, reason = "unrolled where q is known")]
pub(crate) fn backward(q: usize, l: &[f64], b: &mut [f64]) {
    for i in (0..q).rev() {
        let mut s = b[i];
        for k in i + 1..q {
            s -= l[k * q + i] * b[k];
        }
        b[i] = s / l[i * q + i];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// L = [[2, 0], [1, 3]]: A = [[4, 2], [2, 10]], |A| = 36, A⁻¹ = [[10, −2], [−2, 4]] / 36.
    #[test]
    fn a_root_by_hand() {
        let mut a = [4.0, 2.0, 2.0, 10.0];
        let ln = cholesky(2, &mut a);
        assert!(ln.is_some_and(|ln| (ln - 36.0_f64.ln()).abs() < 1e-15));
        assert_eq!([a[0], a[2], a[3]], [2.0, 1.0, 3.0]);
        let mut x = [4.0, 2.0];
        forward(2, &a, &mut x);
        backward(2, &a, &mut x);
        assert!((x[0] - 1.0).abs() < 1e-15 && x[1].abs() < 1e-15);
        invert_lower(2, &mut a);
        let (mut scratch, mut m) = ([0.0; 4], [0.0; 4]);
        sandwich(2, 2, &a, &[1.0, 0.0, 0.0, 1.0], &mut scratch, &mut m);
        let expected = [10.0, -2.0, -2.0, 4.0].map(|x| x / 36.0);
        assert!(m.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-15));
        assert_eq!(cholesky(2, &mut [1.0, 1.0, 1.0, 1.0]), None);
        assert_eq!(cholesky(1, &mut [f64::NAN]), None);
    }
}
