use std::collections::HashMap;

use kring_core::{Circles, ColumnData, Grouping, Table};

use super::build::{keys, made};
use crate::error::Error;
use crate::read::Provenance;
use crate::validate::list;

/// Circles with what else is known of their families.
#[derive(Debug, Clone, PartialEq)]
pub struct CircleData {
    /// The circles.
    pub circles: Circles,
    /// A row for each circle in the order of [`Circles::iter`]: its family, its wave, and the further columns
    /// of the table of families.
    pub families: Table,
    /// What a careful reader should know of how they were read, in sentences.
    pub notes: Vec<String>,
    /// Where they come from, file by file.
    pub provenance: Vec<Provenance>,
}

impl CircleData {
    /// Circles that come from no file, such as simulated ones: of their families nothing further is known.
    pub fn new(circles: Circles) -> Result<Self, Error> {
        let refuse = made("circles");
        let columns = keys(&circles).map_err(&refuse)?;
        Ok(Self {
            families: Table::new(columns).map_err(&refuse)?,
            circles,
            notes: Vec::new(),
            provenance: Vec::new(),
        })
    }

    /// The group of each family by a further column of its rows, such as its arm.
    ///
    /// A family may have it at one wave only. It is an error where a family has none, or two.
    pub fn group_of_families(&self, column: &str) -> Result<Grouping, Error> {
        let refuse = |problem: String| Error::Declaration {
            file: self.file(),
            what: format!("column `{column}`"),
            problem,
        };
        let data = self
            .families
            .column(column)
            .map_err(|error| Error::Table {
                file: self.file(),
                problem: error.to_string(),
            })?
            .data();
        let (levels, of_row) = coded(data);
        let mut index: Vec<Option<u32>> = vec![None; self.circles.families()];
        let mut mixed: Vec<(usize, [u32; 2])> = Vec::new();
        for (circle, code) in self.circles.iter().zip(of_row) {
            let family = circle.family_index();
            match (index[family], code) {
                (None, Some(_)) => index[family] = code,
                (Some(before), Some(now))
                    if before != now && mixed.last().is_none_or(|last| last.0 != family) =>
                {
                    mixed.push((family, [before, now]));
                }
                _ => {}
            }
        }
        if let Some((family, [before, now])) = mixed.first() {
            let more = match mixed.len() - 1 {
                0 => String::new(),
                n => format!(", and so it is with {n} more"),
            };
            return Err(refuse(format!(
                "is `{}` and `{}` of one family, `{}`{more}; a family has one group, correct its rows",
                levels[*before as usize],
                levels[*now as usize],
                self.circles.family_name(*family)
            )));
        }
        let without = index.iter().enumerate().filter(|(_, code)| code.is_none());
        let without: Vec<&str> = without
            .map(|(family, _)| self.circles.family_name(family))
            .collect();
        if !without.is_empty() {
            return Err(refuse(format!(
                "is empty for the families {}; fill it in, or leave these families out",
                list(without)
            )));
        }
        Ok(Grouping {
            name: column.to_owned(),
            levels,
            index: index.into_iter().flatten().collect(),
        })
    }

    fn file(&self) -> String {
        let first = self.provenance.first();
        first.map_or_else(|| "families".to_owned(), |first| first.file.clone())
    }
}

/// The levels of a column and the place of each row's; numbers are levels in their order.
pub(super) fn coded(data: &ColumnData) -> (Vec<String>, Vec<Option<u32>>) {
    match data {
        ColumnData::Factor(factor) => (factor.levels().to_vec(), factor.codes().to_vec()),
        ColumnData::Numeric(numeric) => {
            let mut numbers = numeric.present();
            numbers.sort_by(f64::total_cmp);
            numbers.dedup();
            let places: HashMap<u64, u32> = numbers
                .iter()
                .map(|&x| crate::cells::bits(x))
                .zip(0..)
                .collect();
            let code = |x: Option<f64>| places.get(&crate::cells::bits(x?)).copied();
            (
                numbers.iter().map(|x| (x + 0.0).to_string()).collect(),
                numeric.iter().map(code).collect(),
            )
        }
    }
}
