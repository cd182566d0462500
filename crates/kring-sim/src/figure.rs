//! A figure of a cohort: what it is in truth, and what it is in a draw.
//!
//! The same words name a target of a calibration, a margin whose truth is checked, and a figure that
//! a cohort must have.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Error;
use crate::draw::Draw;
use crate::generator::CovariateValues;
use crate::plan::{Plan, dot};
use crate::truth::{Known, Origin};

/// A figure of an arm.
///
/// Means, SDs, shares and correlations are of all families, as if none were missing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Figure {
    /// A mean.
    Mean {
        /// The outcome.
        outcome: String,
        /// The arm.
        arm: String,
        /// The wave.
        wave: String,
    },
    /// A standard deviation.
    Sd {
        /// The outcome.
        outcome: String,
        /// The arm.
        arm: String,
        /// The wave.
        wave: String,
    },
    /// The share of families with a value: of a binary outcome 1, of an ordinal one a level from 1
    /// on, of a count 0.
    Share {
        /// The outcome.
        outcome: String,
        /// The arm.
        arm: String,
        /// The wave.
        wave: String,
        /// The value.
        value: f64,
    },
    /// The correlation of an outcome at two waves, within families.
    Correlation {
        /// The outcome.
        outcome: String,
        /// The arm.
        arm: String,
        /// The waves.
        waves: [String; 2],
    },
    /// The correlation of two outcomes at one wave.
    Association {
        /// The outcomes.
        outcomes: [String; 2],
        /// The arm.
        arm: String,
        /// The wave.
        wave: String,
    },
    /// The share of families whose value is missing.
    Missing {
        /// The outcome.
        outcome: String,
        /// The arm.
        arm: String,
        /// The wave.
        wave: String,
    },
    /// How many families are seen.
    Seen {
        /// The outcome.
        outcome: String,
        /// The arm.
        arm: String,
        /// The wave.
        wave: String,
    },
    /// The mean of a numeric covariate.
    CovariateMean {
        /// The covariate.
        covariate: String,
        /// The arm.
        arm: String,
    },
    /// Its standard deviation.
    CovariateSd {
        /// The covariate.
        covariate: String,
        /// The arm.
        arm: String,
    },
    /// The share of a level of a categorical covariate.
    CovariateShare {
        /// The covariate.
        covariate: String,
        /// The arm.
        arm: String,
        /// The level.
        level: String,
    },
    /// The share of families that had an event by the end of observation.
    Event {
        /// The event.
        event: String,
        /// The arm.
        arm: String,
    },
}

/// Figures are named in words: "the mean of problems at wave 1 in EKC".
impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mean { outcome, arm, wave } => {
                write!(f, "the mean of `{outcome}` at wave `{wave}` in `{arm}`")
            }
            Self::Sd { outcome, arm, wave } => {
                write!(f, "the SD of `{outcome}` at wave `{wave}` in `{arm}`")
            }
            Self::Share {
                outcome,
                arm,
                wave,
                value,
            } => write!(
                f,
                "the share with `{outcome}` = {value} at wave `{wave}` in `{arm}`"
            ),
            Self::Correlation {
                outcome,
                arm,
                waves: [one, other],
            } => write!(
                f,
                "the correlation of `{outcome}` between waves `{one}` and `{other}` in `{arm}`"
            ),
            Self::Association {
                outcomes: [one, other],
                arm,
                wave,
            } => write!(
                f,
                "the correlation of `{one}` and `{other}` at wave `{wave}` in `{arm}`"
            ),
            Self::Missing { outcome, arm, wave } => write!(
                f,
                "the share without `{outcome}` at wave `{wave}` in `{arm}`"
            ),
            Self::Seen { outcome, arm, wave } => write!(
                f,
                "the number of families with `{outcome}` at wave `{wave}` in `{arm}`"
            ),
            Self::CovariateMean { covariate, arm } => {
                write!(f, "the mean of `{covariate}` in `{arm}`")
            }
            Self::CovariateSd { covariate, arm } => {
                write!(f, "the SD of `{covariate}` in `{arm}`")
            }
            Self::CovariateShare {
                covariate,
                arm,
                level,
            } => write!(f, "the share of `{covariate}` = {level} in `{arm}`"),
            Self::Event { event, arm } => write!(f, "the share with `{event}` in `{arm}`"),
        }
    }
}

impl Figure {
    /// What it is in truth, by closed form or quadrature.
    ///
    /// ```
    /// use kring_sim::figure::Figure;
    /// use kring_sim::generator::{Arm, Distribution, Generator, Outcome, Wave};
    /// let plan = Generator {
    ///     title: "Zeros".into(),
    ///     waves: vec![Wave::new("1", 0.0)],
    ///     arms: vec![Arm::new("WT", 60)],
    ///     outcomes: vec![Outcome::new("problems", Distribution::Poisson { zeros: 0.25 })],
    ///     ..Generator::default()
    /// }
    /// .plan()?;
    /// let zeros = Figure::Share {
    ///     outcome: "problems".into(), arm: "WT".into(), wave: "1".into(), value: 0.0,
    /// };
    /// assert!((zeros.truth(&plan)?.value - (0.25 + 0.75 * (-1.0_f64).exp())).abs() < 1e-12);
    /// # Ok::<(), kring_sim::Error>(())
    /// ```
    pub fn truth(&self, plan: &Plan) -> Result<Known, Error> {
        let known = match self {
            Self::Mean { outcome, arm, wave } => {
                let (a, k, j) = place(plan, arm, outcome, wave)?;
                plan.margin(a, k, j).mean()
            }
            Self::Sd { outcome, arm, wave } => {
                let (a, k, j) = place(plan, arm, outcome, wave)?;
                plan.margin(a, k, j).sd()
            }
            Self::Share {
                outcome,
                arm,
                wave,
                value,
            } => {
                let (a, k, j) = place(plan, arm, outcome, wave)?;
                self.level(plan, k, *value)?;
                plan.margin(a, k, j).share(*value)
            }
            Self::Correlation {
                outcome,
                arm,
                waves,
            } => {
                let (a, k, one) = place(plan, arm, outcome, &waves[0])?;
                plan.correlation(a, (k, one), (k, plan.wave(&waves[1])?))
                    .ok_or_else(|| self.constant())?
            }
            Self::Association {
                outcomes,
                arm,
                wave,
            } => {
                let (a, one, j) = place(plan, arm, &outcomes[0], wave)?;
                plan.correlation(a, (one, j), (plan.outcome(&outcomes[1])?, j))
                    .ok_or_else(|| self.constant())?
            }
            Self::Missing { outcome, arm, wave } => {
                let (a, k, j) = place(plan, arm, outcome, wave)?;
                self.missing(plan, a, k, j)?
            }
            Self::Seen { outcome, arm, wave } => {
                let (a, k, j) = place(plan, arm, outcome, wave)?;
                let known = self.missing(plan, a, k, j)?;
                Known {
                    value: plan.families_of(a).len() as f64 * (1.0 - known.value),
                    ..known
                }
            }
            Self::CovariateMean { covariate, arm } => {
                let numeric = &plan.numeric[self.numeric(plan, covariate)?];
                Known::closed(numeric.mean[plan.arm(arm)?], true)
            }
            Self::CovariateSd { covariate, arm } => {
                plan.arm(arm)?;
                let scales = &plan.numeric[self.numeric(plan, covariate)?].scales;
                Known::closed(dot(scales, scales).sqrt(), true)
            }
            Self::CovariateShare {
                covariate,
                arm,
                level,
            } => {
                plan.arm(arm)?;
                let (place, level) = self.category(plan, covariate, level)?;
                Known::closed(plan.categories[place].shares[level], true)
            }
            Self::Event { event, arm } => plan.event_share(plan.arm(arm)?, plan.event(event)?),
        };
        if known.value.is_finite() {
            return Ok(known);
        }
        Err(Error::Overflow {
            what: self.to_string(),
        })
    }

    /// What it is in a draw, of those seen; `None` where it is not defined.
    pub fn of(&self, plan: &Plan, draw: &Draw) -> Result<Option<f64>, Error> {
        plan.fits(draw)?;
        Ok(match self {
            Self::Mean { outcome, arm, wave } => {
                let values = seen(plan, draw, place(plan, arm, outcome, wave)?);
                mean(&values)
            }
            Self::Sd { outcome, arm, wave } => {
                let values = seen(plan, draw, place(plan, arm, outcome, wave)?);
                covariance(&values, &values).map(f64::sqrt)
            }
            Self::Share {
                outcome,
                arm,
                wave,
                value,
            } => {
                let (a, k, j) = place(plan, arm, outcome, wave)?;
                self.level(plan, k, *value)?;
                let values = seen(plan, draw, (a, k, j));
                share(values.iter().filter(|x| *x == value).count(), values.len())
            }
            Self::Correlation {
                outcome,
                arm,
                waves,
            } => {
                let (a, k, one) = place(plan, arm, outcome, &waves[0])?;
                pairs(plan, draw, a, (k, one), (k, plan.wave(&waves[1])?))
            }
            Self::Association {
                outcomes,
                arm,
                wave,
            } => {
                let (a, one, j) = place(plan, arm, &outcomes[0], wave)?;
                pairs(plan, draw, a, (one, j), (plan.outcome(&outcomes[1])?, j))
            }
            Self::Missing { outcome, arm, wave } => {
                let (a, k, j) = place(plan, arm, outcome, wave)?;
                let all = plan.families_of(a).len();
                share(all - seen(plan, draw, (a, k, j)).len(), all)
            }
            Self::Seen { outcome, arm, wave } => {
                Some(seen(plan, draw, place(plan, arm, outcome, wave)?).len() as f64)
            }
            Self::CovariateMean { covariate, arm } => {
                let values = draw.covariate(self.numeric(plan, covariate)?);
                mean(&values[plan.families_of(plan.arm(arm)?)])
            }
            Self::CovariateSd { covariate, arm } => {
                let values = draw.covariate(self.numeric(plan, covariate)?);
                let values = &values[plan.families_of(plan.arm(arm)?)];
                covariance(values, values).map(f64::sqrt)
            }
            Self::CovariateShare {
                covariate,
                arm,
                level,
            } => {
                let (place, level) = self.category(plan, covariate, level)?;
                let codes = &draw.category(place)[plan.families_of(plan.arm(arm)?)];
                let of = codes.iter().filter(|&&code| code as usize == level);
                share(of.count(), codes.len())
            }
            Self::Event { event, arm } => {
                let had = &draw.event_seen(plan.event(event)?)[plan.families_of(plan.arm(arm)?)];
                share(had.iter().filter(|&&had| had).count(), had.len())
            }
        })
    }

    fn missing(
        &self,
        plan: &Plan,
        arm: usize,
        outcome: usize,
        wave: usize,
    ) -> Result<Known, Error> {
        plan.missing_share(arm, outcome, wave)
            .ok_or_else(|| Error::NoFigure {
                figure: self.to_string(),
                why: "what is missing depends on more than one thing, or on something after the \
                      second wave; `Plan::truth` simulates it"
                    .to_owned(),
            })
    }

    /// The place of a covariate among the numeric ones.
    fn numeric(&self, plan: &Plan, name: &str) -> Result<usize, Error> {
        let covariates = &plan.generator().covariates;
        let numeric = covariates
            .iter()
            .filter(|c| matches!(c.values, CovariateValues::Numeric { .. }));
        let names = numeric.map(|c| c.name.as_str());
        crate::plan::place(self.to_string(), "the numeric covariate", name, names)
    }

    /// The place of a covariate among the categorical ones, and that of its level.
    fn category(&self, plan: &Plan, name: &str, level: &str) -> Result<(usize, usize), Error> {
        let covariates = &plan.generator().covariates;
        let categorical = covariates.iter().filter_map(|c| match &c.values {
            CovariateValues::Categorical { levels, .. } => Some((c.name.as_str(), levels)),
            CovariateValues::Numeric { .. } => None,
        });
        let names = categorical.clone().map(|(name, _)| name);
        let at = crate::plan::place(self.to_string(), "the categorical covariate", name, names)?;
        let levels = categorical.map(|(_, levels)| levels).nth(at);
        let levels = levels.into_iter().flatten().map(String::as_str);
        let level = crate::plan::place(self.to_string(), "the level", level, levels)?;
        Ok((at, level))
    }

    fn constant(&self) -> Error {
        Error::NoFigure {
            figure: self.to_string(),
            why: "one of the two does not vary".to_owned(),
        }
    }

    fn level(&self, plan: &Plan, outcome: usize, value: f64) -> Result<(), Error> {
        let levels = plan.generator().outcomes[outcome].distribution.levels();
        if levels.contains(&value) {
            return Ok(());
        }
        let all: Vec<String> = levels.iter().map(f64::to_string).collect();
        Err(Error::NoFigure {
            figure: self.to_string(),
            why: match all.len() {
                0 => "a continuous outcome has no shares".to_owned(),
                _ => format!("of this outcome there is the share of {}", all.join(", ")),
            },
        })
    }
}

impl Known {
    pub(crate) fn closed(value: f64, closed: bool) -> Self {
        Self {
            value,
            origin: if closed {
                Origin::Closed
            } else {
                Origin::Quadrature
            },
        }
    }
}

fn place(
    plan: &Plan,
    arm: &str,
    outcome: &str,
    wave: &str,
) -> Result<(usize, usize, usize), Error> {
    Ok((plan.arm(arm)?, plan.outcome(outcome)?, plan.wave(wave)?))
}

/// The values of those seen in an arm.
fn seen(plan: &Plan, draw: &Draw, (arm, outcome, wave): (usize, usize, usize)) -> Vec<f64> {
    let families = plan.families_of(arm);
    let values = &draw.values(outcome, wave)[families.clone()];
    let seen = &draw.seen(outcome, wave)[families];
    let each = values.iter().zip(seen);
    each.filter(|(_, seen)| **seen).map(|(x, _)| *x).collect()
}

/// The correlation of two columns in an arm, of families where both are seen.
fn pairs(
    plan: &Plan,
    draw: &Draw,
    arm: usize,
    one: (usize, usize),
    other: (usize, usize),
) -> Option<f64> {
    let both = plan
        .families_of(arm)
        .filter(|&i| draw.seen(one.0, one.1)[i] && draw.seen(other.0, other.1)[i]);
    let (mut x, mut y) = (Vec::new(), Vec::new());
    for i in both {
        x.push(draw.values(one.0, one.1)[i]);
        y.push(draw.values(other.0, other.1)[i]);
    }
    let (xx, yy) = (covariance(&x, &x)?, covariance(&y, &y)?);
    let scale = (xx * yy).sqrt();
    (scale > 0.0).then(|| covariance(&x, &y).map(|xy| xy / scale))?
}

fn share(part: usize, whole: usize) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

fn mean(x: &[f64]) -> Option<f64> {
    (!x.is_empty()).then(|| x.iter().sum::<f64>() / x.len() as f64)
}

fn covariance(x: &[f64], y: &[f64]) -> Option<f64> {
    let (mx, my) = (mean(x)?, mean(y)?);
    let sum: f64 = x.iter().zip(y).map(|(x, y)| (x - mx) * (y - my)).sum();
    (x.len() > 1).then(|| sum / (x.len() - 1) as f64)
}
