//! Permutation tests of two groups and of pairs.
//!
//! ```text
//! model      under the null hypothesis any assignment of the units to the two arms that has as many
//!            in each (within each stratum) was as likely; of pairs, any signs of the differences
//! unit       a row, or a whole cluster (a family)
//! statistic  T, one of Statistic; larger where the first arm has more
//! exact      p = the share of all assignments with T at least as extreme as observed
//! simulated  p = (b + 1)/(m + 1), b of m random assignments, and its Monte Carlo error √(p(1 − p)/m)
//! two-sided  by the distance from the centre: the mean of T where it is linear in the units' sums, the
//!            null where there are no strata; else twice the smaller tail
//! ```
//! Where T is linear in the units' sums, the exact distribution comes from a convolution over a
//! common grid of the values (Streitberg & Röhmel's shift algorithm), so that hundreds of counts are no
//! difficulty, or from joining the sorted sums of two halves (van de Wiel's split-up algorithm) up to
//! 40 units. Anything else is enumerated up to 2²⁰ assignments. Distances are compared as R's `coin`
//! does, with a tolerance of 1e-10 for ties.
//!
//! Phipson B & Smyth GK (2010), Statistical Applications in Genetics and Molecular Biology 9:39,
//! doi 10.2202/1544-6115.1585; Streitberg B & Röhmel J (1986), Statistical Software Newsletter
//! 12:10–17; van de Wiel MA (2001), Journal of Statistical Computation and Simulation 70:15–35,
//! doi 10.1080/00949650108812085; Janssen A (1997), Statistics & Probability Letters 36:9–21,
//! doi 10.1016/S0167-7152(97)00043-6 (the studentised statistic).
//! Differences from R: the intervals of `coin`'s simulated p-values are replaced by their Monte Carlo
//! error, and b/m by (b + 1)/(m + 1), which never is zero.

mod exact;

use kring_core::{Alternative, Caution, Estimate, Measure, Reference, Sample, Value};
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::resampling::{
    Plan, Quantity, Scheme, Share, Stage, TwoGroups, Units, arms, explicit, finite, named,
    not_of_an_exact_test, same_length,
};
use crate::seed::Seed;
use crate::t_test::Group;
use exact::{Stratum, Tails};

/// The options of the tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Permutation {
    /// What is compared.
    pub statistic: Statistic,
    /// On which side the alternative lies.
    pub alternative: Alternative,
    /// Whether all assignments are counted or some are drawn.
    pub method: Method,
    /// How many are drawn, if they are.
    pub replicates: usize,
    /// Where drawing begins; needed only if assignments are drawn.
    pub seed: Option<u64>,
}

/// What a permutation test compares.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Statistic {
    /// The difference of means. Valid where the arms differ in nothing under the null hypothesis.
    #[default]
    MeanDifference,
    /// The difference of means over Welch's error: also valid, in large samples, if only the means
    /// are equal under the null hypothesis and the spreads are not.
    Welch,
    /// The share of pairs in which the first has more, ties as a half: the Mann–Whitney test.
    MannWhitney,
    /// The difference of shares of values that are 0 or 1.
    ShareDifference,
}

/// Whether all assignments are counted or some are drawn.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// All where that is feasible, else some.
    #[default]
    Auto,
    /// All; an error where that is not feasible.
    Exact,
    /// Some.
    MonteCarlo,
}

impl Default for Permutation {
    fn default() -> Self {
        Self {
            statistic: Statistic::MeanDifference,
            alternative: Alternative::TwoSided,
            method: Method::Auto,
            replicates: 9999,
            seed: None,
        }
    }
}

impl Permutation {
    /// Compares two groups of independent values, x with y.
    ///
    /// ```
    /// use kring_stats::permutation::Permutation;
    /// use kring_stats::t_test::Group;
    /// let x = Group { name: "EKC", values: &[6.0, 8.0, 7.0] };
    /// let y = Group { name: "WT", values: &[4.0, 5.0, 3.0] };
    /// let difference = Permutation::default().two_samples(x, y, Some("problems"))?;
    /// // Of the 20 ways to choose three of six, this one and its mirror image are the most extreme.
    /// assert!((difference.p_value.unwrap() - 2.0 / 20.0).abs() < 1e-15);
    /// # Ok::<(), kring_stats::Error>(())
    /// ```
    pub fn two_samples(
        &self,
        x: Group<'_>,
        y: Group<'_>,
        unit: Option<&str>,
    ) -> Result<Estimate, Error> {
        let values: Vec<f64> = x.values.iter().chain(y.values).copied().collect();
        let arm = arms(x, y);
        let data = TwoGroups {
            values: &values,
            arm: &arm,
            scheme: Scheme::default(),
        };
        self.two_groups(&data, unit)
    }

    /// Compares two groups whose rows may belong to clusters and strata.
    pub fn two_groups(&self, data: &TwoGroups<'_>, unit: Option<&str>) -> Result<Estimate, Error> {
        self.two_groups_share(data, unit, &Share::All)?.result()
    }

    /// A share of [`two_groups`](Self::two_groups) where assignments are drawn: some of them, or the
    /// result from all. Where all are counted there is but the result.
    pub fn two_groups_share(
        &self,
        data: &TwoGroups<'_>,
        unit: Option<&str>,
        share: &Share<'_>,
    ) -> Result<Stage<Estimate>, Error> {
        let name = self.statistic.name();
        finite(
            &format!("the data of a permutation test of {name}"),
            data.values,
        )?;
        if self.statistic == Statistic::ShareDifference {
            zeros_and_ones(data.values)?;
        }
        let design = Assignment::new(data)?;
        let scores = match self.statistic {
            Statistic::MannWhitney => doubled_midranks(data.values),
            _ => data.values.to_vec(),
        };
        let sums = Sums::new(&scores, &design);
        let linear = self.statistic != Statistic::Welch && sums.one_size_a_stratum(&design);
        let observed = self.statistic.at(sums.of_first(&design), sums.all);
        let found = if linear {
            self.linear(&sums, &design, share)?
        } else {
            let evaluate = |chosen: &[u32], _: &mut Vec<bool>| {
                Some(self.statistic.at(sums.of(chosen), sums.all).order)
            };
            let null = self.statistic.null();
            self.any(&design, null, observed.order, evaluate, share)?
        };
        found.and_then(|found| {
            let standard = match self.statistic {
                Statistic::Welch => observed.std_error.map(|se| (0.0, se)),
                _ => found.null.zip(found.sd),
            };
            let (null, std_error) = standard.unzip();
            let estimate = Estimate {
                label: design.label(),
                measure: self.statistic.measure(unit),
                value: Value::Value(observed.value),
                std_error,
                null: null.unwrap_or_else(|| self.statistic.null()),
                alternative: self.alternative,
                reference: found.reference,
                interval: None,
                p_value: Some(found.p_value),
                sample: design.sample(data.scheme),
                method: method(
                    &format!("permutation test of {name}"),
                    &found.how,
                    data.scheme,
                ),
                cautions: found.cautions,
            };
            Ok(estimate.checked()?)
        })
    }

    /// Tests a statistic of the caller's own, a function of the values and of who is in the first arm.
    ///
    /// Where it has no value for an assignment, that counts as extreme as any, and a caution says how
    /// often it was so.
    ///
    /// ```
    /// use kring_core::{Grouping, Measure};
    /// use kring_stats::permutation::Permutation;
    /// use kring_stats::resampling::{Quantity, Scheme, TwoGroups};
    /// let arm = Grouping {
    ///     name: "arm".into(),
    ///     levels: vec!["EKC".into(), "WT".into()],
    ///     index: vec![0, 0, 0, 1, 1, 1],
    /// };
    /// let values = [6.0, 8.0, 7.0, 4.0, 5.0, 3.0];
    /// let data = TwoGroups { values: &values, arm: &arm, scheme: Scheme::default() };
    /// let what = Quantity { label: "largest", measure: Measure::Mean { unit: None }, null: 0.0 };
    /// let largest = |values: &[f64], first: &[bool]| {
    ///     let of = |arm| values.iter().zip(first).filter(move |(_, f)| **f == arm).map(|(x, _)| *x);
    ///     Some(of(true).fold(f64::MIN, f64::max) - of(false).fold(f64::MIN, f64::max))
    /// };
    /// let test = Permutation::default().statistic(&what, &data, largest)?;
    /// // 3 or more apart: the largest three together, and the mirror image.
    /// assert!((test.p_value.unwrap() - 2.0 / 20.0).abs() < 1e-15);
    /// # Ok::<(), kring_stats::Error>(())
    /// ```
    pub fn statistic(
        &self,
        what: &Quantity<'_>,
        data: &TwoGroups<'_>,
        f: impl Fn(&[f64], &[bool]) -> Option<f64> + Sync,
    ) -> Result<Estimate, Error> {
        self.statistic_share(what, data, f, &Share::All)?.result()
    }

    /// A share of [`statistic`](Self::statistic), as [`two_groups_share`](Self::two_groups_share) is.
    pub fn statistic_share(
        &self,
        what: &Quantity<'_>,
        data: &TwoGroups<'_>,
        f: impl Fn(&[f64], &[bool]) -> Option<f64> + Sync,
        share: &Share<'_>,
    ) -> Result<Stage<Estimate>, Error> {
        finite(what.label, data.values)?;
        let design = Assignment::new(data)?;
        let evaluate = |chosen: &[u32], mask: &mut Vec<bool>| {
            mask.clear();
            mask.resize(data.values.len(), false);
            for &unit in chosen {
                for &row in design.units.members(unit as usize) {
                    mask[row] = true;
                }
            }
            f(data.values, mask).filter(|t| t.is_finite())
        };
        let Some(observed) = evaluate(&design.first(), &mut Vec::new()) else {
            return Err(Error::Unsupported {
                what: format!(
                    "`{}`, which has no value for the data as they are,",
                    what.label
                ),
                hint: "look at the data or at the function".to_owned(),
            });
        };
        let found = self.any(&design, what.null, observed, evaluate, share)?;
        found.and_then(|found| {
            let estimate = Estimate {
                label: what.label.to_owned(),
                measure: what.measure.clone(),
                value: Value::Value(observed),
                std_error: found.sd,
                null: found.null.unwrap_or(what.null),
                alternative: self.alternative,
                reference: found.reference,
                interval: None,
                p_value: Some(found.p_value),
                sample: design.sample(data.scheme),
                method: method("permutation test", &found.how, data.scheme),
                cautions: found.cautions,
            };
            Ok(estimate.checked()?)
        })
    }

    /// Compares pairs: under the null hypothesis a difference `after` − `before` had either sign.
    ///
    /// Means or shares; with clusters all differences of one change sign together. Strata make no
    /// difference here and are not looked at.
    ///
    /// ```
    /// use kring_stats::permutation::Permutation;
    /// use kring_stats::resampling::Scheme;
    /// use kring_stats::t_test::Group;
    /// let after = Group { name: "T2", values: &[4.0, 6.0, 3.0] };
    /// let before = Group { name: "T1", values: &[5.0, 8.0, 6.0] };
    /// let change = Permutation::default().paired(after, before, Scheme::default(), None)?;
    /// // All three fell: one of eight ways to give signs, or with its mirror image two.
    /// assert_eq!(change.p_value, Some(0.25));
    /// # Ok::<(), kring_stats::Error>(())
    /// ```
    pub fn paired(
        &self,
        after: Group<'_>,
        before: Group<'_>,
        scheme: Scheme<'_>,
        unit: Option<&str>,
    ) -> Result<Estimate, Error> {
        self.paired_share(after, before, scheme, unit, &Share::All)?
            .result()
    }

    /// A share of [`paired`](Self::paired), as [`two_groups_share`](Self::two_groups_share) is.
    pub fn paired_share(
        &self,
        after: Group<'_>,
        before: Group<'_>,
        scheme: Scheme<'_>,
        unit: Option<&str>,
        share: &Share<'_>,
    ) -> Result<Stage<Estimate>, Error> {
        let label = format!("{} − {}", after.name, before.name);
        same_length(&label, after.values.len(), before.values.len())?;
        finite(after.name, after.values)?;
        finite(before.name, before.values)?;
        match self.statistic {
            Statistic::MeanDifference => {}
            Statistic::ShareDifference => {
                zeros_and_ones(after.values)?;
                zeros_and_ones(before.values)?;
            }
            Statistic::Welch | Statistic::MannWhitney => {
                return Err(Error::Unsupported {
                    what: format!("a permutation test of {} of pairs", self.statistic.name()),
                    hint: "take mean_difference or share_difference, or the signed-rank test"
                        .to_owned(),
                });
            }
        }
        let scheme = Scheme {
            strata: None,
            ..scheme
        };
        let n = after.values.len();
        let units = Units::new(n, scheme)?;
        if units.len() == 0 {
            return Err(Error::TooFew {
                method: "a permutation test",
                what: format!("pairs of {label}"),
                needed: 1,
                found: 0,
            });
        }
        let d: Vec<f64> = (0..units.len())
            .map(|unit| {
                let rows = units.members(unit).iter();
                rows.map(|&row| after.values[row] - before.values[row])
                    .sum()
            })
            .collect();
        let found = self.signs(&d, share)?;
        found.and_then(|found| {
            let estimate = Estimate {
                label,
                measure: self.statistic.measure(unit),
                value: Value::Value(d.iter().sum::<f64>() / n as f64),
                std_error: Some(d.iter().map(|d| d * d).sum::<f64>().sqrt() / n as f64),
                null: 0.0,
                alternative: self.alternative,
                reference: found.reference,
                interval: None,
                p_value: Some(found.p_value),
                sample: Sample {
                    clusters: scheme.clusters.map(|_| units.len()),
                    ..Sample::of(n)
                },
                method: format!(
                    "permutation test of {} of pairs{}, {}",
                    self.statistic.name(),
                    whole(scheme),
                    found.how
                ),
                cautions: found.cautions,
            };
            Ok(estimate.checked()?)
        })
    }

    /// T linear in the units' sums.
    fn linear(
        &self,
        sums: &Sums,
        design: &Assignment,
        share: &Share<'_>,
    ) -> Result<Stage<Found>, Error> {
        let strata: Vec<Stratum> = design
            .strata
            .iter()
            .map(|(range, first)| Stratum {
                scores: design.order[range.clone()]
                    .iter()
                    .map(|&unit| sums.s[unit as usize])
                    .collect(),
                first: *first,
            })
            .collect();
        let (mean, variance) = strata.iter().fold((0.0, 0.0), |(mean, variance), stratum| {
            (mean + stratum.mean(), variance + stratum.variance())
        });
        let n = design.units.len();
        let exact = || {
            exact::lattice(&strata)
                .or_else(|| exact::halves(&strata))
                .or_else(|| {
                    let values = exact::enumerate(&design.strata, |places| {
                        let sum = |&place: &u32| sums.s[design.order[place as usize] as usize];
                        places.iter().map(sum).sum::<f64>()
                    })?;
                    let observed: f64 = strata.iter().map(Stratum::observed).sum();
                    Some(Tails::of(&values, observed, mean, exact::spread(&strata)))
                })
                .map(Counted::of)
        };
        let simulate = |stream: u64, seed: &Seed, work: &mut Vec<f64>| {
            let mut stream = seed.stream(stream);
            strata
                .iter()
                .map(|stratum| stratum.draw(&mut stream, work))
                .sum::<f64>()
        };
        let observed: f64 = strata.iter().map(Stratum::observed).sum();
        let draw = |i: u64, seed: &Seed, work: &mut Vec<f64>| Some(simulate(i, seed, work));
        let found = self.decide(n, Sides::Distance, exact, share, draw, |values| {
            let values: Vec<f64> = values.iter().copied().flatten().collect();
            let tails = Tails::counts(&values, observed, mean, exact::spread(&strata));
            Counted::of(tails)
        })?;
        // T's mean and variance as those of what is reported.
        let first = sums.of_first(design);
        let at = |s: f64| {
            let moved = Totals { s, ..first };
            self.statistic.at(moved, sums.all).value
        };
        let null = at(mean);
        // Without strata the mean is the null but for rounding.
        let centre = if strata.len() > 1 {
            null
        } else {
            self.statistic.null()
        };
        let sd = (at(mean + 1.0) - null).abs() * variance.sqrt();
        Ok(found.map(|found| Found {
            null: Some(centre),
            sd: Some(sd),
            ..found
        }))
    }

    /// Any T.
    fn any(
        &self,
        design: &Assignment,
        null: f64,
        observed: f64,
        evaluate: impl Fn(&[u32], &mut Vec<bool>) -> Option<f64> + Sync,
        share: &Share<'_>,
    ) -> Result<Stage<Found>, Error> {
        let stratified = design.strata.len() > 1;
        // The observed assignment is one of all, and belongs to those that are drawn.
        let summarise = |values: &[f64], beside: Option<f64>| {
            let n = values.len() as f64 + beside.map_or(0.0, |_| 1.0);
            let mean = values.iter().chain(&beside).map(|v| v / n).sum::<f64>();
            let variance = values
                .iter()
                .chain(&beside)
                .map(|v| (v - mean).powi(2) / n)
                .sum::<f64>();
            (if stratified { mean } else { null }, variance.sqrt())
        };
        let exact = || {
            let mut mask = Vec::new();
            let mut chosen = Vec::new();
            let values = exact::enumerate(&design.strata, |places| {
                chosen.clear();
                chosen.extend(places.iter().map(|&place| design.order[place as usize]));
                evaluate(&chosen, &mut mask)
            })?;
            let present: Vec<f64> = values.iter().copied().flatten().collect();
            let failed = values.len() - present.len();
            let moments = summarise(&present, None);
            let scale = exact::largest_distance(&present, moments.0);
            let tails = Tails::of(&present, observed, moments.0, scale);
            Some(Counted {
                tails: tails.with_failures(failed, values.len()),
                failed,
                moments: Some(moments),
            })
        };
        let draw = |i: u64, seed: &Seed, work: &mut (Vec<u32>, Vec<u32>, Vec<bool>)| {
            let (order, chosen, mask) = work;
            order.clone_from(&design.order);
            let mut stream = seed.stream(i);
            chosen.clear();
            for (range, first) in &design.strata {
                let stratum = &mut order[range.clone()];
                stream.choose(*first, stratum);
                chosen.extend_from_slice(&stratum[..*first]);
            }
            evaluate(chosen, mask)
        };
        let sides = if stratified {
            Sides::Doubled
        } else {
            Sides::Distance
        };
        let units = design.units.len();
        self.decide(units, sides, exact, share, draw, |values| {
            let present: Vec<f64> = values.iter().copied().flatten().collect();
            let failed = values.len() - present.len();
            let moments = summarise(&present, Some(observed));
            let scale =
                exact::largest_distance(&present, moments.0).max((observed - moments.0).abs());
            Counted {
                tails: Tails::counts(&present, observed, moments.0, scale),
                failed,
                moments: Some(moments),
            }
        })
    }

    /// Signs of differences.
    fn signs(&self, d: &[f64], share: &Share<'_>) -> Result<Stage<Found>, Error> {
        let observed: f64 = d.iter().sum();
        let spread: f64 = d.iter().map(|d| d.abs()).sum();
        let exact = || {
            let tails = exact::signs_on_a_lattice(d).or_else(|| exact::signs_by_halves(d))?;
            Some(Counted::of(tails))
        };
        let draw = |i: u64, seed: &Seed, (): &mut ()| {
            let mut stream = seed.stream(i);
            let draw = |some: &[f64]| {
                let bits = stream.word();
                let sign = |(k, d): (usize, &f64)| if bits >> k & 1 == 0 { *d } else { -d };
                some.iter().enumerate().map(sign).sum::<f64>()
            };
            Some(d.chunks(32).map(draw).sum::<f64>())
        };
        self.decide(d.len(), Sides::Distance, exact, share, draw, |values| {
            let values: Vec<f64> = values.iter().copied().flatten().collect();
            Counted::of(Tails::counts(&values, observed, 0.0, spread))
        })
    }

    /// Exact where asked for or feasible, else simulated: the statistic of each replicate is drawn, and
    /// those of all are counted.
    fn decide<W: Default>(
        &self,
        units: usize,
        sides: Sides,
        exact: impl FnOnce() -> Option<Counted>,
        share: &Share<'_>,
        draw: impl Fn(u64, &Seed, &mut W) -> Option<f64> + Sync,
        count: impl FnOnce(&[Option<f64>]) -> Counted,
    ) -> Result<Stage<Found>, Error> {
        // Whoever draws a range has been told that there are replicates.
        let is_drawing = matches!(share, Share::Range(_));
        if self.method == Method::Exact {
            not_of_an_exact_test(share)?;
        }
        if self.method == Method::Exact || (self.method == Method::Auto && !is_drawing) {
            if let Some(counted) = exact() {
                not_of_an_exact_test(share)?;
                let tails = &counted.tails;
                let p_value = sides.p_value(self.alternative, |side| tails.of_side(side));
                let how = "exact".to_owned();
                let found = counted.found(p_value, Reference::Exact, how);
                return Ok(Stage::Result(found));
            }
            if self.method == Method::Exact {
                return Err(Error::Unsupported {
                    what: format!("an exact permutation test of these {units} units"),
                    hint: "there are too many assignments to count: take monte_carlo with a seed"
                        .to_owned(),
                });
            }
        }
        if self.replicates == 0 {
            return Err(Error::TooFew {
                method: "a simulated permutation test",
                what: "replicates".to_owned(),
                needed: 1,
                found: 0,
            });
        }
        let number = explicit(self.seed)?;
        let seed = Seed::new(number).child("permutation", 0);
        let plan = Plan {
            of: self.replicates as u64,
            seed: number,
        };
        let drawn = plan.share(share, W::default, |i, work| draw(i, &seed, work))?;
        Ok(drawn.map(|values| {
            let counted = count(&values);
            let m = self.replicates as f64;
            let p = sides.p_value(self.alternative, |side| {
                (counted.tails.of_side(side) + counted.failed as f64 + 1.0) / (m + 1.0)
            });
            let reference = Reference::Resampled {
                n: self.replicates,
                mcse: (p * (1.0 - p) / m).sqrt(),
            };
            let how = format!("{} random permutations, seed {number}", self.replicates);
            counted.found(p, reference, how)
        }))
    }
}

/// The assignments of a test, counted by how extreme they are.
struct Counted {
    tails: Tails,
    /// For how many the statistic had no value.
    failed: usize,
    /// The mean and standard deviation of the statistic over them, where they say more than theory.
    moments: Option<(f64, f64)>,
}

impl Counted {
    fn of(tails: Tails) -> Self {
        Self {
            tails,
            failed: 0,
            moments: None,
        }
    }

    fn found(self, p_value: f64, reference: Reference, how: String) -> Found {
        let Self {
            failed, moments, ..
        } = self;
        let (null, sd) = moments.unzip();
        let doubt = || {
            Caution::Note(format!(
                "The statistic had no value for {failed} assignments, which count as extreme as any."
            ))
        };
        Found {
            p_value,
            reference,
            how,
            null,
            sd,
            cautions: (failed > 0).then(doubt).into_iter().collect(),
        }
    }
}

/// How two sides become one p-value.
#[derive(Debug, Clone, Copy)]
enum Sides {
    /// By the distance from a centre that is known.
    Distance,
    /// Twice the smaller tail.
    Doubled,
}

impl Sides {
    fn p_value(self, alternative: Alternative, tail: impl Fn(Alternative) -> f64) -> f64 {
        let p = match (self, alternative) {
            (Self::Doubled, Alternative::TwoSided) => {
                2.0 * tail(Alternative::Less).min(tail(Alternative::Greater))
            }
            _ => tail(alternative),
        };
        p.min(1.0)
    }
}

/// What a test found.
struct Found {
    p_value: f64,
    reference: Reference,
    how: String,
    /// The mean of the statistic over the assignments.
    null: Option<f64>,
    /// Its standard deviation over them.
    sd: Option<f64>,
    cautions: Vec<Caution>,
}

/// Who is in which arm, and who may be exchanged with whom.
struct Assignment {
    units: Units,
    arm: [String; 2],
    /// Rows in each arm.
    groups: Vec<(String, usize)>,
    /// The units stratum by stratum, those of the first arm first.
    order: Vec<u32>,
    /// The places of each stratum in `order`, and how many of them are in the first arm.
    strata: Vec<(std::ops::Range<usize>, usize)>,
}

impl Assignment {
    fn new(data: &TwoGroups<'_>) -> Result<Self, Error> {
        let [first_name, second_name] = data.levels("a permutation test")?;
        let scheme = data.scheme;
        let units = Units::new(data.values.len(), scheme)?;
        let in_first = |row: usize| data.arm.index[row] == 0;
        let groups = data.arm_sizes();
        for (name, found) in &groups {
            if *found == 0 {
                return Err(Error::TooFew {
                    method: "a permutation test",
                    what: format!("values in group {name}"),
                    needed: 1,
                    found: 0,
                });
            }
        }
        let mut order = Vec::with_capacity(units.len());
        let mut strata = Vec::with_capacity(units.strata.len());
        for range in &units.strata {
            let start = order.len();
            let (mut first, mut second) = (Vec::new(), Vec::new());
            for unit in range.clone() {
                let members = units.members(unit);
                let of_first = in_first(members[0]);
                if members.iter().any(|&row| in_first(row) != of_first) {
                    let clusters = scheme
                        .clusters
                        .map(|clusters| named(clusters, clusters.index[members[0]]));
                    return Err(Error::Shape {
                        what: clusters.unwrap_or_default(),
                        expected: "all its rows in one arm".to_owned(),
                        found: format!("rows in {first_name} and {second_name}"),
                    });
                }
                let unit = u32::try_from(unit).map_err(|_| Error::Overflow {
                    what: "the number of units".to_owned(),
                })?;
                if of_first {
                    first.push(unit);
                } else {
                    second.push(unit);
                }
            }
            let m = first.len();
            order.extend(first);
            order.extend(second);
            strata.push((start..order.len(), m));
        }
        Ok(Self {
            units,
            arm: [first_name.to_owned(), second_name.to_owned()],
            groups,
            order,
            strata,
        })
    }

    /// The units of the first arm as the data have them.
    fn first(&self) -> Vec<u32> {
        let of = |(range, first): &(std::ops::Range<usize>, usize)| {
            self.order[range.start..range.start + first].to_vec()
        };
        self.strata.iter().flat_map(of).collect()
    }

    fn label(&self) -> String {
        let [first, second] = &self.arm;
        format!("{first} − {second}")
    }

    fn sample(&self, scheme: Scheme<'_>) -> Sample {
        Sample {
            clusters: scheme.clusters.map(|_| self.units.len()),
            groups: self.groups.clone(),
            ..Sample::of(self.groups.iter().map(|(_, n)| n).sum())
        }
    }
}

/// What was done, in words.
fn method(what: &str, how: &str, scheme: Scheme<'_>) -> String {
    let within = scheme
        .strata
        .map_or_else(String::new, |strata| format!(" within {}", strata.name));
    format!("{what}{within}{}, {how}", whole(scheme))
}

fn whole(scheme: Scheme<'_>) -> String {
    scheme.clusters.map_or_else(String::new, |clusters| {
        format!(" by whole {}", clusters.name)
    })
}

/// Rows, their sum and the sum of their squares.
#[derive(Debug, Clone, Copy, Default)]
struct Totals {
    n: f64,
    s: f64,
    q: f64,
}

/// The totals of each unit and of all.
struct Sums {
    n: Vec<f64>,
    s: Vec<f64>,
    q: Vec<f64>,
    all: Totals,
}

impl Sums {
    fn new(scores: &[f64], design: &Assignment) -> Self {
        let units = &design.units;
        let each = |f: &dyn Fn(usize) -> f64| -> Vec<f64> {
            (0..units.len())
                .map(|unit| units.members(unit).iter().map(|&row| f(row)).sum())
                .collect()
        };
        // Squares from the mean, so that they do not cancel.
        let mean = scores.iter().sum::<f64>() / scores.len() as f64;
        let n = each(&|_| 1.0);
        let s = each(&|row| scores[row]);
        let q = each(&|row| (scores[row] - mean).powi(2));
        let all = Totals {
            n: n.iter().sum(),
            s: s.iter().sum(),
            q: q.iter().sum(),
        };
        Self { n, s, q, all }
    }

    fn of(&self, chosen: &[u32]) -> Totals {
        chosen.iter().fold(Totals::default(), |sum, &unit| {
            let unit = unit as usize;
            Totals {
                n: sum.n + self.n[unit],
                s: sum.s + self.s[unit],
                q: sum.q + self.q[unit],
            }
        })
    }

    fn of_first(&self, design: &Assignment) -> Totals {
        self.of(&design.first())
    }

    /// Whether the arms keep their numbers of rows whoever is exchanged.
    fn one_size_a_stratum(&self, design: &Assignment) -> bool {
        design.strata.iter().all(|(range, _)| {
            let mut sizes = design.order[range.clone()]
                .iter()
                .map(|&u| self.n[u as usize]);
            let first = sizes.next();
            sizes.all(|size| Some(size) == first)
        })
    }
}

/// A statistic of one assignment.
struct At {
    /// What is reported.
    value: f64,
    /// What assignments are compared by; it grows with the value.
    order: f64,
    std_error: Option<f64>,
}

impl Statistic {
    fn name(self) -> &'static str {
        match self {
            Self::MeanDifference => "the difference of means",
            Self::Welch => "the studentised difference of means",
            Self::MannWhitney => "the Mann–Whitney statistic",
            Self::ShareDifference => "the difference of shares",
        }
    }

    fn measure(self, unit: Option<&str>) -> Measure {
        match self {
            Self::MeanDifference | Self::Welch => Measure::MeanDifference {
                unit: unit.map(str::to_owned),
            },
            Self::MannWhitney => Measure::ProbabilityOfSuperiority,
            Self::ShareDifference => Measure::RiskDifference,
        }
    }

    fn null(self) -> f64 {
        match self {
            Self::MannWhitney => 0.5,
            _ => 0.0,
        }
    }

    /// The statistic, from the totals of the first arm and of all.
    fn at(self, first: Totals, all: Totals) -> At {
        let (n1, n2) = (first.n, all.n - first.n);
        if self == Self::MannWhitney {
            // Ranks are doubled: U = R/2 − n₁(n₁ + 1)/2.
            let u = (first.s - n1 * (n1 + 1.0)) / 2.0;
            let value = u / (n1 * n2);
            return At {
                value,
                order: value,
                std_error: None,
            };
        }
        let (m1, m2) = (first.s / n1, (all.s - first.s) / n2);
        let value = m1 - m2;
        if self != Self::Welch {
            return At {
                value,
                order: value,
                std_error: None,
            };
        }
        let mean = all.s / all.n;
        let error = |n: f64, m: f64, q: f64| {
            let ss = (q - n * (m - mean).powi(2)).max(0.0);
            // Rounding of a group whose values are all the same.
            let ss = if ss <= 1e-13 * all.q { 0.0 } else { ss };
            if n > 1.0 { ss / (n - 1.0) / n } else { 0.0 }
        };
        let variance = error(n1, m1, first.q) + error(n2, m2, all.q - first.q);
        // t/√(1 + t²) grows with t and has a value also where the error is zero.
        let size = value.hypot(variance.sqrt());
        At {
            value,
            order: if size > 0.0 { value / size } else { 0.0 },
            std_error: Some(variance.sqrt()),
        }
    }
}

/// Twice the midrank of each value.
fn doubled_midranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&i, &j| values[i].total_cmp(&values[j]));
    let mut ranks = vec![0.0; values.len()];
    let mut start = 0;
    for group in order.chunk_by(|&i, &j| values[i] == values[j]) {
        let end = start + group.len();
        for &row in group {
            ranks[row] = (start + 1 + end) as f64;
        }
        start = end;
    }
    ranks
}

fn zeros_and_ones(values: &[f64]) -> Result<(), Error> {
    match values.iter().find(|&&x| x != 0.0 && x != 1.0) {
        None => Ok(()),
        Some(other) => Err(Error::Argument {
            what: "a value in a difference of shares".to_owned(),
            expected: "0 or 1",
            found: other.to_string(),
        }),
    }
}
