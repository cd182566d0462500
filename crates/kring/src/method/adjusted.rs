//! The p-values of a family of tests, adjusted for how many they are.

use kring_core::{Column, ColumnData, Table};
use kring_stats::multiplicity::Multiplicity;
use serde::{Deserialize, Serialize};

use super::{Answer, ByRow, said};
use crate::Error;

/// A column of p-values, a row a test.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PValues {
    /// The column of the p-values.
    pub p_values: String,
    /// The column that names the tests.
    pub label: Option<String>,
    /// The options of the adjustment.
    #[serde(default)]
    pub options: Multiplicity,
}

/// Every p-value of the column as one family; rows without one are left out and counted.
pub(super) fn adjust(m: &PValues, table: &Table) -> Result<Answer, Error> {
    let given: Vec<Option<f64>> = table.numeric(&m.p_values)?.iter().collect();
    let label = m
        .label
        .as_ref()
        .map(|name| table.column(name))
        .transpose()?;
    let name = |row: usize| match label.map(Column::data) {
        Some(ColumnData::Factor(factor)) => factor.label(row).map(str::to_owned),
        Some(ColumnData::Numeric(numeric)) => numeric.get(row).map(|x| x.to_string()),
        None => None,
    };
    for (row, p) in given.iter().enumerate() {
        if let Some(p) = p.filter(|p| !(0.0..=1.0).contains(p)) {
            return Err(Error::Argument {
                what: format!("column `{}`", m.p_values),
                why: format!("{p} at row {} is no p-value from 0 to 1", row + 1),
            });
        }
    }
    let known: Vec<f64> = given.iter().flatten().copied().collect();
    if known.is_empty() {
        return Err(Error::Argument {
            what: format!("column `{}`", m.p_values),
            why: "it holds no p-value".to_owned(),
        });
    }
    let mut adjusted = m.options.adjust(&known)?.p_values.into_iter();
    let values: Vec<Option<f64>> = given
        .iter()
        .map(|p| p.and_then(|_| adjusted.next()))
        .collect();

    let mut answer = Answer::default();
    for (row, p) in values.iter().enumerate() {
        if let Some(p) = p {
            let name = name(row).unwrap_or_else(|| format!("row {}", row + 1));
            answer = answer.figure(&name, *p);
        }
    }
    let left_out = given.len() - known.len();
    let without = match left_out {
        0 => String::new(),
        1 => " One row has no p-value and is left out.".to_owned(),
        n => format!(" {n} rows have no p-value and are left out."),
    };
    answer = answer.note(format!(
        "p-values adjusted as one family of {}, method {}.{without}",
        known.len(),
        said(&m.options.method)
    ));
    answer.by_row.push(ByRow {
        name: "adjusted_p_value".to_owned(),
        values,
    });
    Ok(answer)
}
