//! The generalised score test.
//!
//! ```text
//! null        C β = 0:  γ = N ξ with the columns of N orthogonal to those of R⁻ᵀC'
//! at the fit  under the null (its own α and φ): s = Σ s_g, H and M = Σ s_g s_g' of all columns
//! test        (C H⁻¹ s)' (C H⁻¹ M H⁻¹ C')⁻¹ (C H⁻¹ s)  ~  χ²_q
//! ```
//! Rotnitzky A, Jewell NP (1990), Biometrika 77:485–497, doi 10.1093/biomet/77.3.485; Boos DD (1992), The
//! American Statistician 46:327–333, doi 10.1080/00031305.1992.10475921.

use kring_core::{Alternative, Caution, JointTest, Reference};
use ndarray::{Array1, Array2, ArrayView2, Axis, concatenate};

use super::errors::Scores;
use super::solve::{Model, State};
use super::{FEW, GeeCovariance, GeeFit};
use crate::fit::Fit;
use crate::linalg::{Qr, forward_substitute};
use crate::{Error, dist};

impl GeeFit {
    /// Tests that several linear combinations of the coefficients, the rows of `contrasts`, are zero, by a
    /// fit in which they are: the generalised score test, which needs no estimate of them and keeps its size
    /// better than the robust Wald test where families are few.
    pub fn score_test(
        &self,
        label: &str,
        contrasts: ArrayView2<'_, f64>,
    ) -> Result<JointTest, Error> {
        let coefficients = self.coefficients();
        let rows = contrasts
            .rows()
            .into_iter()
            .map(|row| coefficients.estimable(label, row))
            .collect::<Result<Vec<_>, _>>()?;
        let r = coefficients.values.len();
        // R⁻ᵀC', of which only independent columns count.
        let mut of_gamma = Array2::zeros((r, rows.len()));
        for (k, row) in rows.iter().enumerate() {
            of_gamma
                .column_mut(k)
                .assign(&forward_substitute(self.of_columns.view(), row.view()));
        }
        let tested = Qr::new(of_gamma.view());
        let q = tested.rank;
        if q == 0 {
            return Err(Error::Contrast {
                label: label.to_owned(),
                why: "there is nothing to test".to_owned(),
            });
        }
        let model = &self.model;
        let free = complement(&tested.q);
        let state = restricted(model, &free)?;
        let singular = || Error::Contrast {
            label: label.to_owned(),
            why: "under the null hypothesis its covariance is singular".to_owned(),
        };
        let whitened = model.whitened(&state).map_err(|_| singular())?;
        let scores = Scores::new(model, whitened, &self.of_columns, GeeCovariance::Robust)
            .ok_or_else(singular)?;
        let mut gamma = Array2::zeros((r, q));
        let mut kept: Vec<usize> = tested.pivot[..q].to_vec();
        kept.sort_unstable();
        for (k, &row) in kept.iter().enumerate() {
            gamma
                .column_mut(k)
                .assign(&forward_substitute(scores.upper.view(), rows[row].view()));
        }
        let b = gamma.t().dot(&scores.total());
        let v = gamma.t().dot(&scores.meat()).dot(&gamma);
        let size = v.diag().mapv(f64::sqrt);
        if size.iter().any(|s| !(*s > 0.0)) {
            return Err(singular());
        }
        let root = Qr::new((&v / &size / size.view().insert_axis(Axis(1))).view());
        if root.rank < q {
            return Err(singular());
        }
        let b = b / &size;
        let statistic = b.dot(&root.solve(root.q.t().dot(&b).view()));
        let reference = Reference::ChiSquared { df: q as f64 };
        let mut cautions: Vec<Caution> = self.provenance.cautions.clone();
        cautions.retain(|caution| !matches!(caution, Caution::FewClusters { .. }));
        if self.families < FEW {
            cautions.push(Caution::Note(format!(
                "Only {} families: the χ² of a generalised score test is rough, and tends to reject too seldom.",
                self.families
            )));
        }
        Ok(JointTest {
            label: label.to_owned(),
            statistic: Some(statistic),
            reference,
            p_value: Some(dist::p_value(statistic, reference, Alternative::TwoSided)?),
            sample: self.provenance.sample.clone(),
            method: format!("generalised score test; {}", self.model_words),
            cautions,
        })
    }
}

/// An orthonormal basis of what is orthogonal to orthonormal columns.
fn complement(q: &Array2<f64>) -> Array2<f64> {
    let r = q.nrows();
    let both =
        concatenate(Axis(1), &[q.view(), Array2::eye(r).view()]).unwrap_or_else(|_| Array2::eye(r));
    let all = Qr::new(both.view());
    all.q.slice(ndarray::s![.., q.ncols()..]).to_owned()
}

/// The fit whose γ lies in the span of these columns.
fn restricted(model: &Model, free: &Array2<f64>) -> Result<State, Error> {
    let (r, s) = free.dim();
    let n = model.families.rows.len();
    let mut columns = Vec::with_capacity(n * s);
    for i in 0..n {
        let row = &model.families.q[i * r..(i + 1) * r];
        for column in free.columns() {
            columns.push(row.iter().zip(column).map(|(q, f)| q * f).sum());
        }
    }
    let smaller = Model {
        families: model.families.with_columns(s, columns),
        ..model.clone()
    };
    let mut state = smaller
        .solve()
        .map_err(|stuck| smaller.error(*stuck, Vec::new(), &[]))?;
    state.gamma = free.dot(&Array1::from(state.gamma)).to_vec();
    Ok(state)
}
