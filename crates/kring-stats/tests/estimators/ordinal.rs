//! Cumulative link models: what holds whatever the data are, and what is refused.

use kring_core::{Design, DesignParts, Groups, Measure, Part, Response, WeightKind, Weights};
use kring_stats::Covariance;
use kring_stats::ordinal::{Ordinal, OrdinalFit, OrdinalLink};
use kring_stats::{Error, Fit};
use ndarray::{Array1, Array2, array};
use proptest::prelude::*;

const LINKS: [OrdinalLink; 4] = [
    OrdinalLink::Logit,
    OrdinalLink::Probit,
    OrdinalLink::Cloglog,
    OrdinalLink::Loglog,
];

fn parts(levels: u32, codes: &[u32], columns: &[(&str, Vec<f64>)]) -> DesignParts {
    let n = codes.len();
    let x = Array2::from_shape_fn((n, columns.len()), |(i, j)| columns[j].1[i]);
    DesignParts {
        response: Response::Ordinal {
            levels: (1..=levels).map(|level| format!("grade {level}")).collect(),
            codes: codes.to_vec(),
        },
        response_name: "grade".to_owned(),
        mean: Part::fixed(
            x,
            columns.iter().map(|(name, _)| (*name).to_owned()).collect(),
        ),
        zero: None,
        dispersion: None,
        groups: Groups::default(),
        time: None,
        weights: None,
        source_rows: (0..n).collect(),
        omitted: vec![],
    }
}

fn fit(link: OrdinalLink, parts: DesignParts) -> Result<OrdinalFit, Error> {
    Ordinal {
        link,
        ..Ordinal::default()
    }
    .fit(&Design::new(parts).unwrap())
}

fn refused(parts: DesignParts) -> String {
    fit(OrdinalLink::Logit, parts).unwrap_err().to_string()
}

fn thresholds(fit: &OrdinalFit) -> Vec<f64> {
    let all = fit.thresholds().unwrap();
    all.iter().map(|one| one.value.finite().unwrap()).collect()
}

#[test]
fn without_columns_the_levels_have_their_shares() {
    for link in LINKS {
        let found = fit(link, parts(3, &[0, 1, 1, 1, 2, 2, 1, 1], &[])).unwrap();
        for (p, share) in found.probabilities.row(4).iter().zip([0.125, 0.625, 0.25]) {
            assert!((p - share).abs() < 1e-12, "{link:?}");
        }
        assert!(found.estimates().unwrap().is_empty());
        let message = found.proportional_odds().unwrap_err().to_string();
        assert!(
            message.contains("1 columns with a coefficient"),
            "{message}"
        );
    }
    // By hand: the log odds of the shares below each threshold.
    let found = fit(OrdinalLink::Logit, parts(3, &[0, 1, 1, 1, 2, 2, 1, 1], &[])).unwrap();
    let cuts = thresholds(&found);
    assert!((cuts[0] - (1.0_f64 / 7.0).ln()).abs() < 1e-12);
    assert!((cuts[1] - 3.0_f64.ln()).abs() < 1e-12);
    assert_eq!(found.thresholds().unwrap()[0].label, "grade 1|grade 2");
}

/// Two levels and two arms: 3 of 4 high against 1 of 4, an odds ratio of 9.
#[test]
fn two_levels_are_a_logistic_model() {
    let arm = vec![0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0];
    let codes = [0, 0, 0, 1, 0, 1, 1, 1];
    let found = fit(OrdinalLink::Logit, parts(2, &codes, &[("armEKC", arm)])).unwrap();
    let estimate = &found.estimates().unwrap()[0];
    assert!((estimate.value.finite().unwrap() - 9.0_f64.ln()).abs() < 1e-11);
    assert!((estimate.std_error.unwrap() - (8.0_f64 / 3.0).sqrt()).abs() < 1e-11);
    assert_eq!(estimate.measure, Measure::LogOddsRatio);
    assert!((thresholds(&found)[0] - 3.0_f64.ln()).abs() < 1e-11);
    let message = found.proportional_odds().unwrap_err().to_string();
    assert!(
        message.contains("at least 3 levels of the response"),
        "{message}"
    );
}

#[test]
fn levels_without_rows_and_columns_that_separate_are_refused() {
    let x = vec![0.0, 1.0, 2.0, 3.0, 4.0, 5.0];
    assert_eq!(
        refused(parts(4, &[0, 0, 2, 2, 3, 2], &[("x", x.clone())])),
        "a level of `grade` without any row (`grade 2`) is not supported; merge it with a neighbour, \
         or take it off the levels"
    );
    assert_eq!(
        refused(parts(2, &[1, 1, 1, 1, 1, 1], &[("x", x.clone())])),
        "a cumulative link model needs at least 2 levels of `grade` with rows, but there is 1"
    );
    for link in LINKS {
        let message = fit(link, parts(3, &[0, 0, 1, 1, 2, 2], &[("x", x.clone())]))
            .unwrap_err()
            .to_string();
        assert_eq!(
            message,
            "a cumulative link model: the likelihood has no maximum, in the coefficients `x` rises \
             without end; it separates the levels: take it out, merge its levels or those of the \
             response",
            "{link:?}"
        );
    }
}

#[test]
fn other_designs_are_refused() {
    let x = || vec![("x", vec![0.0, 1.0, 2.0, 1.0])];
    let codes = [0, 1, 1, 0];
    let mut counts = parts(2, &codes, &x());
    counts.response = Response::Count(array![0.0, 1.0, 1.0, 0.0]);
    assert_eq!(
        refused(counts),
        "a cumulative link model explains ordered levels, but `grade` is of another kind"
    );
    let mut with_zero = parts(2, &codes, &x());
    with_zero.zero = Some(with_zero.mean.clone());
    assert!(refused(with_zero).contains("a model of excess zeros"));
    let mut with_dispersion = parts(2, &codes, &x());
    with_dispersion.dispersion = Some(with_dispersion.mean.clone());
    assert!(refused(with_dispersion).contains("a model of the dispersion"));
    let design = Design::new(parts(2, &codes, &x())).unwrap();
    let short = Ordinal {
        max_iterations: 1,
        ..Ordinal::default()
    };
    assert!(matches!(
        short.fit(&design),
        Err(Error::NotConverged { iterations: 1, .. })
    ));
    let mut weighted = parts(2, &codes, &x());
    weighted.weights = Some(Weights {
        kind: WeightKind::Sampling,
        values: Array1::ones(4),
    });
    assert!(refused(weighted).contains("sampling weights"));
}

#[test]
fn the_intercept_belongs_to_the_thresholds() {
    let arm = vec![0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0];
    let other: Vec<f64> = arm.iter().map(|x| 1.0 - x).collect();
    let codes = [0, 0, 1, 2, 0, 1, 2, 2];
    let with = parts(
        3,
        &codes,
        &[("(Intercept)", vec![1.0; 8]), ("armEKC", arm.clone())],
    );
    let found = fit(OrdinalLink::Logit, with).unwrap();
    let alone = fit(
        OrdinalLink::Logit,
        parts(3, &codes, &[("armEKC", arm.clone())]),
    )
    .unwrap();
    assert_eq!(found.coefficients().values, alone.coefficients().values);
    assert!(found.estimates().unwrap()[0].cautions.is_empty());
    assert!(found.contrast("EKC − WT", array![0.0, 1.0].view()).is_ok());
    assert!(
        found
            .contrast("level of EKC", array![1.0, 1.0].view())
            .is_err()
    );
    // Both arms by name: only their difference is there to be estimated.
    let both = fit(
        OrdinalLink::Logit,
        parts(3, &codes, &[("armWT", other), ("armEKC", arm)]),
    )
    .unwrap();
    let difference = both.contrast("EKC − WT", array![-1.0, 1.0].view()).unwrap();
    let gap = difference.value.finite().unwrap() - alone.coefficients().values[0];
    assert!(gap.abs() < 1e-10);
    assert!(both.contrast("EKC", array![0.0, 1.0].view()).is_err());
}

#[test]
fn predictions_need_the_same_columns() {
    let x = vec![0.3, 1.0, 2.0, 1.5, 0.1, 2.2];
    let codes = [0, 1, 2, 0, 1, 2];
    let design = Design::new(parts(3, &codes, &[("x", x.clone())])).unwrap();
    let found = Ordinal::default().fit(&design).unwrap();
    assert_eq!(found.predict(&design).unwrap(), found.probabilities);
    let other = Design::new(parts(3, &codes, &[("z", x)])).unwrap();
    assert!(
        found
            .predict(&other)
            .unwrap_err()
            .to_string()
            .contains("expected x, found z")
    );
    assert!(found.profile("z").is_err());
}

/// Grades of 25 to 40 rows with two columns.
fn grades() -> impl Strategy<Value = (Vec<u32>, Vec<f64>, Vec<f64>)> {
    prop::collection::vec((0..4_u32, -2.0..2.0f64, -1.0..3.0f64), 25..40).prop_map(|rows| {
        (
            rows.iter().map(|row| row.0).collect(),
            rows.iter().map(|row| row.1).collect(),
            rows.iter().map(|row| row.2).collect(),
        )
    })
}

fn near(a: f64, b: f64) -> Result<(), TestCaseError> {
    prop_assert!(
        (a - b).abs() <= 1e-7 * (1.0 + a.abs()),
        "{} is not {}",
        a,
        b
    );
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    /// Levels from high to low: the other sign, the thresholds mirrored, and the tails exchanged.
    #[test]
    fn turned_levels_turn_the_signs((codes, x, z) in grades()) {
        let columns = [("x", x), ("z", z)];
        let turned: Vec<u32> = codes.iter().map(|code| 3 - code).collect();
        for (link, other) in [
            (OrdinalLink::Logit, OrdinalLink::Logit),
            (OrdinalLink::Probit, OrdinalLink::Probit),
            (OrdinalLink::Cloglog, OrdinalLink::Loglog),
        ] {
            let (Ok(a), Ok(b)) = (
                fit(link, parts(4, &codes, &columns)),
                fit(other, parts(4, &turned, &columns)),
            ) else { continue };
            for (a, b) in a.coefficients().values.iter().zip(&b.coefficients().values) {
                near(*a, -b)?;
            }
            for (a, b) in thresholds(&a).iter().zip(thresholds(&b).iter().rev()) {
                near(*a, -b)?;
            }
            near(a.criteria.unwrap().aic, b.criteria.unwrap().aic)?;
            let (pa, pb) = (a.proportional_odds(), b.proportional_odds());
            if let (Ok(pa), Ok(pb)) = (pa, pb)
                && let (Some(a), Some(b)) = (pa.overall.statistic, pb.overall.statistic)
            {
                near(a, b)?;
            }
        }
    }

    #[test]
    fn a_frequency_weight_is_as_many_copies((codes, x, z) in grades()) {
        let times: Vec<usize> = (0..codes.len()).map(|i| 1 + i % 3).collect();
        let copies: Vec<usize> =
            times.iter().enumerate().flat_map(|(i, &n)| std::iter::repeat_n(i, n)).collect();
        let of = |values: &[f64]| copies.iter().map(|&i| values[i]).collect::<Vec<_>>();
        let copied_codes: Vec<u32> = copies.iter().map(|&i| codes[i]).collect();
        let copied = parts(4, &copied_codes, &[("x", of(&x)), ("z", of(&z))]);
        let mut weighted = parts(4, &codes, &[("x", x), ("z", z)]);
        weighted.weights = Some(Weights {
            kind: WeightKind::Frequency,
            values: times.iter().map(|&n| f64::from(u32::try_from(n).unwrap())).collect(),
        });
        for covariance in [Covariance::Classical, Covariance::Hc0] {
            let options = Ordinal { covariance, ..Ordinal::default() };
            let (Ok(a), Ok(b)) = (
                options.fit(&Design::new(copied.clone()).unwrap()),
                options.fit(&Design::new(weighted.clone()).unwrap()),
            ) else { continue };
            for (a, b) in a.estimates().unwrap().iter().zip(b.estimates().unwrap()) {
                near(a.value.finite().unwrap(), b.value.finite().unwrap())?;
                near(a.std_error.unwrap(), b.std_error.unwrap())?;
            }
            near(a.criteria.unwrap().bic, b.criteria.unwrap().bic)?;
        }
    }

    /// Where a column moves, only the thresholds move with it; an offset is a coefficient that is known.
    #[test]
    fn units_and_offsets((codes, x, z) in grades()) {
        let columns = |x: Vec<f64>| [("x", x), ("z", z.clone())];
        let moved: Vec<f64> = x.iter().map(|x| 100.0 * x + 2000.0).collect();
        let (Ok(a), Ok(b)) = (
            fit(OrdinalLink::Probit, parts(4, &codes, &columns(x.clone()))),
            fit(OrdinalLink::Probit, parts(4, &codes, &columns(moved))),
        ) else { return Ok(()) };
        let beta = a.coefficients().values.clone();
        near(beta[0], 100.0 * b.coefficients().values[0])?;
        near(a.criteria.unwrap().aic, b.criteria.unwrap().aic)?;
        let mut with_offset = parts(4, &codes, &[("z", z.clone())]);
        with_offset.mean.offset = Some(x.iter().map(|x| beta[0] * x).collect());
        let c = fit(OrdinalLink::Probit, with_offset).unwrap();
        near(c.coefficients().values[0], beta[1])?;
        for (a, c) in thresholds(&a).iter().zip(thresholds(&c)) {
            near(*a, c)?;
        }
    }

    /// At both ends of a profile interval the likelihood ratio test is at its limit.
    #[test]
    fn profile_ends_are_where_the_likelihood_says((codes, x, z) in grades()) {
        let Ok(a) = fit(OrdinalLink::Logit, parts(4, &codes, &[("x", x.clone()), ("z", z.clone())]))
            else { return Ok(()) };
        let interval = a.profile("x").unwrap().interval.unwrap();
        for end in [interval.low, interval.high].into_iter().flatten() {
            let mut held = parts(4, &codes, &[("z", z.clone())]);
            held.mean.offset = Some(x.iter().map(|x| end * x).collect());
            let held = fit(OrdinalLink::Logit, held).unwrap();
            let gap = a.criteria.unwrap().log_likelihood - held.criteria.unwrap().log_likelihood;
            near(2.0 * gap, 1.959_963_984_540_054_f64.powi(2))?;
        }
    }

    #[test]
    fn levels_have_all_the_probability((codes, x, z) in grades()) {
        for link in LINKS {
            let Ok(found) = fit(link, parts(4, &codes, &[("x", x.clone()), ("z", z.clone())]))
                else { continue };
            for (p, position) in found.probabilities.rows().into_iter().zip(found.positions()) {
                near(p.sum(), 1.0)?;
                near(position.below + position.at + position.above, 1.0)?;
            }
        }
    }
}
