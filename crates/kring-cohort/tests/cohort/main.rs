//! People over waves, by hand. Counts of real studies come from `flows.R` beside this file.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on should stop"
)]

mod dtypes;
mod flow;
mod hostile;
mod levels;
mod missing;
mod properties;
mod structure;
mod studies;
mod tables;
mod violations;

use kring_cohort::{Cohort, Dataset, Level, ReadOptions, Roles, VariableSpec, Wave, read_bytes};
use kring_core::{ColumnData, Table};

/// A data set that is written as text.
fn csv(text: &str) -> Dataset {
    read_bytes("study.csv", text.as_bytes(), &ReadOptions::default())
        .unwrap_or_else(|error| panic!("{error}"))
}

fn cohort(text: &str, roles: &Roles) -> Cohort {
    Cohort::new(csv(text), roles).unwrap_or_else(|error| panic!("{error}"))
}

/// The message of a cohort that cannot be made.
fn refusal(text: &str, roles: &Roles) -> String {
    Cohort::new(csv(text), roles).unwrap_err().to_string()
}

/// Long data: the columns `id`, `wave` and `arm`.
fn long() -> Roles {
    Roles {
        subject: Some("id".into()),
        wave: Some("wave".into()),
        arm: Some("arm".into()),
        ..Roles::default()
    }
}

/// One row a subject: the column `id`.
fn single() -> Roles {
    Roles {
        subject: Some("id".into()),
        ..Roles::default()
    }
}

fn spec(name: &str) -> VariableSpec {
    VariableSpec::named(name)
}

fn levels(names: &[&str]) -> Vec<Level> {
    names.iter().copied().map(Level::named).collect()
}

fn waves(names: &[&str]) -> Vec<Wave> {
    names.iter().copied().map(Wave::named).collect()
}

/// A column in words: numbers and levels, a point where one is missing.
fn shown(table: &Table, name: &str) -> String {
    let column = table.column(name).unwrap_or_else(|error| panic!("{error}"));
    let cell = |row: usize| match column.data() {
        ColumnData::Numeric(numbers) => numbers.get(row).map(|x| x.to_string()),
        ColumnData::Factor(factor) => factor.label(row).map(str::to_owned),
    };
    let cells = (0..table.rows()).map(|row| cell(row).unwrap_or_else(|| ".".to_owned()));
    cells.collect::<Vec<_>>().join(" ")
}

fn names(table: &Table) -> String {
    table.names().collect::<Vec<_>>().join(" ")
}

fn level_names(table: &Table, name: &str) -> Vec<String> {
    table.factor(name).unwrap().levels().to_vec()
}
