//! A replication as files.

use std::fs;
use std::path::Path;

use super::{Replication, Study};
use crate::Error;

impl Study {
    /// Writes `report.html`, `results.json` and each figure as SVG into a folder, which is made
    /// where it does not exist.
    pub fn write(&self, run: &Replication, folder: &Path) -> Result<(), Error> {
        let report = self.report(run)?;
        fs::create_dir_all(folder).map_err(|error| {
            if folder.is_file() {
                return fault(folder, &"it is a file; name a folder");
            }
            fault(folder, &error)
        })?;
        let write = |name: &str, text: &str| {
            let path = folder.join(name);
            fs::write(&path, text).map_err(|error| fault(&path, &error))
        };
        let json = serde_json::to_string_pretty(run).map_err(|error| fault(folder, &error))?;
        write("report.html", &kring_report::html(&report)?)?;
        write("results.json", &json)?;
        for figure in kring_report::figures(&report)? {
            write(&format!("{}.svg", figure.name), &figure.svg)?;
        }
        Ok(())
    }
}

fn fault(path: &Path, error: &dyn std::fmt::Display) -> Error {
    Error::File {
        path: path.to_owned(),
        why: error.to_string(),
    }
}
