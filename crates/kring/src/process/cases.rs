//! The referrals of a table, one after another, and what in them cannot stand together.

use kring_core::Table;

use super::units::dates;
use super::{Contradiction, OnContradiction, Process};
use crate::{Error, YesNo};

/// A referral as far as it is known.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Case {
    pub started: Option<bool>,
    pub conference: Option<bool>,
    pub plan: Option<bool>,
    pub days: Option<f64>,
    pub present: Option<f64>,
    pub agreements: Option<usize>,
    pub by_circle: Option<usize>,
    pub carried_out: Option<usize>,
    /// In the order of the roles.
    pub grades: Vec<Option<f64>>,
}

pub(super) struct Read {
    pub cases: Vec<Case>,
    pub contradictions: Vec<Contradiction>,
}

pub(super) fn read(process: &Process, table: &Table) -> Result<Read, Error> {
    let flags = |role: &Option<YesNo>| role.as_ref().map(|role| role.read(table)).transpose();
    let (started, conference) = (flags(&process.started)?, flags(&process.conference)?);
    let plan = flags(&process.plan)?;
    let numbers = |role: &Option<String>| -> Result<Option<Vec<Option<f64>>>, Error> {
        role.as_ref()
            .map(|name| Ok(table.numeric(name)?.iter().collect()))
            .transpose()
    };
    let days = |role: &Option<String>| role.as_ref().map(|name| dates(table, name)).transpose();
    let (referred, held) = (days(&process.referred_on)?, days(&process.held_on)?);
    let present = numbers(&process.present)?;
    let agreements = numbers(&process.agreements)?;
    let by_circle = numbers(&process.by_circle)?;
    let carried_out = numbers(&process.carried_out)?;
    let grades = process.grades.iter().map(|grade| {
        let column: Vec<Option<f64>> = table.numeric(&grade.column)?.iter().collect();
        Ok((grade.column.as_str(), column))
    });
    let grades = grades.collect::<Result<Vec<_>, Error>>()?;

    let mut contradictions = Vec::new();
    let mut cases = Vec::with_capacity(table.rows());
    for row in 0..table.rows() {
        let mut found = Found {
            row,
            contradictions: &mut contradictions,
        };
        let flag = |column: &Option<Vec<Option<bool>>>| column.as_ref().and_then(|c| c[row]);
        let number = |column: &Option<Vec<Option<f64>>>| column.as_ref().and_then(|c| c[row]);
        let days = match (number(&referred), number(&held)) {
            (Some(from), Some(to)) => found.checked(
                to - from,
                |d| d >= 0.0,
                "the conference was before the referral",
            ),
            _ => None,
        };
        let mut case = Case {
            started: flag(&started),
            conference: flag(&conference),
            plan: flag(&plan),
            days,
            present: found
                .count(number(&present), "people present")
                .map(|n| n as f64),
            agreements: found.count(number(&agreements), "agreements"),
            by_circle: found.count(number(&by_circle), "agreements taken on by the circle"),
            carried_out: found.count(number(&carried_out), "agreements carried out"),
            grades: Vec::with_capacity(grades.len()),
        };
        for (name, column) in &grades {
            let on_scale = |grade: f64| (1.0..=10.0).contains(&grade);
            let why = format!("`{name}` is no grade from 1 to 10");
            case.grades
                .push(column[row].and_then(|grade| found.checked(grade, on_scale, &why)));
        }
        found.settle(&mut case);
        cases.push(case);
    }
    if process.contradictions == OnContradiction::Refuse && !contradictions.is_empty() {
        return Err(refused(&contradictions));
    }
    Ok(Read {
        cases,
        contradictions,
    })
}

fn refused(contradictions: &[Contradiction]) -> Error {
    const SHOWN: usize = 20;
    let mut lines: Vec<String> = contradictions
        .iter()
        .take(SHOWN)
        .map(Contradiction::line)
        .collect();
    if contradictions.len() > SHOWN {
        lines.push(format!("… and {} more", contradictions.len() - SHOWN));
    }
    Error::Argument {
        what: "the course of the programme".to_owned(),
        why: format!(
            "values cannot stand together; correct them, or let them be taken as unknown:\n  {}",
            lines.join("\n  ")
        ),
    }
}

/// The contradictions found in a row.
struct Found<'a> {
    row: usize,
    contradictions: &'a mut Vec<Contradiction>,
}

impl Found<'_> {
    fn say(&mut self, what: impl Into<String>) {
        self.contradictions.push(Contradiction {
            row: self.row + 1,
            what: what.into(),
        });
    }

    fn checked(&mut self, x: f64, fits: impl Fn(f64) -> bool, why: &str) -> Option<f64> {
        if fits(x) {
            return Some(x);
        }
        self.say(why);
        None
    }

    fn count(&mut self, x: Option<f64>, what: &str) -> Option<usize> {
        // Beyond this no number of people or agreements can be.
        let whole = |x: f64| x >= 0.0 && x.fract() == 0.0 && x < 1e9;
        let x = self.checked(x?, whole, &format!("the number of {what} is no count"))?;
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a whole number from 0 to a billion"
        )]
        let count = x as usize;
        Some(count)
    }

    /// Takes out what cannot stand together, and fills in what follows.
    fn settle(&mut self, case: &mut Case) {
        if case.started == Some(false) && case.conference == Some(true) {
            self.say("a conference was held of a referral that was not started");
            (case.started, case.conference) = (None, None);
        }
        if case.started == Some(false) && case.plan == Some(true) {
            self.say("a plan was made of a referral that was not started");
            (case.started, case.plan) = (None, None);
        }
        if case.started == Some(false) {
            case.conference = Some(false);
            case.plan = Some(false);
        }
        if case.conference == Some(false) && case.days.is_some() {
            self.say("there is a date of a conference, but none was held");
            (case.conference, case.days) = (None, None);
        }
        if case.plan == Some(false) && case.agreements.is_some_and(|n| n > 0) {
            self.say("there are agreements, but no plan was made");
            (case.plan, case.agreements) = (None, None);
        }
        for (part, what) in [
            (&mut case.by_circle, "taken on by the circle"),
            (&mut case.carried_out, "carried out"),
        ] {
            if let (Some(n), Some(all)) = (*part, case.agreements)
                && n > all
            {
                self.say(format!("{n} agreements were {what}, but there are {all}"));
                *part = None;
            }
        }
    }
}
