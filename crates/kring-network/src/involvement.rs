//! The indicators of involvement, each by its own definition and in its own denominator.
//!
//! ```text
//! value      of a family at a wave: a number, 0 or 1, or a share of its agreements
//! unknown    the family belongs to the denominator, but what is needed was not recorded: missing
//! outside    the family does not belong to it, as one that was never referred: not counted at all
//! summary    of the values, by arm and wave
//! pooled     Σ numerators / Σ denominators: of persons or agreements, not of families
//! ```
//! `kring_core::Indicator` has the definitions. Whoever asks for several of them gets a warning with them,
//! since figures of two indicators are not to be compared as if they were one.

use kring_core::{
    By, Carrier, Caution, Circle, Circles, Column, Course, Grouping, Indicator, RoleKind, Stratum,
    Summary, Supports, Table, side_by_side,
};
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::summary::{Values, arm_levels, levels};
use crate::tables::keys;

/// Which indicators are measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct InvolvementOptions {
    /// In this order.
    pub indicators: Vec<Indicator>,
}

impl Default for InvolvementOptions {
    fn default() -> Self {
        Self {
            indicators: Indicator::ALL.to_vec(),
        }
    }
}

/// Indicators by arm and wave.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Involvement {
    /// A row an indicator, arm and wave.
    pub rows: Vec<IndicatorRow>,
    /// That they are not to be compared with one another.
    pub cautions: Vec<Caution>,
}

/// One indicator in one arm at one wave.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IndicatorRow {
    /// What was measured.
    pub indicator: Indicator,
    /// Of the families; of where support comes from, of the persons who give it.
    pub summary: Summary,
    /// The sum of what is counted.
    pub numerator: f64,
    /// In how many: families, agreements or persons, as the indicator says.
    pub denominator: f64,
    /// Families that were seen and do not belong to the denominator.
    pub outside: usize,
}

impl IndicatorRow {
    /// Numerator by denominator.
    pub fn pooled(&self) -> Option<f64> {
        (self.denominator > 0.0).then(|| self.numerator / self.denominator)
    }
}

/// What an indicator comes to in a family at a wave.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Measured {
    /// It was measured: what is counted, of how many.
    Known {
        /// What is counted.
        numerator: f64,
        /// Of how many; 1 where the family itself is the unit.
        denominator: f64,
    },
    /// The family belongs to the denominator, but what is needed was not recorded.
    Unknown,
    /// The family does not belong to the denominator.
    Outside,
}

impl Measured {
    /// The family's value, where there is one.
    pub fn value(self) -> Option<f64> {
        match self {
            Self::Known {
                numerator,
                denominator,
            } => Some(numerator / denominator),
            _ => None,
        }
    }

    fn of_family(value: Option<f64>) -> Self {
        value.map_or(Self::Unknown, |numerator| Self::Known {
            numerator,
            denominator: 1.0,
        })
    }

    fn yes_no(value: Option<bool>) -> Self {
        Self::of_family(value.map(|yes| f64::from(u8::from(yes))))
    }

    fn count(value: Option<usize>) -> Self {
        Self::of_family(value.map(|n| n as f64))
    }
}

/// The indicators of circles by arm and wave; `arms` has the arm of every family by its place.
///
/// ```
/// use kring_core::{Alter, AlterRow, Circles, FamilyRow, Indicator, Role};
/// use kring_network::involvement::{InvolvementOptions, involvement};
/// let mut builder = Circles::builder(["1"]);
/// builder.family(FamilyRow::new("Jansen", "1"));
/// builder.family(FamilyRow::new("de Vries", "1"));
/// for person in ["aunt", "Piet", "Anna"] {
///     builder.alter(AlterRow::new("Jansen", "1", person, Alter::new(Role::Friend)));
/// }
/// let options = InvolvementOptions { indicators: vec![Indicator::NetworkSize] };
/// let found = involvement(&builder.finish()?, &options, None)?;
/// // Three persons and nobody: the family without a circle counts.
/// assert_eq!(found.rows[0].summary.numbers().unwrap().mean, Some(1.5));
/// # Ok::<(), kring_network::Error>(())
/// ```
pub fn involvement(
    circles: &Circles,
    options: &InvolvementOptions,
    arms: Option<&Grouping>,
) -> Result<Involvement, Error> {
    check_arms(circles, arms)?;
    let arm_of = |circle: &Circle<'_>| arms.map(|arms| arms.index[circle.family_index()]);
    let mut rows = Vec::new();
    for &indicator in &options.indicators {
        for (arm, strata) in arm_levels(arms) {
            for (wave, name) in circles.waves().iter().enumerate() {
                let mut strata = strata.clone();
                strata.push(Stratum {
                    variable: "wave".to_owned(),
                    level: name.clone(),
                });
                let mut row = Gathered::default();
                for of_family in circles.by_family() {
                    let Some(circle) = of_family.clone().find(|c| c.wave_index() == wave) else {
                        continue;
                    };
                    if arm_of(&circle) == arm {
                        let earlier = of_family.filter(|c| c.wave_index() < wave);
                        row.add(indicator, &circle, earlier);
                    }
                }
                rows.push(row.row(indicator, strata));
            }
        }
    }
    Ok(Involvement {
        rows,
        cautions: side_by_side(&options.indicators).into_iter().collect(),
    })
}

/// What comes together in one arm at one wave.
#[derive(Default)]
struct Gathered {
    values: Values,
    numerator: f64,
    denominator: f64,
    outside: usize,
    by_role: [usize; 7],
}

impl Gathered {
    fn add<'a>(
        &mut self,
        indicator: Indicator,
        circle: &Circle<'a>,
        earlier: impl Iterator<Item = Circle<'a>>,
    ) {
        if indicator == Indicator::SourceOfSupport {
            match givers_by_role(circle) {
                None => self.values.missing += 1,
                Some(givers) => {
                    for (all, of_family) in self.by_role.iter_mut().zip(givers) {
                        *all += of_family;
                    }
                }
            }
            return;
        }
        match measure(indicator, circle, earlier) {
            Measured::Outside => self.outside += 1,
            Measured::Unknown => self.values.add(None),
            Measured::Known {
                numerator,
                denominator,
            } => {
                self.values.add(Some(numerator / denominator));
                self.numerator += numerator;
                self.denominator += denominator;
            }
        }
    }

    fn row(self, indicator: Indicator, strata: Vec<Stratum>) -> IndicatorRow {
        let (variable, label) = (indicator.word().to_owned(), indicator.title().to_owned());
        if indicator == Indicator::SourceOfSupport {
            let givers: usize = self.by_role.iter().sum();
            let counts = RoleKind::ALL
                .iter()
                .map(|kind| kind.word())
                .zip(self.by_role);
            return IndicatorRow {
                indicator,
                numerator: givers as f64,
                denominator: givers as f64,
                outside: 0,
                summary: Summary {
                    variable,
                    label,
                    unit: None,
                    strata,
                    n: givers,
                    missing: self.values.missing,
                    kind: levels(counts),
                },
            };
        }
        IndicatorRow {
            indicator,
            summary: if is_yes_no(indicator) {
                self.values.yes_no(variable, label, strata)
            } else {
                self.values.summary(variable, label, strata)
            },
            numerator: self.numerator,
            denominator: self.denominator,
            outside: self.outside,
        }
    }
}

/// Whether the value of a family is yes or no.
fn is_yes_no(indicator: Indicator) -> bool {
    matches!(
        indicator,
        Indicator::NetworkAskedByWorker
            | Indicator::NetworkPresentReportedByClient
            | Indicator::PlanMadeOfReferrals
            | Indicator::PlanMadeOfStarted
    )
}

/// What an indicator comes to in one circle; `earlier` are the circles of the family at earlier waves.
///
/// Where support comes from has no one number a family: it gives the share of the givers who are no
/// professionals.
pub fn measure<'a>(
    indicator: Indicator,
    circle: &Circle<'a>,
    earlier: impl Iterator<Item = Circle<'a>>,
) -> Measured {
    let own = || {
        circle
            .alters()
            .iter()
            .filter(|alter| !alter.role.is_professional())
    };
    // Of a circle of nobody nobody was asked or there; but only a wave that speaks of a course can say so.
    let recorded = || own().next().is_some() || circle.course() != Course::default();
    let plan_of = |belongs: Option<bool>| match belongs {
        Some(true) => Measured::yes_no(circle.plan().made),
        Some(false) => Measured::Outside,
        None => Measured::Unknown,
    };
    match indicator {
        Indicator::NetworkAskedByWorker => {
            Measured::yes_no(circle.reported().asked_by_worker.or_else(|| {
                any(own().map(|alter| alter.asked.by(By::Worker))).filter(|_| recorded())
            }))
        }
        Indicator::NetworkPresentReportedByClient => Measured::yes_no(
            circle
                .reported()
                .network_present
                .or_else(|| any(own().map(|alter| alter.presence.known())).filter(|_| recorded())),
        ),
        Indicator::PersonsPresent => match circle.course().meeting {
            Some(false) => Measured::Outside,
            None if own().all(|alter| alter.presence.known().is_none()) => Measured::Unknown,
            _ => Measured::count(all_known(own().map(|alter| alter.presence.known()))),
        },
        Indicator::PersonsWilling if !recorded() => Measured::Unknown,
        Indicator::PersonsWilling => {
            let places = (0..circle.alters().len())
                .filter(|&place| !circle.alters()[place].role.is_professional());
            Measured::count(all_known(places.map(|place| {
                let alter = &circle.alters()[place];
                let represented = circle.represented_by(place).is_some();
                let ways = [alter.presence.known(), alter.promised, Some(represented)];
                any(ways.into_iter())
            })))
        }
        Indicator::AgreementsPerPlan => match circle.plan().made {
            Some(true) => Measured::count(Some(circle.agreements().len())),
            Some(false) => Measured::Outside,
            None => Measured::Unknown,
        },
        Indicator::AgreementsCarriedOutByCircle => {
            let agreements = circle.agreements();
            share_of_all(agreements.map(|agreement| {
                1.0 - carriers(circle, agreement.takers)[Carrier::Professional.place()]
            }))
        }
        Indicator::PlanMadeOfReferrals => plan_of(circle.course().referred),
        Indicator::PlanMadeOfStarted => plan_of(circle.course().started),
        Indicator::PersonsGivingSupport => {
            Measured::count(all_known(own().map(|alter| alter.support.map(gives))))
        }
        Indicator::SourceOfSupport => match givers_by_role(circle) {
            None => Measured::Unknown,
            Some(givers) => {
                let all: usize = givers.iter().sum();
                if all == 0 {
                    Measured::Outside
                } else {
                    Measured::Known {
                        numerator: (all - givers[RoleKind::Professional.place()]) as f64,
                        denominator: all as f64,
                    }
                }
            }
        },
        Indicator::SocialSupport => Measured::of_family(circle.perceived_support()),
        Indicator::PlanLasting => {
            let wave = circle.wave_index();
            let (mut made, mut known, mut stand) = (0, 0_usize, 0_usize);
            for agreement in earlier.flat_map(|circle| circle.agreements()) {
                made += 1;
                let now = agreement
                    .standing
                    .iter()
                    .find(|at| at.wave as usize == wave);
                known += usize::from(now.is_some());
                stand += usize::from(now.is_some_and(|at| at.stands));
            }
            match (made, known) {
                (0, _) => Measured::Outside,
                (_, 0) => Measured::Unknown,
                _ => Measured::Known {
                    numerator: stand as f64,
                    denominator: known as f64,
                },
            }
        }
        Indicator::NetworkSize => Measured::count(Some(own().count())),
    }
}

/// The share of an agreement that each kind of taker has: equal parts, which sum to one.
pub(crate) fn carriers(circle: &Circle<'_>, takers: &[kring_core::Taker]) -> [f64; 3] {
    let mut shares = [0.0; 3];
    for &taker in takers {
        shares[circle.carrier(taker).place()] += 1.0 / takers.len() as f64;
    }
    shares
}

fn gives(support: Supports) -> bool {
    !support.is_empty()
}

/// Those who give support by kind of role, where that is known of everybody.
fn givers_by_role(circle: &Circle<'_>) -> Option<[usize; 7]> {
    let mut givers = [0; 7];
    for alter in circle.alters() {
        givers[alter.role.kind().place()] += usize::from(gives(alter.support?));
    }
    Some(givers)
}

/// Whether it holds of any: known as soon as it does of one, or if it is known of all. Of nobody it does not.
fn any(known: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut unknown = false;
    for one in known {
        match one {
            Some(true) => return Some(true),
            Some(false) => {}
            None => unknown = true,
        }
    }
    (!unknown).then_some(false)
}

/// Of how many it holds, if that is known of all.
fn all_known(mut known: impl Iterator<Item = Option<bool>>) -> Option<usize> {
    known.try_fold(0, |n, one| Some(n + usize::from(one?)))
}

fn share_of_all(shares: impl ExactSizeIterator<Item = f64>) -> Measured {
    let n = shares.len();
    if n == 0 {
        return Measured::Outside;
    }
    Measured::Known {
        numerator: shares.sum(),
        denominator: n as f64,
    }
}

/// The values of every family at every wave, as a table for models: `family`, `wave`, and a column for
/// each indicator; of where support comes from a column for each role, the share of the givers.
///
/// What is unknown and what is outside the denominator is missing.
pub fn involvement_table(circles: &Circles, indicators: &[Indicator]) -> Result<Table, Error> {
    let mut columns = keys(circles)?;
    for &indicator in indicators {
        if indicator == Indicator::SourceOfSupport {
            let givers: Vec<Option<[usize; 7]>> =
                circles.iter().map(|c| givers_by_role(&c)).collect();
            for kind in RoleKind::ALL {
                let share = |givers: &Option<[usize; 7]>| {
                    let givers = givers.as_ref()?;
                    crate::figures::share(givers[kind.place()], givers.iter().sum())
                };
                let name = format!("{}_{}", indicator.word(), kind.word());
                let column = Column::numeric(name, givers.iter().map(share).collect())?;
                columns.push(column.with_label(format!("{}: {kind}", indicator.title())));
            }
            continue;
        }
        let mut values = Vec::with_capacity(circles.len());
        for of_family in circles.by_family() {
            for circle in of_family.clone() {
                let wave = circle.wave_index();
                let earlier = of_family.clone().filter(|c| c.wave_index() < wave);
                values.push(measure(indicator, &circle, earlier).value());
            }
        }
        let column = Column::numeric(indicator.word(), values)?.with_label(indicator.title());
        columns.push(match indicator {
            Indicator::PersonsPresent
            | Indicator::PersonsWilling
            | Indicator::PersonsGivingSupport
            | Indicator::AgreementsPerPlan
            | Indicator::NetworkSize => column.counted(),
            _ => column,
        });
    }
    Ok(Table::new(columns)?)
}

/// An arm for every family, each one that there is.
pub(crate) fn check_arms(circles: &Circles, arms: Option<&Grouping>) -> Result<(), Error> {
    let Some(arms) = arms else { return Ok(()) };
    if arms.index.len() != circles.families() {
        return Err(Error::Shape {
            what: format!("the arms `{}`", arms.name),
            expected: format!("an arm for each of {} families", circles.families()),
            found: arms.index.len().to_string(),
        });
    }
    let outside = arms
        .index
        .iter()
        .position(|&code| code as usize >= arms.levels.len());
    outside.map_or(Ok(()), |row| {
        Err(kring_core::Error::Code {
            column: arms.name.clone(),
            row,
            code: arms.index[row],
            levels: arms.levels.len(),
        }
        .into())
    })
}
