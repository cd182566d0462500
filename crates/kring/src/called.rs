//! What a reader calls the terms of a model and the groups it compares.
//!
//! ```text
//! armEKC:factor(wave)2                   arm: EKC × wave: 2
//! arm EKC − WT at wave 2                 arm: EKC − WT, wave: 2
//! zero: age                              zero: Age of the parent
//! ```
//! Columns go by their labels, where they have one that is short enough for a table.

use kring_core::{ColumnData, Table};
use kring_report::Called;

/// The longest label that stands for a column in a table.
const ROOM: usize = 60;

/// The names that a reader calls otherwise.
pub(crate) fn called<'a>(table: &Table, names: impl IntoIterator<Item = &'a str>) -> Vec<Called> {
    let columns: Vec<Known<'_>> = table.columns().iter().map(Known::of).collect();
    let mut found: Vec<Called> = Vec::new();
    for name in names {
        if found.iter().any(|known| known.name == name) {
            continue;
        }
        let own = |text: &str| {
            term(text, &columns)
                .map(|parts| parts.join(" × "))
                .or_else(|| group(text, &columns))
        };
        // What stands before a term says which part of the model it is of: `zero: armEKC`.
        let of_part = || {
            let (part, rest) = name.split_once(": ")?;
            Some(format!("{part}: {}", own(rest)?))
        };
        let Some(words) = own(name).or_else(of_part) else {
            continue;
        };
        if words != name {
            found.push(Called {
                name: name.to_owned(),
                words,
            });
        }
    }
    found
}

/// A column as names know it, and as a reader does.
struct Known<'a> {
    name: &'a str,
    label: &'a str,
    levels: &'a [String],
}

impl<'a> Known<'a> {
    fn of(column: &'a kring_core::Column) -> Self {
        let label = column.label.as_deref();
        let label = label.filter(|label| (1..=ROOM).contains(&label.chars().count()));
        Self {
            name: &column.name,
            label: label.unwrap_or(&column.name),
            levels: match column.data() {
                ColumnData::Factor(factor) => factor.levels(),
                ColumnData::Numeric(_) => &[],
            },
        }
    }

    /// The level that a text begins with, and what follows: that of a factor, or a number.
    fn level<'t>(&self, text: &'t str) -> Vec<(&'t str, &'t str)> {
        let own = self.levels.iter().filter(|level| text.starts_with(*level));
        let mut found: Vec<_> = own.map(|level| text.split_at(level.len())).collect();
        let digits = text.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
        if self.levels.is_empty() && digits.len() < text.len() {
            found.push(text.split_at(text.len() - digits.len()));
        }
        found
    }
}

/// The parts of a term, `arm: EKC` of `armEKC`; nothing where no column explains one of them.
fn term(text: &str, columns: &[Known<'_>]) -> Option<Vec<String>> {
    let mut ways = Vec::new();
    for column in columns {
        for made in ["", "factor(", "C("] {
            let Some(rest) = text
                .strip_prefix(made)
                .and_then(|rest| rest.strip_prefix(column.name))
                .and_then(|rest| {
                    if made.is_empty() {
                        Some(rest)
                    } else {
                        rest.strip_prefix(')')
                    }
                })
            else {
                continue;
            };
            ways.push((column.label.to_owned(), rest));
            // Of a number without `factor()` digits behind the name are another column's.
            if made.is_empty() && column.levels.is_empty() {
                continue;
            }
            for (level, rest) in column.level(rest) {
                ways.push((format!("{}: {level}", column.label), rest));
            }
        }
    }
    ways.into_iter()
        .find_map(|(words, rest)| match rest.strip_prefix(':') {
            None => rest.is_empty().then(|| vec![words]),
            Some(more) => {
                let mut parts = vec![words];
                parts.extend(term(more, columns)?);
                Some(parts)
            }
        })
}

/// A group or two of them, perhaps at levels of other columns.
fn group(text: &str, columns: &[Known<'_>]) -> Option<String> {
    match text.rsplit_once(" at ") {
        Some((who, place)) => {
            let who = cells(who, columns).or_else(|| two(who, columns))?;
            Some(format!("{who}, {}", cells(place, columns)?))
        }
        None => cells(text, columns).or_else(|| two(text, columns)),
    }
}

/// Two groups: `arm EKC − WT`, or where only one column is compared `EKC − WT`.
fn two(text: &str, columns: &[Known<'_>]) -> Option<String> {
    let sign = [" − ", " / "]
        .into_iter()
        .find(|sign| text.contains(sign))?;
    columns.iter().find_map(|column| {
        let of = text
            .strip_prefix(column.name)
            .and_then(|rest| rest.strip_prefix(' '));
        [of, Some(text)].into_iter().flatten().find_map(|levels| {
            let mut ways = column.level(levels).into_iter();
            let (_, rest) = ways.find(|(_, rest)| rest.starts_with(sign))?;
            let mut others = column.level(rest.strip_prefix(sign)?).into_iter();
            others.find(|(_, rest)| rest.is_empty())?;
            Some(match of == Some(levels) {
                true => format!("{}: {levels}", column.label),
                false => levels.to_owned(),
            })
        })
    })
}

/// Levels of columns: `arm: WT, wave: 2` of `arm WT, wave 2`.
fn cells(text: &str, columns: &[Known<'_>]) -> Option<String> {
    let cells = text.split(", ").map(|cell| at(cell, columns));
    Some(cells.collect::<Option<Vec<_>>>()?.join(", "))
}

/// A level of a column: `wave: 2` of `wave 2`.
fn at(text: &str, columns: &[Known<'_>]) -> Option<String> {
    columns.iter().find_map(|column| {
        let rest = text.strip_prefix(column.name)?.strip_prefix(' ')?;
        let mut levels = column.level(rest).into_iter();
        let (level, _) = levels.find(|(_, rest)| rest.is_empty())?;
        Some(format!("{}: {level}", column.label))
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

    use kring_core::Column;

    use super::*;

    fn words(name: &str) -> String {
        let labelled = |mut column: Column, label: &str| {
            column.label = Some(label.to_owned());
            column
        };
        let levels = ["WT", "EKC", "EKC: second try"];
        let table = Table::new(vec![
            labelled(
                Column::factor("arm", levels, vec![Some(0), Some(1), Some(2)]).unwrap(),
                "Group",
            ),
            labelled(
                Column::factor(
                    "moment",
                    ["before", "a year on"],
                    vec![Some(0), Some(1), None],
                )
                .unwrap(),
                "Moment",
            ),
            Column::numeric("wave", [1.0, 2.0, 3.0].map(Some).to_vec()).unwrap(),
            Column::numeric("wave2", [1.0, 4.0, 9.0].map(Some).to_vec()).unwrap(),
            labelled(
                Column::numeric("age", [1.0, 2.0, 3.0].map(Some).to_vec()).unwrap(),
                "Age of the parent",
            ),
            labelled(
                Column::numeric("q1", [1.0, 2.0, 3.0].map(Some).to_vec()).unwrap(),
                &"How often did it happen? ".repeat(4),
            ),
        ])
        .unwrap();
        let found = called(&table, [name]);
        found
            .first()
            .map_or(name.to_owned(), |known| known.words.clone())
    }

    #[test]
    fn terms_are_columns_and_levels() {
        assert_eq!(words("armEKC"), "Group: EKC");
        assert_eq!(
            words("armEKC:momenta year on"),
            "Group: EKC × Moment: a year on"
        );
        assert_eq!(words("arm:moment"), "Group × Moment");
        assert_eq!(
            words("armEKC: second try:age"),
            "Group: EKC: second try × Age of the parent"
        );
        assert_eq!(words("factor(wave)2"), "wave: 2");
        assert_eq!(words("armWT:factor(wave)3"), "Group: WT × wave: 3");
        assert_eq!(words("zero: armEKC"), "zero: Group: EKC");
    }

    #[test]
    fn groups_are_compared_in_words() {
        assert_eq!(words("arm EKC at wave 2"), "Group: EKC, wave: 2");
        assert_eq!(
            words("arm EKC − WT at moment before"),
            "Group: EKC − WT, Moment: before"
        );
        assert_eq!(words("arm EKC / WT"), "Group: EKC / WT");
        assert_eq!(
            words("arm EKC, moment before"),
            "Group: EKC, Moment: before"
        );
        assert_eq!(
            words("EKC − WT at moment before"),
            "EKC − WT, Moment: before"
        );
        assert_eq!(
            words("EKC − WT at moment before, wave 2"),
            "EKC − WT, Moment: before, wave: 2"
        );
        assert_eq!(words("EKC − WT"), "EKC − WT");
    }

    #[test]
    fn what_no_column_explains_stays() {
        for name in [
            "(Intercept)",
            "poly(age, 2)1",
            "wave2",
            "I(age^2)",
            "q1",
            "armXY",
            "Hedges g",
            "arm",
        ] {
            let expected = if name == "arm" { "Group" } else { name };
            assert_eq!(words(name), expected);
        }
    }
}
