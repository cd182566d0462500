//! The bootstrap: of means and their differences, and of any statistic of resampled rows.
//!
//! ```text
//! draw         in each stratum as many units as it has, with replacement; a unit is a row or a whole
//!              cluster, and the arms of a comparison are strata
//! t*           the statistic of the rows drawn, for replicates 1 … R;  s = the deviation of the t*
//! percentile   t*₍α₎, t*₍₁₋α₎           between two t* on the normal scale: z(α) is where it lies
//!                                        between z(k/(R + 1)) and z((k + 1)/(R + 1))
//! basic        2t − t*₍₁₋α₎, 2t − t*₍α₎
//! BCa          percentiles at Φ(w + (w + z)/(1 − a(w + z))),  z = z(α), z(1 − α)
//!              w = Φ⁻¹(share of t* below t, ties as a half),  a = Σu³ / 6(Σu²)^(3/2)
//!              u = (n − 1)/n · (mean of t₍₋ᵢ₎ − t₍₋ᵢ₎) over the n units i of a stratum
//! studentised  t − v z*₍₁₋α₎, t − v z*₍α₎,  z* = (t* − t)/v*,  v the statistic's own error
//! ```
//! Efron B (1987), JASA 82:171–185, doi 10.1080/01621459.1987.10478410; Davison AC & Hinkley DV (1997),
//! Bootstrap Methods and their Application, Cambridge, sections 5.2–5.4 (interpolation: eq. 5.8).
//! Given the same replicates and u the ends are those of R's `boot.ci`, but for ties in w: it counts
//! none, which biases w where values repeat (`reference/explained.toml`). And u has the weight of its
//! stratum, so that a is a sixth of the skewness of a difference too; R's `empinf` gives it none.

use kring_core::{
    Bootstrap as Kind, Caution, Estimate, Grouping, Interval, IntervalKind, Measure, Reference,
    Sample, Value,
};
use serde::{Deserialize, Serialize};

use crate::dist::{check_level, upper_normal, upper_quantile};
use crate::resampling::{
    Drawn as OfAll, Plan, Quantity, Scheme, Share, Stage, TwoGroups, Units, arms, each, explicit,
    finite, same_length,
};
use crate::seed::{Seed, Stream};
use crate::t_test::Group;
use crate::{Error, narrow};

/// The options of the bootstrap.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Bootstrap {
    /// How replicates become an interval.
    pub interval: Kind,
    /// The level of the interval.
    pub level: f64,
    /// How many replicates are drawn.
    pub replicates: usize,
    /// Where drawing begins; it must be given.
    pub seed: Option<u64>,
}

impl Default for Bootstrap {
    fn default() -> Self {
        Self {
            interval: Kind::BiasCorrectedAccelerated,
            level: 0.95,
            replicates: 9999,
            seed: None,
        }
    }
}

/// What a statistic says of some rows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Replicate {
    /// The value.
    pub value: f64,
    /// Its own standard error, which studentised intervals need.
    pub std_error: Option<f64>,
}

impl From<f64> for Replicate {
    fn from(value: f64) -> Self {
        Self {
            value,
            std_error: None,
        }
    }
}

/// An estimate with the replicates that its error and interval come from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Bootstrapped {
    /// The estimate; its standard error is the replicates' standard deviation.
    pub estimate: Estimate,
    /// The mean of the replicates less the estimate.
    pub bias: f64,
    /// The values of the replicates, in the order they were drawn.
    pub replicates: Vec<f64>,
    /// Their own standard errors, for studentised intervals; else empty.
    pub std_errors: Vec<f64>,
    /// The influence u of each unit, for BCa intervals; else empty.
    pub influence: Vec<f64>,
    /// How many draws gave no value.
    pub failures: usize,
    /// Why they gave none, the most frequent reason first.
    pub reasons: Vec<Failure>,
}

/// A reason why draws gave no value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// What became of them: `did not converge`.
    pub why: String,
    /// How many draws.
    pub draws: usize,
}

/// Replicates from which intervals are made: a pure function, to be compared with other programs.
#[derive(Debug, Clone, Copy)]
pub struct Replicates<'a> {
    /// The statistic of the data as they are.
    pub estimate: Replicate,
    /// The replicates' values, in any order.
    pub values: &'a [f64],
    /// Their own standard errors in the same order, for studentised intervals.
    pub std_errors: &'a [f64],
    /// The influence u of each unit, for BCa intervals.
    pub influence: &'a [f64],
}

/// Fewer units than this in a stratum make intervals too short.
const FEW_UNITS: usize = 20;

/// Fewer than this still do, a little, and more where a few values lie far out.
const ENOUGH_UNITS: usize = 100;

impl Bootstrap {
    /// The difference of the means of two groups of independent values, x − y.
    ///
    /// ```
    /// use kring_stats::bootstrap::Bootstrap;
    /// use kring_stats::t_test::Group;
    /// let x = Group { name: "EKC", values: &[6.0, 8.0, 7.0, 5.0, 9.0, 7.0] };
    /// let y = Group { name: "WT", values: &[4.0, 5.0, 3.0, 6.0, 4.0, 2.0] };
    /// let options = Bootstrap { seed: Some(2011), ..Bootstrap::default() };
    /// let found = options.two_samples(x, y, Some("problems"))?;
    /// assert_eq!(found.estimate.value.finite(), Some(3.0));
    /// // The error of the bootstrap is √(Σ(x − x̄)²/n² + Σ(y − ȳ)²/m²) = √(20/36).
    /// assert!((found.estimate.std_error.unwrap() - 0.745_356).abs() < 0.02);
    /// # Ok::<(), kring_stats::Error>(())
    /// ```
    pub fn two_samples(
        &self,
        x: Group<'_>,
        y: Group<'_>,
        unit: Option<&str>,
    ) -> Result<Bootstrapped, Error> {
        let values: Vec<f64> = x.values.iter().chain(y.values).copied().collect();
        let arm = arms(x, y);
        let data = TwoGroups {
            values: &values,
            arm: &arm,
            scheme: Scheme::default(),
        };
        self.two_groups(&data, unit)
    }

    /// The difference of the means of two groups whose rows may belong to clusters and strata.
    ///
    /// Units are drawn within each arm and stratum.
    pub fn two_groups(
        &self,
        data: &TwoGroups<'_>,
        unit: Option<&str>,
    ) -> Result<Bootstrapped, Error> {
        self.two_groups_share(data, unit, &Share::All)?.result()
    }

    /// A share of [`two_groups`](Self::two_groups): some replicates, or the result from all of them.
    ///
    /// ```
    /// use kring_core::Grouping;
    /// use kring_stats::bootstrap::Bootstrap;
    /// use kring_stats::resampling::{Scheme, Share, Stage, TwoGroups};
    /// let arm = Grouping {
    ///     name: "arm".into(),
    ///     levels: vec!["EKC".into(), "WT".into()],
    ///     index: vec![0, 0, 0, 1, 1, 1],
    /// };
    /// let data = TwoGroups { values: &[6.0, 8.0, 7.0, 4.0, 5.0, 3.0], arm: &arm, scheme: Scheme::default() };
    /// let options = Bootstrap { replicates: 1000, seed: Some(2011), ..Bootstrap::default() };
    /// // Anywhere, and in any order:
    /// let run = |range| match options.two_groups_share(&data, None, &Share::Range(range))? {
    ///     Stage::Draws(draws) => Ok::<_, kring_stats::Error>(draws),
    ///     other => panic!("{other:?}"),
    /// };
    /// let (b, a) = (run(300..1000)?, run(0..300)?);
    /// let found = options.two_groups_share(&data, None, &Share::Finish(vec![&b, &a]))?.result()?;
    /// assert_eq!(found.estimate.value.finite(), Some(3.0));
    /// assert_eq!(found, options.two_groups(&data, None)?);
    /// # Ok::<(), kring_stats::Error>(())
    /// ```
    pub fn two_groups_share(
        &self,
        data: &TwoGroups<'_>,
        unit: Option<&str>,
        share: &Share<'_>,
    ) -> Result<Stage<Bootstrapped>, Error> {
        let [first, second] = data.levels("the bootstrap")?;
        let label = format!("{first} − {second}");
        finite(&label, data.values)?;
        let cells = crossed(data.arm, data.scheme.strata)?;
        let scheme = Scheme {
            clusters: data.scheme.clusters,
            strata: Some(&cells),
        };
        let units = Units::new(data.values.len(), scheme)?;
        let mut means = [Mean::default(), Mean::default()];
        for stratum in &units.strata {
            let arm = data.arm.index[units.members(stratum.start)[0]];
            means[usize::from(arm != 0)].add(&units, stratum.clone(), data.values);
        }
        let groups = data.arm_sizes();
        for (name, n) in &groups {
            if *n == 0 {
                return Err(too_few(format!("values in group {name}"), 1, 0));
            }
        }
        let sample = Sample {
            clusters: scheme.clusters.map(|_| units.len()),
            groups,
            ..Sample::of(data.values.len())
        };
        let what = Quantity {
            label: &label,
            measure: Measure::MeanDifference {
                unit: unit.map(str::to_owned),
            },
            null: 0.0,
        };
        let of = described("difference of means", data.scheme, Some(data.arm));
        let [x, y] = means;
        let x = x.centred();
        let y = y.centred();
        self.of_means(&what, &[(1.0, x), (-1.0, y)], sample, &of, share)
    }

    /// The mean of one group.
    ///
    /// ```
    /// use kring_core::Bootstrap as Kind;
    /// use kring_stats::bootstrap::Bootstrap;
    /// use kring_stats::resampling::Scheme;
    /// use kring_stats::t_test::Group;
    /// let options = Bootstrap { interval: Kind::Percentile, seed: Some(1), ..Bootstrap::default() };
    /// let problems = Group { name: "EKC", values: &[6.0, 8.0, 7.0, 5.0, 9.0, 7.0] };
    /// let found = options.mean(problems, Scheme::default(), None)?;
    /// assert_eq!(found.estimate.value.finite(), Some(7.0));
    /// # Ok::<(), kring_stats::Error>(())
    /// ```
    pub fn mean(
        &self,
        group: Group<'_>,
        scheme: Scheme<'_>,
        unit: Option<&str>,
    ) -> Result<Bootstrapped, Error> {
        let measure = Measure::Mean {
            unit: unit.map(str::to_owned),
        };
        self.one_mean(group.name, group.values, scheme, measure, "mean")
    }

    /// The mean of the differences `after` − `before` of the same subjects.
    pub fn paired(
        &self,
        after: Group<'_>,
        before: Group<'_>,
        scheme: Scheme<'_>,
        unit: Option<&str>,
    ) -> Result<Bootstrapped, Error> {
        let label = format!("{} − {}", after.name, before.name);
        same_length(&label, after.values.len(), before.values.len())?;
        finite(after.name, after.values)?;
        finite(before.name, before.values)?;
        let pairs = after.values.iter().zip(before.values);
        let differences: Vec<f64> = pairs.map(|(a, b)| a - b).collect();
        let measure = Measure::MeanDifference {
            unit: unit.map(str::to_owned),
        };
        self.one_mean(&label, &differences, scheme, measure, "mean of differences")
    }

    /// Any statistic of the rows that were drawn, with a row as often as it was drawn.
    ///
    /// The statistic gives a number, or a [`Replicate`] with its own error, or nothing where it cannot be
    /// computed: such draws are counted, left out, and reported as a caution.
    ///
    /// ```
    /// use kring_core::{Bootstrap as Kind, Measure};
    /// use kring_stats::bootstrap::Bootstrap;
    /// use kring_stats::resampling::{Quantity, Scheme};
    /// let months = [3.0, 9.0, 12.0, 6.0, 24.0, 12.0, 3.0, 8.0, 15.0];
    /// let median = |rows: &[usize]| {
    ///     let mut drawn: Vec<f64> = rows.iter().map(|&row| months[row]).collect();
    ///     drawn.sort_by(f64::total_cmp);
    ///     Some(drawn[drawn.len() / 2])
    /// };
    /// let what = Quantity { label: "median", measure: Measure::Mean { unit: None }, null: 0.0 };
    /// let options = Bootstrap { interval: Kind::Percentile, seed: Some(7), ..Bootstrap::default() };
    /// let found = options.statistic(&what, months.len(), Scheme::default(), median)?;
    /// assert_eq!(found.estimate.value.finite(), Some(9.0));
    /// # Ok::<(), kring_stats::Error>(())
    /// ```
    pub fn statistic<R: Into<Replicate>>(
        &self,
        what: &Quantity<'_>,
        rows: usize,
        scheme: Scheme<'_>,
        f: impl Fn(&[usize]) -> Option<R> + Sync,
    ) -> Result<Bootstrapped, Error> {
        let of = |rows: &[usize]| Ok([f(rows).map(Into::into)]);
        let [found] = self.statistics([what], rows, scheme, of)?;
        found.ok_or_else(|| Error::Unsupported {
            what: format!(
                "`{}`, which has no value for the data as they are,",
                what.label
            ),
            hint: "look at the data or at the function".to_owned(),
        })
    }

    /// Several statistics of the same draws, as [`statistic`](Self::statistic) does one.
    ///
    /// A draw that the function refuses, such as a model that does not converge, gives no value of any;
    /// the reasons are counted. What has no value for the data as they are has none here.
    ///
    /// ```
    /// use kring_core::Measure;
    /// use kring_stats::bootstrap::Bootstrap;
    /// use kring_stats::resampling::{Quantity, Scheme};
    /// let months = [3.0, 9.0, 12.0, 6.0, 24.0, 12.0, 3.0, 8.0, 15.0_f64];
    /// let of = |label| Quantity { label, measure: Measure::Mean { unit: None }, null: 0.0 };
    /// let options = Bootstrap { replicates: 499, seed: Some(7), ..Bootstrap::default() };
    /// let [mean, longest] = options.statistics(
    ///     [&of("mean"), &of("longest")], months.len(), Scheme::default(), |rows| {
    ///         let drawn = || rows.iter().map(|&row| months[row]);
    ///         let mean = drawn().sum::<f64>() / rows.len() as f64;
    ///         Ok([Some(mean.into()), Some(drawn().fold(0.0, f64::max).into())])
    ///     })?;
    /// assert!((mean.unwrap().estimate.value.finite().unwrap() - 92.0 / 9.0).abs() < 1e-12);
    /// assert_eq!(longest.unwrap().estimate.value.finite(), Some(24.0));
    /// # Ok::<(), kring_stats::Error>(())
    /// ```
    pub fn statistics<const K: usize>(
        &self,
        what: [&Quantity<'_>; K],
        rows: usize,
        scheme: Scheme<'_>,
        f: impl Fn(&[usize]) -> Result<[Option<Replicate>; K], Error> + Sync,
    ) -> Result<[Option<Bootstrapped>; K], Error> {
        self.statistics_share(what, rows, scheme, f, &Share::All)?
            .result()
    }

    /// A share of [`statistics`](Self::statistics): some replicates, or the result from all of them.
    ///
    /// What BCa needs without each unit is computed where the result is.
    pub fn statistics_share<const K: usize>(
        &self,
        what: [&Quantity<'_>; K],
        rows: usize,
        scheme: Scheme<'_>,
        f: impl Fn(&[usize]) -> Result<[Option<Replicate>; K], Error> + Sync,
        share: &Share<'_>,
    ) -> Result<Stage<[Option<Bootstrapped>; K]>, Error> {
        let units = Units::new(rows, scheme)?;
        let f = |rows: &[usize]| Ok(f(rows)?.map(|one| one.filter(|r| usable(*r))));
        let all: Vec<usize> = (0..rows).collect();
        let observed = f(&all)?;
        let draw = |stream: &mut Stream, (drawn, rows): &mut (Vec<u32>, Vec<usize>)| {
            rows.clear();
            for stratum in &units.strata {
                draw_units(stream, stratum.len(), drawn);
                for &place in drawn.iter() {
                    rows.extend_from_slice(units.members(stratum.start + place as usize));
                }
            }
            f(rows).map_err(|error| fate(&error).into())
        };
        self.draws(rows, share, draw)?.and_then(|drawn| {
            let jackknifed = self.interval == Kind::BiasCorrectedAccelerated;
            let left_out = if jackknifed { units.len() } else { 0 };
            let without = each(left_out, Vec::new, |unit, rows: &mut Vec<usize>| {
                rows.clear();
                for other in (0..units.len()).filter(|&other| other as u64 != unit) {
                    rows.extend_from_slice(units.members(other));
                }
                f(rows).ok()
            });
            let sizes: Vec<usize> = units.strata.iter().map(ExactSizeIterator::len).collect();
            let mut found = [const { None }; K];
            for (k, (place, what)) in found.iter_mut().zip(what).enumerate() {
                let Some(observed) = observed[k] else {
                    continue;
                };
                let influence = || {
                    let of = |unit: usize| without[unit].and_then(|all| Some(all[k]?.value));
                    let strata = units.strata.iter();
                    let u = strata
                        .map(|units| influence_of(&units.clone().map(of).collect::<Vec<_>>()));
                    u.collect::<Option<Vec<_>>>().map(|u| u.concat())
                };
                let sample = Sample {
                    clusters: scheme.clusters.map(|_| units.len()),
                    ..Sample::of(rows)
                };
                let task = Task {
                    what,
                    observed,
                    sizes: &sizes,
                    sample,
                    of: &described(what.label, scheme, None),
                };
                let drawn = drawn.iter().map(|draw| match draw {
                    Ok(all) => all[k].ok_or(NO_VALUE),
                    Err(why) => Err(why.as_ref()),
                });
                *place = Some(self.of_draws(task, drawn, influence)?);
            }
            Ok(found)
        })
    }

    fn one_mean(
        &self,
        label: &str,
        values: &[f64],
        scheme: Scheme<'_>,
        measure: Measure,
        of: &str,
    ) -> Result<Bootstrapped, Error> {
        finite(label, values)?;
        let units = Units::new(values.len(), scheme)?;
        let mut mean = Mean::default();
        for stratum in &units.strata {
            mean.add(&units, stratum.clone(), values);
        }
        let sample = Sample {
            clusters: scheme.clusters.map(|_| units.len()),
            ..Sample::of(values.len())
        };
        let what = Quantity {
            label,
            measure,
            null: 0.0,
        };
        let of = described(of, scheme, None);
        self.of_means(&what, &[(1.0, mean.centred())], sample, &of, &Share::All)?
            .result()
    }

    /// A sum of means, each with its sign.
    fn of_means(
        &self,
        what: &Quantity<'_>,
        means: &[(f64, Mean)],
        sample: Sample,
        of: &str,
        share: &Share<'_>,
    ) -> Result<Stage<Bootstrapped>, Error> {
        let combined = |parts: &mut dyn Iterator<Item = (f64, Drawn)>| {
            parts.fold((0.0, 0.0), |(value, variance), (sign, drawn)| {
                (value + sign * drawn.mean, variance + drawn.variance)
            })
        };
        let replicate = |(value, variance): (f64, f64)| Replicate {
            value,
            std_error: Some(variance.sqrt()).filter(|&se| se > 0.0),
        };
        let observed = means.iter().map(|(sign, mean)| (*sign, mean.as_it_is()));
        let observed = replicate(combined(&mut observed.into_iter()));
        let with_error = self.interval == Kind::Studentized;
        let draw = |stream: &mut Stream, work: &mut Work| {
            let mut value = 0.0;
            let mut variance = 0.0;
            for (sign, mean) in means {
                let drawn = mean.drawn(stream, work, with_error);
                value += sign * drawn.mean;
                variance += drawn.variance;
            }
            Ok([Some(replicate((value, variance))).filter(|r| usable(*r))])
        };
        let influence = || {
            let of = |(sign, mean): &(f64, Mean)| {
                let u = mean.influence()?;
                Some(u.into_iter().map(|u| sign * u).collect::<Vec<_>>())
            };
            means
                .iter()
                .map(of)
                .collect::<Option<Vec<_>>>()
                .map(|u| u.concat())
        };
        let sizes: Vec<usize> = means
            .iter()
            .flat_map(|(_, mean)| mean.strata.iter().map(|stratum| stratum.s.len()))
            .collect();
        let task = Task {
            what,
            observed,
            sizes: &sizes,
            sample,
            of,
        };
        self.draws(task.sample.rows, share, draw)?
            .and_then(|drawn| {
                let drawn = drawn.iter().map(|draw| match draw {
                    Ok([one]) => one.ok_or(NO_VALUE),
                    Err(why) => Err(why.as_ref()),
                });
                self.of_draws(task, drawn, influence)
            })
    }

    /// What the draws of a share give, in the order of their streams.
    fn draws<const K: usize, W: Default>(
        &self,
        rows: usize,
        share: &Share<'_>,
        draw: impl Fn(&mut Stream, &mut W) -> OfAll<K> + Sync,
    ) -> Result<Stage<Vec<OfAll<K>>>, Error> {
        check_level(self.level)?;
        if rows == 0 {
            return Err(too_few("rows".to_owned(), 1, 0));
        }
        if self.replicates < 2 {
            return Err(too_few("replicates".to_owned(), 2, self.replicates));
        }
        let number = explicit(self.seed)?;
        let seed = Seed::new(number).child("bootstrap", 0);
        let plan = Plan {
            of: self.replicates as u64,
            seed: number,
        };
        plan.share(share, W::default, |i, work| draw(&mut seed.stream(i), work))
    }

    /// The estimate from its draws, each a replicate or the reason why there is none.
    fn of_draws<'d>(
        &self,
        task: Task<'_>,
        drawn: impl Iterator<Item = Result<Replicate, &'d str>>,
        influence: impl FnOnce() -> Option<Vec<f64>>,
    ) -> Result<Bootstrapped, Error> {
        let studentized = self.interval == Kind::Studentized;
        let mut kept = Vec::with_capacity(self.replicates);
        let mut reasons: Vec<Failure> = Vec::new();
        for draw in drawn {
            match draw {
                Ok(r) if !studentized || r.std_error.is_some_and(|se| se > 0.0) => kept.push(r),
                Ok(_) => count(&mut reasons, "gave no standard error"),
                Err(why) => count(&mut reasons, why),
            }
        }
        // Stable: reasons as frequent as one another stay in the order they came up.
        reasons.sort_by_key(|reason| std::cmp::Reverse(reason.draws));
        if kept.len() < self.replicates.div_ceil(2).max(2) {
            return Err(too_few(
                format!(
                    "replicates of `{}` with a value and, if studentised, an error{}",
                    task.what.label,
                    listed(&reasons).map_or_else(String::new, |each| format!(" ({each})"))
                ),
                self.replicates.div_ceil(2).max(2),
                kept.len(),
            ));
        }
        let values: Vec<f64> = kept.iter().map(|r| r.value).collect();
        let std_errors: Vec<f64> = if studentized {
            kept.iter().filter_map(|r| r.std_error).collect()
        } else {
            Vec::new()
        };
        let mut cautions = Vec::new();
        let influence = if self.interval == Kind::BiasCorrectedAccelerated {
            influence().unwrap_or_else(|| {
                cautions.push(note(
                    "The statistic has no value without some unit, so that the acceleration of the \
                     interval was taken as zero.",
                ));
                Vec::new()
            })
        } else {
            Vec::new()
        };
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0);
        let std_error = variance.sqrt();
        if std_error <= 1e-14 * mean.abs() {
            return Err(Error::Constant {
                method: "the bootstrap",
                what: format!("`{}` in all replicates", task.what.label),
            });
        }
        let ends = Replicates {
            estimate: task.observed,
            values: &values,
            std_errors: &std_errors,
            influence: &influence,
        }
        .ends(self.interval, self.level)?;
        task.doubts(&reasons, self.replicates, ends, &mut cautions);
        let estimate = Estimate {
            label: task.what.label.to_owned(),
            measure: task.what.measure.clone(),
            value: Value::Value(task.observed.value),
            std_error: Some(std_error),
            null: task.what.null,
            alternative: kring_core::Alternative::TwoSided,
            reference: Reference::Resampled {
                n: values.len(),
                mcse: std_error / (2.0 * (n - 1.0)).sqrt(),
            },
            interval: ends.map(|ends| ends.interval(self.interval, self.level)),
            p_value: None,
            sample: task.sample,
            method: format!(
                "bootstrap of the {}, {} replicates, seed {}",
                task.of,
                self.replicates,
                explicit(self.seed)?
            ),
            cautions,
        };
        Ok(Bootstrapped {
            estimate: estimate.checked()?,
            bias: mean - task.observed.value,
            replicates: values,
            std_errors,
            influence,
            failures: reasons.iter().map(|reason| reason.draws).sum(),
            reasons,
        })
    }
}

impl Replicates<'_> {
    /// An interval of these replicates; none if BCa is asked for and all of them lie on one side of the
    /// estimate, or single units weigh too much.
    ///
    /// ```
    /// use kring_core::Bootstrap as Kind;
    /// use kring_stats::bootstrap::Replicates;
    /// let values: Vec<f64> = (1..=99).map(f64::from).collect();
    /// let found = Replicates { estimate: 50.0.into(), values: &values, std_errors: &[], influence: &[] };
    /// let interval = found.interval(Kind::Percentile, 0.9)?.unwrap();
    /// assert!((interval.low.unwrap() - 5.0).abs() < 1e-9);
    /// # Ok::<(), kring_stats::Error>(())
    /// ```
    pub fn interval(&self, kind: Kind, level: f64) -> Result<Option<Interval>, Error> {
        check_level(level)?;
        finite("a replicate", self.values)?;
        finite("an error of a replicate", self.std_errors)?;
        finite("an influence", self.influence)?;
        if self.values.len() < 2 {
            return Err(too_few("replicates".to_owned(), 2, self.values.len()));
        }
        Ok(self
            .ends(kind, level)?
            .map(|ends| ends.interval(kind, level)))
    }

    fn ends(&self, kind: Kind, level: f64) -> Result<Option<Ends>, Error> {
        let alpha = (1.0 - level) / 2.0;
        let t = self.estimate.value;
        let quantiles = |values: &[f64], low: f64, high: f64| -> Result<Ends, Error> {
            let mut sorted = values.to_vec();
            sorted.sort_unstable_by(f64::total_cmp);
            let (low, high) = (between(&sorted, low)?, between(&sorted, high)?);
            Ok(Ends {
                low: low.value,
                high: high.value,
                outermost: low.outermost || high.outermost,
            })
        };
        match kind {
            Kind::Percentile => quantiles(self.values, alpha, 1.0 - alpha).map(Some),
            Kind::Basic => {
                let ends = quantiles(self.values, alpha, 1.0 - alpha)?;
                Ok(Some(Ends {
                    low: 2.0 * t - ends.high,
                    high: 2.0 * t - ends.low,
                    ..ends
                }))
            }
            Kind::Studentized => {
                same_length(
                    "the errors of the replicates",
                    self.std_errors.len(),
                    self.values.len(),
                )?;
                let Some(v) = self.estimate.std_error else {
                    return Err(Error::Missing {
                        option: "a studentised interval".to_owned(),
                        needed: "the standard error of the statistic itself",
                        hint: "let the function give a Replicate with one, or take another interval",
                    });
                };
                let pairs = self.values.iter().zip(self.std_errors);
                let z: Vec<f64> = pairs.map(|(value, se)| (value - t) / se).collect();
                finite("a studentised replicate", &z)?;
                let ends = quantiles(&z, alpha, 1.0 - alpha)?;
                Ok(Some(Ends {
                    low: t - v * ends.high,
                    high: t - v * ends.low,
                    ..ends
                }))
            }
            Kind::BiasCorrectedAccelerated => {
                // What differs from t by rounding alone is t: a fit gives a mean to its last digits but one.
                let furthest = self
                    .values
                    .iter()
                    .fold(0.0, |m, v| f64::max(m, (v - t).abs()));
                let nothing = 1e-9 * furthest;
                let below = self.values.iter().filter(|&&v| v < t - nothing).count() as f64;
                let ties = self
                    .values
                    .iter()
                    .filter(|&&v| (v - t).abs() <= nothing)
                    .count() as f64;
                let share = (below + ties / 2.0) / self.values.len() as f64;
                if share <= 0.0 || share >= 1.0 {
                    return Ok(None);
                }
                let w = normal_quantile(share)?;
                let a = acceleration(self.influence);
                let z = normal_quantile(alpha)?;
                if a * (w - z) >= 1.0 || a * (w + z) >= 1.0 {
                    return Ok(None);
                }
                let adjusted = |z: f64| upper_normal(-(w + (w + z) / (1.0 - a * (w + z))));
                quantiles(self.values, adjusted(z), adjusted(-z)).map(Some)
            }
        }
    }
}

/// What is bootstrapped.
struct Task<'a> {
    what: &'a Quantity<'a>,
    observed: Replicate,
    /// Units in each stratum.
    sizes: &'a [usize],
    sample: Sample,
    /// The statistic and what is drawn, in words.
    of: &'a str,
}

impl Task<'_> {
    fn doubts(
        &self,
        reasons: &[Failure],
        all: usize,
        ends: Option<Ends>,
        cautions: &mut Vec<Caution>,
    ) {
        if ends.is_none() {
            cautions.push(note(
                "No BCa interval can be made: all replicates lie on one side of the estimate, or \
                 single units weigh too much. Take percentile.",
            ));
        }
        if ends.is_some_and(|ends| ends.outermost) {
            cautions.push(note(
                "The interval ends at an outermost replicate: draw more, or take another interval.",
            ));
        }
        if !reasons.is_empty() {
            let failures: usize = reasons.iter().map(|reason| reason.draws).sum();
            cautions.push(note(&format!(
                "{failures} of {all} replicates gave no value and were left out{}.",
                listed(reasons).map_or_else(String::new, |each| format!(": {each}"))
            )));
        }
        let smallest = self.sizes.iter().copied().min().unwrap_or_default();
        if smallest < FEW_UNITS {
            cautions.push(note(&format!(
                "One group that is drawn from has only {smallest} units: with fewer than about \
                 {FEW_UNITS} bootstrap intervals tend to be too short."
            )));
        } else {
            cautions.extend(narrow::BOOTSTRAP.when(smallest < ENOUGH_UNITS));
        }
    }
}

/// The ends of an interval.
#[derive(Debug, Clone, Copy)]
struct Ends {
    low: f64,
    high: f64,
    /// Whether an end is the smallest or largest replicate because there is none beyond it.
    outermost: bool,
}

impl Ends {
    fn interval(self, kind: Kind, level: f64) -> Interval {
        Interval {
            low: Some(self.low),
            high: Some(self.high),
            level,
            kind: IntervalKind::Bootstrap(kind),
        }
    }
}

/// A quantile of replicates.
struct Between {
    value: f64,
    outermost: bool,
}

/// The α quantile of sorted values, between two of them on the normal scale.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "α lies between 0 and 1"
)]
fn between(sorted: &[f64], alpha: f64) -> Result<Between, Error> {
    let n = sorted.len();
    let place = (n as f64 + 1.0) * alpha;
    let k = place.floor() as usize;
    if k == 0 || k >= n {
        return Ok(Between {
            value: sorted[if k == 0 { 0 } else { n - 1 }],
            // R's rule: the place itself may be the last one.
            outermost: place != n as f64,
        });
    }
    let z = |k: usize| normal_quantile(k as f64 / (n as f64 + 1.0));
    let (low, high) = (z(k)?, z(k + 1)?);
    let share = if place == k as f64 {
        0.0
    } else {
        (normal_quantile(alpha)? - low) / (high - low)
    };
    Ok(Between {
        value: sorted[k - 1] + share * (sorted[k] - sorted[k - 1]),
        outermost: false,
    })
}

/// Φ⁻¹(p)
fn normal_quantile(p: f64) -> Result<f64, Error> {
    Ok(-upper_quantile(p, Reference::Normal)?)
}

/// a = Σu³ / 6(Σu²)^(3/2), zero where there is no influence.
fn acceleration(influence: &[f64]) -> f64 {
    // In units of the largest, so that cubes stay numbers.
    let largest = influence.iter().fold(0.0, |m, u| f64::max(m, u.abs()));
    if largest == 0.0 {
        return 0.0;
    }
    let (squares, cubes) = influence.iter().fold((0.0, 0.0), |(squares, cubes), u| {
        let u = u / largest;
        (squares + u * u, cubes + u * u * u)
    });
    cubes / (6.0 * squares.powf(1.5))
}

/// u of the units of one stratum, from the statistic without each of them.
fn influence_of(without: &[Option<f64>]) -> Option<Vec<f64>> {
    let n = without.len() as f64;
    if without.len() < 2 {
        return Some(vec![0.0; without.len()]);
    }
    let without: Vec<f64> = without.iter().copied().collect::<Option<_>>()?;
    let mean = without.iter().sum::<f64>() / n;
    Some(without.iter().map(|t| (n - 1.0) / n * (mean - t)).collect())
}

/// A draw for which the statistic has no value, without an error.
const NO_VALUE: &str = "gave no value";

/// What became of a draw that the statistic refused.
fn fate(error: &Error) -> &'static str {
    match error {
        Error::NotConverged { .. } => "did not converge",
        Error::Separated { .. } => "were separated",
        Error::NoMaximum { .. } => "had no maximum",
        Error::Contrast { .. } => "lacked a column that the statistic needs",
        _ => "were refused",
    }
}

fn count(reasons: &mut Vec<Failure>, why: &str) {
    match reasons.iter_mut().find(|reason| reason.why == why) {
        Some(reason) => reason.draws += 1,
        None => reasons.push(Failure {
            why: why.to_owned(),
            draws: 1,
        }),
    }
}

/// `5 did not converge, 2 were separated`, where more is known than that there was no value.
fn listed(reasons: &[Failure]) -> Option<String> {
    if reasons.iter().all(|reason| reason.why == NO_VALUE) {
        return None;
    }
    let each = reasons.iter().map(|r| format!("{} {}", r.draws, r.why));
    Some(each.collect::<Vec<_>>().join(", "))
}

fn usable(replicate: Replicate) -> bool {
    replicate.value.is_finite() && replicate.std_error.is_none_or(f64::is_finite)
}

/// Draws as many of the places 0, 1, … as there are.
fn draw_units(stream: &mut Stream, n: usize, drawn: &mut Vec<u32>) {
    drawn.resize(n, 0);
    stream.fill_below(u32::try_from(n).unwrap_or(u32::MAX), drawn);
}

/// Buffers of one thread.
#[derive(Default)]
struct Work {
    drawn: Vec<u32>,
    strata: Vec<Moments>,
}

/// A mean of units that are drawn within strata.
#[derive(Default)]
struct Mean {
    strata: Vec<Totals>,
    /// What was taken off every value.
    centre: f64,
}

/// The sum s and the number n of rows of each unit; no numbers where each is one row.
#[derive(Default)]
struct Totals {
    s: Vec<f64>,
    n: Option<Vec<f64>>,
}

/// Sums over units drawn from one stratum.
#[derive(Debug, Clone, Copy, Default)]
struct Moments {
    units: f64,
    s: f64,
    n: f64,
    ss: f64,
    sn: f64,
    nn: f64,
}

/// A mean and its variance; the variance only where it was asked for.
struct Drawn {
    mean: f64,
    variance: f64,
}

impl Mean {
    fn add(&mut self, units: &Units, stratum: std::ops::Range<usize>, values: &[f64]) {
        let sum = |unit: usize| units.members(unit).iter().map(|&row| values[row]).sum();
        let n: Vec<f64> = stratum
            .clone()
            .map(|unit| units.members(unit).len() as f64)
            .collect();
        self.strata.push(Totals {
            s: stratum.map(sum).collect(),
            n: n.iter().any(|&n| n != 1.0).then_some(n),
        });
    }

    /// The same with values from their mean, so that squares do not cancel.
    fn centred(mut self) -> Self {
        let all = self
            .strata
            .iter()
            .map(Totals::moments)
            .fold((0.0, 0.0), |(s, n), m| (s + m.s, n + m.n));
        self.centre = all.0 / all.1;
        for stratum in &mut self.strata {
            match &stratum.n {
                None => stratum.s.iter_mut().for_each(|s| *s -= self.centre),
                Some(n) => {
                    for (s, n) in stratum.s.iter_mut().zip(n) {
                        *s -= n * self.centre;
                    }
                }
            }
        }
        self
    }

    fn as_it_is(&self) -> Drawn {
        let moments: Vec<Moments> = self.strata.iter().map(Totals::moments).collect();
        self.of(&moments, true)
    }

    fn drawn(&self, stream: &mut Stream, work: &mut Work, with_error: bool) -> Drawn {
        work.strata.clear();
        for stratum in &self.strata {
            draw_units(stream, stratum.s.len(), &mut work.drawn);
            work.strata.push(stratum.of(&work.drawn, with_error));
        }
        self.of(&work.strata, with_error)
    }

    /// The mean is Σs/Σn; its variance that of the sums of e = s − mean · n within strata.
    fn of(&self, strata: &[Moments], with_error: bool) -> Drawn {
        let (s, n) = strata
            .iter()
            .fold((0.0, 0.0), |(s, n), m| (s + m.s, n + m.n));
        let mean = s / n;
        let variance = if with_error {
            let of = |m: &Moments| {
                let sum = m.s - mean * m.n;
                let squares = m.ss - 2.0 * mean * m.sn + mean * mean * m.nn;
                let around = (squares - sum * sum / m.units).max(0.0);
                if m.units > 1.0 {
                    m.units / (m.units - 1.0) * around
                } else {
                    0.0
                }
            };
            strata.iter().map(of).sum::<f64>() / (n * n)
        } else {
            0.0
        };
        Drawn {
            mean: self.centre + mean,
            variance,
        }
    }

    /// u of each unit: the mean without it is (Σs − sᵢ)/(Σn − nᵢ).
    fn influence(&self) -> Option<Vec<f64>> {
        let (s, n) = self
            .strata
            .iter()
            .map(Totals::moments)
            .fold((0.0, 0.0), |(s, n), m| (s + m.s, n + m.n));
        let of = |stratum: &Totals| {
            let without = |i: usize| {
                let rest = n - stratum.n.as_ref().map_or(1.0, |n| n[i]);
                (rest > 0.0).then(|| (s - stratum.s[i]) / rest)
            };
            influence_of(&(0..stratum.s.len()).map(without).collect::<Vec<_>>())
        };
        self.strata
            .iter()
            .map(of)
            .collect::<Option<Vec<_>>>()
            .map(|u| u.concat())
    }
}

impl Totals {
    /// The sums over all units once.
    fn moments(&self) -> Moments {
        let each: Vec<u32> = (0..self.s.len())
            .map_while(|i| u32::try_from(i).ok())
            .collect();
        self.of(&each, true)
    }

    /// The sums over the units drawn, in four lanes.
    fn of(&self, drawn: &[u32], with_error: bool) -> Moments {
        let units = drawn.len() as f64;
        let s = lanes(drawn, |i| self.s[i]);
        let n = self.n.as_ref().map_or(units, |n| lanes(drawn, |i| n[i]));
        if !with_error {
            return Moments {
                units,
                s,
                n,
                ..Moments::default()
            };
        }
        Moments {
            units,
            s,
            n,
            ss: lanes(drawn, |i| self.s[i] * self.s[i]),
            sn: self
                .n
                .as_ref()
                .map_or(s, |n| lanes(drawn, |i| self.s[i] * n[i])),
            nn: self
                .n
                .as_ref()
                .map_or(units, |n| lanes(drawn, |i| n[i] * n[i])),
        }
    }
}

/// Σ f(i) over the places drawn, in four lanes whose order is fixed.
#[inline]
fn lanes(drawn: &[u32], f: impl Fn(usize) -> f64) -> f64 {
    let (fours, rest) = drawn.as_chunks::<4>();
    let mut sums = [0.0; 4];
    for four in fours {
        for (sum, &i) in sums.iter_mut().zip(four) {
            *sum += f(i as usize);
        }
    }
    let [a, b, c, d] = sums;
    rest.iter()
        .fold((a + b) + (c + d), |sum, &i| sum + f(i as usize))
}

/// Each arm and stratum together as one stratum.
fn crossed(arm: &Grouping, strata: Option<&Grouping>) -> Result<Grouping, Error> {
    let Some(strata) = strata else {
        return Ok(arm.clone());
    };
    same_length(&strata.name, strata.index.len(), arm.index.len())?;
    let inner = u32::try_from(strata.levels.len())
        .unwrap_or(u32::MAX)
        .max(1);
    let names =
        |a: &String| -> Vec<String> { strata.levels.iter().map(|s| format!("{a}, {s}")).collect() };
    Ok(Grouping {
        name: format!("{} and {}", arm.name, strata.name),
        levels: arm.levels.iter().flat_map(names).collect(),
        index: arm
            .index
            .iter()
            .zip(&strata.index)
            .map(|(a, s)| a * inner + s)
            .collect(),
    })
}

/// `difference of means, drawn by whole family within arm and team`
fn described(what: &str, scheme: Scheme<'_>, arm: Option<&Grouping>) -> String {
    let within: Vec<&str> = arm
        .into_iter()
        .chain(scheme.strata)
        .map(|grouping| grouping.name.as_str())
        .collect();
    let mut text = what.to_owned();
    if let Some(clusters) = scheme.clusters {
        text = format!("{text}, drawn by whole {}", clusters.name);
    }
    if within.is_empty() {
        return text;
    }
    let joint = if scheme.clusters.is_some() {
        ""
    } else {
        ", drawn"
    };
    format!("{text}{joint} within {}", within.join(" and "))
}

fn note(text: &str) -> Caution {
    Caution::Note(text.to_owned())
}

fn too_few(what: String, needed: usize, found: usize) -> Error {
    Error::TooFew {
        method: "the bootstrap",
        what,
        needed,
        found,
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    reason = "a test may stop at what it did not expect"
)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_lie_between_replicates_on_the_normal_scale() {
        let values = [1.0, 2.0, 4.0];
        // Place 4 · 0.5 = 2 is the second value.
        assert_eq!(between(&values, 0.5).unwrap().value, 2.0);
        // Place 1.2 of 4: from z(0.25) to z(0.5), at z(0.3).
        let z = |p| normal_quantile(p).unwrap();
        let share = (z(0.3) - z(0.25)) / -z(0.25);
        assert!((between(&values, 0.3).unwrap().value - (1.0 + share)).abs() < 1e-15);
        assert!(between(&values, 0.1).unwrap().outermost);
        assert_eq!(between(&values, 0.99).unwrap().value, 4.0);
        assert!(!between(&values, 0.75).unwrap().outermost);
    }

    #[test]
    fn acceleration_by_hand() {
        // u = −1, −1, 2: Σu³ = 6, Σu² = 6.
        let a = 6.0 / (6.0 * 6.0_f64.powf(1.5));
        assert!((acceleration(&[-1.0, -1.0, 2.0]) - a).abs() < 1e-15);
        assert!((acceleration(&[-1e200, -1e200, 2e200]) - a).abs() < 1e-15);
        assert_eq!(acceleration(&[]), 0.0);
        // The mean without each of 1, 2, 6 is 4, 3.5, 1.5; their mean 3, u = ⅔(3 − t).
        let u = influence_of(&[Some(4.0), Some(3.5), Some(1.5)]).unwrap();
        for (u, truth) in u.iter().zip([-2.0 / 3.0, -1.0 / 3.0, 1.0]) {
            assert!((u - truth).abs() < 1e-15);
        }
    }

    #[test]
    fn ties_count_as_a_half() {
        // All 27 means of three draws from 1, 2, 3: seven are 2, ten below and ten above, and the
        // distribution is the same on both sides. So w = 0, and BCa is the percentile interval.
        let mut means = Vec::new();
        for i in 0..27 {
            means.push(f64::from(i % 3 + i / 3 % 3 + i / 9 + 3) / 3.0);
        }
        let found = Replicates {
            estimate: 2.0.into(),
            values: &means,
            std_errors: &[],
            influence: &[-1.0, 0.0, 1.0],
        };
        let bca = found
            .interval(Kind::BiasCorrectedAccelerated, 0.8)
            .unwrap()
            .unwrap();
        let percentile = found.interval(Kind::Percentile, 0.8).unwrap().unwrap();
        assert!((bca.low.unwrap() - percentile.low.unwrap()).abs() < 1e-14);
        assert!((bca.high.unwrap() - percentile.high.unwrap()).abs() < 1e-14);
    }
}
