//! GRIM: a mean of n whole numbers is a whole number divided by n.
//!
//! ```text
//! S = Σ x_i           a whole number, of nL whole numbers x_i: n people with L items each
//! M = S / (nL)        the mean; with small nL most means cannot be
//! possible            some whole S has |S − nL·m| ≤ nL·h, m as printed, h half a unit of its last place
//! ```
//!
//! The whole number nearest to nL·m decides; of a percentage it is at most nL. Halves may have been rounded up, down or to even: the
//! ends of the range count as inside.
//!
//! Brown NJL, Heathers JAJ (2017), Social Psychological and Personality Science 8:363–369, doi
//! 10.1177/1948550616673876.

use kring_core::{CheckKind, Published};
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::range::{Range, admitted, number, tidy};
use crate::{Found, outcome};

/// Can this mean or percentage come from `n` respondents with `items` whole numbers each?
///
/// ```
/// use kring_check as check;
/// use kring_core::{Locale, Outcome, Published};
/// // 145/28 = 5.179 and 146/28 = 5.214: nothing between.
/// let mean = Published::parse("5.19", Locale::English)?;
/// assert_eq!(check::grim(&mean, 28, 1)?.outcome, Outcome::Inconsistent);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn grim(figure: &Published, n: usize, items: u32) -> Result<Found, Error> {
    let value = number("GRIM", figure)?;
    let units = n as f64 * f64::from(items);
    if units == 0.0 {
        return Err(Error::Argument {
            what: format!("GRIM on '{}'", figure.text),
            why: "n and the number of items must be above zero".to_owned(),
        });
    }
    let (scale, sign) = if figure.percent {
        (100.0, "%")
    } else {
        (1.0, "")
    };
    let range = Range::of(figure, false);
    // The whole numbers next to the one that the figure stands for.
    let nearest = (value / scale * units).floor();
    let candidates: Vec<(f64, f64)> = [nearest - 1.0, nearest, nearest + 1.0, nearest + 2.0]
        .into_iter()
        .filter(|sum| *sum >= 0.0 || value < 0.0 && !figure.percent)
        .filter(|sum| *sum <= units || !figure.percent)
        .map(|sum| (sum, sum / units * scale))
        .collect();
    let fits = candidates.iter().any(|&(_, mean)| figure.admits(mean));
    let around: Vec<String> = candidates
        .iter()
        .filter(|(sum, _)| (*sum - value / scale * units).abs() <= 1.0)
        .map(|(sum, mean)| format!("{sum}/{units} = {}{sign}", tidy(*mean)))
        .collect();
    let of = if items == 1 {
        format!("n = {n}")
    } else {
        format!("n = {n} with {items} items each")
    };
    // Where every printed value has some whole number behind it, the check cannot fail.
    let idle = range.high - range.low >= scale / units;
    let no_share = figure.percent && !(0.0..=100.0).contains(&value);
    let meaning = match (fits, idle) {
        (true, true) => format!(
            "With {of} every figure printed so coarsely can occur: the check tells nothing."
        ),
        (true, false) => format!("A whole number divided by {of} gives it."),
        (false, _) if no_share => "No share of people is below 0% or above 100%.".to_owned(),
        (false, _) => {
            format!("No whole number divided by {of} gives it: another n, a weight, or a slip.")
        }
    };
    let around = if around.is_empty() {
        String::new()
    } else {
        format!("{}; ", around.join(", "))
    };
    Ok(Found {
        kind: CheckKind::Grim,
        outcome: outcome(fits),
        arithmetic: format!(
            "{around}printed {}, which admits {}",
            figure.text,
            admitted(range)
        ),
        meaning,
    })
}

/// GRIM on many means at once, without words: a verdict a mean.
///
/// ```
/// use kring_check::Grim;
/// let mut possible = [false; 3];
/// Grim::default().test_many(&[5.19, 5.18, 3.45], &[28, 28, 20], &mut possible)?;
/// assert_eq!(possible, [false, true, true]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Grim {
    /// How many decimals the means were printed with. Two, unless given.
    pub decimals: u32,
    /// How many whole numbers each of the n contributes. One, unless given.
    pub items: u32,
    /// What was printed. Means, unless given.
    pub of: GrimOf,
}

/// What GRIM is asked of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GrimOf {
    /// Means of whole numbers.
    #[default]
    Means,
    /// Percentages of people.
    Percentages,
}

impl Default for Grim {
    fn default() -> Self {
        Self {
            decimals: 2,
            items: 1,
            of: GrimOf::Means,
        }
    }
}

/// Below this a sum and its half are exact.
const EXACT: f64 = (1_u64 << 51) as f64;

impl Grim {
    /// Whether each mean can come from its n. The three slices have one length.
    #[allow(
        clippy::needless_bitwise_bool,
        reason = "without a branch the loop runs on several means at once"
    )]
    pub fn test_many(&self, means: &[f64], n: &[u32], possible: &mut [bool]) -> Result<(), Error> {
        if n.len() != means.len() || possible.len() != means.len() {
            return Err(Error::Argument {
                what: "GRIM on many means".to_owned(),
                why: format!(
                    "expected one n and one place for the verdict a mean, found {} means, {} n and {} places",
                    means.len(),
                    n.len(),
                    possible.len()
                ),
            });
        }
        if self.items == 0 || self.decimals > 15 {
            return Err(Error::Argument {
                what: "GRIM on many means".to_owned(),
                why: format!(
                    "expected one item or more and 15 decimals at most, found {} and {}",
                    self.items, self.decimals
                ),
            });
        }
        let per_person = match self.of {
            GrimOf::Means => f64::from(self.items),
            GrimOf::Percentages => f64::from(self.items) / 100.0,
        };
        // A half in decimals may miss the half in binary by a rounding error, as in Published.
        let half = 0.5 * 10_f64.powi(-self.decimals.cast_signed()) * (1.0 + 1e-9);
        // Adding and taking away 1.5 · 2^52 leaves the nearest whole number.
        let shift = 3.0 * EXACT;
        // No share of people is below none of them or above all.
        let (least, most) = match self.of {
            GrimOf::Means => (f64::NEG_INFINITY, f64::INFINITY),
            GrimOf::Percentages => (-0.5, f64::from(self.items)),
        };
        let mut sound = true;
        for ((&m, &n), possible) in means.iter().zip(n).zip(possible) {
            let units = f64::from(n) * per_person;
            let sum = m * units;
            let nearest = (sum + shift) - shift;
            sound &= sum.abs() < EXACT && n > 0;
            let near = (nearest - sum).abs() <= (half + 4.0 * f64::EPSILON * m.abs()) * units;
            *possible = near & (nearest >= least) & (nearest <= f64::from(n) * most);
        }
        if sound {
            return Ok(());
        }
        let sound = |(m, n): (&f64, &u32)| *n > 0 && (m * f64::from(*n) * per_person).abs() < EXACT;
        let place = means.iter().zip(n).position(|pair| !sound(pair));
        let place = place.unwrap_or_default();
        Err(Error::Argument {
            what: format!("GRIM on mean {}", place + 1),
            why: format!(
                "expected a finite mean, not too large to add up, and an n above zero, found {} with n = {}",
                means.get(place).copied().unwrap_or_default(),
                n.get(place).copied().unwrap_or_default()
            ),
        })
    }
}

/// The sums of n whole numbers whose mean would be printed so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PossibleSums {
    /// How many whole numbers.
    pub n: usize,
    /// The smallest sum; absent where no whole number fits.
    pub low: Option<i64>,
    /// The largest sum.
    pub high: Option<i64>,
}

/// The sums of n whole numbers whose mean would be printed so.
pub fn possible_sums(mean: &Published, n: usize) -> Result<PossibleSums, Error> {
    number("the possible sums", mean)?;
    if n == 0 {
        return Err(Error::Argument {
            what: format!("the possible sums of '{}'", mean.text),
            why: "n must be above zero".to_owned(),
        });
    }
    let whole = whole_numbers(Range::of(mean, true).times(Range::exactly(n as f64)));
    let whole = whole.ok_or_else(|| Error::Argument {
        what: format!("the possible sums of '{}'", mean.text),
        why: "they have no bound, or are too large to count".to_owned(),
    })?;
    let some = whole.low <= whole.high;
    Ok(PossibleSums {
        n,
        low: some.then_some(whole.low),
        high: some.then_some(whole.high),
    })
}

/// The whole numbers in a range; none where `low` is above `high`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Whole {
    pub low: i64,
    pub high: i64,
}

/// The whole numbers in a range, rounding errors aside; absent where they cannot be counted.
pub(crate) fn whole_numbers(range: Range) -> Option<Whole> {
    let slack = 1e-9 * range.high.abs().max(1.0);
    whole_numbers_between(range.low - slack, range.high + slack)
}

/// The whole numbers from `low` to `high`; absent where they cannot be counted.
pub(crate) fn whole_numbers_between(low: f64, high: f64) -> Option<Whole> {
    let (low, high) = (low.ceil(), high.floor());
    #[allow(
        clippy::cast_possible_truncation,
        reason = "below 1e15 in magnitude, as checked"
    )]
    (low.abs() < 1e15 && high.abs() < 1e15).then_some(Whole {
        low: low as i64,
        high: high as i64,
    })
}
