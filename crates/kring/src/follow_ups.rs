//! What was measured after the start, with the start beside it.

use kring_cohort::Cohort;
use kring_core::{Column, ColumnData, Table};

use crate::Error;

/// The measurements after the first wave, one row a subject and wave, with all columns of the subjects
/// beside them: `problems ~ problems_1 + arm * wave + (1 | family)`.
///
/// The first wave is no level of the waves then, so that the others are set against the second. Where a
/// column of the subjects has the name of one of the measurements, the latter is kept.
///
/// ```
/// use kring::cohort::{Cohort, Level, ReadOptions, Roles, read_bytes};
/// let file = "family,wave,arm,problems\n1,1,EKC,6\n1,2,EKC,4\n2,1,WT,5\n2,2,WT,5\n";
/// let data = read_bytes("cohort.csv", file.as_bytes(), &ReadOptions::default())?;
/// let roles = Roles {
///     subject: Some("family".into()),
///     wave: Some("wave".into()),
///     arm: Some("arm".into()),
///     ..Roles::default()
/// };
/// let later = kring::follow_ups(&Cohort::new(data, &roles)?)?;
/// assert_eq!(later.rows(), 2);
/// assert_eq!(later.numeric("problems")?.present(), [4.0, 5.0]);
/// assert_eq!(later.factor("wave")?.levels(), ["2"]);
/// assert_eq!(later.numeric("problems_1")?.present(), [6.0, 5.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn follow_ups(cohort: &Cohort) -> Result<Table, Error> {
    let wave = cohort.wave_column().ok_or_else(|| Error::Argument {
        what: "`follow_ups`".to_owned(),
        why: "the data have no waves, so that nothing follows the start".to_owned(),
    })?;
    let all = cohort.measurements();
    let waves = all.factor(wave)?;
    let later: Vec<usize> = (0..all.rows())
        .filter(|&row| waves.code(row).is_some_and(|code| code > 0))
        .collect();
    let measured = all.take(&later)?;
    let subjects = cohort.subjects();
    let known = subjects.factor(cohort.subject_column())?;
    let mut row_of = vec![None; known.levels().len()];
    for row in 0..subjects.rows() {
        if let Some(place) = known.code(row).and_then(|c| row_of.get_mut(c as usize)) {
            *place = Some(row);
        }
    }
    let of = measured.factor(cohort.subject_column())?;
    // Both tables name the subjects in the same order.
    let rows: Vec<Option<usize>> = (0..measured.rows())
        .map(|row| {
            of.code(row)
                .and_then(|code| row_of.get(code as usize).copied().flatten())
        })
        .collect();
    let mut columns = measured.columns().to_vec();
    for column in &mut columns {
        if column.name == wave {
            *column = without_first_level(column)?;
        }
    }
    for column in subjects.columns() {
        if !columns.iter().any(|have| have.name == column.name) {
            columns.push(repeated(column, &rows)?);
        }
    }
    Ok(Table::new(columns)?)
}

/// A factor whose first level no row has, without that level: the second is the reference then.
fn without_first_level(column: &Column) -> Result<Column, Error> {
    let ColumnData::Factor(factor) = column.data() else {
        return Ok(column.clone());
    };
    let levels: Vec<String> = factor.levels().iter().skip(1).cloned().collect();
    let codes = factor.codes().iter();
    let codes = codes.map(|code| code.and_then(|code| code.checked_sub(1)));
    let mut made = Column::factor(&column.name, levels, codes.collect())?;
    if factor.is_ordered() {
        made = made.ordered();
    }
    made.label.clone_from(&column.label);
    made.unit.clone_from(&column.unit);
    Ok(made)
}

/// The values of a column at these rows.
fn repeated(column: &Column, rows: &[Option<usize>]) -> Result<Column, Error> {
    let mut made = match column.data() {
        ColumnData::Numeric(numeric) => {
            let at = |row: &Option<usize>| row.and_then(|row| numeric.get(row));
            Column::numeric(&column.name, rows.iter().map(at).collect())?
        }
        ColumnData::Factor(factor) => {
            let at = |row: &Option<usize>| row.and_then(|row| factor.code(row));
            let codes = rows.iter().map(at).collect();
            let made = Column::factor(&column.name, factor.levels().to_vec(), codes)?;
            if factor.is_ordered() {
                made.ordered()
            } else {
                made
            }
        }
    };
    made.label.clone_from(&column.label);
    made.unit.clone_from(&column.unit);
    Ok(made)
}
