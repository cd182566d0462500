//! A column of a frame, whatever its dtype, as numbers or as words.
//!
//! | dtype | becomes |
//! |---|---|
//! | whole and floating-point numbers, decimals | numbers; NaN is missing |
//! | whole numbers of which one reaches 2⁵³ | words: they are identifiers, and would lose digits |
//! | text, categorical | words; an empty or blank text is missing |
//! | enum | words in the order of the enum |
//! | boolean | the words `FALSE` and `TRUE` |
//! | date, date with time | days since 1970-01-01 (UTC) |
//! | duration, time of day | days; hours since midnight |
//! | null | numbers, all missing |
//! | list, array, struct, binary, object, extension | an error |

use std::collections::HashMap;

use polars::prelude::{Column, DataType, PolarsError, Series, TimeUnit};

use crate::error::Error;

/// The values of a column, with `None` where one is missing.
#[derive(Debug, Clone)]
pub(crate) enum Cells {
    Numbers {
        /// As they stand in the frame, in the units of its codebook.
        values: Vec<Option<f64>>,
        scale: Option<Scale>,
    },
    Words {
        /// The different words.
        words: Vec<String>,
        /// For each row the place of its word.
        codes: Vec<Option<u32>>,
        order: Order,
    },
}

/// Whether the words have an order of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// They have none.
    None,
    /// They stand in their order, and some may not occur.
    Given,
    /// They are `FALSE` and `TRUE`.
    Truth,
}

/// How the numbers of a date, duration or time become numbers with a unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Scale {
    /// So many of them make one unit.
    per_unit: f64,
    pub(crate) unit: &'static str,
    /// What the numbers are counted from.
    pub(crate) since: Option<&'static str>,
}

impl Scale {
    pub(crate) fn apply(self, value: f64) -> f64 {
        value / self.per_unit
    }
}

/// Reads a column of a frame.
pub(crate) fn cells(column: &Column, file: &str) -> Result<Cells, Error> {
    let series = column.as_materialized_series();
    let refuse = |reason: String| Error::Dtype {
        file: file.to_owned(),
        column: series.name().to_string(),
        dtype: series.dtype().to_string(),
        reason,
    };
    let polars = |error: PolarsError| refuse(format!(" ({error})"));
    match series.dtype() {
        DataType::Null => Ok(numbers(vec![None; series.len()], None)),
        DataType::Boolean => {
            let codes = series.bool().map_err(polars)?.iter();
            Ok(Cells::Words {
                words: ["FALSE", "TRUE"].map(String::from).to_vec(),
                codes: codes.map(|truth| truth.map(u32::from)).collect(),
                order: Order::Truth,
            })
        }
        DataType::String | DataType::Categorical(..) => words(series, &[]).map_err(polars),
        DataType::Enum(categories, _) => {
            let order: Vec<&str> = categories.categories().values_iter().collect();
            words(series, &order).map_err(polars)
        }
        DataType::Date => physical(series, 1.0, "days", Some(EPOCH)).map_err(polars),
        DataType::Datetime(unit, _) => {
            physical(series, per_day(*unit), "days", Some(EPOCH)).map_err(polars)
        }
        DataType::Duration(unit) => physical(series, per_day(*unit), "days", None).map_err(polars),
        DataType::Time => {
            physical(series, NANOSECONDS_AN_HOUR, "hours", Some("midnight")).map_err(polars)
        }
        dtype if dtype.is_primitive_numeric() => number_column(series).map_err(polars),
        DataType::Decimal(..) => number_column(series).map_err(polars),
        _ => Err(refuse(String::new())),
    }
}

const EPOCH: &str = "1970-01-01";
const SECONDS_A_DAY: f64 = 86_400.0;
const NANOSECONDS_AN_HOUR: f64 = 3.6e12;

/// 2⁵³: below it every whole number is a floating-point number too.
const WHOLE: f64 = 9_007_199_254_740_992.0;

fn per_day(unit: TimeUnit) -> f64 {
    SECONDS_A_DAY
        * match unit {
            TimeUnit::Milliseconds => 1e3,
            TimeUnit::Microseconds => 1e6,
            TimeUnit::Nanoseconds => 1e9,
        }
}

fn numbers(values: Vec<Option<f64>>, scale: Option<Scale>) -> Cells {
    Cells::Numbers { values, scale }
}

fn floats(series: &Series) -> Result<Vec<Option<f64>>, PolarsError> {
    let cast = series.cast(&DataType::Float64)?;
    let values = cast.f64()?.iter();
    Ok(values.map(|value| value.filter(|x| !x.is_nan())).collect())
}

fn number_column(series: &Series) -> Result<Cells, PolarsError> {
    let values = floats(series)?;
    let whole = !series.dtype().is_float();
    if whole && values.iter().flatten().any(|x| x.abs() >= WHOLE) {
        return words(series, &[]);
    }
    Ok(numbers(values, None))
}

fn physical(
    series: &Series,
    per_unit: f64,
    unit: &'static str,
    since: Option<&'static str>,
) -> Result<Cells, PolarsError> {
    let scale = Scale {
        per_unit,
        unit,
        since,
    };
    Ok(numbers(floats(&series.to_physical_repr())?, Some(scale)))
}

/// The words of a column, after those whose order is given.
fn words(series: &Series, order: &[&str]) -> Result<Cells, PolarsError> {
    let cast = series.cast(&DataType::String)?;
    let texts = cast.str()?;
    let mut words: Vec<&str> = order.to_vec();
    let mut places: HashMap<&str, u32> = words.iter().copied().zip(0..).collect();
    let codes = texts
        .iter()
        .map(|text| {
            let text = text.filter(|text| !text.trim().is_empty())?;
            Some(*places.entry(text).or_insert_with(|| {
                words.push(text);
                place(words.len() - 1)
            }))
        })
        .collect();
    Ok(Cells::Words {
        words: words.into_iter().map(emptied).collect(),
        codes,
        order: if order.is_empty() {
            Order::None
        } else {
            Order::Given
        },
    })
}

/// A word, or nothing where it is blank: that is no level.
fn emptied(word: &str) -> String {
    if word.trim().is_empty() {
        String::new()
    } else {
        word.to_owned()
    }
}

/// A place as it is kept in a factor. A frame has fewer than 2³² rows, so nothing is cut off.
pub(crate) fn place(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

impl Cells {
    pub(crate) fn rows(&self) -> usize {
        match self {
            Self::Numbers { values, .. } => values.len(),
            Self::Words { codes, .. } => codes.len(),
        }
    }

    /// In how many rows there is no value.
    pub(crate) fn absent(&self) -> usize {
        match self {
            Self::Numbers { values, .. } => values.iter().filter(|v| v.is_none()).count(),
            Self::Words { codes, .. } => codes.iter().filter(|c| c.is_none()).count(),
        }
    }

    /// Whether no row has a value.
    pub(crate) fn is_empty(&self) -> bool {
        self.absent() == self.rows()
    }

    /// Whether a row has no value.
    pub(crate) fn is_absent(&self, row: usize) -> bool {
        match self {
            Self::Numbers { values, .. } => values[row].is_none(),
            Self::Words { codes, .. } => codes[row].is_none(),
        }
    }

    /// For each row the place of its value among the different values, in order of appearance,
    /// and these values as texts.
    pub(crate) fn keys(&self) -> Keys {
        let mut keys = Keys::default();
        match self {
            Self::Numbers { values, .. } => {
                let mut places = HashMap::new();
                for value in values {
                    let code = value.map(|x| {
                        *places.entry(bits(x)).or_insert_with(|| {
                            keys.names.push(x.to_string());
                            place(keys.names.len() - 1)
                        })
                    });
                    keys.codes.push(code);
                }
            }
            Self::Words { words, codes, .. } => {
                let mut places = vec![None; words.len()];
                for code in codes {
                    let code = code.map(|c| {
                        *places[c as usize].get_or_insert_with(|| {
                            keys.names.push(words[c as usize].clone());
                            place(keys.names.len() - 1)
                        })
                    });
                    keys.codes.push(code);
                }
            }
        }
        keys
    }
}

/// Values that name something, in order of appearance.
#[derive(Debug, Default)]
pub(crate) struct Keys {
    pub(crate) names: Vec<String>,
    pub(crate) codes: Vec<Option<u32>>,
}

/// A number as a key of a map: 0 and −0 are one.
pub(crate) fn bits(x: f64) -> u64 {
    (x + 0.0).to_bits()
}
