//! Tables of a draw: what stands where, and that they say what they are.

use kring_core::seed::Seed;
use kring_sim::draw::Draw;

use crate::generators;

#[test]
fn long_and_wide_say_the_same() {
    for generator in generators::all() {
        let plan = generator.plan().unwrap();
        let cohort = plan.simulate(&Seed::new(5), 3).unwrap();
        let waves = generator.waves.len();
        assert_eq!(cohort.long.rows(), plan.rows());
        assert_eq!(cohort.wide.rows(), plan.families());
        for outcome in &generator.outcomes {
            let long = cohort.long.column(&outcome.name).unwrap();
            assert!(long.title().ends_with("(simulated)"), "{}", long.title());
            for (j, wave) in generator.waves.iter().enumerate() {
                let name = format!("{}_{}", outcome.name, wave.name);
                let wide = cohort.wide.column(&name).unwrap();
                assert!(wide.title().ends_with("(simulated)"));
                for family in 0..plan.families() {
                    let row = family * waves + j;
                    assert_eq!(long.is_missing(row), wide.is_missing(family));
                    match (long.data(), wide.data()) {
                        (
                            kring_core::ColumnData::Numeric(x),
                            kring_core::ColumnData::Numeric(y),
                        ) => {
                            assert_eq!(x.get(row), y.get(family));
                        }
                        (kring_core::ColumnData::Factor(x), kring_core::ColumnData::Factor(y)) => {
                            assert!(x.is_ordered());
                            assert_eq!(x.code(row), y.code(family));
                        }
                        _ => panic!("{name}: a number in one table, a factor in the other"),
                    }
                }
            }
        }
        for covariate in &generator.covariates {
            let column = cohort.wide.column(&covariate.name).unwrap();
            assert!(column.title().ends_with("(simulated)"));
        }
        assert_eq!(cohort.provenance.generator, generator.title);
        assert_eq!(
            (cohort.provenance.seed, cohort.provenance.replicate),
            (5, 3)
        );
    }
}

#[test]
fn families_stand_in_their_arm_and_units_in_theirs() {
    let generator = generators::clusters();
    let plan = generator.plan().unwrap();
    let cohort = plan.simulate(&Seed::new(5), 0).unwrap();
    let arm = cohort.wide.factor("arm").unwrap();
    assert_eq!(
        arm.codes().iter().filter(|code| **code == Some(0)).count(),
        70
    );
    let [team, municipality, coordinator] =
        ["team", "municipality", "coordinator"].map(|name| cohort.wide.factor(name).unwrap());
    for i in 0..plan.families() {
        // Eight teams lie in three municipalities: 0 0 0 1 1 1 2 2.
        let around = team.code(i).unwrap() * 3 / 8;
        assert_eq!(municipality.code(i), Some(around));
        // Coordinators of an arm are its own: the first four WT's, the others EKC's.
        assert_eq!(coordinator.code(i).unwrap() / 4, arm.code(i).unwrap());
    }
    // 4, 3, 2 and 1 tenths of the 70 families.
    let sizes = |unit: u32| {
        let each = coordinator.codes().iter();
        each.filter(|code| **code == Some(unit)).count()
    };
    assert_eq!([sizes(0), sizes(1), sizes(2), sizes(3)], [28, 21, 14, 7]);
    assert_eq!([sizes(4), sizes(5), sizes(6), sizes(7)], [20, 15, 10, 5]);
}

#[test]
fn who_dropped_out_stays_away_and_events_end_with_observation() {
    let generator = generators::many_waves();
    let plan = generator.plan().unwrap();
    let mut draw = Draw::default();
    plan.draw(&Seed::new(8), 0, &mut draw);
    let problems = plan.outcome("problems").unwrap();
    for i in 0..plan.families() {
        let seen: Vec<bool> = (0..4).map(|j| draw.seen(problems, j)[i]).collect();
        assert!(
            seen[0] && seen.windows(2).all(|pair| pair[0] || !pair[1]),
            "{seen:?}"
        );
    }
    let generator = generators::dropout();
    let plan = generator.plan().unwrap();
    plan.draw(&Seed::new(8), 0, &mut draw);
    for (time, had) in draw.event_times(0).iter().zip(draw.event_seen(0)) {
        assert!(*time > 0.0 && *time <= 24.0);
        assert_eq!(*had, *time < 24.0);
    }
    // What is asked for beyond what there is, is nothing; a draw of another plan is refused.
    assert!(draw.values(9, 0).is_empty() && draw.values(0, 9).is_empty());
    assert!(draw.values(usize::MAX, 0).is_empty() && draw.units(usize::MAX).is_empty());
    assert!(plan.families_of(usize::MAX).is_empty());
    let other = generators::clusters().plan().unwrap();
    assert_eq!(
        other.long(&draw).unwrap_err().to_string(),
        "the draw is of another shape, but one of the plan itself was expected"
    );
    let mean = kring_sim::figure::Figure::Mean {
        outcome: "problems".into(),
        arm: "WT".into(),
        wave: "1".into(),
    };
    assert!(mean.of(&other, &draw).is_err());
}
