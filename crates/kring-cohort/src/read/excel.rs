//! Excel workbooks, `.xlsx` and `.xlsm`.
//!
//! One sheet is one table: the first row that holds something has the names, the rows below it
//! the values. A cell is walked through as it stands in the file, never spread out over the
//! million rows that a sheet may have.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Cursor;

use calamine::{Data, DataRef, ExcelDateTime, Reader as _, Xlsx};

use super::column::{Field, Values};
use super::date::{self, MICROSECONDS_PER_DAY};
use super::{Parsed, Provenance, Source};
use crate::codebook::{Code, Codebook, Variable};
use crate::error::Error;

/// More cells than this are not spread out into columns.
const MOST_CELLS: usize = 200_000_000;

/// A sheet: the cells that hold something, by row and column.
type Cells = BTreeMap<(u32, u32), Data>;

/// A column of cells, from the row under the names on.
struct Column<'a> {
    name: String,
    place: u32,
    rows: &'a [u32],
    cells: Vec<Option<&'a Data>>,
}

/// What a cell is, for the choice of a type.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Number,
    Truth,
    Date,
    Datetime,
    Time,
    Duration,
    Text,
}

pub(super) fn read(source: &Source) -> Result<Parsed, Error> {
    if source.bytes.starts_with(b"\xD0\xCF\x11\xE0") {
        return Err(source.unsupported(
            "it is an old .xls workbook, or one with a password",
            "save it in Excel as .xlsx without a password",
        ));
    }
    let (sheet, cells, mut notes) = source.guarded(|| {
        let workbook = Xlsx::new(Cursor::new(source.bytes));
        let mut workbook = workbook.map_err(|error| source.corrupt(error.to_string()))?;
        choose_sheet(source, &mut workbook)
    })?;

    let rows: Vec<u32> = cells
        .keys()
        .map(|(row, _)| *row)
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect();
    let columns: BTreeSet<u32> = cells.keys().map(|(_, column)| *column).collect();
    let Some((header, rows)) = rows.split_first() else {
        return Err(Error::Empty {
            file: source.file.to_owned(),
            what: format!("the sheet `{sheet}`"),
        });
    };
    if rows.len().saturating_mul(columns.len()) > MOST_CELLS {
        return Err(source.unsupported(
            format!(
                "its sheet `{sheet}` spreads over {} rows and {} columns",
                rows.len(),
                columns.len()
            ),
            "export the table as .csv or .parquet",
        ));
    }
    let between = rows
        .last()
        .map_or(0, |last| (last - header) as usize - rows.len());
    if between > 0 {
        notes.push(format!("{between} empty rows were left out"));
    }
    let fields = columns
        .into_iter()
        .map(|column| {
            let column = Column {
                name: column_name(&cells, *header, column, &mut notes),
                place: column,
                rows,
                cells: rows.iter().map(|row| cells.get(&(*row, column))).collect(),
            };
            column.into_field(source, &mut notes)
        })
        .collect();
    Ok(Parsed {
        fields,
        codebook: Codebook::default(),
        provenance: Provenance {
            sheet: Some(sheet),
            notes,
            ..Provenance::default()
        },
    })
}

/// The sheet that was asked for, or the first that holds something.
fn choose_sheet(
    source: &Source,
    workbook: &mut Xlsx<Cursor<&[u8]>>,
) -> Result<(String, Cells, Vec<String>), Error> {
    let names = workbook.sheet_names();
    if let Some(sheet) = &source.options.sheet {
        if !names.contains(sheet) {
            return Err(Error::UnknownSheet {
                file: source.file.to_owned(),
                sheet: sheet.clone(),
                suggestion: kring_core::suggestion(sheet, names.iter().map(String::as_str)),
            });
        }
        return Ok((
            sheet.clone(),
            read_cells(source, workbook, sheet)?,
            Vec::new(),
        ));
    }
    for name in &names {
        let cells = read_cells(source, workbook, name)?;
        if cells.is_empty() {
            continue;
        }
        let others: Vec<&str> = names
            .iter()
            .filter(|other| *other != name)
            .map(String::as_str)
            .collect();
        let mut notes = Vec::new();
        if !others.is_empty() {
            notes.push(format!(
                "the sheet `{name}` was read, the first that holds something; the workbook also has \
                 {}; `sheet` names another one",
                others.join(", ")
            ));
        }
        return Ok((name.clone(), cells, notes));
    }
    Err(Error::Empty {
        file: source.file.to_owned(),
        what: "the workbook".to_owned(),
    })
}

fn read_cells(
    source: &Source,
    workbook: &mut Xlsx<Cursor<&[u8]>>,
    sheet: &str,
) -> Result<Cells, Error> {
    let corrupt = |error: calamine::XlsxError| source.corrupt(format!("sheet `{sheet}`: {error}"));
    let mut reader = match workbook.worksheet_cells_reader(sheet) {
        // A sheet with a chart has no cells.
        Err(calamine::XlsxError::NotAWorksheet(_)) => return Ok(Cells::new()),
        other => other.map_err(corrupt)?,
    };
    let mut cells = Cells::new();
    let mut unresolved = Vec::new();
    while let Some(cell) = reader.next_cell_with_formula_metadata().map_err(corrupt)? {
        match cell.value {
            DataRef::Empty if cell.formula.is_some() => unresolved.push(cell.pos),
            DataRef::Empty => {}
            value => {
                let value = Data::from(value);
                if !matches!(&value, Data::String(text) if text.trim().is_empty()) {
                    cells.insert(cell.pos, value);
                }
            }
        }
    }
    match unresolved.first() {
        Some((row, column)) => Err(Error::Formula {
            file: source.file.to_owned(),
            sheet: sheet.to_owned(),
            cell: address(*row, *column),
            count: unresolved.len(),
        }),
        None => Ok(cells),
    }
}

fn column_name(cells: &Cells, header: u32, column: u32, notes: &mut Vec<String>) -> String {
    if let Some(cell) = cells.get(&(header, column)) {
        return show(cell).trim().to_owned();
    }
    let letters = letters(column);
    notes.push(format!(
        "column {letters} has no name in row {}; it is called `column_{letters}`",
        header + 1
    ));
    format!("column_{letters}")
}

impl Column<'_> {
    fn into_field(self, source: &Source, notes: &mut Vec<String>) -> Field {
        let mut reasons = Vec::new();
        let present: Vec<Option<&Data>> = self
            .cells
            .iter()
            .map(|cell| {
                let reason = cell.and_then(|cell| reason(source, cell));
                let present = cell.filter(|_| reason.is_none());
                reasons.extend(reason);
                present
            })
            .collect();
        let mut kinds: BTreeMap<Kind, usize> = BTreeMap::new();
        for cell in present.iter().flatten() {
            *kinds.entry(kind(cell)).or_default() += 1;
        }
        let kind = self.choose_kind(&kinds, &present, notes);
        let values = match kind {
            Kind::Number => Values::Number(convert(&present, number)),
            Kind::Truth => Values::Truth(convert(&present, |cell| match cell {
                Data::Bool(truth) => Some(*truth),
                _ => None,
            })),
            Kind::Date => Values::Date(convert(&present, |cell| {
                i32::try_from(moment(cell)?.div_euclid(MICROSECONDS_PER_DAY)).ok()
            })),
            Kind::Datetime => Values::Datetime(convert(&present, moment)),
            Kind::Time => Values::Time(convert(&present, |cell| {
                Some(moment(cell)?.rem_euclid(MICROSECONDS_PER_DAY) * 1000)
            })),
            Kind::Duration => Values::Duration(convert(&present, |cell| match cell {
                Data::DateTime(serial) => date::duration(serial.as_f64() * 86_400.0),
                _ => None,
            })),
            Kind::Text => Values::Text(convert(&present, |cell| Some(show(cell)))),
        };
        Field {
            reasons,
            ..Field::new(Variable::named(self.name), values)
        }
    }

    /// The type that all cells have; text if they have several.
    fn choose_kind(
        &self,
        kinds: &BTreeMap<Kind, usize>,
        present: &[Option<&Data>],
        notes: &mut Vec<String>,
    ) -> Kind {
        let is_moment = |kind: &Kind| matches!(kind, Kind::Date | Kind::Datetime | Kind::Time);
        match kinds.keys().copied().collect::<Vec<_>>()[..] {
            [] => Kind::Number,
            [kind] => kind,
            _ if kinds.keys().all(is_moment) => Kind::Datetime,
            _ => {
                // The fewest are the exceptions; on a tie, texts are.
                let most = kinds
                    .iter()
                    .max_by_key(|(kind, count)| (**count, Reverse(**kind)));
                let usual = most.map_or(Kind::Text, |(kind, _)| *kind);
                let others: Vec<(u32, &Data)> = self
                    .rows
                    .iter()
                    .zip(present)
                    .filter_map(|(row, cell)| Some((*row, (*cell)?)))
                    .filter(|(_, cell)| kind(cell) != usual)
                    .collect();
                if let Some((row, cell)) = others.first() {
                    notes.push(format!(
                        "column `{}` is text: {} of its {} values are not {}, the first being `{}` in cell {}",
                        self.name,
                        others.len(),
                        kinds.values().sum::<usize>(),
                        usual.name(),
                        show(cell),
                        address(*row, self.place),
                    ));
                }
                Kind::Text
            }
        }
    }
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Number => "numbers",
            Self::Truth => "TRUE or FALSE",
            Self::Date | Self::Datetime => "dates",
            Self::Time => "times of day",
            Self::Duration => "durations",
            Self::Text => "texts",
        }
    }
}

fn convert<T>(cells: &[Option<&Data>], value: impl Fn(&Data) -> Option<T>) -> Vec<Option<T>> {
    cells.iter().map(|cell| cell.and_then(&value)).collect()
}

/// Why a cell that holds something counts as missing.
fn reason(source: &Source, cell: &Data) -> Option<Code> {
    let text = match cell {
        Data::Error(error) => error.to_string(),
        Data::String(text) if source.means_missing(text.trim()) => text.trim().to_owned(),
        Data::DateTime(serial) if !serial.is_duration() && as_moment(*serial).is_none() => {
            "not a date".to_owned()
        }
        _ => return None,
    };
    Some(Code::Text(text))
}

fn kind(cell: &Data) -> Kind {
    match cell {
        Data::Int(_) | Data::Float(_) => Kind::Number,
        Data::Bool(_) => Kind::Truth,
        Data::DateTime(serial) if serial.is_duration() => Kind::Duration,
        Data::DateTime(serial) if (0.0..1.0).contains(&serial.as_f64()) => Kind::Time,
        Data::DateTime(_) | Data::DateTimeIso(_) => match moment(cell) {
            Some(moment) if moment % MICROSECONDS_PER_DAY == 0 => Kind::Date,
            Some(_) => Kind::Datetime,
            None => Kind::Text,
        },
        Data::String(_) | Data::DurationIso(_) | Data::Error(_) | Data::Empty => Kind::Text,
    }
}

fn number(cell: &Data) -> Option<f64> {
    match cell {
        Data::Int(number) => Some(*number as f64),
        Data::Float(number) => Some(*number),
        _ => None,
    }
}

/// Microseconds since 1970-01-01.
fn moment(cell: &Data) -> Option<i64> {
    match cell {
        Data::DateTime(serial) => as_moment(*serial),
        Data::DateTimeIso(text) => date::iso_datetime(text)
            .or_else(|| Some(i64::from(date::iso_date(text)?) * MICROSECONDS_PER_DAY)),
        _ => None,
    }
}

/// Excel counts days from 1900, or from 1904 in workbooks of old Macintoshes.
fn as_moment(serial: ExcelDateTime) -> Option<i64> {
    const DAY_10000: f64 = 2_958_466.0;
    if !(0.0..DAY_10000).contains(&serial.as_f64()) {
        return None;
    }
    Some(serial.as_datetime()?.and_utc().timestamp_micros())
}

/// A cell as a text.
fn show(cell: &Data) -> String {
    match cell {
        Data::DateTime(serial) if !serial.is_duration() => {
            let shown = serial.as_datetime().map(|moment| moment.to_string());
            let shown = shown.unwrap_or_else(|| serial.as_f64().to_string());
            shown.strip_suffix(" 00:00:00").unwrap_or(&shown).to_owned()
        }
        Data::DateTime(serial) => serial.as_f64().to_string(),
        Data::Bool(truth) => if *truth { "TRUE" } else { "FALSE" }.to_owned(),
        other => other.to_string(),
    }
}

/// `B7`, from places that are counted from 0.
fn address(row: u32, column: u32) -> String {
    format!("{}{}", letters(column), row + 1)
}

fn letters(column: u32) -> String {
    let mut letters = Vec::new();
    let mut left = column + 1;
    while left > 0 {
        let letter = u8::try_from((left - 1) % 26).unwrap_or_default();
        letters.insert(0, char::from(b'A' + letter));
        left = (left - 1) / 26;
    }
    letters.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_have_the_addresses_of_excel() {
        assert_eq!(address(0, 0), "A1");
        assert_eq!(address(6, 25), "Z7");
        assert_eq!(address(0, 26), "AA1");
        assert_eq!(address(0, 701), "ZZ1");
        assert_eq!(address(1_048_575, 16_383), "XFD1048576"); // the last cell of a sheet
    }
}
