//! Counts with a part for their zeros, and ordered levels.

use kring_core::seed::Stream;
use kring_core::{Estimate, Response};
use kring_sim::sampler;
use kring_stats::hurdle::Hurdle;
use kring_stats::ordinal::{Ordinal, OrdinalLink};
use kring_stats::two_part::{CountFamily, TwoPartFit, ZeroPart};
use kring_stats::zero_inflated::ZeroInflated;
use kring_stats::{Error, Fit};

use super::cohort::{Cohort, drawn};
use super::scenario::{Claim::Approximate, Scenario, absent, logistic, named, share};

const THETA: f64 = 3.0;
/// The intercept and the arm of the log mean, and of the zero part's log odds.
const MEAN: [f64; 2] = [1.6, 0.25];
const ZEROS: [f64; 2] = [-0.6, -0.5];

/// Which parameter.
#[derive(Clone, Copy)]
enum What {
    Mean,
    Zeros,
    Theta,
}

/// Zero-inflated: always zero with the probability of the zero part. Hurdle: above zero with it.
fn counts(part: ZeroPart, family: CountFamily, cohort: &Cohort, stream: &mut Stream) -> Response {
    let (eta, zeta) = (cohort.eta(&MEAN), cohort.eta(&ZEROS));
    let mut count = |eta: f64| match family {
        CountFamily::Nbinom2 => sampler::nb2(eta.exp(), THETA, stream),
        _ => sampler::poisson(eta.exp(), stream),
    };
    let mut all = Vec::with_capacity(eta.len());
    for eta in eta {
        let mut y = count(eta);
        while part == ZeroPart::Hurdle && y == 0.0 {
            y = count(eta);
        }
        all.push(y);
    }
    for (y, zeta) in all.iter_mut().zip(zeta) {
        let hit = stream.uniform() < share(zeta);
        if hit == (part == ZeroPart::Inflated) {
            *y = 0.0;
        }
    }
    Response::Count(all.into())
}

fn fit(
    part: ZeroPart,
    family: CountFamily,
    design: &kring_core::Design,
) -> Result<TwoPartFit, Error> {
    match part {
        ZeroPart::Inflated => ZeroInflated {
            family,
            ..ZeroInflated::default()
        }
        .fit(design),
        ZeroPart::Hurdle => Hurdle {
            family,
            ..Hurdle::default()
        }
        .fit(design),
    }
}

fn two_part(part: ZeroPart, family: CountFamily, what: What, (m, n): (usize, usize)) -> Scenario {
    let cohort = Cohort::plain(m, n);
    let model = match part {
        ZeroPart::Inflated => "zero-inflated",
        ZeroPart::Hurdle => "hurdle",
    };
    let counted = match family {
        CountFamily::Nbinom2 => "NB2",
        _ => "Poisson",
    };
    let (key, words, truth) = match what {
        What::Mean => ("mean", "log ratio of the mean", MEAN[1]),
        What::Zeros => ("zeros", "log odds ratio of the zero part", ZEROS[1]),
        What::Theta => ("theta", "log θ", THETA.ln()),
    };
    Scenario::new(
        format!("{model}-{counted} {key}/{m} {n}"),
        format!("{model} {counted} model, {words}, Wald"),
        format!("{m} and {n} families"),
        Approximate,
        truth,
        move |stream| {
            let y = counts(part, family, &cohort, stream);
            let fit = fit(part, family, &cohort.design(y, true, false)?)?;
            match what {
                What::Mean => named(fit.estimates()?, "arm"),
                What::Zeros => named(fit.zero_estimates()?, "arm"),
                What::Theta => {
                    let found: Option<Estimate> = fit.dispersion_estimates()?.into_iter().next();
                    found.ok_or_else(|| absent("the dispersion"))
                }
            }
        },
    )
    .slow()
}

/// Which interval of an ordinal model.
#[derive(Clone, Copy)]
enum Ordered {
    Wald,
    Profile,
    Threshold,
}

/// Four levels, cut from −1, 0 and 1.5 of β x + ε with a logistic ε.
fn ordinal(what: Ordered, (m, n): (usize, usize), effect: f64) -> Scenario {
    const CUTS: [f64; 3] = [-1.0, 0.0, 1.5];
    let cohort = Cohort::plain(m, n);
    let (key, words, truth) = match what {
        Ordered::Wald => ("Wald", "coefficient, Wald", effect),
        Ordered::Profile => ("profile", "coefficient, profile", effect),
        Ordered::Threshold => ("threshold", "threshold, Wald", CUTS[1]),
    };
    Scenario::new(
        format!("ordinal {key}/{m} {n}"),
        format!("proportional odds model, {words}"),
        format!("{m} and {n} families, 4 levels, log odds ratio {effect}"),
        Approximate,
        truth,
        move |stream| {
            let y = drawn(&cohort.eta(&[0.0, effect]), stream, |eta, s| {
                eta + logistic(s)
            });
            let level = |y: &f64| CUTS.iter().fold(0, |k, cut| k + u32::from(y > cut));
            let levels = ["none", "some", "much", "very much"]
                .map(str::to_owned)
                .to_vec();
            let response = Response::Ordinal {
                levels,
                codes: y.iter().map(level).collect(),
            };
            let options = Ordinal {
                link: OrdinalLink::Logit,
                ..Ordinal::default()
            };
            let design = cohort.design(response, false, false)?;
            let fit = options.fit(&design)?;
            match what {
                Ordered::Wald => named(fit.estimates()?, "arm"),
                Ordered::Profile => fit.profile("arm"),
                Ordered::Threshold => {
                    let found = fit.thresholds()?.into_iter().nth(1);
                    found.ok_or_else(|| absent("the second threshold"))
                }
            }
        },
    )
}

pub fn scenarios() -> Vec<Scenario> {
    let mut all = Vec::new();
    for part in [ZeroPart::Inflated, ZeroPart::Hurdle] {
        for size in [(55, 60), (20, 20)] {
            all.push(two_part(part, CountFamily::Poisson, What::Mean, size));
            all.push(two_part(part, CountFamily::Poisson, What::Zeros, size));
        }
        for size in [(55, 60), (150, 150)] {
            all.push(two_part(part, CountFamily::Nbinom2, What::Mean, size));
            all.push(two_part(part, CountFamily::Nbinom2, What::Zeros, size));
            all.push(two_part(part, CountFamily::Nbinom2, What::Theta, size));
        }
    }
    for what in [Ordered::Wald, Ordered::Profile, Ordered::Threshold] {
        all.push(ordinal(what, (55, 60), 0.7));
        all.push(ordinal(what, (10, 10), 1.5));
    }
    all
}
