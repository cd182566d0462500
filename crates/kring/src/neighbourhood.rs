//! A neighbourhood, before and perhaps after: its measures, ties between groups, communities, and whether
//! ties changed, conditional on who was there at both times.

use kring_core::{Caution, Estimate, Network};
use kring_network::change::{Focus, Qap, TieChange};
use kring_network::communities::{Communities, Partition};
use kring_network::figures::NetworkFigures;
use kring_network::whole::{BetweenGroups, WholeMeasures, WholeOptions};
use kring_report::{Content, Listing, ListingColumn, significant};
use serde::{Deserialize, Serialize};

use crate::Error;

/// What is asked of a neighbourhood.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NeighbourhoodOptions {
    /// Which ties count, and whether their direction matters.
    pub ties: WholeOptions,
    /// How communities are found. They need a seed; without one they are left out.
    pub communities: Communities,
    /// The test of the change. Above nine persons it draws exchanges of names, and needs a seed.
    pub change: Qap,
    /// Two groups, or one twice, between which a change is looked for: `["resident", "institution"]`.
    pub between: Option<[String; 2]>,
}

/// What a neighbourhood is like.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NeighbourhoodSummary {
    /// Each network: before, and after where there is one.
    pub networks: Vec<OneNetwork>,
    /// What became of the ties among those who were there at both times.
    pub change: Option<TieChange>,
    /// How alike the ties are at both times, and whether those between two groups changed more than others.
    pub estimates: Vec<Estimate>,
    /// What could not be tested, and why.
    pub cautions: Vec<Caution>,
}

/// One network of a neighbourhood.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OneNetwork {
    /// `before`, `after`.
    pub name: String,
    /// What is measured of it.
    pub measures: WholeMeasures,
    /// Its communities, where there is a seed.
    pub communities: Option<Partition>,
    /// The names of the persons, by their places.
    pub persons: Vec<String>,
}

/// Measures a neighbourhood, and compares it with itself at a later time.
///
/// ```
/// use kring::core::{Network, NetworkTie, Sign};
/// use kring::neighbourhood::{NeighbourhoodOptions, neighbourhood};
/// let tie = |a, b| NetworkTie::mutual(a, b, Sign::Support);
/// let before = Network::new(["12", "14", "16", "18"], &[tie("12", "14")])?;
/// let after = Network::new(["12", "14", "16", "18"], &[tie("12", "14"), tie("14", "16")])?;
/// let found = neighbourhood(&before, Some(&after), &NeighbourhoodOptions::default())?;
/// assert_eq!(found.change.unwrap().formed, 1);
/// # Ok::<(), kring::Error>(())
/// ```
pub fn neighbourhood(
    before: &Network,
    after: Option<&Network>,
    options: &NeighbourhoodOptions,
) -> Result<NeighbourhoodSummary, Error> {
    let mut networks = Vec::new();
    for (name, network) in [("before", Some(before)), ("after", after)] {
        let Some(network) = network else { continue };
        let communities = options.communities.seed.is_some();
        networks.push(OneNetwork {
            name: if after.is_some() { name } else { "network" }.to_owned(),
            measures: options.ties.measure(network),
            communities: communities
                .then(|| options.communities.find(network))
                .transpose()?,
            persons: network.persons().to_vec(),
        });
    }
    let mut summary = NeighbourhoodSummary {
        networks,
        change: None,
        estimates: Vec::new(),
        cautions: Vec::new(),
    };
    let Some(after) = after else {
        if options.between.is_some() {
            return Err(Error::Argument {
                what: "between".to_owned(),
                why: "a change needs a second network; give one".to_owned(),
            });
        }
        return Ok(summary);
    };
    let qap = Qap {
        ties: options.ties,
        ..options.change
    };
    summary.change = Some(qap.seen(before, after));
    // Where nobody or everybody is tied there is no correlation; the counts say so by themselves.
    match qap.stability(before, after) {
        Ok(found) => summary.estimates.push(found),
        Err(kring_network::Error::Shape { .. }) => {
            let why = "The stability of the ties was not tested: of those who were there at both times none, or \
                all, are tied at one of them.";
            summary.cautions.push(Caution::Note(why.to_owned()));
        }
        Err(error) => return Err(error.into()),
    }
    if let Some([one, other]) = &options.between {
        let focus = Focus { one, other };
        summary.estimates.push(qap.change(before, after, focus)?);
    }
    Ok(summary)
}

impl NeighbourhoodSummary {
    /// The measures, the ties between groups, the change and its tests.
    pub fn content(&self) -> Vec<Content> {
        let mut content = vec![Content::Listing(self.measures())];
        if self
            .networks
            .iter()
            .any(|one| !one.measures.between.is_empty())
        {
            content.push(Content::Listing(self.between()));
        }
        content.extend(
            self.change
                .as_ref()
                .map(|change| Content::Listing(changed(change))),
        );
        if !self.estimates.is_empty() {
            content.push(Content::Estimates(self.estimates.clone()));
        }
        for caution in &self.cautions {
            content.push(Content::Text(caution.sentence()));
        }
        content
    }

    fn measures(&self) -> Listing {
        type Figure = (&'static str, fn(&NetworkFigures) -> Option<f64>);
        const FIGURES: [Figure; 15] = [
            ("persons", |f| Some(f.persons as f64)),
            ("pairs that are tied", |f| Some(f.pairs as f64)),
            ("density", |f| f.density),
            ("reciprocity", |f| f.reciprocity),
            ("components", |f| Some(f.components as f64)),
            ("persons in the largest component", |f| {
                Some(f.largest_component as f64)
            }),
            ("isolates", |f| Some(f.isolates as f64)),
            ("articulation points", |f| {
                Some(f.articulation_points as f64)
            }),
            ("bridges", |f| Some(f.bridges as f64)),
            ("transitivity", |f| f.transitivity),
            ("mean distance", |f| f.mean_distance),
            ("diameter", |f| f.diameter.map(|d| d as f64)),
            ("betweenness centralisation", |f| {
                f.betweenness_centralization
            }),
            ("share of pairs in conflict", NetworkFigures::conflict_share),
            ("share of triangles in balance", NetworkFigures::balance),
        ];
        let shown = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), significant);
        let mut rows: Vec<Vec<String>> = FIGURES
            .iter()
            .map(|(name, of)| {
                let values = self
                    .networks
                    .iter()
                    .map(|one| shown(of(&one.measures.network)));
                [(*name).to_owned()].into_iter().chain(values).collect()
            })
            .collect();
        let partitions: Vec<&Partition> = self
            .networks
            .iter()
            .filter_map(|one| one.communities.as_ref())
            .collect();
        if !partitions.is_empty() {
            let mut row = |name: &str, of: &dyn Fn(&Partition) -> Option<f64>| {
                let values = partitions.iter().map(|one| shown(of(one)));
                rows.push([name.to_owned()].into_iter().chain(values).collect());
            };
            row("communities (Leiden)", &|one| Some(one.communities as f64));
            row("modularity", &|one| one.modularity);
        }
        let heads = self
            .networks
            .iter()
            .map(|one| ListingColumn::numbers(&one.name));
        Listing {
            title: "The neighbourhood".to_owned(),
            columns: [ListingColumn::words("Measure")]
                .into_iter()
                .chain(heads)
                .collect(),
            rows,
            notes: Vec::new(),
            cautions: Vec::new(),
        }
    }

    /// Pairs that are tied between and within groups.
    fn between(&self) -> Listing {
        let mut pairs: Vec<(&str, &str)> = Vec::new();
        for one in self.networks.iter().flat_map(|one| &one.measures.between) {
            if !pairs.contains(&(&one.one, &one.other)) {
                pairs.push((&one.one, &one.other));
            }
        }
        let cell = |found: Option<&BetweenGroups>| match found {
            Some(found) => match found.density {
                Some(share) => format!("{:.1}% ({} of {})", share * 100.0, found.pairs, found.of),
                None => "–".to_owned(),
            },
            None => "–".to_owned(),
        };
        let rows = pairs.iter().map(|(one, other)| {
            let values = self.networks.iter().map(|network| {
                let mut between = network.measures.between.iter();
                cell(
                    between
                        .find(|found| (found.one.as_str(), found.other.as_str()) == (*one, *other)),
                )
            });
            let name = if one == other {
                format!("within {one}")
            } else {
                format!("{one} – {other}")
            };
            [name].into_iter().chain(values).collect()
        });
        let heads = self
            .networks
            .iter()
            .map(|one| ListingColumn::numbers(&one.name));
        Listing {
            title: "Pairs that are tied, between and within groups".to_owned(),
            columns: [ListingColumn::words("Groups")]
                .into_iter()
                .chain(heads)
                .collect(),
            rows: rows.collect(),
            notes: Vec::new(),
            cautions: Vec::new(),
        }
    }
}

fn changed(change: &TieChange) -> Listing {
    let share = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), significant);
    let rows = [
        ("persons at both times", change.persons.to_string()),
        ("persons who came", change.came.to_string()),
        ("persons who left", change.left.to_string()),
        ("ties before", change.before.to_string()),
        ("ties after", change.after.to_string()),
        ("kept", change.kept.to_string()),
        ("formed", change.formed.to_string()),
        ("dissolved", change.dissolved.to_string()),
        ("stability (Jaccard)", share(change.jaccard)),
        ("density before", share(change.density_before)),
        ("density after", share(change.density_after)),
    ];
    Listing {
        title: "What became of the ties".to_owned(),
        columns: vec![
            ListingColumn::words("Ties"),
            ListingColumn::numbers("Value"),
        ],
        rows: rows
            .into_iter()
            .map(|(name, value)| vec![name.to_owned(), value])
            .collect(),
        notes: vec!["Among those who were there at both times.".to_owned()],
        cautions: Vec::new(),
    }
}
