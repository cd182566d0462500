//! kring's side of a comparison of mixed models with R and Python, and of one of marginal models and models for
//! repeated measures; `mixed.sh` and `marginal.sh` run all.
//!
//! ```text
//! peers-mixed data FOLDER         writes the data as CSV
//! peers-mixed time FOLDER SIDE    times kring: side, task, median, fastest (ms), how often, value, floor (ms)
//! peers-mixed marginal FAMILIES SIDE         the same of marginal models and repeated measures, on the data of
//! peers-mixed marginal-data FOLDER FAMILIES  which this writes as CSV
//! peers-mixed table FILE          checks the values of all sides and prints a record in Markdown
//! peers-mixed memory              the memory that fits take beside the design's, as Markdown (Linux)
//! peers-mixed repeat TASK TIMES   fits one of the larger models so often and prints each time, for a profiler
//! ```
//!
//! The floor is one pass over the rows that forms the cross-products of the columns with one another and with the
//! random effects (linear models), or evaluates every row's likelihood once (the others).
#![allow(clippy::print_stdout, reason = "its output is what it is for")]

use std::collections::BTreeMap;
use std::error::Error;
use std::hint::black_box;
use std::path::Path;
use std::time::Instant;

use kring::cohort::{ReadOptions, read};
use kring::core::{Design, Table};
use kring::formula::{DesignOptions, Formula, Recipe, ResponseKind, TimeColumns};
use kring::stats::Fit;
use kring::stats::family::Family;
use kring::stats::gee::{Correlation, Gee, GeeCovariance};
use kring::stats::glmm::{Glmm, Integration};
use kring::stats::lmm::{Dof, Lmm, ParametricBootstrap};
use kring::stats::mmrm::{self, Mmrm, Structure};
use kring_benches::{
    CROSSED, MEANS, PANEL, PANEL_SLOPES, SLOPES, crossed, csv, families, growth, panel,
};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["data", folder] => write_data(Path::new(folder)),
        ["time", folder, side] => {
            let folder = Path::new(folder);
            linear(folder, side)?;
            general(side)
        }
        ["marginal", families, side] => {
            let families = families.parse()?;
            marginal(families, side)?;
            repeated(families, side)
        }
        ["marginal-data", folder, count] => {
            let (folder, count) = (Path::new(folder), count.parse()?);
            std::fs::create_dir_all(folder)?;
            std::fs::write(folder.join("panel.csv"), csv(&panel(count, 6)?))?;
            Ok(std::fs::write(
                folder.join("waves.csv"),
                csv(&families(count, 6)?),
            )?)
        }
        ["table", file] => table(&std::fs::read_to_string(file)?),
        ["memory"] => memory(),
        ["memory", task] => memory_of(task),
        ["repeat", task, often] => repeat(task, often.parse()?),
        _ => Err(
            "expected: data FOLDER, time FOLDER SIDE, table FILE, memory, or repeat TASK TIMES"
                .into(),
        ),
    }
}

fn write_data(folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder)?;
    for (name, table) in [
        ("growth.csv", growth(2000, 6, false)?),
        ("growth-by-day.csv", growth(2000, 6, true)?),
        ("panel.csv", panel(2000, 6)?),
        ("crossed.csv", crossed(37, 4, 12)?),
    ] {
        std::fs::write(folder.join(name), csv(&table))?;
    }
    Ok(())
}

/// A run of one side.
struct Task<'a> {
    side: &'a str,
    name: &'a str,
    repetitions: usize,
}

impl Task<'_> {
    /// Times it, after one run that is not timed, and prints its line.
    fn time(&self, floor: Option<f64>, run: impl Fn() -> Result<f64>) -> Result<()> {
        let value = run()?;
        let times = times(self.repetitions, &|| run().map(black_box).map(|_| ()))?;
        let floor = floor.map_or_else(String::new, |floor| format!("{floor:.5}"));
        println!(
            "{}\t{}\t{:.4}\t{:.4}\t{}\t{value:.12e}\t{floor}",
            self.side,
            self.name,
            times[times.len() / 2],
            times[0],
            self.repetitions
        );
        Ok(())
    }
}

/// Milliseconds, sorted.
fn times(repetitions: usize, run: &dyn Fn() -> Result<()>) -> Result<Vec<f64>> {
    let mut times = Vec::with_capacity(repetitions);
    for _ in 0..repetitions {
        let start = Instant::now();
        run()?;
        times.push(start.elapsed().as_secs_f64() * 1000.0);
    }
    times.sort_by(f64::total_cmp);
    Ok(times)
}

fn design_of(table: &Table, formula: &str, options: &DesignOptions) -> Result<Design> {
    let formula: Formula = formula.parse()?;
    Ok(Recipe::new(&formula, table, options)?.design(table)?)
}

fn linear(folder: &Path, side: &str) -> Result<()> {
    let none = DesignOptions::default();
    let sleep = read(
        Path::new("reference/data/sleepstudy.csv"),
        &ReadOptions::default(),
    )?
    .table()?;
    let ratings = read(&folder.join("insteval.csv"), &ReadOptions::default())?.table()?;
    let each: [(&str, usize, Design); 5] = [
        (
            "LMM, sleepstudy, 180 rows",
            201,
            design_of(&sleep, "Reaction ~ Days + (Days | Subject)", &none)?,
        ),
        (
            "LMM, slopes, 2,000 families",
            31,
            design_of(&growth(2000, 6, false)?, SLOPES, &none)?,
        ),
        (
            "LMM, slopes, 2,000 families, by day",
            31,
            design_of(&growth(2000, 6, true)?, SLOPES, &none)?,
        ),
        (
            "LMM, slopes, 20,000 families",
            11,
            design_of(&growth(20_000, 6, false)?, SLOPES, &none)?,
        ),
        (
            "LMM, crossed, InstEval",
            5,
            design_of(
                &ratings,
                "y ~ service + (1 | s) + (1 | d) + (1 | dept)",
                &none,
            )?,
        ),
    ];
    for (name, repetitions, design) in &each {
        let task = Task {
            side,
            name,
            repetitions: *repetitions,
        };
        let floor = times(11, &|| {
            black_box(cross_products(design));
            Ok(())
        })?[5];
        task.time(Some(floor), || {
            Ok(Lmm::default().fit(design)?.criteria.log_likelihood)
        })?;
    }
    for (name, repetitions, data) in [
        (
            "Kenward–Roger table, 148 rows, crossed",
            101,
            crossed(37, 4, 12)?,
        ),
        (LARGE_CROSSED, 3, crossed(20_000, 5, 200)?),
    ] {
        let design = design_of(&data, CROSSED, &none)?;
        let task = Task {
            side,
            name,
            repetitions,
        };
        task.time(None, || degrees_of_freedom(&design))?;
    }
    small(side)
}

/// Who is a family, and what a wave.
fn roles(value: Option<String>) -> DesignOptions {
    DesignOptions {
        subject: Some("family".into()),
        time: Some(TimeColumns {
            wave: "wave".into(),
            value,
        }),
        ..DesignOptions::default()
    }
}

/// Models for repeated measures of so many families and of ten times as many: R's side is nlme's `gls`, which has no
/// degrees of freedom for them.
fn repeated(count: u32, side: &str) -> Result<()> {
    use mmrm::Dof;
    let (free, time) = (Structure::Unstructured, Structure::SpatialExponential);
    for (name, times, repetitions, structure, dof) in [
        ("MMRM, unstructured", 1, 31, free, Dof::Satterthwaite),
        (
            "MMRM, unstructured, Kenward–Roger",
            1,
            11,
            free,
            Dof::KenwardRoger,
        ),
        (
            "MMRM, unstructured, linear Kenward–Roger",
            1,
            11,
            free,
            Dof::KenwardRogerLinear,
        ),
        (
            "MMRM, unstructured, 20,000 families",
            10,
            11,
            free,
            Dof::Satterthwaite,
        ),
        (
            "MMRM, unstructured, Kenward–Roger, 20,000 families",
            10,
            5,
            free,
            Dof::KenwardRoger,
        ),
        ("MMRM, over times", 1, 31, time, Dof::Satterthwaite),
    ] {
        let design = design_of(
            &families(count * times, 6)?,
            MEANS,
            &roles(Some("month".into())),
        )?;
        let task = Task {
            side,
            name,
            repetitions,
        };
        let model = Mmrm {
            structure,
            dof,
            ..Mmrm::default()
        };
        task.time(None, || {
            let fit = model.fit(&design)?;
            black_box(fit.estimates()?);
            Ok(fit.criteria.log_likelihood)
        })?;
    }
    Ok(())
}

/// Marginal models of so many families and of ten times as many, with the errors that peers have and with our own;
/// the value is the sum of the coefficients' sizes.
fn marginal(count: u32, side: &str) -> Result<()> {
    let tables = [panel(count, 6)?, panel(10 * count, 6)?];
    let families = [
        ("Poisson", "visits", Family::Poisson),
        ("binomial", "involved", Family::Binomial),
    ];
    let correlations = [
        ("exchangeable", Correlation::Exchangeable),
        ("AR(1)", Correlation::Ar1),
        ("unstructured", Correlation::Unstructured),
    ];
    let errors = [
        ("", GeeCovariance::Robust),
        (", own errors", GeeCovariance::default()),
    ];
    for (kind, outcome, family) in families {
        for (shape, correlation) in &correlations {
            for (which, covariance) in errors {
                for (size, table) in ["", ", 20,000 families"].into_iter().zip(&tables) {
                    let options = DesignOptions {
                        response: if family == Family::Binomial {
                            ResponseKind::Binary
                        } else {
                            ResponseKind::Count
                        },
                        ..roles(None)
                    };
                    let design = design_of(
                        table,
                        &format!("{outcome} ~ arm * wave + severity"),
                        &options,
                    )?;
                    let model = Gee {
                        family,
                        correlation: correlation.clone(),
                        covariance,
                        ..Gee::default()
                    };
                    let task = Task {
                        side,
                        name: &format!("GEE, {kind}, {shape}{which}{size}"),
                        repetitions: if size.is_empty() { 31 } else { 7 },
                    };
                    task.time(None, || {
                        let estimates = model.fit(&design)?.estimates()?;
                        let values = estimates.iter().filter_map(|e| e.value.finite());
                        Ok(values.map(f64::abs).sum())
                    })?;
                }
            }
        }
    }
    Ok(())
}

/// A thousand simulated fits of twenty families of five waves; a task of one of them.
fn small(side: &str) -> Result<()> {
    const FITS: u64 = 1000;
    let data = growth_of_twenty()?;
    let fit = Lmm::default().fit(&data)?;
    let run = || -> Result<f64> {
        let options = ParametricBootstrap {
            replicates: 0..FITS,
            seed: Some(2011),
        };
        Ok(options.fits(&fit)?.values.iter().flatten().count() as f64)
    };
    let value = run()?;
    let found = times(11, &|| run().map(|_| ()))?;
    println!(
        "{side}\tLMM, 20 × 5 rows, simulated and fitted\t{:.5}\t{:.5}\t11\t{value:.12e}\t",
        found[5] / FITS as f64,
        found[0] / FITS as f64
    );
    Ok(())
}

fn growth_of_twenty() -> Result<Design> {
    let none = DesignOptions::default();
    design_of(&crossed(20, 5, 4)?, "problems ~ arm + (1 | family)", &none)
}

/// A generalised model of [`panel`].
struct General {
    name: &'static str,
    families: u32,
    outcome: &'static str,
    formula: &'static str,
    family: Family,
    points: usize,
    zeros: bool,
    repetitions: usize,
}

const NB2: Family = Family::NegativeBinomial2;

/// Fits a model of [`GENERAL`], [`LARGE_LINEAR`] or Kenward and Roger's table of [`LARGE_CROSSED`].
fn repeat(task: &str, often: usize) -> Result<()> {
    let none = DesignOptions::default();
    let run: Box<dyn Fn() -> Result<()>> = if task == LARGE_CROSSED {
        let design = design_of(&crossed(20_000, 5, 200)?, CROSSED, &none)?;
        Box::new(move || degrees_of_freedom(&design).map(|_| ()))
    } else {
        let (general, design) = fitted(task)?;
        Box::new(move || fit(general, &design))
    };
    for time in times(often, &*run)? {
        println!("{time:.3}");
    }
    Ok(())
}

/// The model of [`GENERAL`] with this name, or else none for [`LARGE_LINEAR`], and its data.
fn fitted(task: &str) -> Result<(Option<&'static General>, Design)> {
    let general = GENERAL.iter().find(|one| one.name == task);
    let design = match general {
        Some(one) => one.design(&panel(one.families, 6)?)?,
        None => design_of(
            &growth(20_000, 6, false)?,
            SLOPES,
            &DesignOptions::default(),
        )?,
    };
    Ok((general, design))
}

fn fit(general: Option<&General>, design: &Design) -> Result<()> {
    match general {
        Some(one) => drop(black_box(one.model().fit(design)?)),
        None => drop(black_box(Lmm::default().fit(design)?)),
    }
    Ok(())
}

/// Kenward and Roger's degrees of freedom of every coefficient, added up.
fn degrees_of_freedom(design: &Design) -> Result<f64> {
    let model = Lmm {
        dof: Dof::KenwardRoger,
        ..Lmm::default()
    };
    let estimates = model.fit(design)?.estimates()?;
    Ok(estimates.iter().filter_map(|e| e.reference.df()).sum())
}

const fn general_of(
    name: &'static str,
    families: u32,
    outcome: &'static str,
    formula: &'static str,
    family: Family,
    repetitions: usize,
) -> General {
    General {
        name,
        families,
        outcome,
        formula,
        family,
        points: if matches!(family, Family::Binomial) {
            9
        } else {
            1
        },
        zeros: false,
        repetitions,
    }
}

const GENERAL: [General; 11] = [
    general_of(
        "Poisson, Laplace, 110 families",
        110,
        "visits",
        PANEL,
        Family::Poisson,
        201,
    ),
    general_of(
        "Bernoulli, 9 nodes, 110 families",
        110,
        "involved",
        PANEL,
        Family::Binomial,
        101,
    ),
    general_of(
        "Poisson, Laplace",
        2000,
        "visits",
        PANEL,
        Family::Poisson,
        21,
    ),
    general_of(
        "Poisson, Laplace, 20,000 families",
        20_000,
        "visits",
        PANEL,
        Family::Poisson,
        5,
    ),
    general_of("NB2, Laplace", 2000, "problems", PANEL, NB2, 21),
    general_of(
        "NB2, Laplace, 20,000 families",
        20_000,
        "problems",
        PANEL,
        NB2,
        5,
    ),
    general_of(
        "NB2, slopes, Laplace",
        2000,
        "lapses",
        PANEL_SLOPES,
        NB2,
        11,
    ),
    general_of(
        "NB2, slopes, Laplace, 20,000 families",
        20_000,
        "lapses",
        PANEL_SLOPES,
        NB2,
        3,
    ),
    general_of(
        "Bernoulli, 9 nodes",
        2000,
        "involved",
        PANEL,
        Family::Binomial,
        11,
    ),
    general_of(
        "Bernoulli, 9 nodes, 20,000 families",
        20_000,
        "involved",
        PANEL,
        Family::Binomial,
        3,
    ),
    General {
        zeros: true,
        ..general_of(
            "zero-inflated NB2, Laplace",
            2000,
            "incidents",
            PANEL,
            NB2,
            11,
        )
    },
];

impl General {
    fn design(&self, table: &Table) -> Result<Design> {
        let options = DesignOptions {
            response: if self.family == Family::Binomial {
                ResponseKind::Binary
            } else {
                ResponseKind::Count
            },
            zero: self.zeros.then(|| "~ arm".parse()).transpose()?,
            ..DesignOptions::default()
        };
        let formula = format!("{} ~ {}", self.outcome, self.formula);
        design_of(table, &formula, &options)
    }

    fn model(&self) -> Glmm {
        Glmm {
            family: self.family,
            integration: Integration::Quadrature {
                points: self.points,
            },
            ..Glmm::default()
        }
    }
}

/// The linear model whose memory is measured beside those of [`GENERAL`].
const LARGE_LINEAR: &str = "LMM, slopes, 20,000 families";
const LARGE_CROSSED: &str = "Kenward–Roger table, 100,000 rows, crossed";

/// Each fit in a process of its own, in which what is freed goes back to the system at once.
fn memory() -> Result<()> {
    println!("| MB | design | beside it, at the most | |\n|---|---|---|---|");
    let large = GENERAL.iter().filter(|one| one.families > 2000);
    for task in std::iter::once(LARGE_LINEAR).chain(large.map(|one| one.name)) {
        let status = std::process::Command::new(std::env::current_exe()?)
            .args(["memory", task])
            .env("MALLOC_MMAP_THRESHOLD_", "65536")
            .status()?;
        if !status.success() {
            return Err(format!("{task}: {status}").into());
        }
    }
    Ok(())
}

fn memory_of(task: &str) -> Result<()> {
    let (general, design) = fitted(task)?;
    // The highest mark begins anew.
    std::fs::write("/proc/self/clear_refs", "5")?;
    let before = status("VmRSS")?;
    fit(general, &design)?;
    let more = status("VmHWM")? - before;
    let own = bytes(&design);
    println!(
        "| {task} | {:.1} | {:.1} | {:.2} × |",
        own / 1e6,
        more / 1e6,
        (own + more) / own
    );
    Ok(())
}

/// A line of the system's account of this process, in bytes.
fn status(name: &str) -> Result<f64> {
    let account = std::fs::read_to_string("/proc/self/status")?;
    let kilobytes = account
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
        .and_then(|rest| rest.trim().strip_suffix(" kB"))
        .ok_or_else(|| format!("no {name} in the account of this process"))?;
    Ok(1024.0 * kilobytes.parse::<f64>()?)
}

/// What the arrays of a design hold: response, columns, groups and their levels.
fn bytes(design: &Design) -> f64 {
    let mut numbers = design.rows();
    let mut levels = 0;
    for part in std::iter::once(design.mean()).chain(design.zero()) {
        numbers += part.x().len();
        for term in &part.random {
            numbers += term.z.len() + term.grouping.index.len().div_ceil(2);
            levels += term
                .grouping
                .levels
                .iter()
                .map(|level| size_of::<String>() + level.len())
                .sum::<usize>();
        }
    }
    (8 * numbers + levels) as f64
}

fn general(side: &str) -> Result<()> {
    for one in &GENERAL {
        let (design, model) = (one.design(&panel(one.families, 6)?)?, one.model());
        let task = Task {
            side,
            name: one.name,
            repetitions: one.repetitions,
        };
        let eta = model.fit(&design)?.linear_predictor.to_vec();
        let y = design
            .response()
            .numbers()
            .map(|y| y.to_vec())
            .unwrap_or_default();
        let floor = times(11, &|| {
            black_box(once(one.family, one.zeros, &y, &eta));
            Ok(())
        })?[5];
        task.time(Some(floor), || {
            Ok(model.fit(&design)?.criteria.log_likelihood)
        })?;
    }
    Ok(())
}

/// [X y]'[X y], and for every level of each term Z'Z and Z'[X y].
fn cross_products(design: &Design) -> f64 {
    let x = design.mean().x();
    let y = design.response().numbers();
    let c = x.ncols() + 1;
    let terms = &design.mean().random;
    let mut all = vec![0.0; c * c];
    let mut own: Vec<Vec<f64>> = terms
        .iter()
        .map(|term| {
            let q = term.z.ncols();
            vec![0.0; term.grouping.levels.len() * q * (q + c)]
        })
        .collect();
    let mut row = vec![0.0; c];
    for i in 0..x.nrows() {
        for (to, x) in row.iter_mut().zip(x.row(i)) {
            *to = *x;
        }
        row[c - 1] = y.as_ref().map_or(0.0, |y| y[i]);
        for (j, a) in row.iter().enumerate() {
            for (to, b) in all[j * c..=j * c + j].iter_mut().zip(&row) {
                *to += a * b;
            }
        }
        for (term, own) in terms.iter().zip(&mut own) {
            let q = term.z.ncols();
            let level = term.grouping.index[i] as usize;
            let own = &mut own[level * q * (q + c)..(level + 1) * q * (q + c)];
            let z = term.z.row(i);
            for (z_j, own) in z.iter().zip(own.chunks_exact_mut(q + c)) {
                for (to, x) in own.iter_mut().zip(z.iter().chain(&row)) {
                    *to += z_j * x;
                }
            }
        }
    }
    all.iter().chain(own.iter().flatten()).sum()
}

/// Σ ln f(y | η) but for what y alone determines: θ of 2, and one excess zero in four.
fn once(family: Family, zeros: bool, y: &[f64], eta: &[f64]) -> f64 {
    const SIZE: f64 = 2.0;
    let each = y.iter().zip(eta);
    let count = |y: f64, eta: f64| y * eta - (y + SIZE) * (SIZE + eta.exp()).ln();
    match (family, zeros) {
        (Family::Poisson, _) => each.map(|(y, eta)| y * eta - eta.exp()).sum(),
        (Family::Binomial, _) => each
            .map(|(y, eta)| y * eta - eta.max(0.0) - (-eta.abs()).exp().ln_1p())
            .sum(),
        (_, false) => each.map(|(y, eta)| count(*y, *eta)).sum(),
        (_, true) => each
            .map(|(y, eta)| {
                let ln = count(*y, *eta);
                if *y == 0.0 {
                    (0.25 + 0.75 * ln.exp()).ln()
                } else {
                    ln
                }
            })
            .sum(),
    }
}

/// What a side has of a task.
#[derive(Clone, Copy)]
struct Line<'a> {
    median: f64,
    fastest: f64,
    repetitions: &'a str,
    value: f64,
    floor: Option<f64>,
}

/// All lines, by task and side in their order.
#[derive(Default)]
struct Lines<'a> {
    tasks: Vec<&'a str>,
    sides: Vec<&'a str>,
    cells: BTreeMap<(&'a str, &'a str), Line<'a>>,
}

impl<'a> Lines<'a> {
    fn read(lines: &'a str) -> Result<Self> {
        let mut all = Self::default();
        for line in lines.lines() {
            let fields: Vec<&str> = line.split('\t').collect();
            let [side, task, median, fastest, repetitions, value, floor] = fields[..] else {
                return Err(format!("expected seven fields: {line}").into());
            };
            if !all.tasks.contains(&task) {
                all.tasks.push(task);
            }
            if !all.sides.contains(&side) {
                all.sides.push(side);
            }
            let line = Line {
                median: median.parse()?,
                fastest: fastest.parse()?,
                repetitions,
                value: value.parse()?,
                floor: floor.parse().ok(),
            };
            all.cells.insert((task, side), line);
        }
        Ok(all)
    }

    fn ours(&self, task: &str) -> Option<Line<'a>> {
        self.cells.get(&(task, "kring")).copied()
    }
}

/// A peer's cell: its times, how many times as long as kring it takes, and by how much its likelihood is lower;
/// a higher one, or other degrees of freedom, goes on the list.
fn beside(
    task: &str,
    peer: &str,
    own: Line<'_>,
    theirs: Line<'_>,
    wrong: &mut Vec<String>,
) -> String {
    let (difference, size) = (theirs.value - own.value, own.value.abs());
    // Degrees of freedom, and coefficients of marginal models: as far as other moments and ends of a search go.
    let of_df = task.starts_with("Kenward") || task.starts_with("GEE");
    let too_far = if of_df {
        difference.abs() > 1e-2 * size
    } else {
        difference > 1e-6 * size
    };
    if too_far {
        wrong.push(format!(
            "{task}: {peer} has {}, kring {}",
            theirs.value, own.value
        ));
    }
    let lower = if !of_df && difference < -1e-6 * size {
        format!(", {:.1e} lower", -difference)
    } else {
        String::new()
    };
    format!(
        "{:.3} ({:.3}; {}) **{:.0} ×**{lower}",
        theirs.median,
        theirs.fastest,
        theirs.repetitions,
        theirs.median / own.median
    )
}

/// The lines of all sides: a row a task, a column a side with how many times as long as kring it takes.
fn table(lines: &str) -> Result<()> {
    let all = Lines::read(lines)?;
    let peers: Vec<&str> = all
        .sides
        .iter()
        .copied()
        .filter(|side| !side.starts_with("kring"))
        .collect();
    println!(
        "| ms: median (fastest; how often) | kring | floors | 2 threads | 10 × families | {} |",
        peers.join(" | ")
    );
    println!("|---|---|---|---|---|{}", "---|".repeat(peers.len()));
    let nothing = || "–".to_owned();
    let mut wrong = Vec::new();
    for &task in &all.tasks {
        let Some(own) = all.ours(task) else { continue };
        let two = all.cells.get(&(task, "kring, 2 threads"));
        if let Some(two) = two.filter(|two| two.value.to_bits() != own.value.to_bits()) {
            wrong.push(format!(
                "{task}: two threads give {}, one {}",
                two.value, own.value
            ));
        }
        let smaller = task.strip_suffix(", 20,000 families").and_then(|small| {
            all.ours(small)
                .or_else(|| all.ours(&format!("{small}, 2,000 families")))
        });
        let mut row = vec![
            task.to_owned(),
            format!(
                "{:.3} ({:.3}; {})",
                own.median, own.fastest, own.repetitions
            ),
            own.floor
                .map_or_else(nothing, |floor| format!("{:.0}", own.median / floor)),
            two.filter(|_| own.median > 50.0)
                .map_or_else(nothing, |two| format!("{:.2} ×", own.median / two.median)),
            smaller.map_or_else(nothing, |small| {
                format!("{:.1} ×", own.median / small.median)
            }),
        ];
        for peer in &peers {
            let theirs = all.cells.get(&(task, *peer));
            row.push(theirs.map_or_else(nothing, |theirs| {
                beside(task, peer, own, *theirs, &mut wrong)
            }));
        }
        println!("| {} |", row.join(" | "));
    }
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(wrong.join("\n").into())
    }
}
