//! What whole numbers, zeros and ones, intervals and tests give must stay possible after it is
//! printed; and what they cannot give is found.

use kring::check::{
    self, Categories, Figures, Found, Grim, GrimOf, GroupMean, IntervalScale, IntervalTest,
    PublishedTest, Scale, Sides, Spread,
};
use kring::core::{Alternative, CheckKind, Locale, Outcome, Published, Reference, TargetInterval};
use kring::stats::dist;
use proptest::prelude::*;

fn figure(text: &str) -> Published {
    Published::parse(text, Locale::English).unwrap()
}

fn printed(x: f64, decimals: usize) -> Published {
    figure(&format!("{x:.decimals$}"))
}

fn is_consistent(found: &Found) -> bool {
    found.outcome == Outcome::Consistent
}

fn interval(low: &str, high: &str) -> TargetInterval {
    TargetInterval {
        low: figure(low),
        high: figure(high),
        level: 0.95,
    }
}

/// The mean and the standard deviation of persons' means, each of so many items.
fn mean_and_sd(sums: &[i32], items: f64) -> (f64, f64) {
    let n = sums.len() as f64;
    let mean = sums.iter().map(|&x| f64::from(x)).sum::<f64>() / n;
    let squares: f64 = sums.iter().map(|&x| (f64::from(x) - mean).powi(2)).sum();
    (mean / items, (squares / (n - 1.0)).sqrt() / items)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn a_mean_and_sd_of_whole_numbers_are_always_possible(
        sums in prop::collection::vec(-30_i32..60, 2..60), items in 1_u32..5,
        places in [0_usize..4, 0..4],
    ) {
        let (mean, sd) = mean_and_sd(&sums, f64::from(items));
        let (mean, sd) = (printed(mean, places[0]), printed(sd, places[1]));
        let found = check::grimmer(&mean, &sd, sums.len(), items, None).unwrap();
        prop_assert!(is_consistent(&found), "{}", found.arithmetic);
        // So are they on a scale that holds every answer; persons' sums lie in items × scale.
        let scale = Some(Scale { low: -30, high: 60 });
        let found = check::grimmer(&mean, &sd, sums.len(), items, scale).unwrap();
        prop_assert!(is_consistent(&found), "{}", found.arithmetic);
    }

    #[test]
    fn a_share_and_its_sd_are_always_possible(
        n in 2_usize..500, share in 0.0..=1.0_f64, places in [0_usize..5, 0..5],
    ) {
        let k = (share * n as f64).round();
        let p = k / n as f64;
        let sd = (p * (1.0 - p) * n as f64 / (n as f64 - 1.0)).sqrt();
        let percentage = figure(&format!("{:.*}%", places[0], 100.0 * p));
        for mean in [printed(p, places[0]), percentage] {
            let found = check::debit(&mean, &printed(sd, places[1]), n).unwrap();
            prop_assert!(is_consistent(&found), "{}", found.arithmetic);
        }
    }

    /// Zeros and ones are whole numbers on a scale from 0 to 1: DEBIT and GRIMMER must agree.
    #[test]
    fn debit_is_grimmer_on_a_scale_of_two(
        n in 2_usize..60, hundredths in [0_u32..=100, 0..=60],
    ) {
        let [mean, sd] = hundredths.map(|x| printed(f64::from(x) / 100.0, 2));
        let debit = check::debit(&mean, &sd, n).unwrap();
        let grimmer = check::grimmer(&mean, &sd, n, 1, Some(Scale { low: 0, high: 1 })).unwrap();
        prop_assert_eq!(debit.outcome, grimmer.outcome, "{}; {}", debit.arithmetic, grimmer.arithmetic);
    }

    /// GRIMMER asks at least what GRIM asks.
    #[test]
    fn what_grim_refuses_grimmer_refuses(
        n in 2_usize..80, items in 1_u32..4, hundredths in 0_u32..500, sd in 0_u32..300,
    ) {
        let mean = printed(f64::from(hundredths) / 100.0, 2);
        let grim = check::grim(&mean, n, items).unwrap();
        let grimmer = check::grimmer(&mean, &printed(f64::from(sd) / 100.0, 2), n, items, None).unwrap();
        prop_assert!(is_consistent(&grim) || !is_consistent(&grimmer));
    }

    #[test]
    fn many_means_get_the_verdicts_that_each_gets(
        n in prop::collection::vec(1_u32..3_000, 1..20), seed in 0_u32..100_000, items in 1_u32..4,
        decimals in 0_u32..4,
    ) {
        let places = decimals as usize;
        let unit = 10_f64.powi(-i32::try_from(decimals).unwrap());
        let figures: Vec<Published> = (0..u32::try_from(n.len()).unwrap())
            .map(|i| printed(f64::from((seed + 7919 * i) % 100_000) * unit, places))
            .collect();
        let means: Vec<f64> = figures.iter().map(|figure| figure.value().unwrap()).collect();
        for of in [GrimOf::Means, GrimOf::Percentages] {
            let mut possible = vec![false; n.len()];
            let grim = Grim { decimals, items, of };
            grim.test_many(&means, &n, &mut possible).unwrap();
            for ((figure, &n), &possible) in figures.iter().zip(&n).zip(&possible) {
                let figure = match of {
                    GrimOf::Means => figure.clone(),
                    GrimOf::Percentages => self::figure(&format!("{}%", figure.text)),
                };
                let found = check::grim(&figure, n as usize, items).unwrap();
                prop_assert_eq!(possible, is_consistent(&found), "{} of {}", figure.text, n);
            }
        }
    }

    #[test]
    fn percentages_of_one_number_are_possible_together(
        counts in prop::collection::vec(0_u32..80, 1..6), decimals in 0_usize..3,
    ) {
        let n: u32 = counts.iter().sum();
        prop_assume!(n > 0);
        let texts: Vec<Published> = counts
            .iter()
            .map(|&k| figure(&format!("{:.decimals$}%", 100.0 * f64::from(k) / f64::from(n))))
            .collect();
        let parts: Vec<&Published> = texts.iter().collect();
        let n = n as usize;
        let found = check::shares(&parts, n, Categories::All).unwrap();
        prop_assert!(is_consistent(&found), "{}", found.arithmetic);
        let fits = check::possible_n(&parts, n, Categories::All).unwrap().fits;
        prop_assert_eq!(fits.last(), Some(&n));
    }

    #[test]
    fn the_mean_of_all_is_possible_beside_the_means_of_the_groups(
        groups in prop::collection::vec((1_u32..200, -50.0..50.0_f64), 1..6), decimals in 0_usize..4,
        rounded: bool,
    ) {
        let n: f64 = groups.iter().map(|(n, _)| f64::from(*n)).sum();
        let mean = groups.iter().map(|(n, mean)| f64::from(*n) * mean).sum::<f64>() / n;
        let figures: Vec<(Published, Published)> = groups
            .iter()
            .map(|(n, mean)| {
                let n = figure(&n.to_string());
                (printed(*mean, decimals), if rounded { n } else { n.counted() })
            })
            .collect();
        let with_n: Vec<GroupMean<'_>> =
            figures.iter().map(|(mean, n)| GroupMean { mean, n: Some(n) }).collect();
        let found = check::weighted_mean(&with_n, &printed(mean, decimals)).unwrap();
        prop_assert!(is_consistent(&found), "{}", found.arithmetic);
        let without: Vec<GroupMean<'_>> =
            figures.iter().map(|(mean, _)| GroupMean { mean, n: None }).collect();
        prop_assert!(is_consistent(&check::weighted_mean(&without, &printed(mean, decimals)).unwrap()));
    }

    #[test]
    fn an_estimate_is_possible_beside_its_interval_and_p_value(
        estimate in -3.0..3.0_f64, se in 0.05..1.5_f64, df in 3_u32..120, decimals in 1_usize..4,
        log: bool, given: bool,
    ) {
        let df = f64::from(df);
        let t = Reference::StudentT { df };
        let c = dist::critical(0.95, t).unwrap();
        let p = dist::p_value(estimate / se, t, Alternative::TwoSided).unwrap();
        let ends = [estimate, estimate - c * se, estimate + c * se];
        let [value, low, high] = ends.map(|x| printed(if log { x.exp() } else { x }, decimals));
        // A ratio that rounds to 0.0 has no logarithm that could be compared.
        prop_assume!(!log || low.value().unwrap() > 0.0);
        let interval = TargetInterval { low, high, level: 0.95 };
        let scale = if log { IntervalScale::Log } else { IntervalScale::Natural };
        for scale in [scale, IntervalScale::Either] {
            let found = check::interval(&value, &interval, scale).unwrap();
            prop_assert!(is_consistent(&found), "{}", found.arithmetic);
        }
        let options = IntervalTest { scale, df: given.then_some(df), ..IntervalTest::default() };
        for scale in [scale, IntervalScale::Either, IntervalScale::Free] {
            let null = Some(if log { 1.0 } else { 0.0 });
            let options = IntervalTest { scale, null, ..options };
            let found = check::interval_p_value(&value, &interval, &printed(p, 3), &options).unwrap();
            prop_assert!(is_consistent(&found), "{scale:?} {}", found.arithmetic);
        }
    }

    #[test]
    fn sd_se_and_interval_of_one_mean_belong_together(
        n in 2_usize..400, sd in 0.1..20.0_f64, mean in -20.0..20.0_f64, decimals in 0_usize..4,
        normal: bool,
    ) {
        let se = sd / (n as f64).sqrt();
        let reference = if normal {
            Reference::Normal
        } else {
            Reference::StudentT { df: n as f64 - 1.0 }
        };
        let c = dist::critical(0.95, reference).unwrap();
        let interval = TargetInterval {
            low: printed(mean - c * se, decimals),
            high: printed(mean + c * se, decimals),
            level: 0.95,
        };
        let (sd, se) = (printed(sd, decimals), printed(se, decimals));
        let spread = Spread { n, sd: Some(&sd), std_error: Some(&se), interval: Some(&interval) };
        let found = check::spread(&spread).unwrap();
        prop_assert!(is_consistent(&found), "{}", found.arithmetic);
    }

    #[test]
    fn a_correlation_has_the_p_value_of_its_t(r in -0.99..0.99_f64, df in 1_u32..300) {
        let df = f64::from(df);
        let t = r * (df / (1.0 - r * r)).sqrt();
        let p = dist::p_value(t, Reference::StudentT { df }, Alternative::TwoSided).unwrap();
        let found = check::p_value(&printed(r, 2), PublishedTest::R { df }, &printed(p, 3), Sides::Two);
        prop_assert!(is_consistent(&found.unwrap()));
    }
}

/// Every list of two to five whole numbers from 0 to 8 with the mean 4 gives an SD that is possible,
/// and no other SD below 3/√n is: a number beyond 8 is 5 away from the mean, which alone makes
/// SD ≥ 5/√n.
#[test]
fn grimmer_finds_exactly_what_enumeration_finds() {
    use std::collections::BTreeSet;
    for n in 2..=5_u32 {
        let root = f64::from(n).sqrt();
        let digit = |code: u32, place: u32| i32::try_from(code / 9_u32.pow(place) % 9).unwrap();
        let possible: BTreeSet<String> = (0..9_u32.pow(n))
            .map(|code| mean_and_sd(&(0..n).map(|i| digit(code, i)).collect::<Vec<_>>(), 1.0))
            .filter(|&(mean, _)| mean == 4.0)
            .map(|(_, sd)| format!("{sd:.2}"))
            .collect();
        let below = |sd: &String| sd.parse::<f64>().unwrap() < 3.0 / root;
        for sd in (0..300).map(|hundredths| format!("{:.2}", f64::from(hundredths) / 100.0)) {
            if !below(&sd) {
                continue;
            }
            let found = check::grimmer(&figure("4.00"), &figure(&sd), n as usize, 1, None).unwrap();
            assert_eq!(
                is_consistent(&found),
                possible.contains(&sd),
                "{n}: {}",
                found.arithmetic
            );
        }
    }
}

/// The reasons, each by hand.
#[test]
fn grimmer_says_why() {
    let why = |mean: &str, sd: &str, n, items, scale: Option<[i32; 2]>| {
        let found = check::grimmer(&figure(mean), &figure(sd), n, items, scale.map(Scale::from));
        let found = found.unwrap();
        assert_eq!(found.kind, CheckKind::Grimmer);
        (is_consistent(&found), found.arithmetic, found.meaning)
    };
    // 28 people cannot have a mean of 5.19 at all.
    let (fits, _, meaning) = why("5.19", "1.50", 28, 1, None);
    assert!(!fits && meaning.contains("(GRIM)"));
    // Ten numbers with the sum 25 differ from 2.5 by a half at least: SD ≥ √(10 · .25 / 9) = .527.
    let (fits, arithmetic, meaning) = why("2.50", "0.4", 10, 1, None);
    assert!(!fits && meaning.contains("vary more than that"));
    assert!(arithmetic.contains("0.527046"), "{arithmetic}");
    // Two numbers with the sum 4: 2 and 2, 1 and 3, 0 and 4: SD 0, √2, √8.
    let (fits, arithmetic, meaning) = why("2.0", "2.0", 2, 1, None);
    assert!(!fits && meaning.contains("No 2 whole numbers"), "{meaning}");
    assert!(arithmetic.contains("1.41421 and 2.82843"), "{arithmetic}");
    // Six answers, three of 1 and three of 5: SD = √(6 · 4 / 5) = 2.19 is the most on this scale.
    assert!(why("3.00", "2.19", 6, 1, Some([1, 5])).0);
    let (fits, arithmetic, meaning) = why("3.00", "2.20", 6, 1, Some([1, 5]));
    assert!(!fits, "{arithmetic} {meaning}");
    assert!(arithmetic.contains("2.19089"), "{arithmetic}");
    let (fits, _, meaning) = why("3.00", "2.53", 6, 1, Some([1, 5]));
    assert!(!fits && meaning.contains("on this scale"), "{meaning}");
    assert!(why("3.00", "2.53", 6, 1, None).0);
    let (fits, _, meaning) = why("5.5", "0.5", 10, 1, Some([1, 5]));
    assert!(!fits && meaning.contains("off the scale"), "{meaning}");
    // Four numbers with the sum 10: Q = 26, 28, 30, …, SD² = (Q − 25) / 3, so 1.00 and 1.29 but never
    // 1.15 (Q = 29, odd).
    assert!(why("2.50", "1.00", 4, 1, None).0);
    assert!(why("2.50", "1.29", 4, 1, None).0);
    let (fits, _, meaning) = why("2.50", "1.15", 4, 1, None);
    assert!(
        !fits && meaning.contains("odd where the sum is odd"),
        "{meaning}"
    );
    // 0, 1, 2, 3 with divisor 4: SD = √(5/4) = 1.118, which no four numbers give with divisor 3.
    let (fits, _, meaning) = why("1.500", "1.118", 4, 1, None);
    assert!(
        !fits && meaning.contains("Divided by n instead"),
        "{meaning}"
    );
    // Two items each: half numbers are possible. Persons' sums 3 and 4, so 1.5 and 2: SD .354.
    assert!(why("1.75", "0.35", 2, 2, None).0 && !why("1.75", "0.35", 2, 1, None).0);
    // Large numbers keep their teeth: 100 costs of 12,345.67 with SD 0.80 cannot be, as the sum 1,234,567
    // leaves 67 of them one above the others: SD ≥ √(67 · 33 / 100 / 99) = .473, then steps of about .01.
    assert!(why("12345.67", "0.473", 100, 1, None).0);
    assert!(!why("12345.67", "0.4725", 100, 1, None).0);
    let (fits, _, meaning) = why("3.1", "1.2", 1000, 1, None);
    assert!(fits && meaning.contains("tells little"), "{meaning}");
}

/// The first examples of GRIMMER and of DEBIT in the documentation of the R package scrutiny.
#[test]
fn the_examples_of_others() {
    let grimmer = check::grimmer(&figure("7.3"), &figure("2.51"), 12, 1, None).unwrap();
    // 7.25 to 7.35 times 12 is 87 to 88.2. Sum 87: 11 · 2.505² + 87²/12 = 699.8 to 700.3, so Q = 700,
    // which is even where the sum is odd; sum 88: 714.4 to 714.9.
    assert_eq!(
        grimmer.outcome,
        Outcome::Inconsistent,
        "{}",
        grimmer.arithmetic
    );
    // 7 of 20: √(.35 · .65 · 20 / 19) = .48936.
    let debit = check::debit(&figure("0.35"), &figure("0.18"), 20).unwrap();
    assert_eq!(debit.outcome, Outcome::Inconsistent);
    assert!(
        debit.arithmetic.starts_with("7 of 20: SD 0.48936"),
        "{}",
        debit.arithmetic
    );
}

#[test]
fn debit_by_hand() {
    let debit = |mean: &str, sd: &str, n| check::debit(&figure(mean), &figure(sd), n).unwrap();
    // 12 of 40: √(.3 · .7 · 40 / 39) = .4641.
    let found = debit("30%", "0.46", 40);
    assert!(is_consistent(&found));
    assert_eq!(
        found.arithmetic,
        "12 of 40: mean 0.3, SD 0.464095; printed 30% and 0.46"
    );
    let found = debit("30%", "0.47", 40);
    assert!(!is_consistent(&found));
    assert!(
        found.arithmetic.contains("12 of 40: SD 0.464095"),
        "{}",
        found.arithmetic
    );
    // √(.3 · .7) = .4583 divides by n.
    let found = debit("0.300", "0.458", 40);
    assert!(!is_consistent(&found) && found.meaning.contains("Divided by n instead"));
    // Nobody and everybody have none.
    assert!(is_consistent(&debit("0", "0", 5)) && is_consistent(&debit("100%", "0.00", 5)));
    assert!(!is_consistent(&debit("0.50", "0.60", 10)));
    // More than everybody.
    assert!(!is_consistent(&debit("120%", "0.1", 10)));
}

/// t(28) = 2.20 has p = .0362, in R `2 * pt(-2.2, 28)`; r(28) = .36 has t = 2.042 and p = .0507.
#[test]
fn decisions_and_sides() {
    let check = |statistic: &str, test, p: &str, sides| {
        check::p_value(&figure(statistic), test, &figure(p), sides).unwrap()
    };
    let t = PublishedTest::T { df: 28.0 };
    assert!(is_consistent(&check("2.20", t, ".036", Sides::Two)));
    assert!(is_consistent(&check("-2.20", t, "< .05", Sides::Two)));
    assert_eq!(
        check("2.20", t, ".06", Sides::Two).outcome,
        Outcome::DecisionError
    );
    assert_eq!(
        check("2.20", t, "> .05", Sides::Two).outcome,
        Outcome::DecisionError
    );
    // .02 is wrong, but on the same side; .018 is the half of it.
    assert_eq!(
        check("2.20", t, ".02", Sides::Two).outcome,
        Outcome::Inconsistent
    );
    let halved = check("2.20", t, ".018", Sides::Two);
    assert_eq!(halved.outcome, Outcome::Inconsistent);
    assert!(
        halved.meaning.contains("only one-sided"),
        "{}",
        halved.meaning
    );
    assert!(is_consistent(&check("2.20", t, ".018", Sides::One)));
    assert!(is_consistent(&check("2.20", t, ".018", Sides::Either)));
    assert!(is_consistent(&check("2.20", t, ".982", Sides::One)));
    let two = check("2.20", t, ".036", Sides::One);
    assert!(!is_consistent(&two) && two.meaning.contains("only two-sided"));
    // Printed as .05 it may lie on either side: never a decision error.
    assert_eq!(
        check("1.00", t, ".05", Sides::Two).outcome,
        Outcome::Inconsistent
    );
    let r = PublishedTest::R { df: 28.0 };
    assert!(is_consistent(&check(".36", r, ".051", Sides::Two)));
    // .355 to .365 admits p from .047 to .054.
    assert!(is_consistent(&check(".36", r, "< .05", Sides::Two)));
    assert_eq!(
        check(".30", r, "< .05", Sides::Two).outcome,
        Outcome::DecisionError
    );
    assert!(!is_consistent(&check("1.30", r, ".01", Sides::Two)));
    assert!(is_consistent(&check("1.00", r, "< .001", Sides::Two)));
    // F < 1 has p above .3 or so.
    let f = PublishedTest::F {
        numerator: 1.0,
        denominator: 40.0,
    };
    assert!(is_consistent(&check("< 1", f, ".62", Sides::Two)));
    assert_eq!(
        check("< 1", f, ".02", Sides::Two).outcome,
        Outcome::DecisionError
    );
    let negative = check("-3.1", f, ".02", Sides::Two);
    assert!(
        negative.meaning.contains("below zero"),
        "{}",
        negative.meaning
    );
    assert!(is_consistent(&check("< 1", t, ".62", Sides::Two)));
    // Welch's degrees of freedom are rounded too: in R `2 * pt(-2.93, c(4.45, 4.55))`.
    let welch = PublishedTest::T { df: 4.5 };
    assert!(is_consistent(&check("2.93", welch, ".036", Sides::Two)));
    assert!(
        check::p_value(
            &figure("2"),
            PublishedTest::T { df: 0.0 },
            &figure(".1"),
            Sides::Two
        )
        .is_err()
    );
}

#[test]
fn intervals_by_hand() {
    use IntervalScale::{Either, Free, Log, Natural};
    let check = |estimate: &str, low: &str, high: &str, scale| {
        check::interval(&figure(estimate), &interval(low, high), scale).unwrap()
    };
    assert!(is_consistent(&check("7.7", "0.6", "14.8", Natural)));
    assert!(is_consistent(&check("7.7", "0.6", "14.8", Either)));
    assert!(!is_consistent(&check("7.7", "1.6", "14.8", Either)));
    assert!(!is_consistent(&check("-2.0", "-3.0", "-1.5", Log)));
    assert!(is_consistent(&check("7.7", "1.6", "14.8", Free)));
    let outside = check("17.7", "1.6", "14.8", Free);
    assert!(!is_consistent(&outside) && outside.meaning.contains("outside"));
    let exchanged = check("7.7", "14.8", "1.6", Either);
    assert!(
        exchanged.meaning.contains("lower end lies above"),
        "{}",
        exchanged.meaning
    );

    let p = |estimate: &str, low: &str, high: &str, p: &str, options: &IntervalTest| {
        check::interval_p_value(&figure(estimate), &interval(low, high), &figure(p), options)
            .unwrap()
    };
    let any = IntervalTest::default();
    // 2.00 ± 1.96: z = 2, p = .0455.
    assert!(is_consistent(&p("2.00", "0.04", "3.96", ".046", &any)));
    assert_eq!(
        p("2.00", "0.04", "3.96", ".30", &any).outcome,
        Outcome::DecisionError
    );
    let slip = p("2.00", "0.04", "3.96", ".004", &any);
    assert_eq!(slip.outcome, Outcome::Inconsistent, "{}", slip.arithmetic);
    // 7.71 ± 2.0639 · 3.4353 with 24 degrees of freedom: t = 2.2442, p = .0343.
    let with_df = IntervalTest {
        df: Some(24.0),
        ..any
    };
    assert!(is_consistent(&p("7.71", "0.62", "14.80", ".034", &with_df)));
    let found = p("7.71", "0.62", "14.80", ".034", &any);
    assert!(
        is_consistent(&found) && found.meaning.contains("degrees of freedom"),
        "{}",
        found.meaning
    );
    // Half a width away from zero p is .005 with 4 degrees of freedom, and .0001 with many.
    let among = |sample| IntervalTest { sample, ..any };
    let few = |sample| p("2.00", "1.00", "3.00", ".005", &among(sample));
    assert!(is_consistent(&few(None)) && is_consistent(&few(Some(6))));
    assert_eq!(few(Some(115)).outcome, Outcome::Inconsistent);
    assert!(few(Some(115)).meaning.contains("among 115"));
    // A ratio whose interval holds 1 cannot have p < .05, however it was made.
    let free = IntervalTest {
        scale: IntervalScale::Free,
        null: Some(1.0),
        ..any
    };
    assert_eq!(
        p("0.72", "0.24", "1.79", "< .05", &free).outcome,
        Outcome::DecisionError
    );
    assert!(is_consistent(&p("0.72", "0.24", "1.79", ".50", &free)));
}

#[test]
fn a_standard_error_printed_as_a_standard_deviation_is_told() {
    let (sd, se, interval) = (figure("0.80"), figure("4.1"), interval("8.3", "11.7"));
    let as_sd = Spread {
        n: 26,
        sd: Some(&sd),
        std_error: None,
        interval: Some(&interval),
    };
    let found = check::spread(&as_sd).unwrap();
    assert!(!is_consistent(&found));
    assert!(
        found
            .meaning
            .contains("if the printed standard deviation were a standard error")
    );
    let as_se = Spread {
        n: 26,
        sd: None,
        std_error: Some(&se),
        interval: Some(&interval),
    };
    let found = check::spread(&as_se).unwrap();
    assert!(
        found
            .meaning
            .contains("if the printed standard error were a standard deviation")
    );
    let alone = Spread {
        n: 26,
        sd: Some(&sd),
        std_error: None,
        interval: None,
    };
    assert!(
        check::spread(&alone)
            .unwrap_err()
            .to_string()
            .contains("two at least")
    );
}

/// The percentages of the report on Rotterdam: of 45 and not of 60.
#[test]
fn shares_name_the_numbers_that_would_do() {
    let texts = ["84%", "73%", "42%", "29%", "22%"].map(figure);
    let parts: Vec<&Published> = texts.iter().collect();
    let of = |n| check::shares(&parts, n, Categories::Some).unwrap();
    assert_eq!(
        of(45).arithmetic,
        "of 45, 84%: 38, 73%: 33, 42%: 19, 29%: 13, 22%: 10"
    );
    let found = of(60);
    assert!(!is_consistent(&found));
    assert!(
        found.meaning.contains("gives 84% or 29%"),
        "{}",
        found.meaning
    );
    assert!(
        found.meaning.contains("The nearest that would do: n = "),
        "{}",
        found.meaning
    );
    // 50% and 50% are all of 10, but not of 9 (none), and 50% and 40% are not all of 10.
    let [half, most] = ["50%", "40%"].map(figure);
    let all =
        |parts: &[&Published], n| is_consistent(&check::shares(parts, n, Categories::All).unwrap());
    assert!(all(&[&half, &half], 10) && !all(&[&half, &half], 9) && !all(&[&half, &most], 10));
}

#[test]
fn weighted_means_by_hand() {
    let (a, b) = (figure("10.0"), figure("10.2"));
    let (n, m) = (figure("26").counted(), figure("20").counted());
    let groups = [
        GroupMean {
            mean: &a,
            n: Some(&n),
        },
        GroupMean {
            mean: &b,
            n: Some(&m),
        },
    ];
    let found = check::weighted_mean(&groups, &figure("10.1")).unwrap();
    assert!(is_consistent(&found));
    assert!(
        found
            .arithmetic
            .starts_with("(26 · 10.0 + 20 · 10.2) / 46 = 10.087"),
        "{}",
        found.arithmetic
    );
    assert!(!is_consistent(
        &check::weighted_mean(&groups, &figure("10.3")).unwrap()
    ));
    let mixed = [
        GroupMean {
            mean: &a,
            n: Some(&n),
        },
        GroupMean { mean: &b, n: None },
    ];
    assert!(check::weighted_mean(&mixed, &a).is_err());
    assert!(check::weighted_mean(&[], &a).is_err());
    let percent = figure("10%");
    assert!(check::weighted_mean(&groups, &percent).is_err());
}

#[test]
fn a_number_gets_every_check_that_its_figures_allow() {
    let kinds = |figures: &Figures| -> Vec<CheckKind> {
        figures
            .check()
            .unwrap()
            .iter()
            .map(|found| found.kind)
            .collect()
    };
    let mut figures = Figures::of(figure("10.0"));
    assert_eq!(kinds(&figures), []);
    figures.sample = Some(26);
    figures.sd = Some(figure("4.1"));
    assert_eq!(kinds(&figures), []);
    figures.whole_items = Some(1);
    assert_eq!(kinds(&figures), [CheckKind::Grim, CheckKind::Grimmer]);
    figures.interval = Some(interval("8.3", "11.7"));
    assert_eq!(
        kinds(&figures),
        [
            CheckKind::Grim,
            CheckKind::Grimmer,
            CheckKind::Interval,
            CheckKind::Spread
        ]
    );
    figures.p_value = Some(figure("< .001"));
    figures.sd = None;
    assert_eq!(
        kinds(&figures),
        [CheckKind::Grim, CheckKind::Interval, CheckKind::IntervalP]
    );
    let share = Figures {
        sample: Some(40),
        whole_items: Some(1),
        sd: Some(figure("0.46")),
        ..Figures::of(figure("30%"))
    };
    assert_eq!(kinds(&share), [CheckKind::Grim, CheckKind::Debit]);
    let test = Figures {
        test: Some(PublishedTest::Z),
        p_value: Some(figure(".05")),
        interval: Some(interval("1.0", "2.0")),
        ..Figures::of(figure("1.96"))
    };
    assert_eq!(kinds(&test), [CheckKind::PValue]);
}

/// What cannot be checked is refused, with the figure in the message.
#[test]
fn what_cannot_be_checked_is_refused() {
    let (words, ten, one) = (
        Published::words("greatly decreased"),
        figure("10"),
        figure("1.0"),
    );
    let interval = interval("8.3", "11.7");
    let level = TargetInterval {
        level: 1.0,
        ..interval.clone()
    };
    let messages = [
        (check::grimmer(&words, &one, 10, 1, None), "not one number"),
        (check::grimmer(&ten, &words, 10, 1, None), "not one number"),
        (check::grimmer(&ten, &one, 1, 1, None), "two people or more"),
        (check::grimmer(&ten, &one, 10, 0, None), "one item or more"),
        (
            check::grimmer(&ten, &one, 10, 1, Some(Scale { low: 5, high: 1 })),
            "lowest to its highest",
        ),
        (
            check::grimmer(&ten, &figure("-1.0"), 10, 1, None),
            "below zero",
        ),
        (
            check::grimmer(&ten, &figure("> 1.0"), 10, 1, None),
            "no bound",
        ),
        (
            check::grimmer(&figure("1e14"), &one, 10, 1, None),
            "too large",
        ),
        (
            check::grimmer(&ten, &one, 2_000_000_000, 1, None),
            "too many",
        ),
        (check::debit(&words, &one, 10), "not one number"),
        (check::debit(&figure("0.3"), &words, 10), "not one number"),
        (check::debit(&figure("0.3"), &one, 1), "two people or more"),
        (
            check::shares(&[&words], 10, Categories::Some),
            "not one number",
        ),
        (
            check::shares(&[], 10, Categories::Some),
            "one share or more",
        ),
        (check::shares(&[&ten], 0, Categories::Some), "n from 1"),
        (
            check::interval(&words, &interval, IntervalScale::Either),
            "not one number",
        ),
        (
            check::interval(&ten, &level, IntervalScale::Either),
            "confidence level",
        ),
        (
            check::interval_p_value(&ten, &interval, &words, &IntervalTest::default()),
            "not one number",
        ),
        (
            check::p_value(&ten, PublishedTest::Z, &words, Sides::Two),
            "not one number",
        ),
    ];
    for (found, words) in messages {
        let message = found.unwrap_err().to_string();
        assert!(message.contains(words), "{message}");
    }
    let grim = Grim::default();
    let mut two = [false; 2];
    for (means, n, words) in [
        (&[5.19, f64::NAN][..], &[28, 28][..], "mean 2"),
        (&[5.19, 5.18], &[28, 0], "n = 0"),
        (&[5.19, 1e300], &[28, 28], "too large"),
        (&[5.19], &[28, 28], "1 means, 2 n"),
    ] {
        let message = grim.test_many(means, n, &mut two).unwrap_err().to_string();
        assert!(message.contains(words), "{message}");
    }
    let none = Grim { items: 0, ..grim };
    assert!(none.test_many(&[1.0, 2.0], &[1, 2], &mut two).is_err());
}

/// Two hundred printed statistics with p-values, judged by R (`p_values.R`).
#[test]
fn p_values_are_judged_as_by_r() {
    let mut n = 0;
    for line in include_str!("p_values.csv").lines().skip(1) {
        let [test, df1, df2, statistic, p, outcome] = line.split(',').collect::<Vec<_>>()[..]
        else {
            panic!("{line}");
        };
        let df: Vec<&str> = [df1, df2].into_iter().filter(|df| !df.is_empty()).collect();
        let test: PublishedTest = format!("{test}({})", df.join(", ")).parse().unwrap();
        let found = check::p_value(&figure(statistic), test, &figure(p), Sides::Two).unwrap();
        let ours = serde_json::to_value(found.outcome).unwrap();
        assert_eq!(ours, outcome, "{line}: {}", found.arithmetic);
        n += 1;
    }
    assert_eq!(n, 200);
}

#[test]
fn tests_are_read_as_they_are_printed() {
    let read = |text: &str| text.parse::<PublishedTest>();
    assert_eq!(read("t(28)").unwrap(), PublishedTest::T { df: 28.0 });
    assert_eq!(read("χ²(1)").unwrap(), read("chi2( 1 )").unwrap());
    assert_eq!(read(" z ").unwrap(), PublishedTest::Z);
    let f = PublishedTest::F {
        numerator: 2.0,
        denominator: 24.5,
    };
    assert_eq!(read("F(2, 24.5)").unwrap(), f);
    for wrong in [
        "", "t", "t()", "t(0)", "t(-1)", "t(NaN)", "t(2", "F(2)", "F(1,2,3)", "z(3)", "u(3)",
    ] {
        let message = read(wrong).unwrap_err().to_string();
        assert!(message.contains("expected t(28)"), "{wrong}: {message}");
    }
}

#[test]
fn a_table_of_figures_keeps_the_digits() {
    use kring::check::read_figures;
    let table = "\u{feff}id\tvalue\tsample\twhole_items\tscale_low\tscale_high\tsd\tlow\thigh\tlevel\tinterval_scale\tnull\tp_value\ttest\tsides\r\n\
                 \"a \"\"mean\"\"\"\t10.0\t26\t1\t0\t18\t4.1\t8.3\t11.7\t0.9\tnatural\t8\t< .05\t\t\n\
                 \n\
                 \t2.20\t\t\t\t\t\t\t\t\t\t\t.018\tt(28)\tone\n";
    let rows = read_figures(table, Locale::English).unwrap();
    assert_eq!(rows.len(), 2);
    let mean = &rows[0].figures;
    assert_eq!(
        (rows[0].id.as_str(), mean.value.text.as_str()),
        ("a \"mean\"", "10.0")
    );
    assert_eq!(mean.scale, Some(Scale { low: 0, high: 18 }));
    assert_eq!(
        (mean.null, mean.interval_scale),
        (Some(8.0), Some(IntervalScale::Natural))
    );
    assert_eq!(
        mean.interval.as_ref().map(|interval| interval.level),
        Some(0.9)
    );
    let t = &rows[1];
    assert_eq!((t.id.as_str(), t.figures.sides), ("line 4", Sides::One));
    assert!(is_consistent(&t.figures.check().unwrap()[0]));

    for (table, words) in [
        ("", "it is empty"),
        ("id,sd\na,1\n", "a column `value` is needed"),
        ("value,value\n1,2\n", "stands twice"),
        ("value,colour\n1,red\n", "among them: id, value"),
        (
            "value,sd\n1\n",
            "line 2 of the table of figures: it has 1 cells, the first line 2",
        ),
        ("value,sd\n\"1,2\n", "a quotation mark is not closed"),
        ("value,sd\n,2\n", "line 2, `value`: it is empty"),
        (
            "value,sample\n1,2.5\n",
            "line 2, `sample`: expected a whole number, found '2.5'",
        ),
        (
            "value,low\n1,2\n",
            "line 2, `high`: `low` is given, it is not",
        ),
        (
            "value,scale_high\n1,2\n",
            "line 2, `scale_low`: `scale_high` is given",
        ),
        ("value,sides\n1,three\n", "line 2, `sides`: expected"),
        ("value,test\n1,u(3)\n", "line 2, `test`: the test 'u(3)'"),
    ] {
        let message = read_figures(table, Locale::English)
            .unwrap_err()
            .to_string();
        assert!(message.contains(words), "{words}: {message}");
    }
}
