//! Groups side by side as a table: a row a number, a row a level.

use kring_core::{
    BaselineLevel, BaselineTable, BaselineVariable, Caution, Estimate, LevelCount, Numbers, Shown,
    Summary, SummaryKind, TwoLevels, Value,
};

use crate::grid::{Cell, Column, Grid, Group, Narrow, Notes, Tone};
use crate::number::{ABSENT, at_most, decimals, fixed, interval, level, p_cell, percentage};
use crate::tables::{first_levels, more_levels};

/// What sets a level apart from its variable.
const INDENT: char = '\u{2003}';

pub(crate) fn of_baseline(table: &BaselineTable) -> Grid {
    let mut notes = Notes::default();
    notes.general(shown_as(table));
    for note in &table.notes {
        notes.general(note.as_str());
    }
    notes.doubts = table.cautions.iter().map(Caution::sentence).collect();
    let parts = Parts {
        differences: table
            .variables
            .iter()
            .any(|v| !v.differences.is_empty() || v.undefined.is_some()),
        intervals: table.variables.iter().any(|v| v.differences.len() == 1),
        tests: table.variables.iter().any(|v| v.test.is_some()),
        table,
    };
    let mut columns = vec![Column::left("")];
    let head = |group: &kring_core::BaselineGroup| {
        Column::right(format!("{} (n = {})", group.label, group.n))
    };
    columns.extend(table.groups.iter().map(|group| head(group).theirs()));
    columns.extend(table.overall.iter().map(head));
    if parts.differences {
        columns.push(Column::right("SMD"));
    }
    if parts.intervals {
        let stated = table.variables.iter().flat_map(|v| &v.differences);
        let stated = stated
            .filter_map(|d| d.interval)
            .map(|i| level(i.level))
            .next();
        columns.push(Column::right(
            format!("{} CI", stated.unwrap_or_default()).trim(),
        ));
    }
    if parts.tests {
        columns.push(Column::right("p"));
    }
    let rows = table
        .variables
        .iter()
        .flat_map(|variable| parts.rows(variable, &mut notes));
    let rows: Vec<Vec<Cell>> = rows.collect();
    Grid {
        caption: table.caption.clone(),
        columns,
        groups: vec![Group { title: None, rows }],
        notes,
        narrow: Narrow::Scroll,
    }
}

/// How numbers and counts are shown.
fn shown_as(table: &BaselineTable) -> String {
    let has = |shown: Shown| table.variables.iter().any(|v| v.shown == shown);
    let said = [
        (Shown::MeanSd, "numbers as mean (standard deviation)"),
        (
            Shown::MedianQuartiles,
            "as median [lower quartile, upper quartile] where said",
        ),
        (
            Shown::Levels,
            "levels as n (percentage of those who have a value)",
        ),
    ];
    let said: Vec<&str> = said
        .iter()
        .filter(|(shown, _)| has(*shown))
        .map(|(_, words)| *words)
        .collect();
    match said.join("; ") {
        none if none.is_empty() => none,
        said => format!("{}.", crate::tables::capitalised(&said)),
    }
}

struct Parts<'a> {
    differences: bool,
    intervals: bool,
    tests: bool,
    table: &'a BaselineTable,
}

impl Parts<'_> {
    fn rows(&self, variable: &BaselineVariable, notes: &mut Notes) -> Vec<Vec<Cell>> {
        let summaries: Vec<&Summary> = variable.groups.iter().chain(&variable.overall).collect();
        let title = match &variable.unit {
            Some(unit) => format!("{} ({unit})", variable.label),
            None => variable.label.clone(),
        };
        let beside = self.beside(variable, notes);
        let mut rows = Vec::new();
        match variable.shown {
            Shown::MeanSd | Shown::MedianQuartiles => {
                let places = places(&summaries);
                let median = variable.shown == Shown::MedianQuartiles;
                let title = if median {
                    format!("{title}, median [quartiles]")
                } else {
                    title
                };
                let mut row = vec![if median {
                    Cell::of(title)
                } else {
                    Cell::theirs(title)
                }];
                row.extend(summaries.iter().map(|summary| {
                    let numbers = summary.numbers().copied().unwrap_or_default();
                    Cell::of(if median {
                        quartiles(numbers, places)
                    } else {
                        mean_sd(numbers, places)
                    })
                }));
                row.extend(beside);
                rows.push(row);
            }
            Shown::Levels => match variable.levels.as_slice() {
                [_, second] if self.table.two_levels == TwoLevels::Second => {
                    let mut row = vec![Cell::theirs(format!("{title}: {}", second.label))];
                    row.extend(counted(&summaries, second));
                    row.extend(beside);
                    rows.push(row);
                }
                levels => {
                    let mut row = vec![Cell::theirs(title)];
                    row.extend(summaries.iter().map(|_| Cell::of("")));
                    row.extend(beside);
                    rows.push(row);
                    let (levels, others) = first_levels(levels);
                    for level in levels {
                        let mut row = vec![Cell::theirs(format!("{INDENT}{}", level.label))];
                        row.extend(counted(&summaries, level));
                        rows.push(self.filled(row));
                    }
                    if !others.is_empty() {
                        let name = format!("{INDENT}{}", more_levels(others.len()));
                        let mut row = vec![Cell::of(name)];
                        row.extend(summaries.iter().map(|summary| {
                            let n = others
                                .iter()
                                .filter_map(|other| Some(summary.level(&other.name)?.n));
                            Cell::of(n.sum::<usize>().to_string())
                        }));
                        rows.push(self.filled(row));
                    }
                }
            },
        }
        if summaries.iter().any(|summary| summary.missing > 0) {
            let mut row = vec![Cell::toned(format!("{INDENT}missing"), Tone::Dim)];
            row.extend(
                summaries
                    .iter()
                    .map(|s| Cell::toned(s.missing.to_string(), Tone::Dim)),
            );
            rows.push(self.filled(row));
        }
        rows
    }

    /// A row with empty cells where differences and tests would stand.
    fn filled(&self, mut row: Vec<Cell>) -> Vec<Cell> {
        let more = [self.differences, self.intervals, self.tests];
        row.extend(more.iter().filter(|there| **there).map(|_| Cell::of("")));
        row
    }

    /// The difference, its interval and the p-value.
    fn beside(&self, variable: &BaselineVariable, notes: &mut Notes) -> Vec<Cell> {
        let mut cells = Vec::new();
        if self.differences {
            let mut marks: Vec<String> = Vec::new();
            if let Some(why) = &variable.undefined {
                marks.push(notes.mark(why.as_str()));
            }
            let doubts = variable.differences.iter().flat_map(|d| &d.cautions);
            marks.extend(doubts.map(|doubt| notes.mark(doubt.sentence())));
            let shown = variable.difference(self.table.pairs);
            let shown = shown.map(|value| difference(value, below(variable)));
            cells.push(Cell::of(shown.unwrap_or_else(|| ABSENT.to_owned())).marked(marks));
        }
        if self.intervals {
            let only = match variable.differences.as_slice() {
                [only] => range(only),
                _ => None,
            };
            cells.push(Cell::of(only.unwrap_or_else(|| ABSENT.to_owned())));
        }
        if self.tests {
            cells.push(match &variable.test {
                None => Cell::of(ABSENT),
                Some(test) => {
                    let mut marks = vec![notes.mark(test.method.as_str())];
                    marks.extend(test.cautions.iter().map(|c| notes.mark(c.sentence())));
                    Cell::of(test.p_value.map_or(ABSENT.to_owned(), p_cell)).marked(marks)
                }
            });
        }
        cells
    }
}

/// A difference beyond all numbers has the sign of what it is a difference of.
fn difference(value: Value, below: bool) -> String {
    match value {
        Value::Value(d) => fixed(d, 2),
        Value::AtBoundary(_) if below => "−∞".to_owned(),
        Value::AtBoundary(_) => "∞".to_owned(),
    }
}

/// Whether the second of two groups lies below the first, where that can be said: in the mean, or in
/// the share of the second of two levels.
fn below(variable: &BaselineVariable) -> bool {
    let [first, second] = variable.groups.as_slice() else {
        return false;
    };
    let place = |summary: &Summary| match &summary.kind {
        SummaryKind::Numbers(numbers) => numbers.mean,
        SummaryKind::Levels(levels) => match levels.as_slice() {
            [_, last] => last.share,
            _ => None,
        },
    };
    matches!((place(first), place(second)), (Some(first), Some(second)) if second < first)
}

fn range(difference: &Estimate) -> Option<String> {
    let ends = difference.interval?;
    Some(interval(&ends, ("−∞", "∞"), |x| fixed(x, 2)))
}

/// The decimals that show three digits of the widest spread.
pub(crate) fn places(summaries: &[&Summary]) -> usize {
    let spread = |n: &Numbers| n.sd.filter(|sd| *sd > 0.0).or(n.mean.map(f64::abs));
    let widest = summaries
        .iter()
        .filter_map(|s| s.numbers().and_then(spread))
        .fold(0.0, f64::max);
    if widest > 0.0 {
        decimals(widest, 3).min(6)
    } else {
        1
    }
}

pub(crate) fn mean_sd(numbers: Numbers, places: usize) -> String {
    let Some(mean) = numbers.mean else {
        return ABSENT.to_owned();
    };
    let sd = numbers.sd.map_or(ABSENT.to_owned(), |sd| fixed(sd, places));
    format!("{} ({sd})", fixed(mean, places))
}

pub(crate) fn quartiles(numbers: Numbers, places: usize) -> String {
    match (
        numbers.median,
        numbers.lower_quartile,
        numbers.upper_quartile,
    ) {
        (Some(median), Some(low), Some(high)) => {
            let [median, low, high] = [median, low, high].map(|x| at_most(x, places));
            format!("{median} [{low}, {high}]")
        }
        _ => ABSENT.to_owned(),
    }
}

fn counted(summaries: &[&Summary], level: &BaselineLevel) -> Vec<Cell> {
    let of = |summary: &&Summary| {
        let SummaryKind::Levels(levels) = &summary.kind else {
            return Cell::of(ABSENT);
        };
        match levels.iter().find(|count| count.level == level.name) {
            Some(LevelCount {
                n,
                share: Some(share),
                ..
            }) => Cell::of(format!("{n} ({})", percentage(*share))),
            Some(LevelCount { n, share: None, .. }) => Cell::of(n.to_string()),
            None => Cell::of(ABSENT),
        }
    };
    summaries.iter().map(of).collect()
}
