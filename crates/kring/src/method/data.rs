//! What a method needs of a table: groups of numbers, pairs, counts of events. Rows that lack
//! something are left out and counted.

use std::collections::HashMap;

use kring_core::{ColumnData, Grouping, Table, plain_yes};
use kring_stats::effect_size::Arm;
use kring_stats::events::{Events, Pairs};
use kring_stats::resampling::{Scheme, TwoGroups};
use kring_stats::t_test::Group;
use ndarray::Array2;

use crate::Error;
use crate::words::few;

/// The numbers of an outcome, group by group in the order of the levels.
pub(super) struct Groups {
    names: Vec<String>,
    values: Vec<Vec<f64>>,
    pub unit: Option<String>,
    pub used: usize,
    pub of: usize,
}

impl Groups {
    pub fn new(table: &Table, outcome: &str, by: &str) -> Result<Self, Error> {
        let numeric = table.numeric(outcome)?;
        Self::of_values(table, outcome, by, |row| numeric.get(row))
    }

    /// For methods that use the order alone: the levels of an ordered factor count as 1, 2, ….
    pub fn ordered(table: &Table, outcome: &str, by: &str) -> Result<Self, Error> {
        match table.column(outcome)?.data() {
            ColumnData::Factor(levels) if levels.is_ordered() || levels.levels().len() == 2 => {
                let place = |row| levels.code(row).map(|code| f64::from(code) + 1.0);
                Self::of_values(table, outcome, by, place)
            }
            _ => Self::new(table, outcome, by),
        }
    }

    fn of_values(
        table: &Table,
        outcome: &str,
        by: &str,
        value: impl Fn(usize) -> Option<f64>,
    ) -> Result<Self, Error> {
        let factor = table.factor(by)?;
        let mut values = vec![Vec::new(); factor.levels().len()];
        for row in 0..table.rows() {
            if let (Some(level), Some(value)) = (factor.code(row), value(row)) {
                values[level as usize].push(value);
            }
        }
        Ok(Self {
            names: factor.levels().to_vec(),
            used: values.iter().map(Vec::len).sum(),
            of: table.rows(),
            values,
            unit: table.column(outcome)?.unit.clone(),
        })
    }

    /// All of them.
    pub fn all(&self) -> Vec<Group<'_>> {
        let groups = self.names.iter().zip(&self.values);
        groups
            .map(|(name, values)| Group { name, values })
            .collect()
    }

    /// The second level and the first, its reference.
    pub fn two(&self, method: &str, by: &str) -> Result<[Group<'_>; 2], Error> {
        match self.all()[..] {
            [reference, other] => Ok([other, reference]),
            ref all => Err(not_two(method, by, all.iter().map(|group| group.name))),
        }
    }
}

pub(super) fn not_two<'a>(method: &str, by: &str, levels: impl Iterator<Item = &'a str>) -> Error {
    let levels: Vec<&str> = levels.collect();
    Error::Argument {
        what: method.to_owned(),
        why: format!(
            "it compares two groups, but `{by}` has {}: {}",
            levels.len(),
            few(&levels)
        ),
    }
}

/// Two measurements of the same rows.
pub(super) struct Twice {
    before: Vec<f64>,
    after: Vec<f64>,
    names: [String; 2],
    pub unit: Option<String>,
    pub used: usize,
    pub of: usize,
}

impl Twice {
    pub fn new(table: &Table, before: &str, after: &str) -> Result<Self, Error> {
        Self::of_rows(table, before, after, 0..table.rows())
    }

    fn of_rows(
        table: &Table,
        before: &str,
        after: &str,
        rows: impl Iterator<Item = usize>,
    ) -> Result<Self, Error> {
        let (b, a) = (table.numeric(before)?, table.numeric(after)?);
        let mut pairs = Self {
            before: Vec::new(),
            after: Vec::new(),
            names: [before.to_owned(), after.to_owned()],
            unit: table.column(after)?.unit.clone(),
            used: 0,
            of: 0,
        };
        for row in rows {
            pairs.of += 1;
            if let (Some(b), Some(a)) = (b.get(row), a.get(row)) {
                pairs.before.push(b);
                pairs.after.push(a);
            }
        }
        pairs.used = pairs.before.len();
        Ok(pairs)
    }

    /// The pairs of each level of a factor.
    pub fn by(
        table: &Table,
        before: &str,
        after: &str,
        by: &str,
    ) -> Result<Vec<(String, Self)>, Error> {
        let factor = table.factor(by)?;
        let levels = factor.levels().iter().zip(0_u32..);
        levels
            .map(|(level, code)| {
                let rows = (0..table.rows()).filter(|&row| factor.code(row) == Some(code));
                Ok((level.clone(), Self::of_rows(table, before, after, rows)?))
            })
            .collect()
    }

    pub fn before(&self) -> Group<'_> {
        Group {
            name: &self.names[0],
            values: &self.before,
        }
    }

    pub fn arm<'a>(&'a self, name: &'a str) -> Arm<'a> {
        Arm {
            name,
            before: &self.before,
            after: &self.after,
        }
    }

    pub fn after(&self) -> Group<'_> {
        Group {
            name: &self.names[1],
            values: &self.after,
        }
    }
}

/// Whether each row had the event; rows without an answer have none.
///
/// The event is what is named; else the level of a factor of two that means yes, or the second where
/// neither does; or 1 where there are zeros and ones.
pub(crate) fn happened(
    table: &Table,
    column: &str,
    event: Option<&str>,
) -> Result<Vec<Option<bool>>, Error> {
    let refused = |why: String| Error::Argument {
        what: format!("column `{column}`"),
        why,
    };
    match (table.column(column)?.data(), event) {
        (ColumnData::Factor(factor), event) => {
            let code = counted(factor.levels(), event).map_err(refused)?;
            let is_event = |row| factor.code(row).map(|found| found as usize == code);
            Ok((0..table.rows()).map(is_event).collect())
        }
        (ColumnData::Numeric(numeric), event) => {
            let one: f64 = match event.map(str::parse) {
                None => 1.0,
                Some(Ok(number)) => number,
                Some(Err(_)) => {
                    return Err(refused(
                        "its values are numbers; so must `event` be".to_owned(),
                    ));
                }
            };
            if event.is_none()
                && let Some(other) = numeric.iter().flatten().find(|&x| x != 0.0 && x != 1.0)
            {
                return Err(refused(format!(
                    "expected 0 and 1, found {other}; say with `event` which number counts"
                )));
            }
            if event.is_some() && !numeric.iter().flatten().any(|x| x == one) {
                return Err(refused(format!(
                    "no row has the value {one} that `event` names"
                )));
            }
            Ok(numeric
                .iter()
                .map(|value| value.map(|x| x == one))
                .collect())
        }
    }
}

/// The place of the level that counts, or why there is none.
pub(crate) fn counted(levels: &[String], event: Option<&str>) -> Result<usize, String> {
    match (event, levels) {
        (None, [_, _]) => Ok(plain_yes(levels).unwrap_or(1)),
        (None, levels) => Err(format!(
            "it has {} levels; say with `event` which one counts: {}",
            levels.len(),
            levels.join(", ")
        )),
        (Some(event), levels) => levels
            .iter()
            .position(|level| level == event)
            .ok_or_else(|| {
                let near = kring_core::suggestion(event, levels.iter().map(String::as_str));
                format!("it has no level `{event}`{near}")
            }),
    }
}

/// How many had the event in each group, in the order of the levels.
pub(super) struct Counts {
    names: Vec<String>,
    with_and_all: Vec<[u64; 2]>,
    pub used: usize,
    pub of: usize,
}

impl Counts {
    pub fn new(table: &Table, outcome: &str, event: Option<&str>, by: &str) -> Result<Self, Error> {
        Self::of_rows(
            table,
            &happened(table, outcome, event)?,
            by,
            0..table.rows(),
        )
    }

    fn of_rows(
        table: &Table,
        happened: &[Option<bool>],
        by: &str,
        rows: impl Iterator<Item = usize>,
    ) -> Result<Self, Error> {
        let factor = table.factor(by)?;
        let mut counts = vec![[0, 0]; factor.levels().len()];
        let mut of = 0;
        for row in rows {
            of += 1;
            if let (Some(level), Some(event)) = (factor.code(row), happened[row]) {
                counts[level as usize][0] += u64::from(event);
                counts[level as usize][1] += 1;
            }
        }
        Ok(Self {
            names: factor.levels().to_vec(),
            used: counts
                .iter()
                .map(|[_, n]| usize::try_from(*n).unwrap_or(0))
                .sum(),
            of,
            with_and_all: counts,
        })
    }

    /// The same within each level of another factor.
    pub fn by_stratum(
        table: &Table,
        outcome: &str,
        event: Option<&str>,
        by: &str,
        strata: &str,
    ) -> Result<Vec<(String, Self)>, Error> {
        let happened = happened(table, outcome, event)?;
        let factor = table.factor(strata)?;
        let levels = factor.levels().iter().zip(0_u32..);
        levels
            .map(|(level, code)| {
                let rows = (0..table.rows()).filter(|&row| factor.code(row) == Some(code));
                Ok((level.clone(), Self::of_rows(table, &happened, by, rows)?))
            })
            .collect()
    }

    pub fn all(&self) -> Vec<Events<'_>> {
        let groups = self.names.iter().zip(&self.with_and_all);
        groups
            .map(|(name, &[events, n])| Events { name, events, n })
            .collect()
    }

    pub fn two(&self, method: &str, by: &str) -> Result<[Events<'_>; 2], Error> {
        match self.all()[..] {
            [reference, other] => Ok([other, reference]),
            ref all => Err(not_two(method, by, all.iter().map(|group| group.name))),
        }
    }
}

/// Pairs of yes and no.
pub(super) struct TwoAnswers {
    names: [String; 2],
    counts: [[u64; 2]; 2],
    pub used: usize,
    pub of: usize,
}

impl TwoAnswers {
    pub fn new(
        table: &Table,
        before: &str,
        after: &str,
        event: Option<&str>,
    ) -> Result<Self, Error> {
        let b = happened(table, before, event)?;
        let a = happened(table, after, event)?;
        let mut counts = [[0; 2]; 2];
        let mut used = 0;
        for pair in b.iter().zip(&a) {
            if let (Some(before), Some(after)) = pair {
                counts[usize::from(*after)][usize::from(*before)] += 1;
                used += 1;
            }
        }
        Ok(Self {
            names: [after.to_owned(), before.to_owned()],
            counts,
            used,
            of: table.rows(),
        })
    }

    pub fn pairs(&self) -> Pairs<'_> {
        Pairs {
            first: &self.names[0],
            second: &self.names[1],
            both: self.counts[1][1],
            first_only: self.counts[1][0],
            second_only: self.counts[0][1],
            neither: self.counts[0][0],
        }
    }
}

/// Rows that have an answer in each of several columns.
pub(super) struct Complete<T> {
    /// One list a column.
    pub columns: Vec<Vec<T>>,
    pub used: usize,
    pub of: usize,
}

pub(super) fn complete<T: Copy>(columns: Vec<Vec<Option<T>>>, of: usize) -> Complete<T> {
    let whole: Vec<usize> = (0..of)
        .filter(|&row| columns.iter().all(|column| column[row].is_some()))
        .collect();
    let kept = columns
        .iter()
        .map(|column| whole.iter().filter_map(|&row| column[row]).collect());
    Complete {
        columns: kept.collect(),
        used: whole.len(),
        of,
    }
}

/// Several columns of numbers.
pub(super) fn numbers(table: &Table, columns: &[String]) -> Result<Vec<Vec<Option<f64>>>, Error> {
    columns
        .iter()
        .map(|name| Ok(table.numeric(name)?.iter().collect()))
        .collect()
}

/// Counts of each pair of levels; rows without one of the two are left out.
pub(super) fn cross_tabulate(
    table: &Table,
    rows: &str,
    columns: &str,
) -> Result<Array2<u64>, Error> {
    let (r, c) = (table.factor(rows)?, table.factor(columns)?);
    let mut counts = Array2::zeros((r.levels().len(), c.levels().len()));
    for row in 0..table.rows() {
        if let (Some(i), Some(j)) = (r.code(row), c.code(row)) {
            counts[[i as usize, j as usize]] += 1;
        }
    }
    Ok(counts)
}

/// Events and the time in which they happened, summed in each group.
pub(super) struct Rates {
    names: Vec<String>,
    sums: Vec<(u64, f64)>,
    pub used: usize,
    pub of: usize,
}

impl Rates {
    pub fn new(
        table: &Table,
        events: &str,
        exposure: Option<&str>,
        by: &str,
    ) -> Result<Self, Error> {
        let (numeric, factor) = (table.numeric(events)?, table.factor(by)?);
        let times = exposure.map(|name| table.numeric(name)).transpose()?;
        let mut sums = vec![(0, 0.0); factor.levels().len()];
        let mut used = 0;
        for row in 0..table.rows() {
            let time = times.map_or(Some(1.0), |times| times.get(row));
            let (Some(level), Some(count), Some(time)) = (factor.code(row), numeric.get(row), time)
            else {
                continue;
            };
            if count < 0.0 || count.fract() != 0.0 || count > 1e15 {
                return Err(Error::Argument {
                    what: format!("column `{events}`, row {}", row + 1),
                    why: format!("expected a count, found {count}"),
                });
            }
            let sum = &mut sums[level as usize];
            #[allow(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a whole number that is not negative"
            )]
            let whole = count as u64;
            sum.0 += whole;
            sum.1 += time;
            used += 1;
        }
        Ok(Self {
            names: factor.levels().to_vec(),
            sums,
            used,
            of: table.rows(),
        })
    }

    pub fn all(&self) -> Vec<kring_stats::rates::Incidence<'_>> {
        let groups = self.names.iter().zip(&self.sums);
        groups
            .map(|(name, &(events, time))| kring_stats::rates::Incidence { name, events, time })
            .collect()
    }

    pub fn two(
        &self,
        method: &str,
        by: &str,
    ) -> Result<[kring_stats::rates::Incidence<'_>; 2], Error> {
        match self.all()[..] {
            [reference, other] => Ok([other, reference]),
            ref all => Err(not_two(method, by, all.iter().map(|group| group.name))),
        }
    }
}

/// Numbers of two groups with what is exchanged together.
pub(super) struct Exchangeable {
    values: Vec<f64>,
    arm: Grouping,
    clusters: Option<Grouping>,
    strata: Option<Grouping>,
    pub unit: Option<String>,
    pub used: usize,
    pub of: usize,
}

impl Exchangeable {
    pub fn new(
        table: &Table,
        outcome: &str,
        by: &str,
        clusters: Option<&str>,
        strata: Option<&str>,
    ) -> Result<Self, Error> {
        let numeric = table.numeric(outcome)?;
        let named = [Some(by), clusters, strata];
        let there = |name: &str| Ok::<_, Error>(table.column(name)?);
        let columns = named
            .iter()
            .flatten()
            .map(|name| there(name))
            .collect::<Result<Vec<_>, _>>()?;
        let rows: Vec<usize> = (0..table.rows())
            .filter(|&row| numeric.get(row).is_some() && columns.iter().all(|c| !c.is_missing(row)))
            .collect();
        let arm = grouping(table, by, &rows)?;
        let [reference, other] = arm.levels.as_slice() else {
            let levels = arm.levels.iter().map(String::as_str);
            return Err(not_two("this method", by, levels));
        };
        // The first of the two is what the reference is taken from.
        let arm = Grouping {
            levels: vec![other.clone(), reference.clone()],
            index: arm.index.iter().map(|&code| 1 - code).collect(),
            ..arm
        };
        Ok(Self {
            values: rows.iter().filter_map(|&row| numeric.get(row)).collect(),
            arm,
            clusters: clusters
                .map(|name| grouping(table, name, &rows))
                .transpose()?,
            strata: strata
                .map(|name| grouping(table, name, &rows))
                .transpose()?,
            unit: table.column(outcome)?.unit.clone(),
            used: rows.len(),
            of: table.rows(),
        })
    }

    pub fn groups(&self) -> TwoGroups<'_> {
        TwoGroups {
            values: &self.values,
            arm: &self.arm,
            scheme: Scheme {
                clusters: self.clusters.as_ref(),
                strata: self.strata.as_ref(),
            },
        }
    }
}

/// The groups of some rows, those alone that occur; numbers name groups too.
pub(super) fn grouping(table: &Table, name: &str, rows: &[usize]) -> Result<Grouping, Error> {
    let mut levels: Vec<String> = Vec::new();
    let mut places: HashMap<String, u32> = HashMap::new();
    let column = table.column(name)?;
    if let ColumnData::Factor(factor) = column.data() {
        let occurs = |level: &&String| {
            rows.iter()
                .any(|&row| factor.label(row) == Some(level.as_str()))
        };
        levels = factor.levels().iter().filter(occurs).cloned().collect();
        places = levels.iter().cloned().zip(0..).collect();
    }
    let label = |row: usize| match column.data() {
        ColumnData::Factor(factor) => factor.label(row).unwrap_or_default().to_owned(),
        ColumnData::Numeric(numeric) => numeric.get(row).unwrap_or_default().to_string(),
    };
    let mut index = Vec::with_capacity(rows.len());
    for &row in rows {
        let name = label(row);
        let next = u32::try_from(levels.len()).unwrap_or(u32::MAX);
        index.push(*places.entry(name).or_insert_with_key(|name| {
            levels.push(name.clone());
            next
        }));
    }
    Ok(Grouping {
        name: name.to_owned(),
        levels,
        index,
    })
}
