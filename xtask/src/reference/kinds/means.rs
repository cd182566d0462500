//! Effects of means, equivalence and adjusted p-values.

use kring_core::{Alternative, Estimate, Measure, Reference, Sample};
use kring_stats::effect_size::{
    ChangeEffect, Correction, EffectD, EffectFisherZ, EffectLogOdds, EffectR, Figures, Limits,
    MeanEffect, PairedEffect, PairedFigures, PairedStandardizer, Standardizer,
};
use kring_stats::equivalence::{Better, Equivalence, Margin, NonInferiority};
use kring_stats::multiplicity::{Adjustment, Multiplicity};
use kring_stats::superiority::{Superiority, SuperiorityInterval};
use kring_stats::t_test::{Group, Variance};
use serde::Deserialize;
use serde_json::{Value, json};

use super::tests::{complete_pairs, two_groups};
use super::{number, optional};
use crate::reference::Error;
use crate::reference::case::{Answer, Case};

/// What a paper prints of a group.
#[derive(Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
struct Printed {
    n: usize,
    mean: f64,
    sd: f64,
}

impl Printed {
    fn figures(self, name: &'static str) -> Figures<'static> {
        let Self { n, mean, sd } = self;
        Figures { name, n, mean, sd }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TwoGroups {
    value: Option<String>,
    group: Option<String>,
    x: Option<Printed>,
    y: Option<Printed>,
    standardizer: Standardizer,
    correction: Correction,
    limits: Limits,
    #[serde(default = "usual_level")]
    level: f64,
}

fn usual_level() -> f64 {
    0.95
}

/// Cohen's d, Hedges's g and Glass's Δ of two groups, with noncentral intervals.
pub fn effect_size(case: &Case) -> Result<Vec<Answer>, Error> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Options {
        value: String,
        group: String,
    }
    let options: Options = case.options()?;
    let groups = two_groups(case, &options.value, &options.group)?;
    let of = |standardizer, correction| -> Result<Value, Error> {
        let effect = MeanEffect {
            standardizer,
            correction,
            ..MeanEffect::default()
        };
        let found = effect.two_samples(groups[0].group(), groups[1].group())?;
        Ok(json!({ "estimate": optional(found.value.finite()), "conf_int": ends(&found) }))
    };
    Ok(case.answer(|field| {
        if field.name != "measures" {
            return Ok(None);
        }
        let asked = field.expected.as_array().cloned().unwrap_or_default();
        let answers = asked.iter().map(|asked| {
            let name = asked
                .get("measure")
                .and_then(Value::as_str)
                .unwrap_or_default();
            let mut found = match name {
                "cohens_d" => of(Standardizer::Pooled, Correction::None)?,
                "hedges_g" => of(Standardizer::Pooled, Correction::Hedges)?,
                "glass_delta" => of(Standardizer::Second, Correction::None)?,
                "cliffs_delta" => {
                    let superiority = Superiority {
                        interval: SuperiorityInterval::FisherZ,
                        ..Superiority::default()
                    };
                    let found = superiority
                        .two_samples(groups[0].group(), groups[1].group())?
                        .cliffs_delta;
                    json!({ "estimate": optional(found.value.finite()), "conf_int": ends(&found) })
                }
                _ => json!({}),
            };
            found["measure"] = json!(name);
            Ok(found)
        });
        Ok(Some(answers.collect::<Result<Value, Error>>()?))
    }))
}

/// A standardised difference of two groups, from values or from printed figures.
pub fn mean_effect(case: &Case) -> Result<Vec<Answer>, Error> {
    let options: TwoGroups = case.options()?;
    let effect = |level| MeanEffect {
        standardizer: options.standardizer,
        correction: options.correction,
        limits: options.limits,
        level,
    };
    match (&options.value, &options.group, &options.x, &options.y) {
        (Some(value), Some(group), None, None) => {
            let [x, y] = two_groups(case, value, group)?;
            effect_answers(case, options.level, |level| {
                Ok(effect(level).two_samples(x.group(), y.group())?)
            })
        }
        (None, None, Some(x), Some(y)) => effect_answers(case, options.level, |level| {
            Ok(effect(level).of_figures(x.figures("x"), y.figures("y"))?)
        }),
        _ => Err(Error::Case(
            "it needs `value` and `group`, or `x` and `y`".to_owned(),
        )),
    }
}

/// A standardised change of the same subjects.
pub fn paired_effect(case: &Case) -> Result<Vec<Answer>, Error> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Options {
        before: String,
        after: String,
        standardizer: PairedStandardizer,
        correction: Correction,
        limits: Limits,
    }
    let options: Options = case.options()?;
    let (before, after) = complete_pairs(&case.table()?, &options.before, &options.after)?;
    let group = |name, values| Group { name, values };
    effect_answers(case, PairedEffect::default().level, |level| {
        let effect = PairedEffect {
            standardizer: options.standardizer,
            correction: options.correction,
            limits: options.limits,
            level,
        };
        Ok(effect.paired(group("after", &after), group("before", &before))?)
    })
}

/// Morris's effect of pre, post and control.
pub fn change_effect(case: &Case) -> Result<Vec<Answer>, Error> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Arm {
        n: usize,
        before: f64,
        before_sd: f64,
        after: f64,
        after_sd: f64,
        correlation: f64,
    }
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Options {
        treated: Arm,
        control: Arm,
        level: f64,
    }
    let figures = |arm: &Arm, name| {
        let of = |mean, sd| Figures {
            name,
            n: arm.n,
            mean,
            sd,
        };
        PairedFigures {
            after: of(arm.after, arm.after_sd),
            before: of(arm.before, arm.before_sd),
            correlation: arm.correlation,
        }
    };
    let options: Options = case.options()?;
    effect_answers(case, options.level, |level| {
        Ok(ChangeEffect { level }.of_figures(
            figures(&options.treated, "treated"),
            figures(&options.control, "control"),
        )?)
    })
}

/// The figures of an effect size, given by its interval's level.
fn effect_answers(
    case: &Case,
    level: f64,
    effect: impl Fn(f64) -> Result<Estimate, Error>,
) -> Result<Vec<Answer>, Error> {
    let found = effect(level)?;
    Ok(case.answer(|field| {
        Ok(Some(match field.name {
            "estimate" => optional(found.value.finite()),
            "std_error" => optional(found.std_error),
            "p_value" => match found.p_value {
                Some(p) => number(p),
                None => number(touching(&effect)?),
            },
            "conf_int" => ends(&found),
            _ => return Ok(None),
        }))
    }))
}

/// The p-value of the test that an interval belongs to: one less the level at which the interval touches
/// zero, by halving.
fn touching(effect: &impl Fn(f64) -> Result<Estimate, Error>) -> Result<f64, Error> {
    let (mut low, mut high) = (0.0_f64, 1.0_f64);
    for _ in 0..60 {
        let p = f64::midpoint(low, high);
        let interval = effect(1.0 - p)?.interval;
        let crosses = interval.is_some_and(|i| i.low < Some(0.0) && i.high > Some(0.0));
        if crosses {
            low = p;
        } else {
            high = p;
        }
        if high - low < 1e-15 {
            break;
        }
    }
    Ok(f64::midpoint(low, high))
}

pub(super) fn ends(found: &Estimate) -> Value {
    let ends = found
        .interval
        .map_or([None; 2], |interval| [interval.low, interval.high]);
    json!(ends.map(optional))
}

/// One effect in the units of another.
pub fn conversions(case: &Case) -> Result<Vec<Answer>, Error> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Options {
        d: f64,
        variance: f64,
        n: [usize; 2],
        r: f64,
        pairs: usize,
        t: f64,
    }
    let options: Options = case.options()?;
    let [n_x, n_y] = options.n;
    let d = EffectD::new(options.d, options.variance)?;
    let r = EffectR::of_pairs(options.r, options.pairs)?;
    Ok(case.answer(|field| {
        let [value, variance] = match field.name {
            "log_odds" => {
                let odds = d.log_odds();
                [odds.log_odds_ratio, odds.variance]
            }
            "d_of_log_odds" => {
                let d = EffectLogOdds::new(0.8, 0.09)?.d();
                [d.d, d.variance]
            }
            "r_of_d" => {
                let r = d.r(n_x, n_y)?;
                [r.r, r.variance]
            }
            "r_of_pairs" => [r.r, r.variance],
            "fisher_z_of_pairs" => {
                let z = EffectFisherZ::of_pairs(options.r, options.pairs)?;
                [z.z, z.variance]
            }
            "d_of_r" => {
                let d = r.d();
                [d.d, d.variance]
            }
            "d_of_t" => {
                let d = EffectD::of_t(options.t, n_x, n_y)?;
                [d.d, d.variance]
            }
            _ => return Ok(None),
        };
        Ok(Some(json!([number(value), number(variance)])))
    }))
}

/// Two one-sided tests.
pub fn equivalence(case: &Case) -> Result<Vec<Answer>, Error> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Options {
        alpha: f64,
        margin: Margin,
        value: Option<String>,
        group: Option<String>,
        before: Option<String>,
        after: Option<String>,
    }
    let options: Options = case.options()?;
    let variance = match case.text("test") {
        Some("student") => Variance::Equal,
        _ => Variance::Unequal,
    };
    let test = Equivalence {
        margin: options.margin,
        variance,
        alpha: options.alpha,
    };
    let found = match (options.value, options.group, options.before, options.after) {
        (Some(value), Some(group), None, None) => {
            let [x, y] = two_groups(case, &value, &group)?;
            test.two_samples(x.group(), y.group(), None)?
        }
        (None, None, Some(before), Some(after)) => {
            let (before, after) = complete_pairs(&case.table()?, &before, &after)?;
            let group = |name, values| Group { name, values };
            test.paired(group("after", &after), group("before", &before), None)?
        }
        _ => {
            return Err(Error::Case(
                "it needs `value` and `group`, or `before` and `after`".to_owned(),
            ));
        }
    };
    Ok(case.answer(|field| {
        Ok(Some(match field.name {
            "low" => number(found.low),
            "high" => number(found.high),
            "t_low" => optional(found.above_low.statistic()),
            "p_low" => optional(found.above_low.p_value),
            "t_high" => optional(found.below_high.statistic()),
            "p_high" => optional(found.below_high.p_value),
            "p_value" => number(found.p_value),
            "conf_int" => ends(&found.estimate),
            "conclusion" => json!(found.conclusion),
            _ => return Ok(None),
        }))
    }))
}

/// Non-inferiority of an estimate with a normal error.
pub fn non_inferiority(case: &Case) -> Result<Vec<Answer>, Error> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Options {
        estimate: f64,
        std_error: f64,
        margin: f64,
        better: Better,
    }
    let options: Options = case.options()?;
    let estimate = Estimate {
        label: "difference".to_owned(),
        measure: Measure::RiskDifference,
        value: kring_core::Value::Value(options.estimate),
        std_error: Some(options.std_error),
        null: 0.0,
        alternative: Alternative::TwoSided,
        reference: Reference::Normal,
        interval: None,
        p_value: None,
        sample: Sample::default(),
        method: String::new(),
        cautions: Vec::new(),
    };
    let test = NonInferiority {
        margin: options.margin,
        better: options.better,
        variance: Variance::Unequal,
        alpha: 0.05,
    };
    let found = test.of_estimate(&estimate)?;
    Ok(case.answer(|field| {
        Ok(Some(match field.name {
            "statistic" => optional(found.test.statistic()),
            "p_value" => optional(found.test.p_value),
            "conf_int" => ends(&found.estimate),
            "conclusion" => json!(found.conclusion),
            _ => return Ok(None),
        }))
    }))
}

/// p-values adjusted in every way.
pub fn p_adjust(case: &Case) -> Result<Vec<Answer>, Error> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Options {
        p: Vec<f64>,
    }
    let Options { p } = case.options()?;
    Ok(case.answer(|field| {
        let method = match field.name {
            "holm" => Adjustment::Holm,
            "hochberg" => Adjustment::Hochberg,
            "hommel" => Adjustment::Hommel,
            "bonferroni" => Adjustment::Bonferroni,
            "BH" => Adjustment::BenjaminiHochberg,
            "BY" => Adjustment::BenjaminiYekutieli,
            _ => return Ok(None),
        };
        let adjusted = Multiplicity { method }.adjust(&p)?.p_values;
        Ok(Some(adjusted.into_iter().map(number).collect()))
    }))
}
