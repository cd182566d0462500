//! Mixed models by formula: families measured again and again.
//!
//! ```text
//! formula    problems ~ arm * wave + (1 | family): fixed terms, and random ones by group
//! answer     coefficients; tests of the terms that no other one contains; standard deviations and
//!            correlations of the random effects; likelihood, shares of the variance; how the search ended
//! by         every row is set to each level of a factor in turn, and the means are compared: of a linear
//!            model c'β with c the mean of the rows, of a generalised one over all families and for the
//!            typical one
//! within     the same at each value of a second column: the arms at each wave
//! against    a smaller model of the same rows, by the likelihood ratio
//! ```

use std::ops::Range;

use kring_core::{
    Alternative, Column, ColumnData, Component, Design, Estimate, Interval, JointTest, Measure,
    RandomStructure, Reference, Table, Term, Value,
};
use kring_formula::{DesignOptions, Formula, Recipe, ResponseKind, WeightColumn};
use kring_stats::Fit;
use kring_stats::glm::{Settings, Standardized};
use kring_stats::glmm::{self, Glmm, GlmmFit};
use kring_stats::lmm::{self, BootstrapFits, ExactTest, Lmm, LmmFit, ParametricBootstrap};
use kring_stats::resampling::{Draws, Refused};
use ndarray::{Array1, Array2, ArrayView2};
use serde::{Deserialize, Serialize};

use super::Answer;
use super::model::{response, roles};
use super::ranges::{Asked, Given, Part};
use crate::Error;
use crate::analysis::{factor_line, factors_used, no_errors_of_rounding, rows_line, unit_of};

/// A linear mixed model by formula.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinearMixed {
    /// The formula, as in R, with a random term: `problems ~ arm * wave + (1 | family)`.
    pub formula: Formula,
    /// The formula of a smaller model, which is tested against this one on the same rows.
    pub against: Option<Formula>,
    /// A factor whose levels every row is set to, one after the other; the first is the reference.
    pub by: Option<String>,
    /// A second column: the levels of `by` are compared at each of its values, such as waves.
    pub within: Option<String>,
    /// How several random effects of one group are related; as the formula says, unless given.
    pub structure: Option<RandomStructure>,
    /// The column of weights and what they mean.
    pub weights: Option<WeightColumn>,
    /// Intervals besides those from standard errors.
    #[serde(default)]
    pub intervals: MixedIntervals,
    /// The exact test of the one variance between groups, by simulation; a seed is needed.
    pub exact: Option<ExactTest>,
    /// The options of the model.
    #[serde(default)]
    pub options: Lmm,
}

/// A generalised linear mixed model by formula.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GeneralisedMixed {
    /// The formula, as in R, with a random term: `problems ~ arm * wave + (1 | family)`.
    pub formula: Formula,
    /// The terms of the zeros, `~ arm`, where the model has a part for them.
    pub zero: Option<Formula>,
    /// The terms of the dispersion, `~ arm`, where it is not the same for all rows.
    pub dispersion: Option<Formula>,
    /// The formula of a smaller model, which is tested against this one on the same rows.
    pub against: Option<Formula>,
    /// A factor whose levels every row is set to, one after the other; the first is the reference.
    pub by: Option<String>,
    /// A second column: the levels of `by` are compared at each of its values, such as waves.
    pub within: Option<String>,
    /// How several random effects of one group are related; as the formula says, unless given.
    pub structure: Option<RandomStructure>,
    /// The column of weights and what they mean.
    pub weights: Option<WeightColumn>,
    /// The options of the model.
    #[serde(default)]
    pub options: Glmm,
}

impl LinearMixed {
    /// A model of a formula, and nothing asked beside it.
    pub fn of(formula: Formula, options: Lmm) -> Self {
        Self {
            formula,
            against: None,
            by: None,
            within: None,
            structure: None,
            weights: None,
            intervals: MixedIntervals::Wald,
            exact: None,
            options,
        }
    }
}

impl GeneralisedMixed {
    /// A model of a formula, and nothing asked beside it.
    pub fn of(formula: Formula, options: Glmm) -> Self {
        Self {
            formula,
            zero: None,
            dispersion: None,
            against: None,
            by: None,
            within: None,
            structure: None,
            weights: None,
            options,
        }
    }
}

/// The intervals of a linear mixed model besides those from standard errors.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum MixedIntervals {
    /// None.
    #[default]
    Wald,
    /// By profiles of the likelihood, of coefficients and standard deviations.
    Profile,
    /// By the parametric bootstrap: the model is fitted anew to data drawn from it.
    Bootstrap {
        /// How many times.
        #[serde(default = "usual_replicates")]
        replicates: u64,
        /// Where drawing begins.
        seed: u64,
    },
}

fn usual_replicates() -> u64 {
    999
}

/// A formula with the rows that it leaves.
struct Modelled {
    recipe: Recipe,
    design: Design,
    /// The rows of the table that are used.
    rows: Table,
}

impl Modelled {
    fn new(
        formula: &Formula,
        table: &Table,
        options: &DesignOptions,
        structure: Option<RandomStructure>,
    ) -> Result<Self, Error> {
        if formula.has_clusters() {
            return Err(Error::Argument {
                what: "cluster()".to_owned(),
                why: "a mixed model has no errors by cluster; a random term, `(1 | family)`, says \
                      which rows belong together"
                    .to_owned(),
            });
        }
        let recipe = Recipe::new(formula, table, options)?;
        let mut parts = recipe.design(table)?.into_parts();
        if let Some(structure) = structure {
            for term in &mut parts.mean.random {
                term.structure = structure;
            }
        }
        let design = Design::new(parts)?;
        let rows = table.take(design.source_rows())?;
        Ok(Self {
            recipe,
            design,
            rows,
        })
    }

    /// Another formula on exactly these rows.
    fn against(
        &self,
        formula: &Formula,
        structure: Option<RandomStructure>,
    ) -> Result<Self, Error> {
        Self::new(formula, &self.rows, self.recipe.options(), structure)
    }

    /// The model matrix if every row had these values.
    fn matrix(&self, set: &[(&str, &Setting)]) -> Result<Array2<f64>, Error> {
        let mut columns = self.rows.columns().to_vec();
        for column in &mut columns {
            if let Some((_, setting)) = set.iter().find(|(name, _)| *name == column.name) {
                *column = setting.everywhere(column, self.rows.rows())?;
            }
        }
        Ok(self.recipe.predictors(&Table::new(columns)?)?.mean.x)
    }

    /// The share of each row in a mean over all.
    fn shares(&self) -> Array1<f64> {
        let n = self.rows.rows();
        match self.design.weights() {
            Some(weights) => &weights.values / weights.values.sum(),
            None => Array1::from_elem(n, 1.0 / n as f64),
        }
    }

    /// The comparisons that `by` and `within` ask for.
    fn comparisons(&self, by: &str, within: Option<&str>) -> Result<Vec<Comparison>, Error> {
        let levels = settings(&self.rows, by)?;
        let places: Vec<Option<Setting>> = match within {
            Some(name) if name == by => {
                return Err(Error::Argument {
                    what: "`within`".to_owned(),
                    why: format!("`{by}` is what is compared; give another column"),
                });
            }
            Some(name) => settings(&self.rows, name)?.into_iter().map(Some).collect(),
            None => vec![None],
        };
        let Some((reference, others)) = levels.split_first().filter(|(_, o)| !o.is_empty()) else {
            return Err(Error::Argument {
                what: format!("`{by}`"),
                why: "it has one level among the rows that are used; a comparison needs two"
                    .to_owned(),
            });
        };
        let mut found = Vec::new();
        for place in &places {
            let matrix = |level: &Setting| match (place, within) {
                (Some(place), Some(name)) => self.matrix(&[(by, level), (name, place)]),
                _ => self.matrix(&[(by, level)]),
            };
            let at = match (place, within) {
                (Some(place), Some(name)) => format!(" at {name} {}", place.name),
                _ => String::new(),
            };
            let first = matrix(reference)?;
            for (number, other) in others.iter().enumerate() {
                let second = matrix(other)?;
                if second == first {
                    return Err(Error::Argument {
                        what: format!("`{by}`"),
                        why: "no term of the model has it, so that there is nothing to compare"
                            .to_owned(),
                    });
                }
                found.push(Comparison {
                    by: by.to_owned(),
                    reference: reference.name.clone(),
                    other: other.name.clone(),
                    at: at.clone(),
                    is_first: number == 0,
                    a: first.clone(),
                    b: second,
                });
            }
        }
        Ok(found)
    }

    /// What factors are set against, how many rows there are, and why others are left out.
    fn notes(&self) -> Vec<String> {
        let factors = factors_used(&self.rows, &self.design);
        let rows = rows_line(self.design.rows(), self.design.omitted());
        let factors = factor_line(&factors).into_iter();
        factors.chain([format!("{rows}.")]).collect()
    }
}

/// Two settings of all rows.
struct Comparison {
    by: String,
    reference: String,
    other: String,
    /// ` at wave 2`
    at: String,
    /// Whether it is the first with this reference, so that the reference's own mean is told once.
    is_first: bool,
    a: Array2<f64>,
    b: Array2<f64>,
}

impl Comparison {
    fn mean(&self, level: &str) -> String {
        format!("{} {level}{}", self.by, self.at)
    }

    fn both(&self, sign: &str) -> String {
        format!(
            "{} {} {sign} {}{}",
            self.by, self.other, self.reference, self.at
        )
    }
}

/// One value of a column.
struct Setting {
    name: String,
    value: Cell,
}

enum Cell {
    Level(u32),
    Number(f64),
}

impl Setting {
    /// The column with this value in every row.
    fn everywhere(&self, column: &Column, rows: usize) -> Result<Column, Error> {
        Ok(match (&self.value, column.data()) {
            (Cell::Level(code), ColumnData::Factor(factor)) => {
                let levels = factor.levels().to_vec();
                let all = Column::factor(&column.name, levels, vec![Some(*code); rows])?;
                if factor.is_ordered() {
                    all.ordered()
                } else {
                    all
                }
            }
            (Cell::Number(x), ColumnData::Numeric(_)) => {
                Column::numeric(&column.name, vec![Some(*x); rows])?
            }
            _ => column.clone(),
        })
    }
}

/// The values of a column: the levels that occur, in their order, or the numbers.
fn settings(table: &Table, name: &str) -> Result<Vec<Setting>, Error> {
    const MOST: usize = 50;
    match table.column(name)?.data() {
        ColumnData::Factor(factor) => {
            let occurs = |code: u32| factor.codes().contains(&Some(code));
            let levels = factor.levels().iter().zip(0_u32..);
            let present = levels.filter(|(_, code)| occurs(*code));
            Ok(present
                .map(|(level, code)| Setting {
                    name: level.clone(),
                    value: Cell::Level(code),
                })
                .collect())
        }
        ColumnData::Numeric(numeric) => {
            let mut values = numeric.present();
            values.sort_by(f64::total_cmp);
            values.dedup();
            if values.len() > MOST {
                return Err(Error::Argument {
                    what: format!("column `{name}`"),
                    why: format!(
                        "it has {} values; a comparison at each is for at most {MOST}",
                        values.len()
                    ),
                });
            }
            let setting = |x: f64| Setting {
                name: x.to_string(),
                value: Cell::Number(x),
            };
            Ok(values.into_iter().map(setting).collect())
        }
    }
}

/// The tests of the terms that no other one contains, as R's `drop1`, each with this before its name.
fn term_tests(fit: &impl Fit, terms: &[Term], before: &str) -> Result<Vec<JointTest>, Error> {
    let parts = |term: &Term| -> Vec<String> { term.name.split(':').map(str::to_owned).collect() };
    let contains = |larger: &Term, smaller: &Term| {
        let (larger, smaller) = (parts(larger), parts(smaller));
        larger.len() > smaller.len() && smaller.iter().all(|part| larger.contains(part))
    };
    let estimated = &fit.coefficients().estimated;
    let mut tests = Vec::new();
    for term in terms {
        if term.name == "(Intercept)" || terms.iter().any(|other| contains(other, term)) {
            continue;
        }
        let of_term: Vec<usize> = (0..estimated.len())
            .filter(|&place| term.columns.contains(&estimated[place]))
            .collect();
        if of_term.is_empty() {
            continue;
        }
        let contrasts = Array2::from_shape_fn((of_term.len(), estimated.len()), |(i, j)| {
            f64::from(u8::from(of_term[i] == j))
        });
        tests.push(fit.joint_combination(&format!("{before}{}", term.name), contrasts.view())?);
    }
    Ok(tests)
}

/// The tests of the terms, or why there are none.
fn with_term_tests(answer: &mut Answer, fit: &impl Fit, terms: &[Term], before: &str) {
    match term_tests(fit, terms, before) {
        Ok(tests) => answer.tests.extend(tests),
        Err(error) => answer
            .notes
            .push(format!("No tests of the terms: {error}.")),
    }
}

fn figures(answer: Answer, figures: &[(&str, f64)]) -> Answer {
    figures
        .iter()
        .filter(|(_, value)| value.is_finite())
        .fold(answer, |answer, (name, value)| answer.figure(name, *value))
}

fn with_notes(answer: Answer, notes: Vec<String>) -> Answer {
    notes.into_iter().fold(answer, Answer::note)
}

/// What a linear mixed model says.
pub(super) fn lmm(m: &LinearMixed, table: &Table, asked: &Asked<'_>) -> Result<Given, Error> {
    if let (MixedIntervals::Bootstrap { replicates, .. }, Asked::Count) = (m.intervals, asked) {
        return Ok(Given::Count(replicates));
    }
    let options = roles(ResponseKind::Continuous, None, m.weights.as_ref());
    let model = Modelled::new(&m.formula, table, &options, m.structure)?;
    let fit = m.options.fit(&model.design)?;
    let resampled = match (m.intervals, asked) {
        (MixedIntervals::Bootstrap { replicates, seed }, asked) => {
            let bootstrap = Replicated {
                fit: &fit,
                replicates,
                seed,
            };
            Some(match asked {
                Asked::Count => return Ok(Given::Count(replicates)),
                Asked::Range(range) => {
                    let draws = vec![bootstrap.draw(range.clone())?];
                    return Ok(Given::Part(Part { draws }));
                }
                Asked::All => bootstrap.finish(&[&bootstrap.draw(0..replicates)?])?,
                Asked::Finish(parts) => {
                    let draws: Vec<&Draws> = parts.iter().flat_map(|part| &part.draws).collect();
                    bootstrap.finish(&draws)?
                }
            })
        }
        _ => None,
    };
    let unit = unit_of(table, model.design.response_name());
    let with_unit = |mut estimate: Estimate| {
        estimate.measure = Measure::Coefficient { unit: unit.clone() };
        no_errors_of_rounding(&mut estimate);
        estimate
    };
    let mut answer = Answer::of(fit.estimates()?.into_iter().map(with_unit));
    with_term_tests(&mut answer, &fit, &model.design.mean().terms, "");
    answer.components.clone_from(&fit.components);
    if m.within.is_some() && m.by.is_none() {
        return Err(within_alone());
    }
    if let Some(by) = &m.by {
        let means = linear_means(&fit, &model, by, m.within.as_deref(), unit.as_deref())?;
        answer.estimates.extend(means);
    }
    if m.intervals == MixedIntervals::Profile {
        let profiled = fit.profile()?;
        let named = |estimate: Estimate| Estimate {
            label: format!("profile: {}", estimate.label),
            // A likelihood ratio is no quotient of value and error: without an error none is shown.
            std_error: None,
            method: format!("{}; p-value of the likelihood ratio", estimate.method),
            ..with_unit(estimate)
        };
        answer
            .estimates
            .extend(profiled.fixed.into_iter().map(named));
        take_intervals(&mut answer.components, profiled.components);
    }
    if let Some(fits) = &resampled {
        bootstrapped(&mut answer, &fit, fits, m.options.level, unit.as_deref())?;
    }
    if let Some(formula) = &m.against {
        let smaller = model.against(formula, m.structure)?;
        let smaller = m.options.fit(&smaller.design)?;
        answer.tests.push(JointTest {
            label: against(formula),
            ..lmm::likelihood_ratio(&smaller, &fit)?
        });
    }
    if let Some(exact) = &m.exact {
        answer.tests.push(exact.test(&fit)?);
    }
    let criteria = &fit.criteria;
    let answer = figures(
        answer,
        &[
            ("log_likelihood", criteria.log_likelihood),
            ("aic", criteria.aic),
            ("bic", criteria.bic),
            ("icc", fit.variances.icc()),
            ("marginal_r_squared", fit.variances.marginal_r_squared()),
            (
                "conditional_r_squared",
                fit.variances.conditional_r_squared(),
            ),
        ],
    );
    let answer = with_notes(answer, model.notes()).note(fit.certificate.sentence());
    Ok(Given::Answer(match m.options.estimation {
        lmm::Estimation::Reml => answer.note(
            "The log-likelihood is the restricted one: it, AIC and BIC compare only models with the \
             same fixed terms.",
        ),
        lmm::Estimation::Ml => answer,
    }))
}

fn within_alone() -> Error {
    Error::Argument {
        what: "`within`".to_owned(),
        why: "it says where groups are compared; give the groups too, `by`".to_owned(),
    }
}

fn against(formula: &Formula) -> String {
    format!("against {formula}")
}

/// The means of a linear model under each setting, and their differences.
fn linear_means(
    fit: &LmmFit,
    model: &Modelled,
    by: &str,
    within: Option<&str>,
    unit: Option<&str>,
) -> Result<Vec<Estimate>, Error> {
    let shares = model.shares();
    let offset = model.design.mean().offset.as_ref();
    let offset = offset.map_or(0.0, |offset| offset.dot(&shares));
    let unit = unit.map(str::to_owned);
    let mean = |label: String, x: ArrayView2<'_, f64>| -> Result<Estimate, Error> {
        let found = fit.contrast(&label, x.t().dot(&shares).view())?;
        Ok(moved(
            Estimate {
                measure: Measure::Mean { unit: unit.clone() },
                p_value: None,
                ..found
            },
            offset,
        ))
    };
    let mut found = Vec::new();
    for comparison in model.comparisons(by, within)? {
        if comparison.is_first {
            found.push(mean(
                comparison.mean(&comparison.reference),
                comparison.a.view(),
            )?);
        }
        found.push(mean(
            comparison.mean(&comparison.other),
            comparison.b.view(),
        )?);
        let weights = (&comparison.b - &comparison.a).t().dot(&shares);
        found.push(Estimate {
            measure: Measure::MeanDifference { unit: unit.clone() },
            ..fit.contrast(&comparison.both("−"), weights.view())?
        });
    }
    for estimate in &mut found {
        estimate.method = format!("standardised over the rows; {}", estimate.method);
        no_errors_of_rounding(estimate);
    }
    Ok(found)
}

/// An estimate and its interval, so much higher.
fn moved(estimate: Estimate, by: f64) -> Estimate {
    let value = match estimate.value {
        Value::Value(x) => Value::Value(x + by),
        Value::AtBoundary(edge) => Value::AtBoundary(edge),
    };
    let interval = estimate.interval.map(|interval| Interval {
        low: interval.low.map(|x| x + by),
        high: interval.high.map(|x| x + by),
        ..interval
    });
    Estimate {
        value,
        interval,
        ..estimate
    }
}

/// Gives components the intervals of those that were profiled.
fn take_intervals(components: &mut [Component], profiled: Vec<Component>) {
    for found in profiled {
        let own = components.iter_mut().find(|one| {
            // Two terms of one group may have the same effects; each takes its own interval.
            (&one.group, &one.label, one.kind) == (&found.group, &found.label, found.kind)
                && one.interval.is_none()
        });
        if let Some(own) = own {
            own.interval = found.interval;
        }
    }
}

/// The parametric bootstrap of a fit by ranges of its replicates.
struct Replicated<'a> {
    fit: &'a LmmFit,
    replicates: u64,
    seed: u64,
}

impl Replicated<'_> {
    fn fits(&self, range: Range<u64>) -> Result<BootstrapFits, Error> {
        let options = ParametricBootstrap {
            replicates: range,
            seed: Some(self.seed),
        };
        Ok(options.fits(self.fit)?)
    }

    fn draw(&self, range: Range<u64>) -> Result<Draws, Error> {
        if range.start >= range.end || range.end > self.replicates {
            return Err(kring_stats::Error::Argument {
                what: "the range of replicates".to_owned(),
                expected: "one or more of those that the bootstrap has",
                found: format!("{}..{} of 0..{}", range.start, range.end, self.replicates),
            }
            .into());
        }
        let fits = self.fits(range.clone())?;
        let width = fits.names.len();
        let mut draws = Draws {
            first: range.start,
            count: range.end - range.start,
            of: self.replicates,
            seed: self.seed,
            numbers: Vec::with_capacity(width * fits.values.len()),
            refused: Vec::new(),
        };
        for (replicate, values) in fits.numbers.into_iter().zip(fits.values) {
            if let Some(values) = values {
                draws.numbers.extend(values.into_iter().map(Some));
            } else {
                draws.numbers.extend(std::iter::repeat_n(None, width));
                let why = "the search failed".to_owned();
                draws.refused.push(Refused { replicate, why });
            }
        }
        Ok(draws)
    }

    /// All fits from the draws of all ranges, in any order, each replicate once.
    fn finish(&self, draws: &[&Draws]) -> Result<BootstrapFits, Error> {
        let mut draws = draws.to_vec();
        draws.sort_by_key(|draws| draws.first);
        let mut all = self.fits(0..0)?;
        let width = all.names.len();
        let mut next = 0;
        for draws in draws {
            let range = draws.first..draws.first.saturating_add(draws.count);
            let of_another = (draws.of, draws.seed) != (self.replicates, self.seed)
                || draws.numbers.len() as u64 != draws.count.saturating_mul(width as u64)
                || range.end > self.replicates;
            if of_another {
                return Err(once(&range, "as draws of another computation"));
            }
            if draws.first > next {
                return Err(once(&(next..draws.first), "in no draws; run them"));
            }
            if draws.first < next {
                return Err(once(&range, "in the draws of two ranges; leave out one"));
            }
            next = range.end;
            all.numbers.extend(range);
            let values = draws.numbers.chunks(width.max(1));
            all.values
                .extend(values.map(|values| values.iter().copied().collect::<Option<Vec<f64>>>()));
        }
        if next < self.replicates {
            return Err(once(&(next..self.replicates), "in no draws; run them"));
        }
        Ok(all)
    }
}

/// Replicates that are not there as they should be.
fn once(range: &Range<u64>, found: &str) -> Error {
    kring_stats::Error::Shape {
        what: format!("the replicates {}..{}", range.start, range.end),
        expected: "each once".to_owned(),
        found: found.to_owned(),
    }
    .into()
}

/// What the replicates say: of each coefficient an estimate of its own, of each component an interval.
fn bootstrapped(
    answer: &mut Answer,
    fit: &LmmFit,
    fits: &BootstrapFits,
    level: f64,
    unit: Option<&str>,
) -> Result<(), Error> {
    let from = fit.provenance();
    let coefficients = fit.coefficients().values.len();
    let mut summaries = fits.summaries(level)?;
    let failures = summaries.first().map_or(0, |one| one.failures);
    let of_components = summaries.split_off(coefficients.min(summaries.len()));
    for (component, one) in answer.components.iter_mut().zip(of_components) {
        component.interval = Some(one.interval);
    }
    for one in summaries {
        answer.estimates.push(
            Estimate {
                label: format!("bootstrap: {}", one.name),
                measure: Measure::Coefficient {
                    unit: unit.map(str::to_owned),
                },
                value: Value::Value(one.estimate),
                std_error: Some(one.std_error),
                null: 0.0,
                alternative: Alternative::TwoSided,
                reference: Reference::Exact,
                interval: Some(one.interval),
                p_value: None,
                sample: from.sample.clone(),
                method: format!(
                    "parametric bootstrap with {} replicates; {}",
                    fits.values.len(),
                    from.method
                ),
                cautions: from.cautions.clone(),
            }
            .checked()?,
        );
    }
    if failures > 0 {
        answer.notes.push(format!(
            "In {failures} of {} replicates the search failed; they are left out.",
            fits.values.len()
        ));
    }
    Ok(())
}

/// What a generalised linear mixed model says.
pub(super) fn glmm(m: &GeneralisedMixed, table: &Table) -> Result<Answer, Error> {
    let kind = response(m.options.family, &m.formula);
    let options = DesignOptions {
        zero: m.zero.clone(),
        dispersion: m.dispersion.clone(),
        ..roles(kind, None, m.weights.as_ref())
    };
    let model = Modelled::new(&m.formula, table, &options, m.structure)?;
    let design = &model.design;
    let fit = m.options.fit(design)?;
    let has_parts = design.zero().is_some() || design.dispersion().is_some();
    let mean = if has_parts { "mean: " } else { "" };
    let mut answer = Answer::default();
    let parts = [
        (mean, Some(fit.mean()), Some(design.mean())),
        ("zero: ", fit.zero(), design.zero()),
        ("dispersion: ", fit.dispersion(), design.dispersion()),
    ];
    for (before, part, of) in parts {
        // A shape that serves all rows is told on its own scale.
        let (Some(part), Some(of)) = (part, of) else {
            continue;
        };
        let named = part.estimates()?.into_iter().map(|estimate| Estimate {
            label: format!("{before}{}", estimate.label),
            ..estimate
        });
        answer.estimates.extend(named);
        with_term_tests(&mut answer, part, &of.terms, before);
    }
    answer.estimates.extend(fit.shape.clone());
    answer.components.clone_from(&fit.components);
    if m.within.is_some() && m.by.is_none() {
        return Err(within_alone());
    }
    if let Some(by) = &m.by {
        marginal(&mut answer, &fit, &model, by, m.within.as_deref())?;
    }
    if let Some(formula) = &m.against {
        let smaller = model.against(formula, m.structure)?;
        let smaller = m.options.fit(&smaller.design)?;
        answer
            .tests
            .push(glmm::likelihood_ratio(&against(formula), &smaller, &fit)?);
    }
    let mut numbers = vec![
        ("log_likelihood", fit.criteria.log_likelihood),
        ("aic", fit.criteria.aic),
        ("bic", fit.criteria.bic),
    ];
    if let Some(latent) = &fit.latent {
        numbers.extend([
            ("latent_icc", latent.icc()),
            ("latent_marginal_r_squared", latent.marginal_r_squared()),
            (
                "latent_conditional_r_squared",
                latent.conditional_r_squared(),
            ),
        ]);
    }
    let answer = with_notes(figures(answer, &numbers), model.notes());
    Ok(answer.note(fit.certificate.sentence()))
}

/// Means, differences and ratios on the scale of the outcome, over all families and of the typical one.
fn marginal(
    answer: &mut Answer,
    fit: &GlmmFit,
    model: &Modelled,
    by: &str,
    within: Option<&str>,
) -> Result<(), Error> {
    let design = &model.design;
    let random = design.mean().random.iter().flat_map(|term| &term.columns);
    // The random effects keep the columns of the data, so that no average is of rows set otherwise.
    let varies = |name: &str| {
        random
            .clone()
            .any(|column| column.split(':').any(|part| part.starts_with(name)))
    };
    let varying = [Some(by), within]
        .into_iter()
        .flatten()
        .find(|name| varies(name));
    for comparison in model.comparisons(by, within)? {
        let settings = Settings {
            names: [&comparison.reference, &comparison.other],
            a: comparison.a.view(),
            b: comparison.b.view(),
            offset: design.mean().offset.as_ref().map(|offset| offset.view()),
            weights: design.weights().map(|weights| weights.values.view()),
        };
        let found = fit.marginal(&settings)?;
        if varying.is_none() {
            answer
                .estimates
                .extend(told(found.average, &comparison, "average"));
        }
        answer
            .estimates
            .extend(told(found.typical, &comparison, "typical"));
    }
    if let Some(name) = varying {
        answer.notes.push(format!(
            "No averages over all families: the random effects vary with `{name}`, which the comparison sets. \
             The numbers are those of the typical family."
        ));
    }
    Ok(())
}

/// The numbers of a comparison with their labels.
fn told(found: Standardized, comparison: &Comparison, of: &str) -> Vec<Estimate> {
    let named = |label: String, estimate: Estimate| Estimate {
        label: format!("{of}: {label}"),
        ..estimate
    };
    let mut all = Vec::new();
    if comparison.is_first {
        all.push(named(comparison.mean(&comparison.reference), found.mean_a));
    }
    all.push(named(comparison.mean(&comparison.other), found.mean_b));
    all.push(named(comparison.both("−"), found.difference));
    let ratios = found.ratio.into_iter().chain(found.odds_ratio);
    all.extend(ratios.map(|ratio| named(comparison.both("/"), ratio)));
    all
}
