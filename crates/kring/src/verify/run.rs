//! What made a result: enough to run it again.

use std::path::{Path, PathBuf};

use kring_cohort::{Cohort, OtherArms, ReadOptions, Roles, Wave, Wide, read};
use kring_core::Table;
use kring_formula::DesignOptions;
use kring_stats::lm::Lm;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::analysis::{MeansOf, lm_with_means};
use crate::method::Method;
use crate::{Error, compare};

/// What made a result: a file, which rows of it, and what was asked of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Run {
    /// The version of kring.
    pub kring: String,
    /// The command, where one was typed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// The data.
    pub data: DataFile,
    /// How they were read.
    #[serde(default)]
    pub reading: ReadOptions,
    /// Which rows were taken.
    #[serde(default)]
    pub rows: RowsTaken,
    /// The levels of texts in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub levels: Vec<Chosen>,
    /// The levels that others are set against, one a column.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub references: Vec<Chosen>,
    /// What was asked.
    pub task: Task,
}

/// A file of data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataFile {
    /// Its path, as it was given.
    pub file: String,
    /// The SHA-256 of its bytes.
    pub sha256: String,
}

/// Which rows of a file were taken.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RowsTaken {
    /// The column that names the family or person: a row is one of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// With it the column that names the wave.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wave: Option<String>,
    /// With it the waves in order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub waves: Vec<String>,
    /// With it the variables that stand in one column a wave: a row is a measurement.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub wide: Vec<Wide>,
    /// Only the rows with these levels.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub only: Vec<Chosen>,
}

/// Levels of a column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chosen {
    /// The column.
    pub column: String,
    /// The levels.
    pub levels: Vec<String>,
}

/// What was asked of the rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// A method.
    Method(Box<Method>),
    /// A linear model.
    Lm(Box<LinearModel>),
}

/// A linear model and what is asked of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinearModel {
    /// The formula.
    pub formula: String,
    /// What columns beside those of the formula are for.
    pub roles: DesignOptions,
    /// The options of the model.
    pub options: Lm,
    /// The means that are asked for.
    pub means: Option<MeansOf>,
}

impl Task {
    /// What it is called: the name of the method, or `lm`.
    pub fn name(&self) -> String {
        match self {
            Self::Method(method) => method.kind(),
            Self::Lm(_) => "lm".to_owned(),
        }
    }
}

impl DataFile {
    /// The file as it is now.
    pub fn of(file: &Path) -> Result<Self, Error> {
        Ok(Self {
            file: file.display().to_string(),
            sha256: fingerprint(file)?,
        })
    }

    /// Where it is now: where the caller says, else where it was, else beside the result.
    pub(super) fn find(&self, results: &Path, source: Option<&Path>) -> Result<PathBuf, Error> {
        if let Some(source) = source {
            return Ok(source.to_owned());
        }
        let was = PathBuf::from(&self.file);
        let beside = was
            .file_name()
            .and_then(|name| Some(results.parent()?.join(name)));
        let places = [Some(was.clone()), beside];
        let found = places.into_iter().flatten().find(|place| place.is_file());
        found.ok_or_else(|| Error::File {
            path: was,
            why: format!(
                "the data of {} are no longer there, nor beside it; say where they are now with --source",
                results.display()
            ),
        })
    }
}

impl Run {
    /// The result as a JSON object, with this run under `provenance`, so that
    /// [`verify`](super::verify) can run it again.
    pub fn beside(&self, result: &impl Serialize) -> Result<Value, Error> {
        let mut all = as_json(result)?;
        if let Some(fields) = all.as_object_mut() {
            fields.insert("provenance".to_owned(), as_json(self)?);
        }
        Ok(all)
    }

    /// Runs it on a file, and gives the result as plain data.
    pub(super) fn again(&self, data: &Path) -> Result<Value, Error> {
        let mut table = self.rows.of(data, &self.reading)?;
        for order in &self.levels {
            table = compare::with_levels(&table, &order.column, &order.names())?;
        }
        for reference in &self.references {
            let level = reference.levels.first().map_or("", String::as_str);
            table = compare::with_reference(&table, &reference.column, level)?;
        }
        match &self.task {
            Task::Method(method) => as_json(&method.run(&table)?),
            Task::Lm(model) => as_json(&lm_with_means(
                &table,
                &model.formula,
                &model.roles,
                &model.options,
                model.means.as_ref(),
            )?),
        }
    }
}

impl RowsTaken {
    /// The rows of a file.
    fn of(&self, data: &Path, reading: &ReadOptions) -> Result<Table, Error> {
        let dataset = read(data, reading)?;
        let mut table = match &self.subject {
            None => dataset.table()?,
            Some(subject) => {
                let roles = Roles {
                    subject: Some(subject.clone()),
                    wave: self.wave.clone(),
                    other_arms: OtherArms::LeftOut,
                    waves: self.waves.iter().map(Wave::named).collect(),
                    wide: self.wide.clone(),
                    ..Roles::default()
                };
                let cohort = Cohort::new(dataset, &roles)?;
                if self.wide.is_empty() {
                    cohort.subjects().clone()
                } else {
                    cohort.measurements().clone()
                }
            }
        };
        for only in &self.only {
            table = compare::at(&table, &only.column, &only.names())?;
        }
        Ok(table)
    }
}

impl Chosen {
    fn names(&self) -> Vec<&str> {
        self.levels.iter().map(String::as_str).collect()
    }
}

/// The SHA-256 of a file.
pub(super) fn fingerprint(file: &Path) -> Result<String, Error> {
    let bytes = std::fs::read(file).map_err(|error| Error::File {
        path: file.to_owned(),
        why: match error.kind() {
            std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
            _ => error.to_string(),
        },
    })?;
    Ok(crate::sha256(&bytes))
}

/// A result as plain data.
pub(super) fn as_json(result: &impl Serialize) -> Result<Value, Error> {
    serde_json::to_value(result).map_err(|error| Error::Argument {
        what: "the result".to_owned(),
        why: format!("it cannot be written as JSON: {error}"),
    })
}
