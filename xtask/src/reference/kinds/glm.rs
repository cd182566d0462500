use std::collections::BTreeMap;

use kring_core::{Bootstrap as Kind, Column, ColumnData, Design, Estimate, JointTest, Table};
use kring_formula::{DesignOptions, Formula, Recipe, ResponseKind, WeightColumn};
use kring_stats::bootstrap::Replicates;
use kring_stats::family::{Family, Link};
use kring_stats::glm::{
    BiasReduction, Glm, GlmFit, OverdispersionForm, ResidualKind, Settings, TermTest,
};
use kring_stats::{Covariance, Fit};
use serde::Deserialize;
use serde_json::{Value, json};

use super::lm::{Contrast, Joint, by_column, joint_figures, numbers, of_errors};
use super::{number, optional};
use crate::reference::Error;
use crate::reference::case::{Answer, Case};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    formula: Formula,
    family: Family,
    link: Option<Link>,
    #[serde(default)]
    bias_reduction: BiasReduction,
    cluster: Option<String>,
    weights: Option<WeightColumn>,
    level: Option<f64>,
    #[serde(default)]
    contrasts: Vec<Contrast>,
    #[serde(default)]
    joint: Vec<Joint>,
    /// The columns that all rows are set to, one after the other.
    settings: Option<[BTreeMap<String, Value>; 2]>,
}

/// What is at hand to answer a field.
struct Fits<'a> {
    options: &'a Options,
    design: &'a Design,
    table: &'a Table,
    recipe: &'a Recipe,
}

/// A generalised linear model. Fields that depend on the errors end in their name: `se_hc3`.
pub fn answers(case: &Case) -> Result<Vec<Answer>, Error> {
    let options: Options = case.options()?;
    let table = case.table()?;
    let roles = DesignOptions {
        response: match options.family {
            family if family.is_count() => ResponseKind::Count,
            _ => ResponseKind::Auto,
        },
        clusters: options.cluster.iter().cloned().collect(),
        weights: options.weights.clone(),
        ..DesignOptions::default()
    };
    let recipe = Recipe::new(&options.formula, &table, &roles)?;
    let design = recipe.design(&table)?;
    let fits = Fits {
        options: &options,
        design: &design,
        table: &table,
        recipe: &recipe,
    };
    let plain = fits
        .fit(Covariance::Classical)
        .or_else(|_| fits.fit(Covariance::Hc0))?;
    Ok(case.answer(|field| {
        if let Some((figure, errors)) = field.name.rsplit_once('_')
            && let Ok(covariance) = serde_json::from_value::<Covariance>(json!(errors))
        {
            let fit = fits.fit(covariance)?;
            if figure == "standardized" {
                return fits.standardized(&fit).map(Some);
            }
            if figure == "robust_se" {
                return of_errors("se", &fit, &[], &[]);
            }
            return of_errors(figure, &fit, &options.contrasts, &options.joint);
        }
        of_fit(field.name, &plain, &design)
    }))
}

/// Standardised means of given draws, with the intervals that follow from them.
pub fn bootstrap(case: &Case) -> Result<Vec<Answer>, Error> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Drawn {
        formula: Formula,
        family: Family,
        settings: [BTreeMap<String, Value>; 2],
        /// The rows of each unit, and the stratum that it lies in.
        units: Vec<Vec<usize>>,
        of_stratum: Vec<String>,
        draws: Vec<Vec<usize>>,
        level: f64,
    }
    let options: Drawn = case.options()?;
    let table = case.table()?;
    let recipe = Recipe::new(&options.formula, &table, &DesignOptions::default())?;
    let design = recipe.design(&table)?;
    let [a, b] = &options.settings;
    let (a, b) = (
        recipe.design(&with(&table, a)?)?,
        recipe.design(&with(&table, b)?)?,
    );
    let settings = Settings {
        names: ["a", "b"],
        a: a.mean().x(),
        b: b.mean().x(),
        offset: None,
        weights: None,
    };
    let glm = Glm {
        family: options.family,
        ..Glm::default()
    };
    let of = |rows: &[usize]| -> Result<[Option<f64>; 2], Error> {
        let found = glm.standardized(&design, &settings, rows)?;
        let ratio = found.ratio.and_then(|e| e.value.finite());
        Ok([found.difference.value.finite(), ratio])
    };
    let all: Vec<usize> = (0..design.rows()).collect();
    let estimate = of(&all)?;
    let values: Vec<_> = options
        .draws
        .iter()
        .map(|rows| of(rows))
        .collect::<Result<_, _>>()?;
    let units = &options.units;
    let without = |left: usize| {
        let others = (0..units.len()).filter(|&unit| unit != left);
        of(&others
            .flat_map(|unit| units[unit].clone())
            .collect::<Vec<_>>())
    };
    let without: Vec<_> = (0..units.len()).map(without).collect::<Result<_, _>>()?;
    let figures = |k: usize| -> Result<Value, Error> {
        let number = |x: [Option<f64>; 2]| x[k].ok_or_else(|| Error::Case("no value".to_owned()));
        let t: Vec<f64> = without
            .iter()
            .map(|&x| number(x))
            .collect::<Result<_, _>>()?;
        let u = |unit: usize| {
            let alike =
                (0..units.len()).filter(|&o| options.of_stratum[o] == options.of_stratum[unit]);
            let alike: Vec<f64> = alike.map(|o| t[o]).collect();
            let n = alike.len() as f64;
            (n - 1.0) / n * (alike.iter().sum::<f64>() / n - t[unit])
        };
        let influence: Vec<f64> = (0..units.len()).map(u).collect();
        let values: Vec<f64> = values
            .iter()
            .map(|&x| number(x))
            .collect::<Result<_, _>>()?;
        let found = Replicates {
            estimate: number(estimate)?.into(),
            values: &values,
            std_errors: &[],
            influence: &influence,
        };
        let interval = |kind| -> Result<Value, Error> {
            let found = found.interval(kind, options.level)?;
            let ends = found.map_or([None; 2], |interval| [interval.low, interval.high]);
            Ok(json!(ends.map(optional)))
        };
        Ok(json!({
            "estimate": number(estimate)?, "replicates": values, "influence": influence,
            "percentile": interval(Kind::Percentile)?,
            "bias_corrected_accelerated": interval(Kind::BiasCorrectedAccelerated)?,
        }))
    };
    Ok(case.answer(|field| match field.name {
        "difference" => figures(0).map(Some),
        "log_ratio" => figures(1).map(Some),
        _ => Ok(None),
    }))
}

impl Fits<'_> {
    fn fit(&self, covariance: Covariance) -> Result<GlmFit, Error> {
        let options = self.options;
        Ok(Glm {
            family: options.family,
            link: options.link,
            covariance,
            bias_reduction: options.bias_reduction,
            level: options.level.unwrap_or(Glm::default().level),
        }
        .fit(self.design)?)
    }

    fn standardized(&self, fit: &GlmFit) -> Result<Value, Error> {
        let Some([a, b]) = &self.options.settings else {
            return Err(Error::Case("it has no `settings`".to_owned()));
        };
        let of = |columns| -> Result<Design, Error> {
            Ok(self.recipe.design(&with(self.table, columns)?)?)
        };
        let (a, b) = (of(a)?, of(b)?);
        let found = fit.standardized(&Settings {
            names: ["a", "b"],
            a: a.mean().x(),
            b: b.mean().x(),
            offset: a.mean().offset.as_ref().map(|o| o.view()),
            weights: a.weights().map(|w| w.values.view()),
        })?;
        let figures = |e: &Estimate| {
            json!({ "estimate": optional(e.value.finite()), "std_error": optional(e.std_error),
                    "df": optional(e.reference.df()), "p_value": optional(e.p_value) })
        };
        let perhaps = |e: &Option<Estimate>| e.as_ref().map_or(Value::Null, figures);
        Ok(json!({
            "mean_a": figures(&found.mean_a), "mean_b": figures(&found.mean_b),
            "difference": figures(&found.difference),
            "log_ratio": perhaps(&found.ratio), "log_odds_ratio": perhaps(&found.odds_ratio),
        }))
    }
}

/// The table with some columns set to one value in all rows.
fn with(table: &Table, set: &BTreeMap<String, Value>) -> Result<Table, Error> {
    let columns = table.columns().iter().map(|column| {
        let Some(value) = set.get(&column.name) else {
            return Ok(column.clone());
        };
        let n = table.rows();
        let changed = match (column.data(), value) {
            (ColumnData::Factor(factor), Value::String(level)) => {
                let place = factor.levels().iter().position(|l| l == level);
                let code = place.and_then(|p| u32::try_from(p).ok());
                Column::factor(&column.name, factor.levels(), vec![code; n])?
            }
            (_, value) => Column::numeric(&column.name, vec![value.as_f64(); n])?,
        };
        Ok(changed)
    });
    Ok(Table::new(columns.collect::<Result<Vec<_>, Error>>()?)?)
}

fn of_fit(name: &str, fit: &GlmFit, design: &Design) -> Result<Option<Value>, Error> {
    let coefficients = fit.coefficients();
    let shape =
        |figure: fn(&Estimate) -> Option<f64>| optional(fit.shape.as_ref().and_then(figure));
    let terms = |test: TermTest| -> Result<Value, Error> {
        let tests = fit.term_tests(test)?;
        Ok(tests.iter().map(labelled).collect())
    };
    let profile = |figure: fn(&Estimate) -> Option<f64>| -> Result<Value, Error> {
        let figures: Vec<_> = fit.profile_estimates()?.iter().map(figure).collect();
        Ok(by_column(coefficients, &figures))
    };
    let residuals = |kind| -> Result<Value, Error> { Ok(numbers(fit.residuals(kind)?.view())) };
    let dispersion = |form| -> Result<Value, Error> {
        let found = fit.overdispersion(form)?;
        Ok(
            json!({ "estimate": optional(found.value.finite()), "std_error": optional(found.std_error),
                   "statistic": optional(found.statistic()), "p_value": optional(found.p_value) }),
        )
    };
    Ok(Some(match name {
        "terms" => json!(coefficients.columns),
        "estimate" => by_column(coefficients, &coefficients.values.mapv(Some).to_vec()),
        "fixed" => {
            let of = |e: &Estimate| json!({ "term": e.label, "estimate": optional(e.value.finite()), "std_error": optional(e.std_error) });
            fit.estimates()?.iter().map(of).collect()
        }
        "n_obs" => json!(design.rows()),
        "omitted" => json!(design.omitted().len()),
        "residual_df" => number(fit.residual_df),
        "null_df" => number(fit.null_df),
        "dispersion" => optional(fit.dispersion),
        "deviance" => optional(fit.deviance),
        "null_deviance" => optional(fit.null_deviance),
        "log_likelihood" => optional(fit.log_likelihood),
        "penalized_log_likelihood" => optional(fit.penalized_log_likelihood),
        "aic" => optional(fit.aic),
        "fitted" => numbers(fit.fitted.view()),
        "linear_predictor" => numbers(fit.linear_predictor.view()),
        "leverage" => numbers(fit.leverage.view()),
        "cooks_distance" => fit.cooks_distance()?.into_iter().map(optional).collect(),
        "residuals_response" => residuals(ResidualKind::Response)?,
        "residuals_pearson" => residuals(ResidualKind::Pearson)?,
        "residuals_deviance" => residuals(ResidualKind::Deviance)?,
        "residuals_working" => residuals(ResidualKind::Working)?,
        "theta" | "shape" => shape(|e| e.value.finite()),
        "theta_se" | "shape_se" => shape(|e| e.std_error),
        "shape_low" => shape(|e| e.interval?.low),
        "shape_high" => shape(|e| e.interval?.high),
        "profile_shape" => {
            let found = fit.profile_shape()?.and_then(|e| e.interval);
            json!([
                optional(found.and_then(|i| i.low)),
                optional(found.and_then(|i| i.high))
            ])
        }
        "profile_low" => profile(|e| e.interval?.low)?,
        "profile_high" => profile(|e| e.interval?.high)?,
        "profile_p" => profile(|e| e.p_value)?,
        "likelihood_ratio" => terms(TermTest::LikelihoodRatio)?,
        "score" => terms(TermTest::Score)?,
        "wald" => terms(TermTest::Wald)?,
        "pearson_test" => joint_figures(&fit.pearson_test()?),
        "overdispersion_linear" => dispersion(OverdispersionForm::Linear)?,
        "overdispersion_quadratic" => dispersion(OverdispersionForm::Quadratic)?,
        "zeros" => {
            let found = fit.zeros()?;
            json!({ "observed": number(found.observed), "expected": number(found.expected),
                    "statistic": optional(found.test.as_ref().and_then(|t| t.statistic)),
                    "p_value": optional(found.test.as_ref().and_then(|t| t.p_value)) })
        }
        _ => return Ok(None),
    }))
}

fn labelled(test: &JointTest) -> Value {
    let mut figures = joint_figures(test);
    figures["label"] = json!(test.label);
    figures
}
