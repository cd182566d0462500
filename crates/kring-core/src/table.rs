use std::collections::HashSet;

use crate::{Error, near};

/// Columns by name, all of one length: what a formula sees.
///
/// A column holds numbers or the levels of a factor; either may be missing in a row. There are
/// no dates, texts or codes here: whatever reads the data settles those first.
///
/// ```
/// use kring_core::{Column, Table};
/// let table = Table::new(vec![
///     Column::numeric("problems", vec![Some(6.0), None, Some(4.0)])?,
///     Column::factor("arm", ["WT", "EKC"], vec![Some(1), Some(0), Some(0)])?,
/// ])?;
/// assert_eq!(table.rows(), 3);
/// assert_eq!(table.numeric("problems")?.get(1), None);
/// assert_eq!(table.factor("arm")?.label(0), Some("EKC"));
/// # Ok::<(), kring_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    columns: Vec<Column>,
    rows: usize,
}

/// A named column with what a reader calls it and the unit it is in.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// The name by which formulas know it.
    pub name: String,
    /// What a reader calls it, where it differs from the name.
    pub label: Option<String>,
    /// The unit of its numbers: `points`, `problems`, `months`.
    pub unit: Option<String>,
    data: ColumnData,
}

/// Numbers, or the levels of a factor.
#[derive(Debug, Clone, PartialEq)]
pub enum ColumnData {
    /// Numbers, some of them missing.
    Numeric(Numeric),
    /// Levels in a declared order, some of them missing.
    Factor(Factor),
}

/// Finite numbers; a missing one is kept as zero with its validity false.
#[derive(Debug, Clone, PartialEq)]
pub struct Numeric {
    values: Vec<f64>,
    valid: Vec<bool>,
    counted: bool,
}

/// Codes that point into levels; the first level is the reference of treatment coding.
#[derive(Debug, Clone, PartialEq)]
pub struct Factor {
    levels: Vec<String>,
    codes: Vec<Option<u32>>,
    ordered: bool,
}

impl Table {
    /// A table of columns that have one length and different names.
    pub fn new(columns: Vec<Column>) -> Result<Self, Error> {
        let rows = columns.first().map_or(0, Column::rows);
        for (i, column) in columns.iter().enumerate() {
            if column.rows() != rows {
                return Err(Error::Length {
                    what: format!("column `{}`", column.name),
                    expected: rows,
                    found: column.rows(),
                });
            }
            if columns[..i].iter().any(|other| other.name == column.name) {
                return Err(Error::DuplicateColumn {
                    column: column.name.clone(),
                });
            }
        }
        Ok(Self { columns, rows })
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The columns in their order.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The names of the columns in their order.
    pub fn names(&self) -> impl Iterator<Item = &str> + Clone {
        self.columns.iter().map(|column| column.name.as_str())
    }

    /// The column of a name, or an error that lists near names.
    pub fn column(&self, name: &str) -> Result<&Column, Error> {
        self.columns
            .iter()
            .find(|column| column.name == name)
            .ok_or_else(|| Error::UnknownColumn {
                column: name.to_owned(),
                suggestion: near::suggestion(name, self.names()),
            })
    }

    /// The numbers of a column that must hold numbers.
    pub fn numeric(&self, name: &str) -> Result<&Numeric, Error> {
        match &self.column(name)?.data {
            ColumnData::Numeric(numeric) => Ok(numeric),
            ColumnData::Factor(_) => Err(Error::WrongType {
                column: name.to_owned(),
                expected: "numbers",
                found: "a factor",
            }),
        }
    }

    /// The factor of a column that must be one.
    pub fn factor(&self, name: &str) -> Result<&Factor, Error> {
        match &self.column(name)?.data {
            ColumnData::Factor(factor) => Ok(factor),
            ColumnData::Numeric(_) => Err(Error::WrongType {
                column: name.to_owned(),
                expected: "a factor",
                found: "numeric",
            }),
        }
    }

    /// The table with only these rows, in this order; a row may be taken more than once.
    ///
    /// The levels of factors stay as they were declared.
    pub fn take(&self, rows: &[usize]) -> Result<Self, Error> {
        if let Some(&row) = rows.iter().find(|&&row| row >= self.rows) {
            return Err(Error::Length {
                what: format!("row {}", row + 1),
                expected: self.rows,
                found: row + 1,
            });
        }
        let columns = self
            .columns
            .iter()
            .map(|column| Column {
                data: column.data.take(rows),
                ..column.clone()
            })
            .collect();
        Ok(Self {
            columns,
            rows: rows.len(),
        })
    }
}

impl Column {
    /// A column of finite numbers, `None` where one is missing.
    pub fn numeric(name: impl Into<String>, values: Vec<Option<f64>>) -> Result<Self, Error> {
        let name = name.into();
        if let Some(row) = values
            .iter()
            .position(|value| value.is_some_and(|x| !x.is_finite()))
        {
            return Err(Error::NotFinite {
                what: format!("column `{name}`"),
                row,
            });
        }
        let valid = values.iter().map(Option::is_some).collect();
        let values = values
            .into_iter()
            .map(|value| value.unwrap_or(0.0))
            .collect();
        Ok(Self {
            name,
            label: None,
            unit: None,
            data: ColumnData::Numeric(Numeric {
                values,
                valid,
                counted: false,
            }),
        })
    }

    /// A factor: its levels in order, and for each row the level's place, `None` where missing.
    pub fn factor<L: Into<String>>(
        name: impl Into<String>,
        levels: impl IntoIterator<Item = L>,
        codes: Vec<Option<u32>>,
    ) -> Result<Self, Error> {
        let name = name.into();
        let levels: Vec<String> = levels.into_iter().map(Into::into).collect();
        // The subjects of a large cohort are levels too: a scan for each level would be too slow.
        let mut seen = HashSet::with_capacity(levels.len());
        if let Some(level) = levels.iter().find(|level| !seen.insert(level.as_str())) {
            return Err(Error::DuplicateColumn {
                column: format!("{name}, level {level}"),
            });
        }
        for (row, code) in codes.iter().enumerate() {
            if let Some(code) = code.filter(|&code| code as usize >= levels.len()) {
                return Err(Error::Code {
                    column: name,
                    row,
                    code,
                    levels: levels.len(),
                });
            }
        }
        Ok(Self {
            name,
            label: None,
            unit: None,
            data: ColumnData::Factor(Factor {
                levels,
                codes,
                ordered: false,
            }),
        })
    }

    /// The same column with what a reader calls it.
    pub fn with_label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// The same column with its unit.
    pub fn with_unit(mut self, unit: impl Into<String>) -> Self {
        self.unit = Some(unit.into());
        self
    }

    /// The same factor, its levels meant as an order (grades, severity). Numbers stay as they are.
    pub fn ordered(mut self) -> Self {
        if let ColumnData::Factor(factor) = &mut self.data {
            factor.ordered = true;
        }
        self
    }

    /// The same numbers, declared to be counts. A factor stays as it is.
    pub fn counted(mut self) -> Self {
        if let ColumnData::Numeric(numeric) = &mut self.data {
            numeric.counted = true;
        }
        self
    }

    /// The label, or the name where there is none.
    pub fn title(&self) -> &str {
        self.label.as_deref().unwrap_or(&self.name)
    }

    /// Numbers or levels.
    pub fn data(&self) -> &ColumnData {
        &self.data
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        match &self.data {
            ColumnData::Numeric(numeric) => numeric.values.len(),
            ColumnData::Factor(factor) => factor.codes.len(),
        }
    }

    /// Whether a row has no value.
    pub fn is_missing(&self, row: usize) -> bool {
        match &self.data {
            ColumnData::Numeric(numeric) => numeric.get(row).is_none(),
            ColumnData::Factor(factor) => factor.code(row).is_none(),
        }
    }
}

impl ColumnData {
    fn take(&self, rows: &[usize]) -> Self {
        match self {
            Self::Numeric(numeric) => Self::Numeric(Numeric {
                values: rows.iter().map(|&row| numeric.values[row]).collect(),
                valid: rows.iter().map(|&row| numeric.valid[row]).collect(),
                counted: numeric.counted,
            }),
            Self::Factor(factor) => Self::Factor(Factor {
                levels: factor.levels.clone(),
                codes: rows.iter().map(|&row| factor.codes[row]).collect(),
                ordered: factor.ordered,
            }),
        }
    }
}

impl Numeric {
    /// The value of a row, if there is one.
    pub fn get(&self, row: usize) -> Option<f64> {
        (self.valid.get(row) == Some(&true)).then(|| self.values[row])
    }

    /// Every row's value in order.
    pub fn iter(&self) -> impl Iterator<Item = Option<f64>> + '_ {
        (0..self.values.len()).map(|row| self.get(row))
    }

    /// Whether they were declared to be counts.
    pub fn is_count(&self) -> bool {
        self.counted
    }

    /// The values that are there, in order.
    pub fn present(&self) -> Vec<f64> {
        self.iter().flatten().collect()
    }
}

impl Factor {
    /// The levels in their declared order.
    pub fn levels(&self) -> &[String] {
        &self.levels
    }

    /// The place of a row's level, if it has one.
    pub fn code(&self, row: usize) -> Option<u32> {
        self.codes.get(row).copied().flatten()
    }

    /// The level of a row, if it has one.
    pub fn label(&self, row: usize) -> Option<&str> {
        self.code(row)
            .map(|code| self.levels[code as usize].as_str())
    }

    /// Every row's place in order.
    pub fn codes(&self) -> &[Option<u32>] {
        &self.codes
    }

    /// Whether the levels are meant as an order.
    pub fn is_ordered(&self) -> bool {
        self.ordered
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    reason = "a test may stop at what it did not expect"
)]
mod tests {
    use super::*;

    fn two_columns() -> Table {
        Table::new(vec![
            Column::numeric("problems", vec![Some(6.0), None, Some(4.0)]).unwrap(),
            Column::factor("arm", ["WT", "EKC"], vec![Some(1), Some(0), None]).unwrap(),
        ])
        .unwrap()
    }

    #[test]
    fn rows_are_taken_with_their_missing_values() {
        let taken = two_columns().take(&[2, 1, 1]).unwrap();
        let problems: Vec<_> = taken.numeric("problems").unwrap().iter().collect();
        assert_eq!(problems, [Some(4.0), None, None]);
        assert_eq!(taken.factor("arm").unwrap().label(0), None);
        assert_eq!(taken.factor("arm").unwrap().label(1), Some("WT"));
        assert!(matches!(
            two_columns().take(&[3]),
            Err(Error::Length { found: 4, .. })
        ));
    }

    #[test]
    fn what_cannot_be_a_table_is_refused() {
        let x = || Column::numeric("x", vec![Some(1.0)]).unwrap();
        let longer = Column::numeric("y", vec![Some(1.0), None]).unwrap();
        assert_eq!(
            Table::new(vec![x(), longer]).unwrap_err().to_string(),
            "column `y` has 2 values, but 1 rows were expected"
        );
        assert!(matches!(
            Table::new(vec![x(), x()]),
            Err(Error::DuplicateColumn { .. })
        ));
        assert!(matches!(
            Column::numeric("x", vec![Some(f64::NAN)]),
            Err(Error::NotFinite { row: 0, .. })
        ));
        assert!(matches!(
            Column::factor("arm", ["WT"], vec![Some(1)]),
            Err(Error::Code {
                code: 1,
                levels: 1,
                ..
            })
        ));
        assert_eq!(
            two_columns().numeric("problem").unwrap_err().to_string(),
            "there is no column `problem` in the table; did you mean `problems`?"
        );
        assert!(matches!(
            two_columns().numeric("arm"),
            Err(Error::WrongType { .. })
        ));
    }
}
