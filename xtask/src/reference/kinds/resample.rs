use kring_core::{Alternative, Bootstrap as Kind, Estimate, Factor, Grouping, Table};
use kring_stats::bootstrap::{Replicate, Replicates};
use kring_stats::permutation::{Method, Permutation, Statistic};
use kring_stats::resampling::{Scheme, TwoGroups};
use kring_stats::t_test::Group;
use serde::Deserialize;
use serde_json::{Value, json};

use super::optional;
use crate::reference::Error;
use crate::reference::case::{Answer, Case};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TwoSamples {
    value: String,
    group: String,
    #[serde(default)]
    statistic: Statistic,
    #[serde(default)]
    alternative: Alternative,
    strata: Option<String>,
    clusters: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Paired {
    before: String,
    after: String,
    #[serde(default)]
    statistic: Statistic,
    #[serde(default)]
    alternative: Alternative,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Given {
    estimate: f64,
    std_error: f64,
    values: Vec<f64>,
    std_errors: Vec<f64>,
    influence: Vec<f64>,
    level: f64,
}

/// The exact test of a difference of means.
pub fn mean_exact(case: &Case) -> Result<Vec<Answer>, Error> {
    permutation(case)
}

/// The exact test of the first level against the second.
pub fn permutation(case: &Case) -> Result<Vec<Answer>, Error> {
    let options: TwoSamples = case.options()?;
    let table = case.table()?;
    let (values, arm) = (
        table.numeric(&options.value)?,
        table.factor(&options.group)?,
    );
    // Rows with a value and an arm.
    let complete = |row: &usize| values.get(*row).is_some() && arm.code(*row).is_some();
    let rows: Vec<usize> = (0..table.rows()).filter(complete).collect();
    let grouping = |name: &String| of_rows(&table, name, &rows);
    let strata = options.strata.as_ref().map(grouping).transpose()?;
    let clusters = options.clusters.as_ref().map(grouping).transpose()?;
    let present: Vec<f64> = rows.iter().filter_map(|&row| values.get(row)).collect();
    let test = Permutation {
        statistic: options.statistic,
        alternative: options.alternative,
        method: Method::Exact,
        ..Permutation::default()
    };
    let data = TwoGroups {
        values: &present,
        arm: &grouping(&options.group)?,
        scheme: Scheme {
            clusters: clusters.as_ref(),
            strata: strata.as_ref(),
        },
    };
    let found = test.two_groups(&data, None)?;
    Ok(case.answer(|field| Ok(figure(field.name, &found))))
}

/// The exact test of pairs.
pub fn sign_flips(case: &Case) -> Result<Vec<Answer>, Error> {
    let options: Paired = case.options()?;
    let table = case.table()?;
    let pairs = table
        .numeric(&options.before)?
        .iter()
        .zip(table.numeric(&options.after)?.iter());
    let (before, after): (Vec<f64>, Vec<f64>) = pairs
        .filter_map(|(before, after)| Some((before?, after?)))
        .unzip();
    let test = Permutation {
        statistic: options.statistic,
        alternative: options.alternative,
        method: Method::Exact,
        ..Permutation::default()
    };
    let named = |name, values| Group { name, values };
    let found = test.paired(
        named(&options.after, &after),
        named(&options.before, &before),
        Scheme::default(),
        None,
    )?;
    Ok(case.answer(|field| Ok(figure(field.name, &found))))
}

/// Intervals of given replicates.
pub fn bootstrap(case: &Case) -> Result<Vec<Answer>, Error> {
    let given: Given = case.options()?;
    let found = Replicates {
        estimate: Replicate {
            value: given.estimate,
            std_error: Some(given.std_error),
        },
        values: &given.values,
        std_errors: &given.std_errors,
        influence: &given.influence,
    };
    Ok(case.answer(|field| {
        let Ok(kind) = serde_json::from_value::<Kind>(json!(field.name)) else {
            return Ok(None);
        };
        let interval = found.interval(kind, given.level)?;
        let ends = interval.map_or([None; 2], |interval| [interval.low, interval.high]);
        Ok(Some(json!(ends.map(optional))))
    }))
}

fn figure(name: &str, found: &Estimate) -> Option<Value> {
    Some(match name {
        "estimate" => optional(found.value.finite()),
        "statistic" => optional(found.statistic()),
        "p_value" => optional(found.p_value),
        _ => return None,
    })
}

/// A factor, or a column of numbers as names, at these rows.
fn of_rows(table: &Table, name: &str, rows: &[usize]) -> Result<Grouping, Error> {
    let missing = |row: usize| Error::Case(format!("`{name}` has no value at row {}", row + 1));
    if let Ok(factor) = table.factor(name) {
        let factor: &Factor = factor;
        let code = |&row: &usize| factor.code(row).ok_or_else(|| missing(row));
        return Ok(Grouping {
            name: name.to_owned(),
            levels: factor.levels().to_vec(),
            index: rows.iter().map(code).collect::<Result<_, _>>()?,
        });
    }
    let numbers = table.numeric(name)?;
    let text = |&row: &usize| {
        numbers
            .get(row)
            .map(|x| x.to_string())
            .ok_or_else(|| missing(row))
    };
    let texts: Vec<String> = rows.iter().map(text).collect::<Result<_, _>>()?;
    let mut levels = texts.clone();
    levels.sort_unstable();
    levels.dedup();
    let place = |text: &String| {
        let place = levels.binary_search(text).unwrap_or_default();
        u32::try_from(place).unwrap_or_default()
    };
    Ok(Grouping {
        index: texts.iter().map(place).collect(),
        name: name.to_owned(),
        levels,
    })
}
