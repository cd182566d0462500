//! Exact distributions of rank sums, with ties.
//!
//! ```text
//! sample  T = the sum of m of the scores a₁ ≤ … ≤ a_N, every choice of m being equally likely
//!         f_i(k, t) = P(sum t | k of the first i) = (1 − k/i) f_{i−1}(k, t) + k/i f_{i−1}(k − 1, t − a_i)
//! split   the smaller and the larger half of the scores each have their f; with K from the first,
//!         which is hypergeometric, P(T ≤ t) = Σ_K w_K Σ_s f¹(K, s) F²(m − K, t − s)
//! signs   V = Σ B_i a_i with B_i 0 or 1, each with probability ½
//!         f_i(v) = ½ f_{i−1}(v) + ½ f_{i−1}(v − a_i)
//! ```
//! The scores are doubled midranks, less the smallest and divided by their common divisor. All
//! terms are positive probabilities: nothing cancels, nothing overflows, and a tail of 1e-100 has
//! as many digits as the middle. A table for k holds only the sums that k of the first i scores
//! can have, and only those k that can still be wanted. The work grows with the fourth power of N, so
//! that two halves cost an eighth of the whole.
//!
//! The two-sided p-value is the probability of a sum at least as far from its mean. Without ties
//! that is twice the smaller tail.
//!
//! Streitberg B, Röhmel J (1986), Statistical Software Newsletter 12:10–17 (the shift algorithm);
//! van de Wiel MA (2001), Computational Statistics 16:519–538, doi 10.1007/s180-001-8328-6 (the split).

use std::cmp::Ordering;

use kring_core::Alternative;

use crate::Error;

/// Numbers held at once: a quarter of a gigabyte.
const CELLS: u64 = 1 << 25;
/// Steps of the recursion: some seconds.
const STEPS: u64 = 4_000_000_000;

/// A distribution on base + step · (0, 1, 2, …), a mixture of sums of two independent parts.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Exact {
    base: u64,
    step: u64,
    /// The mean as a fraction.
    mean: (u64, u64),
    parts: Vec<Part>,
}

/// The sum of two independent numbers, with its weight in the mixture.
#[derive(Debug, Clone, PartialEq)]
struct Part {
    weight: f64,
    /// The smallest sum.
    from: usize,
    /// The probabilities of the first above its smallest.
    first: Vec<f64>,
    /// P(second ≤ v) and P(second ≥ v) above its smallest.
    lower: Vec<f64>,
    upper: Vec<f64>,
}

impl Exact {
    /// P(T ≤ t).
    pub(crate) fn at_most(&self, t: u64) -> f64 {
        if t < self.base {
            return 0.0;
        }
        self.up_to(place((t - self.base) / self.step))
    }

    /// P(T ≥ t).
    pub(crate) fn at_least(&self, t: u64) -> f64 {
        let above = t.saturating_sub(self.base).div_ceil(self.step);
        self.parts
            .iter()
            .map(|part| part.at_least(place(above)))
            .sum()
    }

    /// P(T ≤ the smallest sum + k steps).
    pub(crate) fn lowest(&self, k: usize) -> f64 {
        let smallest = self.parts.iter().map(|part| part.from).min();
        self.up_to(smallest.unwrap_or(0).saturating_add(k))
    }

    fn up_to(&self, place: usize) -> f64 {
        self.parts.iter().map(|part| part.at_most(place)).sum()
    }

    /// The p-value of an observed sum.
    pub(crate) fn p_value(&self, t: u64, alternative: Alternative) -> f64 {
        let p = match alternative {
            Alternative::Less => self.at_most(t),
            Alternative::Greater => self.at_least(t),
            Alternative::TwoSided => {
                // 2 mean − t, the sum as far from the mean on the other side.
                let (sum, n) = (u128::from(self.mean.0), u128::from(self.mean.1));
                let (twice, seen) = (2 * sum, u128::from(t) * n);
                let other = twice.saturating_sub(seen);
                let whole = |x: u128| u64::try_from(x).unwrap_or(u64::MAX);
                match (2 * seen).cmp(&twice) {
                    Ordering::Equal => 1.0,
                    Ordering::Less => self.at_most(t) + self.at_least(whole(other.div_ceil(n))),
                    Ordering::Greater if seen > twice => self.at_least(t),
                    Ordering::Greater => self.at_least(t) + self.at_most(whole(other / n)),
                }
            }
        };
        p.min(1.0)
    }
}

impl Part {
    /// The share of the mixture with a sum of `place` or less.
    fn at_most(&self, place: usize) -> f64 {
        let Some(room) = place.checked_sub(self.from) else {
            return 0.0;
        };
        // With u of the first, the second has room − u, which is all of it while u is small.
        let all = (room + 1)
            .saturating_sub(self.lower.len())
            .min(self.first.len());
        let some = (room + 1).min(self.first.len());
        let whole: f64 = self.first[..all].iter().sum();
        let pairs = self.first[all..some].iter().enumerate();
        let rest: f64 = pairs.map(|(i, p)| p * self.lower[room - all - i]).sum();
        self.weight * (rest + whole)
    }

    /// The share of the mixture with a sum of `place` or more.
    fn at_least(&self, place: usize) -> f64 {
        let Some(need) = place.checked_sub(self.from) else {
            return self.weight;
        };
        let none = (need + 1)
            .saturating_sub(self.upper.len())
            .min(self.first.len());
        let some = need.min(self.first.len()).max(none);
        let pairs = self.first[none..some].iter().enumerate();
        let rest: f64 = pairs.map(|(i, p)| p * self.upper[need - none - i]).sum();
        let whole: f64 = self.first[some..].iter().rev().sum();
        self.weight * (rest + whole)
    }
}

/// The sum of `m` of the scores, 0 < m < N.
pub(crate) fn sum_of_sample(scores: &[u64], m: usize) -> Result<Exact, Error> {
    let mut a = scores.to_vec();
    a.sort_unstable();
    let n = a.len();
    let mean = (a.iter().sum::<u64>() * m as u64, n as u64);
    let smallest = a.first().copied().unwrap_or(0);
    let step = common_divisor(a.iter().map(|score| score - smallest));
    for score in &mut a {
        *score = (*score - smallest) / step;
    }
    let (one, two) = a.split_at(n / 2);
    let halves = [
        Half::of(one, m.saturating_sub(two.len()), m.min(one.len())),
        Half::of(two, m.saturating_sub(one.len()), m.min(two.len())),
    ];
    let pairs = (n as u64).saturating_mul(m.min(n - m) as u64);
    if pairs > STEPS / 20
        || halves.iter().map(Half::cells).fold(0, u64::saturating_add) > CELLS
        || halves.iter().map(Half::steps).fold(0, u64::saturating_add) > STEPS
    {
        return Err(Error::Unsupported {
            what: format!(
                "the exact distribution of rank sums of {m} and {} values with these ties",
                n - m
            ),
            hint: "choose the normal approximation, or a permutation test with a seed".to_owned(),
        });
    }
    let [one, two] = halves;
    let weights = hypergeometric(&one, &two, m);
    // K of the first half leave m − K to the second: the fewest leave the most.
    let tables = one.tables().into_iter().zip(two.tables().into_iter().rev());
    let parts = (one.least..)
        .zip(weights)
        .zip(tables)
        .map(|((k, weight), (first, second))| Part {
            weight,
            from: place(one.before[k] + two.before[m - k]),
            first,
            upper: running(second.iter().rev()).into_iter().rev().collect(),
            lower: running(second.iter()),
        })
        .collect();
    Ok(Exact {
        base: smallest * m as u64,
        step,
        mean,
        parts,
    })
}

/// The probabilities that K of m come from the first half, by the ratios of neighbours from the
/// likeliest on.
fn hypergeometric(one: &Half<'_>, two: &Half<'_>, m: usize) -> Vec<f64> {
    let (n1, n2) = (one.size(), two.size());
    let ratio =
        |k: usize| ((n1 - k) as f64 * (m - k) as f64) / ((k + 1) as f64 * (n2 + k + 1 - m) as f64);
    let mode = (one.least..one.most)
        .find(|&k| ratio(k) < 1.0)
        .unwrap_or(one.most);
    let mut weights = vec![1.0; one.most - one.least + 1];
    for k in mode..one.most {
        weights[k + 1 - one.least] = weights[k - one.least] * ratio(k);
    }
    for k in (one.least..mode).rev() {
        weights[k - one.least] = weights[k + 1 - one.least] / ratio(k);
    }
    let sum: f64 = weights.iter().sum();
    weights.iter().map(|weight| weight / sum).collect()
}

/// Sorted scores of which `least` to `most` are taken.
struct Half<'a> {
    a: &'a [u64],
    least: usize,
    most: usize,
    /// before[i] = a₁ + … + a_i.
    before: Vec<u64>,
}

impl<'a> Half<'a> {
    fn of(a: &'a [u64], least: usize, most: usize) -> Self {
        let mut before = vec![0; a.len() + 1];
        for (i, score) in a.iter().enumerate() {
            before[i + 1] = before[i] + score;
        }
        Self {
            a,
            least,
            most,
            before,
        }
    }

    fn size(&self) -> usize {
        self.a.len()
    }

    /// How many sums k of the first i may have, from the smallest to the largest.
    fn width(&self, i: usize, k: usize) -> u64 {
        self.before[i] - self.before[i - k] - self.before[k] + 1
    }

    /// The k of the first i that can still become one of those wanted.
    fn wanted(&self, i: usize) -> std::ops::RangeInclusive<usize> {
        (self.least + i).saturating_sub(self.size())..=self.most.min(i)
    }

    /// The most of the scores among which k can be all that are taken so far.
    fn reach(&self, k: usize) -> usize {
        self.size() - self.least.saturating_sub(k)
    }

    fn cells(&self) -> u64 {
        let widths = (0..=self.most).map(|k| self.width(self.reach(k), k));
        widths.fold(0, u64::saturating_add)
    }

    fn steps(&self) -> u64 {
        let all = (1..=self.size()).flat_map(|i| self.wanted(i).map(move |k| (i, k)));
        all.fold(0, |sum, (i, k)| sum.saturating_add(self.width(i, k)))
    }

    /// f(k, ·) of all scores, for each k that is wanted, from the smallest sum of k on.
    fn tables(&self) -> Vec<Vec<f64>> {
        let mut f: Vec<Vec<f64>> = (0..=self.most)
            .map(|k| vec![0.0; place(self.width(self.reach(k), k))])
            .collect();
        f[0][0] = 1.0;
        for i in 1..=self.size() {
            for k in self.wanted(i).rev().filter(|&k| k > 0) {
                let taken = k as f64 / i as f64;
                let (less, from_k) = f.split_at_mut(k);
                let (Some(without), Some(with)) = (less.last(), from_k.first_mut()) else {
                    continue;
                };
                if k < i {
                    let kept = 1.0 - taken;
                    let old = &mut with[..place(self.width(i - 1, k))];
                    for p in old {
                        *p *= kept;
                    }
                }
                let shift = place(self.a[i - 1] - self.a[k - 1]);
                let without = &without[..place(self.width(i - 1, k - 1))];
                for (p, q) in with[shift..].iter_mut().zip(without) {
                    *p += taken * q;
                }
            }
        }
        f.split_off(self.least)
    }
}

/// The sum of those scores whose sign is positive.
pub(crate) fn sum_of_signs(scores: &[u64]) -> Result<Exact, Error> {
    let step = common_divisor(scores.iter().copied());
    let all: u64 = scores.iter().sum();
    let cells = all / step + 1;
    if cells > CELLS || cells.saturating_mul(scores.len() as u64) > 2 * STEPS {
        return Err(Error::Unsupported {
            what: format!("the exact distribution of {} signed ranks", scores.len()),
            hint: "choose the normal approximation".to_owned(),
        });
    }
    let mut f = vec![0.0; place(cells)];
    let mut next = f.clone();
    f[0] = 1.0;
    let mut top = 1;
    for &score in scores {
        let shift = place(score / step);
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
        base: 0,
        step,
        mean: (all, 2),
        parts: vec![Part {
            weight: 1.0,
            from: 0,
            first: vec![1.0],
            upper: running(f.iter().rev()).into_iter().rev().collect(),
            lower: running(f.iter()),
        }],
    })
}

/// The running sums.
fn running<'a>(p: impl Iterator<Item = &'a f64>) -> Vec<f64> {
    p.scan(0.0, |sum, p| {
        *sum += p;
        Some(*sum)
    })
    .collect()
}

fn common_divisor(numbers: impl Iterator<Item = u64>) -> u64 {
    numbers.fold(0, divisor).max(1)
}

fn divisor(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { divisor(b, a % b) }
}

/// A whole number as a place; beyond all of them if it is too large.
fn place(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
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
        assert_eq!(exact.step, 3);
        for (k, third) in [1.0, 2.0, 3.0].into_iter().enumerate() {
            assert!((3.0 * exact.lowest(k) - third).abs() < 1e-14);
        }
        assert!((exact.p_value(13, Alternative::TwoSided) - 2.0 / 3.0).abs() < 1e-14);
        assert!((exact.p_value(13, Alternative::Greater) - 1.0 / 3.0).abs() < 1e-14);
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
        let sums = [0.125, 0.25, 0.375, 0.625, 0.75, 0.875, 1.0];
        assert_eq!([0, 1, 2, 3, 4, 5, 6].map(|k| exact.lowest(k)), sums);
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
            prop_assert!((exact.at_least(0) - 1.0).abs() < 1e-13);
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
