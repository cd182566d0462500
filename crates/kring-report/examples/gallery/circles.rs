//! The circle around an invented family before and after a conference, and an invented street.

use kring_core::{
    Alter, AlterRow, Circles, Closeness, Direction, Discipline, Error, FamilyRow, FamilySide,
    Grouping, Network, NetworkTie, Parts, Presence, Role, Sign, Support, Supports, TieRow,
};
use kring_report::{
    Content, EgoPicture, NetworkPicture, NodeSizes, PersonLabels, Role as Aim, Section,
};

/// Person, role, side, closeness before and after (0: not there), support, at the meeting.
type Row<'a> = (
    &'a str,
    Role,
    Option<FamilySide>,
    [u8; 2],
    &'a [Support],
    bool,
);

/// A family with 16 persons around it, and 18 after its conference.
#[allow(clippy::too_many_lines, reason = "a list of persons and ties")]
pub fn circles() -> Result<Circles, Error> {
    use Closeness::{Inner, Middle, Outer};
    use FamilySide::{Both, Father, Mother};
    use Support::{Advice, Care, Emotional, Financial, Practical};
    let professional = Role::Professional;
    let rows: &[Row<'_>] = &[
        ("son", Role::Household, None, [1, 1], &[Emotional], true),
        ("daughter", Role::Household, None, [1, 1], &[], true),
        (
            "gran",
            Role::Family,
            Some(Mother),
            [1, 1],
            &[Emotional, Care, Financial],
            true,
        ),
        (
            "aunt",
            Role::Family,
            Some(Mother),
            [3, 2],
            &[Practical, Care],
            true,
        ),
        (
            "uncle",
            Role::Family,
            Some(Mother),
            [0, 2],
            &[Practical, Advice],
            true,
        ),
        ("cousin", Role::Family, Some(Mother), [0, 3], &[], true),
        (
            "father",
            Role::Family,
            Some(Father),
            [2, 2],
            &[Financial],
            true,
        ),
        (
            "granddad",
            Role::Family,
            Some(Father),
            [0, 3],
            &[Care],
            true,
        ),
        (
            "godmother",
            Role::Family,
            Some(Both),
            [3, 3],
            &[Emotional],
            false,
        ),
        (
            "best friend",
            Role::Friend,
            None,
            [1, 1],
            &[Emotional, Advice],
            true,
        ),
        ("friend", Role::Friend, None, [3, 2], &[Emotional], true),
        ("old friend", Role::Friend, None, [4, 0], &[], false),
        (
            "neighbour",
            Role::Neighbour,
            None,
            [3, 2],
            &[Practical],
            true,
        ),
        (
            "across",
            Role::Neighbour,
            None,
            [0, 3],
            &[Practical, Care],
            true,
        ),
        ("colleague", Role::Acquaintance, None, [4, 4], &[], false),
        ("coach", Role::Acquaintance, None, [0, 3], &[Advice], true),
        ("buddy", Role::Volunteer, None, [3, 3], &[Practical], false),
        (
            "team",
            professional(Discipline::NeighbourhoodTeam),
            None,
            [2, 3],
            &[Advice],
            true,
        ),
        (
            "teacher",
            professional(Discipline::School),
            None,
            [3, 3],
            &[Advice],
            true,
        ),
        (
            "youth",
            professional(Discipline::YouthCare),
            None,
            [3, 0],
            &[Advice],
            false,
        ),
        (
            "debt",
            professional(Discipline::Debt),
            None,
            [4, 0],
            &[],
            false,
        ),
    ];
    let ties: &[(&str, &str, [bool; 2], Sign)] = &[
        ("son", "daughter", [true, true], Sign::Support),
        ("gran", "aunt", [true, true], Sign::Support),
        ("aunt", "uncle", [false, true], Sign::Support),
        ("uncle", "cousin", [false, true], Sign::Support),
        ("gran", "father", [true, false], Sign::Conflict),
        ("father", "granddad", [false, true], Sign::Support),
        ("aunt", "best friend", [false, true], Sign::Support),
        ("best friend", "friend", [true, true], Sign::Support),
        ("neighbour", "across", [false, true], Sign::Support),
        ("gran", "daughter", [true, true], Sign::Support),
        ("father", "team", [true, true], Sign::Conflict),
        ("team", "teacher", [true, true], Sign::Support),
        ("team", "youth", [true, false], Sign::Support),
        ("coach", "son", [false, true], Sign::Support),
        ("neighbour", "gran", [false, true], Sign::Support),
    ];
    let mut builder = Circles::builder(["before", "after"]);
    for (at, wave) in ["before", "after"].into_iter().enumerate() {
        builder.family(FamilyRow::new("invented", wave));
        for &(person, role, side, close, support, met) in rows {
            if close[at] == 0 {
                continue;
            }
            let mut alter = Alter::new(role);
            alter.side = side;
            alter.closeness =
                [None, Some(Inner), Some(Middle), Some(Outer), None][usize::from(close[at])];
            alter.support = Some(support.iter().copied().collect::<Supports>());
            if at == 1 {
                alter.presence = if met {
                    Presence::Present(Parts::NONE)
                } else {
                    Presence::Absent
                };
            }
            if person == "father" && at == 0 {
                alter.bond = Sign::Conflict;
            }
            builder.alter(AlterRow::new("invented", wave, person, alter));
        }
        for &(from, to, when, sign) in ties {
            if when[at] {
                let direction = if to == "teacher" {
                    Direction::Directed
                } else {
                    Direction::Mutual
                };
                builder.tie(TieRow {
                    direction,
                    ..TieRow::new("invented", wave, from, to, sign)
                });
            }
        }
    }
    builder.finish()
}

/// A street of 36 houses and a community centre, made by a rule: neighbours know each other, and in the
/// second year more of those who met at the centre.
pub fn street(year: usize) -> Result<Network, Error> {
    let houses = 36;
    let names: Vec<String> = (1..=houses)
        .map(|i| format!("house {i}"))
        .chain(["centre".to_owned(), "caretaker".to_owned()])
        .collect();
    let mut ties = Vec::new();
    for i in 0..houses {
        if i + 2 < houses && i % 9 != 7 {
            let sign = if i == 10 {
                Sign::Conflict
            } else {
                Sign::Support
            };
            ties.push(NetworkTie::mutual(&names[i], &names[i + 2], sign));
        }
        if i % 5 == 0 && i + 1 < houses && (year > 0 || i % 10 == 0) {
            ties.push(NetworkTie::mutual(&names[i], &names[i + 1], Sign::Support));
        }
        if i % 6 == 3 && year > 0 {
            ties.push(NetworkTie::mutual(&names[i], &names[houses], Sign::Support));
        }
        if i % 12 == 1 && year == 0 {
            ties.push(NetworkTie::mutual(
                &names[i],
                &names[(i + 17) % houses],
                Sign::Support,
            ));
        }
    }
    ties.push(NetworkTie::directed(
        &names[houses + 1],
        &names[houses],
        Sign::Support,
    ));
    let index = (0..names.len()).map(|i| match i {
        i if i >= houses => 2,
        i => u32::from(i % 2 == 1),
    });
    let index = index.collect();
    Network::new(names.clone(), &ties)?.with_groups(Grouping {
        name: "side".into(),
        levels: vec!["even side".into(), "odd side".into(), "institutions".into()],
        index,
    })
}

/// Both pictures, as a section of a report.
pub fn section() -> Result<Section, Error> {
    let circles = circles()?;
    let [before, after] = [street(0)?, street(1)?];
    let mut network = NetworkPicture::of(
        "street",
        "A street over two years",
        [("first year", &before), ("second year", &after)],
    );
    network.sizes = NodeSizes::Degree;
    Ok(Section {
        id: "circles".into(),
        title: "Circles".into(),
        role: Aim::Descriptive,
        method: None,
        content: vec![
            Content::Ego(EgoPicture::of(
                "circle",
                "The circle around a family, before and after its conference",
                circles.iter(),
                PersonLabels::None,
            )),
            Content::Network(network),
        ],
    })
}
