//! Designs that nobody should fit: nothing panics, and whatever is said is a finite number.

use kring_core::{Estimate, JointTest, WeightKind};
use kring_stats::Fit;
use kring_stats::chi_squared::{ChiSquared, Correction};
use kring_stats::lm::{Lm, LmFit};
use kring_stats::summary::{Quantile, numbers};
use kring_stats::t_test::{Group, TTest, Variance};
use ndarray::Array2;
use proptest::prelude::*;

use super::data::{Data, all};

/// Mostly small whole numbers, which make columns equal, constant or zero, and now and then a number
/// of another size.
fn entry() -> BoxedStrategy<f64> {
    prop_oneof![
        8 => prop::sample::select(vec![0.0, 0.0, 1.0, 1.0, -1.0, 2.0, 3.0]),
        1 => prop::sample::select(vec![1e-12, 1e-6, 1e6, 1e12, -1e9]),
        1 => -10.0..10.0f64,
    ]
    .boxed()
}

/// Also the largest and the smallest there are.
fn wild() -> BoxedStrategy<f64> {
    prop_oneof![
        4 => entry(),
        1 => prop::sample::select(vec![1e160, -1e160, 1e300, -1e308, 1e-160, 1e-300, 5e-324]),
    ]
    .boxed()
}

fn designs(entry: BoxedStrategy<f64>) -> impl Strategy<Value = Data> {
    (1..9usize, 1..6usize, 1..5u32).prop_flat_map(move |(n, p, clusters)| {
        let weights = prop::option::of((
            prop::sample::select(vec![
                WeightKind::Frequency,
                WeightKind::Precision,
                WeightKind::Sampling,
            ]),
            prop::collection::vec(prop::sample::select(vec![0.0, 0.0, 1.0, 1.0, 2.0, 5.0]), n),
        ));
        (
            prop::collection::vec(entry.clone(), n),
            prop::collection::vec(entry.clone(), n * p),
            prop::collection::vec(0..clusters, n),
            weights,
            prop::bool::ANY,
        )
            .prop_map(move |(y, x, cluster, weights, intercept)| {
                let x = Array2::from_shape_fn((n, p), |(i, j)| {
                    if intercept && j == 0 {
                        1.0
                    } else {
                        x[i * p + j]
                    }
                });
                Data {
                    y,
                    x,
                    cluster,
                    weights,
                }
            })
    })
}

/// Fits with all errors, and asks everything of what fits.
fn ask(data: &Data) -> Result<(), TestCaseError> {
    let design = data.design();
    for covariance in all() {
        let fit = match (Lm {
            covariance,
            ..Lm::default()
        })
        .fit(&design)
        {
            Ok(fit) => fit,
            Err(error) => {
                prop_assert!(!error.to_string().is_empty());
                continue;
            }
        };
        let p = data.x.ncols();
        finite_fit(&fit)?;
        fit.estimates().iter().flatten().try_for_each(finite)?;
        fit.overall_test()
            .iter()
            .flatten()
            .try_for_each(finite_test)?;
        let sum = Array2::<f64>::ones((1, p));
        fit.contrast("the sum", sum.row(0))
            .iter()
            .try_for_each(finite)?;
        fit.joint_test("all columns", Array2::eye(p).view())
            .iter()
            .try_for_each(finite_test)?;
        prop_assert_eq!(
            fit.coefficients().aliased().len() + fit.coefficients().values.len(),
            p
        );
    }
    Ok(())
}

fn finite_fit(fit: &LmFit) -> Result<(), TestCaseError> {
    let coefficients = fit.coefficients();
    let covariance = coefficients.covariance.iter().flatten();
    let arrays = coefficients
        .values
        .iter()
        .chain(covariance)
        .chain(&coefficients.aliases);
    let rows = fit.fitted.iter().chain(&fit.residuals).chain(&fit.leverage);
    let single = [
        fit.sigma,
        fit.r_squared,
        fit.adjusted_r_squared,
        fit.log_likelihood,
    ];
    prop_assert!(
        arrays
            .chain(rows)
            .chain(single.iter().flatten())
            .all(|x| x.is_finite()),
        "{:?}",
        fit
    );
    prop_assert!(
        fit.leverage
            .iter()
            .all(|h| (-1e-9..=1.0 + 1e-9).contains(h)),
        "{:?}",
        fit.leverage
    );
    prop_assert!(
        fit.r_squared
            .is_none_or(|r2| (-1e-9..=1.0 + 1e-9).contains(&r2)),
        "{:?}",
        fit.r_squared
    );
    Ok(())
}

fn finite(estimate: &Estimate) -> Result<(), TestCaseError> {
    let ends = estimate
        .interval
        .iter()
        .flat_map(|i| [i.low, i.high])
        .flatten();
    let single = [
        estimate.value.finite(),
        estimate.std_error,
        estimate.p_value,
        estimate.reference.df(),
    ];
    prop_assert!(
        single.into_iter().flatten().chain(ends).all(f64::is_finite),
        "{:?}",
        estimate
    );
    prop_assert!(
        estimate.p_value.is_none_or(|p| (0.0..=1.0).contains(&p)),
        "{:?}",
        estimate
    );
    Ok(())
}

fn finite_test(test: &JointTest) -> Result<(), TestCaseError> {
    let single = [test.statistic, test.p_value, test.reference.df()];
    prop_assert!(
        single.into_iter().flatten().all(f64::is_finite),
        "{:?}",
        test
    );
    prop_assert!(
        test.p_value.is_none_or(|p| (0.0..=1.0).contains(&p)),
        "{:?}",
        test
    );
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn a_poor_design_is_fitted_or_refused(data in designs(entry())) {
        ask(&data)?;
    }

    #[test]
    fn so_is_one_of_absurd_numbers(data in designs(wild())) {
        ask(&data)?;
    }

    #[test]
    fn a_t_test_is_a_number_or_an_error(
        x in prop::collection::vec(wild(), 0..5), y in prop::collection::vec(wild(), 0..5),
        level in prop::sample::select(vec![0.95, 0.0, 1.0, -1.0, f64::NAN, 1e-300, 1.0 - 1e-16]),
        null in wild(),
    ) {
        let (gx, gy) = (Group { name: "x", values: &x }, Group { name: "y", values: &y });
        for variance in [Variance::Equal, Variance::Unequal] {
            let test = TTest { variance, level, null, ..TTest::default() };
            test.two_samples(gx, gy, None).iter().try_for_each(finite)?;
            test.paired(gx, gy, None).iter().try_for_each(finite)?;
        }
    }

    #[test]
    fn a_table_is_tested_or_refused(
        rows in 0..4usize, columns in 0..4usize,
        counts in prop::collection::vec(prop::sample::select(vec![0, 0, 1, 2, 50, u64::from(u32::MAX), 1 << 60]), 9),
    ) {
        let table = Array2::from_shape_fn((rows, columns), |(i, j)| counts[3 * i + j]);
        for correction in [Correction::None, Correction::Yates] {
            let found = ChiSquared { correction }.test("t", table.view());
            found.iter().map(|found| &found.test).try_for_each(finite_test)?;
            prop_assert!(found.iter().flat_map(|found| &found.expected).all(|e| e.is_finite()));
        }
    }

    #[test]
    fn a_summary_stays_within_its_values(values in prop::collection::vec(wild(), 0..7)) {
        for quantile in [Quantile::Type6, Quantile::Type7] {
            let found = numbers(&values, quantile);
            let inner = [found.mean, found.lower_quartile, found.median, found.upper_quartile];
            prop_assert!(inner.into_iter().flatten().all(|x| {
                let (low, high) = (found.min.unwrap(), found.max.unwrap());
                let slack = 1e-12 * (low.abs() + high.abs());
                (low - slack..=high + slack).contains(&x)
            }), "{:?}", found);
            prop_assert!(found.sd.iter().chain(&found.sum).all(|x| x.is_finite()));
            prop_assert!(values.len() > 1 || found.sd.is_none());
        }
    }
}
