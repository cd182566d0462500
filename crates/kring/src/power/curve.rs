//! Power over a grid of sizes or effects.

use serde::{Deserialize, Serialize};

use super::{Counted, Done, PowerPoint, PowerStudy, Setting, Watch, enough};
use crate::Error;

/// Power over a grid.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PowerCurve {
    /// The points, in the order in which they were asked for.
    pub points: Vec<PowerPoint>,
    /// Whether all points were done.
    pub done: Done,
}

/// The most points of a curve.
const MOST: usize = 1000;

/// A grid has points, and not too many.
pub(super) fn sized(grid: &[Setting]) -> Result<(), Error> {
    if (1..=MOST).contains(&grid.len()) {
        return Ok(());
    }
    Err(Error::Argument {
        what: "the grid of a power curve".to_owned(),
        why: format!("expected from 1 to {MOST} values, found {}", grid.len()),
    })
}

impl PowerStudy {
    /// Power at each of some settings. Interrupted, it keeps the points that were begun.
    pub fn curve(
        &self,
        settings: &[Setting],
        replicates: u64,
        watch: &mut impl Watch,
    ) -> Result<PowerCurve, Error> {
        enough(replicates)?;
        sized(settings)?;
        // All settings are checked before the first is run.
        let experiments = settings.iter().map(|setting| self.experiment(*setting));
        let experiments = experiments.collect::<Result<Vec<_>, Error>>()?;
        let mut counted = Counted::of(replicates * settings.len() as u64);
        let mut points = Vec::new();
        for (setting, experiment) in settings.iter().zip(&experiments) {
            let part = (*setting, 0..replicates);
            let tally = counted.run(experiment, part, self.alpha, watch)?;
            if tally.replicates > 0 {
                points.push(self.point(experiment, *setting, &tally, counted.done)?);
            }
            if counted.done == Done::Interrupted {
                break;
            }
        }
        Ok(PowerCurve {
            points,
            done: counted.done,
        })
    }
}
