//! `kring circle` and `kring neighbourhood`: from files to figures, tables and pictures. The data are invented.

use kring::circle::CircleSummary;
use kring::core::Indicator;
use kring::neighbourhood::NeighbourhoodSummary;

use crate::{Run, folder};

const FAMILIES: &str = "family,wave,arm,asked_by_worker
a,1,EKC,ja
a,2,EKC,
b,1,WT,nee
b,2,WT,
c,1,EKC,ja
c,2,EKC,
d,1,WT,nee
d,2,WT,
";

const PERSONS: &str = "family,wave,person,role
a,1,aunt,familie
a,2,aunt,familie
a,2,Piet,buurman
b,2,Els,vriend
c,1,Jan,vriend
c,2,Jan,vriend
c,2,Ada,buur
d,1,Bo,professional:school
";

const TIES: &str = "family,wave,from,to,sign
a,2,aunt,Piet,support
";

fn written(name: &str) -> std::path::PathBuf {
    let folder = folder(name);
    for (file, text) in [
        ("families.csv", FAMILIES),
        ("persons.csv", &PERSONS.replace("buurman", "neighbour")),
        ("ties.csv", TIES),
    ] {
        std::fs::write(folder.join(file), text).unwrap();
    }
    folder
}

const TABLES: [&str; 9] = [
    "circle",
    "--families",
    "families.csv",
    "--persons",
    "persons.csv",
    "--ties",
    "ties.csv",
    "--arm",
    "arm",
];

/// Sizes by hand: EKC 1 and 1, then 2 and 2; WT 0 and 0 (a professional is no part of it), then 1 and 0.
#[test]
fn three_files_become_indicators_a_table_and_pictures() {
    let folder = written("circle");
    let run =
        |further: &[&str]| Run::of(&[&TABLES[..], further].concat(), &folder, &[]).succeeded();
    let summary: CircleSummary = run(&["--json"]).json();
    let sizes: Vec<f64> = summary
        .indicators
        .rows
        .iter()
        .filter(|row| row.indicator == Indicator::NetworkSize)
        .map(|row| row.pooled().unwrap())
        .collect();
    assert_eq!(sizes, [1.0, 2.0, 0.0, 0.5]);
    let text = run(&["--table", "circles.csv", "--out", "results", "--draw", "a"]).out;
    assert!(text.contains("100.0% (2 of 2)"), "{text}");
    assert!(text.contains("none can be read as"), "{text}");
    for file in [
        "results/report.html",
        "results/results.json",
        "results/circle-1.svg",
    ] {
        assert!(folder.join(file).is_file(), "{file}");
    }
    let picture = std::fs::read_to_string(folder.join("results/circle-1.svg")).unwrap();
    assert!(!picture.contains("Piet"), "a name is in the picture");
    // The table is what a model takes.
    let fit = Run::of(
        &[
            "fit",
            "lm",
            "--data",
            "circles.csv",
            "--formula",
            "network_size ~ arm * factor(wave)",
            "--json",
        ],
        &folder,
        &[],
    );
    let answer: serde_json::Value = fit.succeeded().json();
    let estimates = answer["estimates"].as_array().unwrap();
    let term = |name: &str| {
        let found = estimates.iter().find(|e| e["label"] == name).unwrap();
        found["value"]["value"].as_f64().unwrap()
    };
    assert!((term("(Intercept)") - 1.0).abs() < 1e-12);
    assert!((term("armWT:factor(wave)2") + 0.5).abs() < 1e-12);
}

#[test]
fn everything_that_is_wrong_comes_at_once() {
    let folder = written("circle-wrong");
    let persons =
        format!("{PERSONS}a,1,aunt,familie\nz,1,Zus,zuster\n").replace("buurman", "burman");
    std::fs::write(folder.join("persons.csv"), persons).unwrap();
    std::fs::write(folder.join("ties.csv"), TIES.replace("Piet", "Peter")).unwrap();
    let run = Run::of(&TABLES, &folder, &[]);
    assert_eq!(run.status, 2);
    let message = run.err.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in ["burman", "zuster", "persons.csv", "`aunt`"] {
        assert!(message.contains(part), "{part}: {message}");
    }
    let run = Run::of(
        &[&TABLES[..], &["--indicator", "size"]].concat(),
        &folder,
        &[],
    );
    assert!(run.err.contains("indicator of involvement"), "{}", run.err);
}

#[test]
fn what_is_shared_hides_small_counts() {
    let folder = written("circle-shared");
    let further = ["--suppress", "--out", "shared"];
    let run = Run::of(&[&TABLES[..], &further].concat(), &folder, &[]).succeeded();
    assert!(run.out.contains("[<10]"), "{}", run.out);
    assert!(!run.out.contains("100.0%"), "{}", run.out);
    assert!(folder.join("shared/report.html").is_file());
    assert!(!folder.join("shared/results.json").exists());
    let json = ["--suppress", "--format", "json"];
    let run = Run::of(&[&TABLES[..], &json].concat(), &folder, &[]);
    assert_eq!(run.status, 2);
    assert!(run.err.contains("JSON holds every count"), "{}", run.err);
}

#[test]
fn pseudonyms_leave_no_name() {
    let folder = written("circle-pseudonyms");
    std::fs::write(folder.join("secret"), "sixteen bytes or more\n").unwrap();
    let further = ["--pseudonyms", "secret", "--table", "circles.csv"];
    Run::of(&[&TABLES[..], &further].concat(), &folder, &[]).succeeded();
    let table = std::fs::read_to_string(folder.join("circles.csv")).unwrap();
    let names: Vec<&str> = table
        .lines()
        .skip(1)
        .map(|line| line.split(',').next().unwrap())
        .collect();
    assert_eq!(names.len(), 8);
    assert!(names.iter().all(|name| name.len() >= 8), "{names:?}");
    assert_eq!(names[0], names[1]);
    std::fs::write(folder.join("secret"), "short\n").unwrap();
    let run = Run::of(&[&TABLES[..], &further].concat(), &folder, &[]);
    assert_eq!(run.status, 2);
    assert!(run.err.contains("16"), "{}", run.err);
}

#[test]
fn a_neighbourhood_before_and_after() {
    let folder = folder("neighbourhood");
    let persons = "person,kind\nn12,resident\nn14,resident\nn16,resident\nflat,institution\n";
    for (file, text) in [
        ("persons.csv", persons),
        ("before.csv", "from,to\nn12,n14\n"),
        ("after.csv", "from,to\nn12,n14\nn12,flat\nn14,flat\n"),
    ] {
        std::fs::write(folder.join(file), text).unwrap();
    }
    let arguments = [
        "neighbourhood",
        "--persons",
        "persons.csv",
        "--ties",
        "before.csv",
        "--after-ties",
        "after.csv",
        "--groups",
        "kind",
        "--between",
        "resident,institution",
    ];
    let run = |further: &[&str]| Run::of(&[&arguments[..], further].concat(), &folder, &[]);
    let found: NeighbourhoodSummary = run(&["--json"]).succeeded().json();
    assert_eq!(found.change.unwrap().formed, 2);
    assert_eq!(found.estimates.len(), 2);
    let text = run(&["--out", "results", "--seed", "1"]).succeeded().out;
    assert!(text.contains("66.7% (2 of 3)"), "{text}");
    assert!(text.contains("communities (Leiden)"), "{text}");
    assert!(folder.join("results/neighbourhood.svg").is_file());
}
