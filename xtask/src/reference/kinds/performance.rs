use kring_sim::performance::{
    Ends, Failure, Found, PerformanceOptions, PerformanceRow, Replicates,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{number, optional};
use crate::reference::Error;
use crate::reference::case::{Answer, Case};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Given {
    truth: f64,
    null: f64,
    alpha: f64,
    value: Vec<Option<f64>>,
    std_error: Vec<Option<f64>>,
    /// Whether there is an interval; its ends may be open.
    interval: Vec<bool>,
    low: Vec<Option<f64>>,
    high: Vec<Option<f64>>,
    p_value: Vec<Option<f64>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Versus {
    versus: Two,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Two {
    a: Vec<f64>,
    b: Vec<f64>,
}

/// What replicates come to, or how much more precise one estimator is than another.
pub fn performance(case: &Case) -> Result<Vec<Answer>, Error> {
    let rows = if case.model.contains_key("versus") {
        let Versus { versus } = case.options()?;
        let of = |values: &[f64]| -> Result<Replicates, Error> {
            let mut replicates = Replicates::default();
            for (i, &value) in (0..).zip(values) {
                replicates.record(Found::new(i, value))?;
            }
            Ok(replicates)
        };
        vec![Replicates::relative_precision(
            &of(&versus.a)?,
            &of(&versus.b)?,
        )?]
    } else {
        given(case)?
    };
    Ok(case.answer(|field| {
        let row = rows
            .iter()
            .find(|row| serde_json::to_value(row.measure).is_ok_and(|name| name == field.name));
        Ok(row.map(figures))
    }))
}

fn given(case: &Case) -> Result<Vec<PerformanceRow>, Error> {
    let given: Given = case.options()?;
    let mut replicates = Replicates::default();
    let (mut i, n) = (0, given.value.len());
    for place in 0..n {
        let of = |column: &[Option<f64>]| column.get(place).copied().flatten();
        let has = given.interval.get(place).copied().unwrap_or(false);
        replicates.record(Found {
            replicate: i,
            value: of(&given.value),
            std_error: of(&given.std_error),
            interval: has.then(|| Ends {
                low: of(&given.low),
                high: of(&given.high),
            }),
            p_value: of(&given.p_value),
        })?;
        i += 1;
    }
    // A failed replicate changes no figure.
    let failure = Failure {
        kind: "Failed".to_owned(),
        message: String::new(),
    };
    replicates.record_failure(i, failure)?;
    let options = PerformanceOptions {
        null: given.null,
        alpha: given.alpha,
        ..PerformanceOptions::of(given.truth)
    };
    Ok(replicates.performance(&options)?.rows)
}

fn figures(row: &PerformanceRow) -> Value {
    json!({ "value": number(row.value), "mcse": optional(row.mcse), "n": row.n })
}
