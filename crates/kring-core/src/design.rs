use std::ops::Range;

use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Axis};
use serde::{Deserialize, Serialize};

use crate::Error;

/// All that a model may see: arrays, checked once when the design is built.
///
/// A design has `n` rows. Its response has one entry a row; each [`Part`] has an `n` × `p` model
/// matrix; groupings and weights have one entry a row. Every number is finite. Rows of the table
/// that could not be used are not in the arrays but in [`Design::omitted`], each with its reason.
#[derive(Debug, Clone, PartialEq)]
pub struct Design {
    parts: DesignParts,
    rows: usize,
}

/// The pieces of a [`Design`], before they are checked.
#[derive(Debug, Clone, PartialEq)]
pub struct DesignParts {
    /// What is explained.
    pub response: Response,
    /// What the response is called.
    pub response_name: String,
    /// The model of the mean (or of the hazard).
    pub mean: Part,
    /// The model of the excess zeros, for two-part models.
    pub zero: Option<Part>,
    /// The model of the dispersion.
    pub dispersion: Option<Part>,
    /// Who belongs together.
    pub groups: Groups,
    /// When each row was measured.
    pub time: Option<Time>,
    /// How much each row counts.
    pub weights: Option<Weights>,
    /// For each row of the design, its row in the table (from 0).
    pub source_rows: Vec<usize>,
    /// The rows of the table that were left out.
    pub omitted: Vec<Omitted>,
}

/// The response of a model, `n` entries.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Response {
    /// Any finite number.
    Continuous(Array1<f64>),
    /// 0 or 1.
    Binary(Array1<f64>),
    /// 0, 1, 2, … as floating-point numbers.
    Count(Array1<f64>),
    /// Successes out of trials.
    Proportion {
        /// 0, 1, …, `trials`.
        successes: Array1<f64>,
        /// 0, 1, 2, …
        trials: Array1<f64>,
    },
    /// Places in ordered levels.
    Ordinal {
        /// The levels, lowest first.
        levels: Vec<String>,
        /// The place of each row's level, from 0.
        codes: Vec<u32>,
    },
    /// Time to an event, possibly entered late.
    Survival {
        /// When each row came under observation; absent means from zero.
        entry: Option<Array1<f64>>,
        /// When observation ended, after entry.
        time: Array1<f64>,
        /// Whether it ended with the event (1) or without (0).
        event: Array1<f64>,
    },
    /// Several outcomes of the same rows.
    Multi(Vec<Response>),
}

/// The linear predictor of one part of a model.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// The model matrix, `n` × `p`.
    pub x: Array2<f64>,
    /// The names of its columns, as R names them.
    pub columns: Vec<String>,
    /// Which columns each term of the formula made.
    pub terms: Vec<Term>,
    /// The random terms.
    pub random: Vec<RandomTerm>,
    /// What is added to the linear predictor with coefficient one, `n` entries.
    pub offset: Option<Array1<f64>>,
}

/// A term of the formula and its columns of the model matrix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// `(Intercept)`, `arm`, `arm:wave`.
    pub name: String,
    /// Its columns.
    pub columns: Range<usize>,
}

/// One `(z | group)` of a formula.
#[derive(Debug, Clone, PartialEq)]
pub struct RandomTerm {
    /// What varies, by group.
    pub grouping: Grouping,
    /// The columns that vary, `n` × `q`.
    pub z: Array2<f64>,
    /// The names of the columns of `z`.
    pub columns: Vec<String>,
    /// How the `q` effects of a group are related.
    pub structure: RandomStructure,
}

/// How the random effects of one group are related.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RandomStructure {
    /// `(wave | family)`: any covariance.
    Unstructured,
    /// `(wave || family)`: variances only.
    Diagonal,
    /// One variance and one correlation.
    CompoundSymmetry,
}

/// Rows that belong together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grouping {
    /// The name of the factor, `family` or `team:family`.
    pub name: String,
    /// The names of the groups.
    pub levels: Vec<String>,
    /// The group of each row, `n` entries.
    pub index: Vec<u32>,
}

/// The groupings that a model may need, whatever its formula.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Groups {
    /// The family or person measured again and again.
    pub subject: Option<Grouping>,
    /// Clusters for robust errors, outermost first.
    pub clusters: Vec<Grouping>,
    /// Strata with a baseline of their own.
    pub stratum: Option<Grouping>,
    /// The arm of the study.
    pub arm: Option<Grouping>,
}

/// When each row was measured.
#[derive(Debug, Clone, PartialEq)]
pub struct Time {
    /// The waves in order.
    pub levels: Vec<String>,
    /// The wave of each row, `n` entries.
    pub index: Vec<u32>,
    /// The time of each row, `n` entries.
    pub value: Array1<f64>,
}

/// How much each row counts, `n` entries, none negative.
#[derive(Debug, Clone, PartialEq)]
pub struct Weights {
    /// What the weights mean.
    pub kind: WeightKind,
    /// The weights.
    pub values: Array1<f64>,
}

/// What a weight means: three different things under one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WeightKind {
    /// The row stands for that many equal rows.
    Frequency,
    /// The row's variance is the residual variance divided by the weight, as in R's `lm`.
    Precision,
    /// The row stands for others by the inverse of its probability of being seen.
    Sampling,
}

/// A row of the table that the design leaves out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Omitted {
    /// Its row in the table, from 0.
    pub row: usize,
    /// Why.
    pub reason: Omission,
}

/// Why a row is left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Omission {
    /// A variable of the formula has no value there; the first one in the order of the formula.
    Missing {
        /// The column.
        column: String,
    },
    /// Its weight is zero.
    ZeroWeight,
}

impl Design {
    /// Checks the pieces against one another and against what their kinds allow.
    pub fn new(parts: DesignParts) -> Result<Self, Error> {
        let rows = parts.mean.x.nrows();
        if rows == 0 {
            return Err(Error::Empty {
                what: format!("the design for `{}`", parts.response_name),
                why: reasons(&parts.omitted),
            });
        }
        check_response(&parts.response, &parts.response_name, rows)?;
        let all_parts = [
            Some(&parts.mean),
            parts.zero.as_ref(),
            parts.dispersion.as_ref(),
        ];
        for part in all_parts.into_iter().flatten() {
            check_part(part, rows)?;
        }
        let groups = &parts.groups;
        let groupings = [&groups.subject, &groups.stratum, &groups.arm];
        for grouping in groupings.into_iter().flatten().chain(&groups.clusters) {
            check_grouping(grouping, rows)?;
        }
        if let Some(time) = &parts.time {
            same_length("the times", time.value.len(), rows)?;
            same_length("the waves", time.index.len(), rows)?;
            codes_fit("wave", &time.index, time.levels.len())?;
            finite("the times", time.value.iter())?;
        }
        if let Some(weights) = &parts.weights {
            same_length("the weights", weights.values.len(), rows)?;
            let expected = match weights.kind {
                WeightKind::Frequency => "a whole number, zero or more",
                WeightKind::Precision | WeightKind::Sampling => "a number, zero or more",
            };
            let allowed =
                |w: f64| w >= 0.0 && (weights.kind != WeightKind::Frequency || w.fract() == 0.0);
            each("a weight", &weights.values, expected, allowed)?;
        }
        same_length("the source rows", parts.source_rows.len(), rows)?;
        Ok(Self { parts, rows })
    }

    /// The number of rows that the model sees.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// What is explained.
    pub fn response(&self) -> &Response {
        &self.parts.response
    }

    /// What the response is called.
    pub fn response_name(&self) -> &str {
        &self.parts.response_name
    }

    /// The model of the mean.
    pub fn mean(&self) -> &Part {
        &self.parts.mean
    }

    /// The model of the excess zeros.
    pub fn zero(&self) -> Option<&Part> {
        self.parts.zero.as_ref()
    }

    /// The model of the dispersion.
    pub fn dispersion(&self) -> Option<&Part> {
        self.parts.dispersion.as_ref()
    }

    /// Who belongs together.
    pub fn groups(&self) -> &Groups {
        &self.parts.groups
    }

    /// When each row was measured.
    pub fn time(&self) -> Option<&Time> {
        self.parts.time.as_ref()
    }

    /// How much each row counts.
    pub fn weights(&self) -> Option<&Weights> {
        self.parts.weights.as_ref()
    }

    /// For each row of the design, its row in the table.
    pub fn source_rows(&self) -> &[usize] {
        &self.parts.source_rows
    }

    /// The rows of the table that were left out, each with its reason.
    pub fn omitted(&self) -> &[Omitted] {
        &self.parts.omitted
    }

    /// The design of these rows, in this order and as often as they are named, as resampling draws
    /// them. What was left out of the table stays as it is.
    ///
    /// ```
    /// use kring_core::{Design, DesignParts, Groups, Part, Response};
    /// use ndarray::array;
    /// let design = Design::new(DesignParts {
    ///     response: Response::Count(array![4.0, 6.0, 3.0]),
    ///     response_name: "problems".into(),
    ///     mean: Part::fixed(array![[1.0], [1.0], [1.0]], vec!["(Intercept)".into()]),
    ///     zero: None, dispersion: None, groups: Groups::default(), time: None, weights: None,
    ///     source_rows: vec![0, 1, 2], omitted: vec![],
    /// })?;
    /// let drawn = design.take(&[2, 0, 2, 2])?;
    /// assert_eq!(drawn.response().numbers().unwrap().sum(), 13.0);
    /// assert!(design.take(&[3]).is_err());
    /// # Ok::<(), kring_core::Error>(())
    /// ```
    pub fn take(&self, rows: &[usize]) -> Result<Self, Error> {
        let what = || {
            format!(
                "the rows drawn from the design for `{}`",
                self.response_name()
            )
        };
        if rows.is_empty() {
            return Err(Error::Empty {
                what: what(),
                why: String::new(),
            });
        }
        if let Some(row) = rows.iter().position(|&row| row >= self.rows) {
            return Err(Error::OutOfRange {
                what: what(),
                row,
                found: rows[row].to_string(),
                expected: "one of the rows of the design, counted from 0",
            });
        }
        let from = &self.parts;
        let part = |part: &Part| part.take(rows);
        let grouping = |grouping: &Grouping| grouping.take(rows);
        let parts = DesignParts {
            response: from.response.take(rows),
            response_name: from.response_name.clone(),
            mean: from.mean.take(rows),
            zero: from.zero.as_ref().map(part),
            dispersion: from.dispersion.as_ref().map(part),
            groups: Groups {
                subject: from.groups.subject.as_ref().map(grouping),
                clusters: from.groups.clusters.iter().map(grouping).collect(),
                stratum: from.groups.stratum.as_ref().map(grouping),
                arm: from.groups.arm.as_ref().map(grouping),
            },
            time: from.time.as_ref().map(|time| Time {
                levels: time.levels.clone(),
                index: codes(&time.index, rows),
                value: time.value.select(Axis(0), rows),
            }),
            weights: from.weights.as_ref().map(|weights| Weights {
                kind: weights.kind,
                values: weights.values.select(Axis(0), rows),
            }),
            source_rows: rows.iter().map(|&row| from.source_rows[row]).collect(),
            omitted: from.omitted.clone(),
        };
        Ok(Self {
            parts,
            rows: rows.len(),
        })
    }

    /// The pieces, to change some of them and build another design.
    pub fn into_parts(self) -> DesignParts {
        self.parts
    }
}

impl Response {
    /// The number of rows.
    pub fn rows(&self) -> usize {
        match self {
            Self::Continuous(y) | Self::Binary(y) | Self::Count(y) => y.len(),
            Self::Proportion { successes, .. } => successes.len(),
            Self::Ordinal { codes, .. } => codes.len(),
            Self::Survival { time, .. } => time.len(),
            Self::Multi(all) => all.first().map_or(0, Self::rows),
        }
    }

    /// The one number a row that a linear model explains, where the response has one.
    pub fn numbers(&self) -> Option<ArrayView1<'_, f64>> {
        match self {
            Self::Continuous(y) | Self::Binary(y) | Self::Count(y) => Some(y.view()),
            _ => None,
        }
    }
}

impl Response {
    fn take(&self, rows: &[usize]) -> Self {
        let of = |y: &Array1<f64>| y.select(Axis(0), rows);
        match self {
            Self::Continuous(y) => Self::Continuous(of(y)),
            Self::Binary(y) => Self::Binary(of(y)),
            Self::Count(y) => Self::Count(of(y)),
            Self::Proportion { successes, trials } => Self::Proportion {
                successes: of(successes),
                trials: of(trials),
            },
            Self::Ordinal { levels, codes: all } => Self::Ordinal {
                levels: levels.clone(),
                codes: codes(all, rows),
            },
            Self::Survival { entry, time, event } => Self::Survival {
                entry: entry.as_ref().map(of),
                time: of(time),
                event: of(event),
            },
            Self::Multi(all) => Self::Multi(all.iter().map(|one| one.take(rows)).collect()),
        }
    }
}

/// The codes of these rows.
fn codes(all: &[u32], rows: &[usize]) -> Vec<u32> {
    rows.iter().map(|&row| all[row]).collect()
}

impl Part {
    /// A part with a model matrix and nothing else: each column a term of its own.
    pub fn fixed(x: Array2<f64>, columns: Vec<String>) -> Self {
        let terms = columns
            .iter()
            .enumerate()
            .map(|(j, name)| Term {
                name: name.clone(),
                columns: j..j + 1,
            })
            .collect();
        Self {
            x,
            columns,
            terms,
            random: Vec::new(),
            offset: None,
        }
    }

    fn take(&self, rows: &[usize]) -> Self {
        let random = self.random.iter().map(|term| RandomTerm {
            grouping: term.grouping.take(rows),
            z: term.z.select(Axis(0), rows),
            ..term.clone()
        });
        Self {
            x: self.x.select(Axis(0), rows),
            columns: self.columns.clone(),
            terms: self.terms.clone(),
            random: random.collect(),
            offset: self.offset.as_ref().map(|o| o.select(Axis(0), rows)),
        }
    }

    /// The model matrix.
    pub fn x(&self) -> ArrayView2<'_, f64> {
        self.x.view()
    }
}

impl Grouping {
    /// A grouping of named groups.
    pub fn new(name: impl Into<String>, levels: Vec<String>, index: Vec<u32>) -> Self {
        Self {
            name: name.into(),
            levels,
            index,
        }
    }

    fn take(&self, rows: &[usize]) -> Self {
        Self {
            name: self.name.clone(),
            levels: self.levels.clone(),
            index: codes(&self.index, rows),
        }
    }
}

impl Omission {
    /// The reason in words.
    pub fn reason(&self) -> String {
        match self {
            Self::Missing { column } => format!("`{column}` is missing"),
            Self::ZeroWeight => "its weight is zero".to_owned(),
        }
    }
}

fn reasons(omitted: &[Omitted]) -> String {
    let mut counts: Vec<(String, usize)> = Vec::new();
    for row in omitted {
        let reason = row.reason.reason();
        match counts.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, n)) => *n += 1,
            None => counts.push((reason, 1)),
        }
    }
    if counts.is_empty() {
        return String::new();
    }
    let listed: Vec<String> = counts
        .into_iter()
        .map(|(reason, n)| format!("{n} left out because {reason}"))
        .collect();
    format!(" ({})", listed.join(", "))
}

fn check_response(response: &Response, name: &str, rows: usize) -> Result<(), Error> {
    let what = format!("the response `{name}`");
    let count = |x: f64| x >= 0.0 && x.fract() == 0.0;
    same_length(&what, response.rows(), rows)?;
    match response {
        Response::Continuous(y) => each(&what, y, "a finite number", |_| true),
        Response::Binary(y) => each(&what, y, "0 or 1", |x| x == 0.0 || x == 1.0),
        Response::Count(y) => each(&what, y, "a whole number, zero or more", count),
        Response::Proportion { successes, trials } => {
            same_length("the trials", trials.len(), rows)?;
            each("the trials", trials, "a whole number, zero or more", count)?;
            each(&what, successes, "a whole number, zero or more", count)?;
            let row = (0..rows).find(|&i| successes[i] > trials[i]);
            row.map_or(Ok(()), |row| {
                Err(Error::OutOfRange {
                    what: what.clone(),
                    row,
                    found: format!("{} of {}", successes[row], trials[row]),
                    expected: "no more successes than trials",
                })
            })
        }
        Response::Ordinal { levels, codes } => codes_fit(name, codes, levels.len()),
        Response::Survival { entry, time, event } => {
            same_length("the events", event.len(), rows)?;
            each(&what, time, "a time of zero or more", |t| t >= 0.0)?;
            each("the event", event, "0 or 1", |x| x == 0.0 || x == 1.0)?;
            let Some(entry) = entry else { return Ok(()) };
            same_length("the entry times", entry.len(), rows)?;
            each("the entry time", entry, "a finite number", |_| true)?;
            let row = (0..rows).find(|&i| entry[i] >= time[i]);
            row.map_or(Ok(()), |row| {
                Err(Error::OutOfRange {
                    what: "the entry time".to_owned(),
                    row,
                    found: format!("{} with exit at {}", entry[row], time[row]),
                    expected: "entry before exit",
                })
            })
        }
        Response::Multi(all) => all
            .iter()
            .try_for_each(|one| check_response(one, name, rows)),
    }
}

fn check_part(part: &Part, rows: usize) -> Result<(), Error> {
    same_length("the model matrix", part.x.nrows(), rows)?;
    same_length(
        "the names of the model matrix",
        part.columns.len(),
        part.x.ncols(),
    )?;
    for (j, name) in part.columns.iter().enumerate() {
        finite(
            &format!("model matrix column `{name}`"),
            part.x.column(j).iter(),
        )?;
    }
    if let Some(offset) = &part.offset {
        same_length("the offset", offset.len(), rows)?;
        finite("the offset", offset.iter())?;
    }
    for term in &part.random {
        check_grouping(&term.grouping, rows)?;
        same_length("the random-effects matrix", term.z.nrows(), rows)?;
        same_length("its names", term.columns.len(), term.z.ncols())?;
        for (j, name) in term.columns.iter().enumerate() {
            finite(
                &format!("random-effects column `{name}`"),
                term.z.column(j).iter(),
            )?;
        }
    }
    Ok(())
}

fn check_grouping(grouping: &Grouping, rows: usize) -> Result<(), Error> {
    same_length(
        &format!("grouping `{}`", grouping.name),
        grouping.index.len(),
        rows,
    )?;
    codes_fit(&grouping.name, &grouping.index, grouping.levels.len())
}

fn codes_fit(column: &str, codes: &[u32], levels: usize) -> Result<(), Error> {
    match codes.iter().position(|&code| code as usize >= levels) {
        None => Ok(()),
        Some(row) => Err(Error::Code {
            column: column.to_owned(),
            row,
            code: codes[row],
            levels,
        }),
    }
}

fn same_length(what: &str, found: usize, expected: usize) -> Result<(), Error> {
    if found == expected {
        return Ok(());
    }
    Err(Error::Length {
        what: what.to_owned(),
        expected,
        found,
    })
}

fn finite<'a>(what: &str, mut values: impl Iterator<Item = &'a f64>) -> Result<(), Error> {
    values.position(|x| !x.is_finite()).map_or(Ok(()), |row| {
        Err(Error::NotFinite {
            what: what.to_owned(),
            row,
        })
    })
}

fn each(
    what: &str,
    values: &Array1<f64>,
    expected: &'static str,
    allowed: impl Fn(f64) -> bool,
) -> Result<(), Error> {
    finite(what, values.iter())?;
    match values.iter().position(|&x| !allowed(x)) {
        None => Ok(()),
        Some(row) => Err(Error::OutOfRange {
            what: what.to_owned(),
            row,
            found: values[row].to_string(),
            expected,
        }),
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    reason = "a test may stop at what it did not expect"
)]
mod tests {
    use ndarray::{array, aview1};

    use super::*;

    fn parts(response: Response) -> DesignParts {
        DesignParts {
            response,
            response_name: "problems".into(),
            mean: Part::fixed(
                array![[1.0, 0.0], [1.0, 1.0]],
                vec!["(Intercept)".into(), "armEKC".into()],
            ),
            zero: None,
            dispersion: None,
            groups: Groups::default(),
            time: None,
            weights: None,
            source_rows: vec![0, 2],
            omitted: vec![Omitted {
                row: 1,
                reason: Omission::Missing {
                    column: "problems".into(),
                },
            }],
        }
    }

    #[test]
    fn a_design_keeps_what_it_was_given() {
        let design = Design::new(parts(Response::Count(array![6.0, 4.0]))).unwrap();
        assert_eq!(design.rows(), 2);
        assert_eq!(design.response().numbers(), Some(aview1(&[6.0, 4.0])));
        assert_eq!(design.mean().terms[1].columns, 1..2);
        assert_eq!(design.omitted()[0].reason.reason(), "`problems` is missing");
    }

    #[test]
    fn what_a_model_must_never_see_is_refused() {
        let refused = |parts| Design::new(parts).unwrap_err().to_string();
        assert_eq!(
            refused(parts(Response::Count(array![6.0, -1.0]))),
            "the response `problems` is -1 at row 2, but a whole number, zero or more was expected"
        );
        assert_eq!(
            refused(parts(Response::Binary(array![0.5, 1.0]))),
            "the response `problems` is 0.5 at row 1, but 0 or 1 was expected"
        );
        assert!(refused(parts(Response::Continuous(array![6.0]))).contains("1 values, but 2 rows"));
        assert!(
            refused(parts(Response::Continuous(array![6.0, f64::INFINITY])))
                .contains("not a finite number at row 2")
        );
        let more_successes = Response::Proportion {
            successes: array![3.0, 1.0],
            trials: array![2.0, 1.0],
        };
        assert!(refused(parts(more_successes)).contains("3 of 2"));
        let late = Response::Survival {
            entry: Some(array![0.0, 5.0]),
            time: array![3.0, 5.0],
            event: array![1.0, 0.0],
        };
        assert!(refused(parts(late)).contains("entry before exit"));

        let mut none_left = parts(Response::Continuous(array![]));
        none_left.mean = Part::fixed(Array2::zeros((0, 1)), vec!["(Intercept)".into()]);
        assert!(refused(none_left).contains("1 left out because `problems` is missing"));

        let mut weighted = parts(Response::Continuous(array![1.0, 2.0]));
        weighted.weights = Some(Weights {
            kind: WeightKind::Frequency,
            values: array![1.0, 1.5],
        });
        assert!(refused(weighted).contains("a weight is 1.5 at row 2"));

        let mut unknown_group = parts(Response::Continuous(array![1.0, 2.0]));
        unknown_group.groups.subject = Some(Grouping::new("family", vec!["1".into()], vec![0, 1]));
        assert!(refused(unknown_group).contains("factor `family` has code 1 at row 2"));
    }
}
