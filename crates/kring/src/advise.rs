//! Which analysis? What a table holds, and what follows from it by rules that anybody can read.
//!
//! ```text
//! table ─► facts     the outcome, families, waves, what is missing, how alike the arms were at the start
//! facts ─► rules     each with its condition, its advice and its sources: one table, in rules.rs
//! rules ─► advice    the analyses that fit, in order, as commands that run on this very table; what to
//!                    mind; what not to do; and for each rule the figures that made it speak
//! ```
//! Nothing here looks at the difference between the arms in the outcome after the start: advice that did
//! would choose the analysis by its result. `docs/choosing.md` is written from the same rules.

mod facts;
mod rules;
mod show;

use kring_core::Table;
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::compare::{ByChance, with_levels};
use crate::method::waves_in_order;
pub use facts::{ArmFacts, Difference, Facts, LooksRepeated, Missing, NestedIn, Spread, WaveFacts};
pub use rules::{Call, On, Order, RULES, Rule, Source, Speaks, WideSource};
pub use show::page;

/// What is asked: which column is what.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Advise {
    /// The column of the outcome; of a share the column of how many it happened to.
    pub outcome: String,
    /// The column of the arms; the first level is the reference.
    pub arm: String,
    /// What the outcome is; by its column, unless given.
    pub kind: Option<Kind>,
    /// The column of the families or persons, where they have a row a wave.
    pub subject: Option<String>,
    /// The column of the wave.
    pub wave: Option<String>,
    /// The column of the time in numbers, where it is not the number of the wave.
    pub time: Option<String>,
    /// The column of the same outcome at the start, where a row is a family.
    pub baseline: Option<String>,
    /// The column of what families lie in, such as teams.
    pub cluster: Option<String>,
    /// Of a share the column of out of how many.
    pub trials: Option<String>,
    /// The column of the time in which a count was made.
    pub exposure: Option<String>,
    /// The levels of an outcome of texts in their order, from low to high.
    pub levels: Vec<String>,
    /// The level that counts, of a binary outcome.
    pub event: Option<String>,
    /// Further columns whose balance at the start is looked at.
    pub variables: Vec<String>,
    /// Whether chance decided on the arms.
    pub allocation: ByChance,
}

/// What an outcome is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A score, or any number.
    Continuous,
    /// Whole numbers from zero, of something that was counted.
    Count,
    /// So many out of so many.
    Share,
    /// Yes or no.
    Binary,
    /// Levels in order.
    Ordinal,
    /// Levels without one.
    Nominal,
    /// How long until something happens.
    TimeToEvent,
}

impl Kind {
    /// The kind in words.
    pub fn name(self) -> &'static str {
        match self {
            Self::Continuous => "a score or another number",
            Self::Count => "a count",
            Self::Share => "a share of so many",
            Self::Binary => "yes or no",
            Self::Ordinal => "levels in order",
            Self::Nominal => "levels without an order",
            Self::TimeToEvent => "the time until an event",
        }
    }
}

/// What fits a table, what to mind, and what not to do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Advice {
    /// What was asked.
    pub advise: Advise,
    /// What the table holds.
    pub facts: Facts,
    /// The analyses that fit, the first one first.
    pub analyses: Vec<Suggestion>,
    /// What to mind in each of them.
    pub mind: Vec<Remark>,
    /// What not to do.
    pub avoid: Vec<Remark>,
    /// What kring cannot do here yet.
    pub not_here: Vec<Remark>,
}

/// An analysis that fits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Suggestion {
    /// The rule that suggests it.
    pub rule: String,
    /// What it is.
    pub title: String,
    /// The figures that made the rule speak.
    pub because: String,
    /// What it answers, and how.
    pub text: String,
    /// The model as a formula, where it has one.
    pub formula: Option<String>,
    /// The method with its fields.
    pub call: Call,
    /// What it assumes.
    pub assumes: Vec<String>,
    /// What a reviewer will ask.
    pub asked: Vec<String>,
    /// Where to read it.
    pub sources: Vec<String>,
}

/// What to mind, or not to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Remark {
    /// The rule that says it.
    pub rule: String,
    /// What it is.
    pub title: String,
    /// The figures that made the rule speak.
    pub because: String,
    /// What to do, and why.
    pub text: String,
    /// Where to read it.
    pub sources: Vec<String>,
}

impl Advise {
    /// What fits this table.
    ///
    /// ```
    /// use kring::advise::Advise;
    /// use kring_core::{Column, Table};
    /// let numbers = |x: &[f64]| x.iter().copied().map(Some).collect::<Vec<_>>();
    /// let table = Table::new(vec![
    ///     Column::numeric("family", numbers(&[1., 1., 2., 2., 3., 3., 4., 4.]))?,
    ///     Column::numeric("wave", numbers(&[1., 2., 1., 2., 1., 2., 1., 2.]))?,
    ///     Column::factor("arm", ["WT", "EKC"], [0, 0, 0, 0, 1, 1, 1, 1].map(Some).to_vec())?,
    ///     Column::numeric("score", numbers(&[6.5, 5., 7., 7.5, 6., 4., 8., 5.]))?,
    /// ])?;
    /// let asked = Advise {
    ///     outcome: "score".into(),
    ///     arm: "arm".into(),
    ///     subject: Some("family".into()),
    ///     wave: Some("wave".into()),
    ///     ..Advise::default()
    /// };
    /// let advice = asked.run(&table)?;
    /// assert_eq!(advice.facts.arms[0].subjects, 2);
    /// assert!(advice.analyses.iter().any(|one| one.call.method == "mmrm"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn run(&self, table: &Table) -> Result<Advice, Error> {
        let mut table = self.with_order(table)?;
        let mut waves = None;
        if let (Some(subject), Some(wave)) = (&self.subject, &self.wave) {
            // Where rows tell no order, the levels stand as they do.
            if let Ok((ordered, _)) = waves_in_order(&table, subject, wave) {
                waves = of_words(&table, &ordered, wave);
                table = ordered;
            }
        }
        let facts = Facts::of(self, &table)?;
        let mut advice = Advice {
            advise: self.clone(),
            analyses: Vec::new(),
            mind: Vec::new(),
            avoid: Vec::new(),
            not_here: Vec::new(),
            facts,
        };
        let mut ranked: Vec<(u8, Suggestion)> = Vec::new();
        for rule in RULES {
            let Some(because) = (rule.holds)(&advice.facts) else {
                continue;
            };
            let remark = || Remark {
                rule: rule.id.to_owned(),
                title: rule.title.to_owned(),
                because: because.clone(),
                text: rule.text.to_owned(),
                sources: rule.sources.iter().map(ToString::to_string).collect(),
            };
            match &rule.speaks {
                Speaks::Fits {
                    rank,
                    call,
                    assumes,
                    asked,
                } => {
                    let call = call(self, &advice.facts).in_order(self, waves.as_ref());
                    let texts = |texts: &[&str]| texts.iter().map(ToString::to_string).collect();
                    let suggestion = Suggestion {
                        rule: rule.id.to_owned(),
                        title: rule.title.to_owned(),
                        because: because.clone(),
                        text: rule.text.to_owned(),
                        formula: call.formula(),
                        call,
                        assumes: texts(assumes),
                        asked: texts(asked),
                        sources: remark().sources,
                    };
                    ranked.push((rank(&advice.facts), suggestion));
                }
                Speaks::Mind => advice.mind.push(remark()),
                Speaks::Avoid => advice.avoid.push(remark()),
                Speaks::NotHere => advice.not_here.push(remark()),
            }
        }
        // Rules of one rank stay in the order of the table.
        ranked.sort_by_key(|(rank, _)| *rank);
        advice.analyses = ranked.into_iter().map(|(_, one)| one).collect();
        Ok(advice)
    }
    /// The table with the levels of the outcome in the order that was given, as each analysis needs it.
    pub fn with_order(&self, table: &Table) -> Result<Table, Error> {
        if self.levels.is_empty() {
            return Ok(table.clone());
        }
        let levels: Vec<&str> = self.levels.iter().map(String::as_str).collect();
        with_levels(table, &self.outcome, &levels)
    }
}

/// The waves in the order that was found, where the column is of words and says none itself.
fn of_words(table: &Table, ordered: &Table, wave: &str) -> Option<Order> {
    let plain = table
        .factor(wave)
        .ok()
        .filter(|factor| !factor.is_ordered())?;
    let levels = ordered.factor(wave).ok()?.levels();
    let words = plain
        .levels()
        .iter()
        .any(|level| level.parse::<f64>().is_err());
    // A comma parts the waves of the command.
    let can_be_said = levels.iter().all(|level| !level.contains(','));
    (words && can_be_said).then(|| Order {
        column: wave.to_owned(),
        levels: levels.to_vec(),
    })
}
