//! What must be true of the measures whatever the circle is, and the smallest circles by hand.
#![allow(
    clippy::unwrap_used,
    reason = "a test may stop at what it did not expect"
)]

use std::collections::HashMap;

use kring_core::{
    Alter, AlterRow, Circles, Direction, FamilyRow, FamilySide, Grouping, Network, NetworkTie,
    Role, Sign, Support, Supports, TieRow,
};
use kring_network::circle::{
    CircleMeasures, CircleOptions, Directions, Groups, Signs, Whom, Workspace,
};
use kring_network::figures::PersonFigures;
use kring_network::whole::WholeOptions;
use proptest::prelude::*;

/// A circle as data: what each person is, and the ties.
#[derive(Debug, Clone)]
struct Drawn {
    alters: Vec<Alter>,
    /// From, to, sign, direction; each pair once.
    ties: Vec<(usize, usize, Sign, Direction)>,
}

fn drawn(most: usize) -> impl Strategy<Value = Drawn> {
    let alter = (0..7_usize, 0..4_usize, 0..33_u8, any::<bool>()).prop_map(
        |(role, side, support, conflict)| {
            let role = [
                Role::Household,
                Role::Family,
                Role::Friend,
                Role::Neighbour,
                Role::Acquaintance,
                Role::Volunteer,
                "professional:school".parse().unwrap(),
            ][role];
            Alter {
                side: FamilySide::ALL
                    .get(side)
                    .copied()
                    .filter(|_| !role.is_professional()),
                support: (support < 32).then(|| {
                    let gives = |kind: &&Support| support >> kind.place() & 1 == 1;
                    Support::ALL
                        .iter()
                        .filter(gives)
                        .copied()
                        .collect::<Supports>()
                }),
                bond: if conflict {
                    Sign::Conflict
                } else {
                    Sign::Support
                },
                ..Alter::new(role)
            }
        },
    );
    prop::collection::vec(alter, 0..most)
        .prop_flat_map(|alters| {
            let n = alters.len();
            let pairs = n * n.saturating_sub(1) / 2;
            (Just(alters), prop::collection::vec(0..12_u8, pairs))
        })
        .prop_map(|(alters, codes)| {
            let n = alters.len();
            let pairs = (0..n).flat_map(|i| (i + 1..n).map(move |j| (i, j)));
            let ties = pairs
                .zip(codes)
                .filter_map(|((i, j), code)| {
                    let sign = if code % 2 == 0 {
                        Sign::Support
                    } else {
                        Sign::Conflict
                    };
                    Some(match code {
                        0 | 1 => (i, j, sign, Direction::Mutual),
                        2 | 3 => (i, j, sign, Direction::Directed),
                        4 => (j, i, sign, Direction::Directed),
                        _ => return None,
                    })
                })
                .collect();
            Drawn { alters, ties }
        })
}

impl Drawn {
    fn circles(&self) -> Circles {
        let mut builder = Circles::builder(["1"]);
        builder.family(FamilyRow::new("f", "1"));
        let names: Vec<String> = (0..self.alters.len()).map(|i| format!("p{i}")).collect();
        for (name, alter) in names.iter().zip(&self.alters) {
            builder.alter(AlterRow::new("f", "1", name, *alter));
        }
        for &(from, to, sign, direction) in &self.ties {
            builder.tie(TieRow {
                direction,
                ..TieRow::new("f", "1", &names[from], &names[to], sign)
            });
        }
        builder.finish().unwrap()
    }

    fn measure(&self, options: CircleOptions) -> (CircleMeasures, Workspace) {
        let circles = self.circles();
        let mut workspace = Workspace::new();
        let measures = options.measure(&circles.get(0).unwrap(), &mut workspace);
        (measures, workspace)
    }

    /// The same persons in another order: person i becomes person order[i].
    fn relabelled(&self, order: &[usize]) -> Self {
        let mut alters = self.alters.clone();
        for (i, alter) in self.alters.iter().enumerate() {
            alters[order[i]] = *alter;
        }
        let ties = self.ties.iter().rev();
        Self {
            alters,
            ties: ties
                .map(|&(i, j, s, d)| (order[i], order[j], s, d))
                .collect(),
        }
    }

    fn network(&self) -> Network {
        let names: Vec<String> = (0..self.alters.len()).map(|i| format!("p{i}")).collect();
        let ties: Vec<NetworkTie<'_>> = self
            .ties
            .iter()
            .map(|&(from, to, sign, direction)| NetworkTie {
                from: &names[from],
                to: &names[to],
                sign,
                direction,
            })
            .collect();
        Network::new(names.iter().cloned(), &ties).unwrap()
    }
}

fn options() -> impl Strategy<Value = CircleOptions> {
    (
        prop::sample::select(vec![Whom::Circle, Whom::Everybody]),
        prop::sample::select(vec![Signs::All, Signs::Support, Signs::Conflict]),
        prop::sample::select(vec![Directions::Ignored, Directions::Followed]),
        prop::sample::select(vec![Groups::Sides, Groups::Roles]),
    )
        .prop_map(|(whom, signs, directions, groups)| CircleOptions {
            whom,
            signs,
            directions,
            groups,
        })
}

/// Numbers alike but for rounding, since sums come in another order; anything else the same.
fn alike(one: &serde_json::Value, other: &serde_json::Value) -> bool {
    use serde_json::Value;
    match (one, other) {
        (Value::Number(x), Value::Number(y)) => {
            let (x, y) = (x.as_f64().unwrap(), y.as_f64().unwrap());
            (x - y).abs() <= 1e-11 * x.abs().max(1.0)
        }
        (Value::Object(one), Value::Object(other)) => {
            one.iter().all(|(key, value)| alike(value, &other[key]))
        }
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(x, y)| alike(x, y))
        }
        _ => one == other,
    }
}

fn json<T: serde::Serialize>(value: &T) -> serde_json::Value {
    serde_json::to_value(value).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn relabelling_persons_changes_nothing(
        (drawn, order) in drawn(14).prop_flat_map(|drawn| {
            let order: Vec<usize> = (0..drawn.alters.len()).collect();
            (Just(drawn), Just(order).prop_shuffle())
        }),
        options in options(),
    ) {
        let (before, of_before) = drawn.measure(options);
        let (after, of_after) = drawn.relabelled(&order).measure(options);
        prop_assert!(alike(&json(&before), &json(&after)), "{before:?}\n{after:?}");
        let figures: HashMap<usize, &PersonFigures> = of_after
            .places().iter().map(|&p| p as usize).zip(of_after.without_family()).collect();
        for (&place, person) in of_before.places().iter().zip(of_before.without_family()) {
            // The number of the component is by the first person in it.
            let same = PersonFigures { component: 0, ..*figures[&order[place as usize]] };
            let ours = PersonFigures { component: 0, ..*person };
            prop_assert!(alike(&json(&ours), &json(&same)));
        }
    }

    #[test]
    fn adding_an_isolate_changes_what_it_must(drawn in drawn(14), options in options()) {
        let (before, of_before) = drawn.measure(options);
        let mut more = drawn.clone();
        more.alters.push(Alter { support: Some(Supports::NONE), ..Alter::new(Role::Acquaintance) });
        let (after, of_after) = more.measure(options);
        let (one, other) = (before.without_family, after.without_family);
        let n = one.persons;
        prop_assert_eq!(other.persons, n + 1);
        prop_assert_eq!(other.components, one.components + 1);
        prop_assert_eq!(other.isolates, one.isolates + 1);
        prop_assert_eq!(
            (one.pairs, one.bridges, one.triangles, one.articulation_points, one.conflicts),
            (other.pairs, other.bridges, other.triangles, other.articulation_points, other.conflicts)
        );
        prop_assert_eq!(one.transitivity, other.transitivity);
        prop_assert_eq!((one.mean_distance, one.diameter), (other.mean_distance, other.diameter));
        if let (Some(x), Some(y)) = (one.density, other.density) {
            prop_assert!((x * (n * (n - 1)) as f64 - y * ((n + 1) * n) as f64).abs() < 1e-9);
        }
        for (x, y) in of_before.without_family().iter().zip(of_after.without_family()) {
            let harmonic = |p: &PersonFigures| p.harmonic;
            if let (Some(a), Some(b)) = (harmonic(x), harmonic(y)) {
                prop_assert!((a * (n - 1) as f64 - b * n as f64).abs() < 1e-11);
            }
            let [x, y] = [*x, *y].map(|p| json(&PersonFigures { harmonic: None, ..p }));
            prop_assert!(alike(&x, &y));
        }
        // The family has one contact more, tied to none of the others; unless that tie does not count.
        if options.signs != Signs::Conflict {
            let effective = |m: &CircleMeasures| m.ego.effective_size.unwrap_or(0.0);
            prop_assert!(effective(&after) > effective(&before));
        }
    }

    #[test]
    fn shares_lie_between_zero_and_one(drawn in drawn(16), options in options()) {
        let (m, workspace) = drawn.measure(options);
        prop_assert_eq!(m.roles.iter().sum::<usize>(), m.size);
        for network in [m.without_family, m.with_family] {
            for share in [network.density, network.reciprocity, network.transitivity,
                network.mean_transitivity, network.conflict_share(), network.balance()].into_iter().flatten() {
                prop_assert!((0.0..=1.0).contains(&share));
            }
            prop_assert_eq!(network.balanced + network.unbalanced, network.triangles);
        }
        for person in workspace.without_family().iter().chain(workspace.with_family()) {
            prop_assert_eq!(person.degree == 0, person.constraint.is_none());
            prop_assert!(person.efficiency.is_none_or(|e| e > 0.0 && e <= 1.0 + 1e-12));
            prop_assert!(person.harmonic.is_none_or(|h| (0.0..=1.0).contains(&h)));
        }
        for index in [m.by_role.iqv, m.by_side.iqv, m.support.reach_share, m.ego.betweenness_share].into_iter().flatten() {
            prop_assert!((0.0..=1.0 + 1e-12).contains(&index));
        }
        prop_assert!(m.support.givers <= m.support.reach);
    }

    /// Rows of bits and lists of contacts give the same figures: a circle of 70 is that of 20 and fifty alone.
    #[test]
    fn both_ways_of_computing_agree(drawn in drawn(20), options in options()) {
        let with_isolates = |isolates: usize| {
            let mut more = drawn.clone();
            more.alters.extend(std::iter::repeat_n(Alter::new(Role::Friend), isolates));
            more.measure(options)
        };
        let ((few, of_few), (many, of_many)) = (with_isolates(1), with_isolates(70));
        let n = few.without_family.persons;
        prop_assert_eq!(many.without_family.persons, n + 69);
        let (one, other) = (few.without_family, many.without_family);
        prop_assert_eq!(
            (one.pairs, one.bridges, one.triangles, one.articulation_points, one.conflicts, one.balanced, one.unbalanced),
            (other.pairs, other.bridges, other.triangles, other.articulation_points, other.conflicts, other.balanced, other.unbalanced)
        );
        prop_assert_eq!(few.bridge_builders, many.bridge_builders);
        prop_assert_eq!(few.support, kring_network::circle::SupportFigures { reach_share: few.support.reach_share, ..many.support });
        for (x, y) in of_few.without_family().iter().zip(of_many.without_family()) {
            let [x, y] = [*x, *y].map(|p| json(&PersonFigures { harmonic: None, ..p }));
            prop_assert!(alike(&x, &y), "{x}\n{y}");
        }
    }

    /// A third opinion on what falls apart.
    #[test]
    fn petgraph_agrees_on_components_and_cuts(drawn in drawn(30)) {
        use petgraph::graph::UnGraph;
        let mut graph: UnGraph<(), ()> = UnGraph::new_undirected();
        let nodes: Vec<_> = drawn.alters.iter().map(|_| graph.add_node(())).collect();
        for &(i, j, ..) in &drawn.ties {
            graph.add_edge(nodes[i], nodes[j], ());
        }
        let found = WholeOptions::default().measure(&drawn.network());
        prop_assert_eq!(found.network.components, petgraph::algo::connected_components(&graph));
        let bridges = petgraph::algo::bridges::bridges(&graph).count();
        prop_assert_eq!(found.network.bridges, bridges);
        let cuts = petgraph::algo::articulation_points::articulation_points(&graph);
        for (person, node) in found.persons.iter().zip(&nodes) {
            prop_assert_eq!(person.articulation_point, cuts.contains(node));
        }
    }
}

#[test]
fn a_family_with_nobody_has_a_circle_of_size_zero() {
    let nobody = Drawn {
        alters: vec![],
        ties: vec![],
    };
    let (m, _) = nobody.measure(CircleOptions::default());
    assert_eq!(
        (m.size, m.without_family.components, m.with_family.isolates),
        (0, 0, 1)
    );
    assert_eq!(
        (
            m.by_role.blau,
            m.without_family.density,
            m.support.reach_share
        ),
        (None, None, None)
    );
    assert_eq!((m.ego.constraint, m.ego.betweenness), (None, 0.0));
}

#[test]
fn professionals_count_only_where_everybody_does() {
    let circle = Drawn {
        alters: vec![
            Alter::new(Role::Friend),
            Alter::new("professional:police".parse().unwrap()),
        ],
        ties: vec![(0, 1, Sign::Support, Direction::Mutual)],
    };
    let (own, _) = circle.measure(CircleOptions::default());
    assert_eq!((own.size, own.without_family.pairs), (1, 0));
    let all = CircleOptions {
        whom: Whom::Everybody,
        ..CircleOptions::default()
    };
    let (all, _) = circle.measure(all);
    assert_eq!((all.size, all.without_family.pairs), (2, 1));
    // Blau 1 − 2/4, of seven kinds of role.
    assert!((all.by_role.iqv.unwrap() - 0.5 * 7.0 / 6.0).abs() < 1e-15);
}

#[test]
fn support_reaches_along_ties_that_are_no_conflict() {
    let gives = |support: Supports| Alter {
        support: Some(support),
        ..Alter::new(Role::Friend)
    };
    let care = Supports::NONE.with(Support::Care);
    // A giver, whom the second knows; the third is in conflict with the second, the fourth alone.
    let circle = Drawn {
        alters: vec![
            gives(care),
            gives(Supports::NONE),
            gives(Supports::NONE),
            Alter::new(Role::Friend),
        ],
        ties: vec![
            (0, 1, Sign::Support, Direction::Mutual),
            (1, 2, Sign::Conflict, Direction::Mutual),
        ],
    };
    let (m, _) = circle.measure(CircleOptions::default());
    assert_eq!(
        (m.support.known, m.support.givers, m.support.reach),
        (3, 1, 2)
    );
    assert_eq!(m.support.reach_share, Some(0.5));
    assert_eq!(m.giving(Support::Care), 1);
    assert_eq!(m.without_family.conflict_share(), Some(0.5));
}

#[test]
fn one_who_joins_both_sides_builds_a_bridge() {
    let of = |side| Alter {
        side: Some(side),
        ..Alter::new(Role::Family)
    };
    let circle = Drawn {
        alters: vec![
            of(FamilySide::Mother),
            of(FamilySide::Mother),
            of(FamilySide::Father),
        ],
        ties: vec![
            (0, 1, Sign::Support, Direction::Mutual),
            (1, 2, Sign::Support, Direction::Mutual),
        ],
    };
    let (m, workspace) = circle.measure(CircleOptions::default());
    assert_eq!(m.bridge_builders, 1);
    let middle = workspace.without_family()[1];
    assert!(middle.articulation_point);
    // Mother → mother → father, and back.
    assert_eq!(
        (middle.brokerage.representative, middle.brokerage.gatekeeper),
        (1, 1)
    );
    assert_eq!(m.side_mixing.index(), Some(0.0));
}

#[test]
fn exactly_as_many_as_a_word_has_bits() {
    for n in [62, 63, 64, 65] {
        // A ring: every person lies between all others alike.
        let circle = Drawn {
            alters: vec![Alter::new(Role::Friend); n],
            ties: (0..n)
                .map(|i| (i, (i + 1) % n, Sign::Support, Direction::Mutual))
                .collect(),
        };
        let (m, workspace) = circle.measure(CircleOptions::default());
        assert_eq!((m.without_family.pairs, m.without_family.bridges), (n, 0));
        assert_eq!(m.without_family.diameter, Some(n / 2));
        assert_eq!((m.with_family.pairs, m.with_family.triangles), (2 * n, n));
        assert!(m.without_family.betweenness_centralization.unwrap().abs() < 1e-12);
        assert_eq!(workspace.with_family().len(), n + 1);
    }
}

#[test]
fn groups_of_a_whole_network_are_counted_by_pairs() {
    let tie = |a, b| NetworkTie::mutual(a, b, Sign::Support);
    let network = Network::new(
        ["a", "b", "c", "x"],
        &[tie("a", "b"), tie("a", "x"), tie("b", "x")],
    )
    .unwrap()
    .with_groups(Grouping {
        name: "kind".into(),
        levels: vec!["resident".into(), "institution".into()],
        index: vec![0, 0, 0, 1],
    })
    .unwrap();
    let found = WholeOptions::default().measure(&network);
    let between: Vec<_> = found
        .between
        .iter()
        .map(|b| (b.pairs, b.of, b.density))
        .collect();
    assert_eq!(
        between,
        [
            (1, 3, Some(1.0 / 3.0)),
            (2, 3, Some(2.0 / 3.0)),
            (0, 0, None)
        ]
    );
    assert_eq!(found.mixing.index(), Some(1.0 / 3.0));
}
