//! Straight lines that bend at knots: piecewise trends, and interrupted series where they may jump as well.
//!
//! ```text
//! g(μ) = β0 + β1 t + Σ_k γ_k max(0, t − k) + Σ_k λ_k 1(t ≥ k),   each of them by arm
//! ```
//! λ only where lines may jump. Told are the slopes between the knots, how they change, and the jumps, of each
//! arm, and the differences of the arms. Without arms a change at a knot is what came at that time, whatever
//! else came with it: a comparison group is what tells them apart.
//!
//! Wagner AK et al. (2002), Journal of Clinical Pharmacy and Therapeutics 27:299–309, doi
//! 10.1046/j.1365-2710.2002.00430.x.

use kring_core::{Column, Estimate, Table};
use kring_formula::WeightColumn;
use kring_stats::gee::Gee;
use ndarray::Array1;
use serde::{Deserialize, Serialize};

use super::{Families, Fitted, Made, OverTime, waves_in_order, with_columns};
use crate::Error;
use crate::compare::quoted;
use crate::method::mixed::{Setting, settings};
use crate::method::{Answer, with_factors};

/// Lines over time that bend at knots.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Segmented {
    /// The column of the outcome.
    pub outcome: String,
    /// The column of the time in numbers: months since the start, of each family.
    pub time: String,
    /// The times at which lines may bend.
    pub knots: Vec<f64>,
    /// Whether they may jump there too: an interrupted series.
    #[serde(default)]
    pub jumps: bool,
    /// The column that names the family or person.
    pub subject: String,
    /// The column of the arms, each with lines of its own; the first level is the reference.
    pub arm: Option<String>,
    /// The column of the wave, where it is not the time.
    pub wave: Option<String>,
    /// The columns of what families lie in, outermost first, such as teams: these are independent then.
    #[serde(default)]
    pub clusters: Vec<String>,
    /// Further terms of the formula: `age`, `age * sex`.
    #[serde(default)]
    pub covariates: Vec<String>,
    /// The column of weights and what they mean.
    pub weights: Option<WeightColumn>,
    /// The model of the rows of a family.
    #[serde(default = "usual")]
    pub model: OverTime,
}

fn usual() -> OverTime {
    OverTime::Gee(Gee::default())
}

impl Segmented {
    fn after(&self, knot: f64) -> String {
        format!("{} after {knot}", self.time)
    }

    fn from(&self, knot: f64) -> String {
        format!("from {} {knot}", self.time)
    }

    /// The columns that follow from the time; with `jumped` that many jumps lie behind, whatever the time.
    fn derive(&self, table: &Table, jumped: Option<usize>) -> Result<Table, Error> {
        let times = table.numeric(&self.time)?;
        let each = |value: &dyn Fn(f64) -> f64| times.iter().map(|t| t.map(value)).collect();
        let mut new: Vec<(String, Vec<Option<f64>>)> = Vec::new();
        for (place, &knot) in self.knots.iter().enumerate() {
            new.push((self.after(knot), each(&|t| (t - knot).max(0.0))));
            if self.jumps {
                let is_behind = |t: f64| jumped.map_or(t >= knot, |jumped| place < jumped);
                new.push((
                    self.from(knot),
                    each(&|t| f64::from(u8::from(is_behind(t)))),
                ));
            }
        }
        with_columns(table, new)
    }

    fn formula(&self) -> Made<'_> {
        let mut lines = vec![quoted(&self.time)];
        for &knot in &self.knots {
            lines.push(quoted(&self.after(knot)));
            lines.extend(self.jumps.then(|| quoted(&self.from(knot))));
        }
        let mut terms = lines.clone();
        if let Some(arm) = &self.arm {
            let arm = quoted(arm);
            terms.insert(0, arm.clone());
            terms.extend(lines.iter().map(|line| format!("{arm}:{line}")));
        }
        Made {
            outcome: &self.outcome,
            terms: terms.join(" + "),
            covariates: &self.covariates,
        }
    }

    /// Knots in order within the times, each side with rows.
    fn check(&self, table: &Table) -> Result<(), Error> {
        let times = table.numeric(&self.time)?.present();
        let (low, high) = times
            .iter()
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), &t| {
                (low.min(t), high.max(t))
            });
        let increases = self.knots.windows(2).all(|pair| pair[0] < pair[1]);
        let inside = self.knots.iter().all(|&knot| knot > low && knot < high);
        if self.knots.is_empty() || !increases || !inside {
            return Err(Error::Argument {
                what: "`knots`".to_owned(),
                why: format!(
                    "expected times in order, each between the first and the last of `{}` ({low} to {high}), found \
                     {:?}",
                    self.time, self.knots
                ),
            });
        }
        Ok(())
    }
}

/// What is told of a line: its name, and the weights of the coefficients.
type Told = (String, Array1<f64>);

pub(in crate::method) fn segmented(m: &Segmented, table: &Table) -> Result<Answer, Error> {
    let arm = m.arm.iter().cloned().collect::<Vec<_>>();
    let mut table = with_factors(table, &arm)?;
    if let Some(wave) = &m.wave {
        table = waves_in_order(&table, &m.subject, wave)?.0;
    }
    m.check(&table)?;
    let families = Families {
        subject: &m.subject,
        wave: m.wave.as_ref().unwrap_or(&m.time),
        time: Some(&m.time),
        clusters: &m.clusters,
        weights: m.weights.as_ref(),
    };
    let fitted = m
        .model
        .fit(&m.formula(), &families, &m.derive(&table, None)?)?;
    let mut further: Vec<Estimate> = Vec::new();
    let lines = Lines {
        of: m,
        fitted: &fitted,
    };
    let arms = match &m.arm {
        Some(arm) => settings(&fitted.model.rows, arm)?,
        None => Vec::new(),
    };
    if arms.is_empty() {
        let told = lines.told(None)?;
        for (label, weights) in told {
            further.push(lines.estimate(&label, &weights)?);
        }
        return Ok(fitted.answer(&table, further)?.note(
            "Nothing is compared: what changes at a knot is what came at that time, whatever else came with it.",
        ));
    }
    let mut reference: Vec<Told> = Vec::new();
    for (place, arm) in arms.iter().enumerate() {
        let told = lines.told(Some(arm))?;
        for (label, weights) in &told {
            further.push(lines.estimate(&format!("{}: {label}", arm.name), weights)?);
        }
        if place == 0 {
            reference = told;
            continue;
        }
        for ((label, own), (_, other)) in told.iter().zip(&reference) {
            let label = format!("{} − {}: {label}", arm.name, arms[0].name);
            further.push(lines.estimate(&label, &(own - other))?);
        }
    }
    fitted.answer(&table, further)
}

struct Lines<'a> {
    of: &'a Segmented,
    fitted: &'a Fitted,
}

impl Lines<'_> {
    /// The average row at a time, with so many jumps behind.
    fn row(&self, arm: Option<&Setting>, time: f64, jumped: usize) -> Result<Array1<f64>, Error> {
        let model = &self.fitted.model;
        let set: Vec<(&str, &Setting)> = self.of.arm.as_deref().zip(arm).into_iter().collect();
        let rows = model.set(&set)?;
        let mut columns = rows.columns().to_vec();
        for column in columns
            .iter_mut()
            .filter(|column| column.name == self.of.time)
        {
            *column = Column::numeric(&self.of.time, vec![Some(time); rows.rows()])?;
        }
        let rows = self.of.derive(&Table::new(columns)?, Some(jumped))?;
        Ok(model
            .recipe
            .predictors(&rows)?
            .mean
            .x
            .t()
            .dot(&model.shares()))
    }

    /// The slope of each segment, how it changes at each knot, and the jumps.
    fn told(&self, arm: Option<&Setting>) -> Result<Vec<Told>, Error> {
        let (time, knots) = (&self.of.time, &self.of.knots);
        let mut slopes: Vec<Told> = Vec::new();
        for segment in 0..=knots.len() {
            let low = segment.checked_sub(1).map(|before| knots[before]);
            let high = knots.get(segment).copied();
            let (from, to, label) = match (low, high) {
                (None, Some(high)) => (high - 1.0, high, format!("before {high}")),
                (Some(low), Some(high)) => (low, high, format!("from {low} to {high}")),
                (Some(low), None) => (low, low + 1.0, format!("from {low}")),
                (None, None) => (0.0, 1.0, "all along".to_owned()),
            };
            let rise = self.row(arm, to, segment)? - self.row(arm, from, segment)?;
            slopes.push((format!("slope of {time} {label}"), rise / (to - from)));
        }
        let mut told = slopes.clone();
        for (place, &knot) in knots.iter().enumerate() {
            let change = &slopes[place + 1].1 - &slopes[place].1;
            told.push((format!("change of slope at {time} {knot}"), change));
            if self.of.jumps {
                let jump = self.row(arm, knot, place + 1)? - self.row(arm, knot, place)?;
                told.push((format!("jump at {time} {knot}"), jump));
            }
        }
        Ok(told)
    }

    fn estimate(&self, label: &str, weights: &Array1<f64>) -> Result<Estimate, Error> {
        Ok(self.fitted.fit().contrast(label, weights.view())?)
    }
}
