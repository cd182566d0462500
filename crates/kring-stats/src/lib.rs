//! The estimators of kring: pure functions of arrays and seeds.
//!
//! Every regression model has three values that never change once made: its options (a plain
//! struct such as [`lm::Lm`]), the fit (`Lm::default().fit(&design)?`) and what the fit says, as
//! [`Estimate`](kring_core::Estimate)s and [`JointTest`](kring_core::JointTest)s through the
//! [`Fit`] trait. Tests and summaries take small named inputs of their own.
//!
//! Nothing here reads a file, a clock or an environment, prints, or keeps state.

pub mod association;
pub mod breslow_day;
pub mod chi_squared;
pub mod cochran_q;
pub mod dist;
mod error;
pub mod events;
pub mod fisher;
mod fit;
pub mod g_test;
mod interval;
mod linalg;
pub mod lm;
pub mod mantel_haenszel;
pub mod mcnemar;
pub mod number_needed;
pub mod proportion;
pub mod rates;
mod root;
mod sandwich;
pub mod summary;
pub mod t_test;
pub mod trend;
pub mod two_proportions;
pub mod unconditional;

pub use error::Error;
pub use fit::{Coefficients, Fit, JointReference, Provenance};
