//! Whether a stored result comes out again.
//!
//! [`verify`] reads a `results.json`, runs anew what made it, and sets each of its numbers beside the
//! one that comes out now. Of a replication that is the study; of a test or a fit it is the [`Run`]
//! that was stored with it under `provenance`. A number came out again where both are the same to the
//! last bit, or agree to 1e-10, as they do between machines.

mod run;
mod show;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use run::{Chosen, DataFile, LinearModel, RowsTaken, Run, Task};
pub use show::Shown;

use crate::Error;
use crate::study::Study;

/// How much two numbers may differ, as a share of the larger, and still be the same one.
const RELATIVE: f64 = 1e-10;

/// How much two numbers may differ whatever their size: what rounding leaves of a zero.
const ABSOLUTE: f64 = 1e-13;

/// Where things are, when they are no longer where they were.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VerifyOptions {
    /// The data file, or the folder of the study (as the result says, unless given).
    pub source: Option<PathBuf>,
    /// The folder that holds `studies`.
    pub data_dir: Option<PathBuf>,
}

/// A stored result beside the same one of now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verification {
    /// What was run again: a study, or a command.
    pub what: String,
    /// The version of kring that stored it.
    pub stored_version: String,
    /// The version that ran it again.
    pub version: String,
    /// Whether every number, and what it came from, is the same.
    pub came_again: bool,
    /// The files it came from.
    pub sources: Vec<SourceVerified>,
    /// Each number.
    pub numbers: Vec<NumberVerified>,
    /// How many texts were set side by side.
    pub texts: usize,
    /// Those that are others now.
    pub texts_differ: Vec<TextVerified>,
}

/// A file that a result came from, by its SHA-256.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceVerified {
    /// What it is: the protocol, or a file of data.
    pub name: String,
    /// Its SHA-256 when the result was stored.
    pub stored: Option<String>,
    /// Its SHA-256 now.
    pub now: Option<String>,
}

/// A number of a result, as stored and as it came out now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NumberVerified {
    /// Where it stands: `estimates[arm: EKC].value`.
    pub place: String,
    /// As stored.
    pub stored: Option<f64>,
    /// As it came out now.
    pub now: Option<f64>,
    /// What came of it.
    pub outcome: CameOut,
}

/// What came of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CameOut {
    /// It is the same to the last bit.
    Same,
    /// It agrees to 1e-10, as numbers of two machines do.
    Close,
    /// It is another number.
    Different,
    /// It was stored, and there is none now.
    Gone,
    /// There is one now, and none was stored.
    New,
}

/// A text of a result that is another one now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TextVerified {
    /// Where it stands.
    pub place: String,
    /// As stored.
    pub stored: Option<String>,
    /// As it came out now.
    pub now: Option<String>,
}

impl CameOut {
    /// In words.
    pub fn name(self) -> &'static str {
        match self {
            Self::Same => "the same",
            Self::Close => "the same to 1e-10",
            Self::Different => "different",
            Self::Gone => "gone",
            Self::New => "new",
        }
    }

    /// Whether the number is there again.
    pub fn again(self) -> bool {
        matches!(self, Self::Same | Self::Close)
    }
}

impl Verification {
    /// How many numbers came out so.
    pub fn count(&self, outcome: CameOut) -> usize {
        let so = |number: &&NumberVerified| number.outcome == outcome;
        self.numbers.iter().filter(so).count()
    }

    /// The numbers that did not come out again.
    pub fn different(&self) -> impl Iterator<Item = &NumberVerified> {
        self.numbers.iter().filter(|n| !n.outcome.again())
    }
}

/// Runs a stored result again and sets each of its numbers beside the one that comes out now.
///
/// `results` is a `results.json` that `kring replicate`, `kring test` or `kring fit` wrote with
/// `--out`, or the folder that holds it.
///
/// Texts that are others now count only where the version of kring is the same: a later one may say
/// the same thing in other words.
pub fn verify(results: &Path, options: &VerifyOptions) -> Result<Verification, Error> {
    let file = if results.is_dir() {
        results.join("results.json")
    } else {
        results.to_owned()
    };
    let refused = |why: String| Error::File {
        path: file.clone(),
        why,
    };
    let text = std::fs::read_to_string(&file).map_err(|error| {
        refused(match error.kind() {
            std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
            std::io::ErrorKind::InvalidData => "it is not UTF-8 text".to_owned(),
            _ => error.to_string(),
        })
    })?;
    let mut stored: Value = serde_json::from_str(&text).map_err(|error| {
        refused(format!(
            "it is no JSON ({error}); expected a results.json that `--out` wrote"
        ))
    })?;
    let provenance = stored
        .as_object_mut()
        .and_then(|all| all.remove("provenance"));
    if let Some(provenance) = provenance.filter(is_of_a_run) {
        let run: Run = serde_json::from_value(provenance).map_err(|error| {
            refused(format!(
                "its `provenance` cannot be read ({}); it was written by another version of kring, or changed",
                crate::words::in_words(&error.to_string())
            ))
        })?;
        return run_again(&run, &stored, &file, options);
    }
    match (text_at(&stored, "id"), text_at(&stored, "protocol_sha256")) {
        (Some(id), Some(_)) => replicated_again(id, &stored, options),
        _ => Err(refused(
            "it does not say how it was made; the results.json of `kring replicate`, `kring test` and `kring fit` \
             with --out does"
                .to_owned(),
        )),
    }
}

/// Whether it tells of a run; that of a description tells only of the file.
fn is_of_a_run(provenance: &Value) -> bool {
    provenance.get("kring").is_some() || provenance.get("task").is_some()
}

fn text_at<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value.get(name).and_then(Value::as_str)
}

/// A test or a fit.
fn run_again(
    run: &Run,
    stored: &Value,
    file: &Path,
    options: &VerifyOptions,
) -> Result<Verification, Error> {
    let data = run.data.find(file, options.source.as_deref())?;
    let source = SourceVerified {
        name: run.data.file.clone(),
        stored: Some(run.data.sha256.clone()),
        now: Some(run::fingerprint(&data)?),
    };
    let now = run.again(&data)?;
    let what = run.command.clone().unwrap_or_else(|| run.task.name());
    Ok(beside(what, &run.kring, vec![source], stored, &now))
}

/// A replication.
fn replicated_again(
    id: &str,
    stored: &Value,
    options: &VerifyOptions,
) -> Result<Verification, Error> {
    let study = match &options.source {
        Some(source) => Study::read(source)?,
        None => Study::find(id, options.data_dir.as_deref())?,
    };
    let now = run::as_json(&study.replicate()?)?;
    let version = text_at(stored, "version").unwrap_or_default();
    Ok(beside(
        format!("the replication of {id}"),
        version,
        Vec::new(),
        stored,
        &now,
    ))
}

/// Both results, leaf by leaf.
fn beside(
    what: String,
    stored_version: &str,
    sources: Vec<SourceVerified>,
    stored: &Value,
    now: &Value,
) -> Verification {
    let version = env!("CARGO_PKG_VERSION");
    let mut leaves = Leaves {
        sources,
        ..Leaves::default()
    };
    leaves.walk("", Some(stored), Some(now));
    let same_words = leaves.texts_differ.is_empty() || stored_version != version;
    let same_sources = leaves.sources.iter().all(|s| s.stored == s.now);
    let same_numbers = leaves.numbers.iter().all(|n| n.outcome.again());
    Verification {
        what,
        stored_version: stored_version.to_owned(),
        version: version.to_owned(),
        came_again: same_words && same_sources && same_numbers,
        sources: leaves.sources,
        numbers: leaves.numbers,
        texts: leaves.texts,
        texts_differ: leaves.texts_differ,
    }
}

/// What two trees of JSON hold.
#[derive(Default)]
struct Leaves {
    sources: Vec<SourceVerified>,
    numbers: Vec<NumberVerified>,
    texts: usize,
    texts_differ: Vec<TextVerified>,
}

impl Leaves {
    /// Goes down both trees together; what one of them lacks is told for each leaf of the other.
    fn walk(&mut self, place: &str, stored: Option<&Value>, now: Option<&Value>) {
        let absent = |value: Option<&Value>| value.is_none_or(Value::is_null);
        match (stored, now) {
            (one, other) if absent(one) && absent(other) => {}
            (Some(Value::Object(_)), _) | (_, Some(Value::Object(_))) => {
                for name in names(stored, now) {
                    // The version is told apart from what it made, and what a reader calls a name is no result.
                    let is_told = place.is_empty() && name == "version";
                    if !is_told && name != "called" {
                        let inner = below(place, name);
                        self.walk(&inner, field(stored, name), field(now, name));
                    }
                }
                self.other_kind(place, stored, now, Value::is_object);
            }
            (Some(Value::Array(_)), _) | (_, Some(Value::Array(_))) => {
                let list =
                    |value: Option<&Value>| value.and_then(Value::as_array).map_or(0, Vec::len);
                for at in 0..list(stored).max(list(now)) {
                    let element =
                        |value: Option<&'_ Value>| value.and_then(|value| value.get(at)).cloned();
                    let (one, other) = (element(stored), element(now));
                    let name = called(one.as_ref().or(other.as_ref()), at);
                    self.walk(&format!("{place}[{name}]"), one.as_ref(), other.as_ref());
                }
                self.other_kind(place, stored, now, Value::is_array);
            }
            _ => self.leaf(place, stored, now),
        }
    }

    /// Where one side is an object or a list and the other is not, the other is a leaf.
    fn other_kind(
        &mut self,
        place: &str,
        stored: Option<&Value>,
        now: Option<&Value>,
        is: fn(&Value) -> bool,
    ) {
        let plain = |value: Option<&'_ Value>| {
            value
                .filter(|value| !is(value) && !value.is_null())
                .cloned()
        };
        match (plain(stored), plain(now)) {
            (None, None) => {}
            (one, other) => self.walk(place, one.as_ref(), other.as_ref()),
        }
    }

    fn leaf(&mut self, place: &str, stored: Option<&Value>, now: Option<&Value>) {
        let number = |value: Option<&Value>| value.and_then(Value::as_f64);
        let (one, other) = (number(stored), number(now));
        if one.is_some() || other.is_some() {
            self.numbers.push(NumberVerified {
                place: place.to_owned(),
                stored: one,
                now: other,
                outcome: came_out(one, other),
            });
        }
        let text = |value: Option<&Value>| match value {
            Some(Value::String(text)) => Some(text.clone()),
            Some(Value::Bool(is)) => Some(is.to_string()),
            _ => None,
        };
        let (stored, now) = (text(stored), text(now));
        if stored.is_none() && now.is_none() {
            return;
        }
        let name = place.to_owned();
        if place.ends_with("sha256") {
            self.sources.push(SourceVerified { name, stored, now });
            return;
        }
        self.texts += 1;
        if stored != now {
            let place = name;
            self.texts_differ.push(TextVerified { place, stored, now });
        }
    }
}

/// The fields of both, in the order of the first, those of the second alone behind them.
fn names<'a>(stored: Option<&'a Value>, now: Option<&'a Value>) -> Vec<&'a str> {
    let of = |value: Option<&'a Value>| value.and_then(Value::as_object).into_iter().flatten();
    let mut names: Vec<&str> = of(stored).map(|(name, _)| name.as_str()).collect();
    for (name, _) in of(now) {
        if field(stored, name).is_none() {
            names.push(name);
        }
    }
    names
}

fn field<'a>(value: Option<&'a Value>, name: &str) -> Option<&'a Value> {
    value.and_then(|value| value.get(name))
}

fn below(place: &str, name: &str) -> String {
    if place.is_empty() {
        return name.to_owned();
    }
    format!("{place}.{name}")
}

/// What an element of a list is called: by its own name where it has one, else by its place from 1.
fn called(element: Option<&Value>, at: usize) -> String {
    // Of a comparison with a published figure it is the name of that.
    let own = ["/id", "/target/id", "/label", "/name"]
        .iter()
        .find_map(|name| element?.pointer(name)?.as_str());
    own.map_or_else(|| (at + 1).to_string(), str::to_owned)
}

fn came_out(stored: Option<f64>, now: Option<f64>) -> CameOut {
    match (stored, now) {
        (Some(one), Some(other)) if one.to_bits() == other.to_bits() => CameOut::Same,
        (Some(one), Some(other)) => {
            let apart = (one - other).abs();
            if apart <= RELATIVE * one.abs().max(other.abs()) || apart <= ABSOLUTE {
                CameOut::Close
            } else {
                CameOut::Different
            }
        }
        (Some(_), None) => CameOut::Gone,
        (None, _) => CameOut::New,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn compared(stored: &Value, now: &Value) -> Verification {
        let version = env!("CARGO_PKG_VERSION");
        beside("a test".to_owned(), version, Vec::new(), stored, now)
    }

    #[test]
    fn each_number_has_its_place_and_outcome() {
        let stored = json!({
            "version": "0.0.1",
            "estimates": [
                { "label": "arm", "value": 1.0, "df": 12, "p": null },
                { "label": "wave", "value": 2.0 },
            ],
            "range": [0.25, 4.0],
        });
        let now = json!({
            "version": "0.1.0",
            "estimates": [
                { "label": "arm", "value": 1.0 + 1e-12, "df": 12, "p": 0.5 },
                { "label": "wave", "value": 2.001 },
            ],
            "range": [0.25],
        });
        let found = compared(&stored, &now);
        let seen: Vec<(&str, CameOut)> = found
            .numbers
            .iter()
            .map(|number| (number.place.as_str(), number.outcome))
            .collect();
        assert_eq!(
            seen,
            [
                ("estimates[arm].value", CameOut::Close),
                ("estimates[arm].df", CameOut::Same),
                ("estimates[arm].p", CameOut::New),
                ("estimates[wave].value", CameOut::Different),
                ("range[1]", CameOut::Same),
                ("range[2]", CameOut::Gone),
            ]
        );
        assert!(!found.came_again);
        assert_eq!(found.different().count(), 3);
        // The labels: two texts, both the same; the version is none of them.
        assert_eq!((found.texts, found.texts_differ.len()), (2, 0));
    }

    #[test]
    fn what_rounding_leaves_of_a_zero_is_the_same_and_a_small_p_value_is_not() {
        let outcome = |one: f64, other: f64| came_out(Some(one), Some(other));
        assert_eq!(outcome(1e-17, -3e-17), CameOut::Close);
        assert_eq!(outcome(1e-6, 1.000_001e-6), CameOut::Different);
        assert_eq!(outcome(1e12, 1e12 + 1.0), CameOut::Close);
    }

    #[test]
    fn a_number_in_place_of_an_object_or_a_list_is_told() {
        for other in [json!({ "value": 1.0 }), json!([1.0])] {
            let found = compared(&json!({ "a": 2.0 }), &json!({ "a": other }));
            let outcomes: Vec<CameOut> = found.numbers.iter().map(|n| n.outcome).collect();
            assert_eq!(outcomes, [CameOut::New, CameOut::Gone]);
            assert!(!found.came_again);
        }
    }

    #[test]
    fn words_count_within_a_version_alone_and_fingerprints_always() {
        let (stored, now) = (
            json!({ "verdict": "reproduced" }),
            json!({ "verdict": "different" }),
        );
        assert!(!compared(&stored, &now).came_again);
        assert!(beside("a test".to_owned(), "0.0.1", Vec::new(), &stored, &now).came_again);
        let (stored, now) = (json!({ "sha256": "ab" }), json!({ "sha256": "cd" }));
        assert!(!beside("a test".to_owned(), "0.0.1", Vec::new(), &stored, &now).came_again);
    }
}
