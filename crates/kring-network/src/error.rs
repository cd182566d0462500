use thiserror::Error;

/// What the measures of circles and networks refuse.
///
/// | variant | when | what to do |
/// |---|---|---|
/// | [`Argument`](Error::Argument) | an option outside its range, or a seed that is needed and absent | correct what the message names |
/// | [`Shape`](Error::Shape) | data that do not fit each other or the method | what the message says |
/// | [`Unknown`](Error::Unknown) | a wave, group or person that is not there | use a name the message lists |
/// | [`NoShares`](Error::NoShares) | parts without logarithms: a share of zero that is not to be replaced | choose how zeros are replaced |
/// | [`Core`](Error::Core) | a table or estimate cannot be made | see there |
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
#[allow(
    missing_docs,
    reason = "the table above documents every variant and its fields speak"
)]
pub enum Error {
    #[error("{what} is {found}, but {expected} was expected")]
    Argument {
        what: String,
        expected: String,
        found: String,
    },
    #[error("{what}: expected {expected}, found {found}")]
    Shape {
        what: String,
        expected: String,
        found: String,
    },
    #[error("there is no {what} `{name}`{suggestion}")]
    Unknown {
        what: &'static str,
        name: String,
        suggestion: String,
    },
    #[error(
        "the shares of {what} have no logarithm: {part} is zero; choose how zeros are replaced, such as `counts`"
    )]
    NoShares { what: String, part: &'static str },
    #[error(transparent)]
    Core(#[from] kring_core::Error),
}
