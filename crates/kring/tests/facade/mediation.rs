//! Mediation by formulas: the figures of `reference/scripts/mediation.R`, and what is refused.

use kring::method::{Answer, Method, TableName};
use kring_core::{Column, Table};

const N: usize = 120;

fn noise(i: usize, k: usize, p: usize) -> f64 {
    ((i * k % p) as f64 - (p as f64 - 1.0) / 2.0) / p as f64
}

/// The data of the script, under the names of a study.
fn families() -> Table {
    let arm = |i: usize| (i % 2) as f64;
    let start = |i: usize| (i * 7 % 11) as f64 / 2.0;
    let size = |i: usize| 2.0 + 1.5 * arm(i) + 0.4 * start(i) + 4.0 * noise(i, 37, 53);
    let stress = |i: usize| 1.0 + 0.8 * arm(i) - 0.2 * start(i) + 3.0 * noise(i, 29, 59);
    let problems = |i: usize| {
        8.0 - arm(i) - 0.7 * size(i) - 0.3 * arm(i) * size(i)
            + 0.5 * start(i)
            + 5.0 * noise(i, 31, 73)
    };
    let plan = |i: usize| noise(i, 43, 67) * 3.0 + 0.6 * arm(i) + 0.1 * start(i) > 0.4;
    let home = |i: usize| {
        let plan = f64::from(u8::from(plan(i)));
        0.8 * arm(i) + 0.9 * plan - 0.2 * start(i) + 4.0 * noise(i, 31, 73) > 0.0
    };
    let numbers = |name: &str, f: &dyn Fn(usize) -> f64| {
        Column::numeric(name, (0..N).map(|i| Some(f(i))).collect()).unwrap()
    };
    let answers = |name: &str, f: &dyn Fn(usize) -> bool| {
        let codes = (0..N).map(|i| Some(u32::from(f(i)))).collect();
        Column::factor(name, ["no", "yes"], codes).unwrap()
    };
    let arms = (0..N).map(|i| Some(u32::from(i % 2 == 1))).collect();
    Table::new(vec![
        Column::factor("arm", ["WT", "EKC"], arms).unwrap(),
        numbers("problems_1", &start),
        numbers("size_2", &size),
        numbers("stress_1", &stress),
        numbers("problems_2", &problems).with_unit("problems"),
        answers("plan", &plan),
        answers("home", &home),
        numbers("family", &|i| (i / 2) as f64),
    ])
    .unwrap()
}

const SEED: [(&str, &str); 3] = [
    ("arm", "arm"),
    ("options.bootstrap.seed", "2011"),
    ("options.bootstrap.replicates", "49"),
];

fn method(fields: &[(&str, &str)]) -> Result<Method, kring::Error> {
    Method::named("mediation", &[&SEED[..], fields].concat())
}

fn run(fields: &[(&str, &str)]) -> Answer {
    method(fields).unwrap().run(&families()).unwrap()
}

fn refused(fields: &[(&str, &str)]) -> String {
    let method = method(fields);
    let found = method.and_then(|method| method.run(&families()));
    found.unwrap_err().to_string()
}

fn value(answer: &Answer, label: &str) -> f64 {
    let found = answer.estimates.iter().find(|e| e.label == label);
    let labels: Vec<&str> = answer.estimates.iter().map(|e| e.label.as_str()).collect();
    let found = found.unwrap_or_else(|| panic!("no {label} among {labels:?}"));
    found.value.finite().unwrap()
}

#[track_caller]
fn close(found: f64, truth: f64, within: f64) {
    assert!((found - truth).abs() <= within, "{found} is not {truth}");
}

#[test]
fn through_the_circle_as_in_r() {
    let answer = run(&[
        ("outcome", "problems_2 ~ arm * size_2 + problems_1"),
        ("mediator", "size_2 ~ arm + problems_1"),
        ("cluster", "family"),
    ]);
    close(value(&answer, "EKC − WT: direct"), -2.239_475_616_7, 1e-9);
    close(value(&answer, "EKC − WT: indirect"), -1.124_574_110_5, 1e-9);
    close(value(&answer, "EKC − WT: overall"), -3.364_049_727_2, 1e-9);
    let first = &answer.estimates[0];
    assert_eq!(first.measure.unit(), Some("problems"));
    assert_eq!(first.sample.clusters, Some(60));
    let cause = answer
        .tables
        .iter()
        .find(|t| t.name == TableName::UnmeasuredCause);
    assert!(cause.is_some());
    assert!(
        answer
            .notes
            .iter()
            .any(|note| note.contains("interventional effects"))
    );

    // Without the product of arm and mediator the correlation of errors is told too.
    let answer = run(&[
        ("outcome", "problems_2 ~ arm + size_2 + problems_1"),
        ("mediator", "size_2 ~ arm + problems_1"),
        ("options.controlled_at", "[3]"),
    ]);
    close(value(&answer, "EKC − WT: indirect"), -0.884_182_513_8, 1e-9);
    let direct = value(&answer, "EKC − WT: direct");
    close(
        value(&answer, "EKC − WT: direct with size_2 at 3"),
        direct,
        1e-10,
    );
    let sentence =
        "the indirect effect is zero if the errors of mediator and outcome correlate by −0.43935";
    assert!(
        answer.notes.iter().any(|note| note.contains(sentence)),
        "{:?}",
        answer.notes
    );
}

#[test]
fn answers_of_yes_and_no_and_a_confounder_after_the_arm() {
    let answer = run(&[
        ("outcome", "home ~ arm * plan + problems_1"),
        ("mediator", "plan ~ arm + problems_1"),
    ]);
    close(value(&answer, "EKC − WT: direct"), 0.315_829_004_8, 1e-8);
    close(value(&answer, "EKC − WT: indirect"), 0.019_351_279_3, 1e-8);
    assert!(
        answer
            .notes
            .contains(&"`yes` of plan is what is counted.".to_owned())
    );
    let answer = run(&[
        (
            "outcome",
            "problems_2 ~ arm + stress_1 * size_2 + problems_1",
        ),
        ("mediator", "size_2 ~ arm + problems_1 + stress_1"),
        ("confounders", "stress_1 ~ arm + problems_1"),
    ]);
    close(value(&answer, "EKC − WT: direct"), -2.372_644_091_0, 2e-3);
    close(value(&answer, "EKC − WT: indirect"), -0.985_003_138_2, 2e-3);
    assert!(
        answer
            .notes
            .iter()
            .any(|note| note.contains("not the total effect"))
    );
}

#[test]
fn parts_give_what_the_whole_gives() {
    let fields = [
        ("outcome", "problems_2 ~ arm + size_2 + problems_1"),
        ("mediator", "size_2 ~ arm + problems_1"),
    ];
    let (method, table) = (method(&fields).unwrap(), families());
    assert_eq!(method.replicates(&table).unwrap(), Some(49));
    let (b, a) = (
        method.run_range(&table, 20..49).unwrap(),
        method.run_range(&table, 0..20).unwrap(),
    );
    assert_eq!(
        method.run_with(&table, &[b, a]).unwrap(),
        method.run(&table).unwrap()
    );
    assert_eq!(method.outcome().as_deref(), Some("problems_2"));
}

#[test]
fn what_formulas_must_have() {
    let mediator = ("mediator", "size_2 ~ arm + problems_1");
    let outcome = ("outcome", "problems_2 ~ arm + size_2 + problems_1");
    for (fields, truth) in [
        (
            vec![("outcome", "problems_2 ~ size_2 + problems_1"), mediator],
            "the formula `problems_2 ~ size_2 + problems_1`: it lacks the arm `arm`; whatever comes after the arm may \
             depend on it: add it",
        ),
        (
            vec![outcome, ("mediator", "size_2 ~ problems_1")],
            "the formula `size_2 ~ problems_1`: it lacks the arm `arm`; whatever comes after the arm may depend on it: \
             add it",
        ),
        (
            vec![("outcome", "problems_2 ~ arm + problems_1"), mediator],
            "the mediator `size_2`, which is not in the formula of `problems_2`, is not supported; without it nothing can \
             go through it: add it to that formula",
        ),
        (
            vec![outcome, ("mediator", "size_2 ~ arm + problems_2")],
            "the formula `size_2 ~ arm + problems_2`: it has the outcome `problems_2` among what explains `size_2`, which \
             comes before it",
        ),
        (
            vec![("outcome", "problems_2 ~ arm + exp(size_2)"), mediator],
            "the column `exp(size_2)` of `problems_2` is not supported; a variable after the arm may stand in a formula as \
             it is, in whole powers (`I(x^2)`) and in products, and the arm as a factor; compute other functions as columns \
             of the table and take these as the variable",
        ),
        (
            vec![outcome, ("mediator", "problems_2 ~ arm")],
            "the formula `problems_2 ~ arm + size_2 + problems_1`: `problems_2` is explained already; each variable has one \
             formula, and the arm none",
        ),
    ] {
        assert_eq!(refused(&fields), truth);
    }
    let natural = [
        ("outcome", "problems_2 ~ arm + stress_1 + size_2"),
        mediator,
        ("confounders", "stress_1 ~ arm"),
        ("options.natural", "cross_world_assumed"),
    ];
    assert!(refused(&natural).starts_with("a natural effect with `stress_1`"));
    // A square of the mediator is a whole power.
    let squared = [
        ("outcome", "problems_2 ~ arm + size_2 + I(size_2^2)"),
        mediator,
    ];
    assert!(run(&squared).estimates.len() > 2);
}
