//! The score test of proportional odds, or of whatever the link keeps the same across thresholds.
//!
//! ```text
//! null       P(Y ≤ j) = F(α_j − x'β)              the same β at every threshold j = 1 … J − 1
//! against    P(Y ≤ j) = F(α_j − x'(β + Δ_j)),     Δ_1 = 0, for all columns or those of one term
//! statistic  U' I⁻¹ U at the null's maximum, with the expected information
//!            I = Σ_i w_i Σ_j (∂ ln P_ij)(∂ ln P_ij)' P_ij: only neighbouring thresholds meet
//! reference  χ² with (columns)(J − 2) degrees of freedom
//! ```
//! Peterson B, Harrell FE (1990), Applied Statistics 39:205–217, doi 10.2307/2347760.

use kring_core::{Alternative, Caution, JointTest, Reference};
use ndarray::{Array1, Array2, s};

use super::OrdinalFit;
use crate::fit::Fit;
use crate::linalg::Cholesky;
use crate::{Error, dist};

/// Whether a coefficient may be one for all thresholds.
#[derive(Debug, Clone, PartialEq)]
pub struct ProportionalOdds {
    /// All coefficients together.
    pub overall: JointTest,
    /// The columns of each term by themselves.
    pub terms: Vec<JointTest>,
}

impl OrdinalFit {
    /// Tests whether each coefficient is the same at every threshold.
    ///
    /// The test takes the rows as independent, whatever the errors of the coefficients. It is known
    /// to reject too often where levels are nearly empty.
    pub fn proportional_odds(&self) -> Result<ProportionalOdds, Error> {
        let cuts = self.levels.len() - 1;
        let r = self.ell.q.ncols();
        if cuts < 2 || r == 0 {
            let (what, needed, found) = if cuts < 2 {
                ("levels of the response", 3, cuts + 1)
            } else {
                ("columns with a coefficient", 1, 0)
            };
            return Err(Error::TooFew {
                method: "a test of proportional odds",
                what: what.to_owned(),
                needed,
                found,
            });
        }
        let expanded = self.expanded();
        let every: Vec<usize> = (0..r).collect();
        let estimated = &self.coefficients().estimated;
        let terms = self.terms.iter().filter_map(|term| {
            let places: Vec<usize> = (0..r)
                .filter(|&place| term.columns.contains(&estimated[place]))
                .collect();
            (!places.is_empty()).then(|| self.score_test(&term.name, &expanded, &places))
        });
        Ok(ProportionalOdds {
            overall: self.score_test("all coefficients", &expanded, &every)?,
            terms: terms.collect::<Result<_, _>>()?,
        })
    }

    /// Scores and information with a coefficient for each column at each threshold: for threshold j
    /// its α and its r coordinates.
    fn expanded(&self) -> Expanded {
        let ell = &self.ell;
        let (n, r) = ell.q.dim();
        let cuts = self.levels.len() - 1;
        let size = r + 1;
        let alpha = self.theta.slice(s![..cuts]);
        let shift = ell.shift(self.theta.view());
        let mut score = Array1::zeros(cuts * size);
        let mut information = Array2::zeros((cuts * size, cuts * size));
        let mut v = vec![1.0; size];
        let (mut f, mut p) = (vec![0.0; cuts], vec![0.0; cuts + 1]);
        for i in 0..n {
            let weight = ell.weight(i);
            for (v, q) in v[1..].iter_mut().zip(ell.q.row(i)) {
                *v = -q;
            }
            let at = |j: usize| alpha[j] - shift[i];
            for j in 0..=cuts {
                let (above, below) = ((j < cuts).then(|| at(j)), (j > 0).then(|| at(j - 1)));
                p[j] = self
                    .link
                    .level(above, below)
                    .value
                    .exp()
                    .max(f64::MIN_POSITIVE);
                if j < cuts {
                    f[j] = self.link.density(at(j));
                }
            }
            let code = ell.codes[i];
            if code < cuts {
                add(&mut score, code * size, &v, weight * f[code] / p[code]);
            }
            if code > 0 {
                add(
                    &mut score,
                    (code - 1) * size,
                    &v,
                    -weight * f[code - 1] / p[code],
                );
            }
            for j in 0..cuts {
                let own = f[j] * f[j] * (1.0 / p[j] + 1.0 / p[j + 1]);
                add_square(&mut information, [j * size, j * size], &v, weight * own);
                if j > 0 {
                    let shared = -weight * f[j - 1] * f[j] / p[j];
                    add_square(&mut information, [(j - 1) * size, j * size], &v, shared);
                    add_square(&mut information, [j * size, (j - 1) * size], &v, shared);
                }
            }
        }
        Expanded { score, information }
    }

    /// Only these coefficients may differ between thresholds.
    fn score_test(
        &self,
        label: &str,
        all: &Expanded,
        places: &[usize],
    ) -> Result<JointTest, Error> {
        let cuts = self.levels.len() - 1;
        let r = self.ell.q.ncols();
        let size = r + 1;
        let extra = places.len() * (cuts - 1);
        // From (α, common coordinates, Δ_2 …) to a coefficient for each threshold; a change of a
        // coefficient is a change of the coordinates by its column of R.
        let mut expand = Array2::zeros((cuts * size, cuts + r + extra));
        for j in 0..cuts {
            expand[[j * size, j]] = 1.0;
            for a in 0..r {
                expand[[j * size + 1 + a, cuts + a]] = 1.0;
            }
            for (k, &place) in places.iter().enumerate() {
                if j > 0 {
                    let column = cuts + r + (j - 1) * places.len() + k;
                    expand
                        .slice_mut(s![j * size + 1..(j + 1) * size, column])
                        .assign(&self.r.column(place));
                }
            }
        }
        let score = expand.t().dot(&all.score);
        let information = expand.t().dot(&all.information).dot(&expand);
        // As correlations, so that columns of very different size stand beside each other.
        let scale = information
            .diag()
            .mapv(|x| x.max(f64::MIN_POSITIVE).sqrt().recip());
        let standard = Array2::from_shape_fn(information.dim(), |(a, b)| {
            information[[a, b]] * scale[a] * scale[b]
        });
        let score = score * &scale;
        let statistic = Cholesky::new(standard.view())
            .map(|root| root.solve(score.view()).dot(&score))
            .filter(|s| s.is_finite());
        let reference = Reference::ChiSquared { df: extra as f64 };
        let from = self.provenance();
        let mut cautions = from.cautions.clone();
        if from.sample.clusters.is_some() {
            cautions.push(Caution::ClustersIgnored);
        }
        if statistic.is_none() {
            cautions.push(Caution::Note(
                "Some level has no rows for some value of the columns, so that their thresholds \
                 cannot be told apart."
                    .to_owned(),
            ));
        }
        let p_value = statistic
            .map(|x| dist::p_value(x, reference, Alternative::TwoSided))
            .transpose()?;
        Ok(JointTest {
            label: label.to_owned(),
            statistic,
            reference,
            p_value,
            sample: from.sample.clone(),
            method: format!(
                "score test of the same coefficients at every threshold, {} link",
                self.link.name()
            ),
            cautions,
        })
    }
}

struct Expanded {
    score: Array1<f64>,
    information: Array2<f64>,
}

fn add(to: &mut Array1<f64>, from: usize, v: &[f64], scale: f64) {
    for (a, v) in v.iter().enumerate() {
        to[from + a] += scale * v;
    }
}

fn add_square(to: &mut Array2<f64>, from: [usize; 2], v: &[f64], scale: f64) {
    for (a, x) in v.iter().enumerate() {
        for (b, y) in v.iter().enumerate() {
            to[[from[0] + a, from[1] + b]] += scale * x * y;
        }
    }
}
