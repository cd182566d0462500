//! Maximum likelihood: Newton's method, the errors that follow from it, and what its fits share.
//!
//! ```text
//! estimator  θ̂ = argmax ℓ(θ),  ℓ(θ) = Σ w_i ℓ_i(θ)
//! step       (A + λ D) s = g,  g = ∂ℓ,  A = −∂²ℓ,  D = |diag A|;  λ = 0 is Newton's step
//! accepted   if ℓ gains a fair share of what the quadratic model promises; otherwise λ grows
//! certificate  √(g'A⁻¹g), the distance to the maximum in standard errors, below 1e-9
//! errors     classical A⁻¹;  HC0 A⁻¹ (Σ w²s_i s_i') A⁻¹, s_i = ∂ℓ_i;  CR0 sums w s_i by cluster first,
//!            CR1 is CR0 times G / (G − 1)
//! reference  normal; by cluster Student's t with G − 1 degrees of freedom
//! ```
//! Every model matrix is orthonormalised first (X P = Q R, R's limited pivoting), with columns of mean
//! square one, so that neither the units of the columns nor their distance from zero cost digits.
//! In these coordinates an eigenvalue of A counts about how many events bear on its direction: where
//! less than a millionth of an event does, the likelihood has no maximum and the fit is refused.
//!
//! Levenberg K (1944), Quarterly of Applied Mathematics 2:164–168, doi 10.1090/qam/10666;
//! Moré JJ (1978), Lecture Notes in Mathematics 630:105–116, doi 10.1007/BFb0067700;
//! Huber PJ (1967), Proc. 5th Berkeley Symposium 1:221–233; White H (1982), Econometrica 50:1–25,
//! doi 10.2307/1912526.

use kring_core::{Caution, Design, Grouping, Measure, Part, Reference, Sample, WeightKind};
use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Axis, s};
use serde::{Deserialize, Serialize};

use crate::fit::{Coefficients, Fit, JointReference, Provenance};
use crate::linalg::{Cholesky, Qr, back_substitute, symmetric_eigen};
use crate::regression::complete_cases;
use crate::{Covariance, Error, dist};

/// The evidence that the iterations ended at a maximum.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Convergence {
    /// How many steps were taken.
    pub iterations: usize,
    /// √(g'A⁻¹g): how far the maximum still is, in standard errors.
    pub distance: f64,
    /// The smallest eigenvalue of the information over the largest, in orthonormal coordinates.
    pub curvature: f64,
}

/// One part of a model fitted by maximum likelihood: its coefficients, contrasts and joint tests
/// through [`Fit`].
#[derive(Debug, Clone, PartialEq)]
pub struct PartFit {
    coefficients: Coefficients,
    provenance: Provenance,
    reference: Reference,
}

impl Fit for PartFit {
    fn coefficients(&self) -> &Coefficients {
        &self.coefficients
    }

    fn reference(&self, _contrast: ArrayView1<'_, f64>) -> Option<Reference> {
        Some(self.reference)
    }

    fn joint_reference(&self, contrasts: ArrayView2<'_, f64>) -> Result<JointReference, Error> {
        let q = contrasts.nrows() as f64;
        Ok(match self.reference {
            Reference::StudentT { df } => JointReference {
                scale: 1.0 / q,
                reference: Reference::F {
                    numerator: q,
                    denominator: df,
                },
            },
            _ => JointReference {
                scale: 1.0,
                reference: Reference::ChiSquared { df: q },
            },
        })
    }

    fn provenance(&self) -> &Provenance {
        &self.provenance
    }
}

/// ℓ with its first derivatives and the negative of its second.
#[derive(Debug, Clone)]
pub(crate) struct Derivatives {
    pub value: f64,
    pub gradient: Array1<f64>,
    pub information: Array2<f64>,
}

impl Derivatives {
    pub fn zero(k: usize) -> Self {
        Self {
            value: 0.0,
            gradient: Array1::zeros(k),
            information: Array2::zeros((k, k)),
        }
    }

    /// Outside of where ℓ is defined.
    pub fn outside(k: usize) -> Self {
        Self {
            value: f64::NEG_INFINITY,
            ..Self::zero(k)
        }
    }

    fn is_finite(&self) -> bool {
        let numbers = self.gradient.iter().chain(&self.information);
        self.value.is_finite() && numbers.into_iter().all(|x| x.is_finite())
    }
}

/// A log-likelihood that can be maximised.
pub(crate) trait Likelihood {
    /// ℓ and its derivatives; [`Derivatives::outside`] where it is not defined.
    fn derivatives(&self, theta: ArrayView1<'_, f64>) -> Derivatives;

    /// s_i = ∂ℓ_i by row, without the weights, n × k.
    fn scores(&self, theta: ArrayView1<'_, f64>) -> Array2<f64>;
}

/// Where the iterations ended.
#[derive(Debug, Clone)]
pub(crate) struct Maximum {
    pub theta: Array1<f64>,
    pub at: Derivatives,
    pub iterations: usize,
    /// √(g'A⁻¹g); absent where A is not positive definite.
    pub distance: Option<f64>,
    pub ending: Ending,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// At a maximum.
    Converged,
    /// Where ℓ no longer changes, but has no curvature either.
    Flat,
    /// After the last iteration that was allowed.
    OutOfIterations,
}

/// g'A⁻¹g at which the maximum is found.
const DECREMENT: f64 = 1e-20;
/// g'A⁻¹g at which rounding may stop the search.
const ROUNDED: f64 = 1e-12;

/// Newton's method with Levenberg's damping. A start where ℓ is not defined ends at once.
pub(crate) fn maximise(ell: &impl Likelihood, start: Array1<f64>, most: usize) -> Maximum {
    let mut theta = start;
    let mut at = ell.derivatives(theta.view());
    let mut damping = 0.0;
    let mut iterations = 0;
    let ended = |theta, at, iterations, distance, ending| Maximum {
        theta,
        at,
        iterations,
        distance,
        ending,
    };
    if !at.is_finite() {
        return ended(theta, at, 0, None, Ending::OutOfIterations);
    }
    loop {
        let newton =
            Cholesky::new(at.information.view()).map(|root| root.solve(at.gradient.view()));
        let decrement = newton.as_ref().map(|step| step.dot(&at.gradient).max(0.0));
        let distance = decrement.map(f64::sqrt);
        if let (Some(step), Some(d)) = (newton, decrement)
            && d <= DECREMENT
        {
            // The last step doubles the digits once more; ℓ and A are the same to all of theirs.
            return ended(theta + step, at, iterations, distance, Ending::Converged);
        }
        if iterations == most {
            return ended(theta, at, iterations, distance, Ending::OutOfIterations);
        }
        if let Some((next, there)) = ascend(ell, &theta, &at, &mut damping) {
            iterations += 1;
            theta = next;
            at = there;
        } else {
            // No step gains anything that can be told from rounding.
            let ending = match decrement {
                Some(d) if d <= ROUNDED => Ending::Converged,
                Some(_) => Ending::OutOfIterations,
                None => Ending::Flat,
            };
            return ended(theta, at, iterations, distance, ending);
        }
    }
}

/// One accepted step; none where every step that is tried gains less than rounding.
fn ascend(
    ell: &impl Likelihood,
    theta: &Array1<f64>,
    at: &Derivatives,
    damping: &mut f64,
) -> Option<(Array1<f64>, Derivatives)> {
    const FIRST: f64 = 1e-3;
    const LARGEST: f64 = 1e12;
    let diagonal = at.information.diag().mapv(f64::abs);
    let mean = diagonal.mean().unwrap_or(0.0).max(f64::MIN_POSITIVE);
    let scale = diagonal.mapv(|d| d + 1e-3 * mean);
    let noise = 1e-13 * (1.0 + at.value.abs());
    while *damping <= LARGEST {
        let mut damped = at.information.clone();
        damped
            .diag_mut()
            .iter_mut()
            .zip(&scale)
            .for_each(|(a, d)| *a += *damping * d);
        let harder = |damping: f64| if damping == 0.0 { FIRST } else { damping * 8.0 };
        let Some(root) = Cholesky::new(damped.view()) else {
            *damping = harder(*damping);
            continue;
        };
        let step = root.solve(at.gradient.view());
        let promised = at.gradient.dot(&step) - 0.5 * step.dot(&at.information.dot(&step));
        let next = theta + &step;
        let there = ell.derivatives(next.view());
        let gained = there.value - at.value;
        let usable = there.is_finite();
        // Close to the maximum ℓ is all rounding: there a shorter gradient counts as a gain.
        let close = promised <= noise && gained.abs() <= 4.0 * noise;
        let shorter = || {
            root.solve(there.gradient.view()).dot(&there.gradient)
                < 0.25 * root.solve(at.gradient.view()).dot(&at.gradient)
        };
        if usable && (gained >= 1e-3 * promised && gained > 0.0 && !close || close && shorter()) {
            if gained > 0.5 * promised || close {
                *damping = if *damping <= FIRST {
                    0.0
                } else {
                    *damping / 8.0
                };
            }
            return Some((next, there));
        }
        if close {
            return None;
        }
        *damping = harder(*damping);
    }
    None
}

/// Below this many events the information on a direction counts as none.
const NO_EVENTS: f64 = 1e-6;

impl Maximum {
    /// The direction in which ℓ rises without end, if there is one: nothing bears on it, and nothing
    /// else is left to gain. `weight` is what one observation counts.
    pub fn flat_direction(&self, weight: f64) -> Option<Array1<f64>> {
        let eigen = symmetric_eigen(&self.at.information);
        let largest = eigen.values.iter().copied().fold(0.0, f64::max);
        let (place, smallest) = eigen
            .values
            .iter()
            .copied()
            .enumerate()
            .min_by(|a, b| a.1.total_cmp(&b.1))?;
        let nothing = (NO_EVENTS * weight).max(1e-15 * largest);
        let flat = match self.ending {
            Ending::OutOfIterations => {
                let slope = self.at.gradient.iter().fold(0.0_f64, |m, g| m.max(g.abs()));
                smallest.abs() < nothing && slope < 1e3 * nothing
            }
            _ => smallest < nothing,
        };
        let direction = eigen.vectors.column(place);
        let uphill = match direction.dot(&self.at.gradient) {
            0.0 => direction.dot(&self.theta),
            slope => slope,
        };
        flat.then(|| &direction * uphill.signum())
    }

    pub fn convergence(&self) -> Convergence {
        let values = symmetric_eigen(&self.at.information).values;
        let largest = values.iter().copied().fold(0.0, f64::max);
        let smallest = values.iter().copied().fold(largest, f64::min);
        Convergence {
            iterations: self.iterations,
            distance: self.distance.unwrap_or(0.0),
            curvature: if largest > 0.0 {
                smallest / largest
            } else {
                1.0
            },
        }
    }
}

/// A model matrix in orthonormal coordinates: √W X P = Q R, X P = (√m W^(−½) Q) (R / √m), m = Σ w.
///
/// The weights are in it, so that a weight of two and two copies are searched along the same path.
#[derive(Debug, Clone)]
pub(crate) struct Predictor {
    /// √m W^(−½) Q, one row a row, r columns; in memory row by row. Nothing once somebody took it.
    pub q: Array2<f64>,
    /// R / √m, r × r.
    pub r: Array2<f64>,
    pub columns: Vec<String>,
    pub estimated: Vec<usize>,
    pub aliases: Array2<f64>,
    /// Absent where all are one.
    weights: Option<Array1<f64>>,
}

impl Predictor {
    /// The predictor of these rows of a model matrix, with their weights.
    pub fn new(
        x: ArrayView2<'_, f64>,
        columns: &[String],
        rows: &[usize],
        weights: Option<Array1<f64>>,
    ) -> Self {
        let (m, p) = (rows.len(), columns.len());
        let root = |i: usize| weights.as_ref().map_or(1.0, |w| w[i].sqrt());
        let mut all = vec![0.0; m * p];
        for (i, &row) in rows.iter().enumerate() {
            for (j, x) in x.row(row).iter().enumerate() {
                all[j * m + i] = x * root(i);
            }
        }
        let qr = Qr::of_columns(m, p, all);
        let size = weights.as_ref().map_or(m as f64, |w| w.sum()).sqrt();
        Self {
            q: Array2::from_shape_fn((m, qr.rank), |(i, j)| qr.q[[i, j]] * size / root(i)),
            r: &qr.r_square() / size,
            columns: columns.to_vec(),
            estimated: qr.pivot[..qr.rank].to_vec(),
            aliases: aliases(&qr, p),
            weights,
        }
    }

    /// The predictor beside a constant that other parameters hold: columns are centred first, and
    /// the means of the estimated ones come with it.
    pub fn centred(
        x: ArrayView2<'_, f64>,
        columns: &[String],
        rows: &[usize],
    ) -> (Self, Array1<f64>) {
        let (m, p) = (rows.len(), columns.len());
        let with_one = Array2::from_shape_fn((m, p + 1), |(i, j)| match j {
            0 => 1.0,
            j => x[[rows[i], j - 1]],
        });
        let qr = Qr::new(with_one.view());
        let size = (m as f64).sqrt();
        let constant = qr.q.get((0, 0)).copied().unwrap_or(0.0);
        let means = qr.r.slice(s![0, 1..qr.rank]).mapv(|r| r * constant);
        let estimated = qr.pivot[1..qr.rank].iter().map(|j| j - 1).collect();
        let all = aliases(&qr, p + 1);
        let predictor = Self {
            q: Array2::from_shape_fn((m, qr.rank.saturating_sub(1)), |(i, j)| {
                qr.q[[i, j + 1]] * size
            }),
            r: &qr.r.slice(s![1.., 1..qr.rank]) / size,
            columns: columns.to_vec(),
            estimated,
            aliases: all.slice(s![1.., ..]).to_owned(),
            weights: None,
        };
        (predictor, means)
    }

    /// Nothing to estimate.
    pub fn none(m: usize) -> Self {
        Self {
            q: Array2::zeros((m, 0)),
            r: Array2::zeros((0, 0)),
            columns: Vec::new(),
            estimated: Vec::new(),
            aliases: Array2::zeros((0, 0)),
            weights: None,
        }
    }

    /// Parameters that are their own coordinates, such as thresholds.
    pub fn of_themselves(columns: Vec<String>) -> Self {
        let k = columns.len();
        Self {
            q: Array2::zeros((0, k)),
            r: Array2::eye(k),
            estimated: (0..k).collect(),
            aliases: Array2::zeros((k, 0)),
            weights: None,
            columns,
        }
    }

    /// How many coefficients are estimated.
    pub fn rank(&self) -> usize {
        self.estimated.len()
    }

    /// The coordinates whose predictor is closest to these values, in weighted least squares.
    pub fn closest(&self, values: ArrayView1<'_, f64>) -> Array1<f64> {
        match &self.weights {
            Some(weights) => {
                let total = weights.sum().max(f64::MIN_POSITIVE);
                self.q.t().dot(&(&values * weights)) / total
            }
            None => self.q.t().dot(&values) / values.len().max(1) as f64,
        }
    }

    /// R⁻¹: the coefficients from the coordinates.
    pub fn to_coefficients(&self) -> Array2<f64> {
        let r = self.rank();
        let mut inverse = Array2::zeros((r, r));
        for j in 0..r {
            let mut unit = Array1::zeros(r);
            unit[j] = 1.0;
            inverse
                .column_mut(j)
                .assign(&back_substitute(self.r.view(), unit.view()));
        }
        inverse
    }

    /// The columns along which a direction of the coordinates moves the predictor, largest first,
    /// with the sign of each.
    pub fn moved_by(&self, direction: ArrayView1<'_, f64>) -> Vec<(String, f64)> {
        let beta = self.to_coefficients().dot(&direction);
        // A column's length in these rows is that of its column of R.
        let size = self.r.map_axis(Axis(0), |c| c.dot(&c).sqrt());
        let mut moved: Vec<(String, f64)> = self
            .estimated
            .iter()
            .zip(beta.iter().zip(&size))
            .map(|(&j, (b, size))| (self.columns[j].clone(), b * size))
            .collect();
        moved.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()));
        let largest = moved.first().map_or(0.0, |m| m.1.abs());
        moved.retain(|(_, size)| size.abs() > 0.2 * largest && size.abs() > 1e-3);
        moved
    }

    /// x'β + offset for every row of a part, with coefficients of the estimated columns.
    pub fn of_rows(&self, part: &Part, beta: ArrayView1<'_, f64>) -> Array1<f64> {
        let mut all = Array1::zeros(part.x.ncols());
        for (&j, &b) in self.estimated.iter().zip(beta) {
            all[j] = b;
        }
        let eta = part.x.dot(&all);
        match &part.offset {
            Some(offset) => eta + offset,
            None => eta,
        }
    }
}

/// R₁₁⁻¹ R₁₂, in the order of the columns that are not estimated.
fn aliases(qr: &Qr, p: usize) -> Array2<f64> {
    let mut left_out: Vec<(usize, usize)> =
        (qr.rank..p).map(|place| (qr.pivot[place], place)).collect();
    left_out.sort_unstable();
    let mut aliases = Array2::zeros((qr.rank, left_out.len()));
    for (k, (_, place)) in left_out.into_iter().enumerate() {
        let combination = back_substitute(qr.r_square(), qr.r.column(place));
        aliases.column_mut(k).assign(&combination);
    }
    aliases
}

/// The rows that count, with their weights.
pub(crate) struct Weighted<'a> {
    design: &'a Design,
    /// The rows of the design whose weight is not zero.
    pub rows: Vec<usize>,
    /// Their weights; absent where all are one.
    pub weights: Option<Vec<f64>>,
    kind: Option<WeightKind>,
    /// How many observations they stand for.
    pub observations: f64,
    /// What an observation counts in ℓ: one, or the mean of weights that are no copies.
    pub unit: f64,
}

impl<'a> Weighted<'a> {
    /// Takes the weights of a design; sampling weights allow no classical errors, and there is no hat
    /// matrix by which residuals could be inflated.
    pub fn new(design: &'a Design, covariance: Covariance) -> Result<Self, Error> {
        if !covariance.is_by_score() {
            return Err(Error::Unsupported {
                what: format!("{} of a model without a hat matrix", covariance.name()),
                hint: "use classical, hc0 or hc1, or cr0 or cr1 with clusters".to_owned(),
            });
        }
        let Some(all) = design.weights() else {
            return Ok(Self {
                design,
                rows: (0..design.rows()).collect(),
                weights: None,
                kind: None,
                observations: design.rows() as f64,
                unit: 1.0,
            });
        };
        if all.kind == WeightKind::Sampling && covariance == Covariance::Classical {
            return Err(Error::Unsupported {
                what: "a classical standard error with sampling weights".to_owned(),
                hint: "use hc0 or hc1, or cr0 or cr1 with clusters".to_owned(),
            });
        }
        let rows: Vec<usize> = (0..design.rows())
            .filter(|&i| all.values[i] > 0.0)
            .collect();
        let weights: Vec<f64> = rows.iter().map(|&i| all.values[i]).collect();
        let total: f64 = weights.iter().sum();
        let copies = all.kind == WeightKind::Frequency;
        let n = rows.len() as f64;
        Ok(Self {
            design,
            observations: if copies { total } else { n },
            unit: if copies || rows.is_empty() {
                1.0
            } else {
                total / n
            },
            rows,
            weights: Some(weights),
            kind: Some(all.kind),
        })
    }

    /// The weight of the row at this place.
    pub fn weight(&self, place: usize) -> f64 {
        self.weights.as_ref().map_or(1.0, |w| w[place])
    }

    /// Whether ℓ is a likelihood: sampling weights have no scale of their own.
    pub fn is_likelihood(&self) -> bool {
        self.kind != Some(WeightKind::Sampling)
    }

    /// The covariance of the coordinates at a maximum.
    pub fn errors(
        &self,
        ell: &impl Likelihood,
        maximum: &Maximum,
        covariance: Covariance,
    ) -> Result<Errors, Error> {
        let inverse = Cholesky::new(maximum.at.information.view())
            .map(|root| root.inverse())
            .ok_or_else(|| Error::Overflow {
                what: "the information of the model".to_owned(),
            })?;
        if covariance == Covariance::Classical {
            return Ok(Errors {
                covariance: inverse,
                reference: Reference::Normal,
                clusters: None,
            });
        }
        let scores = ell.scores(maximum.theta.view());
        let (meat, clusters) = if covariance.is_clustered() {
            let clusters = only_clusters(self.design, covariance)?;
            let (meat, found) = self.meat_of_clusters(&scores, clusters);
            if found < 2 {
                return Err(Error::TooFew {
                    method: "a cluster-robust standard error",
                    what: format!("clusters of `{}`", clusters.name),
                    needed: 2,
                    found,
                });
            }
            let g = found as f64;
            let scale = if covariance == Covariance::Cr1 {
                g / (g - 1.0)
            } else {
                1.0
            };
            (meat * scale, Some(found))
        } else {
            let left = self.observations - maximum.theta.len() as f64;
            let scale = match covariance {
                Covariance::Hc1 if left > 0.0 => self.observations / left,
                Covariance::Hc1 => {
                    return Err(Error::TooFew {
                        method: "an HC1 standard error",
                        what: "observations beyond the parameters".to_owned(),
                        needed: 1,
                        found: 0,
                    });
                }
                _ => 1.0,
            };
            (self.meat_of_rows(&scores) * scale, None)
        };
        Ok(Errors {
            covariance: inverse.dot(&meat).dot(&inverse),
            reference: clusters.map_or(Reference::Normal, |g| Reference::StudentT {
                df: g as f64 - 1.0,
            }),
            clusters,
        })
    }

    fn meat_of_rows(&self, scores: &Array2<f64>) -> Array2<f64> {
        let copies = self.kind == Some(WeightKind::Frequency);
        let omega = Array1::from_shape_fn(scores.nrows(), |i| match &self.weights {
            None => 1.0,
            Some(w) if copies => w[i],
            Some(w) => w[i] * w[i],
        });
        scores.t().dot(&(scores * &omega.insert_axis(Axis(1))))
    }

    fn meat_of_clusters(&self, scores: &Array2<f64>, clusters: &Grouping) -> (Array2<f64>, usize) {
        let mut sums = Array2::<f64>::zeros((clusters.levels.len(), scores.ncols()));
        let mut seen = vec![false; clusters.levels.len()];
        for (place, &row) in self.rows.iter().enumerate() {
            let g = clusters.index[row] as usize;
            let weight = self.weight(place);
            seen[g] = true;
            sums.row_mut(g).scaled_add(weight, &scores.row(place));
        }
        (sums.t().dot(&sums), seen.into_iter().filter(|&s| s).count())
    }
}

fn only_clusters(design: &Design, covariance: Covariance) -> Result<&Grouping, Error> {
    match design.groups().clusters.as_slice() {
        [one] => Ok(one),
        [] => Err(Error::Missing {
            option: covariance.name_by_score().to_owned(),
            needed: "clusters",
            hint: "add `cluster(x)` to the formula, or name the cluster column",
        }),
        _ => Err(Error::Unsupported {
            what: "more than one level of clusters".to_owned(),
            hint: "give the outermost one".to_owned(),
        }),
    }
}

/// The covariance of all coordinates and the distribution it is read with.
#[derive(Debug, Clone)]
pub(crate) struct Errors {
    pub covariance: Array2<f64>,
    pub reference: Reference,
    pub clusters: Option<usize>,
}

/// What all parts of a fit say about where their numbers come from.
pub(crate) struct Source {
    pub method: String,
    pub sample: Sample,
    pub cautions: Vec<Caution>,
    pub level: f64,
    pub reference: Reference,
}

impl Source {
    pub fn new(
        design: &Design,
        rows: usize,
        method: String,
        errors: &Errors,
        level: f64,
        extra: Vec<Caution>,
    ) -> Self {
        let groups = design.groups();
        let subjects = groups.subject.as_ref().map(distinct);
        let mut cautions: Vec<Caution> = complete_cases(design, rows).into_iter().collect();
        match errors.clusters {
            None if !groups.clusters.is_empty() => cautions.push(Caution::ClustersIgnored),
            None if subjects.is_some_and(|n| n < rows) => cautions.push(Caution::RepeatedSubjects),
            Some(clusters) if clusters < FEW_CLUSTERS => {
                cautions.push(Caution::FewClusters { clusters });
            }
            _ => {}
        }
        cautions.extend(extra);
        Self {
            method,
            sample: Sample {
                rows,
                omitted: design.omitted().len() + (design.rows() - rows),
                subjects,
                clusters: errors.clusters,
                groups: Vec::new(),
            },
            cautions,
            level,
            reference: errors.reference,
        }
    }

    /// A part whose coordinates have these values and this covariance.
    pub fn part(
        &self,
        predictor: &Predictor,
        b: ArrayView1<'_, f64>,
        covariance: ArrayView2<'_, f64>,
        measure: Measure,
    ) -> PartFit {
        let back = predictor.to_coefficients();
        self.of_coefficients(
            Coefficients {
                columns: predictor.columns.clone(),
                estimated: predictor.estimated.clone(),
                values: back.dot(&b),
                covariance: Some(back.dot(&covariance).dot(&back.t())),
                aliases: predictor.aliases.clone(),
            },
            measure,
        )
    }

    /// A part with coefficients that are known.
    pub fn of_coefficients(&self, coefficients: Coefficients, measure: Measure) -> PartFit {
        let columns: Vec<String> = coefficients
            .aliased()
            .into_iter()
            // Beside thresholds the intercept is left out by design.
            .filter(|name| name != "(Intercept)")
            .collect();
        let mut cautions = self.cautions.clone();
        if !columns.is_empty() {
            cautions.push(Caution::Aliased { columns });
        }
        PartFit {
            coefficients,
            provenance: Provenance {
                method: self.method.clone(),
                measure,
                sample: self.sample.clone(),
                cautions,
                level: self.level,
                approximate_df: false,
            },
            reference: self.reference,
        }
    }
}

/// Below this many clusters CR0 is known to be too small (Cameron & Miller 2015, J Human Resources
/// 50:317–372).
const FEW_CLUSTERS: usize = 40;

pub(crate) fn distinct(grouping: &Grouping) -> usize {
    let mut seen = vec![false; grouping.levels.len()];
    for &code in &grouping.index {
        seen[code as usize] = true;
    }
    seen.into_iter().filter(|&s| s).count()
}

/// The options that every model fitted by maximum likelihood checks at its door.
pub(crate) fn check_options(level: f64, most: usize) -> Result<(), Error> {
    dist::check_level(level)?;
    if most > 0 {
        return Ok(());
    }
    Err(Error::Argument {
        what: "the largest number of iterations".to_owned(),
        expected: "one or more",
        found: most.to_string(),
    })
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    reason = "a test may stop at what it did not expect"
)]
mod tests {
    use ndarray::{array, aview1};

    use super::*;

    /// A Poisson mean: ℓ = s θ − n e^θ, largest at ln(s / n).
    struct Poisson {
        s: f64,
        n: f64,
    }

    impl Likelihood for Poisson {
        fn derivatives(&self, theta: ArrayView1<'_, f64>) -> Derivatives {
            let mu = theta[0].exp();
            Derivatives {
                value: self.s * theta[0] - self.n * mu,
                gradient: array![self.s - self.n * mu],
                information: array![[self.n * mu]],
            }
        }

        fn scores(&self, _theta: ArrayView1<'_, f64>) -> Array2<f64> {
            Array2::zeros((1, 1))
        }
    }

    #[test]
    fn a_mean_is_found_from_far_away() {
        for start in [-12.0, 0.0, 25.0] {
            let found = maximise(&Poisson { s: 12.0, n: 4.0 }, array![start], 200);
            assert_eq!(found.ending, Ending::Converged, "from {start}");
            assert!((found.theta[0] - 3.0_f64.ln()).abs() < 1e-12);
            assert!(found.convergence().distance <= 1e-10);
            assert!(found.flat_direction(1.0).is_none());
        }
    }

    #[test]
    fn a_likelihood_that_only_rises_is_flat() {
        let found = maximise(&Poisson { s: 0.0, n: 4.0 }, array![0.0], 200);
        assert!(found.flat_direction(1.0).is_some(), "{found:?}");
        let few = maximise(&Poisson { s: 12.0, n: 4.0 }, array![9.0], 2);
        assert_eq!(few.ending, Ending::OutOfIterations);
    }

    /// From a saddle: ℓ = −(x² − 1)² − y², with maxima at x = ±1.
    struct TwoHills;

    impl Likelihood for TwoHills {
        fn derivatives(&self, theta: ArrayView1<'_, f64>) -> Derivatives {
            let (x, y) = (theta[0], theta[1]);
            Derivatives {
                value: -(x * x - 1.0).powi(2) - y * y,
                gradient: array![-4.0 * x * (x * x - 1.0), -2.0 * y],
                information: array![[12.0 * x * x - 4.0, 0.0], [0.0, 2.0]],
            }
        }

        fn scores(&self, _theta: ArrayView1<'_, f64>) -> Array2<f64> {
            Array2::zeros((1, 2))
        }
    }

    #[test]
    fn negative_curvature_is_left_behind() {
        let found = maximise(&TwoHills, array![0.01, 3.0], 200);
        assert_eq!(found.ending, Ending::Converged);
        assert!((found.theta[0] - 1.0).abs() < 1e-10 && found.theta[1].abs() < 1e-10);
    }

    #[test]
    fn coordinates_and_coefficients_are_the_same_predictor() {
        let x = array![
            [1.0, 2000.0, 1.0],
            [1.0, 2001.0, 1.0],
            [1.0, 2003.0, 1.0],
            [1.0, 2010.0, 1.0]
        ];
        let names = ["(Intercept)", "year", "again"].map(str::to_owned);
        let rows = [0, 1, 2, 3];
        let predictor = Predictor::new(x.view(), &names, &rows, None);
        assert_eq!(predictor.estimated, vec![0, 1]);
        let b = array![0.3, -0.7];
        let eta = predictor.q.dot(&b);
        let beta = predictor.to_coefficients().dot(&b);
        let part = Part::fixed(x.clone(), names.to_vec());
        let again = predictor.of_rows(&part, beta.view());
        assert!((&eta - &again).iter().all(|d| d.abs() < 1e-10));
        let back = predictor.closest(eta.view());
        assert!((&back - &b).iter().all(|d| d.abs() < 1e-12));
        // Mean square one.
        assert!((predictor.q.column(1).mapv(|q| q * q).mean().unwrap() - 1.0).abs() < 1e-12);

        let (centred, means) = Predictor::centred(x.view(), &names, &rows);
        assert_eq!(centred.estimated, vec![1]);
        assert!((means[0] - 2003.5).abs() < 1e-9);
        assert_eq!(centred.aliases, Array2::<f64>::zeros((1, 2)));
        let slope = centred.to_coefficients().dot(&aview1(&[1.0]));
        let eta = centred.q.column(0);
        assert!((eta[1] - eta[0] - slope[0]).abs() < 1e-12);
    }
}
