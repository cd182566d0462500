use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Error;

/// A figure as somebody printed it: the digits define what agrees with it.
///
/// `6` admits everything from 5.5 to 6.5, `4.70` only what rounds to it. The text is kept as it
/// stood, so that a report can show it.
///
/// ```
/// use kring_core::{Locale, Published};
/// let p = Published::parse("-.54", Locale::English)?;
/// assert_eq!(p.value(), Some(-0.54));
/// assert!(p.admits(-0.5363) && !p.admits(-0.53));
/// assert_eq!(Published::parse("4,7", Locale::Dutch)?.value(), Some(4.7));
/// assert_eq!(Published::parse("1,511", Locale::English)?.value(), Some(1511.0));
/// # Ok::<(), kring_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Published {
    /// The text as printed.
    pub text: String,
    /// What the text says.
    pub figure: Figure,
    /// Whether it is a percentage (or percentage points): the value is 18 for `18%`.
    pub percent: bool,
}

/// What a printed text says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Figure {
    /// One number.
    Number {
        /// The number.
        value: f64,
        /// Half a unit in its last place; zero for a count, which is printed exactly.
        half_unit: f64,
        /// Whether it is the figure itself or a bound of it.
        bound: Bound,
    },
    /// From one number to another.
    Range {
        /// The lower number.
        low: f64,
        /// The upper number.
        high: f64,
        /// Half a unit in the last place of the coarser of the two.
        half_unit: f64,
    },
    /// No number: a direction or a statement.
    Words,
}

/// What stood before the number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    /// Nothing: the figure itself.
    Exact,
    /// `circa`, `about`, `bijna`, `~`: the unit of a whole number is that of its last digit that is
    /// not zero; decimals are taken as they stand.
    About,
    /// `<`
    Less,
    /// `≤`, `at most`
    AtMost,
    /// `>`
    Greater,
    /// `≥`, `at least`, `ruim`
    AtLeast,
}

/// How numbers are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Locale {
    /// `1,511.5`
    #[default]
    #[serde(rename = "en")]
    English,
    /// `1.511,5`
    #[serde(rename = "nl")]
    Dutch,
}

const QUALIFIERS: [(&str, Bound); 21] = [
    ("<=", Bound::AtMost),
    (">=", Bound::AtLeast),
    ("≤", Bound::AtMost),
    ("≥", Bound::AtLeast),
    ("<", Bound::Less),
    (">", Bound::Greater),
    ("~", Bound::About),
    ("≈", Bound::About),
    ("circa", Bound::About),
    ("ca.", Bound::About),
    ("ongeveer", Bound::About),
    ("about", Bound::About),
    ("approximately", Bound::About),
    ("almost", Bound::About),
    ("nearly", Bound::About),
    ("bijna", Bound::About),
    ("rond", Bound::About),
    ("at most", Bound::AtMost),
    ("at least", Bound::AtLeast),
    ("more than", Bound::Greater),
    ("ruim", Bound::AtLeast),
];

const SUFFIXES: [&str; 5] = ["%", "percentage points", "percent", "procent", "pp"];

impl Locale {
    fn decimal(self) -> char {
        match self {
            Self::English => '.',
            Self::Dutch => ',',
        }
    }

    fn thousands(self) -> char {
        match self {
            Self::English => ',',
            Self::Dutch => '.',
        }
    }

    fn example(self) -> &'static str {
        match self {
            Self::English => "'6', '4.7', '-.54', '18%', '< .001', '1,511' or 'about 60 %'",
            Self::Dutch => "'6', '4,7', '-,54', '18%', '< ,001', '1.511' or 'circa 60 %'",
        }
    }
}

impl Published {
    /// Reads a figure as it was printed.
    pub fn parse(text: &str, locale: Locale) -> Result<Self, Error> {
        let unreadable = |why: String| Error::Unreadable {
            text: text.to_owned(),
            why,
            example: locale.example(),
        };
        let mut rest = text.trim();
        let lower = rest.to_lowercase();
        let mut bound = Bound::Exact;
        if let Some((word, kind)) = QUALIFIERS.iter().find(|(word, _)| lower.starts_with(word)) {
            bound = *kind;
            // The qualifiers keep their length when lowered, so the cut falls on a character.
            rest = rest.get(word.len()..).unwrap_or_default().trim_start();
        }
        let mut percent = false;
        if let Some(suffix) = SUFFIXES
            .iter()
            .find(|suffix| rest.to_lowercase().ends_with(*suffix))
        {
            percent = true;
            rest = rest
                .get(..rest.len() - suffix.len())
                .unwrap_or_default()
                .trim_end();
        }
        let figure = if let Some((low, high)) = split_range(rest) {
            if bound != Bound::Exact {
                return Err(unreadable("a range takes no qualifier".to_owned()));
            }
            let low = Digits::read(low, locale).map_err(unreadable)?;
            let high = Digits::read(high, locale).map_err(unreadable)?;
            if low.value > high.value {
                return Err(unreadable("the range runs downwards".to_owned()));
            }
            Figure::Range {
                low: low.value,
                high: high.value,
                half_unit: low.half_unit.max(high.half_unit),
            }
        } else {
            let digits = Digits::read(rest, locale).map_err(unreadable)?;
            let half_unit = match bound {
                Bound::About => digits.round_half_unit,
                _ => digits.half_unit,
            };
            Figure::Number {
                value: digits.value,
                half_unit,
                bound,
            }
        };
        Ok(Self {
            text: text.trim().to_owned(),
            figure,
            percent,
        })
    }

    /// A statement without a number: `greatly decreased`.
    pub fn words(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            figure: Figure::Words,
            percent: false,
        }
    }

    /// The same figure with the text as it stood where the number was written as a word: `negen`.
    pub fn printed_as(mut self, text: impl Into<String>) -> Self {
        self.text = text.into();
        self
    }

    /// The same figure as a count: printed whole and exact, so that it admits nothing but itself.
    pub fn counted(mut self) -> Self {
        if let Figure::Number {
            half_unit,
            bound: Bound::Exact,
            ..
        } = &mut self.figure
        {
            *half_unit = 0.0;
        }
        self
    }

    /// Whether it is an exact count.
    pub fn is_count(&self) -> bool {
        matches!(self.figure, Figure::Number { half_unit: 0.0, .. })
    }

    /// The number, if it is one.
    pub fn value(&self) -> Option<f64> {
        match self.figure {
            Figure::Number { value, .. } => Some(value),
            Figure::Range { .. } | Figure::Words => None,
        }
    }

    /// The smallest and the largest number that would be printed so; absent where there is none.
    pub fn limits(&self) -> (Option<f64>, Option<f64>) {
        match self.figure {
            Figure::Number {
                value,
                half_unit,
                bound,
            } => match bound {
                Bound::Exact | Bound::About => (Some(value - half_unit), Some(value + half_unit)),
                Bound::Less | Bound::AtMost => (None, Some(value)),
                Bound::Greater | Bound::AtLeast => (Some(value), None),
            },
            Figure::Range {
                low,
                high,
                half_unit,
            } => (Some(low - half_unit), Some(high + half_unit)),
            Figure::Words => (None, None),
        }
    }

    /// Whether a number would be printed so. Halves may have been rounded either way.
    pub fn admits(&self, x: f64) -> bool {
        if !x.is_finite() {
            return false;
        }
        match self.figure {
            Figure::Words => false,
            Figure::Number {
                value,
                bound: Bound::Less,
                ..
            } => x < value,
            Figure::Number {
                value,
                bound: Bound::Greater,
                ..
            } => x > value,
            _ => self.distance(x) == Some(0.0),
        }
    }

    /// How far a number lies outside what is admitted, in units of the last place (of a count: in
    /// ones); 0 inside.
    pub fn distance(&self, x: f64) -> Option<f64> {
        let half_unit = match self.figure {
            Figure::Number { half_unit, .. } | Figure::Range { half_unit, .. } => half_unit,
            Figure::Words => return None,
        };
        // A half computed in binary may miss the half in decimals by a rounding error.
        let unit = if half_unit > 0.0 {
            2.0 * half_unit
        } else {
            1.0
        };
        let slack = 1e-9 * half_unit + 4.0 * f64::EPSILON * x.abs();
        let (low, high) = self.limits();
        let below = low.map_or(0.0, |low| low - x);
        let above = high.map_or(0.0, |high| x - high);
        let outside = below.max(above);
        Some(if outside <= slack {
            0.0
        } else {
            outside / unit
        })
    }
}

impl fmt::Display for Published {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// A number with the place of its last digit.
struct Digits {
    value: f64,
    half_unit: f64,
    /// Of a whole number half a unit of its last digit that is not zero, else the same.
    round_half_unit: f64,
}

impl Digits {
    fn read(text: &str, locale: Locale) -> Result<Self, String> {
        let text = text.trim();
        let (negative, digits) = match text.strip_prefix(['-', '−', '–']) {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let exponent = digits
            .split_once(['e', 'E'])
            .filter(|(mantissa, _)| mantissa.trim_end().ends_with(|c: char| c.is_ascii_digit()));
        let (mantissa, exponent) = match exponent {
            None => (digits, 0),
            Some((mantissa, exponent)) => {
                let exponent = exponent.replace('−', "-");
                let exponent: i32 = exponent
                    .parse()
                    .map_err(|_| format!("'{exponent}' is no exponent"))?;
                (mantissa, exponent)
            }
        };
        let (whole, fraction) = match mantissa.split_once(locale.decimal()) {
            None => (mantissa, ""),
            Some(("", "")) => return Err("there are no digits".to_owned()),
            Some(parts) => parts,
        };
        let whole = without_thousands(whole, locale)?;
        if whole.is_empty() && fraction.is_empty() {
            return Err("there are no digits".to_owned());
        }
        if let Some(odd) = fraction.chars().find(|c| !c.is_ascii_digit()) {
            return Err(format!("'{odd}' does not belong in its decimals"));
        }
        let plain = format!("{whole}.{fraction}e{exponent}");
        let plain = if whole.is_empty() {
            format!("0{plain}")
        } else {
            plain
        };
        let value: f64 = plain
            .parse()
            .map_err(|_| format!("'{text}' is no number"))?;
        let decimals = i32::try_from(fraction.len()).unwrap_or(i32::MAX);
        let half_unit = 0.5 * 10f64.powi(exponent.saturating_sub(decimals));
        if !value.is_finite() || !half_unit.is_finite() || half_unit == 0.0 {
            return Err("the number is too large or too fine".to_owned());
        }
        let zeros = match (value == 0.0, fraction) {
            (false, "") => whole.bytes().rev().take_while(|&b| b == b'0').count(),
            _ => 0,
        };
        Ok(Self {
            value: if negative { -value } else { value },
            half_unit,
            round_half_unit: half_unit * 10f64.powi(i32::try_from(zeros).unwrap_or(0)),
        })
    }
}

/// The digits before the decimal sign, their groups of three joined.
fn without_thousands(whole: &str, locale: Locale) -> Result<String, String> {
    let is_space = |c: char| matches!(c, ' ' | '\u{a0}' | '\u{2009}' | '\u{202f}');
    let groups: Vec<&str> = whole
        .split(|c: char| c == locale.thousands() || is_space(c))
        .collect();
    if let Some(odd) = groups
        .iter()
        .flat_map(|g| g.chars())
        .find(|c| !c.is_ascii_digit())
    {
        return Err(format!("'{odd}' does not belong in a number"));
    }
    let well_grouped = groups.len() == 1
        || (1..=3).contains(&groups[0].len())
            && !groups[0].starts_with('0')
            && groups[1..].iter().all(|group| group.len() == 3);
    if !well_grouped {
        return Err(format!(
            "'{whole}' is not grouped in thousands; in this locale the decimal sign is '{}'",
            locale.decimal()
        ));
    }
    Ok(groups.concat())
}

/// Two numbers with a dash between them.
fn split_range(text: &str) -> Option<(&str, &str)> {
    let (at, dash) = text
        .char_indices()
        .skip(1)
        .find(|&(_, c)| matches!(c, '-' | '–' | '—'))?;
    let (low, high) = (&text[..at], &text[at + dash.len_utf8()..]);
    let ends_in_digit = low.trim_end().ends_with(|c: char| c.is_ascii_digit());
    ends_in_digit.then_some((low, high))
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    reason = "a test may stop at what it did not expect"
)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn number(text: &str, locale: Locale) -> (f64, f64, Bound, bool) {
        let published = Published::parse(text, locale).unwrap();
        let Figure::Number {
            value,
            half_unit,
            bound,
        } = published.figure
        else {
            panic!("'{text}' is not one number");
        };
        (value, half_unit, bound, published.percent)
    }

    #[test]
    fn figures_are_read_as_printed() {
        use Bound::{About, AtLeast, Exact, Less};
        use Locale::{Dutch, English};
        let cases = [
            ("6", English, (6.0, 0.5, Exact, false)),
            ("4.7", English, (4.7, 0.05, Exact, false)),
            ("18%", English, (18.0, 0.5, Exact, true)),
            ("-.54", English, (-0.54, 0.005, Exact, false)),
            ("−8.6 pp", English, (-8.6, 0.05, Exact, true)),
            (".70", English, (0.70, 0.005, Exact, false)),
            ("< .001", English, (0.001, 0.0005, Less, false)),
            ("1,511", English, (1511.0, 0.5, Exact, false)),
            ("1 511", English, (1511.0, 0.5, Exact, false)),
            ("circa 60 %", Dutch, (60.0, 5.0, About, true)),
            ("about 60.0", English, (60.0, 0.05, About, false)),
            ("~8,5", Dutch, (8.5, 0.05, About, false)),
            ("4,7", Dutch, (4.7, 0.05, Exact, false)),
            ("bijna 14.000", Dutch, (14000.0, 500.0, About, false)),
            ("Ruim 100", Dutch, (100.0, 0.5, AtLeast, false)),
            ("3.2e-14", English, (3.2e-14, 0.5e-15, Exact, false)),
        ];
        for (text, locale, (value, half_unit, bound, percent)) in cases {
            let found = number(text, locale);
            assert_eq!(
                (found.0, found.2, found.3),
                (value, bound, percent),
                "{text}"
            );
            assert!(
                (found.1 / half_unit - 1.0).abs() < 1e-12,
                "{text}: {}",
                found.1
            );
        }
        let range = Published::parse("7.5-8.5", English).unwrap();
        assert!(
            matches!(range.figure, Figure::Range { low, high, .. } if low == 7.5 && high == 8.5)
        );
        assert!(range.admits(7.45) && range.admits(8.0) && !range.admits(8.6));
    }

    #[test]
    fn the_digits_define_what_agrees() {
        let six = Published::parse("6", Locale::English).unwrap();
        assert!(six.admits(5.5) && six.admits(6.5) && !six.admits(6.51));
        assert_eq!(six.distance(8.5), Some(2.0));
        // .7017 and .6933 are the χ² of sex and origin in de Roos et al. 2011, printed .70 and .69.
        assert!(
            Published::parse(".70", Locale::English)
                .unwrap()
                .admits(0.701_7)
        );
        assert!(
            Published::parse(".69", Locale::English)
                .unwrap()
                .admits(0.693_3)
        );
        let small = Published::parse("< .001", Locale::English).unwrap();
        assert!(small.admits(0.000_9) && !small.admits(0.001));
        // 0.285 is 0.28499999999999998 in binary; both .28 and .29 are honest roundings of it.
        assert!(
            Published::parse(".29", Locale::English)
                .unwrap()
                .admits(0.285)
        );
        assert!(
            Published::parse(".28", Locale::English)
                .unwrap()
                .admits(0.285)
        );
        assert!(!Published::words("greatly decreased").admits(1.0));
        assert!(!six.admits(f64::INFINITY) && !six.admits(f64::NAN));
        let count = Published::parse("52", Locale::English).unwrap().counted();
        assert!(count.is_count() && count.admits(52.0) && !count.admits(52.4));
        assert_eq!(
            (count.distance(54.0), count.limits()),
            (Some(2.0), (Some(52.0), Some(52.0)))
        );
    }

    #[test]
    fn what_cannot_be_read_says_why() {
        let refused = |text: &str, locale| Published::parse(text, locale).unwrap_err().to_string();
        assert!(refused("4,7", Locale::English).contains("the decimal sign is '.'"));
        assert!(refused("0,511", Locale::English).contains("the decimal sign is '.'"));
        assert!(refused("0e400", Locale::English).contains("too large or too fine"));
        assert!(refused("1.5e-2147483648", Locale::English).contains("too large or too fine"));
        assert!(refused("", Locale::English).contains("there are no digits"));
        assert!(refused(".", Locale::English).contains("there are no digits"));
        assert!(refused("driekwart", Locale::Dutch).contains("'d' does not belong in a number"));
        assert!(refused("8-7", Locale::English).contains("runs downwards"));
        assert!(refused("1.5x", Locale::English).contains("'x' does not belong in its decimals"));
        assert!(refused("1e999999", Locale::English).contains("too large"));
        assert!(refused("1e99999999999", Locale::English).contains("no exponent"));
    }

    proptest! {
        #[test]
        fn no_text_makes_the_reader_panic(text in "\\PC*") {
            let _ = Published::parse(&text, Locale::English);
            let _ = Published::parse(&text, Locale::Dutch);
        }

        #[test]
        fn a_printed_number_admits_what_it_was_printed_from(x in -1e6..1e6f64, places in 0usize..6) {
            let printed = format!("{x:.places$}");
            prop_assert!(Published::parse(&printed, Locale::English).unwrap().admits(x));
            let dutch = printed.replace('.', ",");
            prop_assert!(Published::parse(&dutch, Locale::Dutch).unwrap().admits(x));
        }
    }
}
