//! Who was seen at each wave: monotone, intermittent, late and never.

use kring_cohort::{Cohort, Level, Roles, Wide};
use kring_core::{ArmFlow, Flow};

use crate::{cohort, levels, long, single, waves};

/// Present, left, away, returned and late at each wave.
fn counts(arm: &ArmFlow) -> Vec<[usize; 5]> {
    let waves = arm.waves.iter();
    waves
        .map(|c| [c.present, c.left, c.away, c.returned, c.late])
        .collect()
}

fn check(flow: &Flow) {
    assert_eq!(flow.waves, ["1", "2", "3"]);
    let [wt, ekc] = flow.arms.as_slice() else {
        panic!("two arms");
    };
    assert_eq!((wt.arm.as_str(), ekc.arm.as_str()), ("WT", "EKC"));
    // WT: seen at all, at 1 and 2, at 1 only, at none.
    assert_eq!((wt.subjects, wt.complete, wt.monotone), (4, 1, 2));
    assert_eq!((wt.intermittent, wt.never), (0, 1));
    assert_eq!(
        counts(wt),
        [[3, 0, 0, 0, 0], [2, 1, 0, 0, 0], [1, 1, 0, 0, 0]]
    );
    // EKC: seen at 1 and 3, at 2 and 3, at 3 only.
    assert_eq!((ekc.subjects, ekc.complete, ekc.monotone), (3, 0, 0));
    assert_eq!((ekc.intermittent, ekc.never), (3, 0));
    assert_eq!(
        counts(ekc),
        [[1, 0, 0, 0, 0], [1, 0, 1, 0, 1], [3, 0, 0, 1, 1]]
    );
}

#[test]
fn a_flow_is_the_same_for_wide_and_long_data() {
    let arms = Roles {
        arm: Some("arm".into()),
        arms: levels(&["WT", "EKC"]),
        waves: waves(&["1", "2", "3"]),
        ..single()
    };
    let wide = Roles {
        wide: vec![
            Wide::pattern("p", "p{wave}"),
            Wide::pattern("q", "q{wave}").at(["2"]),
        ],
        ..arms.clone()
    };
    let text = "id,arm,p1,p2,p3,q2\n\
                1,WT,6,2,1,1\n2,WT,6,2,,\n3,WT,5,,,\n4,WT,,,,\n\
                5,EKC,4,,3,\n6,EKC,,,8,5\n7,EKC,,,2,\n";
    let of_wide = cohort(text, &wide);
    check(&of_wide.flow(&["p", "q"]).unwrap());
    // By p alone, subject 6 came at wave 3 only.
    assert_eq!(of_wide.flow(&["p"]).unwrap().arms[1].waves[2].late, 2);

    let long = Roles {
        wave: Some("wave".into()),
        ..arms
    };
    let text = "id,wave,arm,p,q\n\
                1,1,WT,6,\n1,2,WT,2,1\n1,3,WT,1,\n2,1,WT,6,\n2,2,WT,2,\n2,3,WT,,\n3,1,WT,5,\n\
                4,1,WT,,\n5,1,EKC,4,\n5,3,EKC,3,\n6,2,EKC,,5\n6,3,EKC,8,\n7,3,EKC,2,\n";
    check(&cohort(text, &long).flow(&["p", "q"]).unwrap());
}

#[test]
fn a_flow_calls_waves_and_arms_by_their_names() {
    let roles = Roles {
        arms: vec![Level {
            label: Some("Eigen Kracht".into()),
            ..Level::named("EKC")
        }],
        ..long()
    };
    let cohort = cohort("id,wave,arm,p\n1,T2,EKC,2\n1,T1,EKC,3\n", &roles);
    let flow = cohort.flow(&["p"]).unwrap();
    assert_eq!(flow.waves, ["T1", "T2"]);
    assert_eq!(flow.arms[0].arm, "EKC");
    assert_eq!(cohort.title("arm", "EKC"), "Eigen Kracht");
    assert_eq!(flow.observed, ["p"]);
    assert_eq!(
        cohort.arm("EKC").unwrap(),
        cohort.arm("Eigen Kracht").unwrap()
    );
}

#[test]
fn without_arms_there_is_one_unnamed_arm_and_without_waves_one_wave() {
    let cohort = cohort("id,p\n1,2\n2,\n", &single());
    let flow: Flow = cohort.flow(&["p"]).unwrap();
    assert_eq!((flow.waves.len(), flow.arms[0].arm.as_str()), (1, ""));
    assert_eq!((flow.arms[0].complete, flow.arms[0].never), (1, 1));
}

#[test]
fn an_empty_file_is_an_empty_cohort() {
    let cohort: Cohort = cohort("id,wave,arm,p\n", &long());
    assert_eq!(cohort.subjects().rows(), 0);
    assert_eq!(cohort.measurements().rows(), 0);
    assert_eq!(cohort.validate(), []);
}
