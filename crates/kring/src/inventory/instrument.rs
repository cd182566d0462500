//! Instruments as plain data: the names of domains and levels, with where they were seen.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::Item;
use crate::{Error, data_dir};

/// A list of domains, and the levels by which each is scored: a file in `datasets/instruments`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Instrument {
    /// Its name, that of its file: `zrm-13`.
    pub id: String,
    /// Its title in English.
    pub title: String,
    /// Its title in Dutch.
    pub title_nl: String,
    /// Which edition.
    pub edition: String,
    /// What a user must know.
    #[serde(default)]
    pub notes: Vec<String>,
    /// Where the names were seen.
    #[serde(default)]
    pub sources: Vec<InstrumentSource>,
    /// The levels of every domain, the lowest first; empty where a domain has a problem or has not.
    #[serde(default)]
    pub levels: Vec<InstrumentLevel>,
    /// The domains in the order of the instrument.
    pub domains: Vec<Domain>,
}

/// Where the names of an instrument were seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InstrumentSource {
    /// What was taken from it.
    pub what: String,
    /// Where it stands.
    pub url: String,
    /// How much of it was seen.
    pub seen: String,
}

/// A level of a domain.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InstrumentLevel {
    /// The score.
    pub value: f64,
    /// Its name in Dutch.
    pub nl: String,
    /// Its name in English.
    pub en: String,
    /// Whether the English name was seen or is a translation of this project.
    pub english: English,
}

/// A domain of life.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Domain {
    /// Its name in data and code.
    pub id: String,
    /// Its name in Dutch.
    pub nl: String,
    /// Its name in English.
    pub en: String,
    /// Whether the English name was seen or is a translation of this project.
    pub english: English,
}

/// Where an English name comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum English {
    /// It stands in one of the sources.
    Seen,
    /// It is a translation of this project.
    Ours,
}

/// A language in which domains have names.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    /// English.
    #[default]
    English,
    /// Dutch.
    Dutch,
}

impl Instrument {
    /// The domains as the items of an inventory whose columns have the names of the domains.
    pub fn items(&self, language: Language) -> Vec<Item> {
        let of = |domain: &Domain| Item {
            column: domain.id.clone(),
            label: Some(match language {
                Language::English => domain.en.clone(),
                Language::Dutch => domain.nl.clone(),
            }),
        };
        self.domains.iter().map(of).collect()
    }

    /// The lowest and the highest score, where domains are scored.
    pub fn range(&self) -> Option<[f64; 2]> {
        Some([self.levels.first()?.value, self.levels.last()?.value])
    }

    /// Reads an instrument from its file.
    pub fn read(file: &Path) -> Result<Self, Error> {
        let text = std::fs::read_to_string(file).map_err(|error| Error::File {
            path: file.to_owned(),
            why: error.to_string(),
        })?;
        let instrument: Self = toml::from_str(&text).map_err(|error| Error::Protocol {
            path: file.to_owned(),
            why: crate::words::in_words(&error.to_string())
                .trim_end()
                .to_owned(),
        })?;
        instrument.checked().map_err(|why| Error::Protocol {
            path: file.to_owned(),
            why,
        })
    }

    /// Finds an instrument by its name: in `<data_dir>/instruments`, else `$KRING_DATA/instruments`,
    /// else `datasets/instruments` in the working folder or one above it.
    ///
    /// ```
    /// use kring::inventory::Instrument;
    /// let matrix = Instrument::find("zrm-13", None)?;
    /// assert_eq!(matrix.domains.len(), 13);
    /// assert_eq!(matrix.levels[0].nl, "acute problematiek");
    /// # Ok::<(), kring::Error>(())
    /// ```
    pub fn find(id: &str, data_dir: Option<&Path>) -> Result<Self, Error> {
        let folder =
            data_dir::folder(data_dir, "instruments").map_err(|looked| Error::Argument {
                what: format!("instrument `{id}`"),
                why: format!(
                    "no folder of instruments was found ({looked}); give the folder of data, set \
                 KRING_DATA, or work in a folder below one that has `datasets/instruments`"
                ),
            })?;
        let file = folder.join(format!("{id}.toml"));
        if file.is_file() {
            return Self::read(&file);
        }
        let known = known(&folder);
        Err(Error::Argument {
            what: format!("instrument `{id}`"),
            why: format!(
                "there is none of this name in {}{}",
                folder.display(),
                kring_core::suggestion(id, known.iter().map(String::as_str))
            ),
        })
    }

    /// The same instrument, if no domain and no level stands twice.
    fn checked(self) -> Result<Self, String> {
        for (place, domain) in self.domains.iter().enumerate() {
            if self.domains[..place]
                .iter()
                .any(|other| other.id == domain.id)
            {
                return Err(format!("domain `{}` stands twice", domain.id));
            }
        }
        if self.domains.is_empty() {
            return Err("it has no domains".to_owned());
        }
        let rising = |pair: &[InstrumentLevel]| matches!(pair, [a, b] if a.value < b.value);
        if !self.levels.windows(2).all(rising) {
            return Err("the levels must stand in order, the lowest first".to_owned());
        }
        Ok(self)
    }
}

/// The names of the instruments in a folder, in alphabetical order.
fn known(folder: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let files = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let files = files.filter(|file| file.extension().is_some_and(|end| end == "toml"));
    let mut names: Vec<String> = files
        .filter_map(|file| Some(file.file_stem()?.to_str()?.to_owned()))
        .collect();
    names.sort_unstable();
    names
}
