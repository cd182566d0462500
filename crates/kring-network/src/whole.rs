//! The measures of one network of many persons: a street, two flats.
//!
//! The definitions stand in `figures`. With groups (residents and institutions) brokers are told apart by
//! whom they bring together, and ties are counted between the groups.

use kring_core::{Direction, Network, Sign};
use serde::{Deserialize, Serialize};

use crate::bits::{Bits, MOST};
use crate::circle::{Directions, Signs};
use crate::composition::Mixing;
use crate::figures::{NetworkFigures, PersonFigures, share};
use crate::sparse::{Arc, Sparse};

/// What counts when a whole network is measured.
///
/// ```
/// use kring_core::{Network, NetworkTie, Sign};
/// use kring_network::whole::WholeOptions;
/// let star = Network::new(
///     ["a", "b", "c", "d"],
///     &["b", "c", "d"].map(|leaf| NetworkTie::mutual("a", leaf, Sign::Support)),
/// )?;
/// let measures = WholeOptions::default().measure(&star);
/// // The three pairs of leaves meet in the middle alone.
/// assert_eq!(measures.persons[0].betweenness, 3.0);
/// assert_eq!(measures.network.betweenness_centralization, Some(1.0));
/// # Ok::<(), kring_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WholeOptions {
    /// Which ties count.
    pub signs: Signs,
    /// Whether it matters in which direction a tie goes.
    pub directions: Directions,
}

/// All that is measured of one network.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WholeMeasures {
    /// Of the whole.
    pub network: NetworkFigures,
    /// Of each person, by the places in the network.
    pub persons: Vec<PersonFigures>,
    /// Of each pair of groups, where there are groups: first those of the first group with each from it on.
    pub between: Vec<BetweenGroups>,
    /// Ties between groups and within them.
    pub mixing: Mixing,
}

/// The pairs between two groups, or within one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BetweenGroups {
    /// The one.
    pub one: String,
    /// The other, the same where the pairs are within a group.
    pub other: String,
    /// Pairs that are tied in either direction.
    pub pairs: usize,
    /// All pairs there could be.
    pub of: usize,
    /// The share of them that is tied.
    pub density: Option<f64>,
}

impl WholeOptions {
    /// The measures of a network.
    pub fn measure(self, network: &Network) -> WholeMeasures {
        let n = network.persons().len();
        let arcs = self.arcs(network);
        let one = vec![0; n];
        let codes = network
            .groups()
            .map_or(one.as_slice(), |groups| &groups.index);
        let mut persons = Vec::with_capacity(n);
        let lists = Sparse::new(n, &arcs);
        let levels = network.groups().map_or(1, |groups| groups.levels.len());
        let figures = if n <= MOST {
            let mut bits = Bits::new();
            bits.clear(n);
            for arc in &arcs {
                bits.tie(arc.from as usize, arc.to as usize, arc.conflict);
            }
            let mut groups = vec![0_u64; levels];
            for (i, &code) in codes.iter().enumerate() {
                groups[code as usize] |= 1 << i;
            }
            bits.measure(&groups, &mut persons)
        } else {
            lists.measure(codes, &mut persons)
        };
        let mut mixing = Mixing::default();
        let mut pairs = vec![0; levels * levels];
        for i in 0..n {
            for contact in lists.of(i).iter().filter(|contact| contact.to as usize > i) {
                let (one, other) = (codes[i], codes[contact.to as usize]);
                mixing.count(Some(one), Some(other));
                pairs[one.min(other) as usize * levels + one.max(other) as usize] += 1;
            }
        }
        let mut between = Vec::new();
        if let Some(groups) = network.groups() {
            let size = |level: usize| codes.iter().filter(|&&code| code as usize == level).count();
            for (i, one) in groups.levels.iter().enumerate() {
                for (j, other) in groups.levels.iter().enumerate().skip(i) {
                    let of = if i == j {
                        size(i) * size(i).saturating_sub(1) / 2
                    } else {
                        size(i) * size(j)
                    };
                    let pairs = pairs[i * levels + j];
                    between.push(BetweenGroups {
                        one: one.clone(),
                        other: other.clone(),
                        pairs,
                        of,
                        density: share(pairs, of),
                    });
                }
            }
        } else {
            mixing = Mixing::default();
        }
        WholeMeasures {
            network: figures,
            persons,
            between,
            mixing,
        }
    }

    /// The ties that count, each direction by itself.
    pub(crate) fn arcs(self, network: &Network) -> Vec<Arc> {
        let mut arcs = Vec::with_capacity(2 * network.ties().len());
        for tie in network.ties() {
            if !self.signs.counts(tie.sign) {
                continue;
            }
            let conflict = tie.sign == Sign::Conflict;
            let (from, to) = (tie.from, tie.to);
            arcs.push(Arc { from, to, conflict });
            if tie.direction == Direction::Mutual || self.directions == Directions::Ignored {
                arcs.push(Arc {
                    from: to,
                    to: from,
                    conflict,
                });
            }
        }
        arcs
    }
}
