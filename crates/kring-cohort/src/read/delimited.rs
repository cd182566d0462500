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
use super::number::number;
use super::{Decimal, Parsed, Provenance, Source, date};
use crate::codebook::{Code, Codebook, Variable};
use crate::error::Error;

/// The delimiters that are tried.
const DELIMITERS: [char; 4] = ['\t', ';', ',', '|'];

/// So many records show what the delimiter is.
const SAMPLE: usize = 200;

/// One line of the table; a quoted field may make it several lines of the file.
struct Record<'a> {
    /// The line of the file on which it begins, counted from 1.
    line: usize,
    fields: Vec<Cow<'a, str>>,
}

/// A column of texts and what may become of it.
struct Texts<'a> {
    name: String,
    cells: Vec<&'a str>,
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
    let records = records(source, body, delimiter, first_line, usize::MAX)?;
    let first = records.iter().position(|record| !is_blank(record));
    let Some((header, rows)) = first.and_then(|first| records[first..].split_first()) else {
        return Err(Error::Empty {
            file: source.file.to_owned(),
            what: "the file".to_owned(),
        });
    };
    let rows = whole_rows(source, header, rows, delimiter, &mut notes)?;
    let lines: Vec<usize> = rows.iter().map(|row| row.line).collect();
    let columns: Vec<Texts> = names(header, &mut notes)
        .into_iter()
        .enumerate()
        .map(|(i, name)| {
            Texts::new(
                source,
                name,
                rows.iter().map(|row| &*row.fields[i]).collect(),
            )
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
        let Some(header) = sample.iter().find(|record| !is_blank(record)) else {
            continue;
        };
        let width = header.fields.len();
        let is_even = is_sound
            && sample
                .iter()
                .all(|record| record.fields.len() == width || is_blank(record));
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
) -> Result<Vec<Record<'a>>, Error> {
    let mut records = Vec::new();
    let mut rest = text;
    let mut line = first_line;
    while !rest.is_empty() && records.len() < limit {
        let mut record = Record {
            line,
            fields: Vec::new(),
        };
        loop {
            let (field, after) = next_field(source, rest, delimiter, &mut line)?;
            record.fields.push(field);
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
        records.push(record);
    }
    Ok(records)
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
    let trimmed = rest.trim_start_matches(is_space);
    let Some(mut inside) = trimmed.strip_prefix('"') else {
        let end = trimmed.find(ends_field).unwrap_or(trimmed.len());
        let (field, after) = trimmed.split_at(end);
        return Ok((Cow::Borrowed(field.trim_end_matches(is_space)), after));
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

fn is_blank(record: &Record) -> bool {
    matches!(&record.fields[..], [field] if field.is_empty())
}

/// The rows, all as wide as the header. Blank lines are left out, and counted if rows follow them.
fn whole_rows<'a, 'r>(
    source: &Source,
    header: &Record<'a>,
    rows: &'r [Record<'a>],
    delimiter: Option<char>,
    notes: &mut Vec<String>,
) -> Result<Vec<&'r Record<'a>>, Error> {
    let expected = header.fields.len();
    let last = rows.iter().rposition(|row| !is_blank(row));
    let rows = &rows[..last.map_or(0, |last| last + 1)];
    let mut whole = Vec::with_capacity(rows.len());
    let mut blank = Vec::new();
    for row in rows {
        let found = row.fields.len();
        if found == expected {
            whole.push(row);
        } else if is_blank(row) {
            blank.push(row.line);
        } else {
            let delimiter = delimiter.unwrap_or(',').escape_default();
            let names = if found == expected + 1 && rows.iter().all(|r| r.fields.len() == found) {
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
fn names(header: &Record, notes: &mut Vec<String>) -> Vec<String> {
    header
        .fields
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
        for (row, text) in cells.iter().enumerate() {
            if !is_missing(source, text) {
                readings.add(row, text);
            }
        }
        Self {
            name,
            cells,
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
            Values::Number(convert(cells, absent, |text| number(text, decimal)))
        } else if readings.dates == readings.values {
            Values::Date(convert(cells, absent, date::iso_date))
        } else if readings.datetimes == readings.values {
            Values::Datetime(convert(cells, absent, date::iso_datetime))
        } else {
            notes.extend(self.why_text(decimal, lines));
            Values::Text(convert(cells, absent, |text| Some(text.to_owned())))
        };
        let reasons = cells
            .iter()
            .filter(|text| !text.is_empty() && absent(text))
            .map(|text| Code::Text((*text).to_owned()))
            .collect();
        Field {
            reasons,
            ..Field::new(Variable::named(name.as_str()), values)
        }
    }

    /// Says that marks between thousands were taken out, if there were any.
    fn grouped(&self, decimal: Decimal, lines: &[usize]) -> Option<String> {
        let thousands = match decimal {
            Decimal::Point => ',',
            Decimal::Comma => '.',
        };
        let row = self
            .cells
            .iter()
            .position(|text| text.len() > 1 && text.contains(thousands))?;
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
    fn add(&mut self, row: usize, text: &str) {
        let point = number(text, Decimal::Point);
        let has_mark = text.contains(['.', ',']);
        let comma = if has_mark {
            number(text, Decimal::Comma)
        } else {
            point
        };
        self.values += 1;
        self.point += usize::from(point.is_some());
        self.comma += usize::from(comma.is_some());
        self.has_mark |= (point.is_some() || comma.is_some()) && has_mark;
        if point.is_none() {
            self.not_point.get_or_insert(row);
        }
        if comma.is_none() {
            self.not_comma.get_or_insert(row);
        }
        if point.is_some() && comma.is_some() && point != comma {
            self.differs.get_or_insert(row);
        }
        if point.is_none() && comma.is_none() {
            self.dates += usize::from(date::iso_date(text).is_some());
            self.datetimes += usize::from(date::iso_datetime(text).is_some());
            self.local_dates += usize::from(is_local_date(text));
        }
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
