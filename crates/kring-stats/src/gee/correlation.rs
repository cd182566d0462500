//! Working correlations: their moments, and the roots that make the rows of a family uncorrelated.
//!
//! ```text
//! e           standardised residuals √w (y − μ) / √(φ v),  z_jk = e_j e_k for two rows of a family
//! classes     pairs of rows that share one α: all, those as near in the nest, those as far apart, ...
//! moments     α_c = Σ z_jk / Σ √… over the pairs of class c, that is Σ w_j w_k r_j r_k / Σ w_j w_k
//!             AR(1): the ρ that makes Σ_c N_c (z̄_c − ρ^{l_c})² smallest, l_c the distance in time
//! root        B_i'B_i = R_i⁻¹
//!   nested    R = (1 − α_L) I + Σ_l (α_l − α_{l−1}) 1_l 1_l': a rank-one step a group, from the inside out
//!             (I + a g g')^(−½) = I − k g g',  k = (1 − (1 + a g'g)^(−½)) / g'g
//!   AR(1)     x_j ← (x_j − ρ^d x_{j−1}) / √(1 − ρ^{2d}),  d the distance to the row before
//!   others    the Cholesky root of each pattern of waves, shared by the families that have it
//! ```
//! Independence and the exchangeable correlation are the nest of no level and of one. Nothing but the
//! others is n_i × n_i, so that large clusters cost what their rows do.

use std::collections::HashMap;

use kring_core::{Component, ComponentKind, Design};

use super::Correlation;
use super::families::{Families, duplicate};
use crate::Error;

/// What the data fix of a working correlation.
#[derive(Debug, Clone)]
pub(super) enum Structure {
    /// Groups in groups: where those of each level start, the families' first; no level is independence.
    Nested {
        starts: Vec<Vec<usize>>,
        /// Σ w_j w_k over the pairs of each level.
        pairs: Vec<f64>,
    },
    /// ρ to the power of the distance.
    Serial {
        patterns: Patterns,
        /// The distances in units of the smallest.
        lags: Vec<f64>,
        /// The smallest distance.
        unit: f64,
    },
    /// One α a class of pairs of places.
    Pairs {
        patterns: Patterns,
        /// What the classes are called.
        names: Vec<String>,
        /// The values that are given, if they are not estimated.
        given: Option<Vec<f64>>,
    },
}

/// Families with the same places.
#[derive(Debug, Clone)]
pub(super) struct Patterns {
    /// The pattern of each family.
    of: Vec<usize>,
    /// For each pattern the class of each pair (j, k), k < j, packed.
    classes: Vec<Vec<usize>>,
    /// The number of rows of each pattern.
    sizes: Vec<usize>,
    /// Σ w_j w_k over the pairs of each class.
    pairs: Vec<f64>,
    /// How many families have a pair of each class.
    families: Vec<usize>,
}

/// The class of pairs that are not correlated.
const NONE: usize = usize::MAX;

/// α at a point of the search, with the roots that belong to it.
#[derive(Debug, Clone)]
pub(super) struct Working {
    /// α of each class: for the nest from the outside in, for AR(1) ρ to each distance.
    pub alpha: Vec<f64>,
    /// ρ.
    rho: Option<f64>,
    /// The packed lower root of each pattern; empty where it has none.
    roots: Vec<Vec<f64>>,
}

/// The place of a pair k ≤ j in a packed triangle with its diagonal.
fn packed(j: usize, k: usize) -> usize {
    j * (j + 1) / 2 + k
}

/// The place of a pair k < j in a packed triangle without.
fn below(j: usize, k: usize) -> usize {
    j * (j - 1) / 2 + k
}

/// How many pairs t places have.
fn pairs(t: usize) -> usize {
    t * t.saturating_sub(1) / 2
}

/// The place of a pair among those of t places, row by row of the upper triangle.
fn upper(t: usize, j: usize, k: usize) -> usize {
    let (low, high) = (j.min(k), j.max(k));
    low * t - low * (low + 1) / 2 + high - low - 1
}

impl Structure {
    pub fn new(
        correlation: &Correlation,
        families: &Families,
        design: &Design,
    ) -> Result<Self, Error> {
        let nested = |starts: Vec<Vec<usize>>| {
            let mut structure = Self::Nested {
                pairs: Vec::new(),
                starts,
            };
            let pairs = structure.level_sums(families, |_| 1.0);
            if let Self::Nested { pairs: found, .. } = &mut structure {
                *found = pairs;
            }
            structure
        };
        Ok(match correlation {
            Correlation::Independence => nested(Vec::new()),
            Correlation::Exchangeable => nested(vec![families.starts.clone()]),
            Correlation::NestedExchangeable => {
                let outer = std::iter::once(families.starts.clone());
                nested(outer.chain(families.inner.iter().cloned()).collect())
            }
            Correlation::Ar1 => serial(families, design)?,
            Correlation::Unstructured => {
                let t = families.places.len();
                Self::Pairs {
                    patterns: by_place(families, design, pairs(t), |j, k| upper(t, j, k))?,
                    names: pair_names(families),
                    given: None,
                }
            }
            Correlation::MDependent(m) => {
                let m = *m;
                if m == 0 {
                    return Err(Error::Argument {
                        what: "m of the m-dependent working correlation".to_owned(),
                        expected: "one or more (with none rows are independent)",
                        found: "0".to_owned(),
                    });
                }
                let m = m.min(families.places.len().saturating_sub(1));
                let class = |j: usize, k: usize| {
                    let lag = j.abs_diff(k);
                    if lag <= m { lag - 1 } else { NONE }
                };
                let plural = |lag: usize| if lag == 1 { "" } else { "s" };
                Self::Pairs {
                    patterns: by_place(families, design, m, class)?,
                    names: (1..=m)
                        .map(|lag| format!("{lag} wave{} apart", plural(lag)))
                        .collect(),
                    given: None,
                }
            }
            Correlation::Fixed(matrix) => {
                let t = families.places.len();
                let given = checked_matrix(matrix, t)?;
                Self::Pairs {
                    patterns: by_place(families, design, pairs(t), |j, k| upper(t, j, k))?,
                    names: pair_names(families),
                    given: Some(given),
                }
            }
        })
    }

    /// No correlation, with which a search starts.
    pub fn independent(&self) -> Working {
        let classes = match self {
            Self::Nested { starts, .. } => starts.len(),
            Self::Serial { lags, .. } => lags.len(),
            Self::Pairs { names, .. } => names.len(),
        };
        let mut working = Working {
            alpha: vec![0.0; classes],
            rho: None,
            roots: Vec::new(),
        };
        self.root(&mut working);
        working
    }

    /// α by moments, given the standardised residuals (without weights).
    pub fn moments(&self, families: &Families, residual: &[f64], before: Option<f64>) -> Working {
        let mut rho = None;
        let alpha = match self {
            Self::Nested { pairs, .. } => {
                let mut alpha = self.level_sums(families, |i| residual[i]);
                for level in 0..alpha.len() {
                    // Where no two rows are as near as this, those further apart say what is known.
                    let outer = if level > 0 { alpha[level - 1] } else { 0.0 };
                    alpha[level] = if pairs[level] > 0.0 {
                        alpha[level] / pairs[level]
                    } else {
                        outer
                    };
                }
                alpha
            }
            Self::Serial { patterns, lags, .. } => {
                let sums = patterns.sums(families, residual);
                let found = least_squares(lags, &sums, &patterns.pairs, before);
                rho = Some(found);
                lags.iter().map(|&lag| power(found, lag)).collect()
            }
            Self::Pairs {
                given: Some(given), ..
            } => given.clone(),
            Self::Pairs { patterns, .. } => {
                let sums = patterns.sums(families, residual);
                let each = sums.iter().zip(&patterns.pairs);
                each.map(|(s, &n)| if n > 0.0 { s / n } else { 0.0 })
                    .collect()
            }
        };
        let mut working = Working {
            alpha,
            rho,
            roots: Vec::new(),
        };
        self.root(&mut working);
        working
    }

    /// The same correlations, all times a number of one or less, for steps where they are too large.
    pub fn shrunk(&self, working: &Working, share: f64) -> Working {
        let mut shrunk = Working {
            alpha: working.alpha.iter().map(|a| a * share).collect(),
            rho: working.rho,
            roots: Vec::new(),
        };
        self.root(&mut shrunk);
        shrunk
    }

    /// Σ over the pairs of each level that are no nearer, of products of x, weighed.
    fn level_sums(&self, families: &Families, x: impl Fn(usize) -> f64) -> Vec<f64> {
        let Self::Nested { starts, .. } = self else {
            return Vec::new();
        };
        let within = |starts: &Vec<usize>| -> f64 {
            let groups = starts.windows(2).map(|ends| {
                let (mut sum, mut squares) = (0.0, 0.0);
                for i in ends[0]..ends[1] {
                    let x = families.weight[i] * x(i);
                    sum += x;
                    squares += x * x;
                }
                // A group of one has no pair, also when rounded.
                if ends[1] - ends[0] > 1 {
                    0.5 * (sum * sum - squares)
                } else {
                    0.0
                }
            });
            groups.sum()
        };
        let mut sums: Vec<f64> = starts.iter().map(within).collect();
        for level in 1..sums.len() {
            sums[level - 1] -= sums[level];
        }
        // The difference of two sums of the same pairs is rounding.
        for level in 1..sums.len() {
            let same = starts[level - 1] == starts[level];
            if same {
                sums[level - 1] = 0.0;
            }
        }
        sums
    }

    /// The roots of the patterns.
    fn root(&self, working: &mut Working) {
        let Self::Pairs { patterns, .. } = self else {
            return;
        };
        let of = |classes: &[usize], n: usize| {
            let mut root = vec![0.0; n * (n + 1) / 2];
            for j in 0..n {
                for k in 0..=j {
                    let rho = if j == k {
                        1.0
                    } else {
                        match classes[below(j, k)] {
                            NONE => 0.0,
                            class => working.alpha[class],
                        }
                    };
                    let inner: f64 = (0..k)
                        .map(|l| root[packed(j, l)] * root[packed(k, l)])
                        .sum();
                    let left = rho - inner;
                    if j > k {
                        root[packed(j, k)] = left / root[packed(k, k)];
                    } else if left > DEFINITE {
                        root[packed(j, j)] = left.sqrt();
                    } else {
                        return Vec::new();
                    }
                }
            }
            root
        };
        let each = patterns.classes.iter().zip(&patterns.sizes);
        working.roots = each.map(|(classes, &n)| of(classes, n)).collect();
    }

    /// Turns the rows of a family, c numbers each, into uncorrelated ones; false where its working
    /// correlation is not positive definite. `ones` is room for a number a row.
    pub fn whiten(
        &self,
        families: &Families,
        working: &Working,
        family: usize,
        x: &mut [f64],
        c: usize,
        room: &mut Vec<f64>,
    ) -> bool {
        match self {
            Self::Nested { starts, .. } => {
                if starts.is_empty() {
                    return true;
                }
                whiten_nested(families, starts, &working.alpha, family, x, c, room)
            }
            Self::Serial { patterns, .. } => {
                let classes = &patterns.classes[patterns.of[family]];
                for j in (1..x.len() / c).rev() {
                    let rho = working.alpha[classes[below(j, j - 1)]];
                    let left = 1.0 - rho * rho;
                    if left <= DEFINITE {
                        return false;
                    }
                    let scale = 1.0 / left.sqrt();
                    let (before, row) = x[(j - 1) * c..(j + 1) * c].split_at_mut(c);
                    for (x, b) in row.iter_mut().zip(before) {
                        *x = (*x - rho * *b) * scale;
                    }
                }
                true
            }
            Self::Pairs { patterns, .. } => {
                let root = &working.roots[patterns.of[family]];
                if root.is_empty() {
                    return x.is_empty();
                }
                for j in 0..x.len() / c {
                    let (before, row) = x[..(j + 1) * c].split_at_mut(j * c);
                    for (k, above) in before.chunks_exact(c).enumerate() {
                        let l = root[packed(j, k)];
                        for (x, b) in row.iter_mut().zip(above) {
                            *x -= l * b;
                        }
                    }
                    let d = 1.0 / root[packed(j, j)];
                    row.iter_mut().for_each(|x| *x *= d);
                }
                true
            }
        }
    }

    /// The working correlation of two rows of a family.
    pub fn correlation(
        &self,
        families: &Families,
        working: &Working,
        family: usize,
        j: usize,
        k: usize,
    ) -> f64 {
        let (j, k) = (j.max(k), j.min(k));
        if j == k {
            return 1.0;
        }
        match self {
            Self::Nested { starts, .. } => {
                let first = families.starts[family];
                let together = |starts: &Vec<usize>| {
                    let group = |i: usize| starts.partition_point(|&start| start <= first + i);
                    group(j) == group(k)
                };
                let levels = starts.iter().take_while(|starts| together(starts)).count();
                levels
                    .checked_sub(1)
                    .map_or(0.0, |level| working.alpha[level])
            }
            Self::Serial { patterns, .. } | Self::Pairs { patterns, .. } => {
                let class = patterns.classes[patterns.of[family]][below(j, k)];
                if class == NONE {
                    0.0
                } else {
                    working.alpha[class]
                }
            }
        }
    }

    /// How many parameters are estimated.
    pub fn parameters(&self) -> usize {
        match self {
            Self::Nested { pairs, .. } => pairs.iter().filter(|&&n| n > 0.0).count(),
            Self::Serial { .. } => 1,
            Self::Pairs { given: Some(_), .. } => 0,
            Self::Pairs { patterns, .. } => patterns.families.iter().filter(|&&n| n > 0).count(),
        }
    }

    /// The parameters as a reader knows them, and what is to be said of them.
    pub fn components(
        &self,
        families: &Families,
        design: &Design,
        working: &Working,
    ) -> Vec<Component> {
        let one = |label: String, value: f64| Component {
            group: families.name.clone(),
            label,
            kind: ComponentKind::Correlation,
            value,
            at_boundary: false,
            interval: None,
            cautions: Vec::new(),
        };
        match self {
            Self::Nested { pairs, .. } => {
                let levels = pairs.iter().enumerate().filter(|(_, n)| **n > 0.0);
                levels
                    .map(|(level, _)| {
                        let name = design.groups().clusters.get(level).map(|g| g.name.as_str());
                        let name = name.unwrap_or(&families.name);
                        let label = if pairs.len() == 1 {
                            "exchangeable".to_owned()
                        } else {
                            format!("same {name}")
                        };
                        one(label, working.alpha[level])
                    })
                    .collect()
            }
            Self::Serial { unit, .. } => {
                let rho = working.rho.unwrap_or(0.0);
                let mut component = one(format!("distance {unit}"), rho);
                component.at_boundary = rho.abs() >= EDGE || (rho <= 0.0 && self.only_positive());
                vec![component]
            }
            Self::Pairs { given: Some(_), .. } => Vec::new(),
            Self::Pairs {
                patterns, names, ..
            } => {
                let seen = names.iter().zip(&working.alpha).zip(&patterns.families);
                seen.filter(|(_, n)| **n > 0)
                    .map(|((name, &alpha), _)| one(name.clone(), alpha))
                    .collect()
            }
        }
    }

    /// The classes that so few families have that they say little, with their number.
    pub fn of_one_family(&self) -> Vec<&str> {
        match self {
            Self::Pairs {
                patterns,
                names,
                given: None,
            } => {
                let all = names.iter().zip(&patterns.families);
                all.filter(|(_, n)| **n == 1)
                    .map(|(name, _)| name.as_str())
                    .collect()
            }
            _ => Vec::new(),
        }
    }

    /// Whether ρ may not be below zero, because it is raised to broken powers.
    fn only_positive(&self) -> bool {
        matches!(self, Self::Serial { lags, .. } if !lags.iter().all(|l| l.fract() == 0.0))
    }

    /// ρ of the step before, from which the next one starts.
    pub fn rho(working: &Working) -> Option<f64> {
        working.rho
    }
}

/// ρ of AR(1) beyond this lies at its edge.
const EDGE: f64 = 1.0 - 1e-6;

/// A pivot of a working correlation below this is none.
const DEFINITE: f64 = 1e-10;

fn whiten_nested(
    families: &Families,
    starts: &[Vec<usize>],
    alpha: &[f64],
    family: usize,
    x: &mut [f64],
    c: usize,
    ones: &mut Vec<f64>,
) -> bool {
    let range = families.range(family);
    let innermost = alpha[alpha.len() - 1];
    let left = 1.0 - innermost;
    // A family of one row is not correlated with anything.
    if range.len() == 1 {
        return true;
    }
    if left <= DEFINITE {
        return false;
    }
    let scale = 1.0 / left.sqrt();
    x.iter_mut().for_each(|x| *x *= scale);
    ones.clear();
    ones.resize(range.len(), scale);
    for level in (0..starts.len()).rev() {
        let outer = if level > 0 { alpha[level - 1] } else { 0.0 };
        let a = alpha[level] - outer;
        let starts = &starts[level];
        let mut group = starts.partition_point(|&start| start <= range.start) - 1;
        while starts[group] < range.end {
            let (from, to) = (starts[group] - range.start, starts[group + 1] - range.start);
            group += 1;
            let g = &mut ones[from..to];
            let square: f64 = g.iter().map(|g| g * g).sum();
            let more = 1.0 + a * square;
            if more <= DEFINITE {
                return false;
            }
            if a == 0.0 {
                continue;
            }
            let shrink = 1.0 / more.sqrt();
            let k = (1.0 - shrink) / square;
            let rows = &mut x[from * c..to * c];
            for column in 0..c {
                let along: f64 = g
                    .iter()
                    .zip(rows.chunks_exact(c))
                    .map(|(g, row)| g * row[column])
                    .sum();
                let along = k * along;
                for (g, row) in g.iter().zip(rows.chunks_exact_mut(c)) {
                    row[column] -= along * g;
                }
            }
            g.iter_mut().for_each(|g| *g *= shrink);
        }
    }
    true
}

/// The names of the pairs of places, in the order of [`upper`].
fn pair_names(families: &Families) -> Vec<String> {
    let places = &families.places;
    let after = |j: usize| places[j + 1..].iter();
    let named = places.iter().enumerate();
    named
        .flat_map(|(j, first)| after(j).map(move |second| format!("{first} and {second}")))
        .collect()
}

/// A given correlation matrix over the waves, packed without its diagonal.
fn checked_matrix(matrix: &[Vec<f64>], t: usize) -> Result<Vec<f64>, Error> {
    let wrong = |expected, found: String| Error::Argument {
        what: "the fixed working correlation".to_owned(),
        expected,
        found,
    };
    if matrix.len() < t || matrix.iter().any(|row| row.len() != matrix.len()) {
        return Err(Error::Shape {
            what: "the fixed working correlation".to_owned(),
            expected: format!("a row and a column for each of {t} waves"),
            found: format!(
                "{} rows of {} columns",
                matrix.len(),
                matrix.first().map_or(0, Vec::len)
            ),
        });
    }
    let mut given = vec![0.0; pairs(t)];
    for (j, row) in matrix.iter().enumerate().take(t) {
        if row[j] != 1.0 {
            return Err(wrong("ones on its diagonal", row[j].to_string()));
        }
        for (k, &rho) in row.iter().enumerate().take(j) {
            if !(rho.abs() < 1.0) {
                return Err(wrong("correlations between −1 and 1", rho.to_string()));
            }
            if rho != matrix[k][j] {
                return Err(wrong(
                    "a symmetric matrix",
                    format!("{rho} on one side and {} on the other", matrix[k][j]),
                ));
            }
            given[upper(t, j, k)] = rho;
        }
    }
    Ok(given)
}

/// The patterns of waves, with a class for each pair of places.
fn by_place(
    families: &Families,
    design: &Design,
    classes: usize,
    class: impl Fn(usize, usize) -> usize,
) -> Result<Patterns, Error> {
    let mut patterns = Patterns::new(classes);
    let mut known: HashMap<&[u32], usize> = HashMap::new();
    for family in 0..families.count() {
        let range = families.range(family);
        let places = &families.place[range.clone()];
        let pattern = if let Some(&pattern) = known.get(places) {
            pattern
        } else {
            let mut all = Vec::new();
            for j in 1..places.len() {
                for k in 0..j {
                    if places[j] == places[k] {
                        return Err(duplicate(families, design, family, range.start + j));
                    }
                    all.push(class(places[j] as usize, places[k] as usize));
                }
            }
            patterns.classes.push(all);
            patterns.sizes.push(places.len());
            known.insert(places, patterns.sizes.len() - 1);
            patterns.sizes.len() - 1
        };
        patterns.of.push(pattern);
    }
    patterns.count(families);
    Ok(patterns)
}

/// The patterns of times, with a class for each distance.
fn serial(families: &Families, design: &Design) -> Result<Structure, Error> {
    let mut distances: Vec<f64> = Vec::new();
    let mut known: HashMap<Vec<u64>, usize> = HashMap::new();
    let mut of = Vec::with_capacity(families.count());
    let mut patterns: Vec<Vec<f64>> = Vec::new();
    for family in 0..families.count() {
        let range = families.range(family);
        let times = &families.time[range.clone()];
        if let Some(j) = (1..times.len()).find(|&j| times[j] == times[j - 1]) {
            return Err(duplicate(families, design, family, range.start + j));
        }
        let key = times.iter().map(|t| t.to_bits()).collect();
        let next = patterns.len();
        let pattern = *known.entry(key).or_insert(next);
        if pattern == next {
            let pairs = (1..times.len()).flat_map(|j| (0..j).map(move |k| times[j] - times[k]));
            patterns.push(pairs.collect());
            distances.extend_from_slice(&patterns[next]);
        }
        of.push(pattern);
    }
    distances.sort_by(f64::total_cmp);
    distances.dedup();
    let unit = distances.first().copied().unwrap_or(1.0);
    let class = |d: &f64| distances.partition_point(|x| x < d);
    let mut found = Patterns::new(distances.len());
    found.of = of;
    found.sizes = Vec::new();
    found.classes = patterns
        .iter()
        .map(|pairs| pairs.iter().map(class).collect())
        .collect();
    found.count(families);
    Ok(Structure::Serial {
        patterns: found,
        lags: distances.iter().map(|d| whole(d / unit)).collect(),
        unit,
    })
}

/// A number that is whole but for rounding.
fn whole(x: f64) -> f64 {
    if (x - x.round()).abs() < 1e-9 * x.abs() {
        x.round()
    } else {
        x
    }
}

impl Patterns {
    fn new(classes: usize) -> Self {
        Self {
            of: Vec::new(),
            classes: Vec::new(),
            sizes: Vec::new(),
            pairs: vec![0.0; classes],
            families: vec![0; classes],
        }
    }

    /// Counts the pairs of each class.
    fn count(&mut self, families: &Families) {
        let ones = vec![1.0; families.rows.len()];
        self.pairs = self.sums(families, &ones);
        for &pattern in &self.of {
            let mut seen: Vec<usize> = self.classes[pattern].clone();
            seen.sort_unstable();
            seen.dedup();
            for class in seen.into_iter().filter(|&class| class != NONE) {
                self.families[class] += 1;
            }
        }
    }

    /// Σ w_j x_j w_k x_k over the pairs of each class.
    fn sums(&self, families: &Families, x: &[f64]) -> Vec<f64> {
        let mut sums = vec![0.0; self.pairs.len()];
        for family in 0..families.count() {
            let range = families.range(family);
            let classes = &self.classes[self.of[family]];
            let (x, w) = (&x[range.clone()], &families.weight[range]);
            let mut pair = 0;
            for j in 1..x.len() {
                let own = x[j] * w[j];
                for k in 0..j {
                    if let Some(sum) = sums.get_mut(classes[pair]) {
                        *sum += own * (x[k] * w[k]);
                    }
                    pair += 1;
                }
            }
        }
        sums
    }
}

/// ρ to a power of one or more.
fn power(rho: f64, lag: f64) -> f64 {
    if lag == 1.0 {
        rho
    } else if lag.fract() == 0.0 && lag < 1024.0 {
        #[allow(clippy::cast_possible_truncation, reason = "a whole number below 1024")]
        rho.powi(lag as i32)
    } else {
        rho.max(0.0).powf(lag)
    }
}

/// The ρ that makes Σ N (s / N − ρ^l)² smallest: by Gauss and Newton, from the ρ before or the best of a
/// grid.
fn least_squares(lags: &[f64], sums: &[f64], pairs: &[f64], before: Option<f64>) -> f64 {
    let all = || lags.iter().zip(sums).zip(pairs).filter(|(_, n)| **n > 0.0);
    let lowest = if lags.iter().all(|l| l.fract() == 0.0) {
        -EDGE
    } else {
        0.0
    };
    let loss = |rho: f64| -> f64 {
        all()
            .map(|((&l, &s), &n)| n * (s / n - power(rho, l)).powi(2))
            .sum()
    };
    let start = before.unwrap_or_else(|| {
        let grid = (0..=40).map(|i| lowest + (EDGE - lowest) * f64::from(i) / 40.0);
        let best = grid
            .map(|rho| (loss(rho), rho))
            .min_by(|a, b| a.0.total_cmp(&b.0));
        best.map_or(0.0, |(_, rho)| rho)
    });
    let mut rho = start.clamp(lowest, EDGE);
    let mut least = loss(rho);
    for _ in 0..100 {
        let (mut slope, mut curve) = (0.0, 0.0);
        for ((&l, &s), &n) in all() {
            let d = l * if l == 1.0 { 1.0 } else { power(rho, l - 1.0) };
            slope += d * (s - n * power(rho, l));
            curve += n * d * d;
        }
        if curve <= 0.0 {
            break;
        }
        let mut step = slope / curve;
        let next = loop {
            let next = (rho + step).clamp(lowest, EDGE);
            let found = loss(next);
            if found <= least || step.abs() < 1e-15 {
                least = found;
                break next;
            }
            step /= 2.0;
        };
        let moved = (next - rho).abs();
        rho = next;
        if moved < 1e-15 {
            break;
        }
    }
    rho
}
