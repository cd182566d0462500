//! Frames over the Arrow C stream interface: the one file here with unsafe code.
//!
//! A producer hands over a capsule called `arrow_array_stream`, which holds a C structure with
//! functions that yield one struct array after another; its fields are the columns. The buffers are
//! shared, not copied. <https://arrow.apache.org/docs/format/CDataInterface/PyCapsuleInterface.html>
#![allow(
    unsafe_code,
    reason = "the Arrow C interface passes C structures by pointer"
)]

use std::collections::HashSet;
use std::ffi::CStr;
use std::ptr;

use polars::prelude::{
    ArrowField, CompatLevel, DataFrame, DataType, FrozenCategories, PolarsError, PolarsResult,
    Series,
};
use polars_arrow::array::{
    Array, DictionaryArray, StructArray, Utf8Array, Utf8ViewArray, new_empty_array,
};
use polars_arrow::datatypes::{ArrowDataType, IntegerType};
use polars_arrow::ffi::{ArrowArrayStream, ArrowArrayStreamReader, export_iterator};
use pyo3::prelude::*;
use pyo3::types::PyCapsule;

use crate::errors::InputError;

const NAME: &CStr = c"arrow_array_stream";

/// What came out of a stream: the columns one by one, or one column that is no frame.
pub enum Imported {
    Columns(Vec<(ArrowField, Vec<Box<dyn Array>>)>),
    Column(ArrowField, Vec<Box<dyn Array>>),
}

/// Takes the stream out of a capsule and reads it to its end.
pub fn import(capsule: &Bound<'_, PyCapsule>) -> PyResult<Imported> {
    let pointer = capsule
        .pointer_checked(Some(NAME))?
        .cast::<ArrowArrayStream>();
    // SAFETY: a capsule of this name holds an `ArrowArrayStream` by the interface's definition, and
    // the pointer was checked not to be null. The consumer moves the structure out and leaves one
    // whose `release` is null, as `empty` is, so that the producer does not release it again.
    let stream = unsafe { ptr::replace(pointer.as_ptr(), ArrowArrayStream::empty()) };
    // SAFETY: the producer promises a stream that follows the interface; a released one is refused.
    let reader = unsafe { ArrowArrayStreamReader::try_new(Box::new(stream)) };
    let mut reader = reader.map_err(unreadable)?;
    let field = reader.field().clone();
    // Before any array is read, since polars panics at some.
    match field.dtype() {
        ArrowDataType::Struct(fields) => fields
            .iter()
            .filter(|f| !is_row_number(f))
            .try_for_each(usable)?,
        _ => usable(&field)?,
    }
    let mut chunks = Vec::new();
    // SAFETY: as above; each array owns its buffers until it is dropped.
    while let Some(chunk) = unsafe { reader.next() } {
        chunks.push(chunk.map_err(unreadable)?);
    }
    let ArrowDataType::Struct(fields) = field.dtype() else {
        return Ok(Imported::Column(field, chunks));
    };
    let mut columns: Vec<_> = fields
        .iter()
        .map(|field| (field.clone(), Vec::new()))
        .collect();
    for chunk in &chunks {
        let Some(batch) = chunk.as_any().downcast_ref::<StructArray>() else {
            return Err(InputError::new_err(
                "the frame's Arrow stream yields something else than rows",
            ));
        };
        if batch.null_count() > 0 {
            return Err(InputError::new_err(
                "the frame has whole rows that are null; drop them",
            ));
        }
        for ((_, parts), values) in columns.iter_mut().zip(batch.values()) {
            parts.push(values.clone());
        }
    }
    columns.retain(|(field, _)| !is_row_number(field));
    Ok(Imported::Columns(columns))
}

fn unreadable(error: PolarsError) -> PyErr {
    InputError::new_err(format!(
        "the frame cannot be read as an Arrow stream: {error}"
    ))
}

/// A column, and whether its categories are meant as an order.
pub struct Values {
    pub series: Series,
    pub is_ordered: bool,
}

/// A column from its chunks.
pub fn values(field: &ArrowField, chunks: Vec<Box<dyn Array>>) -> PyResult<Values> {
    Ok(Values {
        series: series(field, chunks)?,
        is_ordered: matches!(field.dtype(), ArrowDataType::Dictionary(_, _, true))
            && !is_of_polars(field),
    })
}

/// polars calls every enum ordered, since it sorts by it; whoever writes one means a list of levels.
fn is_of_polars(field: &ArrowField) -> bool {
    let mut keys = field.metadata.iter().flat_map(|metadata| metadata.keys());
    keys.any(|key| key.starts_with("_PL_"))
}

/// The values of a column from its chunks.
///
/// A dictionary of texts keeps the order of its values, so that the categories of pandas stay in
/// their order.
fn series(field: &ArrowField, mut chunks: Vec<Box<dyn Array>>) -> PyResult<Series> {
    if chunks.is_empty() {
        chunks.push(new_empty_array(field.dtype().clone()));
    }
    let levels = levels(field, &chunks);
    let fault = |error: PolarsError| {
        InputError::new_err(format!("column `{}` cannot be used: {error}", field.name))
    };
    let series = Series::try_from((field, chunks)).map_err(fault)?;
    let Some(levels) = levels else {
        return Ok(series);
    };
    let categories = FrozenCategories::new(levels.iter().map(String::as_str)).map_err(fault)?;
    series
        .strict_cast(&DataType::from_frozen_categories(categories))
        .map_err(fault)
}

/// Whether a column is the index of pandas that has no name: row numbers, and no data.
fn is_row_number(field: &ArrowField) -> bool {
    let level = field
        .name
        .strip_prefix("__index_level_")
        .and_then(|rest| rest.strip_suffix("__"));
    level.is_some_and(|level| level.parse::<u32>().is_ok())
}

fn usable(field: &ArrowField) -> PyResult<()> {
    unusable(field.dtype()).map_or(Ok(()), |what| {
        Err(InputError::new_err(format!(
            "column `{}` holds {what}, which are no numbers, texts, dates or truth values; drop the column, or convert it",
            field.name
        )))
    })
}

/// What of a type is no number, text, date or truth value.
///
/// polars would panic on some of these types and make structures of others.
fn unusable(dtype: &ArrowDataType) -> Option<&'static str> {
    use ArrowDataType as A;
    match dtype {
        A::List(_) | A::LargeList(_) | A::FixedSizeList(..) => Some("lists"),
        A::Struct(_) => Some("structures"),
        A::Map(..) => Some("maps"),
        A::Union(_) => Some("values of several types"),
        A::Interval(_) => Some("intervals"),
        A::Binary | A::LargeBinary | A::FixedSizeBinary(_) | A::BinaryView => Some("bytes"),
        A::Extension(_) => Some("values of an extension type"),
        A::Decimal256(..) => Some("decimals of 256 bits"),
        A::Dictionary(_, values, _) => unusable(values),
        _ => None,
    }
}

/// The texts of a dictionary in order, unless polars has a name for it.
fn levels(field: &ArrowField, chunks: &[Box<dyn Array>]) -> Option<Vec<String>> {
    let ArrowDataType::Dictionary(keys, _, _) = field.dtype() else {
        return None;
    };
    if field
        .metadata
        .as_ref()
        .is_some_and(|m| m.keys().any(|key| key.starts_with("_PL_")))
    {
        return None;
    }
    let (mut levels, mut known) = (Vec::new(), HashSet::new());
    for chunk in chunks {
        for text in texts(dictionary_values(*keys, chunk.as_ref())?.as_ref())? {
            if known.insert(text.clone()) {
                levels.push(text);
            }
        }
    }
    Some(levels)
}

fn dictionary_values(keys: IntegerType, chunk: &dyn Array) -> Option<Box<dyn Array>> {
    macro_rules! values {
        ($key:ty) => {
            chunk
                .as_any()
                .downcast_ref::<DictionaryArray<$key>>()
                .map(|array| array.values().clone())
        };
    }
    match keys {
        IntegerType::Int8 => values!(i8),
        IntegerType::Int16 => values!(i16),
        IntegerType::Int32 => values!(i32),
        IntegerType::Int64 => values!(i64),
        IntegerType::UInt8 => values!(u8),
        IntegerType::UInt16 => values!(u16),
        IntegerType::UInt32 => values!(u32),
        IntegerType::UInt64 => values!(u64),
        _ => None,
    }
}

/// The values of an array of texts, or nothing where it holds something else.
fn texts(array: &dyn Array) -> Option<Vec<String>> {
    let array = array.as_any();
    if let Some(texts) = array.downcast_ref::<Utf8ViewArray>() {
        return Some(texts.iter().flatten().map(str::to_owned).collect());
    }
    if let Some(texts) = array.downcast_ref::<Utf8Array<i32>>() {
        return Some(texts.iter().flatten().map(str::to_owned).collect());
    }
    let texts = array.downcast_ref::<Utf8Array<i64>>()?;
    Some(texts.iter().flatten().map(str::to_owned).collect())
}

/// A frame as a capsule that other libraries take over.
pub fn export<'py>(py: Python<'py>, frame: &DataFrame) -> PyResult<Bound<'py, PyCapsule>> {
    // The oldest dialect is the one that every consumer reads.
    let level = CompatLevel::oldest();
    let fields: Vec<ArrowField> = frame
        .columns()
        .iter()
        .map(|column| column.field().to_arrow(level))
        .collect();
    if let Some(field) = fields.iter().find(|field| field.name.contains('\0')) {
        let name = field.name.escape_default();
        return Err(InputError::new_err(format!(
            "column `{name}` has a zero byte in its name, which Arrow cannot pass on; rename the column"
        )));
    }
    let dtype = ArrowDataType::Struct(fields);
    let mut aligned = frame.clone();
    aligned.align_chunks();
    let batches: Vec<PolarsResult<Box<dyn Array>>> = aligned
        .iter_chunks(level, false)
        .map(|batch| {
            let rows = batch.len();
            let values = batch.into_arrays();
            StructArray::try_new(dtype.clone(), rows, values, None).map(StructArray::boxed)
        })
        .collect();
    let field = ArrowField::new("".into(), dtype, false);
    let stream = export_iterator(Box::new(batches.into_iter()), field);
    PyCapsule::new_with_value(py, stream, NAME)
}
