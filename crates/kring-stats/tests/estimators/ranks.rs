//! Rank tests, the analysis of variance of one way and their effect sizes: every allocation counted,
//! intervals that are the tests turned round, and one method as a special case of another.

use kring_core::{Alternative, Estimate, Interval, JointTest, Reference};
use kring_stats::Error;
use kring_stats::friedman::{Friedman, Measurement};
use kring_stats::kruskal_wallis::KruskalWallis;
use kring_stats::levene::{Centre, Levene};
use kring_stats::mann_whitney::MannWhitney;
use kring_stats::one_way::OneWay;
use kring_stats::rank::RankDistribution;
use kring_stats::rank_biserial::{RankBiserial, RankBiserialInterval};
use kring_stats::signed_rank::{SignedRank, Zeros};
use kring_stats::superiority::{Superiority, SuperiorityInterval};
use kring_stats::t_test::{Group, Variance};
use kring_stats::variance_explained::{ShareInterval, VarianceExplained};
use proptest::prelude::*;

fn group<'a>(name: &'a str, values: &'a [f64]) -> Group<'a> {
    Group { name, values }
}

const ALTERNATIVES: [Alternative; 3] = [
    Alternative::TwoSided,
    Alternative::Less,
    Alternative::Greater,
];

const DISTRIBUTIONS: [RankDistribution; 4] = [
    RankDistribution::Auto,
    RankDistribution::Exact,
    RankDistribution::Normal,
    RankDistribution::NormalCorrected,
];

/// Small whole numbers, which tie.
fn few(least: usize, most: usize) -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec((0..7i32).prop_map(f64::from), least..most)
}

/// Numbers of which no two, and no two differences or averages of them, are equal: the k-th is about
/// the k-th prime's square root.
fn untied(least: usize, most: usize) -> impl Strategy<Value = Vec<f64>> {
    const PRIMES: [f64; 16] = [
        2.0, 3.0, 5.0, 7.0, 11.0, 13.0, 17.0, 19.0, 23.0, 29.0, 31.0, 37.0, 41.0, 43.0, 47.0, 53.0,
    ];
    let roots: Vec<f64> = PRIMES
        .iter()
        .enumerate()
        .map(|(i, p)| if i % 3 == 0 { -p.sqrt() } else { p.sqrt() })
        .collect();
    prop::sample::subsequence(roots, least..most).prop_shuffle()
}

/// All choices of m of n as bits.
fn choices(n: usize, m: usize) -> impl Iterator<Item = u32> {
    (0..1_u32 << n).filter(move |bits| bits.count_ones() as usize == m)
}

/// Pairs in which the chosen are larger than the others, equal ones by half, doubled.
fn doubled_u(values: &[f64], chosen: u32) -> i64 {
    let is_chosen = |i: usize| chosen >> i & 1 == 1;
    let mut u = 0;
    for i in (0..values.len()).filter(|&i| is_chosen(i)) {
        for j in (0..values.len()).filter(|&j| !is_chosen(j)) {
            u += i64::from(values[i] > values[j]) + i64::from(values[i] >= values[j]);
        }
    }
    u
}

/// The share of values that hold.
fn share<T>(values: &[T], holds: impl Fn(&T) -> bool) -> f64 {
    values.iter().filter(|value| holds(value)).count() as f64 / values.len() as f64
}

fn exact_p(all: &[i64], seen: i64, middle: i64, alternative: Alternative) -> f64 {
    match alternative {
        Alternative::TwoSided => share(all, |u| (u - middle).abs() >= (seen - middle).abs()),
        Alternative::Less => share(all, |u| *u <= seen),
        Alternative::Greater => share(all, |u| *u >= seen),
    }
}

fn ends(interval: Option<Interval>) -> (f64, f64) {
    let interval = interval.unwrap();
    (interval.low.unwrap(), interval.high.unwrap())
}

proptest! {
    #[test]
    fn the_exact_test_counts_every_allocation(x in few(1, 7), y in few(1, 7)) {
        let values: Vec<f64> = x.iter().chain(&y).copied().collect();
        prop_assume!(values.iter().any(|v| *v != values[0]));
        let all: Vec<i64> = choices(values.len(), x.len()).map(|c| doubled_u(&values, c)).collect();
        let seen = doubled_u(&values, (1 << x.len()) - 1);
        let middle = i64::try_from(x.len() * y.len()).unwrap();
        for alternative in ALTERNATIVES {
            let test = MannWhitney { distribution: RankDistribution::Exact, alternative, ..MannWhitney::default() };
            let found = test.test(group("x", &x), group("y", &y), None).unwrap();
            prop_assert_eq!(2.0 * found.u, seen as f64);
            let p = exact_p(&all, seen, middle, alternative);
            prop_assert!((found.shift.p_value.unwrap() - p).abs() < 1e-13);
        }
    }

    #[test]
    fn the_exact_signed_test_counts_every_sign(d in prop::collection::vec((-4..5i32).prop_map(f64::from), 1..10)) {
        prop_assume!(d.iter().any(|d| *d != 0.0));
        for zeros in [Zeros::Wilcoxon, Zeros::Pratt] {
            let ranked: Vec<f64> = d.iter().copied().filter(|d| zeros == Zeros::Pratt || *d != 0.0).collect();
            // Twice the midrank of |d|: below it count two, equal to it one, and itself one.
            let scores: Vec<i64> = ranked.iter().filter(|d| **d != 0.0).map(|d| {
                1 + ranked.iter().map(|e| i64::from(e.abs() < d.abs()) + i64::from(e.abs() <= d.abs())).sum::<i64>()
            }).collect();
            let signs: Vec<bool> = ranked.iter().filter(|d| **d != 0.0).map(|d| *d > 0.0).collect();
            let all: Vec<i64> = (0..1_u32 << scores.len())
                .map(|bits| (0..scores.len()).filter(|i| bits >> i & 1 == 1).map(|i| 2 * scores[i]).sum())
                .collect();
            let seen: i64 = scores.iter().zip(&signs).filter(|(_, up)| **up).map(|(s, _)| 2 * s).sum();
            let middle: i64 = scores.iter().sum();
            for alternative in ALTERNATIVES {
                let test = SignedRank { distribution: RankDistribution::Exact, zeros, alternative, ..SignedRank::default() };
                let found = test.one_sample(group("d", &d), None).unwrap();
                prop_assert_eq!(4.0 * found.v, seen as f64);
                let p = exact_p(&all, seen, middle, alternative);
                prop_assert!((found.pseudo_median.p_value.unwrap() - p).abs() < 1e-13);
            }
        }
    }

    #[test]
    fn the_interval_of_a_shift_is_what_the_test_does_not_reject(
        values in untied(5, 14), split in 2..12usize, level in prop::sample::select(vec![0.5, 0.8, 0.9, 0.95]),
    ) {
        let (x, y) = values.split_at(split.min(values.len() - 2));
        let mut differences: Vec<f64> = x.iter().flat_map(|x| y.iter().map(move |y| x - y)).collect();
        differences.sort_by(f64::total_cmp);
        for distribution in DISTRIBUTIONS {
            let test = MannWhitney { distribution, level, ..MannWhitney::default() };
            let found = test.test(group("x", x), group("y", y), None).unwrap().shift;
            let interval = found.interval.unwrap();
            let (low, high) = ends(found.interval);
            let median = f64::midpoint(differences[(differences.len() - 1) / 2], differences[differences.len() / 2]);
            prop_assert_eq!(found.value.finite(), Some(median));
            if interval.level < level {
                prop_assert_eq!((low, high), (differences[0], differences[differences.len() - 1]));
                continue;
            }
            // Between two neighbouring differences the test is the same.
            for pair in differences.windows(2) {
                let null = f64::midpoint(pair[0], pair[1]);
                let p = MannWhitney { null, ..test }.test(group("x", x), group("y", y), None).unwrap().shift.p_value.unwrap();
                let inside = low <= pair[0] && pair[1] <= high;
                if (p - (1.0 - level)).abs() > 1e-9 {
                    prop_assert_eq!(inside, p > 1.0 - level, "{} in {:?}: p {}", null, interval, p);
                }
            }
        }
    }

    #[test]
    fn so_is_that_of_a_pseudo_median(
        d in untied(3, 10), level in prop::sample::select(vec![0.5, 0.8, 0.9, 0.95]),
    ) {
        let mut averages: Vec<f64> = (0..d.len()).flat_map(|i| d[i..].iter().map(|e| f64::midpoint(d[i], *e)).collect::<Vec<_>>()).collect();
        averages.sort_by(f64::total_cmp);
        for distribution in DISTRIBUTIONS {
            let test = SignedRank { distribution, level, ..SignedRank::default() };
            let found = test.one_sample(group("d", &d), None).unwrap().pseudo_median;
            let interval = found.interval.unwrap();
            let (low, high) = ends(found.interval);
            if interval.level < level {
                prop_assert!(low <= averages[0] + 1e-12 && high >= averages[averages.len() - 1] - 1e-12);
                continue;
            }
            for pair in averages.windows(2) {
                let null = f64::midpoint(pair[0], pair[1]);
                let p = SignedRank { null, ..test }.one_sample(group("d", &d), None).unwrap().pseudo_median.p_value.unwrap();
                let inside = low <= pair[0] + 1e-12 && pair[1] - 1e-12 <= high;
                if (p - (1.0 - level)).abs() > 1e-9 {
                    prop_assert_eq!(inside, p > 1.0 - level, "{} in {:?}: p {}", null, interval, p);
                }
            }
        }
    }

    #[test]
    fn exchanged_groups_mirror_the_shift(x in few(1, 9), y in few(1, 9), null in -2..3i32) {
        let null = f64::from(null);
        for distribution in DISTRIBUTIONS {
            let test = MannWhitney { distribution, null, ..MannWhitney::default() };
            let mirrored = MannWhitney { null: -null, ..test };
            let (Ok(a), Ok(b)) = (
                test.test(group("x", &x), group("y", &y), None),
                mirrored.test(group("y", &y), group("x", &x), None),
            ) else { continue };
            prop_assert_eq!(a.u + b.u, (x.len() * y.len()) as f64);
            prop_assert!((a.z + b.z).abs() < 1e-12);
            prop_assert!((a.shift.p_value.unwrap() - b.shift.p_value.unwrap()).abs() < 1e-12);
            prop_assert_eq!(a.shift.value.finite(), b.shift.value.finite().map(|v| -v));
            let ((l, h), (m, k)) = (ends(a.shift.interval), ends(b.shift.interval));
            prop_assert_eq!((l, h), (-k, -m));
        }
    }

    #[test]
    fn ranks_alone_decide(x in few(2, 9), y in few(2, 9)) {
        let (cubed_x, cubed_y): (Vec<f64>, Vec<f64>) = (x.iter().map(|v| v.powi(3)).collect(), y.iter().map(|v| v.powi(3)).collect());
        for distribution in DISTRIBUTIONS {
            let test = MannWhitney { distribution, ..MannWhitney::default() };
            let before = test.test(group("x", &x), group("y", &y), None);
            let after = test.test(group("x", &cubed_x), group("y", &cubed_y), None);
            let p = |found: Result<kring_stats::mann_whitney::MannWhitneyTest, Error>| found.ok().map(|f| (f.u, f.z, f.shift.p_value));
            prop_assert_eq!(p(before), p(after));
        }
        let effect = |x: &[f64], y: &[f64]| Superiority::default().two_samples(group("x", x), group("y", y)).ok();
        prop_assert_eq!(effect(&x, &y), effect(&cubed_x, &cubed_y));
    }

    #[test]
    fn of_two_groups_kruskal_and_wallis_is_the_square_of_mann_and_whitney(x in few(2, 9), y in few(2, 9)) {
        let (x, y) = (group("x", &x), group("y", &y));
        let normal = MannWhitney { distribution: RankDistribution::Normal, ..MannWhitney::default() };
        let Ok(u) = normal.test(x, y, None) else { return Ok(()) };
        let h = KruskalWallis::default().test("y", &[x, y]).unwrap().test;
        prop_assert!((h.statistic.unwrap() - u.z * u.z).abs() < 1e-10);
        prop_assert!((h.p_value.unwrap() - u.shift.p_value.unwrap()).abs() < 1e-9);
    }

    #[test]
    fn of_two_measurements_friedman_is_a_sign_test(pairs in prop::collection::vec((0..4i32, 0..4i32), 2..20)) {
        let (up, down) = pairs.iter().fold((0, 0), |(up, down), (a, b)| (up + i32::from(a > b), down + i32::from(a < b)));
        let column = |of: fn(&(i32, i32)) -> i32| -> Vec<Option<f64>> { pairs.iter().map(|p| Some(f64::from(of(p)))).collect() };
        let (a, b) = (column(|p| p.0), column(|p| p.1));
        let found = Friedman::default().test("y", &[Measurement { name: "a", values: &a }, Measurement { name: "b", values: &b }]);
        if up + down == 0 {
            prop_assert!(found.is_err_and(|e| e.to_string().contains("is constant")));
            return Ok(());
        }
        let q = f64::from((up - down).pow(2)) / f64::from(up + down);
        prop_assert!((found.unwrap().test.statistic.unwrap() - q).abs() < 1e-10);
    }

    #[test]
    fn the_probability_of_superiority_is_a_share_of_pairs(x in few(2, 9), y in few(2, 9)) {
        let pairs = (x.len() * y.len()) as f64;
        let score: f64 = x.iter().flat_map(|x| y.iter().map(move |y| if x > y { 1.0 } else if x == y { 0.5 } else { 0.0 })).sum();
        for interval in [SuperiorityInterval::Plain, SuperiorityInterval::Logit, SuperiorityInterval::Newcombe, SuperiorityInterval::FisherZ] {
            let options = Superiority { interval, ..Superiority::default() };
            let Ok(found) = options.two_samples(group("x", &x), group("y", &y)) else { continue };
            let theta = found.probability.value.finite().unwrap();
            prop_assert!((theta - score / pairs).abs() < 1e-14);
            let (low, high) = ends(found.probability.interval);
            prop_assert!(0.0 <= low && low <= theta + 1e-12 && theta <= high + 1e-12 && high <= 1.0, "{:?}", found);
            let (l, h) = ends(found.cliffs_delta.interval);
            prop_assert!((l - (2.0 * low - 1.0)).abs() < 1e-12 && (h - (2.0 * high - 1.0)).abs() < 1e-12);
        }
    }

    #[test]
    fn the_rank_biserial_of_pairs_is_the_balance_of_signed_ranks(d in prop::collection::vec((-4..5i32).prop_map(f64::from), 3..12)) {
        let zero = vec![0.0; d.len()];
        let Ok(r) = RankBiserial::default().paired(group("a", &d), group("b", &zero)) else { return Ok(()) };
        let v = SignedRank::default().one_sample(group("d", &d), None).unwrap();
        let n = (d.len() - v.zeros) as f64;
        prop_assert!((r.value.finite().unwrap() - (4.0 * v.v / (n * (n + 1.0)) - 1.0)).abs() < 1e-13);
        let (low, high) = ends(r.interval);
        prop_assert!(-1.0 <= low && low <= high && high <= 1.0);
    }

    #[test]
    fn another_zero_and_unit_change_no_f(
        a in prop::collection::vec(-5.0..5.0f64, 2..6), b in prop::collection::vec(-5.0..5.0f64, 2..6), c in prop::collection::vec(-5.0..5.0f64, 2..6),
        shift in -20.0..20.0f64, unit in 0.1..10.0f64,
    ) {
        let moved = |v: &[f64]| -> Vec<f64> { v.iter().map(|x| shift + unit * x).collect() };
        let (p, q, r) = (moved(&a), moved(&b), moved(&c));
        let before = [group("a", &a), group("b", &b), group("c", &c)];
        let after = [group("a", &p), group("b", &q), group("c", &r)];
        let close = |x: f64, y: f64| (x - y).abs() <= 1e-6 * x.abs().max(1.0);
        for variance in [Variance::Equal, Variance::Unequal] {
            let f = |groups: &[Group<'_>]| OneWay { variance }.test("y", groups).unwrap().statistic.unwrap();
            let (x, y) = (f(&before), f(&after));
            prop_assert!(close(x, y) || x > 1e6, "{} {}", x, y);
        }
        let shares = |groups: &[Group<'_>]| VarianceExplained::default().groups("y", groups).unwrap();
        let (x, y) = (shares(&before), shares(&after));
        prop_assert!(close(x.omega_squared.value.finite().unwrap(), y.omega_squared.value.finite().unwrap()));
        let ((l, h), (m, k)) = (ends(x.eta_squared.interval), ends(y.eta_squared.interval));
        prop_assert!(close(l, m) && close(h, k) && 0.0 <= l && l <= h && h <= 1.0);
    }
}

#[test]
fn ties_make_the_two_tails_unlike() {
    // Ranks 1½, 1½, 3½, 3½, 5, and the largest three of them: 1 of 10; at least as far from 9 on the
    // other side lies 6½ + … : the smallest sum, 1½ + 1½ + 3½ = 6½, is 2½ away, the largest, 12, is 3.
    let (x, y) = (group("x", &[2.0, 2.0, 3.0]), group("y", &[1.0, 1.0]));
    let exact = MannWhitney {
        distribution: RankDistribution::Exact,
        ..MannWhitney::default()
    };
    let found = exact.test(x, y, None).unwrap().shift;
    assert!((found.p_value.unwrap() - 0.1).abs() < 1e-15);
    assert_eq!(found.reference, Reference::Exact);
}

#[test]
fn ties_choose_the_normal_approximation_and_say_so() {
    let (x, y) = (
        group("EKC", &[1.0, 2.0, 2.0, 5.0]),
        group("WT", &[2.0, 3.0, 4.0]),
    );
    let found = MannWhitney::default().test(x, y, None).unwrap().shift;
    assert_eq!(
        found.method,
        "Mann–Whitney test, normal approximation with continuity correction, corrected for ties"
    );
    assert_eq!(
        found.cautions[0].sentence(),
        "Only 3 values in a group: the normal approximation is rough; the exact distribution also allows for ties."
    );
    let zeros = SignedRank::default()
        .paired(
            group("after", &[1.0, 2.0, 5.0]),
            group("before", &[1.0, 1.0, 2.0]),
            None,
        )
        .unwrap();
    assert_eq!(zeros.zeros, 1);
    assert_eq!(
        zeros.pseudo_median.method,
        "Wilcoxon signed-rank test, normal approximation with continuity correction, zeros left out"
    );
    assert!(
        zeros.pseudo_median.cautions[1]
            .sentence()
            .starts_with("1 of 3 differences")
    );
}

#[test]
fn zeros_by_pratt_count_in_the_estimate() {
    let d = [0.0, 0.0, 0.0, 1.0, 2.0];
    let wilcoxon = SignedRank::default()
        .one_sample(group("d", &d), None)
        .unwrap();
    assert_eq!(wilcoxon.pseudo_median.value.finite(), Some(1.5));
    let pratt = SignedRank {
        zeros: Zeros::Pratt,
        ..SignedRank::default()
    };
    // Averages: six of 0, three of ½, three of 1, then 1, 1½ and 2; the eighth of fifteen is ½.
    let pratt = pratt.one_sample(group("d", &d), None).unwrap();
    assert_eq!(pratt.pseudo_median.value.finite(), Some(0.5));
    assert_eq!(pratt.v, 9.0);
}

#[test]
fn a_level_that_so_few_cannot_reach_is_said() {
    // Of 6 allocations of two and two one has U = 0, one U = 4.
    let found = MannWhitney::default()
        .test(group("x", &[3.0, 8.0]), group("y", &[1.0, 5.0]), None)
        .unwrap()
        .shift;
    let interval = found.interval.unwrap();
    assert!((interval.level - 2.0 / 3.0).abs() < 1e-15);
    assert_eq!((interval.low, interval.high), (Some(-2.0), Some(7.0)));
    assert!(found.cautions[0].sentence().contains("level 0.667"));
    // One sign pattern of 2⁵ on either side.
    let found = SignedRank::default()
        .one_sample(group("d", &[1.0, 2.5, 3.1, 4.7, 0.2]), None)
        .unwrap()
        .pseudo_median;
    assert!((found.interval.unwrap().level - 15.0 / 16.0).abs() < 1e-15);
}

#[test]
fn large_groups_are_quick_and_exact() {
    // 30,000 against 20,000: x = 3i, y = 3j + 1000.5, so that the median difference is known.
    let x: Vec<f64> = (0..30_001).map(|i| 3.0 * f64::from(i)).collect();
    let y: Vec<f64> = (0..20_001).map(|j| 3.0 * f64::from(j) + 1000.5).collect();
    let found = MannWhitney::default()
        .test(group("x", &x), group("y", &y), None)
        .unwrap()
        .shift;
    // Both are symmetric, so that their differences are: 45,000 − 31,000.5.
    assert_eq!(found.value.finite(), Some(45_000.0 - 31_000.5));
    let (low, high) = ends(found.interval);
    assert!((low + high - 2.0 * 13_999.5).abs() < 1e-6);
    let d: Vec<f64> = (0..40_001).map(|i| f64::from(i) - 19_000.0).collect();
    let found = SignedRank::default()
        .one_sample(group("d", &d), None)
        .unwrap();
    assert_eq!(found.pseudo_median.value.finite(), Some(1000.0));
}

#[test]
fn many_ties_are_counted_exactly_beyond_what_no_ties_allow() {
    // 700 against 700 of nothing but 0 and 1: Fisher's exact test of 300 and 400 ones. Its two-sided
    // p-value has the same allocations, since the margins are equal.
    let ones = |k: usize| -> Vec<f64> { (0..700).map(|i| f64::from(u8::from(i < k))).collect() };
    let exact = MannWhitney {
        distribution: RankDistribution::Exact,
        ..MannWhitney::default()
    };
    let found = exact
        .test(group("x", &ones(300)), group("y", &ones(400)), None)
        .unwrap()
        .shift;
    // ln of the hypergeometric probabilities from 700 over k by Σ ln((n − i)/(i + 1)).
    let ln_choose = |n: i32, k: i32| -> f64 {
        (0..k)
            .map(|i| (f64::from(n - i) / f64::from(i + 1)).ln())
            .sum()
    };
    let tail: f64 = (0..=300)
        .map(|k| (ln_choose(700, k) + ln_choose(700, 700 - k) - ln_choose(1400, 700)).exp())
        .sum();
    assert!((found.p_value.unwrap() / (2.0 * tail) - 1.0).abs() < 1e-9);
    // Of 490,000 differences 160,000 are −1 and 240,000 are 0, and so are the 230,177th smallest and
    // largest: a shift says little about two values, and a caution says so.
    assert_eq!(found.value.finite(), Some(0.0));
    assert_eq!(ends(found.interval), (0.0, 0.0));
    assert!(
        found.cautions[0]
            .sentence()
            .contains("probability of superiority")
    );
}

#[test]
fn where_nothing_is_left_within_there_is_a_share_without_an_interval() {
    let apart = [group("a", &[1.0, 1.0]), group("b", &[2.0, 2.0])];
    let share = KruskalWallis::default()
        .test("y", &apart)
        .unwrap()
        .epsilon_squared;
    assert!((share.value.finite().unwrap() - 1.0).abs() < 1e-15);
    assert!(share.interval.is_none() && share.cautions.len() == 1);
    let columns = [1.0, 2.0, 3.0].map(|x| [Some(x); 4]);
    let waves: Vec<Measurement<'_>> = columns
        .iter()
        .map(|values| Measurement {
            name: "wave",
            values,
        })
        .collect();
    let w = Friedman::default().test("y", &waves).unwrap().kendalls_w;
    assert!((w.value.finite().unwrap() - 1.0).abs() < 1e-15);
    assert!(w.interval.is_none());
}

#[test]
fn options_are_read_by_their_names_only() {
    let test: SignedRank = serde_json::from_str(
        r#"{"distribution": "normal_corrected", "zeros": "pratt", "level": 0.9}"#,
    )
    .unwrap();
    assert_eq!(
        test,
        SignedRank {
            distribution: RankDistribution::NormalCorrected,
            zeros: Zeros::Pratt,
            level: 0.9,
            ..SignedRank::default()
        }
    );
    assert!(serde_json::from_str::<MannWhitney>(r#"{"exact": true}"#).is_err());
    assert!(serde_json::from_str::<Superiority>(r#"{"interval": "fisher_z"}"#).is_ok());
    assert!(serde_json::from_str::<RankBiserial>(r#"{"interval": "jackknife"}"#).is_ok());
    assert!(serde_json::from_str::<VarianceExplained>(r#"{"interval": "estimate"}"#).is_ok());
    assert!(serde_json::from_str::<Levene>(r#"{"center": "mean"}"#).is_err());
}

#[test]
fn a_one_sided_share_has_a_lower_end_only() {
    let groups = [
        group("a", &[1.0, 2.0, 3.0, 2.5]),
        group("b", &[4.0, 6.0, 5.0, 5.5]),
    ];
    let greater = VarianceExplained {
        alternative: Alternative::Greater,
        ..VarianceExplained::default()
    };
    let interval = greater
        .groups("y", &groups)
        .unwrap()
        .eta_squared
        .interval
        .unwrap();
    assert!(interval.low.unwrap() > 0.0 && interval.high.is_none());
    let wider = VarianceExplained {
        level: 0.9,
        ..VarianceExplained::default()
    };
    let both = wider
        .groups("y", &groups)
        .unwrap()
        .eta_squared
        .interval
        .unwrap();
    assert!((interval.low.unwrap() - both.low.unwrap()).abs() < 1e-13);
}

/// What each method refuses, with its words.
mod refused {
    use super::*;

    #[track_caller]
    fn says<T: std::fmt::Debug>(result: Result<T, Error>, message: &str) {
        assert_eq!(result.unwrap_err().to_string(), message);
    }

    #[test]
    fn nobody() {
        let (x, none) = (group("EKC", &[1.0, 2.0]), group("WT", &[]));
        says(
            MannWhitney::default().test(x, none, None),
            "the Mann–Whitney test needs at least 1 values in group WT, but there are 0",
        );
        says(
            Superiority::default().two_samples(x, group("WT", &[1.0])),
            "the probability of superiority needs at least 2 values in group WT, but there is 1",
        );
        says(
            SignedRank::default().paired(none, none, None),
            "the signed-rank test needs at least 1 pairs of WT and WT, but there are 0",
        );
        says(
            RankBiserial::default().paired(x, group("WT", &[0.0, 2.0])),
            "the rank-biserial correlation needs at least 3 differences that are not zero (of EKC − WT), but there is 1",
        );
        says(
            KruskalWallis::default().test("y", &[x]),
            "the Kruskal–Wallis test needs at least 2 groups (in y), but there is 1",
        );
        says(
            OneWay::default().test("y", &[x, group("WT", &[1.0])]),
            "Welch's analysis of variance needs at least 2 values in group WT, but there is 1",
        );
        let fisher = OneWay {
            variance: Variance::Equal,
        };
        says(
            fisher.test("y", &[group("a", &[1.0]), group("b", &[2.0])]),
            "the analysis of variance needs at least 3 values in 2 groups together (in y), but there are 2",
        );
        says(
            Friedman::default().test("y", &[]),
            "Friedman's test needs at least 2 measurements (in y), but there are 0",
        );
    }

    #[test]
    fn constant() {
        let (x, y) = (group("EKC", &[3.0, 3.0]), group("WT", &[3.0, 3.0, 3.0]));
        says(
            MannWhitney::default().test(x, y, None),
            "the data of EKC − WT is constant, so the Mann–Whitney test has no error to measure differences by",
        );
        says(
            SignedRank::default().paired(x, x, None),
            "the difference of EKC − EKC from the null value is constant, so the signed-rank test has no error to measure differences by",
        );
        says(
            KruskalWallis::default().test("y", &[x, y]),
            "the data of y is constant, so the Kruskal–Wallis test has no error to measure differences by",
        );
        says(
            OneWay::default().test("y", &[group("a", &[1.0, 2.0]), x]),
            "group EKC of y is constant, so Welch's analysis of variance has no error to measure differences by",
        );
        let fisher = OneWay {
            variance: Variance::Equal,
        };
        says(
            fisher.test("y", &[group("a", &[1.0, 1.0]), x]),
            "what lies within the groups of y is constant, so the analysis of variance has no error to measure differences by",
        );
        // Two values are equally far from their median.
        says(
            Levene::default().test("y", &[group("a", &[1.0, 2.0]), group("b", &[5.0, 9.0])]),
            "what lies within the groups of y is constant, so the Brown–Forsythe test has no error to measure differences by",
        );
        let same = [Some(2.0), Some(5.0)];
        let same = Measurement {
            name: "a",
            values: &same,
        };
        says(
            Friedman::default().test("y", &[same, same]),
            "every block of y is constant, so Friedman's test has no error to measure differences by",
        );
    }

    #[test]
    fn what_is_no_number() {
        let (x, nan) = (group("EKC", &[1.0, 2.0]), group("WT", &[3.0, f64::NAN]));
        let message =
            "a value of WT is NaN, but a finite number (leave missing values out) was expected";
        says(MannWhitney::default().test(x, nan, None), message);
        says(SignedRank::default().paired(x, nan, None), message);
        says(Superiority::default().two_samples(x, nan), message);
        says(KruskalWallis::default().test("y", &[x, nan]), message);
        says(Levene::default().test("y", &[x, nan]), message);
        says(VarianceExplained::default().groups("y", &[x, nan]), message);
        let null = MannWhitney {
            null: f64::INFINITY,
            ..MannWhitney::default()
        };
        says(
            null.test(x, x, None),
            "the value under the null hypothesis is inf, but a finite number was expected",
        );
        let level = SignedRank {
            level: 95.0,
            ..SignedRank::default()
        };
        says(
            level.one_sample(x, None),
            "the confidence level is 95, but a number between 0 and 1, such as 0.95 was expected",
        );
        let infinite = [Some(1.0), Some(f64::INFINITY)];
        let infinite = Measurement {
            name: "a",
            values: &infinite,
        };
        says(
            Friedman::default().test("y", &[infinite, infinite]),
            "a value of a is inf, but a finite number, or none was expected",
        );
    }

    #[test]
    fn blocks_that_are_not_complete() {
        let a = [Some(1.0), None, Some(3.0), None];
        let b = [Some(2.0), Some(1.0), None, None];
        let c = [Some(2.0); 4];
        let of = |name, values| Measurement { name, values };
        says(
            Friedman::default().test(
                "problems",
                &[of("start", &a), of("end", &b), of("later", &c)],
            ),
            "Friedman's test of problems: expected a value of every measurement for every block (leave the \
             other blocks out), found 3 of 4 blocks with missing values (2 in start, 2 in end)",
        );
        says(
            Friedman::default().test("problems", &[of("start", &a), of("end", &b[..3])]),
            "Friedman's test of problems: expected a place in every measurement for each of 4 blocks, found 3 in end",
        );
        says(
            SignedRank::default().paired(
                group("after", &[1.0]),
                group("before", &[1.0, 2.0]),
                None,
            ),
            "the signed-rank test of after and before: expected as many values after as before, found 1 and 2",
        );
    }

    #[test]
    fn too_large() {
        let (vast, low) = (group("EKC", &[1e308, 1.0]), group("WT", &[-1e308, 2.0]));
        says(
            MannWhitney::default().test(vast, low, None),
            "the Mann–Whitney test of EKC − WT overflows: its numbers are too large to be squared and summed; give them in another unit",
        );
        says(
            SignedRank::default().paired(vast, low, None),
            "the signed-rank test of EKC − WT overflows: its numbers are too large to be squared and summed; give them in another unit",
        );
        let many: Vec<f64> = (0..3000).map(f64::from).collect();
        let exact = MannWhitney {
            distribution: RankDistribution::Exact,
            ..MannWhitney::default()
        };
        says(
            exact.test(group("x", &many), group("y", &many[..2999]), None),
            "the exact distribution of rank sums of 3000 and 2999 values with these ties is not supported; \
             choose the normal approximation, or a permutation test with a seed",
        );
        let exact = SignedRank {
            distribution: RankDistribution::Exact,
            ..SignedRank::default()
        };
        says(
            exact.one_sample(group("x", &many), None),
            "the exact distribution of 2999 signed ranks is not supported; choose the normal approximation",
        );
    }
}

fn wild() -> BoxedStrategy<f64> {
    prop_oneof![
        6 => prop::sample::select(vec![0.0, 0.0, 1.0, 1.0, -1.0, 2.0, 3.0, 3.5]),
        1 => prop::sample::select(vec![1e-12, 1e6, 1e12, -1e9, 1e160, -1e160, 1e300, -1e308, 5e-324, f64::MAX]),
        1 => -10.0..10.0f64,
    ]
    .boxed()
}

fn finite(estimate: &Estimate) -> Result<(), TestCaseError> {
    let ends = estimate
        .interval
        .iter()
        .flat_map(|i| [i.low, i.high])
        .flatten();
    let single = [
        estimate.value.finite(),
        estimate.std_error,
        estimate.p_value,
    ];
    prop_assert!(
        single.into_iter().flatten().chain(ends).all(f64::is_finite),
        "{:?}",
        estimate
    );
    prop_assert!(
        estimate.p_value.is_none_or(|p| (0.0..=1.0).contains(&p)),
        "{:?}",
        estimate
    );
    if let Some(Interval {
        low: Some(low),
        high: Some(high),
        level,
        ..
    }) = estimate.interval
    {
        prop_assert!(low <= high && (0.0..1.0).contains(&level), "{:?}", estimate);
    }
    Ok(())
}

fn finite_test(test: &JointTest) -> Result<(), TestCaseError> {
    prop_assert!(
        test.statistic.is_some_and(|s| s.is_finite() && s >= 0.0),
        "{:?}",
        test
    );
    prop_assert!(
        test.p_value.is_some_and(|p| (0.0..=1.0).contains(&p)),
        "{:?}",
        test
    );
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn two_groups_are_compared_or_refused(
        x in prop::collection::vec(wild(), 0..6), y in prop::collection::vec(wild(), 0..6), null in wild(),
        level in prop::sample::select(vec![0.95, 0.5, 0.0, 1.0, f64::NAN, 1e-300, 1.0 - 1e-16]),
        alternative in prop::sample::select(ALTERNATIVES.to_vec()),
    ) {
        let (x, y) = (group("x", &x), group("y", &y));
        for distribution in DISTRIBUTIONS {
            let test = MannWhitney { distribution, alternative, null, level };
            test.test(x, y, None).iter().try_for_each(|found| finite(&found.shift))?;
            for zeros in [Zeros::Wilcoxon, Zeros::Pratt] {
                let test = SignedRank { distribution, zeros, alternative, null, level };
                test.paired(x, y, None).iter().try_for_each(|found| finite(&found.pseudo_median))?;
                test.one_sample(x, None).iter().try_for_each(|found| finite(&found.pseudo_median))?;
            }
        }
        for interval in [SuperiorityInterval::Plain, SuperiorityInterval::Logit, SuperiorityInterval::Newcombe, SuperiorityInterval::FisherZ] {
            let options = Superiority { interval, alternative, level };
            if let Ok(found) = options.two_samples(x, y) {
                finite(&found.probability)?;
                finite(&found.cliffs_delta)?;
            }
        }
        for interval in [RankBiserialInterval::Jackknife, RankBiserialInterval::FisherZ] {
            RankBiserial { interval, alternative, level }.paired(x, y).iter().try_for_each(finite)?;
        }
    }

    #[test]
    fn several_groups_are_compared_or_refused(
        a in prop::collection::vec(wild(), 0..6), b in prop::collection::vec(wild(), 0..6), c in prop::collection::vec(wild(), 0..6),
        level in prop::sample::select(vec![0.95, 0.5, 0.0, f64::NAN]),
    ) {
        let groups = [group("a", &a), group("b", &b), group("c", &c)];
        if let Ok(found) = (KruskalWallis { level }).test("y", &groups) {
            finite_test(&found.test)?;
            finite(&found.epsilon_squared)?;
        }
        for variance in [Variance::Equal, Variance::Unequal] {
            OneWay { variance }.test("y", &groups).iter().try_for_each(finite_test)?;
        }
        for centre in [Centre::Median, Centre::Mean] {
            Levene { centre }.test("y", &groups).iter().try_for_each(finite_test)?;
        }
        for interval in [ShareInterval::Population, ShareInterval::Estimate] {
            let options = VarianceExplained { interval, level, ..VarianceExplained::default() };
            if let Ok(found) = options.groups("y", &groups) {
                for share in [&found.eta_squared, &found.omega_squared, &found.epsilon_squared] {
                    finite(share)?;
                }
            }
        }
        let blocks = a.len().min(b.len()).min(c.len());
        let columns: Vec<Vec<Option<f64>>> = [&a, &b, &c].iter().map(|v| v[..blocks].iter().copied().map(Some).collect()).collect();
        let measurements: Vec<Measurement<'_>> = columns.iter().map(|values| Measurement { name: "m", values }).collect();
        if let Ok(found) = (Friedman { level }).test("y", &measurements) {
            finite_test(&found.test)?;
            finite(&found.kendalls_w)?;
        }
    }
}
