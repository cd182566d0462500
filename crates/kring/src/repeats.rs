//! Rows that belong together though nobody said so.
//!
//! Long data have a row for each family and wave. Compared as they stand, each family counts as often
//! as it was seen, and no interval holds.

use kring_core::{Caution, Column, ColumnData, Table};

/// The fewest families in which a pattern is no accident.
const FEWEST: usize = 4;
/// The most waves.
const MOST_WAVES: usize = 20;

/// Two columns by which the rows of a table are told apart: who, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repeated {
    /// The column whose values repeat.
    pub subject: String,
    /// The column that tells the rows of one of them apart.
    pub wave: String,
}

impl Repeated {
    /// What a reader should do about it.
    pub fn caution(&self) -> Caution {
        let Self { subject, wave } = self;
        Caution::Note(format!(
            "The rows repeat: `{wave}` tells those of one `{subject}` apart, and all of them count as \
             independent here. Take one wave (`--wave {wave}=…`), or name `{subject}` as the cluster."
        ))
    }

    /// The same where rows are counted as people.
    pub fn counted(&self) -> Caution {
        let Self { subject, wave } = self;
        Caution::Note(format!(
            "The rows repeat: `{wave}` tells those of one `{subject}` apart, and each of them counts as \
             one of the people here. Say so (`--subject {subject} --wave {wave}`, in Python a cohort), or keep the \
             rows of one `{wave}`."
        ))
    }
}

/// Whether the rows look like measurements of the same people, each in one arm; `taken` are the columns
/// that have another part already.
///
/// Some column has no value twice at one level of another, most of its values have a row at all of
/// these levels, and none lies in two arms.
///
/// ```
/// use kring::repeats::repeated;
/// use kring_core::{Column, Table};
/// let every = |codes: [u32; 8]| codes.map(|x| Some(f64::from(x))).to_vec();
/// let table = Table::new(vec![
///     Column::numeric("family", every([1, 1, 2, 2, 3, 3, 4, 4]))?,
///     Column::numeric("wave", every([1, 2, 1, 2, 1, 2, 1, 2]))?,
///     Column::numeric("arm", every([0, 0, 0, 0, 1, 1, 1, 1]))?,
///     Column::numeric("problems", every([6, 4, 7, 7, 5, 2, 8, 3]))?,
/// ])?;
/// let found = repeated(&table, "arm", &["problems"]).unwrap();
/// assert_eq!((found.subject.as_str(), found.wave.as_str()), ("family", "wave"));
/// # Ok::<(), kring_core::Error>(())
/// ```
pub fn repeated(table: &Table, arm: &str, taken: &[&str]) -> Option<Repeated> {
    let rows = table.rows();
    let arms = Codes::of(table.column(arm).ok()?)?;
    let free = |column: &&Column| column.name != arm && !taken.contains(&column.name.as_str());
    let columns: Vec<(&str, Codes)> = table
        .columns()
        .iter()
        .filter(free)
        .filter_map(|column| Some((column.name.as_str(), Codes::of(column)?)))
        .collect();
    let subjects = columns
        .iter()
        .filter(|(_, subject)| (FEWEST..rows).contains(&subject.levels) && subject.lies_in(&arms));
    for (name, subject) in subjects {
        for (wave_name, wave) in &columns {
            if (2..=MOST_WAVES).contains(&wave.levels)
                && wave.levels < subject.levels
                && subject.crossed_with(wave)
            {
                return Some(Repeated {
                    subject: (*name).to_owned(),
                    wave: (*wave_name).to_owned(),
                });
            }
        }
    }
    None
}

/// The values of a column, numbered from zero; only columns without gaps.
struct Codes {
    of_row: Vec<usize>,
    levels: usize,
}

impl Codes {
    fn of(column: &Column) -> Option<Self> {
        let keys: Vec<u64> = match column.data() {
            ColumnData::Factor(factor) => {
                let codes = factor.codes().iter();
                codes
                    .map(|code| code.map(u64::from))
                    .collect::<Option<_>>()?
            }
            ColumnData::Numeric(numeric) => {
                let whole = |x: Option<f64>| x.filter(|x| x.fract() == 0.0).map(f64::to_bits);
                numeric.iter().map(whole).collect::<Option<_>>()?
            }
        };
        let mut known = keys.clone();
        known.sort_unstable();
        known.dedup();
        let place = |key| known.binary_search(key).unwrap_or_default();
        Some(Self {
            of_row: keys.iter().map(place).collect(),
            levels: known.len(),
        })
    }

    /// Whether every value has one value only of the other.
    fn lies_in(&self, other: &Self) -> bool {
        let mut at = vec![None; self.levels];
        self.of_row
            .iter()
            .zip(&other.of_row)
            .all(|(&mine, &theirs)| *at[mine].get_or_insert(theirs) == theirs)
    }

    /// Whether no value has two rows at one level of the other, and most have one at every level.
    fn crossed_with(&self, other: &Self) -> bool {
        let mut seen = vec![false; self.levels * other.levels];
        let mut count = vec![0_usize; self.levels];
        for (&mine, &theirs) in self.of_row.iter().zip(&other.of_row) {
            let place = mine * other.levels + theirs;
            if std::mem::replace(&mut seen[place], true) {
                return false;
            }
            count[mine] += 1;
        }
        let whole = count.iter().filter(|&&n| n == other.levels).count();
        2 * whole > self.levels
    }
}
