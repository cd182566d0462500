//! Means in the cells of a grid, contrasts, slopes and tests of terms, of every fit there is.

use std::collections::BTreeMap;

use kring_core::{Estimate, JointTest, Reference, Table};
use kring_formula::{CellWeights, DesignOptions, Formula, GridOptions, Recipe, ResponseKind};
use kring_stats::Fit;
use kring_stats::equivalence::Equivalence;
use kring_stats::family::{Family, Link};
use kring_stats::glm::Glm;
use kring_stats::glmm::{Glmm, Integration};
use kring_stats::lm::Lm;
use kring_stats::lmm::{Dof, Estimation, Lmm};
use kring_stats::means::{
    Adjust, CellMean, ContrastFamily, ContrastSet, Contrasts, FactorContrasts, Found, Means,
    Response, RowsInCell, Scale, Term, term_tests_of_marginality, term_tests_of_means,
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{number, optional};
use crate::reference::Error;
use crate::reference::case::{Answer, Case};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    formula: Formula,
    family: Option<Family>,
    link: Option<Link>,
    reml: Option<bool>,
    df: Option<Dof>,
    /// `~Sex | wave`: the columns of the cells, and those at each of whose levels contrasts are taken.
    emmeans: String,
    #[serde(default)]
    at: BTreeMap<String, Vec<Value>>,
    #[serde(default)]
    weights: CellWeights,
    #[serde(default)]
    contrasts: ContrastFamily,
    #[serde(default)]
    interaction: Vec<FactorContrasts>,
    adjust: Option<Adjust>,
    /// Of all random effects of a family.
    variance: Option<f64>,
    /// A column along which slopes are taken.
    slopes: Option<String>,
    /// The margin of equivalence on both sides.
    margin: Option<f64>,
}

/// What is needed to answer any field.
struct Asked<'a> {
    options: &'a Options,
    recipe: &'a Recipe,
    table: &'a Table,
    fit: &'a dyn Fit,
    link: Link,
    of: Vec<String>,
    by: Vec<String>,
    /// Degrees of freedom that R takes where the fit has none.
    df: Option<f64>,
}

pub fn answers(case: &Case) -> Result<Vec<Answer>, Error> {
    let options: Options = case.options()?;
    let table = case.table()?;
    let family = options.family.unwrap_or(Family::Gaussian);
    let roles = DesignOptions {
        response: match family {
            family if family.is_count() => ResponseKind::Count,
            _ => ResponseKind::Auto,
        },
        ..DesignOptions::default()
    };
    let recipe = Recipe::new(&options.formula, &table, &roles)?;
    let design = recipe.design(&table)?;
    let link = options.link;
    let mut df = None;
    let (fit, link): (Box<dyn Fit>, Link) = match case.text("kind") {
        Some("lm") => (Box::new(Lm::default().fit(&design)?), Link::Identity),
        Some("glm") => {
            let glm = Glm {
                family,
                link,
                ..Glm::default()
            };
            let fit = glm.fit(&design)?;
            let link = fit.link;
            (Box::new(fit), link)
        }
        Some("lmm") => {
            let lmm = Lmm {
                estimation: match options.reml {
                    Some(false) => Estimation::Ml,
                    _ => Estimation::Reml,
                },
                dof: options.df.unwrap_or(Dof::Satterthwaite),
                ..Lmm::default()
            };
            (Box::new(lmm.fit(&design)?), Link::Identity)
        }
        Some("glmm") => {
            let glmm = Glmm {
                family,
                link,
                integration: Integration::Laplace,
                ..Glmm::default()
            };
            let fit = glmm.fit(&design)?;
            let link = fit.link;
            // emmeans took glmmTMB's residual degrees of freedom then: rows less all parameters.
            df = Some(design.rows() as f64 - fit.criteria.parameters as f64);
            (Box::new(fit), link)
        }
        kind => {
            return Err(Error::Case(format!(
                "there is no kind {kind:?} of fit for means"
            )));
        }
    };
    let (of, by) = columns(&options.emmeans);
    let asked = Asked {
        options: &options,
        recipe: &recipe,
        table: &table,
        fit: fit.as_ref(),
        link,
        of,
        by,
        df,
    };
    Ok(case.answer(|field| match field.name {
        "type_two" => Ok(Some(joint_rows(&term_tests_of_marginality(
            fit.as_ref(),
            &design,
        )?))),
        name => asked.answer(name),
    }))
}

/// The columns on the left and on the right of the bar.
fn columns(text: &str) -> (Vec<String>, Vec<String>) {
    let mut sides = text.trim_start_matches('~').split('|').map(|side| {
        side.split(['*', '+'])
            .map(|name| name.trim().to_owned())
            .filter(|name| !name.is_empty() && name != "1")
            .collect::<Vec<_>>()
    });
    let of = sides.next().unwrap_or_default();
    let by = sides.next().unwrap_or_default();
    ([of, by.clone()].concat(), by)
}

impl Asked<'_> {
    fn grid_options(&self) -> GridOptions {
        let text = |value: &Value| match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let at = self.options.at.iter();
        GridOptions {
            of: self.of.clone(),
            at: at
                .map(|(name, values)| (name.clone(), values.iter().map(text).collect()))
                .collect(),
            weights: self.options.weights,
        }
    }

    fn means(&self) -> Result<Means<'_>, Error> {
        let options = self.grid_options();
        let grid = match &self.options.slopes {
            Some(column) => self.recipe.slopes(self.table, column, &options)?,
            None => self.recipe.grid(self.table, &options)?,
        };
        let means = Means::of(self.fit, self.link, &grid)?;
        Ok(match self.df {
            Some(df) => means.with_df(df)?,
            None => means,
        })
    }

    /// Averages over rows that are all set to each cell.
    fn averages(&self) -> Result<Means<'_>, Error> {
        let found = self
            .recipe
            .counterfactuals(self.table, &self.grid_options())?;
        let sets: Vec<RowsInCell<'_>> = found
            .sets
            .iter()
            .map(|set| RowsInCell {
                x: set.x.view(),
                offset: set.offset.view(),
            })
            .collect();
        Ok(Means::averaged(
            self.fit,
            self.link,
            &found.grid,
            &sets,
            found.weights.view(),
        )?)
    }

    fn contrasts(&self, means: &Means<'_>) -> Result<Vec<ContrastSet>, Error> {
        let options = self.options;
        Ok(means.contrasts(&Contrasts {
            family: options.contrasts.clone(),
            interaction: options.interaction.clone(),
            by: self.by.clone(),
            adjust: options.adjust,
            equivalence: options.margin.map(Equivalence::within),
        })?)
    }

    fn with(&self, family: ContrastFamily, adjust: Adjust) -> Result<Value, Error> {
        let sets = self.means()?.contrasts(&Contrasts {
            family,
            by: self.by.clone(),
            adjust: Some(adjust),
            ..Contrasts::default()
        })?;
        Ok(self.contrast_rows(&sets))
    }

    fn response(&self) -> Response {
        Response {
            variance: self.options.variance,
        }
    }

    fn answer(&self, name: &str) -> Result<Option<Value>, Error> {
        Ok(Some(match name {
            "means" => self.mean_rows(&self.means()?.means()?),
            "back_transformed" => {
                self.mean_rows(&self.means()?.back_transformed(&self.response())?)
            }
            "contrasts" => self.contrast_rows(&self.contrasts(&self.means()?)?),
            "regrid" => {
                let means = self.means()?.on_response(&self.response())?;
                self.contrast_rows(&self.contrasts(&means)?)
            }
            "pairs_tukey" => self.with(ContrastFamily::PairwiseReversed, Adjust::Tukey)?,
            "pairs_holm_p" => {
                let rows = self.with(ContrastFamily::PairwiseReversed, Adjust::Holm)?;
                let rows = rows.as_array().into_iter().flatten();
                rows.map(|row| row["p_value"].clone()).collect()
            }
            "joint" => {
                let sets = self.contrasts(&self.means()?)?;
                let tests: Vec<JointTest> = sets.into_iter().filter_map(|set| set.joint).collect();
                joint_rows(&tests)
            }
            "joint_terms" => {
                let grid = self.recipe.whole_grid(self.table)?;
                let terms = self.recipe.model_terms().into_iter().map(|term| Term {
                    name: term.name,
                    factors: term.reads,
                });
                let terms: Vec<Term> = terms.collect();
                joint_rows(&term_tests_of_means(self.fit, &grid, &terms)?)
            }
            "equivalence_p" => {
                let sets = self.contrasts(&self.means()?)?;
                let all = sets.iter().flat_map(|set| &set.contrasts);
                all.map(|one| {
                    let test = one.estimable().and_then(|one| one.equivalence.as_ref());
                    optional(test.map(|test| test.p_value))
                })
                .collect()
            }
            "averages" => self.mean_rows(&self.averages()?.means()?),
            "difference" => self.first(&self.averages()?)?,
            "log_ratio" => self.first(&self.averages()?.on_logs(Scale::LogResponse)?)?,
            "log_odds_ratio" => self.first(&self.averages()?.on_logs(Scale::LogitResponse)?)?,
            _ => return Ok(None),
        }))
    }

    fn first(&self, means: &Means<'_>) -> Result<Value, Error> {
        let rows = self.contrast_rows(&self.contrasts(means)?);
        Ok(rows.get(0).cloned().unwrap_or_default())
    }

    fn mean_rows(&self, means: &[CellMean]) -> Value {
        let row = |cell: &CellMean| {
            let mut row = Map::new();
            for (name, level) in self.of.iter().zip(&cell.levels) {
                row.insert(name.clone(), json!(level));
            }
            row.extend(figures(cell.mean.estimable()));
            Value::Object(row)
        };
        means.iter().map(row).collect()
    }

    fn contrast_rows(&self, sets: &[ContrastSet]) -> Value {
        let mut rows = Vec::new();
        for set in sets {
            for one in &set.contrasts {
                let mut row = Map::new();
                if let Found::Estimable(one) = one {
                    row.insert("contrast".to_owned(), json!(as_in_r(&one.name)));
                } else if let Found::NotEstimable { label, .. } = one {
                    let name = label.split(" at ").next().unwrap_or(label);
                    row.insert("contrast".to_owned(), json!(as_in_r(name)));
                }
                if let (Some(at), [by]) = (&set.at, self.by.as_slice()) {
                    let level = at.strip_prefix(by.as_str()).map_or(at.as_str(), str::trim);
                    row.insert(by.clone(), json!(level));
                }
                row.extend(figures(one.estimable().map(|one| &one.adjusted)));
                rows.push(Value::Object(row));
            }
        }
        Value::Array(rows)
    }
}

/// emmeans writes a hyphen, and calls what stands beside the mean an effect.
fn as_in_r(name: &str) -> String {
    if let Some(level) = name
        .strip_suffix(" − mean")
        .or(name.strip_suffix(" − others"))
    {
        return format!("{level} effect");
    }
    name.replace('−', "-")
}

fn figures(estimate: Option<&Estimate>) -> Map<String, Value> {
    let mut row = Map::new();
    let of = |f: &dyn Fn(&Estimate) -> Option<f64>| optional(estimate.and_then(f));
    row.insert("estimate".to_owned(), of(&|e| e.value.finite()));
    row.insert("std_error".to_owned(), of(&|e| e.std_error));
    row.insert("df".to_owned(), of(&|e| e.reference.df()));
    row.insert("lower".to_owned(), of(&|e| e.interval?.low));
    row.insert("upper".to_owned(), of(&|e| e.interval?.high));
    row.insert("statistic".to_owned(), of(&Estimate::statistic));
    row.insert("p_value".to_owned(), of(&|e| e.p_value));
    row
}

/// As F tests: a χ² over its degrees of freedom.
fn joint_rows(tests: &[JointTest]) -> Value {
    let row = |test: &JointTest| {
        let (statistic, df1, df2) = match test.reference {
            Reference::F {
                numerator,
                denominator,
            } => (test.statistic, numerator, Some(denominator)),
            Reference::ChiSquared { df } => (test.statistic.map(|x| x / df), df, None),
            _ => (test.statistic, 0.0, None),
        };
        json!({
            "term": test.label, "statistic": optional(statistic), "df1": number(df1), "df2": optional(df2),
            "p_value": optional(test.p_value),
        })
    };
    tests.iter().map(row).collect()
}
