//! The dictionary of an SPSS file: its records, in bytes.

use std::collections::HashMap;

use super::{SEGMENT, SYSTEM_MISSING, Slot, number};
use crate::codebook::{MeasurementLevel, MissingRule};
use crate::error::Error;
use crate::read::Source;
use crate::read::bytes::{Cursor, Order, without_padding};
use crate::read::charset::Charset;

/// What stands for "highest" and "lowest" in a range; the latter is the next number above the
/// system-missing value.
const HIGHEST: f64 = f64::MAX;
const LOWEST: f64 = f64::from_bits(0xFFEF_FFFF_FFFF_FFFE);

/// The header of the file.
pub(super) struct Header {
    pub(super) compression: Compression,
    pub(super) weight: i32,
    pub(super) cases: i64,
    pub(super) bias: f64,
    pub(super) label: Vec<u8>,
}

#[derive(Clone, Copy)]
pub(super) enum Compression {
    Plain,
    Bytecode,
    Zlib,
}

/// A variable as its record has it, in bytes: the encoding is only known at the end.
pub(super) struct Record {
    /// The place of its first slot in a case.
    pub(super) slot: usize,
    pub(super) short_name: Vec<u8>,
    pub(super) label: Option<Vec<u8>>,
    pub(super) kind: Kind,
    pub(super) format: Display,
    pub(super) missing_numbers: Vec<MissingRule>,
    pub(super) missing_texts: Vec<Vec<u8>>,
    pub(super) level: Option<MeasurementLevel>,
}

#[derive(Clone, Copy, PartialEq)]
pub(super) enum Kind {
    Number,
    /// A text of so many bytes.
    Text(usize),
}

/// The format in which SPSS shows a variable.
#[derive(Clone, Copy)]
pub(super) struct Display {
    code: u8,
    pub(super) width: usize,
    decimals: u8,
}

/// The codes of a group of variables and what they mean.
pub(super) struct LabelSet {
    pub(super) labels: Vec<(Slot, Vec<u8>)>,
    /// The places of the first slots of the variables.
    pub(super) slots: Vec<usize>,
}

/// What the records say that is not about one variable.
#[derive(Default)]
pub(super) struct Dictionary {
    pub(super) records: Vec<Record>,
    pub(super) slots: usize,
    pub(super) label_sets: Vec<LabelSet>,
    pub(super) documents: Vec<Vec<u8>>,
    pub(super) code_page: Option<i32>,
    pub(super) encoding: Option<Vec<u8>>,
    pub(super) long_names: HashMap<Vec<u8>, Vec<u8>>,
    pub(super) long_texts: HashMap<Vec<u8>, usize>,
    /// Codes and meanings of long texts.
    pub(super) long_labels: Vec<Of<LongLabel>>,
    pub(super) long_missing: Vec<Of<Vec<u8>>>,
    pub(super) displays: Vec<i32>,
    pub(super) cases: Option<i64>,
}

/// A long text and what it means.
pub(super) struct LongLabel {
    pub(super) code: Vec<u8>,
    pub(super) label: Vec<u8>,
}

/// What belongs to a variable of a name.
pub(super) struct Of<T> {
    pub(super) name: Vec<u8>,
    pub(super) values: Vec<T>,
}

/// What kind of moment the numbers of a variable stand for.
#[derive(Clone, Copy)]
pub(super) enum Moment {
    None,
    Date,
    Datetime,
    Duration,
}

pub(super) fn read_header(cursor: &mut Cursor, source: &Source) -> Result<Header, Error> {
    if !cursor.skip("$FL2") && !cursor.skip("$FL3") {
        return Err(cursor.broken("does not begin with $FL2 or $FL3"));
    }
    cursor.bytes(60)?; // the program that wrote it
    let layout: [u8; 4] = cursor.array()?;
    if matches!(i32::from_be_bytes(layout), 2 | 3) {
        cursor.set_order(Order::Big);
    } else if !matches!(i32::from_le_bytes(layout), 2 | 3) {
        return Err(cursor.broken("has an unknown layout code"));
    }
    cursor.i32()?; // slots in a case, which not all programs fill in
    let compression = match cursor.i32()? {
        0 => Compression::Plain,
        1 => Compression::Bytecode,
        2 => Compression::Zlib,
        other => {
            return Err(source.unsupported(
                format!("its data are compressed in a way ({other}) that is not known"),
                "save it from SPSS as an ordinary .sav",
            ));
        }
    };
    let weight = cursor.i32()?;
    let cases = i64::from(cursor.i32()?);
    let bias = cursor.f64()?;
    cursor.bytes(17)?; // when it was written
    let label = cursor.bytes(64)?.to_vec();
    cursor.bytes(3)?;
    Ok(Header {
        compression,
        weight,
        cases,
        bias,
        label,
    })
}

pub(super) fn read_dictionary(cursor: &mut Cursor, source: &Source) -> Result<Dictionary, Error> {
    let mut dictionary = Dictionary::default();
    loop {
        cursor.enter("dictionary");
        match cursor.i32()? {
            2 => read_variable(cursor, &mut dictionary)?,
            3 => {
                let set = read_label_set(cursor)?;
                dictionary.label_sets.push(set);
            }
            6 => {
                cursor.enter("documents");
                let lines = cursor.i32()?;
                for _ in 0..cursor.count(lines, 80)? {
                    dictionary.documents.push(cursor.bytes(80)?.to_vec());
                }
            }
            7 => read_extension(cursor, source, &mut dictionary)?,
            999 => {
                cursor.i32()?;
                break;
            }
            other => return Err(cursor.broken(&format!("has a record of unknown type {other}"))),
        }
    }
    if dictionary.records.is_empty() {
        return Err(cursor.broken("has no variables"));
    }
    apply_levels(&mut dictionary);
    Ok(dictionary)
}

fn read_variable(cursor: &mut Cursor, dictionary: &mut Dictionary) -> Result<(), Error> {
    cursor.enter("variable record");
    let width = cursor.i32()?;
    let has_label = cursor.i32()? == 1;
    let missing = cursor.i32()?;
    let format = Display::unpack(cursor.i32()?);
    cursor.i32()?; // the format for writing
    let short_name = without_padding(cursor.bytes(8)?).to_ascii_uppercase();
    let label = if has_label {
        let length = cursor.i32()?;
        let length = cursor.count(length, 1)?;
        let label = cursor.bytes(length.next_multiple_of(4))?;
        Some(label[..length].to_vec())
    } else {
        None
    };
    if !(-3..=3).contains(&missing) {
        return Err(cursor.broken("declares more than three missing values"));
    }
    let values: Vec<Slot> = (0..missing.unsigned_abs())
        .map(|_| cursor.array())
        .collect::<Result<_, _>>()?;

    let slot = dictionary.slots;
    dictionary.slots += 1;
    let kind = match width {
        -1 => return Ok(()), // one more slot of the text before it
        0 => Kind::Number,
        1..=255 => Kind::Text(usize::try_from(width).unwrap_or_default()),
        _ => return Err(cursor.broken(&format!("declares a width of {width}"))),
    };
    let (missing_numbers, missing_texts) = match kind {
        Kind::Number => {
            let numbers: Vec<f64> = values.iter().map(|v| number(*v, cursor.order())).collect();
            (missing_rules(&numbers, missing < 0), Vec::new())
        }
        Kind::Text(_) => (
            Vec::new(),
            values.iter().map(|v| without_padding(v).to_vec()).collect(),
        ),
    };
    dictionary.records.push(Record {
        slot,
        short_name,
        label,
        kind,
        format,
        missing_numbers,
        missing_texts,
        level: None,
    });
    Ok(())
}

/// The rules that the numbers of a variable record stand for: a range first, if there is one.
fn missing_rules(numbers: &[f64], has_range: bool) -> Vec<MissingRule> {
    let bound = |value: f64, unbounded: f64| (value != unbounded).then_some(value);
    let (mut rules, values) = match numbers {
        [low, high, values @ ..] if has_range => {
            let range = MissingRule::Range {
                // Some programs write the system-missing value for the lowest one.
                low: bound(*low, LOWEST).filter(|low| *low != SYSTEM_MISSING),
                high: bound(*high, HIGHEST),
            };
            (vec![range], values)
        }
        values => (Vec::new(), values),
    };
    rules.extend(values.iter().map(|value| MissingRule::Value(*value)));
    rules
}

fn read_label_set(cursor: &mut Cursor) -> Result<LabelSet, Error> {
    cursor.enter("value labels");
    let count = cursor.i32()?;
    let labels = (0..cursor.count(count, 16)?)
        .map(|_| {
            let code: Slot = cursor.array()?;
            let length = usize::from(cursor.u8()?);
            let text = cursor.bytes((length + 1).next_multiple_of(8) - 1)?;
            Ok((code, text[..length].to_vec()))
        })
        .collect::<Result<_, _>>()?;
    if cursor.i32()? != 4 {
        return Err(cursor.broken("are not followed by their variables"));
    }
    let count = cursor.i32()?;
    let slots = (0..cursor.count(count, 4)?)
        .map(|_| {
            let place = i64::from(cursor.i32()?);
            usize::try_from(place - 1).map_err(|_| cursor.broken("belong to no variable"))
        })
        .collect::<Result<_, _>>()?;
    Ok(LabelSet { labels, slots })
}

/// A record that newer versions of SPSS added; what is not known is passed over.
fn read_extension(
    cursor: &mut Cursor,
    source: &Source,
    dictionary: &mut Dictionary,
) -> Result<(), Error> {
    cursor.enter("extension record");
    let kind = cursor.i32()?;
    let size = cursor.i32()?;
    let count = cursor.i32()?;
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    let length = cursor.count(count, size)?.saturating_mul(size);
    let body = cursor.bytes(length)?;
    let mut inner = cursor.back_over(length);
    match kind {
        3 if length >= 32 => {
            let [_, _, _, _, floats, _, _, page] = inner.i32s()?;
            if floats != 1 {
                return Err(source.unsupported(
                    "its numbers are in the format of an IBM or VAX mainframe",
                    "save it again in a current SPSS",
                ));
            }
            dictionary.code_page = Some(page);
        }
        11 => {
            while !inner.rest().is_empty() {
                dictionary.displays.push(inner.i32()?);
            }
        }
        13 => {
            dictionary.long_names = pairs(body, b'\t')
                .map(|(short, long)| (short.to_ascii_uppercase(), long.to_vec()))
                .collect();
        }
        14 => {
            dictionary.long_texts = pairs(body, b'\t')
                .filter_map(|(name, width)| {
                    let width = without_padding(width);
                    let width: usize = str::from_utf8(width).ok()?.trim().parse().ok()?;
                    (width > SEGMENT).then(|| (name.to_ascii_uppercase(), width))
                })
                .collect();
        }
        16 if length >= 16 => {
            inner.i64()?;
            dictionary.cases = Some(inner.i64()?).filter(|cases| *cases >= 0);
        }
        20 => dictionary.encoding = Some(without_padding(body).to_vec()),
        21 => dictionary.long_labels = read_long_labels(inner)?,
        22 => dictionary.long_missing = read_long_missing(inner)?,
        _ => {}
    }
    Ok(())
}

/// `A=b`, separated by a tab; a zero may precede it.
fn pairs(body: &[u8], separator: u8) -> impl Iterator<Item = (&[u8], &[u8])> {
    body.split(move |byte| *byte == separator)
        .filter_map(|pair| {
            let pair = pair.strip_prefix(&[0]).unwrap_or(pair);
            let equals = pair.iter().position(|byte| *byte == b'=')?;
            Some((&pair[..equals], &pair[equals + 1..]))
        })
}

/// The meanings of the codes of long texts, variable by variable.
fn read_long_labels(mut inner: Cursor) -> Result<Vec<Of<LongLabel>>, Error> {
    inner.enter("labels of long texts");
    let mut sets = Vec::new();
    while !inner.rest().is_empty() {
        let name = inner.counted()?.to_vec();
        inner.i32()?; // the width of the variable
        let count = inner.i32()?;
        let values = (0..inner.count(count, 8)?)
            .map(|_| {
                let code = without_padding(inner.counted()?).to_vec();
                Ok(LongLabel {
                    code,
                    label: inner.counted()?.to_vec(),
                })
            })
            .collect::<Result<_, _>>()?;
        sets.push(Of { name, values });
    }
    Ok(sets)
}

/// The missing values of long texts, variable by variable.
fn read_long_missing(mut inner: Cursor) -> Result<Vec<Of<Vec<u8>>>, Error> {
    inner.enter("missing values of long texts");
    let mut sets = Vec::new();
    while !inner.rest().is_empty() {
        let name = inner.counted()?.to_vec();
        let count = inner.u8()?;
        let width = inner.i32()?;
        let width = inner.count(width, 1)?;
        let mut values = Vec::new();
        for i in 0..count {
            // Some programs repeat the width before every value.
            if i > 0
                && inner
                    .clone()
                    .i32()
                    .is_ok_and(|n| usize::try_from(n) == Ok(width))
            {
                inner.i32()?;
            }
            values.push(without_padding(inner.bytes(width)?).to_vec());
        }
        sets.push(Of { name, values });
    }
    Ok(sets)
}

/// Levels of measurement stand in groups of three numbers, or of two in old files.
fn apply_levels(dictionary: &mut Dictionary) {
    let variables = dictionary.records.len();
    let size = match dictionary.displays.len() {
        n if n == 3 * variables => 3,
        n if n == 2 * variables => 2,
        _ => return,
    };
    let groups = dictionary.displays.chunks(size);
    for (record, group) in dictionary.records.iter_mut().zip(groups) {
        record.level = match group[0] {
            1 => Some(MeasurementLevel::Nominal),
            2 => Some(MeasurementLevel::Ordinal),
            3 => Some(MeasurementLevel::Scale),
            _ => None,
        };
    }
}

pub(super) fn choose_charset(source: &Source, dictionary: &Dictionary) -> Result<Charset, Error> {
    if let Some(encoding) = source.options.encoding {
        return Ok(Charset::of(encoding));
    }
    let unknown = |name: String| {
        source.unsupported(
            format!("its texts are in an encoding ({name}) that is not known"),
            "give `encoding`, or save the file in SPSS in Unicode",
        )
    };
    if let Some(name) = &dictionary.encoding {
        let name = String::from_utf8_lossy(name);
        return Charset::named(&name).ok_or_else(|| unknown(name.into_owned()));
    }
    let page = dictionary.code_page.unwrap_or(1252);
    Charset::of_code_page(page).ok_or_else(|| unknown(format!("code page {page}")))
}

impl Display {
    fn unpack(packed: i32) -> Self {
        let [_, code, width, decimals] = packed.to_be_bytes();
        Self {
            code,
            width: usize::from(width),
            decimals,
        }
    }

    pub(super) fn moment(self) -> Moment {
        match self.code {
            20 | 23 | 24 | 28 | 29 | 30 | 38 | 39 => Moment::Date,
            22 | 41 => Moment::Datetime,
            21 | 25 | 40 => Moment::Duration,
            _ => Moment::None,
        }
    }

    /// The format as SPSS writes it: `F8.2`, `A20`, `DATE11`.
    pub(super) fn name(self) -> Option<String> {
        const NAMES: [&str; 42] = [
            "", "A", "AHEX", "COMMA", "DOLLAR", "F", "IB", "PIBHEX", "P", "PIB", "PK", "RB",
            "RBHEX", "", "", "Z", "N", "E", "", "", "DATE", "TIME", "DATETIME", "ADATE", "JDATE",
            "DTIME", "WKDAY", "MONTH", "MOYR", "QYR", "WKYR", "PCT", "DOT", "CCA", "CCB", "CCC",
            "CCD", "CCE", "EDATE", "SDATE", "MTIME", "YMDHMS",
        ];
        let name = NAMES
            .get(usize::from(self.code))
            .filter(|name| !name.is_empty())?;
        let Self {
            width, decimals, ..
        } = self;
        Some(if decimals > 0 {
            format!("{name}{width}.{decimals}")
        } else {
            format!("{name}{width}")
        })
    }
}
