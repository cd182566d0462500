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

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory, Parser};

use crate::arguments::{Arguments, Command};

fn main() -> ExitCode {
    let arguments = Arguments::try_parse().unwrap_or_else(|error| with_names(error).exit());
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

/// An error about what was typed, with our name for what other programs call otherwise.
fn with_names(mut error: clap::Error) -> clap::Error {
    let (of, at) = match error.kind() {
        ErrorKind::UnknownArgument => (ContextKind::InvalidArg, ContextKind::SuggestedArg),
        ErrorKind::InvalidValue => (ContextKind::InvalidValue, ContextKind::SuggestedValue),
        ErrorKind::InvalidSubcommand => return with_place(error),
        _ => return error,
    };
    let Some(ContextValue::String(typed)) = error.get(of).cloned() else {
        return error;
    };
    let known: Vec<String> = match (error.kind(), error.get(ContextKind::ValidValue)) {
        (ErrorKind::InvalidValue, Some(ContextValue::Strings(values))) => values.clone(),
        (ErrorKind::InvalidValue, _) => return error,
        _ => options_of_the_command(),
    };
    let name = typed.trim_start_matches('-').replace('-', "_");
    let meant = kring::core::meant_elsewhere(&name, known.iter().map(String::as_str));
    if let Some(meant) = meant {
        let meant = match at {
            ContextKind::SuggestedArg => format!("--{}", meant.replace('_', "-").replace('=', " ")),
            _ => meant.to_owned(),
        };
        error.insert(at, ContextValue::String(meant));
    }
    error
}

/// An error about a command that does not exist, with the place where kring has what it names.
fn with_place(mut error: clap::Error) -> clap::Error {
    let Some(ContextValue::String(typed)) = error.get(ContextKind::InvalidSubcommand).cloned()
    else {
        return error;
    };
    let typed = typed.replace('-', "_");
    let methods = kring::method::Method::KINDS;
    let command = Arguments::command();
    let fit = command.find_subcommand("fit").into_iter();
    let models: Vec<&str> = fit
        .flat_map(clap::Command::get_subcommands)
        .map(clap::Command::get_name)
        .collect();
    let known = methods.iter().copied().chain(models.iter().copied());
    let name = if known.clone().any(|name| name == typed) {
        typed.as_str()
    } else if let Some(name) = kring::core::meant_elsewhere(&typed, known.clone()) {
        name
    } else if error.get(ContextKind::SuggestedSubcommand).is_some() {
        return error;
    } else {
        kring::core::nearest(&typed, known).unwrap_or(&typed)
    };
    let place = if models.contains(&name) {
        format!("fit {name}")
    } else if methods.contains(&name) {
        format!("test {name}")
    } else {
        return error;
    };
    let places = ContextValue::Strings(vec![place]);
    error.insert(ContextKind::SuggestedSubcommand, places);
    error
}

/// The options of the command that was typed, in the letters of the fields.
fn options_of_the_command() -> Vec<String> {
    let mut command = Arguments::command();
    for word in std::env::args().skip(1) {
        if let Some(inner) = command.find_subcommand(&word) {
            command = inner.clone();
        }
    }
    let options = command.get_arguments().filter_map(clap::Arg::get_long);
    options.map(|name| name.replace('-', "_")).collect()
}
