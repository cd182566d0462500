//! One row a family and wave, with the persons beside one another: `role_1`, `closeness_1`, `role_2`, `tie_1_2`.

use std::collections::BTreeMap;

use kring_core::CircleTable;

use super::build::{Extra, Sheets, build};
use super::columns;
use super::data::CircleData;
use super::faults::{CircleFault, CircleFaultKind};
use super::long::standing_columns;
use super::options::{CircleOptions, WIDE_TIE};
use super::parse::Wrong;
use super::sheet::{Field, Origin, Reading, Sheet, Value, Values, slot_name};
use super::words;
use crate::Dataset;
use crate::error::Error;

/// Circles with a row a family and wave, and agreements with a row each.
#[derive(Debug, Clone)]
pub struct WideTables {
    /// A row a family and wave. Persons stand beside one another in columns that end in the number of their
    /// slot, ties in `tie_1_2`.
    pub circles: Dataset,
    /// The agreements of the plan, with keys.
    pub agreements: Option<Dataset>,
    /// Whether agreements still stand at later waves.
    pub standing: Option<Dataset>,
}

/// The columns of a person by slot.
type Slots = BTreeMap<u32, Values>;

/// The columns of ties by their two slots.
type TieColumns = BTreeMap<(u32, u32), Values>;

/// A column of persons: its name, its pattern and what each slot holds.
struct Attribute {
    name: &'static str,
    pattern: String,
    slots: Slots,
}

/// The circles of a name generator whose answers stand side by side, or everything that is wrong in it.
///
/// A slot without a role and without a person holds nobody. Where there is no column of persons, the number of
/// the slot is the person's key.
///
/// ```
/// use kring_cohort::circles::{CircleOptions, WideTables, from_wide};
/// use kring_cohort::{ReadOptions, read_bytes};
/// let text = "family,wave,role_1,side_1,role_2,side_2,tie_1_2\na,1,friend,,family,mother,support\nb,1,,,,,\n";
/// let tables = WideTables {
///     circles: read_bytes("wide.csv", text.as_bytes(), &ReadOptions::default())?,
///     agreements: None,
///     standing: None,
/// };
/// let circles = from_wide(&tables, &CircleOptions::default())?.circles;
/// assert_eq!(circles.find("a", "1").unwrap().ties().len(), 1);
/// assert!(circles.find("b", "1").unwrap().alters().is_empty());
/// # Ok::<(), kring_cohort::Error>(())
/// ```
pub fn from_wide(tables: &WideTables, options: &CircleOptions) -> Result<CircleData, Error> {
    options.check()?;
    let mut reading = Reading {
        options,
        faults: Vec::new(),
        notes: Vec::new(),
    };
    let dataset = &tables.circles;
    let families = reading.sheet(dataset, CircleTable::Families)?;
    let attributes = attributes(&mut reading, dataset)?;
    let (tie_pattern, ties) = tie_columns(&mut reading, dataset)?;
    let is_known = |name: &str| {
        families.fields.iter().any(|field| field.shown == name)
            || attributes
                .iter()
                .any(|one| slot_of(&one.pattern, name).is_some())
            || pair_of(&tie_pattern, name).is_some()
    };
    let extra = Extra::of_dataset(dataset, options, is_known)?;
    reading.further(&families, &extra.names());
    let filled = filled(&mut reading, &families, &attributes);
    let alters = alters(&reading, &families, attributes, &filled);
    let ties = ties_of(
        &mut reading,
        &families,
        &alters,
        &filled,
        &tie_pattern,
        &ties,
    );
    let mut sheets = Sheets::default();
    let mut provenance = vec![dataset.provenance.clone()];
    sheets.put(families);
    sheets.put(alters);
    sheets.put(ties);
    for (table, further) in [
        (CircleTable::Agreements, &tables.agreements),
        (CircleTable::Standing, &tables.standing),
    ] {
        let Some(further) = further else { continue };
        provenance.push(further.provenance.clone());
        let sheet = reading.sheet(further, table)?;
        if table == CircleTable::Agreements {
            sheets.standing_columns = standing_columns(&reading, &sheet, further)?;
        }
        sheets.put(sheet);
    }
    build(reading, sheets, extra, provenance)
}

/// The number of the slot of a column, where it has the pattern.
fn slot_of(pattern: &str, name: &str) -> Option<u32> {
    let (before, after) = pattern.split_once("{k}")?;
    number(name.strip_prefix(before)?.strip_suffix(after)?)
}

/// The two slots of a column of ties.
fn pair_of(pattern: &str, name: &str) -> Option<(u32, u32)> {
    let (before, rest) = pattern.split_once("{i}")?;
    let (between, after) = rest.split_once("{j}")?;
    let inner = name.strip_prefix(before)?.strip_suffix(after)?;
    let (i, j) = inner.split_once(between)?;
    Some((number(i)?, number(j)?))
}

fn number(digits: &str) -> Option<u32> {
    let is_plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_plain.then(|| digits.parse().ok()).flatten()
}

fn refuse_pattern(
    reading: &Reading,
    table: CircleTable,
    name: &str,
    pattern: &str,
    marks: &str,
) -> Error {
    let key = if reading.options.columns.contains_key(name) {
        name.to_owned()
    } else {
        format!("{}.{name}", columns::table_word(table))
    };
    Error::Declaration {
        file: "options of circles".to_owned(),
        what: format!("`columns.{key}`"),
        problem: format!(
            "is `{pattern}`, which does not say where the number of the slot stands; write {marks}"
        ),
    }
}

/// The columns of persons, by slot.
fn attributes(reading: &mut Reading, dataset: &Dataset) -> Result<Vec<Attribute>, Error> {
    let table = CircleTable::Alters;
    let mut attributes = Vec::new();
    let mut all = std::collections::BTreeSet::new();
    for column in columns::of(table).filter(|one| !matches!(one.name, "family" | "wave")) {
        let declared = reading.options.column(table, column.name);
        let pattern = declared.map_or_else(|| format!("{}_{{k}}", column.name), str::to_owned);
        if !pattern.contains("{k}") {
            let marks = "`{k}` for it, as in `rol{k}`";
            return Err(refuse_pattern(reading, table, column.name, &pattern, marks));
        }
        let mut slots = Slots::new();
        for of_frame in dataset.frame.columns() {
            let shown = of_frame.name().as_str();
            let Some(slot) = slot_of(&pattern, shown) else {
                continue;
            };
            let Some(values) = Values::of_column(dataset, shown)? else {
                continue;
            };
            if slots.insert(slot, values).is_some() {
                let what = format!(
                    "two columns are `{}` of slot {slot}; take one out",
                    column.name
                );
                let kind = CircleFaultKind::Contradiction;
                let file = &dataset.provenance.file;
                reading.faults.push(CircleFault::of_file(kind, file, what));
            }
            all.insert(slot);
        }
        if slots.is_empty() && (declared.is_some() || column.name == "role") {
            let names = dataset
                .frame
                .columns()
                .iter()
                .map(|one| one.name().as_str());
            let names: Vec<&str> = names.collect();
            let first = slot_name(&pattern, 1, 0);
            let what = format!(
                "there is no column `{first}`, which should be {} of the first slot{}",
                column.what,
                kring_core::suggestion(&first, names)
            );
            let kind = CircleFaultKind::MissingColumn;
            let file = &dataset.provenance.file;
            reading.faults.push(CircleFault::of_file(kind, file, what));
        }
        if !slots.is_empty() {
            attributes.push(Attribute {
                name: column.name,
                pattern,
                slots,
            });
        }
    }
    if let Some(role) = attributes.iter().find(|one| one.name == "role") {
        let lacking: Vec<String> = all
            .iter()
            .filter(|slot| !role.slots.contains_key(slot))
            .map(|slot| slot_name(&role.pattern, *slot, 0))
            .collect();
        if !lacking.is_empty() {
            let what = format!(
                "there is no column {}, though other columns have that slot; add it",
                crate::validate::list(lacking.iter().map(String::as_str))
            );
            let kind = CircleFaultKind::MissingColumn;
            let file = &dataset.provenance.file;
            reading.faults.push(CircleFault::of_file(kind, file, what));
        }
    }
    Ok(attributes)
}

/// The columns of ties, by the two slots.
fn tie_columns(reading: &mut Reading, dataset: &Dataset) -> Result<(String, TieColumns), Error> {
    let declared = reading.options.column(CircleTable::Ties, WIDE_TIE);
    let pattern = declared.unwrap_or("tie_{i}_{j}").to_owned();
    let places = (pattern.find("{i}"), pattern.find("{j}"));
    if !matches!(places, (Some(i), Some(j)) if i + 3 < j) {
        let marks = "`{i}` and behind it `{j}`, with something between them, as in `tie_{i}_{j}`";
        return Err(refuse_pattern(
            reading,
            CircleTable::Ties,
            WIDE_TIE,
            &pattern,
            marks,
        ));
    }
    let mut ties = BTreeMap::new();
    for column in dataset.frame.columns() {
        let shown = column.name().as_str();
        let Some((i, j)) = pair_of(&pattern, shown) else {
            continue;
        };
        let file = &dataset.provenance.file;
        if i == j || ties.contains_key(&(j, i)) {
            let what = if i == j {
                format!("column `{shown}` is a tie to oneself; take it out")
            } else {
                format!(
                    "columns `{}` and `{shown}` are of the same two slots; keep one of the two",
                    slot_name(&pattern, j, i)
                )
            };
            let kind = CircleFaultKind::Contradiction;
            reading.faults.push(CircleFault::of_file(kind, file, what));
            continue;
        }
        if let Some(values) = Values::of_column(dataset, shown)? {
            ties.insert((i, j), values);
        }
    }
    if ties.is_empty() && declared.is_some() {
        let what = format!(
            "there is no column of ties like `{}`",
            slot_name(&pattern, 1, 2)
        );
        let kind = CircleFaultKind::MissingColumn;
        let file = &dataset.provenance.file;
        reading.faults.push(CircleFault::of_file(kind, file, what));
    }
    Ok((pattern, ties))
}

/// The row and the slot of each person, row by row.
fn filled(reading: &mut Reading, families: &Sheet, attributes: &[Attribute]) -> Vec<(usize, u32)> {
    let all = attributes.iter().flat_map(|one| one.slots.keys());
    let slots: std::collections::BTreeSet<u32> = all.copied().collect();
    let mut filled = Vec::new();
    let mut gaps = 0;
    let mut first_gap = None;
    for row in 0..families.rows {
        let mut is_open = false;
        let mut has_gap = false;
        for &slot in &slots {
            let has = |one: &&Attribute| {
                one.slots
                    .get(&slot)
                    .is_some_and(|values| values.get(row).is_some())
            };
            let mut found = attributes.iter().filter(has);
            let Some(first) = found.next() else {
                is_open = true;
                continue;
            };
            let names_somebody = |one: &Attribute| matches!(one.name, "role" | "person");
            if !names_somebody(first) && !found.any(names_somebody) {
                let what = format!(
                    "the slot has neither a role nor a person, but something is known of it; say who it \
                    is, or empty slot {slot}"
                );
                let wrong = Wrong {
                    kind: CircleFaultKind::EmptySlot,
                    what,
                };
                let shown = slot_name(&first.pattern, slot, 0);
                reading
                    .faults
                    .push(families.fault(row, Some(&shown), wrong));
                continue;
            }
            has_gap |= is_open;
            filled.push((row, slot));
        }
        if has_gap {
            gaps += 1;
            first_gap.get_or_insert(row + 1);
        }
    }
    if let Some(first) = first_gap {
        reading.notes.push(format!(
            "{}: {gaps} rows have an empty slot before a filled one, the first of them row {first}; an empty \
            slot is nobody",
            families.file
        ));
    }
    filled
}

/// The persons as a sheet, a row each.
fn alters(
    reading: &Reading,
    families: &Sheet,
    attributes: Vec<Attribute>,
    filled: &[(usize, u32)],
) -> Sheet {
    let place = crate::cells::place;
    let marks = filled.iter().map(|&(row, slot)| [place(row), slot, 0]);
    let mut sheet = Sheet {
        table: CircleTable::Alters,
        rows: filled.len(),
        fields: keys_of(families, filled.iter().map(|(row, _)| *row)),
        origin: Origin::Slots(marks.collect()),
        file: families.file.clone(),
    };
    let mut has_persons = false;
    for one in attributes {
        has_persons |= one.name == "person";
        let values = side_by_side(&one.slots, filled);
        reading.add(&mut sheet, one.name, &one.pattern, values);
    }
    if !has_persons {
        let slots: Vec<String> = filled.iter().map(|(_, slot)| slot.to_string()).collect();
        let values = Values::of_texts(slots.iter().map(|slot| Some(slot.as_str())));
        reading.add(&mut sheet, "person", "person_{k}", values);
    }
    sheet
}

/// The family and wave of rows.
fn keys_of(families: &Sheet, rows: impl Iterator<Item = usize> + Clone) -> Vec<Field> {
    let fields = ["family", "wave"].into_iter();
    let fields = fields.filter_map(|name| families.field(name));
    fields
        .map(|field| Field {
            values: field.values.take(rows.clone()),
            ..field.clone()
        })
        .collect()
}

/// The values of several slots as one column.
fn side_by_side(slots: &Slots, filled: &[(usize, u32)]) -> Values {
    let mut values: Vec<Value> = Vec::new();
    let mut offsets = BTreeMap::new();
    for (slot, one) in slots {
        offsets.insert(*slot, crate::cells::place(values.len()));
        values.extend(one.values.iter().cloned());
    }
    let code = |&(row, slot): &(usize, u32)| {
        let code = slots.get(&slot)?.codes.get(row).copied().flatten()?;
        Some(code + offsets.get(&slot)?)
    };
    Values {
        codes: filled.iter().map(code).collect(),
        values,
    }
}

/// The ties as a sheet, a row each.
fn ties_of(
    reading: &mut Reading,
    families: &Sheet,
    alters: &Sheet,
    filled: &[(usize, u32)],
    pattern: &str,
    columns: &TieColumns,
) -> Sheet {
    let mut marks: Vec<[u32; 3]> = Vec::new();
    let mut ends: Vec<[&str; 2]> = Vec::new();
    let mut signs: Vec<Option<String>> = Vec::new();
    let mut open = 0;
    let place = |row: usize, slot: u32| filled.binary_search(&(row, slot)).ok();
    for row in 0..families.rows {
        for (&(i, j), values) in columns {
            let said = values.get(row).map(Value::said);
            let both = (place(row, i), place(row, j));
            let (Some(from), Some(to)) = both else {
                if said.is_some_and(|said| !words::is_none(said)) {
                    let empty = if both.0.is_none() { i } else { j };
                    let what = format!(
                        "a tie to slot {empty}, which is empty; say who it is, or take the tie out"
                    );
                    let wrong = Wrong {
                        kind: CircleFaultKind::EmptySlot,
                        what,
                    };
                    let shown = slot_name(pattern, i, j);
                    reading
                        .faults
                        .push(families.fault(row, Some(&shown), wrong));
                }
                continue;
            };
            match said {
                None => open += 1,
                Some(said) if words::is_none(said) => {}
                Some(said) => {
                    marks.push([crate::cells::place(row), i, j]);
                    ends.push([alters.key("person", from), alters.key("person", to)]);
                    signs.push(Some(said.to_owned()));
                }
            }
        }
    }
    if open > 0 {
        reading.notes.push(format!(
            "{}: of {open} pairs of persons the column of their tie is empty; they are taken to have none",
            families.file
        ));
    }
    let rows = marks.iter().map(|mark| mark[0] as usize);
    let mut sheet = Sheet {
        table: CircleTable::Ties,
        rows: marks.len(),
        fields: keys_of(families, rows),
        origin: Origin::Slots(Vec::new()),
        file: families.file.clone(),
    };
    for (name, end) in [("from", 0), ("to", 1)] {
        let values = Values::of_texts(ends.iter().map(|pair| Some(pair[end])));
        sheet.fields.push(Field {
            name,
            shown: pattern.to_owned(),
            values,
        });
    }
    let signs = Values::of_texts(signs.iter().map(Option::as_deref));
    reading.add(&mut sheet, "sign", pattern, signs);
    sheet.origin = Origin::Slots(marks);
    sheet
}
