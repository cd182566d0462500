//! The command `kring`, run as anybody runs it: arguments in, two streams and an exit status out.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on should stop"
)]

mod advise;
mod circles;
mod describe;
mod fit;
mod folders;
#[cfg(target_os = "linux")]
mod interrupt;
mod programme;
mod replicate;
mod reports;
mod shells;
mod simulations;
mod texts;
mod verify;
mod wide;
mod wrong_inputs;

use std::path::{Path, PathBuf};
use std::process::Command;

use serde::de::DeserializeOwned;

/// What a run of the command left behind.
struct Run {
    status: i32,
    out: String,
    err: String,
}

impl Run {
    /// Runs the command in a folder, with these variables set and none that kring or a terminal reads.
    fn of(arguments: &[&str], folder: &Path, variables: &[(&str, &str)]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kring"));
        command.args(arguments).current_dir(folder);
        for name in ["KRING_DATA", "NO_COLOR", "CLICOLOR_FORCE", "FORCE_COLOR"] {
            command.env_remove(name);
        }
        // Messages draw their frames with characters that the locale has.
        command.env("LC_ALL", "C.UTF-8");
        command.envs(variables.iter().copied());
        let output = command.output().unwrap();
        let run = Self {
            status: output.status.code().expect("the command was killed"),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        };
        run.check_manners(arguments);
        run
    }

    /// What holds of every run: no panic, no place in the source, no escape code in a pipe.
    fn check_manners(&self, arguments: &[&str]) {
        let Self { status, out, err } = self;
        for rude in ["panicked", ".rs:", "RUST_BACKTRACE", "\u{1b}"] {
            assert!(
                !out.contains(rude) && !err.contains(rude),
                "{arguments:?}: {rude}\n{out}\n{err}"
            );
        }
        assert!((0..=2).contains(status), "{arguments:?}: {status}");
        assert_eq!(
            err.is_empty(),
            *status != 2,
            "{arguments:?} ends with {status} and says {err}"
        );
    }

    /// Demands that all was as expected.
    fn succeeded(self) -> Self {
        assert_eq!(self.status, 0, "{}{}", self.out, self.err);
        self
    }

    fn json<T: DeserializeOwned>(&self) -> T {
        serde_json::from_str(&self.out).unwrap()
    }
}

/// Runs the command in the root of the project.
fn kring(arguments: &[&str]) -> Run {
    Run::of(arguments, &project(), &[])
}

fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .unwrap()
}

/// An empty folder of a test's own.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("command")
        .join(name);
    if folder.exists() {
        std::fs::remove_dir_all(&folder).unwrap();
    }
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// The names of the studies in the project.
fn studies() -> Vec<String> {
    let entries = std::fs::read_dir(project().join("datasets/studies")).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.join("study.toml").is_file())
        .map(|path| path.file_name().unwrap().to_str().unwrap().to_owned())
        .collect();
    names.sort();
    assert!(names.len() >= 15, "{names:?}");
    names
}
