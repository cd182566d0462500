//! Communities of a network: who belongs together by the ties alone, by the Leiden algorithm.
//!
//! ```text
//! modularity  Q = Σ_c [ m_c/m − γ (K_c/2m)² ]   m_c pairs within community c, K_c the degrees in it
//! move        from everybody apart: each person, in random order, to the community that raises Q most,
//!             and whoever may be moved by that is looked at again
//! refine      within each community from everybody apart: only those that are well connected to the
//!             rest of it are joined, to a community that does not lower Q, by chance ∝ exp(ΔQ/θ)
//! aggregate   the refined communities become persons, and all is done again, until nothing moves
//! ```
//! The best of several runs is kept; a seed makes it repeatable. Modularity has a resolution: it does not
//! see communities that are small against √(2m), and even random networks have some.
//!
//! Traag VA, Waltman L & van Eck NJ (2019), Scientific Reports 9:5233, doi 10.1038/s41598-019-41695-z;
//! Newman MEJ & Girvan M (2004), Physical Review E 69:026113, doi 10.1103/PhysRevE.69.026113.
//! Differences from R: igraph's `cluster_leiden` makes one run; its `cluster_optimal` gives the largest Q
//! there is, which the tests reach on small networks.

use kring_core::Network;
use kring_core::seed::{Seed, Stream};
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::circle::Signs;
use crate::sparse::Sparse;
use crate::whole::WholeOptions;

/// How communities are found.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Communities {
    /// Which ties count; directions are ignored.
    pub signs: Signs,
    /// γ: larger gives smaller communities.
    pub resolution: f64,
    /// Runs, of which the best is kept.
    pub runs: usize,
    /// Where drawing begins.
    pub seed: Option<u64>,
}

impl Default for Communities {
    fn default() -> Self {
        Self {
            signs: Signs::Support,
            resolution: 1.0,
            runs: 10,
            seed: None,
        }
    }
}

/// A network divided into communities.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Partition {
    /// The community of each person, numbered in the order of their first persons.
    pub community: Vec<usize>,
    /// How many there are.
    pub communities: usize,
    /// Q at the resolution that was asked for; absent in a network without ties.
    pub modularity: Option<f64>,
}

/// θ: how much chance there is in refining.
const THETA: f64 = 0.01;

/// The least gain of Q, in units of 1/2m, that counts as one.
const LEAST: f64 = 1e-10;

impl Communities {
    /// The communities of a network.
    ///
    /// ```
    /// use kring_core::{Network, NetworkTie, Sign};
    /// use kring_network::communities::Communities;
    /// let tie = |a, b| NetworkTie::mutual(a, b, Sign::Support);
    /// let two = Network::new(
    ///     ["a", "b", "c", "x", "y", "z"],
    ///     &[tie("a", "b"), tie("b", "c"), tie("a", "c"), tie("x", "y"), tie("y", "z"),
    ///       tie("x", "z"), tie("c", "x")],
    /// )?;
    /// let found = Communities { seed: Some(7), ..Communities::default() }.find(&two)?;
    /// assert_eq!(found.community, [0, 0, 0, 1, 1, 1]);
    /// // Two communities with 3 of 7 pairs and half of the degrees each.
    /// assert!((found.modularity.unwrap() - (6.0 / 7.0 - 0.5)).abs() < 1e-12);
    /// # Ok::<(), kring_network::Error>(())
    /// ```
    pub fn find(&self, network: &Network) -> Result<Partition, Error> {
        let wrong = |what: &str, expected: &str, found: String| Error::Argument {
            what: what.to_owned(),
            expected: expected.to_owned(),
            found,
        };
        let Some(seed) = self.seed else {
            let expected = "a whole number, such as 2011, so that the run can be repeated,";
            return Err(wrong("the seed", expected, "absent".to_owned()));
        };
        if !(self.resolution.is_finite() && self.resolution > 0.0) {
            let found = self.resolution.to_string();
            return Err(wrong("the resolution", "a number above zero", found));
        }
        if self.runs == 0 {
            return Err(wrong("the number of runs", "one at least", "0".to_owned()));
        }
        let options = WholeOptions {
            signs: self.signs,
            ..WholeOptions::default()
        };
        let lists = Sparse::new(network.persons().len(), &options.arcs(network));
        let graph = Graph::of(&lists);
        let seed = Seed::new(seed).child("leiden", 0);
        let mut best: Option<(f64, Vec<u32>)> = None;
        for run in 0..self.runs as u64 {
            let community = graph.leiden(self.resolution, &mut seed.stream(run));
            let quality = graph.quality(&community, self.resolution);
            if best
                .as_ref()
                .is_none_or(|(most, _)| quality > *most + LEAST)
            {
                best = Some((quality, community));
            }
        }
        let (quality, community) = best.unwrap_or_default();
        Ok(numbered(&community, (graph.total > 0.0).then_some(quality)))
    }
}

/// The modularity of a division that is given: `community` has a number for each person.
pub fn modularity(
    network: &Network,
    community: &[usize],
    resolution: f64,
) -> Result<Option<f64>, Error> {
    let n = network.persons().len();
    if community.len() != n || community.iter().any(|&c| c >= n) {
        return Err(Error::Shape {
            what: "the communities".to_owned(),
            expected: format!("for each of {n} persons a number below that"),
            found: format!("{} numbers", community.len()),
        });
    }
    let lists = Sparse::new(n, &WholeOptions::default().arcs(network));
    let graph = Graph::of(&lists);
    let codes: Vec<u32> = community
        .iter()
        .map(|&c| u32::try_from(c).unwrap_or(u32::MAX))
        .collect();
    Ok((graph.total > 0.0).then(|| graph.quality(&codes, resolution)))
}

fn numbered(community: &[u32], modularity: Option<f64>) -> Partition {
    let most = community.iter().max().map_or(0, |&most| most as usize + 1);
    let mut names = vec![None; most];
    let mut communities = 0;
    let mut number = |&code: &u32| {
        *names[code as usize].get_or_insert_with(|| {
            communities += 1;
            communities - 1
        })
    };
    Partition {
        community: community.iter().map(&mut number).collect(),
        communities,
        modularity,
    }
}

/// Persons, or communities of them, with the weights between them.
struct Graph {
    starts: Vec<usize>,
    ends: Vec<(u32, f64)>,
    /// Twice the weight within each.
    inner: Vec<f64>,
    /// The degree of each, its inner weight included.
    degree: Vec<f64>,
    /// 2m
    total: f64,
}

impl Graph {
    fn of(lists: &Sparse) -> Self {
        let n = lists.len();
        let mut starts = vec![0];
        let mut ends = Vec::new();
        for i in 0..n {
            ends.extend(lists.of(i).iter().map(|contact| (contact.to, 1.0)));
            starts.push(ends.len());
        }
        let degree: Vec<f64> = (0..n).map(|i| lists.of(i).len() as f64).collect();
        Self {
            total: degree.iter().sum(),
            inner: vec![0.0; n],
            starts,
            ends,
            degree,
        }
    }

    fn len(&self) -> usize {
        self.degree.len()
    }

    fn of_node(&self, i: usize) -> &[(u32, f64)] {
        &self.ends[self.starts[i]..self.starts[i + 1]]
    }

    fn quality(&self, community: &[u32], resolution: f64) -> f64 {
        let mut within = vec![0.0; self.len()];
        let mut degrees = vec![0.0; self.len()];
        for i in 0..self.len() {
            let c = community[i];
            degrees[c as usize] += self.degree[i];
            within[c as usize] += self.inner[i];
            for &(j, weight) in self.of_node(i) {
                if community[j as usize] == c {
                    within[c as usize] += weight;
                }
            }
        }
        let share = |(within, degrees): (f64, f64)| {
            within / self.total - resolution * (degrees / self.total).powi(2)
        };
        within.into_iter().zip(degrees).map(share).sum()
    }

    fn leiden(&self, resolution: f64, stream: &mut Stream) -> Vec<u32> {
        let apart = |n: usize| (0..n).map(index).collect::<Vec<u32>>();
        let mut community = apart(self.len());
        if self.total == 0.0 {
            return community;
        }
        // Whole iterations, each from the communities of the one before, until one changes nothing.
        loop {
            let before = self.quality(&community, resolution);
            let mut of_person = apart(self.len());
            let mut graph: Option<Graph> = None;
            let mut now = community.clone();
            loop {
                let graph_now = graph.as_ref().unwrap_or(self);
                graph_now.move_nodes(&mut now, resolution, stream);
                compact(&mut now);
                let refined = graph_now.refine(&now, resolution, stream);
                let (next, of_node) = graph_now.aggregate(&refined);
                let done = next.len() == graph_now.len();
                for person in &mut of_person {
                    *person = of_node[*person as usize];
                }
                let mut of_next = vec![0; next.len()];
                for (i, &node) in of_node.iter().enumerate() {
                    of_next[node as usize] = now[i];
                }
                now = of_next;
                graph = Some(next);
                if done {
                    break;
                }
            }
            for (person, node) in community.iter_mut().zip(&of_person) {
                *person = now[*node as usize];
            }
            if self.quality(&community, resolution) <= before + LEAST {
                return community;
            }
        }
    }

    /// Moves each to the community that raises Q most, until none wants to move.
    fn move_nodes(&self, community: &mut [u32], resolution: f64, stream: &mut Stream) {
        let n = self.len();
        let mut degrees = vec![0.0; n];
        for (i, &c) in community.iter().enumerate() {
            degrees[c as usize] += self.degree[i];
        }
        let mut members = vec![0_usize; n];
        for &c in community.iter() {
            members[c as usize] += 1;
        }
        let mut empty: Vec<u32> = (0..n).filter(|&c| members[c] == 0).map(index).collect();
        let mut queue: Vec<usize> = (0..n).collect();
        stream.shuffle(&mut queue);
        let mut queue: std::collections::VecDeque<usize> = queue.into();
        let mut queued = vec![true; n];
        let mut weight = vec![0.0; n];
        let mut seen: Vec<u32> = Vec::new();
        while let Some(i) = queue.pop_front() {
            queued[i] = false;
            let own = community[i];
            seen.clear();
            for &(j, w) in self.of_node(i) {
                let c = community[j as usize];
                if weight[c as usize] == 0.0 {
                    seen.push(c);
                }
                weight[c as usize] += w;
            }
            degrees[own as usize] -= self.degree[i];
            let gain = |c: u32| {
                weight[c as usize] - resolution * self.degree[i] * degrees[c as usize] / self.total
            };
            let (mut best, mut most) = (own, gain(own));
            for &c in &seen {
                let gain = gain(c);
                if gain > most + LEAST {
                    (best, most) = (c, gain);
                }
            }
            // Alone, where that is better than any company.
            if most < -LEAST
                && let Some(alone) = empty.pop()
            {
                best = alone;
            }
            for &c in &seen {
                weight[c as usize] = 0.0;
            }
            degrees[best as usize] += self.degree[i];
            if best == own {
                continue;
            }
            members[best as usize] += 1;
            members[own as usize] -= 1;
            if members[own as usize] == 0 {
                empty.push(own);
            }
            community[i] = best;
            for &(j, _) in self.of_node(i) {
                let j = j as usize;
                if community[j] != best && !queued[j] {
                    queued[j] = true;
                    queue.push_back(j);
                }
            }
        }
    }

    /// Communities within the communities: from everybody apart, joined where well connected.
    fn refine(&self, community: &[u32], resolution: f64, stream: &mut Stream) -> Vec<u32> {
        let n = self.len();
        let mut refined: Vec<u32> = (0..n).map(index).collect();
        let mut of_community = vec![0.0; n];
        for (i, &c) in community.iter().enumerate() {
            of_community[c as usize] += self.degree[i];
        }
        // Of each refined community: its degree, its weight to the rest of its community, its members.
        let mut degree = self.degree.clone();
        let mut cut: Vec<f64> = (0..n)
            .map(|i| {
                let within = |&&(j, _): &&(u32, f64)| community[j as usize] == community[i];
                self.of_node(i).iter().filter(within).map(|(_, w)| w).sum()
            })
            .collect();
        let mut members = vec![1_usize; n];
        let well = |degree: f64, cut: f64, all: f64| {
            cut + LEAST >= resolution * degree * (all - degree) / self.total
        };
        let mut order: Vec<usize> = (0..n).collect();
        stream.shuffle(&mut order);
        let mut weight = vec![0.0; n];
        let (mut seen, mut chances): (Vec<u32>, Vec<(u32, f64)>) = (Vec::new(), Vec::new());
        for i in order {
            let own = refined[i] as usize;
            let all = of_community[community[i] as usize];
            if members[own] > 1 || !well(degree[own], cut[own], all) {
                continue;
            }
            seen.clear();
            for &(j, w) in self.of_node(i) {
                if community[j as usize] != community[i] {
                    continue;
                }
                let c = refined[j as usize];
                if weight[c as usize] == 0.0 {
                    seen.push(c);
                }
                weight[c as usize] += w;
            }
            chances.clear();
            chances.push((index(own), 1.0));
            for &c in &seen {
                let at = c as usize;
                let gain = weight[at] - resolution * self.degree[i] * degree[at] / self.total;
                if gain >= 0.0 && well(degree[at], cut[at], all) {
                    chances.push((c, 2.0 * gain / self.total / THETA));
                }
            }
            chances[0].1 = 0.0;
            let most = chances
                .iter()
                .fold(0.0_f64, |most, (_, gain)| most.max(*gain));
            let mut sum = 0.0;
            for (_, chance) in &mut chances {
                *chance = (*chance - most).exp();
                sum += *chance;
            }
            let mut left = stream.uniform() * sum;
            let mut chosen = own;
            for &(c, chance) in &chances {
                chosen = c as usize;
                left -= chance;
                if left <= 0.0 {
                    break;
                }
            }
            if chosen != own {
                // What bound the two to each other no longer leads out of either.
                cut[chosen] += cut[own] - 2.0 * weight[chosen];
                degree[chosen] += degree[own];
                members[chosen] += 1;
                members[own] = 0;
                degree[own] = 0.0;
                cut[own] = 0.0;
                refined[i] = index(chosen);
            }
            for &c in &seen {
                weight[c as usize] = 0.0;
            }
        }
        compact(&mut refined);
        refined
    }

    /// The communities as nodes, and the node of each of ours.
    fn aggregate(&self, community: &[u32]) -> (Self, Vec<u32>) {
        let n = community.iter().max().map_or(0, |&most| most as usize + 1);
        let (mut inner, mut degree) = (vec![0.0; n], vec![0.0; n]);
        let mut between: Vec<(u32, u32, f64)> = Vec::new();
        for i in 0..self.len() {
            let c = community[i];
            inner[c as usize] += self.inner[i];
            degree[c as usize] += self.degree[i];
            for &(j, weight) in self.of_node(i) {
                let other = community[j as usize];
                if other == c {
                    inner[c as usize] += weight;
                } else {
                    between.push((c, other, weight));
                }
            }
        }
        between.sort_unstable_by_key(|(c, other, _)| (*c, *other));
        between.dedup_by(|next, kept| {
            let same = (next.0, next.1) == (kept.0, kept.1);
            if same {
                kept.2 += next.2;
            }
            same
        });
        let mut starts = vec![0; n + 1];
        for (c, ..) in &between {
            starts[*c as usize + 1] += 1;
        }
        for i in 1..=n {
            starts[i] += starts[i - 1];
        }
        let graph = Self {
            starts,
            ends: between
                .into_iter()
                .map(|(_, other, w)| (other, w))
                .collect(),
            inner,
            degree,
            total: self.total,
        };
        (graph, community.to_vec())
    }
}

/// Numbers without gaps, in the order of first use.
fn compact(community: &mut [u32]) {
    let most = community.iter().max().map_or(0, |&most| most as usize + 1);
    let mut names = vec![u32::MAX; most];
    let mut next = 0;
    for c in community {
        let name = &mut names[*c as usize];
        if *name == u32::MAX {
            *name = next;
            next += 1;
        }
        *c = *name;
    }
}

fn index(i: usize) -> u32 {
    u32::try_from(i).unwrap_or(u32::MAX)
}
