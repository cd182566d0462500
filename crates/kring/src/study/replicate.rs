//! Running a study: every analysis on every file, every claim beside our figure.

use std::path::PathBuf;

use kring_cohort::{Cohort, Dataset, Provenance, ReadOptions, Roles, VariableKind};
use kring_core::{
    Caution, Comparison, Estimate, Evidence, Finding, Flow, JointTest, Quantity, Summary,
    SummaryKind, Table, VerdictKind, compare,
};
use kring_formula::{DesignOptions, ResponseKind};
use kring_stats::t_test::{Group, TTest, Variance};
use ndarray::Array2;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::claims::{self, ReadClaim};
use super::{
    Allocation, Analysis, AnalysisHead, AnalysisSpec, DataKind, FigureName, Layout, Protocol,
    Relation, Selector, Study,
};
use crate::analysis::{self, LmResult};
use crate::check::{self, PossibleSums};
use crate::{Error, describe};

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
    /// A test of independence.
    Test(JointTest),
    /// A difference of means.
    Estimate(Estimate),
    /// A linear model.
    Lm(LmResult),
    /// The sums that a published mean allows.
    PossibleSums(Vec<PossibleSums>),
}

impl Study {
    /// Runs the study on its own files.
    pub fn replicate(&self) -> std::result::Result<Replication, Error> {
        self.run(self.cohorts()?)
    }

    /// Runs the study on other data in place of its files, such as a frame from Python.
    pub fn replicate_with(&self, dataset: Dataset) -> std::result::Result<Replication, Error> {
        if self.protocol.data.is_none() {
            return Err(Error::Argument {
                what: format!("study `{}`", self.id),
                why: "it has no [data], so no data can take their place".to_owned(),
            });
        }
        let name = dataset.provenance.file.clone();
        let cohort = sound(PathBuf::from(&name), dataset, &self.roles())?;
        self.run(vec![(name, cohort)])
    }

    fn run(&self, cohorts: Vec<(String, Cohort)>) -> std::result::Result<Replication, Error> {
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
            .map(|read| self.compare(read, &results))
            .collect::<std::result::Result<_, Error>>()?;
        Ok(Replication {
            id: self.id.clone(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            protocol_sha256: crate::sha256(self.text.as_bytes()),
            files,
            comparisons,
            findings: claims::findings(protocol)?,
            results,
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
            let json = |result: &Result| serde_json::to_value(&result.output).unwrap_or_default();
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
    ) -> std::result::Result<Comparison, Error> {
        let target = &read.target;
        let Some(from) = &read.claim.from else {
            let why = read.claim.why.clone().unwrap_or_default();
            return Ok(Comparison::not_reproducible(target, why));
        };
        let evidence = match self
            .protocol
            .data
            .as_ref()
            .map(|data| (data.kind, data.relation))
        {
            Some((DataKind::Simulated, _)) => Evidence::Constructed,
            Some((_, Relation::Other)) => Evidence::Other,
            Some((_, Relation::Same)) | None => Evidence::Same,
        };
        let quantity = results
            .iter()
            .find(|result| result.head.id == from.analysis)
            .map(|result| select(&result.output, from, evidence))
            .unwrap_or_else(|| Err(format!("there is no analysis `{}`", from.analysis)))
            .map_err(|why| Error::Protocol {
                path: self.file.clone(),
                why: format!("claim `{}`: {why}", read.claim.id),
            })?;
        Ok(compare(quantity, target, 0.0))
    }
}

impl Replication {
    /// Whether every verdict and every finding is the expected one.
    pub fn as_expected(&self) -> bool {
        self.comparisons.iter().all(Comparison::as_expected)
            && self.findings.iter().all(Finding::as_expected)
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

fn run(
    analysis: &Analysis,
    protocol: &Protocol,
    cohort: Option<&Cohort>,
) -> std::result::Result<Output, Error> {
    let data = || {
        cohort.ok_or_else(|| Error::Argument {
            what: "data".to_owned(),
            why: "this analysis needs a data file, but [data] names none".to_owned(),
        })
    };
    match &analysis.kind {
        AnalysisSpec::Summary {
            variables,
            by_arm,
            by_wave,
            chart,
        } => summarise(data()?, variables, *by_arm, *by_wave, *chart),
        AnalysisSpec::Flow { variables } => {
            let observed: Vec<&str> = variables.iter().map(String::as_str).collect();
            Ok(Output::Flow(data()?.flow(&observed)?))
        }
        AnalysisSpec::ChiSquared {
            rows,
            columns,
            options,
        } => {
            let counts = cross_tabulate(data()?.subjects(), rows, columns)?;
            let label = format!("{rows} × {columns}");
            Ok(Output::Test(options.test(&label, counts.view())?.test))
        }
        AnalysisSpec::ChiSquaredOfCounts {
            counts,
            rows,
            columns,
            options,
        } => {
            let table = rectangle(counts, rows, columns)?;
            Ok(Output::Test(
                options.test(&analysis.head.title, table.view())?.test,
            ))
        }
        AnalysisSpec::TTest { variable, variance } => {
            t_test(data()?, protocol.design.allocation, variable, *variance).map(Output::Estimate)
        }
        AnalysisSpec::PairedTTest { before, after } => {
            paired(data()?, before, after).map(Output::Estimate)
        }
        AnalysisSpec::Lm {
            formula,
            on,
            options,
        } => {
            let cohort = data()?;
            let table = match on {
                Layout::Subjects => cohort.subjects(),
                Layout::Measurements => cohort.measurements(),
            };
            let roles = DesignOptions {
                // Counts and grades are numbers to a linear model.
                response: ResponseKind::Continuous,
                subject: Some(cohort.subject_column().to_owned()),
                ..DesignOptions::default()
            };
            Ok(Output::Lm(analysis::lm(table, formula, &roles, options)?))
        }
        AnalysisSpec::PossibleSums { claim, n } => {
            let read = claims::targets(protocol)?;
            let read = read
                .iter()
                .find(|read| read.claim.id == *claim)
                .ok_or_else(|| Error::Argument {
                    what: format!("claim `{claim}`"),
                    why: "there is no such claim".to_owned(),
                })?;
            let sums = n
                .iter()
                .map(|&n| check::possible_sums(&read.target.value, n));
            Ok(Output::PossibleSums(
                sums.collect::<std::result::Result<_, Error>>()?,
            ))
        }
    }
}

fn summarise(
    cohort: &Cohort,
    variables: &[String],
    by_arm: bool,
    by_wave: bool,
    chart: bool,
) -> std::result::Result<Output, Error> {
    let names: Vec<&str> = variables.iter().map(String::as_str).collect();
    let arm = cohort.arm_column().filter(|_| by_arm);
    let table = if by_wave {
        cohort.measurements()
    } else {
        cohort.subjects()
    };
    let wave = if by_wave || chart {
        Some(waves_of(cohort)?)
    } else {
        None
    };
    let by: Vec<&str> = arm.into_iter().chain(wave.filter(|_| by_wave)).collect();
    let summaries = describe::describe(table, &names, &by)?;
    let Some(wave) = wave.filter(|_| chart) else {
        return Ok(Output::Summaries {
            summaries,
            curves: Vec::new(),
        });
    };
    let months: Option<Vec<f64>> = cohort.waves().iter().map(|wave| wave.months).collect();
    let label = if months.is_some() { "months" } else { "wave" };
    let at = months.unwrap_or_else(|| {
        (1..=cohort.waves().len())
            .map(|place| place as f64)
            .collect()
    });
    let curves = names
        .iter()
        .map(|name| describe::means_over_time(cohort.measurements(), name, arm, wave, &at, label))
        .collect::<std::result::Result<_, Error>>()?;
    Ok(Output::Summaries { summaries, curves })
}

fn waves_of(cohort: &Cohort) -> std::result::Result<&str, Error> {
    cohort.wave_column().ok_or_else(|| Error::Argument {
        what: "`by_wave` and `chart`".to_owned(),
        why: "the data have no waves; declare [data] wave or wide".to_owned(),
    })
}

/// Counts of each pair of levels; rows without one of the two are left out.
fn cross_tabulate(
    table: &Table,
    rows: &str,
    columns: &str,
) -> std::result::Result<Array2<u64>, Error> {
    let (r, c) = (table.factor(rows)?, table.factor(columns)?);
    let mut counts = Array2::zeros((r.levels().len(), c.levels().len()));
    for row in 0..table.rows() {
        if let (Some(i), Some(j)) = (r.code(row), c.code(row)) {
            counts[[i as usize, j as usize]] += 1;
        }
    }
    Ok(counts)
}

fn rectangle(
    counts: &[Vec<u64>],
    rows: &[String],
    columns: &[String],
) -> std::result::Result<Array2<u64>, Error> {
    let fits = counts.len() == rows.len() && counts.iter().all(|row| row.len() == columns.len());
    if !fits {
        return Err(Error::Argument {
            what: "counts".to_owned(),
            why: format!(
                "expected {} rows of {} counts, as named",
                rows.len(),
                columns.len()
            ),
        });
    }
    Ok(Array2::from_shape_fn(
        (rows.len(), columns.len()),
        |(i, j)| counts[i][j],
    ))
}

fn t_test(
    cohort: &Cohort,
    allocation: Allocation,
    variable: &str,
    variance: Variance,
) -> std::result::Result<Estimate, Error> {
    let table = cohort.subjects();
    let no_arms = || Error::Argument {
        what: "a t test".to_owned(),
        why: "it compares two arms, but the study declares other than two".to_owned(),
    };
    let arm = cohort.arm_column().ok_or_else(no_arms)?;
    let factor = table.factor(arm)?;
    let [reference, other] = factor.levels() else {
        return Err(no_arms());
    };
    let numeric = table.numeric(variable)?;
    let values = |level: u32| -> Vec<f64> {
        (0..table.rows())
            .filter(|&row| factor.code(row) == Some(level))
            .filter_map(|row| numeric.get(row))
            .collect()
    };
    let (x, y) = (values(1), values(0));
    let unit = table.column(variable)?.unit.as_deref();
    let test = TTest {
        variance,
        ..TTest::default()
    };
    let mut estimate = test.two_samples(
        Group {
            name: other,
            values: &x,
        },
        Group {
            name: reference,
            values: &y,
        },
        unit,
    )?;
    let used = x.len() + y.len();
    note_omitted(&mut estimate, used, table.rows());
    if matches!(allocation, Allocation::SelfSelected | Allocation::Matched) {
        estimate.cautions.push(Caution::NotRandomised);
    }
    Ok(estimate)
}

fn paired(cohort: &Cohort, before: &str, after: &str) -> std::result::Result<Estimate, Error> {
    let table = cohort.subjects();
    let (b, a) = (table.numeric(before)?, table.numeric(after)?);
    let pairs: Vec<(f64, f64)> = b
        .iter()
        .zip(a.iter())
        .filter_map(|(b, a)| Some((b?, a?)))
        .collect();
    let (before_values, after_values): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
    let mut estimate = TTest::default().paired(
        Group {
            name: after,
            values: &after_values,
        },
        Group {
            name: before,
            values: &before_values,
        },
        table.column(after)?.unit.as_deref(),
    )?;
    note_omitted(&mut estimate, after_values.len(), table.rows());
    Ok(estimate)
}

fn note_omitted(estimate: &mut Estimate, used: usize, of: usize) {
    if used < of {
        estimate.sample.omitted = of - used;
        estimate.cautions.push(Caution::CompleteCases { used, of });
    }
}

/// The number that a claim names, or why there is none.
fn select(
    output: &Output,
    from: &Selector,
    evidence: Evidence,
) -> std::result::Result<Quantity, String> {
    let named = |what: String, value: Option<f64>| {
        value
            .map(|value| Quantity::plain(&what, value, evidence))
            .ok_or_else(|| format!("{what} is undefined"))
    };
    let no_figure = |kind: &str, figures: &str| {
        Err(format!(
            "{kind} has no `{}`; it has {figures}",
            from.figure.name()
        ))
    };
    match output {
        Output::Summaries { summaries, .. } => select_summary(summaries, from, evidence),
        Output::Flow(flow) => {
            let arms = flow
                .arms
                .iter()
                .filter(|arm| from.arm.as_ref().is_none_or(|a| *a == arm.arm));
            let count = match (&from.wave, from.figure) {
                (None, FigureName::N) => arms.map(|arm| arm.subjects).sum::<usize>(),
                (Some(wave), FigureName::N) => arms
                    .flat_map(|arm| &arm.waves)
                    .filter(|count| count.wave == *wave)
                    .map(|count| count.present)
                    .sum(),
                _ => return no_figure("a flow", "n"),
            };
            named("number of subjects".to_owned(), Some(count as f64))
        }
        Output::Test(test) => {
            let what = |name: &str| format!("{name} of {}", test.label);
            match from.figure {
                FigureName::Statistic => {
                    let mut quantity = named(what("statistic"), test.statistic)?;
                    quantity.p_value = test.p_value;
                    Ok(quantity)
                }
                FigureName::Df => named(what("degrees of freedom"), test.reference.df()),
                FigureName::PValue => named(what("p"), test.p_value),
                FigureName::N => named(what("n"), Some(test.sample.rows as f64)),
                _ => no_figure("a test", "statistic, df, p_value, n"),
            }
        }
        Output::Estimate(estimate) => select_estimate(estimate, from, evidence),
        Output::Lm(fit) => {
            let Some(term) = &from.term else {
                return Err("a model needs `term`, the coefficient that is meant".to_owned());
            };
            let labels = || fit.estimates.iter().map(|estimate| estimate.label.as_str());
            let estimate = fit
                .estimates
                .iter()
                .find(|estimate| estimate.label == *term)
                .ok_or_else(|| {
                    format!(
                        "there is no coefficient `{term}`{}",
                        kring_core::suggestion(term, labels())
                    )
                })?;
            select_estimate(estimate, from, evidence)
        }
        Output::PossibleSums(_) => no_figure("a range of sums", "nothing to compare"),
    }
}

fn select_estimate(
    estimate: &Estimate,
    from: &Selector,
    evidence: Evidence,
) -> std::result::Result<Quantity, String> {
    let plain = |name: &str, value: Option<f64>| {
        let what = format!("{name} of {}", estimate.label);
        value
            .map(|value| Quantity::plain(&what, value, evidence))
            .ok_or_else(|| format!("{what} is undefined"))
    };
    match from.figure {
        FigureName::Estimate => Quantity::estimate(estimate, evidence)
            .ok_or_else(|| "the estimate lies at the edge of its scale".to_owned()),
        FigureName::StdError => plain("standard error", estimate.std_error),
        FigureName::Statistic => plain("statistic", estimate.statistic()),
        FigureName::PValue => plain("p", estimate.p_value),
        FigureName::Df => plain("degrees of freedom", estimate.reference.df()),
        FigureName::N => plain("n", Some(estimate.sample.rows as f64)),
        other => Err(format!(
            "an estimate has no `{}`; it has estimate, std_error, statistic, p_value, df, n",
            other.name()
        )),
    }
}

fn select_summary(
    summaries: &[Summary],
    from: &Selector,
    evidence: Evidence,
) -> std::result::Result<Quantity, String> {
    let wanted = [from.arm.as_ref(), from.wave.as_ref()];
    let mut matching = summaries.iter().filter(|summary| {
        let strata_match = summary.strata.len() == wanted.iter().flatten().count()
            && wanted
                .iter()
                .flatten()
                .all(|level| summary.strata.iter().any(|s| s.level == **level));
        strata_match
            && from
                .variable
                .as_ref()
                .is_none_or(|variable| summary.variable == *variable)
    });
    let Some(summary) = matching.next() else {
        return Err(no_summary(summaries, from));
    };
    if matching.next().is_some() {
        return Err("several summaries fit; name the `variable`".to_owned());
    }
    let what = |name: &str| format!("{name} of {} ({})", summary.variable, summary.of());
    let plain = |name: &str, value: Option<f64>| {
        value
            .map(|value| Quantity::plain(what(name), value, evidence))
            .ok_or_else(|| format!("{} is undefined", what(name)))
    };
    match &summary.kind {
        SummaryKind::Levels(levels) => {
            if let (FigureName::N, None) = (from.figure, &from.level) {
                return plain("n", Some(summary.n as f64));
            }
            let names = || levels.iter().map(|level| level.level.as_str());
            let name = from.level.as_ref().ok_or("a factor needs `level`")?;
            let level = levels
                .iter()
                .find(|count| count.level == *name)
                .ok_or_else(|| {
                    format!(
                        "there is no level `{name}`{}",
                        kring_core::suggestion(name, names())
                    )
                })?;
            match from.figure {
                FigureName::N => plain(&format!("number with {name}"), Some(level.n as f64)),
                FigureName::Share => level
                    .share
                    .map(|share| {
                        Quantity::share(what(&format!("share with {name}")), share, evidence)
                    })
                    .ok_or_else(|| "nobody has a level".to_owned()),
                other => Err(format!(
                    "a factor has no `{}`; it has n, share",
                    other.name()
                )),
            }
        }
        SummaryKind::Numbers(figures) => match from.figure {
            FigureName::N => plain("n", Some(summary.n as f64)),
            FigureName::Missing => plain("number missing", Some(summary.missing as f64)),
            FigureName::Mean => {
                let mut quantity = plain("mean", figures.mean)?;
                quantity.std_error = figures.sd.map(|sd| sd / (summary.n as f64).sqrt());
                quantity.n = Some(summary.n);
                Ok(quantity)
            }
            FigureName::Sd => plain("standard deviation", figures.sd),
            FigureName::Median => plain("median", figures.median),
            FigureName::LowerQuartile => plain("lower quartile", figures.lower_quartile),
            FigureName::UpperQuartile => plain("upper quartile", figures.upper_quartile),
            FigureName::Min => plain("smallest value", figures.min),
            FigureName::Max => plain("largest value", figures.max),
            other => Err(format!(
                "a summary of numbers has no `{}`; it has n, missing, mean, sd, median, quartiles, min, max",
                other.name()
            )),
        },
    }
}

/// Which of `variable`, `arm` and `wave` fits no summary.
fn no_summary(summaries: &[Summary], from: &Selector) -> String {
    let unknown = |what: &str, name: &str, mut known: Vec<&str>| {
        known.dedup();
        (!known.contains(&name)).then(|| {
            format!(
                "there is no {what} `{name}`{}",
                kring_core::suggestion(name, known)
            )
        })
    };
    let variables = || {
        summaries
            .iter()
            .map(|summary| summary.variable.as_str())
            .collect()
    };
    let mut levels: Vec<&str> = summaries
        .iter()
        .flat_map(|s| &s.strata)
        .map(|s| s.level.as_str())
        .collect();
    levels.sort_unstable();
    from.variable
        .as_ref()
        .and_then(|name| unknown("variable", name, variables()))
        .or_else(|| {
            from.arm
                .as_ref()
                .and_then(|name| unknown("arm", name, levels.clone()))
        })
        .or_else(|| {
            from.wave
                .as_ref()
                .and_then(|name| unknown("wave", name, levels.clone()))
        })
        .unwrap_or_else(|| {
            let known: Vec<String> = summaries
                .iter()
                .map(|s| format!("{} ({})", s.variable, s.of()))
                .collect();
            format!(
                "name the `variable`, `arm` and `wave` of one of these: {}",
                known.join("; ")
            )
        })
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
            let close = (x - y).abs() <= 1e-9 * x.abs().max(y.abs());
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

/// Whether a variable is declared as numbers that a chart can start at zero.
pub(super) fn starts_at_zero(protocol: &Protocol, variable: &str) -> bool {
    protocol.design.outcomes.iter().any(|spec| {
        spec.name == variable
            && (spec.kind == Some(VariableKind::Count)
                || spec.range.is_some_and(|[low, _]| low == 0.0))
    })
}
