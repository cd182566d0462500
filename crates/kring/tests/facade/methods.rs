//! Methods by their names: the data they take of a table, by hand, and what they refuse.

use kring::core::{Caution, Column, Estimate, Table};
use kring::method::{Answer, Method};

/// Two arms of three and four; one family has no outcome, and one no arm.
fn table() -> Table {
    let numbers = |values: [f64; 8]| {
        let some = |x: f64| (!x.is_nan()).then_some(x);
        values.map(some).to_vec()
    };
    let yes_no = |codes: [i8; 8]| codes.map(|code| u32::try_from(code).ok()).to_vec();
    Table::new(vec![
        Column::numeric(
            "problems",
            numbers([6.0, 8.0, 4.0, 3.0, 5.0, f64::NAN, 1.0, 9.0]),
        )
        .unwrap(),
        Column::numeric("before", numbers([7.0, 8.0, 6.0, 6.0, 8.0, 5.0, 3.0, 9.0])).unwrap(),
        Column::numeric("weeks", numbers([1.0, 1.0, 2.0, 1.0, 1.0, 1.0, 1.0, 1.0])).unwrap(),
        Column::factor("home", ["no", "yes"], yes_no([1, 0, 0, 1, 1, 1, -1, 1])).unwrap(),
        Column::factor("earlier", ["no", "yes"], yes_no([0, 0, 1, 0, 1, 0, 1, 1])).unwrap(),
        Column::factor("site", ["A", "B"], yes_no([0, 1, 0, 1, 0, 1, 0, 1])).unwrap(),
        Column::factor("arm", ["WT", "EKC"], yes_no([0, 0, 0, 1, 1, 1, 1, -1])).unwrap(),
    ])
    .unwrap()
}

fn run(kind: &str, fields: &[(&str, &str)]) -> Answer {
    Method::named(kind, fields).unwrap().run(&table()).unwrap()
}

fn value(estimate: &Estimate) -> f64 {
    estimate.natural().finite().unwrap()
}

fn refused(kind: &str, fields: &[(&str, &str)]) -> String {
    match Method::named(kind, fields) {
        Err(error) => error.to_string(),
        Ok(method) => method.run(&table()).unwrap_err().to_string(),
    }
}

/// The fields of a method as texts.
type Fields<'a> = &'a [(&'a str, &'a str)];

const BY_ARM: [(&str, &str); 2] = [("outcome", "problems"), ("by", "arm")];

/// WT 6, 8, 4: mean 6. EKC 3, 5, 1: mean 3. The families without outcome or arm are left out.
#[test]
fn groups_of_numbers() {
    let answer = run("mean_difference", &BY_ARM);
    let estimate = &answer.estimates[0];
    assert_eq!(
        (estimate.label.as_str(), value(estimate)),
        ("EKC − WT", -3.0)
    );
    assert_eq!((estimate.sample.rows, estimate.sample.omitted), (6, 2));
    assert!(
        estimate
            .cautions
            .contains(&Caution::CompleteCases { used: 6, of: 8 })
    );
    // Of nine pairs EKC has more in one (5 against 4) and never as many: 1/9.
    let superiority = run("probability_of_superiority", &BY_ARM);
    assert!((value(&superiority.estimates[0]) - 1.0 / 9.0).abs() < 1e-12);
    let u = run("mann_whitney", &BY_ARM);
    assert_eq!((u.figures[0].name.as_str(), u.figures[0].value), ("U", 1.0));
}

/// EKC: 3, 4 of four at home are known (yes, yes, yes); WT: 1 of 3.
#[test]
fn shares_of_groups() {
    let home = [("outcome", "home"), ("by", "arm")];
    let difference = run("risk_difference", &home);
    assert!((value(&difference.estimates[0]) - (1.0 - 1.0 / 3.0)).abs() < 1e-12);
    let shares = run("proportion", &home);
    let shares: Vec<f64> = shares.estimates.iter().map(value).collect();
    assert!(
        (shares[0] - 1.0 / 3.0).abs() < 1e-12 && (shares[1] - 1.0).abs() < 1e-12,
        "{shares:?}"
    );
    let away = run(
        "risk_difference",
        &[("outcome", "home"), ("by", "arm"), ("event", "no")],
    );
    assert!((value(&away.estimates[0]) + (1.0 - 1.0 / 3.0)).abs() < 1e-12);
    let needed = run("number_needed_to_treat", &home);
    assert!(
        needed.notes[0].contains(": 1.5 to benefit"),
        "{:?}",
        needed.notes
    );
}

/// WT: 18 problems in 4 weeks; EKC: 9 in 3. The ratio is 3 / 4.5.
#[test]
fn rates_of_groups() {
    let fields = [("events", "problems"), ("exposure", "weeks"), ("by", "arm")];
    assert!((value(&run("rate_ratio", &fields).estimates[0]) - 2.0 / 3.0).abs() < 1e-12);
    assert!((value(&run("rate_difference", &fields).estimates[0]) + 1.5).abs() < 1e-12);
}

/// Seven pairs: changes −1, 0, −2, −3, −3, −2, 0 have the mean −11/7.
#[test]
fn pairs() {
    let fields = [("before", "before"), ("after", "problems")];
    let change = run("mean_change", &fields);
    assert!((value(&change.estimates[0]) + 11.0 / 7.0).abs() < 1e-12);
    assert_eq!(change.estimates[0].sample.omitted, 1);
}

/// Complete pairs: WT 7→6, 8→8, 6→4 with the mean change −1; EKC 6→3, 8→5, 3→1 with −8/3. The groups
/// begin 17/3 − 7 apart; they keep (9/3)/(17/3) and (18/3)/(21/3) of what they had.
#[test]
fn one_table_read_in_three_ways() {
    let fields = [
        ("before", "before"),
        ("after", "problems"),
        ("by", "arm"),
        ("reliability", "0.75"),
    ];
    let found = run("lords_paradox", &fields);
    let labels: Vec<&str> = found.estimates.iter().map(|e| e.label.as_str()).collect();
    assert_eq!(labels, ["change scores", "ANCOVA", "ratio of rates"]);
    let values: Vec<f64> = found.estimates.iter().map(value).collect();
    assert!((values[0] + 5.0 / 3.0).abs() < 1e-12, "{values:?}");
    let ratio = (9.0 / 17.0) / (18.0 / 21.0);
    assert!((values[2] - ratio).abs() < 1e-7, "{values:?}");
    let ancova = kring::analysis::lm(
        &table(),
        "problems ~ before + arm",
        &kring::formula::DesignOptions::default(),
        &kring::stats::lm::Lm::default(),
    )
    .unwrap();
    assert!(
        (values[1] - value(&ancova.estimates[2])).abs() < 1e-10,
        "{values:?}"
    );
    let figure = |name: &str| found.figures.iter().find(|f| f.name == name).unwrap().value;
    assert!((figure("difference_at_the_start") + 4.0 / 3.0).abs() < 1e-12);
    assert!((figure("regression_to_the_mean") - 1.0 / 3.0).abs() < 1e-12);
    assert_eq!(found.estimates[0].sample.omitted, 2);
    let off = [
        ("before", "before"),
        ("after", "problems"),
        ("by", "arm"),
        ("reliability", "7"),
    ];
    assert!(refused("lords_paradox", &off).contains("expected a share from 0 to 1, found 7"));
}

/// The same as the estimator gives: a linear model is a Gaussian one.
#[test]
fn a_gaussian_model_is_the_linear_model() {
    let fields = [("formula", "problems ~ before + arm")];
    let answer = run("glm", &fields);
    let linear = kring::analysis::lm(
        &table(),
        "problems ~ before + arm",
        &kring::formula::DesignOptions::default(),
        &kring::stats::lm::Lm::default(),
    )
    .unwrap();
    for (ours, theirs) in answer.estimates.iter().zip(&linear.estimates) {
        assert_eq!(ours.label, theirs.label);
        assert!((value(ours) - value(theirs)).abs() < 1e-9);
        let errors = (ours.std_error.unwrap(), theirs.std_error.unwrap());
        assert!((errors.0 - errors.1).abs() < 1e-9, "{errors:?}");
    }
    // Averaged over all rows the difference of the arms is the coefficient itself.
    let marginal = run(
        "marginal_effect",
        &[("formula", "problems ~ before + arm"), ("by", "arm")],
    );
    let difference = &marginal.estimates[2];
    assert!(
        (value(difference) - value(&linear.estimates[2])).abs() < 1e-9,
        "{difference:?}"
    );
}

/// With a bootstrap the estimates are the same; errors and intervals come from the draws.
#[test]
fn marginal_effects_by_bootstrap() {
    let fields = [
        ("formula", "problems ~ before + arm"),
        ("by", "arm"),
        ("strata", "arm"),
        (
            "bootstrap",
            "{ seed = 2011, replicates = 99, interval = 'percentile' }",
        ),
    ];
    let (delta, drawn) = (
        run("marginal_effect", &fields[..2]),
        run("marginal_effect", &fields),
    );
    for (delta, drawn) in delta.estimates.iter().zip(&drawn.estimates) {
        assert_eq!(delta.label, drawn.label);
        assert!((value(delta) - value(drawn)).abs() < 1e-9);
        assert!(
            drawn.method.contains("99 replicates, seed 2011"),
            "{}",
            drawn.method
        );
        assert!(drawn.std_error.unwrap() > 0.0 && drawn.p_value.is_none());
    }
    assert_eq!(drawn.estimates, run("marginal_effect", &fields).estimates);
}

#[test]
fn what_is_wrong_is_told() {
    let cases: [(&str, Fields<'_>, &str); 9] = [
        (
            "man_whitney",
            &BY_ARM,
            "there is no such method; did you mean `mann_whitney`?",
        ),
        (
            "mann_whitney",
            &[("outcome", "problems")],
            "missing field `by`",
        ),
        (
            "mann_whitney",
            &[("outcome", "problems"), ("by", "arm"), ("event", "x")],
            "unknown field `event`",
        ),
        (
            "mann_whitney",
            &[("outcome", "problem"), ("by", "arm")],
            "did you mean `problems`?",
        ),
        (
            "mean_difference",
            &[("outcome", "home"), ("by", "arm")],
            "home",
        ),
        (
            "mean_difference",
            &[("outcome", "problems"), ("by", "before")],
            "it compares two groups, but `before` has 6",
        ),
        (
            "risk_difference",
            &[("outcome", "problems"), ("by", "arm")],
            "expected 0 and 1, found 6",
        ),
        (
            "risk_difference",
            &[("outcome", "home"), ("by", "arm"), ("event", "yess")],
            "did you mean `yes`?",
        ),
        ("equivalence", &BY_ARM, "missing field `options`"),
    ];
    for (kind, fields, expected) in cases {
        let said = refused(kind, fields);
        assert!(said.contains(expected), "{kind}: {said}");
    }
}

/// Every name on the list is the name of a method, and none is missing.
#[test]
fn the_list_has_every_method() {
    for kind in Method::KINDS {
        let error = Method::named(kind, &[]).unwrap_err().to_string();
        assert!(!error.contains("unknown variant"), "{kind}: {error}");
    }
    let unknown = serde_json::from_str::<Method>(r#"{"nothing": {}}"#)
        .unwrap_err()
        .to_string();
    let known = unknown.matches('`').count() / 2 - 1;
    assert_eq!(known, Method::KINDS.len(), "{unknown}");
    let method = Method::named("mann_whitney", &BY_ARM).unwrap();
    assert_eq!(method.kind(), "mann_whitney");
    assert_eq!(method.by().as_deref(), Some("arm"));
}
