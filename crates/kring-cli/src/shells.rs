//! Completions for shells, and the pages of the manual, from the description of the arguments.

use std::path::Path;

use clap::{Command, CommandFactory};

use crate::arguments::{Arguments, Completions, Man};
use crate::commands::Outcome;
use crate::output::{Fault, print};

pub fn completions(options: &Completions) -> Result<Outcome, Fault> {
    let mut written = Vec::new();
    clap_complete::generate(
        options.shell,
        &mut Arguments::command(),
        "kring",
        &mut written,
    );
    print(&text(written)?)?;
    Ok(Outcome::AsExpected)
}

pub fn man(options: &Man) -> Result<Outcome, Fault> {
    let mut kring = Arguments::command();
    // Names and global options reach the commands below only when it is built.
    kring.build();
    if let Some(folder) = &options.out {
        let fault = |error: std::io::Error| Fault::Write(format!("{}: {error}", folder.display()));
        std::fs::create_dir_all(folder).map_err(fault)?;
        let mut names = Vec::new();
        write_pages(&kring, "kring", folder, &mut names)?;
        print(&format!(
            "Written: {} pages into {}",
            names.len(),
            folder.display()
        ))?;
        return Ok(Outcome::AsExpected);
    }
    let mut command = &kring;
    for name in &options.command {
        command = below(command, name)?;
    }
    print(&page(command)?)?;
    Ok(Outcome::AsExpected)
}

/// The command of a name below another.
fn below<'a>(command: &'a Command, name: &str) -> Result<&'a Command, Fault> {
    command.find_subcommand(name).ok_or_else(|| {
        let names: Vec<&str> = command.get_subcommands().map(Command::get_name).collect();
        Fault::Argument {
            what: format!("kring man {name}"),
            why: format!(
                "there is no such command{}",
                kring::core::suggestion(name, names)
            ),
        }
    })
}

/// The page of a command and of those below it, each in a file `kring-fit-lmm.1`.
fn write_pages(
    command: &Command,
    name: &str,
    folder: &Path,
    names: &mut Vec<String>,
) -> Result<(), Fault> {
    let file = folder.join(format!("{name}.1"));
    std::fs::write(&file, page(command)?)
        .map_err(|error| Fault::Write(format!("{}: {error}", file.display())))?;
    names.push(name.to_owned());
    for inner in command.get_subcommands() {
        if inner.get_name() != "help" {
            write_pages(
                inner,
                &format!("{name}-{}", inner.get_name()),
                folder,
                names,
            )?;
        }
    }
    Ok(())
}

fn page(command: &Command) -> Result<String, Fault> {
    let mut written = Vec::new();
    clap_mangen::Man::new(command.clone())
        .render(&mut written)
        .map_err(|error| Fault::Write(error.to_string()))?;
    text(written)
}

fn text(written: Vec<u8>) -> Result<String, Fault> {
    String::from_utf8(written).map_err(|error| Fault::Write(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The commands that can be run, each with its words.
    fn every(command: &Command, words: &str) -> Vec<(String, Command)> {
        let below = command
            .get_subcommands()
            .filter(|inner| inner.get_name() != "help");
        let below = below.flat_map(|inner| every(inner, &format!("{words} {}", inner.get_name())));
        std::iter::once((words.to_owned(), command.clone()))
            .chain(below)
            .collect()
    }

    #[test]
    fn every_command_has_examples_in_its_help() {
        for (words, command) in every(&Arguments::command(), "kring") {
            let help = command.get_after_help().map(ToString::to_string);
            let example = format!("\n  {words} ");
            assert!(help.is_some_and(|help| help.contains(&example)), "{words}");
        }
    }

    #[test]
    fn every_command_with_a_result_gives_it_as_json() {
        for (words, command) in every(&Arguments::command(), "kring") {
            let gives_none = ["kring", "kring fit", "kring completions", "kring man"];
            let json = command
                .get_arguments()
                .any(|argument| argument.get_id() == "json");
            assert_eq!(json, !gives_none.contains(&words.as_str()), "{words}");
        }
    }

    #[test]
    fn the_arguments_are_sound() {
        Arguments::command().debug_assert();
    }
}
