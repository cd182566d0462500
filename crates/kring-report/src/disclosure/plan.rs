//! The counts of one piece of a report with what binds them, while they are gathered.

use kring_core::Stratum;

use super::{Balance, Count, Counts, Disclosure, Fate, Printed, fates};

/// Counts that are gathered.
#[derive(Debug, Clone, Default)]
pub(crate) struct Plan {
    counts: Counts,
}

/// The counts of a plan with what becomes of each.
#[derive(Debug, Clone)]
pub(crate) struct Settled {
    counts: Counts,
    fates: Vec<Fate>,
    rules: Disclosure,
}

impl Plan {
    fn add(&mut self, n: usize, printed: Printed) -> usize {
        self.counts.cells.push(Count { n, printed });
        self.counts.cells.len() - 1
    }

    /// A count that is printed here.
    pub fn here(&mut self, n: usize) -> usize {
        self.add(n, Printed::Here)
    }

    /// A count that follows from others.
    pub fn nowhere(&mut self, n: usize) -> usize {
        self.add(n, Printed::Nowhere)
    }

    /// A count that stands elsewhere, as the size of an arm does; a small one will not, and is hidden there.
    pub fn elsewhere(&mut self, n: usize, rules: &Disclosure) -> usize {
        if rules.is_small(n) || n == 0 {
            self.add(n, Printed::Nowhere)
        } else {
            self.add(n, Printed::Elsewhere)
        }
    }

    fn sum(&self, places: &[usize]) -> usize {
        places.iter().map(|&place| self.counts.cells[place].n).sum()
    }

    /// Parts of a total. Where they are fewer, those that are in no part follow; where they are more, they
    /// overlap, and nothing follows.
    pub fn parts(&mut self, parts: &[usize], total: usize) {
        let (sum, n) = (self.sum(parts), self.counts.cells[total].n);
        if parts.is_empty() || sum > n {
            return;
        }
        let mut these = parts.to_vec();
        if sum < n {
            these.push(self.nowhere(n - sum));
        }
        self.counts.balances.push(Balance {
            these,
            those: vec![total],
        });
    }

    /// Two sums that are as many, if they are.
    pub fn balance(&mut self, these: Vec<usize>, those: Vec<usize>) {
        if self.sum(&these) == self.sum(&those) {
            self.counts.balances.push(Balance { these, those });
        }
    }

    /// Counts of the same number of people in one part of the data may be of the same people.
    pub fn alike(&mut self, places: &[usize]) {
        for (i, &a) in places.iter().enumerate() {
            let n = self.counts.cells[a].n;
            let other = places[..i]
                .iter()
                .rev()
                .find(|&&b| self.counts.cells[b].n == n);
            if let (Some(&b), true) = (other, n > 0) {
                self.balance(vec![a], vec![b]);
            }
        }
    }

    /// Binds the counts of parts of the data to those of the whole: of the arms to all, of the waves of an
    /// arm to the arm. Each entry has its strata and its counts, in one order.
    pub fn nest(&mut self, entries: &[(&[Stratum], Vec<usize>)]) {
        for (i, (whole, totals)) in entries.iter().enumerate() {
            let mut variables: Vec<&str> = Vec::new();
            for (strata, _) in entries {
                let further = strata.iter().filter(|s| !whole.contains(s));
                let further: Vec<&Stratum> = further.collect();
                let one_more = strata.len() == whole.len() + 1;
                if let ([one], true) = (further.as_slice(), one_more)
                    && !variables.contains(&one.variable.as_str())
                {
                    variables.push(&one.variable);
                }
            }
            for variable in variables {
                let parts: Vec<&Vec<usize>> = entries
                    .iter()
                    .enumerate()
                    .filter(|(j, (strata, _))| {
                        *j != i
                            && strata.len() == whole.len() + 1
                            && whole.iter().all(|s| strata.contains(s))
                            && strata
                                .iter()
                                .any(|s| s.variable == variable && !whole.contains(s))
                    })
                    .map(|(_, (_, cells))| cells)
                    .collect();
                for (k, &total) in totals.iter().enumerate() {
                    let parts: Vec<usize> =
                        parts.iter().filter_map(|c| c.get(k).copied()).collect();
                    self.parts(&parts, total);
                }
            }
        }
    }

    /// What becomes of each count, where some are hidden already.
    pub fn settled(self, rules: &Disclosure, hidden: &[Fate]) -> Settled {
        Settled {
            fates: fates(&self.counts, rules, hidden),
            counts: self.counts,
            rules: *rules,
        }
    }
}

impl Settled {
    /// Whether a count is shown. What stands elsewhere is.
    pub fn shows(&self, place: usize) -> bool {
        self.fates[place].is_shown()
    }

    /// Whether all of them are shown.
    pub fn shows_all(&self, places: &[usize]) -> bool {
        places.iter().all(|&place| self.shows(place))
    }

    /// The count as it is written.
    pub fn text(&self, place: usize) -> String {
        if self.shows(place) {
            self.rules.rounded(self.counts.cells[place].n).to_string()
        } else {
            self.rules.mark()
        }
    }

    /// One count of another as a share, of what is shown of both; absent where one is hidden.
    pub fn share(&self, part: usize, of: usize) -> Option<f64> {
        let [part, of] = [part, of].map(|place| {
            self.shows(place)
                .then(|| self.rules.rounded(self.counts.cells[place].n))
        });
        let (part, of) = (part?, of?);
        (of > 0).then(|| (part as f64 / of as f64).min(1.0))
    }

    /// What becomes of each count.
    pub fn fates(&self) -> &[Fate] {
        &self.fates
    }

    /// How many of the counts that would be printed are hidden.
    pub fn hidden(&self) -> usize {
        let cells = self.counts.cells.iter().zip(&self.fates);
        cells
            .filter(|(cell, fate)| cell.printed == Printed::Here && !fate.is_shown())
            .count()
    }
}
