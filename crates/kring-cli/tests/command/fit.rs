//! `kring fit`. The numbers are those that numbers.R prints.

use kring::analysis::LmResult;
use kring::core::{Estimate, Reference};

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
