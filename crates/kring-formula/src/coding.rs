//! Codings of a factor with k levels: k × (k − 1) contrasts beside an intercept, as R's.
//!
//! ```text
//! treatment   level i against the reference: the columns of I_k without the reference's
//! sum         column j is 1 at level j, −1 at the last level; effects sum to zero
//! helmert     column j is −1 at levels 1..j, j at level j + 1
//! polynomial  orthonormal polynomials on the scores 1..k: .L .Q .C ^4 …
//! ```
//!
//! The full coding, where a margin is absent, is I_k.

use ndarray::Array2;

use crate::basis::Poly;

/// Which contrasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Coding {
    /// Against the level at this place, from 0.
    Treatment(usize),
    Sum,
    Helmert,
    Polynomial,
}

impl Coding {
    /// The contrasts, levels × columns.
    pub fn matrix(self, k: usize) -> Array2<f64> {
        let shape = (k, k - 1);
        match self {
            Self::Treatment(reference) => Array2::from_shape_fn(shape, |(i, j)| {
                f64::from(u8::from(i == j + usize::from(j >= reference)))
            }),
            Self::Sum => Array2::from_shape_fn(shape, |(i, j)| match i {
                _ if i == k - 1 => -1.0,
                _ => f64::from(u8::from(i == j)),
            }),
            Self::Helmert => Array2::from_shape_fn(shape, |(i, j)| match i {
                _ if i <= j => -1.0,
                _ if i == j + 1 => (j + 1) as f64,
                _ => 0.0,
            }),
            Self::Polynomial => {
                let scores: Vec<f64> = (1..=k).map(|score| score as f64).collect();
                Poly::orthogonal(&scores, k - 1).columns(&scores)
            }
        }
    }

    /// What R adds to the factor's name.
    pub fn names(self, levels: &[String]) -> Vec<String> {
        let k = levels.len();
        match self {
            Self::Treatment(reference) => {
                let others = levels.iter().enumerate().filter(|(place, _)| *place != reference);
                others.map(|(_, level)| level.clone()).collect()
            }
            Self::Sum | Self::Helmert => (1..k).map(|j| j.to_string()).collect(),
            Self::Polynomial => (1..k)
                .map(|j| match j {
                    1 => ".L".to_owned(),
                    2 => ".Q".to_owned(),
                    3 => ".C".to_owned(),
                    _ => format!("^{j}"),
                })
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::Coding;

    // By hand from the definitions above.
    #[test]
    fn contrasts_of_three_levels() {
        assert_eq!(Coding::Treatment(0).matrix(3), array![[0., 0.], [1., 0.], [0., 1.]]);
        assert_eq!(Coding::Treatment(1).matrix(3), array![[1., 0.], [0., 0.], [0., 1.]]);
        assert_eq!(Coding::Sum.matrix(3), array![[1., 0.], [0., 1.], [-1., -1.]]);
        assert_eq!(Coding::Helmert.matrix(3), array![[-1., -1.], [1., -1.], [0., 2.]]);
        let (a, b) = (0.5_f64.sqrt(), 1.0 / 6.0_f64.sqrt());
        let expected = array![[-a, b], [0., -2. * b], [a, b]];
        let found = Coding::Polynomial.matrix(3);
        assert!((&found - &expected).iter().all(|difference| difference.abs() < 1e-15), "{found}");
    }
}
