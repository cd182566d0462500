//! The first table of a study: groups side by side, and how far apart they lie.
//!
//! Whether groups are alike is a matter of how far apart they lie, not of a test. In a randomised
//! trial every difference at the start is due to chance, so a test asks what is known already; in
//! any other study its p-value speaks of the number of people as much as of the difference. So the
//! table shows standardised differences ([`kring_stats::balance`]), and tests on request only.

use kring_cohort::{Cohort, Per};
use kring_core::{
    BaselineGroup, BaselineLevel, BaselineTable, BaselineVariable, Caution, Column, ColumnData,
    Estimate, Factor, JointTest, Pairs, Sample, Shown, Stratum, Summary, SummaryKind, Table,
    TwoLevels,
};
use kring_formula::DesignOptions;
use kring_stats::balance::{Balance, Counts, Denominator};
use kring_stats::chi_squared::ChiSquared;
use kring_stats::lm::{Covariance, Lm};
use kring_stats::t_test::{Group, TTest};
use ndarray::Array2;
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::analysis::{self, with_reference};
use crate::describe::summarise;
use crate::repeats::repeated;
use crate::suspicious::suspicious;
use crate::yes_no::plain_yes;

/// The options of a baseline table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Baseline {
    /// The numbers that are shown as median and quartiles; all others as mean and standard
    /// deviation.
    pub medians: Vec<String>,
    /// Whose standard deviation is the unit of the differences.
    pub denominator: Denominator,
    /// Which difference stands for all pairs of three or more groups.
    pub pairs: Pairs,
    /// Which levels of a variable of two are shown.
    pub two_levels: TwoLevels,
    /// Whether there is a column of everybody.
    pub overall: Overall,
    /// Whether differences are tested.
    pub tests: Tests,
    /// The level of the intervals.
    pub level: f64,
}

/// Whether there is a column of everybody.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Overall {
    /// There is.
    #[default]
    Shown,
    /// There is not.
    LeftOut,
}

/// Whether differences at the start are tested.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tests {
    /// They are not.
    #[default]
    None,
    /// They are, with a caution that says what such a test does not answer: numbers by Welch's
    /// test, or with three or more groups by the joint test of a linear model with HC3 errors;
    /// levels by Pearson's χ².
    OnRequest,
}

impl Default for Baseline {
    fn default() -> Self {
        Self {
            medians: Vec::new(),
            denominator: Denominator::Pooled,
            pairs: Pairs::Largest,
            two_levels: TwoLevels::Second,
            overall: Overall::Shown,
            tests: Tests::None,
            level: 0.95,
        }
    }
}

const NO_QUESTION: &str = "A test of differences at the start answers no question: in a randomised \
    trial all of them are due to chance whatever p is, and elsewhere p speaks of the number of \
    people as much as of the difference.";

impl Baseline {
    /// The groups that a factor of a table makes, side by side, by these variables, or by all of them
    /// if none is named. Columns that name the rows ([`names_the_rows`]) are none of these.
    ///
    /// ```
    /// use kring::baseline::Baseline;
    /// use kring_core::{Column, Table};
    /// let table = Table::new(vec![
    ///     Column::factor("arm", ["WT", "EKC"], [0, 0, 0, 1, 1, 1].map(Some).to_vec())?,
    ///     Column::numeric("problems", [1.0, 2.0, 3.0, 2.0, 4.0, 6.0].map(Some).to_vec())?,
    /// ])?;
    /// let baseline = Baseline::default().table(&table, "arm", &["problems"])?;
    /// let problems = &baseline.variables[0];
    /// assert_eq!(problems.groups[1].numbers().and_then(|n| n.mean), Some(4.0));
    /// let difference = problems.differences[0].value.finite().unwrap();
    /// assert!((difference - 2.0 / 2.5_f64.sqrt()).abs() < 1e-15);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn table(
        &self,
        table: &Table,
        by: &str,
        variables: &[&str],
    ) -> Result<BaselineTable, Error> {
        self.titled(table, by, variables, &|_, level| level.to_owned())
    }

    /// The same with what a reader calls the levels of a column.
    pub(crate) fn titled(
        &self,
        table: &Table,
        by: &str,
        variables: &[&str],
        title_of: Titles<'_>,
    ) -> Result<BaselineTable, Error> {
        let factor = table.factor(by)?;
        let groups = Groups::of(factor, by, title_of);
        let mut left_out = Vec::new();
        let every: Vec<&str>;
        let variables = if variables.is_empty() {
            let others = table.columns().iter().filter(|column| column.name != by);
            let (ids, kept): (Vec<_>, Vec<_>) = others.partition(|column| names_the_rows(column));
            left_out = ids;
            every = kept
                .into_iter()
                .map(|column| column.name.as_str())
                .collect();
            &every
        } else {
            variables
        };
        let mut shown = Vec::with_capacity(variables.len());
        for name in &self.medians {
            if !variables.contains(&name.as_str()) {
                return Err(Error::Argument {
                    what: format!("median of `{name}`"),
                    why: format!(
                        "it is not among the variables of the table{}",
                        kring_core::suggestion(name, variables.iter().copied())
                    ),
                });
            }
        }
        for &name in variables {
            if name == by {
                return Err(Error::Argument {
                    what: format!("variable `{by}`"),
                    why: "it makes the groups and cannot be a row as well".to_owned(),
                });
            }
            let column = yes_last(table, name)?;
            shown.push(self.variable(&column, &groups, title_of)?);
        }
        let title = table.column(by)?.title();
        let mut notes = self.notes(factor, title, &groups, &shown);
        notes.extend(
            left_out
                .iter()
                .map(|column| format!("{} names the rows and is left out.", column.title())),
        );
        let mut cautions: Vec<Caution> = variables
            .iter()
            .chain([&by])
            .filter_map(|name| suspicious(table.column(name).ok()?))
            .collect();
        cautions.extend(repeated(table, by, &[]).map(|found| found.counted()));
        if self.tests == Tests::OnRequest {
            cautions.push(Caution::Note(NO_QUESTION.to_owned()));
        }
        Ok(BaselineTable {
            caption: format!("People by {title}"),
            by: by.to_owned(),
            overall: (self.overall == Overall::Shown).then(|| BaselineGroup {
                name: "overall".to_owned(),
                label: "All".to_owned(),
                n: groups.everybody.len(),
            }),
            groups: groups.named,
            variables: shown,
            pairs: self.pairs,
            two_levels: self.two_levels,
            notes,
            cautions,
        })
    }

    /// The arms of a cohort side by side: these variables, or all of them if none is named, those
    /// with a value a wave as they were at the first.
    ///
    /// Arms and levels go by the titles that the roles declare.
    pub fn of(&self, cohort: &Cohort, variables: &[String]) -> Result<BaselineTable, Error> {
        let Some(arm) = cohort.arm_column() else {
            return Err(Error::Argument {
                what: "a baseline table".to_owned(),
                why: "the cohort has no arms; declare the column of the arm".to_owned(),
            });
        };
        let names = named(cohort, variables)?;
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let people = people(cohort, None, &names)?;
        let mut table = self.titled(&people, arm, &names, &titles(cohort))?;
        "The arms at the start".clone_into(&mut table.caption);
        table.notes.extend(cohort.left_out());
        Ok(table)
    }

    fn variable(
        &self,
        column: &Column,
        groups: &Groups,
        title_of: Titles<'_>,
    ) -> Result<BaselineVariable, Error> {
        let of = |rows: &[usize], strata: Vec<Stratum>| summarise(column, rows, strata);
        let mut variable = BaselineVariable {
            name: column.name.clone(),
            label: column.title().to_owned(),
            unit: column.unit.clone(),
            shown: match column.data() {
                ColumnData::Factor(_) => Shown::Levels,
                ColumnData::Numeric(_) if self.medians.contains(&column.name) => {
                    Shown::MedianQuartiles
                }
                ColumnData::Numeric(_) => Shown::MeanSd,
            },
            levels: levels(column, title_of),
            groups: groups
                .named
                .iter()
                .zip(&groups.rows)
                .map(|(group, rows)| {
                    let stratum = Stratum {
                        variable: groups.by.clone(),
                        level: group.name.clone(),
                    };
                    of(rows, vec![stratum])
                })
                .collect(),
            overall: (self.overall == Overall::Shown).then(|| of(&groups.everybody, Vec::new())),
            differences: Vec::new(),
            undefined: None,
            test: None,
        };
        for later in 1..groups.named.len() {
            for earlier in 0..later {
                match self.difference(column, groups, earlier, later, &variable.groups) {
                    Ok(difference) => variable.differences.push(difference),
                    Err(
                        error @ (kring_stats::Error::TooFew { .. }
                        | kring_stats::Error::Constant { .. }
                        | kring_stats::Error::Overflow { .. }),
                    ) => {
                        let why = format!("{}: {error}.", variable.label);
                        variable.undefined.get_or_insert(why);
                    }
                    Err(error) => return Err(error.into()),
                }
            }
        }
        if self.tests == Tests::OnRequest {
            variable.test = test(column, groups, &variable.groups)?;
        }
        Ok(variable)
    }

    /// The difference of a later group and an earlier one.
    fn difference(
        &self,
        column: &Column,
        groups: &Groups,
        earlier: usize,
        later: usize,
        summaries: &[Summary],
    ) -> Result<Estimate, kring_stats::Error> {
        let balance = Balance {
            denominator: self.denominator,
            level: self.level,
        };
        let label = |place: usize| groups.named[place].label.as_str();
        match column.data() {
            ColumnData::Numeric(_) => {
                let [one, two] = [earlier, later].map(|place| groups.values(column, place));
                let first = Group {
                    name: label(earlier),
                    values: &one,
                };
                let second = Group {
                    name: label(later),
                    values: &two,
                };
                balance.numbers(first, second)
            }
            ColumnData::Factor(_) => {
                let [one, two] = [earlier, later].map(|place| counts(&summaries[place]));
                let first = Counts {
                    name: label(earlier),
                    counts: &one,
                };
                let second = Counts {
                    name: label(later),
                    counts: &two,
                };
                balance.levels(first, second)
            }
        }
    }

    /// What a reader must know of the differences, and who is in no group.
    fn notes(
        &self,
        factor: &Factor,
        title: &str,
        groups: &Groups,
        shown: &[BaselineVariable],
    ) -> Vec<String> {
        let which = match groups.named.as_slice() {
            [] | [_] => return vec![format!("With one {title} there is nothing to compare.")],
            [first, second] => format!("{} less {}", second.label, first.label),
            _ => match self.pairs {
                Pairs::Largest => "the largest absolute difference of any two groups".to_owned(),
                Pairs::Average => "the mean of the absolute differences of all pairs".to_owned(),
            },
        };
        let many = if shown.iter().any(|variable| variable.levels.len() > 2) {
            "; of three or more levels a Mahalanobis distance, which has no sign (Yang & Dalton 2012)"
        } else {
            ""
        };
        let mut notes = vec![format!(
            "SMD: standardised difference, {which}, in units of {}{many}.",
            self.denominator.words()
        )];
        match factor.codes().iter().filter(|code| code.is_none()).count() {
            0 => {}
            1 => notes.push(format!("{title}: 1 has no value and is in no column.")),
            n => notes.push(format!("{title}: {n} have no value and are in no column.")),
        }
        notes
    }
}

/// The column with the level that means yes as its second, which is the one that is shown.
fn yes_last(table: &Table, name: &str) -> Result<Column, Error> {
    let column = table.column(name)?;
    let turned = match column.data() {
        ColumnData::Factor(factor) => match (factor.levels(), plain_yes(factor.levels())) {
            ([_, no], Some(0)) => Some(with_reference(table, name, no)?),
            _ => None,
        },
        ColumnData::Numeric(_) => None,
    };
    Ok(turned.as_ref().unwrap_or(table).column(name)?.clone())
}

/// Who is in which group.
struct Groups {
    by: String,
    named: Vec<BaselineGroup>,
    rows: Vec<Vec<usize>>,
    everybody: Vec<usize>,
}

impl Groups {
    fn of(factor: &Factor, by: &str, title_of: Titles<'_>) -> Self {
        let mut rows = vec![Vec::new(); factor.levels().len()];
        let mut everybody = Vec::with_capacity(factor.codes().len());
        for (row, code) in factor.codes().iter().enumerate() {
            if let Some(code) = code {
                rows[*code as usize].push(row);
                everybody.push(row);
            }
        }
        let named = factor
            .levels()
            .iter()
            .zip(&rows)
            .map(|(level, rows)| BaselineGroup {
                name: level.clone(),
                label: title_of(by, level),
                n: rows.len(),
            });
        Self {
            by: by.to_owned(),
            named: named.collect(),
            rows,
            everybody,
        }
    }

    /// The numbers of a group that are there.
    fn values(&self, column: &Column, place: usize) -> Vec<f64> {
        match column.data() {
            ColumnData::Numeric(numeric) => self.rows[place]
                .iter()
                .filter_map(|&row| numeric.get(row))
                .collect(),
            ColumnData::Factor(_) => Vec::new(),
        }
    }
}

fn levels(column: &Column, title_of: Titles<'_>) -> Vec<BaselineLevel> {
    let of = |level: &String| BaselineLevel {
        name: level.clone(),
        label: title_of(&column.name, level),
    };
    match column.data() {
        ColumnData::Factor(factor) => factor.levels().iter().map(of).collect(),
        ColumnData::Numeric(_) => Vec::new(),
    }
}

fn counts(summary: &Summary) -> Vec<usize> {
    match &summary.kind {
        SummaryKind::Levels(levels) => levels.iter().map(|count| count.n).collect(),
        SummaryKind::Numbers(_) => Vec::new(),
    }
}

/// The test of equal groups; none where there is nothing to test.
fn test(
    column: &Column,
    groups: &Groups,
    summaries: &[Summary],
) -> Result<Option<JointTest>, Error> {
    let found = match column.data() {
        ColumnData::Factor(_) => {
            let rows: Vec<u64> = summaries
                .iter()
                .flat_map(counts)
                .map(|n| n as u64)
                .collect();
            let shape = (summaries.len(), rows.len() / summaries.len().max(1));
            let table = Array2::from_shape_vec(shape, rows).map_err(|error| Error::Argument {
                what: format!("the counts of `{}`", column.name),
                why: error.to_string(),
            })?;
            ChiSquared::default()
                .test(column.title(), table.view())
                .map(|found| found.test)
        }
        ColumnData::Numeric(_) if groups.named.len() == 2 => {
            let [one, two] = [0, 1].map(|place| groups.values(column, place));
            let first = Group {
                name: &groups.named[0].label,
                values: &one,
            };
            let second = Group {
                name: &groups.named[1].label,
                values: &two,
            };
            let found = TTest::default().two_samples(second, first, None);
            found.map(|found| JointTest {
                label: column.title().to_owned(),
                statistic: found.statistic(),
                reference: found.reference,
                p_value: found.p_value,
                sample: found.sample,
                method: found.method,
                cautions: found.cautions,
            })
        }
        ColumnData::Numeric(_) => return several(column, groups),
    };
    match found {
        Ok(mut test) => {
            test.cautions.push(Caution::Note(NO_QUESTION.to_owned()));
            Ok(Some(test))
        }
        Err(kring_stats::Error::TooFew { .. } | kring_stats::Error::Constant { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// The joint test of three or more groups' means, each row with a variance of its own.
fn several(column: &Column, groups: &Groups) -> Result<Option<JointTest>, Error> {
    let (mut y, mut g) = (Vec::new(), Vec::new());
    for place in 0..groups.named.len() {
        let values = groups.values(column, place);
        let code = u32::try_from(place).ok();
        g.extend(std::iter::repeat_n(code, values.len()));
        y.extend(values.into_iter().map(Some));
    }
    let names = groups.named.iter().map(|group| group.name.as_str());
    let table = Table::new(vec![
        Column::numeric("y", y)?,
        Column::factor("g", names, g)?,
    ])?;
    let options = Lm {
        covariance: Covariance::Hc3,
        ..Lm::default()
    };
    // Too few or constant values, or an empty group: there is nothing to test.
    let Ok(fit) = analysis::lm(&table, "y ~ g", &DesignOptions::default(), &options) else {
        return Ok(None);
    };
    Ok(fit.overall.map(|test| JointTest {
        label: column.title().to_owned(),
        method: "F test of equal means with HC3 errors".to_owned(),
        sample: Sample::of(fit.rows),
        cautions: [test.cautions, vec![Caution::Note(NO_QUESTION.to_owned())]].concat(),
        ..test
    }))
}

/// The variables that were named, or all but the arm and the clusters' subjects if none was.
pub(crate) fn named(cohort: &Cohort, variables: &[String]) -> Result<Vec<String>, Error> {
    let known: Vec<&str> = cohort
        .variables(Per::Subject)
        .chain(cohort.variables(Per::Wave))
        .collect();
    if variables.is_empty() {
        return Ok(known.into_iter().map(str::to_owned).collect());
    }
    if let Some(unknown) = variables
        .iter()
        .find(|name| !known.contains(&name.as_str()))
    {
        return Err(Error::Argument {
            what: format!("variable `{unknown}`"),
            why: format!(
                "there is no such variable{}",
                kring_core::suggestion(unknown, known.iter().copied())
            ),
        });
    }
    Ok(variables.to_vec())
}

/// One row a subject: the arm and these variables, those with a value a wave as they were at this
/// wave, the first if none is named.
pub(crate) fn people(cohort: &Cohort, wave: Option<&str>, names: &[&str]) -> Result<Table, Error> {
    let subjects = cohort.subjects();
    let rows = rows_at(cohort, wave)?;
    let mut columns = Vec::with_capacity(names.len() + 1);
    if let Some(arm) = cohort.arm_column() {
        columns.push(subjects.column(arm)?.clone());
    }
    let per_wave: Vec<&str> = cohort.variables(Per::Wave).collect();
    for &name in names {
        columns.push(match &rows {
            Some(rows) if per_wave.contains(&name) => {
                picked(cohort.measurements().column(name)?, rows)?
            }
            _ => subjects.column(name)?.clone(),
        });
    }
    Ok(Table::new(columns)?)
}

/// For each subject the row of the measurements at a wave; nothing where there are no waves.
pub(crate) fn rows_at(
    cohort: &Cohort,
    wave: Option<&str>,
) -> Result<Option<Vec<Option<usize>>>, Error> {
    let Some(wave_column) = cohort.wave_column() else {
        return Ok(None);
    };
    let measurements = cohort.measurements();
    let waves = measurements.factor(wave_column)?;
    let wanted = match wave {
        Some(name) => cohort.wave(name)?.name.as_str(),
        None => waves.levels().first().map_or("", String::as_str),
    };
    let subject = measurements.factor(cohort.subject_column())?;
    let mut rows = vec![None; cohort.subjects().rows()];
    for row in (0..measurements.rows()).filter(|&row| waves.label(row) == Some(wanted)) {
        let place = subject.code(row).map(|code| code as usize);
        if let Some(found) = place.and_then(|place| rows.get_mut(place)) {
            *found = Some(row);
        }
    }
    Ok(Some(rows))
}

/// A column with the values of these rows, missing where there is no row.
fn picked(column: &Column, rows: &[Option<usize>]) -> Result<Column, Error> {
    let mut picked = match column.data() {
        ColumnData::Numeric(numeric) => {
            let values = rows.iter().map(|row| row.and_then(|row| numeric.get(row)));
            Column::numeric(&column.name, values.collect())?
        }
        ColumnData::Factor(factor) => {
            let codes = rows.iter().map(|row| row.and_then(|row| factor.code(row)));
            let picked = Column::factor(&column.name, factor.levels(), codes.collect())?;
            if factor.is_ordered() {
                picked.ordered()
            } else {
                picked
            }
        }
    };
    picked.label.clone_from(&column.label);
    picked.unit.clone_from(&column.unit);
    Ok(picked)
}

/// What a reader calls a level of a column.
pub(crate) type Titles<'a> = &'a dyn Fn(&str, &str) -> String;

/// The titles that the roles of a cohort declare.
pub(crate) fn titles(cohort: &Cohort) -> impl Fn(&str, &str) -> String {
    |column, level| cohort.title(column, level).to_owned()
}

/// Whether a column only tells the rows apart, as a number or name of a person: texts that are all
/// different, or whole numbers that are, if they run on without a gap or the column is called so.
///
/// ```
/// use kring::baseline::names_the_rows;
/// use kring_core::Column;
/// let number = Column::numeric("id", [3.0, 7.0, 9.0, 12.0, 4.0].map(Some).to_vec())?;
/// let age = Column::numeric("age", [3.0, 7.0, 9.0, 12.0, 4.0].map(Some).to_vec())?;
/// assert!(names_the_rows(&number) && !names_the_rows(&age));
/// # Ok::<(), kring_core::Error>(())
/// ```
pub fn names_the_rows(column: &Column) -> bool {
    // Of fewer rows chance makes all different.
    const FEWEST: usize = 5;
    const CALLED: [&str; 12] = [
        "id",
        "nr",
        "no",
        "number",
        "nummer",
        "code",
        "key",
        "subject",
        "person",
        "client",
        "case",
        "respondent",
    ];
    let rows = column.rows();
    if rows < FEWEST || (0..rows).any(|row| column.is_missing(row)) {
        return false;
    }
    match column.data() {
        ColumnData::Factor(factor) => {
            let mut codes: Vec<_> = factor.codes().to_vec();
            codes.sort_unstable();
            codes.dedup();
            codes.len() == rows
        }
        ColumnData::Numeric(numeric) => {
            let mut values = numeric.present();
            values.sort_by(f64::total_cmp);
            values.dedup();
            let (Some(first), Some(last)) = (values.first(), values.last()) else {
                return false;
            };
            let runs_on = last - first == (rows - 1) as f64;
            let name = column.name.to_lowercase();
            let called = name
                .split(|sign: char| !sign.is_alphabetic())
                .any(|part| CALLED.contains(&part));
            values.len() == rows && values.iter().all(|x| x.fract() == 0.0) && (runs_on || called)
        }
    }
}
