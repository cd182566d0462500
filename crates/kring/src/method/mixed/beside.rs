//! What a fit of a mixed model shows besides when it is asked to: random effects, residuals, influence, and
//! the spread of each group.

use kring_core::{Column, ColumnData, Component, ComponentKind, Interval, Table};
use kring_formula::{Formula, Schema};
use kring_stats::Fit;
use kring_stats::glmm::{GlmmFit, SimulatedResidual, SimulatedTest};
use kring_stats::influence::Influence;
use kring_stats::likelihood::PartFit;
use kring_stats::lmm::Modes;
use ndarray::{Array1, Array2};
use serde::{Deserialize, Serialize};

use super::super::{Answer, AnswerColumn, AnswerTable, ByRow, TableName};
use super::modelled::Modelled;
use crate::Error;

/// What a mixed model shows besides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Show {
    /// The random effects of each level with their errors, as lme4's `ranef`: a table.
    RandomEffects,
    /// Fitted values and residuals, row by row.
    Residuals,
    /// The coefficients without each family, those that change most first: a table.
    Influence,
}

/// The predicted random effects, a row an effect of a level.
pub(super) fn random_effects(modes: &[Modes]) -> AnswerTable {
    let (mut groups, mut effects, mut levels) = (Vec::new(), Vec::new(), Vec::new());
    let (mut values, mut errors) = (Vec::new(), Vec::new());
    for term in modes {
        let deviations = term.std_deviations();
        for (j, effect) in term.columns.iter().enumerate() {
            groups.extend(std::iter::repeat_n(term.group.clone(), term.levels.len()));
            effects.extend(std::iter::repeat_n(effect.clone(), term.levels.len()));
            levels.extend(term.levels.iter().cloned());
            values.extend(term.values.column(j));
            errors.extend(deviations.column(j).iter().copied());
        }
    }
    AnswerTable {
        name: TableName::RandomEffects,
        title: "Random effects".to_owned(),
        columns: vec![
            AnswerColumn::words("group", groups),
            AnswerColumn::words("effect", effects),
            AnswerColumn::words("level", levels),
            AnswerColumn::numbers("value", values),
            AnswerColumn::numbers("std_error", errors),
        ],
        notes: vec![
            "Conditional modes: how far each level is predicted to lie from the typical one, shrunk towards \
             it. Their errors take the parameters as known."
                .to_owned(),
        ],
    }
}

/// The coefficients without each family, by Cook's distance.
pub(super) fn influence(found: &Influence) -> AnswerTable {
    let mut order: Vec<usize> = (0..found.levels.len()).collect();
    let distance = |place: usize| found.cooks_distances[place];
    order.sort_by(|&a, &b| distance(b).total_cmp(&distance(a)));
    let mut columns = vec![
        AnswerColumn::words(
            "level",
            order.iter().map(|&i| found.levels[i].clone()).collect(),
        ),
        AnswerColumn::numbers("cooks_distance", order.iter().map(|&i| distance(i))),
    ];
    columns.extend(found.columns.iter().enumerate().map(|(j, name)| {
        let without = order.iter().map(|&i| found.without[[i, j]]);
        AnswerColumn::numbers(format!("without: {name}"), without)
    }));
    let mut notes = vec![format!(
        "The coefficients without each level of `{}`: {}. Cook's distance is that of all coefficients together; \
         at one they move to the edge of their joint 40 to 60% region.",
        found.group, found.method
    )];
    if !found.indispensable.is_empty() {
        notes.push(format!(
            "Not all coefficients can be estimated without {}.",
            found.indispensable.join(", ")
        ));
    }
    AnswerTable {
        name: TableName::Influence,
        title: format!("Influence of each level of {}", found.group),
        columns,
        notes,
    }
}

/// Numbers of the rows that were used at the rows of the table that they belong to.
pub(super) fn by_row(
    name: &str,
    values: &Array1<f64>,
    source: impl Iterator<Item = usize>,
    rows: usize,
) -> ByRow {
    let mut placed = vec![None; rows];
    for (row, &x) in source.zip(values) {
        if let Some(place) = placed.get_mut(row) {
            *place = Some(x);
        }
    }
    ByRow {
        name: name.to_owned(),
        values: placed,
    }
}

/// Residuals by simulation: their tests, and the residuals row by row.
pub(super) fn simulated(
    answer: &mut Answer,
    fit: &GlmmFit,
    options: &SimulatedResidual,
    model: &Modelled,
    rows: usize,
) -> Result<(), Error> {
    let found = fit.simulated_residuals(options)?;
    let named = |label: &str| format!("residuals: {label}");
    let mut uniformity = found.uniformity;
    uniformity.label = named("uniformity");
    answer.tests.push(uniformity);
    let mut seen = Vec::new();
    let each = [
        Some(("dispersion", "sum of squares", found.dispersion)),
        found.zeros.map(|zeros| ("number of zeros", "zeros", zeros)),
        Some(("number of outliers", "outliers", found.outliers)),
    ];
    for (label, what, one) in each.into_iter().flatten() {
        let SimulatedTest {
            observed,
            expected,
            mut test,
        } = one;
        test.label = named(label);
        answer.tests.push(test);
        seen.push(format!("{what} {observed:.1}, expected {expected:.1}"));
    }
    answer.notes.push(format!(
        "Residuals by {} simulated data sets, new families included: {}. The tests take the fitted parameters \
         as known: a small p-value is a warning, a large one no proof. That of uniformity takes rows as \
         independent.",
        options.replicates,
        seen.join("; ")
    ));
    let source = model.design.source_rows();
    let source = found
        .rows
        .iter()
        .filter_map(|&row| source.get(row).copied());
    answer.by_row.push(by_row(
        "quantile_residual",
        &found.residuals.values,
        source,
        rows,
    ));
    Ok(())
}

/// How a number of the dispersion's scale is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spread {
    /// ln σ: the standard deviation of the residuals.
    ResidualDeviation,
    /// The log of a shape.
    LogShape,
    /// Minus the logit of a shape, as of the beta-binomial's ρ.
    LogitShape,
}

impl Spread {
    fn natural(self, x: f64) -> f64 {
        match self {
            Self::ResidualDeviation | Self::LogShape => x.exp(),
            Self::LogitShape => 1.0 / (1.0 + x.exp()),
        }
    }

    fn interval(self, of: &Interval) -> Interval {
        let end = |x: Option<f64>| x.map(|x| self.natural(x)).filter(|x| x.is_finite());
        let (low, high) = match self {
            Self::LogitShape => (end(of.high), end(of.low)),
            _ => (end(of.low), end(of.high)),
        };
        Interval { low, high, ..*of }
    }
}

/// The spread of each group that a model of the dispersion tells apart; nothing where it is a line.
pub(super) fn spreads(
    part: &PartFit,
    formula: &Formula,
    model: &Modelled,
    spread: Spread,
) -> Result<Vec<Component>, Error> {
    const MOST: usize = 20;
    let Some(of) = model.design.dispersion().filter(|of| of.offset.is_none()) else {
        return Ok(Vec::new());
    };
    let mut groups: Vec<usize> = Vec::new();
    for row in 0..of.x.nrows() {
        if !groups.iter().any(|&known| of.x.row(known) == of.x.row(row)) {
            groups.push(row);
            if groups.len() > MOST {
                return Ok(Vec::new());
            }
        }
    }
    if groups.len() < 2 {
        return Ok(Vec::new());
    }
    groups.sort_by(|&a, &b| by_numbers(&of.x, a, b));
    let columns = formula.columns(&Schema::of(&model.rows))?;
    let mut found = Vec::with_capacity(groups.len());
    for row in groups {
        let label = setting(&model.rows, &columns, row)?;
        let estimate = part.contrast(&label, of.x.row(row))?;
        let Some(value) = estimate.value.finite() else {
            continue;
        };
        found.push(Component {
            group: match spread {
                Spread::ResidualDeviation => "residual".to_owned(),
                _ => "dispersion".to_owned(),
            },
            label,
            kind: match spread {
                Spread::ResidualDeviation => ComponentKind::StandardDeviation,
                _ => ComponentKind::Dispersion,
            },
            value: spread.natural(value),
            at_boundary: false,
            interval: estimate.interval.map(|interval| spread.interval(&interval)),
            cautions: Vec::new(),
        });
    }
    Ok(found)
}

fn by_numbers(x: &Array2<f64>, a: usize, b: usize) -> std::cmp::Ordering {
    let pairs = x.row(a).into_iter().zip(x.row(b));
    pairs.fold(std::cmp::Ordering::Equal, |known, (a, b)| {
        known.then(a.total_cmp(b))
    })
}

/// `arm EKC, wave 2`
fn setting(rows: &Table, columns: &[String], row: usize) -> Result<String, Error> {
    let each = columns.iter().map(|name| {
        let column: &Column = rows.column(name)?;
        let value = match column.data() {
            ColumnData::Factor(factor) => factor.label(row).unwrap_or_default().to_owned(),
            ColumnData::Numeric(numeric) => numeric.get(row).unwrap_or_default().to_string(),
        };
        Ok(format!("{name} {value}"))
    });
    Ok(each.collect::<Result<Vec<String>, Error>>()?.join(", "))
}
