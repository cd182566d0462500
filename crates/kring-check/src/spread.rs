//! Do the standard deviation, the standard error and the interval of a mean belong together?
//!
//! ```text
//! SE = SD / √n
//! U − L = 2 c SE       c the quantile of the level: t with n − 1 degrees of freedom, or normal
//! ```
//!
//! Each printed number admits a range of SE; the ranges must overlap pair by pair. A common slip is a
//! standard error printed as a standard deviation, or the other way round: where that would make them
//! fit, the meaning says so.
//!
//! Altman DG, Bland JM (2005). Standard deviations and standard errors. BMJ 331:903, doi
//! 10.1136/bmj.331.7521.903.

use kring_core::{CheckKind, Published, Reference, TargetInterval};
use kring_stats::dist;

use crate::Error;
use crate::range::{Range, admitted, number};
use crate::{Found, outcome};

/// What was printed about the spread of `n` numbers; two of the three at least.
#[derive(Debug, Clone, Copy)]
pub struct Spread<'a> {
    /// How many numbers.
    pub n: usize,
    /// Their standard deviation.
    pub sd: Option<&'a Published>,
    /// The standard error of their mean.
    pub std_error: Option<&'a Published>,
    /// The interval of their mean.
    pub interval: Option<&'a TargetInterval>,
}

/// A printed number and the standard errors that it admits.
struct Admits {
    what: &'static str,
    text: String,
    ranges: Vec<Range>,
}

impl Admits {
    fn meets(&self, other: &Self) -> bool {
        let mut pairs = self
            .ranges
            .iter()
            .flat_map(|a| other.ranges.iter().map(move |b| (a, b)));
        pairs.any(|(a, b)| a.meets(*b))
    }
}

/// Do the standard deviation, the standard error and the interval belong together?
///
/// ```
/// use kring_check::{self as check, Spread};
/// use kring_core::{Locale, Outcome, Published};
/// let (sd, se) = (Published::parse("4.1", Locale::English)?, Published::parse("0.80", Locale::English)?);
/// // 4.1 / √26 = 0.804
/// let spread = Spread { n: 26, sd: Some(&sd), std_error: Some(&se), interval: None };
/// assert_eq!(check::spread(&spread)?.outcome, Outcome::Consistent);
/// assert_eq!(check::spread(&Spread { n: 62, ..spread })?.outcome, Outcome::Inconsistent);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn spread(printed: &Spread<'_>) -> Result<Found, Error> {
    let refused = |why: &str| Error::Argument {
        what: "the spread of a mean".to_owned(),
        why: why.to_owned(),
    };
    if printed.n < 2 {
        return Err(refused(
            "expected two numbers or more: one number has no standard deviation",
        ));
    }
    let root = (printed.n as f64).sqrt();
    let mut admits = Vec::new();
    if let Some(sd) = printed.sd {
        number("a standard deviation", sd)?;
        admits.push(Admits {
            what: "SD",
            text: sd.text.clone(),
            ranges: vec![Range::of(sd, false).map(|sd| sd / root)],
        });
    }
    if let Some(se) = printed.std_error {
        number("a standard error", se)?;
        admits.push(Admits {
            what: "SE",
            text: se.text.clone(),
            ranges: vec![Range::of(se, false)],
        });
    }
    if let Some(interval) = printed.interval {
        number("an interval", &interval.low)?;
        number("an interval", &interval.high)?;
        let width = Range::of(&interval.high, false).minus(Range::of(&interval.low, false));
        let df = (printed.n - 1) as f64;
        let mut ranges = Vec::new();
        for reference in [Reference::StudentT { df }, Reference::Normal] {
            let c = dist::critical(interval.level, reference)?;
            ranges.push(width.map(|width| width / (2.0 * c)));
        }
        admits.push(Admits {
            what: "interval",
            text: format!("{} to {}", interval.low.text, interval.high.text),
            ranges,
        });
    }
    if admits.len() < 2 {
        return Err(refused(
            "expected two at least of the standard deviation, the standard error and the interval",
        ));
    }
    let pairs = || {
        admits
            .iter()
            .enumerate()
            .flat_map(|(i, a)| admits.iter().skip(i + 1).map(move |b| (a, b)))
    };
    let apart: Vec<String> = pairs()
        .filter(|(a, b)| !a.meets(b))
        .map(|(a, b)| format!("{} and {}", a.what, b.what))
        .collect();
    let parts: Vec<String> = admits
        .iter()
        .map(|of| {
            let ranges: Vec<String> = of.ranges.iter().map(|range| admitted(*range)).collect();
            format!("{} {}: SE {}", of.what, of.text, ranges.join(" (t) or "))
        })
        .collect();
    let normal = if printed.interval.is_some() {
        " (normal)"
    } else {
        ""
    };
    let meaning = if apart.is_empty() {
        "They belong together.".to_owned()
    } else {
        let slip = mixed_up(printed, &admits, root);
        format!("These do not belong together: {}.{slip}", apart.join(", "))
    };
    Ok(Found {
        kind: CheckKind::Spread,
        outcome: outcome(apart.is_empty()),
        arithmetic: format!("n = {}; {}{normal}", printed.n, parts.join("; ")),
        meaning,
    })
}

/// Whether one of the two taken for the other would make all fit, in words.
fn mixed_up(printed: &Spread<'_>, admits: &[Admits], root: f64) -> &'static str {
    let others = |what| admits.iter().filter(move |of| of.what != what);
    let fit = |what, range: Range| {
        let as_other = Admits {
            what,
            text: String::new(),
            ranges: vec![range],
        };
        others(what).all(|of| of.meets(&as_other))
    };
    let sd_is_se = printed.sd.is_some_and(|sd| fit("SD", Range::of(sd, false)));
    let se_is_sd = printed
        .std_error
        .is_some_and(|se| fit("SE", Range::of(se, false).map(|se| se / root)));
    match (sd_is_se, se_is_sd) {
        (true, _) => " They would if the printed standard deviation were a standard error.",
        (false, true) => " They would if the printed standard error were a standard deviation.",
        (false, false) => "",
    }
}
