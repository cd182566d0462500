use std::ops::Range;

use thiserror::Error;

/// Where in a formula an error lies.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Place {
    /// The whole text of the formula.
    pub formula: String,
    /// The bytes of the text that the error is about; empty where something is absent.
    pub span: Range<usize>,
}

impl Place {
    /// The piece of the formula that the error is about.
    pub fn excerpt(&self) -> &str {
        self.formula.get(self.span.clone()).unwrap_or_default()
    }

    /// The formula with carets under the piece.
    ///
    /// ```
    /// use kring_formula::{Error, Formula};
    /// let error = "y ~ log(a, b)".parse::<Formula>().unwrap_err();
    /// let drawn = error.place().map(|place| place.drawn()).unwrap_or_default();
    /// assert_eq!(drawn, "y ~ log(a, b)\n    ^^^^^^^^^");
    /// ```
    pub fn drawn(&self) -> String {
        let before = self.formula.get(..self.span.start).unwrap_or_default();
        let line = before.rfind('\n').map_or(0, |at| at + 1);
        let end = self.formula[line..]
            .find('\n')
            .map_or(self.formula.len(), |at| line + at);
        let gap = " ".repeat(before[line..].chars().count());
        let wide = self
            .excerpt()
            .split('\n')
            .next()
            .unwrap_or_default()
            .chars()
            .count();
        format!(
            "{}\n{gap}{}",
            &self.formula[line..end],
            "^".repeat(wide.max(1))
        )
    }
}

impl From<Range<usize>> for Place {
    fn from(span: Range<usize>) -> Self {
        Self {
            formula: String::new(),
            span,
        }
    }
}

/// What a formula, its data or its settings are refused for.
///
/// Variants with a `place` know the piece of the formula that they are about: see
/// [`Error::place`]. Rows are counted from 0 in the fields and from 1 in the messages.
///
/// | category | variant | when | what to do |
/// |---|---|---|---|
/// | text | [`Syntax`](Error::Syntax) | something else stands where a term, an operator or a side was expected | correct the text at the place |
/// | text | [`Parenthesis`](Error::Parenthesis) | a parenthesis is never closed, or never opened | add or remove one |
/// | text | [`TooLarge`](Error::TooLarge) | too deep, too many terms, too many columns | simplify the formula |
/// | terms | [`UnknownFunction`](Error::UnknownFunction) | the language has no such function | use one the message lists |
/// | terms | [`Arguments`](Error::Arguments) | a function was given other arguments than it takes | follow the usage shown |
/// | terms | [`Misplaced`](Error::Misplaced) | a piece may not stand where it stands | follow the advice of the message |
/// | terms | [`ResponseTwice`](Error::ResponseTwice) | the response is explained by itself | remove it from the right side |
/// | columns | [`UnknownColumn`](Error::UnknownColumn) | a name is not in the table | use a name the message lists |
/// | columns | [`NotNumeric`](Error::NotNumeric) | a factor where numbers are needed | use a numeric column |
/// | columns | [`NotFactor`](Error::NotFactor) | numbers where a factor is needed | write `factor(x)` |
/// | columns | [`OneLevel`](Error::OneLevel) | a factor with fewer than two levels | leave it out |
/// | columns | [`UnknownLevel`](Error::UnknownLevel) | a level that the factor does not have | use a level the message lists |
/// | columns | [`Response`](Error::Response) | the response does not fit its declared kind | declare another kind, or convert the column |
/// | columns | [`Option`](Error::Option) | an option contradicts the formula or another option | drop one of the two |
/// | values | [`UnseenLevel`](Error::UnseenLevel) | new data hold a level that the recipe has not | leave the row out, or fix a recipe with it |
/// | values | [`Value`](Error::Value) | a value outside what a function or response allows | correct the value, or mark it as missing |
/// | values | [`Degree`](Error::Degree) | `poly` with as many degrees as distinct values | lower the degree |
/// | values | [`Knots`](Error::Knots) | the knots of `ns` coincide, or lie outside the data | fewer knots, or others |
/// | settings | [`Unset`](Error::Unset) | a contrast depends on columns that were not set | set them, or choose how with `At` |
/// | settings | [`Setting`](Error::Setting) | a setting that cannot be understood | correct the name or value |
/// | settings | [`Contrast`](Error::Contrast) | two settings or contrasts do not make a difference | name what should differ |
/// | words | [`Core`](Error::Core) | a table or a design that `kring-core` refuses | see [`kring_core::Error`] |
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
#[allow(
    missing_docs,
    reason = "the table above documents every variant and its fields speak"
)]
pub enum Error {
    #[error("{expected} was expected, but {found} was found")]
    Syntax {
        place: Place,
        found: String,
        expected: String,
    },
    #[error("{why}")]
    Parenthesis { place: Place, why: &'static str },
    #[error("the formula is too large: {what} ({limit} at most)")]
    TooLarge {
        place: Place,
        what: &'static str,
        limit: usize,
    },
    #[error("there is no function `{function}`{suggestion}")]
    UnknownFunction {
        place: Place,
        function: String,
        suggestion: String,
    },
    #[error("`{function}` {why}; write {usage}")]
    Arguments {
        place: Place,
        function: String,
        why: String,
        usage: &'static str,
    },
    #[error("{what} cannot stand here: {why}")]
    Misplaced {
        place: Place,
        what: String,
        why: &'static str,
    },
    #[error("the response `{response}` stands on the right side too; remove it there")]
    ResponseTwice { place: Place, response: String },
    #[error("there is no column `{column}` in the table{suggestion}")]
    UnknownColumn {
        place: Place,
        column: String,
        suggestion: String,
    },
    #[error("column `{column}` is a factor, but {context} needs numbers")]
    NotNumeric {
        place: Place,
        column: String,
        context: String,
    },
    #[error(
        "column `{column}` holds numbers, but C() needs a factor; write factor({column}), or C(factor({column}), …) for a coding"
    )]
    NotFactor { place: Place, column: String },
    #[error(
        "factor `{column}` has {levels} level{}, so it cannot explain anything; leave it out",
        if *levels == 1 { "" } else { "s" }
    )]
    OneLevel {
        place: Place,
        column: String,
        levels: usize,
    },
    #[error("factor `{column}` has no level {level}{suggestion}")]
    UnknownLevel {
        place: Place,
        column: String,
        level: String,
        suggestion: String,
    },
    #[error("the response `{response}` {why}")]
    Response {
        place: Place,
        response: String,
        why: String,
    },
    #[error("option `{option}`: {why}")]
    Option { option: &'static str, why: String },
    #[error(
        "column `{column}` has the level '{level}'{}, which the recipe does not know{suggestion}",
        at(*row)
    )]
    UnseenLevel {
        column: String,
        row: Option<usize>,
        level: String,
        suggestion: String,
    },
    #[error("{what} is {found}{}, but {expected} was expected", at(*row))]
    Value {
        place: Option<Place>,
        what: String,
        row: Option<usize>,
        found: String,
        expected: &'static str,
    },
    #[error(
        "`{term}` has degree {degree}, but there are only {distinct} distinct values: \
         the degree must be lower than that"
    )]
    Degree {
        place: Place,
        term: String,
        degree: usize,
        distinct: usize,
    },
    #[error("`{term}`: {why}")]
    Knots {
        place: Place,
        term: String,
        why: String,
    },
    #[error("the contrast depends on {columns}: set each of them, or choose how with `At`")]
    Unset { columns: String },
    #[error("the setting {column} = {value} cannot be used: {why}")]
    Setting {
        column: String,
        value: String,
        why: String,
    },
    #[error("{why}")]
    Contrast { why: String },
    #[error(transparent)]
    Core(#[from] kring_core::Error),
}

/// The place of an error, borrowed as the error is.
macro_rules! place {
    ($error:expr, $of_option:ident) => {
        match $error {
            Error::Syntax { place, .. }
            | Error::Parenthesis { place, .. }
            | Error::TooLarge { place, .. }
            | Error::UnknownFunction { place, .. }
            | Error::Arguments { place, .. }
            | Error::Misplaced { place, .. }
            | Error::ResponseTwice { place, .. }
            | Error::UnknownColumn { place, .. }
            | Error::NotNumeric { place, .. }
            | Error::NotFactor { place, .. }
            | Error::OneLevel { place, .. }
            | Error::UnknownLevel { place, .. }
            | Error::Response { place, .. }
            | Error::Degree { place, .. }
            | Error::Knots { place, .. } => Some(place),
            Error::Value { place, .. } => place.$of_option(),
            _ => None,
        }
    };
}

impl Error {
    /// Where in the formula the error lies, if it lies there.
    pub fn place(&self) -> Option<&Place> {
        place!(self, as_ref)
    }

    /// The same error with the text that its span points into.
    pub(crate) fn within(mut self, formula: &str) -> Self {
        if let Some(place) = place!(&mut self, as_mut).filter(|place| place.formula.is_empty()) {
            formula.clone_into(&mut place.formula);
        }
        self
    }

    /// The same error about a setting, which has no row.
    pub(crate) fn without_row(mut self) -> Self {
        if let Self::Value { row, .. } | Self::UnseenLevel { row, .. } = &mut self {
            *row = None;
        }
        self
    }
}

fn at(row: Option<usize>) -> String {
    row.map_or_else(String::new, |row| format!(" at row {}", row + 1))
}
