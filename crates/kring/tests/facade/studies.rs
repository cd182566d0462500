//! Studies that go wrong, each in one place: every error of the facade is provoked.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use kring::Error;
use kring::cohort::ViolationKind;
use kring::core::{Verdict, VerdictKind};
use kring::study::{Library, Study};

const FAMILIES: &str = "\
family,wave,arm,problems
1,1,EKC,6
1,2,EKC,2
2,1,EKC,4
2,2,EKC,3
3,1,WT,5
3,2,WT,4
4,1,WT,3
4,2,WT,
";

const PROTOCOL: &str = r#"
[study]
title = "Problems of four families"
authors = "Nobody"
summary = "Made up, to be wrong in one place at a time."

[[source]]
id = "report"
authors = "Nobody"
title = "A report"

[design]
arms = [{ name = "WT" }, { name = "EKC" }]
waves = [{ name = "1" }, { name = "2" }]

[[design.outcome]]
name = "problems"
type = "count"

[data]
files = ["families.csv", "again.csv"]
relation = "same"
kind = "microdata"
subject = "family"
wave = "wave"
arm = "arm"

[[claim]]
id = "problems-ekc"
label = "Problems, mean"
value = "5.0"
source = "report"
seen = "copy"
from = { analysis = "problems", arm = "EKC", wave = "1", figure = "mean" }

[[analysis]]
id = "problems"
title = "Problems by arm and wave"
role = "primary"
kind = "summary"
variables = ["problems"]
by_arm = true
by_wave = true

[[analysis]]
id = "change"
title = "Problems at the second wave"
role = "exploratory"
kind = "lm"
formula = "problems_2 ~ problems_1"
"#;

/// A library with one study, in a folder of the test's own.
fn library(test: &str, protocol: &str, families: &str, again: &str) -> PathBuf {
    let data_dir = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("facade")
        .join(test);
    if data_dir.exists() {
        std::fs::remove_dir_all(&data_dir).unwrap();
    }
    let folder = data_dir.join("studies/four-families");
    std::fs::create_dir_all(&folder).unwrap();
    for (name, text) in [
        ("study.toml", protocol),
        ("families.csv", families),
        ("again.csv", again),
    ] {
        std::fs::write(folder.join(name), text).unwrap();
    }
    data_dir
}

fn study(test: &str, protocol: &str, families: &str, again: &str) -> Result<Study, Error> {
    let data_dir = library(test, protocol, families, again);
    Library::find(Some(&data_dir))?.study("four-families")
}

fn changed(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "{from}");
    text.replacen(from, to, 1)
}

#[test]
fn a_sound_study_replicates() {
    let run = study("sound", PROTOCOL, FAMILIES, FAMILIES)
        .unwrap()
        .replicate()
        .unwrap();
    assert!(run.as_expected());
    assert_eq!(run.verdicts(), [(VerdictKind::Reproduced, 1)]);
    assert_eq!(run.files.len(), 2);
    assert_eq!(run.files[1].subjects, 4);
}

/// 6 and 4 have the mean 5, 6 and 5 the mean 5.5: named are the files, the analysis, the place.
#[test]
fn two_files_that_differ_are_not_averaged_over() {
    let again = changed(FAMILIES, "2,1,EKC,4", "2,1,EKC,5");
    let error = study("differ", PROTOCOL, FAMILIES, &again)
        .unwrap()
        .replicate()
        .unwrap_err();
    let Error::FilesDisagree {
        first,
        second,
        analysis,
        place,
        left,
        right,
        ..
    } = &error
    else {
        panic!("{error}");
    };
    assert_eq!(
        (first.as_str(), second.as_str()),
        ("families.csv", "again.csv")
    );
    assert_eq!(
        (analysis.as_str(), place.as_str()),
        ("problems", "problems, EKC, 1, mean")
    );
    assert_eq!((left.as_str(), right.as_str()), ("5", "5.5"));
    assert!(
        error
            .to_string()
            .contains("study.toml: families.csv and again.csv give different results")
    );
}

#[test]
fn a_second_file_with_fewer_families_differs_too() {
    let again = changed(FAMILIES, "4,1,WT,3\n4,2,WT,\n", "");
    let error = study("fewer", PROTOCOL, FAMILIES, &again)
        .unwrap()
        .replicate()
        .unwrap_err();
    let Error::FilesDisagree {
        place, left, right, ..
    } = &error
    else {
        panic!("{error}");
    };
    // The means of 5 and 3, and of 5 alone; the counts come before them.
    assert_eq!(
        (place.as_str(), left.as_str(), right.as_str()),
        ("problems, WT, 1, n", "2", "1")
    );
}

#[test]
fn data_that_break_the_rules_are_refused_with_all_faults_at_once() {
    let families = changed(FAMILIES, "1,2,EKC,2", "1,2,EKC,-2");
    let families = changed(&families, "3,2,WT,4", "3,2,EKC,4.5");
    let error = study("rules", PROTOCOL, &families, FAMILIES)
        .unwrap()
        .replicate()
        .unwrap_err();
    let Error::Data { path, violations } = &error else {
        panic!("{error}");
    };
    assert!(path.ends_with("four-families/families.csv"));
    let kinds: Vec<(ViolationKind, Option<usize>)> =
        violations.iter().map(|v| (v.kind, v.row)).collect();
    assert_eq!(
        kinds,
        [
            (ViolationKind::NotCount, Some(2)),
            (ViolationKind::NotCount, Some(6)),
            (ViolationKind::TwoArms, Some(6)),
        ]
    );
    let message = error.to_string();
    for words in [
        "families.csv: 3 violations",
        "row 2 (subject 1, wave 2)",
        "found -2",
        "found 4.5",
    ] {
        assert!(message.contains(words), "{words}: {message}");
    }
}

/// A file with hundreds of faults is told with the first twenty.
#[test]
fn many_faults_are_told_in_part() {
    use std::fmt::Write;
    let mut families = "family,wave,arm,problems\n".to_owned();
    for family in 0..30 {
        writeln!(families, "{family},1,{},-1", ["WT", "EKC"][family % 2]).unwrap();
    }
    let error = study("many", PROTOCOL, &families, FAMILIES)
        .unwrap()
        .replicate()
        .unwrap_err();
    let message = error.to_string();
    assert!(
        message.contains("30 violations") && message.ends_with("… and 10 more"),
        "{message}"
    );
    assert_eq!(message.lines().count(), 1 + 20 + 1);
}

#[test]
fn an_analysis_that_fails_is_named() {
    let protocol = changed(PROTOCOL, "~ problems_1", "~ problems_7");
    let error = study("analysis", &protocol, FAMILIES, FAMILIES)
        .unwrap()
        .replicate()
        .unwrap_err();
    let Error::Analysis { id, source, .. } = &error else {
        panic!("{error}");
    };
    assert_eq!(id, "change");
    assert!(matches!(**source, Error::Formula(_)));
    let message = error.to_string();
    assert!(
        message.contains("study.toml: analysis `change`: there is no column `problems_7`"),
        "{message}"
    );
}

#[test]
fn a_claim_that_names_no_result_is_a_fault_of_the_protocol() {
    for (from, to, words) in [
        (
            "arm = \"EKC\", wave",
            "arm = \"EKV\", wave",
            "there is no arm `EKV`; did you mean `EKC`?",
        ),
        (
            "wave = \"1\", figure",
            "wave = \"7\", figure",
            "there is no wave `7`",
        ),
        (
            "wave = \"1\", figure",
            "variable = \"problem\", wave = \"1\", figure",
            "there is no variable `problem`",
        ),
        (
            "arm = \"EKC\", wave = \"1\", figure",
            "figure",
            "name the `variable`, `arm` and `wave` of one of these",
        ),
        (
            "figure = \"mean\"",
            "figure = \"share\"",
            "a summary of numbers has no `share`",
        ),
        (
            "analysis = \"problems\", arm = \"EKC\", wave = \"1\"",
            "analysis = \"change\"",
            "needs `term`",
        ),
    ] {
        let protocol = changed(PROTOCOL, from, to);
        let error = study("claim", &protocol, FAMILIES, FAMILIES)
            .unwrap()
            .replicate()
            .unwrap_err();
        assert!(matches!(error, Error::Protocol { .. }), "{error}");
        let message = error.to_string();
        assert!(
            message.contains("study.toml: claim `problems-ekc`: ") && message.contains(words),
            "{message}"
        );
    }
}

#[test]
fn a_protocol_that_contradicts_itself_is_refused_before_any_data_are_read() {
    for (from, to, words) in [
        (
            "seen = \"copy\"",
            "seen = \"copy\"\nstatement = \"many\"",
            "either `value`",
        ),
        (
            "seen = \"copy\"",
            "seen = \"copy\"\nwhy = \"no data\"",
            "keep one",
        ),
        (
            "source = \"report\"",
            "source = \"reprot\"",
            "there is no source `reprot`; did you mean `report`?",
        ),
        (
            "value = \"5.0\"",
            "value = \"5.0.0\"",
            "claim `problems-ekc`, value: '5.0.0' cannot be read",
        ),
        (
            "id = \"change\"",
            "id = \"problems\"",
            "the analysis `problems` stands twice",
        ),
        ("role = \"primary\"", "role = \"main\"", "found `main`"),
        ("[data]", "[dat]", "unknown field `dat`"),
    ] {
        let error =
            study("protocol", &changed(PROTOCOL, from, to), FAMILIES, FAMILIES).unwrap_err();
        let Error::Protocol { path, why } = &error else {
            panic!("{error}");
        };
        assert!(
            path.ends_with("study.toml") && why.contains(words),
            "{error}"
        );
    }
}

#[test]
fn studies_and_files_that_are_not_there() {
    let data_dir = library("absent", PROTOCOL, FAMILIES, FAMILIES);
    let error = Study::find("four-familes", Some(&data_dir)).unwrap_err();
    assert!(matches!(error, Error::UnknownStudy { .. }));
    assert!(
        error.to_string().ends_with("did you mean `four-families`?"),
        "{error}"
    );
    let error = Library::find(Some(&data_dir.join("studies"))).unwrap_err();
    assert!(matches!(error, Error::NoStudies { .. }), "{error}");
    let error = Study::find("four-families/study.toml", Some(&data_dir)).unwrap_err();
    assert!(matches!(error, Error::File { .. }), "{error}");
    let error = Study::read(&data_dir.join("study.toml")).unwrap_err();
    assert!(
        error
            .to_string()
            .ends_with("study.toml: there is no such file"),
        "{error}"
    );

    let protocol = changed(PROTOCOL, "again.csv", "agian.csv");
    let error = study("file", &protocol, FAMILIES, FAMILIES)
        .unwrap()
        .replicate()
        .unwrap_err();
    assert!(matches!(error, Error::Cohort(_)));
    assert!(
        error.to_string().contains("did you mean `again.csv`?"),
        "{error}"
    );
}

/// 5.0 with one decimal admits 4.95 to 5.05: 5.1 is one unit off, 6.0 ten.
#[test]
fn a_wrong_claim_gets_its_verdict_and_is_not_as_expected() {
    for (value, verdict) in [
        ("5.1", VerdictKind::NearMiss),
        ("6.0", VerdictKind::Different),
    ] {
        let protocol = changed(PROTOCOL, "value = \"5.0\"", &format!("value = \"{value}\""));
        let run = study("wrong", &protocol, FAMILIES, FAMILIES)
            .unwrap()
            .replicate()
            .unwrap();
        assert!(!run.as_expected());
        assert_eq!(run.verdicts(), [(verdict, 1)]);
        // Declared, it is as expected: an erratum that is known.
        let name = serde_json::to_value(verdict).unwrap();
        let declared = format!("value = \"{value}\"\nexpect = {name}");
        let protocol = changed(PROTOCOL, "value = \"5.0\"", &declared);
        assert!(
            study("declared", &protocol, FAMILIES, FAMILIES)
                .unwrap()
                .replicate()
                .unwrap()
                .as_expected()
        );
    }
}

/// Other data cannot reproduce a figure, nor can data that were simulated to have it.
#[test]
fn only_the_same_data_reproduce() {
    let other = changed(PROTOCOL, "relation = \"same\"", "relation = \"other\"");
    let simulated = changed(PROTOCOL, "kind = \"microdata\"", "kind = \"simulated\"");
    for protocol in [other, simulated] {
        let run = study("evidence", &protocol, FAMILIES, FAMILIES)
            .unwrap()
            .replicate()
            .unwrap();
        assert!(!matches!(run.comparisons[0].verdict, Verdict::Reproduced));
        assert!(!run.as_expected());
    }
}

/// Families a to d with the scores 1 3, 2 4, 5 9, 7 9: in balance their variance is ¼ and that of what is left ½.
#[test]
fn a_claim_speaks_of_a_component_of_a_mixed_model() {
    let scores = [1, 3, 2, 4, 5, 9, 7, 9];
    let row = |(row, score): (usize, &i32)| {
        let arm = if row < 4 { "WT" } else { "EKC" };
        format!("{},{},{arm},{score}\n", row / 2 + 1, row % 2 + 1)
    };
    let rows: String = scores.iter().enumerate().map(row).collect();
    let families = format!("family,wave,arm,problems\n{rows}");
    let analysis = r#"
[[analysis]]
id = "over-time"
title = "Problems over both waves"
role = "primary"
on = "measurements"
kind = "lmm"
formula = "problems ~ arm * wave + (1 | family)"
intervals = "profile"
"#;
    let claim = |id: &str, value: &str, term: &str, interval: &str| {
        format!(
            r#"
[[claim]]
id = "{id}"
label = "{term}"
value = "{value}"
source = "report"
seen = "copy"
{interval}
from = {{ analysis = "over-time", figure = "estimate", term = "{term}" }}
"#
        )
    };
    let of_families = claim("families", "0.50", "family: (Intercept)", "");
    let left = claim("left", "0.71", "residual: residual", "");
    // The interval of the claim is compared with that of the profile, which is another one.
    let wide = claim(
        "wide",
        "0.50",
        "family: (Intercept)",
        "interval = [\"0.00\", \"99\"]",
    );
    let protocol = changed(PROTOCOL, "value = \"5.0\"", "value = \"1.5\"");
    let protocol = changed(
        &protocol,
        "arm = \"EKC\", wave = \"1\"",
        "arm = \"WT\", wave = \"1\"",
    );
    let protocol = format!("{protocol}{analysis}{of_families}{left}{wide}");
    let run = study("components", &protocol, &families, &families)
        .unwrap()
        .replicate()
        .unwrap();
    let verdicts: Vec<VerdictKind> = run.comparisons.iter().map(|c| c.verdict.kind()).collect();
    assert_eq!(
        verdicts,
        [
            VerdictKind::Reproduced,
            VerdictKind::Reproduced,
            VerdictKind::Reproduced,
            VerdictKind::Different,
        ]
    );
    let near = claim("near", "0.50", "family: (Intercep)", "");
    let error = study(
        "component",
        &format!("{protocol}{near}"),
        &families,
        &families,
    )
    .unwrap()
    .replicate()
    .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("did you mean `family: (Intercept)`?"),
        "{error}"
    );
}

/// Arms, waves and levels of other columns that have the same codes: only those of the arms get their titles.
#[test]
fn titles_of_arms_stand_at_arms_alone() {
    let mut data = String::from("id,arm,sex,y.1,y.2\n");
    for id in 0..24_u32 {
        let (arm, sex) = (1 + id % 2, 1 + id / 12);
        let noise = f64::from(id * 7 % 11) / 3.0;
        let fell = f64::from(id * 5 % 7) / 2.0 + f64::from(arm);
        let (before, after) = (9.0 + noise, 9.0 + noise - fell);
        writeln!(data, "{id},{arm},{sex},{before},{after}").unwrap();
    }
    let protocol = r#"
[study]
title = "Coded arms"
authors = "Nobody"
year = 2026
summary = "Invented, for a test."

[design]
allocation = "not_stated"
arms = [{ name = "1", label = "Kitchen table" }, { name = "2", label = "Conference" }]

[[design.outcome]]
name = "sex"
label = "Sex of the child"
type = "nominal"
levels = [{ name = "1" }, { name = "2" }]
per = "subject"

[data]
files = ["families.csv"]
relation = "same"
kind = "simulated"
licence = "none"
provenance = "a test"
subject = "id"
arm = "arm"
wide = [{ name = "y", pattern = "y.{wave}" }]

[[analysis]]
id = "lmm"
title = "A mixed model"
role = "exploratory"
on = "measurements"
kind = "lmm"
formula = "y ~ wave * arm + sex + (1 | id)"
by = "arm"
within = "wave"
means = "pairwise ~ arm | wave"
"#;
    let study = study("titles", protocol, &data, "").unwrap();
    let run = study.replicate().unwrap();
    let page = kring::report::html(&study.report(&run).unwrap()).unwrap();
    for words in [
        "Sex of the child: 2",
        "arm: Conference",
        "wave: 2 × arm: Conference",
        "arm: Conference, wave: 1",
        "arm: Conference − Kitchen table, wave: 2",
    ] {
        assert!(page.contains(words), "{words}");
    }
    for wrong in [
        "wave: Conf",
        "wave: Kitchen",
        "Sex of the child: Conf",
        "wave Kitchen",
        "Kitchen table (1)",
    ] {
        assert!(!page.contains(wrong), "{wrong}");
    }
}
