//! What becomes numbers, what becomes a factor, and in which order its levels stand.

use kring_cohort::{
    Code, Codebook, Cohort, Dataset, Level, MissingRule, Provenance, Roles, ValueLabel, Variable,
    VariableKind, VariableSpec, Wide,
};
use polars::prelude::{DataFrame, NamedFrom, Series};

use crate::{cohort, level_names, levels, long, shown, single, spec};

fn with(spec: VariableSpec) -> Roles {
    Roles {
        variables: vec![spec],
        ..single()
    }
}

fn of_kind(kind: VariableKind) -> Roles {
    with(VariableSpec {
        kind: Some(kind),
        ..spec("x")
    })
}

/// A frame with the columns `id` and `x`, the codes of `x` labelled as in a file of SPSS.
fn labelled(values: &[Option<f64>], labels: &[(f64, &str)]) -> Dataset {
    let ids: Vec<f64> = (1..=values.len()).map(|i| i as f64).collect();
    let columns = vec![
        Series::new("id".into(), ids).into(),
        Series::new("x".into(), values).into(),
    ];
    let value_labels = labels.iter().map(|&(code, label)| ValueLabel {
        code: Code::Number(code),
        label: label.to_owned(),
    });
    Dataset {
        frame: DataFrame::new(values.len(), columns).unwrap(),
        codebook: Codebook {
            variables: vec![
                Variable::named("id"),
                Variable {
                    label: Some("The x".into()),
                    value_labels: value_labels.collect(),
                    user_missing: vec![MissingRule::Range {
                        low: Some(97.0),
                        high: None,
                    }],
                    ..Variable::named("x")
                },
            ],
            ..Codebook::default()
        },
        provenance: Provenance {
            file: "study.sav".into(),
            ..Provenance::default()
        },
    }
}

fn of_labelled(values: &[Option<f64>], labels: &[(f64, &str)], roles: &Roles) -> Cohort {
    Cohort::new(labelled(values, labels), roles).unwrap()
}

#[test]
fn numbers_stay_numbers_and_texts_become_a_factor_in_the_order_of_bytes() {
    let cohort = cohort(
        "id,x,y\n1,2.5,b\n2,1,a\n3,,B\n4,10,T10\n5,3,T2\n",
        &single(),
    );
    assert_eq!(shown(cohort.subjects(), "x"), "2.5 1 . 10 3");
    // sort(c("b", "a", "B", "T10", "T2"), method = "radix") in R
    assert_eq!(
        level_names(cohort.subjects(), "y"),
        ["B", "T10", "T2", "a", "b"]
    );
}

#[test]
fn a_kind_makes_a_factor_of_numbers_in_their_order() {
    for kind in [VariableKind::Nominal, VariableKind::Ordinal] {
        let cohort = cohort("id,x\n1,10\n2,9\n3,1.5\n4,9\n", &of_kind(kind));
        assert_eq!(level_names(cohort.subjects(), "x"), ["1.5", "9", "10"]);
        let factor = cohort.subjects().factor("x").unwrap();
        assert_eq!(factor.is_ordered(), kind == VariableKind::Ordinal);
    }
    let binary = cohort("id,x\n1,1\n2,0\n", &of_kind(VariableKind::Binary));
    assert_eq!(level_names(binary.subjects(), "x"), ["0", "1"]);
}

#[test]
fn declared_levels_have_their_order_and_their_names() {
    let roles = with(VariableSpec {
        kind: Some(VariableKind::Ordinal),
        levels: vec![
            Level::named("vmbo"),
            Level {
                label: Some("Havo (5 years)".into()),
                ..Level::named("havo")
            },
            Level::named("vwo"),
        ],
        ..spec("x")
    });
    let cohort = cohort("id,x\n1,havo\n2,vmbo\n3,havo\n", &roles);
    assert_eq!(level_names(cohort.subjects(), "x"), ["vmbo", "havo", "vwo"]);
    assert_eq!(shown(cohort.subjects(), "x"), "havo vmbo havo");
    assert_eq!(cohort.title("x", "havo"), "Havo (5 years)");
    assert_eq!(cohort.title("x", "vwo"), "vwo");
    assert_eq!(cohort.title("id", "1"), "1");
}

#[test]
fn labels_become_levels_where_every_value_has_one() {
    let all = of_labelled(
        &[Some(2.0), Some(1.0), None, Some(99.0)],
        &[(2.0, "no"), (1.0, "yes"), (3.0, "maybe"), (99.0, "refused")],
        &single(),
    );
    assert_eq!(level_names(all.subjects(), "x"), ["yes", "no", "maybe"]);
    assert_eq!(shown(all.subjects(), "x"), "no yes . .");
    assert_eq!(all.subjects().column("x").unwrap().title(), "The x");

    let some = of_labelled(
        &[Some(0.0), Some(5.0), Some(10.0)],
        &[(0.0, "none"), (10.0, "all")],
        &single(),
    );
    assert_eq!(shown(some.subjects(), "x"), "0 5 10");
    let ordinal = of_labelled(
        &[Some(0.0), Some(5.0), Some(10.0)],
        &[(0.0, "none"), (10.0, "all")],
        &of_kind(VariableKind::Ordinal),
    );
    assert_eq!(level_names(ordinal.subjects(), "x"), ["none", "5", "all"]);

    // Only a missing code has a label: that makes no factor.
    let none = of_labelled(&[Some(1.0), Some(99.0)], &[(99.0, "refused")], &single());
    assert_eq!(shown(none.subjects(), "x"), "1 .");
    // What is declared a number stays a number.
    let number = of_labelled(
        &[Some(1.0)],
        &[(1.0, "one")],
        &of_kind(VariableKind::Continuous),
    );
    assert_eq!(shown(number.subjects(), "x"), "1");
}

#[test]
fn two_codes_with_one_label_stay_apart() {
    let cohort = of_labelled(
        &[Some(1.0), Some(2.0), Some(3.0)],
        &[(1.0, "other"), (2.0, "work"), (3.0, "other")],
        &single(),
    );
    assert_eq!(
        level_names(cohort.subjects(), "x"),
        ["other (1)", "work", "other (3)"]
    );
}

#[test]
fn a_declared_level_is_a_code_or_a_label() {
    let declared = |names: &[&str]| {
        with(VariableSpec {
            levels: levels(names),
            ..spec("x")
        })
    };
    let values = [Some(1.0), Some(2.0), Some(1.0)];
    let labels = [(1.0, "E"), (2.0, "C")];
    let by_label = of_labelled(&values, &labels, &declared(&["C", "E"]));
    assert_eq!(level_names(by_label.subjects(), "x"), ["C", "E"]);
    assert_eq!(shown(by_label.subjects(), "x"), "E C E");
    let by_code = of_labelled(&values, &labels, &declared(&["2", "1"]));
    assert_eq!(shown(by_code.subjects(), "x"), "1 2 1");
    let mixed = of_labelled(&values, &labels, &declared(&["C", "1"]));
    assert_eq!(shown(mixed.subjects(), "x"), "1 C 1");

    // A name of one's own for a code, whether or not the file has that label.
    let named = with(VariableSpec {
        levels: [("EKC", "1"), ("WT", "2")]
            .map(|(name, code)| Level {
                code: Some(code.into()),
                ..Level::named(name)
            })
            .to_vec(),
        ..spec("x")
    });
    for labels in [&[][..], &[(1.0, "EKC"), (2.0, "other")][..]] {
        let cohort = of_labelled(&values, labels, &named);
        assert_eq!(shown(cohort.subjects(), "x"), "EKC WT EKC");
        assert_eq!(cohort.validate(), []);
    }

    // Labels that are numbers: codes 0 and 1 are called 1 and 2.
    let values = [Some(0.0), Some(1.0)];
    let labels = [(0.0, "1"), (1.0, "2")];
    let by_label = of_labelled(&values, &labels, &declared(&["1", "2"]));
    assert_eq!(shown(by_label.subjects(), "x"), "1 2");
    let by_code = of_labelled(&values, &labels, &declared(&["0", "1"]));
    assert_eq!(shown(by_code.subjects(), "x"), "0 1");

    // The message tells the label of an unknown code.
    let unknown = of_labelled(&[Some(2.0)], &[(1.0, "E"), (2.0, "C")], &declared(&["E"]));
    assert_eq!(
        unknown.validate()[0].to_string(),
        "row 1 (subject 1), column `x`: expected one of `E`, found 2 (C)"
    );
}

#[test]
fn a_binary_variable_leaves_out_labels_that_do_not_occur() {
    let labels = [(0.0, "no"), (1.0, "yes"), (8.0, "does not apply")];
    let cohort = of_labelled(
        &[Some(1.0), Some(0.0)],
        &labels,
        &of_kind(VariableKind::Binary),
    );
    assert_eq!(level_names(cohort.subjects(), "x"), ["no", "yes"]);
    assert_eq!(cohort.validate(), []);
}

#[test]
fn arms_and_waves_are_sorted_by_the_numbers_in_them() {
    let text = "id,wave,arm,p\n1,T10,b,1\n1,T2,b,2\n2,T1,B,3\n3,T2,a2,4\n4,T2,a10,4\n";
    let cohort = cohort(text, &long());
    assert_eq!(
        level_names(cohort.measurements(), "wave"),
        ["T1", "T2", "T10"]
    );
    assert_eq!(
        level_names(cohort.measurements(), "arm"),
        ["B", "a2", "a10", "b"]
    );
    let arms: Vec<&str> = cohort.arms().iter().map(Level::title).collect();
    assert_eq!(arms, ["B", "a2", "a10", "b"]);
}

#[test]
fn the_columns_of_a_wide_variable_have_one_kind_and_one_set_of_levels() {
    let roles = Roles {
        wide: vec![Wide::pattern("x", "x{wave}")],
        ..single()
    };
    let texts = cohort("id,x1,x2,x3\n1,b,,\n2,c,a,\n", &roles);
    for column in ["x1", "x2", "x3"] {
        assert_eq!(level_names(texts.subjects(), column), ["a", "b", "c"]);
    }
    assert_eq!(shown(texts.measurements(), "x"), "b c a");
    let nominal = Roles {
        variables: vec![VariableSpec {
            kind: Some(VariableKind::Nominal),
            ..spec("x")
        }],
        ..roles
    };
    let mixed = cohort("id,x1,x2\n1,2,a\n2,1,2b\n", &nominal);
    assert_eq!(
        level_names(mixed.measurements(), "x"),
        ["1", "2", "2b", "a"]
    );
}

#[test]
fn a_column_without_values_is_numeric_unless_declared() {
    let empty = cohort("id,x\n1,\n2,\n", &single());
    assert!(empty.subjects().numeric("x").unwrap().present().is_empty());
    let declared = with(VariableSpec {
        levels: levels(&["a"]),
        ..spec("x")
    });
    let empty = cohort("id,x\n1,\n2,\n", &declared);
    assert_eq!(level_names(empty.subjects(), "x"), ["a"]);
}

/// `--arms 2,1`: who knows the codes means the labels, in this order.
#[test]
fn arms_by_their_codes_go_by_their_labels_where_that_is_asked() {
    let labels = [(1.0, "Conference"), (2.0, "Kitchen table")];
    let values = [Some(1.0), Some(2.0), Some(1.0)];
    let by_label = |arms: Vec<Level>, labels: &[(f64, &str)]| {
        labelled(&values, labels).arms_by_label("x", arms)
    };
    let both = by_label(levels(&["2", "1"]), &labels);
    let roles = Roles {
        arm: Some("x".into()),
        arms: both,
        ..single()
    };
    let cohort = of_labelled(&values, &labels, &roles);
    assert_eq!(
        level_names(cohort.subjects(), "x"),
        ["Kitchen table", "Conference"]
    );
    assert_eq!(
        shown(cohort.subjects(), "x"),
        "Conference Kitchen table Conference"
    );
    assert!(cohort.validate().is_empty());
    // Who calls them otherwise is followed.
    let called = |code: &str, label: &str| Level {
        label: Some(label.into()),
        ..Level::named(code)
    };
    let own = by_label(vec![called("1", "EKC"), called("2", "WT")], &labels);
    assert_eq!((own[0].name.as_str(), own[1].name.as_str()), ("EKC", "WT"));
    // Where that is not clear, all stay: names that do not differ, labels and codes mixed, nothing to go by.
    for (arms, labels) in [
        (levels(&["1", "2"]), &[(1.0, "A"), (2.0, "A ")][..]),
        (levels(&["1", "2"]), &[(1.0, "A"), (2.0, " ")]),
        (levels(&["1", "2"]), &[]),
        (levels(&["1", "Kitchen table"]), &labels),
        (vec![called("C", "CBT"), called("E", "EMDR")], &labels),
    ] {
        assert_eq!(by_label(arms.clone(), labels), arms);
    }
}
