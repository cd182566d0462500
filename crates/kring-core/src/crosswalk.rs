use serde::{Deserialize, Serialize};

use crate::{Caution, Indicator, side_by_side};

/// Which study measured which indicator: what makes figures of several studies comparable, or not.
///
/// It is data, read from a file; the figures themselves stand in the protocols of the studies.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Crosswalk {
    /// The entries, study by study.
    #[serde(rename = "entry")]
    pub entries: Vec<CrosswalkEntry>,
}

/// That a study measured an indicator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CrosswalkEntry {
    /// What was measured, in the terms of this library.
    pub indicator: Indicator,
    /// The study, by the name of its folder.
    pub study: String,
    /// The published figures of it, by their names in the protocol of the study.
    pub claims: Vec<String>,
    /// What was measured, in the words of the source or close to them.
    pub measured: String,
    /// Who said so, and of whom it was counted, as far as the source says.
    pub denominator: String,
    /// In what it differs from the definition of this library, where it does or may.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub differs: Option<String>,
}

impl Crosswalk {
    /// The entries of an indicator.
    pub fn of(&self, indicator: Indicator) -> impl Iterator<Item = &CrosswalkEntry> {
        self.entries
            .iter()
            .filter(move |entry| entry.indicator == indicator)
    }

    /// The indicator of a published figure, where the crosswalk has it.
    pub fn indicator(&self, study: &str, claim: &str) -> Option<Indicator> {
        self.entries
            .iter()
            .find(|entry| entry.study == study && entry.claims.iter().any(|known| known == claim))
            .map(|entry| entry.indicator)
    }

    /// A warning where published figures that are set side by side are of different indicators. Figures
    /// that the crosswalk does not have are not looked at.
    pub fn warn<'a>(
        &self,
        figures: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Option<Caution> {
        let indicators: Vec<Indicator> = figures
            .into_iter()
            .filter_map(|(study, claim)| self.indicator(study, claim))
            .collect();
        side_by_side(&indicators)
    }
}
