//! What printed digits admit, as ranges of numbers, and these in words.

use kring_core::Published;

use crate::Error;

/// A range of numbers that a figure, or arithmetic with figures, admits. Either end may be
/// infinite.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Range {
    pub low: f64,
    pub high: f64,
}

impl Range {
    /// Every number there is.
    pub const ALL: Self = Self {
        low: f64::NEG_INFINITY,
        high: f64::INFINITY,
    };

    /// One number.
    pub fn exactly(x: f64) -> Self {
        Self { low: x, high: x }
    }

    /// What the digits of a figure admit; of a percentage as a share where `as_share`.
    pub fn of(figure: &Published, as_share: bool) -> Self {
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

    /// The smallest range that holds these numbers.
    pub fn around(numbers: impl IntoIterator<Item = f64>) -> Self {
        let empty = Self {
            low: f64::INFINITY,
            high: f64::NEG_INFINITY,
        };
        numbers.into_iter().fold(empty, |range, x| Self {
            low: range.low.min(x),
            high: range.high.max(x),
        })
    }

    /// Whether two ranges share a number, rounding errors of binary arithmetic aside.
    pub fn meets(self, other: Self) -> bool {
        let ends = [self.low, self.high, other.low, other.high];
        let finite = ends.into_iter().filter(|end| end.is_finite());
        let slack = 1e-9 * finite.fold(0.0, |largest: f64, end| largest.max(end.abs()));
        self.low <= other.high + slack && other.low <= self.high + slack
    }

    /// The part of it from `low` to `high`; absent where there is none.
    pub fn within(self, low: f64, high: f64) -> Option<Self> {
        let part = Self {
            low: self.low.max(low),
            high: self.high.min(high),
        };
        (part.low <= part.high).then_some(part)
    }

    pub fn plus(self, other: Self) -> Self {
        Self {
            low: self.low + other.low,
            high: self.high + other.high,
        }
    }

    pub fn minus(self, other: Self) -> Self {
        Self {
            low: self.low - other.high,
            high: self.high - other.low,
        }
    }

    pub fn times(self, other: Self) -> Self {
        Self::around([
            self.low * other.low,
            self.low * other.high,
            self.high * other.low,
            self.high * other.high,
        ])
    }

    /// Divided by a range above zero.
    pub fn over(self, positive: Self) -> Self {
        Self::around([
            self.low / positive.low,
            self.low / positive.high,
            self.high / positive.low,
            self.high / positive.high,
        ])
    }

    /// The distances of its numbers from zero.
    pub fn abs(self) -> Self {
        let (a, b) = (self.low.abs(), self.high.abs());
        let holds_zero = self.low <= 0.0 && self.high >= 0.0;
        Self {
            low: if holds_zero { 0.0 } else { a.min(b) },
            high: a.max(b),
        }
    }

    /// Each end through a function that never falls.
    pub fn map(self, rising: impl Fn(f64) -> f64) -> Self {
        Self {
            low: rising(self.low),
            high: rising(self.high),
        }
    }
}

/// The number that a figure is.
pub(crate) fn number(what: &str, printed: &Published) -> Result<f64, Error> {
    printed.value().ok_or_else(|| Error::Argument {
        what: format!("{what} with '{}'", printed.text),
        why: "it is not one number".to_owned(),
    })
}

/// A range in words: `5.5 to 6.5`.
pub(crate) fn admitted(range: Range) -> String {
    match (range.low.is_finite(), range.high.is_finite()) {
        (true, true) if range.low == range.high => tidy(range.low),
        (true, true) => format!("{} to {}", tidy(range.low), tidy(range.high)),
        (true, false) => format!("{} or more", tidy(range.low)),
        (false, true) => format!("{} or less", tidy(range.high)),
        (false, false) => "anything".to_owned(),
    }
}

/// Six significant digits, without zeros at the end.
pub(crate) fn tidy(x: f64) -> String {
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
