//! Checks of published figures: can they stand together as printed?
//!
//! Every check works on what the printed digits admit. A figure printed as `84%` stands for every
//! number from 83.5 to 84.5; a check finds an inconsistency only if no choice within these ranges
//! makes the arithmetic come out. Counts are exact.
//!
//! GRIM: a mean of n whole numbers is a whole number divided by n, so with small n most means
//! cannot be. Brown NJL, Heathers JAJ (2017), Social Psychological and Personality Science
//! 8:363–369, doi 10.1177/1948550616673876.

use kring_core::{Alternative, CheckKind, Outcome, Published, Reference};
use kring_stats::dist;

use crate::Error;

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Which check it was.
    pub kind: CheckKind,
    /// What came of it.
    pub outcome: Outcome,
    /// The arithmetic.
    pub arithmetic: String,
    /// What it means.
    pub meaning: String,
}

/// A range of numbers that a figure, or arithmetic with figures, admits.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Range {
    low: f64,
    high: f64,
}

impl Range {
    /// What the digits of a figure admit; of a percentage as a share where `as_share`.
    fn of(figure: &Published, as_share: bool) -> Self {
        let scale = if as_share && figure.percent {
            0.01
        } else {
            1.0
        };
        let (low, high) = figure.limits();
        Self {
            low: low.map_or(f64::NEG_INFINITY, |x| x * scale),
            high: high.map_or(f64::INFINITY, |x| x * scale),
        }
    }

    /// Whether two ranges share a number, rounding errors of binary arithmetic aside.
    fn meets(self, other: Self) -> bool {
        let ends = [self.low, self.high, other.low, other.high];
        let finite = ends.into_iter().filter(|end| end.is_finite());
        let slack = 1e-9 * finite.fold(0.0, |largest: f64, end| largest.max(end.abs()));
        self.low <= other.high + slack && other.low <= self.high + slack
    }
}

/// Do the parts add up to the total?
pub fn sum(parts: &[&Published], total: &Published) -> Result<Found, Error> {
    number("a sum", total)?;
    for part in parts {
        number("a sum", part)?;
    }
    let range = parts.iter().map(|part| Range::of(part, false)).fold(
        Range {
            low: 0.0,
            high: 0.0,
        },
        |sum, part| Range {
            low: sum.low + part.low,
            high: sum.high + part.high,
        },
    );
    let exact: f64 = parts.iter().filter_map(|part| part.value()).sum();
    let terms: Vec<&str> = parts.iter().map(|part| part.text.as_str()).collect();
    Ok(judge(
        CheckKind::Sum,
        &format!("{} = {}", terms.join(" + "), tidy(exact)),
        range,
        total,
        false,
    ))
}

/// Is `result` the difference `from` − `minus`?
pub fn difference(from: &Published, minus: &Published, result: &Published) -> Result<Found, Error> {
    let (a, b) = (
        number("a difference", from)?,
        number("a difference", minus)?,
    );
    number("a difference", result)?;
    let (f, m) = (Range::of(from, false), Range::of(minus, false));
    let range = Range {
        low: f.low - m.high,
        high: f.high - m.low,
    };
    let exact = format!("{} − {} = {}", from.text, minus.text, tidy(a - b));
    Ok(judge(CheckKind::Difference, &exact, range, result, false))
}

/// Is `result` the share `part` / `whole`?
pub fn share(part: &Published, whole: &Published, result: &Published) -> Result<Found, Error> {
    let (a, b) = (number("a share", part)?, number("a share", whole)?);
    number("a share", result)?;
    let (p, w) = (Range::of(part, false), Range::of(whole, false));
    if w.low <= 0.0 {
        return Err(Error::Argument {
            what: format!("the whole '{}' of a share", whole.text),
            why: "it must be above zero".to_owned(),
        });
    }
    let scale = if result.percent { 100.0 } else { 1.0 };
    // For a part of zero or more the share is smallest with the largest whole.
    let corners = [
        p.low / w.low,
        p.low / w.high,
        p.high / w.low,
        p.high / w.high,
    ]
    .map(|x| x * scale);
    let range = Range {
        low: corners.into_iter().fold(f64::INFINITY, f64::min),
        high: corners.into_iter().fold(f64::NEG_INFINITY, f64::max),
    };
    let sign = if result.percent { "%" } else { "" };
    let exact = format!(
        "{} / {} = {}{sign}",
        part.text,
        whole.text,
        tidy(a / b * scale)
    );
    Ok(judge(CheckKind::Share, &exact, range, result, false))
}

/// Is `result` the product of the factors? Percentages count as shares.
pub fn product(factors: &[&Published], result: &Published) -> Result<Found, Error> {
    number("a product", result)?;
    let mut range = Range {
        low: 1.0,
        high: 1.0,
    };
    let mut exact = 1.0;
    for factor in factors {
        let f = Range::of(factor, true);
        let corners = [
            range.low * f.low,
            range.low * f.high,
            range.high * f.low,
            range.high * f.high,
        ];
        range = Range {
            low: corners.into_iter().fold(f64::INFINITY, f64::min),
            high: corners.into_iter().fold(f64::NEG_INFINITY, f64::max),
        };
        exact *= number("a product", factor)? * if factor.percent { 0.01 } else { 1.0 };
    }
    let terms: Vec<&str> = factors.iter().map(|factor| factor.text.as_str()).collect();
    Ok(judge(
        CheckKind::Product,
        &format!("{} = {}", terms.join(" × "), tidy(exact)),
        range,
        result,
        true,
    ))
}

/// Can this mean or percentage come from `n` respondents with `items` whole numbers each?
pub fn grim(figure: &Published, n: usize, items: u32) -> Result<Found, Error> {
    let value = number("GRIM", figure)?;
    let units = n as f64 * f64::from(items);
    if units == 0.0 {
        return Err(Error::Argument {
            what: format!("GRIM on '{}'", figure.text),
            why: "n and the number of items must be above zero".to_owned(),
        });
    }
    let (scale, sign) = if figure.percent {
        (100.0, "%")
    } else {
        (1.0, "")
    };
    let range = Range::of(figure, false);
    // The whole numbers next to the one that the figure stands for.
    let nearest = (value / scale * units).floor();
    let candidates: Vec<(f64, f64)> = [nearest - 1.0, nearest, nearest + 1.0, nearest + 2.0]
        .into_iter()
        .filter(|sum| *sum >= 0.0 || value < 0.0)
        .map(|sum| (sum, sum / units * scale))
        .collect();
    let fits = candidates.iter().any(|&(_, mean)| figure.admits(mean));
    let around: Vec<String> = candidates
        .iter()
        .filter(|(sum, _)| (*sum - value / scale * units).abs() <= 1.0)
        .map(|(sum, mean)| format!("{sum}/{units} = {}{sign}", tidy(*mean)))
        .collect();
    let of = if items == 1 {
        format!("n = {n}")
    } else {
        format!("n = {n} with {items} items each")
    };
    // Where every printed value has some whole number behind it, the check cannot fail.
    let idle = range.high - range.low >= scale / units;
    let meaning = match (fits, idle) {
        (true, true) => format!(
            "With {of} every figure printed so coarsely can occur: the check tells nothing."
        ),
        (true, false) => format!("A whole number divided by {of} gives it."),
        (false, _) => {
            format!("No whole number divided by {of} gives it: another n, a weight, or a slip.")
        }
    };
    Ok(Found {
        kind: CheckKind::Grim,
        outcome: outcome(fits),
        arithmetic: format!(
            "{}; printed {}, which admits {}",
            around.join(", "),
            figure.text,
            admitted(range)
        ),
        meaning,
    })
}

/// Does the p-value follow from the statistic and its degrees of freedom?
///
/// Tests are two-sided, or on the upper tail for χ² and F.
pub fn p_value(statistic: &Published, reference: Reference, p: &Published) -> Result<Found, Error> {
    let value = number("a p-value", statistic)?;
    let range = Range::of(statistic, false);
    // Nothing lies beyond infinity.
    let at = |x: f64| {
        if x.is_finite() {
            dist::p_value(x, reference, Alternative::TwoSided)
        } else {
            Ok(0.0)
        }
    };
    // |x| within the printed digits: the smallest gives the largest p.
    let (low, high) = if range.low <= 0.0 && range.high >= 0.0 {
        (0.0, range.low.abs().max(range.high))
    } else {
        let (a, b) = (range.low.abs(), range.high.abs());
        (a.min(b), a.max(b))
    };
    let exact = at(value)?;
    let range = Range {
        low: at(high)?,
        high: at(low)?,
    };
    let fits = range.meets(Range::of(p, false));
    Ok(Found {
        kind: CheckKind::PValue,
        outcome: outcome(fits),
        arithmetic: format!(
            "{} with {}: p = {} ({} to {} for what the digits admit); printed {}",
            statistic.text,
            words(reference),
            tidy(exact),
            tidy(range.low),
            tidy(range.high),
            p.text
        ),
        meaning: if fits {
            "The p-value follows from the statistic.".to_owned()
        } else {
            "The p-value does not follow from the statistic: one-sided, corrected, or a slip."
                .to_owned()
        },
    })
}

/// The sums of n whole numbers whose mean would be printed so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct PossibleSums {
    /// How many whole numbers.
    pub n: usize,
    /// The smallest sum; absent where no whole number fits.
    pub low: Option<i64>,
    /// The largest sum.
    pub high: Option<i64>,
}

/// The sums of n whole numbers whose mean would be printed so.
pub fn possible_sums(mean: &Published, n: usize) -> Result<PossibleSums, Error> {
    number("the possible sums", mean)?;
    if n == 0 {
        return Err(Error::Argument {
            what: format!("the possible sums of '{}'", mean.text),
            why: "n must be above zero".to_owned(),
        });
    }
    let range = Range::of(mean, true);
    let n_f = n as f64;
    let slack = 1e-9 * (range.high.abs() * n_f).max(1.0);
    let (low, high) = (
        (range.low * n_f - slack).ceil(),
        (range.high * n_f + slack).floor(),
    );
    if !(low.abs() < 1e15 && high.abs() < 1e15) {
        return Err(Error::Argument {
            what: format!("the possible sums of '{}'", mean.text),
            why: "they have no bound, or are too large to count".to_owned(),
        });
    }
    #[allow(
        clippy::cast_possible_truncation,
        reason = "below 1e15 in magnitude, as checked"
    )]
    let whole = |x: f64| (low <= high).then_some(x as i64);
    Ok(PossibleSums {
        n,
        low: whole(low),
        high: whole(high),
    })
}

fn judge(kind: CheckKind, exact: &str, range: Range, printed: &Published, as_share: bool) -> Found {
    let target = Range::of(printed, as_share);
    let fits = range.meets(target);
    let by_rounding = if range.low == range.high {
        String::new()
    } else {
        format!(", or {} with the rounding", admitted(range))
    };
    let stands_for = if target.low == target.high {
        String::new()
    } else {
        format!(", which stands for {}", admitted(target))
    };
    Found {
        kind,
        outcome: outcome(fits),
        arithmetic: format!("{exact}{by_rounding}; printed {}{stands_for}", printed.text),
        meaning: if fits {
            String::new()
        } else {
            "No numbers that would be printed so make the arithmetic come out.".to_owned()
        },
    }
}

fn outcome(fits: bool) -> Outcome {
    if fits {
        Outcome::Consistent
    } else {
        Outcome::Inconsistent
    }
}

/// The number that a figure is.
fn number(what: &str, printed: &Published) -> Result<f64, Error> {
    printed.value().ok_or_else(|| Error::Argument {
        what: format!("{what} with '{}'", printed.text),
        why: "it is not one number".to_owned(),
    })
}

fn admitted(range: Range) -> String {
    match (range.low.is_finite(), range.high.is_finite()) {
        (true, true) if range.low == range.high => tidy(range.low),
        (true, true) => format!("{} to {}", tidy(range.low), tidy(range.high)),
        (true, false) => format!("{} or more", tidy(range.low)),
        (false, true) => format!("{} or less", tidy(range.high)),
        (false, false) => "anything".to_owned(),
    }
}

/// Six significant digits, without zeros at the end.
fn tidy(x: f64) -> String {
    if x == 0.0 {
        return "0".to_owned();
    }
    #[allow(
        clippy::cast_possible_truncation,
        reason = "a logarithm of a finite number is small"
    )]
    let magnitude = x.abs().log10().floor() as i32;
    if !(-5..=9).contains(&magnitude) {
        return format!("{x:.3e}");
    }
    let places = usize::try_from(5 - magnitude).unwrap_or(0);
    let text = format!("{x:.places$}");
    if text.contains('.') {
        return text.trim_end_matches('0').trim_end_matches('.').to_owned();
    }
    text
}

fn words(reference: Reference) -> String {
    match reference {
        Reference::StudentT { df } => format!("{df} degrees of freedom (t)"),
        Reference::ChiSquared { df } => format!("{df} degrees of freedom (χ²)"),
        Reference::F {
            numerator,
            denominator,
        } => format!("{numerator} and {denominator} degrees of freedom (F)"),
        _ => "the normal distribution".to_owned(),
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    reason = "a test may stop at what it did not expect"
)]
mod tests {
    use kring_core::Locale;

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
        let reference = Reference::ChiSquared { df: 1.0 };
        let check = |p| p_value(&statistic, reference, p).unwrap().outcome;
        assert_eq!(check(&p), Outcome::Consistent);
        assert_eq!(check(&wrong), Outcome::Inconsistent);
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
}
