//! Stata files, `.dta`, releases 113 to 119 (Stata 8 to 19).
//!
//! Up to release 115 the parts of a file follow each other without marks; from 117 on each
//! stands between marks such as `<data>`. The parts are the same: types, names, formats and
//! labels of the variables, then the rows, then long texts, then sets of value labels.
//!
//! The largest 27 values of every numeric type mean "missing": `.`, then `.a` to `.z`. A frame
//! has one kind of missing value, so the tags are kept beside it, in the codebook.
//!
//! The layout follows Stata's own description, `help dta` and `help dta_113` and on.

use std::collections::HashMap;

use super::bytes::{Cursor, Order, until_zero};
use super::charset::{Charset, Decoder};
use super::column::{Field, Values};
use super::{Encoding, Parsed, Provenance, Source, date};
use crate::codebook::{Code, Codebook, Tagged, ValueLabel, Variable};
use crate::error::Error;

/// 1960-01-01, where Stata begins to count, in days since 1970-01-01.
const EPOCH_DAYS: f64 = -3653.0;

/// The sizes in which the releases differ.
struct Layout {
    release: u16,
    /// Bytes of a name, a format and a label of a variable.
    name: usize,
    format: usize,
    label: usize,
}

/// What the header says.
struct Header {
    variables: usize,
    rows: usize,
    label: Vec<u8>,
}

#[derive(Clone, Copy)]
enum Type {
    Byte,
    Int,
    Long,
    Float,
    Double,
    /// A text of at most so many bytes.
    Text(usize),
    /// A reference to a text that stands after the data.
    LongText,
}

/// The columns of the table of variables, all of one length, in bytes.
struct Columns<'a> {
    types: Vec<Type>,
    names: Vec<&'a [u8]>,
    formats: Vec<&'a [u8]>,
    label_sets: Vec<&'a [u8]>,
    labels: Vec<&'a [u8]>,
}

/// A column under construction.
struct Column {
    numbers: Vec<Option<f64>>,
    texts: Vec<Option<String>>,
    references: Vec<(u64, u64)>,
    tagged: Vec<Tagged>,
}

/// A value of a numeric type: a number, or missing with or without a tag.
enum Value {
    Number(f64),
    Missing(Option<char>),
}

pub(super) fn read(source: &Source) -> Result<Parsed, Error> {
    let mut cursor = Cursor::new(source, Order::Little);
    let (layout, header) = read_header(&mut cursor, source)?;
    let charset = Charset::of(source.options.encoding.unwrap_or(if layout.release < 118 {
        Encoding::Windows1252
    } else {
        Encoding::Utf8
    }));
    let mut decoder = Decoder::new(charset);
    let variables = read_columns(&mut cursor, &layout, &header)?;
    read_characteristics(&mut cursor, &layout)?;
    let mut columns = read_rows(&mut cursor, &layout, &header, &variables, &mut decoder)?;
    read_long_texts(&mut cursor, &layout, &mut columns, &mut decoder)?;
    let label_sets = read_label_sets(&mut cursor, &layout, &mut decoder)?;

    let mut notes = Vec::new();
    let fields = columns
        .into_iter()
        .enumerate()
        .map(|(i, column)| {
            let text = |bytes: &[u8], decoder: &mut Decoder| decoder.text(until_zero(bytes));
            let label = text(variables.labels[i], &mut decoder);
            let set = text(variables.label_sets[i], &mut decoder);
            let variable = Variable {
                label: Some(label).filter(|label| !label.is_empty()),
                value_labels: label_sets.get(&set).cloned().unwrap_or_default(),
                format: Some(text(variables.formats[i], &mut decoder)),
                ..Variable::named(text(variables.names[i], &mut decoder))
            };
            if !set.is_empty() && !label_sets.contains_key(&set) {
                notes.push(format!(
                    "column `{}` uses the value labels `{set}`, which the file does not define",
                    variable.name
                ));
            }
            column.into_field(variable, variables.types[i], &mut notes)
        })
        .collect();
    let label = decoder.text(until_zero(&header.label));
    notes.extend(decoder.notes());
    Ok(Parsed {
        fields,
        codebook: Codebook {
            label: Some(label).filter(|label| !label.is_empty()),
            ..Codebook::default()
        },
        provenance: Provenance {
            encoding: Some(charset.name().to_owned()),
            notes,
            ..Provenance::default()
        },
    })
}

fn read_header(cursor: &mut Cursor, source: &Source) -> Result<(Layout, Header), Error> {
    if cursor.skip("<stata_dta><header><release>") {
        return read_marked_header(cursor, source);
    }
    let release = u16::from(cursor.u8()?);
    let layout = Layout::of(release, source)?;
    match cursor.u8()? {
        1 => cursor.set_order(Order::Big),
        2 => cursor.set_order(Order::Little),
        _ => return Err(cursor.broken("has an unknown byte order")),
    }
    cursor.bytes(2)?;
    let variables = usize::from(cursor.u16()?);
    let rows = cursor.u32()? as usize;
    let label = cursor.bytes(81)?.to_vec();
    cursor.bytes(18)?; // when it was written
    let header = Header {
        variables,
        rows,
        label,
    };
    Ok((layout, header))
}

fn read_marked_header(cursor: &mut Cursor, source: &Source) -> Result<(Layout, Header), Error> {
    let release: [u8; 3] = cursor.array()?;
    let release = str::from_utf8(&release)
        .ok()
        .and_then(|text| text.parse().ok());
    let layout = Layout::of(release.unwrap_or(0), source)?;
    cursor.expect("</release><byteorder>")?;
    if cursor.skip("MSF") {
        cursor.set_order(Order::Big);
    } else {
        cursor.expect("LSF")?;
    }
    cursor.expect("</byteorder><K>")?;
    let variables = match layout.release {
        119 => cursor.u32()? as usize,
        _ => usize::from(cursor.u16()?),
    };
    cursor.expect("</K><N>")?;
    let rows = match layout.release {
        117 => u64::from(cursor.u32()?),
        _ => cursor.u64()?,
    };
    cursor.expect("</N><label>")?;
    let length = match layout.release {
        117 => usize::from(cursor.u8()?),
        _ => usize::from(cursor.u16()?),
    };
    let label = cursor.bytes(length)?.to_vec();
    cursor.expect("</label><timestamp>")?;
    let length = usize::from(cursor.u8()?);
    cursor.bytes(length)?;
    cursor.expect("</timestamp></header><map>")?;
    cursor.bytes(14 * 8)?; // where the parts are; they follow each other anyway
    cursor.expect("</map>")?;
    let rows = usize::try_from(rows).map_err(|_| cursor.broken("declares too many rows"))?;
    let header = Header {
        variables,
        rows,
        label,
    };
    Ok((layout, header))
}

impl Layout {
    fn of(release: u16, source: &Source) -> Result<Self, Error> {
        let (name, format, label) = match release {
            113 => (33, 12, 81),
            114 | 115 | 117 => (33, 49, 81),
            118 | 119 => (129, 57, 321),
            _ => {
                return Err(source.unsupported(
                    format!("it is a Stata file of release {release}; 113 to 119 are read"),
                    "save it in Stata with `saveold`, or as release 118 with `save`",
                ));
            }
        };
        Ok(Self {
            release,
            name,
            format,
            label,
        })
    }

    /// Whether the parts stand between marks.
    fn is_marked(&self) -> bool {
        self.release >= 117
    }

    /// Steps over a mark in the releases that have them.
    fn mark(&self, cursor: &mut Cursor, mark: &str) -> Result<(), Error> {
        if self.is_marked() {
            cursor.expect(mark)
        } else {
            Ok(())
        }
    }
}

fn read_columns<'a>(
    cursor: &mut Cursor<'a>,
    layout: &Layout,
    header: &Header,
) -> Result<Columns<'a>, Error> {
    let variables = cursor.count(header.variables, layout.name)?;
    cursor.enter("variable types");
    layout.mark(cursor, "<variable_types>")?;
    let types = (0..variables)
        .map(|_| {
            let code = if layout.is_marked() {
                cursor.u16()?
            } else {
                u16::from(cursor.u8()?)
            };
            Type::of(code, layout)
                .ok_or_else(|| cursor.broken(&format!("have an unknown code {code}")))
        })
        .collect::<Result<_, _>>()?;
    layout.mark(cursor, "</variable_types>")?;

    let mut table = |part, name, width| read_table(cursor, layout, part, name, width, variables);
    let names = table("variable names", "varnames", layout.name)?;
    // The order in which the rows are sorted ends with an entry of zero.
    let width = if layout.release == 119 { 4 } else { 2 };
    cursor.enter("sort order");
    layout.mark(cursor, "<sortlist>")?;
    cursor.bytes(width * (variables + 1))?;
    layout.mark(cursor, "</sortlist>")?;

    let mut table = |part, name, width| read_table(cursor, layout, part, name, width, variables);
    Ok(Columns {
        types,
        names,
        formats: table("formats", "formats", layout.format)?,
        label_sets: table("names of value labels", "value_label_names", layout.name)?,
        labels: table("variable labels", "variable_labels", layout.label)?,
    })
}

/// A part of the file with a text of one width for every variable.
fn read_table<'a>(
    cursor: &mut Cursor<'a>,
    layout: &Layout,
    part: &'static str,
    name: &str,
    width: usize,
    variables: usize,
) -> Result<Vec<&'a [u8]>, Error> {
    cursor.enter(part);
    layout.mark(cursor, &format!("<{name}>"))?;
    let texts = (0..variables)
        .map(|_| cursor.bytes(width))
        .collect::<Result<_, _>>()?;
    layout.mark(cursor, &format!("</{name}>"))?;
    Ok(texts)
}

/// Passes over notes and other characteristics.
fn read_characteristics(cursor: &mut Cursor, layout: &Layout) -> Result<(), Error> {
    cursor.enter("characteristics");
    if layout.is_marked() {
        cursor.expect("<characteristics>")?;
        while cursor.skip("<ch>") {
            cursor.counted()?;
            cursor.expect("</ch>")?;
        }
        return cursor.expect("</characteristics>");
    }
    loop {
        let kind = cursor.u8()?;
        let body = cursor.counted()?;
        if kind == 0 && body.is_empty() {
            return Ok(());
        }
    }
}

impl Type {
    fn of(code: u16, layout: &Layout) -> Option<Self> {
        Some(match (layout.is_marked(), code) {
            (true, 65530) | (false, 251) => Self::Byte,
            (true, 65529) | (false, 252) => Self::Int,
            (true, 65528) | (false, 253) => Self::Long,
            (true, 65527) | (false, 254) => Self::Float,
            (true, 65526) | (false, 255) => Self::Double,
            (true, 32768) => Self::LongText,
            (true, 1..=2045) | (false, 1..=244) => Self::Text(usize::from(code)),
            _ => return None,
        })
    }

    fn width(self) -> usize {
        match self {
            Self::Byte => 1,
            Self::Int => 2,
            Self::Long | Self::Float => 4,
            Self::Double | Self::LongText => 8,
            Self::Text(width) => width,
        }
    }
}

fn read_rows(
    cursor: &mut Cursor,
    layout: &Layout,
    header: &Header,
    variables: &Columns,
    decoder: &mut Decoder,
) -> Result<Vec<Column>, Error> {
    cursor.enter("data");
    layout.mark(cursor, "<data>")?;
    let width: usize = variables.types.iter().map(|kind| kind.width()).sum();
    let rows = cursor.count(header.rows, width.max(1))?;
    let mut columns: Vec<Column> = variables.types.iter().map(|_| Column::new()).collect();
    for row in 0..rows {
        for (kind, column) in variables.types.iter().zip(&mut columns) {
            match kind {
                Type::Text(width) => {
                    let text = decoder.text(until_zero(cursor.bytes(*width)?));
                    column
                        .texts
                        .push(Some(text).filter(|text| !text.is_empty()));
                }
                Type::LongText => column.references.push(read_reference(cursor, layout)?),
                kind => match read_value(cursor, *kind)? {
                    Value::Number(number) => column.numbers.push(Some(number)),
                    Value::Missing(tag) => {
                        column.numbers.push(None);
                        column.tagged.extend(tag.map(|tag| Tagged { row, tag }));
                    }
                },
            }
        }
    }
    layout.mark(cursor, "</data>")?;
    Ok(columns)
}

/// A number, unless it is one of the largest of its type: those mean `.`, `.a` to `.z`.
fn read_value(cursor: &mut Cursor, kind: Type) -> Result<Value, Error> {
    // The missing values of floats and doubles are powers of two, apart by a fixed step in bits.
    const FLOAT: u32 = 0x7F00_0000;
    const FLOAT_STEP: u32 = 0x0000_0800;
    const DOUBLE: u64 = 0x7FE0_0000_0000_0000;
    const DOUBLE_STEP: u64 = 0x0000_0100_0000_0000;
    let whole = |value: i32, missing: i32| match value.checked_sub(missing) {
        Some(steps) if steps >= 0 => Value::Missing(tag(u64::from(steps.unsigned_abs()))),
        _ => Value::Number(f64::from(value)),
    };
    Ok(match kind {
        Type::Byte => whole(i32::from(i8::from_ne_bytes(cursor.array()?)), 101),
        Type::Int => whole(i32::from(cursor.u16()?.cast_signed()), 32_741),
        Type::Long => whole(cursor.i32()?, 2_147_483_621),
        Type::Float => {
            let value = cursor.f32()?;
            match value.to_bits().checked_sub(FLOAT) {
                Some(steps) if value > 0.0 && value.is_finite() => {
                    Value::Missing(tag(u64::from(steps / FLOAT_STEP)))
                }
                _ => Value::Number(f64::from(value)),
            }
        }
        _ => {
            let value = cursor.f64()?;
            match value.to_bits().checked_sub(DOUBLE) {
                Some(steps) if value > 0.0 && value.is_finite() => {
                    Value::Missing(tag(steps / DOUBLE_STEP))
                }
                _ => Value::Number(value),
            }
        }
    })
}

/// The letter of the n-th missing value; the first, `.`, has none.
fn tag(n: u64) -> Option<char> {
    let n = u8::try_from(n).ok()?;
    (1..=26).contains(&n).then(|| char::from(b'a' + n - 1))
}

/// The reference to a long text: a variable and a row, in eight bytes.
fn read_reference(cursor: &mut Cursor, layout: &Layout) -> Result<(u64, u64), Error> {
    let order = cursor.order();
    let bytes: [u8; 8] = cursor.array()?;
    let split = match layout.release {
        117 => 4,
        118 => 2,
        _ => 3,
    };
    let (variable, row) = bytes.split_at(split);
    let number = |bytes: &[u8]| {
        let add = |value: u64, byte: &u8| value << 8 | u64::from(*byte);
        match order {
            Order::Big => bytes.iter().fold(0, add),
            Order::Little => bytes.iter().rev().fold(0, add),
        }
    };
    Ok((number(variable), number(row)))
}

fn read_long_texts(
    cursor: &mut Cursor,
    layout: &Layout,
    columns: &mut [Column],
    decoder: &mut Decoder,
) -> Result<(), Error> {
    if !layout.is_marked() {
        return Ok(());
    }
    cursor.enter("long texts");
    cursor.expect("<strls>")?;
    // The reference (0, 0) is the empty text.
    let mut texts: HashMap<(u64, u64), String> = HashMap::from([((0, 0), String::new())]);
    while cursor.skip("GSO") {
        let variable = u64::from(cursor.u32()?);
        let row = match layout.release {
            117 => u64::from(cursor.u32()?),
            _ => cursor.u64()?,
        };
        let is_text = cursor.u8()? == 130;
        let bytes = cursor.counted()?;
        let bytes = if is_text { until_zero(bytes) } else { bytes };
        texts.insert((variable, row), decoder.text(bytes));
    }
    cursor.expect("</strls>")?;
    for column in columns {
        for reference in &column.references {
            let text = texts.get(reference).ok_or_else(|| {
                let (variable, row) = reference;
                cursor.broken(&format!("lack the one of variable {variable}, row {row}"))
            })?;
            column
                .texts
                .push(Some(text.clone()).filter(|text| !text.is_empty()));
        }
    }
    Ok(())
}

/// The sets of value labels by name.
fn read_label_sets(
    cursor: &mut Cursor,
    layout: &Layout,
    decoder: &mut Decoder,
) -> Result<HashMap<String, Vec<ValueLabel>>, Error> {
    cursor.enter("value labels");
    let mut sets = HashMap::new();
    layout.mark(cursor, "<value_labels>")?;
    loop {
        if layout.is_marked() {
            if !cursor.skip("<lbl>") {
                break;
            }
        } else if cursor.rest().is_empty() {
            return Ok(sets);
        }
        cursor.i32()?; // the length of the set
        let name = decoder.text(until_zero(cursor.bytes(layout.name)?));
        cursor.bytes(3)?;
        sets.insert(name, read_label_set(cursor, decoder)?);
        layout.mark(cursor, "</lbl>")?;
    }
    cursor.expect("</value_labels></stata_dta>")?;
    Ok(sets)
}

/// One set: the places of the labels in a text, the codes, the text.
fn read_label_set(cursor: &mut Cursor, decoder: &mut Decoder) -> Result<Vec<ValueLabel>, Error> {
    let count = cursor.i32()?;
    let length = cursor.i32()?;
    let count = cursor.count(count, 8)?;
    let places: Vec<i32> = (0..count).map(|_| cursor.i32()).collect::<Result<_, _>>()?;
    let codes = (0..count)
        .map(|_| read_value(cursor, Type::Long))
        .collect::<Result<Vec<_>, _>>()?;
    let length = cursor.count(length, 1)?;
    let text = cursor.bytes(length)?;
    codes
        .into_iter()
        .zip(places)
        .map(|(code, place)| {
            let label = usize::try_from(place)
                .ok()
                .and_then(|place| text.get(place..))
                .ok_or_else(|| cursor.broken("point outside their text"))?;
            let code = match code {
                Value::Number(number) => Code::Number(number),
                Value::Missing(tag) => tagged_code(tag),
            };
            Ok(ValueLabel {
                code,
                label: decoder.text(until_zero(label)),
            })
        })
        .collect()
}

/// `.` or `.a`, as Stata writes it.
fn tagged_code(tag: Option<char>) -> Code {
    Code::Text(tag.map_or_else(|| ".".to_owned(), |tag| format!(".{tag}")))
}

impl Column {
    fn new() -> Self {
        Self {
            numbers: Vec::new(),
            texts: Vec::new(),
            references: Vec::new(),
            tagged: Vec::new(),
        }
    }

    fn into_field(self, mut variable: Variable, kind: Type, notes: &mut Vec<String>) -> Field {
        let mut reasons: Vec<Code> = self
            .tagged
            .iter()
            .map(|tagged| tagged_code(Some(tagged.tag)))
            .collect();
        let format = variable
            .format
            .as_deref()
            .unwrap_or_default()
            .replace('-', "");
        let is_text = matches!(kind, Type::Text(_) | Type::LongText);
        let mut moment = |value: Option<i64>| {
            if value.is_none() {
                reasons.push(Code::Text("not a date".to_owned()));
            }
            value
        };
        let values = if is_text {
            Values::Text(self.texts)
        } else if format.starts_with("%td") || format.starts_with("%d") {
            let day = |value: f64| date::days(value + EPOCH_DAYS);
            Values::Date(
                self.numbers
                    .iter()
                    .map(|value| {
                        let day = moment(day((*value)?).map(i64::from))?;
                        i32::try_from(day).ok()
                    })
                    .collect(),
            )
        } else if format.starts_with("%tc") {
            let second = |value: f64| date::microseconds(value / 1000.0 + EPOCH_DAYS * 86_400.0);
            Values::Datetime(
                self.numbers
                    .iter()
                    .map(|value| moment(second((*value)?)))
                    .collect(),
            )
        } else {
            if let Some(period) = period(&format) {
                notes.push(format!(
                    "column `{}` counts {period}; it is kept as numbers",
                    variable.name
                ));
            }
            Values::Number(self.numbers)
        };
        variable.tagged = self.tagged;
        Field {
            reasons,
            ..Field::new(variable, values)
        }
    }
}

/// What a date format other than days and milliseconds counts.
fn period(format: &str) -> Option<&'static str> {
    Some(match format.get(..3)? {
        "%tC" => "milliseconds since 1960 with leap seconds",
        "%tw" => "weeks since 1960",
        "%tm" => "months since 1960",
        "%tq" => "quarters since 1960",
        "%th" => "half-years since 1960",
        "%ty" => "years",
        "%tb" => "business days",
        _ => return None,
    })
}
