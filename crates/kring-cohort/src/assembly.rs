//! A cohort is made in one pass from names to values to tables:
//!
//! 1. `layout`: which column plays which role;
//! 2. `cells` and `missing`: each column as numbers or words, its missing values counted;
//! 3. `settle`: each variable as numbers or a factor, and what is not as declared;
//! 4. here: who is in which row, and what is wrong between rows;
//! 5. `reshape`: the two tables.
//!
//! Time and memory are linear in the number of cells, but for sorting the rows.

use std::collections::HashMap;

use polars::prelude::DataFrame;

use crate::cells::{Keys, cells};
use crate::codebook::{Codebook, Variable};
use crate::cohort::Assembled;
use crate::error::Error;
use crate::layout::{Form, Layout, WAVE_COLUMN, sort_naturally};
use crate::missing::{self, ColumnMissing, Exclusion, ExclusionReason, Missingness};
use crate::reshape::{ArmColumn, Naming, Parts, Place, Places, column_of_wave};
use crate::roles::{Level, Per, Roles, Wave};
use crate::settle::{Purpose, Raw, Settled, Shape, Wish, settle};
use crate::validate::{Violation, ViolationKind};
use crate::wave_order::{self, has_number};

/// A column of the waves of long data may have so many different values, where they are not
/// declared: more are hardly waves, and would each become a column of every variable.
const MOST_WAVES: usize = 1000;

/// A cohort in the making.
pub(crate) struct Assembly<'a> {
    pub(crate) file: &'a str,
    frame: &'a DataFrame,
    entries: HashMap<&'a str, &'a Variable>,
    pub(crate) roles: &'a Roles,
    layout: Layout<'a>,
    pub(crate) violations: Vec<Violation>,
    /// For each row of the frame its place in the file, where rows were taken out beforehand.
    rows: Option<&'a [usize]>,
    /// The counts of each column, and its place in the file.
    counts: Vec<(usize, ColumnMissing)>,
    /// What a careful reader should know of how the data were taken.
    notes: Vec<String>,
}

/// The wave of each row of long data.
struct WaveOfRow {
    codes: Vec<Option<u32>>,
    /// Whether the row names no wave at all.
    is_absent: Vec<bool>,
    label: Option<String>,
}

/// The arm of each row.
pub(crate) struct ArmOfRow {
    pub(crate) column: Settled,
    pub(crate) levels: Vec<String>,
    is_declared: bool,
}

impl<'a> Assembly<'a> {
    pub(crate) fn new(
        frame: &'a DataFrame,
        codebook: &'a Codebook,
        file: &'a str,
        roles: &'a Roles,
    ) -> Result<Self, Error> {
        let columns: Vec<&str> = frame.columns().iter().map(|c| c.name().as_str()).collect();
        let entries = codebook.variables.iter();
        Ok(Self {
            file,
            frame,
            entries: entries.map(|entry| (entry.name.as_str(), entry)).collect(),
            roles,
            layout: Layout::new(file, &columns, roles)?,
            violations: Vec::new(),
            rows: None,
            counts: Vec::new(),
            notes: Vec::new(),
        })
    }

    /// The same of a frame that holds these rows of the file alone.
    pub(crate) fn of_rows(mut self, rows: &'a [usize]) -> Self {
        self.rows = Some(rows);
        self
    }

    /// The number of a row in the file.
    fn number(&self, row: usize) -> usize {
        self.rows.map_or(row, |rows| rows[row]) + 1
    }

    pub(crate) fn assemble(mut self) -> Result<Assembled, Error> {
        let (subject, subject_label) = self.read_subject()?;
        let wave = self.read_wave(&subject)?;
        let mut arm = self.read_arm()?;
        let variables = self.read_variables()?;

        let places = Places::new(&subject, wave.as_ref().map(|wave| wave.codes.as_slice()));
        self.report_rows(&subject, wave.as_ref(), &places);
        let per_wave: Vec<bool> = variables
            .iter()
            .map(|v| self.is_per_wave(v, &places))
            .collect();
        self.check_varying(&variables, &places);
        self.check_months();
        self.check_time(&variables, &places)?;
        let arm_of = arm.as_mut().map(|arm| self.arm_of_subjects(arm, &subject));

        let parts = Parts {
            file: self.file,
            form: self.layout.form,
            subject: Naming {
                name: self.layout.subject,
                label: subject_label.as_deref(),
                unit: None,
            },
            subjects: &subject,
            arm: arm.as_ref().zip(arm_of).map(|(arm, of_subject)| ArmColumn {
                naming: Naming {
                    unit: None,
                    ..arm.column.naming()
                },
                levels: arm.levels.clone(),
                of_subject,
            }),
            waves: &self.layout.waves,
            wave_label: wave.as_ref().and_then(|wave| wave.label.as_deref()),
            places: &places,
            variables: &variables,
            per_wave: &per_wave,
        };
        let subjects = parts.subjects()?;
        let (measurements, unobserved) = match self.layout.form {
            Form::Single => (subjects.clone(), 0),
            Form::Long(_) | Form::Wide => parts.measurements()?,
        };
        let excluded = exclusions(&subject, wave.as_ref(), &places, unobserved);
        let names = variables.iter().map(|variable| variable.name.clone());
        let arms = self.arms(arm.as_ref());
        let wave_column = match self.layout.form {
            Form::Long(column) => Some(column),
            Form::Wide => Some(WAVE_COLUMN),
            Form::Single => None,
        };
        Ok(Assembled {
            subject_column: self.layout.subject.to_owned(),
            wave_column: wave_column.map(str::to_owned),
            arm_column: self.layout.arm.map(str::to_owned),
            levels: self.declared_levels(&variables, wave_column, &arms),
            arms,
            variables: names.zip(per_wave).collect(),
            subjects,
            measurements,
            missing: self.missingness(excluded),
            violations: self.finish_violations(&subject, wave.as_ref()),
            waves: self.layout.waves,
            notes: self.notes,
        })
    }

    /// Reads a column and takes its missing values out.
    fn read(
        &mut self,
        column: &'a str,
        index: usize,
        variable: &str,
        wave: Option<usize>,
    ) -> Result<Raw<'a>, Error> {
        let mut cells = cells(&self.frame.columns()[index], self.file)?;
        let entry = self.entries.get(column).copied();
        let declared = self
            .layout
            .spec(variable)
            .map_or(&[][..], |spec| &spec.missing);
        let (system, by_code) = missing::take(&mut cells, entry, declared);
        self.counts.push((
            index,
            ColumnMissing {
                column: column.to_owned(),
                variable: variable.to_owned(),
                wave: wave.map(|wave| self.layout.waves[wave].name.clone()),
                rows: cells.rows(),
                observed: cells.rows() - cells.absent(),
                system,
                by_code,
                unusable: 0,
            },
        ));
        Ok(Raw {
            column,
            index,
            wave,
            cells,
            entry,
        })
    }

    /// Reads a column that has a role of its own.
    fn read_role(&mut self, column: &'a str) -> Result<Raw<'a>, Error> {
        let names = self.frame.columns().iter();
        let index = names.clone().position(|c| c.name().as_str() == column);
        let index = index.unwrap_or_default(); // the layout has found the column
        self.read(column, index, column, None)
    }

    fn settle(
        &mut self,
        name: &'a str,
        purpose: Purpose,
        levels: &[Level],
        raws: Vec<Raw<'a>>,
    ) -> Result<Settled, Error> {
        let wish = Wish {
            file: self.file,
            name,
            purpose,
            levels,
            spec: self.layout.spec(name),
        };
        let first = self.counts.len() - raws.len();
        let settled = settle(&wish, raws, &self.layout.waves, &mut self.violations)?;
        for ((_, count), source) in self.counts[first..].iter_mut().zip(&settled.sources) {
            count.unusable = source.unusable;
            count.observed -= source.unusable;
        }
        Ok(settled)
    }

    pub(crate) fn read_subject(&mut self) -> Result<(Keys, Option<String>), Error> {
        let column = self.layout.subject;
        let raw = self.read_role(column)?;
        let declared = self.layout.spec(column).and_then(|spec| spec.label.clone());
        let label = declared.or_else(|| raw.entry.and_then(|entry| entry.label.clone()));
        Ok((raw.cells.keys(), label))
    }

    fn read_wave(&mut self, subject: &Keys) -> Result<Option<WaveOfRow>, Error> {
        let Form::Long(column) = self.layout.form else {
            return Ok(None);
        };
        let raw = self.read_role(column)?;
        let is_absent = (0..raw.cells.rows())
            .map(|row| raw.cells.is_absent(row))
            .collect();
        let levels = self.levels(column, self.wave_levels(), "waves")?;
        let mut settled = self.settle(column, Purpose::Wave, &levels, vec![raw])?;
        if levels.is_empty() {
            self.order_waves(column, &mut settled, subject);
        }
        if self.layout.waves.is_empty() {
            self.layout.waves = self.waves(column, &settled, levels)?;
        }
        let label = settled.label.clone();
        Ok(Some(WaveOfRow {
            codes: settled.into_codes(),
            is_absent,
            label,
        }))
    }

    /// Waves that are named in words stand in the order of the rows of each subject.
    fn order_waves(&mut self, column: &str, settled: &mut Settled, subject: &Keys) {
        let mut by_name = settled.levels().to_vec();
        sort_naturally(&mut by_name);
        let levels = settled.levels();
        // An order that the data declare, or that numbers in the names tell, is one already.
        if levels.len() < 2 || levels != by_name || levels.iter().all(|name| has_number(name)) {
            return;
        }
        let order = wave_order::of_rows(&subject.codes, settled.codes(), levels.len());
        if let Some(order) = &order {
            settled.reorder(order);
        }
        let why = if order.is_some() {
            "in the order in which the rows of each subject go through them"
        } else {
            "by the alphabet, since the rows of the subjects tell no one order"
        };
        self.notes.push(format!(
            "The waves of `{column}` are named in words and taken {why}: {}. Declare them if theirs is another.",
            settled.levels().join(", ")
        ));
    }

    /// The waves of long data that declare none.
    fn waves(
        &self,
        column: &str,
        settled: &Settled,
        levels: Vec<Level>,
    ) -> Result<Vec<Wave>, Error> {
        if !levels.is_empty() {
            let wave = |level: Level| Wave {
                name: level.name,
                label: level.label,
                months: None,
            };
            return Ok(levels.into_iter().map(wave).collect());
        }
        let found = settled.levels();
        if found.len() > MOST_WAVES {
            return Err(Error::TooManyWaves {
                file: self.file.to_owned(),
                column: column.to_owned(),
                found: found.len(),
                most: MOST_WAVES,
            });
        }
        Ok(found.iter().map(Wave::named).collect())
    }

    pub(crate) fn read_arm(&mut self) -> Result<Option<ArmOfRow>, Error> {
        let Some(column) = self.layout.arm else {
            return Ok(None);
        };
        let raw = self.read_role(column)?;
        let levels = self.levels(column, self.roles.arms.clone(), "arms")?;
        let settled = self.settle(column, Purpose::Arm, &levels, vec![raw])?;
        Ok(Some(ArmOfRow {
            levels: settled.levels().to_vec(),
            is_declared: !levels.is_empty(),
            column: settled,
        }))
    }

    /// The declared arms or waves, or the levels that are declared for their column.
    fn levels(&self, column: &str, declared: Vec<Level>, what: &str) -> Result<Vec<Level>, Error> {
        match self.layout.spec(column) {
            Some(spec) if !spec.levels.is_empty() => {
                if declared.is_empty() {
                    return Ok(spec.levels.clone());
                }
                Err(Error::Declaration {
                    file: self.file.to_owned(),
                    what: format!("`{column}`"),
                    problem: format!(
                        "has `levels`, but the {what} are declared too; leave out one of the two"
                    ),
                })
            }
            _ => Ok(declared),
        }
    }

    fn read_variables(&mut self) -> Result<Vec<Settled>, Error> {
        let planned = std::mem::take(&mut self.layout.variables);
        let mut variables = Vec::with_capacity(planned.len());
        for variable in planned {
            let mut raws = Vec::with_capacity(variable.sources.len());
            for source in &variable.sources {
                raws.push(self.read(source.column, source.index, variable.name, source.wave)?);
            }
            let levels = self
                .layout
                .spec(variable.name)
                .map_or(&[][..], |spec| &spec.levels);
            let purpose = if variable.is_cluster {
                Purpose::Cluster
            } else {
                Purpose::Variable
            };
            variables.push(self.settle(variable.name, purpose, levels, raws)?);
        }
        Ok(variables)
    }
}

/// What is wrong with whole rows and between rows.
impl Assembly<'_> {
    fn report(&mut self, kind: ViolationKind, row: usize, column: &str, texts: (String, String)) {
        let violation = Violation::new(kind, column, texts.0, texts.1);
        self.violations.push(violation.at(row));
    }

    /// Rows without a subject or wave, and rows that repeat another.
    fn report_rows(&mut self, subject: &Keys, wave: Option<&WaveOfRow>, places: &Places) {
        let nothing = |what: &str| (what.to_owned(), "nothing".to_owned());
        let column = self.layout.subject;
        for (row, _) in subject
            .codes
            .iter()
            .enumerate()
            .filter(|(_, code)| code.is_none())
        {
            self.report(
                ViolationKind::MissingSubject,
                row,
                column,
                nothing("a subject"),
            );
        }
        if let (Some(wave), Form::Long(column)) = (wave, self.layout.form) {
            for (row, _) in wave
                .is_absent
                .iter()
                .enumerate()
                .filter(|(_, absent)| **absent)
            {
                self.report(ViolationKind::MissingWave, row, column, nothing("a wave"));
            }
        }
        let expected = match self.layout.form {
            Form::Long(_) => "one row for a subject and wave",
            Form::Wide | Form::Single => "one row for a subject",
        };
        for &(row, first) in &places.repeated {
            let found = format!("a second one; the first is row {}", self.number(first));
            self.report(
                ViolationKind::Repeated,
                row,
                column,
                (expected.to_owned(), found),
            );
        }
    }

    /// Whether a variable has one value a wave.
    fn is_per_wave(&self, variable: &Settled, places: &Places) -> bool {
        let declared = self.layout.spec(&variable.name).and_then(|spec| spec.per);
        match (self.layout.form, declared) {
            (Form::Single, _) => false,
            (Form::Wide, _) => variable.sources.iter().any(|source| source.wave.is_some()),
            (Form::Long(_), Some(per)) => per == Per::Wave,
            (Form::Long(_), None) => !never_differs(variable, places),
        }
    }

    /// Variables that were declared to have one value a subject.
    fn check_varying(&mut self, variables: &[Settled], places: &Places) {
        for variable in variables {
            let declared = self.layout.spec(&variable.name).and_then(|spec| spec.per);
            if declared != Some(Per::Subject) || !matches!(self.layout.form, Form::Long(_)) {
                continue;
            }
            for (first, later) in differing(variable, places) {
                let texts = (
                    format!(
                        "one value a subject, {} as in row {}",
                        variable.text(first),
                        self.number(first)
                    ),
                    variable.text(later),
                );
                self.report(ViolationKind::Varies, later, &variable.name, texts);
            }
        }
    }

    /// The declared months of the waves must rise.
    fn check_months(&mut self) {
        let waves = self.layout.waves.iter();
        let timed: Vec<(&Wave, f64)> = waves.filter_map(|w| Some((w, w.months?))).collect();
        for pair in timed.windows(2) {
            let [(before, from), (wave, to)] = pair else {
                continue;
            };
            if to <= from {
                self.violations.push(Violation {
                    kind: ViolationKind::WaveOrder,
                    row: None,
                    subject: None,
                    wave: Some(wave.name.clone()),
                    column: None,
                    expected: format!("more than the {from} months of wave {}", before.name),
                    found: format!("{to} months"),
                });
            }
        }
    }

    /// The times of a subject's measurements may not run backwards.
    fn check_time(&mut self, variables: &[Settled], places: &Places) -> Result<(), Error> {
        let Some(time) = &self.roles.time else {
            return Ok(());
        };
        let Some(variable) = variables.iter().find(|v| v.name == *time) else {
            return Ok(());
        };
        if !matches!(variable.shape, Shape::Numbers { .. }) {
            return Err(Error::Declaration {
                file: self.file.to_owned(),
                what: format!("`{time}`"),
                problem:
                    "is the time of the measurements, but holds texts; give numbers, or dates \
                          written as year-month-day: 2021-03-31"
                        .to_owned(),
            });
        }
        let unit = variable
            .unit
            .as_ref()
            .map_or_else(String::new, |unit| format!(" {unit}"));
        for rows in places.by_subject() {
            let mut last: Option<(f64, usize)> = None;
            for (wave, source, row) in self.moments(variable, rows) {
                let Some(now) = variable.sources[source].values.number(row) else {
                    continue;
                };
                if let Some((before, at)) = last.filter(|(before, _)| now < *before) {
                    let name = |wave: usize| self.layout.waves[wave].name.as_str();
                    let violation = Violation::new(
                        ViolationKind::WaveOrder,
                        &variable.sources[source].column,
                        format!("a time not before that of wave {}", name(at)),
                        format!("one {}{unit} earlier", before - now),
                    );
                    let violation = violation.at(row).in_wave(Some(name(wave)));
                    self.violations.push(violation);
                }
                last = Some((now, wave));
            }
        }
        Ok(())
    }

    /// The waves of a subject in order, and where the value of a variable stands at each.
    fn moments(&self, variable: &Settled, rows: &[Place]) -> Vec<(usize, usize, usize)> {
        match self.layout.form {
            Form::Wide => {
                let sources = variable.sources.iter().enumerate();
                let moments = sources.filter_map(|(s, source)| Some((source.wave?, s)));
                let mut moments: Vec<_> = rows
                    .iter()
                    .flat_map(|place| moments.clone().map(|(wave, s)| (wave, s, place.row())))
                    .collect();
                moments.sort_unstable();
                moments
            }
            Form::Long(_) | Form::Single => {
                let moments = rows.iter();
                moments
                    .map(|place| (place.wave as usize, 0, place.row()))
                    .collect()
            }
        }
    }

    /// The arm of each subject: the first that a row names.
    fn arm_of_subjects(&mut self, arm: &ArmOfRow, subject: &Keys) -> Vec<Option<u32>> {
        let n = subject.names.len();
        let source = &arm.column.sources[0];
        let refused: Vec<usize> = self.rows_with(ViolationKind::UnknownLevel, &source.column);
        let mut arms: Vec<Option<(u32, usize)>> = vec![None; n];
        let mut first_row = vec![None; n];
        let mut is_refused = vec![false; n];
        for row in refused {
            if let Some(subject) = subject.codes[row] {
                is_refused[subject as usize] = true;
            }
        }
        let title = |code: u32| format!("`{}`", arm.levels[code as usize]);
        for (row, subject) in subject.codes.iter().enumerate() {
            let Some(subject) = subject.map(|subject| subject as usize) else {
                continue;
            };
            first_row[subject].get_or_insert(row);
            let Some(code) = source.values.code(row) else {
                continue;
            };
            match arms[subject] {
                None => arms[subject] = Some((code, row)),
                Some((first, _)) if first == code => {}
                Some((first, at)) => {
                    let expected =
                        format!("the arm {} as in row {}", title(first), self.number(at));
                    let texts = (expected, title(code));
                    self.report(ViolationKind::TwoArms, row, &source.column, texts);
                }
            }
        }
        for subject in (0..n).filter(|&s| arms[s].is_none() && !is_refused[s]) {
            let texts = (
                "an arm".to_owned(),
                "none in any row of the subject".to_owned(),
            );
            let row = first_row[subject].unwrap_or_default();
            self.report(ViolationKind::MissingArm, row, &source.column, texts);
        }
        if arm.is_declared {
            self.report_empty_arms(arm, &arms);
        }
        arms.into_iter()
            .map(|arm| arm.map(|(code, _)| code))
            .collect()
    }

    fn report_empty_arms(&mut self, arm: &ArmOfRow, arms: &[Option<(u32, usize)>]) {
        let mut has_somebody = vec![false; arm.levels.len()];
        for (code, _) in arms.iter().flatten() {
            has_somebody[*code as usize] = true;
        }
        for (level, _) in arm
            .levels
            .iter()
            .zip(has_somebody)
            .filter(|(_, somebody)| !somebody)
        {
            self.violations.push(Violation::new(
                ViolationKind::EmptyArm,
                &arm.column.name,
                format!("somebody in the arm `{level}`"),
                "nobody",
            ));
        }
    }

    /// The rows, counted from 0, of the violations of a kind in a column.
    fn rows_with(&self, kind: ViolationKind, column: &str) -> Vec<usize> {
        let of_column = |v: &&Violation| v.kind == kind && v.column.as_deref() == Some(column);
        let violations = self.violations.iter().filter(of_column);
        violations.filter_map(|v| v.row?.checked_sub(1)).collect()
    }

    fn arms(&self, arm: Option<&ArmOfRow>) -> Vec<Level> {
        let Some(arm) = arm else {
            return Vec::new();
        };
        let declared = self
            .layout
            .spec(&arm.column.name)
            .map_or(&[][..], |spec| &spec.levels);
        match (self.roles.arms.as_slice(), declared) {
            ([], []) => arm.levels.iter().map(Level::named).collect(),
            ([], declared) => declared.to_vec(),
            (arms, _) => arms.to_vec(),
        }
    }

    /// The levels of the columns of the tables, where they are declared or name an arm or wave.
    fn declared_levels(
        &self,
        variables: &[Settled],
        wave_column: Option<&str>,
        arms: &[Level],
    ) -> HashMap<String, Vec<Level>> {
        let mut levels = HashMap::new();
        for variable in variables {
            let declared = match self.layout.spec(&variable.name) {
                Some(spec) if !spec.levels.is_empty() => &spec.levels,
                _ => continue,
            };
            let sources = variable.sources.iter().map(|source| source.column.clone());
            let of_waves = self.layout.waves.iter();
            let of_waves = of_waves.map(|wave| column_of_wave(&variable.name, wave));
            for column in sources.chain(of_waves).chain([variable.name.clone()]) {
                levels.insert(column, declared.clone());
            }
        }
        if let Some(column) = wave_column {
            levels.insert(column.to_owned(), self.wave_levels());
        }
        if let Some(column) = self.layout.arm {
            levels.insert(column.to_owned(), arms.to_vec());
        }
        levels
    }

    fn wave_levels(&self) -> Vec<Level> {
        let waves = self.layout.waves.iter();
        let level = |wave: &Wave| Level {
            name: wave.name.clone(),
            code: None,
            label: wave.label.clone(),
        };
        waves.map(level).collect()
    }

    fn missingness(&mut self, excluded: Vec<Exclusion>) -> Missingness {
        let mut counts = std::mem::take(&mut self.counts);
        counts.sort_by_key(|(index, _)| *index);
        Missingness {
            rows: self.frame.height(),
            columns: counts.into_iter().map(|(_, count)| count).collect(),
            excluded,
        }
    }

    /// Adds whose row it is, and puts the violations in the order of the rows.
    fn finish_violations(&mut self, subject: &Keys, wave: Option<&WaveOfRow>) -> Vec<Violation> {
        let mut violations = std::mem::take(&mut self.violations);
        for violation in &mut violations {
            let Some(row) = violation.row.and_then(|row| row.checked_sub(1)) else {
                continue;
            };
            violation.row = Some(self.number(row));
            let code = subject.codes[row];
            violation.subject = code.map(|code| subject.names[code as usize].clone());
            if violation.wave.is_none() {
                let code = wave.and_then(|wave| wave.codes[row]);
                let wave = code.map(|code| &self.layout.waves[code as usize]);
                violation.wave = wave.map(|wave| wave.name.clone());
            }
        }
        violations.sort_by_key(|violation| violation.row);
        violations
    }
}

/// Whether two waves of a subject never differ, and for some subject two can be compared.
fn never_differs(variable: &Settled, places: &Places) -> bool {
    let source = &variable.sources[0];
    let is_observed = |place: &&Place| !source.values.is_missing(place.row());
    let mut compared = false;
    for rows in places.by_subject() {
        let mut observed = rows.iter().filter(is_observed);
        let Some(first) = observed.next() else {
            continue;
        };
        for later in observed {
            compared = true;
            if source.values.differ(first.row(), later.row()) {
                return false;
            }
        }
    }
    compared
}

/// The rows in which a variable differs from its first value for the subject, with the row of
/// this value.
fn differing(variable: &Settled, places: &Places) -> Vec<(usize, usize)> {
    let source = &variable.sources[0];
    let is_observed = |place: &&Place| !source.values.is_missing(place.row());
    let mut pairs = Vec::new();
    for rows in places.by_subject() {
        let mut observed = rows.iter().filter(is_observed).map(|place| place.row());
        if let Some(first) = observed.next() {
            let differing = observed.filter(|&later| source.values.differ(first, later));
            pairs.extend(differing.map(|later| (first, later)));
        }
    }
    pairs
}

/// How many rows were left out, and why; each row is counted once.
fn exclusions(
    subject: &Keys,
    wave: Option<&WaveOfRow>,
    places: &Places,
    unobserved: usize,
) -> Vec<Exclusion> {
    let (mut no_subject, mut no_wave, mut unknown_wave) = (0, 0, 0);
    for (row, code) in subject.codes.iter().enumerate() {
        match (code, wave) {
            (None, _) => no_subject += 1,
            (Some(_), Some(wave)) if wave.is_absent[row] => no_wave += 1,
            (Some(_), Some(wave)) if wave.codes[row].is_none() => unknown_wave += 1,
            _ => {}
        }
    }
    let counts = [
        (ExclusionReason::NoSubject, no_subject),
        (ExclusionReason::NoWave, no_wave),
        (ExclusionReason::UnknownWave, unknown_wave),
        (ExclusionReason::Repeated, places.repeated.len()),
        (ExclusionReason::NothingObserved, unobserved),
    ];
    let exclusions = counts.into_iter().filter(|(_, count)| *count > 0);
    exclusions
        .map(|(reason, count)| Exclusion { reason, count })
        .collect()
}
