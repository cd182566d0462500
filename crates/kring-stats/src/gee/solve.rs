//! The estimating equations, solved by Fisher scoring with moments in between.
//!
//! ```text
//! given γ     μ, v, residuals r = (y − μ) / √v;  φ = Σ w r² / Σ w;  α by moments (correlation.rs)
//! rows        x̃_i = √w (dμ/dη) q / √(φ v),  ẽ_i = √w (y − μ) / √(φ v),  whitened by B: B'B = R⁻¹
//! step        (Σ x̃'B'B x̃) δ = Σ x̃'B'B ẽ:  one pass over the rows, an r × r system
//! the end     δ'H δ, the square of the step in model-based standard errors, at most 1e-20
//! ```
//! Steps are taken under independence until they are shorter than one standard error a coefficient: far
//! from the end residuals say nothing about correlations. Where moments give correlations that no family
//! could have, a step takes them times a number below one, and the search may not end there.

use kring_core::Component;
use ndarray::{Array1, Array2};

use super::correlation::{Structure, Working};
use super::families::Families;
use super::{NAME, Scale};
use crate::Error;
use crate::family::{Family, Link};
use crate::linalg::Cholesky;

/// What is solved.
#[derive(Debug, Clone)]
pub(super) struct Model {
    pub families: Families,
    pub family: Family,
    pub link: Link,
    /// The parameter of the variance function, or one.
    pub shape: f64,
    pub scale: Scale,
    pub structure: Structure,
    pub max_iterations: usize,
}

/// Where a search stands.
#[derive(Debug, Clone)]
pub(super) struct State {
    pub gamma: Vec<f64>,
    pub working: Working,
    /// φ, one number or one a place.
    pub phi: Vec<f64>,
    pub iterations: usize,
    /// δ'H δ of the last step.
    pub decrement: f64,
}

/// Why a search ended without an answer.
#[derive(Debug)]
pub(super) struct Stuck {
    pub state: State,
    pub why: Why,
}

/// The reason.
#[derive(Debug)]
pub(super) enum Why {
    /// No mean that the family allows was found to start from.
    Start,
    /// The steps did not become small.
    Wandering,
    /// A step leads to no mean that the family allows.
    Outside,
    /// The columns, weighed, are collinear.
    Singular,
    /// The residuals are all zero.
    Perfect,
    /// The working correlation of this family is not positive definite.
    NotDefinite(usize),
}

/// What a row has at a point.
#[derive(Debug, Clone, Default)]
struct AtRows {
    /// r = (y − μ) / √v, then divided by √φ.
    residual: Vec<f64>,
    /// (dμ/dη) / √v, then divided by √φ.
    slope: Vec<f64>,
}

/// Σ x̃'R⁻¹x̃ and Σ x̃'R⁻¹ẽ.
struct Sums {
    information: Array2<f64>,
    score: Array1<f64>,
}

/// The whitened rows at the end.
#[derive(Debug, Clone)]
pub(super) struct Whitened {
    /// B x̃, n × r.
    pub x: Vec<f64>,
    /// B ẽ.
    pub e: Vec<f64>,
    /// Σ x̃'B'B x̃.
    pub information: Array2<f64>,
    /// Σ x̃'x̃, the information if rows were independent.
    pub independent: Array2<f64>,
    /// ẽ before it was whitened.
    pub raw_e: Vec<f64>,
    /// (y − μ) / √v of each row.
    pub pearson: Vec<f64>,
}

/// The decrement at which a search ends.
const CLOSE: f64 = 1e-20;

impl Model {
    pub fn r(&self) -> usize {
        self.families.r
    }

    /// Solves the equations.
    pub fn solve(&self) -> Result<State, Box<Stuck>> {
        let structure = &self.structure;
        let mut rows = AtRows::default();
        let mut room = Vec::new();
        let mut state = State {
            gamma: vec![0.0; self.r()],
            working: structure.independent(),
            phi: vec![1.0],
            iterations: 0,
            decrement: f64::INFINITY,
        };
        let Some(gamma) = self.start() else {
            return Err(stuck(state, Why::Start));
        };
        state.gamma = gamma;
        if !self.at(&state.gamma, &mut rows) {
            return Err(stuck(state, Why::Start));
        }
        loop {
            let Some(phi) = self.phi(&rows.residual) else {
                return Err(stuck(state, Why::Perfect));
            };
            state.phi = phi;
            self.standardise(&state.phi, &mut rows);
            let far = !(state.decrement < self.r().max(1) as f64);
            let mut full = true;
            let mut failed = 0;
            let mut sums = Err(0);
            if far {
                state.working = structure.independent();
                sums = self.sums(&rows, &state.working, &mut room);
            } else {
                let moments = structure.moments(
                    &self.families,
                    &rows.residual,
                    Structure::rho(&state.working),
                );
                for half in 0..8 {
                    let share = 0.5_f64.powi(half);
                    state.working = if half == 0 {
                        moments.clone()
                    } else {
                        structure.shrunk(&moments, share)
                    };
                    sums = self.sums(&rows, &state.working, &mut room);
                    match sums {
                        Ok(_) => break,
                        Err(family) => {
                            if full {
                                failed = family;
                            }
                            full = false;
                        }
                    }
                }
                if !full && state.decrement <= 1e-6 {
                    state.working = moments;
                    return Err(stuck(state, Why::NotDefinite(failed)));
                }
            }
            let sums = match sums {
                Ok(sums) => sums,
                Err(family) => return Err(stuck(state, Why::NotDefinite(family))),
            };
            let Some(root) = Cholesky::new(sums.information.view()) else {
                return Err(stuck(state, Why::Singular));
            };
            let step = root.solve(sums.score.view());
            state.decrement = step.dot(&sums.score).max(0.0);
            state.iterations += 1;
            let done = state.decrement <= CLOSE && full && !far;
            let before = state.gamma.clone();
            let mut share = 1.0;
            let mut inside = false;
            for _ in 0..30 {
                for ((gamma, b), s) in state.gamma.iter_mut().zip(&before).zip(&step) {
                    *gamma = b + share * s;
                }
                inside = self.at(&state.gamma, &mut rows);
                if inside {
                    break;
                }
                share /= 2.0;
            }
            if !inside {
                state.gamma = before;
                return Err(stuck(state, Why::Outside));
            }
            if done {
                return Ok(state);
            }
            if state.iterations >= self.max_iterations {
                let why = if full {
                    Why::Wandering
                } else {
                    Why::NotDefinite(failed)
                };
                return Err(stuck(state, why));
            }
        }
    }

    /// γ after one step from means near the response, or from a constant mean where that fails.
    fn start(&self) -> Option<Vec<f64>> {
        let data = &self.families;
        let r = self.r();
        let near = |i: usize| {
            let (y, m) = (data.y[i], data.trials[i]);
            match self.family {
                Family::Gaussian | Family::Gamma => y,
                _ if self.family.is_share() => (m * y + 0.5) / (m + 1.0),
                _ => y + 0.1,
            }
        };
        let prior = |i: usize| data.weight[i] * data.trials[i];
        let n = data.rows.len();
        let total: f64 = (0..n).map(prior).sum();
        let constant = (0..n).map(|i| prior(i) * near(i)).sum::<f64>() / total;
        let from = |mu: &dyn Fn(usize) -> f64| {
            let mut information = Array2::<f64>::zeros((r, r));
            let mut score = Array1::<f64>::zeros(r);
            for (i, q) in chunks(&data.q, r, n).enumerate() {
                let eta = self.link.eta(mu(i));
                let mean = self.link.mean(eta);
                let v = self.family.variance(&mean, data.trials[i], self.shape) / prior(i);
                let w = mean.slope * mean.slope / v;
                let u = w * (eta - data.offset[i]) + mean.slope * (data.y[i] - mean.mu) / v;
                for (a, qa) in q.iter().enumerate() {
                    score[a] += qa * u;
                    for (b, qb) in q.iter().enumerate().take(a + 1) {
                        information[[a, b]] += w * qa * qb;
                    }
                }
            }
            let information = mirrored(information);
            let gamma = Cholesky::new(information.view())?
                .solve(score.view())
                .to_vec();
            self.at(&gamma, &mut AtRows::default()).then_some(gamma)
        };
        // η of a constant mean, less the offset, on the columns.
        let flat = || {
            let eta = self.link.eta(constant);
            let mut gamma = vec![0.0; r];
            for (i, q) in chunks(&data.q, r, n).enumerate() {
                for (gamma, q) in gamma.iter_mut().zip(q) {
                    *gamma += q * (eta - data.offset[i]);
                }
            }
            self.at(&gamma, &mut AtRows::default()).then_some(gamma)
        };
        from(&near).or_else(|| from(&|_| constant)).or_else(flat)
    }

    /// η of a sorted row.
    pub fn eta(&self, gamma: &[f64], i: usize) -> f64 {
        let r = self.r();
        let q = &self.families.q[i * r..(i + 1) * r];
        let linear: f64 = q.iter().zip(gamma).map(|(q, g)| q * g).sum();
        linear + self.families.offset[i]
    }

    /// Residuals and slopes at γ, before φ is known; false where a mean is impossible.
    fn at(&self, gamma: &[f64], rows: &mut AtRows) -> bool {
        let data = &self.families;
        rows.residual.clear();
        rows.slope.clear();
        for i in 0..data.rows.len() {
            let mean = self.link.mean(self.eta(gamma, i));
            if !self.family.allows(&mean) {
                return false;
            }
            let trials = data.trials[i];
            let v = self.family.variance(&mean, trials, self.shape) / trials;
            let root = 1.0 / v.sqrt();
            // y − μ with the digits of 1 − μ where y is one.
            let y = data.y[i];
            let residual = if y == 1.0 && self.family.is_share() {
                mean.complement
            } else {
                y - mean.mu
            };
            let (residual, slope) = (residual * root, mean.slope * root);
            if !(residual.is_finite() && slope.is_finite()) {
                return false;
            }
            rows.residual.push(residual);
            rows.slope.push(slope);
        }
        true
    }

    /// φ by moments, or as it is fixed; none where the residuals are all zero.
    fn phi(&self, residual: &[f64]) -> Option<Vec<f64>> {
        let data = &self.families;
        let phi = match self.scale {
            Scale::Fixed(phi) => vec![phi],
            Scale::Estimated => {
                let squares = residual.iter().zip(&data.weight).map(|(r, w)| w * r * r);
                vec![squares.sum::<f64>() / data.weight.iter().sum::<f64>()]
            }
            Scale::ByWave => {
                let mut sums = vec![(0.0, 0.0); data.places.len()];
                for ((r, w), &place) in residual.iter().zip(&data.weight).zip(&data.place) {
                    let (squares, weights) = &mut sums[place as usize];
                    *squares += w * r * r;
                    *weights += w;
                }
                // A wave that no row stands at needs none.
                let each = sums.iter();
                each.map(|&(s, w)| if w > 0.0 { s / w } else { 1.0 })
                    .collect()
            }
        };
        // Residuals that are nothing but rounding.
        let size = if self.family == Family::Gaussian {
            let squares = data.y.iter().zip(&data.weight).map(|(y, w)| w * y * y);
            squares.sum::<f64>() / data.weight.iter().sum::<f64>()
        } else {
            1.0
        };
        let enough = |&phi: &f64| phi.is_finite() && phi > 1e-26 * size;
        let fixed = matches!(self.scale, Scale::Fixed(_));
        (fixed || phi.iter().all(enough)).then_some(phi)
    }

    /// Divides residuals and slopes by √φ.
    fn standardise(&self, phi: &[f64], rows: &mut AtRows) {
        let by: Vec<f64> = phi.iter().map(|phi| 1.0 / phi.sqrt()).collect();
        for (i, (residual, slope)) in rows.residual.iter_mut().zip(&mut rows.slope).enumerate() {
            let by = if by.len() == 1 {
                by[0]
            } else {
                by[self.families.place[i] as usize]
            };
            *residual *= by;
            *slope *= by;
        }
    }

    /// The rows of a family, r numbers and the residual each, with their weights.
    fn fill(&self, family: usize, rows: &AtRows, x: &mut Vec<f64>) {
        let r = self.r();
        x.clear();
        for i in self.families.range(family) {
            let root = self.families.root_weight[i];
            let slope = rows.slope[i] * root;
            x.extend(
                self.families.q[i * r..(i + 1) * r]
                    .iter()
                    .map(|q| slope * q),
            );
            x.push(rows.residual[i] * root);
        }
    }

    /// One pass over the families; the family whose correlation is not positive definite is an error.
    fn sums(&self, rows: &AtRows, working: &Working, room: &mut Vec<f64>) -> Result<Sums, usize> {
        let c = self.r() + 1;
        let mut gram = vec![0.0; c * c];
        let mut x = Vec::with_capacity(self.families.largest() * c);
        for family in 0..self.families.count() {
            self.fill(family, rows, &mut x);
            if !self
                .structure
                .whiten(&self.families, working, family, &mut x, c, room)
            {
                return Err(family);
            }
            add_gram(&x, c, &mut gram);
        }
        let r = c - 1;
        Ok(Sums {
            information: Array2::from_shape_fn((r, r), |(a, b)| gram[a * c + b]),
            score: Array1::from_shape_fn(r, |a| gram[r * c + a]),
        })
    }

    /// The whitened rows at a point: at γ, with the correlations and scale that are given.
    pub fn whitened(&self, state: &State) -> Result<Whitened, Why> {
        let (r, n) = (self.r(), self.families.rows.len());
        let c = r + 1;
        let mut rows = AtRows::default();
        if !self.at(&state.gamma, &mut rows) {
            return Err(Why::Outside);
        }
        let pearson = rows.residual.clone();
        self.standardise(&state.phi, &mut rows);
        let mut found = Whitened {
            x: Vec::with_capacity(n * r),
            e: Vec::with_capacity(n),
            information: Array2::zeros((0, 0)),
            independent: Array2::zeros((0, 0)),
            raw_e: Vec::with_capacity(n),
            pearson,
        };
        let (mut gram, mut independent) = (vec![0.0; c * c], vec![0.0; c * c]);
        let (mut x, mut room) = (Vec::new(), Vec::new());
        for family in 0..self.families.count() {
            self.fill(family, &rows, &mut x);
            for row in x.chunks_exact(c) {
                found.raw_e.push(row[r]);
            }
            add_gram(&x, c, &mut independent);
            if !self
                .structure
                .whiten(&self.families, &state.working, family, &mut x, c, &mut room)
            {
                return Err(Why::NotDefinite(family));
            }
            for row in x.chunks_exact(c) {
                found.x.extend_from_slice(&row[..r]);
                found.e.push(row[r]);
            }
            add_gram(&x, c, &mut gram);
        }
        let square = |gram: &[f64]| Array2::from_shape_fn((r, r), |(a, b)| gram[a * c + b]);
        found.information = square(&gram);
        found.independent = square(&independent);
        Ok(found)
    }

    /// What went wrong, with the state that was reached.
    pub fn error(
        &self,
        stuck: Stuck,
        coefficients: Vec<(String, f64)>,
        correlations: &[Component],
    ) -> Error {
        let families = &self.families;
        let state = &stuck.state;
        let (why, hint) = match stuck.why {
            Why::Start => (
                "no mean that the family allows was found to start from".to_owned(),
                "look at the offset and the scale of the columns, or choose another link",
            ),
            Why::Wandering => (
                format!(
                    "the last step was {:.1e} standard errors long",
                    state.decrement.sqrt()
                ),
                "allow more iterations, choose a simpler working correlation, or leave columns out",
            ),
            Why::Outside => (
                "every step leads to means that the family does not allow".to_owned(),
                "choose the usual link of the family",
            ),
            Why::Singular => (
                "the columns cannot be told apart where the means have come to".to_owned(),
                "some coefficients run off without end: leave columns out or merge levels",
            ),
            Why::Perfect => (
                "the residuals are all zero, so that there is no scale".to_owned(),
                "look at the data, or fix the scale",
            ),
            Why::NotDefinite(family) => {
                let each: Vec<String> = correlations
                    .iter()
                    .map(|c| format!("{} {:.3}", c.label, c.value))
                    .collect();
                let waves = families.named_places(family);
                let waves = if waves.is_empty() {
                    format!("of a family of {} rows", families.range(family).len())
                } else {
                    format!("of the waves {waves}")
                };
                (
                    format!(
                        "the working correlation {waves} is not positive definite ({})",
                        each.join(", ")
                    ),
                    "choose a working correlation with fewer parameters, such as `exchangeable`; the robust \
                     errors hold whichever is chosen",
                )
            }
        };
        Error::NotConverged {
            method: NAME,
            iterations: state.iterations,
            why,
            coefficients,
            hint,
        }
    }
}

fn stuck(state: State, why: Why) -> Box<Stuck> {
    Box::new(Stuck { state, why })
}

/// The rows of a matrix, also where they have no entries.
fn chunks(x: &[f64], r: usize, n: usize) -> impl Iterator<Item = &[f64]> {
    (0..n).map(move |i| &x[i * r..(i + 1) * r])
}

/// Adds x x' of each row of c numbers.
fn add_gram(x: &[f64], c: usize, gram: &mut [f64]) {
    for row in x.chunks_exact(c) {
        for (&a, sums) in row.iter().zip(gram.chunks_exact_mut(c)) {
            for (sum, b) in sums.iter_mut().zip(row) {
                *sum += a * b;
            }
        }
    }
}

/// The lower triangle as the upper one.
fn mirrored(mut m: Array2<f64>) -> Array2<f64> {
    for a in 0..m.nrows() {
        for b in 0..a {
            m[[b, a]] = m[[a, b]];
        }
    }
    m
}
