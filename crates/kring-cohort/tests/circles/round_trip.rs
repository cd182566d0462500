//! Whatever circles there are: written as tables and read again they are the same, and other names change nothing.

use kring_cohort::circles::{CircleOptions, PseudonymOptions, Pseudonyms, from_tables, to_tables};
use kring_core::{
    AgreementRow, Alter, AlterRow, Approver, By, Circles, Closeness, Course, Date, Direction,
    Discipline, FamilyRow, FamilySide, Frequency, MeetingPart, Moment, Plan, Presence, Reported,
    Role, Sign, StandingRow, Support, TakerKey, TieRow,
};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

/// Keys that a careless writer would lose: words of the lists, numbers, quotation marks, separators.
const KEYS: [&str; 8] = [
    "oma",
    "family",
    "x;y",
    "\"q\"",
    "01",
    "1",
    "no",
    "Ank van der B., zus",
];
const WAVES: [&str; 3] = ["start", "T1", "end"];

fn known<T: Clone + std::fmt::Debug + 'static>(all: &'static [T]) -> BoxedStrategy<Option<T>> {
    proptest::option::of(select(all)).boxed()
}

fn set<T: Copy + std::fmt::Debug + 'static>(all: &'static [T]) -> BoxedStrategy<Vec<T>> {
    subsequence(all.to_vec(), 0..=all.len()).boxed()
}

fn role() -> impl Strategy<Value = Role> {
    prop_oneof![
        Just(Role::Household),
        Just(Role::Family),
        Just(Role::Neighbour),
        select(Discipline::ALL).prop_map(Role::Professional),
    ]
}

fn moment() -> impl Strategy<Value = Moment> {
    prop_oneof![
        Just(Moment::Unknown),
        Just(Moment::No),
        select(By::ALL).prop_map(Moment::Yes),
    ]
}

fn alter() -> impl Strategy<Value = Alter> {
    let presence = prop_oneof![
        Just(Presence::Unknown),
        Just(Presence::Absent),
        set(MeetingPart::ALL).prop_map(|parts| Presence::Present(parts.into_iter().collect())),
    ];
    (
        (
            role(),
            known(FamilySide::ALL),
            known(Closeness::ALL),
            known(Frequency::ALL),
        ),
        (
            proptest::option::of(set(Support::ALL)),
            proptest::option::of(-3000..18_000_i32),
            select(Sign::ALL),
        ),
        (moment(), moment(), moment(), presence),
        (
            any::<Option<bool>>(),
            any::<Option<bool>>(),
            any::<Option<bool>>(),
        ),
    )
        .prop_map(|(who, gives, moments, what)| Alter {
            // A professional stands on both sides or on none.
            side: who
                .1
                .filter(|side| !who.0.is_professional() || *side == FamilySide::Both),
            closeness: who.2,
            frequency: who.3,
            support: gives.0.map(|kinds| kinds.into_iter().collect()),
            since: gives.1.and_then(Date::from_days),
            bond: gives.2,
            named: moments.0,
            asked: moments.1,
            invited: moments.2,
            presence: moments.3,
            visited: what.0,
            promised: what.1,
            did: what.2,
            ..Alter::new(who.0)
        })
}

/// One circle: what is known of the family, the persons, and lots by which the rest is drawn.
#[derive(Debug, Clone)]
struct Drawn {
    meeting: Option<bool>,
    made: bool,
    approved: Option<Vec<Approver>>,
    reported: Option<bool>,
    score: Option<f64>,
    date: Option<i32>,
    persons: Vec<(&'static str, Alter)>,
    lots: Vec<u8>,
}

fn drawn() -> impl Strategy<Value = Drawn> {
    let persons = subsequence(KEYS.to_vec(), 0..=5).prop_flat_map(|keys| {
        let n = keys.len();
        (Just(keys), proptest::collection::vec(alter(), n))
            .prop_map(|(keys, alters)| keys.into_iter().zip(alters).collect::<Vec<_>>())
    });
    (
        any::<Option<bool>>(),
        any::<bool>(),
        proptest::option::of(set(Approver::ALL)),
        any::<Option<bool>>(),
        proptest::option::of(-1e6..1e6_f64),
        proptest::option::of(18_000..20_000_i32),
        persons.prop_map(|persons| persons),
        proptest::collection::vec(any::<u8>(), 40),
    )
        .prop_map(
            |(meeting, made, approved, reported, score, date, persons, lots)| Drawn {
                meeting,
                made,
                approved,
                reported,
                score,
                date,
                persons,
                lots,
            },
        )
}

/// Families, each seen at some of the waves.
fn families() -> impl Strategy<Value = Vec<(&'static str, Vec<(usize, Drawn)>)>> {
    let waves = subsequence(vec![0, 1, 2], 1..=3).prop_flat_map(|waves| {
        let n = waves.len();
        (Just(waves), proptest::collection::vec(drawn(), n))
            .prop_map(|(waves, drawn)| waves.into_iter().zip(drawn).collect::<Vec<_>>())
    });
    subsequence(KEYS.to_vec(), 1..=3).prop_flat_map(move |keys| {
        let n = keys.len();
        (Just(keys), proptest::collection::vec(waves.clone(), n))
            .prop_map(|(keys, waves)| keys.into_iter().zip(waves).collect::<Vec<_>>())
    })
}

fn built(families: &[(&'static str, Vec<(usize, Drawn)>)]) -> Circles {
    let mut builder = Circles::builder(WAVES);
    let rows: Vec<(&str, &str, usize, &Drawn)> = families
        .iter()
        .flat_map(|(family, waves)| {
            waves
                .iter()
                .map(|(wave, drawn)| (*family, WAVES[*wave], *wave, drawn))
        })
        .collect();
    for &(family, wave, _, drawn) in &rows {
        builder.family(FamilyRow {
            date: drawn.date.and_then(Date::from_days),
            course: Course {
                meeting: drawn.meeting,
                ..Course::default()
            },
            plan: Plan {
                made: drawn.made.then_some(true),
                safe: None,
                approved_by: drawn.approved.clone().map(|by| by.into_iter().collect()),
            },
            reported: Reported {
                network_present: drawn.reported,
                ..Reported::default()
            },
            perceived_support: drawn.score,
            ..FamilyRow::new(family, wave)
        });
    }
    for &(family, wave, _, drawn) in &rows {
        for (i, &(person, alter)) in drawn.persons.iter().enumerate() {
            // Every third is spoken for by the first.
            let by = (i % 3 == 2).then(|| drawn.persons[0].0);
            builder.alter(AlterRow {
                represented_by: by,
                ..AlterRow::new(family, wave, person, alter)
            });
        }
    }
    for &(family, wave, _, drawn) in &rows {
        let mut lots = drawn.lots.iter();
        for (i, (from, _)) in drawn.persons.iter().enumerate() {
            for (to, _) in &drawn.persons[i + 1..] {
                let lot = *lots.next().unwrap_or(&0);
                if lot % 2 == 0 {
                    continue;
                }
                let sign = Sign::ALL[usize::from(lot / 2 % 2)];
                builder.tie(TieRow {
                    direction: Direction::ALL[usize::from(lot / 4 % 2)],
                    ..TieRow::new(family, wave, from, to, sign)
                });
            }
        }
    }
    let agreements = |drawn: &Drawn| usize::from(drawn.lots[30] % 3);
    for &(family, wave, at, drawn) in &rows {
        for i in 0..agreements(drawn) {
            let mut takers = vec![TakerKey::Family, TakerKey::Circle, TakerKey::Professional];
            takers.truncate(usize::from(drawn.lots[31] % 3) + 1);
            takers.extend(
                drawn
                    .persons
                    .iter()
                    .take(i + 1)
                    .map(|(key, _)| TakerKey::Person(key)),
            );
            let key = format!("{at}-{i}");
            builder.agreement(AgreementRow {
                what: (drawn.lots[32] % 2 == 0).then_some("koffie; \"thee\""),
                domain: (drawn.lots[33] % 2 == 0).then_some("care"),
                due: (drawn.lots[34] % 2 == 0)
                    .then(|| Date::from_days(20_001))
                    .flatten(),
                done: [None, Some(true), Some(false)][usize::from(drawn.lots[35] % 3)],
                ..AgreementRow::new(family, wave, &key, &takers)
            });
        }
    }
    for &(family, _, at, drawn) in &rows {
        for i in 0..agreements(drawn) {
            for (later, wave) in WAVES.iter().enumerate().skip(at + 1) {
                if drawn.lots[36 + later] % 2 == 0 {
                    builder.standing(StandingRow {
                        family,
                        key: &format!("{at}-{i}"),
                        wave,
                        stands: drawn.lots[39] % 2 == 0,
                    });
                }
            }
        }
    }
    builder.finish().unwrap()
}

fn options() -> CircleOptions {
    CircleOptions {
        waves: WAVES.map(String::from).to_vec(),
        ..CircleOptions::default()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn circles_are_written_and_read_again(families in families()) {
        let circles = built(&families);
        let tables = to_tables(&circles).unwrap();
        let data = from_tables(&tables, &options()).unwrap();
        prop_assert_eq!(data.circles, circles);
    }

    #[test]
    fn pseudonyms_change_nothing_but_names(families in families()) {
        let circles = built(&families);
        let names = Pseudonyms::new(b"a key of the tests", PseudonymOptions::default()).unwrap();
        let renamed = names.circles(&circles).unwrap();
        prop_assert_eq!(renamed.families(), circles.families());
        for (old, new) in circles.iter().zip(renamed.iter()) {
            prop_assert_eq!(old.alters(), new.alters());
            prop_assert_eq!(old.ties(), new.ties());
            prop_assert_eq!(old.agreements().len(), new.agreements().len());
            prop_assert_eq!(names.family(old.family()), new.family());
        }
        // Notes speak of the same rows by other names.
        let kinds = |circles: &Circles| circles.notes().iter().map(|n| (n.kind, n.place.row)).collect::<Vec<_>>();
        prop_assert_eq!(kinds(&circles), kinds(&renamed));
    }
}
