//! Small random data, and comparisons of whole fits.

use kring_core::{
    Design, DesignParts, Grouping, Groups, Part, Reference, Response, WeightKind, Weights,
};
use kring_stats::Fit;
use kring_stats::lm::{Covariance, Lm, LmFit};
use ndarray::{Array1, Array2, Axis};
use proptest::prelude::*;

pub const BY_ROW: [Covariance; 5] = [
    Covariance::Classical,
    Covariance::Hc0,
    Covariance::Hc1,
    Covariance::Hc2,
    Covariance::Hc3,
];
pub const BY_CLUSTER: [Covariance; 4] = [
    Covariance::Cr0,
    Covariance::Cr1,
    Covariance::Cr2,
    Covariance::Cr3,
];

/// Every kind of errors.
pub fn all() -> impl Iterator<Item = Covariance> {
    BY_ROW.into_iter().chain(BY_CLUSTER)
}

/// A response, columns, and for each row its cluster and perhaps its weight.
#[derive(Debug, Clone)]
pub struct Data {
    pub y: Vec<f64>,
    pub x: Array2<f64>,
    pub cluster: Vec<u32>,
    pub weights: Option<(WeightKind, Vec<f64>)>,
}

impl Data {
    pub fn parts(&self) -> DesignParts {
        let n = self.y.len();
        let levels = self.cluster.iter().max().map_or(1, |last| last + 1);
        let levels = (0..levels).map(|g| format!("family {g}")).collect();
        let columns = (0..self.x.ncols())
            .map(|j| {
                if j == 0 {
                    "(Intercept)".to_owned()
                } else {
                    format!("x{j}")
                }
            })
            .collect();
        DesignParts {
            response: Response::Continuous(self.y.clone().into()),
            response_name: "y".to_owned(),
            mean: Part::fixed(self.x.clone(), columns),
            zero: None,
            dispersion: None,
            groups: Groups {
                clusters: vec![Grouping::new("family", levels, self.cluster.clone())],
                ..Groups::default()
            },
            time: None,
            weights: self.weights.clone().map(|(kind, values)| Weights {
                kind,
                values: values.into(),
            }),
            source_rows: (0..n).collect(),
            omitted: Vec::new(),
        }
    }

    pub fn design(&self) -> Design {
        Design::new(self.parts()).unwrap()
    }

    pub fn fit(&self, covariance: Covariance) -> LmFit {
        Lm {
            covariance,
            ..Lm::default()
        }
        .fit(&self.design())
        .unwrap()
    }

    /// These rows in this order.
    pub fn take(&self, rows: &[usize]) -> Self {
        Self {
            y: rows.iter().map(|&i| self.y[i]).collect(),
            x: self.x.select(Axis(0), rows),
            cluster: rows.iter().map(|&i| self.cluster[i]).collect(),
            weights: self
                .weights
                .as_ref()
                .map(|(kind, w)| (*kind, rows.iter().map(|&i| w[i]).collect())),
        }
    }
}

/// 14 to 22 rows of an intercept and two columns, in five clusters, no row or cluster all-decisive.
pub fn data() -> impl Strategy<Value = Data> {
    let row = (-3.0..3.0f64, -3.0..3.0f64, -3.0..3.0f64, 0..5u32);
    prop::collection::vec(row, 14..22)
        .prop_map(|rows| Data {
            y: rows.iter().map(|row| row.0).collect(),
            x: Array2::from_shape_fn((rows.len(), 3), |(i, j)| [1.0, rows[i].1, rows[i].2][j]),
            cluster: rows.iter().map(|row| row.3).collect(),
            weights: None,
        })
        .prop_filter("clusters of some size and rows of some freedom", |data| {
            let sizes = (0..5).map(|g| data.cluster.iter().filter(|&&c| c == g).count());
            let freedom = data
                .fit(Covariance::Classical)
                .leverage
                .iter()
                .all(|&h| h < 0.7);
            sizes.into_iter().all(|size| (1..8).contains(&size)) && freedom
        })
}

/// The same with weights of a kind.
pub fn weighted(
    kind: WeightKind,
    weight: impl Strategy<Value = f64> + Clone + 'static,
) -> impl Strategy<Value = Data> {
    data().prop_flat_map(move |data| {
        prop::collection::vec(weight.clone(), data.y.len()).prop_map(move |weights| Data {
            weights: Some((kind, weights)),
            ..data.clone()
        })
    })
}

/// Within 1e-9 of the larger of the two and of `scale`.
pub fn close(a: f64, b: f64, scale: f64) -> bool {
    (a - b).abs() <= 1e-9 * a.abs().max(b.abs()).max(scale)
}

/// Whether all that two fits say of their coefficients is the same.
pub fn same(a: &LmFit, b: &LmFit) -> Result<(), TestCaseError> {
    let (ca, cb) = (a.coefficients(), b.coefficients());
    prop_assert_eq!(&ca.estimated, &cb.estimated);
    same_numbers(ca.values.iter(), cb.values.iter())?;
    let (va, vb) = (
        ca.covariance.as_ref().unwrap(),
        cb.covariance.as_ref().unwrap(),
    );
    same_numbers(va.iter(), vb.iter())?;
    same_numbers(
        &[a.residual_df, a.sigma.unwrap()],
        &[b.residual_df, b.sigma.unwrap()],
    )?;
    same_numbers(
        [a.r_squared, a.adjusted_r_squared, a.log_likelihood]
            .iter()
            .flatten(),
        [b.r_squared, b.adjusted_r_squared, b.log_likelihood]
            .iter()
            .flatten(),
    )?;
    same_inference(a, b)
}

/// Degrees of freedom, p-values and the joint test.
pub fn same_inference(a: &LmFit, b: &LmFit) -> Result<(), TestCaseError> {
    for (ea, eb) in a.estimates().unwrap().iter().zip(b.estimates().unwrap()) {
        same_numbers(&[ea.reference.df().unwrap()], &[eb.reference.df().unwrap()])?;
        same_numbers(&[ea.p_value.unwrap()], &[eb.p_value.unwrap()])?;
    }
    let both = Array2::from_shape_vec((2, 3), vec![0.0, 1.0, 0.0, 0.0, 0.0, 1.0]).unwrap();
    match (
        a.joint_test("slopes", both.view()),
        b.joint_test("slopes", both.view()),
    ) {
        (Ok(ja), Ok(jb)) => {
            same_numbers(&[ja.statistic.unwrap()], &[jb.statistic.unwrap()])?;
            same_numbers(&denominator(ja.reference), &denominator(jb.reference))
        }
        (Err(_), Err(_)) => Ok(()),
        (ja, jb) => Err(TestCaseError::fail(format!("{ja:?} against {jb:?}"))),
    }
}

pub fn same_numbers<'a>(
    a: impl IntoIterator<Item = &'a f64>,
    b: impl IntoIterator<Item = &'a f64>,
) -> Result<(), TestCaseError> {
    let (a, b): (Vec<_>, Vec<_>) = (a.into_iter().collect(), b.into_iter().collect());
    prop_assert_eq!(a.len(), b.len());
    let scale = a.iter().fold(0.0_f64, |m, x| m.max(x.abs()));
    for (a, b) in a.into_iter().zip(b) {
        prop_assert!(close(*a, *b, scale), "{} is not {}", a, b);
    }
    Ok(())
}

pub fn denominator(reference: Reference) -> [f64; 1] {
    [reference.df().unwrap()]
}

/// A column as a contrast.
pub fn unit(j: usize, p: usize) -> Array1<f64> {
    let mut unit = Array1::zeros(p);
    unit[j] = 1.0;
    unit
}
