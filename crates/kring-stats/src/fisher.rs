//! Fisher's exact test, and the odds ratio that belongs to it.
//!
//! ```text
//! model      n_ij independent of one another; rows and columns taken as fixed
//! null       P(table) = Π row_i! Π column_j! / (n! Π n_ij!)
//! p-value    Σ P over all tables with these margins that are not more probable than the one seen
//! 2 × 2      P(x; θ) ∝ C(m, x) C(n, k − x) e^{θx},  θ the log odds ratio;  θ̂ with E_θ(X) = x
//! interval   P(X ≥ x; θ_low) = α/2,  P(X ≤ x; θ_high) = α/2
//! ```
//! R's rule: a table counts as not more probable up to 1 + 10⁻⁷ times the probability seen, for
//! rounding. The two-sided p-value adds both tails by probability while the interval cuts each tail
//! by itself, so near the limit one may exclude what the other does not.
//!
//! Rows and columns without any count are left out. r × c tables are summed column by column over
//! the margins that remain, with bounds on what the rest can still add (`network.rs`). Differences
//! from R: θ̂ and its limits are solved to the last digits, where `fisher.test` stops at 10⁻⁴.
//!
//! Fisher RA (1935), JRSS 98:39–82, doi 10.2307/2342435; Mehta CR, Patel NR (1983), JASA
//! 78:427–434, doi 10.2307/2288652.

mod monte_carlo;
mod network;

use kring_core::{
    Alternative, Boundary, Estimate, IntervalKind, JointTest, Measure, Reference, Sample, Value,
};
use ndarray::{ArrayView2, Axis};
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::dist::discrete::{Counted, End};
use crate::dist::tilted::{Estimated, Tilted};
use crate::events::{Events, Found, Two, ln_null};
use crate::interval::interval;
use crate::resampling::{Share, Stage, not_of_an_exact_test};

/// The options of the test of independence.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Fisher {
    /// How the p-value is found.
    pub method: FisherMethod,
}

/// How the p-value is found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FisherMethod {
    /// By summing over all tables; refused where there are too many of them.
    #[default]
    Exact,
    /// From random tables with the same margins: for tables that are too large.
    MonteCarlo {
        /// How many tables are drawn, 100,000 or so.
        replicates: usize,
        /// What makes the draws the same again.
        seed: u64,
    },
}

/// The options of the conditional odds ratio of a 2 × 2 table.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ConditionalOddsRatio {
    /// Whether the probability of the table seen counts whole or half.
    pub tails: Tails,
    /// On which side the alternative lies.
    pub alternative: Alternative,
    /// The odds ratio under the null hypothesis.
    pub null_ratio: f64,
    /// The level of the interval.
    pub level: f64,
}

/// How the probability of what was seen counts in a tail.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tails {
    /// Whole: never too liberal, and so somewhat conservative.
    #[default]
    Exact,
    /// Half: closer to the level on average. The two-sided p-value is twice the smaller tail.
    MidP,
}

impl Default for ConditionalOddsRatio {
    fn default() -> Self {
        Self {
            tails: Tails::Exact,
            alternative: Alternative::TwoSided,
            null_ratio: 1.0,
            level: 0.95,
        }
    }
}

impl Fisher {
    /// Tests whether rows and columns of a table of counts are independent.
    ///
    /// ```
    /// use kring_stats::fisher::Fisher;
    /// use ndarray::array;
    /// // The lady tasting tea: 3 of 4 cups right each way. p = (16 + 1 + 16 + 1) / 70.
    /// let tea = Fisher::default().test("guess × truth", array![[3, 1], [1, 3]].view())?;
    /// assert!((tea.p_value.unwrap() - 34.0 / 70.0).abs() < 1e-14);
    /// # Ok::<(), kring_stats::Error>(())
    /// ```
    pub fn test(&self, label: &str, counts: ArrayView2<'_, u64>) -> Result<JointTest, Error> {
        self.test_share(label, counts, &Share::All)?.result()
    }

    /// A share of [`test`](Self::test) where it draws tables; an exact test has but its result.
    pub fn test_share(
        &self,
        label: &str,
        counts: ArrayView2<'_, u64>,
        share: &Share<'_>,
    ) -> Result<Stage<JointTest>, Error> {
        let table = Filled::new(label, counts)?;
        let test = |p_value, reference, method: &str| JointTest {
            label: label.to_owned(),
            statistic: None,
            reference,
            p_value: Some(p_value),
            sample: Sample::of(table.n as usize),
            method: method.to_owned(),
            cautions: Vec::new(),
        };
        match self.method {
            FisherMethod::Exact => {
                not_of_an_exact_test(share)?;
                let p_value = table.exact(label)?;
                Ok(Stage::Result(test(
                    p_value,
                    Reference::Exact,
                    "Fisher's exact test",
                )))
            }
            FisherMethod::MonteCarlo { replicates, seed } => {
                let drawn = monte_carlo::p_value(&table, replicates, seed, share)?;
                Ok(drawn.map(|drawn| {
                    let reference = Reference::Resampled {
                        n: replicates,
                        mcse: drawn.mcse,
                    };
                    let method = "Fisher's exact test by Monte Carlo";
                    test(drawn.p_value, reference, method)
                }))
            }
        }
    }
}

/// The rows and columns that have counts.
struct Filled {
    rows: Vec<u32>,
    columns: Vec<u32>,
    cells: Vec<u32>,
    n: u32,
}

/// The most that a table may hold for an exact or drawn p-value.
const LARGEST: u64 = 2_000_000;

impl Filled {
    fn new(label: &str, counts: ArrayView2<'_, u64>) -> Result<Self, Error> {
        let total = counts.iter().fold(0_u64, |n, &x| n.saturating_add(x));
        let too_large = || Error::Unsupported {
            what: format!("Fisher's test of {label}, a table of {total} counts"),
            hint: format!("above {LARGEST} the χ² test is as good"),
        };
        if total > LARGEST {
            return Err(too_large());
        }
        let n = u32::try_from(total).map_err(|_| too_large())?;
        let small = counts.mapv(|x| u32::try_from(x).unwrap_or(u32::MAX));
        let filled = |axis: Axis| -> Vec<usize> {
            let lanes = small.axis_iter(axis).enumerate();
            let lanes = lanes.filter(|(_, lane)| lane.iter().any(|&x| x > 0));
            lanes.map(|(i, _)| i).collect()
        };
        let (r, c) = (filled(Axis(0)), filled(Axis(1)));
        for (what, found) in [("rows", r.len()), ("columns", c.len())] {
            if found < 2 {
                return Err(Error::TooFew {
                    method: "Fisher's test",
                    what: format!("{what} with counts (in {label})"),
                    needed: 2,
                    found,
                });
            }
        }
        let small = small.select(Axis(0), &r).select(Axis(1), &c);
        Ok(Self {
            rows: small.sum_axis(Axis(1)).to_vec(),
            columns: small.sum_axis(Axis(0)).to_vec(),
            cells: small.iter().copied().collect(),
            n,
        })
    }

    fn exact(&self, label: &str) -> Result<f64, Error> {
        if let ([m, n], [k, _], [x, ..]) = (
            self.rows.as_slice(),
            self.columns.as_slice(),
            self.cells.as_slice(),
        ) {
            let [m, n, k, x] = [m, n, k, x].map(|&count| f64::from(count));
            return Ok(Tilted::hypergeometric(m, n, k).two_sided(x, 0.0));
        }
        network::p_value(&self.rows, &self.columns, &self.cells).ok_or_else(|| Error::Unsupported {
            what: format!("an exact p-value for {label}, which has too many possible tables"),
            hint: "take the method monte_carlo with many replicates and a seed, or the χ² test"
                .to_owned(),
        })
    }
}

impl ConditionalOddsRatio {
    /// The odds of an event in x over those in y, as a log; its p-value is Fisher's.
    ///
    /// With an empty cell the estimate lies at the edge of the scale, and the interval has one end.
    ///
    /// ```
    /// use kring_stats::events::Events;
    /// use kring_stats::fisher::ConditionalOddsRatio;
    /// let ekc = Events { name: "EKC", events: 3, n: 4 };
    /// let wt = Events { name: "WT", events: 1, n: 4 };
    /// let ratio = ConditionalOddsRatio::default().estimate(ekc, wt)?;
    /// // θ̂ solves 3 = (16ψ + 72ψ² + 48ψ³ + 4ψ⁴) / (1 + 16ψ + 36ψ² + 16ψ³ + ψ⁴).
    /// assert!((ratio.natural().finite().unwrap() - 6.408_320).abs() < 1e-6);
    /// # Ok::<(), kring_stats::Error>(())
    /// ```
    pub fn estimate(&self, x: Events<'_>, y: Events<'_>) -> Result<Estimate, Error> {
        let two = Two::checked("the conditional odds ratio", x, y)?;
        if x.n.saturating_add(y.n) > LARGEST {
            return Err(Error::Unsupported {
                what: format!("an exact odds ratio of {} and {} subjects", x.n, y.n),
                hint: format!("above {LARGEST} Wald's or the score interval is as good"),
            });
        }
        let family = Tilted::hypergeometric(x.size(), y.size(), x.with() + y.with());
        conditional(self, &family, x.with())
            .map(|figures| Found {
                label: two.ratio_label(),
                sample: two.sample(),
                method: match self.tails {
                    Tails::Exact => "conditional maximum likelihood, exact (Fisher)",
                    Tails::MidP => "conditional maximum likelihood, mid-p",
                },
                ..figures
            })?
            .estimate()
    }
}

/// The figures that an exponential family gives of its log odds ratio, without name and sample.
pub(crate) fn conditional(
    options: &ConditionalOddsRatio,
    family: &Tilted,
    x: f64,
) -> Result<Found, Error> {
    let theta = ln_null(options.null_ratio)?;
    let value = match family.estimate(x) {
        Estimated::At(theta) => Value::Value(theta),
        Estimated::Below => Value::AtBoundary(Boundary::Zero),
        Estimated::Above => Value::AtBoundary(Boundary::Infinite),
        Estimated::Nowhere => {
            return Err(Error::Constant {
                method: "the odds ratio",
                what: "the outcome (or the group) in every stratum".to_owned(),
            });
        }
    };
    let counted = options.tails.counted();
    let one_sided = |end| family.p_value(x, theta, end, counted);
    let p_value = match (options.alternative, options.tails) {
        (Alternative::Greater, _) => one_sided(End::Low),
        (Alternative::Less, _) => one_sided(End::High),
        (Alternative::TwoSided, Tails::Exact) => family.two_sided(x, theta),
        (Alternative::TwoSided, Tails::MidP) => {
            (2.0 * one_sided(End::Low).min(one_sided(End::High))).min(1.0)
        }
    };
    let limit = |end| move |tail| family.limit(x, tail, end, counted);
    Ok(Found {
        label: String::new(),
        measure: Measure::LogOddsRatio,
        value,
        std_error: None,
        null: theta,
        alternative: options.alternative,
        reference: Reference::Exact,
        interval: Some(interval(
            options.level,
            options.alternative,
            IntervalKind::Exact,
            limit(End::Low),
            limit(End::High),
        )?),
        p_value: Some(p_value),
        sample: Sample::default(),
        method: "",
        cautions: Vec::new(),
    })
}

impl Tails {
    pub(crate) fn counted(self) -> Counted {
        match self {
            Self::Exact => Counted::Whole,
            Self::MidP => Counted::Half,
        }
    }
}
