use std::collections::BTreeMap;

use kring_core::{CircleTable, suggestion};
use serde::{Deserialize, Serialize};

use super::columns::{self, COLUMNS, ColumnName, TABLES};
use super::parse;
use crate::error::Error;

/// How files of circles are read. What is left out is as [`COLUMNS`] says.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CircleOptions {
    /// The waves in their order. Where they are left out they go by their numbers, by the dates, or by the
    /// order in which the rows of each family stand, and a note says which.
    pub waves: Vec<String>,
    /// What the file calls a column: `person = "alter_id"`; of one table only: `"ties.from" = "source"`. In
    /// the wide form with the number of the slot: `role = "rol{k}"`, and `tie = "band_{i}_{j}"`.
    pub columns: BTreeMap<String, String>,
    /// What a value of the file means, column by column: `role = { tante = "family" }`. An empty meaning is
    /// "not known".
    pub values: BTreeMap<String, BTreeMap<String, String>>,
    /// Where it is said which families were seen at which wave.
    pub families_from: FamiliesFrom,
    /// The further columns of the table of families that are kept; all of them where this is left out.
    pub keep: Option<Vec<String>>,
}

/// Where it is said which families were seen at which wave.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FamiliesFrom {
    /// In a table of families, a row a family and wave. Only so a family without anybody is seen.
    #[default]
    Table,
    /// In the table of persons: families with an empty circle are lost.
    Persons,
}

/// How a network of many persons is read.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NetworkOptions {
    /// What the file calls a column: `person`, `from`, `to`, `sign`, `direction`.
    pub columns: BTreeMap<String, String>,
    /// What a value of the file means, column by column.
    pub values: BTreeMap<String, BTreeMap<String, String>>,
    /// Where the persons come from.
    pub persons_from: PersonsFrom,
    /// The column of the persons that parts them into groups, such as residents and institutions.
    pub groups: Option<String>,
}

/// Where the persons of a network come from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PersonsFrom {
    /// From a table of persons. Only so somebody without ties is seen.
    #[default]
    Table,
    /// From the ties: whoever has none is lost.
    Ties,
}

/// The names by which options know a column: its own, and that with the table before it.
fn names(column: &ColumnName) -> [String; 2] {
    [
        format!("{}.{}", columns::table_word(column.table), column.name),
        column.name.to_owned(),
    ]
}

/// The column of ties in the wide form.
pub(super) const WIDE_TIE: &str = "tie";

/// What of the options belongs to a column.
fn of<'a, T>(map: &'a BTreeMap<String, T>, table: CircleTable, name: &str) -> Option<&'a T> {
    let qualified = format!("{}.{name}", columns::table_word(table));
    map.get(&qualified).or_else(|| map.get(name))
}

impl CircleOptions {
    /// What the file calls a column, where that was said.
    pub(super) fn column(&self, table: CircleTable, name: &str) -> Option<&str> {
        of(&self.columns, table, name).map(String::as_str)
    }

    /// What the values of a column mean, where that was said.
    pub(super) fn recode(
        &self,
        table: CircleTable,
        name: &str,
    ) -> Option<&BTreeMap<String, String>> {
        of(&self.values, table, name)
    }

    /// Refuses names of columns that there are not, and meanings that no cell can have.
    pub(super) fn check(&self) -> Result<(), Error> {
        let mut known: Vec<String> = COLUMNS.iter().flat_map(names).collect();
        known.extend(TABLES.map(|table| format!("{}.{WIDE_TIE}", columns::table_word(table))));
        known.push(WIDE_TIE.to_owned());
        for (option, keys) in [
            ("columns", self.columns.keys().collect::<Vec<_>>()),
            ("values", self.values.keys().collect()),
        ] {
            for key in keys {
                if !known.contains(key) {
                    return Err(refuse(
                        option,
                        format!(
                            "names `{key}`, which is no column of the tables of circles{}",
                            suggestion(key, known.iter().map(String::as_str))
                        ),
                    ));
                }
            }
        }
        for (key, meanings) in &self.values {
            let kinds = COLUMNS
                .iter()
                .filter(|column| names(column).contains(key))
                .map(|column| column.kind);
            for kind in kinds {
                for (value, meaning) in meanings {
                    parse::check(kind, meaning).map_err(|wrong| {
                        let problem = format!("gives `{value}` of `{key}` a meaning: {wrong}");
                        refuse("values", problem)
                    })?;
                }
            }
        }
        Ok(())
    }
}

fn refuse(option: &str, problem: String) -> Error {
    Error::Declaration {
        file: "options of circles".to_owned(),
        what: format!("`{option}`"),
        problem,
    }
}
