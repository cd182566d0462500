//! Simulated cohorts, performance and power: every form of output, and the pictures.

use serde_json::Value;

use crate::{Run, folder};

const GENERATOR: &str = r#"
title = "Scores"
wave = [{ name = "1", time = 0 }]
arm = [{ name = "WT", families = 20 }, { name = "EKC", families = 20 }]
[[outcome]]
name = "score"
distribution = { kind = "continuous", sd = 1.0 }
[[effect]]
arm = "EKC"
outcome = "score"
level = 0.5
"#;

const METHOD: [&str; 4] = ["outcome=score_1", "by=arm", "--seed", "1"];

fn run(name: &str, arguments: &[&str]) -> Run {
    let folder = folder(name);
    std::fs::write(folder.join("plan.toml"), GENERATOR).unwrap();
    Run::of(arguments, &folder, &[]).succeeded()
}

fn with<'a>(first: &[&'a str], rest: &[&'a str]) -> Vec<&'a str> {
    [first, &METHOD, rest].concat()
}

#[test]
fn every_form_of_output() {
    let performance = with(
        &[
            "performance",
            "plan.toml",
            "mean_difference",
            "--truth",
            "0.5",
        ],
        &["--replicates", "50"],
    );
    let power = with(
        &["power", "plan.toml", "--method", "mean_difference"],
        &["--replicates", "50"],
    );
    let closed = [
        "power",
        "two_means",
        "--sd",
        "1",
        "--effect",
        "0.5",
        "--n",
        "20",
    ];
    let truth = ["simulate", "plan.toml", "--truth"];
    for (name, arguments) in [
        ("forms-performance", &performance[..]),
        ("forms-power", &power),
        ("forms-closed", &closed),
        ("forms-truth", &truth),
    ] {
        for (format, sign) in [
            ("text", "─"),
            ("markdown", "| ---"),
            ("latex", "\\toprule"),
            ("csv", ","),
            ("html", "<table"),
        ] {
            let shown = run(name, &[arguments, &["--format", format]].concat()).out;
            assert!(shown.contains(sign), "{name} {format}: {shown}");
        }
        let json = run(name, &[arguments, &["--format", "json"]].concat());
        assert_eq!(json.out, run(name, &[arguments, &["--json"]].concat()).out);
        json.json::<Value>();
    }
}

#[test]
fn pictures_go_into_a_folder() {
    let folder = folder("pictures").join("out");
    let out = folder.to_str().unwrap();
    let has = |files: &[&str]| {
        for file in files {
            let text = std::fs::read_to_string(folder.join(file)).unwrap();
            assert!(text.len() > 500, "{file}");
        }
        std::fs::read_to_string(folder.join("report.html")).unwrap()
    };
    let performance = [
        "performance",
        "plan.toml",
        "mean_difference",
        "--truth",
        "0.5",
    ];
    let shown = run(
        "pictures-1",
        &with(&performance, &["--replicates", "50", "--out", out]),
    )
    .out;
    assert!(shown.contains("report.html"), "{shown}");
    let page = has(&["zip.svg", "lollipop.svg", "results.json"]);
    assert!(page.contains("Simulated data: no evidence."));
    assert_eq!(page.matches("<figure").count(), 2);

    let curve = [
        "power",
        "plan.toml",
        "--method",
        "mean_difference",
        "--curve",
        "n=20,40",
    ];
    run(
        "pictures-2",
        &with(&curve, &["--replicates", "50", "--out", out]),
    );
    assert!(has(&["power.svg"]).contains("Simulated data"));

    let closed = [
        "power",
        "two_means",
        "--sd",
        "1",
        "--effect",
        "0.5",
        "--curve",
        "n=20,64",
    ];
    let shown = run("pictures-3", &[&closed[..], &["--out", out]].concat()).out;
    // R: power.t.test(n = c(20, 64), delta = .5, sd = 1)$power, Student's where this is Welch's.
    assert!(shown.contains("0.80") && shown.contains("0.33"), "{shown}");
    assert!(!has(&["power.svg"]).contains("Simulated data"));
}
