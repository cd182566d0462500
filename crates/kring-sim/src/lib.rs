//! Tables with known truth, and how well an estimator does on them.
//!
//! ```text
//! Generator ──plan()──► Plan ──draw()──► Draw ──table()──► Simulated { long, wide }
//! plain data            checked once     numbers            tables of core, marked
//!     │                   └──truth()──► Truth     what the numbers must come to
//!     └─ Calibration ── parameters found so that printed figures are met
//!
//! replicates(range, …) ──► Replicates ──merge──► Replicates ──performance()──► Performance
//! ```
//!
//! Who it is for: whoever wants to see an estimator work on data whose truth is known before
//! trusting it, whoever plans a study, and whoever needs realistic cohorts because real ones may not
//! be shared. Nothing that comes from here is evidence; the tables say so.
//!
//! It knows no estimator, reads no file and keeps no state. Every number comes from a seed: the same
//! generator, seed and replicate give the same bits, whatever thread draws them.
//!
//! ```
//! use kring_core::seed::Seed;
//! use kring_sim::generator::{Arm, Distribution, Generator, Outcome, Wave};
//!
//! let generator = Generator {
//!     title: "Problems of families, without an effect".into(),
//!     waves: vec![Wave::new("1", 0.0), Wave::new("2", 1.0)],
//!     arms: vec![Arm::new("WT", 60), Arm::new("EKC", 55)],
//!     outcomes: vec![Outcome {
//!         intercept: 5.0_f64.ln(),
//!         ..Outcome::new("problems", Distribution::Nb2 { theta: 4.0, zeros: 0.0 })
//!     }],
//!     ..Generator::default()
//! };
//! let plan = generator.plan()?;
//! let margin = &plan.truth()?.arms[0].margins[0];
//! assert!((margin.mean - 5.0).abs() < 1e-12);
//! assert!((margin.sd - (5.0_f64 + 25.0 / 4.0).sqrt()).abs() < 1e-12);
//! let cohort = plan.simulate(&Seed::new(2019), 0)?;
//! assert_eq!(cohort.long.rows(), 230);
//! # Ok::<(), kring_sim::Error>(())
//! ```

pub mod calibration;
mod chances;
mod cholesky;
pub mod circles;
pub mod draw;
mod error;
pub mod figure;
pub mod generator;
mod moments;
pub mod parameter;
pub mod performance;
pub mod plan;
mod quadrature;
pub mod recovery;
pub mod replicate;
pub mod sampler;
mod tables;
pub mod truth;

pub use error::Error;
pub use tables::{Drawn, Simulated};
