//! How long a million circles of 15 persons take, and how much memory.
//!
//!     cargo bench --profile dev --package kring-network                     # 1,000,000 circles
//!     cargo bench --profile dev --package kring-network -- data FOLDER      # 20,000 of them for circles.R
//!
//! Run as a test it measures few of them, once. `benches/peers/circles.sh` sets igraph beside it.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    missing_docs,
    reason = "a bench that cannot go on should stop, and prints what it found"
)]

use std::fmt::Write;
use std::hint::black_box;
use std::path::Path;
use std::time::Instant;

use kring_core::seed::{Seed, Stream};
use kring_core::{
    Alter, AlterRow, Circles, FamilyRow, FamilySide, Role, Sign, Support, Supports, TieRow,
};
use kring_network::circle::{CircleOptions, Workspace};

const PERSONS: usize = 15;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    // Whoever lists tests is told of the one that measures few circles.
    if arguments.iter().any(|argument| argument == "--list") {
        if !arguments.iter().any(|argument| argument == "--ignored") {
            println!("few_circles: test");
        }
        return;
    }
    if let Some(at) = arguments.iter().position(|argument| argument == "data") {
        return write_data(Path::new(&arguments[at + 1]), 20_000);
    }
    if !arguments.iter().any(|argument| argument == "--bench") {
        return time(300);
    }
    println!("side\ttask\tcircles\tseconds\tvalue\tmegabytes\tat most");
    for circles in [20_000, 250_000, 500_000, 1_000_000] {
        time(circles);
    }
}

/// Persons of circle i: what they are, and who is tied to whom. A quarter of the pairs are tied.
fn draw(seed: &Seed, i: u64) -> (Vec<Alter>, Vec<(usize, usize, Sign)>) {
    const ROLES: [Role; 6] = [
        Role::Household,
        Role::Family,
        Role::Friend,
        Role::Neighbour,
        Role::Acquaintance,
        Role::Volunteer,
    ];
    let stream: &mut Stream = &mut seed.stream(i);
    let sign = |stream: &mut Stream| match stream.below(8) {
        0 => Sign::Conflict,
        _ => Sign::Support,
    };
    let alters = (0..PERSONS)
        .map(|_| {
            let kinds = stream.below(32);
            let gives = |kind: &&Support| kinds >> kind.place() & 1 == 1;
            Alter {
                side: FamilySide::ALL.get(stream.below(4) as usize).copied(),
                support: Some(
                    Support::ALL
                        .iter()
                        .filter(gives)
                        .copied()
                        .collect::<Supports>(),
                ),
                bond: sign(stream),
                ..Alter::new(ROLES[stream.below(6) as usize])
            }
        })
        .collect();
    let mut ties = Vec::new();
    for one in 0..PERSONS {
        for other in one + 1..PERSONS {
            if stream.below(4) == 0 {
                ties.push((one, other, sign(stream)));
            }
        }
    }
    (alters, ties)
}

fn circles(n: u64) -> Circles {
    let seed = Seed::new(2019).child("circles", 0);
    let names: Vec<String> = (0..PERSONS).map(|i| format!("p{i:02}")).collect();
    let mut builder = Circles::builder(["1"]);
    for i in 0..n {
        let family = i.to_string();
        builder.family(FamilyRow::new(&family, "1"));
        let (alters, ties) = draw(&seed, i);
        for (name, alter) in names.iter().zip(alters) {
            builder.alter(AlterRow::new(&family, "1", name, alter));
        }
        for (one, other, sign) in ties {
            builder.tie(TieRow::new(&family, "1", &names[one], &names[other], sign));
        }
    }
    builder.finish().unwrap()
}

fn time(n: u64) {
    let started = Instant::now();
    let circles = circles(n);
    let row = |task: &str, seconds: f64, value: f64| {
        let [now, most] = ["VmRSS", "VmHWM"].map(megabytes);
        println!("kring\t{task}\t{n}\t{seconds:.3}\t{value:.9}\t{now}\t{most}");
    };
    row(
        "draw and build",
        started.elapsed().as_secs_f64(),
        circles.persons() as f64,
    );
    let mut workspace = Workspace::new();
    let options = CircleOptions::default();
    let started = Instant::now();
    let mut sum = 0.0;
    for circle in circles.iter() {
        let measures = black_box(options.measure(&circle, &mut workspace));
        sum += measures.ego.constraint.unwrap_or(0.0)
            + measures
                .without_family
                .betweenness_centralization
                .unwrap_or(0.0);
    }
    row(
        "all measures",
        started.elapsed().as_secs_f64(),
        sum / n as f64,
    );
}

/// Resident memory, now or at most so far, where the system tells it.
fn megabytes(which: &str) -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with(which));
    let kilobytes = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<f64>().ok());
    kilobytes.map_or_else(String::new, |kb| format!("{:.0}", kb / 1024.0))
}

/// Ties and persons of the first circles, for R.
fn write_data(folder: &Path, n: u64) {
    std::fs::create_dir_all(folder).unwrap();
    let seed = Seed::new(2019).child("circles", 0);
    let (mut persons, mut pairs) = (
        "circle,person,role,bond\n".to_owned(),
        "circle,from,to,sign\n".to_owned(),
    );
    for i in 0..n {
        let (alters, ties) = draw(&seed, i);
        for (place, alter) in alters.iter().enumerate() {
            writeln!(persons, "{i},{},{},{}", place + 1, alter.role, alter.bond).unwrap();
        }
        for (one, other, sign) in ties {
            writeln!(pairs, "{i},{},{},{sign}", one + 1, other + 1).unwrap();
        }
    }
    std::fs::write(folder.join("persons.csv"), persons).unwrap();
    std::fs::write(folder.join("ties.csv"), pairs).unwrap();
}
