//! The search for a size or an effect: many seeds against the closed form, and what ends it early.

use kring::method::Method;
use kring::performance::{Experiment, ExperimentOptions};
use kring::power::{
    Asked, Done, PowerStudy, SearchOptions, Setting, Sought, Stop, Unwatched, Watch, closed,
    closed_named,
};
use kring::simulate::Simulator;
use serde_json::{Value, json};

fn scores(families: usize, arms: &[&str], effect: f64) -> Simulator {
    let arms: Vec<String> = arms
        .iter()
        .map(|arm| format!("{{ name = \"{arm}\", families = {families} }}"))
        .collect();
    format!(
        r#"
        title = "Scores"
        wave = [{{ name = "1", time = 0 }}]
        arm = [{}]
        [[outcome]]
        name = "score"
        distribution = {{ kind = "continuous", sd = 1.0 }}
        [[effect]]
        arm = "EKC"
        outcome = "score"
        level = {effect:?}
        "#,
        arms.join(", ")
    )
    .parse()
    .unwrap()
}

fn student() -> Method {
    let fields = json!({"outcome": "score_1", "by": "arm", "options": {"variance": "equal"}});
    Method::of_kind("mean_difference", &fields).unwrap()
}

fn study(simulator: &Simulator, seed: u64) -> PowerStudy {
    let options = ExperimentOptions {
        seed,
        ..ExperimentOptions::default()
    };
    PowerStudy::new(simulator, &student(), &options, 0.05, None).unwrap()
}

/// Few replicates and many seeds: the mean answer is that of the closed form, and 95 of a hundred
/// intervals hold it.
#[test]
fn over_many_seeds_the_answer_is_unbiased_and_its_interval_covers() {
    let simulator = scores(30, &["WT", "EKC"], 0.5);
    let seeds = 60_u32;
    for (power, replicates) in [(0.5, 600), (0.8, 600), (0.95, 1500)] {
        let fields = json!({"effect": 0.5, "power": power, "variance": "equal"});
        let exact = closed("two_means", &fields).unwrap().exact_n.unwrap();
        let search = SearchOptions {
            power,
            replicates,
            precision: 0.0,
            ..SearchOptions::default()
        };
        let mut covers = 0_u32;
        let mut answers = Vec::new();
        for seed in 0..seeds {
            let found = study(&simulator, seed.into())
                .solve(Setting::default(), &search, &mut Unwatched)
                .unwrap();
            let [low, high] = found.interval.unwrap();
            covers += u32::from(low <= exact && exact <= high);
            // Rounded up, and so half a family more than the root.
            answers.push(found.value.unwrap() - 0.5);
        }
        let n = f64::from(seeds);
        let mean = answers.iter().sum::<f64>() / n;
        let variance = answers.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (n - 1.0);
        let mcse = (variance / n).sqrt();
        assert!(
            (mean - exact).abs() < 3.0 * mcse + 0.5,
            "power {power}: {mean} ± {mcse}, exact {exact}"
        );
        // 57 of 60 on average; 3 standard errors below are 52.
        assert!(covers >= 52, "power {power}: {covers} of {seeds}");
    }
}

/// Stops after so many looks.
struct Impatient(u32);

impl Watch for Impatient {
    fn progress(&mut self, _done: u64, _of: u64) {}

    fn stop(&mut self) -> Stop {
        self.0 = self.0.saturating_sub(1);
        if self.0 == 0 { Stop::Now } else { Stop::No }
    }
}

#[test]
fn a_search_that_ends_early_keeps_its_points() {
    let simulator = scores(4, &["WT", "EKC"], 0.3);
    let search = SearchOptions {
        power: 0.9,
        replicates: 5000,
        ..SearchOptions::default()
    };
    // The second look, at the latest, is at the first place, far from the n of 234.
    let found = study(&simulator, 1)
        .solve(Setting::default(), &search, &mut Impatient(3))
        .unwrap();
    assert_eq!((found.value, found.done), (None, Done::Interrupted));
    assert!(found.n.is_empty() && found.interval.is_none());
    assert!(!found.points.is_empty());
    assert_eq!(found.content().len(), 2);
    let few = SearchOptions {
        replicates: 20,
        ..search
    };
    let found = study(&simulator, 1)
        .solve(Setting::default(), &few, &mut Unwatched)
        .unwrap();
    assert_eq!((found.value, found.done), (None, Done::Whole));
    assert_eq!(found.replicates, 20);
}

#[test]
fn what_no_size_can_reach_is_refused() {
    let simulator = scores(30, &["WT", "EKC"], 0.5);
    let search = SearchOptions::default();
    let at = Setting {
        n: None,
        effect: Some(0.0),
    };
    let error = study(&simulator, 1).solve(at, &search, &mut Unwatched);
    assert!(error.unwrap_err().to_string().contains("it is zero"));
    // A power that does not grow: nothing acts on this outcome.
    let clusters: Simulator = r#"
        title = "Teams"
        wave = [{ name = "1", time = 0 }]
        arm = [{ name = "WT", families = 30 }, { name = "EKC", families = 30 }]
        [[cluster]]
        name = "team"
        units = 3
        arms = "own"
        intercepts = [{ outcome = "score", sd = 1.0 }]
        [[outcome]]
        name = "score"
        distribution = { kind = "continuous", sd = 1.0 }
        [[outcome]]
        name = "calm"
        distribution = { kind = "continuous", sd = 1.0 }
        [[effect]]
        arm = "EKC"
        outcome = "score"
        level = 0.05
    "#
    .parse()
    .unwrap();
    let fields = [("outcome", "calm_1"), ("by", "arm")];
    let method = Method::named("mean_difference", &fields).unwrap();
    let options = ExperimentOptions {
        seed: 1,
        ..ExperimentOptions::default()
    };
    let study = PowerStudy::new(&clusters, &method, &options, 0.05, None).unwrap();
    let error = study
        .solve(Setting::default(), &search, &mut Unwatched)
        .unwrap_err()
        .to_string();
    assert!(error.contains("units of the clusters"), "{error}");
}

/// The effect size has no p-value; its test has.
#[test]
fn a_rank_test_has_power() {
    let simulator = scores(40, &["A", "EKC", "C"], 0.8);
    let fields = [("outcome", "score_1"), ("by", "arm")];
    let method = Method::named("kruskal_wallis", &fields).unwrap();
    let options = ExperimentOptions::default();
    let study = PowerStudy::new(&simulator, &method, &options, 0.05, None).unwrap();
    let point = study
        .power(Setting::default(), 100, &mut Unwatched)
        .unwrap();
    assert!(point.power > 0.8 && point.failures.is_empty(), "{point:?}");
}

#[test]
fn the_level_is_that_of_the_method() {
    let simulator = scores(20, &["WT", "EKC"], 0.5);
    let options = ExperimentOptions::default();
    let experiment = Experiment::new(simulator.plan(), &student(), &options).unwrap();
    assert_eq!(experiment.nominal(None).unwrap(), 0.95);
    assert_eq!(experiment.nominal(Some(0.95)).unwrap(), 0.95);
    for (level, says) in [(95.0, "between 0 and 1"), (0.9, "change it in the method")] {
        let error = experiment.nominal(Some(level)).unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    }
}

#[test]
fn what_was_asked_stands_beside_the_result() {
    let simulator = scores(20, &["WT", "EKC"], 0.5);
    let study = study(&simulator, 7);
    let point = study.power(Setting::default(), 50, &mut Unwatched).unwrap();
    let options = ExperimentOptions {
        seed: 7,
        ..ExperimentOptions::default()
    };
    let asked = Asked {
        generator: simulator.generator().clone(),
        method: student(),
        options,
        alpha: 0.05,
    };
    let record = json!(asked.record(&point));
    assert_eq!(record["origin"], "simulated");
    assert_eq!(record["asked"]["options"]["seed"], 7);
    assert_eq!(record["asked"]["generator"]["title"], "Scores");
    assert_eq!(record["power"], point.power);
    assert!(asked.line().contains("seed 7"), "{}", asked.line());
}

#[test]
fn an_effect_on_counts_is_shown_as_a_ratio() {
    let simulator: Simulator = r#"
        title = "Problems"
        wave = [{ name = "1", time = 0 }]
        arm = [{ name = "WT", families = 30 }, { name = "EKC", families = 30 }]
        [[outcome]]
        name = "problems"
        distribution = { kind = "poisson" }
        intercept = 1.5
        [[effect]]
        arm = "EKC"
        outcome = "problems"
        level = -0.3
    "#
    .parse()
    .unwrap();
    let fields = [("outcome", "problems_1"), ("by", "arm")];
    let method = Method::named("mean_difference", &fields).unwrap();
    let options = ExperimentOptions::default();
    let study = PowerStudy::new(&simulator, &method, &options, 0.05, None).unwrap();
    let at = Setting {
        n: None,
        effect: Some(0.5_f64.ln()),
    };
    let point = study.power(at, 20, &mut Unwatched).unwrap();
    assert!((point.ratio.unwrap() - 0.5).abs() < 1e-15);
    let search = SearchOptions {
        sought: Sought::Effect,
        replicates: 1000,
        ..SearchOptions::default()
    };
    let found = study.solve(at, &search, &mut Unwatched).unwrap();
    assert!((found.ratio.unwrap() - found.value.unwrap().exp()).abs() < 1e-15);
}

#[test]
fn a_closed_form_says_what_it_assumes() {
    let found = closed("two_means", &json!({"sd": 4, "effect": 1.2, "n": 55})).unwrap();
    let record: Value = json!(found);
    let figures = record["assumed"].as_array().unwrap();
    let of = |name: &str| {
        figures
            .iter()
            .find(|figure| figure["name"] == name)
            .unwrap()
    };
    assert_eq!(
        (&of("sd")["value"], &of("sd")["from"]),
        (&json!("4, 4"), &json!("given"))
    );
    assert_eq!(of("alternative")["from"], "usual");
    for (design, fields, says) in [
        ("non_inferior_means", vec![], "`margin`"),
        ("clusters", vec![("icc", ".05")], "`size`"),
        ("clusters", vec![("size", "20")], "`outcome`"),
        ("ancova", vec![], "`correlation`"),
        ("repeated_measures", vec![], "`structure`"),
        ("two_rates", vec![], "`second`"),
        (
            "repeated_measures",
            vec![("correlation", ".6"), ("dropout", ".1")],
            "retention",
        ),
    ] {
        let asked = [&[("effect", "0.5"), ("power", ".8")][..], &fields].concat();
        let error = closed_named(design, &asked).unwrap_err().to_string();
        assert!(error.contains(says), "{design}: {error}");
    }
}

/// Families leave their teams; no team does.
#[test]
fn dropout_makes_clusters_smaller() {
    let asked = |fields: &[(&'static str, &'static str)]| {
        let all = [
            &[("effect", "0.5"), ("power", ".8"), ("icc", ".05")][..],
            fields,
        ]
        .concat();
        closed_named("clusters", &all).unwrap()
    };
    let left = asked(&[("size", "20"), ("dropout", ".2")]);
    assert_eq!(left.n, asked(&[("size", "16")]).n);
    assert_eq!(left.recruited, None);
    let said = serde_json::to_string(&left.cautions).unwrap();
    assert!(
        said.contains("16 of 20") && !said.contains("robust"),
        "{said}"
    );
    let flat = [
        ("effect", "0.5"),
        ("n", "40"),
        ("structure", "ar1"),
        ("correlation", ".6"),
    ];
    let nested = [
        flat[0],
        flat[1],
        ("structure", "{ar1={sd=1.0, correlation=0.6}}"),
    ];
    assert_eq!(
        closed_named("repeated_measures", &flat).unwrap().power,
        closed_named("repeated_measures", &nested).unwrap().power
    );
}
