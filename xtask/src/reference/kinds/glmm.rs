//! Generalised linear mixed models.

use kring_core::{Design, Estimate, RandomStructure};
use kring_formula::{DesignOptions, Formula, Recipe, ResponseKind, WeightColumn};
use kring_stats::Fit;
use kring_stats::family::{Family, Link};
use kring_stats::glmm::{
    Glmm, GlmmFit, Integration, Parameters, Scale, SimulatedResidual, SimulatedResiduals,
    ZeroCounts,
};
use kring_stats::influence::Influence;
use kring_stats::lmm::{Modes, RandomCovariance};
use kring_stats::prediction::{NewRows, Predictions, Whose};
use ndarray::Array2;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{number, optional};
use crate::reference::Error;
use crate::reference::case::{Answer, Case};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    formula: Formula,
    family: Family,
    link: Option<Link>,
    /// One is Laplace, as is no number at all.
    n_agq: Option<usize>,
    zero_inflation: Option<Formula>,
    #[serde(default)]
    zeros: ZeroCounts,
    dispersion: Option<Formula>,
    weights: Option<WeightColumn>,
    /// How data are drawn anew for what is expected of them.
    simulate: Option<SimulatedResidual>,
}

/// `log_likelihood` is ours at our maximum; it is refused where our likelihood at R's estimates is not R's,
/// or where our maximum is lower.
pub fn answers(case: &Case) -> Result<Vec<Answer>, Error> {
    let options: Options = case.options()?;
    let table = case.table()?;
    let roles = DesignOptions {
        response: match options.family {
            Family::Cumulative => ResponseKind::Ordinal,
            family if family.is_count() => ResponseKind::Count,
            _ => ResponseKind::Auto,
        },
        zero: options.zero_inflation.clone(),
        dispersion: options.dispersion.clone(),
        weights: options.weights.clone(),
        ..DesignOptions::default()
    };
    let design = Recipe::new(&options.formula, &table, &roles)?.design(&table)?;
    let fit = Glmm {
        family: options.family,
        link: options.link,
        zeros: options.zeros,
        integration: match options.n_agq {
            Some(points) if points > 1 => Integration::Quadrature { points },
            _ => Integration::Laplace,
        },
        ..Glmm::default()
    }
    .fit(&design)?;
    Ok(case.answer(|field| {
        if field.name == "log_likelihood" {
            agrees(&fit, &case.expected)?;
        }
        if let Some(simulate) = &options.simulate {
            return Ok(of_draws(field.name, &fit.simulated_residuals(simulate)?));
        }
        of_fit(field.name, field.expected, &fit, &design)
    }))
}

/// Our criterion at R's estimates is R's, and our maximum is no lower, to 1e-6 of its size.
fn agrees(fit: &GlmmFit, expected: &Value) -> Result<(), Error> {
    let Some(theirs) = expected["log_likelihood"].as_f64() else {
        return Ok(());
    };
    let parameters = parameters(fit, expected);
    let at = fit.criteria_at(&parameters)?.log_likelihood;
    let ours = fit.criteria.log_likelihood;
    let close = 1e-6 * theirs.abs();
    if (at - theirs).abs() > close {
        return Err(Error::Case(format!(
            "our log-likelihood at R's estimates is {at}, R's {theirs}"
        )));
    }
    if ours < theirs - close {
        return Err(Error::Case(format!(
            "our maximum, {ours}, is lower than R's, {theirs}"
        )));
    }
    Ok(())
}

fn parameters(fit: &GlmmFit, expected: &Value) -> Parameters {
    let estimates = |field: &str| -> Vec<f64> {
        let all = expected[field].as_array();
        all.into_iter()
            .flatten()
            .filter_map(|row| row["estimate"].as_f64())
            .collect()
    };
    let shape = expected["dispersion"].as_f64().map(f64::ln);
    let dispersion = estimates("dispersion_model");
    Parameters {
        mean: estimates("fixed"),
        random: covariances(&fit.random, &expected["varcorr"]),
        zero: estimates("zero_inflation"),
        zero_random: covariances(&fit.zero_random, &expected["zero_varcorr"]),
        dispersion: if fit.thresholds().is_some() {
            estimates("thresholds")
        } else if dispersion.is_empty() && fit.dispersion().is_some() {
            shape.into_iter().collect()
        } else {
            dispersion
        },
    }
}

/// R's covariances of the terms that we have.
fn covariances(random: &[RandomCovariance], expected: &Value) -> Vec<Array2<f64>> {
    let of = |term: &RandomCovariance| {
        let q = term.columns.len();
        Array2::from_shape_fn((q, q), |(i, j)| {
            let (i, j) = (i.min(j), i.max(j));
            let group = group(&term.group, term.structure, q, i);
            let two = (i != j).then(|| term.columns[j].as_str());
            let all = expected.as_array();
            all.into_iter()
                .flatten()
                .find(|row| {
                    row["group"] == *group
                        && row["term1"] == *term.columns[i]
                        && row["term2"].as_str() == two
                })
                .and_then(|row| row["covariance"].as_f64())
                .unwrap_or(0.0)
        })
    };
    random.iter().map(of).collect()
}

/// As lme4's, `||` makes a term of each effect, named `id`, `id.1`.
fn group(name: &str, structure: RandomStructure, q: usize, effect: usize) -> String {
    if structure == RandomStructure::Diagonal && q > 1 && effect > 0 {
        format!("{name}.{effect}")
    } else {
        name.to_owned()
    }
}

pub fn coefficients(estimates: &[Estimate]) -> Value {
    estimates
        .iter()
        .map(|e| {
            json!({
                "term": e.label,
                "estimate": optional(e.value.finite()),
                "std_error": optional(e.std_error),
            })
        })
        .collect()
}

/// What data drawn anew are expected to have.
fn of_draws(name: &str, found: &SimulatedResiduals) -> Option<Value> {
    let zeros = found.zeros.as_ref();
    Some(match name {
        "zeros_observed" => optional(zeros.map(|test| test.observed)),
        "zeros_expected" => optional(zeros.map(|test| test.expected)),
        "dispersion_expected" => number(found.dispersion.expected),
        _ => return None,
    })
}

/// The coefficients without the levels that are expected, in their order.
pub fn without(found: &Influence, expected: &Value) -> Value {
    let levels = expected.as_array().into_iter().flatten();
    levels
        .filter_map(|row| row["level"].as_str())
        .map(|level| match found.levels.iter().position(|own| own == level) {
            Some(place) => json!({
                "level": level,
                "coefficients": found.without.row(place).iter().map(|x| number(*x)).collect::<Value>(),
                "cooks_distance": number(found.cooks_distances[place]),
            }),
            None => Value::Null,
        })
        .collect()
}

fn of_fit(
    name: &str,
    expected: &Value,
    fit: &GlmmFit,
    design: &Design,
) -> Result<Option<Value>, Error> {
    Ok(Some(match name {
        "n_obs" => json!(design.rows()),
        "log_likelihood" => number(fit.criteria.log_likelihood),
        "aic" => number(fit.criteria.aic),
        "bic" => number(fit.criteria.bic),
        "fixed" => coefficients(&fit.estimates()?),
        "zero_inflation" => match fit.zero() {
            Some(part) => coefficients(&part.estimates()?),
            None => Value::Null,
        },
        "thresholds" => match fit.thresholds() {
            Some(part) => coefficients(&part.estimates()?),
            None => Value::Null,
        },
        "dispersion_model" => match fit.dispersion() {
            Some(part) => coefficients(&part.estimates()?),
            None => Value::Null,
        },
        // glmmTMB's φ of the beta-binomial is the precision (1 − ρ) / ρ.
        "dispersion" => {
            let shape = fit.shape.as_ref().and_then(|shape| shape.value.finite());
            optional(shape.map(|shape| match fit.family {
                Family::BetaBinomial => 1.0 / shape - 1.0,
                _ => shape,
            }))
        }
        "varcorr" => varcorr(&fit.random),
        "zero_varcorr" => varcorr(&fit.zero_random),
        "without" => without(&fit.influence()?, expected),
        "singular" => json!(fit.random.iter().any(|term| term.singular)),
        "ranef_head" => modes(&fit.modes, expected.as_array().map_or(0, Vec::len)),
        "zero_ranef_head" => modes(&fit.zero_modes, expected.as_array().map_or(0, Vec::len)),
        "probabilities_head" => {
            let n = expected.as_array().map_or(0, Vec::len);
            let rows = fit.probabilities.iter().flat_map(|all| all.rows());
            rows.take(n)
                .map(|row| row.iter().map(|p| number(*p)).collect::<Value>())
                .collect()
        }
        "icc" => optional(fit.latent.map(|latent| latent.icc())),
        "profile_fixed" => profile_fixed(fit)?,
        "profile_sd" => profile_sd(fit)?,
        "fitted_head" => {
            let n = expected.as_array().map_or(0, Vec::len);
            fit.fitted.iter().take(n).map(|x| number(*x)).collect()
        }
        "pearson_head" => {
            let n = expected.as_array().map_or(0, Vec::len);
            fit.pearson_residuals
                .iter()
                .take(n)
                .map(|x| number(*x))
                .collect()
        }
        _ if name.starts_with("predicted_") => {
            let scale = if name.ends_with("_link") {
                Scale::Link
            } else {
                Scale::Response
            };
            let rows = NewRows {
                mean: design.mean(),
                zero: design.zero(),
                dispersion: design.dispersion(),
            };
            predicted(&fit.predict(&rows, whose(name), scale)?, expected)
        }
        _ => return Ok(None),
    }))
}

fn profile_fixed(fit: &GlmmFit) -> Result<Value, Error> {
    let rows = fit.profile()?.fixed.into_iter().map(|e| {
        json!({
            "term": e.label, "estimate": optional(e.value.finite()),
            "low": optional(e.interval.and_then(|i| i.low)), "high": optional(e.interval.and_then(|i| i.high)),
        })
    });
    Ok(rows.collect())
}

fn profile_sd(fit: &GlmmFit) -> Result<Value, Error> {
    let rows = fit.profile()?.components.into_iter().map(|one| {
        json!({
            "group": one.group, "term": one.label, "sd": number(one.value),
            "low": optional(one.interval.and_then(|i| i.low)), "high": optional(one.interval.and_then(|i| i.high)),
        })
    });
    Ok(rows.collect())
}

/// `predicted_families…` or `predicted_population…`
pub fn whose(name: &str) -> Whose {
    if name.starts_with("predicted_families") {
        Whose::Families
    } else {
        Whose::Population
    }
}

/// The first rows, as many as are expected.
pub fn predicted(found: &Predictions, expected: &Value) -> Value {
    let n = expected.as_array().map_or(0, Vec::len);
    (0..n)
        .map(|i| {
            json!({
                "value": number(found.values[i]),
                "std_error": number(found.std_errors[i]),
                "new_low": optional(found.observation.as_ref().map(|band| band.low[i])),
            })
        })
        .collect()
}

fn varcorr(random: &[RandomCovariance]) -> Value {
    let mut rows = Vec::new();
    for term in random {
        let (v, q) = (&term.covariance, term.columns.len());
        let mut row = |i: usize, j: usize, second: f64| {
            rows.push(json!({
                "group": group(&term.group, term.structure, q, i),
                "term1": term.columns[i],
                "term2": (i != j).then(|| &term.columns[j]),
                "covariance": number(v[[i, j]]),
                "sd_or_correlation": number(second),
            }));
        };
        for i in 0..q {
            row(i, i, v[[i, i]].sqrt());
        }
        for i in 0..q {
            for j in (i + 1..q).filter(|_| term.structure != RandomStructure::Diagonal) {
                row(i, j, v[[i, j]] / (v[[i, i]] * v[[j, j]]).sqrt());
            }
        }
    }
    Value::Array(rows)
}

/// The first predicted random effects, one effect after the other.
fn modes(all: &[Modes], most: usize) -> Value {
    let mut rows = Vec::new();
    for modes in all {
        let sd = modes.std_deviations();
        for (j, term) in modes.columns.iter().enumerate() {
            for (i, level) in modes.levels.iter().enumerate() {
                rows.push(json!({
                    "group": modes.group, "level": level, "term": term,
                    "mode": number(modes.values[[i, j]]), "sd": number(sd[[i, j]]),
                }));
            }
        }
    }
    rows.truncate(most);
    Value::Array(rows)
}
