//! The files of real studies.

use std::path::{Path, PathBuf};

use kring_cohort::{Code, Dataset, ReadOptions, read};

use crate::{numbers, texts, variable};

fn study(file: &str) -> Dataset {
    let path: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../datasets/studies")
        .join(file);
    read(&path, &ReadOptions::default()).unwrap_or_else(|error| panic!("{error}"))
}

/// The values of a column as a reader of the codebook sees them: the label of a code if it has
/// one, the code itself if not.
fn shown(data: &Dataset, name: &str) -> Vec<Option<Code>> {
    let variable = variable(data, name);
    if data.frame.column(name).unwrap().dtype() == &polars::prelude::DataType::String {
        return texts(data, name)
            .into_iter()
            .map(|text| text.map(Code::Text))
            .collect();
    }
    numbers(data, name)
        .into_iter()
        .map(|number| {
            let code = Code::Number(number?);
            Some(
                variable
                    .label_of(&code)
                    .map_or(code.clone(), |label| Code::Text(label.to_owned())),
            )
        })
        .collect()
}

#[test]
fn de_roos_2011_is_the_same_from_csv_and_from_spss() {
    let csv = study("deroos-2011/data/fdd.csv");
    let sav = study("deroos-2011/data/fdd.sav");
    assert_eq!(csv.frame.shape(), (52, 65));
    assert_eq!(csv.frame.get_column_names(), sav.frame.get_column_names());
    for name in csv.frame.get_column_names() {
        assert_eq!(shown(&csv, name), shown(&sav, name), "{name}");
        let count = |data: &Dataset| variable(data, name).missing.total();
        assert_eq!(count(&csv), count(&sav), "{name}");
    }
    // The four factors are texts in the one and labelled codes in the other.
    let labelled: Vec<&str> = sav
        .codebook
        .variables
        .iter()
        .filter(|variable| !variable.value_labels.is_empty())
        .map(|variable| variable.name.as_str())
        .collect();
    assert_eq!(labelled, ["trt", "pp", "sex", "etn"]);
    let levels: Vec<&str> = variable(&sav, "trt")
        .value_labels
        .iter()
        .map(|l| l.label.as_str())
        .collect();
    assert_eq!(levels, ["E", "C"]);
    assert_eq!(variable(&sav, "trt").label.as_deref(), Some("treatment"));
    assert_eq!(csv.provenance.notes, Vec::<String>::new());
    assert_eq!(sav.provenance.notes, Vec::<String>::new());
}

#[test]
fn beat_the_blues_is_read_with_its_dropout() {
    let data = study("beat-the-blues/data/btheb.csv");
    assert_eq!(data.frame.shape(), (100, 9));
    assert_eq!(data.provenance.notes, Vec::<String>::new());
    // Lines 2 and 3 of the file.
    assert_eq!(numbers(&data, "bdi.pre")[..2], [Some(29.0), Some(32.0)]);
    assert_eq!(numbers(&data, "bdi.8m")[..2], [None, Some(20.0)]);
    assert_eq!(texts(&data, "treatment")[1].as_deref(), Some("BtheB"));
    // grep -c of the empty fields, column by column.
    let missing: Vec<usize> = data
        .codebook
        .variables
        .iter()
        .map(|v| v.missing.system)
        .collect();
    assert_eq!(missing, [0, 0, 0, 0, 0, 3, 27, 42, 48]);
}
