//! People over waves.
//!
//! [`read()`] turns a researcher's file, whatever its format, into a [`Dataset`]: a data frame, the
//! [`Codebook`] that came with it, and its [`Provenance`]. Nothing is dropped on the way without
//! being counted: a code that means "missing" stays in the frame as the value it is, with its
//! definition and its count in the codebook.
//!
//! It is the one crate that knows polars; what leaves it for a model is a `kring_core::Table`.

mod codebook;
mod error;
pub mod read;

pub use codebook::{
    Code, CodeCount, Codebook, Level, MissingCount, MissingRule, Tagged, ValueLabel, Variable,
};
pub use error::Error;
pub use read::{Dataset, Decimal, Encoding, Format, Provenance, ReadOptions, read};
