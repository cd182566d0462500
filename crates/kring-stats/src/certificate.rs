//! The evidence that a search ended where it should.

use serde::{Deserialize, Serialize};

/// Below this a standard deviation counts as none, as in lme4's `isSingular`: over the residual one where
/// there is one, else for columns of mean square one.
pub(crate) const SINGULAR: f64 = 1e-4;

/// What a covariance loses at the edge of what is possible.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Edge {
    /// The smallest standard deviation of a combination of random effects, over the residual one where there is
    /// one, else for columns of mean square one. At zero the fit is one without it.
    RandomEffects,
    /// The lowest eigenvalue of the correlations of the waves; zero would be a singular covariance.
    Waves,
}

/// The evidence that a search ended at the best place: the least criterion of a linear mixed model, the
/// highest marginal likelihood of a generalised one, the highest (restricted) likelihood of repeated measures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Certificate {
    /// How many steps were taken.
    pub iterations: usize,
    /// How often the criterion was computed; those for the curvature are counted.
    pub evaluations: usize,
    /// The largest slope: of the criterion on a scale on which columns have mean square one, or of the
    /// log-likelihood a standard error.
    pub gradient: f64,
    /// How far the best place may still be, in standard errors.
    pub distance: f64,
    /// The smallest curvature over the largest, with every parameter on its own scale.
    pub curvature: f64,
    /// How far the fit is from the edge.
    pub edge: f64,
    /// Of which edge that speaks.
    pub edge_of: Edge,
}

impl Certificate {
    /// The evidence in words.
    pub fn sentence(&self) -> String {
        let place = match self.edge_of {
            Edge::RandomEffects if self.edge < SINGULAR => {
                "at the edge of what is possible (a variance of zero or a correlation of one)"
                    .to_owned()
            }
            Edge::RandomEffects => format!(
                "inside: the smallest standard deviation of random effects, standardised, is {:.2e}",
                self.edge
            ),
            Edge::Waves => format!(
                "the lowest eigenvalue of the correlations is {:.2e}",
                self.edge
            ),
        };
        format!(
            "Converged in {} steps to within {:.1e} standard errors, largest slope {:.1e}, curvature {:.1e}; {place}.",
            self.iterations, self.distance, self.gradient, self.curvature
        )
    }

    /// What makes one doubt the fit, if anything does.
    pub(crate) fn doubt(&self) -> Option<String> {
        let hint = match self.edge_of {
            Edge::RandomEffects => "",
            Edge::Waves => " A structure of the covariance with fewer may do.",
        };
        (self.curvature < 1e-9).then(|| {
            format!(
                "The likelihood is all but flat in some direction: some parameters are hardly determined by the \
                 data.{hint}"
            )
        })
    }
}
