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
//! dispersion the spread of the rows has terms too: residual standard deviations of each arm
//! intervals  in place of those from standard errors: by profiles, or by the parametric bootstrap
//! predict    what the model expects of rows or settings
//! show       random effects, residuals, influence
//! ```

mod beside;
mod expected;
mod modelled;
mod replicated;

use kring_core::{
    Component, Estimate, Interval, JointTest, Measure, RandomStructure, Table, Term, Value,
};
use kring_formula::{DesignOptions, Formula, ResponseKind, WeightColumn};
use kring_stats::family::{Family, Link};
use kring_stats::glm::{Settings, Standardized};
use kring_stats::glmm::Scale;
use kring_stats::glmm::{self, Glmm, GlmmFit, SimulatedResidual, ZeroCounts};
use kring_stats::lmm::{self, ExactTest, Lmm, Profiled};
use kring_stats::prediction::NewRows;
use kring_stats::{Fit, influence};
use ndarray::{Array1, Array2, ArrayView2};
use serde::{Deserialize, Serialize};

use super::Answer;
use super::model::{refuse_unordered, response, roles};
use super::ranges::{Asked, Given};
use crate::Error;
use crate::analysis::{MeansOf, MeansScale, no_errors_of_rounding, unit_of};
pub use beside::Show;
use beside::Spread;
pub use expected::{Cell, Predict, Values};
use expected::{Expected, Expecting};
pub(super) use modelled::{Comparison, Modelled, Setting, settings};
use replicated::{Drawn, Replicated};

/// A linear mixed model by formula.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinearMixed {
    /// The formula, as in R, with a random term: `problems ~ arm * wave + (1 | family)`.
    pub formula: Formula,
    /// The terms of the residuals' standard deviation, `~ arm`, where it is not the same for all rows.
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
    /// Means by group and wave, their contrasts and slopes.
    pub means: Option<MeansOf>,
    /// How the intervals of coefficients and standard deviations are made.
    #[serde(default)]
    pub intervals: MixedIntervals,
    /// The exact test of the one variance between groups, by simulation; a seed is needed.
    pub exact: Option<ExactTest>,
    /// What the model expects of the rows, or of settings.
    pub predict: Option<Predict>,
    /// What is shown besides.
    #[serde(default)]
    pub show: Vec<Show>,
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
    /// Means by group and wave, their contrasts and slopes.
    pub means: Option<MeansOf>,
    /// How the intervals of coefficients and standard deviations are made.
    #[serde(default)]
    pub intervals: MixedIntervals,
    /// What the model expects of the rows, or of settings.
    pub predict: Option<Predict>,
    /// What is shown besides.
    #[serde(default)]
    pub show: Vec<Show>,
    /// Residuals by simulation with their tests, as DHARMa's; a seed is needed.
    pub simulated_residuals: Option<SimulatedResidual>,
    /// The options of the model.
    #[serde(default)]
    pub options: Glmm,
}

impl LinearMixed {
    /// A model of a formula, and nothing asked beside it.
    pub fn of(formula: Formula, options: Lmm) -> Self {
        Self {
            formula,
            dispersion: None,
            against: None,
            by: None,
            within: None,
            structure: None,
            weights: None,
            means: None,
            intervals: MixedIntervals::Wald,
            exact: None,
            predict: None,
            show: Vec::new(),
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
            means: None,
            intervals: MixedIntervals::Wald,
            predict: None,
            show: Vec::new(),
            simulated_residuals: None,
            options,
        }
    }
}

/// How the intervals of a mixed model are made, of coefficients and of standard deviations.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum MixedIntervals {
    /// From standard errors; standard deviations have none.
    #[default]
    Wald,
    /// By profiles of the likelihood.
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

pub(super) fn figures(answer: Answer, figures: &[(&str, f64)]) -> Answer {
    figures
        .iter()
        .filter(|(_, value)| value.is_finite())
        .fold(answer, |answer, (name, value)| answer.figure(name, *value))
}

pub(super) fn with_notes(answer: Answer, notes: Vec<String>) -> Answer {
    notes.into_iter().fold(answer, Answer::note)
}

/// What a linear mixed model says.
pub(super) fn lmm(m: &LinearMixed, table: &Table, asked: &Asked<'_>) -> Result<Given, Error> {
    if m.within.is_some() && m.by.is_none() {
        return Err(within_alone());
    }
    if let (MixedIntervals::Bootstrap { replicates, .. }, Asked::Count) = (m.intervals, asked) {
        return Ok(Given::Count(replicates));
    }
    let options = DesignOptions {
        dispersion: m.dispersion.clone(),
        ..roles(ResponseKind::Continuous, None, m.weights.as_ref())
    };
    let model = Modelled::new(&m.formula, table, &options, m.structure)?;
    let fit = m.options.fit(&model.design)?;
    let resampled = match drawn(m.intervals, asked, &|options| options.fits(&fit))? {
        Some(Drawn::Given(given)) => return Ok(given),
        Some(Drawn::Fits(fits)) => Some(fits),
        None => None,
    };
    let before = if fit.dispersion().is_some() {
        "mean: "
    } else {
        ""
    };
    let unit = unit_of(table, model.design.response_name());
    let with_unit = |mut estimate: Estimate| {
        estimate.measure = Measure::Coefficient { unit: unit.clone() };
        no_errors_of_rounding(&mut estimate);
        estimate
    };
    let named = |estimate: Estimate| Estimate {
        label: format!("{before}{}", estimate.label),
        ..with_unit(estimate)
    };
    let mut answer = Answer::of(fit.estimates()?.into_iter().map(named));
    with_term_tests(&mut answer, &fit, &model.design.mean().terms, before);
    answer.components.clone_from(&fit.components);
    if let (Some(part), Some(of), Some(formula)) =
        (fit.dispersion(), model.design.dispersion(), &m.dispersion)
    {
        with_part(&mut answer, part, &of.terms, "dispersion: ")?;
        let spreads = beside::spreads(part, formula, &model, Spread::ResidualDeviation)?;
        if !spreads.is_empty() {
            // In place of that of the rows whose columns there are zero.
            answer.components.pop();
            answer.components.extend(spreads);
        }
    }
    if let Some(by) = &m.by {
        let means = linear_means(&fit, &model, by, m.within.as_deref(), unit.as_deref())?;
        answer.estimates.extend(means);
    }
    model.add_means(&mut answer, &fit, Link::Identity, m.means.as_ref())?;
    if m.intervals == MixedIntervals::Profile {
        profiled(&mut answer, fit.profile()?, before, with_unit);
    }
    if let Some(fits) = &resampled {
        let measure = Measure::Coefficient { unit: unit.clone() };
        replicated::bootstrapped(&mut answer, &fit, fits, &measure, before)?;
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
    let of_rows = [("fitted", &fit.fitted), ("residual", &fit.residuals)];
    let shown = Shown {
        modes: &fit.modes,
        of_rows: &of_rows,
        influence: &|| fit.influence(),
    };
    shown.add(&mut answer, &m.show, &model, table)?;
    if let Some(predict) = &m.predict {
        let expecting = Expecting {
            model: &model,
            table,
            parts: [false, fit.dispersion().is_some()],
            unit: unit.as_deref(),
            predict: &|rows| Ok(Expected::number(fit.predict(rows, predict.whose)?)),
        };
        expecting.answer(predict, &mut answer)?;
    }
    let answer = figures(answer, &linear_figures(&fit));
    let mut notes = model.notes();
    let is_reml = m.options.estimation == lmm::Estimation::Reml;
    if is_reml && m.intervals == MixedIntervals::Profile {
        notes.push(PROFILES.to_owned());
    }
    notes.push(fit.certificate.sentence());
    notes.extend(is_reml.then(|| RESTRICTED.to_owned()));
    Ok(Given::Answer(with_notes(answer, notes)))
}

const PROFILES: &str = "The coefficients and all intervals by profiles are by maximum likelihood, as R's, the standard deviations by \
     REML.";

const RESTRICTED: &str = "The log-likelihood is the restricted one: it, AIC and BIC compare only models with the same \
    fixed terms.";

/// What describes a linear mixed model as a whole.
fn linear_figures(fit: &lmm::LmmFit) -> [(&'static str, f64); 6] {
    let (criteria, variances) = (&fit.criteria, &fit.variances);
    [
        ("log_likelihood", criteria.log_likelihood),
        ("aic", criteria.aic),
        ("bic", criteria.bic),
        ("icc", variances.icc()),
        ("marginal_r_squared", variances.marginal_r_squared()),
        ("conditional_r_squared", variances.conditional_r_squared()),
    ]
}

/// With fewer the ends of an interval of 95% are the outermost replicates.
const FEWEST_REPLICATES: u64 = 39;

/// The replicates of a parametric bootstrap, where one is asked for.
fn drawn(
    intervals: MixedIntervals,
    asked: &Asked<'_>,
    fits: replicated::Fits<'_>,
) -> Result<Option<Drawn>, Error> {
    let MixedIntervals::Bootstrap { replicates, seed } = intervals else {
        return Ok(None);
    };
    if replicates < FEWEST_REPLICATES {
        return Err(Error::Argument {
            what: "`replicates`".to_owned(),
            why: format!(
                "{replicates} tell nothing of the ends of an interval; draw at least {FEWEST_REPLICATES}, better 999"
            ),
        });
    }
    let replicated = Replicated {
        fits,
        replicates,
        seed,
    };
    replicated.asked(asked).map(Some)
}

/// The coefficients of a part with its name before them, and the tests of its terms.
pub(super) fn with_part(
    answer: &mut Answer,
    part: &impl Fit,
    terms: &[Term],
    before: &str,
) -> Result<(), Error> {
    let named = part.estimates()?.into_iter().map(|estimate| Estimate {
        label: format!("{before}{}", estimate.label),
        ..estimate
    });
    answer.estimates.extend(named);
    with_term_tests(answer, part, terms, before);
    Ok(())
}

/// Puts estimates in place of those of the same label; one that has no place comes last.
fn in_place(answer: &mut Answer, found: impl IntoIterator<Item = Estimate>) {
    for estimate in found {
        let own = answer
            .estimates
            .iter_mut()
            .find(|own| own.label == estimate.label);
        match own {
            Some(own) => *own = estimate,
            None => answer.estimates.push(estimate),
        }
    }
}

/// The coefficients with intervals by profiles in place of those from standard errors; of each component an
/// interval.
fn profiled(
    answer: &mut Answer,
    found: Profiled,
    before: &str,
    measured: impl Fn(Estimate) -> Estimate,
) {
    let named = |estimate: Estimate| Estimate {
        label: format!("{before}{}", estimate.label),
        // A likelihood ratio is no quotient of value and error: without an error none is shown.
        std_error: None,
        method: format!("{}; p-value of the likelihood ratio", estimate.method),
        ..measured(estimate)
    };
    in_place(answer, found.fixed.into_iter().map(named));
    take_intervals(&mut answer.components, found.components);
}

/// What a fit may show besides.
struct Shown<'a> {
    modes: &'a [lmm::Modes],
    /// Numbers of each row of the design.
    of_rows: &'a [(&'a str, &'a Array1<f64>)],
    influence: &'a dyn Fn() -> Result<influence::Influence, kring_stats::Error>,
}

impl Shown<'_> {
    fn add(
        &self,
        answer: &mut Answer,
        asked: &[Show],
        model: &Modelled,
        table: &Table,
    ) -> Result<(), Error> {
        for show in asked {
            match show {
                Show::RandomEffects => answer.tables.push(beside::random_effects(self.modes)),
                Show::Influence => answer.tables.push(beside::influence(&(self.influence)()?)),
                Show::Residuals => {
                    let rows = self.of_rows.iter().map(|(name, values)| {
                        let source = model.design.source_rows().iter().copied();
                        beside::by_row(name, values, source, table.rows())
                    });
                    answer.by_row.extend(rows);
                }
            }
        }
        Ok(())
    }
}

pub(super) fn within_alone() -> Error {
    Error::Argument {
        what: "`within`".to_owned(),
        why: "it says where groups are compared; give the groups too, `by`".to_owned(),
    }
}

fn against(formula: &Formula) -> String {
    format!("against {formula}")
}

/// The means of a linear model under each setting, and their differences.
pub(super) fn linear_means(
    fit: &impl Fit,
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

/// The means of a generalised mixed model: those of the typical family.
fn general_means(
    answer: &mut Answer,
    fit: &GlmmFit,
    zeros: ZeroCounts,
    model: &Modelled,
    asked: Option<&MeansOf>,
) -> Result<(), Error> {
    let Some(asked) = asked.filter(|asked| asked.scale != MeansScale::Link) else {
        return model.add_means(answer, fit.mean(), fit.link, asked);
    };
    if fit.thresholds().is_some() {
        return Err(Error::Argument {
            what: "`means.scale`".to_owned(),
            why: "of ordered levels means are on the scale of the link; `predict` gives each level's \
                  probability"
                .to_owned(),
        });
    }
    if fit.zero().is_some() || zeros == ZeroCounts::Truncated {
        return Err(Error::Argument {
            what: "`means.scale`".to_owned(),
            why: "the zeros are a part of their own (or cannot be), so that the mean of the counts is not that of \
                  the outcome; ask for the scale of the link, or for `by`, which has both parts"
                .to_owned(),
        });
    }
    model.add_means(answer, fit.mean(), fit.link, Some(asked))?;
    if asked.variance.is_none() {
        if let Some(means) = &mut answer.means {
            means.of_the_typical = true;
        }
        answer.notes.push(TYPICAL.to_owned());
    }
    Ok(())
}

const TYPICAL: &str = "The means on the scale of the outcome are those of the typical family, whose random effects \
    are zero; `by` averages over the families, and `means.variance` is emmeans' adjustment for them.";

/// What a generalised linear mixed model says.
pub(super) fn glmm(m: &GeneralisedMixed, table: &Table, asked: &Asked<'_>) -> Result<Given, Error> {
    if m.within.is_some() && m.by.is_none() {
        return Err(within_alone());
    }
    if let (MixedIntervals::Bootstrap { replicates, .. }, Asked::Count) = (m.intervals, asked) {
        return Ok(Given::Count(replicates));
    }
    let kind = response(m.options.family, &m.formula);
    if kind == ResponseKind::Ordinal {
        refuse_unordered(&m.formula, table)?;
    }
    let options = DesignOptions {
        zero: m.zero.clone(),
        dispersion: m.dispersion.clone(),
        ..roles(kind, None, m.weights.as_ref())
    };
    let model = Modelled::new(&m.formula, table, &options, m.structure)?;
    let design = &model.design;
    let fit = m.options.fit(design)?;
    let refits = |options: &lmm::ParametricBootstrap| options.refits(&m.options, design, &fit);
    let resampled = match drawn(m.intervals, asked, &refits)? {
        Some(Drawn::Given(given)) => return Ok(given),
        Some(Drawn::Fits(fits)) => Some(fits),
        None => None,
    };
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
        if let (Some(part), Some(of)) = (part, of) {
            with_part(&mut answer, part, &of.terms, before)?;
        }
    }
    if let Some(thresholds) = fit.thresholds() {
        answer.estimates.extend(thresholds.estimates()?);
    }
    answer.estimates.extend(fit.shape.clone());
    answer.components.clone_from(&fit.components);
    if let (Some(part), Some(formula)) = (fit.dispersion(), &m.dispersion) {
        let spread = match m.options.family {
            Family::BetaBinomial => Spread::LogitShape,
            _ => Spread::LogShape,
        };
        let spreads = beside::spreads(part, formula, &model, spread)?;
        answer.components.extend(spreads);
    }
    if let Some(by) = &m.by {
        marginal(&mut answer, &fit, &model, by, m.within.as_deref())?;
    }
    general_means(&mut answer, &fit, m.options.zeros, &model, m.means.as_ref())?;
    if m.intervals == MixedIntervals::Profile {
        profiled(&mut answer, fit.profile()?, mean, |estimate| estimate);
    }
    if let Some(fits) = &resampled {
        let measure = fit.provenance().measure.clone();
        replicated::bootstrapped(&mut answer, &fit, fits, &measure, mean)?;
    }
    if let Some(formula) = &m.against {
        let smaller = model.against(formula, m.structure)?;
        let smaller = m.options.fit(&smaller.design)?;
        answer
            .tests
            .push(glmm::likelihood_ratio(&against(formula), &smaller, &fit)?);
    }
    let of_rows = [
        ("fitted", &fit.fitted),
        ("residual", &fit.residuals),
        ("pearson_residual", &fit.pearson_residuals),
    ];
    let modes = all_modes(&fit);
    let shown = Shown {
        modes: &modes,
        of_rows: &of_rows,
        influence: &|| fit.influence(),
    };
    shown.add(&mut answer, &m.show, &model, table)?;
    if let Some(options) = &m.simulated_residuals {
        beside::simulated(&mut answer, &fit, options, &model, table.rows())?;
    }
    if let Some(predict) = &m.predict {
        let expecting = Expecting {
            model: &model,
            table,
            parts: [fit.zero().is_some(), fit.dispersion().is_some()],
            unit: None,
            predict: &|rows| expected(&fit, predict, rows),
        };
        expecting.answer(predict, &mut answer)?;
    }
    let notes = of_zeros(&fit, m.options.zeros)
        .into_iter()
        .chain(model.notes());
    let answer = with_notes(figures(answer, &general_figures(&fit)), notes.collect());
    Ok(Given::Answer(answer.note(fit.certificate.sentence())))
}

/// What a fit expects of rows; of ordered levels each one's probability.
fn expected(
    fit: &GlmmFit,
    predict: &Predict,
    rows: &NewRows<'_>,
) -> Result<Vec<Expected>, kring_stats::Error> {
    if fit.thresholds().is_none() || predict.scale == Scale::Link {
        return Ok(Expected::number(fit.predict(
            rows,
            predict.whose,
            predict.scale,
        )?));
    }
    let levels = fit.predict_levels(rows, predict.whose)?.into_iter();
    let levels = levels.map(|level| Expected {
        level: Some(level.level),
        found: level.predictions,
    });
    Ok(levels.collect())
}

/// The random effects, of the mean and then of the zeros.
fn all_modes(fit: &GlmmFit) -> Vec<lmm::Modes> {
    let on_zeros = fit.zero_modes.iter().map(|modes| lmm::Modes {
        columns: modes
            .columns
            .iter()
            .map(|column| format!("zero: {column}"))
            .collect(),
        ..modes.clone()
    });
    fit.modes.iter().cloned().chain(on_zeros).collect()
}

/// What the coefficients of the zeros speak of.
fn of_zeros(fit: &GlmmFit, zeros: ZeroCounts) -> Option<String> {
    fit.zero()?;
    let meaning = match zeros {
        ZeroCounts::Hurdle => "the odds of having any at all (in glmmTMB of having none)",
        _ => "the odds that someone could have none but zero",
    };
    Some(format!("`zero:` speaks of {meaning}."))
}

/// What describes a generalised mixed model as a whole.
fn general_figures(fit: &GlmmFit) -> Vec<(&'static str, f64)> {
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
    numbers
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
    // The random effects keep the columns of the data, so that no average is of rows set otherwise.
    let mut varying = None;
    for name in [Some(by), within].into_iter().flatten() {
        if varying.is_none() && model.varies(name)? {
            varying = Some(name);
        }
    }
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
                .extend(told(found.average, &comparison, "average: "));
        }
        answer
            .estimates
            .extend(told(found.typical, &comparison, "typical: "));
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
pub(super) fn told(found: Standardized, comparison: &Comparison, of: &str) -> Vec<Estimate> {
    let named = |label: String, estimate: Estimate| Estimate {
        label: format!("{of}{label}"),
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
