//! The words of kring as frames.

use kring::advise::{Advice, Remark, Source, Suggestion};
use kring::cohort::{Dataset, Missingness};
use kring::core::{
    BaselineTable, ColumnData, ComparedPart, Comparison, Component, Estimate, Flow, Funnel,
    Interval, JointTest, Patterns, Rate, Stratum, Summary, SummaryKind, Table, Transition,
};
use kring::method::{AnswerTable, ByRow, Cells};
use kring::network::involvement::IndicatorRow;
use kring::power::PowerPoint;
use kring::sim::performance::Performance;
use kring::sim::truth::Truth;
use kring::verify::NumberVerified;
use polars::prelude::{
    Column, DataFrame, DataType, FrozenCategories, IntoColumn, NamedFrom, PolarsError,
    PolarsResult, Series,
};
use pyo3::{PyErr, PyResult};

use crate::errors::{InputError, refused};
use crate::values::word;

/// A table; factors become enums with their levels in order, the subjects plain texts.
pub fn table(table: &Table, subject: &str) -> PyResult<DataFrame> {
    let columns = table.columns().iter();
    made(
        columns
            .map(|column| one_column(column, column.name == subject))
            .collect(),
    )
}

/// The rows of a file as they are meant: labelled values as categories, user-missing codes as missing. What
/// has neither stays as it was read.
pub fn decoded(data: &Dataset) -> PyResult<DataFrame> {
    let mut columns = data.frame.columns().to_vec();
    for variable in &data.codebook.variables {
        if variable.value_labels.is_empty() && variable.user_missing.is_empty() {
            continue;
        }
        let names = data.frame.get_column_names();
        let place = names.iter().position(|name| name.as_str() == variable.name);
        let Some(place) = place else { continue };
        if let Some(column) = data.column(place).map_err(refused)? {
            columns[place] = one_column(&column, false).map_err(|error| unfit(&error))?;
        }
    }
    made(Ok(columns))
}

fn one_column(column: &kring::core::Column, as_texts: bool) -> PolarsResult<Column> {
    let name = column.name.as_str();
    match column.data() {
        ColumnData::Numeric(numeric) => Ok(numbers(name, numeric.iter())),
        ColumnData::Factor(factor) => {
            let words = (0..column.rows()).map(|row| factor.label(row));
            let texts = Series::new(name.into(), words.collect::<Vec<_>>());
            if as_texts {
                return Ok(texts.into_column());
            }
            let levels = FrozenCategories::new(factor.levels().iter().map(String::as_str))?;
            texts
                .strict_cast(&DataType::from_frozen_categories(levels))
                .map(Series::into_column)
        }
    }
}

/// The analyses that fit, a row each.
pub fn analyses(analyses: &[Suggestion]) -> PyResult<DataFrame> {
    let all = |of: fn(&Suggestion) -> String| analyses.iter().map(move |one| Some(of(one)));
    made(Ok(vec![
        texts("rule", all(|one| one.rule.clone())),
        texts("title", all(|one| one.title.clone())),
        texts("because", all(|one| one.because.clone())),
        texts("formula", analyses.iter().map(|one| one.formula.as_deref())),
        texts("python", all(|one| one.call.python())),
        texts("command", all(|one| one.call.command(&Source::of("DATA")))),
        texts("sources", all(|one| one.sources.join("; "))),
    ]))
}

/// The numbers of a stored result, a row each.
pub fn numbers_verified(all: &[NumberVerified]) -> PyResult<DataFrame> {
    made(Ok(vec![
        texts("place", all.iter().map(|one| Some(one.place.as_str()))),
        numbers("stored", all.iter().map(|one| one.stored)),
        numbers("now", all.iter().map(|one| one.now)),
        texts("outcome", all.iter().map(|one| Some(word(&one.outcome)))),
    ]))
}

/// What to mind, what not to do, and what cannot be done here, a row each.
pub fn remarks(advice: &Advice) -> PyResult<DataFrame> {
    let parts = [
        ("mind", &advice.mind),
        ("avoid", &advice.avoid),
        ("not_here", &advice.not_here),
    ];
    let all: Vec<(&str, &Remark)> = parts
        .into_iter()
        .flat_map(|(says, remarks)| remarks.iter().map(move |one| (says, one)))
        .collect();
    let each = |of: fn(&Remark) -> String| all.iter().map(move |(_, one)| Some(of(one)));
    made(Ok(vec![
        texts("rule", each(|one| one.rule.clone())),
        texts("says", all.iter().map(|(says, _)| Some(*says))),
        texts("title", each(|one| one.title.clone())),
        texts("because", each(|one| one.because.clone())),
        texts("text", each(|one| one.text.clone())),
        texts("sources", each(|one| one.sources.join("; "))),
    ]))
}

/// One row an estimate. Ratios and their intervals are ratios; the standard error is that of their log, as
/// `std_error_scale` says.
pub fn estimates(estimates: &[Estimate]) -> PyResult<DataFrame> {
    let all = |of: fn(&Estimate) -> Option<f64>| estimates.iter().map(of);
    let cautions = estimates.iter().map(|e| {
        let sentences: Vec<String> = e
            .cautions
            .iter()
            .map(kring::core::Caution::sentence)
            .collect();
        sentences.join(" ")
    });
    made(Ok(vec![
        texts("label", estimates.iter().map(|e| Some(e.label.as_str()))),
        texts("measure", estimates.iter().map(|e| Some(e.measure.name()))),
        numbers("value", all(|e| e.natural().finite())),
        numbers("std_error", all(|e| e.std_error)),
        texts("std_error_scale", estimates.iter().map(scale)),
        numbers(
            "low",
            all(|e| e.natural_interval().and_then(|interval| interval.low)),
        ),
        numbers(
            "high",
            all(|e| e.natural_interval().and_then(|interval| interval.high)),
        ),
        numbers("level", all(|e| e.interval.map(|interval| interval.level))),
        numbers("df", all(|e| e.reference.df())),
        numbers("p_value", all(|e| e.p_value)),
        counts("n", estimates.iter().map(|e| Some(e.sample.rows))),
        texts("method", estimates.iter().map(|e| Some(e.method.as_str()))),
        texts("cautions", cautions.map(Some)),
    ]))
}

/// The scale of a standard error: that of the value, or of its log.
fn scale(estimate: &Estimate) -> Option<&'static str> {
    estimate.std_error?;
    Some(if estimate.measure.is_log() {
        "log"
    } else {
        "value"
    })
}

/// One row a test.
pub fn tests(tests: &[JointTest]) -> PyResult<DataFrame> {
    let cautions = tests.iter().map(|test| {
        let sentences = test.cautions.iter().map(kring::core::Caution::sentence);
        sentences.collect::<Vec<_>>().join(" ")
    });
    made(Ok(vec![
        texts("label", tests.iter().map(|t| Some(t.label.as_str()))),
        numbers("statistic", tests.iter().map(|t| t.statistic)),
        numbers("df", tests.iter().map(|t| t.reference.df())),
        numbers("p_value", tests.iter().map(|t| t.p_value)),
        counts("n", tests.iter().map(|t| Some(t.sample.rows))),
        texts("method", tests.iter().map(|t| Some(t.method.as_str()))),
        texts("cautions", cautions.map(Some)),
    ]))
}

/// One row a standard deviation or correlation of random effects.
pub fn components(components: &[Component]) -> PyResult<DataFrame> {
    let end = |of: fn(&Interval) -> Option<f64>| {
        let intervals = components.iter().map(|c| c.interval.as_ref());
        intervals.map(move |interval| interval.and_then(of))
    };
    let kinds: Vec<String> = components.iter().map(|c| word(&c.kind)).collect();
    made(Ok(vec![
        texts("group", components.iter().map(|c| Some(c.group.as_str()))),
        texts("label", components.iter().map(|c| Some(c.label.as_str()))),
        texts("kind", kinds.iter().map(|kind| Some(kind.as_str()))),
        numbers("value", components.iter().map(|c| Some(c.value))),
        numbers("low", end(|interval| interval.low)),
        numbers("high", end(|interval| interval.high)),
        numbers("level", end(|interval| Some(interval.level))),
    ]))
}

/// One row a row of the data.
pub fn by_row(columns: &[ByRow]) -> PyResult<DataFrame> {
    let columns = columns
        .iter()
        .map(|column| numbers(&column.name, column.values.iter().copied()));
    made(Ok(columns.collect()))
}

/// A table that goes with an answer, as it is.
pub fn of_answer(table: &AnswerTable) -> PyResult<DataFrame> {
    let columns = table.columns.iter().map(|column| match &column.cells {
        Cells::Words(words) => texts(&column.name, words.iter().map(Some)),
        Cells::Numbers(values) => numbers(&column.name, values.iter().copied()),
    });
    made(Ok(columns.collect()))
}

/// The variables of the strata of some things, each as a column.
fn strata<'a>(of: impl Iterator<Item = &'a [Stratum]> + Clone) -> Vec<Column> {
    let mut by: Vec<&str> = Vec::new();
    for stratum in of.clone().flatten() {
        if !by.contains(&stratum.variable.as_str()) {
            by.push(&stratum.variable);
        }
    }
    let column = |name: &str| {
        let level = |strata: &'a [Stratum]| {
            let found = strata.iter().find(|stratum| stratum.variable == name);
            found.map(|stratum| stratum.level.as_str())
        };
        texts(name, of.clone().map(level))
    };
    by.into_iter().map(column).collect()
}

/// The ends of the interval of an estimate, on the scale of the estimate.
fn ends(estimate: Option<&Estimate>) -> [Option<f64>; 2] {
    let interval = estimate.and_then(Estimate::natural_interval);
    [
        interval.and_then(|interval| interval.low),
        interval.and_then(|interval| interval.high),
    ]
}

/// One row a share and stratum.
pub fn rates<'a>(rates: impl Iterator<Item = &'a Rate>) -> PyResult<DataFrame> {
    let rates: Vec<&Rate> = rates.collect();
    let all = || rates.iter();
    let end = |place: usize| all().map(move |r| ends(r.estimate.as_ref()).get(place).copied()?);
    let mut columns = vec![
        texts("id", all().map(|r| Some(r.id.as_str()))),
        texts("label", all().map(|r| Some(r.label.as_str()))),
        texts("of", all().map(|r| Some(r.of.as_str()))),
    ];
    columns.extend(strata(all().map(|r| r.strata.as_slice())));
    columns.extend([
        counts("events", all().map(|r| Some(r.events))),
        counts("total", all().map(|r| Some(r.total))),
        counts("unknown", all().map(|r| Some(r.unknown))),
        numbers("share", all().map(|r| r.share())),
        numbers("low", end(0)),
        numbers("high", end(1)),
    ]);
    made(Ok(columns))
}

/// One row a problem and stratum.
pub fn transitions(transitions: &[Transition]) -> PyResult<DataFrame> {
    let all = || transitions.iter();
    let share = |estimate: Option<&Estimate>| estimate.and_then(|e| e.natural().finite());
    let mut columns = vec![
        texts("problem", all().map(|t| Some(t.problem.as_str()))),
        texts("label", all().map(|t| Some(t.label.as_str()))),
    ];
    columns.extend(strata(all().map(|t| t.strata.as_slice())));
    columns.extend([
        texts("from", all().map(|t| Some(t.from.as_str()))),
        texts("to", all().map(|t| Some(t.to.as_str()))),
        counts("never", all().map(|t| Some(t.never))),
        counts("new", all().map(|t| Some(t.new))),
        counts("solved", all().map(|t| Some(t.solved))),
        counts("lasting", all().map(|t| Some(t.lasting))),
        counts("unknown", all().map(|t| Some(t.unknown))),
        numbers(
            "solved_share",
            all().map(|t| share(t.solved_share.as_ref())),
        ),
        numbers("new_share", all().map(|t| share(t.new_share.as_ref()))),
    ]);
    made(Ok(columns))
}

/// One row a variable, level and group; the group is missing where it is everybody. The caption
/// stands before them where there are several tables.
pub fn baseline(tables: &[BaselineTable]) -> PyResult<DataFrame> {
    let rows: Vec<_> = tables
        .iter()
        .flat_map(|table| {
            let figures = table.figures().into_iter();
            figures.map(|row| (table.caption.as_str(), row))
        })
        .collect();
    let all = || rows.iter().map(|(_, row)| row);
    let caption = rows.iter().map(|(caption, _)| Some(*caption));
    let caption = (tables.len() > 1).then(|| texts("table", caption));
    let columns = caption.into_iter().chain([
        texts("variable", all().map(|r| Some(r.variable.as_str()))),
        texts("label", all().map(|r| Some(r.label.as_str()))),
        texts("unit", all().map(|r| r.unit.as_deref())),
        texts("level", all().map(|r| r.level.as_deref())),
        texts("group", all().map(|r| r.group.as_deref())),
        counts("n", all().map(|r| Some(r.n))),
        counts("missing", all().map(|r| Some(r.missing))),
        numbers("mean", all().map(|r| r.mean)),
        numbers("sd", all().map(|r| r.sd)),
        numbers("lower_quartile", all().map(|r| r.lower_quartile)),
        numbers("median", all().map(|r| r.median)),
        numbers("upper_quartile", all().map(|r| r.upper_quartile)),
        counts("count", all().map(|r| r.count)),
        numbers("share", all().map(|r| r.share)),
    ]);
    made(Ok(columns.collect()))
}

/// One row a standardised difference.
pub fn differences(tables: &[BaselineTable]) -> PyResult<DataFrame> {
    let rows: Vec<_> = tables
        .iter()
        .flat_map(|table| {
            let variables = table.variables.iter();
            variables.flat_map(move |variable| {
                let differences = variable.differences.iter();
                differences.map(move |difference| (table, variable, difference))
            })
        })
        .collect();
    let all = || rows.iter();
    let caption = all().map(|(table, _, _)| Some(table.caption.as_str()));
    let caption = (tables.len() > 1).then(|| texts("table", caption));
    let end = |place: usize| all().map(move |(_, _, d)| ends(Some(d)).get(place).copied()?);
    let columns = caption.into_iter().chain([
        texts("variable", all().map(|(_, v, _)| Some(v.name.as_str()))),
        texts("groups", all().map(|(_, _, d)| Some(d.label.as_str()))),
        numbers("difference", all().map(|(_, _, d)| d.natural().finite())),
        numbers("low", end(0)),
        numbers("high", end(1)),
    ]);
    made(Ok(columns.collect()))
}

/// One row a pattern: whether there is a value at each place, and how many in each group have it.
pub fn patterns(patterns: &Patterns) -> PyResult<DataFrame> {
    let mut columns = Vec::new();
    for (place, column) in patterns.columns.iter().enumerate() {
        let present = patterns
            .rows
            .iter()
            .map(|row| row.present.get(place).copied());
        let name = format!("present: {}", column.label);
        columns.push(Series::new(name.into(), present.collect::<Vec<_>>()).into_column());
    }
    for (place, group) in patterns.groups.iter().enumerate() {
        let name = match group.as_str() {
            "" => "n".to_owned(),
            group => format!("n: {group}"),
        };
        let n = patterns
            .rows
            .iter()
            .map(|row| row.counts.get(place).copied());
        columns.push(counts(&name, n));
    }
    made(Ok(columns))
}

/// One row a unit of each funnel.
pub fn funnels<'a>(funnels: impl Iterator<Item = &'a Funnel>) -> PyResult<DataFrame> {
    let rows: Vec<_> = funnels
        .flat_map(|funnel| funnel.points.iter().map(move |point| (funnel, point)))
        .collect();
    let all = || rows.iter();
    made(Ok(vec![
        texts("funnel", all().map(|(f, _)| Some(f.id.as_str()))),
        texts("unit", all().map(|(_, p)| Some(p.label.as_str()))),
        counts("events", all().map(|(_, p)| Some(p.events))),
        counts("total", all().map(|(_, p)| Some(p.total))),
        numbers("share", all().map(|(_, p)| Some(p.share))),
        numbers("overall", all().map(|(f, _)| Some(f.overall))),
        numbers(
            "outside_level",
            all().map(|(_, p)| p.outside.map(|outside| outside.level)),
        ),
        texts(
            "outside_side",
            all().map(|(_, p)| p.outside.map(|outside| word(&outside.side))),
        ),
    ]))
}

/// One row a figure of performance.
pub fn performance(performance: &Performance) -> PyResult<DataFrame> {
    let words: Vec<String> = performance
        .rows
        .iter()
        .map(|row| word(&row.measure))
        .collect();
    made(Ok(vec![
        texts("measure", words.iter().map(|word| Some(word.as_str()))),
        numbers("value", performance.rows.iter().map(|row| Some(row.value))),
        numbers("mcse", performance.rows.iter().map(|row| row.mcse)),
        counts("replicates", performance.rows.iter().map(|row| Some(row.n))),
    ]))
}

/// One row a point of power; what is known by a closed form has no replicates and no error.
pub fn power_points(points: &[PowerPoint]) -> PyResult<DataFrame> {
    let whole = |n: u64| usize::try_from(n).ok();
    let simulated = |point: &PowerPoint| point.replicates > 0;
    let of = |value: fn(&PowerPoint) -> f64| {
        points
            .iter()
            .map(move |point| simulated(point).then(|| value(point)))
    };
    made(Ok(vec![
        counts(
            "n",
            points
                .iter()
                .map(|point| point.n.first().copied().and_then(whole)),
        ),
        counts(
            "total",
            points.iter().map(|point| whole(point.n.iter().sum())),
        ),
        numbers("effect", points.iter().map(|point| point.effect)),
        numbers("power", points.iter().map(|point| Some(point.power))),
        numbers("mcse", of(|point| point.mcse)),
        numbers("low", of(|point| point.low)),
        numbers("high", of(|point| point.high)),
        counts(
            "replicates",
            points.iter().map(|point| whole(point.replicates)),
        ),
        counts(
            "failed",
            points
                .iter()
                .map(|point| whole(point.failures.iter().map(|f| f.failed.times).sum())),
        ),
    ]))
}

/// One row a variable and stratum, and for a factor one a level.
pub fn summaries(summaries: &[Summary]) -> PyResult<DataFrame> {
    let mut by: Vec<&str> = Vec::new();
    for stratum in summaries.iter().flat_map(|summary| &summary.strata) {
        if !by.contains(&stratum.variable.as_str()) {
            by.push(&stratum.variable);
        }
    }
    // A summary of numbers is one row without a level.
    let rows: Vec<(&Summary, Option<usize>)> = summaries
        .iter()
        .flat_map(|summary| match &summary.kind {
            SummaryKind::Numbers(_) => vec![(summary, None)],
            SummaryKind::Levels(levels) => (0..levels.len())
                .map(|place| (summary, Some(place)))
                .collect(),
        })
        .collect();
    let level = |(summary, place): &(&'_ Summary, Option<usize>)| match &summary.kind {
        SummaryKind::Levels(levels) => place.and_then(|place| levels.get(place)).cloned(),
        SummaryKind::Numbers(_) => None,
    };
    let number = |of: fn(&kring::core::Numbers) -> Option<f64>| {
        rows.iter()
            .map(move |(summary, _)| summary.numbers().and_then(of))
    };
    let mut columns = vec![
        texts(
            "variable",
            rows.iter().map(|(s, _)| Some(s.variable.as_str())),
        ),
        texts("label", rows.iter().map(|(s, _)| Some(s.label.as_str()))),
        texts("unit", rows.iter().map(|(s, _)| s.unit.as_deref())),
    ];
    for name in by {
        let stratum = |summary: &&Summary| -> Option<String> {
            let found: Option<&Stratum> = summary.strata.iter().find(|s| s.variable == name);
            found.map(|s| s.level.clone())
        };
        columns.push(texts(
            name,
            rows.iter().map(|(summary, _)| stratum(summary)),
        ));
    }
    columns.extend([
        counts("n", rows.iter().map(|(s, _)| Some(s.n))),
        counts("missing", rows.iter().map(|(s, _)| Some(s.missing))),
        numbers("mean", number(|f| f.mean)),
        numbers("sd", number(|f| f.sd)),
        numbers("min", number(|f| f.min)),
        numbers("lower_quartile", number(|f| f.lower_quartile)),
        numbers("median", number(|f| f.median)),
        numbers("upper_quartile", number(|f| f.upper_quartile)),
        numbers("max", number(|f| f.max)),
        texts(
            "level",
            rows.iter().map(|row| level(row).map(|count| count.level)),
        ),
        counts(
            "count",
            rows.iter().map(|row| level(row).map(|count| count.n)),
        ),
        numbers(
            "share",
            rows.iter()
                .map(|row| level(row).and_then(|count| count.share)),
        ),
    ]);
    made(Ok(columns))
}

/// One row an indicator, arm and wave.
pub fn indicators(rows: &[IndicatorRow]) -> PyResult<DataFrame> {
    let mut by: Vec<&str> = Vec::new();
    for stratum in rows.iter().flat_map(|row| &row.summary.strata) {
        if !by.contains(&stratum.variable.as_str()) {
            by.push(&stratum.variable);
        }
    }
    let word = |row: &IndicatorRow| Some(row.indicator.word());
    let mut columns = vec![
        texts("indicator", rows.iter().map(word)),
        texts("label", rows.iter().map(|row| Some(row.indicator.title()))),
    ];
    for name in by {
        let level = |row: &IndicatorRow| {
            let mut strata = row.summary.strata.iter();
            strata.find(|s| s.variable == name).map(|s| s.level.clone())
        };
        columns.push(texts(name, rows.iter().map(level)));
    }
    let number = |of: fn(&kring::core::Numbers) -> Option<f64>| {
        rows.iter()
            .map(move |row| row.summary.numbers().and_then(of))
    };
    columns.extend([
        numbers("numerator", rows.iter().map(|row| Some(row.numerator))),
        numbers("denominator", rows.iter().map(|row| Some(row.denominator))),
        numbers("pooled", rows.iter().map(IndicatorRow::pooled)),
        numbers("mean", number(|f| f.mean)),
        numbers("sd", number(|f| f.sd)),
        numbers("median", number(|f| f.median)),
        counts("families", rows.iter().map(|row| Some(row.summary.n))),
        counts(
            "not_known",
            rows.iter().map(|row| Some(row.summary.missing)),
        ),
        counts("outside", rows.iter().map(|row| Some(row.outside))),
        texts(
            "counted",
            rows.iter().map(|row| Some(row.indicator.numerator())),
        ),
        texts(
            "of",
            rows.iter().map(|row| Some(row.indicator.denominator())),
        ),
    ]);
    made(Ok(columns))
}

/// One row an arm and wave.
pub fn flow(flow: &Flow) -> PyResult<DataFrame> {
    let rows = || {
        flow.arms
            .iter()
            .flat_map(|arm| arm.waves.iter().map(move |wave| (arm, wave)))
    };
    made(Ok(vec![
        texts("arm", rows().map(|(arm, _)| Some(arm.arm.as_str()))),
        texts("wave", rows().map(|(_, wave)| Some(wave.wave.as_str()))),
        counts("subjects", rows().map(|(arm, _)| Some(arm.subjects))),
        counts("present", rows().map(|(_, wave)| Some(wave.present))),
        counts("left", rows().map(|(_, wave)| Some(wave.left))),
        counts("away", rows().map(|(_, wave)| Some(wave.away))),
        counts("returned", rows().map(|(_, wave)| Some(wave.returned))),
        counts("late", rows().map(|(_, wave)| Some(wave.late))),
    ]))
}

/// One row a column of the file.
pub fn missing(missing: &Missingness) -> PyResult<DataFrame> {
    let columns = || missing.columns.iter();
    let coded =
        |column: &kring::cohort::ColumnMissing| column.by_code.iter().map(|code| code.count).sum();
    made(Ok(vec![
        texts("column", columns().map(|c| Some(c.column.as_str()))),
        texts("variable", columns().map(|c| Some(c.variable.as_str()))),
        texts("wave", columns().map(|c| c.wave.as_deref())),
        counts("rows", columns().map(|c| Some(c.rows))),
        counts("observed", columns().map(|c| Some(c.observed))),
        counts("system", columns().map(|c| Some(c.system))),
        counts("coded", columns().map(|c| Some(coded(c)))),
        counts("unusable", columns().map(|c| Some(c.unusable))),
    ]))
}

/// What the numbers of a simulated cohort must come to, as frames; those without a row are left out.
pub fn truth(truth: &Truth) -> PyResult<Vec<(&'static str, DataFrame)>> {
    let arms = || truth.arms.iter();
    let means: Vec<_> = arms()
        .flat_map(|arm| arm.margins.iter().map(move |margin| (arm, margin)))
        .collect();
    let of_means = made(Ok(vec![
        texts("arm", means.iter().map(|(arm, _)| Some(&arm.arm))),
        counts("families", means.iter().map(|(arm, _)| Some(arm.families))),
        texts("outcome", means.iter().map(|(_, m)| Some(&m.outcome))),
        texts("wave", means.iter().map(|(_, m)| Some(&m.wave))),
        numbers("mean", means.iter().map(|(_, m)| Some(m.mean))),
        numbers("sd", means.iter().map(|(_, m)| Some(m.sd))),
        numbers(
            "mean_without",
            means.iter().map(|(_, m)| Some(m.mean_without)),
        ),
    ]))?;
    let shares: Vec<_> = means
        .iter()
        .flat_map(|(arm, m)| m.shares.iter().map(move |share| (arm, m, share)))
        .collect();
    let of_shares = made(Ok(vec![
        texts("arm", shares.iter().map(|(arm, ..)| Some(&arm.arm))),
        texts("outcome", shares.iter().map(|(_, m, _)| Some(&m.outcome))),
        texts("wave", shares.iter().map(|(_, m, _)| Some(&m.wave))),
        numbers("value", shares.iter().map(|(.., share)| Some(share.value))),
        numbers("share", shares.iter().map(|(.., share)| Some(share.share))),
    ]))?;
    let pairs: Vec<_> = arms()
        .flat_map(|arm| arm.correlations.iter().map(move |pair| (arm, pair)))
        .collect();
    let of_pairs = made(Ok(vec![
        texts("arm", pairs.iter().map(|(arm, _)| Some(&arm.arm))),
        texts("outcome_1", pairs.iter().map(|(_, p)| Some(&p.outcomes[0]))),
        texts("wave_1", pairs.iter().map(|(_, p)| Some(&p.waves[0]))),
        texts("outcome_2", pairs.iter().map(|(_, p)| Some(&p.outcomes[1]))),
        texts("wave_2", pairs.iter().map(|(_, p)| Some(&p.waves[1]))),
        numbers("correlation", pairs.iter().map(|(_, p)| Some(p.value))),
    ]))?;
    let clusters: Vec<_> = arms()
        .flat_map(|arm| arm.clusters.iter().map(move |one| (arm, one)))
        .collect();
    let of_clusters = made(Ok(vec![
        texts("arm", clusters.iter().map(|(arm, _)| Some(&arm.arm))),
        texts("cluster", clusters.iter().map(|(_, c)| Some(&c.cluster))),
        texts("outcome", clusters.iter().map(|(_, c)| Some(&c.outcome))),
        texts("wave", clusters.iter().map(|(_, c)| Some(&c.wave))),
        numbers("icc", clusters.iter().map(|(_, c)| Some(c.icc))),
    ]))?;
    let missing: Vec<_> = arms()
        .flat_map(|arm| arm.missing.iter().map(move |one| (arm, one)))
        .collect();
    let of_missing = made(Ok(vec![
        texts("arm", missing.iter().map(|(arm, _)| Some(&arm.arm))),
        texts("outcome", missing.iter().map(|(_, m)| Some(&m.outcome))),
        texts("wave", missing.iter().map(|(_, m)| Some(&m.wave))),
        numbers("share", missing.iter().map(|(_, m)| Some(m.share))),
    ]))?;
    let events: Vec<_> = arms()
        .flat_map(|arm| arm.events.iter().map(move |one| (arm, one)))
        .collect();
    let of_events = made(Ok(vec![
        texts("arm", events.iter().map(|(arm, _)| Some(&arm.arm))),
        texts("event", events.iter().map(|(_, e)| Some(&e.event))),
        numbers("share", events.iter().map(|(_, e)| Some(e.share))),
    ]))?;
    let all = || truth.parameters.iter();
    let of_parameters = made(Ok(vec![
        texts(
            "parameter",
            all().map(|one| Some(one.parameter.to_string())),
        ),
        numbers("value", all().map(|one| Some(one.value))),
    ]))?;
    let further = [
        ("shares", of_shares),
        ("correlations", of_pairs),
        ("clusters", of_clusters),
        ("missing", of_missing),
        ("events", of_events),
        ("parameters", of_parameters),
    ];
    let further = further.into_iter().filter(|(_, frame)| frame.height() > 0);
    Ok(std::iter::once(("means", of_means))
        .chain(further)
        .collect())
}

/// One row a claim.
pub fn comparisons(comparisons: &[Comparison]) -> PyResult<DataFrame> {
    let text = |name: &'static str, of: fn(&Comparison) -> Option<String>| {
        texts(name, comparisons.iter().map(of))
    };
    let part = |wanted: ComparedPart| {
        comparisons.iter().map(move |comparison| {
            let check = comparison.checks.iter().find(|check| check.part == wanted);
            check.map(|check| check.ours)
        })
    };
    let truths: Vec<bool> = comparisons.iter().map(Comparison::as_expected).collect();
    made(Ok(vec![
        text("id", |c| Some(c.target.id.clone())),
        text("label", |c| Some(c.target.label.clone())),
        text("group", |c| c.target.group.clone()),
        text("wave", |c| c.target.wave.clone()),
        text("indicator", |c| c.target.indicator.clone()),
        text("printed", |c| Some(c.target.value.text.clone())),
        numbers("ours", part(ComparedPart::Value)),
        text("printed_low", |c| {
            c.target
                .interval
                .as_ref()
                .map(|interval| interval.low.text.clone())
        }),
        numbers("ours_low", part(ComparedPart::Low)),
        text("printed_high", |c| {
            c.target
                .interval
                .as_ref()
                .map(|interval| interval.high.text.clone())
        }),
        numbers("ours_high", part(ComparedPart::High)),
        text("printed_p_value", |c| {
            c.target.p_value.as_ref().map(|p| p.text.clone())
        }),
        numbers("ours_p_value", part(ComparedPart::PValue)),
        text("verdict", |c| Some(word(&c.verdict.kind()))),
        text("expected", |c| Some(word(&c.target.expect))),
        Series::new("as_expected".into(), truths).into_column(),
        text("why", |c| c.verdict.particulars()),
        counts(
            "n",
            comparisons
                .iter()
                .map(|c| c.quantity.as_ref().and_then(|q| q.n)),
        ),
        text("source", |c| Some(c.target.source.id.clone())),
        text("page", |c| c.target.source.page.clone()),
        text("table", |c| c.target.source.table.clone()),
        text("quote", |c| c.target.source.quote.clone()),
        text("seen", |c| Some(word(&c.target.seen))),
        text("note", |c| c.target.note.clone()),
    ]))
}

fn numbers(name: &str, values: impl Iterator<Item = Option<f64>>) -> Column {
    Series::new(name.into(), values.collect::<Vec<_>>()).into_column()
}

fn counts(name: &str, values: impl Iterator<Item = Option<usize>>) -> Column {
    // A frame has fewer than 2⁶³ rows, so that no count is cut off.
    let values = values.map(|value| value.map(|n| i64::try_from(n).unwrap_or(i64::MAX)));
    Series::new(name.into(), values.collect::<Vec<_>>()).into_column()
}

fn texts<T: AsRef<str>>(name: &str, values: impl Iterator<Item = Option<T>>) -> Column {
    let values: Vec<Option<T>> = values.collect();
    let texts: Vec<Option<&str>> = values
        .iter()
        .map(|text| text.as_ref().map(AsRef::as_ref))
        .collect();
    Series::new(name.into(), texts).into_column()
}

fn made(columns: PolarsResult<Vec<Column>>) -> PyResult<DataFrame> {
    let frame = columns.and_then(DataFrame::new_infer_height);
    frame.map_err(|error: PolarsError| unfit(&error))
}

fn unfit(error: &PolarsError) -> PyErr {
    InputError::new_err(format!("the result cannot become a frame: {error}"))
}
