//! Networks of at most 64 persons: a row of bits a person, everything on the stack.
//!
//! ```text
//! out[i]     bit j: i is tied to j        into[j]    bit i: the same tie, seen from j
//! any[i]     out[i] | into[i]             conflict[i] bit j: the pair is in conflict
//! flood      the bits that are reached from some, within others: next = ⋃ any[v] & within & !seen
//! paths      Brandes: levels of bits outwards, counting paths; then inwards, sharing them
//! cuts       i is an articulation point if the flood from one contact, without i, misses another;
//!            a pair is a bridge if the two have no common contact and the flood without it parts them
//! ```
//! Nothing is allocated. The work is n breadth-first searches, each of at most n steps of one word.

use crate::figures::{Brokerage, Gathered, NetworkFigures, PersonFigures};

/// The most persons that a word of bits can hold.
pub(crate) const MOST: usize = 64;

/// A network as rows of bits.
#[derive(Debug, Clone)]
pub(crate) struct Bits {
    n: usize,
    out: [u64; MOST],
    into: [u64; MOST],
    any: [u64; MOST],
    conflict: [u64; MOST],
}

/// The places of the bits that are set, lowest first.
fn places(mut bits: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        if bits == 0 {
            return None;
        }
        let place = bits.trailing_zeros() as usize;
        bits &= bits - 1;
        Some(place)
    })
}

impl Bits {
    /// Nobody.
    pub fn new() -> Self {
        Self {
            n: 0,
            out: [0; MOST],
            into: [0; MOST],
            any: [0; MOST],
            conflict: [0; MOST],
        }
    }

    /// So many persons without ties.
    pub fn clear(&mut self, n: usize) {
        self.n = n;
        for rows in [
            &mut self.out,
            &mut self.into,
            &mut self.any,
            &mut self.conflict,
        ] {
            rows[..n].fill(0);
        }
    }

    /// One more person, without ties; gives the place.
    pub fn add_person(&mut self) -> usize {
        let place = self.n;
        for rows in [
            &mut self.out,
            &mut self.into,
            &mut self.any,
            &mut self.conflict,
        ] {
            rows[place] = 0;
        }
        self.n += 1;
        place
    }

    /// A tie from i to j, both places of persons.
    pub fn tie(&mut self, i: usize, j: usize, conflict: bool) {
        self.out[i] |= 1 << j;
        self.into[j] |= 1 << i;
        self.any[i] |= 1 << j;
        self.any[j] |= 1 << i;
        if conflict {
            self.conflict[i] |= 1 << j;
            self.conflict[j] |= 1 << i;
        }
    }

    /// All who are reached from these along pairs that are not in conflict, these included.
    pub fn reach(&self, from: u64) -> u64 {
        let mut seen = from;
        let mut next = from;
        while next != 0 {
            let mut wave = 0;
            for v in places(next) {
                wave |= self.any[v] & !self.conflict[v];
            }
            next = wave & !seen;
            seen |= next;
        }
        seen
    }

    /// All persons.
    fn all(&self) -> u64 {
        match self.n {
            MOST => u64::MAX,
            n => (1 << n) - 1,
        }
    }

    fn flood(&self, from: u64, within: u64) -> u64 {
        let mut seen = from;
        let mut next = from;
        while next != 0 {
            let mut wave = 0;
            for v in places(next) {
                wave |= self.any[v];
            }
            next = wave & within & !seen;
            seen |= next;
        }
        seen
    }

    /// The figures of everybody, written into `persons`, and of the whole.
    ///
    /// `groups` has the bits of each group; a person is in one of them.
    pub fn measure(&self, groups: &[u64], persons: &mut Vec<PersonFigures>) -> NetworkFigures {
        persons.clear();
        persons.resize(self.n, PersonFigures::default());
        let mut gathered = self.pairs(persons);
        self.components(&mut gathered, persons);
        self.cuts(&mut gathered, persons);
        self.paths(&mut gathered, persons);
        self.holes(persons);
        self.brokerage(groups, persons);
        gathered.figures(persons)
    }

    /// Degrees, triangles and signs.
    fn pairs(&self, persons: &mut [PersonFigures]) -> Gathered {
        let mut gathered = Gathered::default();
        let [mut pairs, mut conflicts, mut even, mut odd] = [0_u32; 4];
        for (i, person) in persons.iter_mut().enumerate() {
            let (any, conflict) = (self.any[i], self.conflict[i]);
            person.degree = any.count_ones() as usize;
            person.out_degree = self.out[i].count_ones() as usize;
            person.in_degree = self.into[i].count_ones() as usize;
            gathered.arcs += person.out_degree;
            gathered.answered += (self.out[i] & self.into[i]).count_ones() as usize;
            pairs += any.count_ones();
            conflicts += conflict.count_ones();
            let mut closed = 0;
            for j in places(any) {
                let both = any & self.any[j];
                closed += both.count_ones();
                // Each triangle once: from its first person, along the second, to the third.
                if j > i {
                    let third = both & !(u64::MAX >> (MOST - 1 - j));
                    let differ = (conflict ^ self.conflict[j]) & third;
                    let (alike, differ) = (
                        third.count_ones() - differ.count_ones(),
                        differ.count_ones(),
                    );
                    if conflict >> j & 1 == 1 {
                        even += differ;
                        odd += alike;
                    } else {
                        even += alike;
                        odd += differ;
                    }
                }
            }
            let k = person.degree;
            person.transitivity = (k > 1).then(|| f64::from(closed) / (k * (k - 1)) as f64);
        }
        gathered.directed = gathered.answered < gathered.arcs;
        gathered.conflicts = conflicts as usize / 2;
        gathered.balanced = even as usize;
        gathered.unbalanced = odd as usize;
        debug_assert_eq!(
            pairs as usize / 2,
            gathered.arcs - gathered.answered / 2,
            "pairs are counted alike"
        );
        gathered
    }

    fn components(&self, gathered: &mut Gathered, persons: &mut [PersonFigures]) {
        let mut left = self.all();
        while left != 0 {
            let members = self.flood(left & left.wrapping_neg(), left);
            for v in places(members) {
                persons[v].component = gathered.components;
            }
            gathered.components += 1;
            let size = members.count_ones() as usize;
            gathered.largest_component = gathered.largest_component.max(size);
            left &= !members;
        }
    }

    fn cuts(&self, gathered: &mut Gathered, persons: &mut [PersonFigures]) {
        for (i, person) in persons.iter_mut().enumerate() {
            let contacts = self.any[i];
            if contacts.count_ones() > 1 {
                let first = contacts & contacts.wrapping_neg();
                let reached = self.flood(first, self.all() & !(1 << i));
                person.articulation_point = contacts & !reached != 0;
            }
            for j in places(contacts & !(u64::MAX >> (MOST - 1 - i))) {
                if contacts & self.any[j] == 0 && self.parts(i, j) {
                    gathered.bridges += 1;
                }
            }
        }
    }

    /// Whether i no longer reaches j once their own pair is gone.
    fn parts(&self, i: usize, j: usize) -> bool {
        let rest = self.any[i] & !(1 << j);
        rest == 0 || self.flood(rest, self.all() & !(1 << i)) >> j & 1 == 0
    }

    /// Betweenness, closeness and distances.
    fn paths(&self, gathered: &mut Gathered, persons: &mut [PersonFigures]) {
        let n = self.n;
        let half = if gathered.directed { 1.0 } else { 0.5 };
        let (mut levels, mut sigma, mut delta) = ([0_u64; MOST], [0.0; MOST], [0.0; MOST]);
        for s in 0..n {
            sigma[..n].fill(0.0);
            delta[..n].fill(0.0);
            sigma[s] = 1.0;
            levels[0] = 1 << s;
            let (mut seen, mut depth) = (levels[0], 0);
            let (mut distances, mut harmonic) = (0, 0.0);
            loop {
                let mut wave = 0;
                for v in places(levels[depth]) {
                    wave |= self.out[v];
                }
                let next = wave & !seen;
                if next == 0 {
                    break;
                }
                for w in places(next) {
                    let mut paths = 0.0;
                    for v in places(self.into[w] & levels[depth]) {
                        paths += sigma[v];
                    }
                    sigma[w] = paths;
                }
                seen |= next;
                depth += 1;
                levels[depth] = next;
                let there = next.count_ones() as usize;
                distances += depth * there;
                harmonic += there as f64 / depth as f64;
            }
            for level in (1..=depth).rev() {
                for w in places(levels[level]) {
                    persons[w].betweenness += half * delta[w];
                    if level > 1 {
                        let share = (1.0 + delta[w]) / sigma[w];
                        for v in places(self.into[w] & levels[level - 1]) {
                            delta[v] += sigma[v] * share;
                        }
                    }
                }
            }
            persons[s].closeness = (distances > 0).then(|| 1.0 / distances as f64);
            persons[s].harmonic = (n > 1).then(|| harmonic / (n - 1) as f64);
            gathered.distances += distances;
            gathered.reached += seen.count_ones() as usize - 1;
            gathered.diameter = gathered.diameter.max(depth);
        }
    }

    /// Burt's constraint and effective size.
    fn holes(&self, persons: &mut [PersonFigures]) {
        let both = |i: usize, j: usize| 1.0 + ((self.out[i] & self.into[i]) >> j & 1) as f64;
        // One over the strength, and over the strongest tie, of each.
        let (mut of_all, mut of_most) = ([0.0; MOST], [0.0; MOST]);
        for i in 0..self.n {
            let strength = self.out[i].count_ones() + self.into[i].count_ones();
            if strength > 0 {
                of_all[i] = 1.0 / f64::from(strength);
                of_most[i] = if self.out[i] & self.into[i] == 0 {
                    1.0
                } else {
                    0.5
                };
            }
        }
        for (i, person) in persons.iter_mut().enumerate() {
            let contacts = self.any[i];
            if contacts == 0 {
                continue;
            }
            let (mut constraint, mut redundant) = (0.0, 0.0);
            for j in places(contacts) {
                let mut invested = both(i, j) * of_all[i];
                for q in places(contacts & self.any[j]) {
                    let p = both(i, q) * of_all[i];
                    let y = both(q, j);
                    invested += p * y * of_all[q];
                    redundant += p * y * of_most[j];
                }
                constraint += invested * invested;
            }
            let k = person.degree as f64;
            person.constraint = Some(constraint);
            person.effective_size = Some(k - redundant);
            person.efficiency = Some((k - redundant) / k);
        }
    }

    fn brokerage(&self, groups: &[u64], persons: &mut [PersonFigures]) {
        let group = |i: usize| {
            groups
                .iter()
                .copied()
                .find(|g| g >> i & 1 == 1)
                .unwrap_or(0)
        };
        for (b, person) in persons.iter_mut().enumerate() {
            let own = group(b);
            let mut found = Brokerage::default();
            for i in places(self.into[b]) {
                let ends = self.out[b] & !self.out[i] & !(1 << i);
                if ends == 0 {
                    continue;
                }
                let count = |mask: u64| (ends & mask).count_ones() as usize;
                if own >> i & 1 == 1 {
                    found.coordinator += count(own);
                    found.representative += count(!own);
                } else {
                    let theirs = group(i);
                    found.gatekeeper += count(own);
                    found.itinerant += count(theirs);
                    found.liaison += count(!own & !theirs);
                }
            }
            person.brokerage = found;
        }
    }
}
