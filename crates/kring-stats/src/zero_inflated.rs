//! Zero-inflated models: counts of which some rows are always zero.
//!
//! ```text
//! model      P(Y_i = 0) = π_i + (1 − π_i) f(0; μ_i),   P(Y_i = y) = (1 − π_i) f(y; μ_i)
//!            logit π_i = z_i'γ + offset,   ln μ_i = x_i'β + offset
//!            f Poisson, geometric or negative binomial (NB2: variance μ + μ²/θ; NB1: μ (1 + φ))
//! estimator  (β, γ, ln θ) by joint maximum likelihood: Newton's method with analytic derivatives
//! errors     the inverse of the observed information, or a sandwich by row or cluster
//! ```
//! exp(β) is a ratio of the rates of those who can have counts, not of the means of all; exp(γ) is a
//! ratio of the odds of being **always** zero, so a positive γ means more zeros. The mean of all is
//! (1 − π) μ: see [`TwoPartFit::fitted`].
//!
//! Assumptions: the rows are independent (or the clusters, with CR0 or CR1); the two parts have the
//! form above. The split of zeros into two kinds rests on the shape of f alone. A hurdle model does
//! not make it.
//!
//! Lambert D (1992), Technometrics 34:1–14, doi 10.2307/1269547; Greene W (1994), NYU Stern working
//! paper EC-94-10; Zeileis A, Kleiber C, Jackman S (2008), J Statistical Software 27(8),
//! doi 10.18637/jss.v027.i08.
//!
//! Differences from R: pscl's `zeroinfl` stops at a relative change of 1e-8 of ℓ and differentiates
//! its gradient numerically, so that its errors have about five digits; here both are analytic.
//! Where ℓ has no maximum (a separated zero part, no excess zeros at all), pscl gives huge numbers
//! with a warning or without; here it is an error that names the columns. Where θ runs to infinity,
//! the numbers are those of the Poisson model, and θ lies at its edge.

use kring_core::Design;
use serde::{Deserialize, Serialize};

use crate::two_part::{CountFamily, TwoPart, TwoPartFit, ZeroPart};
use crate::{Covariance, Error};

/// The options of a zero-inflated model.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ZeroInflated {
    /// The distribution of the counts of those who are not always zero.
    pub family: CountFamily,
    /// How the errors of the coefficients are estimated.
    pub covariance: Covariance,
    /// The level of intervals.
    pub level: f64,
    /// After how many steps the search for the maximum is given up.
    pub max_iterations: usize,
}

impl Default for ZeroInflated {
    fn default() -> Self {
        Self {
            family: CountFamily::Poisson,
            covariance: Covariance::Classical,
            level: 0.95,
            max_iterations: 200,
        }
    }
}

impl ZeroInflated {
    /// Fits the model. The design needs a count as response and a model of the zeros.
    ///
    /// ```
    /// use kring_core::{Design, DesignParts, Groups, Part, Response};
    /// use kring_stats::{Fit, zero_inflated::ZeroInflated};
    /// use ndarray::{Array1, Array2};
    /// // Forty families: thirty without a problem, the others with 1 to 4.
    /// let mut y = vec![0.0; 30];
    /// y.extend([1.0, 1.0, 1.0, 2.0, 2.0, 2.0, 3.0, 3.0, 4.0, 1.0]);
    /// let one = || Part::fixed(Array2::ones((40, 1)), vec!["(Intercept)".into()]);
    /// let design = Design::new(DesignParts {
    ///     response: Response::Count(Array1::from(y)),
    ///     response_name: "problems".into(),
    ///     mean: one(), zero: Some(one()), dispersion: None,
    ///     groups: Groups::default(), time: None, weights: None,
    ///     source_rows: (0..40).collect(), omitted: vec![],
    /// })?;
    /// let fit = ZeroInflated::default().fit(&design)?;
    /// // With intercepts alone the zeros and the mean are fitted exactly: λ / (1 − e^−λ) = 2.
    /// let mean = fit.coefficients().value("(Intercept)").unwrap().exp();
    /// assert!((mean / (1.0 - (-mean).exp()) - 2.0).abs() < 1e-9);
    /// assert!((fit.zero_probabilities()[0] - 0.75).abs() < 1e-9);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn fit(&self, design: &Design) -> Result<TwoPartFit, Error> {
        TwoPart {
            zero_part: ZeroPart::Inflated,
            family: self.family,
            covariance: self.covariance,
            level: self.level,
            max_iterations: self.max_iterations,
        }
        .fit(design)
    }
}
