//! Random numbers that are the same wherever and in however many threads they are drawn.
//!
//! ```text
//! key        256 bits. The root's: the seed's eight bytes, then the text "kring: key of a seed, v1"
//! child      the first 256 bits of block `index` of ChaCha8(key), nonce 2⁶³ + FNV-1a(purpose) mod 2⁶³
//! stream     ChaCha8(key), nonce `index` below 2⁶³, its words in order from block 0
//! below n    Lemire: ⌊word · n / 2³²⌋, refused where word · n mod 2³² < 2³² mod n; in bulk, up to
//!            n = 4096, the same with the two halves of a word, the lower one first, and 2¹⁶
//! halves     the two halves of each word, the lower one first
//! uniform    (the upper 52 bits of two words + ½) / 2⁵²
//! normal     √(−2 ln u₁) · cos(2π u₂), Box and Muller's
//! order      from the last place down: exchange place i with one below i + 1, Fisher and Yates's
//! ```
//! Seeds form a path. A child's key is a keyed hash of its parent, its purpose and its index, so a
//! bootstrap inside replicate 7 of a simulation shares no number with that inside replicate 8, nor
//! with the simulation itself. Replicate i draws from stream i, whichever thread runs it.
//!
//! What stands above is pinned by tests against an independent program
//! (`reference/scripts/seed.py`): a change to it changes published results.
//!
//! Bernstein DJ (2008), ChaCha, a variant of Salsa20, SASC; Lemire D (2019), ACM Transactions on
//! Modeling and Computer Simulation 29:3, doi 10.1145/3230636; Box GEP & Muller ME (1958), Annals of
//! Mathematical Statistics 29:610–611, doi 10.1214/aoms/1177706645.

use std::convert::Infallible;

use chacha20::ChaCha8Rng;
use rand::{Rng, SeedableRng, TryRng};

/// A place on the path of seeds, from which streams of random numbers and further seeds come.
#[derive(Clone, PartialEq, Eq)]
pub struct Seed {
    key: [u8; 32],
}

/// Random numbers in order. It also serves wherever the crate `rand` asks for a generator.
pub struct Stream {
    rng: ChaCha8Rng,
    words: [u32; WORDS],
    next: usize,
}

/// The words that are made at once: four blocks.
const WORDS: usize = 64;

/// Up to here a draw in bulk takes half a word; at most one in sixteen is refused.
const SMALL: u32 = 4096;

/// Children have nonces from here on, streams below.
const CHILDREN: u64 = 1 << 63;

impl Seed {
    /// The root of a path, from the number that a report states.
    pub fn new(number: u64) -> Self {
        let mut key = *b"........kring: key of a seed, v1";
        key[..8].copy_from_slice(&number.to_le_bytes());
        Self { key }
    }

    /// The seed of a part of the work: `seed.child("replicate", 7)`.
    ///
    /// ```
    /// use kring_core::seed::Seed;
    /// let study = Seed::new(2011);
    /// let mut of_seven = study.child("replicate", 7).stream(0);
    /// assert_eq!(of_seven.below(100), study.child("replicate", 7).stream(0).below(100));
    /// assert_ne!(of_seven.word(), study.child("replicate", 8).stream(0).word());
    /// ```
    pub fn child(&self, purpose: &str, index: u64) -> Self {
        let mut rng = ChaCha8Rng::from_seed(self.key);
        rng.set_stream(CHILDREN | fnv1a(purpose.as_bytes()));
        rng.set_block_pos(index);
        let mut key = [0; 32];
        rng.fill_bytes(&mut key);
        Self { key }
    }

    /// The stream of a replicate. The highest bit of the index is not looked at.
    pub fn stream(&self, index: u64) -> Stream {
        let mut rng = ChaCha8Rng::from_seed(self.key);
        rng.set_stream(index & !CHILDREN);
        Stream {
            rng,
            words: [0; WORDS],
            next: WORDS,
        }
    }

    /// A number for the options of a method that this part of the work runs.
    pub fn number(&self) -> u64 {
        let [a, b, c, d, e, f, g, h, ..] = self.key;
        u64::from_le_bytes([a, b, c, d, e, f, g, h])
    }
}

/// Shows the number and not the whole key, which no reader wants.
impl std::fmt::Debug for Seed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Seed").field(&self.number()).finish()
    }
}

/// Says that it is a stream; its state is of no use to a reader.
impl std::fmt::Debug for Stream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stream").finish_non_exhaustive()
    }
}

impl Stream {
    /// The next 32 bits.
    #[inline]
    pub fn word(&mut self) -> u32 {
        if self.next == WORDS {
            self.refill();
        }
        let word = self.words[self.next];
        self.next += 1;
        word
    }

    /// The next 64 bits, the lower half first.
    #[inline]
    pub fn long(&mut self) -> u64 {
        let low = u64::from(self.word());
        low | u64::from(self.word()) << 32
    }

    /// Between 0 and 1, neither included.
    #[inline]
    pub fn uniform(&mut self) -> f64 {
        ((self.long() >> 12) as f64 + 0.5) / 4_503_599_627_370_496.0
    }

    /// From the standard normal distribution.
    pub fn normal(&mut self) -> f64 {
        let radius = (-2.0 * self.uniform().ln()).sqrt();
        radius * (std::f64::consts::TAU * self.uniform()).cos()
    }

    /// One of 0, 1, …, n − 1, each with the same chance; 0 where n is 0.
    #[inline]
    #[allow(clippy::cast_possible_truncation, reason = "the lower half is meant")]
    pub fn below(&mut self, n: u32) -> u32 {
        let wide = u64::from(n);
        let mut product = u64::from(self.word()) * wide;
        if (product as u32) < n {
            let refused = n.wrapping_neg() % n;
            while (product as u32) < refused {
                product = u64::from(self.word()) * wide;
            }
        }
        (product >> 32) as u32
    }

    /// Fills `out` with draws from 0, 1, …, n − 1.
    ///
    /// Half a word suffices for a small n. A half that is left over at the end is thrown away.
    #[allow(clippy::cast_possible_truncation, reason = "a half has 16 bits")]
    pub fn fill_below(&mut self, n: u32, out: &mut [u32]) {
        if n == 0 || n > SMALL {
            for place in out {
                *place = self.below(n);
            }
            return;
        }
        let refused = (1 << 16) % n;
        let mut filled = 0;
        // What is refused is written all the same, and the next draw writes over it: no branch.
        while filled + 1 < out.len() {
            if self.next == WORDS {
                self.refill();
            }
            let pairs = ((out.len() - filled) / 2).min(WORDS - self.next);
            for &word in &self.words[self.next..self.next + pairs] {
                for half in [word & 0xFFFF, word >> 16] {
                    let product = half * n;
                    out[filled] = product >> 16;
                    filled += usize::from(product & 0xFFFF >= refused);
                }
            }
            self.next += pairs;
        }
        while filled < out.len() {
            let word = self.word();
            for half in [word & 0xFFFF, word >> 16] {
                let product = half * n;
                if filled < out.len() && product & 0xFFFF >= refused {
                    out[filled] = product >> 16;
                    filled += 1;
                }
            }
        }
    }

    /// Fills `out` with numbers of 16 bits: the halves of words, the lower one first.
    ///
    /// A half that is left over at the end is thrown away.
    #[allow(clippy::cast_possible_truncation, reason = "each half is meant")]
    pub fn fill_halves(&mut self, out: &mut [u16]) {
        let (mut pairs, last) = out.as_chunks_mut::<2>();
        while !pairs.is_empty() {
            if self.next == WORDS {
                self.refill();
            }
            let words = &self.words[self.next..];
            let (now, later) = pairs.split_at_mut(pairs.len().min(words.len()));
            for (pair, &word) in now.iter_mut().zip(words) {
                *pair = [word as u16, (word >> 16) as u16];
            }
            self.next += now.len();
            pairs = later;
        }
        for half in last {
            *half = self.word() as u16;
        }
    }

    /// Puts the items into a random order, each order with the same chance.
    ///
    /// Items beyond the first 2³² keep their places.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        let n = u32::try_from(items.len()).unwrap_or(u32::MAX);
        for i in (1..n).rev() {
            items.swap(i as usize, self.below(i + 1) as usize);
        }
    }

    /// Puts a random choice of the items, in random order, into the first `k` places.
    pub fn choose<T>(&mut self, k: usize, items: &mut [T]) {
        let n = u32::try_from(items.len()).unwrap_or(u32::MAX);
        let k = u32::try_from(k).unwrap_or(u32::MAX).min(n);
        for i in 0..k {
            items.swap(i as usize, (i + self.below(n - i)) as usize);
        }
    }

    fn refill(&mut self) {
        let mut bytes = [0; 4 * WORDS];
        self.rng.fill_bytes(&mut bytes);
        for (word, bytes) in self.words.iter_mut().zip(bytes.as_chunks().0) {
            *word = u32::from_le_bytes(*bytes);
        }
        self.next = 0;
    }
}

impl TryRng for Stream {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(self.word())
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(self.long())
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for chunk in bytes.chunks_mut(4) {
            chunk.copy_from_slice(&self.word().to_le_bytes()[..chunk.len()]);
        }
        Ok(())
    }
}

/// Fowler, Noll and Vo's hash of a short text (FNV-1a, 64 bits).
fn fnv1a(text: &[u8]) -> u64 {
    text.iter().fold(0xCBF2_9CE4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PINNED_WORDS: [u32; 4] = [3_834_346_346, 3_663_789_815, 1_360_436_985, 1_434_266_978];

    /// From `reference/scripts/seed.py`, which has its own ChaCha8.
    #[test]
    fn the_numbers_are_pinned() {
        let root = Seed::new(2011);
        let mut stream = root.stream(3);
        let words: Vec<u32> = (0..4).map(|_| stream.word()).collect();
        assert_eq!(words, PINNED_WORDS);
        let mut child = root.child("bootstrap", 7).stream(0);
        let words: Vec<u32> = (0..4).map(|_| child.word()).collect();
        assert_eq!(
            words,
            [572_904_115, 1_553_286_819, 1_693_234_862, 3_173_427_680]
        );
        assert_eq!(
            root.child("bootstrap", 7).number(),
            6_744_193_530_891_572_355
        );
        let mut draws = [0; 9];
        root.stream(0).fill_below(6, &mut draws);
        assert_eq!(draws, [1, 3, 3, 1, 5, 1, 4, 1, 0]);
        root.stream(0).fill_below(1_000_000, &mut draws);
        assert_eq!(
            draws,
            [
                507_343, 289_865, 200_055, 200_726, 830_109, 43_477, 306_196, 645_065, 471_920
            ]
        );
        let mut order: Vec<usize> = (0..10).collect();
        root.stream(1).shuffle(&mut order);
        assert_eq!(order, [3, 7, 8, 0, 9, 2, 4, 5, 6, 1]);
        let mut choice: Vec<usize> = (0..10).collect();
        root.stream(1).choose(3, &mut choice);
        assert_eq!(choice[..3], [1, 7, 0]);
        assert!((root.stream(2).uniform() - 0.360_847_040_043_483_67).abs() < 1e-16);
        assert!((root.stream(2).normal() + 0.625_590_742_599_459).abs() < 1e-14);
    }

    #[test]
    fn every_number_below_n_has_the_same_chance() {
        for n in [1_u32, 2, 3, 1000, 4096, 5000] {
            let mut draws = vec![0; 400_001];
            Seed::new(1).stream(u64::from(n)).fill_below(n, &mut draws);
            let mut counts = vec![0_u32; n as usize];
            for draw in draws {
                counts[draw as usize] += 1;
            }
            let expected = 400_001.0 / f64::from(n);
            let chi_squared: f64 = counts
                .iter()
                .map(|&c| (f64::from(c) - expected).powi(2) / expected)
                .sum();
            // Five standard deviations above the mean of χ² with n − 1 degrees of freedom.
            let df = f64::from(n - 1);
            assert!(
                chi_squared <= df + 5.0 * (2.0 * df).sqrt() + 1e-9,
                "{n}: {chi_squared}"
            );
        }
    }

    #[test]
    fn every_order_has_the_same_chance() {
        let mut counts = std::collections::BTreeMap::new();
        for i in 0..24_000 {
            let mut items = [0, 1, 2, 3];
            Seed::new(5).stream(i).shuffle(&mut items);
            *counts.entry(items).or_insert(0_u32) += 1;
        }
        assert_eq!(counts.len(), 24);
        // 1000 expected of each, with a standard deviation of 31.
        assert!(
            counts.values().all(|&c| (840..1160).contains(&c)),
            "{counts:?}"
        );
    }

    #[test]
    fn nothing_to_draw_from_is_no_panic() {
        let mut stream = Seed::new(0).stream(u64::MAX);
        assert_eq!(stream.below(0), 0);
        assert_eq!(stream.below(1), 0);
        stream.fill_below(0, &mut [9, 9]);
        stream.shuffle::<u8>(&mut []);
        stream.choose(4, &mut [1, 2]);
    }

    #[test]
    fn a_stream_serves_where_a_generator_is_asked_for() {
        let mut bytes = [0; 7];
        Seed::new(2011).stream(3).fill_bytes(&mut bytes);
        assert_eq!(bytes[..4], PINNED_WORDS[0].to_le_bytes());
        assert_eq!(bytes[4..], PINNED_WORDS[1].to_le_bytes()[..3]);
        assert_eq!(Seed::new(2011).stream(3).next_u32(), PINNED_WORDS[0]);
    }

    #[test]
    fn halves_are_those_of_the_words() {
        let halves = |n: usize| {
            let mut stream = Seed::new(2011).stream(3);
            let mut out = vec![0; n];
            stream.fill_halves(&mut out);
            (out, stream.word())
        };
        let words = PINNED_WORDS.map(|word| [word & 0xFFFF, word >> 16]);
        let (five, next) = halves(5);
        let five: Vec<u32> = five.into_iter().map(u32::from).collect();
        assert_eq!(five, words.as_flattened()[..5]);
        assert_eq!(next, PINNED_WORDS[3]);
        // Beyond what is made at once, in the same order.
        let (many, _) = halves(301);
        let mut stream = Seed::new(2011).stream(3);
        for pair in many.chunks(2) {
            let word = stream.word();
            let expected = [word & 0xFFFF, word >> 16];
            assert!(
                pair.iter()
                    .zip(expected)
                    .all(|(&half, word)| u32::from(half) == word)
            );
        }
    }
}
