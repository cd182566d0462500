//! Circles around families with known truth: who is there, who comes to the meeting, what is agreed, what
//! lasts, and a score that depends on the arm and on the size of the circle.
//!
//! ```text
//! z_f ~ Gamma(θ)/θ                    how sociable a family is: mean 1, variance 1/θ
//! n₁r ~ Poisson(μ_r z_f)              persons of role r at the start; so the size is overdispersed
//! n₂  = Binomial(n₁, stay_a) + Poisson(came_a)     those who stay, and those who come, of circle roles
//! meeting ~ Bernoulli(held_a);  present ~ Bernoulli(present_a) each of the circle
//! plan ~ Bernoulli(plan_a) of those with a meeting; agreements ~ Poisson(agreements_a) of each plan
//! taker: the family, somebody of the circle, or a professional, with shares that sum to one
//! stands at wave 2 ~ Bernoulli((1 + λ_a/κ)^−κ) of a family's frailty Gamma(κ)/κ: exp(−λ_a × frailty)
//! y₁ ~ N(m_a, σ²);  y₂ = m + b (y₁ − m) + δ_a + γ (n₂ − c) + N(0, σ²(1 − b²))
//! ```
//! So the arm acts on y₂ beside the circle (δ) and through it (γ times what the arm does to n₂). Everything
//! that [`CirclePlan::truth`] gives is exact.
//!
//! What comes of it is simulated: no evidence of anything. It serves to teach and to test.

use kring_core::seed::{Seed, Stream};
use kring_core::{
    AgreementRow, Alter, AlterRow, Approver, Approvers, By, Circles, Closeness, Column, Course,
    Discipline, FamilyRow, FamilySide, Frequency, MeetingPart, Moment, Parts, Plan, Presence,
    Reported, Role, Sign, StandingRow, Support, Supports, Table, TakerKey, TieRow,
};
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::sampler::{gamma, poisson};

/// Circles of families in arms, at the start and at one later wave.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CirclePlan {
    /// What it is meant to be like.
    pub title: String,
    /// What a reader must know: what was printed, and what is assumed.
    #[serde(default)]
    pub notes: Vec<String>,
    /// The two waves.
    pub waves: [String; 2],
    /// θ: the smaller, the more unlike are families in the size of their circles.
    pub sociability: f64,
    /// κ: the smaller, the more unlike are families in how long their agreements stand.
    pub steadiness: f64,
    /// The chance of a tie between two persons of one role.
    pub tie_within: f64,
    /// The chance of a tie between two persons of different roles.
    pub tie_between: f64,
    /// The share of the ties that are of conflict.
    pub conflict: f64,
    /// The domains of the agreements; each has the same chance.
    #[serde(default)]
    pub domains: Vec<String>,
    /// The score that depends on arm and circle.
    pub score: Score,
    /// The arms, the reference first.
    #[serde(rename = "arm")]
    pub arms: Vec<CircleArm>,
    /// Where numbers of the plan come from: printed, or assumed, with the reason.
    #[serde(default, rename = "basis")]
    pub bases: Vec<Basis>,
}

/// The score y: the larger the worse.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Score {
    /// Its name in the table of families.
    pub name: String,
    /// m: the mean about which both waves are.
    pub mean: f64,
    /// σ: its standard deviation in an arm at the start.
    pub sd: f64,
    /// b: how much of a family's distance to the mean lasts.
    pub lasts: f64,
    /// γ: what one person more in the circle at the later wave does.
    pub per_person: f64,
    /// c: the size of the circle at which γ does nothing.
    pub centre: f64,
}

/// An arm.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CircleArm {
    /// Its name.
    pub name: String,
    /// How many families.
    pub families: usize,
    /// The mean number of persons at the start by role.
    pub persons: Persons,
    /// The chance that a person of the circle is still there at the later wave.
    pub stay: f64,
    /// The mean number of persons who came in between.
    pub came: f64,
    /// The chance that the worker asked the circle, as the worker says.
    pub asked: f64,
    /// The chance that a meeting is held.
    pub held: f64,
    /// The chance that a person of the circle is at the meeting.
    pub present: f64,
    /// The chance that a plan is made at the meeting.
    pub plan: f64,
    /// The mean number of agreements of a plan.
    pub agreements: f64,
    /// The share of the agreements that the family takes on itself.
    pub own: f64,
    /// The share of the agreements that somebody of the circle takes on.
    pub network: f64,
    /// λ: how fast agreements fall until the later wave.
    pub falls: f64,
    /// The chance that a person of the circle gives support, at the start and later.
    pub gives: [f64; 2],
    /// The mean of the score at the start.
    pub score: f64,
    /// δ: what the arm does to the later score beside the circle.
    pub direct: f64,
    /// The share of the families that are not seen at the later wave, whoever they are.
    pub dropout: f64,
}

/// Mean numbers of persons by role.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Persons {
    /// Who live in the same house.
    pub household: f64,
    /// Family that lives elsewhere.
    pub family: f64,
    /// Friends.
    pub friend: f64,
    /// Neighbours.
    pub neighbour: f64,
    /// Acquaintances.
    pub acquaintance: f64,
    /// Volunteers.
    pub volunteer: f64,
    /// Professionals, who are no part of the circle.
    pub professional: f64,
}

/// Where a figure of the plan comes from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Basis {
    /// Which figure of the truth: `persons_present`; or which number of the plan, in words.
    pub figure: String,
    /// The arm it is of; absent where it is of all.
    pub arm: Option<String>,
    /// The wave it is of.
    pub wave: Option<String>,
    /// The least that the source admits; absent of an assumption.
    pub low: Option<f64>,
    /// The most.
    pub high: Option<f64>,
    /// The source with its claim, or why it was assumed.
    pub why: String,
}

/// What a figure must come to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CircleTruth {
    /// Which figure: the word of an indicator, or `total_effect`, `direct_effect`, `indirect_effect`.
    pub figure: String,
    /// The arm; of an effect the one that is compared with the reference.
    pub arm: String,
    /// The wave.
    pub wave: String,
    /// Its expectation. Of a share of agreements it is the expected number of them by that of all.
    pub value: f64,
}

/// Circles that were drawn: no evidence of anything.
#[derive(Debug, Clone)]
pub struct SimulatedCircles {
    /// The circles.
    pub circles: Circles,
    /// A row for each circle: `family`, `wave`, `arm` and the score.
    pub families: Table,
    /// The seed.
    pub seed: u64,
    /// The replicate.
    pub replicate: u64,
}

impl Persons {
    /// By role, professionals last.
    fn all(&self) -> [(Role, f64); 7] {
        [
            (Role::Household, self.household),
            (Role::Family, self.family),
            (Role::Friend, self.friend),
            (Role::Neighbour, self.neighbour),
            (Role::Acquaintance, self.acquaintance),
            (Role::Volunteer, self.volunteer),
            (Role::Professional(Discipline::Other), self.professional),
        ]
    }

    /// Without professionals.
    fn circle(&self) -> f64 {
        self.all()[..6].iter().map(|(_, mean)| mean).sum()
    }
}

impl CirclePlan {
    /// Refuses what no circle can be like.
    pub fn check(&self) -> Result<(), Error> {
        let refuse = |what: String, found: f64, expected: &str| {
            Err(Error::Parameter {
                what,
                expected: expected.to_owned(),
                found: found.to_string(),
            })
        };
        for (what, x) in [
            ("steadiness", self.steadiness),
            ("the SD of the score", self.score.sd),
        ] {
            if !(x.is_finite() && x > 0.0) {
                return refuse(what.to_owned(), x, "a number above zero");
            }
        }
        if !(self.sociability.is_finite() && self.sociability >= LEAST) {
            return refuse("sociability".to_owned(), self.sociability, "0.05 or more");
        }
        let shares = [
            ("tie_within", self.tie_within),
            ("tie_between", self.tie_between),
            ("conflict", self.conflict),
        ];
        for (what, x) in shares {
            if !(0.0..=1.0).contains(&x) {
                return refuse(what.to_owned(), x, "a share from 0 to 1");
            }
        }
        let score = &self.score;
        for (what, x) in [
            ("the mean of the score", score.mean),
            ("per_person", score.per_person),
            ("the centre of the score", score.centre),
        ] {
            if !x.is_finite() {
                return refuse(what.to_owned(), x, "a finite number");
            }
        }
        if !(-1.0..=1.0).contains(&score.lasts) {
            return refuse("lasts".to_owned(), score.lasts, "a number from −1 to 1");
        }
        let [first, second] = &self.waves;
        if first == second {
            return Err(Error::Name {
                what: "a wave".to_owned(),
                name: second.clone(),
                why: "stands twice",
            });
        }
        if self.arms.is_empty() {
            return refuse("the number of arms".to_owned(), 0.0, "one at least");
        }
        for (place, arm) in self.arms.iter().enumerate() {
            if self.arms[..place]
                .iter()
                .any(|other| other.name == arm.name)
            {
                return Err(Error::Name {
                    what: "an arm".to_owned(),
                    name: arm.name.clone(),
                    why: "stands twice",
                });
            }
            arm.check()?;
        }
        Ok(())
    }

    /// What the figures come to, exactly, by arm and wave; and of each arm beside the first the effects on the
    /// later score, of families as they are in all arms together: among families with the same score and the
    /// same circle at the start. Arms that differ there differ later by more than these.
    pub fn truth(&self) -> Result<Vec<CircleTruth>, Error> {
        self.check()?;
        let mut truth = Vec::new();
        for arm in &self.arms {
            let mut say = |figure: &str, wave: usize, value: f64| {
                truth.push(CircleTruth {
                    figure: figure.to_owned(),
                    arm: arm.name.clone(),
                    wave: self.waves[wave].clone(),
                    value,
                });
            };
            let start = arm.persons.circle();
            let later = arm.stay * start + arm.came;
            say("network_size", 0, start);
            say("network_size", 1, later);
            say("persons_giving_support", 0, arm.gives[0] * start);
            say("persons_giving_support", 1, arm.gives[1] * later);
            say("network_asked_by_worker", 0, arm.asked);
            if arm.held > 0.0 {
                say("persons_present", 0, arm.present * start);
                if arm.plan > 0.0 {
                    say("agreements_per_plan", 0, arm.agreements);
                    // Of no agreements there is no share.
                    if arm.agreements > 0.0 {
                        say("agreements_carried_out_by_circle", 0, arm.own + arm.network);
                        if arm.dropout < 1.0 {
                            let k = self.steadiness;
                            say("plan_lasting", 1, (1.0 + arm.falls / k).powf(-k));
                        }
                    }
                }
            }
            say(&self.score.name, 0, arm.score);
        }
        let reference = &self.arms[0];
        let families: usize = self.arms.iter().map(|arm| arm.families).sum();
        let pooled = self
            .arms
            .iter()
            .map(|arm| arm.families as f64 * arm.persons.circle());
        let start = pooled.sum::<f64>() / families as f64;
        for arm in &self.arms[1..] {
            let direct = arm.direct - reference.direct;
            let growth = (arm.stay - reference.stay) * start + arm.came - reference.came;
            let indirect = self.score.per_person * growth;
            for (figure, value) in [
                ("direct_effect", direct),
                ("indirect_effect", indirect),
                ("total_effect", direct + indirect),
            ] {
                truth.push(CircleTruth {
                    figure: figure.to_owned(),
                    arm: arm.name.clone(),
                    wave: self.waves[1].clone(),
                    value,
                });
            }
        }
        Ok(truth)
    }

    /// Draws the circles of a seed and replicate. Every family has a stream of its own: nothing depends on the
    /// order in which they are drawn.
    pub fn draw(&self, seed: u64, replicate: u64) -> Result<SimulatedCircles, Error> {
        self.check()?;
        let root = Seed::new(seed).child("circles", replicate);
        let mut builder = Circles::builder(self.waves.clone());
        let mut table = FamilyTable::default();
        let mut number = 0_usize;
        for (code, arm) in self.arms.iter().enumerate() {
            for _ in 0..arm.families {
                number += 1;
                let name = number.to_string();
                let stream = &mut root.stream(number as u64);
                let mut family = Drawing {
                    plan: self,
                    arm,
                    name: &name,
                    stream,
                };
                let seen = family.draw(&mut builder);
                for (wave, score) in seen.into_iter().enumerate() {
                    let Some(score) = score else { continue };
                    table.add(number, wave, code, score);
                }
            }
        }
        Ok(SimulatedCircles {
            circles: builder.finish()?,
            families: table.made(self, number)?,
            seed,
            replicate,
        })
    }
}

/// Circles of thousands are none: a larger mean is a slip, and would take the memory of a computer.
const MOST: f64 = 1000.0;

/// More families in an arm than these are a slip too.
const FAMILIES: usize = 1_000_000;

/// With a smaller θ some families would have thousands of persons.
const LEAST: f64 = 0.05;

impl CircleArm {
    fn check(&self) -> Result<(), Error> {
        let refuse = |what: &str, found: f64, expected: &str| {
            Err(Error::Parameter {
                what: format!("{what} of the arm `{}`", self.name),
                expected: expected.to_owned(),
                found: found.to_string(),
            })
        };
        if !(1..=FAMILIES).contains(&self.families) {
            let found = self.families as f64;
            return refuse("the number of families", found, "from one to a million");
        }
        for (what, x) in [
            ("stay", self.stay),
            ("asked", self.asked),
            ("held", self.held),
            ("present", self.present),
            ("plan", self.plan),
            ("own", self.own),
            ("network", self.network),
            ("gives", self.gives[0]),
            ("gives", self.gives[1]),
            ("own and network together", self.own + self.network - 1e-12),
            ("dropout", self.dropout),
        ] {
            if !(-1e-12..=1.0).contains(&x) {
                return refuse(what, x, "a share from 0 to 1");
            }
        }
        let persons = self
            .persons
            .all()
            .map(|(role, mean)| (role.kind().word(), mean));
        let counts = [
            ("came", self.came),
            ("agreements", self.agreements),
            ("falls", self.falls),
        ];
        for (what, x) in persons.into_iter().chain(counts) {
            if !(0.0..=MOST).contains(&x) {
                return refuse(what, x, "a mean from 0 to 1000");
            }
        }
        for (what, x) in [("the score", self.score), ("direct", self.direct)] {
            if !x.is_finite() {
                return refuse(what, x, "a finite number");
            }
        }
        Ok(())
    }
}

/// The rows of the table of families.
#[derive(Default)]
struct FamilyTable {
    families: Vec<Option<u32>>,
    waves: Vec<Option<u32>>,
    arms: Vec<Option<u32>>,
    scores: Vec<Option<f64>>,
}

impl FamilyTable {
    fn add(&mut self, number: usize, wave: usize, arm: usize, score: f64) {
        let code = |place: usize| u32::try_from(place).ok();
        self.families.push(code(number - 1));
        self.waves.push(code(wave));
        self.arms.push(code(arm));
        self.scores.push(Some(score));
    }

    fn made(self, plan: &CirclePlan, families: usize) -> Result<Table, Error> {
        let names = (1..=families).map(|number| number.to_string());
        let arms = plan.arms.iter().map(|arm| arm.name.as_str());
        let score = Column::numeric(plan.score.name.as_str(), self.scores)?;
        Ok(Table::new(vec![
            Column::factor("family", names, self.families)?,
            Column::factor("wave", plan.waves.iter().map(String::as_str), self.waves)?,
            Column::factor("arm", arms, self.arms)?,
            score.with_label(format!("{} (simulated)", plan.score.name)),
        ])?)
    }
}

/// One family while it is drawn.
struct Drawing<'a> {
    plan: &'a CirclePlan,
    arm: &'a CircleArm,
    name: &'a str,
    stream: &'a mut Stream,
}

/// A person of a family, the same at both waves.
#[derive(Clone)]
struct Person {
    key: String,
    role: Role,
    side: Option<FamilySide>,
    closeness: Closeness,
    frequency: Frequency,
}

impl Drawing<'_> {
    fn chance(&mut self, share: f64) -> bool {
        self.stream.uniform() < share
    }

    fn one_of<T: Copy>(&mut self, all: &[T]) -> Option<T> {
        let n = u32::try_from(all.len()).unwrap_or(u32::MAX);
        all.get(self.stream.below(n) as usize).copied()
    }

    fn count(&mut self, mean: f64) -> usize {
        // Means are bounded by a check, so that this is a small whole number.
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a count of persons, none negative"
        )]
        let n = poisson(mean, self.stream) as usize;
        n
    }

    /// Draws the family into the circles; gives its score at each wave at which it is seen.
    fn draw(&mut self, into: &mut kring_core::CirclesBuilder) -> [Option<f64>; 2] {
        let sociable = gamma(self.plan.sociability, self.stream) / self.plan.sociability;
        let mut persons = Vec::new();
        for (role, mean) in self.arm.persons.all() {
            let by = if role.is_professional() {
                1.0
            } else {
                sociable
            };
            for _ in 0..self.count(mean * by) {
                persons.push(self.person(persons.len(), role));
            }
        }
        let (arm, score) = (self.arm, &self.plan.score);
        let first = arm.score + score.sd * self.stream.normal();
        let meeting = self.chance(arm.held);
        let plan = meeting && self.chance(arm.plan);
        let mut row = FamilyRow::new(self.name, &self.plan.waves[0]);
        row.course = Course {
            referred: Some(true),
            started: Some(true),
            meeting: Some(meeting),
        };
        row.plan = Plan {
            made: Some(plan),
            safe: None,
            approved_by: plan.then(|| Approvers::NONE.with(Approver::Family)),
        };
        row.reported = Reported {
            asked_by_worker: Some(self.chance(arm.asked)),
            network_present: None,
        };
        into.family(row);
        let present: Vec<bool> = persons
            .iter()
            .map(|person| {
                let share = if person.role.is_professional() {
                    1.0
                } else {
                    arm.present
                };
                meeting && self.chance(share)
            })
            .collect();
        self.wave(into, 0, &persons, Some((meeting, &present)));
        let agreements = if plan { self.count(arm.agreements) } else { 0 };
        let helpers: Vec<&str> = persons
            .iter()
            .zip(&present)
            .filter(|(person, there)| **there && !person.role.is_professional())
            .filter(|(person, _)| person.role != Role::Household)
            .map(|(person, _)| person.key.as_str())
            .collect();
        for number in 0..agreements {
            let u = self.stream.uniform();
            let taker = if u < arm.own {
                TakerKey::Family
            } else if u < arm.own + arm.network {
                self.one_of(&helpers)
                    .map_or(TakerKey::Circle, TakerKey::Person)
            } else {
                TakerKey::Professional
            };
            let domains: Vec<&str> = self.plan.domains.iter().map(String::as_str).collect();
            let takers = [taker];
            let key = format!("a{}", number + 1);
            into.agreement(AgreementRow {
                domain: self.one_of(&domains),
                ..AgreementRow::new(self.name, &self.plan.waves[0], &key, &takers)
            });
        }
        if self.chance(arm.dropout) {
            return [Some(first), None];
        }
        self.later(into, persons, agreements, first)
    }

    /// The later wave of a family that is seen there.
    fn later(
        &mut self,
        into: &mut kring_core::CirclesBuilder,
        persons: Vec<Person>,
        agreements: usize,
        first: f64,
    ) -> [Option<f64>; 2] {
        let (arm, plan) = (self.arm, self.plan);
        let known = persons.len();
        let mut now = Vec::new();
        for person in persons {
            if person.role.is_professional() || self.chance(arm.stay) {
                now.push(person);
            }
        }
        for number in 0..self.count(arm.came) {
            let roles = [
                Role::Family,
                Role::Friend,
                Role::Neighbour,
                Role::Acquaintance,
            ];
            let role = self.one_of(&roles).unwrap_or(Role::Friend);
            now.push(self.person(known + number, role));
        }
        into.family(FamilyRow::new(self.name, &plan.waves[1]));
        self.wave(into, 1, &now, None);
        let frailty = gamma(plan.steadiness, self.stream) / plan.steadiness;
        for number in 0..agreements {
            let stands = self.chance((-arm.falls * frailty).exp());
            into.standing(StandingRow {
                family: self.name,
                key: &format!("a{}", number + 1),
                wave: &plan.waves[1],
                stands,
            });
        }
        let size = now
            .iter()
            .filter(|person| !person.role.is_professional())
            .count() as f64;
        let score = &plan.score;
        let noise = score.sd * (1.0 - score.lasts * score.lasts).sqrt() * self.stream.normal();
        let second = score.mean
            + score.lasts * (first - score.mean)
            + arm.direct
            + score.per_person * (size - score.centre)
            + noise;
        [Some(first), Some(second)]
    }

    fn person(&mut self, place: usize, role: Role) -> Person {
        const SIDES: [FamilySide; 3] = [FamilySide::Mother, FamilySide::Father, FamilySide::Both];
        let has_side = matches!(role, Role::Family);
        let closeness = match role {
            Role::Household => &[Closeness::Inner][..],
            Role::Professional(_) => &[Closeness::Outer],
            Role::Family | Role::Friend => Closeness::ALL,
            _ => &[Closeness::Middle, Closeness::Outer],
        };
        let frequency = match role {
            Role::Household => &[Frequency::Daily][..],
            _ => Frequency::ALL,
        };
        Person {
            key: format!("p{}", place + 1),
            role,
            side: has_side.then(|| self.one_of(&SIDES)).flatten(),
            closeness: self.one_of(closeness).unwrap_or(Closeness::Outer),
            frequency: self.one_of(frequency).unwrap_or(Frequency::Rarely),
        }
    }

    /// The persons of a wave and the ties among them; of the first, what happened around the meeting.
    fn wave(
        &mut self,
        into: &mut kring_core::CirclesBuilder,
        wave: usize,
        persons: &[Person],
        meeting: Option<(bool, &[bool])>,
    ) {
        let name = &self.plan.waves[wave];
        for (place, person) in persons.iter().enumerate() {
            let gives = self.chance(self.arm.gives[wave]);
            let kind = self.one_of(Support::ALL).unwrap_or(Support::Practical);
            let mut alter = Alter {
                side: person.side,
                closeness: Some(person.closeness),
                frequency: Some(person.frequency),
                support: Some(if gives {
                    Supports::NONE.with(kind)
                } else {
                    Supports::NONE
                }),
                ..Alter::new(person.role)
            };
            if let Some((held, present)) = meeting {
                let there = present[place];
                let professional = person.role.is_professional();
                if held {
                    let by = if professional {
                        By::Worker
                    } else {
                        By::Coordinator
                    };
                    alter.invited = if there || self.chance(0.5) {
                        Moment::Yes(by)
                    } else {
                        Moment::No
                    };
                    alter.presence = match (there, professional) {
                        (false, _) => Presence::Absent,
                        // Professionals inform, and come back to hear the plan.
                        (true, true) => Presence::Present(
                            Parts::NONE
                                .with(MeetingPart::Information)
                                .with(MeetingPart::Plan),
                        ),
                        (true, false) => {
                            Presence::Present(MeetingPart::ALL.iter().copied().collect())
                        }
                    };
                }
            }
            into.alter(AlterRow::new(self.name, name, &person.key, alter));
        }
        for (place, one) in persons.iter().enumerate() {
            for other in &persons[..place] {
                let alike = one.role.kind() == other.role.kind();
                let share = if alike {
                    self.plan.tie_within
                } else {
                    self.plan.tie_between
                };
                if self.chance(share) {
                    let conflict = self.chance(self.plan.conflict);
                    let sign = if conflict {
                        Sign::Conflict
                    } else {
                        Sign::Support
                    };
                    into.tie(TieRow::new(self.name, name, &one.key, &other.key, sign));
                }
            }
        }
    }
}
