//! The waves of circles in their order.

use std::collections::HashMap;

use super::faults::{CircleFault, CircleFaultKind};
use super::parse;
use super::sheet::{Reading, Sheet};
use crate::error::Error;
use crate::wave_order;

/// More different values than this are hardly waves.
const MOST: usize = 1000;

/// The waves as they were declared; or by their numbers, by the dates, by the rows of each family.
pub(super) fn of(reading: &mut Reading, families: &Sheet) -> Result<Vec<String>, Error> {
    if !reading.options.waves.is_empty() {
        return Ok(reading.options.waves.clone());
    }
    let (names, waves) = coded(families, "wave");
    if names.len() > MOST {
        return Err(Error::TooManyWaves {
            file: families.file.clone(),
            column: families
                .field("wave")
                .map_or_else(String::new, |field| field.shown.clone()),
            found: names.len(),
            most: MOST,
        });
    }
    if names.len() <= 1 {
        return Ok(names.into_iter().map(str::to_owned).collect());
    }
    let (order, how) = if let Some(order) = by_number(&names) {
        (order, "by their numbers")
    } else if let Some(order) = by_rows(reading, families, &waves, names.len()) {
        order
    } else {
        let what = format!(
            "the order of the waves {} cannot be told from the dates or the rows; give `waves`",
            crate::validate::list(names.iter().copied())
        );
        let kind = CircleFaultKind::Order;
        let fault = CircleFault::of_file(kind, &families.file, what);
        reading.faults.push(fault);
        ((0..names.len()).collect(), "as they stand")
    };
    let waves: Vec<String> = order.iter().map(|&i| names[i].to_owned()).collect();
    reading.notes.push(format!(
        "{}: the waves were not declared and are ordered {how}: {}",
        families.file,
        waves.join(", ")
    ));
    Ok(waves)
}

/// The different keys of a column in order of appearance, and the place of each row's.
fn coded<'a>(sheet: &'a Sheet, name: &str) -> (Vec<&'a str>, Vec<Option<u32>>) {
    let mut names: Vec<&str> = Vec::new();
    let mut places: HashMap<&str, u32> = HashMap::new();
    let codes = (0..sheet.rows).map(|row| {
        let key = sheet.key_if(name, row).filter(|key| !key.is_empty())?;
        Some(*places.entry(key).or_insert_with(|| {
            names.push(key);
            crate::cells::place(names.len() - 1)
        }))
    });
    let codes = codes.collect();
    (names, codes)
}

/// The order of the first number in each name, where each has another.
fn by_number(names: &[&str]) -> Option<Vec<usize>> {
    let mut numbered: Vec<(f64, usize)> = Vec::with_capacity(names.len());
    for (i, name) in names.iter().enumerate() {
        numbered.push((first_number(name)?, i));
    }
    numbered.sort_by(|a, b| a.0.total_cmp(&b.0));
    let different = numbered.windows(2).all(|pair| pair[0].0 < pair[1].0);
    different.then(|| numbered.into_iter().map(|(_, i)| i).collect())
}

fn first_number(name: &str) -> Option<f64> {
    if let Ok(number) = name.parse::<f64>() {
        return number.is_finite().then_some(number);
    }
    let start = name.find(|letter: char| letter.is_ascii_digit())?;
    let digits = &name[start..];
    let end = digits.find(|letter: char| !letter.is_ascii_digit());
    digits[..end.unwrap_or(digits.len())].parse().ok()
}

/// The order in which each family goes through the waves, by its dates or else by its rows.
fn by_rows(
    reading: &mut Reading,
    families: &Sheet,
    waves: &[Option<u32>],
    levels: usize,
) -> Option<(Vec<usize>, &'static str)> {
    let (_, subjects) = coded(families, "family");
    // Dates that cannot be read are found when the rows are read.
    let before = reading.faults.len();
    let dates = reading.read(families, "date", parse::date);
    reading.faults.truncate(before);
    let mut dated: Vec<usize> = (0..families.rows)
        .filter(|&row| dates[row].is_some())
        .collect();
    dated.sort_by_key(|&row| dates[row]);
    let of = |codes: &[Option<u32>]| dated.iter().map(|&row| codes[row]).collect::<Vec<_>>();
    let by_dates = wave_order::of_rows(&of(&subjects), &of(waves), levels);
    by_dates.map(|order| (order, "by the dates")).or_else(|| {
        let order = wave_order::of_rows(&subjects, waves, levels);
        order.map(|order| (order, "as the rows of each family have them"))
    })
}
