//! The tables that an exact test of two shares rejects, and how probable they are.
//!
//! ```text
//! x ~ Binomial(m, p₁), y ~ Binomial(n, p₂);  P_F(x, y) Fisher's p-value given s = x + y
//! Fisher    rejects where P_F ≤ α
//! Boschloo  rejects where P_F ≤ c, c the largest of all P_F for which
//!           max_p Σ_s w_s b(s; m + n, p) ≤ α,  w_s = P(P_F ≤ c | s): found by bisection over the P_F
//! power     Σ over the rejected tables of b(x; m, p₁) b(y; n, p₂); with the other tail left out only
//!           those with x/m − y/n on the side of the effect
//! ```
//! Two-sided p-values add all tables that are no more probable, as Fisher's test here and in R.

use kring_core::Alternative;

use super::OtherTail;
use super::tail::Level;
use crate::Error;
use crate::dist::discrete::{Binomial, SLACK};
use crate::events::rows;
use crate::unconditional::{Conditional, largest_mixture};

/// How tables are called extreme.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ordered {
    Fisher,
    Boschloo,
}

/// One table: x events in the first arm, its p-value, and its chance given the sum.
struct Table {
    x: f64,
    p_value: f64,
    chance: f64,
}

/// The tables that a test rejects, sum by sum.
pub(super) struct Tables {
    m: f64,
    n: f64,
    rejected: Vec<Vec<f64>>,
}

/// The most tables that are enumerated.
const MOST_TABLES: f64 = 4_000_000.0;

impl Tables {
    /// All that is rejected at the level.
    pub fn rejected([m, n]: [f64; 2], level: Level, by: Ordered) -> Result<Self, Error> {
        if (m + 1.0) * (n + 1.0) > MOST_TABLES {
            return Err(Error::Unsupported {
                what: format!("the exact power of {m} and {n} subjects"),
                hint: "with so many the normal approximation is as good; take method normal"
                    .to_owned(),
            });
        }
        let mut sums = Vec::new();
        let mut s = 0.0;
        while s <= m + n {
            sums.push(p_values(&Conditional::new(m, n, s), level.alternative));
            s += 1.0;
        }
        let slack = 1.0 + SLACK;
        let threshold = match by {
            Ordered::Fisher => level.alpha,
            Ordered::Boschloo => boschloo(&sums, level.alpha),
        } * slack;
        let rejected = sums
            .into_iter()
            .map(|tables| {
                let extreme = tables.into_iter().filter(|t| t.p_value <= threshold);
                extreme.map(|table| table.x).collect()
            })
            .collect();
        Ok(Self { m, n, rejected })
    }

    /// How probable a rejection is.
    pub fn probability(&self, [p1, p2]: [f64; 2], level: Level) -> f64 {
        let Self { m, n, .. } = *self;
        let chances = |size: f64, p: f64| -> Vec<f64> {
            let binomial = Binomial::new(size, p);
            (0..=rows(size))
                .map(|x| binomial.ln_pmf(x as f64).exp())
                .collect()
        };
        let (of_x, of_y) = (chances(m, p1), chances(n, p2));
        let sided =
            level.alternative == Alternative::TwoSided && level.other_tail == OtherTail::Ignored;
        let sign = if p1 < p2 { -1.0 } else { 1.0 };
        let mut sum = 0.0;
        for (s, xs) in self.rejected.iter().enumerate() {
            for &x in xs {
                let y = s as f64 - x;
                if sided && sign * (x / m - y / n) <= 0.0 {
                    continue;
                }
                let at = |chances: &[f64], k: f64| chances.get(rows(k)).copied().unwrap_or(0.0);
                sum += at(&of_x, x) * at(&of_y, y);
            }
        }
        sum.min(1.0)
    }
}

/// Fisher's p-value of each table with the sum.
fn p_values(given: &Conditional, alternative: Alternative) -> Vec<Table> {
    let mut tables: Vec<Table> = given
        .with_places()
        .map(|(x, chance)| Table {
            x,
            p_value: 0.0,
            chance,
        })
        .collect();
    let mut sum = 0.0;
    let mut add = |table: &mut Table| {
        sum += table.chance;
        table.p_value = sum;
    };
    match alternative {
        Alternative::Less => tables.iter_mut().for_each(&mut add),
        Alternative::Greater => tables.iter_mut().rev().for_each(&mut add),
        Alternative::TwoSided => {
            tables.sort_unstable_by(|a, b| a.chance.total_cmp(&b.chance));
            // Tables that are as probable as one another stand or fall together.
            for tie in tables.chunk_by_mut(|a, b| b.chance <= a.chance * (1.0 + SLACK)) {
                sum += tie.iter().map(|table| table.chance).sum::<f64>();
                for table in tie {
                    table.p_value = sum;
                }
            }
        }
    }
    tables
}

/// The largest p-value of Fisher's test up to which tables may be rejected.
fn boschloo(sums: &[Vec<Table>], alpha: f64) -> f64 {
    // Fisher's own threshold is always low enough.
    let mut candidates: Vec<f64> = sums
        .iter()
        .flatten()
        .map(|table| table.p_value)
        .filter(|&p| p > alpha && p < 1.0)
        .collect();
    candidates.sort_unstable_by(f64::total_cmp);
    let size = |c: f64| {
        let threshold = c * (1.0 + SLACK);
        let weights: Vec<f64> = sums
            .iter()
            .map(|tables| {
                let extreme = tables.iter().filter(|t| t.p_value <= threshold);
                extreme.map(|table| table.chance).sum()
            })
            .collect();
        largest_mixture(&weights).value
    };
    let allowed = candidates.partition_point(|&c| size(c) <= alpha * (1.0 + SLACK));
    let last = allowed.checked_sub(1).and_then(|i| candidates.get(i));
    last.copied().unwrap_or(alpha)
}
