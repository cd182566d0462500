//! Did ties change from before to after, among those who were there at both?
//!
//! ```text
//! persons    those of both networks, by name; who came or left changes no tie and is counted apart
//! y, y'      y_ij = 1 if i was tied to j before, y'_ij after; N ordered pairs i ≠ j of n persons
//! stability  r = Σ (y − ȳ)(y' − ȳ')/√…  the correlation of the two over all pairs
//! change     d_ij = y'_ij − y_ij; the mean of d over the pairs of two groups, less that over all others
//! QAP        the names of one network are exchanged among the persons, all n! ways or some at random:
//!            p = the share of them at least as far from the mean, or (b + 1)/(m + 1) of m drawn
//! ```
//! Exchanging names keeps the whole structure of a network, and so the dependence of the ties of one
//! person: a test that takes pairs as independent has far too small p-values. All that is compared is an
//! overlap, a whole number; ties in it are exact. Its mean over all exchanges is known, a·b/N.
//! That ties became more or fewer overall cannot be tested so; the counts say what was seen.
//!
//! Hubert LJ & Schultz J (1976), British Journal of Mathematical and Statistical Psychology 29:190–241,
//! doi 10.1111/j.2044-8317.1976.tb00714.x; Krackhardt D (1988), Social Networks 10:359–381, doi
//! 10.1016/0378-8733(88)90004-4; Phipson B & Smyth GK (2010), doi 10.2202/1544-6115.1585.
//! Differences from R: `sna::qaptest` gives both tails, b/m of drawn exchanges; here all are counted where
//! that is feasible, and a p-value of drawn ones never is zero.

use std::collections::HashMap;

use kring_core::seed::{Seed, Stream};
use kring_core::{
    Alternative, Caution, Estimate, Measure, Network, Reference, Sample, Value, suggestion,
};
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::figures::share;
use crate::sparse::Arc;
use crate::whole::WholeOptions;

/// The options of the tests.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Qap {
    /// Which ties count, and whether their direction matters.
    pub ties: WholeOptions,
    /// On which side the alternative lies.
    pub alternative: Alternative,
    /// Whether all exchanges are counted or some are drawn.
    pub method: Method,
    /// How many are drawn, if they are.
    pub replicates: usize,
    /// Where drawing begins; needed only if exchanges are drawn.
    pub seed: Option<u64>,
}

/// Whether all exchanges are counted or some are drawn.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// All of up to nine persons, else some.
    #[default]
    Auto,
    /// All; an error above eleven persons.
    Exact,
    /// Some.
    MonteCarlo,
}

impl Default for Qap {
    fn default() -> Self {
        Self {
            ties: WholeOptions::default(),
            alternative: Alternative::TwoSided,
            method: Method::Auto,
            replicates: 9999,
            seed: None,
        }
    }
}

/// Between whom a change is looked for: two groups, or one within itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Focus<'a> {
    /// The one group.
    pub one: &'a str,
    /// The other, or the same.
    pub other: &'a str,
}

/// What was seen of the ties among those who were there at both times.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TieChange {
    /// Persons who were there at both.
    pub persons: usize,
    /// Persons who came in between.
    pub came: usize,
    /// Persons who left.
    pub left: usize,
    /// Ties before, each direction by itself where directions matter, else pairs.
    pub before: usize,
    /// Ties after.
    pub after: usize,
    /// Ties of before that are there after.
    pub kept: usize,
    /// Ties that were formed.
    pub formed: usize,
    /// Ties that were dissolved.
    pub dissolved: usize,
    /// Kept, of all that were there at either time.
    pub jaccard: Option<f64>,
    /// The share of possible ties that was there before.
    pub density_before: Option<f64>,
    /// After.
    pub density_after: Option<f64>,
}

/// The persons of both networks and the ties among them.
struct Common {
    n: usize,
    came: usize,
    left: usize,
    before: Vec<(u32, u32)>,
    after: Vec<(u32, u32)>,
    /// The place in the second network of each.
    places: Vec<usize>,
    /// How many ordered entries a tie has: two where every tie goes both ways.
    each: usize,
}

/// Not there at both times.
const OUT: u32 = u32::MAX;

impl Qap {
    /// What was seen: ties kept, formed and dissolved among those who were there at both times.
    ///
    /// ```
    /// use kring_core::{Network, NetworkTie, Sign};
    /// use kring_network::change::Qap;
    /// let tie = |a, b| NetworkTie::mutual(a, b, Sign::Support);
    /// let before = Network::new(["a", "b", "c"], &[tie("a", "b"), tie("b", "c")])?;
    /// let after = Network::new(["a", "b", "d"], &[tie("a", "b"), tie("a", "d")])?;
    /// let seen = Qap::default().seen(&before, &after);
    /// assert_eq!((seen.persons, seen.came, seen.left, seen.kept), (2, 1, 1, 1));
    /// # Ok::<(), kring_network::Error>(())
    /// ```
    pub fn seen(&self, before: &Network, after: &Network) -> TieChange {
        let common = self.common(before, after);
        let kept = overlap(&common.before, &common.after) / common.each;
        let [one, other] = [&common.before, &common.after].map(|ties| ties.len() / common.each);
        let possible = common.n * common.n.saturating_sub(1) / common.each;
        TieChange {
            persons: common.n,
            came: common.came,
            left: common.left,
            before: one,
            after: other,
            kept,
            formed: other - kept,
            dissolved: one - kept,
            jaccard: share(kept, one + other - kept),
            density_before: share(one, possible),
            density_after: share(other, possible),
        }
    }

    /// How alike the ties before and after are: their correlation, tested against exchanged names.
    ///
    /// ```
    /// use kring_core::{Network, NetworkTie, Sign};
    /// use kring_network::change::Qap;
    /// let tie = |a, b| NetworkTie::mutual(a, b, Sign::Support);
    /// let before = Network::new(["a", "b", "c", "d"], &[tie("a", "b"), tie("b", "c")])?;
    /// let after = Network::new(["a", "b", "c", "d"], &[tie("a", "b"), tie("b", "c"), tie("c", "d")])?;
    /// let found = Qap::default().stability(&before, &after)?;
    /// // Two of six pairs and three, two of them the same: r = (6·2 − 2·3)/√(2·4·3·3).
    /// assert!((found.value.finite().unwrap() - 6.0 / 72.0_f64.sqrt()).abs() < 1e-15);
    /// // 8 of the 24 exchanges of names put the path of two onto the path of three, or as far off.
    /// assert!((found.p_value.unwrap() - 8.0 / 24.0).abs() < 1e-15);
    /// # Ok::<(), kring_network::Error>(())
    /// ```
    pub fn stability(&self, before: &Network, after: &Network) -> Result<Estimate, Error> {
        let common = self.common(before, after);
        let all = common.n * common.n.saturating_sub(1);
        let [a, b] = [&common.before, &common.after].map(Vec::len);
        for (what, ties) in [("before", a), ("after", b)] {
            if ties == 0 || ties == all {
                return Err(Error::Shape {
                    what: format!(
                        "the ties {what} among {} persons of both networks",
                        common.n
                    ),
                    expected: "some pairs that are tied and some that are not".to_owned(),
                    found: if ties == 0 { "none tied" } else { "all tied" }.to_owned(),
                });
            }
        }
        let o = overlap(&common.before, &common.after);
        let [all_f, a_f, b_f, o_f] = [all, a, b, o].map(|x| x as f64);
        let r = (all_f * o_f - a_f * b_f) / (a_f * (all_f - a_f) * b_f * (all_f - b_f)).sqrt();
        let fixed = &common.after;
        let moving = &common.before;
        let score = |order: &[u32]| -> i64 {
            let mut shared = 0_i64;
            for &(i, j) in moving {
                let moved = (order[i as usize], order[j as usize]);
                shared += i64::from(fixed.binary_search(&moved).is_ok());
            }
            shared
        };
        let centre = Centre {
            times: count(all),
            less: count(a) * count(b),
        };
        let found = self.test(common.n, &score, count(o), centre)?;
        Ok(self.estimate(
            "ties after with ties before".to_owned(),
            Measure::Correlation,
            r,
            found,
            &common,
            "QAP test of the correlation of two networks",
        )?)
    }

    /// Whether the ties between two groups changed more than the others: the difference of the mean
    /// changes, tested against exchanged names. The groups are those of the network after.
    ///
    /// ```
    /// use kring_core::{Grouping, Network, NetworkTie, Sign};
    /// use kring_network::change::{Focus, Qap};
    /// let tie = |a, b| NetworkTie::mutual(a, b, Sign::Support);
    /// let persons = ["a", "b", "c", "housing"];
    /// let before = Network::new(persons, &[])?;
    /// let after = Network::new(persons, &[tie("a", "housing"), tie("b", "housing")])?
    ///     .with_groups(Grouping {
    ///         name: "kind".into(),
    ///         levels: vec!["resident".into(), "institution".into()],
    ///         index: vec![0, 0, 0, 1],
    ///     })?;
    /// let focus = Focus { one: "resident", other: "institution" };
    /// let found = Qap::default().change(&before, &after, focus)?;
    /// // Two of three pairs were tied, and none of the other three.
    /// assert!((found.value.finite().unwrap() - 2.0 / 3.0).abs() < 1e-15);
    /// // The institution may be the middle of the two ties (2 of them in focus), an end (1) or neither (0),
    /// // by chances of 1/4, 1/2 and 1/4: as far from the mean of 1 as observed in half of all exchanges.
    /// assert_eq!(found.p_value, Some(0.5));
    /// # Ok::<(), kring_network::Error>(())
    /// ```
    pub fn change(
        &self,
        before: &Network,
        after: &Network,
        focus: Focus<'_>,
    ) -> Result<Estimate, Error> {
        let groups = after.groups().ok_or_else(|| Error::Shape {
            what: "the network after".to_owned(),
            expected: "groups, such as residents and institutions".to_owned(),
            found: "none; give it some with `with_groups`".to_owned(),
        })?;
        let code = |name: &str| {
            let place = groups.levels.iter().position(|level| level == name);
            place.ok_or_else(|| Error::Unknown {
                what: "group",
                name: name.to_owned(),
                suggestion: suggestion(name, groups.levels.iter().map(String::as_str)),
            })
        };
        let [one, other] = [code(focus.one)?, code(focus.other)?];
        let common = self.common(before, after);
        let of: Vec<usize> = common
            .places
            .iter()
            .map(|&place| groups.index[place] as usize)
            .collect();
        let in_focus =
            |i: usize, j: usize| (of[i], of[j]) == (one, other) || (of[i], of[j]) == (other, one);
        let n = common.n;
        let pairs = n * n.saturating_sub(1);
        let size = |code: usize| of.iter().filter(|&&group| group == code).count();
        let within = if one == other {
            size(one) * size(one).saturating_sub(1)
        } else {
            2 * size(one) * size(other)
        };
        if within == 0 || within == pairs {
            return Err(Error::Shape {
                what: format!("the pairs of `{}` and `{}`", focus.one, focus.other),
                expected: format!(
                    "some, and others beside them, among {n} persons of both networks"
                ),
                found: if within == 0 { "none" } else { "no others" }.to_owned(),
            });
        }
        // The ties that changed, with +1 where one was formed and −1 where one was dissolved.
        let missing = |of: &[(u32, u32)], from: &[(u32, u32)], sign: i64| -> Vec<(u32, u32, i64)> {
            of.iter()
                .filter(|tie| from.binary_search(tie).is_err())
                .map(|&(i, j)| (i, j, sign))
                .collect()
        };
        let mut changed = missing(&common.after, &common.before, 1);
        changed.extend(missing(&common.before, &common.after, -1));
        let net: i64 = changed.iter().map(|(.., sign)| sign).sum();
        let score = |order: &[u32]| -> i64 {
            changed
                .iter()
                .filter(|(i, j, _)| {
                    in_focus(order[*i as usize] as usize, order[*j as usize] as usize)
                })
                .map(|(.., sign)| sign)
                .sum()
        };
        let own: Vec<u32> = (0..).take(n).collect();
        let observed = score(&own);
        let value =
            observed as f64 / within as f64 - (net - observed) as f64 / (pairs - within) as f64;
        let centre = Centre {
            times: count(pairs),
            less: net * count(within),
        };
        let found = self.test(n, &score, observed, centre)?;
        Ok(self.estimate(
            format!("change of ties, {} and {} − others", focus.one, focus.other),
            Measure::RiskDifference,
            value,
            found,
            &common,
            "QAP test of the change of ties between groups",
        )?)
    }

    fn common(&self, before: &Network, after: &Network) -> Common {
        let earlier: HashMap<&str, u32> = before
            .persons()
            .iter()
            .map(String::as_str)
            .zip(0..)
            .collect();
        let mut of_before = vec![OUT; before.persons().len()];
        let mut of_after = vec![OUT; after.persons().len()];
        let mut places = Vec::new();
        for (place, name) in after.persons().iter().enumerate() {
            if let Some(&at) = earlier.get(name.as_str()) {
                let number = u32::try_from(places.len()).unwrap_or(OUT);
                of_before[at as usize] = number;
                of_after[place] = number;
                places.push(place);
            }
        }
        let among = |arcs: Vec<Arc>, of: &[u32]| {
            let mut ties: Vec<(u32, u32)> = arcs
                .into_iter()
                .map(|arc| (of[arc.from as usize], of[arc.to as usize]))
                .filter(|(i, j)| *i != OUT && *j != OUT)
                .collect();
            ties.sort_unstable();
            ties.dedup();
            ties
        };
        let earlier = among(self.ties.arcs(before), &of_before);
        let later = among(self.ties.arcs(after), &of_after);
        let mutual = |ties: &[(u32, u32)]| {
            ties.iter()
                .all(|&(i, j)| ties.binary_search(&(j, i)).is_ok())
        };
        let n = places.len();
        Common {
            n,
            came: after.persons().len() - n,
            left: before.persons().len() - n,
            each: if mutual(&earlier) && mutual(&later) {
                2
            } else {
                1
            },
            before: earlier,
            after: later,
            places,
        }
    }

    fn test(
        &self,
        n: usize,
        score: &dyn Fn(&[u32]) -> i64,
        observed: i64,
        centre: Centre,
    ) -> Result<Found, Error> {
        let exact = match self.method {
            Method::Auto => n <= 9,
            Method::Exact if n > 11 => {
                return Err(Error::Argument {
                    what: format!("an exact test of {n} persons"),
                    expected: "eleven persons at most".to_owned(),
                    found: format!("{n}; use `monte_carlo`"),
                });
            }
            Method::Exact => true,
            Method::MonteCarlo => false,
        };
        let extreme = |t: i64| match self.alternative {
            Alternative::Greater => t >= observed,
            Alternative::Less => t <= observed,
            Alternative::TwoSided => centre.distance(t) >= centre.distance(observed),
        };
        let mut order: Vec<u32> = (0..).take(n).collect();
        if exact {
            let (mut hits, mut all) = (0_usize, 0_usize);
            each_order(&mut order, &mut |order| {
                all += 1;
                hits += usize::from(extreme(score(order)));
            });
            return Ok(Found {
                p_value: hits as f64 / all as f64,
                reference: Reference::Exact,
            });
        }
        let wrong = |what: &str, expected: &str, found: String| Error::Argument {
            what: what.to_owned(),
            expected: expected.to_owned(),
            found,
        };
        let Some(seed) = self.seed else {
            let expected = "a whole number, such as 2011, so that the run can be repeated,";
            return Err(wrong("the seed", expected, "absent".to_owned()));
        };
        if self.replicates == 0 {
            return Err(wrong(
                "the number of replicates",
                "one at least",
                "0".to_owned(),
            ));
        }
        let seed = Seed::new(seed).child("qap", 0);
        let mut hits = 0_usize;
        for replicate in 0..self.replicates as u64 {
            let mut stream: Stream = seed.stream(replicate);
            for (place, i) in order.iter_mut().zip(0..) {
                *place = i;
            }
            stream.shuffle(&mut order);
            hits += usize::from(extreme(score(&order)));
        }
        let m = self.replicates as f64;
        let p_value = (hits as f64 + 1.0) / (m + 1.0);
        Ok(Found {
            p_value,
            reference: Reference::Resampled {
                n: self.replicates,
                mcse: (p_value * (1.0 - p_value) / m).sqrt(),
            },
        })
    }

    fn estimate(
        &self,
        label: String,
        measure: Measure,
        value: f64,
        found: Found,
        common: &Common,
        method: &str,
    ) -> Result<Estimate, kring_core::Error> {
        let mut cautions = Vec::new();
        if common.came + common.left > 0 {
            cautions.push(Caution::Note(format!(
                "Rests on the {} persons who were there at both times; {} came and {} left.",
                common.n, common.came, common.left
            )));
        }
        Estimate {
            label,
            measure,
            value: Value::Value(value),
            std_error: None,
            null: 0.0,
            alternative: self.alternative,
            interval: None,
            p_value: Some(found.p_value),
            sample: Sample {
                rows: common.n * common.n.saturating_sub(1) / common.each,
                subjects: Some(common.n),
                ..Sample::default()
            },
            method: match found.reference {
                Reference::Exact => format!("{method}, all exchanges of names"),
                _ => format!("{method}, {} exchanges of names", self.replicates),
            },
            reference: found.reference,
            cautions,
        }
        .checked()
    }
}

struct Found {
    p_value: f64,
    reference: Reference,
}

/// The mean of the score over all exchanges, as the whole numbers times · t − less.
#[derive(Clone, Copy)]
struct Centre {
    times: i64,
    less: i64,
}

impl Centre {
    fn distance(self, t: i64) -> i64 {
        (self.times * t - self.less).abs()
    }
}

fn count(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// How many ties two sorted lists share.
fn overlap(one: &[(u32, u32)], other: &[(u32, u32)]) -> usize {
    let shared = |tie: &&(u32, u32)| other.binary_search(tie).is_ok();
    one.iter().filter(shared).count()
}

/// Every order of some places, by Heap's algorithm.
fn each_order(order: &mut [u32], visit: &mut dyn FnMut(&[u32])) {
    let mut counts = vec![0; order.len()];
    visit(order);
    let mut i = 1;
    while i < order.len() {
        if counts[i] < i {
            let j = if i % 2 == 0 { 0 } else { counts[i] };
            order.swap(j, i);
            visit(order);
            counts[i] += 1;
            i = 1;
        } else {
            counts[i] = 0;
            i += 1;
        }
    }
}
