//! Networks of any size: lists of contacts.
//!
//! ```text
//! any        the contacts of i, in order, at starts[i] .. starts[i + 1]; with each the way of the tie:
//!            bit 0: i is tied to j   bit 1: j is tied to i   bit 2: the pair is in conflict
//! paths      Brandes with a queue                     n · m
//! cuts       Tarjan's lowest links, without recursion n + m
//! triangles  marks of the contacts of i, then of each contact's
//! ```
//! The same figures as of `bits`, which a test compares on random networks.
//!
//! Tarjan RE (1972), SIAM Journal on Computing 1:146–160, doi 10.1137/0201010.

use crate::figures::{Brokerage, Gathered, NetworkFigures, PersonFigures};

/// A network as lists of contacts.
#[derive(Debug, Clone)]
pub(crate) struct Sparse {
    starts: Vec<usize>,
    contacts: Vec<Contact>,
}

/// One end of a pair.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Contact {
    pub to: u32,
    way: u8,
}

const OUT: u8 = 1;
const INTO: u8 = 2;
const CONFLICT: u8 = 4;

/// A tie from the first to the second place, and whether it is a conflict.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Arc {
    pub from: u32,
    pub to: u32,
    pub conflict: bool,
}

impl Contact {
    fn out(self) -> bool {
        self.way & OUT > 0
    }

    fn back(self) -> bool {
        self.way & INTO > 0
    }

    pub fn conflict(self) -> bool {
        self.way & CONFLICT > 0
    }

    /// y_ij + y_ji
    fn weight(self) -> f64 {
        if self.way & (OUT | INTO) == OUT | INTO {
            2.0
        } else {
            1.0
        }
    }
}

impl Sparse {
    /// A network of n persons with these ties.
    pub fn new(n: usize, arcs: &[Arc]) -> Self {
        let mut ends: Vec<(u32, Contact)> = Vec::with_capacity(2 * arcs.len());
        for arc in arcs {
            let sign = if arc.conflict { CONFLICT } else { 0 };
            for (at, to, way) in [(arc.from, arc.to, OUT), (arc.to, arc.from, INTO)] {
                ends.push((
                    at,
                    Contact {
                        to,
                        way: way | sign,
                    },
                ));
            }
        }
        ends.sort_unstable_by_key(|(at, contact)| (*at, contact.to));
        ends.dedup_by(|(at, contact), (kept_at, kept)| {
            let same = at == kept_at && contact.to == kept.to;
            if same {
                kept.way |= contact.way;
            }
            same
        });
        let mut starts = vec![0; n + 1];
        for (at, _) in &ends {
            starts[*at as usize + 1] += 1;
        }
        for i in 1..=n {
            starts[i] += starts[i - 1];
        }
        Self {
            starts,
            contacts: ends.into_iter().map(|(_, contact)| contact).collect(),
        }
    }

    /// How many persons there are.
    pub fn len(&self) -> usize {
        self.starts.len() - 1
    }

    /// The contacts of a person in the order of their places.
    pub fn of(&self, i: usize) -> &[Contact] {
        &self.contacts[self.starts[i]..self.starts[i + 1]]
    }

    /// The figures of everybody, written into `persons`, and of the whole; `groups` has a code for each.
    pub fn measure(&self, groups: &[u32], persons: &mut Vec<PersonFigures>) -> NetworkFigures {
        persons.clear();
        persons.resize(self.len(), PersonFigures::default());
        let mut gathered = self.pairs(persons);
        self.triangles(&mut gathered, persons);
        self.components(&mut gathered, persons);
        self.cuts(&mut gathered, persons);
        self.paths(&mut gathered, persons);
        self.holes(persons);
        self.brokerage(groups, persons);
        gathered.figures(persons)
    }

    /// All who are reached from those marked along pairs that are not in conflict; they are marked too.
    pub fn reach(&self, marked: &mut [bool]) {
        let mut stack: Vec<usize> = (0..self.len()).filter(|&i| marked[i]).collect();
        while let Some(i) = stack.pop() {
            for contact in self.of(i) {
                let j = contact.to as usize;
                if !contact.conflict() && !marked[j] {
                    marked[j] = true;
                    stack.push(j);
                }
            }
        }
    }

    fn pairs(&self, persons: &mut [PersonFigures]) -> Gathered {
        let mut gathered = Gathered::default();
        for (i, person) in persons.iter_mut().enumerate() {
            person.degree = self.of(i).len();
            for contact in self.of(i) {
                person.out_degree += usize::from(contact.out());
                person.in_degree += usize::from(contact.back());
                gathered.answered += usize::from(contact.out() && contact.back());
                gathered.conflicts += usize::from(contact.conflict());
            }
            gathered.arcs += person.out_degree;
        }
        gathered.conflicts /= 2;
        gathered.directed = gathered.answered < gathered.arcs;
        gathered
    }

    fn triangles(&self, gathered: &mut Gathered, persons: &mut [PersonFigures]) {
        // The tie of i to j, where there is one.
        let mut tie: Vec<Option<Contact>> = vec![None; self.len()];
        for (i, person) in persons.iter_mut().enumerate() {
            for &contact in self.of(i) {
                tie[contact.to as usize] = Some(contact);
            }
            let mut closed = 0_usize;
            for first in self.of(i) {
                let j = first.to as usize;
                for third in self.of(j) {
                    let k = third.to as usize;
                    let Some(second) = tie[k] else { continue };
                    closed += 1;
                    if i < j && j < k {
                        let conflicts = [first.conflict(), second.conflict(), third.conflict()];
                        if conflicts.into_iter().filter(|&c| c).count() % 2 == 0 {
                            gathered.balanced += 1;
                        } else {
                            gathered.unbalanced += 1;
                        }
                    }
                }
            }
            for contact in self.of(i) {
                tie[contact.to as usize] = None;
            }
            let k = person.degree;
            person.transitivity = (k > 1).then(|| closed as f64 / (k * (k - 1)) as f64);
        }
    }

    fn components(&self, gathered: &mut Gathered, persons: &mut [PersonFigures]) {
        let mut seen = vec![false; self.len()];
        let mut stack = Vec::new();
        for first in 0..self.len() {
            if seen[first] {
                continue;
            }
            seen[first] = true;
            stack.push(first);
            let mut size = 0;
            while let Some(i) = stack.pop() {
                size += 1;
                persons[i].component = gathered.components;
                for contact in self.of(i) {
                    let j = contact.to as usize;
                    if !seen[j] {
                        seen[j] = true;
                        stack.push(j);
                    }
                }
            }
            gathered.components += 1;
            gathered.largest_component = gathered.largest_component.max(size);
        }
    }

    /// Articulation points and bridges by one search in depth.
    fn cuts(&self, gathered: &mut Gathered, persons: &mut [PersonFigures]) {
        const UNSEEN: usize = usize::MAX;
        let n = self.len();
        let (mut order, mut low) = (vec![UNSEEN; n], vec![UNSEEN; n]);
        let mut next = 0;
        // Who is open, whence it was reached, and how many of its contacts were looked at.
        let mut open: Vec<(usize, usize, usize)> = Vec::new();
        for root in 0..n {
            if order[root] != UNSEEN {
                continue;
            }
            let mut children = 0;
            (order[root], low[root]) = (next, next);
            next += 1;
            open.push((root, UNSEEN, 0));
            while let Some((i, from, looked)) = open.last_mut() {
                let (i, from) = (*i, *from);
                if let Some(contact) = self.of(i).get(*looked) {
                    *looked += 1;
                    let j = contact.to as usize;
                    if order[j] == UNSEEN {
                        (order[j], low[j]) = (next, next);
                        next += 1;
                        open.push((j, i, 0));
                    } else if j != from {
                        low[i] = low[i].min(order[j]);
                    }
                    continue;
                }
                open.pop();
                if from == UNSEEN {
                    continue;
                }
                low[from] = low[from].min(low[i]);
                gathered.bridges += usize::from(low[i] > order[from]);
                if from == root {
                    children += 1;
                } else if low[i] >= order[from] {
                    persons[from].articulation_point = true;
                }
            }
            persons[root].articulation_point = children > 1;
        }
    }

    fn paths(&self, gathered: &mut Gathered, persons: &mut [PersonFigures]) {
        const UNSEEN: u32 = u32::MAX;
        let n = self.len();
        let half = if gathered.directed { 1.0 } else { 0.5 };
        let mut distance = vec![UNSEEN; n];
        let (mut sigma, mut delta) = (vec![0.0; n], vec![0.0; n]);
        let mut queue: Vec<usize> = Vec::with_capacity(n);
        for s in 0..n {
            queue.clear();
            queue.push(s);
            distance[s] = 0;
            sigma[s] = 1.0;
            let mut head = 0;
            let (mut distances, mut harmonic, mut depth) = (0_usize, 0.0, 0);
            while let Some(&v) = queue.get(head) {
                head += 1;
                if v != s {
                    depth = distance[v];
                    distances += depth as usize;
                    harmonic += 1.0 / f64::from(depth);
                }
                for contact in self.of(v).iter().filter(|contact| contact.out()) {
                    let w = contact.to as usize;
                    if distance[w] == UNSEEN {
                        distance[w] = distance[v] + 1;
                        queue.push(w);
                    }
                    if distance[w] == distance[v] + 1 {
                        sigma[w] += sigma[v];
                    }
                }
            }
            for &w in queue[1..].iter().rev() {
                persons[w].betweenness += half * delta[w];
                let share = (1.0 + delta[w]) / sigma[w];
                for contact in self.of(w).iter().filter(|contact| contact.back()) {
                    let v = contact.to as usize;
                    if distance[v] != UNSEEN && distance[v] + 1 == distance[w] {
                        delta[v] += sigma[v] * share;
                    }
                }
            }
            persons[s].closeness = (distances > 0).then(|| 1.0 / distances as f64);
            persons[s].harmonic = (n > 1).then(|| harmonic / (n - 1) as f64);
            gathered.distances += distances;
            gathered.reached += queue.len() - 1;
            gathered.diameter = gathered.diameter.max(depth as usize);
            for &v in &queue {
                (distance[v], sigma[v], delta[v]) = (UNSEEN, 0.0, 0.0);
            }
        }
    }

    fn holes(&self, persons: &mut [PersonFigures]) {
        let n = self.len();
        let (mut of_all, mut of_most) = (vec![0.0; n], vec![0.0; n]);
        for i in 0..n {
            let weights = self.of(i).iter().map(|contact| contact.weight());
            of_all[i] = 1.0 / weights.clone().sum::<f64>();
            of_most[i] = 1.0 / weights.fold(0.0, f64::max);
        }
        let mut tie: Vec<f64> = vec![0.0; n];
        for (i, person) in persons.iter_mut().enumerate() {
            let contacts = self.of(i);
            if contacts.is_empty() {
                continue;
            }
            for contact in contacts {
                tie[contact.to as usize] = contact.weight() * of_all[i];
            }
            let (mut constraint, mut redundant) = (0.0, 0.0);
            for first in contacts {
                let j = first.to as usize;
                let mut invested = tie[j];
                for second in self.of(j) {
                    let q = second.to as usize;
                    let (p, y) = (tie[q], second.weight());
                    invested += p * y * of_all[q];
                    redundant += p * y * of_most[j];
                }
                constraint += invested * invested;
            }
            for contact in contacts {
                tie[contact.to as usize] = 0.0;
            }
            let k = person.degree as f64;
            person.constraint = Some(constraint);
            person.effective_size = Some(k - redundant);
            person.efficiency = Some((k - redundant) / k);
        }
    }

    fn brokerage(&self, groups: &[u32], persons: &mut [PersonFigures]) {
        // Whom i is tied to: the person for whom it was last marked.
        let mut tied_to = vec![usize::MAX; self.len()];
        for i in 0..self.len() {
            for contact in self.of(i).iter().filter(|contact| contact.out()) {
                tied_to[contact.to as usize] = i;
            }
            for middle in self.of(i).iter().filter(|contact| contact.out()) {
                let b = middle.to as usize;
                let mut found = persons[b].brokerage;
                for end in self.of(b).iter().filter(|contact| contact.out()) {
                    let j = end.to as usize;
                    if j != i && tied_to[j] != i {
                        found.count(groups[i], groups[b], groups[j]);
                    }
                }
                persons[b].brokerage = found;
            }
        }
    }
}

impl Brokerage {
    /// One more chain of these groups.
    fn count(&mut self, from: u32, broker: u32, to: u32) {
        let role = match (from == broker, broker == to, from == to) {
            (true, true, _) => &mut self.coordinator,
            (true, false, _) => &mut self.representative,
            (false, true, _) => &mut self.gatekeeper,
            (false, false, true) => &mut self.itinerant,
            (false, false, false) => &mut self.liaison,
        };
        *role += 1;
    }
}
