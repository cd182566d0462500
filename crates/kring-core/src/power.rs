use serde::{Deserialize, Serialize};

use crate::{Alternative, Caution, Error, Measure};

/// What a study of some size can find: the answer to a question of power.
///
/// Power belongs to a study that is planned and to an effect that somebody would not want to miss.
/// It says nothing about a study that is done: there the interval of the estimate says what is known.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Power {
    /// Which of the three was asked for.
    pub solved: Solved,
    /// How many units each arm needs at the end, in the order of the design.
    pub n: Vec<u64>,
    /// What is counted in `n`.
    pub unit: PowerUnit,
    /// The n of the first arm, not rounded, that has exactly the power asked for; only where n was
    /// asked for and the method knows such a number.
    pub exact_n: Option<f64>,
    /// How many to start with so that `n` are left, where dropout was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recruited: Option<Vec<u64>>,
    /// What kind of number the effect is.
    pub measure: Measure,
    /// The effect on the additive scale of its measure: ratios are logs.
    pub effect: f64,
    /// The chance that a study of these sizes finds that effect.
    pub power: f64,
    /// The power that was asked for, where n or the effect was looked for.
    pub target: Option<f64>,
    /// The error rate of the test.
    pub alpha: f64,
    /// On which side the alternative lies.
    pub alternative: Alternative,
    /// How it was computed, in words.
    pub method: String,
    /// Every figure of the design that the answer rests on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub assumed: Vec<Assumed>,
    /// Why one may doubt it.
    pub cautions: Vec<Caution>,
}

/// A figure that an answer rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Assumed {
    /// The field of the design.
    pub name: String,
    /// Its value, as text.
    pub value: String,
    /// Where it comes from.
    pub from: AssumedFrom,
}

/// Where an assumed figure comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AssumedFrom {
    /// Whoever asked gave it.
    Given,
    /// Nobody did; it is the usual one.
    Usual,
}

/// What was looked for, the other two being given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Solved {
    /// How many are needed.
    N,
    /// The smallest effect that is found often enough.
    Effect,
    /// How often an effect is found.
    Power,
}

/// What the sizes of a plan count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PowerUnit {
    /// Subjects: persons or families.
    Subjects,
    /// Pairs: two measurements of one subject, or two matched subjects.
    Pairs,
    /// Clusters: teams, coordinators, municipalities.
    Clusters,
}

impl PowerUnit {
    /// What people call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Subjects => "subjects",
            Self::Pairs => "pairs",
            Self::Clusters => "clusters",
        }
    }
}

impl Power {
    /// All arms together.
    pub fn total(&self) -> u64 {
        self.n.iter().sum()
    }

    /// The effect on the scale people read: ratios exponentiated, all else as it is.
    pub fn natural_effect(&self) -> f64 {
        if self.measure.is_log() {
            self.effect.exp()
        } else {
            self.effect
        }
    }

    /// The same answer, if every number in it is finite and the power is a probability.
    pub fn checked(self) -> Result<Self, Error> {
        let mut numbers = vec![self.effect, self.power, self.alpha, self.natural_effect()];
        numbers.extend(self.exact_n);
        numbers.extend(self.target);
        if numbers.iter().all(|x| x.is_finite()) && (0.0..=1.0).contains(&self.power) {
            return Ok(self);
        }
        Err(Error::Overflow {
            what: format!("the power of the {}", self.method),
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

    fn answer() -> Power {
        Power {
            solved: Solved::N,
            n: vec![55, 60],
            unit: PowerUnit::Subjects,
            exact_n: Some(54.2),
            recruited: None,
            measure: Measure::LogRateRatio,
            effect: 0.5_f64.ln(),
            power: 0.81,
            target: Some(0.8),
            alpha: 0.05,
            alternative: Alternative::TwoSided,
            method: "by hand".to_owned(),
            assumed: Vec::new(),
            cautions: Vec::new(),
        }
    }

    #[test]
    fn a_ratio_is_kept_as_a_log_and_arms_are_added() {
        assert_eq!(answer().total(), 115);
        assert!((answer().natural_effect() - 0.5).abs() < 1e-15);
        let difference = Power {
            measure: Measure::RiskDifference,
            effect: -0.2,
            ..answer()
        };
        assert_eq!(difference.natural_effect(), -0.2);
    }

    #[test]
    fn an_answer_survives_being_written_and_read() {
        let text = serde_json::to_string(&answer()).unwrap();
        assert_eq!(serde_json::from_str::<Power>(&text).unwrap(), answer());
        let with_more = text.replace("\"alpha\"", "\"alfa\":1,\"alpha\"");
        assert!(serde_json::from_str::<Power>(&with_more).is_err());
    }

    #[test]
    fn what_is_no_number_is_no_answer() {
        assert!(answer().checked().is_ok());
        for power in [f64::NAN, -0.1, 1.1] {
            assert!(Power { power, ..answer() }.checked().is_err());
        }
        let effect = f64::INFINITY;
        assert!(Power { effect, ..answer() }.checked().is_err());
    }
}
