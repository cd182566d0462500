//! Replicates by ranges: drawn here, there, and in any order, and finished in one place.
//!
//! ```text
//! replicate  i draws from stream i of the seed, so that lo..hi are the same wherever they are drawn
//! draws      what the replicates of a range gave, as numbers: small, serde, nothing else is needed
//! finish     all draws, put in the order of their replicates; each must be there once
//! ```
//! A plain verb such as `Bootstrap::two_groups` is the range of all replicates, finished at once. So
//! the result has the same bits however the work was split.

use std::borrow::Cow;
use std::ops::Range;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::bootstrap::Replicate;

/// What is asked of a replicated computation.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Share<'a> {
    /// All of it.
    #[default]
    All,
    /// How many replicates it has; of one that turns out exact, the result.
    Count,
    /// These replicates, as they are.
    Range(Range<u64>),
    /// The result from all replicates, which were drawn in ranges.
    Finish(Vec<&'a Draws>),
}

/// What a share of a replicated computation gives.
#[derive(Debug, Clone, PartialEq)]
pub enum Stage<T> {
    /// How many replicates there are.
    Count(u64),
    /// What the replicates of a range gave.
    Draws(Draws),
    /// The result.
    Result(T),
}

/// What a range of replicates gave.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Draws {
    /// The number of the first replicate; they count from 0.
    pub first: u64,
    /// How many replicates these are.
    pub count: u64,
    /// How many the whole computation has.
    pub of: u64,
    /// The seed they were drawn with.
    pub seed: u64,
    /// The numbers of each replicate, as many of each, one replicate after the other.
    pub numbers: Vec<Option<f64>>,
    /// The replicates that gave none, with the reason.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<Refused>,
}

/// A replicate that gave no number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refused {
    /// Its number.
    pub replicate: u64,
    /// What became of it: `did not converge`.
    pub why: String,
}

impl<T> Stage<T> {
    /// The result, changed.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Stage<U> {
        match self {
            Self::Count(n) => Stage::Count(n),
            Self::Draws(draws) => Stage::Draws(draws),
            Self::Result(result) => Stage::Result(f(result)),
        }
    }

    /// The result, carried on by what may fail.
    pub fn and_then<U>(self, f: impl FnOnce(T) -> Result<U, Error>) -> Result<Stage<U>, Error> {
        Ok(match self {
            Self::Count(n) => Stage::Count(n),
            Self::Draws(draws) => Stage::Draws(draws),
            Self::Result(result) => Stage::Result(f(result)?),
        })
    }

    /// The result, where it was asked for.
    pub fn result(self) -> Result<T, Error> {
        match self {
            Self::Result(result) => Ok(result),
            Self::Count(_) | Self::Draws(_) => Err(Error::Unsupported {
                what: "the result of some replicates alone".to_owned(),
                hint: "finish the computation with the draws of all replicates".to_owned(),
            }),
        }
    }
}

/// What a replicate gives, as numbers that travel.
pub(crate) trait Draw: Sized + Send {
    /// How many numbers.
    const WIDTH: usize;

    /// Writes them, or says why there are none.
    fn write(self, numbers: &mut Vec<Option<f64>>) -> Result<(), Cow<'static, str>>;

    /// Reads them; no number at all, where there are none.
    fn read(numbers: &[Option<f64>], why: Option<&str>) -> Self;
}

impl Draw for bool {
    const WIDTH: usize = 1;

    fn write(self, numbers: &mut Vec<Option<f64>>) -> Result<(), Cow<'static, str>> {
        numbers.push(Some(f64::from(u8::from(self))));
        Ok(())
    }

    fn read(numbers: &[Option<f64>], _: Option<&str>) -> Self {
        numbers.first().copied().flatten().is_some_and(|x| x > 0.0)
    }
}

impl Draw for Option<f64> {
    const WIDTH: usize = 1;

    fn write(self, numbers: &mut Vec<Option<f64>>) -> Result<(), Cow<'static, str>> {
        numbers.push(self);
        Ok(())
    }

    fn read(numbers: &[Option<f64>], _: Option<&str>) -> Self {
        numbers.first().copied().flatten()
    }
}

/// Several statistics of one replicate, or the reason why there are none.
pub(crate) type Drawn<const K: usize> = Result<[Option<Replicate>; K], Cow<'static, str>>;

impl<const K: usize> Draw for Drawn<K> {
    const WIDTH: usize = 2 * K;

    fn write(self, numbers: &mut Vec<Option<f64>>) -> Result<(), Cow<'static, str>> {
        for one in self? {
            numbers.push(one.map(|r| r.value));
            numbers.push(one.and_then(|r| r.std_error));
        }
        Ok(())
    }

    fn read(numbers: &[Option<f64>], why: Option<&str>) -> Self {
        if let Some(why) = why {
            return Err(Cow::Owned(why.to_owned()));
        }
        let mut all = [None; K];
        for (place, pair) in all.iter_mut().zip(numbers.chunks(2)) {
            *place = match *pair {
                [Some(value), std_error] => Some(Replicate { value, std_error }),
                _ => None,
            };
        }
        Ok(all)
    }
}

/// The replicates of a computation: how many, and the seed that the draws are known by.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    pub of: u64,
    pub seed: u64,
}

/// The replicates that a thread takes at once.
const CHUNK: u64 = 64;

impl Plan {
    /// What a share of the replicates gives: all of them as they were drawn, in their order, if it is
    /// to be finished.
    ///
    /// Each run of some replicates has a workspace of its own.
    pub fn share<T: Draw, W>(
        self,
        share: &Share<'_>,
        workspace: impl Fn() -> W + Sync,
        run: impl Fn(u64, &mut W) -> T + Sync,
    ) -> Result<Stage<Vec<T>>, Error> {
        match share {
            Share::Count => Ok(Stage::Count(self.of)),
            Share::Range(range) => Ok(Stage::Draws(self.draw(range, workspace, run)?)),
            Share::All => {
                let draws = self.draw(&(0..self.of), workspace, run)?;
                Ok(Stage::Result(self.collect(&[&draws])?))
            }
            Share::Finish(draws) => Ok(Stage::Result(self.collect(draws)?)),
        }
    }

    fn draw<T: Draw, W>(
        self,
        range: &Range<u64>,
        workspace: impl Fn() -> W + Sync,
        run: impl Fn(u64, &mut W) -> T + Sync,
    ) -> Result<Draws, Error> {
        let Range { start, end } = *range;
        if start >= end || end > self.of {
            return Err(Error::Argument {
                what: "the range of replicates".to_owned(),
                expected: "one or more of those that the computation has",
                found: format!("{start}..{end} of 0..{}", self.of),
            });
        }
        let chunk = |at: u64| {
            let first = start + at * CHUNK;
            let (mut numbers, mut refused) = (Vec::new(), Vec::new());
            let mut workspace = workspace();
            for replicate in first..end.min(first + CHUNK) {
                if let Err(why) = run(replicate, &mut workspace).write(&mut numbers) {
                    numbers.extend(std::iter::repeat_n(None, T::WIDTH));
                    let why = why.into_owned();
                    refused.push(Refused { replicate, why });
                }
            }
            (numbers, refused)
        };
        let count = end - start;
        let chunks: Vec<_> = (0..count.div_ceil(CHUNK))
            .into_par_iter()
            .map(chunk)
            .collect();
        let mut draws = Draws {
            first: start,
            count,
            of: self.of,
            seed: self.seed,
            numbers: Vec::with_capacity(chunks.iter().map(|(numbers, _)| numbers.len()).sum()),
            refused: Vec::new(),
        };
        for (numbers, refused) in chunks {
            draws.numbers.extend(numbers);
            draws.refused.extend(refused);
        }
        Ok(draws)
    }

    /// The replicates of all draws, which may come in any order, each once.
    fn collect<T: Draw>(self, draws: &[&Draws]) -> Result<Vec<T>, Error> {
        let mut draws = draws.to_vec();
        draws.sort_by_key(|draws| (draws.first, draws.count));
        let mut next = 0;
        for draws in &draws {
            self.belongs::<T>(draws)?;
            if draws.first > next {
                return Err(once(next..draws.first, "in no draws; run them"));
            }
            if draws.first < next {
                let end = next.min(draws.first + draws.count);
                return Err(once(
                    draws.first..end,
                    "in the draws of two ranges; leave out one",
                ));
            }
            next += draws.count;
        }
        if next < self.of {
            return Err(once(next..self.of, "in no draws; run them"));
        }
        let mut all = Vec::with_capacity(draws.iter().map(|d| d.numbers.len() / T::WIDTH).sum());
        for draws in draws {
            let mut refused = draws.refused.iter().peekable();
            for (replicate, numbers) in (draws.first..).zip(draws.numbers.chunks(T::WIDTH)) {
                let why = refused.next_if(|refused| refused.replicate == replicate);
                all.push(T::read(numbers, why.map(|refused| refused.why.as_str())));
            }
        }
        Ok(all)
    }

    /// Draws of the same seed, number and kind.
    fn belongs<T: Draw>(self, draws: &Draws) -> Result<(), Error> {
        let end = draws.first.saturating_add(draws.count);
        let what = format!("the draws of the replicates {}..{end}", draws.first);
        let differ = |expected: String, found: String| {
            Err(Error::Shape {
                what: what.clone(),
                expected,
                found,
            })
        };
        if draws.of != self.of || draws.seed != self.seed {
            let told = |of, seed| format!("some of {of} with the seed {seed}");
            return differ(told(self.of, self.seed), told(draws.of, draws.seed));
        }
        if end > self.of || draws.count == 0 {
            return differ(
                format!("one or more of 0..{}", self.of),
                "others".to_owned(),
            );
        }
        let numbers = draws.count.saturating_mul(T::WIDTH as u64);
        if numbers != draws.numbers.len() as u64 {
            let found = format!("{}: draws of another computation", draws.numbers.len());
            return differ(format!("{numbers} numbers"), found);
        }
        let ordered = draws.refused.is_sorted_by(|a, b| a.replicate < b.replicate);
        let within = |r: &Refused| (draws.first..end).contains(&r.replicate);
        if !ordered || !draws.refused.iter().all(within) {
            let expected = "refused replicates of these, in their order";
            return differ(expected.to_owned(), "others".to_owned());
        }
        if draws.numbers.iter().flatten().any(|x| !x.is_finite()) {
            return differ("finite numbers".to_owned(), "another".to_owned());
        }
        Ok(())
    }
}

/// An exact test has no replicates.
pub(crate) fn not_of_an_exact_test(share: &Share<'_>) -> Result<(), Error> {
    match share {
        Share::All | Share::Count => Ok(()),
        Share::Range(_) | Share::Finish(_) => Err(Error::Unsupported {
            what: "a range of the replicates of an exact test, which has none,".to_owned(),
            hint: "run it whole, or take monte_carlo".to_owned(),
        }),
    }
}

/// Replicates that are not there once.
fn once(range: Range<u64>, found: &str) -> Error {
    Error::Shape {
        what: format!("the replicates {}..{}", range.start, range.end),
        expected: "each once".to_owned(),
        found: found.to_owned(),
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    reason = "a test may stop at what it did not expect"
)]
mod tests {
    use super::*;

    const PLAN: Plan = Plan { of: 1000, seed: 7 };

    fn draws(range: Range<u64>) -> Draws {
        let run = |i: u64, (): &mut ()| (!i.is_multiple_of(7)).then_some(i as f64);
        PLAN.draw(&range, || (), run).unwrap()
    }

    fn finished(draws: &[&Draws]) -> Result<Vec<Option<f64>>, String> {
        PLAN.collect(draws).map_err(|error| error.to_string())
    }

    #[test]
    fn replicates_keep_their_order_however_they_were_split() {
        let whole = finished(&[&draws(0..1000)]).unwrap();
        assert_eq!(whole.len(), 1000);
        assert_eq!((whole[6], whole[7], whole[8]), (Some(6.0), None, Some(8.0)));
        let parts = [draws(600..1000), draws(0..1), draws(1..600)];
        let parts: Vec<&Draws> = parts.iter().collect();
        assert_eq!(finished(&parts).unwrap(), whole);
    }

    #[test]
    fn reasons_stay_with_their_replicates() {
        let run = |i: u64, (): &mut ()| -> Drawn<1> {
            match i % 100 {
                0 => Err("did not converge".into()),
                1 => Ok([None]),
                _ => Ok([Some((i as f64).into())]),
            }
        };
        let (low, high) = (0..350, 350..1000);
        let low = PLAN.draw(&low, || (), run).unwrap();
        let high = PLAN.draw(&high, || (), run).unwrap();
        assert_eq!(low.refused.len(), 4);
        let all: Vec<Drawn<1>> = PLAN.collect(&[&high, &low]).unwrap();
        assert_eq!(all[400], Err("did not converge".into()));
        assert_eq!(all[401], Ok([None]));
        assert_eq!(all[999], Ok([Some(999.0.into())]));
    }

    #[test]
    fn what_is_missing_double_or_foreign_is_named() {
        let (a, b, c) = (draws(0..400), draws(400..700), draws(700..1000));
        assert_eq!(
            finished(&[&a, &c]).unwrap_err(),
            "the replicates 400..700: expected each once, found in no draws; run them"
        );
        assert_eq!(
            finished(&[&a, &b]).unwrap_err(),
            "the replicates 700..1000: expected each once, found in no draws; run them"
        );
        assert_eq!(
            finished(&[&a, &draws(300..500), &c]).unwrap_err(),
            "the replicates 300..400: expected each once, found in the draws of two ranges; leave out one"
        );
        assert!(finished(&[]).unwrap_err().contains("0..1000"));
        let other = Draws {
            seed: 8,
            ..b.clone()
        };
        assert_eq!(
            finished(&[&a, &other, &c]).unwrap_err(),
            "the draws of the replicates 400..700: expected some of 1000 with the seed 7, found some of \
             1000 with the seed 8"
        );
        let cut = Draws {
            numbers: vec![Some(1.0)],
            ..b.clone()
        };
        assert!(
            finished(&[&a, &cut, &c])
                .unwrap_err()
                .contains("300 numbers")
        );
        let endless = Draws {
            first: u64::MAX,
            ..b.clone()
        };
        assert!(finished(&[&endless]).is_err());
        let wild = Draws {
            numbers: vec![Some(f64::NAN); 300],
            ..b
        };
        assert!(finished(&[&a, &wild, &c]).unwrap_err().contains("finite"));
    }

    #[test]
    #[allow(clippy::reversed_empty_ranges, reason = "they are what is refused")]
    fn a_range_that_is_not_there_is_refused() {
        for range in [0..0, 5..2, 900..1001] {
            let found = PLAN.draw(&range, || (), |_, ()| true).unwrap_err();
            assert!(found.to_string().contains("of 0..1000"), "{found}");
        }
    }
}
