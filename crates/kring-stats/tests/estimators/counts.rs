//! Zero-inflated and hurdle models: what holds whatever the data are, and what is refused.

use kring_core::{
    Boundary, Caution, Design, DesignParts, Grouping, Groups, Part, RandomStructure, RandomTerm,
    Response, Value, WeightKind, Weights,
};
use kring_stats::Covariance;
use kring_stats::hurdle::Hurdle;
use kring_stats::ordinal::Ordinal;
use kring_stats::two_part::{CountFamily, TwoPartFit};
use kring_stats::zero_inflated::ZeroInflated;
use kring_stats::{Error, Fit};
use ndarray::{Array1, Array2};
use proptest::prelude::*;

use super::data::same_numbers;

const FAMILIES: [CountFamily; 4] = [
    CountFamily::Poisson,
    CountFamily::Geometric,
    CountFamily::Nbinom1,
    CountFamily::Nbinom2,
];

/// Counts, an arm, a number, and for each row its cluster.
#[derive(Debug, Clone)]
struct Families {
    y: Vec<f64>,
    x: Vec<f64>,
    arm: Vec<bool>,
    weights: Option<(WeightKind, Vec<f64>)>,
}

impl Families {
    fn new(y: &[f64], arm: &[bool]) -> Self {
        Self {
            y: y.to_vec(),
            x: vec![],
            arm: arm.to_vec(),
            weights: None,
        }
    }

    fn part(&self, with_arm: bool) -> Part {
        let mut columns = vec![("(Intercept)".to_owned(), vec![1.0; self.y.len()])];
        if with_arm && !self.arm.is_empty() {
            let arm = self.arm.iter().map(|&ekc| f64::from(u8::from(ekc)));
            columns.push(("armEKC".to_owned(), arm.collect()));
        }
        if !self.x.is_empty() {
            columns.push(("x".to_owned(), self.x.clone()));
        }
        let x = Array2::from_shape_fn((self.y.len(), columns.len()), |(i, j)| columns[j].1[i]);
        Part::fixed(x, columns.into_iter().map(|(name, _)| name).collect())
    }

    fn parts(&self) -> DesignParts {
        let n = self.y.len();
        let index = (0..n).map(|i| u32::try_from(i % 6).unwrap()).collect();
        DesignParts {
            response: Response::Count(self.y.clone().into()),
            response_name: "problems".to_owned(),
            mean: self.part(true),
            zero: Some(self.part(true)),
            dispersion: None,
            groups: Groups {
                clusters: vec![Grouping::new(
                    "team",
                    (0..6).map(|g| g.to_string()).collect(),
                    index,
                )],
                ..Groups::default()
            },
            time: None,
            weights: self.weights.clone().map(|(kind, values)| Weights {
                kind,
                values: values.into(),
            }),
            source_rows: (0..n).collect(),
            omitted: vec![],
        }
    }

    fn take(&self, rows: &[usize]) -> Self {
        let of = |values: &[f64]| -> Vec<f64> {
            rows.iter()
                .filter_map(|&i| values.get(i).copied())
                .collect()
        };
        Self {
            y: of(&self.y),
            x: of(&self.x),
            arm: rows.iter().map(|&i| self.arm[i]).collect(),
            weights: self.weights.as_ref().map(|(kind, w)| (*kind, of(w))),
        }
    }
}

fn hurdle(
    family: CountFamily,
    covariance: Covariance,
    parts: DesignParts,
) -> Result<TwoPartFit, Error> {
    Hurdle {
        family,
        covariance,
        ..Hurdle::default()
    }
    .fit(&Design::new(parts).unwrap())
}

fn inflated(
    family: CountFamily,
    covariance: Covariance,
    parts: DesignParts,
) -> Result<TwoPartFit, Error> {
    ZeroInflated {
        family,
        covariance,
        ..ZeroInflated::default()
    }
    .fit(&Design::new(parts).unwrap())
}

/// Twenty families in two arms, some without problems in each.
fn twenty() -> Families {
    let y = [
        0., 0., 0., 1., 1., 2., 2., 3., 4., 6., 0., 0., 0., 0., 0., 1., 1., 2., 3., 5.,
    ];
    let arm: Vec<bool> = (0..20).map(|i| i >= 10).collect();
    Families::new(&y, &arm)
}

fn refused(change: impl Fn(&mut DesignParts)) -> String {
    let mut parts = twenty().parts();
    change(&mut parts);
    hurdle(CountFamily::Poisson, Covariance::Classical, parts)
        .unwrap_err()
        .to_string()
}

#[test]
fn designs_that_do_not_fit_are_refused() {
    assert_eq!(
        refused(|parts| parts.response = Response::Count(Array1::ones(20))),
        "a hurdle model needs at least 1 zeros in `problems`, but there are 0"
    );
    assert_eq!(
        refused(|parts| parts.response = Response::Count(Array1::zeros(20))),
        "a hurdle model needs at least 1 counts above zero in `problems`, but there are 0"
    );
    assert_eq!(
        refused(|parts| parts.response = Response::Continuous(Array1::zeros(20))),
        "a hurdle model explains counts, but `problems` is of another kind"
    );
    assert_eq!(
        refused(|parts| parts.zero = None),
        "a hurdle model needs a model of the zeros, which the design does not have; give one, `~ 1` \
         where all rows are alike"
    );
    assert!(
        refused(|parts| parts.dispersion = parts.zero.clone()).contains("dispersion of Poisson")
    );
    let random = RandomTerm {
        grouping: Grouping::new("family", vec!["1".into()], vec![0; 20]),
        z: Array2::ones((20, 1)),
        columns: vec!["(Intercept)".into()],
        structure: RandomStructure::Unstructured,
    };
    let with_random = refused(|parts| {
        if let Some(zero) = &mut parts.zero {
            zero.random.push(random.clone());
        }
    });
    assert!(with_random.starts_with("a random term in a hurdle model is not supported"));
    let strata = refused(|parts| {
        parts.groups.stratum = Some(Grouping::new("site", vec!["1".into()], vec![0; 20]));
    });
    assert!(strata.contains("strata"));
    let sampling = refused(|parts| {
        parts.weights = Some(Weights {
            kind: WeightKind::Sampling,
            values: Array1::ones(20),
        });
    });
    assert!(sampling.contains("a classical standard error with sampling weights"));
}

#[test]
fn errors_that_the_design_does_not_allow() {
    let clustered = |change: &dyn Fn(&mut DesignParts)| {
        let mut parts = twenty().parts();
        change(&mut parts);
        inflated(CountFamily::Poisson, Covariance::Cr0, parts)
            .unwrap_err()
            .to_string()
    };
    assert!(clustered(&|parts| parts.groups.clusters.clear()).contains("needs clusters"));
    assert!(
        clustered(&|parts| parts.groups.clusters.push(parts.groups.clusters[0].clone()))
            .contains("more than one level of clusters")
    );
    assert_eq!(
        clustered(&|parts| parts.groups.clusters[0].index = vec![2; 20]),
        "a cluster-robust standard error needs at least 2 clusters of `team`, but there is 1"
    );
    let design = Design::new(twenty().parts()).unwrap();
    let level = Hurdle {
        level: 1.0,
        ..Hurdle::default()
    };
    assert!(
        level
            .fit(&design)
            .unwrap_err()
            .to_string()
            .contains("confidence level")
    );
    let none = ZeroInflated {
        max_iterations: 0,
        ..ZeroInflated::default()
    };
    assert!(
        none.fit(&design)
            .unwrap_err()
            .to_string()
            .contains("one or more")
    );
}

/// The error carries where the search was, so that nobody takes it for a result.
#[test]
fn a_search_cut_short_says_where_it_was() {
    let design = Design::new(twenty().parts()).unwrap();
    let short = ZeroInflated {
        max_iterations: 1,
        ..ZeroInflated::default()
    };
    let error = short.fit(&design).unwrap_err();
    let Error::NotConverged {
        iterations,
        ref coefficients,
        ref why,
        ..
    } = error
    else {
        panic!("{error}");
    };
    assert_eq!(iterations, 1);
    assert_eq!(coefficients.len(), 4);
    assert_eq!(coefficients[3].0, "zero: armEKC");
    assert!(why.contains("the log-likelihood is -"), "{why}");
    assert!(error.to_string().contains("did not converge in 1 steps"));
}

/// All zeros in an arm: the odds of any count are zero there, and its counts are not seen at all.
#[test]
fn an_arm_without_any_count() {
    let y = [0., 1., 2., 0., 3., 1., 0., 0., 0., 0., 0., 0.];
    let arm: Vec<bool> = (0..12).map(|i| i >= 6).collect();
    let parts = Families::new(&y, &arm).parts();
    let message = |result: Result<TwoPartFit, Error>| result.unwrap_err().to_string();
    assert_eq!(
        message(hurdle(
            CountFamily::Poisson,
            Covariance::Classical,
            parts.clone()
        )),
        "a hurdle model: the likelihood has no maximum, in the zero part `armEKC` falls without end; \
         it separates zeros from counts: take it out of the zero part, or merge its levels"
    );
    let of_both = message(inflated(
        CountFamily::Poisson,
        Covariance::Classical,
        parts.clone(),
    ));
    assert!(of_both.contains("`armEKC`"), "{of_both}");
    // With one zero part for all, the hurdle's count part leaves the arm out and says so.
    let mut one = parts.clone();
    one.zero = Some(Families::new(&y, &[]).part(false));
    let fit = hurdle(CountFamily::Poisson, Covariance::Classical, one).unwrap();
    assert_eq!(fit.coefficients().aliased(), vec!["armEKC"]);
    let estimates = fit.estimates().unwrap();
    assert!(estimates[0].cautions.contains(&Caution::Aliased {
        columns: vec!["armEKC".into()]
    }));
    assert!(
        fit.contrast("EKC − WT", ndarray::array![0.0, 1.0].view())
            .is_err()
    );
}

#[test]
fn zeros_that_the_counts_explain_are_no_excess() {
    // Fewer zeros than a Poisson count of this mean has.
    let y = [0., 1., 1., 1., 2., 1., 2., 1., 1., 2.];
    let parts = Families::new(&y, &[]).parts();
    assert_eq!(
        inflated(CountFamily::Poisson, Covariance::Classical, parts)
            .unwrap_err()
            .to_string(),
        "a zero-inflated model: the likelihood has no maximum, in the zero part `(Intercept)` falls \
         without end; there are no more zeros there than the counts explain: take it out of the zero \
         part, or fit the counts alone"
    );
}

#[test]
fn counts_that_are_all_one_say_nothing_of_a_mean() {
    let y = [0., 1., 0., 1., 1., 0., 1., 1.];
    let parts = Families::new(&y, &[]).parts();
    let message = hurdle(CountFamily::Poisson, Covariance::Classical, parts)
        .unwrap_err()
        .to_string();
    assert!(
        message.contains("in the count part `(Intercept)` falls"),
        "{message}"
    );
}

/// λ / (1 − e^−λ) = 3 and p = ½, by hand from two rows; π + (1 − π) e^−λ = ½ is the same model.
#[test]
fn two_rows() {
    let parts = || Families::new(&[0.0, 3.0], &[]).parts();
    for fit in [
        hurdle(CountFamily::Poisson, Covariance::Classical, parts()).unwrap(),
        inflated(CountFamily::Poisson, Covariance::Classical, parts()).unwrap(),
    ] {
        let lambda = fit.coefficients().values[0].exp();
        assert!((lambda / (1.0 - (-lambda).exp()) - 3.0).abs() < 1e-10);
        assert!((fit.zero_probabilities()[0] - 0.5).abs() < 1e-10);
        assert!((fit.fitted()[0] - 1.5).abs() < 1e-10);
    }
}

#[test]
fn counts_that_vary_less_than_poisson_counts_have_no_theta() {
    let y = [0., 0., 0., 3., 3., 4., 3., 4., 3., 3., 4., 3.];
    let parts = || Families::new(&y, &[]).parts();
    let poisson = hurdle(CountFamily::Poisson, Covariance::Classical, parts()).unwrap();
    for (family, edge) in [
        (CountFamily::Nbinom2, Boundary::Infinite),
        (CountFamily::Nbinom1, Boundary::Zero),
    ] {
        let fit = hurdle(family, Covariance::Classical, parts()).unwrap();
        let theta = &fit.dispersion_estimates().unwrap()[0];
        assert_eq!(theta.value, Value::AtBoundary(edge), "{family:?}");
        assert!(theta.interval.is_none() && fit.dispersion().is_none());
        assert!(
            fit.estimates().unwrap()[0]
                .cautions
                .iter()
                .any(|caution| matches!(caution, Caution::Note(text) if text.contains("Poisson")))
        );
        assert_eq!(fit.coefficients(), poisson.coefficients());
        let (a, b) = (fit.criteria.unwrap(), poisson.criteria.unwrap());
        assert_eq!(
            (a.log_likelihood, a.parameters),
            (b.log_likelihood, b.parameters + 1)
        );
    }
}

#[test]
fn large_counts_and_far_columns() {
    let mut data = twenty();
    data.y = data.y.iter().map(|y| y * 100_003.0).collect();
    data.x = (0..20).map(|i| 1e8 + f64::from(i % 7)).collect();
    for family in [
        CountFamily::Geometric,
        CountFamily::Nbinom1,
        CountFamily::Nbinom2,
    ] {
        let fit = hurdle(family, Covariance::Hc0, data.parts()).unwrap();
        for estimate in fit.estimates().unwrap() {
            assert!(estimate.std_error.unwrap() > 0.0, "{family:?}");
        }
        assert!(
            fit.convergence.distance <= 1e-6,
            "{family:?} {:?}",
            fit.convergence
        );
    }
}

#[test]
fn theta_of_each_arm_by_a_model_of_the_dispersion() {
    let mut data = twenty();
    let again = data.clone();
    for _ in 0..3 {
        data.y.extend(&again.y);
        data.arm.extend(&again.arm);
    }
    data.y[5] = 11.0;
    data.y[38] = 14.0;
    let mut parts = data.parts();
    parts.dispersion = Some(data.part(true));
    let both = hurdle(CountFamily::Nbinom2, Covariance::Classical, parts).unwrap();
    // Arm by arm the same model falls apart into two.
    for ekc in [false, true] {
        let rows: Vec<usize> = (0..data.y.len()).filter(|&i| data.arm[i] == ekc).collect();
        let mut arm = data.take(&rows);
        arm.arm = vec![];
        let alone = hurdle(CountFamily::Nbinom2, Covariance::Classical, arm.parts()).unwrap();
        let theta = alone.dispersion().unwrap().coefficients().values[0];
        let delta = &both.dispersion().unwrap().coefficients().values;
        let ours = if ekc { delta[0] + delta[1] } else { delta[0] };
        assert!((theta - ours).abs() < 1e-7, "{theta} {ours}");
    }
    assert_eq!(both.dispersion_estimates().unwrap()[1].label, "armEKC");
}

#[test]
fn predictions_need_the_same_columns() {
    let fit = inflated(
        CountFamily::Poisson,
        Covariance::Classical,
        twenty().parts(),
    )
    .unwrap();
    let same = fit
        .predict(&Design::new(twenty().parts()).unwrap())
        .unwrap();
    assert_eq!(same, fit.predictive);
    let mut other = twenty().parts();
    other.zero = None;
    let error = fit
        .predict(&Design::new(other).unwrap())
        .unwrap_err()
        .to_string();
    assert_eq!(
        error,
        "the columns of the zeros: expected (Intercept), armEKC, found "
    );
}

/// Rows of counts of which some are zero, in both arms.
fn families() -> impl Strategy<Value = Families> {
    let row = (
        prop_oneof![2 => Just(0_u32), 3 => 1..9_u32],
        -2.0..2.0f64,
        any::<bool>(),
    );
    prop::collection::vec(row, 30..45).prop_map(|rows| Families {
        y: rows.iter().map(|row| f64::from(row.0)).collect(),
        x: rows.iter().map(|row| row.1).collect(),
        arm: rows.iter().map(|row| row.2).collect(),
        weights: None,
    })
}

fn same(a: &TwoPartFit, b: &TwoPartFit) -> Result<(), TestCaseError> {
    let parts = |fit: &TwoPartFit| [fit.mean().clone(), fit.zero().clone()];
    for (a, b) in parts(a).iter().zip(&parts(b)) {
        near(
            a.coefficients().values.iter(),
            b.coefficients().values.iter(),
        )?;
        let (va, vb) = (&a.coefficients().covariance, &b.coefficients().covariance);
        near(va.iter().flatten(), vb.iter().flatten())?;
    }
    Ok(())
}

fn near<'a>(
    a: impl IntoIterator<Item = &'a f64>,
    b: impl IntoIterator<Item = &'a f64>,
) -> Result<(), TestCaseError> {
    let round = |x: &f64| (x * 1e7).round() / 1e7;
    let (a, b): (Vec<f64>, Vec<f64>) = (
        a.into_iter().copied().collect(),
        b.into_iter().copied().collect(),
    );
    prop_assert_eq!(a.len(), b.len());
    let scale = a.iter().fold(1.0_f64, |m, x| m.max(x.abs()));
    for (a, b) in a.iter().zip(&b) {
        prop_assert!(
            (a - b).abs() <= 1e-7 * scale,
            "{} is not {}",
            round(a),
            round(b)
        );
    }
    Ok(())
}

/// Fits that have a maximum; random data now and then have none.
fn fitted(data: &Families, covariance: Covariance) -> impl Iterator<Item = (TwoPartFit, usize)> {
    let mut all = Vec::new();
    for (place, family) in FAMILIES.into_iter().enumerate() {
        all.push((hurdle(family, covariance, data.parts()), 2 * place));
        all.push((inflated(family, covariance, data.parts()), 2 * place + 1));
    }
    all.into_iter()
        .filter_map(|(fit, place)| Some((fit.ok()?, place)))
}

fn pairs(a: &Families, b: &Families, covariance: Covariance) -> Vec<(TwoPartFit, TwoPartFit)> {
    let others: Vec<_> = fitted(b, covariance).collect();
    fitted(a, covariance)
        .filter_map(|(fit, place)| {
            let other = others.iter().find(|(_, other)| *other == place)?;
            Some((fit, other.0.clone()))
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]

    #[test]
    fn the_order_of_rows_does_not_matter(data in families()) {
        let rows: Vec<usize> = (0..data.y.len()).rev().collect();
        let turned = data.take(&rows);
        for (a, b) in pairs(&data, &turned, Covariance::Hc0) {
            same(&a, &b)?;
        }
    }

    #[test]
    fn a_frequency_weight_is_as_many_copies(data in families()) {
        let times: Vec<usize> = (0..data.y.len()).map(|i| i % 3).collect();
        let copies: Vec<usize> =
            times.iter().enumerate().flat_map(|(i, &n)| std::iter::repeat_n(i, n)).collect();
        let copied = data.take(&copies);
        let weights = times.iter().map(|&n| f64::from(u32::try_from(n).unwrap())).collect();
        let weighted = Families {
            weights: Some((WeightKind::Frequency, weights)),
            ..data.clone()
        };
        for covariance in [Covariance::Classical, Covariance::Hc0] {
            for (a, b) in pairs(&copied, &weighted, covariance) {
                same(&a, &b)?;
                let (ca, cb) = (a.criteria.unwrap(), b.criteria.unwrap());
                same_numbers(&[ca.bic, ca.aic], &[cb.bic, cb.aic])?;
                let (ra, rb) = (a.rootogram(4), b.rootogram(4));
                for (a, b) in ra.counts.iter().zip(&rb.counts) {
                    prop_assert_eq!(a.observed, b.observed);
                    prop_assert!((a.expected - b.expected).abs() < 1e-6);
                }
            }
        }
    }

    #[test]
    fn a_column_in_another_unit_gives_the_same_model(data in families()) {
        let moved = Families {
            x: data.x.iter().map(|x| 1e3 * x + 2e4).collect(),
            ..data.clone()
        };
        for (a, b) in pairs(&data, &moved, Covariance::Classical) {
            near(a.fitted().iter(), b.fitted().iter())?;
            let value = |fit: &TwoPartFit| fit.coefficients().value("x").unwrap();
            near(&[value(&a)], &[1e3 * value(&b)])?;
        }
    }

    /// The zero part of a hurdle model is the logistic model of any count, whatever its counts.
    #[test]
    fn a_hurdle_is_a_logistic_model_and_more(data in families()) {
        let mut parts = data.parts();
        let codes = data.y.iter().map(|&y| u32::from(y > 0.0)).collect();
        parts.response = Response::Ordinal {
            levels: vec!["none".into(), "some".into()],
            codes,
        };
        parts.zero = None;
        let logistic = Ordinal::default().fit(&Design::new(parts).unwrap());
        for family in FAMILIES {
            let (Ok(fit), Ok(logistic)) =
                (hurdle(family, Covariance::Classical, data.parts()), &logistic) else { continue };
            let zero = fit.zero().coefficients();
            let ours = [zero.value("armEKC").unwrap(), zero.value("x").unwrap(), zero.values[0]];
            let ordinal = logistic.coefficients();
            let cut = logistic.thresholds().unwrap()[0].value.finite().unwrap();
            let other = [ordinal.value("armEKC").unwrap(), ordinal.value("x").unwrap(), -cut];
            near(&ours, &other)?;
        }
    }

    /// With an intercept the zeros that are expected are those that were seen.
    #[test]
    fn expected_counts_add_up(data in families()) {
        for (fit, place) in fitted(&data, Covariance::Classical) {
            let bars = fit.rootogram(3);
            let all: f64 = bars.counts.iter().map(|bar| bar.expected).sum();
            prop_assert!((all + bars.above.expected - data.y.len() as f64).abs() < 1e-6);
            if place % 2 == 0 {
                prop_assert!((bars.counts[0].observed - bars.counts[0].expected).abs() < 1e-6);
            }
            // Poisson counts above zero keep their sum.
            if place == 0 {
                let rows = fit.predictive.iter().zip(&data.y).filter(|(_, y)| **y > 0.0);
                let expected: f64 = rows.map(|(one, _)| one.mean() / (1.0 - one.zero())).sum();
                prop_assert!((expected - data.y.iter().sum::<f64>()).abs() < 1e-6);
            }
        }
    }

    #[test]
    fn clusters_of_one_row_are_rows_and_equal_weights_cancel(data in families()) {
        let mut parts = data.parts();
        let n = u32::try_from(data.y.len()).unwrap();
        parts.groups.clusters[0] =
            Grouping::new("row", (0..n).map(|i| i.to_string()).collect(), (0..n).collect());
        let by_row = hurdle(CountFamily::Geometric, Covariance::Hc0, data.parts());
        let by_cluster = hurdle(CountFamily::Geometric, Covariance::Cr0, parts);
        if let (Ok(a), Ok(b)) = (&by_row, &by_cluster) {
            same(a, b)?;
        }
        let weighted = Families {
            weights: Some((WeightKind::Sampling, vec![2.5; data.y.len()])),
            ..data.clone()
        };
        let sampled = hurdle(CountFamily::Geometric, Covariance::Hc0, weighted.parts());
        if let (Ok(a), Ok(b)) = (&by_row, &sampled) {
            same(a, b)?;
            prop_assert!(b.criteria.is_none());
        }
    }
}
