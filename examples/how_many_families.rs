//! How many families would the Rotterdam study have needed?
//!
//! The study of 2019 printed mean numbers of problems at the start (6 and 4,7) and who was seen twice (45
//! of 55 and 45 of 60). It printed no SD, no correlation between the measurements and no effect, so there
//! is no one answer: here is a grid over what they may have been. The effects are ones that somebody might
//! not want to miss; that of the study itself is not asked for (power at an effect that was seen says
//! nothing that the p-value does not).
//!
//! First by closed form for every cell, then two cells by simulation, with the families that were calibrated
//! to the printed figures.
//!
//!     cargo run -p kring --example how_many_families
#![allow(clippy::print_stdout, reason = "an example shows what it found")]

use std::error::Error;

use kring::method::{Method, Readings};
use kring::performance::ExperimentOptions;
use kring::power::{PowerStudy, SearchOptions, Setting, Unwatched};
use kring::report::{Content, Ink, Listing, ListingColumn, Style, table_text};
use kring::sim::calibration::Calibration;
use kring::sim::figure::Figure;
use kring::simulate::Simulator;
use kring::stats::power::{ClosedForm, CountCorrelation, Dispersion, Dropout, RateChange, Solve};
use kring::study::Library;

/// The printed mean of the neighbourhood teams' group at the start, taken for both arms.
const BEFORE: f64 = 4.7;
/// What is left of it at the second measurement without an effect: assumed, as in the calibration.
const LEFT: f64 = 4.0 / 4.7;

fn main() -> Result<(), Box<dyn Error>> {
    // Fewer problems in both arms after a year, as the source says in words. The effect is the ratio of
    // what is left with a conference to what is left with the neighbourhood team.
    let mut rows = Vec::new();
    let mut of_one_cell = 0;
    for sd in [2.5, 3.0, 4.0] {
        for correlation in [0.2, 0.4, 0.6] {
            for dropout in [0.1, 0.22] {
                let mut row = vec![
                    format!("{sd}"),
                    format!("{correlation}"),
                    format!("{:.0}%", 100.0 * dropout),
                ];
                for ratio in [0.9_f64, 0.8, 0.7] {
                    // Counts have variance μ + α μ².
                    let alpha = (sd * sd - BEFORE) / (BEFORE * BEFORE);
                    let plan = RateChange {
                        before: BEFORE,
                        second_ratio: LEFT,
                        dispersion: Dispersion::Quadratic { alpha },
                        correlation: CountCorrelation::Given { correlation },
                        ..RateChange::default()
                    };
                    let needed = plan.solve(Solve::N {
                        effect: ratio.ln(),
                        power: 0.8,
                    })?;
                    let leaves = Dropout {
                        by_wave: vec![dropout],
                    };
                    let started = leaves.recruit(needed)?.recruited.unwrap_or_default();
                    let each = started.first().copied().unwrap_or_default();
                    if (sd, correlation, dropout, ratio) == (3.0, 0.4, 0.22, 0.8) {
                        of_one_cell = each;
                    }
                    row.push(each.to_string());
                }
                rows.push(row);
            }
        }
    }
    let head = [
        "SD",
        "Correlation",
        "Dropout",
        "A tenth fewer",
        "A fifth fewer",
        "Three tenths fewer",
    ];
    show(&Content::Listing(Listing {
        title: "Families to start with in each arm, for power 0.8".into(),
        columns: head.map(ListingColumn::numbers).to_vec(),
        rows,
        notes: vec![
            "The study had 55 and 60. SD, correlation and effect are assumed: it printed none."
                .into(),
        ],
        cautions: Vec::new(),
    }));

    // One cell by simulation: SD 3, correlation 0.4, dropout as printed, a fifth fewer.
    let path = Library::find(None)?
        .folder()
        .join("../simulated/rotterdam-2019.toml");
    let calibration: Calibration = toml::from_str(&std::fs::read_to_string(path)?)?;
    let alike = Simulator::calibrate(as_if_chance_decided(calibration.clone()))?;
    let effect = Setting {
        n: None,
        effect: Some(0.8_f64.ln()),
    };
    let search = SearchOptions {
        replicates: 6000,
        ..SearchOptions::default()
    };
    let needed = study(&alike)?.solve(effect, &search, &mut Unwatched)?;
    needed.content().iter().take(1).for_each(show);

    // The same with the groups as they were: the families of the conferences had more problems at the
    // start, and a part of that passes by itself. Without any effect the test finds one more often than
    // it should: no number of families mends that.
    let as_printed = Simulator::calibrate(calibration)?;
    let nothing = Setting {
        n: Some(480),
        effect: Some(0.0),
    };
    let false_alarms = study(&as_printed)?.power(nothing, 4000, &mut Unwatched)?;
    println!(
        "\nWithout any effect, 480 and 440 families, the groups as they were: found in {:.1}% of studies (Monte Carlo \
         standard error {:.1}); with groups that chance made alike it would be 5%.",
        100.0 * false_alarms.power,
        100.0 * false_alarms.mcse
    );

    let [low, high] = needed.interval.ok_or("the search has no interval")?;
    let closed = of_one_cell as f64;
    assert!(
        0.75 * closed < low && high < 1.25 * closed,
        "{closed}: {low} to {high}"
    );
    assert!(false_alarms.power > 0.06);
    Ok(())
}

/// Groups that are alike at the start: without selection on severity, and without its target.
fn as_if_chance_decided(mut calibration: Calibration) -> Calibration {
    let of_selection = |figure: &Figure| matches!(figure, Figure::Mean { arm, wave, .. } if arm == "EKC" && wave == "1");
    calibration
        .targets
        .retain(|target| !of_selection(&target.figure));
    for arm in &mut calibration.generator.arms {
        arm.severity = 0.0;
    }
    calibration.cohort = None;
    calibration
}

/// The test of the ratio of rates over two waves.
fn study(simulator: &Simulator) -> Result<PowerStudy, kring::Error> {
    let method = Method::LordsParadox(Readings {
        before: "problems_1".into(),
        after: "problems_2".into(),
        by: "arm".into(),
        reliability: None,
        level: None,
    });
    let options = ExperimentOptions {
        term: Some("ratio of rates".into()),
        seed: 2019,
        ..ExperimentOptions::default()
    };
    PowerStudy::new(simulator, &method, &options, 0.05, None)
}

fn show(content: &Content) {
    let style = Style {
        ink: Ink::Plain,
        width: 100,
    };
    println!("{}", table_text(content, style));
}
