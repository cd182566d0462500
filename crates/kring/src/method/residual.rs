//! Whether the rows look as their model says: randomised quantile residuals.

use kring_core::{Alternative, Design, Reference, Response, Table};
use kring_formula::{Formula, Recipe, WeightColumn};
use kring_report::{Scatter, ScatterLine, ScatterPanel};
use kring_stats::dist;
use kring_stats::glm::Glm;
use kring_stats::hurdle::Hurdle;
use kring_stats::quantile_residual::{QuantileResidual, QuantileResiduals, dispersion, zeros};
use kring_stats::two_part::TwoPartFit;
use kring_stats::zero_inflated::ZeroInflated;
use ndarray::Array1;
use serde::{Deserialize, Serialize};

use super::model::{Modelled, response, roles, two_part_design};
use super::{Answer, ByRow};
use crate::Error;

/// A model by formula, and the seed by which its residuals are drawn.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Residuals {
    /// The formula, as in R.
    pub formula: Formula,
    /// The terms of the excess zeros, `~ arm`, where the model has any.
    pub zero: Option<Formula>,
    /// The column of weights and what they mean.
    pub weights: Option<WeightColumn>,
    /// The seed of the draws: the same seed and data give the same residuals.
    pub seed: u64,
    /// The model with its options: `{ glm = { family = "poisson" } }`.
    #[serde(default)]
    pub model: ResidualModel,
}

/// A model that has quantile residuals.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResidualModel {
    /// A generalised linear model.
    Glm(Glm),
    /// A model of counts with more zeros than they have by themselves.
    ZeroInflated(ZeroInflated),
    /// A model of whether there are any, and of how many if so.
    Hurdle(Hurdle),
}

impl Default for ResidualModel {
    fn default() -> Self {
        Self::Glm(Glm::default())
    }
}

/// The residuals row by row, and the tests of what they should be.
pub(super) fn residuals(m: &Residuals, table: &Table) -> Result<Answer, Error> {
    let rows = table.rows();
    match &m.model {
        ResidualModel::Glm(glm) => {
            if m.zero.is_some() {
                return Err(Error::Argument {
                    what: "`zero`".to_owned(),
                    why: "a glm has no excess zeros; take `zero_inflated` or `hurdle` as model"
                        .to_owned(),
                });
            }
            let options = roles(response(glm.family, &m.formula), None, m.weights.as_ref());
            let design = Recipe::new(&m.formula, table, &options)?.design(table)?;
            let fit = glm.fit(&design)?;
            let drawn = of_values(fit.quantile_residuals(m.seed)?, m.seed)?;
            let mut answer = Answer::from(drawn.uniformity()?);
            if glm.family.is_count() {
                answer.tests.extend(fit.zeros()?.test);
            }
            Ok(placed(answer, &drawn, &design, rows))
        }
        ResidualModel::ZeroInflated(options) => {
            let design = two_part_design(&m.counts(options), table)?;
            two_part(&options.fit(&design)?, &design, m.seed, rows)
        }
        ResidualModel::Hurdle(options) => {
            let design = two_part_design(&m.counts(options), table)?;
            two_part(&options.fit(&design)?, &design, m.seed, rows)
        }
    }
}

impl Residuals {
    fn counts<O: Clone>(&self, options: &O) -> Modelled<O> {
        Modelled {
            zero: self.zero.clone(),
            weights: self.weights.clone(),
            ..Modelled::of(self.formula.clone(), options.clone())
        }
    }
}

fn two_part(fit: &TwoPartFit, design: &Design, seed: u64, rows: usize) -> Result<Answer, Error> {
    let counts: Vec<f64> = match design.response() {
        Response::Count(counts) => counts.to_vec(),
        _ => Vec::new(),
    };
    let positions = fit.predictive.iter().zip(&counts);
    let positions: Vec<_> = positions.map(|(row, &y)| row.position(y)).collect();
    let drawn = QuantileResidual { seed }.of(&positions)?;
    let both = Alternative::TwoSided;
    let mut answer = Answer::from(drawn.uniformity()?);
    answer
        .estimates
        .push(dispersion(&fit.predictive, &counts, both, 0.95)?);
    answer
        .tests
        .push(zeros(&fit.predictive, &counts, both)?.test);
    Ok(placed(answer, &drawn, design, rows))
}

/// Residuals on the normal scale with those on the scale of probabilities.
fn of_values(values: Array1<f64>, seed: u64) -> Result<QuantileResiduals, Error> {
    let uniform = values
        .iter()
        .map(|&x| Ok(1.0 - dist::upper_tail(x, Reference::Normal)?));
    let uniform = uniform.collect::<Result<Array1<f64>, Error>>()?;
    Ok(QuantileResiduals {
        values,
        uniform,
        seed,
    })
}

/// Residuals as pictures: against what was fitted, where that is there, and against what they should be.
/// None where the answer has no residuals.
///
/// Quantile residuals should be standard normal; those of a linear model are divided by their standard
/// deviation for the second picture. Every point is a row, and so somebody.
pub(super) fn picture(by_row: &[ByRow]) -> Result<Option<Scatter>, Error> {
    let column = |name: &str| by_row.iter().find(|column| column.name == name);
    let (residuals, label) = match (
        column("quantile_residual"),
        column("pearson_residual"),
        column("residual"),
    ) {
        (Some(found), _, _) => (found, "quantile residual"),
        (None, Some(found), _) => (found, "Pearson residual"),
        (None, None, Some(found)) => (found, "residual"),
        (None, None, None) => return Ok(None),
    };
    let mut panels = Vec::new();
    if let Some(fitted) = column("fitted") {
        let pairs = fitted.values.iter().zip(&residuals.values);
        panels.push(ScatterPanel {
            title: "Against what was fitted".to_owned(),
            x_label: "fitted".to_owned(),
            y_label: label.to_owned(),
            points: pairs
                .filter_map(|(at, value)| Some(((*at)?, (*value)?)))
                .collect(),
            line: ScatterLine::Zero,
        });
    }
    let mut sorted: Vec<f64> = residuals.values.iter().copied().flatten().collect();
    sorted.sort_unstable_by(f64::total_cmp);
    let n = sorted.len() as f64;
    let mean = sorted.iter().sum::<f64>() / n;
    let variance = sorted.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (n - 1.0);
    if sorted.len() > 1 && variance > 0.0 && label != "Pearson residual" {
        let by = if label == "residual" {
            variance.sqrt()
        } else {
            1.0
        };
        let mut points = Vec::with_capacity(sorted.len());
        for (rank, value) in sorted.iter().enumerate() {
            // The plotting positions of R's qqnorm above ten rows; below them they differ by little.
            let tail = 1.0 - (rank as f64 + 0.5) / n;
            points.push((dist::upper_quantile(tail, Reference::Normal)?, value / by));
        }
        panels.push(ScatterPanel {
            title: "Against the normal distribution".to_owned(),
            x_label: "normal quantile".to_owned(),
            y_label: if by == 1.0 {
                label.to_owned()
            } else {
                format!("{label} by its SD")
            },
            points,
            line: ScatterLine::Equal,
        });
    }
    Ok((!panels.is_empty()).then(|| Scatter {
        id: "residuals".to_owned(),
        title: "Residuals".to_owned(),
        panels,
        caption: "Every point is a row. Where the model is right they lie about the dashed lines without a \
            pattern."
            .to_owned(),
    }))
}

/// The residuals at the rows of the table that they belong to.
fn placed(answer: Answer, drawn: &QuantileResiduals, design: &Design, rows: usize) -> Answer {
    let mut values = vec![None; rows];
    for (&row, &x) in design.source_rows().iter().zip(&drawn.values) {
        if let Some(place) = values.get_mut(row) {
            *place = Some(x);
        }
    }
    let used = drawn.values.len();
    let within = drawn
        .values
        .iter()
        .filter(|x| x.abs() <= 1.959_963_984_540_054)
        .count();
    let mut answer = answer
        .note(format!(
            "Quantile residuals of {used} rows, standard normal if the model is right: {within} lie \
             within ±1.96. The tests take the fitted parameters as known: a small p-value is a \
             warning, a large one no proof."
        ))
        .complete_cases(used, rows);
    answer.by_row.push(ByRow {
        name: "quantile_residual".to_owned(),
        values,
    });
    answer
}
