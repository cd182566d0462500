//! The circles around families: indicators of involvement by arm and wave, a picture, and a mixed model of the
//! size of the circle. The circles are simulated: no evidence. Those of a study are read by
//! `kring::cohort::circles::from_tables`.
//!
//!     cargo run -p kring --example circles
#![allow(clippy::print_stdout, reason = "an example shows what it found")]

use kring::circle::{SummaryOptions, circle_plan, simulated_circles};
use kring::core::Table;
use kring::method::Method;
use kring::report::{Content, Ink, Origin, PersonLabels, Style, ego_svg, table_text};

fn main() -> Result<(), kring::Error> {
    let plan = circle_plan(include_str!("../datasets/simulated/circles-rotterdam.toml"))?;
    let study = simulated_circles(&plan, 2019, 0)?;

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
