use thiserror::Error;

/// What a report refuses.
///
/// | variant | when | what to do |
/// |---|---|---|
/// | [`NotFinite`](Error::NotFinite) | a chart holds NaN or infinity | leave the point out where it is computed |
/// | [`Order`](Error::Order) | the points of a curve run back in time | sort them |
/// | [`Cells`](Error::Cells) | an arm or a family has not a cell for each wave | give one for each, empty where nothing is known |
/// | [`NoWave`](Error::NoWave) | a picture of a circle or a network has no wave | give one at least |
/// | [`Person`](Error::Person) | a tie is to nobody, or a person is in no group | give the place of a person, or of a group |
/// | [`Persons`](Error::Persons) | more persons than a picture can hold | draw a part of them, or show the measures of the whole |
/// | [`Crossed`](Error::Crossed) | a crossed table has another number of counts than its sizes say | give one count for each combination of levels |
/// | [`NoCell`](Error::NoCell) | a balance names a count that is not there | give the place of a count, from 0 |
/// | [`Unbalanced`](Error::Unbalanced) | the two sides of a balance are not as many | correct the counts, or take the balance out |
/// | [`Picture`](Error::Picture) | a picture cannot be drawn as pixels | report it: this is a mistake of ours |
/// | [`Document`](Error::Document) | a document of Word cannot be packed | report it: this is a mistake of ours |
/// | [`Template`](Error::Template) | a template of this crate failed | report it: this is a mistake of ours |
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
#[allow(
    missing_docs,
    reason = "the table above documents every variant and its fields speak"
)]
pub enum Error {
    #[error(
        "chart `{chart}`, curve `{curve}`: point {} is not a finite number; leave the point out", point + 1
    )]
    NotFinite {
        chart: String,
        curve: String,
        point: usize,
    },
    #[error(
        "chart `{chart}`, curve `{curve}`: point {} lies before the one that precedes it; sort the points by time", point + 1
    )]
    Order {
        chart: String,
        curve: String,
        point: usize,
    },
    #[error(
        "chart `{chart}`, `{of}`: {found} cell(s) for {waves} wave(s); give a cell for each wave, empty where nothing is known"
    )]
    Cells {
        chart: String,
        of: String,
        found: usize,
        waves: usize,
    },
    #[error("picture `{picture}`: it has no wave; give one at least")]
    NoWave { picture: String },
    #[error(
        "picture `{picture}`, wave `{wave}`: {what} names place {found}, and there are {known}; places are counted from 0"
    )]
    Person {
        picture: String,
        wave: String,
        what: &'static str,
        found: usize,
        known: usize,
    },
    #[error(
        "picture `{picture}`: {found} persons, and a picture shows {most} at most; draw a part of them, or show the measures of the whole"
    )]
    Persons {
        picture: String,
        found: usize,
        most: usize,
    },
    #[error(
        "a crossed table of these sizes has {expected} counts, and {found} were given; give one for each combination of levels"
    )]
    Crossed { expected: usize, found: usize },
    #[error(
        "balance {}: it names count {place}, and there are {cells}; places are counted from 0", balance + 1
    )]
    NoCell {
        balance: usize,
        place: usize,
        cells: usize,
    },
    #[error(
        "balance {}: {these} on one side and {those} on the other; correct the counts, or take the balance out", balance + 1
    )]
    Unbalanced {
        balance: usize,
        these: usize,
        those: usize,
    },
    #[error("a picture cannot be drawn as pixels: {why}; this is a mistake in kring-report")]
    Picture { why: String },
    #[error("the document cannot be packed: {why}; this is a mistake in kring-report")]
    Document { why: String },
    #[error("the template `{name}` cannot be filled: {why}; this is a mistake in kring-report")]
    Template { name: &'static str, why: String },
}
