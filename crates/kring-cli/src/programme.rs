//! Commands about people and programmes: who left, the course of a programme, lists of problems.

use std::path::Path;

use kring::YesNo;
use kring::attrition::OutcomeBounds;
use kring::inventory::{Instrument, Item, Language, Problem};
use kring::method::with_factors;
use kring::process::{By, Grade, OnContradiction};
use kring::report::Style;
use kring::stats::bounds::Bounds;

use crate::arguments::{Attrition, DomainNames, Inventory, Process};
use crate::commands::{Outcome, cohort, named, narrowed, table};
use crate::output::{Fault, Shown, show};

pub fn attrition(options: &Attrition, style: Style) -> Result<Outcome, Fault> {
    let cohort = cohort(&options.data.data, &options.data.reading, &options.people)?;
    let outcome = options.outcome.as_ref().map(|outcome| OutcomeBounds {
        outcome: outcome.clone(),
        wave: None,
        options: Bounds {
            level: options.level,
            ..match *options.range.as_slice() {
                [low, high] => Bounds::worst_case(low, high),
                _ => Bounds::monotone(),
            }
        },
    });
    let mut settings = kring::attrition::Attrition {
        observed: options.observed.clone(),
        wave: options.until.clone(),
        ..kring::attrition::Attrition::default()
    };
    settings.table.level = options.level;
    let found = settings
        .leavers(&cohort, &options.variable, outcome.as_ref())
        .map_err(|error| Fault::In {
            file: options.data.data.clone(),
            error,
        })?;
    let shown = Shown {
        title: "Who left",
        content: found.content(),
        notes: cohort.provenance().notes.clone(),
        record: &found,
    };
    show(&shown, &options.output, style)?;
    Ok(Outcome::AsExpected)
}

pub fn process(options: &Process, style: Style) -> Result<Outcome, Fault> {
    let (table, notes) = table(&options.data.data, &options.data.reading)?;
    let grades = options.grade.iter().map(|text| {
        let expected = "a column, for what the grade is and who gave it, as in \
                        grade_plan=the plan,family and circle";
        let (column, rest) = named("--grade", text, expected)?;
        let (what, who) = rest.split_once(',').ok_or_else(|| Fault::Argument {
            what: format!("--grade '{text}'"),
            why: format!("expected {expected}"),
        })?;
        Ok(Grade {
            column: column.to_owned(),
            what: what.trim().to_owned(),
            who: who.trim().to_owned(),
        })
    });
    let by = options.by.iter().cloned().map(By::Column);
    let by_year = options.by_year_of.iter().cloned().map(By::YearOf);
    let settings = kring::process::Process {
        started: options.started.as_deref().map(yes_no),
        conference: options.conference.as_deref().map(yes_no),
        plan: options.plan.as_deref().map(yes_no),
        referred_on: options.referred_on.clone(),
        held_on: options.held_on.clone(),
        present: options.present.clone(),
        agreements: options.agreements.clone(),
        by_circle: options.by_circle.clone(),
        carried_out: options.carried_out.clone(),
        grades: grades.collect::<Result<_, Fault>>()?,
        by: by.chain(by_year).collect(),
        contradictions: if options.contradictions_unknown {
            OnContradiction::TakeAsUnknown
        } else {
            OnContradiction::Refuse
        },
        level: options.level,
        ..kring::process::Process::default()
    };
    let found = settings.figures(&table).map_err(|error| Fault::In {
        file: options.data.data.clone(),
        error,
    })?;
    let shown = Shown {
        title: "The course of the programme",
        content: found.content(),
        notes,
        record: &found,
    };
    show(&shown, &options.output, style)?;
    Ok(Outcome::AsExpected)
}

/// `held` or `status=held`
fn yes_no(text: &str) -> YesNo {
    match text.split_once('=') {
        Some((column, yes)) => YesNo {
            column: column.to_owned(),
            yes: Some(yes.to_owned()),
        },
        None => YesNo::column(text),
    }
}

pub fn inventory(
    data_dir: Option<&Path>,
    options: &Inventory,
    style: Style,
) -> Result<Outcome, Fault> {
    let (table, notes) = table(&options.data.data, &options.data.reading)?;
    let (table, notes) = narrowed(&options.data.data, table, notes, &options.rows)?;
    let in_file = |error: kring::Error| Fault::In {
        file: options.data.data.clone(),
        error,
    };
    let instrument = options.instrument.as_ref();
    let instrument = instrument
        .map(|name| Instrument::find(name, data_dir))
        .transpose()?;
    let language = match options.language {
        DomainNames::English => Language::English,
        DomainNames::Dutch => Language::Dutch,
    };
    let settings = kring::inventory::Inventory {
        subject: options.subject.clone(),
        wave: options.wave.clone(),
        arm: options.arm.clone(),
        items: match &instrument {
            Some(instrument) => instrument.items(language),
            None => options.item.iter().map(|text| item(text)).collect(),
        },
        problem: match (&options.yes, options.at_most, options.at_least) {
            (Some(level), _, _) => Problem::Level(level.clone()),
            (_, Some(most), _) => Problem::AtMost(most),
            (_, _, Some(least)) => Problem::AtLeast(least),
            _ => Problem::Yes,
        },
        range: match *options.range.as_slice() {
            [low, high] => Some([low, high]),
            _ => instrument.as_ref().and_then(Instrument::range),
        },
        incomplete: if options.count_known {
            kring::inventory::Incomplete::CountKnown
        } else {
            kring::inventory::Incomplete::Missing
        },
        level: options.level,
    };
    let groups = [
        Some(&settings.wave),
        settings.arm.as_ref(),
        options.rater.as_ref(),
    ];
    let groups: Vec<String> = groups.into_iter().flatten().cloned().collect();
    let table = with_factors(&table, &groups).map_err(in_file)?;
    if let Some(rater) = &options.rater {
        let found = settings.agreement(&table, rater).map_err(in_file)?;
        let shown = Shown {
            title: "The agreement of the raters",
            content: found.content(),
            notes,
            record: &found,
        };
        show(&shown, &options.output, style)?;
        return Ok(Outcome::AsExpected);
    }
    let found = settings.figures(&table).map_err(in_file)?;
    let shown = Shown {
        title: "The list of problems",
        content: found.content(),
        notes,
        record: &found,
    };
    show(&shown, &options.output, style)?;
    Ok(Outcome::AsExpected)
}

/// `housing` or `housing=Housing`
fn item(text: &str) -> Item {
    match text.split_once('=') {
        Some((column, label)) => Item {
            column: column.to_owned(),
            label: Some(label.to_owned()),
        },
        None => Item::column(text),
    }
}
