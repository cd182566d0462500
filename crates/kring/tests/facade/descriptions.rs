//! Descriptions against numbers by hand.

use kring::cohort::{Cohort, Dataset, Level, ReadOptions, Roles, read_bytes};
use kring::core::{Column, Numbers, SummaryKind, Table};
use kring::{Description, Error, describe, means_over_time};

/// Two arms, two waves; one family is missing at the second wave and one has no arm.
const FAMILIES: &str = "\
family,wave,arm,problems
1,1,EKC,1
1,2,EKC,2
2,1,EKC,2
2,2,EKC,4
3,1,EKC,6
3,2,EKC,
4,1,WT,4
4,2,WT,8
5,1,,5
";

fn dataset(text: &str) -> Dataset {
    read_bytes("families.csv", text.as_bytes(), &ReadOptions::default()).unwrap()
}

fn roles() -> Roles {
    Roles {
        subject: Some("family".into()),
        wave: Some("wave".into()),
        arm: Some("arm".into()),
        ..Roles::default()
    }
}

fn numbers(kind: &SummaryKind) -> &Numbers {
    match kind {
        SummaryKind::Numbers(numbers) => numbers,
        SummaryKind::Levels(_) => panic!("expected numbers"),
    }
}

fn close(ours: Option<f64>, by_hand: f64) {
    let ours = ours.unwrap();
    assert!((ours - by_hand).abs() < 1e-12, "{ours} against {by_hand}");
}

/// Of 1, 2, 6: mean 3; squares of the deviations 4 + 1 + 9 = 14, so the variance is 7; the lower
/// quartile lies half way from 1 to 2, the upper half way from 2 to 6.
#[test]
fn numbers_by_arm_and_wave() {
    let cohort = Cohort::new(dataset(FAMILIES), &roles()).unwrap();
    let summaries = describe(cohort.measurements(), &["problems"], &["arm", "wave"]).unwrap();
    let strata: Vec<String> = summaries
        .iter()
        .map(|s| {
            s.strata
                .iter()
                .map(|stratum| stratum.level.as_str())
                .collect::<Vec<_>>()
                .join(" ")
        })
        .collect();
    assert_eq!(
        strata,
        [
            "EKC 1",
            "EKC 2",
            "WT 1",
            "WT 2",
            "(missing) 1",
            "(missing) 2"
        ]
    );
    let ekc = numbers(&summaries[0].kind);
    assert_eq!((summaries[0].n, summaries[0].missing), (3, 0));
    close(ekc.mean, 3.0);
    close(ekc.sd, 7_f64.sqrt());
    close(ekc.min, 1.0);
    close(ekc.lower_quartile, 1.5);
    close(ekc.median, 2.0);
    close(ekc.upper_quartile, 4.0);
    close(ekc.max, 6.0);
    close(ekc.sum, 9.0);
    // One value has a mean and no standard deviation; none has neither.
    let wt = numbers(&summaries[2].kind);
    close(wt.mean, 4.0);
    assert_eq!(wt.sd, None);
    assert_eq!(
        (summaries[5].n, numbers(&summaries[5].kind).mean),
        (0, None)
    );
}

#[test]
fn levels_are_counted_with_their_shares() {
    let arm = Column::factor("arm", ["EKC", "WT"], [0, 0, 0, 1].map(Some).to_vec()).unwrap();
    let table = Table::new(vec![
        Column::factor(
            "ended",
            ["no", "yes"],
            vec![Some(1), Some(1), Some(0), None],
        )
        .unwrap(),
        arm,
    ]);
    let summaries = describe(&table.unwrap(), &["ended"], &["arm"]).unwrap();
    let levels = |place: usize| match &summaries[place].kind {
        SummaryKind::Levels(levels) => {
            let counts = levels
                .iter()
                .map(|level| (level.level.as_str(), level.n, level.share));
            counts.collect::<Vec<_>>()
        }
        SummaryKind::Numbers(_) => panic!("expected levels"),
    };
    // 1 and 2 of three in the one arm; nobody who is known in the other.
    assert_eq!(
        levels(0),
        [("no", 1, Some(1.0 / 3.0)), ("yes", 2, Some(2.0 / 3.0))]
    );
    assert_eq!(levels(1), [("no", 0, None), ("yes", 0, None)]);
    assert_eq!((summaries[1].n, summaries[1].missing), (0, 1));
}

/// With 1, 2, 6 the half width is 4.302653 · √(7/3), the quantile of t with 2 degrees of freedom
/// from the usual tables (.975: 4.303; more digits: qt(.975, 2) = 4.302652730 in R).
#[test]
fn means_over_time_have_intervals_where_there_are_two_values() {
    let cohort = Cohort::new(dataset(FAMILIES), &roles()).unwrap();
    let table = cohort.measurements();
    let curves = means_over_time(
        table,
        "problems",
        Some("arm"),
        "wave",
        &[0.0, 6.0],
        "months",
    )
    .unwrap();
    let labels: Vec<&str> = curves.iter().map(|curve| curve.label.as_str()).collect();
    assert_eq!(labels, ["EKC", "WT", "(missing)"]);
    let [first, second] = &curves[0].points[..] else {
        panic!("two waves");
    };
    let width = 4.302_652_730 * (7.0_f64 / 3.0).sqrt();
    assert!((first.value - 3.0).abs() < 1e-12 && first.at == 0.0 && first.n == Some(3));
    assert!((first.low.unwrap() - (3.0 - width)).abs() < 1e-8);
    assert!((first.high.unwrap() - (3.0 + width)).abs() < 1e-8);
    assert!((second.value - 3.0).abs() < 1e-12 && second.at == 6.0 && second.n == Some(2));
    assert!(curves[1].points.iter().all(|point| point.low.is_none()));
    assert_eq!(curves[2].points.len(), 1);
}

#[test]
fn a_description_counts_everybody_and_everything_that_is_missing() {
    let cohort = Cohort::new(dataset(FAMILIES), &roles()).unwrap();
    let description = Description::of(&cohort, &[]).unwrap();
    assert_eq!(description.subjects, 5);
    // The family without an arm.
    let violations: Vec<String> = description
        .violations
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(violations.len(), 1);
    assert!(
        violations[0].starts_with("row 9 (subject 5"),
        "{}",
        violations[0]
    );
    assert!(
        description
            .headline()
            .contains("9 rows, 4 columns, 5 subjects, 1 violation")
    );
    let flow = description.flow.unwrap();
    let seen: Vec<(&str, Vec<usize>)> = flow
        .arms
        .iter()
        .map(|arm| {
            (
                arm.arm.as_str(),
                arm.waves.iter().map(|wave| wave.present).collect(),
            )
        })
        .collect();
    assert_eq!(
        seen,
        [
            ("EKC", vec![3, 2]),
            ("WT", vec![1, 1]),
            ("(no arm)", vec![1, 0])
        ]
    );
    let problems = description
        .missing
        .columns
        .iter()
        .find(|c| c.column == "problems")
        .unwrap();
    assert_eq!((problems.rows, problems.observed), (9, 8));
}

#[test]
fn only_the_variables_that_are_asked_for_and_that_there_are() {
    let cohort = Cohort::new(dataset(FAMILIES), &roles()).unwrap();
    let error = Description::of(&cohort, &["problem".to_owned()]).unwrap_err();
    assert!(matches!(error, Error::Argument { .. }));
    assert_eq!(
        error.to_string(),
        "variable `problem`: there is no such variable; did you mean `problems`?"
    );
    let unknown = describe(cohort.subjects(), &["problems_3"], &[])
        .unwrap_err()
        .to_string();
    assert!(
        unknown.contains("no column `problems_3`") && unknown.contains("did you mean"),
        "{unknown}"
    );
    let by_number = describe(cohort.measurements(), &["problems"], &["problems"]).unwrap_err();
    assert!(by_number.to_string().contains("`problems`"), "{by_number}");
}

/// Labels are for the reader; strata are called by their names.
#[test]
fn declared_arms_keep_their_names() {
    let roles = Roles {
        arms: vec![
            Level {
                label: Some("care as usual".into()),
                ..Level::named("WT")
            },
            Level::named("EKC"),
        ],
        ..roles()
    };
    let cohort = Cohort::new(dataset(FAMILIES), &roles).unwrap();
    let summaries = describe(cohort.subjects(), &["problems_1"], &["arm"]).unwrap();
    assert_eq!(summaries[0].strata[0].level, "WT");
    assert_eq!(cohort.title("arm", "WT"), "care as usual");
}
