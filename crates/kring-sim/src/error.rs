use thiserror::Error;

/// What a generator, a calibration or an account of replicates refuses.
///
/// | variant | when | what to do |
/// |---|---|---|
/// | [`Parameter`](Error::Parameter) | a number outside its range, a list of another length | correct what the message names |
/// | [`Unknown`](Error::Unknown) | a name that is nowhere declared | use a name the message lists |
/// | [`Name`](Error::Name) | a name that stands twice, or that a table keeps for itself | rename it |
/// | [`NotPositiveDefinite`](Error::NotPositiveDefinite) | a covariance no random vector can have | lower the covariances of the entry it names, or raise its variance |
/// | [`NoFigure`](Error::NoFigure) | a figure that the generator does not have, or not without noise | ask for another, or simplify what it rests on |
/// | [`NotReached`](Error::NotReached) | a calibration that found no parameters, with the state it had come to | start elsewhere, or give another parameter for the target |
/// | [`NotFound`](Error::NotFound) | no replicate has the figures asked for | more replicates, wider ranges, or calibrate first |
/// | [`Replicates`](Error::Replicates) | too few replicates, or the same one twice | what the message says |
/// | [`Overflow`](Error::Overflow) | numbers whose squares are beyond what a computer can hold | use another unit |
/// | [`Core`](Error::Core) | a table cannot be made | see there |
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
#[allow(
    missing_docs,
    reason = "the table above documents every variant and its fields speak"
)]
pub enum Error {
    #[error("{what} is {found}, but {expected} was expected")]
    Parameter {
        what: String,
        expected: String,
        found: String,
    },
    #[error("{place} names {what} `{name}`, which there is not{suggestion}")]
    Unknown {
        place: String,
        what: &'static str,
        name: String,
        suggestion: String,
    },
    #[error("the name `{name}` of {what} {why}; choose another")]
    Name {
        what: String,
        name: String,
        why: &'static str,
    },
    #[error(
        "the covariance of the latent vector is not positive definite: given the entries before it, `{entry}` has variance {variance:.3e}; lower its covariances or raise its variance"
    )]
    NotPositiveDefinite { entry: String, variance: f64 },
    #[error("{figure} cannot be computed: {why}")]
    NoFigure { figure: String, why: String },
    #[error(
        "the calibration found no parameters that meet all targets in {iterations} steps: {why}; it had come to {}",
        state.join(", ")
    )]
    NotReached {
        iterations: usize,
        why: String,
        state: Vec<String>,
    },
    #[error(
        "none of the {replicates} replicates of seed {seed} has all the figures asked for; the rarest is {rarest}, which {times} of them have"
    )]
    NotFound {
        seed: u64,
        replicates: u64,
        rarest: String,
        times: u64,
    },
    #[error("{what}: {why}")]
    Replicates { what: String, why: String },
    #[error(
        "{what} overflows: its numbers are too large to be squared and summed; use another unit"
    )]
    Overflow { what: String },
    #[error(transparent)]
    Core(#[from] kring_core::Error),
}

impl Error {
    pub(crate) fn parameter(
        what: impl Into<String>,
        expected: impl Into<String>,
        found: impl ToString,
    ) -> Self {
        Self::Parameter {
            what: what.into(),
            expected: expected.into(),
            found: found.to_string(),
        }
    }
}
