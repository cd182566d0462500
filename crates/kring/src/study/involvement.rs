//! What the published figures of involvement measured, so that no two are read as if they were one.

use kring_core::{Comparison, Crosswalk, Indicator, side_by_side};
use kring_report::{Content, Listing, ListingColumn, Role, Section};

use super::Study;
use crate::Error;

impl Study {
    /// Which study measured which indicator: `indicators/crosswalk.toml` beside the folder of studies;
    /// empty where there is no such file.
    pub fn crosswalk(&self) -> Result<Crosswalk, Error> {
        let Some(data) = self.folder.ancestors().nth(2) else {
            return Ok(Crosswalk::default());
        };
        let path = data.join("indicators").join("crosswalk.toml");
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Crosswalk::default());
            }
            Err(error) => {
                return Err(Error::File {
                    path,
                    why: error.to_string(),
                });
            }
        };
        toml::from_str(&text).map_err(|error| Error::Protocol {
            path,
            why: error.to_string(),
        })
    }

    /// The published figures of involvement with what each of them measured and of whom, and a warning
    /// where they are of several indicators; none where the study has no such figure.
    pub fn involvement(&self, comparisons: &[Comparison]) -> Result<Option<Section>, Error> {
        let of_involvement: Vec<(&Comparison, Indicator)> = comparisons
            .iter()
            .filter_map(|comparison| Some((comparison, comparison.target.involvement()?)))
            .collect();
        if of_involvement.is_empty() {
            return Ok(None);
        }
        let crosswalk = self.crosswalk()?;
        let mut notes: Vec<String> = Vec::new();
        let rows = of_involvement.iter().map(|(comparison, indicator)| {
            let target = &comparison.target;
            let entries = crosswalk.of(*indicator);
            let entry = entries
                .filter(|entry| entry.study == self.id)
                .find(|entry| entry.claims.contains(&target.id));
            if let Some(differs) = entry.and_then(|entry| entry.differs.as_ref())
                && !notes.iter().any(|note| note.ends_with(differs))
            {
                notes.push(format!("{}: {differs}", target.value));
            }
            let measured = entry.map_or(indicator.numerator(), |entry| &entry.measured);
            let of = entry.map_or(indicator.denominator(), |entry| &entry.denominator);
            vec![
                target.value.to_string(),
                indicator.title().to_owned(),
                measured.to_owned(),
                of.to_owned(),
            ]
        });
        let rows = rows.collect();
        let indicators: Vec<Indicator> = of_involvement.iter().map(|(_, one)| *one).collect();
        let listing = Listing {
            title: "Published figures of involvement".to_owned(),
            columns: vec![
                ListingColumn::words("Published"),
                ListingColumn::words("Indicator"),
                ListingColumn::words("What was measured"),
                ListingColumn::words("Of"),
            ],
            rows,
            notes,
            cautions: side_by_side(&indicators).into_iter().collect(),
        };
        Ok(Some(Section {
            id: "involvement".to_owned(),
            title: "What 'involved' means here".to_owned(),
            role: Role::Descriptive,
            method: None,
            content: vec![Content::Listing(listing)],
        }))
    }
}
