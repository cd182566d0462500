//! The random effects of linear and generalised mixed models: factors, levels, Λ(θ).
//!
//! ```text
//! factor     all terms (z | g) with the same g side by side: q effects a level
//! effects    b_j = Λ u_j,  u_j ~ N(0, σ² I),  so that Var b_j = σ² G,  G = Λ Λ'
//! root       Λ(θ) = Σ_k θ_k Λ_k with constant Λ_k, so that dG_k = Λ_k Λ' + Λ Λ_k' and d²G_kl = Λ_k Λ_l' + Λ_l Λ_k'
//!   unstructured        Λ_k = e_i e_j', i ≥ j: Λ is lower triangular
//!   diagonal            Λ_k = e_i e_i'
//!   compound symmetry   Λ = θ₁ J + θ₂ (I − J), J = 11'/q: one variance, one correlation above −1/(q − 1)
//! basis      z = z̃ T, with T the root of the mean of z z' (unstructured), or the root mean squares
//!            of the columns: the search runs over G̃ = T G T' in numbers of order one
//! ```
//! θ is unconstrained: a sign of Λ's columns means nothing, and a variance of zero is where a column
//! vanishes. There the slope along θ vanishes too, and the curvature along θ is twice the slope along the
//! variance: a search that looks at the curvature cannot mistake such a place for a minimum.
//!
//! Bates D, Mächler M, Bolker B, Walker S (2015), Journal of Statistical Software 67(1),
//! doi 10.18637/jss.v067.i01; Pinheiro JC, Bates DM (1996), Statistics and Computing 6:289–296,
//! doi 10.1007/BF00140873.

pub(crate) mod block;

use kring_core::{Grouping, Part, RandomStructure, RandomTerm};
use ndarray::{Array1, Array2, ArrayView2};

use crate::Error;
pub(crate) use crate::certificate::SINGULAR;
use crate::linalg::{back_substitute, symmetric_eigen};

/// The random effects of one grouping factor.
#[derive(Debug, Clone)]
pub(crate) struct Factor {
    /// The name of the grouping.
    pub name: String,
    /// The names of the levels that have rows.
    pub labels: Vec<String>,
    /// How many effects a level has.
    pub q: usize,
    /// The level of each row.
    pub level: Vec<u32>,
    /// The terms and their places among the q effects.
    pub terms: Vec<Place>,
    /// Λ_k, each q × q, row by row.
    pub basis: Vec<Vec<f64>>,
    /// For each parameter the column of Λ whose sign it shares, and whether it leads it.
    pub columns: Vec<Column>,
    /// z̃ of each row, n × q, row by row.
    pub z: Vec<f64>,
    /// T⁻¹, q × q: effects on the scale of the data from those of the search.
    pub unscale: Array2<f64>,
}

/// Whether a residual variance is estimated beside the random effects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Residual {
    /// As in linear models.
    Estimated,
    /// The mean determines the variance, as of counts and shares.
    OfTheMean,
}

/// A parameter's column of Λ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Column {
    pub number: usize,
    /// Whether the column's sign is chosen so that this parameter is not negative.
    pub leads: bool,
}

/// Where a term's effects and parameters stand in its factor.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    /// Its place among the terms of the formula.
    pub term: usize,
    /// Its first effect.
    pub first: usize,
    /// The names of its effects.
    pub columns: Vec<String>,
    pub structure: RandomStructure,
}

/// The rows of each level, in the order of the levels and, within a level, of the rows.
#[derive(Debug, Clone)]
pub(crate) struct ByLevel {
    pub starts: Vec<usize>,
    pub rows: Vec<u32>,
}

impl Factor {
    /// The factors of a model, those with most effects first. `rows` are the rows that count.
    pub fn all(part: &Part, rows: &[u32], method: &'static str) -> Result<Vec<Self>, Error> {
        Self::beside(Residual::Estimated, part, rows, method)
    }

    /// The same beside a residual variance, or where the mean determines the variance, so that each row
    /// may have an effect of its own.
    pub fn beside(
        residual: Residual,
        part: &Part,
        rows: &[u32],
        method: &'static str,
    ) -> Result<Vec<Self>, Error> {
        let mut groups: Vec<Vec<(usize, &RandomTerm)>> = Vec::new();
        for (place, term) in part.random.iter().enumerate() {
            let same = groups.iter_mut().find(|group| {
                let first = &group[0].1.grouping;
                first.name == term.grouping.name && first.index == term.grouping.index
            });
            match same {
                Some(group) => group.push((place, term)),
                None => groups.push(vec![(place, term)]),
            }
        }
        let mut factors = groups
            .iter()
            .map(|terms| Self::new(residual, terms, rows, method))
            .collect::<Result<Vec<_>, _>>()?;
        factors.sort_by_key(|factor| std::cmp::Reverse(factor.labels.len() * factor.q));
        Ok(factors)
    }

    fn new(
        residual: Residual,
        terms: &[(usize, &RandomTerm)],
        rows: &[u32],
        method: &'static str,
    ) -> Result<Self, Error> {
        let grouping = &terms[0].1.grouping;
        let Levels { labels, level } = Levels::of(grouping, rows);
        let n = rows.len();
        let q: usize = terms.iter().map(|(_, term)| term.z.ncols()).sum();
        let mut factor = Self {
            name: grouping.name.clone(),
            q,
            level,
            terms: Vec::with_capacity(terms.len()),
            basis: Vec::new(),
            columns: Vec::new(),
            z: vec![0.0; n * q],
            unscale: Array2::zeros((q, q)),
            labels,
        };
        if factor.labels.len() < 2 {
            return Err(Error::TooFew {
                method,
                what: format!("levels of `{}`", factor.name),
                needed: 2,
                found: factor.labels.len(),
            });
        }
        let mut first = 0;
        for &(place, term) in terms {
            let own = term.z.ncols();
            if own == 0 {
                return Err(Error::Unsupported {
                    what: format!("a random term of `{}` without effects", factor.name),
                    hint: "write `(1 | g)` for levels that differ, or leave it out".to_owned(),
                });
            }
            if residual == Residual::Estimated && factor.labels.len() * own >= n {
                return Err(Error::Unsupported {
                    what: format!(
                        "{} random effect(s) for each of {} levels of `{}` with {n} rows in all: their variance \
                         and the residual one cannot be told apart, which",
                        own,
                        factor.labels.len(),
                        factor.name
                    ),
                    hint: "give each level more rows than it has effects, or take effects out"
                        .to_owned(),
                });
            }
            factor.place(place, term, first, rows)?;
            first += own;
        }
        Ok(factor)
    }

    /// Puts a term's columns, on the scale of the search, and its part of Λ into their places.
    fn place(
        &mut self,
        place_of_term: usize,
        term: &RandomTerm,
        first: usize,
        rows: &[u32],
    ) -> Result<(), Error> {
        let (own, q) = (term.z.ncols(), self.q);
        let t = scale_of(term, rows).ok_or_else(|| Error::Unsupported {
            what: format!(
                "random effects of `{}` that cannot be told apart, because their columns ({}) contain one another \
                 or are zero, as with a random slope on a constant, which",
                self.name,
                term.columns.join(", ")
            ),
            hint: "take one of them out".to_owned(),
        })?;
        for i in 0..own {
            for j in 0..own {
                self.unscale[[first + i, first + j]] = t[[i, j]];
            }
        }
        for (place, &row) in rows.iter().enumerate() {
            let z = term.z.row(row as usize);
            let out = &mut self.z[place * q + first..place * q + first + own];
            for (j, out) in out.iter_mut().enumerate() {
                *out = (0..=j).map(|i| z[i] * t[[i, j]]).sum();
            }
        }
        let mut push = |number: usize, leads: bool, entries: &dyn Fn(usize, usize) -> f64| {
            self.columns.push(Column { number, leads });
            let mut one = vec![0.0; q * q];
            for i in 0..own {
                for j in 0..own {
                    one[(first + i) * q + first + j] = entries(i, j);
                }
            }
            self.basis.push(one);
        };
        let indicator = |yes: bool| f64::from(u8::from(yes));
        match effective(term) {
            RandomStructure::Unstructured => {
                for b in 0..own {
                    for a in b..own {
                        push(first + b, a == b, &|i, j| indicator(i == a && j == b));
                    }
                }
            }
            RandomStructure::Diagonal => {
                for a in 0..own {
                    push(first + a, true, &|i, j| indicator(i == a && j == a));
                }
            }
            RandomStructure::CompoundSymmetry => {
                let share = 1.0 / own as f64;
                push(first, true, &|_, _| share);
                push(first + 1, true, &|i, j| indicator(i == j) - share);
            }
            other => {
                return Err(Error::Unsupported {
                    what: format!("the random structure {other:?}"),
                    hint: "use an unstructured, diagonal or compound symmetric one".to_owned(),
                });
            }
        }
        self.terms.push(Place {
            term: place_of_term,
            first,
            columns: term.columns.clone(),
            structure: term.structure,
        });
        Ok(())
    }

    /// How many levels have rows.
    pub fn levels(&self) -> usize {
        self.labels.len()
    }

    /// How many parameters Λ has.
    pub fn parameters(&self) -> usize {
        self.basis.len()
    }

    /// Writes Λ(θ), q × q.
    pub fn root(&self, theta: &[f64], lambda: &mut [f64]) {
        lambda.fill(0.0);
        for (theta, basis) in theta.iter().zip(&self.basis) {
            for (l, b) in lambda.iter_mut().zip(basis) {
                *l += theta * b;
            }
        }
    }

    /// Turns the signs of the columns of Λ so that none is led by a negative number.
    pub fn turn(&self, theta: &mut [f64]) {
        for (k, column) in self.columns.iter().enumerate() {
            if !(column.leads && theta[k] < 0.0) {
                continue;
            }
            for (theta, other) in theta.iter_mut().zip(&self.columns) {
                if other.number == column.number {
                    *theta = -*theta;
                }
            }
        }
    }

    /// Directions that span the covariances: E_k = (Λ_k + Λ_k') / 2.
    pub fn linear(&self) -> Vec<Vec<f64>> {
        let q = self.q;
        let half = |basis: &Vec<f64>| {
            (0..q * q)
                .map(|ij| 0.5 * (basis[ij] + basis[ij % q * q + ij / q]))
                .collect()
        };
        self.basis.iter().map(half).collect()
    }

    /// The smallest standard deviation of a combination of effects, beside the residual one.
    pub fn smallest_root(&self, theta: &[f64]) -> f64 {
        let g = self.relative(theta);
        let values = symmetric_eigen(&g).values;
        values
            .iter()
            .copied()
            .fold(f64::INFINITY, f64::min)
            .max(0.0)
            .sqrt()
    }

    /// G̃ = Λ Λ', on the scale of the search.
    pub fn relative(&self, theta: &[f64]) -> Array2<f64> {
        let q = self.q;
        let mut lambda = vec![0.0; q * q];
        self.root(theta, &mut lambda);
        let lambda = Array2::from_shape_fn((q, q), |(i, j)| lambda[i * q + j]);
        lambda.dot(&lambda.t())
    }

    /// G = T⁻¹ G̃ T⁻ᵀ, on the scale of the data.
    pub fn covariance(&self, relative: ArrayView2<'_, f64>) -> Array2<f64> {
        self.unscale.dot(&relative).dot(&self.unscale.t())
    }

    /// G̃ = T G T', on the scale of the search.
    pub fn relative_of(&self, covariance: &Array2<f64>) -> Array2<f64> {
        let q = self.q;
        let mut t = Array2::zeros((q, q));
        for j in 0..q {
            let mut unit = Array1::zeros(q);
            unit[j] = 1.0;
            t.column_mut(j)
                .assign(&back_substitute(self.unscale.view(), unit.view()));
        }
        t.dot(covariance).dot(&t.t())
    }

    /// Whether every level of this factor has rows of one level of the other only.
    pub fn is_nested_in(&self, other: &Self) -> bool {
        let mut within = vec![u32::MAX; self.levels()];
        self.level.iter().zip(&other.level).all(|(&own, &outer)| {
            let known = &mut within[own as usize];
            let fits = *known == u32::MAX || *known == outer;
            *known = outer;
            fits
        })
    }

    /// The rows of each level.
    pub fn by_level(&self) -> ByLevel {
        let mut starts = vec![0; self.levels() + 1];
        for &level in &self.level {
            starts[level as usize + 1] += 1;
        }
        for j in 0..self.levels() {
            starts[j + 1] += starts[j];
        }
        let mut next = starts.clone();
        let mut rows = vec![0; self.level.len()];
        for (row, &level) in (0_u32..).zip(&self.level) {
            let place = &mut next[level as usize];
            rows[*place] = row;
            *place += 1;
        }
        ByLevel { starts, rows }
    }
}

/// One effect has a variance and nothing else, whatever the structure.
fn effective(term: &RandomTerm) -> RandomStructure {
    if term.z.ncols() == 1 {
        return RandomStructure::Diagonal;
    }
    term.structure
}

/// T⁻¹, upper triangular, with z̃ = z T⁻¹; none where a column adds nothing to those before it.
fn scale_of(term: &RandomTerm, rows: &[u32]) -> Option<Array2<f64>> {
    let q = term.z.ncols();
    let mut gram = vec![0.0; q * q];
    let mut add = |z: &[f64]| {
        for i in 0..q {
            for j in 0..=i {
                gram[i * q + j] += z[i] * z[j];
            }
        }
    };
    match term.z.as_slice() {
        Some(all) => rows
            .iter()
            .for_each(|&row| add(&all[row as usize * q..(row as usize + 1) * q])),
        None => rows
            .iter()
            .for_each(|&row| add(&term.z.row(row as usize).to_vec())),
    }
    let n = rows.len() as f64;
    for g in &mut gram {
        *g /= n;
    }
    let squares: Vec<f64> = (0..q).map(|j| gram[j * q + j]).collect();
    if squares.iter().any(|&s| !(s > 0.0 && s.is_finite())) {
        return None;
    }
    if effective(term) != RandomStructure::Unstructured {
        let same = squares.iter().sum::<f64>() / q as f64;
        let common = term.structure == RandomStructure::CompoundSymmetry;
        let size = |&s: &f64| if common { same } else { s }.sqrt().recip();
        let sizes: Array1<f64> = squares.iter().map(size).collect();
        return Some(Array2::from_diag(&sizes));
    }
    // Any T near the root will do. Where the columns all but contain one another even that takes care.
    block::cholesky(q, &mut gram)
        .filter(|_| (0..q).all(|j| gram[j * q + j].powi(2) > 1e-8 * squares[j]))
        .map_or_else(
            || orthonormal(term, rows),
            |_| {
                block::invert_lower(q, &mut gram);
                Some(Array2::from_shape_fn((q, q), |(i, j)| {
                    if i <= j { gram[j * q + i] } else { 0.0 }
                }))
            },
        )
}

/// T⁻¹ by Gram and Schmidt over the rows, column after column, which keeps its digits where a column
/// such as a year lies far from zero.
fn orthonormal(term: &RandomTerm, rows: &[u32]) -> Option<Array2<f64>> {
    let q = term.z.ncols();
    let n = rows.len() as f64;
    let mut t: Array2<f64> = Array2::zeros((q, q));
    for j in 0..q {
        t[[j, j]] = 1.0;
        let mut original = 0.0;
        // The second round takes off what rounding left in the first.
        for round in 0..2 {
            let mut along = vec![0.0; j];
            let mut square = 0.0;
            for &row in rows {
                let z = term.z.row(row as usize);
                let own: f64 = (0..=j).map(|i| z[i] * t[[i, j]]).sum();
                square += own * own;
                for (k, along) in along.iter_mut().enumerate() {
                    *along += own * (0..=k).map(|i| z[i] * t[[i, k]]).sum::<f64>();
                }
            }
            if round == 0 {
                original = square;
            }
            for (k, along) in along.iter().enumerate() {
                for i in 0..=k {
                    t[[i, j]] -= along / n * t[[i, k]];
                }
            }
        }
        let square: f64 = rows
            .iter()
            .map(|&row| {
                let z = term.z.row(row as usize);
                (0..=j).map(|i| z[i] * t[[i, j]]).sum::<f64>().powi(2)
            })
            .sum();
        // As R's pivoting: a length below 1e-7 of its own is nothing new.
        if !(square > 1e-14 * original && square.is_finite()) {
            return None;
        }
        let size = (square / n).sqrt().recip();
        for i in 0..=j {
            t[[i, j]] *= size;
        }
    }
    Some(t)
}

/// The levels that have rows, renumbered.
struct Levels {
    labels: Vec<String>,
    level: Vec<u32>,
}

impl Levels {
    fn of(grouping: &Grouping, rows: &[u32]) -> Self {
        let mut number = vec![u32::MAX; grouping.levels.len()];
        for &row in rows {
            number[grouping.index[row as usize] as usize] = 0;
        }
        let mut labels = Vec::new();
        let mut next = 0;
        for (number, label) in number.iter_mut().zip(&grouping.levels) {
            if *number == 0 {
                *number = next;
                next += 1;
                labels.push(label.clone());
            }
        }
        let level = rows
            .iter()
            .map(|&row| number[grouping.index[row as usize] as usize])
            .collect();
        Self { labels, level }
    }
}
