//! Whether some direction of the coefficients raises the likelihood without end.
//!
//! ```text
//! z = X δ separates the data if  z_i ≥ 0 where y_i = 1 (all trials succeeded),
//!                                z_i ≤ 0 where y_i = 0,  z_i = 0 elsewhere,  and some z_i ≠ 0
//! counts with log link: the same with y_i = 0 only
//! ```
//! Then the likelihood grows along δ for ever and has no maximum (Albert & Anderson 1984). Newton's
//! steps find δ: each takes about one unit of η on the separated rows and next to nothing elsewhere.
//! The step is projected on what leaves all other rows exactly as they are, and its signs are then
//! looked at, so that what is reported is a proof and no guess from large coefficients.
//!
//! Albert A, Anderson JA (1984), Biometrika 71:1–10, doi 10.1093/biomet/71.1.1; Correia S, Guimarães P,
//! Zylkin T (2019), arXiv:1903.01633; Heinze G, Schemper M (2002), Stat Med 21:2409–2419,
//! doi 10.1002/sim.1047.

use ndarray::{Array1, Array2, ArrayView1};

use super::criterion::Data;
use crate::family::{Family, Link};
use crate::linalg::symmetric_eigen;

/// A direction without end.
#[derive(Debug, Clone)]
pub(super) struct Separation {
    /// In the coordinates of the basis.
    pub direction: Array1<f64>,
    /// How many rows it predicts ever better.
    pub rows: usize,
}

/// Which way each row pulls for ever: up, down, or not at all.
fn pulls(data: &Data, family: Family, link: Link) -> Option<Vec<f64>> {
    let share = family.is_share() && matches!(link, Link::Logit | Link::Probit | Link::Cloglog);
    let other = link == Link::Log && family != Family::Gaussian && family != Family::Gamma;
    if !(share || other) {
        return None;
    }
    let one = |&y: &f64| match y {
        0.0 => -1.0,
        1.0 if share => 1.0,
        _ => 0.0,
    };
    Some(data.y.iter().map(one).collect())
}

/// Whether `step` points in a direction that separates the data.
pub(super) fn separates(
    data: &Data,
    family: Family,
    link: Link,
    step: ArrayView1<'_, f64>,
) -> Option<Separation> {
    let pulls = pulls(data, family, link)?;
    let along = |gamma: ArrayView1<'_, f64>| {
        let mut z = vec![0.0; data.y.len()];
        for (q, &g) in data.basis.iter().zip(gamma) {
            for (z, q) in z.iter_mut().zip(q) {
                *z += g * q;
            }
        }
        z
    };
    let z = along(step);
    let largest = |z: &[f64]| z.iter().fold(0.0_f64, |m, z| m.max(z.abs()));
    [1e-2, 1e-4, 1e-6].into_iter().find_map(|share| {
        let edge = share * largest(&z);
        let moved: Vec<bool> = (0..z.len())
            .map(|i| data.prior(i) > 0.0 && z[i] * pulls[i] > edge)
            .collect();
        let direction = leaving_others(data, &moved, step)?;
        let z = along(direction.view());
        let edge = 1e-8 * largest(&z);
        let goes = |i: usize| {
            data.prior(i) == 0.0 || z[i].abs() <= edge || (moved[i] && z[i] * pulls[i] > 0.0)
        };
        let rows = moved.iter().filter(|&&m| m).count();
        (edge > 0.0 && rows > 0 && (0..z.len()).all(goes)).then_some(Separation { direction, rows })
    })
}

/// The step projected on the directions that change no other row; none where there is no such.
fn leaving_others(data: &Data, moved: &[bool], step: ArrayView1<'_, f64>) -> Option<Array1<f64>> {
    let r = data.basis.len();
    let mut gram = Array2::zeros((r, r));
    for (a, qa) in data.basis.iter().enumerate() {
        for (b, qb) in data.basis.iter().enumerate().take(a + 1) {
            let mut sum = 0.0;
            for i in 0..moved.len() {
                if !moved[i] && data.prior(i) > 0.0 {
                    sum += qa[i] * qb[i];
                }
            }
            gram[[a, b]] = sum;
            gram[[b, a]] = sum;
        }
    }
    let eigen = symmetric_eigen(&gram);
    let free: Vec<usize> = (0..r).filter(|&k| eigen.values[k] <= 1e-12).collect();
    let v = eigen.vectors.select(ndarray::Axis(1), &free);
    let direction = v.dot(&v.t().dot(&step));
    (!free.is_empty() && direction.dot(&direction) > 0.25 * step.dot(&step)).then_some(direction)
}
