//! Arms at waves: what every design over time takes, and the means that all of them share.
//!
//! ```text
//! constrained   μ_aw = α_w + δ_aw, δ = 0 at the start: arms that are equal there (cLDA)
//! differences   (μ_aw − μ_a0) − (μ_rw − μ_r0): changes less those of the reference, r
//! segmented     straight lines that bend, and may jump, at knots: before and after something began
//! two_part      whether there are any, how many if so, and how many in all
//! ```
//! Each makes a formula, and columns where it needs some; a model for repeated measures or a marginal model
//! is fitted to it; and each mean is of all rows set to an arm and a wave, on the scale of the outcome.

mod constrained;
mod differences;
mod segmented;
mod two_part;

use std::collections::HashMap;

use kring_cohort::wave_order;
use kring_core::{Column, ColumnData, Estimate, Grid, GridCell, GridFactor, Measure, Table};
use kring_formula::{Formula, ResponseKind, WeightColumn};
use kring_stats::Fit;
use kring_stats::family::{Family, Link};
use kring_stats::gee::{Gee, GeeFit};
use kring_stats::means::{ContrastSet, Contrasts, Means, RowsInCell, Scale};
use kring_stats::mmrm::{Mmrm, MmrmFit};
use ndarray::{Array1, Array2};
use serde::{Deserialize, Serialize};

pub use constrained::Constrained;
pub(super) use constrained::clda;
pub use differences::Differences;
pub(super) use differences::difference_in_differences;
pub use segmented::Segmented;
pub(super) use segmented::segmented;
pub(super) use two_part::any_and_how_many;

use super::mixed::{Modelled, Setting, settings};
use super::model::response;
use super::repeated::{self, Repeated};
use super::{Answer, with_factors};
use crate::Error;
use crate::analysis::{MeansResult, each_contrast, of_ratios};
use crate::compare::quoted;

/// Arms at waves.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ByWave<O> {
    /// The column of the outcome.
    pub outcome: String,
    /// The column of the arms; the first level is the reference.
    pub arm: String,
    /// The column of the waves.
    pub wave: String,
    /// The column that names the family or person.
    pub subject: String,
    /// The column of the time in numbers, where it is not the number of the wave.
    pub time: Option<String>,
    /// The columns of what families lie in, outermost first, such as teams: these are independent then.
    #[serde(default)]
    pub clusters: Vec<String>,
    /// Further terms of the formula: `age`, `age * sex`.
    #[serde(default)]
    pub covariates: Vec<String>,
    /// The column of weights and what they mean.
    pub weights: Option<WeightColumn>,
    /// The model of the rows of a family.
    #[serde(default)]
    pub model: OverTime,
    /// The options of the design.
    #[serde(default)]
    pub options: O,
}

/// The model of the rows of a family.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum OverTime {
    /// A mixed model for repeated measures: scores.
    Mmrm(Mmrm),
    /// A marginal model by estimating equations: scores, counts, shares.
    Gee(Gee),
}

impl Default for OverTime {
    fn default() -> Self {
        Self::Mmrm(Mmrm::default())
    }
}

/// Which columns belong to the families.
struct Families<'a> {
    subject: &'a str,
    wave: &'a str,
    time: Option<&'a str>,
    clusters: &'a [String],
    weights: Option<&'a WeightColumn>,
}

/// A formula that is made of fields.
struct Made<'a> {
    outcome: &'a str,
    terms: String,
    covariates: &'a [String],
}

impl Made<'_> {
    fn text(&self) -> String {
        let mut formula = format!("{} ~ {}", outcome(self.outcome), self.terms);
        for covariate in self.covariates {
            formula.push_str(" + ");
            formula.push_str(covariate);
        }
        formula
    }

    /// A fault in the formula as one of the field that it lies in: nobody wrote the formula.
    fn fault(&self, error: Error) -> Error {
        let Error::Formula(inner) = &error else {
            return error;
        };
        let place = inner.place();
        let excerpt = place.map(kring_formula::Place::excerpt).unwrap_or_default();
        let is_wrong = |term: &&String| format!("~ {term}").parse::<Formula>().is_err();
        let has = |text: &str| !excerpt.is_empty() && text.contains(excerpt);
        let is_left = place.is_some_and(|place| {
            let left = place.formula.find('~').unwrap_or_default();
            place.span.start < left
        });
        let covariates = || self.covariates.iter();
        let covariate = covariates()
            .find(is_wrong)
            .or_else(|| covariates().find(|term| !is_left && has(term)));
        let field = match covariate {
            Some(term) => format!("`covariates`: `{term}`"),
            None if is_left || has(self.outcome) => format!("`outcome`: `{}`", self.outcome),
            None => return error,
        };
        Error::Argument {
            what: field,
            why: inner.to_string(),
        }
    }
}

/// A model of families that was fitted.
struct Fitted {
    model: Modelled,
    of: Engine,
}

enum Engine {
    Mmrm(Box<MmrmFit>),
    Gee(Box<GeeFit>),
}

impl OverTime {
    fn fit(
        &self,
        made: &Made<'_>,
        families: &Families<'_>,
        table: &Table,
    ) -> Result<Fitted, Error> {
        self.fit_of(made, families, table)
            .map_err(|error| made.fault(error))
    }

    fn fit_of(
        &self,
        made: &Made<'_>,
        families: &Families<'_>,
        table: &Table,
    ) -> Result<Fitted, Error> {
        let formula: Formula = made.text().parse()?;
        let kind = match self {
            Self::Mmrm(_) => ResponseKind::Continuous,
            Self::Gee(gee) => response(gee.family, &formula),
        };
        let asked = Repeated {
            wave: Some(families.wave.to_owned()),
            time: families.time.map(str::to_owned),
            clusters: families.clusters.to_vec(),
            weights: families.weights.cloned(),
            ..Repeated::of(formula, families.subject, ())
        };
        let model = asked.model(table, kind)?;
        let of = match self {
            Self::Mmrm(mmrm) => Engine::Mmrm(Box::new(mmrm.fit(&model.design)?)),
            Self::Gee(gee) => Engine::Gee(Box::new(gee.fit(&model.design)?)),
        };
        Ok(Fitted { model, of })
    }
}

impl Fitted {
    fn fit(&self) -> &dyn Fit {
        match &self.of {
            Engine::Mmrm(fit) => fit.as_ref(),
            Engine::Gee(fit) => fit.as_ref(),
        }
    }

    fn link(&self) -> Link {
        match &self.of {
            Engine::Mmrm(_) => Link::Identity,
            Engine::Gee(fit) => fit.link,
        }
    }

    /// What kind of number a ratio of means is.
    fn ratio(&self) -> Measure {
        match &self.of {
            Engine::Gee(fit) if fit.family.is_count() => Measure::LogRateRatio,
            Engine::Gee(fit) if fit.family.is_share() => Measure::LogRiskRatio,
            _ => Measure::LogMeanRatio,
        }
    }

    /// The coefficients and what else is estimated, and what goes with the model.
    fn answer(&self, table: &Table, further: Vec<Estimate>) -> Result<Answer, Error> {
        let family = match &self.of {
            Engine::Mmrm(_) => Family::Gaussian,
            Engine::Gee(fit) => fit.family,
        };
        let mut answer = Answer::of(self.fit().estimates()?.into_iter().chain(further));
        let outcome = self.model.design.response_name();
        repeated::in_units(&mut answer, table, outcome, family);
        let answer = match &self.of {
            Engine::Mmrm(fit) => repeated::beside_mmrm(answer, fit),
            Engine::Gee(fit) => repeated::beside_gee(answer, fit),
        };
        let notes = self.model.notes().into_iter();
        Ok(notes.fold(answer, Answer::note))
    }
}

impl<O> ByWave<O> {
    /// The table with the arms as groups and the waves in order, and what a reader must know of that.
    fn settled(&self, table: &Table) -> Result<(Table, Vec<String>), Error> {
        let mut notes = Vec::new();
        if let (OverTime::Mmrm(_), Ok(column)) = (&self.model, table.column(&self.outcome)) {
            match column.data() {
                ColumnData::Factor(factor) => {
                    return Err(Error::Argument {
                        what: format!("`{}`", self.outcome),
                        why: format!(
                            "its values are levels ({}), and a model for repeated measures is of numbers; \
                             `model.gee.family=binomial` is of yes and no",
                            factor.levels().join(", ")
                        ),
                    });
                }
                ColumnData::Numeric(numbers) => {
                    let is_count = |y: &f64| *y >= 0.0 && y.fract() == 0.0;
                    if numbers.present().iter().all(is_count) {
                        notes.push(format!(
                            "All values of `{}` are whole numbers from 0 and are taken as scores here: if they are counts, \
                             take `model.gee.family=poisson`.",
                            self.outcome
                        ));
                    }
                }
            }
        }
        let table = with_factors(table, std::slice::from_ref(&self.arm))?;
        let (table, order) = waves_in_order(&table, &self.subject, &self.wave)?;
        notes.extend(order);
        for (name, what) in [(&self.arm, "arms"), (&self.wave, "waves")] {
            several(&table, name, what)?;
        }
        Ok((table, notes))
    }

    fn families(&self) -> Families<'_> {
        Families {
            subject: &self.subject,
            wave: &self.wave,
            time: self.time.as_deref(),
            clusters: &self.clusters,
            weights: self.weights.as_ref(),
        }
    }

    /// `y ~ terms + covariates`
    fn formula(&self, terms: String) -> Made<'_> {
        Made {
            outcome: &self.outcome,
            terms,
            covariates: &self.covariates,
        }
    }

    /// The arms and waves of the rows that a model used: two and two at least.
    fn cells<'a>(&self, fitted: &'a Fitted) -> Result<Cells<'a>, Error> {
        let rows = &fitted.model.rows;
        Ok(Cells {
            fitted,
            arm: self.arm.clone(),
            wave: self.wave.clone(),
            arms: several(rows, &self.arm, "arms")?,
            waves: several(rows, &self.wave, "waves")?,
        })
    }
}

/// The values of a column, two at least.
fn several(rows: &Table, name: &str, what: &str) -> Result<Vec<Setting>, Error> {
    let found = settings(rows, name)?;
    if found.len() < 2 {
        return Err(Error::Argument {
            what: format!("`{name}`"),
            why: format!(
                "expected two {what} or more among the rows that are used, found {}",
                found.len()
            ),
        });
    }
    Ok(found)
}

/// The table with waves that are named in words in the order in which the rows of each family go through them,
/// and a sentence on that; the alphabet would put `eindmeting` before `voormeting`. An order that is declared
/// stands, and so do numbers.
pub(crate) fn waves_in_order(
    table: &Table,
    subject: &str,
    wave: &str,
) -> Result<(Table, Option<String>), Error> {
    let ColumnData::Factor(factor) = table.column(wave)?.data() else {
        return Ok((table.clone(), None));
    };
    let column = table.column(wave)?;
    let occurs = |level: &usize| {
        let code = u32::try_from(*level).ok();
        factor.codes().contains(&code)
    };
    let present: Vec<usize> = (0..factor.levels().len()).filter(occurs).collect();
    let levels: Vec<String> = present
        .iter()
        .map(|&level| factor.levels()[level].clone())
        .collect();
    let among = |code: u32| {
        present
            .iter()
            .zip(0_u32..)
            .find(|(level, _)| **level == code as usize)
    };
    let codes = factor.codes().iter().map(|code| Some(among((*code)?)?.1));
    let codes: Vec<Option<u32>> = codes.collect();
    let order: Vec<usize> = if factor.is_ordered() {
        (0..levels.len()).collect()
    } else {
        let subjects = codes_of(table, subject)?;
        let found = wave_order::of_rows(&subjects, &codes, levels.len());
        found.ok_or_else(|| Error::Argument {
            what: format!("the waves in `{wave}`"),
            why: format!(
                "they are named in words, and the rows of each `{subject}` do not tell their order; declare it \
                 (`--levels {wave}={}` in the right order, in Python a cohort)",
                levels.join(",")
            ),
        })?
    };
    let names: Vec<String> = order.iter().map(|&level| levels[level].clone()).collect();
    let mut place = vec![0_u32; levels.len()];
    for (&level, new) in order.iter().zip(0_u32..) {
        place[level] = new;
    }
    let is_new = !factor.is_ordered() && names != levels;
    let note = is_new.then(|| {
        let names = names.join(", ");
        format!("The rows of each `{subject}` go through the waves in the order {names}.")
    });
    let codes = codes
        .iter()
        .map(|code| code.map(|code| place[code as usize]));
    let mut settled = Column::factor(wave, names, codes.collect())?;
    settled.label.clone_from(&column.label);
    settled.unit.clone_from(&column.unit);
    let mut columns = table.columns().to_vec();
    for known in columns.iter_mut().filter(|known| known.name == wave) {
        *known = settled.clone();
    }
    Ok((Table::new(columns)?, note))
}

/// A number for each different value of a column.
fn codes_of(table: &Table, name: &str) -> Result<Vec<Option<u32>>, Error> {
    Ok(match table.column(name)?.data() {
        ColumnData::Factor(factor) => factor.codes().to_vec(),
        ColumnData::Numeric(numbers) => {
            let mut known: HashMap<u64, u32> = HashMap::new();
            let mut code = |x: f64| {
                let next = u32::try_from(known.len()).unwrap_or(u32::MAX);
                *known.entry(x.to_bits()).or_insert(next)
            };
            numbers.iter().map(|x| x.map(&mut code)).collect()
        }
    })
}

/// An outcome as a formula has it; `cbind(s, n - s)` stands as it is.
fn outcome(name: &str) -> String {
    if name.contains('(') {
        name.to_owned()
    } else {
        quoted(name)
    }
}

/// Waves as levels, whatever they are: `factor(wave)`.
fn levels(table: &Table, name: &str) -> Result<String, Error> {
    Ok(match table.column(name)?.data() {
        ColumnData::Numeric(_) => format!("factor({})", quoted(name)),
        ColumnData::Factor(_) => quoted(name),
    })
}

/// The place of a wave among those of the rows.
fn place_of(waves: &[Setting], name: &str, asked: &str) -> Result<usize, Error> {
    let place = waves.iter().position(|wave| wave.name == asked);
    place.ok_or_else(|| Error::Argument {
        what: format!("the wave `{asked}`"),
        why: format!(
            "`{name}` has no such value among the rows that are used{}",
            kring_core::suggestion(asked, waves.iter().map(|wave| wave.name.as_str()))
        ),
    })
}

/// Means of all rows set to each arm at some waves.
struct Averages<'a> {
    means: Means<'a>,
    /// With the average row of each cell.
    grid: Grid,
}

/// All rows set to each arm at each wave.
struct Cells<'a> {
    fitted: &'a Fitted,
    arm: String,
    wave: String,
    arms: Vec<Setting>,
    waves: Vec<Setting>,
}

impl Cells<'_> {
    fn factors(&self, waves: &[usize]) -> Result<Vec<GridFactor>, Error> {
        let names =
            |all: &[Setting]| -> Vec<String> { all.iter().map(|one| one.name.clone()).collect() };
        let unit = self.fitted.model.rows.column(&self.wave)?.unit.clone();
        let waves = waves.iter().map(|&wave| self.waves[wave].name.clone());
        Ok(vec![
            GridFactor::new(&self.arm, names(&self.arms)),
            GridFactor::new(&self.wave, waves).with_unit(unit),
        ])
    }

    /// The means of each arm at some waves, the arms running fastest; `derive` makes whatever columns follow
    /// from the arm and the wave.
    fn means(
        &self,
        waves: &[usize],
        derive: &dyn Fn(&Table) -> Result<Table, Error>,
    ) -> Result<Averages<'_>, Error> {
        let model = &self.fitted.model;
        let shares = model.shares();
        let mut sets: Vec<(Array2<f64>, Array1<f64>)> = Vec::new();
        let mut cells = Vec::new();
        for (at, &wave) in waves.iter().enumerate() {
            for (arm, setting) in self.arms.iter().enumerate() {
                let here = [
                    (self.arm.as_str(), setting),
                    (self.wave.as_str(), &self.waves[wave]),
                ];
                let rows = derive(&model.set(&here)?)?;
                let part = model.recipe.predictors(&rows)?.mean;
                let offset = part.offset.unwrap_or_else(|| Array1::zeros(part.x.nrows()));
                cells.push(GridCell {
                    levels: vec![arm, at],
                    x: part.x.t().dot(&shares),
                    offset: offset.dot(&shares),
                    rows: self.rows_in(setting, &self.waves[wave])?,
                    empty: false,
                });
                sets.push((part.x, offset));
            }
        }
        let columns = self.fitted.fit().coefficients().columns.clone();
        let grid = Grid::new(columns, self.factors(waves)?, cells, Vec::new())?;
        let sets = sets.iter().map(|(x, offset)| RowsInCell {
            x: x.view(),
            offset: offset.view(),
        });
        let sets: Vec<RowsInCell<'_>> = sets.collect();
        let (fit, link) = (self.fitted.fit(), self.fitted.link());
        let means = Means::averaged(fit, link, &grid, &sets, shares.view())?;
        Ok(Averages { means, grid })
    }

    fn rows_in(&self, arm: &Setting, wave: &Setting) -> Result<f64, Error> {
        let rows = &self.fitted.model.rows;
        let (arms, waves) = (rows.column(&self.arm)?, rows.column(&self.wave)?);
        let lies = |row: &usize| arm.is_in(arms, *row) && wave.is_in(waves, *row);
        Ok((0..rows.rows()).filter(lies).count() as f64)
    }

    /// The means of all waves, and contrasts of some of them.
    fn result(
        &self,
        derive: &dyn Fn(&Table) -> Result<Table, Error>,
        contrasts: Vec<ContrastSet>,
    ) -> Result<MeansResult, Error> {
        let all: Vec<usize> = (0..self.waves.len()).collect();
        let result = MeansResult {
            outcome: String::new(),
            factors: self.factors(&all)?,
            compared: 1,
            of_the_typical: false,
            means: self.means(&all, derive)?.means.means()?,
            observed: Vec::new(),
            contrasts,
            notes: Vec::new(),
        };
        let model = &self.fitted.model;
        let mut result = result;
        let empty = result.means.iter().filter(|cell| cell.rows == 0.0);
        let empty = empty.map(|cell| {
            let (arm, wave) = (&cell.levels[0], &cell.levels[1]);
            format!("`{arm}` has no row at {} {wave}.", self.wave)
        });
        let empty: Vec<String> = empty.collect();
        result.notes.extend(empty);
        result.notes.extend(result.not_estimable());
        result.with_outcome(self.fitted.link(), &model.rows, &model.design)
    }

    /// Contrasts on the scale of the outcome, and as ratios where the model has no identity link.
    fn contrasts(&self, of: &Averages<'_>, asked: &Contrasts) -> Result<Vec<ContrastSet>, Error> {
        let means = &of.means;
        let mut found = means.contrasts(asked)?;
        if self.fitted.link() != Link::Identity {
            let logs = means.on_logs(Scale::LogResponse)?;
            for mut set in logs.contrasts(asked)? {
                // Also of ratios of ratios, which changes of logs are.
                each_contrast(&mut set, |one| one.measure = self.fitted.ratio());
                found.push(of_ratios(set));
            }
        }
        Ok(found)
    }
}

/// The table with further columns of zeros and ones.
fn with_columns(table: &Table, new: Vec<(String, Vec<Option<f64>>)>) -> Result<Table, Error> {
    let mut columns = table.columns().to_vec();
    for (name, values) in new {
        columns.retain(|known| known.name != name);
        columns.push(Column::numeric(&name, values)?);
    }
    Ok(Table::new(columns)?)
}
