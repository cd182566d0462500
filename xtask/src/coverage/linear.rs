//! Coefficients of the linear model, with classical, robust and cluster-robust errors.

use kring_core::Response;
use kring_stats::lm::Lm;
use kring_stats::{Covariance, Fit};

use super::cohort::Cohort;
use super::scenario::{
    Claim::{self, Approximate, Nominal},
    Scenario, named, short,
};

/// The intercept, the arm and the severity.
const BETA: [f64; 3] = [4.7, 1.3, 0.8];

/// Errors with SD 3, or with the SD of an arm and growing with severity.
fn independent(
    claim: Claim,
    covariance: Covariance,
    (m, n): (usize, usize),
    equal: bool,
) -> Scenario {
    let cohort = Cohort::new(m, n);
    let sd: Vec<f64> = (cohort.x.rows().into_iter())
        .map(|row| {
            if equal {
                3.0
            } else {
                (2.0 + 2.0 * (1.0 - row[1])) * (0.4 * row[2]).exp()
            }
        })
        .collect();
    let words = if equal {
        "one SD"
    } else {
        "SD by arm and severity"
    };
    let key = if equal { "equal" } else { "unequal" };
    Scenario::new(
        format!("lm-{}/{m} {n} {key}", short(covariance)),
        format!("linear model, {}", short(covariance)),
        format!("{m} and {n} families, {words}"),
        claim,
        BETA[1],
        move |stream| {
            let eta = cohort.eta(&BETA);
            let y = eta
                .iter()
                .zip(&sd)
                .map(|(eta, sd)| eta + sd * stream.normal());
            let design = cohort.design(Response::Continuous(y.collect()), false, false)?;
            let options = Lm {
                covariance,
                ..Lm::default()
            };
            named(options.fit(&design)?.estimates()?, "arm")
        },
    )
}

/// A random level of each team with SD 1, beside an SD of 2 within. The arm is the team's.
fn by_team(covariance: Covariance, rows: usize, all: usize, with: usize) -> Scenario {
    let cohort = Cohort::of_teams(rows, all, with);
    Scenario::new(
        format!("lm-{}/{all} teams, {with} EKC", short(covariance)),
        format!("linear model, {}", short(covariance)),
        format!("{rows} families in {all} teams, {with} of them EKC, intraclass correlation .2"),
        Approximate,
        BETA[1],
        move |stream| {
            let team = cohort.by_team(|| stream.normal());
            let eta = cohort.eta(&BETA);
            let y = (eta.iter().zip(&team)).map(|(eta, team)| eta + team + 2.0 * stream.normal());
            // Classical errors take the rows as independent, and say so where the teams are named.
            let design = cohort.design(Response::Continuous(y.collect()), false, true)?;
            let options = Lm {
                covariance,
                ..Lm::default()
            };
            named(options.fit(&design)?.estimates()?, "arm")
        },
    )
}

pub fn scenarios() -> Vec<Scenario> {
    use Covariance::{Classical, Cr0, Cr1, Cr2, Cr3, Hc0, Hc1, Hc2, Hc3};
    let mut all = vec![
        independent(Nominal, Classical, (55, 60), true),
        independent(Nominal, Classical, (3, 3), true),
        independent(Approximate, Classical, (10, 60), false),
    ];
    for covariance in [Hc0, Hc1, Hc2, Hc3] {
        all.push(independent(Approximate, covariance, (55, 60), false));
        all.push(independent(Approximate, covariance, (10, 60), false));
        all.push(independent(Approximate, covariance, (5, 6), false));
    }
    all.push(by_team(Classical, 115, 10, 5));
    for covariance in [Cr0, Cr1, Cr2, Cr3] {
        all.push(by_team(covariance, 240, 60, 30));
        all.push(by_team(covariance, 115, 10, 5));
        all.push(by_team(covariance, 115, 10, 2));
        all.push(by_team(covariance, 60, 4, 2));
    }
    all
}
