//! Studies: a folder with a protocol, its data and its published figures becomes verdicts.
//!
//! A study is a folder with a `study.toml`: [`Protocol`]. [`Library`] finds studies;
//! [`Study::replicate`] runs every analysis on every data file, sets each claim beside our figure,
//! checks the published figures against one another, and returns a [`Replication`].

mod analyses;
mod checks;
mod claims;
mod companion;
mod involvement;
mod parse;
mod protocol;
mod replicate;
mod report;
mod select;
mod write;

use std::path::{Path, PathBuf};

pub use companion::Companion;
pub use protocol::*;
pub use replicate::{FileUsed, Output, Replication, Result as AnalysisResult};

use crate::{Error, data_dir};

/// A folder of studies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Library {
    folder: PathBuf,
}

/// A study: its folder and its protocol.
#[derive(Debug, Clone, PartialEq)]
pub struct Study {
    /// The name of its folder.
    pub id: String,
    /// Its folder.
    pub folder: PathBuf,
    /// The file of its protocol.
    pub file: PathBuf,
    /// Its protocol.
    pub protocol: Protocol,
    /// The protocol's exact text.
    pub text: String,
}

impl Library {
    /// The folder of studies: `<data_dir>/studies`, else `$KRING_DATA/studies`, else
    /// `datasets/studies` in the working folder or one above it.
    pub fn find(data_dir: Option<&Path>) -> Result<Self, Error> {
        let folder =
            data_dir::folder(data_dir, "studies").map_err(|looked| Error::NoStudies { looked })?;
        Ok(Self { folder })
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The names of the studies, in alphabetical order.
    pub fn ids(&self) -> Result<Vec<String>, Error> {
        let fault = |error: std::io::Error| Error::File {
            path: self.folder.clone(),
            why: error.to_string(),
        };
        let mut ids = Vec::new();
        for entry in std::fs::read_dir(&self.folder).map_err(fault)? {
            let path = entry.map_err(fault)?.path();
            if path.join("study.toml").is_file() {
                ids.extend(
                    path.file_name()
                        .and_then(|name| name.to_str())
                        .map(str::to_owned),
                );
            }
        }
        ids.sort_unstable();
        Ok(ids)
    }

    /// The study of a name.
    pub fn study(&self, id: &str) -> Result<Study, Error> {
        let ids = self.ids()?;
        if ids.iter().any(|known| known == id) {
            return Study::read(&self.folder.join(id));
        }
        Err(Error::UnknownStudy {
            id: id.to_owned(),
            looked_in: self.folder.clone(),
            suggestion: kring_core::suggestion(id, ids.iter().map(String::as_str)),
        })
    }
}

impl Study {
    /// Reads a study from its folder, or from its protocol file.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let file = if path.is_dir() {
            path.join("study.toml")
        } else {
            path.to_owned()
        };
        let text = std::fs::read_to_string(&file).map_err(|error| Error::File {
            path: file.clone(),
            why: match error.kind() {
                std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
                std::io::ErrorKind::InvalidData => "it is not UTF-8 text".to_owned(),
                _ => error.to_string(),
            },
        })?;
        let protocol: Protocol = text.parse().map_err(|why| Error::Protocol {
            path: file.clone(),
            why,
        })?;
        claims::check_protocol(&protocol).map_err(|why| Error::Protocol {
            path: file.clone(),
            why,
        })?;
        let folder = file
            .parent()
            .map_or_else(|| PathBuf::from("."), Path::to_owned);
        let whole = folder.canonicalize().unwrap_or_else(|_| folder.clone());
        let id = whole.file_name().map_or_else(
            || "study".into(),
            |name| name.to_string_lossy().into_owned(),
        );
        Ok(Self {
            id,
            folder,
            file,
            protocol,
            text,
        })
    }

    /// Finds a study by what somebody typed: a folder, a protocol file, or a name in the library.
    pub fn find(what: &str, data_dir: Option<&Path>) -> Result<Self, Error> {
        let path = Path::new(what);
        if path.exists() && (path.is_file() || path.join("study.toml").is_file()) {
            return Self::read(path);
        }
        let looks_like_a_path =
            what.contains(['/', '\\']) || path.extension().is_some_and(|e| e == "toml");
        if looks_like_a_path {
            return Err(Error::File {
                path: path.to_owned(),
                why: "there is no study here: expected a folder with a study.toml, or such a file"
                    .to_owned(),
            });
        }
        Library::find(data_dir)?.study(what)
    }
}
