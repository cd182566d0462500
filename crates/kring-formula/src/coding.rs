//! Codings of a factor with k levels: k × (k − 1) contrasts beside an intercept, as R's.
//!
//! ```text
//! treatment   level i against the reference: the columns of I_k without the reference's
//! sum         column j is 1 at level j, −1 at the last level; effects sum to zero
//! helmert     column j is −1 at levels 1..j, j at level j + 1
//! polynomial  orthonormal polynomials on the scores 1..k: .L .Q .C ^4 …
//! ```
//!
//! The full coding, where a margin is absent, is the identity of size k.

use ndarray::{Array2, Axis};

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
    /// The contrasts of levels at these places of k, places × (k − 1).
    pub fn rows(self, k: usize, places: &[usize]) -> Array2<f64> {
        let entry = |i: usize, j: usize| match self {
            Self::Treatment(reference) => indicator(i == j + usize::from(j >= reference)),
            Self::Sum if i == k - 1 => -1.0,
            Self::Sum => indicator(i == j),
            Self::Helmert if i <= j => -1.0,
            Self::Helmert if i == j + 1 => (j + 1) as f64,
            Self::Helmert | Self::Polynomial => 0.0,
        };
        if self == Self::Polynomial {
            let scores: Vec<f64> = (1..=k).map(|score| score as f64).collect();
            return Poly::orthogonal(&scores, k - 1)
                .columns(&scores)
                .select(Axis(0), places);
        }
        Array2::from_shape_fn((places.len(), k - 1), |(row, j)| entry(places[row], j))
    }

    /// What R adds to the factor's name.
    pub fn names(self, levels: &[String]) -> Vec<String> {
        let k = levels.len();
        match self {
            Self::Treatment(reference) => {
                let others = levels
                    .iter()
                    .enumerate()
                    .filter(|(place, _)| *place != reference);
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

/// One column for every level, places × k.
pub(crate) fn full_rows(k: usize, places: &[usize]) -> Array2<f64> {
    Array2::from_shape_fn((places.len(), k), |(row, j)| indicator(places[row] == j))
}

fn indicator(is: bool) -> f64 {
    f64::from(u8::from(is))
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::Coding;

    // By hand from the definitions above.
    #[test]
    fn contrasts_of_three_levels() {
        assert_eq!(
            Coding::Treatment(0).rows(3, &[0, 1, 2]),
            array![[0., 0.], [1., 0.], [0., 1.]]
        );
        assert_eq!(
            Coding::Treatment(1).rows(3, &[0, 1, 2]),
            array![[1., 0.], [0., 0.], [0., 1.]]
        );
        assert_eq!(
            Coding::Sum.rows(3, &[0, 1, 2]),
            array![[1., 0.], [0., 1.], [-1., -1.]]
        );
        assert_eq!(
            Coding::Helmert.rows(3, &[0, 1, 2]),
            array![[-1., -1.], [1., -1.], [0., 2.]]
        );
        let (a, b) = (0.5_f64.sqrt(), 1.0 / 6.0_f64.sqrt());
        let expected = array![[-a, b], [0., -2. * b], [a, b]];
        let found = Coding::Polynomial.rows(3, &[0, 1, 2]);
        assert!(
            (&found - &expected)
                .iter()
                .all(|difference| difference.abs() < 1e-15),
            "{found}"
        );
    }
}
