//! The share of the variance that lies between groups: η², ω² and ε², with intervals.
//!
//! ```text
//! η² = B/(B + W)                                in the sample; too large for the population
//! ε² = (B − (k − 1) W/(N − k))/(B + W)          (Kelley 1935)
//! ω² = (B − (k − 1) W/(N − k))/(B + W + W/(N − k))   (Hays 1963)
//! B and W the sums of squares between and within k groups of N values
//! interval  λ_L and λ_U, at which P(F > f) and P(F ≤ f) are α/2 under the noncentral F of λ;
//!           population  λ/(λ + N), the share in the population, which all three estimate (Steiger 2004)
//!           estimate    λ/(λ + N − k), λ from the f at which η² would be the estimate itself
//! ```
//! Assumes what Fisher's analysis of variance does. Where f is so small that no λ leaves α/2 above
//! or below it, that limit is zero. ω² and ε² may be negative; R's `effectsize` sets them to zero,
//! which makes their mean over studies too large (Okada 2017).
//!
//! `effectsize` makes its intervals as `estimate` here, one-sided to 1 unless told otherwise. Its
//! λ/(λ + N − k) is no parameter of the population, and its interval of ω² need not be one of η².
//!
//! Steiger JH (2004), Psychological Methods 9:164–182, doi 10.1037/1082-989X.9.2.164; Okada K
//! (2013), Behaviormetrika 40:129–147, doi 10.2333/bhmk.40.129; Okada K (2017), Behavior Research
//! Methods 49:979–987, doi 10.3758/s13428-016-0760-y.

use kring_core::{
    Alternative, Caution, Estimate, Interval, IntervalKind, Measure, Reference, Sample, Value,
};
use serde::{Deserialize, Serialize};

use crate::dist::noncentral::{ncp_of_lower_tail, ncp_of_upper_tail};
use crate::groups::sample;
use crate::interval::tail;
use crate::one_way::{FRatio, SumsOfSquares, check_groups};
use crate::t_test::Group;
use crate::{Error, dist};

const METHOD: &str = "the share of the variance between groups";

/// The options of the effect sizes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct VarianceExplained {
    /// What the interval is of.
    pub interval: ShareInterval,
    /// Which ends the interval has: `greater` a lower one only.
    pub alternative: Alternative,
    /// The level of the interval.
    pub level: f64,
}

/// What an interval of a share of the variance is of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ShareInterval {
    /// The share in the population: one interval for η², ω² and ε².
    #[default]
    Population,
    /// Each estimate read as an η², as R's `effectsize`.
    Estimate,
}

impl Default for VarianceExplained {
    fn default() -> Self {
        Self {
            interval: ShareInterval::Population,
            alternative: Alternative::TwoSided,
            level: 0.95,
        }
    }
}

/// The three estimates of one share.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VarianceShares {
    /// The share in the sample.
    pub eta_squared: Estimate,
    /// Hays's estimate of the share in the population.
    pub omega_squared: Estimate,
    /// Kelley's estimate of the share in the population.
    pub epsilon_squared: Estimate,
}

impl VarianceExplained {
    /// How much of the variance of several groups lies between them.
    ///
    /// ```
    /// use kring_stats::t_test::Group;
    /// use kring_stats::variance_explained::VarianceExplained;
    /// let groups = [
    ///     Group { name: "EKC", values: &[4.0, 5.0, 6.0] },
    ///     Group { name: "WT", values: &[6.0, 7.0, 8.0] },
    ///     Group { name: "none", values: &[8.0, 9.0, 10.0] },
    /// ];
    /// // B = 24, W = 6, W/(N − k) = 1.
    /// let shares = VarianceExplained::default().groups("problems by arm", &groups)?;
    /// assert!((shares.eta_squared.value.finite().unwrap() - 24.0 / 30.0).abs() < 1e-15);
    /// assert!((shares.omega_squared.value.finite().unwrap() - 22.0 / 31.0).abs() < 1e-15);
    /// assert!((shares.epsilon_squared.value.finite().unwrap() - 22.0 / 30.0).abs() < 1e-15);
    /// # Ok::<(), kring_stats::Error>(())
    /// ```
    pub fn groups(&self, label: &str, groups: &[Group<'_>]) -> Result<VarianceShares, Error> {
        check_groups(METHOD, label, groups, 1)?;
        dist::check_level(self.level)?;
        let sums = SumsOfSquares::of(METHOD, label, groups)?;
        let f = sums.f_statistic();
        let (all, error) = (sums.between + sums.within, sums.within / f.denominator);
        let beyond_chance = sums.between - f.numerator * error;
        let reference = Reference::F {
            numerator: f.numerator,
            denominator: f.denominator,
        };
        let share = |measure: Measure, value: f64| {
            let ends = match self.interval {
                ShareInterval::Population => self.ends(f, sums.values)?,
                ShareInterval::Estimate => {
                    let value = value.max(0.0);
                    let as_eta = value / f.numerator / ((1.0 - value) / f.denominator);
                    self.ends(FRatio { f: as_eta, ..f }, f.denominator)?
                }
            };
            self.estimate(ShareOf {
                label,
                measure,
                value,
                reference,
                ends: Some(ends),
                sample: sample(groups),
                method: "share of the variance between groups, noncentral F",
            })
        };
        Ok(VarianceShares {
            eta_squared: share(Measure::EtaSquared, sums.between / all)?,
            omega_squared: share(Measure::OmegaSquared, beyond_chance / (all + error))?,
            epsilon_squared: share(Measure::EpsilonSquared, beyond_chance / all)?,
        })
    }

    /// λ/(λ + n) at the limits of λ, each between 0 and 1.
    pub(crate) fn ends(&self, f: FRatio, n: f64) -> Result<Ends, Error> {
        if !f.f.is_finite() {
            return Err(Error::Overflow {
                what: METHOD.to_owned(),
            });
        }
        let beyond = tail(self.level, self.alternative)?;
        let of_f = Reference::F {
            numerator: f.numerator,
            denominator: f.denominator,
        };
        // Zero where even λ = 0 leaves more of a tail.
        let share = |find: fn(f64, f64, Reference) -> Result<Option<f64>, Error>| {
            let lambda = find(f.f, beyond, of_f)?.unwrap_or(0.0);
            Ok::<_, Error>(lambda / (lambda + n))
        };
        let (low, high) = (|| share(ncp_of_upper_tail), || share(ncp_of_lower_tail));
        Ok(Ends {
            low: (self.alternative != Alternative::Less)
                .then(low)
                .transpose()?,
            high: (self.alternative != Alternative::Greater)
                .then(high)
                .transpose()?,
        })
    }

    /// The share as an estimate; a doubt where there is no interval.
    pub(crate) fn estimate(&self, share: ShareOf<'_>) -> Result<Estimate, Error> {
        let interval = share.ends.map(|ends| Interval {
            low: ends.low,
            high: ends.high,
            level: self.level,
            kind: IntervalKind::Noncentral,
        });
        let cautions = match interval {
            Some(_) if self.interval == ShareInterval::Estimate => vec![Caution::Note(
                "The interval is that of another number than the share in the population: take it to \
                compare with other programs only."
                    .to_owned(),
            )],
            Some(_) => Vec::new(),
            None => vec![Caution::Note(
                "Nothing is left within the groups or blocks by which an interval could be made."
                    .to_owned(),
            )],
        };
        let estimate = Estimate {
            label: share.label.to_owned(),
            measure: share.measure,
            value: Value::Value(share.value),
            std_error: None,
            null: 0.0,
            alternative: self.alternative,
            reference: share.reference,
            interval,
            p_value: None,
            sample: share.sample,
            method: share.method.to_owned(),
            cautions,
        };
        Ok(estimate.checked()?)
    }
}

/// The ends of an interval that are there.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Ends {
    pub low: Option<f64>,
    pub high: Option<f64>,
}

/// A share of a test; the p-value stands with the test.
pub(crate) struct ShareOf<'a> {
    pub label: &'a str,
    pub measure: Measure,
    pub value: f64,
    pub reference: Reference,
    pub ends: Option<Ends>,
    pub sample: Sample,
    pub method: &'a str,
}
