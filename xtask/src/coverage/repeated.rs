//! Models for repeated measures: each way to degrees of freedom, at the sizes that studies have.

use kring_core::Response;
use kring_core::seed::Stream;
use kring_stats::mmrm::{Dof, Errors, Mmrm};
use kring_stats::{Error, Fit};

use super::panel::{INTERACTION, Panel, Seen, Size};
use super::scenario::{Asked, Pace, Scenario, Target, named};

const BETA: [f64; 4] = [10.0, -0.8, -0.3, -0.3];
/// Standard deviations by wave, and the correlation of two waves that follow one another.
const SPREAD: [f64; 4] = [2.0, 2.2, 2.5, 3.0];
const FADING: f64 = 0.7;

/// Ways, with the key and words of their targets.
const WAYS: [(&str, &str, Dof, Errors); 6] = [
    (
        "satterthwaite",
        "Satterthwaite",
        Dof::Satterthwaite,
        Errors::Model,
    ),
    ("kr", "Kenward–Roger", Dof::KenwardRoger, Errors::Model),
    (
        "kr-linear",
        "linear Kenward–Roger",
        Dof::KenwardRogerLinear,
        Errors::Model,
    ),
    (
        "between-within",
        "between–within",
        Dof::BetweenWithin,
        Errors::Model,
    ),
    ("residual", "residual", Dof::Residual, Errors::Model),
    ("cr2", "CR2", Dof::Satterthwaite, Errors::Cr2),
];

/// Scores whose residuals follow one another.
fn response(panel: &Panel, stream: &mut Stream) -> Response {
    let (family, n) = panel.families();
    let rest = (1.0 - FADING * FADING).sqrt();
    let residuals: Vec<[f64; 4]> = (0..n)
        .map(|_| {
            let mut at = stream.normal();
            SPREAD.map(|sd| {
                let here = sd * at;
                at = FADING * at + rest * stream.normal();
                here
            })
        })
        .collect();
    let rows = panel.linear(BETA).zip(family.iter().zip(panel.waves()));
    let y = rows.map(|(mean, (&f, &wave))| mean + residuals[f as usize][wave as usize]);
    Response::Continuous(y.collect())
}

fn of(families: u32) -> Vec<Scenario> {
    let size = Size::new(families, 4);
    let panel = Panel::new(size, Seen::FourInFive);
    let mut all = Vec::new();
    for (label, truth) in [("arm", BETA[1]), (INTERACTION, BETA[3])] {
        let target = |(key, words, ..): &(&'static str, &'static str, Dof, Errors)| Target {
            key,
            words,
            asked: Asked::Interval,
            truth,
        };
        let panel = panel.clone();
        all.extend(Scenario::of_one_fit(
            &format!("mmrm {label}/{}", size.key()),
            &format!("MMRM, {label}"),
            &size.words(),
            Pace::Slow,
            WAYS.iter().map(target).collect(),
            move |stream| {
                let design = panel.marginal(response(&panel, stream))?;
                let each = WAYS.iter().map(|&(.., dof, errors)| {
                    let model = Mmrm {
                        dof,
                        errors,
                        ..Mmrm::default()
                    };
                    named(model.fit(&design)?.estimates()?, label)
                });
                each.collect::<Result<Vec<_>, Error>>()
            },
        ));
    }
    all
}

pub fn scenarios() -> Vec<Scenario> {
    [10, 20, 30, 55].into_iter().flat_map(of).collect()
}
