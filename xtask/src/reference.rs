//! `cargo xtask reference`: every figure of the corpus computed and compared.
//!
//! Each case is fitted by the function of its kind, and every field of `expected` is compared within
//! the tolerance of the case. A kind or field that is not known fails; what a later issue brings is on
//! a closed list, shown as pending and never counted as passed; a known difference from R stands in
//! `reference/explained.toml` and fails as soon as it agrees. `reference/README.md` has the rules.

mod case;
mod compare;
mod explained;
mod kinds;

use std::collections::BTreeMap;
use std::fmt::{self, Display};
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::{Map, Value};
use thiserror::Error;

use case::{Answer, Case, Field};
use compare::{Compared, Difference, Tolerance, compare, in_shape_of};
use explained::Explained;

/// Computes every figure of the corpus and compares it with R's.
#[derive(Debug, Clone, Default, Args)]
pub struct ReferenceArgs {
    /// The groups to run; all of them where none is named.
    groups: Vec<String>,
    /// A corpus of the same shape: a folder with `cases` and `data`.
    #[arg(long, value_name = "DIR")]
    corpus: Option<PathBuf>,
    /// Writes what was computed, keyed by the id of the case, in the shape of `expected`. What was not
    /// computed is null.
    #[arg(long, value_name = "FILE")]
    emit: Option<PathBuf>,
}

/// What the runner refuses, and why a case cannot be computed.
///
/// | variant | when | what to do |
/// |---|---|---|
/// | [`File`](Error::File) | a file or folder cannot be read, written or understood | look at it |
/// | [`NoCases`](Error::NoCases) | the corpus holds no case | point `--corpus` at a folder with `cases` and `data` |
/// | [`UnknownGroup`](Error::UnknownGroup) | a group is named that the corpus does not have | use one the message lists |
/// | [`Case`](Error::Case) | a case contradicts itself or its data, or has options that are not known | correct the case |
/// | the others | an estimator or a reader refuses | see there |
#[derive(Debug, Error)]
#[allow(
    missing_docs,
    reason = "the table above documents every variant and its fields speak"
)]
pub enum Error {
    #[error("{path}: {reason}")]
    File { path: String, reason: String },
    #[error(
        "{path} holds no case: a corpus is a folder with `cases/<group>/<name>.json` and `data`"
    )]
    NoCases { path: String },
    #[error("there is no group `{group}`; the groups are {known}")]
    UnknownGroup { group: String, known: String },
    #[error("{0}")]
    Case(String),
    #[error(transparent)]
    Core(#[from] kring_core::Error),
    #[error(transparent)]
    Cohort(#[from] kring_cohort::Error),
    #[error(transparent)]
    Formula(#[from] kring_formula::Error),
    #[error(transparent)]
    Stats(#[from] kring_stats::Error),
    #[error(transparent)]
    Network(#[from] kring_network::Error),
    #[error(transparent)]
    Sim(#[from] kring_sim::Error),
}

impl Error {
    fn file(path: &Path, reason: impl Display) -> Self {
        Self::File {
            path: path.display().to_string(),
            reason: reason.to_string(),
        }
    }
}

/// What came of a run; as text, the report.
#[derive(Debug, Clone)]
pub struct Outcome {
    cases: Vec<CaseOutcome>,
    /// Explanations of cases or fields that the corpus does not have.
    stale: Vec<String>,
}

#[derive(Debug, Clone)]
struct CaseOutcome {
    id: String,
    compared: Compared,
    /// Fields that were compared.
    fields: usize,
    /// Fields whose difference from R is explained.
    explained: usize,
    /// Pending methods, one entry a field; of a case that is pending as a whole, one entry.
    pending: Vec<String>,
    /// What was computed, in the shape of `expected`.
    computed: Value,
}

/// Runs the corpus.
pub fn run(args: &ReferenceArgs) -> Result<Outcome, Error> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .join("reference");
    let explained = Explained::read(&own.join("explained.toml"))?;
    let corpus = args.corpus.as_deref().unwrap_or(&own);
    let ids = ids(corpus, &args.groups)?;
    let cases: Vec<CaseOutcome> = ids
        .iter()
        .map(|id| run_case(corpus, id, &explained))
        .collect();
    // The list belongs to the project's own corpus, so only there can an entry have lost its case.
    let whole = args.corpus.is_none() && args.groups.is_empty();
    let outcome = Outcome {
        stale: if whole {
            stale(&explained, corpus)
        } else {
            Vec::new()
        },
        cases,
    };
    if let Some(path) = &args.emit {
        outcome.emit(path)?;
    }
    Ok(outcome)
}

/// The ids of all cases in the groups, in order.
fn ids(corpus: &Path, groups: &[String]) -> Result<Vec<String>, Error> {
    let mut by_group: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for folder in listed(&corpus.join("cases"))? {
        let group = name(&folder);
        for file in if folder.is_dir() {
            listed(&folder)?
        } else {
            Vec::new()
        } {
            if let Some(case) = name(&file).strip_suffix(".json") {
                by_group
                    .entry(group.clone())
                    .or_default()
                    .push(format!("{group}/{case}"));
            }
        }
    }
    if by_group.is_empty() {
        return Err(Error::NoCases {
            path: corpus.display().to_string(),
        });
    }
    if let Some(unknown) = groups.iter().find(|group| !by_group.contains_key(*group)) {
        let known: Vec<&str> = by_group.keys().map(String::as_str).collect();
        return Err(Error::UnknownGroup {
            group: unknown.clone(),
            known: known.join(", "),
        });
    }
    by_group.retain(|group, _| groups.is_empty() || groups.contains(group));
    Ok(by_group.into_values().flatten().collect())
}

/// What a folder holds, in order.
fn listed(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let entries = std::fs::read_dir(folder).map_err(|error| Error::file(folder, error))?;
    let mut paths = entries
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| Error::file(folder, error))?;
    paths.sort();
    Ok(paths)
}

fn name(path: &Path) -> String {
    path.file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default()
}

fn run_case(corpus: &Path, id: &str, explained: &Explained) -> CaseOutcome {
    let mut outcome = CaseOutcome {
        id: id.to_owned(),
        compared: Compared::default(),
        fields: 0,
        explained: 0,
        pending: Vec::new(),
        computed: Value::Null,
    };
    let case = match Case::read(corpus, id) {
        Ok(case) => case,
        Err(error) => return outcome.refused("", &error.to_string()),
    };
    let method = case.method();
    let Some(compute) = kinds::find(&method) else {
        if !kinds::is_pending(&method) {
            return outcome.refused("", &format!("there is no kind {method}"));
        }
        outcome.pending.push(method);
        return outcome;
    };
    let fields = case.fields();
    if fields.is_empty() {
        return outcome.refused("expected", "there is no field to compare");
    }
    let answers = match compute(&case) {
        Ok(answers) => answers,
        Err(error) => return outcome.refused("", &error.to_string()),
    };
    let tolerance = Tolerance::new(case.relative_tolerance, case.absolute_tolerance);
    let mut computed = Vec::with_capacity(fields.len());
    for (field, answer) in fields.into_iter().zip(answers) {
        computed.push(outcome.take(&case, field, answer, tolerance, explained));
    }
    outcome.computed = match &case.expected {
        Value::Object(fields) => {
            Value::Object(fields.keys().cloned().zip(computed).collect::<Map<_, _>>())
        }
        _ => Value::Array(computed),
    };
    outcome
}

impl CaseOutcome {
    /// The case as failed, without figures.
    fn refused(mut self, path: &str, why: &str) -> Self {
        self.differ(path, why);
        self
    }

    fn differ(&mut self, path: &str, why: &str) {
        self.compared.differences.push(Difference {
            path: path.to_owned(),
            ours: why.to_owned(),
            expected: String::new(),
            error: None,
        });
    }

    /// Compares one answer, and gives back what is written for it.
    fn take(
        &mut self,
        case: &Case,
        field: Field<'_>,
        answer: Answer,
        tolerance: Tolerance,
        explained: &Explained,
    ) -> Value {
        let path = case.path(field);
        let ours = match answer {
            Answer::Figures(ours) => in_shape_of(ours, field.expected),
            Answer::Pending(method) => {
                self.pending.push(method);
                return Value::Null;
            }
            Answer::Refused(why) => {
                self.differ(&path, &why);
                return Value::Null;
            }
        };
        self.fields += 1;
        let with_r = compare(&path, &ours, field.expected, tolerance);
        let compared = match explained.find(&case.id, &path) {
            None => with_r,
            Some(_) if with_r.differences.is_empty() => {
                self.differ(&path, "agrees with R: take it out of explained.toml");
                return ours;
            }
            Some(explanation) => {
                self.explained += 1;
                compare(&path, &ours, &explanation.proven, tolerance)
            }
        };
        self.compared.values += compared.values;
        self.compared.largest = self.compared.largest.max(compared.largest);
        self.compared.differences.extend(compared.differences);
        ours
    }

    fn group(&self) -> &str {
        self.id.split('/').next().unwrap_or_default()
    }

    fn failed(&self) -> bool {
        !self.compared.differences.is_empty()
    }

    /// All fields were compared and agree.
    fn passed(&self) -> bool {
        !self.failed() && self.pending.is_empty()
    }
}

/// Explanations that explain nothing.
fn stale(explained: &Explained, corpus: &Path) -> Vec<String> {
    let differences = explained.differences.iter();
    let stale = differences.filter(|known| {
        Case::read(corpus, &known.case).is_ok_and(|case| {
            case.fields()
                .into_iter()
                .all(|field| case.path(field) != known.field)
        }) || !corpus
            .join("cases")
            .join(format!("{}.json", known.case))
            .is_file()
    });
    stale
        .map(|known| format!("{} {}", known.case, known.field))
        .collect()
}

impl Outcome {
    /// Whether nothing failed. What is pending has not failed.
    pub fn passed(&self) -> bool {
        self.stale.is_empty() && !self.cases.iter().any(CaseOutcome::failed)
    }

    fn emit(&self, path: &Path) -> Result<(), Error> {
        let computed = self
            .cases
            .iter()
            .map(|case| (case.id.clone(), case.computed.clone()));
        let text = serde_json::to_string_pretty(&computed.collect::<Map<_, _>>());
        let text = text.map_err(|error| Error::file(path, error))?;
        std::fs::write(path, text + "\n").map_err(|error| Error::file(path, error))
    }

    fn groups(&self) -> Vec<(&str, Vec<&CaseOutcome>)> {
        let mut groups: Vec<(&str, Vec<&CaseOutcome>)> = Vec::new();
        for case in &self.cases {
            match groups.last_mut() {
                Some((group, cases)) if *group == case.group() => cases.push(case),
                _ => groups.push((case.group(), vec![case])),
            }
        }
        groups
    }

    /// Pending methods, each with the number of cases and fields that wait for it.
    fn pending(&self) -> BTreeMap<&str, usize> {
        let mut pending = BTreeMap::new();
        for method in self.cases.iter().flat_map(|case| &case.pending) {
            *pending.entry(method.as_str()).or_default() += 1;
        }
        pending
    }
}

impl Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let head = [
            "group",
            "cases",
            "passed",
            "failed",
            "pending",
            "fields",
            "values",
            "largest error",
            "verdict",
        ];
        let mut rows = vec![head.map(str::to_owned).to_vec()];
        rows.extend(self.groups().iter().map(|(group, cases)| row(group, cases)));
        rows.push(row("all", &self.cases.iter().collect::<Vec<_>>()));
        write_aligned(f, &rows, 1..8)?;
        writeln!(
            f,
            "\nlargest error: relative to |expected|, or to the size below which the absolute tolerance rules"
        )?;

        let pending = self.pending();
        if !pending.is_empty() {
            writeln!(f, "\npending, for later issues (not passed):")?;
            let rows: Vec<_> = pending
                .into_iter()
                .map(|(method, n)| {
                    let what = if kinds::is_field(method) {
                        "field"
                    } else {
                        "case"
                    };
                    vec![
                        format!("  {method}"),
                        n.to_string(),
                        format!("{what}{}", if n == 1 { "" } else { "s" }),
                    ]
                })
                .collect();
            write_aligned(f, &rows, 1..2)?;
        }
        let explained: usize = self.cases.iter().map(|case| case.explained).sum();
        if explained > 0 {
            writeln!(
                f,
                "\n{explained} fields differ from R for a proven reason (reference/explained.toml)"
            )?;
        }
        if !self.passed() {
            writeln!(f, "\nfailed:")?;
            let head = ["  case", "field", "ours", "expected", "relative error"]
                .map(str::to_owned)
                .to_vec();
            let mut rows = vec![head];
            for case in &self.cases {
                rows.extend(case.compared.differences.iter().map(|difference| {
                    let error = difference
                        .error
                        .map_or_else(String::new, |error| format!("{error:.1e}"));
                    let Difference {
                        path,
                        ours,
                        expected,
                        ..
                    } = difference.clone();
                    vec![format!("  {}", case.id), path, ours, expected, error]
                }));
            }
            write_aligned(f, &rows, 4..5)?;
            for entry in &self.stale {
                writeln!(
                    f,
                    "  explained.toml explains {entry}, which the corpus does not have"
                )?;
            }
        }
        Ok(())
    }
}

fn row(group: &str, cases: &[&CaseOutcome]) -> Vec<String> {
    let sum =
        |count: fn(&CaseOutcome) -> usize| cases.iter().map(|case| count(case)).sum::<usize>();
    let passed = sum(|case| usize::from(case.passed()));
    let failed = sum(|case| usize::from(case.failed()));
    let pending = cases.len() - passed - failed;
    let values = sum(|case| case.compared.values);
    let largest = cases
        .iter()
        .map(|case| case.compared.largest)
        .fold(0.0, f64::max);
    let verdict = match (failed, values, pending) {
        (1.., _, _) => "FAILED",
        (0, 0, _) => "pending",
        (0, _, 0) => "passed",
        _ => "passed, rest pending",
    };
    let mut row = vec![group.to_owned()];
    row.extend(
        [
            cases.len(),
            passed,
            failed,
            pending,
            sum(|case| case.fields),
            values,
        ]
        .map(|n| n.to_string()),
    );
    row.push(if values == 0 {
        "–".to_owned()
    } else {
        format!("{largest:.1e}")
    });
    row.push(verdict.to_owned());
    row
}

/// Writes rows in columns, those of `right` to the right.
fn write_aligned(
    f: &mut fmt::Formatter<'_>,
    rows: &[Vec<String>],
    right: std::ops::Range<usize>,
) -> fmt::Result {
    let columns = rows.first().map_or(0, Vec::len);
    let width = |j: usize| {
        rows.iter()
            .map(|row| row[j].chars().count())
            .max()
            .unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    for row in rows {
        let cells = row.iter().enumerate().map(|(j, cell)| {
            let width = widths[j];
            if right.contains(&j) {
                format!("{cell:>width$}")
            } else {
                format!("{cell:<width$}")
            }
        });
        writeln!(f, "{}", cells.collect::<Vec<_>>().join("  ").trim_end())?;
    }
    Ok(())
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    reason = "a test may stop at what it did not expect"
)]
mod tests {
    use std::fs;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use serde_json::json;

    use super::*;

    /// A corpus of its own in a folder that is removed in the end.
    struct Corpus(PathBuf);

    impl Corpus {
        fn new(cases: &[(&str, Value)]) -> Self {
            static NEXT: AtomicUsize = AtomicUsize::new(0);
            let place = format!(
                "kring-corpus-{}-{}",
                std::process::id(),
                NEXT.fetch_add(1, Ordering::Relaxed)
            );
            let corpus = Self(std::env::temp_dir().join(place));
            fs::create_dir_all(corpus.0.join("data")).unwrap();
            fs::write(
                corpus.0.join("data").join("five.csv"),
                "y,arm\n1,WT\n2,EKC\n4,EKC\nNA,WT\n3,WT\n",
            )
            .unwrap();
            for (id, case) in cases {
                corpus.write(id, &case.to_string());
            }
            corpus
        }

        fn write(&self, id: &str, text: &str) {
            let path = self.0.join("cases").join(format!("{id}.json"));
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }

        fn run(&self) -> Outcome {
            run(&ReferenceArgs {
                corpus: Some(self.0.clone()),
                ..ReferenceArgs::default()
            })
            .unwrap()
        }
    }

    impl Drop for Corpus {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    /// X² of [[10, 10], [5, 15]] is 8/3 by hand (kring-stats, chi_squared.rs).
    fn chi_squared(id: &str) -> Value {
        json!({
            "id": id,
            "model": { "kind": "table_test", "test": "chi_squared", "table": [[10, 10], [5, 15]] },
            "r": "by hand",
            "expected": { "statistic": 8.0 / 3.0, "df": 1 },
            "relative_tolerance": 1e-12
        })
    }

    /// The mean of 1, 2, 4 and 3.
    fn mean(id: &str) -> Value {
        json!({
            "id": id,
            "model": { "kind": "summary", "variable": "y" },
            "r": "by hand", "data": "five.csv", "rows": 5, "levels": { "arm": ["WT", "EKC"] },
            "expected": { "mean": 2.5, "missing": 1 },
            "relative_tolerance": 1e-12
        })
    }

    fn failures(outcome: &Outcome) -> Vec<(String, String)> {
        let of = |case: &CaseOutcome| case.compared.differences.clone();
        outcome
            .cases
            .iter()
            .flat_map(of)
            .map(|difference| (difference.path, difference.ours))
            .collect()
    }

    #[test]
    fn the_projects_own_corpus_has_no_failure() {
        let outcome = run(&ReferenceArgs::default()).unwrap();
        assert!(outcome.passed(), "{outcome}");
        assert!(outcome.cases.iter().any(CaseOutcome::passed));
    }

    #[test]
    fn what_agrees_passes() {
        let corpus = Corpus::new(&[
            ("a/table", chi_squared("a/table")),
            ("a/mean", mean("a/mean")),
        ]);
        let outcome = corpus.run();
        assert!(
            outcome.passed() && outcome.cases.iter().all(CaseOutcome::passed),
            "{outcome}"
        );
        let text = outcome.to_string();
        assert!(
            text.contains("a          2       2       0        0       4       4"),
            "{text}"
        );
    }

    /// Every way in which a case is not what it should be, and what is said of it.
    #[test]
    fn nothing_is_skipped_silently() {
        let changed = |pointer: &str, value: Value| {
            let mut case = mean("a/case");
            let (parent, key) = pointer.rsplit_once('/').unwrap();
            case.pointer_mut(parent).unwrap()[key] = value;
            case
        };
        for (case, path, why) in [
            (changed("/expected/mean", json!(2.6)), "mean", "2.5"),
            (changed("/expected/mean", json!(null)), "mean", "2.5"),
            (
                changed("/expected/mode", json!(1)),
                "mode",
                "kind summary has no field of this name",
            ),
            (
                changed("/expected", json!({})),
                "expected",
                "there is no field to compare",
            ),
            (
                changed("/model/kind", json!("wizardry")),
                "",
                "there is no kind wizardry",
            ),
            (
                changed("/model/trim", json!(0.1)),
                "",
                "model: unknown field `trim`, expected `variable` or `quantile`",
            ),
            (
                changed("/model/variable", json!("x")),
                "",
                "there is no column `x` in the table",
            ),
            (
                changed("/rows", json!(6)),
                "",
                "five.csv has 5 rows, but the case says 6",
            ),
            (
                changed("/levels/arm", json!(["EKC"])),
                "",
                "five.csv: `arm` has 'WT', which is none of its levels",
            ),
            (
                changed("/levels/sex", json!([])),
                "",
                "five.csv has no column `sex`, of which `levels` speaks",
            ),
            (
                changed("/id", json!("a/other")),
                "",
                "the file stands at a/case, but its id is a/other",
            ),
            (
                changed("/relative_tolerance", json!(-1)),
                "",
                "a tolerance is not a number of zero or more",
            ),
            (
                changed("/tolerance", json!(1)),
                "",
                "unknown field `tolerance`",
            ),
        ] {
            let corpus = Corpus::new(&[("a/case", case)]);
            let outcome = corpus.run();
            assert!(!outcome.passed());
            let found = failures(&outcome);
            assert!(
                found.len() == 1 && found[0].0 == path && found[0].1.contains(why),
                "{found:?} is not {path}: {why}"
            );
        }
        let corpus = Corpus::new(&[]);
        corpus.write("a/broken", "{");
        assert!(!corpus.run().passed());
    }

    #[test]
    fn what_is_pending_neither_passes_nor_fails() {
        let mut case = chi_squared("a/case");
        case["model"] = json!({ "kind": "cox" });
        let outcome = Corpus::new(&[("a/case", case)]).run();
        assert!(
            outcome.passed() && !outcome.cases.iter().any(CaseOutcome::passed),
            "{outcome}"
        );
        assert_eq!(outcome.pending(), BTreeMap::from([("cox", 1)]));
    }

    #[test]
    fn what_was_computed_is_written_for_every_case() {
        let mut pending = chi_squared("b/pending");
        pending["model"] = json!({ "kind": "glmm" });
        let mut wrong = mean("a/mean");
        wrong["expected"]["mean"] = json!(7);
        let corpus = Corpus::new(&[
            ("a/table", chi_squared("a/table")),
            ("a/mean", wrong),
            ("b/pending", pending),
        ]);
        corpus.write("b/broken", "{");
        let file = corpus.0.join("computed.json");
        run(&ReferenceArgs {
            corpus: Some(corpus.0.clone()),
            emit: Some(file.clone()),
            groups: Vec::new(),
        })
        .unwrap();
        let computed: Value = serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
        let expected = json!({
            "a/mean": { "mean": 2.5, "missing": 1 },
            "a/table": computed["a/table"],
            "b/broken": null,
            "b/pending": null
        });
        assert_eq!(computed, expected);
        assert_eq!(computed["a/table"].as_object().unwrap().len(), 2);
    }

    #[test]
    fn an_unknown_group_lists_those_there_are() {
        let corpus = Corpus::new(&[("a/mean", mean("a/mean")), ("b/mean", mean("b/mean"))]);
        let run_groups = |groups: &[&str]| {
            let groups = groups.iter().map(|&group| group.to_owned()).collect();
            run(&ReferenceArgs {
                corpus: Some(corpus.0.clone()),
                groups,
                emit: None,
            })
        };
        assert_eq!(run_groups(&["b"]).unwrap().cases.len(), 1);
        assert_eq!(
            run_groups(&["b", "c"]).unwrap_err().to_string(),
            "there is no group `c`; the groups are a, b"
        );
        let nowhere = ReferenceArgs {
            corpus: Some(corpus.0.join("data")),
            ..ReferenceArgs::default()
        };
        assert!(matches!(run(&nowhere), Err(Error::File { .. })));
    }

    #[test]
    fn an_explained_difference_is_what_was_proven_or_fails() {
        let explained = |proven: Value| -> Explained {
            let entry = json!({ "case": "a/mean", "field": "mean", "proven": proven, "reason": "…", "proof": "…" });
            serde_json::from_value(json!({ "difference": [entry] })).unwrap()
        };
        let mut of_r = mean("a/mean");
        of_r["expected"]["mean"] = json!(2.4);
        let differs = Corpus::new(&[("a/mean", of_r)]);
        let outcome = run_case(&differs.0, "a/mean", &explained(json!(2.5)));
        assert!(outcome.passed() && outcome.explained == 1);
        assert!(run_case(&differs.0, "a/mean", &explained(json!(2.45))).failed());

        let agrees = Corpus::new(&[("a/mean", mean("a/mean"))]);
        let outcome = run_case(&agrees.0, "a/mean", &explained(json!(2.5)));
        assert_eq!(
            outcome.compared.differences[0].ours,
            "agrees with R: take it out of explained.toml"
        );

        let none = Corpus::new(&[("a/other", mean("a/other"))]);
        assert_eq!(stale(&explained(json!(2.5)), &none.0), ["a/mean mean"]);
        assert!(stale(&explained(json!(2.5)), &agrees.0).is_empty());
    }
}
