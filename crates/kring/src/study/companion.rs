//! A simulated companion of a study whose data are not public.
//!
//! It stands beside the studies: `simulated/NAME.toml` beside `studies/NAME`. It is a calibration to the
//! printed figures, and each target that is printed names its claim in its source: `claim problems-wt-1`.
//! A figure that it has, it has by construction: the verdict can be no other, and it counts nowhere.

use kring_core::seed::Seed;
use kring_core::{Caution, Comparison, Evidence, Quantity, VerdictKind, compare};
use kring_report::{Content, Listing, ListingColumn, Role, Section, significant};
use kring_sim::Drawn;
use kring_sim::calibration::{Calibrated, TargetKind};
use kring_sim::draw::Draw;
use serde::{Deserialize, Serialize};

use super::{Study, claims};
use crate::Error;
use crate::simulate::{SimulatedCohort, Simulator, account_of};

/// A simulated companion beside the printed figures: no evidence of anything.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Companion {
    /// What it is, in a line.
    pub title: String,
    /// What a reader must know.
    pub notes: Vec<String>,
    /// What it was drawn from.
    pub drawn: Drawn,
    /// The printed figures that it was built to have.
    pub comparisons: Vec<Comparison>,
    /// What was matched, assumed and left free.
    pub calibrated: Calibrated,
}

impl Study {
    /// The calibration of its simulated companion, where there is one.
    pub fn simulator(&self) -> Result<Option<Simulator>, Error> {
        let folder = self
            .folder
            .canonicalize()
            .unwrap_or_else(|_| self.folder.clone());
        let Some(datasets) = folder.parent().and_then(|studies| studies.parent()) else {
            return Ok(None);
        };
        let file = datasets.join("simulated").join(format!("{}.toml", self.id));
        if !file.is_file() {
            return Ok(None);
        }
        let simulator = Simulator::read(&file)?;
        let of = simulator.calibration().and_then(|c| c.study.clone());
        if of.as_ref() == Some(&self.id) {
            return Ok(Some(simulator));
        }
        Err(Error::File {
            path: file,
            why: format!(
                "expected the calibration of study `{}`, found one of {}",
                self.id,
                of.map_or_else(|| "none".to_owned(), |id| format!("`{id}`"))
            ),
        })
    }

    /// The simulated companion cohort, where there is one.
    pub fn simulated_cohort(&self) -> Result<Option<SimulatedCohort>, Error> {
        let simulator = self.simulator()?;
        simulator.map(|simulator| simulator.companion()).transpose()
    }

    /// The companion with the printed figures beside its own.
    pub(super) fn companion(&self) -> Result<Option<Companion>, Error> {
        let Some(simulator) = self.simulator()? else {
            return Ok(None);
        };
        let (Some(calibration), Some(calibrated)) =
            (simulator.calibration(), simulator.calibrated())
        else {
            return Ok(None);
        };
        let drawn = simulator.companion()?.tables.provenance;
        let mut draw = Draw::default();
        let plan = simulator.plan();
        plan.draw(&Seed::new(drawn.seed), drawn.replicate, &mut draw);
        let targets = claims::targets(&self.protocol)?;
        let mut comparisons = Vec::new();
        for target in &calibration.targets {
            if target.kind != TargetKind::Published {
                continue;
            }
            let meant = |id: &str| {
                let source = target.source.as_deref().unwrap_or_default();
                let named = source.split("claim ").skip(1);
                named
                    .filter_map(|rest| rest.split([':', ',', ';', ' ']).next())
                    .any(|name| name == id)
            };
            let Some(read) = targets.iter().find(|read| meant(&read.target.id)) else {
                continue;
            };
            let Some(value) = target.figure.of(plan, &draw)? else {
                continue;
            };
            let what = format!("{}, simulated", target.figure).replace('`', "");
            let mut printed = read.target.clone();
            printed.expect = VerdictKind::ByConstruction;
            let quantity = Quantity::plain(&what, value, Evidence::Constructed);
            comparisons.push(compare(quantity, &printed));
        }
        Ok(Some(Companion {
            title: calibration.title.clone(),
            notes: calibration.notes.clone(),
            drawn,
            comparisons,
            calibrated: calibrated.clone(),
        }))
    }
}

impl Companion {
    /// As a section of a report.
    pub(super) fn section(&self) -> Section {
        Section {
            id: "simulated-companion".to_owned(),
            title: self.title.clone(),
            role: Role::Descriptive,
            method: Some(format!(
                "Calibration of a generator to printed figures; seed {}, replicate {}",
                self.drawn.seed, self.drawn.replicate
            )),
            content: self.content(),
        }
    }

    /// As text and tables, the printed figures first.
    pub fn content(&self) -> Vec<Content> {
        let rows = self.comparisons.iter().map(|comparison| {
            let ours = comparison.quantity.as_ref();
            vec![
                comparison.target.label.clone(),
                comparison.verdict.kind().name().to_owned(),
                comparison.target.value.text.clone(),
                ours.map_or_else(|| "–".to_owned(), |q| significant(q.value)),
            ]
        });
        let figures = Listing {
            title: "Printed figures that the simulated companion was built to have".to_owned(),
            columns: vec![
                ListingColumn::words("Figure"),
                ListingColumn::words("Verdict"),
                ListingColumn::numbers("Printed"),
                ListingColumn::numbers("Simulated"),
            ],
            rows: rows.collect(),
            notes: vec![
                "By construction: nothing is reproduced, and these verdicts are not counted."
                    .to_owned(),
            ],
            cautions: vec![Caution::Simulated],
        };
        let mut content = vec![Content::Listing(figures)];
        content.extend(account_of(&self.calibrated));
        content.push(Content::Text(self.notes.join("\n\n")));
        content
    }
}
