//! From a researcher's file to a cohort: what the columns are, what cannot be, who was there when.
//!
//! The data are those of Beat the Blues, a trial of a computer program against depression: one row a
//! patient, one column a wave, and half of the patients gone before the end.
//!
//!     cargo run -p kring --example cohort_from_a_file
#![allow(clippy::print_stdout, reason = "an example shows what it found")]

use std::error::Error;

use kring::cohort::{
    Cohort, Level, ReadOptions, Roles, VariableKind, VariableSpec, Wave, Wide, read,
};
use kring::describe;
use kring::report::{Content, Ink, Style, table_text};
use kring::study::Library;

fn main() -> Result<(), Box<dyn Error>> {
    let file = Library::find(None)?
        .folder()
        .join("beat-the-blues/data/btheb.csv");

    // The delimiter, the decimal sign and the encoding are found out; `ReadOptions` can say them.
    let data = read(&file, &ReadOptions::default())?;

    // What the columns are. The first arm is the reference.
    let wave = |name: &str, months: f64| Wave {
        months: Some(months),
        ..Wave::named(name)
    };
    let roles = Roles {
        subject: Some("id".into()),
        arm: Some("treatment".into()),
        arms: vec![Level::named("TAU"), Level::named("BtheB")],
        waves: vec![
            wave("pre", 0.0),
            wave("2m", 2.0),
            wave("4m", 3.0),
            wave("6m", 5.0),
            wave("8m", 8.0),
        ],
        wide: vec![Wide::pattern("bdi", "bdi.{wave}")],
        variables: vec![VariableSpec {
            label: Some("Beck Depression Inventory".into()),
            unit: Some("points".into()),
            kind: Some(VariableKind::Count),
            range: Some([0.0, 63.0]),
            ..VariableSpec::named("bdi")
        }],
        ..Roles::default()
    };
    let cohort = Cohort::new(data, &roles)?;

    // Everything that cannot be as declared, all at once: here nothing.
    for violation in cohort.validate() {
        println!("{violation}");
    }
    assert!(cohort.validate().is_empty());

    let style = Style {
        ink: Ink::Plain,
        width: 100,
    };

    // Who was there at each wave, who left, who came back.
    let flow = cohort.flow(&["bdi"])?;
    println!("{}", table_text(&Content::Flow(flow.clone()), style));
    let complete: usize = flow.arms.iter().map(|arm| arm.complete).sum();
    assert_eq!(complete, 52);

    // The scores by arm and wave, of those who were there.
    let scores = describe(cohort.measurements(), &["bdi"], &["treatment", "wave"])?;
    println!("{}", table_text(&Content::Summaries(scores.clone()), style));

    // At two months the 52 patients of Beat the Blues who were there have 765 points together.
    let at_two_months = scores.iter().find(|summary| {
        summary
            .strata
            .iter()
            .map(|s| s.level.as_str())
            .eq(["BtheB", "2m"])
    });
    let mean = at_two_months.and_then(|summary| summary.numbers()?.mean);
    assert!(
        mean.is_some_and(|mean| (mean - 765.0 / 52.0).abs() < 1e-9),
        "{mean:?}"
    );
    Ok(())
}
