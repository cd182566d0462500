use kring_cohort::{Dataset, Decimal, Encoding, Error, Format, ReadOptions, read_bytes};

use crate::{DAY, missing, numbers, some, text, texts, wholes};

fn csv(content: &str) -> Dataset {
    csv_with(content.as_bytes(), &ReadOptions::default()).unwrap_or_else(|error| panic!("{error}"))
}

fn csv_with(content: &[u8], options: &ReadOptions) -> Result<Dataset, Error> {
    read_bytes("a.csv", content, options)
}

fn refused(content: &str) -> String {
    csv_with(content.as_bytes(), &ReadOptions::default())
        .unwrap_err()
        .to_string()
}

#[test]
fn the_delimiter_is_detected() {
    for (delimiter, written) in [(',', ","), (';', ";"), ('\t', "\t"), ('|', "|")] {
        let content = "id,arm,x\n1,EKC,2\n2,WT,3\n".replace(',', written);
        let data = csv(&content);
        assert_eq!(data.provenance.delimiter, Some(delimiter));
        assert_eq!(data.frame.shape(), (2, 3));
        assert_eq!(numbers(&data, "x"), [Some(2.0), Some(3.0)]);
        assert_eq!(texts(&data, "arm"), some(&["EKC", "WT"]));
    }
    // More even lines win: the comma is inside the fields.
    let data = csv("naam;tekst\na;x, y\nb;z\n");
    assert_eq!(data.provenance.delimiter, Some(';'));
    // One column has none, whatever is in its texts.
    let data = csv("opmerking\nja, maar\nnee\n");
    assert_eq!((data.provenance.delimiter, data.frame.width()), (None, 1));
    // Excel's own announcement.
    let data = csv("sep=|\na|b\n1|2\n");
    assert_eq!(
        (data.provenance.delimiter, data.frame.height()),
        (Some('|'), 1)
    );
    // A tie is a question.
    assert_eq!(
        refused("a,b;c\n1,2;3\n"),
        "a.csv: both `;` and `,` divide every line into 2 fields; give `delimiter`"
    );
    // Given, anything goes; but a quotation mark cannot divide.
    let options = |delimiter| ReadOptions {
        delimiter: Some(delimiter),
        ..ReadOptions::default()
    };
    assert_eq!(
        csv_with(b"a:b\n1:2\n", &options(':'))
            .unwrap()
            .frame
            .width(),
        2
    );
    let error = csv_with(b"a,b\n1,2\n", &options('"')).unwrap_err();
    assert!(matches!(
        error,
        Error::Option {
            option: "delimiter",
            ..
        }
    ));
    // The ending of a .tsv tells.
    let data = read_bytes("a.tsv", b"a,b\tc\n1,5\t2\n", &ReadOptions::default()).unwrap();
    assert_eq!(data.provenance.delimiter, Some('\t'));
    assert_eq!(numbers(&data, "a,b"), [Some(1.5)]);
}

#[test]
fn the_decimal_mark_is_detected() {
    let data = csv("a;b;c\n1,5;1.234,5;x\n-0,25;2;y\n");
    assert_eq!(data.provenance.decimal, Some(Decimal::Comma));
    assert_eq!(numbers(&data, "a"), [Some(1.5), Some(-0.25)]);
    assert_eq!(numbers(&data, "b"), [Some(1234.5), Some(2.0)]);
    assert_eq!(
        data.provenance.notes,
        ["column `b` has marks between thousands, as in `1.234,5` on line 2"]
    );

    let data = csv("a,b\n1.5,x\n1e3,y\n");
    assert_eq!(data.provenance.decimal, Some(Decimal::Point));
    assert_eq!(numbers(&data, "a"), [Some(1.5), Some(1000.0)]);
    assert_eq!(csv("a,b\n1,2\n").provenance.decimal, None);

    // `1.234,5` is no number where the point is the decimal mark.
    let point = ReadOptions {
        decimal: Some(Decimal::Point),
        ..ReadOptions::default()
    };
    let data = csv_with(b"a;b\n1.234,5;2.5\n", &point).unwrap();
    assert_eq!(texts(&data, "a"), some(&["1.234,5"]));

    // 1.234 may be either; another column may tell.
    assert_eq!(numbers(&csv("a;b\n1.234;0,5\n"), "a"), [Some(1234.0)]);
    assert_eq!(numbers(&csv("a;b\n1.234;0.5\n"), "a"), [Some(1.234)]);
    assert_eq!(
        refused("x;a\n1;12\n2;1.234\n"),
        "a.csv: `1.234` in column `a` (line 3) may be a thousand or a decimal, and no other number in the file tells which; give `decimal` as `point` or `comma`"
    );
    assert_eq!(
        numbers(&csv_with(b"x;a\n2;1.234\n", &point).unwrap(), "a"),
        [Some(1.234)]
    );
    // Among commas that divide, the point is the mark.
    assert_eq!(numbers(&csv("x,a\n2,1.234\n"), "a"), [Some(1.234)]);
    let data = csv("x,a\n2,\"1,234\"\n");
    assert_eq!(numbers(&data, "a"), [Some(1234.0)]);
    assert_eq!(data.provenance.notes.len(), 1);
    // There, a list such as "1,2" is not a number.
    let data = csv("x,a\n2,\"1,2\"\n");
    assert_eq!(texts(&data, "a"), some(&["1,2"]));
    assert!(data.provenance.notes[0].contains("would be numbers if its commas were decimal marks"));
}

#[test]
fn a_column_is_text_if_one_value_is_no_number_and_keeps_that_value() {
    let rows: Vec<String> = (0..500).map(|i| i.to_string()).collect();
    let data = csv(&format!("x\n{}\n12a\n", rows.join("\n")));
    let texts = texts(&data, "x");
    assert_eq!(texts[499].as_deref(), Some("499"));
    assert_eq!(texts[500].as_deref(), Some("12a"));
    assert_eq!(
        data.provenance.notes,
        [
            "column `x` is text: 1 of its 501 values are not plain numbers, the first being `12a` on line 502"
        ]
    );
    // What would be lost in a number is a name.
    let data = csv("id,nr,big\n001,1,12345678901234567\n2,2,3\n");
    assert_eq!(self::texts(&data, "id"), some(&["001", "2"]));
    assert_eq!(self::texts(&data, "big"), some(&["12345678901234567", "3"]));
    assert_eq!(numbers(&data, "nr"), [Some(1.0), Some(2.0)]);
    assert_eq!(data.provenance.notes.len(), 2);
}

#[test]
fn missing_values_are_counted_by_what_they_say() {
    let data = csv("x,y\n1,a\nNA,NA\n.,\n,b\nNA,c\n");
    assert_eq!(numbers(&data, "x"), [Some(1.0), None, None, None, None]);
    assert_eq!(
        missing(&data, "x"),
        (1, vec![(text("."), None, 1), (text("NA"), None, 2)])
    );
    assert_eq!(texts(&data, "y"), some(&["a", "", "", "b", "c"]));
    assert_eq!(missing(&data, "y"), (1, vec![(text("NA"), None, 1)]));

    let options = ReadOptions {
        missing: Some(vec!["-9".to_owned()]),
        ..ReadOptions::default()
    };
    let data = csv_with(b"x,y\n1,NA\n-9,b\n,c\n", &options).unwrap();
    assert_eq!(numbers(&data, "x"), [Some(1.0), None, None]);
    assert_eq!(missing(&data, "x"), (1, vec![(text("-9"), None, 1)]));
    assert_eq!(texts(&data, "y"), some(&["NA", "b", "c"]));

    // A column with nothing in it is one of numbers.
    assert_eq!(numbers(&csv("x,y\n1,\n2,\n"), "y"), [None, None]);
}

#[test]
fn dates_in_iso_8601_are_dates_and_others_are_named() {
    let data =
        csv("day,at,local\n1970-01-02,1970-01-01 12:00,31-3-2021\n,1970-01-01T00:00:01,1-4-2021\n");
    assert_eq!(wholes(&data, "day"), [Some(1), None]);
    assert_eq!(wholes(&data, "at"), [Some(DAY / 2), Some(1_000_000)]);
    assert_eq!(texts(&data, "local"), some(&["31-3-2021", "1-4-2021"]));
    assert_eq!(
        data.provenance.notes,
        ["column `local` looks like dates but is kept as text; write them as 2021-03-31"]
    );
}

#[test]
fn quotation_marks_protect_delimiters_line_ends_and_spaces() {
    let data =
        csv("a,\"b \"\"x\"\"\",c\n\"1\" , \"twee, of\r\ndrie\",  spatie \n2,\" x \",5\" schijf\n");
    assert_eq!(numbers(&data, "a"), [Some(1.0), Some(2.0)]);
    assert_eq!(texts(&data, "b \"x\""), some(&["twee, of\r\ndrie", " x "]));
    assert_eq!(texts(&data, "c"), some(&["spatie", "5\" schijf"]));
    assert_eq!(
        refused("a,b\n1,\"x\n2,y\n3,z\n"),
        "a.csv: a quotation mark is opened and never closed, beginning on line 2; a quotation mark inside a field is written twice"
    );
    assert_eq!(
        refused("a,b\n1,\"x\"y\n"),
        "a.csv: text follows a closing quotation mark on line 2; a quotation mark inside a field is written twice"
    );
    // Line numbers go on behind a field of several lines.
    assert!(refused("a,b\n\"1\n\n\",2\n3\n").contains("line 5 has 1 fields"));
}

#[test]
fn lines_end_in_three_ways_and_blank_ones_do_not_count() {
    for end in ["\n", "\r\n", "\r"] {
        let data = csv(&"\na,b\n1,2\n\n3,4\n\n\n".replace('\n', end));
        assert_eq!(numbers(&data, "b"), [Some(2.0), Some(4.0)]);
        assert_eq!(
            data.provenance.notes,
            ["1 blank lines between the rows were left out, the first on line 4"]
        );
    }
    assert_eq!(csv("a,b\n1,2").frame.height(), 1);
    // In a single column, a blank line between values is a missing value.
    assert_eq!(
        numbers(&csv("a\n1\n\n3\n\n"), "a"),
        [Some(1.0), None, Some(3.0)]
    );
}

#[test]
fn a_ragged_line_is_named() {
    assert_eq!(
        refused("a;b;c\n1;2;3\n1;2\n"),
        "a.csv: line 3 has 2 fields, but the header has 3; fields are divided by `;`: correct the line, put quotation marks around a field that contains the delimiter"
    );
    // R writes the names of rows without a name for their column.
    assert!(
        refused("a b,b\n1,2,3\n4,5,6\n")
            .ends_with("or give the first column a name if it has none")
    );
}

#[test]
fn names_must_differ_and_may_be_absent() {
    assert_eq!(
        refused("a,b,a\n1,2,3\n"),
        "a.csv: columns 1 and 3 are both called `a`; rename one of them"
    );
    let data = csv(",x\n1,2\n");
    assert_eq!(numbers(&data, "column_1"), [Some(1.0)]);
    assert_eq!(
        data.provenance.notes,
        ["column 1 has no name in the header; it is called `column_1`"]
    );
}

#[test]
fn a_header_alone_is_an_empty_table_and_nothing_at_all_is_an_error() {
    let data = csv("a,b\n");
    assert_eq!(data.frame.shape(), (0, 2));
    for nothing in ["\n", "\n\n\r\n", "\u{feff}", "   "] {
        let error = csv_with(nothing.as_bytes(), &ReadOptions::default()).unwrap_err();
        assert!(matches!(error, Error::Empty { .. }), "{nothing:?}: {error}");
    }
}

#[test]
fn encodings_are_detected() {
    let content = "naam;één\nZoë;1,5\n";
    let utf16 = |swap: bool| -> Vec<u8> {
        let bytes = |unit: u16| {
            if swap {
                unit.to_be_bytes()
            } else {
                unit.to_le_bytes()
            }
        };
        content.encode_utf16().flat_map(bytes).collect()
    };
    let latin: Vec<u8> = content
        .chars()
        .map(|c| u8::try_from(u32::from(c)).unwrap())
        .collect();
    let cases: [(Vec<u8>, &str); 7] = [
        (content.as_bytes().to_vec(), "UTF-8"),
        ([b"\xEF\xBB\xBF", content.as_bytes()].concat(), "UTF-8"),
        ([b"\xFF\xFE".to_vec(), utf16(false)].concat(), "UTF-16LE"),
        ([b"\xFE\xFF".to_vec(), utf16(true)].concat(), "UTF-16BE"),
        (utf16(false), "UTF-16LE"),
        (utf16(true), "UTF-16BE"),
        (latin.clone(), "windows-1252"),
    ];
    for (bytes, encoding) in cases {
        let data = csv_with(&bytes, &ReadOptions::default()).unwrap();
        assert_eq!(data.provenance.encoding.as_deref(), Some(encoding));
        assert_eq!(texts(&data, "naam"), some(&["Zoë"]), "{encoding}");
        assert_eq!(numbers(&data, "één"), [Some(1.5)], "{encoding}");
    }
    // The euro sign of Windows, and the letters of old machines on request.
    assert_eq!(
        texts(
            &csv_with(b"a\n\x80 5\n", &ReadOptions::default()).unwrap(),
            "a"
        ),
        some(&["€ 5"])
    );
    for (encoding, e_acute) in [
        (Encoding::MacRoman, 0x8E),
        (Encoding::Cp437, 0x82),
        (Encoding::Cp850, 0x82),
    ] {
        let options = ReadOptions {
            encoding: Some(encoding),
            ..ReadOptions::default()
        };
        let data = csv_with(&[b'a', b'\n', e_acute], &options).unwrap();
        assert_eq!(texts(&data, "a"), some(&["é"]), "{encoding:?}");
    }
    // Two encodings in one file.
    let data = csv_with(b"a\nZo\xEB\nZo\xC3\xAB\n", &ReadOptions::default()).unwrap();
    assert!(data.provenance.notes[0].contains("letters in UTF-8 too"));
}

#[test]
fn a_wrong_encoding_is_located() {
    let as_encoding = |encoding| ReadOptions {
        encoding: Some(encoding),
        ..ReadOptions::default()
    };
    let error = csv_with(b"a,b\n1,x\n2,Zo\xEB\n", &as_encoding(Encoding::Utf8)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "a.csv: the bytes at offset 12 (line 3) are not UTF-8; give another `encoding`, such as `windows-1252`"
    );
    let error = csv_with(b"a\n\x81\n", &ReadOptions::default()).unwrap_err();
    assert!(
        matches!(
            error,
            Error::Encoding {
                offset: 2,
                line: 2,
                ..
            }
        ),
        "{error}"
    );
    // A high surrogate alone, and half a letter.
    for bytes in [&b"\xFF\xFEa\0\x00\xD8"[..], b"\xFF\xFEa\0b"] {
        let error = csv_with(bytes, &ReadOptions::default()).unwrap_err();
        assert!(
            matches!(error, Error::Encoding { offset: 4, .. }),
            "{error}"
        );
    }
}

#[test]
fn what_is_no_text_is_named() {
    let error = csv_with(b"a,b\n1,\x01\n", &ReadOptions::default()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "a.csv: expected text, but found byte 0x01 at offset 6 (line 2); save the data as text, or give `format`"
    );
    let noise: Vec<u8> = (0..=255).cycle().take(4000).collect();
    let error = csv_with(&noise, &ReadOptions::default()).unwrap_err();
    assert!(matches!(error, Error::Binary { offset: 0, .. }), "{error}");
    // The mark with which DOS ends a text is none of the data.
    assert_eq!(csv("a,b\n1,2\n\u{1a}").frame.height(), 1);
    // An Excel workbook that is called .csv.
    let workbook = std::fs::read(crate::data("metingen.xlsx")).unwrap();
    let error = csv_with(&workbook, &ReadOptions::default()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "a.csv: expected delimited text, but the content is that of an Excel workbook; rename the file, or give `format`"
    );
    let options = ReadOptions {
        format: Some(Format::Excel),
        ..ReadOptions::default()
    };
    assert_eq!(csv_with(&workbook, &options).unwrap().frame.height(), 3);
}
