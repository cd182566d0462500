//! Numbers that look like codes for "missing", and levels that look alike.
//!
//! Whoever enters data by hand writes 99, 999 or −9 where nothing is known. Read as a number, one such
//! code moves a mean by more than any care does. Nothing is left out here: only the file's own
//! declaration, or the reader's, says that a number means "missing".
//!
//! `EKC`, `ekc` and `EKC ` with a blank behind it are three levels of a text, and most often one arm.
//! They are named with the rows of each, and not made one.

use std::collections::HashMap;

use kring_core::{Caution, Column, ColumnData, Factor};

/// What is written for "not known", "not asked" and "does not apply".
const CODES: [f64; 18] = [
    -1.0, -7.0, -8.0, -9.0, -77.0, -88.0, -99.0, -777.0, -888.0, -999.0, -9999.0, 77.0, 88.0, 99.0,
    777.0, 888.0, 999.0, 9999.0,
];

/// A doubt about a column that holds such codes, far from all its other numbers: a negative one where
/// no other number is negative, or a number further above the others than they are apart. Of levels a
/// doubt about those that differ in capitals and blanks only.
///
/// ```
/// use kring::suspicious::suspicious;
/// use kring_core::Column;
/// let coded = Column::numeric("problems", [3.0, 99.0, 5.0, 4.0].map(Some).to_vec())?;
/// let said = suspicious(&coded).map(|caution| caution.sentence());
/// assert!(said.is_some_and(|said| said.starts_with("`problems` has 99 (1 row)")));
/// let ages = Column::numeric("age", [71.0, 99.0, 85.0, 40.0].map(Some).to_vec())?;
/// assert_eq!(suspicious(&ages), None);
/// let arms = Column::factor("arm", ["EKC", "WT", "ekc "], [0, 0, 1, 2].map(Some).to_vec())?;
/// let said = suspicious(&arms).map(|caution| caution.sentence());
/// assert!(said.is_some_and(|said| said.contains("`EKC` (2 rows), `ekc ` (1 row)")));
/// # Ok::<(), kring_core::Error>(())
/// ```
pub fn suspicious(column: &Column) -> Option<Caution> {
    let numeric = match column.data() {
        ColumnData::Numeric(numeric) => numeric,
        ColumnData::Factor(factor) => return alike(&column.name, factor),
    };
    let is_code = |x: &f64| CODES.contains(x);
    let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
    for x in numeric.iter().flatten().filter(|x| !is_code(x)) {
        low = low.min(x);
        high = high.max(x);
    }
    if low > high {
        return None;
    }
    let far = |code: f64| {
        if code < 0.0 {
            low >= 0.0
        } else {
            code - high > high - low && code > high
        }
    };
    let found: Vec<String> = CODES
        .into_iter()
        .filter(|code| far(*code))
        .filter_map(|code| {
            let n = numeric.iter().flatten().filter(|x| *x == code).count();
            let written = code.to_string().replace('-', "−");
            (n > 0).then(|| format!("{written} ({})", rows(n)))
        })
        .collect();
    if found.is_empty() {
        return None;
    }
    Some(Caution::Note(format!(
        "`{}` has {}, far from all other values ({low} to {high}): if that means “missing”, declare it \
         so (`--missing`, `missing=`), for it is counted as a number here.",
        column.name,
        found.join(" and "),
    )))
}

/// The levels that differ in capitals and blanks only.
fn alike(column: &str, factor: &Factor) -> Option<Caution> {
    let mut counts = vec![0; factor.levels().len()];
    for code in factor.codes().iter().flatten() {
        counts[*code as usize] += 1;
    }
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut groups: Vec<Vec<String>> = Vec::new();
    for (level, n) in factor.levels().iter().zip(counts).filter(|(_, n)| *n > 0) {
        let words: Vec<&str> = level.split_whitespace().collect();
        let place = *places
            .entry(words.join(" ").to_lowercase())
            .or_insert_with(|| {
                groups.push(Vec::new());
                groups.len() - 1
            });
        groups[place].push(format!("`{level}` ({})", rows(n)));
    }
    let alike: Vec<String> = groups
        .into_iter()
        .filter(|group| group.len() > 1)
        .map(|group| group.join(", "))
        .collect();
    if alike.is_empty() {
        return None;
    }
    Some(Caution::Note(format!(
        "`{column}` has levels that differ in capitals and blanks only: {}. If they are one, write them \
         alike in the data, for they count as different here.",
        alike.join("; ")
    )))
}

fn rows(n: usize) -> String {
    match n {
        1 => "1 row".to_owned(),
        n => format!("{n} rows"),
    }
}
