//! The rows of the arms that are compared, and who is in another.

use kring_cohort::{Level, OtherArm};
use kring_core::{Column, Table};

use crate::Error;
use crate::method::with_factors;

/// A table of some arms alone, in their order, and how many rows of others it had.
#[derive(Debug, Clone, PartialEq)]
pub struct OfArms {
    /// The rows of these arms, and those without any.
    pub table: Table,
    /// The rows that were left out, by arm.
    pub others: Vec<OtherArm>,
}

impl OfArms {
    /// What was left out, in a sentence.
    pub fn left_out(&self) -> Option<String> {
        OtherArm::sentence(&self.others, ["row", "rows"])
    }
}

/// The rows of these arms, the first of which is the reference then; each goes by its label where it
/// has one. Of a cohort the same is `OtherArms::LeftOut` among its roles.
///
/// ```
/// use kring::arms::of_arms;
/// use kring::cohort::Level;
/// use kring_core::{Column, Table};
/// let codes = [0, 1, 2, 2].map(Some).to_vec();
/// let table = Table::new(vec![Column::factor("arm", ["EKC", "WT", "other"], codes)?])?;
/// let chosen = of_arms(&table, "arm", &[Level::named("WT"), Level::named("EKC")])?;
/// assert_eq!(chosen.table.factor("arm")?.levels(), ["WT", "EKC"]);
/// assert_eq!((chosen.table.rows(), chosen.others[0].n), (2, 2));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn of_arms(table: &Table, column: &str, arms: &[Level]) -> Result<OfArms, Error> {
    let table = with_factors(table, &[column.to_owned()])?;
    let factor = table.factor(column)?;
    let found = || factor.levels().iter().map(String::as_str);
    for arm in arms {
        if !found().any(|level| level == arm.name) {
            return Err(Error::Argument {
                what: format!("arm `{}`", arm.name),
                why: format!(
                    "`{column}` has no such level{}",
                    kring_core::suggestion(&arm.name, found())
                ),
            });
        }
    }
    // For each level its place among the arms asked for, and how many rows it has.
    let places: Vec<Option<usize>> = found()
        .map(|level| arms.iter().position(|arm| arm.name == level))
        .collect();
    let mut counts = vec![0; places.len()];
    let mut rows = Vec::with_capacity(table.rows());
    let mut codes = Vec::with_capacity(table.rows());
    for row in 0..table.rows() {
        let place = match factor.code(row) {
            None => None,
            Some(code) => {
                counts[code as usize] += 1;
                match places[code as usize] {
                    None => continue,
                    place => place,
                }
            }
        };
        rows.push(row);
        codes.push(place.and_then(|place| u32::try_from(place).ok()));
    }
    let others = found().zip(&places).zip(counts);
    let others = others
        .filter(|((_, place), n)| place.is_none() && *n > 0)
        .map(|((level, _), n)| OtherArm {
            arm: level.to_owned(),
            n,
        })
        .collect();
    let mut chosen = Column::factor(column, arms.iter().map(Level::title), codes)?;
    let mut columns = table.take(&rows)?.columns().to_vec();
    for known in &mut columns {
        if known.name == column {
            chosen.label.clone_from(&known.label);
            *known = chosen;
            break;
        }
    }
    Ok(OfArms {
        table: Table::new(columns)?,
        others,
    })
}
