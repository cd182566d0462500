//! A scenario: data with a known truth, an estimator, and what its interval claims. And the draws
//! that scenarios share.

use std::sync::Arc;

use kring_core::seed::Stream;
use kring_core::{Estimate, Grouping, Reference};
use kring_sim::sampler;
use kring_stats::events::Events;
use kring_stats::t_test::Group;
use kring_stats::{Covariance, Error, dist};

/// One row of the table.
pub struct Scenario {
    /// Unique, and the key of its random numbers: `welch/field`.
    pub name: String,
    /// Which interval of which estimator.
    pub estimator: String,
    /// What the data are.
    pub data: String,
    /// What the interval promises.
    pub claim: Claim,
    /// What is measured.
    pub asked: Asked,
    /// How much a replicate costs.
    pub pace: Pace,
    /// The true value, on the additive scale of the estimate.
    pub truth: f64,
    /// The key of its random numbers: its name, or what it shares with the others of one fit.
    pub draws: String,
    /// Its place among the estimates of the fit.
    pub place: usize,
    /// Draws the data of a replicate and estimates.
    pub run: Run,
}

/// Draws the data of a replicate and estimates.
pub type Run = Arc<dyn Fn(&mut Stream) -> Result<Vec<Estimate>, Error> + Send + Sync>;

/// What is measured of an estimate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// How often the interval has the truth in it.
    Interval,
    /// How far the estimates are off on average; there is no interval.
    Bias,
    /// Both.
    Both,
}

/// One of the quantities of a fit.
pub struct Target {
    /// Behind the name of the fit.
    pub key: &'static str,
    /// Behind the name of the estimator.
    pub words: &'static str,
    pub asked: Asked,
    pub truth: f64,
}

/// What an interval promises.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// At least its level, whatever the size of the data: the distribution is discrete, or bounded.
    Exact,
    /// Its level, whatever the size of the data, if the model holds; and here it does.
    Nominal,
    /// Its level in large samples, or for a model that is not quite that of the data.
    Approximate,
}

/// How much a replicate costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// Less than a millisecond.
    Quick,
    /// More.
    Slow,
}

impl Claim {
    /// The word in the table.
    pub fn word(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Nominal => "nominal",
            Self::Approximate => "approximate",
        }
    }
}

impl Scenario {
    /// A scenario whose replicates are quick.
    pub fn new(
        name: impl Into<String>,
        estimator: impl Into<String>,
        data: impl Into<String>,
        claim: Claim,
        truth: f64,
        run: impl Fn(&mut Stream) -> Result<Estimate, Error> + Send + Sync + 'static,
    ) -> Self {
        let name = name.into();
        Self {
            estimator: estimator.into(),
            data: data.into(),
            claim,
            asked: Asked::Interval,
            pace: Pace::Quick,
            truth,
            draws: name.clone(),
            place: 0,
            run: Arc::new(move |stream| Ok(vec![run(stream)?])),
            name,
        }
    }

    /// Approximate intervals and estimates of one fit, drawn and fitted once for all of them; `run` gives
    /// the estimates in the order of the targets.
    pub fn of_one_fit(
        name: &str,
        estimator: &str,
        data: &str,
        pace: Pace,
        targets: Vec<Target>,
        run: impl Fn(&mut Stream) -> Result<Vec<Estimate>, Error> + Send + Sync + 'static,
    ) -> Vec<Self> {
        let run: Run = Arc::new(run);
        let places = targets.into_iter().enumerate();
        places
            .map(|(place, target)| Self {
                name: format!("{name} {}", target.key),
                estimator: format!("{estimator}: {}", target.words),
                data: data.to_owned(),
                claim: Claim::Approximate,
                asked: target.asked,
                pace,
                truth: target.truth,
                draws: name.to_owned(),
                place,
                run: Arc::clone(&run),
            })
            .collect()
    }

    /// What it says of the data of a replicate.
    #[cfg(test)]
    pub fn estimate(&self, stream: &mut Stream) -> Result<Estimate, Error> {
        let found = (self.run)(stream)?.into_iter().nth(self.place);
        found.ok_or_else(|| absent(&self.name))
    }

    /// The same, with fewer replicates.
    pub fn slow(self) -> Self {
        Self {
            pace: Pace::Slow,
            ..self
        }
    }
}

/// The estimate of a column or threshold.
pub fn named(estimates: Vec<Estimate>, label: &str) -> Result<Estimate, Error> {
    let found = estimates.into_iter().find(|e| e.label == label);
    found.ok_or_else(|| absent(label))
}

/// A scenario asked for what the estimator does not give.
pub fn absent(label: &str) -> Error {
    Error::Contrast {
        label: label.to_owned(),
        why: "the estimator gives no such thing here".to_owned(),
    }
}

/// The arm of the conferences.
pub fn ekc(values: &[f64]) -> Group<'_> {
    Group {
        name: "EKC",
        values,
    }
}

/// The arm of the neighbourhood teams.
pub fn wt(values: &[f64]) -> Group<'_> {
    Group { name: "WT", values }
}

/// So many values, one after the other.
pub fn many(n: usize, mut draw: impl FnMut() -> f64) -> Vec<f64> {
    (0..n).map(|_| draw()).collect()
}

pub fn normals(n: usize, mean: f64, sd: f64, stream: &mut Stream) -> Vec<f64> {
    many(n, || mean + sd * stream.normal())
}

/// Negative binomial counts with the variance μ + μ²/θ.
pub fn nb2s(n: usize, mean: f64, theta: f64, stream: &mut Stream) -> Vec<f64> {
    many(n, || sampler::nb2(mean, theta, stream))
}

/// 1 with this probability, else 0.
pub fn bernoulli(p: f64, stream: &mut Stream) -> f64 {
    if stream.uniform() < p { 1.0 } else { 0.0 }
}

/// How many of n.
pub fn binomial(n: u64, p: f64, stream: &mut Stream) -> u64 {
    (0..n).filter(|_| stream.uniform() < p).count() as u64
}

pub fn events<'a>(name: &'a str, n: u64, p: f64, stream: &mut Stream) -> Events<'a> {
    Events {
        name,
        events: binomial(n, p, stream),
        n,
    }
}

/// A count as a whole number.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a count is whole, zero or more, and small"
)]
pub fn whole(count: f64) -> u64 {
    count as u64
}

/// The place of a draw among cells with these probabilities; the last takes what is left.
pub fn place(p: &[f64], stream: &mut Stream) -> usize {
    let u = stream.uniform();
    let mut sum = 0.0;
    for (k, p) in p.iter().enumerate() {
        sum += p;
        if u < sum {
            return k;
        }
    }
    p.len().saturating_sub(1)
}

/// From the standard logistic distribution.
pub fn logistic(stream: &mut Stream) -> f64 {
    let u = stream.uniform();
    (u / (1.0 - u)).ln()
}

/// 1 / (1 + e^−η).
pub fn share(eta: f64) -> f64 {
    1.0 / (1.0 + (-eta).exp())
}

/// ln p/(1 − p).
pub fn logit(p: f64) -> f64 {
    (p / (1.0 - p)).ln()
}

/// Φ(z).
pub fn phi(z: f64) -> f64 {
    dist::upper_tail(-z, Reference::Normal).unwrap_or(f64::NAN)
}

/// The mean of f over the standard normal distribution, by the trapezium rule, which is exact to
/// rounding here.
pub fn over_normal(f: impl Fn(f64) -> f64) -> f64 {
    let at = |k: i32| f64::from(k) / 100.0;
    let weight = |z: f64| (-z * z / 2.0).exp();
    let (mut sum, mut all) = (0.0, 0.0);
    for z in (-850..=850).map(at) {
        sum += weight(z) * f(z);
        all += weight(z);
    }
    sum / all
}

/// The short name of an error: `CR2`.
pub fn short(covariance: Covariance) -> &'static str {
    let name = covariance.name();
    name.split_once(' ').map_or(name, |(first, _)| first)
}

/// So many rows in so many teams of sizes as equal as can be, row by row.
pub fn teams(rows: usize, teams: usize) -> Grouping {
    let names = (0..teams)
        .map(|team| format!("team {}", team + 1))
        .collect();
    let of_row = |row: usize| u32::try_from(row * teams / rows).unwrap_or(0);
    Grouping::new("team", names, (0..rows).map(of_row).collect())
}
