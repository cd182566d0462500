//! Closed forms of power: a plan with several questions, or the three tables of `power/analytic`.

use kring_core::{Alternative, Power};
use kring_stats::power::{ClosedForm, OtherTail, Plan, Solve, TwoMeans, TwoProportions};
use kring_stats::t_test::Variance;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{number, optional};
use crate::reference::Error;
use crate::reference::case::{Answer, Case};

/// A plan asked for n, an effect or power, question by question.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    plan: Plan,
    solve: Vec<Solve>,
}

pub fn power(case: &Case) -> Result<Vec<Answer>, Error> {
    if !case.model.contains_key("plan") {
        return Ok(tables(case));
    }
    let Asked { plan, solve } = case.options()?;
    let found: Vec<Power> = solve
        .into_iter()
        .map(|question| plan.solve(question))
        .collect::<Result<_, _>>()?;
    Ok(case.answer(|field| {
        let of = |figure: &dyn Fn(&Power) -> Value| found.iter().map(figure).collect();
        Ok(Some(match field.name {
            "power" => of(&|found| number(found.power)),
            "effect" => of(&|found| number(found.effect)),
            "exact_n" => of(&|found| optional(found.exact_n)),
            "n" => of(&|found| json!(found.n)),
            _ => return Ok(None),
        }))
    }))
}

/// Rows of a size, an effect and the power, of which one is asked.
fn tables(case: &Case) -> Vec<Answer> {
    let means = TwoMeans {
        variance: Variance::Equal,
        alternative: Alternative::TwoSided,
        ..TwoMeans::default()
    };
    let strict = TwoMeans {
        other_tail: OtherTail::Counted,
        ..means
    };
    case.answer(|field| {
        let rows = field.expected.as_array().cloned().unwrap_or_default();
        let answer = |row: &Value| -> Result<Value, Error> {
            let given = |name: &str| {
                let found = row.get(name).and_then(Value::as_f64);
                found.ok_or_else(|| Error::Case(format!("a row has no number `{name}`")))
            };
            let n = || {
                let n = row.get("n").and_then(Value::as_u64);
                n.ok_or_else(|| Error::Case("a row has no whole `n`".to_owned()))
            };
            let mut answer = row.clone();
            match field.name {
                "t_two_sample" => {
                    let (n, effect) = (n()?, given("d")?);
                    answer["power"] = number(strict.solve(Solve::Power { n, effect })?.power);
                }
                "prop_two_sample" => {
                    let (n, second) = (n()?, given("p2")?);
                    let effect = given("p1")? - second;
                    let plan = TwoProportions {
                        second,
                        ..TwoProportions::default()
                    };
                    answer["power"] = number(plan.solve(Solve::Power { n, effect })?.power);
                }
                _ => {
                    let (effect, power) = (given("d")?, given("power")?);
                    answer["n"] = optional(means.solve(Solve::N { effect, power })?.exact_n);
                }
            }
            Ok(answer)
        };
        if !["t_two_sample", "prop_two_sample", "n_for_d"].contains(&field.name) {
            return Ok(None);
        }
        Ok(Some(rows.iter().map(answer).collect::<Result<Value, _>>()?))
    })
}
