//! NIST's certified values of the Longley data: columns so nearly collinear that careless arithmetic
//! has no digit right.
//!
//! Data and values: NIST/ITL Statistical Reference Datasets, Linear Regression, "Longley",
//! <https://www.itl.nist.gov/div898/strd/lls/data/Longley.shtml>; data of Longley JW (1967), JASA
//! 62:819–841. `reference/scripts/longley.py` finds the same values in exact fractions.

use kring_stats::Fit;
use kring_stats::lm::Covariance;
use ndarray::Array2;

use super::data::Data;

/// y, then GNP deflator, GNP, unemployed, armed forces, population, year.
const ROWS: [[f64; 7]; 16] = [
    [60323.0, 83.0, 234_289.0, 2356.0, 1590.0, 107_608.0, 1947.0],
    [61122.0, 88.5, 259_426.0, 2325.0, 1456.0, 108_632.0, 1948.0],
    [60171.0, 88.2, 258_054.0, 3682.0, 1616.0, 109_773.0, 1949.0],
    [61187.0, 89.5, 284_599.0, 3351.0, 1650.0, 110_929.0, 1950.0],
    [63221.0, 96.2, 328_975.0, 2099.0, 3099.0, 112_075.0, 1951.0],
    [63639.0, 98.1, 346_999.0, 1932.0, 3594.0, 113_270.0, 1952.0],
    [64989.0, 99.0, 365_385.0, 1870.0, 3547.0, 115_094.0, 1953.0],
    [63761.0, 100.0, 363_112.0, 3578.0, 3350.0, 116_219.0, 1954.0],
    [66019.0, 101.2, 397_469.0, 2904.0, 3048.0, 117_388.0, 1955.0],
    [67857.0, 104.6, 419_180.0, 2822.0, 2857.0, 118_734.0, 1956.0],
    [68169.0, 108.4, 442_769.0, 2936.0, 2798.0, 120_445.0, 1957.0],
    [66513.0, 110.8, 444_546.0, 4681.0, 2637.0, 121_950.0, 1958.0],
    [68655.0, 112.6, 482_704.0, 3813.0, 2552.0, 123_366.0, 1959.0],
    [69564.0, 114.2, 502_601.0, 3931.0, 2514.0, 125_368.0, 1960.0],
    [69331.0, 115.7, 518_173.0, 4806.0, 2572.0, 127_852.0, 1961.0],
    [70551.0, 116.9, 554_894.0, 4007.0, 2827.0, 130_081.0, 1962.0],
];

/// Certified coefficients and standard deviations of them.
const CERTIFIED: [[f64; 2]; 7] = [
    [-3_482_258.634_595_82, 890_420.383_607_373],
    [15.061_872_271_373_3, 84.914_925_774_766_9],
    [-0.358_191_792_925_910e-1, 0.334_910_077_722_432e-1],
    [-2.020_229_803_816_83, 0.488_399_681_651_699],
    [-1.033_226_867_173_59, 0.214_274_163_161_675],
    [-0.511_041_056_535_807e-1, 0.226_073_200_069_370],
    [1_829.151_464_613_55, 455.478_499_142_212],
];

#[test]
fn the_certified_values_of_longley() {
    let data = Data {
        y: ROWS.iter().map(|row| row[0]).collect(),
        x: Array2::from_shape_fn((16, 7), |(i, j)| if j == 0 { 1.0 } else { ROWS[i][j] }),
        cluster: vec![0; 16],
        weights: None,
    };
    let fit = data.fit(Covariance::Classical);
    // The condition number of X is about 5e9, so that nine digits less than sixteen would be no fault.
    let close = |ours: f64, certified: f64| (ours / certified - 1.0).abs() < 1e-9;
    for (estimate, [value, std_error]) in fit.estimates().unwrap().iter().zip(CERTIFIED) {
        assert!(
            close(estimate.value.finite().unwrap(), value),
            "{estimate:?} is not {value}"
        );
        assert!(
            close(estimate.std_error.unwrap(), std_error),
            "{estimate:?} is not {std_error}"
        );
    }
    assert!(close(fit.sigma.unwrap(), 304.854_073_561_965));
    assert!(close(fit.r_squared.unwrap(), 0.995_479_004_577_296));
    let overall = fit.overall_test().unwrap().unwrap();
    assert!(close(overall.statistic.unwrap(), 330.285_339_234_588));
    assert_eq!(overall.reference.df(), Some(9.0));
}
