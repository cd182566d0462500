//! How well models of the same rows fit, side by side.
//!
//! ```text
//! AIC = 2k − 2ℓ          BIC = k ln n − 2ℓ          k parameters, n observations
//! weight of a model      exp(−½ ΔAIC) / Σ exp(−½ ΔAIC)
//! ```
//! ℓ has all its constants, so that models of different families compare. A zero-inflated model and
//! the counts without a zero part are not nested in a way that a likelihood ratio test could use (the
//! share of excess zeros lies at its edge), and Vuong's test is not valid for it; AIC and BIC say
//! which one describes the data better, and are no test.
//!
//! Akaike H (1974), IEEE Transactions on Automatic Control 19:716–723, doi 10.1109/TAC.1974.1100705;
//! Schwarz G (1978), Annals of Statistics 6:461–464, doi 10.1214/aos/1176344136;
//! Wilson P (2015), Economics Letters 127:51–53, doi 10.1016/j.econlet.2014.12.029.

use serde::{Deserialize, Serialize};

use crate::Error;

/// What the likelihood says about how well a model fits.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Criteria {
    /// ℓ at its maximum, with all constants.
    pub log_likelihood: f64,
    /// How many parameters were estimated.
    pub parameters: usize,
    /// How many observations they rest on; a frequency weight counts as many.
    pub observations: f64,
    /// 2k − 2ℓ; smaller is better.
    pub aic: f64,
    /// k ln n − 2ℓ; smaller is better.
    pub bic: f64,
}

/// Models of the same rows beside one another, in the order given.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SideBySide {
    /// The models.
    pub models: Vec<Beside>,
}

/// One model among others.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Beside {
    /// What the model is called.
    pub label: String,
    /// How well it fits.
    pub criteria: Criteria,
    /// Its AIC less the smallest.
    pub delta_aic: f64,
    /// Its BIC less the smallest.
    pub delta_bic: f64,
    /// Its Akaike weight: the weights of all models add up to one.
    pub weight: f64,
}

impl Criteria {
    pub(crate) fn new(log_likelihood: f64, parameters: usize, observations: f64) -> Self {
        let k = parameters as f64;
        Self {
            log_likelihood,
            parameters,
            observations,
            aic: 2.0 * k - 2.0 * log_likelihood,
            bic: k * observations.ln() - 2.0 * log_likelihood,
        }
    }
}

impl SideBySide {
    /// Sets named models beside one another; they must rest on as many observations.
    ///
    /// ```
    /// use kring_stats::criteria::{Criteria, SideBySide};
    /// let of = |log_likelihood, parameters| Criteria {
    ///     log_likelihood,
    ///     parameters,
    ///     observations: 915.0,
    ///     aic: 2.0 * parameters as f64 - 2.0 * log_likelihood,
    ///     bic: 915.0_f64.ln() * parameters as f64 - 2.0 * log_likelihood,
    /// };
    /// let both = SideBySide::new(&[("hurdle", of(-1609.8, 8)), ("zero-inflated", of(-1605.7, 8))])?;
    /// assert!((both.models[0].delta_aic - 8.2).abs() < 1e-9);
    /// # Ok::<(), kring_stats::Error>(())
    /// ```
    pub fn new(models: &[(&str, Criteria)]) -> Result<Self, Error> {
        let Some((_, first)) = models.first() else {
            return Err(Error::TooFew {
                method: "a comparison",
                what: "models".to_owned(),
                needed: 1,
                found: 0,
            });
        };
        if let Some((label, other)) = models
            .iter()
            .find(|m| m.1.observations != first.observations)
        {
            return Err(Error::Shape {
                what: format!("the observations of `{label}`"),
                expected: format!("{}, as of the first model", first.observations),
                found: other.observations.to_string(),
            });
        }
        let smallest = |of: fn(&Criteria) -> f64| {
            models
                .iter()
                .map(|m| of(&m.1))
                .fold(f64::INFINITY, f64::min)
        };
        let (aic, bic) = (smallest(|c| c.aic), smallest(|c| c.bic));
        let share = |c: &Criteria| (-0.5 * (c.aic - aic)).exp();
        let total: f64 = models.iter().map(|m| share(&m.1)).sum();
        let models = models.iter().map(|(label, criteria)| Beside {
            label: (*label).to_owned(),
            criteria: *criteria,
            delta_aic: criteria.aic - aic,
            delta_bic: criteria.bic - bic,
            weight: share(criteria) / total,
        });
        Ok(Self {
            models: models.collect(),
        })
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    reason = "a test may stop at what it did not expect"
)]
mod tests {
    use super::*;

    /// By hand: ΔAIC of 2 ln 3 is a weight of ¼ against ¾.
    #[test]
    fn weights_by_hand() {
        let better = Criteria::new(-10.0, 2, 20.0);
        let worse = Criteria::new(-10.0 - 3.0_f64.ln(), 2, 20.0);
        let both = SideBySide::new(&[("worse", worse), ("better", better)]).unwrap();
        assert!((both.models[0].weight - 0.25).abs() < 1e-14);
        assert_eq!(both.models[1].delta_bic, 0.0);
        assert!((better.bic - (20.0 + 2.0 * 20.0_f64.ln())).abs() < 1e-13);
    }

    #[test]
    fn other_rows_do_not_compare() {
        let models = [
            ("a", Criteria::new(-1.0, 1, 5.0)),
            ("b", Criteria::new(-1.0, 1, 6.0)),
        ];
        let message = SideBySide::new(&models).unwrap_err().to_string();
        assert_eq!(
            message,
            "the observations of `b`: expected 5, as of the first model, found 6"
        );
        assert!(SideBySide::new(&[]).is_err());
    }
}
