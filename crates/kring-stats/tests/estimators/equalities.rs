//! One method that is a special case of another.

use kring_core::{Reference, WeightKind};
use kring_stats::Fit;
use kring_stats::chi_squared::ChiSquared;
use kring_stats::lm::Covariance;
use kring_stats::t_test::{Group, TTest, Variance};
use ndarray::{Array2, array};
use proptest::prelude::*;

use super::data::{BY_ROW, Data, all, close, data, same, same_numbers, unit, weighted};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_frequency_weight_is_so_many_copies(
        data in weighted(WeightKind::Frequency, prop::sample::select(vec![0.0, 1.0, 1.0, 2.0, 3.0])),
    ) {
        let weights = data.weights.clone().unwrap().1;
        let rows: Vec<usize> = (0..weights.len())
            .flat_map(|i| {
                #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0, 1, 2 or 3")]
                let copies = weights[i] as usize;
                std::iter::repeat_n(i, copies)
            })
            .collect();
        let copied = Data { weights: None, ..data.take(&rows) };
        let seen: std::collections::BTreeSet<u32> = copied.cluster.iter().copied().collect();
        prop_assume!(copied.fit(BY_ROW[0]).leverage.iter().all(|&h| h < 0.9) && seen.len() == 5);
        for covariance in all() {
            same(&data.fit(covariance), &copied.fit(covariance))?;
        }
    }

    #[test]
    fn a_row_of_weight_zero_is_no_row(
        data in weighted(WeightKind::Precision, prop::sample::select(vec![0.0, 0.5, 1.0, 1.5, 3.0])),
    ) {
        let weights = &data.weights.as_ref().unwrap().1;
        let rows: Vec<usize> = (0..weights.len()).filter(|&i| weights[i] > 0.0).collect();
        let without = data.take(&rows);
        let seen: std::collections::BTreeSet<u32> = without.cluster.iter().copied().collect();
        prop_assume!(rows.len() > 8 && seen.len() == 5 && without.fit(BY_ROW[0]).leverage.iter().all(|&h| h < 0.9));
        for covariance in all() {
            same(&data.fit(covariance), &without.fit(covariance))?;
        }
    }

    #[test]
    fn clusters_of_one_row_are_rows(data in weighted(WeightKind::Precision, 0.2..5.0f64)) {
        let cluster = (0..u32::try_from(data.y.len()).unwrap()).collect();
        let rows = Data { cluster, ..data };
        for (by_cluster, by_row) in [
            (Covariance::Cr0, Covariance::Hc0), (Covariance::Cr2, Covariance::Hc2), (Covariance::Cr3, Covariance::Hc3),
        ] {
            let (a, b) = (rows.fit(by_cluster), rows.fit(by_row));
            same_numbers(a.coefficients().covariance.as_ref().unwrap(), b.coefficients().covariance.as_ref().unwrap())?;
        }
    }

    #[test]
    fn equal_weights_within_clusters_leave_one_root(data in data(), w in prop::collection::vec(0.2..5.0f64, 5)) {
        // The CR2 of weighted data is that of √w X and √w y, where no root but one is symmetric.
        let each: Vec<f64> = data.cluster.iter().map(|&g| w[g as usize]).collect();
        let mut scaled = data.clone();
        for (i, w) in each.iter().enumerate() {
            scaled.y[i] *= w.sqrt();
            scaled.x.row_mut(i).mapv_inplace(|x| x * w.sqrt());
        }
        let weighted = Data { weights: Some((WeightKind::Precision, each)), ..data };
        let (a, b) = (weighted.fit(Covariance::Cr2), scaled.fit(Covariance::Cr2));
        same_numbers(a.coefficients().covariance.as_ref().unwrap(), b.coefficients().covariance.as_ref().unwrap())?;
    }

    #[test]
    fn one_contrast_tested_jointly_is_its_t_squared(data in data()) {
        for covariance in all() {
            let fit = data.fit(covariance);
            let single = fit.contrast("x1", unit(1, 3).view()).unwrap();
            let joint = fit.joint_test("x1", unit(1, 3).insert_axis(ndarray::Axis(0)).view()).unwrap();
            prop_assert!(close(joint.statistic.unwrap(), single.statistic().unwrap().powi(2), 1.0));
            prop_assert!(close(joint.reference.df().unwrap(), single.reference.df().unwrap(), 1.0));
            prop_assert!(close(joint.p_value.unwrap(), single.p_value.unwrap(), 1e-3));
        }
    }

    #[test]
    fn two_groups_are_a_dummy(
        x in prop::collection::vec(-5.0..5.0f64, 3..12), y in prop::collection::vec(-5.0..5.0f64, 3..12),
    ) {
        let n = x.len() + y.len();
        let data = Data {
            y: x.iter().chain(&y).copied().collect(),
            x: Array2::from_shape_fn((n, 2), |(i, j)| if j == 0 || i < x.len() { 1.0 } else { 0.0 }),
            cluster: vec![0; n],
            weights: None,
        };
        let (x, y) = (Group { name: "x", values: &x }, Group { name: "y", values: &y });
        // Student's variance is the classical one of least squares, Welch's is HC2.
        for (variance, covariance) in [(Variance::Equal, Covariance::Classical), (Variance::Unequal, Covariance::Hc2)] {
            let test = TTest { variance, ..TTest::default() }.two_samples(x, y, None).unwrap();
            let slope = data.fit(covariance).contrast("x − y", array![0.0, 1.0].view()).unwrap();
            prop_assert!(close(test.value.finite().unwrap(), slope.value.finite().unwrap(), 1.0));
            prop_assert!(close(test.std_error.unwrap(), slope.std_error.unwrap(), 0.0));
            if variance == Variance::Equal {
                prop_assert_eq!(test.reference, slope.reference);
                prop_assert!(close(test.p_value.unwrap(), slope.p_value.unwrap(), 1e-3));
                prop_assert!(close(test.interval.unwrap().low.unwrap(), slope.interval.unwrap().low.unwrap(), 1.0));
            }
        }
    }

    #[test]
    fn pairs_are_a_mean_of_differences(pairs in prop::collection::vec((-5.0..5.0f64, -5.0..5.0f64), 3..15)) {
        let (after, before): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
        let n = after.len();
        let data = Data {
            y: after.iter().zip(&before).map(|(a, b)| a - b).collect(),
            x: Array2::ones((n, 1)), cluster: vec![0; n], weights: None,
        };
        let mean = data.fit(Covariance::Classical).estimates().unwrap().remove(0);
        let (after, before) = (Group { name: "after", values: &after }, Group { name: "before", values: &before });
        let test = TTest::default().paired(after, before, None).unwrap();
        prop_assert!(close(test.statistic().unwrap(), mean.statistic().unwrap(), 1.0));
        prop_assert_eq!(test.reference, mean.reference);
    }

    #[test]
    fn chi_squared_is_the_square_of_z(a in 1..60u64, b in 1..60u64, c in 1..60u64, d in 1..60u64) {
        // z = (p₁ − p₂) / √(p (1 − p) (1/n₁ + 1/n₂)) with the pooled p.
        let [a_, b_, c_, d_] = [a, b, c, d].map(|n| n as f64);
        let (n1, n2) = (a_ + b_, c_ + d_);
        let p = (a_ + c_) / (n1 + n2);
        let z = (a_ / n1 - c_ / n2) / (p * (1.0 - p) * (1.0 / n1 + 1.0 / n2)).sqrt();
        let test = ChiSquared::default().test("t", array![[a, b], [c, d]].view()).unwrap().test;
        prop_assert!(close(test.statistic.unwrap(), z * z, 1e-3));
        prop_assert_eq!(test.reference, Reference::ChiSquared { df: 1.0 });
        let tail = kring_stats::dist::p_value(z, Reference::Normal, kring_core::Alternative::TwoSided).unwrap();
        prop_assert!(close(test.p_value.unwrap(), tail, 1e-3));
    }

    #[test]
    fn a_table_may_be_turned_and_its_rows_exchanged(counts in prop::collection::vec(1..40u64, 12)) {
        let table = Array2::from_shape_vec((3, 4), counts).unwrap();
        let exchanged = table.select(ndarray::Axis(0), &[2, 0, 1]);
        let test = |t: ndarray::ArrayView2<'_, u64>| ChiSquared::default().test("t", t).unwrap().test;
        let (before, turned, exchanged) = (test(table.view()), test(table.t()), test(exchanged.view()));
        for other in [turned, exchanged] {
            prop_assert!(close(before.statistic.unwrap(), other.statistic.unwrap(), 1e-3));
            prop_assert_eq!(before.reference, other.reference);
        }
    }

    #[test]
    fn the_zero_and_unit_of_a_t_test(
        x in prop::collection::vec(-5.0..5.0f64, 3..12), y in prop::collection::vec(-5.0..5.0f64, 3..12),
        a in -1e3..1e3f64, b in 0.01..100.0f64,
    ) {
        let moved = |values: &[f64]| -> Vec<f64> { values.iter().map(|v| a + b * v).collect() };
        let (x2, y2) = (moved(&x), moved(&y));
        for variance in [Variance::Equal, Variance::Unequal] {
            let test = TTest { variance, ..TTest::default() };
            let run = |x, y| test.two_samples(Group { name: "x", values: x }, Group { name: "y", values: y }, None).unwrap();
            let (before, after) = (run(&x, &y), run(&x2, &y2));
            prop_assert!((before.statistic().unwrap() - after.statistic().unwrap()).abs() < 1e-6);
            prop_assert!(close(after.std_error.unwrap(), b * before.std_error.unwrap(), 1e-3));
            // Turned round, the sign changes and nothing else.
            let turned = run(&y, &x);
            prop_assert_eq!(turned.p_value, before.p_value);
            prop_assert!(close(turned.value.finite().unwrap(), -before.value.finite().unwrap(), 0.0));
        }
    }
}
