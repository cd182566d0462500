//! Difference in differences: changes of an arm less those of the reference.
//!
//! ```text
//! effect at w   (μ_aw − μ_a0) − (μ_rw − μ_r0)          0 the last wave before the start, r the reference
//! overall       the same of the means of all waves after the start and of all before
//! check         (μ_aw − μ_a0) − (μ_rw − μ_r0) at each earlier wave w, and all of them at once
//! ```
//! It assumes that without the programme the arm would have changed as the reference did. That can be true on
//! one scale only: of counts and shares both the differences and the ratios are told, and they answer
//! different questions. Waves before the start can speak against it, never for it.
//!
//! Lechner M (2011), Foundations and Trends in Econometrics 4:165–224, doi 10.1561/0800000014; Roth J (2022),
//! AER: Insights 4:305–322, doi 10.1257/aeri.20210236.

use kring_core::{Caution, JointTest, Table};
use kring_stats::family::Link;
use kring_stats::means::{Adjust, ContrastFamily, ContrastSet, Contrasts, CustomContrast};
use ndarray::Array2;
use serde::{Deserialize, Serialize};

use super::{Averages, ByWave, Cells, levels, place_of};
use crate::Error;
use crate::compare::quoted;
use crate::method::Answer;

/// The options of differences in differences.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Differences {
    /// The first wave after the programme began; the second, unless given.
    pub start: Option<String>,
}

const ASSUMED: &str =
    "Assumes that without the programme the arm would have changed as the reference did.";

pub(in crate::method) fn difference_in_differences(
    m: &ByWave<Differences>,
    table: &Table,
) -> Result<Answer, Error> {
    let (table, notes) = m.settled(table)?;
    let terms = format!("{} * {}", quoted(&m.arm), levels(&table, &m.wave)?);
    let fitted = m.model.fit(&m.formula(terms), &m.families(), &table)?;
    let cells = m.cells(&fitted)?;
    let start = match &m.options.start {
        Some(asked) => place_of(&cells.waves, &m.wave, asked)?,
        None => 1,
    };
    if start == 0 {
        return Err(Error::Argument {
            what: "`options.start`".to_owned(),
            why: format!(
                "no wave lies before `{}`, so that there is no change; the first wave after the programme began is \
                 meant",
                cells.waves[0].name
            ),
        });
    }
    let all: Vec<usize> = (0..cells.waves.len()).collect();
    let plain = |rows: &Table| Ok(rows.clone());
    let means = cells.means(&all, &plain)?;
    let design = Design {
        cells: &cells,
        start,
    };
    let mut contrasts = design.sets(&means, "after the start", &design.effects())?;
    for set in &mut contrasts {
        let doubt = Caution::Note(ASSUMED.to_owned());
        crate::analysis::doubt_contrasts(set, &doubt);
    }
    let before = design.checks();
    if !before.is_empty() {
        contrasts.extend(design.sets(&means, "before the start", &before)?);
    }
    let mut answer = fitted.answer(&table, Vec::new())?;
    answer.means = Some(Box::new(cells.result(&plain, contrasts)?));
    let last = &cells.waves[start - 1].name;
    let check = if before.is_empty() {
        "One wave lies before the start: nothing can speak against the assumption, and nothing for it.".to_owned()
    } else {
        format!(
            "The changes before the start, up to {} {last}, should be none. Finding none is no proof: few families \
             show little.",
            m.wave
        )
    };
    let answer = notes.into_iter().fold(answer, Answer::note);
    Ok(answer.note(check).note(
        "Parallel change can hold on one scale only: in differences, or in ratios.".to_owned(),
    ))
}

/// Which wave is the first after the start.
struct Design<'a> {
    cells: &'a Cells<'a>,
    start: usize,
}

impl Design<'_> {
    /// Each arm but the first: its change between two sets of waves less that of the first.
    fn changes(&self, from: &[usize], to: &[usize], label: &str) -> Vec<CustomContrast> {
        let arms = self.cells.arms.len();
        let reference = &self.cells.arms[0].name;
        let each = (1..arms).map(|arm| {
            let mut weights = vec![0.0; arms * self.cells.waves.len()];
            for (waves, sign) in [(to, 1.0), (from, -1.0)] {
                let share = sign / waves.len() as f64;
                for wave in waves {
                    weights[wave * arms + arm] += share;
                    weights[wave * arms] -= share;
                }
            }
            let label = format!("{} − {reference}, {label}", self.cells.arms[arm].name);
            CustomContrast { label, weights }
        });
        each.collect()
    }

    fn wave(&self, wave: usize) -> String {
        self.cells.waves[wave].name.clone()
    }

    /// The effect at each wave after the start, and over all of them.
    fn effects(&self) -> Vec<CustomContrast> {
        let (start, waves) = (self.start, self.cells.waves.len());
        let change = |to: usize| {
            let label = format!(
                "change from {} {} to {}",
                self.cells.wave,
                self.wave(start - 1),
                self.wave(to)
            );
            self.changes(&[start - 1], &[to], &label)
        };
        let mut found: Vec<CustomContrast> = (start..waves).flat_map(change).collect();
        if waves > 2 {
            let (before, after): (Vec<usize>, Vec<usize>) =
                (0..waves).partition(|&wave| wave < start);
            found.extend(self.changes(
                &before,
                &after,
                "all waves after the start against all before",
            ));
        }
        found
    }

    /// The same from each wave before the last one before the start.
    fn checks(&self) -> Vec<CustomContrast> {
        let last = self.start - 1;
        let change = |from: usize| {
            let label = format!(
                "change from {} {} to {}",
                self.cells.wave,
                self.wave(from),
                self.wave(last)
            );
            self.changes(&[from], &[last], &label)
        };
        (0..last).flat_map(change).collect()
    }

    fn sets(
        &self,
        averages: &Averages<'_>,
        when: &str,
        contrasts: &[CustomContrast],
    ) -> Result<Vec<ContrastSet>, Error> {
        let asked = Contrasts {
            adjust: Some(Adjust::None),
            ..Contrasts::of(ContrastFamily::Custom(contrasts.to_vec()))
        };
        let mut found = self.cells.contrasts(averages, &asked)?;
        for set in &mut found {
            set.at = Some(when.to_owned());
        }
        // Not what is over all waves.
        let changes = contrasts
            .iter()
            .filter(|one| one.label.contains(", change from "));
        let changes: Vec<&CustomContrast> = changes.collect();
        if let (Some(set), 2..) = (found.last_mut(), changes.len()) {
            // Where a cell is empty it tests no more than can be told, which is told below.
            set.joint = self.joint(averages, when, &changes).ok();
        }
        Ok(found)
    }

    /// The test that all of them are none, on the scale of the link: that of the ratios where it is a log.
    fn joint(
        &self,
        averages: &Averages<'_>,
        when: &str,
        contrasts: &[&CustomContrast],
    ) -> Result<JointTest, Error> {
        let cells = averages.grid.cells();
        let columns = averages.grid.columns().len();
        let rows = Array2::from_shape_fn((contrasts.len(), columns), |(i, j)| {
            let each = contrasts[i].weights.iter().zip(cells);
            each.map(|(weight, cell)| weight * cell.x[j]).sum()
        });
        let scale = match self.cells.fitted.link() {
            Link::Identity => "",
            _ => ", on the scale of the link",
        };
        let label = format!("all changes {when}{scale}");
        Ok(self.cells.fitted.fit().joint_test(&label, rows.view())?)
    }
}
