//! Generators, their truth, calibration and performance, as a caller sees them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test may stop at what it did not expect"
)]

mod bits;
mod calibration;
mod errors;
mod generators;
mod performance;
mod recovery;
mod samplers;
mod tables;
