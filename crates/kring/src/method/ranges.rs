//! A replicated method by ranges of its replicates: on other threads, processes and machines.
//!
//! ```text
//! replicates  how many the method draws, if it draws any (an exact test draws none)
//! run_range   what the replicates lo..hi give: small, serde, and the same wherever it runs
//! run_with    the answer from the parts of all ranges; bit for bit that of `run`
//! ```
//! A [`Job`] is a method with its table as one piece of text, for a worker elsewhere.

use std::ops::Range;

use kring_core::{Column, ColumnData, Table};
use kring_stats::resampling::{Draws, Share, Stage};
use serde::{Deserialize, Serialize};

use super::{Answer, Method, MixedIntervals, mediation, mixed, model};
use crate::Error;

/// What a range of the replicates of a method gave.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// The draws of each computation that the method consists of: of each comparison with the reference.
    pub draws: Vec<Draws>,
}

/// What is asked of a replicated method.
#[derive(Debug, Clone)]
pub(super) enum Asked<'a> {
    All,
    Count,
    Range(Range<u64>),
    Finish(&'a [Part]),
}

/// What it gives.
pub(super) enum Given {
    Count(u64),
    Part(Part),
    Answer(Answer),
}

impl Asked<'_> {
    /// The share of one of its computations.
    pub fn share(&self, computation: usize) -> Share<'_> {
        match self {
            Self::All => Share::All,
            Self::Count => Share::Count,
            Self::Range(range) => Share::Range(range.clone()),
            Self::Finish(parts) => {
                let draws = parts.iter().map(|part| part.draws.get(computation));
                Share::Finish(draws.flatten().collect())
            }
        }
    }
}

impl From<Stage<Answer>> for Given {
    fn from(stage: Stage<Answer>) -> Self {
        match stage {
            Stage::Count(n) => Self::Count(n),
            Stage::Draws(draws) => Self::Part(Part { draws: vec![draws] }),
            Stage::Result(answer) => Self::Answer(answer),
        }
    }
}

impl Given {
    pub fn answer(self) -> Result<Answer, Error> {
        match self {
            Self::Answer(answer) => Ok(answer),
            Self::Count(_) | Self::Part(_) => Err(Error::Argument {
                what: "the answer".to_owned(),
                why: "it needs the parts of all ranges".to_owned(),
            }),
        }
    }
}

impl Method {
    /// How many replicates it draws from this table; none where it draws nothing, or turns out exact.
    ///
    /// ```
    /// use kring::method::Method;
    /// use kring_core::{Column, Table};
    /// let numbers = |scale: f64| (0..40).map(|i| Some(f64::from(i * 7 % 13) * scale)).collect();
    /// let table = Table::new(vec![
    ///     Column::numeric("problems", numbers(1.0))?,
    ///     Column::factor("arm", ["WT", "EKC"], (0..40).map(|i| Some(i % 2)).collect())?,
    /// ])?;
    /// let fields = [("outcome", "problems"), ("by", "arm"), ("options", "{ replicates = 1000, seed = 1 }")];
    /// let method = Method::named("bootstrap", &fields)?;
    /// assert_eq!(method.replicates(&table)?, Some(1000));
    /// let (b, a) = (method.run_range(&table, 400..1000)?, method.run_range(&table, 0..400)?);
    /// assert_eq!(method.run_with(&table, &[b, a])?, method.run(&table)?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn replicates(&self, table: &Table) -> Result<Option<u64>, Error> {
        Ok(
            match self.replicated(&self.grouped(table)?, &Asked::Count)? {
                Some(Given::Count(n)) => Some(n),
                _ => None,
            },
        )
    }

    /// What the replicates lo..hi of all give, the first being 0.
    pub fn run_range(&self, table: &Table, range: Range<u64>) -> Result<Part, Error> {
        match self.replicated(&self.grouped(table)?, &Asked::Range(range))? {
            Some(Given::Part(part)) => Ok(part),
            _ => Err(self.draws_nothing()),
        }
    }

    /// The answer from the parts of all ranges, in any order. A range that is missing, or there twice,
    /// is refused by its numbers.
    pub fn run_with(&self, table: &Table, parts: &[Part]) -> Result<Answer, Error> {
        if self.replicates(table)?.is_none() {
            return Err(self.draws_nothing());
        }
        let table = self.grouped(table)?;
        match self.replicated(&table, &Asked::Finish(parts))? {
            Some(Given::Answer(answer)) => Ok(self.in_words(answer, &table)),
            _ => Err(self.draws_nothing()),
        }
    }

    pub(super) fn draws_nothing(&self) -> Error {
        Error::Argument {
            what: format!("method `{}`", self.kind()),
            why: "it draws no replicates with these options; run it whole".to_owned(),
        }
    }

    /// The methods that draw replicates, from a table whose groups are factors; nothing of all others.
    pub(super) fn replicated(
        &self,
        table: &Table,
        asked: &Asked<'_>,
    ) -> Result<Option<Given>, Error> {
        let share = asked.share(0);
        Ok(Some(match self {
            Self::Permutation(m) => m
                .two(table, |o, groups, unit| {
                    let found = o.two_groups_share(groups, unit, &share)?;
                    Ok(found.map(Answer::from))
                })?
                .into(),
            Self::Bootstrap(m) => m
                .two(table, |o, groups, unit| {
                    let found = o.two_groups_share(groups, unit, &share)?;
                    Ok(found.map(|found| {
                        let answer = Answer::of([found.estimate]).figure("bias", found.bias);
                        answer.figure("failures", found.failures as f64)
                    }))
                })?
                .into(),
            Self::FisherExact(m) => m
                .run_share(table, |o, label, counts| {
                    let found = o.test_share(label, counts.view(), &share)?;
                    Ok(found.map(Answer::from))
                })?
                .into(),
            Self::MarginalEffect(m) => model::marginal(m, table, asked)?,
            Self::Mediation(m) => mediation::mediation(m, table, asked)?,
            Self::Lmm(m) if matches!(m.intervals, MixedIntervals::Bootstrap { .. }) => {
                mixed::lmm(m, table, asked)?
            }
            Self::Glmm(m) if matches!(m.intervals, MixedIntervals::Bootstrap { .. }) => {
                mixed::glmm(m, table, asked)?
            }
            _ => return Ok(None),
        }))
    }
}

/// A method with the table that it runs on.
///
/// Written as text and read again it gives the same bits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct Job {
    /// The method.
    pub method: Method,
    /// The table.
    pub table: Table,
}

impl Job {
    /// How many replicates it draws, if it draws any.
    pub fn replicates(&self) -> Result<Option<u64>, Error> {
        self.method.replicates(&self.table)
    }

    /// What a range of them gives.
    pub fn run_range(&self, range: Range<u64>) -> Result<Part, Error> {
        self.method.run_range(&self.table, range)
    }

    /// The answer from the parts of all ranges.
    pub fn finish(&self, parts: &[Part]) -> Result<Answer, Error> {
        self.method.run_with(&self.table, parts)
    }
}

/// A job as plain data.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    method: Method,
    columns: Vec<WrittenColumn>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenColumn {
    name: String,
    label: Option<String>,
    unit: Option<String>,
    data: WrittenData,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum WrittenData {
    Numeric(Vec<Option<f64>>),
    Factor {
        levels: Vec<String>,
        codes: Vec<Option<u32>>,
        ordered: bool,
    },
}

impl From<Job> for Written {
    fn from(job: Job) -> Self {
        let column = |column: &Column| WrittenColumn {
            name: column.name.clone(),
            label: column.label.clone(),
            unit: column.unit.clone(),
            data: match column.data() {
                ColumnData::Numeric(numeric) => WrittenData::Numeric(numeric.iter().collect()),
                ColumnData::Factor(factor) => WrittenData::Factor {
                    levels: factor.levels().to_vec(),
                    codes: factor.codes().to_vec(),
                    ordered: factor.is_ordered(),
                },
            },
        };
        Self {
            columns: job.table.columns().iter().map(column).collect(),
            method: job.method,
        }
    }
}

impl TryFrom<Written> for Job {
    type Error = kring_core::Error;

    fn try_from(written: Written) -> Result<Self, kring_core::Error> {
        let columns = written.columns.into_iter().map(|written| {
            let mut column = match written.data {
                WrittenData::Numeric(values) => Column::numeric(written.name, values)?,
                WrittenData::Factor {
                    levels,
                    codes,
                    ordered,
                } => {
                    let column = Column::factor(written.name, levels, codes)?;
                    if ordered { column.ordered() } else { column }
                }
            };
            column.label = written.label;
            column.unit = written.unit;
            Ok(column)
        });
        Ok(Self {
            table: Table::new(columns.collect::<Result<_, kring_core::Error>>()?)?,
            method: written.method,
        })
    }
}
