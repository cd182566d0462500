use std::collections::{HashMap, HashSet};

use crate::circle::{CircleTable, Fault, FaultKind, Faults, Place};
use crate::{Direction, Error, Grouping, Sign, Tie};

/// One network with many persons: a street, two flats, an institution with its clients.
///
/// Families lie within it and do not divide it, which sets it apart from [`Circles`](crate::Circles).
/// Persons without ties belong to it too.
///
/// ```
/// use kring_core::{Network, NetworkTie, Sign};
/// let flat = Network::new(
///     ["12", "14", "caretaker", "16"],
///     &[
///         NetworkTie::mutual("12", "14", Sign::Support),
///         NetworkTie::directed("12", "caretaker", Sign::Support),
///     ],
/// )?;
/// assert_eq!((flat.persons().len(), flat.ties().len()), (4, 2));
/// assert!(flat.is_directed());
/// # Ok::<(), kring_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Network {
    persons: Vec<String>,
    ties: Vec<Tie>,
    groups: Option<Grouping>,
}

/// A tie between two persons by their names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NetworkTie<'a> {
    /// The one.
    pub from: &'a str,
    /// The other.
    pub to: &'a str,
    /// Support or conflict.
    pub sign: Sign,
    /// Both ways or one.
    pub direction: Direction,
}

impl<'a> NetworkTie<'a> {
    /// A tie both ways.
    pub fn mutual(from: &'a str, to: &'a str, sign: Sign) -> Self {
        Self {
            from,
            to,
            sign,
            direction: Direction::Mutual,
        }
    }

    /// A tie from the first to the second.
    pub fn directed(from: &'a str, to: &'a str, sign: Sign) -> Self {
        Self {
            direction: Direction::Directed,
            ..Self::mutual(from, to, sign)
        }
    }
}

impl Network {
    /// A network of persons and their ties, or every fault at once: names that are empty or stand twice,
    /// ties to nobody, to oneself, or twice.
    pub fn new<P: Into<String>>(
        persons: impl IntoIterator<Item = P>,
        ties: &[NetworkTie<'_>],
    ) -> Result<Self, Error> {
        let persons: Vec<String> = persons.into_iter().map(Into::into).collect();
        let mut faults = Vec::new();
        let mut fault = |kind, table, row, who: String, what: &str| {
            let place = Place {
                table,
                row,
                family: String::new(),
                wave: String::new(),
                who: Some(who),
            };
            faults.push(Fault {
                kind,
                place,
                what: what.to_owned(),
            });
        };
        let mut places: HashMap<&str, u32> = HashMap::with_capacity(persons.len());
        for (row, (name, place)) in persons.iter().zip(0..).enumerate() {
            let who = || format!("person `{name}`");
            if name.trim().is_empty() {
                let what = "the person has no name; give one";
                fault(FaultKind::EmptyKey, CircleTable::Alters, row, who(), what);
            } else if places.insert(name, place).is_some() {
                let what = "stands twice in the network; take one out";
                fault(FaultKind::Twice, CircleTable::Alters, row, who(), what);
            }
        }
        let mut known = Vec::with_capacity(ties.len());
        // Each direction of a pair can be taken once.
        let mut arcs: HashSet<(u32, u32)> = HashSet::with_capacity(2 * ties.len());
        for (row, tie) in ties.iter().enumerate() {
            let table = CircleTable::Ties;
            let who = || format!("persons `{}` and `{}`", tie.from, tie.to);
            if tie.from == tie.to {
                let what = "a tie to oneself; take it out";
                fault(FaultKind::Oneself, table, row, who(), what);
                continue;
            }
            let (Some(&from), Some(&to)) = (places.get(tie.from), places.get(tie.to)) else {
                let what = "one of them is not in the network; add that person, or correct the key";
                fault(FaultKind::UnknownPerson, table, row, who(), what);
                continue;
            };
            let back = tie.direction == Direction::Mutual;
            let twice = !arcs.insert((from, to)) | (back && !arcs.insert((to, from)));
            if twice {
                let what = "the tie stands twice; take one out";
                fault(FaultKind::Twice, table, row, who(), what);
            }
            known.push(Tie {
                from,
                to,
                sign: tie.sign,
                direction: tie.direction,
            });
        }
        if !faults.is_empty() {
            return Err(Faults { faults }.into());
        }
        Ok(Self {
            persons,
            ties: known,
            groups: None,
        })
    }

    /// The same network, each person in one of some groups: residents and institutions, streets.
    pub fn with_groups(mut self, groups: Grouping) -> Result<Self, Error> {
        if groups.index.len() != self.persons.len() {
            return Err(Error::Length {
                what: format!("the groups `{}` of a network", groups.name),
                expected: self.persons.len(),
                found: groups.index.len(),
            });
        }
        if let Some(row) = groups
            .index
            .iter()
            .position(|&code| code as usize >= groups.levels.len())
        {
            return Err(Error::Code {
                column: groups.name.clone(),
                row,
                code: groups.index[row],
                levels: groups.levels.len(),
            });
        }
        self.groups = Some(groups);
        Ok(self)
    }

    /// The names of the persons, by their places.
    pub fn persons(&self) -> &[String] {
        &self.persons
    }

    /// The ties.
    pub fn ties(&self) -> &[Tie] {
        &self.ties
    }

    /// The groups, where there are some.
    pub fn groups(&self) -> Option<&Grouping> {
        self.groups.as_ref()
    }

    /// Whether any tie goes one way only.
    pub fn is_directed(&self) -> bool {
        let mut ties = self.ties.iter();
        ties.any(|tie| tie.direction == Direction::Directed)
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    reason = "a test may stop at what it did not expect"
)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_is_named_at_once() {
        let tie = |from, to| NetworkTie::mutual(from, to, Sign::Support);
        let ties = [tie("a", "a"), tie("a", "z"), tie("a", "b"), tie("b", "a")];
        let error = Network::new(["a", "b", "a", " "], &ties).unwrap_err();
        let Error::Circles(Faults { faults }) = error else {
            unreachable!()
        };
        let kinds: Vec<_> = faults.iter().map(|fault| fault.kind).collect();
        assert_eq!(
            kinds,
            [
                FaultKind::Twice,
                FaultKind::EmptyKey,
                FaultKind::Oneself,
                FaultKind::UnknownPerson,
                FaultKind::Twice
            ]
        );
        assert_eq!(
            faults[3].to_string(),
            "ties, row 2, persons `a` and `z`: one of them is not in the network; add that person, or correct the key"
        );
    }

    #[test]
    fn one_tie_each_way_is_no_tie_twice() {
        let both = [
            NetworkTie::directed("a", "b", Sign::Support),
            NetworkTie::directed("b", "a", Sign::Conflict),
        ];
        assert_eq!(Network::new(["a", "b"], &both).unwrap().ties().len(), 2);
        let clash = [both[0], NetworkTie::mutual("b", "a", Sign::Support)];
        assert!(Network::new(["a", "b"], &clash).is_err());
    }

    #[test]
    fn groups_are_of_the_persons() {
        let groups = |index: Vec<u32>| Grouping {
            name: "kind".into(),
            levels: vec!["resident".into()],
            index,
        };
        let network = || Network::new(["a", "b"], &[]).unwrap();
        assert!(network().with_groups(groups(vec![0, 0])).is_ok());
        assert!(matches!(
            network().with_groups(groups(vec![0])),
            Err(Error::Length { .. })
        ));
        assert!(matches!(
            network().with_groups(groups(vec![0, 1])),
            Err(Error::Code { .. })
        ));
    }
}
