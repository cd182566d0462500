//! The fixed effects without each family, by one step of Newton's method from the fit.
//!
//! ```text
//! φ_(−j) = φ̂ − (H − H_j)⁻¹ g_j,  g_j and −H_j the gradient and the curvature of the family's own likelihood
//! ```
//! All parameters move, the variances and the shape too. H_j by central differences of the families' exact
//! gradients: two evaluations a parameter for all families at once. Pregibon D (1981), Annals of Statistics
//! 9:705–724, doi 10.1214/aos/1176345513, for the step.

use ndarray::{Array1, Array2, ArrayView1};

use super::GlmmFit;
use super::blocks::{Engine, Want};
use super::data::Block;
use crate::Error;
use crate::fit::Fit;
use crate::influence::{Influence, Without};
use crate::linalg::Cholesky;

impl GlmmFit {
    /// The fixed effects of the mean without each family in turn, by one step from the fit, and how far that
    /// moves them. Families are the largest groups of rows that share no random effect with others.
    pub fn influence(&self) -> Result<Influence, Error> {
        let data = &self.data;
        let blocks = data.blocks.len();
        // The grouping with one level a block.
        let group = data.factors.iter().zip(&data.effect);
        let mut group = group.filter(|(factor, _)| factor.levels() == blocks && blocks > 1);
        let Some((factor, effects)) = group.next() else {
            return Err(Error::Unsupported {
                what: "the influence of families that other groupings tie together".to_owned(),
                hint: "leave rows out and fit again".to_owned(),
            });
        };
        let undefined = || Error::Overflow {
            what: "the influence of families".to_owned(),
        };
        let phi = &self.found.phi;
        let covariance = &self.found.covariance;
        // What lies at the edge stays there.
        let kept: Vec<usize> = (0..phi.len())
            .filter(|&i| covariance[[i, i]] > 0.0)
            .collect();
        let k = kept.len();
        let inner = Array2::from_shape_fn((k, k), |(i, j)| covariance[[kept[i], kept[j]]]);
        let information = Cholesky::new(inner.view()).ok_or_else(undefined)?.inverse();
        let mut engine = Engine::new(data, &self.rule);
        engine.start_from(&self.found.modes);
        let mut scores = |phi: &[f64]| {
            let value = engine.evaluate(phi, Want::Scores);
            value
                .is_finite()
                .then(|| engine.scores())
                .ok_or_else(undefined)
        };
        let own = scores(phi)?;
        let mut bends: Vec<Array2<f64>> = vec![Array2::zeros((k, k)); blocks];
        for (i, &place) in kept.iter().enumerate() {
            let step = (1e-3 * covariance[[place, place]].sqrt()).clamp(1e-7, 1e-2);
            let mut moved = phi.clone();
            moved[place] += step;
            let up = scores(&moved)?;
            moved[place] = phi[place] - step;
            let down = scores(&moved)?;
            for (block, bend) in bends.iter_mut().enumerate() {
                for (j, &other) in kept.iter().enumerate() {
                    let at = block * phi.len() + other;
                    bend[[i, j]] = (down[at] - up[at]) / (2.0 * step);
                }
            }
        }
        let mean = data.sizes()[0];
        let back = data.predictors[0].to_coefficients();
        let mut labels = vec![String::new(); blocks];
        for (label, &effect) in factor.labels.iter().zip(effects) {
            let own = |block: &Block| block.first + block.q <= effect;
            labels[data.blocks.partition_point(own)].clone_from(label);
        }
        let each = bends.iter().enumerate().map(|(block, bend)| {
            let g: Array1<f64> = kept.iter().map(|&i| own[block * phi.len() + i]).collect();
            let left = &information - &((bend + &bend.t()) * 0.5);
            let values = Cholesky::new(left.view()).map(|root| {
                let step = root.solve(g.view());
                let mut there = phi.clone();
                for (i, &place) in kept.iter().enumerate() {
                    there[place] -= step[i];
                }
                back.dot(&ArrayView1::from(&there[..mean]))
            });
            Without {
                level: std::mem::take(&mut labels[block]),
                values,
            }
        });
        Ok(Influence::of(
            &factor.name,
            self.coefficients(),
            each.collect(),
            "each family left out, by one step of Newton's method in all parameters",
        ))
    }
}
