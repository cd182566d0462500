//! Arms that are equal at the start: constrained longitudinal data analysis (cLDA).
//!
//! ```text
//! g(μ_aw) = α_w + δ_aw, a ≠ r, w ≠ 0      r the reference, 0 the start
//! ```
//! One mean for all arms at the start, and a difference of each arm at each later wave. Chance gives arms
//! that are equal before anything began; choice does not, and then this model calls a difference that was
//! there an effect. So it is refused unless chance decided on the arms, or the user declares it, which every
//! number then says.
//!
//! Liang KY, Zeger SL (2000), Sankhyā B 62:134–148; Lu K (2010), Biometrics 66:891–896, doi
//! 10.1111/j.1541-0420.2009.01332.x.

use kring_core::{Caution, Table};
use kring_stats::means::{ContrastFamily, Contrasts};
use ndarray::Array2;
use serde::{Deserialize, Serialize};

use super::{ByWave, levels, place_of, with_columns};
use crate::Error;
use crate::compare::{ByChance, quoted};
use crate::method::Answer;
use crate::method::mixed::{Setting, settings};

/// The options of arms that are equal at the start.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Constrained {
    /// The wave before anything began; the first, unless given.
    pub start: Option<String>,
    /// Whether chance decided on the arms.
    pub allocation: ByChance,
    /// Takes the arms as equal at the start although chance did not decide.
    pub declared: bool,
}

const DECLARED: &str = "Takes the arms as equal at the start because that was declared: chance did not decide on them, \
    so that a difference that was there before counts as an effect.";

/// A column of zeros and ones, its arm and its wave.
type Later<'a> = (String, &'a Setting, &'a Setting);

pub(in crate::method) fn clda(m: &ByWave<Constrained>, table: &Table) -> Result<Answer, Error> {
    let randomised = m.options.allocation == ByChance::Randomised;
    if !randomised && !m.options.declared {
        return Err(Error::Argument {
            what: "arms that are equal at the start".to_owned(),
            why: "chance gives that, and nobody says that it decided here (`options.allocation = \"randomised\"`); \
                  take `mmrm` with the outcome at the start among the terms, or `difference_in_differences`, or \
                  declare it all the same: `options.declared = true`"
                .to_owned(),
        });
    }
    let (table, notes) = m.settled(table)?;
    let (arms, waves) = (settings(&table, &m.arm)?, settings(&table, &m.wave)?);
    let start = match &m.options.start {
        Some(asked) => place_of(&waves, &m.wave, asked)?,
        None => 0,
    };
    if start != 0 {
        return Err(Error::Argument {
            what: "`options.start`".to_owned(),
            why: format!(
                "`{}` is not the first wave, and the arms would be free to differ before it; leave out the rows of \
                 the waves before, or declare their order",
                waves[start].name
            ),
        });
    }
    let others = || waves.iter().enumerate().filter(|(wave, _)| *wave != start);
    let later: Vec<Later<'_>> = others()
        .flat_map(|(_, wave)| {
            let arms = arms.iter().skip(1);
            arms.map(move |arm| {
                (
                    format!("{} at {} {}", arm.name, m.wave, wave.name),
                    arm,
                    wave,
                )
            })
        })
        .collect();
    let derive = |rows: &Table| -> Result<Table, Error> {
        let (arm_of, wave_of) = (rows.column(&m.arm)?, rows.column(&m.wave)?);
        let of = |(name, arm, wave): &Later<'_>| {
            // A row without an arm is left out, and counted.
            let lies = |row| {
                let here = arm.is_in(arm_of, row) && wave.is_in(wave_of, row);
                (!arm_of.is_missing(row)).then(|| f64::from(u8::from(here)))
            };
            (name.clone(), (0..rows.rows()).map(lies).collect())
        };
        with_columns(rows, later.iter().map(of).collect())
    };
    let names: Vec<String> = later.iter().map(|(name, ..)| quoted(name)).collect();
    let terms = format!("{} + {}", levels(&table, &m.wave)?, names.join(" + "));
    let fitted = m
        .model
        .fit(&m.formula(terms), &m.families(), &derive(&table)?)?;
    let cells = m.cells(&fitted)?;
    let after: Vec<usize> = (0..cells.waves.len())
        .filter(|&wave| {
            waves
                .get(start)
                .is_none_or(|start| cells.waves[wave].name != start.name)
        })
        .collect();
    let asked = Contrasts {
        by: vec![m.wave.clone()],
        ..Contrasts::of(ContrastFamily::Control { level: None })
    };
    let contrasts = cells.contrasts(&cells.means(&after, &derive)?, &asked)?;
    let mut answer = fitted.answer(&table, Vec::new())?;
    answer.means = Some(Box::new(cells.result(&derive, contrasts)?));
    let coefficients = fitted.fit().coefficients();
    let of_arms: Vec<usize> = (0..coefficients.estimated.len())
        .filter(|&place| names.contains(&coefficients.columns[coefficients.estimated[place]]))
        .collect();
    if !of_arms.is_empty() {
        let rows =
            Array2::from_shape_fn((of_arms.len(), coefficients.estimated.len()), |(i, j)| {
                f64::from(u8::from(of_arms[i] == j))
            });
        let label = format!("{} at all later waves", m.arm);
        answer
            .tests
            .push(fitted.fit().joint_combination(&label, rows.view())?);
    }
    if !randomised {
        answer.caution(&Caution::Note(DECLARED.to_owned()));
    }
    let start = waves.get(start).map_or("", |wave| wave.name.as_str());
    let answer = notes.into_iter().fold(answer, Answer::note);
    Ok(answer.note(format!(
        "The arms have one mean at {} {start}, where they are taken as equal.",
        m.wave
    )))
}
