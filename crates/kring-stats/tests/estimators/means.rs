//! What must be true of means and contrasts whatever the data are, and what they refuse.

use kring_core::{
    Design, DesignParts, Grid, GridCell, GridFactor, Grouping, Groups, Measure, Part,
    RandomStructure, RandomTerm, Reference, Response as Outcome, Time,
};
use kring_stats::dist::QuasiMonteCarlo;
use kring_stats::equivalence::{Conclusion, Equivalence};
use kring_stats::family::{Family, Link};
use kring_stats::gee::Gee;
use kring_stats::glm::Glm;
use kring_stats::glmm::Glmm;
use kring_stats::lm::Lm;
use kring_stats::lmm::{Dof, Lmm};
use kring_stats::means::{
    Adjust, ContrastFamily, ContrastSet, Contrasts, FactorContrasts, Found, Means, Response,
    RowsInCell, Scale, Term, term_tests_of_marginality, term_tests_of_means,
};
use kring_stats::mmrm::{Mmrm, Structure};
use kring_stats::{Error, Fit};
use ndarray::{Array1, Array2, array};
use proptest::prelude::*;

/// Arms by waves, the arm's dummy, the wave's dummies and their products.
const ARMS: usize = 2;
const WAVES: usize = 3;

fn row(arm: usize, wave: usize, reference: [usize; 2], sum: bool) -> Vec<f64> {
    let code = |level: usize, k: usize, reference: usize| -> Vec<f64> {
        (0..k)
            .filter(|&j| j != reference)
            .map(|j| match () {
                () if level == j => 1.0,
                () if sum && level == reference => -1.0,
                () => 0.0,
            })
            .collect()
    };
    let (a, w) = (
        code(arm, ARMS, reference[0]),
        code(wave, WAVES, reference[1]),
    );
    let products = w.iter().flat_map(|w| a.iter().map(move |a| a * w));
    [vec![1.0], a.clone(), w.clone(), products.collect()].concat()
}

fn columns(n: usize) -> Vec<String> {
    (0..n).map(|j| format!("x{j}")).collect()
}

fn design(x: Array2<f64>, response: Outcome) -> Design {
    let n = x.nrows();
    let names = columns(x.ncols());
    Design::new(DesignParts {
        response,
        response_name: "problems".into(),
        mean: Part::fixed(x, names),
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

fn matrix(rows: &[Vec<f64>]) -> Array2<f64> {
    let p = rows.first().map_or(0, Vec::len);
    Array2::from_shape_fn((rows.len(), p), |(i, j)| rows[i][j])
}

fn grid(of: impl Fn(usize, usize) -> Vec<f64>) -> Grid {
    let mut cells = Vec::new();
    for wave in 0..WAVES {
        for arm in 0..ARMS {
            cells.push(GridCell {
                levels: vec![arm, wave],
                x: of(arm, wave).into(),
                offset: 0.0,
                rows: 1.0,
                empty: false,
            });
        }
    }
    let p = cells[0].x.len();
    let arm = GridFactor::new("arm", ["WT", "EKC"]);
    let months = GridFactor::new("time", ["0", "6", "24"]).with_unit(Some("months".into()));
    Grid::new(columns(p), vec![arm, months], cells, vec![]).unwrap()
}

/// Two rows in each cell, the second one `gap` above the first.
fn balanced(means: [[f64; WAVES]; ARMS], gap: f64) -> (Vec<[usize; 2]>, Vec<f64>) {
    let (mut cells, mut y) = (Vec::new(), Vec::new());
    for (arm, means) in means.iter().enumerate() {
        for (wave, mean) in means.iter().enumerate() {
            for sign in [-0.5, 0.5] {
                cells.push([arm, wave]);
                y.push(mean + sign * gap);
            }
        }
    }
    (cells, y)
}

fn fitted(
    cells: &[[usize; 2]],
    y: &[f64],
    of: impl Fn(usize, usize) -> Vec<f64>,
) -> kring_stats::lm::LmFit {
    let rows: Vec<Vec<f64>> = cells.iter().map(|[arm, wave]| of(*arm, *wave)).collect();
    let outcome = Outcome::Continuous(y.to_vec().into());
    Lm::default().fit(&design(matrix(&rows), outcome)).unwrap()
}

fn treatment(arm: usize, wave: usize) -> Vec<f64> {
    row(arm, wave, [0, 0], false)
}

fn by_time(family: ContrastFamily) -> Contrasts {
    Contrasts {
        by: vec!["time".into()],
        ..Contrasts::of(family)
    }
}

fn values(sets: &[ContrastSet]) -> Vec<f64> {
    let all = sets.iter().flat_map(|set| &set.contrasts);
    all.map(|one| one.estimable().unwrap().plain.value.finite().unwrap())
        .collect()
}

const MEANS: [[f64; WAVES]; ARMS] = [[6.0, 5.0, 5.0], [6.0, 4.0, 2.0]];

#[test]
fn by_hand_with_labels_that_a_reader_understands() {
    let (cells, y) = balanced(MEANS, 2.0);
    let fit = fitted(&cells, &y, treatment);
    let means = Means::of(&fit, Link::Identity, &grid(treatment)).unwrap();
    let found = means.means().unwrap();
    assert_eq!(found[5].levels, ["EKC", "24"]);
    let mean = found[5].mean.estimable().unwrap();
    assert_eq!(mean.label, "arm EKC, 24 months");
    assert!((mean.value.finite().unwrap() - 2.0).abs() < 1e-12);
    // Six cells of two, each with a sum of squares of 2: σ² = 12/6 = 2, and σ²/2 for a mean.
    assert!((mean.std_error.unwrap() - 1.0).abs() < 1e-12);
    let sets = means.contrasts(&by_time(ContrastFamily::Pairwise)).unwrap();
    assert_eq!(sets[2].at.as_deref(), Some("24 months"));
    let last = sets[2].contrasts[0].estimable().unwrap();
    assert_eq!(last.plain.label, "EKC − WT at 24 months");
    assert_eq!(last.plain.reference, Reference::StudentT { df: 6.0 });
    assert!((last.plain.value.finite().unwrap() + 3.0).abs() < 1e-12);
    assert!((last.plain.std_error.unwrap() - 2.0_f64.sqrt()).abs() < 1e-12);
    // Two means leave nothing to adjust for.
    assert!((last.adjusted.p_value.unwrap() - last.plain.p_value.unwrap()).abs() < 1e-12);
    // One difference: F is t².
    let joint = sets[2].joint.as_ref().unwrap();
    assert!((joint.statistic.unwrap() - 4.5).abs() < 1e-10);
    let change = means
        .contrasts(&Contrasts::products(vec![
            FactorContrasts {
                of: "arm".into(),
                family: ContrastFamily::Pairwise,
            },
            FactorContrasts {
                of: "time".into(),
                family: ContrastFamily::Control { level: None },
            },
        ]))
        .unwrap();
    assert_eq!(
        values(&change)
            .iter()
            .map(|x| x.round())
            .collect::<Vec<_>>(),
        [-1.0, -3.0]
    );
    let label = &change[0].contrasts[1].estimable().unwrap().plain.label;
    assert_eq!(label, "(EKC − WT) × (24 − 0 months)");
    assert!(matches!(
        change[0].contrasts[1].estimable().unwrap().plain.measure,
        Measure::MeanDifference { .. }
    ));
}

#[test]
fn what_an_empty_cell_leaves_is_said_and_not_computed() {
    let (mut cells, mut y) = balanced(MEANS, 1.0);
    // Nobody of the second arm is there at the last wave.
    let there: Vec<bool> = cells.iter().map(|cell| *cell != [1, 2]).collect();
    let mut keep = there.iter();
    cells.retain(|_| *keep.next().unwrap());
    let mut keep = there.iter();
    y.retain(|_| *keep.next().unwrap());
    let fit = fitted(&cells, &y, treatment);
    let grid = grid(treatment);
    let means = Means::of(&fit, Link::Identity, &grid).unwrap();
    let found = means.means().unwrap();
    assert!(
        found[..5]
            .iter()
            .all(|cell| cell.mean.estimable().is_some())
    );
    let Found::NotEstimable { label, why } = &found[5].mean else {
        panic!("an empty cell has no mean");
    };
    assert_eq!(label, "arm EKC, 24 months");
    assert!(why.contains("cannot be estimated"), "{why}");
    let sets = means.contrasts(&by_time(ContrastFamily::Pairwise)).unwrap();
    assert!(sets[1].contrasts[0].estimable().is_some());
    assert!(sets[2].contrasts[0].estimable().is_none());
    // One of the two degrees of freedom of the interaction is left, and none of the arm's means over all waves.
    let terms = ["arm", "arm:time"].map(|name| Term {
        name: name.into(),
        factors: name.split(':').map(str::to_owned).collect(),
    });
    let tests = term_tests_of_means(&fit, &grid, &terms).unwrap();
    let labels: Vec<&str> = tests.iter().map(|test| test.label.as_str()).collect();
    assert_eq!(labels, ["arm:time"]);
    assert_eq!(
        tests[0].reference,
        Reference::F {
            numerator: 1.0,
            denominator: 5.0
        }
    );
}

#[test]
fn the_scale_of_the_outcome_by_hand() {
    // 3 of 10 and 6 of 10.
    let x = array![[1.0, 0.0], [1.0, 1.0]];
    let outcome = Outcome::Proportion {
        successes: array![3.0, 6.0],
        trials: array![10.0, 10.0],
    };
    let binomial = Glm {
        family: Family::Binomial,
        ..Glm::default()
    };
    let fit = binomial.fit(&design(x.clone(), outcome)).unwrap();
    let cell = |level: usize| GridCell {
        levels: vec![level],
        x: x.row(level).to_owned(),
        offset: 0.0,
        rows: 10.0,
        empty: false,
    };
    let arm = GridFactor::new("arm", ["WT", "EKC"]);
    let grid = Grid::new(columns(2), vec![arm], vec![cell(0), cell(1)], vec![]).unwrap();
    let means = Means::of(&fit, Link::Logit, &grid).unwrap();
    let back = means.back_transformed(&Response::default()).unwrap();
    let first = back[0].mean.estimable().unwrap();
    assert_eq!(first.measure, Measure::Proportion);
    assert!((first.value.finite().unwrap() - 0.3).abs() < 1e-10);
    assert!((first.std_error.unwrap() - (0.3_f64 * 0.7 / 10.0).sqrt()).abs() < 1e-9);
    // logit 0.3 ∓ 1.96 / √2.1, turned back.
    let end = |sign: f64| {
        1.0 / (1.0
            + (-((3.0_f64 / 7.0).ln() + sign * 1.959_963_984_540_054 / 2.1_f64.sqrt())).exp())
    };
    let interval = first.interval.unwrap();
    assert!(
        (interval.low.unwrap() - end(-1.0)).abs() < 1e-8
            && (interval.high.unwrap() - end(1.0)).abs() < 1e-8
    );
    let pair = Contrasts::of(ContrastFamily::Pairwise);
    let on = |means: &Means<'_>| {
        means.contrasts(&pair).unwrap()[0].contrasts[0]
            .estimable()
            .unwrap()
            .plain
            .clone()
    };
    let odds = on(&means);
    assert_eq!(odds.measure, Measure::LogOddsRatio);
    assert!((odds.value.finite().unwrap() - (6.0_f64 * 7.0 / (4.0 * 3.0)).ln()).abs() < 1e-9);
    let response = means.on_response(&Response::default()).unwrap();
    let difference = on(&response);
    assert_eq!(difference.measure, Measure::RiskDifference);
    assert!((difference.value.finite().unwrap() - 0.3).abs() < 1e-10);
    assert!((difference.std_error.unwrap() - 0.045_f64.sqrt()).abs() < 1e-9);
    // Averages over rows that are all in one cell are that cell's mean.
    let zero = Array1::zeros(2);
    let sets = [0, 1].map(|level| Array2::from_shape_fn((2, 2), |(_, j)| x[[level, j]]));
    let sets: Vec<RowsInCell<'_>> = sets
        .iter()
        .map(|x| RowsInCell {
            x: x.view(),
            offset: zero.view(),
        })
        .collect();
    let averages =
        Means::averaged(&fit, Link::Logit, &grid, &sets, array![1.0, 1.0].view()).unwrap();
    assert!((on(&averages).std_error.unwrap() - difference.std_error.unwrap()).abs() < 1e-12);
    let ratio = on(&averages.on_logs(Scale::LogResponse).unwrap());
    assert_eq!(ratio.measure, Measure::LogRiskRatio);
    assert!((ratio.value.finite().unwrap() - 2.0_f64.ln()).abs() < 1e-9);
    let again = on(&averages.on_logs(Scale::LogitResponse).unwrap());
    assert!((again.value.finite().unwrap() - odds.value.finite().unwrap()).abs() < 1e-9);
    assert!((again.std_error.unwrap() - odds.std_error.unwrap()).abs() < 1e-9);
    // ½ σ² μ'' = ½ · 0.5 · 0.3 · 0.7 · 0.4
    let adjusted = means
        .back_transformed(&Response {
            variance: Some(0.5),
        })
        .unwrap();
    let adjusted = adjusted[0]
        .mean
        .estimable()
        .unwrap()
        .value
        .finite()
        .unwrap();
    assert!((adjusted - 0.321).abs() < 1e-9);
}

#[test]
fn adjustments_agree_where_they_must() {
    let (cells, y) = balanced([[6.0, 5.0, 3.5], [6.0, 4.0, 2.0]], 2.0);
    let fit = fitted(&cells, &y, treatment);
    let means = Means::of(&fit, Link::Identity, &grid(treatment)).unwrap();
    let p = |adjust: Adjust| -> Vec<f64> {
        let options = Contrasts {
            adjust: Some(adjust),
            by: vec!["arm".into()],
            ..Contrasts::default()
        };
        let sets = means.contrasts(&options).unwrap();
        let all = sets.iter().flat_map(|set| &set.contrasts);
        all.map(|one| one.estimable().unwrap().adjusted.p_value.unwrap())
            .collect()
    };
    let joint = Adjust::MultivariateT(QuasiMonteCarlo {
        seed: 5,
        error: 1e-4,
    });
    let all: [Vec<f64>; 6] = [
        p(Adjust::None),
        p(Adjust::Tukey),
        p(joint),
        p(Adjust::Sidak),
        p(Adjust::Bonferroni),
        p(Adjust::Holm),
    ];
    let [none, tukey, joint_p, sidak, bonferroni, holm] = &all;
    for (i, (&tukey, &joint)) in tukey.iter().zip(joint_p).enumerate() {
        let [none, sidak, bonferroni, holm] = [none, sidak, bonferroni, holm].map(|p| p[i]);
        // With equal errors Tukey's is the joint distribution itself.
        assert!((tukey - joint).abs() < 3e-4, "{tukey} {joint}");
        assert!(none <= tukey && tukey <= sidak && sidak <= bonferroni && holm <= bonferroni);
    }
    // An interval that leaves out zero goes with a p below 0.05.
    for adjust in [Adjust::Tukey, joint, Adjust::Sidak, Adjust::Bonferroni] {
        let options = Contrasts {
            adjust: Some(adjust),
            by: vec!["arm".into()],
            ..Contrasts::default()
        };
        for set in means.contrasts(&options).unwrap() {
            for one in &set.contrasts {
                let one = &one.estimable().unwrap().adjusted;
                let interval = one.interval.unwrap();
                let outside = interval.low.unwrap() > 0.0 || interval.high.unwrap() < 0.0;
                assert_eq!(outside, one.p_value.unwrap() < 0.05, "{one:?}");
            }
        }
    }
}

#[test]
fn a_margin_judges_each_contrast() {
    let (cells, y) = balanced(MEANS, 0.2);
    let fit = fitted(&cells, &y, treatment);
    let means = Means::of(&fit, Link::Identity, &grid(treatment)).unwrap();
    let options = Contrasts {
        equivalence: Some(Equivalence::within(0.5)),
        ..by_time(ContrastFamily::Pairwise)
    };
    let sets = means.contrasts(&options).unwrap();
    let conclusion = |set: usize| {
        let one = sets[set].contrasts[0].estimable().unwrap();
        one.equivalence.as_ref().unwrap().conclusion
    };
    assert_eq!(conclusion(0), Conclusion::Equivalent);
    assert_eq!(conclusion(2), Conclusion::Different);
}

#[test]
fn what_cannot_be_asked_is_refused() {
    let (cells, y) = balanced(MEANS, 1.0);
    let fit = fitted(&cells, &y, treatment);
    let grid = grid(treatment);
    let means = Means::of(&fit, Link::Identity, &grid).unwrap();
    let refused = |options: &Contrasts| means.contrasts(options).unwrap_err().to_string();
    let tukey = Contrasts {
        adjust: Some(Adjust::Tukey),
        ..Contrasts::of(ContrastFamily::Consecutive)
    };
    assert!(refused(&tukey).starts_with("Tukey's method for contrasts that are not all pairs"));
    let dunnett = Contrasts {
        adjust: Some(Adjust::Dunnett),
        ..Contrasts::default()
    };
    assert!(refused(&dunnett).starts_with("Dunnett's method"));
    let unknown = Contrasts {
        by: vec!["tim".into()],
        ..Contrasts::default()
    };
    assert!(refused(&unknown).contains("did you mean `time`"));
    let both = Contrasts {
        by: vec!["arm".into()],
        ..Contrasts::products(vec![FactorContrasts {
            of: "arm".into(),
            family: ContrastFamily::Pairwise,
        }])
    };
    assert!(refused(&both).contains("a factor of the interaction"));
    let other = Grid::new(columns(2), vec![], vec![], vec![]).unwrap();
    assert!(matches!(
        Means::of(&fit, Link::Identity, &other),
        Err(Error::Shape { .. })
    ));
    assert!(means.clone().with_df(-1.0).is_err());
    assert!(
        means
            .on_response(&Response {
                variance: Some(f64::NAN)
            })
            .is_err()
    );
    assert!(means.on_logs(Scale::LogResponse).is_err());
    let response = means.on_response(&Response::default()).unwrap();
    assert!(
        response.on_logs(Scale::Link).is_err()
            && response.on_response(&Response::default()).is_err()
    );
    // Means of six and five are no shares.
    let odds = response
        .on_logs(Scale::LogitResponse)
        .unwrap()
        .means()
        .unwrap();
    assert!(odds[0].mean.estimable().is_none());
    let text = r#"{"family": {"control": {"levels": "EKC"}}}"#;
    assert!(serde_json::from_str::<Contrasts>(text).is_err());
    let text =
        r#"{"family": {"control": {"level": "EKC"}}, "adjust": {"multivariate_t": {"seed": 1}}}"#;
    assert!(serde_json::from_str::<Contrasts>(text).is_ok());
}

#[test]
fn type_two_of_a_model_without_interaction_is_type_three() {
    let (cells, mut y) = balanced(MEANS, 2.0);
    y[0] += 1.0;
    let of = |arm: usize, wave: usize| treatment(arm, wave)[..4].to_vec();
    let mut rows: Vec<Vec<f64>> = cells.iter().map(|[arm, wave]| of(*arm, *wave)).collect();
    rows.pop();
    y.pop();
    let outcome = Outcome::Continuous(y.clone().into());
    let mut parts = design(matrix(&rows), outcome).into_parts();
    parts.mean.terms = [("(Intercept)", 0..1), ("arm", 1..2), ("time", 2..4)]
        .map(|(name, columns)| kring_core::Term {
            name: name.into(),
            columns,
        })
        .to_vec();
    let design = Design::new(parts).unwrap();
    let fit = Lm::default().fit(&design).unwrap();
    let second = term_tests_of_marginality(&fit, &design).unwrap();
    let terms = ["arm", "time"].map(|name| Term {
        name: name.into(),
        factors: vec![name.into()],
    });
    let third = term_tests_of_means(&fit, &grid(of), &terms).unwrap();
    for (a, b) in second.iter().zip(&third) {
        assert_eq!(a.label, b.label);
        assert!((a.statistic.unwrap() / b.statistic.unwrap() - 1.0).abs() < 1e-10);
    }
    assert_eq!(second.len(), 2);
}

/// Twenty families over the waves, their first half in the first arm, each with a level of its own; some rows are
/// missing. Scores, or counts.
fn families(noise: &[f64], count: bool, of: impl Fn(usize, usize) -> Vec<f64>) -> Design {
    let (mut rows, mut family, mut wave, mut y) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for f in 0..20_usize {
        for w in (0..WAVES).filter(|w| (f + w) % 7 > 0) {
            let at = MEANS[f / 10][w] + (f % 5) as f64 + noise[f * WAVES + w];
            rows.push(of(f / 10, w));
            family.push(u32::try_from(f).unwrap());
            wave.push(u32::try_from(w).unwrap());
            y.push(if count { at.max(0.0).round() } else { at });
        }
    }
    let named = |n: usize| (0..n).map(|i| i.to_string()).collect::<Vec<_>>();
    let family = Grouping::new("family", named(20), family);
    let y = Array1::from(y);
    let response = if count {
        Outcome::Count(y)
    } else {
        Outcome::Continuous(y)
    };
    let mut parts = design(matrix(&rows), response).into_parts();
    parts.mean.random = vec![RandomTerm {
        z: Array2::ones((rows.len(), 1)),
        columns: vec!["(Intercept)".into()],
        structure: RandomStructure::Unstructured,
        grouping: family.clone(),
    }];
    parts.groups.clusters = vec![family];
    parts.time = Some(Time {
        levels: named(WAVES),
        value: wave.iter().map(|&w| f64::from(w)).collect(),
        index: wave,
    });
    Design::new(parts).unwrap()
}

fn without_effects(design: Design) -> Design {
    let mut parts = design.into_parts();
    parts.mean.random.clear();
    Design::new(parts).unwrap()
}

/// Every kind of fit that knows families, of these noises and this coding.
fn fits(noise: &[f64], of: &dyn Fn(usize, usize) -> Vec<f64>) -> Vec<(Link, Box<dyn Fit>)> {
    let (score, count) = (families(noise, false, of), families(noise, true, of));
    let poisson = Family::Poisson;
    let lmm = Lmm {
        dof: Dof::KenwardRoger,
        ..Lmm::default()
    };
    let glmm = Glmm {
        family: poisson,
        ..Glmm::default()
    };
    let mixed: [(Link, Box<dyn Fit>); 2] = [
        (Link::Identity, Box::new(lmm.fit(&score).unwrap())),
        (Link::Log, Box::new(glmm.fit(&count).unwrap())),
    ];
    let (score, count) = (without_effects(score), without_effects(count));
    let gee = Gee {
        family: poisson,
        ..Gee::default()
    };
    let glm = Glm {
        family: poisson,
        ..Glm::default()
    };
    // Of few families drawn at random an unstructured covariance may be singular.
    let symmetric = Mmrm {
        structure: Structure::CompoundSymmetric,
        ..Mmrm::default()
    };
    let plain: [(Link, Box<dyn Fit>); 3] = [
        (Link::Identity, Box::new(symmetric.fit(&score).unwrap())),
        (Link::Log, Box::new(gee.fit(&count).unwrap())),
        (Link::Log, Box::new(glm.fit(&count).unwrap())),
    ];
    mixed.into_iter().chain(plain).collect()
}

fn noises(seed: f64) -> Vec<f64> {
    (0..60)
        .map(|i| 1.3 * (f64::from(i * i) * seed + seed).sin())
        .collect()
}

/// All figures of the contrasts of a fit.
fn figures(link: Link, fit: &dyn Fit, grid: &Grid) -> Vec<f64> {
    let means = Means::of(fit, link, grid).unwrap();
    let sets = means.contrasts(&by_time(ContrastFamily::Pairwise)).unwrap();
    let all = sets.iter().flat_map(|set| &set.contrasts);
    all.flat_map(|one| {
        let plain = &one.estimable().unwrap().plain;
        [plain.value.finite(), plain.std_error, plain.p_value].map(Option::unwrap)
    })
    .collect()
}

/// One, two and four threads give the same bits, whatever is fitted.
#[test]
fn threads_change_no_mean() {
    let noise = noises(0.7);
    let with = |threads: usize| -> Vec<u64> {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| {
            let all = fits(&noise, &treatment).into_iter();
            all.flat_map(|(link, fit)| figures(link, &*fit, &grid(treatment)))
                .map(f64::to_bits)
                .collect()
        })
    };
    let one = with(1);
    assert!(one.len() >= 45);
    assert_eq!(one, with(2));
    assert_eq!(one, with(4));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// So it is of every fit that knows families: only where a search ends differs, in its last digits.
    #[test]
    fn contrasts_of_no_fit_depend_on_the_coding(
        seed in 0.1..3.0f64,
        reference in (0..ARMS, 0..WAVES),
        sum in any::<bool>(),
    ) {
        let other = |arm: usize, wave: usize| row(arm, wave, [reference.0, reference.1], sum);
        let noise = noises(seed);
        let both = fits(&noise, &treatment).into_iter().zip(fits(&noise, &other));
        for (kind, ((link, one), (_, two))) in both.enumerate() {
            let (a, b) = (figures(link, &*one, &grid(treatment)), figures(link, &*two, &grid(other)));
            for (a, b) in a.iter().zip(&b) {
                prop_assert!((a - b).abs() < 1e-5 * (1.0 + a.abs()), "{kind}: {a} {b}");
            }
        }
    }

    /// Another reference level, or sums to zero in place of differences, changes no mean, contrast or test.
    #[test]
    fn contrasts_do_not_depend_on_the_coding(
        noise in prop::collection::vec(-3.0..3.0f64, 18),
        dropped in 0..12usize,
        reference in (0..ARMS, 0..WAVES),
        sum in any::<bool>(),
    ) {
        let (mut cells, mut y) = balanced(MEANS, 1.5);
        y.iter_mut().zip(&noise).for_each(|(y, e)| *y += e);
        cells.remove(dropped);
        y.remove(dropped);
        let other = |arm: usize, wave: usize| row(arm, wave, [reference.0, reference.1], sum);
        let (fit, coded) = (fitted(&cells, &y, treatment), fitted(&cells, &y, other));
        let (first, second) = (grid(treatment), grid(other));
        let a = Means::of(&fit, Link::Identity, &first).unwrap();
        let b = Means::of(&coded, Link::Identity, &second).unwrap();
        let options = Contrasts { adjust: Some(Adjust::Tukey), ..by_time(ContrastFamily::Pairwise) };
        for (one, two) in a.contrasts(&options).unwrap().iter().zip(&b.contrasts(&options).unwrap()) {
            let (x, y) = (one.contrasts[0].estimable().unwrap(), two.contrasts[0].estimable().unwrap());
            prop_assert!((x.plain.value.finite().unwrap() - y.plain.value.finite().unwrap()).abs() < 1e-9);
            prop_assert!((x.plain.std_error.unwrap() - y.plain.std_error.unwrap()).abs() < 1e-9);
            prop_assert!((x.adjusted.p_value.unwrap() - y.adjusted.p_value.unwrap()).abs() < 1e-8);
        }
        let terms = ["arm", "time", "arm:time"].map(|name| Term {
            name: name.into(),
            factors: name.split(':').map(str::to_owned).collect(),
        });
        let of = |fit: &dyn Fit, grid: &Grid| term_tests_of_means(fit, grid, &terms).unwrap();
        for (one, two) in of(&fit, &first).iter().zip(&of(&coded, &second)) {
            prop_assert!((one.statistic.unwrap() - two.statistic.unwrap()).abs() < 1e-7 * (1.0 + one.statistic.unwrap()));
        }
    }
}
