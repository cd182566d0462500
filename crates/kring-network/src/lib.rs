//! Measures of the circle around a family, wave by wave, and of whole neighbourhoods.
//!
//! ```text
//! Circles ──CircleOptions::measure()──► CircleMeasures      structure, composition, support of each
//!    │    ──involvement()─────────────► Involvement         the indicators, by arm and wave: Summary
//!    │    ──turnover()────────────────► Turnover            who came, left, stayed
//!    │    ──activation()──────────────► Activation          own strength, network, professional
//! Network ──WholeOptions::measure()───► WholeMeasures       one network of many persons
//!         ──Communities::find()───────► Partition           Leiden
//!         ──Qap::stability(), change()► Estimate            did ties change, and between whom
//! ```
//!
//! Who it is for: whoever wants to know whether a circle was widened and set to work, and not only
//! whether problems became fewer. It reads no file and draws no picture; ties against outcomes are
//! models of `kring-stats`, for which `tables` and `involvement_table` give the columns.
//!
//! What is not known counts in no denominator, and what is a share of nothing is absent. Whatever is
//! drawn at random takes a seed.

pub mod activation;
pub mod change;
pub mod circle;
pub mod communities;
pub mod composition;
pub mod figures;
pub mod involvement;
pub mod tables;
pub mod turnover;
pub mod whole;

mod bits;
mod error;
mod sparse;
mod summary;

pub use error::Error;
