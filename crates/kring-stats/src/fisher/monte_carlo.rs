//! Fisher's p-value from random tables with the same margins.
//!
//! Each person keeps a row; the columns are dealt out anew (Fisher and Yates's shuffle). The p-value
//! is (1 + tables not more probable than the one seen) / (1 + tables drawn).
//!
//! Random numbers by SplitMix64: Steele GL, Lea D, Flood CH (2014), OOPSLA, doi
//! 10.1145/2660193.2660195; whole numbers below a bound by Lemire D (2019), ACM TOMACS 29:3,
//! doi 10.1145/3230636.

use super::Filled;
use super::network::LnFactorials;
use crate::Error;
use crate::dist::discrete::SLACK;

/// A drawn p-value.
pub(super) struct Drawn {
    pub p_value: f64,
    /// Its Monte Carlo standard error.
    pub mcse: f64,
}

pub(super) fn p_value(table: &Filled, replicates: usize, seed: u64) -> Result<Drawn, Error> {
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
    let (row_of, mut column_of) = (repeated(&table.rows), repeated(&table.columns));
    let mut cells = vec![0_u32; table.cells.len()];
    let mut random = SplitMix64(seed);
    let mut rare = 0_usize;
    for _ in 0..replicates {
        cells.fill(0);
        for i in (0..column_of.len()).rev() {
            column_of.swap(i, random.below(i + 1));
            cells[row_of[i] * width + column_of[i]] += 1;
        }
        if ln.sum(&cells) >= seen {
            rare += 1;
        }
    }
    let n = replicates as f64 + 1.0;
    let p = (rare as f64 + 1.0) / n;
    Ok(Drawn {
        p_value: p,
        mcse: (p * (1.0 - p) / n).sqrt(),
    })
}

struct SplitMix64(u64);

impl SplitMix64 {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A whole number from 0 to `bound` − 1, each as likely.
    #[allow(
        clippy::cast_possible_truncation,
        reason = "the upper half of the product is below the bound"
    )]
    fn below(&mut self, bound: usize) -> usize {
        let bound = bound as u64;
        loop {
            let product = u128::from(self.next()) * u128::from(bound);
            // The few products that would favour some numbers are drawn again.
            if (product as u64) >= bound.wrapping_neg() % bound {
                return (product >> 64) as usize;
            }
        }
    }
}
