//! A report whose small counts are hidden, and whose pictures show nobody.

use kring_core::{
    ArmFlow, BaselineTable, BaselineVariable, Estimate, Flow, Funnel, Patterns, Rate, Sample,
    Shown, Stratum, Summary, SummaryKind, Transition, WaveCount,
};

use super::plan::{Plan, Settled};
use super::{Disclosure, Rounding, WrittenTables};
use crate::baseline::{mean_sd, places, quartiles};
use crate::number::{ABSENT, at_most, fixed, percentage, significant};
use crate::tables::{capitalised, wave_name};
use crate::{Chart, Content, Listing, ListingColumn, Report, Role, Section, Trajectories};

/// The report as it may be shared: small counts are hidden, with as many others as it takes that nobody can
/// work them out; what shows single persons or families is taken out; and notes say what was done.
///
/// Counts that bind one another are sought within one piece of a section, and in what is surely printed
/// elsewhere: how many are in an arm. Texts, notes and published figures are not read.
///
/// ```
/// use kring_core::Rate;
/// use kring_report::{Content, Disclosure, Report, Role, Section, guard, html};
/// let rate = Rate {
///     id: "plan".into(),
///     label: "plan made".into(),
///     of: "families".into(),
///     strata: vec![],
///     events: 3,
///     total: 40,
///     unknown: 0,
///     estimate: None,
/// };
/// let report = Report {
///     sections: vec![Section {
///         id: "plans".into(),
///         title: "Plans".into(),
///         role: Role::Descriptive,
///         method: None,
///         content: vec![Content::Rates(vec![rate])],
///     }],
///     ..Report::default()
/// };
/// let page = html(&guard(&report, &Disclosure::default()))?;
/// assert!(page.contains("[&lt;10]") && !page.contains("7.5%"));
/// # Ok::<(), kring_report::Error>(())
/// ```
pub fn guard(report: &Report, rules: &Disclosure) -> Report {
    let mut guarded = report.clone();
    let mut done = Done::default();
    guarded.sections = Vec::new();
    if let Some(flow) = &report.flow {
        let content = of_flow(flow, rules, &mut done);
        if !matches!(content.as_slice(), [Content::Flow(_)]) {
            guarded.flow = None;
            guarded.sections.push(Section {
                id: "flow".into(),
                title: "Who was seen at each wave".into(),
                role: Role::Descriptive,
                method: None,
                content,
            });
        }
    }
    // A flow and its patterns are the same people, and each would tell of the other.
    let pieces = || report.sections.iter().flat_map(|section| &section.content);
    let flows = pieces().filter_map(|content| match content {
        Content::Flow(flow) => Some(flow),
        _ => None,
    });
    let flows: Vec<&Flow> = report.flow.iter().chain(flows).collect();
    for section in &report.sections {
        let content = section.content.iter();
        let content = content.flat_map(|content| match content {
            Content::Patterns(seen) if flows.iter().any(|flow| same_people(flow, seen)) => {
                done.written += 1;
                vec![Content::Text(format!(
                    "The table “{}” is left out: with the flow of the same people it would tell small \
                     numbers.",
                    seen.caption
                ))]
            }
            _ => piece(content, rules, &mut done),
        });
        guarded.sections.push(Section {
            content: content.collect(),
            ..section.clone()
        });
    }
    guarded.notes.extend(done.sentences(rules));
    guarded
}

/// Whether patterns are those of the waves of a flow.
fn same_people(flow: &Flow, seen: &Patterns) -> bool {
    let columns = seen.columns.iter().map(|column| &column.label);
    columns.eq(&flow.waves)
}

/// What was done.
#[derive(Debug, Default)]
struct Done {
    /// Counts that are hidden.
    hidden: usize,
    /// Estimates, tests and points that rest on too few.
    few: usize,
    /// Pictures of single persons or families.
    pictures: usize,
    /// Tables whose cells were written already.
    written: usize,
    /// Smallest and largest values.
    extremes: bool,
}

impl Done {
    fn sentences(&self, rules: &Disclosure) -> Vec<String> {
        let t = rules.threshold;
        let mut said = Vec::new();
        if self.hidden > 0 {
            said.push(format!(
                "{} in tables: hidden, and shown as `{}`. They count fewer than {t} people, or would tell \
                 such a number to whoever subtracts; which of the two is not shown.",
                some(self.hidden, "number"),
                rules.mark()
            ));
        }
        if self.few > 0 {
            said.push(format!(
                "{} left out, as resting on fewer than {t} people.",
                some(self.few, "result")
            ));
        }
        if self.pictures > 0 {
            said.push(format!(
                "{} of single families or persons left out, as it can be seen who they are.",
                some(self.pictures, "picture")
            ));
        }
        if self.written > 0 {
            said.push(format!(
                "{} left out, where nobody can tell from written cells which of them count people, or where \
                 another table holds the same people.",
                some(self.written, "table")
            ));
        }
        if self.extremes {
            said.push("Smallest and largest values left out: each is of one person.".to_owned());
        }
        match rules.rounding {
            Rounding::Exact => {}
            Rounding::Fives => {
                said.push("Counts are rounded to fives, totals by themselves.".into());
            }
            Rounding::Tens => said.push("Counts are rounded to tens, totals by themselves.".into()),
        }
        said
    }
}

fn some(n: usize, one: &str) -> String {
    if n == 1 {
        format!("1 {one}")
    } else {
        format!("{n} {one}s")
    }
}

fn piece(content: &Content, rules: &Disclosure, done: &mut Done) -> Vec<Content> {
    let gone = |what: &str| vec![Content::Text(format!("{what} {WHY_GONE}"))];
    match content {
        Content::Estimates(seen) => kept(seen, |e| &mut e.sample, rules, done, Content::Estimates),
        Content::Tests(seen) => kept(seen, |t| &mut t.sample, rules, done, Content::Tests),
        Content::Summaries(seen) => of_summaries(seen, rules, done),
        Content::Chart(seen) => vec![Content::Chart(of_chart(seen, rules, done))],
        Content::Trajectories(seen) => {
            vec![Content::Trajectories(of_trajectories(seen, rules, done))]
        }
        Content::Flow(seen) => of_flow(seen, rules, done),
        Content::Baseline(seen) => of_baseline(seen, rules, done),
        Content::Rates(seen) => of_rates(seen, rules, done),
        Content::Funnel(seen) => of_funnel(seen, rules, done),
        Content::Patterns(seen) => of_patterns(seen, rules, done),
        Content::Transitions(seen) => of_transitions(seen, rules, done),
        // Its title may name the family.
        Content::Ego(_) => {
            done.pictures += 1;
            gone("The picture of one family")
        }
        Content::Network(seen) => {
            done.pictures += 1;
            gone(&format!("The picture “{}”", seen.title))
        }
        Content::Scatter(seen) => {
            done.pictures += 1;
            gone(&format!("The picture “{}”", seen.title))
        }
        Content::Forest(seen) => {
            done.few += 1;
            vec![Content::Text(format!(
                "The picture “{}” is left out: it does not say on how many people each row rests. The table \
                 beside it has the rows that may be shown.",
                seen.title
            ))]
        }
        Content::Listing(seen) if rules.listings == WrittenTables::Removed => {
            done.written += 1;
            vec![Content::Text(format!(
                "The table “{}” is left out: its cells are written already, and nobody can tell from them \
                 which count people.",
                seen.title
            ))]
        }
        Content::Listing(_)
        | Content::Components(_)
        | Content::Zip(_)
        | Content::Lollipop(_)
        | Content::Text(_)
        | Content::Names(_) => vec![content.clone()],
    }
}

const WHY_GONE: &str =
    "is left out: whoever knows the people in it can see who they are, without any name.";

/// What rests on enough people.
fn kept<T: Clone>(
    seen: &[T],
    sample: impl Fn(&mut T) -> &mut Sample,
    rules: &Disclosure,
    done: &mut Done,
    content: fn(Vec<T>) -> Content,
) -> Vec<Content> {
    let mut left = Vec::new();
    for item in seen {
        let mut item = item.clone();
        let sample = sample(&mut item);
        let few = |n: usize| n > 0 && n < rules.threshold;
        if few(sample.rows)
            || sample.subjects.is_some_and(few)
            || sample.groups.iter().any(|(_, n)| few(*n))
        {
            done.few += 1;
            continue;
        }
        if few(sample.omitted) {
            done.hidden += 1;
            sample.omitted = 0;
        }
        left.push(item);
    }
    if left.is_empty() {
        return Vec::new();
    }
    vec![content(left)]
}

fn of_chart(seen: &Chart, rules: &Disclosure, done: &mut Done) -> Chart {
    let mut chart = seen.clone();
    for curve in &mut chart.curves {
        let before = curve.points.len();
        curve
            .points
            .retain(|p| !p.n.is_some_and(|n| n > 0 && n < rules.threshold));
        done.few += before - curve.points.len();
        let counts = curve.points.iter().filter_map(|p| p.n).collect::<Vec<_>>();
        if tell(&counts, rules) {
            for point in &mut curve.points {
                done.hidden += usize::from(point.n.is_some());
                point.n = None;
            }
        }
    }
    chart
}

/// Whether counts of one group over time tell how many of them, few, were seen at one time only.
fn tell(counts: &[usize], rules: &Disclosure) -> bool {
    let few = |a: usize, b: usize| a.abs_diff(b) > 0 && a.abs_diff(b) < rules.threshold;
    counts.iter().any(|&a| counts.iter().any(|&b| few(a, b)))
}

fn of_trajectories(seen: &Trajectories, rules: &Disclosure, done: &mut Done) -> Trajectories {
    let mut seen = seen.clone();
    if seen.own_lines.take().is_some() {
        done.pictures += 1;
        let sentence = "The lines of single families are left out.";
        let caption = format!("{} {sentence}", seen.caption);
        caption.trim().clone_into(&mut seen.caption);
    }
    for arm in &mut seen.arms {
        for cell in &mut arm.cells {
            let few = |n: usize| n > 0 && n < rules.threshold;
            let rests = cell.mean.as_ref().is_some_and(|mean| few(mean.sample.rows));
            if cell.n.is_some_and(few) || rests {
                done.few += 1;
                *cell = crate::TrajectoryCell::default();
            }
        }
        let counts: Vec<usize> = arm.cells.iter().filter_map(|cell| cell.n).collect();
        if tell(&counts, rules) {
            for cell in &mut arm.cells {
                done.hidden += usize::from(cell.n.is_some());
                cell.n = None;
            }
        }
    }
    seen
}

/// A table that is being written.
struct Table {
    listing: Listing,
}

impl Table {
    fn new(title: impl Into<String>, columns: Vec<ListingColumn>) -> Self {
        Self {
            listing: Listing {
                title: title.into(),
                columns,
                rows: Vec::new(),
                notes: Vec::new(),
                cautions: Vec::new(),
            },
        }
    }

    fn row(&mut self, cells: Vec<String>) {
        self.listing.rows.push(cells);
    }

    /// The table, with how many of its numbers are hidden.
    fn finished(mut self, hidden: usize, rules: &Disclosure, done: &mut Done) -> Content {
        if hidden > 0 {
            done.hidden += hidden;
            self.listing.notes.push(format!(
                "{}: {}, of fewer than {} people or such that these could be worked out.",
                rules.mark(),
                some(hidden, "hidden number"),
                rules.threshold
            ));
        }
        Content::Listing(self.listing)
    }
}

/// The variables that strata name, in order of appearance.
fn names<'a>(lists: impl Iterator<Item = &'a [Stratum]>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for stratum in lists.flatten() {
        if !names.contains(&stratum.variable) {
            names.push(stratum.variable.clone());
        }
    }
    names
}

fn strata_cells(strata: &[Stratum], names: &[String]) -> Vec<String> {
    let of = |name: &String| {
        let stratum = strata.iter().find(|s| s.variable == *name);
        stratum.map_or("all".to_owned(), |s| s.level.clone())
    };
    names.iter().map(of).collect()
}

fn titled(summary: &Summary) -> String {
    match &summary.unit {
        Some(unit) => format!("{} ({unit})", summary.label),
        None => summary.label.clone(),
    }
}

fn share(share: Option<f64>) -> String {
    share.map_or_else(|| ABSENT.to_owned(), percentage)
}

/// The counts of some summaries of one variable.
struct Counted {
    settled: Settled,
    /// For each summary: those with a value, those without, and each level.
    n: Vec<usize>,
    missing: Vec<usize>,
    levels: Vec<Vec<usize>>,
    /// For each summary whether its figures are shown.
    figures: Vec<bool>,
}

/// The levels of some summaries, in order of appearance.
fn levels(summaries: &[&Summary]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for summary in summaries {
        if let SummaryKind::Levels(counts) = &summary.kind {
            for count in counts {
                if !names.contains(&count.level) {
                    names.push(count.level.clone());
                }
            }
        }
    }
    names
}

/// How many of a summary have a level; absent where the summary holds numbers.
fn level_counts(summary: &Summary, names: &[String]) -> Vec<usize> {
    match &summary.kind {
        SummaryKind::Numbers(_) => Vec::new(),
        SummaryKind::Levels(_) => names
            .iter()
            .map(|name| summary.level(name).map_or(0, |count| count.n))
            .collect(),
    }
}

fn counted(summaries: &[&Summary], rules: &Disclosure) -> Counted {
    // First the figures: a mean of few people, and any mean from which it could be worked out.
    let mut plan = Plan::default();
    let entries: Vec<(&[Stratum], Vec<usize>)> = summaries
        .iter()
        .map(|s| (s.strata.as_slice(), vec![plan.here(s.n)]))
        .collect();
    plan.nest(&entries);
    let settled = plan.settled(rules, &[]);
    let figures: Vec<bool> = (0..summaries.len()).map(|i| settled.shows(i)).collect();
    let before = settled.fates()[..summaries.len()].to_vec();
    // Then all counts; of each summary everybody in it is known, unless that tells of few.
    let known = known(
        summaries
            .iter()
            .map(|s| (s.strata.as_slice(), s.n + s.missing)),
        rules,
    );
    let mut plan = Plan::default();
    let n: Vec<usize> = summaries.iter().map(|s| plan.here(s.n)).collect();
    let missing: Vec<usize> = summaries.iter().map(|s| plan.here(s.missing)).collect();
    let names = levels(summaries);
    let mut of_levels = Vec::new();
    let mut entries = Vec::new();
    for (i, summary) in summaries.iter().enumerate() {
        let counts = level_counts(summary, &names);
        let cells: Vec<usize> = counts.into_iter().map(|count| plan.here(count)).collect();
        plan.parts(&cells, n[i]);
        let everybody = summary.n + summary.missing;
        let all = if known[i] {
            plan.elsewhere(everybody, rules)
        } else {
            plan.nowhere(everybody)
        };
        plan.balance(vec![n[i], missing[i]], vec![all]);
        let mut own = vec![n[i], missing[i], all];
        own.extend(&cells);
        entries.push((summary.strata.as_slice(), own));
        of_levels.push(cells);
    }
    plan.nest(&entries);
    Counted {
        settled: plan.settled(rules, &before),
        n,
        missing,
        levels: of_levels,
        figures,
    }
}

fn of_summaries(summaries: &[Summary], rules: &Disclosure, done: &mut Done) -> Vec<Content> {
    let mut variables: Vec<Vec<&Summary>> = Vec::new();
    for summary in summaries {
        let numbers = |s: &Summary| s.numbers().is_some();
        let same = |v: &&mut Vec<&Summary>| {
            v.first().is_some_and(|first| {
                first.variable == summary.variable && numbers(first) == numbers(summary)
            })
        };
        match variables.iter_mut().find(same) {
            Some(known) => known.push(summary),
            None => variables.push(vec![summary]),
        }
    }
    let tables = variables.iter().map(|summaries| {
        if summaries.iter().any(|s| s.numbers().is_some()) {
            of_numbers(summaries, rules, done)
        } else {
            of_levels(summaries, rules, done)
        }
    });
    tables.collect()
}

/// Figures of numbers without the smallest and the largest, and quartiles only of enough on either side.
fn of_numbers(summaries: &[&Summary], rules: &Disclosure, done: &mut Done) -> Content {
    let counted = counted(summaries, rules);
    let names = names(summaries.iter().map(|s| s.strata.as_slice()));
    let mut columns: Vec<ListingColumn> = names
        .iter()
        .map(|name| ListingColumn::words(capitalised(name)))
        .collect();
    if names.is_empty() {
        columns.push(ListingColumn::words(""));
    }
    let heads = ["n", "Missing", "Mean", "SD", "Q1", "Median", "Q3"];
    columns.extend(heads.map(ListingColumn::numbers));
    let title = summaries.first().map(|s| titled(s)).unwrap_or_default();
    let mut table = Table::new(title, columns);
    let mut figures_hidden = 0;
    let places = places(summaries);
    for (i, summary) in summaries.iter().enumerate() {
        let numbers = summary.numbers().copied().unwrap_or_default();
        done.extremes |= numbers.min.is_some() || numbers.max.is_some();
        let shown = |x: Option<f64>, least: usize| match x {
            None => ABSENT.to_owned(),
            Some(x) if counted.figures[i] && summary.n >= least * rules.threshold => {
                fixed(x, places)
            }
            Some(_) => rules.mark(),
        };
        let mut row = if names.is_empty() {
            vec!["all".to_owned()]
        } else {
            strata_cells(&summary.strata, &names)
        };
        row.push(counted.settled.text(counted.n[i]));
        row.push(counted.settled.text(counted.missing[i]));
        let figures = [
            shown(numbers.mean, 1),
            shown(numbers.sd, 1),
            shown(numbers.lower_quartile, 4),
            shown(numbers.median, 2),
            shown(numbers.upper_quartile, 4),
        ];
        figures_hidden += figures.iter().filter(|text| **text == rules.mark()).count();
        row.extend(figures);
        table.row(row);
    }
    table.finished(counted.settled.hidden() + figures_hidden, rules, done)
}

fn of_levels(summaries: &[&Summary], rules: &Disclosure, done: &mut Done) -> Content {
    let counted = counted(summaries, rules);
    let settled = &counted.settled;
    let strata = names(summaries.iter().map(|s| s.strata.as_slice()));
    let levels = levels(summaries);
    let mut columns: Vec<ListingColumn> = strata
        .iter()
        .map(|name| ListingColumn::words(capitalised(name)))
        .collect();
    if strata.is_empty() {
        columns.push(ListingColumn::words(""));
    }
    columns.extend(["n", "Missing"].map(ListingColumn::numbers));
    columns.extend(levels.iter().map(ListingColumn::numbers));
    let title = summaries.first().map(|s| titled(s)).unwrap_or_default();
    let mut table = Table::new(title, columns);
    for (i, summary) in summaries.iter().enumerate() {
        let mut row = if strata.is_empty() {
            vec!["all".to_owned()]
        } else {
            strata_cells(&summary.strata, &strata)
        };
        row.push(settled.text(counted.n[i]));
        row.push(settled.text(counted.missing[i]));
        for &cell in &counted.levels[i] {
            row.push(with_share(settled, cell, counted.n[i]));
        }
        table.row(row);
    }
    table.finished(settled.hidden(), rules, done)
}

/// A count and its share: `31 (53.4%)`, where neither tells what is hidden.
fn with_share(settled: &Settled, cell: usize, of: usize) -> String {
    match settled.share(cell, of) {
        Some(share) => format!("{} ({})", settled.text(cell), percentage(share)),
        None => settled.text(cell),
    }
}

/// Of parts of the data, each with how many are in it, which numbers may be known: not those that are small,
/// nor those from which a small one could be worked out.
fn known<'a>(
    parts: impl IntoIterator<Item = (&'a [Stratum], usize)>,
    rules: &Disclosure,
) -> Vec<bool> {
    let mut plan = Plan::default();
    let mut entries = Vec::new();
    for (strata, n) in parts {
        entries.push((strata, vec![plan.here(n)]));
    }
    plan.nest(&entries);
    let settled = plan.settled(rules, &[]);
    (0..entries.len()).map(|i| settled.shows(i)).collect()
}

/// Counts that are told apart by who they are about: one list of strata after the other.
fn same_part(strata: &[Stratum]) -> Vec<(&str, &str)> {
    let mut part: Vec<_> = strata
        .iter()
        .map(|s| (s.variable.as_str(), s.level.as_str()))
        .collect();
    part.sort_unstable();
    part
}

fn of_rates(rates: &[Rate], rules: &Disclosure, done: &mut Done) -> Vec<Content> {
    let mut plan = Plan::default();
    let mut cells = Vec::new();
    let base = |rate: &Rate| rate.total + rate.unknown;
    let largest_of = |rate: &Rate| {
        let part = |other: &&Rate| same_part(&other.strata) == same_part(&rate.strata);
        rates.iter().filter(part).map(base).max().unwrap_or(0)
    };
    // Each part of the data once.
    let part = |a: &Rate, b: &Rate| same_part(&a.strata) == same_part(&b.strata);
    let mut parts: Vec<&Rate> = Vec::new();
    for rate in rates {
        if !parts.iter().any(|known| part(known, rate)) {
            parts.push(rate);
        }
    }
    let of_parts = parts
        .iter()
        .map(|rate| (rate.strata.as_slice(), largest_of(rate)));
    let known = known(of_parts, rules);
    for rate in rates {
        let own = [rate.events, rate.total, rate.unknown].map(|n| plan.here(n));
        let [events, total, unknown] = own;
        plan.parts(&[events], total);
        // The largest group in a part of the data is known; what is counted of fewer is not.
        let own_part = parts.iter().position(|other| part(other, rate));
        let is_known = own_part.is_some_and(|place| known[place]);
        let all = if is_known && largest_of(rate) == base(rate) {
            plan.elsewhere(base(rate), rules)
        } else {
            plan.nowhere(base(rate))
        };
        plan.balance(vec![total, unknown], vec![all]);
        cells.push((own, all));
    }
    for (i, rate) in rates.iter().enumerate() {
        // The first of its kind binds the others of its kind, and all of its part of the data.
        let kind = |other: &Rate| (&other.id, &other.of) == (&rate.id, &rate.of);
        if !rates[..i].iter().any(kind) {
            let of_kind = rates.iter().zip(&cells).filter(|(other, _)| kind(other));
            let entries: Vec<(&[Stratum], Vec<usize>)> = of_kind
                .map(|(other, (own, all))| {
                    let mut own = own.to_vec();
                    own.push(*all);
                    (other.strata.as_slice(), own)
                })
                .collect();
            plan.nest(&entries);
        }
        let part = |other: &Rate| same_part(&other.strata) == same_part(&rate.strata);
        if !rates[..i].iter().any(part) {
            let of_part = rates.iter().zip(&cells).filter(|(other, _)| part(other));
            let numbers: Vec<usize> = of_part
                .flat_map(|(_, (own, all))| [own[0], own[1], *all])
                .collect();
            plan.alike(&numbers);
        }
    }
    let settled = plan.settled(rules, &[]);
    if settled.hidden() == 0 && rules.rounding == Rounding::Exact {
        return vec![Content::Rates(rates.to_vec())];
    }
    let names = names(rates.iter().map(|rate| rate.strata.as_slice()));
    let mut columns: Vec<ListingColumn> = names
        .iter()
        .map(|name| ListingColumn::words(capitalised(name)))
        .collect();
    columns.extend(["", "Of"].map(ListingColumn::words));
    columns.extend(["n", "Share", "CI", "Unknown"].map(ListingColumn::numbers));
    let mut table = Table::new("How many of how many", columns);
    for (rate, ([events, total, unknown], _)) in rates.iter().zip(&cells) {
        let mut row = strata_cells(&rate.strata, &names);
        row.extend([rate.label.clone(), rate.of.clone()]);
        row.push(format!(
            "{} of {}",
            settled.text(*events),
            settled.text(*total)
        ));
        row.push(share(settled.share(*events, *total)));
        // An interval tells its numbers: it stands only where they do, as they are.
        let exact = settled.shows_all(&[*events, *total]) && rules.rounding == Rounding::Exact;
        row.push(interval(rate.estimate.as_ref().filter(|_| exact)));
        row.push(settled.text(*unknown));
        table.row(row);
    }
    vec![table.finished(settled.hidden(), rules, done)]
}

fn interval(estimate: Option<&Estimate>) -> String {
    let ends = estimate.and_then(|estimate| estimate.interval);
    ends.map_or(ABSENT.to_owned(), |ends| {
        crate::number::interval(&ends, ("0%", "100%"), percentage)
    })
}

fn of_transitions(seen: &[Transition], rules: &Disclosure, done: &mut Done) -> Vec<Content> {
    let mut plan = Plan::default();
    let mut cells = Vec::new();
    let everybody = |t: &Transition| t.lasting + t.solved + t.new + t.never + t.unknown;
    for (i, t) in seen.iter().enumerate() {
        let kind = |o: &&Transition| (&o.problem, &o.from, &o.to) == (&t.problem, &t.from, &t.to);
        let place = seen[..i].iter().filter(kind).count();
        let of_kind = seen.iter().filter(kind);
        let of_kind = of_kind.map(|other| (other.strata.as_slice(), everybody(other)));
        let known = known(of_kind, rules).get(place) == Some(&true);
        let own = [t.lasting, t.solved, t.new, t.never, t.unknown].map(|n| plan.here(n));
        let all = if known {
            plan.elsewhere(everybody(t), rules)
        } else {
            plan.nowhere(everybody(t))
        };
        plan.balance(own.to_vec(), vec![all]);
        let had = plan.nowhere(t.lasting + t.solved);
        let had_not = plan.nowhere(t.new + t.never);
        plan.balance(vec![own[0], own[1]], vec![had]);
        plan.balance(vec![own[2], own[3]], vec![had_not]);
        cells.push((own, [had, had_not, all]));
    }
    for (i, t) in seen.iter().enumerate() {
        let kind = |o: &Transition| (&o.problem, &o.from, &o.to) == (&t.problem, &t.from, &t.to);
        if seen[..i].iter().any(kind) {
            continue;
        }
        let of_kind = seen.iter().zip(&cells).filter(|(other, _)| kind(other));
        let entries: Vec<(&[Stratum], Vec<usize>)> = of_kind
            .map(|(other, (own, sums))| {
                let own = own.iter().chain(sums).copied();
                (other.strata.as_slice(), own.collect())
            })
            .collect();
        plan.nest(&entries);
    }
    let settled = plan.settled(rules, &[]);
    if settled.hidden() == 0 && rules.rounding == Rounding::Exact {
        return vec![Content::Transitions(seen.to_vec())];
    }
    let names = names(seen.iter().map(|t| t.strata.as_slice()));
    let mut columns = vec![ListingColumn::words("Problem")];
    columns.extend(
        names
            .iter()
            .map(|name| ListingColumn::words(capitalised(name))),
    );
    let heads = [
        "Lasting",
        "Solved",
        "New",
        "Never",
        "Unknown",
        "Share solved",
        "Share new",
    ];
    columns.extend(heads.map(ListingColumn::numbers));
    let title = seen.first().map_or("Problems".to_owned(), |t| {
        format!(
            "Problems from {} to {}",
            wave_name(&t.from),
            wave_name(&t.to)
        )
    });
    let mut table = Table::new(title, columns);
    for (t, (own, _)) in seen.iter().zip(&cells) {
        let mut row = vec![t.label.clone()];
        row.extend(strata_cells(&t.strata, &names));
        row.extend(own.iter().map(|&cell| settled.text(cell)));
        let of = |part: usize, rest: usize, n: usize, total: usize| {
            let shown = settled.shows_all(&[own[part], own[rest]]) && total > 0;
            let [n, rest] = [n, total - n].map(|n| rules.rounded(n) as f64);
            share((shown && n + rest > 0.0).then(|| n / (n + rest)))
        };
        row.push(of(1, 0, t.solved, t.solved + t.lasting));
        row.push(of(2, 3, t.new, t.new + t.never));
        table.row(row);
    }
    vec![table.finished(settled.hidden(), rules, done)]
}

fn of_funnel(seen: &Funnel, rules: &Disclosure, done: &mut Done) -> Vec<Content> {
    let mut plan = Plan::default();
    let cells: Vec<[usize; 2]> = seen
        .points
        .iter()
        .map(|point| {
            let own = [point.events, point.total].map(|n| plan.here(n));
            plan.parts(&own[..1], own[1]);
            own
        })
        .collect();
    // The share of all together tells both sums to whoever knows one of them.
    for k in 0..2 {
        let parts: Vec<usize> = cells.iter().map(|own| own[k]).collect();
        let sum = seen.points.iter().map(|p| [p.events, p.total][k]).sum();
        let all = plan.elsewhere(sum, rules);
        plan.parts(&parts, all);
    }
    let settled = plan.settled(rules, &[]);
    if settled.hidden() == 0 && rules.rounding == Rounding::Exact {
        return vec![Content::Funnel(seen.clone())];
    }
    let columns = vec![
        ListingColumn::words(capitalised(&seen.unit)),
        ListingColumn::numbers(capitalised(&seen.label)),
        ListingColumn::numbers(capitalised(&seen.of)),
        ListingColumn::numbers("Share"),
    ];
    let mut table = Table::new(&seen.title, columns);
    for (point, &[events, total]) in seen.points.iter().zip(&cells) {
        table.row(vec![
            point.label.clone(),
            settled.text(events),
            settled.text(total),
            share(settled.share(events, total)),
        ]);
    }
    let notes = &mut table.listing.notes;
    notes.push(format!("All together: {}.", percentage(seen.overall)));
    notes.push("The picture is left out, as a point tells its number.".to_owned());
    vec![table.finished(settled.hidden(), rules, done)]
}

fn of_patterns(seen: &Patterns, rules: &Disclosure, done: &mut Done) -> Vec<Content> {
    let mut plan = Plan::default();
    let groups = seen.groups.len();
    let cells: Vec<Vec<usize>> = seen
        .rows
        .iter()
        .map(|row| {
            (0..groups)
                .map(|g| plan.here(row.counts.get(g).copied().unwrap_or(0)))
                .collect()
        })
        .collect();
    for g in 0..groups {
        let parts: Vec<usize> = cells.iter().map(|row| row[g]).collect();
        let n = seen.rows.iter().filter_map(|row| row.counts.get(g)).sum();
        let all = plan.elsewhere(n, rules);
        plan.parts(&parts, all);
    }
    let missing: Vec<usize> = seen
        .columns
        .iter()
        .enumerate()
        .map(|(k, column)| {
            let total = plan.here(column.missing);
            let lack = seen.rows.iter().zip(&cells);
            let lack = lack.filter(|(row, _)| row.present.get(k) != Some(&true));
            let parts: Vec<usize> = lack.flat_map(|(_, row)| row.clone()).collect();
            plan.parts(&parts, total);
            // Those who are there follow as well.
            let all: usize = seen.rows.iter().map(kring_core::PatternRow::total).sum();
            let all = plan.elsewhere(all, rules);
            plan.parts(&[total], all);
            total
        })
        .collect();
    let settled = plan.settled(rules, &[]);
    if settled.hidden() == 0 && rules.rounding == Rounding::Exact {
        return vec![Content::Patterns(seen.clone())];
    }
    let mut columns: Vec<ListingColumn> = seen
        .columns
        .iter()
        .map(|column| ListingColumn::words(wave_name(&column.label)))
        .collect();
    columns.extend(
        seen.groups
            .iter()
            .map(|group| ListingColumn::numbers(if group.is_empty() { "n" } else { group })),
    );
    let mut table = Table::new(&seen.caption, columns);
    for (row, cells) in seen.rows.iter().zip(&cells) {
        let mut words: Vec<String> = row
            .present
            .iter()
            .map(|&there| if there { "there" } else { ABSENT }.to_owned())
            .collect();
        words.resize(seen.columns.len(), ABSENT.to_owned());
        words.extend(cells.iter().map(|&cell| settled.text(cell)));
        table.row(words);
    }
    let mut foot: Vec<String> = missing
        .iter()
        .map(|&cell| format!("{} missing", settled.text(cell)))
        .collect();
    foot.extend(seen.groups.iter().map(|_| String::new()));
    table.row(foot);
    vec![table.finished(settled.hidden(), rules, done)]
}

/// A count of an arm's flow by the patterns it is the sum of.
fn sum_of(arm: &ArmFlow, is: impl Fn(&[bool]) -> bool) -> Vec<usize> {
    let patterns = arm.patterns.iter().enumerate();
    patterns
        .filter(|(_, p)| is(&p.seen))
        .map(|(i, _)| i)
        .collect()
}

fn of_flow(seen: &Flow, rules: &Disclosure, done: &mut Done) -> Vec<Content> {
    let mut columns = vec![ListingColumn::words("Arm"), ListingColumn::words("Who")];
    columns.push(ListingColumn::numbers("n"));
    let mut table = Table::new("Who was seen at each wave", columns);
    let mut hidden = 0;
    for arm in &seen.arms {
        let mut plan = Plan::default();
        let patterns: Vec<usize> = arm.patterns.iter().map(|p| plan.here(p.n)).collect();
        let all = if rules.is_small(arm.subjects) {
            plan.here(arm.subjects)
        } else {
            plan.elsewhere(arm.subjects, rules)
        };
        plan.parts(&patterns, all);
        let mut rows = vec![("in all".to_owned(), all)];
        let mut add = |plan: &mut Plan, what: String, n: usize, of: Vec<usize>| {
            // How many were seen at a wave stands in other tables too, unless few were not.
            let few = |n: usize| n > 0 && n < rules.threshold;
            let every = what == "seen at every wave";
            let known =
                !every && what.starts_with("seen at ") && !few(arm.subjects.saturating_sub(n));
            let cell = if known && !rules.is_small(n) {
                plan.elsewhere(n, rules)
            } else {
                plan.here(n)
            };
            let parts: Vec<usize> = of.iter().map(|&i| patterns[i]).collect();
            if parts.is_empty() {
                plan.parts(&[cell], all);
            } else {
                plan.balance(parts, vec![cell]);
                plan.parts(&[cell], all);
            }
            rows.push((what, cell));
        };
        for (w, wave) in arm.waves.iter().enumerate() {
            let name = wave_name(&wave.wave);
            for (what, n, of) in of_wave(arm, w, wave) {
                if n > 0 || what == "seen" {
                    add(&mut plan, format!("{what} at {name}"), n, of);
                }
            }
        }
        let always = sum_of(arm, |seen| seen.iter().all(|&s| s));
        let never = sum_of(arm, |seen| !seen.contains(&true));
        add(&mut plan, "seen at every wave".into(), arm.complete, always);
        if arm.never > 0 {
            add(&mut plan, "never seen".into(), arm.never, never);
        }
        let left = sum_of(arm, |seen| {
            let last = seen.iter().rposition(|&s| s);
            last.is_some_and(|last| last + 1 < seen.len() && seen[..=last].iter().all(|&s| s))
        });
        add(&mut plan, "left for good".into(), arm.monotone, left);
        for (pattern, &cell) in arm.patterns.iter().zip(&patterns) {
            let signs = pattern.seen.iter().map(|&s| if s { '●' } else { '○' });
            rows.push((format!("pattern {}", signs.collect::<String>()), cell));
        }
        let settled = plan.settled(rules, &[]);
        hidden += settled.hidden();
        let name = if arm.arm.is_empty() { "All" } else { &arm.arm };
        for (what, cell) in rows {
            table.row(vec![name.to_owned(), what, settled.text(cell)]);
        }
    }
    if hidden == 0 && rules.rounding == Rounding::Exact {
        return vec![Content::Flow(seen.clone())];
    }
    table
        .listing
        .notes
        .push("●: seen at the wave. ○: not seen.".to_owned());
    vec![table.finished(hidden, rules, done)]
}

/// The counts of a wave, and the patterns that each is the sum of.
fn of_wave(arm: &ArmFlow, w: usize, wave: &WaveCount) -> Vec<(&'static str, usize, Vec<usize>)> {
    let at = |seen: &[bool], w: usize| seen.get(w) == Some(&true);
    let before = |seen: &[bool]| seen.iter().take(w).any(|&s| s);
    let later = |seen: &[bool]| seen.iter().skip(w + 1).any(|&s| s);
    let just = |seen: &[bool]| w > 0 && at(seen, w - 1);
    vec![
        ("seen", wave.present, sum_of(arm, |s| at(s, w))),
        (
            "left",
            wave.left,
            sum_of(arm, |s| just(s) && !at(s, w) && !later(s)),
        ),
        (
            "away",
            wave.away,
            sum_of(arm, |s| before(s) && !at(s, w) && later(s)),
        ),
        (
            "returned",
            wave.returned,
            sum_of(arm, |s| at(s, w) && !just(s) && before(s)),
        ),
        (
            "came late",
            wave.late,
            sum_of(arm, |s| w > 0 && at(s, w) && !before(s)),
        ),
    ]
}

fn of_baseline(seen: &BaselineTable, rules: &Disclosure, done: &mut Done) -> Vec<Content> {
    let groups: Vec<_> = seen.groups.iter().chain(&seen.overall).collect();
    // The sizes of the groups, which stand in the head.
    let mut plan = Plan::default();
    let sizes: Vec<usize> = groups.iter().map(|group| plan.here(group.n)).collect();
    if let (Some(_), Some((&all, parts))) = (&seen.overall, sizes.split_last()) {
        plan.parts(parts, all);
    }
    let heads = plan.settled(rules, &[]);
    let mut columns = vec![ListingColumn::words("")];
    for (group, &size) in groups.iter().zip(&sizes) {
        let head = format!("{} (n = {})", group.label, heads.text(size));
        columns.push(ListingColumn::numbers(head));
    }
    columns.push(ListingColumn::numbers("SMD"));
    let mut table = Table::new(&seen.caption, columns);
    let mut hidden = heads.hidden();
    for variable in &seen.variables {
        hidden += baseline_rows(seen, variable, rules, &mut table);
    }
    if hidden == 0 && rules.rounding == Rounding::Exact {
        return vec![Content::Baseline(seen.clone())];
    }
    table.listing.notes.extend(seen.notes.iter().cloned());
    table.listing.cautions.clone_from(&seen.cautions);
    vec![table.finished(hidden, rules, done)]
}

/// The rows of a variable; gives how many of their numbers are hidden.
fn baseline_rows(
    seen: &BaselineTable,
    variable: &BaselineVariable,
    rules: &Disclosure,
    table: &mut Table,
) -> usize {
    // In this table everybody has no stratum and a group has its own.
    let mut summaries: Vec<Summary> = variable.groups.clone();
    for (summary, group) in summaries.iter_mut().zip(&seen.groups) {
        summary.strata = vec![Stratum {
            variable: seen.by.clone(),
            level: group.name.clone(),
        }];
    }
    summaries.extend(variable.overall.iter().cloned().map(|mut summary| {
        summary.strata.clear();
        summary
    }));
    let summaries: Vec<&Summary> = summaries.iter().collect();
    let counted = counted(&summaries, rules);
    let settled = &counted.settled;
    let columns = seen.groups.len() + usize::from(seen.overall.is_some());
    let filled = |mut row: Vec<String>| {
        row.resize(columns + 1, ABSENT.to_owned());
        row
    };
    // A count of values is not printed in this table; a hidden one counts for nothing here.
    let printed = |i: usize| counted.levels[i].iter().chain([&counted.missing[i]]);
    let mut hidden = (0..summaries.len())
        .flat_map(printed)
        .filter(|&&cell| !settled.shows(cell))
        .count();
    let mut own = Vec::new();
    let mut figures = true;
    let title = match &variable.unit {
        Some(unit) => format!("{} ({unit})", variable.label),
        None => variable.label.clone(),
    };
    if variable.shown == Shown::Levels {
        own.push(vec![title]);
        for (k, level) in levels(&summaries).iter().enumerate() {
            let label = variable.levels.iter().find(|l| l.name == *level);
            let mut row = vec![format!("\u{2003}{}", label.map_or(level, |l| &l.label))];
            row.extend(
                (0..summaries.len()).map(|i| match counted.levels[i].get(k) {
                    Some(&cell) => with_share(settled, cell, counted.n[i]),
                    None => ABSENT.to_owned(),
                }),
            );
            own.push(row);
        }
        if let Some(first) = own.first_mut() {
            first.extend((0..columns).map(|_| String::new()));
        }
    } else {
        let row = baseline_figures(variable, &title, &summaries, &counted, rules);
        let figures_hidden = row.iter().filter(|text| **text == rules.mark()).count();
        figures = figures_hidden == 0;
        hidden += figures_hidden;
        own.push(row);
    }
    // A difference tells one group's figures to whoever sees the other's.
    let counts = (0..summaries.len()).all(|i| {
        let levels = &counted.levels[i];
        levels.is_empty() || (settled.shows_all(levels) && settled.shows(counted.n[i]))
    });
    let all_shown = figures && counts;
    let difference = variable
        .difference(seen.pairs)
        .and_then(kring_core::Value::finite);
    for (place, row) in own.into_iter().enumerate() {
        let mut row = filled(row);
        row.push(
            match difference.filter(|_| all_shown && rules.rounding == Rounding::Exact) {
                Some(difference) if place == 0 => significant(difference),
                _ if place == 0 => ABSENT.to_owned(),
                _ => String::new(),
            },
        );
        table.row(row);
    }
    if summaries.iter().any(|summary| summary.missing > 0) {
        let mut row = vec!["\u{2003}missing".to_owned()];
        row.extend(counted.missing.iter().map(|&cell| settled.text(cell)));
        let mut row = filled(row);
        row.push(String::new());
        table.row(row);
    }
    hidden
}

/// The row of a variable of numbers.
fn baseline_figures(
    variable: &BaselineVariable,
    title: &str,
    summaries: &[&Summary],
    counted: &Counted,
    rules: &Disclosure,
) -> Vec<String> {
    let median = variable.shown == Shown::MedianQuartiles;
    let places = places(summaries);
    let what = if median { ", median [quartiles]" } else { "" };
    let mut row = vec![format!("{title}{what}")];
    for (summary, figures) in summaries.iter().zip(&counted.figures) {
        let numbers = summary.numbers().copied().unwrap_or_default();
        let of = |least: usize| *figures && summary.n >= least * rules.threshold;
        // On either side of a quartile there are enough people, or it is not told.
        row.push(match (median, numbers.median) {
            (true, _) if of(4) => quartiles(numbers, places),
            (true, Some(median)) if of(2) => at_most(median, places),
            (false, _) if of(1) => mean_sd(numbers, places),
            _ if summary.n == 0 => ABSENT.to_owned(),
            _ => rules.mark(),
        });
    }
    row
}

#[cfg(test)]
mod tests;
