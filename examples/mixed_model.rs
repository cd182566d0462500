//! Children measured up to three times: did one treatment help more than the other, wave by wave?
//!
//! A linear mixed model takes every score that is there, also of children without one at the end. The
//! data are those of the Enschede fireworks trial, in which nearly half of the last scores are missing.
//!
//!     cargo run -p kring --example mixed_model
#![allow(clippy::print_stdout, reason = "an example shows what it found")]

use std::error::Error;

use kring::cohort::{Cohort, Level, ReadOptions, Roles, Wide, read};
use kring::method::{LinearMixed, Method, Show};
use kring::report::{Ink, Style, table_text};
use kring::stats::lmm::Lmm;
use kring::study::Library;

fn main() -> Result<(), Box<dyn Error>> {
    let file = Library::find(None)?
        .folder()
        .join("deroos-2011/data/fdd.csv");
    let roles = Roles {
        subject: Some("id".into()),
        arm: Some("trt".into()),
        // The first arm is the one that the other is set against.
        arms: vec![Level::named("E"), Level::named("C")],
        wide: vec![Wide::columns("yc", ["yc1", "yc2", "yc3"])],
        ..Roles::default()
    };
    let cohort = Cohort::new(read(&file, &ReadOptions::default())?, &roles)?;

    // One row a child and wave. Each child has a level of its own, (1 | id); the arms are compared at each
    // wave.
    let model = Method::Lmm(Box::new(LinearMixed {
        by: Some("trt".into()),
        within: Some("wave".into()),
        // Each child's level, and what the coefficients would be without one of them.
        show: vec![Show::RandomEffects, Show::Influence],
        ..LinearMixed::of("yc ~ wave * trt + (1 | id)".parse()?, Lmm::default())
    }));
    let answer = model.run(cohort.measurements())?;
    let style = Style {
        ink: Ink::Plain,
        width: 100,
    };
    for piece in answer.content() {
        println!("{}", table_text(&piece, style));
    }

    // In R: lmerTest::lmer(yc ~ wave * trt + (1 | id)), by REML, degrees of freedom by Satterthwaite.
    let change = answer.estimates.iter().find(|e| e.label == "wave3:trtC");
    let change = change.ok_or("there is no such coefficient")?;
    assert!((change.value.finite().ok_or("it is not finite")? - 8.3100).abs() < 1e-4);
    assert!((change.std_error.ok_or("it has no error")? - 4.1618).abs() < 1e-4);
    assert!((change.p_value.ok_or("it has no p-value")? - 0.0506).abs() < 1e-4);
    Ok(())
}
