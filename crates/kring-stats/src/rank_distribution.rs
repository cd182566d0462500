//! Exact distributions of rank sums, with ties.
//!
//! ```text
//! sample  T = the sum of m of the scores a₁ ≤ … ≤ a_N, every choice of m being equally likely
//!         f_i(k, t) = P(sum t | k of the first i) = (1 − k/i) f_{i−1}(k, t) + k/i f_{i−1}(k − 1, t − a_i)
//! signs   V = Σ B_i a_i with B_i 0 or 1, each with probability ½
//!         f_i(v) = ½ f_{i−1}(v) + ½ f_{i−1}(v − a_i)
//! ```
//! The scores are doubled midranks, less the smallest and divided by their common divisor. All
//! terms are positive probabilities: nothing cancels, nothing overflows, and a tail of 1e-100 has
//! as many digits as the middle. A table for k holds only the sums that k of the first i scores
//! can have, and only those k that can still become m. A choice of more than half is counted by
//! what it leaves out.
//!
//! The two-sided p-value is the probability of a sum at least as far from its mean. Without ties
//! that is twice the smaller tail.
//!
//! Streitberg B, Röhmel J (1986), Statistical Software Newsletter 12:10–17 (the shift algorithm).

use kring_core::Alternative;

use crate::Error;

/// Numbers held at once: a quarter of a gigabyte.
const CELLS: u64 = 1 << 25;
/// Steps of the recursion: some seconds.
const STEPS: u64 = 4_000_000_000;

/// A distribution on low, low + step, low + 2 step, …
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Exact {
    low: u64,
    step: u64,
    p: Vec<f64>,
    /// The mean as a fraction.
    mean: (u64, u64),
}

impl Exact {
    /// The probabilities of low, low + step, …
    pub(crate) fn probabilities(&self) -> &[f64] {
        &self.p
    }

    /// P(T ≤ t).
    pub(crate) fn at_most(&self, t: u64) -> f64 {
        if t < self.low {
            return 0.0;
        }
        let place = self.place(t - self.low);
        self.p.iter().take(place.saturating_add(1)).sum()
    }

    /// P(T ≥ t), summed from its far end.
    pub(crate) fn at_least(&self, t: u64) -> f64 {
        let from = if t <= self.low {
            0
        } else {
            self.place(t - self.low + self.step - 1)
        };
        self.p.iter().skip(from).rev().sum()
    }

    /// The p-value of an observed sum.
    pub(crate) fn p_value(&self, t: u64, alternative: Alternative) -> f64 {
        match alternative {
            Alternative::Less => self.at_most(t).min(1.0),
            Alternative::Greater => self.at_least(t).min(1.0),
            Alternative::TwoSided => {
                let distance = self.distance(t);
                let far = |places: &mut dyn Iterator<Item = (usize, &f64)>| -> f64 {
                    places
                        .take_while(|(i, _)| {
                            self.distance(self.low + *i as u64 * self.step) >= distance
                        })
                        .map(|(_, p)| p)
                        .sum()
                };
                if distance == 0 {
                    return 1.0;
                }
                let below = far(&mut self.p.iter().enumerate());
                let above = far(&mut self.p.iter().enumerate().rev());
                (below + above).min(1.0)
            }
        }
    }

    /// |t − mean|, in units of the mean's denominator.
    fn distance(&self, t: u64) -> u128 {
        let (numerator, denominator) = self.mean;
        (u128::from(t) * u128::from(denominator)).abs_diff(u128::from(numerator))
    }

    fn place(&self, above: u64) -> usize {
        usize::try_from(above / self.step).unwrap_or(usize::MAX)
    }
}

/// The sum of `m` of the scores, 0 < m < N.
pub(crate) fn sum_of_sample(scores: &[u64], m: usize) -> Result<Exact, Error> {
    let mut a = scores.to_vec();
    a.sort_unstable();
    let n = a.len();
    let all: u64 = a.iter().sum();
    let mean = (all * m as u64, n as u64);
    let least: u64 = a.iter().take(m).sum();
    if 2 * m > n {
        // What is left out: T = all − T', so that the places are those of T' in reverse.
        let mut other = sum_of_sample(scores, n - m)?;
        other.p.reverse();
        return Ok(Exact {
            low: least,
            mean,
            ..other
        });
    }
    let smallest = a.first().copied().unwrap_or(0);
    let step = a
        .iter()
        .fold(0, |g, &score| divisor(g, score - smallest))
        .max(1);
    // before[i] = a₁ + … + a_i.
    let mut before = vec![0_u64; n + 1];
    for (i, score) in a.iter_mut().enumerate() {
        *score = (*score - smallest) / step;
        before[i + 1] = before[i] + *score;
    }
    // The sums of k of the first i, above the smallest of them.
    let width = |i: usize, k: usize| before[i] - before[i - k] - before[k] + 1;
    let refused = || Error::Unsupported {
        what: format!(
            "the exact distribution of rank sums of {m} and {} values with these ties",
            n - m
        ),
        hint: "choose the normal approximation, or a permutation test with a seed".to_owned(),
    };
    if (m as u64) * ((n - m) as u64) > STEPS / 40 {
        return Err(refused());
    }
    let cells: u64 = (0..=m).map(|k| width(n - m + k, k)).sum();
    let mut steps = 0_u64;
    for i in 1..=n {
        for k in first(m, n, i)..=m.min(i) {
            steps = steps.saturating_add(width(i, k));
        }
    }
    if cells > CELLS || steps > STEPS {
        return Err(refused());
    }
    let size = |width: u64| usize::try_from(width).unwrap_or(usize::MAX);
    let mut f: Vec<Vec<f64>> = (0..=m)
        .map(|k| vec![0.0; size(width(n - m + k, k))])
        .collect();
    f[0][0] = 1.0;
    for i in 1..=n {
        for k in (first(m, n, i)..=m.min(i)).rev() {
            let taken = k as f64 / i as f64;
            let (less, from_k) = f.split_at_mut(k);
            let (Some(without), Some(with)) = (less.last(), from_k.first_mut()) else {
                continue;
            };
            if k < i {
                let kept = 1.0 - taken;
                with[..size(width(i - 1, k))]
                    .iter_mut()
                    .for_each(|p| *p *= kept);
            }
            let shift = size(a[i - 1] - a[k - 1]);
            let without = &without[..size(width(i - 1, k - 1))];
            for (p, q) in with[shift..].iter_mut().zip(without) {
                *p += taken * q;
            }
        }
    }
    Ok(Exact {
        low: least,
        step,
        p: f.swap_remove(m),
        mean,
    })
}

/// The fewest of the first i that can still become m of n, but one at least.
fn first(m: usize, n: usize, i: usize) -> usize {
    (m + i).saturating_sub(n).max(1)
}

/// The sum of those scores whose sign is positive.
pub(crate) fn sum_of_signs(scores: &[u64]) -> Result<Exact, Error> {
    let step = scores.iter().fold(0, |g, &score| divisor(g, score)).max(1);
    let all: u64 = scores.iter().sum();
    let cells = all / step + 1;
    if cells > CELLS || cells.saturating_mul(scores.len() as u64) > 2 * STEPS {
        return Err(Error::Unsupported {
            what: format!("the exact distribution of {} signed ranks", scores.len()),
            hint: "choose the normal approximation".to_owned(),
        });
    }
    let size = |width: u64| usize::try_from(width).unwrap_or(usize::MAX);
    let mut f = vec![0.0; size(cells)];
    let mut next = f.clone();
    f[0] = 1.0;
    let mut top = 1;
    for &score in scores {
        let shift = size(score / step);
        for (p, q) in next[..top].iter_mut().zip(&f) {
            *p = 0.5 * q;
        }
        next[top..top + shift].fill(0.0);
        for (p, q) in next[shift..].iter_mut().zip(&f[..top]) {
            *p += 0.5 * q;
        }
        top += shift;
        std::mem::swap(&mut f, &mut next);
    }
    Ok(Exact {
        low: 0,
        step,
        p: f,
        mean: (all, 2),
    })
}

fn divisor(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { divisor(b, a % b) }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    reason = "a test may stop at what it did not expect"
)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn four_of_which_two_are_taken() {
        // Doubled ranks 2, 5, 5, 8: sums 7, 7, 10, 10, 13, 13.
        let exact = sum_of_sample(&[5, 2, 8, 5], 2).unwrap();
        assert_eq!((exact.low, exact.step), (7, 3));
        for (p, third) in exact.p.iter().zip([1.0; 3]) {
            assert!((3.0 * p - third).abs() < 1e-15);
        }
        assert!((exact.p_value(13, Alternative::TwoSided) - 2.0 / 3.0).abs() < 1e-15);
        assert!((exact.p_value(13, Alternative::Greater) - 1.0 / 3.0).abs() < 1e-15);
        assert_eq!(exact.p_value(10, Alternative::TwoSided), 1.0);
        // Between two sums, and beyond all of them.
        assert_eq!(exact.at_least(11), exact.at_least(13));
        assert_eq!(exact.at_most(12), exact.at_most(10));
        assert_eq!((exact.at_least(14), exact.at_most(6)), (0.0, 0.0));
    }

    #[test]
    fn signs_by_hand() {
        // Scores 1, 2, 3: sums 0, 1, 2, 3, 3, 4, 5, 6.
        let exact = sum_of_signs(&[3, 1, 2]).unwrap();
        assert_eq!(exact.p, [0.125, 0.125, 0.125, 0.25, 0.125, 0.125, 0.125]);
        assert_eq!(exact.p_value(5, Alternative::TwoSided), 0.5);
        assert_eq!(exact.p_value(3, Alternative::TwoSided), 1.0);
    }

    #[test]
    fn a_far_tail_keeps_its_digits() {
        // All of the largest ranks: one of C(600, 300).
        let scores: Vec<u64> = (0..600).map(|i| u64::from(i >= 300)).collect();
        let exact = sum_of_sample(&scores, 300).unwrap();
        let ln_choose: f64 = (1..=300)
            .map(|i| ((300.0 + f64::from(i)) / f64::from(i)).ln())
            .sum();
        assert!((exact.at_least(300).ln() + ln_choose).abs() < 1e-10);
        assert!((exact.at_least(0) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn what_is_too_large_is_refused() {
        let scores: Vec<u64> = (1..=2000).collect();
        let refused = sum_of_sample(&scores, 1000).unwrap_err().to_string();
        assert!(refused.contains("1000 and 1000"), "{refused}");
        let scores: Vec<u64> = (1..=10_000).collect();
        assert!(sum_of_signs(&scores).is_err());
    }

    proptest! {
        #[test]
        fn every_choice_counts_once(
            scores in prop::collection::vec(1..9u64, 2..11), place in 0..9usize,
        ) {
            let (n, m) = (scores.len(), 1 + place % (scores.len() - 1));
            let sums: Vec<u64> = (0..1_u32 << n)
                .filter(|chosen| chosen.count_ones() as usize == m)
                .map(|chosen| (0..n).filter(|i| chosen >> i & 1 == 1).map(|i| scores[i]).sum())
                .collect();
            let exact = sum_of_sample(&scores, m).unwrap();
            prop_assert!((exact.p.iter().sum::<f64>() - 1.0).abs() < 1e-13);
            let all: u64 = scores.iter().sum();
            for &t in &sums {
                let share = |holds: &dyn Fn(u64) -> bool| {
                    sums.iter().filter(|&&s| holds(s)).count() as f64 / sums.len() as f64
                };
                let from_mean = |s: u64| (s * n as u64).abs_diff(all * m as u64);
                let close = |a: f64, b: f64| (a - b).abs() < 1e-13;
                prop_assert!(close(exact.at_most(t), share(&|s| s <= t)));
                prop_assert!(close(exact.at_least(t), share(&|s| s >= t)));
                prop_assert!(close(
                    exact.p_value(t, Alternative::TwoSided), share(&|s| from_mean(s) >= from_mean(t)),
                ));
            }
        }

        #[test]
        fn every_sign_counts_once(scores in prop::collection::vec(1..9u64, 1..10)) {
            let n = scores.len();
            let sums: Vec<u64> = (0..1_u32 << n)
                .map(|signs| (0..n).filter(|i| signs >> i & 1 == 1).map(|i| scores[i]).sum())
                .collect();
            let exact = sum_of_signs(&scores).unwrap();
            for &v in &sums {
                let share = sums.iter().filter(|&&s| s >= v).count() as f64 / sums.len() as f64;
                prop_assert!((exact.at_least(v) - share).abs() < 1e-14);
                prop_assert!((exact.at_most(v) - sums.iter().filter(|&&s| s <= v).count() as f64 / sums.len() as f64).abs() < 1e-14);
            }
        }
    }
}
