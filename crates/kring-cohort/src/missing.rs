use std::cmp::Ordering;
use std::collections::HashMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::cells::{Cells, bits};
use crate::codebook::{Code, CodeCount, Variable};

/// What is missing in a cohort, and which rows were left out.
///
/// Columns are counted over all rows of the file, whether or not a row was left out.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Missingness {
    /// The number of rows in the file.
    pub rows: usize,
    /// The columns in the order of the file.
    pub columns: Vec<ColumnMissing>,
    /// The rows that were left out, by reason. A reason that never occurred is not listed.
    pub excluded: Vec<Exclusion>,
}

/// What is missing in a column of the file. `rows` is the sum of the other counts.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ColumnMissing {
    /// The column.
    pub column: String,
    /// The variable that it holds: another name than the column in wide data.
    pub variable: String,
    /// The wave that it holds, in wide data.
    pub wave: Option<String>,
    /// The number of rows in the file.
    pub rows: usize,
    /// How many have a value.
    pub observed: usize,
    /// How many are empty.
    pub system: usize,
    /// How many say why there is no value, by code: those that the file declares and those that
    /// were declared for the variable.
    pub by_code: Vec<CodeCount>,
    /// How many have a value that was declared impossible and became missing: it is among the
    /// violations.
    pub unusable: usize,
}

/// Why something was left out, and how often.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exclusion {
    /// Why.
    pub reason: ExclusionReason,
    /// How often.
    pub count: usize,
}

/// Why a row was left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ExclusionReason {
    /// A row of the file names no subject. It is in no table.
    NoSubject,
    /// A row of long data names no wave. It is not among the measurements.
    NoWave,
    /// A row of long data has a wave that was not declared. It is not among the measurements.
    UnknownWave,
    /// A row repeats a subject, or a subject and wave. It is in no table.
    Repeated,
    /// A subject has nothing observed at a wave. These are not rows of the file but pairs of a
    /// subject and a wave: they are not among the measurements.
    NothingObserved,
}

impl fmt::Display for ExclusionReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoSubject => "no subject",
            Self::NoWave => "no wave",
            Self::UnknownWave => "a wave that was not declared",
            Self::Repeated => "a second row for the same subject and wave",
            Self::NothingObserved => "nothing observed at the wave",
        })
    }
}

impl Missingness {
    /// The counts of a column.
    pub fn column(&self, name: &str) -> Option<&ColumnMissing> {
        self.columns.iter().find(|column| column.column == name)
    }

    /// How many were left out for a reason.
    pub fn excluded(&self, reason: ExclusionReason) -> usize {
        let counts = self.excluded.iter().filter(|e| e.reason == reason);
        counts.map(|e| e.count).sum()
    }
}

/// Takes the missing values out of a column of the file, and counts them.
///
/// What the codebook counts but the frame no longer holds (a text such as `NA`, a tag of Stata)
/// is told apart from a plain missing value.
pub(crate) fn take(
    cells: &mut Cells,
    entry: Option<&Variable>,
    declared: &[Code],
) -> (usize, Vec<CodeCount>) {
    let absent = cells.absent();
    let mut by_code = told_absent(entry, absent);
    let told: usize = by_code.iter().map(|reason| reason.count).sum();

    let in_file = |code: &Code| entry.is_some_and(|entry| entry.is_user_missing(code));
    let is_missing = |code: &Code| in_file(code) || declared.iter().any(|d| same(d, code));
    let has_rules = !declared.is_empty() || entry.is_some_and(|e| !e.user_missing.is_empty());
    if has_rules {
        let found = match cells {
            Cells::Numbers { values, .. } => take_numbers(values, is_missing),
            Cells::Words { words, codes, .. } => take_words(words, codes, is_missing),
        };
        by_code.extend(found.into_iter().map(|(code, count)| CodeCount {
            label: entry.and_then(|e| e.label_of(&code)).map(str::to_owned),
            code,
            count,
        }));
    }
    by_code.sort_by(|a, b| a.code.partial_cmp(&b.code).unwrap_or(Ordering::Equal));
    (absent - told, by_code)
}

/// The reasons that the codebook gives for values that are not in the frame.
fn told_absent(entry: Option<&Variable>, absent: usize) -> Vec<CodeCount> {
    let Some(entry) = entry else {
        return Vec::new();
    };
    let reasons = entry.missing.by_code.iter();
    let reasons: Vec<CodeCount> = reasons
        .filter(|reason| !entry.is_user_missing(&reason.code))
        .cloned()
        .collect();
    // A codebook that counts more than is absent is not about these values.
    if reasons.iter().map(|reason| reason.count).sum::<usize>() > absent {
        return Vec::new();
    }
    reasons
}

/// Whether a declared code is this value: a number may be declared as its text, and a text that
/// is a number as that number.
fn same(declared: &Code, value: &Code) -> bool {
    match (declared, value) {
        (Code::Number(number), Code::Text(text)) | (Code::Text(text), Code::Number(number)) => {
            text.trim().parse() == Ok(*number)
        }
        _ => declared == value,
    }
}

fn take_numbers(
    values: &mut [Option<f64>],
    is_missing: impl Fn(&Code) -> bool,
) -> Vec<(Code, usize)> {
    let mut counts: HashMap<u64, (Code, usize)> = HashMap::new();
    for value in values {
        let Some(code) = value.map(Code::Number).filter(&is_missing) else {
            continue;
        };
        let x = value.take().unwrap_or_default();
        counts.entry(bits(x)).or_insert((code, 0)).1 += 1;
    }
    counts.into_values().collect()
}

/// A word that means "missing" is emptied, so that it is no level either.
fn take_words(
    words: &mut [String],
    codes: &mut [Option<u32>],
    is_missing: impl Fn(&Code) -> bool,
) -> Vec<(Code, usize)> {
    let word_codes = words.iter().map(|word| Code::Text(word.clone()));
    let mut counts: Vec<Option<(Code, usize)>> = word_codes
        .map(|code| is_missing(&code).then_some((code, 0)))
        .collect();
    for code in codes {
        if let Some((_, count)) = code.and_then(|c| counts[c as usize].as_mut()) {
            *count += 1;
            *code = None;
        }
    }
    for (word, count) in words.iter_mut().zip(&counts) {
        if count.is_some() {
            word.clear();
        }
    }
    let found = counts.into_iter().flatten();
    found.filter(|(_, count)| *count > 0).collect()
}
