//! Errors of kring as Python exceptions.

use std::ffi::CString;

use kring::core::Caution;
use kring::formula;
use pyo3::prelude::*;

pyo3::import_exception!(kring._errors, InputError);

/// Tells the doubts of a result, each once, as one `CautionWarning` that can be silenced.
///
/// That some rows are incomplete is no news to whoever left cells empty, and stands in the result: it alone
/// warns of nothing.
pub fn warn<'a>(py: Python<'_>, cautions: impl Iterator<Item = &'a Caution>) -> PyResult<()> {
    let mut sentences: Vec<String> = Vec::new();
    for caution in cautions.filter(|caution| !matches!(caution, Caution::CompleteCases { .. })) {
        let sentence = caution.sentence();
        if !sentences.contains(&sentence) {
            sentences.push(sentence);
        }
    }
    if sentences.is_empty() {
        return Ok(());
    }
    let category = py.import("kring._errors")?.getattr("CautionWarning")?;
    let message = CString::new(sentences.join("\n").replace('\0', " "))?;
    PyErr::warn(py, &category, &message, 1)
}

/// An error of kring as an `InputError` with the whole message.
pub fn refused(error: impl Into<kring::Error>) -> PyErr {
    let error = error.into();
    match place(&error) {
        Some(place) => InputError::new_err(format!("{error}\n\n{}", place.drawn())),
        None => InputError::new_err(error.to_string()),
    }
}

/// An `InputError` about an argument.
pub fn argument(name: &str, why: impl std::fmt::Display) -> PyErr {
    InputError::new_err(format!("`{name}`: {why}"))
}

/// Runs a long call with the interpreter free for other threads.
pub fn detached<T, E>(py: Python<'_>, call: impl FnOnce() -> Result<T, E> + Send) -> PyResult<T>
where
    T: Send,
    E: Into<kring::Error> + Send,
{
    py.detach(call).map_err(refused)
}

/// The place in a formula that an error is about.
fn place(error: &kring::Error) -> Option<&formula::Place> {
    match error {
        kring::Error::Formula(error) => error.place(),
        kring::Error::Analysis { source, .. } => place(source),
        _ => None,
    }
}
