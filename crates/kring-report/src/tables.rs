//! Results as tables.

use kring_core::{
    Alternative, Boundary, Caution, Component, ComponentKind, Curve, Estimate, Flow, Interval,
    IntervalKind, JointTest, Measure, Reference, Sample, Summary, SummaryKind, Value,
};

use crate::baseline::of_baseline;
use crate::grid::{Cell, Column, Grid, Group, Narrow, Notes, Tone};
use crate::number::{
    ABSENT, at_most, decimals, decimals_with_error, fixed, interval, level, p_cell, percentage,
    significant, statistic,
};
use crate::rates::{self, of_funnel, of_rates, of_transitions};
use crate::{Content, Holds, Listing, ego, network, trajectories};

/// The tables that show a piece of a section; none for text.
pub(crate) fn grids(content: &Content) -> Vec<Grid> {
    let grids = match content {
        Content::Estimates(estimates) => vec![of_estimates(estimates)],
        Content::Tests(tests) => vec![of_tests(tests)],
        Content::Components(components) => vec![of_components(components)],
        Content::Summaries(summaries) => of_summaries(summaries),
        Content::Chart(chart) => vec![of_curves(&chart.title, &chart.curves)],
        Content::Trajectories(seen) => vec![trajectories::grid(seen)],
        Content::Flow(flow) => of_flow(flow),
        Content::Baseline(table) => vec![of_baseline(table)],
        Content::Rates(rates) => vec![of_rates(rates)],
        Content::Funnel(funnel) => vec![of_funnel(funnel)],
        Content::Patterns(patterns) => vec![rates::of_patterns(patterns)],
        Content::Transitions(transitions) => vec![of_transitions(transitions)],
        Content::Listing(listing) => vec![of_listing(listing)],
        Content::Ego(seen) => ego::grids(seen),
        Content::Network(seen) => vec![network::grid(seen)],
        // Of a forest or a plot of performance the tables are those of the estimates themselves.
        Content::Text(_)
        | Content::Zip(_)
        | Content::Lollipop(_)
        | Content::Forest(_)
        | Content::Scatter(_)
        | Content::Names(_) => Vec::new(),
    };
    grids.into_iter().filter(|grid| !grid.is_empty()).collect()
}

fn of_listing(listing: &Listing) -> Grid {
    let mut notes = Notes::default();
    for note in &listing.notes {
        notes.general(note.as_str());
    }
    notes.doubts = listing.cautions.iter().map(Caution::sentence).collect();
    // Words of a listing are whoever's made it; only its numbers are written anew.
    let cells = |row: &Vec<String>| -> Vec<Cell> {
        let cell = |(place, text): (usize, &String)| match listing.columns.get(place) {
            Some(column) if column.holds == Holds::Numbers => Cell::of(text),
            _ => Cell::theirs(text),
        };
        row.iter().enumerate().map(cell).collect()
    };
    let columns = listing.columns.iter().map(|column| match column.holds {
        Holds::Words => Column::left(&column.head),
        Holds::Numbers => Column::right(&column.head),
    });
    Grid {
        caption: listing.title.clone(),
        columns: columns.collect(),
        groups: vec![Group {
            title: None,
            rows: listing.rows.iter().map(cells).collect(),
        }],
        notes,
        narrow: Narrow::Stack,
    }
}

fn of_estimates(estimates: &[Estimate]) -> Grid {
    let mut notes = Notes::default();
    let method = shared(estimates.iter().map(|e| e.method.as_str()));
    let measure = shared(estimates.iter().map(|e| measured(&e.measure)));
    let kind = shared(
        estimates
            .iter()
            .filter_map(|e| e.interval.map(|i| interval_kind(i.kind))),
    );
    let level_of_all = shared(
        estimates
            .iter()
            .filter_map(|e| e.interval.map(|i| level(i.level))),
    );
    notes.general(method.map(sentence).unwrap_or_default());
    if let Some(kind) = kind {
        notes.general(format!("Intervals: {kind}."));
    }
    let places = Places::of(estimates);
    let sample = shared(estimates.iter().map(|e| &e.sample));
    notes.general(sample.map(rests_on).unwrap_or_default());
    let common = common_doubts(&mut notes, estimates.iter().map(|e| &e.cautions));
    // Where nothing was tested, or nothing has an error, there is no column for it.
    let tested = estimates.iter().any(|e| tested_p(e).is_some());
    let with_error = estimates.iter().any(|e| e.std_error.is_some());
    let (ordered, grouped) = by_measure(estimates);
    let rows = ordered.into_iter().map(|e| {
        let mut marks = own_doubts(&mut notes, &e.cautions, &common);
        if method.is_none() && !e.method.is_empty() {
            marks.push(notes.mark(sentence(&e.method)));
        }
        if let (None, Some(i)) = (kind, e.interval) {
            marks.push(notes.mark(format!("Interval: {}.", interval_kind(i.kind))));
        }
        if e.null != 0.0 {
            let null = if e.measure.is_log() {
                e.null.exp()
            } else {
                e.null
            };
            marks.push(notes.mark(format!("Tested against {}.", significant(null))));
        }
        marks.extend(sided(&mut notes, e.alternative));
        marks.extend(resampled(&mut notes, &e.reference, e.p_value));
        let mut label = labelled(&e.label);
        if measure.is_none() && !grouped {
            label = label.line(measured(&e.measure), Tone::Dim);
        }
        let mut range = Cell::of(estimate_interval(e, places));
        if let (None, Some(i)) = (&level_of_all, e.interval) {
            range = range.line(level(i.level), Tone::Dim);
        }
        let mut row = vec![label.marked(marks), Cell::of(estimate_value(e, places))];
        row.extend(with_error.then(|| Cell::of(estimate_error(e, places))));
        row.push(range);
        if tested {
            let p = tested_p(e);
            row.push(Cell::of(p.map_or(ABSENT.to_owned(), |_| {
                statistic(e.statistic(), &e.reference)
            })));
            row.push(Cell::of(p.map_or(ABSENT.to_owned(), p_cell)));
        }
        row.extend(sample.is_none().then(|| sample_cell(&e.sample)));
        (measured(&e.measure), row)
    });
    let groups = grouped_rows(rows, grouped);
    let mut columns = vec![
        Column::left(""),
        Column::right(capitalised(measure.as_deref().unwrap_or("estimate"))),
    ];
    columns.extend(with_error.then(|| Column::right("SE")));
    columns.push(Column::right(
        format!("{} CI", level_of_all.unwrap_or_default()).trim(),
    ));
    if tested {
        columns.extend(["Statistic", "p"].map(Column::right));
    }
    columns.extend(sample.is_none().then(|| Column::left("n")));
    Grid {
        caption: caption(estimates).to_owned(),
        columns,
        groups,
        notes,
        narrow: Narrow::Stack,
    }
}

/// Estimates in the order of their measures, where there are several of one: they stand together under its name.
/// Else each says its own.
fn by_measure(estimates: &[Estimate]) -> (Vec<&Estimate>, bool) {
    let mut measures: Vec<String> = Vec::new();
    for of in estimates.iter().map(|e| measured(&e.measure)) {
        if !measures.contains(&of) {
            measures.push(of);
        }
    }
    let grouped = (2..estimates.len()).contains(&measures.len());
    let mut ordered: Vec<&Estimate> = estimates.iter().collect();
    if grouped {
        ordered.sort_by_key(|e| measures.iter().position(|of| *of == measured(&e.measure)));
    }
    (ordered, grouped)
}

/// Rows with what they measure, in groups under its name.
fn grouped_rows(rows: impl Iterator<Item = (String, Vec<Cell>)>, grouped: bool) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for (of, row) in rows {
        let title = grouped.then(|| capitalised(&of));
        match groups.last_mut().filter(|group| group.title == title) {
            Some(group) => group.rows.push(row),
            None => groups.push(Group {
                title,
                rows: vec![row],
            }),
        }
    }
    groups
}

/// What an estimate is of: names of the user's, and before them perhaps of which part of a model.
fn labelled(label: &str) -> Cell {
    const PARTS: [&str; 5] = ["average", "typical", "mean", "zero", "dispersion"];
    match label.split_once(": ") {
        Some((part, _)) if PARTS.contains(&part) => Cell::of(label),
        _ => Cell::theirs(label),
    }
}

/// What all of them are, where they are means or differences of means.
fn caption(estimates: &[Estimate]) -> &'static str {
    let all = |is: fn(&Measure) -> bool| estimates.iter().all(|e| is(&e.measure));
    match estimates.len() {
        2.. if all(|m| matches!(m, Measure::Mean { .. })) => "Means",
        2.. if all(|m| matches!(m, Measure::MeanDifference { .. })) => "Differences",
        _ => "Estimates",
    }
}

/// The p-value of an estimate that was tested. Without one nothing was, though a statistic could be
/// formed; and of a perfect fit the errors are those of rounding, and so is what is divided by them.
fn tested_p(e: &Estimate) -> Option<f64> {
    e.p_value
        .filter(|_| !e.cautions.contains(&Caution::PerfectFit))
}

/// The decimals of the estimates of a table.
#[derive(Debug, Clone, Copy)]
enum Places {
    /// The same for all, so that they stand under each other.
    Same(usize),
    /// As each estimate tells.
    Own,
}

impl Places {
    fn of(estimates: &[Estimate]) -> Self {
        let own = || estimates.iter().filter_map(|e| Self::Own.at(e));
        match (own().min(), own().max()) {
            (Some(fewest), Some(most)) if most - fewest <= 1 => Self::Same(fewest),
            _ => Self::Own,
        }
    }

    /// The decimals of an estimate; a ratio shows each number's own digits.
    fn at(self, e: &Estimate) -> Option<usize> {
        let value = e.value.finite().filter(|_| !e.measure.is_log())?;
        match self {
            Self::Same(places) => Some(places),
            Self::Own => Some(decimals_with_error(value, e.std_error)).filter(|&n| n <= 6),
        }
    }

    fn write(self, e: &Estimate, x: f64) -> String {
        self.at(e)
            .map_or_else(|| significant(x), |places| fixed(x, places))
    }
}

fn estimate_value(e: &Estimate, places: Places) -> String {
    match e.natural() {
        Value::Value(x) => places.write(e, x),
        Value::AtBoundary(Boundary::Zero) => "0 (at the edge)".to_owned(),
        Value::AtBoundary(Boundary::Infinite) => "∞ (at the edge)".to_owned(),
    }
}

fn estimate_error(e: &Estimate, places: Places) -> String {
    match e.std_error {
        None => ABSENT.to_owned(),
        Some(error) if e.measure.is_log() => format!("{} (log)", significant(error)),
        Some(error) => places.write(e, error),
    }
}

fn estimate_interval(e: &Estimate, places: Places) -> String {
    let Some(natural) = e.natural_interval() else {
        return ABSENT.to_owned();
    };
    let ends = if e.measure.is_log() {
        ("0", "∞")
    } else {
        ("−∞", "∞")
    };
    interval(&natural, ends, |x| places.write(e, x))
}

fn of_tests(tests: &[JointTest]) -> Grid {
    let mut notes = Notes::default();
    let method = shared(tests.iter().map(|t| t.method.as_str()));
    let sample = shared(tests.iter().map(|t| &t.sample));
    notes.general(method.map(sentence).unwrap_or_default());
    notes.general(sample.map(rests_on).unwrap_or_default());
    let common = common_doubts(&mut notes, tests.iter().map(|t| &t.cautions));
    let rows = tests
        .iter()
        .map(|t| {
            let mut marks = own_doubts(&mut notes, &t.cautions, &common);
            if method.is_none() && !t.method.is_empty() {
                marks.push(notes.mark(sentence(&t.method)));
            }
            marks.extend(resampled(&mut notes, &t.reference, t.p_value));
            let mut row = vec![
                labelled(&t.label).marked(marks),
                Cell::of(statistic(t.statistic, &t.reference)),
                Cell::of(t.p_value.map_or(ABSENT.to_owned(), p_cell)),
            ];
            row.extend(sample.is_none().then(|| sample_cell(&t.sample)));
            row
        })
        .collect();
    let mut columns = vec![
        Column::left(""),
        Column::right("Statistic"),
        Column::right("p"),
    ];
    columns.extend(sample.is_none().then(|| Column::left("n")));
    Grid {
        caption: "Tests".to_owned(),
        columns,
        groups: vec![Group { title: None, rows }],
        notes,
        narrow: Narrow::Stack,
    }
}

fn of_components(components: &[Component]) -> Grid {
    let mut notes = Notes::default();
    let common = common_doubts(&mut notes, components.iter().map(|c| &c.cautions));
    let said = |i: &Interval| format!("{}, {}", level(i.level), interval_kind(i.kind));
    // What is left is no column of anybody's.
    let word = |text: &str| match text {
        "residual" => Cell::of(text),
        _ => Cell::theirs(text),
    };
    let intervals = shared(
        components
            .iter()
            .filter_map(|c| c.interval.as_ref().map(said)),
    );
    if let Some(intervals) = &intervals {
        notes.general(format!("Intervals: {intervals}."));
    }
    let rows = components
        .iter()
        .map(|c| {
            let mut marks = own_doubts(&mut notes, &c.cautions, &common);
            if c.at_boundary {
                marks.push(notes.mark("Lies at the edge of what is possible."));
            }
            let range = c.interval.map_or(ABSENT.to_owned(), |i| {
                if intervals.is_none() {
                    marks.push(notes.mark(format!("Interval: {}.", said(&i))));
                }
                let ends = match c.kind {
                    ComponentKind::Correlation => ("−1", "1"),
                    ComponentKind::Covariance => ("−∞", "∞"),
                    _ => ("0", "∞"),
                };
                interval(&i, ends, significant)
            });
            vec![
                word(&c.group).marked(marks),
                word(&c.label),
                Cell::of(component_kind(c.kind)),
                Cell::of(significant(c.value)),
                Cell::of(range),
            ]
        })
        .collect();
    Grid {
        caption: "Variance components".to_owned(),
        columns: vec![
            Column::left("Grouping"),
            Column::left("Effect"),
            Column::left("Kind"),
            Column::right("Value"),
            Column::right("CI"),
        ],
        groups: vec![Group { title: None, rows }],
        notes,
        narrow: Narrow::Stack,
    }
}

/// One table for each run of variables that hold numbers, and one for each factor.
fn of_summaries(summaries: &[Summary]) -> Vec<Grid> {
    let mut variables: Vec<Vec<&Summary>> = Vec::new();
    for summary in summaries {
        let same = |group: &&mut Vec<&Summary>| {
            group.first().is_some_and(|first| {
                first.variable == summary.variable
                    && first.numbers().is_some() == summary.numbers().is_some()
            })
        };
        match variables.iter_mut().find(same) {
            Some(group) => group.push(summary),
            None => variables.push(vec![summary]),
        }
    }
    let mut grids = Vec::new();
    let mut run: Vec<Vec<&Summary>> = Vec::new();
    for group in variables {
        let numbers = group.first().is_some_and(|s| s.numbers().is_some());
        let fits = run
            .first()
            .is_none_or(|first| strata_of(first) == strata_of(&group));
        if !(run.is_empty() || numbers && fits) {
            grids.push(of_numbers(&std::mem::take(&mut run)));
        }
        if numbers {
            run.push(group);
        } else {
            grids.push(of_levels(&group));
        }
    }
    if !run.is_empty() {
        grids.push(of_numbers(&run));
    }
    grids
}

/// The variables that the strata name, in order of appearance.
fn strata_of(summaries: &[&Summary]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for stratum in summaries.iter().flat_map(|s| &s.strata) {
        if !names.contains(&stratum.variable) {
            names.push(stratum.variable.clone());
        }
    }
    names
}

fn strata_cells(summary: &Summary, names: &[String]) -> Vec<Cell> {
    names
        .iter()
        .map(|name| {
            let stratum = summary.strata.iter().find(|s| s.variable == *name);
            stratum.map_or_else(|| Cell::of("all"), |s| Cell::theirs(&s.level))
        })
        .collect()
}

fn titled(summary: &Summary) -> String {
    match &summary.unit {
        Some(unit) => format!("{} ({unit})", summary.label),
        None => summary.label.clone(),
    }
}

fn of_numbers(variables: &[Vec<&Summary>]) -> Grid {
    let names: Vec<String> = variables.first().map(|v| strata_of(v)).unwrap_or_default();
    let mut groups = Vec::new();
    for summaries in variables {
        let figures = || summaries.iter().filter_map(|s| s.numbers());
        let places = figures()
            .filter_map(|n| n.mean.map(|mean| decimals_with_error(mean, n.sd)))
            .max()
            .unwrap_or(2)
            .min(6);
        let rows = summaries.iter().map(|s| {
            let n = s.numbers().copied().unwrap_or_default();
            let steady = |x: Option<f64>| x.map_or(ABSENT.to_owned(), |x| fixed(x, places));
            let plain = |x: Option<f64>| x.map_or(ABSENT.to_owned(), |x| at_most(x, places));
            let mut row = if names.is_empty() {
                vec![Cell::theirs(titled(s))]
            } else {
                strata_cells(s, &names)
            };
            row.extend(
                [
                    s.n.to_string(),
                    s.missing.to_string(),
                    steady(n.mean),
                    steady(n.sd),
                    plain(n.min),
                    plain(n.lower_quartile),
                    plain(n.median),
                    plain(n.upper_quartile),
                    plain(n.max),
                ]
                .iter()
                .map(Cell::of),
            );
            row
        });
        if names.is_empty() && !groups.is_empty() {
            let last: &mut Group = &mut groups[0];
            last.rows.extend(rows);
        } else {
            groups.push(Group {
                title: summaries.first().map(|s| titled(s)),
                rows: rows.collect(),
            });
        }
    }
    let caption = match groups.as_mut_slice() {
        [only] => match only.title.take() {
            Some(title) if !names.is_empty() => title,
            _ => "What was measured".to_owned(),
        },
        _ => "What was measured".to_owned(),
    };
    let mut columns: Vec<Column> = if names.is_empty() {
        vec![Column::left("")]
    } else {
        names
            .iter()
            .map(|n| Column::left(capitalised(n)).theirs())
            .collect()
    };
    columns.extend(
        [
            "n", "Missing", "Mean", "SD", "Min", "Q1", "Median", "Q3", "Max",
        ]
        .map(Column::right),
    );
    Grid {
        caption,
        columns,
        groups,
        narrow: Narrow::Scroll,
        ..Grid::default()
    }
}

fn of_levels(summaries: &[&Summary]) -> Grid {
    let names = strata_of(summaries);
    let mut levels: Vec<&str> = Vec::new();
    for summary in summaries {
        if let SummaryKind::Levels(counts) = &summary.kind {
            for count in counts {
                if !levels.contains(&count.level.as_str()) {
                    levels.push(&count.level);
                }
            }
        }
    }
    let (levels, others) = first_levels(&levels);
    let rows = summaries
        .iter()
        .map(|s| {
            let mut row = if names.is_empty() {
                vec![Cell::of("all")]
            } else {
                strata_cells(s, &names)
            };
            row.push(Cell::of(s.n.to_string()));
            row.push(Cell::of(s.missing.to_string()));
            row.extend(levels.iter().map(|level| {
                let text = match s.level(level) {
                    None => ABSENT.to_owned(),
                    Some(count) => match count.share {
                        Some(share) => format!("{} ({})", count.n, percentage(share)),
                        None => count.n.to_string(),
                    },
                };
                Cell::of(text)
            }));
            if !others.is_empty() {
                let n = others.iter().filter_map(|level| Some(s.level(level)?.n));
                row.push(Cell::of(n.sum::<usize>().to_string()));
            }
            row
        })
        .collect();
    let mut columns: Vec<Column> = if names.is_empty() {
        vec![Column::left("")]
    } else {
        names
            .iter()
            .map(|n| Column::left(capitalised(n)).theirs())
            .collect()
    };
    columns.extend(["n", "Missing"].map(Column::right));
    columns.extend(levels.iter().map(|level| Column::right(*level).theirs()));
    if !others.is_empty() {
        columns.push(Column::right(more_levels(others.len())));
    }
    Grid {
        caption: summaries.first().map(|s| titled(s)).unwrap_or_default(),
        columns,
        groups: vec![Group { title: None, rows }],
        narrow: Narrow::Scroll,
        ..Grid::default()
    }
}

/// The levels that a table shows, and those that it counts together: of more than a reader can take in,
/// as of texts that everybody wrote for themselves, the first few.
pub(crate) fn first_levels<T>(levels: &[T]) -> (&[T], &[T]) {
    const MOST: usize = 20;
    const SHOWN: usize = 5;
    levels.split_at(if levels.len() > MOST {
        SHOWN
    } else {
        levels.len()
    })
}

/// What the levels that are counted together are called.
pub(crate) fn more_levels(n: usize) -> String {
    format!("{n} more levels")
}

/// The points of curves, a row a time and a column a curve.
fn of_curves(caption: &str, curves: &[Curve]) -> Grid {
    let mut notes = Notes::default();
    let mut times: Vec<(f64, Option<&str>)> = Vec::new();
    for point in curves.iter().flat_map(|c| &c.points) {
        if !times.iter().any(|(at, _)| *at == point.at) {
            times.push((point.at, point.name.as_deref()));
        }
    }
    times.sort_by(|a, b| a.0.total_cmp(&b.0));
    let places = curves
        .iter()
        .flat_map(|c| &c.points)
        .map(|p| decimals(p.value, 4))
        .min()
        .unwrap_or(0)
        .min(6);
    let mut numbers = curves
        .iter()
        .flat_map(|c| &c.points)
        .flat_map(|p| [Some(p.value), p.low, p.high])
        .flatten();
    let places = if numbers.all(|x| x.fract() == 0.0) {
        0
    } else {
        places
    };
    let mut columns = vec![Column::left(curves.first().map_or("", |c| c.time.as_str())).theirs()];
    let common = common_doubts(&mut notes, curves.iter().map(|c| &c.cautions));
    for curve in curves {
        let mut head = curve.label.clone();
        for mark in own_doubts(&mut notes, &curve.cautions, &common) {
            head = format!("{head} [{mark}]");
        }
        columns.push(Column::right(head).theirs());
        notes.general(curve.method.as_str());
        if let Some(share) = curve.level {
            notes.general(format!("Intervals: {}.", level(share)));
        }
    }
    let rows = times
        .iter()
        .map(|(at, name)| {
            let when = at_most(*at, 3);
            let mut row = vec![match name {
                Some(name) if *name != when => Cell::theirs(format!("{name} ({when})")),
                _ => Cell::of(when),
            }];
            row.extend(curves.iter().map(|curve| {
                let Some(point) = curve.points.iter().find(|p| p.at == *at) else {
                    return Cell::of(ABSENT);
                };
                let mut cell = Cell::of(fixed(point.value, places));
                let bounds = Interval {
                    low: point.low,
                    high: point.high,
                    level: curve.level.unwrap_or(0.95),
                    kind: IntervalKind::Wald,
                };
                if point.low.is_some() || point.high.is_some() {
                    let range = interval(&bounds, ("−∞", "∞"), |x| fixed(x, places));
                    cell = cell.line(range, Tone::Dim);
                }
                if let Some(n) = point.n {
                    cell = cell.line(format!("n = {n}"), Tone::Dim);
                }
                cell
            }));
            row
        })
        .collect();
    Grid {
        caption: caption.to_owned(),
        columns,
        groups: vec![Group { title: None, rows }],
        notes,
        narrow: Narrow::Scroll,
    }
}

/// Who was seen at each wave, and the patterns of waves.
fn of_flow(flow: &Flow) -> Vec<Grid> {
    let mut notes = Notes::default();
    if !flow.observed.is_empty() {
        notes.general(format!(
            "Seen: at least one of {} was observed.",
            flow.observed.join(", ")
        ));
    }
    notes.general(
        "Left: seen at the wave before and never again. Away: seen before and seen again later. \
         Returned: not seen at the wave before, but earlier. Late: seen for the first time.",
    );
    let groups = flow
        .arms
        .iter()
        .map(|arm| Group {
            title: Some(arm_title(arm)),
            rows: arm
                .waves
                .iter()
                .map(|w| {
                    let counts = [w.present, w.left, w.away, w.returned, w.late];
                    let mut row = vec![Cell::theirs(&w.wave)];
                    row.extend(counts.iter().map(|n| Cell::of(n.to_string())));
                    row
                })
                .collect(),
        })
        .collect();
    let mut columns = vec![Column::left("Wave")];
    columns.extend(["Seen", "Left", "Away", "Returned", "Late"].map(Column::right));
    let counts = Grid {
        caption: format!("Who was seen at each wave, {} in all", flow.subjects()),
        columns,
        groups,
        notes,
        narrow: Narrow::Scroll,
    };
    vec![counts, of_patterns(flow)]
}

fn arm_title(arm: &kring_core::ArmFlow) -> String {
    let who = if arm.arm.is_empty() {
        String::new()
    } else {
        format!("{}: ", arm.arm)
    };
    format!(
        "{who}{} in all, {} seen at every wave, {} until they left, {} with gaps, {} never",
        arm.subjects, arm.complete, arm.monotone, arm.intermittent, arm.never
    )
}

fn of_patterns(flow: &Flow) -> Grid {
    let mut patterns: Vec<&[bool]> = Vec::new();
    for pattern in flow.arms.iter().flat_map(|arm| &arm.patterns) {
        if !patterns.contains(&pattern.seen.as_slice()) {
            patterns.push(&pattern.seen);
        }
    }
    patterns.sort_by(|a, b| b.cmp(a));
    let rows = patterns
        .iter()
        .map(|seen| {
            let mut row: Vec<Cell> = seen
                .iter()
                .map(|&there| {
                    if there {
                        Cell::of("seen")
                    } else {
                        Cell::toned(ABSENT, Tone::Dim)
                    }
                })
                .collect();
            row.extend(flow.arms.iter().map(|arm| {
                let n = arm.patterns.iter().find(|p| p.seen == *seen);
                Cell::of(n.map_or(0, |p| p.n).to_string())
            }));
            row
        })
        .collect();
    let mut columns: Vec<Column> = flow
        .waves
        .iter()
        .map(|w| Column::left(wave_name(w)))
        .collect();
    columns.extend(flow.arms.iter().map(|arm| {
        Column::right(if arm.arm.is_empty() {
            "n"
        } else {
            arm.arm.as_str()
        })
    }));
    Grid {
        caption: "Patterns of waves".to_owned(),
        columns,
        groups: vec![Group { title: None, rows }],
        narrow: Narrow::Scroll,
        ..Grid::default()
    }
}

/// `wave 2` where the wave is called `2`, else its own name.
pub(crate) fn wave_name(wave: &str) -> String {
    if wave.chars().all(|c| c.is_ascii_digit()) {
        format!("wave {wave}")
    } else {
        wave.to_owned()
    }
}

/// The doubts that all numbers of a table share, as notes on all of it.
pub(crate) fn common_doubts<'a>(
    notes: &mut Notes,
    mut lists: impl Iterator<Item = &'a Vec<Caution>>,
) -> Vec<Caution> {
    let mut common = lists.next().cloned().unwrap_or_default();
    for list in lists {
        common.retain(|caution| list.contains(caution));
    }
    notes.doubts = common.iter().map(Caution::sentence).collect();
    common
}

/// The marks of the doubts that are a number's own.
pub(crate) fn own_doubts(
    notes: &mut Notes,
    cautions: &[Caution],
    common: &[Caution],
) -> Vec<String> {
    cautions
        .iter()
        .filter(|caution| !common.contains(caution))
        .map(|caution| notes.mark(caution.sentence()))
        .collect()
}

fn sided(notes: &mut Notes, alternative: Alternative) -> Option<String> {
    let side = match alternative {
        Alternative::TwoSided => return None,
        Alternative::Less => "smaller",
        Alternative::Greater => "greater",
    };
    Some(notes.mark(format!("One-sided: the alternative is {side}.")))
}

fn resampled(notes: &mut Notes, reference: &Reference, p_value: Option<f64>) -> Option<String> {
    let Reference::Resampled { mcse, .. } = reference else {
        return None;
    };
    let what = if p_value.is_some() {
        "p-value"
    } else {
        "standard error"
    };
    Some(notes.mark(format!(
        "The {what} has a Monte Carlo standard error of {}.",
        significant_two(*mcse)
    )))
}

fn significant_two(x: f64) -> String {
    fixed(x, decimals(x, 2))
}

/// The number it rests on; what is known of it beside the rows stands below.
fn sample_cell(sample: &Sample) -> Cell {
    let first = Cell::of(sample.rows.to_string());
    sample_parts(sample)
        .iter()
        .fold(first, |cell, part| cell.line(part, Tone::Dim))
}

/// `n = 404; 114 subjects; 9 clusters; 60 left out.`
fn rests_on(sample: &Sample) -> String {
    let mut parts = vec![format!("n = {}", sample.rows)];
    parts.extend(sample_parts(sample));
    format!("{}.", parts.join("; "))
}

fn sample_parts(sample: &Sample) -> Vec<String> {
    let groups: Vec<String> = sample
        .groups
        .iter()
        .map(|(group, n)| format!("{group} {n}"))
        .collect();
    [
        (!groups.is_empty()).then(|| groups.join(", ")),
        sample.subjects.map(|n| format!("{n} subjects")),
        sample.clusters.map(|n| format!("{n} clusters")),
        (sample.omitted > 0).then(|| format!("{} left out", sample.omitted)),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn measured(measure: &Measure) -> String {
    match measure.unit() {
        Some(unit) => format!("{} ({unit})", measure.name()),
        None => measure.name().to_owned(),
    }
}

fn interval_kind(kind: IntervalKind) -> &'static str {
    use kring_core::Bootstrap;
    match kind {
        IntervalKind::Wald => "estimate ± quantile × standard error",
        IntervalKind::Profile => "profile likelihood",
        IntervalKind::Score => "score",
        IntervalKind::Exact => "exact",
        IntervalKind::Noncentral => "noncentral distribution",
        IntervalKind::Bootstrap(Bootstrap::Percentile) => "bootstrap percentiles",
        IntervalKind::Bootstrap(Bootstrap::Basic) => "basic bootstrap",
        IntervalKind::Bootstrap(Bootstrap::BiasCorrectedAccelerated) => "bootstrap BCa",
        IntervalKind::Bootstrap(Bootstrap::Studentized) => "studentised bootstrap",
        _ => "as the method gives them",
    }
}

fn component_kind(kind: ComponentKind) -> &'static str {
    match kind {
        ComponentKind::Variance => "variance",
        ComponentKind::StandardDeviation => "standard deviation",
        ComponentKind::Covariance => "covariance",
        ComponentKind::Correlation => "correlation",
        ComponentKind::Dispersion => "dispersion",
        _ => "component",
    }
}

/// What all have in common, if they do.
fn shared<T: PartialEq>(mut values: impl Iterator<Item = T>) -> Option<T> {
    let first = values.next()?;
    values.all(|value| value == first).then_some(first)
}

/// A phrase as a sentence.
fn sentence(phrase: &str) -> String {
    match phrase.trim_end() {
        "" => String::new(),
        phrase if phrase.ends_with(['.', '!', '?']) => capitalised(phrase),
        phrase => capitalised(&format!("{phrase}.")),
    }
}

/// With a capital; but a Greek letter is a symbol, and ε² no Ε².
pub(crate) fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    match letters.next() {
        Some(first) if ('\u{370}'..='\u{3ff}').contains(&first) => text.to_owned(),
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}
