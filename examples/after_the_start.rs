//! What was measured after the start, given the start: a trial with four follow-ups and dropout.
//!
//! The data are those of Beat the Blues, a trial of a computer program against depression. Everybody who
//! came back once counts.
//!
//!     cargo run -p kring --example after_the_start
#![allow(clippy::print_stdout, reason = "an example shows what it found")]

use std::error::Error;

use kring::cohort::{Cohort, Level, ReadOptions, Roles, Wave, Wide, read};
use kring::method::{LinearMixed, Method, MixedIntervals};
use kring::report::{Ink, Style, table_text};
use kring::stats::lmm::{Estimation, Lmm};
use kring::study::Library;

fn main() -> Result<(), Box<dyn Error>> {
    let file = Library::find(None)?
        .folder()
        .join("beat-the-blues/data/btheb.csv");
    let at = |name: &str, months: f64| Wave {
        months: Some(months),
        ..Wave::named(name)
    };
    let roles = Roles {
        subject: Some("id".into()),
        arm: Some("treatment".into()),
        arms: vec![Level::named("TAU"), Level::named("BtheB")],
        // The columns have the names of the first edition; the times are those of the last one.
        waves: vec![
            at("pre", 0.0),
            at("2m", 2.0),
            at("4m", 3.0),
            at("6m", 5.0),
            at("8m", 8.0),
        ],
        wide: vec![Wide::pattern("bdi", "bdi.{wave}")],
        ..Roles::default()
    };
    let cohort = Cohort::new(read(&file, &ReadOptions::default())?, &roles)?;

    // One row a patient and follow-up, with the first measurement, bdi.pre, beside.
    let later = kring::follow_ups(&cohort)?;
    let ml = Lmm {
        estimation: Estimation::Ml,
        ..Lmm::default()
    };
    let formula = "bdi ~ bdi.pre + months + treatment + drug + length + (1 | id)";
    let model = Method::Lmm(Box::new(LinearMixed {
        // Does the treatment belong into it?
        against: Some("bdi ~ bdi.pre + months + drug + length + (1 | id)".parse()?),
        intervals: MixedIntervals::Profile,
        ..LinearMixed::of(formula.parse()?, ml)
    }));
    let answer = model.run(&later)?;
    let style = Style {
        ink: Ink::Plain,
        width: 100,
    };
    for piece in answer.content() {
        println!("{}", table_text(&piece, style));
    }

    // In R: lme4::lmer(bdi ~ bdi.pre + time + treatment + drug + length + (1 | id), REML = FALSE).
    let effect = answer
        .estimates
        .iter()
        .find(|e| e.label == "treatmentBtheB");
    let effect = effect.ok_or("there is no such coefficient")?;
    assert!((effect.value.finite().ok_or("it is not finite")? - -2.3291).abs() < 1e-4);
    assert!((effect.std_error.ok_or("it has no error")? - 1.6704).abs() < 1e-4);
    Ok(())
}
