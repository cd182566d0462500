//! Every kind of violation, provoked, with its message and what the tables do with it.

use kring_cohort::{
    Cohort, Level, OtherArms, Per, Roles, VariableKind, VariableSpec, ViolationKind, Wave, Wide,
};

use crate::{cohort, level_names, levels, long, refusal, shown, single, spec, waves};

fn messages(cohort: &Cohort) -> Vec<String> {
    cohort.validate().iter().map(ToString::to_string).collect()
}

/// Asserts the one violation of a cohort.
fn only(cohort: &Cohort, kind: ViolationKind, message: &str) {
    let violations = cohort.validate();
    assert_eq!(messages(cohort), [message]);
    assert_eq!(violations[0].kind, kind);
}

fn with(roles: Roles, variables: Vec<VariableSpec>) -> Roles {
    Roles { variables, ..roles }
}

#[test]
fn a_row_without_a_subject_is_left_out() {
    let cohort = cohort("id,wave,arm,p\n1,1,EKC,6\n,1,WT,5\n1,2,EKC,3\n", &long());
    only(
        &cohort,
        ViolationKind::MissingSubject,
        "row 2 (wave 1), column `id`: expected a subject, found nothing",
    );
    assert_eq!(shown(cohort.measurements(), "p"), "6 3");
}

#[test]
fn a_row_without_a_wave_is_no_measurement() {
    let cohort = cohort("id,wave,arm,p\n1,1,EKC,6\n2,,WT,5\n", &long());
    only(
        &cohort,
        ViolationKind::MissingWave,
        "row 2 (subject 2), column `wave`: expected a wave, found nothing",
    );
    assert_eq!(shown(cohort.measurements(), "id"), "1");
    assert_eq!(shown(cohort.subjects(), "arm"), "EKC WT");
}

#[test]
fn a_wave_that_was_not_declared_is_no_measurement() {
    let roles = Roles {
        waves: waves(&["1", "2"]),
        ..long()
    };
    let cohort = cohort("id,wave,arm,p\n1,1,EKC,6\n1,3,EKC,5\n", &roles);
    only(
        &cohort,
        ViolationKind::UnknownWave,
        "row 2 (subject 1), column `wave`: expected one of the waves `1`, `2`, found 3",
    );
    assert_eq!(cohort.measurements().rows(), 1);
}

#[test]
fn a_subject_stands_once_in_a_wave() {
    let text = "id,wave,arm,p\n1,1,EKC,6\n1,2,EKC,5\n1,1,EKC,4\n";
    let repeated = cohort(text, &long());
    only(
        &repeated,
        ViolationKind::Repeated,
        "row 3 (subject 1, wave 1), column `id`: expected one row for a subject and wave, found a \
         second one; the first is row 1",
    );
    assert_eq!(shown(repeated.measurements(), "p"), "6 5");

    let wide = cohort("id,p\n1,6\n2,5\n1,4\n", &single());
    only(
        &wide,
        ViolationKind::Repeated,
        "row 3 (subject 1), column `id`: expected one row for a subject, found a second one; the \
         first is row 1",
    );
    assert_eq!(shown(wide.subjects(), "p"), "6 5");
}

#[test]
fn a_subject_has_one_arm() {
    let text = "id,wave,arm,p\n1,1,EKC,6\n1,2,,5\n1,3,WT,4\n2,1,,5\n2,2,,3\n3,1,WT,1\n";
    let cohort = cohort(text, &long());
    assert_eq!(
        messages(&cohort),
        [
            "row 3 (subject 1, wave 3), column `arm`: expected the arm `EKC` as in row 1, found \
             `WT`",
            "row 4 (subject 2, wave 1), column `arm`: expected an arm, found none in any row of \
             the subject",
        ]
    );
    let kinds: Vec<ViolationKind> = cohort.validate().iter().map(|v| v.kind).collect();
    assert_eq!(kinds, [ViolationKind::TwoArms, ViolationKind::MissingArm]);
    assert_eq!(shown(cohort.subjects(), "arm"), "EKC . WT");
    assert_eq!(shown(cohort.measurements(), "arm"), "EKC EKC EKC . . WT");
    let flow = cohort.flow(&["p"]).unwrap();
    let arms: Vec<(&str, usize)> = flow
        .arms
        .iter()
        .map(|a| (a.arm.as_str(), a.subjects))
        .collect();
    assert_eq!(arms, [("EKC", 1), ("WT", 1), ("(no arm)", 1)]);
}

#[test]
fn an_arm_that_was_not_declared_is_missing() {
    let roles = Roles {
        arms: levels(&["WT", "EKC"]),
        ..long()
    };
    let cohort = cohort(
        "id,wave,arm,p\n1,1,EKC,6\n2,1,WT,5\n3,1,Control,4\n",
        &roles,
    );
    only(
        &cohort,
        ViolationKind::UnknownLevel,
        "row 3 (subject 3, wave 1), column `arm`: expected one of the arms `WT`, `EKC`, found \
         `Control`",
    );
    assert_eq!(shown(cohort.subjects(), "arm"), "EKC WT .");
}

/// Subject 3 is in another arm, also where no arm stands; rows keep their numbers in the file.
#[test]
fn people_of_arms_that_are_not_asked_for_are_taken_out() {
    let roles = Roles {
        arms: levels(&["WT", "EKC"]),
        other_arms: OtherArms::LeftOut,
        ..long()
    };
    let rows = "id,wave,arm,p\n1,1,EKC,6\n3,1,Control,4\n3,2,,4\n2,1,WT,\n2,2,WT,7\n2,2,WT,5\n";
    let cohort = cohort(rows, &roles);
    only(
        &cohort,
        ViolationKind::Repeated,
        "row 6 (subject 2, wave 2), column `id`: expected one row for a subject and wave, found a \
         second one; the first is row 5",
    );
    assert_eq!(shown(cohort.subjects(), "id"), "1 2");
    assert_eq!(shown(cohort.subjects(), "arm"), "EKC WT");
    let flow = cohort.flow(&["p"]).unwrap();
    let arms: Vec<&str> = flow.arms.iter().map(|arm| arm.arm.as_str()).collect();
    assert_eq!(arms, ["WT", "EKC"]);
    let left_out = cohort.others();
    assert_eq!(
        (left_out[0].arm.as_str(), left_out[0].n, left_out.len()),
        ("Control", 1, 1)
    );
    let of_p = cohort.missing().column("p").unwrap();
    assert_eq!((of_p.rows, of_p.system), (4, 1));
    let typo = Roles {
        arms: levels(&["WT", "ECK"]),
        ..roles
    };
    assert_eq!(
        refusal(rows, &typo),
        "study.csv: there is no arm `ECK`; did you mean `EKC`?"
    );
    // Also where nobody else would be left out.
    let said = refusal("id,wave,arm,p\n1,1,WT,6\n2,1,WT,4\n", &typo);
    assert!(said.contains("there is no arm `ECK`"), "{said}");
}

#[test]
fn an_arm_has_somebody_in_it() {
    let roles = Roles {
        arms: levels(&["WT", "EKC"]),
        ..long()
    };
    let cohort = cohort("id,wave,arm,p\n1,1,EKC,6\n", &roles);
    only(
        &cohort,
        ViolationKind::EmptyArm,
        "column `arm`: expected somebody in the arm `WT`, found nobody",
    );
    assert_eq!(cohort.flow(&["p"]).unwrap().arms[0].subjects, 0);
}

#[test]
fn waves_and_times_do_not_run_backwards() {
    let at = |name: &str, months: f64| Wave {
        months: Some(months),
        ..Wave::named(name)
    };
    let roles = Roles {
        waves: vec![at("1", 0.0), at("2", 6.0), Wave::named("3"), at("4", 6.0)],
        ..long()
    };
    only(
        &cohort("id,wave,arm,p\n1,1,EKC,6\n", &roles),
        ViolationKind::WaveOrder,
        "wave 4: expected more than the 6 months of wave 2, found 6 months",
    );

    let roles = Roles {
        time: Some("day".into()),
        ..long()
    };
    let text = "id,wave,arm,day\n1,2,EKC,2019-03-01\n1,1,EKC,2019-03-04\n1,3,EKC,2019-03-04\n\
                2,1,WT,2019-03-01\n2,2,WT,\n2,3,WT,2019-02-01\n";
    let long = cohort(text, &roles);
    assert_eq!(
        messages(&long),
        [
            "row 1 (subject 1, wave 2), column `day`: expected a time not before that of wave 1, \
             found one 3 days earlier",
            "row 6 (subject 2, wave 3), column `day`: expected a time not before that of wave 1, \
             found one 28 days earlier",
        ]
    );

    let roles = Roles {
        time: Some("day".into()),
        wide: vec![Wide::columns("day", ["last", "first"]).at(["2", "1"])],
        ..single()
    };
    only(
        &cohort("id,last,first\n1,3,2\n2,3,4\n", &roles),
        ViolationKind::WaveOrder,
        "row 2 (subject 2, wave 2), column `last`: expected a time not before that of wave 1, \
         found one 1 earlier",
    );
}

#[test]
fn a_variable_declared_once_a_subject_does_not_vary() {
    let roles = with(
        long(),
        vec![VariableSpec {
            per: Some(Per::Subject),
            ..spec("sex")
        }],
    );
    let text = "id,wave,arm,sex\n1,2,EKC,f\n1,1,EKC,m\n1,3,EKC,\n2,1,WT,f\n";
    let cohort = cohort(text, &roles);
    only(
        &cohort,
        ViolationKind::Varies,
        "row 1 (subject 1, wave 2), column `sex`: expected one value a subject, `m` as in row 2, \
         found `f`",
    );
    assert_eq!(shown(cohort.subjects(), "sex"), "m f");
}

#[test]
fn a_text_is_no_number() {
    for kind in [VariableKind::Continuous, VariableKind::Count] {
        let roles = with(
            single(),
            vec![VariableSpec {
                kind: Some(kind),
                ..spec("p")
            }],
        );
        let cohort = cohort("id,p\n1,6\n2,many\n3,\n", &roles);
        only(
            &cohort,
            ViolationKind::NotNumber,
            "row 2 (subject 2), column `p`: expected a number, found `many`",
        );
        assert_eq!(shown(cohort.subjects(), "p"), "6 . .");
    }
}

#[test]
fn a_count_is_whole_and_not_negative() {
    let roles = with(
        Roles {
            wide: vec![Wide::pattern("p", "p{wave}")],
            ..single()
        },
        vec![VariableSpec {
            kind: Some(VariableKind::Count),
            ..spec("p")
        }],
    );
    let cohort = cohort("id,p1,p2\n1,6,-1\n2,2.5,0\n", &roles);
    assert_eq!(
        messages(&cohort),
        [
            "row 1 (subject 1, wave 2), column `p2`: expected a whole number of 0 or more, found \
             -1",
            "row 2 (subject 2, wave 1), column `p1`: expected a whole number of 0 or more, found \
             2.5",
        ]
    );
    assert!(
        cohort
            .validate()
            .iter()
            .all(|v| v.kind == ViolationKind::NotCount)
    );
    assert_eq!(shown(cohort.measurements(), "p"), "6 -1 2.5 0"); // kept for the eye
}

#[test]
fn a_value_lies_in_its_range_and_the_ends_belong_to_it() {
    let ranged = |kind: Option<VariableKind>| {
        with(
            single(),
            vec![VariableSpec {
                kind,
                range: Some([0.0, 80.0]),
                ..spec("p")
            }],
        )
    };
    for kind in [None, Some(VariableKind::Ordinal)] {
        let cohort = cohort("id,p\n1,0\n2,80\n3,81\n4,-0.5\n", &ranged(kind));
        assert_eq!(
            messages(&cohort),
            [
                "row 3 (subject 3), column `p`: expected a value from 0 to 80, found 81",
                "row 4 (subject 4), column `p`: expected a value from 0 to 80, found -0.5",
            ]
        );
        assert_eq!(cohort.validate()[0].kind, ViolationKind::OutOfRange);
        assert_eq!(shown(cohort.subjects(), "p"), "0 80 81 -0.5");
    }
}

#[test]
fn a_level_that_was_not_declared_is_missing() {
    let roles = with(
        single(),
        vec![
            VariableSpec {
                levels: levels(&["vmbo", "havo"]),
                ..spec("school")
            },
            VariableSpec {
                levels: levels(&["1", "2"]),
                ..spec("sex")
            },
        ],
    );
    let cohort = cohort("id,school,sex\n1,havo,2\n2,VMBO,3\n3,,1\n", &roles);
    assert_eq!(
        messages(&cohort),
        [
            "row 2 (subject 2), column `school`: expected one of `vmbo`, `havo`, found `VMBO`",
            "row 2 (subject 2), column `sex`: expected one of `1`, `2`, found 3",
        ]
    );
    assert_eq!(cohort.validate()[1].kind, ViolationKind::UnknownLevel);
    assert_eq!(shown(cohort.subjects(), "school"), "havo . .");
    assert_eq!(shown(cohort.subjects(), "sex"), "2 . 1");
}

#[test]
fn a_binary_variable_has_two_values() {
    let roles = with(
        single(),
        vec![VariableSpec {
            kind: Some(VariableKind::Binary),
            ..spec("placed")
        }],
    );
    let one = cohort("id,placed\n1,0\n2,0\n", &roles);
    only(
        &one,
        ViolationKind::NotBinary,
        "column `placed`: expected two values, found 1: `0`",
    );
    let three = cohort("id,placed\n1,0\n2,1\n3,2\n", &roles);
    only(
        &three,
        ViolationKind::NotBinary,
        "column `placed`: expected two values, found 3: `0`, `1`, `2`",
    );
    assert_eq!(level_names(three.subjects(), "placed"), ["0", "1", "2"]);
    // Nothing is known, so nothing is wrong; and two levels may be declared though one occurs.
    assert_eq!(messages(&cohort("id,placed\n1,\n2,\n", &roles)), [""; 0]);
    let declared = with(
        single(),
        vec![VariableSpec {
            kind: Some(VariableKind::Binary),
            levels: levels(&["0", "1"]),
            ..spec("placed")
        }],
    );
    assert_eq!(messages(&cohort("id,placed\n1,0\n", &declared)), [""; 0]);
}

#[test]
fn all_violations_come_at_once_in_the_order_of_the_rows() {
    let roles = Roles {
        arms: vec![
            Level::named("WT"),
            Level::named("EKC"),
            Level::named("none"),
        ],
        waves: waves(&["1", "2"]),
        variables: vec![VariableSpec {
            kind: Some(VariableKind::Count),
            range: Some([0.0, 20.0]),
            ..spec("p")
        }],
        ..long()
    };
    let text = "id,wave,arm,p\n1,1,EKC,many\n1,1,EKC,3\n2,3,WT,-4\n,2,WT,1\n3,,Other,1.5\n";
    let kinds: Vec<(Option<usize>, ViolationKind)> = cohort(text, &roles)
        .validate()
        .iter()
        .map(|v| (v.row, v.kind))
        .collect();
    assert_eq!(
        kinds,
        [
            (None, ViolationKind::EmptyArm),
            (Some(1), ViolationKind::NotNumber),
            (Some(2), ViolationKind::Repeated),
            (Some(3), ViolationKind::UnknownWave),
            (Some(3), ViolationKind::NotCount),
            (Some(3), ViolationKind::OutOfRange),
            (Some(4), ViolationKind::MissingSubject),
            (Some(5), ViolationKind::UnknownLevel),
            (Some(5), ViolationKind::NotCount),
            (Some(5), ViolationKind::MissingWave),
        ]
    );
    let json = serde_json::to_string(&cohort(text, &roles).validate()[0]).unwrap();
    assert!(json.contains("\"empty_arm\""), "{json}");
}
