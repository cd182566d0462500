//! People in other arms than those to compare: taken out before anything is counted.

use std::fmt::Write;

use serde::{Deserialize, Serialize};

use crate::assembly::Assembly;
use crate::error::Error;
use crate::roles::OtherArms;
use crate::validate::ViolationKind;

/// An arm that was not to be compared, and how many were left out for being in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OtherArm {
    /// The arm as it stands in the data.
    pub arm: String,
    /// How many people or rows.
    pub n: usize,
}

impl OtherArm {
    /// All of them in a sentence; nothing where nobody was left out. `who` is one of them and several:
    /// `["person", "people"]`.
    ///
    /// ```
    /// use kring_cohort::OtherArm;
    /// let other = OtherArm { arm: "C".into(), n: 12 };
    /// let said = OtherArm::sentence(&[other], ["person", "people"]);
    /// assert_eq!(said.as_deref(), Some("Left out, being in none of the arms asked for: 12 people of arm C."));
    /// ```
    pub fn sentence(others: &[Self], who: [&str; 2]) -> Option<String> {
        let (first, rest) = others.split_first()?;
        let [one, several] = who;
        let who = if first.n == 1 { one } else { several };
        let mut said = format!(
            "Left out, being in none of the arms asked for: {} {who} of arm {}",
            first.n, first.arm
        );
        for other in rest {
            let _ = write!(said, ", {} of arm {}", other.n, other.arm);
        }
        Some(said + ".")
    }
}

/// The rows of a file that stay, and who does not.
#[derive(Default)]
pub(crate) struct Kept {
    pub(crate) rows: Vec<usize>,
    pub(crate) others: Vec<OtherArm>,
}

impl Assembly<'_> {
    /// The rows of the people who are in one of the arms declared, or in none at all; nothing where all
    /// rows stay. A subject who is in one of them and in another is kept: that is a violation.
    pub(crate) fn kept(mut self) -> Result<Option<Kept>, Error> {
        if self.roles.other_arms == OtherArms::Refused || self.roles.arms.is_empty() {
            return Ok(None);
        }
        let (subject, _) = self.read_subject()?;
        let Some(arm) = self.read_arm()? else {
            return Ok(None);
        };
        let mut is_inside = vec![false; subject.names.len()];
        let mut has_somebody = vec![false; arm.levels.len()];
        let source = &arm.column.sources[0];
        for (row, person) in subject.codes.iter().enumerate() {
            if let (Some(person), Some(code)) = (person, source.values.code(row)) {
                is_inside[*person as usize] = true;
                has_somebody[code as usize] = true;
            }
        }
        let mut other_of: Vec<Option<usize>> = vec![None; subject.names.len()];
        let mut others: Vec<OtherArm> = Vec::new();
        let refused = self.violations.iter().filter(|violation| {
            violation.kind == ViolationKind::UnknownLevel
                && violation.column.as_deref() == Some(source.column.as_str())
        });
        for violation in refused {
            let row = violation.row.and_then(|row| row.checked_sub(1));
            let Some(person) = row.and_then(|row| subject.codes[row]) else {
                continue;
            };
            let person = person as usize;
            if is_inside[person] || other_of[person].is_some() {
                continue;
            }
            let name = violation.found.trim_matches('`');
            let known = others.iter().position(|other| other.arm == name);
            let place = known.unwrap_or_else(|| {
                others.push(OtherArm {
                    arm: name.to_owned(),
                    n: 0,
                });
                others.len() - 1
            });
            others[place].n += 1;
            other_of[person] = Some(place);
        }
        let empty = arm.levels.iter().zip(has_somebody);
        if let Some((level, _)) = empty.into_iter().find(|(_, somebody)| !somebody) {
            return Err(Error::UnknownArm {
                file: self.file.to_owned(),
                arm: level.clone(),
                suggestion: kring_core::suggestion(
                    level,
                    others.iter().map(|other| other.arm.as_str()),
                ),
            });
        }
        if others.is_empty() {
            return Ok(None);
        }
        let stays =
            |row: &usize| subject.codes[*row].is_none_or(|p| other_of[p as usize].is_none());
        Ok(Some(Kept {
            rows: (0..subject.codes.len()).filter(stays).collect(),
            others,
        }))
    }
}
