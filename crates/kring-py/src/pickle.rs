//! Results as bytes and back: for pickles, and so for processes that work together.
//!
//! A pickle is read by the same version of kring alone. Frames go as an Arrow stream, all else as JSON.

use std::io::Cursor;

use polars::prelude::{ArrowField, CompatLevel, DataFrame, IntoColumn, PolarsError};
use polars_arrow::io::ipc::read::{StreamReader, StreamState, read_stream_metadata};
use polars_arrow::io::ipc::write::{StreamWriter, WriteOptions};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyTuple};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::arrow::values;
use crate::errors::InputError;

/// What a pickle holds: the version, and the object.
#[derive(Serialize, Deserialize)]
struct Pickled<T> {
    version: String,
    object: T,
}

/// How Python is told to make an object again: a function of the package, the class, and the bytes.
pub fn reduced<'py>(
    py: Python<'py>,
    class: &str,
    object: &impl Serialize,
) -> PyResult<Bound<'py, PyTuple>> {
    let pickled = Pickled {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        object,
    };
    let bytes = serde_json::to_vec(&pickled).map_err(unreadable)?;
    let restore = py.import("kring._results")?.getattr("restore")?;
    (restore, (class, PyBytes::new(py, &bytes))).into_pyobject(py)
}

/// The object of a pickle.
pub fn restored<T: DeserializeOwned>(bytes: &[u8]) -> PyResult<T> {
    let pickled: Pickled<serde_json::Value> = serde_json::from_slice(bytes).map_err(unreadable)?;
    let version = env!("CARGO_PKG_VERSION");
    if pickled.version != version {
        return Err(InputError::new_err(format!(
            "the pickle was written by kring {}, and this is {version}; read it with that, or make the result anew",
            pickled.version
        )));
    }
    serde_json::from_value(pickled.object).map_err(unreadable)
}

/// A frame as an Arrow stream, in hexadecimal, so that JSON can hold it.
pub fn frame_written(frame: &DataFrame) -> PyResult<String> {
    let level = CompatLevel::newest();
    let fields: Vec<ArrowField> = frame
        .columns()
        .iter()
        .map(|column| column.field().to_arrow(level))
        .collect();
    let schema = fields
        .into_iter()
        .map(|field| (field.name.clone(), field))
        .collect();
    let mut writer = StreamWriter::new(Vec::new(), WriteOptions { compression: None });
    writer.start(&schema, None).map_err(faulty)?;
    let mut aligned = frame.clone();
    aligned.align_chunks();
    for batch in aligned.iter_chunks(level, false) {
        writer.write(&batch, None).map_err(faulty)?;
    }
    writer.finish().map_err(faulty)?;
    let digits = b"0123456789abcdef";
    let nibbles = writer
        .into_inner()
        .into_iter()
        .flat_map(|byte| [byte >> 4, byte & 15]);
    Ok(nibbles
        .filter_map(|nibble| digits.get(usize::from(nibble)).copied())
        .map(char::from)
        .collect())
}

/// The frame of such a text.
pub fn frame_read(text: &str) -> PyResult<DataFrame> {
    let nibbles: Option<Vec<u8>> = text
        .chars()
        .map(|digit| {
            digit
                .to_digit(16)
                .and_then(|digit| u8::try_from(digit).ok())
        })
        .collect();
    let nibbles = nibbles.ok_or_else(|| unreadable("a frame in it is damaged"))?;
    let bytes: Vec<u8> = nibbles
        .chunks(2)
        .map(|pair| pair.iter().fold(0, |byte, nibble| (byte << 4) | nibble))
        .collect();
    let mut cursor = Cursor::new(bytes);
    let metadata = read_stream_metadata(&mut cursor).map_err(faulty)?;
    let fields: Vec<ArrowField> = metadata.schema.iter_values().cloned().collect();
    let mut chunks = vec![Vec::new(); fields.len()];
    for state in StreamReader::new(cursor, metadata, None) {
        if let StreamState::Some(batch) = state.map_err(faulty)? {
            for (all, array) in chunks.iter_mut().zip(batch.into_arrays()) {
                all.push(array);
            }
        }
    }
    let columns = fields.iter().zip(chunks).map(|(field, chunks)| {
        let values = values(field, chunks)?;
        Ok(values.series.into_column())
    });
    DataFrame::new_infer_height(columns.collect::<PyResult<_>>()?).map_err(faulty)
}

fn faulty(error: PolarsError) -> PyErr {
    unreadable(error)
}

fn unreadable(error: impl std::fmt::Display) -> PyErr {
    InputError::new_err(format!("the pickle cannot be used: {error}"))
}
