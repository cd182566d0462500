//! What is missing, and why.

use kring_cohort::{Code, CodeCount, ExclusionReason, Missingness, Roles, VariableSpec, Wide};

use crate::{cohort, long, shown, single, spec, waves};

fn codes(missing: &Missingness, column: &str) -> Vec<(String, usize)> {
    let column = missing.column(column).unwrap();
    let text = |entry: &CodeCount| match &entry.code {
        Code::Number(x) => (x.to_string(), entry.count),
        Code::Text(text) => (text.clone(), entry.count),
    };
    column.by_code.iter().map(text).collect()
}

/// Every row of a column is counted once.
fn check_sums(missing: &Missingness) {
    for column in &missing.columns {
        let by_code: usize = column.by_code.iter().map(|entry| entry.count).sum();
        let sum = column.observed + column.system + by_code + column.unusable;
        assert_eq!(sum, missing.rows, "{}", column.column);
    }
}

#[test]
fn declared_codes_are_missing_and_are_counted_by_code() {
    let roles = Roles {
        wide: vec![Wide::pattern("p", "p{wave}")],
        variables: vec![
            VariableSpec {
                missing: vec![Code::Number(99.0), Code::Text("98".into())],
                ..spec("p")
            },
            VariableSpec {
                missing: vec![Code::Text("?".into()), Code::Number(9.0)],
                ..spec("school")
            },
        ],
        ..single()
    };
    let text = "id,p1,p2,school\n1,99,3,?\n2,98,,vmbo\n3,NA,99,9\n4,4,99,?\n5,,99,\n";
    let cohort = cohort(text, &roles);
    assert_eq!(shown(cohort.subjects(), "p1"), ". . . 4 .");
    assert_eq!(shown(cohort.subjects(), "school"), ". vmbo . . .");
    assert_eq!(
        cohort.subjects().factor("school").unwrap().levels(),
        ["vmbo"]
    );
    let missing = cohort.missing();
    let of = |name: &str| {
        let column = missing.column(name).unwrap();
        (column.observed, column.system, codes(missing, name))
    };
    let counts = |pairs: &[(&str, usize)]| -> Vec<(String, usize)> {
        pairs
            .iter()
            .map(|(code, n)| ((*code).to_owned(), *n))
            .collect()
    };
    assert_eq!(of("p1"), (1, 1, counts(&[("98", 1), ("99", 1), ("NA", 1)])));
    assert_eq!(of("p2"), (1, 1, counts(&[("99", 3)])));
    assert_eq!(of("school"), (1, 1, counts(&[("9", 1), ("?", 2)])));
    let p2 = missing.column("p2").unwrap();
    assert_eq!((p2.variable.as_str(), p2.wave.as_deref()), ("p", Some("2")));
    check_sums(missing);
    let order: Vec<&str> = missing.columns.iter().map(|c| c.column.as_str()).collect();
    assert_eq!(order, ["id", "p1", "p2", "school"]);
}

#[test]
fn a_missing_subject_wave_or_arm_can_be_a_code() {
    let roles = Roles {
        variables: vec![
            VariableSpec {
                missing: vec![Code::Number(0.0)],
                ..spec("id")
            },
            VariableSpec {
                missing: vec![Code::Number(-1.0)],
                ..spec("wave")
            },
            VariableSpec {
                missing: vec![Code::Text("unknown".into())],
                ..spec("arm")
            },
        ],
        ..long()
    };
    let text = "id,wave,arm,p\n1,1,EKC,1\n0,1,EKC,2\n2,-1,EKC,3\n3,1,unknown,4\n";
    let cohort = cohort(text, &roles);
    assert_eq!(cohort.validate().len(), 3);
    assert_eq!(shown(cohort.measurements(), "p"), "1 4");
    assert_eq!(shown(cohort.measurements(), "arm"), "EKC .");
    assert_eq!(codes(cohort.missing(), "arm"), [("unknown".to_owned(), 1)]);
    check_sums(cohort.missing());
}

#[test]
fn rows_are_left_out_for_one_reason_each() {
    let roles = Roles {
        waves: waves(&["1", "2"]),
        ..long()
    };
    let text = "id,wave,arm,p\n\
                1,1,EKC,6\n1,2,EKC,\n1,2,EKC,5\n1,3,EKC,4\n\
                2,1,WT,6\n2,2,WT,\n\
                3,,WT,6\n,,WT,6\n,3,WT,6\n";
    let cohort = cohort(text, &roles);
    let missing = cohort.missing();
    let count = |reason| missing.excluded(reason);
    assert_eq!(count(ExclusionReason::NoSubject), 2);
    assert_eq!(count(ExclusionReason::NoWave), 1);
    assert_eq!(count(ExclusionReason::UnknownWave), 1);
    assert_eq!(count(ExclusionReason::Repeated), 1);
    // Subject 1 at wave 2 (the first of the two rows is kept) and subject 2 at wave 2.
    assert_eq!(count(ExclusionReason::NothingObserved), 2);
    assert_eq!(cohort.measurements().rows(), 9 - 2 - 1 - 1 - 1 - 2);
    assert_eq!(shown(cohort.measurements(), "p"), "6 6");
    let reasons: Vec<String> = missing
        .excluded
        .iter()
        .map(|e| e.reason.to_string())
        .collect();
    assert_eq!(
        reasons,
        [
            "no subject",
            "no wave",
            "a wave that was not declared",
            "a second row for the same subject and wave",
            "nothing observed at the wave",
        ]
    );
    check_sums(missing);
    let json = serde_json::to_string(missing).unwrap();
    assert_eq!(
        &serde_json::from_str::<Missingness>(&json).unwrap(),
        missing
    );
}

#[test]
fn what_was_declared_impossible_is_counted_as_unusable() {
    let roles = Roles {
        variables: vec![VariableSpec {
            kind: Some(kring_cohort::VariableKind::Count),
            ..spec("p")
        }],
        ..single()
    };
    let cohort = cohort("id,p\n1,many\n2,3\n3,-1\n", &roles);
    let p = cohort.missing().column("p").unwrap();
    assert_eq!((p.observed, p.unusable), (2, 1)); // −1 is kept
    check_sums(cohort.missing());
}
