//! The grid of settings at which the mean of a model is asked for.
//!
//! ```text
//! columns    each column that the terms of the mean (or their offsets) read has its values: the levels of
//!            a factor, a number at its mean over the rows that are used, or what `at` says
//! cells      one for each combination of the values of the columns in `of`, the first running fastest
//! row of x   x̄_cell = Σ_n w(n | cell) x(cell, n),  n the combinations of all other columns
//! weights    equal         w = 1 / their number
//!            proportional  w ∝ rows of the data with the levels n, wherever they lie else
//!            outer         w ∝ the product of the shares of each level in n
//!            cells         w ∝ rows of the data with the levels of the cell and n
//!            flat          w ∝ 1 where the data have such rows, else 0: for nested factors
//!            rows          no grid: every row of the data is set to the cell, and all are averaged
//! offset     its mean over the rows that are used, unless a column of it is in `of` or `at`
//! slope      (x(column + h) − x(column − h)) / 2h:  exact for lines, and to h² for curves
//! ```
//! Searle SR, Speed FM, Milliken GA (1980), The American Statistician 34:216–221, doi
//! 10.1080/00031305.1980.10483031. Differences from R: emmeans takes a number with two values as a
//! factor, here it is at its mean as every number; a number in `of` stands at each value that the data have
//! (50 at most), in emmeans at its mean.

use std::collections::BTreeMap;

use kring_core::{Column, ColumnData, Grid, GridCell, GridFactor, Table, suggestion};
use ndarray::{Array1, Array2, ArrayView1};
use serde::{Deserialize, Serialize};

use crate::{
    Error, Recipe,
    contrast::{COMBINATIONS, Cell, levels},
    frame::{Frame, near_levels},
    groups,
    number::number_text,
    schema::ColumnKind,
};

/// The most values at which a column of numbers can stand by itself.
const VALUES: usize = 50;

/// The options of a grid.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GridOptions {
    /// The columns in which the cells differ; the first runs fastest. None is one cell for all.
    pub of: Vec<String>,
    /// The values of a column, in place of its levels or its mean.
    pub at: BTreeMap<String, Vec<String>>,
    /// How the other columns are averaged over.
    pub weights: CellWeights,
}

/// How the columns that are not in `of` are averaged over.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CellWeights {
    /// Every combination of levels alike: the means of an experiment with equal groups.
    #[default]
    Equal,
    /// Each combination by its share of the data, the same in all cells.
    Proportional,
    /// Each combination by the product of the shares of its levels.
    Outer,
    /// Each combination by its rows within the cell, as plain means have it.
    Cells,
    /// Each combination that the data have within the cell alike: for nested factors.
    Flat,
    /// Every row of the data is set to the cell in turn, with all else as it is (g-computation).
    Rows,
}

/// A term of the mean with the columns that it reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelTerm {
    /// Its name: `arm:wave`.
    pub name: String,
    /// The columns of the table that it reads.
    pub reads: Vec<String>,
}

/// A column with the values that it takes in the grid.
struct Axis {
    name: String,
    values: Vec<Cell>,
    /// The levels by which it is coded, if it is.
    levels: Option<Vec<String>>,
    how: How,
}

/// Why a column stands where it stands.
#[derive(PartialEq)]
enum How {
    Kept,
    Averaged,
    Given,
    AtMean,
}

/// The rows of the table that are used, with how much each counts.
struct Used {
    rows: Vec<usize>,
    weights: Vec<f64>,
}

impl Recipe {
    /// The grid of a table with these columns kept apart.
    ///
    /// ```
    /// use kring_core::{Column, Table};
    /// use kring_formula::{DesignOptions, GridOptions, Recipe};
    /// let table = Table::new(vec![
    ///     Column::numeric("problems", [6.0, 5.0, 4.0, 2.0].map(Some).to_vec())?,
    ///     Column::factor("arm", ["WT", "EKC"], [0, 0, 1, 1].map(Some).to_vec())?,
    ///     Column::numeric("age", [30.0, 34.0, 38.0, 42.0].map(Some).to_vec())?,
    /// ])?;
    /// let recipe = Recipe::new(&"problems ~ arm + age".parse()?, &table, &DesignOptions::default())?;
    /// let options = GridOptions { of: vec!["arm".into()], ..GridOptions::default() };
    /// let grid = recipe.grid(&table, &options)?;
    /// // The mean age is 36.
    /// assert_eq!(grid.cells()[1].x.to_vec(), [1.0, 1.0, 36.0]);
    /// assert_eq!(grid.notes(), ["`age` stands at its mean, 36."]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn grid(&self, table: &Table, options: &GridOptions) -> Result<Grid, Error> {
        let used = self.used_rows(table)?;
        let axes = self.axes(table, &used, options)?;
        self.fill(table, &used, &axes, options.weights, None)
    }

    /// The slopes of the linear predictor along a column of numbers, a cell each.
    ///
    /// A curved column (`poly`, `ns`, `log`) has its slope where it stands: at its mean, or at `at`.
    pub fn slopes(
        &self,
        table: &Table,
        column: &str,
        options: &GridOptions,
    ) -> Result<Grid, Error> {
        let used = self.used_rows(table)?;
        let axes = self.axes(table, &used, options)?;
        let refused = |why: &str| Error::Contrast {
            why: format!("`{column}` has no slope: {why}"),
        };
        match axes.iter().find(|axis| axis.name == column) {
            None => return Err(refused(&self.not_read(column))),
            Some(axis) if axis.levels.is_some() => {
                return Err(refused("the model has it as a factor; contrast its levels"));
            }
            Some(_) => {}
        }
        let range = range(table, column, &used)?;
        // A power of two, so that nothing is lost where values are whole numbers.
        let h = (range / 2048.0).log2().floor().exp2();
        if !(h > 0.0 && h.is_finite()) {
            return Err(refused("all rows have one value"));
        }
        let side = |by: f64| self.fill(table, &used, &axes, options.weights, Some((column, by)));
        let (above, below) = (side(h)?, side(-h)?);
        let cells = above.cells().iter().zip(below.cells());
        let cells = cells.map(|(above, below)| GridCell {
            x: (&above.x - &below.x) / (2.0 * h),
            offset: (above.offset - below.offset) / (2.0 * h),
            ..above.clone()
        });
        let mut notes = vec![format!("Slopes along `{column}`, per unit.")];
        notes.extend_from_slice(above.notes());
        Ok(Grid::new(
            above.columns().to_vec(),
            above.factors().to_vec(),
            cells.collect(),
            notes,
        )?)
    }

    /// The grid of all columns, none averaged over: what tests of terms are made of. A line of numbers
    /// stands one below and one above its mean; a curve at as many points as it needs.
    pub fn whole_grid(&self, table: &Table) -> Result<Grid, Error> {
        let used = self.used_rows(table)?;
        let mut options = GridOptions {
            of: self.read(),
            ..GridOptions::default()
        };
        for name in &options.of {
            let bases = self.mean.matrix.bases.iter();
            let own = bases.filter(|basis| basis.reads.contains(name));
            if levels(&self.mean.matrix, name).is_some() {
                continue;
            }
            let width: usize = own.map(|basis| basis.width(false)).sum();
            let numbers = numbers(table, name, &used)?;
            let values = if width <= 1 {
                let mean = weighted_mean(&numbers);
                vec![mean - 1.0, mean + 1.0]
            } else {
                let range = range(table, name, &used)?;
                let low = numbers.iter().copied().fold(f64::INFINITY, f64::min);
                (0..=width)
                    .map(|i| low + range * i as f64 / width as f64)
                    .collect()
            };
            let texts = values.iter().map(f64::to_string).collect();
            options.at.insert(name.clone(), texts);
        }
        let axes = self.axes(table, &used, &options)?;
        self.fill(table, &used, &axes, CellWeights::Equal, None)
    }

    /// The terms of the mean by the columns that they read, the smaller ones first; terms that read the
    /// same columns, `x` and `I(x^2)`, are one.
    pub fn model_terms(&self) -> Vec<ModelTerm> {
        let matrix = &self.mean.matrix;
        let mut terms: Vec<ModelTerm> = Vec::new();
        for term in &matrix.terms {
            let mut reads: Vec<String> = Vec::new();
            for read in matrix.reads(term) {
                if !reads.iter().any(|known| known == read) {
                    reads.push(read.to_owned());
                }
            }
            let same = |known: &ModelTerm| {
                known.reads.len() == reads.len()
                    && reads.iter().all(|read| known.reads.contains(read))
            };
            if !reads.is_empty() && !terms.iter().any(same) {
                let name = term.name.clone();
                terms.push(ModelTerm { name, reads });
            }
        }
        terms.sort_by_key(|term| term.reads.len());
        terms
    }

    /// The columns that the terms of the mean and its offsets read.
    fn read(&self) -> Vec<String> {
        let mut read: Vec<String> = Vec::new();
        for name in self.mean.reads() {
            if !read.contains(&name) {
                read.push(name);
            }
        }
        read
    }

    fn not_read(&self, name: &str) -> String {
        let read = self.read();
        let near = suggestion(name, read.iter().map(String::as_str));
        format!("the terms of the mean do not use it{near}")
    }

    fn used_rows(&self, table: &Table) -> Result<Used, Error> {
        let (rows, _) = self.usable(table, self.used(), true)?;
        let weights = match &self.options().weights {
            None => vec![1.0; rows.len()],
            Some(weights) => {
                let all = groups::table_weights(table, weights)?;
                rows.iter()
                    .map(|&row| all.get(row).copied().flatten().unwrap_or(0.0))
                    .collect()
            }
        };
        Ok(Used { rows, weights })
    }

    /// The values of every column, those that are kept first.
    fn axes(&self, table: &Table, used: &Used, options: &GridOptions) -> Result<Vec<Axis>, Error> {
        let read = self.read();
        for (place, name) in options.of.iter().enumerate() {
            if !read.contains(name) {
                let why = format!("`{name}` cannot make cells: {}", self.not_read(name));
                return Err(Error::Contrast { why });
            }
            if options.of[..place].contains(name) {
                let why = format!("`{name}` is named twice among the cells");
                return Err(Error::Contrast { why });
            }
        }
        if let Some((name, values)) = options.at.iter().find(|(name, _)| !read.contains(name)) {
            return Err(Error::Setting {
                column: name.clone(),
                value: values.join(", "),
                why: self.not_read(name),
            });
        }
        let others = read.iter().filter(|name| !options.of.contains(name));
        let named = options.of.iter().chain(others);
        named
            .map(|name| self.axis(table, used, options, name))
            .collect()
    }

    fn axis(
        &self,
        table: &Table,
        used: &Used,
        options: &GridOptions,
        name: &str,
    ) -> Result<Axis, Error> {
        let is_numeric = *self.schema.kind(name, &(0..0))? == ColumnKind::Numeric;
        let coded = levels(&self.mean.matrix, name).map(<[String]>::to_vec);
        let kept = options.of.iter().any(|of| of == name);
        let cell = |text: &String| {
            let refused = |why: String| Error::Setting {
                column: name.to_owned(),
                value: text.clone(),
                why,
            };
            let number = text.trim().parse::<f64>().ok().filter(|x| x.is_finite());
            let cell = match (is_numeric, number) {
                (true, Some(number)) => Cell::Number(number),
                (true, None) => return Err(refused("it must be a number".to_owned())),
                (false, _) => Cell::Level(text.clone()),
            };
            match &coded {
                Some(levels) if !levels.contains(&cell.to_string()) => {
                    let near = near_levels(text, levels);
                    Err(refused(format!("there is no such level{near}")))
                }
                _ => Ok(cell),
            }
        };
        let (values, how) = match (options.at.get(name), &coded) {
            (Some(texts), _) if texts.is_empty() => {
                return Err(Error::Setting {
                    column: name.to_owned(),
                    value: "(nothing)".to_owned(),
                    why: "give one value or more".to_owned(),
                });
            }
            (Some(texts), _) => (
                texts.iter().map(cell).collect::<Result<_, _>>()?,
                How::Given,
            ),
            (None, Some(levels)) => (
                levels.iter().map(cell).collect::<Result<_, _>>()?,
                How::Averaged,
            ),
            (None, None) if kept => {
                let mut numbers = numbers(table, name, used)?;
                numbers.sort_by(f64::total_cmp);
                numbers.dedup();
                if numbers.len() > VALUES {
                    let why = format!(
                        "`{name}` has {} values, more than the {VALUES} that can make cells; say which with `at`",
                        numbers.len()
                    );
                    return Err(Error::Contrast { why });
                }
                (numbers.into_iter().map(Cell::Number).collect(), How::Kept)
            }
            (None, None) => {
                let mean = weighted_mean(&numbers(table, name, used)?);
                (vec![Cell::Number(mean)], How::AtMean)
            }
        };
        Ok(Axis {
            name: name.to_owned(),
            values,
            levels: coded,
            how: if kept { How::Kept } else { how },
        })
    }

    /// The cells of these columns; the numbers of one of them may be shifted.
    fn fill(
        &self,
        table: &Table,
        used: &Used,
        axes: &[Axis],
        weights: CellWeights,
        shift: Option<(&str, f64)>,
    ) -> Result<Grid, Error> {
        let kept = axes.iter().filter(|axis| axis.how == How::Kept).count();
        let (kept, others) = axes.split_at(kept);
        let size = |axes: &[Axis]| {
            axes.iter()
                .try_fold(1_usize, |n, axis| n.checked_mul(axis.values.len()))
                .filter(|&n| n <= COMBINATIONS)
                .ok_or_else(|| Error::Contrast {
                    why: format!(
                        "the grid would have more than {COMBINATIONS} combinations; fix some columns with `at`"
                    ),
                })
        };
        size(axes)?;
        let (cells, rest) = (size(kept)?, size(others)?);
        let rows = rows_by_cell(table, used, kept, cells)?;
        let mut filled = Vec::with_capacity(cells);
        if weights == CellWeights::Rows {
            for (cell, &rows) in rows.iter().enumerate() {
                let (x, offset) = self.over_rows(table, used, kept, others, cell, shift)?;
                filled.push((x, offset, rows, false));
            }
        } else {
            let (x, offset) = self.rows_at(table, used, axes, cells * rest, shift)?;
            let shares = shares(table, used, kept, others, weights)?;
            for (cell, &rows) in rows.iter().enumerate() {
                let of = shares(cell);
                let at = |n: usize| cell + cells * n;
                let mut mean = Array1::zeros(x.ncols());
                let mut added = 0.0;
                let equal = vec![1.0 / rest as f64; rest];
                for (n, &share) in of.as_ref().unwrap_or(&equal).iter().enumerate() {
                    if share != 0.0 {
                        mean.scaled_add(share, &x.row(at(n)));
                        added += share * offset[at(n)];
                    }
                }
                filled.push((mean, added, rows, of.is_none()));
            }
        }
        let factors = kept.iter().map(|axis| factor(table, axis));
        let cells = filled
            .into_iter()
            .enumerate()
            .map(|(cell, (x, offset, rows, empty))| GridCell {
                levels: places(kept, cell),
                x,
                offset,
                rows,
                empty,
            });
        let mut notes = notes(others, weights);
        if self.offset_is_mean(axes, shift) && weights != CellWeights::Rows {
            // Columns that the offset alone reads stand nowhere.
            let bases = &self.mean.matrix.bases;
            let beside = |axis: &&Axis| !bases.iter().any(|basis| basis.reads.contains(&axis.name));
            for axis in others.iter().filter(beside) {
                notes.retain(|note| !note.starts_with(&format!("`{}` ", axis.name)));
            }
            notes.push("The offset stands at its mean.".to_owned());
        }
        Ok(Grid::new(
            self.columns().to_vec(),
            factors.collect::<Result<_, Error>>()?,
            cells.collect(),
            notes,
        )?)
    }

    /// Whether there is an offset of which no column is set.
    fn offset_is_mean(&self, axes: &[Axis], shift: Option<(&str, f64)>) -> bool {
        let reads = self.mean.offset_reads();
        let set = |axis: &Axis| {
            matches!(axis.how, How::Kept | How::Given)
                || shift.is_some_and(|(name, _)| name == axis.name)
        };
        !reads.is_empty()
            && !axes
                .iter()
                .any(|axis| reads.contains(&axis.name) && set(axis))
    }

    /// The rows of the model matrix and the offsets at every combination.
    fn rows_at(
        &self,
        data: &Table,
        used: &Used,
        axes: &[Axis],
        size: usize,
        shift: Option<(&str, f64)>,
    ) -> Result<(Array2<f64>, Array1<f64>), Error> {
        let names: Vec<&str> = axes.iter().map(|axis| axis.name.as_str()).collect();
        let moved = |axis: &Axis, value: &Cell| match (value, shift) {
            (Cell::Number(number), Some((name, by))) if axis.name == name => {
                Cell::Number(number + by)
            }
            _ => value.clone(),
        };
        let grid: Vec<Vec<Cell>> = (0..size)
            .map(|place| {
                let places = places(axes, place);
                let each = axes.iter().zip(places);
                each.map(|(axis, place)| moved(axis, &axis.values[place]))
                    .collect()
            })
            .collect();
        let table = self.table(&names, &grid)?;
        let rows: Vec<usize> = (0..size).collect();
        let frame = Frame {
            table: &table,
            rows: &rows,
        };
        let x = self.mean.matrix.rows(frame, |_| true);
        let offset = if self.offset_is_mean(axes, shift) {
            let of_rows = self.mean.offset(Frame {
                table: data,
                rows: &used.rows,
            })?;
            of_rows.and_then(|offset| Some(Array1::from_elem(size, offset.mean()?)))
        } else {
            self.mean.offset(frame).map_err(Error::without_row)?
        };
        Ok((
            x.map_err(Error::without_row)?,
            offset.unwrap_or_else(|| Array1::zeros(size)),
        ))
    }

    /// The average row of the model matrix if every row of the data were in a cell.
    fn over_rows(
        &self,
        table: &Table,
        used: &Used,
        kept: &[Axis],
        others: &[Axis],
        cell: usize,
        shift: Option<(&str, f64)>,
    ) -> Result<(Array1<f64>, f64), Error> {
        let set_rows = self.counterfactual(table, used, kept, others, cell, shift)?;
        let total: f64 = used.weights.iter().sum();
        if total <= 0.0 {
            return Err(no_rows());
        }
        let shares = ArrayView1::from(&used.weights).mapv(|w| w / total);
        Ok((set_rows.x.t().dot(&shares), set_rows.offset.dot(&shares)))
    }

    fn counterfactual(
        &self,
        table: &Table,
        used: &Used,
        kept: &[Axis],
        others: &[Axis],
        cell: usize,
        shift: Option<(&str, f64)>,
    ) -> Result<SetRows, Error> {
        let given = others.iter().filter(|axis| axis.how == How::Given);
        let mut set: Vec<(&str, &Cell)> = Vec::new();
        for (axis, place) in kept.iter().zip(places(kept, cell)) {
            set.push((&axis.name, &axis.values[place]));
        }
        for axis in given {
            let [value] = axis.values.as_slice() else {
                return Err(Error::Contrast {
                    why: format!(
                        "`{}` has several values in `at`, but is not among the cells; the rows of the data can \
                         be set to one value only",
                        axis.name
                    ),
                });
            };
            set.push((&axis.name, value));
        }
        let rows = table.take(&used.rows)?;
        let mut columns = rows.columns().to_vec();
        for column in &mut columns {
            let value = set.iter().find(|(name, _)| *name == column.name);
            let by = shift
                .filter(|(name, _)| *name == column.name)
                .map_or(0.0, |(_, by)| by);
            if let Some((_, value)) = value {
                *column = everywhere(column, value, rows.rows(), by)?;
            } else if let (true, ColumnData::Numeric(numbers)) = (by != 0.0, column.data()) {
                let moved = numbers.iter().map(|x| x.map(|x| x + by)).collect();
                *column = Column::numeric(&column.name, moved)?;
            }
        }
        let part = self.predictors(&Table::new(columns)?)?.mean;
        let n = part.x.nrows();
        Ok(SetRows {
            offset: part.offset.unwrap_or_else(|| Array1::zeros(n)),
            x: part.x,
        })
    }

    /// The rows of the data, all set to each cell of `of` in turn: for averages on the scale of the outcome.
    pub fn counterfactuals(
        &self,
        table: &Table,
        options: &GridOptions,
    ) -> Result<Counterfactuals, Error> {
        let used = self.used_rows(table)?;
        let axes = self.axes(table, &used, options)?;
        let grid = self.fill(table, &used, &axes, CellWeights::Rows, None)?;
        let kept = axes.iter().filter(|axis| axis.how == How::Kept).count();
        let (kept, others) = axes.split_at(kept);
        let sets = (0..grid.cells().len())
            .map(|cell| self.counterfactual(table, &used, kept, others, cell, None));
        Ok(Counterfactuals {
            sets: sets.collect::<Result<_, _>>()?,
            weights: used.weights.into(),
            grid,
        })
    }
}

/// The rows of the data as they would be in each cell of a grid.
#[derive(Debug, Clone, PartialEq)]
pub struct Counterfactuals {
    /// The cells, with the average rows.
    pub grid: Grid,
    /// For each cell the rows of the data, set to it.
    pub sets: Vec<SetRows>,
    /// How much each row counts.
    pub weights: Array1<f64>,
}

/// The rows of the data, all set to one cell.
#[derive(Debug, Clone, PartialEq)]
pub struct SetRows {
    /// Their model matrix.
    pub x: Array2<f64>,
    /// What is added to their linear predictor.
    pub offset: Array1<f64>,
}

/// A column that is kept, as a factor of the grid.
fn factor(table: &Table, axis: &Axis) -> Result<GridFactor, Error> {
    let levels = axis.values.iter().map(Cell::to_string);
    let unit = table.column(&axis.name)?.unit.clone();
    Ok(GridFactor::new(&axis.name, levels).with_unit(unit))
}

/// The places of the values of each column in a combination, the first column running fastest.
fn places(axes: &[Axis], mut combination: usize) -> Vec<usize> {
    let mut each = Vec::with_capacity(axes.len());
    for axis in axes {
        each.push(combination % axis.values.len());
        combination /= axis.values.len();
    }
    each
}

/// For each used row the place of its value among those of a column, if it has one of them.
fn places_of_rows(table: &Table, used: &Used, axis: &Axis) -> Result<Vec<Option<usize>>, Error> {
    let texts: Vec<String> = axis.values.iter().map(Cell::to_string).collect();
    Ok(match table.column(&axis.name)?.data() {
        ColumnData::Factor(factor) => {
            let place = |level: &String| texts.iter().position(|text| text == level);
            let by_code: Vec<Option<usize>> = factor.levels().iter().map(place).collect();
            let code = |&row: &usize| by_code.get(factor.code(row)? as usize).copied().flatten();
            used.rows.iter().map(code).collect()
        }
        ColumnData::Numeric(numbers) => {
            let place = |&row: &usize| {
                let x = numbers.get(row)?;
                axis.values.iter().zip(&texts).position(|(value, text)| {
                    matches!(value, Cell::Number(y) if *y == x) || *text == number_text(x)
                })
            };
            used.rows.iter().map(place).collect()
        }
    })
}

/// How many rows lie at each combination of columns.
fn counts(table: &Table, used: &Used, axes: &[&Axis]) -> Result<Vec<f64>, Error> {
    let size = axes.iter().map(|axis| axis.values.len()).product();
    let mut counts = vec![0.0; size];
    let mut at: Vec<Option<usize>> = vec![Some(0); used.rows.len()];
    let mut stride = 1;
    for axis in axes {
        for (at, place) in at.iter_mut().zip(places_of_rows(table, used, axis)?) {
            *at = at.zip(place).map(|(at, place)| at + stride * place);
        }
        stride *= axis.values.len();
    }
    for (at, weight) in at.iter().zip(&used.weights) {
        if let Some(at) = at {
            counts[*at] += weight;
        }
    }
    Ok(counts)
}

fn rows_by_cell(
    table: &Table,
    used: &Used,
    kept: &[Axis],
    cells: usize,
) -> Result<Vec<f64>, Error> {
    if used.rows.is_empty() {
        return Ok(vec![0.0; cells]);
    }
    counts(table, used, &kept.iter().collect::<Vec<_>>())
}

/// For each cell the share of every combination of the other columns; none where it has no rows to go by.
fn shares(
    table: &Table,
    used: &Used,
    kept: &[Axis],
    others: &[Axis],
    weights: CellWeights,
) -> Result<impl Fn(usize) -> Option<Vec<f64>>, Error> {
    let is_factor = |axis: &&Axis| axis.levels.is_some();
    let of_cell: Vec<&Axis> = kept.iter().filter(is_factor).collect();
    let of_rest: Vec<&Axis> = others.iter().filter(is_factor).collect();
    let all: Vec<&Axis> = of_cell.iter().chain(&of_rest).copied().collect();
    let first: usize = of_cell.iter().map(|axis| axis.values.len()).product();
    let second: usize = of_rest.iter().map(|axis| axis.values.len()).product();
    let table_of = match weights {
        CellWeights::Equal | CellWeights::Rows => vec![1.0; first * second],
        _ => counts(table, used, &all)?,
    };
    if table_of.iter().sum::<f64>() <= 0.0 {
        return Err(no_rows());
    }
    let of_all: Vec<f64> = (0..second)
        .map(|n| (0..first).map(|k| table_of[k + first * n]).sum())
        .collect();
    let outer: Vec<f64> = if weights == CellWeights::Outer {
        let mut product = vec![1.0];
        for axis in &of_rest {
            let own = counts(table, used, &[*axis])?;
            product = own
                .iter()
                .flat_map(|share| product.iter().map(move |before| before * share))
                .collect();
        }
        product
    } else {
        Vec::new()
    };
    // From the place of a combination of all columns to that of its factors.
    let coded = |axes: &[Axis]| {
        let sizes: Vec<(usize, bool)> = axes
            .iter()
            .map(|axis| (axis.values.len(), axis.levels.is_some()))
            .collect();
        let size: usize = sizes.iter().map(|(size, _)| size).product();
        let of = |mut place: usize| {
            let (mut found, mut stride) = (0, 1);
            for &(size, is_factor) in &sizes {
                if is_factor {
                    found += stride * (place % size);
                    stride *= size;
                }
                place /= size;
            }
            found
        };
        (0..size).map(of).collect::<Vec<usize>>()
    };
    let (cell_of, rest_of) = (coded(kept), coded(others));
    Ok(move |cell: usize| {
        let k = cell_of.get(cell).copied().unwrap_or(0);
        let own = |n: usize| match weights {
            CellWeights::Equal | CellWeights::Rows => 1.0,
            CellWeights::Proportional => of_all[n],
            CellWeights::Outer => outer[n],
            CellWeights::Cells => table_of[k + first * n],
            CellWeights::Flat => f64::from(u8::from(table_of[k + first * n] > 0.0)),
        };
        let each: Vec<f64> = rest_of.iter().map(|&n| own(n)).collect();
        let total: f64 = each.iter().sum();
        (total > 0.0).then(|| each.iter().map(|share| share / total).collect())
    })
}

fn no_rows() -> Error {
    Error::Contrast {
        why: "no row of the data lies in the grid, so that there is nothing to weigh by".to_owned(),
    }
}

/// What is averaged over, and where the other columns stand.
fn notes(others: &[Axis], weights: CellWeights) -> Vec<String> {
    if weights == CellWeights::Rows {
        let mut notes = vec![
            "Every row of the data is set to each cell in turn, all else as it is, and averaged."
                .to_owned(),
        ];
        let given = others.iter().filter(|axis| axis.how == How::Given);
        notes.extend(given.map(|axis| format!("`{}` is set to {}.", axis.name, texts(axis))));
        return notes;
    }
    let mut notes = Vec::new();
    let several = |axis: &&Axis| axis.values.len() > 1;
    let averaged: Vec<String> = others
        .iter()
        .filter(several)
        .map(|axis| format!("`{}`", axis.name))
        .collect();
    if !averaged.is_empty() {
        let how = match weights {
            CellWeights::Equal | CellWeights::Rows => "every combination of levels alike",
            CellWeights::Proportional => "each combination by its share of the data",
            CellWeights::Outer => "each combination by the product of the shares of its levels",
            CellWeights::Cells => "each combination by its rows within the cell",
            CellWeights::Flat => "each combination that the data have within the cell alike",
        };
        notes.push(format!("Averaged over {}: {how}.", averaged.join(" and ")));
    }
    for axis in others.iter().filter(|axis| !several(axis)) {
        notes.push(match (&axis.how, axis.values.as_slice()) {
            (How::AtMean, [Cell::Number(mean)]) => {
                // Six digits are enough to be read.
                let short: f64 = format!("{mean:.5e}").parse().unwrap_or(*mean);
                format!(
                    "`{}` stands at its mean, {}.",
                    axis.name,
                    number_text(short)
                )
            }
            _ => format!("`{}` is set to {}.", axis.name, texts(axis)),
        });
    }
    notes
}

fn texts(axis: &Axis) -> String {
    let texts: Vec<String> = axis.values.iter().map(Cell::to_string).collect();
    texts.join(", ")
}

/// The numbers of a column in the rows that are used.
fn numbers(table: &Table, name: &str, used: &Used) -> Result<Vec<f64>, Error> {
    let numeric = table.numeric(name)?;
    let numbers: Vec<f64> = used
        .rows
        .iter()
        .filter_map(|&row| numeric.get(row))
        .collect();
    if numbers.is_empty() {
        return Err(no_rows());
    }
    Ok(numbers)
}

/// The plain mean: as in R, weights of the rows do not move where a covariate stands.
fn weighted_mean(numbers: &[f64]) -> f64 {
    numbers.iter().sum::<f64>() / numbers.len() as f64
}

fn range(table: &Table, name: &str, used: &Used) -> Result<f64, Error> {
    let numbers = numbers(table, name, used)?;
    let low = numbers.iter().copied().fold(f64::INFINITY, f64::min);
    let high = numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    Ok(high - low)
}

/// A column with one value in every row.
fn everywhere(old: &Column, value: &Cell, rows: usize, by: f64) -> Result<Column, Error> {
    Ok(match (old.data(), value) {
        (ColumnData::Factor(factor), value) => {
            let text = value.to_string();
            let place = factor.levels().iter().position(|level| *level == text);
            let code = place.and_then(|place| u32::try_from(place).ok());
            let new = Column::factor(&old.name, factor.levels().to_vec(), vec![code; rows])?;
            if factor.is_ordered() {
                new.ordered()
            } else {
                new
            }
        }
        (ColumnData::Numeric(_), Cell::Number(number)) => {
            Column::numeric(&old.name, vec![Some(number + by); rows])?
        }
        _ => old.clone(),
    })
}
