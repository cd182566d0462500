//! The circles of a study: the indicators of involvement by arm and wave, and columns for any model.
//!
//! ```text
//! Circles, families ──CircleStudy::new──► CircleStudy ──summary()────► CircleSummary ──content()──► report
//!                                              │      ──table()──────► a row a family and wave, for models
//!                                              └────── ──agreements()─► a row an agreement, as event data
//! ```
//! The table of a row a family and wave has what the families' own table held (arm, team, problems), the
//! indicators, the measures of the circle, its turnover since the wave before and the activation of all
//! agreements together. So involvement is an outcome, a predictor or a mediator of every model.

mod simulated;
mod summary;

use std::collections::HashMap;

use kring_cohort::circles::CircleData;
use kring_core::{
    Caution, Circles, Column, ColumnData, Grouping, Indicator, Summary, Table, suggestion,
};
use kring_network::activation::{Activation, Strengths, Zeros, activation};
use kring_network::circle::{CircleOptions, Whom};
use kring_network::involvement::{Involvement, InvolvementOptions, involvement, involvement_table};
use kring_network::tables::{agreements_table, measures_by_arm, measures_table};
use kring_network::turnover;
use kring_report::{EgoPicture, PersonLabels};
use serde::{Deserialize, Serialize};

use crate::Error;
pub use simulated::{circle_plan, plan_content, simulated_circles, write_circles};

/// Circles of families over waves, with whatever else is known of the families.
#[derive(Debug, Clone)]
pub struct CircleStudy {
    circles: Circles,
    families: Table,
    arms: Option<Grouping>,
    notes: Vec<String>,
    simulated: bool,
}

/// What is summarised.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SummaryOptions {
    /// The indicators, in this order.
    pub indicators: InvolvementOptions,
    /// Whose ties count, and how.
    pub measures: CircleOptions,
}

/// Indicators, measures, turnover and activation, by arm and wave.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CircleSummary {
    /// How many families there are.
    pub families: usize,
    /// How many rows of a family at a wave.
    pub circles: usize,
    /// How many persons in all circles.
    pub persons: usize,
    /// The indicators, each in its own denominator.
    pub indicators: Involvement,
    /// The measures of the circles.
    pub measures: Vec<Summary>,
    /// Who came, left and stayed between each wave and the next.
    pub turnover: Vec<Change>,
    /// Who takes on the agreements.
    pub activation: Vec<ActivationRow>,
    /// What is allowed in the data and worth knowing.
    pub notes: Vec<String>,
    /// Whether the data are simulated.
    pub simulated: bool,
}

/// What became of the circles between two waves.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// The wave before.
    pub before: String,
    /// The wave after.
    pub after: String,
    /// Of the families that were seen at both, by arm.
    pub summaries: Vec<Summary>,
}

/// Who takes on the agreements of one domain: shares that sum to one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ActivationRow {
    /// The arm, where there are arms.
    pub arm: Option<String>,
    /// The wave at which the agreements were made.
    pub wave: String,
    /// The domain; absent for agreements without one.
    pub domain: Option<String>,
    /// How many families have agreements there.
    pub families: usize,
    /// How many agreements.
    pub agreements: f64,
    /// The share of the family itself.
    pub own: f64,
    /// The share of its circle.
    pub network: f64,
    /// The share of professionals.
    pub professional: f64,
}

/// A column of what became of a circle since the wave before.
type Figure = (
    &'static str,
    &'static str,
    fn(&turnover::Turnover) -> Option<f64>,
);

const CHANGES: [Figure; 5] = [
    (
        "network_growth",
        "growth of the circle since the wave before",
        |t| Some(t.growth()),
    ),
    ("network_came", "persons who came", |t| Some(t.came as f64)),
    ("network_left", "persons who left", |t| Some(t.left as f64)),
    ("network_stayed", "persons who stayed", |t| {
        Some(t.stayed as f64)
    }),
    (
        "network_stability",
        "stability of the persons (Jaccard)",
        |t| t.jaccard,
    ),
];

/// The columns of who takes on the agreements.
const ACTIVATION: [(&str, &str); 5] = [
    (
        "activation_own",
        "share of the agreements: the family itself",
    ),
    ("activation_network", "share of the agreements: its circle"),
    (
        "activation_professional",
        "share of the agreements: professionals",
    ),
    (
        "activation_ilr_network",
        "the circle against family and professionals (ilr)",
    ),
    (
        "activation_ilr_own",
        "the family against professionals (ilr)",
    ),
];

impl CircleStudy {
    /// Circles with the other columns of their families: a row for each circle, in the order of
    /// [`Circles::iter`]. `arm` names the column of the arm, which is the same at every wave of a family;
    /// a family of which it is not known stands in an arm of its own, `(missing)`.
    ///
    /// ```
    /// use kring::circle::CircleStudy;
    /// use kring::core::{Alter, AlterRow, Circles, Column, FamilyRow, Role, Table};
    /// let mut builder = Circles::builder(["1"]);
    /// builder.family(FamilyRow::new("Jansen", "1"));
    /// builder.family(FamilyRow::new("de Vries", "1"));
    /// builder.alter(AlterRow::new("Jansen", "1", "aunt", Alter::new(Role::Family)));
    /// let families = Table::new(vec![Column::factor("arm", ["WT", "EKC"], vec![Some(1), Some(0)])?])?;
    /// let study = CircleStudy::new(builder.finish()?, families, Some("arm"))?;
    /// // A family with nobody has a circle of size zero.
    /// assert_eq!(study.table()?.numeric("network_size")?.get(1), Some(0.0));
    /// # Ok::<(), kring::Error>(())
    /// ```
    pub fn new(circles: Circles, families: Table, arm: Option<&str>) -> Result<Self, Error> {
        if !families.columns().is_empty() && families.rows() != circles.len() {
            return Err(Error::Argument {
                what: "the columns of the families".to_owned(),
                why: format!(
                    "expected a row for each of {} families at a wave, found {}",
                    circles.len(),
                    families.rows()
                ),
            });
        }
        let arms = arm
            .map(|arm| arms_of(&circles, &families, arm))
            .transpose()?;
        Ok(Self {
            circles,
            families,
            arms,
            notes: Vec::new(),
            simulated: false,
        })
    }

    /// The same of circles that were read, with what is to be known of how they were read. Files of simulated
    /// circles, as [`write_circles`] names them, are known as such.
    pub fn of(data: CircleData, arm: Option<&str>) -> Result<Self, Error> {
        let mut files = data.provenance.iter();
        let simulated = files.any(|file| file.file.starts_with(kring_cohort::SIMULATED_FILE));
        Ok(Self {
            notes: data.notes,
            simulated,
            ..Self::new(data.circles, data.families, arm)?
        })
    }

    /// The same, and whatever comes of it says that it is simulated.
    #[must_use]
    pub fn simulated(mut self) -> Self {
        self.simulated = true;
        self
    }

    /// The circles.
    pub fn circles(&self) -> &Circles {
        &self.circles
    }

    /// What else is known of the families, a row for each circle.
    pub fn families(&self) -> &Table {
        &self.families
    }

    /// The arm of each family.
    pub fn arms(&self) -> Option<&Grouping> {
        self.arms.as_ref()
    }

    /// What a careful reader should know: of how the circles were read, and of what they hold.
    pub fn notes(&self) -> impl Iterator<Item = String> + '_ {
        let of_circles = self.circles.notes().iter().map(ToString::to_string);
        self.notes.iter().cloned().chain(of_circles)
    }

    /// Whether the circles are simulated, and so no evidence.
    pub fn is_simulated(&self) -> bool {
        self.simulated
    }

    /// Everything by arm and wave.
    pub fn summary(&self, options: &SummaryOptions) -> Result<CircleSummary, Error> {
        let (circles, arms) = (&self.circles, self.arms.as_ref());
        let mut changes = Vec::new();
        for names in circles.waves().windows(2) {
            let found = turnover::turnover(circles, &names[0], &names[1], Whom::Circle)?;
            changes.push(Change {
                before: names[0].clone(),
                after: names[1].clone(),
                summaries: turnover::summarise(&found, arms)?,
            });
        }
        Ok(CircleSummary {
            families: circles.families(),
            circles: circles.len(),
            persons: circles.persons(),
            indicators: involvement(circles, &options.indicators, arms)?,
            measures: measures_by_arm(circles, options.measures, arms)?,
            turnover: changes,
            activation: self.activation_rows()?,
            notes: self.notes().collect(),
            simulated: self.simulated,
        })
    }

    /// A row a family and wave: its keys, what else is known of it, the indicators, the measures of the
    /// circle, what came and left since the wave before, and the activation of all its agreements.
    ///
    /// What is unknown or outside the denominator of an indicator is missing.
    pub fn table(&self) -> Result<Table, Error> {
        let circles = &self.circles;
        let mut columns: Vec<Column> = Vec::new();
        let involvement = involvement_table(circles, &Indicator::ALL)?;
        let measures = measures_table(circles, CircleOptions::default())?;
        let keys = involvement.columns()[..2].iter().cloned();
        columns.extend(keys);
        let own = self.families.columns().iter();
        columns.extend(
            own.filter(|c| c.name != "family" && c.name != "wave")
                .cloned(),
        );
        columns.extend(involvement.columns()[2..].iter().cloned());
        // The size of the circle stands there as the indicator.
        let more = measures.columns()[2..].iter();
        columns.extend(more.filter(|column| column.name != "size").cloned());
        columns.extend(self.turnover_columns()?);
        columns.extend(self.activation_columns()?);
        Ok(Table::new(columns)?)
    }

    /// A row an agreement: who takes it on, whether it was done, and between which waves it fell, as event
    /// data censored within an interval; with what else is known of the family when it was made.
    pub fn agreements(&self) -> Result<Table, Error> {
        let found = agreements_table(&self.circles)?;
        let made: Vec<usize> = self
            .circles
            .iter()
            .flat_map(|circle| std::iter::repeat_n(circle.index(), circle.agreements().len()))
            .collect();
        let mut columns = found.columns().to_vec();
        if !self.families.columns().is_empty() {
            let taken = self.families.take(&made)?;
            let new = taken.columns().iter();
            columns.extend(new.filter(|c| found.column(&c.name).is_err()).cloned());
        }
        Ok(Table::new(columns)?)
    }

    /// The row of each family at each wave.
    fn places(&self) -> HashMap<(usize, usize), usize> {
        let rows = self.circles.iter();
        rows.map(|circle| ((circle.family_index(), circle.wave_index()), circle.index()))
            .collect()
    }

    /// The circles of a family at all its waves side by side, as practitioners draw them: sectors by role, rings
    /// by closeness. Neither the family nor persons have names unless keys are asked for; the id has the place of
    /// the family in the data.
    pub fn picture(&self, family: &str, labels: PersonLabels) -> Result<EgoPicture, Error> {
        let circles: Vec<_> = self
            .circles
            .iter()
            .filter(|c| c.family() == family)
            .collect();
        if circles.is_empty() {
            let names = (0..self.circles.families()).map(|place| self.circles.family_name(place));
            return Err(Error::Argument {
                what: format!("the family `{family}`"),
                why: format!("there is none of that name{}", suggestion(family, names)),
            });
        }
        let place = circles[0].family_index() + 1;
        let title = match labels {
            PersonLabels::Keys => format!("The circle of family {family}"),
            PersonLabels::None | PersonLabels::Numbers => "The circle of a family".to_owned(),
        };
        Ok(EgoPicture::of(
            &format!("circle-{place}"),
            &title,
            circles,
            labels,
        ))
    }

    fn turnover_columns(&self) -> Result<Vec<Column>, Error> {
        let circles = &self.circles;
        let mut found = vec![None; circles.len()];
        let place = self.places();
        for (before, names) in circles.waves().windows(2).enumerate() {
            for one in turnover::turnover(circles, &names[0], &names[1], Whom::Circle)? {
                if let Some(&row) = place.get(&(one.family, before + 1)) {
                    found[row] = Some(one);
                }
            }
        }
        CHANGES
            .iter()
            .map(|(name, label, of)| {
                let values = found.iter().map(|one| one.as_ref().and_then(of)).collect();
                let column = Column::numeric(*name, values)?.with_label(*label);
                let counted = matches!(*name, "network_came" | "network_left" | "network_stayed");
                Ok(if counted { column.counted() } else { column })
            })
            .collect()
    }

    /// The shares of own strength, network and professionals in all agreements of a family at a wave, and
    /// their two coordinates, zeros as counts.
    fn activation_columns(&self) -> Result<Vec<Column>, Error> {
        let circles = &self.circles;
        let mut strengths = vec![Strengths::default(); circles.len()];
        let place = self.places();
        for one in activation(circles)? {
            if let Some(&row) = place.get(&(one.family, one.wave)) {
                strengths[row].own += one.strengths.own;
                strengths[row].network += one.strengths.network;
                strengths[row].professional += one.strengths.professional;
            }
        }
        let options = Activation {
            zeros: Zeros::Counts,
        };
        let mut columns: [Vec<Option<f64>>; 5] = Default::default();
        for of_family in &strengths {
            let shares = of_family.shares()?;
            let at = options.coordinates(of_family, "all agreements of a family")?;
            columns[0].push(shares.map(|s| s.own));
            columns[1].push(shares.map(|s| s.network));
            columns[2].push(shares.map(|s| s.professional));
            columns[3].push(at.map(|at| at.ilr[0]));
            columns[4].push(at.map(|at| at.ilr[1]));
        }
        ACTIVATION
            .into_iter()
            .zip(columns)
            .map(|((name, label), values)| Ok(Column::numeric(name, values)?.with_label(label)))
            .collect()
    }

    fn activation_rows(&self) -> Result<Vec<ActivationRow>, Error> {
        let circles = &self.circles;
        let arm_of = |family: usize| self.arms.as_ref().map(|arms| arms.index[family]);
        let mut rows: Vec<(Option<u32>, usize, ActivationRow)> = Vec::new();
        for one in activation(circles)? {
            let arm = arm_of(one.family);
            let known = rows.iter().position(|(of, wave, row)| {
                *of == arm && *wave == one.wave && row.domain == one.domain
            });
            let place = known.unwrap_or_else(|| {
                let arm_name = |code: u32| self.arms.as_ref()?.levels.get(code as usize).cloned();
                rows.push((
                    arm,
                    one.wave,
                    ActivationRow {
                        arm: arm.and_then(arm_name),
                        wave: circles.waves()[one.wave].clone(),
                        domain: one.domain.clone(),
                        families: 0,
                        agreements: 0.0,
                        own: 0.0,
                        network: 0.0,
                        professional: 0.0,
                    },
                ));
                rows.len() - 1
            });
            let row = &mut rows[place].2;
            row.families += 1;
            row.own += one.strengths.own;
            row.network += one.strengths.network;
            row.professional += one.strengths.professional;
        }
        rows.sort_by(|(arm, wave, row), (other_arm, other_wave, other)| {
            // Agreements without a domain come last.
            let key = |row: &ActivationRow| (row.domain.is_none(), row.domain.clone());
            key(row)
                .cmp(&key(other))
                .then(arm.cmp(other_arm))
                .then(wave.cmp(other_wave))
        });
        Ok(rows
            .into_iter()
            .map(|(_, _, mut row)| {
                row.agreements = row.own + row.network + row.professional;
                row.own /= row.agreements;
                row.network /= row.agreements;
                row.professional /= row.agreements;
                row
            })
            .collect())
    }
}

impl CircleSummary {
    /// Why one may doubt the figures beside one another.
    pub fn cautions(&self) -> &[Caution] {
        &self.indicators.cautions
    }
}

/// The arm of every family, which no wave may change.
fn arms_of(circles: &Circles, families: &Table, arm: &str) -> Result<Grouping, Error> {
    const MISSING: &str = "(missing)";
    let column = families.column(arm).map_err(|_| Error::Argument {
        what: format!("the arm `{arm}`"),
        why: format!(
            "the table of families has no such column{}",
            suggestion(arm, families.names())
        ),
    })?;
    let level_of = |row: usize| match column.data() {
        ColumnData::Factor(factor) => factor.label(row).map(str::to_owned),
        ColumnData::Numeric(numbers) => numbers.get(row).map(|number| number.to_string()),
    };
    let mut levels: Vec<String> = match column.data() {
        ColumnData::Factor(factor) => factor.levels().to_vec(),
        ColumnData::Numeric(numbers) => {
            let mut present = numbers.present();
            present.sort_unstable_by(f64::total_cmp);
            present.dedup();
            present.iter().map(ToString::to_string).collect()
        }
    };
    let mut of_families: Vec<Option<(String, &str)>> = vec![None; circles.families()];
    for circle in circles.iter() {
        let Some(level) = level_of(circle.index()) else {
            continue;
        };
        let known = &mut of_families[circle.family_index()];
        match known {
            Some((earlier, wave)) if *earlier != level => {
                return Err(Error::Argument {
                    what: format!("the arm `{arm}`"),
                    why: format!(
                        "family `{}` is in `{earlier}` at wave `{wave}` and in `{level}` at wave `{}`; \
                        a family stays in the arm in which it began: correct one of the two",
                        circle.family(),
                        circle.wave()
                    ),
                });
            }
            Some(_) => {}
            None => *known = Some((level, circle.wave())),
        }
    }
    levels.retain(|level| of_families.iter().flatten().any(|(of, _)| of == level));
    if of_families.iter().any(Option::is_none) {
        if levels.iter().any(|level| level == MISSING) {
            return Err(Error::Argument {
                what: format!("the arm `{arm}`"),
                why: format!(
                    "some families have no arm, and others one that is called `{MISSING}`; give it another name"
                ),
            });
        }
        levels.push(MISSING.to_owned());
    }
    let index = of_families
        .iter()
        .map(|of| {
            let name = of.as_ref().map_or(MISSING, |(level, _)| level);
            let place = levels.iter().position(|level| level == name);
            place
                .and_then(|place| u32::try_from(place).ok())
                .unwrap_or(0)
        })
        .collect();
    Ok(Grouping {
        name: arm.to_owned(),
        levels,
        index,
    })
}
