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
//! ```
//! A replicate draws from the stream of its number, on the seed of the scenario's name: the same bits
//! for any number of threads, and a new scenario moves no other.

mod agreement;
mod cohort;
mod effects;
mod generalized;
mod linear;
mod means;
mod ranks;
mod rates;
mod resampled;
mod scenario;
mod shares;
mod two_part;

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Instant, SystemTime};

use clap::Args;
use kring_sim::performance::{
    Failure, Performance, PerformanceMeasure, PerformanceOptions, PerformanceRow,
};
use kring_sim::replicate::replicates;
use kring_stats::seed::Seed;
use thiserror::Error;

use scenario::{Claim, Pace, Scenario};

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

/// Measures the coverage of the intervals.
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
    scenarios: fn() -> Vec<Scenario>,
}

/// All there is.
const SECTIONS: [Section; 10] = [
    Section {
        key: "means",
        heading: "Differences of means",
        scenarios: means::scenarios,
    },
    Section {
        key: "ranks",
        heading: "Ranks",
        scenarios: ranks::scenarios,
    },
    Section {
        key: "shares",
        heading: "Shares and tables",
        scenarios: shares::scenarios,
    },
    Section {
        key: "rates",
        heading: "Rates",
        scenarios: rates::scenarios,
    },
    Section {
        key: "effects",
        heading: "Effect sizes, balance and bounds",
        scenarios: effects::scenarios,
    },
    Section {
        key: "agreement",
        heading: "Agreement and reliability",
        scenarios: agreement::scenarios,
    },
    Section {
        key: "linear",
        heading: "The linear model",
        scenarios: linear::scenarios,
    },
    Section {
        key: "generalized",
        heading: "Generalised linear models",
        scenarios: generalized::scenarios,
    },
    Section {
        key: "two-part",
        heading: "Two-part and ordinal models",
        scenarios: two_part::scenarios,
    },
    Section {
        key: "bootstrap",
        heading: "The bootstrap",
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
    truth: f64,
    replicates: usize,
    /// Replicates that the estimator refused.
    failures: usize,
    /// The most frequent refusal.
    refusal: Option<String>,
    /// The share of intervals that have the truth in them, of those there are.
    coverage: Option<PerformanceRow>,
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
}

/// The measurements; as text, the report.
pub struct Coverage {
    measured: Vec<Measured>,
}

/// Measures, says each row as it is there, and writes the files.
pub fn run(args: &CoverageArgs, say: &mut dyn FnMut(&str)) -> Result<Coverage, Error> {
    let mut measured = Vec::new();
    for (section, scenario) in chosen(&args.names)? {
        let n = match scenario.pace {
            Pace::Quick => args.replicates,
            Pace::Slow => args.replicates.div_ceil(SLOWER),
        };
        let start = Instant::now();
        let row = measure(section, &scenario, n)?;
        say(&row.line(start.elapsed().as_secs_f64()));
        measured.push(row);
    }
    let coverage = Coverage { measured };
    for path in &args.out {
        let page = path.extension().is_some_and(|ending| ending == "md");
        let text = if page {
            coverage.page(args.replicates, &today())
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

/// Runs the replicates of a scenario.
fn measure(section: &'static str, scenario: &Scenario, n: u64) -> Result<Measured, Error> {
    let seed = Seed::new(SEED).child(&scenario.name, 0);
    // A count does not depend on the order in which it was made.
    let cautioned = AtomicU64::new(0);
    let performance = replicates(
        0..n,
        || (),
        |(), i| {
            let estimate =
                (scenario.run)(&mut seed.stream(i)).map_err(|error| Failure::of(&error))?;
            if !estimate.cautions.is_empty() {
                cautioned.fetch_add(1, Ordering::Relaxed);
            }
            Ok(estimate)
        },
    )
    .and_then(|found| found.performance(&PerformanceOptions::of(scenario.truth)))
    .map_err(|source| Error::Sim {
        scenario: scenario.name.clone(),
        source,
    })?;
    let failures: usize = performance.failures.iter().map(|f| f.times).sum();
    let results = performance.replicates - failures;
    Ok(Measured {
        section,
        name: scenario.name.clone(),
        estimator: scenario.estimator.clone(),
        data: scenario.data.clone(),
        claim: scenario.claim,
        truth: scenario.truth,
        replicates: performance.replicates,
        failures,
        refusal: refusal(&performance),
        coverage: performance.row(PerformanceMeasure::Coverage).copied(),
        cautioned: cautioned.into_inner() as f64 / results.max(1) as f64,
    })
}

fn refusal(performance: &Performance) -> Option<String> {
    let most = performance.failures.first()?;
    Some(format!("{}: {}", most.kind, most.example))
}

impl Measured {
    /// The standard error that a coverage of 95% would have.
    fn under_the_claim(&self) -> f64 {
        let n = self.coverage.map_or(1, |row| row.n) as f64;
        (LEVEL * (1.0 - LEVEL) / n).sqrt()
    }

    fn verdict(&self) -> Verdict {
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
        match (self.claim, self.verdict()) {
            (_, Verdict::Holds) | (Claim::Approximate, Verdict::TooWide) => false,
            (Claim::Approximate, Verdict::TooNarrow) => !self.warns(),
            (_, Verdict::Nothing) | (Claim::Exact | Claim::Nominal, _) => true,
        }
    }

    fn warns(&self) -> bool {
        self.cautioned >= CAUTIOUS
    }

    /// The judgement in words.
    fn words(&self) -> &'static str {
        match (self.claim, self.verdict(), self.warns()) {
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

    /// A line for the terminal, with the milliseconds of a replicate.
    fn line(&self, seconds: f64) -> String {
        let (coverage, mcse) = self.figures();
        let each = 1e3 * seconds / self.replicates.max(1) as f64;
        let refused = self.refusal.as_deref().unwrap_or("");
        let share = 100.0 * self.cautioned;
        format!(
            "{:<48} {coverage:>6} ±{mcse:<5} {:>6}  caution {share:>3.0}%  refused {:>5}  none {:>5} {each:>8.3} ms  {} {}\n",
            self.name,
            self.replicates,
            self.failures,
            self.without(),
            self.words(),
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
            [] => "every exact and nominal claim holds, and no interval is too narrow without a \
                   caution"
                .to_owned(),
            some => format!("BROKEN: {}", some.join(", ")),
        };
        format!(
            "{} scenarios; {kept}; of the approximate ones {} near 95%, {} too narrow, {} wide\n",
            self.measured.len(),
            approximate(Verdict::Holds),
            approximate(Verdict::TooNarrow),
            approximate(Verdict::TooWide),
        )
    }

    /// Comma-separated, one line a scenario.
    fn table(&self) -> String {
        let mut text =
            "section,name,estimator,data,claim,truth,replicates,refused,without_interval,\
            coverage,mcse,cautioned,verdict\n"
                .to_owned();
        let quoted = |text: &str| {
            if text.contains([',', '"']) {
                format!("\"{}\"", text.replace('"', "\"\""))
            } else {
                text.to_owned()
            }
        };
        for m in &self.measured {
            let row = m.coverage;
            let fields = [
                quoted(m.section),
                quoted(&m.name),
                quoted(&m.estimator),
                quoted(&m.data),
                m.claim.word().to_owned(),
                m.truth.to_string(),
                m.replicates.to_string(),
                m.failures.to_string(),
                m.without().to_string(),
                row.map_or_else(String::new, |row| row.value.to_string()),
                row.and_then(|row| row.mcse)
                    .map_or_else(String::new, |mcse| mcse.to_string()),
                format!("{:.2}", m.cautioned),
                quoted(m.words()),
            ];
            text.push_str(&fields.join(","));
            text.push('\n');
        }
        text
    }

    /// The page of the documentation.
    fn page(&self, asked: u64, date: &str) -> String {
        let slow = asked.div_ceil(SLOWER);
        let mut text = format!(
            "# How often the intervals hold the truth\n\n\
            Generated by `cargo xtask coverage` on {date}, seed {SEED}, {asked} replicates a row, {slow} \
            where a fit takes more than about a millisecond. Do not edit it; `reference/coverage.csv` \
            has the same figures with more digits. The scenarios are the files in \
            `xtask/src/coverage/`.\n\n\
            Each row draws data whose truth is known and asks how often the 95% interval has the truth \
            in it. The data are simulated and are evidence of the method only.\n\n\
            - **claim**: *exact* promises at least 95% whatever the size; *nominal* promises 95% if the \
            model holds, which it does here; *approximate* is right in large samples, or the data break \
            an assumption on purpose.\n\
            - **coverage** and its Monte Carlo standard error (**MCSE**) are percentages, of the \
            replicates that gave an interval. **n** is the number of replicates. **refused**: replicates \
            in which the estimator gave an error instead (no events at all, separated data, no \
            convergence). **none**: a result without an interval.\n\
            - **caution**: the percentage of results that carry one, of whatever kind.\n\
            - **verdict**: a coverage may lie {WITHIN:.0} standard errors of a true 95% from its claim \
            (0.65 points with 10 000 replicates, 1.46 with 2 000). An *exact* interval may be wide. An \
            approximate interval that misses is *too narrow here* or *wide here*, *with a caution* where \
            at least 95% of its results carry one. None may be too narrow without: the measurement \
            fails then.\n\n\
            With so many rows a few lie outside by chance: of a true 95% one in 370.\n\n\
            In short: {}",
            self.summary()
        );
        let mut section = "";
        for m in &self.measured {
            if m.section != section {
                section = m.section;
                let _ = write!(
                    text,
                    "\n## {section}\n\n\
                    | interval | data | claim | coverage | MCSE | n | refused | none | caution | verdict |\n\
                    |---|---|---|---:|---:|---:|---:|---:|---:|---|\n"
                );
            }
            let (coverage, mcse) = m.figures();
            let _ = writeln!(
                text,
                "| {} | {} | {} | {coverage} | {mcse} | {} | {} | {} | {:.0} | {} |",
                m.estimator,
                m.data,
                m.claim.word(),
                m.replicates,
                m.failures,
                m.without(),
                100.0 * m.cautioned,
                m.words(),
            );
        }
        text
    }
}

/// The day in UTC, by Howard Hinnant's `civil_from_days`.
fn today() -> String {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let days = now.map_or(0, |since| since.as_secs() / 86_400) + 719_468;
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    let year = year + era * 400 + u64::from(month <= 2);
    format!("{year}-{month:02}-{day:02}")
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    reason = "a test may stop at what it did not expect"
)]
mod tests {
    use std::collections::{HashMap, HashSet};
    use std::path::Path;

    use kring_core::Estimate;
    use kring_stats::narrow::MEASURED;

    use super::*;

    fn scenario(name: &str) -> Scenario {
        let all = chosen(&[name.to_owned()]).unwrap();
        let found = all.into_iter().find(|(_, scenario)| scenario.name == name);
        found.unwrap().1
    }

    fn coverage(scenario: &Scenario, n: u64) -> f64 {
        measure("", scenario, n).unwrap().coverage.unwrap().value
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
            let c = coverage(&scenario(name), 400);
            assert!((c - LEVEL).abs() < five(400), "{name}: {c}");
        }
        for name in [
            "share-clopper-pearson/55 0.02",
            "rate-exact/2",
            "funnel/12 0.2",
        ] {
            let c = coverage(&scenario(name), 400);
            assert!(c > LEVEL - five(400), "{name}: {c}");
        }
    }

    /// A mechanism that passes everything would pass these too.
    #[test]
    fn a_wrong_interval_is_caught() {
        let right = scenario("student/field");
        let run = right.run;
        let narrow = Scenario::new(
            "narrow",
            "",
            "",
            Claim::Nominal,
            right.truth,
            move |stream| {
                let mut estimate = run(stream)?;
                if let Some(interval) = &mut estimate.interval {
                    // Half as wide: P(|t| < 0.99) is about .68.
                    let value = estimate.value.finite().unwrap();
                    interval.low = interval.low.map(|low| f64::midpoint(low, value));
                    interval.high = interval.high.map(|high| f64::midpoint(high, value));
                }
                Ok(estimate)
            },
        );
        let measured = measure("", &narrow, 400).unwrap();
        assert_eq!(measured.verdict(), Verdict::TooNarrow);
        assert!(measured.broken());
        let c = measured.coverage.unwrap().value;
        assert!(
            (c - 0.676).abs() < 5.0 * (0.676_f64 * 0.324 / 400.0).sqrt(),
            "{c}"
        );

        // The same interval around a truth that is not that of the data.
        let shifted = Scenario {
            truth: 3.3,
            ..scenario("student/field")
        };
        assert!(measure("", &shifted, 400).unwrap().broken());

        // Wide is broken for a nominal claim, not for an exact one.
        let run = scenario("student/field").run;
        let wide = |claim, run: scenario::Run| {
            Scenario::new("wide", "", "", claim, right.truth, move |stream| {
                let mut estimate = run(stream)?;
                if let Some(interval) = &mut estimate.interval {
                    interval.low = None;
                }
                Ok(estimate)
            })
        };
        let measured = measure("", &wide(Claim::Nominal, run), 4000).unwrap();
        assert_eq!(measured.verdict(), Verdict::TooWide);
        let measured = Measured {
            claim: Claim::Exact,
            ..measured
        };
        assert!(!measured.broken());
    }

    #[test]
    fn the_numbers_do_not_depend_on_who_runs_them() {
        let scenario = scenario("glm-Poisson Wald/8 10");
        let once = measure("", &scenario, 300).unwrap();
        assert_eq!(once, measure("", &scenario, 300).unwrap());
        // One by one, by this thread alone.
        let seed = Seed::new(SEED).child(&scenario.name, 0);
        let covered = (0..300).filter(|&i| {
            let interval = (scenario.run)(&mut seed.stream(i))
                .unwrap()
                .interval
                .unwrap();
            interval.low.unwrap() <= scenario.truth && scenario.truth <= interval.high.unwrap()
        });
        assert_eq!(covered.count() as f64 / 300.0, once.coverage.unwrap().value);
    }

    /// Every scenario gives results, and no two have one name (and so one seed).
    #[test]
    fn every_scenario_runs() {
        let mut names = HashSet::new();
        for (_, scenario) in chosen(&[]).unwrap() {
            assert!(names.insert(scenario.name.clone()), "{}", scenario.name);
            assert!(scenario.truth.is_finite(), "{}", scenario.name);
            let seed = Seed::new(SEED).child(&scenario.name, 0);
            let found = (0..4).any(|i| {
                (scenario.run)(&mut seed.stream(i)).is_ok_and(|e| {
                    e.interval
                        .is_some_and(|interval| (interval.level - LEVEL).abs() < 0.05)
                })
            });
            assert!(found, "{}", scenario.name);
        }
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

    /// Every result of a scenario that is quoted carries that caution, but for few.
    #[test]
    fn the_scenarios_quoted_carry_their_cautions() {
        for narrow in MEASURED {
            let scenario = scenario(narrow.scenario);
            let n = if scenario.pace == Pace::Quick {
                200
            } else {
                40
            };
            let seed = Seed::new(SEED).child(&scenario.name, 0);
            let found = (0..n).filter_map(|i| (scenario.run)(&mut seed.stream(i)).ok());
            let found: Vec<Estimate> = found.collect();
            let carry = found
                .iter()
                .filter(|e| e.cautions.contains(&narrow.caution()));
            let share = carry.count() as f64 / found.len() as f64;
            assert!(share >= 0.9, "{}: {share}", narrow.scenario);
        }
    }
}
