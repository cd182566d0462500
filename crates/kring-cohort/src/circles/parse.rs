//! One cell, as what its column holds.

use kring_core::{Approvers, By, Date, Discipline, Moment, Parts, Role, RoleKind, Supports};

use super::columns::ColumnKind;
use super::faults::CircleFaultKind;
use super::sheet::Value;
use super::words::{self, Vocabulary};

/// Why a cell cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wrong {
    pub(super) kind: CircleFaultKind,
    pub(super) what: String,
}

/// A cell: what it holds, nothing where that means "not known", or why it cannot be read.
pub(super) type Cell<T> = Result<Option<T>, Wrong>;

fn word<T: Copy>(vocabulary: &Vocabulary<T>, text: &str) -> Result<T, Wrong> {
    vocabulary.read(text).map_err(|what| Wrong {
        kind: CircleFaultKind::UnknownWord,
        what,
    })
}

/// A word of a list.
pub(super) fn one<T: Copy>(vocabulary: &Vocabulary<T>) -> impl Fn(&Value) -> Cell<T> {
    |value| word(vocabulary, value.said()).map(Some)
}

pub(super) fn yes_no(value: &Value) -> Cell<bool> {
    words::truth(value.said()).map(Some).ok_or_else(|| Wrong {
        kind: CircleFaultKind::NotYesNo,
        what: format!(
            "expected yes or no, found `{}`; write yes or no, ja or nee, 1 or 0, true or false",
            value.said()
        ),
    })
}

pub(super) fn date(value: &Value) -> Cell<Date> {
    if let Some(date) = value.date {
        return Ok(Some(date));
    }
    let text = value.text.trim();
    text.parse().map(Some).map_err(|error: kring_core::Error| {
        let hint = match error {
            kring_core::Error::Word { hint, .. } => hint,
            _ => String::new(),
        };
        Wrong {
            kind: CircleFaultKind::NotDate,
            what: format!("expected a date, found `{text}`{hint}"),
        }
    })
}

pub(super) fn number(value: &Value) -> Cell<f64> {
    value.number.map(Some).ok_or_else(|| Wrong {
        kind: CircleFaultKind::NotNumber,
        what: format!("expected a number, found `{}`", value.text.trim()),
    })
}

/// A role; of a professional the discipline is open where it is not said.
pub(super) fn role(value: &Value) -> Cell<(RoleKind, Option<Discipline>)> {
    let text = value.said();
    let Some((kind, discipline)) = text.split_once(':') else {
        return word(&words::ROLE, text).map(|kind| Some((kind, None)));
    };
    let kind = word(&words::ROLE, kind)?;
    let discipline = word(&words::DISCIPLINE, discipline)?;
    if kind != RoleKind::Professional {
        return Err(Wrong {
            kind: CircleFaultKind::UnknownWord,
            what: format!(
                "expected a role, found `{text}`; only a professional has a discipline, as in \
                `professional:school`"
            ),
        });
    }
    Ok(Some((kind, Some(discipline))))
}

/// The role of a kind and a discipline.
pub(super) fn role_of(kind: RoleKind, discipline: Option<Discipline>) -> Role {
    match kind {
        RoleKind::Household => Role::Household,
        RoleKind::Family => Role::Family,
        RoleKind::Friend => Role::Friend,
        RoleKind::Neighbour => Role::Neighbour,
        RoleKind::Acquaintance => Role::Acquaintance,
        RoleKind::Volunteer => Role::Volunteer,
        RoleKind::Professional => Role::Professional(discipline.unwrap_or(Discipline::Other)),
    }
}

fn several<T: Copy, S: FromIterator<T>>(
    vocabulary: &'static Vocabulary<T>,
) -> impl Fn(&Value) -> Cell<S> {
    |value| {
        let text = value.said();
        let parts: Vec<&str> = text
            .split([';', ','])
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .collect();
        if let [only] = parts[..]
            && words::is_none(only)
        {
            return Ok(Some(S::from_iter([])));
        }
        let read = parts.into_iter().map(|part| word(vocabulary, part));
        read.collect::<Result<S, Wrong>>().map(Some)
    }
}

pub(super) fn supports(value: &Value) -> Cell<Supports> {
    several(&words::SUPPORT)(value)
}

pub(super) fn parts(value: &Value) -> Cell<Parts> {
    several(&words::PART)(value)
}

pub(super) fn approvers(value: &Value) -> Cell<Approvers> {
    several(&words::APPROVER)(value)
}

/// By whom something was done, or that nobody did it.
pub(super) fn by(value: &Value) -> Cell<Moment> {
    let text = value.said();
    Ok(Some(match words::truth(text) {
        Some(true) => Moment::Yes(By::NotRecorded),
        Some(false) => Moment::No,
        None => Moment::Yes(word(&words::BY, text)?),
    }))
}

/// Who takes on an agreement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TakerText {
    Family,
    Circle,
    Professional,
    Person(String),
}

/// Words and keys of persons between semicolons; a key in double quotes is always a person.
pub(super) fn takers(value: &Value) -> Cell<Vec<TakerText>> {
    let text = value.said();
    let wrong = || Wrong {
        kind: CircleFaultKind::UnknownWord,
        what: format!(
            "expected words and keys separated by `;`, found `{text}`; a key in double quotes ends \
            with one, and a quotation mark inside it is written twice"
        ),
    };
    let mut takers = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start();
        if let Some(quoted) = rest.strip_prefix('"') {
            let (key, after) = quoted_key(quoted).ok_or_else(wrong)?;
            takers.push(TakerText::Person(key));
            let after = after.trim_start();
            if after.is_empty() {
                break;
            }
            rest = after.strip_prefix(';').ok_or_else(wrong)?;
            continue;
        }
        let (part, after) = rest.split_once(';').unwrap_or((rest, ""));
        match words::plain(part).as_str() {
            "" => {}
            "family" | "gezin" => takers.push(TakerText::Family),
            "circle" | "network" | "kring" | "netwerk" => takers.push(TakerText::Circle),
            "professional" | "hulpverlener" => takers.push(TakerText::Professional),
            _ => takers.push(TakerText::Person(part.trim().to_owned())),
        }
        if after.is_empty() {
            break;
        }
        rest = after;
    }
    Ok(Some(takers))
}

/// The key up to the closing quotation mark, and what follows it.
fn quoted_key(text: &str) -> Option<(String, &str)> {
    let mut key = String::new();
    let mut rest = text;
    loop {
        let (before, after) = rest.split_once('"')?;
        key.push_str(before);
        match after.strip_prefix('"') {
            Some(after) => {
                key.push('"');
                rest = after;
            }
            None => return Some((key, after)),
        }
    }
}

/// Whether a meaning that an option gives is one that such a column can hold.
pub(super) fn check(kind: ColumnKind, meaning: &str) -> Result<(), String> {
    fn held<T>(cell: Cell<T>) -> Result<(), String> {
        cell.map(|_| ()).map_err(|wrong| wrong.what)
    }
    if meaning.trim().is_empty() {
        return Ok(());
    }
    let value = &Value::of_text(meaning.to_owned());
    match kind {
        ColumnKind::Text => Ok(()),
        ColumnKind::YesNo => held(yes_no(value)),
        ColumnKind::Date => held(date(value)),
        ColumnKind::Number => held(number(value)),
        ColumnKind::Role => held(role(value)),
        ColumnKind::Discipline => held(one(&words::DISCIPLINE)(value)),
        ColumnKind::Side => held(one(&words::SIDE)(value)),
        ColumnKind::Closeness => held(one(&words::CLOSENESS)(value)),
        ColumnKind::Frequency => held(one(&words::FREQUENCY)(value)),
        ColumnKind::Supports => held(supports(value)),
        ColumnKind::Sign => held(one(&words::SIGN)(value)),
        ColumnKind::Direction => held(one(&words::DIRECTION)(value)),
        ColumnKind::By => held(by(value)),
        ColumnKind::Parts => held(parts(value)),
        ColumnKind::Approvers => held(approvers(value)),
        ColumnKind::Takers => held(takers(value)),
    }
}
