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

use kring_core::{
    Caution, Column, ColumnData, Design, Estimate, GridFactor, JointTest, Measure,
    Response as Outcome, Table,
};
use kring_formula::{CellWeights, GridOptions, Recipe};
use kring_report::{Content, Forest, Trajectories, TrajectoryArm, TrajectoryCell, TrajectoryWave};
use kring_stats::Fit;
use kring_stats::equivalence::{Conclusion, Equivalence, EquivalenceTest};
use kring_stats::family::Link;
use kring_stats::means::{
    Adjust, CellMean, ContrastFamily, ContrastSet, Contrasts, FactorContrasts, Found, Means,
    Response, RowsInCell, Scale, Term, term_tests_of_marginality, term_tests_of_means,
};
use serde::{Deserialize, Serialize};

use super::{no_errors_of_rounding, unit_of};
use crate::Error;
use crate::lenient;
use crate::words::as_text;

/// Which means are asked for, and what of them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MeansOf {
    /// The columns whose levels have a mean each, and are compared.
    pub of: Vec<String>,
    /// The columns at each of whose levels they are compared, such as the wave.
    pub by: Vec<String>,
    /// The values of columns, in place of their levels or their mean: `{ age = 40 }`, `{ wave = [1, 3] }`.
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
    /// Contrasts of several columns whose products are taken: differences of differences, as
    /// `[{ of = "arm", family = "control" }, { of = "wave", family = "consecutive" }]`.
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
    /// What the means are of, with its unit.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub outcome: String,
    /// The columns of the cells: first those that are compared, then those at whose levels.
    pub factors: Vec<GridFactor>,
    /// How many of them are compared.
    pub compared: usize,
    /// Whether they are those of the typical family, whose random effects are zero, and not over all families.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub of_the_typical: bool,
    /// The mean of each cell.
    pub means: Vec<CellMean>,
    /// What the rows of each cell are on average, where that is a number: no model, and nothing adjusted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub observed: Vec<Option<Observed>>,
    /// The contrasts, a set for each combination of the levels of `by`.
    pub contrasts: Vec<ContrastSet>,
    /// What was averaged over, where other columns stand, and what cannot be estimated.
    pub notes: Vec<String>,
}

/// What the rows of a cell are on average.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Observed {
    /// How many they are.
    pub rows: usize,
    /// The mean of the outcome, weighted as the model is.
    pub mean: f64,
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
    if asked.variance.is_some() && (!on_outcome || asked.weights == CellWeights::Rows) {
        return Err(Error::Argument {
            what: "`variance`".to_owned(),
            why: "it adjusts means that are transformed from the link: of a scale of the outcome, and not averaged over \
                  rows"
                .to_owned(),
        });
    }
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
    let contrasts = contrasts.into_iter().map(of_ratios).collect();
    let mut found = MeansResult {
        outcome: String::new(),
        factors: compared.factors().to_vec(),
        compared: asked.of.len(),
        of_the_typical: false,
        means: shown,
        observed: Vec::new(),
        contrasts,
        notes,
    };
    found.each_estimate(no_errors_of_rounding);
    if asked.slopes.is_some() {
        found.each_estimate(|slope| {
            if let Measure::Mean { unit } | Measure::MeanDifference { unit } = &slope.measure {
                slope.measure = Measure::Coefficient { unit: unit.clone() };
            }
        });
    }
    found.notes.extend(found.not_estimable());
    Ok(found)
}

/// The means that are asked of a model of the rows of a table, in the unit of the outcome, with what the
/// rows are beside them.
pub(crate) fn means_of_model(
    fit: &dyn Fit,
    link: Link,
    recipe: &Recipe,
    rows: &Table,
    design: &Design,
    asked: &MeansOf,
) -> Result<MeansResult, Error> {
    means(fit, link, recipe, rows, asked)?.with_outcome(link, rows, design)
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

impl MeansOf {
    /// What every row would be on average if it were in each of the groups, on the scale of the outcome, and
    /// how the groups differ from the first; at each value of a second column.
    pub fn averages(by: &str, within: Option<&str>) -> Self {
        Self {
            of: vec![by.to_owned()],
            by: within.map(str::to_owned).into_iter().collect(),
            weights: CellWeights::Rows,
            scale: MeansScale::Response,
            contrasts: Some(ContrastFamily::Control { level: None }),
            adjust: Some(Adjust::None),
            ..Self::default()
        }
    }

    /// Reads what is asked for from fields, as JSON or a protocol has them; nothing where there are none.
    ///
    /// ```
    /// use kring::analysis::MeansOf;
    /// let asked = serde_json::json!({ "of": "arm", "at": { "age": 40 }, "contrasts": "control" });
    /// let asked = MeansOf::read(&asked)?.unwrap_or_default();
    /// assert_eq!((asked.of, asked.at["age"].clone()), (vec!["arm".to_owned()], vec!["40".to_owned()]));
    /// # Ok::<(), kring::Error>(())
    /// ```
    pub fn read(fields: &serde_json::Value) -> Result<Option<Self>, Error> {
        let mut fields = fields.clone();
        Self::plain(&mut fields);
        let read = |fields: &serde_json::Value| Option::deserialize(fields);
        lenient::read(fields, read, Vec::new).map_err(|fault| Error::Argument {
            what: match fault.field {
                Some(field) if !fault.why.contains(" field `") => format!("`means.{field}`"),
                _ => "`means`".to_owned(),
            },
            why: fault.why,
        })
    }

    /// `pairwise ~ arm | wave`, or without the contrasts, or without the levels at which.
    fn in_text(text: &str) -> serde_json::Value {
        let (family, columns) = text.split_once('~').unwrap_or(("", text));
        let (of, by) = columns.split_once('|').unwrap_or((columns, ""));
        let names = |text: &str| -> Vec<String> {
            let names = text.split(['*', '+', ',', ':']).map(str::trim);
            names
                .filter(|name| !name.is_empty())
                .map(str::to_owned)
                .collect()
        };
        let mut fields = serde_json::json!({ "of": names(of), "by": names(by) });
        if !family.trim().is_empty() {
            fields["contrasts"] = serde_json::json!(family.trim());
        }
        fields
    }

    /// Fields in full: a text as emmeans has it, `pairwise ~ arm | wave`, or columns alone, in the place of a
    /// table; and texts in the place of the values of columns, of one or of each in a list.
    pub(crate) fn plain(fields: &mut serde_json::Value) {
        let is_text = serde_json::Value::is_string;
        match fields {
            serde_json::Value::String(text) if text.contains(char::is_alphanumeric) => {
                *fields = Self::in_text(text);
            }
            serde_json::Value::Array(columns) if columns.iter().all(is_text) => {
                *fields = serde_json::json!({ "of": columns });
            }
            _ => {}
        }
        let at = fields.get_mut("at").and_then(|at| at.as_object_mut());
        for (_, values) in at.into_iter().flatten() {
            match values {
                serde_json::Value::Array(values) => values.iter_mut().for_each(as_text),
                one => {
                    as_text(one);
                    *one = serde_json::json!([one.take()]);
                }
            }
        }
    }
}

const MEANS: &str = "Means of the model with their intervals, each by itself; beside them the means of those who \
    were seen, and how many they were.";

const TYPICAL_MEANS: &str = "Means of the model for the typical family, with their intervals, each by itself; beside \
    them the means over all families that were seen, which lie elsewhere for that reason alone, and how many they \
    were.";

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

    /// The same, with the name and unit of the outcome, and what the rows that the model used are on average
    /// in each cell.
    pub(crate) fn with_outcome(
        mut self,
        link: Link,
        rows: &Table,
        design: &Design,
    ) -> Result<Self, Error> {
        let unit = unit_of(rows, design.response_name());
        let name = design.response_name();
        self.outcome = match &unit {
            Some(unit) => format!("{name} ({unit})"),
            None => name.to_owned(),
        };
        if link == Link::Identity {
            self = self.with_unit(unit.as_deref());
        }
        let outcomes = |row: usize| -> Option<(f64, f64)> {
            Some(match design.response() {
                Outcome::Continuous(y) | Outcome::Binary(y) | Outcome::Count(y) => {
                    (*y.get(row)?, 1.0)
                }
                Outcome::Proportion { successes, trials } => {
                    (*successes.get(row)?, *trials.get(row)?)
                }
                _ => return None,
            })
        };
        let weight = |row: usize| match design.weights() {
            Some(weights) => weights.values.get(row).copied(),
            None => Some(1.0),
        };
        let columns = self.factors.iter().map(|factor| rows.column(&factor.name));
        let columns: Vec<&Column> = columns.collect::<Result<_, _>>()?;
        let mut of_cells = Vec::with_capacity(self.means.len());
        for cell in &self.means {
            let mut lies = vec![true; rows.rows()];
            for (column, level) in columns.iter().zip(&cell.levels) {
                keep_level(&mut lies, column, level);
            }
            let found = lies.iter().enumerate().filter(|(_, lies)| **lies);
            let mut sums = (0.0, 0.0, 0);
            for ((y, of), weight) in found.filter_map(|(row, _)| outcomes(row).zip(weight(row))) {
                sums = (sums.0 + weight * y, sums.1 + weight * of, sums.2 + 1);
            }
            of_cells.push((sums.1 > 0.0).then(|| Observed {
                rows: sums.2,
                mean: sums.0 / sums.1,
            }));
        }
        if of_cells.iter().any(Option::is_some) {
            self.observed = of_cells;
        }
        Ok(self)
    }

    /// Every number: the means, and the contrasts as they are adjusted.
    pub fn estimates(&self) -> impl Iterator<Item = &Estimate> {
        let means = self.means.iter().filter_map(|cell| cell.mean.estimable());
        let all = self.contrasts.iter().flat_map(|set| &set.contrasts);
        means.chain(all.filter_map(Found::estimable).map(|one| &one.adjusted))
    }

    /// The tests of all contrasts of a set at once.
    pub fn tests(&self) -> impl Iterator<Item = &JointTest> {
        self.contrasts.iter().filter_map(|set| set.joint.as_ref())
    }

    /// Adds a doubt to every number and test.
    pub(crate) fn caution(&mut self, doubt: &Caution) {
        for cell in &mut self.means {
            if let Found::Estimable(mean) = &mut cell.mean {
                doubted(&mut mean.cautions, doubt);
            }
        }
        for set in &mut self.contrasts {
            doubt_contrasts(set, doubt);
        }
    }

    /// Whether it speaks of the levels of a column.
    pub(crate) fn speaks_of(&self, column: &str) -> bool {
        self.factors.iter().any(|factor| factor.name == column)
    }

    /// The tables of a report: the means, the contrasts as they are adjusted, and what a reader must know.
    pub fn content(&self) -> Vec<Content> {
        let means = self.means.iter().filter_map(|cell| cell.mean.estimable());
        let means: Vec<Estimate> = means.cloned().map(untested).collect();
        let contrasts: Vec<Estimate> = self.estimates().skip(means.len()).cloned().collect();
        // Of a single contrast the joint test is the contrast's own.
        let several = self.contrasts.iter().filter(|set| set.contrasts.len() > 1);
        let tests: Vec<JointTest> = several.filter_map(|set| set.joint.clone()).collect();
        let mut content = Vec::new();
        if let Some(trajectories) = self.trajectories() {
            content.push(Content::Trajectories(trajectories));
        }
        if !means.is_empty() {
            content.push(Content::Estimates(means));
        }
        if !contrasts.is_empty() {
            let title = match self.outcome.as_str() {
                "" => "Contrasts".to_owned(),
                outcome => format!("Contrasts of {outcome}"),
            };
            let forest = Forest::of("contrasts", &title, &contrasts);
            content.push(Content::Estimates(contrasts));
            content.extend(forest.map(Content::Forest));
        }
        if !tests.is_empty() {
            content.push(Content::Tests(tests));
        }
        let all = self.contrasts.iter().flat_map(|set| &set.contrasts);
        let alike = all.filter_map(|one| one.estimable()?.equivalence.as_ref().map(equivalent));
        let notes: Vec<String> = alike.chain(self.notes.iter().cloned()).collect();
        if !notes.is_empty() {
            content.push(Content::Text(notes.join("\n\n")));
        }
        content
    }

    /// The means over the levels of the last column, such as waves, a line for each group: where there are
    /// several, and means are on the scale of the outcome.
    pub fn trajectories(&self) -> Option<Trajectories> {
        let (waves, groups) = self.factors.split_last()?;
        let on_outcome = |cell: &CellMean| match cell.mean.estimable() {
            Some(mean) => matches!(mean.measure, Measure::Mean { .. } | Measure::Proportion),
            None => true,
        };
        if groups.is_empty() || waves.levels.len() < 2 || !self.means.iter().all(on_outcome) {
            return None;
        }
        let mut arms: Vec<(&[String], TrajectoryArm)> = Vec::new();
        for (place, cell) in self.means.iter().enumerate() {
            let (wave, group) = cell.levels.split_last()?;
            let at = waves.levels.iter().position(|level| level == wave)?;
            let known = arms.iter().position(|(known, _)| *known == group);
            let known = known.unwrap_or_else(|| {
                let label = group.join(", ");
                let cells = vec![TrajectoryCell::default(); waves.levels.len()];
                arms.push((group, TrajectoryArm { label, cells }));
                arms.len() - 1
            });
            let observed = self.observed.get(place).copied().flatten();
            *arms.get_mut(known)?.1.cells.get_mut(at)? = TrajectoryCell {
                mean: cell.mean.estimable().cloned().map(untested),
                observed: observed.map(|seen| seen.mean),
                n: observed.map(|seen| seen.rows),
            };
        }
        let times = waves.numbers.as_ref();
        let wave = |(place, name): (usize, &String)| TrajectoryWave {
            name: name.clone(),
            at: times.and_then(|times| times.get(place)).copied(),
        };
        Some(Trajectories {
            id: "trajectories".to_owned(),
            title: format!("Means by {}", waves.name),
            x_label: waves.unit.clone().unwrap_or_else(|| waves.name.clone()),
            y_label: self.outcome.clone(),
            waves: waves.levels.iter().enumerate().map(wave).collect(),
            arms: arms.into_iter().map(|(_, arm)| arm).collect(),
            own_lines: None,
            y_from_zero: false,
            caption: if self.of_the_typical {
                TYPICAL_MEANS
            } else {
                MEANS
            }
            .to_owned(),
        })
    }

    /// The names in it: of means and contrasts, and on the axes of pictures.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        let estimates = self.estimates().map(|estimate| &*estimate.label);
        let columns = self.factors.iter().map(|factor| &*factor.name);
        estimates.chain([&*self.outcome]).chain(columns)
    }

    /// Calls the levels of a column as a reader does.
    pub(crate) fn titled(&mut self, column: Option<&str>, title: impl Fn(&str) -> Option<String>) {
        let factors = self.factors.iter_mut().enumerate();
        for (which, factor) in factors.filter(|(_, factor)| Some(&*factor.name) == column) {
            for place in 0..factor.levels.len() {
                let known = factor.place(place);
                let Some(title) = title(&factor.levels[place]) else {
                    continue;
                };
                let level = std::mem::replace(&mut factor.levels[place], title.clone());
                for cell in self
                    .means
                    .iter_mut()
                    .filter(|cell| cell.levels[which] == level)
                {
                    cell.levels[which].clone_from(&title);
                    if let Found::Estimable(mean) = &mut cell.mean {
                        let parts = mean.label.split(", ");
                        let parts = parts.map(|part| if part == known { &title } else { part });
                        mean.label = parts.collect::<Vec<_>>().join(", ");
                    }
                }
            }
        }
    }

    pub(crate) fn each_estimate(&mut self, mut of: impl FnMut(&mut Estimate)) {
        for cell in &mut self.means {
            if let Found::Estimable(mean) = &mut cell.mean {
                of(mean);
            }
        }
        for set in &mut self.contrasts {
            each_contrast(set, &mut of);
        }
    }

    /// What cannot be estimated, in sentences.
    pub(crate) fn not_estimable(&self) -> Vec<String> {
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

/// A set of contrasts on the scale of logs, which are ratios: `EKC / WT`.
pub(crate) fn of_ratios(mut set: ContrastSet) -> ContrastSet {
    each_contrast(&mut set, |estimate| {
        if estimate.measure.is_log() && !estimate.label.contains('×') {
            estimate.label = estimate.label.replace(" − ", " / ");
        }
    });
    set
}

/// Adds a doubt to every contrast of a set, and to their test.
pub(crate) fn doubt_contrasts(set: &mut ContrastSet, doubt: &Caution) {
    each_contrast(set, |estimate| doubted(&mut estimate.cautions, doubt));
    if let Some(test) = &mut set.joint {
        doubted(&mut test.cautions, doubt);
    }
}

/// Changes every contrast of a set.
pub(crate) fn each_contrast(set: &mut ContrastSet, mut of: impl FnMut(&mut Estimate)) {
    for one in &mut set.contrasts {
        if let Found::Estimable(one) = one {
            of(&mut one.plain);
            of(&mut one.adjusted);
        }
    }
}

/// What a test of equivalence says.
fn equivalent(found: &EquivalenceTest) -> String {
    let p = match found.p_value {
        p if p < 0.001 => "p < .001".to_owned(),
        p => format!("p = {p:.3}"),
    };
    let within = match found.conclusion {
        Conclusion::Equivalent | Conclusion::EquivalentThoughDifferent => "lies within",
        Conclusion::Different | Conclusion::Inconclusive => "is not shown to lie within",
    };
    let text = format!(
        "{}: {within} {} and {} (two one-sided tests, {p}).",
        found.estimate.label, found.low, found.high
    );
    text.replace(" -", " −")
}

/// Leaves those rows whose column has this level, which a number is written as.
fn keep_level(lies: &mut [bool], column: &Column, level: &str) {
    match column.data() {
        ColumnData::Factor(factor) => {
            let code = factor.levels().iter().position(|known| known == level);
            for (lies, own) in lies.iter_mut().zip(factor.codes()) {
                *lies &= code.is_some() && own.map(|own| own as usize) == code;
            }
        }
        ColumnData::Numeric(numeric) => {
            let value: Option<f64> = level.parse().ok();
            for (lies, own) in lies.iter_mut().zip(numeric.iter()) {
                *lies &= value.is_some() && own == value;
            }
        }
    }
}

fn doubted(cautions: &mut Vec<Caution>, doubt: &Caution) {
    if !cautions.contains(doubt) {
        cautions.push(doubt.clone());
    }
}

/// That a mean is not zero is no question.
fn untested(mean: Estimate) -> Estimate {
    Estimate {
        p_value: None,
        ..mean
    }
}
