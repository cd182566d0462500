use std::path::PathBuf;

use thiserror::Error;

/// What the facade refuses.
///
/// | variant | when | what to do |
/// |---|---|---|
/// | [`File`](Error::File) | a file or folder cannot be read or written | check the path and its rights |
/// | [`UnknownStudy`](Error::UnknownStudy) | no study of that name | see `kring studies`, or give `--data-dir` |
/// | [`NoStudies`](Error::NoStudies) | no folder of studies was found | give `--data-dir` or set `KRING_DATA` |
/// | [`Protocol`](Error::Protocol) | a protocol that cannot be read or contradicts itself | correct the line it names |
/// | [`Data`](Error::Data) | data that break the protocol's own rules | correct data or protocol: all faults are listed |
/// | [`FilesDisagree`](Error::FilesDisagree) | two files of one study give different results | find out which is right |
/// | [`Analysis`](Error::Analysis) | an analysis of a protocol fails | see the cause |
/// | [`Check`](Error::Check), [`Cohort`](Error::Cohort), [`Formula`](Error::Formula), [`Stats`](Error::Stats), [`Network`](Error::Network), [`Sim`](Error::Sim), [`Core`](Error::Core), [`Report`](Error::Report) | the crate of that name refuses | see its own table |
#[derive(Debug, Error)]
#[non_exhaustive]
#[allow(
    missing_docs,
    reason = "the table above documents every variant and its fields speak"
)]
pub enum Error {
    #[error("{}: {why}", path.display())]
    File { path: PathBuf, why: String },
    #[error("there is no study `{id}` in {}{suggestion}", looked_in.display())]
    UnknownStudy {
        id: String,
        looked_in: PathBuf,
        suggestion: String,
    },
    #[error(
        "no folder of studies was found ({looked}); give --data-dir, set KRING_DATA, or work in a folder below one that has `datasets/studies`"
    )]
    NoStudies { looked: String },
    #[error("{}: {why}", path.display())]
    Protocol { path: PathBuf, why: String },
    #[error(
        "{}: {} of what the protocol declares; correct the data or the protocol:\n{}",
        path.display(), counted(violations), listed(violations)
    )]
    Data {
        path: PathBuf,
        violations: Vec<kring_cohort::Violation>,
    },
    #[error(
        "{}: {first} and {second} give different results in `{analysis}`, {place}: {left} against {right}; correct one of them, or take it out of [data]",
        path.display()
    )]
    FilesDisagree {
        path: PathBuf,
        first: String,
        second: String,
        analysis: String,
        place: String,
        left: String,
        right: String,
    },
    #[error("{}: analysis `{id}`: {source}", path.display())]
    Analysis {
        path: PathBuf,
        id: String,
        #[source]
        source: Box<Error>,
    },
    #[error("{what}: {why}")]
    Argument { what: String, why: String },
    #[error(transparent)]
    Check(#[from] kring_check::Error),
    #[error(transparent)]
    Cohort(#[from] kring_cohort::Error),
    #[error(transparent)]
    Formula(#[from] kring_formula::Error),
    #[error(transparent)]
    Stats(#[from] kring_stats::Error),
    #[error(transparent)]
    Network(#[from] kring_network::Error),
    #[error(transparent)]
    Sim(#[from] kring_sim::Error),
    #[error(transparent)]
    Core(#[from] kring_core::Error),
    #[error(transparent)]
    Report(#[from] kring_report::Error),
}

fn counted(violations: &[kring_cohort::Violation]) -> String {
    match violations.len() {
        1 => "1 violation".to_owned(),
        n => format!("{n} violations"),
    }
}

/// The first violations, one a line, and how many more there are.
fn listed(violations: &[kring_cohort::Violation]) -> String {
    const SHOWN: usize = 20;
    let mut lines: Vec<String> = violations
        .iter()
        .take(SHOWN)
        .map(|v| format!("  {v}"))
        .collect();
    if violations.len() > SHOWN {
        lines.push(format!("  … and {} more", violations.len() - SHOWN));
    }
    lines.join("\n")
}
