//! Marginal models: truths by hand, equalities, every refusal, and data nobody should fit.

use kring_core::{
    Caution, Design, DesignParts, Grouping, Groups, Measure, Part, Reference, Response, Time,
    WeightKind, Weights,
};
use kring_stats::family::{Family, Link};
use kring_stats::gee::{
    AlternatingLogistic, AlternatingLogisticFit, Correlation, Dof, Gee, GeeCovariance, GeeFit,
    Place, Scale,
};
use kring_stats::glm::{Glm, ResidualKind};
use kring_stats::{Covariance, Error, Fit};
use ndarray::{Array1, Array2, array};
use proptest::prelude::*;

const ALL: [GeeCovariance; 9] = [
    GeeCovariance::ModelBased,
    GeeCovariance::Robust,
    GeeCovariance::Jackknife,
    GeeCovariance::ManclDerouen,
    GeeCovariance::KauermannCarroll,
    GeeCovariance::FayGraubard,
    GeeCovariance::MorelBokossaNeerchal,
    GeeCovariance::Pan,
    GeeCovariance::WangLong,
];

/// Rows of families at waves; `x` are the columns besides the intercept.
#[derive(Debug, Clone)]
struct Rows {
    y: Vec<f64>,
    x: Vec<Vec<f64>>,
    family: Vec<u32>,
    wave: Vec<u32>,
}

impl Rows {
    fn parts(&self) -> DesignParts {
        let n = self.y.len();
        let x = Array2::from_shape_fn((n, self.x.len() + 1), |(i, j)| match j {
            0 => 1.0,
            j => self.x[j - 1][i],
        });
        let mut names = vec!["(Intercept)".to_owned()];
        names.extend((1..=self.x.len()).map(|j| format!("x{j}")));
        let waves = self.wave.iter().max().unwrap() + 1;
        DesignParts {
            response: Response::Continuous(self.y.clone().into()),
            response_name: "problems".into(),
            mean: Part::fixed(x, names),
            zero: None,
            dispersion: None,
            groups: Groups {
                clusters: vec![grouping("family", &self.family)],
                ..Groups::default()
            },
            time: Some(Time {
                levels: (0..waves).map(|w| format!("T{w}")).collect(),
                index: self.wave.clone(),
                value: self.wave.iter().map(|&w| f64::from(w)).collect(),
            }),
            weights: None,
            source_rows: (0..n).collect(),
            omitted: vec![],
        }
    }

    fn design(&self) -> Design {
        Design::new(self.parts()).unwrap()
    }

    /// The same rows in another order.
    fn shuffled(&self, order: &[usize]) -> Self {
        let of = |x: &[f64]| order.iter().map(|&i| x[i]).collect::<Vec<_>>();
        Self {
            y: of(&self.y),
            x: self.x.iter().map(|x| of(x)).collect(),
            family: order.iter().map(|&i| self.family[i]).collect(),
            wave: order.iter().map(|&i| self.wave[i]).collect(),
        }
    }
}

fn grouping(name: &str, index: &[u32]) -> Grouping {
    let levels = index.iter().max().map_or(0, |last| last + 1);
    let levels = (0..levels).map(|i| format!("{name} {i}")).collect();
    Grouping::new(name, levels, index.to_vec())
}

/// Three families of two waves, with the mean 3 and residuals −2, 0, 1, 3, −1, −1.
fn three() -> Rows {
    Rows {
        y: vec![1.0, 3.0, 4.0, 6.0, 2.0, 2.0],
        x: vec![],
        family: vec![0, 0, 1, 1, 2, 2],
        wave: vec![0, 1, 0, 1, 0, 1],
    }
}

/// Eight families with up to four waves, one column between and one within them.
fn eight() -> Rows {
    let y = [
        5.0, 6.0, 3.0, 4.0, 2.0, 1.0, 2.0, 7.0, 4.0, 6.0, 5.0, 3.0, 1.0, 0.0, 2.0, 3.0, 4.0, 4.0,
        2.0, 8.0, 6.0, 5.0, 1.0, 2.0, 2.0, 3.0,
    ];
    let family = [
        0, 0, 0, 0, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 4, 4, 4, 4, 5, 6, 6, 6, 7, 7, 7, 7,
    ];
    let wave = [
        0, 1, 2, 3, 0, 1, 3, 0, 1, 2, 3, 0, 2, 3, 0, 1, 2, 3, 2, 0, 1, 2, 0, 1, 2, 3,
    ];
    Rows {
        y: y.to_vec(),
        x: vec![
            family.iter().map(|f| f64::from(f % 2)).collect(),
            wave.iter().map(|&w| f64::from(w)).collect(),
        ],
        family: family.to_vec(),
        wave: wave.to_vec(),
    }
}

fn with(correlation: Correlation) -> Gee {
    Gee {
        correlation,
        ..Gee::default()
    }
}

fn se(fit: &GeeFit) -> Vec<f64> {
    let covariance = fit.coefficients().covariance.as_ref().unwrap();
    covariance.diag().mapv(f64::sqrt).to_vec()
}

fn near(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * (1.0 + b.abs())
}

fn all_near(a: &[f64], b: &[f64]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(&a, &b)| near(a, b))
}

/// By hand: φ = 16/6 = 8/3, α = (0 + 3 + 1)/3 / φ = ½. V_i = φ (1, ½; ½, 1), 1'V⁻¹1 = 2 / (φ · 3/2) = ½
/// of each family: H = 3/2. Scores are half the residuals' sums over φ · 3/2 = 4, that is −½, 1, −½.
#[test]
fn three_families_by_hand() {
    let fit = Gee::default().fit(&three().design()).unwrap();
    assert!(near(fit.coefficients().values[0], 3.0));
    assert!(near(fit.scale[0].value, 8.0 / 3.0));
    assert!(near(fit.correlation[0].value, 0.5));
    let by = |covariance| se(&fit.with_covariance(covariance, None).unwrap())[0].powi(2);
    let h = 1.5;
    let meat = 0.25 + 1.0 + 0.25;
    assert!(near(by(GeeCovariance::ModelBased), 1.0 / h));
    assert!(near(by(GeeCovariance::Robust), meat / (h * h)));
    // Each family has a third of the information: the leverage is 1/3.
    let left: f64 = 2.0 / 3.0;
    assert!(near(
        by(GeeCovariance::KauermannCarroll),
        meat / left / (h * h)
    ));
    let mancl = meat / (left * left) / (h * h);
    assert!(near(by(GeeCovariance::ManclDerouen), mancl));
    // β, φ and α are three parameters of three families.
    assert!(by(GeeCovariance::Jackknife).abs() < 1e-15);
    assert!(near(by(GeeCovariance::FayGraubard), meat / left / (h * h)));
    // k = 5/5 · 3/2; tr = k M / H = 1.5; d = min(½, ½).
    let k = 1.5;
    let expected = k * meat / (h * h) + 0.5 * (k * meat / h) / h;
    assert!(near(by(GeeCovariance::MorelBokossaNeerchal), expected));
    // Balanced: Satterthwaite's degrees of freedom are those of three family means.
    let e = &fit.estimates().unwrap()[0];
    assert!(near(e.reference.df().unwrap(), 2.0));
    assert_eq!(e.measure, Measure::Coefficient { unit: None });
    assert_eq!(e.sample.clusters, Some(3));
}

/// Pan's covariance of the two waves: residuals (−2, 0), (1, 3), (−1, −1), so C = (2, 4/3; 4/3, 10/3), and
/// with V⁻¹1 ∝ 1 the variance of β is 1'C1 / 4 / 3 = 8 / 12.
#[test]
fn the_pooled_covariance_by_hand() {
    let fit = Gee {
        covariance: GeeCovariance::Pan,
        ..Gee::default()
    }
    .fit(&three().design())
    .unwrap();
    assert!(near(se(&fit)[0].powi(2), 8.0 / 12.0));
    // Leverages of a third: residuals along 1 are half as large again.
    let more = fit.with_covariance(GeeCovariance::WangLong, None).unwrap();
    assert!(near(se(&more)[0].powi(2), 8.0 / 12.0 * 2.25));
    assert!(near(
        more.reference(array![1.0].view()).unwrap().df().unwrap(),
        2.0
    ));
}

#[test]
fn every_correlation_of_two_waves_is_the_exchangeable_one() {
    let design = three().design();
    let exchangeable = Gee::default().fit(&design).unwrap();
    let others = [
        Correlation::Ar1,
        Correlation::Unstructured,
        Correlation::MDependent(1),
        Correlation::MDependent(7),
        Correlation::Fixed(vec![vec![1.0, 0.5], vec![0.5, 1.0]]),
        Correlation::NestedExchangeable,
    ];
    for correlation in others {
        let fit = with(correlation.clone()).fit(&design).unwrap();
        assert!(all_near(&se(&fit), &se(&exchangeable)), "{correlation:?}");
        let working = fit.working_correlation();
        assert!(near(working[[1, 0]], 0.5) && working[[0, 0]] == 1.0);
    }
}

#[test]
fn the_order_of_the_rows_does_not_matter() {
    let rows = eight();
    let n = rows.y.len();
    let order: Vec<usize> = (0..n).map(|i| (i * 11 + 5) % n).collect();
    let mut seen = order.clone();
    seen.sort_unstable();
    assert_eq!(seen, (0..n).collect::<Vec<_>>());
    for correlation in [
        Correlation::Independence,
        Correlation::Exchangeable,
        Correlation::Ar1,
        Correlation::MDependent(1),
    ] {
        for covariance in ALL {
            let gee = Gee {
                covariance,
                correlation: correlation.clone(),
                ..Gee::default()
            };
            let a = gee.fit(&rows.design()).unwrap();
            let b = gee.fit(&rows.shuffled(&order).design()).unwrap();
            assert!(all_near(&se(&a), &se(&b)), "{covariance:?} {correlation:?}");
            for (place, &row) in order.iter().enumerate() {
                assert!(near(b.fitted[place], a.fitted[row]));
            }
        }
    }
}

/// A gap counts: with the wave in the middle missing, what is left is two waves apart.
#[test]
fn waves_are_placed_by_time() {
    let mut rows = three();
    rows.wave = vec![0, 2, 0, 2, 0, 2];
    let fit = with(Correlation::Ar1).fit(&rows.design()).unwrap();
    assert!(near(fit.correlation[0].value, 0.5));
    assert_eq!(fit.correlation[0].label, "distance 2");
    rows.wave = vec![0, 1, 0, 2, 0, 1];
    let fit = with(Correlation::Ar1).fit(&rows.design()).unwrap();
    // (z̄₁ − ρ)² · 2 + (z₂ − ρ²)² is smallest: z̄₁ = (0 + 1)/2 / φ, z₂ = 3 / φ of the fit.
    let rho = fit.correlation[0].value;
    let beta = fit.coefficients().values[0];
    let phi = fit.scale[0].value;
    let z = |a: f64, b: f64| (a - beta) * (b - beta) / phi;
    let slope = (z(1.0, 3.0) - rho) + (z(2.0, 2.0) - rho) + 2.0 * rho * (z(4.0, 6.0) - rho * rho);
    assert!(slope.abs() < 1e-9 && rho > 0.0);
    // By their order they are all one apart.
    let by_order = Gee {
        place: Place::Order,
        ..with(Correlation::Ar1)
    };
    let fit = by_order.fit(&rows.design()).unwrap();
    assert!(near(fit.correlation[0].value, 0.5));
}

/// Kauermann and Carroll's root is CR2's only where rows have one variance: else CR2 takes another root.
#[test]
fn independence_is_the_generalised_linear_model_by_cluster() {
    for (family, ours, theirs) in [
        (Family::Poisson, GeeCovariance::Robust, Covariance::Cr0),
        (
            Family::Poisson,
            GeeCovariance::ManclDerouen,
            Covariance::Cr3,
        ),
        (Family::Gaussian, GeeCovariance::Robust, Covariance::Cr0),
        (
            Family::Gaussian,
            GeeCovariance::KauermannCarroll,
            Covariance::Cr2,
        ),
        (
            Family::Gaussian,
            GeeCovariance::ManclDerouen,
            Covariance::Cr3,
        ),
    ] {
        let gee = Gee {
            family,
            covariance: ours,
            dof: Some(Dof::Satterthwaite),
            ..with(Correlation::Independence)
        };
        let glm = Glm {
            family,
            covariance: theirs,
            ..Glm::default()
        };
        let design = eight().design();
        let (gee, glm) = (gee.fit(&design).unwrap(), glm.fit(&design).unwrap());
        let (a, b) = (gee.estimates().unwrap(), glm.estimates().unwrap());
        for (a, b) in a.iter().zip(&b) {
            assert!(near(a.value.finite().unwrap(), b.value.finite().unwrap()));
            assert!(near(a.std_error.unwrap(), b.std_error.unwrap()), "{ours:?}");
            assert!(near(a.reference.df().unwrap(), b.reference.df().unwrap()));
        }
        let rows = array![[0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
        let (a, b) = (
            gee.joint_test("both", rows.view()).unwrap(),
            glm.joint_test("both", rows.view()).unwrap(),
        );
        assert!(near(a.statistic.unwrap(), b.statistic.unwrap()));
        assert!(near(a.reference.df().unwrap(), b.reference.df().unwrap()));
    }
}

/// The exchangeable correlation is the nest of one level, and a nest whose inner groups are single rows.
#[test]
fn nests_within_nests() {
    let rows = eight();
    let exchangeable = with(Correlation::Exchangeable).fit(&rows.design()).unwrap();
    let nested = with(Correlation::NestedExchangeable);
    let mut parts = rows.parts();
    let single: Vec<u32> = (0..26).collect();
    parts.groups.clusters.push(grouping("child", &single));
    let fit = nested.fit(&Design::new(parts).unwrap()).unwrap();
    assert!(all_near(&se(&fit), &se(&exchangeable)));
    assert_eq!(fit.correlation.len(), 1);
    // Two children: α of other children's rows, then of a child's own.
    let mut parts = rows.parts();
    let child = rows.family.iter().zip(&rows.wave);
    let child: Vec<u32> = child.map(|(f, w)| 2 * f + w % 2).collect();
    parts.groups.clusters.push(grouping("child", &child));
    let fit = nested.fit(&Design::new(parts).unwrap()).unwrap();
    let labels: Vec<&str> = fit.correlation.iter().map(|c| c.label.as_str()).collect();
    assert_eq!(labels, ["same family", "same child"]);
    let working = fit.working_correlation();
    // Sorted by child: waves 0, 2, 1, 3.
    assert!(near(working[[0, 1]], fit.correlation[1].value));
    assert!(near(working[[0, 2]], fit.correlation[0].value));
    // What whitens is the inverse: 1'R⁻¹1 summed is the information of a constant, by dense inverses.
    let constant = Rows {
        x: vec![],
        ..rows.clone()
    };
    let mut parts = constant.parts();
    parts.groups.clusters.push(grouping("child", &child));
    let fit = Gee {
        covariance: GeeCovariance::ModelBased,
        ..nested
    }
    .fit(&Design::new(parts).unwrap())
    .unwrap();
    let (outer, inner) = (fit.correlation[0].value, fit.correlation[1].value);
    let mut information = 0.0;
    for f in 0..8 {
        let mine: Vec<u32> = (0..26)
            .filter(|&i| rows.family[i] == f)
            .map(|i| child[i])
            .collect();
        let n = mine.len();
        let r = Array2::from_shape_fn((n, n), |(j, k)| match (j == k, mine[j] == mine[k]) {
            (true, _) => 1.0,
            (_, true) => inner,
            _ => outer,
        });
        information += solve(r, Array1::ones(n)).sum();
    }
    let phi = fit.scale[0].value;
    assert!(near(se(&fit)[0].powi(2), phi / information));
}

/// Gaussian elimination.
fn solve(mut a: Array2<f64>, mut b: Array1<f64>) -> Array1<f64> {
    let n = b.len();
    for i in 0..n {
        for j in i + 1..n {
            let f = a[[j, i]] / a[[i, i]];
            for k in i..n {
                a[[j, k]] -= f * a[[i, k]];
            }
            b[j] -= f * b[i];
        }
    }
    for i in (0..n).rev() {
        for k in i + 1..n {
            b[i] -= a[[i, k]] * b[k];
        }
        b[i] /= a[[i, i]];
    }
    b
}

#[test]
fn weights_of_zero_are_no_rows_and_equal_weights_say_nothing() {
    let rows = eight();
    let fit = Gee::default().fit(&rows.design()).unwrap();
    let weighed = |values: Vec<f64>, kind| {
        let mut parts = rows.parts();
        parts.weights = Some(Weights {
            kind,
            values: values.into(),
        });
        Gee::default().fit(&Design::new(parts).unwrap()).unwrap()
    };
    let same = weighed(vec![3.0; 26], WeightKind::Precision);
    assert!(all_near(&se(&same), &se(&fit)));
    let mut without = rows.clone();
    without.y[4] = 900.0;
    let mut parts = without.parts();
    let mut values = vec![1.0; 26];
    values[4] = 0.0;
    parts.weights = Some(Weights {
        kind: WeightKind::Precision,
        values: values.clone().into(),
    });
    let zero = Gee::default().fit(&Design::new(parts).unwrap()).unwrap();
    let kept: Vec<usize> = (0..26).filter(|&i| i != 4).collect();
    let fewer = Gee::default().fit(&rows.shuffled(&kept).design()).unwrap();
    assert!(all_near(&se(&zero), &se(&fewer)));
    assert_eq!(zero.residuals(ResidualKind::Pearson).unwrap()[4], 0.0);
    // Weights for dropout that differ within a family, under another working correlation than independence.
    values[4] = 2.0;
    let doubt = weighed(values, WeightKind::Sampling);
    let said = |fit: &GeeFit| {
        let cautions = &fit.provenance().cautions;
        cautions.iter().any(|c| c.sentence().contains("Sampling"))
    };
    assert!(said(&doubt) && !said(&fit));
}

#[test]
fn what_is_said_of_few_families() {
    let fit = Gee {
        covariance: GeeCovariance::Robust,
        ..Gee::default()
    }
    .fit(&eight().design())
    .unwrap();
    let e = &fit.estimates().unwrap()[1];
    assert_eq!(e.reference, Reference::Normal);
    assert!(e.cautions.contains(&Caution::FewClusters { clusters: 8 }));
    let other = fit
        .with_covariance(GeeCovariance::MorelBokossaNeerchal, None)
        .unwrap();
    let e = &other.estimates().unwrap()[1];
    assert_eq!(e.reference, Reference::StudentT { df: 5.0 });
    assert!(e.method.contains("Morel–Bokossa–Neerchal"));
    let pan_wall = fit
        .with_covariance(GeeCovariance::Robust, Some(Dof::PanWall))
        .unwrap();
    assert!(pan_wall.estimates().unwrap()[1].reference.df().unwrap() > 1.0);
    let rows = array![[0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
    let one = array![[0.0, 1.0, 0.0]];
    // F of one contrast is t².
    let t = pan_wall.estimates().unwrap()[1].statistic().unwrap();
    let f = pan_wall.joint_test("x1", one.view()).unwrap();
    assert!(near(f.statistic.unwrap(), t * t));
    assert!(near(
        f.reference.df().unwrap(),
        pan_wall.estimates().unwrap()[1].reference.df().unwrap()
    ));
    assert!(pan_wall.joint_test("both", rows.view()).is_ok());
}

#[test]
fn a_score_test_of_everything_and_of_nothing() {
    let fit = Gee::default().fit(&eight().design()).unwrap();
    let all = Array2::eye(3);
    let test = fit.score_test("all", all.view()).unwrap();
    assert!(near(test.reference.df().unwrap(), 3.0) && test.statistic.unwrap() > 0.0);
    let nothing = Array2::zeros((1, 3));
    assert!(matches!(
        fit.score_test("none", nothing.view()),
        Err(Error::Contrast { .. })
    ));
    // The same thing twice is once.
    let once = array![[0.0, 1.0, 0.0]];
    let twice = array![[0.0, 1.0, 0.0], [0.0, 2.0, 0.0]];
    let (a, b) = (
        fit.score_test("x1", once.view()).unwrap(),
        fit.score_test("x1", twice.view()).unwrap(),
    );
    assert!(near(a.statistic.unwrap(), b.statistic.unwrap()));
    assert_eq!(a.reference, b.reference);
}

#[test]
fn a_shape_that_is_not_given_is_that_of_the_linear_model() {
    let mut rows = eight();
    rows.y = rows.y.iter().map(|y| y * y).collect();
    let design = rows.design();
    let gee = Gee {
        family: Family::NegativeBinomial2,
        ..Gee::default()
    };
    let fit = gee.fit(&design).unwrap();
    let glm = Glm {
        family: Family::NegativeBinomial2,
        ..Glm::default()
    };
    let theta = glm.fit(&design).unwrap().shape.unwrap().value.finite();
    assert!(near(fit.shape.unwrap(), theta.unwrap()));
    let given = Gee {
        shape: theta,
        ..gee.clone()
    };
    assert!(all_near(&se(&given.fit(&design).unwrap()), &se(&fit)));
    // Counts that vary less than Poisson ones.
    rows.y = rows
        .y
        .iter()
        .enumerate()
        .map(|(i, _)| 3.0 + (i / 3 % 2) as f64)
        .collect();
    let fit = gee.fit(&rows.design()).unwrap();
    assert_eq!(fit.shape, None);
    assert!(
        fit.provenance()
            .cautions
            .iter()
            .any(|c| c.sentence().contains("Poisson"))
    );
}

#[test]
fn residuals_are_what_they_are_called() {
    let gee = Gee {
        family: Family::Poisson,
        ..Gee::default()
    };
    let rows = eight();
    let fit = gee.fit(&rows.design()).unwrap();
    let of = |kind| fit.residuals(kind).unwrap();
    for i in 0..rows.y.len() {
        let (y, mu) = (rows.y[i], fit.fitted[i]);
        assert!(near(of(ResidualKind::Response)[i], y - mu));
        assert!(near(of(ResidualKind::Pearson)[i], (y - mu) / mu.sqrt()));
        assert!(near(of(ResidualKind::Working)[i], (y - mu) / mu));
        let deviance = 2.0 * (if y > 0.0 { y * (y / mu).ln() } else { 0.0 } - (y - mu));
        assert!(near(of(ResidualKind::Deviance)[i].powi(2), deviance));
    }
}

fn refused(gee: &Gee, parts: DesignParts) -> Error {
    gee.fit(&Design::new(parts).unwrap()).unwrap_err()
}

#[test]
fn what_is_missing_is_named() {
    let mut parts = three().parts();
    parts.groups.clusters.clear();
    assert!(matches!(
        refused(&Gee::default(), parts),
        Error::Missing {
            needed: "clusters",
            ..
        }
    ));
    let mut parts = three().parts();
    parts.time = None;
    for correlation in [
        Correlation::Ar1,
        Correlation::Unstructured,
        Correlation::MDependent(1),
        Correlation::Fixed(vec![]),
    ] {
        let error = refused(&with(correlation), parts.clone());
        assert!(matches!(
            error,
            Error::Missing {
                needed: "the time of each row",
                ..
            }
        ));
    }
    let pan = Gee {
        covariance: GeeCovariance::Pan,
        ..Gee::default()
    };
    assert!(matches!(
        refused(&pan, parts.clone()),
        Error::Missing { .. }
    ));
    let by_wave = Gee {
        scale: Scale::ByWave,
        ..Gee::default()
    };
    assert!(matches!(
        refused(&by_wave, parts.clone()),
        Error::Missing { .. }
    ));
    // Without need of a place none is asked for; later errors may.
    let fit = Gee::default().fit(&Design::new(parts).unwrap()).unwrap();
    assert!(matches!(
        fit.with_covariance(GeeCovariance::WangLong, None),
        Err(Error::Missing { .. })
    ));
    // The subject serves as family.
    let mut parts = three().parts();
    parts.groups.subject = Some(parts.groups.clusters.remove(0));
    assert!(Gee::default().fit(&Design::new(parts).unwrap()).is_ok());
}

#[test]
fn two_rows_at_one_wave_are_named() {
    let mut rows = three();
    rows.wave = vec![0, 1, 1, 1, 0, 1];
    for correlation in [Correlation::Ar1, Correlation::Unstructured] {
        let error = refused(&with(correlation), rows.parts()).to_string();
        assert!(error.contains("`family` family 1 at wave T1"), "{error}");
    }
    // Where places do not matter it is no fault.
    assert!(Gee::default().fit(&rows.design()).is_ok());
}

#[test]
fn few_families_are_refused() {
    let mut rows = eight();
    rows.family = rows.family.iter().map(|f| f % 3).collect();
    rows.wave = (0..26).collect();
    let error = refused(&Gee::default(), rows.parts());
    assert!(matches!(
        error,
        Error::TooFew {
            needed: 4,
            found: 3,
            ..
        }
    ));
    // Model-based errors need none to spare, but robust ones cannot follow.
    let gee = Gee {
        covariance: GeeCovariance::ModelBased,
        ..with(Correlation::Independence)
    };
    let fit = gee.fit(&rows.design()).unwrap();
    assert!(fit.with_covariance(GeeCovariance::Robust, None).is_err());
    rows.family = vec![0; 26];
    assert!(matches!(
        refused(&Gee::default(), rows.parts()),
        Error::TooFew { .. }
    ));
    assert!(gee.fit(&rows.design()).is_ok());
}

#[test]
fn numbers_out_of_range_are_refused() {
    let parts = three().parts();
    let argument = |gee: Gee| matches!(refused(&gee, parts.clone()), Error::Argument { .. });
    let scaled = |phi| Gee {
        scale: Scale::Fixed(phi),
        ..Gee::default()
    };
    assert!(argument(scaled(0.0)) && argument(scaled(f64::NAN)));
    assert!(argument(with(Correlation::MDependent(0))));
    assert!(argument(Gee {
        level: 1.0,
        ..Gee::default()
    }));
    let fixed = |m: Vec<Vec<f64>>| with(Correlation::Fixed(m));
    assert!(argument(fixed(vec![vec![2.0, 0.1], vec![0.1, 1.0]])));
    assert!(argument(fixed(vec![vec![1.0, 0.1], vec![0.2, 1.0]])));
    assert!(argument(fixed(vec![vec![1.0, 1.0], vec![1.0, 1.0]])));
    let shape = refused(&fixed(vec![vec![1.0]]), parts.clone());
    assert!(matches!(shape, Error::Shape { .. }));
    let unsupported = |gee: Gee| matches!(refused(&gee, parts.clone()), Error::Unsupported { .. });
    assert!(unsupported(Gee {
        shape: Some(1.0),
        ..Gee::default()
    }));
    assert!(unsupported(Gee {
        link: Some(Link::Logit),
        ..Gee::default()
    }));
    assert!(unsupported(Gee {
        covariance: GeeCovariance::Pan,
        dof: Some(Dof::Satterthwaite),
        ..Gee::default()
    }));
    assert!(unsupported(Gee {
        family: Family::Cumulative,
        ..Gee::default()
    }));
    let mut negative = Gee {
        family: Family::NegativeBinomial2,
        ..Gee::default()
    };
    negative.shape = Some(-1.0);
    assert!(argument(negative));
    let mut copies = parts.clone();
    copies.weights = Some(Weights {
        kind: WeightKind::Frequency,
        values: Array1::ones(6),
    });
    assert!(matches!(
        refused(&Gee::default(), copies),
        Error::Unsupported { .. }
    ));
    let mut two = parts.clone();
    two.groups
        .clusters
        .push(grouping("child", &[0, 1, 2, 3, 4, 5]));
    assert!(matches!(
        refused(&Gee::default(), two),
        Error::Unsupported { .. }
    ));
}

/// Residuals of two families at waves such that the correlations cannot stand together.
#[test]
fn a_correlation_that_cannot_be_is_an_error_with_its_state() {
    let rows = Rows {
        y: vec![
            2.0, 2.0, -2.0, -2.0, 2.0, 2.0, 2.0, -2.0, -2.0, -2.0, 2.0, -2.0,
        ],
        x: vec![],
        family: vec![0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5],
        wave: vec![0, 1, 0, 1, 1, 2, 1, 2, 0, 2, 0, 2],
    };
    // Every product is as large as the variance: correlations of one and minus one.
    assert!(with(Correlation::Unstructured).fit(&rows.design()).is_err());
    let mut all = rows.clone();
    // And a family with all three, and two with more at the first two than the variance.
    all.y.extend([1.0, 1.0, -1.0]);
    all.family.extend([6, 6, 6]);
    all.wave.extend([0, 1, 2]);
    all.y.extend([3.0, 3.0, -3.0, -3.0]);
    all.family.extend([7, 7, 8, 8]);
    all.wave.extend([0, 1, 0, 1]);
    match with(Correlation::Unstructured).fit(&all.design()) {
        Err(Error::NotConverged {
            why, coefficients, ..
        }) => {
            assert!(why.contains("not positive definite"), "{why}");
            assert!(why.contains("T0 and T1"), "{why}");
            assert_eq!(coefficients.len(), 1);
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_wave_of_one_family_is_said() {
    // A fourth family, seen first and last.
    let mut rows = three();
    rows.y.extend([4.0, 2.5]);
    rows.family.extend([3, 3]);
    rows.wave.extend([0, 2]);
    let fit = with(Correlation::Unstructured).fit(&rows.design()).unwrap();
    let labels: Vec<&str> = fit.correlation.iter().map(|c| c.label.as_str()).collect();
    // Nobody was seen at both T1 and T2.
    assert_eq!(labels, ["T0 and T1", "T0 and T2"]);
    let mut said = fit.provenance().cautions.iter().map(Caution::sentence);
    assert!(said.any(|s| s.ends_with("correlated: T0 and T2.")));
}

#[test]
fn what_runs_off_is_named() {
    // All zeros in one arm.
    let mut rows = eight();
    for i in 0..26 {
        if rows.x[0][i] == 1.0 {
            rows.y[i] = 0.0;
        }
    }
    let gee = Gee {
        family: Family::Poisson,
        ..Gee::default()
    };
    let error = gee.fit(&rows.design()).unwrap_err();
    assert!(
        matches!(error, Error::Separated { .. } | Error::NoMaximum { .. }),
        "{error}"
    );
    // Constant and exact responses have no scale.
    for y in [vec![0.0; 26], vec![3.0; 26], eight().x[1].clone()] {
        let mut rows = eight();
        rows.y = y;
        let error = Gee::default().fit(&rows.design()).unwrap_err();
        assert!(
            error.to_string().contains("residuals are all zero"),
            "{error}"
        );
    }
    // Steps that are too few.
    let gee = Gee {
        max_iterations: 1,
        ..Gee::default()
    };
    let error = gee.fit(&eight().design()).unwrap_err();
    assert!(matches!(error, Error::NotConverged { iterations: 1, .. }));
}

#[test]
fn huge_and_tiny_numbers() {
    for unit in [1e-120, 1e-9, 1e9, 1e120] {
        let mut rows = eight();
        let plain = Gee::default().fit(&rows.design()).unwrap();
        rows.y.iter_mut().for_each(|y| *y *= unit);
        let fit = Gee::default().fit(&rows.design()).unwrap();
        let scaled: Vec<f64> = se(&fit).iter().map(|s| s / unit).collect();
        assert!(all_near(&scaled, &se(&plain)), "{unit}");
        assert!(near(fit.correlation[0].value, plain.correlation[0].value));
    }
}

/// Counts that alternate within families: a correlation just above −1/3, beyond which four rows cannot go.
/// geepack 1.3.9 comes to the same numbers.
#[test]
fn a_correlation_near_its_edge() {
    let mut rows = eight();
    rows.y = (0..26).map(|i| 3.0 + f64::from(i % 2)).collect();
    let fit = Gee {
        family: Family::Poisson,
        ..Gee::default()
    }
    .fit(&rows.design())
    .unwrap();
    assert!((fit.correlation[0].value + 0.331_981_4).abs() < 1e-6);
    assert!((fit.scale[0].value - 0.071_147_27).abs() < 1e-7);
}

/// A column that is the sum of two others is not estimated, and says so.
#[test]
fn aliased_columns_stay_out() {
    let mut rows = eight();
    let sum: Vec<f64> = rows.x[0]
        .iter()
        .zip(&rows.x[1])
        .map(|(a, b)| a + b)
        .collect();
    rows.x.push(sum);
    let fit = Gee::default().fit(&rows.design()).unwrap();
    assert_eq!(fit.coefficients().aliased(), ["x3"]);
    let without = Gee::default().fit(&eight().design()).unwrap();
    assert!(all_near(&se(&fit), &se(&without)));
    assert!(
        fit.contrast("x3", array![0.0, 0.0, 0.0, 1.0].view())
            .is_err()
    );
}

#[test]
fn options_survive_being_written_and_read() {
    let gee = Gee {
        correlation: Correlation::MDependent(2),
        scale: Scale::Fixed(1.0),
        dof: Some(Dof::PanWall),
        ..Gee::default()
    };
    let text = serde_json::to_string(&gee).unwrap();
    assert_eq!(serde_json::from_str::<Gee>(&text).unwrap(), gee);
    assert!(serde_json::from_str::<Gee>("{\"corstr\": \"ar1\"}").is_err());
    let short: Gee = serde_json::from_str("{\"correlation\": \"ar1\"}").unwrap();
    assert_eq!(short, with(Correlation::Ar1));
}

/// Rows of [`eight`] in which families tend to say the same.
fn yes_or_no() -> Rows {
    let yes = [
        1, 1, 1, 0, 0, 0, 1, 0, 0, 1, 0, 1, 1, 0, 1, 1, 1, 1, 0, 0, 1, 0, 0, 0, 0, 1,
    ];
    Rows {
        y: yes.map(f64::from).to_vec(),
        ..eight()
    }
}

fn alternating(parts: DesignParts) -> Result<AlternatingLogisticFit, Error> {
    AlternatingLogistic::default().fit(&Design::new(parts).unwrap())
}

/// Neither the order of the rows nor the word for yes matters to an odds ratio.
#[test]
fn alternating_logistic_regressions_know_no_order() {
    let rows = yes_or_no();
    let fit = alternating(rows.parts()).unwrap();
    let alpha = |fit: &AlternatingLogisticFit| fit.association().coefficients().values.to_vec();
    let order: Vec<usize> = (0..rows.y.len()).map(|i| i * 5 % rows.y.len()).collect();
    let shuffled = alternating(rows.shuffled(&order).parts()).unwrap();
    assert!(all_near(&alpha(&fit), &alpha(&shuffled)));
    let mut turned = rows;
    turned.y.iter_mut().for_each(|y| *y = 1.0 - *y);
    let turned = alternating(turned.parts()).unwrap();
    assert!(all_near(&alpha(&fit), &alpha(&turned)));
    let (a, b) = (fit.coefficients(), turned.coefficients());
    for ((a, b), (v, w)) in a
        .values
        .iter()
        .zip(&b.values)
        .zip(fit.joint_covariance.iter().zip(&turned.joint_covariance))
    {
        assert!(near(*a, -b) && near(v.abs(), w.abs()));
    }
    assert!(
        fit.estimates().unwrap()[1]
            .cautions
            .iter()
            .any(|c| matches!(c, Caution::FewClusters { clusters: 8 }))
    );
}

#[test]
fn what_alternating_logistic_regressions_refuse() {
    let rows = yes_or_no();
    let mut weighted = rows.parts();
    weighted.weights = Some(Weights {
        kind: WeightKind::Precision,
        values: Array1::ones(rows.y.len()),
    });
    assert!(matches!(
        alternating(weighted),
        Err(Error::Unsupported { .. })
    ));
    let mut trials = rows.parts();
    trials.response = Response::Proportion {
        successes: rows.y.clone().into(),
        trials: Array1::from_elem(rows.y.len(), 2.0),
    };
    assert!(matches!(alternating(trials), Err(Error::Response { .. })));
    let mut counts = rows.parts();
    counts.response = Response::Continuous(eight().y.into());
    assert!(matches!(alternating(counts), Err(Error::Response { .. })));
    // A row a family has no pairs.
    let mut alone = rows.parts();
    let each: Vec<u32> = (0..).take(rows.y.len()).collect();
    alone.groups.clusters = vec![grouping("row", &each)];
    assert!(matches!(
        alternating(alone),
        Err(Error::TooFew { found: 0, .. })
    ));
    // All of a family say the same: no odds ratio is large enough.
    let mut alike = rows;
    alike.y = alike.family.iter().map(|f| f64::from(f / 2 % 2)).collect();
    assert!(matches!(
        alternating(alike.parts()),
        Err(Error::NotConverged { .. })
    ));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Under independence estimates and robust errors are those of the generalised linear model.
    #[test]
    fn independence_is_cr0(
        y in prop::collection::vec(0_u32..9, 30),
        x in prop::collection::vec(-1.0..1.0f64, 30),
    ) {
        let rows = Rows {
            y: y.iter().map(|&y| f64::from(y)).collect(),
            x: vec![x],
            family: (0..30).map(|i| i / 3).collect(),
            wave: (0..30).map(|i| i % 3).collect(),
        };
        prop_assume!(rows.y.iter().any(|&y| y > 0.0));
        let gee = Gee { family: Family::Poisson, covariance: GeeCovariance::Robust, ..with(Correlation::Independence) };
        let glm = Glm { family: Family::Poisson, covariance: Covariance::Cr0, ..Glm::default() };
        let design = rows.design();
        let (gee, glm) = (gee.fit(&design).unwrap(), glm.fit(&design).unwrap());
        let v = glm.coefficients().covariance.as_ref().unwrap().diag().mapv(f64::sqrt);
        prop_assert!(all_near(&se(&gee), &v.to_vec()));
        prop_assert!(all_near(&gee.coefficients().values.to_vec(), &glm.coefficients().values.to_vec()));
    }

    /// y → a + b y moves the coefficients and leaves correlation and degrees of freedom as they are; other
    /// columns of the same space change nothing but Fay and Graubard's.
    #[test]
    fn units_and_codings(a in -5.0..5.0f64, b in 0.5..3.0f64, c in 0.3..2.0f64) {
        let rows = eight();
        let mut moved = rows.clone();
        moved.y.iter_mut().for_each(|y| *y = a + b * *y);
        let recoded: Vec<f64> = rows.x[1].iter().zip(&rows.x[0]).map(|(w, arm)| 1.0 + c * w - arm).collect();
        moved.x[1] = recoded;
        for covariance in ALL {
            if covariance == GeeCovariance::FayGraubard {
                continue;
            }
            let gee = Gee { covariance, ..with(Correlation::Ar1) };
            let (p, q) = (gee.fit(&rows.design()).unwrap(), gee.fit(&moved.design()).unwrap());
            prop_assert!(near(p.correlation[0].value, q.correlation[0].value));
            let (p, q) = (&p.estimates().unwrap()[2], &q.estimates().unwrap()[2]);
            prop_assert!(near(p.std_error.unwrap() * b / c, q.std_error.unwrap()), "{covariance:?}");
            prop_assert!(near(p.reference.df().unwrap_or(0.0), q.reference.df().unwrap_or(0.0)));
        }
    }
}
