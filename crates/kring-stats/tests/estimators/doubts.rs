//! Intervals that were measured to be too narrow say so (docs/coverage.md), and others do not.

use kring_core::{
    Caution, Component, Design, DesignParts, Estimate, Grouping, Groups, Part, RandomStructure,
    RandomTerm, Response, Time, WeightKind, Weights,
};
use kring_stats::Covariance;
use kring_stats::Fit;
use kring_stats::agreement::{FleissKappa, Kappa, Krippendorff};
use kring_stats::association::{Bias, CramersV};
use kring_stats::balance::Balance;
use kring_stats::bootstrap::Bootstrap;
use kring_stats::bounds::{Bounds, Outcomes};
use kring_stats::effect_size::{
    Correction, Limits, MeanEffect, PairedEffect, PairedStandardizer, Standardizer,
};
use kring_stats::events::{Events, Stratum};
use kring_stats::family::Family;
use kring_stats::friedman::{self, Friedman};
use kring_stats::glm::{Glm, Settings};
use kring_stats::glmm::{Glmm, GlmmFit, Integration};
use kring_stats::hurdle::Hurdle;
use kring_stats::kruskal_wallis::KruskalWallis;
use kring_stats::lm::Lm;
use kring_stats::lmm::{Dof, Estimation, Lmm, LmmFit};
use kring_stats::mantel_haenszel::MantelHaenszel;
use kring_stats::mmrm::{Dof as MmrmDof, Mmrm, Structure};
use kring_stats::narrow::{BIASED, MEASURED};
use kring_stats::proportion::{Proportion, ProportionMethod};
use kring_stats::rank_biserial::{RankBiserial, RankBiserialInterval};
use kring_stats::rates::{
    Incidence, Rate, RateDifference, RateDifferenceMethod, RateMethod, RateRatio,
};
use kring_stats::reliability::{IccForm, IntraclassCorrelation, Items};
use kring_stats::seed::{Seed, Stream};
use kring_stats::superiority::{Superiority, SuperiorityInterval};
use kring_stats::t_test::{Group, TTest, Variance};
use kring_stats::two_part::CountFamily;
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
        assert!(!says(&found, "holds only"), "{}", found.method);
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

/// Whether it carries the doubt that this scenario of docs/coverage.md measured.
#[track_caller]
fn carries(estimate: &Estimate, scenario: &str) -> bool {
    let narrow = MEASURED.iter().find(|narrow| narrow.scenario == scenario);
    estimate.cautions.contains(&narrow.unwrap().caution())
}

fn arm(events: u64, n: u64) -> Events<'static> {
    Events {
        name: "EKC",
        events,
        n,
    }
}

#[test]
fn measured_doubts_of_means_follow_their_rules() {
    let student = TTest {
        variance: Variance::Equal,
        ..TTest::default()
    };
    let wide: Vec<f64> = values(10, 0.0).iter().map(|x| 4.0 * x).collect();
    let (few, many) = (values(10, 0.0), values(60, 0.0));
    let of = |x: &[f64], y: &[f64]| student.two_samples(group(x), group(y), None).unwrap();
    // It matters where the smaller group varies more, whichever comes first.
    assert!(carries(&of(&wide, &many), "student/lopsided"));
    assert!(carries(&of(&many, &wide), "student/lopsided"));
    assert!(of(&few, &many).cautions.is_empty() && of(&wide, &few).cautions.is_empty());
    // Of three values that vary much more than twelve, Welch's df are about two.
    let welch = TTest::default();
    let found = welch.two_samples(group(&wide[..3]), group(&many[..12]), None);
    let said = |c: &Caution| matches!(c, Caution::FewDegreesOfFreedom { df } if *df < 4.0);
    assert!(found.unwrap().cautions.iter().any(said));
    let paired = |n: u32| {
        let x = values(n, 3.0);
        let y: Vec<f64> = x.iter().rev().copied().collect();
        let t = welch.paired(group(&x), group(&y), None).unwrap();
        let d_z = PairedEffect::default()
            .paired(group(&x), group(&y))
            .unwrap();
        [
            carries(&t, "paired/skewed"),
            carries(&d_z, "dz-noncentral/6"),
        ]
    };
    assert_eq!(paired(19), [true, true]);
    assert_eq!(paired(20), [false, false]);
    let glass = |limits, scale: f64| {
        let x: Vec<f64> = values(40, 3.0).iter().map(|x| scale * x).collect();
        let options = MeanEffect {
            standardizer: Standardizer::Second,
            limits,
            ..MeanEffect::default()
        };
        let found = options.two_samples(group(&x), group(&values(40, 0.0)));
        carries(&found.unwrap(), "d-second-normal/20 60, 2")
    };
    assert!(glass(Limits::Normal, 1.3) && !glass(Limits::Normal, 1.2));
    assert!(!glass(Limits::NoncentralT, 1.3));
    let balance = |n: u32| {
        let found = Balance::default().numbers(group(&values(n, 1.0)), group(&values(40, 0.0)));
        carries(&found.unwrap(), "balance-numbers/5 5")
    };
    assert!(balance(9) && !balance(10));
    let bounds = |n: u32| {
        let known = values(n, 0.0);
        let arm = Outcomes {
            name: "EKC",
            values: &known,
            missing: 2,
        };
        let found = Bounds::worst_case(0.0, 101.0)
            .two_means(arm, arm, None)
            .unwrap();
        [found.low, found.high].map(|end| carries(&end, "bounds-worst/10 10"))
    };
    assert_eq!((bounds(19), bounds(20)), ([true; 2], [false; 2]));
    let bootstrap = |n: u32| {
        let options = Bootstrap {
            replicates: 99,
            seed: Some(1),
            ..Bootstrap::default()
        };
        let found = options.two_samples(group(&values(n, 1.0)), group(&values(101, 0.0)), None);
        carries(&found.unwrap().estimate, "bootstrap-BCa mean/55")
    };
    // Of fewer than twenty another caution says so.
    assert_eq!([19, 20, 99, 100].map(bootstrap), [false, true, true, false]);
}

#[test]
fn measured_doubts_of_ranks_follow_their_rules() {
    let plain = |n: u32, interval| {
        let options = Superiority {
            interval,
            ..Superiority::default()
        };
        let found = options.two_samples(group(&values(n, 9.0)), group(&values(40, 0.0)));
        carries(&found.unwrap().probability, "superiority-plain/12 12")
    };
    assert!(plain(19, SuperiorityInterval::Plain) && !plain(20, SuperiorityInterval::Plain));
    assert!(!plain(19, SuperiorityInterval::Logit));
    let epsilon = |n: u32, apart: f64| {
        let all = [0.0, 1.0, 2.0].map(|k| values(n, k * apart));
        let groups = [&all[0], &all[1], &all[2]].map(|values| group(values));
        let found = KruskalWallis::default()
            .test("score × team", &groups)
            .unwrap();
        carries(&found.epsilon_squared, "rank-epsilon/hard")
    };
    // Small groups, or a large effect.
    assert!(epsilon(19, 5.0) && epsilon(20, 60.0) && !epsilon(20, 5.0));
    let w = |blocks: u32, apart: f64| {
        let all = [0_u32, 1, 2].map(|k| -> Vec<Option<f64>> {
            let of = |i| Some(f64::from((i * 37 + k * 34) % 101) + f64::from(k) * apart);
            (0..blocks).map(of).collect()
        });
        let waves = ["1", "2", "3"];
        let measurements: Vec<_> = (waves.iter().zip(&all))
            .map(|(name, values)| friedman::Measurement { name, values })
            .collect();
        let found = Friedman::default()
            .test("score × wave", &measurements)
            .unwrap();
        carries(&found.kendalls_w, "kendalls-w/hard")
    };
    assert!(w(19, 0.0) && w(40, 50.0) && !w(40, 0.0));
}

#[test]
fn measured_doubts_of_counts_follow_their_rules() {
    let share = |events, n, method| {
        let options = Proportion {
            method,
            ..Proportion::default()
        };
        carries(
            &options.estimate(arm(events, n)).unwrap(),
            "share-wilson/55 0.2",
        )
    };
    assert!(share(19, 55, ProportionMethod::Wilson) && share(41, 60, ProportionMethod::Wilson));
    assert!(!share(20, 40, ProportionMethod::Wilson));
    assert!(!share(19, 55, ProportionMethod::ClopperPearson));
    let difference = |x, y, method| {
        let options = RiskDifference {
            method,
            ..RiskDifference::default()
        };
        options.estimate(x, y).unwrap()
    };
    let newcombe = |n| difference(arm(5, n), arm(20, 60), RiskDifferenceMethod::Newcombe);
    assert!(carries(&newcombe(19), "newcombe/10 12, 0.8 0.2"));
    assert!(!carries(&newcombe(20), "newcombe/10 12, 0.8 0.2"));
    let wald = |events| difference(arm(events, 60), arm(30, 60), RiskDifferenceMethod::Wald);
    assert!(carries(&wald(19), "difference-wald/45 45, 0.35 0.2"));
    assert!(wald(20).cautions.is_empty());
    let strata = |n: u64| {
        let one = Stratum {
            name: "team",
            x: arm(n / 2, n),
            y: arm(n / 3, n),
        };
        let found = MantelHaenszel::default().risk_difference(&[one; 3]);
        carries(&found.unwrap(), "mh-difference/10 teams")
    };
    assert!(strata(9) && !strata(10));
    let v = |bias, scale: u64| {
        let options = CramersV {
            bias,
            ..CramersV::default()
        };
        let counts = array![[30, 10], [20, 40]] * scale;
        let found = options.estimate("sex × arm", counts.view()).unwrap();
        carries(&found, "association/3 × 3 corrected")
    };
    assert!(v(Bias::Corrected, 4) && !v(Bias::Corrected, 5) && !v(Bias::Kept, 1));
    let seen = |events| Incidence {
        name: "EKC",
        events,
        time: 40.0,
    };
    let rate = |events, method| {
        let options = Rate {
            method,
            ..Rate::default()
        };
        carries(
            &options.estimate(seen(events), None).unwrap(),
            "rate-score/2",
        )
    };
    assert!(rate(9, RateMethod::Score) && !rate(10, RateMethod::Score));
    assert!(!rate(9, RateMethod::Exact));
    let rates = |events, method| {
        let options = RateDifference {
            method,
            ..RateDifference::default()
        };
        let found = options.estimate(seen(events), seen(30)).unwrap();
        assert!(carries(&found, "rate-ratio-exact/overdispersed"));
        carries(&found, "rate-difference-wald/rare")
    };
    assert!(rates(9, RateDifferenceMethod::Wald) && !rates(10, RateDifferenceMethod::Wald));
    assert!(!rates(9, RateDifferenceMethod::Mover));
    // Totals never show whether events came by themselves.
    let ratio = RateRatio::default().estimate(seen(300), seen(280)).unwrap();
    assert!(carries(&ratio, "rate-ratio-exact/overdispersed"));
}

#[test]
fn measured_doubts_of_raters_follow_their_rules() {
    let kappa = |scale: u64| {
        let counts = array![[7, 3], [2, 8]] * scale;
        let found = Kappa::default()
            .of_table("severity", counts.view())
            .unwrap();
        carries(&found.kappa, "kappa-quadratic/60")
    };
    assert!(kappa(1) && kappa(19) && !kappa(20));
    let icc = |raters: usize, form| {
        let of = |(i, j): (usize, usize)| ((i * 37 + j * 11) % 17) as f64 + 5.0 * i as f64;
        let ratings = Array2::from_shape_fn((12, raters), of);
        let names: Vec<&str> = vec!["rater"; raters];
        let items = Items {
            name: "severity",
            names: &names,
            values: ratings.view(),
        };
        let found = IntraclassCorrelation::default().fit(&items).unwrap();
        carries(&found.form(form).unwrap().estimate, "ICC2k/55")
    };
    assert!(icc(9, IccForm::Icc2) && icc(3, IccForm::Icc2k));
    assert!(!icc(10, IccForm::Icc2) && !icc(3, IccForm::Icc3));
}

/// Rows with an arm, and what is seen of them.
fn regression(response: kring_core::Response, rows: usize, zeros: bool) -> kring_core::Design {
    let x = Array2::from_shape_fn(
        (rows, 2),
        |(i, j)| if j == 0 { 1.0 } else { (i % 2) as f64 },
    );
    let part = kring_core::Part::fixed(x, vec!["(Intercept)".to_owned(), "arm".to_owned()]);
    let ones = Array2::ones((rows, 1));
    let parts = kring_core::DesignParts {
        response,
        response_name: "problems".to_owned(),
        mean: part,
        zero: zeros.then(|| kring_core::Part::fixed(ones, vec!["(Intercept)".to_owned()])),
        dispersion: None,
        groups: kring_core::Groups::default(),
        time: None,
        weights: None,
        source_rows: (0..rows).collect(),
        omitted: Vec::new(),
    };
    kring_core::Design::new(parts).unwrap()
}

fn scattered(n: usize) -> Array1<f64> {
    (0..n).map(|i| [0.0, 1.0, 4.0, 9.0, 2.0][i % 5]).collect()
}

#[test]
fn measured_doubts_of_models_follow_their_rules() {
    let even =
        |n: usize| -> Array1<f64> { (0..n).map(|i| [1.0, 2.0, 3.0, 2.0, 1.0][i % 5]).collect() };
    let counts = |family, covariance, y: Array1<f64>| {
        let rows = y.len();
        let glm = Glm {
            family,
            covariance,
            ..Glm::default()
        };
        let fit = glm
            .fit(&regression(kring_core::Response::Count(y), rows, false))
            .unwrap();
        fit.estimates().unwrap().remove(1)
    };
    let (classical, hc2) = (Covariance::Classical, Covariance::Hc2);
    let nb2 = |n| counts(Family::NegativeBinomial2, classical, scattered(n));
    let (few, some) = (
        "glm-negative binomial (NB2) Wald/8 10",
        "glm-negative binomial (NB2) Wald/55 60",
    );
    assert!(carries(&nb2(15), few) && !carries(&nb2(15), some));
    assert!(!carries(&nb2(20), few) && carries(&nb2(95), some) && !carries(&nb2(100), some));
    // A profile interval estimates θ anew.
    let fit = Glm {
        family: Family::NegativeBinomial2,
        ..Glm::default()
    };
    let design = regression(kring_core::Response::Count(scattered(40)), 40, false);
    let profiles = fit.fit(&design).unwrap().profile_estimates().unwrap();
    assert!(!carries(&profiles[1], some));
    let poisson = |covariance, y| counts(Family::Poisson, covariance, y);
    assert!(carries(
        &poisson(classical, scattered(40)),
        "glm-poisson classical/55 60"
    ));
    assert!(poisson(classical, even(40)).cautions.is_empty());
    assert!(poisson(hc2, scattered(40)).cautions.is_empty());
    assert!(carries(&poisson(hc2, even(15)), "glm-poisson HC2/8 10"));
    let gamma = |n: usize| {
        let glm = Glm {
            family: Family::Gamma,
            ..Glm::default()
        };
        let y = scattered(n).mapv(|y| y + 1.0);
        let fit = glm
            .fit(&regression(kring_core::Response::Continuous(y), n, false))
            .unwrap();
        carries(&fit.estimates().unwrap()[1], "glm-gamma Wald/8 10")
    };
    assert!(gamma(15) && !gamma(20));
    let shares = |n: usize| {
        let y: Array1<f64> = (0..n).map(|i| f64::from(u8::from(i % 5 < 2))).collect();
        let glm = Glm {
            family: Family::Binomial,
            ..Glm::default()
        };
        let fit = glm
            .fit(&regression(kring_core::Response::Binary(y), n, false))
            .unwrap();
        let at = |arm: f64| Array2::from_shape_fn((n, 2), |(_, j)| if j == 0 { 1.0 } else { arm });
        let (a, b) = (at(0.0), at(1.0));
        let settings = Settings {
            names: ["WT", "EKC"],
            a: a.view(),
            b: b.view(),
            offset: None,
            weights: None,
        };
        let found = fit.standardized(&settings).unwrap();
        [
            carries(&fit.estimates().unwrap()[1], "glm-binomial profile/8 10"),
            carries(&found.difference, "standardized-delta/55 60"),
            carries(&found.mean_a, "standardized-delta/55 60"),
        ]
    };
    assert_eq!(shares(15), [true, true, false]);
    assert_eq!(shares(199), [false, true, false]);
    assert_eq!(shares(200), [false, false, false]);
}

#[test]
fn measured_doubts_of_hurdles_and_hc0_follow_their_rules() {
    let hurdle = |n: usize, family| {
        let y = scattered(n);
        let options = Hurdle {
            family,
            ..Hurdle::default()
        };
        let fit = options
            .fit(&regression(kring_core::Response::Count(y), n, true))
            .unwrap();
        carries(&fit.estimates().unwrap()[1], "hurdle-NB2 mean/55 60")
    };
    assert!(hurdle(195, CountFamily::Nbinom2) && !hurdle(200, CountFamily::Nbinom2));
    assert!(!hurdle(195, CountFamily::Poisson));
    let hc0 = |n: u32| {
        let y = Array1::from(values(n, 0.0));
        let options = Lm {
            covariance: Covariance::Hc0,
            ..Lm::default()
        };
        let fit = options
            .fit(&regression(
                kring_core::Response::Continuous(y),
                n as usize,
                false,
            ))
            .unwrap();
        carries(&fit.estimates().unwrap()[1], "lm-HC0/55 60 unequal")
    };
    // Of fewer than thirty another caution says so.
    assert_eq!([29, 30, 249, 250].map(hc0), [false, true, true, false]);
}

/// Whether a standard deviation, or the numbers of a fit, carry the doubt of a bias that was measured there.
fn off(cautions: &[Caution], scenario: &str) -> bool {
    let measured = BIASED.iter().find(|one| one.scenario == scenario);
    cautions.contains(&measured.unwrap().caution())
}

/// So many families in two arms at so many waves, each with a level of its own, or a slope too.
fn families(
    n: usize,
    waves: usize,
    slopes: bool,
    response: fn(Array1<f64>) -> Response,
    draw: fn(f64, &mut Stream) -> f64,
) -> Design {
    let mut stream = Seed::new(1).stream(0);
    let effects: Vec<[f64; 2]> = (0..n).map(|_| [stream.normal(), stream.normal()]).collect();
    let rows = n * waves;
    let wave = |i: usize| (i % waves) as f64 - 0.5;
    let y = (0..rows).map(|i| {
        let [level, slope] = effects[i / waves];
        let slope = if slopes { slope * wave(i) } else { 0.0 };
        draw(level + slope, &mut stream)
    });
    let y: Array1<f64> = y.collect();
    let x = Array2::from_shape_fn((rows, 2), |(i, j)| [1.0, (i / waves % 2) as f64][j]);
    let mut mean = Part::fixed(x, ["(Intercept)", "arm"].map(str::to_owned).to_vec());
    let effects = if slopes { 2 } else { 1 };
    mean.random = vec![RandomTerm {
        grouping: Grouping::new(
            "family",
            (0..n).map(|i| i.to_string()).collect(),
            (0..rows)
                .map(|i| u32::try_from(i / waves).unwrap())
                .collect(),
        ),
        z: Array2::from_shape_fn((rows, effects), |(i, j)| [1.0, wave(i)][j]),
        columns: ["(Intercept)", "wave"][..effects]
            .iter()
            .map(|&name| name.to_owned())
            .collect(),
        structure: RandomStructure::Unstructured,
    }];
    Design::new(DesignParts {
        response: response(y),
        response_name: "problems".into(),
        mean,
        zero: None,
        dispersion: None,
        groups: Groups::default(),
        time: None,
        weights: None,
        source_rows: (0..rows).collect(),
        omitted: vec![],
    })
    .unwrap()
}

#[test]
fn measured_doubts_of_linear_mixed_models_follow_their_rules() {
    let score = |eta: f64, s: &mut Stream| 3.0 + eta + 0.5 * s.normal();
    let fit = |options: Lmm, n, slopes| -> LmmFit {
        let design = families(n, 4, slopes, Response::Continuous, score);
        options.fit(&design).unwrap()
    };
    let reml = Lmm::default();
    let normal = Lmm {
        dof: Dof::Normal,
        ..reml
    };
    let ml = Lmm {
        estimation: Estimation::Ml,
        ..reml
    };
    let arm = |fit: &LmmFit, name: &str| carries(&fit.estimates().unwrap()[1], name);
    let sd = |fit: &LmmFit, name: &str| off(&fit.components[0].cautions, name);
    for n in [99, 100] {
        let few = n < 100;
        assert_eq!(arm(&fit(normal, n, false), "lmm normal/10 4 arm"), few);
        let by_ml = fit(ml, n, false);
        assert_eq!(arm(&by_ml, "lmm ml/10 4 arm"), few);
        assert_eq!(sd(&by_ml, "lmm ml/10 4 variance"), few);
        assert_eq!(sd(&by_ml, "lmm ml/55 4 variance"), !few);
        let slopes = fit(reml, n, true);
        let name = "lmm-slopes satterthwaite/10 4 slopes";
        assert_eq!(sd(&slopes, name), few);
        let by_reml = fit(reml, n, false);
        assert!(by_reml.estimates().unwrap()[1].cautions.is_empty());
        let profiled = by_reml.profile().unwrap();
        assert_eq!(carries(&profiled.fixed[1], "lmm profile/10 4 arm"), few);
        let narrow = |component: &Component| {
            let measured = MEASURED
                .iter()
                .find(|one| one.scenario == "lmm profile/10 4 SD");
            component.cautions.contains(&measured.unwrap().caution())
        };
        assert_eq!(narrow(&profiled.components[0]), few);
        // The residuals are many.
        assert!(profiled.components[1].cautions.is_empty());
    }
    assert!(fit(ml, 500, false).components[0].cautions.is_empty());
}

#[test]
fn measured_doubts_of_generalised_mixed_models_follow_their_rules() {
    let count = |eta: f64, s: &mut Stream| {
        // Two draws of a gamma-like rate make counts that vary more than Poisson ones.
        let rate = (1.0 + 0.6 * eta + 0.7 * s.normal()).exp();
        (rate * (0.5 + s.uniform())).floor()
    };
    let yes = |eta: f64, s: &mut Stream| {
        f64::from(u8::from(s.uniform() < 1.0 / (1.0 + (-1.5 * eta).exp())))
    };
    let fit = |family, integration, n, waves| -> GlmmFit {
        let options = Glmm {
            family,
            integration,
            ..Glmm::default()
        };
        let design = match family {
            Family::Binomial => families(n, waves, false, Response::Binary, yes),
            _ => families(n, waves, false, Response::Count, count),
        };
        options.fit(&design).unwrap()
    };
    let (chosen, laplace) = (Integration::Automatic, Integration::Laplace);
    for n in [99, 100, 500] {
        let found = fit(Family::NegativeBinomial2, chosen, n, 3);
        let (few, some) = (n < 100, n < 500);
        let arm = &found.estimates().unwrap()[1];
        assert_eq!(carries(arm, "glmm-poisson quadrature/10 4 arm"), few);
        let doubts = &found.components[0].cautions;
        assert_eq!(off(doubts, "glmm-poisson quadrature/10 4 SD"), few);
        assert_eq!(off(doubts, "glmm-poisson quadrature/55 4 SD"), some && !few);
        let shape = found.shape.unwrap();
        assert_eq!(off(&shape.cautions, "glmm-nb2 quadrature/20 4 1/θ"), some);
    }
    let shares = |integration, n, waves| {
        let found = fit(Family::Binomial, integration, n, waves);
        let arm = &found.estimates().unwrap()[1];
        [
            off(&arm.cautions, "glmm-bernoulli quadrature/55 2 arm"),
            off(
                &found.components[0].cautions,
                "glmm-bernoulli laplace/55 2 SD",
            ),
        ]
    };
    assert_eq!(shares(chosen, 499, 2), [true, false]);
    assert_eq!(shares(chosen, 500, 2), [false, false]);
    assert_eq!(shares(chosen, 200, 3), [false, false]);
    assert_eq!(shares(laplace, 500, 9), [false, true]);
    assert_eq!(shares(laplace, 500, 10), [false, false]);
}

/// Poisson counts do not vary too much, thrice their number does, and a negative binomial model says nothing of it.
#[test]
fn counts_that_vary_more_than_poisson_ones_say_so() {
    let mut study = crate::glmm::Panel::new(60, 5, 0.5);
    let y = study.counts();
    let fitted = |family, y: Array1<f64>| {
        let model = Glmm {
            family,
            ..Glmm::default()
        };
        let parts = study.parts(Response::Count(y));
        model.fit(&Design::new(parts).unwrap()).unwrap()
    };
    let warns = |fit: &GlmmFit| {
        fit.estimates()
            .unwrap()
            .iter()
            .all(|e| says(e, "more than Poisson"))
    };
    assert!(!warns(&fitted(Family::Poisson, y.clone())));
    let thrice = fitted(Family::Poisson, &y * 3.0);
    assert!(warns(&thrice));
    assert!(!warns(&fitted(Family::NegativeBinomial2, &y * 3.0)));
    // The figure is that of the residuals: 300 rows, three coefficients and a variance.
    let squares: f64 = thrice.pearson_residuals.iter().map(|r| r * r).sum();
    let wanted = format!("{squares:.1} with 296 degrees of freedom");
    assert!(says(&thrice.estimates().unwrap()[0], &wanted));
}

/// With weights the residual standard deviation is that of a row of weight one, and the fit says so.
#[test]
fn weights_and_the_intraclass_correlation() {
    let mut study = crate::glmm::Panel::new(30, 4, 0.5);
    let y = study.counts();
    let said = |weights: Option<Array1<f64>>| {
        let mut parts = study.parts(Response::Continuous(y.clone()));
        parts.weights = weights.map(|values| Weights {
            values,
            kind: WeightKind::Precision,
        });
        let fit = Lmm::default().fit(&Design::new(parts).unwrap()).unwrap();
        says(&fit.estimates().unwrap()[0], "of a row of weight one")
    };
    let rows = y.len();
    assert!(!said(None) && !said(Some(Array1::ones(rows))));
    assert!(said(Some(
        (0..rows)
            .map(|i| 1.0 + f64::from(u8::from(i % 2 == 0)))
            .collect()
    )));
}

/// Three families for each parameter of Σ: ten of four waves, so that thirty families in all are no longer few.
#[test]
fn measured_doubts_of_repeated_measures_follow_their_rules() {
    let of = |families: usize, dof: MmrmDof, structure: Structure| {
        let mut panel = crate::glmm::Panel::new(families, 4, 0.5);
        let y = panel.counts() + panel.yes();
        let mut parts = panel.parts(Response::Continuous(y));
        let family = parts.mean.random.remove(0).grouping;
        parts.groups.clusters = vec![family];
        parts.time = Some(Time {
            levels: (0..4).map(|w| w.to_string()).collect(),
            index: (0..4 * families)
                .map(|i| u32::try_from(i % 4).unwrap())
                .collect(),
            value: panel.wave.clone().into(),
        });
        let model = Mmrm {
            dof,
            structure,
            ..Mmrm::default()
        };
        let fit = model.fit(&Design::new(parts).unwrap()).unwrap();
        fit.estimates().unwrap().remove(1)
    };
    let free = Structure::Unstructured;
    for (dof, scenario, enough) in [
        (
            MmrmDof::Satterthwaite,
            "mmrm arm:wave/10 4 satterthwaite",
            30,
        ),
        (MmrmDof::KenwardRoger, "mmrm arm:wave/10 4 kr", 30),
        (MmrmDof::KenwardRogerLinear, "mmrm arm:wave/10 4 kr", 30),
        (MmrmDof::Residual, "mmrm arm:wave/10 4 residual", 50),
        (MmrmDof::BetweenWithin, "mmrm arm:wave/10 4 residual", 50),
    ] {
        assert!(carries(&of(enough - 2, dof, free), scenario), "{dof:?}");
        assert!(!carries(&of(enough, dof, free), scenario), "{dof:?}");
        assert!(!carries(
            &of(enough - 2, dof, Structure::CompoundSymmetric),
            scenario
        ));
    }
}
