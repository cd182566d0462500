//! The effect of a treatment at the end, given the score at the start: an analysis of covariance
//! with errors that allow the arms unequal variances, and the difference of the arms as a contrast.
//!
//! The data are those of the Enschede fireworks trial, read from SPSS.
//!
//!     cargo run -p kring --example ancova
#![allow(clippy::print_stdout, reason = "an example shows what it found")]

use std::error::Error;

use kring::cohort::{Cohort, Level, ReadOptions, Roles, read};
use kring::formula::{DesignOptions, Formula, Recipe};
use kring::report::{Content, Ink, Style, table_text};
use kring::stats::Fit;
use kring::stats::lm::{Covariance, Lm};
use kring::study::Library;

fn main() -> Result<(), Box<dyn Error>> {
    let file = Library::find(None)?
        .folder()
        .join("deroos-2011/data/fdd.sav");
    let arm = |name: &str, label: &str| Level {
        label: Some(label.to_owned()),
        ..Level::named(name)
    };
    let roles = Roles {
        subject: Some("id".into()),
        arm: Some("trt".into()),
        arms: vec![arm("C", "CBT"), arm("E", "EMDR")],
        ..Roles::default()
    };
    let cohort = Cohort::new(read(&file, &ReadOptions::default())?, &roles)?;
    let table = cohort.subjects();

    // A formula, and a table in which its columns have their levels, make a recipe; the recipe makes
    // the design that a model sees, and contrasts that fit it.
    let formula: Formula = "yc3 ~ yc1 + trt".parse()?;
    let recipe = Recipe::new(&formula, table, &DesignOptions::default())?;
    let design = recipe.design(table)?;
    println!(
        "{} children; left out, by a missing score: {}",
        design.rows(),
        design.omitted().len()
    );

    let model = Lm {
        covariance: Covariance::Hc3,
        ..Lm::default()
    };
    let fit = model.fit(&design)?;

    // EMDR − CBT for children who started alike: what they started with cancels.
    let contrast = recipe.difference(&[("trt", "E")], &[("trt", "C")])?;
    let difference = fit.contrast(&contrast.label, contrast.weights.view())?;
    let style = Style {
        ink: Ink::Plain,
        width: 100,
    };
    println!(
        "{}",
        table_text(&Content::Estimates(vec![difference.clone()]), style)
    );

    // In R: coef(lm(yc3 ~ yc1 + trt, fdd)) and sqrt(diag(sandwich::vcovHC(., "HC3"))).
    let value = difference
        .value
        .finite()
        .ok_or("the difference is not finite")?;
    let std_error = difference.std_error.ok_or("the difference has no error")?;
    assert!((value - -7.709_524_287).abs() < 1e-8);
    assert!((std_error - 3.652_713_571).abs() < 1e-8);
    Ok(())
}
