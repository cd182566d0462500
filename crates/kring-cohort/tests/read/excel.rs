use kring_cohort::{Error, ReadOptions, read, read_bytes};
use polars::prelude::DataType;

use crate::{DAY, column, data, missing, numbers, open, some, text, texts, wholes};

#[test]
fn a_sheet_keeps_its_types_and_says_what_is_odd() {
    let sheet = open("metingen.xlsx");
    assert_eq!(sheet.frame.shape(), (3, 10));
    assert_eq!(numbers(&sheet, "gezin"), [1.0, 2.0, 3.0].map(Some));
    assert_eq!(numbers(&sheet, "problemen"), [Some(6.0), None, None]);
    assert_eq!(
        missing(&sheet, "problemen"),
        (1, vec![(text("#N/A"), None, 1)])
    );
    // 2024-03-05 as in the SPSS test; 1900-01-01 is the serial number 1 of Excel.
    assert_eq!(
        wholes(&sheet, "gezien"),
        [Some(19_787), Some(-25_567), None]
    );
    assert_eq!(
        wholes(&sheet, "moment"),
        [Some(19_787 * DAY + DAY / 48 * 25), Some(19_788 * DAY), None]
    );
    assert_eq!(
        wholes(&sheet, "tijd"),
        [Some(49_500 * 1_000_000_000), Some(0), None]
    ); // 13:45
    assert_eq!(
        wholes(&sheet, "duur"),
        [Some(DAY / 24 * 30), Some(DAY / 16), None]
    ); // 30 h, 1.5 h
    let done: Vec<Option<bool>> = column(&sheet, "klaar").bool().unwrap().iter().collect();
    assert_eq!(done, [Some(true), Some(false), None]);
    assert_eq!(texts(&sheet, "opmerking"), some(&["één", "", ""]));
    assert_eq!(
        missing(&sheet, "opmerking"),
        (1, vec![(text("NA"), None, 1)])
    );
    assert_eq!(texts(&sheet, "gemengd"), some(&["1", "2b", "2.5"]));
    assert_eq!(numbers(&sheet, "column_J"), [Some(7.0), None, Some(8.0)]);
    assert_eq!(
        sheet.frame.dtypes()[2..6],
        [
            DataType::Date,
            DataType::Datetime(polars::prelude::TimeUnit::Microseconds, None),
            DataType::Time,
            DataType::Duration(polars::prelude::TimeUnit::Microseconds),
        ]
    );
    assert_eq!(sheet.provenance.sheet.as_deref(), Some("Metingen"));
    assert_eq!(
        sheet.provenance.notes,
        [
            "the sheet `Metingen` was read, the first that holds something; the workbook also has \
             Codeboek, Grafiek, Leeg; `sheet` names another one",
            "1 empty rows were left out",
            "column `gemengd` is text: 1 of its 3 values are not numbers, the first being `2b` in cell I3",
            "column J has no name in row 1; it is called `column_J`",
        ]
    );
}

#[test]
fn a_table_may_begin_anywhere_in_a_sheet_that_is_asked_for() {
    let sheet = |name: &str| ReadOptions {
        sheet: Some(name.to_owned()),
        ..ReadOptions::default()
    };
    let book = read(&data("metingen.xlsx"), &sheet("Codeboek")).unwrap();
    assert_eq!(texts(&book, "naam"), some(&["gezin"]));
    assert_eq!(texts(&book, "label"), some(&["Gezinsnummer"]));

    let error = read(&data("metingen.xlsx"), &sheet("Codebook")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "metingen.xlsx: there is no sheet `Codebook`; did you mean `Codeboek`?"
    );
    for empty in ["Leeg", "Grafiek"] {
        let error = read(&data("metingen.xlsx"), &sheet(empty)).unwrap_err();
        assert!(matches!(error, Error::Empty { .. }), "{error}");
    }
    let error = read(&data("empty.xlsx"), &ReadOptions::default()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "empty.xlsx: the workbook is empty; expected a line of column names and the data below it"
    );
}

#[test]
fn a_formula_needs_its_result() {
    let sums = open("formulas.xlsx");
    assert_eq!(numbers(&sums, "som"), [Some(3.0), Some(7.0)]);
    let error = read(
        &data("formulas_without_results.xlsx"),
        &ReadOptions::default(),
    )
    .unwrap_err();
    assert_eq!(
        error.to_string(),
        "formulas_without_results.xlsx: 2 formulas in sheet `Sheet` have no stored result, the first in cell C2; open the workbook in Excel or LibreOffice, save it, and read it again"
    );
}

#[test]
fn the_calendar_of_old_macintoshes_is_known() {
    assert_eq!(wholes(&open("mac1904.xlsx"), "dag"), [Some(19_787)]);
}

#[test]
fn texts_that_mean_missing_can_be_given() {
    let options = ReadOptions {
        missing: Some(vec!["2b".to_owned()]),
        ..ReadOptions::default()
    };
    let sheet = read(&data("metingen.xlsx"), &options).unwrap();
    assert_eq!(numbers(&sheet, "gemengd"), [Some(1.0), None, Some(2.5)]);
    assert_eq!(texts(&sheet, "opmerking"), some(&["één", "NA", ""]));
}

#[test]
fn an_old_workbook_or_one_with_a_password_is_named() {
    let bytes = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1 and so on";
    let error = read_bytes("x.xlsx", bytes, &ReadOptions::default()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "x.xlsx: it is an old .xls workbook, or one with a password; save it in Excel as .xlsx without a password"
    );
}
