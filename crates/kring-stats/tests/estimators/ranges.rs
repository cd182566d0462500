//! Replicates by ranges: any split, in any order, in any number of threads, gives the same bits.

use kring_core::{
    Bootstrap as Kind, Design, DesignParts, Grouping, Groups, Measure, Part, Response,
};
use kring_stats::Error;
use kring_stats::bootstrap::Bootstrap;
use kring_stats::family::Family;
use kring_stats::fisher::{Fisher, FisherMethod};
use kring_stats::glm::{Glm, Settings};
use kring_stats::permutation::{Method, Permutation, Statistic};
use kring_stats::resampling::{Draws, Quantity, Scheme, Share, Stage, TwoGroups};
use kring_stats::seed::Seed;
use kring_stats::t_test::Group;
use ndarray::{Array1, Array2, array};
use proptest::prelude::*;

const REPLICATES: u64 = 300;

/// Draws the ranges between some cuts, in an order that the seed gives, in so many threads each, sends
/// them as text, and finishes.
fn split<T: PartialEq + std::fmt::Debug + Send>(
    cuts: &[u64],
    order: u64,
    threads: usize,
    run: &(dyn Fn(&Share<'_>) -> Result<Stage<T>, Error> + Sync),
) -> T {
    assert_eq!(run(&Share::Count).unwrap(), Stage::Count(REPLICATES));
    let mut ends: Vec<u64> = cuts.iter().copied().chain([0, REPLICATES]).collect();
    ends.sort_unstable();
    ends.dedup();
    let mut ranges: Vec<_> = ends.windows(2).map(|ends| ends[0]..ends[1]).collect();
    Seed::new(order).stream(0).shuffle(&mut ranges);
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .unwrap();
    let draws: Vec<Draws> = ranges
        .into_iter()
        .map(|range| match pool.install(|| run(&Share::Range(range))) {
            Ok(Stage::Draws(draws)) => {
                let sent = serde_json::to_string(&draws).unwrap();
                serde_json::from_str(&sent).unwrap()
            }
            other => panic!("{other:?}"),
        })
        .collect();
    let finish = Share::Finish(draws.iter().collect());
    pool.install(|| run(&finish)).unwrap().result().unwrap()
}

struct Families {
    values: Vec<f64>,
    arm: Grouping,
    family: Grouping,
}

fn families() -> Families {
    let mut stream = Seed::new(5).stream(1);
    let grouping = |name: &str, levels: usize, of: &dyn Fn(usize) -> usize| Grouping {
        name: name.to_owned(),
        levels: (0..levels).map(|i| format!("{name} {i}")).collect(),
        index: (0..90).map(|row| u32::try_from(of(row)).unwrap()).collect(),
    };
    Families {
        values: (0..90).map(|_| stream.normal()).collect(),
        arm: grouping("arm", 2, &|row| row / 3 % 2),
        family: grouping("family", 30, &|row| row / 3),
    }
}

fn bootstrap(interval: Kind) -> Bootstrap {
    Bootstrap {
        interval,
        replicates: 300,
        seed: Some(2011),
        ..Bootstrap::default()
    }
}

fn permutation(statistic: Statistic) -> Permutation {
    Permutation {
        statistic,
        method: Method::MonteCarlo,
        replicates: 300,
        seed: Some(2011),
        ..Permutation::default()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn two_groups(cuts in prop::collection::vec(0..=REPLICATES, 0..9), order: u64, threads in 1..5_usize) {
        let Families { values, arm, family } = &families();
        for clusters in [None, Some(family)] {
            let scheme = Scheme { clusters, strata: None };
            let data = TwoGroups { values, arm, scheme };
            for interval in [Kind::BiasCorrectedAccelerated, Kind::Studentized] {
                let options = bootstrap(interval);
                let run = |share: &Share<'_>| options.two_groups_share(&data, None, share);
                prop_assert_eq!(
                    split(&cuts, order, threads, &run),
                    options.two_groups(&data, None).unwrap()
                );
            }
            for statistic in [Statistic::MeanDifference, Statistic::Welch, Statistic::MannWhitney] {
                let options = permutation(statistic);
                let run = |share: &Share<'_>| options.two_groups_share(&data, None, share);
                prop_assert_eq!(
                    split(&cuts, order, threads, &run),
                    options.two_groups(&data, None).unwrap()
                );
            }
        }
    }

    #[test]
    fn pairs_tables_and_statistics(cuts in prop::collection::vec(0..=REPLICATES, 0..9), order: u64) {
        let Families { values, arm, .. } = &families();
        let (after, before) = values.split_at(45);
        let after = Group { name: "T2", values: after };
        let before = Group { name: "T1", values: before };
        let options = permutation(Statistic::MeanDifference);
        let run = |share: &Share<'_>| {
            options.paired_share(after, before, Scheme::default(), None, share)
        };
        prop_assert_eq!(
            split(&cuts, order, 2, &run),
            options.paired(after, before, Scheme::default(), None).unwrap()
        );

        let data = TwoGroups { values, arm, scheme: Scheme::default() };
        let what = Quantity { label: "largest", measure: Measure::Mean { unit: None }, null: 0.0 };
        // Some assignments have no value.
        let largest = |values: &[f64], first: &[bool]| {
            let of = values.iter().zip(first).filter(|(_, first)| **first);
            Some(of.map(|(x, _)| *x).fold(f64::MIN, f64::max)).filter(|x| *x < 2.5 || first[0])
        };
        let run = |share: &Share<'_>| options.statistic_share(&what, &data, largest, share);
        prop_assert_eq!(
            split(&cuts, order, 2, &run),
            options.statistic(&what, &data, largest).unwrap()
        );

        let fisher = Fisher { method: FisherMethod::MonteCarlo { replicates: 300, seed: 3 } };
        let table = array![[9, 4, 2], [3, 8, 5]];
        let run = |share: &Share<'_>| fisher.test_share("a × b", table.view(), share);
        prop_assert_eq!(
            split(&cuts, order, 2, &run),
            fisher.test("a × b", table.view()).unwrap()
        );
    }
}

/// Small arms, of which some draws are separated: their reasons travel too.
#[test]
fn standardised_means() {
    let x = Array2::from_shape_fn((24, 2), |(i, j)| if j == 0 || i >= 12 { 1.0 } else { 0.0 });
    let home = Array1::from_shape_fn(24, |i| {
        if i < 2 || (12..20).contains(&i) {
            1.0
        } else {
            0.0
        }
    });
    let design = Design::new(DesignParts {
        response: Response::Binary(home),
        response_name: "at_home".into(),
        mean: Part::fixed(x.clone(), vec!["(Intercept)".into(), "armEKC".into()]),
        zero: None,
        dispersion: None,
        groups: Groups::default(),
        time: None,
        weights: None,
        source_rows: (0..24).collect(),
        omitted: vec![],
    })
    .unwrap();
    let glm = Glm {
        family: Family::Binomial,
        ..Glm::default()
    };
    let (mut wt, mut ekc) = (x.clone(), x);
    wt.column_mut(1).fill(0.0);
    ekc.column_mut(1).fill(1.0);
    let settings = Settings {
        names: ["WT", "EKC"],
        a: wt.view(),
        b: ekc.view(),
        offset: None,
        weights: None,
    };
    for interval in [Kind::BiasCorrectedAccelerated, Kind::Studentized] {
        let options = bootstrap(interval);
        let whole = options
            .standardized(&glm, &design, &settings, Scheme::default())
            .unwrap();
        assert!(whole.difference.failures > 0);
        let run = |share: &Share<'_>| {
            options.standardized_share(&glm, &design, &settings, Scheme::default(), share)
        };
        for (cuts, threads) in [(vec![], 1), (vec![1, 64, 65], 3), (vec![150, 299], 2)] {
            assert_eq!(split(&cuts, threads as u64, threads, &run), whole);
        }
    }
}

#[test]
fn an_exact_test_has_no_replicates() {
    let Families { arm, .. } = families();
    // Of two values only, so that all assignments can be counted.
    let values: Vec<f64> = (0..90).map(|row| f64::from(row % 2)).collect();
    let data = TwoGroups {
        values: &values,
        arm: &arm,
        scheme: Scheme::default(),
    };
    let options = Permutation {
        seed: Some(1),
        ..Permutation::default()
    };
    let run = |share| options.two_groups_share(&data, None, &share);
    let whole = options.two_groups(&data, None).unwrap();
    assert_eq!(run(Share::Count).unwrap(), Stage::Result(whole));
    let message = "a range of the replicates of an exact test, which has none, is not supported; run it \
                   whole, or take monte_carlo";
    assert_eq!(run(Share::Finish(vec![])).unwrap_err().to_string(), message);
    let exact = Permutation {
        method: Method::Exact,
        ..options
    };
    let found = exact.two_groups_share(&data, None, &Share::Range(0..9));
    assert_eq!(found.unwrap_err().to_string(), message);
    let fisher = Fisher::default();
    let table = array![[3, 1], [1, 3]];
    let found = fisher.test_share("tea", table.view(), &Share::Range(0..9));
    assert_eq!(found.unwrap_err().to_string(), message);
    let count = fisher.test_share("tea", table.view(), &Share::Count);
    assert!(matches!(count, Ok(Stage::Result(_))));
}

#[test]
fn a_share_alone_is_no_result() {
    let Families { values, arm, .. } = &families();
    let data = TwoGroups {
        values,
        arm,
        scheme: Scheme::default(),
    };
    let options = bootstrap(Kind::Percentile);
    let draws = options.two_groups_share(&data, None, &Share::Range(0..5));
    let found = draws.unwrap().result().unwrap_err();
    assert!(found.to_string().contains("finish"), "{found}");
    // Draws of another computation: pairs of numbers against single ones.
    let pairs = match options.two_groups_share(&data, None, &Share::Range(0..300)) {
        Ok(Stage::Draws(draws)) => draws,
        other => panic!("{other:?}"),
    };
    let other = permutation(Statistic::Welch);
    let found = other.two_groups_share(&data, None, &Share::Finish(vec![&pairs]));
    assert_eq!(
        found.unwrap_err().to_string(),
        "the draws of the replicates 0..300: expected 300 numbers, found 600: draws of another computation"
    );
}
