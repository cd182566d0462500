//! `cargo xtask coverage`: how often the intervals of kring have the truth in them.
//!
//! Each scenario draws data whose truth is known, estimates, and asks whether the interval of 95%
//! holds that truth; the scenarios are one table, in the files beside this one, a row each.
//!
//! ```text
//! coverage  c, the share of n replicates with an interval that has the truth in it
//! MCSE      √(c(1 − c)/n);  and under the claim s = √(.95 · .05/n)
//! exact     holds if c ≥ .95 − 3 s
//! nominal   holds if |c − .95| ≤ 3 s
//! approximate  holds if c ≥ .95 − 3 s, or if the results say themselves that the interval may be too
//!           narrow: then at least 95% of them carry a caution
//! bias      b = θ̄ − θ, MCSE √(Σ(θ̂ᵢ − θ̄)²/(n(n − 1))), of scenarios that ask for it; holds if |b| ≤ 3 MCSE,
//!           or if at least 95% of the results carry a caution
//! ```
//! A replicate draws from the stream of its number, on the seed of the scenario's name, or of the fit that
//! several scenarios share: the same bits for any number of threads, and a new scenario moves no other.
//!
//! Morris TP, White IR & Crowther MJ (2019), Statistics in Medicine 38:2074–2102, doi 10.1002/sim.8086.

mod agreement;
mod cohort;
mod effects;
mod generalized;
mod linear;
mod marginal;
mod means;
mod mixed;
mod panel;
mod ranks;
mod rates;
mod repeated;
mod resampled;
mod scenario;
mod shares;
mod two_part;
mod written;

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use clap::Args;
use kring_sim::performance::{
    Failure, FailureCount, PerformanceMeasure, PerformanceOptions, PerformanceRow,
};
use kring_sim::replicate::replicates_of_several;
use kring_stats::seed::Seed;
use thiserror::Error;

use scenario::{Asked, Claim, Pace, Scenario, absent};

/// Where drawing begins.
const SEED: u64 = 2019;
/// Replicates of a scenario, and how many times fewer where a fit is slow.
const REPLICATES: u64 = 10_000;
const SLOWER: u64 = 5;
/// What the intervals claim.
const LEVEL: f64 = 0.95;
/// How many standard errors a coverage may lie from its claim.
const WITHIN: f64 = 3.0;
/// The share of results that carry a caution, from which on a method is said to carry it.
const CAUTIOUS: f64 = 0.95;

/// Measures the coverage of the intervals, and the bias of the estimates of mixed models.
#[derive(Debug, Clone, Default, Args)]
pub struct CoverageArgs {
    /// Groups (`means`) or beginnings of names (`welch`); everything where nothing is named.
    names: Vec<String>,
    /// Replicates of a scenario; a fifth of them where a fit takes more than a millisecond.
    #[arg(long, value_name = "N", default_value_t = REPLICATES)]
    replicates: u64,
    /// Writes the table to a file: a page if it ends in .md, else comma-separated. May be repeated.
    #[arg(long, value_name = "FILE")]
    out: Vec<PathBuf>,
}

/// What the command refuses.
///
/// | variant | when | what to do |
/// |---|---|---|
/// | [`Unknown`](Error::Unknown) | no group and no scenario goes by the name | take one of those listed |
/// | [`File`](Error::File) | a file cannot be written | look at its folder |
/// | [`Sim`](Error::Sim) | replicates that hold no finite numbers | an estimator is at fault |
#[derive(Debug, Error)]
#[allow(
    missing_docs,
    reason = "the table above documents every variant and its fields speak"
)]
pub enum Error {
    #[error("no scenario begins with `{name}`; the groups are {groups}")]
    Unknown { name: String, groups: String },
    #[error("{path}: {reason}")]
    File { path: String, reason: String },
    #[error("{scenario}: {source}")]
    Sim {
        scenario: String,
        source: kring_sim::Error,
    },
}

/// A heading of the table, and what builds its rows.
struct Section {
    key: &'static str,
    heading: &'static str,
    /// A sentence under the heading, or none.
    about: &'static str,
    scenarios: fn() -> Vec<Scenario>,
}

/// All there is.
const SECTIONS: [Section; 14] = [
    Section {
        key: "means",
        heading: "Differences of means",
        about: "",
        scenarios: means::scenarios,
    },
    Section {
        key: "ranks",
        heading: "Ranks",
        about: "",
        scenarios: ranks::scenarios,
    },
    Section {
        key: "shares",
        heading: "Shares and tables",
        about: "",
        scenarios: shares::scenarios,
    },
    Section {
        key: "rates",
        heading: "Rates",
        about: "",
        scenarios: rates::scenarios,
    },
    Section {
        key: "effects",
        heading: "Effect sizes, balance and bounds",
        about: "",
        scenarios: effects::scenarios,
    },
    Section {
        key: "agreement",
        heading: "Agreement and reliability",
        about: "",
        scenarios: agreement::scenarios,
    },
    Section {
        key: "linear",
        heading: "The linear model",
        about: "",
        scenarios: linear::scenarios,
    },
    Section {
        key: "generalized",
        heading: "Generalised linear models",
        about: "",
        scenarios: generalized::scenarios,
    },
    Section {
        key: "two-part",
        heading: "Two-part and ordinal models",
        about: "",
        scenarios: two_part::scenarios,
    },
    Section {
        key: "lmm",
        heading: "Linear mixed models",
        about: "Scores of families, half of them in each arm, with a fifth of the later measurements missing; \
                `arm:wave` is how much more a wave changes in one arm than in the other, and `arm` the \
                difference of the arms on average over the waves. Variances are measured by their bias, which \
                without a wall at zero would be nothing under REML.",
        scenarios: mixed::linear,
    },
    Section {
        key: "glmm",
        heading: "Generalised linear mixed models",
        about: "Families, half of them in each arm, each with an effect of its own, and every wave seen; by \
                adaptive quadrature with nine nodes, which is what kring takes where families are small, or by \
                Laplace's approximation. Intervals are Wald's, by the normal distribution. Standard deviations \
                are maximum likelihood's, which takes no account of the coefficients.",
        scenarios: mixed::generalized,
    },
    Section {
        key: "gee",
        heading: "Marginal models",
        about: "Generalised estimating equations, exchangeable: families, half of them in each arm, over four \
                waves, with a fifth of the later measurements missing; counts with a gamma frailty a family, \
                and 0/1 from a latent normal number with a correlation of 0.3, so that the marginal model holds \
                exactly. `arm` is the difference of the arms on average over the waves, which families do not \
                know by themselves; `arm:wave` how much more a wave changes in one arm, which they do. \
                Errors by each correction for few families, with the reference behind the comma.",
        scenarios: marginal::scenarios,
    },
    Section {
        key: "mmrm",
        heading: "Models for repeated measures",
        about: "Scores of families, half of them in each arm, over four waves, with a fifth of the later measurements \
                missing; standard deviations that grow over the waves and correlations that fade between them, and \
                an unstructured covariance by REML. `arm` and `arm:wave` are as above; degrees of freedom or errors \
                by each method, the last with Satterthwaite's degrees of freedom for CR2.",
        scenarios: repeated::scenarios,
    },
    Section {
        key: "bootstrap",
        heading: "The bootstrap",
        about: "",
        scenarios: resampled::scenarios,
    },
];

/// What came of a scenario.
#[derive(Debug, Clone, PartialEq)]
struct Measured {
    section: &'static str,
    name: String,
    estimator: String,
    data: String,
    claim: Claim,
    asked: Asked,
    truth: f64,
    replicates: usize,
    /// Replicates that the estimator refused.
    failures: usize,
    /// By what error, the most frequent first.
    refusals: Vec<FailureCount>,
    /// The share of intervals that have the truth in them, of those there are.
    coverage: Option<PerformanceRow>,
    /// The mean of the estimates less the truth.
    bias: Option<PerformanceRow>,
    /// The standard deviation of the estimates.
    empirical_se: Option<PerformanceRow>,
    /// By how many percent the model's errors are larger than that.
    relative_error: Option<PerformanceRow>,
    /// The share of the results that carry a caution.
    cautioned: f64,
}

/// How a measured coverage stands to the claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Holds,
    TooNarrow,
    TooWide,
    /// No replicate had an interval.
    Nothing,
    /// It is the bias that is asked for.
    NotAsked,
}

/// The measurements; as text, the report.
pub struct Coverage {
    measured: Vec<Measured>,
}

/// Measures, says each row as it is there, and writes the files.
pub fn run(args: &CoverageArgs, say: &mut dyn FnMut(&str)) -> Result<Coverage, Error> {
    let mut measured = Vec::new();
    let chosen = chosen(&args.names)?;
    for fit in chosen.chunk_by(|(_, a), (_, b)| a.draws == b.draws) {
        let n = match fit[0].1.pace {
            Pace::Quick => args.replicates,
            Pace::Slow => args.replicates.div_ceil(SLOWER),
        };
        let start = Instant::now();
        let rows = measure(fit, n)?;
        let seconds = start.elapsed().as_secs_f64();
        for row in &rows {
            say(&row.line(seconds));
        }
        measured.extend(rows);
    }
    let coverage = Coverage { measured };
    for path in &args.out {
        let page = path.extension().is_some_and(|ending| ending == "md");
        let text = if page {
            coverage.page(args.replicates)
        } else {
            coverage.table()
        };
        fs::write(path, text).map_err(|error| Error::File {
            path: path.display().to_string(),
            reason: error.to_string(),
        })?;
    }
    Ok(coverage)
}

/// The scenarios of a name, in the order of the table.
fn chosen(names: &[String]) -> Result<Vec<(&'static str, Scenario)>, Error> {
    let all: Vec<(&'static Section, Scenario)> = SECTIONS
        .iter()
        .flat_map(|section| (section.scenarios)().into_iter().map(move |s| (section, s)))
        .collect();
    let fits = |name: &str, section: &Section, s: &Scenario| {
        section.key == name || s.name.starts_with(name)
    };
    for name in names {
        if !all.iter().any(|(section, s)| fits(name, section, s)) {
            return Err(Error::Unknown {
                name: name.clone(),
                groups: SECTIONS.map(|section| section.key).join(", "),
            });
        }
    }
    let wanted = |section: &Section, s: &Scenario| {
        names.is_empty() || names.iter().any(|name| fits(name, section, s))
    };
    let chosen = all.into_iter().filter(|(section, s)| wanted(section, s));
    Ok(chosen.map(|(section, s)| (section.heading, s)).collect())
}

/// Runs the replicates of the scenarios of one fit.
fn measure(fit: &[(&'static str, Scenario)], n: u64) -> Result<Vec<Measured>, Error> {
    let Some((_, first)) = fit.first() else {
        return Ok(Vec::new());
    };
    let seed = Seed::new(SEED).child(&first.draws, 0);
    // A count does not depend on the order in which it was made.
    let cautioned: Vec<AtomicU64> = fit.iter().map(|_| AtomicU64::new(0)).collect();
    let found = replicates_of_several(
        0..n,
        fit.len(),
        || (),
        |(), i| {
            let failed = |error| Failure::of(&error);
            let all = (first.run)(&mut seed.stream(i)).map_err(failed)?;
            let picked = fit
                .iter()
                .zip(&cautioned)
                .map(|((_, scenario), cautioned)| {
                    let estimate = all.get(scenario.place).cloned();
                    let estimate = estimate.ok_or_else(|| failed(absent(&scenario.name)))?;
                    if !estimate.cautions.is_empty() {
                        cautioned.fetch_add(1, Ordering::Relaxed);
                    }
                    Ok(estimate)
                });
            picked.collect()
        },
    );
    let of_sim = |source| Error::Sim {
        scenario: first.draws.clone(),
        source,
    };
    let rows = fit.iter().zip(found.map_err(of_sim)?).zip(cautioned);
    rows.map(|(((section, scenario), found), cautioned)| {
        let options = PerformanceOptions::of(scenario.truth);
        let performance = found.performance(&options).map_err(of_sim)?;
        let row = |measure| performance.row(measure).copied();
        let failures = found.failed().len();
        let results = performance.replicates - failures;
        Ok(Measured {
            section,
            name: scenario.name.clone(),
            estimator: scenario.estimator.clone(),
            data: scenario.data.clone(),
            claim: scenario.claim,
            asked: scenario.asked,
            truth: scenario.truth,
            replicates: performance.replicates,
            failures,
            coverage: row(PerformanceMeasure::Coverage),
            bias: row(PerformanceMeasure::Bias),
            empirical_se: row(PerformanceMeasure::EmpiricalSe),
            relative_error: row(PerformanceMeasure::RelativeError),
            refusals: performance.failures,
            cautioned: cautioned.into_inner() as f64 / results.max(1) as f64,
        })
    })
    .collect()
}

impl Measured {
    /// The standard error that a coverage of 95% would have.
    fn under_the_claim(&self) -> f64 {
        let n = self.coverage.map_or(1, |row| row.n) as f64;
        (LEVEL * (1.0 - LEVEL) / n).sqrt()
    }

    fn verdict(&self) -> Verdict {
        if self.asked == Asked::Bias {
            return Verdict::NotAsked;
        }
        let Some(row) = self.coverage else {
            return Verdict::Nothing;
        };
        let allowed = WITHIN * self.under_the_claim();
        if row.value < LEVEL - allowed {
            Verdict::TooNarrow
        } else if row.value > LEVEL + allowed && self.claim != Claim::Exact {
            Verdict::TooWide
        } else {
            Verdict::Holds
        }
    }

    /// A promise that was not kept, or an interval that is too narrow without saying so.
    fn broken(&self) -> bool {
        let interval = match (self.claim, self.verdict()) {
            (_, Verdict::Holds | Verdict::NotAsked) | (Claim::Approximate, Verdict::TooWide) => {
                false
            }
            (Claim::Approximate, Verdict::TooNarrow) => !self.warns(),
            (_, Verdict::Nothing) | (Claim::Exact | Claim::Nominal, _) => true,
        };
        interval || self.off() && !self.warns()
    }

    fn warns(&self) -> bool {
        self.cautioned >= CAUTIOUS
    }

    /// The judgement in words.
    fn words(&self) -> &'static str {
        match (self.claim, self.verdict(), self.warns()) {
            (_, Verdict::NotAsked, _) => "",
            (_, Verdict::Nothing, _) => "BROKEN: no interval",
            (Claim::Exact, Verdict::Holds, _) => "holds: at least 95%",
            (Claim::Nominal, Verdict::Holds, _) => "holds",
            (Claim::Approximate, Verdict::Holds, _) => "near 95% here",
            (Claim::Exact | Claim::Nominal, Verdict::TooNarrow, _) => "BROKEN: too narrow",
            (Claim::Exact | Claim::Nominal, Verdict::TooWide, _) => "BROKEN: too wide",
            (Claim::Approximate, Verdict::TooNarrow, true) => "too narrow here, with a caution",
            (Claim::Approximate, Verdict::TooNarrow, false) => {
                "BROKEN: too narrow without a caution"
            }
            (Claim::Approximate, Verdict::TooWide, true) => "wide here, with a caution",
            (Claim::Approximate, Verdict::TooWide, false) => "wide here",
        }
    }

    /// Whether the estimates are off on average by more than chance, where that is asked.
    fn off(&self) -> bool {
        let asked = self.bias.filter(|_| self.asked != Asked::Interval);
        asked.is_some_and(|row| row.value.abs() > WITHIN * row.mcse.unwrap_or(0.0))
    }

    /// The judgement of the bias in words.
    fn words_of_bias(&self) -> &'static str {
        match (self.asked, self.bias, self.off(), self.warns()) {
            (Asked::Interval, ..) => "",
            (_, None, ..) => "BROKEN: no estimate",
            (_, _, false, _) => "within 3 MCSE",
            (_, _, true, true) => "biased, with a caution",
            (_, _, true, false) => "BROKEN: biased without a caution",
        }
    }

    /// How many replicates failed by which error.
    fn reasons(&self) -> String {
        let each = self.refusals.iter();
        let each = each.map(|count| format!("{} {}", count.times, count.kind));
        each.collect::<Vec<_>>().join(", ")
    }

    /// Replicates that came back without an interval.
    fn without(&self) -> usize {
        self.replicates - self.failures - self.coverage.map_or(0, |row| row.n)
    }

    /// The coverage and its standard error, as percentages.
    fn figures(&self) -> (String, String) {
        let percent = |x: f64| format!("{:.2}", 100.0 * x);
        self.coverage.map_or_else(Default::default, |row| {
            (percent(row.value), percent(row.mcse.unwrap_or(0.0)))
        })
    }

    /// The bias on the terminal.
    fn bias_line(&self) -> String {
        let (Some(bias), Some(sd)) = (self.bias, self.empirical_se) else {
            return String::new();
        };
        if self.asked == Asked::Interval {
            return String::new();
        }
        let ratio = self
            .relative_error
            .map_or(f64::NAN, |row| 1.0 + row.value / 100.0);
        format!(
            "bias {:+.4} ±{:.4}, {:+.1}%, {:+.3} SD, SE/SD {ratio:.3}: {}",
            bias.value,
            bias.mcse.unwrap_or(0.0),
            100.0 * bias.value / self.truth,
            bias.value / sd.value,
            self.words_of_bias(),
        )
    }

    /// A line for the terminal, with the milliseconds of a replicate.
    fn line(&self, seconds: f64) -> String {
        let (coverage, mcse) = self.figures();
        let each = 1e3 * seconds / self.replicates.max(1) as f64;
        let refused = self.refusals.first();
        let refused =
            refused.map_or_else(String::new, |one| format!("{}: {}", one.kind, one.example));
        let share = 100.0 * self.cautioned;
        format!(
            "{:<48} {coverage:>6} ±{mcse:<5} {:>6}  caution {share:>3.0}%  refused {:>5}  none {:>5} {each:>8.3} ms  {} {}\n",
            self.name,
            self.replicates,
            self.failures,
            self.without(),
            [self.words(), &self.bias_line()].join(" "),
            refused.chars().take(90).collect::<String>(),
        )
    }
}

impl Coverage {
    /// Whether every promise was kept.
    pub fn passed(&self) -> bool {
        !self.measured.iter().any(Measured::broken)
    }

    /// The last words on the terminal.
    pub fn summary(&self) -> String {
        let broken: Vec<&str> = (self.measured.iter())
            .filter(|m| m.broken())
            .map(|m| m.name.as_str())
            .collect();
        let approximate = |verdict| {
            let rows = self.measured.iter();
            rows.filter(|m| m.claim == Claim::Approximate && m.verdict() == verdict)
                .count()
        };
        let kept = match broken.as_slice() {
            [] => "every exact and nominal claim holds, and no interval is too narrow and no \
                   estimate biased without a caution"
                .to_owned(),
            some => format!("BROKEN: {}", some.join(", ")),
        };
        let biases = || (self.measured.iter()).filter(|m| m.asked != Asked::Interval);
        format!(
            "{} scenarios; {kept}; of the approximate intervals {} near 95%, {} too narrow, {} wide; of {} \
             estimates {} within {WITHIN:.0} MCSE of the truth\n",
            self.measured.len(),
            approximate(Verdict::Holds),
            approximate(Verdict::TooNarrow),
            approximate(Verdict::TooWide),
            biases().count(),
            biases().filter(|m| !m.off()).count(),
        )
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    reason = "a test may stop at what it did not expect"
)]
mod tests {
    use std::collections::{HashMap, HashSet};
    use std::path::Path;

    use kring_core::seed::Stream;
    use kring_core::{Estimate, Value};
    use kring_stats::narrow::{BIASED, MEASURED};

    use super::scenario::Target;
    use super::*;

    fn scenario(name: &str) -> Scenario {
        let all = chosen(&[name.to_owned()]).unwrap();
        let found = all.into_iter().find(|(_, scenario)| scenario.name == name);
        found.unwrap().1
    }

    fn measured(scenario: Scenario, n: u64) -> Measured {
        measure(&[("", scenario)], n).unwrap().remove(0)
    }

    fn coverage(scenario: Scenario, n: u64) -> f64 {
        measured(scenario, n).coverage.unwrap().value
    }

    /// The bound of the fast tests: five standard errors of a true 95%.
    fn five(n: u64) -> f64 {
        5.0 * (LEVEL * (1.0 - LEVEL) / n as f64).sqrt()
    }

    #[test]
    fn nominal_intervals_hold_the_truth_as_often_as_they_say() {
        for name in [
            "student/field",
            "paired/three",
            "lm-classical/3 3 equal",
            "ICC3/8",
        ] {
            let c = coverage(scenario(name), 400);
            assert!((c - LEVEL).abs() < five(400), "{name}: {c}");
        }
        for name in [
            "share-clopper-pearson/55 0.02",
            "rate-exact/2",
            "funnel/12 0.2",
        ] {
            let c = coverage(scenario(name), 400);
            assert!(c > LEVEL - five(400), "{name}: {c}");
        }
    }

    /// A mechanism that passes everything would pass these too.
    #[test]
    fn a_wrong_interval_is_caught() {
        let right = scenario("student/field");
        let truth = right.truth;
        let narrow = Scenario::new("narrow", "", "", Claim::Nominal, truth, move |stream| {
            let mut estimate = right.estimate(stream)?;
            if let Some(interval) = &mut estimate.interval {
                // Half as wide: P(|t| < 0.99) is about .68.
                let value = estimate.value.finite().unwrap();
                interval.low = interval.low.map(|low| f64::midpoint(low, value));
                interval.high = interval.high.map(|high| f64::midpoint(high, value));
            }
            Ok(estimate)
        });
        let found = measured(narrow, 400);
        assert_eq!(found.verdict(), Verdict::TooNarrow);
        assert!(found.broken());
        let c = found.coverage.unwrap().value;
        assert!(
            (c - 0.676).abs() < 5.0 * (0.676_f64 * 0.324 / 400.0).sqrt(),
            "{c}"
        );

        // The same interval around a truth that is not that of the data.
        let shifted = Scenario {
            truth: 3.3,
            ..scenario("student/field")
        };
        assert!(measured(shifted, 400).broken());

        // Wide is broken for a nominal claim, not for an exact one.
        let wide = |claim, from: Scenario| {
            Scenario::new("wide", "", "", claim, truth, move |stream| {
                let mut estimate = from.estimate(stream)?;
                if let Some(interval) = &mut estimate.interval {
                    interval.low = None;
                }
                Ok(estimate)
            })
        };
        let found = measured(wide(Claim::Nominal, scenario("student/field")), 4000);
        assert_eq!(found.verdict(), Verdict::TooWide);
        let found = Measured {
            claim: Claim::Exact,
            ..found
        };
        assert!(!found.broken());
    }

    #[test]
    fn the_numbers_do_not_depend_on_who_runs_them() {
        let name = "glm-Poisson Wald/8 10";
        let once = measured(scenario(name), 300);
        assert_eq!(once, measured(scenario(name), 300));
        let scenario = scenario(name);
        // One by one, by this thread alone.
        let seed = Seed::new(SEED).child(&scenario.name, 0);
        let covered = (0..300).filter(|&i| {
            let found = scenario.estimate(&mut seed.stream(i)).unwrap();
            let interval = found.interval.unwrap();
            interval.low.unwrap() <= scenario.truth && scenario.truth <= interval.high.unwrap()
        });
        assert_eq!(covered.count() as f64 / 300.0, once.coverage.unwrap().value);
    }

    /// Every scenario gives results, and no two have one name (and so one seed).
    #[test]
    fn every_scenario_runs() {
        let mut names = HashSet::new();
        let all = chosen(&[]).unwrap();
        let mut draws = HashSet::new();
        for fit in all.chunk_by(|(_, a), (_, b)| a.draws == b.draws) {
            let first = &fit[0].1;
            assert!(draws.insert(first.draws.clone()), "{}", first.draws);
            let seed = Seed::new(SEED).child(&first.draws, 0);
            let found: Vec<_> = (0..4)
                .filter_map(|i| (first.run)(&mut seed.stream(i)).ok())
                .collect();
            for (place, (_, scenario)) in fit.iter().enumerate() {
                assert!(names.insert(scenario.name.clone()), "{}", scenario.name);
                assert!(scenario.truth.is_finite(), "{}", scenario.name);
                assert_eq!(scenario.place, place, "{}", scenario.name);
                let given = found.iter().any(|estimates| {
                    let interval = estimates[place].interval;
                    scenario.asked == Asked::Bias
                        || interval.is_some_and(|interval| (interval.level - LEVEL).abs() < 0.05)
                });
                assert!(given, "{}", scenario.name);
            }
        }
    }

    /// An estimator that adds a third of its standard deviation.
    #[test]
    fn a_bias_is_caught() {
        let biased = |shift: f64| {
            let right = scenario("student/field");
            let target = Target {
                key: "difference",
                words: "difference",
                asked: Asked::Both,
                truth: right.truth,
            };
            let run = move |stream: &mut Stream| {
                let mut estimate = right.estimate(stream)?;
                estimate.value = Value::Value(estimate.value.finite().unwrap() + shift);
                Ok(vec![estimate])
            };
            Scenario::of_one_fit("biased", "", "", Pace::Quick, vec![target], run).remove(0)
        };
        let right = measured(biased(0.0), 1000);
        assert!(!right.off() && right.words_of_bias() == "within 3 MCSE");
        let wrong = measured(biased(0.2), 1000);
        assert!(wrong.off() && wrong.broken());
        let warned = Measured {
            cautioned: 1.0,
            ..wrong
        };
        assert_eq!(warned.words_of_bias(), "biased, with a caution");
    }

    #[test]
    fn an_unknown_name_lists_the_groups() {
        let args = CoverageArgs {
            names: vec!["wlech".to_owned()],
            replicates: 1,
            out: Vec::new(),
        };
        let refused = run(&args, &mut |_| ()).err().unwrap().to_string();
        assert!(refused.contains("means, ranks, shares"), "{refused}");
    }

    /// The committed table is of the scenarios that there are, and keeps every promise.
    #[test]
    fn the_committed_table_is_whole() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let read = |file: &str| fs::read_to_string(root.join(file)).unwrap();
        let (page, table) = (read("docs/coverage.md"), read("reference/coverage.csv"));
        let all = chosen(&[]).unwrap();
        assert_eq!(table.lines().count(), all.len() + 1);
        for (_, scenario) in &all {
            assert!(table.contains(&scenario.name), "{}", scenario.name);
            assert!(page.contains(&scenario.estimator), "{}", scenario.estimator);
        }
        assert!(!table.contains("BROKEN") && !page.contains("BROKEN"));
    }

    /// A field of each line of the committed table, by its names.
    fn committed() -> Vec<HashMap<String, String>> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let table = fs::read_to_string(root.join("reference/coverage.csv")).unwrap();
        let fields = |line: &str| -> Vec<String> {
            // No field has a quotation mark in it.
            let parts = line.split('"').enumerate();
            let marked = parts.map(|(k, part)| match k % 2 {
                0 => part.replace(',', "\0"),
                _ => part.to_owned(),
            });
            let whole: String = marked.collect();
            whole.split('\0').map(str::to_owned).collect()
        };
        let mut lines = table.lines().map(fields);
        let names = lines.next().unwrap();
        let row = |fields: Vec<String>| names.iter().cloned().zip(fields).collect();
        lines.map(row).collect()
    }

    /// Wherever the committed coverage is below the level by more than chance, the fit says so.
    #[test]
    fn no_interval_is_too_narrow_without_a_caution() {
        let mut narrow = 0;
        for row in committed() {
            let number = |name: &str| row[name].parse::<f64>().unwrap();
            if row["coverage"].is_empty() {
                continue;
            }
            let n = number("replicates") - number("refused") - number("without_interval");
            if number("coverage") < LEVEL - WITHIN * (LEVEL * (1.0 - LEVEL) / n).sqrt() {
                narrow += 1;
                assert!(number("cautioned") >= CAUTIOUS, "{row:?}");
            }
        }
        assert!(narrow > 50, "{narrow}");
    }

    /// What an estimator says of its own interval is what the committed table says.
    #[test]
    fn cautions_quote_the_committed_table() {
        let committed = committed();
        for narrow in MEASURED {
            let row = committed.iter().find(|row| row["name"] == narrow.scenario);
            let row = row.unwrap_or_else(|| panic!("{}", narrow.scenario));
            let coverage: f64 = row["coverage"].parse().unwrap();
            assert_eq!(row["data"], narrow.on);
            let apart = (100.0 * coverage - narrow.percent).abs();
            assert!(apart < 0.005 + 1e-9, "{}: {coverage}", narrow.scenario);
            assert!(
                row["verdict"] == "too narrow here, with a caution",
                "{row:?}"
            );
        }
    }

    /// The same of biases.
    #[test]
    fn cautions_quote_the_committed_biases() {
        let committed = committed();
        for biased in BIASED {
            let row = committed.iter().find(|row| row["name"] == biased.scenario);
            let row = row.unwrap_or_else(|| panic!("{}", biased.scenario));
            let number = |name: &str| row[name].parse::<f64>().unwrap();
            assert_eq!(row["data"], biased.on);
            let percent = 100.0 * number("bias") / number("truth");
            let apart = (percent - biased.percent).abs();
            assert!(apart < 0.005 + 1e-9, "{}: {percent}", biased.scenario);
            assert!(row["bias_verdict"] == "biased, with a caution", "{row:?}");
        }
    }

    /// Every result of a scenario that is quoted carries that caution, but for few.
    #[test]
    fn the_scenarios_quoted_carry_their_cautions() {
        let narrow = MEASURED.map(|one| (one.scenario, one.caution()));
        let biased = BIASED.map(|one| (one.scenario, one.caution()));
        for (name, caution) in narrow.into_iter().chain(biased) {
            let scenario = scenario(name);
            let n = if scenario.pace == Pace::Quick {
                200
            } else {
                40
            };
            let seed = Seed::new(SEED).child(&scenario.draws, 0);
            let found = (0..n).filter_map(|i| scenario.estimate(&mut seed.stream(i)).ok());
            let found: Vec<Estimate> = found.collect();
            let carry = found.iter().filter(|e| e.cautions.contains(&caution));
            let share = carry.count() as f64 / found.len() as f64;
            assert!(share >= 0.9, "{name}: {share}");
        }
    }
}
