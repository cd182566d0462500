//! Formula and fit together.

use kring::analysis;
use kring::core::{Column, Measure, Table};
use kring::stats::lm::{Covariance, Lm};
use kring::{Error, formula::DesignOptions};

fn table() -> Table {
    let x = [0.0, 1.0, 2.0, 3.0, 4.0].map(Some);
    let y = [Some(1.0), Some(3.0), None, Some(4.0), Some(8.0)];
    let mut problems = Column::numeric("problems", y.to_vec()).unwrap();
    problems.unit = Some("problems".to_owned());
    Table::new(vec![
        problems,
        Column::numeric("months", x.to_vec()).unwrap(),
    ])
    .unwrap()
}

fn options() -> DesignOptions {
    DesignOptions::default()
}

/// Without the third row x is 0, 1, 3, 4 with mean 2 and y is 1, 3, 4, 8 with mean 4: the slope is
/// (−2·−3 − 1·−1 + 1·0 + 2·4) / (4 + 1 + 1 + 4) = 15/10, the intercept 4 − 3 = 1; the residuals are
/// 0, 0.5, −1.5, 1, so that σ² = 3.5/2, and of 26 squares about the mean 22.5 are explained.
#[test]
fn a_line_by_hand() {
    let fit = analysis::lm(&table(), "problems ~ months", &options(), &Lm::default()).unwrap();
    let values: Vec<f64> = fit
        .estimates
        .iter()
        .filter_map(|e| e.value.finite())
        .collect();
    assert!(
        (values[0] - 1.0).abs() < 1e-12 && (values[1] - 1.5).abs() < 1e-12,
        "{values:?}"
    );
    assert!((fit.sigma.unwrap() - 1.75_f64.sqrt()).abs() < 1e-12);
    assert!((fit.r_squared.unwrap() - 22.5 / 26.0).abs() < 1e-12);
    assert_eq!((fit.rows, fit.omitted.len(), fit.residual_df), (4, 1, 2.0));
    let unit = Measure::Coefficient {
        unit: Some("problems".to_owned()),
    };
    assert_eq!(fit.estimates[1].measure, unit);
    let line = fit.summary_line();
    assert!(
        line.ends_with("4 rows; left out: 1 because `problems` is missing"),
        "{line}"
    );
    let overall = fit.overall.unwrap();
    // F = t² = 22.5 / 1.75.
    assert!((overall.statistic.unwrap() - 22.5 / 1.75).abs() < 1e-10);
}

#[test]
fn each_crate_refuses_in_its_own_words() {
    let lm = |formula: &str, options: &Lm| {
        analysis::lm(&table(), formula, &DesignOptions::default(), options)
    };
    assert!(matches!(
        lm("problems ~ month", &Lm::default()),
        Err(Error::Formula(_))
    ));
    let cr2 = Lm {
        covariance: Covariance::Cr2,
        ..Lm::default()
    };
    assert!(matches!(
        lm("problems ~ months", &cr2),
        Err(Error::Stats(_))
    ));
}

/// With EKC first the means are 2 and 6, so that WT lies 4 above; with WT first EKC lies 4 below.
#[test]
fn a_factor_is_set_against_the_level_that_is_asked_for() {
    let codes = [0, 0, 1, 1].map(Some).to_vec();
    let mut arm = Column::factor("arm", ["EKC", "WT"], codes).unwrap();
    arm.label = Some("Arm".to_owned());
    let y = [1.0, 3.0, 5.0, 7.0].map(Some).to_vec();
    let table = Table::new(vec![Column::numeric("y", y).unwrap(), arm]).unwrap();
    let effect = |table: &Table| {
        let fit = analysis::lm(table, "y ~ arm", &options(), &Lm::default()).unwrap();
        let last = fit.estimates.last().unwrap();
        (
            last.label.clone(),
            last.value.finite().unwrap().round(),
            fit.factor_line(),
        )
    };
    let (label, value, line) = effect(&table);
    assert_eq!((label.as_str(), value), ("armWT", 4.0));
    assert_eq!(line.as_deref(), Some("Factors: arm: WT against EKC."));
    let turned = analysis::with_reference(&table, "arm", "WT").unwrap();
    let (label, value, line) = effect(&turned);
    assert_eq!((label.as_str(), value), ("armEKC", -4.0));
    assert_eq!(line.as_deref(), Some("Factors: arm: EKC against WT."));
    assert_eq!(turned.column("arm").unwrap().title(), "Arm");
}
