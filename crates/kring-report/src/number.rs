//! Numbers as text: never more digits than tell, never NaN.

use kring_core::{Bound, Figure, Interval, Published, Reference};

/// The digits shown of an estimate.
const SIGNIFICANT: usize = 4;

/// A p-value as the APA writes it: `p = .034`, `p < .001`.
///
/// ```
/// assert_eq!(kring_report::p_value(0.0341), "p = .034");
/// assert_eq!(kring_report::p_value(0.00002), "p < .001");
/// ```
pub fn p_value(p: f64) -> String {
    let cell = p_cell(p);
    if cell.starts_with(['<', '>']) {
        format!("p {cell}")
    } else {
        format!("p = {cell}")
    }
}

/// The same without its letter: `.034`, `< .001`.
pub(crate) fn p_cell(p: f64) -> String {
    if !(0.0..=1.0).contains(&p) {
        UNDEFINED.to_owned()
    } else if p < 0.001 {
        "< .001".to_owned()
    } else if p >= 0.9995 {
        "> .999".to_owned()
    } else {
        without_zero(&format!("{p:.3}"))
    }
}

const UNDEFINED: &str = "undefined";

/// What stands where there is no number.
pub(crate) const ABSENT: &str = "–";

/// A number with so many decimals, with a true minus and groups of three from five digits on.
pub(crate) fn fixed(x: f64, decimals: usize) -> String {
    if !x.is_finite() {
        return UNDEFINED.to_owned();
    }
    let digits = format!("{:.decimals$}", x.abs());
    let negative = x < 0.0 && digits.bytes().any(|b| matches!(b, b'1'..=b'9'));
    let (whole, fraction) = match digits.split_once('.') {
        Some((whole, fraction)) => (whole, format!(".{fraction}")),
        None => (digits.as_str(), String::new()),
    };
    let sign = if negative { "−" } else { "" };
    format!("{sign}{}{fraction}", in_threes(whole))
}

fn in_threes(whole: &str) -> String {
    if whole.len() < 5 {
        return whole.to_owned();
    }
    let mut grouped = String::new();
    for (place, digit) in whole.char_indices() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) {
            grouped.push('\u{202f}');
        }
        grouped.push(digit);
    }
    grouped
}

/// The power of ten of the first digit once rounded to so many digits.
fn exponent(x: f64, digits: usize) -> i32 {
    let written = format!("{:.*e}", digits.saturating_sub(1), x.abs());
    written
        .split_once('e')
        .and_then(|(_, exponent)| exponent.parse().ok())
        .unwrap_or(0)
}

/// The decimals that show so many significant digits.
pub(crate) fn decimals(x: f64, digits: usize) -> usize {
    let digits_after = i32::try_from(digits).unwrap_or(i32::MAX) - 1 - exponent(x, digits);
    usize::try_from(digits_after).unwrap_or(0)
}

/// A number with four significant digits.
pub fn significant(x: f64) -> String {
    with_digits(x, SIGNIFICANT)
}

fn with_digits(x: f64, digits: usize) -> String {
    if !x.is_finite() {
        return UNDEFINED.to_owned();
    }
    if x == 0.0 {
        return "0".to_owned();
    }
    if !(1e-4..1e12).contains(&x.abs()) {
        return scientific(x, digits);
    }
    fixed(x, decimals(x, digits))
}

/// `3.200 × 10⁻¹⁴`
fn scientific(x: f64, digits: usize) -> String {
    let power = exponent(x, digits);
    let written = format!("{:.*e}", digits.saturating_sub(1), x.abs());
    let mantissa = written.split('e').next().unwrap_or_default();
    let sign = if x < 0.0 { "−" } else { "" };
    let raised: String = power
        .to_string()
        .chars()
        .map(|c| match c {
            '-' => '⁻',
            '1' => '¹',
            '2' => '²',
            '3' => '³',
            digit => char::from_u32(u32::from(digit) - u32::from('0') + 0x2070).unwrap_or(digit),
        })
        .collect();
    format!("{sign}{mantissa} × 10{raised}")
}

/// The decimals of a number whose error is known: four digits of the larger, two of the error.
pub(crate) fn decimals_with_error(x: f64, error: Option<f64>) -> usize {
    let error = error.filter(|e| e.is_finite() && *e > 0.0);
    let larger = error.map_or(x.abs(), |e| x.abs().max(e));
    decimals(larger, SIGNIFICANT).max(error.map_or(0, |e| decimals(e, 2)))
}

/// A number with at most so many decimals, without zeros at its end.
pub(crate) fn at_most(x: f64, decimals: usize) -> String {
    let text = fixed(x, decimals);
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

/// Degrees of freedom: whole, or with one decimal.
fn degrees(df: f64) -> String {
    if df.fract() == 0.0 {
        at_most(df, 0)
    } else {
        fixed(df, 1)
    }
}

/// A test statistic with its distribution: `t(112) = 2.15`.
pub(crate) fn statistic(value: Option<f64>, reference: &Reference) -> String {
    let letter = match *reference {
        Reference::Normal => "z".to_owned(),
        Reference::StudentT { df } => format!("t({})", degrees(df)),
        Reference::F {
            numerator,
            denominator,
        } => format!("F({}, {})", degrees(numerator), degrees(denominator)),
        Reference::ChiSquared { df } => format!("χ²({})", degrees(df)),
        Reference::Exact => "exact".to_owned(),
        Reference::Resampled { n, .. } => format!("{n} replicates"),
        _ => "statistic".to_owned(),
    };
    let value = value.map(|x| {
        if x.abs() < 0.01 || x.abs() >= 1e6 {
            with_digits(x, 3)
        } else {
            fixed(x, 2)
        }
    });
    match (value, reference) {
        (None, Reference::Exact | Reference::Resampled { .. }) => letter,
        (None, _) => ABSENT.to_owned(),
        (Some(value), Reference::Exact | Reference::Resampled { .. }) => {
            format!("{value} ({letter})")
        }
        (Some(value), _) => format!("{letter} = {value}"),
    }
}

/// An interval between brackets; an absent end is open.
///
/// `lowest` and `highest` are the ends of the scale, and `write` writes a number.
pub(crate) fn interval(
    interval: &Interval,
    (lowest, highest): (&str, &str),
    write: impl Fn(f64) -> String,
) -> String {
    let low = match interval.low {
        Some(low) => format!("[{}", write(low)),
        None => format!("({lowest}"),
    };
    let high = match interval.high {
        Some(high) => format!("{}]", write(high)),
        None => format!("{highest})"),
    };
    format!("{low}, {high}")
}

/// A level as a percentage: `95%`, `99.5%`.
pub(crate) fn level(level: f64) -> String {
    let percent = (level * 1e6).round() / 1e4;
    format!("{percent}%")
}

/// A share as a percentage with one decimal.
pub(crate) fn percentage(share: f64) -> String {
    format!("{}%", fixed(share * 100.0, 1))
}

/// A number of ours with one digit more than the printed one, in the manner of the printed one.
pub(crate) fn beside_printed(ours: f64, printed: &Published) -> String {
    let text = match unit(printed) {
        None if printed.is_count() && ours.fract() == 0.0 => fixed(ours, 0),
        None => significant(ours),
        Some(unit) if unit < 1e-9 => {
            let size = exponent(ours.abs().max(unit), 1) - exponent(unit, 1) + 2;
            scientific(ours, usize::try_from(size).unwrap_or(2))
        }
        Some(unit) => fixed(ours, finer(unit)),
    };
    in_manner_of(printed, text)
}

/// A p-value of ours with one digit more than the printed one.
pub(crate) fn p_beside_printed(ours: f64, printed: &Published) -> String {
    let decimals = unit(printed).map_or(3, finer);
    let smallest = 10f64.powi(-i32::try_from(decimals).unwrap_or(i32::MAX));
    if (0.0..0.5 * smallest).contains(&ours) {
        return format!("< {}", without_zero(&fixed(smallest, decimals)));
    }
    without_zero(&fixed(ours, decimals))
}

/// What the printed digits admit: `5.5 to 6.5`, `below .001`; nothing for words.
pub(crate) fn admitted(printed: &Published) -> Option<String> {
    if printed.is_count() {
        return printed.value().map(|count| fixed(count, 0));
    }
    let decimals = finer(unit(printed)?);
    let write = |x: f64| {
        let text = if decimals > 9 {
            with_digits(x, 3)
        } else {
            fixed(x, decimals)
        };
        in_manner_of(printed, text).trim_end_matches('%').to_owned()
    };
    let bound = match printed.figure {
        Figure::Number { bound, .. } => bound,
        Figure::Range { .. } | Figure::Words => Bound::Exact,
    };
    match (printed.limits(), bound) {
        ((Some(low), Some(high)), _) => Some(format!("{} to {}", write(low), write(high))),
        ((None, Some(high)), Bound::Less) => Some(format!("below {}", write(high))),
        ((None, Some(high)), _) => Some(format!("at most {}", write(high))),
        ((Some(low), None), Bound::Greater) => Some(format!("above {}", write(low))),
        ((Some(low), None), _) => Some(format!("at least {}", write(low))),
        ((None, None), _) => None,
    }
}

/// A unit in the last place of a printed figure.
fn unit(printed: &Published) -> Option<f64> {
    match printed.figure {
        Figure::Number { half_unit, .. } | Figure::Range { half_unit, .. } => {
            Some(2.0 * half_unit).filter(|unit| unit.is_finite() && *unit > 0.0)
        }
        Figure::Words => None,
    }
}

/// The decimals of a number one digit finer than the unit.
fn finer(unit: f64) -> usize {
    usize::try_from(1 - exponent(unit, 1)).unwrap_or(0)
}

/// Without the zero before the decimal sign if the printed figure has none, with `%` if it has it.
fn in_manner_of(printed: &Published, text: String) -> String {
    let bare = printed
        .text
        .trim_start_matches(|c: char| !c.is_ascii_digit() && c != '.' && c != ',')
        .starts_with(['.', ',']);
    let text = if bare { without_zero(&text) } else { text };
    if printed.text.contains('%') {
        text + "%"
    } else {
        text
    }
}

pub(crate) fn without_zero(text: &str) -> String {
    match text.strip_prefix("−0.") {
        Some(rest) => format!("−.{rest}"),
        None => match text.strip_prefix("0.") {
            Some(rest) => format!(".{rest}"),
            None => text.to_owned(),
        },
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    reason = "a test may stop at what it did not expect"
)]
mod tests {
    use kring_core::{IntervalKind, Locale};

    use super::*;

    #[test]
    fn p_values_are_written_as_the_apa_does() {
        let cases = [
            (0.0, "p < .001"),
            (0.000_999_9, "p < .001"),
            (0.001, "p = .001"),
            (0.0341, "p = .034"),
            (0.05, "p = .050"),
            (0.5, "p = .500"),
            (0.999_4, "p = .999"),
            (0.999_5, "p > .999"),
            (1.0, "p > .999"),
            (-0.1, "p = undefined"),
            (f64::NAN, "p = undefined"),
        ];
        for (p, expected) in cases {
            assert_eq!(p_value(p), expected, "{p}");
        }
    }

    #[test]
    fn numbers_show_four_digits() {
        let cases = [
            (0.0, "0"),
            (7.709_54, "7.710"),
            (-0.012_344_6, "−0.01234"),
            (123.456, "123.5"),
            (13_950.4, "13\u{202f}950"),
            (3.2e-14, "3.200 × 10⁻¹⁴"),
            (f64::NAN, "undefined"),
            (f64::INFINITY, "undefined"),
        ];
        for (x, expected) in cases {
            assert_eq!(significant(x), expected, "{x}");
        }
        assert_eq!(fixed(-0.000_4, 3), "0.000");
        assert_eq!(decimals_with_error(7.71, Some(3.5)), 3);
        assert_eq!(decimals_with_error(1500.2, Some(0.52)), 2);
        assert_eq!(decimals_with_error(0.0123, Some(3.2)), 3);
    }

    #[test]
    fn ours_has_one_digit_more_than_printed() {
        let cases = [
            ("6", 5.874_2, "5.9", "5.5 to 6.5"),
            ("4.70", 4.702_3, "4.702", "4.695 to 4.705"),
            ("-.54", -0.536_3, "−.536", "−.545 to −.535"),
            ("18.2%", 18.181_8, "18.18%", "18.15 to 18.25"),
            ("about 60 %", 63.4, "63%", "55 to 65"),
            ("1,511", 1510.6, "1510.6", "1510.5 to 1511.5"),
            (
                "3.2e-14",
                3.214e-14,
                "3.21 × 10⁻¹⁴",
                "3.15 × 10⁻¹⁴ to 3.25 × 10⁻¹⁴",
            ),
            ("at least 100", 104.2, "104.2", "at least 100.0"),
            ("2-4", 3.12, "3.1", "1.5 to 4.5"),
        ];
        for (text, ours, shown, limits) in cases {
            let printed = Published::parse(text, Locale::English).unwrap();
            assert_eq!(beside_printed(ours, &printed), shown, "{text}");
            assert_eq!(admitted(&printed).as_deref(), Some(limits), "{text}");
        }
        assert_eq!(admitted(&Published::words("fell sharply")), None);
        let count = Published::parse("52", Locale::English).unwrap().counted();
        assert_eq!(admitted(&count).as_deref(), Some("52"));
        assert_eq!(beside_printed(52.0, &count), "52");
        assert_eq!(beside_printed(52.4, &count), "52.40");
        let tiny = Published::parse("< .001", Locale::English).unwrap();
        assert_eq!(p_beside_printed(0.000_34, &tiny), ".0003");
        assert_eq!(p_beside_printed(3e-9, &tiny), "< .0001");
        assert_eq!(admitted(&tiny).as_deref(), Some("below .0010"));
    }

    #[test]
    fn statistics_carry_their_distribution() {
        let t = Reference::StudentT { df: 109.53 };
        assert_eq!(statistic(Some(2.151), &t), "t(109.5) = 2.15");
        let f = Reference::F {
            numerator: 2.0,
            denominator: 110.0,
        };
        assert_eq!(statistic(Some(3.416), &f), "F(2, 110) = 3.42");
        assert_eq!(statistic(None, &Reference::Exact), "exact");
        assert_eq!(statistic(None, &Reference::Normal), "–");
        let open = Interval {
            low: Some(0.5),
            high: None,
            level: 0.95,
            kind: IntervalKind::Wald,
        };
        assert_eq!(interval(&open, ("−∞", "∞"), significant), "[0.5000, ∞)");
        assert_eq!((level(0.95), level(0.995)), ("95%".into(), "99.5%".into()));
    }
}
