use kring_cohort::{
    Code, Dataset, Encoding, Error, MeasurementLevel, MissingRule, ReadOptions, read,
};
use polars::prelude::{DataType, TimeUnit};

use crate::{DAY, data, labels, missing, numbers, open, some, text, texts, variable, wholes};

/// 2024-03-05, in days since 1970: 54 years of 365 days, 13 leap days (1972 to 2020), then
/// January, 29 days of February and 4 of March.
const MARCH_5: i64 = 54 * 365 + 13 + 31 + 29 + 4;

#[test]
fn the_same_families_are_read_from_all_three_compressions() {
    let plain = open("families.sav");
    check_families(&plain);
    for name in ["families_compressed.sav", "families.zsav"] {
        let other = open(name);
        check_families(&other);
        assert!(plain.frame.equals_missing(&other.frame), "{name}");
        assert_eq!(plain.codebook, other.codebook, "{name}");
    }
}

fn check_families(families: &Dataset) {
    let long = "é".repeat(150) + &"x".repeat(60);
    assert_eq!(families.frame.shape(), (5, 7));
    assert_eq!(numbers(families, "id"), [1.0, 2.0, 3.0, 4.0, 5.0].map(Some));
    assert_eq!(
        texts(families, "story"),
        some(&[&long, "", "kort", "naïef", " spatie"])
    );
    // User-missing codes are kept as the values they are.
    assert_eq!(
        numbers(families, "problems"),
        [Some(6.0), Some(99.0), Some(98.0), Some(950.5), None]
    );
    assert_eq!(
        texts(families, "school"),
        some(&["VO", "??", "BO", "", "VO"])
    );
    // 1960-03-05 is 10 years and 3 leap days (1960 counts: it is after February) less than
    // 1970-03-05, which is day 63.
    assert_eq!(
        wholes(families, "born"),
        [
            Some(63 - 3652),
            Some(MARCH_5 - 5), // 2024-02-29
            None,
            Some(0),
            Some(-25_568), // 70 years of 365 days and 17 leap days before 1969-12-31
        ]
    );
    let seen = MARCH_5 * DAY + ((12 * 60 + 34) * 60 + 56) * 1_000_000;
    assert_eq!(
        wholes(families, "seen"),
        [
            Some(seen),
            None,
            Some(-1_000_000),
            Some(10_957 * DAY),
            Some(0)
        ]
    );
    let dtypes = families.frame.dtypes();
    assert_eq!(dtypes[5], DataType::Date);
    assert_eq!(dtypes[6], DataType::Datetime(TimeUnit::Microseconds, None));

    let book = &families.codebook;
    assert_eq!(book.label.as_deref(), Some("Gezinnen in één wijk"));
    assert_eq!(book.notes, ["Regel een"]);
    assert_eq!(
        variable(families, "story").label.as_deref(),
        Some("Verhaal van één gezin")
    );
    assert_eq!(
        variable(families, "arm").level,
        Some(MeasurementLevel::Nominal)
    );
    assert_eq!(
        variable(families, "school").level,
        Some(MeasurementLevel::Ordinal)
    );
    assert_eq!(
        variable(families, "problems").format.as_deref(),
        Some("F6.1")
    );
    assert_eq!(
        labels(families, "arm"),
        [
            (Code::Number(1.0), "Eigen Kracht".to_owned()),
            (Code::Number(2.0), "Wijkteam".to_owned())
        ]
    );
    // The labels of texts, which some readers lose.
    let school = variable(families, "school");
    assert_eq!(school.label_of(&text("BO")), Some("basisonderwijs"));
    assert_eq!(school.user_missing, [MissingRule::Text("??".to_owned())]);
    assert_eq!(
        missing(families, "school"),
        (1, vec![(text("??"), Some("onbekend"), 1)])
    );

    let problems = variable(families, "problems");
    let range = MissingRule::Range {
        low: Some(900.0),
        high: Some(1000.0),
    };
    assert_eq!(problems.user_missing.len(), 2);
    assert!(problems.user_missing.contains(&MissingRule::Value(99.0)));
    assert!(problems.user_missing.contains(&range));
    // 98 is labelled but not declared missing.
    assert_eq!(
        missing(families, "problems"),
        (
            1,
            vec![
                (Code::Number(99.0), Some("wil niet zeggen"), 1),
                (Code::Number(950.5), None, 1)
            ]
        )
    );
    assert_eq!(problems.missing.total(), 3);
    assert_eq!(missing(families, "born"), (1, vec![]));
    assert_eq!(families.provenance.encoding.as_deref(), Some("UTF-8"));
    assert_eq!(families.provenance.notes, Vec::<String>::new());
}

#[test]
fn a_big_endian_file_has_its_numbers_letters_weight_and_open_range() {
    let old = open("big_endian.sav");
    assert_eq!(numbers(&old, "SCORE"), [Some(1.0), Some(-3.0), None]);
    assert_eq!(numbers(&old, "W"), [Some(0.5), Some(2.0), Some(1.0)]);
    assert_eq!(old.codebook.weight.as_deref(), Some("W"));
    assert_eq!(
        variable(&old, "SCORE").label.as_deref(),
        Some("Beoordeling café")
    );
    assert_eq!(
        labels(&old, "SCORE"),
        [
            (Code::Number(1.0), "één".to_owned()),
            (Code::Number(2.5), "tweeënhalf".to_owned())
        ]
    );
    let range = MissingRule::Range {
        low: None,
        high: Some(0.0),
    };
    assert_eq!(variable(&old, "SCORE").user_missing, [range]);
    assert_eq!(
        missing(&old, "SCORE"),
        (1, vec![(Code::Number(-3.0), None, 1)])
    );
    assert_eq!(old.provenance.encoding.as_deref(), Some("windows-1252"));
}

#[test]
fn dos_letters_are_read_and_a_time_of_day_does_not_move_the_date() {
    for (name, page) in [("cp437.sav", "cp437"), ("cp850.sav", "cp850")] {
        let dos = open(name);
        assert_eq!(variable(&dos, "BORN").label.as_deref(), Some("café"));
        assert_eq!(dos.provenance.encoding.as_deref(), Some(page));
        // Noon of 1960-03-05; 2024-03-05.
        assert_eq!(wholes(&dos, "BORN"), [Some(-3589), None, Some(MARCH_5)]);
        // 12:34:56.789 to the millisecond; a number that is no date; noon.
        let moment = MARCH_5 * DAY + ((12 * 60 + 34) * 60 + 56) * 1_000_000 + 789_000;
        assert_eq!(
            wholes(&dos, "SEEN"),
            [Some(moment), None, Some(-3589 * DAY + DAY / 2)]
        );
        assert_eq!(
            missing(&dos, "SEEN"),
            (0, vec![(text("not a date"), None, 1)])
        );
        assert_eq!(
            wholes(&dos, "LASTED"),
            [Some(90_250_000), None, Some(-1_000_000)]
        );
    }
    // A wrong code page in the file can be put right.
    let options = ReadOptions {
        encoding: Some(Encoding::Windows1252),
        ..ReadOptions::default()
    };
    let wrong = read(&data("cp850.sav"), &options).unwrap();
    assert_eq!(
        variable(&wrong, "BORN").label.as_deref(),
        Some("caf\u{201a}")
    );
}

#[test]
fn every_command_of_the_compression_is_obeyed() {
    let commands = open("commands.sav");
    assert_eq!(numbers(&commands, "X"), [Some(1.0), None, Some(2.5)]);
    assert_eq!(texts(&commands, "T"), some(&["ja", "", "nee"]));
    let bias = open("bias.sav");
    assert_eq!(numbers(&bias, "X"), [Some(1.0), Some(10.0)]); // 91 - 90, 100 - 90
}

#[test]
fn long_texts_have_labels_and_missing_values() {
    let towns = open("long_labels.sav");
    assert_eq!(
        texts(&towns, "Woonplaats"),
        some(&["Heerenveen", "onbekend", "geen"])
    );
    assert_eq!(
        labels(&towns, "Woonplaats"),
        [(text("Heerenveen"), "Heerenveen, Frislân".to_owned())]
    );
    assert_eq!(
        missing(&towns, "Woonplaats"),
        (
            0,
            vec![(text("geen"), None, 1), (text("onbekend"), None, 1)]
        )
    );
}

#[test]
fn a_user_missing_date_is_kept_and_counted_in_days() {
    let dates = open("missing_date.sav");
    // 1900-01-01 is 25,567 days before 1970-01-01.
    assert_eq!(wholes(&dates, "WHEN")[0], Some(-25_567));
    assert_eq!(
        variable(&dates, "WHEN").user_missing,
        [MissingRule::Value(-25_567.0)]
    );
    assert_eq!(
        missing(&dates, "WHEN"),
        (0, vec![(Code::Number(-25_567.0), None, 1)])
    );
}

#[test]
fn two_variables_of_one_name_are_refused() {
    let error = read(&data("same_name.sav"), &ReadOptions::default()).unwrap_err();
    assert_eq!(
        error,
        Error::DuplicateName {
            file: "same_name.sav".to_owned(),
            name: "same".to_owned(),
            first: 1,
            second: 2,
        }
    );
}
