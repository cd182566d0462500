//! The course of a programme: from referrals to agreements that were carried out.
//!
//! ```text
//! referrals → started → conference held, or a plan without one → plan made
//!           → agreements → taken on by the circle, carried out
//! ```
//! Yearly figures print shares without saying of what: a plan in 86% "of the cases" may be of all
//! referrals or of those that were started. Here each [`Rate`] says what it is of and how many are
//! not known. Families have Wilson's interval. Agreements of one plan depend on one another, so
//! their intervals take the plan as the unit.
//!
//! Regions and coordinators are not ranked. A [`Funnel`] shows the limits that chance draws around
//! the common share for a unit of each size ([`kring_stats::funnel`]).
//!
//! [`Process`] says which column is what; [`Process::figures`] computes.

mod cases;
mod figures;

use kring_core::{Funnel, Rate, Stratum, Summary, Table};
use kring_report::Content;
use serde::{Deserialize, Serialize};

use crate::{Error, YesNo};

/// Which column of a table of referrals is what, a row a referral, and how the figures are made.
///
/// Every column may be left out; the figures that need it are left out with it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Process {
    /// Whether the referral was started. What was not started had no conference and no plan.
    pub started: Option<YesNo>,
    /// Whether a conference was held.
    pub conference: Option<YesNo>,
    /// Whether a plan was made, at a conference or without one.
    pub plan: Option<YesNo>,
    /// The date of the referral, or any number of days.
    pub referred_on: Option<String>,
    /// The date of the conference, counted in the same days.
    pub held_on: Option<String>,
    /// How many people were at the conference.
    pub present: Option<String>,
    /// How many agreements the plan has.
    pub agreements: Option<String>,
    /// How many of them the circle took on.
    pub by_circle: Option<String>,
    /// How many of them were carried out.
    pub carried_out: Option<String>,
    /// The grades from 1 to 10 that were given.
    pub grades: Vec<Grade>,
    /// By what the figures are broken down, one after another.
    pub by: Vec<By>,
    /// What becomes of values that cannot stand together.
    pub contradictions: OnContradiction,
    /// The levels of the limits of funnels, the narrowest first.
    pub limits: Vec<f64>,
    /// The level of the intervals.
    pub level: f64,
}

/// A column of grades from 1 to 10.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grade {
    /// The column.
    pub column: String,
    /// What the grade is for: `the plan`.
    pub what: String,
    /// Who gave it: `family and circle`.
    pub who: String,
}

/// By what figures are broken down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// By the levels of a factor, or the whole numbers of a column: region, coordinator, year.
    Column(String),
    /// By the year of a date, kept as days since 1970-01-01.
    YearOf(String),
}

/// What becomes of values that cannot stand together, such as a conference of a referral that was
/// not started.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnContradiction {
    /// No figures are made; all contradictions are listed.
    #[default]
    Refuse,
    /// The values become unknown; all contradictions are listed in the result.
    TakeAsUnknown,
}

/// The course of a programme, in all and broken down.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Course {
    /// All referrals.
    pub overall: Figures,
    /// Broken down, in the order asked for.
    pub by: Vec<Breakdown>,
    /// The values that became unknown because they cannot stand together.
    pub contradictions: Vec<Contradiction>,
}

/// The figures of a part of the referrals.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Figures {
    /// Which part; empty for all.
    pub strata: Vec<Stratum>,
    /// How many referrals it has.
    pub referrals: usize,
    /// The shares, each with what it is of.
    pub rates: Vec<Rate>,
    /// Days from referral to conference, people present, agreements of a plan, grades.
    pub summaries: Vec<Summary>,
}

/// Figures by the levels of one variable.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Breakdown {
    /// The variable.
    pub variable: String,
    /// What a reader calls it.
    pub label: String,
    /// A part a level, in their order; those without a level last, as `(missing)`.
    pub parts: Vec<Figures>,
    /// A funnel a share of referrals or conferences, where there are two units or more.
    pub funnels: Vec<Funnel>,
}

/// Values that cannot stand together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contradiction {
    /// The row of the table, from 1.
    pub row: usize,
    /// What contradicts what.
    pub what: String,
}

impl Default for Process {
    fn default() -> Self {
        Self {
            started: None,
            conference: None,
            plan: None,
            referred_on: None,
            held_on: None,
            present: None,
            agreements: None,
            by_circle: None,
            carried_out: None,
            grades: Vec::new(),
            by: Vec::new(),
            contradictions: OnContradiction::Refuse,
            limits: vec![0.95, 0.998],
            level: 0.95,
        }
    }
}

impl Process {
    /// The figures of a table of referrals.
    ///
    /// ```
    /// use kring::YesNo;
    /// use kring::process::Process;
    /// use kring_core::{Column, Table};
    /// let yes_no = |codes: &[f64]| codes.iter().copied().map(Some).collect();
    /// let table = Table::new(vec![
    ///     Column::numeric("started", yes_no(&[1.0, 1.0, 1.0, 0.0]))?,
    ///     Column::numeric("held", yes_no(&[1.0, 1.0, 0.0, 0.0]))?,
    /// ])?;
    /// let process = Process {
    ///     started: Some(YesNo::column("started")),
    ///     conference: Some(YesNo::column("held")),
    ///     ..Process::default()
    /// };
    /// let course = process.figures(&table)?;
    /// let held = course.overall.rate("conference_of_started").unwrap();
    /// assert_eq!((held.events, held.total), (2, 3));
    /// assert_eq!(held.of, "referrals that were started");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn figures(&self, table: &Table) -> Result<Course, Error> {
        let read = cases::read(self, table)?;
        figures::course(self, table, read)
    }
}

impl Figures {
    /// The rate of a name, such as `plan_of_referrals`.
    pub fn rate(&self, id: &str) -> Option<&Rate> {
        self.rates.iter().find(|rate| rate.id == id)
    }

    /// The summary of a name: `days`, `present`, `agreements`, or a column of grades.
    pub fn summary(&self, variable: &str) -> Option<&Summary> {
        self.summaries
            .iter()
            .find(|summary| summary.variable == variable)
    }
}

impl Course {
    /// The figures as the pieces of a report.
    pub fn content(&self) -> Vec<Content> {
        let mut content = vec![Content::Rates(self.overall.rates.clone())];
        if !self.overall.summaries.is_empty() {
            content.push(Content::Summaries(self.overall.summaries.clone()));
        }
        for breakdown in &self.by {
            content.extend(breakdown.content());
        }
        if !self.contradictions.is_empty() {
            let lines: Vec<String> = self
                .contradictions
                .iter()
                .map(Contradiction::line)
                .collect();
            content.push(Content::Text(format!(
                "Taken as unknown: {}.",
                lines.join("; ")
            )));
        }
        content
    }
}

impl Breakdown {
    /// The figures share by share, so that the parts of each stand below one another.
    fn content(&self) -> Vec<Content> {
        let mut content = Vec::new();
        let ids = self
            .parts
            .first()
            .map(|part| part.rates.as_slice())
            .unwrap_or_default();
        let mut rates = Vec::new();
        for id in ids.iter().map(|rate| rate.id.as_str()) {
            rates.extend(self.parts.iter().filter_map(|part| part.rate(id)).cloned());
        }
        content.push(Content::Rates(rates));
        let mut summaries = Vec::new();
        let names = self
            .parts
            .first()
            .map(|part| part.summaries.as_slice())
            .unwrap_or_default();
        for name in names.iter().map(|summary| summary.variable.as_str()) {
            summaries.extend(
                self.parts
                    .iter()
                    .filter_map(|part| part.summary(name))
                    .cloned(),
            );
        }
        if !summaries.is_empty() {
            content.push(Content::Summaries(summaries));
        }
        content.extend(self.funnels.iter().cloned().map(Content::Funnel));
        content
    }
}

impl Contradiction {
    fn line(&self) -> String {
        format!("row {}: {}", self.row, self.what)
    }
}
