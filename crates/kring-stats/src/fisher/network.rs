//! The exact p-value of an r × c table, column by column.
//!
//! ```text
//! node      the row totals that the columns still to come must fill, sorted: rows may change places
//! step      fill one column: n_1 … n_r; the chance Π C(row_i, n_i) / C(Σ row, column) of that step,
//!           and s = Σ ln n_i!. A table is as rare as the one seen if its sum of all s is S or more
//! path      paths to one node with one sum so far are one path, with the sum of their chances
//! bounds    at a node the rest adds between `low` and `high`:
//!             so far + low  ≥ S: every completion is rare, and the chance so far is added to p
//!             so far + high < S: none is, and the path ends
//! ```
//! `high` fills each column (or each row) with as few large cells as the margins allow. `low` is a
//! Lagrangian bound: for any multipliers a_i, b_j the least sum is at least
//! Σ row_i a_i + Σ column_j b_j + Σ_ij min_n (ln n! − (a_i + b_j) n), and with a_i + b_j = ln μ_ij the
//! minimum lies at n = ⌊μ_ij⌋. The multipliers of independence, μ_ij ∝ (row_i + c/2)(column_j + r/2),
//! make it tight. The last two columns are filled at once, since the last one has no choice. The paths of a node are kept sorted, so that a step costs two binary searches and
//! the paths between them.
//!
//! The idea of passing node by node with bounds is Mehta and Patel's (1983); the bounds and the
//! bookkeeping are our own.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{BuildHasherDefault, DefaultHasher};

use crate::dist::discrete::SLACK;

/// The most steps times paths that are taken, some ten seconds of work.
const MOST_STEPS: usize = 400_000_000;
/// The most paths that are kept at a time, a quarter of a gigabyte.
const MOST_PATHS: usize = 1 << 24;
/// Sums that differ by less are taken as one: far less than the slack, far more than rounding.
const SAME: f64 = 1e-10;

/// ln n! for all n up to a number.
pub(super) struct LnFactorials(Vec<f64>);

impl LnFactorials {
    pub fn up_to(n: u32) -> Self {
        // Summed in two parts, so that rounding does not add up.
        let (mut sum, mut lost) = (0.0_f64, 0.0_f64);
        let values = (0..=n).map(|i| {
            let term = f64::from(i.max(1)).ln() + lost;
            let next = sum + term;
            lost = term - (next - sum);
            sum = next;
            sum
        });
        Self(values.collect())
    }

    fn of(&self, n: u32) -> f64 {
        self.0[n as usize]
    }

    pub fn sum(&self, counts: &[u32]) -> f64 {
        counts.iter().map(|&n| self.of(n)).sum()
    }
}

/// A set of paths to a node: their sum so far, and their chance.
#[derive(Debug, Clone, Copy)]
struct Path {
    sum: f64,
    chance: f64,
}

/// A node with the bounds on what the columns to come add.
struct Node {
    rows: Vec<u32>,
    low: f64,
    high: f64,
    paths: Vec<Path>,
    /// How many paths there were when they were last merged.
    merged: usize,
}

/// The p-value, unless it takes too much time or memory.
pub(super) fn p_value(rows: &[u32], columns: &[u32], cells: &[u32]) -> Option<f64> {
    let ln = LnFactorials::up_to(rows.iter().sum());
    let needed = ln.sum(cells) - SLACK;
    // Nodes are made of the shorter side, columns go from large to small.
    let (mut rows, mut columns) = if rows.len() <= columns.len() {
        (rows.to_vec(), columns.to_vec())
    } else {
        (columns.to_vec(), rows.to_vec())
    };
    rows.sort_unstable_by(|a, b| b.cmp(a));
    columns.sort_unstable_by(|a, b| b.cmp(a));
    let bits = (u32::BITS - rows[0].leading_zeros()) as usize;
    if bits * rows.len() > 128 {
        return None;
    }
    let mut search = Search {
        ln,
        bits,
        needed,
        steps: 0,
        kept: 0,
        p: 0.0,
    };
    let mut nodes = vec![Node {
        rows,
        low: 0.0,
        high: 0.0,
        paths: vec![Path {
            sum: 0.0,
            chance: 1.0,
        }],
        merged: 1,
    }];
    for (j, &column) in columns.iter().enumerate() {
        nodes = search.fill(&nodes, column, &columns[j + 1..])?;
    }
    Some(search.p.min(1.0))
}

struct Search {
    ln: LnFactorials,
    bits: usize,
    /// The sum that makes a table rare.
    needed: f64,
    steps: usize,
    kept: usize,
    p: f64,
}

/// The way in which a column is filled.
struct Step {
    key: u128,
    sum: f64,
    chance: f64,
}

impl Search {
    /// Takes all paths through one column to the next nodes.
    fn fill(&mut self, nodes: &[Node], column: u32, rest: &[u32]) -> Option<Vec<Node>> {
        let mut places: HashMap<u128, usize, BuildHasherDefault<DefaultHasher>> =
            HashMap::default();
        let mut next: Vec<Node> = Vec::new();
        let mut steps = Vec::new();
        self.kept = 0;
        for node in nodes {
            let after = sums_from(&node.paths);
            if rest.len() <= 1 {
                // What this column leaves is the last one: nothing more is chosen.
                let all = node.rows.iter().sum();
                let ln_scale = self.ln.of(all) - self.ln.of(column) - self.ln.of(all - column);
                self.finish(node, &after, 0, column, all, 0.0, -ln_scale)?;
                continue;
            }
            steps.clear();
            self.steps_of(&node.rows, column, &mut steps)?;
            for step in &steps {
                let place = match places.entry(step.key) {
                    Entry::Occupied(known) => *known.get(),
                    Entry::Vacant(new) => {
                        let rows = self.unpacked(step.key, node.rows.len());
                        let (low, high) = (self.low(&rows, rest), self.high(&rows, rest));
                        next.push(Node {
                            rows,
                            low,
                            high,
                            paths: Vec::new(),
                            merged: 0,
                        });
                        *new.insert(next.len() - 1)
                    }
                };
                self.walk(&node.paths, &after, step, &mut next[place])?;
            }
        }
        for node in &mut next {
            node.merge();
        }
        next.retain(|node| !node.paths.is_empty());
        Some(next)
    }

    /// Fills the last two columns of a node at once, from row `i` on; the rest as in `split`.
    #[allow(
        clippy::too_many_arguments,
        reason = "the state of a recursion that must not allocate"
    )]
    fn finish(
        &mut self,
        node: &Node,
        after: &[f64],
        i: usize,
        column: u32,
        room: u32,
        sum: f64,
        ln_chance: f64,
    ) -> Option<()> {
        if i == node.rows.len() {
            self.steps += 1;
            if self.steps > MOST_STEPS {
                return None;
            }
            let needed = self.needed;
            let rare = node.paths.partition_point(|p| p.sum + sum < needed);
            if after[rare] > 0.0 {
                self.p += after[rare] * ln_chance.exp();
            }
            return Some(());
        }
        let row = node.rows[i];
        let left = room - row;
        for n in column.saturating_sub(left)..=column.min(row) {
            let both = self.ln.of(n) + self.ln.of(row - n);
            self.finish(
                node,
                after,
                i + 1,
                column - n,
                left,
                sum + both,
                ln_chance + self.ln.of(row) - both,
            )?;
        }
        Some(())
    }

    /// Takes the paths of a node, sorted by their sums, one step on. `after` has the chance of each
    /// path and all that follow.
    fn walk(&mut self, paths: &[Path], after: &[f64], step: &Step, child: &mut Node) -> Option<()> {
        // Bounds are computed in another order than sums: a margin for rounding, which only sends a
        // path on that might have ended here.
        let margin = 1e-9;
        let alive = paths.partition_point(|p| p.sum + step.sum + child.high + margin < self.needed);
        let rare = paths.partition_point(|p| p.sum + step.sum + child.low - margin < self.needed);
        let rare = rare.max(alive);
        self.p += after[rare] * step.chance;
        self.steps += 1 + rare - alive;
        if self.steps > MOST_STEPS {
            return None;
        }
        if alive == rare {
            return Some(());
        }
        let before = child.paths.len();
        child.paths.extend(paths[alive..rare].iter().map(|p| Path {
            sum: p.sum + step.sum,
            chance: p.chance * step.chance,
        }));
        if child.paths.len() > 64.max(4 * child.merged) {
            child.merge();
        }
        self.kept = self.kept + child.paths.len() - before;
        (self.kept <= MOST_PATHS).then_some(())
    }

    /// All ways to fill a column from these rows; ways to one node with one sum are one.
    fn steps_of(&mut self, rows: &[u32], column: u32, steps: &mut Vec<Step>) -> Option<()> {
        let ways = ways(rows, column);
        if ways > MOST_PATHS as f64 || self.steps as f64 + ways > MOST_STEPS as f64 {
            return None;
        }
        let all: u32 = rows.iter().sum();
        let scale = self.ln.of(all) - self.ln.of(column) - self.ln.of(all - column);
        let mut left = rows.to_vec();
        let mut sorted = vec![0; rows.len()];
        self.split(0, column, all, 0.0, -scale, &mut left, &mut sorted, steps);
        steps.sort_unstable_by(|a, b| a.key.cmp(&b.key).then(a.sum.total_cmp(&b.sum)));
        steps.dedup_by(|step, kept| {
            let same = step.key == kept.key && step.sum - kept.sum < SAME;
            if same {
                kept.chance += step.chance;
            }
            same
        });
        Some(())
    }

    /// Fills the column from row `i` on, `column` being what is still to place and `room` what the
    /// rows from here on can take.
    #[allow(
        clippy::too_many_arguments,
        reason = "the state of a recursion that must not allocate"
    )]
    fn split(
        &mut self,
        i: usize,
        column: u32,
        room: u32,
        sum: f64,
        ln_chance: f64,
        left: &mut [u32],
        sorted: &mut [u32],
        steps: &mut Vec<Step>,
    ) {
        if i == left.len() {
            sorted.copy_from_slice(left);
            sorted.sort_unstable();
            self.steps += 1;
            steps.push(Step {
                key: self.packed(sorted),
                sum,
                chance: ln_chance.exp(),
            });
            return;
        }
        let row = left[i];
        let after = room - row;
        for n in column.saturating_sub(after)..=column.min(row) {
            left[i] = row - n;
            let choose = self.ln.of(row) - self.ln.of(n) - self.ln.of(row - n);
            self.split(
                i + 1,
                column - n,
                after,
                sum + self.ln.of(n),
                ln_chance + choose,
                left,
                sorted,
                steps,
            );
        }
        left[i] = row;
    }

    fn packed(&self, rows: &[u32]) -> u128 {
        rows.iter()
            .fold(0, |key, &row| (key << self.bits) | u128::from(row))
    }

    /// The rows of a key, the largest first.
    #[allow(clippy::cast_possible_truncation, reason = "the bits of one row")]
    fn unpacked(&self, key: u128, r: usize) -> Vec<u32> {
        let mask = (1_u128 << self.bits) - 1;
        (0..r)
            .map(|i| ((key >> (i * self.bits)) & mask) as u32)
            .collect()
    }

    /// No less than this is added by the columns to come.
    fn low(&self, rows: &[u32], columns: &[u32]) -> f64 {
        let r = rows.iter().filter(|&&row| row > 0).count() as f64;
        let c = columns.len() as f64;
        let n = f64::from(rows.iter().sum::<u32>());
        let ln_n = (n + r * c / 2.0).ln();
        let mut bound = -n * ln_n;
        for &row in rows {
            bound += f64::from(row) * (f64::from(row) + c / 2.0).ln();
        }
        for &column in columns {
            let ln_column = (f64::from(column) + r / 2.0).ln();
            bound += f64::from(column) * ln_column;
            for &row in rows.iter().filter(|&&row| row > 0) {
                let ln_mu = (f64::from(row) + c / 2.0).ln() + ln_column - ln_n;
                #[allow(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "μ is about a cell"
                )]
                let n = (ln_mu.exp() as u32).min(row).min(column);
                bound += self.ln.of(n) - f64::from(n) * ln_mu;
            }
        }
        bound
    }

    /// No more than this is added by the columns to come.
    fn high(&self, rows: &[u32], columns: &[u32]) -> f64 {
        let greedy = |from: &[u32], into: &[u32]| -> f64 {
            let filled = from.iter().map(|&whole| {
                let mut left = whole;
                let mut sum = 0.0;
                for &most in into {
                    let n = left.min(most);
                    sum += self.ln.of(n);
                    left -= n;
                }
                sum
            });
            filled.sum()
        };
        greedy(columns, rows).min(greedy(rows, columns))
    }
}

/// In how many ways a column can be filled from these rows: a row at a time, the ways to have n
/// so far are those to have had n − row … n before it.
fn ways(rows: &[u32], column: u32) -> f64 {
    let mut ways = vec![0.0; column as usize + 1];
    ways[0] = 1.0;
    let mut before = ways.clone();
    for &row in rows {
        std::mem::swap(&mut ways, &mut before);
        let mut window = 0.0;
        for n in 0..before.len() {
            window += before[n];
            if let Some(left) = n.checked_sub(row as usize + 1) {
                window -= before[left];
            }
            ways[n] = window;
        }
    }
    ways[column as usize]
}

/// The sums of the chances from each path to the last.
fn sums_from(paths: &[Path]) -> Vec<f64> {
    let mut sums = vec![0.0; paths.len() + 1];
    for i in (0..paths.len()).rev() {
        sums[i] = sums[i + 1] + paths[i].chance;
    }
    sums
}

impl Node {
    /// Sorts the paths and makes those with one sum one.
    fn merge(&mut self) {
        self.paths.sort_unstable_by(|a, b| a.sum.total_cmp(&b.sum));
        self.paths.dedup_by(|path, kept| {
            let same = path.sum - kept.sum < SAME;
            if same {
                kept.chance += path.chance;
            }
            same
        });
        self.merged = self.paths.len();
    }
}
