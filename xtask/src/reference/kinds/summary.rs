use kring_core::ColumnData;
use kring_stats::summary::{Quantile, levels, numbers};
use serde::Deserialize;
use serde_json::{Value, json};

use super::optional;
use crate::reference::Error;
use crate::reference::case::{Answer, Case};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    variable: String,
    #[serde(default)]
    quantile: Quantile,
}

/// What was seen of one column.
pub fn answers(case: &Case) -> Result<Vec<Answer>, Error> {
    let options: Options = case.options()?;
    let table = case.table()?;
    let column = table.column(&options.variable)?;
    let missing = (0..table.rows())
        .filter(|&row| column.is_missing(row))
        .count();
    Ok(case.answer(|field| {
        Ok(match (field.name, column.data()) {
            ("n", _) => Some(json!(table.rows() - missing)),
            ("missing", _) => Some(json!(missing)),
            ("levels", ColumnData::Factor(factor)) => {
                let counts = levels(factor).into_iter();
                let record = |count: kring_core::LevelCount| {
                    json!({ "level": count.level, "n": count.n, "share": optional(count.share) })
                };
                Some(counts.map(record).collect::<Value>())
            }
            (name, ColumnData::Numeric(numeric)) => {
                let found = numbers(&numeric.present(), options.quantile);
                let figure = match name {
                    "mean" => found.mean,
                    "sd" => found.sd,
                    "min" => found.min,
                    "lower_quartile" => found.lower_quartile,
                    "median" => found.median,
                    "upper_quartile" => found.upper_quartile,
                    "max" => found.max,
                    "sum" => found.sum,
                    _ => return Ok(None),
                };
                Some(optional(figure))
            }
            _ => None,
        })
    }))
}
