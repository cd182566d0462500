//! The measures of circles as columns, for any model, and as summaries by arm and wave.
//!
//! A row is a family at a wave, in the order of the circles; what is undefined there is missing.

use kring_core::{Agreement, Circle, Circles, Column, Date, Grouping, Stratum, Summary, Table};

use crate::Error;
use crate::activation::{Activation, DomainActivation};
use crate::circle::{CircleMeasures, CircleOptions};
use crate::involvement::{carriers, check_arms};
use crate::summary::{Values, arm_levels};

/// A figure of a circle: the name of its column, what a reader calls it, whether it is a count, and itself.
struct Figure {
    name: &'static str,
    label: &'static str,
    counted: bool,
    of: fn(&CircleMeasures) -> Option<f64>,
}

const fn count(
    name: &'static str,
    label: &'static str,
    of: fn(&CircleMeasures) -> Option<f64>,
) -> Figure {
    Figure {
        name,
        label,
        counted: true,
        of,
    }
}

const fn share(
    name: &'static str,
    label: &'static str,
    of: fn(&CircleMeasures) -> Option<f64>,
) -> Figure {
    Figure {
        name,
        label,
        counted: false,
        of,
    }
}

#[rustfmt::skip]
const FIGURES: &[Figure] = &[
    count("size", "persons in the circle", |m| Some(m.size as f64)),
    share("heterogeneity_role", "heterogeneity by role (Blau)", |m| m.by_role.blau),
    share("iqv_role", "heterogeneity by role (IQV)", |m| m.by_role.iqv),
    share("iqv_side", "heterogeneity by side (IQV)", |m| m.by_side.iqv),
    share("ei_role", "ties between roles (E–I)", |m| m.role_mixing.index()),
    share("ei_side", "ties between sides (E–I)", |m| m.side_mixing.index()),
    count("givers", "persons who give support", |m| (m.support.known == m.size).then_some(m.support.givers as f64)),
    share("multiplexity", "kinds of support a giver", |m| m.support.multiplexity),
    share("reach", "share within reach of support", |m| m.support.reach_share.filter(|_| m.support.known == m.size)),
    count("in_conflict", "persons in conflict with the family", |m| Some(m.in_conflict as f64)),
    share("density", "density without the family", |m| m.without_family.density),
    count("components", "components without the family", |m| Some(m.without_family.components as f64)),
    count("isolates", "persons tied to nobody but the family", |m| Some(m.without_family.isolates as f64)),
    share("transitivity", "transitivity without the family", |m| m.without_family.transitivity),
    share("centralization", "betweenness centralisation without the family", |m| m.without_family.betweenness_centralization),
    count("articulation_points", "articulation points", |m| Some(m.without_family.articulation_points as f64)),
    count("bridge_builders", "brokers between groups", |m| Some(m.bridge_builders as f64)),
    share("conflict_share", "share of ties in conflict", |m| m.without_family.conflict_share()),
    share("balance", "share of triangles in balance, with the family", |m| m.with_family.balance()),
    share("constraint", "constraint of the family (Burt)", |m| m.ego.constraint),
    share("effective_size", "effective size (Burt)", |m| m.ego.effective_size),
    share("efficiency", "efficiency (Burt)", |m| m.ego.efficiency),
    share("betweenness", "share of the pairs that meet through the family", |m| m.ego.betweenness_share),
];

/// The measures of every circle as a table: `family`, `wave`, and a column for each figure.
///
/// What support gives and reaches is missing where it is not known of everybody.
///
/// ```
/// use kring_core::{Alter, AlterRow, Circles, FamilyRow, Role};
/// use kring_network::circle::CircleOptions;
/// use kring_network::tables::measures_table;
/// let mut builder = Circles::builder(["1"]);
/// builder.family(FamilyRow::new("Jansen", "1"));
/// builder.alter(AlterRow::new("Jansen", "1", "aunt", Alter::new(Role::Family)));
/// let table = measures_table(&builder.finish()?, CircleOptions::default())?;
/// assert_eq!(table.numeric("size")?.get(0), Some(1.0));
/// // Nobody could be tied to anybody.
/// assert_eq!(table.numeric("density")?.get(0), None);
/// # Ok::<(), kring_network::Error>(())
/// ```
pub fn measures_table(circles: &Circles, options: CircleOptions) -> Result<Table, Error> {
    let measures = options.measure_all(circles);
    let mut columns = keys(circles)?;
    for figure in FIGURES {
        let values = measures.iter().map(figure.of).collect();
        let column = Column::numeric(figure.name, values)?.with_label(figure.label);
        columns.push(if figure.counted {
            column.counted()
        } else {
            column
        });
    }
    Ok(Table::new(columns)?)
}

/// The same figures summarised by arm and wave; `arms` has the arm of every family by its place.
pub fn measures_by_arm(
    circles: &Circles,
    options: CircleOptions,
    arms: Option<&Grouping>,
) -> Result<Vec<Summary>, Error> {
    check_arms(circles, arms)?;
    let measures = options.measure_all(circles);
    let mut summaries = Vec::new();
    for (arm, strata) in arm_levels(arms) {
        for (wave, name) in circles.waves().iter().enumerate() {
            let mut strata = strata.clone();
            strata.push(Stratum {
                variable: "wave".to_owned(),
                level: name.clone(),
            });
            for figure in FIGURES {
                let mut values = Values::default();
                for (circle, measures) in circles.iter().zip(&measures) {
                    let of = arms.map(|arms| arms.index[circle.family_index()]);
                    if circle.wave_index() == wave && of == arm {
                        values.add((figure.of)(measures));
                    }
                }
                let (name, label) = (figure.name.to_owned(), figure.label.to_owned());
                summaries.push(values.summary(name, label, strata.clone()));
            }
        }
    }
    Ok(summaries)
}

/// Activation by domain as a table: `family`, `wave`, `domain`, the three shares, and their two isometric
/// coordinates `ilr_network` and `ilr_own`, each an outcome for models.
pub fn activation_table(
    circles: &Circles,
    found: &[DomainActivation],
    options: Activation,
) -> Result<Table, Error> {
    let mut coordinates = Vec::with_capacity(found.len());
    for one in found {
        let what = one
            .domain
            .as_deref()
            .unwrap_or("agreements without a domain");
        coordinates.push(options.coordinates(&one.strengths, what)?);
    }
    let names = (0..circles.families()).map(|family| circles.family_name(family));
    let of_shares = |part: fn(&crate::activation::Shares) -> f64| {
        found
            .iter()
            .map(|one| one.shares.as_ref().map(part))
            .collect()
    };
    let of_coordinates = |i: usize| {
        coordinates
            .iter()
            .map(|one| one.map(|one| one.ilr[i]))
            .collect()
    };
    let families = found.iter().map(|one| code(one.family)).collect();
    let waves = found.iter().map(|one| code(one.wave)).collect();
    let domains: Vec<Option<&str>> = found.iter().map(|one| one.domain.as_deref()).collect();
    Ok(Table::new(vec![
        Column::factor("family", names, families)?,
        Column::factor("wave", circles.waves().iter().map(String::as_str), waves)?,
        texts("domain", &domains)?,
        Column::numeric("own", of_shares(|shares| shares.own))?,
        Column::numeric("network", of_shares(|shares| shares.network))?,
        Column::numeric("professional", of_shares(|shares| shares.professional))?,
        Column::numeric("ilr_network", of_coordinates(0))?,
        Column::numeric("ilr_own", of_coordinates(1))?,
    ])?)
}

/// Every agreement as a row: `family`, the `wave` at which it was made, `agreement`, `domain`, the shares
/// `own`, `network` and `professional` of who takes it on, whether it was `done`, and how long it stood.
///
/// `stood_waves` is how many waves after it was made it was last known to stand, and `fallen_waves` how many
/// after which it first was known not to; where the latter is missing it stood as long as anybody looked.
/// It fell between the two: data of that kind are censored within an interval. `stood_days` and `fallen_days`
/// are the same in days, where the waves have dates.
pub fn agreements_table(circles: &Circles) -> Result<Table, Error> {
    let mut rows = Agreements::default();
    for of_family in circles.by_family() {
        let dates: Vec<Option<Date>> = (0..circles.waves().len())
            .map(|wave| {
                let mut circles = of_family.clone();
                circles.find(|circle| circle.wave_index() == wave)?.date()
            })
            .collect();
        for circle in of_family {
            for agreement in circle.agreements() {
                rows.add(&circle, &agreement, &dates);
            }
        }
    }
    rows.table(circles)
}

/// The columns of the table of agreements.
#[derive(Default)]
struct Agreements<'a> {
    families: Vec<Option<u32>>,
    waves: Vec<Option<u32>>,
    keys: Vec<&'a str>,
    domains: Vec<Option<&'a str>>,
    shares: [Vec<Option<f64>>; 3],
    done: Vec<Option<f64>>,
    stood: [Vec<Option<f64>>; 2],
    fallen: [Vec<Option<f64>>; 2],
}

impl<'a> Agreements<'a> {
    fn add(&mut self, circle: &Circle<'a>, agreement: &Agreement<'a>, dates: &[Option<Date>]) {
        let made = circle.wave_index();
        let waves = |wave: usize| Some((wave - made) as f64);
        let days = |wave: usize| Some(f64::from(dates[made]?.days_until(dates[wave]?)));
        let standing = agreement.standing;
        let fell = standing.iter().position(|at| !at.stands);
        let stood = standing[..fell.unwrap_or(standing.len())].last();
        let stood = stood.map_or(made, |at| at.wave as usize);
        let fell = fell.map(|at| standing[at].wave as usize);
        self.families.push(code(circle.family_index()));
        self.waves.push(code(made));
        self.keys.push(agreement.key);
        self.domains.push(agreement.domain);
        let shares = carriers(circle, agreement.takers);
        for (column, share) in self.shares.iter_mut().zip(shares) {
            column.push(Some(share));
        }
        let done = agreement.done.map(|done| f64::from(u8::from(done)));
        self.done.push(done);
        self.stood[0].push(waves(stood));
        self.stood[1].push(days(stood));
        self.fallen[0].push(fell.and_then(waves));
        self.fallen[1].push(fell.and_then(days));
    }

    fn table(self, circles: &Circles) -> Result<Table, Error> {
        let names = (0..circles.families()).map(|family| circles.family_name(family));
        let [own, network, professional] = self.shares;
        let [stood_waves, stood_days] = self.stood;
        let [fallen_waves, fallen_days] = self.fallen;
        let keys = self.keys.into_iter().map(Some).collect::<Vec<_>>();
        Ok(Table::new(vec![
            Column::factor("family", names, self.families)?,
            Column::factor(
                "wave",
                circles.waves().iter().map(String::as_str),
                self.waves,
            )?,
            texts("agreement", &keys)?,
            texts("domain", &self.domains)?,
            Column::numeric("own", own)?,
            Column::numeric("network", network)?,
            Column::numeric("professional", professional)?,
            Column::numeric("done", self.done)?,
            Column::numeric("stood_waves", stood_waves)?,
            Column::numeric("fallen_waves", fallen_waves)?,
            Column::numeric("stood_days", stood_days)?.with_unit("days"),
            Column::numeric("fallen_days", fallen_days)?.with_unit("days"),
        ])?)
    }
}

/// Texts as a factor, its levels in the order of the alphabet.
fn texts(name: &str, texts: &[Option<&str>]) -> Result<Column, Error> {
    let mut levels: Vec<&str> = texts.iter().copied().flatten().collect();
    levels.sort_unstable();
    levels.dedup();
    let place = |text: Option<&str>| code(levels.binary_search(&text?).ok()?);
    let codes = texts.iter().copied().map(place).collect();
    Ok(Column::factor(name, levels.iter().copied(), codes)?)
}

/// The columns `family` and `wave` of every circle.
pub(crate) fn keys(circles: &Circles) -> Result<Vec<Column>, Error> {
    let names = (0..circles.families()).map(|family| circles.family_name(family));
    let families = circles.iter().map(|c| code(c.family_index())).collect();
    let waves = circles.iter().map(|c| code(c.wave_index())).collect();
    Ok(vec![
        Column::factor("family", names, families)?,
        Column::factor("wave", circles.waves().iter().map(String::as_str), waves)?,
    ])
}

fn code(place: usize) -> Option<u32> {
    u32::try_from(place).ok()
}
