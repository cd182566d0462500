//! Power as tables and as a figure.

use kring_core::{Assumed, AssumedFrom, Caution, Curve, CurveKind, Point, Power, Solved};
use kring_report::{Chart, Content, Listing, ListingColumn, significant};

use super::{ClosedCurve, Done, PowerCurve, PowerPoint, SolvedPower, Sought};
use crate::simulate::listing;

/// What everybody who plans should read.
const PLANNED: &str = "Power belongs to an effect that would not be missed, fixed before the data are \
                       seen; it says nothing about a study that is done.";

/// The answer of a closed form as tables.
pub fn closed_content(power: &Power) -> Vec<Content> {
    let mut rows = Vec::new();
    let mut row = |what: &str, value: String| rows.push(vec![what.to_owned(), value]);
    let unit = power.unit.name();
    row(&format!("{unit} at the end"), arms(&power.n));
    if let Some(exact) = power.exact_n {
        row("of the first arm, not rounded", significant(exact));
    }
    if let Some(recruited) = &power.recruited {
        row(&format!("{unit} to start with"), arms(recruited));
    }
    row(power.measure.name(), significant(power.natural_effect()));
    row("power", significant(power.power));
    if let Some(target) = power.target {
        row("power wanted", significant(target));
    }
    row("alpha", significant(power.alpha));
    let title = match power.solved {
        Solved::N => "How many are needed",
        Solved::Effect => "The smallest effect that is found so often",
        Solved::Power => "How often the effect is found",
    };
    let answer = Content::Listing(Listing {
        title: title.to_owned(),
        columns: vec![
            ListingColumn::words("What"),
            ListingColumn::numbers("Value"),
        ],
        rows,
        notes: vec![format!("Method: {}.", power.method), PLANNED.to_owned()],
        cautions: power.cautions.clone(),
    });
    vec![answer, assumed(&power.assumed)]
}

/// What an answer rests on.
fn assumed(figures: &[Assumed]) -> Content {
    let rows = figures.iter().map(|figure| {
        let from = match figure.from {
            AssumedFrom::Given => "given",
            AssumedFrom::Usual => "usual, not given",
        };
        vec![
            figure.name.replace('_', " "),
            figure.value.clone(),
            from.to_owned(),
        ]
    });
    let columns = ["Value", "From"];
    Content::Listing(Listing {
        cautions: Vec::new(),
        ..listing("Assumed", &[], &["Field"], &columns, rows.collect())
    })
}

fn arms(n: &[u64]) -> String {
    let each: Vec<String> = n.iter().map(u64::to_string).collect();
    each.join(" + ")
}

fn points(title: &str, points: &[PowerPoint], notes: Vec<String>) -> Vec<Content> {
    let rows = points.iter().map(|point| {
        vec![
            arms(&point.n),
            match (point.ratio, point.effect) {
                (Some(ratio), _) => format!("{} (ratio)", significant(ratio)),
                (None, Some(effect)) => significant(effect),
                (None, None) => "–".to_owned(),
            },
            significant(point.power),
            significant(point.mcse),
            format!("{} to {}", significant(point.low), significant(point.high)),
            point.replicates.to_string(),
            point
                .failures
                .iter()
                .map(|failure| failure.failed.times)
                .sum::<u64>()
                .to_string(),
        ]
    });
    let mut content = vec![Content::Listing(listing(
        title,
        &notes,
        &[],
        &[
            "Families",
            "Effect",
            "Power",
            "MCSE",
            "95% interval",
            "Replicates",
            "Failed",
        ],
        rows.collect(),
    ))];
    let mut failures: Vec<Vec<String>> = Vec::new();
    for failure in points.iter().flat_map(|point| &point.failures) {
        let times = failure.failed.times;
        match failures.iter_mut().find(|row| row[0] == failure.kind) {
            Some(row) => {
                let before: u64 = row[2].parse().unwrap_or(0);
                row[2] = (before + times).to_string();
            }
            None => failures.push(vec![
                failure.kind.clone(),
                failure.failed.example.clone(),
                times.to_string(),
            ]),
        }
    }
    if !failures.is_empty() {
        content.push(Content::Listing(listing(
            "Replicates without a test: they count as not found",
            &[],
            &["Error", "The first of them"],
            &["Times"],
            failures,
        )));
    }
    content
}

fn interrupted(done: Done) -> Option<String> {
    (done == Done::Interrupted).then(|| "Interrupted: this is what was done until then.".to_owned())
}

impl PowerPoint {
    /// As tables.
    pub fn content(&self) -> Vec<Content> {
        let notes = interrupted(self.done)
            .into_iter()
            .chain([PLANNED.to_owned()]);
        points(
            "Power by simulation",
            std::slice::from_ref(self),
            notes.collect(),
        )
    }
}

impl PowerCurve {
    /// As tables.
    pub fn content(&self) -> Vec<Content> {
        let notes = interrupted(self.done)
            .into_iter()
            .chain([PLANNED.to_owned()]);
        points("Power by simulation", &self.points, notes.collect())
    }

    /// As a figure: power over the families of the first arm, or over the effect, with the Monte Carlo
    /// interval of every point.
    pub fn chart(&self, title: &str) -> Chart {
        let points = self.points.iter().map(|point| Drawn {
            n: point.n.first().copied().unwrap_or(0),
            effect: point.effect,
            power: point.power,
            ends: Some([point.low, point.high]),
        });
        Sketch {
            points: points.collect(),
            of_n: "families in the first arm".to_owned(),
            of_effect: "effect".to_owned(),
            method: "share of replicates in which the test rejected, Wilson's interval".to_owned(),
            cautions: vec![Caution::Simulated],
        }
        .chart(title)
    }
}

impl ClosedCurve {
    /// As a table.
    pub fn content(&self) -> Vec<Content> {
        let Some(first) = self.points.first() else {
            return Vec::new();
        };
        let unit = first.unit.name();
        let mut columns = vec![ListingColumn::numbers(format!(
            "{} at the end",
            capital(unit)
        ))];
        let recruited = self.points.iter().any(|point| point.recruited.is_some());
        if recruited {
            columns.push(ListingColumn::numbers("To start with"));
        }
        columns.push(ListingColumn::numbers(capital(first.measure.name())));
        columns.push(ListingColumn::numbers("Power"));
        let rows = self.points.iter().map(|point| {
            let mut row = vec![arms(&point.n)];
            if recruited {
                row.push(point.recruited.as_deref().map_or_else(String::new, arms));
            }
            row.push(significant(point.natural_effect()));
            row.push(significant(point.power));
            row
        });
        let mut cautions: Vec<Caution> = Vec::new();
        for caution in self.points.iter().flat_map(|point| &point.cautions) {
            if !cautions.contains(caution) {
                cautions.push(caution.clone());
            }
        }
        let curve = Content::Listing(Listing {
            title: "Power in closed form".to_owned(),
            columns,
            rows: rows.collect(),
            notes: vec![format!("Method: {}.", first.method), PLANNED.to_owned()],
            cautions,
        });
        vec![curve, assumed(&first.assumed)]
    }

    /// As a figure: power over n, or over the effect.
    pub fn chart(&self, title: &str) -> Chart {
        let first = self.points.first();
        let unit = first.map_or("n", |point| point.unit.name());
        let measure = first.map_or("effect", |point| point.measure.name());
        let points = self.points.iter().map(|point| Drawn {
            n: point.n.first().copied().unwrap_or(0),
            effect: Some(point.natural_effect()),
            power: point.power,
            ends: None,
        });
        Sketch {
            points: points.collect(),
            of_n: format!("{unit} in the first arm"),
            of_effect: measure.to_owned(),
            method: first.map_or_else(String::new, |point| point.method.clone()),
            cautions: Vec::new(),
        }
        .chart(title)
    }
}

fn capital(words: &str) -> String {
    let mut letters = words.chars();
    let first = letters.next().map(|c| c.to_uppercase().to_string());
    first.unwrap_or_default() + letters.as_str()
}

/// Points of a power curve, however they were found.
struct Sketch {
    points: Vec<Drawn>,
    of_n: String,
    of_effect: String,
    method: String,
    cautions: Vec<Caution>,
}

struct Drawn {
    n: u64,
    effect: Option<f64>,
    power: f64,
    ends: Option<[f64; 2]>,
}

impl Sketch {
    fn chart(self, title: &str) -> Chart {
        let pairs = || self.points.windows(2);
        let over_n = pairs().any(|pair| pair[0].n != pair[1].n);
        let by_effect = pairs().any(|pair| pair[0].effect != pair[1].effect);
        let on_n = over_n || !by_effect;
        // A grid of both: a curve an effect.
        let mut curves: Vec<Curve> = Vec::new();
        for point in &self.points {
            let label = match point.effect {
                Some(effect) if over_n && by_effect => {
                    format!("{} {}", self.of_effect, significant(effect))
                }
                _ => "power".to_owned(),
            };
            let drawn = Point {
                at: if on_n {
                    point.n as f64
                } else {
                    point.effect.unwrap_or(0.0)
                },
                name: None,
                value: point.power,
                low: point.ends.map(|ends| ends[0]),
                high: point.ends.map(|ends| ends[1]),
                n: None,
            };
            match curves.iter_mut().find(|curve| curve.label == label) {
                Some(curve) => curve.points.push(drawn),
                None => curves.push(Curve {
                    label,
                    quantity: "power".to_owned(),
                    time: String::new(),
                    kind: CurveKind::Joined,
                    points: vec![drawn],
                    level: point.ends.map(|_| 0.95),
                    method: self.method.clone(),
                    cautions: self.cautions.clone(),
                }),
            }
        }
        for curve in &mut curves {
            curve.points.sort_by(|a, b| a.at.total_cmp(&b.at));
        }
        Chart {
            id: "power".to_owned(),
            title: title.to_owned(),
            x_label: if on_n { self.of_n } else { self.of_effect },
            y_label: "power".to_owned(),
            curves,
            y_from_zero: true,
            caption: PLANNED.to_owned(),
        }
    }
}

impl SolvedPower {
    /// As tables: the answer, and where the replicates were run.
    pub fn content(&self) -> Vec<Content> {
        let what = match self.sought {
            Sought::N => "families in the first arm",
            Sought::Effect if self.ratio.is_some() => "effect, as a ratio",
            Sought::Effect => "effect",
        };
        // An effect that is the log of a ratio is shown as the ratio.
        let natural = |x: f64| if self.ratio.is_some() { x.exp() } else { x };
        let interval = self.interval.map_or_else(
            || "–".to_owned(),
            |[low, high]| {
                let [low, high] = [low, high].map(|end| significant(natural(end)));
                format!("{low} to {high}")
            },
        );
        let answer = vec![vec![
            what.to_owned(),
            self.value
                .map_or_else(|| "–".to_owned(), |value| significant(natural(value))),
            interval,
            if self.n.is_empty() {
                "–".to_owned()
            } else {
                arms(&self.n)
            },
            significant(self.target),
            self.replicates.to_string(),
        ]];
        let too_few = (self.value.is_none() && self.done == Done::Whole).then(|| {
            "Too few replicates for an answer: below is what was seen; give more, or start nearer."
                .to_owned()
        });
        let notes: Vec<String> = interrupted(self.done)
            .into_iter()
            .chain(too_few)
            .chain([
                "The interval is that of the simulation: it becomes narrower with more replicates."
                    .to_owned(),
                PLANNED.to_owned(),
            ])
            .collect();
        let mut content = vec![Content::Listing(listing(
            "The answer by simulation",
            &notes,
            &["Looked for"],
            &[
                "Value",
                "95% interval",
                "Families",
                "Power wanted",
                "Replicates",
            ],
            answer,
        ))];
        content.extend(points(
            "Where replicates were run",
            &self.points,
            Vec::new(),
        ));
        content
    }
}
