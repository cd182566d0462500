//! Regression models by formula.

use kring_core::{Column, ColumnData, Design, Estimate, Grouping, Measure, Table};
use kring_formula::{DesignOptions, Formula, Recipe, ResponseKind, WeightColumn};
use kring_stats::Fit;
use kring_stats::bootstrap::Bootstrap;
use kring_stats::family::Family;
use kring_stats::glm::{Glm, OverdispersionForm, Settings, TermTest};
use kring_stats::hurdle::Hurdle;
use kring_stats::ordinal::Ordinal;
use kring_stats::resampling::{Scheme, Stage};
use kring_stats::two_part::TwoPartFit;
use kring_stats::zero_inflated::ZeroInflated;
use serde::{Deserialize, Serialize};

use super::Answer;
use super::data::grouping;
use super::ranges::{Asked, Given, Part};
use crate::Error;
use crate::analysis::{MeansOf, means_of_model, no_errors_of_rounding, unit_of};

/// A model by formula.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Modelled<O> {
    /// The formula, as in R.
    pub formula: Formula,
    /// The terms of the excess zeros, `~ arm`, where the model has any.
    pub zero: Option<Formula>,
    /// The column of clusters, for errors by cluster.
    pub cluster: Option<String>,
    /// The column of weights and what they mean.
    pub weights: Option<WeightColumn>,
    /// Means by group, their contrasts and slopes.
    pub means: Option<MeansOf>,
    /// The options of the model.
    #[serde(default)]
    pub options: O,
}

/// What a model says of the groups on the scale of the outcome, averaged over all rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Marginal {
    /// The formula, as in R.
    pub formula: Formula,
    /// The factor whose levels every row is set to, one after the other; the first is the reference.
    pub by: String,
    /// The column of clusters, for errors by cluster.
    pub cluster: Option<String>,
    /// The column of weights and what they mean.
    pub weights: Option<WeightColumn>,
    /// The column of the strata within which a bootstrap draws; all rows are one stratum unless given.
    pub strata: Option<String>,
    /// Errors and intervals from resampled rows, or whole clusters where there are any, in place of the
    /// delta method; a seed is needed.
    pub bootstrap: Option<Bootstrap>,
    /// The options of the model.
    #[serde(default)]
    pub options: Glm,
}

impl<O> Modelled<O> {
    /// A model of a formula, and nothing asked beside it.
    pub fn of(formula: Formula, options: O) -> Self {
        Self {
            formula,
            zero: None,
            cluster: None,
            weights: None,
            means: None,
            options,
        }
    }

    fn recipe(&self, table: &Table, response: ResponseKind) -> Result<Recipe, Error> {
        let options = roles(response, self.cluster.as_ref(), self.weights.as_ref());
        let options = DesignOptions {
            zero: self.zero.clone(),
            ..options
        };
        Ok(Recipe::new(&self.formula, table, &options)?)
    }

    /// The design of a model that has no means by group here.
    fn design(&self, table: &Table, response: ResponseKind) -> Result<Design, Error> {
        if self.means.is_some() {
            return Err(Error::Argument {
                what: "`means`".to_owned(),
                why: "this model has none: several numbers make up what it expects; `glm`, `lmm`, `glmm`, \
                      `gee` and `mmrm` have them"
                    .to_owned(),
            });
        }
        Ok(self.recipe(table, response)?.design(table)?)
    }
}

pub(super) fn roles(
    response: ResponseKind,
    cluster: Option<&String>,
    weights: Option<&WeightColumn>,
) -> DesignOptions {
    DesignOptions {
        response,
        clusters: cluster.into_iter().cloned().collect(),
        weights: weights.cloned(),
        ..DesignOptions::default()
    }
}

/// What the response of a family is: numbers 0 and 1 are binary to a binomial model, while
/// `cbind(successes, failures)` says by itself what it is.
pub(super) fn response(family: Family, formula: &Formula) -> ResponseKind {
    let is_bound = formula
        .response()
        .is_some_and(|name| name.starts_with("cbind("));
    match family {
        _ if family.is_count() => ResponseKind::Count,
        _ if family.is_share() && !is_bound => ResponseKind::Binary,
        _ if family.is_share() => ResponseKind::Auto,
        Family::Cumulative => ResponseKind::Ordinal,
        _ => ResponseKind::Continuous,
    }
}

pub(super) fn glm(m: &Modelled<Glm>, table: &Table) -> Result<Answer, Error> {
    let recipe = m.recipe(table, response(m.options.family, &m.formula))?;
    let design = recipe.design(table)?;
    let fit = m.options.fit(&design)?;
    let mut answer = Answer::of(fit.estimates()?);
    if let Some(asked) = &m.means {
        let rows = table.take(design.source_rows())?;
        let found = means_of_model(&fit, fit.link, &recipe, &rows, &design, asked)?;
        answer.means = Some(Box::new(found));
    }
    for estimate in &mut answer.estimates {
        no_errors_of_rounding(estimate);
        if let Measure::Coefficient { unit } = &mut estimate.measure
            && unit.is_none()
            && m.options.family == Family::Gaussian
        {
            *unit = unit_of(table, design.response_name());
        }
    }
    answer.estimates.extend(fit.shape.clone());
    // Models without a likelihood, or with errors of another kind, are tested by Wald's statistic.
    match fit
        .term_tests(TermTest::LikelihoodRatio)
        .or_else(|_| fit.term_tests(TermTest::Wald))
    {
        Ok(tests) => answer.tests.extend(tests),
        Err(error) => answer = answer.note(format!("No tests of the terms: {error}.")),
    }
    if matches!(m.options.family, Family::Poisson | Family::QuasiPoisson) {
        match fit.overdispersion(OverdispersionForm::default()) {
            Ok(found) => answer.estimates.push(found),
            Err(error) => answer = answer.note(format!("No test of overdispersion: {error}.")),
        }
    }
    let figures = [
        ("log_likelihood", fit.log_likelihood),
        ("aic", fit.aic),
        ("deviance", fit.deviance),
        ("null_deviance", fit.null_deviance),
        ("dispersion", fit.dispersion),
        ("residual_df", Some(fit.residual_df)),
    ];
    Ok(with_figures(answer, &figures))
}

/// The mean outcome if every row were in each of the groups, and their differences and ratios.
pub(super) fn marginal(m: &Marginal, table: &Table, asked: &Asked<'_>) -> Result<Given, Error> {
    let kind = response(m.options.family, &m.formula);
    let options = roles(kind, m.cluster.as_ref(), m.weights.as_ref());
    let recipe = Recipe::new(&m.formula, table, &options)?;
    let design = recipe.design(table)?;
    let fit = m.options.fit(&design)?;
    let rows = table.take(design.source_rows())?;
    let levels = rows.factor(&m.by)?.levels().to_vec();
    let at = |code: u32| -> Result<_, Error> {
        let mut columns = rows.columns().to_vec();
        for column in &mut columns {
            if column.name == m.by {
                *column = Column::factor(&m.by, levels.clone(), vec![Some(code); rows.rows()])?;
            }
        }
        Ok(recipe.predictors(&Table::new(columns)?)?.mean)
    };
    let strata = m.strata.as_deref();
    let strata = strata.map(|name| strata_of(table, name, design.source_rows()));
    let strata = strata.transpose()?;
    let scheme = Scheme {
        clusters: design.groups().clusters.first(),
        strata: strata.as_ref(),
    };
    let Some((reference, others)) = levels.split_first() else {
        return Err(Error::Argument {
            what: format!("`{}`", m.by),
            why: "it has no levels".to_owned(),
        });
    };
    let first = at(0)?;
    let mut answer = Answer::default();
    let mut draws = Vec::new();
    for (place, (other, code)) in others.iter().zip(1_u32..).enumerate() {
        let second = at(code)?;
        let settings = Settings {
            names: [reference, other],
            a: first.x(),
            b: second.x(),
            offset: design.mean().offset.as_ref().map(|offset| offset.view()),
            weights: design.weights().map(|weights| weights.values.view()),
        };
        let found = match &m.bootstrap {
            None => fit.standardized(&settings)?,
            Some(bootstrap) => {
                let share = asked.share(place);
                let found =
                    bootstrap.standardized_share(&m.options, &design, &settings, scheme, &share)?;
                match found {
                    Stage::Count(n) => return Ok(Given::Count(n)),
                    Stage::Draws(found) => {
                        draws.push(found);
                        continue;
                    }
                    Stage::Result(found) => found.into(),
                }
            }
        };
        if answer.estimates.is_empty() {
            answer.estimates.push(found.mean_a);
        }
        answer.estimates.extend([found.mean_b, found.difference]);
        answer
            .estimates
            .extend(found.ratio.into_iter().chain(found.odds_ratio));
    }
    Ok(if draws.is_empty() {
        Given::Answer(answer)
    } else {
        Given::Part(Part { draws })
    })
}

/// The strata of the rows of a design, each of which must have one.
pub(super) fn strata_of(table: &Table, name: &str, rows: &[usize]) -> Result<Grouping, Error> {
    let column = table.column(name)?;
    match rows.iter().find(|&&row| column.is_missing(row)) {
        None => grouping(table, name, rows),
        Some(row) => Err(Error::Argument {
            what: format!("column `{name}`"),
            why: format!(
                "row {} has no value, so that it lies in no stratum",
                row + 1
            ),
        }),
    }
}

pub(super) fn zero_inflated(m: &Modelled<ZeroInflated>, table: &Table) -> Result<Answer, Error> {
    let answer = two_part(&m.options.fit(&two_part_design(m, table)?)?)?;
    let meaning = "`zero:` speaks of the odds that someone could have none but zero.";
    Ok(answer.note(meaning).note(terms_of_zeros(m)))
}

pub(super) fn hurdle(m: &Modelled<Hurdle>, table: &Table) -> Result<Answer, Error> {
    let answer = two_part(&m.options.fit(&two_part_design(m, table)?)?)?;
    let meaning = "`zero:` speaks of the odds of having any at all.";
    Ok(answer.note(meaning).note(terms_of_zeros(m)))
}

/// What the zeros depend on, in a sentence.
fn terms_of_zeros<O>(m: &Modelled<O>) -> String {
    match &m.zero {
        Some(zero) => format!("The zeros depend on {}.", zero.text().trim()),
        None => {
            "The zeros depend on nothing here: give their terms as `zero = \"~ arm\"` (R's pscl \
                 takes those of the counts unless told otherwise)."
                .to_owned()
        }
    }
}

/// Without terms of their own the zeros have an intercept only.
pub(super) fn two_part_design<O: Clone>(m: &Modelled<O>, table: &Table) -> Result<Design, Error> {
    let zero = m
        .zero
        .clone()
        .map_or_else(|| "~ 1".parse::<Formula>(), Ok)?;
    let with = Modelled {
        zero: Some(zero),
        ..m.clone()
    };
    with.design(table, ResponseKind::Count)
}

fn two_part(fit: &TwoPartFit) -> Result<Answer, Error> {
    let part = |estimates: Vec<Estimate>, name: &str| {
        estimates
            .into_iter()
            .map(move |estimate| Estimate {
                label: format!("{name}: {}", estimate.label),
                ..estimate
            })
            .collect::<Vec<_>>()
    };
    let mut estimates = part(fit.estimates()?, "count");
    estimates.extend(part(fit.zero_estimates()?, "zero"));
    estimates.extend(part(fit.dispersion_estimates()?, "dispersion"));
    let criteria = fit.criteria.as_ref();
    let figures = [
        ("log_likelihood", criteria.map(|c| c.log_likelihood)),
        ("aic", criteria.map(|c| c.aic)),
        ("bic", criteria.map(|c| c.bic)),
    ];
    Ok(with_figures(Answer::of(estimates), &figures))
}

/// Levels without an order are no outcome of a model of ordered levels.
pub(super) fn refuse_unordered(formula: &Formula, table: &Table) -> Result<(), Error> {
    let name = formula.response().unwrap_or_default();
    if let Ok(column) = table.column(&name)
        && let ColumnData::Factor(factor) = column.data()
        && !factor.is_ordered()
        && factor.levels().len() > 2
    {
        return Err(Error::Argument {
            what: format!("column `{name}`"),
            why: format!(
                "its levels have no declared order ({}); declare it, or give numbers",
                factor.levels().join(", ")
            ),
        });
    }
    Ok(())
}

pub(super) fn ordinal(m: &Modelled<Ordinal>, table: &Table) -> Result<Answer, Error> {
    refuse_unordered(&m.formula, table)?;
    let design = m.design(table, ResponseKind::Ordinal)?;
    let fit = m.options.fit(&design)?;
    let mut answer = Answer::of(fit.estimates()?);
    answer.estimates.extend(fit.thresholds()?);
    match fit.proportional_odds() {
        Ok(found) => answer.tests.push(found.overall),
        Err(error) => answer = answer.note(format!("No test of proportional odds: {error}.")),
    }
    let criteria = fit.criteria.as_ref();
    let figures = [
        ("log_likelihood", criteria.map(|c| c.log_likelihood)),
        ("aic", criteria.map(|c| c.aic)),
        ("bic", criteria.map(|c| c.bic)),
    ];
    Ok(with_figures(answer, &figures))
}

fn with_figures(answer: Answer, figures: &[(&str, Option<f64>)]) -> Answer {
    figures
        .iter()
        .fold(answer, |answer, (name, value)| match value {
            Some(value) => answer.figure(name, *value),
            None => answer,
        })
}
