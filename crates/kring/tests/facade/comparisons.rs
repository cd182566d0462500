//! Which comparison is chosen, by what, and what it says.

use kring::arms::of_arms;
use kring::cohort::Level;
use kring::compare::{ByChance, Compare, CompareResult, Scale, at, with_reference};
use kring::core::{Boundary, Caution, Column, Estimate, Measure, Table, Value};

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
    assert_eq!(labels, ["1 − 0"]);
    // The spread of the counts stays beside their ratio.
    let shape = &run(&count).answer.estimates[1];
    assert_eq!(
        (&shape.measure, shape.label.as_str()),
        (&Measure::Dispersion, "θ (1, 0)")
    );
    let adjusted = &run(&adjusted).answer.estimates[0];
    assert_eq!(adjusted.measure, Measure::MeanDifference { unit: None });
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
    let months = at(&table(), "months", &["3"]).unwrap();
    assert_eq!(months.rows(), 1);
    assert!(
        at(&table(), "months", &["4"])
            .unwrap_err()
            .to_string()
            .contains("no such level")
    );
    let turned = with_reference(&table(), "arm", "1").unwrap();
    let found = compare("problems").run(&turned).unwrap();
    assert_eq!(found.answer.estimates[0].label, "0 − 1");
}

fn with(columns: &[(&str, &[f64])]) -> Table {
    let column = |(name, values): &(&str, &[f64])| {
        let values = values.iter().map(|x| (!x.is_nan()).then_some(*x)).collect();
        Column::numeric(*name, values).unwrap()
    };
    Table::new(columns.iter().map(column).collect()).unwrap()
}

fn says(estimate: &Estimate, what: &str) -> bool {
    let said = estimate.cautions.iter().map(Caution::sentence);
    said.into_iter().any(|sentence| sentence.contains(what))
}

const TWO_ARMS: &[f64] = &[0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0];

/// Nobody of arm 0 has any, 7 in arm 1: the ratio is infinite, and the lower end of its exact interval is
/// that of 7 of 7 with the share ½ of the time: p = (α/2)^(1/7), p / (1 − p).
#[test]
fn where_an_arm_has_none_the_exact_ratio_answers() {
    let table = with(&[
        ("problems", &[0.0, 0.0, 0.0, 0.0, 1.0, 2.0, 3.0, 1.0]),
        ("arm", TWO_ARMS),
    ]);
    let count = Compare {
        scale: Some(Scale::Count),
        ..compare("problems")
    };
    let found = count.run(&table).unwrap();
    assert_eq!(found.method, "exact ratio of two rates");
    let ratio = &found.answer.estimates[0];
    assert_eq!(ratio.value, Value::AtBoundary(Boundary::Infinite));
    let share = 0.025_f64.powf(1.0 / 7.0);
    let low = ratio.natural_interval().unwrap().low.unwrap();
    assert!((low - share / (1.0 - share)).abs() < 1e-9, "{low}");
    assert!(says(ratio, "Poisson"));
    // With a first measurement there is no such ratio: the advice is one that can be followed.
    let adjusted = Compare {
        baseline: Some("before".to_owned()),
        ..count.clone()
    };
    let before: &[f64] = &[3.0, 4.0, 5.0, 4.0, 6.0, 5.0, 4.0, 3.0];
    let both = with(&[
        ("problems", &[0.0, 0.0, 0.0, 0.0, 1.0, 2.0, 3.0, 1.0]),
        ("before", before),
        ("arm", TWO_ARMS),
    ]);
    let said = adjusted.run(&both).unwrap_err().to_string();
    assert!(said.contains("compare without a baseline"), "{said}");
    let none = with(&[("problems", &[0.0; 8]), ("arm", TWO_ARMS)]);
    let said = count.run(&none).unwrap_err().to_string();
    assert!(said.contains("nobody in any arm has one"), "{said}");
}

/// Twelve families in three arms of four.
fn three_arms() -> Table {
    let table = with(&[
        (
            "problems",
            &[6.0, 8.0, 4.0, 7.0, 5.0, 9.0, 3.0, 5.0, 1.0, 4.0, 2.0, 6.0],
        ),
        (
            "before",
            &[7.0, 8.0, 6.0, 7.0, 6.0, 9.0, 6.0, 8.0, 5.0, 6.0, 4.0, 7.0],
        ),
        (
            "home",
            &[0.0, 1.0, 0.0, 0.0, 1.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0, 1.0],
        ),
        (
            "team",
            &[1.0, 1.0, 2.0, 2.0, 3.0, 3.0, 4.0, 4.0, 5.0, 5.0, 6.0, 6.0],
        ),
        (
            "arm",
            &[0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0, 2.0, 2.0, 2.0, 2.0],
        ),
    ]);
    let grades = [0, 1, 2, 1, 0, 1, 2, 2, 1, 2, 0, 2].map(Some).to_vec();
    let levels = ["low", "middle", "high"];
    let grade = Column::factor("grade", levels, grades.clone()).unwrap();
    let care = Column::factor("care", levels, grades).unwrap();
    let more = [grade.ordered(), care];
    Table::new(table.columns().iter().cloned().chain(more).collect()).unwrap()
}

/// One rule for every outcome: a joint test, then three pairs, adjusted.
#[test]
fn three_arms_have_one_rule_whatever_the_outcome() {
    let table = three_arms();
    let count = Compare {
        scale: Some(Scale::Count),
        ..compare("problems")
    };
    let adjusted = |compare: Compare| Compare {
        baseline: Some("before".to_owned()),
        ..compare
    };
    let clustered = |compare: Compare| Compare {
        cluster: Some("team".to_owned()),
        ..compare
    };
    let cases = [
        compare("problems"),
        adjusted(compare("problems")),
        clustered(compare("problems")),
        count.clone(),
        adjusted(count),
        compare("home"),
        compare("grade"),
        compare("care"),
    ];
    for asked in cases {
        let found = asked
            .run(&table)
            .unwrap_or_else(|error| panic!("{asked:?}: {error}"));
        assert!(
            found.method.contains("; of each pair of arms "),
            "{}",
            found.method
        );
        assert!(
            found.why.contains("Holm's method for 3 pairs"),
            "{}",
            found.why
        );
        assert!(!found.answer.tests.is_empty(), "{}", found.method);
        if found.scale == Scale::Nominal {
            continue;
        }
        let labels: Vec<&str> = found
            .answer
            .estimates
            .iter()
            .map(|e| e.label.as_str())
            .collect();
        for [other, reference] in [["1", "0"], ["2", "0"], ["2", "1"]] {
            let pair = |sign: &str| format!("{other} {sign} {reference}");
            let named = [pair("−"), pair("/"), pair(">")];
            let there = |label: &&str| named.iter().any(|name| label.contains(name.as_str()));
            assert!(labels.iter().any(there), "{}: {labels:?}", found.method);
        }
        assert!(
            found.answer.estimates.iter().any(|e| says(e, "Holm")),
            "{}",
            found.method
        );
    }
}

/// The pairs are Welch's tests of two arms each, and their p-values Holm's.
#[test]
fn pairs_are_what_two_arms_are_and_p_is_holms() {
    let table = three_arms();
    let found = compare("problems").run(&table).unwrap();
    let of_pair = |label: &str| {
        let mut same = found.answer.estimates.iter().filter(|e| e.label == label);
        same.find(|e| matches!(e.measure, Measure::MeanDifference { .. }))
            .unwrap()
    };
    let two = with(&[
        ("problems", &[6.0, 8.0, 4.0, 7.0, 5.0, 9.0, 3.0, 5.0]),
        ("arm", TWO_ARMS),
    ]);
    let alone = compare("problems").run(&two).unwrap();
    let alone = &alone.answer.estimates[0];
    assert_eq!(of_pair("1 − 0").value, alone.value);
    assert_eq!(of_pair("1 − 0").interval, alone.interval);
    // groups.R: pairwise.t.test(problems, arm, pool.sd = FALSE).
    for (label, p) in [
        ("1 − 0", 0.641_704_671_799_448),
        ("2 − 0", 0.236_205_868_821_628),
        ("2 − 1", 0.457_982_397_256_057),
    ] {
        let ours = of_pair(label).p_value.unwrap();
        assert!((ours - p).abs() < 1e-12, "{label}: {ours}");
    }
}

#[test]
fn rows_of_the_same_families_and_codes_are_noticed() {
    let family = [1.0, 1.0, 2.0, 2.0, 3.0, 3.0, 4.0, 4.0];
    let wave = [1.0, 2.0, 1.0, 2.0, 1.0, 2.0, 1.0, 2.0];
    let long = with(&[
        ("family", &family),
        ("wave", &wave),
        ("problems", &[6.0, 5.0, 8.0, 4.0, 3.0, 2.0, 5.0, 99.0]),
        ("arm", TWO_ARMS),
    ]);
    let found = compare("problems").run(&long).unwrap();
    let first = &found.answer.estimates[0];
    assert!(says(first, "`wave` tells those of one `family` apart"));
    assert!(says(first, "`problems` has 99 (1 row)"));
    let one = at(&long, "wave", &["1"]).unwrap();
    let found = compare("problems").run(&one).unwrap();
    let first = &found.answer.estimates[0];
    assert!(!says(first, "tells those of one") && !says(first, "99"));
    let clustered = Compare {
        cluster: Some("family".to_owned()),
        ..compare("problems")
    };
    let found = clustered.run(&long).unwrap();
    assert!(!says(&found.answer.estimates[0], "tells those of one"));
}

#[test]
fn a_column_without_values_is_no_binary_one() {
    let empty = with(&[("problems", &[f64::NAN; 8]), ("arm", TWO_ARMS)]);
    let said = compare("problems").run(&empty).unwrap_err().to_string();
    assert!(
        said.contains("column `problems`: nobody has a value"),
        "{said}"
    );
}

/// The doubt about small counts is that of the event that counts: 1 of 4 and 3 of 4 have any.
#[test]
fn small_counts_are_those_of_the_event() {
    let table = with(&[
        ("problems", &[0.0, 0.0, 0.0, 2.0, 1.0, 5.0, 0.0, 3.0]),
        ("arm", TWO_ARMS),
    ]);
    let none = Compare {
        event: Some("0".to_owned()),
        ..compare("problems")
    };
    let found = none.run(&table).unwrap();
    assert!(says(
        &found.answer.estimates[0],
        "4 of 4 cells expect fewer than 5"
    ));
}

/// Arm 0 has 6, 8, 4, 7 and arm 1 has 5, 9, 3, 5: means 25/4 and 22/4, medians 6.5 and 5.
#[test]
fn what_was_seen_in_each_arm_stands_beside_the_test() {
    let two = of_arms(&three_arms(), "arm", &["1", "0"].map(Level::named)).unwrap();
    assert_eq!(
        two.left_out().as_deref(),
        Some("Left out, being in none of the arms asked for: 4 rows of arm 2.")
    );
    let found = compare("problems").run(&two.table).unwrap();
    assert_eq!(found.answer.estimates[0].label, "0 − 1");
    let seen: Vec<_> = found
        .figures
        .iter()
        .map(|summary| {
            let numbers = summary.numbers().unwrap();
            (summary.of(), summary.n, numbers.mean, numbers.median)
        })
        .collect();
    assert_eq!(
        seen,
        [
            ("arm 1".to_owned(), 4, Some(5.5), Some(5.0)),
            ("arm 0".to_owned(), 4, Some(6.25), Some(6.5))
        ]
    );
    // Zeros and ones are counted: 3 of 4 in arm 1, 1 of 4 in arm 0.
    let found = compare("home").run(&two.table).unwrap();
    let ones: Vec<_> = found
        .figures
        .iter()
        .map(|seen| seen.level("1").unwrap().n)
        .collect();
    assert_eq!(ones, [3, 1]);
    let unknown = of_arms(&three_arms(), "arm", &["1", "3"].map(Level::named));
    assert!(
        unknown
            .unwrap_err()
            .to_string()
            .contains("arm `3`: `arm` has no such level")
    );
}

#[test]
fn a_level_is_that_of_every_interval() {
    let narrow = Compare {
        level: 0.5,
        ..compare("problems")
    };
    let adjusted = Compare {
        baseline: Some("before".to_owned()),
        ..narrow.clone()
    };
    let home = Compare {
        outcome: "home".to_owned(),
        ..narrow.clone()
    };
    let count = Compare {
        scale: Some(Scale::Count),
        ..narrow.clone()
    };
    for asked in [narrow, adjusted, home, count] {
        for estimate in run(&asked).answer.estimates {
            assert!(
                estimate.interval.is_none_or(|i| i.level == 0.5),
                "{estimate:?}"
            );
        }
    }
}

#[test]
fn a_declared_count_is_one_and_names_of_rows_are_no_outcome() {
    let table = table();
    let columns = table
        .columns()
        .iter()
        .cloned()
        .map(|column| match column.name.as_str() {
            "problems" => column.counted(),
            _ => column,
        });
    let declared = Table::new(columns.collect()).unwrap();
    let found = compare("problems").run(&declared).unwrap();
    assert_eq!(found.scale, Scale::Count);
    assert!(
        found.why.contains("declared to be a count"),
        "{}",
        found.why
    );

    let names: Vec<String> = (0..12).map(|row| format!("family {row}")).collect();
    let codes = (0..12).map(Some).collect();
    let named = Column::factor("family", names, codes).unwrap();
    let columns = table.columns().iter().cloned().chain([named]).collect();
    let said = compare("family")
        .run(&Table::new(columns).unwrap())
        .unwrap_err()
        .to_string();
    assert!(said.contains("12 different values in 12 rows"), "{said}");
}

#[test]
fn arms_that_are_empty_or_alone_are_told() {
    let of = |arm: &[f64]| {
        let table = with(&[("problems", &[1.0, 2.0, 3.0, 4.0]), ("arm", arm)]);
        compare("problems").run(&table).unwrap_err().to_string()
    };
    let empty = of(&[f64::NAN; 4]);
    assert!(
        empty.contains("column `arm`: nobody has a value there"),
        "{empty}"
    );
    let alone = of(&[1.0; 4]);
    assert!(
        alone.contains("there is `1` alone, and a comparison needs two"),
        "{alone}"
    );
}

#[test]
fn levels_that_look_alike_are_named() {
    let codes = [0, 0, 1, 1, 2, 2].map(Some).to_vec();
    let table = Table::new(vec![
        Column::factor("arm", ["EKC", "WT", "ekc "], codes).unwrap(),
        Column::numeric(
            "problems",
            [1.0, 2.0, 3.0, 5.0, 8.0, 9.0].map(Some).to_vec(),
        )
        .unwrap(),
    ]);
    let found = compare("problems").run(&table.unwrap()).unwrap();
    assert!(says(
        &found.answer.estimates[0],
        "`EKC` (2 rows), `ekc ` (2 rows)"
    ));
}

/// The level that counts is the same with a first measurement as without one, wherever it stands.
#[test]
fn a_model_counts_the_event_that_is_asked_for() {
    let codes = [0, 1, 1, 0, 0, 1, 0, 0].map(Some).to_vec();
    let before = [1.0, 2.0, 3.0, 4.0, 2.0, 1.0, 4.0, 3.0];
    let table = |levels: [&str; 2]| {
        let mut columns = with(&[("before", &before), ("arm", TWO_ARMS)])
            .columns()
            .to_vec();
        columns.push(Column::factor("involved", levels, codes.clone()).unwrap());
        Table::new(columns).unwrap()
    };
    let risk = |levels: [&str; 2], event: Option<&str>| {
        let asked = Compare {
            event: event.map(str::to_owned),
            baseline: Some("before".to_owned()),
            ..compare("involved")
        };
        let found = asked.run(&table(levels)).unwrap();
        let mut all = found.answer.estimates.iter();
        let difference = all.find(|e| e.measure == Measure::RiskDifference).unwrap();
        difference.value.finite().unwrap()
    };
    let ja = risk(["nee", "ja"], None);
    assert!(ja.abs() > 0.01);
    assert!((risk(["nee", "ja"], Some("nee")) + ja).abs() < 1e-9);
    // The same people with the other level first.
    assert!((risk(["ja", "nee"], Some("ja")) - risk(["ja", "nee"], None)).abs() < 1e-9);
    assert!((risk(["ja", "nee"], None) + ja).abs() < 1e-9);
}

/// Five families of which one left after the first wave: nine rows that still repeat.
#[test]
fn rows_repeat_where_families_left() {
    let table = with(&[
        ("family", &[1.0, 1.0, 2.0, 2.0, 3.0, 3.0, 4.0, 4.0, 5.0]),
        ("wave", &[1.0, 2.0, 1.0, 2.0, 1.0, 2.0, 1.0, 2.0, 1.0]),
        ("arm", &[0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0, 1.0]),
        ("problems", &[6.0, 4.0, 7.0, 7.0, 5.0, 2.0, 8.0, 3.0, 4.0]),
    ]);
    let found = kring::repeats::repeated(&table, "arm", &["problems"]).unwrap();
    assert_eq!(
        (found.subject.as_str(), found.wave.as_str()),
        ("family", "wave")
    );
}
