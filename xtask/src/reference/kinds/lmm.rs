use kring_core::{Component, Design, RandomStructure};
use kring_formula::{DesignOptions, Formula, Recipe, WeightColumn};
use kring_stats::Fit;
use kring_stats::lmm::{Dof, Estimation, Lmm, LmmFit, likelihood_ratio};
use kring_stats::prediction::NewRows;
use ndarray::Array2;
use serde::Deserialize;
use serde_json::{Value, json};

use super::glmm::{coefficients, predicted, whose, without};
use super::lm::{Contrast, Joint};
use super::{number, optional};
use crate::reference::Error;
use crate::reference::case::{Answer, Case};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    formula: Formula,
    reml: bool,
    weights: Option<WeightColumn>,
    /// The model of the residuals' standard deviations.
    dispersion: Option<Formula>,
    /// The structure of all random terms, where it is not the formula's.
    structure: Option<RandomStructure>,
    level: Option<f64>,
    /// A smaller model to test against.
    against: Option<Formula>,
    #[serde(default)]
    contrasts: Vec<Contrast>,
    #[serde(default)]
    joint: Vec<Joint>,
}

/// A linear mixed model. `fixed_satterthwaite` and `fixed_kenward_roger` differ in their errors and degrees
/// of freedom; `fixed` has none of the latter.
pub fn answers(case: &Case) -> Result<Vec<Answer>, Error> {
    let options: Options = case.options()?;
    let table = case.table()?;
    let roles = DesignOptions {
        weights: options.weights.clone(),
        dispersion: options.dispersion.clone(),
        ..DesignOptions::default()
    };
    let design_of = |formula: &Formula| -> Result<Design, Error> {
        let design = Recipe::new(formula, &table, &roles)?.design(&table)?;
        restructured(design, options.structure)
    };
    let design = design_of(&options.formula)?;
    let options_of = |dof| Lmm {
        estimation: if options.reml {
            Estimation::Reml
        } else {
            Estimation::Ml
        },
        dof,
        level: options.level.unwrap_or(Lmm::default().level),
    };
    let fit = |dof| options_of(dof).fit(&design);
    let plain = fit(Dof::Satterthwaite)?;
    Ok(case.answer(|field| {
        if field.name == "log_likelihood" {
            return at_their_estimates(case, &plain, field.expected).map(Some);
        }
        if let ("likelihood_ratio", Some(smaller)) = (field.name, &options.against) {
            let smaller = options_of(Dof::Satterthwaite).fit(&design_of(smaller)?)?;
            return Ok(Some(super::lm::joint_figures(&likelihood_ratio(
                &smaller, &plain,
            )?)));
        }
        match field.name {
            "profile_fixed" => return Ok(Some(profile_fixed(&plain)?)),
            "profile_sd" => return Ok(Some(profile_sd(&plain)?)),
            "without" => return Ok(Some(without(&plain.influence()?, field.expected))),
            "dispersion_model" => {
                return plain
                    .dispersion()
                    .map(|part| Ok(coefficients(&part.estimates()?)))
                    .transpose();
            }
            "predicted_families" | "predicted_population" => {
                let whose = whose(field.name);
                let found = plain.predict(&NewRows::of(design.mean()), whose)?;
                return Ok(Some(predicted(&found, field.expected)));
            }
            _ => {}
        }
        if let Some((figure, dof)) = with_dof(field.name) {
            let fit = fit(dof)?;
            return match figure {
                "fixed" => Ok(Some(fixed(&fit)?)),
                _ => super::lm::of_errors(figure, &fit, &options.contrasts, &options.joint),
            };
        }
        Ok(of_fit(field.name, field.expected, &plain, &design))
    }))
}

/// Our criterion at R's own estimates, once it is certain that our optimum is not lower.
fn at_their_estimates(case: &Case, fit: &LmmFit, expected: &Value) -> Result<Value, Error> {
    let ours = fit.criteria.log_likelihood;
    let theirs = expected.as_f64().unwrap_or(f64::NEG_INFINITY);
    if ours < theirs - 1e-6 {
        return Err(Error::Case(format!(
            "our optimum, {ours}, is lower than R's, {theirs}"
        )));
    }
    let figures = |key: &str| case.expected.get(key);
    let (Some(rows), Some(sigma)) = (
        figures("varcorr").and_then(Value::as_array),
        figures("sigma").and_then(Value::as_f64),
    ) else {
        return Ok(number(ours));
    };
    let mut covariances = rows.iter().filter_map(|row| row["covariance"].as_f64());
    let mut random = vec![Array2::zeros((0, 0)); fit.random.len()];
    for at in by_levels(fit) {
        let term = &fit.random[at];
        let q = term.columns.len();
        let mut v = Array2::zeros((q, q));
        for i in 0..q {
            v[[i, i]] = covariances.next().unwrap_or(0.0);
        }
        let pairs = (0..q).flat_map(|i| (i + 1..q).map(move |j| (i, j)));
        for (i, j) in pairs.filter(|_| term.structure != RandomStructure::Diagonal) {
            let c = covariances.next().unwrap_or(0.0);
            v[[i, j]] = c;
            v[[j, i]] = c;
        }
        random[at] = v;
    }
    Ok(number(fit.log_likelihood_at(&random, sigma)?))
}

/// `joint_kenward_roger` is `joint` with Kenward and Roger's degrees of freedom.
fn with_dof(name: &str) -> Option<(&str, Dof)> {
    let each = [
        ("_satterthwaite", Dof::Satterthwaite),
        ("_kenward_roger", Dof::KenwardRoger),
        ("_normal", Dof::Normal),
    ];
    each.into_iter()
        .find_map(|(ending, dof)| Some((name.strip_suffix(ending)?, dof)))
}

/// The design with another structure of its random terms.
fn restructured(design: Design, structure: Option<RandomStructure>) -> Result<Design, Error> {
    let Some(structure) = structure else {
        return Ok(design);
    };
    let mut parts = design.into_parts();
    for term in &mut parts.mean.random {
        term.structure = structure;
    }
    Ok(Design::new(parts)?)
}

fn profile_fixed(fit: &LmmFit) -> Result<Value, Error> {
    let rows = fit.profile()?.fixed.into_iter().map(|e| {
        json!({
            "term": e.label, "estimate": optional(e.value.finite()),
            "low": optional(e.interval.and_then(|i| i.low)), "high": optional(e.interval.and_then(|i| i.high)),
        })
    });
    Ok(rows.collect())
}

/// In lme4's order: the factors with the most levels first.
fn profile_sd(fit: &LmmFit) -> Result<Value, Error> {
    let found = fit.profile()?.components;
    let mut rows = Vec::new();
    let mut row = |group: &str, one: &Component, term: Value| {
        rows.push(json!({
            "group": group, "term": term, "sd": number(one.value),
            "low": optional(one.interval.and_then(|i| i.low)), "high": optional(one.interval.and_then(|i| i.high)),
        }));
    };
    for at in by_levels(fit) {
        let before: usize = fit.random[..at].iter().map(|term| term.columns.len()).sum();
        for one in &found[before..before + fit.random[at].columns.len()] {
            row(&one.group, one, json!(one.label));
        }
    }
    if let Some(last) = found.last() {
        row("Residual", last, Value::Null);
    }
    Ok(Value::Array(rows))
}

pub(super) fn fixed(fit: &impl Fit) -> Result<Value, Error> {
    let rows = fit.estimates()?.into_iter().map(|e| {
        json!({
            "term": e.label,
            "estimate": optional(e.value.finite()),
            "std_error": optional(e.std_error),
            "df": optional(e.reference.df()),
            "statistic": optional(e.statistic()),
            "p_value": optional(e.p_value),
        })
    });
    Ok(rows.collect())
}

fn of_fit(name: &str, expected: &Value, fit: &LmmFit, design: &Design) -> Option<Value> {
    let criteria = &fit.criteria;
    Some(match name {
        "n_obs" => json!(design.rows()),
        "aic" => number(criteria.aic),
        "bic" => number(criteria.bic),
        "sigma" => number(fit.sigma),
        "singular" => json!(fit.random.iter().any(|term| term.singular)),
        "varcorr" => varcorr(fit),
        "fixed" => fixed(fit).ok()?,
        "ranef_head" => modes(fit, expected.as_array().map_or(0, Vec::len)),
        "icc" => number(fit.variances.icc()),
        "r_squared_marginal" => number(fit.variances.marginal_r_squared()),
        "r_squared_conditional" => number(fit.variances.conditional_r_squared()),
        "fitted" => super::lm::numbers(fit.fitted.view()),
        "residuals" => super::lm::numbers(fit.residuals.view()),
        _ => return None,
    })
}

/// As R's: variances first, then covariances; `||` makes a term of each effect, named `Subject`, `Subject.1`.
fn varcorr(fit: &LmmFit) -> Value {
    let mut rows = Vec::new();
    let row = |group: &str, one: Option<&str>, two: Option<&str>, covariance: f64, sd: f64| {
        json!({
            "group": group, "term1": one, "term2": two,
            "covariance": number(covariance), "sd_or_correlation": number(sd),
        })
    };
    for at in by_levels(fit) {
        let term = &fit.random[at];
        let v = &term.covariance;
        let diagonal = term.structure == RandomStructure::Diagonal && term.columns.len() > 1;
        let sd: Vec<f64> = v.diag().iter().map(|v| v.sqrt()).collect();
        for (i, name) in term.columns.iter().enumerate() {
            let group = if diagonal && i > 0 {
                format!("{}.{i}", term.group)
            } else {
                term.group.clone()
            };
            rows.push(row(&group, Some(name), None, v[[i, i]], sd[i]));
        }
        for i in 0..sd.len() {
            for j in (i + 1..sd.len()).filter(|_| !diagonal) {
                let names = (
                    Some(term.columns[i].as_str()),
                    Some(term.columns[j].as_str()),
                );
                let correlation = v[[i, j]] / (sd[i] * sd[j]);
                rows.push(row(&term.group, names.0, names.1, v[[i, j]], correlation));
            }
        }
    }
    rows.push(row("Residual", None, None, fit.sigma.powi(2), fit.sigma));
    Value::Array(rows)
}

/// The terms as lme4 has them: those with the most levels first.
fn by_levels(fit: &LmmFit) -> Vec<usize> {
    let mut order: Vec<usize> = (0..fit.modes.len()).collect();
    order.sort_by_key(|&at| std::cmp::Reverse(fit.modes[at].levels.len()));
    order
}

/// The first predicted random effects, one effect after the other, as R's data frame has them.
fn modes(fit: &LmmFit, most: usize) -> Value {
    let mut rows = Vec::new();
    for at in by_levels(fit) {
        let modes = &fit.modes[at];
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
