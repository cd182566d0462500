//! The calendar: days and microseconds since 1970-01-01.

pub(super) const MICROSECONDS_PER_DAY: i64 = 86_400_000_000;

/// 0001-01-01 and 9999-12-31: what polars, pandas and Excel can show.
const FIRST_DAY: i32 = -719_162;
const LAST_DAY: i32 = 2_932_896;

/// A number of days as a date, if it falls in the years 1 to 9999. Hours are cut off.
pub(super) fn days(value: f64) -> Option<i32> {
    let floor = value.floor();
    #[allow(
        clippy::cast_possible_truncation,
        reason = "checked against the range of days"
    )]
    (f64::from(FIRST_DAY)..=f64::from(LAST_DAY))
        .contains(&floor)
        .then_some(floor as i32)
}

/// Seconds as a moment in microseconds, if it falls in the years 1 to 9999.
///
/// The seconds come from a double that counts from a far past, in which a microsecond is already
/// lost: it is rounded to ten of them.
pub(super) fn microseconds(seconds: f64) -> Option<i64> {
    days(seconds / 86_400.0)?;
    duration(seconds)
}

/// Seconds as a duration in microseconds.
pub(super) fn duration(seconds: f64) -> Option<i64> {
    let tens = (seconds * 1e5).round();
    #[allow(
        clippy::cast_possible_truncation,
        reason = "checked to be far inside the range"
    )]
    (tens.abs() < 1e17).then(|| tens as i64 * 10)
}

/// The day of `2021-03-31`.
pub(super) fn iso_date(text: &str) -> Option<i32> {
    let bytes = text.as_bytes();
    if bytes.len() != 10 || bytes[4] != b'-' || bytes[7] != b'-' {
        return None;
    }
    day_of(
        digits(&bytes[..4])?,
        digits(&bytes[5..7])?,
        digits(&bytes[8..])?,
    )
}

/// The microsecond of `2021-03-31 14:05`, `2021-03-31T14:05:09` or `2021-03-31 14:05:09.25`.
pub(super) fn iso_datetime(text: &str) -> Option<i64> {
    let (date, time) = text.split_once(['T', ' '])?;
    Some(i64::from(iso_date(date)?) * MICROSECONDS_PER_DAY + iso_time(time)?)
}

fn iso_time(text: &str) -> Option<i64> {
    let (clock, fraction) = text.split_once('.').unwrap_or((text, ""));
    let parts: Vec<&str> = clock.split(':').collect();
    let ([hour, minute], second) = match parts.as_slice() {
        [hour, minute] if fraction.is_empty() => ([hour, minute], "00"),
        [hour, minute, second] => ([hour, minute], *second),
        _ => return None,
    };
    let two = |part: &str| (part.len() == 2).then(|| digits(part.as_bytes())).flatten();
    let (hour, minute, second) = (two(hour)?, two(minute)?, two(second)?);
    if hour > 23 || minute > 59 || second > 59 || fraction.len() > 6 {
        return None;
    }
    let micros = digits(format!("{fraction:0<6}").as_bytes())?;
    Some(i64::from((hour * 60 + minute) * 60 + second) * 1_000_000 + i64::from(micros))
}

fn digits(bytes: &[u8]) -> Option<i32> {
    bytes.iter().try_fold(0, |value, byte| {
        byte.is_ascii_digit()
            .then(|| value * 10 + i32::from(byte - b'0'))
    })
}

/// Days since 1970-01-01 of a date in the Gregorian calendar, if there is such a date.
fn day_of(year: i32, month: i32, day: i32) -> Option<i32> {
    let is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    let length = match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if year < 1 || !(1..=length).contains(&day) {
        return None;
    }
    // Years that begin in March end with the leap day; months then follow (153 m + 2) / 5.
    let (y, m) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let before_year = 365 * y + y / 4 - y / 100 + y / 400;
    Some(before_year + (153 * m + 2) / 5 + day - 1 - 719_468)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_count_from_1970() {
        assert_eq!(iso_date("1970-01-01"), Some(0));
        assert_eq!(iso_date("1969-12-31"), Some(-1));
        // 30 years of 365 days and 7 leap days (1972 to 1996), then January and 29 days of February.
        assert_eq!(iso_date("2000-02-29"), Some(30 * 365 + 7 + 31 + 28));
        assert_eq!(iso_date("0001-01-01"), Some(FIRST_DAY));
        assert_eq!(iso_date("9999-12-31"), Some(LAST_DAY));
        for wrong in [
            "1900-02-29",
            "2021-02-30",
            "2021-13-01",
            "2021-00-10",
            "2021-1-1",
            "21-01-01",
            "2021/01/01",
            "0000-01-01",
            "२०२१-01-01",
        ] {
            assert_eq!(iso_date(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn moments_count_microseconds() {
        assert_eq!(iso_datetime("1970-01-02 00:00"), Some(MICROSECONDS_PER_DAY));
        assert_eq!(iso_datetime("1970-01-01T01:02:03.5"), Some(3_723_500_000));
        for wrong in [
            "1970-01-01 24:00",
            "1970-01-01 1:00",
            "1970-01-01",
            "1970-01-01 00:00:60",
            "1970-01-01 00:00.5",
        ] {
            assert_eq!(iso_datetime(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_day_is_cut_downwards_and_kept_in_its_years() {
        assert_eq!(days(-3589.5), Some(-3590)); // noon of 1960-03-04, not the day after
        assert_eq!(days(2_932_896.9), Some(LAST_DAY));
        assert_eq!(days(2_932_897.0), None);
        assert_eq!(days(f64::NAN), None);
        assert_eq!(microseconds(1_709_642_096.789), Some(1_709_642_096_789_000));
        assert_eq!(microseconds(f64::INFINITY), None);
        assert_eq!(duration(-0.5), Some(-500_000));
        assert_eq!(duration(1e300), None);
    }
}
