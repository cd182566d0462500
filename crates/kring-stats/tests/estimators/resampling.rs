//! Permutation tests and the bootstrap: what is true of them whatever the data, and what they refuse.

use kring_core::{Alternative, Bootstrap as Kind, Caution, Grouping, Measure, Reference};
use kring_stats::Error;
use kring_stats::bootstrap::{Bootstrap, Bootstrapped, Replicate, Replicates};
use kring_stats::permutation::{Method, Permutation, Statistic};
use kring_stats::resampling::{Quantity, Scheme, TwoGroups};
use kring_stats::seed::Seed;
use kring_stats::t_test::{Group, TTest};
use proptest::prelude::*;

fn group<'a>(name: &'a str, values: &'a [f64]) -> Group<'a> {
    Group { name, values }
}

fn grouping(name: &str, levels: u32, index: Vec<u32>) -> Grouping {
    Grouping {
        name: name.to_owned(),
        levels: (1..=levels).map(|i| format!("{name} {i}")).collect(),
        index,
    }
}

fn exact(statistic: Statistic) -> Permutation {
    Permutation {
        statistic,
        method: Method::Exact,
        ..Permutation::default()
    }
}

fn drawn(statistic: Statistic, seed: u64) -> Permutation {
    Permutation {
        statistic,
        method: Method::MonteCarlo,
        seed: Some(seed),
        ..Permutation::default()
    }
}

fn bootstrap(interval: Kind) -> Bootstrap {
    Bootstrap {
        interval,
        seed: Some(2011),
        replicates: 1999,
        ..Bootstrap::default()
    }
}

/// Normal-looking numbers that are the same everywhere.
fn numbers(stream: u64, n: usize) -> Vec<f64> {
    let mut stream = Seed::new(99).stream(stream);
    (0..n).map(|_| stream.normal()).collect()
}

#[track_caller]
fn says(error: Error, message: &str) {
    assert_eq!(error.to_string(), message);
}

fn mean(values: impl IntoIterator<Item = f64>) -> f64 {
    let values: Vec<f64> = values.into_iter().collect();
    values.iter().sum::<f64>() / values.len() as f64
}

#[test]
fn the_same_bits_for_any_number_of_threads() {
    let (x, y) = (numbers(1, 70), numbers(2, 90));
    let (x, y) = (group("EKC", &x), group("WT", &y));
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| {
            (
                bootstrap(Kind::Studentized)
                    .two_samples(x, y, None)
                    .unwrap(),
                drawn(Statistic::Welch, 4).two_samples(x, y, None).unwrap(),
                drawn(Statistic::MeanDifference, 4)
                    .two_samples(x, y, None)
                    .unwrap(),
            )
        })
    };
    let one = run(1);
    assert_eq!(one, run(2));
    assert_eq!(one, run(5));
    let other = Bootstrap {
        seed: Some(2012),
        ..bootstrap(Kind::Studentized)
    };
    assert_ne!(one.0, other.two_samples(x, y, None).unwrap());
}

/// A statistic of rows and the fast way draw the same units.
#[test]
fn a_mean_difference_is_a_statistic_of_rows() {
    let n = 60;
    let values = numbers(3, n);
    // Families of one, two or three rows, each in one arm.
    let family: Vec<u32> = (0..60).map(|i| (i * 7 % 60) / 2).collect();
    let arm = grouping("arm", 2, family.iter().map(|f| f % 2).collect());
    let family = grouping("family", 30, family);
    for clusters in [None, Some(&family)] {
        let data = TwoGroups {
            values: &values,
            arm: &arm,
            scheme: Scheme {
                clusters,
                strata: None,
            },
        };
        let by_rows = Scheme {
            clusters,
            strata: Some(&arm),
        };
        let difference = |rows: &[usize]| {
            let of = |a: u32| {
                mean(
                    rows.iter()
                        .filter(|&&i| arm.index[i] == a)
                        .map(|&i| values[i]),
                )
            };
            Some(of(0) - of(1))
        };
        let what = Quantity {
            label: "difference",
            measure: Measure::MeanDifference { unit: None },
            null: 0.0,
        };
        for kind in [
            Kind::Percentile,
            Kind::Basic,
            Kind::BiasCorrectedAccelerated,
        ] {
            let fast = bootstrap(kind).two_groups(&data, None).unwrap();
            let slow = bootstrap(kind)
                .statistic(&what, n, by_rows, difference)
                .unwrap();
            assert_eq!(fast.replicates.len(), slow.replicates.len());
            for (a, b) in fast.replicates.iter().zip(&slow.replicates) {
                assert!((a - b).abs() < 1e-12);
            }
            for (a, b) in fast.influence.iter().zip(&slow.influence) {
                assert!((a - b).abs() < 1e-12);
            }
            let (a, b) = (
                fast.estimate.interval.unwrap(),
                slow.estimate.interval.unwrap(),
            );
            assert!((a.low.unwrap() - b.low.unwrap()).abs() < 1e-10);
            assert!((a.high.unwrap() - b.high.unwrap()).abs() < 1e-10);
            assert_eq!(fast.estimate.sample.clusters, clusters.map(|_| 30));
        }
    }
}

/// The studentised interval uses Welch's error, and with clusters the one between their sums.
#[test]
fn the_error_of_a_replicate_is_that_of_the_t_test() {
    let (x, y) = (numbers(5, 25), numbers(6, 30));
    let (x, y) = (group("EKC", &x), group("WT", &y));
    let found = bootstrap(Kind::Studentized)
        .two_samples(x, y, None)
        .unwrap();
    let welch = TTest::default().two_samples(x, y, None).unwrap();
    // A replicate that is the sample itself would have it: with given replicates z* of ±1 the ends are t ± v.
    let values: Vec<f64> = (0..40)
        .map(|i| if i % 2 == 0 { -1.0 } else { 1.0 })
        .collect();
    let ends = Replicates {
        estimate: Replicate {
            value: 0.0,
            std_error: welch.std_error,
        },
        values: &values,
        std_errors: &[1.0; 40],
        influence: &[],
    };
    let interval = ends.interval(Kind::Studentized, 0.9).unwrap().unwrap();
    assert!((interval.high.unwrap() - welch.std_error.unwrap()).abs() < 1e-15);
    // Replicates centre on the estimate, in errors that centre on Welch's.
    let average = mean(found.std_errors.iter().copied());
    assert!((average / welch.std_error.unwrap() - 1.0).abs() < 0.05);
    let width = |found: &Bootstrapped| {
        let interval = found.estimate.interval.unwrap();
        interval.high.unwrap() - interval.low.unwrap()
    };
    let wald = welch.interval.unwrap();
    let welch_width = wald.high.unwrap() - wald.low.unwrap();
    assert!((width(&found) / welch_width - 1.0).abs() < 0.15);
}

/// The bootstrap distribution of three values, all 27 draws of which are known.
#[test]
fn small_bootstrap_distributions_are_enumerated() {
    let values = [1.0, 2.0, 6.0];
    let mut means: Vec<f64> = Vec::new();
    for i in 0..27 {
        means.push((values[i % 3] + values[i / 3 % 3] + values[i / 9]) / 3.0);
    }
    let options = Bootstrap {
        replicates: 200_000,
        ..bootstrap(Kind::Percentile)
    };
    let found = options
        .mean(group("EKC", &values), Scheme::default(), None)
        .unwrap();
    for &truth in &means {
        let near = |m: &&f64| (**m - truth).abs() < 1e-12;
        let share = found.replicates.iter().filter(near).count() as f64 / 2e5;
        let expected = means.iter().filter(near).count() as f64 / 27.0;
        // Five standard errors.
        assert!((share - expected).abs() < 5.0 * (expected * (1.0 - expected) / 2e5).sqrt());
    }
    // Variance Σ(x − 3)²/n² = 14/9 · … = (4 + 1 + 9)/9; bias none.
    let truth = (14.0_f64 / 9.0).sqrt();
    assert!((found.estimate.std_error.unwrap() / truth - 1.0).abs() < 0.01);
    assert!(found.bias.abs() < 0.015);
    assert!(
        matches!(found.estimate.cautions.as_slice(), [Caution::Note(few)] if few.contains("only 3 units"))
    );
}

/// a of a difference of two means is a sixth of its skewness, whose third cumulants are Σ(x − x̄)³/n³.
#[test]
fn acceleration_of_two_arms_is_a_sixth_of_the_skewness() {
    let (x, y) = ([1.0, 2.0, 3.0, 10.0], [0.0, 0.0, 1.0, 1.0, 2.0, 14.0]);
    let found = bootstrap(Kind::BiasCorrectedAccelerated)
        .two_samples(group("EKC", &x), group("WT", &y), None)
        .unwrap();
    let cumulant = |values: &[f64], k: i32| {
        let m = mean(values.iter().copied());
        values.iter().map(|v| (v - m).powi(k)).sum::<f64>() / (values.len() as f64).powi(k)
    };
    let skewness =
        (cumulant(&x, 3) - cumulant(&y, 3)) / (cumulant(&x, 2) + cumulant(&y, 2)).powf(1.5);
    let (squares, cubes) = found
        .influence
        .iter()
        .fold((0.0, 0.0), |(s, c), u| (s + u * u, c + u.powi(3)));
    assert!((cubes / (6.0 * squares.powf(1.5)) - skewness / 6.0).abs() < 1e-12);
}

#[test]
fn draws_without_a_value_are_counted() {
    let values = [0.0, 0.0, 0.0, 0.0, 5.0, 6.0, 7.0, 8.0];
    let log = |rows: &[usize]| {
        let m = mean(rows.iter().map(|&i| values[i]));
        (m > 2.0).then(|| m.ln())
    };
    let what = Quantity {
        label: "log of the mean",
        measure: Measure::LogMeanRatio,
        null: 0.0,
    };
    let found = bootstrap(Kind::Percentile)
        .statistic(&what, 8, Scheme::default(), log)
        .unwrap();
    assert!(found.failures > 0);
    assert_eq!(found.replicates.len() + found.failures, 1999);
    let expected = format!(
        "{} of 1999 replicates gave no value and were left out.",
        found.failures
    );
    assert!(found.estimate.cautions.contains(&Caution::Note(expected)));
    // Mostly no value is no result.
    let rare = |rows: &[usize]| {
        let m = mean(rows.iter().map(|&i| values[i]));
        (m == 3.25).then_some(m)
    };
    let refused = bootstrap(Kind::Percentile)
        .statistic(&what, 8, Scheme::default(), rare)
        .unwrap_err();
    assert!(matches!(refused, Error::TooFew { .. }));
    // Without one of the rows it may have none either: no acceleration, and a caution.
    let fragile = |rows: &[usize]| (rows.len() == 8).then(|| mean(rows.iter().map(|&i| values[i])));
    let found = bootstrap(Kind::BiasCorrectedAccelerated)
        .statistic(&what, 8, Scheme::default(), fragile)
        .unwrap();
    assert!(found.influence.is_empty() && found.estimate.interval.is_some());
    // No value at all.
    says(
        bootstrap(Kind::Basic)
            .statistic(&what, 8, Scheme::default(), |_| None::<f64>)
            .unwrap_err(),
        "`log of the mean`, which has no value for the data as they are, is not supported; look at the data or at the \
         function",
    );
    says(
        bootstrap(Kind::Studentized)
            .statistic(&what, 8, Scheme::default(), |rows| Some(rows.len() as f64))
            .unwrap_err(),
        "the bootstrap needs at least 1000 replicates of `log of the mean` with a value and, if studentised, an error \
         (1999 gave no standard error), but there are 0",
    );
}

#[test]
fn what_the_bootstrap_refuses() {
    let (x, y) = (group("EKC", &[1.0, 2.0]), group("WT", &[3.0, 4.0]));
    let no_seed = Bootstrap::default();
    says(
        no_seed.two_samples(x, y, None).unwrap_err(),
        "the seed is absent, but a whole number, such as 2011, so that the run can be repeated, was expected",
    );
    let percentile = bootstrap(Kind::Percentile);
    says(
        percentile
            .two_samples(x, group("WT", &[]), None)
            .unwrap_err(),
        "the bootstrap needs at least 1 values in group WT, but there are 0",
    );
    says(
        percentile
            .two_samples(group("EKC", &[3.0; 4]), group("WT", &[1.0; 3]), None)
            .unwrap_err(),
        "`EKC − WT` in all replicates is constant, so the bootstrap has no error to measure differences by",
    );
    says(
        percentile
            .two_samples(group("EKC", &[1.0, f64::NAN]), y, None)
            .unwrap_err(),
        "EKC − WT holds a value that is not a finite number at row 2; mark it as missing instead",
    );
    says(
        percentile
            .mean(group("EKC", &[]), Scheme::default(), None)
            .unwrap_err(),
        "the bootstrap needs at least 1 rows, but there are 0",
    );
    let level = Bootstrap {
        level: 95.0,
        ..percentile
    };
    assert!(matches!(
        level.two_samples(x, y, None),
        Err(Error::Argument { .. })
    ));
    let none = Bootstrap {
        replicates: 1,
        ..percentile
    };
    assert!(matches!(
        none.two_samples(x, y, None),
        Err(Error::TooFew { .. })
    ));
    let refused = percentile
        .paired(x, group("WT", &[1.0]), Scheme::default(), None)
        .unwrap_err();
    says(
        refused,
        "EKC − WT: expected one entry for each of 1 rows, found 2",
    );
    let given = Replicates {
        estimate: 5.0.into(),
        values: &[1.0, 2.0, 3.0],
        std_errors: &[],
        influence: &[],
    };
    assert_eq!(
        given
            .interval(Kind::BiasCorrectedAccelerated, 0.95)
            .unwrap(),
        None
    );
    assert!(given.interval(Kind::Studentized, 0.95).is_err());
    let with_errors = Replicates {
        std_errors: &[1.0, 1.0, 1.0],
        ..given
    };
    says(
        with_errors.interval(Kind::Studentized, 0.95).unwrap_err(),
        "a studentised interval needs the standard error of the statistic itself, which the design does not have; let \
         the function give a Replicate with one, or take another interval",
    );
}

#[test]
fn huge_and_tiny_numbers_change_nothing_but_the_unit() {
    let (x, y) = (numbers(7, 30), numbers(8, 25));
    let interval = |scale: f64, shift: f64| {
        let moved = |values: &[f64]| values.iter().map(|v| v * scale + shift).collect::<Vec<_>>();
        let (x, y) = (moved(&x), moved(&y));
        let found = bootstrap(Kind::BiasCorrectedAccelerated)
            .two_samples(group("EKC", &x), group("WT", &y), None)
            .unwrap();
        let interval = found.estimate.interval.unwrap();
        (
            interval.low.unwrap() / scale,
            interval.high.unwrap() / scale,
        )
    };
    let (low, high) = interval(1.0, 0.0);
    for (scale, shift) in [(1e150, 0.0), (1e-150, 0.0), (1.0, 1e6)] {
        let (a, b) = interval(scale, shift);
        assert!(
            (a - low).abs() < 1e-8 && (b - high).abs() < 1e-8,
            "{scale} {shift}: {a} {b}"
        );
    }
}

#[test]
fn drawn_permutations_come_near_the_exact_p() {
    let (x, y) = (numbers(9, 12), numbers(10, 10));
    let x: Vec<f64> = x.iter().map(|x| x + 0.8).collect();
    let (x, y) = (group("EKC", &x), group("WT", &y));
    for statistic in [
        Statistic::MeanDifference,
        Statistic::Welch,
        Statistic::MannWhitney,
    ] {
        for alternative in [
            Alternative::TwoSided,
            Alternative::Less,
            Alternative::Greater,
        ] {
            let run = |test: Permutation| {
                Permutation {
                    alternative,
                    ..test
                }
                .two_samples(x, y, None)
                .unwrap()
            };
            let (truth, near) = (run(exact(statistic)), run(drawn(statistic, 3)));
            let Reference::Resampled { n: 9999, mcse } = near.reference else {
                panic!("{:?}", near.reference);
            };
            let distance = (near.p_value.unwrap() - truth.p_value.unwrap()).abs();
            assert!(
                distance < 4.5 * mcse.max(1e-4),
                "{statistic:?}: {distance} {mcse}"
            );
            assert_eq!(truth.reference, Reference::Exact);
            assert_eq!(truth.value, near.value);
            // (b + 1)/(m + 1) with a whole b.
            let b = near.p_value.unwrap() * 10_000.0;
            assert!((b - b.round()).abs() < 1e-8 && b >= 1.0);
        }
    }
}

/// Strata and clusters: drawing is checked against enumeration.
#[test]
fn restricted_permutations_come_near_their_enumeration() {
    let n = 24;
    let values: Vec<f64> = numbers(11, n).iter().map(|v| v.round()).collect();
    // Twelve families of two in three teams.
    let family = grouping("family", 12, (0..24).map(|i| i / 2).collect());
    let team = grouping("team", 3, (0..24).map(|i| i / 8).collect());
    let arm = grouping(
        "arm",
        2,
        [0, 1, 1, 0, 1, 0, 0, 1, 0, 0, 0, 1]
            .iter()
            .flat_map(|&a| [a, a])
            .collect(),
    );
    for scheme in [
        Scheme {
            clusters: None,
            strata: Some(&team),
        },
        Scheme {
            clusters: Some(&family),
            strata: None,
        },
        Scheme {
            clusters: Some(&family),
            strata: Some(&team),
        },
    ] {
        let data = TwoGroups {
            values: &values,
            arm: &arm,
            scheme,
        };
        for statistic in [Statistic::MeanDifference, Statistic::MannWhitney] {
            let truth = exact(statistic).two_groups(&data, None).unwrap();
            let near = drawn(statistic, 8).two_groups(&data, None).unwrap();
            assert!((truth.p_value.unwrap() - near.p_value.unwrap()).abs() < 0.025);
            assert!((truth.null - near.null).abs() < 1e-12);
        }
        // The same as a statistic of the caller's own.
        let difference = |values: &[f64], first: &[bool]| {
            let of = |a: bool| {
                mean(
                    values
                        .iter()
                        .zip(first)
                        .filter(|(_, f)| **f == a)
                        .map(|(v, _)| *v),
                )
            };
            Some(of(true) - of(false))
        };
        let what = Quantity {
            label: "own",
            measure: Measure::MeanDifference { unit: None },
            null: 0.0,
        };
        let own = drawn(Statistic::MeanDifference, 8)
            .statistic(&what, &data, difference)
            .unwrap();
        let truth = exact(Statistic::MeanDifference)
            .two_groups(&data, None)
            .unwrap();
        assert!((truth.p_value.unwrap() - own.p_value.unwrap()).abs() < 0.025);
    }
}

#[test]
fn pairs_are_drawn_as_they_are_counted() {
    let after: Vec<f64> = numbers(12, 45).iter().map(|v| v + 0.2).collect();
    let before = vec![0.0; 45];
    let family = grouping("family", 15, (0..45).map(|i| i / 3).collect());
    for clusters in [None, Some(&family)] {
        let scheme = Scheme {
            clusters,
            strata: None,
        };
        let run = |test: Permutation| {
            test.paired(group("T2", &after), group("T1", &before), scheme, None)
                .unwrap()
        };
        let near = run(drawn(Statistic::MeanDifference, 1));
        // 45 rows without a grid are too many to count, 15 families are not.
        if clusters.is_some() {
            let truth = run(exact(Statistic::MeanDifference));
            assert!((truth.p_value.unwrap() - near.p_value.unwrap()).abs() < 0.02);
            assert_eq!(truth.sample.clusters, Some(15));
        } else {
            let refused = exact(Statistic::MeanDifference)
                .paired(group("T2", &after), group("T1", &before), scheme, None)
                .unwrap_err();
            says(
                refused,
                "an exact permutation test of these 45 units is not supported; there are too many assignments to \
                 count: take monte_carlo with a seed",
            );
            let z = near.statistic().unwrap();
            let normal =
                kring_stats::dist::p_value(z, Reference::Normal, Alternative::TwoSided).unwrap();
            assert!((near.p_value.unwrap() - normal).abs() < 0.03);
        }
    }
}

#[test]
fn what_permutation_refuses() {
    let (x, y) = (group("EKC", &[1.0, 2.0]), group("WT", &[3.0, 4.0]));
    let test = Permutation::default();
    says(
        test.two_samples(x, group("WT", &[]), None).unwrap_err(),
        "a permutation test needs at least 1 values in group WT, but there are 0",
    );
    let refused = test
        .two_samples(group("EKC", &[f64::INFINITY]), y, None)
        .unwrap_err();
    assert!(matches!(refused, Error::Core(_)));
    says(
        exact(Statistic::ShareDifference)
            .two_samples(x, y, None)
            .unwrap_err(),
        "a value in a difference of shares is 2, but 0 or 1 was expected",
    );
    let unseeded = Permutation {
        method: Method::MonteCarlo,
        ..test
    };
    assert!(
        unseeded
            .two_samples(x, y, None)
            .unwrap_err()
            .to_string()
            .starts_with("the seed is absent")
    );
    let none = Permutation {
        replicates: 0,
        seed: Some(1),
        ..unseeded
    };
    assert!(matches!(
        none.two_samples(x, y, None),
        Err(Error::TooFew { .. })
    ));
    let values = [1.0, 2.0, 3.0];
    let three = grouping("arm", 3, vec![0, 1, 2]);
    let data = |arm| TwoGroups {
        values: &values,
        arm,
        scheme: Scheme::default(),
    };
    says(
        test.two_groups(&data(&three), None).unwrap_err(),
        "`arm` in a permutation test: expected two levels, found 3: arm 1, arm 2, arm 3",
    );
    let wild = grouping("arm", 2, vec![0, 1, 5]);
    assert!(matches!(
        test.two_groups(&data(&wild), None),
        Err(Error::Core(_))
    ));
    let short = grouping("arm", 2, vec![0, 1]);
    assert!(matches!(
        test.two_groups(&data(&short), None),
        Err(Error::Shape { .. })
    ));
    let family = grouping("family", 2, vec![0, 0, 1]);
    let arm = grouping("arm", 2, vec![0, 1, 1]);
    let mixed = TwoGroups {
        scheme: Scheme {
            clusters: Some(&family),
            strata: None,
        },
        ..data(&arm)
    };
    says(
        test.two_groups(&mixed, None).unwrap_err(),
        "family family 1: expected all its rows in one arm, found rows in arm 1 and arm 2",
    );
    let welch = exact(Statistic::Welch)
        .paired(x, y, Scheme::default(), None)
        .unwrap_err();
    assert!(matches!(welch, Error::Unsupported { .. }));
    let nobody = test
        .paired(group("T2", &[]), group("T1", &[]), Scheme::default(), None)
        .unwrap_err();
    says(
        nobody,
        "a permutation test needs at least 1 pairs of T2 − T1, but there are 0",
    );
}

#[test]
fn hard_data() {
    // No variance at all, all zeros in an arm, two rows.
    let same = exact(Statistic::MeanDifference).two_samples(
        group("EKC", &[0.1; 5]),
        group("WT", &[0.1; 3]),
        None,
    );
    assert_eq!(same.unwrap().p_value, Some(1.0));
    let zeros = exact(Statistic::Welch)
        .two_samples(
            group("EKC", &[0.0; 4]),
            group("WT", &[1.0, 2.0, 1.0, 3.0]),
            None,
        )
        .unwrap();
    // Only this assignment and its mirror image put all zeros together: 2 of 70.
    assert!((zeros.p_value.unwrap() - 2.0 / 70.0).abs() < 1e-15);
    let apart = exact(Statistic::Welch)
        .two_samples(group("EKC", &[0.0; 3]), group("WT", &[1.0; 3]), None)
        .unwrap();
    assert!((apart.p_value.unwrap() - 2.0 / 20.0).abs() < 1e-15);
    assert_eq!(apart.statistic(), None);
    let two = exact(Statistic::MannWhitney)
        .two_samples(group("EKC", &[1.0]), group("WT", &[2.0]), None)
        .unwrap();
    assert_eq!((two.value.finite(), two.p_value), (Some(0.0), Some(1.0)));
    // Hundreds of counts are counted, not drawn.
    let counts = |stream, n| {
        numbers(stream, n)
            .iter()
            .map(|v| (v.abs() * 4.0).floor())
            .collect::<Vec<_>>()
    };
    let (x, y) = (counts(20, 300), counts(21, 320));
    let large = exact(Statistic::MeanDifference)
        .two_samples(group("EKC", &x), group("WT", &y), None)
        .unwrap();
    let z = large.statistic().unwrap();
    let normal = kring_stats::dist::p_value(z, Reference::Normal, Alternative::TwoSided).unwrap();
    assert!((large.p_value.unwrap() - normal).abs() < 0.02);
    // Unequal arms of a large table: one family against forty.
    let one = exact(Statistic::MeanDifference).two_samples(
        group("EKC", &[9.0]),
        group("WT", &y[..40]),
        None,
    );
    assert!(one.unwrap().p_value.unwrap() <= 2.0 / 41.0);
}

proptest! {
    /// 2 × 2 tables: the sum of ones in the first arm is hypergeometric.
    #[test]
    fn shares_are_hypergeometric(a in 0..7_usize, b in 0..7_usize, c in 0..7_usize, d in 0..7_usize) {
        prop_assume!(a + b > 0 && c + d > 0);
        let values = |ones: usize, zeros: usize| [vec![1.0; ones], vec![0.0; zeros]].concat();
        let (x, y) = (values(a, b), values(c, d));
        let test = Permutation { alternative: Alternative::Greater, ..exact(Statistic::ShareDifference) };
        let found = test.two_samples(group("EKC", &x), group("WT", &y), None).unwrap();
        let choose = |n: usize, k: usize| if k > n { 0.0 } else { (0..k).fold(1.0, |c, i| c * (n - i) as f64 / (i + 1) as f64) };
        let (n, ones, first) = (a + b + c + d, a + c, a + b);
        let p: f64 = (a..=first.min(ones)).map(|k| choose(ones, k) * choose(n - ones, first - k) / choose(n, first)).sum();
        prop_assert!((found.p_value.unwrap() - p).abs() < 1e-12, "{} {}", found.p_value.unwrap(), p);
    }

    /// The order of rows and the unit make no difference; exchanging the arms turns the sides.
    #[test]
    fn invariances(x in prop::collection::vec(-9..9_i32, 1..9), y in prop::collection::vec(-9..9_i32, 1..9), b in 0.01..50.0_f64) {
        let of = |values: &[i32], b: f64| values.iter().map(|&v| f64::from(v) * b).collect::<Vec<_>>();
        let turned = |mut values: Vec<f64>| { values.reverse(); values };
        for statistic in [Statistic::MeanDifference, Statistic::MannWhitney, Statistic::Welch] {
            let less = Permutation { alternative: Alternative::Less, ..exact(statistic) };
            let greater = Permutation { alternative: Alternative::Greater, ..exact(statistic) };
            let (x1, y1) = (of(&x, 1.0), of(&y, 1.0));
            let (x2, y2) = (turned(of(&x, b)), turned(of(&y, b)));
            let before = less.two_samples(group("x", &x1), group("y", &y1), None).unwrap();
            let after = less.two_samples(group("x", &x2), group("y", &y2), None).unwrap();
            let other = greater.two_samples(group("y", &y1), group("x", &x1), None).unwrap();
            prop_assert!((before.p_value.unwrap() - after.p_value.unwrap()).abs() < 1e-10);
            prop_assert!((before.p_value.unwrap() - other.p_value.unwrap()).abs() < 1e-10);
        }
    }
}
