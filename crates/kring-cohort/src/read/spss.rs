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

mod cases;
mod dictionary;

use super::bytes::{Cursor, Order, without_padding};
use super::charset::Decoder;
use super::column::{Field, Values};
use super::{Parsed, Provenance, Source, date};
use crate::codebook::{Code, Codebook, MissingRule, ValueLabel, Variable};
use crate::error::Error;
use cases::{Cells, inflate, read_cases};
use dictionary::{Compression, Dictionary, Header, Kind, LongLabel, Moment, Record};

/// The system-missing value.
const SYSTEM_MISSING: f64 = -f64::MAX;

/// 1970-01-01 in seconds since 1582-10-14, where SPSS begins to count: 141,428 days.
const EPOCH: f64 = 141_428.0 * 86_400.0;

/// A long text is cut into segments of at most this many bytes.
const SEGMENT: usize = 255;

/// Eight bytes of a case: a number, or a piece of a text.
type Slot = [u8; 8];

/// A variable that is shown, with the slots that hold it.
struct Visible {
    record: Record,
    /// First slot and number of bytes of each segment.
    segments: Vec<(usize, usize)>,
}

pub(super) fn read(source: &Source) -> Result<Parsed, Error> {
    let mut cursor = Cursor::new(source, Order::Little);
    let header = dictionary::read_header(&mut cursor, source)?;
    let dictionary = dictionary::read_dictionary(&mut cursor, source)?;
    let charset = dictionary::choose_charset(source, &dictionary)?;
    let mut decoder = Decoder::new(charset);
    let mut notes = Vec::new();

    let cells = match header.compression {
        Compression::Plain => Cells::plain(cursor.rest()),
        Compression::Bytecode => {
            Cells::compressed(cursor.rest().to_vec(), header.bias, cursor.order())
        }
        Compression::Zlib => Cells::compressed(inflate(&mut cursor)?, header.bias, cursor.order()),
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
            for LongLabel { code, label } in &labels.values {
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
