//! The data of a generalised linear model with what is fitted to them: where the search starts, where it
//! ends, and why it may not.

use kring_core::{Caution, Design, Response, WeightKind};
use ndarray::{Array1, Array2};

use super::NAME;
use super::criterion::{Criterion, Data, Point, shape_of};
use super::newton::{Constraint, Maximum, Unfinished, Why, maximise};
use super::separation::{Separation, separates};
use crate::Error;
use crate::family::{Family, Link, Mean};
use crate::linalg::{Cholesky, Qr, back_substitute, dot};

/// The data with what is fitted to them.
#[derive(Debug, Clone)]
pub(super) struct Model {
    pub data: Data,
    /// The family that is fitted: at the edge of the shape the one without.
    pub family: Family,
    pub link: Link,
    pub penalised: bool,
    /// R of the basis: γ = R β.
    pub r: Array2<f64>,
    /// n − r, for the size of φ.
    pub residual_df: f64,
}

/// The response as numbers, with trials and weights.
pub(crate) struct Observed {
    pub y: Vec<f64>,
    pub trials: Vec<f64>,
    pub weight: Vec<f64>,
}

impl Observed {
    pub fn observations(&self, design: &Design) -> f64 {
        let used = self
            .trials
            .iter()
            .zip(&self.weight)
            .filter(|(m, w)| **m > 0.0 && **w > 0.0);
        match design.weights().map(|w| w.kind) {
            Some(WeightKind::Frequency) => used.map(|(_, w)| w).sum(),
            _ => used.count() as f64,
        }
    }
}

pub(crate) fn observed(design: &Design, family: Family) -> Result<Observed, Error> {
    let n = design.rows();
    let refused = |expected, found| Error::Response {
        method: "a generalised linear model of this family",
        name: design.response_name().to_owned(),
        expected,
        found,
    };
    if family == Family::Cumulative {
        return Err(Error::Unsupported {
            what: "the cumulative family without random effects".to_owned(),
            hint: "fit `ordinal`, or add a random term and fit `glmm`".to_owned(),
        });
    }
    let ones = || vec![1.0; n];
    let (y, trials) = match design.response() {
        Response::Proportion { successes, trials } if family.is_share() => {
            let share = |(s, m): (&f64, &f64)| if *m > 0.0 { s / m } else { 0.0 };
            (
                successes.iter().zip(trials).map(share).collect(),
                trials.to_vec(),
            )
        }
        Response::Proportion { .. } => {
            return Err(refused(
                "one number a row",
                "successes of trials; choose the family binomial",
            ));
        }
        other => match other.numbers() {
            Some(y) => (y.to_vec(), ones()),
            None => return Err(refused("one number a row", "of another kind")),
        },
    };
    let all = |allowed: fn(f64) -> bool| y.iter().all(|&y| allowed(y));
    if family.is_share() && !matches!(design.response(), Response::Proportion { .. }) {
        if !all(|y| y == 0.0 || y == 1.0) {
            return Err(refused(
                "0 and 1, or successes of trials",
                "made of other numbers",
            ));
        }
    } else if family.is_count() && !all(|y| y >= 0.0 && y.fract() == 0.0) {
        return Err(refused(
            "counts, whole numbers of zero or more",
            "made of other numbers",
        ));
    } else if family == Family::QuasiPoisson && !all(|y| y >= 0.0) {
        return Err(refused("numbers of zero or more", "below zero somewhere"));
    } else if family == Family::Gamma && !all(|y| y > 0.0) {
        return Err(refused("numbers above zero", "zero or less somewhere"));
    }
    Ok(Observed {
        y,
        trials,
        weight: design.weights().map_or_else(ones, |w| w.values.to_vec()),
    })
}

/// An orthonormal basis of the columns on the rows that weigh anything.
pub(crate) fn basis(design: &Design, rows: &Observed) -> Qr {
    let x = design.mean().x();
    let counts = |i: usize| rows.weight[i] > 0.0 && rows.trials[i] > 0.0;
    if (0..design.rows()).all(counts) {
        return Qr::new(x);
    }
    let mut masked = x.to_owned();
    for (i, mut row) in masked.rows_mut().into_iter().enumerate() {
        if !counts(i) {
            row.fill(0.0);
        }
    }
    Qr::new(masked.view())
}

impl Model {
    pub fn criterion(&self) -> Criterion<'_> {
        Criterion {
            data: &self.data,
            family: self.family,
            link: self.link,
            penalised: self.penalised,
        }
    }

    /// y − μ, with the digits of 1 − μ where y is one.
    pub fn residual(&self, i: usize, mean: &Mean) -> f64 {
        let y = self.data.y[i];
        if y == 1.0 && self.family.is_share() {
            mean.complement
        } else {
            y - mean.mu
        }
    }

    /// φ at a point, or one where there is none.
    fn unit(&self, point: &Point) -> f64 {
        if self.family.has_scale() {
            point.deviance / self.residual_df.max(1.0)
        } else {
            1.0
        }
    }

    /// Makes the criterion as large as it can be, and looks whether it has a maximum at all.
    pub fn maximise(
        &self,
        start: Array1<f64>,
        constraint: Option<&Constraint>,
    ) -> Result<Maximum, (Unfinished, Option<Separation>)> {
        let criterion = self.criterion();
        let r = self.data.basis.len();
        let mut found = None;
        let watch = |iteration: usize, psi: &Array1<f64>, step: &Array1<f64>| {
            if self.family.shape_name().is_some() && psi[r].abs() > 20.0 {
                return true;
            }
            if self.penalised || iteration < 6 || iteration % 2 == 1 {
                return false;
            }
            let gamma = step.slice(ndarray::s![..r]);
            if gamma.dot(&gamma) < 1e-6 {
                return false;
            }
            found = separates(&self.data, self.family, self.link, gamma);
            found.is_some()
        };
        let unit = |point: &Point| self.unit(point);
        maximise(&criterion, start, constraint, unit, watch)
            .map_err(|unfinished| (unfinished, found))
    }

    /// γ after one step from means near the response, or from a constant mean where that fails.
    pub fn start(&self) -> Result<Array1<f64>, Unfinished> {
        let data = &self.data;
        let (r, n) = (data.basis.len(), data.y.len());
        let offset = |i: usize| data.offset.get(i).copied().unwrap_or(0.0);
        let near = |i: usize| {
            let (y, m) = (data.y[i], data.trials[i]);
            match self.family {
                Family::Gaussian | Family::Gamma => y,
                _ if self.family.is_share() => (m * y + 0.5) / (m + 1.0),
                _ => y + 0.1,
            }
        };
        let total: f64 = (0..n).map(|i| data.prior(i)).sum();
        let mean = (0..n).map(|i| data.prior(i) * near(i)).sum::<f64>() / total;
        let from = |mu: &dyn Fn(usize) -> f64| -> Option<Array1<f64>> {
            let mut information = Array2::<f64>::zeros((r, r));
            let mut score = Array1::<f64>::zeros(r);
            let (mut w, mut u) = (vec![0.0; n], vec![0.0; n]);
            for i in 0..n {
                let a = data.prior(i);
                if a == 0.0 {
                    continue;
                }
                let eta = self.link.eta(mu(i));
                let at = self.link.mean(eta);
                let v = self.family.variance(&at, data.trials[i], 1.0);
                w[i] = a * at.slope * at.slope / v;
                u[i] = w[i] * (eta - offset(i)) + a * at.slope * (data.y[i] - at.mu) / v;
            }
            for (a, qa) in data.basis.iter().enumerate() {
                score[a] = dot(qa, &u);
                let weighed: Vec<f64> = qa.iter().zip(&w).map(|(q, w)| q * w).collect();
                for (b, qb) in data.basis.iter().enumerate().take(a + 1) {
                    information[[a, b]] = dot(&weighed, qb);
                    information[[b, a]] = information[[a, b]];
                }
            }
            let gamma = Cholesky::new(information.view())?.solve(score.view());
            self.criterion().at(&gamma).map(|_| gamma)
        };
        // η of a constant mean, less the offset, on the columns.
        let constant = || {
            let eta = self.link.eta(mean);
            let target: Vec<f64> = (0..n)
                .map(|i| {
                    if data.prior(i) > 0.0 {
                        eta - offset(i)
                    } else {
                        0.0
                    }
                })
                .collect();
            let gamma: Array1<f64> = data.basis.iter().map(|q| dot(q, &target)).collect();
            self.criterion().at(&gamma).map(|_| gamma)
        };
        let found = from(&near).or_else(|| from(&|_| mean)).or_else(constant);
        found.ok_or_else(|| Unfinished {
            psi: Array1::zeros(r),
            iterations: 0,
            why: Why::Start,
        })
    }

    pub fn deviance(&self, means: &[Mean], shape: f64) -> f64 {
        let rows = means.iter().enumerate();
        rows.filter(|(i, _)| self.data.prior(*i) > 0.0)
            .map(|(i, mean)| self.data.prior(i) * self.family.deviance(self.data.y[i], mean, shape))
            .sum()
    }

    /// The deviance of the intercept alone, at the shape of the fit.
    pub fn null_deviance(&self, intercept: bool, tau: Option<f64>) -> Option<f64> {
        let data = &self.data;
        let n = data.y.len();
        let shape = tau.map_or(1.0, |tau| shape_of(self.family, tau));
        let prior: Vec<f64> = (0..n).map(|i| data.prior(i)).collect();
        let means: Vec<_> = if !intercept {
            let eta = data.eta(Array1::zeros(data.basis.len()).view());
            eta.into_iter().map(|eta| self.link.mean(eta)).collect()
        } else if data.offset.is_empty() {
            let total: f64 = prior.iter().sum();
            let mean = prior.iter().zip(&data.y).map(|(a, y)| a * y).sum::<f64>() / total;
            vec![Link::Identity.mean(mean); n]
        } else {
            let alone = Self {
                data: Data {
                    basis: vec![vec![1.0; n]],
                    ..data.clone()
                },
                penalised: false,
                r: Array2::eye(1),
                ..self.clone()
            };
            let start = Self {
                family: self.family.at_the_edge(),
                ..alone.clone()
            }
            .start()
            .ok()?;
            let (start, constraint) = match tau {
                None => (start, None),
                Some(tau) => (
                    ndarray::array![start[0], tau],
                    Some(Constraint {
                        c: ndarray::array![[0.0, 1.0]],
                        b: ndarray::array![tau],
                    }),
                ),
            };
            let maximum = alone.maximise(start, constraint.as_ref()).ok()?;
            let eta = alone.data.eta(maximum.psi.slice(ndarray::s![..1]));
            eta.into_iter().map(|eta| self.link.mean(eta)).collect()
        };
        Some(self.deviance(&means, shape)).filter(|d| d.is_finite())
    }
}

/// What became of a parameter of shape.
pub(super) enum Shape {
    Inside(Maximum),
    Edge(Caution),
    Failed(Unfinished),
}

/// Fits β and the shape together, from the fit without shape.
pub(super) fn with_shape(
    model: &mut Model,
    family: Family,
    without: &Maximum,
) -> Result<Shape, Error> {
    let data = &model.data;
    let eta = data.eta(without.psi.view());
    let (mut slope, mut squares, mut size) = (0.0, 0.0, 0.0);
    for (i, &eta) in eta.iter().enumerate() {
        let (w, m) = (data.weight[i], data.trials[i]);
        if w == 0.0 || m == 0.0 {
            continue;
        }
        let mean = model.link.mean(eta);
        let (y, mu) = (data.y[i], mean.mu);
        // The derivative of ℓ by the shape where it is nothing, and a start by moments.
        match family {
            Family::BetaBinomial => {
                let s = y * m;
                let f = m - s;
                slope += 0.5
                    * w
                    * (s * (s - 1.0) / mu + f * (f - 1.0) / mean.complement - m * (m - 1.0));
                squares += w * (m * (y - mu).powi(2) / (mu * mean.complement) - 1.0);
                size += w * (m - 1.0);
            }
            Family::NegativeBinomial1 => {
                slope += 0.5 * w * ((y - mu).powi(2) - y) / mu;
                squares += w * ((y - mu).powi(2) / mu - 1.0);
                size += w;
            }
            _ => {
                slope += 0.5 * w * ((y - mu).powi(2) - y);
                squares += w * ((y - mu).powi(2) - mu);
                size += w * mu * mu;
            }
        }
    }
    if size <= 0.0 {
        return Err(Error::Unsupported {
            what: format!("the {} family with one trial a row", family.name()),
            hint: "a single trial tells nothing of the correlation between trials; use binomial"
                .to_owned(),
        });
    }
    let at_edge = || {
        Shape::Edge(Caution::Note(match family {
            Family::BetaBinomial => {
                "The proportions vary no more than binomial ones: ρ is zero, and \
                                     the estimates are those of the binomial model."
                    .to_owned()
            }
            _ => {
                "The counts vary no more than Poisson ones: the estimates are those of the Poisson \
                  model, the limit of the negative binomial one."
                    .to_owned()
            }
        }))
    };
    if slope <= 0.0 {
        return Ok(at_edge());
    }
    let excess = squares / size;
    let tau = match family {
        Family::BetaBinomial => Link::Logit.eta(excess.clamp(0.01, 0.9)),
        Family::NegativeBinomial1 => excess.clamp(0.01, 1e6).ln(),
        _ => -excess.clamp(1e-4, 1e3).ln(),
    };
    model.family = family;
    if family == Family::NegativeBinomial2 {
        model.data.tabulate();
    }
    let mut start = without.psi.to_vec();
    start.push(tau);
    match model.maximise(start.into(), None) {
        Ok(maximum) => Ok(Shape::Inside(maximum)),
        Err((unfinished, _)) => {
            let last = unfinished.psi.last().copied().unwrap_or(0.0);
            let towards_edge = match family {
                Family::NegativeBinomial2 => last > 14.0,
                _ => last < -14.0,
            };
            if towards_edge {
                model.family = family.at_the_edge();
                return Ok(at_edge());
            }
            Ok(Shape::Failed(unfinished))
        }
    }
}

/// Why there is no fit, in words.
pub(super) fn model_error(
    (unfinished, separation): &(Unfinished, Option<Separation>),
    design: &Design,
    estimated: &[usize],
    model: &Model,
) -> Error {
    let columns = &design.mean().columns;
    if let Some(separation) = separation {
        let beta = back_substitute(model.r.view(), separation.direction.view());
        let x = design.mean().x();
        let size: Vec<f64> = estimated
            .iter()
            .zip(&beta)
            .map(|(&j, b)| b * x.column(j).dot(&x.column(j)).sqrt())
            .collect();
        let largest = size.iter().fold(0.0_f64, |m, s| m.max(s.abs()));
        let runs = estimated
            .iter()
            .zip(&size)
            .filter(|(_, s)| s.abs() > 1e-6 * largest)
            .map(|(&j, s)| {
                let where_to = if *s > 0.0 { "+∞" } else { "−∞" };
                format!("{} → {where_to}", columns[j])
            })
            .collect();
        let canonical = matches!(
            (model.family, model.link),
            (Family::Binomial, Link::Logit) | (Family::Poisson, Link::Log)
        );
        return Error::Separated {
            name: design.response_name().to_owned(),
            rows: separation.rows,
            columns: runs,
            hint: if canonical {
                "choose the bias reduction `firth`, which gives finite estimates, or leave the columns out"
            } else {
                "leave the columns out or join levels; with the logit or the Poisson's log link the bias \
                 reduction `firth` gives finite estimates"
            },
        };
    }
    let r = model.data.basis.len();
    let last = if unfinished.psi.len() >= r {
        back_substitute(model.r.view(), unfinished.psi.slice(ndarray::s![..r])).to_vec()
    } else {
        Vec::new()
    };
    Error::NotConverged {
        method: NAME,
        iterations: unfinished.iterations,
        why: match unfinished.why {
            Why::Start => "no starting values give a possible mean in every row",
            Why::Stalled => {
                "no step leads further up, as where the best fit has a mean at its limit"
            }
            Why::Limit => "it is still climbing",
            Why::Runaway => "a parameter runs away, or some columns no longer matter",
        }
        .to_owned(),
        coefficients: estimated
            .iter()
            .map(|&j| columns[j].clone())
            .zip(last)
            .collect(),
        hint: match (model.family, model.link) {
            (Family::Binomial | Family::QuasiBinomial, Link::Log) => {
                "use the Poisson family with log link and hc3 errors (Zou 2004), or the logit link and \
                 standardised risks"
            }
            (_, Link::Identity | Link::Inverse) => {
                "use the log or logit link and standardised means"
            }
            _ => "look at the data for empty cells and extreme values, or take fewer columns",
        },
    }
}
