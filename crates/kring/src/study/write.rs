//! A replication as files.

use std::path::Path;

use super::{Replication, Study};
use crate::{Error, write_results};

impl Study {
    /// Writes `report.html`, `results.json` and each figure as SVG into a folder, which is made
    /// where it does not exist.
    pub fn write(&self, run: &Replication, folder: &Path) -> Result<(), Error> {
        write_results(folder, &self.report(run)?, run)
    }
}
