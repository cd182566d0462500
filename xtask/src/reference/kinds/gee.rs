//! Marginal models by generalised estimating equations.

use kring_core::Component;
use kring_formula::{DesignOptions, Formula, Recipe, ResponseKind, TimeColumns, WeightColumn};
use kring_stats::family::{Family, Link};
use kring_stats::gee::{
    AlternatingLogistic, Association, Correlation, Dof, Gee, GeeCovariance, GeeFit, Place, Scale,
};
use kring_stats::glm::ResidualKind;
use kring_stats::{Coefficients, Fit};
use ndarray::{Array2, ArrayView1};
use serde::Deserialize;
use serde_json::{Value, json};

use super::lm::{Joint, joint_figures, numbers, of_errors};
use super::number;
use crate::reference::Error;
use crate::reference::case::{Answer, Case};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    formula: Formula,
    /// One clustering, or several from the outermost in.
    cluster: OneOrMore,
    /// The times of the rows; without them their order is their place.
    time: Option<String>,
    family: Family,
    link: Option<Link>,
    correlation: Correlation,
    #[serde(default)]
    scale: Scale,
    shape: Option<f64>,
    weights: Option<WeightColumn>,
    #[serde(default)]
    joint: Vec<Joint>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    One(String),
    More(Vec<String>),
}

impl OneOrMore {
    fn names(&self) -> Vec<String> {
        match self {
            Self::One(cluster) => vec![cluster.clone()],
            Self::More(clusters) => clusters.clone(),
        }
    }
}

/// The coefficients with the errors that they have.
fn fixed(coefficients: &Coefficients) -> Value {
    let covariance = coefficients.covariance.iter();
    let errors = covariance.flat_map(|v| v.diag().mapv(f64::sqrt).to_vec());
    let each = coefficients.estimated.iter().zip(&coefficients.values);
    each.zip(errors)
        .map(|((&j, &estimate), se)| {
            json!({
                "term": coefficients.columns[j],
                "estimate": number(estimate),
                "robust_se": number(se),
            })
        })
        .collect()
}

/// A marginal model. Fields that depend on the errors end in their name, and where the reference is not the
/// usual one in `_by_` and its name: `se_mancl_derouen`, `df_robust_by_pan_wall`.
pub fn answers(case: &Case) -> Result<Vec<Answer>, Error> {
    let options: Options = case.options()?;
    let table = case.table()?;
    let roles = DesignOptions {
        response: match options.family {
            family if family.is_count() => ResponseKind::Count,
            _ => ResponseKind::Auto,
        },
        clusters: options.cluster.names(),
        weights: options.weights.clone(),
        time: options
            .time
            .clone()
            .map(|wave| TimeColumns { wave, value: None }),
        ..DesignOptions::default()
    };
    let design = Recipe::new(&options.formula, &table, &roles)?.design(&table)?;
    let place = if options.time.is_some() {
        Place::Time
    } else {
        Place::Order
    };
    let gee = Gee {
        family: options.family,
        link: options.link,
        correlation: options.correlation.clone(),
        place,
        scale: options.scale,
        shape: options.shape,
        covariance: GeeCovariance::Robust,
        ..Gee::default()
    };
    let fit = gee.fit(&design)?;
    Ok(case.answer(|field| {
        if let Some((figure, covariance, dof)) = of_name(field.name) {
            // The pooled ones need places, which a fit without them does not keep.
            let fit = fit.with_covariance(covariance, dof).or_else(|_| {
                Gee {
                    covariance,
                    dof,
                    ..gee.clone()
                }
                .fit(&design)
            })?;
            return of_errors(figure, &fit, &[], &options.joint);
        }
        of_fit(field.name, &fit, &options.joint)
    }))
}

/// The figure, the errors and the reference that a field names.
fn of_name(name: &str) -> Option<(&str, GeeCovariance, Option<Dof>)> {
    let (figure, errors) = name.split_once('_')?;
    let (errors, dof) = match errors.split_once("_by_") {
        Some((errors, dof)) => (errors, Some(serde_json::from_value(json!(dof)).ok()?)),
        None => (errors, None),
    };
    Some((figure, serde_json::from_value(json!(errors)).ok()?, dof))
}

fn of_fit(name: &str, fit: &GeeFit, joint: &[Joint]) -> Result<Option<Value>, Error> {
    let values = |all: &[Component]| -> Value { all.iter().map(|c| number(c.value)).collect() };
    let errors = |fit: &GeeFit| -> Vec<f64> {
        let covariance = &fit.coefficients().covariance;
        let diagonal = covariance.iter().flat_map(|v| v.diag().to_vec());
        diagonal.map(f64::sqrt).collect()
    };
    let coefficients = fit.coefficients();
    Ok(Some(match name {
        "n_obs" => json!(fit.fitted.len()),
        "n_clusters" => json!(fit.families),
        "fixed" => fixed(coefficients),
        "naive_se" => {
            let model_based = fit.with_covariance(GeeCovariance::ModelBased, None)?;
            numbers(ArrayView1::from(&errors(&model_based)))
        }
        "scale" => match fit.scale.as_slice() {
            [one] => number(one.value),
            all => values(all),
        },
        "correlation" => values(&fit.correlation),
        "working" => {
            let working = fit.working_correlation();
            working.rows().into_iter().map(numbers).collect()
        }
        "fitted" => numbers(fit.fitted.view()),
        "pearson" => numbers(fit.residuals(ResidualKind::Pearson)?.view()),
        "criteria" => json!(fit.quasi_criteria()?),
        "score" => joint
            .iter()
            .map(|joint| {
                let rows: Array2<f64> = joint.matrix(coefficients)?;
                let mut figures = joint_figures(&fit.score_test(&joint.label, rows.view())?);
                figures["label"] = json!(joint.label);
                Ok(figures)
            })
            .collect::<Result<Value, Error>>()?,
        _ => return Ok(None),
    }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AlternatingOptions {
    formula: Formula,
    cluster: OneOrMore,
    association: Association,
}

/// Alternating logistic regressions: the mean, the log odds ratios within families, and the covariance of both.
pub fn alternating(case: &Case) -> Result<Vec<Answer>, Error> {
    let options: AlternatingOptions = case.options()?;
    let table = case.table()?;
    let roles = DesignOptions {
        clusters: options.cluster.names(),
        ..DesignOptions::default()
    };
    let design = Recipe::new(&options.formula, &table, &roles)?.design(&table)?;
    let model = AlternatingLogistic {
        association: options.association,
        ..AlternatingLogistic::default()
    };
    let fit = model.fit(&design)?;
    Ok(case.answer(|field| {
        Ok(Some(match field.name {
            "n_clusters" => json!(fit.families),
            "fixed" => fixed(fit.coefficients()),
            "log_odds_ratios" => numbers(fit.association().coefficients().values.view()),
            "vcov" => { fit.joint_covariance.rows().into_iter() }
                .map(numbers)
                .collect(),
            _ => return Ok(None),
        }))
    }))
}
