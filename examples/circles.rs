//! The circles around families: from CSV files to indicators of involvement by arm and wave, a picture, and a mixed
//! model of the size of the circle. The circles are simulated: no evidence.
//!
//!     cargo run -p kring --example circles
#![allow(clippy::print_stdout, reason = "an example shows what it found")]

use std::path::PathBuf;

use kring::circle::{CircleStudy, SummaryOptions, circle_plan, simulated_circles, write_circles};
use kring::cohort::ReadOptions;
use kring::cohort::circles::{CircleFiles, CircleOptions, from_tables};
use kring::core::Table;
use kring::method::Method;
use kring::report::{Content, Ink, Origin, PersonLabels, Style, ego_svg, table_text};

fn main() -> Result<(), kring::Error> {
    let plan = circle_plan(include_str!("../datasets/simulated/circles-rotterdam.toml"))?;
    let folder = std::env::temp_dir().join("kring-example-circles");
    write_circles(&simulated_circles(&plan, 2019, 0)?, &folder)?;

    // Files of a study are read in the same way; everything that is wrong in them comes as one list.
    let named = |table: &str| Some(PathBuf::from(format!("simulated-{table}.csv")));
    let files = CircleFiles {
        families: named("families"),
        alters: named("persons"),
        ties: named("ties"),
        agreements: named("agreements"),
        standing: named("standing"),
    };
    let tables = files.read(&folder, &ReadOptions::default())?;
    let study = CircleStudy::of(
        from_tables(&tables, &CircleOptions::default())?,
        Some("arm"),
    )?;

    // Each indicator in its own denominator.
    let summary = study.summary(&SummaryOptions::default())?;
    let style = Style {
        ink: Ink::Plain,
        width: 100,
    };
    let listing = Content::Listing(summary.indicators_listing());
    println!("{}", table_text(&listing, style));

    // A family's circle at both waves, as practitioners draw it; no name is in it.
    let picture = study.picture("61", PersonLabels::None)?;
    let svg = ego_svg(&picture, Origin::Simulated)?;
    println!("A picture of {} bytes.\n", svg.len());

    // Involvement is an outcome like any other.
    let table = study.table()?;
    let fields = [
        ("formula", "network_size ~ arm * wave + (1 | family)"),
        ("options.family", "poisson"),
    ];
    shown("The size of the circle", &fields, "glmm", &table, style)
}

fn shown(
    title: &str,
    fields: &[(&str, &str)],
    method: &str,
    table: &Table,
    style: Style,
) -> Result<(), kring::Error> {
    println!("{title}");
    let answer = Method::named(method, fields)?.run(table)?;
    for content in answer.content() {
        println!("{}", table_text(&content, style));
    }
    Ok(())
}
