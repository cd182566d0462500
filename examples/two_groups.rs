//! Two groups, from the file to an answer: were they alike at the start, how much did they change,
//! how far apart are they in the end, and what can that difference be, whoever has no score?
//!
//! The data are those of the Enschede fireworks trial, in which chance decided on the arms, but half
//! of the children have no score of their own at three months.
//!
//!     cargo run -p kring --example two_groups
#![allow(clippy::print_stdout, reason = "an example shows what it found")]

use std::error::Error;

use kring::attrition::{bounds, outcome_at};
use kring::baseline::Baseline;
use kring::cohort::{Cohort, Level, ReadOptions, Roles, VariableSpec, Wave, Wide, read};
use kring::compare::{ByChance, Compare};
use kring::core::Estimate;
use kring::method::{BeforeAfter, Changed, Method};
use kring::report::{Content, Ink, Style, table_text};
use kring::stats::bounds::Bounds;
use kring::stats::effect_size::ChangeEffect;
use kring::stats::t_test::TTest;
use kring::study::Library;

fn main() -> Result<(), Box<dyn Error>> {
    let cohort = fireworks()?;
    let table = cohort.subjects();

    // Every variable as it was before treatment, with standardised differences and without a test.
    let variables = ["age", "sex", "etn", "yc"].map(String::from);
    let start = Baseline::default().of(&cohort, &variables)?;
    let age = start.variables.first().ok_or("the table is empty")?.clone();
    show(&[Content::Baseline(start)]);

    // How much all children changed, and how much more those with EMDR did. The change of all is no
    // effect of a treatment: time went by.
    let change = Method::MeanChange(BeforeAfter {
        before: "yc1".into(),
        after: "yc3".into(),
        options: TTest::default(),
    });
    let change = change.run(table)?;
    show(&change.content());
    let more = Method::ChangeDifference(Changed {
        before: "yc1".into(),
        after: "yc3".into(),
        by: "trt".into(),
        options: ChangeEffect::default(),
    });
    let more = more.run(table)?;
    show(&more.content());

    // How far apart they are at three months. The method follows from what the outcome is and how
    // the study was made; with the score at the start it is an analysis of covariance.
    let compare = Compare {
        outcome: "yc3".into(),
        arm: "trt".into(),
        allocation: ByChance::Randomised,
        ..Compare::default()
    };
    let plain = compare.run(table)?;
    show(&plain.content());
    let given_the_start = Compare {
        baseline: Some("yc1".into()),
        ..compare
    };
    let given_the_start = given_the_start.run(table)?;
    show(&given_the_start.content());

    // 16 children with CBT have a score at three months, and 12 with EMDR. What can the difference
    // be among those who would have one in either arm?
    let last = outcome_at(&cohort, "yc", "3")?;
    let bounded = bounds(&last, "yc", "trt", &Bounds::monotone())?;
    show(&[Content::Estimates(vec![
        bounded.low.clone(),
        bounded.high.clone(),
    ])]);

    // In R 4.2.2, with f <- mice::fdd and the functions m() and v() for mean and var without NA:
    // (m(age[E]) - m(age[C])) / sqrt((v(age[E]) + v(age[C])) / 2)
    close(age.differences.first(), 0.065_780_526_1)?;
    // with(f, t.test(yc3, yc1, paired = TRUE))
    close(change.estimates.first(), -14.407_407_407_4)?;
    // (1 - 3 / (4 * 25 - 1)) * (m(d[E]) - m(d[C])) / sqrt((14 * v(yc1[C]) + 11 * v(yc1[E])) / 25), of
    // the 27 with both scores, d <- yc3 - yc1
    close(more.estimates.first(), -0.749_813_153_4)?;
    // t.test(yc3 ~ trt, f)
    close(plain.answer.estimates.first(), -5.1875)?;
    // lm(yc3 ~ trt + yc1, f)
    close(given_the_start.answer.estimates.first(), -7.709_524_287_1)?;
    // y <- sort(yc3[C]); m(yc3[E]) - mean(tail(y, 12)); m(yc3[E]) - mean(head(y, 12))
    close(Some(&bounded.low), -9.25)?;
    close(Some(&bounded.high), -0.833_333_333_3)?;
    Ok(())
}

/// The file with what its columns are. The first arm is the reference: differences are EMDR − CBT.
fn fireworks() -> Result<Cohort, Box<dyn Error>> {
    let file = Library::find(None)?
        .folder()
        .join("deroos-2011/data/fdd.sav");
    let level = |name: &str, label: &str| Level {
        label: Some(label.to_owned()),
        ..Level::named(name)
    };
    let wave = |name: &str, label: &str| Wave {
        label: Some(label.to_owned()),
        ..Wave::named(name)
    };
    let roles = Roles {
        subject: Some("id".into()),
        arm: Some("trt".into()),
        arms: vec![level("C", "CBT"), level("E", "EMDR")],
        waves: vec![
            wave("1", "before"),
            wave("2", "4–8 weeks"),
            wave("3", "3 months"),
        ],
        wide: vec![Wide::pattern("yc", "yc{wave}")],
        variables: vec![VariableSpec {
            label: Some("PTSD-RI, child".into()),
            unit: Some("points".into()),
            ..VariableSpec::named("yc")
        }],
        ..Roles::default()
    };
    Ok(Cohort::new(read(&file, &ReadOptions::default())?, &roles)?)
}

fn show(content: &[Content]) {
    let style = Style {
        ink: Ink::Plain,
        width: 100,
    };
    for piece in content {
        println!("{}", table_text(piece, style));
    }
}

fn close(found: Option<&Estimate>, expected: f64) -> Result<(), Box<dyn Error>> {
    let value = found.and_then(|estimate| estimate.value.finite());
    let value = value.ok_or("there is no finite estimate")?;
    assert!((value - expected).abs() < 1e-8, "{value}, not {expected}");
    Ok(())
}
