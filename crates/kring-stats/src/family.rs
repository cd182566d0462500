//! Families of responses and the links of their means.
//!
//! ```text
//! family             response                 Var y (a: prior weight)       dispersion
//! gaussian           any number               φ / a                         φ, Pearson's X² / (n − r)
//! binomial           0/1, successes of m      μ (1 − μ) / m                 1
//! quasi-binomial     the same                 φ μ (1 − μ) / m               φ, Pearson's
//! beta-binomial      successes of m           μ (1 − μ) (1 + (m − 1) ρ) / m ρ by maximum likelihood
//! Poisson            counts                   μ                             1
//! quasi-Poisson      0 or more                φ μ                           φ, Pearson's
//! negative binomial  counts, NB2              μ + μ² / θ                    θ by maximum likelihood
//!                    counts, NB1              μ (1 + φ)                     φ by maximum likelihood
//! gamma              above 0                  φ μ²                          φ, Pearson's
//! cumulative         ordered levels           P(Y ≤ j) = F(α_j − η)         thresholds α (mixed models)
//! links  η = μ, log μ, log(μ / (1 − μ)), Φ⁻¹(μ), log(−log(1 − μ)), 1 / μ, √μ
//! ```
//! McCullagh P, Nelder JA (1989), Generalized Linear Models, 2nd ed., doi 10.1007/978-1-4899-3242-6;
//! Hilbe JM (2011), Negative Binomial Regression, 2nd ed., doi 10.1017/CBO9780511973420.

use kring_core::Measure;
use serde::{Deserialize, Serialize};

use crate::dist::special::{ln_choose, ln_factorial, ln_gamma, normal_density, normal_tail};

/// The distribution of a response around its mean.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Family {
    /// Any number, one variance for all.
    #[default]
    Gaussian,
    /// 0 or 1, or successes of trials.
    Binomial,
    /// The same with a variance that is a multiple of the binomial one.
    QuasiBinomial,
    /// Successes of trials that are alike within a row: ρ is their correlation.
    BetaBinomial,
    /// Counts.
    Poisson,
    /// Counts, or other numbers of zero or more, with a variance that is a multiple of the mean.
    QuasiPoisson,
    /// Counts with variance μ + μ² / θ: what is meant by "negative binomial" without more.
    #[serde(rename = "nbinom2")]
    NegativeBinomial2,
    /// Counts with variance μ (1 + φ).
    #[serde(rename = "nbinom1")]
    NegativeBinomial1,
    /// Numbers above zero whose standard deviation is a share of the mean, such as durations.
    Gamma,
    /// Ordered levels, parted by thresholds: of mixed models; without random effects `ordinal` fits it.
    Cumulative,
}

/// How the mean hangs together with the linear predictor η.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Link {
    /// η = μ: differences.
    Identity,
    /// η = log μ: ratios.
    Log,
    /// η = log(μ / (1 − μ)): odds ratios.
    Logit,
    /// η = Φ⁻¹(μ).
    Probit,
    /// η = log(−log(1 − μ)): hazard ratios in grouped time.
    Cloglog,
    /// η = 1 / μ.
    Inverse,
    /// η = √μ.
    Sqrt,
}

/// The mean at one η.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mean {
    pub mu: f64,
    /// 1 − μ, with its own digits.
    pub complement: f64,
    /// dμ/dη
    pub slope: f64,
}

impl Family {
    /// What the family is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::Gaussian => "Gaussian",
            Self::Binomial => "binomial",
            Self::QuasiBinomial => "quasi-binomial",
            Self::BetaBinomial => "beta-binomial",
            Self::Poisson => "Poisson",
            Self::QuasiPoisson => "quasi-Poisson",
            Self::NegativeBinomial2 => "negative binomial (NB2)",
            Self::NegativeBinomial1 => "negative binomial (NB1)",
            Self::Gamma => "gamma",
            Self::Cumulative => "cumulative",
        }
    }

    /// The link that is taken if none is named.
    pub fn default_link(self) -> Link {
        match self {
            Self::Gaussian => Link::Identity,
            Self::Binomial | Self::QuasiBinomial | Self::BetaBinomial | Self::Cumulative => {
                Link::Logit
            }
            Self::Poisson
            | Self::QuasiPoisson
            | Self::NegativeBinomial2
            | Self::NegativeBinomial1 => Link::Log,
            Self::Gamma => Link::Inverse,
        }
    }

    /// The links that the family may have.
    pub fn links(self) -> &'static [Link] {
        match self {
            Self::Gaussian => &[Link::Identity, Link::Log, Link::Inverse],
            Self::Binomial | Self::QuasiBinomial => &[
                Link::Logit,
                Link::Probit,
                Link::Cloglog,
                Link::Log,
                Link::Identity,
            ],
            Self::BetaBinomial | Self::Cumulative => &[Link::Logit, Link::Probit, Link::Cloglog],
            Self::Poisson | Self::QuasiPoisson => &[Link::Log, Link::Identity, Link::Sqrt],
            Self::NegativeBinomial2 | Self::NegativeBinomial1 => &[Link::Log],
            Self::Gamma => &[Link::Inverse, Link::Log, Link::Identity],
        }
    }

    /// Whether the response is a share of trials.
    pub fn is_share(self) -> bool {
        matches!(
            self,
            Self::Binomial | Self::QuasiBinomial | Self::BetaBinomial
        )
    }

    /// Whether the response is a count.
    pub fn is_count(self) -> bool {
        matches!(
            self,
            Self::Poisson | Self::NegativeBinomial2 | Self::NegativeBinomial1
        )
    }

    /// Whether the variance has a factor φ that is estimated from the residuals: tests are t and F
    /// then, otherwise z and χ².
    pub fn has_scale(self) -> bool {
        matches!(
            self,
            Self::Gaussian | Self::Gamma | Self::QuasiBinomial | Self::QuasiPoisson
        )
    }

    /// Whether the family says only what mean and variance are, so that it has no likelihood.
    pub fn is_quasi(self) -> bool {
        matches!(self, Self::QuasiBinomial | Self::QuasiPoisson)
    }

    /// The parameter of shape that is estimated beside the coefficients, where there is one.
    pub fn shape_name(self) -> Option<&'static str> {
        match self {
            Self::NegativeBinomial2 => Some("theta"),
            Self::NegativeBinomial1 => Some("phi"),
            Self::BetaBinomial => Some("rho"),
            _ => None,
        }
    }

    /// The family without its parameter of shape, which it becomes at the edge.
    pub(crate) fn at_the_edge(self) -> Self {
        match self {
            Self::NegativeBinomial2 | Self::NegativeBinomial1 => Self::Poisson,
            Self::BetaBinomial => Self::Binomial,
            other => other,
        }
    }

    /// Whether a mean is possible.
    pub(crate) fn allows(self, mean: &Mean) -> bool {
        let finite = mean.mu.is_finite() && mean.slope.is_finite() && mean.slope != 0.0;
        finite
            && match self {
                Self::Gaussian => true,
                _ if self.is_share() => mean.mu > 0.0 && mean.complement > 0.0,
                _ => mean.mu > 0.0,
            }
    }

    /// Var y times the prior weight, but for φ; `trials` and `shape` where the family has them. Ordered
    /// levels, which have none, are refused before: see `glm::model::observed`.
    pub(crate) fn variance(self, mean: &Mean, trials: f64, shape: f64) -> f64 {
        let mu = mean.mu;
        match self {
            Self::Gaussian | Self::Cumulative => 1.0,
            Self::Binomial | Self::QuasiBinomial => mu * mean.complement,
            Self::BetaBinomial => mu * mean.complement * (1.0 + (trials - 1.0) * shape),
            Self::Poisson | Self::QuasiPoisson => mu,
            Self::NegativeBinomial2 => mu + mu * mu / shape,
            Self::NegativeBinomial1 => mu * (1.0 + shape),
            Self::Gamma => mu * mu,
        }
    }

    /// The deviance of one row of prior weight one. NB1 and the beta-binomial, whose saturated model
    /// has no closed form, have that of the family without shape: it serves for starting values only.
    pub(crate) fn deviance(self, y: f64, mean: &Mean, shape: f64) -> f64 {
        let mu = mean.mu;
        let deviance = match self {
            Self::Gaussian | Self::Cumulative => (y - mu) * (y - mu),
            Self::Binomial | Self::QuasiBinomial | Self::BetaBinomial => {
                2.0 * (x_ln_ratio(y, mu) + x_ln_ratio(1.0 - y, mean.complement))
            }
            Self::Poisson | Self::QuasiPoisson | Self::NegativeBinomial1 => {
                2.0 * (x_ln_ratio(y, mu) - (y - mu))
            }
            Self::NegativeBinomial2 => {
                2.0 * (x_ln_ratio(y, mu) - (y + shape) * ((y - mu) / (mu + shape)).ln_1p())
            }
            Self::Gamma => 2.0 * ((y - mu) / mu - (y / mu).ln()),
        };
        // Where y is μ but for rounding the difference of logs may fall below zero.
        if deviance < 0.0 { 0.0 } else { deviance }
    }

    /// The log-likelihood of one row: `y` a number, a count or a share of `trials`; `shape` the
    /// parameter of shape.
    pub(crate) fn log_density(self, y: f64, mean: &Mean, trials: f64, shape: f64) -> f64 {
        let mu = mean.mu;
        match self {
            // Theirs needs φ, which only the whole fit knows.
            Self::Gaussian | Self::Gamma | Self::Cumulative => 0.0,
            Self::Binomial | Self::QuasiBinomial => {
                let s = y * trials;
                let ln_or_zero = |x: f64, p: f64| if x == 0.0 { 0.0 } else { x * p.ln() };
                ln_choose(trials, s.round())
                    + ln_or_zero(s, mu)
                    + ln_or_zero(trials - s, mean.complement)
            }
            Self::Poisson | Self::QuasiPoisson => {
                (if y == 0.0 { 0.0 } else { y * mu.ln() }) - mu - ln_factorial(y)
            }
            Self::NegativeBinomial2 => negative_binomial(y, shape, mu / shape),
            Self::NegativeBinomial1 => negative_binomial(y, mu / shape, shape),
            Self::BetaBinomial => {
                let precision = (1.0 - shape) / shape;
                let s = (y * trials).round();
                ln_choose(trials, s)
                    + ln_rising(mu * precision, s)
                    + ln_rising(mean.complement * precision, trials - s)
                    - ln_rising(precision, trials)
            }
        }
    }

    /// What a coefficient is under a link.
    pub(crate) fn measure(self, link: Link) -> Measure {
        match (link, self) {
            (Link::Logit, _) => Measure::LogOddsRatio,
            (Link::Log, _) if self.is_share() => Measure::LogRiskRatio,
            (Link::Log, Self::Gaussian | Self::Gamma) => Measure::LogMeanRatio,
            (Link::Log, _) => Measure::LogRateRatio,
            (Link::Identity, _) if self.is_share() => Measure::RiskDifference,
            (Link::Identity, Self::Poisson | Self::QuasiPoisson) => Measure::RateDifference,
            _ => Measure::Coefficient { unit: None },
        }
    }
}

impl Link {
    /// What the link is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Log => "log",
            Self::Logit => "logit",
            Self::Probit => "probit",
            Self::Cloglog => "complementary log-log",
            Self::Inverse => "inverse",
            Self::Sqrt => "square root",
        }
    }

    /// The mean at η.
    pub(crate) fn mean(self, eta: f64) -> Mean {
        match self {
            Self::Identity => Mean {
                mu: eta,
                complement: 1.0 - eta,
                slope: 1.0,
            },
            Self::Log => {
                let mu = eta.exp();
                // Only near one, for shares, does 1 − μ lose digits.
                let near_one = (-0.7..=0.7).contains(&eta);
                Mean {
                    mu,
                    complement: if near_one { -eta.exp_m1() } else { 1.0 - mu },
                    slope: mu,
                }
            }
            Self::Logit => {
                // The smaller of the two keeps its digits.
                let small = (-eta.abs()).exp();
                let (near, far) = (1.0 / (1.0 + small), small / (1.0 + small));
                let (mu, complement) = if eta >= 0.0 { (near, far) } else { (far, near) };
                Mean {
                    mu,
                    complement,
                    slope: near * far,
                }
            }
            Self::Probit => Mean {
                mu: normal_tail(-eta),
                complement: normal_tail(eta),
                slope: normal_density(eta),
            },
            Self::Cloglog => {
                let hazard = eta.exp();
                let complement = (-hazard).exp();
                Mean {
                    mu: -(-hazard).exp_m1(),
                    complement,
                    slope: hazard * complement,
                }
            }
            Self::Inverse => Mean {
                mu: 1.0 / eta,
                complement: 1.0 - 1.0 / eta,
                slope: -1.0 / (eta * eta),
            },
            Self::Sqrt => Mean {
                mu: eta * eta,
                complement: 1.0 - eta * eta,
                slope: 2.0 * eta,
            },
        }
    }

    /// d²μ/dη²
    pub(crate) fn curvature(self, eta: f64, mean: &Mean) -> f64 {
        match self {
            Self::Identity => 0.0,
            Self::Log => mean.mu,
            Self::Logit => mean.slope * (mean.complement - mean.mu),
            Self::Probit => -eta * mean.slope,
            Self::Cloglog => mean.slope * (1.0 - eta.exp()),
            Self::Inverse => 2.0 / (eta * eta * eta),
            Self::Sqrt => 2.0,
        }
    }

    /// d³μ/dη³
    pub(crate) fn third(self, eta: f64, mean: &Mean) -> f64 {
        match self {
            Self::Identity | Self::Sqrt => 0.0,
            Self::Log => mean.mu,
            Self::Logit => {
                let turn = mean.complement - mean.mu;
                mean.slope * (turn * turn - 2.0 * mean.slope)
            }
            Self::Probit => (eta * eta - 1.0) * mean.slope,
            Self::Cloglog => {
                let hazard = eta.exp();
                mean.slope * ((1.0 - hazard) * (1.0 - hazard) - hazard)
            }
            Self::Inverse => -6.0 / (eta * eta * eta * eta),
        }
    }

    /// η at a mean.
    pub(crate) fn eta(self, mu: f64) -> f64 {
        match self {
            Self::Identity => mu,
            Self::Log => mu.ln(),
            Self::Logit => (mu / (1.0 - mu)).ln(),
            // Newton's method from a rough start: only starting values need it.
            Self::Probit => {
                let mut eta = 0.6 * (mu / (1.0 - mu)).ln();
                for _ in 0..8 {
                    eta += (mu - normal_tail(-eta)) / normal_density(eta).max(1e-300);
                }
                eta
            }
            Self::Cloglog => (-(-mu).ln_1p()).ln(),
            Self::Inverse => 1.0 / mu,
            Self::Sqrt => mu.sqrt(),
        }
    }
}

/// x ln(x / y), zero at zero.
fn x_ln_ratio(x: f64, y: f64) -> f64 {
    if x == 0.0 { 0.0 } else { x * (x / y).ln() }
}

/// ln Γ(x + k) − ln Γ(x) for whole k: a sum of logs where k is small, which keeps its digits where x
/// is large.
pub(crate) fn ln_rising(x: f64, k: f64) -> f64 {
    if k <= 40.0 {
        let (mut sum, mut j) = (0.0, 0.0);
        while j < k {
            sum += (x + j).ln();
            j += 1.0;
        }
        return sum;
    }
    ln_gamma(x + k) - ln_gamma(x)
}

/// The negative binomial of size s and mean s·odds: ln Γ(y + s) − ln Γ(s) − ln y! + y ln odds
/// − (y + s) ln(1 + odds).
fn negative_binomial(y: f64, size: f64, odds: f64) -> f64 {
    let powers = if y == 0.0 { 0.0 } else { y * odds.ln() };
    ln_rising(size, y) - ln_factorial(y) + powers - (y + size) * odds.ln_1p()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINKS: [Link; 7] = [
        Link::Identity,
        Link::Log,
        Link::Logit,
        Link::Probit,
        Link::Cloglog,
        Link::Inverse,
        Link::Sqrt,
    ];

    #[test]
    fn a_link_undoes_its_mean_and_its_slopes_are_derivatives() {
        for link in LINKS {
            for eta in [0.1, 0.5, 0.9] {
                let mean = link.mean(eta);
                if mean.mu < 1.0 || !matches!(link, Link::Logit | Link::Probit | Link::Cloglog) {
                    assert!((link.eta(mean.mu) - eta).abs() < 1e-12, "{link:?}");
                }
                let h = 1e-5;
                let (up, down) = (link.mean(eta + h), link.mean(eta - h));
                let slope = (up.mu - down.mu) / (2.0 * h);
                assert!((mean.slope - slope).abs() < 1e-5 * slope.abs(), "{link:?}");
                let curvature = (up.slope - down.slope) / (2.0 * h);
                let ours = link.curvature(eta, &mean);
                assert!(
                    (ours - curvature).abs() < 1e-5 * (1.0 + curvature.abs()),
                    "{link:?}"
                );
                assert!((mean.mu + mean.complement - 1.0).abs() < 1e-15);
            }
        }
    }

    #[test]
    fn far_tails_of_a_share_keep_their_digits() {
        let mean = Link::Logit.mean(40.0);
        assert!((mean.complement / (-40.0_f64).exp() - 1.0).abs() < 1e-15);
        assert!(Link::Probit.mean(10.0).complement > 0.0);
        assert!((Link::Cloglog.mean(-40.0).mu / (-40.0_f64).exp() - 1.0).abs() < 1e-15);
    }

    /// By hand: NB2 with θ = 1 is geometric, P(2) = p (1 − p)² with p = 1 / (1 + μ); NB1 with
    /// φ = μ is the same. A beta-binomial with α = β = 1 (ρ = 1/3) is uniform on 0..m.
    #[test]
    fn densities_of_known_cases() {
        let mean = Link::Identity.mean(3.0);
        let geometric = (0.25 * 0.75_f64 * 0.75).ln();
        for (family, shape) in [
            (Family::NegativeBinomial2, 1.0),
            (Family::NegativeBinomial1, 3.0),
        ] {
            let ours = family.log_density(2.0, &mean, 1.0, shape);
            assert!((ours - geometric).abs() < 1e-14);
        }
        let half = Link::Identity.mean(0.5);
        let uniform = Family::BetaBinomial.log_density(0.5, &half, 4.0, 1.0 / 3.0);
        assert!((uniform + 5.0_f64.ln()).abs() < 1e-14);
        // A deviance is zero where the mean is the value.
        let deviance = Family::NegativeBinomial2.deviance(3.0, &mean, 2.0);
        assert!(deviance.abs() < 1e-15);
    }
}
