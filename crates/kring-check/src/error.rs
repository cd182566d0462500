use thiserror::Error;

/// What a check refuses.
///
/// | variant | when | what to do |
/// |---|---|---|
/// | [`Argument`](Error::Argument) | a figure, a size or a scale that the check cannot take | give what `why` expects |
/// | [`Stats`](Error::Stats) | a distribution that is not defined there | see its own table |
#[derive(Debug, Error)]
#[non_exhaustive]
#[allow(
    missing_docs,
    reason = "the table above documents every variant and its fields speak"
)]
pub enum Error {
    #[error("{what}: {why}")]
    Argument { what: String, why: String },
    #[error(transparent)]
    Stats(#[from] kring_stats::Error),
}
