//! Intervals from the bootstrap.

use kring_core::seed::Stream;
use kring_core::{Bootstrap as Kind, Grouping};
use kring_stats::bootstrap::Bootstrap;
use kring_stats::resampling::{Scheme, TwoGroups};

use super::scenario::{Claim::Approximate, Scenario, ekc, many, nb2s, normals, teams, wt};

fn words(kind: Kind) -> &'static str {
    match kind {
        Kind::Percentile => "percentile",
        Kind::Basic => "basic",
        Kind::BiasCorrectedAccelerated => "BCa",
        Kind::Studentized => "studentised",
    }
}

fn options(interval: Kind, stream: &mut Stream) -> Bootstrap {
    Bootstrap {
        interval,
        replicates: 999,
        seed: Some(stream.long()),
        ..Bootstrap::default()
    }
}

/// The difference of two means.
fn difference(
    kind: Kind,
    (key, data): (&str, &str),
    truth: f64,
    draw: fn(&mut Stream) -> [Vec<f64>; 2],
) -> Scenario {
    Scenario::new(
        format!("bootstrap-{} difference/{key}", words(kind)),
        format!("difference of means, bootstrap, {}", words(kind)),
        data,
        Approximate,
        truth,
        move |stream| {
            let [x, y] = draw(stream);
            let options = options(kind, stream);
            Ok(options.two_samples(ekc(&x), wt(&y), None)?.estimate)
        },
    )
}

/// The mean of lognormal values.
fn mean(kind: Kind, n: usize) -> Scenario {
    Scenario::new(
        format!("bootstrap-{} mean/{n}", words(kind)),
        format!("mean, bootstrap, {}", words(kind)),
        format!("{n} lognormal values, SD of the log 1"),
        Approximate,
        0.5_f64.exp(),
        move |stream| {
            let x = many(n, || stream.normal().exp());
            let options = options(kind, stream);
            Ok(options.mean(ekc(&x), Scheme::default(), None)?.estimate)
        },
    )
}

/// The mean change of pairs.
fn paired(kind: Kind, n: usize) -> Scenario {
    Scenario::new(
        format!("bootstrap-{} paired/{n}", words(kind)),
        format!("mean change, bootstrap, {}", words(kind)),
        format!("{n} pairs, normal"),
        Approximate,
        -1.3,
        move |stream| {
            let before = normals(n, 6.0, 3.0, stream);
            let after: Vec<f64> = (before.iter())
                .map(|b| b - 1.3 + 2.5 * stream.normal())
                .collect();
            let options = options(kind, stream);
            let found = options.paired(ekc(&after), wt(&before), Scheme::default(), None)?;
            Ok(found.estimate)
        },
    )
}

/// Families in teams, the arm being the team's; whole teams are drawn.
fn by_team(kind: Kind, rows: usize, all: usize) -> Scenario {
    let clusters = teams(rows, all);
    let of_row = |&team: &u32| u32::from(2 * (team as usize) >= all);
    let arm = Grouping::new(
        "arm",
        vec!["EKC".to_owned(), "WT".to_owned()],
        clusters.index.iter().map(of_row).collect(),
    );
    Scenario::new(
        format!("bootstrap-{} teams/{all}", words(kind)),
        format!("difference of means, bootstrap of teams, {}", words(kind)),
        format!("{rows} families in {all} teams, half of them EKC, intraclass correlation .2"),
        Approximate,
        1.3,
        move |stream| {
            let levels = normals(all, 0.0, 1.0, stream);
            let each = clusters.index.iter().zip(&arm.index);
            let values: Vec<f64> = each
                .map(|(&team, &arm)| {
                    let mean = if arm == 0 { 6.0 } else { 4.7 };
                    mean + levels[team as usize] + 2.0 * stream.normal()
                })
                .collect();
            let data = TwoGroups {
                values: &values,
                arm: &arm,
                scheme: Scheme {
                    clusters: Some(&clusters),
                    strata: None,
                },
            };
            Ok(options(kind, stream).two_groups(&data, None)?.estimate)
        },
    )
}

pub fn scenarios() -> Vec<Scenario> {
    let kinds = [
        Kind::Percentile,
        Kind::Basic,
        Kind::BiasCorrectedAccelerated,
        Kind::Studentized,
    ];
    let counts = (
        "counts",
        "55 and 60 counts, means 6 and 4.7, NB2 with θ = 2",
    );
    let few = ("few", "6 and 6 normal values, one SD");
    let mut all = Vec::new();
    for kind in kinds {
        all.push(difference(kind, counts, 1.3, |s| {
            [nb2s(55, 6.0, 2.0, s), nb2s(60, 4.7, 2.0, s)]
        }));
        all.push(difference(kind, few, 1.3, |s| {
            [normals(6, 6.0, 3.0, s), normals(6, 4.7, 3.0, s)]
        }));
        all.push(mean(kind, 55));
        all.push(mean(kind, 10));
    }
    for kind in [Kind::Percentile, Kind::BiasCorrectedAccelerated] {
        all.push(paired(kind, 45));
        all.push(by_team(kind, 240, 60));
        all.push(by_team(kind, 115, 10));
    }
    all
}
