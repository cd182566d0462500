use kring_core::Design;
use kring_formula::{DesignOptions, Formula, Recipe, TimeColumns, WeightColumn};
use kring_stats::Fit;
use kring_stats::mmrm::{Dof, Errors, Estimation, Mmrm, MmrmFit, Shared, Structure};
use ndarray::Array2;
use serde::Deserialize;
use serde_json::{Value, json};

use super::lm::{Contrast, Joint};
use super::{number, optional};
use crate::reference::Error;
use crate::reference::case::{Answer, Case};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    formula: Formula,
    subject: String,
    /// The waves.
    visit: String,
    /// The times, where the structure goes by these.
    time: Option<String>,
    /// The arms, where each has a covariance of its own.
    arm: Option<String>,
    covariance: Structure,
    /// As mmrm writes them.
    df: String,
    /// As mmrm writes it; without it by the model.
    vcov: Option<String>,
    reml: bool,
    weights: Option<WeightColumn>,
    #[serde(default)]
    contrasts: Vec<Contrast>,
    #[serde(default)]
    joint: Vec<Joint>,
}

/// A mixed model for repeated measures.
pub fn answers(case: &Case) -> Result<Vec<Answer>, Error> {
    let options: Options = case.options()?;
    let table = case.table()?;
    let roles = DesignOptions {
        subject: Some(options.subject.clone()),
        arm: options.arm.clone(),
        time: Some(TimeColumns {
            wave: options.visit.clone(),
            value: options.time.clone(),
        }),
        weights: options.weights.clone(),
        ..DesignOptions::default()
    };
    let design = Recipe::new(&options.formula, &table, &roles)?.design(&table)?;
    let model = Mmrm {
        structure: options.covariance,
        shared: match options.arm {
            None => Shared::Everyone,
            Some(_) => Shared::EachArm,
        },
        estimation: if options.reml {
            Estimation::Reml
        } else {
            Estimation::Ml
        },
        dof: named(
            &options.df,
            &[
                ("Satterthwaite", Dof::Satterthwaite),
                ("Kenward-Roger", Dof::KenwardRoger),
                ("Kenward-Roger-Linear", Dof::KenwardRogerLinear),
                ("Between-Within", Dof::BetweenWithin),
                ("Residual", Dof::Residual),
            ],
        )?,
        errors: match &options.vcov {
            None => Errors::Model,
            Some(name) => named(
                name,
                &[
                    ("Empirical", Errors::Cr0),
                    ("Empirical-Bias-Reduced", Errors::Cr2),
                    ("Empirical-Jackknife", Errors::Cr3),
                ],
            )?,
        },
        ..Mmrm::default()
    };
    let fit = model.fit(&design)?;
    Ok(case.answer(|field| {
        if field.name == "log_likelihood" {
            return at_their_estimates(case, &fit, field.expected).map(Some);
        }
        match field.name {
            "fixed" => Ok(Some(super::lmm::fixed(&fit)?)),
            "normalised" => Ok(Some(super::lm::numbers(fit.normalised()?.view()))),
            _ => match of_fit(field.name, &fit, &design) {
                Some(value) => Ok(Some(value)),
                None => super::lm::of_errors(field.name, &fit, &options.contrasts, &options.joint),
            },
        }
    }))
}

fn named<T: Copy>(name: &str, known: &[(&str, T)]) -> Result<T, Error> {
    known
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, option)| *option)
        .ok_or_else(|| Error::Case(format!("model: `{name}` is not known")))
}

/// Our criterion at R's own covariances, once it is certain that our optimum is not lower.
fn at_their_estimates(case: &Case, fit: &MmrmFit, expected: &Value) -> Result<Value, Error> {
    let ours = fit.criteria.log_likelihood;
    let theirs = expected.as_f64().unwrap_or(f64::NEG_INFINITY);
    if ours < theirs - 1e-6 {
        return Err(Error::Case(format!(
            "our optimum, {ours}, is lower than R's, {theirs}"
        )));
    }
    let matrix = |rows: &Value| {
        let rows = rows.as_array()?;
        let m = rows.len();
        let entries: Option<Vec<f64>> = rows
            .iter()
            .flat_map(|row| row.as_array().into_iter().flatten().map(Value::as_f64))
            .collect();
        Array2::from_shape_vec((m, m), entries?).ok()
    };
    let all: Option<Vec<Array2<f64>>> = match case.expected.get("covariances") {
        Some(each) => each
            .as_array()
            .and_then(|each| each.iter().map(matrix).collect()),
        None => case
            .expected
            .get("covariance")
            .and_then(matrix)
            .map(|one| vec![one]),
    };
    match all {
        Some(all) => Ok(number(fit.log_likelihood_at(&all)?)),
        None => Ok(number(ours)),
    }
}

fn rows_of(matrix: &Array2<f64>) -> Value {
    matrix
        .rows()
        .into_iter()
        .map(|row| row.iter().map(|&x| number(x)).collect::<Value>())
        .collect()
}

fn of_fit(name: &str, fit: &MmrmFit, design: &Design) -> Option<Value> {
    Some(match name {
        "n_obs" => json!(design.rows()),
        "n_subjects" => json!(fit.provenance().sample.subjects),
        "aic" => number(fit.criteria.aic),
        "bic" => number(fit.criteria.bic),
        "covariance" => rows_of(&fit.covariances.first()?.covariance),
        "covariances" => fit
            .covariances
            .iter()
            .map(|one| rows_of(&one.covariance))
            .collect(),
        // The variance, and the correlation one unit of time apart.
        "decay" => {
            let covariance = &fit.covariances.first()?.covariance;
            json!([
                number(covariance[[0, 0]]),
                optional(Some(covariance[[0, 1]] / covariance[[0, 0]]))
            ])
        }
        "fitted" => super::lm::numbers(fit.fitted.view()),
        "residuals" => super::lm::numbers(fit.residuals.view()),
        "pearson" => super::lm::numbers(fit.pearson().view()),
        _ => return None,
    })
}
