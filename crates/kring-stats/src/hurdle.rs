//! Hurdle models: whether there is any count, and how many if there is.
//!
//! ```text
//! model      P(Y_i = 0) = 1 − p_i,   P(Y_i = y) = p_i f(y; μ_i) / (1 − f(0; μ_i)),  y > 0
//!            logit p_i = z_i'γ + offset,   ln μ_i = x_i'β + offset
//!            f Poisson, geometric or negative binomial (NB2: variance μ + μ²/θ; NB1: μ (1 + φ))
//! estimator  maximum likelihood: a logistic model of y > 0, and a truncated count model of the rows
//!            with y > 0; Newton's method with analytic derivatives
//! errors     the inverse of the observed information, or a sandwich by row or cluster
//! ```
//! exp(γ) is a ratio of the odds of having **any** count, so a positive γ means fewer zeros (in a
//! zero-inflated model it means more). μ is the mean of the count distribution before it is
//! truncated; the mean of the counts above zero is μ / (1 − f(0)), see [`TwoPartFit::fitted`].
//!
//! The count part sees the rows above zero only: a column that does not vary among them is not
//! estimated, and named in a caution. So where an arm has zeros only, its count is not estimable and
//! its odds of any count are zero: the zero part is then refused as separated.
//!
//! Mullahy J (1986), J Econometrics 33:341–365, doi 10.1016/0304-4076(86)90002-3; Zeileis A,
//! Kleiber C, Jackman S (2008), J Statistical Software 27(8), doi 10.18637/jss.v027.i08.
//!
//! Differences from R: as pscl's `hurdle` with `zero.dist = "binomial"` and a logit link; its other
//! zero parts are not offered. Maximum and errors are analytic (pscl: about five digits), and what
//! has no maximum is an error that names the columns.

use kring_core::Design;
use serde::{Deserialize, Serialize};

use crate::two_part::{CountFamily, TwoPart, TwoPartFit, ZeroPart};
use crate::{Covariance, Error};

/// The options of a hurdle model.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Hurdle {
    /// The distribution that the counts above zero are truncated from.
    pub family: CountFamily,
    /// How the errors of the coefficients are estimated.
    pub covariance: Covariance,
    /// The level of intervals.
    pub level: f64,
    /// After how many steps the search for the maximum is given up.
    pub max_iterations: usize,
}

impl Default for Hurdle {
    fn default() -> Self {
        Self {
            family: CountFamily::Poisson,
            covariance: Covariance::Classical,
            level: 0.95,
            max_iterations: 200,
        }
    }
}

impl Hurdle {
    /// Fits the model. The design needs a count as response and a model of the zeros.
    ///
    /// ```
    /// use kring_core::{Design, DesignParts, Groups, Part, Response};
    /// use kring_stats::{Fit, hurdle::Hurdle};
    /// use ndarray::{array, Array2};
    /// let one = || Part::fixed(Array2::ones((8, 1)), vec!["(Intercept)".into()]);
    /// let design = Design::new(DesignParts {
    ///     response: Response::Count(array![0.0, 0.0, 1.0, 1.0, 2.0, 2.0, 3.0, 3.0]),
    ///     response_name: "problems".into(),
    ///     mean: one(), zero: Some(one()), dispersion: None,
    ///     groups: Groups::default(), time: None, weights: None,
    ///     source_rows: (0..8).collect(), omitted: vec![],
    /// })?;
    /// let fit = Hurdle::default().fit(&design)?;
    /// // Six of eight have a count: odds of three.
    /// let odds = fit.zero().coefficients().value("(Intercept)").unwrap();
    /// assert!((odds - 3.0_f64.ln()).abs() < 1e-9);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn fit(&self, design: &Design) -> Result<TwoPartFit, Error> {
        TwoPart {
            zero_part: ZeroPart::Hurdle,
            family: self.family,
            covariance: self.covariance,
            level: self.level,
            max_iterations: self.max_iterations,
        }
        .fit(design)
    }
}
