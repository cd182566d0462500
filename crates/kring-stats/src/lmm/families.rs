//! One grouping factor: families, each with a q × q block of its own.
//!
//! ```text
//! once        A_i = Z̃_i'Z̃_i (q × q),  B_i = Z̃_i'[X̃ ỹ]_i (q × c),  [X̃ ỹ]'[X̃ ỹ] (c × c),  c = r + 1
//! criterion   H_i = I + Λ'A_iΛ,  M_i = Λ H_i⁻¹ Λ'
//!             ln |V| = Σ ln |H_i|,  [X̃ ỹ]'V⁻¹[X̃ ỹ] = [X̃ ỹ]'[X̃ ỹ] − Σ B_i'M_iB_i
//! derivatives U_i = I − A_iM_i,  K_i = Z'V⁻¹Z = U_iA_i,  F̂_i = Z'V⁻¹[X̃ ỹ] = U_iB_i,  Y_i = F̂_i Ω F̂_i'
//!             slope Σ (K_i − Y_i),  curvature along E and E'  Σ tr K_i E (2 Y_i − K_i) E'
//! ```
//! Families with the same A_i (the same waves) share M_i, U_i and K_i. Where many do, they enter by
//! T = Σ B_i ⊗ B_i alone: then an evaluation costs what a pattern of waves costs, not what a family does.
//! The rest stays as B_i. Symmetric c × c matrices are packed lower triangles.

use super::data::Data;
use crate::random::{Factor, block};
use crate::resampling::over_pieces;

/// The cross-products of all families.
#[derive(Debug, Clone)]
pub(super) struct Families {
    pub q: usize,
    pub c: usize,
    /// A of each class, q × q.
    a: Vec<f64>,
    /// How many families each class has.
    count: Vec<f64>,
    /// The class of each family.
    class: Vec<u32>,
    /// B of each family, q × c.
    b: Vec<f64>,
    /// The families of classes without T, class by class.
    singles: Vec<u32>,
    /// Where each class's singles start; as many as classes and one more.
    starts: Vec<usize>,
    /// T of the classes that have it: for each pair a ≤ b of effects a packed c × c matrix.
    tensors: Vec<f64>,
    /// Where each class's T starts.
    tensor: Vec<Option<usize>>,
    /// [X̃ ỹ]'[X̃ ỹ], packed.
    total: Vec<f64>,
}

/// What evaluations write into; made once.
#[derive(Debug, Clone)]
pub(super) struct Work {
    /// M of each class.
    m: Vec<f64>,
    scratch: Scratch,
    pub sums: Sums,
}

#[derive(Debug, Clone)]
struct Scratch {
    small: Vec<f64>,
    wide: Vec<f64>,
}

/// Sums over families for the derivatives.
#[derive(Debug, Clone)]
pub(super) struct Sums {
    /// Σ (K − Y)
    pub slope: Vec<f64>,
    /// Σ F̂_a ⊗ F̂_b for each pair a ≤ b of effects, packed.
    pub w: Vec<f64>,
    /// Σ K ⊗ (2 Y − K), q² × q².
    pub bend: Vec<f64>,
    /// Σ K
    pub k: Vec<f64>,
}

impl Sums {
    fn clear(&mut self) {
        for sums in [&mut self.slope, &mut self.w, &mut self.bend, &mut self.k] {
            sums.fill(0.0);
        }
    }

    fn add(&mut self, other: &Self) {
        add(&other.slope, &mut self.slope);
        add(&other.w, &mut self.w);
        add(&other.bend, &mut self.bend);
        add(&other.k, &mut self.k);
    }
}

/// What some of the classes take off.
struct Part {
    ln: f64,
    out: Vec<f64>,
}

/// A of some families, and [X̃ ỹ]'[X̃ ỹ] of their rows.
struct Products {
    squares: Vec<f64>,
    total: Vec<f64>,
}

/// So many classes, or families, are a piece of work for one thread.
const PIECE: usize = 2048;

fn add(a: &[f64], out: &mut [f64]) {
    for (o, a) in out.iter_mut().zip(a) {
        *o += a;
    }
}

/// The length of a packed lower triangle.
pub(super) fn packed(c: usize) -> usize {
    c * (c + 1) / 2
}

/// The place of a pair of effects.
pub(super) fn pair(a: usize, b: usize) -> usize {
    let (low, high) = (a.min(b), a.max(b));
    high * (high + 1) / 2 + low
}

impl Families {
    pub fn new(factor: &Factor, data: &Data) -> Self {
        Self::every(1, factor, data)
    }

    /// Every so many-th family alone, from which a search may start.
    pub fn every(step: usize, factor: &Factor, data: &Data) -> Self {
        let (q, c) = (factor.q, data.c());
        let families = factor.levels().div_ceil(step);
        let by_level = factor.by_level();
        let mut b = vec![0.0; families * q * c];
        // A and the sum of squares piece by piece, then the classes in the order of the families.
        let parts = over_pieces(&mut b, PIECE * q * c, |piece, b| {
            let mut squares = vec![0.0; b.len() / c * q];
            let mut total = vec![0.0; packed(c)];
            for (place, (b, a)) in b
                .chunks_exact_mut(q * c)
                .zip(squares.chunks_exact_mut(q * q))
                .enumerate()
            {
                let level = (piece * PIECE + place) * step;
                for &row in &by_level.rows[by_level.starts[level]..by_level.starts[level + 1]] {
                    let row = row as usize;
                    let z = &factor.z[row * q..(row + 1) * q];
                    let x = &data.columns[row * c..(row + 1) * c];
                    add_row(z, x, a, b, &mut total);
                }
            }
            Products { squares, total }
        });
        let mut total = vec![0.0; packed(c)];
        let mut classes = Classes::new(q, families);
        let mut class = Vec::with_capacity(families);
        for part in parts {
            add(&part.total, &mut total);
            class.extend(part.squares.chunks_exact(q * q).map(|a| classes.of(a)));
        }
        let mut found = Self {
            q,
            c,
            count: vec![0.0; classes.len()],
            a: classes.a,
            class,
            b,
            singles: Vec::new(),
            starts: Vec::new(),
            tensors: Vec::new(),
            tensor: Vec::new(),
            total,
        };
        found.gather();
        found
    }

    /// Sums the families of large classes into T and lists the others.
    fn gather(&mut self) {
        let (q, c) = (self.q, self.c);
        let pairs = q * (q + 1) / 2;
        for &class in &self.class {
            self.count[class as usize] += 1.0;
        }
        // A pattern costs about as much as this many families do.
        let many = 2.0 * pairs as f64;
        let mut next = 0;
        for &count in &self.count {
            let large = count > many;
            self.tensor.push(large.then_some(next));
            next += if large { pairs * packed(c) } else { 0 };
        }
        self.tensors = vec![0.0; next];
        self.starts = vec![0; self.count.len() + 1];
        for &class in &self.class {
            if self.tensor[class as usize].is_none() {
                self.starts[class as usize + 1] += 1;
            }
        }
        for j in 0..self.count.len() {
            self.starts[j + 1] += self.starts[j];
        }
        let mut place = self.starts.clone();
        self.singles = vec![0; self.starts[self.count.len()]];
        for (family, &class) in (0_u32..).zip(&self.class) {
            let class = class as usize;
            match self.tensor[class] {
                None => {
                    self.singles[place[class]] = family;
                    place[class] += 1;
                }
                Some(start) => {
                    let b = &self.b[family as usize * q * c..(family as usize + 1) * q * c];
                    let t = &mut self.tensors[start..start + pairs * packed(c)];
                    add_outer(q, c, b, t);
                }
            }
        }
    }

    /// How many families there are.
    pub fn levels(&self) -> usize {
        self.class.len()
    }

    /// How many families an evaluation goes through one by one.
    pub fn one_by_one(&self) -> usize {
        self.singles.len()
    }

    /// [X̃ ỹ]'[X̃ ỹ], packed.
    pub fn total(&self, out: &mut [f64]) {
        out.copy_from_slice(&self.total);
    }

    /// B of a family, q × c.
    pub fn products(&self, family: usize) -> &[f64] {
        let size = self.q * self.c;
        &self.b[family * size..(family + 1) * size]
    }

    /// The first entry of a family's A, which is all of it where q is one.
    pub fn square(&self, family: usize) -> f64 {
        self.a[self.class[family] as usize * self.q * self.q]
    }

    pub fn work(&self) -> Work {
        Work {
            m: vec![0.0; self.a.len()],
            scratch: self.scratch(),
            sums: self.sums(),
        }
    }

    fn scratch(&self) -> Scratch {
        let (q, c) = (self.q, self.c);
        Scratch {
            small: vec![0.0; 4 * q * q],
            wide: vec![0.0; 2 * q * c + q * (q + 1) / 2],
        }
    }

    fn sums(&self) -> Sums {
        let (q, c) = (self.q, self.c);
        Sums {
            slope: vec![0.0; q * q],
            w: vec![0.0; q * (q + 1) / 2 * packed(c)],
            bend: vec![0.0; q * q * q * q],
            k: vec![0.0; q * q],
        }
    }

    /// ln |V| at Λ, with [X̃ ỹ]'V⁻¹[X̃ ỹ] in `out`, packed; none where Λ is not finite.
    pub fn evaluate(&self, lambda: &[f64], work: &mut Work, out: &mut [f64]) -> Option<f64> {
        let qq = self.q * self.q;
        out.copy_from_slice(&self.total);
        if self.count.len() <= PIECE {
            return self.reduce(0, lambda, &mut work.m, &mut work.scratch, out);
        }
        let parts = over_pieces(&mut work.m, PIECE * qq, |piece, m| {
            let (mut scratch, mut out) = (self.scratch(), vec![0.0; packed(self.c)]);
            self.reduce(piece * PIECE, lambda, m, &mut scratch, &mut out)
                .map(|ln| Part { ln, out })
        });
        let mut ln = 0.0;
        for part in parts {
            let part = part?;
            ln += part.ln;
            add(&part.out, out);
        }
        Some(ln)
    }

    /// The classes from `first` on, of which `m` takes M.
    fn reduce(
        &self,
        first: usize,
        lambda: &[f64],
        m: &mut [f64],
        scratch: &mut Scratch,
        out: &mut [f64],
    ) -> Option<f64> {
        match self.q {
            1 => self.reduce_of(1, first, lambda, m, scratch, out),
            2 => self.reduce_of(2, first, lambda, m, scratch, out),
            3 => self.reduce_of(3, first, lambda, m, scratch, out),
            q => self.reduce_of(q, first, lambda, m, scratch, out),
        }
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "unrolled where q is known")]
    fn reduce_of(
        &self,
        q: usize,
        first: usize,
        lambda: &[f64],
        all: &mut [f64],
        scratch: &mut Scratch,
        out: &mut [f64],
    ) -> Option<f64> {
        let c = self.c;
        let qq = q * q;
        let mut ln = 0.0;
        let (h, rest) = scratch.small.split_at_mut(qq);
        let (al, rest) = rest.split_at_mut(qq);
        let (lt, _) = rest.split_at_mut(qq);
        // Λ', for M = (L⁻¹Λ')'(L⁻¹Λ').
        for i in 0..q {
            for j in 0..q {
                lt[i * q + j] = lambda[j * q + i];
            }
        }
        for (class, (a, m)) in (first..).zip(
            self.a[first * qq..]
                .chunks_exact(qq)
                .zip(all.chunks_exact_mut(qq)),
        ) {
            block::multiply(q, q, q, a, lambda, al);
            block::transposed(q, q, q, lambda, al, h);
            for i in 0..q {
                h[i * q + i] += 1.0;
            }
            ln += self.count[class] * block::cholesky(q, h)?;
            block::invert_lower(q, h);
            block::sandwich(q, q, h, lt, al, m);
            if let Some(start) = self.tensor[class] {
                let mut t = start;
                for b in 0..q {
                    for a in 0..=b {
                        let x = if a == b {
                            m[a * q + a]
                        } else {
                            2.0 * m[a * q + b]
                        };
                        let tensor = &self.tensors[t..t + packed(c)];
                        for (o, t) in out.iter_mut().zip(tensor) {
                            *o -= x * t;
                        }
                        t += packed(c);
                    }
                }
                continue;
            }
            for &family in &self.singles[self.starts[class]..self.starts[class + 1]] {
                let b = &self.b[family as usize * q * c..(family as usize + 1) * q * c];
                let mb = &mut scratch.wide[..q * c];
                block::multiply(q, q, c, m, b, mb);
                for a in 0..q {
                    let (b, mb) = (&b[a * c..(a + 1) * c], &mb[a * c..(a + 1) * c]);
                    let mut place = 0;
                    for i in 0..c {
                        let x = b[i];
                        for (o, y) in out[place..=place + i].iter_mut().zip(&mb[..=i]) {
                            *o -= x * y;
                        }
                        place += i + 1;
                    }
                }
            }
        }
        Some(ln)
    }

    /// Σ K, the slope, W and the bend at the Λ last evaluated. `omega` is Ω, full and packed.
    pub fn slopes(&self, omega: &Omega<'_>, work: &mut Work) {
        let qq = self.q * self.q;
        if self.count.len() <= PIECE {
            return self.derive(0, omega, &work.m, &mut work.scratch, &mut work.sums);
        }
        let parts = over_pieces(&mut work.m, PIECE * qq, |piece, m| {
            let (mut scratch, mut sums) = (self.scratch(), self.sums());
            self.derive(piece * PIECE, omega, m, &mut scratch, &mut sums);
            sums
        });
        work.sums.clear();
        for part in &parts {
            work.sums.add(part);
        }
    }

    /// What the classes from `first` on give, of which `m` holds M.
    fn derive(
        &self,
        first: usize,
        omega: &Omega<'_>,
        m: &[f64],
        scratch: &mut Scratch,
        sums: &mut Sums,
    ) {
        match self.q {
            1 => self.derive_of(1, first, omega, m, scratch, sums),
            2 => self.derive_of(2, first, omega, m, scratch, sums),
            3 => self.derive_of(3, first, omega, m, scratch, sums),
            q => self.derive_of(q, first, omega, m, scratch, sums),
        }
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "unrolled where q is known")]
    fn derive_of(
        &self,
        q: usize,
        first: usize,
        omega: &Omega<'_>,
        all: &[f64],
        scratch: &mut Scratch,
        sums: &mut Sums,
    ) {
        let c = self.c;
        let (qq, pc) = (q * q, packed(c));
        let pairs = q * (q + 1) / 2;
        sums.clear();
        let (u, rest) = scratch.small.split_at_mut(qq);
        let (k, rest) = rest.split_at_mut(qq);
        let (y, rest) = rest.split_at_mut(qq);
        let (yy, _) = rest.split_at_mut(qq);
        for (class, (a, m)) in (first..).zip(
            self.a[first * qq..]
                .chunks_exact(qq)
                .zip(all.chunks_exact(qq)),
        ) {
            let count = self.count[class];
            block::multiply(q, q, q, a, m, u);
            for i in 0..q {
                for j in 0..q {
                    u[i * q + j] = f64::from(u8::from(i == j)) - u[i * q + j];
                }
            }
            block::multiply(q, q, q, u, a, k);
            y.fill(0.0);
            if let Some(start) = self.tensor[class] {
                let tensor = &self.tensors[start..start + pairs * pc];
                // ⟨T, Ω⟩ between U and U'.
                let values = &mut scratch.wide[2 * q * c..];
                for (value, t) in values.iter_mut().zip(tensor.chunks_exact(pc)) {
                    *value = block::dot(t, omega.packed);
                }
                for i in 0..q {
                    for j in 0..q {
                        yy[i * q + j] = (0..q).map(|l| u[i * q + l] * values[pair(l, j)]).sum();
                    }
                }
                for i in 0..q {
                    for j in 0..q {
                        y[i * q + j] = (0..q).map(|l| yy[i * q + l] * u[j * q + l]).sum();
                    }
                }
                for bb in 0..q {
                    for aa in 0..=bb {
                        let w = &mut sums.w[pair(aa, bb) * pc..(pair(aa, bb) + 1) * pc];
                        for d in 0..q {
                            for e in 0..=d {
                                let mut x = u[aa * q + e] * u[bb * q + d];
                                if e != d {
                                    x += u[aa * q + d] * u[bb * q + e];
                                }
                                let t = &tensor[pair(e, d) * pc..(pair(e, d) + 1) * pc];
                                for (w, t) in w.iter_mut().zip(t) {
                                    *w += x * t;
                                }
                            }
                        }
                    }
                }
            } else {
                for &family in &self.singles[self.starts[class]..self.starts[class + 1]] {
                    let b = &self.b[family as usize * q * c..(family as usize + 1) * q * c];
                    let (f, rest) = scratch.wide.split_at_mut(q * c);
                    let fo = &mut rest[..q * c];
                    block::multiply(q, q, c, u, b, f);
                    add_outer(q, c, f, &mut sums.w);
                    block::multiply(q, c, c, f, omega.full, fo);
                    for i in 0..q {
                        for j in 0..q {
                            y[i * q + j] +=
                                block::dot(&fo[i * c..(i + 1) * c], &f[j * c..(j + 1) * c]);
                        }
                    }
                }
            }
            for i in 0..qq {
                sums.k[i] += count * k[i];
                sums.slope[i] += count * k[i] - y[i];
            }
            for i in 0..qq {
                let bend = &mut sums.bend[i * qq..(i + 1) * qq];
                for (j, bend) in bend.iter_mut().enumerate() {
                    *bend += k[i] * (2.0 * y[j] - count * k[j]);
                }
            }
        }
    }

    /// Σ tr K E K E' and Σ F̂'E K E' F̂ (packed, its symmetric part) for each pair of directions, as
    /// Kenward and Roger need them, at the Λ last evaluated.
    pub fn pairs(&self, directions: &[Vec<f64>], work: &Work) -> Vec<Pair> {
        let (q, c) = (self.q, self.c);
        let (qq, pc) = (q * q, packed(c));
        let d = directions.len();
        let mut pairs: Vec<Pair> = (0..d * (d + 1) / 2)
            .map(|_| Pair {
                trace: 0.0,
                q: vec![0.0; pc],
            })
            .collect();
        let (mut u, mut k) = (vec![0.0; qq], vec![0.0; qq]);
        let mut w = vec![0.0; q * (q + 1) / 2 * pc];
        let mut f = vec![0.0; q * c];
        let (mut ek, mut eke) = (vec![vec![0.0; qq]; d], vec![0.0; qq]);
        for (class, (a, m)) in self
            .a
            .chunks_exact(qq)
            .zip(work.m.chunks_exact(qq))
            .enumerate()
        {
            block::multiply(q, q, q, a, m, &mut u);
            for i in 0..q {
                for j in 0..q {
                    u[i * q + j] = f64::from(u8::from(i == j)) - u[i * q + j];
                }
            }
            block::multiply(q, q, q, &u, a, &mut k);
            w.fill(0.0);
            if let Some(start) = self.tensor[class] {
                for bb in 0..q {
                    for aa in 0..=bb {
                        let w = &mut w[pair(aa, bb) * pc..(pair(aa, bb) + 1) * pc];
                        for i in 0..q {
                            for j in 0..q {
                                let x = u[aa * q + i] * u[bb * q + j];
                                let t = start + pair(i, j) * pc;
                                for (w, t) in w.iter_mut().zip(&self.tensors[t..t + pc]) {
                                    *w += x * t;
                                }
                            }
                        }
                    }
                }
            } else {
                for &family in &self.singles[self.starts[class]..self.starts[class + 1]] {
                    let b = &self.b[family as usize * q * c..(family as usize + 1) * q * c];
                    block::multiply(q, q, c, &u, b, &mut f);
                    add_outer(q, c, &f, &mut w);
                }
            }
            for (e, ek) in directions.iter().zip(&mut ek) {
                block::multiply(q, q, q, e, &k, ek);
            }
            for i in 0..d {
                for j in 0..=i {
                    let found = &mut pairs[pair(i, j)];
                    for s in 0..q {
                        for t in 0..q {
                            found.trace += self.count[class] * ek[i][s * q + t] * ek[j][t * q + s];
                        }
                    }
                    block::multiply(q, q, q, &ek[i], &directions[j], &mut eke);
                    for s in 0..q {
                        for t in 0..q {
                            let w = &w[pair(s, t) * pc..(pair(s, t) + 1) * pc];
                            for (o, w) in found.q.iter_mut().zip(w) {
                                *o += eke[s * q + t] * w;
                            }
                        }
                    }
                }
            }
        }
        pairs
    }

    /// a'H⁻¹a of a family, and t less Û'a, by H⁻¹ at Λ, since M may have lost a direction.
    pub fn solve(&self, family: usize, lambda: &[f64], a: &[f64], t: &mut [f64]) -> f64 {
        let (q, c) = (self.q, self.c);
        let own = &self.a[self.class[family] as usize * q * q..][..q * q];
        let (mut al, mut h) = (vec![0.0; q * q], vec![0.0; q * q]);
        block::multiply(q, q, q, own, lambda, &mut al);
        block::transposed(q, q, q, lambda, &al, &mut h);
        for i in 0..q {
            h[i * q + i] += 1.0;
        }
        let mut x = a.to_vec();
        if block::cholesky(q, &mut h).is_some() {
            block::forward(q, &h, &mut x);
        }
        let spread = block::dot(&x, &x);
        block::backward(q, &h, &mut x);
        // Û'a = B'Λ H⁻¹a
        let mut turned = vec![0.0; q];
        block::multiply(q, q, 1, lambda, &x, &mut turned);
        for (x, b) in turned.iter().zip(self.products(family).chunks_exact(c)) {
            t.iter_mut().zip(b).for_each(|(t, b)| *t -= x * b);
        }
        spread
    }

    /// M of a family, at the Λ last evaluated.
    pub fn inverse<'w>(&self, family: usize, work: &'w Work) -> &'w [f64] {
        let (class, qq) = (self.class[family] as usize, self.q * self.q);
        &work.m[class * qq..(class + 1) * qq]
    }

    /// û of a family: M_i B_i (−γ, 1), on the scale of the search, and M_i, its variance over σ².
    pub fn modes(
        &self,
        family: usize,
        v: &[f64],
        work: &Work,
        mode: &mut [f64],
        variance: &mut [f64],
    ) {
        let (q, c) = (self.q, self.c);
        let class = self.class[family] as usize;
        let m = &work.m[class * q * q..(class + 1) * q * q];
        variance.copy_from_slice(m);
        let b = &self.b[family * q * c..(family + 1) * q * c];
        for (i, mode) in mode.iter_mut().enumerate() {
            *mode = (0..q)
                .map(|j| m[i * q + j] * block::dot(&b[j * c..(j + 1) * c], v))
                .sum();
        }
    }
}

/// Adds z z', z [x̃ ỹ] and, packed, [x̃ ỹ]'[x̃ ỹ] of a row.
fn add_row(z: &[f64], x: &[f64], a: &mut [f64], b: &mut [f64], total: &mut [f64]) {
    let (q, c) = (z.len(), x.len());
    for (i, zi) in z.iter().enumerate() {
        for (a, zj) in a[i * q..(i + 1) * q].iter_mut().zip(z) {
            *a += zi * zj;
        }
        for (b, x) in b[i * c..(i + 1) * c].iter_mut().zip(x) {
            *b += zi * x;
        }
    }
    let mut place = 0;
    for i in 0..c {
        for (t, y) in total[place..=place + i].iter_mut().zip(&x[..=i]) {
            *t += x[i] * y;
        }
        place += i + 1;
    }
}

/// tr K E K E' and F̂'E K E' F̂.
#[derive(Debug, Clone)]
pub(super) struct Pair {
    pub trace: f64,
    pub q: Vec<f64>,
}

/// Ω, once c × c and once packed with its off-diagonal entries doubled, for inner products.
#[derive(Debug)]
pub(super) struct Omega<'a> {
    pub full: &'a [f64],
    pub packed: &'a [f64],
}

/// Adds the symmetric part of b_a ⊗ b_b to the packed matrix of each pair a ≤ b.
#[inline(always)]
#[allow(clippy::inline_always, reason = "unrolled where q is known")]
fn add_outer(q: usize, c: usize, b: &[f64], out: &mut [f64]) {
    let pc = packed(c);
    for second in 0..q {
        let y = &b[second * c..(second + 1) * c];
        for first in 0..second {
            let x = &b[first * c..(first + 1) * c];
            let out = &mut out[pair(first, second) * pc..(pair(first, second) + 1) * pc];
            let mut place = 0;
            for i in 0..c {
                let (xi, yi) = (0.5 * x[i], 0.5 * y[i]);
                let row = out[place..=place + i].iter_mut();
                for (o, (x, y)) in row.zip(x[..=i].iter().zip(&y[..=i])) {
                    *o += xi * y + yi * x;
                }
                place += i + 1;
            }
        }
        let out = &mut out[pair(second, second) * pc..(pair(second, second) + 1) * pc];
        let mut place = 0;
        for i in 0..c {
            let yi = y[i];
            for (o, y) in out[place..=place + i].iter_mut().zip(&y[..=i]) {
                *o += yi * y;
            }
            place += i + 1;
        }
    }
}

/// Blocks A that are the same to the last bit get the same number.
struct Classes {
    qq: usize,
    a: Vec<f64>,
    slots: Vec<u32>,
}

impl Classes {
    fn new(q: usize, families: usize) -> Self {
        Self {
            qq: q * q,
            a: Vec::new(),
            slots: vec![u32::MAX; (2 * families).next_power_of_two()],
        }
    }

    fn len(&self) -> usize {
        self.a.len() / self.qq
    }

    #[allow(
        clippy::cast_possible_truncation,
        reason = "a place in a table, and fewer classes than rows"
    )]
    fn of(&mut self, a: &[f64]) -> u32 {
        let hash = a.iter().fold(0_u64, |hash, x| {
            (hash.rotate_left(5) ^ x.to_bits()).wrapping_mul(0x9E37_79B9_7F4A_7C15)
        });
        let last = self.slots.len() - 1;
        let mut slot = (hash >> 20) as usize & last;
        loop {
            let class = self.slots[slot];
            if class == u32::MAX {
                let new = self.len() as u32;
                self.slots[slot] = new;
                self.a.extend_from_slice(a);
                return new;
            }
            let start = class as usize * self.qq;
            if self.a[start..start + self.qq] == *a {
                return class;
            }
            slot = (slot + 1) & last;
        }
    }
}
