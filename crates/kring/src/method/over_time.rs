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

use kring_core::{Column, ColumnData, Grid, GridCell, GridFactor, Measure, Table};
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
    fn fit(&self, formula: &str, families: &Families<'_>, table: &Table) -> Result<Fitted, Error> {
        let formula: Formula = formula.parse()?;
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

    /// The coefficients, and what goes with the model.
    fn answer(&self, table: &Table) -> Result<Answer, Error> {
        let family = match &self.of {
            Engine::Mmrm(_) => Family::Gaussian,
            Engine::Gee(fit) => fit.family,
        };
        let mut answer = Answer::of(self.fit().estimates()?);
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
    /// The table with the arms as groups.
    fn grouped(&self, table: &Table) -> Result<Table, Error> {
        with_factors(table, std::slice::from_ref(&self.arm))
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
    fn formula(&self, terms: &str) -> String {
        let mut formula = format!("{} ~ {terms}", outcome(&self.outcome));
        for covariate in &self.covariates {
            formula.push_str(" + ");
            formula.push_str(covariate);
        }
        formula
    }

    /// The arms and waves of the rows that a model used: two and two at least.
    fn cells<'a>(&self, fitted: &'a Fitted) -> Result<Cells<'a>, Error> {
        let rows = &fitted.model.rows;
        let several = |name: &str, what: &str| {
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
        };
        Ok(Cells {
            fitted,
            arm: self.arm.clone(),
            wave: self.wave.clone(),
            arms: several(&self.arm, "arms")?,
            waves: several(&self.wave, "waves")?,
        })
    }
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
            means: self.means(&all, derive)?.means.means()?,
            observed: Vec::new(),
            contrasts,
            notes: Vec::new(),
        };
        let model = &self.fitted.model;
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
fn with_columns(table: &Table, new: Vec<(String, Vec<f64>)>) -> Result<Table, Error> {
    let mut columns = table.columns().to_vec();
    for (name, values) in new {
        columns.retain(|known| known.name != name);
        let values = values.into_iter().map(Some).collect();
        columns.push(Column::numeric(&name, values)?);
    }
    Ok(Table::new(columns)?)
}
