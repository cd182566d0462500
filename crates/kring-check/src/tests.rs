//! Arithmetic by hand.
#![allow(
    clippy::unwrap_used,
    reason = "a test may stop at what it did not expect"
)]

use kring_core::{Locale, Published};

use super::*;

fn figure(text: &str) -> Published {
    Published::parse(text, Locale::English).unwrap()
}

fn count(text: &str) -> Published {
    figure(text).counted()
}

#[test]
fn sums_allow_for_rounding_and_counts_do_not() {
    // The yearly figures of 2017 and 2023: 68 + 16 = 84 and 70 + 16 = 86 percent.
    let [a, b, c] = ["68%", "16%", "84%"].map(figure);
    let found = sum(&[&a, &b], &c).unwrap();
    assert_eq!(found.outcome, Outcome::Consistent);
    assert_eq!(
        found.arithmetic,
        "68% + 16% = 84, or 83 to 85 with the rounding; printed 84%, which stands for 83.5 to 84.5"
    );
    let off = figure("86%");
    let found = sum(&[&a, &b], &off).unwrap();
    assert_eq!(found.outcome, Outcome::Inconsistent);
    let [ekc, wt, total, wrong] = ["55", "60", "115", "116"].map(count);
    let found = sum(&[&ekc, &wt], &total).unwrap();
    assert_eq!(found.outcome, Outcome::Consistent);
    assert_eq!(found.arithmetic, "55 + 60 = 115; printed 115");
    assert_eq!(
        sum(&[&ekc, &wt], &wrong).unwrap().outcome,
        Outcome::Inconsistent
    );
}

#[test]
fn differences_shares_and_products() {
    // Coram 2024: 36.2% against 44.8%, printed as a difference of −8.6 points.
    let [a, b, d] = ["36.2%", "44.8%", "-8.6"].map(figure);
    let found = difference(&a, &b, &d).unwrap();
    assert_eq!(found.outcome, Outcome::Consistent);
    // Completion 84 of 205 is 40.98%.
    let [part, whole] = ["84", "205"].map(count);
    let [percent, wrong] = ["41.0%", "41.1%"].map(figure);
    let of = |result| share(&part, &whole, result).unwrap();
    assert_eq!(of(&percent).outcome, Outcome::Consistent);
    assert_eq!(of(&wrong).outcome, Outcome::Inconsistent);
    // 80% of 18 agreements is 14.4.
    let [eighty, eighteen, result] = ["80%", "18", "14.4"].map(figure);
    let found = product(&[&eighty, &eighteen], &result).unwrap();
    assert_eq!(found.outcome, Outcome::Consistent);
    assert!(found.arithmetic.starts_with("80% × 18 = 14.4, "));
}

#[test]
fn grim_by_hand() {
    // Brown & Heathers: 28 people cannot have a mean of 5.19 (145/28 = 5.1786, 146/28 = 5.2143).
    let mean = figure("5.19");
    let found = grim(&mean, 28, 1).unwrap();
    assert_eq!(found.outcome, Outcome::Inconsistent);
    assert!(
        found
            .arithmetic
            .contains("145/28 = 5.17857, 146/28 = 5.21429")
    );
    let possible = figure("5.18");
    assert_eq!(grim(&possible, 28, 1).unwrap().outcome, Outcome::Consistent);
    // 1.3% of 99 families: 1/99 = 1.01%, 2/99 = 2.02%.
    let share = figure("1.3%");
    assert_eq!(grim(&share, 99, 1).unwrap().outcome, Outcome::Inconsistent);
    let coarse = figure("4.7");
    let found = grim(&coarse, 60, 1).unwrap();
    assert!(found.meaning.contains("tells nothing"));
    assert!(grim(&coarse, 0, 1).is_err());
}

#[test]
fn p_values_follow_from_statistics() {
    // χ² = .70 with one degree of freedom: p = .40.
    let [statistic, p, wrong] = [".70", ".40", ".04"].map(figure);
    let test = PublishedTest::ChiSquared { df: 1.0 };
    let check = |p| p_value(&statistic, test, p, Sides::Two).unwrap().outcome;
    assert_eq!(check(&p), Outcome::Consistent);
    assert_eq!(check(&wrong), Outcome::DecisionError);
}

#[test]
fn possible_sums_by_hand() {
    // 55 whole numbers with a mean printed as 6: 5.5 · 55 = 302.5 and 6.5 · 55 = 357.5.
    let six = figure("6");
    assert_eq!(
        possible_sums(&six, 55).unwrap(),
        PossibleSums {
            n: 55,
            low: Some(303),
            high: Some(357)
        }
    );
    // 60 with a mean printed as 4.7: 4.65 · 60 = 279 and 4.75 · 60 = 285.
    let found = possible_sums(&figure("4.7"), 60).unwrap();
    assert_eq!((found.low, found.high), (Some(279), Some(285)));
    assert_eq!(possible_sums(&figure("0.10"), 3).unwrap().low, None);
    assert!(possible_sums(&Published::words("fewer"), 3).is_err());
    assert!(possible_sums(&figure("> 3"), 3).is_err());
}
