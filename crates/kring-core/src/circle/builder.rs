use std::collections::HashMap;

use super::{
    AgreementCell, Alter, CircleTable, Circles, Course, Fault, FaultKind, Faults, Head, NONE,
    Names, Note, NoteKind, Place, Plan, Presence, Reported, Standing, Taker, Tie, part,
};
use crate::{Date, Direction, Error, FamilySide, RoleKind, Sign, near};

/// A row of families × wave: a family that was seen at a wave.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FamilyRow<'a> {
    /// The family.
    pub family: &'a str,
    /// The wave.
    pub wave: &'a str,
    /// When it was measured.
    pub date: Option<Date>,
    /// How far it came.
    pub course: Course,
    /// Its plan.
    pub plan: Plan,
    /// What was said of its circle as a whole.
    pub reported: Reported,
    /// Its score on a scale of perceived support.
    pub perceived_support: Option<f64>,
}

/// A row of the table of persons.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AlterRow<'a> {
    /// The family.
    pub family: &'a str,
    /// The wave.
    pub wave: &'a str,
    /// The person's key, the same at every wave of the family.
    pub person: &'a str,
    /// The one of the circle who spoke for this person.
    pub represented_by: Option<&'a str>,
    /// What is known of the person.
    pub alter: Alter,
}

/// A row of the table of ties.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TieRow<'a> {
    /// The family.
    pub family: &'a str,
    /// The wave.
    pub wave: &'a str,
    /// The one.
    pub from: &'a str,
    /// The other.
    pub to: &'a str,
    /// Support or conflict.
    pub sign: Sign,
    /// Both ways or one.
    pub direction: Direction,
}

/// A row of the table of agreements.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AgreementRow<'a> {
    /// The family.
    pub family: &'a str,
    /// The wave at which it was made.
    pub wave: &'a str,
    /// Its key within the family.
    pub key: &'a str,
    /// What was agreed.
    pub what: Option<&'a str>,
    /// The domain of the problem it is for.
    pub domain: Option<&'a str>,
    /// Who takes it on: one at least.
    pub takers: &'a [TakerKey<'a>],
    /// By when.
    pub due: Option<Date>,
    /// Whether it was carried out.
    pub done: Option<bool>,
}

/// Who takes on an agreement, by key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TakerKey<'a> {
    /// The family itself.
    Family,
    /// A person of the circle.
    Person(&'a str),
    /// Somebody of the circle who is not named.
    Circle,
    /// A professional who is not named.
    Professional,
}

/// A row that says whether an agreement still stood at a later wave.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StandingRow<'a> {
    /// The family.
    pub family: &'a str,
    /// The agreement's key.
    pub key: &'a str,
    /// The later wave.
    pub wave: &'a str,
    /// Whether it stands.
    pub stands: bool,
}

impl<'a> FamilyRow<'a> {
    /// A family that was seen, and nothing else known.
    pub fn new(family: &'a str, wave: &'a str) -> Self {
        Self {
            family,
            wave,
            date: None,
            course: Course::default(),
            plan: Plan::default(),
            reported: Reported::default(),
            perceived_support: None,
        }
    }
}

impl<'a> AlterRow<'a> {
    /// A person who spoke for himself.
    pub fn new(family: &'a str, wave: &'a str, person: &'a str, alter: Alter) -> Self {
        Self {
            family,
            wave,
            person,
            represented_by: None,
            alter,
        }
    }
}

impl<'a> TieRow<'a> {
    /// A tie that goes both ways.
    pub fn new(family: &'a str, wave: &'a str, from: &'a str, to: &'a str, sign: Sign) -> Self {
        Self {
            family,
            wave,
            from,
            to,
            sign,
            direction: Direction::Mutual,
        }
    }
}

impl<'a> AgreementRow<'a> {
    /// An agreement of which only is known who takes it on.
    pub fn new(family: &'a str, wave: &'a str, key: &'a str, takers: &'a [TakerKey<'a>]) -> Self {
        Self {
            family,
            wave,
            key,
            what: None,
            domain: None,
            takers,
            due: None,
            done: None,
        }
    }
}

/// Takes the rows of the tables in any order, and makes them [`Circles`] or a list of all faults.
#[derive(Debug, Clone)]
pub struct CirclesBuilder {
    waves: Vec<String>,
    interned: HashMap<String, u32>,
    names: Names,
    families: Vec<Staged<Head>>,
    alters: Vec<Staged<StagedAlter>>,
    ties: Vec<Staged<Tie>>,
    agreements: Vec<Staged<AgreementCell>>,
    taker_starts: Vec<u32>,
    takers: Vec<Taker>,
    standing: Vec<Staged<StagedStanding>>,
    faults: Vec<Fault>,
    /// Rows that were given, table by table: what is refused at once is counted too.
    rows: [usize; 5],
}

/// Beyond this a score is a slip, and sums of squares of scores would leave what a computer can hold.
const LARGEST_SCORE: f64 = 1e100;

/// The place of each circle, by family and wave.
type Places = HashMap<(u32, u32), u32>;

/// A row whose keys are numbers of names.
#[derive(Debug, Clone, Copy)]
struct Staged<T> {
    family: u32,
    wave: u32,
    row: usize,
    what: T,
}

#[derive(Debug, Clone, Copy)]
struct StagedAlter {
    person: u32,
    represented_by: u32,
    alter: Alter,
}

#[derive(Debug, Clone, Copy)]
struct StagedStanding {
    key: u32,
    stands: bool,
}

impl CirclesBuilder {
    pub(super) fn new(waves: Vec<String>) -> Self {
        let mut builder = Self {
            waves: Vec::new(),
            interned: HashMap::new(),
            names: Names::default(),
            families: Vec::new(),
            alters: Vec::new(),
            ties: Vec::new(),
            agreements: Vec::new(),
            taker_starts: vec![0],
            takers: Vec::new(),
            standing: Vec::new(),
            faults: Vec::new(),
            rows: [0; 5],
        };
        for wave in waves {
            if builder.waves.contains(&wave) {
                let place = Place {
                    table: CircleTable::Families,
                    row: 0,
                    family: String::new(),
                    wave: wave.clone(),
                    who: None,
                };
                builder.fault(
                    FaultKind::Twice,
                    place,
                    "the wave was declared twice".to_owned(),
                );
            }
            builder.waves.push(wave);
        }
        builder
    }

    /// Adds a family at a wave.
    pub fn family(&mut self, row: FamilyRow<'_>) {
        let table = CircleTable::Families;
        let Some((family, wave, number)) = self.keys(table, row.family, row.wave, None) else {
            return;
        };
        let place = || Place::of(table, number, row.family, row.wave, None);
        let (course, plan) = (row.course, row.plan);
        for (wrong, what) in [
            (
                course.meeting == Some(true) && course.started == Some(false),
                "a meeting was held of what was never started; correct one of the two",
            ),
            (
                course.started == Some(true) && course.referred == Some(false),
                "it was started, but never referred; correct one of the two",
            ),
            (
                plan.made == Some(false)
                    && (plan.safe.is_some() || plan.approved_by.is_some_and(|by| !by.is_empty())),
                "no plan was made, but it was judged or approved; correct one of the two",
            ),
        ] {
            if wrong {
                self.fault(FaultKind::Course, place(), what.to_owned());
            }
        }
        if row
            .perceived_support
            .is_some_and(|score| !score.is_finite() || score.abs() > LARGEST_SCORE)
        {
            let what =
                "the score of perceived support is no number that a scale can have; leave it out";
            self.fault(FaultKind::NotFinite, place(), what.to_owned());
        }
        let head = Head {
            family,
            wave,
            date: row.date,
            course,
            plan,
            reported: row.reported,
            perceived_support: row.perceived_support,
        };
        self.families.push(Staged {
            family,
            wave,
            row: number,
            what: head,
        });
    }

    /// Adds a person of a circle.
    pub fn alter(&mut self, row: AlterRow<'_>) {
        let table = CircleTable::Alters;
        let Some((family, wave, number)) =
            self.keys(table, row.family, row.wave, Some((row.person, "person")))
        else {
            return;
        };
        let place = || {
            let who = Some(format_person(row.person));
            Place::of(table, number, row.family, row.wave, who)
        };
        let alter = row.alter;
        if alter.role.is_professional()
            && matches!(alter.side, Some(FamilySide::Mother | FamilySide::Father))
        {
            let what = "a professional cannot stand on the mother's or father's side of the family; \
                correct the role or leave the side out";
            self.fault(FaultKind::Role, place(), what.to_owned());
        }
        if row.represented_by == Some(row.person) {
            let what = "cannot be represented by himself; leave it out, or name the other";
            self.fault(FaultKind::Oneself, place(), what.to_owned());
        }
        let staged = StagedAlter {
            person: self.intern(row.person),
            represented_by: row.represented_by.map_or(NONE, |by| self.intern(by)),
            alter,
        };
        self.alters.push(Staged {
            family,
            wave,
            row: number,
            what: staged,
        });
    }

    /// Adds a tie between two persons of a circle.
    pub fn tie(&mut self, row: TieRow<'_>) {
        let table = CircleTable::Ties;
        let Some((family, wave, number)) =
            self.keys(table, row.family, row.wave, Some((row.from, "person")))
        else {
            return;
        };
        if row.from == row.to {
            let place = Place::of(
                table,
                number,
                row.family,
                row.wave,
                Some(format_person(row.from)),
            );
            let what = "a tie to oneself; take it out".to_owned();
            self.fault(FaultKind::Oneself, place, what);
            return;
        }
        let tie = Tie {
            from: self.intern(row.from),
            to: self.intern(row.to),
            sign: row.sign,
            direction: row.direction,
        };
        self.ties.push(Staged {
            family,
            wave,
            row: number,
            what: tie,
        });
    }

    /// Adds an agreement of a plan.
    pub fn agreement(&mut self, row: AgreementRow<'_>) {
        let table = CircleTable::Agreements;
        let Some((family, wave, number)) =
            self.keys(table, row.family, row.wave, Some((row.key, "agreement")))
        else {
            return;
        };
        if row.takers.is_empty() {
            let who = Some(format!("agreement `{}`", row.key));
            let place = Place::of(table, number, row.family, row.wave, who);
            let what =
                "nobody takes it on; say who: the family, a person, the circle or a professional";
            self.fault(FaultKind::Nobody, place, what.to_owned());
        }
        let cell = AgreementCell {
            key: self.intern(row.key),
            what: row.what.map_or(NONE, |text| self.intern(text)),
            domain: row.domain.map_or(NONE, |text| self.intern(text)),
            due: row.due,
            done: row.done,
        };
        for taker in row.takers {
            let taker = match *taker {
                TakerKey::Family => Taker::Family,
                TakerKey::Circle => Taker::Circle,
                TakerKey::Professional => Taker::Professional,
                TakerKey::Person(key) => Taker::Person(self.intern(key)),
            };
            self.takers.push(taker);
        }
        self.taker_starts.push(index(self.takers.len()));
        self.agreements.push(Staged {
            family,
            wave,
            row: number,
            what: cell,
        });
    }

    /// Adds whether an agreement still stood at a later wave.
    pub fn standing(&mut self, row: StandingRow<'_>) {
        let keys = self.keys(
            CircleTable::Standing,
            row.family,
            row.wave,
            Some((row.key, "agreement")),
        );
        let Some((family, wave, number)) = keys else {
            return;
        };
        let what = StagedStanding {
            key: self.intern(row.key),
            stands: row.stands,
        };
        self.standing.push(Staged {
            family,
            wave,
            row: number,
            what,
        });
    }

    /// The circles, or every fault that the tables hold.
    pub fn finish(mut self) -> Result<Circles, Error> {
        let most = [
            self.alters.len(),
            self.ties.len(),
            self.takers.len(),
            self.names.ends.len(),
        ];
        if most.into_iter().any(|n| n >= NONE as usize) {
            let place = Place::of(CircleTable::Alters, 0, "", "", None);
            let what = "there are more than four thousand million rows; split the data".to_owned();
            self.fault(FaultKind::TooMany, place, what);
            return Err(self.refuse());
        }
        let (families, heads, circle_of) = self.heads();
        let mut circles = Circles {
            waves: std::mem::take(&mut self.waves),
            names: std::mem::take(&mut self.names),
            families,
            heads,
            alter_starts: Vec::new(),
            persons: Vec::new(),
            alters: Vec::new(),
            represented: Vec::new(),
            tie_starts: Vec::new(),
            ties: Vec::new(),
            agreement_starts: Vec::new(),
            agreements: Vec::new(),
            taker_starts: Vec::new(),
            takers: Vec::new(),
            standing_starts: Vec::new(),
            standing: Vec::new(),
            notes: Vec::new(),
        };
        // Names are no longer needed by their text.
        self.interned = HashMap::new();
        let mut check = Check {
            circles: &mut circles,
            circle_of,
            faults: std::mem::take(&mut self.faults),
        };
        let rows = check.alters(std::mem::take(&mut self.alters));
        check.ties(std::mem::take(&mut self.ties));
        let made = check.agreements(
            std::mem::take(&mut self.agreements),
            &self.taker_starts,
            &self.takers,
        );
        check.standing(std::mem::take(&mut self.standing), &made);
        check.roles_over_time(&rows);
        let faults = std::mem::take(&mut check.faults);
        if faults.is_empty() {
            return Ok(circles);
        }
        self.faults = faults;
        Err(self.refuse())
    }

    fn refuse(mut self) -> Error {
        self.faults
            .sort_by_key(|fault| (fault.place.table, fault.place.row));
        Error::Circles(Faults {
            faults: self.faults,
        })
    }

    /// The families by first appearance, their circles in order, and where each circle is.
    fn heads(&mut self) -> (Vec<u32>, Vec<Head>, Places) {
        let mut families = Vec::new();
        let mut family_of: HashMap<u32, u32> = HashMap::with_capacity(self.families.len());
        for row in &mut self.families {
            let next = index(families.len());
            let family = *family_of.entry(row.family).or_insert_with(|| {
                families.push(row.family);
                next
            });
            row.what.family = family;
        }
        self.families.sort_by_key(|row| (row.what.family, row.wave));
        let mut heads: Vec<Head> = Vec::with_capacity(self.families.len());
        let mut circle_of = HashMap::with_capacity(self.families.len());
        let mut twice = Vec::new();
        for row in &self.families {
            if circle_of.contains_key(&(row.family, row.wave)) {
                twice.push((row.family, row.wave, row.row));
                continue;
            }
            circle_of.insert((row.family, row.wave), index(heads.len()));
            heads.push(row.what);
        }
        for (family, wave, row) in twice {
            let place = Place::of(
                CircleTable::Families,
                row,
                self.names.get(family),
                &self.waves[wave as usize],
                None,
            );
            let what = "the family has two rows at one wave; take one out".to_owned();
            self.fault(FaultKind::Twice, place, what);
        }
        (families, heads, circle_of)
    }

    /// The numbers of the keys and of the row, or a fault.
    fn keys(
        &mut self,
        table: CircleTable,
        family: &str,
        wave: &str,
        who: Option<(&str, &str)>,
    ) -> Option<(u32, u32, usize)> {
        let rows = &mut self.rows[table as usize];
        let row = *rows;
        *rows += 1;
        let place = || {
            let who = who.map(|(key, what)| format!("{what} `{key}`"));
            Place::of(table, row, family, wave, who)
        };
        let named = [(family, "family"), (wave, "wave")].into_iter().chain(who);
        for (key, what) in named {
            if key.trim().is_empty() {
                let what = format!("the {what} has no name; give it one");
                self.fault(FaultKind::EmptyKey, place(), what);
                return None;
            }
        }
        let Some(at) = self.waves.iter().position(|known| known == wave) else {
            let hint = near::suggestion(wave, self.waves.iter().map(String::as_str));
            let what = format!("the wave was not declared{hint}");
            self.fault(FaultKind::UnknownWave, place(), what);
            return None;
        };
        Some((self.intern(family), index(at), row))
    }

    fn intern(&mut self, name: &str) -> u32 {
        if let Some(&known) = self.interned.get(name) {
            return known;
        }
        let next = index(self.names.ends.len());
        self.names.push(name);
        self.interned.insert(name.to_owned(), next);
        next
    }

    fn fault(&mut self, kind: FaultKind, place: Place, what: String) {
        self.faults.push(Fault { kind, place, what });
    }
}

/// Puts the rows below their circles and checks what one row alone cannot show.
struct Check<'a> {
    circles: &'a mut Circles,
    circle_of: Places,
    faults: Vec<Fault>,
}

impl Check<'_> {
    /// The rows circle by circle, in the order in which they were given, and where each circle begins;
    /// a fault for each row without a circle.
    fn below_circles<T: Copy>(
        &mut self,
        table: CircleTable,
        rows: Vec<Staged<T>>,
        who: impl Fn(&Names, &T) -> String,
    ) -> (Vec<Staged<T>>, Vec<u32>) {
        let mut starts = vec![0; self.circles.heads.len() + 1];
        let mut of: Vec<u32> = Vec::with_capacity(rows.len());
        let mut in_order = true;
        for row in &rows {
            let circle = self.circle_of.get(&(row.family, row.wave)).copied();
            if let Some(circle) = circle {
                starts[circle as usize + 1] += 1;
            } else {
                let who = who(&self.circles.names, &row.what);
                let what = "this family has no row at this wave in the table of families; add one, \
                    or correct the key";
                self.fault(
                    FaultKind::UnknownFamily,
                    table,
                    row,
                    Some(who),
                    what.to_owned(),
                );
            }
            let circle = circle.unwrap_or(NONE);
            in_order &= circle != NONE && of.last().is_none_or(|&before| before <= circle);
            of.push(circle);
        }
        for i in 1..starts.len() {
            starts[i] += starts[i - 1];
        }
        // As files mostly have them: nothing is to be moved.
        if in_order {
            return (rows, starts);
        }
        let known = starts.last().copied().unwrap_or(0) as usize;
        let (mut next, mut order) = (starts.clone(), vec![0; known]);
        for (row, &circle) in of.iter().enumerate() {
            if let Some(place) = next.get_mut(circle as usize).filter(|_| circle != NONE) {
                order[*place as usize] = row;
                *place += 1;
            }
        }
        (order.into_iter().map(|row| rows[row]).collect(), starts)
    }

    /// The persons below their circles; gives back the row of each as it was given.
    fn alters(&mut self, rows: Vec<Staged<StagedAlter>>) -> Vec<usize> {
        let table = CircleTable::Alters;
        let person = |names: &Names, alter: &StagedAlter| format_person(names.get(alter.person));
        let (rows, starts) = self.below_circles(table, rows, person);
        self.circles.persons = rows.iter().map(|row| row.what.person).collect();
        self.circles.alters = rows.iter().map(|row| row.what.alter).collect();
        self.circles.alter_starts = starts;
        let mut represented = vec![NONE; rows.len()];
        let mut places = Vec::new();
        for circle in 0..self.circles.heads.len() {
            let range = part(&self.circles.alter_starts, circle);
            let date = self.circles.heads[circle].date;
            self.places(circle, &mut places);
            for pair in places.windows(2) {
                if pair[0].0 == pair[1].0 {
                    let row = rows[range.start + pair[1].1 as usize];
                    let who = person(&self.circles.names, &row.what);
                    let what = "stands twice in one circle; take one out".to_owned();
                    self.fault(FaultKind::Twice, table, &row, Some(who), what);
                }
            }
            for i in range {
                let row = rows[i];
                let (alter, by) = (row.what.alter, row.what.represented_by);
                let who = || Some(person(&self.circles.names, &row.what));
                if let (Some(since), Some(date)) = (alter.since, date)
                    && since > date
                {
                    let what = format!(
                        "support is given since {since}, but the wave was on {date}; correct one of the two"
                    );
                    let who = who();
                    self.fault(FaultKind::Date, table, &row, who, what);
                }
                let representative = place_of(&places, by);
                if by != NONE && by != row.what.person && representative.is_none() {
                    let what = format!(
                        "is represented by `{}`, who is not in the circle at this wave; add that \
                        person, or correct the key",
                        self.circles.names.get(by)
                    );
                    let who = Some(person(&self.circles.names, &row.what));
                    self.fault(FaultKind::UnknownPerson, table, &row, who, what);
                }
                represented[i] = representative.unwrap_or(NONE);
                self.moments(circle, &row, representative);
            }
        }
        self.circles.represented = represented;
        rows.iter().map(|row| row.row).collect()
    }

    /// What is allowed around the meeting and worth a note.
    fn moments(&mut self, circle: usize, row: &Staged<StagedAlter>, representative: Option<u32>) {
        let alter = row.what.alter;
        let present = alter.presence.known() == Some(true);
        let absent = representative.is_some_and(|by| {
            let first = self.circles.alter_starts[circle] as usize;
            self.circles.alters[first + by as usize].presence == Presence::Absent
        });
        for (kind, holds) in [
            (
                NoteKind::PresentNotInvited,
                present && alter.invited.known() == Some(false),
            ),
            (
                NoteKind::DidNotPromised,
                alter.did == Some(true) && alter.promised == Some(false),
            ),
            (
                NoteKind::RepresentedAndPresent,
                present && representative.is_some(),
            ),
            (NoteKind::RepresentedByAbsent, absent),
        ] {
            if holds {
                let who = format_person(self.circles.names.get(row.what.person));
                self.note(kind, CircleTable::Alters, row, Some(who));
            }
        }
    }

    fn ties(&mut self, rows: Vec<Staged<Tie>>) {
        let table = CircleTable::Ties;
        let pair = |names: &Names, tie: &Tie| {
            format!(
                "persons `{}` and `{}`",
                names.get(tie.from),
                names.get(tie.to)
            )
        };
        let (rows, starts) = self.below_circles(table, rows, pair);
        let mut ties = Vec::with_capacity(rows.len());
        let (mut places, mut seen) = (Vec::new(), Vec::new());
        for circle in 0..self.circles.heads.len() {
            self.places(circle, &mut places);
            seen.clear();
            for i in part(&starts, circle) {
                let row = rows[i];
                let ends = [row.what.from, row.what.to].map(|key| place_of(&places, key));
                for (end, key) in ends.iter().zip([row.what.from, row.what.to]) {
                    if end.is_none() {
                        let who = pair(&self.circles.names, &row.what);
                        let what = format!(
                            "`{}` is not in the circle at this wave; add that person, or correct the key",
                            self.circles.names.get(key)
                        );
                        self.fault(FaultKind::UnknownPerson, table, &row, Some(who), what);
                    }
                }
                let [from, to] = ends.map(|end| end.unwrap_or(0));
                if ends.iter().all(Option::is_some) {
                    seen.push((from.min(to), from.max(to), i));
                }
                ties.push(Tie {
                    from,
                    to,
                    ..row.what
                });
            }
            seen.sort_unstable();
            // At most two ties of a pair can stand beside each other: one each way.
            for k in 1..seen.len() {
                let earlier = seen[..k]
                    .iter()
                    .rev()
                    .take_while(|one| (one.0, one.1) == (seen[k].0, seen[k].1));
                let one = &ties[seen[k].2];
                let clash = earlier.into_iter().any(|other| {
                    let other = &ties[other.2];
                    one.direction == Direction::Mutual
                        || other.direction == Direction::Mutual
                        || one.from == other.from
                });
                if clash {
                    let row = rows[seen[k].2];
                    let who = pair(&self.circles.names, &row.what);
                    let what = "the tie stands twice; take one out".to_owned();
                    self.fault(FaultKind::Twice, table, &row, Some(who), what);
                }
            }
        }
        self.circles.ties = ties;
        self.circles.tie_starts = starts;
    }

    /// The agreements below their circles; gives back, by family and key, the agreement and its wave.
    fn agreements(
        &mut self,
        rows: Vec<Staged<AgreementCell>>,
        old_starts: &[u32],
        old_takers: &[Taker],
    ) -> HashMap<(u32, u32), (u32, u32)> {
        let table = CircleTable::Agreements;
        let named =
            |names: &Names, cell: &AgreementCell| format!("agreement `{}`", names.get(cell.key));
        // Where the takers of each row stand, before the rows change their order.
        let numbered: Vec<Staged<(AgreementCell, usize)>> = rows
            .into_iter()
            .enumerate()
            .map(|(i, row)| Staged {
                family: row.family,
                wave: row.wave,
                row: row.row,
                what: (row.what, i),
            })
            .collect();
        let (rows, starts) =
            self.below_circles(table, numbered, |names, (cell, _)| named(names, cell));
        let mut made = HashMap::with_capacity(rows.len());
        let (mut taker_starts, mut takers) = (vec![0], Vec::with_capacity(old_takers.len()));
        let mut places = Vec::new();
        for circle in 0..self.circles.heads.len() {
            self.places(circle, &mut places);
            let head = self.circles.heads[circle];
            for i in part(&starts, circle) {
                let row = rows[i];
                let (cell, old) = row.what;
                let who = Some(named(&self.circles.names, &cell));
                if made
                    .insert((row.family, cell.key), (index(i), row.wave))
                    .is_some()
                {
                    let what =
                        "the family has two agreements of this key; give each its own".to_owned();
                    self.fault(FaultKind::Twice, table, &row, who.clone(), what);
                }
                if let (Some(due), Some(date)) = (cell.due, head.date)
                    && due < date
                {
                    let what = format!(
                        "it is due on {due}, before it was made on {date}; correct one of the two"
                    );
                    self.fault(FaultKind::Date, table, &row, who.clone(), what);
                }
                if head.plan.made == Some(false) {
                    self.note(NoteKind::AgreementsWithoutPlan, table, &row, who.clone());
                }
                let before = takers.len();
                for &taker in &old_takers[part(old_starts, old)] {
                    let taker = match taker {
                        Taker::Person(key) => {
                            let place = place_of(&places, key);
                            if place.is_none() {
                                let what = format!(
                                    "`{}` takes it on, who is not in the circle at this wave; add \
                                    that person, or correct the key",
                                    self.circles.names.get(key)
                                );
                                self.fault(
                                    FaultKind::UnknownPerson,
                                    table,
                                    &row,
                                    who.clone(),
                                    what,
                                );
                            }
                            Taker::Person(place.unwrap_or(0))
                        }
                        other => other,
                    };
                    if takers[before..].contains(&taker) && matches!(taker, Taker::Person(_)) {
                        let what = "one person takes it on twice; name each once".to_owned();
                        self.fault(FaultKind::Twice, table, &row, who.clone(), what);
                    }
                    takers.push(taker);
                }
                taker_starts.push(index(takers.len()));
            }
        }
        self.circles.agreements = rows.iter().map(|row| row.what.0).collect();
        self.circles.agreement_starts = starts;
        self.circles.takers = takers;
        self.circles.taker_starts = taker_starts;
        made
    }

    fn standing(
        &mut self,
        rows: Vec<Staged<StagedStanding>>,
        made: &HashMap<(u32, u32), (u32, u32)>,
    ) {
        let table = CircleTable::Standing;
        let mut of: Vec<(u32, Standing, Staged<StagedStanding>)> = Vec::with_capacity(rows.len());
        for row in rows {
            let who = Some(format!(
                "agreement `{}`",
                self.circles.names.get(row.what.key)
            ));
            let Some(&(agreement, wave)) = made.get(&(row.family, row.what.key)) else {
                let what = "this family made no agreement of this key; correct the key".to_owned();
                self.fault(FaultKind::UnknownAgreement, table, &row, who, what);
                continue;
            };
            if row.wave <= wave {
                let what = format!(
                    "it was made at wave `{}`, and can stand only at a later one",
                    self.circles.waves[wave as usize]
                );
                self.fault(FaultKind::Date, table, &row, who, what);
                continue;
            }
            let standing = Standing {
                wave: row.wave,
                stands: row.what.stands,
            };
            of.push((agreement, standing, row));
        }
        of.sort_by_key(|(agreement, standing, row)| (*agreement, standing.wave, row.row));
        for i in 1..of.len() {
            if of[i].0 == of[i - 1].0 && of[i].1.wave == of[i - 1].1.wave {
                let row = of[i].2;
                let who = Some(format!(
                    "agreement `{}`",
                    self.circles.names.get(row.what.key)
                ));
                let what = "has two rows at one wave; take one out".to_owned();
                self.fault(FaultKind::Twice, table, &row, who, what);
            }
        }
        let mut starts = vec![0; self.circles.agreements.len() + 1];
        for (agreement, ..) in &of {
            starts[*agreement as usize + 1] += 1;
        }
        for i in 1..starts.len() {
            starts[i] += starts[i - 1];
        }
        self.circles.standing = of.into_iter().map(|(_, standing, _)| standing).collect();
        self.circles.standing_starts = starts;
    }

    /// A note for each person whose role is another than at the wave before.
    fn roles_over_time(&mut self, rows: &[usize]) {
        let mut earlier: HashMap<u32, RoleKind> = HashMap::new();
        let mut notes = Vec::new();
        let mut family = NONE;
        for circle in self.circles.iter() {
            let of = index(circle.family_index());
            if of != family {
                earlier.clear();
                family = of;
            }
            for (place, (&key, alter)) in
                circle.person_keys().iter().zip(circle.alters()).enumerate()
            {
                let kind = alter.role.kind();
                if earlier
                    .insert(key, kind)
                    .is_some_and(|before| before != kind)
                {
                    let row = rows[self.circles.alter_starts[circle.index()] as usize + place];
                    notes.push(Note {
                        kind: NoteKind::RoleChanged,
                        place: Place::of(
                            CircleTable::Alters,
                            row,
                            circle.family(),
                            circle.wave(),
                            Some(format_person(circle.person(place))),
                        ),
                    });
                }
            }
        }
        self.circles.notes.extend(notes);
    }

    /// The persons of a circle by key, each with the place, in the order of the keys.
    fn places(&self, circle: usize, places: &mut Vec<(u32, u32)>) {
        places.clear();
        let keys = &self.circles.persons[part(&self.circles.alter_starts, circle)];
        places.extend(keys.iter().zip(0..).map(|(&key, place)| (key, place)));
        places.sort_unstable();
    }

    fn fault<T>(
        &mut self,
        kind: FaultKind,
        table: CircleTable,
        row: &Staged<T>,
        who: Option<String>,
        what: String,
    ) {
        let place = self.place(table, row, who);
        self.faults.push(Fault { kind, place, what });
    }

    fn note<T>(
        &mut self,
        kind: NoteKind,
        table: CircleTable,
        row: &Staged<T>,
        who: Option<String>,
    ) {
        let place = self.place(table, row, who);
        self.circles.notes.push(Note { kind, place });
    }

    fn place<T>(&self, table: CircleTable, row: &Staged<T>, who: Option<String>) -> Place {
        Place::of(
            table,
            row.row,
            self.circles.names.get(row.family),
            &self.circles.waves[row.wave as usize],
            who,
        )
    }
}

impl Place {
    fn of(table: CircleTable, row: usize, family: &str, wave: &str, who: Option<String>) -> Self {
        Self {
            table,
            row,
            family: family.to_owned(),
            wave: wave.to_owned(),
            who,
        }
    }
}

fn format_person(name: &str) -> String {
    format!("person `{name}`")
}

fn place_of(places: &[(u32, u32)], key: u32) -> Option<u32> {
    let at = places.partition_point(|(known, _)| *known < key);
    places
        .get(at)
        .filter(|(known, _)| *known == key)
        .map(|(_, place)| *place)
}

/// A number of a row. What is beyond the type is refused before it is used, in `finish`.
fn index(i: usize) -> u32 {
    u32::try_from(i).unwrap_or(NONE)
}
