//! What became of a circle from one wave to another: who came, who left, who stayed.
//!
//! ```text
//! A, B       the persons of the first and the second wave, by their keys
//! came       |B \ A|      left  |A \ B|      stayed  |A ∩ B|
//! Jaccard    |A ∩ B| / |A ∪ B|               absent where nobody was there at either wave
//! ties       the same of the pairs among those who stayed
//! gained     those who came, by the role they have at the second wave; lost: by that at the first
//! ```
//! Only families that were seen at both waves are compared; a circle of nobody is one that was seen.

use kring_core::{Circle, Circles, Grouping, RoleKind, Summary};
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::circle::Whom;
use crate::figures::share;
use crate::summary::{Values, arm_levels, known_wave};

/// What became of one family's circle.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Turnover {
    /// The family, by its place.
    pub family: usize,
    /// Persons at the first wave.
    pub before: usize,
    /// Persons at the second.
    pub after: usize,
    /// Persons who came.
    pub came: usize,
    /// Persons who left.
    pub left: usize,
    /// Persons who stayed.
    pub stayed: usize,
    /// The share of all persons who were there at both.
    pub jaccard: Option<f64>,
    /// The same of the pairs that were tied, among those who stayed.
    pub ties_jaccard: Option<f64>,
    /// Those who came, by kind of role in the order of [`RoleKind::ALL`].
    pub gained: [usize; 7],
    /// Those who left.
    pub lost: [usize; 7],
}

impl Turnover {
    /// By how many persons the circle grew.
    pub fn growth(&self) -> f64 {
        self.after as f64 - self.before as f64
    }
}

/// What became of the circle of each family that was seen at both waves.
///
/// ```
/// use kring_core::{Alter, AlterRow, Circles, FamilyRow, Role};
/// use kring_network::circle::Whom;
/// use kring_network::turnover::turnover;
/// let mut builder = Circles::builder(["1", "2"]);
/// for (wave, persons) in [("1", ["aunt", "Piet"]), ("2", ["aunt", "Anna"])] {
///     builder.family(FamilyRow::new("Jansen", wave));
///     for person in persons {
///         builder.alter(AlterRow::new("Jansen", wave, person, Alter::new(Role::Friend)));
///     }
/// }
/// let circles = builder.finish()?;
/// let jansen = &turnover(&circles, "1", "2", Whom::Circle)?[0];
/// assert_eq!((jansen.came, jansen.left, jansen.stayed), (1, 1, 1));
/// assert_eq!(jansen.jaccard, Some(1.0 / 3.0));
/// # Ok::<(), kring_network::Error>(())
/// ```
pub fn turnover(
    circles: &Circles,
    before: &str,
    after: &str,
    whom: Whom,
) -> Result<Vec<Turnover>, Error> {
    let [first, second] = [known_wave(circles, before)?, known_wave(circles, after)?];
    if first >= second {
        return Err(Error::Argument {
            what: format!("the later wave `{after}`"),
            expected: format!("one after `{before}`"),
            found: "no later".to_owned(),
        });
    }
    let mut found = Vec::new();
    for of_family in circles.by_family() {
        let at = |wave: usize| of_family.clone().find(|circle| circle.wave_index() == wave);
        if let (Some(before), Some(after)) = (at(first), at(second)) {
            found.push(of_family_at(&before, &after, whom));
        }
    }
    Ok(found)
}

fn of_family_at(before: &Circle<'_>, after: &Circle<'_>, whom: Whom) -> Turnover {
    let [one, other] = [persons(before, whom), persons(after, whom)];
    let place = |of: &[(u32, usize)], key: u32| of.binary_search_by_key(&key, |(key, _)| *key).ok();
    let (mut gained, mut lost) = ([0; 7], [0; 7]);
    for (key, at) in &one {
        if place(&other, *key).is_none() {
            lost[before.alters()[*at].role.kind().place()] += 1;
        }
    }
    for (key, at) in &other {
        if place(&one, *key).is_none() {
            gained[after.alters()[*at].role.kind().place()] += 1;
        }
    }
    let (came, left) = (gained.iter().sum(), lost.iter().sum::<usize>());
    let stayed = one.len() - left;
    // The pairs of keys that were tied, of those who stayed.
    let pairs = |circle: &Circle<'_>| {
        let keys = circle.person_keys();
        let stays = |key: u32| place(&one, key).is_some() && place(&other, key).is_some();
        let mut pairs: Vec<(u32, u32)> = circle
            .ties()
            .iter()
            .map(|tie| (keys[tie.from as usize], keys[tie.to as usize]))
            .filter(|(a, b)| stays(*a) && stays(*b))
            .map(|(a, b)| (a.min(b), a.max(b)))
            .collect();
        pairs.sort_unstable();
        pairs.dedup();
        pairs
    };
    let [earlier, later] = [pairs(before), pairs(after)];
    let kept = earlier
        .iter()
        .filter(|pair| later.binary_search(pair).is_ok())
        .count();
    Turnover {
        family: before.family_index(),
        before: one.len(),
        after: other.len(),
        came,
        left,
        stayed,
        jaccard: share(stayed, came + left + stayed),
        ties_jaccard: share(kept, earlier.len() + later.len() - kept),
        gained,
        lost,
    }
}

/// The persons that count by key, each with the place in the circle.
fn persons(circle: &Circle<'_>, whom: Whom) -> Vec<(u32, usize)> {
    let counts =
        |place: &usize| whom == Whom::Everybody || !circle.alters()[*place].role.is_professional();
    let keys = circle.person_keys();
    let mut persons: Vec<(u32, usize)> = (0..keys.len())
        .filter(counts)
        .map(|place| (keys[place], place))
        .collect();
    persons.sort_unstable();
    persons
}

/// Growth, who came, left and stayed, gains and losses by role, and stability, summarised by arm.
///
/// `arms` has the arm of every family by its place.
pub fn summarise(found: &[Turnover], arms: Option<&Grouping>) -> Result<Vec<Summary>, Error> {
    type Figure = (&'static str, &'static str, fn(&Turnover) -> Option<f64>);
    const FIGURES: [Figure; 7] = [
        ("network_before", "persons before", |t| {
            Some(t.before as f64)
        }),
        ("network_growth", "growth of the circle", |t| {
            Some(t.growth())
        }),
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
        ("tie_stability", "stability of their ties (Jaccard)", |t| {
            t.ties_jaccard
        }),
    ];
    let mut summaries = Vec::new();
    for (arm, strata) in arm_levels(arms) {
        let mut of_arm = Vec::new();
        for one in found {
            let code = match arms {
                Some(arms) => Some(*arms.index.get(one.family).ok_or_else(|| Error::Shape {
                    what: format!("the arms `{}`", arms.name),
                    expected: "an arm for every family".to_owned(),
                    found: format!("{} of them", arms.index.len()),
                })?),
                None => None,
            };
            if code == arm {
                of_arm.push(one);
            }
        }
        let mut add =
            |variable: String, label: String, value: &dyn Fn(&Turnover) -> Option<f64>| {
                let mut values = Values::default();
                for one in &of_arm {
                    values.add(value(one));
                }
                summaries.push(values.summary(variable, label, strata.clone()));
            };
        for (variable, label, value) in FIGURES {
            add(variable.to_owned(), label.to_owned(), &value);
        }
        for &kind in RoleKind::ALL {
            let at = kind.place();
            add(
                format!("network_came_{}", kind.word()),
                format!("persons who came: {kind}"),
                &|one| Some(one.gained[at] as f64),
            );
            add(
                format!("network_left_{}", kind.word()),
                format!("persons who left: {kind}"),
                &|one| Some(one.lost[at] as f64),
            );
        }
    }
    Ok(summaries)
}
