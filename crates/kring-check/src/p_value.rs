//! Does a printed p-value follow from its statistic and degrees of freedom?
//!
//! ```text
//! t, z      p = P(|T| ≥ |t|), two-sided; one-sided the half of it, or one minus that
//! r         t = r √(df / (1 − r²)), then as t, with df = n − 2
//! χ², F     p = P(X ≥ x), the upper tail
//! ```
//!
//! The digits of the statistic admit a range, and so p does. It is compared with the range that the
//! printed p admits. Degrees of freedom with decimals (Welch's) were rounded too. A *decision error*
//! is an inconsistency where one of the two p-values is surely at most .05 and the other surely
//! above.
//!
//! Nuijten MB et al. (2016), the R package statcheck: Behavior Research Methods 48:1205–1226, doi
//! 10.3758/s13428-015-0664-2. As there, a test is taken as two-sided unless it is declared
//! otherwise, and where it would fit as a one-sided one the meaning says so. statcheck calls p = .000
//! an error of its own; here it stands for anything below .0005.

use std::str::FromStr;

use kring_core::{Alternative, Bound, CheckKind, Figure, Locale, Outcome, Published, Reference};
use kring_stats::dist;
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::Found;
use crate::range::{Range, admitted, number, tidy};

/// The published test that a figure is the statistic of.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum PublishedTest {
    /// A χ² statistic.
    ChiSquared {
        /// Its degrees of freedom.
        df: f64,
    },
    /// A t statistic.
    T {
        /// Its degrees of freedom.
        df: f64,
    },
    /// An F statistic.
    F {
        /// Degrees of freedom of the numerator.
        numerator: f64,
        /// Degrees of freedom of the denominator.
        denominator: f64,
    },
    /// A standard normal statistic.
    Z,
    /// A correlation.
    R {
        /// Its degrees of freedom, n − 2.
        df: f64,
    },
}

/// On how many sides a t, z or r was tested.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sides {
    /// On two, unless the source says otherwise.
    #[default]
    Two,
    /// On one, as the source says.
    One,
    /// Not known: both are admitted.
    Either,
}

/// The level at which decisions are compared.
const ALPHA: f64 = 0.05;

/// Does the p-value follow from the statistic?
///
/// ```
/// use kring_check::{self as check, PublishedTest, Sides};
/// use kring_core::{Locale, Outcome, Published};
/// let figure = |text| Published::parse(text, Locale::English);
/// let (t, p) = (figure("1.70")?, figure(".04")?);
/// // t(28) = 1.70: two-sided p = .100, one-sided .050.
/// let test = PublishedTest::T { df: 28.0 };
/// assert_eq!(check::p_value(&t, test, &p, Sides::Two)?.outcome, Outcome::DecisionError);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn p_value(
    statistic: &Published,
    test: PublishedTest,
    p: &Published,
    sides: Sides,
) -> Result<Found, Error> {
    let value = number("a p-value", statistic)?;
    number("a p-value", p)?;
    let name = test.name();
    let printed = Range::of(p, true);
    let impossible = |what: &str| Found {
        kind: CheckKind::PValue,
        outcome: Outcome::Inconsistent,
        arithmetic: format!("{name} printed {}", statistic.text),
        meaning: what.to_owned(),
    };
    let Some(sizes) = test.sizes(statistic) else {
        return Ok(impossible(match test {
            PublishedTest::R { .. } => "A correlation lies between −1 and 1.",
            _ => "Such a statistic cannot be below zero.",
        }));
    };
    let two = test.upper_tails(sizes)?;
    let exact = test.upper_tails(Range::exactly(match test {
        PublishedTest::ChiSquared { .. } | PublishedTest::F { .. } => value.max(0.0),
        _ => value.abs(),
    }))?;
    // In one direction half of it, in the other one minus that.
    let one = [
        two.map(|p| p / 2.0),
        Range {
            low: 1.0 - two.high / 2.0,
            high: 1.0 - two.low / 2.0,
        },
    ];
    let fits_two = two.meets(printed);
    let fits_one = test.has_sides() && one.iter().any(|one| one.meets(printed));
    let sides = if test.has_sides() { sides } else { Sides::Two };
    let fits = match sides {
        Sides::Two => fits_two,
        Sides::One => fits_one,
        Sides::Either => fits_two || fits_one,
    };
    let candidates = match sides {
        Sides::Two => vec![two],
        Sides::One => one.to_vec(),
        Sides::Either => vec![two, one[0], one[1]],
    };
    let crossed = !fits && candidates.iter().all(|&ours| crosses(ours, p, ALPHA));
    let (exact, range) = match sides {
        Sides::One => (exact.low / 2.0, one[0]),
        Sides::Two | Sides::Either => (exact.low, two),
    };
    let side = match (sides, test.has_sides()) {
        (_, false) => "",
        (Sides::One, _) => "one-sided ",
        _ => "two-sided ",
    };
    Ok(Found {
        kind: CheckKind::PValue,
        outcome: match (fits, crossed) {
            (true, _) => Outcome::Consistent,
            (false, false) => Outcome::Inconsistent,
            (false, true) => Outcome::DecisionError,
        },
        arithmetic: format!(
            "{} with {}: {side}p = {} ({} for what the digits admit); printed {}",
            statistic.text,
            test.words(),
            tidy(exact),
            admitted(range),
            p.text
        ),
        meaning: meaning(sides, fits_two, fits_one, crossed).to_owned(),
    })
}

fn meaning(sides: Sides, fits_two: bool, fits_one: bool, crossed: bool) -> &'static str {
    match (sides, fits_two, fits_one, crossed) {
        (Sides::Two, true, ..) => "The p-value follows from the statistic.",
        (Sides::Either, true, ..) => "The p-value follows from the statistic, two-sided.",
        (Sides::One | Sides::Either, _, true, _) => {
            "The p-value follows from the statistic, one-sided."
        }
        (Sides::Two, false, true, _) => {
            "The p-value follows only one-sided: if the source says that the test was one-sided, \
             declare it; else a slip."
        }
        (_, _, _, true) => {
            "The p-value does not follow from the statistic, and the two lie on different sides of .05."
        }
        (Sides::One, true, false, false) => {
            "The p-value follows only two-sided, though the test is declared one-sided."
        }
        (_, false, false, false) => {
            "The p-value does not follow from the statistic: corrected, another number of degrees \
             of freedom, or a slip."
        }
    }
}

/// On which side of a level a p-value surely lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    /// At most the level.
    Below,
    /// Above it.
    Above,
}

impl Side {
    /// Of p-values that arithmetic admits.
    pub fn of(ours: Range, alpha: f64) -> Option<Self> {
        if ours.high <= alpha {
            Some(Self::Below)
        } else if ours.low > alpha {
            Some(Self::Above)
        } else {
            None
        }
    }

    /// Of a p-value as printed: `> .05` is above, `< .05` and `.049` are below, `.05` may be either.
    pub fn of_printed(p: &Published, alpha: f64) -> Option<Self> {
        let strictly_above = matches!(
            p.figure,
            Figure::Number {
                bound: Bound::Greater,
                ..
            }
        );
        let range = Range::of(p, true);
        if strictly_above && range.low >= alpha {
            return Some(Self::Above);
        }
        Self::of(range, alpha)
    }
}

/// Whether one p-value is surely at most `alpha` and the other surely above.
fn crosses(ours: Range, printed: &Published, alpha: f64) -> bool {
    let sides = (Side::of(ours, alpha), Side::of_printed(printed, alpha));
    matches!(sides, (Some(ours), Some(theirs)) if ours != theirs)
}

impl FromStr for PublishedTest {
    type Err = Error;

    /// As it is printed: `t(28)`, `F(2, 24)`, `chi2(1)` or `χ²(1, N = 115)`, `r(28)`, `z`. A statistic
    /// behind it, as in `chi2(1) = 0.78`, is for [`read_test`] to compare.
    fn from_str(text: &str) -> Result<Self, Error> {
        let refused = || {
            Error::Argument {
            what: format!("the test '{text}'"),
            why: "expected t(28), F(2, 24), chi2(1), r(28) or z, with the degrees of freedom in parentheses; of χ² also the n, as in chi2(1, N = 115)"
                .to_owned(),
        }
        };
        let test = match behind(text) {
            Some(_) => text.rsplit_once('=').map_or(text, |(test, _)| test),
            None => text,
        };
        let (name, rest) = test.trim().split_once('(').unwrap_or((test.trim(), ")"));
        let inside = rest.trim_end().strip_suffix(')').ok_or_else(refused)?;
        let is_n = |part: &str| {
            part.split_once('=')
                .is_some_and(|(name, n)| name.trim().eq_ignore_ascii_case("n") && is_count(n))
        };
        let parts = inside
            .split(',')
            .filter(|part| !part.trim().is_empty() && !is_n(part));
        let df: Vec<f64> = parts
            .map(|part| part.trim().parse().ok())
            .map(|df: Option<f64>| df.filter(|df| *df > 0.0 && df.is_finite()))
            .collect::<Option<_>>()
            .ok_or_else(refused)?;
        match (name.trim().to_lowercase().as_str(), df.as_slice()) {
            ("t", &[df]) => Ok(Self::T { df }),
            ("r", &[df]) => Ok(Self::R { df }),
            ("chi2" | "χ2" | "χ²" | "x2", &[df]) => Ok(Self::ChiSquared { df }),
            ("f", &[numerator, denominator]) => Ok(Self::F {
                numerator,
                denominator,
            }),
            ("z", []) => Ok(Self::Z),
            _ => Err(refused()),
        }
    }
}

/// The test of a statistic as it is printed, also with the statistic behind it: `chi2(1, N = 115) = 0.78`.
///
/// ```
/// use kring_check::{PublishedTest, read_test};
/// use kring_core::{Locale, Published};
/// let statistic = Published::parse("0.78", Locale::English)?;
/// let test = read_test("chi2(1, N = 115) = 0.78", &statistic, Locale::English)?;
/// assert_eq!(test, PublishedTest::ChiSquared { df: 1.0 });
/// assert!(read_test("chi2(1) = 0.87", &statistic, Locale::English).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn read_test(
    text: &str,
    statistic: &Published,
    locale: Locale,
) -> Result<PublishedTest, Error> {
    let test = text.parse()?;
    let Some(behind) = behind(text) else {
        return Ok(test);
    };
    let refused = |why: String| Error::Argument {
        what: format!("the test '{text}'"),
        why,
    };
    let read = Published::parse(behind, locale).map_err(|error| refused(error.to_string()))?;
    if read.value() == statistic.value() {
        return Ok(test);
    }
    Err(refused(format!(
        "its statistic is {behind}, but the value is {}",
        statistic.text
    )))
}

/// The statistic that stands behind a test: `0.78` of `chi2(1) = 0.78`.
fn behind(text: &str) -> Option<&str> {
    let (_, behind) = text
        .rsplit_once(')')
        .unwrap_or(("", text))
        .1
        .split_once('=')?;
    Some(behind.trim())
}

fn is_count(text: &str) -> bool {
    text.trim().replace([',', '.'], "").parse::<u64>().is_ok()
}

impl PublishedTest {
    /// What the statistic is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::ChiSquared { .. } => "χ²",
            Self::T { .. } => "t",
            Self::F { .. } => "F",
            Self::Z => "z",
            Self::R { .. } => "r",
        }
    }

    fn has_sides(self) -> bool {
        matches!(self, Self::T { .. } | Self::Z | Self::R { .. })
    }

    fn words(self) -> String {
        match self {
            Self::ChiSquared { df } => format!("{df} degrees of freedom (χ²)"),
            Self::T { df } => format!("{df} degrees of freedom (t)"),
            Self::F {
                numerator,
                denominator,
            } => format!("{numerator} and {denominator} degrees of freedom (F)"),
            Self::Z => "the normal distribution".to_owned(),
            Self::R { df } => format!("{df} degrees of freedom (r)"),
        }
    }

    /// How large the statistic is, its sign aside; absent where no such statistic can be.
    fn sizes(self, statistic: &Published) -> Option<Range> {
        let range = Range::of(statistic, false);
        match self {
            Self::ChiSquared { .. } | Self::F { .. } => range.within(0.0, f64::INFINITY),
            Self::R { .. } => Some(below_a_bound(range).within(-1.0, 1.0)?.abs()),
            Self::T { .. } | Self::Z => Some(below_a_bound(range).abs()),
        }
    }

    /// The upper tails, two-sided where there are sides, of statistics of these sizes.
    fn upper_tails(self, sizes: Range) -> Result<Range, Error> {
        let at = |x: f64, reference: Reference| -> Result<f64, Error> {
            // Nothing lies beyond infinity.
            if x.is_infinite() {
                return Ok(0.0);
            }
            Ok(dist::p_value(x, reference, Alternative::TwoSided)?)
        };
        let mut tails = Vec::new();
        for reference in self.references() {
            for x in [sizes.low, sizes.high] {
                let x = match self {
                    Self::R { df } if x < 1.0 => x * (df / (1.0 - x * x)).sqrt(),
                    Self::R { .. } => f64::INFINITY,
                    _ => x,
                };
                tails.push(at(x, reference)?);
            }
        }
        Ok(Range::around(tails))
    }

    /// The reference distributions that the printed degrees of freedom admit, at their ends.
    fn references(self) -> Vec<Reference> {
        match self {
            Self::Z => vec![Reference::Normal],
            Self::ChiSquared { df } => as_printed(df)
                .into_iter()
                .map(|df| Reference::ChiSquared { df })
                .collect(),
            Self::T { df } | Self::R { df } => as_printed(df)
                .into_iter()
                .map(|df| Reference::StudentT { df })
                .collect(),
            Self::F {
                numerator,
                denominator,
            } => as_printed(numerator)
                .into_iter()
                .flat_map(|numerator| {
                    as_printed(denominator)
                        .into_iter()
                        .map(move |denominator| Reference::F {
                            numerator,
                            denominator,
                        })
                })
                .collect(),
        }
    }
}

/// `t < 1` speaks of the size: from −1 to 1.
fn below_a_bound(range: Range) -> Range {
    if range.low.is_infinite() && range.high > 0.0 {
        Range {
            low: -range.high,
            high: range.high,
        }
    } else {
        range
    }
}

/// Whole degrees of freedom as they are; of decimals the ends of what the last one admits.
fn as_printed(df: f64) -> Vec<f64> {
    let text = df.to_string();
    match text.split_once('.') {
        Some((_, decimals)) if df > 0.0 && df.is_finite() => {
            let places = i32::try_from(decimals.len()).unwrap_or(i32::MAX);
            let half = 0.5 * 10_f64.powi(-places);
            vec![(df - half).max(df / 2.0), df + half]
        }
        _ => vec![df],
    }
}
