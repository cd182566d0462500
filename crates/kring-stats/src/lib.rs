//! The estimators of kring: pure functions of arrays and seeds.
//!
//! Every regression model has three values that never change once made: its options (a plain
//! struct such as [`lm::Lm`]), the fit (`Lm::default().fit(&design)?`) and what the fit says, as
//! [`Estimate`](kring_core::Estimate)s and [`JointTest`](kring_core::JointTest)s through the
//! [`Fit`] trait. Tests and summaries take small named inputs of their own.
//!
//! Nothing here reads a file, a clock or an environment, prints, or keeps state.

pub mod agreement;
pub mod association;
pub mod balance;
pub mod bootstrap;
pub mod bounds;
pub mod breslow_day;
mod certificate;
pub mod chi_squared;
pub mod cochran_q;
mod covariance;
pub mod criteria;
pub mod dist;
mod draw;
pub mod effect_size;
pub mod equivalence;
mod error;
pub mod events;
pub mod family;
pub mod fisher;
mod fit;
pub mod friedman;
pub mod funnel;
pub mod g_test;
pub mod gee;
pub mod glm;
pub mod glmm;
mod groups;
pub mod hurdle;
pub mod influence;
mod interval;
pub mod kruskal_wallis;
pub mod levene;
pub mod likelihood;
mod linalg;
pub mod little;
pub mod lm;
pub mod lmm;
pub mod mann_whitney;
pub mod mantel_haenszel;
pub mod mcnemar;
pub mod means;
pub mod mediation;
pub mod mmrm;
pub mod multiplicity;
pub mod narrow;
pub mod number_needed;
pub mod one_way;
mod optimise;
pub mod ordinal;
mod pairwise;
pub mod permutation;
pub mod power;
pub mod prediction;
pub mod predictive;
pub mod proportion;
pub mod quantile_residual;
mod random;
pub mod rank;
pub mod rank_biserial;
mod rank_distribution;
mod rank_interval;
pub mod rates;
mod regression;
pub mod reliability;
pub mod resampling;
mod root;
mod sandwich;
pub mod signed_rank;
pub mod summary;
pub mod superiority;
pub mod t_test;
pub mod trend;
pub mod two_part;
pub mod two_proportions;
pub mod two_waves;
pub mod unconditional;
pub mod variance_explained;
pub mod zero_inflated;

pub use covariance::Covariance;
pub use error::Error;
pub use fit::{Coefficients, Fit, JointReference, Provenance};
pub use kring_core::seed;
