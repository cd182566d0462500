//! One case of the corpus: what it says, its data as a table, and the answers to its fields.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use kring_cohort::ReadOptions;
use kring_core::{Column, ColumnData, Table};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::Error;
use super::kinds::is_pending;

/// A case as its file has it; the README of the corpus says what each field means.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    pub id: String,
    pub model: Map<String, Value>,
    #[serde(rename = "r")]
    _r: String,
    data: Option<String>,
    rows: Option<usize>,
    #[serde(default)]
    levels: BTreeMap<String, Vec<String>>,
    pub expected: Value,
    pub relative_tolerance: f64,
    pub absolute_tolerance: Option<f64>,
    #[serde(rename = "note")]
    _note: Option<String>,
    /// The folder of the corpus.
    #[serde(skip)]
    corpus: PathBuf,
}

/// One figure, or one group of figures, of `expected`.
#[derive(Debug, Clone, Copy)]
pub struct Field<'a> {
    /// What is asked for: the key, or the `call` of an entry of a list.
    pub name: &'a str,
    /// The place among the fields.
    pub place: usize,
    /// What R gives.
    pub expected: &'a Value,
}

/// What we say to a field.
#[derive(Debug, Clone)]
pub enum Answer {
    /// The figures, in the shape of the field.
    Figures(Value),
    /// A later issue brings the method of this name.
    Pending(String),
    /// There is none, for this reason.
    Refused(String),
}

impl Case {
    /// Reads a case from `cases/<group>/<name>.json` of a corpus.
    pub fn read(corpus: &Path, id: &str) -> Result<Self, Error> {
        let path = corpus.join("cases").join(format!("{id}.json"));
        let text = std::fs::read_to_string(&path).map_err(|error| Error::file(&path, error))?;
        let mut case: Self =
            serde_json::from_str(&text).map_err(|error| Error::file(&path, error))?;
        corpus.clone_into(&mut case.corpus);
        if case.id != id {
            return Err(Error::Case(format!(
                "the file stands at {id}, but its id is {}",
                case.id
            )));
        }
        let tolerances = [Some(case.relative_tolerance), case.absolute_tolerance];
        if !tolerances
            .into_iter()
            .flatten()
            .all(|t| t.is_finite() && t >= 0.0)
        {
            return Err(Error::Case(
                "a tolerance is not a number of zero or more".to_owned(),
            ));
        }
        Ok(case)
    }

    /// What is fitted: the kind, and for tests which one.
    pub fn method(&self) -> String {
        let text = |key: &str| self.model.get(key).and_then(Value::as_str);
        let kind = text("kind").unwrap_or("(no kind)");
        if self.model.contains_key("emmeans") {
            return "emmeans".to_owned();
        }
        match (kind, text("test")) {
            ("test" | "table_test", Some(test)) => format!("{kind}/{test}"),
            _ => kind.to_owned(),
        }
    }

    /// A text of the model.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.model.get(key).and_then(Value::as_str)
    }

    /// The model with its options; an option that is not known is an error.
    pub fn options<T: DeserializeOwned>(&self) -> Result<T, Error> {
        let mut model = self.model.clone();
        model.remove("kind");
        model.remove("test");
        serde_json::from_value(Value::Object(model))
            .map_err(|error| Error::Case(format!("model: {error}")))
    }

    /// The data, its factors with the levels of the case.
    pub fn table(&self) -> Result<Table, Error> {
        let Some(file) = &self.data else {
            return Err(Error::Case(
                "it has no `data`, which its kind needs".to_owned(),
            ));
        };
        let dataset = kring_cohort::read(
            &self.corpus.join("data").join(file),
            &ReadOptions::default(),
        )?;
        let table = dataset.table()?;
        if let Some(rows) = self.rows.filter(|&rows| rows != table.rows()) {
            return Err(Error::Case(format!(
                "{file} has {} rows, but the case says {rows}",
                table.rows()
            )));
        }
        let mut columns = table.columns().to_vec();
        for (name, levels) in &self.levels {
            let Some(column) = columns.iter_mut().find(|column| column.name == *name) else {
                return Err(Error::Case(format!(
                    "{file} has no column `{name}`, of which `levels` speaks"
                )));
            };
            *column = with_levels(column, levels).map_err(|stranger| {
                Error::Case(format!(
                    "{file}: `{name}` has {stranger}, which is none of its levels"
                ))
            })?;
        }
        Ok(Table::new(columns)?)
    }

    /// The fields of `expected` in their order.
    pub fn fields(&self) -> Vec<Field<'_>> {
        match &self.expected {
            Value::Object(fields) => fields
                .iter()
                .enumerate()
                .map(|(place, (name, expected))| Field {
                    name,
                    place,
                    expected,
                })
                .collect(),
            Value::Array(entries) => entries
                .iter()
                .enumerate()
                .map(|(place, expected)| {
                    let name = expected
                        .get("call")
                        .and_then(Value::as_str)
                        .unwrap_or("(no call)");
                    Field {
                        name,
                        place,
                        expected,
                    }
                })
                .collect(),
            _ => Vec::new(),
        }
    }

    /// Answers each field that is not pending; no answer means that the field is not known.
    pub fn answer(
        &self,
        mut answer: impl FnMut(Field<'_>) -> Result<Option<Value>, Error>,
    ) -> Vec<Answer> {
        let kind = self.method();
        let fields = self.fields().into_iter();
        fields
            .map(|field| {
                let method = format!("{kind}/{}", field.name);
                if is_pending(&method) {
                    return Answer::Pending(method);
                }
                match answer(field) {
                    Ok(Some(figures)) => Answer::Figures(figures),
                    Ok(None) => Answer::Refused(format!("kind {kind} has no field of this name")),
                    Err(error) => Answer::Refused(error.to_string()),
                }
            })
            .collect()
    }

    /// The path of a field in messages.
    pub fn path(&self, field: Field<'_>) -> String {
        if self.expected.is_array() {
            format!("[{}]", field.place)
        } else {
            field.name.to_owned()
        }
    }
}

/// The column as a factor of these levels, or the first value that is none of them.
fn with_levels(column: &Column, levels: &[String]) -> Result<Column, String> {
    let place = |found: Option<usize>, value: &dyn Fn() -> String| {
        found
            .and_then(|place| u32::try_from(place).ok())
            .map(Some)
            .ok_or_else(value)
    };
    let code = |row: usize| match column.data() {
        ColumnData::Numeric(numeric) => numeric.get(row).map_or(Ok(None), |x| {
            place(
                levels.iter().position(|level| level.parse() == Ok(x)),
                &|| x.to_string(),
            )
        }),
        ColumnData::Factor(factor) => factor.label(row).map_or(Ok(None), |label| {
            place(levels.iter().position(|level| level == label), &|| {
                format!("'{label}'")
            })
        }),
    };
    let codes = (0..column.rows())
        .map(code)
        .collect::<Result<Vec<_>, _>>()?;
    Column::factor(&column.name, levels, codes).map_err(|error| error.to_string())
}
