//! The measures of a circle, with and without the family in it.
//!
//! ```text
//! alters     the persons that count: all, or without professionals (`Whom`)
//! without    the network of their ties with one another
//! with       the same and the family, tied to each of them by the bond of that alter
//! ego        the family's own place in the second
//! reach      persons who give support, and all whom they reach along ties that are no conflict
//! ```
//! A circle of nobody is measured as any other: size zero, and what is a share of nothing is absent. Up
//! to 64 persons (63 and the family) a circle is rows of bits and nothing is allocated; larger ones
//! are measured by lists. The definitions stand in `figures` and `composition`.
//!
//! McCallister L & Fischer CS (1978), Sociological Methods & Research 7:131–148, doi
//! 10.1177/004912417800700202 (name generators).
//! Differences from R: egor leaves families without alters out of its summaries; here they count.

use kring_core::{Circle, Circles, Closeness, Direction, FamilySide, RoleKind, Sign, Support};
use serde::{Deserialize, Serialize};

use crate::bits::{Bits, MOST};
use crate::composition::{Heterogeneity, Mixing, heterogeneity};
use crate::figures::{NetworkFigures, PersonFigures, share};
use crate::sparse::{Arc, Sparse};

/// What counts when a circle is measured.
///
/// ```
/// use kring_core::{Alter, AlterRow, Circles, FamilyRow, Role, Sign, TieRow};
/// use kring_network::circle::{CircleOptions, Workspace};
/// let mut builder = Circles::builder(["1"]);
/// builder.family(FamilyRow::new("Jansen", "1"));
/// for person in ["aunt", "uncle", "Piet"] {
///     builder.alter(AlterRow::new("Jansen", "1", person, Alter::new(Role::Family)));
/// }
/// builder.tie(TieRow::new("Jansen", "1", "aunt", "uncle", Sign::Support));
/// let circles = builder.finish()?;
/// let mut workspace = Workspace::new();
/// let circle = circles.find("Jansen", "1").unwrap();
/// let measures = CircleOptions::default().measure(&circle, &mut workspace);
/// assert_eq!(measures.size, 3);
/// assert_eq!(measures.without_family.density, Some(1.0 / 3.0));
/// // Three contacts with one tie among them: 3 − 2 · 1/3.
/// assert!((measures.ego.effective_size.unwrap() - 7.0 / 3.0).abs() < 1e-15);
/// # Ok::<(), kring_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CircleOptions {
    /// Which persons count.
    pub whom: Whom,
    /// Which ties count.
    pub signs: Signs,
    /// Whether it matters in which direction a tie goes.
    pub directions: Directions,
    /// Between which groups people are brokers.
    pub groups: Groups,
}

/// Which persons count.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Whom {
    /// The circle itself, without professionals.
    #[default]
    Circle,
    /// Everybody, professionals too.
    Everybody,
}

/// Which ties count.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Signs {
    /// All: who is in conflict is in touch.
    #[default]
    All,
    /// Those of support alone.
    Support,
    /// Conflicts alone.
    Conflict,
}

/// Whether it matters in which direction a tie goes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Directions {
    /// No: every tie goes both ways.
    #[default]
    Ignored,
    /// Yes: paths follow the ties.
    Followed,
}

/// Between which groups people are brokers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Groups {
    /// The sides of the family; those of no known side are a group of their own.
    #[default]
    Sides,
    /// The kinds of role.
    Roles,
}

impl Signs {
    pub(crate) fn counts(self, sign: Sign) -> bool {
        match self {
            Self::All => true,
            Self::Support => sign == Sign::Support,
            Self::Conflict => sign == Sign::Conflict,
        }
    }
}

/// All that is measured of one circle.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CircleMeasures {
    /// Persons.
    pub size: usize,
    /// Persons by kind of role, in the order of [`RoleKind::ALL`].
    pub roles: [usize; 7],
    /// Persons on the mother's side, the father's, both.
    pub sides: [usize; 3],
    /// Persons in the inner, middle and outer ring.
    pub rings: [usize; 3],
    /// How mixed the circle is by role.
    pub by_role: Heterogeneity,
    /// How mixed it is by side.
    pub by_side: Heterogeneity,
    /// Ties between and within kinds of role.
    pub role_mixing: Mixing,
    /// Ties between and within sides.
    pub side_mixing: Mixing,
    /// What support there is.
    pub support: SupportFigures,
    /// Persons with whom the family is in conflict.
    pub in_conflict: usize,
    /// Persons who stand between two who are not tied and cross a group.
    pub bridge_builders: usize,
    /// The family's place in its circle.
    pub ego: EgoFigures,
    /// The network of the persons with one another.
    pub without_family: NetworkFigures,
    /// The same with the family in it.
    pub with_family: NetworkFigures,
}

/// The support in a circle.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SupportFigures {
    /// Persons of whom it is known whether they give support.
    pub known: usize,
    /// Persons who give any.
    pub givers: usize,
    /// Persons who give each kind, in the order of [`Support::ALL`].
    pub kinds: [usize; 5],
    /// Persons who give more than one kind.
    pub multiplex: usize,
    /// The mean number of kinds that a giver gives.
    pub multiplexity: Option<f64>,
    /// Givers and all whom they reach along ties that are no conflict.
    pub reach: usize,
    /// The share of the circle that is within reach.
    pub reach_share: Option<f64>,
}

/// The place of the family in its circle.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EgoFigures {
    /// How many pairs of persons meet through the family alone: betweenness.
    pub betweenness: f64,
    /// The share of all pairs.
    pub betweenness_share: Option<f64>,
    /// Burt's constraint.
    pub constraint: Option<f64>,
    /// Burt's effective size.
    pub effective_size: Option<f64>,
    /// Effective size by contact.
    pub efficiency: Option<f64>,
}

/// Room to measure one circle after another without asking for memory.
#[derive(Debug, Clone)]
pub struct Workspace {
    bits: Bits,
    /// The persons that count, by their places in the circle.
    places: Vec<u32>,
    /// Of each person of the circle the place among those that count.
    index: Vec<u32>,
    /// The ties that count, by places among those that count.
    arcs: Vec<Arc>,
    /// A code of the group of each.
    codes: Vec<u32>,
    without: Vec<PersonFigures>,
    with: Vec<PersonFigures>,
}

/// Not among those that count.
const OUTSIDE: u32 = u32::MAX;

impl Default for Workspace {
    fn default() -> Self {
        Self::new()
    }
}

impl Workspace {
    /// An empty one.
    pub fn new() -> Self {
        Self {
            bits: Bits::new(),
            places: Vec::with_capacity(MOST),
            index: Vec::with_capacity(MOST),
            arcs: Vec::with_capacity(4 * MOST),
            codes: Vec::with_capacity(MOST),
            without: Vec::with_capacity(MOST),
            with: Vec::with_capacity(MOST),
        }
    }

    /// The persons of the last circle that counted, by their places in it.
    pub fn places(&self) -> &[u32] {
        &self.places
    }

    /// Their figures in the network without the family, in the order of [`places`](Self::places).
    pub fn without_family(&self) -> &[PersonFigures] {
        &self.without
    }

    /// Their figures in the network with the family, which comes last.
    pub fn with_family(&self) -> &[PersonFigures] {
        &self.with
    }
}

impl CircleOptions {
    /// The measures of one circle. The figures of its persons stay in the workspace.
    pub fn measure(self, circle: &Circle<'_>, workspace: &mut Workspace) -> CircleMeasures {
        let mut measures = self.composition(circle, workspace);
        self.ties(circle, workspace, &mut measures);
        let n = workspace.places.len();
        let ego = if n < MOST {
            self.dense(circle, workspace, &mut measures)
        } else {
            self.by_lists(circle, workspace, &mut measures)
        };
        let crossing = |person: &&PersonFigures| person.brokerage.between_groups() > 0;
        measures.bridge_builders = workspace.without.iter().filter(crossing).count();
        measures.support.reach_share = share(measures.support.reach, n);
        measures.ego = EgoFigures {
            betweenness: ego.betweenness,
            betweenness_share: (n > 1).then(|| {
                // Unordered pairs are counted once where no tie goes one way only.
                let one_way = measures
                    .with_family
                    .reciprocity
                    .is_some_and(|share| share < 1.0);
                let ways = if one_way { 1.0 } else { 2.0 };
                ego.betweenness * ways / (n * (n - 1)) as f64
            }),
            constraint: ego.constraint,
            effective_size: ego.effective_size,
            efficiency: ego.efficiency,
        };
        measures
    }

    /// The measures of every circle, in order.
    pub fn measure_all(self, circles: &Circles) -> Vec<CircleMeasures> {
        let mut workspace = Workspace::new();
        circles
            .iter()
            .map(|circle| self.measure(&circle, &mut workspace))
            .collect()
    }

    /// Who counts, and what they are.
    fn composition(self, circle: &Circle<'_>, workspace: &mut Workspace) -> CircleMeasures {
        let Workspace {
            places,
            index,
            codes,
            ..
        } = workspace;
        places.clear();
        index.clear();
        codes.clear();
        let [mut roles, mut sides, mut rings] = [[0; 7], [0; 7], [0; 7]];
        let mut support = SupportFigures::default();
        let (mut kinds, mut in_conflict) = (0, 0);
        for (place, alter) in (0..).zip(circle.alters()) {
            if self.whom == Whom::Circle && alter.role.is_professional() {
                index.push(OUTSIDE);
                continue;
            }
            index.push(count(places));
            places.push(place);
            let kind = alter.role.kind();
            roles[kind.place()] += 1;
            if let Some(side) = alter.side {
                sides[side.place()] += 1;
            }
            if let Some(ring) = alter.closeness {
                rings[ring.place()] += 1;
            }
            if let Some(given) = alter.support {
                support.known += 1;
                support.givers += usize::from(!given.is_empty());
                support.multiplex += usize::from(given.len() > 1);
                kinds += given.len();
                for one in given.iter() {
                    support.kinds[one.place()] += 1;
                }
            }
            in_conflict += usize::from(alter.bond == Sign::Conflict);
            let code = match self.groups {
                Groups::Sides => alter.side.map_or(FamilySide::ALL.len(), FamilySide::place),
                Groups::Roles => kind.place(),
            };
            codes.push(u32::try_from(code).unwrap_or_default());
        }
        support.multiplexity = share(kinds, support.givers);
        let sides = [sides[0], sides[1], sides[2]];
        CircleMeasures {
            size: places.len(),
            roles,
            sides,
            rings: [rings[0], rings[1], rings[2]],
            by_role: heterogeneity(match self.whom {
                // Professionals, the last, are no category of a circle that is without them.
                Whom::Circle => &roles[..6],
                Whom::Everybody => &roles,
            }),
            by_side: heterogeneity(&sides),
            role_mixing: Mixing::default(),
            side_mixing: Mixing::default(),
            support,
            in_conflict,
            bridge_builders: 0,
            ego: EgoFigures::default(),
            without_family: NetworkFigures::default(),
            with_family: NetworkFigures::default(),
        }
    }

    /// The ties that count, each direction by itself.
    fn ties(self, circle: &Circle<'_>, workspace: &mut Workspace, measures: &mut CircleMeasures) {
        let Workspace { index, arcs, .. } = workspace;
        arcs.clear();
        let alters = circle.alters();
        for tie in circle.ties() {
            let (from, to) = (index[tie.from as usize], index[tie.to as usize]);
            if from == OUTSIDE || to == OUTSIDE || !self.signs.counts(tie.sign) {
                continue;
            }
            let conflict = tie.sign == Sign::Conflict;
            arcs.push(Arc { from, to, conflict });
            if tie.direction == Direction::Mutual || self.directions == Directions::Ignored {
                arcs.push(Arc {
                    from: to,
                    to: from,
                    conflict,
                });
            }
            let [one, other] = [&alters[tie.from as usize], &alters[tie.to as usize]];
            measures
                .role_mixing
                .count(Some(one.role.kind()), Some(other.role.kind()));
            measures.side_mixing.count(one.side, other.side);
        }
    }

    fn dense(
        self,
        circle: &Circle<'_>,
        workspace: &mut Workspace,
        measures: &mut CircleMeasures,
    ) -> PersonFigures {
        let Workspace {
            bits,
            places,
            arcs,
            codes,
            without,
            with,
            ..
        } = workspace;
        let mut groups = [0_u64; 8];
        for (i, &code) in codes.iter().enumerate() {
            groups[code as usize] |= 1 << i;
        }
        bits.clear(places.len());
        for arc in arcs.iter() {
            bits.tie(arc.from as usize, arc.to as usize, arc.conflict);
        }
        measures.without_family = bits.measure(&groups, without);
        let mut givers = 0;
        for (i, &place) in places.iter().enumerate() {
            let given = circle.alters()[place as usize].support;
            givers |= u64::from(given.is_some_and(|given| !given.is_empty())) << i;
        }
        measures.support.reach = bits.reach(givers).count_ones() as usize;
        let ego = bits.add_person();
        for (i, &place) in places.iter().enumerate() {
            let bond = circle.alters()[place as usize].bond;
            if self.signs.counts(bond) {
                bits.tie(ego, i, bond == Sign::Conflict);
                bits.tie(i, ego, bond == Sign::Conflict);
            }
        }
        // The family is a group by itself.
        groups[7] = 1 << ego;
        measures.with_family = bits.measure(&groups, with);
        with[ego]
    }

    fn by_lists(
        self,
        circle: &Circle<'_>,
        workspace: &mut Workspace,
        measures: &mut CircleMeasures,
    ) -> PersonFigures {
        let Workspace {
            places,
            arcs,
            codes,
            without,
            with,
            ..
        } = workspace;
        let network = Sparse::new(places.len(), arcs);
        measures.without_family = network.measure(codes, without);
        let alter = |place: u32| &circle.alters()[place as usize];
        let giver = |&place: &u32| alter(place).support.is_some_and(|given| !given.is_empty());
        let mut within: Vec<bool> = places.iter().map(giver).collect();
        network.reach(&mut within);
        measures.support.reach = within.into_iter().filter(|&is| is).count();
        let ego = count(places);
        for (i, &place) in (0..).zip(places.iter()) {
            let bond = alter(place).bond;
            if self.signs.counts(bond) {
                let conflict = bond == Sign::Conflict;
                for (from, to) in [(ego, i), (i, ego)] {
                    arcs.push(Arc { from, to, conflict });
                }
            }
        }
        codes.push(7);
        measures.with_family = Sparse::new(places.len() + 1, arcs).measure(codes, with);
        with[ego as usize]
    }
}

/// How many persons, as a place.
fn count(places: &[u32]) -> u32 {
    u32::try_from(places.len()).unwrap_or(OUTSIDE)
}

impl CircleMeasures {
    /// Persons of a kind of role.
    pub fn role(&self, kind: RoleKind) -> usize {
        self.roles[kind.place()]
    }

    /// Persons in a ring.
    pub fn ring(&self, ring: Closeness) -> usize {
        self.rings[ring.place()]
    }

    /// Persons who give a kind of support.
    pub fn giving(&self, support: Support) -> usize {
        self.support.kinds[support.place()]
    }
}
