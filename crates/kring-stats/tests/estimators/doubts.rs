//! Intervals that were measured to be too narrow say so (docs/coverage.md), and others do not.

use kring_core::{Caution, Estimate};
use kring_stats::Covariance;
use kring_stats::Fit;
use kring_stats::agreement::{FleissKappa, Kappa, Krippendorff};
use kring_stats::effect_size::{
    Correction, Limits, MeanEffect, PairedEffect, PairedStandardizer, Standardizer,
};
use kring_stats::events::Events;
use kring_stats::lm::Lm;
use kring_stats::rank_biserial::{RankBiserial, RankBiserialInterval};
use kring_stats::superiority::{Superiority, SuperiorityInterval};
use kring_stats::t_test::Group;
use kring_stats::two_proportions::{
    CohensH, OddsRatio, OddsRatioMethod, RiskDifference, RiskDifferenceMethod, RiskRatio,
};
use kring_stats::variance_explained::{ShareInterval, VarianceExplained};
use ndarray::{Array1, Array2, array};

fn says(estimate: &Estimate, words: &str) -> bool {
    let notes = estimate.cautions.iter();
    notes
        .filter(|caution| matches!(caution, Caution::Note(_)))
        .any(|caution| caution.sentence().contains(words))
}

fn group(values: &[f64]) -> Group<'_> {
    Group {
        name: "EKC",
        values,
    }
}

/// n values, no two alike.
fn values(n: u32, shift: f64) -> Vec<f64> {
    (0..n).map(|i| f64::from(i * 37 % 101) + shift).collect()
}

#[test]
fn a_large_sample_interval_with_a_small_cell_is_rough() {
    let of = |events, n| Events {
        name: "EKC",
        events,
        n,
    };
    let wald = RiskDifference {
        method: RiskDifferenceMethod::Wald,
        ..RiskDifference::default()
    };
    let odds = OddsRatio {
        method: OddsRatioMethod::Wald,
        ..OddsRatio::default()
    };
    let ratio = RiskRatio::default();
    let both = |x, y| {
        [
            wald.estimate(x, y).unwrap(),
            odds.estimate(x, y).unwrap(),
            CohensH::default().estimate(x, y).unwrap(),
        ]
    };
    for found in both(of(4, 55), of(20, 60)) {
        assert!(says(&found, "holds only 4"), "{}", found.method);
    }
    // Those without the event count too.
    for found in both(of(53, 55), of(20, 60)) {
        assert!(says(&found, "holds only 2"), "{}", found.method);
    }
    for found in both(of(5, 55), of(20, 60)) {
        assert!(found.cautions.is_empty(), "{}", found.method);
    }
    let newcombe = RiskDifference::default();
    let found = newcombe.estimate(of(1, 55), of(2, 60)).unwrap();
    assert!(found.cautions.is_empty());
    assert!(
        ratio
            .estimate(of(30, 55), of(20, 60))
            .unwrap()
            .cautions
            .is_empty()
    );
}

#[test]
fn fishers_z_is_the_error_without_an_effect() {
    let (x, y) = (values(20, 3.0), values(20, 0.0));
    for (interval, doubt) in [
        (SuperiorityInterval::FisherZ, true),
        (SuperiorityInterval::Logit, false),
    ] {
        let options = Superiority {
            interval,
            ..Superiority::default()
        };
        let found = options.two_samples(group(&x), group(&y)).unwrap();
        assert_eq!(says(&found.cliffs_delta, "without an effect"), doubt);
    }
    let z: Vec<f64> = y.iter().rev().copied().collect();
    for (interval, doubt) in [
        (RankBiserialInterval::FisherZ, true),
        (RankBiserialInterval::Jackknife, false),
    ] {
        let options = RankBiserial {
            interval,
            ..RankBiserial::default()
        };
        let found = options.paired(group(&x), group(&z)).unwrap();
        assert_eq!(says(&found, "without an effect"), doubt);
    }
}

#[test]
fn approximate_limits_of_few_say_so() {
    let doubt = "limits are approximate";
    let of = |standardizer, limits, n| {
        let (x, y) = (values(n, 3.0), values(n, 0.0));
        let options = MeanEffect {
            standardizer,
            limits,
            correction: Correction::Hedges,
            level: 0.95,
        };
        says(&options.two_samples(group(&x), group(&y)).unwrap(), doubt)
    };
    assert!(of(Standardizer::Second, Limits::NoncentralT, 6));
    assert!(of(Standardizer::Pooled, Limits::Normal, 6));
    assert!(!of(Standardizer::Pooled, Limits::NoncentralT, 6));
    assert!(!of(Standardizer::Second, Limits::Normal, 55));
    let paired = |standardizer, n| {
        let x = values(n, 3.0);
        let y: Vec<f64> = x.iter().rev().copied().collect();
        let options = PairedEffect {
            standardizer,
            ..PairedEffect::default()
        };
        says(&options.paired(group(&x), group(&y)).unwrap(), doubt)
    };
    assert!(paired(PairedStandardizer::Baseline, 7));
    assert!(!paired(PairedStandardizer::Baseline, 45));
    assert!(!paired(PairedStandardizer::Differences, 7));
}

#[test]
fn agreement_of_few_subjects_says_so() {
    let doubt = "tends to be too narrow";
    let kappa = |scale: u64| {
        let counts = array![[5, 1], [2, 6]] * scale;
        let found = Kappa::default()
            .of_table("severity", counts.view())
            .unwrap();
        says(&found.kappa, doubt)
    };
    assert!(kappa(1) && !kappa(2));
    let fleiss = |n: usize| {
        let counts = Array2::from_shape_fn((n, 2), |(i, j)| [[3_u64, 0], [2, 1], [0, 3]][i % 3][j]);
        says(
            &FleissKappa::default()
                .of_counts("severity", counts.view())
                .unwrap(),
            doubt,
        )
    };
    assert!(fleiss(19) && !fleiss(20));
    let alpha = |n: usize| {
        let of = |(i, j): (usize, usize)| Some([[1.0, 1.0], [1.0, 2.0], [2.0, 2.0]][i % 3][j]);
        let ratings = Array2::from_shape_fn((n, 2), of);
        let found = Krippendorff::default().of_ratings("severity", ratings.view());
        says(&found.unwrap(), doubt)
    };
    assert!(alpha(19) && !alpha(20));
}

#[test]
fn an_interval_of_no_parameter_says_so() {
    let (x, y, z) = (values(9, 0.0), values(9, 20.0), values(9, 50.0));
    for (interval, doubt) in [
        (ShareInterval::Estimate, true),
        (ShareInterval::Population, false),
    ] {
        let options = VarianceExplained {
            interval,
            ..VarianceExplained::default()
        };
        let groups = [group(&x), group(&y), group(&z)];
        let found = options.groups("score × team", &groups).unwrap();
        assert_eq!(says(&found.omega_squared, "another number"), doubt);
    }
}

#[test]
fn hc0_of_few_rows_is_too_small() {
    let of = |covariance, n: u32| {
        let rows = n as usize;
        let x = Array2::from_shape_fn((rows, 2), |(i, j)| if j == 0 { 1.0 } else { i as f64 });
        let design = kring_core::Design::new(kring_core::DesignParts {
            response: kring_core::Response::Continuous(Array1::from(values(n, 0.0))),
            response_name: "problems".to_owned(),
            mean: kring_core::Part::fixed(x, vec!["(Intercept)".to_owned(), "wave".to_owned()]),
            zero: None,
            dispersion: None,
            groups: kring_core::Groups::default(),
            time: None,
            weights: None,
            source_rows: (0..rows).collect(),
            omitted: Vec::new(),
        });
        let options = Lm {
            covariance,
            ..Lm::default()
        };
        let fit = options.fit(&design.unwrap()).unwrap();
        says(&fit.estimates().unwrap()[1], "too small")
    };
    assert!(of(Covariance::Hc0, 29) && of(Covariance::Hc1, 29));
    assert!(!of(Covariance::Hc0, 30) && !of(Covariance::Hc3, 12) && !of(Covariance::Classical, 12));
}
