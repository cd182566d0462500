//! Scales and raters: several columns of the same rows.

use kring_core::{ColumnData, Table};
use kring_stats::agreement::{FleissKappa, Kappa, Krippendorff};
use kring_stats::little::{Incomplete, Little};
use kring_stats::reliability::{IntraclassCorrelation, Items, Omega, Reliability};
use ndarray::Array2;

use super::data::{complete, cross_tabulate, numbers};
use super::{Answer, Columns, CrossTable};
use crate::Error;

/// The rows that have a number in every column, as a matrix.
struct Whole<'a> {
    names: Vec<&'a str>,
    label: String,
    values: Array2<f64>,
    used: usize,
    of: usize,
}

impl<'a> Whole<'a> {
    fn new(table: &Table, columns: &'a [String]) -> Result<Self, Error> {
        let whole = complete(numbers(table, columns)?, table.rows());
        let values = Array2::from_shape_fn((whole.used, columns.len()), |(row, column)| {
            whole.columns[column][row]
        });
        Ok(Self {
            names: columns.iter().map(String::as_str).collect(),
            label: columns.join(", "),
            values,
            used: whole.used,
            of: whole.of,
        })
    }

    fn items(&self) -> Items<'_> {
        Items {
            name: &self.label,
            names: &self.names,
            values: self.values.view(),
        }
    }
}

pub(super) fn alpha(m: &Columns<Reliability>, table: &Table) -> Result<Answer, Error> {
    let whole = Whole::new(table, &m.columns)?;
    let found = m.options.alpha(&whole.items())?;
    let mut answer = Answer::of([found.alpha, found.standardized])
        .figure("average_r", found.average_r)
        .figure(
            "standard_error_of_measurement",
            found.standard_error_of_measurement,
        );
    for item in found.items {
        if let Some(alpha) = item.alpha_if_dropped {
            answer = answer.figure(&format!("alpha_without_{}", item.item), alpha);
        }
    }
    Ok(answer.complete_cases(whole.used, whole.of))
}

pub(super) fn omega(m: &Columns<Omega>, table: &Table) -> Result<Answer, Error> {
    let whole = Whole::new(table, &m.columns)?;
    let found = m.options.fit(&whole.items())?;
    let mut answer = Answer::of([found.omega]);
    answer.tests.extend(found.one_factor);
    for loading in found.loadings {
        answer = answer.figure(&format!("loading_{}", loading.item), loading.loading);
    }
    Ok(answer.complete_cases(whole.used, whole.of))
}

pub(super) fn icc(m: &Columns<IntraclassCorrelation>, table: &Table) -> Result<Answer, Error> {
    let whole = Whole::new(table, &m.columns)?;
    let found = m.options.fit(&whole.items())?;
    let answer = Answer::of(found.forms.into_iter().map(|form| form.estimate));
    Ok(answer.complete_cases(whole.used, whole.of))
}

pub(super) fn kappa(m: &CrossTable<Kappa>, table: &Table) -> Result<Answer, Error> {
    let (rows, columns) = (table.factor(&m.rows)?, table.factor(&m.columns)?);
    if rows.levels() != columns.levels() {
        return Err(Error::Argument {
            what: format!("`{}` and `{}`", m.rows, m.columns),
            why: format!(
                "two raters use the same categories in the same order, but these are {} and {}",
                rows.levels().join(", "),
                columns.levels().join(", ")
            ),
        });
    }
    let counts = cross_tabulate(table, &m.rows, &m.columns)?;
    let label = format!("{} and {}", m.rows, m.columns);
    let used = usize::try_from(counts.sum()).unwrap_or(usize::MAX);
    let found = m.options.of_table(&label, counts.view())?;
    Ok(Answer::of([found.kappa, found.agreement]).complete_cases(used, table.rows()))
}

/// The categories are those that any of the raters gave; rows that a rater left open are left out.
pub(super) fn fleiss(m: &Columns<FleissKappa>, table: &Table) -> Result<Answer, Error> {
    let mut categories: Vec<String> = Vec::new();
    let mut raters: Vec<Vec<Option<usize>>> = Vec::with_capacity(m.columns.len());
    for name in &m.columns {
        let column = table.column(name)?;
        let given = (0..table.rows()).map(|row| {
            let category = match column.data() {
                ColumnData::Factor(factor) => factor.label(row).map(str::to_owned),
                ColumnData::Numeric(numeric) => numeric.get(row).map(|x| x.to_string()),
            }?;
            let place = categories.iter().position(|known| *known == category);
            Some(place.unwrap_or_else(|| {
                categories.push(category);
                categories.len() - 1
            }))
        });
        let given: Vec<Option<usize>> = given.collect();
        raters.push(given);
    }
    let whole = complete(raters, table.rows());
    let mut counts = Array2::<u64>::zeros((whole.used, categories.len()));
    for (row, category) in whole
        .columns
        .iter()
        .flat_map(|given| given.iter().enumerate())
    {
        counts[[row, *category]] += 1;
    }
    let found = m.options.of_counts(&m.columns.join(", "), counts.view())?;
    Ok(Answer::from(found).complete_cases(whole.used, whole.of))
}

pub(super) fn krippendorff(m: &Columns<Krippendorff>, table: &Table) -> Result<Answer, Error> {
    let columns = numbers(table, &m.columns)?;
    let ratings = Array2::from_shape_fn((table.rows(), columns.len()), |(row, rater)| {
        columns[rater][row]
    });
    let found = m
        .options
        .of_ratings(&m.columns.join(", "), ratings.view())?;
    Ok(found.into())
}

pub(super) fn little(m: &Columns<Little>, table: &Table) -> Result<Answer, Error> {
    let columns = numbers(table, &m.columns)?;
    let values = Array2::from_shape_fn((table.rows(), columns.len()), |(row, column)| {
        columns[column][row]
    });
    let names: Vec<&str> = m.columns.iter().map(String::as_str).collect();
    let found = m.options.test(&Incomplete {
        name: &m.columns.join(", "),
        names: &names,
        values: values.view(),
    })?;
    let patterns = found.patterns.len() as f64;
    Ok(Answer::from(found.test).figure("patterns", patterns))
}
