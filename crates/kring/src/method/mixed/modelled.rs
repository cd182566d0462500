//! A formula of a mixed model with the rows that it leaves, and these rows set otherwise.

use kring_core::{Column, ColumnData, Design, RandomStructure, Table};
use kring_formula::{DesignOptions, Formula, Recipe, Schema};
use kring_stats::Fit;
use kring_stats::family::Link;
use ndarray::{Array1, Array2};

use crate::Error;
use crate::analysis::{MeansOf, factor_line, factors_used, means_of_model, rows_line};
use crate::called::columns_of_formula;
use crate::method::Answer;

/// A formula with the rows that it leaves.
pub(in crate::method) struct Modelled {
    pub recipe: Recipe,
    pub design: Design,
    /// The rows of the table that are used.
    pub rows: Table,
}

impl Modelled {
    pub fn new(
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
            let on_zeros = parts.zero.iter_mut().flat_map(|part| &mut part.random);
            for term in parts.mean.random.iter_mut().chain(on_zeros) {
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
    pub fn against(
        &self,
        formula: &Formula,
        structure: Option<RandomStructure>,
    ) -> Result<Self, Error> {
        Self::new(formula, &self.rows, self.recipe.options(), structure)
    }

    /// The rows if every one had these values.
    pub fn set(&self, set: &[(&str, &Setting)]) -> Result<Table, Error> {
        let mut columns = self.rows.columns().to_vec();
        for column in &mut columns {
            if let Some((_, setting)) = set.iter().find(|(name, _)| *name == column.name) {
                *column = setting.everywhere(column, self.rows.rows())?;
            }
        }
        Ok(Table::new(columns)?)
    }

    /// The model matrix if every row had these values.
    fn matrix(&self, set: &[(&str, &Setting)]) -> Result<Array2<f64>, Error> {
        Ok(self.recipe.predictors(&self.set(set)?)?.mean.x)
    }

    /// Whether the columns of the random effects depend on this one.
    pub fn varies(&self, name: &str) -> Result<bool, Error> {
        let of = |design: &Design| -> Vec<Array2<f64>> {
            let terms = design.mean().random.iter();
            terms.map(|term| term.z.clone()).collect()
        };
        let own = of(&self.design);
        for setting in settings(&self.rows, name)? {
            if of(&self.recipe.design(&self.set(&[(name, &setting)])?)?) != own {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The share of each row in a mean over all.
    pub fn shares(&self) -> Array1<f64> {
        let n = self.rows.rows();
        match self.design.weights() {
            Some(weights) => &weights.values / weights.values.sum(),
            None => Array1::from_elem(n, 1.0 / n as f64),
        }
    }

    /// The comparisons that `by` and `within` ask for.
    pub fn comparisons(&self, by: &str, within: Option<&str>) -> Result<Vec<Comparison>, Error> {
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
        let mut found: Vec<Comparison> = Vec::new();
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
            if let (Some(name), Some(before)) = (within, found.first())
                && before.a == first
            {
                return Err(Error::Argument {
                    what: format!("`within` = `{name}`"),
                    why: "no term of the model has it, so that all comparisons would be one"
                        .to_owned(),
                });
            }
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

    /// Adds the means that are asked of a fit of the mean.
    pub fn add_means(
        &self,
        answer: &mut Answer,
        fit: &dyn Fit,
        link: Link,
        asked: Option<&MeansOf>,
    ) -> Result<(), Error> {
        if let Some(asked) = asked {
            let (recipe, design) = (&self.recipe, &self.design);
            let found = means_of_model(fit, link, recipe, &self.rows, design, asked)?;
            answer.means = Some(Box::new(found));
        }
        Ok(())
    }

    /// The columns of the outcome that no right side reads.
    pub fn outcome_columns(&self) -> Result<Vec<String>, Error> {
        let formula = self.recipe.formula();
        let schema = Schema::of(&self.rows);
        let left = formula.response().unwrap_or_default();
        let whole = formula.to_string();
        let right = whole.strip_prefix(&left).unwrap_or(&whole).trim();
        let options = self.recipe.options();
        let others = options.zero.iter().chain(&options.dispersion).cloned();
        let mut read: Vec<String> = options.weights.iter().map(|w| w.column.clone()).collect();
        for one in [right.parse::<Formula>()?].into_iter().chain(others) {
            read.extend(one.columns(&schema)?);
        }
        let mut columns = format!("{left} ~ 1").parse::<Formula>()?.columns(&schema)?;
        columns.retain(|name| !read.contains(name));
        Ok(columns)
    }

    /// The design of all rows of a table that have what the right sides read, also of those without an
    /// outcome: what stands in its place there is not to be used.
    pub fn with_or_without_outcome(&self, table: &Table) -> Result<Design, Error> {
        let outcome = self.outcome_columns()?;
        let mut columns = table.columns().to_vec();
        for column in &mut columns {
            if !outcome.contains(&column.name) {
                continue;
            }
            *column = match (column.data(), self.rows.column(&column.name)?.data()) {
                (ColumnData::Numeric(own), ColumnData::Numeric(known)) => {
                    let filled = own.iter().map(|x| x.or(known.get(0)));
                    Column::numeric(&column.name, filled.collect())?
                }
                (ColumnData::Factor(own), ColumnData::Factor(known)) => {
                    let filled = own.codes().iter().map(|code| code.or(known.code(0)));
                    let filled =
                        Column::factor(&column.name, own.levels().to_vec(), filled.collect())?;
                    if own.is_ordered() {
                        filled.ordered()
                    } else {
                        filled
                    }
                }
                _ => column.clone(),
            };
        }
        Ok(self.recipe.design(&Table::new(columns)?)?)
    }

    /// What factors are set against, how many rows there are, and why others are left out.
    pub fn notes(&self) -> Vec<String> {
        let named = columns_of_formula(&self.recipe.formula().to_string(), &self.rows);
        let factors = factors_used(&self.rows, &self.design, &named);
        let rows = rows_line(self.design.rows(), self.design.omitted());
        let factors = factor_line(&factors).into_iter();
        factors
            .chain([format!("{rows}.")])
            .chain(self.groups())
            .collect()
    }

    /// How many groups the random effects are of, as `Groups: 12 team, 118 team:family.`
    fn groups(&self) -> Option<String> {
        let mut groups: Vec<String> = Vec::new();
        for term in &self.design.mean().random {
            let group = format!("{} {}", term.grouping.levels.len(), term.grouping.name);
            if !groups.contains(&group) {
                groups.push(group);
            }
        }
        (!groups.is_empty()).then(|| format!("Groups: {}.", groups.join(", ")))
    }
}

/// Two settings of all rows.
pub(in crate::method) struct Comparison {
    by: String,
    pub reference: String,
    pub other: String,
    /// ` at wave 2`
    at: String,
    /// Whether it is the first with this reference, so that the reference's own mean is told once.
    pub is_first: bool,
    pub a: Array2<f64>,
    pub b: Array2<f64>,
}

impl Comparison {
    pub fn mean(&self, level: &str) -> String {
        format!("{} {level}{}", self.by, self.at)
    }

    pub fn both(&self, sign: &str) -> String {
        format!(
            "{} {} {sign} {}{}",
            self.by, self.other, self.reference, self.at
        )
    }
}

/// One value of a column.
pub(in crate::method) struct Setting {
    pub name: String,
    value: Cell,
}

enum Cell {
    Level(u32),
    Number(f64),
}

impl Setting {
    /// Whether a row of the column has this value.
    pub fn is_in(&self, column: &Column, row: usize) -> bool {
        match (&self.value, column.data()) {
            (Cell::Level(code), ColumnData::Factor(factor)) => factor.code(row) == Some(*code),
            (Cell::Number(x), ColumnData::Numeric(numeric)) => numeric.get(row) == Some(*x),
            _ => false,
        }
    }

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
pub(in crate::method) fn settings(table: &Table, name: &str) -> Result<Vec<Setting>, Error> {
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
