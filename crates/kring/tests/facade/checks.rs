//! What is true of figures before they are rounded must stay possible after they are printed.

use kring::check::{self, Found, PublishedTest, Sides};
use kring::core::{Alternative, Locale, Outcome, Published, Reference};
use kring::stats::dist;
use proptest::prelude::*;

fn figure(text: &str) -> Published {
    Published::parse(text, Locale::English).unwrap()
}

/// A number as it is printed with so many decimals.
fn printed(x: f64, decimals: usize) -> Published {
    figure(&format!("{x:.decimals$}"))
}

fn percentage(share: f64, decimals: usize) -> Published {
    figure(&format!("{:.decimals$}%", 100.0 * share))
}

fn is_consistent(found: &Found) -> bool {
    found.outcome == Outcome::Consistent
}

/// A unit in the last place.
fn unit(decimals: usize) -> f64 {
    10_f64.powi(-i32::try_from(decimals).unwrap())
}

/// A number with six decimals at most, so that sums of a few are exact enough.
fn number() -> impl Strategy<Value = f64> {
    (-50_000_000_i32..50_000_000).prop_map(|millionths| f64::from(millionths) / 1e6)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn a_mean_of_whole_numbers_is_always_possible(
        n in 1_usize..2_000, items in 1_u32..6, share in 0.0..1.0_f64, largest in 1.0..40.0_f64,
        decimals in 0_usize..5,
    ) {
        let units = n as f64 * f64::from(items);
        let mean = (share * largest * units).round() / units;
        let found = check::grim(&printed(mean, decimals), n, items).unwrap();
        prop_assert!(is_consistent(&found), "{}", found.arithmetic);
    }

    #[test]
    fn a_percentage_of_people_is_always_possible(
        n in 1_usize..2_000, share in 0.0..=1.0_f64, decimals in 0_usize..3,
    ) {
        let of_them = (share * n as f64).round() / n as f64;
        let found = check::grim(&percentage(of_them, decimals), n, 1).unwrap();
        prop_assert!(is_consistent(&found), "{}", found.arithmetic);
    }

    /// Two ways to the same answer: is there a whole sum, and which ones are there?
    #[test]
    fn a_mean_is_possible_where_there_is_a_possible_sum(
        n in 1_usize..300, thousandths in 0_u32..10_000, decimals in 0_usize..4,
    ) {
        let mean = printed(f64::from(thousandths) / 1000.0, decimals);
        let sums = check::possible_sums(&mean, n).unwrap();
        let found = check::grim(&mean, n, 1).unwrap();
        // A mean of people's counts is not below zero, whatever the rounding of 0.0 admits.
        prop_assert_eq!(is_consistent(&found), sums.high.is_some_and(|high| high >= 0));
    }

    #[test]
    fn the_possible_sums_hold_the_true_one_and_no_more(
        n in 1_usize..2_000, share in 0.0..1.0_f64, decimals in 0_usize..4,
    ) {
        let sum = (share * 30.0 * n as f64).round();
        let mean = printed(sum / n as f64, decimals);
        let found = check::possible_sums(&mean, n).unwrap();
        let (low, high) = (found.low.unwrap() as f64, found.high.unwrap() as f64);
        prop_assert!(low <= sum && sum <= high);
        for (inside, outside) in [(low, low - 1.0), (high, high + 1.0)] {
            prop_assert!(mean.admits(inside / n as f64));
            prop_assert!(!mean.admits(outside / n as f64));
        }
    }

    #[test]
    fn a_sum_of_rounded_parts_can_stand_beside_the_rounded_total(
        parts in prop::collection::vec((number(), 0_usize..4), 1..9), decimals in 0_usize..4,
    ) {
        let total: f64 = parts.iter().map(|(part, _)| part).sum();
        let texts: Vec<Published> = parts.iter().map(|&(part, places)| printed(part, places)).collect();
        let terms: Vec<&Published> = texts.iter().collect();
        let found = check::sum(&terms, &printed(total, decimals)).unwrap();
        prop_assert!(is_consistent(&found), "{}", found.arithmetic);
    }

    /// Each part and the total are off by half a unit at most: more than that is a slip.
    #[test]
    fn a_total_further_off_than_rounding_allows_is_found(
        parts in prop::collection::vec(number(), 1..9), decimals in 0_usize..4, up: bool,
    ) {
        let texts: Vec<Published> = parts.iter().map(|&part| printed(part, decimals)).collect();
        let terms: Vec<&Published> = texts.iter().collect();
        let sum: f64 = terms.iter().filter_map(|part| part.value()).sum();
        let halves = (terms.len() + 1) as f64 / 2.0;
        let off = (halves + 1.0).ceil() * unit(decimals);
        let total = printed(if up { sum + off } else { sum - off }, decimals);
        prop_assert!(!is_consistent(&check::sum(&terms, &total).unwrap()));
    }

    #[test]
    fn counts_allow_no_rounding(parts in prop::collection::vec(0_u32..500, 1..9), off in 0_u32..3) {
        let count = |n: u32| figure(&n.to_string()).counted();
        let counts: Vec<Published> = parts.iter().map(|&part| count(part)).collect();
        let terms: Vec<&Published> = counts.iter().collect();
        let total = count(parts.iter().sum::<u32>() + off);
        let found = check::sum(&terms, &total).unwrap();
        prop_assert_eq!(is_consistent(&found), off == 0);
    }

    #[test]
    fn a_difference_of_rounded_figures_can_stand_beside_the_rounded_difference(
        a in number(), b in number(), places in [0_usize..4, 0..4, 0..4],
    ) {
        let [x, y, z] = places;
        let found = check::difference(&printed(a, x), &printed(b, y), &printed(a - b, z)).unwrap();
        prop_assert!(is_consistent(&found), "{}", found.arithmetic);
    }

    #[test]
    fn a_share_of_counts_can_stand_beside_them(whole in 1_u32..5_000, share in 0.0..=1.0_f64, decimals in 0_usize..4) {
        let part = (share * f64::from(whole)).round();
        let counts = [part, f64::from(whole)].map(|n| figure(&n.to_string()).counted());
        let truth = part / f64::from(whole);
        for result in [printed(truth, decimals), percentage(truth, decimals)] {
            let found = check::share(&counts[0], &counts[1], &result).unwrap();
            prop_assert!(is_consistent(&found), "{}", found.arithmetic);
        }
    }

    #[test]
    fn a_share_of_rounded_figures_can_stand_beside_them(
        part in number(), whole in 1.0..1_000.0_f64, places in [0_usize..4, 1..4, 0..4],
    ) {
        let [x, y, z] = places;
        let found = check::share(&printed(part, x), &printed(whole, y), &percentage(part / whole, z)).unwrap();
        prop_assert!(is_consistent(&found), "{}", found.arithmetic);
    }

    #[test]
    fn a_product_of_rounded_factors_can_stand_beside_the_rounded_product(
        factors in prop::collection::vec((-20.0..20.0_f64, 0_usize..4), 1..5), share in 0.0..1.0_f64,
        decimals in 0_usize..4,
    ) {
        let product = share * factors.iter().map(|(factor, _)| factor).product::<f64>();
        let mut texts: Vec<Published> = factors.iter().map(|&(factor, places)| printed(factor, places)).collect();
        texts.push(percentage(share, 1));
        let terms: Vec<&Published> = texts.iter().collect();
        let found = check::product(&terms, &printed(product, decimals)).unwrap();
        prop_assert!(is_consistent(&found), "{}", found.arithmetic);
    }

    #[test]
    fn a_p_value_follows_from_its_statistic(
        size in 0.0..9.0_f64, negative: bool, df in 1_u32..200, numerator in 1_u32..8,
        places in [0_usize..4, 0..5],
    ) {
        let df = f64::from(df);
        let signed = if negative { -size } else { size };
        let numerator = f64::from(numerator);
        for (statistic, reference, test) in [
            (signed, Reference::Normal, PublishedTest::Z),
            (signed, Reference::StudentT { df }, PublishedTest::T { df }),
            (size * size, Reference::ChiSquared { df }, PublishedTest::ChiSquared { df }),
            (
                size,
                Reference::F { numerator, denominator: df },
                PublishedTest::F { numerator, denominator: df },
            ),
        ] {
            let p = dist::p_value(statistic, reference, Alternative::TwoSided).unwrap();
            let texts = [printed(statistic, places[0]), printed(p, places[1])];
            let found = check::p_value(&texts[0], test, &texts[1], Sides::Two).unwrap();
            prop_assert!(is_consistent(&found), "{reference:?}: {}", found.arithmetic);
            if p < 0.001 {
                let below = figure("< .001");
                prop_assert!(is_consistent(&check::p_value(&texts[0], test, &below, Sides::Two).unwrap()));
            }
        }
    }
}

/// What cannot be checked is refused, with the figure in the message.
#[test]
fn figures_that_are_no_number_are_refused() {
    let (words, ten) = (Published::words("greatly decreased"), figure("10"));
    let messages = [
        check::sum(&[&ten, &words], &ten).unwrap_err(),
        check::sum(&[&ten], &words).unwrap_err(),
        check::difference(&ten, &words, &ten).unwrap_err(),
        check::share(&words, &ten, &ten).unwrap_err(),
        check::product(&[&words], &ten).unwrap_err(),
        check::grim(&words, 10, 1).unwrap_err(),
        check::p_value(&words, PublishedTest::Z, &ten, Sides::Two).unwrap_err(),
        check::possible_sums(&words, 10).unwrap_err(),
    ];
    for error in messages {
        let message = error.to_string();
        assert!(
            message.contains("greatly decreased") && message.contains("not one number"),
            "{message}"
        );
    }
    // 0 stands for −0.5 to 0.5: nothing can be a share of it.
    let nothing = check::share(&ten, &figure("0"), &ten)
        .unwrap_err()
        .to_string();
    assert!(
        nothing.contains("the whole '0'") && nothing.contains("above zero"),
        "{nothing}"
    );
    let nobody = check::grim(&ten, 0, 1).unwrap_err().to_string();
    assert!(
        nobody.contains("GRIM on '10'") && nobody.contains("above zero"),
        "{nobody}"
    );
    let endless = check::possible_sums(&figure("> 3"), 10)
        .unwrap_err()
        .to_string();
    assert!(endless.contains("no bound"), "{endless}");
}

/// A figure that cannot be is found out without any other figure beside it.
#[test]
fn what_cannot_be_is_no_consistent_figure() {
    use kring::check::{Figures, Grim, GrimOf, Scale};
    use kring::core::CheckKind;

    let outcomes = |figures: &Figures| -> Vec<(CheckKind, Outcome)> {
        let found = figures.check().unwrap();
        found
            .iter()
            .map(|found| (found.kind, found.outcome))
            .collect()
    };
    let scaled = |mean: &str| Figures {
        scale: Some(Scale { low: 1, high: 5 }),
        ..Figures::of(figure(mean))
    };
    assert_eq!(
        outcomes(&scaled("5.3")),
        [(CheckKind::Range, Outcome::Inconsistent)]
    );
    assert_eq!(
        outcomes(&scaled("0.4")),
        [(CheckKind::Range, Outcome::Inconsistent)]
    );
    assert_eq!(
        outcomes(&scaled("4.3")),
        [(CheckKind::Range, Outcome::Consistent)]
    );
    // 5.04 was printed as 5.0, and so might 5 have been.
    assert_eq!(
        outcomes(&scaled("5.0")),
        [(CheckKind::Range, Outcome::Consistent)]
    );
    let both = Figures {
        sample: Some(10),
        whole_items: Some(1),
        ..scaled("5.3")
    };
    assert_eq!(
        outcomes(&both),
        [
            (CheckKind::Range, Outcome::Inconsistent),
            (CheckKind::Grim, Outcome::Consistent)
        ]
    );
    let p = |p: &str| Figures {
        p_value: Some(figure(p)),
        test: Some(PublishedTest::T { df: 28.0 }),
        ..Figures::of(figure("2.20"))
    };
    assert_eq!(
        outcomes(&p("1.4")),
        [(CheckKind::Range, Outcome::Inconsistent)]
    );
    assert_eq!(
        outcomes(&p("-.02")),
        [(CheckKind::Range, Outcome::Inconsistent)]
    );
    assert_eq!(
        outcomes(&p(".036")),
        [(CheckKind::PValue, Outcome::Consistent)]
    );
    // 150% of 20 people would be 30.
    let share = |text: &str| check::grim(&figure(text), 20, 1).unwrap();
    assert_eq!(share("150%").outcome, Outcome::Inconsistent);
    assert!(share("150%").meaning.contains("above 100%"));
    assert_eq!(share("100%").outcome, Outcome::Consistent);
    assert_eq!(share("0%").outcome, Outcome::Consistent);
    assert_eq!(share("-5%").outcome, Outcome::Inconsistent);
    let many = Grim {
        decimals: 0,
        of: GrimOf::Percentages,
        ..Grim::default()
    };
    let mut possible = [true; 4];
    many.test_many(&[150.0, 100.0, 0.0, -5.0], &[20; 4], &mut possible)
        .unwrap();
    assert_eq!(possible, [false, true, true, false]);
}
