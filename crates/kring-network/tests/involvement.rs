//! The indicators, turnover, activation, communities and the change of ties, by hand and refused.
#![allow(
    clippy::unwrap_used,
    reason = "a test may stop at what it did not expect"
)]

use std::collections::BTreeMap;
use std::path::Path;

use kring_core::{
    AgreementRow, Alter, AlterRow, Alternative, By, Circles, CirclesBuilder, Course, Crosswalk,
    Date, FamilyRow, Grouping, Indicator, Moment, Network, NetworkTie, Parts, Plan, Presence,
    Reference, Reported, Role, Sign, StandingRow, Support, Supports, TakerKey, TieRow,
};
use kring_network::Error;
use kring_network::activation::{Activation, Strengths, Zeros, activation};
use kring_network::change::{Focus, Method, Qap};
use kring_network::circle::{CircleOptions, Signs, Whom};
use kring_network::communities::{Communities, modularity};
use kring_network::involvement::{
    IndicatorRow, InvolvementOptions, involvement, involvement_table,
};
use kring_network::tables::{activation_table, agreements_table, measures_by_arm, measures_table};
use kring_network::turnover::{summarise, turnover};
use proptest::prelude::*;

const THERE: Presence = Presence::Present(Parts::NONE);

/// Four families: `a` with a conference, `b` with a talk, `c` with nobody, `d` of whom little is known.
fn four() -> Circles {
    let mut builder = Circles::builder(["1", "2"]);
    let course = |referred, started, meeting| Course {
        referred: Some(referred),
        started: Some(started),
        meeting: Some(meeting),
    };
    let made = |made| Plan {
        made: Some(made),
        ..Plan::default()
    };
    for row in [
        FamilyRow {
            course: course(true, true, true),
            plan: made(true),
            perceived_support: Some(6.0),
            ..FamilyRow::new("a", "1")
        },
        FamilyRow {
            course: course(true, false, false),
            plan: made(false),
            perceived_support: Some(4.0),
            reported: Reported {
                asked_by_worker: Some(true),
                network_present: Some(false),
            },
            ..FamilyRow::new("b", "1")
        },
        FamilyRow {
            course: course(false, false, false),
            plan: made(false),
            ..FamilyRow::new("c", "1")
        },
        FamilyRow::new("d", "1"),
        FamilyRow::new("a", "2"),
        FamilyRow::new("b", "2"),
    ] {
        builder.family(row);
    }
    persons(&mut builder);
    agreements(&mut builder);
    builder.finish().unwrap()
}

fn persons(builder: &mut CirclesBuilder) {
    let care = Supports::NONE.with(Support::Care);
    let person = |role, asked, presence, promised, support| Alter {
        asked,
        presence,
        promised,
        support,
        ..Alter::new(role)
    };
    let worker = Moment::Yes(By::Worker);
    let of_family = Moment::Yes(By::Coordinator);
    let police: Role = "professional:police".parse().unwrap();
    for (family, wave, name, alter) in [
        (
            "a",
            "1",
            "aunt",
            person(Role::Family, of_family, THERE, Some(true), Some(care)),
        ),
        (
            "a",
            "1",
            "piet",
            person(
                Role::Neighbour,
                of_family,
                Presence::Absent,
                Some(true),
                Some(Supports::NONE),
            ),
        ),
        (
            "a",
            "1",
            "dad",
            person(
                Role::Household,
                of_family,
                Presence::Absent,
                Some(false),
                Some(care),
            ),
        ),
        (
            "a",
            "1",
            "agent",
            person(police, of_family, THERE, Some(false), Some(care)),
        ),
        (
            "b",
            "1",
            "friend",
            person(
                Role::Friend,
                worker,
                Presence::Absent,
                Some(false),
                Some(care),
            ),
        ),
        ("d", "1", "x", Alter::new(Role::Friend)),
        (
            "a",
            "2",
            "aunt",
            person(
                Role::Family,
                Moment::No,
                Presence::Unknown,
                None,
                Some(care),
            ),
        ),
        (
            "a",
            "2",
            "kim",
            person(Role::Friend, Moment::No, Presence::Unknown, None, None),
        ),
    ] {
        builder.alter(AlterRow::new(family, wave, name, alter));
    }
    builder.tie(TieRow::new("a", "1", "aunt", "dad", Sign::Support));
}

fn agreements(builder: &mut CirclesBuilder) {
    for (key, domain, takers) in [
        ("bank", Some("money"), &[TakerKey::Person("aunt")][..]),
        (
            "debts",
            Some("money"),
            &[TakerKey::Professional, TakerKey::Family][..],
        ),
        (
            "sport",
            Some("children"),
            &[TakerKey::Circle, TakerKey::Person("dad")][..],
        ),
        ("police", None, &[TakerKey::Person("agent")][..]),
    ] {
        builder.agreement(AgreementRow {
            domain,
            ..AgreementRow::new("a", "1", key, takers)
        });
    }
    for (key, stands) in [("bank", true), ("debts", false), ("sport", true)] {
        builder.standing(StandingRow {
            family: "a",
            key,
            wave: "2",
            stands,
        });
    }
}

fn row(indicator: Indicator, wave: usize) -> IndicatorRow {
    let options = InvolvementOptions {
        indicators: vec![indicator],
    };
    let found = involvement(&four(), &options, None).unwrap();
    assert!(found.cautions.is_empty());
    found.rows[wave].clone()
}

/// Families in the denominator, missing, outside, and numerator by denominator.
fn counts(indicator: Indicator, wave: usize) -> (usize, usize, usize, f64, f64) {
    let row = row(indicator, wave);
    (
        row.summary.n,
        row.summary.missing,
        row.outside,
        row.numerator,
        row.denominator,
    )
}

#[test]
fn every_indicator_has_its_own_denominator() {
    // a: the coordinator asked, no worker. b: the worker says so. c has nobody. d: not known.
    assert_eq!(
        counts(Indicator::NetworkAskedByWorker, 0),
        (3, 1, 0, 1.0, 3.0)
    );
    // b: the client says nobody was there.
    assert_eq!(
        counts(Indicator::NetworkPresentReportedByClient, 0),
        (3, 1, 0, 1.0, 3.0)
    );
    // b and c had no meeting; the agent is no part of the circle; of d it is not known.
    assert_eq!(counts(Indicator::PersonsPresent, 0), (1, 1, 2, 1.0, 1.0));
    // a: aunt was there, Piet promised. b: the friend did neither. c: nobody.
    assert_eq!(counts(Indicator::PersonsWilling, 0), (3, 1, 0, 2.0, 3.0));
    assert_eq!(counts(Indicator::AgreementsPerPlan, 0), (1, 1, 2, 4.0, 1.0));
    // Of four agreements 1 + 1/2 + 1 + 0.
    assert_eq!(
        counts(Indicator::AgreementsCarriedOutByCircle, 0),
        (1, 0, 3, 2.5, 4.0)
    );
    assert_eq!(
        counts(Indicator::PlanMadeOfReferrals, 0),
        (2, 1, 1, 1.0, 2.0)
    );
    assert_eq!(counts(Indicator::PlanMadeOfStarted, 0), (1, 1, 2, 1.0, 1.0));
    // a: aunt and dad, b: the friend, c: nobody.
    assert_eq!(
        counts(Indicator::PersonsGivingSupport, 0),
        (3, 1, 0, 3.0, 3.0)
    );
    assert_eq!(counts(Indicator::SocialSupport, 0), (2, 2, 0, 10.0, 2.0));
    // Of four agreements three are known at the second wave.
    assert_eq!(counts(Indicator::PlanLasting, 1), (1, 0, 1, 2.0, 3.0));
    assert_eq!(counts(Indicator::PlanLasting, 0), (0, 0, 4, 0.0, 0.0));
    // 3, 1, 0 and 1 persons: the mean is 5/4, and not 5/3 as without the family that has nobody.
    assert_eq!(counts(Indicator::NetworkSize, 0), (4, 0, 0, 5.0, 4.0));
    assert_eq!(row(Indicator::NetworkSize, 0).pooled(), Some(1.25));
}

/// At the second wave `b` has nobody and nothing was recorded of a course: that nobody was there is no
/// answer to a question that was not asked. Its size is zero all the same.
#[test]
fn nobody_there_is_no_answer_where_nothing_was_asked() {
    assert_eq!(
        counts(Indicator::NetworkAskedByWorker, 1),
        (1, 1, 0, 0.0, 1.0)
    );
    assert_eq!(
        counts(Indicator::NetworkPresentReportedByClient, 1),
        (0, 2, 0, 0.0, 0.0)
    );
    assert_eq!(counts(Indicator::PersonsPresent, 1), (0, 2, 0, 0.0, 0.0));
    assert_eq!(counts(Indicator::PersonsWilling, 1), (0, 2, 0, 0.0, 0.0));
    assert_eq!(counts(Indicator::NetworkSize, 1), (2, 0, 0, 2.0, 2.0));
}

#[test]
fn support_comes_from_roles_of_all_givers_together() {
    let row = row(Indicator::SourceOfSupport, 0);
    let shares: BTreeMap<&str, usize> =
        ["household", "family", "friend", "neighbour", "professional"]
            .map(|role| (role, row.summary.level(role).unwrap().n))
            .into();
    assert_eq!(
        shares,
        [
            ("household", 1),
            ("family", 1),
            ("friend", 1),
            ("neighbour", 0),
            ("professional", 1)
        ]
        .into()
    );
    let sum: f64 = kring_core::RoleKind::ALL
        .iter()
        .map(|kind| row.summary.level(kind.word()).unwrap().share.unwrap())
        .sum();
    assert!((sum - 1.0).abs() < 1e-15);
    assert_eq!((row.summary.n, row.summary.missing), (4, 1));
}

#[test]
fn several_indicators_come_with_a_warning() {
    let found = involvement(&four(), &InvolvementOptions::default(), None).unwrap();
    assert_eq!(found.rows.len(), 2 * Indicator::ALL.len());
    assert!(
        found.cautions[0]
            .sentence()
            .contains("13 different indicators")
    );
}

#[test]
fn arms_divide_the_families_and_nothing_else() {
    let arms = |index: Vec<u32>| Grouping {
        name: "arm".into(),
        levels: vec!["WT".into(), "EKC".into()],
        index,
    };
    let options = InvolvementOptions {
        indicators: vec![Indicator::NetworkSize],
    };
    let found = involvement(&four(), &options, Some(&arms(vec![1, 0, 0, 0]))).unwrap();
    let rows: Vec<_> = found
        .rows
        .iter()
        .map(|row| (row.summary.of(), row.numerator, row.denominator))
        .collect();
    assert_eq!(
        rows,
        [
            ("arm WT, wave 1".to_owned(), 2.0, 3.0),
            ("arm WT, wave 2".to_owned(), 0.0, 1.0),
            ("arm EKC, wave 1".to_owned(), 3.0, 1.0),
            ("arm EKC, wave 2".to_owned(), 2.0, 1.0)
        ]
    );
    let refused = |index| involvement(&four(), &options, Some(&arms(index))).unwrap_err();
    assert_eq!(
        refused(vec![0]).to_string(),
        "the arms `arm`: expected an arm for each of 4 families, found 1"
    );
    assert!(matches!(refused(vec![0, 1, 2, 0]), Error::Core(_)));
}

#[test]
fn the_table_for_models_has_a_row_a_family_and_wave() {
    let table = involvement_table(&four(), &Indicator::ALL).unwrap();
    assert_eq!(table.rows(), 6);
    let column = |name: &str| table.numeric(name).unwrap().iter().collect::<Vec<_>>();
    assert_eq!(
        column("network_size"),
        [
            Some(3.0),
            Some(2.0),
            Some(1.0),
            Some(0.0),
            Some(0.0),
            Some(1.0)
        ]
    );
    assert_eq!(
        column("plan_lasting"),
        [None, Some(2.0 / 3.0), None, None, None, None]
    );
    assert_eq!(column("source_of_support_family")[0], Some(1.0 / 3.0));
    assert!(table.numeric("network_size").unwrap().is_count());
    assert_eq!(table.factor("family").unwrap().label(2), Some("b"));
}

#[test]
fn measures_are_columns_and_summaries() {
    let circles = four();
    let table = measures_table(&circles, CircleOptions::default()).unwrap();
    let column = |name: &str| table.numeric(name).unwrap().iter().collect::<Vec<_>>();
    assert_eq!(column("size"), column_of(&circles, "network_size"));
    // Of three persons two are tied, of one or none nobody can be.
    assert_eq!(column("density")[..3], [Some(1.0 / 3.0), Some(0.0), None]);
    // Of Kim and of `x` it is not known whether they give support.
    assert_eq!(
        column("givers"),
        [Some(2.0), None, Some(1.0), Some(0.0), Some(0.0), None]
    );
    let summaries = measures_by_arm(&circles, CircleOptions::default(), None).unwrap();
    let size = &summaries[0];
    assert_eq!(
        (size.variable.as_str(), size.of().as_str()),
        ("size", "wave 1")
    );
    assert_eq!(size.numbers().unwrap().mean, Some(1.25));
    // R: quantile(c(0, 1, 1, 3), c(.25, .5, .75)) of type 7 is 0.75, 1, 1.5; sd is 1.2583057392.
    let numbers = size.numbers().unwrap();
    assert_eq!(
        (
            numbers.lower_quartile,
            numbers.median,
            numbers.upper_quartile
        ),
        (Some(0.75), Some(1.0), Some(1.5))
    );
    assert!((numbers.sd.unwrap() - (19.0_f64 / 12.0).sqrt()).abs() < 1e-15);
}

fn column_of(circles: &Circles, name: &str) -> Vec<Option<f64>> {
    let table = involvement_table(circles, &Indicator::ALL).unwrap();
    table.numeric(name).unwrap().iter().collect()
}

#[test]
fn activation_is_a_table_for_models() {
    let circles = four();
    let found = activation(&circles).unwrap();
    let options = Activation {
        zeros: Zeros::Counts,
    };
    let table = activation_table(&circles, &found, options).unwrap();
    assert_eq!(table.rows(), 3);
    assert_eq!(table.factor("domain").unwrap().label(0), Some("money"));
    assert_eq!(table.factor("domain").unwrap().label(2), None);
    assert_eq!(table.numeric("network").unwrap().get(0), Some(0.5));
    let z = table.numeric("ilr_network").unwrap().get(0).unwrap();
    assert!((z - (2.0_f64 / 3.0).sqrt() * 2.0_f64.ln()).abs() < 1e-15);
    // Zeros are refused by default, and the message says of what.
    let refused = activation_table(&circles, &found, Activation::default()).unwrap_err();
    assert!(
        refused
            .to_string()
            .starts_with("the shares of children have no logarithm: professionals")
    );
}

#[test]
fn agreements_stand_until_they_were_seen_to_have_fallen() {
    let mut builder = Circles::builder(["1", "2", "3"]);
    for (wave, day) in [("1", 1), ("2", 11), ("3", 31)] {
        builder.family(FamilyRow {
            date: Date::new(2018, 3, day),
            ..FamilyRow::new("a", wave)
        });
    }
    builder.family(FamilyRow::new("b", "1"));
    let takers = [TakerKey::Circle, TakerKey::Family];
    for (family, key) in [
        ("a", "fell"),
        ("a", "stands"),
        ("a", "unseen"),
        ("a", "rose"),
        ("b", "x"),
    ] {
        builder.agreement(AgreementRow::new(family, "1", key, &takers));
    }
    for (key, wave, stands) in [
        ("fell", "2", true),
        ("fell", "3", false),
        ("stands", "3", true),
        // What fell and was taken up again did fall.
        ("rose", "2", false),
        ("rose", "3", true),
    ] {
        builder.standing(StandingRow {
            family: "a",
            key,
            wave,
            stands,
        });
    }
    let table = agreements_table(&builder.finish().unwrap()).unwrap();
    let column = |name: &str| table.numeric(name).unwrap().iter().collect::<Vec<_>>();
    let some = Some::<f64>;
    assert_eq!(table.factor("agreement").unwrap().label(3), Some("rose"));
    assert_eq!(
        column("stood_waves"),
        [some(1.0), some(2.0), some(0.0), some(0.0), some(0.0)]
    );
    assert_eq!(
        column("fallen_waves"),
        [some(2.0), None, None, some(1.0), None]
    );
    assert_eq!(
        column("stood_days"),
        [some(10.0), some(30.0), some(0.0), some(0.0), None]
    );
    assert_eq!(
        column("fallen_days"),
        [some(30.0), None, None, some(10.0), None]
    );
    assert_eq!(column("network"), [some(0.5); 5]);
    assert_eq!(table.factor("domain").unwrap().label(0), None);
}

#[test]
fn who_came_left_and_stayed() {
    let circles = four();
    let found = turnover(&circles, "1", "2", Whom::Circle).unwrap();
    // Only a and b were seen twice. a: Piet and dad left, Kim came, aunt stayed.
    assert_eq!(found.len(), 2);
    let a = &found[0];
    assert_eq!(
        (a.before, a.after, a.came, a.left, a.stayed),
        (3, 2, 1, 2, 1)
    );
    assert_eq!((a.jaccard, a.ties_jaccard), (Some(0.25), None));
    assert_eq!((a.gained[2], a.lost[0], a.lost[3]), (1, 1, 1));
    // b: the friend left and nobody is there any more.
    assert_eq!((found[1].jaccard, found[1].growth()), (Some(0.0), -1.0));
    let everybody = turnover(&circles, "1", "2", Whom::Everybody).unwrap();
    assert_eq!(everybody[0].left, 3);
    let summaries = summarise(&found, None).unwrap();
    let came = summaries
        .iter()
        .find(|s| s.variable == "network_came")
        .unwrap();
    assert_eq!(came.numbers().unwrap().mean, Some(0.5));
    assert_eq!(
        turnover(&circles, "2", "1", Whom::Circle)
            .unwrap_err()
            .to_string(),
        "the later wave `1` is no later, but one after `2` was expected"
    );
    assert_eq!(
        turnover(&circles, "1", "3", Whom::Circle)
            .unwrap_err()
            .to_string(),
        "there is no wave `3`; there are: 1, 2"
    );
    let short = Grouping {
        name: "arm".into(),
        levels: vec!["WT".into()],
        index: vec![],
    };
    assert!(matches!(
        summarise(&found, Some(&short)),
        Err(Error::Shape { .. })
    ));
}

#[test]
fn agreements_by_domain_are_own_network_and_professional() {
    let found = activation(&four()).unwrap();
    let money = &found[0];
    assert_eq!(money.domain.as_deref(), Some("money"));
    let of = |s: Strengths| (s.own, s.network, s.professional);
    assert_eq!(of(money.strengths), (0.5, 1.0, 0.5));
    assert_eq!(money.shares.unwrap().network, 0.5);
    // Dad lives in the house: own strength.
    assert_eq!(of(found[1].strengths), (0.5, 0.5, 0.0));
    assert_eq!(
        (found[2].domain.clone(), of(found[2].strengths)),
        (None, (0.0, 0.0, 1.0))
    );
}

#[test]
fn amounts_that_are_none_are_refused() {
    let of = |own, network, professional| Strengths {
        own,
        network,
        professional,
    };
    assert_eq!(of(0.0, 0.0, 0.0).shares().unwrap(), None);
    assert_eq!(
        of(1.0, -1.0, 0.0).shares().unwrap_err().to_string(),
        "the amount of the network is -1, but a finite number of zero or more was expected"
    );
    assert!(of(f64::NAN, 1.0, 1.0).shares().is_err());
    assert_eq!(
        of(f64::MAX, f64::MAX, 0.0)
            .shares()
            .unwrap()
            .unwrap()
            .network,
        0.5
    );
    let refuse = Activation::default();
    assert_eq!(
        refuse
            .coordinates(&of(1.0, 0.0, 1.0), "housing")
            .unwrap_err()
            .to_string(),
        "the shares of housing have no logarithm: the network is zero; choose how zeros are replaced, such as `counts`"
    );
    let delta = Activation {
        zeros: Zeros::Multiplicative(0.5),
    };
    assert!(delta.coordinates(&of(1.0, 1.0, 1.0), "x").is_err());
    let counts = Activation {
        zeros: Zeros::Counts,
    };
    assert!(
        counts
            .coordinates(&of(f64::MAX, f64::MAX, 0.0), "x")
            .is_err()
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn shares_sum_to_one_and_coordinates_lead_back(
        own in 0.0..1e6_f64, network in 0.0..1e6_f64, professional in 0.0..1e6_f64, zero in 0..4_usize,
    ) {
        let mut parts = [own, network, professional];
        if let Some(part) = parts.get_mut(zero) {
            *part = 0.0;
        }
        let [own, network, professional] = parts;
        let strengths = Strengths { own, network, professional };
        let Some(shares) = strengths.shares().unwrap() else { return Ok(()) };
        prop_assert!((shares.own + shares.network + shares.professional - 1.0).abs() < 1e-14);
        let options = Activation { zeros: Zeros::Counts };
        let found = options.coordinates(&strengths, "x").unwrap().unwrap();
        prop_assert!(found.clr.iter().sum::<f64>().abs() < 1e-12);
        let back = found.shares();
        prop_assert!((back.own + back.network + back.professional - 1.0).abs() < 1e-14);
        if found.replaced == 0 {
            prop_assert!((back.network - shares.network).abs() < 1e-12);
        }
        // Log-ratios keep distances: the lengths of both forms are equal.
        let length = |z: &[f64]| z.iter().map(|z| z * z).sum::<f64>();
        prop_assert!((length(&found.clr) - length(&found.ilr)).abs() < 1e-9 * length(&found.clr).max(1.0));
    }

    #[test]
    fn communities_are_connected_and_no_move_is_better(
        n in 1..24_usize, edges in prop::collection::vec((0..24_usize, 0..24_usize), 0..60), seed in 0..1000_u64,
    ) {
        let names: Vec<String> = (0..n).map(|i| i.to_string()).collect();
        let mut pairs: Vec<(usize, usize)> = edges.into_iter().map(|(i, j)| (i % n, j % n))
            .filter(|(i, j)| i != j).map(|(i, j)| (i.min(j), i.max(j))).collect();
        pairs.sort_unstable();
        pairs.dedup();
        let ties: Vec<NetworkTie<'_>> =
            pairs.iter().map(|&(i, j)| NetworkTie::mutual(&names[i], &names[j], Sign::Support)).collect();
        let network = Network::new(names.iter().cloned(), &ties).unwrap();
        let options = Communities { seed: Some(seed), runs: 3, ..Communities::default() };
        let found = options.find(&network).unwrap();
        prop_assert_eq!(&found, &options.find(&network).unwrap());
        let q = modularity(&network, &found.community, 1.0).unwrap();
        prop_assert_eq!(q.is_none(), pairs.is_empty());
        if let (Some(q), Some(theirs)) = (q, found.modularity) {
            prop_assert!((q - theirs).abs() < 1e-12);
            // Moving one person to another community, or alone, is never better.
            for i in 0..n {
                for c in 0..=found.communities.min(n - 1) {
                    let mut other = found.community.clone();
                    other[i] = c.min(n - 1);
                    prop_assert!(modularity(&network, &other, 1.0).unwrap().unwrap() <= q + 1e-9);
                }
            }
        }
        // From the first person of each community all others of it are reached within it.
        for c in 0..found.communities {
            let members: Vec<usize> = (0..n).filter(|&i| found.community[i] == c).collect();
            let mut reached = vec![members[0]];
            let mut at = 0;
            while at < reached.len() {
                let i = reached[at];
                at += 1;
                for &(a, b) in &pairs {
                    let other = if a == i { b } else if b == i { a } else { continue };
                    if found.community[other] == c && !reached.contains(&other) {
                        reached.push(other);
                    }
                }
            }
            prop_assert_eq!(reached.len(), members.len());
        }
    }
}

fn flat(ties: &[(&str, &str)]) -> Network {
    let ties: Vec<_> = ties
        .iter()
        .map(|(a, b)| NetworkTie::mutual(a, b, Sign::Support))
        .collect();
    Network::new(["a", "b", "c", "d", "e", "f"], &ties).unwrap()
}

#[test]
fn drawn_exchanges_come_near_all_of_them_and_are_repeatable() {
    let before = flat(&[("a", "b"), ("b", "c"), ("c", "d"), ("e", "f")]);
    let after = flat(&[("a", "b"), ("b", "c"), ("a", "c"), ("e", "f")]);
    let exact = Qap::default().stability(&before, &after).unwrap();
    assert_eq!(exact.reference, Reference::Exact);
    let drawn = Qap {
        method: Method::MonteCarlo,
        seed: Some(2011),
        ..Qap::default()
    };
    let found = drawn.stability(&before, &after).unwrap();
    assert_eq!(found, drawn.stability(&before, &after).unwrap());
    let Reference::Resampled { n, mcse } = found.reference else {
        unreachable!()
    };
    assert_eq!(n, 9999);
    assert!((found.p_value.unwrap() - exact.p_value.unwrap()).abs() < 4.0 * mcse);
    assert_eq!((found.sample.rows, found.sample.subjects), (15, Some(6)));
}

#[test]
fn networks_that_cannot_be_compared_are_refused() {
    let empty = flat(&[]);
    let some = flat(&[("a", "b")]);
    let refused = |qap: Qap| qap.stability(&empty, &some).unwrap_err().to_string();
    assert_eq!(
        refused(Qap::default()),
        "the ties before among 6 persons of both networks: expected some pairs that are tied and some that are not, found none tied"
    );
    let strangers = Network::new(["x", "y"], &[]).unwrap();
    assert!(Qap::default().stability(&strangers, &some).is_err());
    let no_seed = Qap {
        method: Method::MonteCarlo,
        ..Qap::default()
    };
    assert!(
        no_seed
            .stability(&some, &some)
            .unwrap_err()
            .to_string()
            .contains("the seed is absent")
    );
    let none_drawn = Qap {
        replicates: 0,
        seed: Some(1),
        ..no_seed
    };
    assert!(none_drawn.stability(&some, &some).is_err());
    let focus = Focus {
        one: "resident",
        other: "institution",
    };
    let no_groups = Qap::default().change(&some, &some, focus).unwrap_err();
    assert!(
        no_groups
            .to_string()
            .contains("give it some with `with_groups`")
    );
    let grouped = |levels: &[&str]| {
        let groups = Grouping {
            name: "kind".into(),
            levels: levels.iter().map(|&level| level.to_owned()).collect(),
            index: vec![0; 6],
        };
        flat(&[("a", "b")]).with_groups(groups).unwrap()
    };
    let unknown = Qap::default()
        .change(&some, &grouped(&["residents"]), focus)
        .unwrap_err();
    assert_eq!(
        unknown.to_string(),
        "there is no group `resident`; did you mean `residents`?"
    );
    let nobody = Qap::default().change(&some, &grouped(&["resident", "institution"]), focus);
    assert!(matches!(nobody, Err(Error::Shape { .. })));
    let large = Network::new(
        (0..12).map(|i| i.to_string()),
        &[NetworkTie::mutual("1", "2", Sign::Support)],
    )
    .unwrap();
    let exact = Qap {
        method: Method::Exact,
        ..Qap::default()
    };
    assert!(
        exact
            .stability(&large, &large)
            .unwrap_err()
            .to_string()
            .contains("eleven persons at most")
    );
}

#[test]
fn sides_of_the_alternative_are_complements() {
    let before = flat(&[("a", "b"), ("b", "c"), ("c", "d"), ("e", "f")]);
    let after = flat(&[("a", "b"), ("b", "c"), ("a", "c"), ("e", "f")]);
    let p = |alternative| {
        let qap = Qap {
            alternative,
            ..Qap::default()
        };
        qap.stability(&before, &after).unwrap().p_value.unwrap()
    };
    // The observed overlap itself lies on both sides.
    assert!(p(Alternative::Less) + p(Alternative::Greater) > 1.0);
    assert!(p(Alternative::Greater) <= p(Alternative::TwoSided));
    let same = Qap::default().stability(&before, &before).unwrap();
    assert!((same.value.finite().unwrap() - 1.0).abs() < 1e-12);
    let seen = Qap::default().seen(&before, &after);
    assert_eq!((seen.kept, seen.formed, seen.dissolved), (3, 1, 1));
}

#[test]
fn communities_need_a_seed_and_a_resolution() {
    let network = flat(&[("a", "b")]);
    let refused = |options: Communities| options.find(&network).unwrap_err().to_string();
    assert!(refused(Communities::default()).contains("the seed is absent"));
    let seeded = Communities {
        seed: Some(1),
        ..Communities::default()
    };
    for resolution in [0.0, f64::NAN, f64::INFINITY] {
        assert!(
            refused(Communities {
                resolution,
                ..seeded
            })
            .contains("a number above zero")
        );
    }
    assert!(refused(Communities { runs: 0, ..seeded }).contains("one at least"));
    let none = Communities {
        signs: Signs::Conflict,
        ..seeded
    };
    assert_eq!(none.find(&network).unwrap().modularity, None);
    assert!(modularity(&network, &[0; 5], 1.0).is_err());
}

/// Every entry of the crosswalk is a published figure of a study, and speaks of the same indicator.
#[test]
fn the_crosswalk_agrees_with_the_studies() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../datasets");
    let read = |path: &Path| std::fs::read_to_string(path).unwrap();
    let crosswalk: Crosswalk =
        toml::from_str(&read(&root.join("indicators/crosswalk.toml"))).unwrap();
    let mut checked = 0;
    for entry in &crosswalk.entries {
        let study = root.join("studies").join(&entry.study).join("study.toml");
        let study: toml::Table = toml::from_str(&read(&study)).unwrap();
        for id in &entry.claims {
            let claims = study["claim"].as_array().unwrap();
            let claim = claims.iter().find(|claim| claim["id"].as_str() == Some(id));
            let claim = claim.unwrap_or_else(|| unreachable!("{} has no claim {id}", entry.study));
            let of_claim = claim["indicator"].as_str().unwrap();
            let same = of_claim == entry.indicator.word() || entry.differs.is_some();
            assert!(
                same,
                "{id} is of {of_claim}, not {}",
                entry.indicator.word()
            );
            checked += 1;
        }
    }
    assert!(checked >= 25);
    // Every figure of a study whose indicator is on the list is in the crosswalk.
    for folder in std::fs::read_dir(root.join("studies")).unwrap() {
        let folder = folder.unwrap().path();
        let name = folder.file_name().unwrap().to_str().unwrap().to_owned();
        let study: toml::Table = toml::from_str(&read(&folder.join("study.toml"))).unwrap();
        for claim in study
            .get("claim")
            .and_then(|c| c.as_array())
            .into_iter()
            .flatten()
        {
            let indicator = claim.get("indicator").and_then(|i| i.as_str());
            if let Some(indicator) = indicator.and_then(|i| i.parse::<Indicator>().ok()) {
                let id = claim["id"].as_str().unwrap();
                assert_eq!(
                    crosswalk.indicator(&name, id),
                    Some(indicator),
                    "{name} {id}"
                );
            }
        }
    }
    // 18% and about 60% are two things.
    let of = "rotterdam-2019";
    let warning = crosswalk
        .warn([(of, "network-asked"), (of, "network-present")])
        .unwrap();
    assert!(warning.sentence().contains("circle asked by the worker"));
    assert!(
        crosswalk
            .warn([
                ("ekc-yearly", "present-2017"),
                ("ekc-yearly", "present-2019")
            ])
            .is_none()
    );
    assert!(
        crosswalk
            .warn([
                ("ekc-yearly", "plan-2021"),
                ("ekc-yearly", "plan-of-started-2019")
            ])
            .is_some()
    );
    assert_eq!(crosswalk.of(Indicator::AgreementsPerPlan).count(), 1);
}
