//! What permutation tests and the bootstrap share: what is drawn together, and the replicates.
//!
//! ```text
//! unit       a row, or all rows of a cluster (a family): drawn or exchanged as a whole
//! stratum    units among which is drawn or exchanged (an arm, a team); never across two of them
//! replicate  i draws from stream i of the seed, whichever thread runs it; results keep their order
//! ```

use std::ops::Range;

use kring_core::{Grouping, Measure};
use rayon::prelude::*;

use crate::Error;
use crate::t_test::Group;

/// What is drawn together and what apart; by default every row by itself, from all rows.
#[derive(Debug, Clone, Copy, Default)]
pub struct Scheme<'a> {
    /// Rows that are drawn or exchanged as a whole: families.
    pub clusters: Option<&'a Grouping>,
    /// Rows among which is drawn or exchanged: teams. A cluster lies within one of them.
    pub strata: Option<&'a Grouping>,
}

/// Two groups row by row: of the arm's two levels the first is compared with the second.
#[derive(Debug, Clone, Copy)]
pub struct TwoGroups<'a> {
    /// The values.
    pub values: &'a [f64],
    /// The arm of each row.
    pub arm: &'a Grouping,
    /// What is exchanged together (families) and only among one another (teams).
    pub scheme: Scheme<'a>,
}

/// What a statistic of the caller's own is called.
#[derive(Debug, Clone, PartialEq)]
pub struct Quantity<'a> {
    /// What it is of: `EKC − WT`.
    pub label: &'a str,
    /// What kind of number it is.
    pub measure: Measure,
    /// The value of no effect.
    pub null: f64,
}

/// The units, stratum by stratum, each with its rows.
#[derive(Debug, Clone)]
pub(crate) struct Units {
    rows: Vec<usize>,
    starts: Vec<usize>,
    /// The units of each stratum.
    pub strata: Vec<Range<usize>>,
}

/// The replicates that a thread takes at once.
const CHUNK: usize = 64;

impl Units {
    /// The units of so many rows.
    pub fn new(rows: usize, scheme: Scheme<'_>) -> Result<Self, Error> {
        for grouping in [scheme.clusters, scheme.strata].into_iter().flatten() {
            same_length(&grouping.name, grouping.index.len(), rows)?;
        }
        let code = |grouping: Option<&Grouping>, row: usize| {
            grouping.map_or(0, |grouping| grouping.index[row])
        };
        let unit = |row: usize| match scheme.clusters {
            Some(clusters) => clusters.index[row] as usize,
            None => row,
        };
        let mut order: Vec<usize> = (0..rows).collect();
        order.sort_by_key(|&row| (code(scheme.strata, row), unit(row)));
        let (mut starts, mut strata): (Vec<usize>, Vec<Range<usize>>) = (Vec::new(), Vec::new());
        for (place, &row) in order.iter().enumerate() {
            let before = place.checked_sub(1).map(|p| order[p]);
            let new = |group: &dyn Fn(usize) -> usize| {
                before.is_none_or(|before| group(before) != group(row))
            };
            let new_stratum = new(&|row| code(scheme.strata, row) as usize);
            if new_stratum {
                strata.push(starts.len()..starts.len());
            }
            if new_stratum || new(&unit) {
                starts.push(place);
                if let Some(last) = strata.last_mut() {
                    last.end = starts.len();
                }
            }
        }
        starts.push(rows);
        let units = Self {
            rows: order,
            starts,
            strata,
        };
        if let (Some(clusters), Some(strata)) = (scheme.clusters, scheme.strata) {
            units.each_cluster_once(clusters, strata)?;
        }
        Ok(units)
    }

    /// How many units there are.
    pub fn len(&self) -> usize {
        self.starts.len() - 1
    }

    /// The rows of a unit.
    pub fn members(&self, unit: usize) -> &[usize] {
        &self.rows[self.starts[unit]..self.starts[unit + 1]]
    }

    /// A cluster that is a unit of two strata lies in both.
    fn each_cluster_once(&self, clusters: &Grouping, strata: &Grouping) -> Result<(), Error> {
        let mut of: Vec<(u32, usize)> = (0..self.len())
            .map(|unit| self.members(unit)[0])
            .map(|row| (clusters.index[row], row))
            .collect();
        of.sort_unstable();
        let twice = of.windows(2).find(|pair| pair[0].0 == pair[1].0);
        let Some(&[(cluster, one), (_, other)]) = twice else {
            return Ok(());
        };
        Err(Error::Shape {
            what: named(clusters, cluster),
            expected: format!("all its rows in one {}", strata.name),
            found: format!(
                "rows in {} and {}; leave out the one, or the other grouping",
                level(strata, strata.index[one]),
                level(strata, strata.index[other])
            ),
        })
    }
}

impl<'a> TwoGroups<'a> {
    /// The names of the two arms, once all parts have the same length.
    pub(crate) fn levels(&self, method: &str) -> Result<[&'a str; 2], Error> {
        let [first, second] = self.arm.levels.as_slice() else {
            return Err(Error::Shape {
                what: format!("`{}` in {method}", self.arm.name),
                expected: "two levels".to_owned(),
                found: format!("{}: {}", self.arm.levels.len(), self.arm.levels.join(", ")),
            });
        };
        same_length(&self.arm.name, self.arm.index.len(), self.values.len())?;
        if let Some(row) = self.arm.index.iter().position(|&code| code > 1) {
            return Err(kring_core::Error::Code {
                column: self.arm.name.clone(),
                row,
                code: self.arm.index[row],
                levels: 2,
            }
            .into());
        }
        Ok([first, second])
    }

    /// How many rows each arm has.
    pub(crate) fn arm_sizes(&self) -> Vec<(String, usize)> {
        let count = |arm: u32| self.arm.index.iter().filter(|&&code| code == arm).count();
        let names = self.arm.levels.iter().cloned();
        names.zip([count(0), count(1)]).collect()
    }
}

/// The arm of each value of two groups.
pub(crate) fn arms(x: Group<'_>, y: Group<'_>) -> Grouping {
    let of = |code: u32, group: Group<'_>| std::iter::repeat_n(code, group.values.len());
    Grouping {
        name: "arm".to_owned(),
        levels: vec![x.name.to_owned(), y.name.to_owned()],
        index: of(0, x).chain(of(1, y)).collect(),
    }
}

/// `family 12`
pub(crate) fn named(grouping: &Grouping, code: u32) -> String {
    format!("{} {}", grouping.name, level(grouping, code))
}

/// The name of a level.
pub(crate) fn level(grouping: &Grouping, code: u32) -> String {
    grouping
        .levels
        .get(code as usize)
        .map_or_else(|| code.to_string(), Clone::clone)
}

pub(crate) fn same_length(what: &str, found: usize, rows: usize) -> Result<(), Error> {
    if found == rows {
        return Ok(());
    }
    Err(Error::Shape {
        what: what.to_owned(),
        expected: format!("one entry for each of {rows} rows"),
        found: found.to_string(),
    })
}

/// Values that are all numbers.
pub(crate) fn finite(what: &str, values: &[f64]) -> Result<(), Error> {
    match values.iter().position(|x| !x.is_finite()) {
        None => Ok(()),
        Some(row) => Err(kring_core::Error::NotFinite {
            what: what.to_owned(),
            row,
        }
        .into()),
    }
}

/// A seed that was given.
pub(crate) fn explicit(seed: Option<u64>) -> Result<u64, Error> {
    seed.ok_or_else(|| Error::Argument {
        what: "the seed".to_owned(),
        expected: "a whole number, such as 2011, so that the run can be repeated,",
        found: "absent".to_owned(),
    })
}

/// Runs the replicates 0, 1, …, n − 1 in all threads and gives their results in order.
///
/// Each run of some replicates has a workspace of its own.
pub(crate) fn replicates<T: Send, W>(
    n: usize,
    workspace: impl Fn() -> W + Sync,
    run: impl Fn(u64, &mut W) -> T + Sync,
) -> Vec<T> {
    let chunks: Vec<Vec<T>> = (0..n.div_ceil(CHUNK))
        .into_par_iter()
        .map(|chunk| {
            let mut workspace = workspace();
            (chunk * CHUNK..n.min((chunk + 1) * CHUNK))
                .map(|i| run(i as u64, &mut workspace))
                .collect()
        })
        .collect();
    chunks.into_iter().flatten().collect()
}

/// Runs over pieces of so many items in all threads and gives the results in order. Where the pieces end
/// does not depend on the threads, so that sums of the results are the same to the last bit.
pub(crate) fn over_pieces<A: Send, T: Send>(
    items: &mut [A],
    size: usize,
    run: impl Fn(usize, &mut [A]) -> T + Sync,
) -> Vec<T> {
    if items.len() <= size {
        return vec![run(0, items)];
    }
    items
        .par_chunks_mut(size)
        .enumerate()
        .map(|(piece, items)| run(piece, items))
        .collect()
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    reason = "a test may stop at what it did not expect"
)]
mod tests {
    use super::*;

    fn grouping(name: &str, index: &[u32]) -> Grouping {
        let levels = index.iter().max().map_or(0, |last| last + 1);
        Grouping {
            name: name.to_owned(),
            levels: (0..levels).map(|i| format!("{name}{i}")).collect(),
            index: index.to_vec(),
        }
    }

    #[test]
    fn rows_become_units_within_strata() {
        let family = grouping("family", &[1, 0, 1, 2, 0]);
        let team = grouping("team", &[1, 0, 1, 1, 0]);
        let units = Units::new(
            5,
            Scheme {
                clusters: Some(&family),
                strata: Some(&team),
            },
        )
        .unwrap();
        assert_eq!(units.len(), 3);
        assert_eq!(units.strata, [0..1, 1..3]);
        assert_eq!(units.members(0), [1, 4]);
        assert_eq!(units.members(1), [0, 2]);
        assert_eq!(units.members(2), [3]);
        let rows = Units::new(3, Scheme::default()).unwrap();
        assert_eq!((rows.len(), rows.strata.len()), (3, 1));
        assert_eq!(Units::new(0, Scheme::default()).unwrap().len(), 0);
    }

    #[test]
    fn a_family_in_two_teams_is_refused() {
        let family = grouping("family", &[0, 0]);
        let team = grouping("team", &[0, 1]);
        let scheme = Scheme {
            clusters: Some(&family),
            strata: Some(&team),
        };
        assert_eq!(
            Units::new(2, scheme).unwrap_err().to_string(),
            "family family0: expected all its rows in one team, found rows in team0 and team1; leave out the one, or \
             the other grouping"
        );
        assert!(Units::new(3, scheme).is_err());
    }

    #[test]
    fn replicates_keep_their_order() {
        let found = replicates(1000, || 0, |i, _| i);
        assert_eq!(found, (0..1000).collect::<Vec<_>>());
    }
}
