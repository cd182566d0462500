//! Every refusal, provoked, with its message.

use kring_core::{
    Alternative, Design, DesignParts, Grouping, Part, RandomStructure, RandomTerm, Reference,
    Response, WeightKind, Weights,
};
use kring_stats::chi_squared::ChiSquared;
use kring_stats::lm::{Covariance, Lm, LmFit};
use kring_stats::t_test::{Group, TTest, Variance};
use kring_stats::{Error, Fit, dist};
use ndarray::{Array2, array};

use super::data::{Data, unit};

/// Six rows, two columns, three clusters of two.
fn six() -> Data {
    Data {
        y: vec![1.0, 3.0, 2.0, 5.0, 4.0, 7.0],
        x: Array2::from_shape_fn((6, 2), |(i, j)| if j == 0 { 1.0 } else { i as f64 }),
        cluster: vec![0, 0, 1, 1, 2, 2],
        weights: None,
    }
}

fn refused(covariance: Covariance, change: impl FnOnce(&mut DesignParts)) -> Error {
    fitted(covariance, change).unwrap_err()
}

fn fitted(covariance: Covariance, change: impl FnOnce(&mut DesignParts)) -> Result<LmFit, Error> {
    let mut parts = six().parts();
    change(&mut parts);
    Lm {
        covariance,
        ..Lm::default()
    }
    .fit(&Design::new(parts).unwrap())
}

#[track_caller]
fn says(error: impl Into<Error>, message: &str) {
    assert_eq!(error.into().to_string(), message);
}

#[test]
fn too_few() {
    says(
        refused(Covariance::Cr2, |parts| {
            parts.groups.clusters[0].index = vec![1; 6];
        }),
        "a cluster-robust standard error needs at least 2 clusters of `family`, but there is 1",
    );
    let (one, two) = (
        Group {
            name: "EKC",
            values: &[1.0],
        },
        Group {
            name: "WT",
            values: &[2.0],
        },
    );
    says(
        TTest::default().two_samples(one, two, None).unwrap_err(),
        "Welch's t test needs at least 2 values in group EKC, but there is 1",
    );
    let student = TTest {
        variance: Variance::Equal,
        ..TTest::default()
    };
    says(
        student.two_samples(one, two, None).unwrap_err(),
        "Student's t test needs at least 3 values in both groups together, but there are 2",
    );
    let nobody = Group {
        name: "EKC",
        values: &[],
    };
    says(
        student.two_samples(nobody, two, None).unwrap_err(),
        "Student's t test needs at least 1 values in group EKC, but there are 0",
    );
    says(
        TTest::default().paired(one, two, None).unwrap_err(),
        "paired t test needs at least 2 pairs of EKC and WT, but there is 1",
    );
    says(
        ChiSquared::default()
            .test("sex × arm", array![[3, 4], [0, 0]].view())
            .unwrap_err(),
        "the χ² test needs at least 2 rows with counts (in sex × arm), but there is 1",
    );
    // Four clusters, of which two have one row: less than three effective degrees of freedom.
    let columns = [
        [2.0, 3.0],
        [0.0, 3.0],
        [1.0, 3.0],
        [0.0, 0.0],
        [2.0, 0.0],
        [0.0, 0.0],
        [3.0, 3.0],
    ];
    let uneven = Data {
        y: vec![1.0, 1.0, 0.0, 3.0, 1.0, 1.0, 0.0],
        x: Array2::from_shape_fn(
            (7, 3),
            |(i, j)| if j == 0 { 1.0 } else { columns[i][j - 1] },
        ),
        cluster: vec![3, 2, 0, 0, 1, 0, 2],
        weights: None,
    };
    says(
        uneven
            .fit(Covariance::Cr0)
            .joint_test("all", Array2::eye(3).view())
            .unwrap_err(),
        "a cluster-robust joint test needs at least 3 effective degrees of freedom to test 3 contrasts at once, but there is 1",
    );
}

#[test]
fn constant() {
    let same = Group {
        name: "EKC",
        values: &[3.0, 3.0],
    };
    let other = Group {
        name: "WT",
        values: &[4.0, 4.0],
    };
    says(
        TTest::default().two_samples(same, other, None).unwrap_err(),
        "the data of EKC − WT is constant, so Welch's t test has no error to measure differences by",
    );
    says(
        TTest::default().paired(same, other, None).unwrap_err(),
        "the data of EKC − WT is constant, so paired t test has no error to measure differences by",
    );
}

#[test]
fn response() {
    let ordinal = Response::Ordinal {
        levels: vec!["low".into(), "high".into()],
        codes: vec![0, 1, 0, 1, 0, 1],
    };
    says(
        refused(Covariance::Classical, |parts| parts.response = ordinal),
        "the linear model explains one number a row, but `y` is of another kind",
    );
}

#[test]
fn missing() {
    says(
        refused(Covariance::Cr3, |parts| parts.groups.clusters.clear()),
        "CR3 cluster-robust standard errors, Satterthwaite degrees of freedom needs clusters, which the design \
         does not have; add `cluster(x)` to the formula, or name the cluster column",
    );
}

#[test]
fn unsupported() {
    let grouping = six().parts().groups.clusters.remove(0);
    let other = || Part::fixed(Array2::ones((6, 1)), vec!["(Intercept)".into()]);
    let take_out = |what: &str| {
        format!(
            "{what} in a linear model is not supported; take it out of the formula, or fit another model"
        )
    };
    let random = RandomTerm {
        grouping: grouping.clone(),
        z: Array2::ones((6, 1)),
        columns: vec!["(Intercept)".into()],
        structure: RandomStructure::Unstructured,
    };
    says(
        refused(Covariance::Classical, |parts| {
            parts.mean.random = vec![random];
        }),
        &take_out("a random term"),
    );
    says(
        refused(Covariance::Classical, |parts| parts.zero = Some(other())),
        &take_out("a model of excess zeros"),
    );
    says(
        refused(Covariance::Classical, |parts| {
            parts.dispersion = Some(other());
        }),
        &take_out("a model of the dispersion"),
    );
    let stratum = grouping.clone();
    says(
        refused(Covariance::Classical, |parts| {
            parts.groups.stratum = Some(stratum);
        }),
        &take_out("strata"),
    );
    says(
        refused(Covariance::Cr2, |parts| {
            parts.groups.clusters.push(Grouping {
                name: "team".into(),
                ..grouping
            });
        }),
        "more than one level of clusters in a linear model is not supported; give the outermost one",
    );
    says(
        refused(Covariance::Classical, |parts| {
            parts.weights = Some(Weights {
                kind: WeightKind::Sampling,
                values: vec![2.0; 6].into(),
            });
        }),
        "a classical standard error with sampling weights is not supported; use hc0 to hc3, or cr0 to cr3 with clusters",
    );
    says(
        dist::upper_tail(1.0, Reference::Exact).unwrap_err(),
        "a tail of an exact or resampled distribution is not supported; these carry their p-value with them",
    );
    says(
        dist::upper_quantile(0.1, Reference::Exact).unwrap_err(),
        "a quantile of an exact or resampled distribution is not supported; these carry their interval with them",
    );
}

#[test]
fn contrast() {
    let fit = six().fit(Covariance::Classical);
    says(
        fit.contrast("EKC", array![1.0].view()).unwrap_err(),
        "contrast `EKC`: it has 1 weights, but the model has 2 columns",
    );
    says(
        fit.contrast("EKC", array![1.0, f64::NAN].view())
            .unwrap_err(),
        "contrast `EKC`: a weight is not a finite number",
    );
    says(
        fit.joint_test("nothing", Array2::zeros((0, 2)).view())
            .unwrap_err(),
        "contrast `nothing`: there is nothing to test",
    );
    says(
        fit.joint_test("zeros", Array2::zeros((1, 2)).view())
            .unwrap_err(),
        "contrast `zeros`: there is nothing to test",
    );

    let mut repeated = six();
    repeated.x = Array2::from_shape_fn((6, 3), |(i, j)| if j == 0 { 1.0 } else { i as f64 });
    let fit = repeated.fit(Covariance::Classical);
    assert_eq!(fit.coefficients().aliased(), ["x2"]);
    says(
        fit.contrast("x1 − x2", array![0.0, 1.0, -1.0].view())
            .unwrap_err(),
        "contrast `x1 − x2`: it cannot be estimated, because `x2` is contained in the other columns",
    );
    says(
        fit.contrast("x2", unit(2, 3).view()).unwrap_err(),
        "contrast `x2`: it cannot be estimated, because `x2` is contained in the other columns",
    );

    let mut full = six();
    full.x = Array2::eye(6);
    let fit = full.fit(Covariance::Classical);
    says(
        fit.joint_test("all", Array2::eye(6).view()).unwrap_err(),
        "contrast `all`: no degrees of freedom are left for an error",
    );
    // Each cluster has a column of its own, so that none leaves a residual.
    let mut determined = six();
    determined.x = Array2::from_shape_fn((6, 3), |(i, j)| f64::from(u8::from(i / 2 == j)));
    let refused = determined
        .fit(Covariance::Cr2)
        .joint_test("all", Array2::eye(3).view())
        .unwrap_err();
    says(refused, "contrast `all`: its covariance is singular");
}

#[test]
fn argument() {
    let wild = Lm {
        level: 95.0,
        ..Lm::default()
    };
    says(
        wild.fit(&six().design()).unwrap_err(),
        "the confidence level is 95, but a number between 0 and 1, such as 0.95 was expected",
    );
    says(
        dist::p_value(f64::NAN, Reference::Normal, Alternative::TwoSided).unwrap_err(),
        "the statistic is NaN, but a finite number was expected",
    );
    says(
        dist::upper_tail(1.0, Reference::StudentT { df: -1.0 }).unwrap_err(),
        "degrees of freedom is -1, but a number above zero was expected",
    );
    says(
        dist::upper_quantile(0.0, Reference::Normal).unwrap_err(),
        "the tail probability is 0, but a number between 0 and 1 was expected",
    );
}

#[test]
fn shape() {
    let (three, two) = (
        Group {
            name: "after",
            values: &[1.0, 2.0, 3.0],
        },
        Group {
            name: "before",
            values: &[1.0, 2.0],
        },
    );
    says(
        TTest::default().paired(three, two, None).unwrap_err(),
        "paired t test of after and before: expected as many values after as before, found 3 and 2",
    );
}

#[test]
fn overflow() {
    // 1e300 squared is beyond the largest number.
    let mut vast = six();
    vast.y.iter_mut().for_each(|y| *y *= 1e300);
    says(
        Lm::default().fit(&vast.design()).unwrap_err(),
        "the linear model of `y` overflows: its numbers are too large to be squared and summed; give them in another unit",
    );
    let (x, y) = (
        Group {
            name: "EKC",
            values: &[1e200, -1e200],
        },
        Group {
            name: "WT",
            values: &[1.0, 2.0],
        },
    );
    says(
        TTest::default().two_samples(x, y, None).unwrap_err(),
        "Welch's t test of EKC − WT overflows: its numbers are too large to be squared and summed; give them in another unit",
    );
}

#[test]
fn core() {
    // The coefficients are finite, but so large a combination of them is not.
    let fit = six().fit(Covariance::Classical);
    let refused = fit
        .contrast("too large", array![1e308, 1e308].view())
        .unwrap_err();
    says(
        refused,
        "the estimate of `too large` is beyond what a computer can hold; give the data in another unit",
    );
}
