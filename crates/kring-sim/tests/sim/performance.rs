//! Performance by hand, and what is not defined.

use kring_sim::Error;
use kring_sim::performance::{
    Ends, Failure, Found, Keep, Performance, PerformanceMeasure as M, PerformanceOptions,
    Replicates,
};

fn found(replicate: u64, value: f64, se: f64, p: f64) -> Found {
    Found {
        std_error: Some(se),
        interval: Some(Ends {
            low: Some(value - 2.0 * se),
            high: Some(value + 2.0 * se),
        }),
        p_value: Some(p),
        ..Found::new(replicate, value)
    }
}

/// Four estimates of 1: 0, 1, 2 and 3.
fn four() -> Replicates {
    let mut replicates = Replicates::default();
    for (i, (value, se, p)) in [
        (2.0, 1.0, 0.04),
        (0.0, 1.0, 0.9),
        (3.0, 0.5, 0.01),
        (1.0, 1.0, 0.3),
    ]
    .into_iter()
    .enumerate()
    {
        replicates.record(found(i as u64, value, se, p)).unwrap();
    }
    replicates
}

fn row(performance: &Performance, measure: M) -> (f64, f64) {
    let row = performance.row(measure).unwrap();
    (row.value, row.mcse.unwrap())
}

#[track_caller]
fn close(found: (f64, f64), value: f64, mcse: f64) {
    assert!((found.0 - value).abs() < 1e-12, "{found:?}, not {value}");
    assert!((found.1 - mcse).abs() < 1e-12, "{found:?}, not {mcse}");
}

/// Mean 1.5; squares around it 5; around the truth 1, 1, 4, 0.
#[test]
fn by_hand() {
    let performance = four().performance(&PerformanceOptions::of(1.0)).unwrap();
    close(row(&performance, M::Bias), 0.5, (5.0_f64 / 12.0).sqrt());
    let empirical = (5.0_f64 / 3.0).sqrt();
    close(
        row(&performance, M::EmpiricalSe),
        empirical,
        empirical / 6.0_f64.sqrt(),
    );
    // Squared errors 1, 1, 4, 0: mean 1.5, squares around it 9.
    close(
        row(&performance, M::MeanSquaredError),
        1.5,
        (9.0_f64 / 12.0).sqrt(),
    );
    // Variances 1, 1, 0.25, 1: mean 0.8125, squares around it 0.421875.
    let model = 0.8125_f64.sqrt();
    let v = 0.421_875 / 3.0;
    close(
        row(&performance, M::ModelSe),
        model,
        (v / (16.0 * 0.8125_f64)).sqrt(),
    );
    let ratio = model / empirical;
    let mcse = 100.0 * ratio * (v / (16.0 * 0.8125 * 0.8125) + 1.0 / 6.0_f64).sqrt();
    close(
        row(&performance, M::RelativeError),
        100.0 * (ratio - 1.0),
        mcse,
    );
    // [0, 4] [−2, 2] [2, 4] [−1, 3]: three have 1 in them, three 1.5.
    let mcse = (0.75 * 0.25_f64 / 4.0).sqrt();
    close(row(&performance, M::Coverage), 0.75, mcse);
    close(row(&performance, M::BiasEliminatedCoverage), 0.75, mcse);
    close(row(&performance, M::Power), 0.5, 0.25);
    assert!(performance.row(M::TypeIError).is_none());
    let null = PerformanceOptions {
        null: 1.0,
        ..PerformanceOptions::of(1.0)
    };
    let performance = four().performance(&null).unwrap();
    close(row(&performance, M::TypeIError), 0.5, 0.25);
    assert!(performance.kept.is_empty() && performance.zip().is_empty());
}

#[test]
fn a_zip_plot_has_the_nearest_first() {
    let options = PerformanceOptions {
        keep: Keep::Replicates,
        ..PerformanceOptions::of(1.0)
    };
    let mut replicates = four();
    replicates.record(Found::new(9, 1.0)).unwrap();
    let performance = replicates.performance(&options).unwrap();
    // Distances in standard errors: 1, 1, 4, 0; replicate 9 has no interval.
    let lines = performance.zip();
    let order: Vec<u64> = lines.iter().map(|line| line.replicate).collect();
    assert_eq!(order, [3, 0, 1, 2]);
    let centiles: Vec<f64> = lines.iter().map(|line| line.centile).collect();
    assert_eq!(centiles, [0.0, 0.25, 0.5, 0.75]);
    assert_eq!(lines.iter().filter(|line| line.covers).count(), 3);
    assert_eq!(performance.kept.len(), 5);
}

#[test]
fn failures_are_counted_by_their_error_and_edges_by_themselves() {
    let mut replicates = four();
    for (i, kind) in [(10, "NotConverged"), (11, "Separated"), (12, "Separated")] {
        let failure = Failure {
            kind: kind.into(),
            message: format!("in replicate {i}"),
        };
        replicates.record_failure(i, failure).unwrap();
    }
    // At the edge: no value, but a test, and an interval with one end.
    replicates
        .record(Found {
            value: None,
            std_error: None,
            interval: Some(Ends {
                low: Some(0.5),
                high: None,
            }),
            ..found(13, 0.0, 1.0, 0.02)
        })
        .unwrap();
    let performance = replicates
        .performance(&PerformanceOptions::of(1.0))
        .unwrap();
    assert_eq!((performance.replicates, performance.at_boundary), (8, 1));
    let kinds: Vec<_> = performance
        .failures
        .iter()
        .map(|f| (f.kind.as_str(), f.times))
        .collect();
    assert_eq!(kinds, [("Separated", 2), ("NotConverged", 1)]);
    assert_eq!(performance.failures[0].example, "in replicate 11");
    assert_eq!(performance.row(M::Bias).unwrap().n, 4);
    let coverage = performance.row(M::Coverage).unwrap();
    assert_eq!((coverage.value, coverage.n), (0.8, 5));
    assert_eq!(performance.row(M::Power).unwrap().value, 0.6);
}

#[test]
fn what_is_not_defined_has_no_row_or_is_an_error() {
    let mut one = Replicates::default();
    assert!(one.is_empty());
    assert_eq!(
        one.performance(&PerformanceOptions::of(0.0))
            .unwrap_err()
            .to_string(),
        "the performance of an estimator: there are no replicates"
    );
    one.record(Found::new(4, 2.0)).unwrap();
    let performance = one.performance(&PerformanceOptions::of(0.0)).unwrap();
    let rows: Vec<_> = performance
        .rows
        .iter()
        .map(|r| (r.measure, r.value, r.mcse))
        .collect();
    assert_eq!(
        rows,
        [(M::Bias, 2.0, None), (M::MeanSquaredError, 4.0, None)]
    );
    // All the same: no empirical error to relate the model's to.
    one.record(found(5, 2.0, 1.0, 0.5)).unwrap();
    let performance = one.performance(&PerformanceOptions::of(0.0)).unwrap();
    assert_eq!(performance.row(M::EmpiricalSe).unwrap().value, 0.0);
    assert!(performance.row(M::RelativeError).is_none());

    assert_eq!(
        one.record(Found::new(4, 1.0)).unwrap_err().to_string(),
        "replicate 4: it was recorded twice; give each range of replicates to one worker only"
    );
    assert!(one.record(Found::new(6, f64::NAN)).is_err());
    one.record(Found::new(6, 1e200)).unwrap();
    assert!(matches!(
        one.performance(&PerformanceOptions::of(0.0)),
        Err(Error::Overflow { .. })
    ));
    for (truth, alpha) in [(f64::NAN, 0.05), (0.0, 0.0), (0.0, 1.0)] {
        let options = PerformanceOptions {
            alpha,
            ..PerformanceOptions::of(truth)
        };
        assert!(matches!(
            four().performance(&options),
            Err(Error::Parameter { .. })
        ));
    }
}

/// Estimates of B are half as far from 1.5 as those of A: a quarter of the variance, so 300 % more
/// precise, with a correlation of one and no Monte Carlo error.
#[test]
fn relative_precision_by_hand() {
    let a = four();
    let mut b = Replicates::default();
    for found in a.found() {
        let value = 1.5 + (found.value.unwrap() - 1.5) / 2.0;
        b.record(Found::new(found.replicate, value)).unwrap();
    }
    b.record(Found::new(77, 5.0)).unwrap();
    let row = Replicates::relative_precision(&a, &b).unwrap();
    assert!((row.value - 300.0).abs() < 1e-10);
    assert!(row.mcse.unwrap() < 1e-4);
    assert_eq!(row.n, 4);
    assert!(Replicates::relative_precision(&a, &Replicates::default()).is_err());
}
