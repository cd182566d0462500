//! What a data file says about its variables, and how much of each is missing.

use serde::{Deserialize, Serialize};

/// What a data file says about itself: its variables in column order.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Codebook {
    /// The title of the file.
    pub label: Option<String>,
    /// Remarks that were stored in the file.
    pub notes: Vec<String>,
    /// The variable by which SPSS weights the cases.
    pub weight: Option<String>,
    /// The variables, in the order of the columns.
    pub variables: Vec<Variable>,
}

/// One variable: its meaning, its codes, and what is missing.
///
/// Codes of dates are in the units of the frame: days since 1970-01-01 for a date, microseconds
/// since then for a date with a time, microseconds for a duration.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Variable {
    /// The name of the column.
    pub name: String,
    /// What the variable is, in words.
    pub label: Option<String>,
    /// The unit of its numbers. No file format has one; a protocol may give it.
    pub unit: Option<String>,
    /// The level of measurement, where the file states it.
    pub level: Option<MeasurementLevel>,
    /// What the codes mean, in the order of the file.
    pub value_labels: Vec<ValueLabel>,
    /// Which values the researcher declared to mean "missing". They are still in the frame.
    pub user_missing: Vec<MissingRule>,
    /// The display format, in the words of the program that wrote the file: `F8.2`, `%td`.
    pub format: Option<String>,
    /// How many values are missing, and why.
    pub missing: MissingCount,
    /// The rows in which Stata has `.a` to `.z` rather than a plain missing value.
    pub tagged: Vec<Tagged>,
}

/// The level of measurement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MeasurementLevel {
    /// Kinds without order, such as an arm.
    Nominal,
    /// Kinds in order, such as a rating.
    Ordinal,
    /// Numbers with a unit, such as an age.
    Scale,
}

/// A value as it stands in the file.
#[derive(Debug, Clone, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Code {
    /// A number.
    Number(f64),
    /// A text: a value of a text variable, or a mark such as `NA`, `#N/A` or Stata's `.a`.
    Text(String),
}

/// What a code means.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ValueLabel {
    /// The value in the frame.
    pub code: Code,
    /// Its meaning.
    pub label: String,
}

/// A rule by which the researcher declared values to be missing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MissingRule {
    /// One number.
    Value(f64),
    /// All numbers from `low` to `high`, both included; absent means unbounded.
    Range {
        /// The lowest.
        low: Option<f64>,
        /// The highest.
        high: Option<f64>,
    },
    /// One text.
    Text(String),
}

/// How much of a variable is missing.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct MissingCount {
    /// Empty cells, and the system-missing values of SPSS and Stata.
    pub system: usize,
    /// Cells that say why they are missing, by code: the numbers first, in order.
    pub by_code: Vec<CodeCount>,
}

/// How often a code for "missing" occurs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CodeCount {
    /// The code.
    pub code: Code,
    /// Its meaning, where the file gives one.
    pub label: Option<String>,
    /// In how many rows it stands.
    pub count: usize,
}

/// A missing value with a tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tagged {
    /// The row in the frame, counted from 0.
    pub row: usize,
    /// The tag: `a` for Stata's `.a`.
    pub tag: char,
}

impl Codebook {
    /// The variable of a name.
    pub fn variable(&self, name: &str) -> Option<&Variable> {
        self.variables.iter().find(|variable| variable.name == name)
    }
}

impl Variable {
    /// A variable of which no more than the name is known.
    pub fn named(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            ..Self::default()
        }
    }

    /// What a code means.
    pub fn label_of(&self, code: &Code) -> Option<&str> {
        self.value_labels
            .iter()
            .find(|entry| entry.code == *code)
            .map(|entry| entry.label.as_str())
    }

    /// Whether the researcher declared this value to mean "missing".
    pub fn is_user_missing(&self, code: &Code) -> bool {
        self.user_missing.iter().any(|rule| rule.covers(code))
    }
}

impl MissingRule {
    /// Whether the rule covers a value.
    pub fn covers(&self, code: &Code) -> bool {
        match (self, code) {
            (Self::Value(missing), Code::Number(value)) => missing == value,
            (Self::Range { low, high }, Code::Number(value)) => {
                low.is_none_or(|low| low <= *value) && high.is_none_or(|high| *value <= high)
            }
            (Self::Text(missing), Code::Text(value)) => missing == value,
            _ => false,
        }
    }
}

impl MissingCount {
    /// All missing values together.
    pub fn total(&self) -> usize {
        self.system + self.by_code.iter().map(|entry| entry.count).sum::<usize>()
    }
}
