//! Numbers as people write them.

use std::borrow::Cow;

use super::Decimal;

/// The number that a text is, or nothing.
///
/// A sign, digits, perhaps a mark between thousands, a decimal mark with digits, an exponent:
/// `-1.234,5` with a decimal comma. Nothing else: no `inf`, no `nan`, no currency, no per cent.
/// Two kinds of digits are *names*, not numbers, since a number would not give them back: those
/// with a leading zero (`0031`), and whole numbers past 2⁵³.
pub(super) fn number(text: &str, decimal: Decimal) -> Option<f64> {
    const LARGEST_WHOLE: f64 = 9_007_199_254_740_992.0;
    let (mark, thousands) = match decimal {
        Decimal::Point => ('.', ','),
        Decimal::Comma => (',', '.'),
    };
    let (is_negative, unsigned) = match text.strip_prefix(['-', '\u{2212}']) {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let (whole, fraction) = match mantissa.split_once(mark) {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };

    let is_grouped = whole.contains(thousands);
    let digits = if is_grouped {
        Cow::Owned(without_groups(whole, thousands)?)
    } else {
        Cow::Borrowed(whole)
    };
    let fraction_digits = fraction.unwrap_or_default();
    let is_name = digits.len() > 1 && digits.starts_with('0');
    let is_empty = digits.is_empty() && fraction_digits.is_empty();
    if is_empty || is_name || !all_digits(&digits) || !all_digits(fraction_digits) {
        return None;
    }
    if let Some(exponent) = exponent {
        let unsigned = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
        if unsigned.is_empty() || !all_digits(unsigned) {
            return None;
        }
    }
    let value: f64 = if is_grouped || mark == ',' {
        let exponent = exponent.unwrap_or("0");
        format!("{digits}.{fraction_digits}e{exponent}")
            .parse()
            .ok()?
    } else {
        unsigned.parse().ok()?
    };
    let is_exact = fraction.is_some() || exponent.is_some() || value <= LARGEST_WHOLE;
    (value.is_finite() && is_exact).then_some(if is_negative { -value } else { value })
}

/// A text read with either decimal mark.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Reading {
    pub point: Option<f64>,
    pub comma: Option<f64>,
}

/// The number that a text is with a decimal point, and with a decimal comma.
///
/// Almost every number is a sign, digits, and perhaps one point with digits; these are read in one
/// pass over their bytes, all others by [`number`].
pub(super) fn reading(text: &str) -> Reading {
    // A sign (the long minus has three bytes), a digit or a mark; anything else is a word.
    let begins = |byte: &u8| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b',' | 0xE2);
    if !text.as_bytes().first().is_some_and(begins) {
        return Reading {
            point: None,
            comma: None,
        };
    }
    let digits = text.strip_prefix('-').unwrap_or(text).as_bytes();
    let whole = digits
        .iter()
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    let is_name = whole > 1 && digits[0] == b'0';
    let fraction = match digits.get(whole..) {
        Some([]) => Some(None),
        Some([b'.', fraction @ ..]) if fraction.iter().all(u8::is_ascii_digit) => {
            Some(Some(fraction))
        }
        _ => None,
    };
    match (fraction, text.parse::<f64>()) {
        (Some(fraction), Ok(value)) if (1..=15).contains(&whole) && !is_name => Reading {
            point: Some(value),
            comma: match fraction {
                None => Some(value),
                // 1.234 is a number with a mark between thousands.
                Some([_, _, _]) if whole <= 3 && digits[0] != b'0' => number(text, Decimal::Comma),
                Some(_) => None,
            },
        },
        _ => Reading {
            point: number(text, Decimal::Point),
            comma: number(text, Decimal::Comma),
        },
    }
}

/// The digits of groups of three with a mark between them; nothing for other groups.
fn without_groups(whole: &str, thousands: char) -> Option<String> {
    let mut groups = whole.split(thousands);
    let first = groups.next()?;
    let starts_well = (1..=3).contains(&first.len()) && !first.starts_with('0');
    (starts_well && groups.all(|group| group.len() == 3)).then(|| whole.replace(thousands, ""))
}

fn all_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_read_in_its_own_notation_only() {
        let point = |text| number(text, Decimal::Point);
        let comma = |text| number(text, Decimal::Comma);
        // text, with a decimal point, with a decimal comma
        let cases = [
            ("12", Some(12.0), Some(12.0)),
            ("-0", Some(-0.0), Some(-0.0)),
            ("+3", Some(3.0), Some(3.0)),
            ("\u{2212}3", Some(-3.0), Some(-3.0)),
            ("2.5", Some(2.5), None),
            ("2,5", None, Some(2.5)),
            (".5", Some(0.5), None),
            ("5.", Some(5.0), None),
            ("1.234", Some(1.234), Some(1234.0)),
            ("1,234", Some(1234.0), Some(1.234)),
            ("0.234", Some(0.234), None),
            ("1.234,5", None, Some(1234.5)),
            ("1,234,567.5", Some(1_234_567.5), None),
            ("1.2345", Some(1.2345), None),
            ("12.34.567", None, None),
            ("1e3", Some(1000.0), Some(1000.0)),
            ("1.5E-3", Some(0.0015), None),
            ("007", None, None),
            ("0", Some(0.0), Some(0.0)),
            (
                "9007199254740992",
                Some(9_007_199_254_740_992.0),
                Some(9_007_199_254_740_992.0),
            ),
            ("9007199254740994", None, None),
            ("", None, None),
            ("-", None, None),
            (".", None, None),
            ("e5", None, None),
            ("1e", None, None),
            ("1e+", None, None),
            ("1e999", None, None),
            ("1e300", Some(1e300), Some(1e300)),
            ("nan", None, None),
            ("inf", None, None),
            ("0x10", None, None),
            ("12%", None, None),
            ("1 000", None, None),
            ("--1", None, None),
            ("1,2,3", None, None),
            ("1..2", None, None),
        ];
        for (text, with_point, with_comma) in cases {
            assert_eq!(point(text), with_point, "{text} with a point");
            assert_eq!(comma(text), with_comma, "{text} with a comma");
            let both = Reading {
                point: with_point,
                comma: with_comma,
            };
            assert_eq!(reading(text), both, "{text} with either");
        }
    }
}
