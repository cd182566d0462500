//! Were the arms alike at the start, who left, and what could the difference be without them?
//!
//! The data are those of Beat the Blues, a trial of a computer program against depression in which
//! half of the patients were gone before the end.
//!
//!     cargo run -p kring --example who_left
#![allow(clippy::print_stdout, reason = "an example shows what it found")]

use std::error::Error;

use kring::attrition::{Attrition, bounds, outcome_at, wave_patterns};
use kring::baseline::Baseline;
use kring::cohort::{Cohort, Level, ReadOptions, Roles, Wave, Wide, read};
use kring::method::Answer;
use kring::report::{Content, Ink, Style, table_text};
use kring::stats::bounds::Bounds;
use kring::study::Library;

fn main() -> Result<(), Box<dyn Error>> {
    let file = Library::find(None)?
        .folder()
        .join("beat-the-blues/data/btheb.csv");
    let roles = Roles {
        subject: Some("id".into()),
        arm: Some("treatment".into()),
        arms: vec![Level::named("TAU"), Level::named("BtheB")],
        waves: ["pre", "2m", "4m", "6m", "8m"].map(Wave::named).to_vec(),
        wide: vec![Wide::pattern("bdi", "bdi.{wave}")],
        ..Roles::default()
    };
    let cohort = Cohort::new(read(&file, &ReadOptions::default())?, &roles)?;
    let variables = ["bdi", "drug", "length"].map(String::from);

    // The first table: every variable as it was at the first wave, with standardised differences.
    let baseline = Baseline::default().of(&cohort, &variables)?;
    // Those who stayed until the last wave beside those who left, in all and in each arm.
    let attrition = Attrition::default().of(&cohort, &variables)?;
    // The difference at eight months, BtheB less TAU: at least and at most, on the scale of 0 to 63,
    // and for those who would have stayed in either arm.
    let last = outcome_at(&cohort, "bdi", "8m")?;
    let worst = bounds(&last, "bdi", "treatment", &Bounds::worst_case(0.0, 63.0))?;
    let stayed = bounds(&last, "bdi", "treatment", &Bounds::monotone())?;

    let mut content = vec![Content::Baseline(baseline)];
    content.extend(attrition.content());
    content.push(Content::Patterns(wave_patterns(&cohort, &["bdi"])?));
    for found in [worst.clone(), stayed] {
        content.extend(Answer::from(found).content());
    }
    let style = Style {
        ink: Ink::Plain,
        width: 100,
    };
    for piece in &content {
        println!("{}", table_text(piece, style));
    }

    // In R: the mean of ifelse(is.na(y), 0, y) in BtheB less that of ifelse(is.na(y), 63, y) in TAU.
    let low = worst.low.value.finite().ok_or("the bound is not finite")?;
    assert!((low - -32.674_679_487).abs() < 1e-8);
    Ok(())
}
