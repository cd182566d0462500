//! Every kind of `[[check]]` in a protocol, and the checks that run by themselves on its claims.

use std::fmt::Write;
use std::path::Path;

use kring::Error;
use kring::core::{CheckKind, Finding, Outcome};
use kring::study::{Protocol, Study};

const HEAD: &str = r#"
[study]
title = "Figures of nobody"
authors = "Nobody"
summary = "Made up: some can stand together, some cannot."

[[source]]
id = "report"
authors = "Nobody"
title = "A report"
"#;

/// A claim with these fields beside those that every claim has.
fn claim(id: &str, fields: &str) -> String {
    format!(
        "\n[[claim]]\nid = \"{id}\"\nlabel = \"{id}\"\nsource = \"report\"\nseen = \"source\"\nwhy = \"no data\"\n{fields}\n"
    )
}

fn findings(test: &str, text: &str) -> Result<Vec<Finding>, Error> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("declared")
        .join(test);
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("study.toml"), text).unwrap();
    Study::read(&folder)?.findings()
}

const CLAIMS: [(&str, &str); 11] = [
    ("mean-a", "value = \"10.0\"\nsample = 26"),
    ("mean-b", "value = \"13.0\""),
    ("mean-all", "value = \"11.0\""),
    ("n-b", "value = \"13\"\ncount = true"),
    ("sd-a", "value = \"4.1\""),
    ("share", "value = \"30%\""),
    ("share-sd", "value = \"0.46\""),
    ("t", "value = \"2.20\""),
    ("p", "value = \".036\""),
    (
        "effect",
        "value = \"2.00\"\ninterval = [\"0.04\", \"3.96\"]\np_value = \".046\"",
    ),
    ("mean-c", "value = \"10.0\"\ninterval = [\"8.3\", \"11.7\"]"),
];

/// Each with what comes of it; claims stand beside figures in digits.
const CHECKS: [(&str, &str, Outcome); 17] = [
    (
        "weighted_mean",
        "parts = [\"mean-a\", \"mean-b\"]\nn = [\"26\", \"n-b\"]\nresult = \"mean-all\"",
        Outcome::Consistent,
    ),
    (
        "weighted_mean",
        "parts = [\"mean-a\", \"mean-b\"]\nresult = \"9.0\"",
        Outcome::Inconsistent,
    ),
    (
        "grimmer",
        "mean = \"mean-a\"\nsd = \"sd-a\"\nn = 26",
        Outcome::Consistent,
    ),
    (
        "grimmer",
        "mean = \"mean-a\"\nsd = \"0.05\"\nn = 26\nscale = [0, 20]",
        Outcome::Inconsistent,
    ),
    (
        "debit",
        "mean = \"share\"\nsd = \"share-sd\"\nn = 40",
        Outcome::Consistent,
    ),
    (
        "debit",
        "mean = \"share\"\nsd = \"0.50\"\nn = 40",
        Outcome::Inconsistent,
    ),
    (
        "shares",
        "parts = [\"share\", \"70%\"]\nn = 40\ncategories = \"all\"",
        Outcome::Consistent,
    ),
    (
        "p_value",
        "statistic = \"t\"\np = \"p\"\ntest = { kind = \"t\", df = 28 }",
        Outcome::Consistent,
    ),
    (
        "p_value",
        "statistic = \"t\"\np = \"> .05\"\ntest = { kind = \"t\", df = 28 }",
        Outcome::DecisionError,
    ),
    (
        "p_value",
        "statistic = \"t\"\np = \".018\"\ntest = { kind = \"t\", df = 28 }\nsides = \"one\"",
        Outcome::Consistent,
    ),
    (
        "interval",
        "claim = \"effect\"\nscale = \"natural\"",
        Outcome::Consistent,
    ),
    (
        "interval",
        "claim = \"effect\"\nscale = \"log\"",
        Outcome::Inconsistent,
    ),
    (
        "interval_p",
        "claim = \"effect\"\nscale = \"natural\"",
        Outcome::Consistent,
    ),
    (
        "interval_p",
        "claim = \"effect\"\nscale = \"natural\"\nnull = 2.0",
        Outcome::DecisionError,
    ),
    (
        "interval_p",
        "claim = \"effect\"\nscale = \"natural\"\ndf = 1",
        Outcome::Inconsistent,
    ),
    (
        "spread",
        "n = 26\nsd = \"sd-a\"\nclaim = \"mean-c\"",
        Outcome::Consistent,
    ),
    (
        "spread",
        "n = 26\nsd = \"sd-a\"\nstd_error = \"0.41\"",
        Outcome::Inconsistent,
    ),
];

#[test]
fn every_kind_of_check_runs() {
    let mut text = HEAD.to_owned();
    for (id, fields) in CLAIMS {
        text.push_str(&claim(id, fields));
    }
    for (place, (kind, fields, _)) in CHECKS.iter().enumerate() {
        write!(
            text,
            "\n[[check]]\nid = \"{place}\"\nkind = \"{kind}\"\n{fields}\n"
        )
        .unwrap();
    }
    let found = findings("kinds", &text).unwrap();
    for (finding, (kind, fields, outcome)) in found.iter().zip(&CHECKS) {
        let name = serde_json::to_value(finding.kind).unwrap();
        assert_eq!(name, *kind);
        assert_eq!(
            finding.outcome, *outcome,
            "{kind} {fields}: {}",
            finding.arithmetic
        );
    }
    assert_eq!(found[0].claims, ["mean-a", "mean-b", "n-b", "mean-all"]);
    assert_eq!(found[15].claims, ["mean-c", "sd-a"]);
    // By themselves ran those of the two claims with an interval.
    let own: Vec<(&str, CheckKind)> = found[CHECKS.len()..]
        .iter()
        .map(|finding| (finding.id.as_str(), finding.kind))
        .collect();
    assert_eq!(
        own,
        [
            ("effect", CheckKind::Interval),
            ("effect", CheckKind::IntervalP),
            ("mean-c", CheckKind::Interval),
        ]
    );
}

/// What is expected may be said of all checks of a claim, or of each.
#[test]
fn findings_can_be_expected_by_check() {
    let figures = "value = \"5.18\"\nsample = 28\nwhole_items = 1\nsd = \"0.10\"";
    let as_expected = |test: &str, expect: &str| -> Vec<bool> {
        let text = format!("{HEAD}{}", claim("mean", &format!("{figures}\n{expect}")));
        let found = findings(test, &text).unwrap();
        found.iter().map(Finding::as_expected).collect()
    };
    // The mean can be, the SD cannot.
    assert_eq!(as_expected("none", ""), [true, false]);
    assert_eq!(
        as_expected("all", "expect_finding = \"inconsistent\""),
        [false, true]
    );
    let each = "expect_finding = { grimmer = \"inconsistent\" }";
    assert_eq!(as_expected("each", each), [true, true]);
}

/// A claim whose check fails is named, and a check of a claim without what it needs says so.
#[test]
fn checks_that_cannot_run_say_why() {
    let with = |fields: &str| format!("{HEAD}{}", claim("mean", fields));
    let check = |fields: &str| {
        format!(
            "{}\n[[check]]\nid = \"it\"\n{fields}\n",
            with("value = \"5.18\"\ninterval = [\"4.0\", \"6.4\"]")
        )
    };
    for (text, words) in [
        (
            with("value = \"5.18\"\nsample = 1\nwhole_items = 1\nsd = \"0.1\""),
            "claim `mean`: GRIMMER on '5.18'",
        ),
        (
            with("value = \"5.18\"\nsample = 9\nstd_error = \"x\""),
            "claim `mean`, std_error: 'x' cannot be read",
        ),
        (
            with("value = \"5.18\"\nexpect_finding = 3"),
            "an outcome, or a table with an outcome for each check",
        ),
        (
            with("value = \"5.18\"\nexpect_finding = { grimmr = \"consistent\" }"),
            "found `grimmr`",
        ),
        (with("value = \"5.18\"\nscale = [1]"), "line "),
        (
            check("kind = \"interval\"\nclaim = \"maen\""),
            "there is no claim `maen`; did you mean `mean`?",
        ),
        (
            check("kind = \"interval_p\"\nclaim = \"mean\""),
            "check `it`: claim `mean` prints no `p_value`",
        ),
        (
            check("kind = \"spread\"\nn = 9\nclaim = \"mean\""),
            "two at least",
        ),
        (
            check(
                "kind = \"weighted_mean\"\nparts = [\"mean\"]\nn = [\"3\", \"4\"]\nresult = \"5\"",
            ),
            "one `n` for each of the 1 parts or none, found 2",
        ),
        (
            check("kind = \"p_value\"\nstatistic = \"2.2\"\np = \".04\"\ntest = { kind = \"u\" }"),
            "found `u`",
        ),
        (
            check("kind = \"debit\"\nmean = \"mean\"\nn = 9"),
            "missing field `sd`",
        ),
    ] {
        let message = findings("refused", &text).unwrap_err().to_string();
        assert!(message.contains(words), "{words}: {message}");
    }
}

/// The line of a fault is the line of the file, wherever in a table it stands.
#[test]
fn a_fault_is_named_with_its_line() {
    let fault = |text: &str| text.parse::<Protocol>().unwrap_err();
    let lines = HEAD.lines().count();
    let analysis = "[[analysis]]\nid = \"a\"\ntitle = \"A\"\nrole = \"primary\"\nkind = \"lm\"\n";
    for (fields, line, words) in [
        (
            "formula = \"y ~ x\"\noptions = { level = \"high\" }",
            7,
            "expected a number, found the text \"high\"",
        ),
        (
            "formula = \"y ~ x\"\noption = { level = 0.9 }",
            7,
            "unknown field `option`",
        ),
        ("formula = 3", 6, "expected a text, found 3"),
        ("", 1, "missing field `formula`"),
    ] {
        let message = fault(&format!("{HEAD}{analysis}{fields}\n"));
        assert!(
            message.starts_with("analysis `a`: ")
                && message.contains(&format!("line {},", lines + line))
                && message.contains(words),
            "{message}"
        );
    }
    let unnamed = fault(&format!("{HEAD}[[check]]\nkind = \"sum\"\n"));
    assert!(
        unnamed.starts_with("check without id: ") && unnamed.contains("missing field `id`"),
        "{unnamed}"
    );
    let number = fault(&format!("{HEAD}\n[analysis]\nid = \"a\"\n"));
    assert_eq!(
        number,
        format!(
            "line {}: `[analysis]` is one table, but there may be many of these; write `[[analysis]]`",
            lines + 2
        )
    );
    assert!(fault(&format!("check = 3\n{HEAD}")).contains("`check` is no list of tables"));
    assert!(fault(&format!("check = [3]\n{HEAD}")).contains("an entry of `check` is no table"));
    assert!(fault("[study").contains("line 1"));
}
