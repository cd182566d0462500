//! Whether raters see the same problems.

use std::collections::HashMap;

use kring_core::Table;
use kring_stats::agreement::{Krippendorff, Measurement};
use ndarray::Array2;

use super::{COUNT, Inventory, key};
use crate::Error;
use crate::method::Answer;

impl Inventory {
    /// The agreement of raters on each problem and on their number, where several raters scored the
    /// same subject at the same wave: Krippendorff's α, which allows for ratings that are missing.
    ///
    /// Of a problem α is nominal, as it is there or not; of their number it is that of intervals. What
    /// all of them see alike has no α, and a note says so.
    ///
    /// ```
    /// use kring::inventory::{Inventory, Item};
    /// use kring_core::{Column, Table};
    /// let table = Table::new(vec![
    ///     Column::factor("family", ["a", "b", "c"], [0, 0, 1, 1, 2, 2].map(Some).to_vec())?,
    ///     Column::factor("wave", ["1"], [0; 6].map(Some).to_vec())?,
    ///     Column::factor("worker", ["x", "y"], [0, 1, 0, 1, 0, 1].map(Some).to_vec())?,
    ///     Column::numeric("debts", [1.0, 1.0, 0.0, 0.0, 1.0, 0.0].map(Some).to_vec())?,
    /// ])?;
    /// let inventory = Inventory {
    ///     subject: "family".into(),
    ///     wave: "wave".into(),
    ///     items: vec![Item::column("debts")],
    ///     ..Inventory::default()
    /// };
    /// let agreement = inventory.agreement(&table, "worker")?;
    /// // Three ones and three noughts: D_o = 2/6, D_e = 2 · 3 · 3 / (6 · 5).
    /// let alpha = agreement.estimates[0].value.finite().unwrap();
    /// assert!((alpha - (1.0 - (2.0 / 6.0) / 0.6)).abs() < 1e-12);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn agreement(&self, table: &Table, rater: &str) -> Result<Answer, Error> {
        let units = self.units(table, rater)?;
        let mut answer = Answer::default();
        for item in self.read(table)? {
            let has = item.has.iter().map(|has| has.map(f64::from));
            self.alpha(&item.label, &units, has, Measurement::Nominal, &mut answer)?;
        }
        let counted = self.counted(table)?;
        let column = counted.column(COUNT)?;
        let numbers = counted.numeric(COUNT)?.iter();
        let label = column.title();
        self.alpha(label, &units, numbers, Measurement::Interval, &mut answer)?;
        Ok(answer)
    }

    fn alpha(
        &self,
        label: &str,
        units: &Units,
        given: impl Iterator<Item = Option<f64>>,
        measurement: Measurement,
        answer: &mut Answer,
    ) -> Result<(), Error> {
        let mut ratings = Array2::from_elem((units.count, units.raters), None);
        for (place, rating) in units.of_row.iter().zip(given) {
            if let Some(place) = place {
                ratings[*place] = rating;
            }
        }
        let options = Krippendorff {
            measurement,
            level: self.level,
        };
        match options.of_ratings(label, ratings.view()) {
            Ok(found) => answer.estimates.push(found),
            Err(
                error @ (kring_stats::Error::Constant { .. } | kring_stats::Error::TooFew { .. }),
            ) => answer.notes.push(format!("{label}: {error}.")),
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    /// Which subject at which wave each row is of, and by which rater.
    fn units(&self, table: &Table, rater: &str) -> Result<Units, Error> {
        let waves = table.factor(&self.wave)?;
        let raters = table.factor(rater)?;
        if raters.levels().len() < 2 {
            return Err(Error::Argument {
                what: format!("rater `{rater}`"),
                why: format!(
                    "agreement takes two raters or more, but there are {}",
                    raters.levels().len()
                ),
            });
        }
        let subjects = table.column(&self.subject)?;
        let mut places = HashMap::new();
        let mut seen = HashMap::new();
        let mut of_row = Vec::with_capacity(table.rows());
        for row in 0..table.rows() {
            let (Some(subject), Some(wave), Some(rater)) =
                (key(subjects, row), waves.code(row), raters.code(row))
            else {
                of_row.push(None);
                continue;
            };
            let units = places.len();
            let unit = *places.entry((subject, wave)).or_insert(units);
            if seen.insert((unit, rater), row).is_some() {
                return Err(self.fault(row, "stands twice for one rater at one wave"));
            }
            of_row.push(Some([unit, rater as usize]));
        }
        Ok(Units {
            count: places.len(),
            raters: raters.levels().len(),
            of_row,
        })
    }
}

/// Subjects at waves, and who rated them.
struct Units {
    count: usize,
    raters: usize,
    /// For each row its subject at its wave and its rater.
    of_row: Vec<Option<[usize; 2]>>,
}
