//! Settled variables become the two tables: one row a subject, one row a subject and wave.

use std::collections::HashSet;

use kring_core::{Column, Table};

use crate::cells::{Keys, place};
use crate::error::Error;
use crate::layout::{Form, MONTHS_COLUMN, WAVE_COLUMN};
use crate::roles::Wave;
use crate::settle::{Settled, Shape};

/// A row of the file: whose it is, and of which wave in long data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) subject: u32,
    pub(crate) wave: u32,
    pub(crate) row: u32,
}

impl Place {
    pub(crate) fn row(self) -> usize {
        self.row as usize
    }
}

/// The usable rows in the order of subjects and waves, and those that repeat an earlier one.
pub(crate) struct Places {
    pub(crate) all: Vec<Place>,
    /// A row, and the earlier row that it repeats.
    pub(crate) repeated: Vec<(usize, usize)>,
}

impl Places {
    /// Subjects stand in the order of their first row, waves in their own order.
    pub(crate) fn new(subject: &Keys, wave: Option<&[Option<u32>]>) -> Self {
        let mut all: Vec<Place> = Vec::with_capacity(subject.codes.len());
        for (row, code) in subject.codes.iter().enumerate() {
            let wave = wave.map_or(Some(0), |waves| waves[row]);
            if let (Some(subject), Some(wave)) = (*code, wave) {
                all.push(Place {
                    subject,
                    wave,
                    row: place(row),
                });
            }
        }
        all.sort_unstable();
        let mut repeated = Vec::new();
        all.dedup_by(|later, first| {
            let same = (later.subject, later.wave) == (first.subject, first.wave);
            if same {
                repeated.push((later.row(), first.row()));
            }
            same
        });
        repeated.sort_unstable();
        Self { all, repeated }
    }

    /// The rows of each subject in the order of the waves.
    pub(crate) fn by_subject(&self) -> impl Iterator<Item = &[Place]> {
        self.all.chunk_by(|a, b| a.subject == b.subject)
    }
}

/// Everything that the tables are made of.
pub(crate) struct Parts<'a> {
    pub(crate) file: &'a str,
    pub(crate) form: Form<'a>,
    pub(crate) subject: Naming<'a>,
    pub(crate) subjects: &'a Keys,
    pub(crate) arm: Option<ArmColumn<'a>>,
    pub(crate) waves: &'a [Wave],
    pub(crate) wave_label: Option<&'a str>,
    pub(crate) places: &'a Places,
    pub(crate) variables: &'a [Settled],
    /// For each variable whether it has one value a wave.
    pub(crate) per_wave: &'a [bool],
}

/// What a column is called.
#[derive(Clone, Copy)]
pub(crate) struct Naming<'a> {
    pub(crate) name: &'a str,
    pub(crate) label: Option<&'a str>,
    pub(crate) unit: Option<&'a str>,
}

/// The arm of each subject.
pub(crate) struct ArmColumn<'a> {
    pub(crate) naming: Naming<'a>,
    pub(crate) levels: Vec<String>,
    pub(crate) of_subject: Vec<Option<u32>>,
}

/// A cell of the file: which column of its variable, and which row.
type Cell = Option<(usize, u32)>;

impl Parts<'_> {
    /// One row a subject, in the order of their first rows.
    ///
    /// The subject, the arm and the clusters come first, then the variables in the order of the
    /// file. Wide columns keep their names; a variable of long data that has one value a wave
    /// gets a column for each wave.
    pub(crate) fn subjects(&self) -> Result<Table, Error> {
        let everybody: Vec<u32> = (0..self.subjects.names.len()).map(place).collect();
        let mut columns = vec![self.subject_column(&everybody)?];
        columns.extend(self.arm_column(&everybody)?);

        // Each column with its place: the clusters first, then as in the file.
        let mut made: Vec<((bool, usize), Column)> = Vec::new();
        let rows = self.rows_by_wave();
        for (v, (variable, &per_wave)) in self.variables.iter().zip(self.per_wave).enumerate() {
            let long = matches!(self.form, Form::Long(_));
            if long && per_wave {
                for (wave, rows) in self.waves.iter().zip(&rows) {
                    let column = self.wave_of_variable(variable, wave, rows)?;
                    made.push((variable.order(v, 0), column));
                }
            } else if long {
                let column =
                    self.build(variable.naming(), variable, &self.first_values(variable))?;
                made.push((variable.order(v, 0), column));
            } else {
                for (s, source) in variable.sources.iter().enumerate() {
                    let cells = cells_of(s, &rows[0]);
                    let naming = Naming {
                        name: &source.column,
                        label: source.label.as_deref(),
                        unit: variable.unit.as_deref(),
                    };
                    made.push((variable.order(v, s), self.build(naming, variable, &cells)?));
                }
            }
        }
        made.sort_by_key(|(order, _)| *order);
        columns.extend(made.into_iter().map(|(_, column)| column));
        self.table(columns)
    }

    /// One row a subject and wave at which something was observed, and how many pairs were left
    /// out because nothing was.
    pub(crate) fn measurements(&self) -> Result<(Table, usize), Error> {
        let (kept, left_out) = self.observed_places();
        let subjects: Vec<u32> = kept.iter().map(|place| place.subject).collect();
        let mut columns = vec![self.subject_column(&subjects)?];
        columns.push(self.wave_column(&kept)?);
        columns.extend(self.months_column(&kept)?);
        columns.extend(self.arm_column(&subjects)?);
        for (variable, &per_wave) in self.variables.iter().zip(self.per_wave) {
            let at = self.sources_at(variable);
            let wide = self.form == Form::Wide && per_wave;
            let cells: Vec<Cell> = kept
                .iter()
                .map(|place| {
                    let source = if wide {
                        at[place.wave as usize]
                    } else {
                        Some(0)
                    };
                    source.map(|source| (source, place.row))
                })
                .collect();
            columns.push(self.build(variable.naming(), variable, &cells)?);
        }
        Ok((self.table(columns)?, left_out))
    }

    /// The subjects and waves at which a variable that has one value a wave was observed.
    fn observed_places(&self) -> (Vec<Place>, usize) {
        let varying = self.variables.iter().zip(self.per_wave);
        let varying = varying.filter(|(variable, per_wave)| **per_wave && !variable.is_cluster);
        let varying: Vec<&Settled> = varying.map(|(variable, _)| variable).collect();
        let all = &self.places.all;
        if self.form != Form::Wide {
            let is_observed = |place: &&Place| {
                varying.is_empty() || varying.iter().any(|v| v.is_observed(0, place.row()))
            };
            let kept: Vec<Place> = all.iter().filter(is_observed).copied().collect();
            let left_out = all.len() - kept.len();
            return (kept, left_out);
        }
        let at: Vec<Vec<Option<usize>>> = varying.iter().map(|v| self.sources_at(v)).collect();
        let mut kept = Vec::new();
        for place in all {
            for wave in 0..self.waves.len() {
                let is_observed = varying.iter().zip(&at).any(|(variable, at)| {
                    at[wave].is_some_and(|source| variable.is_observed(source, place.row()))
                });
                if is_observed {
                    kept.push(Place {
                        wave: crate::cells::place(wave),
                        ..*place
                    });
                }
            }
        }
        let left_out = all.len() * self.waves.len() - kept.len();
        (kept, left_out)
    }

    /// For each wave the source of a wide variable.
    fn sources_at(&self, variable: &Settled) -> Vec<Option<usize>> {
        let mut at = vec![None; self.waves.len()];
        for (s, source) in variable.sources.iter().enumerate() {
            if let Some(wave) = source.wave {
                at[wave] = Some(s);
            }
        }
        at
    }

    /// For each wave the row of every subject. Data that are not long have one row for all.
    fn rows_by_wave(&self) -> Vec<Vec<Option<u32>>> {
        let waves = match self.form {
            Form::Long(_) => self.waves.len(),
            Form::Wide | Form::Single => 1,
        };
        let mut rows = vec![vec![None; self.subjects.names.len()]; waves];
        for place in &self.places.all {
            rows[place.wave as usize][place.subject as usize] = Some(place.row);
        }
        rows
    }

    /// For each subject the first value of a variable, in the order of the waves.
    fn first_values(&self, variable: &Settled) -> Vec<Cell> {
        let mut cells = vec![None; self.subjects.names.len()];
        for place in &self.places.all {
            let cell = &mut cells[place.subject as usize];
            if cell.is_none() && variable.is_observed(0, place.row()) {
                *cell = Some((0, place.row));
            }
        }
        cells
    }

    fn subject_column(&self, subjects: &[u32]) -> Result<Column, Error> {
        let codes = subjects.iter().copied().map(Some).collect();
        let levels = self.subjects.names.iter().cloned();
        let column = Column::factor(self.subject.name, levels, codes);
        Ok(self.subject.put(column.map_err(|e| self.fail(&e))?))
    }

    fn arm_column(&self, subjects: &[u32]) -> Result<Option<Column>, Error> {
        let Some(arm) = &self.arm else {
            return Ok(None);
        };
        let codes = subjects
            .iter()
            .map(|&s| arm.of_subject[s as usize])
            .collect();
        let column = Column::factor(arm.naming.name, arm.levels.iter().cloned(), codes);
        Ok(Some(arm.naming.put(column.map_err(|e| self.fail(&e))?)))
    }

    fn wave_column(&self, kept: &[Place]) -> Result<Column, Error> {
        let codes = kept.iter().map(|place| Some(place.wave)).collect();
        let levels = self.waves.iter().map(|wave| wave.name.as_str());
        let name = match self.form {
            Form::Long(column) => column,
            Form::Wide | Form::Single => WAVE_COLUMN,
        };
        let naming = Naming {
            name,
            label: self.wave_label,
            unit: None,
        };
        let column = Column::factor(name, levels, codes);
        Ok(naming.put(column.map_err(|e| self.fail(&e))?))
    }

    /// The months since the start, where a wave declares them.
    fn months_column(&self, kept: &[Place]) -> Result<Option<Column>, Error> {
        if self.waves.iter().all(|wave| wave.months.is_none()) {
            return Ok(None);
        }
        let months = kept
            .iter()
            .map(|place| self.waves[place.wave as usize].months);
        let column = Column::numeric(MONTHS_COLUMN, months.collect());
        Ok(Some(column.map_err(|e| self.fail(&e))?.with_unit("months")))
    }

    /// One of the columns of a variable of long data.
    fn wave_of_variable(
        &self,
        variable: &Settled,
        wave: &Wave,
        rows: &[Option<u32>],
    ) -> Result<Column, Error> {
        let label = variable.label.as_ref();
        let label = label.map(|label| format!("{label}, {}", wave.title()));
        let naming = Naming {
            name: &column_of_wave(&variable.name, wave),
            label: label.as_deref(),
            unit: variable.unit.as_deref(),
        };
        self.build(naming, variable, &cells_of(0, rows))
    }

    fn build(&self, naming: Naming, variable: &Settled, cells: &[Cell]) -> Result<Column, Error> {
        let column = match &variable.shape {
            Shape::Numbers { counted } => {
                let numbers = gather(cells, |source, row| {
                    variable.sources[source].values.number(row)
                });
                let column = Column::numeric(naming.name, numbers);
                if *counted {
                    column.map(Column::counted)
                } else {
                    column
                }
            }
            Shape::Factor { levels, ordered } => {
                let codes = gather(cells, |source, row| {
                    variable.sources[source].values.code(row)
                });
                let column = Column::factor(naming.name, levels.iter().cloned(), codes);
                if *ordered {
                    column.map(Column::ordered)
                } else {
                    column
                }
            }
        };
        Ok(naming.put(column.map_err(|e| self.fail(&e))?))
    }

    fn table(&self, columns: Vec<Column>) -> Result<Table, Error> {
        let mut seen = HashSet::new();
        let twice = columns
            .iter()
            .find(|column| !seen.insert(column.name.as_str()));
        if let Some(column) = twice {
            return Err(Error::NameTaken {
                file: self.file.to_owned(),
                column: column.name.clone(),
                by: "is made for one wave of a variable",
            });
        }
        Table::new(columns).map_err(|e| self.fail(&e))
    }

    fn fail(&self, error: &kring_core::Error) -> Error {
        Error::Table {
            file: self.file.to_owned(),
            problem: error.to_string(),
        }
    }
}

impl Naming<'_> {
    fn put(self, mut column: Column) -> Column {
        column.label = self.label.map(str::to_owned);
        column.unit = self.unit.map(str::to_owned);
        column
    }
}

impl Settled {
    pub(crate) fn naming(&self) -> Naming<'_> {
        Naming {
            name: &self.name,
            label: self.label.as_deref(),
            unit: self.unit.as_deref(),
        }
    }

    /// Where one of its columns stands among those of the subjects.
    fn order(&self, place: usize, source: usize) -> (bool, usize) {
        if self.is_cluster {
            (false, place)
        } else {
            (true, self.sources[source].index)
        }
    }

    fn is_observed(&self, source: usize, row: usize) -> bool {
        !self.sources[source].values.is_missing(row)
    }
}

/// The column of a variable of long data among the subjects, for one wave.
pub(crate) fn column_of_wave(variable: &str, wave: &Wave) -> String {
    format!("{variable}_{}", wave.name)
}

fn cells_of(source: usize, rows: &[Option<u32>]) -> Vec<Cell> {
    rows.iter()
        .map(|row| row.map(|row| (source, row)))
        .collect()
}

fn gather<T>(cells: &[Cell], value: impl Fn(usize, usize) -> Option<T>) -> Vec<Option<T>> {
    let value = |cell: &Cell| cell.and_then(|(source, row)| value(source, row as usize));
    cells.iter().map(value).collect()
}
