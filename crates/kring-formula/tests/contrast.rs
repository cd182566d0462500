//! Contrasts by hand: two arms, three waves, one covariate.
#![allow(
    clippy::unwrap_used,
    reason = "a test may stop at what it did not expect"
)]

use kring_core::{Column, Table};
use kring_formula::{At, DesignOptions, Recipe};

fn table() -> Table {
    let numeric =
        |name: &str, values: [f64; 6]| Column::numeric(name, values.map(Some).to_vec()).unwrap();
    let factor = |name: &str, levels: &[&str], codes: [u32; 6]| {
        Column::factor(name, levels.to_vec(), codes.map(Some).to_vec()).unwrap()
    };
    Table::new(vec![
        numeric("problems", [6., 5., 4., 2., 7., 3.]),
        numeric("age", [8., 10., 12., 14., 9., 13.]),
        numeric("months", [0., 3., 6., 0., 3., 6.]),
        factor("arm", &["WT", "EKC"], [0, 1, 0, 1, 0, 1]),
        factor("wave", &["1", "2", "3"], [0, 1, 2, 0, 1, 2]),
        factor("grade", &["low", "mid", "high"], [0, 1, 2, 0, 1, 2]).ordered(),
        factor("family", &["f1", "f2", "f3"], [0, 0, 1, 1, 2, 2]),
    ])
    .unwrap()
}

fn recipe(formula: &str) -> Recipe {
    Recipe::new(
        &formula.parse().unwrap(),
        &table(),
        &DesignOptions::default(),
    )
    .unwrap()
}

#[test]
fn a_row_is_the_model_matrix_at_its_settings() {
    let recipe = recipe("problems ~ arm * wave + I(age - 10) + (1 | family)");
    let row = recipe
        .row(&[("arm", "EKC"), ("wave", "3"), ("age", "12.5")])
        .unwrap();
    assert_eq!(row.label, "arm EKC, wave 3, age 12.5");
    assert_eq!(
        row.columns,
        [
            "(Intercept)",
            "armEKC",
            "wave2",
            "wave3",
            "I(age - 10)",
            "armEKC:wave2",
            "armEKC:wave3"
        ]
    );
    assert_eq!(row.weights.to_vec(), [1., 1., 0., 1., 2.5, 0., 1.]);
    let empty = self::recipe("problems ~ 1").row(&[]).unwrap();
    assert_eq!(
        (empty.label.as_str(), empty.weights.to_vec()),
        ("(Intercept)", vec![1.0])
    );
}

#[test]
fn averages_are_those_of_emmeans() {
    // As emmeans(fit, "arm") weighs them: age at its mean, 11; each wave a third.
    let recipe = recipe("problems ~ arm * wave + age");
    let mean = recipe.row_at(&[("arm", "EKC")], At::Mean).unwrap();
    let third = 1.0 / 3.0;
    assert_eq!(
        mean.weights.to_vec(),
        [1., 1., third, third, 11., third, third]
    );
    let all = recipe.row_at(&[], At::Mean).unwrap();
    assert_eq!(
        all.weights.to_vec(),
        [1., 0.5, third, third, 11., 1. / 6., 1. / 6.]
    );
    let reference = recipe.row_at(&[("arm", "EKC")], At::Reference).unwrap();
    assert_eq!(reference.weights.to_vec(), [1., 1., 0., 0., 11., 0., 0.]);
    // A number that the formula takes as categories is averaged over them: I(months^2) over
    // 0, 9 and 36.
    let both = self::recipe("problems ~ factor(months) + I(months^2)");
    assert_eq!(
        both.row_at(&[], At::Mean).unwrap().weights.to_vec(),
        [1., third, third, 15.]
    );
}

#[test]
fn what_cancels_needs_no_setting() {
    let recipe = recipe("problems ~ arm * wave + poly(age, 2) + offset(months)");
    let late = [("arm", "EKC"), ("wave", "2")];
    let difference = recipe
        .difference(&late, &[("arm", "WT"), ("wave", "2")])
        .unwrap();
    assert_eq!(difference.label, "arm EKC − WT at wave 2");
    assert_eq!(
        difference.weights.to_vec(),
        [0., 1., 0., 0., 0., 0., 1., 0.]
    );
    let diagonal = recipe
        .difference(&late, &[("arm", "WT"), ("wave", "1")])
        .unwrap();
    assert_eq!(diagonal.label, "arm EKC, wave 2 − arm WT, wave 1");
    assert_eq!(diagonal.weights.to_vec(), [0., 1., 1., 0., 0., 0., 1., 0.]);
    let averaged = recipe
        .difference_at(&[("arm", "EKC")], &[("arm", "WT")], At::Mean)
        .unwrap();
    let third = 1.0 / 3.0;
    assert_eq!(
        averaged.weights.to_vec(),
        [0., 1., 0., 0., 0., 0., third, third]
    );

    let early = recipe.difference(
        &[("arm", "EKC"), ("wave", "1")],
        &[("arm", "WT"), ("wave", "1")],
    );
    let change = difference.minus(&early.unwrap()).unwrap();
    assert_eq!(
        change.label,
        "(arm EKC − WT at wave 2) − (arm EKC − WT at wave 1)"
    );
    assert_eq!(change.weights.to_vec(), [0., 0., 0., 0., 0., 0., 1., 0.]);
}

#[test]
fn settings_pass_through_codings_and_bases() {
    // contr.poly(3): linear -1/√2, 0, 1/√2; quadratic 1/√6, -2/√6, 1/√6.
    let recipe = recipe("problems ~ grade + log(age)");
    let difference = recipe
        .difference(&[("grade", "high")], &[("grade", "low")])
        .unwrap();
    let expected = [0., 2.0_f64.sqrt(), 0., 0.];
    let close = difference
        .weights
        .iter()
        .zip(expected)
        .all(|(a, b)| (a - b).abs() < 1e-15);
    assert!(close, "{difference:?}");
    let older = recipe
        .difference(&[("age", "20")], &[("age", "10")])
        .unwrap();
    assert_eq!(older.weights[3], 20.0_f64.ln() - 10.0_f64.ln());
    // Three times as many months as the data have: a spline goes on in a straight line.
    let spline = self::recipe("problems ~ ns(months, 2)");
    let step = |to: &str, from: &str| {
        spline
            .difference(&[("months", to)], &[("months", from)])
            .unwrap()
            .weights
    };
    let (near, far) = (step("12", "9"), step("18", "15"));
    assert!(
        (&near - &far)
            .iter()
            .all(|difference| difference.abs() < 1e-12)
    );
}
