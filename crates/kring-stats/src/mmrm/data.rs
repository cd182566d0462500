//! What a model for repeated measures reads of a design, once: families grouped by the waves they were
//! seen in, with the cross-products that an evaluation needs.
//!
//! ```text
//! pattern p     families of one covariance seen in the same waves a_1 < … < a_q (or at the same distances
//!               in time), n_p of them; z = √w [x̃ ỹ] the row of a family at a wave
//! by pair       S_ab = Σ_i (z_ia z_ib' + z_ib z_ia') of waves a > b, S_aa = Σ_i z_ia z_ia'
//! [X y]'V⁻¹[X y] = Σ_p Σ_{a ≥ b} (V_p⁻¹)_ab S_ab
//! E_ab          = Σ_i z_ia'Ω z_ib = ½ ⟨Ω, S_ab⟩,  E_aa = ⟨Ω, S_aa⟩
//! ```
//! So an evaluation costs nothing in the number of families. Where a pattern has so few that their rows
//! are fewer numbers than these products, the rows themselves are kept and both sums run over them.

use std::collections::BTreeMap;

use kring_core::{Design, Grouping, WeightKind};

use super::structure::{Structure, Table};
use super::{METHOD, Mmrm, Shared};
use crate::Error;
use crate::lmm::data::{Fixed, Outcome};
use crate::regression::has_intercept;

/// The rows of a design on the scale of the search.
#[derive(Debug, Clone)]
pub(super) struct Data {
    /// The rows that count, family by family, wave by wave.
    pub rows: Vec<u32>,
    /// √w of each of these.
    pub roots: Option<Vec<f64>>,
    /// √w [x̃ ỹ] of each of these, c = r + 1 columns.
    pub columns: Vec<f64>,
    pub fixed: Fixed,
    /// Σ ln w
    pub ln_weights: f64,
    /// Where the rows of each family end.
    pub families: Vec<Family>,
    pub patterns: Vec<Pattern>,
    /// Σ by its table and by the block of parameters that it has.
    pub sources: Vec<Source>,
    pub tables: Vec<Table>,
    /// The waves that were seen, in order; none where times tell rows apart.
    pub waves: Vec<String>,
    /// The arms with a covariance of their own, or one without a name.
    pub blocks: Vec<Option<String>>,
}

/// One family: its rows and what their covariance is.
#[derive(Debug, Clone)]
pub(super) struct Family {
    pub rows: std::ops::Range<usize>,
    pub pattern: usize,
}

/// Families seen in the same waves.
#[derive(Debug, Clone)]
pub(super) struct Pattern {
    pub source: usize,
    /// The rows of Σ, q of them.
    pub places: Vec<usize>,
    /// n_p
    pub families: f64,
    /// The time from the first row to the last; nothing of waves.
    span: f64,
    products: Products,
}

/// A covariance over waves, of which patterns take a part.
#[derive(Debug, Clone, Copy)]
pub(super) struct Source {
    pub table: usize,
    pub block: usize,
}

#[derive(Debug, Clone)]
enum Products {
    /// S_ab of a ≥ b, each packed.
    ByPair(Vec<f64>),
    /// z, family by family, wave by wave.
    ByFamily(Vec<f64>),
}

/// The length of a packed symmetric matrix.
pub(super) fn packed(c: usize) -> usize {
    c * (c + 1) / 2
}

impl Data {
    pub fn new(options: &Mmrm, design: &Design) -> Result<Self, Error> {
        let Some(y) = design.response().numbers() else {
            return Err(Error::Response {
                method: "the model for repeated measures",
                name: design.response_name().to_owned(),
                expected: "one number a row",
                found: "of another kind",
            });
        };
        let subject = family(design)?;
        let occasions = Occasions::new(options.structure, design)?;
        let arms = match options.shared {
            Shared::Everyone => None,
            Shared::EachArm => Some(arms(design)?),
        };
        let weights = weights(design)?;
        let rows = in_order(design, subject, &occasions, weights.as_ref())?;
        let roots: Option<Vec<f64>> =
            weights.map(|w| rows.iter().map(|&row| w[row as usize].sqrt()).collect());
        let ln_weights = roots
            .iter()
            .flatten()
            .map(|root| 2.0 * root.ln())
            .sum::<f64>();
        let part = design.mean();
        let x = part.x();
        let x = x.as_standard_layout();
        let offset = part.offset.as_ref();
        let outcome = Outcome {
            x: x.view(),
            y: rows
                .iter()
                .map(|&row| y[row as usize] - offset.map_or(0.0, |o| o[row as usize]))
                .collect(),
            rows: &rows,
            roots: roots.as_deref(),
        };
        let intercept = has_intercept(part)
            && x.ncols() > 0
            && rows.iter().all(|&row| x[[row as usize, 0]] == 1.0);
        let (fixed, columns) = outcome
            .centred(intercept)
            .unwrap_or_else(|| outcome.orthonormal());
        let c = fixed.estimated.len() + 1;
        if rows.len() < c {
            return Err(Error::TooFew {
                method: METHOD,
                what: "rows".to_owned(),
                needed: c,
                found: rows.len(),
            });
        }
        check_size(design, &outcome.y, &columns, &fixed)?;
        let mut data = Self {
            rows,
            roots,
            columns,
            fixed,
            ln_weights,
            families: Vec::new(),
            patterns: Vec::new(),
            sources: Vec::new(),
            tables: Vec::new(),
            waves: Vec::new(),
            blocks: vec![None],
        };
        data.group(options.structure, design, subject, &occasions, arms)?;
        Ok(data)
    }

    /// r + 1
    pub fn c(&self) -> usize {
        self.fixed.estimated.len() + 1
    }

    /// The parameters of one covariance.
    pub fn parameters(&self) -> usize {
        self.tables.first().map_or(0, Table::parameters)
    }

    /// The mean distance in time between neighbouring rows of a family; nothing of waves.
    pub fn gap(&self) -> f64 {
        let (mut span, mut gaps) = (0.0, 0.0);
        for pattern in &self.patterns {
            let steps = pattern.places.len().saturating_sub(1) as f64;
            span += pattern.families * pattern.span;
            gaps += pattern.families * steps;
        }
        span / f64::max(gaps, 1.0)
    }

    /// The rows of one family.
    pub fn columns_of(&self, family: &Family) -> &[f64] {
        &self.columns[family.rows.start * self.c()..family.rows.end * self.c()]
    }

    /// Puts families of the same waves together and sums their products.
    fn group(
        &mut self,
        structure: Structure,
        design: &Design,
        subject: &Grouping,
        occasions: &Occasions<'_>,
        arms: Option<&Grouping>,
    ) -> Result<(), Error> {
        let chunks: Vec<std::ops::Range<usize>> = {
            let family = |place: usize| subject.index[self.rows[place] as usize];
            let mut ends: Vec<usize> = (1..self.rows.len())
                .filter(|&place| family(place) != family(place - 1))
                .collect();
            ends.push(self.rows.len());
            let starts = std::iter::once(0).chain(ends.iter().copied());
            starts.zip(&ends).map(|(start, &end)| start..end).collect()
        };
        let (places, waves) = occasions.waves(&self.rows);
        self.waves = waves;
        let mut block_of = BTreeMap::new();
        if let Some(arms) = arms {
            let mut seen: Vec<u32> = self.rows.iter().map(|&r| arms.index[r as usize]).collect();
            seen.sort_unstable();
            seen.dedup();
            self.blocks = seen
                .iter()
                .map(|&arm| Some(arms.levels[arm as usize].clone()))
                .collect();
            block_of = seen.into_iter().zip(0..).collect();
        }
        let mut known: BTreeMap<(usize, Vec<u64>), Vec<usize>> = BTreeMap::new();
        for (at, rows) in chunks.iter().enumerate() {
            let block = match arms {
                None => 0,
                Some(arms) => block_of[&one_arm(arms, subject, &self.rows[rows.clone()])?],
            };
            let key = match &places {
                Some(places) => places[rows.clone()].iter().map(|&p| p as u64).collect(),
                None => occasions.distances(&self.rows[rows.clone()]),
            };
            known.entry((block, key)).or_default().push(at);
        }
        self.families = chunks
            .into_iter()
            .map(|rows| Family { rows, pattern: 0 })
            .collect();
        if places.is_some() {
            self.tables.push(structure.table(self.waves.len(), &[]));
            let blocks = 0..self.blocks.len();
            self.sources = blocks.map(|block| Source { table: 0, block }).collect();
        }
        for ((block, key), members) in known {
            let mut span = 0.0;
            let (source, own) = if places.is_some() {
                #[allow(
                    clippy::cast_possible_truncation,
                    reason = "these were places in memory"
                )]
                let own = key.iter().map(|&p| p as usize).collect();
                (block, own)
            } else {
                let times: Vec<f64> = key.iter().map(|&bits| f64::from_bits(bits)).collect();
                span = times.last().copied().unwrap_or(0.0);
                self.tables.push(structure.table(times.len(), &times));
                let table = self.tables.len() - 1;
                self.sources.push(Source { table, block });
                (self.sources.len() - 1, (0..times.len()).collect())
            };
            for &member in &members {
                self.families[member].pattern = self.patterns.len();
            }
            let products = self.products(&members);
            self.patterns.push(Pattern {
                source,
                places: own,
                families: members.len() as f64,
                span,
                products,
            });
        }
        self.check_waves(structure, design, subject)
    }

    fn products(&self, members: &[usize]) -> Products {
        let c = self.c();
        let q = self.families[members[0]].rows.len();
        let h = packed(c);
        if members.len() * q * c <= packed(q) * h {
            let rows = members.iter().map(|&m| self.columns_of(&self.families[m]));
            return Products::ByFamily(rows.flatten().copied().collect());
        }
        let mut sums = vec![0.0; packed(q) * h];
        for &member in members {
            let z = self.columns_of(&self.families[member]);
            let mut blocks = sums.chunks_exact_mut(h);
            for (a, za) in z.chunks_exact(c).enumerate() {
                for zb in z.chunks_exact(c).take(a) {
                    let Some(s) = blocks.next() else { break };
                    let mut first = 0;
                    for i in 0..c {
                        let (x, y) = (za[i], zb[i]);
                        let row = &mut s[first..=first + i];
                        for (s, (a, b)) in row.iter_mut().zip(za.iter().zip(zb)) {
                            *s += x * b + y * a;
                        }
                        first += i + 1;
                    }
                }
                let Some(s) = blocks.next() else { break };
                add_product(za, za, 1.0, s);
            }
        }
        Products::ByPair(sums)
    }

    /// Refuses waves that say nothing of what the structure asks of them.
    fn check_waves(
        &self,
        structure: Structure,
        design: &Design,
        subject: &Grouping,
    ) -> Result<(), Error> {
        let m = self.waves.len();
        let parameters = self.parameters();
        if !structure.goes_by_time() && m < 2 {
            return Err(Error::TooFew {
                method: METHOD,
                what: "waves".to_owned(),
                needed: 2,
                found: m,
            });
        }
        for (block, arm) in self.blocks.iter().enumerate() {
            let of = arm
                .as_ref()
                .map_or_else(String::new, |arm| format!(" in the arm `{arm}`"));
            let own = || {
                let patterns = self.patterns.iter();
                patterns.filter(|p| self.sources[p.source].block == block)
            };
            let families: f64 = own().map(|p| p.families).sum();
            if families < parameters as f64 {
                #[allow(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "a count"
                )]
                return Err(Error::TooFew {
                    method: METHOD,
                    what: format!(
                        "families{of}, one for each parameter of its {} (cs and ar1 need fewer)",
                        structure.name()
                    ),
                    needed: parameters,
                    found: families as usize,
                });
            }
            let mut alone = vec![0.0; m];
            let mut together = vec![0.0; m * m];
            let mut seen = vec![false; parameters];
            for pattern in own() {
                let table = &self.tables[self.sources[pattern.source].table];
                for (at, &a) in pattern.places.iter().enumerate() {
                    if m > 0 {
                        alone[a] += pattern.families;
                    }
                    for &b in &pattern.places[..=at] {
                        table.bears_on(a, b, &mut seen);
                        if m > 0 {
                            together[a * m + b] += pattern.families;
                        }
                    }
                }
            }
            if structure.is_by_wave()
                && let Some(wave) = alone.iter().position(|&n| n < 2.0)
            {
                return Err(self.lonely(wave, &of, alone[wave] > 0.0, design, subject));
            }
            let apart = (0..m).flat_map(|a| (0..a).map(move |b| (a, b)));
            if structure.is_free()
                && let Some((a, b)) = apart.into_iter().find(|(a, b)| together[a * m + b] == 0.0)
            {
                return Err(never_together(format!(
                    "an unstructured covariance where no family{of} was seen at both `{}` and `{}`",
                    self.waves[b], self.waves[a]
                )));
            }
            if seen.contains(&false) {
                return Err(never_together(format!(
                    "a {} where no two waves of a family{of} tell one of the correlations",
                    structure.name()
                )));
            }
        }
        Ok(())
    }

    /// A wave with one family, or with none in one arm.
    fn lonely(
        &self,
        wave: usize,
        of: &str,
        seen: bool,
        design: &Design,
        subject: &Grouping,
    ) -> Error {
        let name = &self.waves[wave];
        let only = self
            .families
            .iter()
            .find(|f| self.patterns[f.pattern].places.contains(&wave))
            .map(|f| subject.index[self.rows[f.rows.start] as usize] as usize)
            .filter(|_| seen && of.is_empty())
            .map_or_else(String::new, |f| {
                format!("only `{}` is there; ", subject.levels[f])
            });
        Error::TooFew {
            method: "a variance of its own for each wave",
            what: format!(
                "families{of} with `{}` at `{name}` ({only}leave the wave out, or take cs, ar1, toep or ad)",
                design.response_name()
            ),
            needed: 2,
            found: usize::from(seen),
        }
    }
}

fn never_together(what: String) -> Error {
    Error::Unsupported {
        what,
        hint: "choose a structure with fewer parameters, or leave a wave out".to_owned(),
    }
}

impl Pattern {
    /// Adds Σ_ab v_ab S_ab, packed, for a symmetric v (q × q).
    pub fn add(&self, c: usize, v: &[f64], times: f64, work: &mut [f64], sum: &mut [f64]) {
        let q = self.places.len();
        match &self.products {
            Products::ByPair(sums) => {
                let mut blocks = sums.chunks_exact(packed(c));
                for a in 0..q {
                    for (v, s) in v[a * q..=a * q + a].iter().zip(&mut blocks) {
                        let v = times * v;
                        if v != 0.0 {
                            for (sum, s) in sum.iter_mut().zip(s) {
                                *sum += v * s;
                            }
                        }
                    }
                }
            }
            Products::ByFamily(rows) => {
                for z in rows.chunks_exact(q * c) {
                    crate::random::block::multiply(q, q, c, v, z, work);
                    for (a, b) in z.chunks_exact(c).zip(work.chunks_exact(c)) {
                        add_product(b, a, times, sum);
                    }
                }
            }
        }
    }

    /// E, q × q, of a symmetric Ω given packed with its entries off the diagonal doubled.
    pub fn project(&self, c: usize, omega: &[f64], work: &mut [f64], e: &mut [f64]) {
        let q = self.places.len();
        match &self.products {
            Products::ByPair(sums) => {
                let mut blocks = sums.chunks_exact(packed(c));
                for a in 0..q {
                    for (b, s) in (0..=a).zip(&mut blocks) {
                        let all = crate::linalg::dot(omega, s);
                        let own = if a == b { all } else { 0.5 * all };
                        e[a * q + b] = own;
                        e[b * q + a] = own;
                    }
                }
            }
            Products::ByFamily(rows) => {
                e[..q * q].fill(0.0);
                for z in rows.chunks_exact(q * c) {
                    // Ω z, with the halves of the doubled entries on both sides.
                    for (z, out) in z.chunks_exact(c).zip(work.chunks_exact_mut(c)) {
                        out.fill(0.0);
                        let mut first = 0;
                        for i in 0..c {
                            for j in 0..i {
                                let half = 0.5 * omega[first + j];
                                out[i] += half * z[j];
                                out[j] += half * z[i];
                            }
                            out[i] += omega[first + i] * z[i];
                            first += i + 1;
                        }
                    }
                    for (a, za) in z.chunks_exact(c).enumerate() {
                        for (b, zb) in work.chunks_exact(c).take(q).enumerate() {
                            e[a * q + b] += crate::random::block::dot(za, zb);
                        }
                    }
                }
            }
        }
    }
}

/// Adds the lower triangle of times x y', packed.
fn add_product(x: &[f64], y: &[f64], times: f64, sum: &mut [f64]) {
    let mut first = 0;
    for (i, x) in x.iter().enumerate() {
        let x = times * x;
        for (s, y) in sum[first..=first + i].iter_mut().zip(y) {
            *s += x * y;
        }
        first += i + 1;
    }
}

/// What tells the rows of a family apart.
enum Occasions<'a> {
    Waves {
        levels: &'a [String],
        index: &'a [u32],
    },
    Times(Vec<f64>),
}

impl<'a> Occasions<'a> {
    fn new(structure: Structure, design: &'a Design) -> Result<Self, Error> {
        let Some(time) = design.time() else {
            return Err(Error::Missing {
                option: "a model for repeated measures".to_owned(),
                needed: "a wave",
                hint: "name the column of the waves",
            });
        };
        if structure.goes_by_time() {
            return Ok(Self::Times(time.value.to_vec()));
        }
        Ok(Self::Waves {
            levels: &time.levels,
            index: &time.index,
        })
    }

    fn order(&self, one: u32, other: u32) -> std::cmp::Ordering {
        let (one, other) = (one as usize, other as usize);
        match self {
            Self::Waves { index, .. } => index[one].cmp(&index[other]),
            Self::Times(times) => times[one].total_cmp(&times[other]),
        }
    }

    fn name(&self, row: u32) -> String {
        match self {
            Self::Waves { levels, index } => format!("`{}`", levels[index[row as usize] as usize]),
            Self::Times(times) => format!("time {}", times[row as usize]),
        }
    }

    /// The place of each row among the waves that were seen, and these; nothing of times.
    fn waves(&self, rows: &[u32]) -> (Option<Vec<usize>>, Vec<String>) {
        let Self::Waves { levels, index } = self else {
            return (None, Vec::new());
        };
        let mut place = vec![None; levels.len()];
        for &row in rows {
            place[index[row as usize] as usize] = Some(0);
        }
        let mut seen = Vec::new();
        for (level, place) in levels.iter().zip(&mut place) {
            if place.is_some() {
                *place = Some(seen.len());
                seen.push(level.clone());
            }
        }
        let places = rows
            .iter()
            .filter_map(|&row| place[index[row as usize] as usize])
            .collect();
        (Some(places), seen)
    }

    /// The times of rows since the first of them, as bits.
    fn distances(&self, rows: &[u32]) -> Vec<u64> {
        let Self::Times(times) = self else {
            return Vec::new();
        };
        let first = rows.first().map_or(0.0, |&row| times[row as usize]);
        rows.iter()
            .map(|&row| (times[row as usize] - first).to_bits())
            .collect()
    }
}

/// The rows that count, family by family, wave by wave; a wave that a family has twice is refused.
fn in_order(
    design: &Design,
    subject: &Grouping,
    occasions: &Occasions<'_>,
    weights: Option<&Vec<f64>>,
) -> Result<Vec<u32>, Error> {
    let n = u32::try_from(design.rows()).map_err(|_| Error::Unsupported {
        what: "a model of more than four thousand million rows".to_owned(),
        hint: "aggregate them first".to_owned(),
    })?;
    let counts = |row: &u32| weights.is_none_or(|w| w[*row as usize] > 0.0);
    let mut rows: Vec<u32> = (0..n).filter(counts).collect();
    let family = |row: u32| subject.index[row as usize];
    rows.sort_by(|&one, &other| {
        family(one)
            .cmp(&family(other))
            .then_with(|| occasions.order(one, other))
    });
    let same =
        |two: &&[u32]| family(two[0]) == family(two[1]) && occasions.order(two[0], two[1]).is_eq();
    if let Some(two) = rows.windows(2).find(same) {
        let row = |row: u32| design.source_rows()[row as usize] + 1;
        return Err(Error::Shape {
            what: format!(
                "`{}` {}",
                subject.name,
                subject.levels[family(two[0]) as usize]
            ),
            expected: "one row a wave".to_owned(),
            found: format!(
                "rows {} and {} both at {}; keep one of them, or say which waves they are",
                row(two[0]),
                row(two[1]),
                occasions.name(two[0])
            ),
        });
    }
    Ok(rows)
}

/// Who is measured again and again: the subject, or the one clustering.
fn family(design: &Design) -> Result<&Grouping, Error> {
    let groups = design.groups();
    match (&groups.subject, groups.clusters.as_slice()) {
        (Some(subject), _) => Ok(subject),
        (None, [one]) => Ok(one),
        _ => Err(Error::Missing {
            option: "a model for repeated measures".to_owned(),
            needed: "a family",
            hint: "name the column of the family (or person) that is measured again and again",
        }),
    }
}

fn arms(design: &Design) -> Result<&Grouping, Error> {
    design.groups().arm.as_ref().ok_or(Error::Missing {
        option: "a covariance for each arm".to_owned(),
        needed: "an arm",
        hint: "name the column of the arm, or give all families one covariance",
    })
}

/// The arm of all rows of a family.
fn one_arm(arms: &Grouping, subject: &Grouping, rows: &[u32]) -> Result<u32, Error> {
    let arm = |row: u32| arms.index[row as usize];
    let Some(&first) = rows.first() else {
        return Ok(0);
    };
    match rows.iter().find(|&&row| arm(row) != arm(first)) {
        None => Ok(arm(first)),
        Some(&other) => Err(Error::Shape {
            what: format!(
                "`{}` {}",
                subject.name, subject.levels[subject.index[first as usize] as usize]
            ),
            expected: format!("one level of `{}`", arms.name),
            found: format!(
                "`{}` and `{}`",
                arms.levels[arm(first) as usize],
                arms.levels[arm(other) as usize]
            ),
        }),
    }
}

/// The weight of each row.
fn weights(design: &Design) -> Result<Option<Vec<f64>>, Error> {
    let Some(weights) = design.weights() else {
        return Ok(None);
    };
    if weights.kind != WeightKind::Precision {
        return Err(Error::Unsupported {
            what: "weights that are no precisions in a model for repeated measures".to_owned(),
            hint: "use precision weights (a row's variance is divided by its weight), or GEE with sampling \
                   weights"
                .to_owned(),
        });
    }
    if weights.values.iter().all(|&w| w == 0.0) {
        return Err(Error::TooFew {
            method: METHOD,
            what: "rows whose weight is not zero".to_owned(),
            needed: 1,
            found: 0,
        });
    }
    Ok(Some(weights.values.to_vec()))
}

/// Refuses numbers that cannot be squared, and a response that the columns explain to the last digit.
fn check_size(design: &Design, y: &[f64], columns: &[f64], fixed: &Fixed) -> Result<(), Error> {
    let c = fixed.estimated.len() + 1;
    let size: f64 = y.iter().map(|y| y * y).sum();
    let left: f64 = columns.chunks_exact(c).map(|row| row[c - 1].powi(2)).sum();
    if !(size.is_finite() && left.is_finite() && fixed.ln_back.is_finite()) {
        return Err(Error::Overflow {
            what: format!(
                "the model for repeated measures of `{}`",
                design.response_name()
            ),
        });
    }
    if left <= 1e-26 * size || left == 0.0 {
        return Err(Error::Constant {
            method: METHOD,
            what: format!(
                "`{}`, once the fixed effects are taken out,",
                design.response_name()
            ),
        });
    }
    Ok(())
}
