//! What the columns of a frame are, in the words of Python.

use kring::cohort::{Level, OtherArms, Roles};
use pyo3::prelude::*;
use serde_json::{Map, Value, json};

use crate::errors::argument;
use crate::hints::Declared;
use crate::values::{from_python, plain};

/// The roles as they are given from Python.
pub struct Given<'py> {
    pub subject: String,
    pub wave: Option<String>,
    pub arm: Option<String>,
    pub clusters: Option<Vec<String>>,
    pub time: Option<String>,
    pub wide: Option<Declared<'py>>,
    pub waves: Option<Declared<'py>>,
    pub arms: Option<Declared<'py>>,
    pub variables: Option<Declared<'py>>,
}

impl Given<'_> {
    pub fn roles(self) -> PyResult<Roles> {
        Ok(Roles {
            subject: Some(self.subject),
            wave: self.wave,
            arm: self.arm,
            clusters: self.clusters.unwrap_or_default(),
            time: self.time,
            wide: from_python("wide", entries("wide", self.wide, wide)?)?,
            waves: from_python("waves", entries("waves", self.waves, label)?)?,
            arms: arms(self.arms)?,
            other_arms: OtherArms::LeftOut,
            variables: from_python("variables", entries("variables", self.variables, variable)?)?,
        })
    }
}

/// The arms to compare: names, or names with labels.
pub fn arms(given: Option<Declared<'_>>) -> PyResult<Vec<Level>> {
    from_python("arms", entries("arms", given, label)?)
}

/// A list of names, or a dict of names and what is said about them, as a list of records.
fn entries(
    argument: &str,
    given: Option<Declared<'_>>,
    said: impl Fn(Value) -> Result<Value, &'static str>,
) -> PyResult<Value> {
    match given {
        None => Ok(json!([])),
        Some(given) => named(argument, plain(argument, &given.0)?, &said),
    }
}

fn named(
    of: &str,
    given: Value,
    said: &dyn Fn(Value) -> Result<Value, &'static str>,
) -> PyResult<Value> {
    let record = |name: String, value: Value| -> PyResult<Value> {
        let said = said(value).map_err(|expected| {
            argument(of, format!("what is said of `{name}` is no {expected}"))
        })?;
        let mut record = Map::from_iter([("name".to_owned(), Value::String(name))]);
        if let Value::Object(said) = said {
            record.extend(said);
        }
        Ok(Value::Object(record))
    };
    let records: PyResult<Vec<Value>> = match given {
        Value::Object(given) => given
            .into_iter()
            .map(|(name, value)| record(name, value))
            .collect(),
        Value::Array(given) => given
            .into_iter()
            .map(|entry| match entry {
                Value::String(name) => record(name, Value::Null),
                Value::Number(name) => record(name.to_string(), Value::Null),
                Value::Object(mut entry) => match entry.remove("name") {
                    Some(Value::String(name)) => record(name, Value::Object(entry)),
                    Some(Value::Number(name)) => record(name.to_string(), Value::Object(entry)),
                    _ => Err(argument(of, "a dict in the list has no `name`")),
                },
                other => Err(argument(
                    of,
                    format!("expected a name or a dict, found {other}"),
                )),
            })
            .collect(),
        other => Err(argument(
            of,
            format!("expected a list of names or a dict, found {other}"),
        )),
    };
    records.map(Value::Array)
}

/// A text is the label of an arm or wave, a number the months of a wave.
fn label(said: Value) -> Result<Value, &'static str> {
    match said {
        Value::String(label) => Ok(json!({ "label": label })),
        Value::Number(months) => Ok(json!({ "months": months })),
        Value::Null | Value::Object(_) => Ok(said),
        _ => Err("label and no dict"),
    }
}

/// A text is the pattern of the columns, a list the columns themselves.
fn wide(said: Value) -> Result<Value, &'static str> {
    match said {
        Value::String(pattern) => Ok(json!({ "pattern": pattern })),
        Value::Array(columns) => Ok(json!({ "columns": columns })),
        Value::Object(_) => Ok(said),
        _ => Err("list of columns, no pattern such as `yc{wave}`, and no dict"),
    }
}

/// A text is the type of a variable; its levels may be given as arms are.
fn variable(said: Value) -> Result<Value, &'static str> {
    match said {
        Value::String(kind) => Ok(json!({ "type": kind })),
        Value::Object(mut said) => {
            if let Some(levels) = said.remove("levels") {
                let levels =
                    named("levels", levels, &label).map_err(|_| "list or dict of levels")?;
                said.insert("levels".to_owned(), levels);
            }
            Ok(Value::Object(said))
        }
        Value::Null => Ok(said),
        _ => Err("type and no dict"),
    }
}
