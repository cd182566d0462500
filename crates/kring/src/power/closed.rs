//! Closed forms by their names, their fields as texts or data.

use kring_core::{Assumed, AssumedFrom, Caution, Power};
use kring_report::Content;
use kring_stats::power::{Direction, Dropout, Plan, Solve};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::Setting;
use super::curve::sized;
use crate::Error;
use crate::simulate::listing;

/// The names of the designs, in order.
pub const DESIGNS: [&str; 16] = [
    "ancova",
    "change_scores",
    "chi_squared_w",
    "clusters",
    "correlation_r",
    "equivalent_means",
    "non_inferior_means",
    "one_mean",
    "one_way",
    "paired_means",
    "paired_proportions",
    "rate_change",
    "repeated_measures",
    "two_means",
    "two_proportions",
    "two_rates",
];

/// What is asked of a design; two of n, effect (or ratio) and power.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Asked {
    n: Option<u64>,
    effect: Option<f64>,
    ratio: Option<f64>,
    power: Option<f64>,
    direction: Direction,
    dropout: Vec<f64>,
}

/// Solves a design for one of n, effect and power: the fields of the design, two of `n`, `effect` and
/// `power`, and where wanted `direction` and `dropout` (the share that leaves before each wave). `ratio`
/// is an effect that is a ratio, as people read it: its log is the effect.
///
/// ```
/// use serde_json::json;
/// let found = kring::power::closed("two_means", &json!({"sd": 4, "effect": 1.2, "n": 55}))?;
/// assert!((found.power - 0.344).abs() < 1e-3);
/// let needed = kring::power::closed("two_rates", &json!({"second": 4.7, "ratio": 0.75, "power": 0.8}))?;
/// assert_eq!(needed.n, [48, 48]);
/// # Ok::<(), kring::Error>(())
/// ```
pub fn closed(design: &str, fields: &Value) -> Result<Power, Error> {
    let refused = |why: String| Error::Argument {
        what: format!("power of `{design}`"),
        why,
    };
    if !DESIGNS.contains(&design) {
        let near = kring_core::suggestion(design, DESIGNS.iter().copied());
        return Err(refused(format!("there is no such design{near}")));
    }
    let mut plan = fields.as_object().cloned().unwrap_or_default();
    let mut asked = Map::new();
    for name in ["n", "effect", "ratio", "power", "direction", "dropout"] {
        if let Some(value) = plan.remove(name).filter(|value| !value.is_null()) {
            asked.insert(name.to_owned(), value);
        }
    }
    if let Some(dropout) = asked.get_mut("dropout")
        && dropout.is_number()
    {
        *dropout = json!([dropout]);
    }
    let asked: Asked =
        serde_json::from_value(Value::Object(asked)).map_err(|error| refused(error.to_string()))?;
    plan.insert("design".to_owned(), json!(design));
    spread(design, &mut plan);
    let in_sds = nest(design, &mut plan);
    required(design, &plan)?;
    let given: Vec<String> = plan.keys().cloned().collect();
    let left = Dropout {
        by_wave: asked.dropout.clone(),
    }
    .left()?;
    let leave = !asked.dropout.is_empty();
    if leave && design == "repeated_measures" {
        return Err(refused(
            "`dropout` counts complete cases, and this design uses every wave that was seen; give \
             `retention`, as in retention={both={shares=[1, 0.8]}}"
                .to_owned(),
        ));
    }
    let mut plan: Plan =
        serde_json::from_value(Value::Object(plan)).map_err(|error| refused(error.to_string()))?;
    let effect = match (asked.effect, asked.ratio) {
        (Some(_), Some(_)) => {
            return Err(refused("give `effect` or `ratio`, not both".to_owned()));
        }
        (effect, None) => effect,
        (None, Some(ratio)) if ratio > 0.0 && ratio.is_finite() => Some(ratio.ln()),
        (None, Some(ratio)) => {
            return Err(refused(format!(
                "expected a ratio above zero, found {ratio}"
            )));
        }
    };
    let is_ratio = asked.ratio.is_some();
    let solve = match (asked.n, effect, asked.power) {
        (Some(n), Some(effect), None) => Solve::Power { n, effect },
        (None, Some(effect), Some(power)) => Solve::N { effect, power },
        (Some(n), None, Some(power)) => Solve::Effect {
            n,
            power,
            direction: asked.direction,
        },
        _ => {
            return Err(refused(
                "give two of `n`, `effect` and `power`; the third is solved for".to_owned(),
            ));
        }
    };
    let mut doubts = Vec::new();
    if in_sds {
        doubts.push(Caution::Note(
            "No standard deviation was given: it is taken as 1, so that the effect is in standard deviations."
                .to_owned(),
        ));
    }
    if leave && let Plan::Clusters(clusters) = &mut plan {
        // Families leave, not clusters: those that are left are smaller.
        let before = clusters.size;
        clusters.size *= left;
        doubts.push(Caution::Note(format!(
            "Dropout leaves {} of {} subjects in a cluster; the number of clusters is for those left.",
            short(clusters.size),
            short(before)
        )));
    }
    let mut found = plan.solve(solve)?;
    found.assumed = assumed(&plan, &given);
    found.cautions.extend(doubts);
    if is_ratio && !found.measure.is_log() {
        return Err(refused(format!(
            "its effect is a {} and no ratio; give `effect`",
            found.measure.name()
        )));
    }
    if !leave || design == "clusters" {
        return Ok(found);
    }
    let dropout = Dropout {
        by_wave: asked.dropout,
    };
    Ok(dropout.recruit(found)?)
}

/// The fields of a design that no study has a usual value of.
static REQUIRED: [(&str, &str, &str); 12] = [
    (
        "ancova",
        "correlation",
        "of baseline and outcome within an arm",
    ),
    ("clusters", "outcome", "as in {mean={sd=1, icc=0.05}}"),
    (
        "clusters",
        "size",
        "the mean number of subjects in a cluster",
    ),
    ("equivalent_means", "low", "the margin below zero"),
    ("equivalent_means", "high", "the margin above zero"),
    (
        "non_inferior_means",
        "margin",
        "how much worse is not worse",
    ),
    (
        "paired_proportions",
        "pairs",
        "as in {discordant={share=0.3}}",
    ),
    ("rate_change", "before", "the rate before"),
    (
        "rate_change",
        "correlation",
        "of the counts before and after, as in {given={correlation=0.5}}",
    ),
    (
        "repeated_measures",
        "structure",
        "as in {ar1={sd=1, correlation=0.6}}",
    ),
    ("two_proportions", "second", "the share of the second arm"),
    ("two_rates", "second", "the rate of the second arm"),
];

/// What the fields mean that several designs share.
static MEANINGS: [(&str, &str); 16] = [
    ("allocation", "the second arm beside the first"),
    ("alpha", "the error rate of the test"),
    ("alternative", "two_sided, greater or less"),
    (
        "other_tail",
        "ignored or counted: a find with the wrong sign",
    ),
    (
        "sd",
        "the standard deviation within an arm; of two means also [4, 3]",
    ),
    (
        "size_cv",
        "how much the sizes of clusters vary, as SD over mean",
    ),
    ("covariates", "how many covariates"),
    ("better", "higher or lower"),
    ("exposure", "the time under observation, of each arm"),
    (
        "dispersion",
        "poisson, {quadratic={alpha=0.25}} or {linear={phi=1}}",
    ),
    (
        "spread",
        "{differences={sd=1}} or {measurements={before=1, after=1, correlation=0.5}}",
    ),
    ("times", "of the waves"),
    ("before", "how many waves lie before the start"),
    ("retention", "complete, {both={shares=[1, 0.8]}} or each"),
    ("groups", "how many groups"),
    ("df", "the degrees of freedom"),
];

/// The fields of a design: what is usual, what must be given, and what it means.
pub fn design_content(design: &str) -> Result<Vec<Content>, Error> {
    let plan: Plan = serde_json::from_value(json!({ "design": design })).map_err(|_| {
        let near = kring_core::suggestion(design, DESIGNS.iter().copied());
        Error::Argument {
            what: format!("power of `{design}`"),
            why: format!("there is no such design{near}"),
        }
    })?;
    let needed = |name: &str| {
        let mut all = REQUIRED.iter();
        all.find(|(of, field, _)| *of == design && *field == name)
    };
    let mut rows: Vec<Vec<String>> = assumed(&plan, &[])
        .into_iter()
        .map(|figure| {
            let known = MEANINGS.iter().find(|(name, _)| *name == figure.name);
            let (usual, meaning) = match needed(&figure.name) {
                Some((.., meaning)) => ("give it".to_owned(), *meaning),
                None => (figure.value, known.map_or("", |(_, meaning)| *meaning)),
            };
            vec![figure.name, usual, meaning.to_owned()]
        })
        .collect();
    for (name, meaning) in [
        ("n", "how many the first arm has"),
        (
            "effect",
            "the first arm less the second; of rates the log of their ratio",
        ),
        ("ratio", "an effect that is a ratio, in place of it"),
        ("power", "the power wanted"),
        ("dropout", "the share that leaves before each further wave"),
    ] {
        rows.push(vec![name.to_owned(), "–".to_owned(), meaning.to_owned()]);
    }
    let given: Vec<String> = REQUIRED
        .iter()
        .filter(|(of, ..)| *of == design)
        .map(|(_, name, _)| format!("{name}=…"))
        .collect();
    let notes = [
        "Give two of n, effect (or ratio) and power; the third is solved for.".to_owned(),
        format!(
            "kring power {design} {} --effect … --power .8",
            given.join(" ")
        ),
    ];
    let title = format!("The fields of {design}");
    let columns = ["Field", "Usual", "Meaning"];
    let fields = listing(&title, &notes, &columns, &[], rows);
    Ok(vec![Content::Listing(fields)])
}

/// What people give flat, `icc=0.05` or `structure=ar1 correlation=0.6`, stands in a record of its own.
/// True where no standard deviation was given, which is then one.
fn nest(design: &str, plan: &mut Map<String, Value>) -> bool {
    let (field, kind, inner) = match design {
        "clusters" => ("outcome", "mean", "icc"),
        "repeated_measures" => ("structure", "compound_symmetry", "correlation"),
        _ => return false,
    };
    let kind = match plan.get(field) {
        None => kind.to_owned(),
        Some(Value::String(kind)) => kind.clone(),
        Some(_) => return false,
    };
    let Some(value) = plan.remove(inner) else {
        return false;
    };
    let mut is_standard = false;
    let mut figures = Map::from_iter([(inner.to_owned(), value)]);
    let wanted: &[&str] = if kind == "share" {
        &["second"]
    } else {
        &["sd"]
    };
    for name in wanted {
        if let Some(value) = plan.remove(*name) {
            figures.insert((*name).to_owned(), value);
        } else if *name == "sd" {
            figures.insert("sd".to_owned(), json!(1.0));
            is_standard = true;
        }
    }
    plan.insert(field.to_owned(), json!({ kind: figures }));
    is_standard
}

/// Refuses a design without a figure that has no usual value.
fn required(design: &str, plan: &Map<String, Value>) -> Result<(), Error> {
    let mut of_design = REQUIRED.iter().filter(|(of, ..)| *of == design);
    match of_design.find(|(_, name, _)| !plan.contains_key(*name)) {
        None => Ok(()),
        Some((_, name, meaning)) => Err(Error::Argument {
            what: format!("power of `{design}`"),
            why: format!(
                "give `{name}` ({meaning}): it has no usual value, and the answer rests on it"
            ),
        }),
    }
}

/// What a plan assumes, and what of it was given.
fn assumed(plan: &Plan, given: &[String]) -> Vec<Assumed> {
    let data = serde_json::to_value(plan).unwrap_or_default();
    let fields = data.as_object().into_iter().flatten();
    let figures = fields.filter(|(name, _)| *name != "design");
    figures
        .map(|(name, value)| Assumed {
            name: name.clone(),
            value: words(value),
            from: if given.contains(name) {
                AssumedFrom::Given
            } else {
                AssumedFrom::Usual
            },
        })
        .collect()
}

/// A number as somebody would type it, to a millionth.
fn short(x: f64) -> String {
    let rounded = (x * 1e6).round() / 1e6;
    let shown = if rounded == 0.0 || !rounded.is_finite() {
        x
    } else {
        rounded
    };
    shown.to_string()
}

/// A value as people write it.
fn words(value: &Value) -> String {
    match value {
        Value::String(text) => text.replace('_', " "),
        Value::Number(number) => number.as_f64().map_or_else(|| number.to_string(), short),
        Value::Array(all) => all.iter().map(words).collect::<Vec<_>>().join(", "),
        Value::Object(fields) => {
            let each = fields.iter().map(|(name, value)| {
                let name = name.replace('_', " ");
                format!("{name} {}", words(value))
            });
            each.collect::<Vec<_>>().join(", ")
        }
        Value::Bool(_) | Value::Null => value.to_string(),
    }
}

/// The same, its fields as texts: `sd=4`. A value is read as TOML, or else as plain text.
pub fn closed_named(design: &str, fields: &[(&str, &str)]) -> Result<Power, Error> {
    closed(design, &read(fields)?)
}

/// Power in closed form over a grid.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClosedCurve {
    /// The points, in the order in which they were asked for.
    pub points: Vec<Power>,
}

/// Power in closed form at each of some settings: as [`closed`], with the n and the effect of each
/// setting in place of those of the fields.
///
/// ```
/// use kring::power::{Setting, closed_curve};
/// use serde_json::json;
/// let grid = [20, 55].map(|n| Setting { n: Some(n), effect: None });
/// let curve = closed_curve("two_means", &json!({"sd": 4, "effect": 1.2}), &grid)?;
/// assert!((curve.points[1].power - 0.344).abs() < 1e-3);
/// # Ok::<(), kring::Error>(())
/// ```
pub fn closed_curve(design: &str, fields: &Value, grid: &[Setting]) -> Result<ClosedCurve, Error> {
    sized(grid)?;
    let points = grid.iter().map(|setting| {
        let mut fields = fields.as_object().cloned().unwrap_or_default();
        if let Some(n) = setting.n {
            fields.insert("n".to_owned(), json!(n));
        }
        if let Some(effect) = setting.effect {
            fields.insert("effect".to_owned(), json!(effect));
        }
        closed(design, &Value::Object(fields))
    });
    Ok(ClosedCurve {
        points: points.collect::<Result<_, _>>()?,
    })
}

/// The same, its fields as texts.
pub fn closed_curve_named(
    design: &str,
    fields: &[(&str, &str)],
    grid: &[Setting],
) -> Result<ClosedCurve, Error> {
    closed_curve(design, &read(fields)?, grid)
}

/// Fields that are texts as data.
fn read(fields: &[(&str, &str)]) -> Result<Value, Error> {
    let mut table = Map::new();
    for (name, text) in fields {
        if table.insert((*name).to_owned(), value(text)).is_some() {
            return Err(Error::Argument {
                what: format!("the field `{name}`"),
                why: "it is given twice; give it once".to_owned(),
            });
        }
    }
    Ok(Value::Object(table))
}

/// A text as a value: TOML, which also writes `.8` as people do, or else the text itself.
fn value(text: &str) -> Value {
    let number = text.parse::<f64>().ok().filter(|x| x.is_finite());
    let whole = text.parse::<u64>().ok();
    if let Some(whole) = whole {
        return json!(whole);
    }
    if let Some(number) = number {
        return json!(number);
    }
    let read: Result<toml::Table, _> = format!("value = {text}").parse();
    let read = read.ok().and_then(|mut table| table.remove("value"));
    read.and_then(|value| serde_json::to_value(value).ok())
        .unwrap_or_else(|| json!(text))
}

/// Where a design has a value for each arm, one number stands for both.
fn spread(design: &str, plan: &mut Map<String, Value>) {
    let usual: Result<Plan, _> = serde_json::from_value(json!({ "design": design }));
    let Some(usual) = usual.ok().and_then(|plan| serde_json::to_value(plan).ok()) else {
        return;
    };
    for (name, value) in plan.iter_mut() {
        let two = usual
            .get(name)
            .and_then(Value::as_array)
            .is_some_and(|known| known.len() == 2 && known.iter().all(Value::is_number));
        if two && value.is_number() {
            *value = json!([value, value]);
        }
    }
}
