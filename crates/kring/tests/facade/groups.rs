//! Groups side by side: baseline tables, attrition, patterns and bounds. Figures of R are those of
//! groups.R in this folder.

use std::fmt::Write;

use kring::Error;
use kring::attrition::{
    Attrition, OutcomeBounds, bounds, missing_patterns, outcome_at, wave_patterns,
};
use kring::baseline::{Baseline, Overall, Tests};
use kring::cohort::{
    Cohort, Level, ReadOptions, Roles, VariableKind, VariableSpec, Wave, Wide, read,
};
use kring::core::{
    BaselineTable, Boundary, Caution, Column, Pairs, Shown, Table, TwoLevels, Value,
};
use kring::method::Method;
use kring::report::{
    Content, Ink, Style, fragment, table_csv, table_latex, table_markdown, table_text,
};
use kring::stats::balance::Denominator;
use kring::stats::bounds::Bounds;

fn close(ours: Option<f64>, truth: f64) {
    let ours = ours.unwrap();
    assert!(
        (ours - truth).abs() < 1e-12 * truth.abs().max(1.0),
        "{ours} against {truth}"
    );
}

fn study(file: &str, roles: &Roles) -> Cohort {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../datasets/studies/");
    let file = std::path::PathBuf::from(format!("{folder}{file}"));
    Cohort::new(read(&file, &ReadOptions::default()).unwrap(), roles).unwrap()
}

/// The Enschede fireworks trial; E is the reference.
fn fireworks() -> Cohort {
    let level = |name: &str, label: &str| Level {
        name: name.into(),
        label: Some(label.into()),
        ..Level::default()
    };
    let sex = VariableSpec {
        label: Some("Sex".into()),
        kind: Some(VariableKind::Nominal),
        levels: vec![level("M", "boy"), level("F", "girl")],
        ..VariableSpec::named("sex")
    };
    let trauma = VariableSpec {
        kind: Some(VariableKind::Ordinal),
        levels: ["1", "2", "3", "4", "5"].map(Level::named).to_vec(),
        ..VariableSpec::named("trauma")
    };
    let roles = Roles {
        subject: Some("id".into()),
        arm: Some("trt".into()),
        arms: vec![level("E", "EMDR"), level("C", "CBT")],
        waves: ["1", "2", "3"].map(Wave::named).to_vec(),
        wide: vec![Wide::pattern("yc", "yc{wave}")],
        variables: vec![sex, trauma],
        ..Roles::default()
    };
    study("deroos-2011/data/fdd.csv", &roles)
}

/// Beat the Blues; treatment as usual is the reference.
fn blues() -> Cohort {
    let roles = Roles {
        subject: Some("id".into()),
        arm: Some("treatment".into()),
        arms: ["TAU", "BtheB"].map(Level::named).to_vec(),
        waves: ["pre", "2m", "4m", "6m", "8m"].map(Wave::named).to_vec(),
        wide: vec![Wide::pattern("bdi", "bdi.{wave}")],
        ..Roles::default()
    };
    study("beat-the-blues/data/btheb.csv", &roles)
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn difference(table: &BaselineTable, place: usize) -> Option<f64> {
    table.variables[place].differences[0].value.finite()
}

#[test]
fn the_arms_of_a_trial_at_the_start_are_rs() {
    let wanted = names(&["age", "yc", "sex", "trauma"]);
    let table = Baseline::default().of(&fireworks(), &wanted).unwrap();
    let groups: Vec<_> = table
        .groups
        .iter()
        .map(|g| (g.label.as_str(), g.n))
        .collect();
    assert_eq!(groups, [("EMDR", 26), ("CBT", 26)]);
    assert_eq!(table.overall.as_ref().map(|all| all.n), Some(52));
    close(difference(&table, 0), -0.065_780_526_110_767_1);
    let interval = table.variables[0].differences[0].interval.unwrap();
    close(interval.low, -0.609_523_721_081_682);
    close(interval.high, 0.477_962_668_860_148);
    // The children's score is that of the first wave; eight are missing in each arm.
    close(difference(&table, 1), -0.117_813_973_191_461);
    let missing: Vec<usize> = table.variables[1]
        .groups
        .iter()
        .map(|s| s.missing)
        .collect();
    assert_eq!(missing, [8, 8]);
    close(difference(&table, 2), -0.233_904_352_675_635);
    close(difference(&table, 3), 0.668_192_274_302_41);
    let trauma = table.variables[3].groups[0].level("2").unwrap();
    assert_eq!((trauma.n, trauma.share), (8, Some(8.0 / 23.0)));
    assert_eq!(table.variables[3].shown, Shown::Levels);
    assert!(
        table.variables.iter().all(|v| v.test.is_none()),
        "tests were not asked for"
    );
    assert!(table.cautions.is_empty());
}

#[test]
fn tests_are_made_on_request_and_say_what_they_do_not_answer() {
    let options = Baseline {
        tests: Tests::OnRequest,
        ..Baseline::default()
    };
    let table = options.of(&fireworks(), &names(&["age", "sex"])).unwrap();
    let p = |place: usize| table.variables[place].test.as_ref().unwrap().p_value;
    close(p(0), 0.813_490_663_057_251);
    close(p(1), 0.402_230_101_681_213);
    let said = |cautions: &[Caution]| {
        cautions
            .iter()
            .any(|c| c.sentence().contains("answers no question"))
    };
    assert!(said(&table.cautions));
    assert!(
        table
            .variables
            .iter()
            .all(|v| said(&v.test.as_ref().unwrap().cautions))
    );
    let text = table_text(
        &Content::Baseline(table),
        Style {
            ink: Ink::Plain,
            width: 100,
        },
    );
    assert!(
        text.contains("answers no question") && text.contains("Welch's t test"),
        "{text}"
    );
}

#[test]
fn three_arms_are_compared_pair_by_pair() {
    let codes = [0, 0, 0, 1, 1, 1, 2, 2, 2].map(Some).to_vec();
    let x = [1.0, 2.0, 3.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]
        .map(Some)
        .to_vec();
    let table = Table::new(vec![
        Column::factor("arm", ["a", "b", "c"], codes).unwrap(),
        Column::numeric("x", x).unwrap(),
    ]);
    let table = table.unwrap();
    let of = |options: Baseline| options.table(&table, "arm", &["x"]).unwrap();
    let shown = of(Baseline::default());
    // All variances are one: b − a = 1, c − a = 4, c − b = 3.
    let pairs: Vec<(&str, Option<f64>)> = shown.variables[0]
        .differences
        .iter()
        .map(|d| (d.label.as_str(), d.value.finite()))
        .collect();
    assert_eq!(
        pairs,
        [
            ("b − a", Some(1.0)),
            ("c − a", Some(4.0)),
            ("c − b", Some(3.0))
        ]
    );
    assert_eq!(
        shown.variables[0].difference(Pairs::Largest),
        Some(Value::Value(4.0))
    );
    assert_eq!(
        shown.variables[0].difference(Pairs::Average),
        Some(Value::Value(8.0 / 3.0))
    );
    assert!(shown.notes[0].contains("the largest absolute difference of any two groups"));
    let tested = of(Baseline {
        tests: Tests::OnRequest,
        pairs: Pairs::Average,
        ..Baseline::default()
    });
    let test = tested.variables[0].test.as_ref().unwrap();
    assert_eq!(test.method, "F test of equal means with HC3 errors");
    // Means 2, 3, 6 with three values and variance 1 each: HC3 has residuals −1, 0, 1 over 1 − 1/3,
    // so that each mean has the variance 2 · (3/2)²/9 = ½. F = Σ(m − 11/3)²/½/2 = 26/3.
    assert!((test.statistic.unwrap() - 26.0 / 3.0).abs() < 1e-12);
    // All nine have the mean 33/9 and the variance (153 − 121)/8 = 4; (1 + 4 + 3)/3 = 2.67, and F(2, 6) of
    // 26/3 leaves (1 + 2 · (26/3)/6)⁻³ = .017.
    let markdown = table_markdown(&Content::Baseline(tested));
    let row = "| x | 2.00 (1.00) | 3.00 (1.00) | 6.00 (1.00) | 3.67 (2.00) | 2.67<sup>a</sup> | .017<sup>b,c</sup> |";
    assert!(markdown.contains(row), "{markdown}");
}

#[test]
fn hard_conditions_are_said_and_not_hidden() {
    let arm = [Some(0), Some(0), Some(1), Some(1), None].to_vec();
    let table = Table::new(vec![
        Column::factor("arm", ["WT", "EKC", "nobody"], arm)
            .unwrap()
            .with_label("Arm"),
        Column::numeric("same", vec![Some(3.0); 5]).unwrap(),
        Column::numeric("apart", [1.0, 1.0, 2.0, 2.0, 9.0].map(Some).to_vec()).unwrap(),
        Column::numeric("gone", vec![None; 5]).unwrap(),
        Column::factor("order", ["no", "yes"], [0, 0, 1, 1, 1].map(Some).to_vec()).unwrap(),
        Column::factor("none", ["x"], vec![None; 5]).unwrap(),
    ]);
    let table = table.unwrap();
    let all = ["same", "apart", "gone", "order", "none"];
    let shown = Baseline::default().table(&table, "arm", &all).unwrap();
    assert_eq!(shown.notes[1], "Arm: 1 has no value and is in no column.");
    let why = |place: usize| shown.variables[place].undefined.clone().unwrap();
    assert_eq!(
        why(0),
        "same: the variable in WT and EKC is constant, so the standardised difference has no error \
         to measure differences by."
    );
    assert_eq!(
        shown.variables[1].differences[0].value,
        Value::AtBoundary(Boundary::Infinite)
    );
    assert!(
        why(2).contains("at least 2 values in group WT, but there are 0"),
        "{}",
        why(2)
    );
    assert_eq!(
        shown.variables[3].differences[0].value,
        Value::AtBoundary(Boundary::Infinite)
    );
    assert!(why(4).contains("there are 0"), "{}", why(4));
    // Every renderer takes it, and no word of the machine comes out.
    let content = Content::Baseline(shown);
    let style = Style {
        ink: Ink::Plain,
        width: 120,
    };
    let texts = [
        table_text(&content, style),
        table_markdown(&content),
        table_latex(&content),
        table_csv(&content),
        fragment(std::slice::from_ref(&content)).unwrap(),
    ];
    for text in texts {
        for word in ["NaN", "None", "inf ", "Some("] {
            assert!(!text.contains(word), "{word} in {text}");
        }
    }
    let refused = |by: &str, names: &[&str], medians: &[&str]| {
        let options = Baseline {
            medians: medians.iter().map(|m| (*m).to_owned()).collect(),
            ..Baseline::default()
        };
        options.table(&table, by, names).unwrap_err().to_string()
    };
    assert!(refused("arm", &["arm"], &[]).contains("it makes the groups"));
    assert!(refused("arm", &["same"], &["sane"]).contains("did you mean `same`?"));
    assert!(refused("same", &["apart"], &[]).contains("a factor was expected"));
    assert!(refused("arm", &["other"], &[]).contains("there is no column `other`"));
    let wild = Baseline {
        level: 1.0,
        ..Baseline::default()
    };
    let error = wild.table(&table, "arm", &["apart"]).unwrap_err();
    assert!(
        error.to_string().contains("the confidence level is 1"),
        "{error}"
    );
}

/// 1 of 3 and 2 of 3 say ja, whatever the order of the levels.
#[test]
fn of_yes_and_no_yes_is_shown() {
    let of = |levels: [&str; 2], codes: [u32; 6]| {
        let table = Table::new(vec![
            Column::factor("arm", ["WT", "EKC"], [0, 0, 0, 1, 1, 1].map(Some).to_vec()).unwrap(),
            Column::factor("network", levels, codes.map(Some).to_vec()).unwrap(),
        ]);
        let made = Baseline::default().table(&table.unwrap(), "arm", &["network"]);
        let made = made.unwrap();
        let csv = table_csv(&Content::Baseline(made.clone()));
        (csv, difference(&made, 0))
    };
    let (csv, d) = of(["ja", "nee"], [0, 1, 1, 0, 0, 1]);
    assert!(
        csv.contains("network: ja,1 (33.3%),2 (66.7%),3 (50.0%),0.71"),
        "{csv}"
    );
    assert!(d.is_some_and(|d| d > 0.0), "{d:?}");
    assert_eq!(of(["nee", "ja"], [1, 0, 0, 1, 1, 0]), (csv, d));
}

#[test]
fn medians_both_levels_and_another_denominator() {
    let table = Table::new(vec![
        Column::factor("arm", ["WT", "EKC"], [0, 0, 0, 1, 1, 1].map(Some).to_vec()).unwrap(),
        Column::numeric("x", [1.0, 2.0, 3.0, 2.0, 4.0, 6.0].map(Some).to_vec())
            .unwrap()
            .with_unit("problems"),
        Column::factor(
            "sex",
            ["boy", "girl"],
            [0, 0, 1, 1, 1, 0].map(Some).to_vec(),
        )
        .unwrap(),
    ]);
    let table = table.unwrap();
    let options = Baseline {
        medians: vec!["x".into()],
        denominator: Denominator::Treated,
        two_levels: TwoLevels::Both,
        overall: Overall::LeftOut,
        ..Baseline::default()
    };
    let shown = options.table(&table, "arm", &["x", "sex"]).unwrap();
    assert_eq!(shown.variables[0].shown, Shown::MedianQuartiles);
    // Means 2 and 4; the second standard deviation is 2.
    assert_eq!(difference(&shown, 0), Some(1.0));
    assert!(shown.notes[0].contains("the standard deviation of the second group"));
    let csv = table_csv(&Content::Baseline(shown.clone()));
    let lines: Vec<&str> = csv.lines().collect();
    assert_eq!(lines[0], ",WT (n = 3),EKC (n = 3),SMD,95% CI");
    assert!(
        lines[1].starts_with(
            "\"x (problems), median [quartiles]\",\"2 [1.5, 2.5]\",\"4 [3, 5]\",1.00,"
        )
    );
    assert_eq!(lines[3], "  boy,2 (66.7%),1 (33.3%),,");
    assert_eq!(lines[4], "  girl,1 (33.3%),2 (66.7%),,");
    let figures = shown.figures();
    assert_eq!(figures.len(), 2 + 4);
    assert_eq!(figures[1].group.as_deref(), Some("EKC"));
    assert_eq!((figures[1].median, figures[1].count), (Some(4.0), None));
    assert_eq!(
        (figures[3].level.as_deref(), figures[3].count),
        (Some("girl"), Some(1))
    );
    let text = serde_json::to_string(&shown).unwrap();
    assert_eq!(serde_json::from_str::<BaselineTable>(&text).unwrap(), shown);
    let options: Baseline =
        toml::from_str("denominator = \"reference\"\npairs = \"average\"\ntests = \"on_request\"")
            .unwrap();
    assert_eq!(options.denominator, Denominator::Reference);
    assert!(toml::from_str::<Baseline>("denominater = \"reference\"").is_err());
}

#[test]
fn who_left_a_trial_and_how_they_differed_are_rs() {
    let found = Attrition::default()
        .of(&blues(), &names(&["bdi", "drug", "length"]))
        .unwrap();
    assert_eq!(found.definition, "Stayed: bdi was observed at 8m.");
    let left: Vec<(usize, usize)> = found.rates.iter().map(|r| (r.events, r.total)).collect();
    assert_eq!(left, [(48, 100), (23, 48), (25, 52)]);
    let interval = found.rates[1].estimate.as_ref().unwrap().interval.unwrap();
    close(interval.low, 0.344_713_161_769_516);
    close(interval.high, 0.616_707_676_966_572);
    assert_eq!(found.tables.len(), 3);
    assert_eq!(
        found.tables[1].caption,
        "TAU: those who stayed until 8m and those who left"
    );
    close(difference(&found.tables[0], 0), 0.059_169_943_851_045_8);
    for (place, [bdi, drug]) in [
        (1, [0.014_082_655_381_927_6, -0.130_530_978_149_163]),
        (2, [0.094_242_683_524_769_1, -0.065_993_499_960_364_9]),
    ] {
        close(difference(&found.tables[place], 0), bdi);
        close(difference(&found.tables[place], 1), drug);
    }
    assert_eq!(found.content().len(), 5);
    let earlier = Attrition {
        wave: Some("2m".into()),
        ..Attrition::default()
    };
    let found = earlier.of(&blues(), &names(&["bdi"])).unwrap();
    assert_eq!((found.rates[1].events, found.rates[2].events), (3, 0));
    let unknown = Attrition {
        observed: vec!["bdu".into()],
        ..Attrition::default()
    };
    let error = unknown.of(&blues(), &[]).unwrap_err().to_string();
    assert!(error.contains("did you mean `bdi`?"), "{error}");
}

#[test]
fn patterns_of_waves_are_those_in_the_file() {
    let patterns = wave_patterns(&blues(), &["bdi"]).unwrap();
    assert_eq!(patterns.groups, ["TAU", "BtheB"]);
    // As counted in the file: TAU 25 to the end, BtheB 27; dropout is monotone.
    let rows: Vec<(usize, Vec<usize>)> = patterns
        .rows
        .iter()
        .map(|r| (r.missing(), r.counts.clone()))
        .collect();
    assert_eq!(
        rows,
        [
            (0, vec![25, 27]),
            (1, vec![4, 2]),
            (2, vec![7, 8]),
            (3, vec![9, 15]),
            (4, vec![3, 0]),
        ]
    );
    assert_eq!(patterns.columns[4].missing, 48);
    let table = Table::new(vec![
        Column::numeric("a", vec![Some(1.0), None, None]).unwrap(),
        Column::factor("g", ["x"], vec![Some(0), None, Some(0)]).unwrap(),
    ]);
    let patterns = missing_patterns(&table.unwrap(), &["a"], Some("g")).unwrap();
    assert_eq!(patterns.groups, ["x", "(missing)"]);
    assert_eq!(patterns.rows[1].counts, [1, 1]);
}

#[test]
fn the_worst_case_of_a_trial_is_rs() {
    let table = outcome_at(&blues(), "bdi", "8m").unwrap();
    assert_eq!(table.rows(), 100);
    let found = bounds(&table, "bdi", "treatment", &Bounds::worst_case(0.0, 63.0)).unwrap();
    close(found.low.value.finite(), -32.674_679_487_179_5);
    close(found.high.value.finite(), 27.801_282_051_282_1);
    assert_eq!(found.low.sample.omitted, 48);
    let off = bounds(&table, "bdi", "treatment", &Bounds::worst_case(0.0, 10.0)).unwrap_err();
    assert!(matches!(off, Error::Stats(_)));
    let lee = bounds(&table, "bdi", "treatment", &Bounds::monotone()).unwrap();
    let (low, high) = (
        lee.low.value.finite().unwrap(),
        lee.high.value.finite().unwrap(),
    );
    // 27 of 52 and 25 of 48 are known: hardly any difference, so hardly any trimming.
    assert!(
        low <= lee.known && lee.known <= high && high - low < 0.2,
        "{low} {high}"
    );
    let shares = Table::new(vec![
        Column::factor(
            "arm",
            ["WT", "EKC"],
            vec![Some(0), Some(0), Some(1), Some(1), None],
        )
        .unwrap(),
        Column::factor(
            "plan",
            ["no", "yes"],
            vec![Some(0), Some(1), None, Some(1), Some(0)],
        )
        .unwrap(),
    ]);
    // Two known in each arm are the least.
    assert!(
        bounds(
            &shares.unwrap(),
            "plan",
            "arm",
            &Bounds::worst_case(0.0, 1.0)
        )
        .is_err()
    );
}

/// What a reader calls the arms stands in differences and notes too.
#[test]
fn a_baseline_table_goes_by_the_declared_words() {
    let table = Baseline::default()
        .of(&fireworks(), &names(&["age", "sex"]))
        .unwrap();
    assert_eq!(table.variables[0].differences[0].label, "CBT − EMDR");
    assert!(
        table.notes[0].contains("CBT less EMDR"),
        "{:?}",
        table.notes
    );
    assert!(!table.notes[0].contains("Mahalanobis"), "{:?}", table.notes);
    let many = Baseline::default()
        .of(&fireworks(), &names(&["trauma"]))
        .unwrap();
    assert!(many.notes[0].contains("Mahalanobis"), "{:?}", many.notes);
}

/// Numbers and names of people are no characteristics of them; a difference beyond all has a sign.
#[test]
fn a_baseline_table_leaves_out_what_names_the_rows() {
    let numbers = |values: [f64; 6]| values.map(Some).to_vec();
    let people = ["a", "b", "c", "d", "e", "f"];
    let table = Table::new(vec![
        Column::numeric("family", numbers([11.0, 12.0, 13.0, 14.0, 15.0, 16.0])).unwrap(),
        Column::numeric("client_id", numbers([3.0, 9.0, 4.0, 77.0, 15.0, 8.0])).unwrap(),
        Column::factor("who", people, (0..6).map(Some).collect()).unwrap(),
        Column::numeric("age", numbers([31.0, 45.0, 28.0, 36.0, 52.0, 39.0])).unwrap(),
        Column::numeric("plan", numbers([1.0, 1.0, 1.0, 0.0, 0.0, 0.0])).unwrap(),
        Column::numeric("problems", numbers([4.0, 6.0, 3.0, 5.0, 7.0, 999.0])).unwrap(),
        Column::factor("arm", ["WT", "EKC"], [0, 0, 0, 1, 1, 1].map(Some).to_vec()).unwrap(),
    ])
    .unwrap();
    let made = Baseline::default().table(&table, "arm", &[]).unwrap();
    let shown: Vec<&str> = made.variables.iter().map(|v| v.name.as_str()).collect();
    assert_eq!(shown, ["age", "plan", "problems"]);
    let said = made.notes.join(" ");
    for name in ["family", "client_id", "who"] {
        assert!(said.contains(&format!("{name} names the rows")), "{said}");
    }
    assert!(
        made.cautions[0]
            .sentence()
            .contains("`problems` has 999 (1 row)")
    );
    // All of the one and none of the other have a plan, and fewer in the second.
    let plan = &made.variables[1].differences[0];
    assert_eq!(plan.value, Value::AtBoundary(Boundary::Infinite));
    let csv = kring::report::table_csv(&Content::Baseline(made.clone()));
    let row = csv.lines().find(|line| line.starts_with("plan")).unwrap();
    assert!(row.contains(",-∞,"), "{row}");
    assert!(!csv.contains('−'), "{csv}");
    // Whoever asks for it by its name has it.
    let named = Baseline::default()
        .table(&table, "arm", &["client_id"])
        .unwrap();
    assert_eq!(named.variables.len(), 1);
}

/// Bounds come with the interval of the difference itself, and with what the known ones say and the doubt
/// about it; a table of them has no empty columns.
#[test]
fn bounds_say_what_they_are_together() {
    let table = outcome_at(&blues(), "bdi", "8m").unwrap();
    let found = bounds(&table, "bdi", "treatment", &Bounds::worst_case(0.0, 63.0)).unwrap();
    let (low, known) = (found.interval.low.unwrap(), found.known);
    let answer = kring::method::Answer::from(found);
    let seen = format!("difference is −{:.5}", known.abs());
    assert!(answer.notes[1].contains(&seen), "{:?}", answer.notes);
    assert!(
        answer.notes[0].contains(&format!("{:.3}", low.abs())),
        "{:?}",
        answer.notes
    );
    assert!(
        answer.notes[1].contains("Rests on the 52 of 100"),
        "{:?}",
        answer.notes
    );
    let text = kring::report::table_markdown(&answer.content()[0]);
    assert!(!text.contains("Statistic"), "{text}");
}

/// Figures of groups.R.
#[test]
fn who_left_is_regressed_on_how_they_were_as_in_r() {
    let variables = names(&["age", "sex"]);
    let answer = Attrition::default()
        .regression(&fireworks(), &variables)
        .unwrap();
    let labels: Vec<&str> = answer.estimates.iter().map(|e| e.label.as_str()).collect();
    assert_eq!(labels, ["trtC", "age", "sexF", "trtC:age", "trtC:sexF"]);
    let near = |ours: Option<f64>, truth: f64| {
        let ours = ours.unwrap();
        assert!(
            (ours - truth).abs() < 1e-7 * truth.abs().max(1.0),
            "{ours} against {truth}"
        );
    };
    for (place, value, error) in [
        (0, -1.130_392_368_770_17, 0.770_912_787_402_284),
        (1, -0.471_750_029_469_808, 0.132_007_489_593_4),
        (2, 0.394_966_296_448_682, 0.747_420_917_429_525),
    ] {
        near(answer.estimates[place].value.finite(), value);
        near(answer.estimates[place].std_error, error);
    }
    near(answer.estimates[3].value.finite(), -0.063_568_962_317_7);
    near(answer.estimates[4].value.finite(), -0.244_485_230_725_6);
    let [test] = &answer.tests[..] else {
        panic!("{:?}", answer.tests);
    };
    assert_eq!(test.label, "attrition: every interaction with the arm");
    near(test.statistic, 0.090_562_872_889);
    near(test.p_value, 0.955_728_467_157_73);
    assert!(
        answer.notes[0].contains("24 of 52 left"),
        "{:?}",
        answer.notes
    );
}

/// Of four who had it all left, of four who had it not one did: by Firth's penalty a half is added to
/// every cell, so that the odds ratio is (4.5 / 0.5) / (1.5 / 3.5) = 21.
#[test]
fn leaving_that_is_separated_is_fitted_by_firths_penalty() {
    let file = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("separated.csv");
    let mut text = String::from("id,x,y1,y2\n");
    for (id, x, stayed) in [
        (1, 0, true),
        (2, 0, true),
        (3, 0, true),
        (4, 0, false),
        (5, 1, false),
        (6, 1, false),
        (7, 1, false),
        (8, 1, false),
    ] {
        let last = if stayed { "4" } else { "" };
        writeln!(text, "{id},{x},5,{last}").unwrap();
    }
    std::fs::write(&file, text).unwrap();
    let roles = Roles {
        subject: Some("id".into()),
        waves: ["1", "2"].map(Wave::named).to_vec(),
        wide: vec![Wide::pattern("y", "y{wave}")],
        ..Roles::default()
    };
    let cohort = Cohort::new(read(&file, &ReadOptions::default()).unwrap(), &roles).unwrap();
    let answer = Attrition::default()
        .regression(&cohort, &names(&["x"]))
        .unwrap();
    let [x] = &answer.estimates[..] else {
        panic!("{:?}", answer.estimates);
    };
    assert!((x.natural().finite().unwrap() - 21.0).abs() < 1e-6, "{x:?}");
    assert!(answer.notes.iter().any(|note| note.contains("Firth")));
    assert!(answer.tests.is_empty(), "there are no arms");
}

/// Five patterns and χ²(7) are those of Little's test by itself, on the columns of the file.
#[test]
fn everything_about_those_who_left_in_one_result() {
    let cohort = fireworks();
    let outcome = OutcomeBounds {
        outcome: "yc".into(),
        wave: None,
        options: Bounds::worst_case(0.0, 60.0),
    };
    let found = Attrition::default()
        .leavers(&cohort, &names(&["age"]), Some(&outcome))
        .unwrap();
    let alone = Method::named("little", &[("columns", "[\"yc_1\",\"yc_2\",\"yc_3\"]")]);
    let alone = alone.unwrap().run(cohort.subjects());
    let alone = alone.or_else(|_| {
        let wide = [("columns", "[\"yc1\",\"yc2\",\"yc3\"]")];
        Method::named("little", &wide)
            .unwrap()
            .run(cohort.subjects())
    });
    let little = found.little.as_ref().unwrap();
    assert_eq!(little.tests[0].statistic, alone.unwrap().tests[0].statistic);
    assert_eq!(found.patterns.rows.len(), 6);
    let bounds = found.bounds.as_ref().unwrap();
    let width =
        bounds.estimates[1].value.finite().unwrap() - bounds.estimates[0].value.finite().unwrap();
    // 14 of 26 and 10 of 26 can each be anything from 0 to 60.
    assert!((width - 60.0 * 24.0 / 26.0).abs() < 1e-10, "{width}");
    assert!(found.notes.is_empty(), "{:?}", found.notes);
    // Without names nothing is regressed, and a note says so; one wave is no attrition.
    let without = Attrition::default().leavers(&cohort, &[], None).unwrap();
    assert!(without.regression.is_none());
    assert!(without.notes[0].contains("name the variables"));
}
