//! Linear mixed models: truths by hand, the criterion written out with dense matrices, equalities, every
//! refusal, and data nobody should fit.

use kring_core::{
    Caution, Component, Design, DesignParts, Grouping, Groups, Part, RandomStructure, RandomTerm,
    Reference, Response, WeightKind, Weights,
};
use kring_stats::lmm::{
    Dof, Estimation, ExactTest, Lmm, LmmFit, ParametricBootstrap, likelihood_ratio,
};
use kring_stats::prediction::{NewRows, Whose};
use kring_stats::seed::Seed;
use kring_stats::{Error, Fit};
use ndarray::{Array1, Array2, Axis, array};
use proptest::prelude::*;

/// A grouping of so many levels.
fn grouping(name: &str, index: &[u32]) -> Grouping {
    let levels = index.iter().max().map_or(0, |last| last + 1);
    Grouping::new(
        name,
        (0..levels).map(|i| format!("{name}{i}")).collect(),
        index.to_vec(),
    )
}

/// `(columns | group)`, with an intercept first.
fn random(group: &Grouping, columns: &[&[f64]], structure: RandomStructure) -> RandomTerm {
    let n = group.index.len();
    let mut names = vec!["(Intercept)".to_owned()];
    names.extend((1..=columns.len()).map(|j| format!("z{j}")));
    RandomTerm {
        grouping: group.clone(),
        z: Array2::from_shape_fn((n, columns.len() + 1), |(i, j)| match j {
            0 => 1.0,
            j => columns[j - 1][i],
        }),
        columns: names,
        structure,
    }
}

fn intercepts(group: &Grouping) -> RandomTerm {
    random(group, &[], RandomStructure::Unstructured)
}

fn parts(y: &[f64], columns: &[&[f64]], random: Vec<RandomTerm>) -> DesignParts {
    let n = y.len();
    let x = Array2::from_shape_fn((n, columns.len() + 1), |(i, j)| match j {
        0 => 1.0,
        j => columns[j - 1][i],
    });
    let mut names = vec!["(Intercept)".to_owned()];
    names.extend((1..=columns.len()).map(|j| format!("x{j}")));
    let mut mean = Part::fixed(x, names);
    mean.random = random;
    DesignParts {
        response: Response::Continuous(y.to_vec().into()),
        response_name: "problems".into(),
        mean,
        zero: None,
        dispersion: None,
        groups: Groups::default(),
        time: None,
        weights: None,
        source_rows: (0..n).collect(),
        omitted: vec![],
    }
}

fn design(y: &[f64], columns: &[&[f64]], random: Vec<RandomTerm>) -> Design {
    Design::new(parts(y, columns, random)).unwrap()
}

fn ml() -> Lmm {
    Lmm {
        estimation: Estimation::Ml,
        ..Lmm::default()
    }
}

#[track_caller]
fn close(ours: f64, truth: f64, tolerance: f64) {
    assert!(
        (ours - truth).abs() <= tolerance * truth.abs().max(1.0),
        "{ours} is not {truth}"
    );
}

/// What a simulated study looks like: families in teams, workers across them, four waves.
struct Study {
    y: Vec<f64>,
    wave: Vec<f64>,
    arm: Vec<f64>,
    family: Grouping,
    team: Grouping,
    worker: Grouping,
}

fn study(seed: u64, families: u32, sd: [f64; 4]) -> Study {
    let mut noise = Seed::new(seed).stream(0);
    let mut study = Study {
        y: vec![],
        wave: vec![],
        arm: vec![],
        family: grouping("family", &[]),
        team: grouping("team", &[]),
        worker: grouping("worker", &[]),
    };
    let teams: Vec<f64> = (0..4).map(|_| sd[1] * noise.normal()).collect();
    let workers: Vec<f64> = (0..5).map(|_| sd[2] * noise.normal()).collect();
    let (mut family, mut team, mut worker) = (vec![], vec![], vec![]);
    for f in 0..families {
        let (own, slope) = (sd[0] * noise.normal(), sd[3] * noise.normal());
        for w in 0..4_u32 {
            if w > 1 && noise.uniform() < 0.25 {
                continue;
            }
            let (t, k) = (f % 4, noise.below(5));
            family.push(f);
            team.push(t);
            worker.push(k);
            study.wave.push(f64::from(w));
            study.arm.push(f64::from(f / 4 % 2));
            let mean = 6.0 - 0.4 * f64::from(w) * (1.0 + f64::from(f / 4 % 2));
            let shared = own + slope * f64::from(w) + teams[t as usize] + workers[k as usize];
            study.y.push(mean + shared + noise.normal());
        }
    }
    study.family = grouping("family", &family);
    study.team = grouping("team", &team);
    study.worker = grouping("worker", &worker);
    study
}

/// The log-likelihood with V written out: an independent way.
fn dense(design: &Design, covariances: &[Array2<f64>], sigma: f64, estimation: Estimation) -> f64 {
    let n = design.rows();
    let part = design.mean();
    let mut v: Array2<f64> = Array2::zeros((n, n));
    for i in 0..n {
        let w = design.weights().map_or(1.0, |w| w.values[i]);
        v[[i, i]] = sigma * sigma / w;
        for (term, g) in part.random.iter().zip(covariances) {
            for j in 0..n {
                if term.grouping.index[i] == term.grouping.index[j] {
                    v[[i, j]] += term.z.row(i).dot(&g.dot(&term.z.row(j)));
                }
            }
        }
    }
    let y: Array1<f64> = design.response().numbers().unwrap().to_owned();
    let (ln_v, inverse) = gauss(&v);
    let xvx = part.x.t().dot(&inverse).dot(&part.x);
    let (ln_x, c) = gauss(&xvx);
    let beta = c.dot(&part.x.t().dot(&inverse).dot(&y));
    let e = &y - &part.x.dot(&beta);
    let rss = e.dot(&inverse.dot(&e));
    let (nu, ln_x) = match estimation {
        Estimation::Reml => (n as f64 - part.x.ncols() as f64, ln_x),
        Estimation::Ml => (n as f64, 0.0),
    };
    -0.5 * (ln_v + ln_x + rss + nu * (2.0 * std::f64::consts::PI).ln())
}

/// ln |A| and A⁻¹ of a positive definite matrix, by elimination.
fn gauss(a: &Array2<f64>) -> (f64, Array2<f64>) {
    let n = a.nrows();
    let (mut left, mut right) = (a.clone(), Array2::eye(n));
    let mut ln = 0.0;
    for j in 0..n {
        let d = left[[j, j]];
        ln += d.ln();
        for k in 0..n {
            left[[j, k]] /= d;
            right[[j, k]] /= d;
        }
        for i in (0..n).filter(|&i| i != j) {
            let x = left[[i, j]];
            for k in 0..n {
                let (l, r) = (left[[j, k]], right[[j, k]]);
                left[[i, k]] -= x * l;
                right[[i, k]] -= x * r;
            }
        }
    }
    (ln, right)
}

/// Every shape of random terms that the two engines know.
fn shapes(study: &Study) -> Vec<(&'static str, Vec<RandomTerm>)> {
    let wave: &[f64] = &study.wave;
    let slopes = |group: &Grouping, structure| random(group, &[wave], structure);
    vec![
        ("intercepts", vec![intercepts(&study.family)]),
        (
            "slopes",
            vec![slopes(&study.family, RandomStructure::Unstructured)],
        ),
        (
            "diagonal",
            vec![slopes(&study.family, RandomStructure::Diagonal)],
        ),
        (
            "compound",
            vec![slopes(&study.family, RandomStructure::CompoundSymmetry)],
        ),
        (
            "nested",
            vec![intercepts(&study.team), intercepts(&study.family)],
        ),
        (
            "nested slopes",
            vec![
                slopes(&study.team, RandomStructure::Unstructured),
                slopes(&study.family, RandomStructure::Unstructured),
            ],
        ),
        (
            "crossed",
            vec![intercepts(&study.family), intercepts(&study.worker)],
        ),
        (
            "crossed slopes",
            vec![
                slopes(&study.worker, RandomStructure::Unstructured),
                slopes(&study.family, RandomStructure::Diagonal),
            ],
        ),
        (
            "nested and crossed",
            vec![
                intercepts(&study.team),
                slopes(&study.family, RandomStructure::Unstructured),
                slopes(&study.worker, RandomStructure::Diagonal),
            ],
        ),
    ]
}

/// The likelihood is that of the dense matrices, at the optimum and away from it, and nowhere near the
/// optimum higher.
#[test]
fn the_likelihood_written_out() {
    for estimation in [Estimation::Reml, Estimation::Ml] {
        let study = study(3, 16, [1.0, 0.8, 0.7, 0.5]);
        for (name, terms) in shapes(&study) {
            let mut with = parts(&study.y, &[&study.wave, &study.arm], terms);
            with.weights = Some(Weights {
                kind: WeightKind::Precision,
                values: (0..study.y.len()).map(|i| 0.5 + (i % 3) as f64).collect(),
            });
            let design = Design::new(with).unwrap();
            let fit = Lmm {
                estimation,
                ..Lmm::default()
            }
            .fit(&design)
            .unwrap();
            let at = |covariances: &[Array2<f64>], sigma: f64| {
                let ours = fit.log_likelihood_at(covariances, sigma).unwrap();
                close(ours, dense(&design, covariances, sigma, estimation), 1e-10);
                ours
            };
            let best: Vec<Array2<f64>> = fit
                .random
                .iter()
                .map(|term| term.covariance.clone())
                .collect();
            let top = at(&best, fit.sigma);
            close(top, fit.criteria.log_likelihood, 1e-11);
            for (k, scale) in [(0, 1.02), (0, 0.98), (1, 1.01), (1, 0.99)] {
                let mut other = best.clone();
                if k == 0 {
                    for g in &mut other {
                        *g *= scale;
                    }
                }
                let sigma = if k == 1 { fit.sigma * scale } else { fit.sigma };
                assert!(at(&other, sigma) < top + 1e-9, "{name}");
            }
        }
    }
}

/// Both engines say the same: a second factor that adds nothing changes nothing.
#[test]
fn one_factor_by_blocks_and_by_the_root() {
    let study = study(4, 20, [1.2, 0.0, 0.0, 0.6]);
    let slopes = random(&study.family, &[&study.wave], RandomStructure::Unstructured);
    let columns: [&[f64]; 2] = [&study.wave, &study.arm];
    // Two halves that alternate within families: a factor whose variance comes out as zero.
    let half: Vec<u32> = study
        .family
        .index
        .iter()
        .zip([0, 1].into_iter().cycle())
        .map(|(_, h)| h)
        .collect();
    let design_one = design(&study.y, &columns, vec![slopes.clone()]);
    let design_two = design(
        &study.y,
        &columns,
        vec![slopes, intercepts(&grouping("half", &half))],
    );
    let one = Lmm::default().fit(&design_one).unwrap();
    let two = Lmm::default().fit(&design_two).unwrap();
    assert!(
        two.random[1].singular,
        "the halves were to have no variance: {:?}",
        two.random[1]
    );
    close(
        one.criteria.log_likelihood,
        two.criteria.log_likelihood,
        1e-10,
    );
    for (a, b) in one
        .estimates()
        .unwrap()
        .iter()
        .zip(two.estimates().unwrap())
    {
        close(a.value.finite().unwrap(), b.value.finite().unwrap(), 1e-6);
        close(a.std_error.unwrap(), b.std_error.unwrap(), 1e-6);
        close(a.reference.df().unwrap(), b.reference.df().unwrap(), 1e-4);
    }
    close(
        one.modes[0].values[[3, 1]],
        two.modes[0].values[[3, 1]],
        1e-5,
    );
    close(
        one.modes[0].std_deviations()[[3, 1]],
        two.modes[0].std_deviations()[[3, 1]],
        1e-5,
    );
}

/// In balance the estimates are those of the analysis of variance, and both tables are the exact one: of
/// 2 × 3 family means, 1 and 4 degrees of freedom for the arm.
#[test]
fn balance_by_hand() {
    let y = [4.5, 5.5, 6.5, 7.5, 8.0, 8.0, 2.5, 1.5, 2.5, 3.5, 1.5, 2.5];
    let family = grouping("family", &[0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5]);
    let arm: Vec<f64> = (0..12).map(|i| f64::from(u8::from(i >= 6))).collect();
    // Family means 5, 7, 8 and 2, 3, 2: squares around 20/3 and 7/3 are 14/3 and 2/3.
    let between: f64 = 2.0 * (14.0 / 3.0 + 2.0 / 3.0) / 4.0;
    let within: f64 = 5.0 * 0.5 / 6.0;
    for dof in [Dof::Satterthwaite, Dof::KenwardRoger] {
        let fit = Lmm {
            dof,
            ..Lmm::default()
        }
        .fit(&design(&y, &[&arm], vec![intercepts(&family)]))
        .unwrap();
        close(
            fit.random[0].covariance[[0, 0]],
            (between - within) / 2.0,
            1e-8,
        );
        close(fit.sigma.powi(2), within, 1e-8);
        let arm = &fit.estimates().unwrap()[1];
        close(arm.value.finite().unwrap(), 7.0 / 3.0 - 20.0 / 3.0, 1e-12);
        close(arm.reference.df().unwrap(), 4.0, 1e-6);
        // Two means of six rows each.
        close(arm.std_error.unwrap(), (between / 3.0).sqrt(), 1e-8);
        // The shrunken deviation of the first family: (1 − within/between) (5 − 20/3).
        close(
            fit.modes[0].values[[0, 0]],
            (1.0 - within / between) * (5.0 - 20.0 / 3.0),
            1e-8,
        );
    }
}

/// One kind of random effect that the data do not have: the least squares fit, with a caution.
#[test]
fn families_alike_are_a_solution() {
    let y = [1.0, 3.0, 1.0, 3.0, 2.0, 2.0];
    let family = grouping("family", &[0, 0, 1, 1, 2, 2]);
    let fit = Lmm::default()
        .fit(&design(&y, &[], vec![intercepts(&family)]))
        .unwrap();
    assert_eq!(fit.random[0].covariance[[0, 0]], 0.0);
    // Σ(y − 2)²/5
    close(fit.sigma.powi(2), 4.0 / 5.0, 1e-12);
    assert!(fit.modes[0].values.iter().all(|&b| b == 0.0));
    let sentence = |caution: &Caution| caution.sentence();
    let cautions = &fit.estimates().unwrap()[0].cautions;
    assert!(
        cautions
            .iter()
            .map(sentence)
            .any(|s| s.starts_with("Singular fit"))
    );
    let Component {
        value, at_boundary, ..
    } = fit.components[0].clone();
    assert!(value == 0.0 && at_boundary);
    assert!(fit.certificate.sentence().contains("at the edge"));
}

#[test]
fn what_cannot_be_fitted_is_refused() {
    let y = [1.0, 3.0, 2.0, 5.0, 4.0, 4.0];
    let by = |index: &[u32]| grouping("family", index);
    let refused = |parts: DesignParts| {
        Lmm::default()
            .fit(&Design::new(parts).unwrap())
            .unwrap_err()
    };
    let own = by(&[0, 1, 2, 3, 4, 5]);
    let message = refused(parts(&y, &[], vec![intercepts(&own)])).to_string();
    assert!(
        message.contains("1 random effect(s) for each of 6 levels of `family` with 6 rows"),
        "{message}"
    );
    let one = by(&[0; 6]);
    assert_eq!(
        refused(parts(&y, &[], vec![intercepts(&one)])).to_string(),
        "a linear mixed model needs at least 2 levels of `family`, but there is 1"
    );
    let pairs = by(&[0, 0, 0, 1, 1, 1]);
    let constant = random(&pairs, &[&[2.0; 6]], RandomStructure::Unstructured);
    let message = refused(parts(&y, &[], vec![constant])).to_string();
    assert!(
        message.contains("as with a random slope on a constant"),
        "{message}"
    );
    assert!(matches!(
        refused(parts(&[3.0; 6], &[], vec![intercepts(&pairs)])),
        Error::Constant { .. }
    ));
    assert!(matches!(
        refused(parts(&y, &[], vec![])),
        Error::Missing { .. }
    ));
    let mut of_sampling = parts(&y, &[], vec![intercepts(&pairs)]);
    of_sampling.weights = Some(Weights {
        kind: WeightKind::Sampling,
        values: Array1::ones(6),
    });
    assert!(
        refused(of_sampling)
            .to_string()
            .starts_with("sampling weights")
    );
    let mut ordinal = parts(&y, &[], vec![intercepts(&pairs)]);
    ordinal.response = Response::Ordinal {
        levels: vec!["low".into(), "high".into()],
        codes: vec![0, 1, 0, 1, 0, 1],
    };
    assert!(matches!(refused(ordinal), Error::Response { .. }));
    let mut nothing = parts(&y, &[], vec![intercepts(&pairs)]);
    nothing.weights = Some(Weights {
        kind: WeightKind::Precision,
        values: Array1::zeros(6),
    });
    assert!(matches!(refused(nothing), Error::TooFew { .. }));
    let huge: Vec<f64> = y.iter().map(|y| y * 1e200).collect();
    assert!(matches!(
        refused(parts(&huge, &[], vec![intercepts(&pairs)])),
        Error::Overflow { .. }
    ));
    let options = Lmm {
        dof: Dof::KenwardRoger,
        ..ml()
    };
    let design = design(&y, &[], vec![intercepts(&pairs)]);
    assert!(matches!(
        options.fit(&design),
        Err(Error::Unsupported { .. })
    ));
    let fit = Lmm::default().fit(&design).unwrap();
    assert!(fit.log_likelihood_at(&[array![[-1.0]]], 1.0).is_err());
    assert!(fit.log_likelihood_at(&[array![[1.0]]], 0.0).is_err());
    assert!(fit.log_likelihood_at(&[], 1.0).is_err());
}

/// What everybody gets of a fit under other circumstances.
fn figures(fit: &LmmFit) -> Vec<f64> {
    let mut all = vec![fit.sigma, fit.criteria.log_likelihood];
    for e in fit.estimates().unwrap() {
        all.extend([
            e.value.finite().unwrap(),
            e.std_error.unwrap(),
            e.reference.df().unwrap(),
        ]);
    }
    all.extend(fit.components.iter().map(|c| c.value));
    all
}

#[track_caller]
fn alike(a: &[f64], b: &[f64], tolerance: f64) {
    assert_eq!(a.len(), b.len());
    for (x, y) in a.iter().zip(b) {
        assert!(
            (x - y).abs() <= tolerance * x.abs().max(1e-3),
            "{a:?} and {b:?}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// The order of rows and the names of families do not matter.
    #[test]
    fn order_and_names_do_not_matter(seed in 0..1000_u64) {
        let study = study(seed, 14, [1.0, 0.5, 0.5, 0.5]);
        let columns: [&[f64]; 1] = [&study.wave];
        let n = study.y.len();
        let mut order: Vec<usize> = (0..n).collect();
        Seed::new(seed).child("order", 0).stream(0).shuffle(&mut order);
        let take = |x: &[f64]| order.iter().map(|&i| x[i]).collect::<Vec<f64>>();
        let other = |g: &Grouping| {
            let last = g.index.iter().max().unwrap();
            let index: Vec<u32> = order.iter().map(|&i| last - g.index[i]).collect();
            grouping(&g.name, &index)
        };
        for two in [false, true] {
            let mut terms = vec![random(&study.family, &[&study.wave], RandomStructure::Diagonal)];
            let (y, wave) = (take(&study.y), take(&study.wave));
            let mut shuffled = vec![random(&other(&study.family), &[&wave], RandomStructure::Diagonal)];
            if two {
                terms.push(intercepts(&study.worker));
                shuffled.push(intercepts(&other(&study.worker)));
            }
            let a = Lmm::default().fit(&design(&study.y, &columns, terms)).unwrap();
            let b = Lmm::default().fit(&design(&y, &[&wave], shuffled)).unwrap();
            // Where a variance is next to nothing its root has half the digits.
            prop_assert!((a.criteria.log_likelihood - b.criteria.log_likelihood).abs() < 1e-8);
            if !a.random.iter().any(|t| t.singular) {
                alike(&figures(&a), &figures(&b), 2e-5);
            }
        }
    }

    /// y → a + b y moves the estimates with it and leaves tests as they are.
    #[test]
    fn another_unit_is_the_same_study(seed in 0..1000_u64, a in -50.0..50.0f64, b in 0.001..1000.0f64) {
        let study = study(seed, 14, [1.0, 0.5, 0.5, 0.5]);
        let slopes = random(&study.family, &[&study.wave], RandomStructure::Unstructured);
        let one = Lmm::default().fit(&design(&study.y, &[&study.wave], vec![slopes.clone()])).unwrap();
        let moved: Vec<f64> = study.y.iter().map(|y| a + b * y).collect();
        let two = Lmm::default().fit(&design(&moved, &[&study.wave], vec![slopes])).unwrap();
        prop_assert!((two.sigma / one.sigma / b - 1.0).abs() < 1e-5);
        let (p, q) = (one.estimates().unwrap(), two.estimates().unwrap());
        prop_assert!((q[1].value.finite().unwrap() / b - p[1].value.finite().unwrap()).abs() < 1e-5);
        let n = study.y.len() as f64 - 2.0;
        let expected = one.criteria.log_likelihood - n * b.ln();
        prop_assert!((two.criteria.log_likelihood - expected).abs() < 1e-7 * expected.abs().max(1.0));
    }

    /// A frequency weight of k is k copies, and a precision weight of zero is no row.
    #[test]
    fn weights_are_copies(seed in 0..1000_u64) {
        let study = study(seed, 12, [1.0, 0.0, 0.7, 0.0]);
        let mut noise = Seed::new(seed).child("copies", 0).stream(0);
        let copies: Vec<u32> = study.y.iter().map(|_| noise.below(4)).collect();
        let rows: Vec<usize> = copies.iter().enumerate().flat_map(|(i, &k)| vec![i; k as usize]).collect();
        let take = |x: &[f64]| rows.iter().map(|&i| x[i]).collect::<Vec<f64>>();
        let of = |g: &Grouping| Grouping::new(g.name.clone(), g.levels.clone(), rows.iter().map(|&i| g.index[i]).collect());
        let terms = [intercepts(&study.family), intercepts(&study.worker)];
        let copied = [intercepts(&of(&study.family)), intercepts(&of(&study.worker))];
        for k in 1..=2 {
            let mut weighted = parts(&study.y, &[&study.wave], terms[..k].to_vec());
            weighted.weights = Some(Weights {
                kind: WeightKind::Frequency,
                values: copies.iter().map(|&k| f64::from(k)).collect(),
            });
            let a = Lmm::default().fit(&Design::new(weighted).unwrap()).unwrap();
            let b = Lmm::default().fit(&design(&take(&study.y), &[&take(&study.wave)], copied[..k].to_vec())).unwrap();
            prop_assert!((a.criteria.log_likelihood - b.criteria.log_likelihood).abs() < 1e-8);
            prop_assert!((a.criteria.bic - b.criteria.bic).abs() < 1e-7);
        }
    }
}

/// Years far from zero, units of all sizes, and columns that contain one another.
#[test]
fn hard_columns_keep_their_digits() {
    let study = study(9, 20, [1.0, 0.0, 0.0, 0.5]);
    let year: Vec<f64> = study.wave.iter().map(|w| 2_000_000.0 + w).collect();
    let plain = Lmm::default()
        .fit(&design(
            &study.y,
            &[&study.wave],
            vec![random(
                &study.family,
                &[&study.wave],
                RandomStructure::Unstructured,
            )],
        ))
        .unwrap();
    let far = Lmm::default()
        .fit(&design(
            &study.y,
            &[&year],
            vec![random(
                &study.family,
                &[&year],
                RandomStructure::Unstructured,
            )],
        ))
        .unwrap();
    close(
        plain.criteria.log_likelihood,
        far.criteria.log_likelihood,
        1e-9,
    );
    let (a, b) = (plain.estimates().unwrap(), far.estimates().unwrap());
    close(
        a[1].value.finite().unwrap(),
        b[1].value.finite().unwrap(),
        1e-8,
    );
    close(
        a[1].reference.df().unwrap(),
        b[1].reference.df().unwrap(),
        1e-5,
    );
    close(
        plain.random[0].covariance[[1, 1]],
        far.random[0].covariance[[1, 1]],
        1e-6,
    );

    let double: Vec<f64> = study.wave.iter().map(|w| 2.0 * w).collect();
    let with = Lmm::default()
        .fit(&design(
            &study.y,
            &[&study.wave, &double],
            vec![intercepts(&study.family)],
        ))
        .unwrap();
    assert_eq!(with.coefficients().aliased(), ["x2"]);
    let tiny: Vec<f64> = study.wave.iter().map(|w| w * 1e-9).collect();
    let small = Lmm::default()
        .fit(&design(
            &study.y,
            &[&tiny],
            vec![random(&study.family, &[&tiny], RandomStructure::Diagonal)],
        ))
        .unwrap();
    let ordinary = Lmm::default()
        .fit(&design(
            &study.y,
            &[&study.wave],
            vec![random(
                &study.family,
                &[&study.wave],
                RandomStructure::Diagonal,
            )],
        ))
        .unwrap();
    close(
        small.estimates().unwrap()[1].value.finite().unwrap() * 1e-9,
        ordinary.estimates().unwrap()[1].value.finite().unwrap(),
        1e-7,
    );
}

/// Nothing fixed at all, and a random term of nothing.
#[test]
fn without_fixed_or_random_columns() {
    let study = study(13, 12, [1.5, 0.0, 0.8, 0.0]);
    let terms = [intercepts(&study.family), intercepts(&study.worker)];
    for k in 1..=2 {
        let mut nothing = parts(&study.y, &[], terms[..k].to_vec());
        let n = study.y.len();
        let random = std::mem::take(&mut nothing.mean.random);
        nothing.mean = Part::fixed(Array2::zeros((n, 0)), vec![]);
        nothing.mean.random = random;
        let design = Design::new(nothing).unwrap();
        let fit = Lmm::default().fit(&design).unwrap();
        let covariances: Vec<Array2<f64>> =
            fit.random.iter().map(|t| t.covariance.clone()).collect();
        let ours = fit.log_likelihood_at(&covariances, fit.sigma).unwrap();
        close(ours, fit.criteria.log_likelihood, 1e-10);
        close(
            ours,
            dense(&design, &covariances, fit.sigma, Estimation::Ml),
            1e-10,
        );
        assert!(fit.estimates().unwrap().is_empty());
    }
    let mut empty = intercepts(&study.family);
    empty.z = Array2::zeros((study.y.len(), 0));
    empty.columns = vec![];
    let refused = Lmm::default()
        .fit(&design(&study.y, &[], vec![empty]))
        .unwrap_err();
    assert!(refused.to_string().contains("without effects"), "{refused}");
}

/// Exactly linear within families: no residual variance is left, and the search says so.
#[test]
fn a_fit_without_residuals_is_no_panic() {
    let study = study(14, 10, [1.0, 0.0, 0.0, 0.0]);
    let y: Vec<f64> = study
        .family
        .index
        .iter()
        .zip(&study.wave)
        .map(|(&f, wave)| f64::from(f % 3) + wave)
        .collect();
    let design = design(&y, &[&study.wave], vec![intercepts(&study.family)]);
    if let Ok(fit) = Lmm::default().fit(&design) {
        assert!(fit.sigma < 1e-3, "{}", fit.sigma);
    }
}

/// Joint tests and contrasts agree with their single ones.
#[test]
fn a_joint_test_of_one_is_the_square() {
    let study = study(11, 20, [1.0, 0.6, 0.4, 0.4]);
    for (_, terms) in shapes(&study) {
        for dof in [Dof::Satterthwaite, Dof::KenwardRoger, Dof::Normal] {
            let fit = Lmm {
                dof,
                ..Lmm::default()
            }
            .fit(&design(&study.y, &[&study.wave, &study.arm], terms.clone()))
            .unwrap();
            let c = array![0.0, 1.0, -0.5];
            let one = fit.contrast("c", c.view()).unwrap();
            let joint = fit.joint_test("c", c.view().insert_axis(Axis(0))).unwrap();
            let t = one.statistic().unwrap();
            close(joint.statistic.unwrap(), t * t, 1e-6);
            close(joint.p_value.unwrap(), one.p_value.unwrap(), 1e-6);
            if let Reference::StudentT { df } = one.reference {
                assert!(df > 0.5 && df < 1000.0);
            }
            let both = array![[0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
            let joint = fit.joint_test("both", both.view()).unwrap();
            assert!(joint.p_value.unwrap() <= 1.0);
        }
    }
}

/// A hundred thousand families of one or two waves.
#[test]
fn many_small_families() {
    let mut noise = Seed::new(21).stream(0);
    let (mut y, mut wave, mut family) = (vec![], vec![], vec![]);
    for f in 0..100_000_u32 {
        let own = noise.normal();
        for w in 0..=f % 2 {
            y.push(5.0 - 0.5 * f64::from(w) + own + noise.normal());
            wave.push(f64::from(w));
            family.push(f);
        }
    }
    let fit = Lmm::default()
        .fit(&design(
            &y,
            &[&wave],
            vec![intercepts(&grouping("family", &family))],
        ))
        .unwrap();
    close(fit.sigma, 1.0, 0.02);
    close(
        fit.estimates().unwrap()[1].value.finite().unwrap(),
        -0.5,
        0.05,
    );
}

/// One way in balance, four families of three: the test of the families is the F test of means.
fn one_way() -> (Design, f64) {
    let y = [3.0, 5.0, 4.0, 6.0, 7.0, 8.0, 2.0, 4.0, 6.0, 9.0, 5.0, 7.0];
    let family = grouping("family", &[0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3]);
    // Means 4, 7, 4, 7 around 5.5: 3 · 9 / 3 between, (2 + 2 + 8 + 8) / 8 within.
    (design(&y, &[], vec![intercepts(&family)]), 9.0 / 2.5)
}

#[test]
fn the_exact_test_in_balance_is_the_f_test() {
    let (design, f) = one_way();
    let fit = Lmm::default().fit(&design).unwrap();
    let options = ExactTest {
        replicates: 40_000,
        seed: Some(2011),
    };
    let found = options.test(&fit).unwrap();
    let reference = Reference::F {
        numerator: 3.0,
        denominator: 8.0,
    };
    let exact = kring_stats::dist::upper_tail(f, reference).unwrap();
    let Reference::Resampled { mcse, .. } = found.reference else {
        panic!("{found:?}")
    };
    assert!(
        (found.p_value.unwrap() - exact).abs() < 4.0 * mcse,
        "{found:?} against {exact}"
    );
    assert_eq!(found, options.test(&fit).unwrap());
    // Restricted likelihoods with F: n − r = 11; λ = (F − 1)/3, D = 20 + 27/(1 + 3λ).
    let lambda = (f - 1.0) / 3.0;
    let ratio = 11.0 * ((20.0 + 27.0) / (20.0 + 27.0 / (1.0 + 3.0 * lambda))).ln()
        - 3.0 * (1.0 + 3.0 * lambda).ln();
    close(found.statistic.unwrap(), ratio, 1e-8);
    assert!(ExactTest::default().test(&fit).is_err());
    let by_ml = ml().fit(&design).unwrap();
    assert!(options.test(&by_ml).is_err());
}

#[test]
fn likelihood_ratios_allow_for_the_edge() {
    let study = study(31, 24, [1.0, 0.0, 0.0, 0.4]);
    let slopes = random(&study.family, &[&study.wave], RandomStructure::Unstructured);
    let columns: [&[f64]; 1] = [&study.wave];
    let of = |terms, options: Lmm| options.fit(&design(&study.y, &columns, terms)).unwrap();
    let small = of(vec![intercepts(&study.family)], Lmm::default());
    let large = of(vec![slopes.clone()], Lmm::default());
    let found = likelihood_ratio(&small, &large).unwrap();
    let statistic = 2.0 * (large.criteria.log_likelihood - small.criteria.log_likelihood);
    close(found.statistic.unwrap(), statistic, 1e-10);
    let tail =
        |df: f64| kring_stats::dist::upper_tail(statistic, Reference::ChiSquared { df }).unwrap();
    close(found.p_value.unwrap(), 0.5 * (tail(1.0) + tail(2.0)), 1e-10);
    assert!(found.method.contains("½ χ²(1) + ½ χ²(2)"));
    let apart = random(&study.family, &[&study.wave], RandomStructure::Diagonal);
    let diagonal = of(vec![apart], Lmm::default());
    close(
        likelihood_ratio(&diagonal, &large)
            .unwrap()
            .reference
            .df()
            .unwrap(),
        1.0,
        0.0,
    );
    assert!(likelihood_ratio(&large, &small).is_err());
    assert!(likelihood_ratio(&small, &of(vec![slopes.clone()], ml())).is_err());
    let more = Lmm::default()
        .fit(&design(
            &study.y,
            &[&study.wave, &study.arm],
            vec![slopes.clone()],
        ))
        .unwrap();
    assert!(
        likelihood_ratio(&large, &more)
            .unwrap_err()
            .to_string()
            .contains("by maximum likelihood")
    );
    let (a, b) = (
        of(vec![slopes.clone()], ml()),
        ml().fit(&design(&study.y, &[&study.wave, &study.arm], vec![slopes]))
            .unwrap(),
    );
    close(
        likelihood_ratio(&a, &b).unwrap().reference.df().unwrap(),
        1.0,
        0.0,
    );
}

/// The ends of a profile are where −2ℓ has risen by χ², whatever the shape of the random effects.
#[test]
fn profiles_end_where_the_likelihood_has_fallen() {
    let study = study(17, 10, [1.0, 0.7, 0.7, 0.5]);
    for (name, terms) in shapes(&study) {
        // One term with slopes is enough: two of them cost as much as all the others.
        if name.ends_with(" slopes") {
            continue;
        }
        let design = design(&study.y, &[&study.wave, &study.arm], terms);
        let fit = Lmm::default().fit(&design).unwrap();
        let profiled = fit.profile().unwrap();
        let by_ml = ml().fit(&design).unwrap();
        for (a, b) in profiled.fixed.iter().zip(by_ml.estimates().unwrap()) {
            let interval = a.interval.unwrap();
            let (low, high) = (interval.low.unwrap(), interval.high.unwrap());
            let value = b.value.finite().unwrap();
            assert!(low < value && value < high, "{name}: {a:?}");
            // Near to Wald's, but wider.
            let wald = 1.96 * b.std_error.unwrap();
            assert!(
                (high - low) / (2.0 * wald) > 0.97 && (high - low) / (2.0 * wald) < 2.0,
                "{name}: {a:?}"
            );
        }
        for one in &profiled.components {
            let interval = one.interval.unwrap();
            assert!(interval.low.unwrap() <= one.value + 1e-9, "{name}: {one:?}");
            assert!(interval.high.unwrap() > one.value, "{name}: {one:?}");
        }
        assert_eq!(profiled.components.last().unwrap().group, "residual");
    }
}

/// Any range of replicates anywhere, put together, is the whole; threads do not matter.
#[test]
fn bootstrap_ranges_are_the_whole() {
    let study = study(5, 16, [1.0, 0.0, 0.6, 0.3]);
    let terms = [
        random(&study.family, &[&study.wave], RandomStructure::Unstructured),
        intercepts(&study.worker),
    ];
    for k in 1..=2 {
        let fit = Lmm::default()
            .fit(&design(&study.y, &[&study.wave], terms[..k].to_vec()))
            .unwrap();
        let of = |replicates| {
            ParametricBootstrap {
                replicates,
                seed: Some(7),
            }
            .fits(&fit)
            .unwrap()
        };
        let whole = of(0..60);
        let parts = of(40..60).merge(of(0..40)).unwrap();
        assert_eq!(whole, parts);
        assert!(of(0..40).merge(of(30..50)).is_err());
        let summaries = whole.summaries(0.9).unwrap();
        let slope = &summaries[1];
        assert_eq!(slope.name, "x1");
        let wald = fit.estimates().unwrap()[1].std_error.unwrap();
        assert!(
            (slope.std_error / wald - 1.0).abs() < 0.4,
            "{slope:?} against {wald}"
        );
        assert!(
            slope.interval.low.unwrap() < slope.estimate
                && slope.estimate < slope.interval.high.unwrap()
        );
        let residual = summaries.last().unwrap();
        assert!((residual.estimate / fit.sigma - 1.0).abs() < 1e-12 && residual.bias.abs() < 0.2);
        assert!(ParametricBootstrap::default().fits(&fit).is_err());
    }
}

/// With one factor the two arms have variances of their own; the likelihood is that of the dense matrices at
/// our estimates, and no smaller when a ratio is moved.
#[test]
fn residual_variances_that_differ() {
    let s = study(31, 24, [1.0, 0.0, 0.8, 0.0]);
    for (estimation, random) in [
        (Estimation::Reml, vec![intercepts(&s.family)]),
        (
            Estimation::Ml,
            vec![intercepts(&s.family), intercepts(&s.worker)],
        ),
        (
            Estimation::Ml,
            vec![
                intercepts(&s.family),
                intercepts(&s.team),
                intercepts(&s.worker),
            ],
        ),
    ] {
        let mut of = parts(&s.y, &[&s.wave], random);
        let n = s.y.len();
        let d = Array2::from_shape_fn((n, 2), |(i, j)| if j == 0 { 1.0 } else { s.arm[i] });
        let columns = vec!["(Intercept)".to_owned(), "arm".to_owned()];
        of.dispersion = Some(Part::fixed(d, columns));
        let fit = Lmm {
            estimation,
            ..Lmm::default()
        }
        .fit(&Design::new(of.clone()).unwrap())
        .unwrap();
        let spread = fit.dispersion().unwrap();
        let ratio = spread.coefficients().values[1].exp();
        close(fit.sigma.ln(), spread.coefficients().values[0], 1e-9);
        // The same as precision weights that are known.
        let known = |ratio: f64| {
            let mut weighted = of.clone();
            weighted.dispersion = None;
            weighted.weights = Some(Weights {
                kind: WeightKind::Precision,
                values: s.arm.iter().map(|&arm| ratio.powf(-2.0 * arm)).collect(),
            });
            Lmm {
                estimation,
                ..Lmm::default()
            }
            .fit(&Design::new(weighted).unwrap())
            .unwrap()
            .criteria
            .log_likelihood
        };
        let best = known(ratio);
        close(fit.criteria.log_likelihood, best, 1e-9);
        assert!(known(ratio * 1.02) < best && known(ratio / 1.02) < best);
        // The error by the curvature of the profile.
        let h = 1e-2_f64;
        let curvature = (2.0 * best - known(ratio * h.exp()) - known(ratio * (-h).exp())) / (h * h);
        let error = spread.coefficients().covariance.as_ref().unwrap()[[1, 1]].sqrt();
        close(error, curvature.sqrt().recip(), 1e-3);
        assert!(fit.profile().is_err());
        let plain = Lmm {
            estimation,
            ..Lmm::default()
        };
        let mut homogeneous = of.clone();
        homogeneous.dispersion = None;
        let smaller = plain.fit(&Design::new(homogeneous).unwrap()).unwrap();
        let test = likelihood_ratio(&smaller, &fit).unwrap();
        assert!(matches!(test.reference, Reference::ChiSquared { df } if df == 1.0));
    }
}

/// By hand in balance: three families of two waves, 1, 3; 6, 8; 8, 10. The mean is 6, the variances are 12 and 2,
/// the shrinkage 12/13, and the error of a known family that of the shrunken mean.
#[test]
fn predictions_by_hand() {
    let family = grouping("family", &[0, 0, 1, 1, 2, 2]);
    let of = parts(
        &[1.0, 3.0, 6.0, 8.0, 8.0, 10.0],
        &[],
        vec![intercepts(&family)],
    );
    let fit = Lmm::default().fit(&Design::new(of).unwrap()).unwrap();
    let mut rows = Part::fixed(Array2::ones((2, 1)), vec!["(Intercept)".into()]);
    let mut new = grouping("family", &[0, 1]);
    new.levels = vec!["family0".into(), "somebody new".into()];
    rows.random = vec![intercepts(&new)];
    let families = fit.predict(&NewRows::of(&rows), Whose::Families).unwrap();
    close(families.values[0], 6.0 - 4.0 * 12.0 / 13.0, 1e-7);
    close(families.values[1], 6.0, 1e-12);
    assert_eq!(families.unknown, [1]);
    // μ has variance 26/6; b given μ 12 · 2/26; the mean moves by 1/13 with μ where b is shrunk by 12/13.
    close(
        families.std_errors[0].powi(2),
        12.0 / 13.0 + 26.0 / 6.0 / 169.0,
        1e-6,
    );
    close(families.std_errors[1].powi(2), 26.0 / 6.0 + 12.0, 1e-6);
    let population = fit.predict(&NewRows::of(&rows), Whose::Population).unwrap();
    close(population.std_errors[0].powi(2), 26.0 / 6.0, 1e-6);
    // t with two degrees of freedom: 4.302653; a new observation of a new family has 12 + 2 more.
    let band = population.observation.unwrap();
    close(
        band.high[0],
        6.0 + 4.302_652_729_7 * (26.0_f64 / 6.0 + 14.0).sqrt(),
        1e-5,
    );
    // Without its random terms only the population can be predicted, and no new observation.
    let bare = Part::fixed(Array2::ones((1, 1)), vec!["(Intercept)".into()]);
    assert!(fit.predict(&NewRows::of(&bare), Whose::Families).is_err());
    let found = fit.predict(&NewRows::of(&bare), Whose::Population).unwrap();
    assert!(found.observation.is_none());
    let wide = Part::fixed(Array2::ones((1, 2)), vec!["a".into(), "b".into()]);
    assert!(fit.predict(&NewRows::of(&wide), Whose::Population).is_err());
}

/// Crossed, nested and sloped: the errors of known families are those of Henderson's equations, also of levels
/// that never met.
#[test]
fn errors_of_predictions_are_hendersons() {
    let s = study(7, 12, [1.0, 0.6, 0.8, 0.3]);
    let slopes = random(&s.family, &[&s.wave], RandomStructure::Unstructured);
    let of = parts(&s.y, &[&s.wave], vec![slopes, intercepts(&s.worker)]);
    let design = Design::new(of).unwrap();
    let fit = Lmm::default().fit(&design).unwrap();
    let n = s.y.len();
    let (x, terms) = (&design.mean().x, &design.mean().random);
    let mut z: Array2<f64> = Array2::zeros((n, 2 * 12 + 5));
    let mut g: Array2<f64> = Array2::zeros((29, 29));
    for i in 0..n {
        let (f, w) = (s.family.index[i] as usize, s.worker.index[i] as usize);
        z[[i, 2 * f]] = 1.0;
        z[[i, 2 * f + 1]] = terms[0].z[[i, 1]];
        z[[i, 24 + w]] = 1.0;
    }
    for f in 0..12 {
        for a in 0..2 {
            for b in 0..2 {
                g[[2 * f + a, 2 * f + b]] = fit.random[0].covariance[[a, b]];
            }
        }
    }
    for w in 0..5 {
        g[[24 + w, 24 + w]] = fit.random[1].covariance[[0, 0]];
    }
    let v = z.dot(&g).dot(&z.t()) + Array2::<f64>::eye(n) * fit.sigma.powi(2);
    let solve = |b: &Array2<f64>| solved(&v, b);
    let information = x.t().dot(&solve(x));
    let predicted = fit
        .predict(&NewRows::of(design.mean()), Whose::Families)
        .unwrap();
    // Family 0 with every worker: those that it met and those that it did not.
    let mut rows = Part::fixed(
        Array2::from_shape_fn((5, 2), |(_, j)| if j == 0 { 1.0 } else { 1.5 }),
        design.mean().columns.clone(),
    );
    let mut of_family = random(
        &Grouping::new("family", s.family.levels.clone(), vec![0; 5]),
        &[&[1.5; 5]],
        RandomStructure::Unstructured,
    );
    of_family.columns.clone_from(&terms[0].columns);
    rows.random = vec![
        of_family,
        intercepts(&Grouping::new(
            "worker",
            s.worker.levels.clone(),
            (0..5).collect(),
        )),
    ];
    let others = fit.predict(&NewRows::of(&rows), Whose::Families).unwrap();
    let error = |x_i: &Array1<f64>, z_i: &Array1<f64>| {
        // Var(x'β̂ + z'(b̂ − b)): GLS, then the best linear predictor.
        let zg = g.dot(z_i);
        let c = z.dot(&zg);
        let vc = solve(&c.clone().insert_axis(Axis(1))).column(0).to_owned();
        let left = x_i - &x.t().dot(&vc);
        let fixed = solved(&information, &left.clone().insert_axis(Axis(1)));
        z_i.dot(&zg) - c.dot(&vc) + left.dot(&fixed.column(0))
    };
    for i in 0..n {
        let truth = error(&x.row(i).to_owned(), &z.row(i).to_owned());
        close(predicted.std_errors[i].powi(2), truth, 1e-7);
        close(predicted.values[i], fit.fitted[i], 1e-9);
    }
    for w in 0..5 {
        let mut z_i = Array1::zeros(29);
        (z_i[0], z_i[1], z_i[24 + w]) = (1.0, 1.5, 1.0);
        let truth = error(&array![1.0, 1.5], &z_i);
        close(others.std_errors[w].powi(2), truth, 1e-7);
    }
}

/// A⁻¹B by elimination with pivoting.
fn solved(a: &Array2<f64>, b: &Array2<f64>) -> Array2<f64> {
    let n = a.nrows();
    let (mut a, mut b) = (a.clone(), b.clone());
    for j in 0..n {
        let pivot = (j..n)
            .max_by(|&p, &q| a[[p, j]].abs().total_cmp(&a[[q, j]].abs()))
            .unwrap();
        for k in 0..n {
            a.swap([j, k], [pivot, k]);
        }
        for k in 0..b.ncols() {
            b.swap([j, k], [pivot, k]);
        }
        for i in (0..n).filter(|&i| i != j) {
            let x = a[[i, j]] / a[[j, j]];
            for k in j..n {
                a[[i, k]] -= x * a[[j, k]];
            }
            for k in 0..b.ncols() {
                b[[i, k]] -= x * b[[j, k]];
            }
        }
    }
    for i in 0..n {
        for k in 0..b.ncols() {
            b[[i, k]] /= a[[i, i]];
        }
    }
    b
}

/// Without each family as when its rows are not there and the variances are held: with equal numbers of rows a
/// refit at those variances gives the same, here through precision weights of nearly nothing.
#[test]
fn influence_is_leaving_out() {
    let s = study(5, 9, [1.0, 0.0, 0.0, 0.3]);
    let slopes = random(&s.family, &[&s.wave], RandomStructure::Unstructured);
    let of = parts(&s.y, &[&s.wave, &s.arm], vec![slopes]);
    let design = Design::new(of).unwrap();
    let fit = Lmm::default().fit(&design).unwrap();
    let found = fit.influence().unwrap();
    assert_eq!(found.levels.len(), 9);
    let (x, n) = (&design.mean().x, s.y.len());
    let g = &fit.random[0].covariance;
    for (family, row) in found.without.rows().into_iter().enumerate() {
        let rest: Vec<usize> = (0..n)
            .filter(|&i| s.family.index[i] as usize != family)
            .collect();
        let v = Array2::from_shape_fn((rest.len(), rest.len()), |(a, b)| {
            let (i, j) = (rest[a], rest[b]);
            let own = if i == j { fit.sigma.powi(2) } else { 0.0 };
            if s.family.index[i] == s.family.index[j] {
                let z = |i: usize| array![1.0, s.wave[i]];
                own + z(i).dot(&g.dot(&z(j)))
            } else {
                own
            }
        });
        let x = x.select(Axis(0), &rest);
        let y = Array2::from_shape_fn((rest.len(), 1), |(a, _)| s.y[rest[a]]);
        let beta = solved(&x.t().dot(&solved(&v, &x)), &x.t().dot(&solved(&v, &y)));
        for (ours, truth) in row.iter().zip(&beta) {
            close(*ours, *truth, 1e-8);
        }
    }
    // Of two families in an arm of its own each, neither can be spared.
    let two = grouping("family", &[0, 0, 0, 1, 1, 1]);
    let y = [1.0, 3.0, 2.5, 6.0, 8.0, 7.0];
    let arm = [0.0, 0.0, 0.0, 1.0, 1.0, 1.0];
    let fit = ml().fit(&design_of_two(&y, &arm, &two)).unwrap();
    assert_eq!(fit.influence().unwrap().indispensable.len(), 2);
    let crossed = parts(
        &s.y,
        &[],
        vec![intercepts(&s.family), intercepts(&s.worker)],
    );
    let crossed = Lmm::default().fit(&Design::new(crossed).unwrap()).unwrap();
    assert!(crossed.influence().is_err());
}

fn design_of_two(y: &[f64], arm: &[f64], family: &Grouping) -> Design {
    design(y, &[arm], vec![intercepts(family)])
}
