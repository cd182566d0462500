//! Counts of the same people again and again: how many times as many in one arm as in the other?
//!
//! The data are those of a trial of progabide against epilepsy, with seizures counted in four periods.
//!
//!     cargo run -p kring --example counts_over_time
#![allow(clippy::print_stdout, reason = "an example shows what it found")]

use std::error::Error;

use kring::cohort::{Cohort, Level, ReadOptions, Roles, read};
use kring::method::{GeneralisedMixed, Method, Show};
use kring::report::{Ink, Style, table_text};
use kring::stats::family::Family;
use kring::stats::glmm::{Glmm, Integration, SimulatedResidual};
use kring::study::Library;

fn main() -> Result<(), Box<dyn Error>> {
    let file = Library::find(None)?.folder().join("epilepsy/data/epil.csv");
    let roles = Roles {
        subject: Some("subject".into()),
        wave: Some("period".into()),
        arm: Some("trt".into()),
        arms: vec![Level::named("placebo"), Level::named("progabide")],
        ..Roles::default()
    };
    let cohort = Cohort::new(read(&file, &ReadOptions::default())?, &roles)?;

    // Each person has a level of its own, and counts vary around it more than Poisson counts would.
    let negative_binomial = Glmm {
        family: Family::NegativeBinomial2,
        integration: Integration::Laplace,
        ..Glmm::default()
    };
    let formula = "y ~ log(base) + trt + (1 | subject)";
    let model = Method::Glmm(Box::new(GeneralisedMixed {
        by: Some("trt".into()),
        // Does one person make the result, and do the counts look like draws from the model?
        show: vec![Show::Influence],
        simulated_residuals: Some(SimulatedResidual {
            seed: Some(2011),
            ..SimulatedResidual::default()
        }),
        ..GeneralisedMixed::of(formula.parse()?, negative_binomial)
    }));
    let answer = model.run(cohort.measurements())?;
    let style = Style {
        ink: Ink::Plain,
        width: 100,
    };
    for piece in answer.content() {
        println!("{}", table_text(&piece, style));
    }

    // The ratio of two averages over persons is that of one person, since a level multiplies both arms.
    let value = |label: &str| {
        let mut estimates = answer.estimates.iter().filter(|e| e.label == label);
        estimates.next().and_then(|e| e.value.finite())
    };
    let average = value("average: trt progabide / placebo").ok_or("there is no ratio")?;
    let one = value("trtprogabide").ok_or("there is no coefficient")?;
    assert!((average - one).abs() < 1e-9);
    // Four tests of the residuals, and one person after another left out.
    let residuals = answer
        .tests
        .iter()
        .filter(|test| test.label.starts_with("residuals: "));
    assert_eq!(residuals.count(), 4);
    assert_eq!(answer.tables.len(), 1);
    Ok(())
}
