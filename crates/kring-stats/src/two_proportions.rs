//! The difference and the ratios of two shares, with intervals.
//!
//! ```text
//! model      x ~ Binomial(m, p_x),  y ~ Binomial(n, p_y)
//! RD         p̂_x − p̂_y.  Newcombe: d − √((p̂_x − l_x)² + (u_y − p̂_y)²), and so above, with Wilson's
//!            limits l, u of each; Miettinen–Nurminen: all δ that the score test keeps; Wald
//! RR         ln p̂_x/p̂_y.  Wald: ± z √(1/x − 1/m + 1/y − 1/n);  Koopman: all ρ that the score test
//!            keeps; Miettinen–Nurminen: the same with its variance times N/(N − 1)
//! OR         ln x(n − y)/(m − x)y.  Wald: ± z √(1/x + 1/(m − x) + 1/y + 1/(n − y));  score as above
//! h          2 arcsin √p̂_x − 2 arcsin √p̂_y, error √(1/m + 1/n)
//! score      z(δ) = (p̂_x − p̂_y − δ)/√(p̃_x q̃_x/m + p̃_y q̃_y/n), p̃ the shares most likely under δ
//! pairs      RD = (b − c)/N; Newcombe's limits with the correlation φ of the pairs in the root
//! ```
//! Score and Newcombe's intervals also hold with empty cells, where Wald's fail or have no width.
//!
//! Newcombe RG (1998), Statistics in Medicine 17:873–890 and 17:2635–2650, doi
//! 10.1002/(sici)1097-0258(19980430)17:8<873::aid-sim779>3.0.co;2-i and
//! 10.1002/(sici)1097-0258(19981130)17:22<2635::aid-sim954>3.0.co;2-c; Miettinen O, Nurminen M
//! (1985), Statistics in Medicine 4:213–226, doi 10.1002/sim.4780040211; Koopman PAR (1984),
//! Biometrics 40:513–517, doi 10.2307/2531405; Cohen J (1988), Statistical Power Analysis, ch. 6.

use kring_core::{
    Alternative, Boundary, Caution, Estimate, IntervalKind, Measure, Reference, Value,
};
use serde::{Deserialize, Serialize};

use crate::breslow_day::ExpectedCells;
use crate::events::{Events, Found, Pairs, Two, ln_null};
use crate::interval::{interval, normal_quantile, wald};
use crate::mantel_haenszel::Cells;
use crate::proportion::Wilson;
use crate::rates::square_and_add;
use crate::root::root;
use crate::{Error, dist, narrow};

/// The options of a difference of risks.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RiskDifference {
    /// Which interval.
    pub method: RiskDifferenceMethod,
    /// On which side the alternative lies.
    pub alternative: Alternative,
    /// The level of the interval.
    pub level: f64,
}

/// Which interval of a difference of risks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RiskDifferenceMethod {
    /// Newcombe's hybrid score interval; the p-value is that of the score (χ²) test.
    #[default]
    Newcombe,
    /// Miettinen and Nurminen's score interval; groups only, not pairs.
    MiettinenNurminen,
    /// Difference ± quantile × error: poor where groups are small or shares near 0 or 1.
    Wald,
}

/// The options of a ratio of risks.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RiskRatio {
    /// Which interval.
    pub method: RiskRatioMethod,
    /// On which side the alternative lies.
    pub alternative: Alternative,
    /// The ratio under the null hypothesis.
    pub null_ratio: f64,
    /// The level of the interval.
    pub level: f64,
}

/// Which interval of a ratio of risks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RiskRatioMethod {
    /// Log ratio ± quantile × error; none where a group has no event.
    #[default]
    Wald,
    /// Koopman's score interval.
    Koopman,
    /// Miettinen and Nurminen's score interval, a little wider.
    MiettinenNurminen,
}

/// The options of an odds ratio. `fisher::ConditionalOddsRatio` is the exact one.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OddsRatio {
    /// Which interval.
    pub method: OddsRatioMethod,
    /// On which side the alternative lies.
    pub alternative: Alternative,
    /// The odds ratio under the null hypothesis.
    pub null_ratio: f64,
    /// The level of the interval.
    pub level: f64,
}

/// Which interval of an odds ratio.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OddsRatioMethod {
    /// Log ratio ± quantile × error; none with an empty cell.
    #[default]
    Wald,
    /// Cornfield's score interval without correction.
    Score,
    /// Miettinen and Nurminen's score interval, a little wider.
    MiettinenNurminen,
}

/// The options of Cohen's h.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CohensH {
    /// On which side the alternative lies.
    pub alternative: Alternative,
    /// The level of the interval.
    pub level: f64,
}

impl Default for RiskDifference {
    fn default() -> Self {
        Self {
            method: RiskDifferenceMethod::Newcombe,
            alternative: Alternative::TwoSided,
            level: 0.95,
        }
    }
}

impl Default for RiskRatio {
    fn default() -> Self {
        Self {
            method: RiskRatioMethod::Wald,
            alternative: Alternative::TwoSided,
            null_ratio: 1.0,
            level: 0.95,
        }
    }
}

impl Default for OddsRatio {
    fn default() -> Self {
        Self {
            method: OddsRatioMethod::Wald,
            alternative: Alternative::TwoSided,
            null_ratio: 1.0,
            level: 0.95,
        }
    }
}

impl Default for CohensH {
    fn default() -> Self {
        Self {
            alternative: Alternative::TwoSided,
            level: 0.95,
        }
    }
}

/// The farthest log ratio that a score interval is looked for at.
const FARTHEST: f64 = 300.0;

impl RiskDifference {
    /// The share of events in x less that in y.
    ///
    /// ```
    /// use kring_stats::events::Events;
    /// use kring_stats::two_proportions::RiskDifference;
    /// // Newcombe's first example: 56/70 and 48/80, 0.0524 to 0.3339.
    /// let (x, y) = (Events { name: "x", events: 56, n: 70 }, Events { name: "y", events: 48, n: 80 });
    /// let difference = RiskDifference::default().estimate(x, y)?;
    /// let interval = difference.interval.unwrap();
    /// assert!((interval.low.unwrap() - 0.0524).abs() < 5e-5);
    /// assert!((interval.high.unwrap() - 0.3339).abs() < 5e-5);
    /// # Ok::<(), kring_stats::Error>(())
    /// ```
    pub fn estimate(&self, x: Events<'_>, y: Events<'_>) -> Result<Estimate, Error> {
        let two = Two::checked("the difference of risks", x, y)?;
        let value = x.share() - y.share();
        let quantile = normal_quantile(self.level, self.alternative)?;
        let scored = |delta: f64, widen: f64| score_difference(&two, delta) / widen.sqrt();
        let (interval, std_error, z, method) = match self.method {
            RiskDifferenceMethod::Newcombe => {
                let [of_x, of_y] = [x, y].map(|g| Wilson::of(g.with(), g.size(), quantile));
                let ends = square_and_add(x.share(), of_x, y.share(), of_y, 0.0);
                let (low, high) = (|_| Some(ends.low), |_| Some(ends.high));
                (
                    interval(self.level, self.alternative, IntervalKind::Score, low, high)?,
                    None,
                    scored(0.0, 1.0),
                    "difference of risks, Newcombe's hybrid score interval",
                )
            }
            RiskDifferenceMethod::MiettinenNurminen => {
                let widen = widened(&two);
                let end = |z: f64| move |_| Some(root(-1.0, 1.0, |delta| scored(delta, widen) - z));
                let (low, high) = (end(quantile), end(-quantile));
                (
                    interval(self.level, self.alternative, IntervalKind::Score, low, high)?,
                    None,
                    scored(0.0, widen),
                    "difference of risks, Miettinen and Nurminen's score interval",
                )
            }
            RiskDifferenceMethod::Wald => {
                let of = |g: Events<'_>| g.share() * g.without() / g.size() / g.size();
                let std_error = (of(x) + of(y)).sqrt();
                (
                    wald(value, std_error, self.level, self.alternative)?,
                    Some(std_error),
                    value / std_error,
                    "difference of risks, Wald's interval",
                )
            }
        };
        let mut found = difference(
            two.difference_label(),
            value,
            interval,
            std_error,
            z,
            method,
            self.alternative,
            two.sample(),
        )?;
        match self.method {
            RiskDifferenceMethod::Wald => {
                let rough = narrow::RISK_DIFFERENCE_WALD.when(smallest_cell(&two) < MANY);
                found.cautions.extend(few(&two).or(rough));
            }
            RiskDifferenceMethod::Newcombe => {
                let small = two.x.size().min(two.y.size()) < MANY;
                found.cautions.extend(narrow::NEWCOMBE.when(small));
            }
            RiskDifferenceMethod::MiettinenNurminen => {}
        }
        Ok(found)
    }

    /// The share of events among the first of the pairs less that among the second.
    ///
    /// The p-value is that of McNemar's χ² test without correction, or Wald's.
    ///
    /// ```
    /// use kring_stats::events::Pairs;
    /// use kring_stats::two_proportions::RiskDifference;
    /// let pairs = Pairs {
    ///     first: "after", second: "before",
    ///     both: 36, first_only: 12, second_only: 2, neither: 0,
    /// };
    /// let difference = RiskDifference::default().paired(pairs)?;
    /// assert!((difference.value.finite().unwrap() - 0.2).abs() < 1e-15);
    /// // Newcombe (1998), table I, method 10: 0.0569 to 0.3404.
    /// let interval = difference.interval.unwrap();
    /// assert!((interval.low.unwrap() - 0.0569).abs() < 5e-5);
    /// assert!((interval.high.unwrap() - 0.3404).abs() < 5e-5);
    /// # Ok::<(), kring_stats::Error>(())
    /// ```
    pub fn paired(&self, pairs: Pairs<'_>) -> Result<Estimate, Error> {
        let [a, b, c, d] = [
            pairs.both,
            pairs.first_only,
            pairs.second_only,
            pairs.neither,
        ]
        .map(|n| n as f64);
        let n = pairs.total();
        if n == 0.0 {
            return Err(Error::TooFew {
                method: "the difference of risks",
                what: format!("pairs of {} and {}", pairs.first, pairs.second),
                needed: 1,
                found: 0,
            });
        }
        let value = (b - c) / n;
        let quantile = normal_quantile(self.level, self.alternative)?;
        let (interval, std_error, z, method) = match self.method {
            RiskDifferenceMethod::Newcombe => {
                let margins = [a + b, c + d, a + c, b + d];
                let products = (a * d, b * c);
                let excess = products.0 - products.1;
                // The correlation, corrected for continuity where it is positive.
                let corrected = if excess > 0.0 {
                    (excess - n / 2.0).max(0.0)
                } else {
                    excess
                };
                let scale = margins.iter().map(|m| m.sqrt()).product::<f64>();
                let phi = if scale == 0.0 { 0.0 } else { corrected / scale };
                let (x, y) = (a + b, a + c);
                let ends = square_and_add(
                    x / n,
                    Wilson::of(x, n, quantile),
                    y / n,
                    Wilson::of(y, n, quantile),
                    phi,
                );
                let (low, high) = (|_| Some(ends.low), |_| Some(ends.high));
                (
                    interval(self.level, self.alternative, IntervalKind::Score, low, high)?,
                    None,
                    (b - c) / (b + c).sqrt(),
                    "difference of risks in pairs, Newcombe's hybrid score interval",
                )
            }
            RiskDifferenceMethod::MiettinenNurminen => {
                return Err(Error::Unsupported {
                    what: "Miettinen and Nurminen's interval of pairs".to_owned(),
                    hint: "take the method newcombe".to_owned(),
                });
            }
            RiskDifferenceMethod::Wald => {
                let std_error = ((b + c - (b - c) * (b - c) / n).max(0.0)).sqrt() / n;
                (
                    wald(value, std_error, self.level, self.alternative)?,
                    Some(std_error),
                    value / std_error,
                    "difference of risks in pairs, Wald's interval",
                )
            }
        };
        difference(
            format!("{} − {}", pairs.first, pairs.second),
            value,
            interval,
            std_error,
            z,
            method,
            self.alternative,
            pairs.sample(),
        )
    }
}

/// An estimate of a difference; without any error nothing is tested.
#[allow(
    clippy::too_many_arguments,
    reason = "the parts in which differences differ"
)]
fn difference(
    label: String,
    value: f64,
    interval: kring_core::Interval,
    std_error: Option<f64>,
    z: f64,
    method: &'static str,
    alternative: Alternative,
    sample: kring_core::Sample,
) -> Result<Estimate, Error> {
    let tested = z.is_finite() && std_error != Some(0.0);
    Found {
        label,
        measure: Measure::RiskDifference,
        value: Value::Value(value),
        std_error,
        null: 0.0,
        alternative,
        reference: Reference::Normal,
        interval: Some(interval),
        p_value: if tested {
            Some(dist::p_value(z, Reference::Normal, alternative)?)
        } else {
            None
        },
        sample,
        method,
        cautions: if tested {
            Vec::new()
        } else {
            vec![Caution::Note(
                "The shares have no error (nobody or everybody, or no pair that changed), so \
                nothing is tested."
                    .to_owned(),
            )]
        },
    }
    .estimate()
}

/// Below this many Wald's intervals are rough.
const FEW: f64 = 5.0;

/// From this many on differences of risks have intervals as wide as they say.
const MANY: f64 = narrow::FEW as f64;

fn smallest_cell(two: &Two<'_>) -> f64 {
    let [x, y] = [two.x, two.y].map(|group| group.with().min(group.without()));
    x.min(y)
}

/// The doubt about a large-sample interval where a cell is small.
fn few(two: &Two<'_>) -> Option<Caution> {
    let smallest = smallest_cell(two);
    (smallest < FEW).then(|| {
        Caution::Note(format!(
            "A cell of the table holds only {smallest}: with fewer than five this large-sample \
            interval is rough. Take a score or an exact interval."
        ))
    })
}

/// N/(N − 1), Miettinen and Nurminen's widening of the variance.
fn widened(two: &Two<'_>) -> f64 {
    let n = two.x.size() + two.y.size();
    n / (n - 1.0)
}

/// The score statistic of a difference δ; it falls as δ rises.
fn score_difference(two: &Two<'_>, delta: f64) -> f64 {
    let (m, n) = (two.x.size(), two.y.size());
    let (low, high) = ((-delta).max(0.0), (1.0 - delta).min(1.0));
    let part = |count: f64, chance: f64| if count == 0.0 { 0.0 } else { count / chance };
    // The share of y most likely under δ: the derivative of the log-likelihood falls with it.
    let p = root(low, high, |p| {
        // Rounding must not step over the edge.
        part(two.x.with(), (p + delta).max(0.0)) - part(two.x.without(), (1.0 - p - delta).max(0.0))
            + part(two.y.with(), p)
            - part(two.y.without(), 1.0 - p)
    });
    let r = (p + delta).clamp(0.0, 1.0);
    let variance = r * (1.0 - r) / m + p * (1.0 - p) / n;
    let distance = two.x.share() - two.y.share() - delta;
    if distance == 0.0 {
        0.0
    } else {
        distance / variance.sqrt()
    }
}

/// The score statistic of a ratio e^θ; it falls as θ rises.
fn score_ratio(two: &Two<'_>, theta: f64) -> f64 {
    let (x, m, y, n) = (two.x.with(), two.x.size(), two.y.with(), two.y.size());
    let rho = theta.exp();
    // The share of y most likely under ρ: the smaller root of
    // ρ(m + n) p² − (ρ(m + y) + x + n) p + x + y = 0.
    let b = rho * (m + y) + x + n;
    let c = x + y;
    let root = (b * b - 4.0 * rho * (m + n) * c).max(0.0).sqrt();
    let p = (2.0 * c / (b + root)).min(1.0);
    let r = (rho * p).min(1.0);
    let variance = r * (1.0 - r) / m + rho * rho * p * (1.0 - p) / n;
    let distance = x / m - rho * y / n;
    if distance == 0.0 {
        0.0
    } else {
        distance / variance.sqrt()
    }
}

/// The score statistic of an odds ratio e^θ; it falls as θ rises.
fn score_odds(two: &Two<'_>, theta: f64) -> f64 {
    let cells = cells_of(two);
    let expected = ExpectedCells::of(&cells, theta.exp());
    let distance = cells.a - expected.a;
    if distance == 0.0 {
        0.0
    } else {
        distance / expected.variance().sqrt()
    }
}

fn cells_of(two: &Two<'_>) -> Cells {
    Cells {
        a: two.x.with(),
        b: two.x.without(),
        c: two.y.with(),
        d: two.y.without(),
    }
}

/// What a log ratio of two shares needs to become an estimate.
struct Ratio {
    measure: Measure,
    /// Numerator and denominator, each zero at an edge.
    parts: (f64, f64),
    /// What is wrong where both are zero.
    undefined: &'static str,
    variance: f64,
    method: &'static str,
    alternative: Alternative,
    /// The ratio under the null hypothesis.
    tested: f64,
    level: f64,
}

impl Ratio {
    /// With Wald's interval, or with the one of a score statistic that falls as the log ratio rises.
    fn estimate(
        self,
        two: &Two<'_>,
        score: Option<&dyn Fn(f64) -> f64>,
    ) -> Result<Estimate, Error> {
        let null = ln_null(self.tested)?;
        let (above, below) = self.parts;
        let value = match (above > 0.0, below > 0.0) {
            (true, true) => Value::Value((above / below).ln()),
            (false, true) => Value::AtBoundary(Boundary::Zero),
            (true, false) => Value::AtBoundary(Boundary::Infinite),
            (false, false) => {
                return Err(Error::Constant {
                    method: "the ratio",
                    what: format!("{} in {} and {}", self.undefined, two.x.name, two.y.name),
                });
            }
        };
        let z = normal_quantile(self.level, self.alternative)?;
        let std_error = value
            .finite()
            .map(|_| self.variance.max(0.0).sqrt())
            .filter(|error| error.is_finite() && score.is_none());
        let (interval, statistic) = match (score, value.finite(), std_error) {
            (Some(score), ..) => {
                let end = |open: bool, z: f64| {
                    move |_| (!open).then(|| root(-FARTHEST, FARTHEST, |theta| score(theta) - z))
                };
                let (low, high) = (end(above == 0.0, z), end(below == 0.0, -z));
                let kind = IntervalKind::Score;
                (
                    Some(interval(self.level, self.alternative, kind, low, high)?),
                    Some(score(null)),
                )
            }
            (None, Some(value), Some(error)) if error > 0.0 => (
                Some(wald(value, error, self.level, self.alternative)?),
                Some((value - null) / error),
            ),
            _ => (None, None),
        };
        let statistic = statistic.filter(|z| z.is_finite());
        Found {
            label: two.ratio_label(),
            measure: self.measure,
            value,
            std_error,
            null,
            alternative: self.alternative,
            reference: Reference::Normal,
            interval,
            p_value: statistic
                .map(|z| dist::p_value(z, Reference::Normal, self.alternative))
                .transpose()?,
            sample: two.sample(),
            method: self.method,
            cautions: if statistic.is_some() {
                let wald = score.is_none();
                few(two).filter(|_| wald).into_iter().collect()
            } else {
                vec![Caution::Note(
                    "With this empty cell there is no standard error: take a score or an exact \
                    interval."
                        .to_owned(),
                )]
            },
        }
        .estimate()
    }
}

impl RiskRatio {
    /// The share of events in x over that in y, as a log.
    ///
    /// ```
    /// use kring_stats::events::Events;
    /// use kring_stats::two_proportions::RiskRatio;
    /// let (ekc, wt) = (
    ///     Events { name: "EKC", events: 49, n: 55 },
    ///     Events { name: "WT", events: 11, n: 60 },
    /// );
    /// let ratio = RiskRatio::default().estimate(ekc, wt)?;
    /// assert!((ratio.natural().finite().unwrap() - 49.0 * 60.0 / (55.0 * 11.0)).abs() < 1e-12);
    /// # Ok::<(), kring_stats::Error>(())
    /// ```
    pub fn estimate(&self, x: Events<'_>, y: Events<'_>) -> Result<Estimate, Error> {
        let two = Two::checked("the ratio of risks", x, y)?;
        let of = |g: Events<'_>| g.without() / g.with() / g.size();
        let (method, widen) = match self.method {
            RiskRatioMethod::Wald => ("ratio of risks, Wald's log interval", None),
            RiskRatioMethod::Koopman => ("ratio of risks, Koopman's score interval", Some(1.0)),
            RiskRatioMethod::MiettinenNurminen => (
                "ratio of risks, Miettinen and Nurminen's score interval",
                Some(widened(&two)),
            ),
        };
        let ratio = Ratio {
            measure: Measure::LogRiskRatio,
            parts: (x.share(), y.share()),
            undefined: "the outcome (nobody has the event)",
            variance: of(x) + of(y),
            method,
            alternative: self.alternative,
            tested: self.null_ratio,
            level: self.level,
        };
        match widen {
            None => ratio.estimate(&two, None),
            Some(widen) => {
                ratio.estimate(&two, Some(&|theta| score_ratio(&two, theta) / widen.sqrt()))
            }
        }
    }
}

impl OddsRatio {
    /// The odds of an event in x over those in y, as a log.
    ///
    /// ```
    /// use kring_stats::events::Events;
    /// use kring_stats::two_proportions::OddsRatio;
    /// let (ekc, wt) = (
    ///     Events { name: "EKC", events: 49, n: 55 },
    ///     Events { name: "WT", events: 11, n: 60 },
    /// );
    /// let ratio = OddsRatio::default().estimate(ekc, wt)?;
    /// assert!((ratio.natural().finite().unwrap() - 49.0 * 49.0 / (6.0 * 11.0)).abs() < 1e-12);
    /// # Ok::<(), kring_stats::Error>(())
    /// ```
    pub fn estimate(&self, x: Events<'_>, y: Events<'_>) -> Result<Estimate, Error> {
        let two = Two::checked("the odds ratio", x, y)?;
        let cells = cells_of(&two);
        let (method, widen) = match self.method {
            OddsRatioMethod::Wald => ("odds ratio, Wald's log interval", None),
            OddsRatioMethod::Score => ("odds ratio, score interval", Some(1.0)),
            OddsRatioMethod::MiettinenNurminen => (
                "odds ratio, Miettinen and Nurminen's score interval",
                Some(widened(&two)),
            ),
        };
        let ratio = Ratio {
            measure: Measure::LogOddsRatio,
            parts: (cells.a * cells.d, cells.b * cells.c),
            undefined: "the outcome (or the event itself)",
            variance: 1.0 / cells.a + 1.0 / cells.b + 1.0 / cells.c + 1.0 / cells.d,
            method,
            alternative: self.alternative,
            tested: self.null_ratio,
            level: self.level,
        };
        match widen {
            None => ratio.estimate(&two, None),
            Some(widen) => {
                ratio.estimate(&two, Some(&|theta| score_odds(&two, theta) / widen.sqrt()))
            }
        }
    }
}

impl CohensH {
    /// The difference of two shares on the arcsine scale, x − y: 0.2 is small, 0.8 large.
    ///
    /// ```
    /// use kring_stats::events::Events;
    /// use kring_stats::two_proportions::CohensH;
    /// let (x, y) = (Events { name: "x", events: 3, n: 4 }, Events { name: "y", events: 1, n: 4 });
    /// // arcsin √¾ = 60°, arcsin √¼ = 30°.
    /// let h = CohensH::default().estimate(x, y)?;
    /// assert!((h.value.finite().unwrap() - std::f64::consts::FRAC_PI_3).abs() < 1e-15);
    /// # Ok::<(), kring_stats::Error>(())
    /// ```
    pub fn estimate(&self, x: Events<'_>, y: Events<'_>) -> Result<Estimate, Error> {
        let two = Two::checked("Cohen's h", x, y)?;
        // The angle from both sides of the triangle, which keeps its digits near 0 and 1.
        let angle = |g: Events<'_>| 2.0 * g.with().sqrt().atan2(g.without().sqrt());
        let value = angle(x) - angle(y);
        let std_error = (1.0 / x.size() + 1.0 / y.size()).sqrt();
        Found {
            label: two.difference_label(),
            measure: Measure::CohensH,
            value: Value::Value(value),
            std_error: Some(std_error),
            null: 0.0,
            alternative: self.alternative,
            reference: Reference::Normal,
            interval: Some(wald(value, std_error, self.level, self.alternative)?),
            p_value: Some(dist::p_value(
                value / std_error,
                Reference::Normal,
                self.alternative,
            )?),
            sample: two.sample(),
            method: "Cohen's h",
            cautions: few(&two).into_iter().collect(),
        }
        .estimate()
    }
}
