//! Several grouping factors: a blocked Cholesky root.
//!
//! ```text
//! system     H = I + Λ'Z'ZΛ, factors ordered: a chain, each nested in all that follow it in the chain,
//!            then the others, the root
//! eliminate  chain level j: L L' = H_jj, tail T = H_tj L⁻ᵀ; its tail is one level of each later factor of
//!            the chain, the root's columns it meets, and [X̃ ỹ]; H_tt ← H_tt − T T'
//!            no block of the chain fills in, because nested levels meet one outer level each
//! root       dense: the others' effects in one matrix, then [X̃ ỹ]'V⁻¹[X̃ ỹ]
//! back       Û = H⁻¹Λ'Z'[X̃ ỹ];  H⁻¹ on the pattern of L, from the root back to the leaves (Takahashi)
//! with D_k = Λ⁻¹Λ_k and N = Σ_j (I − (H⁻¹)_jj − Û_jΩÛ_j') by factor:
//! slope      ∂d/∂θ_k = 2⟨D_k, N⟩,  S_k = Σ_j Û_j'(D_k + D_k')Û_j
//! curvature  average information: c_k'(I − H⁻¹)c_l/σ², c_k = (D_k + D_k')û, and 2⟨D_k, N D_l⟩
//! ```
//! Two crossed factors are a chain of one and a root of one; nested ones are a chain and no root.
//!
//! MixedModels.jl, `updateL!` (Bates D), for the idea; Takahashi K, Fagan J, Chin MS (1973), PICA
//! Conference Proceedings; Gilmour AR, Thompson R, Cullis BR (1995), Biometrics 51:1440–1450,
//! doi 10.2307/2533274.

use std::cmp::Ordering;

use super::data::Data;
use super::families::{Omega, packed, pair};
use crate::Error;
use crate::linalg;
use crate::random::{Factor, block};
use crate::resampling::over_pieces;

/// The root is dense: this many columns take half a gigabyte.
const WIDEST: usize = 8000;

/// The cross-products of several factors.
#[derive(Debug, Clone)]
pub(super) struct Blocked {
    c: usize,
    chain: Vec<Link>,
    /// The other factors, with their first column of the root.
    others: Vec<Other>,
    /// How many columns the root has.
    width: usize,
    /// Z'Z of the root, its lower triangle column by column.
    root: Vec<f64>,
    /// [X̃ ỹ]'Z of the root, c rows.
    root_b: Vec<f64>,
    /// [X̃ ỹ]'[X̃ ỹ], packed.
    total: Vec<f64>,
    /// Where each factor's Λ starts, and its q.
    places: Vec<FactorPlace>,
}

#[derive(Debug, Clone, Copy)]
struct FactorPlace {
    q: usize,
    lambda: usize,
    levels: usize,
}

#[derive(Debug, Clone, Copy)]
struct Other {
    factor: usize,
    q: usize,
    first: usize,
}

/// A factor of the chain.
#[derive(Debug, Clone)]
struct Link {
    factor: usize,
    q: usize,
    levels: usize,
    /// Z'Z of each level, q × q.
    a: Vec<f64>,
    /// [X̃ ỹ]'Z of each level, c × q.
    b: Vec<f64>,
    /// The level of each later factor of the chain, with Z_g'Z, q_g × q.
    up: Vec<Up>,
    /// The root's columns that each level meets, level after level, and Z_r'Z, one row of q a column.
    starts: Vec<usize>,
    columns: Vec<u32>,
    meets: Vec<f64>,
    /// For each later factor of the chain where these columns stand among those of its level.
    within: Vec<Vec<u32>>,
}

#[derive(Debug, Clone)]
struct Up {
    /// The place in the chain.
    link: usize,
    parent: Vec<u32>,
    a: Vec<f64>,
}

/// What evaluations write into.
#[derive(Debug, Clone)]
pub(super) struct BlockedWork {
    links: Vec<LinkWork>,
    root: Vec<f64>,
    root_b: Vec<f64>,
    root_inverse: Vec<f64>,
    /// Û of the root, c rows.
    root_u: Vec<f64>,
    /// N of each factor, and Σ (I − H⁻¹_jj), one after the other as Λ.
    n: Vec<f64>,
    pub traces: Vec<f64>,
    small: Vec<f64>,
    /// Λ, with leading numbers that are not zero, as last given to `slopes`.
    ready: bool,
}

#[derive(Debug, Clone)]
struct LinkWork {
    /// L of each level, q × q.
    l: Vec<f64>,
    /// T's rows for [X̃ ỹ], c × q.
    b: Vec<f64>,
    /// T's rows for each later factor of the chain.
    up: Vec<Vec<f64>>,
    /// T's rows for the root.
    meets: Vec<f64>,
    /// Û of each level, q × c.
    u: Vec<f64>,
    /// (H⁻¹)_jj, q × q.
    inverse: Vec<f64>,
    /// (H⁻¹)_tj for the later factors of the chain and for the root's columns.
    inverse_up: Vec<Vec<f64>>,
    inverse_meets: Vec<f64>,
    /// A vector of the level's effects, for a product with H⁻¹.
    x: Vec<f64>,
}

/// A level of a chain's factor with its rows of T.
struct Reduced<'a> {
    l: &'a mut [f64],
    rows: Vec<&'a mut [f64]>,
}

/// L and T of a chain's factor.
struct Eliminated<'a> {
    l: &'a [f64],
    up: &'a [Vec<f64>],
    meets: &'a [f64],
}

/// Where the inverse of a level goes.
struct Inverted<'a> {
    inverse: &'a mut [f64],
    meets: &'a mut [f64],
    up: Vec<&'a mut [f64]>,
}

/// So many levels are a piece of work for one thread.
const LEVELS: usize = 128;

impl Blocked {
    pub fn new(factors: &[Factor], data: &Data) -> Result<Self, Error> {
        let c = data.c();
        let mut lambda = 0;
        let places = factors
            .iter()
            .map(|factor| {
                let place = FactorPlace {
                    q: factor.q,
                    lambda,
                    levels: factor.levels(),
                };
                lambda += factor.q * factor.q;
                place
            })
            .collect();
        let mut members = vec![0];
        for next in 1..factors.len() {
            let fits = members
                .iter()
                .all(|&f: &usize| factors[f].is_nested_in(&factors[next]));
            if fits {
                members.push(next);
            }
        }
        let mut width = 0;
        let mut others = Vec::new();
        for (factor, of) in factors.iter().enumerate() {
            if !members.contains(&factor) {
                others.push(Other {
                    factor,
                    q: of.q,
                    first: width,
                });
                width += of.q * of.levels();
            }
        }
        if width > WIDEST {
            return Err(Error::Unsupported {
                what: format!(
                    "a linear mixed model with {width} random effects of crossed factors besides the largest (more \
                     than {WIDEST})"
                ),
                hint: "make the factors nested, or leave one of them out".to_owned(),
            });
        }
        let mut blocked = Self {
            c,
            chain: Vec::new(),
            others,
            width,
            root: vec![0.0; width * width],
            root_b: vec![0.0; width * c],
            total: vec![0.0; packed(c)],
            places,
        };
        blocked.sum_root(factors, data);
        for (link, &factor) in members.iter().enumerate() {
            let built = blocked.link(link, factor, &members, factors, data);
            blocked.chain.push(built);
        }
        for link in 0..blocked.chain.len() {
            let within = blocked.chain[link]
                .up
                .iter()
                .map(|up| blocked.places_within(&blocked.chain[link], up))
                .collect();
            blocked.chain[link].within = within;
        }
        Ok(blocked)
    }

    /// The cross-products of the root's factors and of [X̃ ỹ].
    fn sum_root(&mut self, factors: &[Factor], data: &Data) {
        let (c, width) = (self.c, self.width);
        for (row, x) in data.columns.chunks_exact(c).enumerate() {
            let mut place = 0;
            for i in 0..c {
                for (t, y) in self.total[place..=place + i].iter_mut().zip(&x[..=i]) {
                    *t += x[i] * y;
                }
                place += i + 1;
            }
            for one in &self.others {
                let own = &factors[one.factor];
                let z = &own.z[row * one.q..(row + 1) * one.q];
                let first = one.first + own.level[row] as usize * one.q;
                for (i, x) in x.iter().enumerate() {
                    for (j, z) in z.iter().enumerate() {
                        self.root_b[i * width + first + j] += x * z;
                    }
                }
                for other in &self.others {
                    let of = &factors[other.factor];
                    let below = other.first + of.level[row] as usize * other.q;
                    for (j, zj) in z.iter().enumerate() {
                        for i in 0..other.q {
                            if below + i >= first + j {
                                self.root[(first + j) * width + below + i] +=
                                    of.z[row * other.q + i] * zj;
                            }
                        }
                    }
                }
            }
        }
    }

    #[allow(
        clippy::cast_possible_truncation,
        reason = "columns are no more than rows, which are u32"
    )]
    fn link(
        &self,
        place: usize,
        factor: usize,
        members: &[usize],
        factors: &[Factor],
        data: &Data,
    ) -> Link {
        let c = self.c;
        let own = &factors[factor];
        let (q, levels) = (own.q, own.levels());
        let by_level = own.by_level();
        let mut link = Link {
            factor,
            q,
            levels,
            a: vec![0.0; levels * q * q],
            b: vec![0.0; levels * c * q],
            up: members[place + 1..]
                .iter()
                .enumerate()
                .map(|(k, &later)| Up {
                    link: place + 1 + k,
                    parent: vec![0; levels],
                    a: vec![0.0; levels * factors[later].q * q],
                })
                .collect(),
            starts: vec![0],
            columns: Vec::new(),
            meets: Vec::new(),
            within: Vec::new(),
        };
        let mut slot = vec![u32::MAX; self.width];
        let mut met: Vec<u32> = Vec::new();
        for level in 0..levels {
            let rows = &by_level.rows[by_level.starts[level]..by_level.starts[level + 1]];
            met.clear();
            for &row in rows {
                for other in &self.others {
                    let of = &factors[other.factor];
                    let first = other.first + of.level[row as usize] as usize * other.q;
                    if slot[first] == u32::MAX {
                        slot[first] = 0;
                        met.push(first as u32);
                    }
                }
            }
            met.sort_unstable();
            let start = link.columns.len();
            for &first in &met {
                let first = first as usize;
                let q_of = self
                    .others
                    .iter()
                    .rev()
                    .find(|other| other.first <= first)
                    .map_or(1, |o| o.q);
                for j in 0..q_of {
                    slot[first + j] = link.columns.len() as u32;
                    link.columns.push((first + j) as u32);
                }
            }
            link.meets.resize(link.columns.len() * q, 0.0);
            for &row in rows {
                let row = row as usize;
                let z = &own.z[row * q..(row + 1) * q];
                let x = &data.columns[row * c..(row + 1) * c];
                add_product(z, z, &mut link.a[level * q * q..(level + 1) * q * q]);
                add_product(x, z, &mut link.b[level * c * q..(level + 1) * c * q]);
                for up in &mut link.up {
                    let of = &factors[members[up.link]];
                    up.parent[level] = of.level[row];
                    let size = of.q * q;
                    let out = &mut up.a[level * size..(level + 1) * size];
                    add_product(&of.z[row * of.q..(row + 1) * of.q], z, out);
                }
                for other in &self.others {
                    let of = &factors[other.factor];
                    let first = other.first + of.level[row] as usize * other.q;
                    let at = slot[first] as usize * q;
                    let out = &mut link.meets[at..at + other.q * q];
                    add_product(&of.z[row * other.q..(row + 1) * other.q], z, out);
                }
            }
            for &column in &link.columns[start..] {
                slot[column as usize] = u32::MAX;
            }
            link.starts.push(link.columns.len());
        }
        link
    }

    /// Where each root column that a level meets stands among those of its parent.
    #[allow(
        clippy::cast_possible_truncation,
        reason = "columns are no more than rows, which are u32"
    )]
    fn places_within(&self, link: &Link, up: &Up) -> Vec<u32> {
        let parent = &self.chain[up.link];
        let mut found = Vec::with_capacity(link.columns.len());
        for level in 0..link.levels {
            let above = up.parent[level] as usize;
            let known = &parent.columns[parent.starts[above]..parent.starts[above + 1]];
            for column in &link.columns[link.starts[level]..link.starts[level + 1]] {
                let place = known.binary_search(column).unwrap_or(0);
                found.push((parent.starts[above] + place) as u32);
            }
        }
        found
    }

    pub fn work(&self) -> BlockedWork {
        let c = self.c;
        let links = self.chain.iter().map(|link| {
            let up = || link.up.iter().map(|up| vec![0.0; up.a.len()]).collect();
            LinkWork {
                l: vec![0.0; link.a.len()],
                b: vec![0.0; link.b.len()],
                up: up(),
                meets: vec![0.0; link.meets.len()],
                u: vec![0.0; link.b.len()],
                inverse: vec![0.0; link.a.len()],
                inverse_up: up(),
                inverse_meets: vec![0.0; link.meets.len()],
                x: vec![0.0; link.levels * link.q],
            }
        });
        let squares = self.places.iter().map(|p| p.q * p.q).sum();
        let q = self.places.iter().map(|p| p.q).max().unwrap_or(0);
        let longest = self
            .chain
            .iter()
            .flat_map(|link| link.starts.windows(2).map(|two| two[1] - two[0]))
            .max()
            .unwrap_or(0);
        BlockedWork {
            links: links.collect(),
            root: vec![0.0; self.root.len()],
            root_b: vec![0.0; self.root_b.len()],
            root_inverse: Vec::new(),
            root_u: vec![0.0; self.root_b.len()],
            n: vec![0.0; squares],
            traces: vec![0.0; squares],
            small: vec![0.0; 6 * q * q + 2 * q * c + longest * q],
            ready: false,
        }
    }

    fn lambda<'a>(&self, lambda: &'a [f64], factor: usize) -> &'a [f64] {
        let place = self.places[factor];
        &lambda[place.lambda..place.lambda + place.q * place.q]
    }

    /// ln |V| at Λ, with [X̃ ỹ]'V⁻¹[X̃ ỹ] in `out`, packed.
    pub fn evaluate(&self, lambda: &[f64], work: &mut BlockedWork, out: &mut [f64]) -> Option<f64> {
        work.ready = false;
        out.copy_from_slice(&self.total);
        self.scale(lambda, work);
        let mut ln = 0.0;
        for link in 0..self.chain.len() {
            ln += self.eliminate(link, work, out)?;
        }
        let (c, width) = (self.c, self.width);
        ln += linalg::cholesky_in_place(width, &mut work.root)?;
        // L x = b for all c right-hand sides, column of L after column.
        for j in 0..width {
            let column = &work.root[j * width + j..(j + 1) * width];
            for i in 0..c {
                let b = &mut work.root_b[i * width + j..(i + 1) * width];
                let x = b[0] / column[0];
                b[0] = x;
                for (b, l) in b[1..].iter_mut().zip(&column[1..]) {
                    *b -= x * l;
                }
            }
        }
        for i in 0..c {
            for j in 0..=i {
                let (a, b) = (
                    &work.root_b[i * width..(i + 1) * width],
                    &work.root_b[j * width..(j + 1) * width],
                );
                out[pair(j, i)] -= linalg::dot(a, b);
            }
        }
        Some(ln)
    }

    /// Writes Λ'Z'ZΛ + I and [X̃ ỹ]'ZΛ.
    fn scale(&self, lambda: &[f64], work: &mut BlockedWork) {
        let (c, width) = (self.c, self.width);
        for (link, out) in self.chain.iter().zip(&mut work.links) {
            let q = link.q;
            let own = self.lambda(lambda, link.factor);
            let scratch = &mut work.small[..q * q];
            for (a, l) in link
                .a
                .chunks_exact(q * q)
                .zip(out.l.chunks_exact_mut(q * q))
            {
                block::multiply(q, q, q, a, own, scratch);
                block::transposed(q, q, q, own, scratch, l);
                for i in 0..q {
                    l[i * q + i] += 1.0;
                }
            }
            for (b, out) in link
                .b
                .chunks_exact(c * q)
                .zip(out.b.chunks_exact_mut(c * q))
            {
                block::multiply(c, q, q, b, own, out);
            }
            for (up, out) in link.up.iter().zip(&mut out.up) {
                let later = &self.chain[up.link];
                let of = self.lambda(lambda, later.factor);
                let size = later.q * q;
                let scratch = &mut work.small[..size];
                for (a, out) in up.a.chunks_exact(size).zip(out.chunks_exact_mut(size)) {
                    block::multiply(later.q, q, q, a, own, scratch);
                    block::transposed(later.q, later.q, q, of, scratch, out);
                }
            }
            if q == 1 && self.others.iter().all(|other| other.q == 1) {
                let mut scale = vec![0.0; self.others.len()];
                for (scale, other) in scale.iter_mut().zip(&self.others) {
                    *scale = own[0] * self.lambda(lambda, other.factor)[0];
                }
                let ends: Vec<usize> = self
                    .others
                    .iter()
                    .skip(1)
                    .map(|o| o.first)
                    .chain([width])
                    .collect();
                for ((out, a), &column) in out.meets.iter_mut().zip(&link.meets).zip(&link.columns)
                {
                    let place = ends
                        .iter()
                        .position(|&end| (column as usize) < end)
                        .unwrap_or(0);
                    *out = a * scale[place];
                }
            } else {
                let mut at = 0;
                while at < link.columns.len() {
                    let column = link.columns[at] as usize;
                    let other = self.others.iter().rev().find(|other| other.first <= column);
                    let Some(other) = other else { break };
                    let size = other.q * q;
                    let scratch = &mut work.small[..size];
                    block::multiply(
                        other.q,
                        q,
                        q,
                        &link.meets[at * q..at * q + size],
                        own,
                        scratch,
                    );
                    let of = self.lambda(lambda, other.factor);
                    block::transposed(
                        other.q,
                        other.q,
                        q,
                        of,
                        scratch,
                        &mut out.meets[at * q..at * q + size],
                    );
                    at += other.q;
                }
            }
        }
        self.scale_root(lambda, work);
    }

    fn scale_root(&self, lambda: &[f64], work: &mut BlockedWork) {
        let (c, width) = (self.c, self.width);
        for one in &self.others {
            let own = self.lambda(lambda, one.factor);
            let end = one.first + one.q * self.places[one.factor].levels;
            for (k, column) in (one.first..end).enumerate() {
                let inner = k % one.q;
                let block_first = column - inner;
                for other in &self.others {
                    let of = self.lambda(lambda, other.factor);
                    let last = other.first + other.q * self.places[other.factor].levels;
                    if last <= column {
                        continue;
                    }
                    if one.q == 1 && other.q == 1 {
                        let scale = own[0] * of[0];
                        let from = column.max(other.first);
                        let range = column * width + from..column * width + last;
                        for (out, a) in work.root[range.clone()].iter_mut().zip(&self.root[range]) {
                            *out = scale * a;
                        }
                        continue;
                    }
                    for row in column.max(other.first)..last {
                        let second = (row - other.first) % other.q;
                        let row_first = row - second;
                        let mut x = 0.0;
                        for a in 0..other.q {
                            for b in 0..one.q {
                                let (i, j) = (row_first + a, block_first + b);
                                let z = self.root[i.min(j) * width + i.max(j)];
                                x += of[a * other.q + second] * z * own[b * one.q + inner];
                            }
                        }
                        work.root[column * width + row] = x;
                    }
                }
                work.root[column * width + column] += 1.0;
                for i in 0..c {
                    work.root_b[i * width + column] = (0..one.q)
                        .map(|b| self.root_b[i * width + block_first + b] * own[b * one.q + inner])
                        .sum();
                }
            }
        }
    }

    /// Takes the levels of a factor of the chain out of the system.
    fn eliminate(&self, place: usize, work: &mut BlockedWork, out: &mut [f64]) -> Option<f64> {
        let (c, width) = (self.c, self.width);
        let link = &self.chain[place];
        let q = link.q;
        let (done, later) = work.links.split_at_mut(place + 1);
        let own = &mut done[place];
        let ln = self.reduce(link, own)?;
        self.take_from_root(link, own, &mut work.root);
        for level in 0..link.levels {
            let rows = link.starts[level]..link.starts[level + 1];
            let tail = &own.meets[rows.start * q..rows.end * q];
            let b = &own.b[level * c * q..(level + 1) * c * q];
            let columns = &link.columns[rows.clone()];
            for i in 0..c {
                let x = &b[i * q..(i + 1) * q];
                for (&column, t) in columns.iter().zip(tail.chunks_exact(q)) {
                    work.root_b[i * width + column as usize] -= block::dot(x, t);
                }
                for j in 0..=i {
                    out[pair(j, i)] -= block::dot(x, &b[j * q..(j + 1) * q]);
                }
            }
            for (k, up) in link.up.iter().enumerate() {
                let of = &self.chain[up.link];
                let above = up.parent[level] as usize;
                let size = of.q * q;
                let t = &own.up[k][level * size..(level + 1) * size];
                let target = &mut later[up.link - place - 1];
                let diagonal = &mut target.l[above * of.q * of.q..(above + 1) * of.q * of.q];
                subtract_product(of.q, of.q, q, t, t, diagonal);
                let rest = &mut target.b[above * c * of.q..(above + 1) * c * of.q];
                subtract_product(c, of.q, q, b, t, rest);
                for (at, &place) in link.within[k][rows.clone()].iter().enumerate() {
                    let place = place as usize;
                    let row = &mut target.meets[place * of.q..(place + 1) * of.q];
                    subtract_product(1, of.q, q, &tail[at * q..(at + 1) * q], t, row);
                }
                for (second, further) in link.up.iter().enumerate().skip(k + 1) {
                    let last = &self.chain[further.link];
                    let t_last = &own.up[second][level * last.q * q..(level + 1) * last.q * q];
                    let of_size = last.q * of.q;
                    let between =
                        &mut target.up[second - k - 1][above * of_size..(above + 1) * of_size];
                    subtract_product(last.q, of.q, q, t_last, t, between);
                }
            }
        }
        Some(ln)
    }

    /// L of each level, and the rows of T; gives ln |H_jj| of all.
    fn reduce(&self, link: &Link, own: &mut LinkWork) -> Option<f64> {
        let (c, q) = (self.c, link.q);
        let LinkWork {
            l, b, up, meets, ..
        } = own;
        let mut meets = meets.as_mut_slice();
        let mut ups: Vec<_> = up
            .iter_mut()
            .zip(&link.up)
            .map(|(up, to)| up.chunks_exact_mut(self.chain[to.link].q * q))
            .collect();
        let mut levels: Vec<_> = l
            .chunks_exact_mut(q * q)
            .zip(b.chunks_exact_mut(c * q))
            .zip(link.starts.windows(2))
            .map(|((l, b), ends)| {
                let (tail, rest) = std::mem::take(&mut meets).split_at_mut((ends[1] - ends[0]) * q);
                meets = rest;
                let mut rows: Vec<&mut [f64]> = vec![tail, b];
                rows.extend(ups.iter_mut().filter_map(Iterator::next));
                Reduced { l, rows }
            })
            .collect();
        let parts = over_pieces(&mut levels, LEVELS, |_, levels| {
            let mut ln = 0.0;
            for Reduced { l, rows } in levels {
                ln += block::cholesky(q, l)?;
                for row in rows.iter_mut().flat_map(|rows| rows.chunks_exact_mut(q)) {
                    block::forward(q, l, row);
                }
            }
            Some(ln)
        });
        parts.into_iter().sum()
    }

    /// The root less T T' of all levels, some of its columns a thread.
    fn take_from_root(&self, link: &Link, own: &LinkWork, root: &mut [f64]) {
        const COLUMNS: usize = 128;
        let (q, width) = (link.q, self.width);
        if width == 0 {
            return;
        }
        over_pieces(root, COLUMNS * width, |piece, out| {
            let (low, high) = (piece * COLUMNS, piece * COLUMNS + out.len() / width);
            for ends in link.starts.windows(2) {
                let columns = &link.columns[ends[0]..ends[1]];
                let tail = &own.meets[ends[0] * q..ends[1] * q];
                let from = columns.partition_point(|&column| (column as usize) < low);
                for (at, &column) in columns.iter().enumerate().skip(from) {
                    let column = column as usize;
                    if column >= high {
                        break;
                    }
                    let out = &mut out[(column - low) * width..(column - low + 1) * width];
                    if q == 1 {
                        let x = tail[at];
                        for (&row, t) in columns[at..].iter().zip(&tail[at..]) {
                            out[row as usize] -= x * t;
                        }
                    } else {
                        let x = &tail[at * q..(at + 1) * q];
                        for (&row, t) in columns[at..].iter().zip(tail[at * q..].chunks_exact(q)) {
                            out[row as usize] -= block::dot(x, t);
                        }
                    }
                }
            }
        });
    }

    /// Û = H⁻¹Λ'Z'[X̃ ỹ].
    fn solve_back(&self, work: &mut BlockedWork) {
        let (c, width) = (self.c, self.width);
        work.root_u.copy_from_slice(&work.root_b);
        for j in (0..width).rev() {
            let column = &work.root[j * width + j..(j + 1) * width];
            for i in 0..c {
                let u = &mut work.root_u[i * width + j..(i + 1) * width];
                let known = linalg::dot(&column[1..], &u[1..]);
                u[0] = (u[0] - known) / column[0];
            }
        }
        for place in (0..self.chain.len()).rev() {
            let link = &self.chain[place];
            let q = link.q;
            let (before, later) = work.links.split_at_mut(place + 1);
            let own = &mut before[place];
            let x = &mut work.small[..q];
            for level in 0..link.levels {
                let l = &own.l[level * q * q..(level + 1) * q * q];
                let rows = link.starts[level]..link.starts[level + 1];
                for i in 0..c {
                    x.copy_from_slice(&own.b[(level * c + i) * q..(level * c + i + 1) * q]);
                    let u = &work.root_u[i * width..(i + 1) * width];
                    for (&column, t) in link.columns[rows.clone()]
                        .iter()
                        .zip(own.meets[rows.start * q..].chunks_exact(q))
                    {
                        let known = u[column as usize];
                        x.iter_mut().zip(t).for_each(|(x, t)| *x -= known * t);
                    }
                    for (up, t) in link.up.iter().zip(&own.up) {
                        let of = &self.chain[up.link];
                        let above = up.parent[level] as usize;
                        let known =
                            &later[up.link - place - 1].u[above * of.q * c..(above + 1) * of.q * c];
                        let t = &t[level * of.q * q..(level + 1) * of.q * q];
                        for (row, t) in t.chunks_exact(q).enumerate() {
                            x.iter_mut()
                                .zip(t)
                                .for_each(|(x, t)| *x -= known[row * c + i] * t);
                        }
                    }
                    block::backward(q, l, x);
                    for (k, x) in x.iter().enumerate() {
                        own.u[(level * q + k) * c + i] = *x;
                    }
                }
            }
        }
    }

    /// H⁻¹ where L has entries, from the root back.
    fn invert(&self, work: &mut BlockedWork) {
        let width = self.width;
        work.root_inverse.resize(width * width, 0.0);
        if width > 0 {
            linalg::inverse_of_root(width, &work.root, &mut work.root_inverse);
        }
        // Both triangles, so that rows and columns can be gathered.
        for j in 0..width {
            for i in j + 1..width {
                work.root_inverse[i * width + j] = work.root_inverse[j * width + i];
            }
        }
        for place in (0..self.chain.len()).rev() {
            self.invert_link(place, work);
        }
    }

    fn invert_link(&self, place: usize, work: &mut BlockedWork) {
        let link = &self.chain[place];
        let q = link.q;
        let (before, later) = work.links.split_at_mut(place + 1);
        let later: &[LinkWork] = later;
        let root_inverse: &[f64] = &work.root_inverse;
        let LinkWork {
            l,
            up,
            meets,
            inverse,
            inverse_up,
            inverse_meets,
            ..
        } = &mut before[place];
        let (l, up, meets): (&[f64], &[Vec<f64>], &[f64]) = (l, up, meets);
        let mut rest = inverse_meets.as_mut_slice();
        let mut ups: Vec<_> = inverse_up
            .iter_mut()
            .zip(&link.up)
            .map(|(up, to)| up.chunks_exact_mut(self.chain[to.link].q * q))
            .collect();
        let mut levels: Vec<_> = inverse
            .chunks_exact_mut(q * q)
            .zip(link.starts.windows(2))
            .map(|(inverse, ends)| {
                let (meets, others) =
                    std::mem::take(&mut rest).split_at_mut((ends[1] - ends[0]) * q);
                rest = others;
                Inverted {
                    inverse,
                    meets,
                    up: ups.iter_mut().filter_map(Iterator::next).collect(),
                }
            })
            .collect();
        let longest = link.starts.windows(2).map(|ends| ends[1] - ends[0]).max();
        over_pieces(&mut levels, LEVELS, |piece, levels| {
            let mut inverse_l = vec![0.0; q * q];
            let mut known = vec![0.0; q * q];
            let mut g = vec![0.0; longest.unwrap_or(0) * q];
            for (level, to) in (piece * LEVELS..).zip(levels) {
                let own = Eliminated { l, up, meets };
                self.invert_level(
                    link,
                    place,
                    level,
                    &own,
                    later,
                    root_inverse,
                    to,
                    [&mut inverse_l, &mut known, &mut g],
                );
            }
        });
    }

    /// The same of one level.
    #[allow(
        clippy::too_many_arguments,
        reason = "it reads what is shared and fills its own"
    )]
    fn invert_level(
        &self,
        link: &Link,
        place: usize,
        level: usize,
        own: &Eliminated<'_>,
        later: &[LinkWork],
        root_inverse: &[f64],
        to: &mut Inverted<'_>,
        [inverse_l, known, g]: [&mut Vec<f64>; 3],
    ) {
        let (q, width) = (link.q, self.width);
        inverse_l.copy_from_slice(&own.l[level * q * q..(level + 1) * q * q]);
        block::invert_lower(q, inverse_l);
        let rows = link.starts[level]..link.starts[level + 1];
        let columns = &link.columns[rows.clone()];
        // G = T L⁻¹
        let g = &mut g[..columns.len() * q];
        for (g, t) in g
            .chunks_exact_mut(q)
            .zip(own.meets[rows.start * q..].chunks_exact(q))
        {
            times_lower(q, t, inverse_l, g);
        }
        let g_up = self.tails_up(link, level, own.up, inverse_l);
        // (H⁻¹)_tj = −(H⁻¹)_tt G
        let target = &mut *to.meets;
        if q == 1 && link.up.is_empty() {
            for (out, &row) in target.iter_mut().zip(columns) {
                let known = &root_inverse[row as usize * width..(row as usize + 1) * width];
                let sum: f64 = columns
                    .iter()
                    .zip(g.iter())
                    .map(|(&column, g)| known[column as usize] * g)
                    .sum();
                *out = -sum;
            }
        } else {
            for (at, &row) in columns.iter().enumerate() {
                let out = &mut target[at * q..(at + 1) * q];
                out.fill(0.0);
                let known = &root_inverse[row as usize * width..(row as usize + 1) * width];
                for (&column, g) in columns.iter().zip(g.chunks_exact(q)) {
                    let x = known[column as usize];
                    out.iter_mut().zip(g).for_each(|(o, g)| *o -= x * g);
                }
                for ((k, up), g) in link.up.iter().enumerate().zip(&g_up) {
                    let of = &self.chain[up.link];
                    let above = link.within[k][rows.start + at] as usize;
                    let known =
                        &later[up.link - place - 1].inverse_meets[above * of.q..(above + 1) * of.q];
                    for (x, g) in known.iter().zip(g.chunks_exact(q)) {
                        out.iter_mut().zip(g).for_each(|(o, g)| *o -= x * g);
                    }
                }
            }
        }
        for (k, up) in link.up.iter().enumerate() {
            let of = &self.chain[up.link];
            let above = up.parent[level] as usize;
            let out = &mut *to.up[k];
            out.fill(0.0);
            let theirs = &later[up.link - place - 1];
            for (at, g) in g.chunks_exact(q).enumerate() {
                let row = link.within[k][rows.start + at] as usize;
                let known = &theirs.inverse_meets[row * of.q..(row + 1) * of.q];
                for (out, x) in out.chunks_exact_mut(q).zip(known) {
                    out.iter_mut().zip(g).for_each(|(o, g)| *o -= x * g);
                }
            }
            for (second, (other, g)) in link.up.iter().zip(&g_up).enumerate() {
                let further = &self.chain[other.link];
                for (i, out) in out.chunks_exact_mut(q).enumerate() {
                    for (j, g) in g.chunks_exact(q).enumerate() {
                        let x = match second.cmp(&k) {
                            Ordering::Equal => theirs.inverse[(above * of.q + i) * of.q + j],
                            Ordering::Greater => {
                                let start = above * further.q * of.q;
                                theirs.inverse_up[second - k - 1][start + j * of.q + i]
                            }
                            Ordering::Less => {
                                let low = &later[other.link - place - 1];
                                let start = other.parent[level] as usize * of.q * further.q;
                                low.inverse_up[k - second - 1][start + i * further.q + j]
                            }
                        };
                        out.iter_mut().zip(g).for_each(|(o, g)| *o -= x * g);
                    }
                }
            }
        }
        // (H⁻¹)_jj = L⁻ᵀL⁻¹ − G'(H⁻¹)_tj
        lower_gram(q, inverse_l, known);
        for (g, t) in g.chunks_exact(q).zip(target.chunks_exact(q)) {
            subtract_outer(g, t, known);
        }
        for (t, g) in to.up.iter().zip(&g_up) {
            for (g, t) in g.chunks_exact(q).zip(t.chunks_exact(q)) {
                subtract_outer(g, t, known);
            }
        }
        to.inverse.copy_from_slice(known);
    }

    /// T L⁻¹ of the rows of T for the later factors of the chain.
    fn tails_up(
        &self,
        link: &Link,
        level: usize,
        up: &[Vec<f64>],
        inverse_l: &[f64],
    ) -> Vec<Vec<f64>> {
        let q = link.q;
        let of = |(up, t): (&Up, &Vec<f64>)| {
            let size = self.chain[up.link].q * q;
            let mut out = vec![0.0; size];
            let rows = t[level * size..(level + 1) * size].chunks_exact(q);
            for (g, t) in out.chunks_exact_mut(q).zip(rows) {
                times_lower(q, t, inverse_l, g);
            }
            out
        };
        link.up.iter().zip(up).map(of).collect()
    }

    /// Makes Û and H⁻¹ ready at the Λ last evaluated.
    fn prepare(&self, work: &mut BlockedWork) {
        if !work.ready {
            self.solve_back(work);
            self.invert(work);
            work.ready = true;
        }
    }

    /// The gradient, S_k, and the average information with the curvature of G.
    #[allow(
        clippy::too_many_arguments,
        reason = "it fills what the criterion keeps"
    )]
    pub fn slopes(
        &self,
        factors: &[Factor],
        lambda: &[f64],
        omega: &Omega<'_>,
        v: &[f64],
        kappa: f64,
        work: &mut BlockedWork,
        gradient: &mut [f64],
        s: &mut [Vec<f64>],
        hessian: &mut [f64],
    ) {
        self.prepare(work);
        self.sum_n(omega, work);
        let m = gradient.len();
        let mut first = 0;
        let (mut solved, mut whole) = (Vec::with_capacity(m), Vec::with_capacity(m));
        let mut owner = Vec::with_capacity(m);
        for (number, factor) in factors.iter().enumerate() {
            let place = self.places[number];
            let q = place.q;
            let inverse = self.inverse_of(lambda, number);
            let roots: Vec<Vec<f64>> = factor
                .basis
                .iter()
                .map(|basis| {
                    let mut d = vec![0.0; q * q];
                    block::multiply(q, q, q, &inverse, basis, &mut d);
                    d
                })
                .collect();
            let n = work.n[place.lambda..place.lambda + q * q].to_vec();
            for (k, d) in roots.iter().enumerate() {
                gradient[first + k] = 2.0 * block::inner(d, &n);
                let both = symmetrised(q, d);
                self.sum_s(number, &both, work, &mut s[first + k]);
                if hessian.is_empty() {
                    continue;
                }
                let along = self.along(number, &both, v, work);
                solved.push(self.forward(number, &along, work));
                whole.push(along);
                for (l, other) in roots[..=k].iter().enumerate() {
                    let mut nd = vec![0.0; q * q];
                    block::multiply(q, q, q, &n, other, &mut nd);
                    let h = 2.0 * block::inner(d, &nd);
                    hessian[(first + k) * m + first + l] = h;
                    hessian[(first + l) * m + first + k] = h;
                }
            }
            let done = first + roots.len();
            owner.resize(done, number);
            if !hessian.is_empty() {
                for k in first..done {
                    for l in 0..first {
                        hessian[k * m + l] = 0.0;
                        hessian[l * m + k] = 0.0;
                    }
                }
            }
            first = done;
        }
        if hessian.is_empty() {
            return;
        }
        for k in 0..m {
            for l in 0..=k {
                let same = owner[k] == owner[l];
                let all = if same {
                    linalg::dot(&whole[k], &whole[l])
                } else {
                    0.0
                };
                let h = kappa * (all - linalg::dot(&solved[k], &solved[l]));
                hessian[k * m + l] += h;
                if k != l {
                    hessian[l * m + k] += h;
                }
            }
        }
    }

    /// Λ⁻¹ E Λ⁻ᵀ
    pub fn around(&self, factor: usize, e: &[f64], lambda: &[f64]) -> Vec<f64> {
        let q = self.places[factor].q;
        let inverse = self.inverse_of(lambda, factor);
        let (mut left, mut both) = (vec![0.0; q * q], vec![0.0; q * q]);
        block::multiply(q, q, q, &inverse, e, &mut left);
        for i in 0..q {
            for j in 0..q {
                both[i * q + j] =
                    block::dot(&left[i * q..(i + 1) * q], &inverse[j * q..(j + 1) * q]);
            }
        }
        both
    }

    /// Λ⁻¹ of a factor, with leading numbers that are too small made larger.
    fn inverse_of(&self, lambda: &[f64], factor: usize) -> Vec<f64> {
        let q = self.places[factor].q;
        inverse(q, self.lambda(lambda, factor))
    }

    /// N and Σ (I − H⁻¹_jj) of each factor.
    fn sum_n(&self, omega: &Omega<'_>, work: &mut BlockedWork) {
        let c = self.c;
        work.n.fill(0.0);
        work.traces.fill(0.0);
        for (number, place) in self.places.iter().enumerate() {
            let q = place.q;
            let mut n = vec![0.0; q * q];
            let mut traces = vec![0.0; q * q];
            let (mut u, mut h, mut uo) = (vec![0.0; q * c], vec![0.0; q * q], vec![0.0; q * c]);
            for level in 0..place.levels {
                self.all_modes(number, level, work, &mut u);
                self.inverse_block(number, level, work, &mut h);
                block::multiply(q, c, c, &u, omega.full, &mut uo);
                for i in 0..q {
                    for j in 0..q {
                        let own = f64::from(u8::from(i == j)) - h[i * q + j];
                        traces[i * q + j] += own;
                        n[i * q + j] +=
                            own - block::dot(&uo[i * c..(i + 1) * c], &u[j * c..(j + 1) * c]);
                    }
                }
            }
            work.n[place.lambda..place.lambda + q * q].copy_from_slice(&n);
            work.traces[place.lambda..place.lambda + q * q].copy_from_slice(&traces);
        }
    }

    /// Σ_j Û_j' E Û_j, packed, for a symmetric E.
    pub fn sum_s(&self, factor: usize, e: &[f64], work: &BlockedWork, out: &mut [f64]) {
        let (c, place) = (self.c, self.places[factor]);
        let q = place.q;
        out.fill(0.0);
        let (mut u, mut eu) = (vec![0.0; q * c], vec![0.0; q * c]);
        for level in 0..place.levels {
            self.all_modes(factor, level, work, &mut u);
            block::multiply(q, q, c, e, &u, &mut eu);
            for k in 0..q {
                let mut at = 0;
                for i in 0..c {
                    let x = eu[k * c + i];
                    for (o, u) in out[at..=at + i].iter_mut().zip(&u[k * c..=k * c + i]) {
                        *o += x * u;
                    }
                    at += i + 1;
                }
            }
        }
    }

    /// Û of a level, q × c.
    pub fn all_modes(&self, factor: usize, level: usize, work: &BlockedWork, u: &mut [f64]) {
        let (c, width) = (self.c, self.width);
        let q = self.places[factor].q;
        if let Some(at) = self.chain.iter().position(|link| link.factor == factor) {
            u.copy_from_slice(&work.links[at].u[level * q * c..(level + 1) * q * c]);
            return;
        }
        if let Some(other) = self.others.iter().find(|other| other.factor == factor) {
            let first = other.first + level * q;
            for k in 0..q {
                for i in 0..c {
                    u[k * c + i] = work.root_u[i * width + first + k];
                }
            }
        }
    }

    /// û = Û v of a level.
    pub fn mode(&self, factor: usize, level: usize, v: &[f64], work: &BlockedWork, u: &mut [f64]) {
        let (c, width) = (self.c, self.width);
        let q = self.places[factor].q;
        if let Some(at) = self.chain.iter().position(|link| link.factor == factor) {
            for (k, u) in u.iter_mut().enumerate() {
                let start = (level * q + k) * c;
                *u = block::dot(&work.links[at].u[start..start + c], v);
            }
        } else if let Some(other) = self.others.iter().find(|other| other.factor == factor) {
            let first = other.first + level * q;
            for (k, u) in u.iter_mut().enumerate() {
                *u = (0..c)
                    .map(|i| work.root_u[i * width + first + k] * v[i])
                    .sum();
            }
        }
    }

    /// (H⁻¹)_jj of a level.
    pub fn inverse_block(&self, factor: usize, level: usize, work: &BlockedWork, h: &mut [f64]) {
        let q = self.places[factor].q;
        if let Some(at) = self.chain.iter().position(|link| link.factor == factor) {
            h.copy_from_slice(&work.links[at].inverse[level * q * q..(level + 1) * q * q]);
        } else if let Some(other) = self.others.iter().find(|other| other.factor == factor) {
            let first = other.first + level * q;
            for i in 0..q {
                for j in 0..q {
                    h[i * q + j] = work.root_inverse[(first + i) * self.width + first + j];
                }
            }
        }
    }

    /// (H⁻¹)_jl of a level of one factor and a level of another, or the same, that meet in a row: q × q of the
    /// other.
    pub fn inverse_pair(
        &self,
        (factor, level): (usize, usize),
        (other, of): (usize, usize),
        work: &BlockedWork,
        h: &mut [f64],
    ) {
        let link = |factor: usize| self.chain.iter().position(|link| link.factor == factor);
        let column = |factor: usize, level: usize| {
            let found = self.others.iter().find(|other| other.factor == factor);
            found.map_or(0, |other| other.first + level * other.q)
        };
        let (q, p) = (self.places[factor].q, self.places[other].q);
        if factor == other {
            return self.inverse_block(factor, level, work, h);
        }
        let mut fill = |entry: &dyn Fn(usize, usize) -> f64| {
            for i in 0..q {
                for j in 0..p {
                    h[i * p + j] = entry(i, j);
                }
            }
        };
        // Where the earlier one of the chain keeps what it has of the root's columns and of the later one.
        let tail = |at: usize, level: usize, first: usize| {
            let columns = &self.chain[at].columns
                [self.chain[at].starts[level]..self.chain[at].starts[level + 1]];
            let place = columns.partition_point(|&column| (column as usize) < first);
            self.chain[at].starts[level] + place
        };
        let up = |low: usize, high: usize| {
            let place = self.chain[low].up.iter().position(|up| up.link == high);
            place.map_or(&[][..], |place| {
                work.links[low].inverse_up[place].as_slice()
            })
        };
        match (link(factor), link(other)) {
            (None, None) => {
                let (first, second) = (column(factor, level), column(other, of));
                fill(&|i, j| work.root_inverse[(first + i) * self.width + second + j]);
            }
            (Some(low), None) => {
                let place = tail(low, level, column(other, of));
                fill(&|i, j| work.links[low].inverse_meets[(place + j) * q + i]);
            }
            (None, Some(low)) => {
                let place = tail(low, of, column(factor, level));
                fill(&|i, j| work.links[low].inverse_meets[(place + i) * p + j]);
            }
            (Some(low), Some(high)) if low < high => {
                let known = up(low, high);
                fill(&|i, j| known[level * p * q + j * q + i]);
            }
            (Some(high), Some(low)) => {
                let known = up(low, high);
                fill(&|i, j| known[of * p * q + i * p + j]);
            }
        }
    }

    /// Makes Û and H⁻¹ of the Λ last evaluated ready to be read.
    pub fn ready(&self, work: &mut BlockedWork) {
        self.prepare(work);
    }

    /// E û at each level of a factor.
    pub fn along(&self, factor: usize, e: &[f64], v: &[f64], work: &BlockedWork) -> Vec<f64> {
        let FactorPlace { q, levels, .. } = self.places[factor];
        let mut all = vec![0.0; q * levels];
        let mut u = vec![0.0; q];
        for (level, x) in all.chunks_exact_mut(q).enumerate() {
            self.mode(factor, level, v, work, &mut u);
            block::multiply(q, q, 1, e, &u, x);
        }
        all
    }

    /// L⁻¹c for a c that is zero outside of a factor's levels.
    pub fn forward(&self, factor: usize, values: &[f64], work: &mut BlockedWork) -> Vec<f64> {
        let width = self.width;
        let mut root = vec![0.0; width];
        for (link, own) in self.chain.iter().zip(&mut work.links) {
            if link.factor == factor {
                own.x.copy_from_slice(values);
            } else {
                own.x.fill(0.0);
            }
        }
        if let Some(other) = self.others.iter().find(|other| other.factor == factor) {
            root[other.first..other.first + values.len()].copy_from_slice(values);
        }
        for place in 0..self.chain.len() {
            let link = &self.chain[place];
            let q = link.q;
            let (before, later) = work.links.split_at_mut(place + 1);
            let own = &mut before[place];
            for level in 0..link.levels {
                let x = &mut own.x[level * q..(level + 1) * q];
                if x.iter().all(|&x| x == 0.0) {
                    continue;
                }
                block::forward(q, &own.l[level * q * q..(level + 1) * q * q], x);
                let rows = link.starts[level]..link.starts[level + 1];
                for (&column, t) in link.columns[rows.clone()]
                    .iter()
                    .zip(own.meets[rows.start * q..].chunks_exact(q))
                {
                    root[column as usize] -= block::dot(t, x);
                }
                for (up, t) in link.up.iter().zip(&own.up) {
                    let of = &self.chain[up.link];
                    let above = up.parent[level] as usize;
                    let t = &t[level * of.q * q..(level + 1) * of.q * q];
                    let target =
                        &mut later[up.link - place - 1].x[above * of.q..(above + 1) * of.q];
                    for (target, t) in target.iter_mut().zip(t.chunks_exact(q)) {
                        *target -= block::dot(t, x);
                    }
                }
            }
        }
        for j in 0..width {
            let column = &work.root[j * width + j..(j + 1) * width];
            let x = root[j] / column[0];
            root[j] = x;
            if x != 0.0 {
                for (r, l) in root[j + 1..].iter_mut().zip(&column[1..]) {
                    *r -= x * l;
                }
            }
        }
        let mut all: Vec<f64> = work
            .links
            .iter()
            .flat_map(|own| own.x.iter().copied())
            .collect();
        all.extend(root);
        all
    }
}

/// A + A'
fn symmetrised(q: usize, a: &[f64]) -> Vec<f64> {
    (0..q * q)
        .map(|ij| a[ij] + a[ij % q * q + ij / q])
        .collect()
}

/// The inverse of a small matrix by elimination with pivoting; a pivot next to nothing is made 1e-6, so
/// that a direction without variance keeps its place.
pub(super) fn inverse(q: usize, a: &[f64]) -> Vec<f64> {
    const FLOOR: f64 = 1e-6;
    let mut left = a.to_vec();
    let mut right = vec![0.0; q * q];
    right.iter_mut().step_by(q + 1).for_each(|x| *x = 1.0);
    for j in 0..q {
        let pivot = (j..q)
            .max_by(|&a, &b| left[a * q + j].abs().total_cmp(&left[b * q + j].abs()))
            .unwrap_or(j);
        // A triangle keeps its diagonal, unless there is nothing on it.
        let pivot = if left[j * q + j].abs() >= FLOOR {
            j
        } else {
            pivot
        };
        if pivot != j && left[pivot * q + j].abs() >= FLOOR && !is_lower(q, a) {
            for k in 0..q {
                left.swap(j * q + k, pivot * q + k);
                right.swap(j * q + k, pivot * q + k);
            }
        }
        let mut d = left[j * q + j];
        if d.abs() < FLOOR {
            d = if d < 0.0 { -FLOOR } else { FLOOR };
        }
        for k in 0..q {
            left[j * q + k] /= d;
            right[j * q + k] /= d;
        }
        left[j * q + j] = 1.0;
        for i in (0..q).filter(|&i| i != j) {
            let x = left[i * q + j];
            if x != 0.0 {
                for k in 0..q {
                    left[i * q + k] -= x * left[j * q + k];
                    right[i * q + k] -= x * right[j * q + k];
                }
            }
        }
    }
    right
}

fn is_lower(q: usize, a: &[f64]) -> bool {
    (0..q).all(|i| (i + 1..q).all(|j| a[i * q + j] == 0.0))
}

/// C += a b'
fn add_product(a: &[f64], b: &[f64], c: &mut [f64]) {
    for (a, c) in a.iter().zip(c.chunks_exact_mut(b.len())) {
        c.iter_mut().zip(b).for_each(|(c, b)| *c += a * b);
    }
}

/// C −= A B' of an m × k and an n × k block.
fn subtract_product(m: usize, n: usize, k: usize, a: &[f64], b: &[f64], c: &mut [f64]) {
    for i in 0..m {
        for j in 0..n {
            c[i * n + j] -= block::dot(&a[i * k..(i + 1) * k], &b[j * k..(j + 1) * k]);
        }
    }
}

/// C −= a b'
fn subtract_outer(a: &[f64], b: &[f64], c: &mut [f64]) {
    for (a, c) in a.iter().zip(c.chunks_exact_mut(b.len())) {
        c.iter_mut().zip(b).for_each(|(c, b)| *c -= a * b);
    }
}

/// t L of a row and a lower triangle.
fn times_lower(q: usize, t: &[f64], l: &[f64], out: &mut [f64]) {
    for j in 0..q {
        out[j] = (j..q).map(|i| t[i] * l[i * q + j]).sum();
    }
}

/// L'L of a lower triangle.
fn lower_gram(q: usize, l: &[f64], out: &mut [f64]) {
    for i in 0..q {
        for j in 0..q {
            out[i * q + j] = (i.max(j)..q).map(|k| l[k * q + i] * l[k * q + j]).sum();
        }
    }
}
