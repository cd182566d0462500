//! Did activating people's own network help?
//!
//! kring takes an evaluation study from its file to verdicts on its published figures: families,
//! groups, waves, counts of problems, dropout, and groups that were not alike at the start. This
//! crate brings the others together:
//!
//! - [`cohort`]: reading files, codebooks, validation, who was there when;
//! - [`formula`]: a table and a formula become a design;
//! - [`stats`]: the estimators;
//! - [`study`]: a protocol file becomes verdicts;
//! - [`check`]: can published figures stand together as printed?
//! - [`method`]: every method by its name;
//! - [`advise`]: which analysis fits a table, by rules that can be read;
//! - [`compare`]: one comparison of the arms, chosen by what the outcome is;
//! - [`analysis`]: formula, fit and what is asked of it;
//! - [`baseline`]: the first table, groups side by side;
//! - [`attrition`]: who left, and what a difference can be without them;
//! - [`simulate`]: cohorts with known truth;
//! - [`performance`]: how well a method does on them;
//! - [`power`]: what a study of some size can find;
//! - [`suspicious`], [`repeats`]: what in a table makes one look again;
//! - [`process`]: the course of a programme, from referrals to what was carried out;
//! - [`inventory`]: lists of problems over waves;
//! - [`circle`], [`neighbourhood`]: the people around families, wave by wave, and in a neighbourhood;
//! - [`arms`]: the rows of the arms that are compared;
//! - [`verify`]: whether a stored result comes out again;
//! - [`report`]: tables, figures and the HTML report.
//!
//! ```no_run
//! let study = kring::study::Study::find("deroos-2011", None)?;
//! let run = study.replicate()?;
//! assert!(run.as_expected());
//! # Ok::<(), kring::Error>(())
//! ```

pub mod advise;
pub mod analysis;
pub mod arms;
pub mod attrition;
pub mod baseline;
mod called;
pub mod check;
pub mod circle;
pub mod compare;
mod data_dir;
mod describe;
mod error;
mod folder;
mod follow_ups;
pub mod inventory;
mod lenient;
mod markup;
pub mod method;
pub mod neighbourhood;
pub mod performance;
pub mod power;
pub mod process;
mod rate;
pub mod repeats;
pub mod simulate;
pub mod study;
pub mod suspicious;
pub mod verify;
pub mod words;
mod yes_no;

pub use describe::{Description, describe, means_over_time};
pub use error::Error;
pub use folder::{
    Further, ReportFormat, WriteOptions, report_of, write_report, write_results, write_results_in,
};
pub use follow_ups::follow_ups;
pub use kring_cohort as cohort;
pub use kring_core as core;
pub use kring_formula as formula;
pub use kring_network as network;
pub use kring_report as report;
pub use kring_sim as sim;
pub use kring_stats as stats;
pub use markup::{Markup, written};
pub use yes_no::YesNo;

/// The SHA-256 of some bytes in hexadecimal.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    use sha2::{Digest, Sha256};
    use std::fmt::Write;

    Sha256::digest(bytes)
        .iter()
        .fold(String::with_capacity(64), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}
