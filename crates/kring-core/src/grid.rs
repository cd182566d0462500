use ndarray::{Array1, ArrayView1};
use serde::{Deserialize, Serialize};

use crate::Error;

/// The settings at which the mean of a model is asked for, a cell each.
///
/// A cell is one combination of the levels of the grid's factors. It has a row of weights for the
/// columns of the model matrix: the row of that setting, or the average of several such rows. The
/// formula language makes a grid, and the estimators read it; every number is finite.
///
/// ```
/// use kring_core::{Grid, GridCell, GridFactor};
/// let arm = GridFactor::new("arm", ["WT", "EKC"]);
/// let cell = |level, x: [f64; 2]| GridCell { levels: vec![level], x: x.to_vec().into(), offset: 0.0, rows: 10.0, empty: false };
/// let columns = vec!["(Intercept)".to_owned(), "armEKC".to_owned()];
/// let grid = Grid::new(columns, vec![arm], vec![cell(0, [1.0, 0.0]), cell(1, [1.0, 1.0])], vec![])?;
/// assert_eq!(grid.label(1), "arm EKC");
/// # Ok::<(), kring_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Grid {
    columns: Vec<String>,
    factors: Vec<GridFactor>,
    cells: Vec<GridCell>,
    notes: Vec<String>,
}

/// A column in which the cells of a grid differ.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GridFactor {
    /// Its name in the table.
    pub name: String,
    /// Its levels, or its numbers as text.
    pub levels: Vec<String>,
    /// The levels as numbers, where all of them are.
    pub numbers: Option<Vec<f64>>,
    /// The unit of the numbers: `months`.
    pub unit: Option<String>,
}

/// One combination of levels.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GridCell {
    /// The place of the level of each factor of the grid.
    pub levels: Vec<usize>,
    /// The weights of the columns of the model matrix.
    pub x: Array1<f64>,
    /// What is added to the linear predictor.
    pub offset: f64,
    /// How many rows of the data lie there (their weights, where they have any).
    pub rows: f64,
    /// Whether an average by the rows of the data was asked for where there are none, so that `x`
    /// means nothing.
    pub empty: bool,
}

impl Grid {
    /// A grid whose parts fit together.
    pub fn new(
        columns: Vec<String>,
        factors: Vec<GridFactor>,
        cells: Vec<GridCell>,
        notes: Vec<String>,
    ) -> Result<Self, Error> {
        for (place, cell) in cells.iter().enumerate() {
            let what = || format!("cell {} of the grid", place + 1);
            let length = |expected: usize, found: usize| Error::Length {
                what: what(),
                expected,
                found,
            };
            if cell.x.len() != columns.len() {
                return Err(length(columns.len(), cell.x.len()));
            }
            if cell.levels.len() != factors.len() {
                return Err(length(factors.len(), cell.levels.len()));
            }
            if let Some((factor, &level)) = factors
                .iter()
                .zip(&cell.levels)
                .find(|(factor, level)| **level >= factor.levels.len())
            {
                return Err(Error::Code {
                    column: factor.name.clone(),
                    row: place,
                    code: u32::try_from(level).unwrap_or(u32::MAX),
                    levels: factor.levels.len(),
                });
            }
            let mut numbers = cell.x.iter().chain([&cell.offset, &cell.rows]);
            if numbers.any(|x| !x.is_finite()) {
                return Err(Error::NotFinite {
                    what: "the grid".to_owned(),
                    row: place,
                });
            }
        }
        Ok(Self {
            columns,
            factors,
            cells,
            notes,
        })
    }

    /// The columns of the model matrix.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// The columns in which the cells differ.
    pub fn factors(&self) -> &[GridFactor] {
        &self.factors
    }

    /// The cells.
    pub fn cells(&self) -> &[GridCell] {
        &self.cells
    }

    /// What the cells were averaged over, and where other columns stand, in sentences.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// The weights of a cell.
    pub fn x(&self, cell: usize) -> Option<ArrayView1<'_, f64>> {
        self.cells.get(cell).map(|cell| cell.x.view())
    }

    /// What a cell is called: `arm EKC, wave 2`; `all` where there are no factors.
    pub fn label(&self, cell: usize) -> String {
        let levels = self.cells.get(cell).map_or(&[][..], |cell| &cell.levels);
        let each: Vec<String> = self
            .factors
            .iter()
            .zip(levels)
            .map(|(factor, &level)| factor.place(level))
            .collect();
        if each.is_empty() {
            "all".to_owned()
        } else {
            each.join(", ")
        }
    }
}

impl GridFactor {
    /// A factor with these levels; numbers among them are read as such.
    pub fn new<L: Into<String>>(
        name: impl Into<String>,
        levels: impl IntoIterator<Item = L>,
    ) -> Self {
        let levels: Vec<String> = levels.into_iter().map(Into::into).collect();
        let number = |level: &String| level.trim().parse::<f64>().ok().filter(|x| x.is_finite());
        Self {
            name: name.into(),
            numbers: levels.iter().map(number).collect(),
            levels,
            unit: None,
        }
    }

    /// The same factor with the unit of its numbers.
    pub fn with_unit(mut self, unit: Option<String>) -> Self {
        self.unit = unit;
        self
    }

    /// A level as a reader knows it: `arm EKC`, `wave 2`, `24 months`.
    pub fn place(&self, level: usize) -> String {
        let text = self.levels.get(level).map_or("", String::as_str);
        match (&self.unit, &self.numbers) {
            (Some(unit), Some(_)) => format!("{text} {unit}"),
            _ => format!("{} {text}", self.name),
        }
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    reason = "a test may stop at what it did not expect"
)]
mod tests {
    use super::*;

    fn cell(levels: Vec<usize>, x: Vec<f64>) -> GridCell {
        GridCell {
            levels,
            x: x.into(),
            offset: 0.0,
            rows: 1.0,
            empty: false,
        }
    }

    #[test]
    fn levels_are_called_as_a_reader_knows_them() {
        let arm = GridFactor::new("arm", ["WT", "EKC"]);
        let months = GridFactor::new("time", ["0", "24"]).with_unit(Some("months".into()));
        assert_eq!(months.numbers, Some(vec![0.0, 24.0]));
        let cells = vec![cell(vec![1, 1], vec![1.0])];
        let grid = Grid::new(vec!["(Intercept)".into()], vec![arm, months], cells, vec![]).unwrap();
        assert_eq!(grid.label(0), "arm EKC, 24 months");
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let grid = |cell| {
            let arm = GridFactor::new("arm", ["WT", "EKC"]);
            Grid::new(vec!["(Intercept)".into()], vec![arm], vec![cell], vec![])
        };
        assert!(matches!(
            grid(cell(vec![0], vec![1.0, 2.0])),
            Err(Error::Length { .. })
        ));
        assert!(matches!(
            grid(cell(vec![], vec![1.0])),
            Err(Error::Length { .. })
        ));
        assert!(matches!(
            grid(cell(vec![2], vec![1.0])),
            Err(Error::Code { .. })
        ));
        assert!(matches!(
            grid(cell(vec![0], vec![f64::NAN])),
            Err(Error::NotFinite { .. })
        ));
    }
}
