//! Hides small counts in what is shared, so that they cannot be worked out from what is left.
//!
//! ```text
//! cells      x_1 … x_m, whole numbers of people: the counts of a table with its totals
//! balances   A x = 0: each total is the sum of its parts, and the like
//! small      1 … t − 1 people (0 too, where zeros are hidden)
//! hidden     a set H of cells. A reader knows x_i for i ∉ H, A x = 0, and x_i ≥ l_i, where l_i = 1 for a
//!            hidden cell if zeros are shown, else 0
//! move       y with A y = 0 and y_i = 0 for i ∉ H: then x + y is a table that the reader cannot rule out
//! safe       for each small cell c a move of whole numbers with y_c ≥ max(t − x_c, w) and x + y ≥ l
//! ```
//! So of each small cell the reader must think it possible that it is t or more, and the numbers that are
//! possible span w or more. The move is found by a linear program: it minimises Σ a_i |y_i|, where a_i is
//! the loss when cell i is hidden, its number of people and one (next to nothing for what is hidden
//! already), and goes on by branching until y is of whole numbers. The cells that it moves are hidden too.
//! It is checked in whole numbers, and is itself the proof. What is hidden later takes no move away. Where there is no such move, everything that is
//! bound to the cell by balances is hidden, zeros and totals too.
//!
//! Castro (2012), doi:10.1016/j.ejor.2011.08.007, on the problem; Kelly, Golden and Assad (1992),
//! doi:10.1002/net.3230220407, on the moves.

mod guard;
mod plan;
mod simplex;

use serde::{Deserialize, Serialize};

use crate::Error;
pub use guard::guard;
use simplex::{Program, least, least_whole};

/// Which counts are hidden, and how well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Disclosure {
    /// Counts below it are hidden.
    pub threshold: usize,
    /// Whether a zero is hidden too.
    pub zeros: Zeros,
    /// The numbers that a reader must hold possible for a small count span at least this much.
    pub width: usize,
    /// Whether the counts that are shown are rounded.
    pub rounding: Rounding,
    /// What becomes of tables whose cells are written already.
    pub listings: WrittenTables,
}

/// Whether a zero is shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Zeros {
    /// A zero is about nobody, and is shown.
    #[default]
    Shown,
    /// A zero is hidden: that nobody has it is said of everybody.
    Hidden,
}

/// How the counts that are shown are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rounding {
    /// As they are.
    #[default]
    Exact,
    /// To the nearest five, totals for themselves.
    Fives,
    /// To the nearest ten, totals for themselves; a half goes up.
    Tens,
}

/// What becomes of a [`Listing`](crate::Listing), of which nobody can tell which cells count people.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WrittenTables {
    /// It is taken out, and a sentence says so.
    #[default]
    Removed,
    /// It stays as it is: whoever asks for that has looked at it.
    Kept,
}

/// How often a move that is not of whole numbers is bounded before it is given up.
const BRANCHES: usize = 60;

impl Default for Disclosure {
    fn default() -> Self {
        Self {
            threshold: 10,
            zeros: Zeros::Shown,
            width: 5,
            rounding: Rounding::Exact,
            listings: WrittenTables::Removed,
        }
    }
}

impl Disclosure {
    /// Whether a count of people must be hidden.
    pub fn is_small(&self, n: usize) -> bool {
        n < self.threshold && (n > 0 || self.zeros == Zeros::Hidden)
    }

    /// What stands in the place of a hidden number, `[<10]`: the same for a small one and for one that would
    /// give it away, so that nobody sees which is which.
    pub fn mark(&self) -> String {
        format!("[<{}]", self.threshold)
    }

    /// A count that is shown, rounded where that is asked for.
    pub fn rounded(&self, n: usize) -> usize {
        let base = match self.rounding {
            Rounding::Exact => return n,
            Rounding::Fives => 5,
            Rounding::Tens => 10,
        };
        (n + base / 2) / base * base
    }
}

/// Counts of people with what binds them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counts {
    /// The counts.
    pub cells: Vec<Count>,
    /// Which of them together are as many as which others.
    pub balances: Vec<Balance>,
}

/// A count of people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Count {
    /// How many.
    pub n: usize,
    /// What a reader sees of it.
    pub printed: Printed,
}

/// What a reader sees of a count before anything is hidden.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Printed {
    /// It stands in the table, and may be hidden.
    Here,
    /// It stands elsewhere: to hide it here would be in vain.
    Elsewhere,
    /// It stands nowhere, but follows from others: those who do not have what is counted.
    Nowhere,
}

/// Some counts together are as many as some others: parts and their total.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Balance {
    /// The places of the ones.
    pub these: Vec<usize>,
    /// The places of the others.
    pub those: Vec<usize>,
}

/// What becomes of a count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// It is shown.
    Shown,
    /// It is hidden, as it is small.
    Small,
    /// It is hidden, as a small one could be worked out from it.
    Complement,
}

impl Fate {
    /// Whether it is shown.
    pub fn is_shown(self) -> bool {
        self == Self::Shown
    }
}

/// The least and the most that a hidden count can be, as far as a reader can tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Possible {
    /// The least.
    pub least: usize,
    /// The most; absent where there is no end.
    pub most: Option<usize>,
}

/// Which counts are hidden, so that no small one can be worked out.
///
/// ```
/// use kring_report::{Disclosure, Fate, crossed, suppress};
/// // 3 of 40 in one arm, 20 of 41 in the other: with the totals shown, one hidden count is no secret.
/// let counts = crossed(&[2, 2], &[3, 37, 20, 21])?;
/// let fates = suppress(&counts, &Disclosure::default())?;
/// let hidden = fates.iter().filter(|fate| !fate.is_shown()).count();
/// assert_eq!((fates[0], hidden), (Fate::Small, 4));
/// # Ok::<(), kring_report::Error>(())
/// ```
pub fn suppress(counts: &Counts, rules: &Disclosure) -> Result<Vec<Fate>, Error> {
    check(counts)?;
    Ok(fates(counts, rules, &[]))
}

/// What a reader can work out of each count: of one that is shown, that number.
///
/// The bounds are those of a linear program, which are exact for tables of two dimensions. In others a reader
/// who tries whole numbers may find closer ones, but none that break what [`suppress`] promises.
pub fn possible(
    counts: &Counts,
    fates: &[Fate],
    rules: &Disclosure,
) -> Result<Vec<Possible>, Error> {
    check(counts)?;
    let free = free(counts, fates);
    let least_of = lower(counts, fates, rules);
    Ok((0..counts.cells.len())
        .map(|c| {
            let n = counts.cells[c].n;
            if !free[c] {
                return Possible {
                    least: n,
                    most: Some(n),
                };
            }
            let end = |sign: f64| extreme(counts, &free, &least_of, c, sign);
            Possible {
                least: end(1.0).unwrap_or(least_of[c]),
                most: end(-1.0),
            }
        })
        .collect())
}

/// A table of any number of dimensions with all its totals: the cells of the last dimension follow one
/// another, and on each dimension the total stands behind the levels.
///
/// Of a table of arms by waves of sizes 2 and 3 the cells are 3 × 4: the counts of the first arm and their
/// total, those of the second, and the totals of the waves and of all.
pub fn crossed(sizes: &[usize], cells: &[usize]) -> Result<Counts, Error> {
    let expected: usize = sizes.iter().product();
    if expected != cells.len() || sizes.is_empty() {
        return Err(Error::Crossed {
            expected,
            found: cells.len(),
        });
    }
    let broad: Vec<usize> = sizes.iter().map(|size| size + 1).collect();
    let total: usize = broad.iter().product();
    let places = |mut at: usize| -> Vec<usize> {
        let mut places: Vec<usize> = broad
            .iter()
            .rev()
            .map(|size| {
                let place = at % size;
                at /= size;
                place
            })
            .collect();
        places.reverse();
        places
    };
    let index = |places: &[usize], sizes: &[usize]| {
        places
            .iter()
            .zip(sizes)
            .fold(0, |at, (place, size)| at * size + place)
    };
    let mut counts = Counts::default();
    for at in 0..total {
        let places = places(at);
        let inner = places.iter().zip(sizes).all(|(place, size)| place < size);
        let n = if inner {
            cells[index(&places, sizes)]
        } else {
            0
        };
        counts.cells.push(Count {
            n,
            printed: Printed::Here,
        });
    }
    for (axis, &size) in sizes.iter().enumerate() {
        for at in 0..total {
            let mut places = places(at);
            if places[axis] != size {
                continue;
            }
            let parts = (0..size).map(|level| {
                places[axis] = level;
                index(&places, &broad)
            });
            let parts: Vec<usize> = parts.collect();
            // Of the axes before this one all totals are there already.
            counts.cells[at].n = parts.iter().map(|&part| counts.cells[part].n).sum();
            counts.balances.push(Balance {
                these: parts,
                those: vec![at],
            });
        }
    }
    Ok(counts)
}

fn check(counts: &Counts) -> Result<(), Error> {
    for (balance, sides) in counts.balances.iter().enumerate() {
        let mut sums = [0, 0];
        for (sum, side) in sums.iter_mut().zip([&sides.these, &sides.those]) {
            for &place in side {
                *sum += counts.cells.get(place).map_or(0, |cell| cell.n);
                if place >= counts.cells.len() {
                    return Err(Error::NoCell {
                        balance,
                        place,
                        cells: counts.cells.len(),
                    });
                }
            }
        }
        if sums[0] != sums[1] {
            return Err(Error::Unbalanced {
                balance,
                these: sums[0],
                those: sums[1],
            });
        }
    }
    Ok(())
}

/// The fates of counts that balance, where some are hidden already.
fn fates(counts: &Counts, rules: &Disclosure, hidden: &[Fate]) -> Vec<Fate> {
    let mut fates: Vec<Fate> = counts
        .cells
        .iter()
        .enumerate()
        .map(|(i, cell)| {
            let before = hidden.get(i).copied().unwrap_or(Fate::Shown);
            match cell.printed {
                Printed::Here if rules.is_small(cell.n) => Fate::Small,
                Printed::Here => before,
                // Those who do not have it are people too; that all have it is no secret.
                Printed::Nowhere if cell.n > 0 && cell.n < rules.threshold => Fate::Small,
                Printed::Nowhere => Fate::Complement,
                Printed::Elsewhere => Fate::Shown,
            }
        })
        .collect();
    let mut small: Vec<usize> = (0..fates.len())
        .filter(|&i| fates[i] == Fate::Small)
        .collect();
    small.sort_by_key(|&i| counts.cells[i].n);
    for c in small {
        let n = counts.cells[c].n;
        let enough = rules.threshold.saturating_sub(n).max(1);
        let found = step(counts, &fates, rules, c, enough.max(rules.width))
            .or_else(|| step(counts, &fates, rules, c, enough));
        match found {
            Some(moved) => {
                for (fate, by) in fates.iter_mut().zip(moved) {
                    if by != 0 && fate.is_shown() {
                        *fate = Fate::Complement;
                    }
                }
            }
            None => hide_all_bound_to(counts, &mut fates, c),
        }
    }
    fates
}

/// Which counts a reader does not know for certain.
fn free(counts: &Counts, fates: &[Fate]) -> Vec<bool> {
    let cells = counts.cells.iter().enumerate();
    cells
        .map(|(i, cell)| {
            cell.printed == Printed::Nowhere
                || (cell.printed == Printed::Here && fates.get(i).is_some_and(|f| !f.is_shown()))
        })
        .collect()
}

/// The least that a reader must hold possible of each hidden count: one, unless zeros are hidden as well.
fn lower(counts: &Counts, fates: &[Fate], rules: &Disclosure) -> Vec<usize> {
    let free = free(counts, fates);
    let here = |i: usize| counts.cells[i].printed == Printed::Here;
    let zero = (0..free.len()).any(|i| free[i] && here(i) && counts.cells[i].n == 0);
    let all = zero || rules.zeros == Zeros::Hidden;
    (0..free.len())
        .map(|i| usize::from(here(i) && !all))
        .collect()
}

/// The cheapest move that makes a count larger by so much: how far each count moves.
fn step(
    counts: &Counts,
    fates: &[Fate],
    rules: &Disclosure,
    c: usize,
    by: usize,
) -> Option<Vec<i64>> {
    let hidden = free(counts, fates);
    let lower = lower(counts, fates, rules);
    // Two variables a count that may move: up and down.
    let mut columns: Vec<[Option<usize>; 2]> = vec![[None; 2]; counts.cells.len()];
    let (mut cost, mut upper) = (Vec::new(), Vec::new());
    for (i, cell) in counts.cells.iter().enumerate() {
        let fixed = cell.printed == Printed::Elsewhere
            || (cell.printed == Printed::Here && !hidden[i] && cell.n == 0);
        if i == c || fixed {
            continue;
        }
        let loss = if hidden[i] { 1e-3 } else { 1.0 + cell.n as f64 };
        columns[i][0] = Some(cost.len());
        cost.push(loss);
        upper.push(f64::INFINITY);
        if cell.n > lower[i] {
            columns[i][1] = Some(cost.len());
            cost.push(loss);
            upper.push((cell.n - lower[i]) as f64);
        }
    }
    let rows = counts.balances.iter().map(|balance| {
        let mut entries = Vec::new();
        let mut right = 0.0;
        for (side, sign) in [(&balance.these, 1.0), (&balance.those, -1.0)] {
            for &i in side {
                if i == c {
                    right -= sign * by as f64;
                }
                for (column, way) in columns[i].iter().zip([1.0, -1.0]) {
                    entries.extend(column.map(|j| (j, sign * way)));
                }
            }
        }
        (entries, right)
    });
    let rows: Vec<_> = rows
        .filter(|(entries, right)| !entries.is_empty() || *right != 0.0)
        .collect();
    let point = least_whole(&Program { cost, upper, rows }, BRANCHES)?;
    let mut moved = Vec::with_capacity(counts.cells.len());
    for (i, columns) in columns.iter().enumerate() {
        let [up, down] = columns.map(|column| column.map_or(0.0, |j| point[j]));
        moved.push(if i == c {
            whole(by as f64)?
        } else {
            whole(up - down)?
        });
    }
    is_proof(counts, &lower, &moved).then_some(moved)
}

/// A number that is a whole one but for rounding.
#[allow(
    clippy::cast_possible_truncation,
    reason = "it is a whole number far from the bounds of the type"
)]
fn whole(x: f64) -> Option<i64> {
    let near = x.round();
    ((x - near).abs() < 1e-6 && near.abs() < 1e12).then_some(near as i64)
}

/// Whether a move leaves every balance as it is and no count below its least, in whole numbers.
fn is_proof(counts: &Counts, lower: &[usize], moved: &[i64]) -> bool {
    let at = |i: &usize| moved.get(*i).copied().unwrap_or(0);
    let balanced = counts.balances.iter().all(|balance| {
        balance.these.iter().map(at).sum::<i64>() == balance.those.iter().map(at).sum::<i64>()
    });
    let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX / 2);
    let kept = counts.cells.iter().zip(moved).zip(lower);
    balanced
        && kept
            .into_iter()
            .all(|((cell, by), least)| *by == 0 || count(cell.n) + by >= count(*least))
}

/// Hides every count that a chain of balances binds to one, zeros and totals too.
fn hide_all_bound_to(counts: &Counts, fates: &mut [Fate], c: usize) {
    let mut reached = vec![false; fates.len()];
    reached[c] = true;
    loop {
        let mut further = false;
        for balance in &counts.balances {
            let sides = || balance.these.iter().chain(&balance.those);
            if sides().any(|&i| reached[i]) {
                for &i in sides() {
                    // What is known from elsewhere binds nothing.
                    let known = counts.cells[i].printed == Printed::Elsewhere;
                    if !reached[i] && !known {
                        reached[i] = true;
                        further = true;
                    }
                }
            }
        }
        if !further {
            break;
        }
    }
    for ((fate, reached), cell) in fates.iter_mut().zip(reached).zip(&counts.cells) {
        if reached && fate.is_shown() && cell.printed == Printed::Here {
            *fate = Fate::Complement;
        }
    }
}

/// The least (sign 1) or most (sign −1) that a free count can be.
fn extreme(counts: &Counts, free: &[bool], lower: &[usize], c: usize, sign: f64) -> Option<usize> {
    let mut columns: Vec<Option<usize>> = vec![None; counts.cells.len()];
    let mut cost = Vec::new();
    for i in 0..counts.cells.len() {
        if free[i] {
            columns[i] = Some(cost.len());
            cost.push(if i == c { sign } else { 0.0 });
        }
    }
    let rows = counts.balances.iter().map(|balance| {
        let (mut entries, mut right) = (Vec::new(), 0.0);
        for (side, sign) in [(&balance.these, 1.0), (&balance.those, -1.0)] {
            for &i in side {
                // x = l + z
                let known = if free[i] { lower[i] } else { counts.cells[i].n };
                right -= sign * known as f64;
                entries.extend(columns[i].map(|j| (j, sign)));
            }
        }
        (entries, right)
    });
    let program = Program {
        upper: vec![f64::INFINITY; cost.len()],
        rows: rows.filter(|(entries, _)| !entries.is_empty()).collect(),
        cost,
    };
    let point = least(&program)?;
    let z = columns[c].map(|j| point[j])?;
    // A whole number within the bounds: up from the least, down from the most.
    let inward = if sign > 0.0 {
        (z - 1e-6).ceil()
    } else {
        z + 1e-6
    };
    Some(lower[c] + crate::svg::whole(inward))
}

#[cfg(test)]
mod tests;
