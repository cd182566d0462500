//! Which comparison is chosen, by what, and what it says.

use kring::compare::{ByChance, Compare, CompareResult, Scale, at, with_reference};
use kring::core::{Caution, Column, Table};

/// Twelve families in two arms, numbered as in many files.
fn table() -> Table {
    let numbers = |values: [u32; 12]| values.map(|x| Some(f64::from(x))).to_vec();
    let grades = [0, 1, 2, 1, 0, 1, 2, 2, 1, 2, 0, 2].map(Some).to_vec();
    let grade = Column::factor("grade", ["low", "middle", "high"], grades.clone()).unwrap();
    Table::new(vec![
        Column::numeric("problems", numbers([6, 8, 4, 7, 5, 9, 3, 5, 1, 4, 2, 6])).unwrap(),
        Column::numeric("before", numbers([7, 8, 6, 7, 6, 9, 6, 8, 5, 6, 4, 7])).unwrap(),
        Column::numeric("months", numbers([6, 6, 6, 6, 6, 6, 3, 6, 6, 6, 6, 6])).unwrap(),
        Column::numeric("team", numbers([1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6])).unwrap(),
        Column::numeric("arm", numbers([0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1])).unwrap(),
        Column::factor(
            "home",
            ["no", "yes"],
            [0, 1, 0, 0, 1, 0, 1, 1, 0, 1, 1, 1].map(Some).to_vec(),
        )
        .unwrap(),
        Column::factor("care", ["low", "middle", "high"], grades).unwrap(),
        grade.ordered(),
    ])
    .unwrap()
}

fn compare(outcome: &str) -> Compare {
    Compare {
        outcome: outcome.to_owned(),
        arm: "arm".to_owned(),
        ..Compare::default()
    }
}

fn run(compare: &Compare) -> CompareResult {
    compare.run(&table()).unwrap()
}

#[test]
fn the_method_follows_from_scale_and_design() {
    let count = Compare {
        scale: Some(Scale::Count),
        ..compare("problems")
    };
    let adjusted = Compare {
        baseline: Some("before".to_owned()),
        ..compare("problems")
    };
    let clustered = Compare {
        cluster: Some("team".to_owned()),
        ..compare("problems")
    };
    let exposed = Compare {
        exposure: Some("months".to_owned()),
        ..count.clone()
    };
    let binary = Compare {
        cluster: Some("team".to_owned()),
        ..compare("home")
    };
    let cases = [
        (compare("problems"), "Welch's t test, with Hedges' g", 2),
        (adjusted, "ANCOVA with HC3 errors", 1),
        (
            clustered,
            "difference of means with errors by cluster (CR2)",
            1,
        ),
        (count, "ratio of rates by negative binomial regression", 1),
        (exposed, "ratio of rates by negative binomial regression", 1),
        (
            compare("home"),
            "risk difference (Newcombe's interval), risk ratio and odds ratio",
            3,
        ),
        (binary, "standardised risks from logistic regression", 1),
        (compare("grade"), "probability of superiority", 1),
        (compare("care"), "Pearson's χ² test, with Cramér's V", 2),
    ];
    for (asked, method, methods) in cases {
        let found = run(&asked);
        assert_eq!(
            (found.method.as_str(), found.methods_run),
            (method, methods)
        );
        assert!(
            !found.why.is_empty() && !found.alternatives.is_empty(),
            "{method}"
        );
        assert!(!found.answer.estimates.is_empty(), "{method}");
    }
}

/// The means are 39/6 and 21/6.
#[test]
fn the_first_estimate_answers_and_says_what_was_not_by_chance() {
    let found = run(&compare("problems"));
    let first = &found.answer.estimates[0];
    assert_eq!(first.label, "1 − 0");
    assert!((first.value.finite().unwrap() + 3.0).abs() < 1e-12);
    let said = |c: &Caution| c.sentence().starts_with("Nobody says");
    assert!(first.cautions.iter().any(said));
    let selected = Compare {
        allocation: ByChance::NotRandomised,
        ..compare("problems")
    };
    assert!(
        run(&selected).answer.estimates[0]
            .cautions
            .contains(&Caution::NotRandomised)
    );
    let randomised = Compare {
        allocation: ByChance::Randomised,
        ..compare("problems")
    };
    let found = run(&randomised);
    assert!(
        found.answer.estimates.iter().all(|e| e.cautions.is_empty()),
        "{found:?}"
    );
}

/// 21 problems in 6 families against 39 in 6: without anything else the ratio of rates is 21/39.
#[test]
fn of_a_model_only_the_arms_are_shown() {
    let count = Compare {
        scale: Some(Scale::Count),
        ..compare("problems")
    };
    let found = run(&count);
    let ratio = found.answer.estimates[0].value.finite().unwrap();
    assert!((ratio - (21.0_f64 / 39.0).ln()).abs() < 1e-8, "{ratio}");
    let adjusted = Compare {
        baseline: Some("before".to_owned()),
        ..compare("problems")
    };
    let labels: Vec<String> = run(&adjusted)
        .answer
        .estimates
        .into_iter()
        .map(|e| e.label)
        .collect();
    assert_eq!(labels, ["arm1"]);
}

#[test]
fn what_says_nothing_is_refused() {
    let refused = |compare: Compare| compare.run(&table()).unwrap_err().to_string();
    let event = Compare {
        event: Some("yes".to_owned()),
        ..compare("problems")
    };
    assert!(refused(event).contains("its values are numbers; so must `event` be"));
    let itself = Compare {
        outcome: "arm".to_owned(),
        ..compare("problems")
    };
    assert!(refused(itself).contains("the column of the arms itself"));
    let exposure = Compare {
        exposure: Some("months".to_owned()),
        ..compare("problems")
    };
    assert!(refused(exposure).contains("declare the scale count"));
    let nominal = Compare {
        baseline: Some("before".to_owned()),
        ..compare("care")
    };
    assert!(refused(nominal).contains("nominal"));
    let both = Compare {
        scale: Some(Scale::Count),
        baseline: Some("before".to_owned()),
        exposure: Some("months".to_owned()),
        ..compare("problems")
    };
    assert!(refused(both).contains("give one of the two"));
    assert!(refused(compare("problem")).contains("did you mean `problems`?"));
}

#[test]
fn a_wave_and_a_reference_are_chosen_by_their_names() {
    let months = at(&table(), "months", "3").unwrap();
    assert_eq!(months.rows(), 1);
    assert!(
        at(&table(), "months", "4")
            .unwrap_err()
            .to_string()
            .contains("no such level")
    );
    let turned = with_reference(&table(), "arm", "1").unwrap();
    let found = compare("problems").run(&turned).unwrap();
    assert_eq!(found.answer.estimates[0].label, "0 − 1");
}
