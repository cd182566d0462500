//! GRIMMER: can a mean and a standard deviation come from n whole numbers?
//!
//! ```text
//! x_1 … x_n    whole numbers; of L items each, x_i is the sum of person i's items
//! S = Σ x_i    Q = Σ x_i²
//! M  = S / (nL)                         the mean of all items
//! SD = √((Q − S²/n) / (n − 1)) / L      of the persons' means
//!
//! The printed M allows some whole S (GRIM). For each, the printed SD allows a range of Q. Some Q in
//! it must be the sum of squares of n whole numbers with the sum S. These exist if and only if
//!   Q ≡ S (mod 2)                       since x² ≡ x
//!   Q ≥ n a² + (2a + 1) r               for S = n a + r, 0 ≤ r < n: all of them a or a + 1
//!   n = 2: 2Q − S² is a square          (x_1 − x_2)²
//!   n = 3: (3Q − S²)/2 = u² + uv + v²   for whole u, v: the differences of the three
//!   n = 4: 4Q − S² ≠ 4^k (8m + 7)       it is a sum of three squares (Legendre)
//! and nothing else for n ≥ 5: with the sum and the squares of one of them taken away, four remain
//! whose 4Q − S² can be made 3 (mod 8), which always is a sum of three squares.
//! On a scale from A to B, Q is at most what k people at LB, one between and the rest at LA give.
//! ```
//!
//! Anaya (2016) compared with simulated patterns; Allard (2018) gave the sum of squares and its
//! parity. The smallest Q and the rules for n ≤ 4 make the answer exact: without a scale every "can
//! be" has n whole numbers behind it. With a scale the largest Q is a necessary rule only.
//!
//! - Anaya J (2016). The GRIMMER test. PeerJ Preprints 4:e2400v1, doi 10.7287/peerj.preprints.2400v1.
//! - Allard A (2018). Analytic-GRIMMER: a new way of testing the possibility of standard deviations.
//!   <https://aurelienallard.netlify.app/post/anaytic-grimmer-possibility-standard-deviations/>

use std::ops::RangeInclusive;

use kring_core::{CheckKind, Published};
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::grim::{Whole, whole_numbers, whole_numbers_between};
use crate::range::{Range, admitted, number, tidy};
use crate::{Found, outcome};

/// The answers that an item allows: whole numbers from `low` to `high`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "[i32; 2]", into = "[i32; 2]")]
pub struct Scale {
    /// The lowest answer.
    pub low: i32,
    /// The highest answer.
    pub high: i32,
}

impl From<[i32; 2]> for Scale {
    fn from([low, high]: [i32; 2]) -> Self {
        Self { low, high }
    }
}

impl From<Scale> for [i32; 2] {
    fn from(scale: Scale) -> Self {
        [scale.low, scale.high]
    }
}

/// Can this mean and this standard deviation come from `n` respondents with `items` whole numbers
/// each, on a scale where it is known?
///
/// The standard deviation divides by n − 1. Where it would fit only with n, the meaning says so.
///
/// ```
/// use kring_check as check;
/// use kring_core::{Locale, Outcome, Published};
/// let figure = |text| Published::parse(text, Locale::English);
/// // Three whole numbers with the mean 2 and the SD 1: 1, 2, 3. With 1.5: Q would be 16.4 to 16.6.
/// let (mean, sd, wrong) = (figure("2.0")?, figure("1.00")?, figure("1.50")?);
/// assert_eq!(check::grimmer(&mean, &sd, 3, 1, None)?.outcome, Outcome::Consistent);
/// assert_eq!(check::grimmer(&mean, &wrong, 3, 1, None)?.outcome, Outcome::Inconsistent);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn grimmer(
    mean: &Published,
    sd: &Published,
    n: usize,
    items: u32,
    scale: Option<Scale>,
) -> Result<Found, Error> {
    let people = People::new(mean, sd, n, items, scale)?;
    let (search, text) = people.search(mean, sd, n - 1)?;
    let printed = format!("printed {} and {}", mean.text, sd.text);
    let (arithmetic, meaning) = match search {
        Search::Found { s, q } => (
            format!(
                "a sum of {s} and a sum of squares of {q} give mean {}, SD {}; {printed}",
                tidy(people.mean(s)),
                tidy(people.sd(s, q, n - 1))
            ),
            people.how_much_it_tells(text.range, n),
        ),
        Search::Obstacle(obstacle) => {
            let mut meaning = obstacle.meaning(n);
            let by_n = people.search(mean, sd, n)?.0;
            if obstacle > Obstacle::NoSum && matches!(by_n, Search::Found { .. }) {
                meaning.push_str(" Divided by n instead of n − 1 it can be.");
            }
            (format!("{}; {printed}", text.why), meaning)
        }
    };
    Ok(Found {
        kind: CheckKind::Grimmer,
        outcome: outcome(matches!(search, Search::Found { .. })),
        arithmetic,
        meaning,
    })
}

/// So many people, each with so many whole numbers.
struct People {
    n: i128,
    items: i128,
    scale: Option<Scale>,
}

/// What a search found.
enum Search {
    /// A sum and a sum of squares that can be.
    Found { s: i128, q: i128 },
    /// The rule that the best candidate broke.
    Obstacle(Obstacle),
}

/// The rules in the order in which they are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Obstacle {
    NoSum,
    TooLittle,
    TooMuch,
    NoSquares,
    Parity,
    Few,
}

/// What a search has to tell.
struct Told {
    /// The sums of squares that the digits allow, for the likeliest sum.
    range: Range,
    why: String,
}

impl Obstacle {
    fn meaning(self, n: usize) -> String {
        match self {
            Self::NoSum => {
                "No whole sum gives the mean (GRIM), so no standard deviation can stand with it."
                    .to_owned()
            }
            Self::NoSquares => "No whole sum of squares gives the standard deviation.".to_owned(),
            Self::TooLittle => {
                "Whole numbers with this mean vary more than that: they cannot all be the mean."
                    .to_owned()
            }
            Self::TooMuch => {
                "Answers on this scale with this mean cannot vary that much, or the mean lies off \
                 the scale."
                    .to_owned()
            }
            Self::Parity => {
                "A sum of squares is odd where the sum is odd, and even where it is even: no such \
                 sum of squares gives the standard deviation."
                    .to_owned()
            }
            Self::Few => format!("No {n} whole numbers have this sum and this sum of squares."),
        }
    }
}

impl People {
    fn new(
        mean: &Published,
        sd: &Published,
        n: usize,
        items: u32,
        scale: Option<Scale>,
    ) -> Result<Self, Error> {
        number("GRIMMER", mean)?;
        number("GRIMMER", sd)?;
        let refused = |why: &str| {
            Err(Error::Argument {
                what: format!("GRIMMER on '{}' with SD '{}'", mean.text, sd.text),
                why: why.to_owned(),
            })
        };
        if n < 2 || items == 0 {
            return refused(
                "expected two people or more with one item or more: one number has no standard deviation",
            );
        }
        if scale.is_some_and(|scale| scale.low >= scale.high) {
            return refused("expected a scale from its lowest to its highest answer");
        }
        if n as f64 * f64::from(items) > 1e9 {
            return refused("too many whole numbers to count");
        }
        Ok(Self {
            n: n as i128,
            items: i128::from(items),
            scale,
        })
    }

    fn mean(&self, s: i128) -> f64 {
        s as f64 / (self.n * self.items) as f64
    }

    fn sd(&self, s: i128, q: i128, divisor: usize) -> f64 {
        let n_squares = (self.n * q - s * s) as f64;
        (n_squares / self.n as f64 / divisor as f64).sqrt() / self.items as f64
    }

    /// The sums of squares that a standard deviation allows with a sum, its divisor n − 1 or n.
    fn squares(&self, s: i128, sd: Range, divisor: usize) -> Range {
        let within = |sd: f64| divisor as f64 * (sd * self.items as f64).powi(2);
        let around_mean = (s * s) as f64 / self.n as f64;
        // The printed half, and the squares of binary numbers, may miss by a rounding error.
        let slack = 1e-9 * (within(sd.high) - within(sd.low)) + 1e-13 * around_mean;
        Range {
            low: within(sd.low) + around_mean - slack,
            high: within(sd.high) + around_mean + slack,
        }
    }

    /// Looks for a sum and a sum of squares, from the likeliest sum outwards.
    fn search(
        &self,
        mean: &Published,
        sd: &Published,
        divisor: usize,
    ) -> Result<(Search, Told), Error> {
        let too_large = || Error::Argument {
            what: format!("GRIMMER on '{}' with SD '{}'", mean.text, sd.text),
            why: "the sums have no bound, or are too large to count".to_owned(),
        };
        let units = (self.n * self.items) as f64;
        let m = Range::of(mean, true);
        let sd = Range::of(sd, true)
            .within(0.0, f64::INFINITY)
            .ok_or_else(|| Error::Argument {
                what: format!("the standard deviation '{}'", sd.text),
                why: "it cannot be below zero".to_owned(),
            })?;
        let sums = whole_numbers(m.times(Range::exactly(units))).ok_or_else(too_large)?;
        let (low, high) = (i128::from(sums.low), i128::from(sums.high));
        let (low, high) = match self.scale {
            Some(Scale { low: a, high: b }) if low <= high => (
                low.max(i128::from(a) * self.n * self.items),
                high.min(i128::from(b) * self.n * self.items),
            ),
            _ => (low, high),
        };
        if low > high {
            let obstacle = if sums.low <= sums.high {
                Obstacle::TooMuch
            } else {
                Obstacle::NoSum
            };
            let told = Told {
                range: Range::ALL,
                why: format!(
                    "the mean admits {}, a sum of {}",
                    admitted(m),
                    admitted(m.times(Range::exactly(units)))
                ),
            };
            return Ok((Search::Obstacle(obstacle), told));
        }
        let middle = (low + high).div_euclid(2);
        let mut told = None;
        let mut furthest = Obstacle::NoSum;
        for s in outwards(middle, low..=high) {
            let range = self.squares(s, sd, divisor);
            let limit = if self.n <= 4 { 1e12 } else { 1e15 };
            if range.high >= limit {
                return Err(too_large());
            }
            let q = whole_numbers_between(range.low, range.high).ok_or_else(too_large)?;
            let search = self.among(s, q);
            let told = told.get_or_insert_with(|| Told {
                range,
                why: self.why(s, range, divisor),
            });
            match search {
                Search::Found { .. } => {
                    let why = std::mem::take(&mut told.why);
                    return Ok((search, Told { range, why }));
                }
                Search::Obstacle(obstacle) => furthest = furthest.max(obstacle),
            }
        }
        let told = told.ok_or_else(too_large)?;
        Ok((Search::Obstacle(furthest), told))
    }

    /// The first sum of squares among these that n whole numbers with the sum `s` can have.
    fn among(&self, s: i128, q: Whole) -> Search {
        let (low, high) = (i128::from(q.low), i128::from(q.high));
        let bounds = self.bounds(s);
        if high < *bounds.start() {
            return Search::Obstacle(Obstacle::TooLittle);
        }
        if low > *bounds.end() {
            return Search::Obstacle(Obstacle::TooMuch);
        }
        if low > high {
            return Search::Obstacle(Obstacle::NoSquares);
        }
        let (low, high) = (low.max(*bounds.start()), high.min(*bounds.end()));
        let first = low + (low - s).rem_euclid(2);
        if first > high {
            return Search::Obstacle(Obstacle::Parity);
        }
        let mut q = first;
        while q <= high {
            if exist(self.n, s, q) {
                return Search::Found { s, q };
            }
            q += 2;
        }
        Search::Obstacle(Obstacle::Few)
    }

    /// The smallest and the largest sum of squares of n whole numbers with the sum `s`.
    fn bounds(&self, s: i128) -> RangeInclusive<i128> {
        let (a, r) = (s.div_euclid(self.n), s.rem_euclid(self.n));
        let smallest = self.n * a * a + (2 * a + 1) * r;
        let Some(scale) = self.scale else {
            return smallest..=i128::MAX;
        };
        // z = x − LA lies between 0 and w; as many as can be are w, one is what remains.
        let bottom = i128::from(scale.low) * self.items;
        let w = i128::from(scale.high) * self.items - bottom;
        let t = s - self.n * bottom;
        let rest = t.rem_euclid(w);
        let z_squares = t.div_euclid(w) * w * w + rest * rest;
        smallest..=z_squares + 2 * bottom * t + self.n * bottom * bottom
    }

    /// The nearest standard deviations that can be, below and above.
    fn why(&self, s: i128, range: Range, divisor: usize) -> String {
        let bounds = self.bounds(s);
        #[allow(
            clippy::cast_possible_truncation,
            reason = "below 1e15 in magnitude, as checked"
        )]
        let (below, above) = (range.low.ceil() as i128 - 1, range.high.floor() as i128 + 1);
        let even = |q: i128, step: i128| q + step * (q - s).rem_euclid(2);
        // For few people the next that can be is never far.
        let steps = || 0..10_000;
        let lower = steps()
            .map(|k| even(below.min(*bounds.end()), -1) - 2 * k)
            .take_while(|q| q >= bounds.start())
            .find(|&q| exist(self.n, s, q));
        let upper = steps()
            .map(|k| even(above.max(*bounds.start()), 1) + 2 * k)
            .take_while(|q| q <= bounds.end())
            .find(|&q| exist(self.n, s, q));
        let nearest: Vec<String> = [lower, upper]
            .into_iter()
            .flatten()
            .map(|q| tidy(self.sd(s, q, divisor)))
            .collect();
        let nearest = if nearest.is_empty() {
            "no SD can be".to_owned()
        } else {
            format!("the nearest SD that can be: {}", nearest.join(" and "))
        };
        format!(
            "sum {s}; the SD admits a sum of squares of {}; {nearest}",
            admitted(range)
        )
    }

    fn how_much_it_tells(&self, range: Range, n: usize) -> String {
        if self.n > 4 && self.scale.is_none() && range.high - range.low >= 2.0 {
            format!(
                "With n = {n} any standard deviation printed so coarsely can occur, unless it is \
                 next to nothing: the check tells little."
            )
        } else {
            "Whole numbers give both.".to_owned()
        }
    }
}

/// Whole numbers from the middle outwards, within a range.
fn outwards(middle: i128, range: RangeInclusive<i128>) -> impl Iterator<Item = i128> {
    let reach = (range.end() - middle).max(middle - range.start());
    (0..=reach)
        .flat_map(move |k| {
            [middle + k, middle - k]
                .into_iter()
                .take(if k == 0 { 1 } else { 2 })
        })
        .filter(move |s| range.contains(s))
}

/// Whether n whole numbers have this sum and this sum of squares, the parity and the smallest sum
/// of squares being right.
fn exist(n: i128, s: i128, q: i128) -> bool {
    match n {
        1 => q == s * s,
        2 => is_square(2 * q - s * s),
        3 => is_loeschian((3 * q - s * s) / 2),
        4 => !is_four_squares_only(4 * q - s * s),
        _ => true,
    }
}

fn is_square(x: i128) -> bool {
    x >= 0 && x.isqrt().pow(2) == x
}

/// Whether x = u² + uv + v² for whole u and v: then 4x − 3v² is a square for some v.
fn is_loeschian(x: i128) -> bool {
    let mut v = 0;
    while 3 * v * v <= 4 * x {
        if is_square(4 * x - 3 * v * v) {
            return true;
        }
        v += 1;
    }
    false
}

/// Whether a number is no sum of three squares: 4^k (8m + 7).
fn is_four_squares_only(mut x: i128) -> bool {
    while x > 0 && x % 4 == 0 {
        x /= 4;
    }
    x % 8 == 7
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Every sum of squares of n whole numbers from −9 to 9 with each sum, by enumeration.
    fn all(n: usize) -> BTreeSet<(i128, i128)> {
        let mut sums = BTreeSet::from([(0, 0)]);
        for _ in 0..n {
            sums = sums
                .iter()
                .flat_map(|&(s, q)| (-9..=9).map(move |x| (s + x, q + x * x)))
                .filter(|&(_, q)| q <= 81)
                .collect();
        }
        sums
    }

    /// A number beyond 9 has a square beyond 81: up to there nothing is missed.
    #[test]
    fn whole_numbers_exist_exactly_where_enumeration_finds_them() {
        for n in 2..=7_usize {
            let found = all(n);
            let people = People {
                n: n as i128,
                items: 1,
                scale: None,
            };
            for s in -9..=9_i128 {
                for q in 0..=81_i128 {
                    let even = (q - s).rem_euclid(2) == 0;
                    let rules = even && people.bounds(s).contains(&q) && exist(people.n, s, q);
                    assert_eq!(rules, found.contains(&(s, q)), "n {n}, S {s}, Q {q}");
                }
            }
        }
    }

    /// Answers from 1 to 4, two items each: person sums from 2 to 8.
    #[test]
    fn the_largest_sum_of_squares_on_a_scale_is_the_largest() {
        let people = People {
            n: 3,
            items: 2,
            scale: Some(Scale { low: 1, high: 4 }),
        };
        for s in 6..=24_i128 {
            let of = (2..=8).flat_map(|x| (2..=8).map(move |y| (x, y, s - x - y)));
            let squares = of
                .filter(|(_, _, z)| (2..=8).contains(z))
                .map(|(x, y, z)| x * x + y * y + z * z);
            assert_eq!(squares.max(), Some(*people.bounds(s).end()), "{s}");
        }
    }
}
