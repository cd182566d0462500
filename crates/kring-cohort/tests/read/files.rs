use std::path::Path;

use kring_cohort::{Decimal, Encoding, Error, Format, Provenance, ReadOptions, read, read_bytes};

use crate::{data, open};

#[test]
fn a_file_that_is_not_there_is_missed_by_name() {
    let error = read(&data("familes.sav"), &ReadOptions::default()).unwrap_err();
    assert!(
        error
            .to_string()
            .ends_with("; did you mean `families.sav`?"),
        "{error}"
    );
    let error = read(Path::new("/no/such/folder/a.csv"), &ReadOptions::default()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "there is no file `/no/such/folder/a.csv`; there is no folder `/no/such/folder` either"
    );
}

#[test]
fn a_folder_is_no_file() {
    let error = read(&data(""), &ReadOptions::default()).unwrap_err();
    assert!(matches!(error, Error::Directory { .. }), "{error}");
}

#[test]
fn an_unknown_ending_lists_the_known_ones() {
    let error = read_bytes("a.xls", b"x", &ReadOptions::default()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "a.xls: the ending `.xls` does not tell a format; known endings are .csv, .tsv, .tab, .txt, .sav, .zsav, .dta, .xlsx, .xlsm, .parquet, .pq, .arrow, .feather, .ipc; rename the file, or give `format`; a workbook can be saved as .xlsx"
    );
    let error = read_bytes("data", b"a,b\n1,2\n", &ReadOptions::default()).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("data: a name without an ending does not tell")
    );
    let options = ReadOptions {
        format: Some(Format::Delimited),
        ..ReadOptions::default()
    };
    assert_eq!(
        read_bytes("data", b"a,b\n1,2\n", &options)
            .unwrap()
            .frame
            .shape(),
        (1, 2)
    );
    assert_eq!(
        read_bytes("A.CSV", b"a,b\n1,2\n", &ReadOptions::default())
            .unwrap()
            .frame
            .height(),
        1
    );
}

#[test]
fn an_empty_file_is_empty_in_every_format() {
    for name in [
        "a.csv",
        "a.sav",
        "a.zsav",
        "a.dta",
        "a.xlsx",
        "a.parquet",
        "a.feather",
    ] {
        let error = read_bytes(name, b"", &ReadOptions::default()).unwrap_err();
        assert!(matches!(error, Error::Empty { .. }), "{name}: {error}");
    }
}

#[test]
fn an_option_that_has_no_meaning_is_refused() {
    let default = ReadOptions::default;
    let cases: [(&str, &str, ReadOptions); 5] = [
        (
            "families.sav",
            "delimiter",
            ReadOptions {
                delimiter: Some(';'),
                ..default()
            },
        ),
        (
            "families_14.dta",
            "decimal",
            ReadOptions {
                decimal: Some(Decimal::Comma),
                ..default()
            },
        ),
        (
            "types.feather",
            "encoding",
            ReadOptions {
                encoding: Some(Encoding::Utf8),
                ..default()
            },
        ),
        (
            "families.sav",
            "sheet",
            ReadOptions {
                sheet: Some("1".to_owned()),
                ..default()
            },
        ),
        (
            "types_none.parquet",
            "missing",
            ReadOptions {
                missing: Some(vec![]),
                ..default()
            },
        ),
    ];
    for (name, expected, options) in cases {
        let error = read(&data(name), &options).unwrap_err();
        assert!(
            matches!(error, Error::Option { option, .. } if option == expected),
            "{error}"
        );
    }
}

#[test]
fn provenance_tells_the_file_and_survives_json() {
    // printf 'a;b\n1;2,5\n' | sha256sum
    let data = read_bytes("a.csv", b"a;b\n1;2,5\n", &ReadOptions::default()).unwrap();
    let provenance = data.provenance;
    let expected = Provenance {
        file: "a.csv".to_owned(),
        format: Some(Format::Delimited),
        sha256: Some("abb0f2ceb6ea67df5fa4fce5d789515ddfa39de210a8672384d570a5e848f38d".to_owned()),
        rows: 1,
        columns: 2,
        encoding: Some("UTF-8".to_owned()),
        delimiter: Some(';'),
        decimal: Some(Decimal::Comma),
        sheet: None,
        notes: vec![],
    };
    assert_eq!(provenance, expected);
    let json = serde_json::to_string(&provenance).unwrap();
    assert_eq!(
        serde_json::from_str::<Provenance>(&json).unwrap(),
        provenance
    );
}

#[test]
fn a_codebook_survives_json() {
    let book = open("families.sav").codebook;
    let json = serde_json::to_string(&book).unwrap();
    assert!(
        json.contains(r#"{"code":2.0,"label":"Wijkteam"}"#),
        "{json}"
    );
    assert!(
        json.contains(r#"{"range":{"low":900.0,"high":1000.0}}"#),
        "{json}"
    );
    assert_eq!(
        serde_json::from_str::<kring_cohort::Codebook>(&json).unwrap(),
        book
    );
}

#[test]
fn options_are_words_and_an_unknown_one_is_refused() {
    let options: ReadOptions = serde_json::from_str(
        r#"{"delimiter": ";", "decimal": "comma", "encoding": "latin1", "missing": ["-9"]}"#,
    )
    .unwrap();
    assert_eq!(options.encoding, Some(Encoding::Windows1252));
    assert_eq!(options.decimal, Some(Decimal::Comma));
    assert!(serde_json::from_str::<ReadOptions>(r#"{"delimeter": ";"}"#).is_err());
}
