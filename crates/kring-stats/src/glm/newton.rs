//! Newton's method with step-halving, with or without linear constraints.
//!
//! ```text
//! at ψ: gradient U, information I (minus the second derivatives, or their expectation)
//! step   δ = I⁻¹U − I⁻¹C'(C I⁻¹C')⁻¹ C I⁻¹U, so that C ψ stays what it is
//! done   when λ² = U'δ, twice what the step still promises, is nothing beside the errors of ψ
//! ```
//! λ is the length of the step in standard errors: at λ² = 1e-20 no estimate moves by more than 1e-10
//! of its standard error. Boyd S, Vandenberghe L (2004), Convex Optimization, section 9.5 and 10.2.

use ndarray::{Array1, Array2, ArrayView1};

use super::criterion::{Criterion, Point};

/// C ψ = b, one row a constraint.
#[derive(Debug, Clone)]
pub(super) struct Constraint {
    pub c: Array2<f64>,
    pub b: Array1<f64>,
}

/// Where the criterion is largest.
#[derive(Debug, Clone)]
pub(super) struct Maximum {
    pub psi: Array1<f64>,
    pub point: Point,
    pub iterations: usize,
    /// λ² at the end.
    pub decrement: f64,
}

/// Where the search ended without a maximum.
#[derive(Debug, Clone)]
pub(super) struct Unfinished {
    pub psi: Array1<f64>,
    pub iterations: usize,
    pub why: Why,
}

/// Why a search ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    /// The start itself is impossible.
    Start,
    /// No step goes up, although the gradient says so.
    Stalled,
    /// Too many steps.
    Limit,
    /// The one who watches said that the likelihood has no maximum.
    Runaway,
}

/// How many steps are taken at most.
const LIMIT: usize = 200;

/// Makes the criterion as large as it can be.
///
/// `unit` says how large φ is at a point (one where the likelihood has no φ); `watch` sees every step
/// and may call an end to it.
pub(super) fn maximise(
    criterion: &Criterion<'_>,
    start: Array1<f64>,
    constraint: Option<&Constraint>,
    unit: impl Fn(&Point) -> f64,
    mut watch: impl FnMut(usize, &Array1<f64>, &Array1<f64>) -> bool,
) -> Result<Maximum, Unfinished> {
    let unfinished = |psi: &Array1<f64>, iterations, why| Unfinished {
        psi: psi.clone(),
        iterations,
        why,
    };
    let mut psi = start;
    let Some(mut point) = criterion.at(&psi) else {
        return Err(unfinished(&psi, 0, Why::Start));
    };
    if let Some(constraint) = constraint {
        let root = definite(&point.information);
        psi = &psi + &restore(&root, constraint, &psi);
        point = criterion
            .at(&psi)
            .ok_or_else(|| unfinished(&psi, 0, Why::Start))?;
    }
    let mut last = f64::INFINITY;
    for iteration in 0..LIMIT {
        let root = definite(&point.information);
        let step = step(&root, point.gradient.view(), constraint);
        let decrement = point.gradient.dot(&step).max(0.0);
        let size = psi.dot(&point.information.dot(&psi)).max(0.0);
        let unit = unit(&point);
        let at_rounding = decrement <= 1e-13 * unit.max(1e-16 * size) && decrement >= 0.5 * last;
        if decrement <= 1e-20 * unit || decrement <= 1e-29 * size || at_rounding {
            return Ok(Maximum {
                psi,
                point,
                iterations: iteration,
                decrement,
            });
        }
        last = decrement;
        if watch(iteration, &psi, &step) {
            return Err(unfinished(&psi, iteration, Why::Runaway));
        }
        // Near the top the gain drowns in the rounding of the criterion: any step is taken then.
        let slack = 1e-12 * (point.value.abs() + unit);
        let mut length = 1.0;
        loop {
            let next = &psi + &(&step * length);
            if let Some(found) = criterion.at(&next)
                && found.value >= point.value + 1e-4 * length * decrement - slack
            {
                (psi, point) = (next, found);
                break;
            }
            length *= 0.5;
            if length < 1e-10 {
                if decrement <= 1e-12 * unit {
                    return Ok(Maximum {
                        psi,
                        point,
                        iterations: iteration,
                        decrement,
                    });
                }
                return Err(unfinished(&psi, iteration, Why::Stalled));
            }
        }
    }
    Err(unfinished(&psi, LIMIT, Why::Limit))
}

/// The root of the information, which far from the top may have to be made larger to have one.
fn definite(information: &Array2<f64>) -> Cholesky {
    let size = information
        .diag()
        .iter()
        .fold(0.0_f64, |m, x| m.max(x.abs()))
        .max(1e-300);
    let eye: Array2<f64> = Array2::eye(information.nrows());
    let mut ridge = 0.0;
    for _ in 0..20 {
        if let Some(root) = Cholesky::new(&(information + &(&eye * ridge))) {
            return root;
        }
        ridge = if ridge == 0.0 {
            1e-8 * size
        } else {
            ridge * 10.0
        };
    }
    // Up the gradient: nothing is known of the curvature.
    Cholesky {
        l: eye * size.sqrt(),
    }
}

/// I⁻¹U less what leads away from the constraint.
fn step(root: &Cholesky, u: ArrayView1<'_, f64>, constraint: Option<&Constraint>) -> Array1<f64> {
    let free = root.solve(u);
    let Some(constraint) = constraint else {
        return free;
    };
    let c = &constraint.c;
    &free - &within(root, c, c.dot(&free).view())
}

/// The step that leads back to the constraint.
fn restore(root: &Cholesky, constraint: &Constraint, psi: &Array1<f64>) -> Array1<f64> {
    let missing = &constraint.b - &constraint.c.dot(psi);
    within(root, &constraint.c, missing.view())
}

/// I⁻¹C'(C I⁻¹C')⁻¹ x
fn within(root: &Cholesky, c: &Array2<f64>, x: ArrayView1<'_, f64>) -> Array1<f64> {
    let mut spread = Array2::zeros((c.ncols(), c.nrows()));
    for (k, row) in c.rows().into_iter().enumerate() {
        spread.column_mut(k).assign(&root.solve(row));
    }
    spread.dot(&definite(&c.dot(&spread)).solve(x))
}

/// S = L L' of a symmetric positive definite matrix.
#[derive(Debug, Clone)]
pub(super) struct Cholesky {
    l: Array2<f64>,
}

impl Cholesky {
    /// None where the matrix is not positive definite.
    pub fn new(s: &Array2<f64>) -> Option<Self> {
        let k = s.nrows();
        let mut l = Array2::zeros((k, k));
        for j in 0..k {
            for i in j..k {
                let sum: f64 = (0..j).map(|m| l[[i, m]] * l[[j, m]]).sum();
                let left: f64 = s[[i, j]] - sum;
                if i > j {
                    l[[i, j]] = left / l[[j, j]];
                } else if left > s[[j, j]].abs() * 1e-15 && left.is_finite() {
                    l[[j, j]] = left.sqrt();
                } else {
                    return None;
                }
            }
        }
        Some(Self { l })
    }

    /// S⁻¹ x
    pub fn solve(&self, x: ArrayView1<'_, f64>) -> Array1<f64> {
        let l = &self.l;
        let k = l.nrows();
        let mut y = x.to_owned();
        for i in 0..k {
            let head: f64 = (0..i).map(|j| l[[i, j]] * y[j]).sum();
            y[i] = (y[i] - head) / l[[i, i]];
        }
        for i in (0..k).rev() {
            let tail: f64 = (i + 1..k).map(|j| l[[j, i]] * y[j]).sum();
            y[i] = (y[i] - tail) / l[[i, i]];
        }
        y
    }

    /// S⁻¹
    pub fn inverse(&self) -> Array2<f64> {
        let k = self.l.nrows();
        let mut inverse = Array2::zeros((k, k));
        let mut unit = Array1::zeros(k);
        for j in 0..k {
            unit.fill(0.0);
            unit[j] = 1.0;
            inverse.column_mut(j).assign(&self.solve(unit.view()));
        }
        inverse
    }

    /// log |S|
    pub fn log_determinant(&self) -> f64 {
        2.0 * self.l.diag().iter().map(|x| x.ln()).sum::<f64>()
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

    /// By hand: [[4, 2], [2, 5]] has determinant 16 and inverse [[5, −2], [−2, 4]] / 16.
    #[test]
    fn a_root_by_hand() {
        let root = Cholesky::new(&array![[4.0, 2.0], [2.0, 5.0]]).unwrap();
        assert!((root.log_determinant() - 16.0_f64.ln()).abs() < 1e-15);
        let inverse = root.inverse() * 16.0 - array![[5.0, -2.0], [-2.0, 4.0]];
        assert!(inverse.iter().all(|x| x.abs() < 1e-14));
        assert!(Cholesky::new(&array![[1.0, 2.0], [2.0, 1.0]]).is_none());
    }

    /// The step along x₁ + x₂ = const. of a round hill goes across it only.
    #[test]
    fn a_step_keeps_its_constraint() {
        let root = Cholesky::new(&Array2::eye(2)).unwrap();
        let constraint = Constraint {
            c: array![[1.0, 1.0]],
            b: array![0.0],
        };
        let found = step(&root, array![3.0, 1.0].view(), Some(&constraint));
        assert!((found[0] - 1.0).abs() < 1e-15 && (found[1] + 1.0).abs() < 1e-15);
        let back = restore(&root, &constraint, &array![2.0, 4.0]);
        assert!((back[0] + 3.0).abs() < 1e-15 && (back[1] + 3.0).abs() < 1e-15);
    }
}
