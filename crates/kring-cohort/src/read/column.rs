//! Columns on their way into a frame, and the count of what is missing in them.

use std::cmp::Ordering;
use std::collections::HashMap;

use polars::prelude::{
    Column, DataFrame, Float64Chunked, IntoColumn, IntoSeries, NamedFrom, Series, TimeUnit,
};

use super::Source;
use crate::codebook::{Code, CodeCount, Variable};
use crate::error::Error;

/// A column as a reader found it.
pub(super) struct Field {
    /// What is known of it; the count of missing values is filled in by [`assemble`].
    pub variable: Variable,
    pub values: Values,
    /// For each absent value that says why it is absent, its code.
    pub reasons: Vec<Code>,
}

/// The values of a column, in the types that the readers of rows produce.
pub(super) enum Values {
    Number(Vec<Option<f64>>),
    Text(Vec<Option<String>>),
    Truth(Vec<Option<bool>>),
    /// Days since 1970-01-01.
    Date(Vec<Option<i32>>),
    /// Microseconds since 1970-01-01.
    Datetime(Vec<Option<i64>>),
    /// Microseconds.
    Duration(Vec<Option<i64>>),
    /// Nanoseconds since midnight.
    Time(Vec<Option<i64>>),
}

/// The frame of the columns, and the variables with their missing values counted.
pub(super) fn assemble(
    fields: Vec<Field>,
    source: &Source,
) -> Result<(DataFrame, Vec<Variable>), Error> {
    check_names(&fields, source)?;
    let height = fields.first().map_or(0, |field| field.values.len());
    let mut variables = Vec::with_capacity(fields.len());
    let mut columns = Vec::with_capacity(fields.len());
    for field in fields {
        let (variable, column) = field.finish();
        variables.push(variable);
        columns.push(column);
    }
    let frame = DataFrame::new(height, columns).map_err(|e| source.corrupt(e.to_string()))?;
    Ok((frame, variables))
}

fn check_names(fields: &[Field], source: &Source) -> Result<(), Error> {
    let mut seen: HashMap<&str, usize> = HashMap::new();
    for (i, field) in fields.iter().enumerate() {
        if let Some(first) = seen.insert(&field.variable.name, i) {
            return Err(Error::DuplicateName {
                file: source.file.to_owned(),
                name: field.variable.name.clone(),
                first: first + 1,
                second: i + 1,
            });
        }
    }
    Ok(())
}

impl Field {
    pub(super) fn new(variable: Variable, values: Values) -> Self {
        Self {
            variable,
            values,
            reasons: Vec::new(),
        }
    }

    fn finish(mut self) -> (Variable, Column) {
        if let Values::Number(numbers) = &mut self.values {
            for number in numbers {
                if let Some(reason) = number.and_then(not_finite) {
                    *number = None;
                    self.reasons.push(reason);
                }
            }
        }
        self.variable.missing.system = self.values.absent().saturating_sub(self.reasons.len());
        let mut codes = self.reasons;
        if !self.variable.user_missing.is_empty() {
            codes.extend(
                self.values
                    .codes()
                    .filter(|code| self.variable.is_user_missing(code)),
            );
        }
        self.variable.missing.by_code = count(codes, &self.variable);
        let column = self.values.into_column(&self.variable.name);
        (self.variable, column)
    }
}

impl Values {
    fn len(&self) -> usize {
        match self {
            Self::Number(values) => values.len(),
            Self::Text(values) => values.len(),
            Self::Truth(values) => values.len(),
            Self::Date(values) => values.len(),
            Self::Datetime(values) | Self::Duration(values) | Self::Time(values) => values.len(),
        }
    }

    fn absent(&self) -> usize {
        fn count<T>(values: &[Option<T>]) -> usize {
            values.iter().filter(|value| value.is_none()).count()
        }
        match self {
            Self::Number(values) => count(values),
            Self::Text(values) => count(values),
            Self::Truth(values) => count(values),
            Self::Date(values) => count(values),
            Self::Datetime(values) | Self::Duration(values) | Self::Time(values) => count(values),
        }
    }

    /// The values that are there, as codes; a date as its number in the frame.
    fn codes(&self) -> Box<dyn Iterator<Item = Code> + '_> {
        match self {
            Self::Number(values) => Box::new(values.iter().flatten().map(|v| Code::Number(*v))),
            Self::Text(values) => Box::new(values.iter().flatten().map(|v| Code::Text(v.clone()))),
            Self::Truth(values) => Box::new(
                values
                    .iter()
                    .flatten()
                    .map(|v| Code::Number(f64::from(u8::from(*v)))),
            ),
            Self::Date(values) => {
                Box::new(values.iter().flatten().map(|v| Code::Number(f64::from(*v))))
            }
            Self::Datetime(values) | Self::Duration(values) | Self::Time(values) => {
                Box::new(values.iter().flatten().map(|v| Code::Number(*v as f64)))
            }
        }
    }

    fn into_column(self, name: &str) -> Column {
        let name = name.into();
        let series = match self {
            // Collected here, where loops are optimised; polars itself is not.
            Self::Number(values) => {
                let chunked: Float64Chunked = values.into_iter().collect();
                chunked.with_name(name).into_series()
            }
            Self::Text(values) => Series::new(name, values),
            Self::Truth(values) => Series::new(name, values),
            Self::Date(values) => Series::new(name, values).into_date(),
            Self::Datetime(values) => {
                Series::new(name, values).into_datetime(TimeUnit::Microseconds, None)
            }
            Self::Duration(values) => {
                Series::new(name, values).into_duration(TimeUnit::Microseconds)
            }
            Self::Time(values) => Series::new(name, values).into_time(),
        };
        series.into_column()
    }
}

/// How a number that is none is counted among the missing.
pub(super) fn not_finite(number: f64) -> Option<Code> {
    let text = if number.is_nan() {
        "NaN"
    } else if number == f64::INFINITY {
        "Infinity"
    } else if number == f64::NEG_INFINITY {
        "-Infinity"
    } else {
        return None;
    };
    Some(Code::Text(text.to_owned()))
}

/// Equal codes counted together, the numbers first, in order.
pub(super) fn count(mut codes: Vec<Code>, variable: &Variable) -> Vec<CodeCount> {
    codes.sort_by(|a, b| a.partial_cmp(b).unwrap_or(Ordering::Equal));
    codes
        .chunk_by(|a, b| a == b)
        .map(|same| CodeCount {
            code: same[0].clone(),
            label: variable.label_of(&same[0]).map(str::to_owned),
            count: same.len(),
        })
        .collect()
}
