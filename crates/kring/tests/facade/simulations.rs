//! Simulated cohorts, the performance of methods on them, and power.

use kring::core::Power;
use kring::method::Method;
use kring::performance::{Experiment, ExperimentOptions, Path, Rows, Speed, Tally};
use kring::power::{
    Done, PowerStudy, SearchOptions, Setting, Sought, Stop, Unwatched, Watch, closed,
    closed_curve_named, closed_named,
};
use kring::sim::performance::{Keep, PerformanceMeasure, PerformanceOptions};
use kring::simulate::{Simulator, csv};
use serde_json::json;

fn counts(families: [usize; 2], log_ratio: f64) -> Simulator {
    format!(
        r#"
        title = "Problems of families at two waves"
        wave = [{{ name = "1", time = 0 }}, {{ name = "2", time = 1 }}]
        arm = [{{ name = "WT", families = {} }}, {{ name = "EKC", families = {} }}]
        [latent]
        names = ["level"]
        covariance = [[0.16]]
        [[outcome]]
        name = "problems"
        distribution = {{ kind = "nb2", theta = 4.0 }}
        intercept = 1.5
        slope = -0.1
        random = [{{ latent = "level" }}]
        [[effect]]
        arm = "EKC"
        outcome = "problems"
        after = [{{ wave = "2", value = {log_ratio:?} }}]
        [[missing]]
        share = 0.2
        "#,
        families[0], families[1]
    )
    .parse()
    .unwrap()
}

fn scores(families: usize, effect: f64) -> Simulator {
    format!(
        r#"
        title = "Scores"
        wave = [{{ name = "1", time = 0 }}]
        arm = [{{ name = "WT", families = {families} }}, {{ name = "EKC", families = {families} }}]
        [[outcome]]
        name = "score"
        distribution = {{ kind = "continuous", sd = 1.0 }}
        [[effect]]
        arm = "EKC"
        outcome = "score"
        level = {effect:?}
        "#
    )
    .parse()
    .unwrap()
}

fn ratio() -> (Method, ExperimentOptions) {
    let fields = [
        ("before", "problems_1"),
        ("after", "problems_2"),
        ("by", "arm"),
    ];
    let options = ExperimentOptions {
        term: Some("ratio of rates".to_owned()),
        seed: 7,
        ..ExperimentOptions::default()
    };
    (Method::named("lords_paradox", &fields).unwrap(), options)
}

fn means() -> Method {
    let fields = [("outcome", "score_1"), ("by", "arm")];
    Method::named("mean_difference", &fields).unwrap()
}

#[test]
fn a_file_becomes_a_cohort_that_says_it_is_simulated() {
    let simulator = counts([60, 55], -0.3);
    let made = simulator.cohort(3, 0).unwrap();
    let subjects = made.cohort.subjects();
    assert_eq!(subjects.rows(), 115);
    assert!(
        made.cohort.validate().is_empty(),
        "{:?}",
        made.cohort.validate()
    );
    let title = subjects.column("problems_1").unwrap().title().to_owned();
    assert!(title.contains("(simulated)"), "{title}");
    assert!(made.cohort.provenance().notes[0].contains("no evidence"));
    // The cohort has the numbers of the draw.
    let wide = &made.tables.wide;
    assert_eq!(
        subjects.numeric("problems_1").unwrap().present(),
        wide.numeric("problems_1").unwrap().present()
    );
    assert!(csv(wide).starts_with("family,arm,problems_1,problems_2\n1,WT,"));
    assert_eq!(csv(wide), csv(&simulator.cohort(3, 0).unwrap().tables.wide));
    assert_ne!(csv(wide), csv(&simulator.cohort(3, 1).unwrap().tables.wide));
}

#[test]
fn numbers_from_the_draw_are_those_of_the_tables() {
    let (method, fast) = ratio();
    let slow = ExperimentOptions {
        speed: Speed::Tables,
        ..fast.clone()
    };
    // Small arms, so that some replicates lie at an edge and go by way of a table.
    for families in [[60, 55], [5, 4], [2, 3]] {
        let simulator = counts(families, -0.5);
        let fast = Experiment::new(simulator.plan(), &method, &fast).unwrap();
        let slow = Experiment::new(simulator.plan(), &method, &slow).unwrap();
        assert!(matches!(fast.path(), Path::Rates { .. }));
        assert_eq!(slow.path(), &Path::Tables);
        let (a, b) = (
            fast.run_range(0..60).unwrap(),
            slow.run_range(0..60).unwrap(),
        );
        assert_eq!(a.failed(), b.failed());
        assert_eq!(a.found().len(), b.found().len());
        for (x, y) in a.found().iter().zip(b.found()) {
            let close = |x: Option<f64>, y: Option<f64>, what: &str| {
                let (x, y) = (x.unwrap(), y.unwrap());
                assert!(
                    (x - y).abs() < 1e-7 * (1.0 + y.abs()),
                    "{families:?} {what}: {x} {y}"
                );
            };
            close(x.value, y.value, "value");
            close(x.std_error, y.std_error, "standard error");
            close(x.p_value, y.p_value, "p");
            let (i, j) = (x.interval.unwrap(), y.interval.unwrap());
            close(i.low, j.low, "low");
            close(i.high, j.high, "high");
        }
    }
    let simulator = scores(20, 0.4);
    let options = ExperimentOptions::default();
    let slow = ExperimentOptions {
        speed: Speed::Tables,
        ..options.clone()
    };
    let fast = Experiment::new(simulator.plan(), &means(), &options).unwrap();
    let slow = Experiment::new(simulator.plan(), &means(), &slow).unwrap();
    assert!(matches!(fast.path(), Path::Means { .. }));
    assert_eq!(
        fast.run_range(0..40).unwrap(),
        slow.run_range(0..40).unwrap()
    );
}

#[test]
fn any_split_gives_the_same_bits() {
    let (method, options) = ratio();
    let simulator = counts([20, 20], -0.5);
    let experiment = Experiment::new(simulator.plan(), &method, &options).unwrap();
    let whole = experiment.run_range(0..200).unwrap();
    let parts = [150..200, 0..70, 70..150].map(|range| experiment.run_range(range).unwrap());
    let [last, first, middle] = parts;
    let merged = last.merge(first).unwrap().merge(middle).unwrap();
    assert_eq!(whole, merged);
    let text = serde_json::to_string(&whole).unwrap();
    assert_eq!(whole, serde_json::from_str(&text).unwrap());
    let tally = experiment.tally_range(0..200, 0.05);
    let parts = [120..200, 0..120].map(|range| experiment.tally_range(range, 0.05));
    let [a, b] = parts;
    assert_eq!(tally, a.merge(b));
    let text = serde_json::to_string(&tally).unwrap();
    assert_eq!(tally, serde_json::from_str::<Tally>(&text).unwrap());
    let rejected = whole.found().iter().filter(|f| f.p_value.unwrap() <= 0.05);
    assert_eq!(tally.rejected, rejected.count() as u64);
}

/// A bound decides most tests; the counts are those of the p-values, one-sided too, and on tables.
#[test]
fn rejections_are_those_of_the_p_values() {
    let counted = |simulator: &Simulator, method: &Method, options: &ExperimentOptions| {
        let experiment = Experiment::new(simulator.plan(), method, options).unwrap();
        let found = experiment.run_range(0..400).unwrap();
        for alpha in [0.01, 0.05, 0.3] {
            let rejected = found.found().iter().filter(|f| f.p_value.unwrap() <= alpha);
            let tally = experiment.tally_range(0..400, alpha);
            assert_eq!(tally.rejected, rejected.count() as u64, "{alpha}");
            assert!((1..400).contains(&tally.rejected));
            assert_eq!((tally.replicates, tally.failed()), (400, 0));
        }
    };
    let (method, fast) = ratio();
    counted(&counts([25, 20], -0.5), &method, &fast);
    for options in [
        json!({}),
        json!({"variance": "equal", "null": 0.2}),
        json!({"alternative": "greater"}),
    ] {
        let fields = json!({"outcome": "score_1", "by": "arm", "options": options});
        let method = Method::of_kind("mean_difference", &fields).unwrap();
        counted(&scores(12, 0.6), &method, &ExperimentOptions::default());
    }
}

#[test]
fn closed_forms_over_a_grid() {
    let fields = [("sd", "4"), ("ratio", "0.75"), ("second", "4.7")];
    let grid = [20, 48].map(|n| Setting {
        n: Some(n),
        effect: None,
    });
    let curve = closed_curve_named("two_rates", &fields[1..], &grid).unwrap();
    let alone = closed_named("two_rates", &[fields[1], fields[2], ("n", "48")]).unwrap();
    assert_eq!(curve.points[1], alone);
    assert!(curve.points[0].power < curve.points[1].power);
    let chart = curve.chart("Power of two rates");
    assert_eq!(chart.x_label, "subjects in the first arm");
    let svg = kring::report::chart_svg(&chart, kring::report::Origin::Observed).unwrap();
    assert!(!svg.contains("Simulated"));
    assert_eq!(curve.content().len(), 2);
    let effects = [0.3, 0.5].map(|effect| Setting {
        n: Some(64),
        effect: Some(effect),
    });
    let curve = closed_curve_named("two_means", &[], &effects).unwrap();
    assert_eq!(curve.chart("").curves[0].points[1].at, 0.5);
    for (fields, grid, says) in [
        (&fields[..1], &grid[..], "give two of"),
        (&[("effect", "1")], &[], "from 1 to 1000"),
    ] {
        let error = closed_curve_named("two_means", fields, grid).unwrap_err();
        assert!(error.to_string().contains(says), "{error}");
    }
}

#[test]
fn an_interval_that_claims_95_percent_covers_so_often() {
    let (method, options) = ratio();
    let simulator = counts([60, 55], -0.4);
    let experiment = Experiment::new(simulator.plan(), &method, &options).unwrap();
    let replicates = experiment.run_range(0..4000).unwrap();
    let options = PerformanceOptions {
        keep: Keep::Replicates,
        ..PerformanceOptions::of(-0.4)
    };
    let performance = experiment.finish(&replicates, &options).unwrap();
    let row = |measure| *performance.row(measure).unwrap();
    let coverage = row(PerformanceMeasure::Coverage);
    assert!(
        (coverage.value - 0.95).abs() < 3.0 * coverage.mcse.unwrap(),
        "{coverage:?}"
    );
    let bias = row(PerformanceMeasure::Bias);
    assert!(
        bias.value.abs() < 3.0 * bias.mcse.unwrap() + 0.005,
        "{bias:?}"
    );
    let figures = kring::performance::figures(&performance, "ratio of rates", 0.95).unwrap();
    assert!(
        figures
            .zip
            .unwrap()
            .svg
            .contains("Simulated data: no evidence.")
    );
    assert!(figures.lollipop.unwrap().svg.contains("Coverage"));
    assert_eq!(
        kring::performance::content(&performance, "ratio of rates").len(),
        1
    );
}

#[test]
fn failures_are_counted_by_their_error() {
    // Two families of whom one may leave: often nothing is left to compare.
    let text = r#"
        title = "Nearly nobody"
        wave = [{ name = "1", time = 0 }, { name = "2", time = 1 }]
        arm = [{ name = "WT", families = 3 }, { name = "EKC", families = 3 }]
        missing = [{ share = 0.6 }]
        [[outcome]]
        name = "score"
        distribution = { kind = "continuous", sd = 1.0 }
        [[effect]]
        arm = "EKC"
        outcome = "score"
        level = 1.0
    "#;
    let simulator: Simulator = text.parse().unwrap();
    let fields = [("outcome", "score_2"), ("by", "arm")];
    let method = Method::named("mean_difference", &fields).unwrap();
    let options = ExperimentOptions::default();
    let study = PowerStudy::new(&simulator, &method, &options, 0.05, None).unwrap();
    let point = study
        .power(Setting::default(), 200, &mut Unwatched)
        .unwrap();
    let failed: u64 = point.failures.iter().map(|f| f.failed.times).sum();
    assert!((20..200).contains(&failed), "{point:?}");
    assert!(point.power < 0.3);
    assert_eq!(point.content().len(), 2);
}

#[test]
fn simulated_power_is_that_of_the_closed_form() {
    for (n, effect) in [(64, 0.5), (20, 0.8), (30, 0.0)] {
        let simulator = scores(n, effect);
        let mut method = json!({"outcome": "score_1", "by": "arm"});
        method["options"] = json!({"variance": "equal"});
        let method = Method::of_kind("mean_difference", &method).unwrap();
        let options = ExperimentOptions::default();
        let study = PowerStudy::new(&simulator, &method, &options, 0.05, None).unwrap();
        let found = study
            .power(Setting::default(), 10_000, &mut Unwatched)
            .unwrap();
        let exact = if effect == 0.0 {
            0.05
        } else {
            let fields =
                json!({"n": n, "effect": effect, "variance": "equal", "other_tail": "counted"});
            closed("two_means", &fields).unwrap().power
        };
        assert!(
            (found.power - exact).abs() < 3.0 * found.mcse,
            "{n} {effect}: {found:?} {exact}"
        );
    }
}

#[test]
fn the_search_finds_the_n_of_the_closed_form_and_says_how_surely() {
    let simulator = scores(20, 0.5);
    let options = ExperimentOptions {
        seed: 5,
        ..ExperimentOptions::default()
    };
    let study = PowerStudy::new(&simulator, &means(), &options, 0.05, None).unwrap();
    let search = SearchOptions {
        replicates: 12_000,
        precision: 0.0,
        ..SearchOptions::default()
    };
    let found = study
        .solve(Setting::default(), &search, &mut Unwatched)
        .unwrap();
    // By closed form 64 (63.8).
    let [low, high] = found.interval.unwrap();
    assert!(
        low <= 64.0 && 64.0 <= high && high - low < 12.0,
        "{found:?}"
    );
    assert_eq!((found.replicates, found.done), (12_000, Done::Whole));
    let n: Vec<f64> = found.n.iter().map(|&n| n as f64).collect();
    assert_eq!(n, [found.value.unwrap(); 2]);
    let again = study
        .solve(Setting::default(), &search, &mut Unwatched)
        .unwrap();
    assert_eq!(found, again);
    // Sequential: what was run far away is little.
    let near = |n: u64| (50..=80).contains(&n);
    let spent: u64 = found
        .points
        .iter()
        .filter(|p| near(p.n[0]))
        .map(|p| p.replicates)
        .sum();
    assert!(spent > 6_000, "{:?}", found.points);

    let effect = SearchOptions {
        sought: Sought::Effect,
        ..search
    };
    let at = Setting {
        n: Some(64),
        effect: Some(0.3),
    };
    let found = study.solve(at, &effect, &mut Unwatched).unwrap();
    let [low, high] = found.interval.unwrap();
    assert!(
        low <= 0.4995 && 0.4995 <= high && high - low < 0.05,
        "{found:?}"
    );
}

/// Stops after so many looks.
struct Impatient(u32);

impl Watch for Impatient {
    fn progress(&mut self, done: u64, of: u64) {
        assert!(done <= of);
    }

    fn stop(&mut self) -> Stop {
        self.0 = self.0.saturating_sub(1);
        if self.0 == 0 { Stop::Now } else { Stop::No }
    }
}

#[test]
fn what_is_interrupted_keeps_what_was_done() {
    let simulator = scores(30, 0.5);
    let options = ExperimentOptions::default();
    let study = PowerStudy::new(&simulator, &means(), &options, 0.05, None).unwrap();
    let grid = [20, 40, 60].map(|n| Setting {
        n: Some(n),
        effect: None,
    });
    let whole = study.curve(&grid, 1000, &mut Unwatched).unwrap();
    assert_eq!((whole.points.len(), whole.done), (3, Done::Whole));
    let part = study.curve(&grid, 1000, &mut Impatient(3)).unwrap();
    assert_eq!(part.done, Done::Interrupted);
    assert!(!part.points.is_empty() && part.points.len() < 3);
    let last = part.points.last().unwrap();
    assert!(last.replicates < 1000 && last.done == Done::Interrupted);
    assert!(study.power(grid[0], 1000, &mut Impatient(1)).is_err());
    let chart = whole.chart("Power");
    let svg = kring::report::chart_svg(&chart, kring::report::Origin::Simulated).unwrap();
    assert!(svg.contains("families in the first arm"));
}

#[test]
fn a_whole_model_can_be_powered_from_the_measurements() {
    let simulator = counts([40, 40], -0.5);
    let fields = json!({
        "formula": "problems ~ wave * arm", "cluster": "family",
        "options": {"family": "poisson", "covariance": "cr2"},
    });
    let method = Method::of_kind("glm", &fields).unwrap();
    let options = ExperimentOptions {
        term: Some("wave2:armEKC".to_owned()),
        rows: Rows::Measurements,
        seed: 1,
        speed: Speed::Fast,
    };
    let study = PowerStudy::new(&simulator, &method, &options, 0.05, None).unwrap();
    let point = study.power(Setting::default(), 50, &mut Unwatched).unwrap();
    assert!(point.power > 0.1 && point.failures.is_empty(), "{point:?}");
}

#[test]
fn closed_forms_take_fields_as_people_write_them() {
    let fields = [("sd", "4"), ("effect", "1.2"), ("n", "55")];
    let found: Power = closed_named("two_means", &fields).unwrap();
    // R: power.t.test(n = 55, delta = 1.2, sd = 4)$power is 0.3440862.
    assert!((found.power - 0.344_086_2).abs() < 1e-3, "{}", found.power);
    let fields = [
        ("effect", "0.5"),
        ("power", ".8"),
        ("dropout", "[0.2, 0.1]"),
    ];
    let found = closed_named("two_means", &fields).unwrap();
    assert_eq!(found.recruited, Some(vec![89, 89]));
    for (design, fields, says) in [
        ("two_mean", vec![("n", "5")], "did you mean `two_means`?"),
        ("two_means", vec![("n", "5")], "give two of"),
        ("two_means", vec![("n", "5"), ("n", "6")], "given twice"),
        ("two_means", vec![("n", "5"), ("ratio", "2")], "no ratio"),
        (
            "two_means",
            vec![("n", "5"), ("effect", "1"), ("ratio", "2")],
            "not both",
        ),
        (
            "two_rates",
            vec![("n", "5"), ("ratio", "-2"), ("second", "1")],
            "above zero",
        ),
        (
            "two_means",
            vec![("n", "5"), ("effect", "1"), ("sdd", "2")],
            "sdd",
        ),
        ("two_means", vec![("n", "1.5"), ("effect", "1")], "1.5"),
        ("two_means", vec![("n", "1"), ("effect", "1")], "2"),
        (
            "two_means",
            vec![("n", "5"), ("effect", "1"), ("sd", "-1")],
            "SD",
        ),
        ("two_means", vec![("power", "1.2"), ("effect", "1")], "1.2"),
    ] {
        let error = closed_named(design, &fields).unwrap_err().to_string();
        assert!(error.contains(says), "{design} {fields:?}: {error}");
    }
}

#[test]
fn what_cannot_be_simulated_is_refused_with_a_reason() {
    let refuses = |result: Result<Simulator, kring::Error>, says: &str| {
        let error = result.unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    };
    refuses("title = ".parse(), "the generator");
    refuses("title = \"x\"".parse(), "missing field");
    refuses(Simulator::of_data(json!({"titel": 1})), "titel");
    refuses(
        Simulator::read(std::path::Path::new("/no/such.toml")),
        "no such file",
    );
    let simulator = scores(20, 0.5);
    let options = ExperimentOptions::default();
    let study = |method: &Method, options: &ExperimentOptions, alpha| {
        PowerStudy::new(&simulator, method, options, alpha, None)
    };
    let sound = study(&means(), &options, 0.05).unwrap();
    let says = |result: Result<(), kring::Error>, says: &str| {
        let error = result.unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    };
    says(study(&means(), &options, 1.5).map(drop), "alpha");
    let absent = [("outcome", "scoer_1"), ("by", "arm")];
    let absent = Method::named("mean_difference", &absent).unwrap();
    says(study(&absent, &options, 0.05).map(drop), "score_1");
    let unnamed = [("outcome", "score_1"), ("by", "arm")];
    let unnamed = Method::named("probability_of_superiority", &unnamed).unwrap();
    says(
        study(&unnamed, &options, 0.05).map(drop),
        "say which is meant",
    );
    let n = |n| Setting {
        n: Some(n),
        effect: None,
    };
    says(sound.power(n(1), 100, &mut Unwatched).map(drop), "from 2");
    says(
        sound.power(n(20), 1, &mut Unwatched).map(drop),
        "replicates",
    );
    let search = |power| SearchOptions {
        power,
        replicates: 2000,
        ..SearchOptions::default()
    };
    for (power, why) in [(0.99999, "0.999 at most"), (0.01, "alpha"), (1.0, "1")] {
        let found = sound.solve(Setting::default(), &search(power), &mut Unwatched);
        says(found.map(drop), why);
    }
    let nothing = PowerStudy::new(&scores(20, 0.0), &means(), &options, 0.05, None).unwrap();
    let found = nothing.solve(Setting::default(), &search(0.8), &mut Unwatched);
    says(found.map(drop), "is there an effect");
    says(nothing.effect().map(drop), "the generator has none");
    says(simulator.companion().map(drop), "not a calibration");
}

#[test]
fn a_correlation_that_only_rounding_keeps_from_zero_is_zero() {
    let simulator: Simulator = r#"
        title = "Problems at two waves"
        wave = [{ name = "1", time = 0 }, { name = "2", time = 1 }]
        arm = [{ name = "WT", families = 60 }, { name = "EKC", families = 55 }]
        [[outcome]]
        name = "problems"
        distribution = { kind = "nb2", theta = 4.0 }
        intercept = 1.5
        [[effect]]
        arm = "EKC"
        outcome = "problems"
        after = [{ wave = "2", value = -0.3 }]
    "#
    .parse()
    .unwrap();
    let shown = format!("{:?}", simulator.truth_content().unwrap());
    assert!(!shown.contains("× 10"), "{shown}");
}
