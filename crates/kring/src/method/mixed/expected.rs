//! What a mixed model expects: of the rows of the data, or of settings.
//!
//! ```text
//! rows of the data   every row that has what the right sides read, also those without an outcome, so that rows
//!                    may be added to the data to be predicted
//! settings           every combination of the values given; numbers that are not given stand at their mean over
//!                    the rows that were used, and factors must be given
//! family             of rows' own families each must be given; one that the fit does not know is taken as
//!                    typical, with the variance of the random effects in its error
//! ```

use std::collections::BTreeMap;

use kring_core::{Column, ColumnData, Design, Table, suggestion};
use kring_stats::glmm::Scale;
use kring_stats::prediction::{NewRows, Predictions, Whose};
use ndarray::Array1;
use serde::{Deserialize, Serialize};

use super::super::{Answer, AnswerColumn, AnswerTable, TableName};
use super::beside::by_row;
use super::modelled::{Modelled, settings};
use crate::Error;

/// What is predicted.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Predict {
    /// Of whom: the typical family, or the families of the rows.
    pub whose: Whose,
    /// On which scale; of a linear model both are the same.
    pub scale: Scale,
    /// Settings, `{ arm = ["WT", "EKC"], wave = [1, 2, 3] }`: all combinations; the rows of the data unless given.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub at: BTreeMap<String, Values>,
}

/// The values that a column is set to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged, expecting = "expected a value or a list of values")]
pub enum Values {
    /// One.
    One(Cell),
    /// Several, one after the other.
    Several(Vec<Cell>),
}

/// A value of a column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged, expecting = "expected a number or a text")]
pub enum Cell {
    /// A number.
    Number(f64),
    /// The name of a level, or a number as text.
    Text(String),
}

impl Values {
    fn cells(&self) -> &[Cell] {
        match self {
            Self::One(cell) => std::slice::from_ref(cell),
            Self::Several(cells) => cells,
        }
    }
}

impl Cell {
    fn text(&self) -> String {
        match self {
            Self::Number(x) => x.to_string(),
            Self::Text(text) => text.clone(),
        }
    }

    fn number(&self) -> Option<f64> {
        let number = match self {
            Self::Number(x) => Some(*x),
            Self::Text(text) => text.trim().parse().ok(),
        };
        number.filter(|x: &f64| x.is_finite())
    }
}

/// A fit that expects something of new rows.
pub(super) struct Expecting<'a> {
    pub model: &'a Modelled,
    /// The whole table.
    pub table: &'a Table,
    /// Whether the fit has a part for the zeros, and one for the dispersion.
    pub parts: [bool; 2],
    pub unit: Option<&'a str>,
    pub predict: &'a dyn Fn(&NewRows<'_>) -> Result<Vec<Expected>, kring_stats::Error>,
}

/// What is expected of rows: of the outcome, or of one of its ordered levels its probability.
pub(super) struct Expected {
    pub level: Option<String>,
    pub found: Predictions,
}

impl Expected {
    /// What is expected of an outcome that is one number.
    pub fn number(found: Predictions) -> Vec<Self> {
        vec![Self { level: None, found }]
    }
}

impl Expecting<'_> {
    /// Adds what is expected to an answer.
    pub fn answer(&self, asked: &Predict, answer: &mut Answer) -> Result<(), Error> {
        if asked.at.is_empty() {
            self.rows(asked, answer)
        } else {
            self.settings(asked, answer)
        }
    }

    /// At least one, and all of the same rows.
    fn of(&self, design: &Design) -> Result<Vec<Expected>, Error> {
        let [zero, dispersion] = self.parts;
        Ok((self.predict)(&NewRows {
            mean: design.mean(),
            zero: design.zero().filter(|_| zero),
            dispersion: design.dispersion().filter(|_| dispersion),
        })?)
    }

    fn rows(&self, asked: &Predict, answer: &mut Answer) -> Result<(), Error> {
        let design = self.model.with_or_without_outcome(self.table)?;
        let all = self.of(&design)?;
        for Expected { level, found } in &all {
            for (name, values) in named(found) {
                let source = design.source_rows().iter().copied();
                let rows = self.table.rows();
                let name = match level {
                    Some(level) => format!("{name}: {level}"),
                    None => name.to_owned(),
                };
                answer.by_row.push(by_row(&name, values, source, rows));
            }
        }
        let known = self.model.design.source_rows();
        let without = design.source_rows().iter();
        let without = without.filter(|row| known.binary_search(row).is_err());
        let others = match without.count() {
            0 => String::new(),
            n => format!(", {n} of them without an outcome"),
        };
        answer.notes.push(format!(
            "Predicted row by row: {}, {} rows{others}. {}",
            what(asked, &self.outcome(), &all),
            design.rows(),
            particulars(asked, &all)
        ));
        Ok(())
    }

    fn settings(&self, asked: &Predict, answer: &mut Answer) -> Result<(), Error> {
        let mut columns = Vec::new();
        let mut notes = Vec::new();
        let (mut sets, mut n) = (Vec::new(), 1_usize);
        let read = self.read()?;
        for name in asked.at.keys() {
            if !read.contains(name) {
                let near = suggestion(name, read.iter().map(String::as_str));
                return Err(refused(name, &format!("no term of the model has it{near}")));
            }
        }
        for name in &read {
            let Some(set) = self.set(name, asked)? else {
                continue;
            };
            n = n.saturating_mul(set.values.len());
            if n > MOST {
                return Err(refused(
                    name,
                    &format!("there would be more than {MOST} combinations; give fewer values"),
                ));
            }
            sets.push(set);
        }
        let mut made = self.model.rows.take(&vec![0; n])?.columns().to_vec();
        let mut each = n;
        for set in sets {
            each /= set.values.len();
            let values: Vec<&Place> = (0..n)
                .map(|row| &set.values[row / each % set.values.len()])
                .collect();
            for column in &mut made {
                if column.name == set.name {
                    *column = set.column(column, &values)?;
                }
            }
            if set.at_mean {
                let mean = values.first().map(|place| place.text.clone());
                notes.push(format!(
                    "`{}` stands at its mean, {}.",
                    set.name,
                    mean.unwrap_or_default()
                ));
            } else if let ColumnData::Numeric(_) = self.model.rows.column(&set.name)?.data() {
                let numbers = values.iter().map(|place| place.number);
                columns.push(AnswerColumn::numbers(&set.name, numbers));
            } else {
                let words = values.iter().map(|place| place.text.clone());
                columns.push(AnswerColumn::words(&set.name, words.collect()));
            }
        }
        let design = self.model.recipe.design(&Table::new(made)?)?;
        let all = self.of(&design)?;
        // Each setting once for every level.
        let mut columns: Vec<AnswerColumn> = columns
            .iter()
            .map(|column| column.each(all.len()))
            .collect();
        let levels: Vec<String> = all.iter().filter_map(|one| one.level.clone()).collect();
        if !levels.is_empty() {
            let all = std::iter::repeat_n(levels, n).flatten().collect();
            columns.push(AnswerColumn::words("level", all));
        }
        let figures: Vec<_> = all.iter().map(|one| named(&one.found)).collect();
        for (place, (name, _)) in figures.iter().take(1).flatten().enumerate() {
            let rows = (0..n).flat_map(|row| figures.iter().map(move |of| of[place].1[row]));
            columns.push(AnswerColumn::numbers(*name, rows));
        }
        notes.insert(0, particulars(asked, &all));
        let title = what(asked, &self.outcome(), &all);
        answer.tables.push(AnswerTable {
            name: TableName::Predictions,
            title: format!("Predicted: {title}"),
            columns,
            notes,
        });
        Ok(())
    }

    /// `score (points)`
    fn outcome(&self) -> String {
        let name = self.model.design.response_name();
        match self.unit {
            Some(unit) => format!("{name} ({unit})"),
            None => name.to_owned(),
        }
    }

    /// The columns that the right sides read.
    fn read(&self) -> Result<Vec<String>, Error> {
        let mut beside = self.model.outcome_columns()?;
        let weights = &self.model.recipe.options().weights;
        beside.extend(weights.iter().map(|weights| weights.column.clone()));
        let used = self.model.recipe.used().iter();
        Ok(used
            .filter(|name| !beside.contains(name))
            .cloned()
            .collect())
    }

    /// The values of a column; none where it may stay as it is.
    fn set(&self, name: &str, asked: &Predict) -> Result<Option<Set>, Error> {
        let column = self.model.rows.column(name)?;
        let is_group = self.is_group(name) && !self.is_fixed(name)?;
        if let Some(given) = asked.at.get(name) {
            let cells = given.cells();
            if cells.is_empty() {
                return Err(refused(name, "no value is given; give one or more"));
            }
            let places = cells
                .iter()
                .map(|cell| Place::of(cell, column, is_group))
                .collect::<Result<_, _>>()?;
            return Ok(Some(Set {
                name: name.to_owned(),
                values: places,
                at_mean: false,
            }));
        }
        if is_group && asked.whose == Whose::Population {
            return Ok(None);
        }
        match column.data() {
            ColumnData::Numeric(numeric) if !is_group && !self.is_coded(name) => {
                let values = numeric.present();
                let mean = values.iter().sum::<f64>() / values.len() as f64;
                // Six digits are enough to be read.
                let short: f64 = format!("{mean:.5e}").parse().unwrap_or(mean);
                Ok(Some(Set {
                    name: name.to_owned(),
                    values: vec![Place {
                        text: short.to_string(),
                        number: mean,
                    }],
                    at_mean: true,
                }))
            }
            _ => Err(refused(name, &self.must_be_set(name))),
        }
    }

    fn must_be_set(&self, name: &str) -> String {
        const SHOWN: usize = 6;
        let known = settings(&self.model.rows, name).unwrap_or_default();
        let first: Vec<&str> = known.iter().take(SHOWN).map(|s| s.name.as_str()).collect();
        let more = if known.len() > SHOWN { ", …" } else { "" };
        if first.is_empty() {
            return "it must be given too".to_owned();
        }
        format!("it must be given too; it has {}{more}", first.join(", "))
    }

    /// Whether random effects go by it.
    fn is_group(&self, name: &str) -> bool {
        let design = &self.model.design;
        let on_zeros = design.zero().into_iter().flat_map(|part| &part.random);
        let random = design.mean().random.iter().chain(on_zeros);
        let mut groups = random.map(|term| term.grouping.name.as_str());
        groups.any(|group| group == name || group.split(':').any(|part| part == name))
    }

    /// Whether the terms that are not random read it.
    fn is_fixed(&self, name: &str) -> Result<bool, Error> {
        let one = self.model.rows.take(&[0])?;
        let others = one.columns().iter().filter(|column| column.name != name);
        let without = Table::new(others.cloned().collect())?;
        Ok(self.model.recipe.predictors(&without).is_err())
    }

    /// Whether its numbers are levels: `factor(wave)`.
    fn is_coded(&self, name: &str) -> bool {
        let design = &self.model.design;
        let parts = [Some(design.mean()), design.zero(), design.dispersion()];
        let mut columns = parts.into_iter().flatten().flat_map(|part| &part.columns);
        columns.any(|column| {
            let mut parts = column.split(':');
            parts.any(|part| {
                ["factor(", "C("].iter().any(|coding| {
                    let inner = part.strip_prefix(coding);
                    let rest = inner.and_then(|inner| inner.strip_prefix(name));
                    rest.is_some_and(|rest| rest.starts_with([')', ',']))
                })
            })
        })
    }
}

/// The most combinations of settings.
const MOST: usize = 10_000;

/// A column with the values that it is set to.
struct Set {
    name: String,
    values: Vec<Place>,
    at_mean: bool,
}

/// A value of a column, as it is shown and as it is.
struct Place {
    text: String,
    number: f64,
}

impl Place {
    fn number(number: f64) -> Self {
        Self {
            text: number.to_string(),
            number,
        }
    }

    /// A value that the column may have; of a grouping also one that it has not.
    fn of(cell: &Cell, column: &Column, is_group: bool) -> Result<Self, Error> {
        match column.data() {
            ColumnData::Numeric(_) => cell.number().map(Self::number).ok_or_else(|| {
                let why = format!("it has numbers, found `{}`", cell.text());
                refused(&column.name, &why)
            }),
            ColumnData::Factor(factor) => {
                let text = cell.text();
                if is_group || factor.levels().contains(&text) {
                    return Ok(Self { text, number: 0.0 });
                }
                let near = suggestion(&text, factor.levels().iter().map(String::as_str));
                let why = format!("there is no level `{text}`{near}");
                Err(refused(&column.name, &why))
            }
        }
    }
}

impl Set {
    /// The column with these values.
    fn column(&self, old: &Column, values: &[&Place]) -> Result<Column, Error> {
        let ColumnData::Factor(factor) = old.data() else {
            let numbers = values.iter().map(|place| Some(place.number)).collect();
            return Ok(Column::numeric(&self.name, numbers)?);
        };
        let mut levels = factor.levels().to_vec();
        for place in &self.values {
            if !levels.contains(&place.text) {
                levels.push(place.text.clone());
            }
        }
        let code = |place: &&Place| {
            let code = levels.iter().position(|level| *level == place.text);
            code.and_then(|code| u32::try_from(code).ok())
        };
        let codes = values.iter().map(code).collect();
        let column = Column::factor(&self.name, levels, codes)?;
        Ok(if factor.is_ordered() {
            column.ordered()
        } else {
            column
        })
    }
}

fn refused(name: &str, why: &str) -> Error {
    Error::Argument {
        what: format!("`{name}` in `predict.at`"),
        why: why.to_owned(),
    }
}

/// What is predicted of whom.
fn what(asked: &Predict, outcome: &str, all: &[Expected]) -> String {
    let whose = match asked.whose {
        Whose::Population => "of the typical family",
        Whose::Families => "of the families of the rows",
    };
    let levels = all.iter().any(|one| one.level.is_some());
    match asked.scale {
        Scale::Response if levels => format!("probabilities of the levels of {outcome} {whose}"),
        Scale::Response => format!("{outcome} {whose}"),
        Scale::Link => format!("linear predictor of {outcome} {whose}"),
    }
}

/// Each number of the predictions with its name.
fn named(found: &Predictions) -> Vec<(&'static str, &Array1<f64>)> {
    let mut all = vec![
        ("predicted", &found.values),
        ("predicted_std_error", &found.std_errors),
        ("predicted_low", &found.interval.low),
        ("predicted_high", &found.interval.high),
    ];
    if let Some(observation) = &found.observation {
        all.extend([
            ("observation_low", &observation.low),
            ("observation_high", &observation.high),
        ]);
    }
    all
}

/// How they were made, and for how many the family is not known.
fn particulars(asked: &Predict, all: &[Expected]) -> String {
    let Some(Expected { found, .. }) = all.first() else {
        return String::new();
    };
    let mut text = format!(
        "{}; intervals of {}%",
        capitalised(&found.method),
        100.0 * found.level
    );
    if found.observation.is_some() {
        text.push_str(", those of `observation` for one new observation");
    }
    text.push('.');
    match (asked.whose, found.unknown.len()) {
        (Whose::Population, _) | (_, 0) => text,
        (Whose::Families, n) => format!(
            "{text} In {n} row(s) the family is not known to the fit and taken as typical, with the variance of the \
             random effects in its error."
        ),
    }
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).collect()
}
