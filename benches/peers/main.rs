//! kring's side of a comparison with R and Python; `peers.sh` runs all three.
//!
//!     peers data FOLDER     writes the data as CSV
//!     peers time FOLDER     reads them and times kring: a line of CSV a task
//!     peers table FILE      the lines of all sides as a table in Markdown
#![allow(clippy::print_stdout, reason = "its output is what it is for")]

use std::collections::BTreeMap;
use std::error::Error;
use std::path::Path;
use std::time::Instant;

use kring::cohort::{ReadOptions, read};
use kring::core::{Locale, Outcome, Published, Table};
use kring::formula::{DesignOptions, Formula, Recipe};
use kring::stats::Fit;
use kring::stats::bootstrap::Bootstrap;
use kring::stats::lm::{Covariance, Lm};
use kring::stats::lmm::Lmm;
use kring::stats::t_test::Group;
use kring::{analysis, check};
use kring_benches::{
    DESIGN, FAMILIES, REGRESSION, SLOPES, arms, csv, families, growth, regression,
};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// How often each task is timed, after one run that is not.
const REPETITIONS: usize = 31;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["data", folder] => write_data(Path::new(folder)),
        ["time", folder] => time_all(Path::new(folder)),
        ["table", file] => table(&std::fs::read_to_string(file)?),
        _ => Err("expected: data FOLDER, time FOLDER, or table FILE".into()),
    }
}

fn write_data(folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder)?;
    for (name, table) in [
        ("regression.csv", regression(100_000)?),
        ("families.csv", families(2000, 6)?),
        ("design.csv", families(27_028, 4)?),
        ("growth.csv", growth(2000, 6, false)?),
        ("growth-by-day.csv", growth(2000, 6, true)?),
    ] {
        std::fs::write(folder.join(name), csv(&table))?;
    }
    Ok(())
}

fn time_all(folder: &Path) -> Result<()> {
    let table = |name: &str| -> Result<Table> {
        Ok(read(&folder.join(name), &ReadOptions::default())?.table()?)
    };
    let none = DesignOptions::default();
    let lm = |table: &Table, formula: &str, options: &DesignOptions, covariance| -> Result<f64> {
        let model = Lm {
            covariance,
            ..Lm::default()
        };
        let fit = analysis::lm(table, formula, options, &model)?;
        Ok(fit
            .estimates
            .iter()
            .filter_map(|estimate| estimate.std_error)
            .sum())
    };

    let large = table("regression.csv")?;
    time("lm, 100,000 × 10, from columns", || {
        lm(&large, REGRESSION, &none, Covariance::Classical)
    })?;
    let formula: Formula = REGRESSION.parse()?;
    let design = Recipe::new(&formula, &large, &none)?.design(&large)?;
    for (task, covariance) in [
        ("lm, 100,000 × 10, from a matrix", Covariance::Classical),
        ("lm with HC3, 100,000 × 10, from a matrix", Covariance::Hc3),
    ] {
        let model = Lm {
            covariance,
            ..Lm::default()
        };
        time(task, || {
            let estimates = model.fit(&design)?.estimates()?;
            Ok(estimates
                .iter()
                .filter_map(|estimate| estimate.std_error)
                .sum())
        })?;
    }

    let clustered = table("families.csv")?;
    let by_family = DesignOptions {
        clusters: vec!["family".into()],
        ..DesignOptions::default()
    };
    time("lm with CR2 and Satterthwaite, 2,000 families × 6", || {
        lm(&clustered, FAMILIES, &by_family, Covariance::Cr2)
    })?;

    let slopes: Formula = SLOPES.parse()?;
    for (task, file) in [
        ("lmm with slopes, 2,000 families × up to 6", "growth.csv"),
        (
            "lmm with slopes, 2,000 families × up to 6, by day",
            "growth-by-day.csv",
        ),
    ] {
        let panel = table(file)?;
        let design = Recipe::new(&slopes, &panel, &none)?.design(&panel)?;
        time(task, || {
            Ok(Lmm::default().fit(&design)?.criteria.log_likelihood)
        })?;
    }

    let [x, y] = arms(&families(2000, 6)?, "problems")?;
    let group = |name, values| Group { name, values };
    time("bootstrap, BCa, 2,000 families, 10,000 replicates", || {
        let options = Bootstrap {
            replicates: 10_000,
            seed: Some(2011),
            ..Bootstrap::default()
        };
        let found = options.two_samples(group("EKC", &x), group("WT", &y), None)?;
        Ok(found.estimate.value.finite().unwrap_or_default())
    })?;

    let long = table("design.csv")?;
    let formula: Formula = DESIGN.parse()?;
    time("model matrix, 100,000 rows", || {
        let design = Recipe::new(&formula, &long, &none)?.design(&long)?;
        Ok(design.mean().x().iter().map(|x| x.abs()).sum())
    })?;

    time("GRIM, 1,000 means × 1,000 n: yes or no", || {
        possible(|mean, n| Ok(check::possible_sums(mean, n)?.low.is_some()))
    })?;
    time(
        "GRIM, 1,000 means × 1,000 n: with the arithmetic in words",
        || possible(|mean, n| Ok(check::grim(mean, n, 1)?.outcome == Outcome::Consistent)),
    )?;

    time("read a CSV, 100,000 × 10", || {
        let table = table("regression.csv")?;
        Ok(table.numeric("y")?.iter().flatten().sum())
    })
}

/// How many of a thousand means are possible with each of a thousand numbers of people.
fn possible(test: impl Fn(&Published, usize) -> Result<bool>) -> Result<f64> {
    let mut possible = 0_u32;
    for hundredths in 0..1000 {
        let text = format!("{:.2}", f64::from(hundredths) / 100.0);
        let mean = Published::parse(&text, Locale::English)?;
        for n in 1..=1000 {
            possible += u32::from(test(&mean, n)?);
        }
    }
    Ok(f64::from(possible))
}

/// Times a task and prints its line: side, task, median, fastest and slowest in milliseconds, how
/// often, and a number that the other sides must get too.
fn time(task: &str, run: impl Fn() -> Result<f64>) -> Result<()> {
    let check = run()?;
    let mut times = Vec::with_capacity(REPETITIONS);
    for _ in 0..REPETITIONS {
        let start = Instant::now();
        std::hint::black_box(run()?);
        times.push(start.elapsed().as_secs_f64() * 1000.0);
    }
    times.sort_by(f64::total_cmp);
    let (median, low, high) = (times[REPETITIONS / 2], times[0], times[REPETITIONS - 1]);
    println!("kring\t{task}\t{median:.3}\t{low:.3}\t{high:.3}\t{REPETITIONS}\t{check:.10e}");
    Ok(())
}

/// The lines of all sides: a row a task, a column a side.
fn table(lines: &str) -> Result<()> {
    let mut tasks: Vec<&str> = Vec::new();
    let mut sides: Vec<&str> = Vec::new();
    let mut cells: BTreeMap<(&str, &str), String> = BTreeMap::new();
    let mut checks: BTreeMap<&str, f64> = BTreeMap::new();
    for line in lines.lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        let [side, task, median, low, high, n, check] = fields[..] else {
            return Err(format!("expected seven fields: {line}").into());
        };
        let check: f64 = check.parse()?;
        let first = *checks.entry(task).or_insert(check);
        if (check - first).abs() > 1e-8 * first.abs() {
            return Err(format!("{side} gets {check} in `{task}`, the others {first}").into());
        }
        if !tasks.contains(&task) {
            tasks.push(task);
        }
        if !sides.contains(&side) {
            sides.push(side);
        }
        cells.insert((task, side), format!("{median} ({low} to {high}; {n})"));
    }
    println!(
        "| ms: median (fastest to slowest; how often) | {} |",
        sides.join(" | ")
    );
    println!("|---|{}", "---|".repeat(sides.len()));
    for task in tasks {
        let row = sides
            .iter()
            .map(|side| cells.get(&(task, *side)).map_or("–", String::as_str));
        println!("| {task} | {} |", row.collect::<Vec<_>>().join(" | "));
    }
    Ok(())
}
