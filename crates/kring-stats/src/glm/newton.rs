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
use crate::linalg::Cholesky;

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
        psi = &psi + &back(constraint, &constraint.b - &constraint.c.dot(&psi));
        point = criterion
            .at(&psi)
            .ok_or_else(|| unfinished(&psi, 0, Why::Start))?;
    }
    let mut last = f64::INFINITY;
    for iteration in 0..LIMIT {
        let root = definite(&point.information);
        let step = step(&root, point.gradient.view(), constraint);
        // Along a constraint U'δ is a small difference of large products; δ'Iδ is the same without.
        let decrement = match constraint {
            None => point.gradient.dot(&step),
            Some(_) => step.dot(&point.information.dot(&step)),
        }
        .max(0.0);
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
        if let Some(root) = Cholesky::new((information + &(&eye * ridge)).view()) {
            return root;
        }
        ridge = if ridge == 0.0 {
            1e-8 * size
        } else {
            ridge * 10.0
        };
    }
    // Up the gradient: nothing is known of the curvature.
    Cholesky::of_identity(information.nrows(), size)
}

/// I⁻¹U less what leads away from the constraint.
fn step(root: &Cholesky, u: ArrayView1<'_, f64>, constraint: Option<&Constraint>) -> Array1<f64> {
    let free = root.solve(u);
    let Some(constraint) = constraint else {
        return free;
    };
    let c = &constraint.c;
    let step = &free - &within(root, c, c.dot(&free).view());
    // What rounding left of the way across the constraint.
    &step + &back(constraint, -c.dot(&step))
}

/// C'(C C')⁻¹ x
fn back(constraint: &Constraint, x: Array1<f64>) -> Array1<f64> {
    let c = &constraint.c;
    c.t().dot(&definite(&c.dot(&c.t())).solve(x.view()))
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

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    reason = "a test may stop at what it did not expect"
)]
mod tests {
    use ndarray::array;

    use super::*;

    /// The step along x₁ + x₂ = const. of a round hill goes across it only.
    #[test]
    fn a_step_keeps_its_constraint() {
        let root = Cholesky::of_identity(2, 1.0);
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
