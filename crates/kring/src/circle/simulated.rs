//! Simulated circles: a plan from its file, its truth in words, and what is drawn as a study or as files.

use std::path::Path;

use kring_cohort::circles::{CircleData, to_tables};
use kring_core::Table;
use kring_report::{Content, Listing, ListingColumn, significant};
use kring_sim::circles::{CirclePlan, CircleTruth, SimulatedCircles};

use super::CircleStudy;
use crate::Error;
use crate::simulate::csv;

/// What stands over everything that comes from a plan.
const SIMULATED: &str = "Simulated data: no evidence.";

/// A plan of circles from TOML.
///
/// ```
/// let wrong = kring::circle::circle_plan("title = 'Circles'").unwrap_err();
/// assert!(wrong.to_string().contains("missing field"));
/// ```
pub fn circle_plan(text: &str) -> Result<CirclePlan, Error> {
    let refused = |error: toml::de::Error| Error::Argument {
        what: "the plan of circles".to_owned(),
        why: error.to_string().trim_end().to_owned(),
    };
    let plan: CirclePlan = toml::from_str(text).map_err(refused)?;
    plan.check()?;
    Ok(plan)
}

/// The circles of a seed and replicate as a study that says that it is simulated.
pub fn simulated_circles(
    plan: &CirclePlan,
    seed: u64,
    replicate: u64,
) -> Result<CircleStudy, Error> {
    study(plan.draw(seed, replicate)?)
}

fn study(drawn: SimulatedCircles) -> Result<CircleStudy, Error> {
    let data = CircleData {
        notes: vec![format!(
            "{SIMULATED} Drawn with seed {}, replicate {}.",
            drawn.seed, drawn.replicate
        )],
        circles: drawn.circles,
        families: drawn.families,
        provenance: Vec::new(),
    };
    Ok(CircleStudy::of(data, Some("arm"))?.simulated())
}

/// The truth of a plan, and where its numbers come from.
pub fn plan_content(plan: &CirclePlan) -> Result<Vec<Content>, Error> {
    let truth = plan.truth()?;
    let rows = truth.iter().map(|one| {
        vec![
            one.figure.replace('_', " "),
            one.arm.clone(),
            one.wave.clone(),
            significant(one.value),
        ]
    });
    let notes = [SIMULATED.to_owned()]
        .into_iter()
        .chain(plan.notes.iter().cloned());
    let mut content = vec![Content::Listing(Listing {
        title: format!("{}: what the figures come to", plan.title),
        columns: vec![
            ListingColumn::words("Figure"),
            ListingColumn::words("Arm"),
            ListingColumn::words("Wave"),
            ListingColumn::numbers("Truth"),
        ],
        rows: rows.collect(),
        notes: notes.collect(),
        cautions: Vec::new(),
    })];
    if !plan.bases.is_empty() {
        let rows = plan.bases.iter().map(|basis| {
            let range = match (basis.low, basis.high) {
                (Some(low), Some(high)) => format!("{} to {}", significant(low), significant(high)),
                _ => "assumed".to_owned(),
            };
            let ours = met(&truth, basis).map_or_else(|| "–".to_owned(), significant);
            let arm = basis.arm.clone().unwrap_or_else(|| "all".to_owned());
            vec![
                basis.figure.replace('_', " "),
                arm,
                range,
                ours,
                basis.why.clone(),
            ]
        });
        content.push(Content::Listing(Listing {
            title: "Where the numbers come from".to_owned(),
            columns: vec![
                ListingColumn::words("Figure"),
                ListingColumn::words("Arm"),
                ListingColumn::numbers("Printed"),
                ListingColumn::numbers("Truth"),
                ListingColumn::words("Source, or why"),
            ],
            rows: rows.collect(),
            notes: Vec::new(),
            cautions: Vec::new(),
        }));
    }
    Ok(content)
}

/// The truth that a printed figure speaks of.
fn met(truth: &[CircleTruth], basis: &kring_sim::circles::Basis) -> Option<f64> {
    let same = |of: &Option<String>, is: &str| of.as_deref().is_none_or(|of| of == is);
    let mut truth = truth.iter();
    truth
        .find(|one| {
            one.figure == basis.figure && same(&basis.arm, &one.arm) && same(&basis.wave, &one.wave)
        })
        .map(|one| one.value)
}

/// Writes the tables of a study of circles into a folder, and the names of the files: `families.csv` with
/// whatever else is known of the families, `persons.csv`, `ties.csv`, `agreements.csv` and `standing.csv`; of
/// simulated circles `simulated-families.csv` and so on.
pub fn write_circles(study: &CircleStudy, folder: &Path) -> Result<Vec<String>, Error> {
    let fault = |path: &Path, error: std::io::Error| Error::File {
        path: path.to_owned(),
        why: error.to_string(),
    };
    std::fs::create_dir_all(folder).map_err(|error| fault(folder, error))?;
    let prefix = if study.is_simulated() {
        "simulated-"
    } else {
        ""
    };
    let tables = to_tables(study.circles())?;
    let mut names = Vec::new();
    for (name, dataset) in [
        ("families", &tables.families),
        ("persons", &tables.alters),
        ("ties", &tables.ties),
        ("agreements", &tables.agreements),
        ("standing", &tables.standing),
    ] {
        let Some(dataset) = dataset else { continue };
        let mut table = dataset.table()?;
        if name == "families" {
            // What nobody was asked has no column.
            let own = study.families().columns().iter();
            let mut columns: Vec<_> = table
                .columns()
                .iter()
                .filter(|column| (0..column.rows()).any(|row| !column.is_missing(row)))
                .cloned()
                .collect();
            columns.extend(own.filter(|c| table.column(&c.name).is_err()).cloned());
            table = Table::new(columns)?;
        }
        let file = format!("{prefix}{name}.csv");
        let path = folder.join(&file);
        std::fs::write(&path, csv(&table)).map_err(|error| fault(&path, error))?;
        names.push(file);
    }
    Ok(names)
}
