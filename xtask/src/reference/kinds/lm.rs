use std::collections::BTreeMap;

use kring_core::{Design, Estimate, JointTest, Reference};
use kring_formula::{DesignOptions, Formula, Recipe, WeightColumn};
use kring_stats::lm::{Covariance, Lm, LmFit};
use kring_stats::{Coefficients, Fit};
use ndarray::{Array1, Array2, ArrayView1};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{number, optional};
use crate::reference::Error;
use crate::reference::case::{Answer, Case};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    formula: Formula,
    #[serde(default, rename = "family")]
    _family: Family,
    cluster: Option<String>,
    weights: Option<WeightColumn>,
    level: Option<f64>,
    #[serde(default)]
    contrasts: Vec<Contrast>,
    #[serde(default)]
    joint: Vec<Joint>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Family {
    #[default]
    Gaussian,
}

/// Weights by column; a column that is not named weighs nothing.
type Weights = BTreeMap<String, f64>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Contrast {
    label: String,
    weights: Weights,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Joint {
    pub(super) label: String,
    rows: Vec<Weights>,
}

impl Joint {
    /// A row of weights for each combination.
    pub(super) fn matrix(&self, coefficients: &Coefficients) -> Result<Array2<f64>, Error> {
        let mut rows = Array2::zeros((self.rows.len(), coefficients.columns.len()));
        for (mut row, weights) in rows.rows_mut().into_iter().zip(&self.rows) {
            row.assign(&by_name(coefficients, weights)?);
        }
        Ok(rows)
    }
}

/// A linear model. Fields that depend on the errors end in their name: `se_hc3`, `joint_cr2`.
pub fn answers(case: &Case) -> Result<Vec<Answer>, Error> {
    let options: Options = case.options()?;
    let table = case.table()?;
    let roles = DesignOptions {
        clusters: options.cluster.iter().cloned().collect(),
        weights: options.weights.clone(),
        ..DesignOptions::default()
    };
    let design = Recipe::new(&options.formula, &table, &roles)?.design(&table)?;
    let fit = |covariance| {
        let level = options.level.unwrap_or(Lm::default().level);
        Lm { covariance, level }.fit(&design)
    };
    let classical = fit_without_errors(&fit)?;
    Ok(case.answer(|field| {
        if let Some((figure, errors)) = field.name.rsplit_once('_')
            && let Ok(covariance) = serde_json::from_value::<Covariance>(json!(errors))
        {
            let fit = fit(covariance)?;
            if figure == "overall" {
                let overall = fit.overall_test()?;
                return Ok(Some(overall.as_ref().map_or(Value::Null, joint_figures)));
            }
            return of_errors(figure, &fit, &options.contrasts, &options.joint);
        }
        Ok(of_fit(field.name, &classical, &design))
    }))
}

/// Coefficients, fitted values and R² are the same whatever the errors, but sampling weights allow
/// no classical ones.
fn fit_without_errors(
    fit: &impl Fn(Covariance) -> Result<LmFit, kring_stats::Error>,
) -> Result<LmFit, kring_stats::Error> {
    fit(Covariance::Classical).or_else(|_| fit(Covariance::Hc0))
}

fn of_fit(name: &str, fit: &LmFit, design: &Design) -> Option<Value> {
    let coefficients = fit.coefficients();
    Some(match name {
        "terms" => json!(coefficients.columns),
        "estimate" => by_column(coefficients, &coefficients.values.mapv(Some).to_vec()),
        "n_obs" => json!(design.rows()),
        "omitted" => json!(design.omitted().len()),
        "residual_df" => number(fit.residual_df),
        "sigma" => optional(fit.sigma),
        "r_squared" => optional(fit.r_squared),
        "adjusted_r_squared" => optional(fit.adjusted_r_squared),
        "log_likelihood" => optional(fit.log_likelihood),
        "fitted" => numbers(fit.fitted.view()),
        "residuals" => numbers(fit.residuals.view()),
        "leverage" => numbers(fit.leverage.view()),
        _ => return None,
    })
}

/// What a regression says under one kind of errors.
pub(super) fn of_errors(
    figure: &str,
    fit: &impl Fit,
    contrasts: &[Contrast],
    joint: &[Joint],
) -> Result<Option<Value>, Error> {
    let coefficients = fit.coefficients();
    let each = |figure: fn(&Estimate) -> Option<f64>| -> Result<Value, Error> {
        let figures: Vec<_> = fit.estimates()?.iter().map(figure).collect();
        Ok(by_column(coefficients, &figures))
    };
    Ok(Some(match figure {
        "se" => each(|e| e.std_error)?,
        "t" => each(Estimate::statistic)?,
        "df" => each(|e| e.reference.df())?,
        "p" => each(|e| e.p_value)?,
        "low" => each(|e| e.interval?.low)?,
        "high" => each(|e| e.interval?.high)?,
        "vcov" => match &coefficients.covariance {
            Some(covariance) => covariance.rows().into_iter().map(numbers).collect(),
            None => Value::Null,
        },
        "contrasts" => contrasts
            .iter()
            .map(|contrast| contrast_figures(fit, contrast))
            .collect::<Result<Value, Error>>()?,
        "joint" => joint
            .iter()
            .map(|joint| labelled_joint(fit, joint))
            .collect::<Result<Value, Error>>()?,
        _ => return Ok(None),
    }))
}

fn contrast_figures(fit: &impl Fit, contrast: &Contrast) -> Result<Value, Error> {
    let weights = by_name(fit.coefficients(), &contrast.weights)?;
    let found = fit.contrast(&contrast.label, weights.view())?;
    Ok(json!({
        "label": contrast.label,
        "estimate": optional(found.value.finite()),
        "std_error": optional(found.std_error),
        "statistic": optional(found.statistic()),
        "df": optional(found.reference.df()),
        "p_value": optional(found.p_value),
    }))
}

fn labelled_joint(fit: &impl Fit, joint: &Joint) -> Result<Value, Error> {
    let rows = joint.matrix(fit.coefficients())?;
    let mut figures = joint_figures(&fit.joint_test(&joint.label, rows.view())?);
    figures["label"] = json!(joint.label);
    Ok(figures)
}

pub(super) fn joint_figures(found: &JointTest) -> Value {
    let df = match found.reference {
        Reference::F {
            numerator,
            denominator,
        } => [numerator, denominator].map(number).to_vec(),
        reference => vec![optional(reference.df())],
    };
    json!({ "statistic": optional(found.statistic), "df": df, "p_value": optional(found.p_value) })
}

/// Figures of the estimated columns with a null for each of the others.
pub(super) fn by_column(coefficients: &Coefficients, figures: &[Option<f64>]) -> Value {
    let mut all = vec![Value::Null; coefficients.columns.len()];
    for (&column, figure) in coefficients.estimated.iter().zip(figures) {
        all[column] = optional(*figure);
    }
    Value::Array(all)
}

fn by_name(coefficients: &Coefficients, weights: &Weights) -> Result<Array1<f64>, Error> {
    let mut row = Array1::zeros(coefficients.columns.len());
    for (name, &weight) in weights {
        let Some(column) = coefficients
            .columns
            .iter()
            .position(|column| column == name)
        else {
            return Err(Error::Case(format!("the model has no column `{name}`")));
        };
        row[column] = weight;
    }
    Ok(row)
}

pub(super) fn numbers(values: ArrayView1<'_, f64>) -> Value {
    values.iter().copied().map(number).collect()
}
