//! What continuous integration runs, and what anyone runs locally.

mod reference;

use std::io::Write;
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
    /// Compute every figure of the corpus and compare it with R's
    Reference(reference::ReferenceArgs),
}

/// Exit code 0 where all is as it should be, 1 where something is not, 2 where it could not be found out.
fn main() -> ExitCode {
    let Task::Reference(arguments) = Arguments::parse().task;
    let (text, code) = match reference::run(&arguments) {
        Ok(outcome) => (outcome.to_string(), if outcome.passed() { 0 } else { 1 }),
        Err(error) => (format!("error: {error}\n"), 2),
    };
    // Nobody is left to tell where standard output is closed.
    let _ = if code == 2 {
        std::io::stderr().write_all(text.as_bytes())
    } else {
        std::io::stdout().write_all(text.as_bytes())
    };
    ExitCode::from(code)
}
