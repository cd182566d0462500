use std::path::PathBuf;

use thiserror::Error;

use crate::circles::CircleFaults;
use crate::read::Format;

/// Why data cannot be used.
///
/// | variant | when | what to do |
/// |---|---|---|
/// | [`NotFound`](Error::NotFound) | there is no such file | correct the path |
/// | [`Directory`](Error::Directory) | the path is a folder | name a file in it |
/// | [`Unreadable`](Error::Unreadable) | the system refuses to read the file | look at its rights |
/// | [`UnknownEnding`](Error::UnknownEnding) | the name does not tell the format | rename the file, or give `format` |
/// | [`WrongFormat`](Error::WrongFormat) | the content is not what the name says | rename the file, or give `format` |
/// | [`Option`](Error::Option) | an option does not fit the format, or has no meaning | leave it out, or correct it |
/// | [`Empty`](Error::Empty) | the file or sheet holds nothing | look whether it was saved |
/// | [`Binary`](Error::Binary) | a text file holds bytes that are no text | save it as text, or name its format |
/// | [`Encoding`](Error::Encoding) | bytes do not fit the encoding | give another `encoding` |
/// | [`Delimiter`](Error::Delimiter) | two delimiters fit equally well | give `delimiter` |
/// | [`Decimal`](Error::Decimal) | `1.234` may be 1234 or 1.234 | give `decimal` |
/// | [`Ragged`](Error::Ragged) | a line has more or fewer fields than the header | correct the line |
/// | [`Quote`](Error::Quote) | a quotation mark is not closed, or text follows it | correct the line |
/// | [`DuplicateName`](Error::DuplicateName) | two columns have one name | rename one |
/// | [`UnknownSheet`](Error::UnknownSheet) | the workbook has no such sheet | use a name the message lists |
/// | [`Formula`](Error::Formula) | formulas have no stored result | open and save the workbook in Excel |
/// | [`Unsupported`](Error::Unsupported) | a kind of the format that is not read here | save it in another way |
/// | [`Corrupt`](Error::Corrupt) | the file is damaged or cut short | fetch or export it again |
/// | [`Frame`](Error::Frame) | polars refuses a frame that was handed over in memory | look at its columns |
/// | [`NoSubject`](Error::NoSubject) | no column is said to name the subject | give `subject` |
/// | [`UnknownColumn`](Error::UnknownColumn) | the file has no such column | use a name the message lists |
/// | [`UnknownVariable`](Error::UnknownVariable) | there is no such variable | use a name the message lists |
/// | [`UnknownWave`](Error::UnknownWave) | there is no such wave | use a name the message lists |
/// | [`UnknownArm`](Error::UnknownArm) | there is no such arm | use a name the message lists |
/// | [`WideColumns`](Error::WideColumns) | a variable has more or fewer columns than waves | list one column a wave, or say at which `waves` it was measured |
/// | [`TooManyWaves`](Error::TooManyWaves) | the column of the wave holds too many values | name the column of the wave, or declare the waves |
/// | [`Declaration`](Error::Declaration) | what is declared contradicts itself or the data | follow the message |
/// | [`NameTaken`](Error::NameTaken) | a column would be made that is there already | rename the column of the file |
/// | [`Dtype`](Error::Dtype) | a column holds lists, structures or bytes | drop or convert it |
/// | [`MixedTypes`](Error::MixedTypes) | of the columns of one variable some hold numbers and some texts | declare its type |
/// | [`OncePerSubject`](Error::OncePerSubject) | a variable with one value a subject cannot tell who was seen at a wave | use a variable that has one value a wave |
/// | [`NothingToObserve`](Error::NothingToObserve) | a flow of no variables | name one or more |
/// | [`Circles`](Error::Circles) | files of circles that hold what cannot be: every fault at once | correct each row that the message names |
/// | [`Xml`](Error::Xml) | a file is no XML, or no GraphML | correct it at the line and column, or export it again |
/// | [`Pseudonym`](Error::Pseudonym) | a key that is too short, or two names with one pseudonym | take a longer key, or longer pseudonyms |
/// | [`Table`](Error::Table) | a table cannot be built | rename the column that the message names |
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
#[allow(
    missing_docs,
    reason = "the table above documents every variant and its fields speak"
)]
pub enum Error {
    #[error("there is no file `{}`{suggestion}", path.display())]
    NotFound { path: PathBuf, suggestion: String },
    #[error("`{}` is a folder; name a file in it", path.display())]
    Directory { path: PathBuf },
    #[error("`{}` cannot be read: {reason}", path.display())]
    Unreadable { path: PathBuf, reason: String },
    #[error(
        "{file}: {} does not tell a format; known endings are {known}; rename the file, or give `format`{hint}",
        if ending.is_empty() { "a name without an ending".to_owned() } else { format!("the ending `.{ending}`") }
    )]
    UnknownEnding {
        file: String,
        ending: String,
        known: &'static str,
        hint: &'static str,
    },
    #[error(
        "{file}: expected {expected}, but the content is {found}; rename the file, or give `format`"
    )]
    WrongFormat {
        file: String,
        expected: Format,
        found: String,
    },
    #[error("{file}: the option `{option}` {reason}")]
    Option {
        file: String,
        option: &'static str,
        reason: String,
    },
    #[error("{file}: {what} is empty; expected a line of column names and the data below it")]
    Empty { file: String, what: String },
    #[error(
        "{file}: expected text, but found byte 0x{byte:02X} at offset {offset} (line {line}); save the data as text, or give `format`"
    )]
    Binary {
        file: String,
        byte: u8,
        offset: usize,
        line: usize,
    },
    #[error(
        "{file}: the bytes at offset {offset} (line {line}) are not {encoding}; give another `encoding`, such as {other}"
    )]
    Encoding {
        file: String,
        encoding: String,
        offset: usize,
        line: usize,
        other: &'static str,
    },
    #[error(
        "{file}: both `{}` and `{}` divide every line into {fields} fields; give `delimiter`",
        first.escape_default(), second.escape_default()
    )]
    Delimiter {
        file: String,
        first: char,
        second: char,
        fields: usize,
    },
    #[error(
        "{file}: `{value}` in column `{column}` (line {line}) may be a thousand or a decimal, and no other number in the file tells which; give `decimal` as `point` or `comma`"
    )]
    Decimal {
        file: String,
        column: String,
        line: usize,
        value: String,
    },
    #[error("{file}: line {line} has {found} fields, but the header has {expected}{hint}")]
    Ragged {
        file: String,
        line: usize,
        expected: usize,
        found: usize,
        hint: String,
    },
    #[error("{file}: {problem} on line {line}; a quotation mark inside a field is written twice")]
    Quote {
        file: String,
        line: usize,
        problem: &'static str,
    },
    #[error("{file}: columns {first} and {second} are both called `{name}`; rename one of them")]
    DuplicateName {
        file: String,
        name: String,
        first: usize,
        second: usize,
    },
    #[error("{file}: there is no sheet `{sheet}`{suggestion}")]
    UnknownSheet {
        file: String,
        sheet: String,
        suggestion: String,
    },
    #[error(
        "{file}: {count} formulas in sheet `{sheet}` have no stored result, the first in cell {cell}; open the workbook in Excel or LibreOffice, save it, and read it again"
    )]
    Formula {
        file: String,
        sheet: String,
        cell: String,
        count: usize,
    },
    #[error("{file}: {what}; {remedy}")]
    Unsupported {
        file: String,
        what: String,
        remedy: &'static str,
    },
    #[error("{file} is not a sound {format}: {reason}; fetch or export it again")]
    Corrupt {
        file: String,
        format: Format,
        reason: String,
    },
    #[error("the frame `{name}` cannot be used: {reason}")]
    Frame { name: String, reason: String },
    #[error(
        "{file}: no column is said to name the subject; give `subject`: {remedy}; the columns are {columns}"
    )]
    NoSubject {
        file: String,
        remedy: &'static str,
        columns: String,
    },
    #[error("{file}: there is no column `{column}`, which should be {role}{suggestion}")]
    UnknownColumn {
        file: String,
        role: String,
        column: String,
        suggestion: String,
    },
    #[error("{file}: there is no variable `{variable}`{suggestion}")]
    UnknownVariable {
        file: String,
        variable: String,
        suggestion: String,
    },
    #[error("{file}: there is no wave `{wave}`{suggestion}")]
    UnknownWave {
        file: String,
        wave: String,
        suggestion: String,
    },
    #[error("{file}: there is no arm `{arm}`{suggestion}")]
    UnknownArm {
        file: String,
        arm: String,
        suggestion: String,
    },
    #[error(
        "{file}: `{variable}` has {found} columns, but there are {expected} waves ({waves}); list one column a wave, or say with `waves` at which it was measured"
    )]
    WideColumns {
        file: String,
        variable: String,
        found: usize,
        expected: usize,
        waves: String,
    },
    #[error(
        "{file}: column `{column}` holds {found} different waves, more than {most}; name the column of the wave, or declare the waves"
    )]
    TooManyWaves {
        file: String,
        column: String,
        found: usize,
        most: usize,
    },
    #[error("{file}: {what} {problem}")]
    Declaration {
        file: String,
        what: String,
        problem: String,
    },
    #[error("{file}: there is a column `{column}` already, and that name {by}; rename the column")]
    NameTaken {
        file: String,
        column: String,
        by: &'static str,
    },
    #[error(
        "{file}: column `{column}` is of the type {dtype}, which is no number, text, date or truth value{reason}; drop the column, or convert it"
    )]
    Dtype {
        file: String,
        column: String,
        dtype: String,
        reason: String,
    },
    #[error(
        "{file}: some columns of `{variable}` hold numbers, but column `{text}` holds texts; declare the type of `{variable}`"
    )]
    MixedTypes {
        file: String,
        variable: String,
        text: String,
    },
    #[error(
        "{file}: `{variable}` has one value a subject, so it cannot tell who was seen at a wave{suggestion}"
    )]
    OncePerSubject {
        file: String,
        variable: String,
        suggestion: String,
    },
    #[error("{file}: name at least one variable that tells who was seen at a wave: {variables}")]
    NothingToObserve { file: String, variables: String },
    #[error(transparent)]
    Circles(CircleFaults),
    #[error("{file}, line {line}, column {column}: {problem}")]
    Xml {
        file: String,
        line: usize,
        column: usize,
        problem: String,
    },
    #[error("pseudonyms: {problem}")]
    Pseudonym { problem: String },
    #[error("{file}: {problem}")]
    Table { file: String, problem: String },
}
