//! Models of families that are measured again and again, without random effects: marginal models (GEE) and
//! mixed models for repeated measures (MMRM).

use kring_core::{Measure, Table};
use kring_formula::{DesignOptions, Formula, ResponseKind, TimeColumns, WeightColumn};
use kring_stats::family::{Family, Link};
use kring_stats::gee::{Gee, GeeFit};
use kring_stats::glm::Settings;
use kring_stats::mmrm::{Mmrm, MmrmFit, WaveCovariance};
use serde::{Deserialize, Serialize};

use super::mixed::{Modelled, figures, linear_means, told, with_notes, with_part, within_alone};
use super::model::response;
use super::over_time::waves_in_order;
use super::{Answer, AnswerColumn, AnswerTable, TableName};
use crate::Error;
use crate::analysis::{MeansOf, no_errors_of_rounding, unit_of};

/// A model of families that are measured again and again, by formula.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Repeated<O> {
    /// The formula, as in R, without random terms: `problems ~ arm * factor(wave)`.
    pub formula: Formula,
    /// The column that names the family or person.
    pub subject: String,
    /// The column of the wave, which says where a row stands in its family.
    pub wave: Option<String>,
    /// The column of the time in numbers, where it is not the number of the wave.
    pub time: Option<String>,
    /// The column of the arm, for a covariance of each arm.
    pub arm: Option<String>,
    /// The columns of what families lie in, outermost first, such as teams: these are independent then.
    #[serde(default)]
    pub clusters: Vec<String>,
    /// The column of weights and what they mean.
    pub weights: Option<WeightColumn>,
    /// A factor whose levels every row is set to, one after the other; the first is the reference.
    pub by: Option<String>,
    /// A second column: the levels of `by` are compared at each of its values, such as waves.
    pub within: Option<String>,
    /// Means by group and wave, their contrasts and slopes.
    pub means: Option<MeansOf>,
    /// The options of the model.
    #[serde(default)]
    pub options: O,
}

impl<O: Default> Repeated<O> {
    /// A model of a formula and the families, and nothing asked beside it.
    pub fn of(formula: Formula, subject: impl Into<String>, options: O) -> Self {
        Self {
            formula,
            subject: subject.into(),
            wave: None,
            time: None,
            arm: None,
            clusters: Vec::new(),
            weights: None,
            by: None,
            within: None,
            means: None,
            options,
        }
    }
}

impl<O> Repeated<O> {
    /// A word on waves that are named in words, where the rows of the families have another order.
    fn order_of_waves(&self, table: &Table) -> Vec<String> {
        let Some(wave) = &self.wave else {
            return Vec::new();
        };
        let (Ok((_, Some(note))), Ok(levels)) = (
            waves_in_order(table, &self.subject, wave),
            table.factor(wave),
        ) else {
            return Vec::new();
        };
        let levels = levels.levels().join(", ");
        vec![format!(
            "The model takes the waves in the order {levels}: neighbours and the first level follow it. {note} Declare the \
             order that is meant: `--levels {wave}=…`."
        )]
    }

    pub(super) fn model(&self, table: &Table, response: ResponseKind) -> Result<Modelled, Error> {
        if self.within.is_some() && self.by.is_none() {
            return Err(within_alone());
        }
        let refused = |what: &str, why: &str| {
            Err(Error::Argument {
                what: what.to_owned(),
                why: why.to_owned(),
            })
        };
        if self.formula.has_clusters() {
            let why = "families are what `subject` names, and what they lie in `clusters`";
            return refused("cluster()", why);
        }
        let wave = self.wave.as_ref().or(self.time.as_ref());
        let families = match self.clusters.as_slice() {
            [] => Vec::new(),
            outer => [outer, std::slice::from_ref(&self.subject)].concat(),
        };
        let options = DesignOptions {
            response,
            weights: self.weights.clone(),
            subject: Some(self.subject.clone()),
            arm: self.arm.clone(),
            clusters: families,
            time: wave.map(|wave| TimeColumns {
                wave: wave.clone(),
                value: self.time.clone(),
            }),
            ..DesignOptions::default()
        };
        let model = Modelled::new(&self.formula, table, &options, None)?;
        if !model.design.mean().random.is_empty() {
            let why = "this model has none: what the rows of a family have in common is in their correlation; \
                       `lmm` and `glmm` have random effects";
            return refused("random effects", why);
        }
        Ok(model)
    }
}

/// What a marginal model says.
pub(super) fn gee(m: &Repeated<Gee>, table: &Table) -> Result<Answer, Error> {
    let model = m.model(table, response(m.options.family, &m.formula))?;
    let design = &model.design;
    let fit = m.options.fit(design)?;
    let mut answer = Answer::default();
    with_part(&mut answer, &fit, &design.mean().terms, "")?;
    in_units(&mut answer, table, design.response_name(), m.options.family);
    model.add_means(&mut answer, &fit, fit.link, m.means.as_ref())?;
    if let Some(by) = &m.by {
        for comparison in model.comparisons(by, m.within.as_deref())? {
            let settings = Settings {
                names: [&comparison.reference, &comparison.other],
                a: comparison.a.view(),
                b: comparison.b.view(),
                offset: design.mean().offset.as_ref().map(|offset| offset.view()),
                weights: design.weights().map(|weights| weights.values.view()),
            };
            let found = fit.standardized(&settings)?;
            answer.estimates.extend(told(found, &comparison, ""));
        }
    }
    let notes = [model.notes(), m.order_of_waves(table)].concat();
    Ok(with_notes(beside_gee(answer, &fit), notes))
}

/// The correlations of a marginal model, and what describes it as a whole.
pub(super) fn beside_gee(mut answer: Answer, fit: &GeeFit) -> Answer {
    let parts = fit.correlation.iter().chain(&fit.scale);
    answer.components.extend(parts.cloned());
    let found = match fit.quasi_criteria() {
        Ok(found) => vec![("qic", found.qic), ("qicu", found.qicu), ("cic", found.cic)],
        Err(error) => {
            answer = answer.note(format!("No QIC: {error}."));
            Vec::new()
        }
    };
    let families = (fit.families as f64, fit.largest as f64);
    let sizes = [("families", families.0), ("largest_family", families.1)];
    figures(answer, &[&sizes[..], &found].concat())
}

/// What a model for repeated measures says.
pub(super) fn mmrm(m: &Repeated<Mmrm>, table: &Table) -> Result<Answer, Error> {
    let model = m.model(table, ResponseKind::Continuous)?;
    let design = &model.design;
    let fit = m.options.fit(design)?;
    let mut answer = Answer::default();
    with_part(&mut answer, &fit, &design.mean().terms, "")?;
    in_units(&mut answer, table, design.response_name(), Family::Gaussian);
    model.add_means(&mut answer, &fit, Link::Identity, m.means.as_ref())?;
    if let Some(by) = &m.by {
        let unit = unit_of(table, design.response_name());
        let means = linear_means(&fit, &model, by, m.within.as_deref(), unit.as_deref())?;
        answer.estimates.extend(means);
    }
    let notes = [model.notes(), m.order_of_waves(table)].concat();
    Ok(with_notes(beside_mmrm(answer, &fit), notes))
}

/// The covariance of a model for repeated measures, and what describes it as a whole.
pub(super) fn beside_mmrm(mut answer: Answer, fit: &MmrmFit) -> Answer {
    answer.components.extend(fit.components.iter().cloned());
    answer.tables.extend(fit.covariances.iter().map(covariance));
    let numbers = [
        ("log_likelihood", fit.criteria.log_likelihood),
        ("aic", fit.criteria.aic),
        ("bic", fit.criteria.bic),
    ];
    figures(answer, &numbers).note(fit.certificate.sentence())
}

/// Gives coefficients the unit of the outcome, where they are differences of it.
pub(super) fn in_units(answer: &mut Answer, table: &Table, outcome: &str, family: Family) {
    for estimate in &mut answer.estimates {
        no_errors_of_rounding(estimate);
        if let Measure::Coefficient { unit } = &mut estimate.measure
            && unit.is_none()
            && family == Family::Gaussian
        {
            *unit = unit_of(table, outcome);
        }
    }
}

/// Standard deviations and correlations of the waves, a row a wave.
fn covariance(of: &WaveCovariance) -> AnswerTable {
    let correlations = of.correlations();
    let mut columns = vec![
        AnswerColumn::words("wave", of.waves.clone()),
        AnswerColumn::numbers("std_deviation", of.std_deviations()),
    ];
    let each = of.waves.iter().zip(correlations.columns());
    columns.extend(each.map(|(wave, column)| {
        AnswerColumn::numbers(format!("correlation {wave}"), column.iter().copied())
    }));
    let whose = of
        .arm
        .as_ref()
        .map_or(String::new(), |arm| format!(" of arm {arm}"));
    AnswerTable {
        name: TableName::WaveCovariance,
        title: format!("The residuals over the waves{whose}"),
        columns,
        notes: Vec::new(),
    }
}
