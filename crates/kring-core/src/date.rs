use std::fmt::{self, Display};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::Error;

/// A day of the calendar (Gregorian), without a time and without a zone.
///
/// ```
/// use kring_core::Date;
/// let wave: Date = "2018-03-01".parse()?;
/// let earlier: Date = "2017-12-31".parse()?;
/// assert_eq!(earlier.days_until(wave), 60);
/// assert!("2018-02-29".parse::<Date>().is_err());
/// # Ok::<(), kring_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Date {
    /// Days since 1 January 1970.
    days: i32,
}

impl Date {
    /// A day of a month of a year from 1 to 9999, if there is such a day.
    pub fn new(year: i32, month: u32, day: u32) -> Option<Self> {
        let in_range = (1..=9999).contains(&year)
            && (1..=12).contains(&month)
            && (1..=days_of(year, month)).contains(&day);
        // Years begin in March, so that the day that comes and goes is the last of its year.
        let y = if month <= 2 { year - 1 } else { year };
        let era = y.div_euclid(400);
        let of_era = y.rem_euclid(400);
        let of_year = (153 * ((month.cast_signed() + 9) % 12) + 2) / 5 + day.cast_signed() - 1;
        let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468;
        in_range.then_some(Self { days })
    }

    /// The day so many days after 1 January 1970, if it lies in the years 1 to 9999.
    pub fn from_days(days: i32) -> Option<Self> {
        (-719_162..=2_932_896)
            .contains(&days)
            .then_some(Self { days })
    }

    /// Days since 1 January 1970.
    pub fn days(self) -> i32 {
        self.days
    }

    /// How many days later the other one is.
    pub fn days_until(self, later: Self) -> i32 {
        later.days - self.days
    }
}

impl Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let z = self.days + 719_468;
        let era = z.div_euclid(146_097);
        let of_era = z.rem_euclid(146_097);
        let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year + year / 4 - year / 100);
        let month = (5 * of_year + 2) / 153;
        let day = of_year - (153 * month + 2) / 5 + 1;
        let month = if month < 10 { month + 3 } else { month - 9 };
        let year = year + era * 400 + i32::from(month <= 2);
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

impl FromStr for Date {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let bytes = text.as_bytes();
        let shape = bytes.len() == 10
            && bytes.iter().enumerate().all(|(i, b)| {
                if i == 4 || i == 7 {
                    *b == b'-'
                } else {
                    b.is_ascii_digit()
                }
            });
        let parsed = shape
            .then(|| {
                Self::new(
                    text[..4].parse().ok()?,
                    text[5..7].parse().ok()?,
                    text[8..].parse().ok()?,
                )
            })
            .flatten();
        parsed.ok_or_else(|| Error::Word {
            what: "date",
            text: text.to_owned(),
            hint: if shape {
                ": there is no such day".to_owned()
            } else {
                "; write year, month and day as 2018-03-01".to_owned()
            },
        })
    }
}

impl TryFrom<String> for Date {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        text.parse()
    }
}

impl From<Date> for String {
    fn from(date: Date) -> Self {
        date.to_string()
    }
}

fn days_of(year: i32, month: u32) -> u32 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    reason = "a test may stop at what it did not expect"
)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted_over_leap_years() {
        // 1970 to 2000 has thirty years with leap days in 1972, 76, 80, 84, 88, 92 and 96.
        let date = Date::new(2000, 1, 1).unwrap();
        assert_eq!(date.days(), 30 * 365 + 7);
        assert_eq!(Date::new(2000, 3, 1).unwrap().days(), 30 * 365 + 7 + 60);
        assert!(Date::new(1900, 2, 29).is_none() && Date::new(2000, 2, 29).is_some());
        assert_eq!(Date::new(1, 1, 1).unwrap().days(), -719_162);
        assert_eq!(Date::new(9999, 12, 31).unwrap().days(), 2_932_896);
    }

    #[test]
    fn every_day_is_written_and_read_again() {
        for days in (-719_162..2_932_896).step_by(97) {
            let date = Date::from_days(days).unwrap();
            assert_eq!(date.to_string().parse::<Date>().unwrap(), date);
        }
        for wrong in [
            "2018-13-01",
            "2018-1-1",
            "01-03-2018",
            "",
            "2018-00-10",
            "２018-1-1",
        ] {
            assert!(wrong.parse::<Date>().is_err(), "{wrong}");
        }
    }
}
