use std::fmt::{self, Display};

use kring_core::FaultKind;

/// Everything that is wrong in the files of circles, found in one go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CircleFaults {
    /// Each of them, file by file and row by row.
    pub faults: Vec<CircleFault>,
}

/// One thing that cannot be, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CircleFault {
    /// What kind of thing is wrong.
    pub kind: CircleFaultKind,
    /// The file.
    pub file: String,
    /// The row, the first below the names of the columns being row 1; absent where it is not a matter of one
    /// row, and in GraphML.
    pub row: Option<usize>,
    /// The line, in GraphML.
    pub line: Option<usize>,
    /// The column, as the file names it.
    pub column: Option<String>,
    /// The family, wave and person or agreement, where the fault is of a whole row.
    pub whom: String,
    /// What was found, what was expected and what to do: a sentence without a full stop.
    pub what: String,
}

/// What can be wrong in the files of circles.
///
/// | variant | when | what to do |
/// |---|---|---|
/// | `MissingColumn` | a table lacks a column that it needs, or one that an option names | rename it with `columns` |
/// | `NoRows` | a table of families, or a file of graphs, that holds nothing | look whether it was saved |
/// | `UnknownWord` | a cell that is none of the known words | correct it, or recode it with `values` |
/// | `NotYesNo` | a cell that is neither yes nor no | correct or recode it |
/// | `NotDate` | a cell that is no date | write 2018-03-01 |
/// | `NotNumber` | a cell that is no number | correct it |
/// | `Missing` | an empty cell where one is needed, such as a role | fill it in |
/// | `Contradiction` | two cells of one row that cannot both hold | correct one of the two |
/// | `EmptySlot` | wide: something is known of nobody, or a tie to an empty slot | give the slot a role, or empty it |
/// | `Order` | waves without an order that can be told | give `waves` |
/// | `Graph` | GraphML: a node twice, an edge to nobody, a key that was not declared | correct the file |
/// | `Circle` | what the circles themselves refuse, see `kring_core::FaultKind` | follow the message |
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the table above documents every variant")]
pub enum CircleFaultKind {
    MissingColumn,
    NoRows,
    UnknownWord,
    NotYesNo,
    NotDate,
    NotNumber,
    Missing,
    Contradiction,
    EmptySlot,
    Order,
    Graph,
    Circle(FaultKind),
}

/// How many faults a message shows.
const SHOWN: usize = 20;

impl Display for CircleFaults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let n = self.faults.len();
        let plural = if n == 1 { "" } else { "s" };
        write!(f, "the files of circles hold {n} fault{plural}:")?;
        for fault in self.faults.iter().take(SHOWN) {
            write!(f, "\n  {fault}")?;
        }
        if n > SHOWN {
            write!(f, "\n  and {} more", n - SHOWN)?;
        }
        Ok(())
    }
}

impl std::error::Error for CircleFaults {}

impl Display for CircleFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(row) = self.row {
            write!(f, ", row {row}")?;
        }
        if let Some(line) = self.line {
            write!(f, ", line {line}")?;
        }
        if let Some(column) = &self.column {
            write!(f, ", column `{column}`")?;
        }
        if !self.whom.is_empty() {
            write!(f, ", {}", self.whom)?;
        }
        write!(f, ": {}", self.what)
    }
}

impl CircleFault {
    /// A fault of a whole file.
    pub(super) fn of_file(kind: CircleFaultKind, file: &str, what: impl Into<String>) -> Self {
        Self {
            kind,
            file: file.to_owned(),
            row: None,
            line: None,
            column: None,
            whom: String::new(),
            what: what.into(),
        }
    }
}
