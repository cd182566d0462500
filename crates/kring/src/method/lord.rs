//! Lord's paradox shown openly: two measurements of two groups, read in three ways.
//!
//! ```text
//! change scores    mean(after − before) of one group less that of the other, by Welch's t
//! ANCOVA           after = α + β before + τ group + ε, τ with HC3 errors
//! ratio of rates   log E y = α + λ later + γ group + δ later·group, δ with CR2 errors by row
//! ```
//! Each is the effect of the group under another assumption about how people came into it, which the
//! data cannot test: `docs/lords-paradox.md`. With a reliability r of the first measurement, a group that
//! was chosen for lying d above the other is expected to fall by (1 − r)d without any effect.
//!
//! Lord FM (1967), Psychological Bulletin 68:304–305, doi 10.1037/h0025105; van Breukelen GJP (2013),
//! Multivariate Behavioral Research 48:895–922, doi 10.1080/00273171.2013.831743.

use kring_core::{Caution, Column, Estimate, Table};
use kring_formula::{DesignOptions, ResponseKind};
use kring_stats::Covariance;
use kring_stats::family::Family;
use kring_stats::glm::Glm;
use kring_stats::lm::Lm;
use kring_stats::t_test::{Group, TTest};
use serde::{Deserialize, Serialize};

use super::Answer;
use super::data::{Twice, not_two};
use super::model::{Modelled, glm};
use crate::compare::quoted;
use crate::{Error, analysis};

/// Two measurements of two groups, and how reliable the first one is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Readings {
    /// The column of the earlier measurement.
    pub before: String,
    /// The column of the later one.
    pub after: String,
    /// The column of the groups; the first level is the reference.
    pub by: String,
    /// The share of the first measurement's variance that is not error, from 0 to 1.
    pub reliability: Option<f64>,
    /// The level of the intervals, 0.95 unless given.
    pub level: Option<f64>,
}

pub(super) fn readings(m: &Readings, table: &Table) -> Result<Answer, Error> {
    if let Some(r) = m.reliability.filter(|r| !(0.0..=1.0).contains(r)) {
        return Err(Error::Argument {
            what: "`reliability`".to_owned(),
            why: format!("expected a share from 0 to 1, found {r}"),
        });
    }
    let groups = Twice::by(table, &m.before, &m.after, &m.by)?;
    let [(reference, control), (other, treated)] = &groups[..] else {
        let levels = groups.iter().map(|(level, _)| level.as_str());
        return Err(not_two("Lord's paradox", &m.by, levels));
    };
    let level = m.level.unwrap_or(TTest::default().level);
    let change = |data: &Twice| -> Vec<f64> {
        let pairs = data.after().values.iter().zip(data.before().values);
        pairs.map(|(after, before)| after - before).collect()
    };
    let (x, y) = (change(treated), change(control));
    let test = TTest {
        level,
        ..TTest::default()
    };
    let (x, y) = (
        Group {
            name: other,
            values: &x,
        },
        Group {
            name: reference,
            values: &y,
        },
    );
    let scores = test.two_samples(x, y, treated.unit.as_deref())?;
    let long = long(m, &groups)?;
    let mut answer = Answer::of([
        read_as(
            "change scores",
            scores,
            "The effect, if without it both groups would have changed by the same amount.",
        ),
        read_as(
            "ANCOVA",
            ancova(m, &groups, level)?,
            "The effect, if people with the same first measurement differ by nothing else that \
             matters, and it is without error.",
        ),
    ]);
    match ratio(m, &long, level) {
        Ok(found) => answer.estimates.push(read_as(
            "ratio of rates",
            found,
            "The effect, if without it both groups would have kept the same share of their problems.",
        )),
        Err(error) => answer = answer.note(format!("No ratio of rates: {error}.")),
    }
    let mean = |data: &Twice| {
        let values = data.before().values;
        values.iter().sum::<f64>() / values.len() as f64
    };
    let apart = mean(treated) - mean(control);
    answer = answer.figure("difference_at_the_start", apart);
    if let Some(r) = m.reliability {
        let falls = -(1.0 - r) * apart;
        answer = answer.figure("regression_to_the_mean", falls).note(format!(
            "With a reliability of {r}, a difference of {apart:.3} at the start that the groups were \
             chosen by becomes {:.3} without any effect: change scores count its {falls:.3} as one.",
            r * apart
        ));
    }
    let used = control.used + treated.used;
    Ok(answer
        .note(format!(
            "All are of {other} against {reference}: a difference is {other} less {reference}, also at the \
             start, and the ratio {other} divided by {reference}."
        ))
        .note("The three answer different questions; the data cannot choose among them.")
        .complete_cases(used, table.rows()))
}

fn read_as(reading: &str, estimate: Estimate, assumes: &str) -> Estimate {
    let mut cautions = estimate.cautions;
    cautions.push(Caution::Note(assumes.to_owned()));
    Estimate {
        label: reading.to_owned(),
        cautions,
        ..estimate
    }
}

fn ancova(m: &Readings, groups: &[(String, Twice)], level: f64) -> Result<Estimate, Error> {
    let both = |of: fn(&Twice) -> &[f64]| -> Vec<Option<f64>> {
        let values = groups.iter().flat_map(|(_, data)| of(data));
        values.copied().map(Some).collect()
    };
    let table = Table::new(vec![
        Column::numeric(&m.after, both(|data| data.after().values))?,
        Column::numeric(&m.before, both(|data| data.before().values))?,
        arms(m, groups, 1)?,
    ])?;
    let options = Lm {
        covariance: Covariance::Hc3,
        level,
    };
    let roles = DesignOptions {
        response: ResponseKind::Continuous,
        ..DesignOptions::default()
    };
    let [after, before, arm] = [&m.after, &m.before, &m.by].map(|name| quoted(name));
    let formula = format!("{after} ~ {before} + {arm}");
    let fit = analysis::lm(&table, &formula, &roles, &options)?;
    last(fit.estimates, "ANCOVA")
}

/// A row a person and measurement.
fn long(m: &Readings, groups: &[(String, Twice)]) -> Result<Table, Error> {
    let values = groups.iter().flat_map(|(_, data)| {
        let pairs = data.before().values.iter().zip(data.after().values);
        pairs.flat_map(|(&before, &after)| [Some(before), Some(after)])
    });
    let people: usize = groups.iter().map(|(_, data)| data.used).sum();
    let person = (0..people).flat_map(|i| [Some(i as f64), Some(i as f64)]);
    let later = (0..people).flat_map(|_| [Some(0), Some(1)]);
    Table::new(vec![
        Column::numeric(&m.after, values.collect())?,
        Column::numeric(ROW, person.collect())?,
        Column::factor(MEASUREMENT, [&m.before, &m.after], later.collect())?,
        arms(m, groups, 2)?,
    ])
    .map_err(Error::from)
}

/// The columns that the data themselves do not have.
const ROW: &str = "the row";
const MEASUREMENT: &str = "the measurement";

/// The group of each row, so many times.
fn arms(m: &Readings, groups: &[(String, Twice)], times: usize) -> Result<Column, Error> {
    let codes = groups.iter().zip(0_u32..);
    let codes = codes.flat_map(|((_, data), code)| vec![Some(code); times * data.used]);
    let levels = groups.iter().map(|(level, _)| level.as_str());
    Ok(Column::factor(&m.by, levels, codes.collect())?)
}

fn ratio(m: &Readings, long: &Table, level: f64) -> Result<Estimate, Error> {
    let [y, arm] = [&m.after, &m.by].map(|name| quoted(name));
    let options = Glm {
        family: Family::Poisson,
        covariance: Covariance::Cr2,
        level,
        ..Glm::default()
    };
    let formula = format!("{y} ~ {} * {arm}", quoted(MEASUREMENT)).parse()?;
    let model = Modelled {
        cluster: Some(ROW.to_owned()),
        ..Modelled::of(formula, options)
    };
    let answer = glm(&model, long)?;
    let interaction = answer
        .estimates
        .into_iter()
        .rfind(|estimate| estimate.label.contains(':'));
    interaction.ok_or_else(|| nothing("a ratio of rates"))
}

fn last(mut estimates: Vec<Estimate>, what: &str) -> Result<Estimate, Error> {
    estimates.pop().ok_or_else(|| nothing(what))
}

fn nothing(what: &str) -> Error {
    Error::Argument {
        what: what.to_owned(),
        why: "the data leave nothing to estimate".to_owned(),
    }
}
