//! Everything a generator can get wrong is an error that says what and where.

use kring_sim::Error;
use kring_sim::figure::Figure;
use kring_sim::generator::*;
use kring_sim::parameter::Parameter;

use crate::generators;

type Change = Box<dyn FnOnce(&mut Generator)>;

/// What planning the generator says after a change.
fn after(generator: Generator, change: impl FnOnce(&mut Generator)) -> String {
    let mut generator = generator;
    change(&mut generator);
    generator.plan().unwrap_err().to_string()
}

#[test]
#[allow(clippy::too_many_lines, reason = "a table of slips")]
fn what_is_wrong_is_named_with_its_place() {
    let scores = generators::scores;
    let cases: Vec<(Change, &str)> = vec![
        (
            Box::new(|g| g.latent.covariance[0][1] = 0.6),
            "the covariance of `need` and `network` is 0.6, but 0.5 as on the other side of the diagonal was expected",
        ),
        (
            Box::new(|g| {
                g.latent.covariance[0][1] = 1.3;
                g.latent.covariance[1][0] = 1.3;
            }),
            "the covariance of the latent vector is not positive definite: given the entries before it, `network` has variance -2.500e-1; lower its covariances or raise its variance",
        ),
        (
            Box::new(|g| g.latent.covariance[1].truncate(1)),
            "the covariance of the latent vector is 2 rows (of 2, 1), but 2 rows of 2 numbers, one for each of its names, was expected",
        ),
        (
            Box::new(|g| g.outcomes[0].random[0].latent = "netwrok".into()),
            "outcome `network` names the latent entry `netwrok`, which there is not; did you mean `network`?",
        ),
        (
            Box::new(|g| g.effects[0].arm = "EKK".into()),
            "the effect of `EKK` on `network` names the arm `EKK`, which there is not; did you mean `EKC`?",
        ),
        (
            Box::new(|g| g.effects[0].after[0].wave = "3".into()),
            "the effect of `EKC` on `network` names the wave `3`, which there is not; there are: before, after",
        ),
        (
            Box::new(|g| g.effects.push(g.effects[0].clone())),
            "the name `EKC on network` of an effect stands twice; choose another",
        ),
        (
            Box::new(|g| g.waves[1].time = 0.0),
            "the time of wave `after` is 0, but more than the 0 of wave `before` was expected",
        ),
        (
            Box::new(|g| g.arms[0].families = 0),
            "the number of families of arm `WT` is 0, but from 1 to 4294967295 was expected",
        ),
        (
            Box::new(|g| g.outcomes[2].distribution = Distribution::Continuous { sd: 1e200 }),
            "the size of the numbers of `score` is 8.0e200, but below 1e150 was expected",
        ),
        (
            Box::new(|g| g.arms.clear()),
            "the number of arms is 0, but at least 1 was expected",
        ),
        (
            Box::new(|g| g.severity.clear()),
            "the severity of arm `EKC` is -0.4, but zero, since `severity` weighs no latent entry, was expected",
        ),
        (
            Box::new(|g| g.outcomes[2].name = "time".into()),
            "the name `time` of a column belongs to every simulated table; choose another",
        ),
        (
            Box::new(|g| g.covariates[0].name = "score".into()),
            "the name `score` of a column stands twice; choose another",
        ),
        (
            Box::new(|g| g.outcomes[2].distribution = Distribution::Continuous { sd: -1.0 }),
            "the SD of outcome `score` is -1, but zero or a number above it was expected",
        ),
        (
            Box::new(|g| {
                g.outcomes[1].distribution = Distribution::Ordinal {
                    thresholds: vec![0.0, 0.0],
                    levels: vec![],
                }
            }),
            "a threshold of outcome `grade` is 0, but more than the 0 before it was expected",
        ),
        (
            Box::new(|g| {
                g.outcomes[1].distribution = Distribution::Ordinal {
                    thresholds: vec![0.0, 1.0],
                    levels: vec!["low".into(), "high".into()],
                }
            }),
            "the number of levels of outcome `grade` is 2, but 3, one more than thresholds, was expected",
        ),
        (
            Box::new(|g| g.outcomes[0].by_wave = vec![1.0]),
            "`by_wave` of outcome `network` is 1 numbers, but nothing, or one number for each of the 2 waves, was expected",
        ),
        (
            Box::new(|g| {
                g.covariates[1].values = CovariateValues::Categorical {
                    levels: vec!["one".into(), "two".into(), "other".into()],
                    shares: vec![0.5, 0.3, 0.3],
                }
            }),
            "the sum of the shares of covariate `kind` is 1.1, but 1 was expected",
        ),
        (
            Box::new(|g| g.covariates[1].effects[0].values.truncate(2)),
            "the effect of covariate `kind` on `grade` is 2 values, but one value a level was expected",
        ),
        (
            Box::new(|g| g.covariates[0].effects[0].on = "scores".into()),
            "the effect of covariate `age` names the outcome or event `scores`, which there is not; did you mean `score`?",
        ),
    ];
    for (change, says) in cases {
        assert_eq!(after(scores(), change), says);
    }
}

#[test]
fn counts_clusters_dropout_and_events_are_checked_too() {
    let cases: Vec<(Generator, Change, &str)> = vec![
        (
            generators::counts(),
            Box::new(|g| {
                g.outcomes[0].distribution = Distribution::Nb2 {
                    theta: 0.0,
                    zeros: 0.0,
                }
            }),
            "θ of outcome `problems` is 0, but a number above zero was expected",
        ),
        (
            generators::counts(),
            Box::new(|g| g.outcomes[2].distribution = Distribution::Poisson { zeros: 1.0 }),
            "the share of zeros of outcome `visits` is 1, but a share from 0 to below 1 was expected",
        ),
        (
            generators::counts(),
            Box::new(|g| g.outcomes[2].intercept = 20.0),
            "the linear predictor of `visits` in arm `WT` at wave `2`, eight standard deviations up, is 23.2, but at most 20.7 (the log of a count of 1e9) was expected",
        ),
        (
            generators::clusters(),
            Box::new(|g| g.clusters[1].within = Some("team".into())),
            "the name `team` of a cluster lies in itself; choose another",
        ),
        (
            generators::clusters(),
            Box::new(|g| g.clusters[2].within = Some("municipality".into())),
            "the name `municipality` of a cluster holds two kinds of smaller units, which would decide twice who belongs to it; choose another",
        ),
        (
            generators::clusters(),
            Box::new(|g| g.clusters[0].within = Some("team".into())),
            "the number of units of cluster `municipality` is 3, but at least the 8 of `team` around them was expected",
        ),
        (
            generators::clusters(),
            Box::new(|g| g.clusters[0].sizes = Sizes::Varying(0.3)),
            "the sizes of cluster `municipality` is given, but nothing, since `team` within it decide, was expected",
        ),
        (
            generators::clusters(),
            Box::new(|g| g.clusters[2].sizes = Sizes::Weights(vec![1.0, 2.0])),
            "the sizes of cluster `coordinator` is 2 weights, but one weight for each of the 4 units was expected",
        ),
        (
            generators::clusters(),
            Box::new(|g| g.clusters[1].intercepts[0].sd = f64::INFINITY),
            "the SD of cluster `team` is inf, but zero or a number above it was expected",
        ),
        (
            generators::dropout(),
            Box::new(|g| g.missing[0].share = 1.0),
            "the share of missing 1 is 1, but a share from 0 to below 1 was expected",
        ),
        (
            generators::dropout(),
            Box::new(|g| g.missing[1].outcomes = vec!["scores".into()]),
            "missing 2 names the outcome `scores`, which there is not; did you mean `score`?",
        ),
        (
            generators::dropout(),
            Box::new(|g| g.events[0].scale = 0.0),
            "the scale of event `placed` is 0, but a number above zero was expected",
        ),
    ];
    for (generator, change, says) in cases {
        assert_eq!(after(generator, change), says);
    }
}

#[test]
fn a_file_with_a_name_that_is_not_known_is_refused() {
    let text = toml::to_string(&generators::counts()).unwrap();
    assert_eq!(
        toml::from_str::<Generator>(&text).unwrap(),
        generators::counts()
    );
    for (name, wrong) in [
        ("theta", "tehta"),
        ("intercept", "intercpt"),
        ("nb2", "nb3"),
        ("families", "familys"),
        ("latent =", "latnt ="),
    ] {
        let broken = text.replacen(name, wrong, 1);
        assert_ne!(broken, text);
        let error = toml::from_str::<Generator>(&broken)
            .unwrap_err()
            .to_string();
        assert!(error.contains(wrong.trim_end_matches(" =")), "{error}");
    }
}

#[test]
fn a_figure_that_there_is_not_says_why() {
    let plan = generators::dropout().plan().unwrap();
    let error = |figure: Figure| figure.truth(&plan).unwrap_err().to_string();
    assert_eq!(
        error(Figure::Share {
            outcome: "score".into(),
            arm: "WT".into(),
            wave: "1".into(),
            value: 0.0
        }),
        "the share with `score` = 0 at wave `1` in `WT` cannot be computed: a continuous outcome has no shares"
    );
    assert_eq!(
        error(Figure::Mean {
            outcome: "problem".into(),
            arm: "WT".into(),
            wave: "1".into()
        }),
        "the request names the outcome `problem`, which there is not; did you mean `problems`?"
    );
    let later = generators::many_waves().plan().unwrap();
    let missing = Figure::Missing {
        outcome: "problems".into(),
        arm: "WT".into(),
        wave: "3".into(),
    };
    assert!(matches!(missing.truth(&later), Err(Error::NoFigure { .. })));
}

#[test]
fn a_parameter_that_there_is_not_is_an_error() {
    let generator = generators::scores();
    for parameter in [
        Parameter::Zeros {
            outcome: "network".into(),
        },
        Parameter::Threshold {
            outcome: "grade".into(),
            place: 4,
        },
        Parameter::Threshold {
            outcome: "grade".into(),
            place: 0,
        },
        Parameter::MissingShare {
            process: 1,
            arm: None,
            wave: None,
        },
        Parameter::LatentSd {
            latent: "needs".into(),
        },
    ] {
        assert!(parameter.get(&generator).is_err(), "{parameter}");
        assert!(parameter.set(&generator, 0.5).is_err(), "{parameter}");
    }
}

/// What a parameter is set to is what it then is, and nothing else has changed.
#[test]
fn every_parameter_is_read_as_it_was_set() {
    for generator in generators::all() {
        for parameter in Parameter::all(&generator) {
            let before = parameter.get(&generator).unwrap();
            let changed = parameter.set(&generator, 0.37).unwrap();
            assert!(
                (parameter.get(&changed).unwrap() - 0.37).abs() < 1e-15,
                "{parameter}"
            );
            let back = parameter.set(&changed, before).unwrap();
            assert!(
                (parameter.get(&back).unwrap() - before).abs() < 1e-15,
                "{parameter}"
            );
            let text = toml::to_string(&parameter).unwrap();
            assert_eq!(toml::from_str::<Parameter>(&text).unwrap(), parameter);
        }
    }
}

#[test]
fn a_cohort_that_no_memory_holds_is_refused() {
    let said = after(generators::scores(), |g| {
        g.arms[0].families = 4_000_000_000;
    });
    assert!(said.contains("at most 200000000"), "{said}");
}
