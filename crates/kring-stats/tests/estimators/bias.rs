//! Generalised linear mixed models on simulated families: no bias beyond chance at the size of the field.
//! `docs/coverage.md` has more sizes and models, with more replicates.

use kring_core::{
    Design, DesignParts, Grouping, Groups, Part, RandomStructure, RandomTerm, Response,
};
use kring_stats::Fit;
use kring_stats::family::Family;
use kring_stats::glmm::Glmm;
use kring_stats::seed::{Seed, Stream};
use ndarray::{Array1, Array2};

const FAMILIES: usize = 110;
const WAVES: usize = 4;

/// Few in the everyday run, as of the cases of properties.
fn replicates() -> u64 {
    if std::env::var_os("PROPTEST_CASES").is_some() {
        300
    } else {
        40
    }
}

/// The constant, the arm, the wave from the middle of all, and arm by wave; the last is what is reported.
fn columns() -> Array2<f64> {
    Array2::from_shape_fn((FAMILIES * WAVES, 4), |(i, j)| {
        let arm = (i / WAVES % 2) as f64;
        let wave = (i % WAVES) as f64 - 1.5;
        [1.0, arm, wave, arm * wave][j]
    })
}

fn design(x: &Array2<f64>, response: Response) -> Design {
    let n = x.nrows();
    let names = ["(Intercept)", "arm", "wave", "arm:wave"].map(str::to_owned);
    let mut mean = Part::fixed(x.clone(), names.to_vec());
    mean.random = vec![RandomTerm {
        grouping: Grouping::new(
            "family",
            (0..FAMILIES).map(|i| i.to_string()).collect(),
            (0..n).map(|i| u32::try_from(i / WAVES).unwrap()).collect(),
        ),
        z: Array2::ones((n, 1)),
        columns: vec!["(Intercept)".into()],
        structure: RandomStructure::Unstructured,
    }];
    Design::new(DesignParts {
        response,
        response_name: "problems".into(),
        mean,
        zero: None,
        dispersion: None,
        groups: Groups::default(),
        time: None,
        weights: None,
        source_rows: (0..n).collect(),
        omitted: vec![],
    })
    .unwrap()
}

/// A Poisson count by multiplication.
fn poisson(mean: f64, stream: &mut Stream) -> f64 {
    let limit = (-mean).exp();
    let (mut count, mut product) = (0.0, stream.uniform());
    while product > limit {
        count += 1.0;
        product *= stream.uniform();
    }
    count
}

fn yes(eta: f64, stream: &mut Stream) -> f64 {
    f64::from(u8::from(stream.uniform() < 1.0 / (1.0 + (-eta).exp())))
}

/// The mean of so many estimates less the truth, in Monte Carlo standard errors of that mean.
fn bias(estimates: &[f64], truth: f64) -> f64 {
    let n = estimates.len() as f64;
    let mean = estimates.iter().sum::<f64>() / n;
    let squares: f64 = estimates.iter().map(|x| (x - mean).powi(2)).sum();
    (mean - truth) / (squares / (n * (n - 1.0))).sqrt()
}

/// Arm and arm by wave within three standard errors of their truth; the mean of the standard deviations no
/// more than five in a hundred from its own, which maximum likelihood makes a little small.
fn check(
    family: Family,
    beta: [f64; 4],
    sd: f64,
    response: fn(Array1<f64>) -> Response,
    draw: fn(f64, &mut Stream) -> f64,
) {
    let x = columns();
    let fixed = x.dot(&Array1::from(beta.to_vec()));
    let seed = Seed::new(5).child(family.name(), 0);
    let (mut arm, mut interaction, mut spread) = (vec![], vec![], vec![]);
    for replicate in 0..replicates() {
        let mut stream = seed.stream(replicate);
        let effects: Vec<f64> = (0..FAMILIES).map(|_| sd * stream.normal()).collect();
        let rows = fixed.iter().enumerate();
        let y = rows.map(|(i, eta)| draw(eta + effects[i / WAVES], &mut stream));
        let y: Array1<f64> = y.collect();
        let options = Glmm {
            family,
            ..Glmm::default()
        };
        let fit = options.fit(&design(&x, response(y))).unwrap();
        arm.push(fit.coefficients().value("arm").unwrap());
        interaction.push(fit.coefficients().value("arm:wave").unwrap());
        spread.push(fit.components[0].value);
    }
    for (estimates, truth) in [(&arm, beta[1]), (&interaction, beta[3])] {
        let off = bias(estimates, truth);
        assert!(off.abs() < 3.0, "{}: {off} MCSE", family.name());
    }
    let mean = spread.iter().sum::<f64>() / spread.len() as f64;
    assert!((mean / sd - 1.0).abs() < 0.05, "{}: {mean}", family.name());
}

#[test]
fn poisson_counts_of_110_families_show_no_bias() {
    let draw = |eta: f64, stream: &mut Stream| poisson(eta.exp(), stream);
    check(
        Family::Poisson,
        [1.4, -0.3, -0.1, -0.15],
        0.6,
        Response::Count,
        draw,
    );
}

#[test]
fn involved_or_not_of_110_families_shows_no_bias() {
    check(
        Family::Binomial,
        [-0.3, 0.6, 0.2, 0.4],
        1.2,
        Response::Binary,
        yes,
    );
}
