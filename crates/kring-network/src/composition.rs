//! Who is in a circle: shares, how mixed they are, and whether ties keep to their own kind.
//!
//! ```text
//! p_c        the share of category c of C categories
//! Blau       H = 1 − Σ p_c²                                0: all of one category
//! IQV        H · C/(C − 1)                                 1: all categories alike (Agresti & Agresti)
//! E–I        (E − I)/(E + I)      E ties between categories, I within     −1: only among their own kind
//! ```
//! C is the number of categories that there are to be had, not of those that occur.
//!
//! Blau PM (1977), Inequality and Heterogeneity, Free Press; Agresti A & Agresti BF (1978), Sociological
//! Methodology 9:204–237, doi 10.2307/270810; Krackhardt D & Stern RN (1988), Social Psychology
//! Quarterly 51:123–140, doi 10.2307/2786835.

use serde::{Deserialize, Serialize};

/// How mixed a circle is by some categories; absent where nobody has one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Heterogeneity {
    /// Blau's index.
    pub blau: Option<f64>,
    /// Agresti's index of qualitative variation.
    pub iqv: Option<f64>,
    /// The categories that occur.
    pub categories: usize,
}

/// How mixed these counts by category are; every category that could occur has a count.
///
/// ```
/// use kring_network::composition::heterogeneity;
/// let mixed = heterogeneity(&[2, 1, 1]);
/// // 1 − (4 + 1 + 1)/16 = 10/16, and 3/2 of it.
/// assert_eq!(mixed.blau, Some(0.625));
/// assert_eq!(mixed.iqv, Some(0.9375));
/// ```
pub fn heterogeneity(counts: &[usize]) -> Heterogeneity {
    let n: usize = counts.iter().sum();
    let square = |&count: &usize| (count as f64 / n as f64).powi(2);
    let blau = (n > 0).then(|| 1.0 - counts.iter().map(square).sum::<f64>());
    let of = counts.len() as f64;
    Heterogeneity {
        blau,
        iqv: blau
            .filter(|_| counts.len() > 1)
            .map(|blau| blau * of / (of - 1.0)),
        categories: counts.iter().filter(|&&count| count > 0).count(),
    }
}

/// Ties between categories and within them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mixing {
    /// Ties of two categories.
    pub external: usize,
    /// Ties of one.
    pub internal: usize,
}

impl Mixing {
    /// One more tie; none where a category is not known.
    pub fn count<T: PartialEq>(&mut self, one: Option<T>, other: Option<T>) {
        if let (Some(one), Some(other)) = (one, other) {
            if one == other {
                self.internal += 1;
            } else {
                self.external += 1;
            }
        }
    }

    /// The E–I index.
    pub fn index(&self) -> Option<f64> {
        let all = self.external + self.internal;
        (all > 0).then(|| (self.external as f64 - self.internal as f64) / all as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_not_mixed_and_not_uniform() {
        assert_eq!(heterogeneity(&[0, 0]), Heterogeneity::default());
        assert_eq!(heterogeneity(&[]), Heterogeneity::default());
        let one_kind = heterogeneity(&[5]);
        assert_eq!((one_kind.blau, one_kind.iqv), (Some(0.0), None));
        assert_eq!(heterogeneity(&[3, 3, 3]).iqv, Some(1.0));
    }

    #[test]
    fn ties_of_unknown_kind_do_not_count() {
        let mut mixing = Mixing::default();
        assert_eq!(mixing.index(), None);
        mixing.count(Some(1), Some(1));
        mixing.count(Some(1), Some(2));
        mixing.count(Some(1), None);
        mixing.count(Some(2), Some(2));
        assert_eq!(mixing.index(), Some(-1.0 / 3.0));
    }
}
