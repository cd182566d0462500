//! Real studies, wide and long. The counts come from `flows.R` beside this file.

use std::path::Path;

use kring_cohort::{Cohort, ReadOptions, Roles, VariableSpec, Wide, read};
use kring_core::{ColumnData, Flow, Table};

use crate::{level_names, levels, shown, spec, waves};

fn open(file: &str, roles: &Roles) -> Cohort {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let data = read(&root.join(file), &ReadOptions::default());
    Cohort::new(data.unwrap(), roles).unwrap_or_else(|error| panic!("{error}"))
}

fn fdd() -> Roles {
    let pattern = |name: &str| Wide::pattern(name, format!("{name}{{wave}}"));
    let variables = ["prop", "crop", "masc", "prs", "yp", "yc", "bir"];
    let factor = |name: &str, names: &[&str]| VariableSpec {
        levels: levels(names),
        ..spec(name)
    };
    Roles {
        subject: Some("id".into()),
        arm: Some("trt".into()),
        arms: levels(&["C", "E"]),
        waves: waves(&["1", "2", "3"]),
        wide: variables
            .map(pattern)
            .into_iter()
            .chain(["cbcl", "cbin", "cbex"].map(|name| pattern(name).at(["1", "3"])))
            .collect(),
        variables: vec![
            factor("sex", &["M", "F"]),
            factor("etn", &["NL", "OT"]),
            factor("pp", &["N", "Y"]),
        ],
        ..Roles::default()
    }
}

fn present(flow: &Flow) -> Vec<(&str, Vec<usize>)> {
    let arms = flow.arms.iter();
    arms.map(|arm| {
        (
            arm.arm.as_str(),
            arm.waves.iter().map(|w| w.present).collect(),
        )
    })
    .collect()
}

#[test]
fn who_was_seen_in_de_roos_2011() {
    let cohort = open("datasets/studies/deroos-2011/data/fdd.csv", &fdd());
    assert_eq!(cohort.validate(), []);
    assert_eq!(cohort.subjects().rows(), 52);
    let four = cohort.flow(&["cbcl", "prs", "yp", "yc"]).unwrap();
    assert_eq!(
        present(&four),
        [("C", vec![26, 23, 24]), ("E", vec![26, 21, 22])]
    );
    let three = cohort.flow(&["prs", "yp", "yc"]).unwrap();
    assert_eq!(
        present(&three),
        [("C", vec![26, 23, 23]), ("E", vec![26, 21, 20])]
    );
    let e = &three.arms[1];
    assert_eq!(
        (e.complete, e.monotone, e.intermittent, e.never),
        (20, 6, 0, 0)
    );
    let child = cohort.flow(&["yc"]).unwrap();
    let c = &child.arms[0];
    assert_eq!(present(&child)[0].1, [18, 16, 16]);
    // 111: 14, 110: 1, 100: 2, 101: 1, 011: 1, 000: 7
    assert_eq!(
        (c.complete, c.monotone, c.intermittent, c.never),
        (14, 3, 2, 7)
    );
}

/// Numbers of a CSV have 15 digits.
fn assert_close(a: &Table, b: &Table) {
    assert_eq!(a.names().collect::<Vec<_>>(), b.names().collect::<Vec<_>>());
    for (a, b) in a.columns().iter().zip(b.columns()) {
        match (a.data(), b.data()) {
            (ColumnData::Numeric(x), ColumnData::Numeric(y)) => {
                for (x, y) in x.iter().zip(y.iter()) {
                    assert_eq!(x.is_some(), y.is_some(), "{}", a.name);
                    let (x, y) = (x.unwrap_or(0.0), y.unwrap_or(0.0));
                    assert!((x - y).abs() <= 1e-13 * x.abs(), "{}: {x} and {y}", a.name);
                }
            }
            (x, y) => assert_eq!(x, y, "{}", a.name),
        }
    }
}

#[test]
fn the_tables_of_de_roos_2011_are_the_same_from_csv_and_from_spss() {
    let csv = open("datasets/studies/deroos-2011/data/fdd.csv", &fdd());
    let sav = open("datasets/studies/deroos-2011/data/fdd.sav", &fdd());
    assert_close(csv.subjects(), sav.subjects());
    assert_close(csv.measurements(), sav.measurements());
    assert_eq!(sav.validate(), []);
    assert_eq!(level_names(sav.subjects(), "trt"), ["C", "E"]);
    // SPSS has labels, a CSV has none.
    assert_eq!(
        sav.subjects().column("yc1").unwrap().title(),
        "PTSD score measurement 1 child"
    );
    assert_eq!(csv.subjects().column("yc1").unwrap().title(), "yc1");
}

#[test]
fn beat_the_blues_drops_out_for_good() {
    let roles = Roles {
        subject: Some("id".into()),
        arm: Some("treatment".into()),
        arms: levels(&["TAU", "BtheB"]),
        waves: waves(&["pre", "2m", "4m", "6m", "8m"]),
        wide: vec![Wide::pattern("bdi", "bdi.{wave}")],
        ..Roles::default()
    };
    let cohort = open("datasets/studies/beat-the-blues/data/btheb.csv", &roles);
    assert_eq!(cohort.validate(), []);
    let flow = cohort.flow(&["bdi"]).unwrap();
    assert_eq!(
        present(&flow),
        [
            ("TAU", vec![48, 45, 36, 29, 25]),
            ("BtheB", vec![52, 52, 37, 29, 27]),
        ]
    );
    let tau = &flow.arms[0];
    assert_eq!(
        (tau.complete, tau.monotone, tau.intermittent, tau.never),
        (25, 23, 0, 0)
    );
    assert_eq!(cohort.measurements().rows(), 380);

    // With the baseline as a column of its own.
    let follow_up = Roles {
        waves: waves(&["2m", "4m", "6m", "8m"]),
        ..roles
    };
    let cohort = open("datasets/studies/beat-the-blues/data/btheb.csv", &follow_up);
    assert_eq!(cohort.measurements().rows(), 280);
    let first = shown(cohort.measurements(), "bdi.pre");
    assert!(first.starts_with("29 29 32 32 32 32"), "{first}");
}

#[test]
fn seizures_are_long() {
    let roles = Roles {
        subject: Some("subject".into()),
        wave: Some("wave".into()),
        arm: Some("trt".into()),
        ..Roles::default()
    };
    let cohort = open("reference/data/epil-waves.csv", &roles);
    assert_eq!(cohort.validate(), []);
    let flow = cohort.flow(&["y"]).unwrap();
    assert_eq!(
        present(&flow),
        [("placebo", vec![28; 4]), ("progabide", vec![31; 4])]
    );
    let names: Vec<&str> = cohort.subjects().names().collect();
    assert_eq!(
        names,
        ["subject", "trt", "y_1", "y_2", "y_3", "y_4", "base"]
    );
    let sums = ["y_1", "y_2", "y_3", "y_4"].map(|name| {
        cohort
            .subjects()
            .numeric(name)
            .unwrap()
            .iter()
            .flatten()
            .sum::<f64>()
    });
    assert_eq!(sums, [528.0, 493.0, 496.0, 431.0]);
    assert_eq!(cohort.measurements().rows(), 236);
}
