//! The command `kring`.
//!
//! Results go to standard output, errors to standard error. The exit status is 0 when all is as
//! expected, 1 when a verdict or a finding is not the expected one, and 2 for bad input.

mod arguments;
mod circles;
mod commands;
mod folder;
mod output;
mod programme;
mod shells;
mod simulations;
mod verify;
mod watching;

use std::process::ExitCode;

use clap::Parser;

use crate::arguments::{Arguments, Command};

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let style = output::style();
    let data_dir = arguments.data_dir.as_deref();
    let outcome = match &arguments.command {
        Command::Studies(options) => commands::studies(data_dir, options, style),
        Command::Replicate(options) => commands::replicate(data_dir, options, style),
        Command::Describe(options) => commands::describe(options, style),
        Command::Advise(options) => commands::advise(options, style),
        Command::Compare(options) => commands::compare(options, style),
        Command::Test(options) => commands::test(options, style),
        Command::Simulate(options) => simulations::simulate(options, style),
        Command::Performance(options) => simulations::performance(options, style),
        Command::Power(options) => simulations::power(options, style),
        Command::Methods(options) => commands::methods(options, style),
        Command::Attrition(options) => programme::attrition(options, style),
        Command::Process(options) => programme::process(options, style),
        Command::Inventory(options) => programme::inventory(data_dir, options, style),
        Command::Circle(options) => circles::circle(options, style),
        Command::Neighbourhood(options) => circles::neighbourhood(options, style),
        Command::Baseline(options) => commands::baseline(options, style),
        Command::Fit(fit) => commands::fit(fit, style),
        Command::Check(options) => commands::check(data_dir, options, style),
        Command::Verify(options) => verify::verify(data_dir, options, style),
        Command::Completions(options) => shells::completions(options),
        Command::Man(options) => shells::man(options),
    };
    match outcome {
        Ok(commands::Outcome::AsExpected) => ExitCode::SUCCESS,
        Ok(commands::Outcome::NotAsExpected) => ExitCode::from(1),
        Err(fault) => {
            output::report(&fault);
            ExitCode::from(2)
        }
    }
}
