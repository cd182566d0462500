//! Refusals that no other test provokes: each says what was expected, what was found, and what to try.

use kring_core::{
    Alternative, Design, DesignParts, Grouping, Groups, Part, Reference, Response, WeightKind,
    Weights,
};
use kring_stats::agreement::{FleissKappa, Kappa, Krippendorff, Measurement};
use kring_stats::balance::{Balance, Counts};
use kring_stats::bootstrap::Bootstrap;
use kring_stats::bounds::{Bounds, Outcomes};
use kring_stats::breslow_day::BreslowDay;
use kring_stats::cochran_q::CochranQ;
use kring_stats::dist::{Gamma, StudentizedRange, noncentral};
use kring_stats::effect_size::{
    Arm, ChangeEffect, EffectD, EffectFisherZ, EffectR, Figures, MeanEffect, PairedEffect,
    PairedFigures,
};
use kring_stats::events::{Events, Pairs, Stratum};
use kring_stats::family::{Family, Link};
use kring_stats::fisher::{ConditionalOddsRatio, Fisher, FisherMethod};
use kring_stats::friedman::{self, Friedman};
use kring_stats::funnel::limits;
use kring_stats::glm::{Glm, Settings};
use kring_stats::hurdle::Hurdle;
use kring_stats::kruskal_wallis::KruskalWallis;
use kring_stats::little::{Incomplete, Little};
use kring_stats::mann_whitney::MannWhitney;
use kring_stats::mantel_haenszel::MantelHaenszel;
use kring_stats::one_way::OneWay;
use kring_stats::ordinal::Ordinal;
use kring_stats::permutation::{Permutation, Statistic};
use kring_stats::predictive::{CountDistribution, Position, Predictive};
use kring_stats::quantile_residual::{QuantileResidual, zeros};
use kring_stats::rank_biserial::RankBiserial;
use kring_stats::reliability::{Extraction, IntraclassCorrelation, Items, Omega, Reliability};
use kring_stats::resampling::{Scheme, Share, TwoGroups};
use kring_stats::signed_rank::SignedRank;
use kring_stats::superiority::Superiority;
use kring_stats::t_test::{Group, TTest, Variance};
use kring_stats::trend::{Trend, TrendMethod};
use kring_stats::two_part::CountFamily;
use kring_stats::two_proportions::{RiskDifference, RiskDifferenceMethod};
use kring_stats::unconditional::Unconditional;
use kring_stats::variance_explained::VarianceExplained;
use kring_stats::{Covariance, Fit};
use ndarray::{Array1, Array2, array};

/// It is refused, and the message has these words.
#[track_caller]
fn refused<T, E: std::fmt::Display>(found: Result<T, E>, words: &str) {
    match found {
        Ok(_) => panic!("not refused: {words}"),
        Err(error) => assert!(
            error.to_string().contains(words),
            "`{error}` has no `{words}`"
        ),
    }
}

fn group<'a>(name: &'a str, values: &'a [f64]) -> Group<'a> {
    Group { name, values }
}

fn arm(name: &'static str, events: u64, n: u64) -> Events<'static> {
    Events { name, events, n }
}

fn design(response: Response, x: Array2<f64>) -> DesignParts {
    let n = x.nrows();
    let names = (0..x.ncols()).map(|j| format!("x{j}")).collect();
    DesignParts {
        response,
        response_name: "y".into(),
        mean: Part::fixed(x, names),
        zero: None,
        dispersion: None,
        groups: Groups::default(),
        time: None,
        weights: None,
        source_rows: (0..n).collect(),
        omitted: vec![],
    }
}

#[test]
fn agreement() {
    let kappa = Kappa::default();
    refused(
        kappa.of_table("r", array![[1, 2, 3], [4, 5, 6]].view()),
        "as many rows as columns",
    );
    refused(
        kappa.of_table("r", Array2::zeros((2, 2)).view()),
        "subjects of r",
    );
    refused(
        kappa.of_ratings("r", &[1, 2], &[1], &[1, 2]),
        "as many of the first rater as of the second",
    );
    refused(
        kappa.of_ratings("r", &[1, 2], &[1, 3], &[1, 2]),
        "one of the categories",
    );
    refused(
        FleissKappa::default().of_counts("r", array![[3_u64, 0]].view()),
        "subjects of r",
    );
    refused(
        FleissKappa::default().of_counts("r", array![[3_u64], [3]].view()),
        "categories of r",
    );
    let alpha = |measurement| Krippendorff {
        measurement,
        ..Krippendorff::default()
    };
    let strange = array![[Some(1.0), Some(f64::NAN)]];
    refused(
        alpha(Measurement::Nominal).of_ratings("r", strange.view()),
        "not a finite number",
    );
    let below = array![[Some(1.0), Some(-1.0)], [Some(2.0), Some(2.0)]];
    refused(
        alpha(Measurement::Ratio).of_ratings("r", below.view()),
        "zero or more, for values with a zero",
    );
}

#[test]
fn balance_and_bounds() {
    let balance = Balance::default();
    refused(
        balance.numbers(group("EKC", &[1.0, f64::NAN]), group("WT", &[1.0, 2.0])),
        "not a finite number",
    );
    let huge = [1e200, -1e200];
    refused(
        balance.numbers(group("EKC", &huge), group("WT", &huge)),
        "overflows",
    );
    refused(
        balance.levels(
            Counts {
                name: "EKC",
                counts: &[1, 2],
            },
            Counts {
                name: "WT",
                counts: &[1, 2, 3],
            },
        ),
        "the same levels in both groups",
    );
    let arm = |values: &'static [f64]| Outcomes {
        name: "EKC",
        values,
        missing: 2,
    };
    let known = arm(&[1.0, 2.0, 3.0]);
    refused(
        Bounds::worst_case(9.0, 0.0).two_means(known, known, None),
        "a lowest value below a highest",
    );
    let worst = Bounds::worst_case(0.0, 9.0);
    refused(
        worst.two_means(arm(&[1.0, f64::NAN]), known, None),
        "not a finite number",
    );
    refused(
        worst.two_means(arm(&[]), known, None),
        "known outcomes in arm EKC",
    );
    refused(
        Bounds::monotone().two_means(arm(&[]), known, None),
        "known outcomes in arm EKC",
    );
}

#[test]
fn tables() {
    let stratum = |x, y| Stratum { name: "team", x, y };
    let empty = [
        stratum(arm("EKC", 0, 5), arm("WT", 3, 7)),
        stratum(arm("EKC", 0, 4), arm("WT", 1, 6)),
    ];
    refused(BreslowDay::default().test("s", &empty), "it is empty");
    let nobody = [stratum(arm("EKC", 0, 5), arm("WT", 0, 7))];
    refused(
        MantelHaenszel::default().test("s", &nobody),
        "the outcome in every stratum of s",
    );
    refused(MantelHaenszel::default().odds_ratio(&nobody), "constant");
    let large = 3_000_000_u64;
    let many = [stratum(
        arm("EKC", large / 2, large),
        arm("WT", large / 2, large),
    )];
    refused(
        ConditionalOddsRatio::default().common(&many),
        "exact common odds ratio",
    );
    refused(ConditionalOddsRatio::default().common(&nobody), "constant");
    refused(
        ConditionalOddsRatio::default().estimate(arm("EKC", 5, large), arm("WT", 5, large)),
        "Wald's or the score interval is as good",
    );
    refused(
        Fisher::default().test("t", array![[large, 1], [1, 1]].view()),
        "the χ² test is as good",
    );
    let none = Fisher {
        method: FisherMethod::MonteCarlo {
            replicates: 0,
            seed: 1,
        },
    };
    refused(
        none.test("t", array![[1_u64, 2], [3, 4]].view()),
        "the number of replicates is 0",
    );
    refused(
        Unconditional::default().test(arm("EKC", 5, 50_000), arm("WT", 5, 50_000)),
        "the score test or Fisher's is as good",
    );
    refused(
        Unconditional::default().test(arm("EKC", 0, 0), arm("WT", 1, 5)),
        "subjects in EKC",
    );
    let of_pairs = RiskDifference {
        method: RiskDifferenceMethod::MiettinenNurminen,
        ..RiskDifference::default()
    };
    let pairs = Pairs {
        first: "after",
        second: "before",
        both: 3,
        first_only: 2,
        second_only: 4,
        neither: 5,
    };
    refused(of_pairs.paired(pairs), "take the method newcombe");
    let nobody = Pairs {
        both: 0,
        first_only: 0,
        second_only: 0,
        neither: 0,
        ..pairs
    };
    refused(
        RiskDifference::default().paired(nobody),
        "pairs of after and before",
    );
    refused(
        CochranQ::default().test("q", Array2::from_elem((5, 1), true).view()),
        "occasions (in q)",
    );
    let groups = [arm("a", 1, 5), arm("b", 2, 5), arm("c", 4, 5)];
    let scored = |scores: [f64; 3], method| Trend {
        scores: Some(scores.to_vec()),
        method,
        ..Trend::default()
    };
    refused(
        scored([1.0, f64::NAN, 3.0], TrendMethod::Asymptotic).test("t", &groups),
        "a finite number of ordinary size",
    );
    refused(
        scored([1.0, 2.0, 1e9], TrendMethod::Exact).test("t", &groups),
        "take the asymptotic test",
    );
    refused(
        Trend::default().test("t", &[arm("a", 1, 5), arm("b", 0, 0)]),
        "groups with subjects",
    );
}

#[test]
fn ranks_of_one_value() {
    let same = [4.0, 4.0, 4.0];
    let (x, y) = (group("EKC", &same), group("WT", &same));
    refused(
        KruskalWallis::default().test("problems", &[x, y]),
        "the data of problems is constant",
    );
    refused(MannWhitney::default().test(x, y, None), "is constant");
    refused(Superiority::default().two_samples(x, y), "is constant");
    let huge = [1e308, -1e308, 0.0];
    refused(
        MannWhitney::default().test(group("EKC", &huge), group("WT", &[-1e308, 1e308]), None),
        "overflows",
    );
    let block = |values| friedman::Measurement {
        name: "wave",
        values,
    };
    let ties = [Some(1.0), Some(2.0), Some(3.0)];
    refused(
        Friedman::default().test("waves", &[block(&ties), block(&ties)]),
        "every block of waves is constant",
    );
}

#[test]
fn effect_sizes() {
    let figures = |sd| Figures {
        name: "EKC",
        n: 9,
        mean: 3.0,
        sd,
    };
    let paired = |correlation| PairedFigures {
        after: figures(2.0),
        before: figures(1.0),
        correlation,
    };
    refused(
        PairedEffect::default().of_figures(paired(1.5)),
        "a number from −1 to 1",
    );
    let unlike = PairedFigures {
        before: Figures {
            n: 8,
            ..figures(1.0)
        },
        ..paired(0.5)
    };
    refused(
        PairedEffect::default().of_figures(unlike),
        "as many subjects after as before",
    );
    refused(
        PairedEffect::default().of_figures(PairedFigures {
            after: figures(1e200),
            ..paired(0.5)
        }),
        "overflows",
    );
    refused(EffectR::new(1.0, 0.1), "strictly between −1 and 1");
    refused(EffectR::of_pairs(0.5, 1), "at least 2 pairs");
    refused(EffectFisherZ::of_pairs(0.5, 3), "at least 4 pairs");
    refused(EffectD::of_t(2.0, 0, 9), "subjects in each group");
    refused(EffectD::new(1.0, -0.1), "a number of zero or more");
}

#[test]
fn distributions() {
    refused(
        noncentral::upper_tail(1.0, 1.0, Reference::Normal),
        "there is one of t, χ² and F",
    );
    let chi_squared = Reference::ChiSquared { df: 4.0 };
    refused(
        noncentral::ncp_of_upper_tail(1e300, 0.025, chi_squared),
        "whose noncentrality can be found",
    );
    refused(
        noncentral::upper_tail(1.0, 1e16, chi_squared),
        "a number from 0 to 1e15",
    );
    refused(StudentizedRange::new(1, 5.0), "groups");
    refused(
        Gamma::new(1.0, 1.0).unwrap().lower_quantile(1.0),
        "a number between 0 and 1",
    );
}

#[test]
fn scales_and_what_is_missing() {
    fn items<'a>(names: &'a [&'a str], values: &'a Array2<f64>) -> Items<'a> {
        Items {
            name: "burden",
            names,
            values: values.view(),
        }
    }
    let alpha = Reliability::default();
    let values = array![[1.0, 2.0], [2.0, 1.0], [3.0, 3.0]];
    refused(alpha.alpha(&items(&["a"], &values)), "one a column");
    refused(
        alpha.alpha(&items(&["a"], &array![[1.0], [2.0]])),
        "items of burden",
    );
    refused(
        alpha.alpha(&items(&["a", "b"], &array![[1.0, f64::NAN], [2.0, 1.0]])),
        "not a finite number",
    );
    // Two items of which one is the other's opposite: their sum is the same for all.
    let opposite = array![[1.0, 3.0], [2.0, 2.0], [3.0, 1.0]];
    refused(
        alpha.alpha(&items(&["a", "b"], &opposite)),
        "the sum score of burden",
    );
    refused(
        alpha.alpha(&items(&["a", "b"], &array![[1e200, 1.0], [-1e200, 2.0]])),
        "overflow",
    );
    let known = |values: &Array2<f64>| values.mapv(Some);
    let little = |names: &[&str], values: &Array2<Option<f64>>, options: Little| {
        options.test(&Incomplete {
            name: "waves",
            names,
            values: values.view(),
        })
    };
    refused(
        little(&["a"], &known(&values), Little::default()),
        "one a variable",
    );
    let mut strange = known(&values);
    strange[[0, 0]] = Some(f64::INFINITY);
    refused(
        little(&["a", "b"], &strange, Little::default()),
        "not a finite number",
    );
    let loose = Little {
        tolerance: 2.0,
        ..Little::default()
    };
    refused(
        little(&["a", "b"], &known(&values), loose),
        "the tolerance of EM is 2",
    );
    let apart = array![
        [Some(1.0), None],
        [Some(2.0), None],
        [None, Some(1.0)],
        [None, Some(2.0)]
    ];
    refused(
        little(&["a", "b"], &apart, Little::default()),
        "rows with both a and b",
    );
}

const Y: [f64; 12] = [0.0, 2.0, 1.0, 4.0, 0.0, 3.0, 5.0, 1.0, 0.0, 2.0, 2.0, 7.0];

fn columns() -> Array2<f64> {
    Array2::from_shape_fn((12, 2), |(i, j)| if j == 0 { 1.0 } else { (i % 3) as f64 })
}

fn counts() -> DesignParts {
    design(Response::Count(Y.to_vec().into()), columns())
}

fn poisson() -> Glm {
    Glm {
        family: Family::Poisson,
        ..Glm::default()
    }
}

#[test]
fn generalised_linear_models() {
    let (x, poisson) = (columns(), poisson());
    let fit = poisson.fit(&Design::new(counts()).unwrap()).unwrap();
    // A mean of e⁹⁰⁰, and numbers whose squares are too large for least squares.
    let far = Array1::from_elem(12, 900.0);
    let settings = Settings {
        names: ["WT", "EKC"],
        a: x.view(),
        b: x.view(),
        offset: Some(far.view()),
        weights: None,
    };
    refused(
        fit.standardized(&settings),
        "the mean under the setting WT overflows",
    );
    let weighed = |kind| DesignParts {
        weights: Some(Weights {
            kind,
            values: Array1::from_elem(12, 1.5),
        }),
        ..counts()
    };
    let precise = poisson
        .fit(&Design::new(weighed(WeightKind::Precision)).unwrap())
        .unwrap();
    refused(
        precise.zeros(),
        "fit without weights, or with frequency weights",
    );
    let huge: Vec<f64> = Y.iter().map(|y| (y - 3.0) * 1e200).collect();
    let huge = Design::new(design(Response::Continuous(huge.into()), x.clone())).unwrap();
    refused(
        Glm::default().fit(&huge),
        "no starting values give a possible mean in every row",
    );
    let wrong = Glm {
        link: Some(Link::Logit),
        ..poisson
    };
    refused(wrong.fit(&Design::new(counts()).unwrap()), "it may have");
}

#[test]
fn models_without_a_hat_matrix() {
    let mut two = counts();
    two.zero = Some(Part::fixed(
        Array2::ones((12, 1)),
        vec!["(Intercept)".into()],
    ));
    let two = Design::new(two).unwrap();
    let hurdle = |covariance| Hurdle {
        family: CountFamily::Poisson,
        covariance,
        ..Hurdle::default()
    };
    for covariance in [
        Covariance::Hc2,
        Covariance::Hc3,
        Covariance::Cr2,
        Covariance::Cr3,
    ] {
        refused(
            hurdle(covariance).fit(&two),
            "of a model without a hat matrix is not supported",
        );
    }
    // HC1 is HC0 times n / (n − k): 12 rows, two coefficients of the counts and one of the zeros.
    let errors = |covariance| -> Vec<f64> {
        let fit = hurdle(covariance).fit(&two).unwrap();
        fit.estimates()
            .unwrap()
            .iter()
            .map(|e| e.std_error.unwrap().powi(2))
            .collect()
    };
    for (hc1, hc0) in errors(Covariance::Hc1).iter().zip(errors(Covariance::Hc0)) {
        assert!((hc1 / hc0 - 12.0 / 9.0).abs() < 1e-12);
    }
}

#[test]
fn profiles_of_an_ordinal_model() {
    let grades = Response::Ordinal {
        levels: vec!["low".into(), "middle".into(), "high".into()],
        codes: Y
            .iter()
            .map(|&y| u32::from(y >= 1.0) + u32::from(y >= 2.0))
            .collect(),
    };
    let column = columns().slice(ndarray::s![.., 1..]).to_owned();
    let grades = design(grades, column);
    let fit = Ordinal::default()
        .fit(&Design::new(grades.clone()).unwrap())
        .unwrap();
    refused(fit.profile("age"), "it is no estimated column of the model");
    let sampled = DesignParts {
        weights: Some(Weights {
            kind: WeightKind::Sampling,
            values: Array1::from_elem(12, 2.0),
        }),
        ..grades
    };
    let robust = Ordinal {
        covariance: Covariance::Hc0,
        ..Ordinal::default()
    };
    let fit = robust.fit(&Design::new(sampled).unwrap()).unwrap();
    refused(fit.profile("x0"), "use the interval of the estimate");
}

#[test]
fn cr1_is_cr0_for_few_clusters() {
    let poisson = poisson();
    let team = Grouping::new(
        "team",
        (0..6).map(|i| i.to_string()).collect(),
        (0..12).map(|i| i / 2).collect(),
    );
    let mut by_team = counts();
    by_team.groups.clusters = vec![team];
    let clustered = Glm {
        covariance: Covariance::Cr1,
        ..poisson
    };
    let cr0 = Glm {
        covariance: Covariance::Cr0,
        ..poisson
    };
    let by_team = Design::new(by_team).unwrap();
    let [one, zero] = [clustered, cr0].map(|glm| glm.fit(&by_team).unwrap().estimates().unwrap());
    for (one, zero) in one.iter().zip(&zero) {
        // CR1 is CR0 times √(6/5), with the same degrees of freedom.
        let ratio = one.std_error.unwrap() / zero.std_error.unwrap();
        assert!((ratio - 1.2_f64.sqrt()).abs() < 1e-12);
        assert!((one.reference.df().unwrap() - zero.reference.df().unwrap()).abs() < 1e-9);
    }
}

/// Numbers whose squares no computer holds are refused by name, whatever is asked of them.
#[test]
fn numbers_too_large_to_be_squared() {
    let (up, down) = ([1e200, -1e200, 3.0], [-1e200, 1e200, 7.0]);
    let [x, y, z] = [("EKC", &up), ("WT", &down), ("none", &up)].map(|(name, v)| group(name, v));
    for variance in [Variance::Equal, Variance::Unequal] {
        refused(
            OneWay { variance }.test("score", &[x, y, z]),
            "analysis of variance of score overflows",
        );
    }
    refused(
        VarianceExplained::default().groups("score", &[x, y]),
        "overflows",
    );
    let extreme = [1e308, -1e308, 1e308];
    let opposite = [-1e308, 1e308, -1e308];
    refused(
        RankBiserial::default().paired(group("after", &extreme), group("before", &opposite)),
        "overflows",
    );
    refused(
        SignedRank::default().paired(group("after", &extreme), group("before", &opposite), None),
        "overflows",
    );
    let arm = |name| Arm {
        name,
        before: &up,
        after: &down,
    };
    refused(
        ChangeEffect::default().arms(arm("EKC"), arm("WT")),
        "overflows",
    );
    refused(
        MeanEffect::default().two_samples(x, y),
        "the mean or standard deviation of EKC overflows",
    );
    let wide = Figures {
        name: "EKC",
        n: 9,
        mean: 1.0,
        sd: 1e200,
    };
    refused(
        MeanEffect::default().of_figures(wide, wide),
        "the variance of EKC and EKC overflows",
    );
    let known = Outcomes {
        name: "EKC",
        values: &up,
        missing: 1,
    };
    refused(
        Bounds::worst_case(-1e201, 1e201).two_means(known, known, None),
        "the bounds in arm EKC overflows",
    );
    let ratings = array![[1e200, -1e200], [-1e200, 1e200], [1.0, 2.0]];
    let items = Items {
        name: "severity",
        names: &["a", "b"],
        values: ratings.view(),
    };
    refused(
        IntraclassCorrelation::default().fit(&items),
        "the mean squares of severity overflows",
    );
    let seen = ratings.mapv(Some);
    let waves = Incomplete {
        name: "waves",
        names: &["a", "b"],
        values: seen.view(),
    };
    refused(
        Little::default().test(&waves),
        "the variance of a overflows",
    );
}

/// A column of 10⁻¹⁷⁰ has a coefficient of some 10¹⁷⁰, whose variance no number holds.
#[test]
fn variances_that_no_number_holds() {
    let tiny = |column: f64| column * 1e-170;
    let mut x = columns();
    x.column_mut(1).mapv_inplace(tiny);
    let levels = Response::Ordinal {
        levels: ["low", "middle", "high"].map(str::to_owned).to_vec(),
        codes: Y
            .iter()
            .map(|&y| u32::from(y >= 1.0) + u32::from(y >= 2.0))
            .collect(),
    };
    let column = x.slice(ndarray::s![.., 1..]).to_owned();
    refused(
        Ordinal::default().fit(&Design::new(design(levels, column)).unwrap()),
        "overflows",
    );
    let mut two_parts = counts();
    two_parts.mean = Part::fixed(x, vec!["x0".into(), "x1".into()]);
    two_parts.zero = Some(Part::fixed(
        Array2::ones((12, 1)),
        vec!["(Intercept)".into()],
    ));
    let poisson = Hurdle {
        family: CountFamily::Poisson,
        ..Hurdle::default()
    };
    refused(poisson.fit(&Design::new(two_parts).unwrap()), "overflows");
}

/// A mean at its limit bounds the likelihood, so that its profile has no end to be found.
#[test]
fn a_profile_that_ends_at_a_limit_of_the_means() {
    let dose = [0.0, 1.0, 1.0, 1.0, 1.0, 2.0, 2.0, 2.0, 2.0];
    let y = [0.0, 1.0, 2.0, 1.0, 1.0, 2.0, 3.0, 2.0, 2.0];
    let x = Array2::from_shape_fn((9, 2), |(i, j)| if j == 0 { 1.0 } else { dose[i] });
    let design = design(Response::Count(y.to_vec().into()), x);
    let glm = Glm {
        link: Some(Link::Identity),
        ..poisson()
    };
    let fit = glm.fit(&Design::new(design).unwrap()).unwrap();
    refused(
        fit.profile_estimates(),
        "the search for its profile-likelihood interval does not converge; use the Wald interval",
    );
}

#[test]
fn fits_with_nothing_left_to_say() {
    // As many parameters as observations: HC1 divides by what is left.
    let mut full = counts();
    full.zero = Some(Part::fixed(
        Array2::from_shape_fn((12, 10), |(i, j)| if j == 0 || i == j { 1.0 } else { 0.0 }),
        (0..10).map(|j| format!("z{j}")).collect(),
    ));
    let hc1 = Hurdle {
        family: CountFamily::Poisson,
        covariance: Covariance::Hc1,
        ..Hurdle::default()
    };
    assert!(hc1.fit(&Design::new(full).unwrap()).is_err());
    let two_levels = Response::Ordinal {
        levels: vec!["low".into(), "high".into()],
        codes: Y.iter().map(|&y| u32::from(y >= 2.0)).collect(),
    };
    let column = columns().slice(ndarray::s![.., 1..]).to_owned();
    let graded = Design::new(design(two_levels, column)).unwrap();
    let fit = Ordinal::default().fit(&graded).unwrap();
    refused(fit.proportional_odds(), "3 levels of the response");
    refused(
        fit.predict(&Design::new(counts()).unwrap()),
        "the columns of the model: expected x0, found x0, x1",
    );
    let before = group("before", &[1.0, 2.0, 3.0]);
    let after = group("after", &[2.0, 4.0, 4.0]);
    for statistic in [Statistic::Welch, Statistic::MannWhitney] {
        let options = Permutation {
            statistic,
            ..Permutation::default()
        };
        refused(
            options.paired(after, before, Scheme::default(), None),
            "take mean_difference or share_difference, or the signed-rank test",
        );
    }
    let strange = Position {
        below: 0.5,
        at: 0.1,
        above: 0.1,
    };
    refused(
        QuantileResidual { seed: 1 }.of(&[strange]),
        "the position of row 1 is 0.5, 0.1, 0.1",
    );
    refused(
        QuantileResidual { seed: 1 }.of(&[]),
        "a quantile residual needs at least 1 rows",
    );
    let poisson = Predictive::counts(CountDistribution::Poisson { mean: 2.0 });
    refused(
        zeros(&[poisson, poisson], &[1.0, 2.5], Alternative::TwoSided),
        "the count of row 2 is 2.5, but a whole number, zero or more was expected",
    );
    refused(
        zeros(&[poisson], &[1.0, 2.0], Alternative::TwoSided),
        "the counts and their distributions",
    );
    refused(
        limits(0.2, 0, 0.95),
        "a funnel needs at least 1 cases in a unit",
    );
    let difference = TTest::default().two_samples(after, before, None).unwrap();
    refused(
        EffectD::of(&difference),
        "a mean difference with a standard error is not supported",
    );
}

#[test]
fn scales_that_hold_no_scale() {
    let fitted = |values: &Array2<f64>, extraction| {
        let names = ["a", "b", "c"];
        let omega = Omega {
            extraction,
            level: 0.95,
        };
        omega.fit(&Items {
            name: "burden",
            names: &names,
            values: values.view(),
        })
    };
    // The third is the sum of the others: nothing is left of it by itself.
    let summed = array![
        [1.0, 2.0, 3.0],
        [2.0, 1.0, 3.0],
        [3.0, 5.0, 8.0],
        [4.0, 4.0, 8.0],
        [5.0, 1.0, 6.0]
    ];
    refused(
        fitted(&summed, Extraction::MaximumLikelihood),
        "a sum of items of burden is constant",
    );
    // One item that goes with two others, which do not go with each other.
    let heywood = array![
        [1.0, 0.0, 2.0],
        [0.0, 1.0, 2.1],
        [-1.0, 0.0, -2.0],
        [0.0, -1.0, -2.2],
        [1.0, 1.0, 4.0],
        [-1.0, 1.0, 0.1],
        [0.5, -1.0, -1.0]
    ];
    for extraction in [Extraction::MaximumLikelihood, Extraction::MinRes] {
        refused(fitted(&heywood, extraction), "(a Heywood case)");
    }
    let same = array![[3.0, 3.0], [3.0, 3.0], [3.0, 3.0]];
    let items = Items {
        name: "severity",
        names: &["a", "b"],
        values: same.view(),
    };
    refused(
        IntraclassCorrelation::default().fit(&items),
        "severity is constant",
    );
    // Of two opposite items the standardised ones sum to nothing.
    let opposite = array![[1.0, 6.0], [2.0, 4.0], [3.0, 2.0]];
    let items = Items {
        name: "burden",
        names: &["a", "b"],
        values: opposite.view(),
    };
    refused(
        Reliability::default().alpha(&items),
        "the sum of the standardised items of burden",
    );
    refused(
        Reliability::default().alpha(&Items {
            values: opposite.slice(ndarray::s![..1, ..]),
            ..items
        }),
        "subjects of burden",
    );
    let mut waves = summed.mapv(Some);
    waves[[0, 2]] = None;
    refused(
        Little::default().test(&Incomplete {
            name: "waves",
            names: &["a", "b", "c"],
            values: waves.view(),
        }),
        "some variables determine another",
    );
}

#[test]
fn replicates_by_ranges() {
    let (x, y) = ([1.0, 2.0, 4.0, 8.0], [2.0, 3.0, 5.0, 6.0]);
    let values: Vec<f64> = x.iter().chain(&y).copied().collect();
    let arm = Grouping::new(
        "arm",
        vec!["EKC".into(), "WT".into()],
        (0..8).map(|i| i / 4).collect(),
    );
    let data = TwoGroups {
        values: &values,
        arm: &arm,
        scheme: Scheme::default(),
    };
    let options = Bootstrap {
        replicates: 20,
        seed: Some(1),
        ..Bootstrap::default()
    };
    let share = |share: &Share<'_>| options.two_groups_share(&data, None, share);
    refused(
        share(&Share::Range(15..25)),
        "one or more of those that the computation has was expected",
    );
    let some = share(&Share::Range(0..10)).unwrap();
    refused(
        some.result(),
        "finish the computation with the draws of all replicates",
    );
}
