//! Delimited text: CSV in all its dialects.
//!
//! The text is cut into records once, by one rule for quotation marks. What is not given is
//! detected: the delimiter is the one that cuts every line into as many fields as the header;
//! the decimal mark is the one that makes a column of numbers that the other does not.

use std::borrow::Cow;
use std::ffi::OsStr;
use std::path::Path;

use super::charset::{self, DecodedFile};
use super::column::{Field, Values};
use super::number::{Reading, number, reading};
use super::{Decimal, Parsed, Provenance, Source, date};
use crate::codebook::{Code, Codebook, Variable};
use crate::error::Error;

/// The delimiters that are tried.
const DELIMITERS: [char; 4] = ['\t', ';', ',', '|'];

/// So many records show what the delimiter is.
const SAMPLE: usize = 200;

/// The lines of the table; a quoted field may make one several lines of the file.
#[derive(Default)]
struct Records<'a> {
    /// The fields of all of them, one after the other.
    fields: Vec<Cow<'a, str>>,
    records: Vec<Record>,
}

#[derive(Clone, Copy)]
struct Record {
    /// The line of the file on which it begins, counted from 1.
    line: usize,
    /// Where its fields begin and end.
    start: usize,
    end: usize,
}

impl<'a> Records<'a> {
    fn fields(&self, record: Record) -> &[Cow<'a, str>] {
        &self.fields[record.start..record.end]
    }

    fn is_blank(&self, record: Record) -> bool {
        matches!(self.fields(record), [field] if field.is_empty())
    }
}

impl Record {
    fn width(self) -> usize {
        self.end - self.start
    }
}

/// A column of texts and what may become of it.
struct Texts<'a> {
    name: String,
    cells: Vec<&'a str>,
    /// Each as a number with a decimal point, where it is one.
    points: Vec<Option<f64>>,
    /// The texts that mean "missing".
    reasons: Vec<Code>,
    readings: Readings,
}

/// What the values of a column are, apart from the missing ones.
#[derive(Default)]
struct Readings {
    values: usize,
    /// How many are numbers with either decimal mark.
    point: usize,
    comma: usize,
    /// The first row whose value is not a number with a point, with a comma, with neither.
    not_point: Option<usize>,
    not_comma: Option<usize>,
    /// The first row whose value is one number with a point and another with a comma.
    differs: Option<usize>,
    /// The first row with a mark between thousands, if the decimal mark is a point, or a comma.
    grouped_point: Option<usize>,
    grouped_comma: Option<usize>,
    /// How many are dates, or dates with a time, in ISO 8601.
    dates: usize,
    datetimes: usize,
    /// How many look like `31-3-2021`.
    local_dates: usize,
    /// Whether any number is written with a mark.
    has_mark: bool,
}

pub(super) fn read(source: &Source) -> Result<Parsed, Error> {
    let DecodedFile {
        text,
        encoding,
        mut notes,
    } = charset::decode_file(source)?;
    let (announced, body, first_line) = announced_delimiter(&text);
    let delimiter = choose_delimiter(source, announced, body, first_line)?;
    let cut = records(source, body, delimiter, first_line, usize::MAX)?;
    let first = cut.records.iter().position(|&record| !cut.is_blank(record));
    let Some((&header, rows)) = first.and_then(|first| cut.records[first..].split_first()) else {
        return Err(Error::Empty {
            file: source.file.to_owned(),
            what: "the file".to_owned(),
        });
    };
    let rows = whole_rows(source, &cut, header, rows, delimiter, &mut notes)?;
    let lines: Vec<usize> = rows.iter().map(|row| row.line).collect();
    let columns: Vec<Texts> = names(cut.fields(header), &mut notes)
        .into_iter()
        .enumerate()
        .map(|(i, name)| {
            let cells = rows.iter().map(|row| &*cut.fields[row.start + i]);
            Texts::new(source, name, cells.collect())
        })
        .collect();

    let decimal = choose_decimal(source, &columns, &lines, delimiter, &mut notes)?;
    let fields = columns
        .into_iter()
        .map(|column| {
            column.into_field(
                source,
                decimal.unwrap_or(Decimal::Point),
                &lines,
                &mut notes,
            )
        })
        .collect();
    Ok(Parsed {
        fields,
        codebook: Codebook::default(),
        provenance: Provenance {
            encoding: Some(encoding.to_owned()),
            delimiter,
            decimal,
            notes,
            ..Provenance::default()
        },
    })
}

/// Excel understands a first line `sep=;`, and some programs write it.
fn announced_delimiter(text: &str) -> (Option<char>, &str, usize) {
    let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
    let mut announced = first
        .trim_end_matches('\r')
        .strip_prefix("sep=")
        .unwrap_or("")
        .chars();
    match (announced.next(), announced.next()) {
        (Some(delimiter), None) if delimiter.is_ascii() => (Some(delimiter), rest, 2),
        _ => (None, text, 1),
    }
}

/// The delimiter, or nothing where every line is one field.
fn choose_delimiter(
    source: &Source,
    announced: Option<char>,
    text: &str,
    first_line: usize,
) -> Result<Option<char>, Error> {
    if let Some(delimiter) = source.options.delimiter {
        if delimiter.is_ascii() && !matches!(delimiter, '"' | '\r' | '\n') {
            return Ok(Some(delimiter));
        }
        let reason = format!(
            "cannot be `{}`; give one of , ; | or a tab",
            delimiter.escape_default()
        );
        return Err(source.option("delimiter", reason));
    }
    if announced.is_some() {
        return Ok(announced);
    }
    let ending = Path::new(source.file)
        .extension()
        .map(OsStr::to_ascii_lowercase);
    if ending.is_some_and(|ending| ending == "tsv" || ending == "tab") {
        return Ok(Some('\t'));
    }

    // For each candidate, the fields in the header and whether all lines have as many. A fault in
    // the quotation marks further on leaves the header.
    let mut candidates: Vec<(char, usize, bool)> = Vec::new();
    for delimiter in DELIMITERS {
        let cut = |limit| records(source, text, Some(delimiter), first_line, limit);
        let (sample, is_sound) = match cut(SAMPLE) {
            Ok(sample) => (sample, true),
            Err(_) => (cut(1).unwrap_or_default(), false),
        };
        let mut filled = sample.records.iter().filter(|&&r| !sample.is_blank(r));
        let Some(width) = filled.next().map(|header| header.width()) else {
            continue;
        };
        let is_even = is_sound && filled.all(|record| record.width() == width);
        if width > 1 {
            candidates.push((delimiter, width, is_even));
        }
    }
    let is_any_even = candidates.iter().any(|candidate| candidate.2);
    candidates.retain(|candidate| candidate.2 || !is_any_even);
    candidates.sort_by_key(|candidate| std::cmp::Reverse(candidate.1));
    match candidates[..] {
        [(first, fields, _), (second, others, _), ..] if fields == others => {
            Err(Error::Delimiter {
                file: source.file.to_owned(),
                first,
                second,
                fields,
            })
        }
        [(delimiter, ..), ..] => Ok(Some(delimiter)),
        [] => Ok(None),
    }
}

/// Cuts the text into records, at most `limit` of them.
///
/// A field may stand in quotation marks, in which a mark is written twice; spaces around such a
/// field, and around a field without marks, do not count.
fn records<'a>(
    source: &Source,
    text: &'a str,
    delimiter: Option<char>,
    first_line: usize,
    limit: usize,
) -> Result<Records<'a>, Error> {
    let mut cut = Records::default();
    let mut rest = text;
    let mut line = first_line;
    while !rest.is_empty() && cut.records.len() < limit {
        let (begun, start) = (line, cut.fields.len());
        loop {
            let (field, after) = next_field(source, rest, delimiter, &mut line)?;
            cut.fields.push(field);
            rest = after;
            match delimiter.and_then(|delimiter| rest.strip_prefix(delimiter)) {
                Some(after) => rest = after,
                None => break,
            }
        }
        rest = rest
            .strip_prefix("\r\n")
            .or_else(|| rest.strip_prefix(['\n', '\r']))
            .unwrap_or(rest);
        line += 1;
        cut.records.push(Record {
            line: begun,
            start,
            end: cut.fields.len(),
        });
    }
    Ok(cut)
}

/// The field at the start of `rest`, and what comes after it: a delimiter, a line end or nothing.
fn next_field<'a>(
    source: &Source,
    rest: &'a str,
    delimiter: Option<char>,
    line: &mut usize,
) -> Result<(Cow<'a, str>, &'a str), Error> {
    let is_space = |c: char| (c == ' ' || c == '\t') && Some(c) != delimiter;
    let ends_field = |c: char| Some(c) == delimiter || c == '\n' || c == '\r';
    let trimmed = if rest.starts_with([' ', '\t']) {
        rest.trim_start_matches(is_space)
    } else {
        rest
    };
    let Some(mut inside) = trimmed.strip_prefix('"') else {
        // The delimiter is one byte, and no byte of a longer character looks like one.
        let ends = |byte: u8| {
            byte == b'\n'
                || byte == b'\r'
                || delimiter.is_some_and(|d| u32::from(byte) == u32::from(d))
        };
        let end = trimmed.bytes().position(ends).unwrap_or(trimmed.len());
        let (field, after) = trimmed.split_at(end);
        let field = if field.ends_with([' ', '\t']) {
            field.trim_end_matches(is_space)
        } else {
            field
        };
        return Ok((Cow::Borrowed(field), after));
    };

    let opened = *line;
    let wrong = |line, problem| Error::Quote {
        file: source.file.to_owned(),
        line,
        problem,
    };
    let mut field = Cow::Borrowed("");
    loop {
        let Some(end) = inside.find('"') else {
            return Err(wrong(
                opened,
                "a quotation mark is opened and never closed, beginning",
            ));
        };
        let part = &inside[..end];
        *line += part.matches('\n').count();
        field += part;
        inside = &inside[end + 1..];
        match inside.strip_prefix('"') {
            Some(after) => {
                field += "\"";
                inside = after;
            }
            None => break,
        }
    }
    let after = inside.trim_start_matches(is_space);
    if after.is_empty() || after.starts_with(ends_field) {
        Ok((field, after))
    } else {
        Err(wrong(*line, "text follows a closing quotation mark"))
    }
}

/// The rows, all as wide as the header. Blank lines are left out, and counted if rows follow them.
fn whole_rows(
    source: &Source,
    cut: &Records,
    header: Record,
    rows: &[Record],
    delimiter: Option<char>,
    notes: &mut Vec<String>,
) -> Result<Vec<Record>, Error> {
    let expected = header.width();
    let last = rows.iter().rposition(|&row| !cut.is_blank(row));
    let rows = &rows[..last.map_or(0, |last| last + 1)];
    let mut whole = Vec::with_capacity(rows.len());
    let mut blank = Vec::new();
    for &row in rows {
        let found = row.width();
        if found == expected {
            whole.push(row);
        } else if cut.is_blank(row) {
            blank.push(row.line);
        } else {
            let delimiter = delimiter.unwrap_or(',').escape_default();
            let names = if found == expected + 1 && rows.iter().all(|r| r.width() == found) {
                ", or give the first column a name if it has none"
            } else {
                ""
            };
            return Err(Error::Ragged {
                file: source.file.to_owned(),
                line: row.line,
                expected,
                found,
                hint: format!(
                    "; fields are divided by `{delimiter}`: correct the line, put quotation marks around a field that contains the delimiter{names}"
                ),
            });
        }
    }
    if let Some(first) = blank.first() {
        notes.push(format!(
            "{} blank lines between the rows were left out, the first on line {first}",
            blank.len()
        ));
    }
    Ok(whole)
}

/// The names of the columns; one without a name is called after its place.
fn names(header: &[Cow<str>], notes: &mut Vec<String>) -> Vec<String> {
    header
        .iter()
        .enumerate()
        .map(|(i, name)| match name.trim() {
            "" => {
                let name = format!("column_{}", i + 1);
                notes.push(format!(
                    "column {} has no name in the header; it is called `{name}`",
                    i + 1
                ));
                name
            }
            name => name.to_owned(),
        })
        .collect()
}

impl<'a> Texts<'a> {
    fn new(source: &Source, name: String, cells: Vec<&'a str>) -> Self {
        let mut readings = Readings::default();
        let mut points = Vec::with_capacity(cells.len());
        let mut reasons = Vec::new();
        for (row, &text) in cells.iter().enumerate() {
            points.push(if text.is_empty() {
                None
            } else if source.means_missing(text) {
                reasons.push(Code::Text(text.to_owned()));
                None
            } else {
                readings.add(row, text)
            });
        }
        Self {
            name,
            cells,
            points,
            reasons,
            readings,
        }
    }

    fn into_field(
        self,
        source: &Source,
        decimal: Decimal,
        lines: &[usize],
        notes: &mut Vec<String>,
    ) -> Field {
        let (cells, name) = (&self.cells, &self.name);
        let absent = |text: &str| is_missing(source, text);
        let readings = &self.readings;
        let values = if readings.is_numeric(decimal) {
            notes.extend(self.grouped(decimal, lines));
            Values::Number(match decimal {
                Decimal::Point => self.points,
                Decimal::Comma => convert(cells, absent, |text| number(text, decimal)),
            })
        } else if readings.dates == readings.values {
            Values::Date(convert(cells, absent, date::iso_date))
        } else if readings.datetimes == readings.values {
            Values::Datetime(convert(cells, absent, date::iso_datetime))
        } else {
            notes.extend(self.why_text(decimal, lines));
            Values::Text(convert(cells, absent, |text| Some(text.to_owned())))
        };
        Field {
            reasons: self.reasons,
            ..Field::new(Variable::named(name.as_str()), values)
        }
    }

    /// Says that marks between thousands were taken out, if there were any.
    fn grouped(&self, decimal: Decimal, lines: &[usize]) -> Option<String> {
        let row = match decimal {
            Decimal::Point => self.readings.grouped_point,
            Decimal::Comma => self.readings.grouped_comma,
        }?;
        Some(format!(
            "column `{}` has marks between thousands, as in `{}` on line {}",
            self.name,
            self.cells[row],
            lines.get(row)?
        ))
    }

    /// Why a column with numbers or dates in it is text, if there is something to tell.
    fn why_text(&self, decimal: Decimal, lines: &[usize]) -> Option<String> {
        let name = &self.name;
        let (numbers, first) = self.readings.of(decimal);
        let values = self.readings.values;
        let line = lines.get(first?)?;
        let value = self.cells.get(first?)?;
        if self.readings.local_dates == values {
            Some(format!(
                "column `{name}` looks like dates but is kept as text; write them as 2021-03-31"
            ))
        } else if numbers > 0 {
            Some(format!(
                "column `{name}` is text: {} of its {values} values are not plain numbers, the first being `{value}` on line {line}",
                values - numbers
            ))
        } else {
            None
        }
    }
}

impl Readings {
    /// Takes in a value, and gives the number that it is with a decimal point.
    fn add(&mut self, row: usize, text: &str) -> Option<f64> {
        let Reading { point, comma } = reading(text);
        if point.is_some() || comma.is_some() {
            let has = |mark: u8| text.bytes().any(|byte| byte == mark);
            let (has_point, has_comma) = (has(b'.'), has(b','));
            if has_comma && point.is_some() {
                self.grouped_point.get_or_insert(row);
            }
            if has_point && comma.is_some() {
                self.grouped_comma.get_or_insert(row);
            }
            self.has_mark |= has_point || has_comma;
        }
        self.values += 1;
        self.point += usize::from(point.is_some());
        self.comma += usize::from(comma.is_some());
        if point.is_none() {
            self.not_point.get_or_insert(row);
        }
        if comma.is_none() {
            self.not_comma.get_or_insert(row);
        }
        if point.is_some() && comma.is_some() && point != comma {
            self.differs.get_or_insert(row);
        }
        // A date of any kind begins with a digit.
        let is_digit = text.as_bytes().first().is_some_and(u8::is_ascii_digit);
        if point.is_none() && comma.is_none() && is_digit {
            self.dates += usize::from(date::iso_date(text).is_some());
            self.datetimes += usize::from(date::iso_datetime(text).is_some());
            self.local_dates += usize::from(is_local_date(text));
        }
        point
    }

    /// How many values are numbers, and the first row with one that is not.
    fn of(&self, decimal: Decimal) -> (usize, Option<usize>) {
        match decimal {
            Decimal::Point => (self.point, self.not_point),
            Decimal::Comma => (self.comma, self.not_comma),
        }
    }

    /// Whether all values are numbers. A column without values is one of numbers, all missing.
    fn is_numeric(&self, decimal: Decimal) -> bool {
        self.of(decimal).0 == self.values
    }

    fn needs(&self, decimal: Decimal, other: Decimal) -> bool {
        self.is_numeric(decimal) && !self.is_numeric(other)
    }
}

fn is_missing(source: &Source, text: &str) -> bool {
    text.is_empty() || source.means_missing(text)
}

fn convert<T>(
    cells: &[&str],
    absent: impl Fn(&str) -> bool,
    value: impl Fn(&str) -> Option<T>,
) -> Vec<Option<T>> {
    cells
        .iter()
        .map(|text| if absent(text) { None } else { value(text) })
        .collect()
}

/// Whether a text looks like `31-3-2021` or `03/31/21`: a date, but nobody knows which.
fn is_local_date(text: &str) -> bool {
    let parts: Vec<&str> = text.split(['-', '/', '.']).collect();
    matches!(&parts[..], [a, b, c]
        if [a, b, c].iter().all(|part| part.bytes().all(|byte| byte.is_ascii_digit()))
            && (1..=2).contains(&a.len())
            && (1..=2).contains(&b.len())
            && matches!(c.len(), 2 | 4))
}

/// The decimal mark of the file, or nothing where no number has a mark.
///
/// Between commas that divide fields, a decimal comma is never guessed: `"1,2"` is there more
/// often a list than a number.
fn choose_decimal(
    source: &Source,
    columns: &[Texts],
    lines: &[usize],
    delimiter: Option<char>,
    notes: &mut Vec<String>,
) -> Result<Option<Decimal>, Error> {
    use Decimal::{Comma, Point};
    if let Some(decimal) = source.options.decimal {
        return Ok(Some(decimal));
    }
    let needs_point = columns
        .iter()
        .any(|column| column.readings.needs(Point, Comma));
    let needs_comma = columns
        .iter()
        .find(|column| column.readings.needs(Comma, Point));
    let either = columns.iter().find_map(|column| {
        let is_number = column.readings.is_numeric(Point) && column.readings.is_numeric(Comma);
        let row = column.readings.differs.filter(|_| is_number)?;
        Some((column, row))
    });
    match (needs_point, needs_comma, either) {
        (false, Some(_), _) if delimiter != Some(',') => Ok(Some(Comma)),
        (_, Some(column), _) => {
            notes.push(format!(
                "column `{}` would be numbers if its commas were decimal marks, but is kept as text; give `decimal` as `comma` if they are",
                column.name
            ));
            Ok(Some(Point))
        }
        (true, None, _) => Ok(Some(Point)),
        (false, None, Some((column, row))) if delimiter != Some(',') => Err(Error::Decimal {
            file: source.file.to_owned(),
            column: column.name.clone(),
            line: lines.get(row).copied().unwrap_or_default(),
            value: column
                .cells
                .get(row)
                .copied()
                .unwrap_or_default()
                .to_owned(),
        }),
        (false, None, either) => {
            let has_mark = columns
                .iter()
                .any(|c| c.readings.has_mark && c.readings.is_numeric(Point));
            Ok((has_mark || either.is_some()).then_some(Point))
        }
    }
}
