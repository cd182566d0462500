//! The circles around families, wave by wave: persons, ties, moments, agreements.
//!
//! ```text
//! circle     what a family had around it at one wave: one row of families × wave
//! alter      a person in it, with role, side, closeness, support, and what happened around the meeting
//! tie        between two alters, with a sign and a direction; the tie to the family is the alter itself
//! agreement  of the plan: what, for which problem, who takes it on, by when, done, still standing later
//!
//! names      each text once, in one string                     families, persons, domains are u32
//! alters     in one list, those of circle i at alter_starts[i] .. alter_starts[i + 1]; so are ties,
//!            agreements, who takes them on, and the waves at which they still stand
//! ```
//! So the memory is linear in the rows, some 32 bytes a person and 12 a tie. A family that was seen and
//! has nobody has a row and no alters: its circle is of size zero. A family that was not seen at a wave
//! has no row.

mod builder;
mod faults;
mod words;

use crate::Date;
pub use builder::{
    AgreementRow, AlterRow, CirclesBuilder, FamilyRow, StandingRow, TakerKey, TieRow,
};
pub use faults::{CircleTable, Fault, FaultKind, Faults, Note, NoteKind, Place};
pub use words::{
    Approver, Approvers, By, Carrier, Closeness, Direction, Discipline, FamilySide, Frequency,
    MeetingPart, Moment, Parts, Presence, Role, RoleKind, Sign, Support, Supports,
};

/// The circles of families over waves, checked once when they were built.
#[derive(Debug, Clone, PartialEq)]
pub struct Circles {
    waves: Vec<String>,
    names: Names,
    families: Vec<u32>,
    heads: Vec<Head>,
    alter_starts: Vec<u32>,
    persons: Vec<u32>,
    alters: Vec<Alter>,
    /// Who speaks for whom: the place of the representative in the circle, or [`NONE`].
    represented: Vec<u32>,
    tie_starts: Vec<u32>,
    ties: Vec<Tie>,
    agreement_starts: Vec<u32>,
    agreements: Vec<AgreementCell>,
    taker_starts: Vec<u32>,
    takers: Vec<Taker>,
    standing_starts: Vec<u32>,
    standing: Vec<Standing>,
    notes: Vec<Note>,
}

/// No index.
const NONE: u32 = u32::MAX;

/// One family at one wave.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Head {
    family: u32,
    wave: u32,
    date: Option<Date>,
    course: Course,
    plan: Plan,
    reported: Reported,
    perceived_support: Option<f64>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct AgreementCell {
    key: u32,
    what: u32,
    domain: u32,
    due: Option<Date>,
    done: Option<bool>,
}

/// Each text once.
#[derive(Debug, Clone, Default, PartialEq)]
struct Names {
    text: String,
    ends: Vec<usize>,
}

/// How far a family came: referred, started, a meeting. What is absent is not known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Course {
    /// Whether it was put forward for a conference or a plan.
    pub referred: Option<bool>,
    /// Whether that was started.
    pub started: Option<bool>,
    /// Whether a meeting was held.
    pub meeting: Option<bool>,
}

/// The plan of a family.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Plan {
    /// Whether one was made.
    pub made: Option<bool>,
    /// Whether it was judged safe.
    pub safe: Option<bool>,
    /// Who approved it, where that is known.
    pub approved_by: Option<Approvers>,
}

/// What was said of the circle as a whole, without a list of persons.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Reported {
    /// The worker says whether family, friends or acquaintances were asked to think along.
    pub asked_by_worker: Option<bool>,
    /// The client says whether family, friends or neighbours were present at the talk or meeting.
    pub network_present: Option<bool>,
}

/// A person around a family. What is absent is not known, and counts in no denominator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Alter {
    /// What the person is to the family.
    pub role: Role,
    /// On whose side.
    pub side: Option<FamilySide>,
    /// How close.
    pub closeness: Option<Closeness>,
    /// How often there is contact.
    pub frequency: Option<Frequency>,
    /// The kinds of support given; [`Supports::NONE`] is a person who is known to give none.
    pub support: Option<Supports>,
    /// Since when support is given.
    pub since: Option<Date>,
    /// Whether the family gets on with the person or is in conflict.
    pub bond: Sign,
    /// Named as somebody who might help, and by whom.
    pub named: Moment,
    /// Asked to think along, and by whom.
    pub asked: Moment,
    /// Whether the coordinator visited the person.
    pub visited: Option<bool>,
    /// Invited to the meeting, and by whom.
    pub invited: Moment,
    /// Present at the meeting, and in which part.
    pub presence: Presence,
    /// Whether the person promised anything.
    pub promised: Option<bool>,
    /// Whether the person did it.
    pub did: Option<bool>,
}

impl Alter {
    /// A person of whom only the role is known.
    pub fn new(role: Role) -> Self {
        Self {
            role,
            side: None,
            closeness: None,
            frequency: None,
            support: None,
            since: None,
            bond: Sign::Support,
            named: Moment::Unknown,
            asked: Moment::Unknown,
            visited: None,
            invited: Moment::Unknown,
            presence: Presence::Unknown,
            promised: None,
            did: None,
        }
    }
}

/// A tie between two persons of one circle, by their places in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tie {
    /// The one.
    pub from: u32,
    /// The other.
    pub to: u32,
    /// Support or conflict.
    pub sign: Sign,
    /// Both ways, or from the first to the second.
    pub direction: Direction,
}

/// Who takes on an agreement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taker {
    /// The family itself.
    Family,
    /// A person, by the place in the circle.
    Person(u32),
    /// Somebody of the circle who is not named.
    Circle,
    /// A professional who is not named.
    Professional,
}

/// Whether an agreement still stands at a later wave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// The wave, by its place.
    pub wave: u32,
    /// Whether it stands.
    pub stands: bool,
}

/// The circle of one family at one wave.
#[derive(Debug, Clone, Copy)]
pub struct Circle<'a> {
    all: &'a Circles,
    index: usize,
}

/// An agreement of a plan.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Agreement<'a> {
    /// Its key within the family.
    pub key: &'a str,
    /// What was agreed.
    pub what: Option<&'a str>,
    /// The domain of the problem it is for.
    pub domain: Option<&'a str>,
    /// By when.
    pub due: Option<Date>,
    /// Whether it was carried out.
    pub done: Option<bool>,
    /// Who takes it on: one at least.
    pub takers: &'a [Taker],
    /// Whether it still stood at later waves.
    pub standing: &'a [Standing],
}

impl Circles {
    /// Begins the circles of families over these waves, given in their order.
    ///
    /// ```
    /// use kring_core::{Alter, AlterRow, Circles, FamilyRow, Role, Sign, TieRow};
    /// let mut builder = Circles::builder(["1", "2"]);
    /// builder.family(FamilyRow::new("Jansen", "1"));
    /// builder.alter(AlterRow::new("Jansen", "1", "aunt", Alter::new(Role::Family)));
    /// builder.alter(AlterRow::new("Jansen", "1", "Piet", Alter::new(Role::Neighbour)));
    /// builder.tie(TieRow::new("Jansen", "1", "aunt", "Piet", Sign::Support));
    /// let circles = builder.finish()?;
    /// let circle = circles.find("Jansen", "1").unwrap();
    /// assert_eq!(circle.alters().len(), 2);
    /// assert_eq!(circle.person(1), "Piet");
    /// assert_eq!(circle.ties()[0].to, 1);
    /// # Ok::<(), kring_core::Error>(())
    /// ```
    pub fn builder<W: Into<String>>(waves: impl IntoIterator<Item = W>) -> CirclesBuilder {
        CirclesBuilder::new(waves.into_iter().map(Into::into).collect())
    }

    /// The waves in their order.
    pub fn waves(&self) -> &[String] {
        &self.waves
    }

    /// How many families there are.
    pub fn families(&self) -> usize {
        self.families.len()
    }

    /// The name of a family, by its place.
    pub fn family_name(&self, family: usize) -> &str {
        self.families
            .get(family)
            .map_or("", |&name| self.names.get(name))
    }

    /// How many circles there are: rows of families × wave.
    pub fn len(&self) -> usize {
        self.heads.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.heads.is_empty()
    }

    /// A circle by its place; families in the order of their first row, waves in theirs.
    pub fn get(&self, index: usize) -> Option<Circle<'_>> {
        (index < self.heads.len()).then_some(Circle { all: self, index })
    }

    /// Every circle in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Circle<'_>> + Clone {
        (0..self.heads.len()).map(|index| Circle { all: self, index })
    }

    /// The circle of a family at a wave, by their names. It looks through all of them.
    pub fn find(&self, family: &str, wave: &str) -> Option<Circle<'_>> {
        self.iter()
            .find(|circle| circle.family() == family && circle.wave() == wave)
    }

    /// The circles of each family, which follow one another.
    pub fn by_family(
        &self,
    ) -> impl Iterator<Item = impl ExactSizeIterator<Item = Circle<'_>> + Clone> {
        let mut start = 0;
        std::iter::from_fn(move || {
            let family = self.heads.get(start)?.family;
            let end = start
                + self.heads[start..]
                    .iter()
                    .take_while(|head| head.family == family)
                    .count();
            let range = start..end;
            start = end;
            Some(range.map(|index| Circle { all: self, index }))
        })
    }

    /// How many persons there are in all circles together.
    pub fn persons(&self) -> usize {
        self.alters.len()
    }

    /// What is allowed and worth knowing.
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }
}

impl<'a> Circle<'a> {
    fn head(&self) -> &'a Head {
        &self.all.heads[self.index]
    }

    /// Its place among all circles.
    pub fn index(&self) -> usize {
        self.index
    }

    /// The family's place.
    pub fn family_index(&self) -> usize {
        self.head().family as usize
    }

    /// The family's name.
    pub fn family(&self) -> &'a str {
        self.all.family_name(self.family_index())
    }

    /// The wave's place.
    pub fn wave_index(&self) -> usize {
        self.head().wave as usize
    }

    /// The wave's name.
    pub fn wave(&self) -> &'a str {
        &self.all.waves[self.wave_index()]
    }

    /// When it was measured.
    pub fn date(&self) -> Option<Date> {
        self.head().date
    }

    /// How far the family came.
    pub fn course(&self) -> Course {
        self.head().course
    }

    /// The plan.
    pub fn plan(&self) -> Plan {
        self.head().plan
    }

    /// What was said of the circle as a whole.
    pub fn reported(&self) -> Reported {
        self.head().reported
    }

    /// The score on a scale of perceived support.
    pub fn perceived_support(&self) -> Option<f64> {
        self.head().perceived_support
    }

    /// The persons, by their places in the circle.
    pub fn alters(&self) -> &'a [Alter] {
        &self.all.alters[part(&self.all.alter_starts, self.index)]
    }

    /// The name of a person, by the place in the circle; empty where there is no such place.
    pub fn person(&self, place: usize) -> &'a str {
        self.person_keys()
            .get(place)
            .map_or("", |&name| self.all.names.get(name))
    }

    /// A number for each person: equal numbers are equal names, in whatever circle of these.
    pub fn person_keys(&self) -> &'a [u32] {
        &self.all.persons[part(&self.all.alter_starts, self.index)]
    }

    /// The place of the one who spoke for a person.
    pub fn represented_by(&self, place: usize) -> Option<usize> {
        self.all.represented[part(&self.all.alter_starts, self.index)]
            .get(place)
            .filter(|&&by| by != NONE)
            .map(|&by| by as usize)
    }

    /// The ties among the persons.
    pub fn ties(&self) -> &'a [Tie] {
        &self.all.ties[part(&self.all.tie_starts, self.index)]
    }

    /// The agreements that were made at this wave.
    pub fn agreements(&self) -> impl ExactSizeIterator<Item = Agreement<'a>> + Clone + use<'a> {
        let all = self.all;
        part(&all.agreement_starts, self.index).map(move |i| all.agreement(i))
    }

    /// Whose part of the work somebody's is: own strength, network or professional.
    pub fn carrier(&self, taker: Taker) -> Carrier {
        match taker {
            Taker::Family => Carrier::Own,
            Taker::Circle => Carrier::Network,
            Taker::Professional => Carrier::Professional,
            Taker::Person(place) => match self.alters().get(place as usize).map(|a| a.role) {
                Some(Role::Professional(_)) => Carrier::Professional,
                Some(Role::Household) => Carrier::Own,
                _ => Carrier::Network,
            },
        }
    }
}

impl Circles {
    fn agreement(&self, i: usize) -> Agreement<'_> {
        let cell = &self.agreements[i];
        let text = |name: u32| (name != NONE).then(|| self.names.get(name));
        Agreement {
            key: self.names.get(cell.key),
            what: text(cell.what),
            domain: text(cell.domain),
            due: cell.due,
            done: cell.done,
            takers: &self.takers[part(&self.taker_starts, i)],
            standing: &self.standing[part(&self.standing_starts, i)],
        }
    }
}

/// The rows that belong to entry i.
fn part(starts: &[u32], i: usize) -> std::ops::Range<usize> {
    starts[i] as usize..starts[i + 1] as usize
}

impl Names {
    fn get(&self, name: u32) -> &str {
        let i = name as usize;
        let start = i.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.text[start..self.ends[i]]
    }

    fn push(&mut self, name: &str) {
        self.text.push_str(name);
        self.ends.push(self.text.len());
    }
}
