#![allow(
    clippy::unwrap_used,
    reason = "a test may stop at what it did not expect"
)]

use proptest::prelude::*;

use super::*;
use kring_core::{Alter, AlterRow, Circles, FamilyRow, Role, TieRow};

fn person(number: u32, role: usize, side: usize, ring: usize) -> EgoPerson {
    EgoPerson {
        person: number,
        key: Some(format!("person {number}")),
        role: RoleKind::ALL[role],
        side: FamilySide::ALL.get(side).copied(),
        closeness: Closeness::ALL.get(ring).copied(),
        support: Some(vec![Support::Practical]),
        bond: Sign::Support,
        present: Some(ring == 0),
    }
}

/// Circles of up to forty persons at two waves, some of whom move, come or leave.
fn pictures() -> impl Strategy<Value = EgoPicture> {
    let one = (0_usize..7, 0_usize..4, 0_usize..4, 0_usize..4, 0_u8..3);
    (
        prop::collection::vec(one, 0..40),
        prop::collection::vec((0_usize..40, 0_usize..40), 0..30),
    )
        .prop_map(|(rows, pairs)| {
            let wave = |at: u8| {
                let rows = rows
                    .iter()
                    .zip(0..)
                    .filter(|(row, _)| row.4 == 2 || row.4 == at);
                let persons: Vec<EgoPerson> = rows
                    .map(|(&(role, side, before, after, _), number)| {
                        person(number, role, side, if at == 0 { before } else { after })
                    })
                    .collect();
                let n = persons.len();
                let ties = pairs.iter().filter(|(a, b)| a != b && *a < n && *b < n);
                let ties = ties.map(|&(from, to)| EgoTie {
                    from,
                    to,
                    sign: Sign::ALL[(from + to) % 2],
                    direction: Direction::Mutual,
                });
                EgoWave {
                    wave: format!("T{at}"),
                    ties: ties.collect(),
                    persons,
                }
            };
            EgoPicture {
                id: "circle".into(),
                title: "A circle".into(),
                waves: vec![wave(0), wave(1)],
                ..EgoPicture::default()
            }
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn no_two_marks_touch_and_all_lie_in_their_sector_and_ring(seen in pictures()) {
        let layout = laid_out(&seen, 148.0, 22.0);
        let half = 0.5 * layout.room;
        prop_assert!(half >= 3.0, "marks of {} are too small to see", layout.room);
        for (wave, spots) in seen.waves.iter().zip(&layout.places) {
            for (i, a) in spots.iter().enumerate() {
                for b in &spots[i + 1..] {
                    let far = (a.x - b.x).hypot(a.y - b.y);
                    prop_assert!(far >= layout.room - 1e-6, "{far} apart of {}", layout.room);
                }
                let person = &wave.persons[i];
                prop_assert_eq!(layout.sectors[a.sector], Sector::of(person));
                prop_assert_eq!(a.ring, person.closeness.map_or(3, Closeness::place));
                let (inner, outer) = layout.rings[a.ring];
                let radius = a.x.hypot(a.y);
                prop_assert!(radius >= inner + half - 1e-6 && radius <= outer - half + 1e-6);
                let (from, to) = layout.angles[a.sector];
                let turn = a.x.atan2(-a.y).rem_euclid(std::f64::consts::TAU);
                // Half a mark lies between its middle and each ray.
                prop_assert!(radius * (turn - from).sin() >= half - 1e-6 || turn - from > 1.57);
                prop_assert!(radius * (to - turn).sin() >= half - 1e-6 || to - turn > 1.57);
                prop_assert!(from < turn && turn < to);
            }
        }
    }

    #[test]
    fn who_stays_in_a_ring_keeps_the_place(seen in pictures()) {
        let layout = laid_out(&seen, 148.0, 22.0);
        for (i, before) in seen.waves[0].persons.iter().enumerate() {
            for (j, after) in seen.waves[1].persons.iter().enumerate() {
                if before.person == after.person && before.closeness == after.closeness {
                    prop_assert_eq!(layout.places[0][i], layout.places[1][j]);
                }
            }
        }
    }

    #[test]
    fn other_numbers_and_keys_change_nothing_but_labels(seen in pictures(), by in 1_u32..1000) {
        let mut other = seen.clone();
        for person in other.waves.iter_mut().flat_map(|wave| &mut wave.persons) {
            person.person = 100_000 - by * person.person;
            person.key = Some(format!("another {}", person.person));
        }
        let origin = Origin::Observed;
        prop_assert_eq!(ego_svg(&seen, origin).unwrap(), ego_svg(&other, origin).unwrap());
        // Keys stand in the table alone, and there only where they are asked for.
        let keys = EgoPicture { labels: PersonLabels::Keys, ..seen };
        prop_assert!(!ego_svg(&keys, origin).unwrap().contains("person "));
        prop_assert_eq!(grids(&keys).len(), 2);
    }
}

#[test]
fn names_of_persons_never_stand_in_a_picture() {
    let mut builder = Circles::builder(["T0", "T1"]);
    for wave in ["T0", "T1"] {
        builder.family(FamilyRow::new("Jansen", wave));
        builder.alter(AlterRow::new(
            "Jansen",
            wave,
            "Wilhelmina",
            Alter::new(Role::Friend),
        ));
        builder.alter(AlterRow::new(
            "Jansen",
            wave,
            "Cornelis",
            Alter::new(Role::Neighbour),
        ));
        builder.tie(TieRow::new(
            "Jansen",
            wave,
            "Wilhelmina",
            "Cornelis",
            Sign::Conflict,
        ));
    }
    let circles = builder.finish().unwrap();
    for labels in [
        PersonLabels::None,
        PersonLabels::Numbers,
        PersonLabels::Keys,
    ] {
        let seen = EgoPicture::of("circle", "A circle", circles.iter(), labels);
        let svg = ego_svg(&seen, Origin::Observed).unwrap();
        for name in ["Jansen", "Wilhelmina", "Cornelis"] {
            assert!(!svg.contains(name));
        }
        assert_eq!(svg.matches("k-person").count(), 4);
        assert_eq!(svg.contains(">2</text>"), labels != PersonLabels::None);
    }
}

#[test]
fn who_came_and_who_left_are_marked() {
    let wave = |wave: &str, numbers: &[u32]| EgoWave {
        wave: wave.into(),
        persons: numbers.iter().map(|&n| person(n, 2, 3, 0)).collect(),
        ties: vec![],
    };
    let seen = EgoPicture {
        waves: vec![wave("T0", &[1, 2, 3]), wave("T1", &[3, 4])],
        ..EgoPicture::default()
    };
    let frame = Frame {
        id: "x",
        width: WIDE,
        titled: false,
        origin: Origin::Observed,
    };
    let marks = &picture(&seen, frame).panels[1].marks;
    let of = |is: fn(&Mark) -> bool| marks.iter().filter(|mark| is(mark)).count();
    assert_eq!(of(|m| m.fill == Fill::Ghost), 2);
    assert_eq!(of(|m| !m.plus.is_empty()), 1);
    assert_eq!(of(|m| m.fill == Fill::Present), 2);
    assert!(alt(&seen).contains("T1: 2 persons, 1 came, 2 left, 2 at the meeting."));
}

#[test]
fn a_picture_refuses_what_cannot_be_drawn() {
    let draw = |seen: &EgoPicture| ego_svg(seen, Origin::Observed).unwrap_err();
    let mut seen = EgoPicture::default();
    assert!(matches!(draw(&seen), Error::NoWave { .. }));
    seen.waves.push(EgoWave {
        wave: "T0".into(),
        persons: vec![person(1, 0, 3, 0)],
        ties: vec![EgoTie {
            from: 0,
            to: 1,
            sign: Sign::Support,
            direction: Direction::Mutual,
        }],
    });
    assert_eq!(
        draw(&seen).to_string(),
        "picture ``, wave `T0`: a tie names place 1, and there are 1; places are counted from 0"
    );
    seen.waves[0].ties.clear();
    seen.waves[0].persons = (0..200).map(|n| person(n, 0, 3, 0)).collect();
    assert!(matches!(draw(&seen), Error::Persons { found: 200, .. }));
}
