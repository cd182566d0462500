//! The exact distribution of a sum over random assignments.
//!
//! ```text
//! lattice   scores on a grid: P(j chosen of the first i, sum t) by one convolution a unit, of
//!           independent choices with chance m/n given that their number is m; strata convolved
//! halves    the sums of all subsets of two halves, sorted by size; pairs are counted by two pointers
//! all       each assignment in turn
//! ```

use std::ops::Range;

use kring_core::Alternative;

use crate::dist::special::ln_choose;
use crate::seed::Stream;

/// So many multiplications an exact distribution may take: about a second or two.
const WORK: f64 = 2e9;
/// So many numbers it may keep: 256 MB.
const KEPT: f64 = 33_554_432.0;
/// So many units may be halved: each half has 2²⁰ subsets.
const HALVED: usize = 40;
/// So many assignments may be enumerated.
const ENUMERATED: f64 = 1_048_576.0;
/// Differences of this share of the spread are ties.
const TIE: f64 = 1e-10;
/// And so are differences of this share of the values themselves.
const ROUNDING: f64 = 1e-14;

/// The scores of a stratum's units, those in the first arm first.
#[derive(Debug, Clone)]
pub(super) struct Stratum {
    pub scores: Vec<f64>,
    pub first: usize,
}

/// P(T ≤ t), P(T ≥ t), and that T is as far or farther from its centre; or how often it was so.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Tails {
    pub lower: f64,
    pub upper: f64,
    pub both: f64,
}

impl Stratum {
    pub fn observed(&self) -> f64 {
        self.scores[..self.first].iter().sum()
    }

    /// The mean of the sum over all choices.
    pub fn mean(&self) -> f64 {
        let n = self.scores.len() as f64;
        self.first as f64 / n * self.scores.iter().sum::<f64>()
    }

    /// Its variance: m(n − m)/(n(n − 1)) Σ(aᵢ − ā)².
    pub fn variance(&self) -> f64 {
        let (n, m) = (self.scores.len() as f64, self.first as f64);
        if n < 2.0 {
            return 0.0;
        }
        let mean = self.scores.iter().sum::<f64>() / n;
        let squares: f64 = self.scores.iter().map(|a| (a - mean).powi(2)).sum();
        m * (n - m) / (n * (n - 1.0)) * squares
    }

    /// The sum of a random choice.
    pub fn draw(&self, stream: &mut Stream, work: &mut Vec<f64>) -> f64 {
        let n = self.scores.len();
        let fewer = self.first.min(n - self.first);
        work.clear();
        work.extend_from_slice(&self.scores);
        stream.choose(fewer, work);
        let (chosen, rest) = work.split_at(fewer);
        let taken = if fewer == self.first { chosen } else { rest };
        taken.iter().sum()
    }
}

impl Tails {
    pub fn of_side(self, alternative: Alternative) -> f64 {
        match alternative {
            Alternative::TwoSided => self.both,
            Alternative::Less => self.lower,
            Alternative::Greater => self.upper,
        }
    }

    /// How many of some values lie in each tail; differences tiny beside `scale` are ties.
    pub fn counts(values: &[f64], observed: f64, centre: f64, scale: f64) -> Self {
        let mut tails = Self::default();
        let tie = TIE * scale + ROUNDING * (observed.abs() + centre.abs());
        for &value in values {
            tails.add(value - centre, observed - centre, tie, 1.0);
        }
        tails
    }

    /// The share of all values in each tail.
    pub fn of(values: &[f64], observed: f64, centre: f64, scale: f64) -> Self {
        Self::counts(values, observed, centre, scale).over(values.len() as f64)
    }

    /// Assignments without a value count in each tail.
    pub fn with_failures(self, failed: usize, all: usize) -> Self {
        let (failed, all) = (failed as f64, all as f64);
        let share = |tail: f64| (tail * (all - failed) + failed) / all;
        Self {
            lower: share(self.lower),
            upper: share(self.upper),
            both: share(self.both),
        }
    }

    fn over(self, all: f64) -> Self {
        if all == 0.0 {
            return self;
        }
        Self {
            lower: self.lower / all,
            upper: self.upper / all,
            both: self.both / all,
        }
    }

    fn add(&mut self, value: f64, observed: f64, tie: f64, weight: f64) {
        if value <= observed + tie {
            self.lower += weight;
        }
        if value >= observed - tie {
            self.upper += weight;
        }
        if value.abs() >= observed.abs() - tie {
            self.both += weight;
        }
    }
}

/// How far the scores lie from their means, summed.
pub(super) fn spread(strata: &[Stratum]) -> f64 {
    let of = |stratum: &Stratum| {
        let mean = stratum.scores.iter().sum::<f64>() / stratum.scores.len() as f64;
        stratum.scores.iter().map(|a| (a - mean).abs()).sum::<f64>()
    };
    strata.iter().map(of).sum()
}

pub(super) fn largest_distance(values: &[f64], centre: f64) -> f64 {
    values
        .iter()
        .fold(0.0, |largest, v| f64::max(largest, (v - centre).abs()))
}

/// The tails where all scores lie on a common grid; nothing where they do not, or the work is too much.
pub(super) fn lattice(strata: &[Stratum]) -> Option<Tails> {
    let lows: Vec<f64> = strata
        .iter()
        .map(|stratum| smallest(&stratum.scores))
        .collect();
    let differences: Vec<f64> = strata
        .iter()
        .zip(&lows)
        .flat_map(|(stratum, low)| stratum.scores.iter().map(move |a| a - low))
        .collect();
    let scale = strata
        .iter()
        .flat_map(|stratum| &stratum.scores)
        .fold(0.0, |largest, a| f64::max(largest, a.abs()));
    let steps = steps(&differences, scale)?;
    let mut rest = steps.as_slice();
    let mut weights = Vec::with_capacity(strata.len());
    for stratum in strata {
        let (own, others) = rest.split_at(stratum.scores.len());
        weights.push(own);
        rest = others;
    }
    let plans: Vec<Plan> = strata
        .iter()
        .zip(&weights)
        .map(|(s, w)| Plan::new(w, s.first))
        .collect();
    if !feasible(&plans) {
        return None;
    }
    let mut all = Distribution {
        offset: 0,
        p: vec![1.0],
    };
    for plan in &plans {
        all = all.plus(&plan.distribution());
    }
    let observed: usize = strata
        .iter()
        .zip(&weights)
        .map(|(s, w)| w[..s.first].iter().sum::<usize>())
        .sum();
    let centre: f64 = strata
        .iter()
        .zip(&weights)
        .map(|(s, w)| s.first as f64 * w.iter().sum::<usize>() as f64 / w.len() as f64)
        .sum();
    Some(all.tails(observed as f64, centre))
}

/// The tails of Σ ±dᵢ where all |dᵢ| lie on a common grid.
pub(super) fn signs_on_a_lattice(d: &[f64]) -> Option<Tails> {
    let sizes: Vec<f64> = d.iter().map(|d| d.abs()).collect();
    let scale = sizes.iter().fold(0.0, |largest, &s| f64::max(largest, s));
    let steps = steps(&sizes, scale)?;
    let width: usize = steps.iter().sum::<usize>() + 1;
    if width as f64 > KEPT || width as f64 * d.len() as f64 > WORK {
        return None;
    }
    let mut p = vec![0.0; width];
    p[0] = 1.0;
    let mut top = 0;
    for &w in steps.iter().filter(|&&w| w > 0) {
        // Downwards, so that each place gives before it is given to.
        for t in (0..=top).rev() {
            let half = p[t] / 2.0;
            p[t] = half;
            p[t + w] += half;
        }
        top += w;
    }
    let positive: usize = d
        .iter()
        .zip(&steps)
        .filter(|(d, _)| **d > 0.0)
        .map(|(_, w)| w)
        .sum();
    let all = Distribution { offset: 0, p };
    Some(all.tails(positive as f64, (width - 1) as f64 / 2.0))
}

/// The tails of one stratum's sum from the sums of two halves of its units.
pub(super) fn halves(strata: &[Stratum]) -> Option<Tails> {
    let [stratum] = strata else { return None };
    let n = stratum.scores.len();
    if n > HALVED {
        return None;
    }
    let mean = stratum.scores.iter().sum::<f64>() / n as f64;
    let centred: Vec<f64> = stratum.scores.iter().map(|a| a - mean).collect();
    let observed: f64 = centred[..stratum.first].iter().sum();
    let (left, right) = centred.split_at(n / 2);
    let (left, right) = (by_size(left), by_size(right));
    let tie = TIE * spread(strata);
    let mut pairs = Pairs::new(observed, tie + ROUNDING * mean.abs());
    for (j, sums) in left.iter().enumerate() {
        if let Some(others) = stratum.first.checked_sub(j).and_then(|k| right.get(k)) {
            pairs.count(sums, others);
        }
    }
    Some(pairs.tails())
}

/// The tails of Σ ±dᵢ from the sums of two halves.
pub(super) fn signs_by_halves(d: &[f64]) -> Option<Tails> {
    let d: Vec<f64> = d.iter().copied().filter(|&d| d != 0.0).collect();
    if d.len() > HALVED {
        return None;
    }
    let sums = |half: &[f64]| {
        let mut sums = vec![0.0];
        for d in half {
            let minus: Vec<f64> = sums.iter().map(|s| s - d).collect();
            for s in &mut sums {
                *s += d;
            }
            sums.extend(minus);
        }
        sums.sort_unstable_by(f64::total_cmp);
        sums
    };
    let (left, right) = d.split_at(d.len() / 2);
    let spread: f64 = d.iter().map(|d| d.abs()).sum();
    let mut pairs = Pairs::new(d.iter().sum(), TIE * spread);
    pairs.count(&sums(left), &sums(right));
    Some(pairs.tails())
}

/// The statistic of every assignment, if they are not too many; `value` gets the places chosen.
pub(super) fn enumerate<T>(
    strata: &[(Range<usize>, usize)],
    mut value: impl FnMut(&[u32]) -> T,
) -> Option<Vec<T>> {
    let ways = |(range, m): &(Range<usize>, usize)| ln_choose(range.len() as f64, *m as f64);
    if strata.iter().map(ways).sum::<f64>() > ENUMERATED.ln() + 1e-9 {
        return None;
    }
    let mut values = Vec::new();
    let mut chosen: Vec<u32> = Vec::new();
    for (range, m) in strata {
        let start = u32::try_from(range.start).ok()?;
        chosen.extend((start..).take(*m));
    }
    loop {
        values.push(value(&chosen));
        if !advance(strata, &mut chosen) {
            return Some(values);
        }
    }
}

/// The next assignment in the order of the dictionary, the last stratum first.
fn advance(strata: &[(Range<usize>, usize)], chosen: &mut [u32]) -> bool {
    let mut end = chosen.len();
    for (range, m) in strata.iter().rev() {
        let own = &mut chosen[end - m..end];
        end -= m;
        // The last place that can still move up.
        let last = (0..*m)
            .rev()
            .find(|&i| (own[i] as usize) < range.end - (m - i));
        if let Some(i) = last {
            let next = own[i] + 1;
            for (place, value) in own[i..].iter_mut().zip(next..) {
                *place = value;
            }
            return true;
        }
        for (place, value) in own.iter_mut().zip(range.start..) {
            *place = u32::try_from(value).unwrap_or(u32::MAX);
        }
    }
    false
}

/// How one stratum's distribution is computed: fewer than half are chosen, or left out.
struct Plan<'a> {
    weights: &'a [usize],
    fewer: usize,
    /// Whether those chosen are the fewer.
    direct: bool,
    width: usize,
}

impl<'a> Plan<'a> {
    fn new(weights: &'a [usize], first: usize) -> Self {
        let direct = first <= weights.len() - first;
        let fewer = first.min(weights.len() - first);
        let mut sorted = weights.to_vec();
        sorted.sort_unstable_by(|a, b| b.cmp(a));
        Self {
            weights,
            fewer,
            direct,
            width: sorted[..fewer].iter().sum::<usize>() + 1,
        }
    }

    fn distribution(&self) -> Distribution {
        let (n, m, width) = (self.weights.len(), self.fewer, self.width);
        let chance = m as f64 / n as f64;
        // Row j: j are chosen so far; `reached` is its largest sum, if any.
        let mut f = vec![0.0; (m + 1) * width];
        f[0] = 1.0;
        let mut reached = vec![None; m + 1];
        reached[0] = Some(0_usize);
        for &w in self.weights {
            for j in (1..=m).rev() {
                let (before, row) = f.split_at_mut(j * width);
                let (before, row) = (&before[(j - 1) * width..], &mut row[..width]);
                if let Some(top) = reached[j] {
                    for p in &mut row[..=top] {
                        *p *= 1.0 - chance;
                    }
                }
                if let Some(top) = reached[j - 1] {
                    let length = (top + 1).min(width - w.min(width));
                    for (to, from) in row[w.min(width)..].iter_mut().zip(&before[..length]) {
                        *to += chance * from;
                    }
                    reached[j] = reached[j].max(Some((top + w).min(width - 1)));
                }
            }
            f[0] *= 1.0 - chance;
        }
        let mut p = f.split_off(m * width);
        let sum: f64 = p.iter().sum();
        for p in &mut p {
            *p /= sum;
        }
        if self.direct {
            return Distribution { offset: 0, p };
        }
        // The sum of those chosen is that of all less that of those left out.
        p.reverse();
        let all: usize = self.weights.iter().sum();
        Distribution {
            offset: all + 1 - width,
            p,
        }
    }
}

fn feasible(plans: &[Plan<'_>]) -> bool {
    let mut work = 0.0;
    let mut width = 1.0;
    for plan in plans {
        let kept = (plan.fewer + 1) as f64 * plan.width as f64;
        work += plan.weights.len() as f64 * kept / 2.0 + width * plan.width as f64;
        width += plan.width as f64;
        if kept > KEPT {
            return false;
        }
    }
    work <= WORK
}

/// Probabilities of the whole numbers from `offset` on.
struct Distribution {
    offset: usize,
    p: Vec<f64>,
}

impl Distribution {
    /// The distribution of a sum of two.
    fn plus(&self, other: &Self) -> Self {
        let mut p = vec![0.0; self.p.len() + other.p.len() - 1];
        for (i, a) in self.p.iter().enumerate().filter(|(_, a)| **a > 0.0) {
            for (to, b) in p[i..].iter_mut().zip(&other.p) {
                *to += a * b;
            }
        }
        Self {
            offset: self.offset + other.offset,
            p,
        }
    }

    fn tails(&self, observed: f64, centre: f64) -> Tails {
        let mut tails = Tails::default();
        for (t, &p) in self.p.iter().enumerate().filter(|(_, p)| **p > 0.0) {
            let value = (self.offset + t) as f64;
            // Whole numbers: what lies between them is rounding of the centre.
            tails.add(value - centre, observed - centre, 1e-6, p);
        }
        tails
    }
}

/// Scores from their smallest on as whole numbers of steps of a common grid, if they have one.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "none is negative, and the largest is checked"
)]
fn steps(differences: &[f64], scale: f64) -> Option<Vec<usize>> {
    let range = differences
        .iter()
        .fold(0.0, |largest, &d| f64::max(largest, d));
    if range == 0.0 {
        return Some(vec![0; differences.len()]);
    }
    let tolerance = 1e-11 * range + 16.0 * f64::EPSILON * scale;
    let mut step = 0.0;
    for &d in differences.iter().filter(|&&d| d > tolerance) {
        let (mut a, mut b) = (f64::max(step, d), f64::min(step, d));
        while b > tolerance {
            let rest = a % b;
            (a, b) = (b, if b - rest < tolerance { 0.0 } else { rest });
        }
        step = a;
        if range / step > KEPT {
            return None;
        }
    }
    // The largest difference settles the last digits of the step.
    let step = range / (range / step).round();
    let whole = |d: &f64| {
        let steps = (d / step).round();
        ((steps * step - d).abs() <= 4.0 * tolerance).then_some(steps as usize)
    };
    differences.iter().map(whole).collect()
}

fn smallest(values: &[f64]) -> f64 {
    values
        .iter()
        .fold(f64::INFINITY, |low, &x| f64::min(low, x))
}

/// The sorted sums of all subsets, by their size.
fn by_size(values: &[f64]) -> Vec<Vec<f64>> {
    let mut sums: Vec<Vec<f64>> = vec![Vec::new(); values.len() + 1];
    let mut of: Vec<f64> = vec![0.0; 1 << values.len()];
    sums[0].push(0.0);
    for subset in 1..of.len() {
        let lowest = subset.trailing_zeros() as usize;
        of[subset] = of[subset & (subset - 1)] + values[lowest];
        sums[subset.count_ones() as usize].push(of[subset]);
    }
    for sums in &mut sums {
        sums.sort_unstable_by(f64::total_cmp);
    }
    sums
}

/// Counts of pairs of sums beyond the observed one, whose centre is zero.
struct Pairs {
    observed: f64,
    tie: f64,
    lower: f64,
    upper: f64,
    both: f64,
    all: f64,
}

impl Pairs {
    fn new(observed: f64, tie: f64) -> Self {
        Self {
            observed,
            tie,
            lower: 0.0,
            upper: 0.0,
            both: 0.0,
            all: 0.0,
        }
    }

    fn count(&mut self, left: &[f64], right: &[f64]) {
        let all = left.len() as f64 * right.len() as f64;
        let (t, tie) = (self.observed, self.tie);
        let lower = at_most(left, right, t + tie);
        let upper = all - below(left, right, t - tie);
        self.all += all;
        self.lower += lower;
        self.upper += upper;
        self.both += if t.abs() <= tie {
            all
        } else {
            at_most(left, right, -t.abs() + tie) + all - below(left, right, t.abs() - tie)
        };
    }

    fn tails(&self) -> Tails {
        Tails {
            lower: self.lower,
            upper: self.upper,
            both: self.both,
        }
        .over(self.all)
    }
}

/// How many pairs of sorted numbers have a sum of at most t.
fn at_most(left: &[f64], right: &[f64], t: f64) -> f64 {
    pairs(left, right, |sum| sum <= t)
}

/// How many have a sum below t.
fn below(left: &[f64], right: &[f64], t: f64) -> f64 {
    pairs(left, right, |sum| sum < t)
}

fn pairs(left: &[f64], right: &[f64], small: impl Fn(f64) -> bool) -> f64 {
    let mut fitting = right.len();
    let mut count = 0.0;
    for a in left {
        while fitting > 0 && !small(a + right[fitting - 1]) {
            fitting -= 1;
        }
        count += fitting as f64;
    }
    count
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    reason = "a test may stop at what it did not expect"
)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn all(strata: &[Stratum]) -> Tails {
        let mut start = 0;
        let places: Vec<_> = strata
            .iter()
            .map(|stratum| {
                let range = start..start + stratum.scores.len();
                start = range.end;
                (range, stratum.first)
            })
            .collect();
        let scores: Vec<f64> = strata.iter().flat_map(|s| s.scores.clone()).collect();
        let sum = |chosen: &[u32]| chosen.iter().map(|&i| scores[i as usize]).sum::<f64>();
        let values = enumerate(&places, sum).unwrap();
        let observed = strata.iter().map(Stratum::observed).sum();
        let mean = strata.iter().map(Stratum::mean).sum();
        Tails::of(&values, observed, mean, spread(strata).max(1e-300))
    }

    fn close(a: Tails, b: Tails) -> bool {
        [(a.lower, b.lower), (a.upper, b.upper), (a.both, b.both)]
            .iter()
            .all(|(a, b)| (a - b).abs() < 1e-12)
    }

    fn stratum(values: impl Strategy<Value = f64>) -> impl Strategy<Value = Stratum> {
        prop::collection::vec(values, 1..8).prop_flat_map(|scores| {
            (0..=scores.len()).prop_map(move |first| Stratum {
                scores: scores.clone(),
                first,
            })
        })
    }

    proptest! {
        #[test]
        fn the_lattice_counts_what_enumeration_counts(
            strata in prop::collection::vec(stratum((-4..9_i32).prop_map(|i| f64::from(i) * 0.1)), 1..4),
        ) {
            prop_assert!(close(lattice(&strata).unwrap(), all(&strata)));
        }

        #[test]
        fn halves_count_what_enumeration_counts(one in stratum(-1.0..1.0_f64)) {
            let one = [one];
            prop_assert!(close(halves(&one).unwrap(), all(&one)));
        }

        #[test]
        fn signs_count_what_enumeration_counts(d in prop::collection::vec(-5..6_i32, 1..11)) {
            let d: Vec<f64> = d.into_iter().map(|d| f64::from(d) / 4.0).collect();
            let values: Vec<f64> = (0..1_u32 << d.len())
                .map(|signs| d.iter().enumerate().map(|(k, d)| if signs >> k & 1 == 0 { *d } else { -d }).sum())
                .collect();
            let truth = Tails::of(&values, d.iter().sum(), 0.0, 1.0);
            prop_assert!(close(signs_on_a_lattice(&d).unwrap(), truth));
            prop_assert!(close(signs_by_halves(&d).unwrap(), truth));
        }
    }

    #[test]
    fn values_without_a_grid_have_none() {
        assert!(steps(&[0.0, 1.0, std::f64::consts::SQRT_2], 1.0).is_none());
        assert_eq!(steps(&[0.0, 0.1, 0.3, 0.7], 0.7).unwrap(), [0, 1, 3, 7]);
        assert_eq!(steps(&[0.0, 1e9], 2e9).unwrap(), [0, 1]);
        assert_eq!(steps(&[0.0, 0.0], 5.0).unwrap(), [0, 0]);
    }

    #[test]
    fn every_assignment_comes_once() {
        let chosen = enumerate(&[(0..4, 2), (4..7, 1), (7..8, 0)], <[u32]>::to_vec).unwrap();
        let distinct: std::collections::BTreeSet<_> = chosen.iter().collect();
        assert_eq!((chosen.len(), distinct.len()), (18, 18));
        assert!(enumerate(&[(0..40, 20)], |_| ()).is_none());
    }
}
