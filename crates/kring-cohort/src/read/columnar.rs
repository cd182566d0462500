//! Formats that hold columns with dtypes of their own: Parquet and Arrow IPC.
//!
//! The frame is taken as it is, but for numbers that are not finite: they become missing, and the
//! codebook counts them.

use std::io::Cursor;

use polars::prelude::{ChunkApply as _, DataFrame, DataType, PolarsResult, Series};
use polars_io::SerReader as _;
use polars_io::ipc::{IpcReader, IpcStreamReader};
use polars_io::parquet::read::ParquetReader;

use super::column::{count, not_finite};
use super::{Dataset, Format, Provenance, Source};
use crate::codebook::{Codebook, MissingCount, Variable};
use crate::error::Error;

pub(super) fn read(source: &Source) -> Result<Dataset, Error> {
    if source.bytes.starts_with(b"FEA1") {
        return Err(source.unsupported(
            "it is a Feather file of version 1",
            "write it again as Feather version 2 or as Parquet",
        ));
    }
    let bytes = Cursor::new(source.bytes);
    source.guarded(|| {
        let frame = match source.format {
            Format::Parquet => ParquetReader::new(bytes).finish(),
            _ if source.bytes.starts_with(b"ARROW1") => IpcReader::new(bytes).finish(),
            _ => IpcStreamReader::new(bytes).finish(),
        };
        frame
            .and_then(describe)
            .map_err(|error| source.corrupt(error.to_string()))
    })
}

/// A frame with its missing values counted.
pub(super) fn describe(mut frame: DataFrame) -> PolarsResult<Dataset> {
    let mut variables = Vec::with_capacity(frame.width());
    for i in 0..frame.width() {
        let series = frame.columns()[i].as_materialized_series();
        let (series, missing) = finite(series)?;
        variables.push(Variable {
            missing,
            ..Variable::named(series.name().as_str())
        });
        frame.replace_column(i, series.into())?;
    }
    Ok(Dataset {
        frame,
        codebook: Codebook {
            variables,
            ..Codebook::default()
        },
        provenance: Provenance::default(),
    })
}

/// The series with NaN and infinities made missing, and the count of all that is missing.
fn finite(series: &Series) -> PolarsResult<(Series, MissingCount)> {
    let mut missing = MissingCount {
        system: series.null_count(),
        by_code: Vec::new(),
    };
    if !matches!(
        series.dtype(),
        DataType::Float16 | DataType::Float32 | DataType::Float64
    ) {
        return Ok((series.clone(), missing));
    }
    let wide = series.cast(&DataType::Float64)?;
    let numbers = wide.f64()?;
    let reasons: Vec<_> = numbers.iter().flatten().filter_map(not_finite).collect();
    if reasons.is_empty() {
        return Ok((series.clone(), missing));
    }
    missing.by_code = count(reasons, &Variable::default());
    let finite = numbers.apply(|number| number.filter(|number| number.is_finite()));
    let finite = Series::from(finite).cast(series.dtype())?;
    Ok((finite, missing))
}
