//! Truth is recovered, and what is not true is caught.

use kring_core::seed::Seed;
use kring_sim::generator::Generator;
use kring_sim::parameter::Parameter;
use kring_sim::recovery::{Recovered, Recovery};
use kring_sim::truth::{Origin, Truth, TruthOptions};

use crate::generators;

fn truth(generator: &Generator) -> Truth {
    let options = TruthOptions {
        families: 400_000,
        seed: 77,
    };
    generator.plan().unwrap().truth_with(&options).unwrap()
}

fn beyond(recovery: &Recovery) -> Vec<&Recovered> {
    let rows = recovery.rows.iter();
    rows.filter(|row| row.distance() > 3.0).collect()
}

/// Means, SDs, shares, correlations, dropout and events of every generator within three Monte Carlo
/// standard errors. Of some 300 figures one may lie beyond three by chance; it is drawn again, four
/// times as often and from another seed, and must then lie within. The errors are honest: the squared
/// distances average about one.
#[test]
fn the_truth_of_every_generator_is_recovered() {
    for generator in generators::all() {
        let (plan, truth) = (generator.plan().unwrap(), truth(&generator));
        let recovery = plan.recovery(&truth, &Seed::new(1), 2000).unwrap();
        let n = recovery.rows.len() as f64;
        let squares = recovery.rows.iter().map(|row| row.distance().powi(2));
        let average = squares.sum::<f64>() / n;
        assert!(
            (0.5..1.6).contains(&average),
            "{}: {average}",
            generator.title
        );
        let doubtful = beyond(&recovery);
        assert!(doubtful.len() <= 2, "{}: {doubtful:#?}", generator.title);
        if !doubtful.is_empty() {
            let again = plan.recovery(&truth, &Seed::new(2), 8000).unwrap();
            let twice: Vec<_> = beyond(&again)
                .into_iter()
                .filter(|row| doubtful.iter().any(|before| before.figure == row.figure))
                .collect();
            assert!(twice.is_empty(), "{}: {twice:#?}", generator.title);
        }
    }
}

/// Every parameter of every generator, changed a little: draws of the true generator contradict what
/// the changed one claims.
#[test]
fn a_wrong_parameter_is_caught() {
    let mut tried = 0;
    for generator in generators::all() {
        let plan = generator.plan().unwrap();
        for parameter in Parameter::all(&generator) {
            let value = parameter.get(&generator).unwrap();
            let wrong = match &parameter {
                Parameter::Dispersion { .. }
                | Parameter::EventShape { .. }
                | Parameter::LatentSd { .. }
                | Parameter::CovariateSd { .. }
                | Parameter::ClusterSd { .. } => value * 1.6,
                Parameter::MissingShare { .. } | Parameter::Zeros { .. } => value + 0.06,
                Parameter::EventScale { .. } => value * 1.3,
                Parameter::LatentCorrelation { .. } => value + 0.4,
                _ => value + 0.25,
            };
            let wrong = parameter.set(&generator, wrong).unwrap();
            let Ok(doubted) = wrong.plan() else {
                panic!("{parameter} of {}: {:?}", generator.title, wrong.plan());
            };
            let options = TruthOptions {
                families: 40_000,
                seed: 77,
            };
            let claimed = doubted.truth_with(&options).unwrap();
            let recovery = plan.recovery(&claimed, &Seed::new(1), 600).unwrap();
            let worst = recovery.worst().unwrap();
            assert!(
                worst.distance() > 4.5,
                "{parameter} of {}: {worst:?}",
                generator.title
            );
            tried += 1;
        }
    }
    assert!(tried > 60, "{tried}");
}

/// By hand: in the reference arm the counts are log-normal Poisson mixtures; dropout at random over
/// four waves is a product.
#[test]
fn truth_by_hand() {
    let arms = truth(&generators::counts()).arms;
    let first = &arms[0].margins[0];
    // η = 1.5 at the first wave, variance 0.16 + 0.04; NB2 with θ = 3.
    let mean = 1.6_f64.exp();
    let square = mean + (1.0 + 1.0 / 3.0) * (3.0_f64 + 0.4).exp();
    assert!((first.mean / mean - 1.0).abs() < 1e-14);
    assert!((first.sd / (square - mean * mean).sqrt() - 1.0).abs() < 1e-14);
    assert_eq!(first.origin, Origin::Closed);
    // Severity of EKC: s = level + 2 crisis has variance 0.16 + 0.16, so level lies 0.6 · 0.16/√0.32
    // higher and crisis 0.6 · 0.08/√0.32.
    let sd = 0.32_f64.sqrt();
    let ekc = &arms[1].margins[0];
    let shift = 0.6 * (0.16 + 0.08) / sd;
    assert!((ekc.mean / (mean * shift.exp()) - 1.0).abs() < 1e-14);
    assert_eq!(ekc.mean_without, ekc.mean);
    // At the second wave the crisis has passed and EKC has done something: exp(−0.15 − 0.2).
    let after = &arms[1].margins[1];
    assert!((after.mean / after.mean_without / (-0.35_f64).exp() - 1.0).abs() < 1e-14);

    let arms = truth(&generators::many_waves()).arms;
    let missing = |arm: usize, wave: &str, outcome: &str| {
        let of = |m: &&kring_sim::truth::MissingTruth| m.outcome == outcome && m.wave == wave;
        arms[arm].missing.iter().find(of).unwrap().clone()
    };
    let fourth = missing(0, "4", "network");
    assert_eq!(fourth.origin, Origin::Closed);
    assert!((fourth.share - (1.0 - 0.9 * 0.7 * 0.9 * 0.85)).abs() < 1e-15);
    assert!((missing(1, "4", "network").share - (1.0 - 0.9 * 0.7 * 0.85)).abs() < 1e-15);
    assert_eq!(missing(0, "2", "problems").origin, Origin::Quadrature);
    assert!(matches!(
        missing(0, "3", "problems").origin,
        Origin::Simulated { families: 400_000, mcse } if mcse > 0.0 && mcse < 1e-3
    ));
}

/// By hand: the intraclass correlation of a normal outcome is a ratio of variances, and whoever shares
/// the team shares the municipality.
#[test]
fn correlations_within_units_by_hand() {
    let arms = truth(&generators::clusters()).arms;
    let icc = |cluster: &str, outcome: &str| {
        let mut of = arms[0].clusters.iter();
        of.find(|c| c.cluster == cluster && c.outcome == outcome)
            .unwrap()
            .icc
    };
    let total = 0.2 + 0.49 + 0.25 + 1.0;
    assert!((icc("team", "score") - 0.49 / total).abs() < 1e-14);
    assert!((icc("coordinator", "score") - 0.25 / total).abs() < 1e-14);
    assert!(icc("municipality", "score").abs() < 1e-14);
    // Counts: E = exp(m + v/2), covariance E²(exp(c) − 1), v = 0.2 + 0.04 + 0.09.
    let mean = (1.2_f64 + 0.165).exp();
    let variance = mean + mean * mean * (0.33_f64.exp() - 1.0);
    let by_hand = |c: f64| mean * mean * (c.exp() - 1.0) / variance;
    assert!((icc("municipality", "problems") - by_hand(0.04)).abs() < 1e-13);
    assert!((icc("team", "problems") - by_hand(0.13)).abs() < 1e-13);
}
