//! What a generalised mixed model reads of a design, once: rows that count, in blocks that share no effect.
//!
//! ```text
//! block    the rows that random effects tie together: a family; with nested factors the outermost level;
//!          with crossed ones whatever hangs together
//! x̃        a model matrix in orthonormal coordinates of mean square one: X P = X̃ R  (likelihood::Predictor)
//! row i    touches r effects of its block, at places s(i), with z̃_i: first those of the mean, then those of the
//!          zeros, each with factors and a Λ of its own
//! levels   ordered ones have thresholds for a shape, and the columns of the mean are centred beside them
//! ```
//! Within a block the levels of the factor with most effects come first, so that Cholesky's factor of a
//! nested model has nothing but the outer effects to fill.

use std::cmp::Reverse;
use std::ops::Range;

use kring_core::{Design, Part, Response, WeightKind};
use ndarray::{Array1, Array2, ArrayView1};

use super::density::{Density, Seen, Zeros};
use super::{Glmm, METHOD};
use crate::Error;
use crate::family::Family;
use crate::glm::model::{Observed, observed};
use crate::likelihood::Predictor;
use crate::ordinal::{check_levels, no_levels};
use crate::random::block::dot;
use crate::random::{Factor, Residual};

/// A model matrix in its coordinates row by row, with its offset.
#[derive(Debug)]
pub(super) struct Matrix {
    pub columns: usize,
    pub values: Vec<f64>,
    pub offset: Option<Vec<f64>>,
}

impl Matrix {
    /// The matrix of a predictor, which keeps only how to come back from its coordinates.
    fn of(predictor: &mut Predictor, part: Option<&Part>, source: &[usize]) -> Self {
        let q = std::mem::take(&mut predictor.q);
        let offset = part.and_then(|part| part.offset.as_ref());
        Self {
            columns: predictor.rank(),
            values: q.into_raw_vec_and_offset().0,
            offset: offset.map(|offset| source.iter().map(|&i| offset[i]).collect()),
        }
    }

    /// The coordinates whose line, without the offset, is closest to the values of the rows in least squares.
    pub fn closest(&self, rows: usize, value: impl Fn(usize) -> f64) -> Array1<f64> {
        let mut sums = vec![0.0; self.columns];
        for row in 0..rows {
            self.add_row(row, value(row), &mut sums);
        }
        Array1::from(sums) / rows as f64
    }

    /// The linear predictor of a row.
    #[inline]
    pub fn line(&self, row: usize, b: &[f64]) -> f64 {
        let p = self.columns;
        let offset = self.offset.as_ref().map_or(0.0, |offset| offset[row]);
        offset + dot(&self.values[row * p..(row + 1) * p], b)
    }

    /// Adds size · x of a row.
    #[inline]
    pub fn add_row(&self, row: usize, size: f64, to: &mut [f64]) {
        let p = self.columns;
        for (to, x) in to.iter_mut().zip(&self.values[row * p..(row + 1) * p]) {
            *to += size * x;
        }
    }
}

/// Rows that share random effects with each other and with no others.
#[derive(Debug, Clone)]
pub(super) struct Block {
    pub rows: Range<usize>,
    /// Its first effect among all.
    pub first: usize,
    /// How many effects it has.
    pub q: usize,
}

/// The rows of a design, block by block.
#[derive(Debug)]
pub(super) struct Data {
    pub density: Density,
    /// For each row here its row in the design.
    pub source: Vec<usize>,
    pub seen: Vec<Seen>,
    /// Absent where all are one.
    weight: Option<Vec<f64>>,
    /// How many observations they are; a frequency weight counts as many.
    pub observations: f64,
    pub mean: Matrix,
    pub zero: Matrix,
    pub dispersion: Matrix,
    /// How to come back from the coordinates of mean, zeros and dispersion; their matrices stand above.
    pub predictors: [Predictor; 3],
    /// Of ordered levels: the level of each row, and how many thresholds part them.
    pub level: Vec<usize>,
    pub cuts: usize,
    /// The means of the columns that were centred beside the thresholds.
    centre: Array1<f64>,
    /// The factors of the mean, then those of the zeros.
    pub factors: Vec<Factor>,
    /// How many of them are of the mean.
    pub of_mean: usize,
    /// How many effects a row touches,
    pub r: usize,
    /// and how many of them bear on its mean.
    pub r_mean: usize,
    /// z̃ of each row, r numbers.
    pub z: Vec<f64>,
    /// The places of the effects of each row in its block, r numbers.
    pub place: Vec<u32>,
    pub blocks: Vec<Block>,
    /// For each effect the first effect of its block that a row shares with it or with one between.
    pub reach: Vec<u32>,
    /// For each factor and level the first of its effects among all.
    pub effect: Vec<Vec<usize>>,
    /// The distinct counts in increasing order, where one shape serves them all, and the place of each row's.
    pub distinct: Vec<Seen>,
    pub of_distinct: Vec<u32>,
}

/// The most effects that one block may have.
const MOST_EFFECTS: usize = 2000;

impl Data {
    #[allow(
        clippy::too_many_lines,
        reason = "one field after the other, each from those before it"
    )]
    pub fn new(options: &Glmm, design: &Design, density: Density) -> Result<Self, Error> {
        let zero = design.zero().filter(|_| density.has_zero_part());
        let weights = design.weights();
        let counted: Vec<usize> = (0..design.rows())
            .filter(|&i| weights.is_none_or(|w| w.values[i] > 0.0))
            .collect();
        let n = counted.len();
        if n == 0 {
            return Err(Error::TooFew {
                method: METHOD,
                what: "rows whose weight is not zero".to_owned(),
                needed: 1,
                found: 0,
            });
        }
        let narrow: Vec<u32> = counted
            .iter()
            .map(|&i| u32::try_from(i))
            .collect::<Result<_, _>>()
            .map_err(|_| Error::Unsupported {
                what: "a mixed model of more than four thousand million rows".to_owned(),
                hint: "aggregate them first".to_owned(),
            })?;
        let beside = |part: &Part| Factor::beside(Residual::OfTheMean, part, &narrow, METHOD);
        let mut factors = beside(design.mean())?;
        let of_mean = factors.len();
        if let Some(zero) = zero {
            factors.extend(beside(zero)?);
        }
        drop(narrow);
        let mut laid = Laid::out(&factors, n)?;
        let r = factors.iter().map(|factor| factor.q).sum();
        let r_mean = factors[..of_mean].iter().map(|factor| factor.q).sum();
        let mut z = Vec::with_capacity(n * r);
        for &place in &laid.order {
            for factor in &factors {
                z.extend_from_slice(&factor.z[place * factor.q..(place + 1) * factor.q]);
            }
        }
        // They stand in the order of the blocks now.
        factors.iter_mut().for_each(|factor| factor.z = Vec::new());
        let mut source = std::mem::take(&mut laid.order);
        source.iter_mut().for_each(|row| *row = counted[*row]);
        drop(counted);
        let seen: Vec<Seen> = {
            let observed = response(options, design, density)?;
            let seen = |&i: &usize| density.seen(observed.y[i], observed.trials[i]);
            source.iter().map(seen).collect()
        };
        let weight: Option<Vec<f64>> =
            weights.map(|w| source.iter().map(|&i| w.values[i]).collect());
        let copies = weights.is_some_and(|w| w.kind == WeightKind::Frequency);
        let (distinct, of_distinct) = match density.family {
            Family::NegativeBinomial2 => distinct(density, &seen),
            _ => (Vec::new(), Vec::new()),
        };
        let constant;
        let dispersion = match design.dispersion() {
            Some(part) => Some(part),
            None if density.has_dispersion() => {
                constant = Part::fixed(
                    Array2::ones((design.rows(), 1)),
                    vec!["(Intercept)".to_owned()],
                );
                Some(&constant)
            }
            None => None,
        };
        let predictor = |part: Option<&Part>| match part {
            Some(part) => Predictor::new(part.x.view(), &part.columns, &source, None),
            None => Predictor::none(n),
        };
        let thresholds = thresholds(design);
        let cuts = thresholds.len();
        let mut centre = Array1::zeros(0);
        let mut predictors = if cuts > 0 {
            let mean = design.mean();
            let (predictor, means) = Predictor::centred(mean.x.view(), &mean.columns, &source);
            centre = means;
            let thresholds = Predictor::of_themselves(thresholds);
            [predictor, Predictor::none(n), thresholds]
        } else {
            [
                predictor(Some(design.mean())),
                predictor(zero),
                predictor(dispersion),
            ]
        };
        let [mean, of_zeros, of_dispersion] = &mut predictors;
        let mean = Matrix::of(mean, Some(design.mean()), &source);
        let zero = Matrix::of(of_zeros, zero, &source);
        let dispersion = Matrix::of(of_dispersion, dispersion, &source);
        Ok(Self {
            density,
            observations: match &weight {
                Some(weight) if copies => weight.iter().sum(),
                _ => n as f64,
            },
            mean,
            zero,
            dispersion,
            predictors,
            level: match design.response() {
                Response::Ordinal { codes, .. } => {
                    source.iter().map(|&i| codes[i] as usize).collect()
                }
                _ => Vec::new(),
            },
            cuts,
            centre,
            of_mean,
            r,
            r_mean,
            z,
            place: laid.place,
            blocks: laid.blocks,
            reach: laid.reach,
            effect: laid.effect,
            factors,
            source,
            seen,
            weight,
            distinct,
            of_distinct,
        })
    }

    /// The weight of a row.
    #[inline]
    pub fn weight(&self, row: usize) -> f64 {
        self.weight.as_ref().map_or(1.0, |weight| weight[row])
    }

    /// The weights of the rows; absent where all are one.
    pub fn weights(&self) -> Option<&[f64]> {
        self.weight.as_deref()
    }

    /// Whether random effects bear on the zeros, so that each row has two predictors that vary.
    pub fn has_effects_on_zeros(&self) -> bool {
        self.r_mean < self.r
    }

    /// The factors of the mean, and those of the zeros.
    pub fn factors_by_part(&self) -> [&[Factor]; 2] {
        let (mean, zero) = self.factors.split_at(self.of_mean);
        [mean, zero]
    }

    /// c'β: how far the thresholds lie above those beside centred columns.
    pub fn shift(&self, beta: ArrayView1<'_, f64>) -> f64 {
        self.centre.dot(&beta)
    }

    /// The slopes of the thresholds by the coordinates of the mean.
    pub fn shift_by_coordinates(&self) -> Array1<f64> {
        self.centre.dot(&self.predictors[0].to_coefficients())
    }

    /// ζ and τ of a row from the parameters of zeros and dispersion: of ordered levels the thresholds below and
    /// above it.
    #[inline]
    pub fn beside(&self, row: usize, b: &[f64]) -> [f64; 2] {
        if self.cuts > 0 {
            let level = self.level[row];
            let below = level.checked_sub(1).and_then(|below| b.get(below));
            return [
                below.copied().unwrap_or(f64::NEG_INFINITY),
                b.get(level).copied().unwrap_or(f64::INFINITY),
            ];
        }
        let (zero, dispersion) = b.split_at(self.zero.columns);
        let mut at = [0.0; 2];
        if self.density.has_zero_part() {
            at[0] = self.zero.line(row, zero);
        }
        if self.density.has_dispersion() {
            at[1] = self.dispersion.line(row, dispersion);
        }
        at
    }

    /// Adds the slopes by ζ and τ of a row to those of the parameters of zeros and dispersion.
    #[inline]
    pub fn add_beside(&self, row: usize, [by_zeta, by_tau]: [f64; 2], to: &mut [f64]) {
        if self.cuts > 0 {
            let level = self.level[row];
            if let Some(below) = level.checked_sub(1) {
                to[below] += by_zeta;
            }
            if level < self.cuts {
                to[level] += by_tau;
            }
            return;
        }
        let (zero, dispersion) = to.split_at_mut(self.zero.columns);
        if !zero.is_empty() {
            self.zero.add_row(row, by_zeta, zero);
        }
        if !dispersion.is_empty() {
            self.dispersion.add_row(row, by_tau, dispersion);
        }
    }

    /// How many coordinates the mean, the zeros, the dispersion (or the thresholds) and Λ have.
    pub fn sizes(&self) -> [usize; 4] {
        [
            self.mean.columns,
            self.zero.columns,
            self.dispersion.columns,
            self.factors.iter().map(Factor::parameters).sum(),
        ]
    }

    /// Whether one shape serves all rows.
    pub fn has_one_shape(&self) -> bool {
        self.dispersion.columns == 1
            && self.predictors[2].columns.as_slice() == ["(Intercept)"]
            && self.dispersion.offset.is_none()
    }
}

/// The names of the thresholds of ordered levels, `mild|severe`.
fn thresholds(design: &Design) -> Vec<String> {
    match design.response() {
        Response::Ordinal { levels, .. } => levels.windows(2).map(|two| two.join("|")).collect(),
        _ => Vec::new(),
    }
}

/// The levels of the rows, counted from zero; each needs rows that count.
fn levels(design: &Design) -> Result<Observed, Error> {
    let Response::Ordinal { levels, codes } = design.response() else {
        return Err(no_levels(design));
    };
    let n = codes.len();
    let weight = design
        .weights()
        .map_or_else(|| vec![1.0; n], |w| w.values.to_vec());
    let kept: Vec<usize> = codes
        .iter()
        .zip(&weight)
        .filter(|(_, w)| **w > 0.0)
        .map(|(&code, _)| code as usize)
        .collect();
    check_levels(levels, &kept, design.response_name())?;
    Ok(Observed {
        y: codes.iter().map(|&code| f64::from(code)).collect(),
        trials: vec![1.0; n],
        weight,
    })
}

/// y and, of shares, the trials.
pub(super) fn response(
    options: &Glmm,
    design: &Design,
    density: Density,
) -> Result<Observed, Error> {
    if options.family == Family::Cumulative {
        return levels(design);
    }
    let mut seen = observed(design, options.family)?;
    let family = options.family;
    if family.is_share() {
        for (y, trials) in seen.y.iter_mut().zip(&seen.trials) {
            *y = (*y * trials).round();
        }
    }
    let zeros = seen
        .y
        .iter()
        .zip(&seen.weight)
        .filter(|(y, w)| **y == 0.0 && **w > 0.0)
        .count();
    match density.zeros {
        Zeros::Truncated if zeros > 0 => Err(Error::Response {
            method: "a truncated model",
            name: design.response_name().to_owned(),
            expected: "counts above zero",
            found: "zero in some rows",
        }),
        Zeros::Inflated | Zeros::Hurdle if zeros == 0 => Err(Error::TooFew {
            method: METHOD,
            what: format!("zeros in `{}`", design.response_name()),
            needed: 1,
            found: 0,
        }),
        _ => Ok(seen),
    }
}

/// The distinct counts in increasing order, and the place of each row's.
fn distinct(density: Density, seen: &[Seen]) -> (Vec<Seen>, Vec<u32>) {
    let mut counts: Vec<f64> = seen.iter().map(|one| one.y).collect();
    counts.sort_unstable_by(f64::total_cmp);
    counts.dedup();
    let place = |seen: &Seen| counts.partition_point(|&y| y < seen.y);
    let of = seen
        .iter()
        .map(|seen| u32::try_from(place(seen)).unwrap_or(u32::MAX));
    let of = of.collect();
    (counts.iter().map(|&y| density.seen(y, 1.0)).collect(), of)
}

/// How rows and effects lie in memory.
struct Laid {
    order: Vec<usize>,
    place: Vec<u32>,
    blocks: Vec<Block>,
    reach: Vec<u32>,
    effect: Vec<Vec<usize>>,
}

impl Laid {
    fn out(factors: &[Factor], n: usize) -> Result<Self, Error> {
        let of_level = blocks_of_levels(factors, n);
        let count = of_level.iter().flatten().max().map_or(0, |last| last + 1);
        let block_of = |row: usize| of_level[0][factors[0].level[row] as usize];
        let mut rows = vec![0; count + 1];
        for row in 0..n {
            rows[block_of(row) + 1] += 1;
        }
        for block in 0..count {
            rows[block + 1] += rows[block];
        }
        let mut next = rows.clone();
        let mut order = vec![0; n];
        for row in 0..n {
            let place = &mut next[block_of(row)];
            order[*place] = row;
            *place += 1;
        }
        let mut q = vec![0; count];
        let mut effect: Vec<Vec<usize>> = vec![Vec::new(); factors.len()];
        let mut by_size: Vec<usize> = (0..factors.len()).collect();
        by_size.sort_by_key(|&i| Reverse(factors[i].levels() * factors[i].q));
        for i in by_size {
            for &block in &of_level[i] {
                effect[i].push(q[block]);
                q[block] += factors[i].q;
            }
        }
        if let Some(&most) = q.iter().max().filter(|&&most| most > MOST_EFFECTS) {
            return Err(Error::Unsupported {
                what: format!(
                    "a generalised mixed model in which {most} random effects hang together through crossed \
                     factors (at most {MOST_EFFECTS})"
                ),
                hint: "leave the factor with most levels out, or make it a fixed effect".to_owned(),
            });
        }
        let mut first = 0;
        let mut blocks = Vec::with_capacity(count);
        for block in 0..count {
            blocks.push(Block {
                rows: rows[block]..rows[block + 1],
                first,
                q: q[block],
            });
            first += q[block];
        }
        let narrow = |place: usize| u32::try_from(place).unwrap_or(u32::MAX);
        let mut place = Vec::new();
        let mut reach: Vec<u32> = blocks
            .iter()
            .flat_map(|block| (0..block.q).map(narrow))
            .collect();
        for &row in &order {
            let start = place.len();
            for (factor, effect) in factors.iter().zip(&effect) {
                let first = effect[factor.level[row] as usize];
                place.extend((first..first + factor.q).map(narrow));
            }
            let lowest = place[start..].iter().copied().min().unwrap_or(0);
            let block = &blocks[block_of(row)];
            for &own in &place[start..] {
                let reach = &mut reach[block.first + own as usize];
                *reach = lowest.min(*reach);
            }
        }
        for (effect, of_level) in effect.iter_mut().zip(&of_level) {
            for (effect, &block) in effect.iter_mut().zip(of_level) {
                *effect += blocks[block].first;
            }
        }
        Ok(Self {
            order,
            place,
            blocks,
            reach,
            effect,
        })
    }
}

/// For each factor and level the number of its block, blocks numbered by the first factor's levels.
fn blocks_of_levels(factors: &[Factor], n: usize) -> Vec<Vec<usize>> {
    if let [one] = factors {
        return vec![(0..one.levels()).collect()];
    }
    let mut starts = Vec::with_capacity(factors.len());
    let mut total = 0;
    for factor in factors {
        starts.push(total);
        total += factor.levels();
    }
    let mut parent: Vec<usize> = (0..total).collect();
    for row in 0..n {
        let one = root(&mut parent, factors[0].level[row] as usize);
        for (factor, start) in factors.iter().zip(&starts).skip(1) {
            let other = root(&mut parent, start + factor.level[row] as usize);
            parent[other] = one;
        }
    }
    let mut number = vec![usize::MAX; total];
    let mut next = 0;
    starts
        .iter()
        .zip(factors)
        .map(|(start, factor)| {
            (0..factor.levels())
                .map(|level| {
                    let root = root(&mut parent, start + level);
                    if number[root] == usize::MAX {
                        number[root] = next;
                        next += 1;
                    }
                    number[root]
                })
                .collect()
        })
        .collect()
}

fn root(parent: &mut [usize], mut at: usize) -> usize {
    while parent[at] != at {
        parent[at] = parent[parent[at]];
        at = parent[at];
    }
    at
}
