use std::fmt;

use serde::{Deserialize, Serialize};

/// Something in the data that cannot be as it was declared.
///
/// What the table does with it is told with each [`ViolationKind`].
///
/// ```
/// use kring_cohort::{Violation, ViolationKind};
/// let violation = Violation {
///     kind: ViolationKind::NotCount,
///     row: Some(7),
///     subject: Some("12".into()),
///     wave: Some("2".into()),
///     column: Some("problems".into()),
///     expected: "a whole number of 0 or more".into(),
///     found: "-1".into(),
/// };
/// assert_eq!(
///     violation.to_string(),
///     "row 7 (subject 12, wave 2), column `problems`: \
///      expected a whole number of 0 or more, found -1"
/// );
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Violation {
    /// What kind it is.
    pub kind: ViolationKind,
    /// The row of the data, the first below the names of the columns being row 1; absent where it
    /// is not a matter of one row.
    pub row: Option<usize>,
    /// The subject of the row.
    pub subject: Option<String>,
    /// The wave of the row or column.
    pub wave: Option<String>,
    /// The column.
    pub column: Option<String>,
    /// What was expected.
    pub expected: String,
    /// What was found.
    pub found: String,
}

/// The kinds of violations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ViolationKind {
    /// A row without a subject. The row is left out.
    MissingSubject,
    /// A row of long data without a wave. The row is left out of the measurements.
    MissingWave,
    /// A wave that was not declared. The row is left out of the measurements.
    UnknownWave,
    /// A second row for a subject, or for a subject and wave. The first row is kept.
    Repeated,
    /// A subject without an arm. The arm is missing.
    MissingArm,
    /// A subject in two arms. The first one in the file is kept.
    TwoArms,
    /// An arm that was declared, with nobody in it.
    EmptyArm,
    /// Waves, or the times of a subject's measurements, that run backwards. Nothing is changed.
    WaveOrder,
    /// A variable declared to have one value a subject that has several. The first is kept for
    /// the subject.
    Varies,
    /// A value that is not a finite number where a number was declared. It becomes missing.
    NotNumber,
    /// A negative or fractional count. The value is kept.
    NotCount,
    /// A value outside its range. The value is kept.
    OutOfRange,
    /// A value that is none of the declared levels. It becomes missing.
    UnknownLevel,
    /// A variable declared binary with another number of values than two. The values are kept.
    NotBinary,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whom: Vec<String> = [("subject", &self.subject), ("wave", &self.wave)]
            .into_iter()
            .filter_map(|(what, name)| name.as_ref().map(|name| format!("{what} {name}")))
            .collect();
        let whom = whom.join(", ");
        let place = match (self.row, whom.as_str()) {
            (Some(row), "") => format!("row {row}"),
            (Some(row), whom) => format!("row {row} ({whom})"),
            (None, whom) => whom.to_owned(),
        };
        let column = self.column.as_ref().map(|name| format!("column `{name}`"));
        let place: Vec<String> = [Some(place).filter(|place| !place.is_empty()), column]
            .into_iter()
            .flatten()
            .collect();
        if !place.is_empty() {
            write!(f, "{}: ", place.join(", "))?;
        }
        write!(f, "expected {}, found {}", self.expected, self.found)
    }
}

impl Violation {
    /// A violation that is not a matter of one row.
    pub(crate) fn new(
        kind: ViolationKind,
        column: &str,
        expected: impl Into<String>,
        found: impl Into<String>,
    ) -> Self {
        Self {
            kind,
            row: None,
            subject: None,
            wave: None,
            column: Some(column.to_owned()),
            expected: expected.into(),
            found: found.into(),
        }
    }

    /// The same violation in a row, counted from 0.
    pub(crate) fn at(mut self, row: usize) -> Self {
        self.row = Some(row + 1);
        self
    }

    /// The same violation at a wave.
    pub(crate) fn in_wave(mut self, wave: Option<&str>) -> Self {
        self.wave = wave.map(str::to_owned);
        self
    }
}

/// A few names in a row: `a`, `b` and so on, and how many more there are.
pub(crate) fn list<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    const SHOWN: usize = 8;
    let names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    match names.len() {
        0..=SHOWN => names.join(", "),
        n => format!("{} and {} more", names[..SHOWN].join(", "), n - SHOWN),
    }
}
