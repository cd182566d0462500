//! Replicate a study: every published figure beside ours, with a verdict.
//!
//! The figures are those of the Enschede fireworks trial (de Roos and others 2011), the data were
//! published with the R package mice.
//!
//!     cargo run -p kring --example replicate_a_study
#![allow(clippy::print_stdout, reason = "an example shows what it found")]

use std::error::Error;

use kring::core::VerdictKind;
use kring::report::{Ink, Style, terminal};
use kring::study::Study;

fn main() -> Result<(), Box<dyn Error>> {
    // The folder `datasets/studies/deroos-2011` with its protocol, in this folder or one above it.
    let study = Study::find("deroos-2011", None)?;

    // Every analysis of the protocol, on every file of data; then every claim beside our figure.
    let run = study.replicate()?;

    for comparison in &run.comparisons {
        let target = &comparison.target;
        println!(
            "{:28} {:>6}  {:?}",
            target.id,
            target.value.text,
            comparison.verdict.kind()
        );
    }

    // The same as a report, for the terminal; `kring::report::html` gives a page.
    let report = study.report(&run)?;
    let style = Style {
        ink: Ink::Plain,
        width: 100,
    };
    println!("\n{}", terminal(&report, style));

    // Seventeen of 24 published figures are in the microdata, and all of those come out.
    let reproduced = run
        .comparisons
        .iter()
        .filter(|c| c.verdict.kind() == VerdictKind::Reproduced);
    assert_eq!(reproduced.count(), 17);
    assert!(run.as_expected());
    Ok(())
}
