use kring_core::{Alternative, Estimate, JointTest, Table};
use kring_stats::chi_squared::{ChiSquared, Correction};
use kring_stats::signed_rank::SignedRank;
use kring_stats::summary::{Quantile, numbers};
use kring_stats::t_test::{Group, TTest, Variance};
use ndarray::Array2;
use serde::Deserialize;
use serde_json::{Value, json};

use super::ranks::signed_figure;
use super::{number, optional};
use crate::reference::Error;
use crate::reference::case::{Answer, Case};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TwoSamples {
    value: String,
    group: String,
    #[serde(default)]
    alternative: Alternative,
    #[serde(default)]
    null: f64,
    #[serde(default = "usual_level")]
    level: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Paired {
    before: String,
    after: String,
    #[serde(default)]
    alternative: Alternative,
    #[serde(default)]
    null: f64,
    #[serde(default = "usual_level")]
    level: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Counts {
    table: Vec<Vec<u64>>,
}

fn usual_level() -> f64 {
    TTest::default().level
}

/// Welch's test of the first level against the second.
pub fn welch(case: &Case) -> Result<Vec<Answer>, Error> {
    two_samples(case, Variance::Unequal)
}

/// Student's test of the first level against the second.
pub fn student(case: &Case) -> Result<Vec<Answer>, Error> {
    two_samples(case, Variance::Equal)
}

fn two_samples(case: &Case, variance: Variance) -> Result<Vec<Answer>, Error> {
    let TwoSamples {
        value,
        group,
        alternative,
        null,
        level,
    } = case.options()?;
    let [x, y] = two_groups(case, &value, &group)?;
    let (x, y) = (x.group(), y.group());
    let test = TTest {
        variance,
        alternative,
        null,
        level,
    };
    let found = test.two_samples(x, y, None)?;
    Ok(case.answer(|field| {
        Ok(match field.name {
            "estimate" => {
                let means =
                    [x, y].map(|group| optional(numbers(group.values, Quantile::default()).mean));
                Some(json!(means))
            }
            name => t_figure(name, &found),
        })
    }))
}

/// The values of one level of a factor, with its name.
pub(super) struct Values {
    name: String,
    values: Vec<f64>,
}

impl Values {
    pub(super) fn group(&self) -> Group<'_> {
        Group {
            name: &self.name,
            values: &self.values,
        }
    }
}

/// The values of both levels of a factor; missing ones are left out.
pub(super) fn two_groups(case: &Case, value: &str, group: &str) -> Result<[Values; 2], Error> {
    let table = case.table()?;
    let (values, factor) = (table.numeric(value)?, table.factor(group)?);
    let [x, y] = factor.levels() else {
        return Err(Error::Case(format!(
            "`{group}` has {} levels, not two",
            factor.levels().len()
        )));
    };
    let of = |level: u32| -> Vec<f64> {
        (0..table.rows())
            .filter(|&row| factor.code(row) == Some(level))
            .filter_map(|row| values.get(row))
            .collect()
    };
    let named = |name: &String, level| Values {
        name: name.clone(),
        values: of(level),
    };
    Ok([named(x, 0), named(y, 1)])
}

/// The paired test of after − before.
pub fn paired(case: &Case) -> Result<Vec<Answer>, Error> {
    let Paired {
        before,
        after,
        alternative,
        null,
        level,
    } = case.options()?;
    let table = case.table()?;
    let (before_values, after_values) = complete_pairs(&table, &before, &after)?;
    let test = TTest {
        alternative,
        null,
        level,
        ..TTest::default()
    };
    Ok(case.answer(|field| {
        let after = Group {
            name: &after,
            values: &after_values,
        };
        let before = Group {
            name: &before,
            values: &before_values,
        };
        match field.name {
            "paired_t" => {}
            "wilcoxon_signed_rank" => {
                let test = SignedRank {
                    alternative,
                    null,
                    level,
                    ..SignedRank::default()
                };
                let found = test.paired(after, before, None)?;
                let names = ["statistic", "p_value", "conf_int", "estimate"];
                let figures: serde_json::Map<String, Value> = names
                    .into_iter()
                    .filter_map(|name| Some((name.to_owned(), signed_figure(name, &found)?)))
                    .collect();
                return Ok(Some(Value::Object(figures)));
            }
            _ => return Ok(None),
        }
        let found = test.paired(after, before, None)?;
        let names = ["statistic", "p_value", "df", "conf_int", "std_error"];
        let mut figures: serde_json::Map<String, Value> = names
            .into_iter()
            .filter_map(|name| Some((name.to_owned(), t_figure(name, &found)?)))
            .collect();
        figures.insert("estimate".to_owned(), optional(found.value.finite()));
        Ok(Some(Value::Object(figures)))
    }))
}

pub(super) fn complete_pairs(
    table: &Table,
    before: &str,
    after: &str,
) -> Result<(Vec<f64>, Vec<f64>), Error> {
    let pairs = table
        .numeric(before)?
        .iter()
        .zip(table.numeric(after)?.iter());
    Ok(pairs
        .filter_map(|(before, after)| Some((before?, after?)))
        .unzip())
}

fn t_figure(name: &str, found: &Estimate) -> Option<Value> {
    Some(match name {
        "statistic" => optional(found.statistic()),
        "p_value" => optional(found.p_value),
        "df" => optional(found.reference.df()),
        "std_error" => optional(found.std_error),
        "conf_int" => {
            let ends = found
                .interval
                .map_or([None; 2], |interval| [interval.low, interval.high]);
            json!(ends.map(optional))
        }
        _ => return None,
    })
}

/// Pearson's test as it stands.
pub fn chi_squared(case: &Case) -> Result<Vec<Answer>, Error> {
    independence(case, Correction::None)
}

/// The same with Yates's correction in tables of two by two.
pub fn chi_squared_yates(case: &Case) -> Result<Vec<Answer>, Error> {
    independence(case, Correction::Yates)
}

fn independence(case: &Case, correction: Correction) -> Result<Vec<Answer>, Error> {
    let Counts { table } = case.options()?;
    let columns = table.first().map_or(0, Vec::len);
    let counts = Array2::from_shape_vec((table.len(), columns), table.concat())
        .map_err(|_| Error::Case("the rows of `table` differ in length".to_owned()))?;
    let found = ChiSquared { correction }.test("the table", counts.view())?;
    let JointTest {
        statistic,
        p_value,
        reference,
        ..
    } = found.test;
    Ok(case.answer(|field| {
        Ok(Some(match field.name {
            "statistic" => optional(statistic),
            "p_value" => optional(p_value),
            "df" => optional(reference.df()),
            "expected_counts" => found
                .expected
                .rows()
                .into_iter()
                .map(|row| row.iter().copied().map(number).collect::<Value>())
                .collect(),
            _ => return Ok(None),
        }))
    }))
}
