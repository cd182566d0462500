//! The one list of known differences from R, each with its reason and an independent proof.

use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use super::Error;

/// `reference/explained.toml`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Explained {
    #[serde(default, rename = "difference")]
    pub differences: Vec<Explanation>,
}

/// A field in which we differ from R, and must.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Explanation {
    /// The id of the case.
    pub case: String,
    /// The field of `expected`.
    pub field: String,
    /// What is right, in the shape of the field; compared as the field would be.
    pub proven: Value,
    /// Why R gives something else.
    #[serde(rename = "reason")]
    _reason: String,
    /// How `proven` was found without this project.
    #[serde(rename = "proof")]
    _proof: String,
}

impl Explained {
    /// Reads the list; a reason and a proof are required.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let text = std::fs::read_to_string(path).map_err(|error| Error::file(path, error))?;
        toml::from_str(&text).map_err(|error| Error::file(path, error))
    }

    /// The explanation of a field, if there is one.
    pub fn find(&self, case: &str, field: &str) -> Option<&Explanation> {
        self.differences
            .iter()
            .find(|known| known.case == case && known.field == field)
    }
}
