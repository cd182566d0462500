//! Lists of problems over waves: how many, which, and what became of them.
//!
//! An inventory has an item a problem, with yes or no or a score. [`Inventory::counts`] adds the
//! number of problems as a column for models. [`Inventory::prevalence`] says how many have each
//! problem at each wave. [`Inventory::transitions`] says which were solved, which are new and which
//! lasted: a count that falls from six to five may be one problem solved, or four solved and three
//! new.
//!
//! The domains and levels of known instruments stand in `datasets/instruments` as [`Instrument`]s.

mod agreement;
mod instrument;

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use kring_cohort::Cohort;
use kring_core::{Column, ColumnData, Factor, Rate, Stratum, Table, Transition};
use kring_report::Content;
use serde::{Deserialize, Serialize};

pub use instrument::{Domain, English, Instrument, InstrumentLevel, InstrumentSource, Language};

use crate::rate::{Counted, rate, wilson};
use crate::{Error, YesNo, describe};

/// Which columns of a table are the problems, whose they are, and when.
///
/// The table has a row a subject and wave: `Cohort::measurements`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Inventory {
    /// The column of the subject.
    pub subject: String,
    /// The column of the wave.
    pub wave: String,
    /// The column of the arm, where there are arms.
    pub arm: Option<String>,
    /// The problems.
    pub items: Vec<Item>,
    /// What counts as a problem.
    pub problem: Problem,
    /// The lowest and the highest score there can be; a score beyond them is refused.
    pub range: Option<[f64; 2]>,
    /// What becomes of the number of problems where some are not known.
    pub incomplete: Incomplete,
    /// The level of the intervals.
    pub level: f64,
}

/// A problem, a column of the table.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// The column.
    pub column: String,
    /// What a reader calls it; the label of the column where left out.
    #[serde(default)]
    pub label: Option<String>,
}

/// What counts as a problem.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Problem {
    /// Yes: 1, or the level that plainly means yes.
    #[default]
    Yes,
    /// This level of a factor.
    Level(String),
    /// A score of so much or less, as where a low score means trouble: the Zelfredzaamheid-Matrix.
    AtMost(f64),
    /// A score of so much or more, as where the score is the severity.
    AtLeast(f64),
}

/// What becomes of the number of problems where some are not known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Incomplete {
    /// It is not known either.
    #[default]
    Missing,
    /// Those that are known are counted, which is the least that it can be. Where none is known it
    /// is missing.
    CountKnown,
}

/// What an inventory says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InventoryFigures {
    /// The number of problems by arm and wave.
    pub counts: Vec<kring_core::Summary>,
    /// How many have each problem, by arm and wave.
    pub prevalence: Vec<Rate>,
    /// What became of each problem from the first wave to the last, in all and by arm.
    pub transitions: Vec<Transition>,
}

/// The column that [`Inventory::counts`] adds.
pub const COUNT: &str = "number_of_problems";

impl Default for Inventory {
    fn default() -> Self {
        Self {
            subject: String::new(),
            wave: String::new(),
            arm: None,
            items: Vec::new(),
            problem: Problem::Yes,
            range: None,
            incomplete: Incomplete::Missing,
            level: 0.95,
        }
    }
}

impl Item {
    /// A problem that goes by the label of its column.
    pub fn column(column: impl Into<String>) -> Self {
        Self {
            column: column.into(),
            label: None,
        }
    }
}

impl Inventory {
    /// The table with the number of problems as a further column, [`COUNT`].
    ///
    /// ```
    /// use kring::inventory::{COUNT, Inventory, Item, Problem};
    /// use kring_core::{Column, Table};
    /// let score = |values: [f64; 2]| values.map(Some).to_vec();
    /// let table = Table::new(vec![
    ///     Column::factor("family", ["a", "b"], vec![Some(0), Some(1)])?,
    ///     Column::factor("wave", ["1"], vec![Some(0), Some(0)])?,
    ///     Column::numeric("housing", score([2.0, 5.0]))?,
    ///     Column::numeric("finances", score([1.0, 3.0]))?,
    /// ])?;
    /// let inventory = Inventory {
    ///     subject: "family".into(),
    ///     wave: "wave".into(),
    ///     items: vec![Item::column("housing"), Item::column("finances")],
    ///     problem: Problem::AtMost(3.0),
    ///     ..Inventory::default()
    /// };
    /// let counted = inventory.counts(&table)?;
    /// let problems: Vec<_> = counted.numeric(COUNT)?.iter().collect();
    /// assert_eq!(problems, [Some(2.0), Some(1.0)]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn counts(&self, table: &Table) -> Result<Table, Error> {
        self.check_once(table)?;
        self.counted(table)
    }

    /// The same where a subject may stand on several rows of a wave, one a rater.
    fn counted(&self, table: &Table) -> Result<Table, Error> {
        let items = self.read(table)?;
        let count = |row: usize| {
            let known = || items.iter().filter_map(|item| item.has[row]);
            let enough = match self.incomplete {
                Incomplete::Missing => known().count() == items.len(),
                Incomplete::CountKnown => known().count() > 0,
            };
            enough.then(|| known().filter(|has| *has).count() as f64)
        };
        let column = Column::numeric(COUNT, (0..table.rows()).map(count).collect())?
            .with_label("Number of problems")
            .with_unit("problems");
        let columns = table.columns().iter().cloned().chain([column]);
        Ok(Table::new(columns.collect())?)
    }

    /// How many have each problem, at each wave and in each arm, among those seen there.
    pub fn prevalence(&self, table: &Table) -> Result<Vec<Rate>, Error> {
        self.check_once(table)?;
        let items = self.read(table)?;
        let waves = table.factor(&self.wave)?;
        let arms = self.arm.as_ref().map(|arm| table.factor(arm)).transpose()?;
        let mut cells: Vec<(Vec<Stratum>, Vec<usize>)> = Vec::new();
        for (wave, wave_name) in waves.levels().iter().enumerate() {
            let at_wave = |row: &usize| is(waves, *row, wave);
            let mut add = |arm: Option<(usize, &Factor)>| {
                let rows = (0..table.rows()).filter(at_wave);
                let rows = rows.filter(|row| arm.is_none_or(|(place, arms)| is(arms, *row, place)));
                let mut strata = Vec::new();
                if let (Some(variable), Some((place, arms))) = (&self.arm, arm) {
                    strata.push(stratum(variable, &arms.levels()[place]));
                }
                strata.push(stratum(&self.wave, wave_name));
                cells.push((strata, rows.collect()));
            };
            match arms {
                Some(arms) => (0..arms.levels().len()).for_each(|place| add(Some((place, arms)))),
                None => add(None),
            }
        }
        let mut rates = Vec::with_capacity(items.len() * cells.len());
        for item in &items {
            for (strata, rows) in &cells {
                let what = Counted {
                    id: &item.column,
                    label: &item.label,
                    of_what: "people seen",
                    strata,
                };
                rates.push(rate(
                    &what,
                    rows.iter().map(|&row| item.has[row]),
                    self.level,
                )?);
            }
        }
        Ok(rates)
    }

    /// What became of each problem from one wave to another: in all, and in each arm.
    ///
    /// Everybody in the table counts; who is not seen at one of the waves is unknown.
    pub fn transitions(
        &self,
        table: &Table,
        from: &str,
        to: &str,
    ) -> Result<Vec<Transition>, Error> {
        self.check_once(table)?;
        let items = self.read(table)?;
        let people = self.people(table, from, to)?;
        let arms = self
            .arm
            .as_ref()
            .map(|arm| Ok::<_, Error>((arm, table.factor(arm)?)));
        let arms = arms.transpose()?;
        let mut transitions = Vec::new();
        for item in &items {
            let of = |place: Option<usize>| -> Result<Transition, Error> {
                let strata = match (place, arms) {
                    (Some(place), Some((arm, factor))) => {
                        vec![stratum(arm, &factor.levels()[place])]
                    }
                    _ => Vec::new(),
                };
                let members = people.iter().filter(|p| place.is_none() || p.arm == place);
                self.transition(item, members, strata, (from, to))
            };
            transitions.push(of(None)?);
            for place in 0..arms.map_or(0, |(_, factor)| factor.levels().len()) {
                transitions.push(of(Some(place))?);
            }
        }
        Ok(transitions)
    }

    /// The number of problems and each problem by arm and wave, and what became of each from the
    /// first wave to the last.
    pub fn figures(&self, table: &Table) -> Result<InventoryFigures, Error> {
        let by: Vec<&str> = self
            .arm
            .iter()
            .chain([&self.wave])
            .map(String::as_str)
            .collect();
        let waves = table.factor(&self.wave)?.levels();
        let transitions = match waves {
            [first, .., last] => self.transitions(table, first, last)?,
            _ => Vec::new(),
        };
        Ok(InventoryFigures {
            counts: describe(&self.counts(table)?, &[COUNT], &by)?,
            prevalence: self.prevalence(table)?,
            transitions,
        })
    }

    /// The figures of the measurements of a cohort; its subject, wave and arm where none are named.
    pub fn of_cohort(&self, cohort: &Cohort) -> Result<InventoryFigures, Error> {
        self.within(cohort)?.figures(cohort.measurements())
    }

    /// The same of the subject, wave and arm of a cohort, where none are named.
    pub fn within(&self, cohort: &Cohort) -> Result<Self, Error> {
        let Some(wave) = cohort.wave_column() else {
            return Err(Error::Argument {
                what: "the inventory".to_owned(),
                why: "the cohort has no waves; declare the column of the wave".to_owned(),
            });
        };
        let own = |given: &str, name: &str| if given.is_empty() { name } else { given }.to_owned();
        Ok(Self {
            subject: own(&self.subject, cohort.subject_column()),
            wave: own(&self.wave, wave),
            arm: self.arm.clone().or(cohort.arm_column().map(str::to_owned)),
            ..self.clone()
        })
    }

    fn transition<'a>(
        &self,
        item: &Read,
        members: impl Iterator<Item = &'a Person>,
        strata: Vec<Stratum>,
        (from, to): (&str, &str),
    ) -> Result<Transition, Error> {
        let mut found = Transition {
            problem: item.column.clone(),
            label: item.label.clone(),
            strata,
            from: from.to_owned(),
            to: to.to_owned(),
            never: 0,
            new: 0,
            solved: 0,
            lasting: 0,
            unknown: 0,
            solved_share: None,
            new_share: None,
        };
        for person in members {
            let had = person.before.and_then(|row| item.has[row]);
            let has = person.after.and_then(|row| item.has[row]);
            *match (had, has) {
                (Some(false), Some(false)) => &mut found.never,
                (Some(false), Some(true)) => &mut found.new,
                (Some(true), Some(false)) => &mut found.solved,
                (Some(true), Some(true)) => &mut found.lasting,
                _ => &mut found.unknown,
            } += 1;
        }
        let share = |label: &str, x: usize, others: usize| {
            (x + others > 0)
                .then(|| wilson(label, x, x + others, self.level))
                .transpose()
        };
        found.solved_share = share("solved", found.solved, found.lasting)?;
        found.new_share = share("new", found.new, found.never)?;
        Ok(found)
    }

    /// Each subject with its arm and its rows at the two waves.
    fn people(&self, table: &Table, from: &str, to: &str) -> Result<Vec<Person>, Error> {
        let waves = table.factor(&self.wave)?;
        for wave in [from, to] {
            if !waves.levels().iter().any(|level| level == wave) {
                return Err(Error::Argument {
                    what: format!("wave `{wave}`"),
                    why: format!(
                        "column `{}` has no such level{}",
                        self.wave,
                        kring_core::suggestion(wave, waves.levels().iter().map(String::as_str))
                    ),
                });
            }
        }
        if from == to {
            return Err(Error::Argument {
                what: format!("waves `{from}` and `{to}`"),
                why: "nothing can change from a wave to itself; name two waves".to_owned(),
            });
        }
        let arms = self.arm.as_ref().map(|arm| table.factor(arm)).transpose()?;
        let mut people: Vec<Person> = Vec::new();
        let mut places: HashMap<Key, usize> = HashMap::new();
        let subjects = table.column(&self.subject)?;
        for row in 0..table.rows() {
            let Some(key) = key(subjects, row) else {
                continue;
            };
            let place = *places.entry(key).or_insert_with(|| {
                people.push(Person::default());
                people.len() - 1
            });
            let person = &mut people[place];
            let arm = arms
                .and_then(|arms| arms.code(row))
                .map(|code| code as usize);
            if person.arm.is_some() && arm.is_some() && person.arm != arm {
                return Err(self.fault(row, "is in another arm than before"));
            }
            person.arm = person.arm.or(arm);
            match waves.label(row) {
                Some(wave) if wave == from => person.before = Some(row),
                Some(wave) if wave == to => person.after = Some(row),
                _ => {}
            }
        }
        Ok(people)
    }

    /// Nobody stands twice at a wave: each row would count as a person.
    fn check_once(&self, table: &Table) -> Result<(), Error> {
        const NAMED: usize = 5;
        let subjects = table.column(&self.subject)?;
        let waves = table.factor(&self.wave)?;
        let mut first: HashMap<(Key, u32), usize> = HashMap::new();
        let mut twice = Vec::new();
        for row in 0..table.rows() {
            let (Some(subject), Some(wave)) = (key(subjects, row), waves.code(row)) else {
                continue;
            };
            match first.entry((subject, wave)) {
                Entry::Vacant(place) => {
                    place.insert(row);
                }
                Entry::Occupied(place) => twice.push((*place.get(), row)),
            }
        }
        if twice.is_empty() {
            return Ok(());
        }
        let named = twice.iter().take(NAMED).map(|&(first, row)| {
            format!(
                "`{}` at wave {} (rows {} and {})",
                value(subjects, row),
                waves.label(row).unwrap_or_default(),
                first + 1,
                row + 1
            )
        });
        let mut named: Vec<String> = named.collect();
        if twice.len() > NAMED {
            named.push(format!("{} more", twice.len() - NAMED));
        }
        Err(Error::Argument {
            what: format!("subject `{}`", self.subject),
            why: format!(
                "a subject has one row a wave, but these stand twice: {}. Keep one row of each; where \
                 several raters scored the same subject, name the column of the rater",
                named.join(", ")
            ),
        })
    }

    fn fault(&self, row: usize, what: &str) -> Error {
        Error::Argument {
            what: format!("subject `{}`", self.subject),
            why: format!("the subject of row {} {what}; correct the data", row + 1),
        }
    }

    /// The problems, each yes, no or not known, row by row.
    fn read(&self, table: &Table) -> Result<Vec<Read>, Error> {
        if self.items.is_empty() {
            return Err(Error::Argument {
                what: "the inventory".to_owned(),
                why: "it has no items; name the columns of the problems".to_owned(),
            });
        }
        let read = |item: &Item| {
            let column = table.column(&item.column)?;
            Ok(Read {
                column: item.column.clone(),
                label: item
                    .label
                    .clone()
                    .unwrap_or_else(|| column.title().to_owned()),
                has: self.has(table, column)?,
            })
        };
        self.items.iter().map(read).collect()
    }

    fn has(&self, table: &Table, column: &Column) -> Result<Vec<Option<bool>>, Error> {
        let yes_no = |yes: Option<&String>| {
            self.check_codes(column)?;
            let role = YesNo {
                column: column.name.clone(),
                yes: yes.cloned(),
            };
            role.read(table)
        };
        let scores = |is: &dyn Fn(f64) -> bool| -> Result<Vec<Option<bool>>, Error> {
            let scores = table.numeric(&column.name)?.iter().enumerate();
            let has = scores.map(|(row, score)| match (score, self.range) {
                (Some(score), Some([low, high])) if !(low..=high).contains(&score) => {
                    Err(Error::Argument {
                        what: format!("column `{}`", column.name),
                        why: format!(
                            "{score} at row {} is no score from {low} to {high}; {DECLARE}",
                            row + 1
                        ),
                    })
                }
                _ => Ok(score.map(is)),
            });
            has.collect()
        };
        match &self.problem {
            Problem::Yes => yes_no(None),
            Problem::Level(level) => yes_no(Some(level)),
            Problem::AtMost(most) => scores(&|score| score <= *most),
            Problem::AtLeast(least) => scores(&|score| score >= *least),
        }
    }
}

impl Inventory {
    /// Levels that are numbers lie on the scale of the instrument.
    fn check_codes(&self, column: &Column) -> Result<(), Error> {
        let (Some([low, high]), ColumnData::Factor(factor)) = (self.range, column.data()) else {
            return Ok(());
        };
        let beyond = |level: &&str| {
            let number = level.trim().parse::<f64>();
            number.is_ok_and(|number| !(low..=high).contains(&number))
        };
        let codes = factor.codes().iter().flatten();
        let mut levels = codes.map(|&code| factor.levels()[code as usize].as_str());
        match levels.find(beyond) {
            None => Ok(()),
            Some(level) => Err(Error::Argument {
                what: format!("column `{}`", column.name),
                why: format!("`{level}` is no score from {low} to {high}; {DECLARE}"),
            }),
        }
    }
}

const DECLARE: &str = "if it means “missing”, declare it so (`--missing`, `missing=`)";

impl InventoryFigures {
    /// The figures as the pieces of a report.
    pub fn content(&self) -> Vec<Content> {
        vec![
            Content::Summaries(self.counts.clone()),
            Content::Rates(self.prevalence.clone()),
            Content::Transitions(self.transitions.clone()),
        ]
    }
}

/// An item of the inventory, read.
struct Read {
    column: String,
    label: String,
    has: Vec<Option<bool>>,
}

/// A subject: the place of its arm, and its rows.
#[derive(Debug, Clone, Copy, Default)]
struct Person {
    arm: Option<usize>,
    before: Option<usize>,
    after: Option<usize>,
}

/// Whatever names a subject.
#[derive(PartialEq, Eq, Hash)]
enum Key {
    Code(u32),
    Number(u64),
}

fn key(column: &Column, row: usize) -> Option<Key> {
    match column.data() {
        ColumnData::Factor(factor) => factor.code(row).map(Key::Code),
        // Zero and minus zero are one number.
        ColumnData::Numeric(numeric) => numeric.get(row).map(|x| Key::Number((x + 0.0).to_bits())),
    }
}

/// What names a subject, in words.
fn value(column: &Column, row: usize) -> String {
    match column.data() {
        ColumnData::Factor(factor) => factor.label(row).unwrap_or_default().to_owned(),
        ColumnData::Numeric(numeric) => {
            numeric.get(row).map_or_else(String::new, |x| x.to_string())
        }
    }
}

fn is(factor: &Factor, row: usize, place: usize) -> bool {
    factor.code(row).is_some_and(|code| code as usize == place)
}

fn stratum(variable: &str, level: &str) -> Stratum {
    Stratum {
        variable: variable.to_owned(),
        level: level.to_owned(),
    }
}
