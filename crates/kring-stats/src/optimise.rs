//! The least value of a smooth function of a few numbers, by a trust region.
//!
//! ```text
//! model      m(s) = f + g's + ½ s'Hs, with H exact, approximate, or built from the gradients (BFGS)
//! step       argmin m(s), |s| ≤ Δ: s = −(H + λI)⁻¹g with λ from |s| = Δ, by the eigenvectors of H;
//!            at a saddle along the eigenvector of the lowest eigenvalue
//! radius     ρ = (f − f(x + s)) / (m(0) − m(s)): below ¼ Δ shrinks, above ¾ at the edge it doubles
//! done       where H has no negative eigenvalue and g'H⁺g, twice what m still promises, is nothing
//! ```
//! Near the minimum the gain drowns in the rounding of f: there a step that shortens the gradient counts.
//!
//! Moré JJ, Sorensen DC (1983), SIAM Journal on Scientific and Statistical Computing 4:553–572,
//! doi 10.1137/0904038; Nocedal J, Wright SJ (2006), Numerical Optimization, chapters 4 and 6.

use ndarray::Array2;

use crate::linalg::{Eigen, symmetric_eigen};

/// A function to be made small. What it needs to compute it keeps ready, so that no call allocates.
pub(crate) trait Objective {
    /// f(x); infinite or NaN where it is not defined.
    fn value(&mut self, x: &[f64]) -> f64;

    /// g and, if it is known, H (row by row) at the x that `value` was last asked for.
    fn derivatives(&mut self, gradient: &mut [f64], hessian: &mut [f64]) -> Curvature;
}

/// What is known of the second derivatives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Curvature {
    /// They were given.
    Exact,
    /// Something close to them was given.
    Approximate,
    /// Nothing was given: the gradients tell.
    FromGradients,
    /// At the first place something close to them was given; from there on the gradients tell.
    FromStart,
}

impl Curvature {
    fn is_updated(self) -> bool {
        matches!(self, Self::FromGradients | Self::FromStart)
    }
}

/// When a search ends.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// The most steps.
    pub iterations: usize,
    /// The radius of the first step.
    pub radius: f64,
    /// g'H⁺g at which the minimum is found.
    pub decrement: f64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            iterations: 200,
            radius: 1.0,
            decrement: 1e-13,
        }
    }
}

/// Where a search ended; the objective was last evaluated there, with its derivatives.
#[derive(Debug, Clone)]
pub(crate) struct Minimum {
    pub x: Vec<f64>,
    pub value: f64,
    pub gradient: Vec<f64>,
    /// Row by row.
    pub hessian: Vec<f64>,
    /// g'H⁺g.
    pub decrement: f64,
    pub iterations: usize,
    /// How often f was computed.
    pub evaluations: usize,
    pub converged: bool,
}

/// Searches from `start` for a minimum.
pub(crate) fn minimise(f: &mut impl Objective, start: Vec<f64>, limits: Limits) -> Minimum {
    let k = start.len();
    let value = f.value(&start);
    let mut at = Minimum {
        x: start,
        value,
        gradient: vec![0.0; k],
        hessian: vec![0.0; k * k],
        decrement: f64::INFINITY,
        iterations: 0,
        evaluations: 1,
        converged: false,
    };
    if !value.is_finite() {
        return at;
    }
    if k == 0 {
        f.derivatives(&mut at.gradient, &mut at.hessian);
        (at.decrement, at.converged) = (0.0, true);
        return at;
    }
    let known = f.derivatives(&mut at.gradient, &mut at.hessian);
    if known == Curvature::FromGradients {
        identity(k, &mut at.hessian);
    }
    let mut radius = limits.radius;
    let mut before = at.gradient.clone();
    let mut hessian_before = at.hessian.clone();
    let mut candidate = at.x.clone();
    while at.iterations < limits.iterations {
        let model = Model::new(&at);
        let step = model.step(radius);
        at.decrement = model.decrement();
        if model.is_convex() && at.decrement <= limits.decrement {
            at.converged = true;
            break;
        }
        for (c, (x, s)) in candidate.iter_mut().zip(at.x.iter().zip(&step.s)) {
            *c = x + s;
        }
        let there = f.value(&candidate);
        at.evaluations += 1;
        at.iterations += 1;
        let noise = 1e-14 * (10.0 + at.value.abs()) * 8.0;
        let gained = at.value - there;
        let close = step.promised <= noise && gained.abs() <= 16.0 * noise;
        if there.is_finite() && (gained > 1e-4 * step.promised || close) {
            before.copy_from_slice(&at.gradient);
            hessian_before.copy_from_slice(&at.hessian);
            let (old_x, old_value) = (at.x.clone(), at.value);
            at.x.copy_from_slice(&candidate);
            at.value = there;
            if known.is_updated() {
                f.derivatives(&mut at.gradient, &mut []);
                let scale = known == Curvature::FromGradients && at.iterations == 1;
                update(&mut at.hessian, &step.s, &before, &at.gradient, scale);
            } else {
                f.derivatives(&mut at.gradient, &mut at.hessian);
            }
            let model = Model::new(&at);
            let decrement = model.decrement();
            if close && model.is_convex() && decrement >= 0.25 * at.decrement {
                // Rounding is all that is left: the better of the two places is the last.
                if decrement > at.decrement {
                    at.x = old_x;
                    at.value = old_value;
                    f.value(&at.x);
                    if known.is_updated() {
                        at.hessian.copy_from_slice(&hessian_before);
                        f.derivatives(&mut at.gradient, &mut []);
                    } else {
                        f.derivatives(&mut at.gradient, &mut at.hessian);
                    }
                } else {
                    at.decrement = decrement;
                }
                at.converged = at.decrement <= 1e-6;
                break;
            }
            let at_edge = step.length > 0.8 * radius;
            if gained > 0.75 * step.promised && at_edge {
                radius *= 2.0;
            } else if gained < 0.25 * step.promised && !close {
                radius = 0.5 * step.length;
            }
        } else {
            radius = 0.25 * step.length.min(radius);
            if radius < 1e-12 * (1.0 + largest(&at.x)) {
                f.value(&at.x);
                at.converged = model.is_convex() && at.decrement <= 1e-6;
                break;
            }
        }
    }
    at
}

fn largest(x: &[f64]) -> f64 {
    x.iter().fold(0.0, |m: f64, x| m.max(x.abs()))
}

fn identity(k: usize, h: &mut [f64]) {
    h.fill(0.0);
    h.iter_mut().step_by(k + 1).for_each(|h| *h = 1.0);
}

/// BFGS, left out where the curvature along the step is not positive.
fn update(h: &mut [f64], s: &[f64], before: &[f64], after: &[f64], first: bool) {
    let k = s.len();
    let y: Vec<f64> = after.iter().zip(before).map(|(a, b)| a - b).collect();
    let along: f64 = s.iter().zip(&y).map(|(s, y)| s * y).sum();
    let (ss, yy): (f64, f64) = (s.iter().map(|s| s * s).sum(), y.iter().map(|y| y * y).sum());
    if along <= 1e-10 * (ss * yy).sqrt() {
        return;
    }
    if first {
        h.fill(0.0);
        h.iter_mut().step_by(k + 1).for_each(|h| *h = yy / along);
    }
    let hs: Vec<f64> = (0..k)
        .map(|i| (0..k).map(|j| h[i * k + j] * s[j]).sum())
        .collect();
    let curvature: f64 = s.iter().zip(&hs).map(|(s, hs)| s * hs).sum();
    for i in 0..k {
        for j in 0..k {
            h[i * k + j] += y[i] * y[j] / along - hs[i] * hs[j] / curvature;
        }
    }
}

/// The quadratic model at a point, in the eigenvectors of its curvature.
struct Model {
    eigen: Eigen,
    /// V'g
    slopes: Vec<f64>,
    largest: f64,
}

struct Step {
    s: Vec<f64>,
    length: f64,
    promised: f64,
}

/// Eigenvalues below this share of the largest count as zero.
const FLAT: f64 = 1e-12;

impl Model {
    fn new(at: &Minimum) -> Self {
        let k = at.x.len();
        let eigen = if k == 1 {
            Eigen {
                values: vec![at.hessian[0]],
                vectors: Array2::eye(1),
            }
        } else {
            symmetric_eigen(&Array2::from_shape_fn((k, k), |(i, j)| {
                0.5 * (at.hessian[i * k + j] + at.hessian[j * k + i])
            }))
        };
        let slopes = (0..k)
            .map(|i| (0..k).map(|j| eigen.vectors[[j, i]] * at.gradient[j]).sum())
            .collect();
        let largest = eigen.values.iter().fold(0.0, |m: f64, v| m.max(v.abs()));
        Self {
            eigen,
            slopes,
            largest,
        }
    }

    fn is_convex(&self) -> bool {
        self.eigen.values.iter().all(|&v| v >= -1e-9 * self.largest)
    }

    /// g'H⁺g over the directions that are not flat.
    fn decrement(&self) -> f64 {
        let floor = (FLAT * self.largest).max(f64::MIN_POSITIVE);
        let each = self.slopes.iter().zip(&self.eigen.values);
        each.map(|(g, v)| g * g / v.abs().max(floor)).sum()
    }

    fn step(&self, radius: f64) -> Step {
        let values = &self.eigen.values;
        let lowest = values.iter().copied().fold(f64::INFINITY, f64::min);
        let floor = (FLAT * self.largest).max(f64::MIN_POSITIVE);
        let at = |shift: f64| -> Vec<f64> {
            let each = self.slopes.iter().zip(values);
            each.map(|(g, v)| {
                let v = v + shift;
                if g.abs() == 0.0 {
                    0.0
                } else {
                    -g / v.max(floor)
                }
            })
            .collect()
        };
        let length = |s: &[f64]| s.iter().map(|s| s * s).sum::<f64>().sqrt();
        let mut s = at(0.0);
        if lowest < -1e-9 * self.largest || length(&s) > radius {
            // |s(λ)| falls with λ: bisection on the scale of λ, tightened by Newton on 1/|s|.
            let mut low = (-lowest).max(0.0);
            let slope = length(&self.slopes);
            let mut high = low + slope / radius + floor;
            let at_low = at(low + 1e-12 * (self.largest + low));
            if length(&at_low) <= radius {
                // A saddle: the rest of the radius along the lowest eigenvector.
                s = at_low;
                let place = values.iter().position(|&v| v == lowest).unwrap_or(0);
                let rest = (radius * radius - length(&s).powi(2)).max(0.0).sqrt();
                s[place] += if self.slopes[place] > 0.0 {
                    -rest
                } else {
                    rest
                };
            } else {
                for _ in 0..60 {
                    let middle = 0.5 * (low + high);
                    s = at(middle);
                    let found = length(&s);
                    if (found / radius - 1.0).abs() < 1e-3 {
                        break;
                    }
                    if found > radius {
                        low = middle;
                    } else {
                        high = middle;
                    }
                }
            }
        }
        let promised = -(0..s.len())
            .map(|i| s[i] * (self.slopes[i] + 0.5 * values[i] * s[i]))
            .sum::<f64>();
        let k = s.len();
        let back: Vec<f64> = (0..k)
            .map(|i| (0..k).map(|j| self.eigen.vectors[[i, j]] * s[j]).sum())
            .collect();
        Step {
            length: length(&s),
            s: back,
            promised,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rosenbrock's valley, least at (1, 1).
    struct Valley {
        x: [f64; 2],
        known: Curvature,
    }

    impl Objective for Valley {
        fn value(&mut self, x: &[f64]) -> f64 {
            self.x = [x[0], x[1]];
            (1.0 - x[0]).powi(2) + 100.0 * (x[1] - x[0] * x[0]).powi(2)
        }

        fn derivatives(&mut self, g: &mut [f64], h: &mut [f64]) -> Curvature {
            let [x, y] = self.x;
            g[0] = -2.0 * (1.0 - x) - 400.0 * x * (y - x * x);
            g[1] = 200.0 * (y - x * x);
            if self.known == Curvature::Exact {
                h.copy_from_slice(&[
                    2.0 - 400.0 * (y - 3.0 * x * x),
                    -400.0 * x,
                    -400.0 * x,
                    200.0,
                ]);
            }
            self.known
        }
    }

    #[test]
    fn a_valley_is_followed_to_its_end() {
        for (known, most) in [(Curvature::Exact, 40), (Curvature::FromGradients, 80)] {
            let mut f = Valley { x: [0.0; 2], known };
            let found = minimise(&mut f, vec![-1.2, 1.0], Limits::default());
            assert!(found.converged && found.iterations < most, "{found:?}");
            // The valley is flat along its bed: a decrement of 1e-13 is √(1e-13 / 0.4) from the least point.
            assert!(found.x.iter().all(|x| (x - 1.0).abs() < 1e-6), "{found:?}");
        }
    }

    /// (x² − 1)² + y²: a saddle at nought, where the slope is nothing.
    struct TwoValleys([f64; 2]);

    impl Objective for TwoValleys {
        fn value(&mut self, x: &[f64]) -> f64 {
            self.0 = [x[0], x[1]];
            (x[0] * x[0] - 1.0).powi(2) + x[1] * x[1]
        }

        fn derivatives(&mut self, g: &mut [f64], h: &mut [f64]) -> Curvature {
            let [x, y] = self.0;
            g.copy_from_slice(&[4.0 * x * (x * x - 1.0), 2.0 * y]);
            h.copy_from_slice(&[12.0 * x * x - 4.0, 0.0, 0.0, 2.0]);
            Curvature::Exact
        }
    }

    #[test]
    fn a_saddle_is_no_minimum() {
        let found = minimise(&mut TwoValleys([0.0; 2]), vec![0.0, 0.0], Limits::default());
        assert!(found.converged);
        assert!((found.x[0].abs() - 1.0).abs() < 1e-8 && found.x[1].abs() < 1e-8);
    }

    #[test]
    fn nothing_to_search_and_nowhere_to_start() {
        let mut f = Valley {
            x: [0.0; 2],
            known: Curvature::Exact,
        };
        let nowhere = minimise(&mut f, vec![f64::NAN, 0.0], Limits::default());
        assert!(!nowhere.converged && nowhere.iterations == 0);
    }
}
