//! The fixed effects without each family.
//!
//! ```text
//! S_j = [X̃ ỹ]_j'V_j⁻¹[X̃ ỹ]_j = [X̃ ỹ]_j'[X̃ ỹ]_j − B_j'M_jB_j
//! γ_(−j) = (C⁻¹ − S_j,xx)⁻¹ (X'V⁻¹y − S_j,xy),  the variances held
//! ```
//! Exact for the variances as estimated, at the price of one pass over the rows and r³ a family. Christensen R,
//! Pearson LM, Johnson W (1992), Technometrics 34:38–45, doi 10.2307/1269550.

use ndarray::Array1;

use super::LmmFit;
use super::criterion::{Engine, EngineWork};
use super::families::{packed, pair};
use crate::Error;
use crate::influence::{Influence, Without};
use crate::optimise::Objective;
use crate::random::block;

impl LmmFit {
    /// The fixed effects without each family in turn, with the variances as they are, and how far that moves
    /// them. For models of one grouping.
    ///
    /// ```
    /// use kring_stats::lmm::Lmm;
    /// # use kring_core::{Design, DesignParts, Grouping, Groups, Part, RandomStructure, RandomTerm, Response};
    /// # use ndarray::{Array2, array};
    /// # let families = ["a", "b", "c"].map(str::to_owned).to_vec();
    /// # let mut mean = Part::fixed(Array2::ones((6, 1)), vec!["(Intercept)".into()]);
    /// # mean.random = vec![RandomTerm {
    /// #     grouping: Grouping::new("family", families, vec![0, 0, 1, 1, 2, 2]),
    /// #     z: Array2::ones((6, 1)),
    /// #     columns: vec!["(Intercept)".into()],
    /// #     structure: RandomStructure::Unstructured,
    /// # }];
    /// # let design = Design::new(DesignParts {
    /// #     response: Response::Continuous(array![1.0, 3.0, 6.0, 8.0, 8.0, 10.0]),
    /// #     response_name: "problems".into(),
    /// #     mean, zero: None, dispersion: None, groups: Groups::default(), time: None, weights: None,
    /// #     source_rows: (0..6).collect(), omitted: vec![],
    /// # })?;
    /// // Three families of two waves: 1, 3; 6, 8; 8, 10. Without the first the mean is 8 instead of 6.
    /// let found = Lmm::default().fit(&design)?.influence()?;
    /// assert!((found.without[[0, 0]] - 8.0).abs() < 1e-9);
    /// assert!((found.cooks_distances[0] - 4.0 / (26.0 / 6.0)).abs() < 1e-6);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn influence(&self) -> Result<Influence, Error> {
        let model = &*self.model;
        let Engine::Families(families) = &model.engine else {
            return Err(Error::Unsupported {
                what: "the influence of families that other groupings tie together".to_owned(),
                hint: "leave rows out and fit again".to_owned(),
            });
        };
        let mut criterion = model.criterion(self.found.reml);
        let data = &model.data;
        let (c, r) = (data.c(), data.c() - 1);
        if !criterion.value(&self.found.theta).is_finite() {
            return Err(Error::Overflow {
                what: "the influence of families".to_owned(),
            });
        }
        let EngineWork::Families(work) = &criterion.work else {
            return Err(Error::Overflow {
                what: "the influence of families".to_owned(),
            });
        };
        let factor = &data.factors[0];
        let q = factor.q;
        let by_level = factor.by_level();
        let mut mb = vec![0.0; q * c];
        let mut left = vec![0.0; r * r];
        let each = factor.labels.iter().enumerate().map(|(family, label)| {
            // What is left of [X̃ ỹ]'V⁻¹[X̃ ỹ].
            let mut s = criterion.cross.clone();
            for &row in &by_level.rows[by_level.starts[family]..by_level.starts[family + 1]] {
                let x = &data.columns[row as usize * c..(row as usize + 1) * c];
                for i in 0..c {
                    for j in 0..=i {
                        s[pair(j, i)] -= x[i] * x[j];
                    }
                }
            }
            let b = families.products(family);
            block::multiply(q, q, c, families.inverse(family, work), b, &mut mb);
            for (b, mb) in b.chunks_exact(c).zip(mb.chunks_exact(c)) {
                for i in 0..c {
                    for j in 0..=i {
                        s[pair(j, i)] += 0.5 * (b[i] * mb[j] + b[j] * mb[i]);
                    }
                }
            }
            debug_assert_eq!(s.len(), packed(c));
            for i in 0..r {
                for j in 0..=i {
                    left[i * r + j] = s[pair(j, i)];
                }
            }
            let mut gamma: Vec<f64> = (0..r).map(|i| s[pair(i, r)]).collect();
            let known = block::cholesky(r, &mut left).is_some()
                && (0..r).all(|i| left[i * r + i].powi(2) > 1e-9 * criterion.cross[pair(i, i)]);
            let values = known.then(|| {
                block::forward(r, &left, &mut gamma);
                block::backward(r, &left, &mut gamma);
                &data.fixed.shift + &data.fixed.back.dot(&Array1::from(gamma))
            });
            Without {
                level: label.clone(),
                values,
            }
        });
        Ok(Influence::of(
            &factor.name,
            &self.coefficients,
            each.collect(),
            "each family left out, with the variances held",
        ))
    }
}
