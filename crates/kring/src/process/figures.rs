//! Rates and summaries of referrals, in all and broken down.

use kring_core::{Rate, Stratum, Summary, SummaryKind, Table};
use kring_stats::summary::{Quantile, numbers};

use super::cases::{Case, Read};
use super::funnels::funnel;
use super::units::Units;
use super::{Breakdown, By, Course, Figures, Process};
use crate::Error;
use crate::rate::{Counted, rate, ratio};

pub(super) fn course(process: &Process, table: &Table, read: Read) -> Result<Course, Error> {
    let Read {
        cases,
        contradictions,
    } = read;
    let everybody: Vec<&Case> = cases.iter().collect();
    let by = process
        .by
        .iter()
        .map(|by| breakdown(process, table, &cases, by));
    Ok(Course {
        overall: figures(process, &everybody, Vec::new())?,
        by: by.collect::<Result<Vec<_>, _>>()?,
        contradictions,
    })
}

/// What is known of a referral, or whether it belongs to a denominator.
type Ask = fn(&Case) -> Option<bool>;

/// A share: its name, what is counted, of what, and how both are told.
pub(super) struct Share {
    pub id: &'static str,
    pub label: &'static str,
    pub of: &'static str,
    has: Ask,
    among: Ask,
}

const REFERRALS: &str = "referrals";
const STARTED: &str = "referrals that were started";
const HELD: &str = "conferences held";

/// Every share of referrals and conferences, in the order of the course.
const SHARES: [Share; 8] = [
    Share {
        id: "started_of_referrals",
        label: "started",
        of: REFERRALS,
        has: |case| case.started,
        among: |_| Some(true),
    },
    Share {
        id: "conference_of_referrals",
        label: "conference held",
        of: REFERRALS,
        has: |case| case.conference,
        among: |_| Some(true),
    },
    Share {
        id: "conference_of_started",
        label: "conference held",
        of: STARTED,
        has: |case| case.conference,
        among: |case| case.started,
    },
    Share {
        id: "plan_without_conference_of_referrals",
        label: "plan without a conference",
        of: REFERRALS,
        has: without_conference,
        among: |_| Some(true),
    },
    Share {
        id: "plan_without_conference_of_started",
        label: "plan without a conference",
        of: STARTED,
        has: without_conference,
        among: |case| case.started,
    },
    Share {
        id: "plan_of_referrals",
        label: "plan made",
        of: REFERRALS,
        has: |case| case.plan,
        among: |_| Some(true),
    },
    Share {
        id: "plan_of_started",
        label: "plan made",
        of: STARTED,
        has: |case| case.plan,
        among: |case| case.started,
    },
    Share {
        id: "plan_of_conferences",
        label: "plan made",
        of: HELD,
        has: |case| case.plan,
        among: |case| case.conference,
    },
];

/// A plan and no conference; either alone may settle that it is not so.
fn without_conference(case: &Case) -> Option<bool> {
    match (case.plan, case.conference) {
        (Some(false), _) | (_, Some(true)) => Some(false),
        (Some(true), Some(false)) => Some(true),
        _ => None,
    }
}

/// Whether the columns that a share needs are there.
fn declared(process: &Process, share: &Share) -> bool {
    let (started, plan) = (process.started.is_some(), process.plan.is_some());
    let held = process.conference.is_some();
    let counted = match share.label {
        "started" => started,
        "conference held" => held,
        "plan made" => plan,
        _ => plan && held,
    };
    counted
        && match share.of {
            STARTED => started,
            HELD => held,
            _ => true,
        }
}

fn figures(process: &Process, cases: &[&Case], strata: Vec<Stratum>) -> Result<Figures, Error> {
    let mut rates = Vec::new();
    for share in SHARES.iter().filter(|share| declared(process, share)) {
        let what = Counted {
            id: share.id,
            label: share.label,
            of_what: share.of,
            strata: &strata,
        };
        // Whoever may belong to the denominator or not is not known.
        let has = cases.iter().filter_map(|case| match (share.among)(case) {
            Some(true) => Some((share.has)(case)),
            Some(false) => None,
            None => Some(None),
        });
        rates.push(rate(&what, has, process.level)?);
    }
    for (role, id, label, part) in agreed(process) {
        if role.is_some() && process.agreements.is_some() {
            rates.push(of_agreements(process, cases, &strata, (id, label, part))?);
        }
    }
    Ok(Figures {
        summaries: measured(process)
            .iter()
            .map(|of| summary(of, cases, &strata))
            .collect(),
        referrals: cases.len(),
        rates,
        strata,
    })
}

type Part = fn(&Case) -> Option<usize>;

/// What may become of agreements.
fn agreed(process: &Process) -> [(Option<&String>, &'static str, &'static str, Part); 2] {
    [
        (
            process.by_circle.as_ref(),
            "circle_of_agreements",
            "taken on by the circle",
            |case| case.by_circle,
        ),
        (
            process.carried_out.as_ref(),
            "carried_out_of_agreements",
            "carried out",
            |case| case.carried_out,
        ),
    ]
}

fn of_agreements(
    process: &Process,
    cases: &[&Case],
    strata: &[Stratum],
    (id, label, part): (&str, &str, Part),
) -> Result<Rate, Error> {
    let what = Counted {
        id,
        label,
        of_what: "agreements",
        strata,
    };
    let mut parts = Vec::new();
    let mut unknown = 0;
    for case in cases {
        match (part(case), case.agreements) {
            (Some(n), Some(all)) => parts.push((n, all)),
            (None, Some(all)) => unknown += all,
            _ => {}
        }
    }
    ratio(&what, &parts, unknown, "plans", process.level)
}

/// A number that a referral may have.
#[derive(Debug, Clone, Copy)]
enum Number {
    Days,
    Present,
    Agreements,
    /// The grade at this place of the roles.
    Grade(usize),
}

impl Number {
    fn of(self, case: &Case) -> Option<f64> {
        match self {
            Self::Days => case.days,
            Self::Present => case.present,
            Self::Agreements => case.agreements.map(|n| n as f64),
            Self::Grade(place) => case.grades.get(place).copied().flatten(),
        }
    }

    /// Whether a referral might have it: not without a conference, agreements not without a plan.
    fn might(self, case: &Case) -> bool {
        match self {
            Self::Agreements => case.plan != Some(false),
            _ => case.conference != Some(false),
        }
    }
}

/// A number with its name and unit.
struct Measured<'a> {
    variable: &'a str,
    label: String,
    unit: &'static str,
    number: Number,
}

/// The numbers whose columns are there.
fn measured(process: &Process) -> Vec<Measured<'_>> {
    let days = process.referred_on.is_some() && process.held_on.is_some();
    let days = days.then(|| Measured {
        variable: "days",
        label: "From referral to conference".to_owned(),
        unit: "days",
        number: Number::Days,
    });
    let present = process.present.as_ref().map(|_| Measured {
        variable: "present",
        label: "Present at the conference".to_owned(),
        unit: "people",
        number: Number::Present,
    });
    let agreements = process.agreements.as_ref().map(|_| Measured {
        variable: "agreements",
        label: "Agreements of a plan".to_owned(),
        unit: "agreements",
        number: Number::Agreements,
    });
    let grades = process
        .grades
        .iter()
        .enumerate()
        .map(|(place, grade)| Measured {
            variable: &grade.column,
            label: format!("Grade for {} by {}", grade.what, grade.who),
            unit: "1–10",
            number: Number::Grade(place),
        });
    let first = [days, present, agreements].into_iter().flatten();
    first.chain(grades).collect()
}

fn summary(of: &Measured<'_>, cases: &[&Case], strata: &[Stratum]) -> Summary {
    let known: Vec<f64> = cases.iter().filter_map(|case| of.number.of(case)).collect();
    let lacks = |case: &&&Case| of.number.of(case).is_none() && of.number.might(case);
    Summary {
        variable: of.variable.to_owned(),
        label: of.label.clone(),
        unit: Some(of.unit.to_owned()),
        strata: strata.to_vec(),
        n: known.len(),
        missing: cases.iter().filter(lacks).count(),
        kind: SummaryKind::Numbers(numbers(&known, Quantile::Type7)),
    }
}

fn breakdown(
    process: &Process,
    table: &Table,
    cases: &[Case],
    by: &By,
) -> Result<Breakdown, Error> {
    let units = Units::of(table, by)?;
    let mut members: Vec<Vec<&Case>> = vec![Vec::new(); units.names.len() + 1];
    for (case, unit) in cases.iter().zip(&units.of_row) {
        members[unit.unwrap_or(units.names.len())].push(case);
    }
    let names = units.names.iter().map(String::as_str).chain(["(missing)"]);
    let mut parts = Vec::with_capacity(members.len());
    for (place, (name, members)) in names.zip(&members).enumerate() {
        if place == units.names.len() && members.is_empty() {
            continue;
        }
        let stratum = Stratum {
            variable: units.variable.clone(),
            level: name.to_owned(),
        };
        parts.push(figures(process, members, vec![stratum])?);
    }
    let known = &parts[..units.names.len()];
    let funnels = SHARES.iter().filter(|share| declared(process, share));
    let funnels = funnels.map(|share| funnel(process, &units, known, share));
    let funnels = funnels.collect::<Result<Vec<_>, _>>()?;
    Ok(Breakdown {
        variable: units.variable,
        label: units.label,
        funnels: funnels.into_iter().flatten().collect(),
        parts,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_without_a_conference_may_be_told_by_either() {
        let case = |plan, conference| Case {
            conference,
            plan,
            ..Case::default()
        };
        assert_eq!(
            without_conference(&case(Some(true), Some(false))),
            Some(true)
        );
        assert_eq!(without_conference(&case(None, Some(true))), Some(false));
        assert_eq!(without_conference(&case(Some(false), None)), Some(false));
        assert_eq!(without_conference(&case(Some(true), None)), None);
    }
}
