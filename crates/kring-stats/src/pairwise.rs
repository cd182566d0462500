//! Order statistics of all pairwise sums, without writing them down.
//!
//! ```text
//! differences     x_i − y_j, all i and j:  the sums a_i + b_j with a = x, b = −y
//! Walsh averages  (d_i + d_j)/2, i ≤ j:    the sums of a = b = d/2 from the diagonal on
//! ```
//! Sorted, row i of the table of sums increases with j and column j with i. To find the k-th: take
//! the median of what is left of each row, and of these the median weighted by what is left; count
//! the sums below it along the staircase in O(m + n); drop what lies on the wrong side, at least a
//! quarter. So the k-th of m·n sums costs O((m + n) log² (m + n)) and the memory of a few rows.
//!
//! Johnson DB, Mizoguchi T (1978), SIAM Journal on Computing 7:147–153, doi 10.1137/0207013.

/// Sums of two sorted sequences.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PairwiseSums {
    a: Vec<f64>,
    b: Vec<f64>,
    /// Whether only sums with i ≤ j count.
    triangular: bool,
}

impl PairwiseSums {
    /// The differences x_i − y_j of sorted values.
    pub(crate) fn differences(x: &[f64], y: &[f64]) -> Self {
        Self {
            a: x.to_vec(),
            b: y.iter().rev().map(|y| -y).collect(),
            triangular: false,
        }
    }

    /// The averages (d_i + d_j)/2, i ≤ j, of sorted values.
    pub(crate) fn averages(d: &[f64]) -> Self {
        let half: Vec<f64> = d.iter().map(|d| d / 2.0).collect();
        Self {
            a: half.clone(),
            b: half,
            triangular: true,
        }
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        let (m, n) = (self.a.len(), self.b.len());
        if self.triangular {
            n * (n + 1) / 2
        } else {
            m * n
        }
    }

    /// The k-th smallest, from 1 to [`count`](Self::count); beyond these the nearest.
    pub(crate) fn smallest(&self, k: usize) -> f64 {
        let (m, n) = (self.a.len(), self.b.len());
        let mut k = k.clamp(1, self.count().max(1)) - 1;
        // The corners of the table.
        let corner = |a: Option<&f64>, b: Option<&f64>| a.zip(b).map_or(0.0, |(a, b)| a + b);
        if k == 0 {
            return corner(self.a.first(), self.b.first());
        }
        if k + 1 == self.count() {
            return corner(self.a.last(), self.b.last());
        }
        // Row i has left_i ≤ j < right_i still in question.
        let mut left: Vec<usize> = (0..m)
            .map(|i| if self.triangular { i } else { 0 })
            .collect();
        let mut right = vec![n; m];
        let (mut below, mut up_to) = (vec![0; m], vec![0; m]);
        let mut medians: Vec<(f64, usize)> = Vec::with_capacity(m);
        // What was dropped on the low side is no longer counted in k.
        loop {
            let remaining: usize = left.iter().zip(&right).map(|(l, r)| r - l).sum();
            if remaining <= 2 * (m + n) {
                return self.smallest_of_rest(k, &left, &right);
            }
            medians.clear();
            for i in (0..m).filter(|&i| left[i] < right[i]) {
                let middle = left[i] + (right[i] - left[i]) / 2;
                medians.push((self.a[i] + self.b[middle], right[i] - left[i]));
            }
            let pivot = weighted_median(&mut medians, remaining);
            self.stairs(|sum| sum < pivot, &left, &right, &mut below);
            self.stairs(|sum| sum <= pivot, &left, &right, &mut up_to);
            let count =
                |ends: &[usize]| -> usize { ends.iter().zip(&left).map(|(e, l)| e - l).sum() };
            let (fewer, no_more) = (count(&below), count(&up_to));
            if k < fewer {
                right.copy_from_slice(&below);
            } else if k < no_more {
                return pivot;
            } else {
                k -= no_more;
                left.copy_from_slice(&up_to);
            }
        }
    }

    /// The median of all of them.
    pub(crate) fn median(&self) -> f64 {
        let count = self.count();
        if count % 2 == 1 {
            return self.smallest(count / 2 + 1);
        }
        let (low, high) = (self.smallest(count / 2), self.smallest(count / 2 + 1));
        low / 2.0 + high / 2.0
    }

    /// For each row the end of those sums that are `low`, within what is left of it.
    fn stairs(
        &self,
        low: impl Fn(f64) -> bool,
        left: &[usize],
        right: &[usize],
        ends: &mut [usize],
    ) {
        // The end over the whole row never grows with i.
        let mut j = self.b.len();
        for (i, &a) in self.a.iter().enumerate() {
            while j > 0 && !low(a + self.b[j - 1]) {
                j -= 1;
            }
            ends[i] = j.clamp(left[i], right[i]);
        }
    }

    fn smallest_of_rest(&self, k: usize, left: &[usize], right: &[usize]) -> f64 {
        let mut rest: Vec<f64> = Vec::new();
        for (i, (&l, &r)) in left.iter().zip(right).enumerate() {
            rest.extend(self.b[l..r].iter().map(|b| self.a[i] + b));
        }
        let k = k.min(rest.len().saturating_sub(1));
        if rest.is_empty() {
            return 0.0;
        }
        *rest.select_nth_unstable_by(k, f64::total_cmp).1
    }
}

/// The value below which lies half of the weight, of values with their weights.
fn weighted_median(values: &mut [(f64, usize)], total: usize) -> f64 {
    values.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let mut passed = 0;
    for &(value, weight) in values.iter() {
        passed += weight;
        if 2 * passed >= total {
            return value;
        }
    }
    values.last().map_or(0.0, |last| last.0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sorted(values: impl Iterator<Item = f64>) -> Vec<f64> {
        crate::rank::sorted(&values.collect::<Vec<_>>())
    }

    #[test]
    fn by_hand() {
        // 1 − {0, 5} and 4 − {0, 5}: −4, −1, 1, 4.
        let differences = PairwiseSums::differences(&[1.0, 4.0], &[0.0, 5.0]);
        let found: Vec<f64> = (1..=4).map(|k| differences.smallest(k)).collect();
        assert_eq!(found, [-4.0, -1.0, 1.0, 4.0]);
        assert_eq!(differences.median(), 0.0);
        // 1, (1 + 2)/2, 2, (1 + 6)/2, (2 + 6)/2, 6.
        let averages = PairwiseSums::averages(&[1.0, 2.0, 6.0]);
        let found: Vec<f64> = (1..=6).map(|k| averages.smallest(k)).collect();
        assert_eq!(found, [1.0, 1.5, 2.0, 3.5, 4.0, 6.0]);
        assert_eq!(averages.median(), 2.75);
    }

    #[test]
    fn many_equal_values() {
        let x = vec![3.0; 500];
        let mut y = vec![1.0; 400];
        y.extend([2.0; 300]);
        let differences = PairwiseSums::differences(&x, &y);
        assert_eq!(differences.smallest(500 * 300), 1.0);
        assert_eq!(differences.smallest(500 * 300 + 1), 2.0);
        assert_eq!(PairwiseSums::averages(&x).median(), 3.0);
    }

    proptest! {
        #[test]
        fn as_if_written_down(
            x in prop::collection::vec(-5..6i32, 1..60), y in prop::collection::vec(-50..60i32, 1..60), share in 0.0..1.0f64,
        ) {
            let x = sorted(x.into_iter().map(f64::from));
            let y = sorted(y.into_iter().map(f64::from));
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a count")]
            let place = |count: usize| ((count as f64 * share) as usize).min(count - 1);
            let all = sorted(x.iter().flat_map(|x| y.iter().map(move |y| x - y)));
            let sums = PairwiseSums::differences(&x, &y);
            prop_assert_eq!(sums.count(), all.len());
            prop_assert_eq!(sums.smallest(place(all.len()) + 1), all[place(all.len())]);
            let all = sorted((0..y.len()).flat_map(|i| y[i..].iter().map(|b| f64::midpoint(y[i], *b)).collect::<Vec<_>>()));
            let sums = PairwiseSums::averages(&y);
            prop_assert_eq!(sums.count(), all.len());
            prop_assert_eq!(sums.smallest(place(all.len()) + 1), all[place(all.len())]);
        }
    }
}
