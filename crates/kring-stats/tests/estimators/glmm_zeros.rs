//! Random effects on the zeros of counts.

use kring_core::{Caution, DesignParts, Part, Response};
use kring_stats::Fit;
use kring_stats::family::Family;
use kring_stats::glmm::{
    Glmm, Integration, Parameters, Scale, SimulatedResidual, ZeroCounts, likelihood_ratio,
};
use kring_stats::prediction::{NewRows, Whose};
use ndarray::{Array1, Array2, Axis};

use crate::glmm::{Panel, close, fit};

fn laplace(family: Family, zeros: ZeroCounts) -> Glmm {
    Glmm {
        family,
        zeros,
        integration: Integration::Laplace,
        ..Glmm::default()
    }
}

fn inflated() -> Glmm {
    laplace(Family::Poisson, ZeroCounts::Inflated)
}

/// An intercept for the zeros, with a random one by family.
fn with_zeros(panel: &Panel, y: Array1<f64>) -> DesignParts {
    let n = y.len();
    let mut parts = panel.parts(Response::Count(y));
    let mut zero = Part::fixed(Array2::ones((n, 1)), vec!["(Intercept)".into()]);
    zero.random = vec![panel.term(Array2::ones((n, 1)))];
    parts.zero = Some(zero);
    parts
}

/// Counts of which families take away zeros of their own: log odds −0.4, standard deviation `sd`.
fn counts(panel: &mut Panel, sd: f64) -> Array1<f64> {
    let last = *panel.family.last().unwrap() as usize;
    let own: Vec<f64> = (0..=last).map(|_| sd * panel.noise.normal()).collect();
    let mut y = panel.counts();
    for (y, family) in y.iter_mut().zip(&panel.family) {
        let share = 1.0 / (1.0 + (0.4 - own[*family as usize]).exp());
        if panel.noise.uniform() < share {
            *y = 0.0;
        }
    }
    y
}

/// Both standard deviations are found, by name; predictions, draws and the smaller model fit together.
#[test]
fn recovery_and_what_follows_a_fit() {
    let mut panel = Panel::new(500, 6, 0.6);
    let y = counts(&mut panel, 1.2);
    let parts = with_zeros(&panel, y);
    let found = fit(inflated(), parts.clone()).unwrap();
    let labels: Vec<&str> = found.components.iter().map(|c| c.label.as_str()).collect();
    assert_eq!(labels, ["(Intercept)", "zero: (Intercept)"]);
    assert!((found.components[0].value - 0.6).abs() < 0.1);
    // By Laplace's approximation it is too small, here as in glmmTMB, and the fit says so.
    assert!(
        (found.components[1].value - 0.9).abs() < 0.25,
        "{:?}",
        found.components
    );
    let small = |c: &Caution| c.sentence().contains("on the zeros with 6.0 rows a family");
    assert!(found.provenance().cautions.iter().any(small));
    let zeta = &found.zero().unwrap().estimates().unwrap()[0];
    assert!((zeta.value.finite().unwrap() + 0.4).abs() < 3.0 * zeta.std_error.unwrap());
    for (estimate, truth) in found.estimates().unwrap().iter().zip([0.8, -0.4, -0.1]) {
        let away = estimate.value.finite().unwrap() - truth;
        assert!(
            away.abs() < 3.5 * estimate.std_error.unwrap(),
            "{}",
            estimate.label
        );
    }
    assert_eq!(found.zero_modes[0].values.nrows(), 500);
    assert!(found.certificate.distance < 1e-4);
    // Its own likelihood at its own parameters.
    let at = Parameters {
        mean: found.coefficients().values.to_vec(),
        random: vec![found.random[0].covariance.clone()],
        zero: found.zero().unwrap().coefficients().values.to_vec(),
        zero_random: vec![found.zero_random[0].covariance.clone()],
        dispersion: vec![],
    };
    let again = found.criteria_at(&at).unwrap();
    close(again.log_likelihood, found.criteria.log_likelihood, 1e-10);
    // Predictions of the rows themselves are the fitted values.
    let rows = NewRows {
        mean: &parts.mean,
        zero: parts.zero.as_ref(),
        dispersion: None,
    };
    let own = found
        .predict(&rows, Whose::Families, Scale::Response)
        .unwrap();
    for i in [0, 11, 2999] {
        close(own.values[i], found.fitted[i], 1e-9);
        assert!(own.interval.low[i] < own.values[i] && own.values[i] < own.interval.high[i]);
    }
    let typical = found
        .predict(&rows, Whose::Population, Scale::Response)
        .unwrap();
    let zero = zeta.value.finite().unwrap();
    let eta = found.coefficients().value("(Intercept)").unwrap();
    close(typical.values[0], eta.exp() / (1.0 + zero.exp()), 1e-9);
    let draws = SimulatedResidual {
        replicates: 60,
        seed: Some(4),
    };
    let draws = found.simulated_residuals(&draws).unwrap();
    assert!(draws.zeros.unwrap().test.p_value.unwrap() > 0.02);
    assert!(draws.dispersion.test.p_value.unwrap() > 0.02);
    assert_eq!(found.influence().unwrap().levels.len(), 500);
    // The families differ in their zeros: a variance more.
    let mut smaller = parts;
    smaller.zero.as_mut().unwrap().random.clear();
    let smaller = fit(inflated(), smaller).unwrap();
    let test = likelihood_ratio("zeros by family", &smaller, &found).unwrap();
    assert!(test.p_value.unwrap() < 1e-6);
    assert!(test.method.contains("½ χ²(0) + ½ χ²(1)"), "{}", test.method);
}

/// The two parts of a hurdle model are two models: of yes or no, and of counts above zero.
#[test]
fn a_hurdle_is_two_models() {
    let mut panel = Panel::new(80, 5, 0.6);
    let y = counts(&mut panel, 1.0);
    let parts = with_zeros(&panel, y.clone());
    let both = fit(
        laplace(Family::NegativeBinomial2, ZeroCounts::Hurdle),
        parts.clone(),
    )
    .unwrap();
    let mut some = panel.parts(Response::Binary(y.mapv(|y| f64::from(u8::from(y > 0.0)))));
    some.mean = parts.zero.clone().unwrap();
    let some = fit(laplace(Family::Binomial, ZeroCounts::Inflated), some).unwrap();
    let kept: Vec<usize> = (0..y.len()).filter(|&i| y[i] > 0.0).collect();
    let mut above = panel.parts(Response::Count(kept.iter().map(|&i| y[i]).collect()));
    above.mean.x = above.mean.x.select(Axis(0), &kept);
    let term = &mut above.mean.random[0];
    term.z = term.z.select(Axis(0), &kept);
    term.grouping.index = kept.iter().map(|&i| panel.family[i]).collect();
    above.source_rows = (0..kept.len()).collect();
    let above = fit(
        laplace(Family::NegativeBinomial2, ZeroCounts::Truncated),
        above,
    )
    .unwrap();
    close(
        both.criteria.log_likelihood,
        some.criteria.log_likelihood + above.criteria.log_likelihood,
        1e-8,
    );
    close(both.components[0].value, above.components[0].value, 1e-5);
    close(both.components[1].value, some.components[0].value, 1e-5);
    let own = both.zero().unwrap().estimates().unwrap();
    close(
        own[0].value.finite().unwrap(),
        some.estimates().unwrap()[0].value.finite().unwrap(),
        1e-5,
    );
    close(
        own[0].std_error.unwrap(),
        some.estimates().unwrap()[0].std_error.unwrap(),
        1e-4,
    );
}

/// Families with nothing but zeros, and families that do not differ in their zeros.
#[test]
fn families_of_zeros_alone_and_no_variance_among_the_zeros() {
    let mut panel = Panel::new(60, 4, 0.4);
    // Nine on average, so that no zero is one of the counts.
    let mut y: Array1<f64> = panel.effect.clone().into();
    y.mapv_inplace(|effect| panel.noise.poisson(9.0 * effect.exp()));
    for (y, family) in y.iter_mut().zip(&panel.family) {
        if family % 4 == 0 {
            *y = 0.0;
        }
    }
    // A few zeros elsewhere, so that the shares are not all at their ends.
    for i in (5..240).step_by(7) {
        y[i] = 0.0;
    }
    let found = fit(inflated(), with_zeros(&panel, y)).unwrap();
    assert!(found.components[1].value > 1.0, "{:?}", found.components);
    let modes = &found.zero_modes[0];
    // A family of zeros is more often always zero than one without.
    assert!(modes.values[[4, 0]] > modes.values[[1, 0]]);
    // Every family has one zero of four.
    let y: Array1<f64> = (0..240).map(|i| [0.0, 3.0, 5.0, 2.0][i % 4]).collect();
    let mut parts = with_zeros(&panel, y);
    let mixed = fit(inflated(), parts.clone()).unwrap();
    assert!(mixed.zero_random[0].singular && mixed.components[1].value == 0.0);
    let singular = |c: &Caution| c.sentence().contains("Singular fit");
    assert!(mixed.provenance().cautions.iter().any(singular));
    parts.zero.as_mut().unwrap().random.clear();
    let plain = fit(inflated(), parts).unwrap();
    close(
        mixed.criteria.log_likelihood,
        plain.criteria.log_likelihood,
        1e-9,
    );
    for (a, b) in mixed
        .estimates()
        .unwrap()
        .iter()
        .zip(plain.estimates().unwrap())
    {
        close(a.value.finite().unwrap(), b.value.finite().unwrap(), 1e-5);
        close(a.std_error.unwrap(), b.std_error.unwrap(), 1e-3);
    }
}

/// Only the zeros may have random effects; nodes are refused, and so are effects on the dispersion.
#[test]
fn effects_on_the_zeros_alone_and_what_is_refused() {
    let mut panel = Panel::new(60, 5, 0.0);
    let y = counts(&mut panel, 1.3);
    let mut parts = with_zeros(&panel, y);
    let nodes = Glmm {
        integration: Integration::Quadrature { points: 5 },
        ..inflated()
    };
    let error = fit(nodes, parts.clone()).unwrap_err();
    assert!(error.to_string().contains("on the zeros"), "{error}");
    let automatic = Glmm {
        integration: Integration::Automatic,
        ..inflated()
    };
    assert_eq!(fit(automatic, parts.clone()).unwrap().nodes, 1);
    parts.mean.random.clear();
    let found = fit(automatic, parts.clone()).unwrap();
    assert!(found.random.is_empty() && found.components.len() == 1);
    assert!((found.components[0].value - 1.0).abs() < 0.4);
    let mut dispersed = parts.clone();
    dispersed.dispersion = parts.zero;
    let negative = laplace(Family::NegativeBinomial2, ZeroCounts::Inflated);
    let error = fit(negative, dispersed).unwrap_err();
    assert!(error.to_string().contains("dispersion"), "{error}");
}

/// With slopes in the mean each deviation has the interval of its own effect.
#[test]
fn profiles_go_with_their_effects() {
    let mut panel = Panel::new(150, 6, 0.6);
    let y = counts(&mut panel, 1.2);
    let n = y.len();
    let mut parts = with_zeros(&panel, y);
    let slope = |i: usize| if i.is_multiple_of(2) { 0.5 } else { -0.5 };
    let z = Array2::from_shape_fn((n, 2), |(i, j)| if j == 0 { 1.0 } else { slope(i) });
    let mut term = panel.term(z);
    term.columns = vec!["(Intercept)".into(), "x".into()];
    parts.mean.random = vec![term];
    let found = fit(inflated(), parts).unwrap();
    let profiled = found.profile().unwrap();
    assert_eq!(profiled.components.len(), 3);
    for one in &profiled.components {
        let interval = one.interval.unwrap();
        let low = interval.low.unwrap_or(0.0);
        let high = interval.high.unwrap_or(f64::INFINITY);
        assert!(low <= one.value && one.value <= high, "{one:?}");
    }
}
