//! `kring advise`: what it suggests runs on the table that it saw.

use std::fmt::Write;
use std::path::Path;

use kring::advise::Advice;

use crate::{Run, folder};

/// Thirty families an arm, in teams of five, of whom some left: a score, problems of a list of ten, whether
/// the child is at home, and a burden. Made by arithmetic, so that it is the same everywhere.
fn cohort(waves: u32) -> String {
    let mut text = "family,wave,months,arm,team,score,problems,listed,at_home,burden\n".to_owned();
    for family in 0..60_u32 {
        let arm = ["WT", "EKC"][(family % 2) as usize];
        for wave in 1..=waves {
            if wave == 3 && family % 7 == 0 {
                continue;
            }
            let mix = |by: u32, of: u32| mixed(family * 64 + wave * 8 + by % 8) % of;
            let score = f64::from(mix(13, 41)) / 7.0 + f64::from(family % 5);
            let problems = (mix(17, 5) + family % 4).min(10);
            let at_home = ["no", "yes"][usize::from(mix(11, 7) > 2)];
            let burden = ["low", "middle", "high"][mix(19, 3) as usize];
            let months = [0, 3, 12][(wave - 1) as usize];
            let _ = writeln!(
                text,
                "{family},{wave},{months},{arm},t{},{score:.3},{problems},10,{at_home},{burden}",
                family / 5
            );
        }
    }
    text
}

/// A number in which another is not to be seen.
fn mixed(number: u32) -> u32 {
    let mut x = u64::from(number).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    u32::try_from(x >> 40).unwrap()
}

/// The words of a command as a shell parts them.
fn words(command: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for letter in command.chars() {
        match letter {
            '\'' => quoted = !quoted,
            ' ' if !quoted => words.push(String::new()),
            letter => words.last_mut().unwrap().push(letter),
        }
    }
    words
}

fn kring_in(place: &Path, arguments: &[&str]) -> Run {
    Run::of(arguments, place, &[])
}

#[test]
fn every_command_that_is_suggested_runs() {
    let place = folder("advise");
    for waves in [1, 2, 3] {
        std::fs::write(place.join(format!("{waves}.csv")), cohort(waves)).unwrap();
    }
    let mut ran = 0;
    for waves in ["1", "2", "3"] {
        let file = format!("{waves}.csv");
        for outcome in [
            &["--outcome", "score"][..],
            &["--outcome", "score", "--cluster", "team"],
            &["--outcome", "score", "--time", "months"],
            &["--outcome", "problems"],
            &["--outcome", "problems", "--randomised"],
            &["--outcome", "problems", "--trials", "listed"],
            &["--outcome", "at_home"],
            &[
                "--outcome",
                "burden",
                "--kind",
                "ordinal",
                "--levels",
                "low,middle,high",
            ],
        ] {
            let over = ["--subject", "family", "--wave", "wave"];
            let over = if waves == "1" { &[][..] } else { &over[..] };
            if waves == "1" && outcome.contains(&"--time") {
                continue;
            }
            let arguments = [&["advise", &file, "--arm", "arm"], outcome, over].concat();
            let out = kring_in(&place, &arguments).succeeded().out;
            let mut commands = out
                .lines()
                .filter(|line| line.starts_with("kring "))
                .peekable();
            assert!(commands.peek().is_some(), "{arguments:?}: {out}");
            for command in commands {
                let words = words(command);
                let words: Vec<&str> = words[1..].iter().map(String::as_str).collect();
                let run = kring_in(&place, &words);
                assert_eq!(run.status, 0, "{command}\n{}", run.err);
                ran += 1;
            }
        }
    }
    assert!(ran > 25, "{ran}");
}

#[test]
fn advice_is_json_too_and_some_rows_are_enough() {
    let place = folder("advise_json");
    std::fs::write(place.join("cohort.csv"), cohort(3)).unwrap();
    let arguments = [
        "advise",
        "cohort.csv",
        "--outcome",
        "problems",
        "--arm",
        "arm",
        "--subject",
        "family",
        "--wave",
        "wave",
        "--where",
        "team=t0,t1,t2",
        "--json",
    ];
    let advice: Advice = kring_in(&place, &arguments).succeeded().json();
    assert_eq!(
        advice.facts.arms[0].subjects + advice.facts.arms[1].subjects,
        15
    );
    let text = kring_in(&place, &arguments[..arguments.len() - 1])
        .succeeded()
        .out;
    assert!(text.contains("--where 'team=t0,t1,t2'"), "{text}");
    // In other forms each command stands in a sentence.
    let markdown = [&arguments[..arguments.len() - 1], &["--format", "markdown"]].concat();
    let text = kring_in(&place, &markdown).succeeded().out;
    assert!(text.contains("`kring fit glmm cohort.csv"), "{text}");
}
