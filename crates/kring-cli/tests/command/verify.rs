//! Stored results, run again.

use std::path::Path;

use serde_json::Value;

use crate::{Run, folder, kring, project};

const FDD: &str = "datasets/studies/deroos-2011/data/fdd.csv";
const SLEEP: &str = "datasets/studies/sleepstudy/data/sleepstudy.csv";

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// A small trial in long form: (family, arm, wave, problems), written where a test can change it.
fn cohort(folder: &Path) -> String {
    let mut lines = "family,arm,wave,problems\n".to_owned();
    for family in 1..=12_u32 {
        let arm = if family % 2 == 0 { "EKC" } else { "WT" };
        for wave in 1..=3_u32 {
            let problems = 8 + (family * 7 + wave * 5) % 4 - wave * (1 + u32::from(arm == "EKC"));
            lines.extend([format!("{family},{arm},{wave},{problems}\n")]);
        }
    }
    std::fs::write(folder.join("cohort.csv"), lines).unwrap();
    text(&folder.join("cohort.csv")).to_owned()
}

/// Runs a command with --out, and what it stored again.
fn stored_and_verified(name: &str, arguments: &[&str]) -> Value {
    let out = folder(&format!("verify-{name}"));
    kring(&[arguments, &["--out", text(&out)]].concat()).succeeded();
    let verified = kring(&["verify", text(&out), "--json"]).succeeded().json();
    let all: &Value = &verified;
    assert_eq!(all["came_again"], true, "{name}: {all}");
    assert!(
        all["numbers"].as_array().unwrap().len() > 5,
        "{name}: {all}"
    );
    verified
}

#[test]
fn a_replication_comes_out_again_and_a_changed_number_is_found() {
    let out = folder("verify-replication");
    kring(&["replicate", "deroos-2011", "--out", text(&out)]).succeeded();
    let run = kring(&["verify", text(&out)]).succeeded();
    assert!(run.out.contains("It came out again."), "{}", run.out);

    let file = out.join("results.json");
    let stored = std::fs::read_to_string(&file).unwrap();
    // The mean age of one arm, as it stands in the comparison with the printed 9.96.
    let changed = stored.replacen("\"value\": 9.961538461538462", "\"value\": 9.97", 1);
    assert_ne!(stored, changed);
    std::fs::write(&file, changed).unwrap();
    let run = kring(&["verify", text(&file)]);
    assert_eq!(run.status, 1, "{}", run.out);
    assert!(
        run.out
            .contains("It did not come out again: 1 number is another."),
        "{}",
        run.out
    );
    assert!(
        run.out.contains("9.97") && run.out.contains("9.961538461538462"),
        "{}",
        run.out
    );
}

#[test]
fn tests_come_out_again() {
    let data = cohort(&folder("verify-cohort"));
    let data = data.as_str();
    stored_and_verified(
        "test",
        &["test", "mann_whitney", FDD, "outcome=yc3", "by=trt"],
    );
    let one_wave = [
        "test",
        "mean_difference",
        data,
        "outcome=problems",
        "by=arm",
        "--wave",
        "wave=2",
    ];
    stored_and_verified(
        "wave",
        &[&one_wave[..], &["--where", "family=1,2,3,4,5,6,7"]].concat(),
    );
    let by_family = [
        "test",
        "mean_difference",
        data,
        "outcome=problems_3",
        "by=arm",
    ];
    let by_family = [&by_family[..], &["--subject", "family", "--wave", "wave"]].concat();
    stored_and_verified(
        "family",
        &[&by_family[..], &["--reference", "arm=WT"]].concat(),
    );
}

#[test]
fn fits_come_out_again() {
    let data = cohort(&folder("verify-fits"));
    let data = data.as_str();
    let lm = [
        "fit",
        "lm",
        "--data",
        FDD,
        "--formula",
        "yc3 ~ yc1 + trt",
        "--by",
        "trt",
    ];
    let lm = [
        &lm[..],
        &[
            "--covariance",
            "hc3",
            "--reference",
            "trt=E",
            "--where",
            "sex=F",
        ],
    ]
    .concat();
    let found = stored_and_verified("lm", &lm);
    assert!(
        found["what"]
            .as_str()
            .unwrap()
            .starts_with("kring fit lm --data"),
        "{found}"
    );
    assert!(
        !found["what"].as_str().unwrap().contains("--out"),
        "{found}"
    );
    let lmm = [
        "fit",
        "lmm",
        "--data",
        SLEEP,
        "--formula",
        "Reaction ~ Days + (Days | Subject)",
    ];
    stored_and_verified("lmm", &lmm);
    let counts = [
        "--formula",
        "problems ~ arm * factor(wave)",
        "--subject",
        "family",
        "--wave",
        "wave",
    ];
    for (model, further) in [
        (
            "gee",
            &["--family", "poisson", "--means", "arm", "--within", "wave"][..],
        ),
        (
            "mmrm",
            &["--structure", "cs", "--by", "arm", "--within", "wave"],
        ),
    ] {
        let asked = [&["fit", model, "--data", data], &counts[..], further].concat();
        stored_and_verified(model, &asked);
    }
    let glmm = [
        "fit",
        "glmm",
        "--data",
        data,
        "--formula",
        "problems ~ arm + (1 | family)",
    ];
    stored_and_verified("glmm", &glmm);
}

#[test]
fn data_that_moved_are_found_and_data_that_changed_are_told() {
    let home = folder("verify-moved");
    let data = cohort(&home);
    let out = home.join("out");
    let test = [
        "test",
        "mann_whitney",
        &data,
        "outcome=problems",
        "by=arm",
        "--out",
        text(&out),
    ];
    kring(&test).succeeded();

    // Beside the result, then where the caller says.
    std::fs::rename(&data, out.join("cohort.csv")).unwrap();
    kring(&["verify", text(&out)]).succeeded();
    let elsewhere = home.join("other.csv");
    std::fs::rename(out.join("cohort.csv"), &elsewhere).unwrap();
    let lost = kring(&["verify", text(&out)]);
    assert_eq!(lost.status, 2);
    assert!(lost.err.contains("--source"), "{}", lost.err);
    let found = ["verify", text(&out), "--source", text(&elsewhere)];
    kring(&found).succeeded();

    // A line more changes the numbers; an empty line behind the last changes the file alone.
    let rows = std::fs::read_to_string(&elsewhere).unwrap();
    std::fs::write(&elsewhere, format!("{rows}\n")).unwrap();
    let run = kring(&found);
    assert_eq!(run.status, 1, "{}", run.out);
    assert!(run.out.contains("though its numbers did"), "{}", run.out);
    assert!(run.out.contains("the file is another one"), "{}", run.out);
    std::fs::write(&elsewhere, format!("{rows}13,WT,1,20\n")).unwrap();
    let run = kring(&found);
    assert_eq!(run.status, 1, "{}", run.out);
    assert!(
        run.out.contains("Numbers that did not come out again"),
        "{}",
        run.out
    );
}

#[test]
fn what_cannot_be_run_again_is_told() {
    let home = folder("verify-wrong");
    for (name, content, says) in [
        ("none.json", None, "there is no such file"),
        ("text.json", Some("It came out well."), "it is no JSON"),
        (
            "list.json",
            Some("[1, 2]"),
            "it does not say how it was made",
        ),
        (
            "odd.json",
            Some("{\"provenance\": {\"kring\": \"9\"}}"),
            "its `provenance` cannot be read",
        ),
    ] {
        let file = home.join(name);
        if let Some(content) = content {
            std::fs::write(&file, content).unwrap();
        }
        let run = kring(&["verify", text(&file)]);
        assert_eq!(run.status, 2, "{name}");
        assert!(
            run.err.contains(says) && run.err.contains(name),
            "{}",
            run.err
        );
    }
    // A study that is not in the library.
    let datasets = project().join("datasets");
    let file = home.join("study.json");
    std::fs::write(
        &file,
        "{\"id\": \"deroos-2012\", \"protocol_sha256\": \"0\"}",
    )
    .unwrap();
    let variables = [("KRING_DATA", text(&datasets))];
    let run = Run::of(&["verify", text(&file)], &home, &variables);
    assert_eq!(run.status, 2);
    assert!(
        run.err.contains("did you mean `deroos-2011`"),
        "{}",
        run.err
    );
}
