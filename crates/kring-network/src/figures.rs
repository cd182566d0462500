//! What is measured of a network and of each person in it.
//!
//! ```text
//! tie        y_ij = 1 if i is tied to j; undirected where y_ij = y_ji, a pair where y_ij + y_ji > 0
//! density    Σ y_ij / n(n − 1)
//! component  persons who reach one another along pairs; an isolate is one alone
//! between    b_i = Σ_{s,t} σ_st(i)/σ_st over the shortest paths, each unordered pair once if undirected
//! closeness  1 / Σ_j d_ij over those j whom i reaches; harmonic: Σ_j 1/d_ij / (n − 1), 1/∞ = 0
//! constraint c_i = Σ_j (p_ij + Σ_q p_iq p_qj)², j ≠ i a contact of i; p_ij = (y_ij + y_ji)/Σ_k (y_ik + y_ki)
//! effective  e_i = Σ_j (1 − Σ_q p_iq m_jq), m_jq = (y_jq + y_qj)/max_k (y_jk + y_kj); efficiency e_i/k_i
//! transitive share of the paths of two pairs that a third pair closes: of all, and of those around i
//! brokerage  i → b → j without i → j, by the groups of the three (Gould and Fernandez)
//! balance    a triangle of signed pairs is balanced if an even number of them is in conflict
//! ```
//! Undirected and unweighted, e_i = k_i − 2 t_i/k_i with t_i ties among the k_i contacts. A share whose
//! denominator is zero is absent, as is the closeness of one who reaches nobody.
//!
//! Freeman LC (1979), Social Networks 1:215–239, doi 10.1016/0378-8733(78)90021-7; Marchiori M & Latora
//! V (2000), Physica A 285:539–546, doi 10.1016/S0378-4371(00)00311-3; Burt RS (1992), Structural
//! Holes, Harvard University Press; Watts DJ & Strogatz SH (1998), Nature 393:440–442, doi
//! 10.1038/30918; Gould RV & Fernandez RM (1989), Sociological Methodology 19:89–126, doi
//! 10.2307/270949; Cartwright D & Harary F (1956), Psychological Review 63:277–293, doi
//! 10.1037/h0046049; Brandes U (2001), Journal of Mathematical Sociology 25:163–177, doi
//! 10.1080/0022250X.2001.9990249.
//! Differences from R: `sna::brokerage` is the same; igraph's `constraint` and `closeness` are the same
//! where they are numbers, and absent here where igraph says NaN.

use serde::{Deserialize, Serialize};

/// What is measured of a whole network.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetworkFigures {
    /// Persons.
    pub persons: usize,
    /// Pairs that are tied in either direction.
    pub pairs: usize,
    /// The share of all possible ties that are there, each direction by itself.
    pub density: Option<f64>,
    /// The share of the ties that are answered: 1 where none goes one way only.
    pub reciprocity: Option<f64>,
    /// Components, isolates among them.
    pub components: usize,
    /// Persons in the largest.
    pub largest_component: usize,
    /// Persons without a tie.
    pub isolates: usize,
    /// Persons without whom some who are connected would not be.
    pub articulation_points: usize,
    /// Pairs without which some who are connected would not be.
    pub bridges: usize,
    /// Triangles of pairs.
    pub triangles: usize,
    /// The share of the paths of two pairs that are closed to a triangle.
    pub transitivity: Option<f64>,
    /// The mean of the persons' own transitivities, of those with two contacts or more.
    pub mean_transitivity: Option<f64>,
    /// The mean distance of those who reach one another.
    pub mean_distance: Option<f64>,
    /// The largest distance of those who reach one another.
    pub diameter: Option<usize>,
    /// How much one person lies between all others: 1 in a star, 0 where all are alike (Freeman).
    pub betweenness_centralization: Option<f64>,
    /// Pairs in conflict.
    pub conflicts: usize,
    /// Triangles with an even number of conflicts.
    pub balanced: usize,
    /// Triangles with an odd number of them.
    pub unbalanced: usize,
}

impl NetworkFigures {
    /// The share of the pairs that are in conflict.
    pub fn conflict_share(&self) -> Option<f64> {
        share(self.conflicts, self.pairs)
    }

    /// The share of the triangles that are balanced.
    pub fn balance(&self) -> Option<f64> {
        share(self.balanced, self.balanced + self.unbalanced)
    }
}

/// What is measured of one person in a network.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PersonFigures {
    /// Contacts: persons tied in either direction.
    pub degree: usize,
    /// Ties from others.
    pub in_degree: usize,
    /// Ties to others.
    pub out_degree: usize,
    /// The component, numbered in the order of its first person.
    pub component: usize,
    /// How often on the shortest path between two others.
    pub betweenness: f64,
    /// One over the sum of the distances to those who are reached.
    pub closeness: Option<f64>,
    /// The mean of one over the distance to every other, zero to those who are not reached.
    pub harmonic: Option<f64>,
    /// Burt's constraint.
    pub constraint: Option<f64>,
    /// Burt's effective size.
    pub effective_size: Option<f64>,
    /// Effective size by contact.
    pub efficiency: Option<f64>,
    /// The share of the pairs of contacts that are tied.
    pub transitivity: Option<f64>,
    /// Whether the network falls apart without the person.
    pub articulation_point: bool,
    /// Whom the person brings together, by their groups.
    pub brokerage: Brokerage,
}

/// How often a person stands between two who are not tied, by the groups of the three.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Brokerage {
    /// All of one group.
    pub coordinator: usize,
    /// Two of one group, the broker of another.
    pub itinerant: usize,
    /// The broker of the group of the one who receives: lets in.
    pub gatekeeper: usize,
    /// The broker of the group of the one who gives: speaks for.
    pub representative: usize,
    /// Three groups.
    pub liaison: usize,
}

impl Brokerage {
    /// All of them.
    pub fn total(&self) -> usize {
        self.coordinator + self.between_groups()
    }

    /// Those that cross from one group to another.
    pub fn between_groups(&self) -> usize {
        self.itinerant + self.gatekeeper + self.representative + self.liaison
    }
}

/// A share, unless it is of nothing.
pub(crate) fn share(part: usize, whole: usize) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// What both ways of computing gather before the figures of the whole are made of it.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Gathered {
    pub arcs: usize,
    pub answered: usize,
    pub components: usize,
    pub largest_component: usize,
    pub bridges: usize,
    pub conflicts: usize,
    pub balanced: usize,
    pub unbalanced: usize,
    pub distances: usize,
    pub reached: usize,
    pub diameter: usize,
    /// Whether any tie goes one way only.
    pub directed: bool,
}

impl Gathered {
    /// The figures of the whole, with those of the persons.
    pub fn figures(self, persons: &[PersonFigures]) -> NetworkFigures {
        let n = persons.len();
        let (mut paths, mut corners, mut own, mut with_own) = (0_usize, 0.0, 0.0, 0_usize);
        let (mut isolates, mut articulation_points, mut most) = (0, 0, 0.0_f64);
        for person in persons {
            let of_person = person.degree * person.degree.saturating_sub(1) / 2;
            paths += of_person;
            if let Some(transitivity) = person.transitivity {
                corners += transitivity * of_person as f64;
                own += transitivity;
                with_own += 1;
            }
            isolates += usize::from(person.degree == 0);
            articulation_points += usize::from(person.articulation_point);
            most = most.max(person.betweenness);
        }
        // A corner of each triangle at each of its three persons.
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a rounded count"
        )]
        let triangles = (corners / 3.0).round() as usize;
        let behind: f64 = persons.iter().map(|person| most - person.betweenness).sum();
        // In a star of n, n − 1 persons are behind the middle by all pairs of them.
        let (wide, pairs) = (n as f64 - 1.0, (n as f64 - 1.0) * (n as f64 - 2.0));
        let star = wide * pairs * if self.directed { 1.0 } else { 0.5 };
        NetworkFigures {
            persons: n,
            pairs: self.arcs - self.answered / 2,
            density: share(self.arcs, n * n.saturating_sub(1)),
            reciprocity: share(self.answered, self.arcs),
            components: self.components,
            largest_component: self.largest_component,
            isolates,
            articulation_points,
            bridges: self.bridges,
            triangles,
            transitivity: (paths > 0).then(|| 3.0 * triangles as f64 / paths as f64),
            mean_transitivity: (with_own > 0).then(|| own / with_own as f64),
            mean_distance: share(self.distances, self.reached),
            diameter: (self.reached > 0).then_some(self.diameter),
            betweenness_centralization: (n > 2).then(|| behind / star),
            conflicts: self.conflicts,
            balanced: self.balanced,
            unbalanced: self.unbalanced,
        }
    }
}
