//! Columns that say yes or no.

use kring_core::{ColumnData, Table, plain_yes};
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::words::few;

/// A column that says yes or no: 1 and 0, or a factor of two levels.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct YesNo {
    /// The column.
    pub column: String,
    /// The level that means yes; needed where the levels are not yes and no, ja and nee, TRUE and
    /// FALSE, or 1 and 0.
    #[serde(default)]
    pub yes: Option<String>,
}

impl YesNo {
    /// A column whose values speak for themselves.
    pub fn column(column: impl Into<String>) -> Self {
        Self {
            column: column.into(),
            yes: None,
        }
    }

    /// Yes, no or not known, row by row.
    pub(crate) fn read(&self, table: &Table) -> Result<Vec<Option<bool>>, Error> {
        let unclear = |why: String| Error::Argument {
            what: format!("column `{}`", self.column),
            why,
        };
        match table.column(&self.column)?.data() {
            ColumnData::Numeric(numeric) => numeric
                .iter()
                .enumerate()
                .map(|(row, value)| match value {
                    None => Ok(None),
                    Some(0.0) => Ok(Some(false)),
                    Some(1.0) => Ok(Some(true)),
                    Some(x) => Err(unclear(format!(
                        "{x} at row {} is neither 1 for yes nor 0 for no",
                        row + 1
                    ))),
                })
                .collect(),
            ColumnData::Factor(factor) => {
                let levels = factor.levels();
                let yes = match &self.yes {
                    Some(yes) => levels
                        .iter()
                        .position(|level| level == yes)
                        .ok_or_else(|| {
                            unclear(format!(
                                "it has no level `{yes}`{}",
                                kring_core::suggestion(yes, levels.iter().map(String::as_str))
                            ))
                        })?,
                    None => plain_yes(levels).ok_or_else(|| {
                        let levels: Vec<&str> = levels.iter().map(String::as_str).collect();
                        unclear(format!(
                            "say which of its levels means yes: {}",
                            few(&levels)
                        ))
                    })?,
                };
                let codes = factor.codes().iter();
                Ok(codes
                    .map(|code| code.map(|code| code as usize == yes))
                    .collect())
            }
        }
    }
}
