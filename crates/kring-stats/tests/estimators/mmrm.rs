//! Mixed models for repeated measures: truths by hand, equalities with other models, every refusal, and
//! data nobody should fit.

use kring_core::{
    Caution, Design, DesignParts, Grouping, Groups, Part, RandomStructure, RandomTerm, Reference,
    Response, Time, WeightKind, Weights,
};
use kring_stats::lm::Lm;
use kring_stats::lmm::Lmm;
use kring_stats::mmrm::{Dof, Errors, Estimation, Mmrm, MmrmFit, Shared, Structure};
use kring_stats::seed::Seed;
use kring_stats::{Error, Fit};
use ndarray::{Array1, Array2, array};
use proptest::prelude::*;

#[track_caller]
fn close(ours: f64, truth: f64, tolerance: f64) {
    assert!(
        (ours - truth).abs() <= tolerance * truth.abs().max(1.0),
        "{ours} is not {truth}"
    );
}

/// One row: family, wave, arm, response.
type Row = (u32, u32, u32, f64);

fn levels(name: &str, n: u32) -> Vec<String> {
    (0..n).map(|i| format!("{name}{i}")).collect()
}

/// Means by arm and wave, each its own.
fn parts(rows: &[Row]) -> DesignParts {
    let most = |of: fn(&Row) -> u32| rows.iter().map(of).max().unwrap_or(0) + 1;
    let (families, waves, arms) = (most(|r| r.0), most(|r| r.1), most(|r| r.2));
    let cells = (waves * arms) as usize;
    let x = Array2::from_shape_fn((rows.len(), cells), |(i, j)| {
        let (_, wave, arm, _) = rows[i];
        f64::from(u8::from((arm * waves + wave) as usize == j))
    });
    let index = |of: fn(&Row) -> u32| rows.iter().map(of).collect::<Vec<u32>>();
    DesignParts {
        response: Response::Continuous(rows.iter().map(|r| r.3).collect()),
        response_name: "problems".into(),
        mean: Part::fixed(x, levels("cell", waves * arms)),
        zero: None,
        dispersion: None,
        groups: Groups {
            subject: Some(Grouping::new(
                "family",
                levels("f", families),
                index(|r| r.0),
            )),
            arm: Some(Grouping::new("arm", levels("arm", arms), index(|r| r.2))),
            ..Groups::default()
        },
        time: Some(Time {
            levels: levels("wave ", waves),
            index: index(|r| r.1),
            value: rows.iter().map(|r| 3.0 * f64::from(r.1)).collect(),
        }),
        weights: None,
        source_rows: (0..rows.len()).collect(),
        omitted: vec![],
    }
}

fn design(rows: &[Row]) -> Design {
    Design::new(parts(rows)).unwrap()
}

/// Families that share a level, with noise, in two arms; a share of the later waves is missing.
fn study(seed: u64, families: u32, waves: u32, missing: f64) -> Vec<Row> {
    let mut noise = Seed::new(seed).stream(0);
    let mut rows = vec![];
    for family in 0..families {
        let level = noise.normal();
        for wave in 0..waves {
            let y = 6.0 - 0.5 * f64::from(wave) * f64::from(1 + family % 2) + level;
            let y = y + (0.6 + 0.2 * f64::from(wave)) * noise.normal();
            if wave == 0 || noise.uniform() >= missing {
                rows.push((family, wave, family % 2, y));
            }
        }
    }
    rows
}

fn of(structure: Structure) -> Mmrm {
    Mmrm {
        structure,
        ..Mmrm::default()
    }
}

#[track_caller]
fn refused(model: Mmrm, parts: DesignParts) -> String {
    let design = Design::new(parts).unwrap();
    model.fit(&design).unwrap_err().to_string()
}

/// Complete data, means by wave: Σ is the sample covariance (over n − 1 under REML, n under ML), a mean has
/// n − 1 degrees of freedom, and so has a difference of two.
#[test]
fn complete_data_have_the_sample_covariance() {
    let y = [[1.0, 2.0], [3.0, 5.0], [4.0, 4.0], [8.0, 9.0]];
    let rows: Vec<Row> = (0..4)
        .flat_map(|f| (0..2).map(move |w| (f, w, 0, y[f as usize][w as usize])))
        .collect();
    // Means 4 and 5; deviations −3 −1 0 4 and −3 0 −1 4: squares 26 and 26, products 9 + 0 + 0 + 16 = 25.
    for (estimation, n) in [(Estimation::Reml, 3.0), (Estimation::Ml, 4.0)] {
        let model = Mmrm {
            estimation,
            ..Mmrm::default()
        };
        let fit = model.fit(&design(&rows)).unwrap();
        let sigma = &fit.covariances[0].covariance;
        close(sigma[[0, 0]], 26.0 / n, 1e-7);
        close(sigma[[1, 1]], 26.0 / n, 1e-7);
        close(sigma[[0, 1]], 25.0 / n, 1e-7);
        let means = fit.estimates().unwrap();
        close(means[0].value.finite().unwrap(), 4.0, 1e-12);
        close(means[0].std_error.unwrap(), (26.0 / n / 4.0).sqrt(), 1e-7);
        if estimation == Estimation::Reml {
            close(means[1].reference.df().unwrap(), 3.0, 1e-5);
            let change = fit.contrast("change", array![-1.0, 1.0].view()).unwrap();
            // Var of the difference: (26 + 26 − 50)/3/4 = 1/6.
            close(change.std_error.unwrap(), (1.0_f64 / 6.0).sqrt(), 1e-6);
            close(change.reference.df().unwrap(), 3.0, 1e-5);
        }
        // Pearson residuals: deviations over √(26/n).
        close(fit.pearson()[0], -3.0 / (26.0 / n).sqrt(), 1e-7);
        let second = -3.0 + 3.0 * 25.0 / 26.0;
        let conditional = (26.0 - 25.0 * 25.0 / 26.0) / n;
        close(
            fit.normalised().unwrap()[1],
            second / conditional.sqrt(),
            1e-6,
        );
    }
}

/// The restricted log-likelihood of two waves by the formula: |2πΣ| n times, n'Σ⁻¹, |X'V⁻¹X|.
#[test]
fn the_likelihood_is_the_written_one() {
    let rows = study(3, 14, 3, 0.3);
    let fit = Mmrm::default().fit(&design(&rows)).unwrap();
    let sigma = fit.covariances[0].covariance.clone();
    close(
        fit.log_likelihood_at(&[sigma.clone()]).unwrap(),
        fit.criteria.log_likelihood,
        1e-10,
    );
    // Any other covariance is less likely.
    for (i, j) in [(0, 0), (1, 0), (2, 1)] {
        let mut other = sigma.clone();
        other[[i, j]] *= 1.05;
        other[[j, i]] = other[[i, j]];
        let there = fit.log_likelihood_at(&[other]).unwrap();
        assert!(there < fit.criteria.log_likelihood);
    }
    assert!(fit.log_likelihood_at(&[Array2::zeros((3, 3))]).is_err());
    assert!(fit.log_likelihood_at(&[Array2::eye(2)]).is_err());
    assert!(fit.log_likelihood_at(&[]).is_err());
}

/// cs with a positive correlation is a random intercept: likelihood, errors, df of both methods.
#[test]
fn compound_symmetry_is_a_random_intercept() {
    let rows = study(7, 24, 4, 0.25);
    let design_of_waves = design(&rows);
    let mut with_random = parts(&rows);
    let family = with_random.groups.subject.clone().unwrap();
    with_random.mean.random = vec![RandomTerm {
        z: Array2::ones((rows.len(), 1)),
        columns: vec!["(Intercept)".into()],
        structure: RandomStructure::Unstructured,
        grouping: family,
    }];
    let with_random = Design::new(with_random).unwrap();
    let ours = of(Structure::CompoundSymmetric)
        .fit(&design_of_waves)
        .unwrap();
    let theirs = Lmm::default().fit(&with_random).unwrap();
    assert!(ours.covariances[0].covariance[[0, 1]] > 0.1);
    close(
        ours.criteria.log_likelihood,
        theirs.criteria.log_likelihood,
        1e-9,
    );
    close(
        ours.covariances[0].covariance[[0, 1]],
        theirs.random[0].covariance[[0, 0]],
        1e-6,
    );
    let contrast = array![0.0, 0.0, 0.0, -1.0, 0.0, 0.0, 0.0, 1.0];
    let one = |fit: &dyn Fit| fit.contrast("last wave", contrast.view()).unwrap();
    let (a, b) = (one(&ours), one(&theirs));
    close(a.value.finite().unwrap(), b.value.finite().unwrap(), 1e-7);
    close(a.std_error.unwrap(), b.std_error.unwrap(), 1e-6);
    close(a.reference.df().unwrap(), b.reference.df().unwrap(), 1e-4);
    let rows_of_test = Array2::from_shape_fn((3, 8), |(i, j)| {
        f64::from(u8::from(j == i + 5)) - f64::from(u8::from(j == i + 1))
    });
    let (a, b) = (
        ours.joint_test("later waves", rows_of_test.view()).unwrap(),
        theirs
            .joint_test("later waves", rows_of_test.view())
            .unwrap(),
    );
    close(a.statistic.unwrap(), b.statistic.unwrap(), 1e-6);
    close(a.reference.df().unwrap(), b.reference.df().unwrap(), 1e-4);
}

/// us on complete data: each wave is a linear model of its own.
#[test]
fn unstructured_on_complete_data_is_a_regression_a_wave() {
    let rows = study(11, 20, 3, 0.0);
    let fit = Mmrm::default().fit(&design(&rows)).unwrap();
    for wave in 0..3 {
        let own: Vec<&Row> = rows.iter().filter(|r| r.1 == wave).collect();
        let x = Array2::from_shape_fn((own.len(), 2), |(i, j)| {
            f64::from(u8::from(own[i].2 as usize == j))
        });
        let mut parts = parts(&rows);
        parts.mean = Part::fixed(x, levels("cell", 2));
        parts.response = Response::Continuous(own.iter().map(|r| r.3).collect());
        parts.groups = Groups::default();
        parts.time = None;
        parts.source_rows = (0..own.len()).collect();
        let plain = Lm::default().fit(&Design::new(parts).unwrap()).unwrap();
        let (ours, theirs) = (fit.estimates().unwrap(), plain.estimates().unwrap());
        for arm in 0..2_usize {
            let a = &ours[arm * 3 + wave as usize];
            let b = &theirs[arm];
            close(a.value.finite().unwrap(), b.value.finite().unwrap(), 1e-10);
            close(a.std_error.unwrap(), b.std_error.unwrap(), 1e-7);
            close(a.reference.df().unwrap(), b.reference.df().unwrap(), 1e-4);
        }
    }
}

/// With means of their own, arms with covariances of their own are two models; likelihoods add up.
#[test]
fn a_covariance_for_each_arm_is_two_models() {
    let rows = study(5, 30, 3, 0.2);
    let both = Mmrm {
        shared: Shared::EachArm,
        ..Mmrm::default()
    };
    let both = both.fit(&design(&rows)).unwrap();
    let mut sum = 0.0;
    for arm in 0..2 {
        let own: Vec<Row> = rows
            .iter()
            .filter(|r| r.2 == arm)
            .map(|r| (r.0, r.1, 0, r.3))
            .collect();
        let fit = Mmrm::default().fit(&design(&own)).unwrap();
        sum += fit.criteria.log_likelihood;
        let (a, b) = (&both.covariances[arm as usize], &fit.covariances[0]);
        for (a, b) in a.covariance.iter().zip(&b.covariance) {
            close(*a, *b, 1e-6);
        }
        let cell = 3 * arm as usize + 1;
        let (a, b) = (both.estimates().unwrap(), fit.estimates().unwrap());
        close(a[cell].std_error.unwrap(), b[1].std_error.unwrap(), 1e-6);
        close(
            a[cell].reference.df().unwrap(),
            b[1].reference.df().unwrap(),
            1e-4,
        );
    }
    close(both.criteria.log_likelihood, sum, 1e-8);
    assert_eq!(both.criteria.parameters, 12);
    assert_eq!(both.covariances[1].arm.as_deref(), Some("arm1"));
}

/// Structures that contain one another, and the two that are one at two waves.
#[test]
fn structures_contain_one_another() {
    let rows = study(17, 40, 4, 0.2);
    let design_of_four = design(&rows);
    let at = |structure| of(structure).fit(&design_of_four).unwrap().criteria;
    let chains = [
        vec![
            Structure::Autoregressive,
            Structure::Toeplitz,
            Structure::ToeplitzByWave,
        ],
        vec![Structure::CompoundSymmetric, Structure::Toeplitz],
        vec![
            Structure::Autoregressive,
            Structure::AutoregressiveByWave,
            Structure::AnteDependentByWave,
            Structure::Unstructured,
        ],
        vec![Structure::AnteDependent, Structure::AnteDependentByWave],
        vec![
            Structure::CompoundSymmetric,
            Structure::CompoundSymmetricByWave,
            Structure::ToeplitzByWave,
            Structure::Unstructured,
        ],
    ];
    for chain in chains {
        for two in chain.windows(2) {
            let (less, more) = (at(two[0]), at(two[1]));
            assert!(less.log_likelihood <= more.log_likelihood + 1e-8, "{two:?}");
            assert!(less.parameters < more.parameters);
        }
    }
    // Waves three months apart, ρ > 0: decay over time is ar1 with ρ³ = ρ₁.
    let (waves, times) = (
        of(Structure::Autoregressive).fit(&design_of_four).unwrap(),
        of(Structure::SpatialExponential)
            .fit(&design_of_four)
            .unwrap(),
    );
    close(
        waves.criteria.log_likelihood,
        times.criteria.log_likelihood,
        1e-9,
    );
    let rho = |fit: &MmrmFit| fit.covariances[0].correlations()[[0, 1]];
    close(rho(&times).powi(3), rho(&waves), 1e-6);
    assert_eq!(times.covariances[0].waves, ["0", "1"]);
    let two: Vec<Row> = rows.into_iter().filter(|r| r.1 < 2).collect();
    let two = design(&two);
    let names = [
        Structure::CompoundSymmetricByWave,
        Structure::AutoregressiveByWave,
        Structure::ToeplitzByWave,
        Structure::AnteDependentByWave,
        Structure::Unstructured,
    ];
    let first = of(names[0]).fit(&two).unwrap();
    for structure in names {
        let fit = of(structure).fit(&two).unwrap();
        close(
            fit.criteria.log_likelihood,
            first.criteria.log_likelihood,
            1e-10,
        );
        close(
            fit.estimates().unwrap()[3].reference.df().unwrap(),
            first.estimates().unwrap()[3].reference.df().unwrap(),
            1e-4,
        );
    }
}

/// The two differ. On complete data with the same columns at each wave Q_kl = P_kΦP_l, so that the linear
/// variant gives the errors of the model; n − 2 degrees of freedom of 16 families in two arms.
#[test]
fn kenward_roger_with_and_without_second_derivatives() {
    let with = |dof, rows: &[Row]| {
        Mmrm {
            dof,
            ..Mmrm::default()
        }
        .fit(&design(rows))
        .unwrap()
    };
    let rows = study(23, 24, 3, 0.3);
    let errors = |dof| -> Vec<f64> {
        let estimates = with(dof, &rows).estimates().unwrap();
        estimates.iter().map(|e| e.std_error.unwrap()).collect()
    };
    let (plain, full, linear) = (
        errors(Dof::Satterthwaite),
        errors(Dof::KenwardRoger),
        errors(Dof::KenwardRogerLinear),
    );
    // What the linear variant adds is never negative, and nothing where no wave is missing.
    for cell in 0..6 {
        assert!(linear[cell] >= plain[cell] * (1.0 - 1e-12));
        assert_eq!(
            linear[cell] > plain[cell] * (1.0 + 1e-6),
            cell % 3 > 0,
            "{plain:?} {linear:?}"
        );
        assert!((full[cell] - linear[cell]).abs() > 1e-6);
    }
    let complete = study(23, 16, 3, 0.0);
    let errors = |dof| with(dof, &complete).estimates().unwrap()[2].clone();
    let (plain, linear) = (errors(Dof::Satterthwaite), errors(Dof::KenwardRogerLinear));
    close(linear.std_error.unwrap(), plain.std_error.unwrap(), 1e-7);
    close(linear.reference.df().unwrap(), 14.0, 1e-4);
}

/// Degrees of freedom by count: 12 families of two waves, 24 rows, four means of which none is an intercept.
#[test]
fn degrees_of_freedom_by_count() {
    let rows = study(29, 12, 2, 0.0);
    let fit = |dof| {
        Mmrm {
            dof,
            ..Mmrm::default()
        }
        .fit(&design(&rows))
        .unwrap()
    };
    let df = |dof| fit(dof).estimates().unwrap()[0].reference;
    assert_eq!(df(Dof::Residual), Reference::StudentT { df: 20.0 });
    // All four vary within families: 24 − 12 − 4.
    assert_eq!(df(Dof::BetweenWithin), Reference::StudentT { df: 8.0 });
    assert_eq!(df(Dof::Normal), Reference::Normal);
    let eye = Array2::eye(4);
    let joint = |dof| fit(dof).joint_test("all", eye.view()).unwrap().reference;
    assert_eq!(joint(Dof::Normal), Reference::ChiSquared { df: 4.0 });
    assert_eq!(joint(Dof::BetweenWithin).df(), Some(8.0));
    let few = fit(Dof::Normal);
    let cautions = &few.provenance().cautions;
    assert!(
        cautions
            .iter()
            .any(|c| matches!(c, Caution::Note(text) if text.contains("12 families")))
    );
}

/// A leverage between nought and one makes CR0 < CR2 < CR3.
#[test]
fn errors_by_family_are_ordered() {
    let rows = study(31, 18, 3, 0.2);
    let error = |errors| {
        let model = Mmrm {
            errors,
            structure: Structure::CompoundSymmetric,
            ..Mmrm::default()
        };
        let fit = model.fit(&design(&rows)).unwrap();
        assert_eq!(fit.provenance().sample.clusters, Some(18));
        let eye = Array2::eye(6);
        let joint = fit
            .joint_test("two", eye.slice(ndarray::s![..2, ..]))
            .unwrap();
        assert!(joint.p_value.unwrap() < 0.05);
        fit.estimates().unwrap()[1].clone()
    };
    let [zero, two, three] = [Errors::Cr0, Errors::Cr2, Errors::Cr3].map(error);
    assert!(zero.std_error < two.std_error && two.std_error < three.std_error);
    assert!(
        zero.cautions
            .contains(&Caution::FewClusters { clusters: 18 })
    );
    assert!(two.reference.df().unwrap() < 18.0);
}

/// A weight of 4 in all rows is Σ four times smaller by the same data; one row of weight zero is no row.
#[test]
fn weights_divide_variances() {
    let rows = study(37, 20, 3, 0.1);
    let plain = Mmrm::default().fit(&design(&rows)).unwrap();
    let mut weighted = parts(&rows);
    weighted.weights = Some(Weights {
        kind: WeightKind::Precision,
        values: Array1::from_elem(rows.len(), 4.0),
    });
    let fit = Mmrm::default()
        .fit(&Design::new(weighted).unwrap())
        .unwrap();
    close(
        fit.covariances[0].covariance[[1, 2]],
        4.0 * plain.covariances[0].covariance[[1, 2]],
        1e-6,
    );
    close(
        fit.criteria.log_likelihood,
        plain.criteria.log_likelihood,
        1e-10,
    );
    close(fit.pearson()[4], plain.pearson()[4], 1e-6);
    let mut without = parts(&rows);
    let mut values = Array1::ones(rows.len());
    values[1] = 0.0;
    without.weights = Some(Weights {
        kind: WeightKind::Precision,
        values,
    });
    let fit = Mmrm::default().fit(&Design::new(without).unwrap()).unwrap();
    let fewer: Vec<Row> = [&rows[..1], &rows[2..]].concat();
    let other = Mmrm::default().fit(&design(&fewer)).unwrap();
    close(
        fit.criteria.log_likelihood,
        other.criteria.log_likelihood,
        1e-10,
    );
    assert_eq!(fit.normalised().unwrap()[1], 0.0);
    assert_eq!(fit.fitted.len(), rows.len());
    let mut sampled = parts(&rows);
    sampled.weights = Some(Weights {
        kind: WeightKind::Sampling,
        values: Array1::ones(rows.len()),
    });
    assert!(refused(Mmrm::default(), sampled).contains("precision weights"));
    let mut nothing = parts(&rows);
    nothing.weights = Some(Weights {
        kind: WeightKind::Precision,
        values: Array1::zeros(rows.len()),
    });
    assert!(refused(Mmrm::default(), nothing).contains("weight is not zero"));
}

/// A response in another unit, numbers far from one, an offset.
#[test]
fn other_units_and_an_offset() {
    let rows = study(41, 20, 3, 0.2);
    let plain = Mmrm::default().fit(&design(&rows)).unwrap();
    for unit in [1e-9, 1e9] {
        let other: Vec<Row> = rows.iter().map(|r| (r.0, r.1, r.2, unit * r.3)).collect();
        let fit = Mmrm::default().fit(&design(&other)).unwrap();
        let (a, b) = (fit.estimates().unwrap(), plain.estimates().unwrap());
        close(
            a[2].value.finite().unwrap() / unit,
            b[2].value.finite().unwrap(),
            1e-7,
        );
        close(
            a[2].reference.df().unwrap(),
            b[2].reference.df().unwrap(),
            1e-5,
        );
    }
    let mut shifted = parts(&rows);
    shifted.mean.offset = Some(rows.iter().map(|r| f64::from(r.1)).collect());
    let fit = Mmrm::default().fit(&Design::new(shifted).unwrap()).unwrap();
    let (a, b) = (fit.estimates().unwrap(), plain.estimates().unwrap());
    close(
        a[2].value.finite().unwrap(),
        b[2].value.finite().unwrap() - 2.0,
        1e-7,
    );
    close(fit.residuals[3], plain.residuals[3], 1e-6);
    let huge: Vec<Row> = rows.iter().map(|r| (r.0, r.1, r.2, 1e200 * r.3)).collect();
    let message = refused(Mmrm::default(), parts(&huge));
    assert!(message.contains("overflows"), "{message}");
}

#[test]
fn what_the_design_lacks() {
    let rows = study(1, 12, 2, 0.0);
    let mut without = parts(&rows);
    without.time = None;
    assert!(refused(Mmrm::default(), without).contains("needs a wave"));
    let mut without = parts(&rows);
    without.groups.subject = None;
    assert!(refused(Mmrm::default(), without).contains("needs a family"));
    let mut clustered = parts(&rows);
    clustered.groups.clusters = clustered.groups.subject.take().into_iter().collect();
    assert!(
        Mmrm::default()
            .fit(&Design::new(clustered).unwrap())
            .is_ok()
    );
    let mut without = parts(&rows);
    without.groups.arm = None;
    let by_arm = Mmrm {
        shared: Shared::EachArm,
        ..Mmrm::default()
    };
    assert!(refused(by_arm, without).contains("needs an arm"));
    let mut crossing = rows.clone();
    crossing[1].2 = 1 - crossing[1].2;
    let message = refused(by_arm, parts(&crossing));
    assert!(
        message.contains("`family` f0") && message.contains("`arm0` and `arm1`"),
        "{message}"
    );
    let mut levels = parts(&rows);
    levels.response = Response::Ordinal {
        levels: vec!["low".into(), "high".into()],
        codes: vec![0; rows.len()],
    };
    assert!(refused(Mmrm::default(), levels).contains("one number a row"));
}

#[test]
fn options_that_do_not_go_together() {
    let rows = study(1, 12, 2, 0.0);
    for dof in [Dof::KenwardRoger, Dof::KenwardRogerLinear] {
        let ml = Mmrm {
            dof,
            estimation: Estimation::Ml,
            ..Mmrm::default()
        };
        assert!(refused(ml, parts(&rows)).contains("maximum likelihood"));
        let robust = Mmrm {
            dof,
            errors: Errors::Cr2,
            ..Mmrm::default()
        };
        assert!(refused(robust, parts(&rows)).contains("CR2 errors by family"));
    }
    let level = Mmrm {
        level: 1.5,
        ..Mmrm::default()
    };
    assert!(level.fit(&design(&rows)).is_err());
    assert!(serde_json::from_str::<Mmrm>(r#"{ "structure": "un" }"#).is_err());
    assert!(serde_json::from_str::<Mmrm>(r#"{ "struktur": "us" }"#).is_err());
    let read: Mmrm = serde_json::from_str(
        r#"{ "structure": "ar1h", "shared": "each_arm", "dof": "kenward_roger_linear", "errors": "cr3" }"#,
    )
    .unwrap();
    assert_eq!(read.structure, Structure::AutoregressiveByWave);
}

#[test]
fn waves_that_say_too_little() {
    let rows = study(1, 12, 3, 0.0);
    let mut twice = rows.clone();
    twice[2].1 = 1;
    let message = refused(Mmrm::default(), parts(&twice));
    assert_eq!(
        message,
        "`family` f0: expected one row a wave, found rows 2 and 3 both at `wave 1`; keep one of them, or say \
         which waves they are"
    );
    let message = refused(of(Structure::SpatialExponential), parts(&twice));
    assert!(message.contains("both at time 3"), "{message}");
    let lonely: Vec<Row> = rows
        .iter()
        .copied()
        .filter(|r| r.1 < 2 || r.0 == 4)
        .collect();
    let message = refused(Mmrm::default(), parts(&lonely));
    assert!(
        message.contains("`wave 2` (only `f4` is there") && message.contains("there is 1"),
        "{message}"
    );
    // One variance for all waves needs no second family there, but the cell that it fits exactly drops out.
    let fit = of(Structure::CompoundSymmetric)
        .fit(&design(&lonely))
        .unwrap();
    assert_eq!(fit.provenance().sample.rows, 25);
    let apart: Vec<Row> = rows
        .iter()
        .copied()
        .filter(|r| r.1 == 0 || (r.1 == 1) == (r.0 < 6))
        .collect();
    let message = refused(Mmrm::default(), parts(&apart));
    assert!(
        message.contains("seen at both `wave 1` and `wave 2`"),
        "{message}"
    );
}

#[test]
fn ante_dependence_may_step_over_a_wave() {
    let rows = study(2, 30, 3, 0.0);
    // Waves 1 and 2 are never together, but 0 and 2 are: ρ₁ and ρ₁ρ₂ tell ρ₂.
    let apart: Vec<Row> = rows
        .iter()
        .copied()
        .filter(|r| r.1 == 0 || (r.1 == 1) == (r.0 < 15))
        .collect();
    assert!(of(Structure::AnteDependent).fit(&design(&apart)).is_ok());
    // No family at two waves: nothing tells a correlation.
    let alone: Vec<Row> = rows.iter().copied().filter(|r| r.0 % 3 == r.1).collect();
    for structure in [Structure::CompoundSymmetric, Structure::Toeplitz] {
        let message = refused(of(structure), parts(&alone));
        assert!(message.contains("no two waves of a family"), "{message}");
    }
    let one: Vec<Row> = rows.iter().copied().filter(|r| r.1 == 0).collect();
    let message = refused(of(Structure::CompoundSymmetric), parts(&one));
    assert!(message.contains("at least 2 waves"), "{message}");
}

#[test]
fn too_few_families_and_singular_covariances() {
    let message = refused(Mmrm::default(), parts(&study(1, 9, 4, 0.0)));
    assert!(
        message.contains("needs at least 10 families") && message.contains("there are 9"),
        "{message}"
    );
    // A wave that repeats another one: correlation one.
    let mut rows = study(1, 12, 2, 0.0);
    let copies: Vec<Row> = rows
        .iter()
        .filter(|r| r.1 == 0)
        .map(|r| (r.0, 2, r.2, r.3))
        .collect();
    rows.extend(copies);
    let error = Mmrm::default().fit(&design(&rows)).unwrap_err();
    assert!(
        matches!(&error, Error::NotConverged { coefficients, .. } if !coefficients.is_empty()),
        "{error}"
    );
    assert!(error.to_string().contains("singular"), "{error}");
    // A wave at which nothing varies.
    let mut rows = study(1, 12, 3, 0.0);
    rows.iter_mut().filter(|r| r.1 == 1).for_each(|r| r.3 = 5.0);
    let message = refused(Mmrm::default(), parts(&rows));
    assert!(
        message.contains("`wave 1`") && message.contains("constant"),
        "{message}"
    );
    rows.iter_mut().for_each(|r| r.3 = 5.0);
    let message = refused(of(Structure::CompoundSymmetric), parts(&rows));
    assert!(message.contains("is constant"), "{message}");
    let few: Vec<Row> = study(1, 2, 3, 0.0);
    assert!(refused(of(Structure::CompoundSymmetric), parts(&few)).contains("rows"));
}

/// Columns that others contain are left out as in R, and said.
#[test]
fn contained_columns_are_left_out() {
    let rows = study(43, 20, 2, 0.0);
    let plain = Mmrm::default().fit(&design(&rows)).unwrap();
    let mut more = parts(&rows);
    let mut x = Array2::zeros((rows.len(), 5));
    x.slice_mut(ndarray::s![.., ..4]).assign(&more.mean.x);
    x.column_mut(4).fill(1.0);
    more.mean = Part::fixed(x, levels("cell", 5));
    let fit = Mmrm::default().fit(&Design::new(more).unwrap()).unwrap();
    assert_eq!(fit.coefficients().aliased(), ["cell4"]);
    close(
        fit.criteria.log_likelihood,
        plain.criteria.log_likelihood,
        1e-9,
    );
    assert!(
        fit.contrast("cell4", array![0.0, 0.0, 0.0, 0.0, 1.0].view())
            .is_err()
    );
}

/// Every structure on data with holes: converged, certified, finite.
#[test]
fn every_structure_is_found_and_certified() {
    let rows = study(47, 45, 4, 0.3);
    for structure in [
        Structure::Unstructured,
        Structure::CompoundSymmetric,
        Structure::CompoundSymmetricByWave,
        Structure::Autoregressive,
        Structure::AutoregressiveByWave,
        Structure::Toeplitz,
        Structure::ToeplitzByWave,
        Structure::AnteDependent,
        Structure::AnteDependentByWave,
        Structure::SpatialExponential,
    ] {
        for dof in [
            Dof::Satterthwaite,
            Dof::KenwardRoger,
            Dof::KenwardRogerLinear,
        ] {
            let model = Mmrm {
                dof,
                ..of(structure)
            };
            let fit = model.fit(&design(&rows)).unwrap();
            let certificate = &fit.certificate;
            assert!(
                certificate.distance < 1e-5 && certificate.iterations < 30,
                "{structure:?} {certificate:?}"
            );
            assert!(certificate.sentence().contains("Converged"));
            for estimate in fit.estimates().unwrap() {
                assert!(estimate.std_error.unwrap() > 0.0);
                let df = estimate.reference.df().unwrap();
                assert!((5.0..400.0).contains(&df), "{structure:?} {dof:?} {df}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// The order of rows and the names of families do not matter.
    #[test]
    fn order_and_names_do_not_matter(seed in 0_u64..500, structure in 0_usize..4) {
        let structure = [
            Structure::Unstructured,
            Structure::ToeplitzByWave,
            Structure::CompoundSymmetric,
            Structure::SpatialExponential,
        ][structure];
        let rows = study(seed, 22, 3, 0.25);
        let Ok(plain) = of(structure).fit(&design(&rows)) else { return Ok(()) };
        let mut other: Vec<Row> = rows.iter().map(|r| (21 - r.0, r.1, r.2, r.3)).collect();
        let mut noise = Seed::new(seed).stream(9);
        for i in (1..other.len()).rev() {
            let most = u32::try_from(i + 1).unwrap();
            other.swap(i, noise.below(most) as usize);
        }
        let fit = of(structure).fit(&design(&other)).unwrap();
        let ll = plain.criteria.log_likelihood;
        prop_assert!((fit.criteria.log_likelihood - ll).abs() < 1e-8 * ll.abs());
        for (a, b) in fit.estimates().unwrap().iter().zip(plain.estimates().unwrap()) {
            let (a_se, b_se) = (a.std_error.unwrap(), b.std_error.unwrap());
            prop_assert!((a_se / b_se - 1.0).abs() < 1e-6);
            let (a_df, b_df) = (a.reference.df().unwrap(), b.reference.df().unwrap());
            prop_assert!((a_df / b_df - 1.0).abs() < 1e-4);
        }
    }

    /// Few families have rows of their own, many are summed by pair: a copy of every family under another
    /// name changes the way and leaves Σ by ML and β where they were.
    #[test]
    fn copies_of_families_leave_the_fit(seed in 0_u64..500) {
        let rows = study(seed, 16, 3, 0.25);
        let model = Mmrm { estimation: Estimation::Ml, ..Mmrm::default() };
        let Ok(plain) = model.fit(&design(&rows)) else { return Ok(()) };
        let copies: Vec<Row> = (0..60)
            .flat_map(|k| rows.iter().map(move |r| (r.0 + 16 * k, r.1, r.2, r.3)))
            .collect();
        let fit = model.fit(&design(&copies)).unwrap();
        let ll = plain.criteria.log_likelihood;
        prop_assert!((fit.criteria.log_likelihood / 60.0 - ll).abs() < 1e-8 * ll.abs());
        for (a, b) in fit.covariances[0].covariance.iter().zip(&plain.covariances[0].covariance) {
            prop_assert!((a - b).abs() < 1e-5 * (1.0 + b.abs()));
        }
        let root = 60.0_f64.sqrt();
        for (a, b) in fit.estimates().unwrap().iter().zip(plain.estimates().unwrap()) {
            prop_assert!((a.std_error.unwrap() * root / b.std_error.unwrap() - 1.0).abs() < 1e-5);
        }
    }
}
