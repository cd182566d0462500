//! Other names for families and persons.
//!
//! ```text
//! pseudonym = the first digits of HMAC-SHA-256(key, what ‖ length of the family ‖ family ‖ person)
//! ```
//! Whoever has the key can make the same pseudonyms again, and so link a later wave; nobody else can find out
//! who is meant by trying names. What was said of a family stays as it was: a rare arm, an odd course or a
//! large circle may still tell who it is.
//!
//! H. Krawczyk, M. Bellare and R. Canetti (1997), HMAC: keyed-hashing for message authentication, RFC 2104,
//! doi:10.17487/RFC2104.

use std::collections::HashMap;

use hmac::{Hmac, Mac};
use kring_core::{
    AgreementRow, AlterRow, Circles, Column, FamilyRow, StandingRow, Table, Taker, TakerKey, TieRow,
};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use super::build::keys;
use super::data::CircleData;
use crate::error::Error;
use crate::read::Provenance;

/// Makes pseudonyms with a key of the caller's.
///
/// It holds what the key became and not the key itself, cannot be printed or written, and is to be dropped after
/// use.
///
/// ```
/// use kring_cohort::circles::{PseudonymOptions, Pseudonyms};
/// let names = Pseudonyms::new(b"sixteen bytes or more", PseudonymOptions::default())?;
/// assert_eq!(names.family("Jansen").len(), 16);
/// assert_ne!(names.person("Jansen", "aunt"), names.person("De Vries", "aunt"));
/// assert!(Pseudonyms::new(b"short", PseudonymOptions::default()).is_err());
/// # Ok::<(), kring_cohort::Error>(())
/// ```
#[derive(Clone)]
#[allow(
    missing_debug_implementations,
    reason = "what a key became is not to be printed"
)]
pub struct Pseudonyms {
    keyed: Hmac<Sha256>,
    options: PseudonymOptions,
}

/// What pseudonyms look like and what stays linked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PseudonymOptions {
    /// How many hexadecimal digits a pseudonym has, from 8 to 64.
    pub digits: usize,
    /// Whether one key of a person in two families is one person.
    pub persons: PersonLinks,
    /// What becomes of texts that were written freely.
    pub texts: FreeText,
    /// The further columns of families that are kept. None is kept that is not named here.
    pub keep: Vec<String>,
}

/// Whether one key of a person in two families is one person.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PersonLinks {
    /// It is not: `aunt` of one family is another than `aunt` of the next.
    #[default]
    WithinFamily,
    /// It is: keys name persons across families, such as a coordinator.
    AcrossFamilies,
}

/// What becomes of texts that were written freely: what was agreed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FreeText {
    /// They are left out.
    #[default]
    Drop,
    /// They stay; somebody has read them for names.
    Keep,
}

impl Default for PseudonymOptions {
    fn default() -> Self {
        Self {
            digits: 16,
            persons: PersonLinks::default(),
            texts: FreeText::default(),
            keep: Vec::new(),
        }
    }
}

/// The fewest bytes of a key.
const SHORTEST_KEY: usize = 16;

impl Pseudonyms {
    /// With a key of 16 bytes or more. Keep the key apart from the data, or lose it.
    pub fn new(key: &[u8], options: PseudonymOptions) -> Result<Self, Error> {
        let refuse = |problem: String| Error::Pseudonym { problem };
        if key.len() < SHORTEST_KEY {
            return Err(refuse(format!(
                "the key has {} bytes; expected {SHORTEST_KEY} or more, drawn at random",
                key.len()
            )));
        }
        if !(8..=64).contains(&options.digits) {
            return Err(refuse(format!(
                "`digits` is {}; expected 8 to 64",
                options.digits
            )));
        }
        let keyed = Hmac::new_from_slice(key).map_err(|error| refuse(error.to_string()))?;
        Ok(Self { keyed, options })
    }

    /// The pseudonym of a family.
    pub fn family(&self, family: &str) -> String {
        self.digits("family", family, "")
    }

    /// The pseudonym of a person of a family.
    pub fn person(&self, family: &str, person: &str) -> String {
        match self.options.persons {
            PersonLinks::WithinFamily => self.digits("person", family, person),
            PersonLinks::AcrossFamilies => self.digits("person", "", person),
        }
    }

    /// The pseudonym of the key of an agreement of a family.
    pub fn agreement(&self, family: &str, agreement: &str) -> String {
        self.digits("agreement", family, agreement)
    }

    fn digits(&self, what: &str, family: &str, who: &str) -> String {
        let mut mac = self.keyed.clone();
        mac.update(what.as_bytes());
        // Lengths keep `ab` and `c` apart from `a` and `bc`.
        mac.update(&(family.len() as u64).to_be_bytes());
        mac.update(family.as_bytes());
        mac.update(who.as_bytes());
        let mut digits = crate::read::hex(&mac.finalize().into_bytes());
        digits.truncate(self.options.digits);
        digits
    }

    /// The circles with pseudonyms in place of the keys of families, persons and agreements.
    ///
    /// Of the further columns of families only those are kept that the options name. The names of files may
    /// name families, and the notes on how they were read may quote them: neither is kept.
    pub fn apply(&self, data: &CircleData) -> Result<CircleData, Error> {
        let circles = self.circles(&data.circles)?;
        let problem = |error: kring_core::Error| Error::Pseudonym {
            problem: error.to_string(),
        };
        let mut columns: Vec<Column> = keys(&circles).map_err(problem)?;
        for name in &self.options.keep {
            if matches!(name.as_str(), "family" | "wave") {
                continue;
            }
            columns.push(data.families.column(name).map_err(problem)?.clone());
        }
        let dropped = data.families.names();
        let dropped: Vec<&str> = dropped
            .filter(|name| columns.iter().all(|column| column.name != *name))
            .collect();
        let mut notes = vec![format!(
            "families, persons and agreements have pseudonyms of {} digits",
            self.options.digits
        )];
        if self.options.texts == FreeText::Drop {
            notes.push("what was agreed was left out, since it was written freely".to_owned());
        }
        if !dropped.is_empty() {
            notes.push(format!(
                "further columns of families that were left out: {}",
                crate::validate::list(dropped)
            ));
        }
        let provenance = data.provenance.iter().zip(1..).map(|(one, i)| Provenance {
            file: format!("file {i}"),
            notes: Vec::new(),
            ..one.clone()
        });
        let provenance = provenance.collect();
        Ok(CircleData {
            circles,
            families: Table::new(columns).map_err(problem)?,
            notes,
            provenance,
        })
    }

    /// The same circles with pseudonyms; two keys that would get one are an error.
    pub fn circles(&self, circles: &Circles) -> Result<Circles, Error> {
        let mut taken = Taken::default();
        for circle in circles.iter() {
            let family = circle.family();
            taken.add("family", self.family(family), vec![family])?;
            for place in 0..circle.alters().len() {
                let person = circle.person(place);
                let whom = match self.options.persons {
                    PersonLinks::WithinFamily => vec![family, person],
                    PersonLinks::AcrossFamilies => vec![person],
                };
                taken.add("person", self.person(family, person), whom)?;
            }
            for agreement in circle.agreements() {
                let key = self.agreement(family, agreement.key);
                taken.add("agreement", key, vec![family, agreement.key])?;
            }
        }
        self.relabelled(circles).map_err(|error| Error::Pseudonym {
            problem: error.to_string(),
        })
    }

    fn relabelled(&self, circles: &Circles) -> Result<Circles, kring_core::Error> {
        let mut builder = Circles::builder(circles.waves().iter().cloned());
        for circle in circles.iter() {
            let (family, wave) = (self.family(circle.family()), circle.wave());
            builder.family(FamilyRow {
                date: circle.date(),
                course: circle.course(),
                plan: circle.plan(),
                reported: circle.reported(),
                perceived_support: circle.perceived_support(),
                ..FamilyRow::new(&family, wave)
            });
        }
        for circle in circles.iter() {
            let (family, wave) = (self.family(circle.family()), circle.wave());
            let persons: Vec<String> = (0..circle.alters().len())
                .map(|place| self.person(circle.family(), circle.person(place)))
                .collect();
            let person = |place: usize| persons.get(place).map_or("", String::as_str);
            for (place, &alter) in circle.alters().iter().enumerate() {
                builder.alter(AlterRow {
                    represented_by: circle.represented_by(place).map(person),
                    ..AlterRow::new(&family, wave, person(place), alter)
                });
            }
            for tie in circle.ties() {
                let (from, to) = (person(tie.from as usize), person(tie.to as usize));
                builder.tie(TieRow {
                    direction: tie.direction,
                    ..TieRow::new(&family, wave, from, to, tie.sign)
                });
            }
            for agreement in circle.agreements() {
                let key = self.agreement(circle.family(), agreement.key);
                let taker = |taker: &Taker| match *taker {
                    Taker::Family => TakerKey::Family,
                    Taker::Circle => TakerKey::Circle,
                    Taker::Professional => TakerKey::Professional,
                    Taker::Person(place) => TakerKey::Person(person(place as usize)),
                };
                let takers: Vec<TakerKey> = agreement.takers.iter().map(taker).collect();
                builder.agreement(AgreementRow {
                    what: agreement
                        .what
                        .filter(|_| self.options.texts == FreeText::Keep),
                    domain: agreement.domain,
                    due: agreement.due,
                    done: agreement.done,
                    ..AgreementRow::new(&family, wave, &key, &takers)
                });
                for standing in agreement.standing {
                    let wave = circles.waves().get(standing.wave as usize);
                    builder.standing(StandingRow {
                        family: &family,
                        key: &key,
                        wave: wave.map_or("", String::as_str),
                        stands: standing.stands,
                    });
                }
            }
        }
        builder.finish()
    }
}

/// Whose each pseudonym is.
#[derive(Default)]
struct Taken<'a>(HashMap<(&'static str, String), Vec<&'a str>>);

impl<'a> Taken<'a> {
    fn add(
        &mut self,
        what: &'static str,
        pseudonym: String,
        whom: Vec<&'a str>,
    ) -> Result<(), Error> {
        let digits = pseudonym.len();
        let before = self
            .0
            .entry((what, pseudonym))
            .or_insert_with(|| whom.clone());
        if *before == whom {
            return Ok(());
        }
        Err(Error::Pseudonym {
            problem: format!(
                "the {what} `{}` and the {what} `{}` would get one pseudonym; take more than {digits} `digits`",
                before.join("` / `"),
                whom.join("` / `")
            ),
        })
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
    fn two_names_with_one_pseudonym_are_an_error() {
        // Seventeen families cannot have different hexadecimal digits, of which there are sixteen.
        let options = PseudonymOptions::default();
        let mut names = Pseudonyms::new(b"a key of the tests", options).unwrap();
        names.options.digits = 1;
        let families: Vec<String> = (0..17).map(|i| format!("family {i}")).collect();
        let mut builder = Circles::builder(["1"]);
        for family in &families {
            builder.family(FamilyRow::new(family, "1"));
        }
        let error = names.circles(&builder.finish().unwrap()).unwrap_err();
        let text = error.to_string();
        assert!(
            text.ends_with("would get one pseudonym; take more than 1 `digits`"),
            "{text}"
        );
    }
}
