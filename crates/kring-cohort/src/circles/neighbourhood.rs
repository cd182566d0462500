//! A network of many persons from a table of ties and one of persons.

use std::collections::HashSet;

use kring_core::{CircleTable, Column, Direction, Grouping, Network, NetworkTie, Table};

use super::build::{made, refuse, signs};
use super::data::coded;
use super::faults::{CircleFault, CircleFaultKind};
use super::options::{CircleOptions, NetworkOptions, PersonsFrom};
use super::parse::{self, Wrong};
use super::sheet::{Field, Origin, Reading, Sheet, Values};
use super::words;
use crate::Dataset;
use crate::error::Error;
use crate::read::{Provenance, SIMULATED, SIMULATED_FILE};

/// A network of many with what else is known of its persons.
#[derive(Debug, Clone, PartialEq)]
pub struct NetworkData {
    /// The network.
    pub network: Network,
    /// A row for each person in the order of [`Network::persons`]: the key, and the further columns.
    pub persons: Table,
    /// What a careful reader should know of how it was read, in sentences.
    pub notes: Vec<String>,
    /// Where it comes from, file by file.
    pub provenance: Vec<Provenance>,
}

impl NetworkOptions {
    /// The same as options of circles.
    pub(super) fn as_circles(&self) -> CircleOptions {
        CircleOptions {
            columns: self.columns.clone(),
            values: self.values.clone(),
            ..CircleOptions::default()
        }
    }
}

/// A network of many from a table of ties (`from`, `to`, `sign`, `direction`) and one of persons (`person`), or
/// everything that is wrong in them.
///
/// ```
/// use kring_cohort::circles::{NetworkOptions, network_from_tables};
/// use kring_cohort::{ReadOptions, read_bytes};
/// let table = |name: &str, text: &str| read_bytes(name, text.as_bytes(), &ReadOptions::default());
/// let persons = table("persons.csv", "person,kind\nn12,resident\nn14,resident\nflat,institution\n")?;
/// let ties = table("ties.csv", "from,to,sign\nn12,n14,support\n")?;
/// let options = NetworkOptions { groups: Some("kind".into()), ..NetworkOptions::default() };
/// let data = network_from_tables(&ties, Some(&persons), &options)?;
/// assert_eq!(data.network.persons().len(), 3); // one of them without ties
/// assert_eq!(data.network.groups().unwrap().levels, ["institution", "resident"]);
/// # Ok::<(), kring_cohort::Error>(())
/// ```
pub fn network_from_tables(
    ties: &Dataset,
    persons: Option<&Dataset>,
    options: &NetworkOptions,
) -> Result<NetworkData, Error> {
    let circle_options = options.as_circles();
    circle_options.check()?;
    let mut reading = Reading {
        options: &circle_options,
        faults: Vec::new(),
        notes: Vec::new(),
    };
    let ties_sheet = columns_of(&mut reading, ties, CircleTable::Ties, &["from", "to"])?;
    let mut provenance = vec![ties.provenance.clone()];
    let (sheet, further) = match (persons, options.persons_from) {
        (Some(persons), _) => {
            provenance.insert(0, persons.provenance.clone());
            let sheet = columns_of(&mut reading, persons, CircleTable::Alters, &["person"])?;
            let columns = persons.table()?.columns().to_vec();
            let shown = sheet.field("person").map(|field| field.shown.clone());
            let further = columns
                .into_iter()
                .filter(|one| Some(&one.name) != shown.as_ref());
            (sheet, further.collect())
        }
        (None, PersonsFrom::Ties) => {
            reading.notes.push(format!(
                "{}: the persons were taken from the ties: whoever has none is lost",
                ties_sheet.file
            ));
            (persons_of_ties(&ties_sheet), Vec::new())
        }
        (None, PersonsFrom::Table) => {
            let what = "there is no table of persons; it says who belongs to the network, also those without \
                ties; give one, or set `persons_from` to `ties` and lose those without ties";
            let kind = CircleFaultKind::MissingColumn;
            reading
                .faults
                .push(CircleFault::of_file(kind, "persons", what));
            return Err(refuse(reading));
        }
    };
    network_of(reading, sheet, &ties_sheet, further, options, provenance)
}

/// The columns of a table that a network uses; those that are needed and not there are faults.
fn columns_of(
    reading: &mut Reading,
    dataset: &Dataset,
    table: CircleTable,
    needed: &[&str],
) -> Result<Sheet, Error> {
    let before = reading.faults.len();
    let mut sheet = reading.sheet(dataset, table)?;
    let uses = |name: &str| needed.contains(&name) || matches!(name, "sign" | "direction");
    sheet.fields.retain(|field| uses(field.name));
    // A network has neither families nor waves nor roles.
    reading.faults.truncate(before);
    for &name in needed {
        if sheet.field(name).is_none() {
            let shown = reading.options.column(table, name).unwrap_or(name);
            let names = dataset
                .frame
                .columns()
                .iter()
                .map(|one| one.name().as_str());
            let names: Vec<&str> = names.collect();
            let what = format!(
                "there is no column `{shown}`, which should be the key of a person{}",
                kring_core::suggestion(shown, names)
            );
            let kind = CircleFaultKind::MissingColumn;
            reading
                .faults
                .push(CircleFault::of_file(kind, &sheet.file, what));
        }
    }
    Ok(sheet)
}

fn persons_of_ties(ties: &Sheet) -> Sheet {
    let mut seen = HashSet::new();
    let mut persons = Vec::new();
    for row in 0..ties.rows {
        for end in ["from", "to"] {
            let key = ties.key(end, row);
            if !key.is_empty() && seen.insert(key) {
                persons.push(Some(key));
            }
        }
    }
    Sheet {
        table: CircleTable::Alters,
        file: ties.file.clone(),
        rows: persons.len(),
        origin: Origin::Rows,
        fields: vec![Field {
            name: "person",
            shown: "person".to_owned(),
            values: Values::of_texts(persons),
        }],
    }
}

/// The network of two sheets, or every fault.
pub(super) fn network_of(
    mut reading: Reading,
    persons: Sheet,
    ties: &Sheet,
    further: Vec<Column>,
    options: &NetworkOptions,
    provenance: Vec<Provenance>,
) -> Result<NetworkData, Error> {
    let lacks = |sheet: &Sheet, name: &str| sheet.field(name).is_none() && sheet.rows > 0;
    if lacks(&persons, "person") || lacks(ties, "from") || lacks(ties, "to") {
        return Err(refuse(reading));
    }
    let sign = signs(&mut reading, ties);
    let direction = reading.read(ties, "direction", parse::one(&words::DIRECTION));
    let rows: Vec<NetworkTie> = (0..ties.rows)
        .map(|row| NetworkTie {
            from: ties.key("from", row),
            to: ties.key("to", row),
            sign: sign[row],
            direction: direction[row].unwrap_or(Direction::Mutual),
        })
        .collect();
    let names: Vec<&str> = (0..persons.rows)
        .map(|row| persons.key("person", row))
        .collect();
    let network = match Network::new(names.iter().copied(), &rows) {
        Ok(network) if reading.faults.is_empty() => network,
        Ok(_) => return Err(refuse(reading)),
        Err(kring_core::Error::Circles(found)) => {
            for fault in found.faults {
                let place = fault.place;
                let sheet = match place.table {
                    CircleTable::Ties => ties,
                    _ => &persons,
                };
                let wrong = Wrong {
                    kind: CircleFaultKind::Circle(fault.kind),
                    what: fault.what,
                };
                let mut told = sheet.fault(place.row, None, wrong);
                told.whom = place.who.unwrap_or_default();
                reading.faults.push(told);
            }
            return Err(refuse(reading));
        }
        Err(other) => return Err(made(&persons.file)(other)),
    };
    let refuse_table = made(&persons.file);
    let mut columns = vec![
        Column::factor(
            "person",
            names.iter().copied(),
            (0..names.len())
                .map(|i| Some(crate::cells::place(i)))
                .collect(),
        )
        .map_err(&refuse_table)?,
    ];
    if further.iter().any(|one| one.name == "person") {
        return Err(Error::NameTaken {
            file: persons.file.clone(),
            column: "person".to_owned(),
            by: "is that of the persons of a network",
        });
    }
    columns.extend(further);
    let table = Table::new(columns).map_err(&refuse_table)?;
    let network = match &options.groups {
        None => network,
        Some(name) => network
            .with_groups(groups(&persons.file, &table, name)?)
            .map_err(&refuse_table)?,
    };
    let mut notes = reading.notes;
    // What was read of such a file says so already; of a graph it is known by its name.
    if provenance
        .iter()
        .any(|of| of.file.starts_with(SIMULATED_FILE))
    {
        notes.insert(0, SIMULATED.to_owned());
    }
    Ok(NetworkData {
        network,
        persons: table,
        notes,
        provenance,
    })
}

/// The group of each person; each needs one.
fn groups(file: &str, persons: &Table, name: &str) -> Result<Grouping, Error> {
    let column = persons.column(name).map_err(made(file))?;
    let (levels, codes) = coded(column.data());
    let index: Option<Vec<u32>> = codes.iter().copied().collect();
    let Some(index) = index else {
        let row = codes
            .iter()
            .position(Option::is_none)
            .map_or(0, |row| row + 1);
        return Err(Error::Declaration {
            file: file.to_owned(),
            what: format!("column `{name}`"),
            problem: format!("parts the persons into groups, but row {row} has none; fill it in"),
        });
    };
    Ok(Grouping {
        name: name.to_owned(),
        levels,
        index,
    })
}
