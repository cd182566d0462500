//! A replication as files.

use std::path::Path;

use super::{Replication, Study};
use crate::{Error, WriteOptions, write_results_in};

impl Study {
    /// Writes `report.html`, `results.json` and each figure as SVG into a folder, which is made
    /// where it does not exist.
    pub fn write(&self, run: &Replication, folder: &Path) -> Result<(), Error> {
        self.write_in(run, folder, &WriteOptions::default())
    }

    /// Writes the report in the formats and the language asked for, `results.json` and each figure as
    /// SVG into a folder, which is made where it does not exist.
    pub fn write_in(
        &self,
        run: &Replication,
        folder: &Path,
        options: &WriteOptions,
    ) -> Result<(), Error> {
        write_results_in(folder, &self.report(run)?, run, options)
    }
}
