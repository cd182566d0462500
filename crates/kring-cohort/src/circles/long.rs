use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use kring_core::CircleTable;
use serde::{Deserialize, Serialize};

use super::build::{Extra, Sheets, build};
use super::data::CircleData;
use super::faults::{CircleFault, CircleFaultKind};
use super::options::{CircleOptions, FamiliesFrom};
use super::sheet::{Field, Origin, Reading, Sheet, Values};
use crate::error::Error;
use crate::{Dataset, ReadOptions, read};

/// The tables of circles, read from files or handed over in memory.
#[derive(Debug, Clone, Default)]
pub struct CircleTables {
    /// Families × wave, with whatever else is known of a family.
    pub families: Option<Dataset>,
    /// The persons around them.
    pub alters: Option<Dataset>,
    /// Ties among these persons.
    pub ties: Option<Dataset>,
    /// The agreements of the plan.
    pub agreements: Option<Dataset>,
    /// Whether agreements still stand at later waves. Columns `stands_` and the wave in the table of
    /// agreements say the same.
    pub standing: Option<Dataset>,
}

/// The files that hold the tables of circles.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CircleFiles {
    /// Families × wave.
    pub families: Option<PathBuf>,
    /// The persons around them.
    pub alters: Option<PathBuf>,
    /// Ties among these persons.
    pub ties: Option<PathBuf>,
    /// The agreements of the plan.
    pub agreements: Option<PathBuf>,
    /// Whether agreements still stand at later waves.
    pub standing: Option<PathBuf>,
}

impl CircleFiles {
    /// Reads each file that is named; paths begin at the folder.
    pub fn read(&self, folder: &Path, options: &ReadOptions) -> Result<CircleTables, Error> {
        let table = |path: &Option<PathBuf>| {
            let path = path.as_ref().map(|path| folder.join(path));
            path.map(|path| read(&path, options)).transpose()
        };
        Ok(CircleTables {
            families: table(&self.families)?,
            alters: table(&self.alters)?,
            ties: table(&self.ties)?,
            agreements: table(&self.agreements)?,
            standing: table(&self.standing)?,
        })
    }
}

impl CircleTables {
    fn all(&self) -> [(CircleTable, &Option<Dataset>); 5] {
        [
            (CircleTable::Families, &self.families),
            (CircleTable::Alters, &self.alters),
            (CircleTable::Ties, &self.ties),
            (CircleTable::Agreements, &self.agreements),
            (CircleTable::Standing, &self.standing),
        ]
    }
}

/// The circles of up to five tables with keys, or everything that is wrong in them.
///
/// ```
/// use kring_cohort::circles::{CircleOptions, CircleTables, from_tables};
/// use kring_cohort::{ReadOptions, read_bytes};
/// let table = |name: &str, text: &str| read_bytes(name, text.as_bytes(), &ReadOptions::default());
/// let tables = CircleTables {
///     families: Some(table("families.csv", "family,wave,arm\na,1,EKC\nb,1,WT\n")?),
///     alters: Some(table("alters.csv", "family,wave,person,role,present\na,1,aunt,familie,ja\n")?),
///     ..CircleTables::default()
/// };
/// let data = from_tables(&tables, &CircleOptions::default())?;
/// assert_eq!(data.circles.len(), 2); // the second of them has nobody
/// assert_eq!(data.circles.persons(), 1);
/// assert_eq!(data.group_of_families("arm")?.levels, ["EKC", "WT"]);
/// # Ok::<(), kring_cohort::Error>(())
/// ```
pub fn from_tables(tables: &CircleTables, options: &CircleOptions) -> Result<CircleData, Error> {
    options.check()?;
    let mut reading = Reading {
        options,
        faults: Vec::new(),
        notes: Vec::new(),
    };
    let mut sheets = Sheets::default();
    let mut provenance = Vec::new();
    for (table, dataset) in tables.all() {
        let Some(dataset) = dataset else { continue };
        provenance.push(dataset.provenance.clone());
        let sheet = reading.sheet(dataset, table)?;
        let mut standing = Vec::new();
        if table == CircleTable::Agreements {
            standing = standing_columns(&reading, &sheet, dataset)?;
        }
        if table != CircleTable::Families {
            let known = |name: &str| standing.iter().any(|(_, field)| field.shown == name);
            reading.unused(dataset, &sheet, known);
        }
        sheets.standing_columns.extend(standing);
        sheets.put(sheet);
    }
    let extra = if let Some(dataset) = &tables.families {
        let sheet = sheets.get(CircleTable::Families);
        let is_known = |name: &str| {
            let mut fields = sheet.iter().flat_map(|sheet| &sheet.fields);
            fields.any(|field| field.shown == name)
        };
        let extra = Extra::of_dataset(dataset, options, is_known)?;
        if let Some(sheet) = sheet {
            reading.further(sheet, &extra.names());
        }
        extra
    } else {
        let families = families_of_persons(&mut reading, &sheets);
        sheets.put(families);
        Extra::none()
    };
    build(reading, sheets, extra, provenance)
}

/// The columns that say at which later wave an agreement still stood, each with its wave.
pub(super) fn standing_columns(
    reading: &Reading,
    sheet: &Sheet,
    dataset: &Dataset,
) -> Result<Vec<(String, Field)>, Error> {
    let mut fields = Vec::new();
    for column in dataset.frame.columns() {
        let shown = column.name().as_str();
        let Some(wave) = shown.strip_prefix("stands_") else {
            continue;
        };
        let Some(values) = Values::of_column(dataset, shown)? else {
            continue;
        };
        let mut one = Sheet {
            table: CircleTable::Standing,
            fields: Vec::new(),
            ..sheet.clone()
        };
        reading.add(&mut one, "stands", shown, values);
        fields.extend(one.fields.pop().map(|field| (wave.to_owned(), field)));
    }
    Ok(fields)
}

/// The families as the persons name them, where that was asked for; else it is a fault.
fn families_of_persons(reading: &mut Reading, sheets: &Sheets) -> Sheet {
    let empty = |file: &str| Sheet {
        table: CircleTable::Families,
        file: file.to_owned(),
        rows: 0,
        fields: Vec::new(),
        origin: Origin::Rows,
    };
    let alters = sheets.get(CircleTable::Alters);
    let from_persons = reading.options.families_from == FamiliesFrom::Persons;
    let Some(alters) = alters.filter(|_| from_persons) else {
        let what = if from_persons {
            "there is neither a table of families nor one of persons; give one of the two"
        } else {
            "there is no table of families; it says which families were seen at which wave, also those \
            with nobody around them; give one, a row a family and wave, or set `families_from` to \
            `persons` and lose the families with an empty circle"
        };
        let kind = CircleFaultKind::MissingColumn;
        reading
            .faults
            .push(CircleFault::of_file(kind, "families", what));
        return empty("families");
    };
    reading.notes.push(format!(
        "{}: the families were taken from the table of persons: families with nobody around them are lost, \
        and every mean of sizes is too high",
        alters.file
    ));
    let mut seen = HashSet::new();
    let first: Vec<usize> = (0..alters.rows)
        .filter(|&row| seen.insert((alters.key("family", row), alters.key("wave", row))))
        .collect();
    let fields = ["family", "wave"].into_iter();
    let fields = fields
        .filter_map(|name| alters.field(name))
        .map(|field| Field {
            values: field.values.take(first.iter().copied()),
            ..field.clone()
        });
    let one = |row: &usize| [crate::cells::place(*row), 0, 0];
    Sheet {
        rows: first.len(),
        fields: fields.collect(),
        origin: Origin::Slots(first.iter().map(one).collect()),
        ..empty(&alters.file)
    }
}

/// The rows of a sheet of families by family and wave.
pub(super) fn rows_by_key(families: &Sheet) -> HashMap<(&str, &str), usize> {
    (0..families.rows)
        .map(|row| {
            (
                (families.key("family", row), families.key("wave", row)),
                row,
            )
        })
        .collect()
}
