use kring_core::{Column, Table};

use crate::Dataset;
use crate::cells::cells;
use crate::error::Error;
use crate::missing;
use crate::settle::{Purpose, Raw, Shape, Values, Wish, settle};

impl Dataset {
    /// The columns as they stand, row by row: for a model of data without subjects or waves.
    ///
    /// Each column becomes what it would become in a cohort: numbers stay numbers unless every
    /// value has a label, texts become factors, user-missing codes become missing.
    ///
    /// ```
    /// use kring_cohort::{ReadOptions, read_bytes};
    /// let data = read_bytes("cohort.csv", b"arm,problems\nEKC,6\nWT,4\n", &ReadOptions::default())?;
    /// let table = data.table()?;
    /// assert_eq!(table.factor("arm").unwrap().levels(), ["EKC", "WT"]);
    /// assert_eq!(table.numeric("problems").unwrap().get(1), Some(4.0));
    /// # Ok::<(), kring_cohort::Error>(())
    /// ```
    pub fn table(&self) -> Result<Table, Error> {
        let columns = (0..self.frame.width()).filter_map(|index| self.column(index).transpose());
        let columns: Vec<Column> = columns.collect::<Result<_, _>>()?;
        Table::new(columns).map_err(|error| self.unfit(&error))
    }

    /// One column of the table, by its place among those of the frame.
    pub fn column(&self, index: usize) -> Result<Option<Column>, Error> {
        let file = self.provenance.file.as_str();
        let Some(column) = self.frame.columns().get(index) else {
            return Ok(None);
        };
        let name = column.name().as_str();
        let entry = self
            .codebook
            .variables
            .iter()
            .find(|entry| entry.name == name);
        let mut cells = cells(column, file)?;
        missing::take(&mut cells, entry, &[]);
        let raw = Raw {
            column: name,
            index,
            wave: None,
            cells,
            entry,
        };
        let wish = Wish {
            file,
            name,
            purpose: Purpose::Variable,
            levels: &[],
            spec: None,
        };
        // Nothing is declared, so there is nothing to violate.
        let settled = settle(&wish, vec![raw], &[], &mut Vec::new())?;
        let ordered = matches!(settled.shape, Shape::Factor { ordered: true, .. });
        let levels = settled.levels().to_vec();
        let Some(source) = settled.sources.into_iter().next() else {
            return Ok(None);
        };
        let column = match source.values {
            Values::Numbers(values) => Column::numeric(name, values),
            Values::Codes(codes) => Column::factor(name, levels, codes),
        };
        let mut column = column.map_err(|error| self.unfit(&error))?;
        if ordered {
            column = column.ordered();
        }
        column.label = settled.label;
        column.unit = settled.unit;
        Ok(Some(column))
    }

    fn unfit(&self, error: &kring_core::Error) -> Error {
        Error::Table {
            file: self.provenance.file.clone(),
            problem: error.to_string(),
        }
    }
}
