//! Counts in two parts: whether there are any, how many if so, and how many in all.
//!
//! ```text
//! any       P(y > 0)        binomial marginal model
//! if any    E(y | y > 0)    marginal model of the rows above zero, log link
//! in all    E(y) = P(y > 0) E(y | y > 0)
//! ```
//! The arms are compared in the first and the last. Those who have any are not the same families in both
//! arms, so that a difference of the middle one is no effect on anybody: it describes.

use kring_core::{Caution, Column, Estimate, JointTest, Table};
use kring_formula::Formula;
use kring_stats::family::Family;
use kring_stats::gee::Gee;

use crate::Error;
use crate::compare::quoted;
use crate::method::Answer;
use crate::method::repeated::{Repeated, gee};

const SELECTED: &str = "Of those who have any: not the same families in both arms, so that a difference describes and \
    is no effect.";

pub(in crate::method) fn any_and_how_many(
    m: &Repeated<Gee>,
    table: &Table,
) -> Result<Answer, Error> {
    let name = m.formula.response().unwrap_or_default();
    let counts = table.numeric(name.trim_matches('`'))?;
    if !m.options.family.is_count() && m.options.family != Family::Gaussian {
        return Err(Error::Argument {
            what: "`options.family`".to_owned(),
            why: "expected a family of counts: poisson, nbinom1 or nbinom2".to_owned(),
        });
    }
    let any = "any".to_owned();
    if table.column(&any).is_ok() || m.formula.to_string().contains("offset(") {
        return Err(Error::Argument {
            what: "counts in two parts".to_owned(),
            why: "an offset has no meaning for whether there are any, and the column `any` is made here; rename a column \
                  of that name, and take `gee` where the time at risk differs"
                .to_owned(),
        });
    }
    let above: Vec<Option<f64>> = counts
        .iter()
        .map(|y| y.map(|y| f64::from(u8::from(y > 0.0))))
        .collect();
    let mut columns: Vec<Column> = table.columns().to_vec();
    columns.push(Column::numeric(&any, above)?);
    let with_any = Table::new(columns)?;
    let some: Vec<usize> = (0..table.rows())
        .filter(|&row| counts.get(row).is_none_or(|y| y > 0.0))
        .collect();
    let count = match m.options.family {
        Family::Gaussian => Family::Poisson,
        own => own,
    };
    let whole = m.formula.to_string();
    let right = whole.split_once('~').map_or("1", |(_, right)| right.trim());
    let of_any: Formula = format!("{} ~ {right}", quoted(&any)).parse()?;
    let part = |formula: &Formula, family: Family| Repeated {
        formula: formula.clone(),
        options: Gee {
            family,
            link: m.options.link.filter(|_| family.is_count()),
            ..m.options.clone()
        },
        ..m.clone()
    };
    let mut answer = Answer::default();
    let parts = [
        ("any", gee(&part(&of_any, Family::Binomial), &with_any)?),
        (
            "if any",
            gee(&part(&m.formula, count), &table.take(&some)?)?,
        ),
        ("in all", gee(&part(&m.formula, count), table)?),
    ];
    for (of, mut found) in parts {
        if of == "if any" {
            found.caution(&Caution::Note(SELECTED.to_owned()));
        }
        answer.append(named(of, found));
    }
    Ok(answer)
}

/// The numbers of a part with its name before them; the means of all keep their place.
fn named(of: &str, mut found: Answer) -> Answer {
    if of != "in all"
        && let Some(means) = found.means.take()
    {
        found.estimates.extend(means.estimates().cloned());
        found.tests.extend(means.tests().cloned());
    }
    let label = |label: &str| format!("{of}: {label}");
    let estimates = found.estimates.into_iter().map(|one| Estimate {
        label: label(&one.label),
        ..one
    });
    let tests = found.tests.into_iter().map(|one| JointTest {
        label: label(&one.label),
        ..one
    });
    let (estimates, tests) = (estimates.collect(), tests.collect());
    for component in &mut found.components {
        component.group = label(&component.group);
    }
    for figure in &mut found.figures {
        figure.name = format!("{}_{}", of.replace(' ', "_"), figure.name);
    }
    let notes = found.notes.into_iter().map(|note| format!("{of}: {note}"));
    Answer {
        estimates,
        tests,
        notes: notes.collect(),
        components: found.components,
        figures: found.figures,
        means: found.means,
        ..Answer::default()
    }
}
