//! Boschloo's and Barnard's exact tests of two shares.
//!
//! ```text
//! model      x ~ Binomial(m, p_x),  y ~ Binomial(n, p_y);  null p_x = p_y = p, which nobody knows
//! order      Boschloo: Fisher's p-value of each table; Barnard: the score statistic
//!            z = (x/m − y/n) / √(p̂(1 − p̂)(1/m + 1/n)),  p̂ = (x + y)/(m + n)
//! p-value    the largest, over all p in [0, 1], of P_p(a table at least as extreme as the one seen)
//! ```
//! Given s = x + y events the null distribution of x is hypergeometric whatever p. So with w_s, the
//! conditional probability of the extreme tables, P_p = Σ_s w_s b(s; m + n, p): one sum of m + n
//! terms for each p instead of m · n. The largest value is looked for on a grid of arcsin √p, finer
//! by far than a binomial distribution can vary, and each peak is then followed to its top.
//!
//! Boschloo's test is never less powerful than Fisher's. Two-sided it orders by Fisher's two-sided
//! p-value (R's `Exact` does so; SciPy doubles the smaller one-sided p-value). Ties are recognised
//! up to 10⁻⁷ of the statistic.
//!
//! Barnard GA (1947), Biometrika 34:123–138, doi 10.1093/biomet/34.1-2.123; Boschloo RD (1970),
//! Statistica Neerlandica 24:1–9, doi 10.1111/j.1467-9574.1970.tb00104.x.

use std::f64::consts::FRAC_PI_2;

use kring_core::{Alternative, JointTest, Reference};
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::dist::counts::hypergeometric;
use crate::dist::discrete::{Binomial, SLACK};
use crate::events::{Events, Two};
use crate::root::{Peak, peak};

/// The options of the tests.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Unconditional {
    /// How tables are ordered from ordinary to extreme.
    pub order: Order,
    /// On which side the alternative lies: `greater` if x has the larger share.
    pub alternative: Alternative,
}

/// How tables are ordered from ordinary to extreme.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// By Fisher's p-value.
    #[default]
    Boschloo,
    /// By the score statistic, with the pooled share in its error.
    Barnard,
}

/// The test with the share at which it is least sure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnconditionalTest {
    /// The test; its statistic is Fisher's p-value or the score statistic.
    pub test: JointTest,
    /// On which side the alternative lies.
    pub alternative: Alternative,
    /// The share of events in both groups that gives the largest p-value.
    pub common_share: f64,
}

/// The most tables that are looked at.
const MOST_TABLES: f64 = 25_000_000.0;
/// The most subjects in both groups together.
const MOST_SUBJECTS: f64 = 100_000.0;

impl Unconditional {
    /// Tests whether two groups have one share of events.
    ///
    /// ```
    /// use kring_stats::events::Events;
    /// use kring_stats::unconditional::Unconditional;
    /// let ekc = Events { name: "EKC", events: 7, n: 8 };
    /// let wt = Events { name: "WT", events: 2, n: 8 };
    /// let boschloo = Unconditional::default().test(ekc, wt)?;
    /// assert!(boschloo.test.p_value.unwrap() < boschloo.test.statistic.unwrap());
    /// # Ok::<(), kring_stats::Error>(())
    /// ```
    pub fn test(&self, x: Events<'_>, y: Events<'_>) -> Result<UnconditionalTest, Error> {
        let name = match self.order {
            Order::Boschloo => "Boschloo's test",
            Order::Barnard => "Barnard's test",
        };
        let two = Two::checked(name, x, y)?;
        let (m, n) = (x.size(), y.size());
        if (m + 1.0) * (n + 1.0) > MOST_TABLES || m + n > MOST_SUBJECTS {
            return Err(Error::Unsupported {
                what: format!("{name} of {} and {} subjects", x.n, y.n),
                hint: "with so many the score test or Fisher's is as good".to_owned(),
            });
        }
        let seen = self.statistic(&Conditional::new(m, n, x.with() + y.with()), x.with());
        let mut extreme = Vec::new();
        let mut s = 0.0;
        while s <= m + n {
            extreme.push(self.extreme(&Conditional::new(m, n, s), seen));
            s += 1.0;
        }
        let largest = largest_mixture(&extreme);
        let test = JointTest {
            label: two.difference_label(),
            statistic: Some(seen),
            reference: Reference::Exact,
            p_value: Some(largest.value.min(1.0)),
            sample: two.sample(),
            method: match self.order {
                Order::Boschloo => "Boschloo's unconditional exact test",
                Order::Barnard => "Barnard's unconditional exact test by the score statistic",
            }
            .to_owned(),
            cautions: Vec::new(),
        };
        Ok(UnconditionalTest {
            test,
            alternative: self.alternative,
            common_share: largest.at.sin().powi(2),
        })
    }

    fn statistic(self, given: &Conditional, x: f64) -> f64 {
        match (self.order, self.alternative) {
            (Order::Barnard, _) => given.score(x),
            (Order::Boschloo, Alternative::Greater) => given.mass(|other, _| other >= x),
            (Order::Boschloo, Alternative::Less) => given.mass(|other, _| other <= x),
            (Order::Boschloo, Alternative::TwoSided) => {
                let threshold = given.probability(x) * (1.0 + SLACK);
                given.mass(|_, p| p <= threshold)
            }
        }
    }

    /// The conditional probability of the tables at least as extreme as the one seen.
    fn extreme(self, given: &Conditional, seen: f64) -> f64 {
        if self.order == Order::Barnard {
            let close = SLACK * seen.abs();
            return given.mass(|x, _| match self.alternative {
                Alternative::TwoSided => given.score(x).abs() >= seen.abs() - close,
                Alternative::Greater => given.score(x) >= seen - close,
                Alternative::Less => given.score(x) <= seen + close,
            });
        }
        // The largest of Fisher's p-values that is not above the one seen is also the probability
        // of a p-value so small.
        let threshold = seen * (1.0 + SLACK);
        let order = |ordered: &mut dyn Iterator<Item = f64>| {
            let mut sum = 0.0;
            for p in ordered {
                if sum + p > threshold {
                    break;
                }
                sum += p;
            }
            sum
        };
        match self.alternative {
            Alternative::Less => order(&mut given.probabilities.iter().copied()),
            Alternative::Greater => order(&mut given.probabilities.iter().rev().copied()),
            Alternative::TwoSided => {
                let mut sorted = given.probabilities.clone();
                sorted.sort_unstable_by(f64::total_cmp);
                // Tables that are as probable as one another stand or fall together.
                let tied = |a: &f64, b: &f64| *b <= *a * (1.0 + SLACK);
                order(&mut sorted.chunk_by(tied).map(|tie| tie.iter().sum::<f64>()))
            }
        }
    }
}

/// The distribution of x given s events in both groups.
pub(crate) struct Conditional {
    m: f64,
    n: f64,
    s: f64,
    low: f64,
    probabilities: Vec<f64>,
}

impl Conditional {
    /// By ratios from the mode to both sides.
    pub fn new(m: f64, n: f64, s: f64) -> Self {
        let (low, high) = ((s - n).max(0.0), m.min(s));
        let mode = ((m + 1.0) * (s + 1.0) / (m + n + 2.0))
            .floor()
            .clamp(low, high);
        let top = hypergeometric(mode, m, n, s).exp();
        let mut probabilities = Vec::with_capacity(crate::events::rows(high - low) + 1);
        let (mut x, mut p) = (mode, top);
        while x > low {
            p *= x * (n - s + x) / ((m - x + 1.0) * (s - x + 1.0));
            x -= 1.0;
            probabilities.push(p);
        }
        probabilities.reverse();
        probabilities.push(top);
        (x, p) = (mode, top);
        while x < high {
            p *= (m - x) * (s - x) / ((x + 1.0) * (n - s + x + 1.0));
            x += 1.0;
            probabilities.push(p);
        }
        Self {
            m,
            n,
            s,
            low,
            probabilities,
        }
    }

    /// Each possible x with its probability.
    pub fn with_places(&self) -> impl Iterator<Item = (f64, f64)> + '_ {
        let places = self.probabilities.iter().enumerate();
        places.map(|(i, &p)| (self.low + i as f64, p))
    }

    fn mass(&self, counts: impl Fn(f64, f64) -> bool) -> f64 {
        self.with_places()
            .filter(|&(x, p)| counts(x, p))
            .map(|(_, p)| p)
            .sum()
    }

    fn probability(&self, x: f64) -> f64 {
        self.mass(|other, _| other == x)
    }

    /// The score statistic; zero where nobody or everybody has the event.
    fn score(&self, x: f64) -> f64 {
        let Self { m, n, s, .. } = *self;
        let pooled = s / (m + n);
        let error = (pooled * (1.0 - pooled) * (1.0 / m + 1.0 / n)).sqrt();
        if error == 0.0 {
            return 0.0;
        }
        (x / m - (s - x) / n) / error
    }
}

/// The largest Σ w_s b(s; N, sin²φ) and the φ where it is.
pub(crate) fn largest_mixture(weights: &[f64]) -> Peak {
    let n = weights.len() as f64 - 1.0;
    let at = |phi: f64| {
        let (p, q) = (phi.sin().powi(2), phi.cos().powi(2));
        mixture(weights, n, p, q)
    };
    // A binomial share has the error 1/(2√N) on this scale.
    let points = (40.0 * n.sqrt()).ceil().max(200.0);
    let step = FRAC_PI_2 / points;
    let mut values = Vec::new();
    let mut i = 0.0;
    while i <= points {
        values.push(at(step * i));
        i += 1.0;
    }
    let mut best = Peak {
        at: 0.0,
        value: values[0],
    };
    for (i, &value) in values.iter().enumerate() {
        let phi = step * i as f64;
        let neighbour = |j: Option<usize>| j.and_then(|j| values.get(j)).copied();
        let higher = |other: Option<f64>| other.is_some_and(|other| other > value);
        if higher(neighbour(i.checked_sub(1))) || higher(neighbour(Some(i + 1))) {
            continue;
        }
        let found = peak((phi - step).max(0.0), (phi + step).min(FRAC_PI_2), at);
        for candidate in [Peak { at: phi, value }, found] {
            if candidate.value > best.value {
                best = candidate;
            }
        }
    }
    best
}

fn mixture(weights: &[f64], n: f64, p: f64, q: f64) -> f64 {
    let odds = p / q;
    let mode = ((n + 1.0) * p).floor().clamp(0.0, n);
    let top = Binomial { n, p, q }.ln_pmf(mode).exp();
    let middle = crate::events::rows(mode);
    let mut sum = top * weights[middle];
    let mut b = top;
    for s in (0..middle).rev() {
        b *= (s as f64 + 1.0) / ((n - s as f64) * odds);
        if b < 1e-290 {
            break;
        }
        sum += b * weights[s];
    }
    b = top;
    for (s, w) in weights.iter().enumerate().skip(middle + 1) {
        b *= (n - s as f64 + 1.0) * odds / s as f64;
        if b < 1e-290 {
            break;
        }
        sum += b * w;
    }
    sum
}
