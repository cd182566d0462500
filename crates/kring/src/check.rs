//! Checks of published figures: can they stand together as printed? [`kring_check`] has the arithmetic.
//!
//! Printed figures are read here from a text table, one number a row, their digits kept as they stand:
//!
//! ```text
//! id,value,sample,whole_items,sd,test,p_value
//! problems EKC,6.04,55,1,2.31,,
//! dropout,0.78,,,,chi2(1),.38
//! ```
//!
//! A reader of data would make the number 6 of `6.0`, and a check lives on that zero. So this one reads
//! texts. The first line names the columns; an empty cell is a figure that was not printed.

pub use kring_check::{
    Categories, Figures, Found, Grim, GrimOf, GroupMean, IntervalScale, IntervalTest, PossibleN,
    PossibleSums, PublishedTest, Scale, Sides, Spread, debit, difference, grim, grimmer, interval,
    interval_p_value, on_scale, p_value, possible_n, possible_sums, probability, product,
    read_test, share, shares, spread, sum, weighted_mean,
};
use kring_core::{Locale, Published, TargetInterval, suggestion};
use serde::de::{DeserializeOwned, IntoDeserializer};

use crate::Error;

/// The figures printed about one number, under a name.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedFigures {
    /// Its name: the `id`, or the number of its line.
    pub id: String,
    /// The figures.
    pub figures: Figures,
}

/// What came of the figures of a row.
#[derive(Debug, Clone, PartialEq)]
pub struct CheckedFigures {
    /// Its name: the `id`, or the number of its line.
    pub id: String,
    /// What the checks found.
    pub found: Vec<Found>,
    /// Why no check could be made, where none could.
    pub unchecked: Option<String>,
}

/// Every check that the figures of a table allow, row by row; rows that allow none say why.
///
/// ```
/// use kring::check;
/// use kring::core::{Locale, Outcome};
/// let table = "id,value,sample,whole_items\nproblems,5.19,28,1\nage,11.2,28,\n";
/// let rows = check::check_table(table, Locale::English)?;
/// assert_eq!(rows[0].found[0].outcome, Outcome::Inconsistent);
/// assert!(rows[1].unchecked.as_ref().is_some_and(|why| why.contains("whole_items")));
/// # Ok::<(), kring::Error>(())
/// ```
pub fn check_table(text: &str, locale: Locale) -> Result<Vec<CheckedFigures>, Error> {
    let rows = read_figures(text, locale)?.into_iter();
    let checked = rows.map(|NamedFigures { id, figures }| match figures.check_alone() {
        Ok(found) => CheckedFigures {
            id,
            found,
            unchecked: None,
        },
        Err(error) => CheckedFigures {
            id,
            found: Vec::new(),
            unchecked: Some(error.to_string()),
        },
    });
    Ok(checked.collect())
}

const COLUMNS: [&str; 16] = [
    "id",
    "value",
    "sample",
    "whole_items",
    "scale_low",
    "scale_high",
    "sd",
    "std_error",
    "low",
    "high",
    "level",
    "interval_scale",
    "null",
    "p_value",
    "test",
    "sides",
];

/// Reads a table of printed figures: comma, semicolon or tab between the cells, as its first line has.
///
/// Columns: `id`, `value` (required), and whatever is known of `sample`, `whole_items`, `scale_low`,
/// `scale_high`, `sd`, `std_error`, `low`, `high`, `level`, `interval_scale`, `null`, `p_value`,
/// `test` (`t(28)`) and `sides`.
///
/// ```
/// use kring::check;
/// use kring::core::{Locale, Outcome};
/// let table = "id;value;sample;whole_items\nproblems;5,19;28;1\n";
/// let rows = check::read_figures(table, Locale::Dutch)?;
/// assert_eq!(rows[0].id, "problems");
/// assert_eq!(rows[0].figures.check()?[0].outcome, Outcome::Inconsistent);
/// # Ok::<(), kring::Error>(())
/// ```
pub fn read_figures(text: &str, locale: Locale) -> Result<Vec<NamedFigures>, Error> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut lines = text
        .lines()
        .zip(1..)
        .filter(|(line, _)| !line.trim().is_empty());
    let (header, _) = lines.next().ok_or_else(|| Error::Argument {
        what: "the table of figures".to_owned(),
        why: "it is empty; its first line names the columns".to_owned(),
    })?;
    let delimiter = [';', '\t']
        .into_iter()
        .find(|&delimiter| header.contains(delimiter))
        .unwrap_or(',');
    let columns = cells(header, delimiter, 1)?;
    check_columns(&columns)?;
    lines
        .map(|(line, number)| {
            let cells = cells(line, delimiter, number)?;
            if cells.len() != columns.len() {
                return Err(Error::Argument {
                    what: format!("line {number} of the table of figures"),
                    why: format!(
                        "it has {} cells, the first line {}; a cell that holds '{delimiter}' stands in quotation marks",
                        cells.len(),
                        columns.len()
                    ),
                });
            }
            let row = Row {
                columns: &columns,
                cells: &cells,
                number,
                locale,
            };
            row.read()
        })
        .collect()
}

fn check_columns(columns: &[String]) -> Result<(), Error> {
    let fault = |why: String| Error::Argument {
        what: "the first line of the table of figures".to_owned(),
        why,
    };
    for (place, column) in columns.iter().enumerate() {
        if !COLUMNS.contains(&column.as_str()) {
            let near = suggestion(column, COLUMNS.iter().copied());
            return Err(fault(format!("there is no column `{column}`{near}")));
        }
        if columns.iter().take(place).any(|other| other == column) {
            return Err(fault(format!("the column `{column}` stands twice")));
        }
    }
    if columns.iter().any(|column| column == "value") {
        return Ok(());
    }
    Err(fault(
        "a column `value` is needed: the number that the others are about".to_owned(),
    ))
}

/// A line with its columns.
struct Row<'a> {
    columns: &'a [String],
    cells: &'a [String],
    number: usize,
    locale: Locale,
}

impl Row<'_> {
    fn read(&self) -> Result<NamedFigures, Error> {
        let value = self.figure("value")?;
        let value = value.ok_or_else(|| self.fault("value", "it is empty"))?;
        let id = self.cell("id").map(str::to_owned);
        Ok(NamedFigures {
            id: id.unwrap_or_else(|| format!("line {}", self.number)),
            figures: Figures {
                sample: self.parsed("sample", "a whole number")?,
                whole_items: self.parsed("whole_items", "a whole number")?,
                scale: self
                    .both("scale_low", "scale_high", |column| {
                        self.parsed(column, "a whole number")
                    })?
                    .map(|(low, high)| Scale { low, high }),
                sd: self.figure("sd")?,
                std_error: self.figure("std_error")?,
                interval: self.interval()?,
                interval_scale: self.choice("interval_scale")?,
                null: self.parsed("null", "a number with a decimal point")?,
                p_value: self.figure("p_value")?,
                test: match self.cell("test") {
                    Some(test) => Some(read_test(test, &value, self.locale).map_err(
                        |error: kring_check::Error| self.fault("test", &error.to_string()),
                    )?),
                    None => None,
                },
                sides: self.choice("sides")?.unwrap_or_default(),
                ..Figures::of(value)
            },
        })
    }

    fn interval(&self) -> Result<Option<TargetInterval>, Error> {
        let level = self.parsed("level", "a number with a decimal point")?;
        let ends = self.both("low", "high", |column| self.figure(column))?;
        Ok(ends.map(|(low, high)| TargetInterval {
            low,
            high,
            level: level.unwrap_or(0.95),
        }))
    }

    /// Two cells that stand together or not at all.
    fn both<T>(
        &self,
        first: &str,
        second: &str,
        read: impl Fn(&str) -> Result<Option<T>, Error>,
    ) -> Result<Option<(T, T)>, Error> {
        match (read(first)?, read(second)?) {
            (Some(a), Some(b)) => Ok(Some((a, b))),
            (None, None) => Ok(None),
            (Some(_), None) => Err(self.fault(second, &format!("`{first}` is given, it is not"))),
            (None, Some(_)) => Err(self.fault(first, &format!("`{second}` is given, it is not"))),
        }
    }

    fn cell(&self, column: &str) -> Option<&str> {
        let place = self.columns.iter().position(|known| known == column)?;
        let cell = self.cells.get(place)?.as_str();
        (!cell.is_empty()).then_some(cell)
    }

    fn figure(&self, column: &str) -> Result<Option<Published>, Error> {
        let figure = self
            .cell(column)
            .map(|cell| Published::parse(cell, self.locale));
        figure
            .transpose()
            .map_err(|error| self.fault(column, &error.to_string()))
    }

    fn parsed<T: std::str::FromStr>(
        &self,
        column: &str,
        expected: &str,
    ) -> Result<Option<T>, Error> {
        let Some(cell) = self.cell(column) else {
            return Ok(None);
        };
        let parsed = cell.parse().map(Some);
        parsed.map_err(|_| self.fault(column, &format!("expected {expected}, found '{cell}'")))
    }

    fn choice<T: DeserializeOwned>(&self, column: &str) -> Result<Option<T>, Error> {
        let Some(cell) = self.cell(column) else {
            return Ok(None);
        };
        let chosen: Result<T, serde::de::value::Error> = T::deserialize(cell.into_deserializer());
        chosen
            .map(Some)
            .map_err(|error| self.fault(column, &crate::words::in_words(&error.to_string())))
    }

    fn fault(&self, column: &str, why: &str) -> Error {
        Error::Argument {
            what: format!("line {}, `{column}`", self.number),
            why: why.to_owned(),
        }
    }
}

/// The cells of a line. In quotation marks a cell may hold the delimiter, and a quotation mark twice.
fn cells(line: &str, delimiter: char, number: usize) -> Result<Vec<String>, Error> {
    let mut cells = vec![String::new()];
    let mut quoted = false;
    let mut letters = line.chars().peekable();
    while let Some(letter) = letters.next() {
        if letter == '"' && quoted && letters.peek() == Some(&'"') {
            letters.next();
        } else if letter == '"' {
            quoted = !quoted;
            continue;
        } else if letter == delimiter && !quoted {
            cells.push(String::new());
            continue;
        }
        if let Some(cell) = cells.last_mut() {
            cell.push(letter);
        }
    }
    if quoted {
        return Err(Error::Argument {
            what: format!("line {number} of the table of figures"),
            why: "a quotation mark is not closed".to_owned(),
        });
    }
    Ok(cells.iter().map(|cell| cell.trim().to_owned()).collect())
}
