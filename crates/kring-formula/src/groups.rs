//! Who belongs together, when each row was measured, and how much it counts.

use kring_core::{ColumnData, Grouping, Numeric, Table, Time, WeightKind, Weights};

use crate::{Error, TimeColumns, WeightColumn, frame::Frame, number::number_text};

/// The grouping by one column, or by several crossed; only groups with rows are kept.
///
/// Groups are in the order of the levels, or of the numbers, of the first column, then the next.
pub(crate) fn grouping(frame: Frame<'_>, columns: &[String]) -> Result<Grouping, Error> {
    let mut keys: Vec<Vec<usize>> = vec![Vec::new(); frame.rows.len()];
    let mut levels = Vec::new();
    for column in columns {
        let seen = frame.levels(column)?;
        let codes = frame.codes(column, &seen)?;
        keys.iter_mut()
            .zip(codes)
            .for_each(|(key, code)| key.push(code));
        levels.push(seen);
    }
    let mut groups = keys.clone();
    groups.sort_unstable();
    groups.dedup();
    let index = keys.iter().filter_map(|key| groups.binary_search(key).ok());
    let index = index
        .map(|group| u32::try_from(group).unwrap_or(u32::MAX))
        .collect();
    let name = |group: &Vec<usize>| {
        let parts = group
            .iter()
            .zip(&levels)
            .map(|(&code, levels)| levels[code].as_str());
        parts.collect::<Vec<_>>().join(":")
    };
    Ok(Grouping::new(
        columns.join(":"),
        groups.iter().map(name).collect(),
        index,
    ))
}

/// The waves and times of the rows.
pub(crate) fn time(frame: Frame<'_>, columns: &TimeColumns) -> Result<Time, Error> {
    let Grouping { levels, index, .. } = grouping(frame, std::slice::from_ref(&columns.wave))?;
    let source = columns.value.as_ref().unwrap_or(&columns.wave);
    let numbers = |numeric: &Numeric| {
        frame
            .rows
            .iter()
            .map(|&row| numeric.get(row).unwrap_or_default())
            .collect()
    };
    let value = match frame.table.column(source)?.data() {
        ColumnData::Factor(factor) if columns.value.is_none() => {
            let number = |level: &String| level.parse().ok().filter(|x: &f64| x.is_finite());
            let numbers: Option<Vec<f64>> = factor.levels().iter().map(number).collect();
            let codes = frame
                .rows
                .iter()
                .map(|&row| factor.code(row).unwrap_or_default());
            let time = |code: u32| match &numbers {
                Some(numbers) => numbers[code as usize],
                None => f64::from(code) + 1.0,
            };
            codes.map(time).collect()
        }
        _ => numbers(frame.table.numeric(source)?),
    };
    Ok(Time {
        levels,
        index,
        value,
    })
}

/// The weight of every row of a table, `None` where it is missing; each must be one of its kind.
pub(crate) fn table_weights(
    table: &Table,
    weights: &WeightColumn,
) -> Result<Vec<Option<f64>>, Error> {
    let values: Vec<_> = table.numeric(&weights.column)?.iter().collect();
    let expected = match weights.kind {
        WeightKind::Frequency => "a whole number, zero or more (a frequency weight)",
        WeightKind::Precision | WeightKind::Sampling => "a number, zero or more (a weight)",
    };
    let whole = weights.kind == WeightKind::Frequency;
    let wrong = |w: f64| w < 0.0 || (whole && w.fract() != 0.0);
    match values.iter().position(|w| w.is_some_and(wrong)) {
        None => Ok(values),
        Some(row) => Err(Error::Value {
            place: None,
            what: format!("`{}`", weights.column),
            row: Some(row),
            found: number_text(values[row].unwrap_or_default()),
            expected,
        }),
    }
}

/// The weights of the rows that are used.
pub(crate) fn weights(frame: Frame<'_>, weights: &WeightColumn) -> Result<Weights, Error> {
    let numeric = frame.table.numeric(&weights.column)?;
    let values = frame
        .rows
        .iter()
        .map(|&row| numeric.get(row).unwrap_or_default())
        .collect();
    Ok(Weights {
        kind: weights.kind,
        values,
    })
}
