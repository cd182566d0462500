//! Mediation: does what an arm does go through the circle?
//!
//! ```text
//! outcome      y ~ arm * m + c       mediator     m ~ arm + c       confounders  l ~ arm + c
//! ```
//! The formulas become models on the same rows; each is told what it expects of every row in every arm, with
//! the variables after the arm left open. `kring_stats::mediation` does the rest.

use std::collections::BTreeMap;

use kring_core::{Column, ColumnData, Design, Measure, Table};
use kring_formula::{Formula, Recipe, Schema, WeightColumn};
use kring_stats::family::Family;
use kring_stats::mediation::{Effect, Mediated, Mediation, Natural, Pathway, Variable};
use kring_stats::resampling::{Scheme, Stage};
use ndarray::Array2;
use serde::{Deserialize, Serialize};

use super::answer::written;
use super::data::{grouping, happened};
use super::model::{response, roles, strata_of};
use super::ranges::{Asked, Given, Part};
use super::{Answer, AnswerColumn, AnswerTable, TableName, with_factors};
use crate::Error;
use crate::analysis::unit_of;

/// How much of what an arm does goes through what comes after it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mediate {
    /// The formula of the outcome, with the arm and every mediator: `problems_2 ~ arm * size_2 + problems_1`.
    pub outcome: Formula,
    /// The formula of each mediator, with the arm: `size_2 ~ arm + problems_1 + size_1`.
    pub mediator: Vec<Formula>,
    /// The formula of each confounder that comes after the arm, in their order: `stress_1 ~ arm + problems_1`.
    #[serde(default)]
    pub confounders: Vec<Formula>,
    /// The column of the arms; the first level is the reference.
    pub arm: String,
    /// The family of a variable by its name; yes or no is binomial and all else Gaussian unless given.
    #[serde(default)]
    pub families: BTreeMap<String, Family>,
    /// The column of what is drawn as a whole: families.
    pub cluster: Option<String>,
    /// The column of the strata within which is drawn.
    pub strata: Option<String>,
    /// The column of sampling weights.
    pub weights: Option<WeightColumn>,
    /// The options of the estimator; a seed is needed, as `options.bootstrap.seed`.
    #[serde(default)]
    pub options: Mediation,
}

/// A variable with its model.
struct Modelled {
    design: Design,
    family: Family,
    arms: Vec<Array2<f64>>,
    powers: Vec<Vec<u32>>,
}

/// The highest power that is looked for.
const HIGHEST: u32 = 4;

impl Mediate {
    /// The formulas in their order: confounders, mediators, the outcome.
    fn formulas(&self) -> impl Iterator<Item = &Formula> {
        let before = self.confounders.iter().chain(&self.mediator);
        before.chain([&self.outcome])
    }

    /// The column that each formula explains.
    fn names(&self, table: &Table) -> Result<Vec<String>, Error> {
        let mut names: Vec<String> = Vec::new();
        for formula in self.formulas() {
            let name = formula.response().unwrap_or_default();
            let name = name.trim_matches('`').to_owned();
            table.column(&name)?;
            if names.contains(&name) || name == self.arm {
                return Err(Error::Argument {
                    what: format!("the formula `{formula}`"),
                    why: format!(
                        "`{name}` is explained already; each variable has one formula, and the arm none"
                    ),
                });
            }
            names.push(name);
        }
        Ok(names)
    }

    /// The table with the arm as groups and answers as zeros and ones, whole rows alone, and what a reader
    /// must know of that.
    fn settled(&self, table: &Table, names: &[String]) -> Result<(Table, Vec<String>), Error> {
        let mut table = with_factors(table, std::slice::from_ref(&self.arm))?;
        let mut notes = Vec::new();
        for name in names {
            let ColumnData::Factor(factor) = table.column(name)?.data() else {
                continue;
            };
            let levels = factor.levels().to_vec();
            if levels.len() != 2 {
                return Err(Error::Argument {
                    what: format!("`{name}`"),
                    why: format!(
                        "expected numbers, or yes and no, found {} levels: {}",
                        levels.len(),
                        levels.join(", ")
                    ),
                });
            }
            let happened = happened(&table, name, None)?;
            let row = happened.iter().position(|is| *is == Some(true));
            let counts = row.and_then(|row| factor.label(row)).unwrap_or_default();
            notes.push(format!("`{counts}` of {name} is what is counted."));
            let numbers = happened
                .iter()
                .map(|is| is.map(|is| f64::from(u8::from(is))));
            let column = Column::numeric(name, numbers.collect())?;
            table = with_column(&table, column)?;
        }
        let schema = Schema::of(&table);
        let mut used: Vec<String> = vec![self.arm.clone()];
        used.extend(names.iter().cloned());
        for formula in self.formulas() {
            used.extend(formula.columns(&schema)?);
        }
        used.extend(self.cluster.iter().chain(&self.strata).cloned());
        used.extend(self.weights.iter().map(|weights| weights.column.clone()));
        let mut whole: Vec<usize> = (0..table.rows()).collect();
        for name in &used {
            let column = table.column(name)?;
            whole.retain(|&row| !column.is_missing(row));
        }
        if let Some(weights) = &self.weights {
            let values = table.numeric(&weights.column)?;
            whole.retain(|&row| values.get(row) != Some(0.0));
        }
        if whole.is_empty() {
            return Err(Error::Argument {
                what: "the table".to_owned(),
                why: "no row has a value in every column that the formulas name".to_owned(),
            });
        }
        Ok((table.take(&whole)?, notes))
    }

    fn family(&self, table: &Table, name: &str) -> Result<Family, Error> {
        if let Some(family) = self.families.get(name) {
            return Ok(*family);
        }
        let is_share = table
            .numeric(name)?
            .present()
            .iter()
            .all(|x| *x == 0.0 || *x == 1.0);
        Ok(if is_share {
            Family::Binomial
        } else {
            Family::Gaussian
        })
    }

    /// A formula as a model, with its columns in each arm and what each of them makes of the variables after it.
    fn modelled(
        &self,
        formula: &Formula,
        name: &str,
        after: &[String],
        arms: &[String],
        table: &Table,
    ) -> Result<Modelled, Error> {
        let family = self.family(table, name)?;
        let kind = response(family, formula);
        let options = roles(kind, self.cluster.as_ref(), self.weights.as_ref());
        let recipe = Recipe::new(formula, table, &options)?;
        let refused = |why: String| Error::Argument {
            what: format!("the formula `{formula}`"),
            why,
        };
        if !recipe.used().contains(&self.arm) {
            return Err(refused(format!(
                "it lacks the arm `{}`; whatever comes after the arm may depend on it: add it",
                self.arm
            )));
        }
        let design = recipe.design(table)?;
        if design.rows() != table.rows() {
            return Err(refused(format!(
                "it uses {} of {} rows; all formulas must use the same",
                design.rows(),
                table.rows()
            )));
        }
        if !design.mean().random.is_empty() {
            return Err(refused(
                "it has random terms; name the families as `cluster` instead".to_owned(),
            ));
        }
        let set = |arm: &str, values: &[f64]| -> Result<Array2<f64>, Error> {
            let rows = table.rows();
            let factor = table.factor(&self.arm)?;
            let mut places = factor.levels().iter().zip(0_u32..);
            let code = places
                .find(|(level, _)| *level == arm)
                .map(|(_, code)| code);
            let column = Column::factor(&self.arm, factor.levels().to_vec(), vec![code; rows])?;
            let column = if factor.is_ordered() {
                column.ordered()
            } else {
                column
            };
            let mut set = with_column(table, column)?;
            for (name, value) in after.iter().zip(values) {
                set = with_column(&set, Column::numeric(name, vec![Some(*value); rows])?)?;
            }
            let part = recipe.predictors(&set)?.mean;
            // The offset must not move with what comes after the arm, nor with the arm.
            if part.offset != design.mean().offset {
                return Err(refused(
                    "its offset reads the arm or what comes after it, which is not supported; divide the outcome \
                     by it, or take it as a column"
                        .to_owned(),
                ));
            }
            Ok(part.x)
        };
        let ones = vec![1.0; after.len()];
        let own = arms.iter().map(|arm| set(arm, &ones));
        let own = own.collect::<Result<Vec<_>, _>>()?;
        let mut powers = vec![vec![0; after.len()]; design.mean().columns.len()];
        for (place, name) in after.iter().enumerate() {
            if !recipe.used().contains(name) {
                continue;
            }
            let mut values = ones.clone();
            values[place] = 2.0;
            let twice = arms.iter().map(|arm| set(arm, &values));
            let twice = twice.collect::<Result<Vec<_>, _>>()?;
            for (column, powers) in powers.iter_mut().enumerate() {
                powers[place] = power(&own, &twice, column);
            }
        }
        Ok(Modelled {
            design,
            family,
            arms: own,
            powers,
        })
    }
}

/// By which power of two a column grows, when a variable goes from one to two.
fn power(once: &[Array2<f64>], twice: &[Array2<f64>], column: usize) -> u32 {
    let grows = |p: &u32| {
        let factor = f64::from(1_u32 << p);
        once.iter().zip(twice).all(|(once, twice)| {
            let pairs = once.column(column).into_iter().zip(twice.column(column));
            pairs
                .into_iter()
                .all(|(a, b)| (a * factor - b).abs() <= 1e-9 * a.abs().max(b.abs()))
        })
    };
    // What is no power is found out where the columns are compared with those of the rows.
    (0..=HIGHEST).find(grows).unwrap_or(0)
}

/// The table with a column in place of the one of its name.
fn with_column(table: &Table, column: Column) -> Result<Table, Error> {
    let mut columns = table.columns().to_vec();
    for known in &mut columns {
        if known.name == column.name {
            *known = column.clone();
        }
    }
    Ok(Table::new(columns)?)
}

/// Every arm against the first.
pub(super) fn mediation(m: &Mediate, table: &Table, asked: &Asked<'_>) -> Result<Given, Error> {
    let names = m.names(table)?;
    let of = table.rows();
    let (rows, mut notes) = m.settled(table, &names)?;
    let all: Vec<usize> = (0..rows.rows()).collect();
    let arm = grouping(&rows, &m.arm, &all)?;
    if arm.levels.len() < 2 {
        return Err(Error::Argument {
            what: format!("`{}`", m.arm),
            why: format!(
                "expected two arms or more among the rows that are used, found {}: {}",
                arm.levels.len(),
                arm.levels.join(", ")
            ),
        });
    }
    let Some((outcome_name, after)) = names.split_last() else {
        return Err(Error::Argument {
            what: "the formulas".to_owned(),
            why: "there is none".to_owned(),
        });
    };
    let mut models = Vec::new();
    for (formula, name) in m.formulas().zip(&names) {
        if name != outcome_name && formula.columns(&Schema::of(&rows))?.contains(outcome_name) {
            return Err(Error::Argument {
                what: format!("the formula `{formula}`"),
                why: format!(
                    "it has the outcome `{outcome_name}` among what explains `{name}`, which comes before it"
                ),
            });
        }
        models.push(m.modelled(formula, name, after, &arm.levels, &rows)?);
    }
    let variables: Vec<Variable<'_>> = models
        .iter()
        .map(|model| Variable {
            design: &model.design,
            family: model.family,
            arms: model.arms.clone(),
            powers: model.powers.clone(),
        })
        .collect();
    let q = m.confounders.len();
    let strata = m.strata.as_deref();
    let strata = strata
        .map(|name| strata_of(&rows, name, &all))
        .transpose()?;
    let Some((outcome, before)) = variables.split_last() else {
        return Err(Error::Argument {
            what: "the formulas".to_owned(),
            why: "there is none".to_owned(),
        });
    };
    let pathway = Pathway {
        arm: &arm,
        confounders: before[..q].to_vec(),
        mediators: before[q..].to_vec(),
        outcome: outcome.clone(),
        scheme: Scheme {
            clusters: outcome.design.groups().clusters.first(),
            strata: strata.as_ref(),
        },
    };
    let mut answer = Answer::default();
    let mut draws = Vec::new();
    let mut found: Vec<(String, Mediated)> = Vec::new();
    for other in 1..arm.levels.len() {
        let share = asked.share(other - 1);
        match m.options.compare_share(&pathway, other, &share)? {
            Stage::Count(n) => return Ok(Given::Count(n)),
            Stage::Draws(some) => draws.push(some),
            Stage::Result(result) => {
                found.push((format!("{} − {}", arm.levels[other], arm.levels[0]), result));
            }
        }
    }
    if !draws.is_empty() {
        return Ok(Given::Part(Part { draws }));
    }
    let unit = unit_of(table, outcome_name);
    for (label, result) in &found {
        for told in &result.effects {
            let mut estimate = told.found.estimate.clone();
            if let Measure::MeanDifference { unit: own } = &mut estimate.measure {
                own.clone_from(&unit);
            }
            answer.estimates.push(estimate);
        }
        for note in &result.notes {
            notes.push(format!("{label}: {note}"));
        }
        notes.extend(in_sentences(label, result, outcome.family));
    }
    notes.extend(m.meaning(&names, &rows, &variables)?);
    answer.tables = tables(&found);
    let answer = notes.into_iter().fold(answer, Answer::note);
    Ok(Given::Answer(answer.complete_cases(rows.rows(), of)))
}

impl Mediate {
    /// What the numbers mean, and what they rest on.
    fn meaning(
        &self,
        names: &[String],
        rows: &Table,
        variables: &[Variable<'_>],
    ) -> Result<Vec<String>, Error> {
        let mut notes = vec![
            "All of this rests on no unmeasured cause of arm and outcome, of arm and mediator, and of mediator and \
             outcome, beyond what the formulas name; no data can show that."
                .to_owned(),
        ];
        notes.push(match self.options.natural {
            Natural::NotAssumed => {
                "These are interventional effects: families whose mediator is drawn from the one arm or the other, \
                 among families alike before the start."
                    .to_owned()
            }
            Natural::CrossWorldAssumed => {
                "They are called natural since the cross-world assumption is declared, which not even an experiment \
                 could test."
                    .to_owned()
            }
        });
        if let Some(confounder) = names.first().filter(|_| !self.confounders.is_empty()) {
            notes.push(format!(
                "With `{confounder}` after the arm the overall effect is that of drawing the mediator from the other \
                 arm, and not the total effect of the arm."
            ));
        }
        for (name, variable) in names.iter().zip(variables) {
            let numbers = rows.numeric(name)?.present();
            let is_count = numbers.iter().all(|x| *x >= 0.0 && x.fract() == 0.0);
            if variable.family == Family::Gaussian && is_count {
                notes.push(format!(
                    "All values of `{name}` are whole numbers from 0 and are taken as scores here: if they are counts, \
                     take `families.{name}=poisson` or `nbinom2`."
                ));
            }
        }
        Ok(notes)
    }
}

/// How much an unmeasured cause would have to do, in sentences.
fn in_sentences(label: &str, found: &Mediated, family: Family) -> Vec<String> {
    let mut notes = Vec::new();
    let sensitivity = &found.sensitivity;
    if let Some(needed) = sensitivity.needed.first() {
        let points = written(100.0 * needed.prevalence);
        let (change, of) = if family.is_share() {
            (100.0 * needed.for_indirect, " percentage points")
        } else {
            (needed.for_indirect, "")
        };
        notes.push(format!(
            "{label}: an unmeasured cause of mediator and outcome that is {points} percentage points more frequent in \
             the first of the two, at the same mediator, would have to change the outcome by {}{of} to leave no indirect effect.",
            written(change)
        ));
    }
    if let Some(correlated) = &sensitivity.correlated {
        notes.push(format!(
            "{label}: the indirect effect is zero if the errors of mediator and outcome correlate by {}.",
            written(correlated.zero_at)
        ));
    }
    if let Some(e_value) = &sensitivity.e_value {
        let end = e_value.interval.map_or_else(String::new, |end| {
            format!(" (the interval: {})", written(end))
        });
        notes.push(format!(
            "{label}: the E-value of the indirect effect is {}{end}: so strongly, as a risk ratio, an unmeasured cause \
             would have to go together with mediator and outcome.",
            written(e_value.estimate)
        ));
    }
    notes
}

/// The effects if there were an unmeasured cause, and by the correlation of the errors.
fn tables(found: &[(String, Mediated)]) -> Vec<AnswerTable> {
    let effect = |told: Effect, of: &Mediated| {
        let found = of.effect(told, false)?;
        found.estimate.value.finite()
    };
    let mut causes: [Vec<f64>; 4] = [const { Vec::new() }; 4];
    let mut errors: [Vec<f64>; 2] = [const { Vec::new() }; 2];
    let (mut of_causes, mut of_errors) = (Vec::new(), Vec::new());
    for (label, found) in found {
        if effect(Effect::Indirect, found).is_none() {
            continue;
        }
        for row in &found.sensitivity.corrected {
            of_causes.push(label.clone());
            let cells = [row.prevalence, row.effect, row.direct, row.indirect];
            for (column, cell) in causes.iter_mut().zip(cells) {
                column.push(cell);
            }
        }
        if let Some(row) = &found.sensitivity.correlated {
            for (rho, indirect) in row.rho.iter().zip(&row.indirect) {
                of_errors.push(label.clone());
                errors[0].push(*rho);
                errors[1].push(*indirect);
            }
        }
    }
    let table = |name, title: &str, of: Vec<String>, columns: &[(&str, Vec<f64>)], note: &str| {
        let numbers = columns
            .iter()
            .map(|(name, numbers)| AnswerColumn::numbers(*name, numbers.iter().copied()));
        AnswerTable {
            name,
            title: title.to_owned(),
            columns: [AnswerColumn::words("comparison", of)]
                .into_iter()
                .chain(numbers)
                .collect(),
            notes: vec![note.to_owned()],
        }
    };
    let mut all = Vec::new();
    let [prevalence, change, direct, indirect] = causes;
    if !of_causes.is_empty() {
        all.push(table(
            TableName::UnmeasuredCause,
            "The effects if there were an unmeasured cause of mediator and outcome",
            of_causes,
            &[
                ("prevalence_difference", prevalence),
                ("change_of_outcome", change),
                ("direct", direct),
                ("indirect", indirect),
            ],
            "The cause is yes or no, so much more frequent in the first arm of the comparison at the same mediator, and \
             changes the outcome by so much whatever else is there (VanderWeele 2010). `options.prevalences` and \
             `options.effects` set the rows.",
        ));
    }
    let [rho, by_rho] = errors;
    if !of_errors.is_empty() {
        all.push(table(
            TableName::ErrorCorrelation,
            "The indirect effect by the correlation of the errors of mediator and outcome",
            of_errors,
            &[("correlation", rho), ("indirect", by_rho)],
            "What is told above takes this correlation as zero (Imai, Keele and Yamamoto 2010).",
        ));
    }
    all
}
