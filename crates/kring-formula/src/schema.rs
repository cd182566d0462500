use std::ops::Range;

use kring_core::{ColumnData, Table, suggestion};
use serde::{Deserialize, Serialize};

use crate::{Error, formula::Node, variable::each_column};

/// What the columns of a table are, without their values.
///
/// ```
/// use kring_core::{Column, Table};
/// use kring_formula::{ColumnKind, Formula, Schema};
/// let table = Table::new(vec![
///     Column::numeric("problems", vec![Some(6.0)])?,
///     Column::factor("arm", ["WT", "EKC"], vec![Some(1)])?,
/// ])?;
/// let schema = Schema::of(&table);
/// assert_eq!(schema.columns[0].kind, ColumnKind::Numeric);
///
/// let formula: Formula = "problems ~ log(arm)".parse()?;
/// let error = formula.columns(&schema).unwrap_err();
/// assert_eq!(error.to_string(), "column `arm` is a factor, but `log(arm)` needs numbers");
/// # Ok::<(), kring_formula::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Schema {
    /// The columns in the order of the table.
    pub columns: Vec<ColumnSchema>,
}

/// A column without its values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ColumnSchema {
    /// The name by which formulas know it.
    pub name: String,
    /// Numbers or levels.
    pub kind: ColumnKind,
}

/// Numbers, or the levels of a factor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum ColumnKind {
    /// Numbers.
    Numeric,
    /// A factor.
    Factor {
        /// The declared levels; the first is the reference of treatment coding.
        levels: Vec<String>,
        /// Whether they are meant as an order.
        ordered: bool,
    },
}

impl Schema {
    /// The schema of a table.
    pub fn of(table: &Table) -> Self {
        let columns = table.columns().iter().map(|column| ColumnSchema {
            name: column.name.clone(),
            kind: match column.data() {
                ColumnData::Numeric(_) => ColumnKind::Numeric,
                ColumnData::Factor(factor) => ColumnKind::Factor {
                    levels: factor.levels().to_vec(),
                    ordered: factor.is_ordered(),
                },
            },
        });
        Self {
            columns: columns.collect(),
        }
    }

    /// What a column that a formula names is.
    pub(crate) fn kind(&self, name: &str, span: &Range<usize>) -> Result<&ColumnKind, Error> {
        let found = self.columns.iter().find(|column| column.name == name);
        found
            .map(|column| &column.kind)
            .ok_or_else(|| Error::UnknownColumn {
                place: span.clone().into(),
                column: name.to_owned(),
                suggestion: suggestion(
                    name,
                    self.columns.iter().map(|column| column.name.as_str()),
                ),
            })
    }

    /// Refuses factors in arithmetic.
    pub(crate) fn check_numeric(&self, node: &Node, context: &str) -> Result<(), Error> {
        let mut checked = Ok(());
        each_column(node, &mut |name, span| {
            let (Some(name), Ok(())) = (name, &checked) else {
                return;
            };
            checked = self.kind(name, span).and_then(|kind| match kind {
                ColumnKind::Numeric => Ok(()),
                ColumnKind::Factor { .. } => Err(Error::NotNumeric {
                    place: span.clone().into(),
                    column: name.to_owned(),
                    context: context.to_owned(),
                }),
            });
        });
        checked
    }
}
