//! Rates, summaries and funnels of referrals.

use std::collections::BTreeSet;

use kring_core::{
    Caution, Column, ColumnData, Funnel, FunnelLimit, FunnelLimits, FunnelPoint, Numbers, Outside,
    Rate, Side, Stratum, Summary, SummaryKind, Table,
};
use kring_stats::funnel::limits;
use kring_stats::summary::{Quantile, numbers};

use super::cases::{Case, Read};
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
struct Share {
    id: &'static str,
    label: &'static str,
    of: &'static str,
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
        summaries: summaries(process, cases, &strata),
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

/// Who might have a value, and which.
type Value = fn(&Case) -> Option<f64>;

fn summaries(process: &Process, cases: &[&Case], strata: &[Stratum]) -> Vec<Summary> {
    let held = |case: &Case| case.conference != Some(false);
    let planned = |case: &Case| case.plan != Some(false);
    let mut summaries = Vec::new();
    let mut add = |variable: &str,
                   label: String,
                   unit: &str,
                   among: &dyn Fn(&Case) -> bool,
                   value: &dyn Fn(&Case) -> Option<f64>| {
        let known: Vec<f64> = cases.iter().filter_map(|case| value(case)).collect();
        let missing = cases
            .iter()
            .filter(|case| value(case).is_none() && among(case))
            .count();
        let found: Numbers = numbers(&known, Quantile::Type7);
        summaries.push(Summary {
            variable: variable.to_owned(),
            label,
            unit: Some(unit.to_owned()),
            strata: strata.to_vec(),
            n: known.len(),
            missing,
            kind: SummaryKind::Numbers(found),
        });
    };
    let days: Value = |case| case.days;
    let present: Value = |case| case.present;
    let agreements: Value = |case| case.agreements.map(|n| n as f64);
    if process.referred_on.is_some() && process.held_on.is_some() {
        add(
            "days",
            "From referral to conference".into(),
            "days",
            &held,
            &days,
        );
    }
    if process.present.is_some() {
        add(
            "present",
            "Present at the conference".into(),
            "people",
            &held,
            &present,
        );
    }
    if process.agreements.is_some() {
        add(
            "agreements",
            "Agreements of a plan".into(),
            "agreements",
            &planned,
            &agreements,
        );
    }
    for (place, grade) in process.grades.iter().enumerate() {
        let label = format!("Grade for {} by {}", grade.what, grade.who);
        let value = |case: &Case| case.grades.get(place).copied().flatten();
        add(&grade.column, label, "1–10", &held, &value);
    }
    summaries
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
    for (name, members) in names.zip(&members) {
        if name == "(missing)" && members.is_empty() {
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

/// The units of a breakdown.
struct Units {
    variable: String,
    label: String,
    names: Vec<String>,
    /// For each row the place of its unit.
    of_row: Vec<Option<usize>>,
}

impl Units {
    fn of(table: &Table, by: &By) -> Result<Self, Error> {
        let (column, variable, label) = match by {
            By::Column(name) => {
                let column = table.column(name)?;
                (column, name.clone(), column.title().to_owned())
            }
            By::YearOf(name) => (table.column(name)?, "year".to_owned(), "year".to_owned()),
        };
        let values: Vec<Option<i64>> = match (column.data(), by) {
            (ColumnData::Factor(factor), By::Column(_)) => {
                return Ok(Self {
                    variable,
                    label,
                    names: factor.levels().to_vec(),
                    of_row: factor
                        .codes()
                        .iter()
                        .map(|code| code.map(|c| c as usize))
                        .collect(),
                });
            }
            (ColumnData::Factor(_), By::YearOf(name)) => {
                return Err(Error::Argument {
                    what: format!("the year of `{name}`"),
                    why: "it is a factor, but dates are numbers of days; give a factor as a column"
                        .to_owned(),
                });
            }
            (ColumnData::Numeric(_), By::Column(_)) => whole(column, |x| x)?,
            (ColumnData::Numeric(_), By::YearOf(_)) => whole(column, year)?,
        };
        let units: BTreeSet<i64> = values.iter().flatten().copied().collect();
        let units: Vec<i64> = units.into_iter().collect();
        Ok(Self {
            variable,
            label,
            of_row: values
                .iter()
                .map(|x| x.and_then(|x| units.binary_search(&x).ok()))
                .collect(),
            names: units.iter().map(i64::to_string).collect(),
        })
    }
}

fn whole(column: &Column, of: impl Fn(i64) -> i64) -> Result<Vec<Option<i64>>, Error> {
    let ColumnData::Numeric(numeric) = column.data() else {
        return Ok(Vec::new());
    };
    let place = |(row, x): (usize, Option<f64>)| match x {
        None => Ok(None),
        #[allow(
            clippy::cast_possible_truncation,
            reason = "a whole number of at most nine digits"
        )]
        Some(x) if x.fract() == 0.0 && x.abs() < 1e9 => Ok(Some(of(x as i64))),
        Some(x) => Err(Error::Argument {
            what: format!("column `{}`", column.name),
            why: format!(
                "{x} at row {} is no whole number to break figures down by",
                row + 1
            ),
        }),
    };
    numeric.iter().enumerate().map(place).collect()
}

/// The year of a day that is so many days after 1970-01-01, in the Gregorian calendar.
///
/// A cycle of 400 years has 146,097 days. Years begin on 1 March here, so that the leap day is the
/// last of its year.
fn year(days: i64) -> i64 {
    let days = days + 719_468;
    let (cycle, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let of_year = day - (365 * year + year / 4 - year / 100);
    // The 306th day since 1 March is 1 January.
    400 * cycle + year + i64::from(of_year >= 306)
}

/// The funnel of a share, where there are two units or more.
fn funnel(
    process: &Process,
    units: &Units,
    parts: &[Figures],
    share: &Share,
) -> Result<Option<Funnel>, Error> {
    let rates: Vec<(&str, &Rate)> = units
        .names
        .iter()
        .zip(parts)
        .filter_map(|(name, part)| Some((name.as_str(), part.rate(share.id)?)))
        .filter(|(_, rate)| rate.total > 0)
        .collect();
    if rates.len() < 2 {
        return Ok(None);
    }
    let sum = |of: fn(&Rate) -> usize| rates.iter().map(|(_, rate)| of(rate)).sum::<usize>();
    let overall = sum(|rate| rate.events) as f64 / sum(|rate| rate.total) as f64;
    let mut points = Vec::with_capacity(rates.len());
    for (name, rate) in &rates {
        points.push(FunnelPoint {
            label: (*name).to_owned(),
            events: rate.events,
            total: rate.total,
            share: rate.events as f64 / rate.total as f64,
            outside: outside(process, overall, rate)?,
        });
    }
    let sizes = sizes(&points);
    let mut lines = Vec::with_capacity(process.limits.len());
    for &level in &process.limits {
        let at = sizes.iter().map(|&total| {
            let found = limits(overall, total, level)?;
            Ok(FunnelLimit {
                total,
                low: found.low,
                high: found.high,
            })
        });
        let at = at.collect::<Result<Vec<_>, Error>>()?;
        lines.push(FunnelLimits { level, at });
    }
    let note = "The limits allow for chance alone. Where units have other families, they differ for \
        that reason too.";
    Ok(Some(Funnel {
        id: format!("{}-by-{}", share.id, units.variable),
        title: format!("{} by {}", capitalised(share.label), units.label),
        unit: units.label.clone(),
        label: share.label.to_owned(),
        of: share.of.to_owned(),
        overall,
        points,
        limits: lines,
        caption: caption(&process.limits),
        cautions: vec![Caution::Note(note.to_owned())],
    }))
}

/// What the limits mean.
fn caption(levels: &[f64]) -> String {
    let outside = levels
        .iter()
        .map(|level| format!("{:.2}", 100.0 * (1.0 - level)));
    let outside: Vec<String> = outside
        .map(|percent| {
            percent
                .trim_end_matches('0')
                .trim_end_matches('.')
                .to_owned()
        })
        .collect();
    format!(
        "Whoever lies within the limits differs from the common share by no more than chance \
         gives; there is no order among them. By chance alone at most {}% lie outside.",
        outside.join("% and ")
    )
}

/// The widest limits that a unit lies beyond.
fn outside(process: &Process, overall: f64, rate: &Rate) -> Result<Option<Outside>, Error> {
    let share = rate.events as f64 / rate.total as f64;
    let mut found: Option<Outside> = None;
    for &level in &process.limits {
        let within = limits(overall, rate.total, level)?;
        let side = match share {
            s if s < within.low => Side::Below,
            s if s > within.high => Side::Above,
            _ => continue,
        };
        if found.is_none_or(|known| known.level < level) {
            found = Some(Outside { level, side });
        }
    }
    Ok(found)
}

/// The sizes at which limits are drawn: some two hundred, and those of the units.
fn sizes(points: &[FunnelPoint]) -> BTreeSet<usize> {
    const DRAWN: usize = 200;
    let largest = points.iter().map(|point| point.total).max().unwrap_or(1);
    let step = largest.div_ceil(DRAWN);
    let grid = (1..=largest).step_by(step.max(1));
    grid.chain(points.iter().map(|point| point.total)).collect()
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Days since 1970-01-01 as R's `as.numeric(as.Date(...))` gives them.
    #[test]
    fn years_turn_on_the_first_of_january() {
        for (days, expected) in [
            (0, 1970),
            (-1, 1969),
            (10_956, 1999),
            (10_957, 2000),
            (11_016, 2000),
            (11_323, 2001),
            (19_722, 2023),
            (19_723, 2024),
            (20_088, 2024),
            (20_089, 2025),
            (-719_528, 0),
        ] {
            assert_eq!(year(days), expected, "{days}");
        }
    }

    #[test]
    fn a_plan_without_a_conference_may_be_told_by_either() {
        let case = |plan, conference| Case {
            plan,
            conference,
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
