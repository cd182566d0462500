//! Errors of kring as Python exceptions.

use kring::formula;
use pyo3::prelude::*;

pyo3::import_exception!(kring._errors, InputError);

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
