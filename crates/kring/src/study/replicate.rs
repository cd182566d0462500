//! Running a study: every analysis on every file, every claim beside our figure.

use std::path::PathBuf;

use kring_cohort::{Cohort, Dataset, Provenance, ReadOptions, Roles};
use kring_core::{Comparison, Evidence, Finding, Flow, Summary, VerdictKind, compare};
use kring_report::Content;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::analyses::run;
use super::checks;
use super::claims::{self, ReadClaim};
use super::companion::Companion;
use super::select::select;
use super::{AnalysisHead, DataKind, Relation, Study};
use crate::Error;
use crate::analysis::LmResult;
use crate::check::PossibleSums;
use crate::method::Answer;

/// A study that was run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Replication {
    /// The study.
    pub id: String,
    /// The version of kring.
    pub version: String,
    /// The SHA-256 of the protocol.
    pub protocol_sha256: String,
    /// The data files, each analysed by itself.
    pub files: Vec<FileUsed>,
    /// Each published figure beside ours.
    pub comparisons: Vec<Comparison>,
    /// What the checks of the published figures found.
    pub findings: Vec<Finding>,
    /// What each analysis gave.
    pub results: Vec<Result>,
    /// The simulated companion, where there is one: no evidence, and counted nowhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub companion: Option<Companion>,
}

/// A data file that was used.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileUsed {
    /// Its name in the protocol.
    pub name: String,
    /// How it was read.
    pub provenance: Provenance,
    /// How many subjects it holds.
    pub subjects: usize,
}

/// What an analysis gave.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Result {
    /// Its name, title and role.
    #[serde(flatten)]
    pub head: AnalysisHead,
    /// The result.
    pub output: Output,
}

/// The result of an analysis.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Output {
    /// Summaries, and the means over time where a chart was asked for.
    Summaries {
        /// The summaries.
        summaries: Vec<Summary>,
        /// The means over time, one list of curves a variable.
        curves: Vec<Vec<kring_core::Curve>>,
    },
    /// Who was there when.
    Flow(Flow),
    /// A linear model.
    Lm(Box<LmResult>),
    /// What a method says.
    Answer(Answer),
    /// Tables and pictures of people.
    Tables(Vec<Content>),
    /// The sums that a published mean allows.
    PossibleSums(Vec<PossibleSums>),
}

impl Study {
    /// Runs the study on its own files.
    pub fn replicate(&self) -> std::result::Result<Replication, Error> {
        let relation = self.protocol.data.as_ref().map(|data| data.relation);
        let run = self.run(self.cohorts()?, relation.unwrap_or(Relation::Same))?;
        Ok(Replication {
            companion: self.companion()?,
            ..run
        })
    }

    /// Runs the study on data in place of its files, such as a frame from Python.
    ///
    /// Whether these are the data of the publication only the caller knows: from [`Relation::Same`]
    /// data a figure is reproduced, with [`Relation::Other`] ones it can only agree.
    pub fn replicate_with(
        &self,
        dataset: Dataset,
        relation: Relation,
    ) -> std::result::Result<Replication, Error> {
        if self
            .protocol
            .data
            .as_ref()
            .is_none_or(|data| data.files.is_empty())
        {
            return Err(Error::Argument {
                what: format!("study `{}`", self.id),
                why: "it has no data files, so no other data can take their place".to_owned(),
            });
        }
        let name = dataset.provenance.file.clone();
        let cohort = sound(PathBuf::from(&name), dataset, &self.roles())?;
        self.run(vec![(name, cohort)], relation)
    }

    fn run(
        &self,
        cohorts: Vec<(String, Cohort)>,
        relation: Relation,
    ) -> std::result::Result<Replication, Error> {
        let protocol = &self.protocol;
        let mut files = Vec::new();
        let mut runs: Vec<(String, Vec<Result>)> = Vec::new();
        for (name, cohort) in cohorts {
            files.push(FileUsed {
                name: name.clone(),
                provenance: cohort.provenance().clone(),
                subjects: cohort.subjects().rows(),
            });
            runs.push((name, self.run_all(Some(&cohort))?));
        }
        let results = match runs.split_first() {
            None => self.run_all(None)?,
            Some((first, others)) => {
                for other in others {
                    self.check_equal(first, other)?;
                }
                first.1.clone()
            }
        };
        let comparisons = claims::targets(protocol)?
            .iter()
            .map(|read| self.compare(read, &results, relation))
            .collect::<std::result::Result<_, Error>>()?;
        Ok(Replication {
            id: self.id.clone(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            protocol_sha256: crate::sha256(self.text.as_bytes()),
            files,
            comparisons,
            findings: checks::findings(protocol)?,
            results,
            companion: None,
        })
    }

    /// The study's data as cohorts, one a file; data that break the protocol's rules are refused.
    pub fn cohorts(&self) -> std::result::Result<Vec<(String, Cohort)>, Error> {
        let Some(data) = &self.protocol.data else {
            return Ok(Vec::new());
        };
        let roles = self.roles();
        data.files
            .iter()
            .map(|name| {
                let path: PathBuf = self.folder.join(name);
                let dataset = kring_cohort::read(&path, &ReadOptions::default())?;
                Ok((name.clone(), sound(path, dataset, &roles)?))
            })
            .collect()
    }

    /// What the columns of the data are, from `[data]` and `[design]`.
    pub fn roles(&self) -> Roles {
        let design = &self.protocol.design;
        let mut roles = Roles {
            arms: design.arms.clone(),
            waves: design.waves.clone(),
            variables: design.outcomes.clone(),
            ..Roles::default()
        };
        if let Some(data) = &self.protocol.data {
            roles.subject.clone_from(&data.subject);
            roles.wave.clone_from(&data.wave);
            roles.arm.clone_from(&data.arm);
            roles.clusters.clone_from(&data.clusters);
            roles.wide.clone_from(&data.wide);
        }
        roles
    }

    fn run_all(&self, cohort: Option<&Cohort>) -> std::result::Result<Vec<Result>, Error> {
        self.protocol
            .analyses
            .iter()
            .map(|analysis| {
                let output =
                    run(analysis, &self.protocol, cohort).map_err(|source| Error::Analysis {
                        path: self.file.clone(),
                        id: analysis.head.id.clone(),
                        source: Box::new(source),
                    })?;
                Ok(Result {
                    head: analysis.head.clone(),
                    output,
                })
            })
            .collect()
    }

    /// Two files of one study must give the same results, to 1e-9 of each number.
    fn check_equal(
        &self,
        (first, ours): &(String, Vec<Result>),
        (second, theirs): &(String, Vec<Result>),
    ) -> std::result::Result<(), Error> {
        for (a, b) in ours.iter().zip(theirs) {
            // One file may have labels that another has no place for: numbers are compared.
            let json = |result: &Result| {
                let mut output = serde_json::to_value(&result.output).unwrap_or_default();
                for fields in output
                    .as_object_mut()
                    .into_iter()
                    .flat_map(|o| o.values_mut())
                {
                    fields.as_object_mut().map(|fields| fields.remove("called"));
                }
                output
            };
            if let Some(difference) = first_difference(&json(a), &json(b)) {
                return Err(Error::FilesDisagree {
                    path: self.file.clone(),
                    first: first.clone(),
                    second: second.clone(),
                    analysis: a.head.id.clone(),
                    place: difference.place.join(", "),
                    left: difference.left,
                    right: difference.right,
                });
            }
        }
        Ok(())
    }

    fn compare(
        &self,
        read: &ReadClaim<'_>,
        results: &[Result],
        relation: Relation,
    ) -> std::result::Result<Comparison, Error> {
        let target = &read.target;
        let Some(from) = &read.claim.from else {
            let why = read.claim.why.clone().unwrap_or_default();
            return Ok(Comparison::not_reproducible(target, why));
        };
        let simulated = |kind| matches!(kind, DataKind::Simulated);
        let evidence = match relation {
            _ if self
                .protocol
                .data
                .as_ref()
                .is_some_and(|data| simulated(data.kind)) =>
            {
                Evidence::Constructed
            }
            Relation::Other => Evidence::Other,
            Relation::Same => Evidence::Same,
        };
        let quantity = results
            .iter()
            .find(|result| result.head.id == from.analysis)
            .map_or_else(
                || Err(format!("there is no analysis `{}`", from.analysis)),
                |result| {
                    let arm = self
                        .protocol
                        .data
                        .as_ref()
                        .and_then(|data| data.arm.as_deref());
                    select(&result.output, from, arm, evidence)
                },
            )
            .map_err(|why| Error::Protocol {
                path: self.file.clone(),
                why: format!("claim `{}`: {why}", read.claim.id),
            })?;
        Ok(compare(quantity, target))
    }
}

impl Replication {
    /// Whether every verdict and every finding is the expected one.
    pub fn as_expected(&self) -> bool {
        let mut companion = self.companion.iter().flat_map(|c| &c.comparisons);
        self.comparisons.iter().all(Comparison::as_expected)
            && self.findings.iter().all(Finding::as_expected)
            && companion.all(Comparison::as_expected)
    }

    /// How often each kind of verdict was given, those that were not given left out.
    pub fn verdicts(&self) -> Vec<(VerdictKind, usize)> {
        VerdictKind::ALL
            .into_iter()
            .map(|kind| {
                (
                    kind,
                    self.comparisons
                        .iter()
                        .filter(|c| c.verdict.kind() == kind)
                        .count(),
                )
            })
            .filter(|(_, n)| *n > 0)
            .collect()
    }
}

/// A cohort whose data keep the rules of the protocol.
fn sound(path: PathBuf, dataset: Dataset, roles: &Roles) -> std::result::Result<Cohort, Error> {
    let cohort = Cohort::new(dataset, roles)?;
    let violations = cohort.validate();
    if violations.is_empty() {
        return Ok(cohort);
    }
    Err(Error::Data { path, violations })
}

/// Where two results differ first.
struct Difference {
    /// What stands there, from the outside in: `problems`, `EKC`, `mean`.
    place: Vec<String>,
    left: String,
    right: String,
}

fn first_difference(a: &Value, b: &Value) -> Option<Difference> {
    let here = || Difference {
        place: Vec::new(),
        left: a.to_string(),
        right: b.to_string(),
    };
    match (a, b) {
        (Value::Number(x), Value::Number(y)) => {
            let (x, y) = (x.as_f64()?, y.as_f64()?);
            // The second term is for numbers that are zero but for rounding.
            let close = (x - y).abs() <= 1e-9 * x.abs().max(y.abs()) + 1e-12;
            (!close).then(|| Difference {
                left: x.to_string(),
                right: y.to_string(),
                ..here()
            })
        }
        (Value::Array(x), Value::Array(y)) if x.len() == y.len() => {
            x.iter().zip(y).find_map(|(x, y)| {
                let mut difference = first_difference(x, y)?;
                difference.place.splice(0..0, names(x));
                Some(difference)
            })
        }
        (Value::Object(x), Value::Object(y)) if x.len() == y.len() => {
            x.iter().find_map(|(key, x)| {
                let mut difference = first_difference(x, y.get(key).unwrap_or(&Value::Null))?;
                if difference.place.is_empty() {
                    difference.place.push(key.clone());
                }
                Some(difference)
            })
        }
        _ => (a != b).then(here),
    }
}

/// What an entry of a list is known by: its variable or label, and its strata, arm, wave or level.
fn names(entry: &Value) -> Vec<String> {
    let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
    let first = text(entry, "variable").or_else(|| text(entry, "label"));
    let strata = entry
        .get("strata")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    let strata = strata.filter_map(|stratum| text(stratum, "level"));
    let others = ["arm", "wave", "level"]
        .into_iter()
        .filter_map(|key| text(entry, key));
    first.into_iter().chain(strata).chain(others).collect()
}
