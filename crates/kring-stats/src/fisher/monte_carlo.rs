//! Fisher's p-value from random tables with the same margins.
//!
//! Each person keeps a row; the columns are dealt out anew (Fisher and Yates's shuffle). The p-value
//! is (1 + tables not more probable than the one seen) / (1 + tables drawn).
//!
//! Table i draws from stream i of the seed, so that the p-value is the same for any number of threads.

use super::Filled;
use super::network::LnFactorials;
use crate::Error;
use crate::dist::discrete::SLACK;
use crate::resampling::{Plan, Share, Stage};
use crate::seed::Seed;

/// A drawn p-value.
pub(super) struct Drawn {
    pub p_value: f64,
    /// Its Monte Carlo standard error.
    pub mcse: f64,
}

pub(super) fn p_value(
    table: &Filled,
    replicates: usize,
    seed: u64,
    share: &Share<'_>,
) -> Result<Stage<Drawn>, Error> {
    if replicates == 0 {
        return Err(Error::Argument {
            what: "the number of replicates".to_owned(),
            expected: "1 or more, 100000 or so",
            found: "0".to_owned(),
        });
    }
    let ln = LnFactorials::up_to(table.n);
    let seen = ln.sum(&table.cells) - SLACK;
    let width = table.columns.len();
    let repeated = |margin: &[u32]| -> Vec<usize> {
        let lanes = margin.iter().enumerate();
        lanes
            .flat_map(|(i, &count)| std::iter::repeat_n(i, count as usize))
            .collect()
    };
    let (row_of, column_of) = (repeated(&table.rows), repeated(&table.columns));
    let plan = Plan {
        of: replicates as u64,
        seed,
    };
    let seed = Seed::new(seed).child("fisher", 0);
    let workspace = || (column_of.clone(), vec![0_u32; table.cells.len()]);
    let rare = plan.share(share, workspace, |i, (dealt, cells)| {
        dealt.copy_from_slice(&column_of);
        seed.stream(i).shuffle(dealt);
        cells.fill(0);
        for (row, column) in row_of.iter().zip(dealt.iter()) {
            cells[row * width + column] += 1;
        }
        ln.sum(cells) >= seen
    })?;
    Ok(rare.map(|rare| {
        let rare = rare.into_iter().filter(|&rare| rare).count();
        let n = replicates as f64 + 1.0;
        let p = (rare as f64 + 1.0) / n;
        Drawn {
            p_value: p,
            mcse: (p * (1.0 - p) / n).sqrt(),
        }
    }))
}
