//! Means by group and wave, their contrasts and the tests of terms, of any fit with its formula.
//!
//! ```text
//! cells     `of` and `by`: a mean for each combination of their levels
//! others    averaged over as `weights` says, numbers at their mean, or as `at` says
//! scale     link; back-transformed means with ratios; or means and differences on the scale of the outcome
//! slopes    along a column, in place of means
//! ```
//! With weights of rows and a scale of the outcome this is g-computation: every row is set to each cell.

use std::collections::BTreeMap;

use kring_core::{Design, Estimate, JointTest, Measure, Table};
use kring_formula::{CellWeights, GridOptions, Recipe};
use kring_report::Content;
use kring_stats::Fit;
use kring_stats::equivalence::Equivalence;
use kring_stats::family::Link;
use kring_stats::means::{
    Adjust, CellMean, ContrastFamily, ContrastSet, Contrasts, FactorContrasts, Found, Means,
    Response, RowsInCell, Scale, Term, term_tests_of_marginality, term_tests_of_means,
};
use serde::{Deserialize, Serialize};

use super::no_errors_of_rounding;
use crate::Error;

/// Which means are asked for, and what of them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MeansOf {
    /// The columns whose levels have a mean each, and are compared.
    pub of: Vec<String>,
    /// The columns at each of whose levels they are compared, such as the wave.
    pub by: Vec<String>,
    /// The values of columns, in place of their levels or their mean.
    pub at: BTreeMap<String, Vec<String>>,
    /// How all other columns are averaged over.
    pub weights: CellWeights,
    /// The scale of means and contrasts.
    pub scale: MeansScale,
    /// The variance of all random effects of a family on the scale of the link, where back-transformed
    /// means are to be those over families.
    pub variance: Option<f64>,
    /// A column of numbers: slopes along it are asked for in place of means.
    pub slopes: Option<String>,
    /// Which contrasts, where any are wanted.
    pub contrasts: Option<ContrastFamily>,
    /// Contrasts of several columns whose products are taken: differences of differences.
    pub interaction: Vec<FactorContrasts>,
    /// How each family of contrasts is adjusted for how many they are.
    pub adjust: Option<Adjust>,
    /// The margin within which a contrast does not matter.
    pub equivalence: Option<Equivalence>,
}

/// The scale of means and of their contrasts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MeansScale {
    /// Both on the scale of the link: of a log or logit model contrasts are logs of ratios.
    #[default]
    Link,
    /// Means on the scale of the outcome, contrasts as ratios.
    Ratios,
    /// Both on the scale of the outcome: contrasts are differences there.
    Response,
}

/// Means and what was asked of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MeansResult {
    /// The mean of each cell.
    pub means: Vec<CellMean>,
    /// The contrasts, a set for each combination of the levels of `by`.
    pub contrasts: Vec<ContrastSet>,
    /// What was averaged over, where other columns stand, and what cannot be estimated.
    pub notes: Vec<String>,
}

/// Which tests of the terms of a model.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TermTests {
    /// Type II: each term beside all terms that do not contain it.
    Marginality,
    /// Type III: each term by contrasts of means with equal weights.
    #[default]
    Means,
}

/// The means of a fit, its recipe and the table that it was fitted to.
///
/// ```
/// use kring::analysis::{self, MeansOf};
/// use kring_core::{Column, Table};
/// use kring_formula::Recipe;
/// use kring_stats::{family::Link, lm::Lm, means::ContrastFamily};
/// let table = Table::new(vec![
///     Column::numeric("problems", [6.0, 5.0, 4.0, 2.0].map(Some).to_vec())?,
///     Column::factor("arm", ["WT", "EKC"], [0, 0, 1, 1].map(Some).to_vec())?,
/// ])?;
/// let recipe = Recipe::new(&"problems ~ arm".parse()?, &table, &Default::default())?;
/// let fit = Lm::default().fit(&recipe.design(&table)?)?;
/// let asked = MeansOf {
///     of: vec!["arm".into()],
///     contrasts: Some(ContrastFamily::Pairwise),
///     ..MeansOf::default()
/// };
/// let found = analysis::means(&fit, Link::Identity, &recipe, &table, &asked)?;
/// let difference = &found.contrasts[0].contrasts[0].estimable().unwrap().plain;
/// assert_eq!(difference.label, "EKC − WT");
/// assert!((difference.value.finite().unwrap() + 2.5).abs() < 1e-12);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn means(
    fit: &dyn Fit,
    link: Link,
    recipe: &Recipe,
    table: &Table,
    asked: &MeansOf,
) -> Result<MeansResult, Error> {
    let options = GridOptions {
        of: asked.of.iter().chain(&asked.by).cloned().collect(),
        at: asked.at.clone(),
        weights: asked.weights,
    };
    let response = Response {
        variance: asked.variance,
    };
    let on_outcome = asked.scale != MeansScale::Link;
    let (shown, compared, notes) = match &asked.slopes {
        Some(column) => {
            if on_outcome {
                return Err(Error::Argument {
                    what: "`slopes`".to_owned(),
                    why: "slopes are on the scale of the link; ask for that scale".to_owned(),
                });
            }
            let grid = recipe.slopes(table, column, &options)?;
            let slopes = Means::of(fit, link, &grid)?;
            (slopes.means()?, slopes, grid.notes().to_vec())
        }
        None if on_outcome && asked.weights == CellWeights::Rows => {
            let found = recipe.counterfactuals(table, &options)?;
            let sets = found.sets.iter().map(|set| RowsInCell {
                x: set.x.view(),
                offset: set.offset.view(),
            });
            let sets: Vec<RowsInCell<'_>> = sets.collect();
            let averages = Means::averaged(fit, link, &found.grid, &sets, found.weights.view())?;
            let compared = match asked.scale {
                MeansScale::Ratios => averages.on_logs(Scale::LogResponse)?,
                _ => averages.clone(),
            };
            (averages.means()?, compared, found.grid.notes().to_vec())
        }
        None => {
            let grid = recipe.grid(table, &options)?;
            let on_link = Means::of(fit, link, &grid)?;
            let (shown, compared) = match asked.scale {
                MeansScale::Link => (on_link.means()?, on_link),
                MeansScale::Ratios => (on_link.back_transformed(&response)?, on_link),
                MeansScale::Response => {
                    let there = on_link.on_response(&response)?;
                    (on_link.back_transformed(&response)?, there)
                }
            };
            (shown, compared, grid.notes().to_vec())
        }
    };
    let contrasts = if asked.contrasts.is_some() || !asked.interaction.is_empty() {
        compared.contrasts(&Contrasts {
            family: asked.contrasts.clone().unwrap_or_default(),
            interaction: asked.interaction.clone(),
            by: asked.by.clone(),
            adjust: asked.adjust,
            equivalence: asked.equivalence,
        })?
    } else {
        Vec::new()
    };
    let mut found = MeansResult {
        means: shown,
        contrasts,
        notes,
    };
    found.each_estimate(no_errors_of_rounding);
    found.notes.extend(found.not_estimable());
    Ok(found)
}

/// The tests of the terms of a fit.
pub fn term_tests(
    fit: &dyn Fit,
    recipe: &Recipe,
    table: &Table,
    design: &Design,
    which: TermTests,
) -> Result<Vec<JointTest>, Error> {
    Ok(match which {
        TermTests::Marginality => term_tests_of_marginality(fit, design)?,
        TermTests::Means => {
            let terms = recipe.model_terms().into_iter().map(|term| Term {
                name: term.name,
                factors: term.reads,
            });
            let terms: Vec<Term> = terms.collect();
            term_tests_of_means(fit, &recipe.whole_grid(table)?, &terms)?
        }
    })
}

impl MeansResult {
    /// The same, with the unit of the outcome where means and differences have none.
    pub fn with_unit(mut self, unit: Option<&str>) -> Self {
        self.each_estimate(|estimate| {
            if let Measure::Mean { unit: own } | Measure::MeanDifference { unit: own } =
                &mut estimate.measure
                && own.is_none()
            {
                *own = unit.map(str::to_owned);
            }
        });
        self
    }

    /// The tables of a report: the means, the contrasts as they are adjusted, and what a reader must know.
    pub fn content(&self) -> Vec<Content> {
        let means = self.means.iter().filter_map(|cell| cell.mean.estimable());
        let means: Vec<Estimate> = means.cloned().map(untested).collect();
        let all = self.contrasts.iter().flat_map(|set| &set.contrasts);
        let contrasts = all
            .filter_map(Found::estimable)
            .map(|one| one.adjusted.clone());
        let contrasts: Vec<Estimate> = contrasts.collect();
        let tests = self.contrasts.iter().filter_map(|set| set.joint.clone());
        let tests: Vec<JointTest> = tests.collect();
        let mut content = Vec::new();
        if !means.is_empty() {
            content.push(Content::Estimates(means));
        }
        if !contrasts.is_empty() {
            content.push(Content::Estimates(contrasts));
        }
        if !tests.is_empty() {
            content.push(Content::Tests(tests));
        }
        if !self.notes.is_empty() {
            content.push(Content::Text(self.notes.join("\n\n")));
        }
        content
    }

    fn each_estimate(&mut self, of: impl Fn(&mut Estimate)) {
        for cell in &mut self.means {
            if let Found::Estimable(mean) = &mut cell.mean {
                of(mean);
            }
        }
        for one in self.contrasts.iter_mut().flat_map(|set| &mut set.contrasts) {
            if let Found::Estimable(one) = one {
                of(&mut one.plain);
                of(&mut one.adjusted);
            }
        }
    }

    /// What cannot be estimated, in sentences.
    fn not_estimable(&self) -> Vec<String> {
        let sentence = |label: &str, why: &str| format!("Not estimable: {label}; {why}.");
        let means = self.means.iter().filter_map(|cell| match &cell.mean {
            Found::NotEstimable { label, why } => Some(sentence(label, why)),
            Found::Estimable(_) => None,
        });
        let all = self.contrasts.iter().flat_map(|set| &set.contrasts);
        let contrasts = all.filter_map(|one| match one {
            Found::NotEstimable { label, why } => Some(sentence(label, why)),
            Found::Estimable(_) => None,
        });
        means.chain(contrasts).collect()
    }
}

/// That a mean is not zero is no question.
fn untested(mean: Estimate) -> Estimate {
    Estimate {
        p_value: None,
        ..mean
    }
}
