//! What would be published of each crate: only what may be, and all that it needs.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// The files that every published crate has.
const NEEDED: [&str; 4] = ["Cargo.toml", "LICENSE-APACHE", "LICENSE-MIT", "README.md"];

/// The endings of what is published. Data, whatever their licence, have none of them.
const ENDINGS: [&str; 7] = ["css", "html", "json", "lock", "md", "rs", "svg"];

/// Further files, by their whole name.
const NAMED: [&str; 4] = [
    "Cargo.toml",
    "Cargo.toml.orig",
    "LICENSE-APACHE",
    "LICENSE-MIT",
];

/// Folders of data and of tests that need them.
const KEPT_HOME: [&str; 5] = ["benches", "data", "datasets", "reference", "tests"];

/// Licences under which nothing that is published may lie, as SPDX names them.
const COPYLEFT: [&str; 5] = ["GPL-", "AGPL-", "LGPL-", "CC-BY-SA-", "MPL-"];

/// What a crate must say of itself.
const SAID: [&str; 4] = ["description", "license", "readme", "rust_version"];

/// A crate that is published, with the files of it that are.
struct Packaged {
    name: String,
    folder: String,
    manifest: Value,
    files: Vec<String>,
}

/// What `cargo xtask package` found.
pub struct Outcome {
    crates: Vec<(String, usize)>,
    /// What may not be published, or is missing, in words.
    pub faults: Vec<String>,
}

/// Lists the files of each crate that is published and checks them.
pub fn run(root: &Path) -> Result<Outcome, String> {
    let packaged = packaged(root)?;
    let published: BTreeSet<&str> = packaged.iter().map(|one| one.name.as_str()).collect();
    let mut faults = Vec::new();
    for one in &packaged {
        let read = |file: &str| std::fs::read_to_string(Path::new(&one.folder).join(file)).ok();
        faults.extend(of_manifest(one, &published));
        faults.extend(of_files(&one.files, &read).map(|fault| format!("{}: {fault}", one.name)));
    }
    Ok(Outcome {
        crates: packaged
            .into_iter()
            .map(|one| (one.name, one.files.len()))
            .collect(),
        faults,
    })
}

/// What was found, as text.
pub fn report(outcome: &Outcome) -> String {
    let mut text = String::new();
    for (name, files) in &outcome.crates {
        let _ = writeln!(text, "{name:<16} {files:>4} files");
    }
    for fault in &outcome.faults {
        let _ = writeln!(text, "fault: {fault}");
    }
    let _ = match outcome.faults.len() {
        0 => writeln!(
            text,
            "package: nothing is published that should not be, and nothing lacks"
        ),
        n => writeln!(text, "package: {n} fault(s)"),
    };
    text
}

fn packaged(root: &Path) -> Result<Vec<Packaged>, String> {
    let metadata = cargo(root, &["metadata", "--no-deps", "--format-version", "1"])?;
    let metadata: Value = serde_json::from_str(&metadata).map_err(|error| error.to_string())?;
    let all = metadata["packages"].as_array().into_iter().flatten();
    // `publish = false` is an empty list of registries.
    let public = all.filter(|package| package["publish"].is_null());
    public
        .map(|package| {
            let text = |name: &str| package[name].as_str().unwrap_or_default().to_owned();
            let (name, manifest) = (text("name"), text("manifest_path"));
            let listed = cargo(
                root,
                &["package", "--list", "--allow-dirty", "--package", &name],
            )?;
            let files = listed.lines().map(|line| line.replace('\\', "/")).collect();
            let folder = Path::new(&manifest).parent().unwrap_or(root);
            Ok(Packaged {
                name,
                folder: folder.display().to_string(),
                manifest: package.clone(),
                files,
            })
        })
        .collect()
}

fn cargo(root: &Path, arguments: &[&str]) -> Result<String, String> {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(program)
        .args(arguments)
        .current_dir(root)
        .output()
        .map_err(|error| format!("cargo cannot be run: {error}"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(format!("cargo {}: {}", arguments.join(" "), said.trim()));
    }
    String::from_utf8(output.stdout).map_err(|error| error.to_string())
}

/// What a manifest lacks, and dependencies that a registry would not have.
fn of_manifest(one: &Packaged, published: &BTreeSet<&str>) -> Vec<String> {
    let (name, manifest) = (&one.name, &one.manifest);
    let unsaid = SAID
        .iter()
        .filter(|field| manifest[**field].as_str().is_none_or(str::is_empty));
    let mut faults: Vec<String> = unsaid
        .map(|field| format!("{name}: its manifest has no `{field}`"))
        .collect();
    for list in ["categories", "keywords"] {
        let n = manifest[list].as_array().map_or(0, Vec::len);
        if !(1..=5).contains(&n) {
            faults.push(format!("{name}: {n} {list}; a registry takes 1 to 5"));
        }
    }
    for dependency in manifest["dependencies"].as_array().into_iter().flatten() {
        let what = dependency["name"].as_str().unwrap_or_default();
        let of_tests = dependency["kind"] == "dev";
        if dependency["path"].is_string() && !of_tests && !published.contains(what) {
            faults.push(format!(
                "{name}: it depends on {what}, which is not published"
            ));
        }
    }
    faults
}

/// What is wrong with the files of a crate: a fault each.
fn of_files<'a>(
    files: &'a [String],
    read: &'a dyn Fn(&str) -> Option<String>,
) -> impl Iterator<Item = String> + use<'a> {
    let missing = NEEDED
        .iter()
        .filter(|needed| !files.iter().any(|file| file == *needed));
    let missing = missing.map(|needed| format!("there is no {needed}"));
    missing.chain(files.iter().flat_map(move |file| {
        let mut faults = Vec::new();
        faults.extend(not_to_publish(file));
        let text = read(file).unwrap_or_default();
        faults.extend(licensed_otherwise(file, &text));
        faults.extend(
            taken_in(file, &text)
                .into_iter()
                .filter(|path| !files.contains(path))
                .map(|path| format!("{file} takes in {path}, which is not published with it")),
        );
        faults
    }))
}

/// Why a file may not be published, by its name.
fn not_to_publish(file: &str) -> Option<String> {
    let mut folders = file.split('/').rev().skip(1);
    if let Some(folder) = folders.find(|folder| KEPT_HOME.contains(folder))
        && !file.starts_with("src/")
    {
        return Some(format!(
            "{file} lies in `{folder}`, of which nothing is published"
        ));
    }
    let name = file.rsplit('/').next().unwrap_or(file);
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    let settings = file.starts_with("src/") && ending == "toml";
    if NAMED.contains(&name) || ENDINGS.contains(&ending) || settings {
        return None;
    }
    Some(format!(
        "{file} is of a kind that is not published; expected {}",
        ENDINGS.join(", ")
    ))
}

/// Whether a file says that it is under a licence of its own that others must keep.
fn licensed_otherwise(file: &str, text: &str) -> Option<String> {
    let line = text
        .lines()
        .find_map(|line| line.split_once("SPDX-License-Identifier:"))?
        .1;
    let copyleft = COPYLEFT.iter().find(|licence| line.contains(*licence))?;
    Some(format!("{file} is under {copyleft}…, and the crate is not"))
}

/// The files that a file of Rust takes in when it is compiled, from the folder of the crate.
fn taken_in(file: &str, text: &str) -> Vec<String> {
    if Path::new(file)
        .extension()
        .is_none_or(|ending| ending != "rs")
    {
        return Vec::new();
    }
    let folder = file.rsplit_once('/').map_or("", |(folder, _)| folder);
    let calls = ["include_str!(\"", "include_bytes!(\""];
    let calls = calls.iter().flat_map(|call| text.split(call).skip(1));
    calls
        .filter_map(|rest| rest.split('"').next())
        .map(|path| {
            let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
            for part in path.split('/') {
                match part {
                    ".." if parts.last().is_some_and(|last| *last != "..") => {
                        parts.pop();
                    }
                    part => parts.push(part),
                }
            }
            parts.join("/")
        })
        .collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]
mod tests {
    use super::*;

    #[test]
    fn what_is_published_is_what_may_be() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let outcome = run(root).unwrap();
        assert!(outcome.faults.is_empty(), "{}", report(&outcome));
        let names: Vec<&str> = outcome
            .crates
            .iter()
            .map(|(name, _)| name.as_str())
            .collect();
        assert!(
            names.contains(&"kring-core") && names.contains(&"kring-unify"),
            "{names:?}"
        );
        assert!(
            !names.contains(&"kring-py") && !names.contains(&"xtask"),
            "{names:?}"
        );
    }

    #[test]
    fn data_and_tests_stay_at_home() {
        for file in [
            "tests/data/families.sav",
            "reference/data/owls.csv",
            "datasets/studies/owls/data/owls.csv",
            "src/owls.csv",
            "tests/estimators/main.rs",
            "fit.R",
        ] {
            assert!(not_to_publish(file).is_some(), "{file}");
        }
        for file in [
            "src/lm.rs",
            "src/tests/fields.rs",
            "src/fields.toml",
            "LICENSE-MIT",
            "README.md",
        ] {
            assert_eq!(not_to_publish(file), None);
        }
    }

    #[test]
    fn a_licence_of_its_own_is_seen() {
        // In two pieces, so that this file does not say it of itself.
        let said = |licence: &str| format!("// SPDX-License-{}: {licence}\n", "Identifier");
        assert!(licensed_otherwise("src/a.rs", &said("GPL-3.0-or-later")).is_some());
        assert!(licensed_otherwise("src/a.rs", &said("CC-BY-SA-4.0")).is_some());
        assert_eq!(licensed_otherwise("src/a.rs", &said("MIT")), None);
        assert_eq!(
            licensed_otherwise("src/a.rs", "GPL-3.0 is only spoken of"),
            None
        );
    }

    #[test]
    fn a_file_that_is_taken_in_must_be_there() {
        let text = "const A: &str = include_str!(\"../templates/a.svg\");\nfn b() { include_bytes!(\"b.toml\"); }";
        assert_eq!(
            taken_in("src/figures/draw.rs", text),
            ["src/templates/a.svg", "src/figures/b.toml"]
        );
        let files = NEEDED
            .map(str::to_owned)
            .into_iter()
            .chain(["src/lib.rs".to_owned()]);
        let files: Vec<String> = files.collect();
        let outside = |file: &str| {
            (file == "src/lib.rs").then(|| "include_str!(\"../../../datasets/a.csv\")".to_owned())
        };
        let faults: Vec<String> = of_files(&files, &outside).collect();
        assert_eq!(
            faults,
            ["src/lib.rs takes in ../../datasets/a.csv, which is not published with it"]
        );
    }
}
