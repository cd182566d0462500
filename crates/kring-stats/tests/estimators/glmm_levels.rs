//! Mixed models of ordered levels: printed figures of another program, models that are the same in other words,
//! and what is refused.

use kring_core::{Design, DesignParts, Grouping, Groups, Part, RandomTerm, Response};
use kring_core::{RandomStructure, WeightKind, Weights};
use kring_stats::family::{Family, Link};
use kring_stats::glm::Glm;
use kring_stats::glmm::{Glmm, GlmmFit, Integration, Scale, SimulatedResidual, likelihood_ratio};
use kring_stats::ordinal::{Ordinal, OrdinalLink};
use kring_stats::prediction::{NewRows, Whose};
use kring_stats::{Error, Fit};
use ndarray::{Array1, Array2, Axis};

use crate::glmm::{Panel, close, fit};

fn levels() -> Glmm {
    Glmm {
        family: Family::Cumulative,
        integration: Integration::Laplace,
        ..Glmm::default()
    }
}

fn ordinal(names: &[&str], codes: Vec<u32>) -> Response {
    Response::Ordinal {
        levels: names.iter().map(|name| (*name).to_owned()).collect(),
        codes,
    }
}

/// Grades of three by a logistic latent variable.
fn grades(panel: &mut Panel) -> Vec<u32> {
    (0..panel.arm.len())
        .map(|i| {
            let u = panel.noise.uniform();
            let eta = 0.8 * panel.arm[i] + 0.2 * panel.wave[i] + panel.effect[i];
            let latent = eta + (u / (1.0 - u)).ln();
            u32::from(latent > -0.5) + u32::from(latent > 1.2)
        })
        .collect()
}

const THREE: [&str; 3] = ["worse", "same", "better"];

fn value(fit: &impl Fit, column: &str) -> f64 {
    fit.coefficients().value(column).unwrap()
}

/// The bitterness of wine: eight bottles, two of each temperature and contact, by nine judges. Table 1 of
/// Christensen RHB (2016), A tutorial on fitting cumulative link models with the ordinal package, from
/// Randall J (1989), Biometrical Journal 31:781–793, doi 10.1002/bimj.4710310703.
fn wine() -> DesignParts {
    let ratings = [
        [2, 1, 2, 3, 2, 3, 1, 2, 1],
        [3, 2, 3, 2, 3, 2, 1, 2, 2],
        [3, 1, 3, 3, 4, 3, 2, 2, 3],
        [4, 3, 2, 2, 3, 2, 2, 3, 2],
        [4, 2, 5, 3, 3, 2, 2, 3, 3],
        [4, 3, 5, 2, 3, 4, 3, 3, 2],
        [5, 5, 4, 5, 3, 5, 2, 3, 4],
        [5, 4, 4, 3, 3, 4, 3, 4, 4],
    ];
    let n = 72;
    let x = Array2::from_shape_fn((n, 2), |(i, j)| {
        let bottle = i / 9;
        f64::from(u8::from(if j == 0 {
            bottle >= 4
        } else {
            bottle / 2 % 2 == 1
        }))
    });
    let mut mean = Part::fixed(x, ["tempwarm", "contactyes"].map(str::to_owned).to_vec());
    mean.random = vec![RandomTerm {
        grouping: Grouping::new(
            "judge",
            (1..=9).map(|j| j.to_string()).collect(),
            (0..n).map(|i| u32::try_from(i % 9).unwrap()).collect(),
        ),
        z: Array2::ones((n, 1)),
        columns: vec!["(Intercept)".into()],
        structure: RandomStructure::Unstructured,
    }];
    DesignParts {
        response: ordinal(
            &["1", "2", "3", "4", "5"],
            ratings.as_flattened().iter().map(|r| r - 1).collect(),
        ),
        response_name: "rating".into(),
        mean,
        zero: None,
        dispersion: None,
        groups: Groups::default(),
        time: None,
        weights: None,
        source_rows: (0..n).collect(),
        omitted: vec![],
    }
}

/// `ordinal::clmm(rating ~ temp + contact + (1 | judge))`, Laplace: the figures that the tests of the R package
/// parameters expect of it (easystats/parameters, test-model_parameters_ordinal.R).
#[test]
fn wine_as_clmm_fits_it() {
    let found = fit(levels(), wine()).unwrap();
    let thresholds = found.thresholds().unwrap();
    let alpha = [-1.62367, 1.51337, 4.22853, 6.08877];
    for (name, printed) in ["1|2", "2|3", "3|4", "4|5"].into_iter().zip(alpha) {
        assert!((value(thresholds, name) - printed).abs() < 2e-4, "{name}");
    }
    assert!((value(&found, "tempwarm") - 3.06300).abs() < 1e-4);
    assert!((value(&found, "contactyes") - 1.83488).abs() < 1e-4);
    assert!((found.components[0].value - 1.13113).abs() < 1e-4);
    assert!(
        found
            .provenance()
            .method
            .starts_with("cumulative mixed model with logit link")
    );
    let rows = found.probabilities.as_ref().unwrap();
    assert!(
        rows.sum_axis(Axis(1))
            .iter()
            .all(|sum| (sum - 1.0).abs() < 1e-12)
    );
}

/// Two levels are yes or no, with the threshold for the intercept, its sign turned; also with a slope, weights
/// and nodes.
#[test]
fn two_levels_are_yes_or_no() {
    let mut panel = Panel::new(40, 4, 1.0);
    let yes = panel.yes();
    let codes: Vec<u32> = yes.iter().map(|y| u32::from(*y > 0.5)).collect();
    let n = codes.len();
    let slopes = Array2::from_shape_fn((n, 2), |(i, j)| if j == 0 { 1.0 } else { panel.wave[i] });
    let ways = [
        (Link::Logit, Integration::Laplace, false),
        (Link::Probit, Integration::Quadrature { points: 7 }, false),
        (Link::Cloglog, Integration::Laplace, false),
        (Link::Logit, Integration::Laplace, true),
    ];
    for (link, integration, sloped) in ways {
        let of = |family, response| {
            let mut parts = panel.parts(response);
            if sloped {
                parts.mean.random = vec![panel.term(slopes.clone())];
            }
            parts.weights = Some(Weights {
                kind: WeightKind::Precision,
                values: (0..n).map(|i| 1.0 + (i % 2) as f64).collect(),
            });
            let options = Glmm {
                family,
                link: Some(link),
                integration,
                ..Glmm::default()
            };
            fit(options, parts).unwrap()
        };
        let ours = of(Family::Cumulative, ordinal(&["no", "yes"], codes.clone()));
        // P(Y ≤ no) = F(α − η), so that of the links that are not symmetric it is "no" that has F.
        let response = if link == Link::Cloglog {
            yes.mapv(|y| 1.0 - y)
        } else {
            yes.clone()
        };
        let theirs = of(Family::Binomial, Response::Binary(response));
        let sign = if link == Link::Cloglog { -1.0 } else { 1.0 };
        close(
            ours.criteria.log_likelihood,
            theirs.criteria.log_likelihood,
            1e-9,
        );
        close(ours.components[0].value, theirs.components[0].value, 1e-5);
        for column in ["arm", "wave"] {
            close(value(&ours, column), sign * value(&theirs, column), 1e-5);
        }
        let threshold = &ours.thresholds().unwrap().estimates().unwrap()[0];
        let intercept = &theirs.estimates().unwrap()[0];
        close(
            threshold.value.finite().unwrap(),
            -sign * intercept.value.finite().unwrap(),
            1e-5,
        );
        close(
            threshold.std_error.unwrap(),
            intercept.std_error.unwrap(),
            1e-3,
        );
    }
}

/// Families that differ by less than chance: the cumulative link model, with thresholds and errors.
#[test]
fn no_variance_is_the_model_without_effects() {
    let panel = Panel::new(24, 6, 0.0);
    // Every family has the same grades.
    let codes: Vec<u32> = (0..144).map(|i| [0, 2, 1, 1, 2, 0][i % 6]).collect();
    for (link, plain) in [
        (Link::Logit, OrdinalLink::Logit),
        (Link::Probit, OrdinalLink::Probit),
        (Link::Cloglog, OrdinalLink::Cloglog),
    ] {
        let options = Glmm {
            link: Some(link),
            ..levels()
        };
        let mut parts = panel.parts(ordinal(&THREE, codes.clone()));
        let mixed = fit(options, parts.clone()).unwrap();
        assert!(mixed.random[0].singular && mixed.components[0].value == 0.0);
        parts.mean.random.clear();
        let plain = Ordinal {
            link: plain,
            ..Ordinal::default()
        };
        let plain = plain.fit(&Design::new(parts).unwrap()).unwrap();
        let criteria = plain.criteria.as_ref().unwrap();
        close(
            mixed.criteria.log_likelihood,
            criteria.log_likelihood,
            1e-10,
        );
        let all = |own: &[kring_core::Estimate], other: &[kring_core::Estimate]| {
            for (a, b) in own.iter().zip(other) {
                assert_eq!(a.label, b.label);
                assert!((a.value.finite().unwrap() - b.value.finite().unwrap()).abs() < 1e-6);
                close(a.std_error.unwrap(), b.std_error.unwrap(), 1e-4);
            }
        };
        all(&mixed.estimates().unwrap(), &plain.estimates().unwrap());
        let thresholds = mixed.thresholds().unwrap().estimates().unwrap();
        all(&thresholds, &plain.thresholds().unwrap());
    }
}

/// Columns far from zero, in another unit or order, move the thresholds alone.
#[test]
fn thresholds_follow_the_columns() {
    let mut panel = Panel::new(40, 4, 1.0);
    let codes = grades(&mut panel);
    let parts = panel.parts(ordinal(&THREE, codes.clone()));
    let one = fit(levels(), parts.clone()).unwrap();
    let mut moved = parts.clone();
    moved
        .mean
        .x
        .column_mut(2)
        .mapv_inplace(|wave| 2010.0 + wave);
    let two = fit(levels(), moved).unwrap();
    close(
        two.criteria.log_likelihood,
        one.criteria.log_likelihood,
        1e-10,
    );
    let wave = value(&one, "wave");
    for name in ["worse|same", "same|better"] {
        let [a, b] = [&one, &two].map(|fit| value(fit.thresholds().unwrap(), name));
        close(b, a + 2010.0 * wave, 1e-5);
    }
    // Levels turned around turn every sign.
    let reversed = codes.iter().map(|code| 2 - code).collect();
    let turned = fit(
        levels(),
        panel.parts(ordinal(&["better", "same", "worse"], reversed)),
    )
    .unwrap();
    close(
        turned.criteria.log_likelihood,
        one.criteria.log_likelihood,
        1e-9,
    );
    close(value(&turned, "arm"), -value(&one, "arm"), 1e-6);
    let [a, b] = [(&one, "worse|same"), (&turned, "same|worse")]
        .map(|(fit, name)| value(fit.thresholds().unwrap(), name));
    close(a, -b, 1e-6);
    // Quadrature has less bias than Laplace's approximation: a larger variance here.
    let nodes = Glmm {
        integration: Integration::Automatic,
        ..levels()
    };
    let nodes = fit(nodes, parts).unwrap();
    assert_eq!(nodes.nodes, 9);
    let biased = |fit: &GlmmFit| {
        let all = &fit.provenance().cautions;
        all.iter()
            .any(|c| c.sentence().contains("of ordered levels are biased"))
    };
    assert!(biased(&one) && !biased(&nodes));
}

/// Truth is found again; probabilities, predictions, draws and influence fit together.
#[test]
fn recovery_and_what_follows_a_fit() {
    let mut panel = Panel::new(400, 5, 1.0);
    let codes = grades(&mut panel);
    let parts = panel.parts(ordinal(&THREE, codes.clone()));
    let found = fit(
        Glmm {
            family: Family::Cumulative,
            ..Glmm::default()
        },
        parts.clone(),
    )
    .unwrap();
    for (estimate, truth) in found.estimates().unwrap().iter().zip([0.8, 0.2]) {
        let away = estimate.value.finite().unwrap() - truth;
        assert!(
            away.abs() < 3.0 * estimate.std_error.unwrap(),
            "{}",
            estimate.label
        );
    }
    let thresholds = found.thresholds().unwrap().estimates().unwrap();
    for (estimate, truth) in thresholds.iter().zip([-0.5, 1.2]) {
        let away = estimate.value.finite().unwrap() - truth;
        assert!(
            away.abs() < 3.0 * estimate.std_error.unwrap(),
            "{}",
            estimate.label
        );
    }
    assert!((found.components[0].value - 1.0).abs() < 0.15);
    let probabilities = found.probabilities.as_ref().unwrap();
    let rows = NewRows::of(&parts.mean);
    let each = found.predict_levels(&rows, Whose::Families).unwrap();
    assert_eq!(each.len(), 3);
    for (j, one) in each.iter().enumerate() {
        assert_eq!(one.level, THREE[j]);
        for i in [0, 7, 1999] {
            close(one.predictions.values[i], probabilities[[i, j]], 1e-9);
            let band = &one.predictions.interval;
            assert!(0.0 < band.low[i] && band.low[i] < band.high[i] && band.high[i] < 1.0);
        }
    }
    let number = found
        .predict(&rows, Whose::Families, Scale::Response)
        .unwrap();
    for i in [0, 7, 1999] {
        close(number.values[i], found.fitted[i], 1e-9);
        let y = f64::from(codes[i]) + 1.0;
        close(found.fitted[i] + found.residuals[i], y, 1e-12);
    }
    // The typical family: by hand from the coefficients.
    let typical = found.predict_levels(&rows, Whose::Population).unwrap();
    let low = value(found.thresholds().unwrap(), "worse|same");
    let eta = value(&found, "arm") * panel.arm[7] + value(&found, "wave") * panel.wave[7];
    let p = 1.0 / (1.0 + (eta - low).exp());
    close(typical[0].predictions.values[7], p, 1e-10);
    let draws = SimulatedResidual {
        replicates: 60,
        seed: Some(3),
    };
    let draws = found.simulated_residuals(&draws).unwrap();
    assert!(draws.zeros.is_none() && draws.dispersion.test.p_value.unwrap() > 0.02);
    assert!(draws.uniformity.p_value.unwrap() > 0.01);
    let influence = found.influence().unwrap();
    assert_eq!(influence.levels.len(), 400);
    assert!(
        influence
            .cooks_distances
            .iter()
            .all(|d| (0.0..0.5).contains(d))
    );
    // A smaller model: the arm is needed.
    let mut smaller = parts;
    let x = smaller.mean.x.select(Axis(1), &[0, 2]);
    smaller.mean = Part {
        random: smaller.mean.random,
        ..Part::fixed(x, vec!["(Intercept)".into(), "wave".into()])
    };
    let smaller = fit(
        Glmm {
            family: Family::Cumulative,
            ..Glmm::default()
        },
        smaller,
    )
    .unwrap();
    let test = likelihood_ratio("arm", &smaller, &found).unwrap();
    assert!(test.p_value.unwrap() < 1e-3);
}

#[test]
fn what_is_refused() {
    let mut panel = Panel::new(12, 4, 0.8);
    let codes = grades(&mut panel);
    let parts = || panel.parts(ordinal(&THREE, codes.clone()));
    let message = |options: Glmm, parts: DesignParts| fit(options, parts).unwrap_err().to_string();
    let counts = panel.parts(Response::Count(Array1::ones(48)));
    assert!(message(levels(), counts).contains("ordered levels"));
    let four = panel.parts(ordinal(&["a", "b", "c", "d"], codes.clone()));
    assert!(message(levels(), four).contains("without any row (`d`)"));
    let poisson = Glmm {
        family: Family::Poisson,
        ..levels()
    };
    assert!(message(poisson, parts()).contains("of another kind"));
    let log = Glmm {
        link: Some(Link::Log),
        ..levels()
    };
    assert!(message(log, parts()).contains("it may have logit, probit"));
    let mut zeros = parts();
    zeros.zero = Some(Part::fixed(
        Array2::ones((48, 1)),
        vec!["(Intercept)".into()],
    ));
    assert!(message(levels(), zeros).contains("only counts have one"));
    let mut plain = parts();
    plain.mean.random.clear();
    let plain = Design::new(plain).unwrap();
    let glm = Glm {
        family: Family::Cumulative,
        ..Glm::default()
    };
    assert!(
        glm.fit(&plain)
            .unwrap_err()
            .to_string()
            .contains("fit `ordinal`")
    );
    // An arm that is always better: no maximum.
    let apart = (0..48)
        .map(|i| if panel.arm[i] > 0.5 { 2 } else { codes[i] / 2 })
        .collect();
    let two_levels = panel.parts(ordinal(&THREE, apart));
    assert!(fit(levels(), two_levels).is_err());
    let apart: Vec<u32> = (0..48)
        .map(|i| {
            if panel.arm[i] > 0.5 {
                2
            } else {
                u32::from(codes[i] > 0)
            }
        })
        .collect();
    let error = fit(levels(), panel.parts(ordinal(&THREE, apart))).unwrap_err();
    assert!(matches!(error, Error::NoMaximum { .. }), "{error}");
    // Not of another response.
    let yes = panel.yes();
    let binomial = Glmm {
        family: Family::Binomial,
        ..levels()
    };
    let parts = panel.parts(Response::Binary(yes));
    let found = fit(binomial, parts.clone()).unwrap();
    let refused = found.predict_levels(&NewRows::of(&parts.mean), Whose::Population);
    assert!(refused.unwrap_err().to_string().contains("use `predict`"));
}
