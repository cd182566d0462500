//! What a design holds beside its model matrix, by hand on seven rows.
#![allow(
    clippy::unwrap_used,
    reason = "a test may stop at what it did not expect"
)]

use kring_core::{Column, Design, Omission, RandomStructure, Response, Table, WeightKind};
use kring_formula::{
    DesignOptions, Formula, OrderedCoding, Recipe, ResponseKind, TimeColumns, WeightColumn,
};
use ndarray::{array, aview1};

/// Two families in each of two teams, the last seen once.
fn table() -> Table {
    let numeric = |name: &str, values: [f64; 7]| {
        let present = |value: f64| (value > -9.0).then_some(value);
        Column::numeric(name, values.map(present).to_vec()).unwrap()
    };
    let factor = |name: &str, levels: &[&str], codes: [u32; 7]| {
        let present = |code: u32| (code < 9).then_some(code);
        Column::factor(name, levels.to_vec(), codes.map(present).to_vec()).unwrap()
    };
    Table::new(vec![
        numeric("problems", [6., 5., -99., 4., 3., 2., 1.]),
        numeric("months", [0., 3., 0., 3., 0., 3., 0.]),
        numeric("weight", [1., 2., 1., 0., 1.5, 1., 1.]),
        numeric("cases", [1., 0., 2., 1., 3., 0., 1.]),
        numeric("entry", [0., 1., 0., 2., 0., 1., 0.]),
        factor("arm", &["WT", "none", "EKC"], [0, 0, 0, 2, 2, 2, 2]),
        factor("wave", &["start", "end"], [0, 1, 0, 1, 0, 1, 0]),
        factor("team", &["B", "A"], [0, 0, 1, 1, 1, 0, 9]),
        factor("family", &["1", "2"], [0, 0, 1, 0, 1, 1, 0]),
        factor("closed", &["no", "yes"], [0, 1, 0, 1, 1, 1, 0]),
        factor("grade", &["low", "mid", "high"], [0, 1, 2, 1, 0, 2, 1]).ordered(),
    ])
    .unwrap()
}

fn design(formula: &str, options: &DesignOptions) -> Design {
    let recipe = Recipe::new(&formula.parse().unwrap(), &table(), options).unwrap();
    recipe.design(&table()).unwrap()
}

fn plain(formula: &str) -> Design {
    design(formula, &DesignOptions::default())
}

fn of_kind(formula: &str, response: ResponseKind) -> Response {
    design(
        formula,
        &DesignOptions {
            response,
            ..DesignOptions::default()
        },
    )
    .response()
    .clone()
}

#[test]
fn rows_are_left_out_with_the_first_reason_of_the_formula() {
    let options = DesignOptions {
        weights: Some(WeightColumn {
            column: "weight".into(),
            kind: WeightKind::Sampling,
        }),
        subject: Some("team".into()),
        ..DesignOptions::default()
    };
    let design = design("problems ~ months", &options);
    assert_eq!(design.source_rows(), [0, 1, 4, 5]);
    let omitted: Vec<_> = design
        .omitted()
        .iter()
        .map(|omitted| (omitted.row, omitted.reason.clone()))
        .collect();
    let missing = |column: &str| Omission::Missing {
        column: column.into(),
    };
    assert_eq!(
        omitted,
        [
            (2, missing("problems")),
            (3, Omission::ZeroWeight),
            (6, missing("team"))
        ]
    );
    let weights = design.weights().unwrap();
    assert_eq!(
        (weights.kind, weights.values.clone()),
        (WeightKind::Sampling, array![1., 2., 1.5, 1.])
    );
    assert_eq!(design.response().numbers(), Some(aview1(&[6., 5., 3., 2.])));
    assert_eq!(design.response_name(), "problems");
}

#[test]
fn responses_are_read_by_what_they_are_or_by_what_is_declared() {
    use ResponseKind::{Binary, Continuous, Count, Ordinal};
    let plain = |formula| plain(formula).response().clone();
    assert_eq!(
        plain("log(months + 1) ~ arm"),
        Response::Continuous([0., 3., 0., 3., 0., 3., 0.].map(f64::ln_1p).to_vec().into())
    );
    let closed = Response::Binary(array![0., 1., 0., 1., 1., 1., 0.]);
    assert_eq!(plain("closed ~ 1"), closed);
    assert_eq!(of_kind("closed ~ 1", Binary), closed);
    assert_eq!(
        of_kind("I(months / 3) ~ 1", Binary),
        Response::Binary(array![0., 1., 0., 1., 0., 1., 0.])
    );
    assert_eq!(
        of_kind("cases ~ 1", Count),
        Response::Count(array![1., 0., 2., 1., 3., 0., 1.])
    );
    let grade = Response::Ordinal {
        levels: ["low", "mid", "high"].map(str::to_owned).to_vec(),
        codes: vec![0, 1, 2, 1, 0, 2, 1],
    };
    assert_eq!(plain("grade ~ 1"), grade);
    let numbers = Response::Ordinal {
        levels: ["0", "1", "2", "3"].map(str::to_owned).to_vec(),
        codes: vec![1, 0, 2, 1, 3, 0, 1],
    };
    assert_eq!(of_kind("cases ~ 1", Ordinal), numbers);
    let proportion = Response::Proportion {
        successes: array![1., 0., 2., 1., 3., 0., 1.],
        trials: array![1., 3., 2., 4., 3., 3., 1.],
    };
    assert_eq!(plain("cbind(cases, months) ~ 1"), proportion);
    let several = Response::Multi(vec![
        Response::Continuous(array![1., 0., 2., 1., 3., 0., 1.]),
        Response::Continuous(array![0., 3., 0., 3., 0., 3., 0.]),
    ]);
    assert_eq!(of_kind("cbind(cases, months) ~ 1", Continuous), several);
    let time = array![2., 5., 2., 5., 2., 5., 2.];
    let event = array![0., 1., 0., 1., 1., 1., 0.];
    assert_eq!(
        plain("Surv(months + 2, closed) ~ arm"),
        Response::Survival {
            entry: None,
            time: time.clone(),
            event: event.clone()
        }
    );
    assert_eq!(
        plain("Surv(entry, months + 2, closed) ~ arm"),
        Response::Survival {
            entry: Some(array![0., 1., 0., 2., 0., 1., 0.]),
            time,
            event
        }
    );
}

#[test]
fn random_terms_have_their_own_matrices_and_nested_groups() {
    let design = plain("months ~ arm + (1 + wave | team/family) + (0 + cases || family)");
    // Row 7 has no team. The arm without rows keeps its column, as in R.
    assert_eq!(design.mean().columns, ["(Intercept)", "armnone", "armEKC"]);
    let [team, nested, family] = design.mean().random.as_slice() else {
        panic!("three terms")
    };
    assert_eq!(team.columns, ["(Intercept)", "waveend"]);
    assert_eq!(team.z.row(1), aview1(&[1., 1.]));
    assert_eq!(
        (team.grouping.levels.join(" "), &team.grouping.index[..]),
        ("B A".into(), &[0, 0, 1, 1, 1, 0][..])
    );
    assert_eq!(nested.grouping.name, "team:family");
    assert_eq!(nested.grouping.levels, ["B:1", "B:2", "A:1", "A:2"]);
    assert_eq!(nested.grouping.index, [0, 0, 3, 2, 3, 1]);
    assert_eq!(nested.structure, RandomStructure::Unstructured);
    assert_eq!(
        (family.structure, family.columns.join(" ")),
        (RandomStructure::Diagonal, "cases".into())
    );
    let crossed = plain("months ~ (1 | family:wave)");
    assert_eq!(
        crossed.mean().random[0].grouping.levels,
        ["1:start", "1:end", "2:start", "2:end"]
    );
}

#[test]
fn roles_fill_groups_and_time() {
    let options = DesignOptions {
        subject: Some("family".into()),
        arm: Some("arm".into()),
        clusters: vec!["team".into()],
        time: Some(TimeColumns {
            wave: "wave".into(),
            value: Some("months".into()),
        }),
        ..DesignOptions::default()
    };
    let design = design(
        "cases ~ arm + cluster(team) + cluster(family) + strata(wave, closed)",
        &options,
    );
    let groups = design.groups();
    assert_eq!(groups.subject.as_ref().unwrap().levels, ["1", "2"]);
    // Only groups with rows are kept.
    assert_eq!(groups.arm.as_ref().unwrap().levels, ["WT", "EKC"]);
    let clusters: Vec<_> = groups
        .clusters
        .iter()
        .map(|group| group.name.as_str())
        .collect();
    assert_eq!(clusters, ["team", "family"]);
    let stratum = groups.stratum.as_ref().unwrap();
    assert_eq!(
        (stratum.name.as_str(), stratum.levels.join(" ")),
        ("wave:closed", "start:no start:yes end:yes".into())
    );
    let time = design.time().unwrap();
    assert_eq!(
        (time.levels.join(" "), &time.index[..]),
        ("start end".into(), &[0, 1, 0, 1, 0, 1][..])
    );
    assert_eq!(time.value, array![0., 3., 0., 3., 0., 3.]);

    let value = |wave: &str| {
        let time = Some(TimeColumns {
            wave: wave.into(),
            value: None,
        });
        let options = DesignOptions {
            time,
            stratum: Some("closed".into()),
            ..DesignOptions::default()
        };
        let design = self::design("cases ~ 1", &options);
        assert_eq!(
            design.groups().stratum.as_ref().unwrap().levels,
            ["no", "yes"]
        );
        design.time().unwrap().value.to_vec()
    };
    assert_eq!(value("months"), [0., 3., 0., 3., 0., 3., 0.]);
    assert_eq!(value("family"), [1., 1., 2., 1., 2., 2., 1.]);
    assert_eq!(value("wave"), [1., 2., 1., 2., 1., 2., 1.]);
}

#[test]
fn other_parts_and_ordered_factors_follow_the_options() {
    let options = DesignOptions {
        ordered: OrderedCoding::Treatment,
        zero: Some("~ 0 + wave + offset(months)".parse().unwrap()),
        dispersion: Some("~ .".parse().unwrap()),
        subject: Some("family".into()),
        weights: Some(WeightColumn {
            column: "weight".into(),
            kind: WeightKind::Precision,
        }),
        ..DesignOptions::default()
    };
    let design = design("cases ~ grade", &options);
    assert_eq!(
        design.mean().columns,
        ["(Intercept)", "grademid", "gradehigh"]
    );
    assert_eq!(design.zero().unwrap().columns, ["wavestart", "waveend"]);
    // Rows 3, 4 and 7 miss the problems, the weight and the team.
    assert_eq!(design.zero().unwrap().offset, Some(array![0., 3., 0., 3.]));
    let terms: Vec<_> = design
        .dispersion()
        .unwrap()
        .terms
        .iter()
        .map(|term| term.name.as_str())
        .collect();
    // Neither the response nor the subject nor the weight.
    assert_eq!(
        terms,
        [
            "(Intercept)",
            "problems",
            "months",
            "entry",
            "arm",
            "wave",
            "team",
            "closed",
            "grade"
        ]
    );
}

#[test]
fn dot_leaves_out_the_response_and_the_groups() {
    let terms = |formula: &str| -> Vec<String> {
        let options = DesignOptions {
            clusters: vec!["problems".into()],
            ..DesignOptions::default()
        };
        let design = design(formula, &options);
        design
            .mean()
            .terms
            .iter()
            .skip(1)
            .map(|term| term.name.clone())
            .collect()
    };
    assert_eq!(
        terms(
            "log(months + 1) ~ . + (1 | family) + strata(grade) + offset(weight) + cluster(team)"
        ),
        ["cases", "entry", "arm", "wave", "closed"]
    );
}

#[test]
fn predictors_need_neither_response_nor_groups() {
    let options = DesignOptions {
        clusters: vec!["team".into()],
        ..DesignOptions::default()
    };
    let formula: Formula = "problems ~ wave + offset(months) + (1 | family)"
        .parse()
        .unwrap();
    let recipe = Recipe::new(&formula, &table(), &options).unwrap();
    assert_eq!(
        recipe.used(),
        ["problems", "wave", "months", "family", "team"]
    );
    let new = Table::new(vec![
        Column::factor("wave", ["end"], vec![Some(0), None]).unwrap(),
        Column::numeric("months", vec![Some(6.0); 2]).unwrap(),
    ]);
    let predictors = recipe.predictors(&new.unwrap()).unwrap();
    assert_eq!(predictors.mean.x, array![[1., 1.]]);
    assert_eq!(predictors.mean.offset, Some(array![6.]));
    assert_eq!(
        (predictors.source_rows, predictors.omitted.len()),
        (vec![0], 1)
    );
}

#[test]
fn options_are_one_set_of_names() {
    let text = r#"{
        "response": "count", "ordered": "treatment", "zero": "~ arm", "subject": "family",
        "weights": { "column": "weight", "kind": "frequency" }, "time": { "wave": "wave" }
    }"#;
    let options: DesignOptions = serde_json::from_str(text).unwrap();
    assert_eq!(options.response, ResponseKind::Count);
    assert_eq!(options.zero, Some("~arm".parse().unwrap()));
    let again: DesignOptions =
        serde_json::from_str(&serde_json::to_string(&options).unwrap()).unwrap();
    assert_eq!(again, options);
    assert!(serde_json::from_str::<DesignOptions>(r#"{ "subjekt": "family" }"#).is_err());
    let error = serde_json::from_str::<DesignOptions>(r#"{ "zero": "~ (arm" }"#).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("this parenthesis is never closed"),
        "{error}"
    );
}
