//! The estimators of kring: pure functions of arrays and seeds.
//!
//! Every regression model has three values that never change once made: its options (a plain
//! struct such as [`lm::Lm`]), the fit (`Lm::default().fit(&design)?`) and what the fit says, as
//! [`Estimate`](kring_core::Estimate)s and [`JointTest`](kring_core::JointTest)s through the
//! [`Fit`] trait. Tests and summaries take small named inputs of their own.
//!
//! Nothing here reads a file, a clock or an environment, prints, or keeps state.

pub mod bootstrap;
pub mod chi_squared;
pub mod dist;
mod error;
mod fit;
mod linalg;
pub mod lm;
pub mod permutation;
pub mod resampling;
mod sandwich;
pub mod seed;
pub mod summary;
pub mod t_test;

pub use error::Error;
pub use fit::{Coefficients, Fit, JointReference, Provenance};
