use kring_cohort::{Code, Dataset, Error, ReadOptions, read};
use polars::prelude::{Column, DataFrame, DataType};

use crate::{column, data, missing, numbers, open, text};

#[test]
fn every_dtype_is_read_from_every_codec() {
    for name in [
        "types_none.parquet",
        "types_snappy.parquet",
        "types_zstd.parquet",
        "types_gzip.parquet",
        "types_brotli.parquet",
        "types_lz4.parquet",
        "types.feather",
        "types_zstd.feather",
        "stream.arrow",
    ] {
        check_types(&open(name));
    }
    let half = open("stream.arrow");
    assert_eq!(column(&half, "f16").dtype(), &DataType::Float16);
    assert_eq!(missing(&half, "f16"), (1, vec![]));
}

fn check_types(types: &Dataset) {
    assert_eq!(types.frame.height(), 2);
    for name in [
        "i8", "flag", "text", "day", "moment", "clock", "lasted", "money", "list", "pair", "raw",
    ] {
        assert_eq!(missing(types, name), (1, vec![]), "{name}");
    }
    assert_eq!(missing(types, "none"), (2, vec![]));
    assert_eq!(column(types, "u64").u64().unwrap().get(0), Some(u64::MAX));
    // What is not finite becomes missing, and is counted.
    assert_eq!(
        missing(types, "f32"),
        (0, vec![(text("Infinity"), None, 1)])
    );
    assert_eq!(missing(types, "f64"), (1, vec![(text("NaN"), None, 1)]));
    assert_eq!(column(types, "f32").f32().unwrap().get(0), Some(0.5));
    assert_eq!(column(types, "f32").null_count(), 1);
    assert_eq!(numbers(types, "f64"), [None, None]);
    assert!(
        column(types, "moment")
            .dtype()
            .to_string()
            .contains("Europe/Amsterdam")
    );
    assert!(matches!(
        column(types, "money").dtype(),
        DataType::Decimal(..)
    ));
    assert!(matches!(column(types, "pair").dtype(), DataType::Array(..)));
    assert_eq!(types.provenance.notes, Vec::<String>::new());
}

#[test]
fn a_dtype_that_polars_does_not_know_is_read_as_what_it_is_stored_as() {
    let keys = open("extension.parquet");
    assert_eq!(numbers(&keys, "x"), [Some(1.0)]);
    assert_eq!(keys.frame.shape(), (1, 2));
}

#[test]
fn no_rows_are_no_error_and_feather_1_is_named() {
    assert_eq!(open("no_rows.parquet").frame.shape(), (0, 1));
    let error = read(&data("version1.feather"), &ReadOptions::default()).unwrap_err();
    assert!(matches!(error, Error::Unsupported { .. }), "{error}");
}

#[test]
fn a_frame_in_memory_gets_a_codebook_too() {
    let x = Column::new(
        "x".into(),
        [Some(1.0), Some(f64::NAN), None, Some(f64::NEG_INFINITY)],
    );
    let n = Column::new("n".into(), [1_i32, 2, 3, 4]);
    let frame = DataFrame::new(4, vec![x, n]).unwrap();
    let data = Dataset::from_frame(frame, "my frame").unwrap();
    assert_eq!(numbers(&data, "x"), [Some(1.0), None, None, None]);
    let code = |name| (text(name), None, 1);
    assert_eq!(
        missing(&data, "x"),
        (1, vec![code("-Infinity"), code("NaN")])
    );
    assert_eq!(missing(&data, "n"), (0, vec![]));
    assert_eq!((data.provenance.rows, data.provenance.columns), (4, 2));
    assert_eq!(data.provenance.file, "my frame");
    assert_eq!(data.provenance.sha256, None);
    assert_eq!(
        data.codebook.variables[1].label_of(&Code::Number(1.0)),
        None
    );
}
