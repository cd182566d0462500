use kring_core::{Estimate, Interval, Value as Found};
use kring_stats::balance::{Balance, Counts, Denominator};
use kring_stats::bounds::{Assumption, Bounds, Outcomes};
use kring_stats::funnel::limits;
use kring_stats::t_test::Group;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{number, optional};
use crate::reference::Error;
use crate::reference::case::{Answer, Case};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Differences {
    variable: Option<String>,
    group: Option<String>,
    counts: Option<Vec<Vec<usize>>>,
    denominator: Denominator,
}

/// A standardised difference of numbers in the data, or of counts in the case itself.
pub fn balance(case: &Case) -> Result<Vec<Answer>, Error> {
    let options: Differences = case.options()?;
    let balance = Balance {
        denominator: options.denominator,
        ..Balance::default()
    };
    let found = match (&options.variable, &options.group, &options.counts) {
        (Some(variable), Some(group), None) => numbers(case, balance, variable, group)?,
        (None, None, Some(counts)) => {
            let [first, second] = counts.as_slice() else {
                return Err(Error::Case("`counts` has not two rows".to_owned()));
            };
            let of = |name, counts| Counts { name, counts };
            balance.levels(of("first", first), of("second", second))?
        }
        _ => {
            return Err(Error::Case(
                "it needs `variable` and `group`, or `counts`".to_owned(),
            ));
        }
    };
    Ok(case.answer(|field| {
        Ok(Some(match field.name {
            "value" => match found.value {
                Found::Value(d) => number(d),
                Found::AtBoundary(_) => json!("infinite"),
            },
            "std_error" => optional(found.std_error),
            "interval" => found.interval.map_or(Value::Null, ends),
            _ => return Ok(None),
        }))
    }))
}

fn numbers(case: &Case, balance: Balance, variable: &str, group: &str) -> Result<Estimate, Error> {
    let table = case.table()?;
    let (values, factor) = (table.numeric(variable)?, table.factor(group)?);
    let [first, second] = factor.levels() else {
        return Err(Error::Case(format!("`{group}` has not two levels")));
    };
    let of = |level: u32| -> Vec<f64> {
        (0..table.rows())
            .filter(|&row| factor.code(row) == Some(level))
            .filter_map(|row| values.get(row))
            .collect()
    };
    let (one, two) = (of(0), of(1));
    let first = Group {
        name: first,
        values: &one,
    };
    let second = Group {
        name: second,
        values: &two,
    };
    Ok(balance.numbers(first, second)?)
}

fn ends(interval: Interval) -> Value {
    json!([optional(interval.low), optional(interval.high)])
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Missing {
    x: Vec<f64>,
    y: Vec<f64>,
    missing: [usize; 2],
    assumption: Assumption,
    level: f64,
}

/// What a difference of means can be.
pub fn bounds(case: &Case) -> Result<Vec<Answer>, Error> {
    let Missing {
        x,
        y,
        missing,
        assumption,
        level,
    } = case.options()?;
    let x = Outcomes {
        name: "x",
        values: &x,
        missing: missing[0],
    };
    let y = Outcomes {
        name: "y",
        values: &y,
        missing: missing[1],
    };
    let found = Bounds { assumption, level }.two_means(x, y, None)?;
    Ok(case.answer(|field| {
        Ok(Some(match field.name {
            "low" => optional(found.low.value.finite()),
            "high" => optional(found.high.value.finite()),
            "se_low" => optional(found.low.std_error),
            "se_high" => optional(found.high.std_error),
            "interval" => ends(found.interval),
            "known" => number(found.known),
            _ => return Ok(None),
        }))
    }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Around {
    share: f64,
    level: f64,
}

/// The limits of a funnel at the sizes that the case names.
pub fn funnel(case: &Case) -> Result<Vec<Answer>, Error> {
    let Around { share, level } = case.options()?;
    Ok(case.answer(|field| {
        let ("limits", Some(sizes)) = (field.name, field.expected.as_array()) else {
            return Ok(None);
        };
        let at = |size: &Value| -> Result<Value, Error> {
            let total = size.get("total").and_then(Value::as_u64).unwrap_or(0);
            let size = usize::try_from(total).unwrap_or(usize::MAX);
            let found = limits(share, size, level)?;
            Ok(json!({ "total": total, "low": found.low, "high": found.high }))
        };
        Ok(Some(
            sizes.iter().map(at).collect::<Result<Value, Error>>()?,
        ))
    }))
}
