//! The invariants of ARCHITECTURE.md that a program can check.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Who may depend on whom in the workspace: the arrows of ARCHITECTURE.md.
const ARROWS: [(&str, &[&str]); 11] = [
    ("kring-core", &[]),
    ("kring-formula", &["kring-core"]),
    ("kring-stats", &["kring-core"]),
    ("kring-sim", &["kring-core"]),
    ("kring-network", &["kring-core"]),
    ("kring-check", &["kring-core", "kring-stats"]),
    ("kring-cohort", &["kring-core", "kring-unify"]),
    ("kring-report", &["kring-core"]),
    (
        "kring",
        &[
            "kring-check",
            "kring-cohort",
            "kring-core",
            "kring-formula",
            "kring-network",
            "kring-report",
            "kring-sim",
            "kring-stats",
        ],
    ),
    ("kring-cli", &["kring"]),
    ("kring-py", &["kring"]),
];

/// Packages that are no part of the library.
const OUTSIDE: [&str; 3] = ["kring-unify", "kring-benches", "xtask"];

/// One outside library, one place: the folder or file in which alone its name may stand.
const PLACES: [(&str, &[&str]); 12] = [
    ("faer", &["crates/kring-stats/src/linalg.rs"]),
    ("statrs", &["crates/kring-stats/src/dist"]),
    ("cdflib", &["crates/kring-stats/src/dist"]),
    ("chacha20", &["crates/kring-core/src/seed.rs"]),
    ("rand", &["crates/kring-core/src/seed.rs"]),
    (
        "rayon",
        &[
            "crates/kring-stats/src/resampling",
            "crates/kring-stats/tests/",
            "crates/kring-sim/src/replicate.rs",
            "crates/kring-sim/tests/",
            "crates/kring/src/performance.rs",
            "crates/kring-py/src/job.rs",
        ],
    ),
    ("polars", &["crates/kring-cohort/", "crates/kring-py/"]),
    (
        "polars_arrow",
        &["crates/kring-cohort/", "crates/kring-py/"],
    ),
    ("polars_io", &["crates/kring-cohort/"]),
    ("pyo3", &["crates/kring-py/"]),
    ("quick_xml", &["crates/kring-cohort/src/circles/xml.rs"]),
    ("hmac", &["crates/kring-cohort/src/circles/pseudonyms.rs"]),
];

/// Where arrays and seeds alone decide.
const PURE: [&str; 3] = [
    "crates/kring-network/src/",
    "crates/kring-sim/src/",
    "crates/kring-stats/src/",
];

/// What estimators and generators may not touch: files, clocks, the environment, the terminal.
const IMPURE: [&str; 6] = [
    "std::fs",
    "std::env",
    "std::time",
    "std::io",
    "println!",
    "thread_rng",
];

/// Packages that no build of the command may contain: a network stack, or an optimised-away promise.
const BANNED: [&str; 4] = ["reqwest", "object_store", "rustls", "hyper"];

/// Files in which `unsafe` may stand.
const UNSAFE: [&str; 1] = ["crates/kring-py/src/arrow.rs"];

/// Every breach, in words.
pub fn breaches(root: &Path) -> Result<Vec<String>, String> {
    let mut breaches = Vec::new();
    arrows(root, &mut breaches)?;
    trees(root, &mut breaches)?;
    for file in rust_files(&root.join("crates"))? {
        let text =
            std::fs::read_to_string(&file).map_err(|e| format!("{}: {e}", file.display()))?;
        let name = file
            .strip_prefix(root)
            .unwrap_or(&file)
            .to_string_lossy()
            .replace('\\', "/");
        sources(&name, &text, &mut breaches);
    }
    Ok(breaches)
}

/// The breaches as text.
pub fn report(breaches: &[String]) -> String {
    let mut text = String::new();
    for breach in breaches {
        let _ = writeln!(text, "breach: {breach}");
    }
    let _ = match breaches.len() {
        0 => writeln!(
            text,
            "architecture: every arrow and place as ARCHITECTURE.md has it"
        ),
        n => writeln!(text, "architecture: {n} breach(es)"),
    };
    text
}

fn arrows(root: &Path, breaches: &mut Vec<String>) -> Result<(), String> {
    let text = run(
        root,
        &[
            "metadata",
            "--format-version",
            "1",
            "--no-deps",
            "--offline",
        ],
    )?;
    let metadata: serde_json::Value = serde_json::from_str(&text).map_err(|e| e.to_string())?;
    for package in metadata["packages"].as_array().into_iter().flatten() {
        let name = package["name"].as_str().unwrap_or_default();
        let Some((_, allowed)) = ARROWS.iter().find(|(known, _)| *known == name) else {
            if !OUTSIDE.contains(&name) {
                breaches.push(format!(
                    "{name} is a crate without arrows: say on whom it may depend"
                ));
            }
            continue;
        };
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            let to = dependency["name"].as_str().unwrap_or_default();
            let normal = dependency["kind"].is_null();
            if normal && to.starts_with("kring") && !allowed.contains(&to) {
                breaches.push(format!(
                    "{name} depends on {to}, which is no arrow of the design"
                ));
            }
        }
    }
    Ok(())
}

/// Whoever wants only the statistics compiles no polars and no Python.
fn trees(root: &Path, breaches: &mut Vec<String>) -> Result<(), String> {
    let packages = |of: &str| -> Result<BTreeSet<String>, String> {
        let tree = run(
            root,
            &[
                "tree",
                "-p",
                of,
                "-e",
                "normal",
                "--prefix",
                "none",
                "--offline",
            ],
        )?;
        Ok(tree
            .lines()
            .filter_map(|line| line.split(' ').next())
            .map(str::to_owned)
            .collect())
    };
    for lean in [
        "kring-core",
        "kring-stats",
        "kring-formula",
        "kring-network",
        "kring-report",
        "kring-sim",
    ] {
        for package in packages(lean)? {
            if package.starts_with("polars")
                || package.starts_with("pyo3")
                || package.starts_with("arrow")
            {
                breaches.push(format!("{lean} compiles {package}"));
            }
        }
    }
    for package in packages("kring-cli")? {
        if BANNED.contains(&package.as_str()) {
            breaches.push(format!(
                "the command compiles {package}: some feature pulls in a network stack"
            ));
        }
    }
    Ok(())
}

fn sources(name: &str, text: &str, breaches: &mut Vec<String>) {
    let mut in_tests = false;
    for (number, line) in text.lines().enumerate() {
        let place = format!("{name}:{}", number + 1);
        in_tests |= line.trim() == "mod tests {";
        let code = line.split("//").next().unwrap_or_default();
        for (library, allowed) in PLACES {
            let named = [format!("{library}::"), format!("use {library};")];
            if named.iter().any(|n| mentions(code, n))
                && !allowed.iter().any(|place| name.starts_with(place))
            {
                breaches.push(format!(
                    "{place} names {library}, which belongs in {}",
                    allowed.join(" or ")
                ));
            }
        }
        if PURE.iter().any(|pure| name.starts_with(pure))
            && !in_tests
            && let Some(found) = IMPURE.iter().find(|impure| code.contains(*impure))
        {
            breaches.push(format!(
                "{place}: arrays and seeds alone decide here, but it touches {found}"
            ));
        }
        let is_unsafe = code.contains("unsafe ") || code.contains("unsafe{");
        if is_unsafe && !code.contains("unsafe_code") && !UNSAFE.contains(&name) {
            breaches.push(format!("{place}: unsafe outside {}", UNSAFE.join(", ")));
        }
    }
}

/// Whether a path such as `faer::` stands in a line as itself, not as the end of another name.
fn mentions(code: &str, path: &str) -> bool {
    code.match_indices(path)
        .any(|(at, _)| !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_'))
}

fn rust_files(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries =
            std::fs::read_dir(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
        for entry in entries {
            let path = entry.map_err(|e| e.to_string())?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}

fn run(root: &Path, arguments: &[&str]) -> Result<String, String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(arguments)
        .current_dir(root)
        .output()
        .map_err(|e| format!("cargo {}: {e}", arguments.join(" ")))?;
    if !output.status.success() {
        return Err(format!(
            "cargo {}: {}",
            arguments.join(" "),
            String::from_utf8_lossy(&output.stderr)
        ));
    }
    String::from_utf8(output.stdout).map_err(|e| e.to_string())
}

#[cfg(test)]
#[allow(
    clippy::expect_used,
    reason = "a test may stop at what it did not expect"
)]
mod tests {
    use super::*;

    #[test]
    fn the_architecture_holds() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"))
            .parent()
            .expect("the workspace");
        assert_eq!(breaches(root).expect("cargo answers"), Vec::<String>::new());
    }

    #[test]
    fn a_breach_is_seen() {
        let seen = |name: &str, text: &str| {
            let mut breaches = Vec::new();
            sources(name, text, &mut breaches);
            breaches.len()
        };
        assert_eq!(
            seen("crates/kring-stats/src/lm.rs", "let m = faer::Mat::new();"),
            1
        );
        assert_eq!(
            seen(
                "crates/kring-stats/src/linalg.rs",
                "let m = faer::Mat::new();"
            ),
            0
        );
        assert_eq!(seen("crates/kring-stats/src/lm.rs", "std::fs::read(x)"), 1);
        assert_eq!(
            seen("crates/kring-stats/src/lm.rs", "// faer::Mat is fast"),
            0
        );
        assert_eq!(seen("crates/kring/src/lib.rs", "use my_polars::frame;"), 0);
        assert_eq!(seen("crates/kring/src/lib.rs", "use polars::frame;"), 1);
        assert_eq!(seen("crates/kring/src/lib.rs", "unsafe { x }"), 1);
    }
}
