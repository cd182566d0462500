//! The marginal log-likelihood and its gradient, block by block.
//!
//! ```text
//! row       η_i = x_i'β + offset + a_i'u,  a_i = Λ'z_i, u ~ N(0, I)          (block of q effects)
//! mode      û maximises h(u) = Σ w_i ℓ_i(η_i) − ½ u'u:  g = Σ w_i ℓ'_i a_i − u = 0
//!           step δ = H⁻¹g, H = I − Σ w_i ℓ''_i a_i a_i', and the third order ½ H⁻¹ Σ w_i ℓ'''_i a_i (a_i'δ)²
//! Laplace   L = h(û) − ½ ln |H|
//! nodes     L = −½ ln |H| + ln Σ_k exp(ln W_k + h(u_k)),  u_k = û + S x_k,  S = L⁻ᵀ, H = L L'
//!
//! gradient  with shares π_k of the nodes, ∇_k = ∇h(u_k), A = Σ π_k ∇_k, C = Σ π_k x_k ∇_k' S, and C̃ the
//!           lower triangle of C with half its diagonal, made symmetric:
//!           K = H⁻¹ + 2 S C̃ S'           (Laplace: K = H⁻¹, A = 0)
//!           c_i = ½ w_i ℓ'''_i a_i'K a_i,   v = H⁻¹ (Σ c_i a_i + A)
//!   by η_i  Σ π_k w_i ℓ'_ik + c_i + w_i ℓ''_i a_i'v
//!   by τ_i  Σ π_k w_i ℓ_τ,ik + ½ w_i ℓ''_τ,i a_i'K a_i + w_i ℓ'_τ,i a_i'v      (ζ_i alike)
//!   by Λ    Σ_i z_i (Σ_k π_k w_i ℓ'_ik u_k + (c_i + w_i ℓ''_i a_i'v) û + w_i ℓ'_i v + w_i ℓ''_i K a_i)'
//! zeros     with random effects on ζ_i too (Laplace only) ℓ'' is 2 × 2, and a_i has two columns, (a, 0) and
//!           (0, c): see `gradient_of_both`
//! ```
//! So the gradient is exact, modes and nodes moving with the parameters, and costs little beside the mode: the
//! mode's own derivative is in v, that of ln |H| in the third derivatives, that of the nodes in K.
//!
//! Nothing is allocated in an evaluation. Blocks are taken in pieces that depend on the data alone, each with
//! its own workspace, and the pieces are added up in their order.

use super::data::{Block, Data};
use super::density::{Apart, Both, Row};
use super::quadrature::Node;
use crate::random::block::dot;
use crate::resampling::over_pieces;

/// What an evaluation is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Want {
    /// The value and the gradient.
    Gradient,
    /// Also the sum of the outer products of the blocks' gradients, which is close to the information.
    Information,
    /// Also the blocks' gradients one by one.
    Scores,
}

/// The marginal likelihood of a data set, ready to be evaluated.
#[derive(Debug)]
pub(super) struct Engine<'a> {
    pub data: &'a Data,
    nodes: &'a [Node],
    pieces: Vec<Piece>,
    /// Λ of each factor, one after the other.
    lambda: Vec<f64>,
    table: Vec<Apart>,
    /// The gradient of L by all parameters.
    pub gradient: Vec<f64>,
    /// Where it was asked for: Σ g_j g_j'.
    pub information: Vec<f64>,
    pub evaluations: usize,
    /// Every so many-th block alone is evaluated.
    pub step: usize,
}

/// Some blocks with what their evaluation needs.
#[derive(Debug)]
struct Piece {
    blocks: std::ops::Range<usize>,
    /// The modes of its blocks, kept from one evaluation to the next.
    u: Vec<f64>,
    first: usize,
    value: f64,
    gradient: Vec<f64>,
    information: Vec<f64>,
    /// The gradients of its blocks, one after the other, where they were asked for.
    scores: Vec<f64>,
    work: Work,
}

/// The workspace of one block.
#[derive(Debug, Default)]
struct Work {
    eta: Vec<f64>,
    zeta: Vec<f64>,
    tau: Vec<f64>,
    apart: Vec<Apart>,
    a: Vec<f64>,
    rows: Vec<Row>,
    /// In place of `rows` where random effects bear on the zeros.
    both: Vec<Both>,
    h: Vec<f64>,
    inverse: Vec<f64>,
    g: Vec<f64>,
    delta: Vec<f64>,
    third: Vec<f64>,
    trial: Vec<f64>,
    v: Vec<f64>,
    ka: Vec<f64>,
    /// The same of the effects on the zeros.
    kc: Vec<f64>,
    solve: Vec<f64>,
    /// Σ π_k w ℓ', ℓ_τ, ℓ_ζ of each row.
    slope: Vec<[f64; 3]>,
    /// Σ π_k w ℓ' u_k of each row, r numbers.
    drawn: Vec<f64>,
    at_node: Vec<[f64; 3]>,
    node_value: Vec<f64>,
    node_gradient: Vec<f64>,
    of_block: Vec<f64>,
    by_lambda: Vec<f64>,
}

/// h, g, H and the third derivative of a block of one effect; H also of the concave rows alone.
struct Sums {
    h: f64,
    g: f64,
    bend: f64,
    concave: f64,
    third: f64,
}

/// The parameters of one evaluation.
#[derive(Clone, Copy)]
struct At<'a> {
    data: &'a Data,
    nodes: &'a [Node],
    lambda: &'a [f64],
    table: &'a [Apart],
    mean: &'a [f64],
    /// The parameters of zeros and dispersion, or the thresholds.
    beside: &'a [f64],
    want: Want,
    step: usize,
}

/// Rows of a piece, about.
const ROWS: usize = 256;
/// From so many rows, each counted for its mode and once a node, threads pay: about a millisecond.
const IN_THREADS: usize = 15_000;
/// Up to so many effects of a block H⁻¹ is written out.
const SMALL: usize = 8;

/// The most steps to a mode.
const STEPS: usize = 100;
/// g'H⁻¹g at which the mode is found,
const FOUND: f64 = 1e-22;
/// at which rounding may stop the search,
const ROUNDED: f64 = 1e-12;
/// and below which Newton's step is taken as it is, because with large counts h is all rounding there.
const NEAR: f64 = 1e-6;

impl<'a> Engine<'a> {
    pub fn new(data: &'a Data, nodes: &'a [Node]) -> Self {
        let k: usize = data.sizes().iter().sum();
        let mut cut = Vec::new();
        let mut first = 0;
        for (number, block) in data.blocks.iter().enumerate() {
            if block.rows.end - data.blocks[first].rows.start >= ROWS {
                cut.push(first..number + 1);
                first = number + 1;
            }
        }
        if first < data.blocks.len() {
            cut.push(first..data.blocks.len());
        }
        let pieces = cut
            .into_iter()
            .map(|blocks| Piece::new(data, nodes.len(), k, blocks))
            .collect();
        let of_lambda = data.factors.iter().map(|factor| factor.q * factor.q).sum();
        Self {
            data,
            nodes,
            pieces,
            lambda: vec![0.0; of_lambda],
            table: vec![Apart::default(); data.distinct.len()],
            gradient: vec![0.0; k],
            information: vec![0.0; k * k],
            evaluations: 0,
            step: 1,
        }
    }

    /// L at these parameters; −∞ where it is not defined. The gradient is left in the engine.
    pub fn evaluate(&mut self, phi: &[f64], want: Want) -> f64 {
        self.evaluations += 1;
        let data = self.data;
        let [mean, zero, dispersion, _] = data.sizes();
        let (mean, rest) = phi.split_at(mean);
        let (beside, mut theta) = rest.split_at(zero + dispersion);
        let mut first = 0;
        for factor in &data.factors {
            let (own, others) = theta.split_at(factor.parameters());
            factor.root(own, &mut self.lambda[first..first + factor.q * factor.q]);
            first += factor.q * factor.q;
            theta = others;
        }
        if !self.table.is_empty() && data.has_one_shape() {
            let tau = beside[zero] * data.dispersion.values[0];
            table(data, tau, &mut self.table);
        }
        let at_once = self.at_once();
        let at = At {
            data,
            nodes: self.nodes,
            lambda: &self.lambda,
            table: if data.has_one_shape() {
                &self.table
            } else {
                &[]
            },
            mean,
            beside,
            want,
            step: self.step,
        };
        over_pieces(&mut self.pieces, at_once, |_, some| {
            for piece in some {
                piece.evaluate(&at);
            }
        });
        let mut value = 0.0;
        self.gradient.fill(0.0);
        self.information.fill(0.0);
        for piece in &self.pieces {
            value += piece.value;
            add(&mut self.gradient, &piece.gradient);
            if want == Want::Information {
                add(&mut self.information, &piece.information);
            }
        }
        if value.is_finite() && self.gradient.iter().all(|g| g.is_finite()) {
            value
        } else {
            f64::NEG_INFINITY
        }
    }

    /// The gradients of the blocks by all parameters, if the last evaluation was asked for them.
    pub fn scores(&self) -> Vec<f64> {
        self.pieces
            .iter()
            .flat_map(|piece| piece.scores.iter().copied())
            .collect()
    }

    /// û of all blocks, one after the other.
    pub fn modes(&self) -> Vec<f64> {
        self.pieces
            .iter()
            .flat_map(|piece| piece.u.iter().copied())
            .collect()
    }

    /// Sets û, from which the next evaluation starts.
    pub fn start_from(&mut self, modes: &[f64]) {
        for piece in &mut self.pieces {
            let n = piece.u.len();
            piece
                .u
                .copy_from_slice(&modes[piece.first..piece.first + n]);
        }
    }

    /// H⁻¹ of each block at these parameters, q × q: what is known of u − û.
    pub fn conditional(&mut self, phi: &[f64]) -> Inverses {
        self.evaluate(phi, Want::Gradient);
        let [mean, zero, dispersion, _] = self.data.sizes();
        let at = At {
            data: self.data,
            nodes: &[],
            lambda: &self.lambda,
            table: if self.data.has_one_shape() {
                &self.table
            } else {
                &[]
            },
            mean: &phi[..mean],
            beside: &phi[mean..mean + zero + dispersion],
            want: Want::Gradient,
            step: 1,
        };
        let at_once = self.at_once();
        let inverses = over_pieces(&mut self.pieces, at_once, |_, some| {
            let mut inverses = Vec::new();
            for piece in some {
                for block in &at.data.blocks[piece.blocks.clone()] {
                    let own = block.first - piece.first..block.first - piece.first + block.q;
                    piece.work.mode(&at, block, &mut piece.u[own]);
                    let first = inverses.len();
                    inverses.resize(first + block.q * block.q, 0.0);
                    // Symmetric: its columns are its rows.
                    for (j, unit) in inverses[first..].chunks_exact_mut(block.q).enumerate() {
                        unit[j] = 1.0;
                        solve(at.reach(block), &piece.work.h, unit);
                    }
                }
            }
            inverses
        });
        let ends = self.data.blocks.iter().scan(0, |end, block| {
            *end += block.q * block.q;
            Some(*end)
        });
        Inverses {
            ends: ends.collect(),
            values: inverses.concat(),
        }
    }

    /// How many pieces are given to a thread at once: all of them where threads do not pay.
    fn at_once(&self) -> usize {
        let work = self.data.seen.len() * (self.nodes.len() + 2) / self.step;
        if work >= IN_THREADS {
            1
        } else {
            self.pieces.len()
        }
    }
}

/// A matrix for each block.
pub(super) struct Inverses {
    values: Vec<f64>,
    ends: Vec<usize>,
}

impl Inverses {
    /// That of a block, row by row.
    pub fn of(&self, block: usize) -> &[f64] {
        let start = block.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.values[start..self.ends[block]]
    }
}

/// What NB2 needs of every distinct count for one shape, each continuing the one before it.
fn table(data: &Data, tau: f64, table: &mut [Apart]) {
    let k = tau.exp();
    let mut sums = crate::dist::rising::Rising::default();
    let mut from = 0.0;
    for (seen, apart) in data.distinct.iter().zip(table) {
        sums = sums.up_to(from, seen.y, k);
        from = seen.y;
        *apart = Apart {
            value: sums.ln + seen.constant,
            slope: sums.a,
            scale: k,
            ..Apart::default()
        };
    }
}

fn add(to: &mut [f64], what: &[f64]) {
    for (to, what) in to.iter_mut().zip(what) {
        *to += what;
    }
}

impl Piece {
    fn new(data: &Data, nodes: usize, k: usize, blocks: std::ops::Range<usize>) -> Self {
        let own = &data.blocks[blocks.clone()];
        let n = own.iter().map(|block| block.rows.len()).max().unwrap_or(0);
        let q = own.iter().map(|block| block.q).max().unwrap_or(0);
        let all = own.iter().map(|block| block.q).sum();
        let r = data.r;
        let nodes = if nodes > 1 { nodes } else { 0 };
        let both = if data.has_effects_on_zeros() { n } else { 0 };
        Self {
            first: own.first().map_or(0, |block| block.first),
            u: vec![0.0; all],
            value: 0.0,
            gradient: vec![0.0; k],
            information: vec![0.0; k * k],
            scores: Vec::new(),
            work: Work {
                eta: vec![0.0; n],
                zeta: vec![0.0; n],
                tau: vec![0.0; n],
                apart: vec![Apart::default(); n],
                a: vec![0.0; n * r],
                rows: vec![Row::default(); n - both],
                both: vec![Both::default(); both],
                h: vec![0.0; q * q],
                inverse: vec![0.0; q.min(SMALL) * q.min(SMALL)],
                g: vec![0.0; q],
                delta: vec![0.0; q],
                third: vec![0.0; q],
                trial: vec![0.0; q],
                v: vec![0.0; q],
                ka: vec![0.0; n * r],
                kc: vec![0.0; both * r],
                solve: vec![0.0; q],
                slope: vec![[0.0; 3]; n],
                drawn: vec![0.0; n * r],
                at_node: vec![[0.0; 3]; nodes * n],
                node_value: vec![0.0; nodes],
                node_gradient: vec![0.0; nodes * q],
                of_block: vec![0.0; k],
                by_lambda: vec![0.0; data.factors.iter().map(|f| f.q * f.q).sum()],
            },
            blocks,
        }
    }

    fn evaluate(&mut self, at: &At<'_>) {
        self.value = 0.0;
        self.gradient.fill(0.0);
        self.information.fill(0.0);
        self.scores.clear();
        let k = self.gradient.len();
        for number in self.blocks.clone() {
            if number % at.step != 0 {
                continue;
            }
            let block = &at.data.blocks[number];
            let own = block.first - self.first..block.first - self.first + block.q;
            let u = &mut self.u[own];
            let Some(value) = self.work.block(at, block, u) else {
                u.fill(0.0);
                self.value = f64::NEG_INFINITY;
                return;
            };
            self.value += value;
            let g = &self.work.of_block;
            add(&mut self.gradient, g);
            if at.want == Want::Scores {
                self.scores.extend_from_slice(g);
            }
            if at.want == Want::Information {
                for i in 0..k {
                    let row = &mut self.information[i * k..(i + 1) * k];
                    for (to, x) in row.iter_mut().zip(g) {
                        *to += g[i] * x;
                    }
                }
            }
        }
    }
}

impl At<'_> {
    fn places(&self, row: usize) -> &[u32] {
        let r = self.data.r;
        &self.data.place[row * r..(row + 1) * r]
    }

    fn reach(&self, block: &Block) -> &[u32] {
        &self.data.reach[block.first..block.first + block.q]
    }
}

impl Work {
    /// L of a block, its gradient in `of_block`; none where it is not defined.
    fn block(&mut self, at: &At<'_>, block: &Block, u: &mut [f64]) -> Option<f64> {
        let h = self.mode(at, block, u)?;
        let ln = ln_determinant(block.q, &self.h);
        let value = h - 0.5 * ln;
        if at.data.has_effects_on_zeros() {
            self.gradient_of_both(at, block, u);
            return Some(value);
        }
        if block.q <= SMALL {
            self.invert(at, block);
        }
        if at.nodes.len() > 1 {
            let value = self.quadrature(at, block, u, ln)?;
            self.gradient(at, block, u);
            return Some(value);
        }
        let r = at.data.r;
        let q = block.q;
        for (place, row) in block.rows.clone().enumerate() {
            let (w, found) = (at.data.weight(row), &self.rows[place]);
            self.slope[place] = [w * found.eta[0], w * found.tau[0], w * found.zeta[0]];
            let drawn = &mut self.drawn[place * r..(place + 1) * r];
            if q == r {
                for (drawn, u) in drawn.iter_mut().zip(u.iter()) {
                    *drawn = w * found.eta[0] * u;
                }
            } else {
                for (drawn, &s) in drawn.iter_mut().zip(at.places(row)) {
                    *drawn = w * found.eta[0] * u[s as usize];
                }
            }
        }
        self.v[..q].fill(0.0);
        self.gradient(at, block, u);
        Some(value)
    }

    /// The predictors without random effects, and a_i.
    fn prepare(&mut self, at: &At<'_>, block: &Block) {
        let data = at.data;
        let r = data.r;
        for (place, row) in block.rows.clone().enumerate() {
            self.eta[place] = data.mean.line(row, at.mean);
            [self.zeta[place], self.tau[place]] = data.beside(row, at.beside);
            let apart = if at.table.is_empty() {
                data.density.apart(&data.seen[row], self.tau[place])
            } else {
                at.table[data.of_distinct[row] as usize]
            };
            self.apart[place] = data.density.apart_of_zeros(apart, self.zeta[place]);
            let a = &mut self.a[place * r..(place + 1) * r];
            let z = &data.z[row * r..(row + 1) * r];
            if let ([a], [z], [lambda]) = (&mut *a, z, at.lambda) {
                *a = lambda * z;
                continue;
            }
            let (mut first, mut lambda) = (0, at.lambda);
            for factor in &data.factors {
                let q = factor.q;
                let (own, others) = lambda.split_at(q * q);
                for j in 0..q {
                    a[first + j] = (0..q).map(|i| own[i * q + j] * z[first + i]).sum();
                }
                first += q;
                lambda = others;
            }
        }
    }

    /// h(u), with the rows' derivatives there.
    fn at_mode(&mut self, at: &At<'_>, block: &Block, u: &[f64]) -> f64 {
        let (data, r) = (at.data, at.data.r);
        if data.has_effects_on_zeros() {
            return self.both_at_mode(at, block, u);
        }
        let mut h = -0.5 * dot(u, u);
        for (place, row) in block.rows.clone().enumerate() {
            let a = &self.a[place * r..(place + 1) * r];
            let eta = self.eta[place] + along(a, at, row, u);
            let found = data.density.row(
                &data.seen[row],
                self.apart[place],
                eta,
                self.zeta[place],
                self.tau[place],
            );
            h += data.weight(row) * found.value;
            self.rows[place] = found;
        }
        h
    }

    /// Brings u to the mode and gives h there, with the rows' derivatives and the root of H.
    fn mode(&mut self, at: &At<'_>, block: &Block, u: &mut [f64]) -> Option<f64> {
        let mut last = f64::INFINITY;
        let q = block.q;
        self.prepare(at, block);
        if let [only] = u
            && at.data.r == 1
            && !at.data.has_effects_on_zeros()
        {
            return self.mode_of_one(at, block, only);
        }
        let mut h = self.at_mode(at, block, u);
        if !h.is_finite() {
            u.fill(0.0);
            h = self.at_mode(at, block, u);
            if !h.is_finite() {
                return None;
            }
        }
        for _ in 0..STEPS {
            self.slopes(at, block, u);
            let concave = self.curvature(at, block, false);
            if !concave && !self.curvature(at, block, true) {
                return None;
            }
            let reach = at.reach(block);
            self.delta[..q].copy_from_slice(&self.g[..q]);
            solve(reach, &self.h, &mut self.delta[..q]);
            let decrement = dot(&self.g[..q], &self.delta[..q]);
            if !decrement.is_finite() {
                return None;
            }
            if decrement <= FOUND || (decrement <= ROUNDED && decrement >= 0.25 * last) {
                // A place that is flat or worse in some direction is no mode.
                return concave.then_some(h);
            }
            last = decrement;
            let bent = self.bend(at, block);
            let mut size = 1.0;
            let before = h;
            loop {
                for (i, u) in u.iter().enumerate() {
                    let bend = if bent && size == 1.0 {
                        self.third[i]
                    } else {
                        0.0
                    };
                    self.trial[i] = u + size * self.delta[i] + bend;
                }
                let trial = std::mem::take(&mut self.trial);
                let there = self.at_mode(at, block, &trial[..q]);
                self.trial = trial;
                let noise = 1e-13 * (1.0 + before.abs());
                if there.is_finite() && (there >= before - noise || (concave && decrement < NEAR)) {
                    u.copy_from_slice(&self.trial[..q]);
                    h = there;
                    break;
                }
                size *= 0.5;
                if size < 1e-10 {
                    // Nothing is gained that can be told from rounding.
                    h = self.at_mode(at, block, u);
                    return (decrement <= ROUNDED && self.curvature(at, block, false)).then_some(h);
                }
            }
        }
        None
    }

    /// The same for a block of one effect, with one pass over the rows a step.
    fn mode_of_one(&mut self, at: &At<'_>, block: &Block, u: &mut f64) -> Option<f64> {
        let mut here = self.sums(at, block, *u);
        if !here.h.is_finite() {
            *u = 0.0;
            here = self.sums(at, block, 0.0);
            if !here.h.is_finite() {
                return None;
            }
        }
        let mut last = f64::INFINITY;
        for _ in 0..STEPS {
            let concave = here.bend > 0.0;
            let bend = if concave { here.bend } else { here.concave };
            let delta = here.g / bend;
            let decrement = here.g * delta;
            if !decrement.is_finite() {
                return None;
            }
            if decrement <= FOUND || (decrement <= ROUNDED && decrement >= 0.25 * last) {
                self.h[0] = here.bend.sqrt();
                return concave.then_some(here.h);
            }
            last = decrement;
            let third = 0.5 * here.third * delta * delta / bend;
            let bent = third.abs() < 0.3 * delta.abs();
            let noise = 1e-13 * (1.0 + here.h.abs());
            let mut size = 1.0;
            loop {
                let step = size * delta + if bent && size == 1.0 { third } else { 0.0 };
                let there = self.sums(at, block, *u + step);
                let near = concave && decrement < NEAR;
                if there.h.is_finite() && (there.h >= here.h - noise || near) {
                    *u += step;
                    here = there;
                    break;
                }
                size *= 0.5;
                if size < 1e-10 {
                    here = self.sums(at, block, *u);
                    self.h[0] = here.bend.sqrt();
                    return (decrement <= ROUNDED && here.bend > 0.0).then_some(here.h);
                }
            }
        }
        None
    }

    /// h(u) of a block of one effect with its derivatives, and those of the rows.
    fn sums(&mut self, at: &At<'_>, block: &Block, u: f64) -> Sums {
        let data = at.data;
        let mut sums = Sums {
            h: -0.5 * u * u,
            g: -u,
            bend: 1.0,
            concave: 1.0,
            third: 0.0,
        };
        for (place, row) in block.rows.clone().enumerate() {
            let a = self.a[place];
            let found = data.density.row(
                &data.seen[row],
                self.apart[place],
                self.eta[place] + a * u,
                self.zeta[place],
                self.tau[place],
            );
            let w = data.weight(row);
            let bend = -w * found.eta[1] * a * a;
            sums.h += w * found.value;
            sums.g += w * found.eta[0] * a;
            sums.bend += bend;
            sums.concave += bend.max(0.0);
            sums.third += w * found.eta[2] * a * a * a;
            self.rows[place] = found;
        }
        sums
    }

    /// g = Σ w ℓ' a − u
    fn slopes(&mut self, at: &At<'_>, block: &Block, u: &[f64]) {
        let (q, r) = (block.q, at.data.r);
        for (g, u) in self.g[..q].iter_mut().zip(u) {
            *g = -u;
        }
        if at.data.has_effects_on_zeros() {
            self.both_slopes(at, block);
            return;
        }
        for (place, row) in block.rows.clone().enumerate() {
            let slope = at.data.weight(row) * self.rows[place].eta[0];
            let a = &self.a[place * r..(place + 1) * r];
            scatter(a, at, row, slope, &mut self.g[..q]);
        }
    }

    /// The root of H; rows that are not concave are left out where that is asked for.
    fn curvature(&mut self, at: &At<'_>, block: &Block, only_concave: bool) -> bool {
        let (q, r) = (block.q, at.data.r);
        let h = &mut self.h[..q * q];
        h.fill(0.0);
        h.iter_mut().step_by(q + 1).for_each(|h| *h = 1.0);
        if at.data.has_effects_on_zeros() {
            self.both_curvature(at, block, only_concave);
            return cholesky(at.reach(block), &mut self.h[..q * q]);
        }
        for (place, row) in block.rows.clone().enumerate() {
            let mut bend = -at.data.weight(row) * self.rows[place].eta[1];
            if only_concave && bend < 0.0 {
                bend = 0.0;
            }
            let a = &self.a[place * r..(place + 1) * r];
            if q == r {
                for i in 0..q {
                    let x = bend * a[i];
                    for (h, a) in h[i * q..=i * q + i].iter_mut().zip(a) {
                        *h += x * a;
                    }
                }
            } else {
                let places = at.places(row);
                for (&s, x) in places.iter().zip(a) {
                    for (&t, y) in places.iter().zip(a) {
                        if t <= s {
                            h[s as usize * q + t as usize] += bend * x * y;
                        }
                    }
                }
            }
        }
        cholesky(at.reach(block), h)
    }

    /// ½ H⁻¹ Σ w ℓ''' a (a'δ)², unless it is no longer small beside δ.
    fn bend(&mut self, at: &At<'_>, block: &Block) -> bool {
        let (q, r) = (block.q, at.data.r);
        self.third[..q].fill(0.0);
        if at.data.has_effects_on_zeros() {
            self.both_thirds(at, block);
        } else {
            for (place, row) in block.rows.clone().enumerate() {
                let a = &self.a[place * r..(place + 1) * r];
                let along = along(a, at, row, &self.delta[..q]);
                let size = 0.5 * at.data.weight(row) * self.rows[place].eta[2] * along * along;
                scatter(a, at, row, size, &mut self.third[..q]);
            }
        }
        solve(at.reach(block), &self.h, &mut self.third[..q]);
        let (third, delta) = (&self.third[..q], &self.delta[..q]);
        dot(third, third) < 0.1 * dot(delta, delta)
    }

    /// H⁻¹ of a small block.
    fn invert(&mut self, at: &At<'_>, block: &Block) {
        let q = block.q;
        if q == 1 {
            self.inverse[0] = 1.0 / (self.h[0] * self.h[0]);
            return;
        }
        for j in 0..q {
            let unit = &mut self.solve[..q];
            unit.fill(0.0);
            unit[j] = 1.0;
            solve(at.reach(block), &self.h, unit);
            for (i, x) in unit.iter().enumerate() {
                self.inverse[i * q + j] = *x;
            }
        }
    }

    /// L by nodes around the mode; A is left in `v`, K in `inverse`, and the rows' shares in `slope`, `drawn`.
    fn quadrature(&mut self, at: &At<'_>, block: &Block, u: &[f64], ln: f64) -> Option<f64> {
        let (data, q, r, n) = (at.data, block.q, at.data.r, block.rows.len());
        let mut highest = f64::NEG_INFINITY;
        for (k, node) in at.nodes.iter().enumerate() {
            // u_k = û + L⁻ᵀ x_k
            let moved = &mut self.trial[..q];
            moved.copy_from_slice(&node.x);
            backward(q, &self.h, moved);
            add(moved, u);
            let mut h = -0.5 * dot(moved, moved);
            let gradient = &mut self.node_gradient[k * q..(k + 1) * q];
            for (gradient, u) in gradient.iter_mut().zip(moved.iter()) {
                *gradient = -u;
            }
            for (place, row) in block.rows.clone().enumerate() {
                let a = &self.a[place * r..(place + 1) * r];
                let found = data.density.row(
                    &data.seen[row],
                    self.apart[place],
                    self.eta[place] + dot(a, moved),
                    self.zeta[place],
                    self.tau[place],
                );
                let w = data.weight(row);
                h += w * found.value;
                let slope = w * found.eta[0];
                for (gradient, a) in gradient.iter_mut().zip(a) {
                    *gradient += slope * a;
                }
                self.at_node[k * n + place] = [slope, w * found.tau[0], w * found.zeta[0]];
            }
            // A node where the mean is not possible has no share.
            let value = if h.is_nan() {
                f64::NEG_INFINITY
            } else {
                h + node.ln_weight
            };
            self.node_value[k] = value;
            highest = highest.max(value);
        }
        if !highest.is_finite() {
            return None;
        }
        let mut sum = 0.0;
        for value in &mut self.node_value {
            *value = (*value - highest).exp();
            sum += *value;
        }
        self.slope[..n].fill([0.0; 3]);
        self.drawn[..n * r].fill(0.0);
        self.v[..q].fill(0.0);
        let mut c = [0.0; SMALL * SMALL];
        for (k, node) in at.nodes.iter().enumerate() {
            let share = self.node_value[k] / sum;
            if share == 0.0 {
                continue;
            }
            let moved = &mut self.trial[..q];
            moved.copy_from_slice(&node.x);
            backward(q, &self.h, moved);
            add(moved, u);
            for place in 0..n {
                let found = self.at_node[k * n + place];
                for (sum, x) in self.slope[place].iter_mut().zip(found) {
                    *sum += share * x;
                }
                let drawn = &mut self.drawn[place * r..(place + 1) * r];
                for (drawn, u) in drawn.iter_mut().zip(moved.iter()) {
                    *drawn += share * found[0] * u;
                }
            }
            // C += π x (S'∇)', S'∇ = L⁻¹∇
            let gradient = &self.node_gradient[k * q..(k + 1) * q];
            let turned = &mut self.solve[..q];
            turned.copy_from_slice(gradient);
            forward(at.reach(block), &self.h, turned);
            for i in 0..q {
                self.v[i] += share * gradient[i];
                for j in 0..q {
                    c[i * q + j] += share * node.x[i] * turned[j];
                }
            }
        }
        self.widen(at, block, &c);
        Some(highest + sum.ln() - 0.5 * ln)
    }

    /// K = H⁻¹ + 2 S C̃ S' in place of H⁻¹.
    fn widen(&mut self, at: &At<'_>, block: &Block, c: &[f64]) {
        let q = block.q;
        // S' e_i = L⁻¹ e_i, one row of L⁻ᵀ each.
        let mut s = [0.0; SMALL * SMALL];
        for i in 0..q {
            let unit = &mut self.solve[..q];
            unit.fill(0.0);
            unit[i] = 1.0;
            forward(at.reach(block), &self.h, unit);
            for (j, x) in unit.iter().enumerate() {
                s[i * q + j] = *x;
            }
        }
        let half = |i: usize, j: usize| 0.5 * c[i.max(j) * q + i.min(j)];
        for i in 0..q {
            for j in 0..q {
                let mut sum = 0.0;
                for k in 0..q {
                    for l in 0..q {
                        sum += s[i * q + k] * half(k, l) * s[j * q + l];
                    }
                }
                self.inverse[i * q + j] += 2.0 * sum;
            }
        }
    }

    /// The same for a block of one effect.
    fn gradient_of_one(&mut self, at: &At<'_>, block: &Block, u: f64) {
        let data = at.data;
        let rows = block.rows.clone();
        let n = rows.len();
        let (k, h) = (self.inverse[0], self.h[0]);
        let (found, a) = (&self.rows[..n], &self.a[..n]);
        let mut sum = self.v[0];
        for ((number, found), a) in rows.clone().zip(found).zip(a) {
            sum += 0.5 * data.weight(number) * found.eta[2] * k * a * a * a;
        }
        let v = sum / (h * h);
        let [mean, zero, dispersion, _] = data.sizes();
        self.of_block.fill(0.0);
        let (by_mean, rest) = self.of_block.split_at_mut(mean);
        let (by_beside, by_theta) = rest.split_at_mut(zero + dispersion);
        let mut by_lambda = 0.0;
        for place in 0..n {
            let (row, at_row) = (rows.start + place, &found[place]);
            let (w, a) = (data.weight(row), a[place]);
            let (spread, moved) = (k * a * a, a * v);
            let bend = w * at_row.eta[1];
            let through = 0.5 * w * at_row.eta[2] * spread + bend * moved;
            let [slope, by_tau, by_zeta] = self.slope[place];
            data.mean.add_row(row, slope + through, by_mean);
            let indirect = |d: &[f64; 3]| w * (0.5 * d[2] * spread + d[1] * moved);
            if !by_beside.is_empty() {
                let slopes = [
                    by_zeta + indirect(&at_row.zeta),
                    by_tau + indirect(&at_row.tau),
                ];
                data.add_beside(row, slopes, by_beside);
            }
            by_lambda += data.z[row]
                * (self.drawn[place] + through * u + w * at_row.eta[0] * v + bend * k * a);
        }
        for (g, basis) in by_theta.iter_mut().zip(&data.factors[0].basis) {
            *g = by_lambda * basis[0];
        }
    }

    /// The gradient of a block, from K, A in `v` and the rows' shares.
    fn gradient(&mut self, at: &At<'_>, block: &Block, u: &[f64]) {
        if let [only] = u
            && at.data.r == 1
        {
            return self.gradient_of_one(at, block, *only);
        }
        let (data, q, r) = (at.data, block.q, at.data.r);
        let small = q <= SMALL;
        // K a_i, and v = H⁻¹ (Σ c a + A)
        for (place, row) in block.rows.clone().enumerate() {
            let a = &self.a[place * r..(place + 1) * r];
            let ka = &mut self.ka[place * r..(place + 1) * r];
            if small && q == r {
                for (i, ka) in ka.iter_mut().enumerate() {
                    *ka = dot(&self.inverse[i * q..(i + 1) * q], a);
                }
            } else {
                let all = &mut self.solve[..q];
                all.fill(0.0);
                scatter(a, at, row, 1.0, all);
                solve(at.reach(block), &self.h, all);
                for (ka, &s) in ka.iter_mut().zip(at.places(row)) {
                    *ka = all[s as usize];
                }
            }
            let size = 0.5 * data.weight(row) * self.rows[place].eta[2] * dot(a, ka);
            scatter(a, at, row, size, &mut self.v[..q]);
        }
        solve(at.reach(block), &self.h, &mut self.v[..q]);
        let [mean, zero, dispersion, _] = data.sizes();
        self.of_block.fill(0.0);
        self.by_lambda.fill(0.0);
        for (place, row) in block.rows.clone().enumerate() {
            let (w, found) = (data.weight(row), &self.rows[place]);
            let a = &self.a[place * r..(place + 1) * r];
            let ka = &self.ka[place * r..(place + 1) * r];
            let (spread, moved) = (dot(a, ka), along(a, at, row, &self.v[..q]));
            let bend = w * found.eta[1];
            let through = 0.5 * w * found.eta[2] * spread + bend * moved;
            let [slope, by_tau, by_zeta] = self.slope[place];
            data.mean
                .add_row(row, slope + through, &mut self.of_block[..mean]);
            let indirect = |d: &[f64; 3]| 0.5 * w * d[2] * spread + w * d[1] * moved;
            if zero + dispersion > 0 {
                let slopes = [
                    by_zeta + indirect(&found.zeta),
                    by_tau + indirect(&found.tau),
                ];
                let to = &mut self.of_block[mean..mean + zero + dispersion];
                data.add_beside(row, slopes, to);
            }
            let z = &data.z[row * r..(row + 1) * r];
            let drawn = &self.drawn[place * r..(place + 1) * r];
            let places = at.places(row);
            let (mut first, mut start) = (0, 0);
            for factor in &data.factors {
                for j in first..first + factor.q {
                    let s = places[j] as usize;
                    let size =
                        drawn[j] + through * u[s] + w * found.eta[0] * self.v[s] + bend * ka[j];
                    for i in 0..factor.q {
                        self.by_lambda[start + i * factor.q + j - first] += z[first + i] * size;
                    }
                }
                first += factor.q;
                start += factor.q * factor.q;
            }
        }
        self.by_theta(data, mean + zero + dispersion);
    }

    /// From the gradient by Λ to that by its parameters, which stand from `k` on.
    fn by_theta(&mut self, data: &Data, mut k: usize) {
        let mut start = 0;
        for factor in &data.factors {
            let own = &self.by_lambda[start..start + factor.q * factor.q];
            for basis in &factor.basis {
                self.of_block[k] = dot(own, basis);
                k += 1;
            }
            start += factor.q * factor.q;
        }
    }
}

/// Blocks with random effects on the zeros: a row has two predictors that vary, η by its first effects and ζ by
/// the others.
impl Work {
    /// a'u and c'u of a row.
    fn both_along(&self, at: &At<'_>, place: usize, row: usize, u: &[f64]) -> [f64; 2] {
        let (r, m) = (at.data.r, at.data.r_mean);
        let a = &self.a[place * r..(place + 1) * r];
        let mut sums = [0.0; 2];
        for (i, (a, &s)) in a.iter().zip(at.places(row)).enumerate() {
            sums[usize::from(i >= m)] += a * u[s as usize];
        }
        sums
    }

    /// h(u), with the rows' derivatives there.
    fn both_at_mode(&mut self, at: &At<'_>, block: &Block, u: &[f64]) -> f64 {
        let data = at.data;
        let mut h = -0.5 * dot(u, u);
        for (place, row) in block.rows.clone().enumerate() {
            let [eta, zeta] = self.both_along(at, place, row, u);
            let found = data.density.both(
                &data.seen[row],
                self.apart[place],
                self.eta[place] + eta,
                self.zeta[place] + zeta,
                self.tau[place],
            );
            h += data.weight(row) * found.row.value;
            self.both[place] = found;
        }
        h
    }

    /// Adds Σ w (ℓ_η a, ℓ_ζ c) to g.
    fn both_slopes(&mut self, at: &At<'_>, block: &Block) {
        let (r, m) = (at.data.r, at.data.r_mean);
        for (place, row) in block.rows.clone().enumerate() {
            let w = at.data.weight(row);
            let slopes = self.both[place].slopes();
            let a = &self.a[place * r..(place + 1) * r];
            for (i, (a, &s)) in a.iter().zip(at.places(row)).enumerate() {
                self.g[s as usize] += w * slopes[usize::from(i >= m)] * a;
            }
        }
    }

    /// Adds −Σ w (a, c) ℓ'' (a, c)' to H; where that must be concave the diagonal of ℓ'' as far as it is.
    fn both_curvature(&mut self, at: &At<'_>, block: &Block, only_concave: bool) {
        let (q, r, m) = (block.q, at.data.r, at.data.r_mean);
        for (place, row) in block.rows.clone().enumerate() {
            let w = at.data.weight(row);
            let mut bends = self.both[place].bends();
            if only_concave {
                bends = [[bends[0][0].min(0.0), 0.0], [0.0, bends[1][1].min(0.0)]];
            }
            let a = &self.a[place * r..(place + 1) * r];
            let places = at.places(row);
            for (i, (x, &s)) in a.iter().zip(places).enumerate() {
                for (j, (y, &t)) in a.iter().zip(places).enumerate() {
                    if t <= s {
                        let bend = bends[usize::from(i >= m)][usize::from(j >= m)];
                        self.h[s as usize * q + t as usize] -= w * bend * x * y;
                    }
                }
            }
        }
    }

    /// Adds half the slopes of Σ w ℓ''(δ, δ), which the step bends by.
    fn both_thirds(&mut self, at: &At<'_>, block: &Block) {
        let (q, r, m) = (block.q, at.data.r, at.data.r_mean);
        for (place, row) in block.rows.clone().enumerate() {
            let [x, y] = self.both_along(at, place, row, &self.delta[..q]);
            let [by_eta, by_zeta, _] = self.both[place].thirds([x * x, x * y, y * y]);
            let half = 0.5 * at.data.weight(row);
            let sizes = [half * by_eta, half * by_zeta];
            let a = &self.a[place * r..(place + 1) * r];
            for (i, (a, &s)) in a.iter().zip(at.places(row)).enumerate() {
                self.third[s as usize] += sizes[usize::from(i >= m)] * a;
            }
        }
    }

    /// The gradient of a block by Laplace's approximation, with K = H⁻¹ and s of a row a'Ka, a'Kc and c'Kc:
    ///
    /// ```text
    /// c_i     ½ w times the slopes by η, ζ and τ of s ∂²ℓ;  v = H⁻¹ Σ (c_η a, c_ζ c),  m = (a'v, c'v)
    /// by η    w ℓ_η + c_η + w (ℓ_ηη m_η + ℓ_ηζ m_ζ)                 by ζ and τ alike
    /// by Λ    z ((by η) û + w ℓ_η v + w (ℓ_ηη K a + ℓ_ηζ K c))'     by that of the zeros with ζ for η
    /// ```
    fn gradient_of_both(&mut self, at: &At<'_>, block: &Block, u: &[f64]) {
        let (data, q, r, m) = (at.data, block.q, at.data.r, at.data.r_mean);
        let reach = at.reach(block);
        self.v[..q].fill(0.0);
        for (place, row) in block.rows.clone().enumerate() {
            let own = place * r..(place + 1) * r;
            let (a, places) = (&self.a[own.clone()], at.places(row));
            let all = &mut self.solve[..q];
            for (to, part) in [(&mut self.ka, 0..m), (&mut self.kc, m..r)] {
                all.fill(0.0);
                for i in part {
                    all[places[i] as usize] += a[i];
                }
                solve(reach, &self.h, all);
                for (to, &s) in to[own.clone()].iter_mut().zip(places) {
                    *to = all[s as usize];
                }
            }
            let half = 0.5 * data.weight(row);
            let thirds = self.both[place].thirds(self.spread(&own, m));
            self.slope[place] = thirds.map(|third| half * third);
            for (i, (a, &s)) in self.a[own].iter().zip(places).enumerate() {
                self.v[s as usize] += self.slope[place][usize::from(i >= m)] * a;
            }
        }
        solve(reach, &self.h, &mut self.v[..q]);
        let [mean, zero, dispersion, _] = data.sizes();
        self.of_block.fill(0.0);
        self.by_lambda.fill(0.0);
        for (place, row) in block.rows.clone().enumerate() {
            let (w, found, c) = (data.weight(row), self.both[place], self.slope[place]);
            let moved = self.both_along(at, place, row, &self.v[..q]);
            let bends = found.bends().map(|row| row.map(|x| w * x));
            let slopes = found.slopes().map(|x| w * x);
            let follow = |bend: [f64; 2]| bend[0] * moved[0] + bend[1] * moved[1];
            let by = [0, 1].map(|i| slopes[i] + c[i] + follow(bends[i]));
            let by_tau = w * (found.row.tau[0] + follow(found.bends_by_tau())) + c[2];
            data.mean.add_row(row, by[0], &mut self.of_block[..mean]);
            let to = &mut self.of_block[mean..mean + zero + dispersion];
            data.add_beside(row, [by[1], by_tau], to);
            let own = place * r..(place + 1) * r;
            let z = &data.z[row * r..(row + 1) * r];
            let (ka, kc) = (&self.ka[own.clone()], &self.kc[own]);
            let places = at.places(row);
            let (mut first, mut start) = (0, 0);
            for factor in &data.factors {
                let part = usize::from(first >= m);
                for j in first..first + factor.q {
                    let s = places[j] as usize;
                    let size = by[part] * u[s]
                        + slopes[part] * self.v[s]
                        + bends[part][0] * ka[j]
                        + bends[part][1] * kc[j];
                    for i in 0..factor.q {
                        self.by_lambda[start + i * factor.q + j - first] += z[first + i] * size;
                    }
                }
                first += factor.q;
                start += factor.q * factor.q;
            }
        }
        self.by_theta(data, mean + zero + dispersion);
    }

    /// a'Ka, a'Kc and c'Kc of a row.
    fn spread(&self, own: &std::ops::Range<usize>, m: usize) -> [f64; 3] {
        let (a, c) = self.a[own.clone()].split_at(m);
        let (on_mean, on_zeros) = self.ka[own.clone()].split_at(m);
        let kc = &self.kc[own.clone()][m..];
        [dot(a, on_mean), dot(c, on_zeros), dot(c, kc)]
    }
}

/// a'u over the places of a row.
#[inline(always)]
#[allow(
    clippy::inline_always,
    reason = "one multiplication where a family has one effect"
)]
fn along(a: &[f64], at: &At<'_>, row: usize, u: &[f64]) -> f64 {
    if a.len() == u.len() {
        return dot(a, u);
    }
    a.iter()
        .zip(at.places(row))
        .map(|(a, &s)| a * u[s as usize])
        .sum()
}

/// Adds size · a at the places of a row.
#[inline(always)]
#[allow(clippy::inline_always, reason = "as `along`")]
fn scatter(a: &[f64], at: &At<'_>, row: usize, size: f64, to: &mut [f64]) {
    if a.len() == to.len() {
        for (to, a) in to.iter_mut().zip(a) {
            *to += size * a;
        }
        return;
    }
    for (a, &s) in a.iter().zip(at.places(row)) {
        to[s as usize] += size * a;
    }
}

/// The lower root of a matrix whose row i begins at `reach[i]`, in place; false if it is not positive definite.
fn cholesky(reach: &[u32], a: &mut [f64]) -> bool {
    let q = reach.len();
    for i in 0..q {
        let from = reach[i] as usize;
        for j in from..=i {
            let start = from.max(reach[j] as usize);
            let (above, row) = a.split_at_mut(i * q);
            let (own, other) = if j < i {
                (&row[start..j], &above[j * q + start..j * q + j])
            } else {
                (&row[start..j], &row[start..j])
            };
            let left = row[j] - dot(own, other);
            if j < i {
                row[j] = left / above[j * q + j];
            } else {
                if !(left > 0.0 && left < f64::MAX) {
                    return false;
                }
                row[j] = left.sqrt();
            }
        }
    }
    true
}

/// ln |L L'|
fn ln_determinant(q: usize, l: &[f64]) -> f64 {
    2.0 * (0..q).map(|i| l[i * q + i].ln()).sum::<f64>()
}

/// L x = b, in place.
#[inline]
fn forward(reach: &[u32], l: &[f64], b: &mut [f64]) {
    let q = reach.len();
    if q == 1 {
        b[0] /= l[0];
        return;
    }
    for i in 0..q {
        let from = reach[i] as usize;
        let row = &l[i * q..(i + 1) * q];
        b[i] = (b[i] - dot(&row[from..i], &b[from..i])) / row[i];
    }
}

/// L' x = b, in place.
#[inline]
fn backward(q: usize, l: &[f64], b: &mut [f64]) {
    if q == 1 {
        b[0] /= l[0];
        return;
    }
    for i in (0..q).rev() {
        let row = &l[i * q..(i + 1) * q];
        let x = b[i] / row[i];
        b[i] = x;
        if x != 0.0 {
            for (b, l) in b[..i].iter_mut().zip(row) {
                *b -= x * l;
            }
        }
    }
}

/// L L' x = b, in place.
#[inline]
fn solve(reach: &[u32], l: &[f64], b: &mut [f64]) {
    forward(reach, l, b);
    backward(reach.len(), l, b);
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    reason = "a test may stop at what it did not expect"
)]
mod tests {
    use kring_core::{
        Design, DesignParts, Grouping, Groups, Part, RandomStructure, RandomTerm, Response,
    };
    use ndarray::{Array1, Array2};

    use super::super::Glmm;
    use super::super::density::{Density, Zeros};
    use super::super::quadrature::nodes;
    use super::*;
    use crate::family::{Family, Link};

    /// Twelve rows of four families in two teams, with made-up numbers.
    #[allow(
        clippy::fn_params_excessive_bools,
        reason = "which of four things a design has"
    )]
    fn design(share: bool, slope: bool, team: bool, parts: bool) -> Design {
        let n = 12;
        let wave = |i: usize| (i % 3) as f64 - 0.8;
        let x = Array2::from_shape_fn((n, 2), |(i, j)| if j == 0 { 1.0 } else { wave(i) });
        let names = |n: usize| -> Vec<String> { (0..n).map(|i| i.to_string()).collect() };
        let two = || vec!["(Intercept)".to_owned(), "wave".to_owned()];
        let mut mean = Part::fixed(x.clone(), two());
        let term = |name: &str, levels: usize, of: &dyn Fn(usize) -> usize, z: Array2<f64>| {
            let index = (0..n).map(|i| u32::try_from(of(i)).unwrap()).collect();
            RandomTerm {
                grouping: Grouping::new(name, names(levels), index),
                columns: two()[..z.ncols()].to_vec(),
                z,
                structure: RandomStructure::Unstructured,
            }
        };
        let z = if slope {
            x.clone()
        } else {
            Array2::ones((n, 1))
        };
        mean.random = vec![term("family", 4, &|i| i / 3, z)];
        if team {
            mean.random
                .push(term("team", 2, &|i| i / 6, Array2::ones((n, 1))));
        }
        let y = Array1::from(vec![1., 2., 0., 4., 3., 5., 0., 0., 1., 2., 6., 3.]);
        let part = || Part::fixed(x.clone(), two());
        Design::new(DesignParts {
            response: if share {
                Response::Proportion {
                    trials: Array1::from_elem(n, 7.0),
                    successes: y,
                }
            } else {
                Response::Count(y)
            },
            response_name: "y".into(),
            mean,
            zero: parts.then(part),
            dispersion: None,
            groups: Groups::default(),
            time: None,
            weights: None,
            source_rows: (0..n).collect(),
            omitted: vec![],
        })
        .unwrap()
    }

    /// The exact gradient is the slope of the likelihood, whatever the model and however it is integrated.
    #[test]
    fn the_gradient_is_the_slope() {
        let each = [
            (Family::Poisson, Link::Log, Zeros::AsCounted),
            (Family::Poisson, Link::Log, Zeros::Inflated),
            (Family::NegativeBinomial2, Link::Log, Zeros::AsCounted),
            (Family::NegativeBinomial2, Link::Log, Zeros::Inflated),
            (Family::NegativeBinomial1, Link::Log, Zeros::Hurdle),
            (Family::Binomial, Link::Logit, Zeros::AsCounted),
            (Family::Binomial, Link::Probit, Zeros::AsCounted),
            (Family::BetaBinomial, Link::Cloglog, Zeros::AsCounted),
        ];
        for (family, link, zeros) in each {
            let density = Density {
                family,
                link,
                zeros,
            };
            let ways = [
                (false, false, 1, 0),
                (false, false, 5, 1),
                (true, false, 1, 0),
                (true, false, 4, 2),
                (true, true, 1, 0),
            ];
            for (slope, team, points, dimensions) in ways {
                let options = Glmm {
                    family,
                    ..Glmm::default()
                };
                let design = design(family.is_share(), slope, team, density.has_zero_part());
                let data = Data::new(&options, &design, density).unwrap();
                let k: usize = data.sizes().iter().sum();
                let phi = (0..k).map(|i| 0.4 - 0.3 * (i as f64 * 1.7).sin());
                let name = format!("{family:?} {zeros:?} {points} {team}");
                has_its_slope(&data, &nodes(points, dimensions), phi.collect(), &name);
            }
        }
    }

    fn has_its_slope(data: &Data, rule: &[Node], phi: Vec<f64>, name: &str) {
        let mut engine = Engine::new(data, rule);
        let value = engine.evaluate(&phi, Want::Gradient);
        assert!(value.is_finite(), "{name}");
        let gradient = engine.gradient.clone();
        for i in 0..phi.len() {
            let h = 1e-5;
            let mut moved = phi.clone();
            moved[i] += h;
            let up = engine.evaluate(&moved, Want::Gradient);
            moved[i] -= 2.0 * h;
            let down = engine.evaluate(&moved, Want::Gradient);
            let slope = (up - down) / (2.0 * h);
            assert!(
                (slope - gradient[i]).abs() < 2e-7 * (1.0 + slope.abs()),
                "{name}: parameter {i}: {slope} {}",
                gradient[i]
            );
        }
    }

    /// So it is with random effects on the zeros, of the same groups, of others, and there alone.
    #[test]
    fn the_gradient_is_the_slope_with_effects_on_the_zeros() {
        let each = [
            (Family::Poisson, Zeros::Inflated),
            (Family::NegativeBinomial2, Zeros::Inflated),
            (Family::NegativeBinomial1, Zeros::Hurdle),
        ];
        for (family, zeros) in each {
            let density = Density {
                family,
                link: Link::Log,
                zeros,
            };
            let options = Glmm {
                family,
                ..Glmm::default()
            };
            for way in 0..4 {
                let mut parts = design(false, way == 1, true, true).into_parts();
                let team = parts.mean.random.pop().unwrap();
                let family = parts.mean.random[0].clone();
                let zero = parts.zero.as_mut().unwrap();
                zero.random = match way {
                    2 => vec![team],
                    3 => vec![family, team],
                    _ => vec![family],
                };
                if way == 3 {
                    parts.mean.random.clear();
                }
                let design = Design::new(parts).unwrap();
                let data = Data::new(&options, &design, density).unwrap();
                assert!(data.has_effects_on_zeros());
                let k: usize = data.sizes().iter().sum();
                let phi = (0..k).map(|i| 0.4 - 0.3 * (i as f64 * 1.7).sin());
                let name = format!("{family:?} {zeros:?} {way}", family = density.family);
                has_its_slope(&data, &nodes(1, 0), phi.collect(), &name);
            }
        }
    }

    /// And of ordered levels, with the thresholds.
    #[test]
    fn the_gradient_is_the_slope_for_ordered_levels() {
        let options = Glmm {
            family: Family::Cumulative,
            ..Glmm::default()
        };
        for link in [Link::Logit, Link::Probit, Link::Cloglog] {
            let density = Density {
                family: Family::Cumulative,
                link,
                zeros: Zeros::AsCounted,
            };
            for (slope, team, points, dimensions) in [
                (false, false, 1, 0),
                (false, false, 5, 1),
                (true, false, 4, 2),
                (true, true, 1, 0),
            ] {
                let mut parts = design(false, slope, team, false).into_parts();
                parts.response = Response::Ordinal {
                    levels: ["a", "b", "c", "d"].map(str::to_owned).to_vec(),
                    codes: vec![0, 1, 2, 3, 3, 1, 0, 0, 2, 1, 2, 3],
                };
                let design = Design::new(parts).unwrap();
                let data = Data::new(&options, &design, density).unwrap();
                let [mean, zero, cuts, theta] = data.sizes();
                // The intercept is left to the thresholds.
                assert_eq!((mean, zero, cuts), (1, 0, 3));
                let mut phi = vec![0.3, -0.9, 0.1, 1.2];
                phi.extend((0..theta).map(|i| 0.6 - 0.2 * i as f64));
                let name = format!("{link:?} {points} {slope}");
                has_its_slope(&data, &nodes(points, dimensions), phi, &name);
            }
        }
    }

    /// More nodes come closer to the integral; two factors in one block are the product of two blocks where
    /// one of them has no variance.
    #[test]
    fn quadrature_converges_and_blocks_nest() {
        let density = Density {
            family: Family::Poisson,
            link: Link::Log,
            zeros: Zeros::AsCounted,
        };
        let options = Glmm::default();
        let single = design(false, true, false, false);
        let data = Data::new(&options, &single, density).unwrap();
        let at = |points: usize, phi: &[f64]| {
            let rule = nodes(points, if points > 1 { 2 } else { 0 });
            Engine::new(&data, &rule).evaluate(phi, Want::Gradient)
        };
        let phi = [0.5, 0.2, 0.7, 0.1, 0.4];
        let far = at(41, &phi);
        let away = |points: usize| (at(points, &phi) - far).abs();
        assert!(away(25) < 1e-6 && away(9) < 1e-3 && away(1) < 0.1);
        assert!(away(25) <= away(9) && away(9) < away(1));
        let nested = design(false, true, true, false);
        let both = Data::new(&options, &nested, density).unwrap();
        assert_eq!(both.blocks.len(), 2);
        let laplace = nodes(1, 0);
        let mut with_team = phi.to_vec();
        with_team.push(0.0);
        let nested = Engine::new(&both, &laplace).evaluate(&with_team, Want::Gradient);
        assert!((nested - at(1, &phi)).abs() < 1e-10);
    }
}
