//! Joint tests of the terms of a model.
//!
//! ```text
//! type III   of a set S of factors: the contrasts ⊗ (differences of neighbours for f in S, averages with
//!            equal weights for all others) of the cells of the whole grid; the same for any coding
//! type II    of a term T, with X₁ the columns of all terms that do not contain T and X₂ the others:
//!            L = X_T' W M₁ [0, X₂],  M₁ what is left after X₁; T beside all terms that do not contain it
//! empty      of contrasts that some empty cell leaves without a value, those combinations are tested
//!            that have one: w'C for all w with w'C N = 0, N a basis of what X maps to zero
//! ```
//! Searle SR (1987), Linear Models for Unbalanced Data, Wiley, chapters 4 and 5. Type III as `joint_tests`
//! of emmeans; type II as car's `Anova` for linear models.

use kring_core::{Design, Grid, JointTest};
use ndarray::{Array1, Array2, ArrayView2, Axis};

use super::families::place_of;
use crate::linalg::{Qr, symmetric_eigen};
use crate::{Error, Fit};

/// A term with the factors that it is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// Its name: `arm:wave`.
    pub name: String,
    /// Its factors: `arm`, `wave`.
    pub factors: Vec<String>,
}

/// Type III tests: each term by contrasts of the means of a grid that has every column of the model.
///
/// Terms of which nothing can be tested are left out.
pub fn term_tests_of_means(
    fit: &dyn Fit,
    grid: &Grid,
    terms: &[Term],
) -> Result<Vec<JointTest>, Error> {
    super::check_columns(fit, grid)?;
    let factors = grid.factors();
    let mut tests = Vec::with_capacity(terms.len());
    for term in terms {
        let of: Vec<usize> = term
            .factors
            .iter()
            .map(|name| place_of(factors, name))
            .collect::<Result<_, _>>()?;
        // A contrast is a choice of two neighbours for each factor of the term.
        let steps: Vec<usize> = of
            .iter()
            .map(|&f| factors[f].levels.len().saturating_sub(1))
            .collect();
        let count: usize = steps.iter().product();
        let inside: usize = of.iter().map(|&f| factors[f].levels.len()).product();
        let share = inside as f64 / grid.cells().len().max(1) as f64;
        let mut rows = vec![Array1::zeros(grid.columns().len()); count];
        for cell in grid.cells() {
            for (contrast, row) in rows.iter_mut().enumerate() {
                let mut left = contrast;
                let mut weight = share;
                for (&f, &step) in of.iter().zip(&steps) {
                    let first = left % step;
                    left /= step;
                    weight *= match cell.levels[f] {
                        level if level == first => -1.0,
                        level if level == first + 1 => 1.0,
                        _ => 0.0,
                    };
                }
                if weight != 0.0 {
                    row.scaled_add(weight, &cell.x);
                }
            }
        }
        tests.extend(joint_of_rows(fit, &term.name, &rows)?);
    }
    Ok(tests)
}

/// Type II tests: each term beside all terms that do not contain it.
pub fn term_tests_of_marginality(fit: &dyn Fit, design: &Design) -> Result<Vec<JointTest>, Error> {
    let part = design.mean();
    let weights = design
        .weights()
        .map(|weights| weights.values.mapv(f64::sqrt));
    let x = match &weights {
        Some(roots) => &part.x() * &roots.view().insert_axis(Axis(1)),
        None => part.x().to_owned(),
    };
    let parts = |name: &str| -> Vec<String> { name.split(':').map(str::to_owned).collect() };
    let mut tests = Vec::new();
    for term in part.terms.iter().filter(|term| term.name != "(Intercept)") {
        let own = parts(&term.name);
        let without: Vec<usize> = part
            .terms
            .iter()
            .filter(|other| {
                let other = parts(&other.name);
                !own.iter().all(|part| other.contains(part))
            })
            .flat_map(|other| other.columns.clone())
            .collect();
        let rows = beside(x.view(), &without, term.columns.clone().collect());
        let rows: Vec<Array1<f64>> = rows.rows().into_iter().map(|row| row.to_owned()).collect();
        tests.extend(joint_of_rows(fit, &term.name, &rows)?);
    }
    Ok(tests)
}

/// X_T' M₁ X: what the columns of a term have beside others, zero in the columns of these.
fn beside(x: ArrayView2<'_, f64>, without: &[usize], own: Vec<usize>) -> Array2<f64> {
    let mut left = x.to_owned();
    if !without.is_empty() {
        let q = Qr::new(x.select(Axis(1), without).view()).q;
        left -= &q.dot(&q.t().dot(&x));
    }
    let mut rows = left.select(Axis(1), &own).t().dot(&left);
    for &column in without {
        rows.column_mut(column).fill(0.0);
    }
    rows
}

/// The joint test of what can be estimated of some rows over all columns; none where nothing can.
pub(super) fn joint_of_rows(
    fit: &dyn Fit,
    label: &str,
    rows: &[Array1<f64>],
) -> Result<Option<JointTest>, Error> {
    let estimable = estimable_part(fit, rows);
    let size = estimable.iter().fold(0.0_f64, |m, x| m.max(x.abs()));
    if estimable.nrows() == 0 || size == 0.0 {
        return Ok(None);
    }
    fit.joint_combination(label, estimable.view()).map(Some)
}

/// The combinations of rows that have one value whatever the solution, by the estimated columns.
fn estimable_part(fit: &dyn Fit, rows: &[Array1<f64>]) -> Array2<f64> {
    const NOTHING: f64 = 1e-14;
    let coefficients = fit.coefficients();
    let r = coefficients.estimated.len();
    let c = Array2::from_shape_fn((rows.len(), r), |(i, j)| rows[i][coefficients.estimated[j]]);
    let aliased: Vec<usize> = (0..coefficients.columns.len())
        .filter(|j| !coefficients.estimated.contains(j))
        .collect();
    if aliased.is_empty() {
        return c;
    }
    // C N: what is left of each row at the columns that are not estimated.
    let implied = c.dot(&coefficients.aliases);
    let cn = Array2::from_shape_fn(implied.dim(), |(i, j)| {
        rows[i][aliased[j]] - implied[[i, j]]
    });
    let product = cn.dot(&cn.t());
    let size = rows.iter().map(|row| row.dot(row)).fold(0.0, f64::max);
    if product.diag().iter().all(|&d| d <= NOTHING * size) {
        return c;
    }
    let eigen = symmetric_eigen(&product);
    let free: Vec<usize> = (0..rows.len())
        .filter(|&i| eigen.values[i] <= NOTHING * size)
        .collect();
    eigen.vectors.select(Axis(1), &free).t().dot(&c)
}
