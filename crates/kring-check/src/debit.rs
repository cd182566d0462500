//! DEBIT: can a share and a standard deviation come from n zeros and ones?
//!
//! ```text
//! k of n are one           k a whole number, 0 ≤ k ≤ n
//! p  = k / n               the mean
//! SD = √(p (1 − p) n / (n − 1))
//! possible                 some k gives both as printed: p within its digits, and p (1 − p)
//!                          within SD² (n − 1) / n, which is two ranges of p, alike about ½
//! ```
//!
//! The published test draws the curve of SD over p and asks whether the printed box touches it. Here
//! k is whole besides, as in GRIM: that is sharper for small n.
//!
//! Heathers JAJ, Brown NJL (2019). DEBIT: a simple consistency test for binary data. OSF,
//! <https://osf.io/5vb3u>.

use kring_core::{CheckKind, Published};

use crate::Error;
use crate::grim::{Whole, whole_numbers};
use crate::range::{Range, admitted, number, tidy};
use crate::{Found, outcome};

/// Can this share (a mean of zeros and ones, or a percentage) and this standard deviation come from
/// `n` people?
///
/// The standard deviation divides by n − 1. Where it would fit only with n, the meaning says so.
///
/// ```
/// use kring_check as check;
/// use kring_core::{Locale, Outcome, Published};
/// let figure = |text| Published::parse(text, Locale::English);
/// // 8 of 20: p = .4, SD = √(.4 · .6 · 20/19) = .5026.
/// let (mean, sd, wrong) = (figure("0.40")?, figure("0.50")?, figure("0.40")?);
/// assert_eq!(check::debit(&mean, &sd, 20)?.outcome, Outcome::Consistent);
/// assert_eq!(check::debit(&mean, &wrong, 20)?.outcome, Outcome::Inconsistent);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn debit(mean: &Published, sd: &Published, n: usize) -> Result<Found, Error> {
    number("DEBIT", mean)?;
    number("DEBIT", sd)?;
    if n < 2 {
        return Err(Error::Argument {
            what: format!("DEBIT on '{}' with SD '{}'", mean.text, sd.text),
            why: "expected two people or more: one number has no standard deviation".to_owned(),
        });
    }
    let printed = format!("printed {} and {}", mean.text, sd.text);
    let n_f = n as f64;
    let shares = Range::of(mean, true).within(0.0, 1.0);
    let ones = shares.and_then(|p| whole_numbers(p.times(Range::exactly(n_f))));
    let Some(ones) = ones.filter(|ones| ones.low <= ones.high) else {
        return Ok(Found {
            kind: CheckKind::Debit,
            outcome: outcome(false),
            arithmetic: format!(
                "the mean admits {}, which is {} of {n}; {printed}",
                admitted(Range::of(mean, true)),
                admitted(Range::of(mean, true).times(Range::exactly(n_f)))
            ),
            meaning: "No whole number of people gives the share (GRIM).".to_owned(),
        });
    };
    let sd = Range::of(sd, true);
    let spread = |k: i64, divisor: f64| {
        let p = k as f64 / n_f;
        (p * (1.0 - p) * n_f / divisor).sqrt()
    };
    if let Some(k) = some_of(ones, sd, n_f, n_f - 1.0) {
        return Ok(Found {
            kind: CheckKind::Debit,
            outcome: outcome(true),
            arithmetic: format!(
                "{k} of {n}: mean {}, SD {}; {printed}",
                tidy(k as f64 / n_f),
                tidy(spread(k, n_f - 1.0))
            ),
            meaning: "Zeros and ones give both.".to_owned(),
        });
    }
    let spreads = Range::around([ones.low, ones.high].map(|k| spread(k, n_f - 1.0)));
    let of = if ones.low == ones.high {
        format!("{} of {n}", ones.low)
    } else {
        format!("{} to {} of {n}", ones.low, ones.high)
    };
    let mut meaning = "Zeros and ones with this mean have another standard deviation.".to_owned();
    if some_of(ones, sd, n_f, n_f).is_some() {
        meaning.push_str(" Divided by n instead of n − 1 it is as printed.");
    }
    Ok(Found {
        kind: CheckKind::Debit,
        outcome: outcome(false),
        arithmetic: format!("{of}: SD {}; {printed}", admitted(spreads)),
        meaning,
    })
}

/// A whole number among these whose standard deviation is in the range.
fn some_of(ones: Whole, sd: Range, n: f64, divisor: f64) -> Option<i64> {
    let variance = sd
        .within(0.0, f64::INFINITY)?
        .map(|sd| sd * sd * divisor / n);
    // p = ½ − √(¼ − v) is the smaller share with the variance v = p (1 − p), 1 − p the larger.
    let smaller = |v: f64| 0.5 - (0.25 - v.min(0.25)).sqrt();
    if variance.low > 0.25 * (1.0 + 1e-9) {
        return None;
    }
    let below = variance.map(smaller);
    let above = Range {
        low: 1.0 - below.high,
        high: 1.0 - below.low,
    };
    [below, above].into_iter().find_map(|p| {
        let k = whole_numbers(p.times(Range::exactly(n)))?;
        let (low, high) = (k.low.max(ones.low), k.high.min(ones.high));
        (low <= high).then_some(low)
    })
}
