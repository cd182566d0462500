//! What a table holds, as far as the rules ask: nothing of what came out of the arms after the start.

use std::collections::{BTreeMap, BTreeSet};

use kring_core::{Column, ColumnData, Numeric, Table, plain_yes};
use serde::{Deserialize, Serialize};

use super::{Advise, Kind};
use crate::Error;
use crate::baseline::Baseline;
use crate::compare::ByChance;
use crate::method::with_factors;
use crate::repeats::repeated;
use crate::words::few;

/// What a table holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Facts {
    /// What the outcome is taken for.
    pub kind: Kind,
    /// Why.
    pub kind_because: String,
    /// The rows with an arm.
    pub rows: usize,
    /// The rows without an arm, which are left out.
    pub without_arm: usize,
    /// The arms in order, the reference first.
    pub arms: Vec<ArmFacts>,
    /// The waves in order; none where a row is a family.
    pub waves: Vec<WaveFacts>,
    /// Whether the waves lie at equal distances; unknown where they have no times.
    pub even: Option<bool>,
    /// Whether the wave is a column of numbers, which a formula takes for a number.
    pub wave_is_number: bool,
    /// What is missing of the outcome, over all waves.
    pub missing: Missing,
    /// How far the arms lie apart at the start.
    pub start: Vec<Difference>,
    /// Of counts their zeros and their spread.
    pub spread: Option<Spread>,
    /// How many different values the outcome has.
    pub values: usize,
    /// What families lie in.
    pub nested: Option<NestedIn>,
    /// Columns by which the rows look like several of each family, where nobody said so.
    pub repeats: Option<LooksRepeated>,
    /// Whether chance decided on the arms.
    pub allocation: ByChance,
}

/// Columns by which rows look like measurements of the same families.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LooksRepeated {
    /// Who.
    pub subject: String,
    /// When.
    pub wave: String,
}

/// An arm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ArmFacts {
    /// Its name.
    pub arm: String,
    /// The families in it with an outcome at some wave.
    pub subjects: usize,
    /// All families in it.
    pub of: usize,
}

/// A wave.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WaveFacts {
    /// Its name.
    pub wave: String,
    /// When it was.
    pub at: Option<f64>,
    /// The families of each arm with an outcome.
    pub seen: Vec<usize>,
}

/// What is missing of the outcome.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Missing {
    /// The outcomes that are missing: of each family at each wave.
    pub cells: usize,
    /// The outcomes there would be.
    pub of: usize,
    /// The families of which some outcome is missing.
    pub incomplete: usize,
    /// Those of them who came back after a gap, or came late.
    pub with_gaps: usize,
    /// The share of each arm that has no outcome at the last wave.
    pub last_wave: Vec<f64>,
}

/// How far the arms lie apart in a variable at the start.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Difference {
    /// The variable.
    pub variable: String,
    /// The standardised difference; of more than two arms the largest of all pairs.
    pub smd: f64,
}

/// Zeros and spread of counts within arms and waves.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spread {
    /// The variance by the mean: one of a Poisson distribution.
    pub dispersion: f64,
    /// The share of zeros.
    pub zeros: f64,
    /// The share of zeros that a negative binomial distribution of this mean and variance has.
    pub zeros_expected: f64,
}

/// What families lie in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NestedIn {
    /// The column.
    pub column: String,
    /// How many there are.
    pub clusters: usize,
    /// How many of them have families in one arm only.
    pub in_one_arm: usize,
}

/// A row of the table: which family, which wave, which arm.
struct Row {
    place: usize,
    subject: usize,
    wave: usize,
    arm: usize,
    seen: bool,
}

impl Facts {
    pub(super) fn of(asked: &Advise, table: &Table) -> Result<Self, Error> {
        let named = [
            Some(&asked.outcome),
            asked.subject.as_ref(),
            asked.wave.as_ref(),
            asked.time.as_ref(),
            asked.baseline.as_ref(),
            asked.cluster.as_ref(),
            asked.trials.as_ref(),
            asked.exposure.as_ref(),
        ];
        for name in named.into_iter().flatten().chain(&asked.variables) {
            table.column(name)?;
        }
        check_roles(asked)?;
        let table = &with_factors(table, std::slice::from_ref(&asked.arm))?;
        let arms = arms_of(table, &asked.arm)?;
        let all = table.rows();
        let kept: Vec<usize> = (0..all)
            .filter(|&row| !table.columns()[arms.place].is_missing(row))
            .collect();
        let table = &table.take(&kept)?;
        let outcome = table.column(&asked.outcome)?;
        let (kind, kind_because) = kind_of(asked, outcome)?;
        let waves = waves_of(asked, table)?;
        let rows = rows_of(asked, table, &arms.names, &waves)?;
        let subjects = rows.iter().map(|row| row.subject + 1).max().unwrap_or(0);
        let seen = Seen::of(&rows, subjects, waves.names.len());
        let start = at_the_start(asked, table, &rows, kind)?;
        let spread = match (kind, outcome.data()) {
            (Kind::Count, ColumnData::Numeric(numeric)) => spread_of(numeric, &rows),
            _ => None,
        };
        let nested = asked
            .cluster
            .as_ref()
            .map(|name| nested_in(name, table, &rows));
        Ok(Self {
            kind,
            kind_because,
            rows: table.rows(),
            without_arm: all - table.rows(),
            arms: seen.arms(&arms.names),
            even: waves.even(),
            wave_is_number: waves.numbers,
            missing: seen.missing(arms.names.len()),
            waves: if asked.wave.is_some() {
                seen.waves(&waves, arms.names.len())
            } else {
                Vec::new()
            },
            start,
            spread,
            values: different(outcome),
            nested: nested.transpose()?,
            repeats: looks_repeated(asked, table),
            allocation: asked.allocation,
        })
    }

    /// The families of the smallest arm.
    pub fn smallest_arm(&self) -> usize {
        self.arms.iter().map(|arm| arm.subjects).min().unwrap_or(0)
    }

    /// All families with an outcome.
    pub fn subjects(&self) -> usize {
        self.arms.iter().map(|arm| arm.subjects).sum()
    }

    /// How many moments: one where a row is a family.
    pub fn moments(&self) -> usize {
        self.waves.len().max(1)
    }

    /// The share of outcomes that is missing.
    pub fn share_missing(&self) -> f64 {
        if self.missing.of == 0 {
            return 0.0;
        }
        self.missing.cells as f64 / self.missing.of as f64
    }

    /// The variable in which the arms lie furthest apart at the start.
    pub fn furthest(&self) -> Option<&Difference> {
        let by_size = |a: &&Difference, b: &&Difference| a.smd.abs().total_cmp(&b.smd.abs());
        self.start.iter().max_by(by_size)
    }
}

fn refused<T>(what: impl Into<String>, why: impl Into<String>) -> Result<T, Error> {
    Err(Error::Argument {
        what: what.into(),
        why: why.into(),
    })
}

fn check_roles(asked: &Advise) -> Result<(), Error> {
    if asked.wave.is_some() && asked.subject.is_none() {
        return refused(
            "`wave`",
            "the families are needed too: name their column as `subject`",
        );
    }
    if asked.wave.is_some() && asked.baseline.is_some() {
        return refused(
            "`baseline`",
            "with `wave` the first wave is the start; leave `baseline` out",
        );
    }
    if asked.time.is_some() && asked.wave.is_none() {
        return refused(
            "`time`",
            "it is the time of the waves: name their column as `wave`",
        );
    }
    if asked.trials.is_some() && !matches!(asked.kind, None | Some(Kind::Share)) {
        return refused(
            "`trials`",
            "they are those of a share; leave the kind out, or say `share`",
        );
    }
    if asked.kind == Some(Kind::Share) && asked.trials.is_none() {
        return refused(
            "a share",
            "out of how many? Name that column as `trials`; where each has its own trials alone, the outcome \
             is yes or no",
        );
    }
    let one = [
        Some(&asked.outcome),
        Some(&asked.arm),
        asked.subject.as_ref(),
        asked.wave.as_ref(),
    ];
    let mut roles: Vec<&String> = one.into_iter().flatten().collect();
    roles.sort_unstable();
    let twice = roles.windows(2).find(|pair| pair[0] == pair[1]);
    if let Some([name, ..]) = twice {
        return refused(
            format!("column `{name}`"),
            "it is given two parts; each is a column of its own",
        );
    }
    Ok(())
}

struct Arms {
    names: Vec<String>,
    /// The column.
    place: usize,
}

fn arms_of(table: &Table, name: &str) -> Result<Arms, Error> {
    let factor = table.factor(name)?;
    let used: BTreeSet<u32> = factor.codes().iter().flatten().copied().collect();
    if used.len() < 2 {
        let only = used
            .first()
            .and_then(|&code| factor.levels().get(code as usize));
        return refused(
            format!("the arms, column `{name}`"),
            match only {
                None => "nobody has a value there; name the column that holds the arms".to_owned(),
                Some(only) => format!("there is `{only}` alone, and a comparison needs two"),
            },
        );
    }
    Ok(Arms {
        names: factor.levels().to_vec(),
        place: table
            .columns()
            .iter()
            .position(|column| column.name == name)
            .unwrap_or_default(),
    })
}

fn kind_of(asked: &Advise, outcome: &Column) -> Result<(Kind, String), Error> {
    if (0..outcome.rows()).all(|row| outcome.is_missing(row)) {
        return refused(format!("column `{}`", outcome.name), "nobody has a value");
    }
    if let Some(kind) = asked.kind {
        let numbers = matches!(outcome.data(), ColumnData::Numeric(_));
        let needs = matches!(
            kind,
            Kind::Continuous | Kind::Count | Kind::Share | Kind::TimeToEvent
        );
        if needs && !numbers {
            return refused(
                format!("outcome `{}`", outcome.name),
                format!("it holds words, and {} is a number", kind.name()),
            );
        }
        if let (Kind::Ordinal, ColumnData::Factor(factor)) = (kind, outcome.data())
            && !factor.is_ordered()
        {
            return refused(
                format!("outcome `{}`", outcome.name),
                format!(
                    "in which order? Give its levels from low to high; they are {}",
                    few(&factor
                        .levels()
                        .iter()
                        .map(String::as_str)
                        .collect::<Vec<_>>())
                ),
            );
        }
        if kind == Kind::Count && !whole(outcome) {
            return refused(
                format!("outcome `{}`", outcome.name),
                "not all of its numbers are whole and from zero up, as counts are",
            );
        }
        return Ok((kind, "as declared".to_owned()));
    }
    if asked.trials.is_some() {
        return Ok((Kind::Share, "out of how many was given".to_owned()));
    }
    let name = &outcome.name;
    Ok(match outcome.data() {
        ColumnData::Numeric(numeric) => {
            let present = numeric.present();
            if present.iter().all(|&x| x == 0.0 || x == 1.0) {
                (Kind::Binary, format!("`{name}` holds zeros and ones"))
            } else if whole(outcome) {
                let why = "holds whole numbers from zero up; declare it continuous if it is a score, not \
                           something that was counted";
                (Kind::Count, format!("`{name}` {why}"))
            } else {
                (Kind::Continuous, format!("`{name}` holds numbers"))
            }
        }
        ColumnData::Factor(factor) if factor.levels().len() == 2 => {
            let levels = factor.levels();
            let counts = &levels[plain_yes(levels).unwrap_or(1)];
            (
                Kind::Binary,
                format!("`{name}` has two levels, of which `{counts}` counts"),
            )
        }
        ColumnData::Factor(factor) if factor.is_ordered() => {
            (Kind::Ordinal, format!("`{name}` has levels in order"))
        }
        ColumnData::Factor(factor) => (
            Kind::Nominal,
            format!(
                "`{name}` has {} levels and no order that is known",
                factor.levels().len()
            ),
        ),
    })
}

fn whole(column: &Column) -> bool {
    match column.data() {
        ColumnData::Numeric(numeric) => numeric
            .iter()
            .flatten()
            .all(|x| x >= 0.0 && x.fract() == 0.0),
        ColumnData::Factor(_) => false,
    }
}

fn different(column: &Column) -> usize {
    let keys: BTreeSet<u64> = match column.data() {
        ColumnData::Numeric(numeric) => numeric.iter().flatten().map(f64::to_bits).collect(),
        ColumnData::Factor(factor) => factor
            .codes()
            .iter()
            .flatten()
            .map(|&c| u64::from(c))
            .collect(),
    };
    keys.len()
}

struct Waves {
    names: Vec<String>,
    at: Vec<Option<f64>>,
    /// The wave of each row.
    of_row: Vec<Option<usize>>,
    numbers: bool,
}

impl Waves {
    fn even(&self) -> Option<bool> {
        let at: Vec<f64> = self.at.iter().copied().collect::<Option<_>>()?;
        let steps: Vec<f64> = at.windows(2).map(|pair| pair[1] - pair[0]).collect();
        let first = *steps.first()?;
        Some(
            steps
                .iter()
                .all(|step| (step - first).abs() <= 1e-6 * first.abs()),
        )
    }
}

/// The most waves there can be.
const MOST_WAVES: usize = 50;

fn waves_of(asked: &Advise, table: &Table) -> Result<Waves, Error> {
    let Some(name) = &asked.wave else {
        return Ok(Waves {
            names: vec![String::new()],
            at: vec![None],
            of_row: vec![Some(0); table.rows()],
            numbers: false,
        });
    };
    let column = table.column(name)?;
    let (names, own, of_row, numbers) = match column.data() {
        ColumnData::Numeric(numeric) => {
            let mut values = numeric.present();
            values.sort_by(f64::total_cmp);
            values.dedup();
            let place = |x: f64| values.iter().position(|value| *value == x);
            let of_row: Vec<Option<usize>> = numeric.iter().map(|x| place(x?)).collect();
            let names: Vec<String> = values.iter().map(ToString::to_string).collect();
            (names, values.into_iter().map(Some).collect(), of_row, true)
        }
        ColumnData::Factor(factor) => {
            let used: BTreeSet<u32> = factor.codes().iter().flatten().copied().collect();
            let names: Vec<String> = used
                .iter()
                .map(|&code| factor.levels()[code as usize].clone())
                .collect();
            let place = |code: u32| used.iter().position(|used| *used == code);
            let codes = factor.codes().iter();
            let of_row = codes.map(|code| place((*code)?)).collect();
            let own = vec![None; names.len()];
            (names, own, of_row, false)
        }
    };
    match names.as_slice() {
        [_, _, ..] if names.len() <= MOST_WAVES => {}
        [_, _, ..] => {
            return refused(
                format!("the waves, column `{name}`"),
                format!(
                    "{} different values are no waves; name the column of the wave",
                    names.len()
                ),
            );
        }
        _ => {
            let only = names
                .first()
                .map_or("no value".to_owned(), |only| format!("`{only}` alone"));
            return refused(
                format!("the waves, column `{name}`"),
                format!("there is {only}; leave `wave` out for a comparison at one moment"),
            );
        }
    }
    let at = match &asked.time {
        Some(time) => mean_times(table.numeric(time)?, &of_row, names.len()),
        None => own,
    };
    Ok(Waves {
        names,
        at,
        of_row,
        numbers,
    })
}

fn mean_times(times: &Numeric, of_row: &[Option<usize>], waves: usize) -> Vec<Option<f64>> {
    let mut sums = vec![(0.0, 0_usize); waves];
    for (wave, time) in of_row.iter().zip(times.iter()) {
        if let (Some(wave), Some(time)) = (wave, time) {
            sums[*wave].0 += time;
            sums[*wave].1 += 1;
        }
    }
    sums.into_iter()
        .map(|(sum, n)| (n > 0).then(|| sum / n as f64))
        .collect()
}

/// What names the rows of a column, for messages and comparison.
fn label(column: &Column, row: usize) -> Option<String> {
    match column.data() {
        ColumnData::Numeric(numeric) => numeric.get(row).map(|x| x.to_string()),
        ColumnData::Factor(factor) => factor.label(row).map(str::to_owned),
    }
}

fn rows_of(
    asked: &Advise,
    table: &Table,
    arms: &[String],
    waves: &Waves,
) -> Result<Vec<Row>, Error> {
    let outcome = table.column(&asked.outcome)?;
    let arm = table.factor(&asked.arm)?;
    let subject = asked
        .subject
        .as_deref()
        .map(|name| table.column(name))
        .transpose()?;
    let mut known: BTreeMap<String, usize> = BTreeMap::new();
    let mut arm_of: Vec<usize> = Vec::new();
    let mut taken: BTreeSet<(usize, usize)> = BTreeSet::new();
    let mut rows = Vec::new();
    for row in 0..table.rows() {
        let (Some(code), Some(wave)) = (arm.code(row), waves.of_row[row]) else {
            continue;
        };
        let code = code as usize;
        let seen = !outcome.is_missing(row);
        let place = match subject {
            None => arm_of.len(),
            Some(column) => {
                let Some(name) = label(column, row) else {
                    continue;
                };
                let next = known.len();
                let place = *known.entry(name.clone()).or_insert(next);
                if arm_of.get(place).is_some_and(|before| *before != code) {
                    return refused(
                        format!("`{}` {name}", column.name),
                        format!(
                            "it lies in two arms, `{}` and `{}`; each family has one",
                            arms[arm_of[place]], arms[code]
                        ),
                    );
                }
                if !taken.insert((place, wave)) {
                    return refused(
                        format!("`{}` {name}", column.name),
                        match &asked.wave {
                            Some(name) => format!("it has two rows at {name} {}", waves.names[wave]),
                            None => "it has several rows: name the column that tells them apart as `wave`"
                                .to_owned(),
                        },
                    );
                }
                place
            }
        };
        if place == arm_of.len() {
            arm_of.push(code);
        }
        rows.push(Row {
            place: row,
            subject: place,
            wave,
            arm: code,
            seen,
        });
    }
    Ok(rows)
}

/// Who was seen when.
struct Seen {
    arm: Vec<usize>,
    at: Vec<Vec<bool>>,
}

impl Seen {
    fn of(rows: &[Row], subjects: usize, waves: usize) -> Self {
        let mut seen = Self {
            arm: vec![0; subjects],
            at: vec![vec![false; waves]; subjects],
        };
        for row in rows {
            seen.arm[row.subject] = row.arm;
            seen.at[row.subject][row.wave] |= row.seen;
        }
        seen
    }

    fn arms(&self, names: &[String]) -> Vec<ArmFacts> {
        let arms = names.iter().enumerate().map(|(place, name)| {
            let of = || {
                self.arm
                    .iter()
                    .zip(&self.at)
                    .filter(move |(arm, _)| **arm == place)
            };
            ArmFacts {
                arm: name.clone(),
                subjects: of().filter(|(_, at)| at.contains(&true)).count(),
                of: of().count(),
            }
        });
        arms.filter(|arm| arm.of > 0).collect()
    }

    fn waves(&self, waves: &Waves, arms: usize) -> Vec<WaveFacts> {
        let named = waves.names.iter().zip(&waves.at).enumerate();
        named
            .map(|(place, (name, at))| {
                let mut seen = vec![0; arms];
                for (arm, at) in self.arm.iter().zip(&self.at) {
                    seen[*arm] += usize::from(at[place]);
                }
                WaveFacts {
                    wave: name.clone(),
                    at: *at,
                    seen,
                }
            })
            .collect()
    }

    fn missing(&self, arms: usize) -> Missing {
        let cells = self.at.iter().flatten().filter(|seen| !**seen).count();
        let incomplete = || self.at.iter().filter(|at| at.contains(&false));
        // After the first gap nothing more: those who left. Else they came back, or came late.
        let with_gaps = incomplete()
            .filter(|at| at.windows(2).any(|pair| !pair[0] && pair[1]))
            .count();
        let mut left = vec![(0_usize, 0_usize); arms];
        for (arm, at) in self.arm.iter().zip(&self.at) {
            left[*arm].1 += 1;
            left[*arm].0 += usize::from(at.last() == Some(&false));
        }
        Missing {
            cells,
            of: self.at.iter().map(Vec::len).sum(),
            incomplete: incomplete().count(),
            with_gaps,
            last_wave: left
                .into_iter()
                .filter(|(_, of)| *of > 0)
                .map(|(gone, of)| gone as f64 / of as f64)
                .collect(),
        }
    }
}

fn looks_repeated(asked: &Advise, table: &Table) -> Option<LooksRepeated> {
    if asked.subject.is_some() {
        return None;
    }
    let found = repeated(table, &asked.arm, &[&asked.outcome])?;
    Some(LooksRepeated {
        subject: found.subject,
        wave: found.wave,
    })
}

/// How far the arms lie apart at the first wave, in the outcome and in what else was named.
fn at_the_start(
    asked: &Advise,
    table: &Table,
    rows: &[Row],
    kind: Kind,
) -> Result<Vec<Difference>, Error> {
    let outcome = match (&asked.wave, &asked.baseline) {
        (Some(_), _) if !matches!(kind, Kind::TimeToEvent) => Some(&asked.outcome),
        (None, Some(baseline)) => Some(baseline),
        _ => None,
    };
    let names: Vec<&str> = outcome
        .into_iter()
        .chain(&asked.variables)
        .map(String::as_str)
        .collect();
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let of: Vec<usize> = rows
        .iter()
        .filter(|row| row.wave == 0)
        .map(|row| row.place)
        .collect();
    if of.is_empty() {
        return Ok(Vec::new());
    }
    let first = table.take(&of)?;
    let made = Baseline::default().table(&first, &asked.arm, &names)?;
    let shown = made.variables.iter().filter_map(|variable| {
        let sizes = variable
            .differences
            .iter()
            .filter_map(|one| one.value.finite());
        let largest = sizes.max_by(|a, b| a.abs().total_cmp(&b.abs()))?;
        Some(Difference {
            variable: variable.name.clone(),
            smd: largest,
        })
    });
    Ok(shown.collect())
}

/// Zeros and spread within arms and waves, pooled.
fn spread_of(outcome: &Numeric, rows: &[Row]) -> Option<Spread> {
    let mut cells: BTreeMap<(usize, usize), Vec<f64>> = BTreeMap::new();
    for row in rows {
        if let Some(value) = outcome.get(row.place) {
            cells.entry((row.arm, row.wave)).or_default().push(value);
        }
    }
    let (mut above, mut below) = (0.0, 0.0);
    for values in cells.values().filter(|values| values.len() > 1) {
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        above += values.iter().map(|x| (x - mean).powi(2)).sum::<f64>();
        below += (n - 1.0) * mean;
    }
    if below <= 0.0 {
        return None;
    }
    let dispersion = above / below;
    let (mut zeros, mut expected, mut all) = (0.0, 0.0, 0.0);
    for values in cells.values() {
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        zeros += values.iter().filter(|x| **x == 0.0).count() as f64;
        all += n;
        // Of a negative binomial with variance d · mean: d^(−mean/(d − 1)); of a Poisson e^(−mean).
        expected += n * if dispersion > 1.0 + 1e-9 {
            dispersion.powf(-mean / (dispersion - 1.0))
        } else {
            (-mean).exp()
        };
    }
    Some(Spread {
        dispersion,
        zeros: zeros / all,
        zeros_expected: expected / all,
    })
}

fn nested_in(name: &str, table: &Table, rows: &[Row]) -> Result<NestedIn, Error> {
    let column = table.column(name)?;
    let mut arms: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
    for row in rows {
        if let Some(cluster) = label(column, row.place) {
            arms.entry(cluster).or_default().insert(row.arm);
        }
    }
    if arms.len() < 2 {
        return refused(
            format!("the clusters, column `{name}`"),
            "there are fewer than two; leave `cluster` out",
        );
    }
    Ok(NestedIn {
        column: name.to_owned(),
        clusters: arms.len(),
        in_one_arm: arms.values().filter(|arms| arms.len() == 1).count(),
    })
}
