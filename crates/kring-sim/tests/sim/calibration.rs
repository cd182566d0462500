//! Printed figures are met, and what cannot be met says so.

use kring_sim::Error;
use kring_sim::calibration::{Calibration, Target, TargetKind};
use kring_sim::figure::Figure;
use kring_sim::generator::Distribution;
use kring_sim::parameter::Parameter;
use kring_sim::truth::Origin;

use crate::generators;

fn rotterdam() -> Calibration {
    toml::from_str(include_str!(
        "../../../../datasets/simulated/rotterdam-2019.toml"
    ))
    .unwrap()
}

#[test]
fn the_companion_of_rotterdam_has_the_printed_figures() {
    let calibration = rotterdam();
    let companion = calibration.companion().unwrap();
    let calibrated = &companion.calibrated;
    for matched in &calibrated.matched {
        let wanted = matched.target.value;
        assert!((matched.achieved - wanted).abs() < 1e-8, "{matched:?}");
        assert!(!matches!(matched.origin, Origin::Simulated { .. }));
    }
    // By hand, of WT at the start: log-normal Poisson with mean 4.7 and SD 3 has
    // exp(v) − 1 = (9 − 4.7) / 4.7².
    let g = &calibrated.generator.latent.covariance;
    let v = ((9.0 - 4.7) / (4.7 * 4.7) + 1.0_f64).ln();
    assert!((g[0][0] + g[1][1] - v).abs() < 1e-8);
    assert!((calibrated.generator.outcomes[0].intercept - (4.7_f64.ln() - v / 2.0)).abs() < 1e-8);
    // Severity moves the mean of η by λ√v, so 6 = 4.7 exp(λ√v).
    let lambda = (6.0_f64 / 4.7).ln() / v.sqrt();
    assert!((calibrated.generator.arms[1].severity - lambda).abs() < 1e-7);
    // Every number of the generator is matched or assumed with a reason: nothing is left free.
    assert_eq!(
        calibrated
            .free
            .iter()
            .map(|p| p.parameter.to_string())
            .collect::<Vec<_>>(),
        ["the share of missing 1"],
        "which both arms override"
    );

    let problems = companion.cohort.wide.numeric("problems_1").unwrap();
    let arm = companion.cohort.wide.factor("arm").unwrap();
    let of = |code: u32, column: &str| -> Vec<f64> {
        let values = companion.cohort.wide.numeric(column).unwrap();
        let rows = (0..115).filter(|&row| arm.code(row) == Some(code));
        rows.filter_map(|row| values.get(row)).collect()
    };
    let mean = |x: Vec<f64>| x.iter().sum::<f64>() / x.len() as f64;
    assert_eq!(problems.present().len(), 115);
    assert_eq!(
        (of(0, "problems_1").len(), of(1, "problems_1").len()),
        (60, 55)
    );
    assert_eq!(
        (of(0, "problems_2").len(), of(1, "problems_2").len()),
        (45, 45)
    );
    assert_eq!(format!("{:.1}", mean(of(0, "problems_1"))), "4.7");
    assert_eq!(format!("{:.0}", mean(of(1, "problems_1"))), "6");
    let column = companion.cohort.long.column("problems").unwrap();
    assert_eq!(column.title(), "Number of problems (simulated)");
    assert_eq!(calibration.study.as_deref(), Some("rotterdam-2019"));
    // The same file gives the same cohort.
    assert_eq!(calibration.companion().unwrap().cohort, companion.cohort);
}

fn target(figure: Figure, value: f64, by: Parameter) -> Target {
    Target {
        figure,
        value,
        by,
        source: None,
        kind: TargetKind::Assumed,
    }
}

fn calibration(generator: kring_sim::generator::Generator, targets: Vec<Target>) -> Calibration {
    Calibration {
        title: "for this test".into(),
        study: None,
        notes: vec![],
        generator,
        targets,
        assumptions: vec![],
        cohort: None,
    }
}

/// Shares, correlations, dropout and events of outcomes of all kinds at once: figures of one generator
/// are met by another that starts from other parameters, and these come back.
#[test]
fn parameters_are_found_again_from_their_figures() {
    let text = |s: &str| s.to_owned();
    let scores = generators::scores();
    let wanted = scores.plan().unwrap();
    let (wt, ekc, before, after) = (text("WT"), text("EKC"), text("before"), text("after"));
    let figures = vec![
        (
            Figure::Share {
                outcome: text("network"),
                arm: wt.clone(),
                wave: before.clone(),
                value: 1.0,
            },
            Parameter::Intercept {
                outcome: text("network"),
            },
            0.5,
        ),
        (
            Figure::Share {
                outcome: text("network"),
                arm: ekc.clone(),
                wave: after.clone(),
                value: 1.0,
            },
            Parameter::EffectAfter {
                arm: ekc.clone(),
                outcome: text("network"),
                wave: after.clone(),
            },
            0.1,
        ),
        (
            Figure::Correlation {
                outcome: text("network"),
                arm: wt.clone(),
                waves: [before.clone(), after.clone()],
            },
            Parameter::LatentSd {
                latent: text("network"),
            },
            0.8,
        ),
        (
            Figure::Association {
                outcomes: [text("network"), text("grade")],
                arm: wt.clone(),
                wave: before.clone(),
            },
            Parameter::LatentCorrelation {
                latent: [text("need"), text("network")],
            },
            0.1,
        ),
        (
            Figure::Sd {
                outcome: text("score"),
                arm: wt.clone(),
                wave: after.clone(),
            },
            Parameter::Dispersion {
                outcome: text("score"),
            },
            2.0,
        ),
        (
            Figure::Mean {
                outcome: text("grade"),
                arm: ekc,
                wave: before,
            },
            Parameter::Severity { arm: text("EKC") },
            0.3,
        ),
    ];
    let mut start = scores.clone();
    let mut targets = Vec::new();
    for (figure, by, elsewhere) in figures {
        start = by.set(&start, elsewhere).unwrap();
        let value = figure.truth(&wanted).unwrap().value;
        targets.push(target(figure, value, by));
    }
    let found = calibration(start, targets).calibrate().unwrap();
    for matched in &found.matched {
        let parameter = matched.target.by.get(&scores).unwrap();
        assert!((matched.parameter - parameter).abs() < 1e-6, "{matched:?}");
        assert!((matched.achieved - matched.target.value).abs() < 1e-9);
    }
    assert!(found.free.len() > 10, "everything else is free");
}

#[test]
fn what_cannot_be_met_says_how_far_it_came() {
    let mut generator = generators::dropout();
    generator.outcomes[0].distribution = Distribution::Poisson { zeros: 0.0 };
    let sd = |value: f64| {
        let figure = Figure::Sd {
            outcome: "problems".into(),
            arm: "WT".into(),
            wave: "1".into(),
        };
        let by = Parameter::LatentSd {
            latent: "level".into(),
        };
        target(figure, value, by)
    };
    // A Poisson mixture varies at least as much as a Poisson variable: √mean = 2.0 at the least.
    let error = calibration(generator.clone(), vec![sd(1.5)])
        .calibrate()
        .unwrap_err();
    assert!(
        matches!(&error, Error::NotReached { state, .. } if state[0].contains("for 1.5")),
        "{error}"
    );
    // One parameter twice, and a parameter that moves nothing.
    let error = calibration(generator.clone(), vec![sd(3.0), sd(3.0)])
        .calibrate()
        .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("one that no other target changes"),
        "{error}"
    );
    let mut other = sd(3.0);
    other.by = Parameter::EventShape {
        event: "placed".into(),
    };
    let error = calibration(generator.clone(), vec![other])
        .calibrate()
        .unwrap_err();
    assert!(
        error.to_string().contains("do not move the targets"),
        "{error}"
    );
    let error = calibration(generator, vec![sd(f64::NAN)])
        .calibrate()
        .unwrap_err();
    assert!(error.to_string().contains("a finite number"), "{error}");
}

#[test]
fn a_cohort_that_no_replicate_is_says_what_is_rare() {
    let mut calibration = rotterdam();
    assert!(matches!(
        Calibration {
            cohort: None,
            ..calibration.clone()
        }
        .companion(),
        Err(Error::Parameter { .. })
    ));
    let cohort = calibration.cohort.as_mut().unwrap();
    cohort.replicates = 50;
    cohort.figures[0].low = 9.0;
    cohort.figures[0].high = 9.1;
    assert_eq!(
        calibration.companion().unwrap_err().to_string(),
        "none of the 50 replicates of seed 2019 has all the figures asked for; the rarest is the mean of `problems` at wave `1` in `WT`, which 0 of them have"
    );
    calibration.cohort.as_mut().unwrap().figures[0].high = 8.0;
    assert!(
        calibration
            .companion()
            .unwrap_err()
            .to_string()
            .contains("from low to high")
    );
}
