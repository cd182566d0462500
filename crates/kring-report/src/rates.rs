//! Rates, funnels, patterns and what became of problems, as tables.

use kring_core::{Caution, Estimate, Funnel, Patterns, Rate, Stratum, Transition};

use crate::funnel;
use crate::grid::{Cell, Column, Grid, Group, Narrow, Notes, Tone};
use crate::number::{ABSENT, interval, level, percentage};
use crate::tables::{capitalised, wave_name};

/// How many of how many, in the order given.
pub(crate) fn of_rates(rates: &[Rate]) -> Grid {
    let mut notes = Notes::default();
    let names = strata(rates.iter().map(|rate| rate.strata.as_slice()));
    let some_unknown = rates.iter().any(|rate| rate.unknown > 0);
    let methods: Vec<&str> = rates
        .iter()
        .filter_map(|r| Some(r.estimate.as_ref()?.method.as_str()))
        .collect();
    let one_method = methods.windows(2).all(|pair| pair[0] == pair[1]);
    if let (true, Some(method)) = (one_method, methods.first()) {
        notes.general(format!("{}.", capitalised(method.trim_end_matches('.'))));
    }
    if some_unknown {
        notes.general("Unknown: in neither count.");
    }
    let rows = rates
        .iter()
        .map(|rate| {
            let mut row = strata_cells(&rate.strata, &names);
            row.push(Cell::theirs(&rate.label));
            row.push(Cell::theirs(&rate.of));
            row.push(Cell::of(format!("{} of {}", rate.events, rate.total)));
            let mut marks = Vec::new();
            if let Some(estimate) = &rate.estimate {
                if !one_method {
                    marks.push(notes.mark(format!("{}.", capitalised(&estimate.method))));
                }
                marks.extend(doubts(estimate, &mut notes));
            }
            row.push(Cell::of(rate.share().map_or(ABSENT.to_owned(), percentage)).marked(marks));
            row.push(Cell::of(
                rate.estimate
                    .as_ref()
                    .and_then(range)
                    .unwrap_or_else(|| ABSENT.to_owned()),
            ));
            row.extend(some_unknown.then(|| Cell::of(rate.unknown.to_string())));
            row
        })
        .collect();
    let mut columns: Vec<Column> = names
        .iter()
        .map(|n| Column::left(capitalised(n)).theirs())
        .collect();
    columns.extend([Column::left(""), Column::left("Of"), Column::right("n")]);
    columns.extend([
        Column::right("Share"),
        Column::right(interval_head(
            rates.iter().filter_map(|r| r.estimate.as_ref()),
        )),
    ]);
    columns.extend(some_unknown.then(|| Column::right("Unknown")));
    Grid {
        caption: "How many of how many".to_owned(),
        columns,
        groups: vec![Group { title: None, rows }],
        notes,
        narrow: Narrow::Scroll,
    }
}

/// The units of a funnel in the order given, which ranks nobody.
pub(crate) fn of_funnel(funnel: &Funnel) -> Grid {
    let mut notes = Notes::default();
    notes.general(format!("All together: {}.", percentage(funnel.overall)));
    notes.general(funnel.caption.as_str());
    notes.doubts = funnel.cautions.iter().map(Caution::sentence).collect();
    let limits_at = |total: usize| -> Vec<Cell> {
        let at = |limits: &kring_core::FunnelLimits| {
            let found = limits.at.iter().find(|at| at.total == total);
            Cell::of(found.map_or(ABSENT.to_owned(), |at| funnel::limit(at.low, at.high)))
        };
        funnel.limits.iter().map(at).collect()
    };
    let rows = funnel
        .points
        .iter()
        .map(|point| {
            let mut row = vec![
                Cell::theirs(&point.label),
                Cell::of(funnel::size(point.events)),
                Cell::of(funnel::size(point.total)),
                Cell::of(percentage(point.share)),
            ];
            row.extend(limits_at(point.total));
            row.push(match point.outside {
                None => Cell::of("within"),
                Some(outside) => Cell::toned(funnel::outside(outside), Tone::Strong),
            });
            row
        })
        .collect();
    let mut columns = vec![
        Column::left(capitalised(&funnel.unit)).theirs(),
        Column::right(capitalised(&funnel.label)).theirs(),
        Column::right(capitalised(&funnel.of)).theirs(),
        Column::right("Share"),
    ];
    columns.extend(
        funnel
            .limits
            .iter()
            .map(|l| Column::right(format!("{} limits", level(l.level)))),
    );
    columns.push(Column::left("Lies"));
    Grid {
        caption: funnel.title.clone(),
        columns,
        groups: vec![Group { title: None, rows }],
        notes,
        narrow: Narrow::Scroll,
    }
}

/// A row a pattern, and at the foot how many are missing in each column.
pub(crate) fn of_patterns(patterns: &Patterns) -> Grid {
    let mark = |there: bool| {
        if there {
            Cell::of("there")
        } else {
            Cell::toned(ABSENT, Tone::Dim)
        }
    };
    let mut rows: Vec<Vec<Cell>> = patterns
        .rows
        .iter()
        .map(|row| {
            let mut cells: Vec<Cell> = row.present.iter().map(|&there| mark(there)).collect();
            cells.extend(row.counts.iter().map(|n| Cell::of(n.to_string())));
            cells
        })
        .collect();
    if !rows.is_empty() {
        let mut foot: Vec<Cell> = patterns
            .columns
            .iter()
            .map(|column| Cell::toned(format!("{} missing", column.missing), Tone::Dim))
            .collect();
        foot.extend((0..patterns.groups.len()).map(|place| {
            let n: usize = patterns
                .rows
                .iter()
                .filter_map(|row| row.counts.get(place))
                .sum();
            Cell::toned(format!("{n} in all"), Tone::Dim)
        }));
        rows.push(foot);
    }
    let mut columns: Vec<Column> = patterns
        .columns
        .iter()
        .map(|column| Column::left(wave_name(&column.label)))
        .collect();
    columns.extend(patterns.groups.iter().map(|group| {
        Column::right(if group.is_empty() {
            "n"
        } else {
            group.as_str()
        })
    }));
    Grid {
        caption: patterns.caption.clone(),
        columns,
        groups: vec![Group { title: None, rows }],
        narrow: Narrow::Scroll,
        ..Grid::default()
    }
}

/// What became of each problem, a row a problem and stratum.
pub(crate) fn of_transitions(transitions: &[Transition]) -> Grid {
    let mut notes = Notes::default();
    let names = strata(transitions.iter().map(|t| t.strata.as_slice()));
    notes.general(
        "Solved and lasting: of those who had the problem. New and never: of those who did not. \
         Unknown: not known at one of the waves, and in no share.",
    );
    let estimates = || {
        transitions
            .iter()
            .flat_map(|t| t.solved_share.iter().chain(&t.new_share))
    };
    if let Some(estimate) = estimates().next() {
        notes.general(format!("{}.", capitalised(&estimate.method)));
    }
    let rows = transitions
        .iter()
        .map(|t| {
            let mut row = vec![Cell::theirs(&t.label)];
            row.extend(strata_cells(&t.strata, &names));
            for n in [t.lasting, t.solved, t.new, t.never, t.unknown] {
                row.push(Cell::of(n.to_string()));
            }
            for share in [&t.solved_share, &t.new_share] {
                row.push(match share {
                    None => Cell::of(ABSENT),
                    Some(share) => {
                        let marks = doubts(share, &mut notes);
                        let value = share.value.finite().map_or(ABSENT.to_owned(), percentage);
                        let cell = Cell::of(value).marked(marks);
                        match range(share) {
                            Some(range) => cell.line(range, Tone::Dim),
                            None => cell,
                        }
                    }
                });
            }
            row
        })
        .collect();
    let mut columns = vec![Column::left("Problem")];
    columns.extend(names.iter().map(|n| Column::left(capitalised(n)).theirs()));
    let heads = [
        "Lasting",
        "Solved",
        "New",
        "Never",
        "Unknown",
        "Share solved",
        "Share new",
    ];
    columns.extend(heads.map(Column::right));
    let caption = match transitions.first() {
        Some(t) => format!(
            "Problems from {} to {}",
            wave_name(&t.from),
            wave_name(&t.to)
        ),
        None => "Problems".to_owned(),
    };
    Grid {
        caption,
        columns,
        groups: vec![Group { title: None, rows }],
        notes,
        narrow: Narrow::Scroll,
    }
}

/// The variables that strata name, in order of appearance.
fn strata<'a>(lists: impl Iterator<Item = &'a [Stratum]>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for stratum in lists.flatten() {
        if !names.contains(&stratum.variable) {
            names.push(stratum.variable.clone());
        }
    }
    names
}

fn strata_cells(strata: &[Stratum], names: &[String]) -> Vec<Cell> {
    let of = |name: &String| {
        let stratum = strata.iter().find(|s| s.variable == *name);
        stratum.map_or_else(|| Cell::of("all"), |s| Cell::theirs(&s.level))
    };
    names.iter().map(of).collect()
}

fn interval_head<'a>(mut estimates: impl Iterator<Item = &'a Estimate>) -> String {
    let stated = estimates.find_map(|e| e.interval).map(|i| level(i.level));
    format!("{} CI", stated.unwrap_or_default())
        .trim()
        .to_owned()
}

fn range(estimate: &Estimate) -> Option<String> {
    let ends = estimate.interval?;
    Some(interval(&ends, ("0%", "100%"), percentage))
}

fn doubts(estimate: &Estimate, notes: &mut Notes) -> Vec<String> {
    estimate
        .cautions
        .iter()
        .map(|caution| notes.mark(caution.sentence()))
        .collect()
}
