use std::collections::HashMap;

use kring_core::{Flow, Table};
use polars::prelude::{BooleanChunked, DataFrame, NewChunkedArray, PolarsError};

use crate::arms::{Kept, OtherArm};
use crate::assembly::Assembly;
use crate::codebook::Codebook;
use crate::error::Error;
use crate::missing::Missingness;
use crate::read::{Dataset, Provenance};
use crate::roles::{Level, Per, Roles, Wave};
use crate::validate::{Violation, list};

/// People over waves: the data of a study, checked and in order.
///
/// [`Cohort::new`] refuses what has no structure (a column that is not there, say). What is wrong
/// with values does not stop it: [`Cohort::validate`] lists all of that at once, and each
/// [`ViolationKind`](crate::ViolationKind) tells what the tables do with it.
///
/// What the tables hold:
///
/// - Levels, arms and waves are called by their names, as in the names of columns (`y_2`);
///   [`Cohort::title`] gives the label for the reader.
/// - Subjects stand in the order of their first rows; waves and arms in the order in which they
///   are declared, or else sorted by the numbers in them. The first arm is the reference.
/// - Declared levels make a factor with these levels; a declared number or range makes numbers, a
///   declared binary, ordinal or nominal variable a factor of the values that occur. Where
///   nothing is declared, a variable becomes a factor if the file labels each of its values (the
///   labels are the levels, in the order of the codes); else numbers stay numbers and texts become
///   a factor. The columns of one wide variable are settled together.
/// - Levels that are not declared stand in the order of their codes or numbers, texts in the order
///   of their bytes, as R's `factor()` has them in the C locale. A boolean becomes a factor with
///   the levels `FALSE` and `TRUE`, an enum of polars keeps its order.
/// - A column without a single value, of which nothing is declared, is numeric.
/// - A date or a date with a time becomes the number of days since 1970-01-01 (UTC), a duration
///   days, a time of day hours since midnight; the unit and label of the column say so.
/// - Codes that mean "missing" are missing; [`Cohort::missing`] counts them by code.
///
/// ```
/// use kring_cohort::{Cohort, Level, ReadOptions, Roles, Wide, read_bytes};
/// let text = b"family,arm,p1,p2\n1,EKC,6,2\n2,WT,5,\n3,EKC,4,3\n";
/// let data = read_bytes("families.csv", text, &ReadOptions::default())?;
/// let roles = Roles {
///     subject: Some("family".into()),
///     arm: Some("arm".into()),
///     arms: vec![Level::named("WT"), Level::named("EKC")],
///     wide: vec![Wide::pattern("problems", "p{wave}")],
///     ..Roles::default()
/// };
/// let cohort = Cohort::new(data, &roles)?;
/// assert!(cohort.validate().is_empty());
/// assert_eq!(cohort.subjects().rows(), 3);
/// assert_eq!(cohort.measurements().rows(), 5); // family 2 was not seen at wave 2
/// let flow = cohort.flow(&["problems"])?;
/// assert_eq!(flow.arms[0].waves[1].left, 1);
/// # Ok::<(), kring_cohort::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Cohort {
    assembled: Assembled,
    codebook: Codebook,
    provenance: Provenance,
    others: Vec<OtherArm>,
}

/// What is made of the frame.
#[derive(Debug, Clone)]
pub(crate) struct Assembled {
    pub(crate) subject_column: String,
    pub(crate) wave_column: Option<String>,
    pub(crate) arm_column: Option<String>,
    pub(crate) waves: Vec<Wave>,
    pub(crate) arms: Vec<Level>,
    /// Each variable and cluster, and whether it has one value a wave.
    pub(crate) variables: Vec<(String, bool)>,
    /// For columns of the tables the levels, where they are declared or name an arm or wave.
    pub(crate) levels: HashMap<String, Vec<Level>>,
    pub(crate) subjects: Table,
    pub(crate) measurements: Table,
    pub(crate) violations: Vec<Violation>,
    pub(crate) missing: Missingness,
    pub(crate) notes: Vec<String>,
}

impl Cohort {
    /// Makes a cohort of a data set.
    pub fn new(dataset: Dataset, roles: &Roles) -> Result<Self, Error> {
        let Dataset {
            frame,
            codebook,
            mut provenance,
        } = dataset;
        let file = provenance.file.as_str();
        let kept = Assembly::new(&frame, &codebook, file, roles)?.kept()?;
        let (assembled, others) = match kept {
            None => {
                let assembly = Assembly::new(&frame, &codebook, file, roles)?;
                (assembly.assemble()?, Vec::new())
            }
            Some(Kept { rows, others }) => {
                let frame = taken(&frame, &rows).map_err(|error| Error::Table {
                    file: file.to_owned(),
                    problem: error.to_string(),
                })?;
                // What the file counts as missing it counts in all its rows.
                let mut codebook = codebook.clone();
                for variable in &mut codebook.variables {
                    variable.missing.by_code.clear();
                }
                let assembly = Assembly::new(&frame, &codebook, file, roles)?.of_rows(&rows);
                (assembly.assemble()?, others)
            }
        };
        provenance.notes.extend(assembled.notes.iter().cloned());
        Ok(Self {
            assembled,
            codebook,
            provenance,
            others,
        })
    }

    /// Makes a cohort of a frame that was not read from a file, such as one from Python.
    pub fn from_frame(frame: DataFrame, roles: &Roles) -> Result<Self, Error> {
        Self::new(Dataset::from_frame(frame, "the data frame")?, roles)
    }

    /// Everything in the data that is not as declared, all at once: first what is not a matter of
    /// one row, then row by row.
    pub fn validate(&self) -> Vec<Violation> {
        self.assembled.violations.clone()
    }

    /// One row a subject: the subject, the arm, the clusters, then the variables.
    ///
    /// In wide data every column keeps its own name. In long data a variable that never differs
    /// between the waves of a subject is one column; any other has a column for each wave, called
    /// `{variable}_{wave}`.
    pub fn subjects(&self) -> &Table {
        &self.assembled.subjects
    }

    /// One row a subject and wave: the subject, the wave, the months since the start where the
    /// waves declare them, the arm, the clusters, then the variables. In data with one occasion
    /// these are the subjects.
    ///
    /// There is a row where at least one variable was observed that has a value a wave; it is the
    /// same for wide and long data. [`Cohort::missing`] counts what was left out. In wide data,
    /// variables that stand in one column are repeated at each wave.
    pub fn measurements(&self) -> &Table {
        &self.assembled.measurements
    }

    /// Who was seen at each wave, by arm: at least one of these variables was observed.
    ///
    /// Subjects without an arm are counted apart, as the arm `(no arm)`.
    pub fn flow(&self, observed: &[&str]) -> Result<Flow, Error> {
        self.check_observed(observed)?;
        let occasions = self.assembled.waves.len().max(1);
        let mut seen = vec![vec![false; occasions]; self.assembled.subjects.rows()];
        let table = &self.assembled.measurements;
        let subject = self.factor(table, &self.assembled.subject_column)?;
        let wave = match &self.assembled.wave_column {
            Some(column) => Some(self.factor(table, column)?),
            None => None,
        };
        let columns = table.columns().iter();
        let columns: Vec<_> = columns
            .filter(|c| observed.contains(&c.name.as_str()))
            .collect();
        for (row, subject) in subject.iter().enumerate() {
            let wave = wave.map_or(Some(0), |codes| codes[row]);
            if let (Some(subject), Some(wave)) = (subject, wave) {
                let is_seen = columns.iter().any(|column| !column.is_missing(row));
                seen[*subject as usize][wave as usize] |= is_seen;
            }
        }
        let (arms, arm_of) = self.arm_places()?;
        let subjects: Vec<(usize, Vec<bool>)> = arm_of.into_iter().zip(seen).collect();
        let waves = if self.assembled.waves.is_empty() {
            vec!["1".to_owned()]
        } else {
            self.assembled
                .waves
                .iter()
                .map(|wave| wave.name.clone())
                .collect()
        };
        let observed = observed.iter().map(|&name| name.to_owned()).collect();
        Flow::count(waves, observed, &arms, &subjects).map_err(|error| Error::Table {
            file: self.provenance().file.clone(),
            problem: error.to_string(),
        })
    }

    /// What is missing in each column of the file, and which rows were left out.
    pub fn missing(&self) -> &Missingness {
        &self.assembled.missing
    }

    /// The waves in order, declared or found. Data with one occasion may have none.
    pub fn waves(&self) -> &[Wave] {
        &self.assembled.waves
    }

    /// The arms in order, declared or found; the first is the reference.
    pub fn arms(&self) -> &[Level] {
        &self.assembled.arms
    }

    /// The arms that were not asked for, with how many people were taken out beforehand for being in
    /// them: [`OtherArms::LeftOut`](crate::OtherArms::LeftOut).
    pub fn others(&self) -> &[OtherArm] {
        &self.others
    }

    /// Who was left out for their arm, in a sentence.
    pub fn left_out(&self) -> Option<String> {
        OtherArm::sentence(&self.others, ["person", "people"])
    }

    /// The wave of a name or label.
    pub fn wave(&self, name: &str) -> Result<&Wave, Error> {
        let by_name = self.assembled.waves.iter().find(|wave| wave.name == name);
        let found = by_name.or_else(|| {
            self.assembled
                .waves
                .iter()
                .find(|wave| wave.title() == name)
        });
        found.ok_or_else(|| Error::UnknownWave {
            file: self.provenance.file.clone(),
            wave: name.to_owned(),
            suggestion: kring_core::suggestion(
                name,
                self.assembled.waves.iter().map(|wave| wave.name.as_str()),
            ),
        })
    }

    /// The arm of a name or label.
    pub fn arm(&self, name: &str) -> Result<&Level, Error> {
        let by_name = self.assembled.arms.iter().find(|arm| arm.name == name);
        let found = by_name.or_else(|| self.assembled.arms.iter().find(|arm| arm.title() == name));
        found.ok_or_else(|| Error::UnknownArm {
            file: self.provenance.file.clone(),
            arm: name.to_owned(),
            suggestion: kring_core::suggestion(
                name,
                self.assembled.arms.iter().map(|arm| arm.name.as_str()),
            ),
        })
    }

    /// What a reader calls a level of a column: the declared label, or the level itself.
    pub fn title<'a>(&'a self, column: &str, level: &'a str) -> &'a str {
        let levels = self.assembled.levels.get(column);
        let declared = levels.and_then(|levels| levels.iter().find(|l| l.name == level));
        declared.map_or(level, Level::title)
    }

    /// The column that names the subject, in both tables.
    pub fn subject_column(&self) -> &str {
        &self.assembled.subject_column
    }

    /// The column that names the wave among the measurements: that of the file in long data,
    /// `wave` in wide data, none where there is one occasion.
    pub fn wave_column(&self) -> Option<&str> {
        self.assembled.wave_column.as_deref()
    }

    /// The column that names the arm, in both tables.
    pub fn arm_column(&self) -> Option<&str> {
        self.assembled.arm_column.as_deref()
    }

    /// The variables and clusters that have one value a wave, or one a subject.
    pub fn variables(&self, per: Per) -> impl Iterator<Item = &str> + Clone {
        let wanted = per == Per::Wave;
        let variables = self.assembled.variables.iter();
        variables
            .filter(move |(_, per_wave)| *per_wave == wanted)
            .map(|(name, _)| name.as_str())
    }

    /// What the file says about its variables.
    pub fn codebook(&self) -> &Codebook {
        &self.codebook
    }

    /// Where the data come from.
    pub fn provenance(&self) -> &Provenance {
        &self.provenance
    }

    fn check_observed(&self, observed: &[&str]) -> Result<(), Error> {
        let file = || self.provenance.file.clone();
        if observed.is_empty() {
            return Err(Error::NothingToObserve {
                file: file(),
                variables: list(self.variables(Per::Wave)),
            });
        }
        for &name in observed {
            let known = self
                .assembled
                .variables
                .iter()
                .find(|(known, _)| known == name);
            match known {
                None => {
                    return Err(Error::UnknownVariable {
                        file: file(),
                        variable: name.to_owned(),
                        suggestion: kring_core::suggestion(name, self.variables(Per::Wave)),
                    });
                }
                Some((_, false)) if self.assembled.wave_column.is_some() => {
                    return Err(Error::OncePerSubject {
                        file: file(),
                        variable: name.to_owned(),
                        suggestion: kring_core::suggestion(name, self.variables(Per::Wave)),
                    });
                }
                Some(_) => {}
            }
        }
        Ok(())
    }

    fn factor<'t>(&self, table: &'t Table, name: &str) -> Result<&'t [Option<u32>], Error> {
        match table.factor(name) {
            Ok(factor) => Ok(factor.codes()),
            Err(error) => Err(Error::Table {
                file: self.provenance.file.clone(),
                problem: error.to_string(),
            }),
        }
    }

    /// The arms of a flow, and for each subject the place of its arm among them.
    fn arm_places(&self) -> Result<(Vec<String>, Vec<usize>), Error> {
        let Some(column) = &self.assembled.arm_column else {
            return Ok((vec![String::new()], vec![0; self.assembled.subjects.rows()]));
        };
        let codes = self.factor(&self.assembled.subjects, column)?;
        let mut arms: Vec<String> = self
            .assembled
            .arms
            .iter()
            .map(|arm| arm.name.clone())
            .collect();
        let none = arms.len();
        if codes.contains(&None) {
            arms.push("(no arm)".to_owned());
        }
        let places = codes
            .iter()
            .map(|code| code.map_or(none, |code| code as usize));
        Ok((arms, places.collect()))
    }
}

/// These rows of a frame, which stand in order.
fn taken(frame: &DataFrame, rows: &[usize]) -> Result<DataFrame, PolarsError> {
    let mut stays = vec![false; frame.height()];
    for &row in rows {
        stays[row] = true;
    }
    frame.filter(&BooleanChunked::from_slice("stays".into(), &stays))
}
