//! Two-part models of counts, cumulative link models, and quantile residuals.

use kring_core::{Alternative, Design, Estimate, JointTest};
use kring_formula::{DesignOptions, Formula, OrderedCoding, Recipe, ResponseKind, WeightColumn};
use kring_stats::Covariance;
use kring_stats::criteria::Criteria;
use kring_stats::hurdle::Hurdle;
use kring_stats::ordinal::{Ordinal, OrdinalFit, OrdinalLink};
use kring_stats::predictive::Position;
use kring_stats::quantile_residual::{self, QuantileResiduals};
use kring_stats::two_part::{CountFamily, TwoPartFit};
use kring_stats::zero_inflated::ZeroInflated;
use kring_stats::{Fit, quantile_residual::ZeroCount};
use ndarray::Array1;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{number, optional};
use crate::reference::Error;
use crate::reference::case::{Answer, Case};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TwoPart {
    /// As pscl's: the terms of the mean, a bar, and those of the zeros.
    formula: String,
    family: CountFamily,
    of: Option<Kind>,
    dispersion: Option<Formula>,
    cluster: Option<String>,
    weights: Option<WeightColumn>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    ZeroInflated,
    Hurdle,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OrdinalOptions {
    formula: Formula,
    link: OrdinalLink,
    cluster: Option<String>,
    weights: Option<WeightColumn>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Uniformity {
    uniform: Vec<f64>,
}

pub fn zero_inflated(case: &Case) -> Result<Vec<Answer>, Error> {
    two_part(case, Kind::ZeroInflated)
}

pub fn hurdle(case: &Case) -> Result<Vec<Answer>, Error> {
    two_part(case, Kind::Hurdle)
}

/// Fields of robust errors end in their name: `count_se_hc0`.
fn two_part(case: &Case, kind: Kind) -> Result<Vec<Answer>, Error> {
    let options: TwoPart = case.options()?;
    let design = two_part_design(case, &options)?;
    let fit = |covariance| fit_two_part(kind, options.family, covariance, &design);
    let classical = fit(Covariance::Classical)?;
    Ok(case.answer(|field| {
        if let Some((part, covariance)) = robust(field.name) {
            let fit = fit(covariance)?;
            return Ok(match part {
                "count" => Some(errors(&fit.estimates()?)),
                "zero" => Some(errors(&fit.zero_estimates()?)),
                "dispersion" => Some(errors(&fit.dispersion_estimates()?)),
                _ => None,
            });
        }
        of_two_part(field.name, field.expected, &classical)
    }))
}

fn two_part_design(case: &Case, options: &TwoPart) -> Result<Design, Error> {
    let (mean, zero) = match options.formula.split_once('|') {
        Some((mean, zero)) => (mean, zero),
        None => (
            options.formula.as_str(),
            options.formula.split_once('~').map_or("1", |s| s.1),
        ),
    };
    let formula: Formula = mean.parse()?;
    let roles = DesignOptions {
        response: ResponseKind::Count,
        zero: Some(format!("~ {zero}").parse()?),
        dispersion: options.dispersion.clone(),
        clusters: options.cluster.iter().cloned().collect(),
        weights: options.weights.clone(),
        ..DesignOptions::default()
    };
    let table = case.table()?;
    Ok(Recipe::new(&formula, &table, &roles)?.design(&table)?)
}

fn fit_two_part(
    kind: Kind,
    family: CountFamily,
    covariance: Covariance,
    design: &Design,
) -> Result<TwoPartFit, kring_stats::Error> {
    match kind {
        Kind::ZeroInflated => ZeroInflated {
            family,
            covariance,
            ..ZeroInflated::default()
        }
        .fit(design),
        Kind::Hurdle => Hurdle {
            family,
            covariance,
            ..Hurdle::default()
        }
        .fit(design),
    }
}

fn of_two_part(name: &str, expected: &Value, fit: &TwoPartFit) -> Result<Option<Value>, Error> {
    let dispersion = fit.dispersion_estimates()?;
    let natural = || {
        let one = dispersion.first().and_then(|one| one.value.finite());
        optional(one.map(f64::exp))
    };
    Ok(Some(match name {
        "count" => terms(&fit.estimates()?),
        "zero" => terms(&fit.zero_estimates()?),
        "dispersion" => {
            let columns = fit
                .dispersion()
                .map(|part| part.coefficients().columns.clone());
            named(&dispersion, &columns.unwrap_or_default())
        }
        "theta" | "phi" => natural(),
        "log_likelihood" => criterion(fit.criteria, |c| c.log_likelihood),
        "aic" => criterion(fit.criteria, |c| c.aic),
        "fitted" => numbers(&fit.fitted()),
        "zero_probability" => numbers(&fit.zero_probabilities()),
        "rootogram" => {
            let bars = expected.as_array().map_or(0, Vec::len);
            let largest = u32::try_from(bars.saturating_sub(1)).unwrap_or(0);
            let bars = fit.rootogram(largest).counts.into_iter();
            bars.map(|bar| {
                json!({
                    "count": bar.count,
                    "observed": number(bar.observed),
                    "expected": number(bar.expected),
                })
            })
            .collect()
        }
        _ => return Ok(None),
    }))
}

pub fn ordinal(case: &Case) -> Result<Vec<Answer>, Error> {
    let options: OrdinalOptions = case.options()?;
    let table = case.table()?;
    let roles = DesignOptions {
        response: ResponseKind::Ordinal,
        ordered: OrderedCoding::Treatment,
        clusters: options.cluster.iter().cloned().collect(),
        weights: options.weights.clone(),
        ..DesignOptions::default()
    };
    let design = Recipe::new(&options.formula, &table, &roles)?.design(&table)?;
    let fit = |covariance| {
        Ordinal {
            link: options.link,
            covariance,
            ..Ordinal::default()
        }
        .fit(&design)
    };
    let classical = fit(Covariance::Classical)?;
    Ok(case.answer(|field| {
        if let Some((part, covariance)) = robust(field.name) {
            let fit = fit(covariance)?;
            return Ok(match part {
                "coefficients" => Some(errors(&fit.estimates()?)),
                "thresholds" => Some(errors(&fit.thresholds()?)),
                _ => None,
            });
        }
        of_ordinal(field.name, &classical)
    }))
}

fn of_ordinal(name: &str, fit: &OrdinalFit) -> Result<Option<Value>, Error> {
    let profile = |end: fn(&Estimate) -> Option<f64>| -> Result<Value, Error> {
        let coefficients = fit.coefficients();
        let each = coefficients.estimated.iter();
        each.map(|&j| Ok(optional(end(&fit.profile(&coefficients.columns[j])?))))
            .collect()
    };
    Ok(Some(match name {
        "coefficients" => terms(&fit.estimates()?),
        "thresholds" => terms(&fit.thresholds()?),
        "log_likelihood" => criterion(fit.criteria, |c| c.log_likelihood),
        "aic" => criterion(fit.criteria, |c| c.aic),
        "probabilities" => fit
            .probabilities
            .rows()
            .into_iter()
            .map(|row| numbers(&row.to_owned()))
            .collect(),
        "proportional" => {
            let tests = fit.proportional_odds()?;
            std::iter::once(&tests.overall)
                .chain(&tests.terms)
                .map(joint)
                .collect()
        }
        "profile_low" => profile(|e| e.interval?.low)?,
        "profile_high" => profile(|e| e.interval?.high)?,
        _ => return Ok(None),
    }))
}

pub fn quantile_residual(case: &Case) -> Result<Vec<Answer>, Error> {
    let options: TwoPart = case.options()?;
    let Some(kind) = options.of else {
        return Err(Error::Case("`of` says which model it is of".to_owned()));
    };
    let design = two_part_design(case, &options)?;
    let fit = fit_two_part(kind, options.family, Covariance::Classical, &design)?;
    let positions = fit.positions();
    let each = |of: fn(&Position) -> f64| numbers(&positions.iter().map(of).collect());
    Ok(case.answer(|field| {
        Ok(Some(match field.name {
            "below" => each(|p| p.below),
            "at" => each(|p| p.at),
            "above" => each(|p| p.above),
            "dispersion" => {
                let two_sided = Alternative::TwoSided;
                let found = quantile_residual::dispersion(
                    &fit.predictive,
                    fit.observed(),
                    two_sided,
                    0.95,
                )?;
                json!({
                    "estimate": optional(found.value.finite()),
                    "std_error": optional(found.std_error),
                    "p_value": optional(found.p_value),
                })
            }
            "zeros" => {
                let two_sided = Alternative::TwoSided;
                let ZeroCount {
                    observed,
                    expected,
                    test,
                } = quantile_residual::zeros(&fit.predictive, fit.observed(), two_sided)?;
                json!({
                    "observed": observed,
                    "expected": number(expected),
                    "p_value": optional(test.p_value),
                })
            }
            _ => return Ok(None),
        }))
    }))
}

pub fn uniformity(case: &Case) -> Result<Vec<Answer>, Error> {
    let Uniformity { uniform } = case.options()?;
    let residuals = QuantileResiduals {
        values: Array1::zeros(uniform.len()),
        uniform: uniform.into(),
        seed: 0,
    };
    let test = residuals.uniformity()?;
    Ok(case.answer(|field| {
        Ok(Some(match field.name {
            "statistic" => optional(test.statistic),
            "p_value" => optional(test.p_value),
            _ => return Ok(None),
        }))
    }))
}

/// `count_se_hc0` is of the part `count` with HC0 errors.
fn robust(name: &str) -> Option<(&str, Covariance)> {
    let (part, errors) = name.split_once("_se_")?;
    Some((part, serde_json::from_value(json!(errors)).ok()?))
}

fn terms(estimates: &[Estimate]) -> Value {
    let labels: Vec<String> = estimates.iter().map(|one| one.label.clone()).collect();
    named(estimates, &labels)
}

fn named(estimates: &[Estimate], names: &[String]) -> Value {
    let each = estimates.iter().zip(names);
    each.map(|(one, name)| {
        json!({
            "term": name,
            "estimate": optional(one.value.finite()),
            "std_error": optional(one.std_error),
        })
    })
    .collect()
}

fn errors(estimates: &[Estimate]) -> Value {
    estimates
        .iter()
        .map(|one| optional(one.std_error))
        .collect()
}

fn joint(test: &JointTest) -> Value {
    json!({
        "label": test.label,
        "statistic": optional(test.statistic),
        "df": optional(test.reference.df()),
        "p_value": optional(test.p_value),
    })
}

fn criterion(criteria: Option<Criteria>, of: fn(Criteria) -> f64) -> Value {
    optional(criteria.map(of))
}

fn numbers(values: &Array1<f64>) -> Value {
    values.iter().copied().map(number).collect()
}
