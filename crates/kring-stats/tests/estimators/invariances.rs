//! What changes nothing, or changes it in a known way.

use kring_core::WeightKind;
use kring_stats::Fit;
use kring_stats::lm::Lm;
use ndarray::{Array1, Array2, array};
use proptest::prelude::*;

use super::data::{Data, all, close, data, same, same_inference, same_numbers, unit, weighted};

/// Data with an order of their rows.
fn shuffled() -> impl Strategy<Value = (Data, Vec<usize>)> {
    weighted(WeightKind::Precision, 0.2..5.0f64).prop_flat_map(|data| {
        let order: Vec<usize> = (0..data.y.len()).collect();
        (Just(data), Just(order).prop_shuffle())
    })
}

/// A matrix that is safely invertible: ones on the diagonal, less beside it.
fn mixing() -> impl Strategy<Value = Array2<f64>> {
    prop::collection::vec(-0.4..0.4f64, 9).prop_map(|a| {
        Array2::from_shape_fn((3, 3), |(i, j)| if i == j { 1.0 } else { a[3 * i + j] })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_order_of_rows((data, order) in shuffled()) {
        for covariance in all() {
            let (before, after) = (data.fit(covariance), data.take(&order).fit(covariance));
            same(&before, &after)?;
            let moved: Vec<f64> = order.iter().map(|&i| before.residuals[i]).collect();
            prop_assert!(moved.iter().zip(&after.residuals).all(|(a, b)| close(*a, *b, 1.0)));
        }
    }

    #[test]
    fn the_names_of_clusters(data in data(), labels in Just(vec![7, 2, 9, 0, 4]).prop_shuffle()) {
        // Levels that no row has are among them: they are no clusters.
        let cluster = data.cluster.iter().map(|&g| labels[g as usize]).collect();
        let relabelled = Data { cluster, ..data.clone() };
        for covariance in all() {
            same(&data.fit(covariance), &relabelled.fit(covariance))?;
        }
    }

    #[test]
    fn the_scale_of_precision_weights(data in weighted(WeightKind::Precision, 0.2..5.0f64), k in 0.01..100.0f64) {
        let (kind, weights) = data.weights.clone().unwrap();
        let scaled = Data { weights: Some((kind, weights.iter().map(|w| k * w).collect())), ..data.clone() };
        for covariance in all() {
            let (a, b) = (data.fit(covariance), scaled.fit(covariance));
            let (ca, cb) = (a.coefficients(), b.coefficients());
            same_numbers(ca.values.iter(), cb.values.iter())?;
            same_numbers(ca.covariance.as_ref().unwrap().iter(), cb.covariance.as_ref().unwrap().iter())?;
            same_numbers(&[a.log_likelihood.unwrap()], &[b.log_likelihood.unwrap()])?;
            same_inference(&a, &b)?;
        }
    }

    #[test]
    fn another_zero_and_unit_of_the_response(data in data(), a in -50.0..50.0f64, b in 0.1..20.0f64) {
        let moved = Data { y: data.y.iter().map(|y| a + b * y).collect(), ..data.clone() };
        for covariance in all() {
            let (before, after) = (data.fit(covariance), moved.fit(covariance));
            let (cb, ca) = (before.coefficients(), after.coefficients());
            let expected = &cb.values * b + array![a, 0.0, 0.0];
            same_numbers(&expected, &ca.values)?;
            let expected = cb.covariance.as_ref().unwrap() * (b * b);
            same_numbers(&expected, ca.covariance.as_ref().unwrap())?;
            prop_assert!(close(after.r_squared.unwrap(), before.r_squared.unwrap(), 1.0));
            prop_assert!(close(after.sigma.unwrap(), b * before.sigma.unwrap(), 0.0));
            // ln f of a + by is less by ln b for each row.
            let less = data.y.len() as f64 * b.ln();
            prop_assert!(close(after.log_likelihood.unwrap(), before.log_likelihood.unwrap() - less, 1.0));
            for j in [1, 2] {
                let (e, f) = (before.contrast("x", unit(j, 3).view()).unwrap(), after.contrast("x", unit(j, 3).view()).unwrap());
                prop_assert!(close(e.statistic().unwrap(), f.statistic().unwrap(), 1.0));
            }
        }
    }

    #[test]
    fn other_columns_of_the_same_space(data in data(), a in mixing(), c in prop::collection::vec(-2.0..2.0f64, 3)) {
        // X A has the coefficients A⁻¹β, so that c'β = (A'c)'(A⁻¹β).
        let mixed = Data { x: data.x.dot(&a), ..data.clone() };
        let c = Array1::from(c);
        prop_assume!(c.iter().any(|w| w.abs() > 0.1));
        let moved = a.t().dot(&c);
        for covariance in all() {
            let (before, after) = (data.fit(covariance), mixed.fit(covariance));
            let e = before.contrast("c", c.view()).unwrap();
            let f = after.contrast("c", moved.view()).unwrap();
            for (e, f) in [
                (e.value.finite(), f.value.finite()), (e.std_error, f.std_error),
                (e.reference.df(), f.reference.df()), (e.p_value, f.p_value),
            ] {
                prop_assert!(close(e.unwrap(), f.unwrap(), 1.0), "{:?} is not {:?}", e, f);
            }
        }
    }

    #[test]
    fn joint_tests_of_the_same_space(data in data(), m in mixing()) {
        let rows = array![[0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
        let m = m.slice(ndarray::s![..2, ..2]).to_owned();
        // Other combinations of the same contrasts, and one of them twice.
        let mut mixed = Array2::zeros((3, 3));
        mixed.slice_mut(ndarray::s![..2, ..]).assign(&m.dot(&rows));
        mixed.row_mut(2).assign(&rows.row(0));
        for covariance in all() {
            let fit = data.fit(covariance);
            let (Ok(a), Ok(b)) = (fit.joint_test("a", rows.view()), fit.joint_test("b", mixed.view())) else {
                prop_assert!(fit.joint_test("a", rows.view()).is_err() && fit.joint_test("b", mixed.view()).is_err());
                continue;
            };
            prop_assert!(close(a.statistic.unwrap(), b.statistic.unwrap(), 1.0));
            prop_assert!(close(a.reference.df().unwrap(), b.reference.df().unwrap(), 1.0));
        }
    }

    #[test]
    fn an_offset_is_taken_off_the_response(data in data(), offset in prop::collection::vec(-9.0..9.0f64, 22)) {
        let offset = &offset[..data.y.len()];
        let less = Data { y: data.y.iter().zip(offset).map(|(y, o)| y - o).collect(), ..data.clone() };
        let mut parts = data.parts();
        parts.mean.offset = Some(offset.to_vec().into());
        let design = kring_core::Design::new(parts).unwrap();
        for covariance in all() {
            let fit = Lm { covariance, ..Lm::default() }.fit(&design).unwrap();
            same(&fit, &less.fit(covariance))?;
            for i in 0..offset.len() {
                prop_assert!(close(fit.fitted[i] + fit.residuals[i], data.y[i], 1.0));
            }
        }
    }

    #[test]
    fn residuals_are_orthogonal_and_leverages_sum_to_the_rank(data in weighted(WeightKind::Precision, 0.2..5.0f64)) {
        let fit = data.fit(super::data::BY_ROW[0]);
        let weights = &data.weights.as_ref().unwrap().1;
        for column in data.x.columns() {
            let product: f64 = column.iter().zip(weights).zip(&fit.residuals).map(|((x, w), e)| x * w * e).sum();
            prop_assert!(product.abs() < 1e-10);
        }
        prop_assert!(close(fit.leverage.sum(), 3.0, 1.0));
    }
}
