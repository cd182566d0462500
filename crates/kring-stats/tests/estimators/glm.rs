//! Generalised linear models: truths by hand, equalities, every refusal, and data nobody should fit.

use kring_core::{
    Boundary, Caution, Design, DesignParts, Estimate, Grouping, Groups, JointTest, Measure, Part,
    Reference, Response, Term, Value, WeightKind, Weights,
};
use kring_stats::family::{Family, Link};
use kring_stats::glm::{
    BiasReduction, Glm, GlmFit, OverdispersionForm, ResidualKind, Settings, Standardized, TermTest,
    likelihood_ratio,
};
use kring_stats::lm::Lm;
use kring_stats::{Covariance, Error, Fit};
use ndarray::{Array1, Array2, Axis, array};
use proptest::prelude::*;

use super::data::{all, data, same_numbers};

/// A design with an intercept and the columns given.
fn parts(response: Response, columns: &[(&str, &[f64])]) -> DesignParts {
    let n = response.rows();
    let x = Array2::from_shape_fn((n, columns.len() + 1), |(i, j)| match j {
        0 => 1.0,
        j => columns[j - 1].1[i],
    });
    let mut names = vec!["(Intercept)".to_owned()];
    names.extend(columns.iter().map(|(name, _)| (*name).to_owned()));
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

fn design(response: Response, columns: &[(&str, &[f64])]) -> Design {
    Design::new(parts(response, columns)).unwrap()
}

fn of(family: Family) -> Glm {
    Glm {
        family,
        ..Glm::default()
    }
}

fn linked(family: Family, link: Link) -> Glm {
    Glm {
        link: Some(link),
        ..of(family)
    }
}

fn counts(y: &[f64]) -> Response {
    Response::Count(y.to_vec().into())
}

fn binary(y: &[f64]) -> Response {
    Response::Binary(y.to_vec().into())
}

fn shares(successes: &[f64], trials: &[f64]) -> Response {
    Response::Proportion {
        successes: successes.to_vec().into(),
        trials: trials.to_vec().into(),
    }
}

#[track_caller]
fn close(ours: f64, truth: f64) {
    assert!(
        (ours - truth).abs() <= 1e-10 * truth.abs().max(1.0),
        "{ours} is not {truth}"
    );
}

#[track_caller]
fn says(refused: Result<impl Sized, Error>, message: &str) {
    match refused {
        Ok(_) => panic!("not refused: {message}"),
        Err(error) => assert_eq!(error.to_string(), message),
    }
}

fn value(fit: &GlmFit, column: &str) -> f64 {
    fit.coefficients().value(column).unwrap()
}

fn std_error(fit: &GlmFit, place: usize) -> f64 {
    fit.estimates().unwrap()[place].std_error.unwrap()
}

const ARM: [f64; 6] = [0.0, 0.0, 0.0, 1.0, 1.0, 1.0];

// --- by hand -----------------------------------------------------------------------------------------

/// 3 of 10 against 6 of 10: odds 3/7 and 6/4, risks 0.3 and 0.6.
#[test]
fn two_shares() {
    let data = || design(shares(&[3.0, 6.0], &[10.0, 10.0]), &[("arm", &[0.0, 1.0])]);
    let logit = of(Family::Binomial).fit(&data()).unwrap();
    close(value(&logit, "arm"), 3.5_f64.ln());
    // Woolf: 1/3 + 1/7 + 1/6 + 1/4.
    let woolf: f64 = 1.0 / 3.0 + 1.0 / 7.0 + 1.0 / 6.0 + 0.25;
    close(std_error(&logit, 1), woolf.sqrt());
    assert_eq!(logit.provenance().measure, Measure::LogOddsRatio);
    let ratio = linked(Family::Binomial, Link::Log).fit(&data()).unwrap();
    close(value(&ratio, "arm"), 2.0_f64.ln());
    // 1/3 − 1/10 + 1/6 − 1/10.
    close(std_error(&ratio, 1), 0.3_f64.sqrt());
    let difference = linked(Family::Binomial, Link::Identity)
        .fit(&data())
        .unwrap();
    close(value(&difference, "arm"), 0.3);
    close(std_error(&difference, 1), 0.045_f64.sqrt());
    // The deviance of a saturated model is nothing, and its likelihood is that of the shares.
    close(logit.deviance.unwrap(), 0.0);
    let likelihood = (120.0 * 0.3_f64.powi(3) * 0.7_f64.powi(7)).ln()
        + (210.0 * 0.6_f64.powi(6) * 0.4_f64.powi(4)).ln();
    close(logit.log_likelihood.unwrap(), likelihood);
    close(logit.aic.unwrap(), 4.0 - 2.0 * likelihood);
    // Probit and cloglog have their own scale and the same risks.
    for link in [Link::Probit, Link::Cloglog] {
        let fit = linked(Family::Binomial, link).fit(&data()).unwrap();
        close(fit.fitted[0], 0.3);
        close(fit.fitted[1], 0.6);
    }
}

/// The interval of a mean of one kind of rows is that of the link, transformed: it ends within what can be.
#[test]
fn the_interval_of_a_mean_lies_where_the_mean_can() {
    // 1 of 10: p ± 1.96 √(p (1 − p) / 10) would end below zero, 9 of 10 above one.
    let share = |of: f64| {
        let rows = design(
            shares(&[of, 10.0 - of], &[10.0, 10.0]),
            &[("arm", &[0.0, 1.0])],
        );
        (of, of_arms(Family::Binomial, rows))
    };
    for (of, found) in [share(1.0), share(9.0)] {
        let interval = found.mean_a.interval.unwrap();
        // The variance of a logit is 1/s + 1/f.
        let (logit, width) = (
            (of / (10.0 - of)).ln(),
            1.959_963_984_540_054 * (1.0 / of + 1.0 / (10.0 - of)).sqrt(),
        );
        close(interval.low.unwrap(), 1.0 / (1.0 + (width - logit).exp()));
        close(interval.high.unwrap(), 1.0 / (1.0 + (-logit - width).exp()));
        assert!(found.mean_a.method.contains("interval on the logit scale"));
        // A difference can lie on both sides of zero, and has Wald's.
        let interval = found.difference.interval.unwrap();
        close(
            interval.low.unwrap() + interval.high.unwrap(),
            2.0 * found.difference.value.finite().unwrap(),
        );
    }
    // One event in three rows: the variance of the log of a rate is one by the events.
    let found = of_arms(
        Family::Poisson,
        design(
            counts(&[1.0, 0.0, 0.0, 4.0]),
            &[("arm", &[0.0, 0.0, 0.0, 1.0])],
        ),
    );
    let interval = found.mean_a.interval.unwrap();
    close(
        interval.low.unwrap(),
        (-1.959_963_984_540_054_f64).exp() / 3.0,
    );
    close(
        interval.high.unwrap(),
        1.959_963_984_540_054_f64.exp() / 3.0,
    );
}

/// The standardised means of two arms.
fn of_arms(family: Family, data: Design) -> Standardized {
    let rows = data.rows();
    let x = |arm: f64| Array2::from_shape_fn((rows, 2), |(_, j)| if j == 0 { 1.0 } else { arm });
    let (a, b) = (x(0.0), x(1.0));
    let settings = Settings {
        names: ["0", "1"],
        a: a.view(),
        b: b.view(),
        offset: None,
        weights: None,
    };
    of(family)
        .fit(&data)
        .unwrap()
        .standardized(&settings)
        .unwrap()
}

/// 2 + 4 + 6 = 12 against 1 + 0 + 2 = 3.
#[test]
fn two_counts() {
    let y = [2.0, 4.0, 6.0, 1.0, 0.0, 2.0];
    let fit = of(Family::Poisson)
        .fit(&design(counts(&y), &[("arm", &ARM)]))
        .unwrap();
    close(value(&fit, "(Intercept)"), 4.0_f64.ln());
    close(value(&fit, "arm"), -(4.0_f64.ln()));
    close(std_error(&fit, 1), (1.0_f64 / 12.0 + 1.0 / 3.0).sqrt());
    // Pearson: (4 + 0 + 4) / 4 + (0 + 1 + 1) / 1 = 4 on 4 degrees of freedom.
    let pearson = fit.pearson_test().unwrap();
    close(pearson.statistic.unwrap(), 4.0);
    assert_eq!(pearson.reference, Reference::ChiSquared { df: 4.0 });
    let quasi = of(Family::QuasiPoisson)
        .fit(&design(counts(&y), &[("arm", &ARM)]))
        .unwrap();
    close(quasi.dispersion.unwrap(), 1.0);
    assert!(quasi.log_likelihood.is_none() && quasi.aic.is_none());
    // Response residuals add up to nothing in each arm.
    let residuals = fit.residuals(ResidualKind::Response).unwrap();
    close(residuals.iter().take(3).sum(), 0.0);
    // With an exposure of 2 everywhere the rate is half of it.
    let mut halved = parts(counts(&y), &[("arm", &ARM)]);
    halved.mean.offset = Some(Array1::from_elem(6, 2.0_f64.ln()));
    let fit = of(Family::Poisson)
        .fit(&Design::new(halved).unwrap())
        .unwrap();
    close(value(&fit, "(Intercept)"), 2.0_f64.ln());
    close(fit.fitted[0], 4.0);
    // One zero; Poisson expects 3 e⁻⁴ + 3 e⁻¹.
    let zeros = fit.zeros().unwrap();
    close(zeros.observed, 1.0);
    close(
        zeros.expected,
        3.0 * (-4.0_f64).exp() + 3.0 * (-1.0_f64).exp(),
    );
}

/// All means one: n e⁻¹ expected zeros carry the test. Means of 1 and 50: 1/p is e⁵⁰ in three rows of six, of
/// which no zero is expected, and nothing the others do could move it.
#[test]
fn the_test_of_zeros_says_what_it_rests_on() {
    let of_n = |n: usize| {
        let y: Vec<f64> = (0..n).map(|row| 2.0 * (row % 2) as f64).collect();
        let fit = of(Family::Poisson).fit(&design(counts(&y), &[])).unwrap();
        fit.zeros().unwrap().test.unwrap()
    };
    let doubt = |test: &JointTest| {
        let mut said = test.cautions.iter().map(Caution::sentence);
        said.find(|said| said.contains("expected zeros"))
    };
    let many = of_n(20);
    assert!(doubt(&many).is_none() && many.p_value.is_some());
    let few = of_n(10);
    let said = doubt(&few).unwrap();
    assert!(said.contains("about 3.7 expected zeros"), "{said}");
    assert!(few.p_value.is_some());
    let y = [0.0, 0.0, 3.0, 60.0, 50.0, 40.0];
    let fit = of(Family::Poisson)
        .fit(&design(counts(&y), &[("arm", &ARM)]))
        .unwrap();
    let outweighed = fit.zeros().unwrap().test.unwrap();
    let said = doubt(&outweighed).unwrap();
    assert!(
        said.contains("about 0.0 expected zeros") && said.contains("no p-value"),
        "{said}"
    );
    assert_eq!(outweighed.p_value, None);
}

/// Cameron and Trivedi by hand: y = 0, 4 with mean 2: ((y − μ)² − y) / μ = 2 and 0, mean 1, sd √2.
#[test]
fn overdispersion() {
    let fit = of(Family::Poisson)
        .fit(&design(counts(&[0.0, 4.0]), &[]))
        .unwrap();
    let linear = fit.overdispersion(OverdispersionForm::Linear).unwrap();
    close(linear.value.finite().unwrap(), 1.0);
    close(linear.std_error.unwrap(), 1.0);
    let quadratic = fit.overdispersion(OverdispersionForm::Quadratic).unwrap();
    close(quadratic.value.finite().unwrap(), 0.5);
}

/// Heinze & Schemper (2002): with a single share s of n Firth's estimate is (s + ½) / (n + 1).
#[test]
fn firth() {
    let options = Glm {
        bias_reduction: BiasReduction::Firth,
        ..of(Family::Binomial)
    };
    let none = options
        .fit(&design(binary(&[0.0, 0.0, 0.0, 0.0]), &[]))
        .unwrap();
    close(none.fitted[0], 0.1);
    // Both arms by themselves: 0 of 3 and 2 of 3 become ½ / 4 and 2½ / 4.
    let y = [0.0, 0.0, 0.0, 1.0, 0.0, 1.0];
    let fit = options.fit(&design(binary(&y), &[("arm", &ARM)])).unwrap();
    close(fit.fitted[0], 0.125);
    close(fit.fitted[3], 0.625);
    // A count: with n rows and sum s the estimate is (s + ½) / n.
    let options = Glm {
        bias_reduction: BiasReduction::Firth,
        ..of(Family::Poisson)
    };
    let fit = options
        .fit(&design(
            counts(&[0.0, 0.0, 0.0, 1.0, 3.0, 2.0]),
            &[("arm", &ARM)],
        ))
        .unwrap();
    close(fit.fitted[0], 0.5 / 3.0);
    close(fit.fitted[3], 6.5 / 3.0);
}

/// The geometric distribution: with θ held by the data near one the mean is the mean of the counts.
#[test]
fn negative_binomials() {
    let y = [0.0, 0.0, 1.0, 12.0, 3.0, 7.0, 0.0, 2.0, 25.0, 4.0];
    for family in [Family::NegativeBinomial2, Family::NegativeBinomial1] {
        let fit = of(family).fit(&design(counts(&y), &[])).unwrap();
        close(fit.fitted[0], 5.4);
        let shape = fit.shape.clone().unwrap();
        assert!(shape.std_error.unwrap() > 0.0);
        // With an intercept only the two are one distribution: θ = μ / φ, and one likelihood.
        let theta = match family {
            Family::NegativeBinomial2 => shape.value.finite().unwrap(),
            _ => 5.4 / shape.value.finite().unwrap(),
        };
        close(theta, {
            let nb2 = of(Family::NegativeBinomial2)
                .fit(&design(counts(&y), &[]))
                .unwrap();
            nb2.shape.unwrap().value.finite().unwrap()
        });
        let ends = fit.profile_shape().unwrap().unwrap().interval.unwrap();
        let inside = shape.value.finite().unwrap();
        assert!(ends.low.unwrap() < inside && ends.high.unwrap() > inside);
    }
}

/// Beyond the table of counts the sums come from special functions; a count of millions is a count too.
#[test]
fn counts_of_any_size() {
    let small = [3.0, 90.0, 20.0, 45.0, 7.0, 160.0];
    let fit = |scale: f64| {
        let y: Vec<f64> = small.iter().map(|y| y * scale).collect();
        of(Family::NegativeBinomial2)
            .fit(&design(counts(&y), &[("arm", &ARM)]))
            .unwrap()
    };
    let (near, far) = (fit(1e4), fit(1e6));
    close(near.fitted[0], 113e4 / 3.0);
    close(far.fitted[0], 113e6 / 3.0);
    // So large, the counts are gamma distributed, and θ is the shape whatever the unit.
    let theta = |fit: &GlmFit| fit.shape.as_ref().unwrap().value.finite().unwrap();
    assert!((theta(&near) / theta(&far) - 1.0).abs() < 1e-3);
    // Where the draw within one count no longer matters, the residuals are those of the gamma distribution.
    let (near, far) = (near.quantile_residuals(1), far.quantile_residuals(1));
    for (near, far) in near.unwrap().iter().zip(far.unwrap()) {
        assert!((near - far).abs() < 1e-3, "{near} {far}");
    }
    // One row, or two that are the same: fitted or refused, never a panic.
    assert!(
        of(Family::Poisson)
            .fit(&design(counts(&[3.0]), &[]))
            .is_ok()
    );
    let same = of(Family::NegativeBinomial2)
        .fit(&design(counts(&[3.0, 3.0]), &[]))
        .unwrap();
    assert_eq!(
        same.shape.unwrap().value,
        Value::AtBoundary(Boundary::Infinite)
    );
    let all = of(Family::BetaBinomial).fit(&design(shares(&[4.0, 4.0], &[4.0, 4.0]), &[]));
    assert!(matches!(all, Err(Error::Separated { .. })));
}

#[test]
fn counts_less_variable_than_poisson_lie_at_the_edge() {
    let y = [3.0, 4.0, 3.0, 4.0, 3.0, 4.0];
    let poisson = of(Family::Poisson)
        .fit(&design(counts(&y), &[("arm", &ARM)]))
        .unwrap();
    for (family, edge) in [
        (Family::NegativeBinomial2, Boundary::Infinite),
        (Family::NegativeBinomial1, Boundary::Zero),
    ] {
        let fit = of(family)
            .fit(&design(counts(&y), &[("arm", &ARM)]))
            .unwrap();
        let shape = fit.shape.as_ref().unwrap();
        assert_eq!(shape.value, Value::AtBoundary(edge));
        close(value(&fit, "arm"), value(&poisson, "arm"));
        close(fit.log_likelihood.unwrap(), poisson.log_likelihood.unwrap());
        let noted = |c: &Caution| matches!(c, Caution::Note(text) if text.contains("Poisson"));
        assert!(fit.provenance().cautions.iter().any(noted));
        assert!(fit.profile_shape().unwrap().is_none());
    }
    let fit = of(Family::BetaBinomial)
        .fit(&design(shares(&[2.0, 2.0, 2.0], &[4.0, 4.0, 4.0]), &[]))
        .unwrap();
    assert_eq!(fit.shape.unwrap().value, Value::AtBoundary(Boundary::Zero));
}

/// The score test of two arms of counts: (12 − 3)² / 15 with equal numbers of rows.
#[test]
fn tests_of_terms() {
    let y = [2.0, 4.0, 6.0, 1.0, 0.0, 2.0];
    let fit = of(Family::Poisson)
        .fit(&design(counts(&y), &[("arm", &ARM)]))
        .unwrap();
    let score = fit.term_test("arm", TermTest::Score).unwrap();
    close(score.statistic.unwrap(), 81.0 / 15.0);
    let ratio = fit.term_test("arm", TermTest::LikelihoodRatio).unwrap();
    // 2 (12 log(12 / 7.5) + 3 log(3 / 7.5))
    let truth = 2.0 * (12.0 * 1.6_f64.ln() + 3.0 * 0.4_f64.ln());
    close(ratio.statistic.unwrap(), truth);
    let small = of(Family::Poisson).fit(&design(counts(&y), &[])).unwrap();
    let nested = likelihood_ratio("arm", &small, &fit).unwrap();
    close(nested.statistic.unwrap(), truth);
    let wald = fit.term_test("arm", TermTest::Wald).unwrap();
    close(
        wald.statistic.unwrap(),
        4.0_f64.ln().powi(2) / (1.0 / 12.0 + 1.0 / 3.0),
    );
    // A main effect is not tested while an interaction holds it.
    let wave = [0.0, 1.0, 0.0, 1.0, 0.0, 1.0];
    let both: Vec<f64> = wave.iter().zip(&ARM).map(|(w, a)| w * a).collect();
    let mut crossed = parts(
        counts(&y),
        &[("arm", &ARM), ("wave", &wave), ("arm:wave", &both)],
    );
    crossed.mean.terms[3] = Term {
        name: "arm:wave".into(),
        columns: 3..4,
    };
    crossed.response = counts(&[2.0, 4.0, 6.0, 1.0, 1.0, 2.0]);
    let fit = of(Family::Poisson)
        .fit(&Design::new(crossed).unwrap())
        .unwrap();
    let tests = fit.term_tests(TermTest::LikelihoodRatio).unwrap();
    assert_eq!(tests.len(), 1);
    assert_eq!(tests[0].label, "arm:wave");
}

#[test]
fn an_interval_without_an_end_says_so() {
    // 0 of 3 against 2 of 3 by Firth: finite ends; one share of 1 of 1 has no upper one in the logit.
    let options = Glm {
        bias_reduction: BiasReduction::Firth,
        ..of(Family::Binomial)
    };
    let fit = options.fit(&design(binary(&[1.0, 1.0]), &[])).unwrap();
    let found = &fit.profile_estimates().unwrap()[0];
    let interval = found.interval.unwrap();
    assert!(interval.low.is_some() && interval.high.is_some());
}

/// Counts drawn from the model itself have normal quantile residuals; the same seed gives the same ones.
#[test]
fn quantile_residuals_are_normal() {
    // Poisson counts of mean 2 by their quantiles at (i + ½) / 400: as regular as data can be.
    let y: Vec<f64> = (0..400)
        .map(|i| {
            let u = (f64::from(i) + 0.5) / 400.0;
            let (mut k, mut p, mut below) = (0.0, (-2.0_f64).exp(), 0.0);
            while below + p < u {
                below += p;
                k += 1.0;
                p *= 2.0 / k;
            }
            k
        })
        .collect();
    let data = design(counts(&y), &[]);
    for family in [Family::Poisson, Family::NegativeBinomial2] {
        let fit = of(family).fit(&data).unwrap();
        let residuals = fit.quantile_residuals(7).unwrap();
        let mean = residuals.mean().unwrap();
        let spread = residuals.mapv(|r| (r - mean).powi(2)).sum() / 399.0;
        assert!(
            mean.abs() < 0.05 && (spread - 1.0).abs() < 0.1,
            "{mean} {spread}"
        );
        assert_eq!(residuals, fit.quantile_residuals(7).unwrap());
        assert_ne!(residuals, fit.quantile_residuals(8).unwrap());
    }
    // A number has no need of chance: the residual over σ.
    let y = Response::Continuous(array![1.0, 2.0, 6.0]);
    let fit = Glm::default().fit(&design(y, &[])).unwrap();
    let residuals = fit.quantile_residuals(1).unwrap();
    close(residuals[2], 3.0 / 7.0_f64.sqrt());
    says(
        of(Family::QuasiPoisson)
            .fit(&data)
            .unwrap()
            .quantile_residuals(1),
        "quantile residuals of the quasi-Poisson family is not supported; it has no distribution; use Pearson residuals",
    );
}

// --- separation --------------------------------------------------------------------------------------

#[test]
fn separated_data_are_named_with_their_direction() {
    let firth =
        "choose the bias reduction `firth`, which gives finite estimates, or leave the columns out";
    says(
        of(Family::Binomial).fit(&design(
            binary(&[0.0, 0.0, 0.0, 1.0, 0.0, 1.0]),
            &[("arm", &ARM)],
        )),
        &format!(
            "`y` is predicted perfectly in 3 row(s) ((Intercept) → −∞, arm → +∞), so that there is no finite estimate; {firth}"
        ),
    );
    says(
        of(Family::Poisson).fit(&design(
            counts(&[1.0, 2.0, 0.0, 0.0, 0.0, 0.0]),
            &[("arm", &ARM)],
        )),
        &format!(
            "`y` is predicted perfectly in 3 row(s) (arm → −∞), so that there is no finite estimate; {firth}"
        ),
    );
    let all_zero = of(Family::Poisson).fit(&design(counts(&[0.0; 4]), &[]));
    assert!(matches!(all_zero, Err(Error::Separated { rows: 4, .. })));
    // Complete separation by a number, and quasi-complete with one tie.
    let age = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
    for y in [
        [0.0, 0.0, 0.0, 1.0, 1.0, 1.0],
        [0.0, 0.0, 1.0, 1.0, 1.0, 1.0],
    ] {
        for link in [Link::Logit, Link::Probit, Link::Cloglog] {
            let found = linked(Family::Binomial, link).fit(&design(binary(&y), &[("age", &age)]));
            assert!(
                matches!(found, Err(Error::Separated { rows: 6, .. })),
                "{link:?}: {found:?}"
            );
        }
    }
    for family in [Family::NegativeBinomial2, Family::NegativeBinomial1] {
        let found = of(family).fit(&design(
            counts(&[1.0, 9.0, 0.0, 0.0, 0.0, 0.0]),
            &[("arm", &ARM)],
        ));
        assert!(matches!(found, Err(Error::Separated { rows: 3, .. })));
    }
    // Overlap by one row is no separation.
    let overlapping = of(Family::Binomial).fit(&design(
        binary(&[0.0, 0.0, 1.0, 0.0, 1.0, 1.0]),
        &[("age", &age)],
    ));
    assert!(overlapping.is_ok());
}

#[test]
fn what_does_not_converge_says_where_it_came_to() {
    // The best risks would be one in the last two rows: the log link cannot pass there.
    let dose = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0];
    let found = linked(Family::Binomial, Link::Log).fit(&design(
        binary(&[0.0, 1.0, 0.0, 1.0, 1.0, 1.0]),
        &[("dose", &dose)],
    ));
    let Err(Error::NotConverged {
        coefficients, hint, ..
    }) = &found
    else {
        panic!("{found:?}");
    };
    let names: Vec<&str> = coefficients.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["(Intercept)", "dose"]);
    assert!(coefficients.iter().all(|(_, b)| b.is_finite()));
    assert!(hint.contains("Zou 2004"));
    assert!(
        found
            .unwrap_err()
            .to_string()
            .contains("it had come to (Intercept) ")
    );
}

// --- refusals ----------------------------------------------------------------------------------------

#[test]
fn options_that_do_not_fit_together_are_refused() {
    let data = || design(counts(&[2.0, 4.0, 6.0, 1.0, 0.0, 2.0]), &[("arm", &ARM)]);
    says(
        linked(Family::Poisson, Link::Logit).fit(&data()),
        "the logit link of the Poisson family is not supported; it may have log, identity, square root",
    );
    says(
        Glm {
            bias_reduction: BiasReduction::Firth,
            ..of(Family::Gamma)
        }
        .fit(&data()),
        "Firth's bias reduction of the gamma family with inverse link is not supported; it is there for the \
         binomial with logit link and the Poisson with log link",
    );
    says(
        Glm {
            covariance: Covariance::Hc3,
            ..of(Family::NegativeBinomial1)
        }
        .fit(&data()),
        "HC3 standard errors of the negative binomial (NB1) family is not supported; its shape is not \
         orthogonal to the mean, so that there is no hat matrix; use hc0, hc1, cr0 or cr1",
    );
    says(
        Glm {
            level: 95.0,
            ..of(Family::Poisson)
        }
        .fit(&data()),
        "the confidence level is 95, but a number between 0 and 1, such as 0.95 was expected",
    );
    let mut weighted = parts(counts(&[2.0, 4.0, 6.0]), &[]);
    weighted.weights = Some(Weights {
        kind: WeightKind::Sampling,
        values: array![1.0, 2.0, 3.0],
    });
    says(
        of(Family::Poisson).fit(&Design::new(weighted).unwrap()),
        "a classical standard error with sampling weights is not supported; use hc0 to hc3, or cr0 to cr3 with clusters",
    );
    let mut weightless = parts(counts(&[2.0, 4.0, 6.0]), &[]);
    weightless.weights = Some(Weights {
        kind: WeightKind::Frequency,
        values: array![0.0, 0.0, 0.0],
    });
    says(
        of(Family::Poisson).fit(&Design::new(weightless).unwrap()),
        "a generalised linear model needs at least 1 rows of a weight above zero, but there are 0",
    );
    says(
        Glm {
            covariance: Covariance::Cr2,
            ..of(Family::Poisson)
        }
        .fit(&data()),
        "CR2 cluster-robust standard errors, Satterthwaite degrees of freedom needs clusters, which the design \
         does not have; add `cluster(x)` to the formula, or name the cluster column",
    );
    says(
        of(Family::BetaBinomial).fit(&design(binary(&[0.0, 1.0, 1.0]), &[])),
        "the beta-binomial family with one trial a row is not supported; a single trial tells nothing of the \
         correlation between trials; use binomial",
    );
}

#[test]
fn responses_of_another_kind_are_refused() {
    let numbers = |y: &[f64]| design(Response::Continuous(y.to_vec().into()), &[]);
    let refused = |expected: &str, found: &str| {
        format!("a generalised linear model of this family explains {expected}, but `y` is {found}")
    };
    says(
        of(Family::Binomial).fit(&numbers(&[0.5, 1.0])),
        &refused("0 and 1, or successes of trials", "made of other numbers"),
    );
    says(
        of(Family::NegativeBinomial2).fit(&numbers(&[0.5, 1.0])),
        &refused(
            "counts, whole numbers of zero or more",
            "made of other numbers",
        ),
    );
    says(
        of(Family::QuasiPoisson).fit(&numbers(&[-0.5, 1.0])),
        &refused("numbers of zero or more", "below zero somewhere"),
    );
    says(
        of(Family::Gamma).fit(&numbers(&[0.0, 1.0])),
        &refused("numbers above zero", "zero or less somewhere"),
    );
    says(
        of(Family::Poisson).fit(&design(shares(&[1.0], &[2.0]), &[])),
        &refused(
            "one number a row",
            "successes of trials; choose the family binomial",
        ),
    );
    let ordinal = Response::Ordinal {
        levels: vec!["low".into(), "high".into()],
        codes: vec![0, 1],
    };
    says(
        of(Family::Gaussian).fit(&design(ordinal, &[])),
        &refused("one number a row", "of another kind"),
    );
}

#[test]
fn questions_a_fit_cannot_answer_are_refused() {
    let data = design(counts(&[2.0, 4.0, 6.0, 1.0, 0.0, 2.0]), &[("arm", &ARM)]);
    let poisson = of(Family::Poisson).fit(&data).unwrap();
    says(
        poisson.term_test("wave", TermTest::Wald),
        "contrast `wave`: the model has no such term; its terms are (Intercept), arm",
    );
    let robust = Glm {
        covariance: Covariance::Hc3,
        ..of(Family::Poisson)
    }
    .fit(&data)
    .unwrap();
    let with = "a test or interval from the likelihood with HC3 standard errors is not supported; use Wald \
                tests and intervals, or classical errors";
    says(robust.term_test("arm", TermTest::LikelihoodRatio), with);
    says(robust.profile_estimates(), with);
    let nb1 = of(Family::NegativeBinomial1)
        .fit(&design(counts(&[0.0, 9.0, 1.0, 4.0, 0.0, 12.0]), &[]))
        .unwrap();
    says(
        nb1.residuals(ResidualKind::Deviance),
        "deviance residuals of the negative binomial (NB1) family is not supported; use Pearson residuals",
    );
    says(
        nb1.overdispersion(OverdispersionForm::Linear),
        "Cameron and Trivedi's test of the negative binomial (NB1) family is not supported; fit the Poisson \
         family first",
    );
    let firth = Glm {
        bias_reduction: BiasReduction::Firth,
        ..of(Family::Poisson)
    }
    .fit(&data)
    .unwrap();
    says(
        firth.term_test("arm", TermTest::Score),
        "a score test of Firth's penalised likelihood is not supported; use the likelihood ratio",
    );
    says(
        likelihood_ratio("arm", &firth, &poisson),
        "contrast `arm`: the two models differ in family, link or bias reduction",
    );
    says(
        likelihood_ratio("arm", &poisson, &poisson),
        "contrast `arm`: the larger model has no more columns than the smaller one",
    );
    says(
        likelihood_ratio("arm", &nb1, &poisson),
        "contrast `arm`: the two models are not fitted to the same rows",
    );
    let other = design(
        counts(&[2.0, 4.0, 6.0, 1.0, 0.0, 2.0]),
        &[
            ("x", &[1.0, 0.0, 2.0, 0.0, 3.0, 0.0]),
            ("z", &[0.0, 1.0, 0.0, 0.0, 1.0, 1.0]),
        ],
    );
    let other = of(Family::Poisson).fit(&other).unwrap();
    says(
        likelihood_ratio("arm", &poisson, &other),
        "contrast `arm`: the columns of the smaller model are not contained in those of the larger one",
    );
    let logistic = of(Family::Binomial)
        .fit(&design(binary(&[0.0, 1.0, 1.0, 0.0]), &[]))
        .unwrap();
    says(
        logistic.pearson_test(),
        "a test of the dispersion of the binomial family: of single 0/1 outcomes, whose variance follows from \
         the mean is not supported; it is there for counts and for successes of several trials",
    );
    says(
        logistic.zeros(),
        "a count of zeros of the binomial family is not supported; it is there for counts",
    );
}

#[test]
fn settings_that_do_not_fit_the_model_are_refused() {
    let data = design(counts(&[2.0, 4.0, 6.0, 1.0, 0.0, 2.0]), &[("arm", &ARM)]);
    let fit = of(Family::Poisson).fit(&data).unwrap();
    let (narrow, none) = (array![[1.0]], array![[1.0, 0.0]]);
    let settings = Settings {
        names: ["WT", "EKC"],
        a: narrow.view(),
        b: none.view(),
        offset: None,
        weights: None,
    };
    says(
        fit.standardized(&settings),
        "the model matrix of the setting WT: expected 2 columns and at least one row, found 1 columns and 1 rows",
    );
    let weights = array![0.0];
    let weightless = Settings {
        a: none.view(),
        weights: Some(weights.view()),
        ..settings
    };
    says(
        fit.standardized(&weightless),
        "the sum of the weights of the setting WT is 0, but a number above zero, with no weight below zero was expected",
    );
    let offset = array![0.0, 0.0];
    let longer = Settings {
        a: none.view(),
        offset: Some(offset.view()),
        ..settings
    };
    says(
        fit.standardized(&longer),
        "the offset of the setting WT: expected 1 values, found 2",
    );
    // A column that is a copy of another must be set with it.
    let twice = design(
        counts(&[2.0, 4.0, 6.0, 1.0, 0.0, 2.0]),
        &[("arm", &ARM), ("again", &ARM)],
    );
    let fit = of(Family::Poisson).fit(&twice).unwrap();
    let (a, b) = (array![[1.0, 0.0, 0.0]], array![[1.0, 1.0, 0.0]]);
    let apart = Settings {
        a: a.view(),
        b: b.view(),
        ..settings
    };
    says(
        fit.standardized(&apart),
        "contrast `EKC`: it cannot be estimated, because `again` is contained in the other columns",
    );
}

// --- what was mended in the linear model -------------------------------------------------------------

#[test]
fn a_response_far_from_zero_keeps_its_digits() {
    let x = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
    let noise = [0.25, -0.5, 0.125, 0.0, 0.5, -0.375];
    let fit = |base: f64| {
        let y: Array1<f64> = x
            .iter()
            .zip(noise)
            .map(|(x, e)| base + 2.0 * x + e)
            .collect();
        Lm::default()
            .fit(&design(Response::Continuous(y), &[("x", &x)]))
            .unwrap()
    };
    let (near, far) = (fit(0.0), fit(1e9));
    for (a, b) in near
        .estimates()
        .unwrap()
        .iter()
        .zip(far.estimates().unwrap())
    {
        close(b.std_error.unwrap(), a.std_error.unwrap());
    }
    close(
        far.coefficients().value("x").unwrap(),
        near.coefficients().value("x").unwrap(),
    );
    assert!((far.sigma.unwrap() / near.sigma.unwrap() - 1.0).abs() < 1e-12);
}

#[test]
fn a_fit_without_degrees_of_freedom_has_no_likelihood() {
    let y = Response::Continuous(array![1.0, 3.0]);
    let columns: &[(&str, &[f64])] = &[("x", &[0.0, 1.0])];
    let lm = Lm::default().fit(&design(y.clone(), columns)).unwrap();
    assert_eq!(lm.log_likelihood, None);
    let glm = of(Family::Gaussian).fit(&design(y, columns)).unwrap();
    assert_eq!((glm.log_likelihood, glm.dispersion), (None, None));
}

/// Two clusters in each arm would do; one in each determines the arm's mean.
#[test]
fn clusters_that_determine_a_contrast_leave_no_error() {
    let mut one_each = parts(counts(&[2.0, 4.0, 6.0, 1.0, 0.0, 2.0]), &[("arm", &ARM)]);
    one_each.groups.clusters = vec![Grouping::new(
        "team",
        vec!["a".into(), "b".into()],
        vec![0, 0, 0, 1, 1, 1],
    )];
    let data = Design::new(one_each).unwrap();
    for covariance in [Covariance::Cr0, Covariance::Cr2, Covariance::Cr3] {
        let glm = Glm {
            covariance,
            ..of(Family::Poisson)
        }
        .fit(&data)
        .unwrap();
        let lm = Lm {
            covariance,
            ..Lm::default()
        }
        .fit(&data)
        .unwrap();
        for estimate in [&glm.estimates().unwrap()[1], &lm.estimates().unwrap()[1]] {
            assert_eq!((estimate.std_error, estimate.p_value), (None, None));
            assert!(estimate.cautions.contains(&Caution::NoError));
        }
        assert!(glm.joint_test("both", Array2::eye(2).view()).is_err());
        assert!(lm.joint_test("both", Array2::eye(2).view()).is_err());
    }
}

/// A column that one of three clusters determines: CR0 still has an error for the others.
#[test]
fn cr0_with_a_determined_column() {
    let lone = [0.0, 0.0, 0.0, 0.0, 1.0, 1.0];
    let x = [1.0, 2.0, 1.0, 3.0, 2.0, 4.0];
    let mut three = parts(
        counts(&[2.0, 4.0, 6.0, 1.0, 3.0, 2.0]),
        &[("x", &x), ("lone", &lone)],
    );
    three.groups.clusters = vec![Grouping::new(
        "team",
        vec!["a".into(), "b".into(), "c".into()],
        vec![0, 0, 1, 1, 2, 2],
    )];
    let data = Design::new(three).unwrap();
    let fit = Glm {
        covariance: Covariance::Cr0,
        ..of(Family::Poisson)
    }
    .fit(&data)
    .unwrap();
    let estimates = fit.estimates().unwrap();
    assert!(estimates[1].std_error.unwrap() > 0.0 && estimates[1].p_value.is_some());
}

// --- equalities --------------------------------------------------------------------------------------

/// The design of `data` with another response.
fn with_response(data: &super::data::Data, response: Response) -> Design {
    let mut parts = data.parts();
    parts.response = response;
    Design::new(parts).unwrap()
}

/// Counts and 0/1 made of the numbers of `data`, with both in every cluster likely.
fn as_counts(y: &[f64]) -> Response {
    Response::Count(y.iter().map(|y| y.abs().round()).collect())
}

fn as_binary(y: &[f64]) -> Response {
    Response::Binary(y.iter().map(|y| f64::from(u8::from(*y > 0.0))).collect())
}

/// Estimates, errors, p-values and degrees of freedom; near separation, where rounding moves the last two by
/// a hundredth, only the first.
fn same_estimates(a: &GlmFit, b: &GlmFit) -> Result<(), TestCaseError> {
    let far = |e: &Estimate| e.value.finite().is_some_and(|x| x.abs() > 10.0);
    let near_separation = a.estimates().unwrap().iter().any(far);
    let figures = |fit: &GlmFit| -> Vec<f64> {
        let estimates = fit.estimates().unwrap();
        let rest = |x: Option<f64>| x.filter(|_| !near_separation);
        let each = |e: &Estimate| {
            let (p, df) = (rest(e.p_value), rest(e.reference.df()));
            [e.value.finite(), e.std_error, p, df]
        };
        estimates.iter().flat_map(each).flatten().collect()
    };
    loosely(&figures(a), &figures(b))
}

/// Equal to 2e-6: two ways to a maximum end where neither climbs any more, and a shape near its edge is
/// hardly determined.
fn loosely(a: &[f64], b: &[f64]) -> Result<(), TestCaseError> {
    prop_assert_eq!(a.len(), b.len());
    for (a, b) in a.iter().zip(b) {
        prop_assert!(
            (a - b).abs() <= 2e-6 * a.abs().max(b.abs()).max(1e-3),
            "{} is not {}",
            a,
            b
        );
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn gaussian_with_identity_is_the_linear_model(data in data()) {
        for covariance in all() {
            let lm = data.fit(covariance);
            let glm = Glm { covariance, ..Glm::default() }.fit(&data.design()).unwrap();
            same_numbers(lm.coefficients().values.iter(), glm.coefficients().values.iter())?;
            same_numbers(
                lm.coefficients().covariance.iter().flatten(),
                glm.coefficients().covariance.iter().flatten(),
            )?;
            same_numbers(&[lm.log_likelihood.unwrap()], &[glm.log_likelihood.unwrap()])?;
            let (a, b) = (lm.estimates().unwrap(), glm.estimates().unwrap());
            for (a, b) in a.iter().zip(&b) {
                same_numbers(&[a.reference.df().unwrap()], &[b.reference.df().unwrap()])?;
            }
        }
    }

    #[test]
    fn a_frequency_is_that_many_copies(data in data(), copies in prop::collection::vec(1..4u32, 22)) {
        let n = data.y.len();
        let rows: Vec<usize> = (0..n).flat_map(|i| std::iter::repeat_n(i, copies[i] as usize)).collect();
        let copied = data.take(&rows);
        for (family, response) in [
            (Family::Poisson, as_counts as fn(&[f64]) -> Response),
            (Family::Binomial, as_binary),
            (Family::NegativeBinomial2, as_counts),
            (Family::NegativeBinomial1, as_counts),
        ] {
            for covariance in all() {
                let options = Glm { covariance, ..of(family) };
                let mut weighted = data.parts();
                weighted.response = response(&data.y);
                weighted.weights = Some(Weights {
                    kind: WeightKind::Frequency,
                    values: copies.iter().take(n).map(|&k| f64::from(k)).collect(),
                });
                let weighted = options.fit(&Design::new(weighted).unwrap());
                let long = options.fit(&with_response(&copied, response(&copied.y)));
                if let (Ok(a), Ok(b)) = (&weighted, &long) {
                    same_estimates(a, b)?;
                    loosely(
                        &[a.log_likelihood.unwrap(), a.deviance.unwrap_or(0.0)],
                        &[b.log_likelihood.unwrap(), b.deviance.unwrap_or(0.0)],
                    )?;
                } else {
                    prop_assert_eq!(weighted.is_err(), long.is_err());
                }
            }
        }
    }

    #[test]
    fn the_order_of_the_rows_does_not_matter(data in data()) {
        let n = data.y.len();
        let turned = data.take(&(0..n).rev().collect::<Vec<_>>());
        for family in [Family::Poisson, Family::NegativeBinomial2] {
            let (a, b) = (
                of(family).fit(&with_response(&data, as_counts(&data.y))),
                of(family).fit(&with_response(&turned, as_counts(&turned.y))),
            );
            if let (Ok(a), Ok(b)) = (a, b) {
                same_estimates(&a, &b)?;
            }
        }
    }

    #[test]
    fn failures_have_the_opposite_odds(data in data()) {
        let fit = |response| of(Family::Binomial).fit(&with_response(&data, response));
        let turned: Vec<f64> = data.y.iter().map(|y| if *y > 0.0 { -1.0 } else { 1.0 }).collect();
        if let (Ok(a), Ok(b)) = (fit(as_binary(&data.y)), fit(as_binary(&turned))) {
            let negative: Vec<f64> = b.coefficients().values.iter().map(|b| -b).collect();
            loosely(&a.coefficients().values.to_vec(), &negative)?;
            loosely(&[a.deviance.unwrap()], &[b.deviance.unwrap()])?;
        }
    }

    #[test]
    fn clusters_of_one_row_are_rows(data in data()) {
        let n = data.y.len();
        let mut alone = data.clone();
        alone.cluster = (0..u32::try_from(n).unwrap()).collect();
        for (by_cluster, by_row) in [(Covariance::Cr0, Covariance::Hc0), (Covariance::Cr2, Covariance::Hc2), (Covariance::Cr3, Covariance::Hc3)] {
            let fit = |covariance| Glm { covariance, ..of(Family::Poisson) }.fit(&with_response(&alone, as_counts(&data.y)));
            if let (Ok(a), Ok(b)) = (fit(by_cluster), fit(by_row)) {
                same_numbers(a.coefficients().covariance.iter().flatten(), b.coefficients().covariance.iter().flatten())?;
            }
        }
    }

    #[test]
    fn a_quasi_family_stretches_the_errors_by_the_root_of_its_dispersion(data in data()) {
        let fit = |family| of(family).fit(&with_response(&data, as_counts(&data.y)));
        if let (Ok(a), Ok(b)) = (fit(Family::Poisson), fit(Family::QuasiPoisson)) {
            let root = b.dispersion.unwrap().sqrt();
            for (a, b) in a.estimates().unwrap().iter().zip(b.estimates().unwrap()) {
                loosely(&[a.std_error.unwrap() * root], &[b.std_error.unwrap()])?;
            }
        }
    }

    #[test]
    fn a_standardised_difference_on_the_identity_is_the_coefficient(data in data()) {
        let fit = Glm::default().fit(&data.design()).unwrap();
        let set = |value: f64| {
            let mut x = data.x.clone();
            x.column_mut(1).fill(value);
            x
        };
        let (a, b) = (set(0.0), set(1.0));
        let found = fit.standardized(&Settings { names: ["0", "1"], a: a.view(), b: b.view(), offset: None, weights: None }).unwrap();
        let coefficient = &fit.estimates().unwrap()[1];
        let figures = |e: &Estimate| [e.value.finite().unwrap(), e.std_error.unwrap(), e.p_value.unwrap()];
        same_numbers(&figures(&found.difference), &figures(coefficient))?;
    }
}

// --- nobody should fit these -------------------------------------------------------------------------

fn finite(e: &Estimate) -> Result<(), TestCaseError> {
    let ends = e.interval.iter().flat_map(|i| [i.low, i.high]).flatten();
    let single = [e.value.finite(), e.std_error, e.p_value, e.reference.df()];
    prop_assert!(
        single.into_iter().flatten().chain(ends).all(f64::is_finite),
        "{:?}",
        e
    );
    prop_assert!(
        e.p_value.is_none_or(|p| (0.0..=1.0).contains(&p)),
        "{:?}",
        e
    );
    Ok(())
}

fn finite_test(t: &JointTest) -> Result<(), TestCaseError> {
    let single = [t.statistic, t.p_value, t.reference.df()];
    prop_assert!(single.into_iter().flatten().all(f64::is_finite), "{:?}", t);
    Ok(())
}

fn ask(fit: &GlmFit) -> Result<(), TestCaseError> {
    fit.estimates().iter().flatten().try_for_each(finite)?;
    fit.shape.iter().try_for_each(finite)?;
    for test in [TermTest::LikelihoodRatio, TermTest::Score, TermTest::Wald] {
        fit.term_tests(test)
            .iter()
            .flatten()
            .try_for_each(finite_test)?;
    }
    fit.profile_estimates()
        .iter()
        .flatten()
        .try_for_each(finite)?;
    for form in [OverdispersionForm::Linear, OverdispersionForm::Quadratic] {
        fit.overdispersion(form).iter().try_for_each(finite)?;
    }
    for test in fit.zeros().iter().filter_map(|zeros| zeros.test.as_ref()) {
        finite_test(test)?;
    }
    let rows = fit
        .fitted
        .iter()
        .chain(&fit.linear_predictor)
        .chain(&fit.leverage);
    prop_assert!(rows.copied().all(f64::is_finite));
    for kind in [
        ResidualKind::Response,
        ResidualKind::Pearson,
        ResidualKind::Deviance,
        ResidualKind::Working,
    ] {
        if let Ok(residuals) = fit.residuals(kind) {
            prop_assert!(residuals.iter().all(|x| x.is_finite()), "{:?}", kind);
        }
    }
    let drawn = fit.quantile_residuals(1);
    prop_assert!(drawn.iter().flatten().all(|x| x.is_finite()));
    let distances = fit.cooks_distance();
    prop_assert!(distances.iter().flatten().flatten().all(|x| x.is_finite()));
    let single = [
        fit.dispersion,
        fit.deviance,
        fit.null_deviance,
        fit.log_likelihood,
        fit.aic,
        fit.penalized_log_likelihood,
        Some(fit.residual_df),
        Some(fit.convergence.decrement),
    ];
    prop_assert!(
        single.into_iter().flatten().all(f64::is_finite),
        "{:?}",
        single
    );
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 20, ..ProptestConfig::default() })]

    #[test]
    fn a_poor_design_is_fitted_or_refused(
        n in 1..9usize, p in 1..5usize,
        y in prop::collection::vec(prop::sample::select(vec![0.0, 0.0, 1.0, 1.0, 2.0, 5.0, 1000.0]), 9),
        x in prop::collection::vec(prop::sample::select(vec![0.0, 0.0, 1.0, 1.0, -1.0, 2.0, 1e-9, 1e6]), 45),
        offset in prop::option::of(prop::collection::vec(-3.0..3.0f64, 9)),
        weights in prop::option::of((
            prop::sample::select(vec![WeightKind::Frequency, WeightKind::Precision, WeightKind::Sampling]),
            prop::collection::vec(prop::sample::select(vec![0.0, 1.0, 1.0, 2.0, 5.0]), 9),
        )),
        firth in prop::bool::ANY,
        covariance in prop::sample::select(vec![Covariance::Classical, Covariance::Hc3, Covariance::Cr0, Covariance::Cr2]),
    ) {
        let families = [
            Family::Gaussian, Family::Binomial, Family::QuasiBinomial, Family::BetaBinomial, Family::Poisson,
            Family::QuasiPoisson, Family::NegativeBinomial2, Family::NegativeBinomial1, Family::Gamma,
        ];
        let x = Array2::from_shape_fn((n, p), |(i, j)| if j == 0 { 1.0 } else { x[i * 5 + j] });
        let columns = (0..p).map(|j| format!("x{j}")).collect();
        let mut mean = Part::fixed(x, columns);
        mean.offset = offset.map(|o| o.into_iter().take(n).collect());
        for family in families {
            let response = if family.is_share() {
                let successes = y.iter().take(n).map(|y| f64::min(*y, 3.0));
                Response::Proportion { successes: successes.collect(), trials: Array1::from_elem(n, 3.0) }
            } else if family == Family::Gamma {
                Response::Continuous(y.iter().take(n).map(|y| y + 0.5).collect())
            } else {
                Response::Count(y.iter().take(n).copied().collect())
            };
            let cluster = (0..n).map(|i| u32::from(i % 3 == 0)).collect();
            let design = Design::new(DesignParts {
                response, response_name: "y".into(), mean: mean.clone(), zero: None, dispersion: None,
                groups: Groups { clusters: vec![Grouping::new("g", vec!["a".into(), "b".into()], cluster)], ..Groups::default() },
                time: None,
                weights: weights.clone().map(|(kind, values)| Weights { kind, values: values.into_iter().take(n).collect() }),
                source_rows: (0..n).collect(), omitted: vec![],
            }).unwrap();
            for &link in family.links() {
                let bias_reduction = if firth { BiasReduction::Firth } else { BiasReduction::None };
                match (Glm { family, link: Some(link), covariance, bias_reduction, level: 0.95 }).fit(&design) {
                    Ok(fit) => ask(&fit)?,
                    Err(error) => prop_assert!(!error.to_string().contains("NaN"), "{}", error),
                }
            }
        }
    }
}

#[test]
fn offsets_and_columns_of_any_size() {
    // A column of 1e8 and one of 1e-8: the same fit in other units.
    let y = [2.0, 4.0, 6.0, 1.0, 0.0, 2.0];
    let x = [1.0, 3.0, 2.0, 5.0, 4.0, 6.0];
    let fit = |scale: f64| {
        let column: Vec<f64> = x.iter().map(|x| x * scale).collect();
        of(Family::Poisson)
            .fit(&design(counts(&y), &[("x", &column)]))
            .unwrap()
    };
    let (plain, large, small) = (fit(1.0), fit(1e8), fit(1e-8));
    close(value(&large, "x") * 1e8, value(&plain, "x"));
    close(value(&small, "x") * 1e-8, value(&plain, "x"));
    close(large.fitted[0], plain.fitted[0]);
    let axis = Axis(0);
    assert_eq!(plain.fitted.len_of(axis), 6);
}
