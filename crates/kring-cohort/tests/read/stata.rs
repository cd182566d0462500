use kring_cohort::{Code, Encoding, Error, ReadOptions, Tagged, read, read_bytes};
use polars::prelude::DataType;

use crate::{data, labels, missing, numbers, open, some, text, texts, variable, wholes};

#[test]
fn the_families_are_the_same_in_all_releases() {
    let first = open("families_8.dta");
    for version in [8, 10, 12, 13, 14, 15] {
        let families = open(&format!("families_{version}.dta"));
        assert!(
            first.frame.equals_missing(&families.frame),
            "version {version}"
        );
        assert_eq!(
            numbers(&families, "id"),
            [1.0, 2.0, 3.0, 4.0, 5.0].map(Some)
        );
        assert_eq!(
            numbers(&families, "arm"),
            [Some(1.0), Some(2.0), Some(2.0), Some(1.0), None]
        );
        assert_eq!(
            texts(&families, "school"),
            some(&["VO", "??", "BO", "", "VO"])
        );
        // As in the SPSS test.
        assert_eq!(
            wholes(&families, "born"),
            [Some(-3589), Some(19_782), None, Some(0), Some(-25_568)]
        );
        assert_eq!(wholes(&families, "seen")[2], Some(-1_000_000));
        assert_eq!(families.frame.dtypes()[4], DataType::Date);

        // A tagged missing value is null in the frame, and nothing of it is lost.
        assert_eq!(
            numbers(&families, "problems"),
            [Some(6.0), None, None, Some(950.5), None]
        );
        let problems = variable(&families, "problems");
        assert_eq!(
            problems.tagged,
            [Tagged { row: 1, tag: 'b' }, Tagged { row: 2, tag: 'a' }]
        );
        assert_eq!(
            missing(&families, "problems"),
            (
                1,
                vec![
                    (text(".a"), Some("weet niet"), 1),
                    (text(".b"), Some("wil niet zeggen"), 1)
                ]
            )
        );
        assert_eq!(
            labels(&families, "arm"),
            [
                (Code::Number(1.0), "Eigen Kracht".to_owned()),
                (Code::Number(2.0), "Wijkteam".to_owned())
            ]
        );
        assert_eq!(
            variable(&families, "id").label.as_deref(),
            Some("Gezinsnummer")
        );
        let title = families.codebook.label.as_deref();
        assert!(title.is_some_and(|title| title.starts_with("Gezinnen in ")));
    }
}

#[test]
fn every_type_is_read_in_both_byte_orders() {
    for release in [
        "114_little",
        "114_big",
        "115_little",
        "117_little",
        "117_big",
        "118_little",
        "118_big",
        "119_little",
        "119_big",
    ] {
        let types = open(&format!("types_{release}.dta"));
        // The ends of the ranges, next to the first missing value of each type.
        assert_eq!(
            numbers(&types, "b"),
            [Some(-127.0), Some(100.0)],
            "{release}"
        );
        assert_eq!(numbers(&types, "i"), [Some(-32_767.0), Some(32_740.0)]);
        assert_eq!(
            numbers(&types, "l"),
            [Some(-2_147_483_647.0), Some(2_147_483_620.0)]
        );
        assert_eq!(numbers(&types, "f"), [Some(0.5), Some(-1.5)]);
        assert_eq!(numbers(&types, "d"), [Some(1e-300), Some(8.9e307)]);
        assert_eq!(texts(&types, "t"), some(&["é", "één"]), "{release}");
        assert_eq!(wholes(&types, "when"), [Some(-3652), Some(-3654)]); // 1960-01-01 is -3653
        assert_eq!(variable(&types, "when").format.as_deref(), Some("%td"));
        assert_eq!(variable(&types, "t").label.as_deref(), Some("tekst"));
        assert_eq!(
            labels(&types, "b"),
            [(Code::Number(100.0), "honderd".to_owned())]
        );
        if !release.starts_with("114") && !release.starts_with("115") {
            assert_eq!(texts(&types, "story"), some(&["lang verhaal", ""]));
        }
        let encoding = if release.starts_with("118") || release.starts_with("119") {
            "UTF-8"
        } else {
            "windows-1252"
        };
        assert_eq!(types.provenance.encoding.as_deref(), Some(encoding));
        assert_eq!(types.provenance.notes, Vec::<String>::new());
    }
}

#[test]
fn an_old_file_in_utf_8_is_noticed_and_can_be_read() {
    // The text `één` in a field of four bytes becomes `é?` in UTF-8: two letters for each accent.
    let mut bytes = std::fs::read(data("types_114_little.dta")).unwrap();
    let at = bytes.windows(3).position(|w| w == b"\xE9\xE9n").unwrap();
    bytes[at..at + 3].copy_from_slice("é\0".as_bytes());
    let first = bytes.windows(3).position(|w| w == b"\xE9\0\0").unwrap();
    bytes[first..first + 2].copy_from_slice("é".as_bytes());
    let mistaken = read_bytes("x.dta", &bytes, &ReadOptions::default()).unwrap();
    assert_eq!(texts(&mistaken, "t"), some(&["Ã©", "Ã©"]));
    assert!(mistaken.provenance.notes[0].contains("sound UTF-8"));
    let options = ReadOptions {
        encoding: Some(Encoding::Utf8),
        ..ReadOptions::default()
    };
    let right = read_bytes("x.dta", &bytes, &options).unwrap();
    assert_eq!(texts(&right, "t"), some(&["é", "é"]));
    // And the other way round: Windows letters that are not UTF-8 are shown and counted.
    let wrong = read(&data("types_114_little.dta"), &options).unwrap();
    assert_eq!(texts(&wrong, "t")[0].as_deref(), Some("\u{fffd}"));
    assert!(wrong.provenance.notes[0].starts_with("2 texts hold bytes that are not UTF-8"));
}

#[test]
fn other_releases_are_named() {
    let mut bytes = std::fs::read(data("families_8.dta")).unwrap();
    bytes[0] = 110;
    let error = read_bytes("old.dta", &bytes, &ReadOptions::default()).unwrap_err();
    assert!(matches!(&error, Error::Unsupported { what, .. } if what.contains("release 110")));
    let mut bytes = std::fs::read(data("families_14.dta")).unwrap();
    bytes[28..31].copy_from_slice(b"121");
    let error = read_bytes("new.dta", &bytes, &ReadOptions::default()).unwrap_err();
    assert!(matches!(&error, Error::Unsupported { what, .. } if what.contains("release 121")));
}
