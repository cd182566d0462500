use kring_core::{Column, Table, suggestion};
use ndarray::{Array1, Axis};
use serde::{Deserialize, Serialize};

use crate::{
    Error, Recipe,
    frame::{Frame, near_levels},
    matrix::{Matrix, TermPlan},
    number::number_text,
    schema::ColumnKind,
};

/// How many combinations of levels an average may run over.
pub(crate) const COMBINATIONS: usize = 65_536;

/// Weights for the coefficients of the mean, and what their sum means.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contrast {
    /// `arm EKC, wave 2`, or `arm EKC − WT at wave 2`.
    pub label: String,
    /// The names of the coefficients.
    pub columns: Vec<String>,
    /// The weight of each coefficient.
    pub weights: Array1<f64>,
}

/// What happens to columns that the settings do not name.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum At {
    /// Every column that matters must be named.
    #[default]
    Named,
    /// Numbers at their mean over the rows that the recipe used; factors averaged over their
    /// levels, each level counting alike. This is what R's emmeans does.
    Mean,
    /// Numbers at their mean, factors at their first level.
    Reference,
}

/// The value of a column in a setting.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cell {
    Number(f64),
    Level(String),
}

type Settings = Vec<(String, Cell)>;

impl Contrast {
    /// This contrast minus another one, for a difference of differences.
    ///
    /// ```
    /// use kring_formula::Contrast;
    /// let contrast = |label: &str, weights: [f64; 2]| Contrast {
    ///     label: label.into(),
    ///     columns: vec!["armEKC".into(), "armEKC:wave2".into()],
    ///     weights: weights.to_vec().into(),
    /// };
    /// let late = contrast("arm EKC − WT at wave 2", [1.0, 1.0]);
    /// let early = contrast("arm EKC − WT at wave 1", [1.0, 0.0]);
    /// let change = late.minus(&early)?;
    /// assert_eq!(change.weights.to_vec(), [0.0, 1.0]);
    /// assert_eq!(change.label, "(arm EKC − WT at wave 2) − (arm EKC − WT at wave 1)");
    /// # Ok::<(), kring_formula::Error>(())
    /// ```
    pub fn minus(&self, other: &Self) -> Result<Self, Error> {
        if self.columns != other.columns || self.weights.len() != other.weights.len() {
            return Err(Error::Contrast {
                why: format!(
                    "`{}` and `{}` are contrasts of different models",
                    self.label, other.label
                ),
            });
        }
        Ok(Self {
            label: format!("({}) − ({})", self.label, other.label),
            columns: self.columns.clone(),
            weights: &self.weights - &other.weights,
        })
    }
}

impl Recipe {
    /// The row of the model matrix at settings that name every column of the mean's model.
    ///
    /// Offsets and random terms take no part.
    pub fn row(&self, settings: &[(&str, &str)]) -> Result<Contrast, Error> {
        self.row_at(settings, At::Named)
    }

    /// The row of the model matrix at settings, the other columns as `at` says.
    pub fn row_at(&self, settings: &[(&str, &str)], at: At) -> Result<Contrast, Error> {
        let settings = self.settings(settings)?;
        let label = match (settings.is_empty(), at) {
            (false, _) => listed(&settings),
            (true, At::Named) => "(Intercept)".to_owned(),
            (true, At::Mean) => "averages".to_owned(),
            (true, At::Reference) => "references".to_owned(),
        };
        let weights = self.weights(&settings, at, |_| true)?;
        Ok(Contrast {
            label,
            columns: self.columns().to_vec(),
            weights,
        })
    }

    /// The difference between the model at one setting and at another.
    ///
    /// Both name the same columns. Only columns that matter need a name: those of terms in which
    /// something differs; all other terms cancel.
    pub fn difference(&self, a: &[(&str, &str)], b: &[(&str, &str)]) -> Result<Contrast, Error> {
        self.difference_at(a, b, At::Named)
    }

    /// The difference between two settings, columns that matter and are not named as `at` says.
    pub fn difference_at(
        &self,
        a: &[(&str, &str)],
        b: &[(&str, &str)],
        at: At,
    ) -> Result<Contrast, Error> {
        let (a, b) = (self.settings(a)?, self.settings(b)?);
        let named_in = |name: &str, other: &Settings| other.iter().any(|(known, _)| known == name);
        let one_sided = a.iter().find(|(name, _)| !named_in(name, &b));
        if let Some((name, _)) = one_sided.or(b.iter().find(|(name, _)| !named_in(name, &a))) {
            let why = format!("`{name}` is set on one side only; set it on both");
            return Err(Error::Contrast { why });
        }
        let (same, differing): (Settings, Settings) =
            a.iter().cloned().partition(|setting| b.contains(setting));
        if differing.is_empty() {
            let why = "the two settings are alike, so that nothing differs".to_owned();
            return Err(Error::Contrast { why });
        }
        let matters = |term: &TermPlan| {
            let mut reads = self.mean.matrix.reads(term);
            reads.any(|read| named_in(read, &differing))
        };
        let weights = self.weights(&a, at, matters)? - self.weights(&b, at, matters)?;
        let others: Settings = b
            .into_iter()
            .filter(|(name, _)| named_in(name, &differing))
            .collect();
        let end = if same.is_empty() {
            String::new()
        } else {
            format!(" at {}", listed(&same))
        };
        let label = match (differing.as_slice(), others.as_slice()) {
            ([(name, one)], [(_, other)]) => format!("{name} {one} − {other}{end}"),
            _ => format!("{} − {}{end}", listed(&differing), listed(&others)),
        };
        Ok(Contrast {
            label,
            columns: self.columns().to_vec(),
            weights,
        })
    }

    fn settings(&self, settings: &[(&str, &str)]) -> Result<Settings, Error> {
        let matrix = &self.mean.matrix;
        let mut read: Settings = Vec::new();
        for &(name, value) in settings {
            let refused = |why: String| Error::Setting {
                column: name.to_owned(),
                value: value.to_owned(),
                why,
            };
            let mut names = self.used().iter().map(String::as_str).filter(|name| {
                matrix
                    .bases
                    .iter()
                    .any(|basis| basis.reads.iter().any(|read| read == name))
            });
            if !names.clone().any(|known| known == name) {
                let near = suggestion(name, { &mut names }.collect::<Vec<_>>());
                return Err(refused(format!(
                    "the terms of the mean do not use it{near}"
                )));
            }
            if read.iter().any(|(known, _)| known == name) {
                return Err(refused("it is set twice".to_owned()));
            }
            let levels = levels(matrix, name);
            let cell = if *self.schema.kind(name, &(0..0))? == ColumnKind::Numeric {
                let number = value
                    .trim()
                    .parse()
                    .ok()
                    .filter(|number: &f64| number.is_finite());
                Cell::Number(number.ok_or_else(|| refused("it must be a number".to_owned()))?)
            } else {
                Cell::Level(value.to_owned())
            };
            if let Some(levels) = levels.filter(|levels| !levels.contains(&cell.to_string())) {
                let near = near_levels(value, levels);
                return Err(refused(format!("there is no such level{near}")));
            }
            read.push((name.to_owned(), cell));
        }
        Ok(read)
    }

    /// The average row of the terms that matter, the others left zero.
    fn weights(
        &self,
        settings: &Settings,
        at: At,
        matters: impl Fn(&TermPlan) -> bool,
    ) -> Result<Array1<f64>, Error> {
        let matrix = &self.mean.matrix;
        let mut columns: Vec<&str> = Vec::new();
        for read in matrix
            .terms
            .iter()
            .filter(|term| matters(term))
            .flat_map(|t| matrix.reads(t))
        {
            if !columns.contains(&read) {
                columns.push(read);
            }
        }
        let set = |name: &str| settings.iter().find(|(known, _)| known == name);
        let unset: Vec<_> = columns.iter().filter(|name| set(name).is_none()).collect();
        if at == At::Named && !unset.is_empty() {
            let columns = unset
                .iter()
                .map(|name| format!("`{name}`"))
                .collect::<Vec<_>>();
            return Err(Error::Unset {
                columns: columns.join(", "),
            });
        }
        let mut grid: Vec<Vec<Cell>> = vec![Vec::new()];
        for name in &columns {
            let choices = match set(name) {
                Some((_, cell)) => vec![cell.clone()],
                None => self.choices(name, at)?,
            };
            if grid.len() * choices.len() > COMBINATIONS {
                return Err(Error::Contrast {
                    why: format!(
                        "the average would run over more than {COMBINATIONS} combinations of \
                         levels; name more columns"
                    ),
                });
            }
            let extended = |cells: &Vec<Cell>| {
                let cells = cells.clone();
                choices
                    .clone()
                    .into_iter()
                    .map(move |cell| [cells.clone(), vec![cell]].concat())
            };
            grid = grid.iter().flat_map(extended).collect();
        }
        let table = self.table(&columns, &grid)?;
        let rows: Vec<usize> = (0..grid.len()).collect();
        // A grid without columns is a table without rows, but still one setting.
        let frame = Frame {
            table: &table,
            rows: &rows,
        };
        let x = matrix.rows(frame, matters).map_err(Error::without_row)?;
        Ok(x.sum_axis(Axis(0)) / grid.len() as f64)
    }

    /// What a column that is not named runs over.
    fn choices(&self, name: &str, at: At) -> Result<Vec<Cell>, Error> {
        let numeric = *self.schema.kind(name, &(0..0))? == ColumnKind::Numeric;
        let Some(levels) = levels(&self.mean.matrix, name) else {
            let mean = self.means.get(name).copied();
            let unset = || Error::Unset {
                columns: format!("`{name}`"),
            };
            return Ok(vec![Cell::Number(mean.ok_or_else(unset)?)]);
        };
        let wanted = if at == At::Reference { 1 } else { levels.len() };
        let cell = |level: &String| match (numeric, level.parse()) {
            (true, Ok(number)) => Cell::Number(number),
            _ => Cell::Level(level.clone()),
        };
        Ok(levels.iter().take(wanted).map(cell).collect())
    }

    pub(crate) fn table(&self, names: &[&str], grid: &[Vec<Cell>]) -> Result<Table, Error> {
        let columns = names.iter().enumerate().map(|(j, &name)| {
            let number = |row: &Vec<Cell>| match row[j] {
                Cell::Number(number) => Some(number),
                Cell::Level(_) => None,
            };
            let column = match self.schema.kind(name, &(0..0))? {
                ColumnKind::Numeric => Column::numeric(name, grid.iter().map(number).collect())?,
                ColumnKind::Factor { levels, .. } => {
                    let place = |row: &Vec<Cell>| {
                        let text = row[j].to_string();
                        let place = levels.iter().position(|level| *level == text);
                        place.and_then(|place| u32::try_from(place).ok())
                    };
                    Column::factor(name, levels.clone(), grid.iter().map(place).collect())?
                }
            };
            Ok(column)
        });
        Ok(Table::new(columns.collect::<Result<_, Error>>()?)?)
    }
}

impl std::fmt::Display for Cell {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Number(number) => f.write_str(&number_text(*number)),
            Self::Level(level) => f.write_str(level),
        }
    }
}

/// The levels by which a column is coded, if it is.
pub(crate) fn levels<'a>(matrix: &'a Matrix, name: &str) -> Option<&'a [String]> {
    let mut coded = matrix.bases.iter().filter_map(|basis| basis.levels());
    coded
        .find(|(column, _)| *column == name)
        .map(|(_, levels)| levels)
}

fn listed(settings: &Settings) -> String {
    let each: Vec<String> = settings
        .iter()
        .map(|(name, cell)| format!("{name} {cell}"))
        .collect();
    each.join(", ")
}
