//! Marginal models: each correction for few families, at the sizes that studies have.

use kring_core::Response;
use kring_core::seed::Stream;
use kring_sim::sampler;
use kring_stats::family::{Family, Link};
use kring_stats::gee::{Dof, Gee, GeeCovariance};
use kring_stats::{Error, Fit};

use super::panel::{INTERACTION, Panel, Seen, Size};
use super::scenario::{Asked, Pace, Scenario, Target, named};

/// The coefficients of counts and of 0/1.
const COUNTS: [f64; 4] = [1.0, -0.4, -0.1, -0.1];
const EVENTS: [f64; 4] = [-0.2, -0.4, -0.1, -0.1];
/// The variance of the frailty, and the correlation of the latent numbers.
const FRAILTY: f64 = 0.5;
const LATENT: f64 = 0.3;

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Counts,
    Events,
}

/// Errors, with the key and words of their targets.
const ERRORS: [(&str, &str, GeeCovariance, Dof); 13] = [
    (
        "model",
        "model-based, z",
        GeeCovariance::ModelBased,
        Dof::Normal,
    ),
    ("robust", "robust, z", GeeCovariance::Robust, Dof::Normal),
    (
        "robust-t",
        "robust, t on families",
        GeeCovariance::Robust,
        Dof::Families,
    ),
    (
        "robust-pw",
        "robust, Pan–Wall",
        GeeCovariance::Robust,
        Dof::PanWall,
    ),
    (
        "kc",
        "Kauermann–Carroll, Satterthwaite",
        GeeCovariance::KauermannCarroll,
        Dof::Satterthwaite,
    ),
    (
        "kc-t",
        "Kauermann–Carroll, t on families",
        GeeCovariance::KauermannCarroll,
        Dof::Families,
    ),
    (
        "md",
        "Mancl–DeRouen, Satterthwaite",
        GeeCovariance::ManclDerouen,
        Dof::Satterthwaite,
    ),
    (
        "md-t",
        "Mancl–DeRouen, t on families",
        GeeCovariance::ManclDerouen,
        Dof::Families,
    ),
    (
        "fg",
        "Fay–Graubard, Satterthwaite",
        GeeCovariance::FayGraubard,
        Dof::Satterthwaite,
    ),
    (
        "fg-t",
        "Fay–Graubard, t on families",
        GeeCovariance::FayGraubard,
        Dof::Families,
    ),
    (
        "mbn",
        "Morel–Bokossa–Neerchal, t on families",
        GeeCovariance::MorelBokossaNeerchal,
        Dof::Families,
    ),
    (
        "pan",
        "Pan, t on families",
        GeeCovariance::Pan,
        Dof::Families,
    ),
    (
        "wl",
        "Wang–Long, t on families",
        GeeCovariance::WangLong,
        Dof::Families,
    ),
];

/// Counts with a frailty, or 0/1 of latent numbers, one common to a family.
fn response(panel: &Panel, outcome: Outcome, stream: &mut Stream) -> Response {
    let (family, n) = panel.families();
    match outcome {
        Outcome::Counts => {
            let frailty: Vec<f64> = (0..n)
                .map(|_| FRAILTY * sampler::gamma(1.0 / FRAILTY, stream))
                .collect();
            let rows = panel.linear(COUNTS).zip(family);
            let y = rows.map(|(eta, &f)| sampler::poisson(eta.exp() * frailty[f as usize], stream));
            Response::Count(y.collect())
        }
        Outcome::Events => {
            let common: Vec<f64> = (0..n).map(|_| LATENT.sqrt() * stream.normal()).collect();
            let rows = panel.linear(EVENTS).zip(family);
            let y = rows.map(|(eta, &f)| {
                let latent = eta + common[f as usize] + (1.0 - LATENT).sqrt() * stream.normal();
                f64::from(u8::from(latent > 0.0))
            });
            Response::Binary(y.collect())
        }
    }
}

fn of(outcome: Outcome, families: u32) -> Vec<Scenario> {
    let size = Size::new(families, 4);
    let panel = Panel::new(size, Seen::FourInFive);
    let (key, words, beta) = match outcome {
        Outcome::Counts => ("counts", "counts", COUNTS),
        Outcome::Events => ("events", "0/1", EVENTS),
    };
    let gee = Gee {
        family: match outcome {
            Outcome::Counts => Family::Poisson,
            Outcome::Events => Family::Binomial,
        },
        link: (outcome == Outcome::Events).then_some(Link::Probit),
        // The pooled errors ask for places when the model is fitted.
        covariance: GeeCovariance::Pan,
        ..Gee::default()
    };
    let mut all = Vec::new();
    for (label, truth) in [("arm", beta[1]), (INTERACTION, beta[3])] {
        let target = |(key, words, ..): &(&'static str, &'static str, GeeCovariance, Dof)| Target {
            key,
            words,
            asked: Asked::Interval,
            truth,
        };
        let (panel, gee) = (panel.clone(), gee.clone());
        all.extend(Scenario::of_one_fit(
            &format!("gee {key} {label}/{}", size.key()),
            &format!("GEE, {words}, {label}"),
            &size.words(),
            Pace::Slow,
            ERRORS.iter().map(target).collect(),
            move |stream| {
                let design = panel.marginal(response(&panel, outcome, stream))?;
                let fit = gee.fit(&design)?;
                let each = ERRORS.iter().map(|(.., covariance, dof)| {
                    let fit = fit.with_covariance(*covariance, Some(*dof))?;
                    named(fit.estimates()?, label)
                });
                each.collect::<Result<Vec<_>, Error>>()
            },
        ));
    }
    all
}

pub fn scenarios() -> Vec<Scenario> {
    let sizes = [10, 20, 30, 55];
    let outcomes = [Outcome::Counts, Outcome::Events];
    outcomes
        .into_iter()
        .flat_map(|outcome| sizes.into_iter().flat_map(move |n| of(outcome, n)))
        .collect()
}
