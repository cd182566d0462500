//! The units by which figures are broken down: regions, coordinators, years.

use std::collections::BTreeSet;

use kring_core::{Column, ColumnData, Table};

use super::By;
use crate::Error;

/// The units of a breakdown.
pub(super) struct Units {
    pub variable: String,
    pub label: String,
    pub names: Vec<String>,
    /// For each row the place of its unit.
    pub of_row: Vec<Option<usize>>,
}

impl Units {
    pub fn of(table: &Table, by: &By) -> Result<Self, Error> {
        let (column, variable, label) = match by {
            By::Column(name) => {
                let column = table.column(name)?;
                (column, name.clone(), column.title().to_owned())
            }
            By::YearOf(name) => (table.column(name)?, "year".to_owned(), "year".to_owned()),
        };
        let values: Vec<Option<i64>> = match (column.data(), by) {
            (ColumnData::Factor(factor), By::Column(_)) => {
                return Ok(Self {
                    variable,
                    label,
                    names: factor.levels().to_vec(),
                    of_row: factor
                        .codes()
                        .iter()
                        .map(|code| code.map(|c| c as usize))
                        .collect(),
                });
            }
            (_, By::YearOf(name)) => {
                dates(table, name)?;
                whole(column, year)?
            }
            (ColumnData::Numeric(_), By::Column(_)) => whole(column, |x| x)?,
        };
        let units: BTreeSet<i64> = values.iter().flatten().copied().collect();
        let units: Vec<i64> = units.into_iter().collect();
        Ok(Self {
            variable,
            label,
            of_row: values
                .iter()
                .map(|x| x.and_then(|x| units.binary_search(&x).ok()))
                .collect(),
            names: units.iter().map(i64::to_string).collect(),
        })
    }
}

/// The dates of a column, as days: one of texts is refused with how a date is written.
pub(super) fn dates(table: &Table, name: &str) -> Result<Vec<Option<f64>>, Error> {
    match table.column(name)?.data() {
        ColumnData::Numeric(numeric) => Ok(numeric.iter().collect()),
        ColumnData::Factor(factor) => Err(Error::Argument {
            what: format!("column `{name}`"),
            why: format!(
                "it holds texts{}, where dates are expected: write them as year-month-day, 2021-03-31 for \
                 31 March 2021. A spreadsheet does so with the format yyyy-mm-dd (jjjj-mm-dd)",
                factor
                    .levels()
                    .first()
                    .map_or_else(String::new, |level| format!(" such as `{level}`"))
            ),
        }),
    }
}

fn whole(column: &Column, of: impl Fn(i64) -> i64) -> Result<Vec<Option<i64>>, Error> {
    let ColumnData::Numeric(numeric) = column.data() else {
        return Ok(Vec::new());
    };
    let place = |(row, x): (usize, Option<f64>)| match x {
        None => Ok(None),
        #[allow(
            clippy::cast_possible_truncation,
            reason = "a whole number of at most nine digits"
        )]
        Some(x) if x.fract() == 0.0 && x.abs() < 1e9 => Ok(Some(of(x as i64))),
        Some(x) => Err(Error::Argument {
            what: format!("column `{}`", column.name),
            why: format!(
                "{x} at row {} is no whole number to break figures down by",
                row + 1
            ),
        }),
    };
    numeric.iter().enumerate().map(place).collect()
}

/// The year of a day that is so many days after 1970-01-01, in the Gregorian calendar.
///
/// A cycle of 400 years has 146,097 days. Years begin on 1 March here, so that the leap day is the
/// last of its year.
fn year(days: i64) -> i64 {
    let days = days + 719_468;
    let (cycle, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let of_year = day - (365 * year + year / 4 - year / 100);
    // The 306th day since 1 March is 1 January.
    400 * cycle + year + i64::from(of_year >= 306)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Days since 1970-01-01 as R's `as.numeric(as.Date(...))` gives them.
    #[test]
    fn years_turn_on_the_first_of_january() {
        for (days, expected) in [
            (0, 1970),
            (-1, 1969),
            (10_956, 1999),
            (10_957, 2000),
            (11_016, 2000),
            (11_323, 2001),
            (19_722, 2023),
            (19_723, 2024),
            (20_088, 2024),
            (20_089, 2025),
            (-719_528, 0),
        ] {
            assert_eq!(year(days), expected, "{days}");
        }
    }
}
