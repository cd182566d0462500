//! Every build must ask for the same features of polars and of all that it is made of.
#![allow(
    clippy::unwrap_used,
    reason = "a test may stop at what it did not expect"
)]

use std::collections::BTreeSet;
use std::process::Command;

/// The builds that people and continuous integration make, as arguments of `cargo tree`.
const BUILDS: [(&str, &str); 6] = [
    ("the command", "--package kring-cli --edges normal,build"),
    (
        "the Python module",
        "--package kring-py --edges normal,build",
    ),
    ("the workspace", "--workspace --edges normal,build"),
    (
        "the tests of the workspace",
        "--workspace --edges normal,build,dev",
    ),
    (
        "the tests of kring",
        "--package kring --edges normal,build,dev",
    ),
    (
        "the tests of kring-cohort",
        "--package kring-cohort --edges normal,build,dev",
    ),
];

#[test]
fn polars_is_compiled_once() {
    let mut parts = tree("--package polars --edges normal,build", "{p}");
    parts.extend(tree("--package polars-io --edges normal,build", "{p}"));
    assert!(parts.iter().any(|part| part.starts_with("polars-core ")));
    let features = |build: &str| {
        let mut packages = tree(build, "{p} [{f}]");
        packages.retain(|line| {
            line.split_once(" [")
                .is_some_and(|(package, _)| parts.contains(package))
        });
        packages
    };
    let (first, build) = BUILDS[0];
    let expected = features(build);
    for (name, build) in &BUILDS[1..] {
        let found = features(build);
        let differing: Vec<_> = expected.symmetric_difference(&found).collect();
        assert!(
            differing.is_empty(),
            "{first} and {name} ask for different features, so that polars is compiled twice; \
             ask for all of them in crates/kring-unify/Cargo.toml:\n{differing:#?}"
        );
    }
}

/// The packages of a tree, written in a format.
fn tree(arguments: &str, format: &str) -> BTreeSet<String> {
    let output = Command::new(env!("CARGO"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["tree", "--offline", "--prefix", "none", "--format", format])
        .args(arguments.split(' '))
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines()
        .map(|line| line.trim_end_matches(" (*)").to_owned())
        .collect()
}
