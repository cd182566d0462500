//! `kring fit`. The numbers are those that numbers.R prints.

use kring::analysis::LmResult;
use kring::core::{Estimate, Reference};
use kring::method::{Answer, Cells, TableName};
use serde_json::Value;

use crate::kring;

const DATA: [&str; 4] = [
    "fit",
    "lm",
    "--data",
    "datasets/studies/deroos-2011/data/fdd.csv",
];

fn ancova(further: &[&str]) -> LmResult {
    let arguments = [
        &DATA[..],
        &["--formula", "yc3 ~ yc1 + trt", "--json"],
        further,
    ]
    .concat();
    kring(&arguments).succeeded().json()
}

fn estimate<'a>(fit: &'a LmResult, term: &str) -> &'a Estimate {
    fit.estimates
        .iter()
        .find(|estimate| estimate.label == term)
        .unwrap()
}

fn close(ours: Option<f64>, theirs: f64) {
    let ours = ours.unwrap();
    assert!(
        (ours - theirs).abs() <= 1e-9 * theirs.abs(),
        "{ours} against {theirs}"
    );
}

/// The levels of `trt` are C (CBT) and E (EMDR): C is the reference, so that the coefficient is
/// EMDR − CBT.
#[test]
fn the_ancova_is_that_of_r() {
    let fit = ancova(&[]);
    assert_eq!((fit.rows, fit.omitted.len()), (27, 25));
    let labels: Vec<&str> = fit.estimates.iter().map(|e| e.label.as_str()).collect();
    assert_eq!(labels, ["(Intercept)", "yc1", "trtE"]);
    for (term, value, std_error, p) in [
        ("(Intercept)", 5.379_946_289, 4.561_066_461, 0.249_745_206_3),
        ("yc1", 0.458_646_742_2, 0.138_785_977, 0.002_977_508_471),
        ("trtE", -7.709_524_287, 3.435_338_425, 0.034_310_813_55),
    ] {
        let ours = estimate(&fit, term);
        close(ours.value.finite(), value);
        close(ours.std_error, std_error);
        close(ours.p_value, p);
        assert_eq!(ours.reference, Reference::StudentT { df: 24.0 });
    }
    let interval = estimate(&fit, "trtE").interval.as_ref().unwrap();
    close(interval.low, -14.799_714_32);
    close(interval.high, -0.619_334_252_9);
    close(fit.sigma, 8.764_859_136);
    close(fit.r_squared, 0.368_596_107_8);
    close(fit.log_likelihood, -95.331_531_48);
}

#[test]
fn robust_errors_and_another_level_are_options() {
    let fit = ancova(&["--covariance", "hc3", "--level", "0.9"]);
    let ours = estimate(&fit, "trtE");
    close(ours.value.finite(), -7.709_524_287);
    close(ours.std_error, 3.652_713_571);
    assert_eq!(ours.interval.as_ref().unwrap().level, 0.9);
    assert!(fit.method.contains("HC3"));
}

#[test]
fn a_fit_is_read_by_people_too() {
    let run = kring(&[&DATA[..], &["--formula", "yc3 ~ yc1 + trt"]].concat()).succeeded();
    for words in [
        "yc3 ~ yc1 + trt",
        "trtE",
        "-7.71",
        "27 rows; left out: 24 because",
        "R² 0.369",
    ] {
        assert!(
            run.out.replace('−', "-").contains(words),
            "{words}\n{}",
            run.out
        );
    }
}

fn mixed(arguments: &[&str]) -> Answer {
    kring(&[arguments, &["--json"]].concat()).succeeded().json()
}

/// The analysis of a study that has this name.
fn analysis(study: &str, id: &str) -> Answer {
    let run: Value = kring(&["replicate", study, "--format", "json"])
        .succeeded()
        .json();
    let results = run["results"].as_array().unwrap();
    let found = results.iter().find(|result| result["id"] == id).unwrap();
    serde_json::from_value(found["output"]["answer"].clone()).unwrap()
}

fn coefficient<'a>(answer: &'a Answer, label: &str) -> &'a Estimate {
    let found = answer.estimates.iter().find(|e| e.label == label);
    found.unwrap()
}

/// The searches of R and of kring end within some 1e-6 of each other.
fn near(ours: Option<f64>, theirs: f64) {
    let ours = ours.unwrap();
    assert!(
        (ours - theirs).abs() <= 2e-6 * theirs.abs(),
        "{ours} against {theirs}"
    );
}

fn near_by_figure(answer: &Answer, name: &str, theirs: f64) {
    let found = answer.figures.iter().find(|figure| figure.name == name);
    near(found.map(|figure| figure.value), theirs);
}

fn near_by_component(answer: &Answer, theirs: &[f64]) {
    assert_eq!(answer.components.len(), theirs.len());
    for (ours, theirs) in answer.components.iter().zip(theirs) {
        near(Some(ours.value), *theirs);
    }
}

/// lmerTest, REML. The protocol has EMDR as the reference.
#[test]
fn children_over_three_measurements_as_in_r() {
    let answer = analysis("deroos-2011", "over-time");
    for (label, value, std_error, df, p) in [
        (
            "wave2",
            -17.603_605_37,
            2.911_783_235,
            57.482_040_45,
            1.178_864_788e-7,
        ),
        (
            "wave3",
            -19.750_706_85,
            3.078_766_388,
            58.557_353_66,
            2.695_445_486e-8,
        ),
        (
            "trtC",
            -1.955_648_13,
            3.663_191_077,
            64.816_033_53,
            0.595_261_457_9,
        ),
        (
            "wave2:trtC",
            5.666_270_322,
            4.039_805_855,
            57.230_707_26,
            0.166_134_842_9,
        ),
        (
            "wave3:trtC",
            8.309_973_641,
            4.161_772_725,
            57.831_044_98,
            0.050_567_664_68,
        ),
    ] {
        let ours = coefficient(&answer, label);
        near(ours.value.finite(), value);
        near(ours.std_error, std_error);
        assert!(
            (ours.reference.df().unwrap() / df - 1.0).abs() < 1e-4,
            "{label}"
        );
        assert!((ours.p_value.unwrap() / p - 1.0).abs() < 1e-4, "{label}");
        assert_eq!(ours.sample.rows, 94);
    }
    near_by_component(&answer, &[7.643_874_656, 7.958_190_556]);
    near_by_figure(&answer, "log_likelihood", -336.166_866);
    assert_eq!(answer.tests[0].label, "wave:trt");
    near(answer.tests[0].statistic, 2.148_986_689);
    assert!((answer.tests[0].p_value.unwrap() - 0.125_971_684_7).abs() < 1e-5);
    let last = coefficient(&answer, "trt C − E at wave 3");
    near(last.value.finite(), 6.354_325_511);
    near(last.std_error, 4.062_657_931);
    assert!((last.reference.df().unwrap() / 75.417_704_13 - 1.0).abs() < 1e-4);
}

/// lme4, maximum likelihood, the times 2, 3, 5 and 8.
#[test]
fn patients_after_the_start_as_in_r() {
    let answer = analysis("beat-the-blues", "over-time");
    for (label, value, std_error) in [
        ("(Intercept)", 5.592_393_39, 2.242_439_629),
        ("bdi.pre", 0.639_676_208_5, 0.077_891_344_79),
        ("months", -0.704_764_831_6, 0.146_391_502_7),
        ("treatmentBtheB", -2.329_082_641, 1.670_356_096),
        ("drugYes", -2.824_952_396, 1.726_835_136),
        ("length>6m", 0.197_079_477_7, 1.638_317_763),
    ] {
        let ours = coefficient(&answer, label);
        near(ours.value.finite(), value);
        near(ours.std_error, std_error);
        assert_eq!(ours.sample.rows, 280);
    }
    near_by_component(&answer, &[6.984_081_136, 5.013_978_019]);
    near_by_figure(&answer, "log_likelihood", -935.745_981_5);
}

/// glmmTMB, NB2, Laplace.
#[test]
fn seizures_over_four_periods_as_in_r() {
    let answer = analysis("epilepsy", "over-time");
    for (label, value, std_error) in [
        ("(Intercept)", -1.368_226_947, 0.338_646_034_8),
        ("log(base)", 1.010_837_433, 0.100_806_065),
        ("trtprogabide", -0.333_510_823_6, 0.151_302_089_9),
    ] {
        let ours = coefficient(&answer, label);
        assert!(
            (ours.value.finite().unwrap() / value - 1.0).abs() < 1e-5,
            "{label}"
        );
        assert!(
            (ours.std_error.unwrap() / std_error - 1.0).abs() < 1e-4,
            "{label}"
        );
    }
    near_by_component(&answer, &[0.488_413_466_1]);
    near_by_figure(&answer, "log_likelihood", -627.685_724_8);
    let theta = coefficient(&answer, "theta");
    assert!((theta.value.finite().unwrap() / 7.186_019_189 - 1.0).abs() < 1e-4);
}

#[test]
fn a_mixed_model_is_fitted_from_a_file() {
    let data = "datasets/studies/epilepsy/data/epil.csv";
    let formula = "y ~ trt * factor(period) + (1 | subject)";
    let asked = ["fit", "lmm", "--data", data, "--formula", formula];
    let told = kring(&[&asked[..], &["--by", "trt", "--within", "period"]].concat()).succeeded();
    for words in [
        formula,
        "trt progabide − placebo at period 4",
        "Variance components",
        "subject",
        "236 rows",
        "Converged in",
    ] {
        assert!(told.out.contains(words), "{words}\n{}", told.out);
    }
    let answer = mixed(&[&asked[..], &["--estimation", "ml", "--dof", "normal"]].concat());
    assert_eq!(answer.estimates[0].reference, Reference::Normal);
    for format in ["markdown", "latex", "csv", "html"] {
        let written = kring(&[&asked[..], &["--format", format]].concat()).succeeded();
        assert!(written.out.contains("subject"), "{format}\n{}", written.out);
    }
    let counts = [
        "fit",
        "glmm",
        "--data",
        data,
        "--formula",
        "y ~ trt + (1 | subject)",
    ];
    let turned = [
        "--family",
        "nbinom1",
        "--points",
        "1",
        "--reference",
        "trt=progabide",
    ];
    let answer = mixed(&[&counts[..], &turned].concat());
    assert!(answer.estimates[1].label == "trtplacebo");
    assert!(answer.estimates[1].method.contains("Laplace"));
}

#[test]
fn a_mixed_model_shows_what_it_is_asked_to() {
    let data = "datasets/studies/epilepsy/data/epil.csv";
    let lmm = [
        "fit",
        "lmm",
        "--data",
        data,
        "--formula",
        "y ~ trt * factor(period) + (1 | subject)",
    ];
    let shown = [
        "--show",
        "random_effects,influence",
        "--predict",
        "population",
        "--at",
        "trt=placebo,progabide",
        "--at",
        "period=1,4",
    ];
    let told = kring(&[&lmm[..], &shown].concat()).succeeded();
    for words in [
        "Random effects",
        "Influence of each level of subject",
        "The first 10 of 59",
        "Predicted: y of the typical family",
        "predicted low",
    ] {
        assert!(told.out.contains(words), "{words}\n{}", told.out);
    }
    let answer = mixed(&[&lmm[..], &shown].concat());
    let rows = |name: TableName| {
        let table = answer.tables.iter().find(|table| table.name == name);
        match &table.unwrap().columns[0].cells {
            Cells::Words(words) => words.len(),
            Cells::Numbers(numbers) => numbers.len(),
        }
    };
    assert_eq!(rows(TableName::RandomEffects), 59);
    assert_eq!(rows(TableName::Influence), 59);
    assert_eq!(rows(TableName::Predictions), 4);
    for format in ["markdown", "latex", "csv", "html"] {
        let written = kring(&[&lmm[..], &shown, &["--format", format]].concat()).succeeded();
        assert!(written.out.contains("progabide"), "{format}");
    }

    let glmm = [
        "fit",
        "glmm",
        "--data",
        data,
        "--formula",
        "y ~ trt + (1 | subject)",
        "--family",
        "nbinom2",
        "--points",
        "1",
    ];
    let asked = [
        "--simulated-residuals",
        "--seed",
        "2011",
        "--dispersion",
        "~ trt",
        "--predict",
        "families",
        "--scale",
        "link",
    ];
    let answer = mixed(&[&glmm[..], &asked].concat());
    let tests = answer.tests.iter();
    let residuals = tests.filter(|test| test.label.starts_with("residuals: "));
    assert_eq!(residuals.count(), 4);
    let names: Vec<&str> = answer.by_row.iter().map(|one| one.name.as_str()).collect();
    assert!(names.contains(&"quantile_residual") && names.contains(&"predicted"));
    let shapes = answer.components.iter().map(|one| one.label.as_str());
    let shapes: Vec<&str> = shapes.collect();
    assert_eq!(shapes, ["(Intercept)", "trt placebo", "trt progabide"]);
    let drawn = [
        "--intervals",
        "bootstrap",
        "--replicates",
        "50",
        "--seed",
        "1",
    ];
    let answer = mixed(&[&glmm[..], &drawn].concat());
    assert!(answer.components[0].interval.is_some());
    coefficient(&answer, "trtprogabide");
}

#[test]
fn the_file_and_the_formula_may_stand_where_other_commands_have_them() {
    let named = ancova(&[]);
    let file = "datasets/studies/deroos-2011/data/fdd.csv";
    let formula = "yc3 ~ yc1 + trt";
    for words in [
        vec![file, formula],
        vec![formula, file],
        vec![file, "--formula", formula],
        vec![formula, "--data", file],
    ] {
        let arguments = [&["fit", "lm", "--json"][..], &words].concat();
        let placed: LmResult = kring(&arguments).succeeded().json();
        assert_eq!(placed, named);
    }
    for (words, said) in [
        (vec![file], "the formula: it is not given"),
        (vec![formula], "the file: it is not given"),
        (
            vec![file, formula, "--formula", formula],
            "there is a formula already",
        ),
        (vec![formula, "yc3 ~ trt"], "there is a formula already"),
        (
            vec![file, "--formula", formula, "--by", "trt", "pp"],
            "have commas between them",
        ),
        (
            vec![file, formula, "--data", file],
            "there is a file already",
        ),
    ] {
        let run = kring(&[&["fit", "lm"][..], &words].concat());
        assert_eq!(run.status, 2);
        assert!(run.err.contains(said), "{words:?}: {}", run.err);
    }
}

#[test]
fn a_model_or_method_in_the_place_of_a_command_is_shown_its_own() {
    for (typed, ours) in [
        ("lmm", "fit lmm"),
        ("lmer", "fit lmm"),
        ("t-test", "test mean_difference"),
        ("mann_whitney", "test mann_whitney"),
    ] {
        let run = kring(&[typed, "cohort.csv"]);
        assert_eq!(run.status, 2);
        assert!(run.err.contains(&format!("'{ours}'")), "{}", run.err);
    }
    assert!(kring(&["descrbe"]).err.contains("'describe'"));
}

/// The screen has the names that R has, to be compared; a page has words for readers.
#[test]
fn terms_are_in_words_in_a_report_alone() {
    let out = crate::folder("terms-in-words");
    let out = out.to_str().unwrap();
    let file = "datasets/studies/deroos-2011/data/fdd.csv";
    let arguments = [
        "fit",
        "lm",
        file,
        "yc3 ~ yc1 + trt",
        "--out",
        out,
        "--report-methods",
    ];
    let run = kring(&arguments).succeeded();
    assert!(run.out.contains("trtE"));
    let page = std::fs::read_to_string(format!("{out}/report.html")).unwrap();
    assert!(
        page.contains("trt: E") && !page.contains("trtE"),
        "tables and sentences"
    );
    let results = std::fs::read_to_string(format!("{out}/results.json")).unwrap();
    assert!(results.contains("\"trtE\""));
}
