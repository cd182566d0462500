//! What must be true of the linear model and the tests whatever the data are, and what they refuse.
#![allow(
    clippy::unwrap_used,
    reason = "a test may stop at what it did not expect"
)]

mod bias;
mod counts;
mod data;
mod degenerate;
mod doubts;
mod equalities;
mod errors;
mod gee;
mod glm;
mod glmm;
mod glmm_intervals;
mod glmm_levels;
mod glmm_zeros;
mod invariances;
mod longley;
mod marginal;
mod means;
mod mediation;
mod mixed;
mod mmrm;
mod ordinal;
mod power;
mod properties;
mod ranges;
mod ranks;
mod refusals;
mod resampling;
mod tables;
