//! Can all these percentages be shares of one number of people?
//!
//! ```text
//! k_i = n p_i     a whole number for each printed share p_i (GRIM), 0 ≤ k_i ≤ n
//! Σ k_i = n       besides, where they are all the categories there are
//! ```
//!
//! Each k_i has a range of whole numbers. The shares fit where none is empty and, with all
//! categories, n lies between the sums of the smallest and of the largest k_i. That is sharper than
//! asking whether the percentages add up to 100.
//!
//! Brown NJL, Heathers JAJ (2017), Social Psychological and Personality Science 8:363–369, doi
//! 10.1177/1948550616673876.

use std::ops::RangeInclusive;

use kring_core::{CheckKind, Published};
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::grim::{Whole, whole_numbers};
use crate::range::{Range, admitted, number};
use crate::{Found, outcome};

/// Which categories the shares are of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Categories {
    /// Some of them, or such as may hold together.
    #[default]
    Some,
    /// All of them, each person in one.
    All,
}

/// Can all these percentages be shares of `n` people?
///
/// ```
/// use kring_check::{self as check, Categories};
/// use kring_core::{Locale, Outcome, Published};
/// let [a, b] = ["84%", "29%"].map(|text| Published::parse(text, Locale::English));
/// let parts = [&a?, &b?];
/// // 38/45 = 84.4% and 13/45 = 28.9%; of 60 people 50 are 83.3% and 51 are 85%.
/// assert_eq!(check::shares(&parts, 45, Categories::Some)?.outcome, Outcome::Consistent);
/// assert_eq!(check::shares(&parts, 60, Categories::Some)?.outcome, Outcome::Inconsistent);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn shares(parts: &[&Published], n: usize, categories: Categories) -> Result<Found, Error> {
    readable(parts, n)?;
    let counts: Vec<Whole> = parts.iter().map(|part| count(part, n)).collect();
    let texts = parts.iter().zip(&counts).map(|(part, count)| {
        let people = match count.high - count.low {
            ..0 => format!(
                "none (it would be {})",
                admitted(Range::of(part, true).times(Range::exactly(n as f64)))
            ),
            0 => count.low.to_string(),
            _ => format!("{} to {}", count.low, count.high),
        };
        format!("{}: {people}", part.text)
    });
    let arithmetic = format!("of {n}, {}", texts.collect::<Vec<_>>().join(", "));
    let impossible: Vec<&str> = parts
        .iter()
        .zip(&counts)
        .filter(|(_, count)| count.low > count.high)
        .map(|(part, _)| part.text.as_str())
        .collect();
    let total = total(&counts);
    let adds_up = categories == Categories::Some || contains(&total, n);
    let fits = impossible.is_empty() && adds_up;
    let mut meaning = if fits {
        "Whole numbers of people give them all.".to_owned()
    } else if impossible.is_empty() {
        format!(
            "Together they are {} people, not {n}.",
            admitted(Range {
                low: *total.start() as f64,
                high: *total.end() as f64,
            })
        )
    } else {
        format!(
            "No whole number out of {n} gives {}: another n, a weight, or a slip.",
            impossible.join(" or ")
        )
    };
    if !fits {
        let others = possible_n(parts, 2 * n, categories)?.fits;
        let below = others.iter().rev().find(|&&other| other < n);
        let above = others.iter().find(|&&other| other > n);
        let nearest: Vec<String> = [below, above]
            .into_iter()
            .flatten()
            .map(usize::to_string)
            .collect();
        if !nearest.is_empty() {
            meaning.push_str(" The nearest that would do: n = ");
            meaning.push_str(&nearest.join(" and "));
            meaning.push('.');
        }
    }
    Ok(Found {
        kind: CheckKind::Shares,
        outcome: outcome(fits),
        arithmetic,
        meaning,
    })
}

/// The numbers of people of which some percentages can be shares.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PossibleN {
    /// Up to how many people were tried.
    pub up_to: usize,
    /// The numbers that give all the percentages, in order.
    pub fits: Vec<usize>,
}

/// The numbers of people, from one to `up_to`, of which all these percentages can be shares.
pub fn possible_n(
    parts: &[&Published],
    up_to: usize,
    categories: Categories,
) -> Result<PossibleN, Error> {
    readable(parts, up_to)?;
    let fits = |&n: &usize| {
        let mut counts = parts.iter().map(|part| count(part, n));
        match categories {
            Categories::Some => counts.all(|count| count.low <= count.high),
            Categories::All => {
                let counts: Vec<Whole> = counts.collect();
                let possible = counts.iter().all(|count| count.low <= count.high);
                possible && contains(&total(&counts), n)
            }
        }
    };
    Ok(PossibleN {
        up_to,
        fits: (1..=up_to).filter(fits).collect(),
    })
}

fn readable(parts: &[&Published], n: usize) -> Result<(), Error> {
    for part in parts {
        number("shares", part)?;
    }
    if parts.is_empty() || n == 0 || n > 1_000_000_000 {
        return Err(Error::Argument {
            what: "shares of one number".to_owned(),
            why: format!(
                "expected one share or more and an n from 1 to 1,000,000,000, found {} and {n}",
                parts.len()
            ),
        });
    }
    Ok(())
}

/// The whole numbers of n people that would be printed as this share.
fn count(part: &Published, n: usize) -> Whole {
    let none = Whole { low: 1, high: 0 };
    Range::of(part, true)
        .within(0.0, 1.0)
        .and_then(|p| whole_numbers(p.times(Range::exactly(n as f64))))
        .unwrap_or(none)
}

fn total(counts: &[Whole]) -> RangeInclusive<i64> {
    counts.iter().map(|count| count.low).sum()..=counts.iter().map(|count| count.high).sum()
}

fn contains(total: &RangeInclusive<i64>, n: usize) -> bool {
    i64::try_from(n).is_ok_and(|n| total.contains(&n))
}
