//! Circles from files: what is read, and what must be refused and how.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test may stop at what it did not expect"
)]

mod cells;
mod faults;
mod graphml;
mod long;
mod networks;
mod pseudonyms;
mod round_trip;
mod wide;

use std::path::PathBuf;

use kring_cohort::circles::{CircleData, CircleOptions, CircleTables, from_tables};
use kring_cohort::{Dataset, Error, ReadOptions, read, read_bytes};

/// A file of the invented circles.
fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data/circles")
        .join(name)
}

fn invented(name: &str) -> Dataset {
    read(&path(name), &ReadOptions::default()).unwrap()
}

fn table(name: &str, text: &str) -> Dataset {
    let options = ReadOptions {
        delimiter: Some(','),
        ..ReadOptions::default()
    };
    read_bytes(name, text.as_bytes(), &options).unwrap()
}

/// Tables of families, persons, ties, agreements and standing; an empty text is no table.
fn tables(texts: [&str; 5]) -> CircleTables {
    let names = ["families", "alters", "ties", "agreements", "standing"];
    let mut tables = names.iter().zip(texts).map(|(name, text)| {
        let name = format!("{name}.csv");
        (!text.is_empty()).then(|| table(&name, text))
    });
    let mut next = || tables.next().flatten();
    CircleTables {
        families: next(),
        alters: next(),
        ties: next(),
        agreements: next(),
        standing: next(),
    }
}

fn circles(texts: [&str; 5]) -> Result<CircleData, Error> {
    from_tables(&tables(texts), &CircleOptions::default())
}

/// Options as a protocol or Python gives them.
fn options(json: &str) -> CircleOptions {
    serde_json::from_str(json).unwrap()
}
