//! Files of every format, read. The binary ones come from `tests/make_read_data.py`, whose values
//! are repeated here by hand.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on should stop"
)]

mod columnar;
mod damage;
mod delimited;
mod excel;
mod files;
mod spss;
mod stata;
mod studies;

use std::path::PathBuf;

use kring_cohort::{Code, Dataset, ReadOptions, Variable, read};
use polars::prelude::{DataType, Series};

/// A committed test file.
fn data(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests", "data", name]
        .iter()
        .collect()
}

fn open(name: &str) -> Dataset {
    read(&data(name), &ReadOptions::default()).unwrap_or_else(|error| panic!("{error}"))
}

fn column(data: &Dataset, name: &str) -> Series {
    data.frame
        .column(name)
        .unwrap()
        .as_materialized_series()
        .clone()
}

fn numbers(data: &Dataset, name: &str) -> Vec<Option<f64>> {
    column(data, name).f64().unwrap().iter().collect()
}

fn texts(data: &Dataset, name: &str) -> Vec<Option<String>> {
    let series = column(data, name);
    series
        .str()
        .unwrap()
        .iter()
        .map(|text| text.map(str::to_owned))
        .collect()
}

/// Dates, moments and durations as the whole numbers that they are kept as.
fn wholes(data: &Dataset, name: &str) -> Vec<Option<i64>> {
    let series = column(data, name)
        .to_physical_repr()
        .cast(&DataType::Int64)
        .unwrap();
    series.i64().unwrap().iter().collect()
}

fn variable<'a>(data: &'a Dataset, name: &str) -> &'a Variable {
    data.codebook.variable(name).unwrap()
}

/// Code, meaning and count.
type Coded<'a> = (Code, Option<&'a str>, usize);

/// The missing values of a column: the system-missing, and those with a code.
fn missing<'a>(data: &'a Dataset, name: &str) -> (usize, Vec<Coded<'a>>) {
    let missing = &variable(data, name).missing;
    let by_code = missing
        .by_code
        .iter()
        .map(|entry| (entry.code.clone(), entry.label.as_deref(), entry.count))
        .collect();
    (missing.system, by_code)
}

fn labels(data: &Dataset, name: &str) -> Vec<(Code, String)> {
    let entries = &variable(data, name).value_labels;
    entries
        .iter()
        .map(|entry| (entry.code.clone(), entry.label.clone()))
        .collect()
}

fn text(text: &str) -> Code {
    Code::Text(text.to_owned())
}

fn some(texts: &[&str]) -> Vec<Option<String>> {
    texts
        .iter()
        .map(|text| (!text.is_empty()).then(|| (*text).to_owned()))
        .collect()
}

const DAY: i64 = 86_400_000_000;
