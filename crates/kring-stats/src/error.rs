use thiserror::Error;

/// What an estimator refuses.
///
/// | variant | when | what to do |
/// |---|---|---|
/// | [`TooFew`](Error::TooFew) | fewer observations, groups or clusters than the method needs | collect more, or use a method that needs fewer |
/// | [`Constant`](Error::Constant) | values that do not vary, so that an error cannot be estimated | look at the data |
/// | [`Response`](Error::Response) | a response that the model cannot explain | use another model, or declare another type |
/// | [`Missing`](Error::Missing) | the design lacks what the options ask for, such as clusters | declare it, or choose other options |
/// | [`Unsupported`](Error::Unsupported) | a combination that is not supported | use what the message offers |
/// | [`Contrast`](Error::Contrast) | a contrast of the wrong length, or one that cannot be estimated | correct it |
/// | [`Argument`](Error::Argument) | a level, probability or degree of freedom outside its range | correct it |
/// | [`Shape`](Error::Shape) | inputs of different lengths, or an empty table | make them match |
/// | [`Overflow`](Error::Overflow) | numbers so large that their squares are beyond what a computer can hold | give the data in another unit |
/// | [`NotConverged`](Error::NotConverged) | a fit that found no maximum, with the coefficients it had reached | what the message says; never use these coefficients |
/// | [`Separated`](Error::Separated) | some columns predict a part of the response perfectly, so that their coefficients run off to infinity | bias reduction, or leave the columns out |
/// | [`NoMaximum`](Error::NoMaximum) | a coefficient runs away, because the data separate or do not bear on it | take out or merge the columns it names |
/// | [`Unreachable`](Error::Unreachable) | a size, effect or power that no study of the kind has | what the message says |
/// | [`Core`](Error::Core) | a result that is not a finite number | look at the scale of the data |
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
#[allow(
    missing_docs,
    reason = "the table above documents every variant and its fields speak"
)]
pub enum Error {
    #[error("{method} needs at least {needed} {what}, but there {} {found}", if *found == 1 { "is" } else { "are" })]
    TooFew {
        method: &'static str,
        what: String,
        needed: usize,
        found: usize,
    },
    #[error("{what} is constant, so {method} has no error to measure differences by")]
    Constant { method: &'static str, what: String },
    #[error("{method} explains {expected}, but `{name}` is {found}")]
    Response {
        method: &'static str,
        name: String,
        expected: &'static str,
        found: &'static str,
    },
    #[error("{option} needs {needed}, which the design does not have; {hint}")]
    Missing {
        option: String,
        needed: &'static str,
        hint: &'static str,
    },
    #[error("{what} is not supported; {hint}")]
    Unsupported { what: String, hint: String },
    #[error("contrast `{label}`: {why}")]
    Contrast { label: String, why: String },
    #[error("{what} is {found}, but {expected} was expected")]
    Argument {
        what: String,
        expected: &'static str,
        found: String,
    },
    #[error("{what}: expected {expected}, found {found}")]
    Shape {
        what: String,
        expected: String,
        found: String,
    },
    #[error(
        "{what} overflows: its numbers are too large to be squared and summed; give them in another unit"
    )]
    Overflow { what: String },
    #[error(
        "{method} did not converge in {iterations} steps: {why}; {hint}{}",
        state(coefficients)
    )]
    NotConverged {
        method: &'static str,
        iterations: usize,
        why: String,
        coefficients: Vec<(String, f64)>,
        hint: &'static str,
    },
    #[error(
        "`{name}` is predicted perfectly in {rows} row(s) ({}), so that there is no finite estimate; {hint}",
        columns.join(", ")
    )]
    Separated {
        name: String,
        rows: usize,
        columns: Vec<String>,
        hint: &'static str,
    },
    #[error("{method}: the likelihood has no maximum, in {part} {} without end; {hint}", columns.join(" and "))]
    NoMaximum {
        method: &'static str,
        part: &'static str,
        columns: Vec<String>,
        hint: String,
    },
    #[error("{asked} cannot be reached: {why}; {hint}")]
    Unreachable {
        asked: String,
        why: String,
        hint: &'static str,
    },
    #[error(transparent)]
    Core(#[from] kring_core::Error),
}

/// The last coefficients of a fit that failed.
fn state(coefficients: &[(String, f64)]) -> String {
    let each: Vec<String> = coefficients
        .iter()
        .map(|(name, value)| format!("{name} {value:.3}"))
        .collect();
    if each.is_empty() {
        return String::new();
    }
    format!(" (it had come to {})", each.join(", "))
}

impl Error {
    /// A search for a maximum that ended too early, at this log-likelihood and so many standard
    /// errors from where it was heading.
    pub(crate) fn unfinished(
        method: &'static str,
        iterations: usize,
        log_likelihood: f64,
        distance: Option<f64>,
        coefficients: Vec<(String, f64)>,
    ) -> Self {
        let away = distance
            .map(|d| format!(", {d:.1e} standard errors from where it heads"))
            .unwrap_or_default();
        Self::NotConverged {
            method,
            iterations,
            why: format!("the log-likelihood is {log_likelihood:.6}{away}"),
            coefficients,
            hint: "allow more iterations, or simplify the model",
        }
    }

    /// A likelihood that rises without end along these columns, each with the sign of its way.
    pub(crate) fn no_maximum(
        method: &'static str,
        part: &'static str,
        moved: &[(String, f64)],
        hint: &str,
    ) -> Self {
        let way = |size: f64| if size > 0.0 { "rises" } else { "falls" };
        Self::NoMaximum {
            method,
            part,
            columns: moved
                .iter()
                .map(|(name, size)| format!("`{name}` {}", way(*size)))
                .collect(),
            hint: hint.to_owned(),
        }
    }
}
