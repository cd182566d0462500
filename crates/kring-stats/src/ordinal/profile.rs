//! Profile likelihood intervals of the coefficients of a cumulative link model.
//!
//! ```text
//! ℓ_p(v) = max ℓ with β_k = v,   r(v) = sign(v − β̂_k) √(2 (ℓ̂ − ℓ_p(v)))
//! ends       r(v) = ∓ z_{(1 + level)/2};  r is nearly a straight line, and the secant method finds them
//! ```
//! Each point of ℓ_p is a fit of the other coefficients, started at the last one. The interval does
//! not depend on how the coefficient is parametrised, and is better than Wald's where few rows bear
//! on it. It takes the rows as independent, whatever the errors of the coefficients.
//!
//! Venzon DJ, Moolgavkar SH (1988), Applied Statistics 37:87–94, doi 10.2307/2347496.

use kring_core::{Caution, Estimate, Interval, IntervalKind, Reference};
use ndarray::{Array1, Array2, Axis, s};

use super::{Ell, OrdinalFit};
use crate::fit::Fit;
use crate::likelihood::{Ending, Likelihood, Predictor, maximise};
use crate::linalg::{Cholesky, forward_substitute};
use crate::{Error, dist};

/// How close r must come to z; an end is then right to about as many standard errors.
const CLOSE: f64 = 1e-10;
/// More than the secant method ever took.
const STEPS: usize = 60;
const ITERATIONS: usize = 200;

impl OrdinalFit {
    /// A coefficient with its profile likelihood interval in place of Wald's; its p-value stays that of
    /// its standard error. An end that the likelihood does not reach is absent.
    pub fn profile(&self, column: &str) -> Result<Estimate, Error> {
        let known = self.coefficients();
        let place = known
            .estimated
            .iter()
            .position(|&j| known.columns[j] == column);
        let Some(place) = place else {
            return Err(Error::Contrast {
                label: column.to_owned(),
                why: "it is no estimated column of the model".to_owned(),
            });
        };
        if self.criteria.is_none() {
            return Err(Error::Unsupported {
                what: "a profile likelihood interval with sampling weights".to_owned(),
                hint: "use the interval of the estimate".to_owned(),
            });
        }
        let mut unit = Array1::zeros(known.estimated.len());
        unit[place] = 1.0;
        let wald = self.combination(column, unit.view())?;
        let level = self.provenance().level;
        let z = dist::critical(level, Reference::Normal)?;
        let size = self
            .classical_error(place)
            .or(wald.std_error)
            .filter(|&se| se > 0.0)
            .ok_or_else(|| Error::Contrast {
                label: column.to_owned(),
                why: "it has no standard error to search an interval with".to_owned(),
            })?;
        let along = Along::new(self, place);
        let interval = Interval {
            low: along.end(-z, size)?,
            high: along.end(z, size)?,
            level,
            kind: IntervalKind::Profile,
        };
        let mut cautions = wald.cautions.clone();
        if wald.sample.clusters.is_some() {
            cautions.push(Caution::ClustersIgnored);
        }
        Ok(Estimate {
            interval: Some(interval),
            cautions,
            ..wald
        }
        .checked()?)
    }

    /// The standard error from the information, which sets the scale of the search.
    fn classical_error(&self, place: usize) -> Option<f64> {
        let information = self.ell.derivatives(self.theta.view()).information;
        let root = Cholesky::new(information.view())?;
        let mut direction = Array1::zeros(self.theta.len());
        // Row k of R⁻¹, so that direction'θ is the coefficient.
        let mut unit = Array1::zeros(self.r.nrows());
        unit[place] = 1.0;
        let row = forward_substitute(self.r.view(), unit.view());
        direction.slice_mut(s![self.ell.cuts..]).assign(&row);
        Some(root.solve(direction.view()).dot(&direction).sqrt())
    }
}

/// One coefficient, with what is needed to fit the others beside any value of it.
struct Along<'a> {
    fit: &'a OrdinalFit,
    estimate: f64,
    top: f64,
    /// The column of the coefficient, centred, and the others in coordinates of their own.
    column: Array1<f64>,
    others: Predictor,
    offset: Array1<f64>,
}

impl<'a> Along<'a> {
    fn new(fit: &'a OrdinalFit, place: usize) -> Self {
        let ell = &fit.ell;
        let x: Array2<f64> = ell.q.dot(&fit.r);
        let keep: Vec<usize> = (0..x.ncols()).filter(|&j| j != place).collect();
        let rows: Vec<usize> = (0..x.nrows()).collect();
        let names = vec![String::new(); keep.len()];
        let (others, _) = Predictor::centred(x.select(Axis(1), &keep).view(), &names, &rows);
        Self {
            fit,
            estimate: fit.coefficients().values[place],
            top: fit.criteria.map_or(0.0, |c| c.log_likelihood),
            column: x.column(place).to_owned(),
            others,
            offset: ell
                .offset
                .clone()
                .unwrap_or_else(|| Array1::zeros(x.nrows())),
        }
    }

    /// r(v), from the coordinates where the last fit ended, which are moved on.
    fn root(&self, v: f64, theta: &mut Array1<f64>) -> Result<f64, Error> {
        let ell = Ell {
            offset: Some(&self.offset + &(&self.column * v)),
            q: self.others.q.clone(),
            ..self.fit.ell.clone()
        };
        let found = maximise(&ell, theta.clone(), ITERATIONS);
        if found.ending == Ending::OutOfIterations {
            return Err(Error::unfinished(
                "a profile likelihood",
                found.iterations,
                found.at.value,
                found.distance,
                vec![("the coefficient held at".to_owned(), v)],
            ));
        }
        *theta = found.theta;
        let root = (2.0 * (self.top - found.at.value)).max(0.0).sqrt();
        Ok(if v < self.estimate { -root } else { root })
    }

    /// Where r is `target`; none where the likelihood never falls that far.
    fn end(&self, target: f64, size: f64) -> Result<Option<f64>, Error> {
        let cuts = self.fit.ell.cuts;
        let mut theta = Array1::zeros(cuts + self.others.rank());
        theta
            .slice_mut(s![..cuts])
            .assign(&self.fit.theta.slice(s![..cuts]));
        let others = self.fit.ell.q.dot(&self.fit.theta.slice(s![cuts..]));
        let others = others - &self.column * self.estimate;
        theta
            .slice_mut(s![cuts..])
            .assign(&self.others.closest(others.view()));
        let (mut inner, mut inner_root) = (self.estimate, 0.0);
        let mut v = self.estimate + target * size;
        let mut outer: Option<(f64, f64)> = None;
        for _ in 0..STEPS {
            let root = self.root(v, &mut theta)?;
            if (root - target).abs() < CLOSE {
                return Ok(Some(v));
            }
            if root.abs() > target.abs() {
                outer = Some((v, root));
            } else {
                (inner, inner_root) = (v, root);
            }
            v = match outer {
                // Between an inner and an outer point, by the straight line through them.
                Some((outer, outer_root)) => {
                    let share = (target - inner_root) / (outer_root - inner_root);
                    inner + (outer - inner) * share.clamp(0.01, 0.99)
                }
                None => self.estimate + 1.5 * (v - self.estimate),
            };
            if !v.is_finite() || (v - self.estimate).abs() > 1e6 * size {
                return Ok(None);
            }
        }
        // Rounding of ℓ may keep r a little off; what is left is far below a standard error.
        Ok(outer.map(|_| v))
    }
}
