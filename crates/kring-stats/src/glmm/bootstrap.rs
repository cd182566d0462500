//! The parametric bootstrap of a generalised linear mixed model.
//!
//! ```text
//! replicate i   u*_j ~ N(0, I), then every row from its distribution at η = x'β̂ + z'Λ(θ̂)u*, from stream i of the
//!               seed (glmm/simulate.rs); the same model is fitted to y*
//! interval      the quantiles of the replicates
//! ```
//! A replicate without a maximum (nobody in an arm has any), or whose search fails, is counted and has no values.
//! As `lme4::bootMer` with `use.u = FALSE`. Davison AC, Hinkley DV (1997), Bootstrap Methods and their
//! Application, Cambridge, section 2.2.

use kring_core::{Design, Response};
use ndarray::Array1;

use super::simulate::Simulator;
use super::{Glmm, GlmmFit};
use crate::Error;
use crate::fit::Fit;
use crate::lmm::{BootstrapFits, ParametricBootstrap};
use crate::resampling::{each, explicit};
use crate::seed::Seed;

impl ParametricBootstrap {
    /// Draws from a generalised linear mixed model, and fits it again: the coefficients of the mean, and the
    /// components. The options and the design are those of the fit.
    ///
    /// ```
    /// use kring_core::{Design, DesignParts, Grouping, Groups, Part, RandomStructure, RandomTerm, Response};
    /// use kring_stats::{Fit, glmm::{Glmm, Integration}, lmm::ParametricBootstrap};
    /// # use ndarray::{Array2, array};
    /// # let y = array![1., 2., 0., 1., 5., 6., 2., 3., 0., 0., 9., 7., 4., 2., 1., 3.];
    /// # let names: Vec<String> = (1..=8).map(|i| i.to_string()).collect();
    /// # let mut mean = Part::fixed(Array2::ones((16, 1)), vec!["(Intercept)".into()]);
    /// # mean.random = vec![RandomTerm {
    /// #     grouping: Grouping::new("family", names, (0..16).map(|i| i / 2).collect()),
    /// #     z: Array2::ones((16, 1)),
    /// #     columns: vec!["(Intercept)".into()],
    /// #     structure: RandomStructure::Unstructured,
    /// # }];
    /// # let design = Design::new(DesignParts {
    /// #     response: Response::Count(y),
    /// #     response_name: "problems".into(),
    /// #     mean, zero: None, dispersion: None, groups: Groups::default(), time: None, weights: None,
    /// #     source_rows: (0..16).collect(), omitted: vec![],
    /// # })?;
    /// // Eight families, two waves each, as in the example of `Glmm::fit`.
    /// let options = Glmm { integration: Integration::Laplace, ..Glmm::default() };
    /// let fit = options.fit(&design)?;
    /// let drawn = ParametricBootstrap { replicates: 0..200, seed: Some(2011) };
    /// let mean = &drawn.refits(&options, &design, &fit)?.summaries(0.95)?[0];
    /// // The error of the fit, but for two digits of chance.
    /// let error = fit.estimates()?[0].std_error.unwrap();
    /// assert!((mean.std_error / error - 1.0).abs() < 0.2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn refits(
        &self,
        options: &Glmm,
        design: &Design,
        fit: &GlmmFit,
    ) -> Result<BootstrapFits, Error> {
        let seed = Seed::new(explicit(self.seed)?).child("parametric bootstrap", 0);
        let data = &*fit.data;
        if data.observations > data.seen.len() as f64 {
            return Err(Error::Unsupported {
                what: "a parametric bootstrap of rows that stand for several".to_owned(),
                hint: "give each observation a row of its own".to_owned(),
            });
        }
        if matches!(design.response(), Response::Ordinal { .. }) {
            return Err(Error::Unsupported {
                what: "a parametric bootstrap of ordered levels".to_owned(),
                hint: "take profile intervals".to_owned(),
            });
        }
        let all = |expected: &'static str| Error::Argument {
            what: "the range of replicates".to_owned(),
            expected,
            found: format!("{:?}", self.replicates),
        };
        let first = usize::try_from(self.replicates.start)
            .map_err(|_| all("one whose numbers fit into memory"))?;
        let count = self.replicates.end.saturating_sub(self.replicates.start);
        let count = usize::try_from(count).map_err(|_| all("one that fits into memory"))?;
        let simulator = Simulator::new(fit, seed);
        let shape = quantities(fit).len();
        let values = each(
            count,
            || (vec![0.0; simulator.effects], vec![0.0; data.seen.len()]),
            |i, (u, y)| {
                let number = first + usize::try_from(i).ok()?;
                simulator.draw(number, u, y);
                let again = with_response(design, &data.source, y).ok()?;
                let values = quantities(&options.fit(&again).ok()?);
                (values.len() == shape).then_some(values)
            },
        );
        let coefficients = fit.coefficients();
        let names = coefficients.estimated.iter();
        let names = names.map(|&j| coefficients.columns[j].clone());
        let components = fit.components.iter();
        let components = components.map(|one| format!("{}: {}", one.group, one.label));
        Ok(BootstrapFits {
            names: names.chain(components).collect(),
            estimates: quantities(fit),
            numbers: self.replicates.clone().collect(),
            values,
        })
    }
}

/// The coefficients of the mean and the components.
fn quantities(fit: &GlmmFit) -> Vec<f64> {
    let coefficients = fit.coefficients().values.iter().copied();
    coefficients
        .chain(fit.components.iter().map(|one| one.value))
        .collect()
}

/// The design with other values in the rows that were fitted.
fn with_response(design: &Design, rows: &[usize], y: &[f64]) -> Result<Design, Error> {
    let mut parts = design.clone().into_parts();
    let put = |values: &mut Array1<f64>| {
        for (&row, y) in rows.iter().zip(y) {
            values[row] = *y;
        }
    };
    match &mut parts.response {
        Response::Continuous(values)
        | Response::Count(values)
        | Response::Binary(values)
        | Response::Proportion {
            successes: values, ..
        } => put(values),
        _ => {}
    }
    Ok(Design::new(parts)?)
}
