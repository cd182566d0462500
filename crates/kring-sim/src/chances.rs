//! Values whose chances are the same for every family, by inversion with a guide.
//!
//! ```text
//! F        the chance of a value up to x, for x = first, first + 1, …, in units of 2⁻⁶⁴
//! value    the smallest x with u < F(x), u of 64 bits. Its upper 16 are drawn first
//! guide    one entry for each of the 2¹² values of the upper 12 bits. Where all u with these bits give
//!          the same x, it is that x; else 48 further bits are drawn, and F is searched
//! order    the 16 bits of a whole column, two a word, then the 48 of those that need them, in order
//! end      the last x is where less than 2⁻⁶⁶ is left
//! ```
//! So nearly every value costs half a word and one look into 8 kB, whatever its distribution.
//!
//! Chen HC, Asau Y (1974), AIIE Transactions 6:163–166, doi 10.1080/05695557408974949.

use kring_core::seed::Stream;

use crate::generator::Distribution;
use crate::sampler::{LARGEST_MEAN, logistic};

/// The bits that choose an entry of the guide.
const BITS: u32 = 12;

/// The entries of the guide.
const ENTRIES: usize = 1 << BITS;

/// An entry whose bits do not decide.
const UNDECIDED: u16 = u16::MAX;

/// The most values.
const MOST: usize = 2000;

/// The chances of the values of a distribution with one linear predictor.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Chances {
    first: u16,
    cumulative: Vec<u64>,
    guide: Box<[u16; ENTRIES]>,
}

impl Chances {
    /// Of a distribution and its linear predictor; nothing where the values are not few.
    pub fn of(distribution: &Distribution, eta: f64) -> Option<Self> {
        let mu = eta.exp().min(LARGEST_MEAN);
        let (first, cumulative) = match distribution {
            Distribution::Poisson { zeros } => {
                (0, counts(*zeros, (-mu).exp(), 0.0, |y| mu / (y + 1.0))?)
            }
            Distribution::Nb1 { phi, zeros } => {
                let (size, p) = (mu / phi, phi / (1.0 + phi));
                let none = (-size * phi.ln_1p()).exp();
                let next = |y| (size + y) / (y + 1.0) * p;
                (0, counts(*zeros, none, p, next)?)
            }
            Distribution::Nb2 { theta, zeros } => {
                let p = mu / (theta + mu);
                let none = (-theta * (mu / theta).ln_1p()).exp();
                let next = |y| (theta + y) / (y + 1.0) * p;
                (0, counts(*zeros, none, p, next)?)
            }
            Distribution::Binary => (0, vec![logistic(-eta)]),
            Distribution::Ordinal { thresholds, .. } => {
                (1, thresholds.iter().map(|t| logistic(t - eta)).collect())
            }
            Distribution::Continuous { .. } => return None,
        };
        (cumulative.len() < MOST).then(|| Self::up_to(first, &cumulative))
    }

    /// From the chances of a value up to each but the last.
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share in units of 2⁻⁶⁴; at most 2000 values"
    )]
    fn up_to(first: u16, shares: &[f64]) -> Self {
        let unit = 2.0_f64.powi(64);
        let units = shares.iter().map(|share| (share * unit) as u64);
        let cumulative: Vec<u64> = units.chain([u64::MAX]).collect();
        let mut guide = Box::new([UNDECIDED; ENTRIES]);
        let mut x = 0;
        for (entry, bits) in guide.iter_mut().zip(0_u64..) {
            let low = bits << (64 - BITS);
            let high = low | (u64::MAX >> BITS);
            // The last F is above every u but the highest, which it gets all the same.
            while cumulative[x] <= low {
                x += 1;
            }
            if high < cumulative[x] || x + 1 == cumulative.len() {
                *entry = x as u16;
            }
        }
        Self {
            first,
            cumulative,
            guide,
        }
    }

    /// Fills a column. `halves` is room that is used again.
    pub fn fill(&self, stream: &mut Stream, halves: &mut Vec<u16>, column: &mut [f64]) {
        halves.resize(column.len(), 0);
        stream.fill_halves(halves);
        for (value, &half) in column.iter_mut().zip(&*halves) {
            let mut x = self.guide[usize::from(half >> (16 - BITS))];
            if x == UNDECIDED {
                x = self.search(half, stream);
            }
            *value = f64::from(x + self.first);
        }
    }

    #[cold]
    #[allow(clippy::cast_possible_truncation, reason = "at most 2000 values")]
    fn search(&self, half: u16, stream: &mut Stream) -> u16 {
        let u = u64::from(half) << 48 | stream.long() >> 16;
        let x = self.cumulative.partition_point(|&f| f <= u);
        x.min(self.cumulative.len() - 1) as u16
    }
}

/// The chances of a count up to 0, 1, …, from that of 0 and the ratio of each to the one before, which
/// does not pass `limit` for ever where it rises. Nothing where zero is too rare to begin with, or the
/// counts are too many.
fn counts(zeros: f64, none: f64, limit: f64, next: impl Fn(f64) -> f64) -> Option<Vec<f64>> {
    const NOTHING: f64 = 1e-20;
    if none < 1e-280 {
        return None;
    }
    let (mut chance, mut y) = ((1.0 - zeros) * none, 0.0);
    let (mut sum, mut cumulative) = (zeros + chance, Vec::new());
    loop {
        let ratio = next(y);
        chance *= ratio;
        y += 1.0;
        // What is left is less than a geometric series.
        let rest = ratio.max(limit);
        if rest < 1.0 && chance < NOTHING * (1.0 - rest) {
            return Some(cumulative);
        }
        if cumulative.len() == MOST {
            return None;
        }
        cumulative.push(sum);
        sum += chance;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kring_core::seed::Seed;

    /// The guide is only a shorter way to what F says, for every u that begins or ends an entry.
    #[test]
    fn the_guide_says_what_the_chances_say() {
        for distribution in [
            Distribution::Poisson { zeros: 0.0 },
            Distribution::Nb1 {
                phi: 0.5,
                zeros: 0.2,
            },
            Distribution::Nb2 {
                theta: 4.0,
                zeros: 0.0,
            },
            Distribution::Binary,
        ] {
            for eta in [-30.0, -1.0, 0.0, 1.5, 3.0] {
                let Some(chances) = Chances::of(&distribution, eta) else {
                    panic!("{distribution:?} at {eta}");
                };
                let mut undecided = 0;
                for (bits, &entry) in (0_u64..).zip(chances.guide.iter()) {
                    let (low, high) = (bits << 52, ((bits + 1) << 52).wrapping_sub(1));
                    let last = chances.cumulative.len() - 1;
                    let of = |u: u64| chances.cumulative.partition_point(|&f| f <= u).min(last);
                    if entry == UNDECIDED {
                        undecided += 1;
                    } else {
                        assert_eq!([of(low), of(high)], [usize::from(entry); 2]);
                    }
                }
                assert!(undecided < 120, "{distribution:?} at {eta}: {undecided}");
            }
        }
    }

    /// By hand: of a coin that is 1 with chance 1/2, u below 2⁶³ gives 0, and no entry is undecided.
    #[test]
    fn a_coin_needs_one_bit() {
        let Some(coin) = Chances::of(&Distribution::Binary, 0.0) else {
            panic!("a coin has two values");
        };
        assert!(coin.guide[..2048].iter().all(|&x| x == 0));
        assert!(coin.guide[2048..].iter().all(|&x| x == 1));
        let mut halves = [0; 5];
        Seed::new(1).stream(0).fill_halves(&mut halves);
        let mut column = [9.0; 5];
        coin.fill(&mut Seed::new(1).stream(0), &mut Vec::new(), &mut column);
        assert_eq!(column, halves.map(|half| f64::from(half >> 15)));
    }

    #[test]
    fn too_many_values_have_no_table() {
        let poisson = Distribution::Poisson { zeros: 0.0 };
        assert!(Chances::of(&poisson, 20.0).is_none());
        assert!(Chances::of(&poisson, 7.0).is_none());
        let wide = Distribution::Nb2 {
            theta: 0.01,
            zeros: 0.0,
        };
        assert!(Chances::of(&wide, 5.0).is_none());
        assert!(Chances::of(&Distribution::Continuous { sd: 1.0 }, 0.0).is_none());
    }
}
