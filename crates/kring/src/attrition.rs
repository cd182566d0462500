//! Who left: how many, how they differ from those who stayed, and what a difference can be without
//! them.
//!
//! A study loses people, and rarely by chance. Three things can be shown without any assumption:
//! the share that left each arm ([`Attrition`]), how unlike those who stayed they were at the start
//! (the same standardised differences as in the [baseline table](crate::baseline)), and the range
//! in which the difference of the arms lies whatever became of them ([`bounds`]).

mod dropout;
mod leavers;

use kring_cohort::{Cohort, Per, Wave};
use kring_core::{
    BaselineLevel, BaselineTable, Caution, Column, ColumnData, Patterns, Rate, Stratum, Table,
};
use kring_report::Content;
use kring_stats::bounds::{Bounded, Bounds, Outcomes, Shares};
use serde::{Deserialize, Serialize};

use crate::baseline::{Baseline, named, people, rows_at, titles};
use crate::rate::{Counted, rate};
use crate::{Error, baseline};

pub use leavers::{Leavers, OutcomeBounds};

/// The options of tables of attrition.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Attrition {
    /// The variables of which one must be observed for somebody to be there; all that have a value
    /// a wave where none is named.
    pub observed: Vec<String>,
    /// The wave at which somebody must be there to have stayed; the last where left out.
    pub wave: Option<String>,
    /// How those who left and those who stayed are set side by side.
    pub table: Baseline,
}

/// Who left, and how unlike they are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttritionTables {
    /// Who counts as having stayed.
    pub definition: String,
    /// The share that left, in all and in each arm.
    pub rates: Vec<Rate>,
    /// Those who stayed and those who left side by side: all of them, then each arm.
    pub tables: Vec<BaselineTable>,
    /// What a reader calls the arms.
    #[serde(default)]
    pub arms: Vec<BaselineLevel>,
}

/// Everybody as they were at the first wave, and who of them left.
struct Start<'a> {
    /// The variables of which one must be observed.
    observed: Vec<String>,
    /// The wave at which somebody must be there to have stayed.
    wave: &'a Wave,
    /// The variables as they were at the first wave.
    names: Vec<String>,
    /// For each subject whether they stayed.
    stayed: Vec<bool>,
    /// The arm, the variables, and the column [`LEFT`].
    table: Table,
}

/// The column that tells who left, and its levels.
const LEFT: &str = "attrition";
const STAYED_OR_LEFT: [&str; 2] = ["stayed", "left"];

impl Attrition {
    /// Sets those who left beside those who stayed, by these variables as they were at the first
    /// wave, or by all of them if none is named.
    pub fn of(&self, cohort: &Cohort, variables: &[String]) -> Result<AttritionTables, Error> {
        let Start {
            observed,
            wave,
            names,
            stayed,
            table: start,
        } = self.start(cohort, variables)?;
        let names: Vec<&str> = names.iter().map(String::as_str).collect();

        let mut rates = Vec::new();
        let mut tables = Vec::new();
        for (strata, rows) in parts(cohort, &start)? {
            let what = Counted {
                id: "left",
                label: "left",
                of_what: "people",
                strata: &strata,
            };
            let gone = rows
                .iter()
                .map(|&row| stayed.get(row).map(|stayed| !stayed));
            rates.push(rate(&what, gone, self.table.level)?);
            let part = start.take(&rows)?;
            let declared = titles(cohort);
            let title_of = |column: &str, level: &str| match (column, level) {
                (LEFT, "stayed") => "Stayed".to_owned(),
                (LEFT, _) => "Left".to_owned(),
                _ => declared(column, level),
            };
            let mut table = self.table.titled(&part, LEFT, &names, &title_of)?;
            let who = match strata.first() {
                Some(stratum) => cohort.title(&stratum.variable, &stratum.level),
                None => "All arms",
            };
            table.caption = format!(
                "{who}: those who stayed until {} and those who left",
                wave.title()
            );
            tables.push(table);
        }
        let observed = observed.iter().map(|name| {
            let column = cohort.measurements().column(name)?;
            Ok(column.title().to_owned())
        });
        let seen = match observed.collect::<Result<Vec<_>, Error>>()?.as_slice() {
            [only] => only.clone(),
            several => format!("at least one of {}", several.join(", ")),
        };
        Ok(AttritionTables {
            definition: format!("Stayed: {seen} was observed at {}.", wave.title())
                + &cohort
                    .left_out()
                    .map_or_else(String::new, |said| format!(" {said}")),
            rates,
            tables,
            arms: cohort
                .arms()
                .iter()
                .map(|arm| BaselineLevel {
                    name: arm.name.clone(),
                    label: arm.title().to_owned(),
                })
                .collect(),
        })
    }

    /// Everybody as they were at the first wave, and who of them left.
    fn start<'a>(&self, cohort: &'a Cohort, variables: &[String]) -> Result<Start<'a>, Error> {
        let observed = self.observed(cohort)?;
        let Some(last) = cohort.waves().last().filter(|_| cohort.waves().len() > 1) else {
            return Err(Error::Argument {
                what: "attrition".to_owned(),
                why: "the cohort has one wave only; nobody can leave after it".to_owned(),
            });
        };
        let wave = match &self.wave {
            Some(name) => cohort.wave(name)?,
            None => last,
        };
        let names: Vec<String> = named(cohort, variables)?;
        let shown: Vec<&str> = names.iter().map(String::as_str).collect();
        let start = people(cohort, None, &shown)?;
        let stayed = stayed(cohort, &wave.name, &observed)?;
        let codes = stayed.iter().map(|stayed| Some(u32::from(!stayed)));
        let left = Column::factor(LEFT, STAYED_OR_LEFT, codes.collect())?;
        let columns = start.columns().iter().cloned().chain([left]);
        Ok(Start {
            observed,
            wave,
            names,
            stayed,
            table: Table::new(columns.collect())?,
        })
    }

    fn observed(&self, cohort: &Cohort) -> Result<Vec<String>, Error> {
        let known: Vec<&str> = cohort.variables(Per::Wave).collect();
        if self.observed.is_empty() {
            return Ok(known.into_iter().map(str::to_owned).collect());
        }
        match self
            .observed
            .iter()
            .find(|name| !known.contains(&name.as_str()))
        {
            None => Ok(self.observed.clone()),
            Some(name) => Err(Error::Argument {
                what: format!("observed variable `{name}`"),
                why: format!(
                    "no variable of this name has a value a wave{}",
                    kring_core::suggestion(name, known.iter().copied())
                ),
            }),
        }
    }
}

impl AttritionTables {
    /// The tables as the pieces of a report.
    pub fn content(&self) -> Vec<Content> {
        let mut rates = self.rates.clone();
        for stratum in rates.iter_mut().flat_map(|rate| &mut rate.strata) {
            if let Some(arm) = self.arms.iter().find(|arm| arm.name == stratum.level) {
                stratum.level.clone_from(&arm.label);
            }
        }
        let mut content = vec![
            Content::Text(self.definition.clone()),
            Content::Rates(rates),
        ];
        content.extend(self.tables.iter().cloned().map(Content::Baseline));
        content
    }
}

/// For each subject whether one of the variables was observed at the wave.
fn stayed(cohort: &Cohort, wave: &str, observed: &[String]) -> Result<Vec<bool>, Error> {
    let measurements = cohort.measurements();
    let columns = observed.iter().map(|name| measurements.column(name));
    let columns = columns.collect::<Result<Vec<_>, _>>()?;
    let rows = rows_at(cohort, Some(wave))?.unwrap_or_default();
    let seen = |row: usize| columns.iter().any(|column| !column.is_missing(row));
    Ok(rows.into_iter().map(|row| row.is_some_and(seen)).collect())
}

/// A part of the people: what they have in common, and their rows.
type Members = (Vec<Stratum>, Vec<usize>);

/// Everybody, then each arm where there are several.
fn parts(cohort: &Cohort, table: &Table) -> Result<Vec<Members>, Error> {
    let mut parts = vec![(Vec::new(), (0..table.rows()).collect())];
    let Some(arm) = cohort.arm_column().filter(|_| cohort.arms().len() > 1) else {
        return Ok(parts);
    };
    let factor = table.factor(arm)?;
    for (place, level) in factor.levels().iter().enumerate() {
        let of = |row: &usize| factor.code(*row).is_some_and(|code| code as usize == place);
        let stratum = Stratum {
            variable: arm.to_owned(),
            level: level.clone(),
        };
        parts.push((vec![stratum], (0..table.rows()).filter(of).collect()));
    }
    Ok(parts)
}

/// Who was there at which waves: each pattern with how many in each arm have it.
pub fn wave_patterns(cohort: &Cohort, observed: &[&str]) -> Result<Patterns, Error> {
    let mut patterns = Patterns::of_flow(&cohort.flow(observed)?);
    for (column, wave) in patterns.columns.iter_mut().zip(cohort.waves()) {
        wave.title().clone_into(&mut column.label);
    }
    if let Some(arm) = cohort.arm_column() {
        for group in &mut patterns.groups {
            *group = cohort.title(arm, group).to_owned();
        }
    }
    Ok(patterns)
}

/// Which variables are there together: each pattern with how many rows of each level of `by` have
/// it. Rows without a level are counted apart.
///
/// ```
/// use kring::attrition::missing_patterns;
/// use kring_core::{Column, Table};
/// let table = Table::new(vec![
///     Column::numeric("before", vec![Some(6.0), Some(4.0), None])?,
///     Column::numeric("after", vec![Some(5.0), None, None])?,
/// ])?;
/// let patterns = missing_patterns(&table, &["before", "after"], None)?;
/// let counts: Vec<usize> = patterns.rows.iter().map(|row| row.total()).collect();
/// assert_eq!(counts, [1, 1, 1]);
/// assert_eq!(patterns.columns[1].missing, 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn missing_patterns(
    table: &Table,
    variables: &[&str],
    by: Option<&str>,
) -> Result<Patterns, Error> {
    let columns = variables.iter().map(|name| table.column(name));
    let columns = columns.collect::<Result<Vec<_>, _>>()?;
    let factor = by.map(|name| table.factor(name)).transpose()?;
    let mut groups = match factor {
        Some(factor) => factor.levels().to_vec(),
        None => vec![String::new()],
    };
    let none = groups.len();
    if factor.is_some_and(|factor| factor.codes().contains(&None)) {
        groups.push("(missing)".to_owned());
    }
    let subjects = (0..table.rows()).map(|row| {
        let group = match factor {
            Some(factor) => factor.code(row).map_or(none, |code| code as usize),
            None => 0,
        };
        let present = columns.iter().map(|column| !column.is_missing(row));
        (group, present.collect())
    });
    let titles = columns
        .iter()
        .map(|column| column.title().to_owned())
        .collect();
    Ok(Patterns::count(
        "Patterns of missing values",
        titles,
        groups,
        subjects,
    ))
}

/// The least and the most that the difference between two arms can be, whatever became of those
/// whose outcome is missing: the second arm less the first.
///
/// The outcome is a number, or a factor of two levels, of which the second is counted. Everybody in
/// an arm who has no outcome is missing; so the table must hold everybody who was there at the
/// start. What is assumed of them is said in [`kring_stats::bounds`].
///
/// ```
/// use kring::attrition::bounds;
/// use kring_core::{Column, Table};
/// use kring_stats::bounds::Bounds;
/// let table = Table::new(vec![
///     Column::factor("arm", ["WT", "EKC"], [0, 0, 0, 1, 1, 1].map(Some).to_vec())?,
///     Column::numeric("grade", vec![Some(4.0), Some(5.0), Some(6.0), Some(4.0), Some(8.0), None])?,
/// ])?;
/// let found = bounds(&table, "grade", "arm", &Bounds::worst_case(0.0, 10.0))?;
/// assert_eq!(found.low.label, "EKC − WT, at least");
/// assert_eq!(found.low.value.finite(), Some(-1.0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn bounds(table: &Table, outcome: &str, arm: &str, options: &Bounds) -> Result<Bounded, Error> {
    let factor = table.factor(arm)?;
    let [first, second] = factor.levels() else {
        return Err(Error::Argument {
            what: format!("arm `{arm}`"),
            why: format!(
                "bounds compare two arms, but there are {}; take the rows of two of them",
                factor.levels().len()
            ),
        });
    };
    let column = table.column(outcome)?;
    let rows = |place: u32| (0..table.rows()).filter(move |&row| factor.code(row) == Some(place));
    let missing = |place: u32| rows(place).filter(|&row| column.is_missing(row)).count();
    let mut found = match column.data() {
        ColumnData::Numeric(numeric) => {
            let values = |place: u32| -> Vec<f64> {
                rows(place).filter_map(|row| numeric.get(row)).collect()
            };
            let (x, y) = (values(1), values(0));
            let x = Outcomes {
                name: second,
                values: &x,
                missing: missing(1),
            };
            let y = Outcomes {
                name: first,
                values: &y,
                missing: missing(0),
            };
            options.two_means(x, y, column.unit.as_deref())?
        }
        ColumnData::Factor(levels) => {
            if levels.levels().len() != 2 {
                return Err(Error::Argument {
                    what: format!("outcome `{outcome}`"),
                    why: format!(
                        "a share needs two levels, but there are {}",
                        levels.levels().len()
                    ),
                });
            }
            let share = |place: u32, name| {
                let codes = || rows(place).filter_map(|row| levels.code(row));
                Shares {
                    name,
                    events: codes().filter(|code| *code == 1).count(),
                    known: codes().count(),
                    missing: missing(place),
                }
            };
            options.two_shares(share(1, second.as_str()), share(0, first.as_str()))?
        }
    };
    let nowhere = factor.codes().iter().filter(|code| code.is_none()).count();
    if nowhere > 0 {
        let note = Caution::Note(format!("{nowhere} without an arm are in neither."));
        found.low.cautions.push(note.clone());
        found.high.cautions.push(note.clone());
        found.cautions.push(note);
    }
    Ok(found)
}

/// The people of a cohort at the start with one outcome as it is at a wave, for [`bounds`]: a row
/// for everybody, seen at the wave or not.
pub fn outcome_at(cohort: &Cohort, outcome: &str, wave: &str) -> Result<Table, Error> {
    baseline::people(cohort, Some(wave), &[outcome])
}
