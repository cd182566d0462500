//! What a reader calls the terms of a model and the groups it compares.
//!
//! ```text
//! armEKC:factor(wave)2                   arm: EKC × wave: 2
//! arm EKC − WT at wave 2                 arm: EKC − WT, wave: 2
//! zero: age                              zero: Age of the parent
//! ```
//! Columns go by their labels, where they have one that is short enough for a table.

use std::collections::HashMap;

use kring_core::{Column, ColumnData, Table};
use kring_formula::{Formula, Schema};
use kring_report::Called;
use serde_json::Value;

/// The longest label that stands for a column in a table.
const ROOM: usize = 60;

/// What a reader calls the names in the tables of a result, which is of some columns. A name that can be read in two
/// ways keeps itself, and so do names that would be called alike in one table.
pub(crate) fn called<'a>(
    table: &Table,
    columns: &[String],
    tables: impl IntoIterator<Item = Vec<&'a str>>,
) -> Vec<Called> {
    let of_model = |column: &&Column| columns.contains(&column.name);
    let columns: Vec<Known<'_>> = table
        .columns()
        .iter()
        .filter(of_model)
        .map(Known::of)
        .collect();
    let mut found: Vec<Called> = Vec::new();
    for names in tables {
        let mut seen: Vec<(&str, String)> = Vec::new();
        for name in names {
            if !seen.iter().any(|(known, _)| *known == name) {
                let words = words(name, &columns).unwrap_or_else(|| name.to_owned());
                seen.push((name, words));
            }
        }
        let alone = |words: &String| seen.iter().filter(|(_, other)| other == words).count() == 1;
        for (name, words) in &seen {
            if words != name && alone(words) && !found.iter().any(|known| known.name == *name) {
                found.push(Called {
                    name: (*name).to_owned(),
                    words: words.clone(),
                });
            }
        }
    }
    found
}

/// The columns that the fields of a method name, by themselves or in a formula.
pub(crate) fn columns_named(fields: &Value, table: &Table) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = vec![fields];
    while let Some(value) = rest.pop() {
        match value {
            Value::String(text) if text.contains('~') => {
                found.extend(columns_of_formula(text, table));
            }
            Value::String(name) if table.column(name).is_ok() => found.push(name.clone()),
            Value::Array(values) => rest.extend(values),
            Value::Object(values) => rest.extend(values.values()),
            _ => {}
        }
    }
    found
}

/// The columns of a formula; none where it is not one.
pub(crate) fn columns_of_formula(text: &str, table: &Table) -> Vec<String> {
    let formula = text.parse::<Formula>().ok();
    let columns = formula.and_then(|formula| formula.columns(&Schema::of(table)).ok());
    columns.unwrap_or_default()
}

fn words(name: &str, columns: &[Known<'_>]) -> Option<String> {
    // A column that a method made for itself has a name in backticks.
    let inside = name
        .strip_prefix('`')
        .and_then(|name| name.strip_suffix('`'));
    let name = inside.unwrap_or(name);
    let own = |text: &str| term(text, columns).or_else(|| group(text, columns));
    // What stands before a term says which part of the model it is of: `zero: armEKC`.
    let of_part = || {
        let (part, rest) = name.split_once(": ")?;
        Some(format!("{part}: {}", own(rest)?))
    };
    own(name).or_else(of_part)
}

/// A column as names know it, and as a reader does.
struct Known<'a> {
    name: &'a str,
    label: &'a str,
    levels: &'a [String],
}

impl<'a> Known<'a> {
    fn of(column: &'a Column) -> Self {
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

    /// The levels that a text begins with, and what follows: those of a factor, or a number.
    fn level<'t>(&self, text: &'t str) -> Vec<(&'t str, &'t str)> {
        let own = self.levels.iter().filter(|level| text.starts_with(*level));
        let mut found: Vec<_> = own.map(|level| text.split_at(level.len())).collect();
        let digits = text.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
        if self.levels.is_empty() && digits.len() < text.len() {
            found.push(text.split_at(text.len() - digits.len()));
        }
        found
    }

    /// The ways in which a text begins with this column, alone or at a level, and what follows.
    fn begins<'t>(&self, text: &'t str) -> Vec<(String, &'t str)> {
        let mut ways = Vec::new();
        for made in ["", "factor(", "C("] {
            let rest = text
                .strip_prefix(made)
                .and_then(|rest| rest.strip_prefix(self.name));
            let rest = match made {
                "" => rest,
                _ => rest.and_then(|rest| rest.strip_prefix(')')),
            };
            let Some(rest) = rest else { continue };
            ways.push((self.label.to_owned(), rest));
            // Of a number without `factor()` digits behind the name are another column's.
            if !made.is_empty() || !self.levels.is_empty() {
                let levels = self.level(rest).into_iter();
                ways.extend(levels.map(|(level, rest)| (format!("{}: {level}", self.label), rest)));
            }
        }
        ways
    }
}

/// How many ways there are to read a text.
#[derive(Clone)]
enum Read {
    None,
    One(String),
    Several,
}

impl Read {
    fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::None, read) | (read, Self::None) => read,
            (Self::One(a), Self::One(b)) if a == b => Self::One(a),
            _ => Self::Several,
        }
    }

    fn only(self) -> Option<String> {
        match self {
            Self::One(words) => Some(words),
            Self::None | Self::Several => None,
        }
    }
}

/// A term, `arm: EKC × age` of `armEKC:age`. From the end: each place behind a colon is read once.
fn term(text: &str, columns: &[Known<'_>]) -> Option<String> {
    let mut starts: Vec<usize> = text.match_indices(':').map(|(at, _)| at + 1).collect();
    starts.insert(0, 0);
    let mut from: HashMap<usize, Read> = HashMap::new();
    for &start in starts.iter().rev() {
        let mut read = Read::None;
        for (words, rest) in columns
            .iter()
            .flat_map(|column| column.begins(&text[start..]))
        {
            read = read.or(match rest.strip_prefix(':') {
                None if rest.is_empty() => Read::One(words),
                None => Read::None,
                Some(more) => match from.get(&(text.len() - more.len())) {
                    Some(Read::One(others)) => Read::One(format!("{words} × {others}")),
                    Some(Read::Several) => Read::Several,
                    Some(Read::None) | None => Read::None,
                },
            });
        }
        from.insert(start, read);
    }
    from.remove(&0)?.only()
}

/// A group or two of them, perhaps at levels of other columns.
fn group(text: &str, columns: &[Known<'_>]) -> Option<String> {
    match text.rsplit_once(" at ") {
        Some((who, place)) => {
            let who = cells(who, columns)
                .or_else(|| two(who, columns))
                .or_else(|| one(who, columns))?;
            Some(format!("{who}, {}", cells(place, columns)?))
        }
        None => cells(text, columns).or_else(|| two(text, columns)),
    }
}

/// Two groups: `arm EKC − WT`, or where only one column is compared `EKC − WT`.
fn two(text: &str, columns: &[Known<'_>]) -> Option<String> {
    let mut read = Read::None;
    for (column, sign) in columns
        .iter()
        .flat_map(|column| [(column, " − "), (column, " / ")])
    {
        let named = text
            .strip_prefix(column.name)
            .and_then(|rest| rest.strip_prefix(' '));
        for (levels, is_named) in [(named, true), (Some(text), false)] {
            let Some(levels) = levels else { continue };
            for (_, rest) in column.level(levels) {
                let other = rest.strip_prefix(sign).map(|rest| column.level(rest));
                if other.is_some_and(|ways| ways.iter().any(|(_, rest)| rest.is_empty())) {
                    read = read.or(Read::One(if is_named {
                        format!("{}: {levels}", column.label)
                    } else {
                        levels.to_owned()
                    }));
                }
            }
        }
    }
    read.only()
}

/// A level that one column has.
fn one(text: &str, columns: &[Known<'_>]) -> Option<String> {
    let has = |column: &&Known<'_>| column.levels.iter().any(|level| level == text);
    (columns.iter().filter(has).count() == 1).then(|| text.to_owned())
}

/// Levels of columns: `arm: WT, wave: 2` of `arm WT, wave 2`.
fn cells(text: &str, columns: &[Known<'_>]) -> Option<String> {
    let cells = text.split(", ").map(|cell| {
        let mut read = Read::None;
        for column in columns {
            let rest = cell
                .strip_prefix(column.name)
                .and_then(|rest| rest.strip_prefix(' '));
            for (level, rest) in rest.map(|rest| column.level(rest)).unwrap_or_default() {
                if rest.is_empty() {
                    read = read.or(Read::One(format!("{}: {level}", column.label)));
                }
            }
        }
        read.only()
    });
    Some(cells.collect::<Option<Vec<_>>>()?.join(", "))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

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
        let columns = table.columns().iter().map(|column| column.name.clone());
        let columns: Vec<String> = columns.collect();
        let found = called(&table, &columns, [vec![name]]);
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
        assert_eq!(words("`EKC at moment before`"), "EKC, Moment: before");
        assert_eq!(words("XYZ at moment before"), "XYZ at moment before");
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

    fn read(columns: Vec<Column>, of_model: &[&str], names: &[&str]) -> Vec<(String, String)> {
        let table = Table::new(columns).unwrap();
        let of_model: Vec<String> = of_model.iter().map(|&name| name.to_owned()).collect();
        let found = called(&table, &of_model, [names.to_vec()]);
        found.into_iter().map(|one| (one.name, one.words)).collect()
    }

    fn dummy(name: &str, label: &str) -> Column {
        let mut column = Column::numeric(name, vec![Some(0.0), Some(1.0)]).unwrap();
        column.label = Some(label.to_owned());
        column
    }

    fn factor(name: &str, levels: [&str; 2]) -> Column {
        Column::factor(name, levels, vec![Some(0), Some(1)]).unwrap()
    }

    #[test]
    fn a_number_never_gets_the_name_of_another() {
        let arm = || factor("arm", ["WT", "EKC"]);
        let register = || dummy("armEKC", "Register");
        // A column that the model does not have is not looked at.
        let found = read(vec![register(), arm()], &["arm"], &["armEKC"]);
        assert_eq!(found, [("armEKC".to_owned(), "arm: EKC".to_owned())]);
        let found = read(vec![arm(), register()], &["armEKC"], &["armEKC"]);
        assert_eq!(found, [("armEKC".to_owned(), "Register".to_owned())]);
        // Both could be meant: neither is said.
        assert!(read(vec![arm(), register()], &["arm", "armEKC"], &["armEKC"]).is_empty());
        let two = vec![arm(), factor("armE", ["no", "KC"])];
        assert!(read(two, &["arm", "armE"], &["armEKC"]).is_empty());
        // Two columns of one label keep their names.
        let alike = vec![
            dummy("s1", "Problems"),
            dummy("s2", "Problems"),
            dummy("s3", "Age"),
        ];
        let found = read(alike, &["s1", "s2", "s3"], &["s1", "s2", "s3"]);
        assert_eq!(found, [("s3".to_owned(), "Age".to_owned())]);
    }

    #[test]
    fn nasty_names_take_no_time() {
        let first = factor("a", ["x", "x:ax"]);
        let name = format!("b1{}!", ":ax".repeat(2000));
        assert!(read(vec![first, factor("b", ["0", "1"])], &["a", "b"], &[&name]).is_empty());
    }
}
