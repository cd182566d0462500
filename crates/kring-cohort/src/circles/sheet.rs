//! A table of circles, whatever it was read from: columns of known names, and where each row stands.

use std::collections::{BTreeMap, HashMap};

use kring_core::{CircleTable, Date, nearest, suggestion};

use super::columns::{self, COLUMNS, ColumnName};
use super::faults::{CircleFault, CircleFaultKind};
use super::options::CircleOptions;
use super::parse::{Cell, Wrong};
use crate::cells::{Cells, cells};
use crate::codebook::{Code, Variable};
use crate::error::Error;
use crate::{Dataset, missing};

/// One of the different values of a column.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Value {
    pub(super) text: String,
    pub(super) number: Option<f64>,
    pub(super) date: Option<Date>,
    /// What the file says that the code means.
    pub(super) label: Option<String>,
}

impl Value {
    pub(super) fn of_text(text: String) -> Self {
        Self {
            number: text.trim().parse().ok().filter(|x: &f64| x.is_finite()),
            text,
            date: None,
            label: None,
        }
    }

    /// The label of the code, or the text where there is none.
    pub(super) fn said(&self) -> &str {
        self.label.as_deref().unwrap_or(&self.text).trim()
    }
}

/// The different values of a column, and for each row the place of its value.
#[derive(Debug, Clone, Default)]
pub(super) struct Values {
    pub(super) values: Vec<Value>,
    pub(super) codes: Vec<Option<u32>>,
}

impl Values {
    /// Of texts, each different one once; a blank text is missing.
    pub(super) fn of_texts<'a>(texts: impl IntoIterator<Item = Option<&'a str>>) -> Self {
        let mut made = Self::default();
        let mut places: HashMap<&str, u32> = HashMap::new();
        for text in texts {
            let code = text.filter(|text| !text.trim().is_empty()).map(|text| {
                *places.entry(text).or_insert_with(|| {
                    made.values.push(Value::of_text(text.to_owned()));
                    crate::cells::place(made.values.len() - 1)
                })
            });
            made.codes.push(code);
        }
        made
    }

    /// A column of a frame, without what the file declares to be missing.
    pub(super) fn of_column(dataset: &Dataset, name: &str) -> Result<Option<Self>, Error> {
        let Ok(column) = dataset.frame.column(name) else {
            return Ok(None);
        };
        let entry = dataset.codebook.variable(name);
        let mut cells = cells(column, &dataset.provenance.file)?;
        missing::take(&mut cells, entry, &[]);
        Ok(Some(match cells {
            Cells::Words { words, codes, .. } => Self {
                values: words
                    .into_iter()
                    .map(|word| labelled(Value::of_text(word), entry))
                    .collect(),
                codes,
            },
            Cells::Numbers { values, scale } => {
                let mut made = Self::default();
                let mut places: HashMap<u64, u32> = HashMap::new();
                for x in values {
                    let code = x.map(|x| {
                        *places.entry(crate::cells::bits(x)).or_insert_with(|| {
                            let value = match scale {
                                Some(scale) if scale.since == Some("1970-01-01") => {
                                    of_days(scale.apply(x))
                                }
                                _ => of_number(x),
                            };
                            made.values.push(labelled(value, entry));
                            crate::cells::place(made.values.len() - 1)
                        })
                    });
                    made.codes.push(code);
                }
                made
            }
        }))
    }

    pub(super) fn get(&self, row: usize) -> Option<&Value> {
        let code = self.codes.get(row).copied().flatten()?;
        self.values.get(code as usize)
    }

    /// The values of these rows, in this order.
    pub(super) fn take(&self, rows: impl IntoIterator<Item = usize>) -> Self {
        Self {
            codes: rows
                .into_iter()
                .map(|row| self.codes.get(row).copied().flatten())
                .collect(),
            values: self.values.clone(),
        }
    }

    /// Values become what they mean.
    fn recoded(&mut self, meanings: &BTreeMap<String, String>) {
        let mut emptied = vec![false; self.values.len()];
        for (value, emptied) in self.values.iter_mut().zip(&mut emptied) {
            let meaning = meanings
                .get(value.text.trim())
                .or_else(|| meanings.get(value.said()));
            if let Some(meaning) = meaning {
                *emptied = meaning.trim().is_empty();
                *value = Value::of_text(meaning.clone());
            }
        }
        for code in &mut self.codes {
            *code = code.filter(|&code| !emptied[code as usize]);
        }
    }
}

fn of_number(x: f64) -> Value {
    Value {
        text: (x + 0.0).to_string(),
        number: Some(x),
        date: None,
        label: None,
    }
}

fn of_days(days: f64) -> Value {
    let floor = days.floor();
    #[allow(
        clippy::cast_possible_truncation,
        reason = "a number beyond the type ends at its border, which is no date"
    )]
    let date = Date::from_days(floor as i32);
    Value {
        text: date.map_or_else(|| days.to_string(), |date| date.to_string()),
        number: None,
        date,
        label: None,
    }
}

fn labelled(value: Value, entry: Option<&Variable>) -> Value {
    let code = match value.number {
        Some(number) => Code::Number(number),
        None => Code::Text(value.text.clone()),
    };
    let label = entry.and_then(|entry| {
        let of_text = || entry.label_of(&Code::Text(value.text.clone()));
        entry.label_of(&code).or_else(of_text)
    });
    Value {
        label: label.map(str::to_owned),
        ..value
    }
}

/// A column of a sheet.
#[derive(Debug, Clone)]
pub(super) struct Field {
    /// The name that [`COLUMNS`](super::COLUMNS) gives it.
    pub(super) name: &'static str,
    /// As the file names it; in the wide form with `{k}`, or `{i}` and `{j}`.
    pub(super) shown: String,
    pub(super) values: Values,
}

/// Where the rows of a sheet stand.
#[derive(Debug, Clone)]
pub(super) enum Origin {
    /// Row by row as in the file.
    Rows,
    /// In these rows of the file, and in the columns of one slot, or of two.
    Slots(Vec<[u32; 3]>),
    /// In these files and lines.
    Lines(Vec<String>, Vec<(u32, u32)>),
}

#[derive(Debug, Clone)]
pub(super) struct Sheet {
    pub(super) table: CircleTable,
    pub(super) file: String,
    pub(super) rows: usize,
    pub(super) fields: Vec<Field>,
    pub(super) origin: Origin,
}

/// What is found on the way.
pub(super) struct Reading<'a> {
    pub(super) options: &'a CircleOptions,
    pub(super) faults: Vec<CircleFault>,
    pub(super) notes: Vec<String>,
}

impl Sheet {
    pub(super) fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// A key, without spaces around it; empty where there is none.
    pub(super) fn key(&self, name: &str, row: usize) -> &str {
        self.key_if(name, row).unwrap_or("")
    }

    pub(super) fn key_if(&self, name: &str, row: usize) -> Option<&str> {
        let value = self.field(name)?.values.get(row)?;
        Some(value.text.trim())
    }

    /// A fault in a row, and in a column of it where it is one cell's.
    pub(super) fn fault(&self, row: usize, column: Option<&str>, wrong: Wrong) -> CircleFault {
        let shown = column.map(|name| {
            self.field(name)
                .map_or_else(|| name.to_owned(), |field| field.shown.clone())
        });
        let mut fault = CircleFault {
            column: shown,
            ..CircleFault::of_file(wrong.kind, &self.file, wrong.what)
        };
        match &self.origin {
            Origin::Rows => fault.row = Some(row + 1),
            Origin::Slots(marks) => {
                if let Some([row, i, j]) = marks.get(row) {
                    fault.row = Some(*row as usize + 1);
                    fault.column = fault.column.map(|column| slot_name(&column, *i, *j));
                }
            }
            Origin::Lines(files, marks) => {
                if let Some((file, line)) = marks.get(row) {
                    fault.line = Some(*line as usize);
                    if let Some(file) = files.get(*file as usize) {
                        fault.file.clone_from(file);
                    }
                }
            }
        }
        fault
    }
}

/// The name of a column of the wide form, for a slot or for two.
pub(super) fn slot_name(pattern: &str, i: u32, j: u32) -> String {
    pattern
        .replace("{k}", &i.to_string())
        .replace("{i}", &i.to_string())
        .replace("{j}", &j.to_string())
}

impl Reading<'_> {
    /// What each row of a column holds; a cell that cannot be read is a fault and not known.
    pub(super) fn read<T: Clone>(
        &mut self,
        sheet: &Sheet,
        name: &str,
        parse: impl Fn(&Value) -> Cell<T>,
    ) -> Vec<Option<T>> {
        let Some(field) = sheet.field(name) else {
            return vec![None; sheet.rows];
        };
        let parsed: Vec<Cell<T>> = field.values.values.iter().map(parse).collect();
        let mut cells = Vec::with_capacity(sheet.rows);
        for (row, code) in field.values.codes.iter().enumerate() {
            cells.push(match code.map(|code| &parsed[code as usize]) {
                None => None,
                Some(Ok(cell)) => cell.clone(),
                Some(Err(wrong)) => {
                    let fault = sheet.fault(row, Some(name), wrong.clone());
                    self.faults.push(fault);
                    None
                }
            });
        }
        cells
    }

    /// The known columns of a table of the file.
    pub(super) fn sheet(&mut self, dataset: &Dataset, table: CircleTable) -> Result<Sheet, Error> {
        let file = dataset.provenance.file.as_str();
        let mut sheet = Sheet {
            table,
            file: file.to_owned(),
            rows: dataset.frame.height(),
            fields: Vec::new(),
            origin: Origin::Rows,
        };
        for column in columns::of(table) {
            let declared = self.options.column(table, column.name);
            let shown = declared.unwrap_or(column.name);
            match Values::of_column(dataset, shown)? {
                Some(values) => self.add(&mut sheet, column.name, shown, values),
                None if column.required || (declared.is_some() && self.is_named(column)) => {
                    let here = dataset.frame.columns().iter();
                    let here: Vec<&str> = here.map(|column| column.name().as_str()).collect();
                    let what = format!(
                        "there is no column `{shown}`, which should be {}{}",
                        column.what,
                        suggestion(shown, here)
                    );
                    let kind = CircleFaultKind::MissingColumn;
                    self.faults.push(CircleFault::of_file(kind, file, what));
                }
                None => {}
            }
        }
        Ok(sheet)
    }

    /// Whether an option names the column of this table alone: one name for the column of several tables
    /// may be that of another.
    fn is_named(&self, column: &ColumnName) -> bool {
        let qualified = format!("{}.{}", columns::table_word(column.table), column.name);
        let tables = COLUMNS.iter().filter(|other| other.name == column.name);
        self.options.columns.contains_key(&qualified) || tables.count() == 1
    }

    /// Adds a column, its values recoded as the options say.
    pub(super) fn add(&self, sheet: &mut Sheet, name: &'static str, shown: &str, values: Values) {
        let mut values = values;
        if let Some(meanings) = self.options.recode(sheet.table, name) {
            values.recoded(meanings);
        }
        sheet.fields.push(Field {
            name,
            shown: shown.to_owned(),
            values,
        });
    }

    /// A note of the columns that have no meaning here.
    pub(super) fn unused(
        &mut self,
        dataset: &Dataset,
        sheet: &Sheet,
        known: impl Fn(&str) -> bool,
    ) {
        let columns = dataset.frame.columns().iter();
        let unused: Vec<&str> = columns
            .map(|column| column.name().as_str())
            .filter(|name| !known(name) && sheet.fields.iter().all(|field| field.shown != *name))
            .collect();
        if unused.is_empty() {
            return;
        }
        let near = meant(sheet, &unused);
        self.notes.push(format!(
            "{}: not used: {}{}",
            sheet.file,
            crate::validate::list(unused),
            near
        ));
    }

    /// A note of further columns of families that look like a slip of a known name.
    pub(super) fn further(&mut self, sheet: &Sheet, names: &[&str]) {
        let near = meant(sheet, names);
        if !near.is_empty() {
            let what = "further columns of families are kept as they are";
            self.notes.push(format!("{}: {what}{near}", sheet.file));
        }
    }
}

/// Questions about names that are near to those of columns that the sheet does not have.
fn meant(sheet: &Sheet, names: &[&str]) -> String {
    let free = columns::of(sheet.table).map(|column| column.name);
    let free = free.filter(|name| sheet.field(name).is_none());
    let near = names
        .iter()
        .filter_map(|name| nearest(name, free.clone()).map(|near| (name, near)));
    near.map(|(name, near)| format!("; is `{name}` meant as `{near}`?"))
        .collect::<Vec<_>>()
        .concat()
}
