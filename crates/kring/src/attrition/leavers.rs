//! Everything that can be said about those who left, in one result.

use kring_cohort::{Cohort, Per};
use kring_core::{Column, ColumnData, Patterns, Table};
use kring_report::Content;
use kring_stats::bounds::Bounds;
use kring_stats::little::Little;
use serde::{Deserialize, Serialize};

use super::{Attrition, AttritionTables, bounds, outcome_at, wave_patterns};
use crate::Error;
use crate::baseline::people;
use crate::method::{Answer, Columns, Method};

/// An outcome whose difference between the arms is bounded, whatever became of those who left.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutcomeBounds {
    /// The outcome.
    pub outcome: String,
    /// The wave at which it counts; the wave of the attrition where left out.
    pub wave: Option<String>,
    /// What is assumed.
    pub options: Bounds,
}

/// Who left, how unlike they were, and what a difference can be without them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Leavers {
    /// Who left, and those who stayed and those who left side by side.
    pub tables: AttritionTables,
    /// The logistic regression of who left on how they were at the start.
    pub regression: Option<Answer>,
    /// Little's test of whether values are missing completely at random.
    pub little: Option<Answer>,
    /// Who was there at which waves.
    pub patterns: Patterns,
    /// The least and the most that the difference of the arms can be.
    pub bounds: Option<Answer>,
    /// What could not be computed, and why.
    pub notes: Vec<String>,
}

impl Attrition {
    /// All of it: tables, regression, Little's test, patterns, and bounds where an outcome is given.
    ///
    /// The tables hold these variables, or all of them if none is named; the regression is made where
    /// they are named. Little's test takes the observed numbers at every wave. What the data do not
    /// allow is said in the notes.
    pub fn leavers(
        &self,
        cohort: &Cohort,
        variables: &[String],
        outcome: Option<&OutcomeBounds>,
    ) -> Result<Leavers, Error> {
        let tables = self.of(cohort, variables)?;
        let observed = self.observed(cohort)?;
        let names: Vec<&str> = observed.iter().map(String::as_str).collect();
        let mut notes = Vec::new();
        let regression = if variables.is_empty() {
            notes.push(
                "No regression of who left: name the variables that it should be explained by."
                    .to_owned(),
            );
            None
        } else {
            noted(
                self.regression(cohort, variables),
                "regression of who left",
                &mut notes,
            )
        };
        let little = noted(little(cohort, &names), "test by Little", &mut notes);
        let bounds = outcome
            .map(|outcome| self.bounded(cohort, outcome))
            .transpose()?;
        Ok(Leavers {
            tables,
            regression,
            little,
            patterns: wave_patterns(cohort, &names)?,
            bounds,
            notes,
        })
    }

    fn bounded(&self, cohort: &Cohort, outcome: &OutcomeBounds) -> Result<Answer, Error> {
        let arm = cohort.arm_column().ok_or_else(|| Error::Argument {
            what: "bounds".to_owned(),
            why: "they compare two arms, but the cohort has none; declare the column of the arm"
                .to_owned(),
        })?;
        let last = cohort.waves().last().map(|wave| wave.name.as_str());
        let wave = outcome.wave.as_deref().or(self.wave.as_deref()).or(last);
        let everybody = outcome_at(cohort, &outcome.outcome, wave.unwrap_or_default())?;
        let found = bounds(&everybody, &outcome.outcome, arm, &outcome.options)?;
        Ok(Answer::of([found.low, found.high]))
    }
}

/// What the data do not allow becomes a note.
fn noted(found: Result<Answer, Error>, what: &str, notes: &mut Vec<String>) -> Option<Answer> {
    match found {
        Ok(answer) => Some(answer),
        Err(error) => {
            notes.push(format!("No {what}: {error}."));
            None
        }
    }
}

/// Little's test of the numbers among these variables, each at every wave.
fn little(cohort: &Cohort, observed: &[&str]) -> Result<Answer, Error> {
    let per_wave: Vec<&str> = cohort.variables(Per::Wave).collect();
    let mut columns = Vec::new();
    for wave in cohort.waves() {
        for &name in observed.iter().filter(|name| per_wave.contains(name)) {
            let at = people(cohort, Some(&wave.name), &[name])?;
            if let ColumnData::Numeric(numeric) = at.column(name)?.data() {
                let called = format!("{name} at {}", wave.title());
                columns.push(Column::numeric(called, numeric.iter().collect())?);
            }
        }
    }
    let table = Table::new(columns)?;
    let method = Method::Little(Columns {
        columns: table.names().map(str::to_owned).collect(),
        options: Little::default(),
    });
    method.run(&table)
}

impl Leavers {
    /// The result as the pieces of a report.
    pub fn content(&self) -> Vec<Content> {
        let mut content = self.tables.content();
        content.extend(self.regression.iter().flat_map(Answer::content));
        content.extend(self.little.iter().flat_map(Answer::content));
        content.push(Content::Patterns(self.patterns.clone()));
        content.extend(self.bounds.iter().flat_map(Answer::content));
        if !self.notes.is_empty() {
            content.push(Content::Text(self.notes.join("\n\n")));
        }
        content
    }
}
