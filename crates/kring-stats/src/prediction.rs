//! What the predictions of mixed models share: new rows, whose they are, and what is said of them.

use std::collections::HashMap;

use kring_core::{Part, RandomTerm};
use ndarray::Array1;
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::lmm::Modes;

/// Rows that a fit has not seen: the parts of a model matrix with the columns of the design.
#[derive(Debug, Clone, Copy)]
pub struct NewRows<'a> {
    /// The model of the mean. Its random terms say which families the rows are of; without them only the
    /// population can be predicted.
    pub mean: &'a Part,
    /// The model of the zeros, where the fit has one.
    pub zero: Option<&'a Part>,
    /// The model of the dispersion, where the fit has one.
    pub dispersion: Option<&'a Part>,
}

impl<'a> NewRows<'a> {
    /// Rows of a model of the mean alone.
    pub fn of(mean: &'a Part) -> Self {
        Self {
            mean,
            zero: None,
            dispersion: None,
        }
    }

    /// How many rows there are, once the columns are as many as the model's.
    pub(crate) fn checked(&self, columns: [usize; 3]) -> Result<usize, Error> {
        let rows = self.mean.x.nrows();
        let parts = [Some(self.mean), self.zero, self.dispersion];
        for ((part, columns), name) in
            parts
                .into_iter()
                .zip(columns)
                .zip(["the mean", "the zeros", "the dispersion"])
        {
            let (n, p) = part.map_or((rows, columns), |part| part.x.dim());
            let finite = part.is_none_or(|part| {
                part.x.iter().all(|x| x.is_finite())
                    && part.offset.iter().flatten().all(|x| x.is_finite())
                    && part
                        .offset
                        .as_ref()
                        .is_none_or(|offset| offset.len() == rows)
            });
            if n != rows || p != columns || !finite {
                return Err(Error::Shape {
                    what: format!("the new rows of {name}"),
                    expected: format!(
                        "{rows} rows of {columns} finite numbers, with or without an offset"
                    ),
                    found: format!("{n} rows of {p}"),
                });
            }
        }
        Ok(rows)
    }
}

/// Of whom a prediction is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Whose {
    /// The typical family, whose random effects are zero.
    #[default]
    Population,
    /// The family of the row with its predicted effects. One that the fit does not know is taken as typical,
    /// with the variance of the random effects in its error.
    Families,
}

/// What a mixed model expects of new rows, an entry a row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Predictions {
    /// What is expected.
    pub values: Array1<f64>,
    /// How uncertain that is.
    pub std_errors: Array1<f64>,
    /// The interval for what is expected.
    pub interval: Band,
    /// The interval for one new observation, where the model has one.
    pub observation: Option<Band>,
    /// The level of the intervals.
    pub level: f64,
    /// The rows, from 0, of families that the fit does not know.
    pub unknown: Vec<usize>,
    /// How they were made, in words.
    pub method: String,
}

/// The ends of an interval, an entry a row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Band {
    /// The lower ends.
    pub low: Array1<f64>,
    /// The upper ends.
    pub high: Array1<f64>,
}

impl Band {
    /// Values less and plus a width each.
    pub(crate) fn around(values: &Array1<f64>, widths: &Array1<f64>) -> Self {
        Self {
            low: values - widths,
            high: values + widths,
        }
    }
}

impl Predictions {
    /// Refuses numbers that are none.
    pub(crate) fn checked(self) -> Result<Self, Error> {
        let bands = [Some(&self.interval), self.observation.as_ref()];
        let ends = bands
            .into_iter()
            .flatten()
            .flat_map(|band| band.low.iter().chain(&band.high));
        if self
            .values
            .iter()
            .chain(&self.std_errors)
            .chain(ends)
            .all(|x| x.is_finite())
        {
            return Ok(self);
        }
        Err(Error::Overflow {
            what: "a prediction".to_owned(),
        })
    }
}

/// For each random term of the model and each new row the place of its level among the modes; none for a
/// level that the fit does not know.
pub(crate) fn places(
    rows: &Part,
    modes: &[Modes],
    whose: Whose,
) -> Result<Vec<Vec<Option<usize>>>, Error> {
    if rows.random.is_empty() && whose == Whose::Population {
        return Ok(Vec::new());
    }
    let names = |terms: &mut dyn Iterator<Item = String>| terms.collect::<Vec<_>>().join(", ");
    let has = |term: &RandomTerm| (term.grouping.name.clone(), term.columns.clone());
    let fits = rows.random.len() == modes.len()
        && rows.random.iter().zip(modes).all(|(term, modes)| {
            has(term) == (modes.group.clone(), modes.columns.clone())
                && term.z.nrows() == rows.x.nrows()
                && term.grouping.index.len() == rows.x.nrows()
        });
    if !fits {
        return Err(Error::Shape {
            what: "the random terms of the new rows".to_owned(),
            expected: format!(
                "those of the model, by {}",
                names(&mut modes.iter().map(|modes| modes.group.clone()))
            ),
            found: names(&mut rows.random.iter().map(|term| term.grouping.name.clone())),
        });
    }
    let each = rows.random.iter().zip(modes).map(|(term, modes)| {
        let known: HashMap<&str, usize> = modes
            .levels
            .iter()
            .enumerate()
            .map(|(place, level)| (level.as_str(), place))
            .collect();
        let of_level: Vec<Option<usize>> = term
            .grouping
            .levels
            .iter()
            .map(|level| known.get(level.as_str()).copied())
            .collect();
        term.grouping
            .index
            .iter()
            .map(|&code| of_level[code as usize])
            .collect()
    });
    Ok(each.collect())
}

/// The rows with a level that is not known.
pub(crate) fn unknown(places: &[Vec<Option<usize>>], rows: usize) -> Vec<usize> {
    (0..rows)
        .filter(|&row| places.iter().any(|places| places[row].is_none()))
        .collect()
}
