//! Profiles and the parametric bootstrap of generalised linear mixed models.

use kring_core::{
    ComponentKind, Design, DesignParts, Grouping, Groups, Interval, IntervalKind, Part,
    RandomStructure, RandomTerm, Response, WeightKind, Weights,
};
use kring_stats::Fit;
use kring_stats::family::Family;
use kring_stats::glmm::{Glmm, GlmmFit, Integration, Parameters};
use kring_stats::lmm::ParametricBootstrap;
use ndarray::{Array1, Array2, array};

/// 95% of χ² with one degree of freedom lie below this (R: `qchisq(0.95, 1)`).
const WIDE: f64 = 3.841_458_820_694_124;

/// Twelve families of three waves: how many problems.
const COUNTS: [f64; 36] = [
    2.0, 1.0, 0.0, 5.0, 4.0, 4.0, 1.0, 0.0, 0.0, 8.0, 5.0, 3.0, 3.0, 3.0, 1.0, 0.0, 1.0, 0.0, 6.0,
    7.0, 4.0, 2.0, 2.0, 2.0, 9.0, 6.0, 5.0, 1.0, 2.0, 0.0, 4.0, 2.0, 2.0, 3.0, 1.0, 1.0,
];

fn wave() -> Array1<f64> {
    (0..36).map(|i| f64::from(i % 3)).collect()
}

/// The intercept and these columns, a level and perhaps a slope of each family.
fn design(response: Response, columns: &[(&str, Array1<f64>)], slopes: bool) -> DesignParts {
    let mut x = Array2::ones((36, 1 + columns.len()));
    let mut names = vec!["(Intercept)".to_owned()];
    for (j, (name, values)) in columns.iter().enumerate() {
        x.column_mut(j + 1).assign(values);
        names.push((*name).to_owned());
    }
    let mut mean = Part::fixed(x, names);
    let q = if slopes { 2 } else { 1 };
    let effects = ["(Intercept)", "wave"].map(str::to_owned);
    mean.random = vec![RandomTerm {
        grouping: Grouping::new(
            "family",
            (1..=12).map(|i| i.to_string()).collect(),
            (0..36).map(|i| i / 3).collect(),
        ),
        z: Array2::from_shape_fn((36, q), |(i, j)| if j == 0 { 1.0 } else { wave()[i] }),
        columns: effects[..q].to_vec(),
        structure: RandomStructure::Unstructured,
    }];
    DesignParts {
        response,
        response_name: "problems".into(),
        mean,
        zero: None,
        dispersion: None,
        groups: Groups::default(),
        time: None,
        weights: None,
        source_rows: (0..36).collect(),
        omitted: vec![],
    }
}

fn counts() -> Response {
    Response::Count(COUNTS.to_vec().into())
}

fn poisson() -> Glmm {
    Glmm {
        integration: Integration::Laplace,
        ..Glmm::default()
    }
}

fn fit(options: Glmm, parts: DesignParts) -> GlmmFit {
    options.fit(&Design::new(parts).unwrap()).unwrap()
}

fn ends(interval: Option<Interval>) -> [f64; 2] {
    let interval = interval.unwrap();
    assert_eq!(interval.kind, IntervalKind::Profile);
    [interval.low.unwrap(), interval.high.unwrap()]
}

/// What a profile is: the model without the column, but with its share as an offset, has a likelihood that
/// is lower by half of χ²'s quantile.
#[test]
fn the_ends_of_a_coefficient_are_those_of_its_definition() {
    let nb2 = Glmm {
        family: Family::NegativeBinomial2,
        ..poisson()
    };
    let nodes = Glmm {
        integration: Integration::Quadrature { points: 7 },
        ..poisson()
    };
    for options in [poisson(), nodes, nb2] {
        let whole = fit(options, design(counts(), &[("wave", wave())], false));
        let profiled = whole.profile().unwrap();
        assert_eq!(profiled.fixed[1].label, "wave");
        let own = whole.coefficients().value("wave").unwrap();
        assert!((profiled.fixed[1].value.finite().unwrap() - own).abs() < 1e-12);
        let [low, high] = ends(profiled.fixed[1].interval);
        assert!(low < own && own < high);
        for (end, lost) in [(low, WIDE), (high, WIDE)] {
            let mut parts = design(counts(), &[], false);
            parts.mean.offset = Some(wave() * end);
            let held = fit(options, parts);
            let found = 2.0 * (whole.criteria.log_likelihood - held.criteria.log_likelihood);
            assert!((found - lost).abs() < 1e-5, "{options:?}: {found}");
        }
        // Its p-value is that of the likelihood ratio against the model without it.
        let without = fit(options, design(counts(), &[], false));
        let test = kring_stats::glmm::likelihood_ratio("wave", &without, &whole).unwrap();
        let (ours, theirs) = (profiled.fixed[1].p_value.unwrap(), test.p_value.unwrap());
        assert!(
            (ours / theirs - 1.0).abs() < 1e-4,
            "{ours} against {theirs}"
        );
    }
}

/// The highest likelihood over the intercept, by golden sections, where the deviation is held.
fn highest(fit: &GlmmFit, sd: f64) -> f64 {
    let at = |b: f64| {
        let parameters = Parameters {
            mean: vec![b],
            random: vec![array![[sd * sd]]],
            zero_random: vec![],
            zero: vec![],
            dispersion: vec![],
        };
        fit.criteria_at(&parameters).unwrap().log_likelihood
    };
    let golden = 0.5 * (5.0_f64.sqrt() - 1.0);
    let (mut low, mut high) = (-2.0, 3.0);
    for _ in 0..60 {
        let (a, b) = (high - golden * (high - low), low + golden * (high - low));
        if at(a) > at(b) {
            high = b;
        } else {
            low = a;
        }
    }
    at(0.5 * (low + high))
}

#[test]
fn the_ends_of_a_standard_deviation_are_those_of_its_definition() {
    let fitted = fit(poisson(), design(counts(), &[], false));
    let profiled = fitted.profile().unwrap();
    let component = &profiled.components[0];
    assert_eq!(
        (component.group.as_str(), component.kind),
        ("family", ComponentKind::StandardDeviation)
    );
    for end in ends(component.interval) {
        let lost = 2.0 * (fitted.criteria.log_likelihood - highest(&fitted, end));
        assert!((lost - WIDE).abs() < 1e-5, "{end}: {lost}");
    }
}

/// Slopes, whose correlation is free while a deviation is held: at the ends no parameters with that deviation do
/// better, as far as a grid can tell.
#[test]
fn the_ends_beside_a_correlation() {
    let fitted = fit(poisson(), design(counts(), &[("wave", wave())], true));
    let profiled = fitted.profile().unwrap();
    assert_eq!(profiled.components.len(), 2);
    let beta = fitted.coefficients().values.to_vec();
    let best = fitted.criteria.log_likelihood;
    for (place, component) in profiled.components.iter().enumerate() {
        let interval = component.interval.unwrap();
        assert!(interval.low.unwrap() <= component.value);
        let end = interval.high.unwrap();
        assert!(end > component.value);
        let mut highest = f64::NEG_INFINITY;
        for other in [0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8] {
            for correlation in [-0.99, -0.6, -0.3, 0.0, 0.3, 0.6, 0.99] {
                for (up, along) in [
                    (0.0, 0.0),
                    (0.1, 0.0),
                    (-0.1, 0.0),
                    (0.0, 0.05),
                    (0.0, -0.05),
                ] {
                    let (a, b) = if place == 0 {
                        (end, other)
                    } else {
                        (other, end)
                    };
                    let parameters = Parameters {
                        mean: vec![beta[0] + up, beta[1] + along],
                        random: vec![array![
                            [a * a, correlation * a * b],
                            [correlation * a * b, b * b]
                        ]],
                        zero_random: vec![],
                        zero: vec![],
                        dispersion: vec![],
                    };
                    let found = fitted.criteria_at(&parameters).unwrap().log_likelihood;
                    highest = f64::max(highest, found);
                }
            }
        }
        let lost = 2.0 * (best - highest);
        assert!(lost > WIDE - 1e-6, "{}: {lost}", component.label);
        assert!(lost < WIDE + 1.5, "{}: {lost}", component.label);
    }
}

/// All families alike: zero is the lower end, and there is an upper one.
#[test]
fn no_variance_has_an_interval_from_zero() {
    let alike: Array1<f64> = (0..36).map(|i| [2.0, 3.0, 1.0][i % 3]).collect();
    let fitted = fit(
        poisson(),
        design(Response::Count(alike), &[("wave", wave())], false),
    );
    assert!(fitted.components[0].at_boundary);
    let profiled = fitted.profile().unwrap();
    let [low, high] = ends(profiled.components[0].interval);
    assert_eq!(low, 0.0);
    assert!(high > 0.05 && high < 1.0, "{high}");
    let [low, high] = ends(profiled.fixed[1].interval);
    assert!(low < high);
}

#[test]
fn profiles_of_shares() {
    let yes: Array1<f64> = COUNTS
        .iter()
        .map(|y| f64::from(u8::from(*y > 1.0)))
        .collect();
    let options = Glmm {
        family: Family::Binomial,
        ..Glmm::default()
    };
    let fitted = fit(
        options,
        design(Response::Binary(yes), &[("wave", wave())], false),
    );
    let profiled = fitted.profile().unwrap();
    let wald = fitted.estimates().unwrap()[1].interval.unwrap();
    let [low, high] = ends(profiled.fixed[1].interval);
    // Odds fall from wave to wave: less is known of how steeply they may fall than of how little.
    assert!(low < wald.low.unwrap() && high < wald.high.unwrap() + 0.2);
    assert_eq!(
        ends(profiled.components[0].interval)[0].total_cmp(&-1.0),
        std::cmp::Ordering::Greater
    );
}

#[test]
fn the_bootstrap_by_ranges_is_that_of_the_whole() {
    let options = poisson();
    let of = Design::new(design(counts(), &[("wave", wave())], false)).unwrap();
    let fitted = options.fit(&of).unwrap();
    let drawn = |replicates| {
        let bootstrap = ParametricBootstrap {
            replicates,
            seed: Some(2011),
        };
        bootstrap.refits(&options, &of, &fitted).unwrap()
    };
    let whole = drawn(0..60);
    assert_eq!(whole, drawn(20..60).merge(drawn(0..20)).unwrap());
    assert_eq!(whole.names, ["(Intercept)", "wave", "family: (Intercept)"]);
    let summaries = whole.summaries(0.95).unwrap();
    // Standard errors of the fit, but for a digit of chance in 60 replicates.
    let errors = fitted.estimates().unwrap();
    for (one, error) in summaries.iter().zip(&errors) {
        let ratio = one.std_error / error.std_error.unwrap();
        assert!((0.65..1.5).contains(&ratio), "{}: {ratio}", one.name);
    }
    let of_sd = summaries[2].interval;
    assert!(of_sd.low.unwrap() < fitted.components[0].value);
    assert!(of_sd.high.unwrap() > fitted.components[0].value);
}

#[test]
fn what_the_bootstrap_refuses_and_what_fails_is_counted() {
    let options = poisson();
    let of = Design::new(design(counts(), &[("wave", wave())], false)).unwrap();
    let fitted = options.fit(&of).unwrap();
    let no_seed = ParametricBootstrap {
        replicates: 0..10,
        seed: None,
    };
    let told = no_seed.refits(&options, &of, &fitted).unwrap_err();
    assert!(told.to_string().contains("the seed"), "{told}");

    let mut parts = design(counts(), &[("wave", wave())], false);
    parts.weights = Some(Weights {
        kind: WeightKind::Frequency,
        values: Array1::from_elem(36, 2.0),
    });
    let twice = Design::new(parts).unwrap();
    let fitted = options.fit(&twice).unwrap();
    let seeded = ParametricBootstrap {
        replicates: 0..10,
        seed: Some(1),
    };
    let told = seeded.refits(&options, &twice, &fitted).unwrap_err();
    assert!(told.to_string().contains("stand for several"), "{told}");

    // A single event in the second group: in some replicates there is none, and no maximum.
    let rare = Response::Count(
        (0..36)
            .map(|i| if i == 18 || i < 9 { 1.0 } else { 0.0 })
            .collect(),
    );
    let arm: Array1<f64> = (0..36).map(|i| f64::from(u8::from(i >= 18))).collect();
    let of = Design::new(design(rare, &[("arm", arm)], false)).unwrap();
    let fitted = options.fit(&of).unwrap();
    let seeded = ParametricBootstrap {
        replicates: 0..40,
        seed: Some(1),
    };
    let found = seeded.refits(&options, &of, &fitted).unwrap();
    let failures = found.summaries(0.95).unwrap()[0].failures;
    assert!((1..40).contains(&failures), "{failures}");
}
