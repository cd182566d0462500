//! What the tables of circles hold, and every fault they can have.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may stop at what it did not expect"
)]

use kring_core::{
    AgreementRow, Alter, AlterRow, Carrier, Circles, CirclesBuilder, Course, Date, Direction,
    Error, FamilyRow, FamilySide, Fault, FaultKind, MeetingPart, Moment, NoteKind, Parts, Plan,
    Presence, Role, Sign, StandingRow, Taker, TakerKey, TieRow,
};
use proptest::prelude::*;

/// One family with three persons at wave 1.
fn jansen() -> CirclesBuilder {
    let mut builder = Circles::builder(["1", "2"]);
    builder.family(FamilyRow {
        date: Date::new(2018, 3, 1),
        ..FamilyRow::new("Jansen", "1")
    });
    for (person, role) in [
        ("aunt", Role::Family),
        ("Piet", Role::Neighbour),
        ("Anna", Role::Household),
    ] {
        builder.alter(AlterRow::new("Jansen", "1", person, Alter::new(role)));
    }
    builder
}

fn faults(builder: CirclesBuilder) -> Vec<Fault> {
    match builder.finish() {
        Err(Error::Circles(faults)) => faults.faults,
        other => panic!("expected faults, found {other:?}"),
    }
}

#[test]
fn rows_may_come_in_any_order() {
    let mut builder = Circles::builder(["1", "2"]);
    builder.standing(StandingRow {
        family: "b",
        key: "bank",
        wave: "2",
        stands: true,
    });
    builder.agreement(AgreementRow {
        domain: Some("money"),
        ..AgreementRow::new(
            "b",
            "1",
            "bank",
            &[
                TakerKey::Person("y"),
                TakerKey::Family,
                TakerKey::Professional,
            ],
        )
    });
    builder.tie(TieRow {
        direction: Direction::Directed,
        ..TieRow::new("b", "1", "y", "x", Sign::Conflict)
    });
    for (family, wave, person) in [("b", "1", "x"), ("a", "2", "x"), ("b", "1", "y")] {
        builder.alter(AlterRow::new(
            family,
            wave,
            person,
            Alter::new(Role::Friend),
        ));
    }
    for (family, wave) in [("b", "2"), ("b", "1"), ("a", "2")] {
        builder.family(FamilyRow::new(family, wave));
    }
    let circles = builder.finish().unwrap();
    let order: Vec<_> = circles.iter().map(|c| (c.family(), c.wave())).collect();
    assert_eq!(order, [("b", "1"), ("b", "2"), ("a", "2")]);
    assert_eq!(
        (circles.len(), circles.families(), circles.persons()),
        (3, 2, 3)
    );
    let b = circles.find("b", "1").unwrap();
    assert_eq!((b.person(0), b.person(1), b.person(2)), ("x", "y", ""));
    assert_eq!((b.ties()[0].from, b.ties()[0].to), (1, 0));
    let agreement = b.agreements().next().unwrap();
    assert_eq!(
        agreement.takers,
        [Taker::Person(1), Taker::Family, Taker::Professional]
    );
    assert_eq!(
        (agreement.key, agreement.domain, agreement.what),
        ("bank", Some("money"), None)
    );
    assert!(agreement.standing[0].stands && agreement.standing[0].wave == 1);
    // One name is one key in whatever circle; a family without persons has an empty circle.
    assert_eq!(
        b.person_keys()[0],
        circles.find("a", "2").unwrap().person_keys()[0]
    );
    assert!(circles.find("b", "2").unwrap().alters().is_empty());
    let sizes: Vec<usize> = circles.by_family().map(|of| of.len()).collect();
    assert_eq!(sizes, [2, 1]);
    assert_eq!(b.carrier(Taker::Person(0)), Carrier::Network);
}

#[test]
#[allow(
    clippy::too_many_lines,
    reason = "one list of rows and one of what is said of them"
)]
fn every_fault_is_found_at_once_and_says_where() {
    let mut builder = jansen();
    let no_side = Alter {
        side: Some(FamilySide::Mother),
        ..Alter::new("professional:school".parse().unwrap())
    };
    let late = Alter {
        since: Date::new(2018, 3, 2),
        ..Alter::new(Role::Friend)
    };
    // Rows 3 to 9 of the persons.
    builder.alter(AlterRow::new(
        "Jansen",
        "1",
        "aunt",
        Alter::new(Role::Family),
    ));
    builder.alter(AlterRow::new("Jansen", "1", " ", Alter::new(Role::Family)));
    builder.alter(AlterRow::new("Jansen", "3", "x", Alter::new(Role::Family)));
    builder.alter(AlterRow::new("Janssen", "1", "x", Alter::new(Role::Family)));
    builder.alter(AlterRow::new("Jansen", "1", "teacher", no_side));
    builder.alter(AlterRow::new("Jansen", "1", "Kim", late));
    builder.alter(AlterRow {
        represented_by: Some("nobody"),
        ..AlterRow::new("Jansen", "1", "Bo", Alter::new(Role::Friend))
    });
    builder.alter(AlterRow {
        represented_by: Some("Jo"),
        ..AlterRow::new("Jansen", "1", "Jo", Alter::new(Role::Friend))
    });
    builder.family(FamilyRow::new("Jansen", "1"));
    builder.family(FamilyRow {
        course: Course {
            started: Some(false),
            meeting: Some(true),
            referred: None,
        },
        plan: Plan {
            made: Some(false),
            safe: Some(true),
            approved_by: None,
        },
        perceived_support: Some(1e200),
        ..FamilyRow::new("Jansen", "2")
    });
    for (from, to) in [
        ("aunt", "aunt"),
        ("aunt", "stranger"),
        ("aunt", "Piet"),
        ("Piet", "aunt"),
    ] {
        builder.tie(TieRow::new("Jansen", "1", from, to, Sign::Support));
    }
    builder.agreement(AgreementRow::new("Jansen", "1", "bank", &[]));
    builder.agreement(AgreementRow {
        due: Date::new(2018, 2, 1),
        ..AgreementRow::new("Jansen", "1", "bank", &[TakerKey::Person("stranger")])
    });
    builder.agreement(AgreementRow::new(
        "Jansen",
        "1",
        "shop",
        &[TakerKey::Person("aunt"), TakerKey::Person("aunt")],
    ));
    for (key, wave) in [("none", "2"), ("shop", "1"), ("shop", "2"), ("shop", "2")] {
        builder.standing(StandingRow {
            family: "Jansen",
            key,
            wave,
            stands: true,
        });
    }
    let found: Vec<(FaultKind, String)> = faults(builder)
        .into_iter()
        .map(|fault| (fault.kind, fault.place.to_string()))
        .collect();
    let expected = [
        (
            FaultKind::Twice,
            "families, row 2, family `Jansen`, wave `1`",
        ),
        (
            FaultKind::Course,
            "families, row 3, family `Jansen`, wave `2`",
        ),
        (
            FaultKind::Course,
            "families, row 3, family `Jansen`, wave `2`",
        ),
        (
            FaultKind::NotFinite,
            "families, row 3, family `Jansen`, wave `2`",
        ),
        (
            FaultKind::Twice,
            "alters, row 4, family `Jansen`, wave `1`, person `aunt`",
        ),
        (
            FaultKind::EmptyKey,
            "alters, row 5, family `Jansen`, wave `1`, person ` `",
        ),
        (
            FaultKind::UnknownWave,
            "alters, row 6, family `Jansen`, wave `3`, person `x`",
        ),
        (
            FaultKind::UnknownFamily,
            "alters, row 7, family `Janssen`, wave `1`, person `x`",
        ),
        (
            FaultKind::Role,
            "alters, row 8, family `Jansen`, wave `1`, person `teacher`",
        ),
        (
            FaultKind::Date,
            "alters, row 9, family `Jansen`, wave `1`, person `Kim`",
        ),
        (
            FaultKind::UnknownPerson,
            "alters, row 10, family `Jansen`, wave `1`, person `Bo`",
        ),
        (
            FaultKind::Oneself,
            "alters, row 11, family `Jansen`, wave `1`, person `Jo`",
        ),
        (
            FaultKind::Oneself,
            "ties, row 1, family `Jansen`, wave `1`, person `aunt`",
        ),
        (
            FaultKind::UnknownPerson,
            "ties, row 2, family `Jansen`, wave `1`, persons `aunt` and `stranger`",
        ),
        (
            FaultKind::Twice,
            "ties, row 4, family `Jansen`, wave `1`, persons `Piet` and `aunt`",
        ),
        (
            FaultKind::Nobody,
            "agreements, row 1, family `Jansen`, wave `1`, agreement `bank`",
        ),
        (
            FaultKind::Twice,
            "agreements, row 2, family `Jansen`, wave `1`, agreement `bank`",
        ),
        (
            FaultKind::Date,
            "agreements, row 2, family `Jansen`, wave `1`, agreement `bank`",
        ),
        (
            FaultKind::UnknownPerson,
            "agreements, row 2, family `Jansen`, wave `1`, agreement `bank`",
        ),
        (
            FaultKind::Twice,
            "agreements, row 3, family `Jansen`, wave `1`, agreement `shop`",
        ),
        (
            FaultKind::UnknownAgreement,
            "standing agreements, row 1, family `Jansen`, wave `2`, agreement `none`",
        ),
        (
            FaultKind::Date,
            "standing agreements, row 2, family `Jansen`, wave `1`, agreement `shop`",
        ),
        (
            FaultKind::Twice,
            "standing agreements, row 4, family `Jansen`, wave `2`, agreement `shop`",
        ),
    ];
    let found: Vec<(FaultKind, &str)> = found.iter().map(|(k, p)| (*k, p.as_str())).collect();
    assert_eq!(found, expected);
}

#[test]
fn the_message_shows_the_first_and_counts_the_rest() {
    let mut builder = jansen();
    for _ in 0..30 {
        builder.alter(AlterRow::new(
            "Jansen",
            "first",
            "x",
            Alter::new(Role::Friend),
        ));
    }
    let text = builder.finish().unwrap_err().to_string();
    assert!(
        text.starts_with("the tables of circles hold 30 faults:\n  alters, row 4, family `Jansen`")
    );
    assert!(text.contains("the wave was not declared; there are: 1, 2"));
    assert!(text.ends_with("and 10 more"));
    let twice = Circles::builder(["1", "1"]).finish().unwrap_err();
    assert!(twice.to_string().contains("the wave was declared twice"));
}

#[test]
fn what_happens_in_practice_is_allowed_with_a_note() {
    let mut builder = jansen();
    let present = Presence::Present(Parts::NONE.with(MeetingPart::Information));
    builder.family(FamilyRow {
        plan: Plan {
            made: Some(false),
            ..Plan::default()
        },
        ..FamilyRow::new("Jansen", "2")
    });
    // Neighbours whom the family brought along, and a father who spoke through his brother.
    builder.alter(AlterRow::new(
        "Jansen",
        "2",
        "Piet",
        Alter {
            invited: Moment::No,
            presence: present,
            promised: Some(false),
            did: Some(true),
            ..Alter::new(Role::Friend)
        },
    ));
    builder.alter(AlterRow {
        represented_by: Some("uncle"),
        ..AlterRow::new(
            "Jansen",
            "2",
            "father",
            Alter {
                presence: present,
                ..Alter::new(Role::Family)
            },
        )
    });
    builder.alter(AlterRow::new(
        "Jansen",
        "2",
        "uncle",
        Alter {
            presence: Presence::Absent,
            ..Alter::new(Role::Family)
        },
    ));
    builder.agreement(AgreementRow::new(
        "Jansen",
        "2",
        "shop",
        &[TakerKey::Circle],
    ));
    let circles = builder.finish().unwrap();
    let notes: Vec<_> = circles.notes().iter().map(|note| note.kind).collect();
    assert_eq!(
        notes,
        [
            NoteKind::PresentNotInvited,
            NoteKind::DidNotPromised,
            NoteKind::RepresentedAndPresent,
            NoteKind::RepresentedByAbsent,
            NoteKind::AgreementsWithoutPlan,
            NoteKind::RoleChanged,
        ]
    );
    assert_eq!(
        circles.notes()[0].to_string(),
        "alters, row 4, family `Jansen`, wave `2`, person `Piet`: was present, though nobody had invited them"
    );
    assert_eq!(
        circles.find("Jansen", "2").unwrap().represented_by(1),
        Some(2)
    );
}

#[test]
fn one_tie_each_way_is_allowed_and_no_more() {
    let directed = |from, to, sign| TieRow {
        direction: Direction::Directed,
        ..TieRow::new("Jansen", "1", from, to, sign)
    };
    let mut builder = jansen();
    builder.tie(directed("aunt", "Piet", Sign::Support));
    builder.tie(directed("Piet", "aunt", Sign::Conflict));
    assert_eq!(
        builder
            .clone()
            .finish()
            .unwrap()
            .find("Jansen", "1")
            .unwrap()
            .ties()
            .len(),
        2
    );
    builder.tie(directed("aunt", "Piet", Sign::Conflict));
    assert_eq!(faults(builder)[0].kind, FaultKind::Twice);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever the rows are: either circles whose every place is that of a person, or faults; no panic.
    #[test]
    fn any_rows_become_circles_or_faults(
        families in prop::collection::vec((0..3_usize, 0..3_usize), 0..6),
        alters in prop::collection::vec((0..3_usize, 0..3_usize, 0..5_usize, 0..8_usize), 0..12),
        ties in prop::collection::vec((0..3_usize, 0..3_usize, 0..5_usize, 0..5_usize, any::<bool>()), 0..8),
        agreements in prop::collection::vec((0..3_usize, 0..3_usize, 0..3_usize, 0..7_usize), 0..5),
        standing in prop::collection::vec((0..3_usize, 0..3_usize, 0..3_usize), 0..4),
    ) {
        const FAMILIES: [&str; 3] = ["a", "b", ""];
        const WAVES: [&str; 3] = ["1", "2", "x"];
        const PERSONS: [&str; 5] = ["p", "q", "r", "s", "t"];
        let mut builder = Circles::builder(["1", "2"]);
        for (family, wave) in families {
            builder.family(FamilyRow::new(FAMILIES[family], WAVES[wave]));
        }
        for (family, wave, person, by) in alters {
            builder.alter(AlterRow {
                represented_by: PERSONS.get(by).copied(),
                ..AlterRow::new(FAMILIES[family], WAVES[wave], PERSONS[person], Alter::new(Role::Friend))
            });
        }
        for (family, wave, from, to, mutual) in ties {
            builder.tie(TieRow {
                direction: if mutual { Direction::Mutual } else { Direction::Directed },
                ..TieRow::new(FAMILIES[family], WAVES[wave], PERSONS[from], PERSONS[to], Sign::Support)
            });
        }
        for (family, wave, key, taker) in agreements {
            let taker = PERSONS.get(taker).map_or(TakerKey::Circle, |person| TakerKey::Person(person));
            builder.agreement(AgreementRow::new(FAMILIES[family], WAVES[wave], PERSONS[key], &[taker]));
        }
        for (family, wave, key) in standing {
            builder.standing(StandingRow { family: FAMILIES[family], key: PERSONS[key], wave: WAVES[wave], stands: true });
        }
        match builder.finish() {
            Err(Error::Circles(faults)) => prop_assert!(!faults.faults.is_empty()),
            Err(other) => prop_assert!(false, "{other}"),
            Ok(circles) => {
                for circle in circles.iter() {
                    let n = circle.alters().len();
                    prop_assert_eq!(circle.person_keys().len(), n);
                    prop_assert!(circle.ties().iter().all(|tie| (tie.from.max(tie.to) as usize) < n));
                    prop_assert!((0..n).all(|i| circle.represented_by(i).is_none_or(|by| by < n && by != i)));
                    for agreement in circle.agreements() {
                        for taker in agreement.takers {
                            prop_assert!(!matches!(taker, Taker::Person(i) if *i as usize >= n));
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn nothing_at_all_is_no_circle_and_no_fault() {
    let circles = Circles::builder(Vec::<String>::new()).finish().unwrap();
    assert!(circles.is_empty() && circles.by_family().next().is_none());
    assert!(circles.get(0).is_none() && circles.family_name(0).is_empty());
}
