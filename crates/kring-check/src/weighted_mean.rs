//! Does the mean of all follow from the means of the groups?
//!
//! ```text
//! M = Σ n_g M_g / Σ n_g      a percentage is a mean too
//! ```
//!
//! Each M_g and n_g has the range that its digits admit. M is largest with every M_g at its upper
//! end and, where the n_g are not exact, with large n_g for the groups above some mean and small
//! n_g for those below. Without the n_g it is only known that M lies between the smallest and the
//! largest group mean.

use kring_core::{CheckKind, Published};

use crate::Error;
use crate::Found;
use crate::arithmetic::judge;
use crate::range::{Range, number, tidy};

/// A group with its mean.
#[derive(Debug, Clone, Copy)]
pub struct GroupMean<'a> {
    /// The mean, or a percentage.
    pub mean: &'a Published,
    /// How many are in it, where that is known; of all groups or of none.
    pub n: Option<&'a Published>,
}

/// Is `total` the mean of all groups together?
///
/// ```
/// use kring_check::{self as check, GroupMean};
/// use kring_core::{Locale, Outcome, Published};
/// let figure = |text| Published::parse(text, Locale::English);
/// // (26 · 10.0 + 13 · 13.0) / 39 = 11.0
/// let (a, b, m, n) = (figure("10.0")?, figure("26")?, figure("13.0")?, figure("13")?);
/// let (n_a, n_b) = (b.counted(), n.counted());
/// let groups = [GroupMean { mean: &a, n: Some(&n_a) }, GroupMean { mean: &m, n: Some(&n_b) }];
/// assert_eq!(check::weighted_mean(&groups, &figure("11.0")?)?.outcome, Outcome::Consistent);
/// assert_eq!(check::weighted_mean(&groups, &figure("11.5")?)?.outcome, Outcome::Inconsistent);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn weighted_mean(groups: &[GroupMean<'_>], total: &Published) -> Result<Found, Error> {
    number("a weighted mean", total)?;
    let refused = |why: &str| Error::Argument {
        what: format!("the weighted mean '{}'", total.text),
        why: why.to_owned(),
    };
    let with_n = groups.iter().filter(|group| group.n.is_some()).count();
    if groups.is_empty() || (with_n > 0 && with_n < groups.len()) {
        return Err(refused(
            "expected one group or more, and the n of all groups or of none",
        ));
    }
    for group in groups {
        if group.mean.percent != total.percent {
            return Err(refused(
                "a percentage is the mean of percentages, and no other mean is",
            ));
        }
    }
    let means = groups
        .iter()
        .map(|group| number("a weighted mean", group.mean));
    let means = means.collect::<Result<Vec<f64>, _>>()?;
    let ranges: Vec<Range> = groups
        .iter()
        .map(|group| Range::of(group.mean, false))
        .collect();
    if with_n == 0 {
        let range = Range::around(ranges.iter().flat_map(|range| [range.low, range.high]));
        let texts: Vec<&str> = groups
            .iter()
            .map(|group| group.mean.text.as_str())
            .collect();
        let exact = format!("between the group means {}", texts.join(", "));
        return Ok(judge(CheckKind::WeightedMean, &exact, range, total, false));
    }
    let mut sizes = Vec::with_capacity(groups.len());
    let mut terms = Vec::with_capacity(groups.len());
    let (mut sum, mut n) = (0.0, 0.0);
    for (group, &mean) in groups.iter().zip(&means) {
        let Some(printed) = group.n else { continue };
        let size = number("a weighted mean", printed)?;
        let range = Range::of(printed, false);
        if range.low < 0.0 || !range.high.is_finite() {
            return Err(refused("each n must be a number of zero or more"));
        }
        sizes.push(range);
        terms.push(format!("{} · {}", printed.text, group.mean.text));
        sum += size * mean;
        n += size;
    }
    if sizes.iter().all(|size| size.low <= 0.0) {
        return Err(refused("somebody must be in one of the groups"));
    }
    let ends: Vec<(f64, Range)> = ranges.iter().map(|r| r.high).zip(sizes.clone()).collect();
    let high = largest(ends);
    let ends: Vec<(f64, Range)> = ranges.iter().map(|r| -r.low).zip(sizes).collect();
    let range = Range {
        low: -largest(ends),
        high,
    };
    let exact = format!("({}) / {} = {}", terms.join(" + "), tidy(n), tidy(sum / n));
    Ok(judge(CheckKind::WeightedMean, &exact, range, total, false))
}

/// The largest weighted mean of these means with weights in these ranges: the largest means get
/// their largest weight, down to some mean, the others their smallest.
fn largest(mut groups: Vec<(f64, Range)>) -> f64 {
    groups.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut sum: f64 = groups.iter().map(|(mean, size)| mean * size.low).sum();
    let mut n: f64 = groups.iter().map(|(_, size)| size.low).sum();
    let mut best = if n > 0.0 { sum / n } else { f64::NEG_INFINITY };
    for (mean, size) in &groups {
        sum += mean * (size.high - size.low);
        n += size.high - size.low;
        if n > 0.0 {
            best = best.max(sum / n);
        }
    }
    best
}
