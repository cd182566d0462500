//! Coefficients, shapes and standardised differences of generalised linear models.

use std::sync::Arc;

use kring_core::seed::Stream;
use kring_core::{Bootstrap as Kind, Estimate, Response};
use kring_sim::sampler;
use kring_stats::bootstrap::Bootstrap;
use kring_stats::family::{Family, Link};
use kring_stats::glm::{BiasReduction, Glm, GlmFit, OverdispersionForm, Settings};
use kring_stats::resampling::Scheme;
use kring_stats::{Covariance, Error, Fit};
use ndarray::{Array1, Array2};

use super::cohort::{Cohort, drawn};
use super::scenario::{
    Claim::{Approximate, Nominal},
    Scenario, absent, bernoulli, logit, named, over_normal, share, short,
};

/// θ of NB2 counts.
pub const THETA: f64 = 2.0;
/// φ of NB1 counts: the variance is 2.5 times the mean.
const PHI: f64 = 1.5;
/// ρ of a beta-binomial: the variance is 1 + 10 ρ = 2 times that of a binomial of 11.
pub const RHO: f64 = 0.1;
/// The domains of the instrument.
pub const DOMAINS: u32 = 11;
/// The shape of gamma responses.
pub const SHAPE: f64 = 3.0;

/// The intercept, the effect of the arm and that of severity.
fn beta(family: Family) -> [f64; 3] {
    match family {
        Family::Gaussian => [4.7, 1.3, 0.8],
        Family::Binomial | Family::QuasiBinomial | Family::BetaBinomial => [-0.4, 0.8, 0.3],
        _ => [4.7_f64.ln(), (6.0_f64 / 4.7).ln(), 0.2],
    }
}

/// What the family says of these η.
pub fn response(family: Family, eta: &[f64], stream: &mut Stream) -> Response {
    match family {
        Family::Gaussian => {
            Response::Continuous(drawn(eta, stream, |eta, s| eta + 3.0 * s.normal()))
        }
        Family::Binomial => Response::Binary(drawn(eta, stream, |eta, s| bernoulli(share(eta), s))),
        Family::QuasiBinomial | Family::BetaBinomial => Response::Proportion {
            successes: drawn(eta, stream, beta_binomial),
            trials: Array1::from_elem(eta.len(), f64::from(DOMAINS)),
        },
        Family::Poisson => {
            Response::Count(drawn(eta, stream, |eta, s| sampler::poisson(eta.exp(), s)))
        }
        Family::QuasiPoisson | Family::NegativeBinomial1 => {
            Response::Count(drawn(eta, stream, |eta, s| sampler::nb1(eta.exp(), PHI, s)))
        }
        Family::NegativeBinomial2 => Response::Count(drawn(eta, stream, |eta, s| {
            sampler::nb2(eta.exp(), THETA, s)
        })),
        // Gamma.
        _ => Response::Continuous(drawn(eta, stream, |eta, s| {
            eta.exp() * sampler::gamma(SHAPE, s) / SHAPE
        })),
    }
}

fn beta_binomial(eta: f64, stream: &mut Stream) -> f64 {
    let size = 1.0 / RHO - 1.0;
    let (p, a) = (share(eta), sampler::gamma(size * share(eta), stream));
    let b = sampler::gamma(size * (1.0 - p), stream);
    (0..DOMAINS).map(|_| bernoulli(a / (a + b), stream)).sum()
}

fn options(family: Family) -> Glm {
    Glm {
        family,
        link: (family == Family::Gamma).then_some(Link::Log),
        ..Glm::default()
    }
}

/// How an interval of the arm is made.
#[derive(Clone, Copy, PartialEq)]
enum How {
    Wald,
    Profile,
}

impl How {
    fn word(self) -> &'static str {
        match self {
            Self::Wald => "Wald",
            Self::Profile => "profile",
        }
    }

    fn arm(self, fit: &GlmFit) -> Result<Estimate, Error> {
        let estimates = match self {
            Self::Wald => fit.estimates()?,
            Self::Profile => fit.profile_estimates()?,
        };
        named(estimates, "arm")
    }
}

fn arm(family: Family, how: How, (m, n): (usize, usize)) -> Scenario {
    let cohort = Cohort::new(m, n);
    let beta = beta(family);
    let claim = if family == Family::Gaussian && how == How::Wald {
        Nominal
    } else {
        Approximate
    };
    let scenario = Scenario::new(
        format!("glm-{} {}/{m} {n}", family.name(), how.word()),
        format!("{} regression, {}", family.name(), how.word()),
        format!("{m} and {n} families, a covariate"),
        claim,
        beta[1],
        move |stream| {
            let y = response(family, &cohort.eta(&beta), stream);
            how.arm(&options(family).fit(&cohort.design(y, false, false)?)?)
        },
    );
    let quick = how == How::Wald && !matches!(family, Family::BetaBinomial);
    if quick { scenario } else { scenario.slow() }
}

/// A rare event: 5 and 2 in a hundred, where many samples separate.
fn rare(
    how: How,
    bias_reduction: BiasReduction,
    (m, n): (usize, usize),
    (p, q): (f64, f64),
) -> Scenario {
    let cohort = Cohort::plain(m, n);
    let (key, words) = match bias_reduction {
        BiasReduction::None => ("binomial", "binomial regression"),
        BiasReduction::Firth => ("firth", "binomial regression, Firth"),
    };
    let scenario = Scenario::new(
        format!("glm-{key} {}/{m} {n}, {p} {q}", how.word()),
        format!("{words}, {}", how.word()),
        format!("{p} of {m} and {q} of {n} families"),
        Approximate,
        logit(p) - logit(q),
        move |stream| {
            let y = drawn(
                &cohort.eta(&[logit(q), logit(p) - logit(q)]),
                stream,
                |eta, s| bernoulli(share(eta), s),
            );
            let glm = Glm {
                bias_reduction,
                ..options(Family::Binomial)
            };
            how.arm(&glm.fit(&cohort.design(Response::Binary(y), false, false)?)?)
        },
    );
    if how == How::Profile {
        scenario.slow()
    } else {
        scenario
    }
}

/// Poisson regression of counts that are NB2, or vary by team.
fn robust(covariance: Covariance, cohort: Cohort, data: &str, key: &str) -> Scenario {
    let beta = beta(Family::Poisson);
    let clustered = covariance.is_clustered();
    let scenario = Scenario::new(
        format!("glm-poisson {}/{key}", short(covariance)),
        format!("Poisson regression, {}", short(covariance)),
        data,
        Approximate,
        beta[1],
        move |stream| {
            let team = cohort.by_team(|| 0.4 * stream.normal());
            let eta: Vec<f64> = (cohort.eta(&beta).iter().zip(team))
                .map(|(e, t)| e + t)
                .collect();
            let y = response(Family::NegativeBinomial2, &eta, stream);
            let glm = Glm {
                covariance,
                ..options(Family::Poisson)
            };
            How::Wald.arm(&glm.fit(&cohort.design(y, false, clustered)?)?)
        },
    );
    if clustered { scenario.slow() } else { scenario }
}

/// The parameter of shape; θ, φ or ρ.
fn shape(family: Family, how: How, (m, n): (usize, usize), truth: f64) -> Scenario {
    let cohort = Cohort::new(m, n);
    let beta = beta(family);
    Scenario::new(
        format!("shape-{} {}/{m} {n}", family.name(), how.word()),
        format!(
            "{} of {} regression, {}",
            family.shape_name().unwrap_or("shape"),
            family.name(),
            how.word()
        ),
        format!("{m} and {n} families, a covariate"),
        Approximate,
        truth,
        move |stream| {
            let y = response(family, &cohort.eta(&beta), stream);
            let fit = options(family).fit(&cohort.design(y, false, false)?)?;
            let shape = match how {
                How::Wald => fit.shape.clone(),
                How::Profile => fit.profile_shape()?,
            };
            shape.ok_or_else(|| absent("the shape"))
        },
    )
    .slow()
}

/// Cameron and Trivedi's regression: α of a variance μ + αμ² is 1/θ, φ of μ(1 + φ) is φ.
fn overdispersion(form: OverdispersionForm, family: Family, key: &str, truth: f64) -> Scenario {
    let cohort = Cohort::new(55, 60);
    let beta = beta(family);
    Scenario::new(
        format!("overdispersion-{key}"),
        format!("overdispersion of Poisson regression, {key}"),
        "55 and 60 families, a covariate",
        Approximate,
        truth,
        move |stream| {
            let y = response(family, &cohort.eta(&beta), stream);
            let fit = options(Family::Poisson).fit(&cohort.design(y, false, false)?)?;
            fit.overdispersion(form)
        },
    )
}

/// The design with the arm set to each of its values.
fn settings(x: &Array2<f64>) -> [Array2<f64>; 2] {
    [0.0, 1.0].map(|arm| {
        let mut x = x.clone();
        x.column_mut(1).fill(arm);
        x
    })
}

/// The average of these families, by the delta method.
fn standardized_delta(m: usize, n: usize) -> Scenario {
    let cohort = Cohort::new(m, n);
    let beta = beta(Family::Binomial);
    let at = |arm: f64| {
        let of_row =
            |row: ndarray::ArrayView1<'_, f64>| share(beta[0] + beta[1] * arm + beta[2] * row[2]);
        cohort.x.rows().into_iter().map(of_row).sum::<f64>() / cohort.rows() as f64
    };
    let truth = at(1.0) - at(0.0);
    let [a, b] = settings(&cohort.x);
    Scenario::new(
        format!("standardized-delta/{m} {n}"),
        "standardised risk difference, delta method",
        format!("{m} and {n} families, a covariate, binomial regression"),
        Approximate,
        truth,
        move |stream| {
            let y = response(Family::Binomial, &cohort.eta(&beta), stream);
            let fit = options(Family::Binomial).fit(&cohort.design(y, false, false)?)?;
            let found = fit.standardized(&Settings {
                names: ["WT", "EKC"],
                a: a.view(),
                b: b.view(),
                offset: None,
                weights: None,
            })?;
            Ok(found.difference)
        },
    )
}

/// The average of families like these, by the bootstrap: their severity is drawn anew.
fn standardized_bootstrap(m: usize, n: usize, interval: Kind, key: &str) -> Scenario {
    let cohort = Cohort::new(m, n);
    let beta = beta(Family::Binomial);
    let at = |arm: f64| over_normal(|z| share(beta[0] + beta[1] * arm + beta[2] * z));
    Scenario::new(
        format!("standardized-bootstrap {key}/{m} {n}"),
        format!("standardised risk difference, bootstrap ({key}, 199)"),
        format!("{m} and {n} families, a covariate, binomial regression"),
        Approximate,
        at(1.0) - at(0.0),
        move |stream| {
            let mut x = (*cohort.x).clone();
            x.column_mut(2).mapv_inplace(|_| stream.normal());
            let [a, b] = settings(&x);
            let cohort = Cohort {
                x: Arc::new(x),
                team: None,
            };
            let y = response(Family::Binomial, &cohort.eta(&beta), stream);
            let options_of = Bootstrap {
                interval,
                replicates: 199,
                seed: Some(stream.long()),
                ..Bootstrap::default()
            };
            let of = Settings {
                names: ["WT", "EKC"],
                a: a.view(),
                b: b.view(),
                offset: None,
                weights: None,
            };
            let design = cohort.design(y, false, false)?;
            let glm = options(Family::Binomial);
            let found = options_of.standardized(&glm, &design, &of, Scheme::default())?;
            Ok(found.difference.estimate)
        },
    )
    .slow()
}

pub fn scenarios() -> Vec<Scenario> {
    use BiasReduction::{Firth, None as Plain};
    use OverdispersionForm::{Linear, Quadratic};
    let mut all = Vec::new();
    for family in [
        Family::Gaussian,
        Family::Binomial,
        Family::QuasiBinomial,
        Family::BetaBinomial,
        Family::Poisson,
        Family::QuasiPoisson,
        Family::NegativeBinomial2,
        Family::NegativeBinomial1,
        Family::Gamma,
    ] {
        for how in [How::Wald, How::Profile] {
            all.push(arm(family, how, (55, 60)));
            all.push(arm(family, how, (8, 10)));
        }
    }
    for how in [How::Wald, How::Profile] {
        for (sizes, shares) in [
            ((55, 60), (0.08, 0.03)),
            ((55, 60), (0.6, 0.4)),
            ((10, 10), (0.8, 0.3)),
        ] {
            all.push(rare(how, Plain, sizes, shares));
            all.push(rare(how, Firth, sizes, shares));
        }
    }
    for covariance in [
        Covariance::Classical,
        Covariance::Hc0,
        Covariance::Hc1,
        Covariance::Hc2,
        Covariance::Hc3,
    ] {
        let field = "55 and 60 families, NB2 counts: not Poisson";
        all.push(robust(covariance, Cohort::new(55, 60), field, "55 60"));
        let few = "8 and 10 families, NB2 counts: not Poisson";
        all.push(robust(covariance, Cohort::new(8, 10), few, "8 10"));
    }
    for covariance in [
        Covariance::Cr0,
        Covariance::Cr1,
        Covariance::Cr2,
        Covariance::Cr3,
    ] {
        let many = "240 families in 60 teams, 30 of them EKC";
        all.push(robust(
            covariance,
            Cohort::of_teams(240, 60, 30),
            many,
            "60 teams",
        ));
        let ten = "115 families in 10 teams, 5 of them EKC";
        all.push(robust(
            covariance,
            Cohort::of_teams(115, 10, 5),
            ten,
            "10 teams",
        ));
    }
    for how in [How::Wald, How::Profile] {
        all.push(shape(Family::NegativeBinomial2, how, (55, 60), THETA));
        all.push(shape(Family::NegativeBinomial2, how, (12, 15), THETA));
        all.push(shape(Family::NegativeBinomial1, how, (55, 60), PHI));
        all.push(shape(Family::BetaBinomial, how, (55, 60), RHO));
    }
    all.extend([
        overdispersion(Linear, Family::Poisson, "linear, none", 0.0),
        overdispersion(Linear, Family::NegativeBinomial1, "linear", PHI),
        overdispersion(
            Quadratic,
            Family::NegativeBinomial2,
            "quadratic",
            1.0 / THETA,
        ),
        standardized_delta(55, 60),
        standardized_delta(12, 15),
        standardized_bootstrap(55, 60, Kind::Percentile, "percentile"),
    ]);
    all
}
