//! The linear model by least squares.
//!
//! ```text
//! model      y = X β + offset + ε,  E ε = 0,  Var ε_i = σ² / w_i
//! estimator  √w X P = Q R,  β = R⁻¹ Q'√w (y − offset),  σ² = Σ w e² / (n − r)
//! errors     classical σ² (X'WX)⁻¹, or a sandwich by row (HC0–HC3) or by cluster (CR0, CR2, CR3)
//! reference  t with n − r degrees of freedom; by cluster with Satterthwaite's (Bell & McCaffrey)
//! ```
//! The response is continuous (or 0/1 or counts, as numbers). Columns that are contained in the
//! ones before them are not estimated, as in R, and named in a caution. Joint tests are F tests;
//! by cluster Hotelling's T² with matched degrees of freedom (HTZ of clubSandwich).
//!
//! Differences from R: a cluster-robust fit takes precision weights as the inverse of the working
//! variance (clubSandwich's `inverse_var = TRUE`); with sampling weights the working variance is the
//! same for all rows (clubSandwich's default for weights). HC2 and HC3 leave out rows of leverage one, where
//! R's `vcovHC` gives NaN. Frequency weights give what the copied rows would give.

use kring_core::{Design, JointTest, Measure, Reference, WeightKind};
use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Axis, CowArray, Ix2};
use serde::{Deserialize, Serialize};

pub use crate::covariance::Covariance;
use crate::fit::{Coefficients, Fit, JointReference, Provenance};
use crate::linalg::{Qr, forward_substitute};
use crate::regression::{aliases, cautions, refuse_other_parts, sample};
use crate::sandwich::{Clustered, Meat, Rows, meat};
use crate::{Error, dist};

/// The options of a linear model.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Lm {
    /// How the errors of the coefficients are estimated.
    pub covariance: Covariance,
    /// The level of intervals.
    pub level: f64,
}

/// A fitted linear model.
#[derive(Debug, Clone)]
pub struct LmFit {
    coefficients: Coefficients,
    provenance: Provenance,
    /// σ, the standard deviation of the residuals; absent where no degrees of freedom are left.
    pub sigma: Option<f64>,
    /// n − r.
    pub residual_df: f64,
    /// The share of the response's variance that the model explains.
    pub r_squared: Option<f64>,
    /// The same, corrected for the number of columns.
    pub adjusted_r_squared: Option<f64>,
    /// The log-likelihood at the estimates, errors normal, as R's `logLik`.
    pub log_likelihood: Option<f64>,
    /// The fitted values, `n`.
    pub fitted: Array1<f64>,
    /// Response minus fitted values, `n`.
    pub residuals: Array1<f64>,
    /// The diagonal of the hat matrix, `n`.
    pub leverage: Array1<f64>,
    intercept: bool,
    r: Array2<f64>,
    clustered: Option<Clustered>,
}

impl Default for Lm {
    fn default() -> Self {
        Self {
            covariance: Covariance::Classical,
            level: 0.95,
        }
    }
}

impl Lm {
    /// Fits the model.
    ///
    /// ```
    /// use kring_core::{Design, DesignParts, Groups, Part, Response};
    /// use kring_stats::{Fit, lm::Lm};
    /// use ndarray::array;
    /// let design = Design::new(DesignParts {
    ///     response: Response::Continuous(array![1.0, 3.0, 4.0, 8.0]),
    ///     response_name: "y".into(),
    ///     mean: Part::fixed(
    ///         array![[1.0, 0.0], [1.0, 1.0], [1.0, 2.0], [1.0, 3.0]],
    ///         vec!["(Intercept)".into(), "x".into()],
    ///     ),
    ///     zero: None, dispersion: None, groups: Groups::default(), time: None, weights: None,
    ///     source_rows: vec![0, 1, 2, 3], omitted: vec![],
    /// })?;
    /// let fit = Lm::default().fit(&design)?;
    /// assert!((fit.coefficients().value("x").unwrap() - 2.2).abs() < 1e-12);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn fit(&self, design: &Design) -> Result<LmFit, Error> {
        dist::check_level(self.level)?;
        refuse_other_parts(design, "a linear model")?;
        let Some(y) = design.response().numbers() else {
            return Err(Error::Response {
                method: "the linear model",
                name: design.response_name().to_owned(),
                expected: "one number a row",
                found: "of another kind",
            });
        };
        let part = design.mean();
        let y = match &part.offset {
            Some(offset) => &y - offset,
            None => y.to_owned(),
        };
        let weighing = Weighing::new(design, self.covariance)?;
        let intercept = part
            .terms
            .first()
            .is_some_and(|term| term.name == "(Intercept)");
        // A response far from zero keeps its digits if its mean is set apart first.
        let ones = intercept && part.x.column(0).iter().all(|&x| x == 1.0);
        let mean = if ones { weighing.mean(&y) } else { 0.0 };
        let apart = if mean.is_finite() { mean } else { 0.0 };
        let solution = Solution::new(part.x(), &(&y - apart), &weighing);
        let qr = &solution.qr;
        let fitted = &solution.fitted;

        let residual_df = weighing.n - qr.rank as f64;
        let rss = solution
            .weighted_residuals
            .dot(&solution.weighted_residuals);
        let overflow = || Error::Overflow {
            what: format!("the linear model of `{}`", design.response_name()),
        };
        if !(rss.is_finite() && solution.is_finite()) {
            return Err(overflow());
        }
        let sigma = (residual_df > 0.0).then(|| (rss / residual_df).sqrt());
        let variance = weighing.precisions().map(|w| w.mapv(f64::recip));
        let rows = Rows {
            q: qr.q.view(),
            residuals: solution.weighted_residuals.view(),
            leverage: solution.leverage.view(),
            copies: weighing.copies(),
            variance: variance.as_ref().map(|v| v.view()),
            omega: weighing.representing(),
            n: weighing.n,
            residual_df,
            dispersion: sigma.map(|sigma| sigma * sigma),
        };
        let Meat { matrix, clustered } = meat(design, self.covariance, &rows, "a linear model")?;
        let r_inverse = qr.r_inverse();
        let covariance = matrix.map(|meat| r_inverse.dot(&meat).dot(&r_inverse.t()));

        let centre = if intercept {
            weighing.mean(fitted)
        } else {
            0.0
        };
        let explained = weighing.sum_of_squares(&fitted.mapv(|f| f - centre));
        let total = explained + rss;
        let aliases = aliases(qr, part.columns.len());
        let others = covariance.iter().flatten().chain(&aliases).chain([&total]);
        if !others.into_iter().all(|x| x.is_finite()) {
            return Err(overflow());
        }
        let r_squared = (total > 0.0).then_some(explained / total);
        let model_rows = weighing.n - f64::from(u8::from(intercept));
        let adjusted_r_squared = r_squared
            .filter(|_| residual_df > 0.0)
            .map(|r2| 1.0 - (1.0 - r2) * model_rows / residual_df);

        let mut beta = solution.beta.clone();
        if let Some(first) = beta.first_mut().filter(|_| qr.pivot.first() == Some(&0)) {
            *first += apart;
        }
        let coefficients = Coefficients {
            columns: part.columns.clone(),
            aliases,
            estimated: qr.pivot[..qr.rank].to_vec(),
            values: beta,
            covariance,
        };
        let full_leverage = solution
            .leverage
            .iter()
            .filter(|&&h| h >= 1.0 - 1e-10)
            .count();
        let scale = weighing.sum_of_squares(&(fitted + apart));
        let cautions = cautions(
            design,
            &coefficients,
            self.covariance,
            clustered.as_ref(),
            full_leverage,
            rss <= 1e-30 * scale,
        );
        Ok(LmFit {
            provenance: Provenance {
                method: format!("linear model by least squares, {}", self.covariance.name()),
                measure: Measure::Coefficient { unit: None },
                sample: sample(design, clustered.is_some()),
                cautions,
                level: self.level,
                approximate_df: clustered.is_some(),
            },
            coefficients,
            sigma,
            residual_df,
            r_squared,
            adjusted_r_squared,
            // Sampling weights have no scale of their own, and so no likelihood; a fit without
            // degrees of freedom has one without bound.
            log_likelihood: (rss > 0.0
                && residual_df > 0.0
                && weighing.kind != Some(WeightKind::Sampling))
            .then(|| weighing.log_likelihood(rss)),
            intercept,
            r: qr.r_square().to_owned(),
            fitted: match &part.offset {
                Some(offset) => solution.fitted + apart + offset,
                None => solution.fitted + apart,
            },
            residuals: solution.residuals,
            leverage: solution.leverage,
            clustered,
        })
    }
}

impl Fit for LmFit {
    fn coefficients(&self) -> &Coefficients {
        &self.coefficients
    }

    fn reference(&self, contrast: ArrayView1<'_, f64>) -> Option<Reference> {
        let df = match &self.clustered {
            Some(clustered) => {
                let gamma = forward_substitute(self.r.view(), contrast);
                clustered.satterthwaite(gamma.view())?
            }
            None => self.residual_df,
        };
        (df.is_finite() && df > 0.0).then_some(Reference::StudentT { df })
    }

    fn joint_reference(&self, contrasts: ArrayView2<'_, f64>) -> Result<JointReference, Error> {
        let q = contrasts.nrows() as f64;
        let Some(clustered) = &self.clustered else {
            return Ok(JointReference {
                scale: 1.0 / q,
                reference: Reference::F {
                    numerator: q,
                    denominator: self.residual_df,
                },
            });
        };
        clustered.joint_reference(self.r.view(), contrasts)
    }

    fn provenance(&self) -> &Provenance {
        &self.provenance
    }
}

impl LmFit {
    /// The test that all coefficients but the intercept are zero; none where there are no others.
    pub fn overall_test(&self) -> Result<Option<JointTest>, Error> {
        let r = self.coefficients.estimated.len();
        let is_intercept = |place: usize| self.intercept && self.coefficients.estimated[place] == 0;
        let tested: Vec<usize> = (0..r).filter(|&place| !is_intercept(place)).collect();
        if tested.is_empty() || self.coefficients.covariance.is_none() {
            return Ok(None);
        }
        let contrasts = Array2::from_shape_fn((tested.len(), r), |(i, j)| {
            f64::from(u8::from(tested[i] == j))
        });
        self.joint_combination("all coefficients but the intercept", contrasts.view())
            .map(Some)
    }
}

/// √w X P = Q R solved for β, and what follows row by row.
struct Solution {
    qr: Qr,
    /// The coefficients of the columns that are estimated.
    beta: Array1<f64>,
    /// X β, without an offset.
    fitted: Array1<f64>,
    residuals: Array1<f64>,
    weighted_residuals: Array1<f64>,
    leverage: Array1<f64>,
}

impl Solution {
    fn new(x: ArrayView2<'_, f64>, y: &Array1<f64>, weighing: &Weighing) -> Self {
        let qr = Qr::new(weighing.scale_rows(x).view());
        let mut weighted_residuals = weighing.scale(y);
        let qty = qr.q.t().dot(&weighted_residuals);
        let mut leverage = Array1::zeros(y.len());
        for (q, effect) in qr.q.columns().into_iter().zip(&qty) {
            weighted_residuals.scaled_add(-effect, &q);
            leverage.zip_mut_with(&q, |h: &mut f64, q| *h += q * q);
        }
        let beta = qr.solve(qty.view());
        let mut all = Array1::zeros(x.ncols());
        for (&j, &b) in qr.pivot.iter().zip(&beta) {
            all[j] = b;
        }
        let fitted = x.dot(&all);
        Self {
            residuals: y - &fitted,
            leverage: weighing.leverage(leverage),
            qr,
            beta,
            fitted,
            weighted_residuals,
        }
    }

    fn is_finite(&self) -> bool {
        let numbers = self.beta.iter().chain(&self.residuals);
        numbers.chain(&self.leverage).all(|x| x.is_finite())
    }
}

/// How rows are weighed: one mechanism for no weights and three kinds of them.
struct Weighing<'a> {
    kind: Option<WeightKind>,
    weights: Option<ArrayView1<'a, f64>>,
    roots: Option<Array1<f64>>,
    /// How many observations the rows count for.
    n: f64,
}

impl<'a> Weighing<'a> {
    fn new(design: &'a Design, covariance: Covariance) -> Result<Self, Error> {
        let Some(weights) = design.weights() else {
            return Ok(Self {
                kind: None,
                weights: None,
                roots: None,
                n: design.rows() as f64,
            });
        };
        if weights.kind == WeightKind::Sampling && covariance == Covariance::Classical {
            return Err(Error::Unsupported {
                what: "a classical standard error with sampling weights".to_owned(),
                hint: "use hc0 to hc3, or cr0 to cr3 with clusters".to_owned(),
            });
        }
        let values = weights.values.view();
        let n = match weights.kind {
            WeightKind::Frequency => values.sum(),
            WeightKind::Precision | WeightKind::Sampling => {
                values.iter().filter(|&&w| w > 0.0).count() as f64
            }
        };
        Ok(Self {
            kind: Some(weights.kind),
            weights: Some(values),
            roots: Some(values.mapv(f64::sqrt)),
            n,
        })
    }

    fn scale(&self, y: &Array1<f64>) -> Array1<f64> {
        self.roots
            .as_ref()
            .map_or_else(|| y.clone(), |roots| y * roots)
    }

    fn scale_rows<'x>(&self, x: ArrayView2<'x, f64>) -> CowArray<'x, f64, Ix2> {
        match &self.roots {
            Some(roots) => (&x * &roots.view().insert_axis(Axis(1))).into(),
            None => x.into(),
        }
    }

    fn copies(&self) -> Option<ArrayView1<'_, f64>> {
        self.weights
            .filter(|_| self.kind == Some(WeightKind::Frequency))
    }

    fn precisions(&self) -> Option<ArrayView1<'_, f64>> {
        self.weights
            .filter(|_| self.kind == Some(WeightKind::Precision))
    }

    /// How many others each row stands for, by its sampling weight.
    fn representing(&self) -> Option<ArrayView1<'_, f64>> {
        self.weights
            .filter(|_| self.kind == Some(WeightKind::Sampling))
    }

    /// The leverage of one row; of one copy where rows are copies.
    fn leverage(&self, of_rows: Array1<f64>) -> Array1<f64> {
        match self.copies() {
            Some(copies) => Array1::from_shape_fn(of_rows.len(), |i| {
                if copies[i] > 0.0 {
                    of_rows[i] / copies[i]
                } else {
                    0.0
                }
            }),
            None => of_rows,
        }
    }

    fn mean(&self, x: &Array1<f64>) -> f64 {
        match self.weights {
            Some(w) => w.dot(x) / w.sum(),
            None => x.sum() / x.len() as f64,
        }
    }

    fn sum_of_squares(&self, x: &Array1<f64>) -> f64 {
        let x = self.scale(x);
        x.dot(&x)
    }

    /// ½ (Σ log w − n (log 2π + 1 − log n + log Σ w e²)), the first sum for precisions only.
    fn log_likelihood(&self, rss: f64) -> f64 {
        let logs = match (self.kind, self.weights) {
            (Some(WeightKind::Precision), Some(w)) => {
                w.iter().filter(|&&w| w > 0.0).map(|w| w.ln()).sum()
            }
            _ => 0.0,
        };
        let n = self.n;
        0.5 * (logs - n * ((2.0 * std::f64::consts::PI).ln() + 1.0 - n.ln() + rss.ln()))
    }
}
