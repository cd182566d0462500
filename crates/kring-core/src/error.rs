use thiserror::Error;

use crate::Faults;

/// What the words refuse.
///
/// | variant | when | what to do |
/// |---|---|---|
/// | [`Length`](Error::Length) | a column, response or grouping has another number of rows | give every part one value a row |
/// | [`DuplicateColumn`](Error::DuplicateColumn) | two columns have one name | rename one |
/// | [`UnknownColumn`](Error::UnknownColumn) | a name is not in the table | use a name the message lists |
/// | [`WrongType`](Error::WrongType) | a number was needed and a factor found, or the other way round | convert the column, or use another |
/// | [`NotFinite`](Error::NotFinite) | NaN or infinity in data | mark the value as missing |
/// | [`Overflow`](Error::Overflow) | a result that is beyond what a computer can hold | give the data in another unit |
/// | [`Code`](Error::Code) | a factor code points past the levels | give each code a level |
/// | [`Empty`](Error::Empty) | nothing is left to work on | look at the omitted rows |
/// | [`OutOfRange`](Error::OutOfRange) | a value that the response cannot take, such as a count of −1 | correct the value, or declare another type |
/// | [`Word`](Error::Word) | a text that is none of the words of a closed list, or no date | use a word that the message lists |
/// | [`Circles`](Error::Circles) | tables of circles that contradict themselves: every fault at once | correct each row that the message names |
/// | [`Unreadable`](Error::Unreadable) | a printed figure that cannot be read in its locale | correct the text, or give the locale |
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
#[allow(
    missing_docs,
    reason = "the table above documents every variant and its fields speak"
)]
pub enum Error {
    #[error("{what} has {found} values, but {expected} rows were expected")]
    Length {
        what: String,
        expected: usize,
        found: usize,
    },
    #[error("column `{column}` stands twice in the table; rename one of the two")]
    DuplicateColumn { column: String },
    #[error("there is no column `{column}` in the table{suggestion}")]
    UnknownColumn { column: String, suggestion: String },
    #[error("column `{column}` is {found}, but {expected} was expected")]
    WrongType {
        column: String,
        expected: &'static str,
        found: &'static str,
    },
    #[error(
        "{what} holds a value that is not a finite number at row {}; mark it as missing instead", row + 1
    )]
    NotFinite { what: String, row: usize },
    #[error("{what} is beyond what a computer can hold; give the data in another unit")]
    Overflow { what: String },
    #[error(
        "factor `{column}` has code {code} at row {}, but only {levels} levels", row + 1
    )]
    Code {
        column: String,
        row: usize,
        code: u32,
        levels: usize,
    },
    #[error("{what}: no rows are left{why}")]
    Empty { what: String, why: String },
    #[error("{what} is {found} at row {}, but {expected} was expected", row + 1)]
    OutOfRange {
        what: String,
        row: usize,
        found: String,
        expected: &'static str,
    },
    #[error("'{text}' is no {what}{hint}")]
    Word {
        what: &'static str,
        text: String,
        hint: String,
    },
    #[error(transparent)]
    Circles(#[from] Faults),
    #[error(
        "'{text}' cannot be read as a published figure ({why}); expected something like {example}"
    )]
    Unreadable {
        text: String,
        why: String,
        example: &'static str,
    },
}
