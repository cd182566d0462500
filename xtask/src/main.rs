//! What continuous integration runs, and what anyone runs locally.

mod architecture;
mod ci;
mod coverage;
mod package;
mod reference;

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// What continuous integration runs, and what anyone runs locally.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Run everything that continuous integration runs
    Ci,
    /// Check the invariants of ARCHITECTURE.md that a program can check
    Architecture,
    /// Compute every figure of the corpus and compare it with R's
    Reference(reference::ReferenceArgs),
    /// List what would be published of each crate, and refuse what may not be
    Package,
    /// Measure how often the intervals hold the truth
    Coverage(coverage::CoverageArgs),
}

/// Exit code 0 where all is as it should be, 1 where something is not, 2 where it could not be found out.
fn main() -> ExitCode {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap_or(Path::new("."));
    let (text, code) = match Arguments::parse().task {
        Task::Ci => match ci::run(root, &mut |text| show(text, false)) {
            Ok(()) => ("continuous integration: all steps passed\n".to_owned(), 0),
            Err(error) => (format!("continuous integration: {error}\n"), 1),
        },
        Task::Architecture => match architecture::breaches(root) {
            Ok(breaches) => (
                architecture::report(&breaches),
                u8::from(!breaches.is_empty()),
            ),
            Err(error) => (format!("error: {error}\n"), 2),
        },
        Task::Reference(arguments) => match reference::run(&arguments) {
            Ok(outcome) => (outcome.to_string(), u8::from(!outcome.passed())),
            Err(error) => (format!("error: {error}\n"), 2),
        },
        Task::Package => match package::run(root) {
            Ok(outcome) => (
                package::report(&outcome),
                u8::from(!outcome.faults.is_empty()),
            ),
            Err(error) => (format!("error: {error}\n"), 2),
        },
        Task::Coverage(arguments) => {
            match coverage::run(&arguments, &mut |text| show(text, false)) {
                Ok(outcome) => (outcome.summary(), u8::from(!outcome.passed())),
                Err(error) => (format!("error: {error}\n"), 2),
            }
        }
    };
    show(&text, code == 2);
    ExitCode::from(code)
}

/// Nobody is left to tell where an output is closed.
fn show(text: &str, as_error: bool) {
    let _ = if as_error {
        std::io::stderr().write_all(text.as_bytes())
    } else {
        std::io::stdout().write_all(text.as_bytes())
    };
}
