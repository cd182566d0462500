//! Cohorts with known truth: from a generator file, or from a calibration to printed figures.
//!
//! A [`Simulator`] is a file that was read and checked. It knows its truth and makes cohorts; whatever
//! comes of them is marked as simulated, in the labels of the columns, in the names of the files and
//! in every table.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use kring_cohort::{
    Cohort, Level, Per, ReadOptions, Roles, VariableKind, VariableSpec, Wave, Wide, read_bytes,
};
use kring_core::seed::Seed;
use kring_core::{Caution, ColumnData, Table};
use kring_report::{Content, Listing, ListingColumn, significant};
use kring_sim::calibration::{Calibrated, Calibration, TargetKind};
use kring_sim::generator::{CovariateValues, Distribution, Generator};
use kring_sim::plan::Plan;
use kring_sim::truth::{ArmTruth, Origin, Truth};
use kring_sim::{Simulated, parameter::Parameter};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::Error;

/// A generator that was read and checked, and how it came about.
///
/// ```
/// use kring::simulate::Simulator;
/// let simulator: Simulator = r#"
///     title = "Problems of families"
///     wave = [{ name = "1", time = 0 }, { name = "2", time = 1 }]
///     arm = [{ name = "WT", families = 60 }, { name = "EKC", families = 55 }]
///     [[outcome]]
///     name = "problems"
///     distribution = { kind = "nb2", theta = 2.0 }
///     intercept = 1.6
/// "#
/// .parse()?;
/// let cohort = simulator.cohort(2019, 0)?;
/// assert_eq!(cohort.cohort.subjects().rows(), 115);
/// assert!((simulator.truth()?.arms[0].margins[0].mean - 1.6_f64.exp()).abs() < 1e-12);
/// # Ok::<(), kring::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Simulator {
    plan: Plan,
    calibration: Option<Box<Fitted>>,
}

/// A calibration and what came of it.
#[derive(Debug, Clone)]
struct Fitted {
    calibration: Calibration,
    found: Calibrated,
}

/// A simulated cohort: no evidence of anything.
#[derive(Debug, Clone)]
pub struct SimulatedCohort {
    /// Its tables, and what they were drawn from.
    pub tables: Simulated,
    /// The same as a cohort, with arms, waves and outcomes declared.
    pub cohort: Cohort,
}

impl std::str::FromStr for Simulator {
    type Err = Error;

    /// Reads a generator or a calibration from TOML.
    fn from_str(text: &str) -> Result<Self, Error> {
        let table: toml::Table = text.parse().map_err(|error| unreadable(&error))?;
        if table.contains_key("generator") {
            Self::calibrate(from_toml(text)?)
        } else {
            Self::of(from_toml(text)?)
        }
    }
}

fn from_toml<T: DeserializeOwned>(text: &str) -> Result<T, Error> {
    toml::from_str(text).map_err(|error| unreadable(&error))
}

fn unreadable(error: &toml::de::Error) -> Error {
    Error::Argument {
        what: "the generator".to_owned(),
        why: error.to_string().trim_end().to_owned(),
    }
}

impl Simulator {
    /// Of a generator.
    pub fn of(generator: Generator) -> Result<Self, Error> {
        Ok(Self {
            plan: generator.plan()?,
            calibration: None,
        })
    }

    /// Of a calibration: its generator with the parameters that meet the targets.
    pub fn calibrate(calibration: Calibration) -> Result<Self, Error> {
        let found = calibration.calibrate()?;
        let plan = found.generator.plan()?;
        let calibration = Some(Box::new(Fitted { calibration, found }));
        Ok(Self { plan, calibration })
    }

    /// Of a generator or calibration as anything that serde can write, such as a dict of Python.
    pub fn of_data(data: serde_json::Value) -> Result<Self, Error> {
        let refused = |error: serde_json::Error| Error::Argument {
            what: "the generator".to_owned(),
            why: error.to_string(),
        };
        if data.get("generator").is_some() {
            Self::calibrate(serde_json::from_value(data).map_err(refused)?)
        } else {
            Self::of(serde_json::from_value(data).map_err(refused)?)
        }
    }

    /// Reads a file.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let fault = |why: String| Error::File {
            path: path.to_owned(),
            why,
        };
        let text = fs::read_to_string(path).map_err(|error| {
            fault(match error.kind() {
                std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
                std::io::ErrorKind::InvalidData => "it is not UTF-8 text".to_owned(),
                _ => error.to_string(),
            })
        })?;
        text.parse()
            .map_err(|error: Error| fault(error.to_string()))
    }

    /// The checked generator.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The generator, with calibrated parameters where it was calibrated.
    pub fn generator(&self) -> &Generator {
        self.plan.generator()
    }

    /// What was matched, assumed and left free, where it was calibrated.
    pub fn calibrated(&self) -> Option<&Calibrated> {
        self.calibration.as_ref().map(|fitted| &fitted.found)
    }

    /// The calibration, where it is one.
    pub fn calibration(&self) -> Option<&Calibration> {
        self.calibration.as_ref().map(|fitted| &fitted.calibration)
    }

    /// What the numbers must come to.
    pub fn truth(&self) -> Result<Truth, Error> {
        Ok(self.plan.truth()?)
    }

    /// The cohort of a seed and replicate.
    pub fn cohort(&self, seed: u64, replicate: u64) -> Result<SimulatedCohort, Error> {
        self.as_cohort(self.plan.simulate(&Seed::new(seed), replicate)?)
    }

    /// The cohort that a calibration asks for: the first replicate of its seed with the printed
    /// figures.
    pub fn companion(&self) -> Result<SimulatedCohort, Error> {
        let Some(fitted) = &self.calibration else {
            return Err(Error::Argument {
                what: "the companion".to_owned(),
                why: "this is a generator and not a calibration; give a seed".to_owned(),
            });
        };
        let companion = fitted.calibration.companion()?;
        self.as_cohort(companion.cohort)
    }

    /// Tables as a cohort, its columns declared by the generator.
    fn as_cohort(&self, tables: Simulated) -> Result<SimulatedCohort, Error> {
        let options = ReadOptions {
            delimiter: Some(','),
            missing: Some(Vec::new()),
            ..ReadOptions::default()
        };
        let name = "simulated-wide.csv";
        let mut dataset = read_bytes(name, csv(&tables.wide).as_bytes(), &options)?;
        let drawn = &tables.provenance;
        dataset.provenance.notes.push(format!(
            "Simulated data: no evidence. Generator: {}; seed {}, replicate {}.",
            drawn.generator, drawn.seed, drawn.replicate
        ));
        let cohort = Cohort::new(dataset, &self.roles())?;
        Ok(SimulatedCohort { tables, cohort })
    }

    /// What the columns of the wide table are.
    fn roles(&self) -> Roles {
        let generator = self.generator();
        let simulated = |label: Option<&String>, name: &str| {
            Some(format!(
                "{} (simulated)",
                label.map_or(name, String::as_str)
            ))
        };
        let mut variables = Vec::new();
        let mut wide = Vec::new();
        for outcome in &generator.outcomes {
            let columns = generator.waves.iter();
            let columns = columns.map(|wave| format!("{}_{}", outcome.name, wave.name));
            wide.push(Wide::columns(&outcome.name, columns));
            let (kind, levels) = match &outcome.distribution {
                Distribution::Continuous { .. } => (VariableKind::Continuous, Vec::new()),
                Distribution::Binary => (VariableKind::Binary, Vec::new()),
                Distribution::Ordinal { thresholds, levels } => {
                    let names = if levels.is_empty() {
                        (1..=thresholds.len() + 1).map(|k| k.to_string()).collect()
                    } else {
                        levels.clone()
                    };
                    (VariableKind::Ordinal, names)
                }
                _ => (VariableKind::Count, Vec::new()),
            };
            variables.push(VariableSpec {
                name: outcome.name.clone(),
                label: simulated(outcome.label.as_ref(), &outcome.name),
                unit: outcome.unit.clone(),
                kind: (kind != VariableKind::Binary).then_some(kind),
                levels: levels.into_iter().map(Level::named).collect(),
                per: Some(Per::Wave),
                ..VariableSpec::default()
            });
        }
        for covariate in &generator.covariates {
            let levels = match &covariate.values {
                CovariateValues::Numeric { .. } => Vec::new(),
                CovariateValues::Categorical { levels, .. } => levels.clone(),
            };
            variables.push(VariableSpec {
                name: covariate.name.clone(),
                label: simulated(covariate.label.as_ref(), &covariate.name),
                unit: covariate.unit.clone(),
                levels: levels.into_iter().map(Level::named).collect(),
                ..VariableSpec::default()
            });
        }
        Roles {
            subject: Some("family".to_owned()),
            arm: Some("arm".to_owned()),
            arms: generator
                .arms
                .iter()
                .map(|arm| Level::named(&arm.name))
                .collect(),
            waves: generator
                .waves
                .iter()
                .map(|wave| Wave::named(&wave.name))
                .collect(),
            clusters: generator.clusters.iter().map(|c| c.name.clone()).collect(),
            wide,
            variables,
            ..Roles::default()
        }
    }

    /// Writes cohorts into a folder, which is made where it does not exist: of each replicate
    /// `simulated-long` and `simulated-wide` as CSV, with them `generator.toml` and `truth.json`.
    ///
    /// Gives the names of the files.
    pub fn write(&self, cohorts: &[SimulatedCohort], folder: &Path) -> Result<Vec<String>, Error> {
        let fault = |path: &Path, why: String| Error::File {
            path: path.to_owned(),
            why,
        };
        fs::create_dir_all(folder).map_err(|error| {
            if folder.is_file() {
                return fault(folder, "it is a file; name a folder".to_owned());
            }
            fault(folder, error.to_string())
        })?;
        let mut files = Vec::new();
        let mut write = |name: String, text: &str| {
            let path = folder.join(&name);
            let written = fs::write(&path, text).map_err(|error| fault(&path, error.to_string()));
            files.push(name);
            written
        };
        for cohort in cohorts {
            let which = match cohorts.len() {
                1 => String::new(),
                _ => format!("-{}", cohort.tables.provenance.replicate),
            };
            write(
                format!("simulated-long{which}.csv"),
                &csv(&cohort.tables.long),
            )?;
            write(
                format!("simulated-wide{which}.csv"),
                &csv(&cohort.tables.wide),
            )?;
        }
        let generator =
            toml::to_string(self.generator()).map_err(|error| fault(folder, error.to_string()))?;
        write("generator.toml".to_owned(), &generator)?;
        let account = Account {
            note: "Simulated data: no evidence.",
            truth: self.truth()?,
            calibrated: self.calibrated(),
            drawn: cohorts.iter().map(|c| &c.tables.provenance).collect(),
        };
        let account = serde_json::to_string_pretty(&account)
            .map_err(|error| fault(folder, error.to_string()))?;
        write("truth.json".to_owned(), &account)?;
        Ok(files)
    }

    /// The truth as tables.
    pub fn truth_content(&self) -> Result<Vec<Content>, Error> {
        let truth = self.truth()?;
        let arms = truth.arms.iter();
        let contents = [
            listing(
                "What the numbers must come to, in all families",
                &[],
                &["Arm", "Outcome", "Wave"],
                &["Families", "Mean", "SD", "Mean without the arm's effect"],
                arms.clone()
                    .flat_map(|arm| margins(arm, self.generator()))
                    .collect(),
            ),
            listing(
                "Correlations within a family",
                &[],
                &["Arm", "Between", "And"],
                &["Correlation"],
                arms.clone().flat_map(correlations).collect(),
            ),
            listing(
                "Correlations of two families in one unit",
                &[],
                &["Arm", "Unit", "Outcome", "Wave"],
                &["Correlation"],
                arms.clone().flat_map(clusters).collect(),
            ),
            listing(
                "What is not seen",
                &simulated_truth(&truth),
                &["Arm", "What", "Wave"],
                &["Share"],
                arms.flat_map(missing).collect(),
            ),
            parameters(&truth, self.generator()),
        ];
        Ok(contents
            .into_iter()
            .filter(|listing| !listing.rows.is_empty())
            .map(Content::Listing)
            .collect())
    }

    /// What a calibration matched, assumed and left free, as tables; nothing of a generator.
    pub fn calibration_content(&self) -> Vec<Content> {
        let Some(fitted) = &self.calibration else {
            return Vec::new();
        };
        let mut content = account_of(&fitted.found);
        let notes = &fitted.calibration.notes;
        if !notes.is_empty() {
            content.push(Content::Text(notes.join("\n\n")));
        }
        content
    }
}

/// What a calibration matched, assumed and left free.
pub(crate) fn account_of(found: &Calibrated) -> Vec<Content> {
    let matched = found.matched.iter().map(|matched| {
        let kind = match matched.target.kind {
            TargetKind::Published => "printed",
            TargetKind::Assumed => "assumed",
        };
        vec![
            plain(&matched.target.figure.to_string()),
            kind.to_owned(),
            plain(&matched.target.by.to_string()),
            matched.target.source.clone().unwrap_or_default(),
            significant(matched.target.value),
            significant(matched.achieved),
            significant(matched.parameter),
        ]
    });
    let assumed = found.assumed.iter().map(|assumed| {
        vec![
            plain(&assumed.parameter.to_string()),
            assumed.why.clone(),
            significant(assumed.value),
        ]
    });
    let free = found.free.iter();
    let free = free.map(|p| vec![plain(&p.parameter.to_string()), significant(p.value)]);
    let listings = [
        listing(
            "Figures that were matched",
            &[],
            &["Figure", "", "By", "Source"],
            &["Wanted", "Met", "Parameter"],
            matched.collect(),
        ),
        listing(
            "Parameters that were assumed",
            &[],
            &["Parameter", "Why"],
            &["Value"],
            assumed.collect(),
        ),
        listing(
            "Parameters that nothing determines",
            &[],
            &["Parameter"],
            &["Value"],
            free.collect(),
        ),
    ];
    let full = listings.into_iter().filter(|l| !l.rows.is_empty());
    full.map(Content::Listing).collect()
}

/// What stands beside simulated files.
#[derive(Serialize)]
struct Account<'a> {
    note: &'static str,
    truth: Truth,
    calibrated: Option<&'a Calibrated>,
    drawn: Vec<&'a kring_sim::Drawn>,
}

/// A table marked as simulated.
pub(crate) fn listing(
    title: &str,
    notes: &[String],
    words: &[&str],
    numbers: &[&str],
    rows: Vec<Vec<String>>,
) -> Listing {
    let words = words.iter().map(|head| ListingColumn::words(*head));
    let numbers = numbers.iter().map(|head| ListingColumn::numbers(*head));
    Listing {
        title: title.to_owned(),
        columns: words.chain(numbers).collect(),
        rows,
        notes: notes.to_vec(),
        cautions: vec![Caution::Simulated],
    }
}

/// Names without the marks that messages set around them.
fn plain(words: &str) -> String {
    words.replace('`', "")
}

fn margins(arm: &ArmTruth, generator: &Generator) -> Vec<Vec<String>> {
    let row = |margin: &kring_sim::truth::MarginTruth| {
        let outcome = generator.outcomes.iter().find(|o| o.name == margin.outcome);
        let label = outcome.and_then(|o| o.label.clone());
        vec![
            arm.arm.clone(),
            label.unwrap_or_else(|| margin.outcome.clone()),
            margin.wave.clone(),
            arm.families.to_string(),
            significant(margin.mean),
            significant(margin.sd),
            significant(margin.mean_without),
        ]
    };
    arm.margins.iter().map(row).collect()
}

fn correlations(arm: &ArmTruth) -> Vec<Vec<String>> {
    let row = |pair: &kring_sim::truth::CorrelationTruth| {
        let end = |at: usize| format!("{} at wave {}", pair.outcomes[at], pair.waves[at]);
        // What only rounding keeps from zero is zero.
        let value = if pair.value.abs() < 1e-12 {
            0.0
        } else {
            pair.value
        };
        vec![arm.arm.clone(), end(0), end(1), significant(value)]
    };
    arm.correlations.iter().map(row).collect()
}

fn clusters(arm: &ArmTruth) -> Vec<Vec<String>> {
    let row = |cluster: &kring_sim::truth::ClusterTruth| {
        vec![
            arm.arm.clone(),
            cluster.cluster.clone(),
            cluster.outcome.clone(),
            cluster.wave.clone(),
            significant(cluster.icc),
        ]
    };
    arm.clusters.iter().map(row).collect()
}

fn missing(arm: &ArmTruth) -> Vec<Vec<String>> {
    let missing = arm.missing.iter().map(|missing| {
        vec![
            arm.arm.clone(),
            format!("{} is missing", missing.outcome),
            missing.wave.clone(),
            significant(missing.share),
        ]
    });
    let events = arm.events.iter().map(|event| {
        vec![
            arm.arm.clone(),
            format!("{} by the end", event.event),
            String::new(),
            significant(event.share),
        ]
    });
    missing.chain(events).collect()
}

/// Says which shares have an error of their own.
fn simulated_truth(truth: &Truth) -> Vec<String> {
    let shares = truth.arms.iter().flat_map(|arm| &arm.missing);
    let mut worst: Option<(usize, f64)> = None;
    for missing in shares {
        if let Origin::Simulated { families, mcse } = missing.origin {
            let before = worst.map_or(0.0, |(_, error)| error);
            worst = Some((families, f64::max(before, mcse)));
        }
    }
    let said = worst.map(|(families, mcse)| {
        format!(
            "Shares that have no closed form are from {families} simulated families: Monte Carlo \
             standard error at most {}.",
            significant(mcse)
        )
    });
    said.into_iter().collect()
}

fn parameters(truth: &Truth, generator: &Generator) -> Listing {
    let rows = truth.parameters.iter().map(|parameter| {
        vec![
            plain(&parameter.parameter.to_string()),
            significant(parameter.value),
        ]
    });
    let title = format!("Parameters of the generator: {}", generator.title);
    listing(&title, &[], &["Parameter"], &["Value"], rows.collect())
}

/// The parameter that an effect is: the one effect that is not zero.
pub(crate) fn only_effect(generator: &Generator) -> Result<Parameter, Error> {
    let all = Parameter::all(generator).into_iter();
    let mut effects: Vec<Parameter> = all
        .filter(|p| {
            matches!(
                p,
                Parameter::EffectLevel { .. }
                    | Parameter::EffectSlope { .. }
                    | Parameter::EffectAfter { .. }
                    | Parameter::EventEffect { .. }
            )
        })
        .collect();
    if effects.len() == 1
        && let Some(only) = effects.pop()
    {
        return Ok(only);
    }
    let names: Vec<String> = effects.iter().map(|p| plain(&p.to_string())).collect();
    Err(Error::Argument {
        what: "the effect".to_owned(),
        why: if names.is_empty() {
            "the generator has none; add an [[effect]], or name the parameter that is meant"
                .to_owned()
        } else {
            format!(
                "the generator has several ({}); name the parameter that is meant",
                names.join("; ")
            )
        },
    })
}

/// A table as CSV: an empty cell where a value is missing, every digit of a number.
pub fn csv(table: &Table) -> String {
    let columns = table.columns();
    let heads: Vec<String> = columns.iter().map(|column| quoted(&column.name)).collect();
    let mut text = heads.join(",");
    text.push('\n');
    for row in 0..table.rows() {
        for (place, column) in columns.iter().enumerate() {
            if place > 0 {
                text.push(',');
            }
            match column.data() {
                ColumnData::Numeric(numbers) => {
                    if let Some(x) = numbers.get(row) {
                        let _ = write!(text, "{x}");
                    }
                }
                ColumnData::Factor(factor) => {
                    let level = factor.code(row).and_then(|code| {
                        let place = usize::try_from(code).unwrap_or(usize::MAX);
                        factor.levels().get(place)
                    });
                    text.push_str(&level.map(|level| quoted(level)).unwrap_or_default());
                }
            }
        }
        text.push('\n');
    }
    text
}

/// A text as a cell of CSV.
fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}
