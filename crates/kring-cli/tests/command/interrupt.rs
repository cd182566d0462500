//! Ctrl-C in the real command: what was done is kept.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::folder;

const GENERATOR: &str = r#"
title = "Problems at two waves"
wave = [{ name = "1", time = 0 }, { name = "2", time = 1 }]
arm = [{ name = "WT", families = 60 }, { name = "EKC", families = 60 }]
[[outcome]]
name = "problems"
distribution = { kind = "nb2", theta = 4.0 }
intercept = 1.5
[[effect]]
arm = "EKC"
outcome = "problems"
after = [{ wave = "2", value = -0.3 }]
"#;

/// Starts the command and presses Ctrl-C when it has begun to listen and had time for some work.
fn interrupted(name: &str, arguments: &[&str]) -> (Option<i32>, Value) {
    let folder = folder(name);
    std::fs::write(folder.join("plan.toml"), GENERATOR).unwrap();
    let child = Command::new(env!("CARGO_BIN_EXE_kring"))
        .args(arguments)
        .args(["before=problems_1", "after=problems_2", "by=arm"])
        .args(["--term", "ratio of rates", "--seed", "1", "--json"])
        .current_dir(&folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    listens(&child);
    std::thread::sleep(Duration::from_millis(300));
    let number = child.id().to_string();
    let pressed = Command::new("kill").args(["-INT", &number]).status();
    assert!(pressed.unwrap().success());
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(said, "");
    (
        output.status.code(),
        serde_json::from_slice(&output.stdout).unwrap(),
    )
}

/// Waits until the process catches SIGINT, the second of the signals in the mask of Linux.
fn listens(child: &Child) {
    let started = Instant::now();
    loop {
        let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
        let mask = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
        let caught = u64::from_str_radix(mask.unwrap().trim(), 16).unwrap();
        if caught >> 1 & 1 == 1 {
            return;
        }
        assert!(started.elapsed() < Duration::from_mins(1), "{status}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// So many replicates that nobody waits for the end.
const MANY: &str = "10000000";

#[test]
fn a_power_that_is_interrupted_keeps_what_was_done() {
    let power = [
        "power",
        "plan.toml",
        "--method",
        "lords_paradox",
        "--replicates",
        "100000000",
    ];
    let (status, found) = interrupted("power", &power);
    assert_eq!(status, Some(1));
    assert_eq!(found["done"], "interrupted");
    let replicates = found["replicates"].as_u64().unwrap();
    assert!((1..100_000_000).contains(&replicates), "{found}");
    // By far more than α: the replicates were counted, and not thrown away.
    assert!(found["power"].as_f64().unwrap() > 0.3, "{found}");
}

#[test]
fn a_performance_that_is_interrupted_keeps_what_was_done() {
    let performance = [
        "performance",
        "plan.toml",
        "lords_paradox",
        "--truth",
        "-0.3",
    ];
    let arguments = [&performance[..], &["--replicates", MANY]].concat();
    let (status, found) = interrupted("performance", &arguments);
    assert_eq!(status, Some(1));
    let replicates = found["replicates"].as_u64().unwrap();
    assert!((2..10_000_000).contains(&replicates), "{found}");
}

#[test]
fn a_search_that_is_interrupted_keeps_its_points() {
    let search = [
        "power",
        "plan.toml",
        "--method",
        "lords_paradox",
        "--power",
        ".8",
        "--replicates",
        "100000000",
    ];
    let (status, found) = interrupted("search", &search);
    assert_eq!(status, Some(1));
    assert_eq!(found["done"], "interrupted");
    let points = found["points"].as_array().unwrap();
    assert!(!points.is_empty(), "{found}");
    assert_eq!(found["asked"]["options"]["seed"], 1);
}
