//! `kring replicate` and `kring check`.

use std::path::Path;

use kring::core::{JointTest, Verdict, VerdictKind};
use kring::study::{Output, Replication};

use crate::{Run, folder, kring, project, studies};

fn replicated(study: &str) -> Replication {
    kring(&["replicate", study, "--format", "json"])
        .succeeded()
        .json()
}

fn output<'a>(run: &'a Replication, analysis: &str) -> &'a Output {
    let result = run.results.iter().find(|result| result.head.id == analysis);
    &result
        .unwrap_or_else(|| panic!("no analysis {analysis}"))
        .output
}

fn test<'a>(run: &'a Replication, analysis: &str) -> &'a JointTest {
    match output(run, analysis) {
        Output::Answer(answer) => &answer.tests[0],
        other => panic!("{analysis} is no test: {other:?}"),
    }
}

/// What a study that was run gives: every file that a reader may want.
fn files(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let name = |path: std::path::PathBuf| path.file_name().unwrap().to_str().unwrap().to_owned();
    let mut names: Vec<String> = entries.map(|entry| name(entry.unwrap().path())).collect();
    names.sort();
    names
}

#[test]
fn every_study_replicates_as_it_declares() {
    for study in studies() {
        let run = replicated(&study);
        assert_eq!(run.id, study);
        assert!(run.as_expected(), "{study}");
        assert!(
            !run.results.is_empty() || !run.comparisons.is_empty(),
            "{study}"
        );
    }
}

#[test]
fn every_study_can_be_checked_without_its_data() {
    for study in studies() {
        let run = kring(&["check", &format!("datasets/studies/{study}")]).succeeded();
        assert!(!run.out.is_empty(), "{study}");
    }
}

/// The claims that the microdata hold, and no others, come out as printed.
#[test]
fn the_claims_that_the_microdata_of_deroos_hold_are_reproduced() {
    let run = replicated("deroos-2011");
    let of = |kind: VerdictKind| -> Vec<&str> {
        let those = run.comparisons.iter().filter(|c| c.verdict.kind() == kind);
        those.map(|c| c.target.id.as_str()).collect()
    };
    assert_eq!(
        of(VerdictKind::Reproduced),
        [
            "children",
            "children-cbt",
            "children-emdr",
            "age-mean-cbt",
            "age-sd-cbt",
            "age-mean-emdr",
            "age-sd-emdr",
            "boys-cbt",
            "girls-cbt",
            "boys-emdr",
            "girls-emdr",
            "sex-chi-squared",
            "native-cbt",
            "immigrant-cbt",
            "native-emdr",
            "immigrant-emdr",
            "origin-chi-squared",
        ]
    );
    assert_eq!(
        of(VerdictKind::NotReproducible),
        [
            "parents-treated-cbt",
            "parents-untreated-cbt",
            "parents-treated-emdr",
            "parents-untreated-emdr",
            "parents-chi-squared",
            "inner-ring-cbt",
            "inner-ring-emdr",
        ]
    );
    assert_eq!(run.comparisons.len(), 17 + 7);
    let names: Vec<&str> = run.files.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(names, ["data/fdd.csv", "data/fdd.sav"]);
    // From numbers.R.
    let sex = test(&run, "sex-by-arm").statistic.unwrap();
    assert!((sex - 0.701_649_175_4).abs() < 1e-9, "{sex}");
}

/// Its microdata are not public: nothing can be reproduced, and nothing may seem so.
#[test]
fn rotterdam_reproduces_nothing_and_says_what_follows_from_its_counts() {
    let run = replicated("rotterdam-2019");
    assert!(!run.comparisons.is_empty());
    for comparison in &run.comparisons {
        let is_reproduced = matches!(comparison.verdict, Verdict::Reproduced);
        assert!(!is_reproduced, "{}", comparison.target.id);
    }
    // 10 of 55 and 15 of 60 dropped out; from numbers.R.
    let check = |analysis: &str, statistic: f64, p: f64| {
        let ours = test(&run, analysis);
        assert!(
            (ours.statistic.unwrap() - statistic).abs() < 1e-9,
            "{ours:?}"
        );
        assert!((ours.p_value.unwrap() - p).abs() < 1e-9, "{ours:?}");
    };
    check("dropout", 0.784_090_909_1, 0.375_892_907_2);
    check("dropout-yates", 0.434_541_245_8, 0.509_768_999_9);
    // A mean of 6 lies between 5.5 and 6.5: 302.5 to 357.5 problems of 55 families; a mean of 4,7
    // between 4.65 and 4.75: 279 to 285 problems of 60.
    for (analysis, n, low, high) in [
        ("problems-ekc-possible", 55, 303, 357),
        ("problems-wt-possible", 60, 279, 285),
    ] {
        let Output::PossibleSums(sums) = output(&run, analysis) else {
            panic!("{analysis} gives no sums");
        };
        let sums = sums.iter().find(|sums| sums.n == n).unwrap();
        assert_eq!((sums.low, sums.high), (Some(low), Some(high)), "{analysis}");
    }
}

#[test]
fn in_a_pipe_the_verdicts_are_plain_text() {
    // That there is no escape code is checked for every run.
    let run = kring(&["replicate", "deroos-2011"]).succeeded();
    for words in [
        "✓ reproduced",
        "– not reproducible",
        "10.23",
        "17 reproduced",
    ] {
        assert!(run.out.contains(words), "{words}\n{}", run.out);
    }
    let plain = Run::of(
        &["replicate", "deroos-2011"],
        &project(),
        &[("NO_COLOR", "1")],
    );
    assert_eq!(plain.succeeded().out, run.out);
}

#[test]
fn results_are_written_and_can_be_read_again() {
    let folder = folder("results").join("new/deeper");
    let run = kring(&[
        "replicate",
        "deroos-2011",
        "--out",
        folder.to_str().unwrap(),
    ])
    .succeeded();
    assert!(run.out.contains("Written: "));
    let names = files(&folder);
    for name in ["report.html", "results.json", "flow.svg"] {
        assert!(
            names.iter().any(|known| known == name),
            "{name} among {names:?}"
        );
    }
    let figures: Vec<&String> = names.iter().filter(|name| name.contains(".svg")).collect();
    assert!(figures.len() >= 3, "{figures:?}"); // the flow, and the child's and the parent's scores
    for name in figures {
        let svg = std::fs::read_to_string(folder.join(name)).unwrap();
        assert!(
            svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>"),
            "{name}"
        );
    }
    let html = std::fs::read_to_string(folder.join("report.html")).unwrap();
    assert!(html.starts_with("<!doctype html>") && html.contains("EMDR"));
    assert!(
        !html.contains("<script src") && !html.contains("<link "),
        "one file, without others"
    );

    let text = std::fs::read_to_string(folder.join("results.json")).unwrap();
    let results: Replication = serde_json::from_str(&text).unwrap();
    assert_eq!(serde_json::to_string_pretty(&results).unwrap(), text);
    assert_eq!(results, replicated("deroos-2011"));
}

#[test]
fn verdicts_and_checks_are_written_in_every_form() {
    let folder = folder("checks");
    for (format, verdict, check) in [
        ("text", "✓ reproduced", "consistent"),
        ("markdown", "| Claim | Published |", "| Check | Kind |"),
        ("latex", "Claim & Published", "Check & Kind"),
        ("csv", "Claim,Published,Ours,Verdict", "Check,Kind,Outcome"),
        ("html", "<!doctype html>", "<table"),
        ("json", "\"comparisons\"", "\"outcome\": \"consistent\""),
    ] {
        let run = kring(&["replicate", "deroos-2011", "--format", format]).succeeded();
        assert!(run.out.contains(verdict), "{format}: {}", run.out);
        let out = folder.to_str().unwrap();
        let checked = ["check", "deroos-2011", "--format", format, "--out", out];
        let run = kring(&checked).succeeded();
        assert!(run.out.contains(check), "{format}: {}", run.out);
        for file in ["report.html", "results.json"] {
            assert!(files(&folder).iter().any(|name| name == file), "{file}");
        }
    }
    // The old name of the table of verdicts.
    let table = kring(&["replicate", "deroos-2011", "--format", "table"]).succeeded();
    assert!(table.out.contains("17 reproduced"));
    let figures = [
        "check",
        "--value",
        "5.19",
        "--sample",
        "28",
        "--whole-items",
        "1",
    ];
    let run = kring(&[&figures[..], &["--format", "markdown"]].concat());
    assert!(run.out.contains("GRIM"), "{}", run.out);
}

#[test]
fn two_runs_give_the_same_bytes() {
    let once = kring(&["replicate", "deroos-2011", "--format", "html"])
        .succeeded()
        .out;
    let twice = kring(&["replicate", "deroos-2011", "--format", "html"])
        .succeeded()
        .out;
    assert!(once == twice);
}
