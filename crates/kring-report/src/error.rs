use thiserror::Error;

/// What a report refuses.
///
/// | variant | when | what to do |
/// |---|---|---|
/// | [`NotFinite`](Error::NotFinite) | a chart holds NaN or infinity | leave the point out where it is computed |
/// | [`Order`](Error::Order) | the points of a curve run back in time | sort them |
/// | [`Cells`](Error::Cells) | an arm or a family has not a cell for each wave | give one for each, empty where nothing is known |
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
    #[error("a picture cannot be drawn as pixels: {why}; this is a mistake in kring-report")]
    Picture { why: String },
    #[error("the document cannot be packed: {why}; this is a mistake in kring-report")]
    Document { why: String },
    #[error("the template `{name}` cannot be filled: {why}; this is a mistake in kring-report")]
    Template { name: &'static str, why: String },
}
