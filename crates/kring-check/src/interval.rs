//! Do an estimate, its interval and its p-value belong together?
//!
//! ```text
//! natural    θ = (L + U) / 2              null 0     differences, means, coefficients
//! log        ln θ = (ln L + ln U) / 2     null 1     ratios
//! h = (U − L) / 2, on that scale; c the quantile of the interval's level, normal or t
//! p = P(|T| ≥ c |θ − θ₀| / h)
//! ```
//!
//! Every printed number has the range that its digits admit. An interval that is symmetric on
//! neither scale (exact, score, profile or bootstrap) is declared `free`: then the estimate must lie
//! inside, and p at most 1 − level exactly where the null lies outside. Without degrees of freedom
//! the normal distribution is tried, then t with 1 to 200.
//!
//! Altman DG, Bland JM (2011), BMJ 343:d2090, doi 10.1136/bmj.d2090, and BMJ 343:d2304, doi
//! 10.1136/bmj.d2304.

use kring_core::{CheckKind, Outcome, Published, Reference, TargetInterval};
use kring_stats::dist;
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::p_value::Side;
use crate::range::{Range, admitted, number, tidy};
use crate::{Found, outcome};

/// On which scale an interval lies evenly about its estimate.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IntervalScale {
    /// Not known: as it is, or as logarithms.
    #[default]
    Either,
    /// As it is: means, differences, coefficients.
    Natural,
    /// As logarithms: odds ratios, rate ratios, hazard ratios.
    Log,
    /// On none: exact, score, profile and bootstrap intervals.
    Free,
}

/// How a p-value is taken from an interval.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct IntervalTest {
    /// The scale of the interval.
    pub scale: IntervalScale,
    /// The value of no effect: 0, or 1 for a ratio, unless given.
    pub null: Option<f64>,
    /// The degrees of freedom of its t distribution, where they are known.
    pub df: Option<f64>,
    /// How many people it rests on: then fewer degrees of freedom than half of them, as few clusters
    /// have, are not admitted unless `df` says so.
    pub sample: Option<usize>,
}

impl IntervalScale {
    /// The scales that it stands for, with their names.
    fn candidates(self) -> Vec<(Transform, &'static str)> {
        let natural = (Transform::None, "on the natural scale");
        let log = (Transform::Log, "on the log scale");
        match self {
            Self::Either => vec![natural, log],
            Self::Natural => vec![natural],
            Self::Log => vec![log],
            Self::Free => vec![],
        }
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Transform {
    None,
    Log,
}

impl Transform {
    /// A range on this scale; absent where it has no logarithm.
    fn of(self, range: Range) -> Option<Range> {
        match self {
            Self::None => Some(range),
            Self::Log => {
                let positive = range.within(0.0, f64::INFINITY)?;
                (positive.high > 0.0).then(|| positive.map(f64::ln))
            }
        }
    }

    fn back(self, x: f64) -> f64 {
        match self {
            Self::None => x,
            Self::Log => x.exp(),
        }
    }

    fn null(self) -> f64 {
        match self {
            Self::None => 0.0,
            Self::Log => 1.0,
        }
    }
}

/// An estimate with its ends, as ranges.
struct Ends {
    estimate: Range,
    low: Range,
    high: Range,
}

impl Ends {
    fn of(estimate: &Published, interval: &TargetInterval) -> Result<Self, Error> {
        number("an interval", estimate)?;
        number("an interval", &interval.low)?;
        number("an interval", &interval.high)?;
        dist::check_level(interval.level)?;
        Ok(Self {
            estimate: Range::of(estimate, false),
            low: Range::of(&interval.low, false),
            high: Range::of(&interval.high, false),
        })
    }

    /// On another scale; absent where it has none of the three there.
    fn on(&self, scale: Transform) -> Option<Self> {
        Some(Self {
            estimate: scale.of(self.estimate)?,
            low: scale.of(self.low)?,
            high: scale.of(self.high)?,
        })
    }

    fn middle(&self) -> Range {
        self.low.plus(self.high).times(Range::exactly(0.5))
    }

    fn half_width(&self) -> Option<Range> {
        self.high
            .minus(self.low)
            .times(Range::exactly(0.5))
            .within(0.0, f64::INFINITY)
    }
}

/// Does the estimate lie in the middle of its interval, as it is or as a logarithm?
///
/// ```
/// use kring_check::{self as check, IntervalScale};
/// use kring_core::{Locale, Outcome, Published, TargetInterval};
/// let figure = |text| Published::parse(text, Locale::English);
/// // √(0.50 · 2.00) = 1.00, while (0.50 + 2.00) / 2 = 1.25.
/// let interval = TargetInterval { low: figure("0.50")?, high: figure("2.00")?, level: 0.95 };
/// let check = |estimate, scale| check::interval(estimate, &interval, scale);
/// let ratio = figure("1.00")?;
/// assert_eq!(check(&ratio, IntervalScale::Log)?.outcome, Outcome::Consistent);
/// assert_eq!(check(&ratio, IntervalScale::Natural)?.outcome, Outcome::Inconsistent);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn interval(
    estimate: &Published,
    interval: &TargetInterval,
    scale: IntervalScale,
) -> Result<Found, Error> {
    let ends = Ends::of(estimate, interval)?;
    let printed = format!(
        "printed {} ({} to {})",
        estimate.text, interval.low.text, interval.high.text
    );
    let found = |fits, arithmetic: String, meaning: &str| Found {
        kind: CheckKind::Interval,
        outcome: outcome(fits),
        arithmetic,
        meaning: meaning.to_owned(),
    };
    if ends.half_width().is_none() {
        return Ok(found(
            false,
            printed,
            "The lower end lies above the upper end.",
        ));
    }
    let hull = Range {
        low: ends.low.low,
        high: ends.high.high,
    };
    if !ends.estimate.meets(hull) {
        return Ok(found(
            false,
            printed,
            "The estimate lies outside its interval.",
        ));
    }
    let candidates = scale.candidates();
    if candidates.is_empty() {
        return Ok(found(
            true,
            printed,
            "The estimate lies inside its interval.",
        ));
    }
    let mut middles = Vec::new();
    let mut fits = None;
    for (transform, name) in candidates {
        let Some(on) = ends.on(transform) else {
            continue;
        };
        let middle = on.middle();
        middles.push(format!(
            "the middle {name} {}",
            admitted(middle.map(|x| transform.back(x)))
        ));
        if on.estimate.meets(middle) {
            fits = fits.or(Some(name));
        }
    }
    if middles.is_empty() {
        middles.push("numbers below zero have no logarithm".to_owned());
    }
    let arithmetic = format!("{}; {printed}", middles.join(", "));
    Ok(match fits {
        Some(name) => found(
            true,
            arithmetic,
            &format!("The estimate can be the middle of its interval, {name}."),
        ),
        None => found(
            false,
            arithmetic,
            "The estimate is not the middle of its interval: an exact, score or bootstrap interval \
             (then declare it free), or a slip.",
        ),
    })
}

/// Does the p-value follow from the interval?
///
/// ```
/// use kring_check::{self as check, IntervalTest};
/// use kring_core::{Locale, Outcome, Published, TargetInterval};
/// let figure = |text| Published::parse(text, Locale::English);
/// // Altman & Bland's example: a ratio of 0.81 (0.70 to 0.94), z = −2.80, p = 0.005.
/// let interval = TargetInterval { low: figure("0.70")?, high: figure("0.94")?, level: 0.95 };
/// let (ratio, p) = (figure("0.81")?, figure("0.005")?);
/// let found = check::interval_p_value(&ratio, &interval, &p, &IntervalTest::default())?;
/// assert_eq!(found.outcome, Outcome::Consistent);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn interval_p_value(
    estimate: &Published,
    interval: &TargetInterval,
    p: &Published,
    options: &IntervalTest,
) -> Result<Found, Error> {
    let ends = Ends::of(estimate, interval)?;
    number("a p-value", p)?;
    let alpha = 1.0 - interval.level;
    let mut shown = Vec::new();
    let mut fits = None;
    for (transform, name) in options.scale.candidates() {
        let Some(reading) = reading(&ends, transform, interval.level, p, options)? else {
            continue;
        };
        shown.push(format!("{name} {}", reading.arithmetic));
        fits = fits.or(reading.fits);
    }
    let (outcome, meaning) = match (fits, decision(&ends, options, p, alpha)) {
        (Some(meaning), _) => (Outcome::Consistent, meaning),
        (None, Decision::Contradicts) => (
            Outcome::DecisionError,
            format!(
                "Interval and p-value lie on different sides of {}: one says an effect, the other none.",
                tidy(alpha)
            ),
        ),
        (None, _) if !shown.is_empty() => {
            let among = options
                .sample
                .map_or(String::new(), |n| format!(" among {n}"));
            (
                Outcome::Inconsistent,
                format!(
                    "The p-value does not follow from the interval{among}: another test, another level, few \
                     clusters (then give the degrees of freedom), or a slip."
                ),
            )
        }
        (None, Decision::Agrees) => (
            Outcome::Consistent,
            format!(
                "Interval and p-value lie on the same side of {}.",
                tidy(alpha)
            ),
        ),
        (None, Decision::Open) => (
            Outcome::Consistent,
            "It is open on which side both lie: the check tells nothing.".to_owned(),
        ),
    };
    let printed = format!(
        "{} ({} to {})",
        estimate.text, interval.low.text, interval.high.text
    );
    Ok(Found {
        kind: CheckKind::IntervalP,
        outcome,
        arithmetic: match shown.as_slice() {
            [] => format!("{printed}; printed p {}", p.text),
            shown => format!("{printed}: {}; printed {}", shown.join("; "), p.text),
        },
        meaning,
    })
}

/// What an interval says of p on one scale.
struct Reading {
    arithmetic: String,
    /// How p follows, in words, where it does.
    fits: Option<String>,
}

/// The p-value of an interval on one scale; absent where it was not made there, or has no width.
fn reading(
    ends: &Ends,
    transform: Transform,
    level: f64,
    p: &Published,
    options: &IntervalTest,
) -> Result<Option<Reading>, Error> {
    /// With more degrees of freedom a p-value is that of the normal distribution to its digits.
    const MOST: usize = 200;
    let no_effect = options.null.unwrap_or(transform.null());
    let on = ends.on(transform);
    let null = transform.of(Range::exactly(no_effect));
    let (Some(on), Some(null)) = (on, null) else {
        return Ok(None);
    };
    // An interval that is lopsided here was not made on this scale.
    let lopsided = !on.estimate.meets(on.middle());
    let half_width = on.half_width().filter(|width| width.high > 0.0);
    let Some(half_width) =
        half_width.filter(|_| options.scale != IntervalScale::Either || !lopsided)
    else {
        return Ok(None);
    };
    let distance = on.estimate.minus(null).abs();
    let ratio = Range {
        low: distance.low / half_width.high,
        high: distance.high / half_width.low,
    };
    let t = |df| Reference::StudentT { df };
    let first = options.df.map_or(Reference::Normal, t);
    let range = p_from(ratio, level, first)?;
    let of = match options.df {
        Some(df) => format!("t with {df} degrees of freedom"),
        None => "normal".to_owned(),
    };
    let arithmetic = format!("(null {}, {of}) p {}", tidy(no_effect), admitted(range));
    let printed = Range::of(p, true);
    let mut fits = None;
    if range.meets(printed) {
        fits = Some("The p-value follows from the interval.".to_owned());
    } else if options.df.is_none() {
        let mut fitting = Vec::new();
        let few = options.sample.map_or(1, |n| (n / 2).max(1));
        let most = options
            .sample
            .map_or(MOST, |n| n.saturating_sub(1).min(MOST));
        for df in (few..=most).map(|df| df as f64) {
            if p_from(ratio, level, t(df))?.meets(printed) {
                fitting.push(df);
            }
        }
        fits = (!fitting.is_empty()).then(|| {
            format!(
                "The p-value follows from the interval with a t distribution of {} degrees of freedom.",
                admitted(Range::around(fitting))
            )
        });
    }
    Ok(Some(Reading { arithmetic, fits }))
}

/// Whether an interval and a p-value say the same of the null.
#[derive(Clone, Copy, PartialEq)]
enum Decision {
    Agrees,
    Contradicts,
    Open,
}

/// p is at most 1 − level exactly where the null lies outside, whatever the distribution.
fn decision(ends: &Ends, options: &IntervalTest, p: &Published, alpha: f64) -> Decision {
    let ratio = options.scale == IntervalScale::Log;
    // Of an unknown scale the null is not known either, unless it is given.
    let null = match (options.null, options.scale) {
        (Some(null), _) => null,
        (None, IntervalScale::Either) if ends.low.high > 0.0 => {
            let middle = |scale| {
                ends.on(scale)
                    .is_some_and(|on| on.estimate.meets(on.middle()))
            };
            match (middle(Transform::None), middle(Transform::Log)) {
                (true, false) => 0.0,
                (false, true) => 1.0,
                _ => return Decision::Open,
            }
        }
        (None, _) => {
            if ratio {
                1.0
            } else {
                0.0
            }
        }
    };
    let outside = null < ends.low.low || null > ends.high.high;
    let inside = null > ends.low.high && null < ends.high.low;
    match (outside, inside, Side::of_printed(p, alpha)) {
        (true, _, Some(Side::Below)) | (_, true, Some(Side::Above)) => Decision::Agrees,
        (true, _, Some(Side::Above)) | (_, true, Some(Side::Below)) => Decision::Contradicts,
        _ => Decision::Open,
    }
}

/// The p-values of estimates so many half-widths away from the null.
fn p_from(ratio: Range, level: f64, reference: Reference) -> Result<Range, Error> {
    let c = dist::critical(level, reference)?;
    let p = |ratio: f64| -> Result<f64, Error> {
        let statistic = c * ratio;
        if statistic.is_finite() {
            Ok(dist::p_value(
                statistic,
                reference,
                kring_core::Alternative::TwoSided,
            )?)
        } else {
            Ok(0.0)
        }
    };
    Ok(Range {
        low: p(ratio.high)?,
        high: p(ratio.low)?,
    })
}
