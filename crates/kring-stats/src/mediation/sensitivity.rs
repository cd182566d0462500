//! What an unmeasured cause U of mediator and outcome would do to direct and indirect effects.
//!
//! ```text
//! correlated  one mediator, all linear, no product with it: e₁ = Y less A, C;  e₂ = M less A, C
//!             indirect(ρ) = Δ σ₁/σ₂ (r − ρ √((1 − r²)/(1 − ρ²))),  r = cor(e₁, e₂), zero at ρ = r
//!             ρ the correlation of the errors of M and of Y (given M); Δ what the arm does to M
//! corrected   direct − γδ,  indirect + γδ: U is yes or no, δ more frequent in the other arm at the same M
//!             and C, and changes the mean outcome by γ, whatever A, M and C
//! needed      γ = −indirect / δ, with which nothing is left
//! E-value     R + √(R(R − 1)), R the ratio of the indirect effect, or its inverse, whichever is above one
//! ```
//! Imai K, Keele L, Yamamoto T (2010), Statistical Science 25:51–71, doi 10.1214/10-STS321 (theorem 4);
//! VanderWeele TJ (2010), Epidemiology 21:540–551, doi 10.1097/EDE.0b013e3181df191c; Smith LH, VanderWeele
//! TJ (2019), Epidemiology 30:835–837.

use kring_core::{DesignParts, Interval, Part, Response};
use serde::{Deserialize, Serialize};

use super::models::Fitted;
use super::{Effect, Mediation, Told, Way};
use crate::family::Family;
use crate::glm::Glm;
use crate::{Covariance, Error};

/// What an unmeasured cause of mediator and outcome would do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sensitivity {
    /// The indirect effect by the correlation of the errors; of linear models without products alone.
    pub correlated: Option<Correlated>,
    /// The effects if there were such a cause, a row a setting.
    pub corrected: Vec<Corrected>,
    /// How strong it would have to be, a row a difference of prevalences.
    pub needed: Vec<Needed>,
    /// On the scale of ratios, where there are any.
    pub e_value: Option<EValue>,
}

/// The indirect effect by the correlation ρ of the errors of mediator and outcome.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Correlated {
    /// The correlation at which nothing is left.
    pub zero_at: f64,
    /// Correlations from −0.9 to 0.9.
    pub rho: Vec<f64>,
    /// The indirect effect at each of them.
    pub indirect: Vec<f64>,
}

/// The effects if there were an unmeasured cause of some strength.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Corrected {
    /// How much more frequent it is in the other arm, at the same mediator.
    pub prevalence: f64,
    /// How much it changes the outcome.
    pub effect: f64,
    /// The direct effect then.
    pub direct: f64,
    /// The indirect effect then.
    pub indirect: f64,
}

/// How much an unmeasured cause would have to change the outcome.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Needed {
    /// How much more frequent it is in the other arm, at the same mediator.
    pub prevalence: f64,
    /// The effect on the outcome with which no indirect effect is left.
    pub for_indirect: f64,
    /// The same for the end of its interval that is nearer to zero; zero where the interval holds zero.
    pub for_interval: Option<f64>,
    /// The effect on the outcome with which no direct effect is left.
    pub for_direct: f64,
}

/// E-values of the indirect effect as a ratio.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EValue {
    /// Of the estimate.
    pub estimate: f64,
    /// Of the end of the interval that is nearer to one; one where the interval holds one.
    pub interval: Option<f64>,
}

impl EValue {
    /// Of a log ratio and its interval.
    pub fn of(log_ratio: f64, interval: Option<&Interval>) -> Self {
        let one = |log: f64| {
            let ratio = log.abs().exp();
            ratio + (ratio * (ratio - 1.0)).sqrt()
        };
        let nearest = interval.and_then(nearest);
        Self {
            estimate: one(log_ratio),
            interval: nearest.map(one),
        }
    }
}

/// The end that is nearer to zero; zero where the interval holds it.
fn nearest(interval: &Interval) -> Option<f64> {
    let (low, high) = (interval.low?, interval.high?);
    Some(if low > 0.0 {
        low
    } else if high < 0.0 {
        high
    } else {
        0.0
    })
}

/// Shares of the outcome's spread that an unmeasured cause changes it by.
const SHARES: [f64; 3] = [0.2, 0.5, 0.8];

impl Way<'_> {
    pub(super) fn sensitivity(
        &self,
        options: &Mediation,
        fits: &[Fitted],
        effects: &[Told],
    ) -> Result<Sensitivity, Error> {
        let told = |effect: Effect, is_ratio: bool| {
            let mut all = effects.iter();
            let found = all.find(|told| told.effect == effect && told.is_ratio == is_ratio)?;
            Some((
                found.found.estimate.value.finite()?,
                found.found.estimate.interval,
            ))
        };
        let (direct, _) = told(Effect::Direct, false).unwrap_or_default();
        let (indirect, interval) = told(Effect::Indirect, false).unwrap_or_default();
        let end = interval.as_ref().and_then(nearest);
        let without = |x: f64| if x == 0.0 { 0.0 } else { x };
        let needed = options.prevalences.iter().map(|&prevalence| Needed {
            prevalence,
            for_indirect: without(-indirect / prevalence),
            for_interval: end.map(|end| without(-end / prevalence)),
            for_direct: without(direct / prevalence),
        });
        let sizes = if options.effects.is_empty() {
            // So that the indirect effect shrinks.
            let sign = if indirect > 0.0 { -1.0 } else { 1.0 };
            let spread = self.spread_of_outcome();
            SHARES.iter().map(|share| sign * share * spread).collect()
        } else {
            options.effects.clone()
        };
        let corrected = options.prevalences.iter().flat_map(|&prevalence| {
            sizes.iter().map(move |&effect| Corrected {
                prevalence,
                effect,
                direct: direct - effect * prevalence,
                indirect: indirect + effect * prevalence,
            })
        });
        let e_value =
            told(Effect::Indirect, true).map(|(log, interval)| EValue::of(log, interval.as_ref()));
        Ok(Sensitivity {
            correlated: self.correlated(fits)?,
            corrected: corrected.collect(),
            needed: needed.collect(),
            e_value,
        })
    }

    /// The weighted standard deviation of the outcome.
    fn spread_of_outcome(&self) -> f64 {
        let design = self.pathway.outcome.design;
        let Some(y) = design.response().numbers() else {
            return 1.0;
        };
        let weight = |i: usize| design.weights().map_or(1.0, |w| w.values[i]);
        let total: f64 = (0..y.len()).map(weight).sum();
        let mean = y
            .iter()
            .enumerate()
            .map(|(i, y)| weight(i) * y)
            .sum::<f64>()
            / total;
        let squares = y
            .iter()
            .enumerate()
            .map(|(i, y)| weight(i) * (y - mean).powi(2));
        (squares.sum::<f64>() / total).sqrt()
    }

    /// The indirect effect by ρ, where the models are linear and the mediator stands in one column alone.
    fn correlated(&self, fits: &[Fitted]) -> Result<Option<Correlated>, Error> {
        let [mediator, outcome] = &self.models[..] else {
            return Ok(None);
        };
        let is_linear = [mediator, outcome].map(|model| model.of.family == Family::Gaussian);
        let columns: Vec<usize> = (0..outcome.of.powers.len())
            .filter(|&column| outcome.of.powers[column][0] > 0)
            .collect();
        let [column] = columns[..] else {
            return Ok(None);
        };
        let same = |set: &ndarray::Array2<f64>| set.column(column).iter().all(|x| *x == 1.0);
        let is_alone = outcome.of.powers[column][0] == 1 && outcome.of.arms.iter().all(same);
        if !(is_linear == [true, true] && is_alone) {
            return Ok(None);
        }
        let parts = outcome.of.design.clone().into_parts();
        let rest: Vec<usize> = (0..parts.mean.x.ncols()).filter(|&j| j != column).collect();
        let part = Part {
            offset: None,
            ..Part::fixed(
                parts.mean.x.select(ndarray::Axis(1), &rest),
                rest.iter()
                    .map(|&j| parts.mean.columns[j].clone())
                    .collect(),
            )
        };
        let residuals = |of: &kring_core::Design, offset: bool| -> Result<Vec<f64>, Error> {
            let numbers = of.response().numbers();
            let mut y: Vec<f64> = numbers.into_iter().flatten().copied().collect();
            if let (true, Some(by)) = (offset, &parts.mean.offset) {
                for (y, by) in y.iter_mut().zip(by) {
                    *y -= by;
                }
            }
            let design = kring_core::Design::new(DesignParts {
                response: Response::Continuous(y.iter().copied().collect()),
                mean: part.clone(),
                ..parts.clone()
            })?;
            let glm = Glm {
                covariance: match design.weights() {
                    Some(_) => Covariance::Hc0,
                    None => Covariance::Classical,
                },
                ..Glm::default()
            };
            let fit = glm.fit(&design)?;
            Ok(y.iter().zip(&fit.fitted).map(|(y, mu)| y - mu).collect())
        };
        let e1 = residuals(outcome.of.design, true)?;
        let e2 = residuals(mediator.of.design, false)?;
        let weight = |i: usize| parts.weights.as_ref().map_or(1.0, |w| w.values[i]);
        let product = |a: &[f64], b: &[f64]| -> f64 {
            let each = a.iter().zip(b).enumerate();
            each.map(|(i, (a, b))| weight(i) * a * b).sum()
        };
        let (s11, s22, s12) = (product(&e1, &e1), product(&e2, &e2), product(&e1, &e2));
        let r = s12 / (s11 * s22).sqrt();
        if !(r.is_finite() && r.abs() < 1.0) {
            return Ok(None);
        }
        let (mut change, mut total) = (0.0, 0.0);
        for row in 0..self.rows {
            let mean = |arm: usize| mediator.mean(&mediator.row(&fits[0], row, arm), &[0.0]);
            change += weight(row) * (mean(self.other) - mean(0));
            total += weight(row);
        }
        let scale = change / total * (s11 / s22).sqrt();
        let rho: Vec<f64> = (-9..=9).map(|tenth| f64::from(tenth) / 10.0).collect();
        let at = |rho: &f64| scale * (r - rho * ((1.0 - r * r) / (1.0 - rho * rho)).sqrt());
        Ok(Some(Correlated {
            zero_at: r,
            indirect: rho.iter().map(at).collect(),
            rho,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kring_core::IntervalKind;

    #[test]
    fn e_values_by_hand() {
        // R = 2: 2 + √2. An interval from 1.125 on: 1.125 + √(1.125 · 0.125) = 1.5.
        let interval = Interval {
            low: Some(1.125_f64.ln()),
            high: Some(3.0_f64.ln()),
            level: 0.95,
            kind: IntervalKind::Wald,
        };
        let found = EValue::of(2.0_f64.ln(), Some(&interval));
        assert!((found.estimate - (2.0 + 2.0_f64.sqrt())).abs() < 1e-14);
        assert!(found.interval.is_some_and(|x| (x - 1.5).abs() < 1e-14));
        // Below one it is that of the inverse; an interval over one leaves nothing to explain.
        let over = Interval {
            low: Some(-1.0),
            ..interval
        };
        let found = EValue::of(-(2.0_f64.ln()), Some(&over));
        assert!((found.estimate - (2.0 + 2.0_f64.sqrt())).abs() < 1e-14);
        assert_eq!(found.interval, Some(1.0));
    }
}
