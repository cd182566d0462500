//! A draw as tables: one row a family and wave, and one row a family.

use kring_core::seed::Seed;
use kring_core::{Column, Table};
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::draw::Draw;
use crate::generator::{CovariateValues, Distribution};
use crate::plan::Plan;

/// A simulated cohort: no evidence of anything.
///
/// The label of every outcome, covariate and event says so, since labels go wherever a table goes.
#[derive(Debug, Clone, PartialEq)]
pub struct Simulated {
    /// One row a family and wave: `family`, `arm`, `wave`, `time`, clusters, covariates, outcomes.
    /// What is missing is missing in its row; the row stays.
    pub long: Table,
    /// One row a family: `family`, `arm`, clusters, covariates, a column an outcome and wave
    /// (`problems_1`), and of each event its time and whether it happened (`placed_time`,
    /// `placed_event`).
    pub wide: Table,
    /// What it was drawn from.
    pub provenance: Drawn,
}

/// What a simulated cohort was drawn from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Drawn {
    /// The title of the generator.
    pub generator: String,
    /// The number of the seed: that of `Seed::new`, or of a child's key.
    pub seed: u64,
    /// Which replicate.
    pub replicate: u64,
}

impl Plan {
    /// A cohort: a replicate as tables.
    ///
    /// ```
    /// use kring_core::seed::Seed;
    /// use kring_sim::generator::{Arm, Distribution, Generator, Missing, MissingPattern, Outcome, Wave};
    ///
    /// let plan = Generator {
    ///     title: "Dropout".into(),
    ///     waves: vec![Wave::new("1", 0.0), Wave::new("2", 1.0)],
    ///     arms: vec![Arm::new("WT", 60), Arm::new("EKC", 55)],
    ///     outcomes: vec![Outcome::new("problems", Distribution::Poisson { zeros: 0.0 })],
    ///     missing: vec![Missing::at_random(MissingPattern::Monotone, 0.2)],
    ///     ..Generator::default()
    /// }
    /// .plan()?;
    /// let cohort = plan.simulate(&Seed::new(7), 0)?;
    /// assert_eq!((cohort.long.rows(), cohort.wide.rows()), (230, 115));
    /// assert_eq!(cohort.long.column("problems")?.title(), "problems (simulated)");
    /// assert_eq!(cohort.wide.numeric("problems_1")?.present().len(), 115);
    /// # Ok::<(), kring_sim::Error>(())
    /// ```
    pub fn simulate(&self, seed: &Seed, replicate: u64) -> Result<Simulated, Error> {
        let mut draw = Draw::default();
        self.draw(seed, replicate, &mut draw);
        Ok(Simulated {
            long: self.long(&draw)?,
            wide: self.wide(&draw)?,
            provenance: Drawn {
                generator: self.generator().title.clone(),
                seed: seed.number(),
                replicate,
            },
        })
    }

    /// A draw of this plan with one row a family and wave. Events are in [`Plan::wide`].
    pub fn long(&self, draw: &Draw) -> Result<Table, Error> {
        let (n, waves) = (self.families(), self.waves());
        let generator = self.generator();
        self.fits(draw)?;
        let mut columns = self.per_family(draw, waves)?;
        let of_waves = (0..n * waves).map(|row| Some(whole(row % waves)));
        let names = generator.waves.iter().map(|wave| wave.name.as_str());
        let wave = Column::factor("wave", names, of_waves.collect())?;
        let time = (0..n * waves).map(|row| Some(generator.waves[row % waves].time));
        columns.insert(2, wave);
        columns.insert(3, Column::numeric("time", time.collect())?);
        for (k, _) in generator.outcomes.iter().enumerate() {
            let value = |row: usize| {
                let (i, j) = (row / waves, row % waves);
                draw.seen(k, j)[i].then(|| draw.values(k, j)[i])
            };
            let values = (0..n * waves).map(value).collect();
            columns.push(self.outcome_column(k, None, values)?);
        }
        Ok(Table::new(columns)?)
    }

    /// A draw of this plan with one row a family.
    pub fn wide(&self, draw: &Draw) -> Result<Table, Error> {
        let generator = self.generator();
        self.fits(draw)?;
        let mut columns = self.per_family(draw, 1)?;
        for k in 0..generator.outcomes.len() {
            for (j, wave) in generator.waves.iter().enumerate() {
                let each = draw.values(k, j).iter().zip(draw.seen(k, j));
                let values = each.map(|(&x, &seen)| seen.then_some(x)).collect();
                columns.push(self.outcome_column(k, Some(&wave.name), values)?);
            }
        }
        for (place, event) in generator.events.iter().enumerate() {
            let label = event.label.as_ref().unwrap_or(&event.name);
            let times = draw.event_times(place).iter().map(|&time| Some(time));
            columns.push(
                Column::numeric(format!("{}_time", event.name), times.collect())?
                    .with_label(format!("{label}: time (simulated)")),
            );
            let seen = draw.event_seen(place).iter();
            let seen = seen.map(|&seen| Some(f64::from(seen)));
            columns.push(
                Column::numeric(format!("{}_event", event.name), seen.collect())?
                    .with_label(format!("{label}: whether it happened (simulated)")),
            );
        }
        Ok(Table::new(columns)?)
    }

    /// A draw of another plan is refused where its shape tells.
    pub(crate) fn fits(&self, draw: &Draw) -> Result<(), Error> {
        if draw.fits(self) {
            return Ok(());
        }
        Err(Error::parameter(
            "the draw",
            "one of the plan itself",
            "of another shape",
        ))
    }

    /// `family`, `arm`, clusters and covariates, so many rows a family.
    fn per_family(&self, draw: &Draw, times: usize) -> Result<Vec<Column>, Error> {
        let (n, generator) = (self.families(), self.generator());
        let rows = || (0..n).flat_map(move |i| std::iter::repeat_n(i, times));
        let families = rows().map(|i| Some(whole(i))).collect();
        let arms: Vec<u32> = (0..n).map(|i| whole(self.arm_of(i))).collect();
        let arms = rows().map(|i| Some(arms[i])).collect();
        let mut columns = vec![
            Column::factor("family", (1..=n).map(|i| i.to_string()), families)?,
            Column::factor("arm", generator.arms.iter().map(|a| a.name.as_str()), arms)?,
        ];
        for (level, cluster) in generator.clusters.iter().enumerate() {
            let units = draw.units(level);
            let codes = rows().map(|i| Some(units[i])).collect();
            let names = 1..=self.clusters[level].all_units;
            let names = names.map(|unit| format!("{} {unit}", cluster.name));
            columns.push(Column::factor(cluster.name.as_str(), names, codes)?);
        }
        let (mut numeric, mut categorical) = (0, 0);
        for covariate in &generator.covariates {
            let name = covariate.name.as_str();
            let mut column = match &covariate.values {
                CovariateValues::Numeric { .. } => {
                    let values = draw.covariate(numeric);
                    numeric += 1;
                    Column::numeric(name, rows().map(|i| Some(values[i])).collect())?
                }
                CovariateValues::Categorical { levels, .. } => {
                    let codes = draw.category(categorical);
                    categorical += 1;
                    let codes = rows().map(|i| Some(codes[i])).collect();
                    Column::factor(name, levels.iter().map(String::as_str), codes)?
                }
            };
            column.unit.clone_from(&covariate.unit);
            let label = covariate.label.as_deref().unwrap_or(name);
            columns.push(column.with_label(format!("{label} (simulated)")));
        }
        Ok(columns)
    }

    fn outcome_column(
        &self,
        k: usize,
        wave: Option<&str>,
        values: Vec<Option<f64>>,
    ) -> Result<Column, Error> {
        let outcome = &self.generator().outcomes[k];
        let label = outcome.label.as_ref().unwrap_or(&outcome.name);
        let (name, label) = match wave {
            None => (outcome.name.clone(), format!("{label} (simulated)")),
            Some(wave) => (
                format!("{}_{wave}", outcome.name),
                format!("{label} at wave {wave} (simulated)"),
            ),
        };
        let mut column = match &outcome.distribution {
            Distribution::Ordinal { thresholds, levels } => {
                let numbers = (0..=thresholds.len()).map(|level| (level + 1).to_string());
                let names = if levels.is_empty() {
                    numbers.collect()
                } else {
                    levels.clone()
                };
                #[allow(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "a level, from 1 on"
                )]
                let codes = values
                    .iter()
                    .map(|x| x.map(|x| (x as u32).wrapping_sub(1)))
                    .collect();
                Column::factor(name, names, codes)?.ordered()
            }
            _ => Column::numeric(name, values)?,
        };
        column.unit.clone_from(&outcome.unit);
        Ok(column.with_label(label))
    }
}

/// A place as the code of a factor. There are fewer than 2³² of any.
fn whole(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}
