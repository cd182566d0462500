//! SPSS system files, `.sav` and `.zsav`.
//!
//! A header, then a dictionary of records of several types, then the cases: rows of slots of
//! eight bytes. A number takes one slot, a text as many as it needs. Texts longer than 255 bytes
//! are stored as several variables, the segments. The cases are plain, or compressed with one
//! command byte for each slot, or that once more compressed by zlib.
//!
//! The layout follows the PSPP developers' manual, chapter "System File Format". There is a crate
//! for this format, but in version 0.4.6 it reads files of big-endian machines as wrong numbers,
//! moves dates before 1970 by a day, takes DOS letters for Cyrillic ones, and tells nobody.

use std::collections::HashMap;
use std::io::Read as _;

use flate2::read::ZlibDecoder;

use super::bytes::{Cursor, Order, without_padding};
use super::charset::{Charset, Decoder};
use super::column::{Field, Values};
use super::{Parsed, Provenance, Source, date};
use crate::codebook::{Code, Codebook, MeasurementLevel, MissingRule, ValueLabel, Variable};
use crate::error::Error;

/// The system-missing value, and the bounds that stand for "lowest" and "highest" in a range.
const SYSTEM_MISSING: f64 = -f64::MAX;
const HIGHEST: f64 = f64::MAX;
/// The next number above [`SYSTEM_MISSING`].
const LOWEST: f64 = f64::from_bits(0xFFEF_FFFF_FFFF_FFFE);

/// 1970-01-01 in seconds since 1582-10-14, where SPSS begins to count: 141,428 days.
const EPOCH: f64 = 141_428.0 * 86_400.0;

/// A long text is cut into segments of at most this many bytes.
const SEGMENT: usize = 255;

type Slot = [u8; 8];

/// The header of the file.
struct Header {
    compression: Compression,
    weight: i32,
    cases: i64,
    bias: f64,
    label: Vec<u8>,
}

#[derive(Clone, Copy)]
enum Compression {
    Plain,
    Bytecode,
    Zlib,
}

/// A variable as its record has it, in bytes: the encoding is only known at the end.
struct Record {
    /// The place of its first slot in a case.
    slot: usize,
    short_name: Vec<u8>,
    label: Option<Vec<u8>>,
    kind: Kind,
    format: Display,
    missing_numbers: Vec<MissingRule>,
    missing_texts: Vec<Vec<u8>>,
    level: Option<MeasurementLevel>,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Number,
    /// A text of so many bytes.
    Text(usize),
}

/// The format in which SPSS shows a variable.
#[derive(Clone, Copy)]
struct Display {
    code: u8,
    width: usize,
    decimals: u8,
}

/// The codes of a group of variables and what they mean.
struct LabelSet {
    labels: Vec<(Slot, Vec<u8>)>,
    /// The places of the first slots of the variables.
    slots: Vec<usize>,
}

/// What the records say that is not about one variable.
#[derive(Default)]
struct Dictionary {
    records: Vec<Record>,
    slots: usize,
    label_sets: Vec<LabelSet>,
    documents: Vec<Vec<u8>>,
    code_page: Option<i32>,
    encoding: Option<Vec<u8>>,
    long_names: HashMap<Vec<u8>, Vec<u8>>,
    long_texts: HashMap<Vec<u8>, usize>,
    /// Codes and meanings of long texts.
    long_labels: Vec<Of<(Vec<u8>, Vec<u8>)>>,
    long_missing: Vec<Of<Vec<u8>>>,
    displays: Vec<i32>,
    cases: Option<i64>,
}

/// What belongs to a variable of a name.
struct Of<T> {
    name: Vec<u8>,
    values: Vec<T>,
}

/// A variable that is shown, with the slots that hold it.
struct Visible {
    record: Record,
    /// First slot and number of bytes of each segment.
    segments: Vec<(usize, usize)>,
}

pub(super) fn read(source: &Source) -> Result<Parsed, Error> {
    let mut cursor = Cursor::new(source, Order::Little);
    let header = read_header(&mut cursor, source)?;
    let dictionary = read_dictionary(&mut cursor, source)?;
    let charset = choose_charset(source, &dictionary)?;
    let mut decoder = Decoder::new(charset);
    let mut notes = Vec::new();

    let cells = match header.compression {
        Compression::Plain => Cells::plain(cursor.rest()),
        Compression::Bytecode => Cells::from(cursor.rest().to_vec(), header.bias, cursor.order()),
        Compression::Zlib => Cells::from(inflate(&mut cursor)?, header.bias, cursor.order()),
    };
    let declared = dictionary.cases.unwrap_or(header.cases);
    let cases = read_cases(source, cells, dictionary.slots, declared, &mut notes)?;

    let codebook = Codebook {
        label: some_text(decoder.text(without_padding(&header.label))),
        notes: dictionary
            .documents
            .iter()
            .map(|line| decoder.text(without_padding(line)))
            .collect(),
        weight: weight(&header, &dictionary, &mut decoder),
        variables: Vec::new(),
    };
    let order = cursor.order();
    let fields = fields(source, dictionary, &cases, order, &mut decoder)?;
    notes.extend(decoder.notes());
    Ok(Parsed {
        fields,
        codebook,
        provenance: Provenance {
            encoding: Some(charset.name().to_owned()),
            notes,
            ..Provenance::default()
        },
    })
}

fn read_header(cursor: &mut Cursor, source: &Source) -> Result<Header, Error> {
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

fn read_dictionary(cursor: &mut Cursor, source: &Source) -> Result<Dictionary, Error> {
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
fn read_long_labels(mut inner: Cursor) -> Result<Vec<Of<(Vec<u8>, Vec<u8>)>>, Error> {
    inner.enter("labels of long texts");
    let mut sets = Vec::new();
    while !inner.rest().is_empty() {
        let name = inner.counted()?.to_vec();
        inner.i32()?; // the width of the variable
        let count = inner.i32()?;
        let values = (0..inner.count(count, 8)?)
            .map(|_| {
                let code = without_padding(inner.counted()?).to_vec();
                Ok((code, inner.counted()?.to_vec()))
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

fn choose_charset(source: &Source, dictionary: &Dictionary) -> Result<Charset, Error> {
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

/// The slots of the data, one after the other.
struct Cells<'a> {
    data: std::borrow::Cow<'a, [u8]>,
    at: usize,
    /// For compressed data: what is taken off a command byte to get the number.
    bias: Option<f64>,
    order: Order,
    commands: [u8; 8],
    /// The next command; at 8, eight more must be read.
    next: usize,
    /// Whether a command asks for bytes that are not there.
    is_cut: bool,
}

impl<'a> Cells<'a> {
    fn plain(data: &'a [u8]) -> Self {
        Self {
            data: data.into(),
            at: 0,
            bias: None,
            order: Order::Little,
            commands: [0; 8],
            next: 8,
            is_cut: false,
        }
    }

    fn from(data: Vec<u8>, bias: f64, order: Order) -> Self {
        Self {
            data: data.into(),
            bias: Some(bias),
            order,
            ..Self::plain(&[])
        }
    }

    /// The next slot, or nothing at the end of the data.
    fn slot(&mut self) -> Option<Slot> {
        let Some(bias) = self.bias else {
            return self.eight();
        };
        loop {
            if self.next == 8 {
                self.commands = self.eight()?;
                self.next = 0;
            }
            let command = self.commands[self.next];
            self.next += 1;
            let value = match command {
                0 => continue,
                252 => {
                    self.at = self.data.len();
                    self.next = 8;
                    return None;
                }
                253 => {
                    let slot = self.eight();
                    self.is_cut = slot.is_none();
                    return slot;
                }
                254 => return Some(*b"        "),
                255 => SYSTEM_MISSING,
                code => f64::from(code) - bias,
            };
            return Some(match self.order {
                Order::Little => value.to_le_bytes(),
                Order::Big => value.to_be_bytes(),
            });
        }
    }

    fn eight(&mut self) -> Option<Slot> {
        let (slot, _) = self.data.get(self.at..)?.split_first_chunk::<8>()?;
        self.at += 8;
        Some(*slot)
    }
}

/// The blocks of a `.zsav` after each other, as its table of blocks has them.
fn inflate(cursor: &mut Cursor) -> Result<Vec<u8>, Error> {
    cursor.enter("table of compressed blocks");
    cursor.i64()?;
    let table = cursor.u64()?;
    cursor.seek(table)?;
    cursor.bytes(16)?; // bias and zero
    cursor.i32()?; // the size of a block
    let blocks = cursor.i32()?;
    let blocks: Vec<(u64, i32, i32)> = (0..cursor.count(blocks, 24)?)
        .map(|_| {
            cursor.i64()?;
            Ok((cursor.u64()?, cursor.i32()?, cursor.i32()?))
        })
        .collect::<Result<_, _>>()?;

    let mut data = Vec::new();
    for (start, size, compressed) in blocks {
        cursor.enter("compressed block");
        cursor.seek(start)?;
        let compressed = cursor.count(compressed, 1)?;
        let block = cursor.bytes(compressed)?;
        let size = u64::try_from(size).map_err(|_| cursor.broken("has a negative size"))?;
        let before = data.len();
        ZlibDecoder::new(block)
            .take(size + 1)
            .read_to_end(&mut data)
            .map_err(|error| cursor.broken(&format!("cannot be unpacked: {error}")))?;
        if (data.len() - before) as u64 != size {
            return Err(cursor.broken("has another size than the table says"));
        }
    }
    Ok(data)
}

/// All slots of all cases. A file that was cut short is an error; so is half a case.
fn read_cases(
    source: &Source,
    mut cells: Cells,
    width: usize,
    declared: i64,
    notes: &mut Vec<String>,
) -> Result<Vec<Slot>, Error> {
    let mut slots = Vec::new();
    while let Some(slot) = cells.slot() {
        slots.push(slot);
    }
    let (cases, rest) = (slots.len() / width, slots.len() % width);
    let is_known = declared >= 0;
    let found = i64::try_from(cases).unwrap_or(i64::MAX);
    if is_known && found < declared {
        return Err(source.corrupt(format!(
            "it declares {declared} cases, but the data end after {found}"
        )));
    }
    let is_cut = cells.is_cut || cells.at < cells.data.len();
    if rest > 0 || is_cut {
        if !is_known {
            return Err(source.corrupt(format!("the data end in the middle of case {}", cases + 1)));
        }
        notes.push("what follows the last case does not make a case and was left out".to_owned());
        slots.truncate(cases * width);
    }
    if is_known && found > declared {
        notes.push(format!(
            "the file declares {declared} cases but holds {found}; all of them were read"
        ));
    }
    Ok(slots)
}

fn weight(header: &Header, dictionary: &Dictionary, decoder: &mut Decoder) -> Option<String> {
    let slot = usize::try_from(header.weight).ok()?.checked_sub(1)?;
    let record = dictionary
        .records
        .iter()
        .find(|record| record.slot == slot)?;
    Some(long_name(record, dictionary, decoder))
}

fn long_name(record: &Record, dictionary: &Dictionary, decoder: &mut Decoder) -> String {
    let short = &record.short_name;
    let name = dictionary.long_names.get(short).unwrap_or(short);
    decoder.text(without_padding(name))
}

fn fields(
    source: &Source,
    mut dictionary: Dictionary,
    cases: &[Slot],
    order: Order,
    decoder: &mut Decoder,
) -> Result<Vec<Field>, Error> {
    let records = std::mem::take(&mut dictionary.records);
    let visible = join_segments(source, records, &dictionary)?;
    let width = dictionary.slots;
    visible
        .into_iter()
        .map(|visible| {
            let variable = variable(&visible, &dictionary, order, decoder);
            Ok(match visible.record.kind {
                Kind::Number => number_field(variable, &visible, cases, width, order),
                Kind::Text(_) => text_field(variable, &visible, cases, width, decoder),
            })
        })
        .collect()
}

/// Puts the segments of long texts together.
fn join_segments(
    source: &Source,
    records: Vec<Record>,
    dictionary: &Dictionary,
) -> Result<Vec<Visible>, Error> {
    let mut visible = Vec::new();
    let mut records = records.into_iter();
    while let Some(mut record) = records.next() {
        let mut segments = Vec::new();
        if let Some(width) = dictionary.long_texts.get(&record.short_name) {
            // Each segment but the last was declared with 255 bytes, of which 252 count towards
            // the number of segments.
            let count = width.div_ceil(252);
            let mut left = *width;
            let mut slots = vec![record.slot];
            slots.extend(records.by_ref().take(count - 1).map(|record| record.slot));
            if slots.len() < count {
                return Err(source.corrupt("a long text lacks some of its segments"));
            }
            for slot in slots {
                let bytes = left.min(SEGMENT);
                segments.push((slot, bytes));
                left -= bytes;
            }
            record.kind = Kind::Text(*width);
            record.format.width = *width;
        } else if let Kind::Text(width) = record.kind {
            segments.push((record.slot, width));
        } else {
            segments.push((record.slot, 8));
        }
        let fits = |(slot, bytes): &(usize, usize)| slot + bytes.div_ceil(8) <= dictionary.slots;
        if !segments.iter().all(fits) {
            return Err(source.corrupt("a text is wider than the slots that follow it"));
        }
        visible.push(Visible { record, segments });
    }
    Ok(visible)
}

/// What the dictionary says about a variable. Codes of dates are turned into dates.
fn variable(
    visible: &Visible,
    dictionary: &Dictionary,
    order: Order,
    decoder: &mut Decoder,
) -> Variable {
    let record = &visible.record;
    let name = long_name(record, dictionary, decoder);
    let moment = record.format.moment();
    let is_number = record.kind == Kind::Number;
    let text = |decoder: &mut Decoder, bytes: &[u8]| decoder.text(without_padding(bytes));

    let mut value_labels = Vec::new();
    for set in dictionary
        .label_sets
        .iter()
        .filter(|set| set.slots.contains(&record.slot))
    {
        for (code, label) in &set.labels {
            let code = if is_number {
                Code::Number(moment.convert(number(*code, order)))
            } else {
                Code::Text(text(decoder, code))
            };
            let label = text(decoder, label);
            value_labels.push(ValueLabel { code, label });
        }
    }
    // Some programs use the short name here, some the long one.
    let is_this = |other: &[u8], decoder: &mut Decoder| {
        other.eq_ignore_ascii_case(&record.short_name) || decoder.text(other) == name
    };
    for labels in &dictionary.long_labels {
        if is_this(&labels.name, decoder) {
            for (code, label) in &labels.values {
                let code = Code::Text(text(decoder, code));
                let label = text(decoder, label);
                value_labels.push(ValueLabel { code, label });
            }
        }
    }

    let mut user_missing: Vec<MissingRule> = record
        .missing_numbers
        .iter()
        .map(|rule| match rule {
            MissingRule::Value(value) => MissingRule::Value(moment.convert(*value)),
            MissingRule::Range { low, high } => MissingRule::Range {
                low: low.map(|low| moment.convert(low)),
                high: high.map(|high| moment.convert(high)),
            },
            MissingRule::Text(missing) => MissingRule::Text(missing.clone()),
        })
        .collect();
    let mut missing_texts: Vec<&Vec<u8>> = record.missing_texts.iter().collect();
    for missing in &dictionary.long_missing {
        if is_this(&missing.name, decoder) {
            missing_texts.extend(&missing.values);
        }
    }
    for missing in missing_texts {
        user_missing.push(MissingRule::Text(decoder.text(missing)));
    }
    Variable {
        label: record
            .label
            .as_ref()
            .and_then(|label| some_text(text(decoder, label))),
        level: record.level,
        value_labels,
        user_missing,
        format: record.format.name(),
        ..Variable::named(name)
    }
}

fn number_field(
    variable: Variable,
    visible: &Visible,
    cases: &[Slot],
    width: usize,
    order: Order,
) -> Field {
    let numbers: Vec<Option<f64>> = cases
        .iter()
        .skip(visible.record.slot)
        .step_by(width)
        .map(|slot| Some(number(*slot, order)).filter(|value| *value != SYSTEM_MISSING))
        .collect();
    let mut reasons = Vec::new();
    let mut seconds = |convert: fn(f64) -> Option<i64>| -> Vec<Option<i64>> {
        numbers
            .iter()
            .map(|value| {
                let moment = convert((*value)?);
                if moment.is_none() {
                    reasons.push(Code::Text("not a date".to_owned()));
                }
                moment
            })
            .collect()
    };
    let values = match visible.record.format.moment() {
        Moment::None => Values::Number(numbers),
        Moment::Date => {
            let days = seconds(|value| date::days((value - EPOCH) / 86_400.0).map(i64::from));
            Values::Date(
                days.into_iter()
                    .map(|day| day.and_then(|day| i32::try_from(day).ok()))
                    .collect(),
            )
        }
        Moment::Datetime => Values::Datetime(seconds(|value| date::microseconds(value - EPOCH))),
        Moment::Duration => Values::Duration(seconds(date::duration)),
    };
    Field {
        reasons,
        ..Field::new(variable, values)
    }
}

/// A text of nothing but spaces is absent, unless the codebook gives it a meaning.
fn text_field(
    variable: Variable,
    visible: &Visible,
    cases: &[Slot],
    width: usize,
    decoder: &mut Decoder,
) -> Field {
    let empty = Code::Text(String::new());
    let keeps_empty = variable.is_user_missing(&empty) || variable.label_of(&empty).is_some();
    let mut bytes = Vec::new();
    let texts = cases
        .chunks_exact(width)
        .map(|case| {
            bytes.clear();
            for (slot, length) in &visible.segments {
                let slots = &case[*slot..slot + length.div_ceil(8)];
                bytes.extend(slots.as_flattened().iter().take(*length));
            }
            let text = decoder.text(without_padding(&bytes));
            (keeps_empty || !text.is_empty()).then_some(text)
        })
        .collect();
    Field::new(variable, Values::Text(texts))
}

fn number(slot: Slot, order: Order) -> f64 {
    match order {
        Order::Little => f64::from_le_bytes(slot),
        Order::Big => f64::from_be_bytes(slot),
    }
}

fn some_text(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

/// What kind of moment the numbers of a variable stand for.
#[derive(Clone, Copy)]
enum Moment {
    None,
    Date,
    Datetime,
    Duration,
}

impl Moment {
    /// A code in seconds as a code in the unit of the frame.
    fn convert(self, value: f64) -> f64 {
        match self {
            Self::None => Some(value),
            Self::Date => date::days((value - EPOCH) / 86_400.0).map(f64::from),
            Self::Datetime => date::microseconds(value - EPOCH).map(|moment| moment as f64),
            Self::Duration => date::duration(value).map(|moment| moment as f64),
        }
        .unwrap_or(value)
    }
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

    fn moment(self) -> Moment {
        match self.code {
            20 | 23 | 24 | 28 | 29 | 30 | 38 | 39 => Moment::Date,
            22 | 41 => Moment::Datetime,
            21 | 25 | 40 => Moment::Duration,
            _ => Moment::None,
        }
    }

    /// The format as SPSS writes it: `F8.2`, `A20`, `DATE11`.
    fn name(self) -> Option<String> {
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
