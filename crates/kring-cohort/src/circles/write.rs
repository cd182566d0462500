//! Circles as tables again.

use kring_core::{Alter, Circle, Circles, Date, Moment, Presence, Role, Taker};
use polars::prelude::{Column, DataFrame, DataType, IntoColumn, NamedFrom, PolarsError, Series};

use super::long::CircleTables;
use crate::Dataset;
use crate::error::Error;

/// The circles as five tables that [`from_tables`](super::from_tables) reads as the same circles.
///
/// What is not known is an empty cell. Keys that end in spaces, and keys of persons that only numbers tell apart,
/// such as `01` and `1`, stay apart in these frames but not in every file format.
pub fn to_tables(circles: &Circles) -> Result<CircleTables, Error> {
    let table = |name: &str, columns: Vec<Column>| {
        let height = columns.first().map_or(0, Column::len);
        let frame = DataFrame::new(height, columns).map_err(|error| refuse(name, &error))?;
        Dataset::from_frame(frame, name).map(Some)
    };
    Ok(CircleTables {
        families: table("families", families(circles)?)?,
        alters: table("alters", alters(circles)?)?,
        ties: table("ties", ties(circles))?,
        agreements: table("agreements", agreements(circles)?)?,
        standing: table("standing", standing(circles))?,
    })
}

fn refuse(name: &str, error: &PolarsError) -> Error {
    Error::Frame {
        name: name.to_owned(),
        reason: error.to_string(),
    }
}

/// A column of texts, one of each row.
fn texts<R>(name: &str, rows: &[R], of: impl Fn(&R) -> Option<String>) -> Column {
    let values: Vec<Option<String>> = rows.iter().map(of).collect();
    Series::new(name.into(), values).into_column()
}

fn truths<R>(name: &str, rows: &[R], of: impl Fn(&R) -> Option<bool>) -> Column {
    let values: Vec<Option<bool>> = rows.iter().map(of).collect();
    Series::new(name.into(), values).into_column()
}

fn dates<R>(name: &str, rows: &[R], of: impl Fn(&R) -> Option<Date>) -> Result<Column, Error> {
    let days: Vec<Option<i32>> = rows.iter().map(|row| of(row).map(Date::days)).collect();
    let series = Series::new(name.into(), days).cast(&DataType::Date);
    Ok(series.map_err(|error| refuse(name, &error))?.into_column())
}

/// The words of a set between semicolons; `none` for no word.
fn list<'a>(words: impl Iterator<Item = &'a str>) -> String {
    let words: Vec<&str> = words.collect();
    if words.is_empty() {
        return "none".to_owned();
    }
    words.join(";")
}

fn families(circles: &Circles) -> Result<Vec<Column>, Error> {
    let rows: Vec<Circle> = circles.iter().collect();
    let rows = rows.as_slice();
    let approved = |row: &Circle| {
        let by = row.plan().approved_by?;
        Some(list(by.iter().map(kring_core::Approver::word)))
    };
    let support: Vec<Option<f64>> = rows.iter().map(Circle::perceived_support).collect();
    Ok(vec![
        texts("family", rows, |row| Some(row.family().to_owned())),
        texts("wave", rows, |row| Some(row.wave().to_owned())),
        dates("date", rows, Circle::date)?,
        truths("referred", rows, |row| row.course().referred),
        truths("started", rows, |row| row.course().started),
        truths("meeting", rows, |row| row.course().meeting),
        truths("plan_made", rows, |row| row.plan().made),
        truths("plan_safe", rows, |row| row.plan().safe),
        texts("approved_by", rows, approved),
        truths("asked_by_worker", rows, |row| {
            row.reported().asked_by_worker
        }),
        truths("network_present", rows, |row| {
            row.reported().network_present
        }),
        Series::new("perceived_support".into(), support).into_column(),
    ])
}

/// A circle, a place in it, and the person there.
type AlterRow<'a> = (Circle<'a>, usize, &'a Alter);

fn alters(circles: &Circles) -> Result<Vec<Column>, Error> {
    let rows: Vec<AlterRow> = circles
        .iter()
        .flat_map(|circle| {
            let alters = circle.alters().iter().enumerate();
            alters.map(move |(place, alter)| (circle, place, alter))
        })
        .collect();
    let rows = rows.as_slice();
    let word = |word: Option<&'static str>| word.map(str::to_owned);
    let by = |moment: Moment| match moment {
        Moment::Unknown => None,
        Moment::No => Some("no".to_owned()),
        Moment::Yes(by) => Some(by.word().to_owned()),
    };
    let parts = |presence: Presence| match presence {
        Presence::Present(parts) if !parts.is_empty() => {
            Some(list(parts.iter().map(kring_core::MeetingPart::word)))
        }
        _ => None,
    };
    let speaker = |(circle, place, _): &AlterRow| {
        let by = circle.represented_by(*place)?;
        Some(circle.person(by).to_owned())
    };
    let support = |row: &AlterRow| Some(list(row.2.support?.iter().map(kring_core::Support::word)));
    Ok(vec![
        texts("family", rows, |row| Some(row.0.family().to_owned())),
        texts("wave", rows, |row| Some(row.0.wave().to_owned())),
        texts("person", rows, |row| Some(row.0.person(row.1).to_owned())),
        texts("role", rows, |row| Some(Role::to_string(&row.2.role))),
        texts("side", rows, |row| {
            word(row.2.side.map(kring_core::FamilySide::word))
        }),
        texts("closeness", rows, |row| {
            word(row.2.closeness.map(kring_core::Closeness::word))
        }),
        texts("frequency", rows, |row| {
            word(row.2.frequency.map(kring_core::Frequency::word))
        }),
        texts("support", rows, support),
        dates("since", rows, |row| row.2.since)?,
        texts("bond", rows, |row| word(Some(row.2.bond.word()))),
        texts("named_by", rows, |row| by(row.2.named)),
        texts("asked_by", rows, |row| by(row.2.asked)),
        truths("visited", rows, |row| row.2.visited),
        texts("invited_by", rows, |row| by(row.2.invited)),
        truths("present", rows, |row| row.2.presence.known()),
        texts("present_in", rows, |row| parts(row.2.presence)),
        texts("represented_by", rows, speaker),
        truths("promised", rows, |row| row.2.promised),
        truths("did", rows, |row| row.2.did),
    ])
}

fn ties(circles: &Circles) -> Vec<Column> {
    let rows: Vec<(Circle, &kring_core::Tie)> = circles
        .iter()
        .flat_map(|circle| circle.ties().iter().map(move |tie| (circle, tie)))
        .collect();
    let rows = rows.as_slice();
    let person = |circle: &Circle, place: u32| Some(circle.person(place as usize).to_owned());
    vec![
        texts("family", rows, |row| Some(row.0.family().to_owned())),
        texts("wave", rows, |row| Some(row.0.wave().to_owned())),
        texts("from", rows, |row| person(&row.0, row.1.from)),
        texts("to", rows, |row| person(&row.0, row.1.to)),
        texts("sign", rows, |row| Some(row.1.sign.word().to_owned())),
        texts("direction", rows, |row| {
            Some(row.1.direction.word().to_owned())
        }),
    ]
}

type AgreementRow<'a> = (Circle<'a>, kring_core::Agreement<'a>);

fn agreement_rows(circles: &Circles) -> Vec<AgreementRow<'_>> {
    let rows = circles.iter().flat_map(|circle| {
        let agreements = circle.agreements();
        agreements.map(move |agreement| (circle, agreement))
    });
    rows.collect()
}

fn agreements(circles: &Circles) -> Result<Vec<Column>, Error> {
    let rows = agreement_rows(circles);
    let rows = rows.as_slice();
    let takers = |(circle, agreement): &AgreementRow| {
        let takers = agreement.takers.iter().map(|taker| match taker {
            Taker::Family => "family".to_owned(),
            Taker::Circle => "circle".to_owned(),
            Taker::Professional => "professional".to_owned(),
            Taker::Person(place) => {
                format!(
                    "\"{}\"",
                    circle.person(*place as usize).replace('"', "\"\"")
                )
            }
        });
        Some(takers.collect::<Vec<_>>().join(";"))
    };
    let text = |text: Option<&str>| text.map(str::to_owned);
    Ok(vec![
        texts("family", rows, |row| Some(row.0.family().to_owned())),
        texts("wave", rows, |row| Some(row.0.wave().to_owned())),
        texts("agreement", rows, |row| Some(row.1.key.to_owned())),
        texts("what", rows, |row| text(row.1.what)),
        texts("domain", rows, |row| text(row.1.domain)),
        texts("takers", rows, takers),
        dates("due", rows, |row| row.1.due)?,
        truths("done", rows, |row| row.1.done),
    ])
}

fn standing(circles: &Circles) -> Vec<Column> {
    let rows: Vec<(AgreementRow, &kring_core::Standing)> = agreement_rows(circles)
        .into_iter()
        .flat_map(|row| row.1.standing.iter().map(move |standing| (row, standing)))
        .collect();
    let rows = rows.as_slice();
    let wave = |place: u32| circles.waves().get(place as usize).cloned();
    vec![
        texts("family", rows, |row| Some(row.0.0.family().to_owned())),
        texts("agreement", rows, |row| Some(row.0.1.key.to_owned())),
        texts("wave", rows, |row| wave(row.1.wave)),
        truths("stands", rows, |row| Some(row.1.stands)),
    ]
}
