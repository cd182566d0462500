//! People over waves.
//!
//! [`read()`] turns a researcher's file, whatever its format, into a [`Dataset`]: a data frame, the
//! [`Codebook`] that came with it, and its [`Provenance`]. Nothing is dropped on the way without
//! being counted: a code that means "missing" stays in the frame as the value it is, with its
//! definition and its count in the codebook.
//!
//! A [`Cohort`] is such a data set with [`Roles`] for its columns: who, when, in which arm, and what
//! was measured. It tells what is not as declared, who was seen at each wave and what is missing,
//! and it yields two tables: one row a subject, and one row a subject and wave.
//!
//! The people around families are read by [`circles`], from tables with keys, one row a family and wave, or
//! GraphML.
//!
//! It is the one crate that knows polars; what leaves it for a model is a `kring_core::Table`.

mod arms;
mod assembly;
mod cells;
pub mod circles;
mod codebook;
mod cohort;
mod error;
mod layout;
mod missing;
pub mod read;
mod reshape;
mod roles;
mod settle;
mod table;
mod validate;
pub mod wave_order;

pub use arms::OtherArm;
pub use codebook::{
    Code, CodeCount, Codebook, MeasurementLevel, MissingCount, MissingRule, Tagged, ValueLabel,
    Variable,
};
pub use cohort::Cohort;
pub use error::Error;
pub use missing::{ColumnMissing, Exclusion, ExclusionReason, Missingness};
pub use read::{
    Dataset, Decimal, Encoding, Format, Provenance, ReadOptions, SIMULATED, SIMULATED_FILE, read,
    read_bytes,
};
pub use roles::{Level, OtherArms, Per, Roles, VariableKind, VariableSpec, Wave, Wide};
pub use validate::{Violation, ViolationKind};
