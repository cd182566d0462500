//! From sheets to circles: each row is read and handed to the builder of the circles, and what that refuses is
//! told with the file and the row.

use kring_core::{
    AgreementRow, Alter, AlterRow, CircleTable, Circles, CirclesBuilder, Column, Course, Direction,
    FamilyRow, FaultKind, Moment, Plan, Presence, Reported, Role, RoleKind, Sign, StandingRow,
    Support, Supports, Table, TakerKey, TieRow,
};

use super::columns;
use super::data::CircleData;
use super::faults::{CircleFault, CircleFaultKind, CircleFaults};
use super::long::rows_by_key;
use super::options::CircleOptions;
use super::parse::{self, TakerText, Wrong};
use super::sheet::{Field, Reading, Sheet, Values};
use super::{waves, words};
use crate::Dataset;
use crate::error::Error;
use crate::read::Provenance;

/// The sheets that there are.
#[derive(Default)]
pub(super) struct Sheets {
    tables: [Option<Sheet>; 5],
    /// Columns of the agreements that say whether they still stood, each with its wave.
    pub(super) standing_columns: Vec<(String, Field)>,
}

impl Sheets {
    pub(super) fn put(&mut self, sheet: Sheet) {
        let place = sheet.table as usize;
        self.tables[place] = Some(sheet);
    }

    pub(super) fn get(&self, table: CircleTable) -> Option<&Sheet> {
        self.tables[table as usize].as_ref()
    }
}

/// The further columns of families, a row for each row of their sheet.
pub(super) struct Extra(Vec<Column>);

impl Extra {
    pub(super) fn none() -> Self {
        Self(Vec::new())
    }

    pub(super) fn names(&self) -> Vec<&str> {
        self.0.iter().map(|column| column.name.as_str()).collect()
    }

    /// Those of the columns that the options keep.
    pub(super) fn kept(
        file: &str,
        columns: Vec<Column>,
        options: &CircleOptions,
    ) -> Result<Self, Error> {
        let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
        let keep = kept(file, &names, options)?;
        let keep: Vec<String> = keep.into_iter().map(str::to_owned).collect();
        let columns = columns.into_iter();
        Ok(Self(
            columns
                .filter(|column| keep.contains(&column.name))
                .collect(),
        ))
    }

    /// The columns of a data set that are not known as columns of circles.
    pub(super) fn of_dataset(
        dataset: &Dataset,
        options: &CircleOptions,
        is_known: impl Fn(&str) -> bool,
    ) -> Result<Self, Error> {
        let columns = dataset.frame.columns().iter();
        let names: Vec<&str> = columns
            .map(|column| column.name().as_str())
            .filter(|name| !is_known(name))
            .collect();
        let file = &dataset.provenance.file;
        let names = kept(file, &names, options)?;
        let frame = dataset.frame.select(names).map_err(|error| Error::Frame {
            name: file.clone(),
            reason: error.to_string(),
        })?;
        let others = Dataset {
            frame,
            codebook: dataset.codebook.clone(),
            provenance: dataset.provenance.clone(),
        };
        Ok(Self(others.table()?.columns().to_vec()))
    }
}

/// The names that the options keep, in the order of the file; a name that is not there is an error.
fn kept<'a>(file: &str, names: &[&'a str], options: &CircleOptions) -> Result<Vec<&'a str>, Error> {
    let Some(keep) = &options.keep else {
        return Ok(names.to_vec());
    };
    if let Some(unknown) = keep.iter().find(|keep| !names.contains(&keep.as_str())) {
        return Err(Error::UnknownColumn {
            file: file.to_owned(),
            role: "kept beside the circles".to_owned(),
            column: unknown.clone(),
            suggestion: kring_core::suggestion(unknown, names.iter().copied()),
        });
    }
    let names = names.iter().copied();
    Ok(names
        .filter(|name| keep.iter().any(|keep| keep == name))
        .collect())
}

/// The circles of the sheets, or every fault.
pub(super) fn build(
    mut reading: Reading,
    mut sheets: Sheets,
    extra: Extra,
    provenance: Vec<Provenance>,
) -> Result<CircleData, Error> {
    for sheet in sheets.tables.iter().flatten() {
        if sheet.rows == 0 && sheet.field("family").is_some() {
            let empty = format!(
                "{}: there are no rows below the names of the columns",
                sheet.file
            );
            if sheet.table == CircleTable::Families {
                let what = "there are no families; expected a row a family and wave";
                let kind = CircleFaultKind::NoRows;
                reading
                    .faults
                    .push(CircleFault::of_file(kind, &sheet.file, what));
            } else {
                reading.notes.push(empty);
            }
        }
    }
    if let (None, Some(families)) = (
        sheets.get(CircleTable::Alters),
        sheets.get(CircleTable::Families),
    ) {
        let what = "there is no table of persons; every circle is taken as empty, and its size of zero is no \
            finding";
        reading.notes.push(format!("{}: {what}", families.file));
    }
    one_wave(&mut reading, &mut sheets);
    // A table that lacks a column would give as many faults as it has rows.
    for sheet in &mut sheets.tables {
        let lacks = sheet.as_ref().is_some_and(|sheet| {
            let mut needed = columns::of(sheet.table).filter(|column| column.required);
            needed.any(|column| sheet.field(column.name).is_none())
        });
        if lacks
            && sheet
                .as_ref()
                .is_some_and(|sheet| sheet.table != CircleTable::Families)
        {
            *sheet = None;
        }
    }
    let Some(families) = sheets.get(CircleTable::Families) else {
        return Err(refuse(reading));
    };
    if families.field("family").is_none() || families.field("wave").is_none() {
        return Err(refuse(reading));
    }
    let waves = waves::of(&mut reading, families)?;
    let mut builder = Circles::builder(waves);
    families_rows(&mut reading, &mut builder, families);
    if let Some(sheet) = sheets.get(CircleTable::Alters) {
        alters_rows(&mut reading, &mut builder, sheet);
    }
    if let Some(sheet) = sheets.get(CircleTable::Ties) {
        ties_rows(&mut reading, &mut builder, sheet);
    }
    if let Some(sheet) = sheets.get(CircleTable::Agreements) {
        agreements_rows(&mut reading, &mut builder, sheet);
    }
    let standing = standing_rows(&mut reading, &mut builder, &sheets);
    let circles = match builder.finish() {
        Ok(circles) if reading.faults.is_empty() => circles,
        Ok(_) => return Err(refuse(reading)),
        Err(kring_core::Error::Circles(found)) => {
            for fault in found.faults {
                let fault = told(&sheets, &standing, fault);
                reading.faults.push(fault);
            }
            return Err(refuse(reading));
        }
        Err(other) => return Err(made(&families.file)(other)),
    };
    let table = families_table(&circles, families, extra)?;
    Ok(CircleData {
        circles,
        families: table,
        notes: reading.notes,
        provenance,
    })
}

pub(super) fn made(file: &str) -> impl Fn(kring_core::Error) -> Error {
    move |error| Error::Table {
        file: file.to_owned(),
        problem: error.to_string(),
    }
}

/// All faults, file by file in the order in which files were met, and row by row.
pub(super) fn refuse(reading: Reading) -> Error {
    let mut faults = reading.faults;
    let mut files: Vec<String> = Vec::new();
    for fault in &faults {
        if !files.contains(&fault.file) {
            files.push(fault.file.clone());
        }
    }
    faults.sort_by_key(|fault| {
        let file = files.iter().position(|file| *file == fault.file);
        (file, fault.row, fault.line)
    });
    Error::Circles(CircleFaults { faults })
}

/// Without a column of waves there is one wave; with one, each table needs it.
fn one_wave(reading: &mut Reading, sheets: &mut Sheets) {
    let has_waves = |sheet: &Sheet| sheet.field("wave").is_some();
    let tables = &mut sheets.tables;
    let of_families = tables[CircleTable::Families as usize]
        .as_ref()
        .is_none_or(has_waves);
    let elsewhere = tables.iter().flatten().any(|sheet| {
        has_waves(sheet) && !matches!(sheet.table, CircleTable::Families | CircleTable::Standing)
    });
    let only = match reading.options.waves.as_slice() {
        [] => Some("1".to_owned()),
        [only] => Some(only.clone()),
        _ => None,
    };
    for sheet in tables.iter_mut().flatten() {
        // What lacks its key as well has its fault already.
        let lacks_all = sheet.field("family").is_none();
        if has_waves(sheet) || lacks_all || sheet.table == CircleTable::Standing {
            continue;
        }
        match &only {
            Some(only) if !of_families && !elsewhere => {
                let waves = std::iter::repeat_n(Some(only.as_str()), sheet.rows);
                sheet.fields.push(Field {
                    name: "wave",
                    shown: "wave".to_owned(),
                    values: Values::of_texts(waves),
                });
                if sheet.table == CircleTable::Families {
                    reading.notes.push(format!(
                        "{}: there is no column `wave`; all is taken as one wave, `{only}`",
                        sheet.file
                    ));
                }
            }
            _ => {
                let shown = reading
                    .options
                    .column(sheet.table, "wave")
                    .unwrap_or("wave");
                let what = format!(
                    "there is no column `{shown}`, which should be the wave; only where there is one wave \
                    every table may do without it"
                );
                let kind = CircleFaultKind::MissingColumn;
                reading
                    .faults
                    .push(CircleFault::of_file(kind, &sheet.file, what));
            }
        }
    }
    // What lacks its wave cannot be placed.
    for place in [
        CircleTable::Alters,
        CircleTable::Ties,
        CircleTable::Agreements,
    ] {
        let table = &mut tables[place as usize];
        if table.as_ref().is_some_and(|sheet| !has_waves(sheet)) {
            *table = None;
        }
    }
}

fn families_rows(reading: &mut Reading, builder: &mut CirclesBuilder, sheet: &Sheet) {
    let date = reading.read(sheet, "date", parse::date);
    let mut yes_no = |name| reading.read(sheet, name, parse::yes_no);
    let (referred, started, meeting) = (yes_no("referred"), yes_no("started"), yes_no("meeting"));
    let (made, safe) = (yes_no("plan_made"), yes_no("plan_safe"));
    let (asked, present) = (yes_no("asked_by_worker"), yes_no("network_present"));
    let approved_by = reading.read(sheet, "approved_by", parse::approvers);
    let perceived_support = reading.read(sheet, "perceived_support", parse::number);
    for row in 0..sheet.rows {
        builder.family(FamilyRow {
            family: sheet.key("family", row),
            wave: sheet.key("wave", row),
            date: date[row],
            course: Course {
                referred: referred[row],
                started: started[row],
                meeting: meeting[row],
            },
            plan: Plan {
                made: made[row],
                safe: safe[row],
                approved_by: approved_by[row],
            },
            reported: Reported {
                asked_by_worker: asked[row],
                network_present: present[row],
            },
            perceived_support: perceived_support[row],
        });
    }
}

fn alters_rows(reading: &mut Reading, builder: &mut CirclesBuilder, sheet: &Sheet) {
    let roles = roles(reading, sheet);
    let side = reading.read(sheet, "side", parse::one(&words::SIDE));
    let closeness = reading.read(sheet, "closeness", parse::one(&words::CLOSENESS));
    let frequency = reading.read(sheet, "frequency", parse::one(&words::FREQUENCY));
    let support = support(reading, sheet);
    let since = reading.read(sheet, "since", parse::date);
    let bond = reading.read(sheet, "bond", parse::one(&words::SIGN));
    if let Some(field) = sheet.field("bond") {
        let unknown = bond.iter().filter(|bond| bond.is_none()).count();
        if unknown > 0 {
            reading.notes.push(format!(
                "{}: of {unknown} persons the column `{}` is empty; their bond is taken as support",
                sheet.file, field.shown
            ));
        }
    }
    let named = moments(reading, sheet, "named", "named_by");
    let asked = moments(reading, sheet, "asked", "asked_by");
    let invited = moments(reading, sheet, "invited", "invited_by");
    let visited = reading.read(sheet, "visited", parse::yes_no);
    let presence = presence(reading, sheet);
    let promised = reading.read(sheet, "promised", parse::yes_no);
    let did = reading.read(sheet, "did", parse::yes_no);
    for row in 0..sheet.rows {
        builder.alter(AlterRow {
            family: sheet.key("family", row),
            wave: sheet.key("wave", row),
            person: sheet.key("person", row),
            represented_by: sheet.key_if("represented_by", row),
            alter: Alter {
                side: side[row],
                closeness: closeness[row],
                frequency: frequency[row],
                support: support[row],
                since: since[row],
                bond: bond[row].unwrap_or(Sign::Support),
                named: named[row],
                asked: asked[row],
                visited: visited[row],
                invited: invited[row],
                presence: presence[row],
                promised: promised[row],
                did: did[row],
                ..Alter::new(roles[row])
            },
        });
    }
}

/// The role of each person. Where it is missing or no role, that is a fault, and some role stands in, so that
/// ties to the person are not faults as well.
fn roles(reading: &mut Reading, sheet: &Sheet) -> Vec<Role> {
    let role = reading.read(sheet, "role", parse::role);
    let discipline = reading.read(sheet, "discipline", parse::one(&words::DISCIPLINE));
    let is_empty = |row| {
        sheet
            .field("role")
            .is_none_or(|field| field.values.get(row).is_none())
    };
    let mut roles = Vec::with_capacity(sheet.rows);
    for row in 0..sheet.rows {
        let Some((kind, own)) = role[row] else {
            if is_empty(row) {
                let what = "the role is empty; say what the person is to the family";
                let wrong = wrong(CircleFaultKind::Missing, what);
                reading.faults.push(sheet.fault(row, Some("role"), wrong));
            }
            roles.push(Role::Acquaintance);
            continue;
        };
        let clash = match (own, discipline[row]) {
            (_, Some(_)) if kind != RoleKind::Professional => Some(format!(
                "has a discipline, but the role is {}; correct one of the two",
                kind.word()
            )),
            (Some(own), Some(other)) if own != other => Some(format!(
                "is {}, but the role says {}; correct one of the two",
                other.word(),
                own.word()
            )),
            _ => None,
        };
        if let Some(what) = clash {
            let wrong = wrong(CircleFaultKind::Contradiction, what);
            reading
                .faults
                .push(sheet.fault(row, Some("discipline"), wrong));
        }
        roles.push(parse::role_of(kind, own.or(discipline[row])));
    }
    roles
}

fn wrong(kind: CircleFaultKind, what: impl Into<String>) -> Wrong {
    Wrong {
        kind,
        what: what.into(),
    }
}

/// The kinds of support that each person gives: as a list, or as a column a kind.
fn support(reading: &mut Reading, sheet: &Sheet) -> Vec<Option<Supports>> {
    const KINDS: [(&str, Support); 5] = [
        ("support_practical", Support::Practical),
        ("support_emotional", Support::Emotional),
        ("support_financial", Support::Financial),
        ("support_advice", Support::Advice),
        ("support_care", Support::Care),
    ];
    let mut support = reading.read(sheet, "support", parse::supports);
    let of_kinds: Vec<(Support, Vec<Option<bool>>)> = KINDS
        .into_iter()
        .filter(|(name, _)| sheet.field(name).is_some())
        .map(|(name, kind)| (kind, reading.read(sheet, name, parse::yes_no)))
        .collect();
    if of_kinds.is_empty() {
        return support;
    }
    let mut in_part = 0;
    for (row, support) in support.iter_mut().enumerate() {
        let answers = of_kinds.iter().map(|(kind, cells)| (*kind, cells[row]));
        let known = answers.clone().filter(|(_, answer)| answer.is_some());
        let known = known.count();
        if known == 0 {
            continue;
        }
        let given: Supports = answers
            .filter(|(_, answer)| *answer == Some(true))
            .map(|(kind, _)| kind)
            .collect();
        if support.is_some_and(|list| list != given) {
            let what = "the list of kinds of support and the columns of each kind say different things; \
                correct one of the two";
            let wrong = wrong(CircleFaultKind::Contradiction, what);
            reading
                .faults
                .push(sheet.fault(row, Some("support"), wrong));
        }
        // A kind that was not answered is not known; only where some kind is given is the person known to
        // give support at all.
        let complete = known == of_kinds.len();
        in_part += usize::from(!complete);
        if complete || !given.is_empty() {
            *support = Some(given);
        }
    }
    if in_part > 0 {
        reading.notes.push(format!(
            "{}: of {in_part} persons some kinds of support were not answered; they have those that are \
            known, and where none is known to be given their support is not known",
            sheet.file
        ));
    }
    support
}

/// Whether something was done, and by whom: from a column of each.
fn moments(reading: &mut Reading, sheet: &Sheet, done: &str, by: &str) -> Vec<Moment> {
    let was_done = reading.read(sheet, done, parse::yes_no);
    let by_whom = reading.read(sheet, by, parse::by);
    let mut moments = Vec::with_capacity(sheet.rows);
    for (row, (was_done, by_whom)) in was_done.into_iter().zip(by_whom).enumerate() {
        let clash = match (was_done, by_whom) {
            (Some(false), Some(Moment::Yes(_))) => Some("says who did it, but it was not done"),
            (Some(true), Some(Moment::No)) => Some("says that nobody did it, but it was done"),
            _ => None,
        };
        if let Some(what) = clash {
            let what = format!("{what} (`{done}`); correct one of the two");
            let wrong = wrong(CircleFaultKind::Contradiction, what);
            reading.faults.push(sheet.fault(row, Some(by), wrong));
        }
        moments.push(by_whom.unwrap_or(match was_done {
            None => Moment::Unknown,
            Some(false) => Moment::No,
            Some(true) => Moment::Yes(kring_core::By::NotRecorded),
        }));
    }
    moments
}

/// Whether each person was there, and in which parts: from a column of each.
fn presence(reading: &mut Reading, sheet: &Sheet) -> Vec<Presence> {
    let present = reading.read(sheet, "present", parse::yes_no);
    let parts = reading.read(sheet, "present_in", parse::parts);
    let mut presence = Vec::with_capacity(sheet.rows);
    for (row, (present, parts)) in present.into_iter().zip(parts).enumerate() {
        let some = parts.filter(|parts| !parts.is_empty());
        if present == Some(false) && some.is_some() {
            let what = "names parts of the meeting, but the person was not present (`present`); correct \
                one of the two";
            let wrong = wrong(CircleFaultKind::Contradiction, what);
            reading
                .faults
                .push(sheet.fault(row, Some("present_in"), wrong));
        }
        presence.push(match (present, some, parts) {
            (_, Some(parts), _) => Presence::Present(parts),
            (Some(true), None, _) => Presence::Present(kring_core::Parts::NONE),
            // In none of the parts.
            (Some(false), None, _) | (None, None, Some(_)) => Presence::Absent,
            (None, None, None) => Presence::Unknown,
        });
    }
    presence
}

fn ties_rows(reading: &mut Reading, builder: &mut CirclesBuilder, sheet: &Sheet) {
    let sign = signs(reading, sheet);
    let direction = reading.read(sheet, "direction", parse::one(&words::DIRECTION));
    for row in 0..sheet.rows {
        builder.tie(TieRow {
            family: sheet.key("family", row),
            wave: sheet.key("wave", row),
            from: sheet.key("from", row),
            to: sheet.key("to", row),
            sign: sign[row],
            direction: direction[row].unwrap_or(Direction::Mutual),
        });
    }
}

/// The sign of each tie; without a column all are support, and with one each needs its own.
pub(super) fn signs(reading: &mut Reading, sheet: &Sheet) -> Vec<Sign> {
    let sign = reading.read(sheet, "sign", parse::one(&words::SIGN));
    let Some(field) = sheet.field("sign") else {
        if sheet.rows > 0 {
            reading.notes.push(format!(
                "{}: there is no column `sign`; every tie is taken as support",
                sheet.file
            ));
        }
        return vec![Sign::Support; sheet.rows];
    };
    for row in 0..sheet.rows {
        if field.values.get(row).is_none() {
            let what = "the sign of the tie is empty; say support or conflict";
            let wrong = wrong(CircleFaultKind::Missing, what);
            reading.faults.push(sheet.fault(row, Some("sign"), wrong));
        }
    }
    sign.into_iter()
        .map(|sign| sign.unwrap_or(Sign::Support))
        .collect()
}

fn agreements_rows(reading: &mut Reading, builder: &mut CirclesBuilder, sheet: &Sheet) {
    let takers = reading.read(sheet, "takers", parse::takers);
    let due = reading.read(sheet, "due", parse::date);
    let done = reading.read(sheet, "done", parse::yes_no);
    let mut keys = Vec::new();
    for row in 0..sheet.rows {
        keys.clear();
        keys.extend(takers[row].iter().flatten().map(|taker| match taker {
            TakerText::Family => TakerKey::Family,
            TakerText::Circle => TakerKey::Circle,
            TakerText::Professional => TakerKey::Professional,
            TakerText::Person(key) => TakerKey::Person(key),
        }));
        builder.agreement(AgreementRow {
            family: sheet.key("family", row),
            wave: sheet.key("wave", row),
            key: sheet.key("agreement", row),
            what: sheet.key_if("what", row),
            domain: sheet.key_if("domain", row),
            takers: &keys,
            due: due[row],
            done: done[row],
        });
    }
}

/// Where the rows of standing agreements come from: a row of their own table, or one of the agreements and
/// which of its columns.
type StandingOrigin = (usize, Option<usize>);

fn standing_rows(
    reading: &mut Reading,
    builder: &mut CirclesBuilder,
    sheets: &Sheets,
) -> Vec<StandingOrigin> {
    let mut origins = Vec::new();
    if let Some(sheet) = sheets.get(CircleTable::Standing) {
        let stands = reading.read(sheet, "stands", parse::yes_no);
        for (row, cell) in stands.into_iter().enumerate() {
            // An empty cell is not known, and says nothing.
            let Some(stands) = cell else { continue };
            builder.standing(StandingRow {
                family: sheet.key("family", row),
                key: sheet.key("agreement", row),
                wave: sheet.key("wave", row),
                stands,
            });
            origins.push((row, None));
        }
    }
    let Some(agreements) = sheets.get(CircleTable::Agreements) else {
        return origins;
    };
    for (column, (wave, field)) in sheets.standing_columns.iter().enumerate() {
        let one = Sheet {
            fields: vec![field.clone()],
            ..agreements.clone()
        };
        let stands = reading.read(&one, "stands", parse::yes_no);
        for (row, cell) in stands.into_iter().enumerate() {
            let Some(stands) = cell else { continue };
            builder.standing(StandingRow {
                family: agreements.key("family", row),
                key: agreements.key("agreement", row),
                wave,
                stands,
            });
            origins.push((row, Some(column)));
        }
    }
    origins
}

/// A fault of the circles, with the file and the row.
fn told(sheets: &Sheets, standing: &[StandingOrigin], fault: kring_core::Fault) -> CircleFault {
    let place = fault.place;
    let wrong = Wrong {
        kind: CircleFaultKind::Circle(fault.kind),
        what: fault.what,
    };
    let is_declaration = fault.kind == FaultKind::Twice && place.family.is_empty();
    let mut told = match (sheets.get(place.table), place.table) {
        _ if is_declaration => CircleFault::of_file(wrong.kind, "options of circles", wrong.what),
        (sheet, CircleTable::Standing) => match standing.get(place.row) {
            Some((row, Some(column))) => {
                let shown = sheets.standing_columns.get(*column);
                let agreements = sheets.get(CircleTable::Agreements);
                let mut told = match agreements {
                    Some(sheet) => sheet.fault(*row, None, wrong),
                    None => CircleFault::of_file(wrong.kind, "agreements", wrong.what),
                };
                told.column = shown.map(|(_, field)| field.shown.clone());
                told
            }
            Some((row, None)) if sheet.is_some() => match sheet {
                Some(sheet) => sheet.fault(*row, None, wrong),
                None => CircleFault::of_file(wrong.kind, "standing", wrong.what),
            },
            _ => CircleFault::of_file(wrong.kind, "standing", wrong.what),
        },
        (Some(sheet), _) => sheet.fault(place.row, None, wrong),
        (None, table) => CircleFault::of_file(wrong.kind, columns::table_word(table), wrong.what),
    };
    let whom = [
        (!place.family.is_empty()).then(|| format!("family `{}`", place.family)),
        (!place.wave.is_empty()).then(|| format!("wave `{}`", place.wave)),
        place.who,
    ];
    told.whom = whom.into_iter().flatten().collect::<Vec<_>>().join(", ");
    told
}

/// A row for each circle: its family, its wave and the further columns.
fn families_table(circles: &Circles, sheet: &Sheet, extra: Extra) -> Result<Table, Error> {
    let rows = rows_by_key(sheet);
    let order: Vec<usize> = circles
        .iter()
        .filter_map(|circle| rows.get(&(circle.family(), circle.wave())).copied())
        .collect();
    let refuse = made(&sheet.file);
    let mut columns = keys(circles).map_err(&refuse)?;
    if let Some(taken) = extra
        .0
        .iter()
        .find(|column| columns.iter().any(|key| key.name == column.name))
    {
        return Err(Error::NameTaken {
            file: sheet.file.clone(),
            column: taken.name.clone(),
            by: "is that of the families and waves of circles",
        });
    }
    if !extra.0.is_empty() {
        let further = Table::new(extra.0).and_then(|table| table.take(&order));
        columns.extend(further.map_err(&refuse)?.columns().iter().cloned());
    }
    Table::new(columns).map_err(&refuse)
}

/// The family and the wave of each circle.
pub(super) fn keys(circles: &Circles) -> Result<Vec<Column>, kring_core::Error> {
    let families = (0..circles.families()).map(|family| circles.family_name(family));
    let codes = |of: fn(kring_core::Circle) -> usize| {
        circles
            .iter()
            .map(|circle| Some(crate::cells::place(of(circle))))
            .collect::<Vec<_>>()
    };
    Ok(vec![
        Column::factor("family", families, codes(|circle| circle.family_index()))?,
        Column::factor("wave", circles.waves(), codes(|circle| circle.wave_index()))?,
    ])
}
